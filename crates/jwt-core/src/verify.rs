//! [`verify()`] and its sisters: from a compact token to [`Verified`] claims.
//!
//! One pipeline in one order: lengths, alphabet and dots, header, key, **signature**, claims, policy. Nothing of the payload is decoded before the signature
//! holds.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::compact::{Malformed, Parts};
use crate::header::Fields;
use crate::json::{Document, JsonError, Limits, Object, Reader, Top, Watch};
use crate::key::FORESEEN_MEMBERS;
use crate::policy::{Failure, Reason, Times};
use crate::{Algorithm, Error, Policy, SignatureVerified, Timestamp, VerifyingKey, VerifyingKeys, base64url};

/// Claims of a token whose signature and claims were checked. Nothing but this crate's checks makes one.
///
/// `Debug` does not show the claims.
///
/// # Examples
///
/// Only what was checked has this type; [`verify()`] shows how to get one.
///
/// ```compile_fail
/// let forged = jwt_core::Verified { claims: "alice" };
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verified<T> {
    claims: T,
    algorithm: Algorithm,
    issued_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

impl<T> Verified<T> {
    /// The claims.
    #[must_use]
    pub const fn claims(&self) -> &T {
        &self.claims
    }

    /// The claims, without the mark that they were checked.
    #[must_use]
    pub fn into_claims(self) -> T {
        self.claims
    }

    /// The same mark on claims in another form.
    #[inline]
    pub(crate) fn map<U>(self, claims: impl FnOnce(T) -> U) -> Verified<U> {
        let Self { claims: old, algorithm, issued_at, not_before, expires_at } = self;
        Verified { claims: claims(old), algorithm, issued_at, not_before, expires_at }
    }

    /// The algorithm of the key whose signature the token carries.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `exp`: from when on (plus the policy's leeway) the token is not valid any more. [`Timestamp::MAX`] for what is beyond it.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// `iat`: when the token was issued; the epoch for every time before it.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// `nbf`: since when the token is valid; the epoch for every time before it.
    #[must_use]
    pub const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }
}

impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("algorithm", &self.algorithm)
            .field("issued_at", &self.issued_at)
            .field("not_before", &self.not_before)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Verifies a compact token with one key and reads its claims into owned `T`.
///
/// # Errors
///
/// [`Error`]: the token is no strict compact JWS, is not signed by this key with this key's algorithm, or its claims fail the policy. All failing claims are in
/// the one error.
///
/// # Examples
///
/// ```
/// use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
/// use jwt_core::{Policy, RegisteredClaims, Timestamp, VerifyingKey, base64url};
///
/// // RFC 7515, appendix A.1
/// let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// let secret = base64url::decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")?;
/// let policy = Policy::new(Issuer::exactly("joe"), Audience::DangerousAny, Typ::Jwt, Expiry::Required);
///
/// let key = VerifyingKey::hs256(&secret)?;
/// let token_at = |now| jwt_core::verify::<RegisteredClaims>(token, &key, &policy, Timestamp::from_unix(now));
/// assert_eq!(token_at(1_300_819_379)?.claims().iss.as_deref(), Some("joe"));
/// assert_eq!(token_at(1_300_819_380).unwrap_err().code(), "expired");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify<T: DeserializeOwned>(
    compact: &str,
    key: &VerifyingKey,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<T>, Error> {
    verify_in(compact, key, policy, now, &mut Passing::new())
}

/// As [`verify()`], with claims that may borrow from `buffer`, which is overwritten with the decoded payload.
///
/// Once the buffer has grown, an ordinary token that is checked with HMAC, ECDSA or Ed25519 costs no allocation but those of `T` itself. RSA does (its backend
/// allocates), and so do a signature or a header of unusual length, a header with escapes, and objects of several dozen members.
///
/// # Errors
///
/// As [`verify()`].
///
/// # Examples
///
/// ```
/// # use jwt_core::{Algorithm, Audience, Expiry, Header, Issuer, Policy, RegisteredClaims, SigningKey, Timestamp, Typ};
/// # let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// # let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required);
/// # let now = Timestamp::from_unix(1_700_000_000);
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api").with_subject("alice");
/// # let claims = claims.with_expires_at(Timestamp::from_unix(1_700_000_300));
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// # let key = key.verifying_key()?;
/// #[derive(serde::Deserialize)]
/// struct Slim<'a> {
///     sub: &'a str,
/// }
///
/// let mut buffer = Vec::new(); // one for many tokens
/// for _ in 0..2 {
///     let verified = jwt_core::verify_borrowed::<Slim<'_>>(&token, &key, &policy, now, &mut buffer)?;
///     assert_eq!(verified.claims().sub, "alice");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_borrowed<'b, T: Deserialize<'b>>(
    compact: &str,
    key: &VerifyingKey,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut Vec<u8>,
) -> Result<Verified<T>, Error> {
    verify_in(compact, key, policy, now, buffer)
}

