//! [`Error`]: how a flow can fail, sorted by whose fault it is, with [`Advice`] on what to do next.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use jwt_core::{Blame, SignError};
use oauth_types::RefreshToken;
use oauth_types::authorization::SignedResponseError;
use oauth_types::error_response::{ErrorCode, ErrorResponse};
use oauth_types::metadata::MetadataError;
use oauth_types::request::BuildError;
use oauth_types::response::{InvalidResponse, ResponseError};

use crate::profile::Rule;

/// How a flow failed.
///
/// Sorted by blame: the server said no ([`Error::Refused`]), the server broke the protocol ([`Error::InvalidResponse`]), nothing usable came
/// ([`Error::Transport`]), time ran out ([`Error::Expired`]), or the calling program is at fault ([`Error::ApiMisuse`]).
/// [`Error::advice`] says what to do. Neither `Display` nor `Debug` shows a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with an OAuth error (RFC 6749, sections 4.1.2.1 and 5.2).
    #[error("{operation} was refused: {response}")]
    Refused {
        /// What was refused.
        operation: Operation,
        /// The server's answer: its code and, cleaned for display but not shown here, its description.
        response: ErrorResponse,
    },
    /// The server's answer breaks the protocol: it is not what it has to be, or what it says cannot be trusted.
    #[error("{operation} got an answer that cannot be used: {reason}")]
    InvalidResponse {
        /// What was answered.
        operation: Operation,
        /// What is wrong with the answer.
        reason: InvalidReason,
    },
    /// No usable answer came: no connection, a time-out, an overloaded server. Every credential is still what it was.
    #[error("{operation} got no usable answer ({failure})")]
    Transport {
        /// What was not answered.
        operation: Operation,
        /// What happened, and whether the request may have been seen.
        failure: TransportFailure,
    },
    /// The time that the server or the caller allowed has run out.
    #[error("{operation} took longer than was allowed")]
    Expired {
        /// What expired.
        operation: Operation,
    },
    /// The calling program did what it must not. The flow is as it was before the call.
    #[error("{0}")]
    ApiMisuse(#[from] ApiMisuse),
}

impl Error {
    /// A stable, machine-readable name: the server's own error code where it refused, otherwise ours.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { response, .. } => response.code().as_str(),
            Self::InvalidResponse { reason, .. } => reason.code(),
            Self::Transport { failure, .. } => failure.code(),
            Self::Expired { .. } => "expired",
            Self::ApiMisuse(misuse) => misuse.code(),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::InvalidResponse { reason, .. } => reason.blame(),
            Self::Refused { .. } => Blame::Peer,
            Self::Transport { failure, .. } => failure.blame(),
            Self::Expired { .. } => Blame::Time,
            Self::ApiMisuse(misuse) => misuse.blame(),
        }
    }

    /// What the calling program should do next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match self {
            Self::Refused { operation, response } => refusal_advice(*operation, response.code()),
            Self::InvalidResponse { reason: InvalidReason::Jwt(error), .. } => jwt_advice(error.code()),
            Self::InvalidResponse { reason: InvalidReason::SignedResponse(error), .. } => jwt_advice(error.code()),
            Self::InvalidResponse { .. } => Advice::Stop,
            Self::Transport { operation, failure } => failure.advice(*operation),
            Self::Expired { .. } => Advice::Restart,
            Self::ApiMisuse(_) => Advice::Fix,
        }
    }

    /// The refresh token that came with an answer of which nothing else can be used: of a [`Refresh`](crate::Refresh) that the server answered with tokens that are
    /// not bound to the client's key, say. The one that was sent is probably dead: "the client MUST discard the old refresh token and replace it with the new
    /// refresh token" (RFC 6749, section 6). **Store it in its place** ([`Tokens::with_refresh_token`](crate::Tokens::with_refresh_token)) before anything else. The
    /// access token of the answer is gone.
    #[must_use]
    pub fn rotated_refresh_token(&self) -> Option<&RefreshToken> {
        match self {
            Self::InvalidResponse { reason: InvalidReason::Rotated { refresh_token, .. }, .. } => Some(refresh_token),
            Self::InvalidResponse { .. }
            | Self::Refused { .. }
            | Self::Transport { .. }
            | Self::Expired { .. }
            | Self::ApiMisuse(_) => None,
        }
    }

    /// What an answer that gives nothing means.
    pub(crate) fn of_response(operation: Operation, error: ResponseError) -> Self {
        match error {
            ResponseError::Refused(response) => Self::Refused { operation, response },
            ResponseError::Transient { status, retry_after } => {
                Self::Transport { operation, failure: TransportFailure::Unavailable { status, retry_after } }
            }
            ResponseError::Invalid(reason) => Self::InvalidResponse { operation, reason: reason.into() },
        }
    }

    /// Whether this error leaves the flow as it was (only [`Error::ApiMisuse`] does).
    #[must_use]
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::ApiMisuse(_))
    }
}

