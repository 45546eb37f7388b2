//! [`sign`] and [`SigningInput`]: from claims to a compact token.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::algorithm::Family;
use crate::json::{Document, JsonError, Reader, Top, Watch, Writer};
use crate::policy::{Claim, mistyped};
use crate::{
    Algorithm, Blame, Error, Header, HeaderError, Limits, Malformed, SignerError, SigningKey, Unverified, VerifyingKey,
    base64url,
};

/// Signs claims with a local key and answers the compact token.
///
/// The header's algorithm must be the key's. A key's `kid` is written if the header has none.
///
/// # Errors
///
/// [`SignError`] for whatever a strict recipient would refuse, one that [`verify`](crate::verify()) with its default [`Limits`]: a header that is out of order or
/// says that the payload is another token, claims that are not one object with unique names, a registered claim of the wrong type, and whatever is too long, too
/// deep or too much. All of it is found before anything is signed, but that the signature of an RSA key makes the token too long.
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
    let input = match key.foreseen_header(header) {
        Some(encoded) => {
            SigningInput::behind(Some(encoded), &mut Writer::new(RECIPIENT.json()), key.algorithm(), claims)?
        }
        None => SigningInput::write(header, key.algorithm(), key.kid().filter(|_| header.kid().is_none()), claims)?,
    };
    let signature = key.signature(input.as_bytes())?;
    input.complete(signature.as_bytes())
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
    /// ASCII.
    text: Vec<u8>,
    algorithm: Algorithm,
}

impl SigningInput {
    /// Writes header and claims.
    ///
    /// # Errors
    ///
    /// As [`sign`].
    pub fn new<C: Serialize + ?Sized>(header: &Header, claims: &C) -> Result<Self, SignError> {
        Self::write(header, header.algorithm().ok_or(SignError::UnknownAlgorithm)?, None, claims)
    }

    /// With this `kid` instead of the header's, if there is one. The header names the algorithm.
    fn write<C: Serialize + ?Sized>(
        header: &Header,
        algorithm: Algorithm,
        kid: Option<&str>,
        claims: &C,
    ) -> Result<Self, SignError> {
        if kid.is_none() {
            header.check()?;
        } else {
            header.check_all_but_kid()?;
        }
        header.check_claims_within()?;
        let mut writer = Writer::new(RECIPIENT.json());
        write_header(header, kid, &mut writer).map_err(HeaderError::from)?;
        Self::behind(None, &mut writer, algorithm, claims)
    }

    /// Behind a header that is in order: in base64url, or what the writer has written.
    fn behind<C: Serialize + ?Sized>(
        encoded: Option<&str>,
        writer: &mut Writer,
        algorithm: Algorithm,
        claims: &C,
    ) -> Result<Self, SignError> {
        let header_len = writer.next_document();
        claims.serialize(&mut *writer)?;
        let (header, payload) = writer.as_bytes().split_at_checked(header_len).unwrap_or_default();
        check_claims(writer, payload)?;

        let signature_len = algorithm.signature_len().unwrap_or(RSA_2048);
        let header_len = encoded.map_or_else(|| base64url::encoded_len(header.len()), str::len);
        let lengths = [header_len, base64url::encoded_len(payload.len()), base64url::encoded_len(signature_len)];
        let length = lengths.iter().sum::<usize>() + 2;
        check_limit("header", header_len, RECIPIENT.header_bytes())?;
        check_limit("token", length, RECIPIENT.token_bytes())?;
        let mut text = Vec::with_capacity(length);
        match encoded {
            Some(encoded) => text.extend_from_slice(encoded.as_bytes()),
            None => base64url::encode_to_bytes(header, &mut text),
        }
        text.push(b'.');
        base64url::encode_to_bytes(payload, &mut text);
        Ok(Self { text, algorithm })
    }

