//! [`Jws`]: read strictly, then verified.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{JwsError, Limits};
use crate::compact::Parts;
use crate::json::{self, Object, Value};
use crate::{
    Algorithm, Header, HeaderError, Malformed, NoMatch, SignatureVerified, VerifyingKey, VerifyingKeys, base64url,
};

/// A JWS that was read and whose signatures were **not** checked. Its payload cannot be had before they are.
///
/// # Examples
///
/// ```
/// use jwt_core::jws::{self, Jws, Limits};
/// use jwt_core::{Algorithm, Header, SigningKey};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let text = jws::sign(&Header::new(Algorithm::HS256), b"a document", &key)?.to_flattened()?;
///
/// let jws = Jws::json(text.as_bytes(), &Limits::default())?;
/// let verified = jws.verify_with_key(&key.verifying_key()?)?; // only now there is a payload
/// assert_eq!(verified.payload(), b"a document");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Jws<'p> {
    payload: Payload<'p>,
    /// Whether the payload is signed in base64url; `b64`.
    encoded: bool,
    /// Never empty.
    signatures: Vec<JwsSignature>,
}

#[derive(Clone)]
enum Payload<'p> {
    /// As it stands in the text: base64url, or itself if it is unencoded.
    Inline(String),
    Detached(&'p [u8]),
}

/// One of the signatures of a [`Jws`], not checked.
///
/// # Examples
///
/// ```
/// use jwt_core::jws::{self, Jws, Limits};
/// use jwt_core::{Algorithm, Header, SigningKey};
///
/// let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// let text = jws::sign(&Header::new(Algorithm::HS256).with_kid("k1"), b"a document", &key)?.to_compact()?;
/// let jws = Jws::compact(&text, &Limits::default())?;
/// let [signature] = jws.signatures() else { unreachable!() };
/// assert_eq!(signature.header()?.kid(), Some("k1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct JwsSignature {
    /// As it was received: RFC 7515, section 5.2, signs these characters.
    protected: String,
    /// A problem that makes this signature unusable, but not the others.
    header: Result<Header, HeaderError>,
    unprotected: Object,
    signature: Vec<u8>,
}

impl Jws<'static> {
    /// Reads the compact serialization (RFC 7515, section 7.1), with the payload inside.
    ///
    /// # Errors
    ///
    /// [`JwsError`]: anything but three parts of strict base64url and a header that is in order; [`JwsError::UnencodedInline`] for an unencoded payload.
    pub fn compact(text: &str, limits: &Limits) -> Result<Self, JwsError> {
        let parts = Parts::split(text, &limits.token())?;
        let (signature, encoded) = JwsSignature::compact(&parts, limits)?;
        if !encoded {
            return Err(JwsError::UnencodedInline);
        }
        let payload = Payload::Inline(parts.payload.into());
        Ok(Self { payload, encoded, signatures: [signature].into() })
    }

    /// Reads a JSON serialization, flattened or general (RFC 7515, section 7.2), with the payload inside.
    ///
    /// Members that are not known are ignored, as section 7.2 demands, but read as strictly.
    ///
    /// # Errors
    ///
    /// [`JwsError`]: anything that is not one of the two forms, or over a limit. [`JwsError::Detached`] if there is no payload inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::jws::{Jws, Limits};
    /// use jwt_core::{VerifyingKey, base64url};
    ///
    /// // RFC 7797, section 4.2
    /// let text = br#"{
    ///     "protected": "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19",
    ///     "payload": "$.02",
    ///     "signature": "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
    /// }"#;
    /// let secret = base64url::decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")?;
    /// let verified = Jws::json(text, &Limits::default())?.verify_with_key(&VerifyingKey::hs256(&secret)?)?;
    /// assert_eq!(verified.payload(), b"$.02");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json(text: &[u8], limits: &Limits) -> Result<Self, JwsError> {
        let mut members: Object = json::object_from_slice(text, &limits.json())?;
        let payload = match members.remove("payload") {
            None => return Err(JwsError::Detached),
            Some(Value::String(payload)) => Payload::Inline(payload),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(JwsError::Member("payload"));
            }
        };
        Self::from_members(members, payload, limits)
    }
}