/// What to do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Begin the same flow again after this long; every credential is still good as far as is known.
    Retry {
        /// How long to wait first.
        after: Duration,
    },
    /// Begin the whole login again: its one-time parts are used up or too old.
    Restart,
    /// The grant is gone, or the server wants to see the user: send the user to log in, interactively. Where it is an access token that was refused
    /// (`invalid_token`), [`Refresh`](crate::Refresh) once before that.
    Reauthenticate,
    /// The user is logged in, but not strongly or not widely enough: authorize again with what the resource asked for (RFC 9470).
    StepUp,
    /// Something in the calling program or its registration is wrong; the same call fails again.
    Fix,
    /// Nothing will help: the user said no, or the server cannot be trusted.
    Stop,
}

/// What to do about something signed that cannot be used. Its code is that of its gravest fault: one that something can be done about has no graver one.
fn jwt_advice(code: &str) -> Advice {
    match code {
        // It was good once.
        "expired" => Advice::Restart,
        // OpenID Connect Core, section 3.1.3.7, step 13: "SHOULD .. request re-authentication".
        "authentication_too_old" => Advice::Reauthenticate,
        // Step 12: the user is logged in, in another way than was asked for (RFC 9470, section 5).
        "acr_mismatch" => Advice::StepUp,
        _ => Advice::Stop,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "codes that are not named here are nothing that the caller can do something about"
)]
fn refusal_advice(operation: Operation, code: &ErrorCode) -> Advice {
    match code {
        ErrorCode::InvalidGrant => match operation {
            Operation::Refresh => Advice::Reauthenticate,
            _ => Advice::Restart,
        },
        // RFC 6750, section 3.1: "the client MAY request a new access token and retry". Who registers has no login to go back to.
        ErrorCode::InvalidToken => match operation {
            Operation::Registration => Advice::Fix,
            _ => Advice::Reauthenticate,
        },
        // RFC 6750, section 3.1; RFC 9470, section 3.
        ErrorCode::InsufficientScope | ErrorCode::InsufficientUserAuthentication => match operation {
            Operation::Registration => Advice::Fix,
            _ => Advice::StepUp,
        },
        ErrorCode::LoginRequired
        | ErrorCode::InteractionRequired
        | ErrorCode::ConsentRequired
        | ErrorCode::AccountSelectionRequired => Advice::Reauthenticate,
        // RFC 8628, section 3.5, and CIBA Core 1.0, sections 11 and 12: the time of the login is over, or something went wrong that the user may get over.
        ErrorCode::ExpiredToken | ErrorCode::TransactionFailed => Advice::Restart,
        // RFC 6749, section 4.1.2.1: sent in place of the statuses 500 and 503, which a redirect cannot carry.
        ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable => match operation {
            Operation::Authorization
            | Operation::CodeExchange
            | Operation::DeviceToken
            | Operation::BackchannelToken => Advice::Restart,
            _ => Advice::Retry { after: DEFAULT_RETRY },
        },
        // What was pushed is kept for a while only (RFC 9126, section 2.2).
        ErrorCode::InvalidRequestUri => Advice::Restart,
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidRequestObject
        | ErrorCode::RequestNotSupported
        | ErrorCode::RequestUriNotSupported
        | ErrorCode::InvalidAuthorizationDetails
        | ErrorCode::InvalidClient
        | ErrorCode::InvalidDpopProof
        | ErrorCode::RegistrationNotSupported
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::UnsupportedResponseType
        | ErrorCode::UnsupportedTokenType
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidTarget
        | ErrorCode::ExpiredLoginHintToken
        | ErrorCode::UnknownUserId
        | ErrorCode::MissingUserCode
        | ErrorCode::InvalidUserCode
        | ErrorCode::InvalidBindingMessage
        | ErrorCode::InvalidRedirectUri
        | ErrorCode::InvalidClientMetadata
        | ErrorCode::InvalidSoftwareStatement
        | ErrorCode::UnapprovedSoftwareStatement => Advice::Fix,
        _ => Advice::Stop,
    }
}

