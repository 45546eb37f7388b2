//! [`sign`] and [`JwsSigningInput`]: from a payload to a [`SignedJws`], which can be written in every form.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::json::{Object, Value};
use crate::sign::{check_length, self_check};
use crate::{Algorithm, Header, HeaderError, SignError, SigningKey, VerifyingKey, base64url};

/// Signs a payload with a local key.
///
/// The header's algorithm must be the key's. A key's `kid` is written if the header has none.
///
/// # Errors
///
/// [`SignError`]: the header is out of order or for another algorithm, or the key cannot sign.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header, SigningKey, jws};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let signed = jws::sign(&Header::new(Algorithm::HS256), b"any bytes", &key)?;
/// assert!(signed.to_compact()?.starts_with("eyJhbGciOiJIUzI1NiJ9.YW55IGJ5dGVz."));
/// assert!(signed.to_flattened()?.starts_with(r#"{"payload":"YW55IGJ5dGVz","protected":"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign(header: &Header, payload: &[u8], key: &SigningKey) -> Result<SignedJws, SignError> {
    sign_as(header, payload, key, true)
}

/// Signs a payload as it is, not in base64url (RFC 7797): `b64` and `crit` are written.
///
/// # Errors
///
/// As [`sign`].
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header, SigningKey, jws};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let signed = jws::sign_unencoded(&Header::new(Algorithm::HS256), b"$.02", &key)?;
/// assert!(signed.to_flattened()?.starts_with(r#"{"payload":"$.02","protected":"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign_unencoded(header: &Header, payload: &[u8], key: &SigningKey) -> Result<SignedJws, SignError> {
    sign_as(header, payload, key, false)
}

fn sign_as(header: &Header, payload: &[u8], key: &SigningKey, encoded: bool) -> Result<SignedJws, SignError> {
    if !key.algorithm().is_named(header.alg()) {
        return Err(SignError::AlgorithmMismatch { key: key.algorithm() });
    }
    let header = match key.kid() {
        Some(kid) if header.kid().is_none() => header.clone().with_kid(kid),
        Some(_) | None => header.clone(),
    };
    header.check()?;
    let input = JwsSigningInput::with(header, key.algorithm(), payload, encoded)?;
    let signature = key.sign(input.as_bytes())?;
    input.complete(&signature)
}

/// The bytes to be signed, for a key that is elsewhere: a KMS, an HSM, WebCrypto.
///
/// # Examples
///
/// ```
/// use jwt_core::jws::JwsSigningInput;
/// use jwt_core::{Algorithm, Header};
///
/// let pending = JwsSigningInput::new(&Header::new(Algorithm::ES256).with_kid("kms-1"), b"a document")?;
/// assert!(pending.as_bytes().ends_with(b".YSBkb2N1bWVudA"));
/// let signature = [7; 64]; // the service's answer to these bytes
/// let text = pending.complete(&signature)?.to_compact()?;
/// assert_eq!(text.split('.').count(), 3);
/// # Ok::<(), jwt_core::SignError>(())
/// ```
#[derive(Clone)]
pub struct JwsSigningInput {
    header: Header,
    algorithm: Algorithm,
    /// The protected header and, behind the dot, the payload as it is signed.
    input: Vec<u8>,
    /// Where the dot is.
    dot: usize,
    encoded: bool,
    payload: Vec<u8>,
}

impl JwsSigningInput {
    /// The signing input of a payload in base64url (RFC 7515, section 5.1).
    ///
    /// # Errors
    ///
    /// [`SignError::Header`] for a header that a strict recipient would refuse, [`SignError::UnknownAlgorithm`].
    pub fn new(header: &Header, payload: &[u8]) -> Result<Self, SignError> {
        Self::of(header, payload, true)
    }

    /// The signing input of a payload as it is (RFC 7797, section 3), with `b64` and `crit` in the header.
    ///
    /// # Errors
    ///
    /// As [`JwsSigningInput::new`].
    pub fn unencoded(header: &Header, payload: &[u8]) -> Result<Self, SignError> {
        Self::of(header, payload, false)
    }