#[inline]
fn verify_in<'b, T: Deserialize<'b>>(
    compact: &str,
    key: &VerifyingKey,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut impl Buffer,
) -> Result<Verified<T>, Error> {
    judged(compact, policy, |parts| with_one(parts, key, policy, now, buffer))
}

#[inline]
fn with_one<'b, T: Deserialize<'b>>(
    parts: &Parts<'_>,
    key: &VerifyingKey,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut impl Buffer,
) -> Result<Verified<T>, Error> {
    let limits = policy.token_limits();
    // A foreseen header names the key's algorithm and has nothing else in it that would need a look.
    let foreseen =
        if limits.json().members_at_top() >= Some(FORESEEN_MEMBERS) { key.foreseen_typ(parts.header) } else { None };
    let typ = match foreseen {
        Some(typ) => policy.typ().check(typ),
        None => read_header(parts, limits, key, policy)?,
    };
    let proof = parts.with_signature(|signature| Ok(key.verify(parts.signing_input, signature)?))?;
    accept(&limits.json(), parts.payload, proof, key.algorithm(), typ, policy, now, buffer, nothing_else::<T>)
}

/// What there is to say of the `typ` of a header that is not foreseen, once it names the key's algorithm.
fn read_header(
    parts: &Parts<'_>,
    limits: &crate::Limits,
    key: &VerifyingKey,
    policy: &Policy,
) -> Result<Option<Reason>, Error> {
    parts.with_header(limits, |document, json| {
        let fields = claims_header(Fields::read(document, json)?)?;
        // RFC 8725, section 3.1: the key says which algorithm it is for; the header can only agree.
        if !key.algorithm().is_named(fields.alg) {
            return Err(Error::AlgorithmMismatch { key: key.algorithm() });
        }
        Ok(policy.typ().check(fields.typ))
    })
}

/// Verifies a compact token with the keys of a set that fit its `kid` and `alg`, and reads its claims into owned `T`.
///
/// # Errors
///
/// As [`verify()`]; [`Error::NoKey`] if no key of the set fits. [`Error::Signature`] means that none of those that fit made the signature.
///
/// # Examples
///
/// ```
/// use jwt_core::VerifyingKeys;
/// # use jwt_core::{Algorithm, Audience, Expiry, Header, Issuer, Policy, RegisteredClaims, SigningKey, Timestamp, Typ};
/// # let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// # let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required);
/// # let now = Timestamp::from_unix(1_700_000_000);
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api").with_subject("alice");
/// # let claims = claims.with_expires_at(Timestamp::from_unix(1_700_000_300));
/// # let old = SigningKey::hs256(b"the secret that came before this one")?;
/// let header = Header::new(Algorithm::HS256).with_kid("2026-11");
/// let token = jwt_core::sign(&header, &claims, &key)?;
///
/// let keys = VerifyingKeys::from_keys(vec![
///     old.verifying_key()?.with_kid("2026-10"),
///     key.verifying_key()?.with_kid("2026-11"),
/// ]);
/// let verified = jwt_core::verify_with_keys::<RegisteredClaims>(&token, &keys, &policy, now)?;
/// assert_eq!(verified.claims().sub.as_deref(), Some("alice"));
///
/// // A name that the set does not have: fetching it anew may help.
/// let token = jwt_core::sign(&header.with_kid("2026-12"), &claims, &key)?;
/// let error = jwt_core::verify_with_keys::<RegisteredClaims>(&token, &keys, &policy, now).unwrap_err();
/// assert_eq!(error.code(), "unknown_kid");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_with_keys<T: DeserializeOwned>(
    compact: &str,
    keys: &VerifyingKeys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<T>, Error> {
    verify_with_keys_and(compact, keys, policy, now, &mut Passing::new(), nothing_else::<T>)
}

