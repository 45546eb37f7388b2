//! [`DpopProfile`]: checking the proof that came with a request.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::{TYP, check_cost, target, token_hash};
use crate::json::Object;
use crate::jwk::Operation;
use crate::policy::{Audience, Claim, Expiry, Failure, Issuer, Reason, Rejection, Typ};
use crate::profile::{DEFAULT_LEEWAY, Failures, absent, text, text_if_there};
use crate::{
    Algorithm, Error, Family, Jwk, KeyError, Limits, MakeKey, Policy, Secret, SignatureVerified, Timestamp, Unverified,
    Verified, VerifyingKey, base64url, digest,
};

/// What the `DPoP` header field of a request must hold: the twelve points of RFC 9449, section 4.3.
///
/// The public key is taken from the proof's own header: nothing else in this crate does so. A proof says that whoever sent the request holds that key, not who
/// it is; it is the access token, bound to the key ([`DpopProfile::access_token`]), that says so.
///
/// [`DpopProof`](super::DpopProof) shows both sides.
#[derive(Clone, Debug)]
pub struct DpopProfile {
    policy: Policy,
    method: String,
    target: Option<String>,
    access_token: Option<Secret>,
    key: Option<String>,
    nonces: Option<Vec<String>>,
    algorithms: Vec<Algorithm>,
    max_age: Duration,
    leeway: Duration,
    make: MakeKey,
}

impl DpopProfile {
    /// The longest RSA key that a proof may have, in bits. Anybody can send a proof with a key of their own choice, before anything is known about them, and one
    /// check with twice as long a key costs four times as much. The built-in backend signs with no longer ones either.
    pub const MAX_RSA_BITS: usize = 4096;

    /// The greatest public exponent that an RSA key of a proof may have: the usual one, with which a check takes 17 multiplications. One of 33 bits takes two to
    /// four times as many.
    pub const MAX_RSA_EXPONENT: u32 = 65_537;

