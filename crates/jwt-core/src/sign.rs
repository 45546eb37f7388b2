//! [`sign`] and [`SigningInput`]: from claims to a compact token.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::algorithm::Family;
use crate::json::{Document, JsonError, Limits, Reader, Top, Watch};
use crate::policy::{Claim, mistyped};
use crate::{Algorithm, Blame, Header, HeaderError, SignerError, SigningKey, base64url};

/// Signs claims with a local key and answers the compact token.
///
/// The header's algorithm must be the key's. A key's `kid` is written if the header has none.
///
/// # Errors
///
/// [`SignError`], before anything is signed, for whatever a strict recipient would refuse: a header that is out of order, claims that are not one object with
/// unique names, a registered claim of the wrong type.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header, RegisteredClaims, SigningKey};
///
/// let key = SigningKey::hs256(b"0123456789abcdef0123456789abcdef")?.with_kid("k1");
/// let token = jwt_core::sign(&Header::new(Algorithm::HS256).with_typ("JWT"), &RegisteredClaims::new().with_subject("alice"), &key)?;
/// assert!(token.starts_with("eyJ"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign<C: Serialize + ?Sized>(header: &Header, claims: &C, key: &SigningKey) -> Result<String, SignError> {
    if !key.algorithm().is_named(header.alg()) {
        return Err(SignError::AlgorithmMismatch { key: key.algorithm() });
    }
    let input = match key.kid() {
        Some(kid) if header.kid().is_none() => SigningInput::new(&header.clone().with_kid(kid), claims)?,
        _ => SigningInput::new(header, claims)?,
    };
    let signature = key.sign(input.as_bytes())?;
    input.complete(&signature)
}

/// The bytes to be signed, for a key that is elsewhere: a KMS, an HSM, WebCrypto.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header, RegisteredClaims, SigningInput, SigningKey};
///
/// let pending = SigningInput::new(&Header::new(Algorithm::HS256), &RegisteredClaims::new().with_subject("alice"))?;
/// # let remote = SigningKey::hs256(b"0123456789abcdef0123456789abcdef")?;
/// let signature = remote.sign(pending.as_bytes())?; // in your own way, asynchronously if need be
/// let token = pending.complete(&signature)?;
/// # drop(token);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningInput {
    text: String,
    algorithm: Algorithm,
}

impl SigningInput {
    /// Writes header and claims.
    ///
    /// # Errors
    ///
    /// As [`sign`].
    pub fn new<C: Serialize + ?Sized>(header: &Header, claims: &C) -> Result<Self, SignError> {
        header.check()?;
        let algorithm = header.algorithm().ok_or(SignError::UnknownAlgorithm)?;
        let written_header = serde_json::to_vec(header).map_err(|_| SignError::Header(HeaderError::Algorithm))?;
        let mut payload = serde_json::to_vec(claims).map_err(|_| SignError::NotSerializable)?;
        let length = check_claims(&mut payload)?;
        let payload = payload.get(..length).unwrap_or_default();

        let signature_len = algorithm.signature_len().unwrap_or(RSA_2048);
        let lengths = [written_header.len(), length, signature_len].map(base64url::encoded_len);
        let mut text = String::with_capacity(lengths.iter().sum::<usize>() + 2);
        base64url::encode_to(written_header, &mut text);
        text.push('.');
        base64url::encode_to(payload, &mut text);
        Ok(Self { text, algorithm })
    }

