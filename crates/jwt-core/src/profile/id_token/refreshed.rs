//! [`OriginalIdToken`]: what an ID token of a refresh is compared with (OpenID Connect Core, section 12.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::IdTokenClaims;
use crate::StoredError;
use crate::json::{self, Object, Value};
use crate::policy::{Claim, Reason};
use crate::profile::{Failures, text_if_there};

/// What of an ID token is compared with those that later come with a refresh (OpenID Connect Core, section 12.2): `iss`, `sub`, `aud`, `iat`, `azp`, `auth_time`,
/// `nonce`.
///
/// It outlives a process as one opaque string, also through serde.
///
/// # Examples
///
/// ```
/// use jwt_core::StoredError;
/// use jwt_core::profile::{IdTokenClaims, IdTokenProfile, OriginalIdToken};
///
/// fn after_login(id_token: &IdTokenClaims) -> String {
///     OriginalIdToken::of(id_token).to_stored() // beside the refresh token
/// }
///
/// fn profile_of_refresh(stored: &str) -> Result<IdTokenProfile, StoredError> {
///     Ok(IdTokenProfile::new("https://as.example", "app").refreshed_from(OriginalIdToken::from_stored(stored)?))
/// }
/// # let _ = (after_login, profile_of_refresh);
/// # assert_eq!(OriginalIdToken::from_stored("x").unwrap_err(), StoredError::Damaged);
/// ```
#[derive(Clone, Debug)]
pub struct OriginalIdToken(Object);

impl OriginalIdToken {
    /// What is compared of this ID token. Of one that came with a refresh too: it says the same.
    #[must_use]
    pub fn of(original: &IdTokenClaims) -> Self {
        Self::from_claims(original.all())
    }

    fn from_claims(claims: &Object) -> Self {
        Self(COMPARED.iter().filter_map(|&name| Some((name, claims.get(name)?.clone()))).collect())
    }

    /// The stored form: one opaque string.
    ///
    /// The claims are in it, so it says who logged in, where and when; no token and no secret but the `nonce`, which is used up.
    #[must_use]
    pub fn to_stored(&self) -> String {
        // Claims that were read are written again; were that to fail, the text would not be restored.
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        alloc::format!("{KIND}.{VERSION}.{body}")
    }

    /// Restores what [`to_stored`](Self::to_stored) wrote.
    ///
    /// # Errors
    ///
    /// [`StoredError`] where the text is of another kind, of a newer version, or damaged.
    pub fn from_stored(text: &str) -> Result<Self, StoredError> {
        let (kind, rest) = text.split_once('.').ok_or(StoredError::Damaged)?;
        if kind != KIND {
            return Err(StoredError::WrongKind);
        }
        let (version, body) = rest.split_once('.').ok_or(StoredError::Damaged)?;
        match version.parse::<u32>() {
            Ok(VERSION) => {}
            Ok(newer) if newer > VERSION => return Err(StoredError::NewerVersion),
            Ok(_) | Err(_) => return Err(StoredError::Damaged),
        }
        let limits = json::Limits::default();
        let claims: Object = json::object_from_slice(body.as_bytes(), &limits).map_err(|_| StoredError::Damaged)?;
        // Without these nothing could be compared: they are in every ID token (section 2).
        let whole = claims.get_str("iss").is_some()
            && claims.get_str("sub").is_some()
            && claims.get("aud").is_some()
            && matches!(claims.get("iat"), Some(Value::Number(_)));
        if whole { Ok(Self::from_claims(&claims)) } else { Err(StoredError::Damaged) }
    }

    pub(super) fn subject(&self) -> &str {
        self.0.get_str("sub").unwrap_or_default()
    }

