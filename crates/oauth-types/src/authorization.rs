//! The authorization endpoint's messages, which travel through a browser: [`AuthorizationRequest`] (RFC 6749, section 4.1.1) and [`AuthorizationResponse`]
//! (section 4.1.2), each written by one side and read by the other.
//!
//! The flow is `response_type=code` and nothing else; every request of a client carries a state and a PKCE challenge (RFC 9700, section 2.1.1).
//!
//! A response is read **whole** ([`Callback`]): an API that takes `code` and `state` as two strings loses `iss` (RFC 9207), what came twice, and where it
//! stood. Reading checks the form only. Whether the response is an answer to *your* request (state, issuer, response mode, redirect URI) is for whoever
//! kept the request: `PendingAuthorization::accept` in `oauth-client-sans-io`.
//!
//! # Examples
//!
//! ```
//! use oauth_types::authorization::{AuthorizationRequest, AuthorizationResponse, Callback, Outcome};
//! use oauth_types::{ClientId, CodeVerifier, Endpoint, RedirectUri, Scope, State};
//!
//! let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
//! let redirect_uri = RedirectUri::new("https://client.example/cb")?;
//! let request = AuthorizationRequest::new(ClientId::new("s6BhdRkqt3")?, redirect_uri, State::new("xyz")?, &verifier.challenge())
//!     .with_scope(Scope::parse("openid")?);
//! assert_eq!(
//!     request.to_url(&Endpoint::new("https://as.example/authorize")?),
//!     "https://as.example/authorize?response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient.example%2Fcb\
//!      &scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
//! );
//!
//! let response = AuthorizationResponse::parse(Callback::Query("code=SplxlOBeZQQYbYS6WxSbIA&state=xyz&iss=https%3A%2F%2Fas.example"))?;
//! assert_eq!((response.state(), response.iss()), (Some("xyz"), Some("https://as.example")));
//! assert!(matches!(response.outcome(), Outcome::Code(code) if code.matches("SplxlOBeZQQYbYS6WxSbIA")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

mod request;
mod response;

pub use request::{AuthorizationRequest, AuthorizationRequestError, Prompt};
pub use response::{AuthorizationResponse, Callback, CallbackError, Outcome};

/// How an authorization response comes back (OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1; OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query of the redirect URI: what a code comes in unless asked otherwise.
    #[default]
    Query,
    /// In the fragment of the redirect URI, which only scripts and native applications see.
    Fragment,
    /// In the body of a form that the browser posts to the redirect URI.
    FormPost,
}

impl ResponseMode {
    /// The value of `response_mode`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// The mode of this name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Query, Self::Fragment, Self::FormPost].into_iter().find(|mode| mode.as_str() == name)
    }
}

impl fmt::Display for ResponseMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
