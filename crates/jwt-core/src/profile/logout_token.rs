//! Logout tokens (OpenID Connect Back-Channel Logout 1.0), as a client reads them.

use alloc::string::String;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, absent, empty, entry_points, every_audience, text_if_there};
use crate::json::{Object, Value};
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Policy, Timestamp};

/// What a logout token must be: `logout+jwt`, of this issuer, for this client, not expired, with a name, about a subject or a session, and with no `nonce`
/// (section 2.4).
///
/// Whether its `jti` was seen before (section 2.6, step 8) is for the caller's store: [`LogoutTokenClaims::id`], until
/// [`Verified::expires_at`](crate::Verified::expires_at).
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::LogoutTokenProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let event: Object = [("http://schemas.openid.net/event/backchannel-logout", Object::new())].into_iter().collect();
/// let mut claims = Object::new();
/// for (name, value) in [("iss", "https://as.example"), ("aud", "app"), ("sid", "s-1"), ("jti", "j-1")] {
///     claims.insert(name, value);
/// }
/// claims.insert("iat", now.as_unix());
/// claims.insert("exp", now.as_unix() + 120);
/// claims.insert("events", event);
/// let token = sign(&Header::new(Algorithm::HS256).with_typ("logout+jwt"), &claims, &key)?;
///
/// let profile = LogoutTokenProfile::new("https://as.example", "app");
/// let logout = profile.verify(Unverified::parse(&token, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert_eq!((logout.claims().subject(), logout.claims().session_id()), (None, Some("s-1")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LogoutTokenProfile {
    policy: Policy,
    client_id: String,
}

impl LogoutTokenProfile {
    /// Logout tokens of this issuer for this client, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self::with_typ(issuer.into(), client_id.into(), Typ::exactly(TYP))
    }

    /// As [`LogoutTokenProfile::new`], and also takes tokens of no declared kind (`typ` is absent or `JWT`), which providers sent before the media type was
    /// registered. What else a logout token must have still keeps an ID token out.
    #[must_use]
    pub fn dangerous_also_untyped(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self::with_typ(issuer.into(), client_id.into(), Typ::ExactlyOrNone(TYP.into()))
    }

    fn with_typ(issuer: String, client_id: String, typ: Typ) -> Self {
        // Section 2.4: "iss REQUIRED .. aud REQUIRED .. iat REQUIRED .. exp REQUIRED .. jti REQUIRED .. events REQUIRED"
        let policy =
            Policy::new(Issuer::exactly(issuer), Audience::contains(client_id.as_str()), typ, Expiry::Required)
                .leeway(DEFAULT_LEEWAY)
                .require("iat")
                .require("jti");
        Self { policy, client_id }
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        // Section 2.6, step 4: "Validate the iss, aud, alg, iat, and exp Claims in the same way they are validated in ID Tokens."
        let all_own = every_audience(claims, |audience| audience == self.client_id);
        found.add(Claim::Audience, (!all_own).then_some(Reason::Mismatch));
        // Step 5: "Verify that the Logout Token contains a sub Claim, a sid Claim, or both."
        let nobody = claims.get("sub").is_none() && claims.get("sid").is_none();
        found.add(Claim::Subject, nobody.then_some(Reason::Missing));
        found.add(Claim::Subject, empty(claims, "sub"));
        // Step 8: "Optionally verify that another Logout Token with the same jti value has not been recently received." All that have none share one.
        found.add(Claim::Id, empty(claims, "jti"));
        found.add(Claim::SessionId, text_if_there(claims, "sid", |_| true));
        found.add(Claim::Events, check_events(claims));
        // Step 7: "Verify that the Logout Token does not contain a nonce Claim."
        found.add(Claim::Nonce, absent(claims, "nonce"));
    }
}

entry_points!(LogoutTokenProfile, LogoutTokenClaims);

/// Step 6: "Verify that the Logout Token contains an events Claim whose value is JSON object containing the member name
/// http://schemas.openid.net/event/backchannel-logout." Its value is a JSON object too (section 2.4).
fn check_events(claims: &Object) -> Option<Reason> {
    let Some(events) = claims.get("events") else { return Some(Reason::Missing) };
    let Some(events) = events.as_object() else { return Some(Reason::WrongType) };
    let logout = events.get(EVENT).and_then(Value::as_object);
    logout.is_none().then_some(Reason::Mismatch)
}

/// The claims of a checked logout token (section 2.4): a [subject](Self::subject), a [session](Self::session_id), or both.
///
/// [`LogoutTokenProfile`] shows how to get them.
#[derive(Clone, Debug)]
pub struct LogoutTokenClaims(Object);

impl LogoutTokenClaims {
    /// `iss`: who says so.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.get_str("iss").unwrap_or_default()
    }

    /// `sub`: who is to be logged out, from every session unless there is a [`LogoutTokenClaims::session_id`].
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.get_str("sub")
    }

    /// `sid`: the session that ends.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.0.get_str("sid")
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get_str("jti").unwrap_or_default()
    }
}