impl<'p> Jws<'p> {
    /// Reads the compact serialization of a JWS whose payload is elsewhere: nothing stands between the dots (RFC 7515, appendix F; RFC 7797, section 5.1).
    ///
    /// # Errors
    ///
    /// As [`Jws::compact`]; [`JwsError::NotDetached`] if something does stand there.
    pub fn compact_detached(text: &str, payload: &'p [u8], limits: &Limits) -> Result<Self, JwsError> {
        let parts = Parts::split(text, &limits.token())?;
        if !parts.payload.is_empty() {
            return Err(JwsError::NotDetached);
        }
        let (signature, encoded) = JwsSignature::compact(&parts, limits)?;
        Ok(Self { payload: Payload::Detached(payload), encoded, signatures: [signature].into() })
    }

    /// Reads a JSON serialization, flattened or general, of a JWS whose payload is elsewhere: there is no member `payload` (RFC 7515, appendix F).
    ///
    /// # Errors
    ///
    /// As [`Jws::json`]; [`JwsError::NotDetached`] if there is one.
    pub fn json_detached(text: &[u8], payload: &'p [u8], limits: &Limits) -> Result<Self, JwsError> {
        let members: Object = json::object_from_slice(text, &limits.json())?;
        if members.get("payload").is_some() {
            return Err(JwsError::NotDetached);
        }
        Self::from_members(members, Payload::Detached(payload), limits)
    }

    fn from_members(mut members: Object, payload: Payload<'p>, limits: &Limits) -> Result<Self, JwsError> {
        let read = match members.remove("signatures") {
            None => [JwsSignature::json(&members, limits)?].into(),
            // RFC 7515, section 7.2.2: "The "signatures" member MUST NOT be present when using this syntax."
            Some(_) if ["signature", "protected", "header"].into_iter().any(|name| members.get(name).is_some()) => {
                return Err(JwsError::MixedForms);
            }
            Some(Value::Array(all)) if all.is_empty() => return Err(JwsError::NoSignature),
            Some(Value::Array(all)) if all.len() > limits.max_signatures => return Err(JwsError::TooManySignatures),
            Some(Value::Array(all)) => {
                let object = |value: &Value| {
                    value
                        .as_object()
                        .ok_or(JwsError::Member("signatures"))
                        .and_then(|one| JwsSignature::json(one, limits))
                };
                all.iter().map(object).collect::<Result<Vec<_>, JwsError>>()?
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                return Err(JwsError::Member("signatures"));
            }
        };
        // RFC 7797, section 3: "If the JWS has multiple signatures .. the "b64" Header Parameter value MUST be the same for all of them."
        let mut encodings = read.iter().filter(|(signature, _)| signature.header.is_ok()).map(|(_, encoded)| *encoded);
        let encoded = encodings.next().unwrap_or(true);
        if encodings.any(|other| other != encoded) {
            return Err(JwsError::MixedEncoding);
        }
        let signatures = read.into_iter().map(|(signature, _)| signature).collect();
        Ok(Self { payload, encoded, signatures })
    }

    /// The signatures, in their order; at least one.
    #[must_use]
    pub fn signatures(&self) -> &[JwsSignature] {
        &self.signatures
    }

    /// The bytes that the signature of this index signs (RFC 7515, section 5.1), for a check elsewhere.
    #[must_use]
    pub fn signing_input(&self, index: usize) -> Option<Vec<u8>> {
        self.signatures.get(index).map(|signature| self.input_of(signature))
    }

