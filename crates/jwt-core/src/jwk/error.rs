//! [`KeyError`]: why a key cannot be made or used.

use alloc::string::String;
use core::fmt;

use crate::json::{Cut, JsonError};
use crate::{Algorithm, Blame};

/// Why a key cannot be made, or cannot be used as asked.
///
/// No variant holds key material or text of the peer's.
///
/// # Examples
///
/// ```
/// use jwt_core::{KeyError, SigningKey};
///
/// let error = SigningKey::hs256(b"password").unwrap_err();
/// assert_eq!(error, KeyError::TooShort { bits: 64, minimum: 256 });
/// assert_eq!(error.code(), "key_too_short");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is shorter than its algorithm allows: an HMAC key shorter than its hash (RFC 7518, section 3.2), an RSA modulus under
    /// 2048 bits (section 3.3). Make a longer key.
    #[error("the key has {bits} bits, at least {minimum} are needed")]
    TooShort {
        /// The bits that the key has.
        bits: usize,
        /// The bits that it must have.
        minimum: usize,
    },
    /// The key is longer than any backend takes, or than is taken of anybody who sends one (a DPoP proof): verifying with it would only cost time.
    #[error("the key has {bits} bits, at most {maximum} are allowed")]
    TooLong {
        /// The bits that the key has.
        bits: usize,
        /// The bits that it may have.
        maximum: usize,
    },
    /// The RSA public exponent is 1, even or longer than 33 bits (the backend's limit; below 65537 it may verify, never sign). Or it is over 65537 in the key of a
    /// DPoP proof.
    #[error("the RSA public exponent is 1, even or out of range")]
    Exponent,
    /// The octets, the text or the JSON are not what they should be; `what` names the part.
    #[error("malformed key: {what}")]
    Malformed {
        /// The part that is malformed.
        what: &'static str,
    },
    /// The text is not strict JSON, or over a limit.
    #[error("the key is not strict json: {0}")]
    Json(#[from] JsonError),
    /// A member that this type of key needs is absent.
    #[error("the key has no member `{member}`")]
    Missing {
        /// The name of the member.
        member: &'static str,
    },
    /// The same member stands twice in one JWK (RFC 7517, section 4).
    #[error("a member stands twice in the key")]
    Duplicate,
    /// No backend of this build knows this kind of key; `what` says what is unknown. Switch on the feature `ring`, or bring your own
    /// [`Verifier`](crate::Verifier) or [`Signer`](crate::Signer).
    #[error("not supported: {what}")]
    NotSupported {
        /// What is not supported.
        what: &'static str,
    },
    /// The key is of another kind than the algorithm it is to be used with (RFC 8725, section 3.1), or contradicts itself.
    #[error("the key is for {found}, not for {expected}")]
    Mismatch {
        /// The algorithm that was asked for, or that the key names.
        expected: Algorithm,
        /// What the key is for: a type, a curve or an algorithm.
        found: &'static str,
    },
    /// `use`, `key_ops` or `alg` say that the key is for something else (RFC 7517, sections 4.2 to 4.4).
    #[error("the key's use, key_ops or alg exclude this operation")]
    WrongUse,
    /// An RSA or symmetric key that names no algorithm: several fit. Say which with `from_jwk_as`.
    #[error("the key names no algorithm and several fit")]
    AlgorithmNotNamed,
    /// None of the algorithms allowed fits the key.
    #[error("none of the allowed algorithms fits the key")]
    NotAllowed,
    /// A private key stands where a public key is meant. Whoever published it must replace it; to use a key of your own, take
    /// [`Jwk::public`](crate::Jwk::public).
    #[error("a private key where a public key is meant")]
    PrivateKey,
    /// The key has no private part, so it cannot sign.
    #[error("the key has no private part")]
    NotPrivate,
    /// The parts of the key do not belong together, or its point is not on its curve or proves nothing (an Ed25519 key of small order).
    #[error("the parts of the key are not those of one valid key")]
    Inconsistent,
    /// A symmetric key in a set that also has asymmetric keys: somebody published a secret, or hopes for algorithm confusion.
    #[error("a symmetric key beside asymmetric keys in one set")]
    SymmetricBesideAsymmetric,
    /// More octets or keys than [`JwkSet`](crate::JwkSet) and [`Jwk`](crate::Jwk) take.
    #[error("more than the limit of {limit}")]
    TooLarge {
        /// The limit: octets or keys.
        limit: usize,
    },
    /// A backend of the caller's own refused; its reason in a word.
    #[error("the backend refused the key: {reason}")]
    Backend {
        /// The reason that the backend gave.
        reason: &'static str,
    },
}