    fn of(header: &Header, payload: &[u8], encoded: bool) -> Result<Self, SignError> {
        header.check()?;
        Self::with(header.clone(), header.algorithm().ok_or(SignError::UnknownAlgorithm)?, payload, encoded)
    }

    /// The header is in order, and names the algorithm.
    fn with(header: Header, algorithm: Algorithm, payload: &[u8], encoded: bool) -> Result<Self, SignError> {
        let header = if encoded { header } else { header.unencoded() };
        let written = serde_json::to_vec(&header).map_err(|_| SignError::Header(HeaderError::Algorithm))?;
        let mut input = base64url::encode(written).into_bytes();
        let dot = input.len();
        input.push(b'.');
        if encoded {
            input.extend_from_slice(base64url::encode(payload).as_bytes());
        } else {
            input.extend_from_slice(payload);
        }
        Ok(Self { header, algorithm, input, dot, encoded, payload: payload.to_vec() })
    }

    /// What is to be signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.input
    }

    /// The algorithm that the header names.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The JWS with this signature.
    ///
    /// # Errors
    ///
    /// [`SignError::SignatureLength`] for a signature that the algorithm cannot have made: for ECDSA it is R || S (RFC 7518, section 3.4), not DER; an
    /// [`EcdsaSignature`](crate::EcdsaSignature) turns one into the other.
    pub fn complete(self, signature: &[u8]) -> Result<SignedJws, SignError> {
        check_length(self.algorithm, signature)?;
        let protected = self.input.get(..self.dot).map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        let one =
            One { protected, header: self.header, unprotected: Object::new(), signature: base64url::encode(signature) };
        Ok(SignedJws { payload: self.payload, encoded: self.encoded, first: one, others: Vec::new() })
    }

    /// The JWS with this signature, once `key` has verified it: that of another key, or over other bytes, is found before anybody is sent it.
    ///
    /// # Errors
    ///
    /// As [`JwsSigningInput::complete`]; [`SignError::AlgorithmMismatch`] for a key of another algorithm, [`SignError::SelfCheck`] if it does not verify the
    /// signature.
    pub fn complete_verified(self, signature: &[u8], key: &VerifyingKey) -> Result<SignedJws, SignError> {
        self_check(self.algorithm, &self.input, signature, key)?;
        self.complete(signature)
    }
}

/// Shows no payload.
impl fmt::Debug for JwsSigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwsSigningInput").field("header", &self.header).finish_non_exhaustive()
    }
}

/// A payload with its signatures, to be written in the form that the recipient wants.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header, SigningKey, jws};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let signed = jws::sign(&Header::new(Algorithm::HS256), b"a document", &key)?;
/// assert!(signed.to_compact()?.contains(".YSBkb2N1bWVudA."));
/// assert!(signed.to_compact_detached()?.contains("..")); // the payload travels by itself
/// assert!(signed.to_general()?.contains(r#""signatures":["#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SignedJws {
    payload: Vec<u8>,
    encoded: bool,
    first: One,
    others: Vec<One>,
}

#[derive(Clone)]
struct One {
    protected: String,
    header: Header,
    unprotected: Object,
    signature: String,
}

