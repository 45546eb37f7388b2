//! The authorization endpoint's messages, which travel through a browser: [`AuthorizationRequest`] (RFC 6749, section 4.1.1) and [`AuthorizationResponse`]
//! (section 4.1.2), each written by one side and read by the other.
//!
//! The flow is `response_type=code` and nothing else; every request of a client carries a state and a PKCE challenge (RFC 9700, section 2.1.1).
//!
//! A response is read **whole** ([`Callback`]): an API that takes `code` and `state` as two strings loses `iss` (RFC 9207), what came twice, and where it
//! stood. Reading checks the form only. Whether the response is an answer to *your* request (state, issuer, response mode, redirect URI) is for whoever
//! kept the request: `PendingAuthorization::accept` in `oauth-client-sans-io`.
//!
//! The request goes out in one of three ways: whole, in the query ([`AuthorizationRequest::to_url`]); as a signed JWT (RFC 9101:
//! [`AuthorizationRequest::to_request_object`]), or pushed beforehand (RFC 9126: [`par`](crate::par)), of which the browser carries the client's name and a
//! [`RequestReference`] only. The response comes as parameters or as a signed JWT (JARM: [`SignedResponse`]).
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
//!     request.to_url(&Endpoint::new("https://as.example/authorize")?)?,
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

mod jarm;
mod prompt;
mod reference;
mod request;
mod response;

pub use jarm::{SignedResponse, SignedResponseError};
pub use prompt::{Display, Prompt};
pub use reference::{InvalidRequestUri, RequestReference, RequestUri};
pub use request::{AuthorizationRequest, AuthorizationRequestError, AuthorizationRequestParts};
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
    /// As a JWT, where the response type has it: a code's in the query (JARM, section 2.3.4). A response that came is never of this mode, but of the next.
    Jwt,
    /// As a JWT in the query of the redirect URI (JARM, section 2.3.1).
    QueryJwt,
    /// As a JWT in the fragment of the redirect URI (JARM, section 2.3.2).
    FragmentJwt,
    /// As a JWT in the body of a form that the browser posts to the redirect URI (JARM, section 2.3.3).
    FormPostJwt,
}

impl ResponseMode {
    /// The value of `response_mode`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::Jwt => "jwt",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// Whether the response comes as a JWT.
    #[must_use]
    pub const fn is_jwt(self) -> bool {
        matches!(self, Self::Jwt | Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt)
    }

    /// The mode that a response which was asked for in this one is of: [`ResponseMode::QueryJwt`] for [`ResponseMode::Jwt`], all others themselves.
    #[must_use]
    pub const fn for_code(self) -> Self {
        match self {
            // JARM, section 2.3.4: "The response mode jwt is a shortcut and indicates the default redirect encoding (query, fragment) for the requested
            // response type. The default for response type code is query.jwt".
            Self::Jwt => Self::QueryJwt,
            Self::Query | Self::Fragment | Self::FormPost | Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt => {
                self
            }
        }
    }

    /// The mode of a JWT that stands where a response of this mode stands.
    const fn of_jwt(self) -> Self {
        match self {
            Self::Query | Self::QueryJwt | Self::Jwt => Self::QueryJwt,
            Self::Fragment | Self::FragmentJwt => Self::FragmentJwt,
            Self::FormPost | Self::FormPostJwt => Self::FormPostJwt,
        }
    }

    /// The mode of this name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    const ALL: [Self; 7] =
        [Self::Query, Self::Fragment, Self::FormPost, Self::Jwt, Self::QueryJwt, Self::FragmentJwt, Self::FormPostJwt];
}

impl fmt::Display for ResponseMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