/// Which exchange with the server an error belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Fetching the authorization server's metadata.
    Discovery,
    /// Fetching a protected resource's metadata.
    ResourceDiscovery,
    /// Fetching the authorization server's keys.
    Jwks,
    /// Fetching the keys for a login: for its ID token, when its code is spent, or for its signed response, which will not come again.
    LoginKeys,
    /// The authorization request and its redirect.
    Authorization,
    /// Pushing an authorization request.
    PushedAuthorization,
    /// Checking a signed authorization response.
    AuthorizationResponse,
    /// Redeeming an authorization code.
    CodeExchange,
    /// Checking an ID token.
    IdToken,
    /// The client credentials grant.
    ClientCredentials,
    /// Beginning a login on another device.
    DeviceAuthorization,
    /// Asking whether the login on the other device is done.
    DeviceToken,
    /// Beginning a login without a browser.
    BackchannelAuthentication,
    /// Asking whether the login without a browser is done, or being told.
    BackchannelToken,
    /// Exchanging one token for another.
    TokenExchange,
    /// The JWT bearer grant.
    JwtBearer,
    /// Refreshing tokens.
    Refresh,
    /// Revoking a token.
    Revocation,
    /// Asking what a token is good for.
    Introspection,
    /// Asking for claims about the user.
    UserInfo,
    /// Registering a client, or managing its registration.
    Registration,
    /// Checking a logout token.
    LogoutToken,
    /// Calling a protected resource.
    Resource,
}

impl Operation {
    /// A stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::ResourceDiscovery => "the resource's discovery",
            Self::Jwks => "the key fetch",
            Self::LoginKeys => "the login's key fetch",
            Self::Authorization => "the authorization",
            Self::PushedAuthorization => "the pushed authorization request",
            Self::AuthorizationResponse => "the authorization response",
            Self::CodeExchange => "the code exchange",
            Self::IdToken => "the ID token check",
            Self::ClientCredentials => "the client credentials grant",
            Self::Refresh => "the refresh",
            Self::DeviceAuthorization => "the device authorization",
            Self::DeviceToken => "the device's token request",
            Self::BackchannelAuthentication => "the backchannel authentication",
            Self::BackchannelToken => "the backchannel token request",
            Self::TokenExchange => "the token exchange",
            Self::JwtBearer => "the JWT bearer grant",
            Self::Revocation => "the revocation",
            Self::Introspection => "the introspection",
            Self::UserInfo => "the user info request",
            Self::Registration => "the registration",
            Self::LogoutToken => "the logout token check",
            Self::Resource => "the resource request",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a server's answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReason {
    /// A status that means nothing for this request.
    #[error("status {0} is no answer to this request")]
    Status(u16),
    /// The body is longer than the request's contract allows. Whoever sends requests should have stopped reading earlier.
    #[error("the body is longer than the request allows")]
    TooLarge,
    /// The metadata document cannot be used.
    #[error("{0}")]
    Metadata(#[from] MetadataError),
    /// The token endpoint's answer cannot be used.
    #[error("{0}")]
    Token(#[from] InvalidResponse),
    /// `openid` was granted, but no ID token came (OpenID Connect Core, section 3.1.3.3).
    #[error("no ID token came although `openid` was granted")]
    IdTokenMissing,
    /// What the server signed (an ID token, say) is malformed, forged, or meant for somebody else (OpenID Connect Core, section 3.1.3.7).
    #[error("what the server signed is not valid: {0}")]
    Jwt(#[from] jwt_core::Error),
    /// A signed authorization response is malformed, forged, meant for somebody else, or no response at all (JARM, section 2.4).
    #[error("the signed response is not valid: {0}")]
    SignedResponse(#[from] SignedResponseError),
    /// No key of the server fits the header of what it signed.
    #[error("no key of the server fits what it signed")]
    NoKey,
    /// The key set cannot be read (RFC 7517, section 5).
    #[error("the key set cannot be read")]
    Jwks,
    /// The answer to a refresh cannot be used, but it replaced the refresh token: see [`Error::rotated_refresh_token`].
    #[error("{reason}; it replaced the refresh token all the same")]
    Rotated {
        /// What is wrong with the answer: its code and its blame are those of this.
        reason: Box<Self>,
        /// The refresh token to keep in the place of the one that was sent.
        refresh_token: RefreshToken,
    },
}

impl InvalidReason {
    /// A stable, machine-readable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Status(_) => "unexpected_status",
            Self::TooLarge => "response_too_large",
            Self::Metadata(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::IdTokenMissing => "id_token_missing",
            Self::Jwt(error) => error.code(),
            Self::SignedResponse(error) => error.code(),
            Self::NoKey => "key_not_found",
            Self::Jwks => "invalid_jwks",
            Self::Rotated { reason, .. } => reason.code(),
        }
    }

    /// Whose fault it is: the server's, or time's where an ID token has no other fault than its age.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Jwt(error) => error.blame(),
            Self::SignedResponse(error) => error.blame(),
            Self::Rotated { reason, .. } => reason.blame(),
            Self::Status(_)
            | Self::TooLarge
            | Self::Metadata(_)
            | Self::Token(_)
            | Self::IdTokenMissing
            | Self::NoKey
            | Self::Jwks => Blame::Peer,
        }
    }
}

/// Why no usable answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportFailure {
    /// The request certainly did not reach the server.
    NotSent,
    /// The server may have seen the request and acted on it.
    Unknown,
    /// The server answered that it cannot serve now (429 and 5xx), whatever the body says. It may have acted all the same.
    Unavailable {
        /// The status.
        status: u16,
        /// What `Retry-After` asked for, capped.
        retry_after: Option<Duration>,
    },
}