    /// Checks all signatures with the keys of a set, each with those that fit its protected `alg` and `kid`.
    ///
    /// # Errors
    ///
    /// If none is valid: [`JwsError::Signature`] if one was checked, [`JwsError::NoKey`] if there was no key for any, [`JwsError::Header`] if no header was
    /// usable. [`JwsError::Malformed`] for a payload that is not strict base64url.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "ring")] {
    /// use jwt_core::jws::{self, Jws, Limits};
    /// use jwt_core::{Algorithm, Header, Jwk, SigningKey, VerifyingKeys};
    ///
    /// let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    /// let alice = SigningKey::from_jwk(&Jwk::from_slice(jwk)?)?.with_kid("alice");
    /// let bob = SigningKey::hs256(&[7; 32])?;
    /// let contract = b"to be signed by both";
    /// let signed = jws::sign(&Header::new(Algorithm::Ed25519), contract, &alice)?;
    /// let signed = signed.and(jws::sign(&Header::new(Algorithm::HS256), contract, &bob)?)?;
    /// let text = signed.to_general()?;
    ///
    /// // Only one of the two keys is known here.
    /// let keys = VerifyingKeys::from_keys(vec![alice.verifying_key()?]);
    /// let verified = Jws::json(text.as_bytes(), &Limits::default())?.verify(&keys)?;
    /// assert_eq!(verified.payload(), contract);
    /// assert_eq!(verified.signatures().iter().map(|signature| signature.index()).collect::<Vec<_>>(), [0]);
    /// assert!(!verified.is_signed_by_all());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, keys: &VerifyingKeys) -> Result<VerifiedJws<'p>, JwsError> {
        let position = |key: &VerifyingKey| keys.keys().iter().position(|other| core::ptr::eq(other, key));
        self.verify_by(|header| {
            let candidates = keys.find(header.alg(), header.kid())?;
            Ok(candidates.map(move |key| (position(key).unwrap_or_default(), key)))
        })
    }

    /// Checks all signatures that name this key's algorithm with this key, whatever `kid` they name.
    ///
    /// # Errors
    ///
    /// As [`Jws::verify`].
    pub fn verify_with_key(&self, key: &VerifyingKey) -> Result<VerifiedJws<'p>, JwsError> {
        self.verify_by(|header| {
            let fits = key.algorithm().is_named(header.alg());
            if fits { Ok([(0, key)].into_iter()) } else { Err(NoMatch::NoKeyForAlgorithm) }
        })
    }

    /// The payload, on the strength of one signature that was checked elsewhere, over [`Jws::signing_input`] and with the header's algorithm.
    ///
    /// # Errors
    ///
    /// [`JwsError::Header`] if the signature of this index is unusable, [`JwsError::NoSignature`] if there is none, [`JwsError::NoKey`] if its header does not
    /// name the algorithm of the key that checked it, [`JwsError::Malformed`] as [`Jws::verify`].
    pub fn verified_elsewhere(&self, index: usize, proof: SignatureVerified) -> Result<VerifiedJws<'p>, JwsError> {
        let header = self.signatures.get(index).ok_or(JwsError::NoSignature)?.header.clone()?;
        let algorithm =
            proof.algorithm_under(header.alg(), header.algorithm()).map_err(|_| NoMatch::NoKeyForAlgorithm)?;
        self.accept([VerifiedSignature { index, key: 0, algorithm, header }].into())
    }

    fn verify_by<'k, I: Iterator<Item = (usize, &'k VerifyingKey)>>(
        &self,
        find: impl Fn(&Header) -> Result<I, NoMatch>,
    ) -> Result<VerifiedJws<'p>, JwsError> {
        let mut verified = Vec::new();
        let mut refused: Option<JwsError> = None;
        for (index, signature) in self.signatures.iter().enumerate() {
            let candidates = match &signature.header {
                Ok(header) => find(header).map(|candidates| (header, candidates)).map_err(JwsError::NoKey),
                Err(problem) => Err(JwsError::Header(*problem)),
            };
            let (header, mut candidates) = match candidates {
                Ok(candidates) => candidates,
                Err(error) => {
                    refused = Some(JwsError::further(refused, error));
                    continue;
                }
            };
            let input = self.input_of(signature);
            let valid = candidates.find(|(_, key)| key.verify(&input, &signature.signature).is_ok());
            match valid {
                Some((key, by)) => {
                    verified.push(VerifiedSignature { index, key, algorithm: by.algorithm(), header: header.clone() });
                }
                None => refused = Some(JwsError::Signature),
            }
        }
        match refused {
            Some(error) if verified.is_empty() => Err(error),
            Some(_) | None => self.accept(verified),
        }
    }

    fn accept(&self, signatures: Vec<VerifiedSignature>) -> Result<VerifiedJws<'p>, JwsError> {
        let payload = match &self.payload {
            Payload::Detached(payload) => Cow::Borrowed(*payload),
            Payload::Inline(payload) if self.encoded => {
                Cow::Owned(base64url::decode(payload).map_err(|_| Malformed::PayloadEncoding)?)
            }
            Payload::Inline(payload) => Cow::Owned(payload.clone().into_bytes()),
        };
        Ok(VerifiedJws { payload, of: self.signatures.len(), signatures })
    }

    /// RFC 7515, section 5.1: "ASCII(BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload))"; RFC 7797, section 3: with the payload itself.
    /// What was received as text is signed as it was received.
    fn input_of(&self, signature: &JwsSignature) -> Vec<u8> {
        let encoded;
        let payload = match &self.payload {
            Payload::Inline(payload) => payload.as_bytes(),
            Payload::Detached(payload) if self.encoded => {
                encoded = base64url::encode(payload);
                encoded.as_bytes()
            }
            Payload::Detached(payload) => payload,
        };
        [signature.protected.as_bytes(), b".", payload].concat()
    }
}