impl KeyError {
    /// The stable, machine-readable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "key_too_short",
            Self::TooLong { .. } => "key_too_long",
            Self::Exponent => "key_exponent",
            Self::Malformed { .. } => "key_malformed",
            Self::Json(error) => error.code(),
            Self::Missing { .. } => "key_member_missing",
            Self::Duplicate => "key_member_duplicate",
            Self::NotSupported { .. } => "key_not_supported",
            Self::Mismatch { .. } => "key_algorithm_mismatch",
            Self::WrongUse => "key_wrong_use",
            Self::AlgorithmNotNamed => "key_algorithm_not_named",
            Self::NotAllowed => "key_algorithm_not_allowed",
            Self::PrivateKey => "key_is_private",
            Self::NotPrivate => "key_is_not_private",
            Self::Inconsistent => "key_inconsistent",
            Self::SymmetricBesideAsymmetric => "key_symmetric_beside_asymmetric",
            Self::TooLarge { .. } => "key_too_large",
            Self::Backend { .. } => "key_backend_refused",
        }
    }

    /// Whose fault it is: that of whoever wrote the text ([`Blame::Peer`]) if the text is no key or no set; the caller's if the key cannot be what it is to be
    /// used as. A bad key of a set fails no call: the error stands in an [`UnsupportedKey`].
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Malformed { .. }
            | Self::Json(_)
            | Self::Missing { .. }
            | Self::Duplicate
            | Self::Inconsistent
            | Self::SymmetricBesideAsymmetric
            | Self::TooLarge { .. } => Blame::Peer,
            Self::TooShort { .. }
            | Self::TooLong { .. }
            | Self::Exponent
            | Self::NotSupported { .. }
            | Self::Mismatch { .. }
            | Self::WrongUse
            | Self::AlgorithmNotNamed
            | Self::NotAllowed
            | Self::PrivateKey
            | Self::NotPrivate
            | Self::Backend { .. } => Blame::Caller,
        }
    }
}

/// A key of a set that cannot be used, and why. The other keys of the set still can (RFC 7517, section 5).
///
/// # Examples
///
/// ```
/// use jwt_core::JwkSet;
///
/// let set = JwkSet::from_slice(br#"{"keys":[
///     {"kty":"of the future","kid":"new"},
///     {"kty":"OKP","crv":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
/// ]}"#)?;
/// assert_eq!(set.keys().len(), 1); // the other works
/// let [unsupported] = set.unsupported() else { unreachable!() };
/// assert_eq!((unsupported.kid.as_deref(), unsupported.reason.code()), (Some("new"), "key_not_supported"));
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct UnsupportedKey {
    /// The key's `kid`, if it has one that is a string. The peer's text: escape it before showing it.
    pub kid: Option<String>,
    /// The key's `kty`, if it has one that is a string. The peer's text.
    pub kty: Option<String>,
    /// Why it cannot be used.
    pub reason: KeyError,
}

/// Shows the peer's text bounded and escaped.
impl fmt::Debug for UnsupportedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsupportedKey")
            .field("kid", &self.kid.as_deref().map(Cut))
            .field("kty", &self.kty.as_deref().map(Cut))
            .field("reason", &self.reason)
            .finish()
    }
}

/// A peer's list in a `Debug`: no more than its first few.
pub(crate) struct Few<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Debug> fmt::Debug for Few<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.0.iter().take(FEW));
        if self.0.len() > FEW { list.finish_non_exhaustive() } else { list.finish() }
    }
}

/// More keys than an issuer has at a time, as a rule.
const FEW: usize = 8;

/// Why no key of a set fits a token (RFC 7515, section 4.1.4; RFC 7517, sections 4.4 and 4.5).
///
/// # Examples
///
/// ```
/// use jwt_core::{NoMatch, SigningKey, VerifyingKeys};
///
/// let key = SigningKey::hs256(&[7; 32])?.verifying_key()?.with_kid("k1");
/// let keys = VerifyingKeys::from_keys(vec![key]);
/// assert_eq!(keys.find("HS256", Some("k2")).err(), Some(NoMatch::UnknownKid)); // fetch the set anew, once
/// assert_eq!(keys.find("RS256", Some("k1")).err(), Some(NoMatch::NoFittingKey)); // no use in that
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoMatch {
    /// No key of the set has the token's `kid`. The set may be old: fetch it anew, but not more often than its cool-down says.
    #[error("no key of the set has the token's kid")]
    UnknownKid,
    /// A key has the token's `kid`, but it is not for the token's algorithm or not for verifying.
    #[error("the key with the token's kid does not fit the token's algorithm")]
    NoFittingKey,
    /// The token names no `kid` and no key of the set is for its algorithm.
    #[error("no key of the set fits the token's algorithm")]
    NoKeyForAlgorithm,
}

impl NoMatch {
    /// The stable, machine-readable name of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownKid => "unknown_kid",
            Self::NoFittingKey => "no_fitting_key",
            Self::NoKeyForAlgorithm => "no_key_for_algorithm",
        }
    }

    /// Whose fault it is: the peer's, whose token names a key that the set does not have.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}
