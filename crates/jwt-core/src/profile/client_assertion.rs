//! Client assertions (RFC 7523, section 3, as RFC 7523bis tightens it): a client proves who it is to an authorization server.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{
    DEFAULT_LEEWAY, DEFAULT_LIFETIME, DEFAULT_MAX_LIFETIME, Failures, entry_points, fresh_id, header, sign_claims,
    signing_input, text, too_far,
};
use crate::json::{Object, Value};
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Moment, Policy, SignError, SigningInput, SigningKey, Timestamp};

/// Makes client assertions (`private_key_jwt`, and `client_secret_jwt` with an HMAC key): a fresh one for every request.
///
/// It is aimed at the authorization server's issuer identifier, as one string (RFC 7523bis, section 4): an assertion aimed at anything else could be
/// used at another server by a server that lies about its endpoints.
///
/// # Examples
///
/// ```
/// use jwt_core::profile::{ClientAssertion, ClientAssertionProfile};
/// use jwt_core::{Limits, Moment, SigningKey, Timestamp, Unverified};
///
/// let key = SigningKey::hs256(b"a client secret of 32 octets ...")?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let entropy = [42; 32]; // 32 bytes of a cryptographic random source
/// let assertion = ClientAssertion::new("app", "https://as.example").sign(&key, &Moment::new(now, entropy))?;
///
/// // At the server:
/// let profile = ClientAssertionProfile::new("app", "https://as.example");
/// let verified = profile.verify(Unverified::parse(&assertion, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert_eq!(verified.claims().client_id(), "app");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientAssertion {
    client_id: String,
    audience: String,
    lifetime: Duration,
    typ: Option<&'static str>,
}

impl ClientAssertion {
    /// Assertions of this client for the authorization server with this issuer identifier.
    #[must_use]
    pub fn new(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), audience: issuer.into(), lifetime: DEFAULT_LIFETIME, typ: Some(TYP) }
    }

    /// Aims at this audience instead, for a server that does not take its issuer identifier (an older one may want its token endpoint). Whoever can make
    /// the client believe that this is a server's audience can use the assertion there (CVE-2025-27370).
    #[must_use]
    pub fn dangerous_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    /// Writes no `typ`, for a server that takes none but `JWT`: what the assertion is for is then only known from its claims.
    #[must_use]
    pub const fn dangerous_without_typ(mut self) -> Self {
        self.typ = None;
        self
    }

    /// Lets an assertion end after this instead of a minute.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// A fresh assertion, signed with a local key. One moment makes one assertion for each server: two servers get two `jti`, the same one gets the same again.
    ///
    /// # Errors
    ///
    /// As [`sign`](crate::sign()); [`SignError::ClaimValue`] for an empty client id or audience.
    pub fn sign(&self, key: &SigningKey, at: &Moment) -> Result<String, SignError> {
        sign_claims(header(key.algorithm(), self.typ), &self.claims(at)?, key)
    }

    /// A fresh assertion, to be signed elsewhere with a key of this algorithm and name. One moment makes one assertion for each server.
    ///
    /// # Errors
    ///
    /// As [`ClientAssertion::sign`].
    pub fn signing_input(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        at: &Moment,
    ) -> Result<SigningInput, SignError> {
        signing_input(header(algorithm, self.typ), kid, &self.claims(at)?)
    }

    fn claims(&self, at: &Moment) -> Result<Object, SignError> {
        if self.client_id.is_empty() {
            return Err(SignError::ClaimValue(Claim::Subject));
        }
        if self.audience.is_empty() {
            return Err(SignError::ClaimValue(Claim::Audience));
        }
        let mut claims = Object::new();
        // RFC 7523, section 3: "For client authentication, the subject MUST be the "client_id" of the OAuth client."
        claims.insert("iss", self.client_id.as_str());
        claims.insert("sub", self.client_id.as_str());
        // A string: RFC 7523bis and FAPI 2.0 refuse an array.
        claims.insert("aud", self.audience.as_str());
        claims.insert("iat", at.now().as_unix());
        claims.insert("exp", at.now().saturating_add(self.lifetime).as_unix());
        claims.insert("jti", fresh_id(at, "client assertion jti", &claims)?);
        Ok(claims)
    }
}

