//! JWT access tokens (RFC 9068), as a protected API reads them.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, entry_points};
use crate::json::Object;
use crate::policy::{Audience, Expiry, Issuer, Typ};
use crate::verify::verify_with_keys_and;
use crate::{Algorithm, Error, Policy, Timestamp, Verified, VerifyingKeys};

mod view;

use view::Deciding;
pub use view::{AccessTokenView, Confirmation};

/// What an access token must be: `at+jwt`, of this issuer, for this API, not expired, with the claims of RFC 9068, section 2.2.
///
/// # Examples
///
/// ```
/// use jwt_core::profile::AccessTokenProfile;
/// use jwt_core::{Algorithm, Header, Limits, RegisteredClaims, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let claims = RegisteredClaims::new().with_issuer("https://as.example").with_subject("alice"); // and nothing else
/// let token = sign(&Header::new(Algorithm::HS256).with_typ("at+jwt"), &claims, &key)?;
///
/// let profile = AccessTokenProfile::new("https://as.example", "https://api.example");
/// let token = Unverified::parse(&token, &Limits::default())?;
/// let error = profile.verify(token, [&key.verifying_key()?], now).unwrap_err();
/// assert_eq!(error.code(), "audience_missing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessTokenProfile {
    policy: Policy,
}

impl AccessTokenProfile {
    /// Access tokens of this issuer for this API, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let (issuer, audience) = (Issuer::exactly(issuer), Audience::contains(audience));
        // RFC 9068, section 2.2: "iss REQUIRED .. exp REQUIRED .. aud REQUIRED .. sub REQUIRED .. client_id REQUIRED .. iat REQUIRED .. jti REQUIRED"; `client_id` in
        // `check`.
        let policy = Policy::new(issuer, audience, Typ::AccessToken, Expiry::Required)
            .leeway(DEFAULT_LEEWAY)
            .require("sub")
            .require("iat")
            .require("jti");
        Self { policy }
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    /// Checks signature and claims with the keys of a set, as [`AccessTokenProfile::verify_with_keys`], and borrows from `buffer`, which is overwritten with
    /// the claims: nothing is allocated once it has grown.
    ///
    /// # Errors
    ///
    /// As [`verify_with_keys`](crate::verify_with_keys()).
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::profile::AccessTokenProfile;
    /// use jwt_core::{SigningKey, Timestamp, VerifyingKeys};
    ///
    /// # let key = SigningKey::hs256(&[7; 32])?;
    /// # let claims = br#"{"iss":"https://as.example","aud":"https://api.example","sub":"alice","client_id":"app","jti":"1","iat":1700000000,"exp":1700000300}"#;
    /// # let claims: jwt_core::json::Object = jwt_core::json::from_slice(claims, &Default::default())?;
    /// # let token = jwt_core::sign(&jwt_core::Header::new(jwt_core::Algorithm::HS256).with_typ("at+jwt"), &claims, &key)?;
    /// let profile = AccessTokenProfile::new("https://as.example", "https://api.example");
    /// let keys = VerifyingKeys::from_keys(vec![key.verifying_key()?]);
    /// let mut buffer = Vec::new(); // one for many tokens
    /// let verified = profile.verify_borrowed(&token, &keys, Timestamp::from_unix(1_700_000_000), &mut buffer)?;
    /// assert_eq!((verified.claims().subject(), verified.claims().client_id()), ("alice", "app"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_borrowed<'b>(
        &self,
        compact: &str,
        keys: &VerifyingKeys,
        now: Timestamp,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Verified<AccessTokenView<'b>>, Error> {
        let also = |claims: &AccessTokenView<'_>| claims.deciding().failures().collect();
        verify_with_keys_and(compact, keys, &self.policy, now, buffer, also)
    }

    #[expect(clippy::unused_self, reason = "as the other profiles")]
    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        found.found.extend(Deciding::of(claims).failures());
    }
}

entry_points!(AccessTokenProfile, AccessTokenClaims);

