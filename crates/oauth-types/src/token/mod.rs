//! The token endpoint (RFC 6749, sections 3.2, 4.1.3, 4.4.2, 5 and 6): [`TokenRequest`] and [`TokenResponse`].
//!
//! ```text
//! POST /token HTTP/1.1
//! Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW
//! Content-Type: application/x-www-form-urlencoded
//!
//! grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA
//! ```
//!
//! One exchange, without any machine around it:
//!
//! ```
//! use jwt_core::Timestamp;
//! use oauth_types::{ClientAuth, ClientId, Endpoint, Expect, HttpResponse, RefreshToken, TokenRequest, TokenResponse};
//!
//! let endpoint = Endpoint::new("https://server.example.com/token")?;
//! let client = ClientId::new("s6BhdRkqt3")?;
//! let request = TokenRequest::refresh_token(RefreshToken::new("tGzv3JOkF0XG5Qx2TlKWIA"));
//! let request = request.to_http(&endpoint, &client, &ClientAuth::None)?;
//! # let send = |_| HttpResponse::new(200).with_header("content-type", "application/json")
//! #     .with_body(r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600}"#);
//! let response: HttpResponse = send(request); // with the HTTP client of your choice
//!
//! let now = Timestamp::from_unix(1_700_000_000);
//! let tokens = TokenResponse::from_http(&response, &Expect::new(now))?;
//! assert!(tokens.access_token().matches("2YotnFZFEjr1zCsicMWpAA"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod request;
mod response;

pub use self::request::{Grant, TokenRequest};
pub use self::response::{TokenResponse, TokenType};

#[cfg(test)]
mod tests;
