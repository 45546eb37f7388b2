//! ID tokens (OpenID Connect Core 1.0 with errata set 2, sections 2, 3.1.3.7 and 12.2), as a client reads them.

mod refreshed;

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use sha2::{Digest, Sha256, Sha384, Sha512};

pub use self::refreshed::OriginalIdToken;
use super::{DEFAULT_LEEWAY, Failures, absent, empty, entry_points, every_audience, text, text_if_there};
use crate::digest::constant_time_eq;
use crate::json::{Object, Value};
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Policy, Secret, Timestamp, base64url};

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
    issuer: String,
    schemeless: bool,
    client_id: String,
    other_audiences: Vec<String>,
    other_parties: Vec<String>,
    nonce: Option<Secret>,
    max_age: Option<Duration>,
    access_token: Option<Secret>,
    code: Option<Secret>,
    hashes_required: bool,
    pushed: Option<Pushed>,
    contexts: Option<Vec<String>>,
    original: Option<OriginalIdToken>,
    leeway: Duration,
}

/// What came beside an ID token that was pushed.
#[derive(Clone, Debug)]
struct Pushed {
    auth_req_id: Secret,
    refresh_token: Option<Secret>,
}

impl IdTokenProfile {
    /// ID tokens of this issuer for this client, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        let (issuer, client_id) = (issuer.into(), client_id.into());
        // OpenID Connect Core, section 2: iss, sub, aud, exp and iat are REQUIRED.
        let (exactly, audience) = (Issuer::exactly(issuer.as_str()), Audience::contains(client_id.as_str()));
        let policy = Policy::new(exactly, audience, Typ::IdToken, Expiry::Required)
            .leeway(DEFAULT_LEEWAY)
            .require("sub")
            .require("iat");
        Self {
            policy,
            issuer,
            schemeless: false,
            client_id,
            other_audiences: Vec::new(),
            other_parties: Vec::new(),
            nonce: None,
            max_age: None,
            access_token: None,
            code: None,
            hashes_required: false,
            pushed: None,
            contexts: None,
            original: None,
            leeway: DEFAULT_LEEWAY,
        }
    }

    /// Takes the issuer without its `https://` for the issuer, too, and for no other: `accounts.google.com` for `https://accounts.google.com`.
    /// "Google's deployed OpenID Connect implementation issues ID Tokens that omit the required `https://` scheme prefix from the iss (issuer) Claim Value", and a
    /// workaround "should be written in a manner that will not break at such point Google adds the missing prefix" (OpenID Connect Core, section 15.6.2). The keys
    /// must be those of the one issuer all the same, and the [claims](IdTokenClaims::issuer) name it as this profile does: it is one issuer, of which a user is one user.
    ///
    /// Without this, such a token is of another issuer (OpenID Connect Core, section 3.1.3.7, step 2).
    #[must_use]
    pub fn schemeless_issuer(mut self) -> Self {
        if let Some(short) = without_scheme(&self.issuer) {
            self.policy = self.policy.with_issuer(Issuer::one_of([self.issuer.as_str(), short]));
            self.schemeless = true;
        }
        self
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

    /// Demands this subject.
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

    /// Compares `c_hash`, where the token has one, with this code, which came beside it (section 3.3.2.10).
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(Secret::new(code));
        self
    }

    /// Demands the hashes of the code and of the access token that were told to this profile: for an ID token that came through the browser beside them
    /// (sections 3.2.2.10 and 3.3.2.11). Without this they are compared where they are, as for an ID token from the token endpoint.
    #[must_use]
    pub const fn require_hashes(mut self) -> Self {
        self.hashes_required = true;
        self
    }

    /// Demands what binds tokens that were pushed to each other and to the request that they answer (CIBA Core, section 10.3.1): the `auth_req_id`, the hash of
    /// the refresh token that came beside it, if one did, and that of the [access token](Self::access_token), which has to be told too.
    #[must_use]
    pub fn pushed(mut self, auth_req_id: impl Into<String>, refresh_token: Option<&str>) -> Self {
        self.pushed =
            Some(Pushed { auth_req_id: Secret::new(auth_req_id), refresh_token: refresh_token.map(Secret::new) });
        self.require_hashes()
    }

    /// Demands that `acr` is one of these: the authentication context classes that were asked for as essential (step 12). Of an empty list nothing is one:
    /// every ID token is then refused.
    #[must_use]
    pub fn acr_values<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.contexts = Some(values.into_iter().map(Into::into).collect());
        self
    }

    /// Demands what section 12.2 demands of an ID token that came with a refresh: the issuer, the subject, the audience and the authorized party of the
    /// original, its time of authentication, its `nonce` or none, and that it was not issued before the original.
    #[must_use]
    pub fn refreshed_from(mut self, original: OriginalIdToken) -> Self {
        self.policy = self.policy.subject(original.subject());
        self.original = Some(original);
        self
    }

    /// Trusts this further audience. Without this, a token that is for anybody else too is refused (step 3).
    #[must_use]
    pub fn trusted_audience(mut self, audience: impl Into<String>) -> Self {
        self.other_audiences.push(audience.into());
        self
    }

    /// Trusts this further authorized party (`azp`), where an extension of the issuer's says that an ID token for this client was issued to another one: a
    /// mobile application's, for its server. Without this, an `azp` that is there must be this client.
    #[must_use]
    pub fn trusted_party(mut self, client_id: impl Into<String>) -> Self {
        self.other_parties.push(client_id.into());
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self.leeway = leeway;
        self
    }

    fn check(&self, claims: &Object, algorithm: Algorithm, now: Timestamp, found: &mut Failures<'_>) {
        // "The ID Token MUST be rejected if .. it contains additional audiences not trusted by the Client." (step 3)
        let trusted = |audience: &str| {
            audience == self.client_id || self.other_audiences.iter().any(|trusted| trusted == audience)
        };
        found.add(Claim::Audience, (!every_audience(claims, trusted)).then_some(Reason::Mismatch));
        // Section 2: "A locally unique and never reassigned identifier within the Issuer for the End-User". Nobody is called nothing.
        found.add(Claim::Subject, empty(claims, "sub"));
        found.add(Claim::Id, empty(claims, "jti"));
        found.add(Claim::Nonce, self.check_nonce(claims));
        found.add(Claim::AuthorizedParty, self.check_authorized_party(claims));
        let (access_token, code) = (self.access_token.as_ref(), self.code.as_ref());
        found.add(Claim::AccessTokenHash, self.check_hash(claims, "at_hash", access_token, algorithm));
        found.add(Claim::CodeHash, self.check_hash(claims, "c_hash", code, algorithm));
        if let Some(Pushed { auth_req_id, refresh_token }) = &self.pushed {
            let hash = self.check_hash(claims, RT_HASH, refresh_token.as_ref(), algorithm);
            found.add(Claim::RefreshTokenHash, hash);
            let named = text(claims, AUTH_REQ_ID, |found| auth_req_id.matches(found));
            found.add(Claim::AuthenticationRequest, named);
        }
        if let Some(contexts) = &self.contexts {
            let wanted = |context: &str| contexts.iter().any(|wanted| wanted == context);
            found.add(Claim::AuthContext, text(claims, "acr", wanted));
        }
        found.add(Claim::AuthTime, self.check_auth_time(claims, now));
        // What has `events` is a security event (RFC 8417, section 2.2), such as a logout token, and no ID token.
        found.add(Claim::Events, absent(claims, "events"));
        if let Some(original) = &self.original {
            original.check(claims, self.leeway, |one, other| self.is_one_issuer(one, other), found);
        }
    }

    /// Whether two spellings are of one issuer.
    fn is_one_issuer(&self, one: &str, other: &str) -> bool {
        let is_ours = |issuer: &str| issuer == self.issuer || Some(issuer) == without_scheme(&self.issuer);
        one == other || (self.schemeless && is_ours(one) && is_ours(other))
    }

    /// The claims, with one spelling for one issuer.
    fn read(&self, mut claims: Object) -> IdTokenClaims {
        if self.schemeless {
            claims.insert("iss", self.issuer.as_str());
        }
        IdTokenClaims(claims)
    }

    fn check_nonce(&self, claims: &Object) -> Option<Reason> {
        let expected = self.nonce.as_ref()?;
        text(claims, "nonce", |found| expected.matches(found))
    }

    /// "If the implementation is using extensions .. that result in the azp (authorized party) Claim being present, it SHOULD validate the azp value as specified
    /// by those extensions. This validation MAY include that when an azp (authorized party) Claim is present, the Client SHOULD verify that its client_id is the
    /// Claim Value." (errata set 2, section 3.1.3.7, steps 4 and 5) That an `azp` must be there for several audiences, as errata set 1 had it, is gone.
    fn check_authorized_party(&self, claims: &Object) -> Option<Reason> {
        let trusted = |party: &str| party == self.client_id || self.other_parties.iter().any(|other| other == party);
        text_if_there(claims, "azp", trusted)
    }

    /// Sections 3.1.3.6 and 3.3.2.11: the left half of the hash of the access token or the code, by the hash of the ID token's algorithm.
    fn check_hash(&self, claims: &Object, name: &str, beside: Option<&Secret>, algorithm: Algorithm) -> Option<Reason> {
        let beside = beside?;
        let same = |found: &str| {
            left_half_of_hash(algorithm, beside.expose().as_bytes())
                .is_some_and(|hash| constant_time_eq(hash.as_bytes(), found.as_bytes()))
        };
        if self.hashes_required { text(claims, name, same) } else { text_if_there(claims, name, same) }
    }

    fn check_auth_time(&self, claims: &Object, now: Timestamp) -> Option<Reason> {
        let max_age = self.max_age?;
        let Some(found) = claims.get("auth_time") else { return Some(Reason::Missing) };
        let Value::Number(seconds) = found else { return Some(Reason::WrongType) };
        let age = now.as_duration().as_secs_f64() - seconds.as_f64();
        (age > max_age.saturating_add(self.leeway).as_secs_f64()).then_some(Reason::TooOld)
    }
}

