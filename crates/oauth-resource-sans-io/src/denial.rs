//! [`Denial`]: the exact answer to a request that is not allowed (RFC 6750, section 3; RFC 9728, section 5.1).

use alloc::string::{String, ToString};
use core::time::Duration;

use jwt_core::Blame;
use oauth_types::challenge::{BearerChallenge, ChallengeError};
use oauth_types::{HttpResponse, Scope};

/// A request that is not allowed, and what to answer.
#[derive(Debug)]
pub struct Denial {
    reason: Reason,
    challenge: Option<String>,
    retry_after: Option<Duration>,
}

/// Why a request is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It has no credentials. Answered without an error code: "the resource server SHOULD NOT include an error code or other error information" (RFC 6750, section 3.1).
    #[error("the request has no bearer token")]
    NoCredentials,
    /// It has more than one `Authorization` field.
    #[error("the request has more than one Authorization field")]
    RepeatedCredentials,
    /// What follows `Bearer` is no token.
    #[error("what follows the Bearer scheme is no token")]
    MalformedCredentials,
    /// The token came in the query, where logs and browsers keep it.
    #[error("access tokens in the query are not accepted")]
    TokenInQuery,
    /// The token is malformed, forged, expired, not valid yet, or meant for somebody else. The code says which: one of `jwt-core`'s.
    #[error("the access token is not valid ({code})")]
    InvalidToken {
        /// The stable code of the reason.
        code: &'static str,
        /// Whose fault it is: [`Blame::Time`] if only time is in the way. A refresh helps where the code is `expired`, waiting where it is another.
        blame: Blame,
    },
    /// The token is good, but not for this.
    #[error("the access token has not the scope that this needs")]
    InsufficientScope,
    /// The issuer's keys cannot be had now, so nothing can be said about the token.
    #[error("the keys of the token's issuer cannot be fetched at the moment")]
    KeysUnavailable,
}

impl Reason {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::RepeatedCredentials | Self::MalformedCredentials | Self::TokenInQuery => 400,
            Self::NoCredentials | Self::InvalidToken { .. } => 401,
            Self::InsufficientScope => 403,
            Self::KeysUnavailable => 503,
        }
    }

    /// The error code of the challenge (RFC 6750, section 3.1), if it has one.
    #[must_use]
    pub const fn error(&self) -> Option<&'static str> {
        match self {
            Self::NoCredentials | Self::KeysUnavailable => None,
            Self::RepeatedCredentials | Self::MalformedCredentials | Self::TokenInQuery => Some("invalid_request"),
            Self::InvalidToken { .. } => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
        }
    }

    /// A stable, machine-readable name for logs: finer than what the client is told.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::RepeatedCredentials => "repeated_credentials",
            Self::MalformedCredentials => "malformed_credentials",
            Self::TokenInQuery => "token_in_query",
            Self::InvalidToken { code, .. } => code,
            Self::InsufficientScope => "insufficient_scope",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::InvalidToken { blame, .. } => *blame,
            Self::KeysUnavailable => Blame::Transport,
            Self::NoCredentials
            | Self::RepeatedCredentials
            | Self::MalformedCredentials
            | Self::TokenInQuery
            | Self::InsufficientScope => Blame::Peer,
        }
    }

    /// What the client is told: enough to act on, nothing to attack with.
    fn description(&self) -> Option<&'static str> {
        match self {
            Self::NoCredentials | Self::KeysUnavailable => None,
            Self::RepeatedCredentials => Some("more than one Authorization field"),
            Self::MalformedCredentials => Some("what follows the Bearer scheme is no token"),
            Self::TokenInQuery => Some("access tokens in the query are not accepted"),
            Self::InvalidToken { code: "expired", .. } => Some("the access token expired"),
            // `not_yet_valid` and `issued_in_future`: the clock of whoever issued it is ahead.
            Self::InvalidToken { blame: Blame::Time, .. } => Some("the access token is not valid yet"),
            Self::InvalidToken { .. } => Some("the access token is not valid here"),
            Self::InsufficientScope => Some("the access token lacks a scope that this needs"),
        }
    }
}

impl Denial {
    pub(crate) fn new(reason: Reason, texts: &ChallengeTexts, required: &Scope) -> Self {
        let challenge = if reason == Reason::KeysUnavailable { None } else { texts.challenge(&reason, required) };
        Self { reason, challenge, retry_after: None }
    }

    pub(crate) const fn retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.reason.status()
    }

    /// The value of the answer's `WWW-Authenticate` field, if it has one.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }

    /// A stable, machine-readable name for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.reason.code()
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        self.reason.blame()
    }

    /// The whole answer: status, `WWW-Authenticate`, `Cache-Control: no-store`, `Retry-After` where waiting helps, and an empty body.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status()).with_header("cache-control", "no-store");
        if let Some(challenge) = &self.challenge {
            response = response.with_header("www-authenticate", challenge.as_str());
        }
        if let Some(retry_after) = self.retry_after {
            response = response.with_header("retry-after", retry_after.as_secs().max(1).to_string());
        }
        response
    }
}

/// What a guard's challenges say beside the error. Writable as a header field: checked when it is set.
#[derive(Clone, Debug)]
pub(crate) struct ChallengeTexts(BearerChallenge);

impl Default for ChallengeTexts {
    fn default() -> Self {
        Self(BearerChallenge::new())
    }
}

impl ChallengeTexts {
    pub(crate) fn realm(self, realm: String) -> Result<Self, ChallengeError> {
        Self::checked(self.0.with_realm(realm))
    }

    pub(crate) fn resource_metadata(self, url: String) -> Result<Self, ChallengeError> {
        Self::checked(self.0.with_resource_metadata(url))
    }

    fn checked(challenge: BearerChallenge) -> Result<Self, ChallengeError> {
        challenge.to_header_value().map(|_| Self(challenge))
    }

    fn challenge(&self, reason: &Reason, required: &Scope) -> Option<String> {
        let mut challenge = self.0.clone();
        if let Some(error) = reason.error() {
            challenge = challenge.with_error(error.into());
        }
        if let Some(description) = reason.description() {
            challenge = challenge.with_error_description(description);
        }
        // RFC 6750, section 3: the scope that is needed, also where no credentials came.
        if matches!(reason, Reason::NoCredentials | Reason::InsufficientScope) && !required.is_empty() {
            challenge = challenge.with_scope(required.clone());
        }
        challenge.to_header_value().ok()
    }
}
