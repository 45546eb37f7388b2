//! [`Reason`]: why a request is not allowed.

use jwt_core::{Blame, Error};

/// Why a request is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It has no credentials. Answered without an error code: "the resource server SHOULD NOT include an error code or other error information" (RFC 6750, section 3.1).
    #[error("the request has no access token")]
    NoCredentials,
    /// It has more than one access token, or more than one `Authorization` field.
    #[error("the request has more than one access token")]
    RepeatedCredentials,
    /// What follows the scheme is no token.
    #[error("what follows the scheme is no token")]
    MalformedCredentials,
    /// The token is longer than any that is taken.
    #[error("the access token is too long")]
    TokenTooLong,
    /// The token came in the query, where logs and browsers keep it.
    #[error("access tokens in the query are not accepted")]
    TokenInQuery,
    /// The token came in the body.
    #[error("access tokens in the body are not accepted")]
    TokenInBody,
    /// The token is malformed, forged, expired, not valid yet, or meant for somebody else. The code says which: one of `jwt-core`'s.
    #[error("the access token is not valid ({code})")]
    InvalidToken {
        /// The stable code of the reason.
        code: &'static str,
        /// Whose fault it is: [`Blame::Time`] if only time is in the way. A refresh helps where the code is `expired`, waiting where it is another.
        blame: Blame,
    },
    /// The token names an issuer that is not trusted.
    #[error("the access token is not of a trusted issuer")]
    UntrustedIssuer,
    /// No key of the issuer fits the token.
    #[error("no key of the issuer fits the access token")]
    UnknownKey,
    /// The token's `scope` cannot be read.
    #[error("the scope of the access token cannot be read")]
    MalformedScope,
    /// The authorization server says that the token is not active (RFC 7662, section 2.2).
    #[error("the access token is not active")]
    InactiveToken,
    /// The authorization server says of a JWT something else than the JWT.
    #[error("the authorization server does not say of the access token what it says itself")]
    ContradictedToken,
    /// The token, or what it belongs to, was revoked.
    #[error("the access token was revoked")]
    RevokedToken,
    /// The token is bound to nothing, where it was presented with a proof or the guard [takes bound tokens only](crate::Binding).
    #[error("the access token is not bound to what it must be bound to")]
    UnboundToken,
    /// The token is bound to a DPoP key, but was presented as a bearer token (RFC 9449, section 7.1).
    #[error("an access token that is bound to a key was presented as a bearer token")]
    DowngradedToken,
    /// The token is bound to another client certificate than that of the connection, or the connection has none (RFC 8705, section 3).
    #[error("the access token is bound to another client certificate")]
    CertificateMismatch,
    /// The token is bound to something that nobody here can check.
    #[error("the access token is bound to what cannot be checked")]
    BindingUnchecked,
    /// The DPoP proof is not good (RFC 9449, section 4.3). The code says why: one of `jwt-core`'s.
    #[error("the proof is not valid ({code})")]
    InvalidProof {
        /// The stable code of the reason.
        code: &'static str,
        /// Whose fault it is.
        blame: Blame,
        /// What the client is told: `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_token`.
        error: &'static str,
        /// The short sentence beside it.
        description: &'static str,
    },
    /// The user must authenticate again, or in another way (RFC 9470, section 3).
    #[error("the user was authenticated too long ago, or not in a way that this needs")]
    InsufficientAuthentication,
    /// The token is good, but not for this.
    #[error("the access token has not the scope that this needs")]
    InsufficientScope,
    /// The token lacks an authorization detail that this needs (RFC 9396).
    #[error("the access token has not the authorization details that this needs")]
    InsufficientDetails,
    /// A check of the caller's own failed.
    #[error("the check {check} failed")]
    Forbidden {
        /// The name that the caller gave it ([`Requirement::check`](crate::Requirement::check)).
        check: &'static str,
    },
    /// Too many attempts of this kind have failed ([`Throttle`](crate::Throttle)).
    #[error("too many attempts have failed")]
    Throttled,
    /// The issuer's keys cannot be had now, so nothing can be said about the token.
    #[error("the keys of the token's issuer cannot be fetched at the moment")]
    KeysUnavailable,
    /// The authorization server cannot be asked now, so nothing can be said about the token.
    #[error("the authorization server cannot be asked at the moment")]
    IntrospectionUnavailable,
    /// A store of the caller's cannot be asked now, so nothing can be said about the token or its proof.
    #[error("a store cannot be asked at the moment")]
    StoreUnavailable,
}

impl Reason {
    pub(crate) fn of_token(error: &Error) -> Self {
        Self::InvalidToken { code: error.code(), blame: error.blame() }
    }

    pub(crate) fn of_proof(error: &Error) -> Self {
        let (error, description) = ((error.code(), error.blame(), error.oauth_error()), error.oauth_description());
        Self::InvalidProof { code: error.0, blame: error.1, error: error.2, description }
    }