/// As [`verify_with_keys`], with claims that may borrow from `buffer`, as in [`verify_borrowed`].
///
/// # Errors
///
/// As [`verify_with_keys`].
///
/// # Examples
///
/// ```
/// use jwt_core::VerifyingKeys;
/// # use jwt_core::{Algorithm, Audience, Expiry, Header, Issuer, Policy, RegisteredClaims, SigningKey, Timestamp, Typ};
/// # let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// # let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required);
/// # let now = Timestamp::from_unix(1_700_000_000);
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api").with_subject("alice");
/// # let claims = claims.with_expires_at(Timestamp::from_unix(1_700_000_300));
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// #[derive(serde::Deserialize)]
/// struct Slim<'a> {
///     sub: &'a str,
/// }
///
/// let keys = VerifyingKeys::from_keys(vec![key.verifying_key()?]);
/// let mut buffer = Vec::new();
/// let verified = jwt_core::verify_with_keys_borrowed::<Slim<'_>>(&token, &keys, &policy, now, &mut buffer)?;
/// assert_eq!(verified.claims().sub, "alice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_with_keys_borrowed<'b, T: Deserialize<'b>>(
    compact: &str,
    keys: &VerifyingKeys,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut Vec<u8>,
) -> Result<Verified<T>, Error> {
    verify_with_keys_and(compact, keys, policy, now, buffer, nothing_else::<T>)
}

/// As [`verify_with_keys_borrowed`]; what `also` finds in the claims is told in the same answer.
pub(crate) fn verify_with_keys_and<'b, T: ReadClaims<'b>>(
    compact: &str,
    keys: &VerifyingKeys,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut impl Buffer,
    also: impl FnOnce(&T) -> Vec<Failure>,
) -> Result<Verified<T::Kept>, Error> {
    judged(compact, policy, |parts| with_set(parts, keys, policy, now, buffer, also))
}

/// The verdict on a token; where it is a refusal, what is wrong with the token's form comes first.
#[inline]
fn judged<T>(
    compact: &str,
    policy: &Policy,
    judge: impl FnOnce(&Parts<'_>) -> Result<Verified<T>, Error>,
) -> Result<Verified<T>, Error> {
    let limits = policy.token_limits();
    let Some(parts) = Parts::find(compact, limits) else { return Err(Parts::not_found(compact, limits)) };
    // By reference: to copy a verdict costs more than to compare a header.
    let verdict = judge(&parts);
    if let Err(refused) = &verdict
        && let Some(misshapen) = parts.misshapen(compact, limits, refused)
    {
        return Err(misshapen);
    }
    verdict
}

fn with_set<'b, T: ReadClaims<'b>>(
    parts: &Parts<'_>,
    keys: &VerifyingKeys,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut impl Buffer,
    also: impl FnOnce(&T) -> Vec<Failure>,
) -> Result<Verified<T::Kept>, Error> {
    let limits = policy.token_limits();
    let (typ, candidates) = parts.with_header(limits, |document, json| {
        let fields = claims_header(Fields::read(document, json)?)?;
        Ok((policy.typ().check(fields.typ), keys.find(fields.alg, fields.kid)?))
    })?;
    let (proof, algorithm) = parts.with_signature(|signature| {
        let verified =
            |key: &VerifyingKey| key.verify(parts.signing_input, signature).ok().map(|proof| (proof, key.algorithm()));
        candidates.into_iter().find_map(verified).ok_or(Error::Signature)
    })?;
    accept(&limits.json(), parts.payload, proof, algorithm, typ, policy, now, buffer, also)
}

/// Where a payload is decoded.
pub(crate) trait Buffer {
    fn document(&mut self, payload: &str) -> Result<Document<'_>, Error>;
}

/// One for many tokens: it is overwritten.
impl Buffer for Vec<u8> {
    #[inline]
    fn document(&mut self, payload: &str) -> Result<Document<'_>, Error> {
        base64url::decode_over(payload, self).map_err(|_| Malformed::PayloadEncoding)?;
        Ok(Document::from_buffer(self)?)
    }
}

/// One for one token, of which the claims keep nothing: a payload as most are is decoded on the stack. One that is long or has escapes is decoded in a buffer.
struct Passing {
    inline: [u8; INLINE_PAYLOAD],
    buffer: Vec<u8>,
}

impl Passing {
    #[inline]
    const fn new() -> Self {
        Self { inline: [0; INLINE_PAYLOAD], buffer: Vec::new() }
    }
}