const TYP: &str = "logout+jwt";

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::tests::{NOW, code, signed};
    use super::*;

    fn claims() -> Object {
        let event: Object = [(EVENT, Object::new())].into_iter().collect();
        let mut claims: Object =
            [("iss", "https://as.example"), ("sub", "alice"), ("aud", "app"), ("jti", "j-1"), ("sid", "s-1")]
                .into_iter()
                .collect();
        claims.insert("iat", NOW.as_unix());
        claims.insert("exp", NOW.as_unix() + 120);
        claims.insert("events", event);
        claims
    }

    fn verdict(typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let profile = LogoutTokenProfile::new("https://as.example", "app");
        code(profile.verify(signed(typ, &claims(), changes).token(), [&signed(typ, &claims(), &[]).key()], NOW))
    }

    #[test]
    fn a_logout_token_is_about_a_subject_or_a_session_or_both() {
        assert_eq!(verdict(Some("logout+jwt"), &[]), "ok");
        assert_eq!(verdict(Some("application/Logout+JWT"), &[]), "ok");
        assert_eq!(verdict(Some("logout+jwt"), &[("sub", None)]), "ok");
        assert_eq!(verdict(Some("logout+jwt"), &[("sid", None)]), "ok");
        assert_eq!(verdict(Some("logout+jwt"), &[("sid", None), ("sub", None)]), "subject_missing");
        assert_eq!(verdict(Some("logout+jwt"), &[("sid", Some(Value::Null))]), "sid_wrong_type");
        assert_eq!(verdict(Some("logout+jwt"), &[("sub", Some(Value::Null))]), "subject_wrong_type");
    }

    #[test]
    fn an_empty_name_is_none() {
        assert_eq!(verdict(Some("logout+jwt"), &[("jti", Some("".into()))]), "jti_empty");
        assert_eq!(verdict(Some("logout+jwt"), &[("sub", Some("".into()))]), "subject_mismatch");
        assert_eq!(verdict(Some("logout+jwt"), &[("sub", Some("".into())), ("sid", None)]), "subject_mismatch");
    }

    #[test]
    fn a_logout_token_with_a_nonce_is_refused() {
        assert_eq!(verdict(Some("logout+jwt"), &[("nonce", Some("n".into()))]), "nonce_forbidden");
        assert_eq!(verdict(Some("logout+jwt"), &[("nonce", Some(Value::Null))]), "nonce_forbidden");
    }

    #[test]
    fn the_logout_event_must_be_there() {
        let events = |name: &str, value: Value| Some(Value::Object([(name, value)].into_iter().collect()));
        for (events, code) in [
            (None, "events_missing"),
            (Some(Value::Null), "events_wrong_type"),
            (Some(EVENT.into()), "events_wrong_type"),
            (events("http://schemas.openid.net/event/backchannel-logout/", Object::new().into()), "events_mismatch"),
            (events(EVENT, Value::Null), "events_mismatch"),
            (events(EVENT, true.into()), "events_mismatch"),
            (events(EVENT, [("a", 1u64)].into_iter().collect::<Object>().into()), "ok"),
        ] {
            assert_eq!(verdict(Some("logout+jwt"), &[("events", events)]), code);
        }
    }

    #[test]
    fn required_claims_are_required() {
        for (name, code) in [
            ("iss", "issuer_missing"),
            ("aud", "audience_missing"),
            ("exp", "exp_missing"),
            ("iat", "iat_missing"),
            ("jti", "jti_missing"),
        ] {
            assert_eq!(verdict(Some("logout+jwt"), &[(name, None)]), code);
        }
        let both = Value::Array(["app", "other"].map(Value::from).to_vec());
        assert_eq!(verdict(Some("logout+jwt"), &[("aud", Some(both))]), "audience_mismatch");
    }

    #[test]
    fn an_untyped_logout_token_is_taken_only_where_the_caller_says_so() {
        assert_eq!(verdict(None, &[]), "typ_missing");
        assert_eq!(verdict(Some("JWT"), &[]), "typ_mismatch");
        let profile = LogoutTokenProfile::dangerous_also_untyped("https://as.example", "app");
        for (typ, expected) in
            [(None, "ok"), (Some("jwt"), "ok"), (Some("logout+jwt"), "ok"), (Some("at+jwt"), "typ_mismatch")]
        {
            let token = signed(typ, &claims(), &[]);
            assert_eq!(code(profile.verify(token.token(), [&token.key()], NOW)), expected);
        }
    }

    #[test]
    fn all_that_is_wrong_comes_in_one_answer_the_gravest_first() {
        let changes = [
            ("aud", Some("other".into())),
            ("nonce", Some("n".into())),
            ("events", None),
            ("exp", Some(Value::from(1u64))),
            ("jti", None),
        ];
        let token = signed(None, &claims(), &changes);
        let profile = LogoutTokenProfile::new("https://as.example", "app");
        let error = profile.verify(token.token(), [&token.key()], NOW).unwrap_err();
        let codes: Vec<_> = error.failures().iter().map(crate::Failure::code).collect();
        assert_eq!(
            codes,
            ["audience_mismatch", "typ_missing", "jti_missing", "nonce_forbidden", "events_missing", "expired"]
        );
    }
}
