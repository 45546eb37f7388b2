//! Request objects (RFC 9101, "JAR"): the parameters of an authorization request, signed by the client.

use alloc::string::String;
use core::time::Duration;

use super::{
    DEFAULT_LEEWAY, DEFAULT_LIFETIME, DEFAULT_MAX_LIFETIME, Failures, absent, entry_points, fresh_id, header,
    sign_claims, signing_input, text, too_far,
};
use crate::json::{Object, Value};
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Moment, Policy, SignError, SigningInput, SigningKey, Timestamp};

/// Makes request objects: all parameters of one authorization request, for one authorization server.
///
/// # Examples
///
/// ```
/// use jwt_core::profile::{RequestObject, RequestObjectProfile};
/// use jwt_core::{Limits, Moment, SigningKey, Timestamp, Unverified};
///
/// let key = SigningKey::hs256(b"a client secret of 32 octets ...")?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let entropy = [42; 32]; // 32 bytes of a cryptographic random source
/// let request = RequestObject::new("app", "https://as.example")
///     .parameter("response_type", "code")
///     .parameter("redirect_uri", "https://app.example/callback")
///     .sign(&key, &Moment::new(now, entropy))?;
///
/// // At the server:
/// let profile = RequestObjectProfile::new("app", "https://as.example");
/// let verified = profile.verify(Unverified::parse(&request, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert_eq!(verified.claims().parameter("response_type").and_then(|value| value.as_str()), Some("code"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestObject {
    client_id: String,
    issuer: String,
    parameters: Object,
    lifetime: Duration,
}

impl RequestObject {
    /// A request of this client to the authorization server with this issuer identifier, without parameters but `client_id`.
    #[must_use]
    pub fn new(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            issuer: issuer.into(),
            parameters: Object::new(),
            lifetime: DEFAULT_LIFETIME,
        }
    }

    /// Sets a parameter. Those that are JSON (`claims`, `authorization_details`) are values, not texts (RFC 9101, section 4).
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name, value);
        self
    }

    /// Lets the request object end after this instead of a minute.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The request object, signed with a local key. One moment makes one request object of each request: two requests get two `jti`.
    ///
    /// # Errors
    ///
    /// As [`sign`](crate::sign()); [`SignError::ClaimValue`] for an empty client id or issuer, and for a parameter that this sets itself or that no request
    /// object may have: `request`, `request_uri`, and the registered claims.
    pub fn sign(&self, key: &SigningKey, at: &Moment) -> Result<String, SignError> {
        sign_claims(header(key.algorithm(), Some(TYP)), &self.claims(at)?, key)
    }

    /// The request object, to be signed elsewhere with a key of this algorithm and name. One moment makes one request object of each
    /// request.
    ///
    /// # Errors
    ///
    /// As [`RequestObject::sign`].
    pub fn signing_input(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        at: &Moment,
    ) -> Result<SigningInput, SignError> {
        signing_input(header(algorithm, Some(TYP)), kid, &self.claims(at)?)
    }

    fn claims(&self, at: &Moment) -> Result<Object, SignError> {
        for (name, claim) in [
            ("iss", Claim::Issuer),
            ("sub", Claim::Subject),
            ("aud", Claim::Audience),
            ("exp", Claim::Expiry),
            ("nbf", Claim::NotBefore),
            ("iat", Claim::IssuedAt),
            ("jti", Claim::Id),
            ("client_id", Claim::ClientId),
            // RFC 9101, section 4: ""request" and "request_uri" parameters MUST NOT be included in Request Objects."
            ("request", Claim::Request),
            ("request_uri", Claim::RequestUri),
        ] {
            if self.parameters.get(name).is_some() {
                return Err(SignError::ClaimValue(claim));
            }
        }
        if self.client_id.is_empty() {
            return Err(SignError::ClaimValue(Claim::ClientId));
        }
        if self.issuer.is_empty() {
            return Err(SignError::ClaimValue(Claim::Audience));
        }
        let mut claims = self.parameters.clone();
        claims.insert("client_id", self.client_id.as_str());
        claims.insert("iss", self.client_id.as_str());
        claims.insert("aud", self.issuer.as_str());
        // FAPI 2.0 Message Signing, section 5.3.1: `nbf` and `exp`.
        claims.insert("iat", at.now().as_unix());
        claims.insert("nbf", at.now().as_unix());
        claims.insert("exp", at.now().saturating_add(self.lifetime).as_unix());
        claims.insert("jti", fresh_id(at, "request object jti", &claims)?);
        Ok(claims)
    }
}