/// The claims of a checked access token (RFC 9068, section 2.2).
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::AccessTokenProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut claims: Object = [
///     ("iss", "https://as.example"),
///     ("aud", "https://api.example"),
///     ("sub", "alice"),
///     ("client_id", "app"),
///     ("jti", "j-1"),
///     ("scope", "read write"),
/// ]
/// .into_iter()
/// .collect();
/// claims.insert("iat", now.as_unix());
/// claims.insert("exp", now.as_unix() + 300);
/// let token = sign(&Header::new(Algorithm::HS256).with_typ("at+jwt"), &claims, &key)?;
///
/// let profile = AccessTokenProfile::new("https://as.example", "https://api.example");
/// let verified = profile.verify(Unverified::parse(&token, &Limits::default())?, [&key.verifying_key()?], now)?;
/// let claims = verified.claims();
/// assert_eq!((claims.subject(), claims.client_id(), claims.scope()), ("alice", "app", Some("read write")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessTokenClaims(Object);

impl AccessTokenClaims {
    /// `iss`: who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.get_str("iss").unwrap_or_default()
    }

    /// `sub`: for whom the client acts, or the client itself. Unique only together with the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.0.get_str("sub").unwrap_or_default()
    }

    /// `client_id`: the client that got it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.0.get_str("client_id").unwrap_or_default()
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get_str("jti").unwrap_or_default()
    }

    /// `scope`, space-separated (RFC 8693, section 4.2). `None` where it is absent, or not a string.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.0.get_str("scope")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, code, signed};
    use super::*;
    use crate::json::Value;
    use crate::{Limits, SigningKey, Unverified, VerifyingKeys, base64url};

    const TYP: Option<&str> = Some("at+jwt");

    /// RFC 9068, figure 3, at another time.
    fn claims() -> Object {
        let mut claims: Object = [
            ("iss", "https://authorization-server.example.com/"),
            ("sub", "5ba552d67"),
            ("aud", "https://rs.example.com/"),
            ("jti", "dbe39bf3a3ba4238a513f51d6e1691c4"),
            ("client_id", "s6BhdRkqt3"),
            ("scope", "openid profile reademail"),
        ]
        .into_iter()
        .collect();
        claims.insert("iat", NOW.as_unix());
        claims.insert("exp", NOW.as_unix() + 3600);
        claims
    }

    fn profile() -> AccessTokenProfile {
        AccessTokenProfile::new("https://authorization-server.example.com/", "https://rs.example.com/")
    }

    fn verdict(typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let token = signed(typ, &claims(), changes);
        code(profile().verify(token.token(), [&token.key()], NOW))
    }

    #[test]
    fn borrowed_or_owned_the_verdict_is_the_same() {
        // JWT-15
        let nested = || Value::Object([("a", true)].into_iter().collect());
        let list = || Value::Array(["a".into()].to_vec());
        let mut cases: Vec<Vec<(&str, Option<Value>)>> = alloc::vec![Vec::new()];
        for name in ["iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope", "sid", "acr", "auth_time", "cnf"] {
            for value in [
                None,
                Some("".into()),
                Some("x".into()),
                Some(Value::Null),
                Some(true.into()),
                Some(1_u64.into()),
                Some((-1_i64).into()),
                Some(nested()),
                Some(list()),
            ] {
                cases.push([(name, value.clone())].into());
                cases.push([(name, value), ("client_id", Some(1_u64.into())), ("exp", Some(1_u64.into()))].into());
            }
        }
        let keys = VerifyingKeys::from_keys([signed(TYP, &claims(), &[]).key()].into());
        let mut buffer = Vec::new();
        for changes in cases {
            let token = signed(TYP, &claims(), &changes);
            let owned = profile().verify(token.token(), [&token.key()], NOW);
            let borrowed = profile().verify_borrowed(token.text(), &keys, NOW, &mut buffer);
            match (&owned, &borrowed) {
                (Ok(owned), Ok(borrowed)) => {
                    let view = borrowed.claims();
                    let claims = owned.claims();
                    assert_eq!((view.subject(), view.client_id()), (claims.subject(), claims.client_id()));
                    assert_eq!((view.id(), view.scope()), (claims.id(), claims.scope()));
                    assert_eq!(view.acr(), claims.all().get_str("acr"));
                    assert_eq!(view.session_id(), claims.all().get_str("sid"));
                    assert_eq!(view.confirmation().is_some(), claims.all().get("cnf").is_some());
                    assert_eq!(borrowed.expires_at(), owned.expires_at());
                }
                (Err(owned), Err(borrowed)) => assert_eq!(owned, borrowed, "{changes:?}"),
                _ => panic!("{owned:?} {borrowed:?} {changes:?}"),
            }
        }
    }

    #[test]
    fn a_confirmation_is_never_overlooked() {
        let keys = VerifyingKeys::from_keys([signed(TYP, &claims(), &[]).key()].into());
        let read = |cnf: &str| {
            let cnf: Value = crate::json::from_slice(cnf.as_bytes(), &crate::json::Limits::default()).unwrap();
            let token = signed(TYP, &claims(), &[("cnf", Some(cnf.clone()))]);
            let mut buffer = Vec::new();
            let verified = profile().verify_borrowed(token.text(), &keys, NOW, &mut buffer).unwrap();
            let found = verified.claims().confirmation().expect("it is there");
            if let Some(object) = cnf.as_object() {
                let same = Confirmation::of(object);
                assert_eq!((same.jkt(), same.x5t_s256()), (found.jkt(), found.x5t_s256()));
                assert_eq!(same.is_understood(), found.is_understood());
            }
            (found.is_understood(), found.jkt().map(String::from), found.x5t_s256().map(String::from))
        };
        for nothing in ["null", "1", "-1", "1.5", "true", "\"jkt\"", "[{\"jkt\":\"a\"}]", "{}", r#"{"kid":"a"}"#] {
            assert_eq!(read(nothing), (false, None, None), "{nothing}");
        }
        for wrong in
            [r#"{"jkt":1}"#, r#"{"jkt":null}"#, r#"{"jkt":["a"]}"#, r#"{"jkt":{"a":1}}"#, r#"{"x5t#S256":true}"#]
        {
            assert!(!read(wrong).0, "{wrong}");
        }
        assert!(!read(r#"{"jkt":"a","x5t#S256":1}"#).0);
        assert_eq!(read(r#"{"jkt":"a","kid":"b"}"#), (true, Some("a".into()), None));
        assert_eq!(read(r#"{"x5t#S256":"c","jkt":"a"}"#), (true, Some("a".into()), Some("c".into())));
    }

    #[test]
    fn the_claims_of_rfc_9068_are_read() {
        // JWT-15
        let token = signed(TYP, &claims(), &[]);
        let verified = profile().verify(token.token(), [&token.key()], NOW).unwrap();
        let read = verified.claims();
        assert_eq!(read.issuer(), "https://authorization-server.example.com/");
        assert_eq!((read.subject(), read.client_id()), ("5ba552d67", "s6BhdRkqt3"));
        assert_eq!((read.id(), read.scope()), ("dbe39bf3a3ba4238a513f51d6e1691c4", Some("openid profile reademail")));
        assert_eq!(read.all(), &claims());
        for scope in [None, Some(Value::Null), Some(Value::Array([Value::from("openid")].into()))] {
            let token = signed(TYP, &claims(), &[("scope", scope)]);
            let verified = profile().verify(token.token(), [&token.key()], NOW).unwrap();
            assert_eq!(verified.claims().scope(), None);
        }
    }

    #[test]
    fn every_claim_that_rfc_9068_requires_is_required() {
        // JWT-15; RFC 9068, section 2.2
        for (name, missing, wrong) in [
            ("iss", "issuer_missing", "issuer_wrong_type"),
            ("exp", "exp_missing", "exp_wrong_type"),
            ("aud", "audience_missing", "audience_wrong_type"),
            ("sub", "subject_missing", "subject_wrong_type"),
            ("client_id", "client_id_missing", "client_id_wrong_type"),
            ("iat", "iat_missing", "iat_wrong_type"),
            ("jti", "jti_missing", "jti_wrong_type"),
        ] {
            assert_eq!(verdict(TYP, &[(name, None)]), missing);
            for value in [Value::Null, Value::Bool(true), Value::Object(Object::new())] {
                assert_eq!(verdict(TYP, &[(name, Some(value))]), wrong, "{name}");
            }
        }
        let token = signed(TYP, &Object::new(), &[]);
        let error = profile().verify(token.token(), [&token.key()], NOW).unwrap_err();
        let codes: Vec<_> = error.failures().iter().map(crate::Failure::code).collect();
        assert_eq!(
            codes,
            [
                "issuer_missing",
                "audience_missing",
                "subject_missing",
                "jti_missing",
                "client_id_missing",
                "iat_missing",
                "exp_missing"
            ]
        );
    }

    #[test]
    fn an_empty_name_is_none() {
        // JWT-15
        for (name, code) in [("sub", "subject_mismatch"), ("jti", "jti_empty"), ("client_id", "client_id_mismatch")] {
            assert_eq!(verdict(TYP, &[(name, Some("".into()))]), code);
        }
    }

    #[test]
    fn a16_another_issuer_audience_or_kind_is_refused() {
        // JWT-15; RFC 9068, section 4
        assert_eq!(verdict(TYP, &[]), "ok");
        assert_eq!(verdict(Some("application/at+jwt"), &[]), "ok");
        let among_others = Value::Array(["https://rs.example.com/", "x"].map(Value::from).to_vec());
        assert_eq!(verdict(TYP, &[("aud", Some(among_others))]), "ok");
        assert_eq!(verdict(None, &[]), "typ_missing");
        assert_eq!(verdict(Some("JWT"), &[]), "typ_mismatch");
        assert_eq!(verdict(TYP, &[("aud", Some("https://rs.example.com".into()))]), "audience_mismatch");
        assert_eq!(
            verdict(TYP, &[("iss", Some("https://authorization-server.example.com".into()))]),
            "issuer_mismatch"
        );
        let past = |seconds: u64| verdict(TYP, &[("exp", Some(Value::from(NOW.as_unix() - seconds)))]);
        assert_eq!([past(29).as_str(), &past(30)], ["ok", "expired"]);
    }

    #[test]
    fn a1_an_access_token_without_a_signature_is_refused() {
        // JWT-15; RFC 9068, section 4: "The resource server MUST reject any JWT in which the value of "alg" is "none"."
        let key = SigningKey::hs256(&[7; 32]).unwrap().verifying_key().unwrap();
        let payload = base64url::encode(serde_json::to_vec(&claims()).unwrap());
        for alg in ["none", "None", "NONE"] {
            let header = base64url::encode(alloc::format!(r#"{{"alg":"{alg}","typ":"at+jwt"}}"#));
            for signature in ["", "AAAA"] {
                let token = alloc::format!("{header}.{payload}.{signature}");
                let parsed = || Unverified::parse(&token, &Limits::default()).unwrap();
                assert_eq!(code(profile().verify(parsed(), [&key], NOW)), "no_key_for_algorithm");
                let asserted = profile().verified(parsed(), crate::SignatureVerified::assertion(), NOW);
                assert_eq!(code(asserted), "unsupported_algorithm", "not even where somebody says so");
            }
        }
    }
}
