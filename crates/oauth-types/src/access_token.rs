//! An access token on its way to a protected resource (RFC 6750, section 2; RFC 9449, section 7.1): [`PresentedToken`].
//!
//! ```text
//! GET /resource HTTP/1.1
//! Host: server.example.com
//! Authorization: Bearer mF_9.B5f-4.1JqM
//! ```
//!
//! It travels in the `Authorization` field and nowhere else: one in the URL or in the body is never written, and refused where it is read (RFC 9700,
//! section 4.3.2). Checked here: that there is one token, in one place, and its syntax; whether it is good, its issuer knows, or
//! `jwt_core::profile::AccessTokenProfile` says. What is no `b64token` cannot be presented, so nothing that ends the field can stand in it.
//!
//! ```
//! use oauth_types::access_token::{PresentedToken, TokenScheme};
//! use oauth_types::{AccessToken, HttpRequest, Purpose};
//!
//! // A client ...
//! let token = PresentedToken::new(TokenScheme::Bearer, AccessToken::new("mF_9.B5f-4.1JqM"))?;
//! let request = token.add_to(HttpRequest::get("https://server.example.com/resource", Purpose::Resource));
//! assert_eq!(request.header("authorization"), Some("Bearer mF_9.B5f-4.1JqM"));
//!
//! // ... and the resource.
//! let found = PresentedToken::from_http(&request)?.ok_or("no credentials")?;
//! assert!(found.scheme() == TokenScheme::Bearer && found.token().matches("mF_9.B5f-4.1JqM"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use jwt_core::Blame;

use crate::error_response::ErrorCode;
use crate::form;
use crate::http::{HttpRequest, is_token68};
use crate::request::{BuildError, RequestError};
use crate::secret::AccessToken;

/// The schemes of the `Authorization` field that carry access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenScheme {
    /// `Bearer` (RFC 6750): whoever has the token may use it.
    Bearer,
    /// `DPoP` (RFC 9449, section 7.1): a proof comes beside the token, see [`dpop`](crate::dpop).
    DPoP,
}

impl TokenScheme {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::DPoP => "DPoP",
        }
    }

    /// The scheme of this name, in any letter case (RFC 9110, section 11.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Bearer, Self::DPoP].into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }
}

/// An access token and the scheme under which it is presented.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    scheme: TokenScheme,
    token: AccessToken,
}

impl PresentedToken {
    /// A token as it will stand in the `Authorization` field.
    ///
    /// # Errors
    ///
    /// [`BuildError::AccessToken`] unless it is a `b64token` (RFC 6750, section 2.1) of [`MAX_TOKEN_BYTES`] at most.
    pub fn new(scheme: TokenScheme, token: AccessToken) -> Result<Self, BuildError> {
        if is_b64token(token.expose()) { Ok(Self { scheme, token }) } else { Err(BuildError::AccessToken) }
    }

    /// Puts the token into a request, in the place of any other credentials.
    #[must_use]
    pub fn add_to(&self, request: HttpRequest) -> HttpRequest {
        let value = zeroize::Zeroizing::new([self.scheme.as_str(), " ", self.token.expose()].concat());
        request.with_header("authorization", &*value)
    }

    /// Reads the token of a request that came to a resource; `None` if it has no credentials of these schemes.
    ///
    /// # Errors
    ///
    /// [`TokenError`]: more than one method or field, a token in the URL or in the body, a token that is none.
    pub fn from_http(request: &HttpRequest) -> Result<Option<Self>, TokenError> {
        if has_token(request.query().unwrap_or_default().as_bytes()) {
            return Err(TokenError::InUrl);
        }
        if request.form().is_some_and(has_token) {
            return Err(TokenError::InBody);
        }
        let mut fields = request.header_values("authorization");
        let Some(field) = fields.next() else { return Ok(None) };
        // RFC 6750, section 2: "Clients MUST NOT use more than one method to transmit the token in each request."
        if fields.next().is_some() {
            return Err(TokenError::Repeated);
        }
        let Some((scheme, token)) = split_field(field) else { return Ok(None) };
        if !is_b64token(token) {
            return Err(TokenError::Malformed);
        }
        Ok(Some(Self { scheme, token: AccessToken::new(token) }))
    }

