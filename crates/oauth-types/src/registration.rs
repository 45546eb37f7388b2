//! Registering a client (RFC 7591), managing what was registered (RFC 7592), and clients that need no registration: [`ClientMetadata`],
//! [`RegistrationRequest`], [`RegistrationResponse`], [`ManagementRequest`], [`DeletionResponse`], [`ClientIdMetadata`].
//!
//! ```text
//! POST /register HTTP/1.1
//! Content-Type: application/json
//! Accept: application/json
//!
//! {"redirect_uris":["https://client.example.org/callback"],"client_name":"My Example Client"}
//! ```
//!
//! What a server answers is authoritative (RFC 7591, section 3.2.1): it may have replaced what was asked for, the authentication method too, so a client
//! goes on with [`RegistrationResponse::metadata`] and not with what it sent. Checked here: the types of all registered members, redirect URIs and other
//! URLs, `jwks` without private keys and never beside `jwks_uri`, and that a secret comes with the time of its expiry. Whether a server *allows* what is
//! asked for is its policy.
//!
//! ```
//! use jwt_core::Timestamp;
//! use oauth_types::{ClientAuthMethod, ClientMetadata, Endpoint, Expect, HttpResponse, RedirectUri, RegistrationRequest, RegistrationResponse};
//!
//! let metadata = ClientMetadata::new()
//!     .with_redirect_uris([RedirectUri::new("https://client.example.org/callback")?])
//!     .with_client_name("My Example Client");
//! let request = RegistrationRequest::new(metadata).to_http(&Endpoint::new("https://server.example.com/register")?)?;
//! assert_eq!(
//!     request.body(),
//!     br#"{"redirect_uris":["https://client.example.org/callback"],"client_name":"My Example Client"}"#,
//! );
//!
//! let answer = HttpResponse::new(201).with_header("content-type", "application/json").with_body(
//!     r#"{"client_id":"s6BhdRkqt3","client_secret":"cf136dc3c1fc93f31185e5885805d","client_secret_expires_at":0,
//!         "redirect_uris":["https://client.example.org/callback"],"token_endpoint_auth_method":"client_secret_post"}"#,
//! );
//! let client = RegistrationResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! assert_eq!(client.client_id().as_str(), "s6BhdRkqt3");
//! assert_eq!(client.client_secret_expires_at(), None); // never
//! assert_eq!(client.metadata().token_endpoint_auth_method(), Some(ClientAuthMethod::ClientSecretPost));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod management;
mod metadata;
mod request;
mod response;
mod shape;

pub use self::document::{ClientIdMetadata, check_client_id_url};
pub use self::management::{DeletionResponse, ManagementRequest};
pub use self::metadata::ClientMetadata;
pub use self::request::RegistrationRequest;
pub use self::response::RegistrationResponse;
use crate::secret::secret;

secret! {
    /// What a registered client shows where its registration is managed (RFC 7592, section 3).
    RegistrationAccessToken
}

#[cfg(test)]
mod tests;
