//! Signed user info (OpenID Connect Core 1.0 with errata set 2, section 5.3.2), as a client reads it.

use alloc::string::String;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, absent, empty, entry_points};
use crate::json::Object;
use crate::policy::{Audience, Claim, Expiry, Issuer, Reason, Typ};
use crate::{Algorithm, Policy, Timestamp};

/// What signed user info must be: of this issuer, for this client, about somebody, and nothing that an ID token is.
///
/// Section 5.3.2 gives user info no `typ` and two claims beside `sub`: "If signed, the UserInfo Response MUST contain the Claims iss (issuer) and aud (audience) as
/// members." An ID token has these too, and often the same claims about the user, so what must *not* be there sets them apart:
///
/// * `exp` together with `iat`: an ID token always has both (section 2), and section 5.3.2 knows neither. One of them alone is taken, and `exp` then counts;
/// * what binds an ID token to a login, and user info to nothing: `nonce`, `at_hash`, `c_hash`, `s_hash`, and the claims of a CIBA push;
/// * `events`: what has it is a security event, such as a logout token.
///
/// Some servers write `exp` and `iat` in user info: see [`dangerous_also_timed`](Self::dangerous_also_timed).
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::UserInfoProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let claims: Object = [("iss", "https://as.example"), ("aud", "app"), ("sub", "alice"), ("name", "Alice")].into_iter().collect();
/// let response = sign(&Header::new(Algorithm::HS256), &claims, &key)?;
///
/// let profile = UserInfoProfile::new("https://as.example", "app").subject("alice");
/// let verified = profile.verify(Unverified::parse(&response, &Limits::default())?, [&key.verifying_key()?], now)?;
/// assert_eq!(verified.claims().all().get_str("name"), Some("Alice"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct UserInfoProfile {
    policy: Policy,
    also_timed: bool,
}

impl UserInfoProfile {
    /// User info of this issuer for this client, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        // "The iss value MUST be the OP's Issuer Identifier URL. The aud value MUST be or include the RP's Client ID value." "The sub (subject) Claim MUST always
        // be returned in the UserInfo Response."
        let (issuer, audience) = (Issuer::exactly(issuer), Audience::contains(client_id));
        let policy =
            Policy::new(issuer, audience, Typ::Jwt, Expiry::DangerousOptional).leeway(DEFAULT_LEEWAY).require("sub");
        Self { policy, also_timed: false }
    }

    /// The same, and user info that has both `exp` and `iat`, as servers write it that make it like their ID tokens (oidc-provider). What says when or how the
    /// user was authenticated (`auth_time`, `acr`, `amr`, `azp`, `sid`) is then refused too: with both times beside it, it is an ID token.
    ///
    /// What is left is an ID token that says none of all this, of the same issuer for the same client. It cannot be told from such user info, nor such user
    /// info from it: whoever takes this user info demands a [`nonce`](super::IdTokenProfile::nonce) of every ID token, and a [`subject`](Self::subject) here.
    #[must_use]
    pub fn dangerous_also_timed(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self { also_timed: true, ..Self::new(issuer, client_id) }
    }

    /// Demands this subject: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID Token" (section 5.3.2).
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.policy = self.policy.subject(subject);
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        found.add(Claim::Subject, empty(claims, "sub"));
        found.add(Claim::Events, absent(claims, "events"));
        found.add(Claim::Nonce, absent(claims, "nonce"));
        let timed = claims.get("exp").is_some() && claims.get("iat").is_some();
        if timed && !self.also_timed {
            found.add(Claim::Expiry, Some(Reason::Forbidden));
        }
        let of_an_id_token = OF_A_LOGIN.iter().chain(OF_AN_AUTHENTICATION.iter().filter(|_| timed));
        for &name in of_an_id_token {
            found.add(Claim::OfIdToken(name), absent(claims, name));
        }
    }
}

/// What binds an ID token to a login, besides `nonce`: OpenID Connect Core, sections 3.1.3.6 and 3.3.2.11; Financial-grade API 1.0, part 2, section 5.1 (`s_hash`);
/// CIBA Core, section 10.3.1.
const OF_A_LOGIN: [&str; 5] =
    ["at_hash", "c_hash", "s_hash", "urn:openid:params:jwt:claim:rt_hash", "urn:openid:params:jwt:claim:auth_req_id"];

/// What an ID token says of the authentication (OpenID Connect Core, section 2; Back-Channel Logout 1.0, section 2.1). They may be asked for in user info, too
/// (section 5.5).
const OF_AN_AUTHENTICATION: [&str; 5] = ["auth_time", "acr", "amr", "azp", "sid"];

entry_points!(UserInfoProfile, UserInfoClaims);

/// The claims of checked user info (OpenID Connect Core, section 5.1).
///
/// [`UserInfoProfile`] shows how to get them.
#[derive(Clone, Debug)]
pub struct UserInfoClaims(Object);

