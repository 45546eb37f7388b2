//! Logging in without a browser (OpenID Connect Client-Initiated Backchannel Authentication, CIBA Core 1.0): [`BackchannelAuthenticationRequest`],
//! [`BackchannelAuthenticationResponse`], and what comes back to the client: [`ClientNotification`].
//!
//! ```text
//! POST /bc-authorize HTTP/1.1
//! Content-Type: application/x-www-form-urlencoded
//!
//! scope=openid%20email&login_hint_token=eyJraWQi..&binding_message=SCQ7&client_id=s6BhdRkqt3
//! ```
//!
//! Checked here: `openid` in the scope, exactly one hint, the syntax of the notification token, and that a binding message can be shown. That a
//! notification answers a request of the client's own is for whoever kept that request: compare [`ClientNotification::token`] and
//! [`ClientNotification::auth_req_id`] with what was kept before anything else is done.
//!
//! ```
//! use jwt_core::Timestamp;
//! use oauth_types::ciba::{BackchannelAuthenticationRequest, BackchannelAuthenticationResponse, Hint};
//! use oauth_types::{ClientAuth, ClientId, ClientSecret, Endpoint, Expect, HttpResponse, Scope};
//!
//! let request = BackchannelAuthenticationRequest::new(Scope::parse("openid email")?, Hint::LoginHint("jane@example.com".into()))?
//!     .with_binding_message("W4SCT")?;
//! let (endpoint, client) = (Endpoint::new("https://server.example.com/bc-authorize")?, ClientId::new("s6BhdRkqt3")?);
//! let http = request.to_http(&endpoint, &client, &ClientAuth::Basic(ClientSecret::new("gX1fBat3bV")))?;
//! assert_eq!(http.body(), b"scope=openid+email&login_hint=jane%40example.com&binding_message=W4SCT");
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
//!     r#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1","expires_in":120,"interval":2}"#,
//! );
//! let pending = BackchannelAuthenticationResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! assert_eq!(pending.interval().as_secs(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod notification;
mod request;
mod response;

use alloc::string::String;

use jwt_core::{Moment, base64url};

pub use self::notification::{ClientNotification, Notified};
pub use self::request::{BackchannelAuthenticationRequest, Hint, ReceivedAuthenticationRequest};
pub use self::response::BackchannelAuthenticationResponse;
use crate::access_token::is_b64token;
use crate::request::BuildError;
use crate::secret::secret;

/// `client_notification_token`: what the server shows when it notifies the client (CIBA Core 1.0, section 7.1).
#[derive(Clone)]
pub struct ClientNotificationToken(jwt_core::Secret);

impl ClientNotificationToken {
    /// 32 bytes derived from this moment, in base64url (the specification asks for 128 bits and recommends 160).
    #[must_use]
    pub fn generate(at: &Moment) -> Self {
        Self(jwt_core::Secret::new(base64url::encode(at.derive("client_notification_token", 0))))
    }

    /// Takes a token over: one that was stored, or one that came.
    ///
    /// # Errors
    ///
    /// [`BuildError::MalformedParameter`] if it is not of the syntax of a bearer token (RFC 6750, section 2.1), or longer than
    /// [`MAX_NOTIFICATION_TOKEN_BYTES`].
    pub fn new(text: impl Into<String>) -> Result<Self, BuildError> {
        let secret = jwt_core::Secret::new(text);
        if secret.expose().len() <= MAX_NOTIFICATION_TOKEN_BYTES && is_b64token(secret.expose()) {
            Ok(Self(secret))
        } else {
            Err(BuildError::MalformedParameter { name: "client_notification_token" })
        }
    }

    secret!(@methods);
}

secret!(@traits ClientNotificationToken);

/// CIBA Core 1.0, section 7.1: "The length of the token MUST NOT exceed 1024 characters and it MUST conform to the syntax for Bearer credentials".
pub const MAX_NOTIFICATION_TOKEN_BYTES: usize = 1024;

/// The claim of a pushed ID token that holds the hash of the refresh token, made as `at_hash` is (CIBA Core 1.0, section 10.3.1). It must be there if a
/// refresh token came.
pub const RT_HASH_CLAIM: &str = "urn:openid:params:jwt:claim:rt_hash";

/// The claim of a pushed ID token that holds the `auth_req_id` (CIBA Core 1.0, section 10.3.1). It must be the one that came beside it.
pub const AUTH_REQ_ID_CLAIM: &str = "urn:openid:params:jwt:claim:auth_req_id";

#[cfg(test)]
mod tests;