/// What a client assertion must be: by and about this client, for this authorization server and nobody else, not expired, soon to expire, with a name.
///
/// Its `typ` is `client-authentication+jwt`; assertions of no declared kind, which RFC 7523 made, are taken too. Whether its `jti` was seen before is for the
/// caller's store: [`ClientAssertionClaims::id`], until [`Verified::expires_at`](crate::Verified::expires_at) and the leeway.
///
/// # Examples
///
/// ```
/// use jwt_core::profile::{ClientAssertion, ClientAssertionProfile};
/// use jwt_core::{Limits, Moment, SigningKey, Timestamp, Unverified};
///
/// let key = SigningKey::hs256(b"a client secret of 32 octets ...")?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let assertion = ClientAssertion::new("app", "https://other.example").sign(&key, &Moment::new(now, [42; 32]))?;
///
/// // An assertion that was made for another server, brought here by it.
/// let profile = ClientAssertionProfile::new("app", "https://as.example");
/// let unverified = Unverified::parse(&assertion, &Limits::default())?;
/// assert_eq!(profile.verify(unverified, [&key.verifying_key()?], now).unwrap_err().code(), "audience_mismatch");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientAssertionProfile {
    policy: Policy,
    issuer: String,
    audiences: Vec<String>,
    max_lifetime: Duration,
    leeway: Duration,
}

impl ClientAssertionProfile {
    /// Assertions of this client for the authorization server with this issuer identifier, both compared byte by byte.
    #[must_use]
    pub fn new(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        let (client_id, issuer) = (client_id.into(), issuer.into());
        // RFC 7523, section 3: "iss .. sub .. aud .. exp" MUST be there.
        let policy = Policy::new(
            Issuer::exactly(client_id.as_str()),
            // Narrowed in `check`, so that every failure is told once.
            Audience::DangerousAny,
            Typ::ExactlyOrNone(TYP.into()),
            Expiry::Required,
        )
        .subject(client_id)
        .require("aud")
        .leeway(DEFAULT_LEEWAY);
        Self { policy, issuer, audiences: Vec::new(), max_lifetime: DEFAULT_MAX_LIFETIME, leeway: DEFAULT_LEEWAY }
    }

    /// Also takes assertions for this audience, and arrays with the issuer or this audience in them: for clients that still aim at an endpoint. Such an
    /// assertion may be one that the client meant for another server (CVE-2025-27371).
    #[must_use]
    pub fn dangerous_also_audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Takes assertions that end up to this long from now, instead of an hour.
    #[must_use]
    pub const fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self.leeway = leeway;
        self
    }

    fn check(&self, claims: &Object, _: Algorithm, now: Timestamp, found: &mut Failures<'_>) {
        found.add(Claim::Audience, self.check_audience(claims));
        // Without a name, nothing could be used once only.
        found.add(Claim::Id, text(claims, "jti", |id| !id.is_empty()));
        // RFC 7523, section 3: "The authorization server may reject JWTs with an "exp" claim value that is unreasonably far in the future."
        found.add(Claim::Expiry, too_far(claims, now, self.max_lifetime.saturating_add(self.leeway)));
    }

    /// RFC 7523bis, section 4: the issuer identifier of the authorization server, "as its sole value".
    fn check_audience(&self, claims: &Object) -> Option<Reason> {
        let own = |audience: &str| audience == self.issuer || self.audiences.iter().any(|own| own == audience);
        match claims.get("aud")? {
            Value::String(audience) => (!own(audience)).then_some(Reason::Mismatch),
            Value::Array(all) => {
                let Some(all) = all.iter().map(Value::as_str).collect::<Option<Vec<&str>>>() else {
                    return Some(Reason::WrongType);
                };
                // RFC 7523bis: a string, not an array of one.
                let taken = !self.audiences.is_empty() && all.into_iter().any(own);
                (!taken).then_some(Reason::Mismatch)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(Reason::WrongType),
        }
    }
}

