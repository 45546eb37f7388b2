//! Errors, sorted by blame.

use core::fmt;

use crate::compact::Malformed;
use crate::json::JsonError;
use crate::policy::{Failure, Rejection};
use crate::{Algorithm, HeaderError, InvalidSignature, NoMatch};

/// Whose fault a failure is: the same four answers for all four crates.
///
/// Every error type of this family has `code()` (a stable, machine-readable name) and `blame()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The other side sent something wrong: a forged token, a malformed answer, a refusal.
    Peer,
    /// The calling program is at fault: a weak key, a policy that cannot hold, a call at the wrong moment.
    Caller,
    /// No usable answer came: network, outage, overload. Nothing is known about the credential.
    Transport,
    /// Only time is in the way: expired, or not valid yet. Refreshing or waiting helps.
    Time,
}

impl Blame {
    /// The stable name: `peer`, `caller`, `transport` or `time`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Caller => "caller",
            Self::Transport => "transport",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a token is not accepted. The variants stand in the order of the checks: each check comes only after all before it have passed.
///
/// No text of the token is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no compact JWS.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// Five parts: an encrypted token (JWE), which this crate does not open.
    #[error("token is encrypted (it has five parts)")]
    EncryptedToken,
    /// The header is out of order.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The payload is another JWT (`cty` `JWT`), not claims (RFC 8725, section 3.3).
    #[error("token holds another token, not claims")]
    NestedToken,
    /// The header's `alg` is not what the key is for: another algorithm, `none`, anything. Keys decide, tokens do not (RFC 8725, section 3.1).
    #[error("header does not name the key's algorithm, {key}")]
    AlgorithmMismatch {
        /// The key's algorithm.
        key: Algorithm,
    },
    /// The header's `alg` is no [`Algorithm`] at all.
    #[error("header names no known algorithm")]
    UnsupportedAlgorithm,
    /// No key of the set is for this token. With an unknown `kid`, fetching the set anew may help.
    #[error("{0}")]
    NoKey(#[from] NoMatch),
    /// The signature is not one of the key.
    #[error("signature is not valid")]
    Signature,
    /// The signature holds, but the claims are no strict JSON object, or do not fit the type asked for.
    #[error("claims: {0}")]
    Claims(#[from] JsonError),
    /// The signature holds, but the policy refuses the claims.
    #[error("rejected: {0}")]
    Rejected(#[from] Rejection),
}

impl Error {
    /// The stable, machine-readable name; of several failing claims the gravest's.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.code(),
            Self::EncryptedToken => "encrypted_token",
            Self::Header(error) => error.code(),
            Self::NestedToken => "nested_token",
            Self::AlgorithmMismatch { .. } => "algorithm_mismatch",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::NoKey(no_match) => no_match.code(),
            Self::Signature => "invalid_signature",
            Self::Claims(error) if error.is_unfit() => "claims_unfit",
            Self::Claims(_) => "claims_not_strict_json",
            Self::Rejected(rejection) => rejection.code(),
        }
    }

    /// [`Blame::Time`] if only the time is in the way (a refresh or waiting helps), [`Blame::Peer`] otherwise.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Rejected(rejection) => rejection.blame(),
            Self::Malformed(_)
            | Self::EncryptedToken
            | Self::Header(_)
            | Self::NestedToken
            | Self::AlgorithmMismatch { .. }
            | Self::UnsupportedAlgorithm
            | Self::NoKey(_)
            | Self::Signature
            | Self::Claims(_) => Blame::Peer,
        }
    }

    /// Every failing claim, the gravest first; empty if the token did not come as far as its claims.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        if let Self::Rejected(rejection) = self { rejection.failures() } else { &[] }
    }
}

impl From<InvalidSignature> for Error {
    fn from(_: InvalidSignature) -> Self {
        Self::Signature
    }
}