impl SignedJws {
    /// Adds a member to the unprotected header of the newest signature (RFC 7515, section 7.2.1): anybody can change it on the way.
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] for a name that the protected header has, and for `alg`, `crit` and `b64`, which must be protected.
    pub fn with_unprotected(mut self, name: impl Into<String>, value: impl Into<Value>) -> Result<Self, SignError> {
        let name = name.into();
        let newest = self.others.last_mut().unwrap_or(&mut self.first);
        if matches!(name.as_str(), "alg" | "crit" | "b64") {
            return Err(SignError::Form("this member must be protected"));
        }
        if newest.header.get(&name).is_some() {
            return Err(SignError::Form("the protected header has this member"));
        }
        newest.unprotected.insert(name, value);
        Ok(self)
    }

    /// Adds the signatures of another JWS over the same payload.
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] if the payloads differ, or only one of them is unencoded (RFC 7797, section 3).
    pub fn and(mut self, other: Self) -> Result<Self, SignError> {
        if self.payload != other.payload {
            return Err(SignError::Form("the payloads differ"));
        }
        if self.encoded != other.encoded {
            return Err(SignError::Form("only one of the payloads is unencoded"));
        }
        self.others.push(other.first);
        self.others.extend(other.others);
        Ok(self)
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The compact serialization (RFC 7515, section 7.1).
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] if there are several signatures or an unprotected header, or the payload is unencoded.
    pub fn to_compact(&self) -> Result<String, SignError> {
        // RFC 7797, section 5.2, allows it for payloads without a dot and of few characters; nobody needs to find out which.
        if !self.encoded {
            return Err(SignError::Form("an unencoded payload must be detached from a compact jws"));
        }
        let one = self.only_protected()?;
        Ok([&one.protected, ".", &base64url::encode(&self.payload), ".", &one.signature].concat())
    }

    /// The compact serialization without the payload, which goes another way (RFC 7515, appendix F).
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] if there are several signatures or an unprotected header.
    pub fn to_compact_detached(&self) -> Result<String, SignError> {
        let one = self.only_protected()?;
        Ok([&one.protected, "..", &one.signature].concat())
    }

    /// The flattened JSON serialization (RFC 7515, section 7.2.2).
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] if there are several signatures, or the payload is unencoded and no text.
    pub fn to_flattened(&self) -> Result<String, SignError> {
        self.flattened(Some(self.payload_text()?))
    }

    /// The flattened JSON serialization without the payload, which goes another way (RFC 7515, appendix F).
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] if there are several signatures.
    pub fn to_flattened_detached(&self) -> Result<String, SignError> {
        self.flattened(None)
    }

    /// The general JSON serialization (RFC 7515, section 7.2.1).
    ///
    /// # Errors
    ///
    /// [`SignError::Form`] if the payload is unencoded and no text.
    pub fn to_general(&self) -> Result<String, SignError> {
        self.general(Some(self.payload_text()?))
    }

    /// The general JSON serialization without the payload, which goes another way (RFC 7515, appendix F).
    ///
    /// # Errors
    ///
    /// As [`SignedJws::to_general`].
    pub fn to_general_detached(&self) -> Result<String, SignError> {
        self.general(None)
    }

    fn flattened(&self, payload: Option<Value>) -> Result<String, SignError> {
        let mut members: Object = payload.into_iter().map(|payload| ("payload", payload)).collect();
        self.only()?.write_to(&mut members);
        written(&members)
    }

    fn general(&self, payload: Option<Value>) -> Result<String, SignError> {
        let mut members: Object = payload.into_iter().map(|payload| ("payload", payload)).collect();
        let signatures = core::iter::once(&self.first).chain(&self.others).map(|one| {
            let mut members = Object::new();
            one.write_to(&mut members);
            members
        });
        members.insert("signatures", signatures.collect::<Vec<Object>>());
        written(&members)
    }

    fn only(&self) -> Result<&One, SignError> {
        if self.others.is_empty() { Ok(&self.first) } else { Err(SignError::Form("there are several signatures")) }
    }

    fn only_protected(&self) -> Result<&One, SignError> {
        let one = self.only()?;
        if one.unprotected.is_empty() { Ok(one) } else { Err(SignError::Form("there is an unprotected header")) }
    }

    fn payload_text(&self) -> Result<Value, SignError> {
        if self.encoded {
            return Ok(base64url::encode(&self.payload).into());
        }
        let text = core::str::from_utf8(&self.payload);
        text.map(Value::from).map_err(|_| SignError::Form("an unencoded payload that is no text must be detached"))
    }
}

impl One {
    fn write_to(&self, members: &mut Object) {
        members.insert("protected", self.protected.as_str());
        if !self.unprotected.is_empty() {
            members.insert("header", self.unprotected.clone());
        }
        members.insert("signature", self.signature.as_str());
    }
}

fn written(members: &Object) -> Result<String, SignError> {
    serde_json::to_string(members).map_err(|_| SignError::NotSerializable)
}

/// Shows no payload.
impl fmt::Debug for SignedJws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = core::iter::once(&self.first).chain(&self.others).map(|one| &one.header);
        f.debug_struct("SignedJws").field("headers", &headers.collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