impl UserInfoClaims {
    /// `sub`: who it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.0.get_str("sub").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, code, signed};
    use super::*;
    use crate::json::Value;

    fn profile() -> UserInfoProfile {
        UserInfoProfile::new("https://as.example", "app")
    }

    fn timed() -> UserInfoProfile {
        UserInfoProfile::dangerous_also_timed("https://as.example", "app")
    }

    fn verdict(profile: &UserInfoProfile, typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let claims: Object =
            [("iss", "https://as.example"), ("aud", "app"), ("sub", "alice"), ("name", "Alice")].into_iter().collect();
        let token = signed(typ, &claims, changes);
        code(profile.verify(token.token(), [&token.key()], NOW))
    }

    fn times() -> [(&'static str, Option<Value>); 2] {
        [("iat", Some(NOW.as_unix().into())), ("exp", Some((NOW.as_unix() + 300).into()))]
    }

    #[test]
    fn user_info_is_of_this_issuer_for_this_client_about_somebody() {
        // JWT-15; OpenID Connect Core, section 5.3.2
        for typ in [None, Some("JWT"), Some("application/jwt")] {
            assert_eq!(verdict(&profile(), typ, &[]), "ok");
        }
        let both = Value::Array(["app".into(), "other".into()].into());
        assert_eq!(verdict(&profile(), None, &[("aud", Some(both))]), "ok", "it may \"include\" the client");
        for (name, value, expected) in [
            ("iss", None, "issuer_missing"),
            ("iss", Some("https://as.example/"), "issuer_mismatch"),
            ("aud", None, "audience_missing"),
            ("aud", Some("other"), "audience_mismatch"),
            ("sub", None, "subject_missing"),
            ("sub", Some(""), "subject_mismatch"),
        ] {
            assert_eq!(verdict(&profile(), None, &[(name, value.map(Value::from))]), expected, "{name} {value:?}");
        }
        assert_eq!(verdict(&profile(), None, &[("sub", Some(1_u64.into()))]), "subject_wrong_type");
        assert_eq!(verdict(&profile().subject("alice"), None, &[]), "ok");
        assert_eq!(verdict(&profile().subject("mallory"), None, &[]), "subject_mismatch");
        assert_eq!(verdict(&profile(), Some("at+jwt"), &[]), "typ_mismatch");
    }

    #[test]
    fn one_time_alone_counts() {
        for profile in [profile(), timed()] {
            let at = |name, seconds: u64| verdict(&profile, None, &[(name, Some(seconds.into()))]);
            let now = NOW.as_unix();
            assert_eq!([at("exp", now + 300), at("iat", now), at("nbf", now)], ["ok", "ok", "ok"]);
            assert_eq!(at("exp", now - 30), "expired");
            assert_eq!([at("iat", now + 31), at("nbf", now + 31)], ["issued_in_future", "not_yet_valid"]);
        }
        let patient = profile().leeway(Duration::from_secs(60));
        assert_eq!(verdict(&patient, None, &[("exp", Some((NOW.as_unix() - 59).into()))]), "ok");
    }

    #[test]
    fn a16_an_id_token_is_no_user_info() {
        // JWT-15, JWT-16: the times that every ID token has, and none of section 5.3.2.
        assert_eq!(verdict(&profile(), None, &times()), "exp_forbidden");
        let null = [("iat", Some(Value::Null)), ("exp", Some(Value::Null))];
        assert_eq!(verdict(&profile(), None, &null), "iat_wrong_type");
        // With or without times, and whatever the caller takes: what binds it to a login.
        for profile in [profile(), timed()] {
            for name in OF_A_LOGIN {
                assert_eq!(verdict(&profile, None, &[(name, Some("x".into()))]), "id_token_claim_forbidden", "{name}");
            }
            assert_eq!(verdict(&profile, None, &[("nonce", Some("n".into()))]), "nonce_forbidden");
            assert_eq!(verdict(&profile, None, &[("events", Some(Object::new().into()))]), "events_forbidden");
        }
    }

    #[test]
    fn a16_user_info_with_times_is_taken_by_name_and_says_nothing_of_an_authentication() {
        // As oidc-provider writes it: `exp` is that of the access token.
        assert_eq!(verdict(&timed(), None, &times()), "ok");
        let with = |name, value: Option<Value>| [times().as_slice(), &[(name, value)]].concat();
        assert_eq!(verdict(&timed(), None, &with("exp", Some((NOW.as_unix() - 30).into()))), "expired");
        for name in OF_AN_AUTHENTICATION {
            let more = Some(Value::from("x"));
            assert_eq!(verdict(&timed(), None, &with(name, more.clone())), "id_token_claim_forbidden", "{name}");
            // Without both times it is no ID token, and may have been asked for.
            assert_eq!(verdict(&profile(), None, &[(name, more.clone())]), "ok");
            assert_eq!(verdict(&timed(), None, &[(name, more)]), "ok");
        }
    }
}