impl TransportFailure {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Unknown => "no_answer",
            Self::Unavailable { .. } => "server_unavailable",
        }
    }

    /// Whose fault it is: nobody's that is known.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Transport
    }

    /// Whether the server may have seen the request, and so may have acted on it.
    #[must_use]
    pub const fn may_have_been_seen(self) -> bool {
        !matches!(self, Self::NotSent)
    }

    fn advice(self, operation: Operation) -> Advice {
        // RFC 6749, section 4.1.2: a code is single-use, and so is the flow that redeems it.
        if matches!(operation, Operation::CodeExchange | Operation::LoginKeys) {
            return Advice::Restart;
        }
        let after = match self {
            Self::Unavailable { retry_after: Some(after), .. } => after,
            Self::Unavailable { retry_after: None, .. } | Self::NotSent | Self::Unknown => DEFAULT_RETRY,
        };
        Advice::Retry { after }
    }
}

impl fmt::Display for TransportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent => f.write_str("the request was not sent"),
            Self::Unknown => f.write_str("the request may have been seen"),
            Self::Unavailable { status, .. } => write!(f, "status {status}"),
        }
    }
}

/// How long to wait before trying again where the server did not say.
const DEFAULT_RETRY: Duration = Duration::from_secs(5);

/// What the calling program did wrong. Nothing that a server sends causes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiMisuse {
    /// The flow has ended: it gave its output or an error before.
    #[error("the flow has ended")]
    Ended,
    /// A response or failure was handed in, but no request is outstanding.
    #[error("no request is outstanding")]
    NoRequest,
    /// An answer was handed in, but no question is.
    #[error("no question is outstanding")]
    NoQuestion,
    /// The answer is not of the kind that was asked for.
    #[error("the answer is not of the kind that was asked for")]
    WrongAnswer,
    /// The flow waits for a response or an answer: hand it in, or `resume` if it is lost.
    #[error("the flow waits for a response or an answer, not for a poll")]
    NotWaiting,
    /// The server's metadata has no such endpoint.
    #[error("the authorization server has no {0}")]
    MissingEndpoint(&'static str),
    /// The server's metadata says that it cannot do what is asked.
    #[error("the authorization server does not support {0}")]
    Unsupported(&'static str),
    /// The client's profile, or the server, demands something that this would not keep ([`Profile`](crate::Profile)).
    #[error("not allowed: {0}")]
    Forbidden(Rule),
    /// What was given belongs to another authorization server: nothing of one server may go to another (RFC 9700, section 4.4).
    #[error("the tokens were given by another authorization server")]
    OtherServer,
    /// The tokens hold no refresh token.
    #[error("there is no refresh token")]
    NoRefreshToken,
    /// An argument makes no sense here.
    #[error("{0}")]
    InvalidArgument(&'static str),
    /// The tokens are bound to another key than the client's (RFC 9449, section 5).
    #[error("the tokens are bound to another key")]
    OtherKey,
    /// The request goes to another resource than the one that the token is for (RFC 9700, section 4.9.1).
    #[error("the request goes to another resource than the token is for")]
    OtherResource,
    /// The token is of a type that cannot be used: "The client MUST NOT use an access token if it does not understand the token type" (RFC 6749, section 7.1).
    #[error("the token is of a type that cannot be used")]
    TokenType,
    /// What has to be signed cannot be: a key that is none for it, a value that a claim cannot have.
    #[error("nothing can be signed: {0}")]
    Signing(#[from] SignError),
    /// The request cannot be made from what was given.
    #[error("the request cannot be made: {0}")]
    InvalidRequest(#[from] BuildError),
}

impl ApiMisuse {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::NoRequest => "no_request",
            Self::NoQuestion => "no_question",
            Self::WrongAnswer => "wrong_answer",
            Self::NotWaiting => "not_waiting",
            Self::MissingEndpoint(_) => "missing_endpoint",
            Self::Unsupported(_) => "unsupported_by_server",
            Self::Forbidden(rule) => rule.code(),
            Self::OtherServer => "other_server",
            Self::NoRefreshToken => "no_refresh_token",
            Self::InvalidArgument(_) => "invalid_argument",
            Self::OtherKey => "other_key",
            Self::OtherResource => "other_resource",
            Self::TokenType => "unusable_token_type",
            Self::Signing(error) => error.code(),
            Self::InvalidRequest(error) => error.code(),
        }
    }

    /// Whose fault it is: the caller's.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Caller
    }
}