/// What a request object must be: `oauth-authz-req+jwt`, of this client, for this authorization server, not expired, soon to expire, and no client assertion.
///
/// The server uses only what is inside (RFC 9101, section 5).
///
/// # Examples
///
/// ```
/// use jwt_core::profile::{RequestObject, RequestObjectProfile};
/// use jwt_core::{Limits, Moment, SigningKey, Timestamp, Unverified};
///
/// let key = SigningKey::hs256(b"a client secret of 32 octets ...")?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let request = RequestObject::new("app", "https://as.example").sign(&key, &Moment::new(now, [42; 32]))?;
///
/// // The `client_id` beside the request object is not the one inside.
/// let profile = RequestObjectProfile::new("another app", "https://as.example");
/// let unverified = Unverified::parse(&request, &Limits::default())?;
/// let error = profile.verify(unverified, [&key.verifying_key()?], now).unwrap_err();
/// let codes: Vec<_> = error.failures().iter().map(|failure| failure.code()).collect();
/// assert_eq!(codes, ["issuer_mismatch", "client_id_mismatch"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestObjectProfile {
    policy: Policy,
    client_id: String,
    max_lifetime: Duration,
    leeway: Duration,
}

impl RequestObjectProfile {
    /// Request objects of this client for the authorization server with this issuer identifier, both compared byte by byte.
    #[must_use]
    pub fn new(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self::with(client_id.into(), issuer.into(), Typ::exactly(TYP), Expiry::Required)
    }

    /// As [`RequestObjectProfile::new`], and also takes request objects of no declared kind (`typ` is absent or `JWT`) and those without `exp`, which
    /// OpenID Connect Core, section 6, allows. Such a request can be replayed for ever.
    #[must_use]
    pub fn dangerous_openid(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        let (typ, expiry) = (Typ::ExactlyOrNone(TYP.into()), Expiry::DangerousOptional);
        Self::with(client_id.into(), issuer.into(), typ, expiry)
    }

    fn with(client_id: String, issuer: String, typ: Typ, expiry: Expiry) -> Self {
        let policy = Policy::new(Issuer::exactly(client_id.as_str()), Audience::contains(issuer), typ, expiry)
            .leeway(DEFAULT_LEEWAY);
        Self { policy, client_id, max_lifetime: DEFAULT_MAX_LIFETIME, leeway: DEFAULT_LEEWAY }
    }

    /// Takes request objects that end up to this long from now, instead of an hour.
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
        // RFC 9101, section 5: the `client_id` outside and inside "MUST be identical".
        found.add(Claim::ClientId, text(claims, "client_id", |client_id| client_id == self.client_id));
        // RFC 9101, section 10.8: a request object must not serve as a client assertion, nor the other way round.
        let subject_is_client = claims.get_str("sub") == Some(&self.client_id);
        found.add(Claim::Subject, subject_is_client.then_some(Reason::Forbidden));
        found.add(Claim::Request, absent(claims, "request"));
        found.add(Claim::RequestUri, absent(claims, "request_uri"));
        found.add(Claim::Expiry, too_far(claims, now, self.max_lifetime.saturating_add(self.leeway)));
    }
}

entry_points!(RequestObjectProfile, RequestObjectClaims);

/// The claims of a checked request object (RFC 9101, section 4).
///
/// [`RequestObject`] shows how to get them.
#[derive(Clone, Debug)]
pub struct RequestObjectClaims(Object);

impl RequestObjectClaims {
    /// `client_id`, and `iss` too.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.0.get_str("client_id").unwrap_or_default()
    }

    /// A parameter of the request.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