/// An issuer as Google wrote it before it was an OpenID provider. (OpenID Connect Core, section 2: "a case-sensitive URL using the https scheme".)
fn without_scheme(issuer: &str) -> Option<&str> {
    issuer.strip_prefix("https://").filter(|rest| !rest.is_empty())
}

/// CIBA Core, section 10.3.1.
const RT_HASH: &str = "urn:openid:params:jwt:claim:rt_hash";
/// CIBA Core, section 10.3.1.
const AUTH_REQ_ID: &str = "urn:openid:params:jwt:claim:auth_req_id";

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

entry_points!(IdTokenProfile, IdTokenClaims, Self::read);

/// The claims of a checked ID token (OpenID Connect Core, sections 2 and 5.1).
///
/// [`IdTokenProfile`] shows how to get them.
#[derive(Clone, Debug)]
pub struct IdTokenClaims(Object);

impl IdTokenClaims {
    /// `iss`: who says so. Of an issuer that may be spelt [without its scheme](IdTokenProfile::schemeless_issuer), whole.
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

    /// A claim of any type, such as `email_verified`, `auth_time` or `amr`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, Limits, SigningKey, Unverified, sign};

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
        // Of several audiences, each trusted, none needs an `azp`; and one of an extension is taken where the caller says so.
        assert_eq!(verdict(&trusting, None, &[("aud", array(&["app", "other"])), ("azp", None)]), "ok");
        let extended = profile().trusted_party("mobile");
        for (azp, code) in [("mobile", "ok"), ("app", "ok"), ("other", "azp_mismatch")] {
            assert_eq!(verdict(&extended, None, &[("azp", Some(azp.into()))]), code);
        }
    }

    #[test]
    fn a_schemeless_issuer_is_one_issuer_in_two_spellings_and_no_other_and_only_by_name() {
        // JWT-04, JWT-16, A7
        let issuer = |profile: &IdTokenProfile, iss: &str| verdict(profile, None, &[("iss", Some(iss.into()))]);
        let named = profile().schemeless_issuer();
        for (iss, without, with) in [
            ("https://as.example", "ok", "ok"),
            ("as.example", "issuer_mismatch", "ok"),
            ("https://as.example/", "issuer_mismatch", "issuer_mismatch"),
            ("as.example/", "issuer_mismatch", "issuer_mismatch"),
            ("http://as.example", "issuer_mismatch", "issuer_mismatch"),
            ("//as.example", "issuer_mismatch", "issuer_mismatch"),
            ("AS.example", "issuer_mismatch", "issuer_mismatch"),
            ("evil.example", "issuer_mismatch", "issuer_mismatch"),
            ("https://evil.example", "issuer_mismatch", "issuer_mismatch"),
            ("", "issuer_mismatch", "issuer_mismatch"),
        ] {
            assert_eq!((issuer(&profile(), iss), issuer(&named, iss)), (without.into(), with.into()), "{iss}");
        }
        assert_eq!(verdict(&named, None, &[("iss", None)]), "issuer_missing");
        // Nothing else is weaker.
        let iss = ("iss", Some(Value::from("as.example")));
        assert_eq!(verdict(&named, None, &[iss.clone(), ("aud", Some("other".into()))]), "audience_mismatch");
        assert_eq!(verdict(&named.clone().nonce("n"), None, core::slice::from_ref(&iss)), "nonce_missing");
        assert_eq!(verdict(&named, None, &[iss, ("exp", Some(1_u64.into()))]), "expired");
        // What has no scheme has none to be left out, and nothing is the short form of everything.
        for odd in ["as.example", "http://as.example", "https://"] {
            let odd = IdTokenProfile::new(odd, "app").schemeless_issuer();
            assert_eq!([issuer(&odd, "https://as.example"), issuer(&odd, "")], ["issuer_mismatch", "issuer_mismatch"]);
        }
    }

    #[test]
    fn the_claims_of_a_schemeless_issuer_name_it_whole() {
        let key = SigningKey::hs256(&[7; 32]).unwrap();
        let mut claims: Object = [("iss", "as.example"), ("aud", "app"), ("sub", "alice")].into_iter().collect();
        claims.insert("iat", NOW.as_unix());
        claims.insert("exp", NOW.as_unix() + 300);
        let token = sign(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        let verified = |profile: &IdTokenProfile| {
            let token = Unverified::parse(&token, &Limits::default()).unwrap();
            profile.verify(token, [&key.verifying_key().unwrap()], NOW).map(|verified| verified.claims().clone())
        };
        let named = profile().schemeless_issuer();
        let first = verified(&named).unwrap();
        assert_eq!((first.issuer(), first.all().get_str("iss")), ("https://as.example", Some("https://as.example")));
        // A refresh is of the same issuer in either spelling, and of no other.
        assert!(verified(&named.clone().refreshed_from(OriginalIdToken::of(&first))).is_ok());
        let old = OriginalIdToken::of(&IdTokenClaims(claims.clone()));
        assert!(verified(&named.clone().refreshed_from(old)).is_ok());
        claims.insert("iss", "https://other.example");
        let foreign = named.refreshed_from(OriginalIdToken::of(&IdTokenClaims(claims)));
        assert_eq!(verified(&foreign).unwrap_err().code(), "issuer_mismatch");
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
    fn what_else_it_says_is_read_whatever_its_type() {
        let key = SigningKey::hs256(&[7; 32]).unwrap();
        let claims = r#"{"iss":"https://as.example","aud":"app","sub":"alice","iat":1700000000,"exp":1700000300,"email_verified":true,"amr":["pwd","otp"],"acr":"1"}"#;
        let claims: Object = serde_json::from_str(claims).unwrap();
        let token = sign(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        let token = Unverified::parse(&token, &Limits::default()).unwrap();
        let verified = profile().verify(token, [&key.verifying_key().unwrap()], NOW).unwrap();
        let claims = verified.claims();
        assert_eq!(claims.claim("email_verified").and_then(Value::as_bool), Some(true));
        assert_eq!(claims.claim("amr").and_then(Value::as_array).map(<[Value]>::len), Some(2));
        assert_eq!((claims.get_str("acr"), claims.get_str("amr"), claims.claim("auth_time")), (Some("1"), None, None));
    }

    #[test]
    fn an_empty_name_is_none() {
        // JWT-16
        assert_eq!(verdict(&profile(), None, &[("sub", Some("".into()))]), "subject_mismatch");
        assert_eq!(verdict(&profile(), None, &[("jti", Some("".into()))]), "jti_empty");
        assert_eq!(verdict(&profile().subject(""), None, &[("sub", Some("".into()))]), "subject_mismatch");
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
    fn b3_c_hash_binds_the_code() {
        // OpenID Connect Core, section A.4: the code and its hash.
        let (code, hash) = ("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk", "LDktKdoQak3Pk0cnXxCltA");
        assert_eq!(left_half_of_hash(Algorithm::RS256, code.as_bytes()).as_deref(), Some(hash));
        let lenient = profile().code(code).access_token("x");
        assert_eq!(verdict(&lenient, None, &[("c_hash", Some(hash.into()))]), "ok");
        assert_eq!(verdict(&lenient, None, &[]), "ok");
        for wrong in ["LDktKdoQak3Pk0cnXxCltB".into(), "".into(), Value::Null] {
            assert_eq!(verdict(&lenient, None, &[("c_hash", Some(wrong))]), "c_hash_mismatch");
        }
        let strict = profile().code(code).require_hashes();
        assert_eq!(verdict(&strict, None, &[]), "c_hash_missing");
        assert_eq!(
            verdict(&strict, None, &[("c_hash", Some(hash.into()))]),
            "ok",
            "no access token came, so no at_hash"
        );
        assert_eq!(verdict(&lenient.require_hashes(), None, &[("c_hash", Some(hash.into()))]), "at_hash_missing");
    }

    #[test]
    fn what_was_pushed_is_bound_to_its_request_and_to_each_other() {
        // CIBA Core, section 10.3.1: the hashes of its example.
        let (access, refresh) = ("G5kXH2wHvUra0sHlDy1iTkDJgsgUO1bN", "4bwc0ESC_IAhflf-ACC_vjD_ltc11ne-8gFPfA2Kx16");
        let profile = profile().access_token(access).pushed("1c266114-a1be-4252-8ad1-04986c5b9ac1", Some(refresh));
        let right = [
            ("at_hash", Some(Value::from("Wt0kVFXMacqvnHeyU0001w"))),
            (RT_HASH, Some("sHahCuSpXCRg5mkDDvvr4w".into())),
            (AUTH_REQ_ID, Some("1c266114-a1be-4252-8ad1-04986c5b9ac1".into())),
        ];
        assert_eq!(verdict(&profile, None, &right), "ok");
        for (index, missing, mismatch) in [
            (0, "at_hash_missing", "at_hash_mismatch"),
            (1, "rt_hash_missing", "rt_hash_mismatch"),
            (2, "auth_req_id_missing", "auth_req_id_mismatch"),
        ] {
            for (value, code) in [
                (None, missing),
                (Some("".into()), mismatch),
                (Some(Value::Null), mismatch),
                (Some("Wt0kVFXMacqvnHeyU0001x".into()), mismatch),
            ] {
                let mut changed = right.clone();
                changed[index].1 = value;
                assert_eq!(verdict(&profile, None, &changed), code);
            }
        }
        // Without a refresh token there is nothing to hash.
        let without = IdTokenProfile::new("https://as.example", "app").access_token(access).pushed("a", None);
        let claims = [right[0].clone(), (AUTH_REQ_ID, Some("a".into()))];
        assert_eq!(verdict(&without, None, &claims), "ok");
    }

    #[test]
    fn b3_acr_that_was_asked_for_is_checked() {
        let profile = profile().acr_values(["phr", "phrh"]);
        assert_eq!(verdict(&profile, None, &[("acr", Some("phrh".into()))]), "ok");
        assert_eq!(verdict(&profile, None, &[("acr", Some("0".into()))]), "acr_mismatch");
        assert_eq!(verdict(&profile, None, &[("acr", array(&["phr"]))]), "acr_mismatch");
        assert_eq!(verdict(&profile, None, &[]), "acr_missing");
    }

    #[test]
    fn b3_an_empty_list_of_contexts_accepts_none() {
        let profile = profile().acr_values::<&str>([]);
        assert_eq!(verdict(&profile, None, &[("acr", Some("phr".into()))]), "acr_mismatch");
        assert_eq!(verdict(&profile, None, &[("acr", Some("".into()))]), "acr_mismatch");
        assert_eq!(verdict(&profile, None, &[]), "acr_missing");
    }

    #[test]
    fn a_security_event_is_no_id_token() {
        assert_eq!(verdict(&profile(), None, &[("events", Some(Object::new().into()))]), "events_forbidden");
    }

    #[test]
    fn a_refreshed_id_token_is_about_the_same_subject() {
        assert_eq!(verdict(&profile().subject("alice"), None, &[]), "ok");
        assert_eq!(verdict(&profile().subject("mallory"), None, &[]), "subject_mismatch");
    }

    #[test]
    fn what_the_policy_and_what_the_profile_find_comes_in_one_answer() {
        let key = SigningKey::hs256(&[7; 32]).unwrap();
        let mut claims: Object =
            [("iss", "https://evil.example"), ("aud", "app"), ("nonce", "n-2")].into_iter().collect();
        claims.insert("exp", 1u64);
        let token = sign(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        let token = Unverified::parse(&token, &Limits::default()).unwrap();
        let error = profile().nonce("n-1").verify(token, [&key.verifying_key().unwrap()], NOW).unwrap_err();
        let codes: Vec<_> = error.failures().iter().map(crate::Failure::code).collect();
        assert_eq!(codes, ["issuer_mismatch", "subject_missing", "nonce_mismatch", "iat_missing", "expired"]);
        assert_eq!((error.code(), error.blame()), ("issuer_mismatch", crate::Blame::Peer));
    }
}
