//! JSON Web Signatures for any payload (RFC 7515): compact, flattened and general serialization, detached payloads, unencoded payloads (RFC 7797).
//!
//! Nothing here reads or makes a JWT: [`verify`](crate::verify()) takes the compact serialization of claims only, and what comes out of this module is bytes, never
//! [`Verified`](crate::Verified) claims. A key that signs both should say in `typ` what it signs (RFC 8725, section 3.12), or be two keys.
//!
//! * **`alg`, `crit`, `b64` and `kid` count in the protected header only**; the names of the two headers must be disjoint (RFC 7515, section 7.2.1).
//! * **`crit`** is obeyed in full (section 4.1.11); the one extension that is understood is `b64`.
//! * **`b64`: `false`** must be in `crit`, and is taken in the JSON serializations and with a detached payload only (RFC 7797, sections 5 and 6).
//! * **Several signatures**: at least one must be valid, and [`VerifiedJws::signatures`] says which are. The caller decides whether those are enough.
//!
//! # Examples
//!
//! ```
//! use jwt_core::jws::{self, Jws, Limits};
//! use jwt_core::{Algorithm, Header, SigningKey};
//!
//! let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
//! let header = Header::new(Algorithm::HS256).with_typ("example.invoice");
//!
//! // A webhook: the signature in a header field, the payload as the body, as it is.
//! let body = br#"{"invoice": 17}"#;
//! let signed = jws::sign_unencoded(&header, body, &key)?;
//! let field = signed.to_compact_detached()?;
//!
//! let received = Jws::compact_detached(&field, body, &Limits::default())?;
//! let verified = received.verify_with_key(&key.verifying_key()?)?;
//! assert_eq!(verified.payload(), body);
//!
//! let other = Jws::compact_detached(&field, b"{}", &Limits::default())?;
//! assert_eq!(other.verify_with_key(&key.verifying_key()?).unwrap_err().code(), "invalid_signature");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod read;
mod write;

pub use read::{Jws, JwsSignature, VerifiedJws, VerifiedSignature};
pub use write::{JwsSigningInput, SignedJws, sign, sign_unencoded};

use crate::json::JsonError;
use crate::{Blame, Error, HeaderError, InvalidSignature, Malformed, NoMatch, json};

/// What a JWS may cost. Every limit is checked before the work that it bounds.
///
/// # Examples
///
/// ```
/// use jwt_core::jws::{Jws, Limits};
///
/// let limits = Limits::default().max_bytes(64 << 10).max_signatures(1);
/// let two = br#"{"payload":"","signatures":[
///     {"protected":"eyJhbGciOiJIUzI1NiJ9","signature":"AA"},
///     {"protected":"eyJhbGciOiJIUzI1NiJ9","signature":"AA"}
/// ]}"#;
/// assert_eq!(Jws::json(two, &limits).unwrap_err().code(), "jws_too_many_signatures");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_bytes: usize,
    max_header_bytes: usize,
    max_depth: usize,
    max_members: usize,
    max_signatures: usize,
}

impl Limits {
    /// The length of the whole text. Default: 1 MiB, sixteen times a token's: a payload can be a document. A detached payload does not count.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The length of each encoded protected header in characters. Default: 16 KiB, enough for a chain of four certificates in `x5c`.
    #[must_use]
    pub const fn max_header_bytes(mut self, bytes: usize) -> Self {
        self.max_header_bytes = bytes;
        self
    }

    /// How deep objects and arrays nest. Default: 32; at most [`json::Limits::DEEPEST`].
    #[must_use]
    pub const fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth;
        self
    }

    /// How many members and elements a JSON serialization has in total, and each protected header. Default: 8192.
    #[must_use]
    pub const fn max_members(mut self, members: usize) -> Self {
        self.max_members = members;
        self
    }

    /// How many signatures there are: each may cost a check with every candidate key. Default: 16; the RFC's examples have two and three.
    #[must_use]
    pub const fn max_signatures(mut self, signatures: usize) -> Self {
        self.max_signatures = signatures;
        self
    }

    pub(crate) const fn json(&self) -> json::Limits {
        json::Limits::unbounded().max_bytes(self.max_bytes).max_depth(self.max_depth).max_members(self.max_members)
    }

    fn token(&self) -> crate::Limits {
        crate::Limits::default()
            .max_token_bytes(self.max_bytes)
            .max_header_bytes(self.max_header_bytes)
            .max_depth(self.max_depth)
            .max_members(self.max_members)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 1 << 20, max_header_bytes: 16 << 10, max_depth: 32, max_members: 8 << 10, max_signatures: 16 }
    }
}

