//! JWT access tokens (RFC 9068), as a protected API reads them.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, entry_points};
use crate::json::{self, Object};
use crate::policy::{Audience, Claim, Expiry, Failure, Issuer, Reason, Typ};
use crate::verify::verify_with_keys_and;
use crate::{Algorithm, Error, Policy, Timestamp, Verified, VerifyingKeys};

mod payload;
mod untyped;

pub use payload::{AccessTokenPayload, Confirmation};
use payload::{Deciding, Reading};

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
    also_untyped: bool,
    /// Whose tokens need no `aud`.
    clients: Vec<String>,
}

impl AccessTokenProfile {
    /// Access tokens of this issuer for this API, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        // RFC 9068, section 2.2: "iss REQUIRED .. exp REQUIRED .. aud REQUIRED .. sub REQUIRED .. client_id REQUIRED .. iat REQUIRED .. jti REQUIRED"; `client_id` in
        // `check`.
        let policy = Self::policy(issuer.into(), audience.into(), Typ::AccessToken).require("jti");
        Self { policy, also_untyped: false, clients: Vec::new() }
    }

    /// As [`AccessTokenProfile::new`], and also takes tokens of no declared kind (`typ` is absent or `JWT`), which most servers issue that are older than
    /// RFC 9068: Keycloak, Microsoft Entra ID, Amazon Cognito, Okta, and Auth0 unless its RFC 9068 profile is chosen.
    ///
    /// Such a token must have `iss`, `aud`, `sub`, `iat` and `exp` all the same. What keeps the same server's other tokens out is no longer their type, but what
    /// they say (RFC 8725, section 3.12):
    ///
    /// * It must say that it is an access token: by `scope`, `scp`, `client_id`, `cid`, `appid`, `azpacr` or `gty`, which ID tokens have no use for, or by a
    ///   `token_use` of `access`, or a claim `typ` of `Bearer` or `DPoP`.
    /// * It must not say that it is anything else, by another `token_use` or `typ`, nor have what only other kinds have: `nonce`, `at_hash`, `c_hash`, `s_hash`,
    ///   what CIBA puts into ID tokens, `events`, `htm`, `htu`, `ath`, `response_type`, `request_uri`, `redirect_uri`, `code` or `token_introspection`.
    ///
    /// This is weaker than a type: it holds as long as the server puts none of the former into its ID tokens, or the API's name is not that of a client, which it
    /// should never be (RFC 9068, section 5). `jti` and `client_id` may be absent; [`AccessTokenPayload`] also finds the client in `azp`, `cid` or `appid` and the
    /// scope in `scp`. A token with `at+jwt` in its header must say the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::profile::AccessTokenProfile;
    /// use jwt_core::{Algorithm, Header, SigningKey, Timestamp, VerifyingKeys, json, sign};
    ///
    /// let key = SigningKey::hs256(&[7; 32])?;
    /// let keys = VerifyingKeys::from_keys(vec![key.verifying_key()?]);
    /// let profile = AccessTokenProfile::dangerous_also_untyped("https://as.example", "https://api.example");
    /// let verdict = |more: &str| {
    ///     let text = format!(r#"{{"iss":"https://as.example","aud":"https://api.example","sub":"alice","iat":1700000000,"exp":1700000300,{more}}}"#);
    ///     let claims: json::Object = json::from_slice(text.as_bytes(), &Default::default()).expect("it is JSON");
    ///     let token = sign(&Header::new(Algorithm::HS256), &claims, &key).expect("a key of this algorithm");
    ///     let verified = profile.verify_payload(&token, &keys, Timestamp::from_unix(1_700_000_000));
    ///     verified.map(|token| token.claims().client_id().to_owned()).map_err(|error| error.code())
    /// };
    /// assert_eq!(verdict(r#""azp":"app","scope":"read""#), Ok("app".to_owned()));
    /// assert_eq!(verdict(r#""azp":"app","nonce":"n-0S6_WzA2Mj""#), Err("typ_missing"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dangerous_also_untyped(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let typ = Typ::ExactlyOrNone(TYP.into());
        Self { policy: Self::policy(issuer.into(), audience.into(), typ), also_untyped: true, clients: Vec::new() }
    }

    /// Takes tokens without `aud` too, if their `client_id` is one of these: Amazon Cognito writes no `aud` into access tokens unless the client asks for a
    /// resource, and has whoever takes them look at the client. An `aud` that is there counts all the same.
    ///
    /// Such a token is for every API that trusts this issuer and knows this client: another one that gets it can use it here.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::profile::AccessTokenProfile;
    ///
    /// let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example";
    /// let profile = AccessTokenProfile::dangerous_also_untyped(pool, "https://api.example")
    ///     .dangerous_without_audience(["1example23456789"]);
    /// # let _ = profile;
    /// ```
    #[must_use]
    pub fn dangerous_without_audience<T: Into<String>>(mut self, clients: impl IntoIterator<Item = T>) -> Self {
        self.clients = clients.into_iter().map(Into::into).collect();
        self.policy = self.policy.audience_elsewhere();
        self
    }

    fn policy(issuer: String, audience: String, typ: Typ) -> Policy {
        Policy::new(Issuer::exactly(issuer), Audience::contains(audience), typ, Expiry::Required)
            .leeway(DEFAULT_LEEWAY)
            .require("sub")
            .require("iat")
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    /// Checks signature and claims with the keys of a set, as [`AccessTokenProfile::verify_with_keys`], and keeps the claims as the text that they came as: for
    /// that two allocations are made, and for an ordinary token no other.
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
    /// let verified = profile.verify_payload(&token, &keys, Timestamp::from_unix(1_700_000_000))?;
    /// assert_eq!((verified.claims().subject(), verified.claims().client_id()), ("alice", "app"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_payload(
        &self,
        compact: &str,
        keys: &VerifyingKeys,
        now: Timestamp,
    ) -> Result<Verified<AccessTokenPayload>, Error> {
        let also = |reading: &Reading<'_>| {
            let mut found = reading.deciding().failures(!self.also_untyped);
            if self.looks_further() {
                // Of a token whose signature holds; it was read before, as an object.
                let claims = json::object_from_slice(reading.document.as_bytes(), &json::Limits::unbounded());
                self.look_further(&claims.unwrap_or_default(), &mut found);
            }
            found
        };
        let mut text = String::new();
        let verified = verify_with_keys_and(compact, keys, &self.policy, now, &mut text, also)?;
        Ok(verified.map(|found| AccessTokenPayload::new(text, found, self.also_untyped)))
    }

    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        found.found.extend(Deciding::of(claims).failures(!self.also_untyped));
        self.look_further(claims, &mut found.found);
    }

    /// Whether more counts than RFC 9068 says.
    const fn looks_further(&self) -> bool {
        self.also_untyped || self.policy.has_audience_elsewhere()
    }

    fn look_further(&self, claims: &Object, found: &mut Vec<Failure>) {
        if self.also_untyped {
            untyped::failures(claims, found);
        }
        if self.policy.has_audience_elsewhere() && claims.get("aud").is_none() {
            let client = claims.get_str("client_id");
            if !client.is_some_and(|client| self.clients.iter().any(|known| known == client)) {
                found.push(Failure::new(Claim::Audience, Reason::Missing));
            }
        }
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

    /// `client_id`: the client that got it. Empty where one of [no declared kind](AccessTokenProfile::dangerous_also_untyped) has none.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.0.get_str("client_id").unwrap_or_default()
    }

    /// `jti`: its own name. Empty where one of no declared kind has none.
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