    /// The proof for a request of this method to this URI, whose query and fragment are ignored. With a URI that is not `http` or `https`, none is accepted.
    #[must_use]
    pub fn new(method: impl Into<String>, uri: impl AsRef<str>) -> Self {
        Self {
            // Point 3: "All required claims per Section 4.2 are contained in the JWT." Those that are no registered ones are in `check`.
            policy: Policy::new(
                // Nobody is named in a proof: neither who issued it, but by the key, nor for whom it is, but by `htu`.
                Issuer::DangerousAny,
                Audience::DangerousAny,
                Typ::exactly(TYP),
                Expiry::DangerousOptional,
            )
            .require("jti")
            .max_age(DEFAULT_MAX_AGE)
            .leeway(DEFAULT_LEEWAY),
            method: method.into(),
            target: target::normalized(uri.as_ref()),
            access_token: None,
            key: None,
            nonces: None,
            algorithms: Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.family() != Family::Hmac).collect(),
            max_age: DEFAULT_MAX_AGE,
            leeway: DEFAULT_LEEWAY,
            make: VerifyingKey::from_jwk_as,
        }
    }

    /// Demands `ath` of this access token, the one that came with the request, and the key that it is bound to: the one with the SHA-256 thumbprint `jkt`, in
    /// base64url, of the token's `cnf` (sections 4.3, point 12, and 6.1). Without this, `ath` must not be there, as at a token endpoint.
    #[must_use]
    pub fn access_token(self, access_token: impl Into<String>, jkt: impl Into<String>) -> Self {
        self.dangerous_access_token_of_any_key(access_token).bound_to(jkt)
    }

    /// Demands `ath` of this access token, whatever key it is bound to: whoever has stolen the token makes a proof for it with a key of their own. For servers
    /// that compare the [thumbprint](DpopClaims::jkt) with the token's themselves, afterwards.
    #[must_use]
    pub fn dangerous_access_token_of_any_key(mut self, access_token: impl Into<String>) -> Self {
        self.access_token = Some(Secret::new(access_token));
        self
    }

    /// Demands the key with this SHA-256 thumbprint, in base64url, where there is no access token: the one that a code was bound to (`dpop_jkt`, section 10), or
    /// a public client's refresh token (section 5).
    #[must_use]
    pub fn bound_to(mut self, jkt: impl Into<String>) -> Self {
        self.key = Some(jkt.into());
        self
    }

    /// Demands that `nonce` is one of these: the newest that this server gave out, and perhaps the one before (sections 8 and 9). Of an empty list nothing is
    /// one: a store that has lost its nonces lets no proof pass, and the next ones come with a nonce. Without this, whatever nonce a proof has does not matter.
    #[must_use]
    pub fn nonces<S: Into<String>>(mut self, nonces: impl IntoIterator<Item = S>) -> Self {
        self.nonces = Some(nonces.into_iter().map(Into::into).collect());
        self
    }

    /// Takes these algorithms only, instead of every asymmetric one for which there is a backend. HMAC is never taken.
    #[must_use]
    pub fn algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms.retain(|algorithm| algorithms.contains(algorithm));
        self
    }

    /// Takes proofs up to this age instead of a minute. For as long, and the leeway, the caller's store keeps what was seen.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.policy = self.policy.max_age(age);
        self.max_age = age;
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self.leeway = leeway;
        self
    }

    /// What a proof may cost. Default: that of [`Limits`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.policy = self.policy.limits(limits);
        self
    }

    /// Checks signatures with keys made by `make`: for algorithms of a backend of your own.
    #[must_use]
    pub fn backend(mut self, make: MakeKey) -> Self {
        self.make = make;
        self
    }

    /// Checks the `DPoP` header fields of a request, of which there must be one.
    ///
    /// # Errors
    ///
    /// [`Error::ProofCount`], [`Error::ProofKey`], and [`Error::DpopProof`] with [`Error::UnsupportedAlgorithm`] or a reason of [`verify`](crate::verify()) inside.
    /// [`Error::oauth_error`] is what to answer.
    pub fn verify<'f>(
        &self,
        fields: impl IntoIterator<Item = &'f str>,
        now: Timestamp,
    ) -> Result<UndecidedProof, Error> {
        self.verify_fields(fields, now).map_err(Error::of_dpop_proof)
    }

    fn verify_fields<'f>(
        &self,
        fields: impl IntoIterator<Item = &'f str>,
        now: Timestamp,
    ) -> Result<UndecidedProof, Error> {
        // Point 1: "There is not more than one DPoP HTTP request header field." Two in one line, with a comma between, are no JWT.
        let mut fields = fields.into_iter();
        let (Some(proof), None) = (fields.next(), fields.next()) else { return Err(Error::ProofCount) };
        // Point 2: "The DPoP HTTP request header field value is a single and well-formed JWT."
        let proof = Unverified::parse(proof, self.policy.token_limits())?;
        let (jwk, algorithm) = self.key_and_algorithm(&proof)?;
        let key = (self.make)(&jwk, algorithm).map_err(Error::ProofKey)?;
        if key.algorithm() != algorithm {
            return Err(Error::AlgorithmMismatch { key: key.algorithm() });
        }
        // Point 6: "The JWT signature verifies with the public key contained in the jwk JOSE Header Parameter."
        let checked = key.verify(proof.signing_input(), proof.signature())?;
        self.check(proof, jwk, checked, now)
    }

    /// The public key in a proof's header, with which its signature is to be checked elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::ProofKey`], and [`Error::DpopProof`] with [`Error::UnsupportedAlgorithm`] inside.
    pub fn key(&self, proof: &Unverified<'_>) -> Result<Jwk, Error> {
        self.key_and_algorithm(proof).map(|(key, _)| key).map_err(Error::of_dpop_proof)
    }

    /// Checks a proof whose signature was checked elsewhere, with [`DpopProfile::key`] and the header's algorithm.
    ///
    /// # Errors
    ///
    /// As [`DpopProfile::verify`], but for the signature.
    pub fn verified(
        &self,
        proof: Unverified<'_>,
        checked: SignatureVerified,
        now: Timestamp,
    ) -> Result<UndecidedProof, Error> {
        self.verified_proof(proof, checked, now).map_err(Error::of_dpop_proof)
    }

    fn verified_proof(
        &self,
        proof: Unverified<'_>,
        checked: SignatureVerified,
        now: Timestamp,
    ) -> Result<UndecidedProof, Error> {
        let (jwk, algorithm) = self.key_and_algorithm(&proof)?;
        // The proof's header may have the old name of two algorithms; the key in it says which is meant.
        let checked = SignatureVerified::with(checked.algorithm_under(proof.header().alg(), Some(algorithm))?);
        self.check(proof, jwk, checked, now)
    }

    fn key_and_algorithm(&self, proof: &Unverified<'_>) -> Result<(Jwk, Algorithm), Error> {
        // Point 5: "The alg JOSE Header Parameter indicates a registered asymmetric digital signature algorithm, is not none, is supported by the application,
        // and is acceptable per local policy."
        let mut named = self.algorithms.iter().copied().filter(|algorithm| algorithm.is_named(proof.header().alg()));
        let first = named.next().ok_or(Error::UnsupportedAlgorithm)?;
        let jwk = proof.header().get("jwk").ok_or(Error::ProofKey(KeyError::Missing { member: "jwk" }))?;
        let written = serde_json::to_vec(jwk).map_err(|_| Error::ProofKey(KeyError::Malformed { what: "jwk" }))?;
        let jwk = Jwk::from_slice(&written).map_err(Error::ProofKey)?;
        // Point 7: "The jwk JOSE Header Parameter does not contain a private key." A symmetric key is one.
        if jwk.is_private() {
            return Err(Error::ProofKey(KeyError::PrivateKey));
        }
        check_cost(&jwk).map_err(Error::ProofKey)?;
        let check = |algorithm| jwk.check(algorithm, Operation::Verify);
        match check(first) {
            Ok(()) => Ok((jwk, first)),
            // The old name `EdDSA` stands for two algorithms.
            Err(error) => match named.find(|&other| check(other).is_ok()) {
                Some(other) => Ok((jwk, other)),
                None => Err(Error::ProofKey(error)),
            },
        }
    }

    /// What is left when the signature holds: points 3, 4 and 8 to 12.
    fn check(
        &self,
        proof: Unverified<'_>,
        jwk: Jwk,
        checked: SignatureVerified,
        now: Timestamp,
    ) -> Result<UndecidedProof, Error> {
        let jkt = jwk.thumbprint();
        let check = |claims: &Object| {
            let mut found = Failures::of(claims);
            found.add(Claim::Id, text_if_there(claims, "jti", |id| !id.is_empty()));
            // Point 8: "The htm claim matches the HTTP method of the current request."
            found.add(Claim::Method, text(claims, "htm", |method| method == self.method));
            // Point 9: "The htu claim matches the HTTP URI value for the HTTP request in which the JWT was received, ignoring any query and fragment parts."
            let same_target = |uri: &str| self.target.is_some() && target::normalized(uri) == self.target;
            found.add(Claim::Uri, text(claims, "htu", same_target));
            // Point 10: "If the server provided a nonce value to the client, the nonce claim matches the server-provided nonce value."
            let is = |nonce: &str, known: &String| digest::constant_time_eq(known.as_bytes(), nonce.as_bytes());
            found.add(
                Claim::Nonce,
                match &self.nonces {
                    Some(nonces) => text(claims, "nonce", |nonce| nonces.iter().any(|known| is(nonce, known))),
                    None => text_if_there(claims, "nonce", |_| true),
                },
            );
            // Point 12: "If presented to a protected resource in conjunction with an access token: ensure that the value of the ath claim equals the hash of
            // that access token, and confirm that the public key to which the access token is bound matches the public key from the DPoP proof."
            found.add(
                Claim::ProofTokenHash,
                match &self.access_token {
                    Some(token) => text(claims, "ath", |ath| ath == token_hash(token.expose())),
                    None => absent(claims, "ath"),
                },
            );
            let bound = self.key.as_ref().is_none_or(|key| *key == jkt.to_string());
            found.add(Claim::ProofKey, (!bound).then_some(Reason::Mismatch));
            found.found
        };
        // Points 3, 4 ("The typ JOSE Header Parameter has the value dpop+jwt") and 11 ("The creation time of the JWT .. is within an acceptable window").
        let proof = proof.verified_and(checked, &self.policy, now, &mut Vec::new(), check)?;
        let issued_at = proof.issued_at().unwrap_or(Timestamp::MAX);
        // The last moment at which this proof would be accepted, and a second for what is rounded.
        let keep_until =
            [self.max_age, self.leeway, Duration::from_secs(1)].into_iter().fold(issued_at, Timestamp::saturating_add);
        Ok(UndecidedProof { proof: proof.map(|claims| DpopClaims { claims, jwk, jkt: jkt.to_string() }), keep_until })
    }
}

