//! Authorization responses as JWTs (JARM: JWT Secured Authorization Response Mode for OAuth 2.0), as a client reads them.

use alloc::string::String;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, absent, entry_points, every_audience, text, text_if_there};
use crate::json::Object;
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Policy, Secret, Timestamp};

/// What the `response` of an authorization must be: of this issuer, for this client, not expired, and either a code or an error (section 2.1).
///
/// Nothing of it may be looked at before it is verified (section 2.4): use the claims, not the token.
///
/// Only answers to `response_type=code` are supported, the one response type of OAuth 2.1, which leaves out the implicit grant (as RFC 9700, section 2.1.2,
/// advises). An answer to another one (`token`, `none`), with neither a code nor an error in it, is refused as `code_missing`.
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::AuthorizationResponseProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut claims = Object::new();
/// for (name, value) in [("iss", "https://as.example"), ("aud", "app"), ("code", "c-1"), ("state", "s-1")] {
///     claims.insert(name, value);
/// }
/// claims.insert("exp", now.as_unix() + 600);
/// let response = sign(&Header::new(Algorithm::HS256), &claims, &key)?;
///
/// let profile = AuthorizationResponseProfile::new("https://as.example", "app").state("s-1");
/// let verified = profile.verify(Unverified::parse(&response, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert_eq!(verified.claims().code(), Some("c-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizationResponseProfile {
    policy: Policy,
    client_id: String,
    state: Option<Secret>,
}

impl AuthorizationResponseProfile {
    /// Responses of this issuer for this client, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        // Section 2.1: "iss .. aud .. exp", and the parameters of the response.
        let (issuer, audience) = (Issuer::exactly(issuer), Audience::contains(client_id.as_str()));
        let policy = Policy::new(issuer, audience, Typ::Jwt, Expiry::Required).leeway(DEFAULT_LEEWAY);
        Self { policy, client_id, state: None }
    }

    /// Demands this `state`: the one that was sent.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(Secret::new(state));
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        let all_own = every_audience(claims, |audience| audience == self.client_id);
        found.add(Claim::Audience, (!all_own).then_some(Reason::Mismatch));
        found.add(
            Claim::State,
            match &self.state {
                Some(expected) => text(claims, "state", |found| expected.matches(found)),
                None => text_if_there(claims, "state", |_| true),
            },
        );
        match (claims.get("code"), claims.get("error")) {
            (None, None) => found.add(Claim::Code, Some(Reason::Missing)),
            (Some(_), Some(_)) => found.add(Claim::Code, Some(Reason::Forbidden)),
            (Some(_), None) | (None, Some(_)) => {}
        }
        found.add(Claim::Code, text_if_there(claims, "code", |_| true));
        found.add(Claim::ErrorCode, text_if_there(claims, "error", |_| true));
        // What has `events` is a security event (RFC 8417, section 2.2).
        found.add(Claim::Events, absent(claims, "events"));
    }
}

entry_points!(AuthorizationResponseProfile, AuthorizationResponseClaims);

/// The claims of a checked response: a [code](Self::code) or an [error](Self::error), never both.
///
/// `Debug` does not show the code.
///
/// [`AuthorizationResponseProfile`] shows how to get them.
#[derive(Clone, Debug)]
pub struct AuthorizationResponseClaims(Object);

impl AuthorizationResponseClaims {
    /// `iss`: who answered.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.get_str("iss").unwrap_or_default()
    }

    /// `code`, to be exchanged for tokens at this issuer.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.get_str("code")
    }

    /// `error`: the server's or the user's no (RFC 6749, section 4.1.2.1).
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.0.get_str("error")
    }

    /// `state`. Compare it with the one that was sent, unless the profile has.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.0.get_str("state")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, code, signed};
    use super::*;
    use crate::json::Value;

    fn claims() -> Object {
        // JARM, section 2.1.1: the first example's claims.
        let mut claims: Object = [
            ("iss", "https://accounts.example.com"),
            ("aud", "s6BhdRkqt3"),
            ("code", "PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA"),
            ("state", "S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw"),
        ]
        .into_iter()
        .collect();
        claims.insert("exp", 1_311_281_970u64);
        claims
    }

    const THEN: Timestamp = Timestamp::from_unix(1_311_281_900);

    fn verdict_at(now: Timestamp, typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let profile = AuthorizationResponseProfile::new("https://accounts.example.com", "s6BhdRkqt3")
            .state("S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw");
        let token = signed(typ, &claims(), changes);
        code(profile.verify(token.token(), [&token.key()], now))
    }

    #[test]
    fn a_response_has_a_code_or_an_error() {
        let verdict = |changes: &[_]| verdict_at(THEN, None, changes);
        let denied = || Some(Value::from("access_denied"));
        assert_eq!(verdict(&[]), "ok");
        assert_eq!(verdict(&[("code", None), ("error", denied())]), "ok");
        assert_eq!(verdict(&[("code", None)]), "code_missing");
        assert_eq!(verdict(&[("error", denied())]), "code_forbidden");
        assert_eq!(verdict(&[("code", Some(Value::Null))]), "code_wrong_type");
        assert_eq!(verdict(&[("code", None), ("error", Some(1u64.into()))]), "error_wrong_type");
        assert_eq!(verdict(&[("events", Some(Object::new().into()))]), "events_forbidden");
        assert_eq!(verdict_at(THEN, Some("JWT"), &[]), "ok");
        assert_eq!(verdict_at(THEN, Some("at+jwt"), &[]), "typ_mismatch");
    }

    #[test]
    fn issuer_audience_expiry_and_state_must_fit() {
        let verdict = |changes: &[_]| verdict_at(THEN, None, changes);
        for (name, code) in
            [("iss", "issuer_missing"), ("aud", "audience_missing"), ("exp", "exp_missing"), ("state", "state_missing")]
        {
            assert_eq!(verdict(&[(name, None)]), code);
        }
        assert_eq!(verdict(&[("state", Some("other".into()))]), "state_mismatch");
        assert_eq!(verdict(&[("aud", Some("other".into()))]), "audience_mismatch");
        let both = Value::Array(["s6BhdRkqt3", "other"].map(Value::from).to_vec());
        assert_eq!(verdict(&[("aud", Some(both))]), "audience_mismatch");
        assert_eq!(verdict_at(NOW, None, &[]), "expired");
    }
}
