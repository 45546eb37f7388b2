//! ID tokens (OpenID Connect Core, sections 2, 3.1.3.7 and 12.2), as a client reads them.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::DEFAULT_LEEWAY;
use crate::digest::constant_time_eq;
use crate::json::{Object, Value};
use crate::policy::{Audience, Claim, Expiry, Failure, Issuer, Reason, Rejection, Typ};
use crate::{
    Algorithm, Error, Policy, Secret, SignatureVerified, Timestamp, Unverified, Verified, VerifyingKey, base64url,
};

/// What an ID token must be: of this issuer, for this client and nobody else, not expired, and answering what was asked for.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{Object, Value};
/// use jwt_core::profile::IdTokenProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut claims = Object::new();
/// for (name, value) in [("iss", "https://as.example"), ("aud", "app"), ("sub", "alice"), ("nonce", "n-1")] {
///     claims.insert(name, value);
/// }
/// claims.insert("iat", now.as_unix());
/// claims.insert("exp", now.as_unix() + 300);
/// let token = sign(&Header::new(Algorithm::HS256), &claims, &key)?;
///
/// let profile = IdTokenProfile::new("https://as.example", "app").nonce("n-1");
/// let verified = profile.verify(Unverified::parse(&token, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert_eq!(verified.claims().subject(), "alice");
///
/// let other_login = IdTokenProfile::new("https://as.example", "app").nonce("n-2");
/// let error = other_login.verify(Unverified::parse(&token, &Limits::default())?, [&key.verifying_key()?], now).unwrap_err();
/// assert_eq!(error.code(), "nonce_mismatch");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct IdTokenProfile {
    policy: Policy,
    client_id: String,
    other_audiences: Vec<String>,
    nonce: Option<Secret>,
    max_age: Option<Duration>,
    access_token: Option<Secret>,
    leeway: Duration,
}

impl IdTokenProfile {
    /// ID tokens of this issuer for this client, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        // OpenID Connect Core, section 2: iss, sub, aud, exp and iat are REQUIRED.
        let (issuer, audience) = (Issuer::exactly(issuer), Audience::contains(client_id.as_str()));
        let policy = Policy::new(issuer, audience, Typ::IdToken, Expiry::Required)
            .leeway(DEFAULT_LEEWAY)
            .require("sub")
            .require("iat");
        Self {
            policy,
            client_id,
            other_audiences: Vec::new(),
            nonce: None,
            max_age: None,
            access_token: None,
            leeway: DEFAULT_LEEWAY,
        }
    }

    /// Demands this `nonce`: the one that was sent (section 3.1.3.7, step 11).
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(Secret::new(nonce));
        self
    }

    /// Demands `auth_time`, no longer ago than this: the `max_age` that was sent (step 13).
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Demands this subject: for an ID token that came with a refresh, the original one's (section 12.2).
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.policy = self.policy.subject(subject);
        self
    }

    /// Compares `at_hash`, where the token has one, with this access token, which came beside it (section 3.1.3.8).
    #[must_use]
    pub fn access_token(mut self, access_token: impl Into<String>) -> Self {
        self.access_token = Some(Secret::new(access_token));
        self
    }

    /// Trusts this further audience. Without this, a token that is for anybody else too is refused (step 3).
    #[must_use]
    pub fn trusted_audience(mut self, audience: impl Into<String>) -> Self {
        self.other_audiences.push(audience.into());
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self.leeway = leeway;
        self
    }

    /// Checks signature and claims with these keys, which must be the issuer's.
    ///
    /// # Errors
    ///
    /// As [`verify`](crate::verify()).
    pub fn verify<'k>(
        &self,
        token: Unverified<'_>,
        keys: impl IntoIterator<Item = &'k VerifyingKey>,
        now: Timestamp,
    ) -> Result<Verified<IdTokenClaims>, Error> {
        let proof = token.check_signature(keys)?;
        self.verified(token, proof, now)
    }

    /// Checks the claims of a token whose signature was checked elsewhere.
    ///
    /// # Errors
    ///
    /// As [`verify`](crate::verify()) from the claims on.
    pub fn verified(
        &self,
        token: Unverified<'_>,
        proof: SignatureVerified,
        now: Timestamp,
    ) -> Result<Verified<IdTokenClaims>, Error> {
        let token = token.verified::<Object>(proof, &self.policy, now, &mut Vec::new())?;
        let claims = token.claims();
        let failures = [
            (Claim::Audience, self.check_audiences(claims)),
            (Claim::Nonce, self.check_nonce(claims)),
            (Claim::AuthorizedParty, self.check_authorized_party(claims)),
            (Claim::AccessTokenHash, self.check_access_token(claims, token.algorithm())),
            (Claim::AuthTime, self.check_auth_time(claims, now)),
        ];
        let failures = failures.into_iter().filter_map(|(claim, reason)| Some(Failure::new(claim, reason?))).collect();
        Rejection::of(failures).map_or(Ok(()), Err)?;
        Ok(token.map(IdTokenClaims))
    }

    /// "The ID Token MUST be rejected if .. it contains additional audiences not trusted by the Client." (step 3)
    fn check_audiences(&self, claims: &Object) -> Option<Reason> {
        let audiences = claims.get("aud").and_then(Value::as_array).unwrap_or_default();
        let trusted = |audience: &str| {
            audience == self.client_id || self.other_audiences.iter().any(|trusted| trusted == audience)
        };
        let all = audiences.iter().all(|audience| audience.as_str().is_some_and(trusted));
        (!all).then_some(Reason::Mismatch)
    }

    fn check_nonce(&self, claims: &Object) -> Option<Reason> {
        let expected = self.nonce.as_ref()?;
        match claims.get("nonce") {
            None => Some(Reason::Missing),
            Some(found) => (!found.as_str().is_some_and(|found| expected.matches(found))).then_some(Reason::Mismatch),
        }
    }

    /// "If an azp Claim is present, the Client SHOULD verify that its client_id is the Claim Value." (errata 1, step 5)
    fn check_authorized_party(&self, claims: &Object) -> Option<Reason> {
        let found = claims.get("azp")?;
        (found.as_str() != Some(&self.client_id)).then_some(Reason::Mismatch)
    }

    /// Section 3.1.3.6: the left half of the hash of the access token, by the hash of the ID token's algorithm.
    fn check_access_token(&self, claims: &Object, algorithm: Algorithm) -> Option<Reason> {
        let (found, access_token) = (claims.get("at_hash")?, self.access_token.as_ref()?);
        let expected = left_half_of_hash(algorithm, access_token.expose().as_bytes());
        let same =
            |found: &str| expected.as_deref().is_some_and(|hash| constant_time_eq(hash.as_bytes(), found.as_bytes()));
        (!found.as_str().is_some_and(same)).then_some(Reason::Mismatch)
    }

    fn check_auth_time(&self, claims: &Object, now: Timestamp) -> Option<Reason> {
        let max_age = self.max_age?;
        let Some(found) = claims.get("auth_time") else { return Some(Reason::Missing) };
        let Value::Number(seconds) = found else { return Some(Reason::WrongType) };
        let age = now.as_duration().as_secs_f64() - seconds.as_f64();
        (age > max_age.saturating_add(self.leeway).as_secs_f64()).then_some(Reason::TooOld)
    }
}

