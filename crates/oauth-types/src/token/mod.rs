//! The token endpoint (RFC 6749, sections 3.2, 4.1.3, 4.4.2, 5 and 6): [`TokenRequest`] and [`TokenResponse`].
//!
//! | grant | where it is from |
//! |---|---|
//! | [`authorization_code`](TokenRequest::authorization_code) | RFC 6749, section 4.1.3; RFC 7636, section 4.5 |
//! | [`client_credentials`](TokenRequest::client_credentials) | RFC 6749, section 4.4.2 |
//! | [`refresh_token`](TokenRequest::refresh_token) | RFC 6749, section 6 |
//! | [`device_code`](TokenRequest::device_code) | RFC 8628, section 3.4 |
//! | [`ciba`](TokenRequest::ciba) | CIBA Core 1.0, section 10.1 |
//! | [`token_exchange`](TokenRequest::token_exchange) | RFC 8693, section 2.1 |
//! | [`jwt_bearer`](TokenRequest::jwt_bearer) | RFC 7523, section 2.1 |
//!
//! Checked here: the parameters of each grant, and the members of an answer; that a DPoP-bound token was issued if one was asked for
//! ([`Expect::dpop`](crate::Expect::dpop)), and the kind of token that an exchange was to bring. Whether a code, a token or an assertion is good, nobody can say
//! but its issuer; what is in an ID token, `jwt_core::profile` checks.
//!
//! The two legs of an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant) are the last two, in this order.
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

mod exchange;
mod grant;
mod request;
mod response;

pub use self::exchange::{TokenExchange, TokenTypeIdentifier};
pub use self::grant::Grant;
pub use self::request::TokenRequest;
pub use self::response::{TokenResponse, TokenType};

#[cfg(test)]
mod tests;