const TYP: &str = "at+jwt";

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

    fn lax() -> AccessTokenProfile {
        AccessTokenProfile::dangerous_also_untyped(
            "https://authorization-server.example.com/",
            "https://rs.example.com/",
        )
    }

    fn verdict(typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let token = signed(typ, &claims(), changes);
        code(profile().verify(token.token(), [&token.key()], NOW))
    }

    #[test]
    fn kept_as_text_or_read_the_verdict_is_the_same() {
        // JWT-15
        let nested = || Value::Object([("a", true)].into_iter().collect());
        let list = || Value::Array(["a".into()].to_vec());
        let mut cases: Vec<Vec<(&str, Option<Value>)>> = alloc::vec![Vec::new()];
        for name in [
            "iss",
            "aud",
            "sub",
            "client_id",
            "jti",
            "iat",
            "exp",
            "scope",
            "sid",
            "acr",
            "auth_time",
            "cnf",
            "nonce",
            "events",
            "typ",
            "token_use",
        ] {
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
                cases.push([(name, value.clone()), ("azp", Some("azp".into())), ("client_id", None)].into());
                cases.push([(name, value), ("client_id", Some(1_u64.into())), ("exp", Some(1_u64.into()))].into());
            }
        }
        let keys = VerifyingKeys::from_keys([signed(TYP, &claims(), &[]).key()].into());
        let by_client = || lax().dangerous_without_audience(["s6BhdRkqt3", "x"]);
        for (profile, changes) in
            [profile(), lax(), by_client()].iter().flat_map(|profile| cases.iter().map(move |c| (profile, c)))
        {
            let token = signed(TYP, &claims(), changes);
            let read = profile.verify(token.token(), [&token.key()], NOW);
            let kept = profile.verify_payload(token.text(), &keys, NOW);
            match (&read, &kept) {
                (Ok(read), Ok(kept)) => {
                    let (claims, payload) = (read.claims(), kept.claims());
                    assert_eq!((payload.issuer(), payload.subject()), (claims.issuer(), claims.subject()));
                    let client = claims.all().get_str("client_id").or_else(|| claims.all().get_str("azp"));
                    assert_eq!(payload.client_id(), client.unwrap_or_default());
                    assert_eq!((payload.id(), payload.scope()), (claims.id(), claims.scope()));
                    assert_eq!(payload.acr(), claims.all().get_str("acr"));
                    assert_eq!(payload.session_id(), claims.all().get_str("sid"));
                    assert_eq!(payload.confirmation().is_some(), claims.all().get("cnf").is_some());
                    assert_eq!(payload.claims(), *claims.all());
                    assert_eq!(kept.expires_at(), read.expires_at());
                }
                (Err(read), Err(kept)) => assert_eq!(read, kept, "{changes:?}"),
                _ => panic!("{read:?} {kept:?} {changes:?}"),
            }
        }
    }

    #[test]
    fn texts_are_found_where_they_are_however_they_are_written() {
        // RFC 8259, section 7: an escape is another spelling of the same text.
        let keys = VerifyingKeys::from_keys([signed(TYP, &claims(), &[]).key()].into());
        let read = |json: &str| {
            let input = [r#"{"alg":"HS256","typ":"at+jwt"}"#, json].map(base64url::encode).join(".");
            let signature = SigningKey::hs256(&[7; 32]).unwrap().sign(input.as_bytes()).unwrap();
            let token = alloc::format!("{input}.{}", base64url::encode(signature));
            profile().verify_payload(&token, &keys, NOW).map(Verified::into_claims)
        };
        let payload = read(
            r#" { "jti" : "\u006a" , "\u0073ub":"J\u00f6rg \ud83d\ude00","iss":"https:\/\/authorization-server.example.com\/", "x":["\n",{"sub":"\t"}],
            "aud":"https://rs.example.com/","client_id":"é","scope":"","iat":1700000000,"exp":1700000001,"acr":"a\"b","auth_time":-1.5,
            "cnf":{"x5t#S256":"\u0078","kid":"\u0079","\u006akt":"plain"},"sid":"plain"} "#,
        )
        .unwrap();
        assert_eq!((payload.id(), payload.subject(), payload.client_id()), ("j", "J\u{f6}rg \u{1f600}", "\u{e9}"));
        assert_eq!((payload.scope(), payload.acr(), payload.session_id()), (Some(""), Some("a\"b"), Some("plain")));
        assert_eq!(payload.auth_time(), Some(Timestamp::EPOCH));
        let cnf = payload.confirmation().unwrap();
        assert_eq!((cnf.jkt(), cnf.x5t_s256(), cnf.is_understood()), (Some("plain"), Some("x"), true));
        // What lies behind the payload in its buffer is not taken for a part of it.
        assert_eq!(payload.claims().get_str("sub"), Some("J\u{f6}rg \u{1f600}"));
        assert_eq!(payload.claims().len(), 13);
        assert_eq!(alloc::format!("{payload:?}"), "AccessTokenPayload { bound: true, .. }");
        for json in [
            r#"{"sub":"a","sub":"b"}"#,
            r#"{"sub":"a","s\u0075b":"b"}"#,
            r#"{"cnf":{"jkt":"a","jkt":"b"}}"#,
            r#"{"cnf":{"jkt":"a"}"#,
            r#"{"sub":"a"} x"#,
            r#"{"sub":}"#,
            "[]",
        ] {
            assert_eq!(read(json).unwrap_err().code(), "claims_not_strict_json", "{json}");
        }
    }

    #[test]
    fn a_confirmation_is_never_overlooked() {
        let keys = VerifyingKeys::from_keys([signed(TYP, &claims(), &[]).key()].into());
        let read = |cnf: &str| {
            let cnf: Value = json::from_slice(cnf.as_bytes(), &json::Limits::default()).unwrap();
            let token = signed(TYP, &claims(), &[("cnf", Some(cnf.clone()))]);
            let verified = profile().verify_payload(token.text(), &keys, NOW).unwrap();
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
        let codes: Vec<_> = error.failures().iter().map(Failure::code).collect();
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