/// Why a JWS is not accepted (RFC 7515, sections 5.2 and 7; RFC 7797).
///
/// No text of the JWS is in it.
///
/// # Examples
///
/// ```
/// use jwt_core::Blame;
/// use jwt_core::jws::{Jws, JwsError, Limits};
///
/// let error = Jws::json(br#"{"payload":"","signatures":[]}"#, &Limits::default()).unwrap_err();
/// assert_eq!(error, JwsError::NoSignature);
/// assert_eq!((error.code(), error.blame()), ("jws_no_signature", Blame::Peer));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// The text is no compact JWS, or a part of it is not strict base64url or over a limit.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// Five parts: an encrypted text (JWE).
    #[error("text is encrypted (it has five parts)")]
    Encrypted,
    /// The text is not one strict JSON object.
    #[error("jws is not a strict json object: {0}")]
    Json(#[from] JsonError),
    /// A member is missing, of the wrong type, or empty where it must then be absent (RFC 7515, section 7.2.1).
    #[error("member `{0}` is not as RFC 7515 section 7.2 demands")]
    Member(&'static str),
    /// It is both flattened and general: `signatures` beside `signature`, `protected` or `header` (RFC 7515, section 7.2.2).
    #[error("jws is both flattened and general")]
    MixedForms,
    /// `signatures` is empty.
    #[error("jws has no signature")]
    NoSignature,
    /// More signatures than [`Limits::max_signatures`].
    #[error("jws has more signatures than the limit")]
    TooManySignatures,
    /// The protected and the unprotected header have a member of one name (RFC 7515, section 7.2.1).
    #[error("protected and unprotected header have a member in common")]
    NotDisjoint,
    /// A member that must be protected stands in the unprotected header: `crit` (RFC 7515, section 4.1.11) or `b64` (RFC 7797, section 3).
    #[error("`{0}` stands in the unprotected header")]
    Unprotected(&'static str),
    /// A protected header is out of order, or names no algorithm, or a critical extension that is not understood. (Of several signatures, one of the last two
    /// kinds does not count; the others may.)
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The signatures do not agree on `b64` (RFC 7797, section 3).
    #[error("signatures do not agree on `b64`")]
    MixedEncoding,
    /// An unencoded payload stands in a compact JWS (RFC 7797, section 5.2, allows that for few texts; here, for none).
    #[error("an unencoded payload stands in a compact jws")]
    UnencodedInline,
    /// The payload is detached, but none was handed over.
    #[error("payload is detached and was not handed over")]
    Detached,
    /// A payload was handed over, but there is one inside: which of them is meant is not clear.
    #[error("payload was handed over, and there is one inside")]
    NotDetached,
    /// No key is for any of the signatures.
    #[error("{0}")]
    NoKey(#[from] NoMatch),
    /// No signature is one of the keys'.
    #[error("no signature is valid")]
    Signature,
}

impl JwsError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.code(),
            Self::Encrypted => "encrypted_token",
            Self::Json(_) => "jws_not_strict_json",
            Self::Member(_) => "jws_member_invalid",
            Self::MixedForms => "jws_mixed_forms",
            Self::NoSignature => "jws_no_signature",
            Self::TooManySignatures => "jws_too_many_signatures",
            Self::NotDisjoint => "jws_headers_not_disjoint",
            Self::Unprotected(_) => "jws_member_unprotected",
            Self::Header(error) => error.code(),
            Self::MixedEncoding => "jws_mixed_b64",
            Self::UnencodedInline => "jws_unencoded_inline",
            Self::Detached => "jws_payload_missing",
            Self::NotDetached => "jws_payload_not_detached",
            Self::NoKey(no_match) => no_match.code(),
            Self::Signature => "invalid_signature",
        }
    }

    /// Whose fault it is: the peer's.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Peer
    }
}

impl From<InvalidSignature> for JwsError {
    fn from(_: InvalidSignature) -> Self {
        Self::Signature
    }
}

/// Of the errors of taking a compact text apart.
impl From<Error> for JwsError {
    fn from(error: Error) -> Self {
        if let Error::Malformed(malformed) = error { Self::Malformed(malformed) } else { Self::Encrypted }
    }
}