entry_points!(ClientAssertionProfile, ClientAssertionClaims);

/// The claims of a checked client assertion (RFC 7523, section 3).
///
/// [`ClientAssertion`] shows how to get them.
#[derive(Clone, Debug)]
pub struct ClientAssertionClaims(Object);

impl ClientAssertionClaims {
    /// `sub`, and `iss` too: the client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.0.get_str("sub").unwrap_or_default()
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get_str("jti").unwrap_or_default()
    }
}

const TYP: &str = "client-authentication+jwt";

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, code, signed};
    use super::*;
    use crate::{Limits, Unverified, Verified};

    fn claims() -> Object {
        let mut claims: Object =
            [("iss", "app"), ("sub", "app"), ("aud", "https://as.example"), ("jti", "j-1")].into_iter().collect();
        claims.insert("exp", NOW.as_unix() + 60);
        claims
    }

    fn profile() -> ClientAssertionProfile {
        ClientAssertionProfile::new("app", "https://as.example")
    }

    fn verdict(profile: &ClientAssertionProfile, typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let token = signed(typ, &claims(), changes);
        code(profile.verify(token.token(), [&token.key()], NOW))
    }

    fn array(texts: &[&str]) -> Option<Value> {
        Some(Value::Array(texts.iter().map(|&text| Value::from(text)).collect()))
    }

    #[test]
    fn a16_an_assertion_is_for_the_issuer_as_one_string() {
        let verdict_of = |aud| verdict(&profile(), Some(TYP), &[("aud", aud)]);
        assert_eq!(verdict_of(Some("https://as.example".into())), "ok");
        assert_eq!(verdict_of(Some("https://as.example/token".into())), "audience_mismatch");
        assert_eq!(verdict_of(Some("https://as.example/".into())), "audience_mismatch");
        assert_eq!(verdict_of(array(&["https://as.example"])), "audience_mismatch");
        assert_eq!(verdict_of(array(&["https://as.example", "https://evil.example"])), "audience_mismatch");
        assert_eq!(verdict_of(array(&[])), "audience_mismatch");
        assert_eq!(verdict_of(Some(Value::Null)), "audience_wrong_type");
        assert_eq!(verdict_of(None), "audience_missing");

        let lax = profile().dangerous_also_audience("https://as.example/token");
        let verdict_of = |aud| verdict(&lax, Some(TYP), &[("aud", aud)]);
        assert_eq!(verdict_of(Some("https://as.example/token".into())), "ok");
        assert_eq!(verdict_of(array(&["https://as.example", "x"])), "ok");
        assert_eq!(verdict_of(array(&["x"])), "audience_mismatch");
        assert_eq!(verdict_of(array(&[])), "audience_mismatch");
        assert_eq!(verdict_of(Some(Value::Array([Value::Null].into()))), "audience_wrong_type");
    }

    #[test]
    fn an_assertion_is_by_and_about_the_client() {
        let verdict_of = |changes: &[_]| verdict(&profile(), Some(TYP), changes);
        assert_eq!(verdict_of(&[("iss", Some("other".into()))]), "issuer_mismatch");
        assert_eq!(verdict_of(&[("sub", Some("other".into()))]), "subject_mismatch");
        assert_eq!(verdict_of(&[("sub", None)]), "subject_missing");
        assert_eq!(verdict_of(&[("iss", None)]), "issuer_missing");
        assert_eq!(verdict_of(&[("jti", None)]), "jti_missing");
        assert_eq!(verdict_of(&[("jti", Some("".into()))]), "jti_empty");
        assert_eq!(verdict_of(&[("exp", None)]), "exp_missing");
    }

    #[test]
    fn an_assertion_that_lives_for_long_is_refused() {
        let verdict_of =
            |seconds| verdict(&profile(), Some(TYP), &[("exp", Some(Value::from(NOW.as_unix() + seconds)))]);
        assert_eq!(verdict_of(3630), "ok");
        assert_eq!(verdict_of(3631), "expires_too_late");
        let token = signed(Some(TYP), &claims(), &[("exp", Some(Value::from(u64::MAX)))]);
        let error = profile().verify(token.token(), [&token.key()], NOW).unwrap_err();
        assert_eq!((error.code(), error.blame()), ("expires_too_late", crate::Blame::Peer));
    }

    #[test]
    fn untyped_assertions_are_taken_and_other_kinds_are_not() {
        for (typ, expected) in [
            (None, "ok"),
            (Some("JWT"), "ok"),
            (Some("application/client-authentication+jwt"), "ok"),
            (Some("at+jwt"), "typ_mismatch"),
        ] {
            assert_eq!(verdict(&profile(), typ, &[]), expected);
        }
    }

    #[test]
    fn two_assertions_of_one_moment_have_two_names() {
        // RFC 7523, section 3: "jti" is "a unique identifier for the token"
        let at = Moment::new(NOW, [1; 32]);
        let one = ClientAssertion::new("app", "https://as.example");
        let id = |assertion: &ClientAssertion| assertion.claims(&at).unwrap().get_str("jti").map(String::from);
        assert_eq!(id(&one), id(&one.clone()));
        for other in [
            ClientAssertion::new("app", "https://other.example"),
            ClientAssertion::new("app2", "https://as.example"),
            one.clone().dangerous_audience("https://as.example/token"),
            one.clone().lifetime(Duration::from_secs(61)),
        ] {
            assert_ne!(id(&other), id(&one), "{other:?}");
        }
    }

    #[test]
    fn what_is_made_is_accepted_and_never_made_twice() {
        let key = SigningKey::hs256(&[7; 32]).unwrap().with_kid("k");
        let maker = ClientAssertion::new("app", "https://as.example");
        let made = |entropy| maker.sign(&key, &Moment::new(NOW, [entropy; 32])).unwrap();
        let token = made(1);
        let token = Unverified::parse(&token, &Limits::default()).unwrap();
        assert_eq!((token.header().typ(), token.header().kid()), (Some(TYP), Some("k")));
        let verified =
            profile().verify(token, [&key.verifying_key().unwrap()], NOW).map(Verified::into_claims).unwrap();
        assert_eq!((verified.client_id(), verified.id().len()), ("app", 22));
        assert_eq!(verified.all().get_str("aud"), Some("https://as.example"));
        assert_ne!(made(1), made(2));
        assert_eq!(made(1), made(1));

        let elsewhere = maker.signing_input(Algorithm::HS256, Some("k"), &Moment::new(NOW, [1; 32])).unwrap();
        let signature = key.sign(elsewhere.as_bytes()).unwrap();
        assert_eq!(elsewhere.complete(&signature).unwrap(), made(1));

        let bare = maker.clone().dangerous_without_typ().dangerous_audience("https://as.example/token");
        let token = bare.sign(&key, &Moment::new(NOW, [1; 32])).unwrap();
        let token = Unverified::parse(&token, &Limits::default()).unwrap();
        assert_eq!(token.header().typ(), None);
        assert_eq!(code(profile().verify(token, [&key.verifying_key().unwrap()], NOW)), "audience_mismatch");
        for (client_id, issuer) in [("", "https://as.example"), ("app", "")] {
            let refused = ClientAssertion::new(client_id, issuer).sign(&key, &Moment::new(NOW, [1; 32]));
            assert_eq!(refused.unwrap_err().code(), "sign_claim_value");
        }
    }
}