impl JwsError {
    /// Which of two reasons why no signature was valid is told: the one that came further, and of two that came as far the first.
    fn further(before: Option<Self>, error: Self) -> Self {
        match (before, error) {
            (Some(Self::Header(_)) | None, error) => error,
            (Some(before), _) => before,
        }
    }
}

impl JwsSignature {
    fn compact(parts: &Parts<'_>, limits: &Limits) -> Result<(Self, bool), JwsError> {
        let (header, encoded) = read_protected(parts.header, &[], limits)?;
        let signature = base64url::decode(parts.signature).map_err(|_| Malformed::SignatureEncoding)?;
        let (protected, unprotected) = (parts.header.into(), Object::new());
        // There is no other signature that might do.
        Ok((Self { protected, header: Ok(header?), unprotected, signature }, encoded))
    }

    fn json(members: &Object, limits: &Limits) -> Result<(Self, bool), JwsError> {
        let signature = members.get_str("signature").ok_or(JwsError::Member("signature"))?;
        // RFC 7515, section 7.2.1: "protected .. MUST be present .. when the JWS Protected Header value is non-empty; otherwise, it MUST be absent."
        let protected = match members.get("protected") {
            None => "",
            Some(Value::String(text)) if !text.is_empty() => text,
            Some(_) => return Err(JwsError::Member("protected")),
        };
        let unprotected = match members.get("header") {
            None => &Object::new(),
            Some(Value::Object(header)) if !header.is_empty() => header,
            Some(_) => return Err(JwsError::Member("header")),
        };
        // "There MUST be at least one": one of the two headers, to say `alg`.
        if protected.is_empty() && unprotected.is_empty() {
            return Err(JwsError::Member("protected"));
        }
        for name in ["crit", "b64"] {
            if unprotected.get(name).is_some() {
                return Err(JwsError::Unprotected(name));
            }
        }
        let mut names: Vec<&str> = unprotected.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let (header, encoded) = if protected.is_empty() {
            (Err(HeaderError::Algorithm), true)
        } else {
            read_protected(protected, &names, limits)?
        };
        let signature = base64url::decode(signature).map_err(|_| Malformed::SignatureEncoding)?;
        Ok((Self { protected: protected.into(), header, unprotected: unprotected.clone(), signature }, encoded))
    }

    /// The protected header: what the signature covers.
    ///
    /// # Errors
    ///
    /// The reason why this signature cannot be used: no `alg` there, or a critical extension that is not understood.
    pub const fn header(&self) -> Result<&Header, HeaderError> {
        match &self.header {
            Ok(header) => Ok(header),
            Err(problem) => Err(*problem),
        }
    }

    /// The unprotected header, which anybody can have written.
    #[must_use]
    pub const fn dangerous_unprotected(&self) -> &Object {
        &self.unprotected
    }