/// A proof that is right in all but one thing: whether it was used before, which only the caller's store knows (RFC 9449, section 11.1).
///
/// Nothing of it can be had before that is decided. Insert [`UndecidedProof::replay_key`] into a store that all copies of the server share, to be kept until
/// [`UndecidedProof::keep_until`], in one step that says whether it was there (Redis: `SET key 1 NX EX seconds`); then [`UndecidedProof::decide`].
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "ring")] {
/// use std::collections::BTreeMap;
/// use jwt_core::profile::{DpopProfile, DpopProof};
/// use jwt_core::{Jwk, Moment, SigningKey, Timestamp};
///
/// # let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// # let key = SigningKey::from_jwk(&Jwk::from_slice(jwk)?)?;
/// # let now = Timestamp::from_unix(1_700_000_000);
/// let proof = DpopProof::new("POST", "https://as.example/token").sign(&key, &Moment::new(now, [42; 32]))?;
///
/// let profile = DpopProfile::new("POST", "https://as.example/token");
/// let mut store = BTreeMap::new(); // of one server, for the sake of the example
/// let mut accept = || {
///     let undecided = profile.verify([proof.as_str()], now)?;
///     let fresh = store.insert(undecided.replay_key(), undecided.keep_until()).is_none();
///     undecided.decide(fresh)
/// };
/// assert!(accept().is_ok());
/// assert_eq!(accept().unwrap_err().code(), "jti_replayed");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a proof counts only once it was decided whether it is new"]
pub struct UndecidedProof {
    proof: Verified<DpopClaims>,
    keep_until: Timestamp,
}

impl UndecidedProof {
    /// What must be new: a hash of the key's thumbprint and the proof's `jti`, in base64url. Always of the same length, whatever the client sent.
    #[must_use]
    pub fn replay_key(&self) -> String {
        let DpopClaims { claims, jkt, .. } = self.proof.claims();
        // The key is in it, so that nobody can use up another client's names. Its length is always the same, so nothing can move from one part to the other.
        let mut name = String::from(jkt);
        name.push_str(claims.get_str("jti").unwrap_or_default());
        base64url::encode(digest::sha256(name.as_bytes()))
    }

    /// From when on the proof is too old anyway, and the store may forget it.
    #[must_use]
    pub const fn keep_until(&self) -> Timestamp {
        self.keep_until
    }

    /// The same proof, if its key is the one with this SHA-256 thumbprint, in base64url: for servers that learn only after the check which key the token is
    /// bound to, as from an introspection response. See [`DpopProfile::dangerous_access_token_of_any_key`].
    ///
    /// # Errors
    ///
    /// [`Error::DpopProof`] with the code `dpop_key_mismatch` if it is another.
    pub fn bound_to(self, jkt: &str) -> Result<Self, Error> {
        if self.proof.claims().jkt == jkt {
            return Ok(self);
        }
        let other = Rejection::of([Failure::new(Claim::ProofKey, Reason::Mismatch)].into());
        Err(other.map_or(Error::Signature, Error::from).of_dpop_proof())
    }

    /// The proof, if it is `fresh`: if [`UndecidedProof::replay_key`] was not in the store.
    ///
    /// # Errors
    ///
    /// [`Error::DpopProof`] with the code `jti_replayed` if it was.
    pub fn decide(self, fresh: bool) -> Result<Verified<DpopClaims>, Error> {
        if fresh {
            return Ok(self.proof);
        }
        let replayed = Rejection::of([Failure::new(Claim::Id, Reason::Replayed)].into());
        Err(replayed.map_or(Error::Signature, Error::from).of_dpop_proof())
    }
}

impl fmt::Debug for UndecidedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UndecidedProof").field("keep_until", &self.keep_until).finish_non_exhaustive()
    }
}

/// The claims of a checked proof, and its key.
///
/// [`DpopProof`](super::DpopProof) shows how to get them.
#[derive(Clone, Debug)]
pub struct DpopClaims {
    claims: Object,
    jwk: Jwk,
    jkt: String,
}

impl DpopClaims {
    /// The SHA-256 thumbprint of the proof's key, in base64url: what a token that is issued for it is bound to (`cnf.jkt`, section 6.1).
    #[must_use]
    pub fn jkt(&self) -> &str {
        &self.jkt
    }

    /// The proof's public key.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.jwk
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.claims.get_str("jti").unwrap_or_default()
    }

    /// `nonce`: the server's that it answers.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.claims.get_str("nonce")
    }

    /// All claims.
    #[must_use]
    pub const fn all(&self) -> &Object {
        &self.claims
    }
}

/// Section 11.1: a proof is accepted "for a relatively brief period (on the order of seconds or minutes)".
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(60);