const TYP: &str = "oauth-authz-req+jwt";

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, code, signed};
    use super::*;
    use crate::{Limits, Unverified};

    fn claims() -> Object {
        let mut claims: Object = [
            ("iss", "s6BhdRkqt3"),
            ("aud", "https://server.example.com"),
            ("response_type", "code"),
            ("client_id", "s6BhdRkqt3"),
            ("redirect_uri", "https://client.example.org/cb"),
        ]
        .into_iter()
        .collect();
        claims.insert("exp", NOW.as_unix() + 60);
        claims
    }

    fn profile() -> RequestObjectProfile {
        RequestObjectProfile::new("s6BhdRkqt3", "https://server.example.com")
    }

    fn verdict(typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let token = signed(typ, &claims(), changes);
        code(profile().verify(token.token(), [&token.key()], NOW))
    }

    #[test]
    fn a_request_object_is_of_its_client_and_for_its_server() {
        let verdict_of = |changes: &[_]| verdict(Some(TYP), changes);
        assert_eq!(verdict_of(&[]), "ok");
        assert_eq!(verdict_of(&[("iss", None)]), "issuer_missing");
        assert_eq!(verdict_of(&[("aud", None)]), "audience_missing");
        assert_eq!(verdict_of(&[("exp", None)]), "exp_missing");
        assert_eq!(verdict_of(&[("client_id", None)]), "client_id_missing");
        assert_eq!(verdict_of(&[("client_id", Some("other".into()))]), "client_id_mismatch");
        assert_eq!(verdict_of(&[("client_id", Some(Value::Null))]), "client_id_wrong_type");
        assert_eq!(verdict_of(&[("exp", Some(Value::from(NOW.as_unix() + 3631)))]), "expires_too_late");
        assert_eq!(verdict_of(&[("nbf", Some(Value::from(NOW.as_unix() + 31)))]), "not_yet_valid");
    }

    #[test]
    fn a_request_inside_a_request_is_refused() {
        assert_eq!(verdict(Some(TYP), &[("request", Some("x".into()))]), "request_forbidden");
        assert_eq!(verdict(Some(TYP), &[("request_uri", Some(Value::Null))]), "request_uri_forbidden");
    }

    #[test]
    fn a16_a_client_assertion_is_no_request_object_even_where_untyped_ones_are_taken() {
        let lax = RequestObjectProfile::dangerous_openid("s6BhdRkqt3", "https://server.example.com");
        for (typ, expected) in [(None, "ok"), (Some("JWT"), "ok"), (Some(TYP), "ok"), (Some("at+jwt"), "typ_mismatch")]
        {
            let token = signed(typ, &claims(), &[("exp", None)]);
            assert_eq!(code(lax.verify(token.token(), [&token.key()], NOW)), expected);
        }
        let token = signed(None, &claims(), &[("sub", Some("s6BhdRkqt3".into()))]);
        assert_eq!(code(lax.verify(token.token(), [&token.key()], NOW)), "subject_forbidden");
        let token = signed(None, &claims(), &[("sub", Some("alice".into()))]);
        assert_eq!(code(lax.verify(token.token(), [&token.key()], NOW)), "ok");
    }

    #[test]
    fn two_request_objects_of_one_moment_have_two_names() {
        let at = Moment::new(NOW, [1; 32]);
        let one = RequestObject::new("s6BhdRkqt3", "https://server.example.com").parameter("state", "s-1");
        let id = |request: &RequestObject| request.claims(&at).unwrap().get_str("jti").map(String::from);
        assert_eq!(id(&one), id(&one.clone()));
        assert_ne!(id(&one), id(&one.clone().parameter("state", "s-2")));
    }

    #[test]
    fn what_is_made_is_accepted() {
        let key = SigningKey::hs256(&[7; 32]).unwrap();
        let maker = RequestObject::new("s6BhdRkqt3", "https://server.example.com").parameter("max_age", 3600u64);
        let token = maker.sign(&key, &Moment::new(NOW, [1; 32])).unwrap();
        let token = Unverified::parse(&token, &Limits::default()).unwrap();
        assert_eq!(token.header().typ(), Some(TYP));
        let verified = profile().verify(token, [&key.verifying_key().unwrap()], NOW).unwrap();
        assert_eq!(verified.claims().parameter("max_age").and_then(Value::as_u64), Some(3600));
        assert_eq!(verified.claims().client_id(), "s6BhdRkqt3");
        assert!(verified.not_before().is_some() && verified.expires_at().is_some());
        for name in ["request", "request_uri", "sub", "iss", "aud", "exp", "nbf", "iat", "jti", "client_id"] {
            let refused = maker.clone().parameter(name, "x").sign(&key, &Moment::new(NOW, [1; 32])).unwrap_err();
            assert_eq!(refused.code(), "sign_claim_value", "{name}");
        }
        for (client_id, issuer) in [("", "https://as.example"), ("app", "")] {
            let refused = RequestObject::new(client_id, issuer).sign(&key, &Moment::new(NOW, [1; 32]));
            assert_eq!(refused.unwrap_err().code(), "sign_claim_value");
        }
        let elsewhere = maker.signing_input(Algorithm::HS256, None, &Moment::new(NOW, [1; 32])).unwrap();
        assert_eq!(elsewhere.algorithm(), Algorithm::HS256);
    }
}