    /// The signature, decoded.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Reads a protected header. The inner error makes this signature unusable; the outer one, the whole JWS. `others` are the names of the unprotected header,
/// sorted.
fn read_protected(
    text: &str,
    others: &[&str],
    limits: &Limits,
) -> Result<(Result<Header, HeaderError>, bool), JwsError> {
    if text.len() > limits.max_header_bytes {
        return Err(Malformed::HeaderTooLong.into());
    }
    let decoded = base64url::decode(text).map_err(|_| Malformed::HeaderEncoding)?;
    let members: Object = json::object_from_slice(&decoded, &limits.json()).map_err(HeaderError::from)?;
    // RFC 7515, section 7.2.1: "The Header Parameter names in the two locations MUST be disjoint."
    if members.iter().any(|(name, _)| others.binary_search(&name).is_ok()) {
        return Err(JwsError::NotDisjoint);
    }
    match Header::of_jws(members) {
        Ok((header, encoded)) => Ok((Ok(header), encoded)),
        Err(problem @ (HeaderError::Algorithm | HeaderError::UnsupportedCritical)) => Ok((Err(problem), true)),
        Err(disorder) => Err(disorder.into()),
    }
}

/// Shows the headers' shapes; nothing of the payload.
impl fmt::Debug for Jws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws").field("signatures", &self.signatures).finish_non_exhaustive()
    }
}

impl fmt::Debug for JwsSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwsSignature")
            .field("header", &self.header)
            .field("unprotected", &self.unprotected)
            .finish_non_exhaustive()
    }
}

/// The payload of a JWS with at least one valid signature, and which those are. Nothing but this module's checks makes one.
///
/// `Debug` does not show the payload.
///
/// # Examples
///
/// ```
/// use jwt_core::jws::{self, Jws, Limits};
/// use jwt_core::{Algorithm, Header, SigningKey, VerifyingKeys};
///
/// let header = Header::new(Algorithm::HS256);
/// let (one, other) = (SigningKey::hs256(&[1; 32])?, SigningKey::hs256(&[2; 32])?);
/// let signed = jws::sign(&header, b"a contract", &one)?.and(jws::sign(&header, b"a contract", &other)?)?;
/// let text = signed.to_general()?;
///
/// // One of the two signers is known.
/// let keys = VerifyingKeys::from_keys(vec![other.verifying_key()?]);
/// let verified = Jws::json(text.as_bytes(), &Limits::default())?.verify(&keys)?;
/// assert_eq!(verified.payload(), b"a contract");
/// assert!(!verified.is_signed_by_all());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct VerifiedJws<'p> {
    payload: Cow<'p, [u8]>,
    /// How many signatures the JWS has.
    of: usize,
    /// Never empty.
    signatures: Vec<VerifiedSignature>,
}

impl VerifiedJws<'_> {
    /// The payload, decoded.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload, without the mark that it was signed.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        self.payload.into_owned()
    }

    /// The signatures that are valid, at least one, in their order.
    ///
    /// Two of them may be by one key: whoever needs several signers compares [`VerifiedSignature::key`].
    #[must_use]
    pub fn signatures(&self) -> &[VerifiedSignature] {
        &self.signatures
    }

    /// Whether every signature of the JWS is valid.
    #[must_use]
    pub const fn is_signed_by_all(&self) -> bool {
        self.signatures.len() == self.of
    }
}

impl fmt::Debug for VerifiedJws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJws").field("signatures", &self.signatures).finish_non_exhaustive()
    }
}

/// A signature that is valid.
///
/// # Examples
///
/// ```
/// use jwt_core::jws::{self, Jws, Limits};
/// use jwt_core::{Algorithm, Header, SigningKey, VerifyingKeys};
///
/// let header = Header::new(Algorithm::HS256);
/// let (one, other) = (SigningKey::hs256(&[1; 32])?, SigningKey::hs256(&[2; 32])?);
/// let signed = jws::sign(&header, b"a contract", &one)?.and(jws::sign(&header, b"a contract", &other)?)?;
/// let text = signed.to_general()?;
///
/// let keys = VerifyingKeys::from_keys(vec![one.verifying_key()?, other.verifying_key()?]);
/// let verified = Jws::json(text.as_bytes(), &Limits::default())?.verify(&keys)?;
/// let signers: Vec<usize> = verified.signatures().iter().map(|signature| signature.key()).collect();
/// assert_eq!(signers, [0, 1]); // two keys, not one of them twice
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedSignature {
    index: usize,
    key: usize,
    algorithm: Algorithm,
    header: Header,
}

impl VerifiedSignature {
    /// Which of the JWS's signatures, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Which of the [keys of the set](VerifyingKeys::keys) made it, from 0; 0 if there was no set.
    #[must_use]
    pub const fn key(&self) -> usize {
        self.key
    }

    /// The algorithm of the key.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The protected header, which the signature covers.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }
}