    /// What is to be signed: ASCII, header and payload in base64url with a dot between (RFC 7515, section 5.1).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The algorithm that the header names.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The compact token.
    ///
    /// # Errors
    ///
    /// [`SignError::SignatureLength`] for a signature that the algorithm cannot have made: for ECDSA it is R || S (RFC 7518, section 3.4), not DER; an
    /// [`EcdsaSignature`](crate::EcdsaSignature) turns one into the other.
    pub fn complete(mut self, signature: &[u8]) -> Result<String, SignError> {
        let fits = match (self.algorithm.signature_len(), self.algorithm.family()) {
            (Some(length), _) => signature.len() == length,
            (None, Family::Rsa) => (RSA_2048..=RSA_8192).contains(&signature.len()),
            (None, Family::Hmac | Family::Ecdsa | Family::EdDsa | Family::MlDsa) => false,
        };
        if !fits {
            return Err(SignError::SignatureLength { algorithm: self.algorithm });
        }
        self.text.push('.');
        base64url::encode_to(signature, &mut self.text);
        Ok(self.text)
    }
}

/// Shows no claims.
impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningInput").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Signature lengths of the smallest and the greatest RSA key that is allowed, in bytes.
const RSA_2048: usize = 256;
const RSA_8192: usize = 1024;

/// Reads what a `Serialize` of the caller's has written as strictly as a recipient does. Answers its length; behind it the reader's scratch may lie.
fn check_claims(written: &mut Vec<u8>) -> Result<usize, SignError> {
    let length = written.len();
    let limits = Limits::unbounded();
    let document = Document::from_buffer(written)?;
    let mut reader = Reader::new(document, &limits, Watch::claims(&[]));
    reader.read::<IgnoredAny>(Top::Object)?;
    match mistyped(&mut reader) {
        None => Ok(length),
        Some(claim) => Err(SignError::ClaimType(claim)),
    }
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The header is for another algorithm than the key.
    #[error("header names another algorithm than the key's, {key}")]
    AlgorithmMismatch {
        /// The key's algorithm.
        key: Algorithm,
    },
    /// The header's `alg` is no [`Algorithm`].
    #[error("header names an unknown algorithm")]
    UnknownAlgorithm,
    /// A strict recipient would refuse the header.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The claims' `Serialize` failed.
    #[error("claims cannot be serialized")]
    NotSerializable,
    /// What the claims' `Serialize` wrote is no strict JSON object: no object at all, or a name occurs twice (`#[serde(flatten)]`).
    #[error("claims are not a strict json object: {0}")]
    Claims(#[from] JsonError),
    /// A registered claim has not the type of RFC 7519, section 4.1.
    #[error("claim {0} is of the wrong type")]
    ClaimType(Claim),
    /// A claim of a [profile](crate::profile) cannot have the value that it was given.
    #[error("claim {0} cannot have this value")]
    ClaimValue(Claim),
    /// A DPoP proof needs an asymmetric key whose public part is known and fits the algorithm (RFC 9449, section 4.2).
    #[error("a dpop proof needs an asymmetric key whose public part is known")]
    ProofKey,
    /// The key could not sign.
    #[error("{0}")]
    Signer(#[from] SignerError),
    /// The signature has a length that the algorithm's signatures do not have.
    #[error("signature has not the length of one of {algorithm}")]
    SignatureLength {
        /// The algorithm.
        algorithm: Algorithm,
    },
}

impl SignError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlgorithmMismatch { .. } => "sign_algorithm_mismatch",
            Self::UnknownAlgorithm => "sign_unknown_algorithm",
            Self::Header(_) => "sign_header",
            Self::NotSerializable => "sign_claims_not_serializable",
            Self::Claims(_) => "sign_claims_not_strict_json",
            Self::ClaimType(_) => "sign_claim_wrong_type",
            Self::ClaimValue(_) => "sign_claim_value",
            Self::ProofKey => "sign_proof_key",
            Self::Signer(_) => "sign_backend",
            Self::SignatureLength { .. } => "sign_signature_length",
        }
    }

    /// The caller's, or that of a signer which failed.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Signer(error) => error.blame(),
            Self::AlgorithmMismatch { .. }
            | Self::UnknownAlgorithm
            | Self::Header(_)
            | Self::NotSerializable
            | Self::Claims(_)
            | Self::ClaimType(_)
            | Self::ClaimValue(_)
            | Self::ProofKey
            | Self::SignatureLength { .. } => Blame::Caller,
        }
    }
}