impl Buffer for Passing {
    #[inline]
    fn document(&mut self, payload: &str) -> Result<Document<'_>, Error> {
        if let Some(room) = self.inline.get_mut(..base64url::decoded_len(payload.len())) {
            base64url::decode_slice(payload, room).map_err(|_| Malformed::PayloadEncoding)?;
            if let Some(document) = Document::plain(room)? {
                return Ok(document);
            }
        }
        self.buffer.document(payload)
    }
}

/// Twice the 259 bytes that the benches take for a usual access token's claims.
const INLINE_PAYLOAD: usize = 512;

/// One that is kept with what is found in it. That it is text is found out once.
impl Buffer for String {
    #[inline]
    fn document(&mut self, payload: &str) -> Result<Document<'_>, Error> {
        let bytes = base64url::decode(payload).map_err(|_| Malformed::PayloadEncoding)?;
        Ok(Document::from_kept(bytes, self)?)
    }
}

/// What the claims of a token are read into: any type of serde's, or one of this crate's that says where in the buffer they are.
pub(crate) trait ReadClaims<'b>: Sized {
    /// What is kept of them once they are judged.
    type Kept;

    /// Reads the whole document, which is an object.
    fn read(reader: &mut Reader<'b, '_>) -> Result<Self, JsonError>;

    fn kept(self) -> Self::Kept;
}

impl<'b, T: Deserialize<'b>> ReadClaims<'b> for T {
    type Kept = T;

    #[inline]
    fn read(reader: &mut Reader<'b, '_>) -> Result<Self, JsonError> {
        reader.read(Top::Object)
    }

    #[inline]
    fn kept(self) -> T {
        self
    }
}

/// What a policy without a profile finds beyond itself.
pub(crate) const fn nothing_else<T>(_: &T) -> Vec<Failure> {
    Vec::new()
}

/// RFC 8725, section 3.3: all operations of a nested JWT must be validated, so its outer layer is not taken for claims.
fn claims_header(fields: Fields<'_>) -> Result<Fields<'_>, Error> {
    if fields.cty.is_some_and(Fields::means_nested) { Err(Error::NestedToken) } else { Ok(fields) }
}

/// The second half: claims and policy of a token whose signature holds. What `also` finds (a profile's checks) is told in the same answer.
#[inline]
#[expect(clippy::too_many_arguments, reason = "all that decides, in one place")]
pub(crate) fn accept<'b, T: ReadClaims<'b>>(
    limits: &Limits,
    payload: &str,
    SignatureVerified { .. }: SignatureVerified,
    algorithm: Algorithm,
    typ: Option<Reason>,
    policy: &Policy,
    now: Timestamp,
    buffer: &'b mut impl Buffer,
    also: impl FnOnce(&T) -> Vec<Failure>,
) -> Result<Verified<T::Kept>, Error> {
    let document = buffer.document(payload)?;
    let (claims, times) = read_claims(document, limits, typ, policy, now, also)?;
    let Times { issued_at, not_before, expires_at } = times;
    Ok(Verified { claims: claims.kept(), algorithm, issued_at, not_before, expires_at })
}

/// One pass fills `T` and notes where the registered claims are; then the policy looks at those.
#[inline]
fn read_claims<'b, T: ReadClaims<'b>>(
    document: Document<'b>,
    limits: &Limits,
    typ: Option<Reason>,
    policy: &Policy,
    now: Timestamp,
    also: impl FnOnce(&T) -> Vec<Failure>,
) -> Result<(T, Times), Error> {
    let missing = || {
        let members: Object = Reader::new(document, limits, Watch::nothing()).read(Top::Object).unwrap_or_default();
        let absent = |name: &&str| members.get(name).is_none_or(|value| *value == crate::json::Value::Null);
        policy.required().iter().map(String::as_str).filter(absent).collect()
    };
    let mut reader = Reader::new(document, limits, Watch::claims(policy.required()));
    match T::read(&mut reader) {
        Ok(claims) => {
            let times = policy.check(&mut reader, typ, now, missing, also(&claims))?;
            Ok((claims, times))
        }
        // Which verdict a token gets does not depend on `T`: what the policy says about it comes before that it does not fit.
        Err(unfit) if unfit.is_unfit() => {
            let mut reader = Reader::new(document, limits, Watch::claims(policy.required()));
            reader.read::<IgnoredAny>(Top::Object)?;
            policy.check(&mut reader, typ, now, missing, Vec::new())?;
            Err(unfit.into())
        }
        Err(error) => Err(error.into()),
    }
}