    /// What is to be signed: ASCII, header and payload in base64url with a dot between (RFC 7515, section 5.1).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The algorithm that the header names.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What [`as_bytes`](Self::as_bytes) gave, back from wherever it was kept while somebody signed it.
    ///
    /// # Errors
    ///
    /// [`Error`], as [`Unverified::parse`] has it, for what is no signing input of an algorithm that is known here.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::{Algorithm, Header, RegisteredClaims, SigningInput, SigningKey};
    ///
    /// let pending = SigningInput::new(&Header::new(Algorithm::HS256), &RegisteredClaims::new().with_subject("alice"))?;
    /// let kept = pending.as_bytes().to_vec();
    /// # let remote = SigningKey::hs256(b"0123456789abcdef0123456789abcdef")?;
    /// let signature = remote.sign(&kept)?; // hours later, in another process
    /// assert_eq!(SigningInput::from_bytes(&kept)?.complete(&signature)?, pending.complete(&signature)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut text = String::from(core::str::from_utf8(bytes).map_err(|_| Malformed::ForeignCharacter)?);
        // An empty signature makes three parts of two.
        text.push('.');
        let algorithm =
            Unverified::parse(&text, &RECIPIENT)?.header().algorithm().ok_or(Error::UnsupportedAlgorithm)?;
        text.pop();
        Ok(Self { text: text.into_bytes(), algorithm })
    }

    /// The compact token.
    ///
    /// # Errors
    ///
    /// [`SignError::SignatureLength`] for a signature that the algorithm cannot have made: for ECDSA it is R || S (RFC 7518, section 3.4), not DER; an
    /// [`EcdsaSignature`](crate::EcdsaSignature) turns one into the other. [`SignError::TooLong`] if that of an RSA key makes the token too long.
    pub fn complete(mut self, signature: &[u8]) -> Result<String, SignError> {
        check_length(self.algorithm, signature)?;
        let length = self.text.len().saturating_add(1).saturating_add(base64url::encoded_len(signature.len()));
        check_limit("token", length, RECIPIENT.token_bytes())?;
        self.text.push(b'.');
        base64url::encode_to_bytes(signature, &mut self.text);
        // base64url and dots: this cannot fail.
        String::from_utf8(self.text).map_err(|_| SignError::NotSerializable)
    }

    /// The compact token, once `key` has verified the signature: that of another key, or over other bytes, is found before anybody is sent it.
    ///
    /// # Errors
    ///
    /// As [`SigningInput::complete`]; [`SignError::AlgorithmMismatch`] for a key of another algorithm, [`SignError::SelfCheck`] if it does not verify the
    /// signature.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::{Algorithm, Header, RegisteredClaims, SigningInput, SigningKey};
    ///
    /// let pending = SigningInput::new(&Header::new(Algorithm::HS256), &RegisteredClaims::new().with_subject("alice"))?;
    /// # let remote = SigningKey::hs256(b"0123456789abcdef0123456789abcdef")?;
    /// let published = remote.verifying_key()?; // the key that whoever gets the token will use
    /// let signature = remote.sign(pending.as_bytes())?; // in your own way
    /// let token = pending.clone().complete_verified(&signature, &published)?;
    /// # drop(token);
    ///
    /// let error = pending.complete_verified(&[0; 32], &published).unwrap_err();
    /// assert_eq!(error.code(), "sign_self_check");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn complete_verified(self, signature: &[u8], key: &VerifyingKey) -> Result<String, SignError> {
        self_check(self.algorithm, &self.text, signature, key)?;
        self.complete(signature)
    }
}

/// Shows no claims.
impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningInput").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What a recipient takes that has set no limits of its own.
const RECIPIENT: Limits = Limits::DEFAULT;

fn check_limit(part: &'static str, length: usize, limit: usize) -> Result<(), SignError> {
    if length > limit { Err(SignError::TooLong { part, limit }) } else { Ok(()) }
}

/// Whether the algorithm can have made a signature of this length.
pub(crate) fn check_length(algorithm: Algorithm, signature: &[u8]) -> Result<(), SignError> {
    let fits = match (algorithm.signature_len(), algorithm.family()) {
        (Some(length), _) => signature.len() == length,
        (None, Family::Rsa) => (RSA_2048..=RSA_8192).contains(&signature.len()),
        (None, Family::Hmac | Family::Ecdsa | Family::EdDsa | Family::MlDsa) => false,
    };
    if fits { Ok(()) } else { Err(SignError::SignatureLength { algorithm }) }
}

/// Whether `key` verifies what was signed elsewhere.
pub(crate) fn self_check(
    algorithm: Algorithm,
    input: &[u8],
    signature: &[u8],
    key: &VerifyingKey,
) -> Result<(), SignError> {
    if key.algorithm() != algorithm {
        return Err(SignError::AlgorithmMismatch { key: key.algorithm() });
    }
    check_length(algorithm, signature)?;
    key.verify(input, signature).map(drop).map_err(|_| SignError::SelfCheck)
}

