//! Introspection responses as JWTs (RFC 9701), as a protected API reads them.

use alloc::string::String;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, entry_points};
use crate::json::{Object, Value};
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Policy, Timestamp};

/// What a signed introspection response must be: `token-introspection+jwt`, of this authorization server, for this protected API, just issued, with a
/// `token_introspection` object (RFC 9701, section 5).
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::IntrospectionProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut claims = Object::new();
/// claims.insert("iss", "https://as.example");
/// claims.insert("aud", "https://api.example");
/// claims.insert("iat", now.as_unix());
/// claims.insert("token_introspection", [("active", true)].into_iter().collect::<Object>());
/// let response = sign(&Header::new(Algorithm::HS256).with_typ("token-introspection+jwt"), &claims, &key)?;
///
/// let profile = IntrospectionProfile::new("https://as.example", "https://api.example");
/// let verified = profile.verify(Unverified::parse(&response, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert!(verified.claims().is_active());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct IntrospectionProfile {
    policy: Policy,
}

impl IntrospectionProfile {
    /// Responses of this issuer for this protected API, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let (issuer, audience) = (Issuer::exactly(issuer), Audience::contains(audience));
        // Section 5: "iss REQUIRED .. aud REQUIRED .. iat REQUIRED .. token_introspection REQUIRED". `exp` "SHOULD NOT" be there, so that the response cannot be
        // taken for an access token; if it is there, it counts.
        let policy = Policy::new(issuer, audience, Typ::exactly("token-introspection+jwt"), Expiry::DangerousOptional)
            .leeway(DEFAULT_LEEWAY)
            .max_age(DEFAULT_MAX_AGE);
        Self { policy }
    }

    /// Takes responses up to this age instead of five minutes. They have no end of their own, so without this an old one would be good for ever.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.policy = self.policy.max_age(age);
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    #[expect(clippy::unused_self, reason = "as the other profiles")]
    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        let reason = match claims.get("token_introspection") {
            None => Some(Reason::Missing),
            // RFC 7662, section 2.2: "active REQUIRED. Boolean".
            Some(Value::Object(members)) => {
                members.get("active").and_then(Value::as_bool).is_none().then_some(Reason::WrongType)
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                Some(Reason::WrongType)
            }
        };
        found.add(Claim::TokenIntrospection, reason);
    }
}

entry_points!(IntrospectionProfile, IntrospectionClaims);

/// The claims of a checked introspection response (RFC 9701, section 5).
///
/// [`IntrospectionProfile`] shows how to get them.
#[derive(Clone, Debug)]
pub struct IntrospectionClaims(Object);

impl IntrospectionClaims {
    /// Whether the token is good (RFC 7662, section 2.2). If not, nothing else may be relied on.
    #[must_use]
    pub fn is_active(&self) -> bool {
        let active =
            self.0.get("token_introspection").and_then(Value::as_object).and_then(|members| members.get("active"));
        active.and_then(Value::as_bool) == Some(true)
    }

    /// `token_introspection`: what is said about the token, if it is [active](Self::is_active).
    #[must_use]
    pub fn token(&self) -> Option<&Object> {
        let members = self.0.get("token_introspection").and_then(Value::as_object);
        if self.is_active() { members } else { None }
    }
}

/// A response is read when it comes: this is a slow network and a retry.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::super::tests::{code, signed};
    use super::*;

    /// RFC 9701, section 5: the example.
    fn claims() -> Object {
        let text = br#"{
            "iss":"https://as.example.com/",
            "aud":"https://rs.example.com/resource",
            "iat":1514797892,
            "token_introspection":
               {
                  "active":true,
                  "iss":"https://as.example.com/",
                  "aud":"https://rs.example.com/resource",
                  "iat":1514797822,
                  "exp":1514797942,
                  "client_id":"paiB2goo0a",
                  "scope":"read write dolphin",
                  "sub":"Z5O3upPC88QrAjx00dis",
                  "birthdate":"1982-02-01",
                  "given_name":"John",
                  "family_name":"Doe",
                  "jti":"t1FoCCaZd4Xv4ORJUWVUeTZfsKhW30CQCrWDDjwXy6w"
               }
          }"#;
        crate::json::object_from_slice(text, &crate::json::Limits::default()).unwrap()
    }

    fn verdict_at(now: u64, typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let profile = IntrospectionProfile::new("https://as.example.com/", "https://rs.example.com/resource");
        let token = signed(typ, &claims(), changes);
        code(profile.verify(token.token(), [&token.key()], Timestamp::from_unix(now)))
    }

    const TYP: Option<&str> = Some("token-introspection+jwt");

    #[test]
    fn the_example_of_rfc_9701_is_read() {
        let profile = IntrospectionProfile::new("https://as.example.com/", "https://rs.example.com/resource");
        let token = signed(TYP, &claims(), &[]);
        let verified = profile.verify(token.token(), [&token.key()], Timestamp::from_unix(1_514_797_900)).unwrap();
        assert!(verified.claims().is_active());
        assert_eq!(verified.claims().token().unwrap().get_str("client_id"), Some("paiB2goo0a"));
    }

    #[test]
    fn nothing_can_be_had_of_an_inactive_token() {
        let said: Object = [("active", Value::Bool(false)), ("sub", "alice".into())].into_iter().collect();
        let profile = IntrospectionProfile::new("https://as.example.com/", "https://rs.example.com/resource");
        let token = signed(TYP, &claims(), &[("token_introspection", Some(said.into()))]);
        let verified = profile.verify(token.token(), [&token.key()], Timestamp::from_unix(1_514_797_900)).unwrap();
        assert!(!verified.claims().is_active() && verified.claims().token().is_none());
    }

    #[test]
    fn kind_issuer_audience_time_and_content_must_fit() {
        let verdict = |changes: &[_]| verdict_at(1_514_797_892, TYP, changes);
        assert_eq!(verdict(&[]), "ok");
        assert_eq!(verdict_at(1_514_797_892, None, &[]), "typ_missing");
        assert_eq!(verdict_at(1_514_797_892, Some("JWT"), &[]), "typ_mismatch");
        for (name, code) in [
            ("iss", "issuer_missing"),
            ("aud", "audience_missing"),
            ("iat", "iat_missing"),
            ("token_introspection", "token_introspection_missing"),
        ] {
            assert_eq!(verdict(&[(name, None)]), code);
        }
        for wrong in [Value::Null, Value::Bool(true), Value::Object(Object::new())] {
            assert_eq!(verdict(&[("token_introspection", Some(wrong))]), "token_introspection_wrong_type");
        }
        assert_eq!(verdict(&[("exp", Some(Value::from(1_514_797_862u64)))]), "expired");
    }

    #[test]
    fn an_old_response_is_refused() {
        assert_eq!(verdict_at(1_514_797_892 + 330, TYP, &[]), "ok");
        assert_eq!(verdict_at(1_514_797_892 + 331, TYP, &[]), "too_old");
        assert_eq!(verdict_at(1_514_797_892 - 31, TYP, &[]), "issued_in_future");
    }
}
