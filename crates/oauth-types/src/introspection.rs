//! Token introspection (RFC 7662), also signed (RFC 9701): [`IntrospectionRequest`], [`IntrospectionResponse`].
//!
//! ```text
//! POST /introspect HTTP/1.1
//! Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW
//! Content-Type: application/x-www-form-urlencoded
//!
//! token=mF_9.B5f-4.1JqM&token_type_hint=access_token
//! ```
//!
//! What is said about a token can be read only if the token is active: [`IntrospectionResponse::active`] is `None` otherwise. Members that decide about
//! trust (`exp`, `nbf`, `aud`, `cnf`, ...) and cannot be read are refused in both readings, never taken for absent. That is checked here; the signature of
//! an answer is checked by `jwt_core::profile::IntrospectionProfile`. Whether the token is meant for *this* API, and whether it has expired since, is for
//! whoever asks.
//!
//! ```
//! use jwt_core::{Secret, Timestamp};
//! use oauth_types::{ClientAuth, ClientId, ClientSecret, Endpoint, Expect, HttpResponse, IntrospectionRequest, IntrospectionResponse};
//!
//! let request = IntrospectionRequest::new(Secret::new("2YotnFZFEjr1zCsicMWpAA"));
//! let (endpoint, api) = (Endpoint::new("https://server.example.com/introspect")?, ClientId::new("s6BhdRkqt3")?);
//! let http = request.to_http(&endpoint, &api, &ClientAuth::Basic(ClientSecret::new("gX1fBat3bV")))?;
//! assert_eq!(http.body(), b"token=2YotnFZFEjr1zCsicMWpAA");
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
//!     r#"{"active":true,"scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis","exp":1419356238}"#,
//! );
//! let expect = Expect::new(Timestamp::from_unix(1_419_350_000));
//! let response = IntrospectionResponse::from_http(&answer, &expect)?;
//! let token = response.active().ok_or("inactive")?;
//! assert_eq!(token.sub(), Some("Z5O3upPC88QrAjx00dis"));
//! assert!(token.scope().is_some_and(|scope| scope.contains("dolphin")));
//!
//! let answer = IntrospectionResponse::inactive().to_http();
//! assert!(IntrospectionResponse::from_http(&answer, &expect)?.active().is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod request;
mod response;

pub use self::request::{IntrospectionCaller, IntrospectionRequest};
pub use self::response::{ActiveToken, IntrospectionResponse};

/// RFC 9701, section 5.
const MEDIA_TYPE: &str = "application/token-introspection+jwt";

#[cfg(test)]
mod tests;