    /// Compares the claims of an ID token that came with a refresh; `is_one_issuer` knows whether two spellings are of one.
    pub(super) fn check(
        &self,
        claims: &Object,
        leeway: Duration,
        is_one_issuer: impl Fn(&str, &str) -> bool,
        found: &mut Failures<'_>,
    ) {
        let original = &self.0;
        // "its iss Claim Value MUST be the same as in the ID Token issued when the original authentication occurred"
        let same_issuer = |issuer: &str| original.get_str("iss").is_some_and(|other| is_one_issuer(other, issuer));
        found.add(Claim::Issuer, text_if_there(claims, "iss", same_issuer));
        // "its sub Claim Value MUST be the same ..": the policy's.
        // "its iat Claim MUST represent the time that the new ID Token is issued", which is after the original; two machines of the issuer may differ.
        if let (Some(Value::Number(new)), Some(Value::Number(old))) = (claims.get("iat"), original.get("iat")) {
            let earlier = new.as_f64() + leeway.as_secs_f64() < old.as_f64();
            found.add(Claim::IssuedAt, earlier.then_some(Reason::Mismatch));
        }
        // "its aud Claim Value MUST be the same ..": in any order, a string like an array of one.
        let another_audience = claims.get("aud").is_some() && audiences(claims) != audiences(original);
        found.add(Claim::Audience, another_audience.then_some(Reason::Mismatch));
        // "if the ID Token contains an auth_time Claim, its value MUST represent the time of the original authentication"
        let auth_time = |claims: &Object| match claims.get("auth_time")? {
            Value::Number(seconds) => Some(seconds.as_f64()),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => Some(f64::NAN),
        };
        if let (Some(new), Some(old)) = (auth_time(claims), auth_time(original)) {
            let same = new.total_cmp(&old).is_eq() && !new.is_nan();
            found.add(Claim::AuthTime, (!same).then_some(Reason::Mismatch));
        }
        // "it SHOULD NOT have a nonce Claim ..; however, if it is present, its value MUST be the same"
        if let Some(nonce) = claims.get("nonce") {
            found.add(Claim::Nonce, (Some(nonce) != original.get("nonce")).then_some(Reason::Mismatch));
        }
        // "its azp Claim Value MUST be the same ..; if no azp Claim was present in the original ID Token, one MUST NOT be present in the new ID Token"
        found.add(Claim::AuthorizedParty, (claims.get("azp") != original.get("azp")).then_some(Reason::Mismatch));
    }
}

fn audiences(claims: &Object) -> Vec<Option<&str>> {
    let aud = claims.get("aud");
    let one = aud.map(core::slice::from_ref).unwrap_or_default();
    let mut all: Vec<_> = aud.and_then(Value::as_array).unwrap_or(one).iter().map(Value::as_str).collect();
    all.sort_unstable();
    all
}

/// Writes the one opaque string of [`to_stored`](Self::to_stored).
impl Serialize for OriginalIdToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_stored())
    }
}

/// Reads the one opaque string of [`to_stored`](Self::to_stored).
impl<'de> Deserialize<'de> for OriginalIdToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_stored(&text).map_err(serde::de::Error::custom)
    }
}

const COMPARED: [&str; 7] = ["iss", "sub", "aud", "iat", "azp", "auth_time", "nonce"];