    /// How the token is presented.
    #[must_use]
    pub const fn scheme(&self) -> TokenScheme {
        self.scheme
    }

    /// The token, not verified.
    #[must_use]
    pub const fn token(&self) -> &AccessToken {
        &self.token
    }

    /// The token, taken out.
    #[must_use]
    pub fn into_token(self) -> AccessToken {
        self.token
    }
}

/// Why the credentials of a request to a resource are refused. The answer is a challenge with [`TokenError::error_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// More than one `Authorization` field.
    #[error("more than one authorization field")]
    Repeated,
    /// The token is no `b64token` (RFC 6750, section 2.1).
    #[error("malformed access token")]
    Malformed,
    /// A token in the URL (RFC 6750, section 2.3), where it gets into logs and histories.
    #[error("an access token in the url")]
    InUrl,
    /// A token in the body (RFC 6750, section 2.2).
    #[error("an access token in the body")]
    InBody,
}

impl TokenError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Repeated => "repeated_access_token",
            Self::Malformed => "malformed_access_token",
            Self::InUrl => "access_token_in_url",
            Self::InBody => "access_token_in_body",
        }
    }

    /// Always the peer's: here, the client's.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }

    /// What the challenge says, with status 400, or 401 for [`ErrorCode::InvalidToken`] (RFC 6750, section 3.1).
    #[must_use]
    pub const fn error_code(self) -> ErrorCode {
        match self {
            // "The access token provided is expired, revoked, malformed, or invalid for other reasons."
            Self::Malformed => ErrorCode::InvalidToken,
            // "uses more than one method for including an access token, or is otherwise malformed"
            Self::Repeated | Self::InUrl | Self::InBody => ErrorCode::InvalidRequest,
        }
    }
}

/// The token of a request that must have one.
pub(crate) fn required(request: &HttpRequest) -> Result<PresentedToken, RequestError> {
    PresentedToken::from_http(request).ok().flatten().ok_or(RequestError::AccessToken)
}

/// The token of a request that must have a bearer token.
pub(crate) fn required_bearer(request: &HttpRequest) -> Result<AccessToken, RequestError> {
    let presented = required(request)?;
    if presented.scheme == TokenScheme::Bearer { Ok(presented.token) } else { Err(RequestError::AccessToken) }
}

/// Puts a bearer token into a request.
pub(crate) fn with_bearer(request: HttpRequest, token: &str) -> Result<HttpRequest, BuildError> {
    Ok(PresentedToken::new(TokenScheme::Bearer, AccessToken::new(token))?.add_to(request))
}

/// The scheme and the token of an `Authorization` field, borrowed; `None` if it is of none of these schemes. Whether the token is a `b64token` is not looked at
/// ([`is_b64token`]): a token that verifies is one.
#[must_use]
pub fn split_field(field: &str) -> Option<(TokenScheme, &str)> {
    // RFC 9110, section 11.4: credentials = auth-scheme [ 1*SP ( token68 / .. ) ]. As nearly everybody writes it:
    if let Some(token) = field.strip_prefix("Bearer ").filter(|token| !token.starts_with(' ')) {
        return Some((TokenScheme::Bearer, token));
    }
    // By bytes: schemes are too short to be searched for their end.
    let end = field.bytes().position(|byte| byte == b' ').unwrap_or(field.len());
    let (scheme, token) = field.split_at_checked(end)?;
    Some((TokenScheme::from_name(scheme)?, token.trim_start_matches(' ')))
}

/// Whether a text is a `b64token` (RFC 6750, section 2.1) of [`MAX_TOKEN_BYTES`] at most.
#[must_use]
pub fn is_b64token(token: &str) -> bool {
    token.len() <= MAX_TOKEN_BYTES && is_token68(token)
}

/// Whether a query or form has the parameter, however its name is encoded. Also one that is too long to be read here, or that is not UTF-8: whoever else
/// reads it, a log among them, may see the token. Takes no memory.
#[must_use]
pub fn has_token(form: &[u8]) -> bool {
    form::has_name(form, "access_token")
}

/// How long an access token may be, in bytes: twice what common servers take as all header fields together.
pub const MAX_TOKEN_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests;