/// `at_hash` and `c_hash` (sections 3.1.3.6 and 3.3.2.11); `None` for an algorithm for which no hash is defined.
fn left_half_of_hash(algorithm: Algorithm, text: &[u8]) -> Option<String> {
    fn left_half<D: Digest>(text: &[u8]) -> Option<String> {
        let hash = D::digest(text);
        hash.get(..hash.len() / 2).map(base64url::encode)
    }
    match algorithm {
        Algorithm::HS256 | Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 | Algorithm::ES256K => {
            left_half::<Sha256>(text)
        }
        Algorithm::HS384 | Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => left_half::<Sha384>(text),
        // Ed25519 hashes with SHA-512 (RFC 8032, section 5.1).
        Algorithm::HS512 | Algorithm::RS512 | Algorithm::PS512 | Algorithm::ES512 | Algorithm::Ed25519 => {
            left_half::<Sha512>(text)
        }
        Algorithm::Ed448 | Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => None,
    }
}

/// The claims of a checked ID token (OpenID Connect Core, sections 2 and 5.1).
#[derive(Clone, Debug)]
pub struct IdTokenClaims(Object);

impl IdTokenClaims {
    /// `iss`: who says so.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.get_str("iss").unwrap_or_default()
    }

    /// `sub`: who logged in. Unique, and never given to somebody else, only together with the issuer; an e-mail address is neither.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.0.get_str("sub").unwrap_or_default()
    }

    /// A claim that is a text, such as `email` or `name`; `None` where it is absent or something else.
    #[must_use]
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.0.get_str(name)
    }

    /// All claims.
    #[must_use]
    pub const fn all(&self) -> &Object {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, Limits, SigningKey, sign};

    const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

    fn profile() -> IdTokenProfile {
        IdTokenProfile::new("https://as.example", "app")
    }

    /// The code of the refusal of a token whose claims are these over the usual ones, or `ok`.
    fn verdict(profile: &IdTokenProfile, typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let key = SigningKey::hs256(&[7; 32]).unwrap();
        let mut claims = Object::new();
        for (name, value) in [("iss", "https://as.example"), ("aud", "app"), ("sub", "alice")] {
            claims.insert(name, value);
        }
        claims.insert("iat", NOW.as_unix());
        claims.insert("exp", NOW.as_unix() + 300);
        for (name, value) in changes {
            match value {
                Some(value) => drop(claims.insert(*name, value.clone())),
                None => drop(claims.remove(name)),
            }
        }
        let mut header = Header::new(Algorithm::HS256);
        if let Some(typ) = typ {
            header = header.with_typ(typ);
        }
        let token = sign(&header, &claims, &key).unwrap();
        let token = Unverified::parse(&token, &Limits::default()).unwrap();
        match profile.verify(token, [&key.verifying_key().unwrap()], NOW) {
            Ok(_) => "ok".into(),
            Err(error) => error.code().into(),
        }
    }

    fn array(texts: &[&str]) -> Option<Value> {
        Some(Value::Array(texts.iter().map(|&text| Value::from(text)).collect()))
    }

    #[test]
    fn an_id_token_is_accepted_with_and_without_typ() {
        // JWT-16
        assert_eq!(verdict(&profile(), None, &[]), "ok");
        assert_eq!(verdict(&profile(), Some("JWT"), &[]), "ok");
        assert_eq!(verdict(&profile(), Some("application/jwt"), &[]), "ok");
        assert_eq!(verdict(&profile(), None, &[("aud", array(&["app"]))]), "ok");
    }

    #[test]
    fn a16_another_kind_issuer_or_audience_is_refused() {
        // JWT-16
        assert_eq!(verdict(&profile(), Some("at+jwt"), &[]), "typ_mismatch");
        assert_eq!(verdict(&profile(), Some("logout+jwt"), &[]), "typ_mismatch");
        assert_eq!(verdict(&profile(), None, &[("iss", Some("https://as.example/".into()))]), "issuer_mismatch");
        assert_eq!(verdict(&profile(), None, &[("aud", Some("other".into()))]), "audience_mismatch");
        assert_eq!(verdict(&profile(), None, &[("aud", array(&["app", "other"]))]), "audience_mismatch");
        let trusting = profile().trusted_audience("other");
        assert_eq!(verdict(&trusting, None, &[("aud", array(&["app", "other"]))]), "ok");
        assert_eq!(verdict(&trusting, None, &[("aud", array(&["other"]))]), "audience_mismatch");
        assert_eq!(verdict(&profile(), None, &[("azp", Some("other".into()))]), "azp_mismatch");
        assert_eq!(verdict(&profile(), None, &[("azp", Some("app".into()))]), "ok");
        assert_eq!(verdict(&profile(), None, &[("azp", Some(Value::Null))]), "azp_mismatch");
    }

    #[test]
    fn required_claims_are_required() {
        // JWT-16
        for (name, code) in [
            ("iss", "issuer_missing"),
            ("aud", "audience_missing"),
            ("exp", "exp_missing"),
            ("iat", "iat_missing"),
            ("sub", "subject_missing"),
        ] {
            assert_eq!(verdict(&profile(), None, &[(name, None)]), code);
        }
    }

    #[test]
    fn the_nonce_that_was_sent_must_come_back() {
        // JWT-16
        let profile = profile().nonce("n-1");
        assert_eq!(verdict(&profile, None, &[("nonce", Some("n-1".into()))]), "ok");
        assert_eq!(verdict(&profile, None, &[("nonce", Some("n-2".into()))]), "nonce_mismatch");
        assert_eq!(verdict(&profile, None, &[("nonce", Some(Value::Null))]), "nonce_mismatch");
        assert_eq!(verdict(&profile, None, &[]), "nonce_missing");
    }

    #[test]
    fn b3_max_age_that_was_asked_for_is_checked() {
        let profile = profile().max_age(Duration::from_secs(60)).leeway(Duration::from_secs(5));
        let at = |seconds: u64| [("auth_time", Some(Value::from(NOW.as_unix() - seconds)))];
        assert_eq!(verdict(&profile, None, &at(65)), "ok");
        assert_eq!(verdict(&profile, None, &at(66)), "authentication_too_old");
        assert_eq!(verdict(&profile, None, &[]), "auth_time_missing");
        assert_eq!(verdict(&profile, None, &[("auth_time", Some("1".into()))]), "auth_time_wrong_type");
    }

    #[test]
    fn b3_at_hash_binds_the_access_token() {
        // OpenID Connect Core, section A.3: the access token and its hash.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let hash = "77QmUPtjPfzWtF2AnpK9RQ";
        assert_eq!(left_half_of_hash(Algorithm::RS256, token.as_bytes()).as_deref(), Some(hash));
        let profile = profile().access_token(token);
        assert_eq!(verdict(&profile, None, &[("at_hash", Some(hash.into()))]), "ok");
        assert_eq!(verdict(&profile, None, &[]), "ok", "at_hash is optional in the code flow");
        assert_eq!(verdict(&profile, None, &[("at_hash", Some("77QmUPtjPfzWtF2AnpK9RA".into()))]), "at_hash_mismatch");
        assert_eq!(verdict(&profile, None, &[("at_hash", Some(1u64.into()))]), "at_hash_mismatch");
    }

    #[test]
    fn a_refreshed_id_token_is_about_the_same_subject() {
        assert_eq!(verdict(&profile().subject("alice"), None, &[]), "ok");
        assert_eq!(verdict(&profile().subject("mallory"), None, &[]), "subject_mismatch");
    }
}