const KIND: &str = "original_id_token";

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::super::super::tests::{NOW, code, signed};
    use super::*;
    use crate::Blame;
    use crate::json::Number;
    use crate::profile::IdTokenProfile;

    fn profile() -> IdTokenProfile {
        IdTokenProfile::new("https://as.example", "app")
    }

    fn claims(changes: &[(&str, Value)]) -> Object {
        let mut claims: Object =
            [("iss", "https://as.example"), ("sub", "alice"), ("aud", "app")].into_iter().collect();
        claims.insert("iat", NOW.as_unix() - 3600);
        for (name, value) in changes {
            claims.insert(*name, value.clone());
        }
        claims
    }

    fn original(changes: &[(&str, Value)]) -> OriginalIdToken {
        OriginalIdToken::of(&IdTokenClaims(claims(changes)))
    }

    fn verdict(profile: &IdTokenProfile, changes: &[(&str, Option<Value>)]) -> String {
        let now = claims(&[("iat", NOW.as_unix().into()), ("exp", (NOW.as_unix() + 300).into())]);
        let token = signed(None, &now, changes);
        code(profile.verify(token.token(), [&token.key()], NOW))
    }

    fn array(texts: &[&str]) -> Value {
        Value::Array(texts.iter().map(|&text| Value::from(text)).collect())
    }

    #[test]
    fn a_refreshed_id_token_says_what_the_original_said() {
        // JWT-16; OpenID Connect Core, section 12.2
        let plain = profile().refreshed_from(original(&[]));
        assert_eq!(verdict(&plain, &[]), "ok");
        assert_eq!(verdict(&plain, &[("aud", Some(array(&["app"])))]), "ok", "one audience in either form");
        assert_eq!(verdict(&plain, &[("sub", Some("mallory".into()))]), "subject_mismatch");
        assert_eq!(verdict(&plain, &[("iss", Some("https://other.example".into()))]), "issuer_mismatch");
        assert_eq!(verdict(&plain, &[("iss", None)]), "issuer_missing");
        assert_eq!(
            verdict(&plain.clone().trusted_audience("b"), &[("aud", Some(array(&["app", "b"])))]),
            "audience_mismatch"
        );
        assert_eq!(verdict(&plain, &[("azp", Some("app".into()))]), "azp_mismatch");
        assert_eq!(verdict(&plain, &[("nonce", Some("n".into()))]), "nonce_mismatch");
        assert_eq!(verdict(&plain, &[("auth_time", Some(1u64.into()))]), "ok", "there is nothing to compare it with");

        let full = profile()
            .refreshed_from(original(&[
                ("aud", array(&["b", "app"])),
                ("azp", "app".into()),
                ("nonce", "n-1".into()),
                ("auth_time", 1_600_000_000u64.into()),
            ]))
            .trusted_audience("b");
        let same = [("aud", Some(array(&["app", "b"]))), ("azp", Some("app".into()))];
        let verdict_with = |name, value| verdict(&full, &[same.as_slice(), &[(name, value)]].concat());
        assert_eq!(verdict(&full, &same), "ok");
        assert_eq!(verdict_with("aud", Some("app".into())), "audience_mismatch");
        assert_eq!(verdict_with("azp", None), "azp_mismatch");
        assert_eq!(verdict_with("nonce", Some("n-1".into())), "ok");
        assert_eq!(verdict_with("nonce", Some("n-2".into())), "nonce_mismatch");
        assert_eq!(verdict_with("auth_time", Some(1_600_000_000u64.into())), "ok");
        assert_eq!(
            verdict_with("auth_time", Number::from_f64(1.6e9).map(Value::Number)),
            "ok",
            "one number in two spellings"
        );
        assert_eq!(verdict_with("auth_time", Some(1_600_000_001u64.into())), "auth_time_mismatch");
        assert_eq!(verdict_with("auth_time", Some("1600000000".into())), "auth_time_mismatch");
    }

    #[test]
    fn a_refreshed_id_token_is_of_the_issuer_of_the_original_whatever_the_profile_says() {
        let elsewhere = profile().refreshed_from(original(&[("iss", "https://other.example".into())]));
        assert_eq!(verdict(&elsewhere, &[]), "issuer_mismatch");
    }

    #[test]
    fn a_refreshed_id_token_is_not_older_than_the_original() {
        let original = original(&[("iat", (NOW.as_unix() - 100).into())]);
        let profile = profile().leeway(Duration::from_secs(5)).refreshed_from(original);
        let issued = |seconds_ago: u64| [("iat", Some(Value::from(NOW.as_unix() - seconds_ago)))];
        assert_eq!([verdict(&profile, &issued(0)), verdict(&profile, &issued(105))], ["ok", "ok"]);
        assert_eq!(verdict(&profile, &issued(106)), "issued_before_original");
        // Nobody's clock mends that.
        let token = signed(None, &claims(&[("exp", (NOW.as_unix() + 300).into())]), &issued(3600));
        let error = profile.verify(token.token(), [&token.key()], NOW).unwrap_err();
        assert_eq!((error.code(), error.blame()), ("issued_before_original", Blame::Peer));
    }

    #[test]
    fn what_is_kept_of_the_original_is_what_is_compared() {
        let original = original(&[("email", "alice@example.org".into()), ("nonce", "n.1".into())]);
        let stored = original.to_stored();
        assert_eq!(
            stored,
            r#"original_id_token.1.{"iss":"https://as.example","sub":"alice","aud":"app","iat":1699996400,"nonce":"n.1"}"#
        );
        let restored = OriginalIdToken::from_stored(&stored).unwrap();
        assert_eq!((restored.to_stored(), restored.0 == original.0), (stored.clone(), true));
        let through_serde: OriginalIdToken = serde_json::from_str(&serde_json::to_string(&original).unwrap()).unwrap();
        assert_eq!(through_serde.to_stored(), stored);
        assert!(!alloc::format!("{original:?}").contains("alice"));
    }

    #[test]
    fn what_was_stored_by_another_or_newer_or_damaged_is_told_apart() {
        let stored = original(&[]).to_stored();
        for (text, error) in [
            (stored.replacen("original", "other", 1), StoredError::WrongKind),
            (stored.replacen(".1.", ".2.", 1), StoredError::NewerVersion),
            (stored.replacen(".1.", ".0.", 1), StoredError::Damaged),
            (stored.replacen(".1.", ".x.", 1), StoredError::Damaged),
            (stored.replacen(r#""iss""#, r#""i""#, 1), StoredError::Damaged),
            (stored.replacen(r#""sub":"alice""#, r#""sub":1"#, 1), StoredError::Damaged),
            (stored.replacen(r#""iat":1699996400"#, r#""iat":"x""#, 1), StoredError::Damaged),
            (stored.get(..stored.len() - 1).unwrap().into(), StoredError::Damaged),
            (r#"{"sub":"alice"}"#.into(), StoredError::Damaged),
            (String::new(), StoredError::Damaged),
        ] {
            assert_eq!(OriginalIdToken::from_stored(&text).unwrap_err(), error, "{text}");
            assert!(serde_json::from_value::<OriginalIdToken>(text.into()).is_err());
        }
    }
}