    /// Which kind of answer it leads to. All that the kind decides is decided there.
    const fn kind(&self) -> Kind {
        match self {
            Self::NoCredentials => Kind::Anonymous,
            Self::RepeatedCredentials | Self::MalformedCredentials | Self::TokenInQuery | Self::TokenInBody => {
                Kind::Malformed
            }
            Self::TokenTooLong
            | Self::InvalidToken { .. }
            | Self::UntrustedIssuer
            | Self::UnknownKey
            | Self::MalformedScope
            | Self::InactiveToken
            | Self::ContradictedToken
            | Self::RevokedToken
            | Self::UnboundToken
            | Self::DowngradedToken
            | Self::CertificateMismatch
            | Self::BindingUnchecked => Kind::Token,
            Self::InvalidProof { error, .. } => Kind::Proof(error),
            Self::InsufficientAuthentication => Kind::Authentication,
            Self::InsufficientScope | Self::InsufficientDetails | Self::Forbidden { .. } => Kind::Rights,
            Self::Throttled => Kind::Throttled,
            Self::KeysUnavailable | Self::IntrospectionUnavailable | Self::StoreUnavailable => Kind::Unavailable,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.kind() {
            Kind::Malformed => 400,
            Kind::Anonymous | Kind::Token | Kind::Proof(_) | Kind::Authentication => 401,
            Kind::Rights => 403,
            // RFC 6585, section 4.
            Kind::Throttled => 429,
            Kind::Unavailable => 503,
        }
    }

    /// The error code of the challenge (RFC 6750, section 3.1; RFC 9449, section 7.1; RFC 9470, section 3), if it has one.
    #[must_use]
    pub const fn error(&self) -> Option<&'static str> {
        match self.kind() {
            Kind::Anonymous | Kind::Throttled | Kind::Unavailable => None,
            Kind::Malformed => Some("invalid_request"),
            Kind::Token => Some("invalid_token"),
            Kind::Proof(error) => Some(error),
            Kind::Authentication => Some("insufficient_user_authentication"),
            Kind::Rights => Some("insufficient_scope"),
        }
    }

    /// A stable, machine-readable name for logs: finer than what the client is told.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::RepeatedCredentials => "repeated_credentials",
            Self::MalformedCredentials => "malformed_credentials",
            Self::TokenTooLong => "access_token_too_long",
            Self::TokenInQuery => "token_in_query",
            Self::TokenInBody => "token_in_body",
            Self::InvalidToken { code, .. } | Self::InvalidProof { code, .. } => code,
            Self::UntrustedIssuer => "untrusted_issuer",
            Self::UnknownKey => "no_key",
            Self::MalformedScope => "malformed_scope_claim",
            Self::InactiveToken => "inactive_token",
            Self::ContradictedToken => "contradicted_token",
            Self::RevokedToken => "revoked_token",
            Self::UnboundToken => "unbound_token",
            Self::DowngradedToken => "downgraded_token",
            Self::CertificateMismatch => "certificate_mismatch",
            Self::BindingUnchecked => "binding_unchecked",
            Self::InsufficientAuthentication => "insufficient_user_authentication",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientDetails => "insufficient_authorization_details",
            Self::Forbidden { .. } => "forbidden",
            Self::Throttled => "throttled",
            Self::KeysUnavailable => "keys_unavailable",
            Self::IntrospectionUnavailable => "introspection_unavailable",
            Self::StoreUnavailable => "store_unavailable",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match (self, self.kind()) {
            (Self::InvalidToken { blame, .. } | Self::InvalidProof { blame, .. }, _) => *blame,
            (_, Kind::Unavailable) => Blame::Transport,
            (
                _,
                Kind::Anonymous
                | Kind::Malformed
                | Kind::Token
                | Kind::Proof(_)
                | Kind::Authentication
                | Kind::Rights
                | Kind::Throttled,
            ) => Blame::Peer,
        }
    }

    /// What the client is told: enough to act on, nothing to attack with.
    pub(crate) const fn description(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoCredentials
            | Self::Throttled
            | Self::KeysUnavailable
            | Self::IntrospectionUnavailable
            | Self::StoreUnavailable => return None,
            Self::RepeatedCredentials => "more than one access token",
            Self::MalformedCredentials => "what follows the scheme is no token",
            Self::TokenInQuery => "access tokens in the query are not accepted",
            Self::TokenInBody => "access tokens in the body are not accepted",
            // `not_yet_valid` and `issued_in_future`: the clock of whoever issued it is ahead.
            Self::InvalidToken { code, blame: Blame::Time } => {
                if is_expired(code) {
                    "the access token expired"
                } else {
                    "the access token is not valid yet"
                }
            }
            Self::TokenTooLong
            | Self::InvalidToken { .. }
            | Self::UntrustedIssuer
            | Self::UnknownKey
            | Self::MalformedScope
            | Self::ContradictedToken
            | Self::BindingUnchecked => "the access token is not valid here",
            Self::InactiveToken | Self::RevokedToken => "the access token is not active",
            Self::UnboundToken => "the access token is not bound to a key",
            Self::DowngradedToken => "the access token is bound to a key and needs a proof",
            Self::CertificateMismatch => "the access token is bound to another certificate",
            Self::InvalidProof { description, .. } => description,
            Self::InsufficientAuthentication => "this needs another authentication of the user",
            Self::InsufficientScope => "the access token lacks a scope that this needs",
            Self::InsufficientDetails => "the access token lacks authorization details that this needs",
            Self::Forbidden { .. } => "the access token does not allow this",
        })
    }
}

/// The kinds of answers.
#[derive(Clone, Copy)]
enum Kind {
    /// There was nothing to check.
    Anonymous,
    /// The request shows its credentials in a way that it must not.
    Malformed,
    /// The token is not taken.
    Token,
    /// Its proof is not, with this error.
    Proof(&'static str),
    /// The user was authenticated too weakly, or too long ago.
    Authentication,
    /// The token does not allow it.
    Rights,
    /// Too many attempts.
    Throttled,
    /// Nothing can be said now.
    Unavailable,
}

/// Comparing texts is no constant function.
const fn is_expired(code: &str) -> bool {
    matches!(code.as_bytes(), b"expired")
}
