//! Token revocation (RFC 7009): [`RevocationRequest`], [`RevocationResponse`].
//!
//! ```text
//! POST /revoke HTTP/1.1
//! Host: server.example.com
//! Content-Type: application/x-www-form-urlencoded
//! Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW
//!
//! token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token
//! ```
//!
//! Checked here: that there is a token, and the status of the answer. Whose the token is, a server must check (section 2.1).
//!
//! ```
//! use jwt_core::{Secret, Timestamp};
//! use oauth_types::{ClientAuth, ClientId, Endpoint, Expect, RevocationRequest, RevocationResponse, TokenTypeHint};
//!
//! let request = RevocationRequest::new(Secret::new("45ghiukldjahdnhzdauz")).with_hint(TokenTypeHint::RefreshToken);
//! let http = request.to_http(&Endpoint::new("https://server.example.com/revoke")?, &ClientId::new("s6BhdRkqt3")?, &ClientAuth::None)?;
//! assert_eq!(http.body(), b"token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token&client_id=s6BhdRkqt3");
//!
//! // A server answers so too if it does not know the token.
//! let answer = RevocationResponse::new().to_http();
//! RevocationResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::Secret;

use crate::client_auth::{ClientAuth, PresentedClient};
use crate::error_response::Shown;
use crate::http::{HttpRequest, HttpResponse, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint};
use crate::reading::Deviation;
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::response::{self, Expect, ResponseError};
use crate::secret::{AccessToken, RefreshToken};

/// Asks a server to make a token useless (RFC 7009, section 2.1).
#[derive(Clone, Debug)]
pub struct RevocationRequest {
    token: Secret,
    hint: Option<TokenTypeHint>,
    parameters: Further,
}

/// What kind of token it is, as a help for the server (RFC 7009, section 2.1).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTypeHint {
    /// `access_token`
    AccessToken,
    /// `refresh_token`
    RefreshToken,
    /// Another kind.
    Other(String),
}

impl TokenTypeHint {
    /// The hint as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for TokenTypeHint {
    fn from(name: &str) -> Self {
        match name {
            "access_token" => Self::AccessToken,
            "refresh_token" => Self::RefreshToken,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Shows at most 64 characters of a kind that is not registered, escaped.
impl fmt::Debug for TokenTypeHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenTypeHint({})", Shown(self.as_str()))
    }
}

impl RevocationRequest {
    /// A request for a token of any kind.
    #[must_use]
    pub const fn new(token: Secret) -> Self {
        Self { token, hint: None, parameters: Further::new() }
    }

    /// A request for an access token, with the hint.
    #[must_use]
    pub fn access_token(token: &AccessToken) -> Self {
        Self::new(Secret::new(token.expose())).with_hint(TokenTypeHint::AccessToken)
    }

    /// A request for a refresh token, with the hint. The server should revoke the access tokens of the same grant too (RFC 7009, section 2.1).
    #[must_use]
    pub fn refresh_token(token: &RefreshToken) -> Self {
        Self::new(Secret::new(token.expose())).with_hint(TokenTypeHint::RefreshToken)
    }

    /// Says what kind of token it is.
    #[must_use]
    pub fn with_hint(mut self, hint: TokenTypeHint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &Secret {
        &self.token
    }

    /// What kind of token it is said to be. A server must look further if it finds none of that kind (RFC 7009, section 2.1).
    #[must_use]
    pub const fn token_type_hint(&self) -> Option<&TokenTypeHint> {
        self.hint.as_ref()
    }

    request::further!();

    /// The request as it goes to the server. It may be repeated: a token is not revoked twice.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the caller's own,
    /// [`BuildError::Credentials`] as [`ClientAuth::authorization`].
    pub fn to_http(
        &self,
        endpoint: &Endpoint,
        client_id: &ClientId,
        auth: &ClientAuth,
    ) -> Result<HttpRequest, BuildError> {
        let mut own = Vec::with_capacity(2);
        own.push(("token", self.token.expose()));
        own.extend(self.hint.as_ref().map(|hint| ("token_type_hint", hint.as_str())));
        let kind = (Purpose::Revocation, Replay::Safe);
        request::post(endpoint, kind, &own, &self.parameters, RESERVED, (client_id, auth))
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, PresentedClient), RequestError> {
        let mut parameters = Parameters::read(request)?;
        let client = PresentedClient::take(request, &mut parameters)?;
        let token = Secret::new(parameters.require("token")?);
        let hint = parameters.take("token_type_hint").map(TokenTypeHint::from);
        let parameters = Further::rest_of(&parameters, RESERVED);
        Ok((Self { token, hint, parameters }, client))
    }
}

/// What the request sets itself.
const RESERVED: &[&str] = &["token", "token_type_hint"];

/// The server's word that the token is useless now, or that it never knew it (RFC 7009, section 2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationResponse {
    deviations: Vec<Deviation>,
}

impl RevocationResponse {
    /// The one success there is.
    #[must_use]
    pub const fn new() -> Self {
        Self { deviations: Vec::new() }
    }

    /// Reads an answer of the revocation endpoint. The body of a success is not looked at (RFC 7009, section 2.2: "The content of the
    /// response body is ignored by the client as all necessary information is conveyed in the response code.").
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] with an error code, say [`ErrorCode::UnsupportedTokenType`](crate::ErrorCode::UnsupportedTokenType).
    /// [`ResponseError::Transient`] for 503 among others: "the client must assume the token still exists and may retry after a reasonable
    /// delay" (RFC 7009, section 2.2.1). [`ResponseError::Invalid`] if the server broke the protocol.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        let tolerance =
            response::read_empty(response, 200, expect, |success| response::read(response, success, expect))?;
        Ok(Self { deviations: tolerance.into_deviations() })
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The answer of a server: also for a token that it does not know (RFC 7009, section 2.2).
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        response::no_store(HttpResponse::new(200))
    }
}

#[cfg(test)]
mod tests;
