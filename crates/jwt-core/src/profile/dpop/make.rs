//! [`DpopProof`]: making a proof for one request.

use alloc::string::String;
use core::fmt;

use super::{TYP, check_cost, target, token_hash};
use crate::json::{Object, Value};
use crate::jwk::Operation;
use crate::policy::Claim;
use crate::profile::{fresh_id, signing_input};
use crate::{Algorithm, Header, Jwk, Moment, Secret, SignError, SigningInput, SigningKey};

/// Makes the proof for one request (RFC 9449, section 4.2): a fresh one each time it is sent, retries included (section 4.2: `jti`; section 11.1).
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "ring")] {
/// use jwt_core::profile::{DpopProfile, DpopProof};
/// use jwt_core::{Algorithm, Jwk, Moment, SigningKey, Timestamp};
///
/// let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let key = SigningKey::from_jwk(&Jwk::from_slice(jwk)?)?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let entropy = [42; 32]; // 32 bytes of a cryptographic random source
/// let proof = DpopProof::new("GET", "https://api.example/photos?page=2")
///     .access_token("2YotnFZFEjr1zCsicMWpAA")
///     .sign(&key, &Moment::new(now, entropy))?;
///
/// // At the server, which knows the method, the URI and the access token of the request, and the key that the token is bound to:
/// let profile = DpopProfile::new("GET", "https://api.example/photos")
///     .access_token("2YotnFZFEjr1zCsicMWpAA", key.public_jwk().unwrap().thumbprint().to_string());
/// let undecided = profile.verify([proof.as_str()], now)?;
/// let fresh = true; // what your store says to `undecided.replay_key()`, kept until `undecided.keep_until()`
/// let proof = undecided.decide(fresh)?;
/// assert_eq!(proof.claims().jkt(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DpopProof {
    method: String,
    uri: String,
    access_token: Option<Secret>,
    nonce: Option<String>,
}

impl DpopProof {
    /// The proof for a request of this method to this URI; query and fragment are left out.
    #[must_use]
    pub fn new(method: impl Into<String>, uri: impl Into<String>) -> Self {
        Self { method: method.into(), uri: uri.into(), access_token: None, nonce: None }
    }

    /// Binds the proof to the access token that is sent beside it (`ath`): for a protected API, not for the token endpoint.
    #[must_use]
    pub fn access_token(mut self, access_token: impl Into<String>) -> Self {
        self.access_token = Some(Secret::new(access_token));
        self
    }

    /// Answers this `DPoP-Nonce` of the server's (sections 8 and 9).
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// The proof, signed with a local key, whose public part is written into it. One moment makes one proof of each request, nonce and key: the same again has
    /// the same `jti`, and a server that remembers it refuses the second.
    ///
    /// # Errors
    ///
    /// As [`sign`](crate::sign()); [`SignError::ProofKey`] for a symmetric key and for one of a backend of your own, whose public part is not known here (see
    /// [`DpopProof::signing_input`]); [`SignError::ClaimValue`] for a method that is none, a URI that is not `http` or `https`, a nonce that no server can have
    /// sent.
    pub fn sign(&self, key: &SigningKey, at: &Moment) -> Result<String, SignError> {
        let public = key.public_jwk().ok_or(SignError::ProofKey)?;
        let input = self.signing_input(&public, key.algorithm(), at)?;
        let signature = key.sign(input.as_bytes())?;
        input.complete(&signature)
    }

    /// The proof, to be signed elsewhere with the private part of this key. One moment makes one proof of each request, nonce and key.
    ///
    /// # Errors
    ///
    /// As [`DpopProof::sign`]; [`SignError::ProofKey`] also if the algorithm does not fit the key, or an RSA key is longer than servers should take
    /// ([`DpopProfile::MAX_RSA_BITS`](super::DpopProfile::MAX_RSA_BITS)). Of a private key only the public part is written.
    pub fn signing_input(&self, key: &Jwk, algorithm: Algorithm, at: &Moment) -> Result<SigningInput, SignError> {
        let public = key.public().ok_or(SignError::ProofKey)?;
        public.check(algorithm, Operation::Verify).map_err(|_| SignError::ProofKey)?;
        check_cost(&public).map_err(|_| SignError::ProofKey)?;
        let header = Header::new(algorithm).with_typ(TYP).with("jwk", jwk_value(&public)?);
        signing_input(header, None, &self.claims(&public, at)?)
    }

    fn claims(&self, key: &Jwk, at: &Moment) -> Result<Object, SignError> {
        // RFC 9110, section 5.6.2: a token.
        let is_method = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if self.method.is_empty() || !self.method.bytes().all(is_method) {
            return Err(SignError::ClaimValue(Claim::Method));
        }
        if target::normalized(&self.uri).is_none() {
            return Err(SignError::ClaimValue(Claim::Uri));
        }
        let mut claims = Object::new();
        claims.insert("htm", self.method.as_str());
        // Without query and fragment, and otherwise as the caller spells it: a server that does not normalize compares the bytes.
        claims.insert("htu", self.uri.split(['?', '#']).next().unwrap_or_default());
        claims.insert("iat", at.now().as_unix());
        if let Some(access_token) = &self.access_token {
            claims.insert("ath", token_hash(access_token.expose()));
        }
        if let Some(nonce) = &self.nonce {
            // DP-09; section 8.1: "nonce = 1*NQCHAR"
            let is_nqchar = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            if nonce.is_empty() || !nonce.bytes().all(is_nqchar) {
                return Err(SignError::ClaimValue(Claim::Nonce));
            }
            claims.insert("nonce", nonce.as_str());
        }
        // Section 4.2: a `jti` must be assigned "such that there is a negligible probability that the same value will be assigned to any other DPoP proof used
        // in the same context during the time window of validity": another request, another nonce or another key is another proof.
        let label = alloc::format!("dpop jti {}", key.thumbprint());
        claims.insert("jti", fresh_id(at, &label, &claims)?);
        Ok(claims)
    }
}

/// Shows the URI as far as it is signed, without its query: that may hold what no log should.
impl fmt::Debug for DpopProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopProof")
            .field("method", &self.method)
            // Nothing of what is no such URI; user information is in none.
            .field("target", &target::normalized(&self.uri))
            .field("access_token", &self.access_token)
            .field("nonce", &self.nonce.is_some())
            .finish()
    }
}

/// The members that make the key, and nothing about its name and use: those of its thumbprint.
fn jwk_value(key: &Jwk) -> Result<Value, SignError> {
    let written = serde_json::to_vec(key).map_err(|_| SignError::ProofKey)?;
    let limits = crate::json::Limits::default();
    let members: Object = crate::json::object_from_slice(&written, &limits).map_err(|_| SignError::ProofKey)?;
    let about = |name: &str| matches!(name, "kid" | "use" | "key_ops") || (name == "alg" && key.kty() != "AKP");
    Ok(Value::Object(
        members.iter().filter(|(name, _)| !about(name)).map(|(name, value)| (name, value.clone())).collect(),
    ))
}