/// Signature lengths of the smallest and the greatest RSA key that is allowed, in bytes.
const RSA_2048: usize = 256;
const RSA_8192: usize = 1024;

/// The members in their order, `kid` in the place of the header's or at the end.
fn write_header(header: &Header, kid: Option<&str>, writer: &mut Writer) -> Result<(), JsonError> {
    let mut kid_due = kid;
    let mut object = writer.object()?;
    for (name, value) in header.members() {
        match if name == "kid" { kid_due.take() } else { None } {
            Some(kid) => object.member(name, kid)?,
            None => object.member(name, value)?,
        }
    }
    if let Some(kid) = kid_due {
        object.member("kid", kid)?;
    }
    object.close()
}

/// Whether a strict recipient takes what a `Serialize` of the caller's has written. The writer has seen to nearly all of it.
fn check_claims(writer: &Writer, written: &[u8]) -> Result<(), SignError> {
    if !writer.brought_along() {
        if written.first() != Some(&b'{') {
            return Err(JsonError::not_an_object().into());
        }
        return well_typed(&writer.watch(), writer.as_bytes());
    }
    let mut buffer = written.to_vec();
    let limits = RECIPIENT.json();
    let mut reader = Reader::new(Document::from_buffer(&mut buffer)?, &limits, Watch::claims(&[]));
    reader.read::<IgnoredAny>(Top::Object)?;
    well_typed(&reader.watch(), written)
}

fn well_typed(watch: &Watch<'_>, written: &[u8]) -> Result<(), SignError> {
    match mistyped(watch, written) {
        None => Ok(()),
        Some(claim) => Err(SignError::ClaimType(claim)),
    }
}

/// Why nothing was signed.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Blame, Header, RegisteredClaims, SigningKey};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let error = jwt_core::sign(&Header::new(Algorithm::HS512), &RegisteredClaims::new(), &key).unwrap_err();
/// assert_eq!((error.code(), error.blame()), ("sign_algorithm_mismatch", Blame::Caller));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// The claims' `Serialize` failed, or they have a map whose keys are no text.
    #[error("claims cannot be serialized")]
    NotSerializable,
    /// What the claims' `Serialize` wrote is no strict JSON object: no object at all, a name occurs twice (`#[serde(flatten)]`), a number is not finite. Or it
    /// is over the default [`Limits`]: deeper, or of more members.
    #[error("claims are not a strict json object: {0}")]
    Claims(JsonError),
    /// The token or its header is over the default [`Limits`].
    #[error("{part} is longer than the {limit} characters that a recipient takes")]
    TooLong {
        /// `header` or `token`.
        part: &'static str,
        /// The limit in characters.
        limit: usize,
    },
    /// A registered claim has not the type of RFC 7519, section 4.1.
    #[error("claim {0} is of the wrong type")]
    ClaimType(Claim),
    /// A claim of a [profile](crate::profile) cannot have the value that it was given.
    #[error("claim {0} cannot have this value")]
    ClaimValue(Claim),
    /// The form asked for cannot hold this JWS (RFC 7515, sections 7.1 and 7.2; RFC 7797, section 5); the text says why.
    #[error("this form cannot hold it: {0}")]
    Form(&'static str),
    /// A DPoP proof needs an asymmetric key whose public part is known and fits the algorithm (RFC 9449, section 4.2), and that is not longer than servers take.
    #[error("a dpop proof needs an asymmetric key whose public part is known")]
    ProofKey,
    /// The key could not sign.
    #[error("{0}")]
    Signer(#[from] SignerError),
    /// A signature that was made elsewhere is not one of the key that was to verify it: the signer has another key, or has signed something else.
    #[error("signature is not one of the key that was to verify it")]
    SelfCheck,
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
            Self::TooLong { .. } => "sign_too_long",
            Self::ProofKey => "sign_proof_key",
            Self::Form(_) => "sign_form",
            Self::Signer(_) => "sign_backend",
            Self::SelfCheck => "sign_self_check",
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
            | Self::TooLong { .. }
            | Self::ProofKey
            | Self::Form(_)
            | Self::SelfCheck
            | Self::SignatureLength { .. } => Blame::Caller,
        }
    }
}

impl From<JsonError> for SignError {
    fn from(error: JsonError) -> Self {
        if error.is_unfit() { Self::NotSerializable } else { Self::Claims(error) }
    }
}
