//! Every kind of token against every profile: each accepts its own kind and refuses all others (RFC 8725, section 3.12).
#![cfg(feature = "ring")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]

use jwt_core::json::{Object, Value};
use jwt_core::profile::{
    AccessTokenProfile, AuthorizationResponseProfile, ClientAssertion, ClientAssertionProfile, DpopProfile, DpopProof,
    IdTokenProfile, IntrospectionProfile, LogoutTokenProfile, RequestObject, RequestObjectProfile,
};
use jwt_core::{Algorithm, Error, Header, Jwk, Limits, Moment, SigningKey, Timestamp, Unverified, VerifyingKey, sign};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
const ISSUER: &str = "https://as.example";
const CLIENT: &str = "app";
const API: &str = "https://api.example";

/// One key signs everything: only the profile keeps the kinds apart. (RFC 8037, A.1.)
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn key() -> SigningKey {
    SigningKey::from_jwk(&Jwk::from_slice(KEY.as_bytes()).unwrap()).unwrap()
}

fn signed(typ: Option<&str>, texts: &[(&str, &str)], more: &[(&str, Value)]) -> String {
    let mut claims: Object = texts.iter().copied().collect();
    claims.insert("iat", NOW.as_unix());
    claims.insert("exp", NOW.as_unix() + 60);
    for (name, value) in more {
        claims.insert(*name, value.clone());
    }
    let mut header = Header::new(Algorithm::Ed25519);
    if let Some(typ) = typ {
        header = header.with_typ(typ);
    }
    sign(&header, &claims, &key()).unwrap()
}

const KINDS: [&str; 8] = [
    "id_token",
    "access_token",
    "logout_token",
    "client_assertion",
    "dpop",
    "request_object",
    "authorization_response",
    "introspection",
];

fn typ(kind: &str) -> Option<&'static str> {
    match kind {
        "access_token" => Some("at+jwt"),
        "logout_token" => Some("logout+jwt"),
        "client_assertion" => Some("client-authentication+jwt"),
        "dpop" => Some("dpop+jwt"),
        "request_object" => Some("oauth-authz-req+jwt"),
        "introspection" => Some("token-introspection+jwt"),
        _ => None,
    }
}

/// A token of this kind, with the `typ` of it or with another.
fn token(kind: &str, typ: Option<&str>) -> String {
    let event = ("http://schemas.openid.net/event/backchannel-logout", Object::new());
    let events: Object = [event].into_iter().collect();
    let active: Object = [("active", true)].into_iter().collect();
    let from_issuer =
        |audience| [("iss", ISSUER), ("aud", audience), ("sub", "alice"), ("jti", "j-1"), ("client_id", CLIENT)];
    match kind {
        "id_token" => signed(typ, &from_issuer(CLIENT), &[]),
        "access_token" => signed(typ, &from_issuer(API), &[]),
        "logout_token" => signed(typ, &from_issuer(CLIENT), &[("events", events.into())]),
        "client_assertion" => signed(
            typ,
            &[("iss", CLIENT), ("sub", CLIENT), ("aud", ISSUER), ("jti", "j-1"), ("client_id", CLIENT)],
            &[],
        ),
        "dpop" => {
            let jwk: Object =
                [("kty", "OKP"), ("crv", "Ed25519"), ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
                    .into_iter()
                    .collect();
            let mut header = Header::new(Algorithm::Ed25519).with("jwk", jwk);
            if let Some(typ) = typ {
                header = header.with_typ(typ);
            }
            let mut claims: Object =
                [("jti", "j-1"), ("htm", "POST"), ("htu", "https://as.example/token")].into_iter().collect();
            claims.insert("iat", NOW.as_unix());
            sign(&header, &claims, &key()).unwrap()
        }
        "request_object" => signed(
            typ,
            &[("iss", CLIENT), ("aud", ISSUER), ("client_id", CLIENT), ("jti", "j-1"), ("response_type", "code")],
            &[],
        ),
        "authorization_response" => {
            signed(typ, &[("iss", ISSUER), ("aud", CLIENT), ("code", "c-1"), ("jti", "j-1")], &[])
        }
        "introspection" => signed(typ, &[("iss", ISSUER), ("aud", API)], &[("token_introspection", active.into())]),
        _ => panic!("no kind {kind}"),
    }
}

/// Whether the profile of this kind accepts the token. `lax`: with every opt-out that lets untyped tokens in.
fn judge(kind: &str, token: &str, lax: bool) -> Result<(), Error> {
    let parsed = Unverified::parse(token, &Limits::default())?;
    let keys: [&VerifyingKey; 1] = [&key().verifying_key().unwrap()];
    match kind {
        "id_token" => IdTokenProfile::new(ISSUER, CLIENT).verify(parsed, keys, NOW).map(drop),
        "access_token" => AccessTokenProfile::new(ISSUER, API).verify(parsed, keys, NOW).map(drop),
        "logout_token" if lax => {
            LogoutTokenProfile::dangerous_also_untyped(ISSUER, CLIENT).verify(parsed, keys, NOW).map(drop)
        }
        "logout_token" => LogoutTokenProfile::new(ISSUER, CLIENT).verify(parsed, keys, NOW).map(drop),
        "client_assertion" => ClientAssertionProfile::new(CLIENT, ISSUER).verify(parsed, keys, NOW).map(drop),
        "dpop" => {
            let undecided = DpopProfile::new("POST", "https://as.example/token").verify([token], NOW)?;
            undecided.decide(true).map(drop)
        }
        "request_object" if lax => {
            RequestObjectProfile::dangerous_openid(CLIENT, ISSUER).verify(parsed, keys, NOW).map(drop)
        }
        "request_object" => RequestObjectProfile::new(CLIENT, ISSUER).verify(parsed, keys, NOW).map(drop),
        "authorization_response" => {
            AuthorizationResponseProfile::new(ISSUER, CLIENT).verify(parsed, keys, NOW).map(drop)
        }
        "introspection" => IntrospectionProfile::new(ISSUER, API).verify(parsed, keys, NOW).map(drop),
        _ => panic!("no profile {kind}"),
    }
}

#[test]
fn a16_each_profile_accepts_its_own_kind_and_refuses_every_other() {
    // JWT-15, JWT-16, DP-01
    for kind in KINDS {
        let token = token(kind, typ(kind));
        for profile in KINDS {
            for lax in [false, true] {
                let verdict = judge(profile, &token, lax);
                assert_eq!(verdict.is_ok(), kind == profile, "{kind} read as {profile}: {verdict:?}");
            }
        }
    }
}

#[test]
fn a16_tokens_without_a_type_are_kept_apart_by_their_claims() {
    // What is refused anyway for its type is told apart even where an issuer writes none, or `JWT` on everything.
    for typ in [None, Some("JWT")] {
        for kind in KINDS {
            let token = token(kind, typ);
            for profile in KINDS.into_iter().filter(|&profile| profile != kind) {
                assert!(judge(profile, &token, true).is_err(), "{kind} read as {profile}");
            }
        }
    }
}

#[test]
fn a16_a_type_of_another_kind_is_refused_whatever_the_claims() {
    for kind in KINDS {
        for other in KINDS.into_iter().filter_map(typ).filter(|&other| Some(other) != typ(kind)) {
            let error = judge(kind, &token(kind, Some(other)), true).unwrap_err();
            assert!(
                error.failures().iter().any(|failure| failure.code() == "typ_mismatch"),
                "{kind} as {other}: {error}"
            );
        }
    }
}

#[test]
fn what_this_crate_makes_is_accepted_by_its_profile_alone() {
    let at = || Moment::new(NOW, [9; 32]);
    for (kind, made) in [
        ("client_assertion", ClientAssertion::new(CLIENT, ISSUER).sign(&key(), &at()).unwrap()),
        ("request_object", RequestObject::new(CLIENT, ISSUER).sign(&key(), &at()).unwrap()),
        ("dpop", DpopProof::new("POST", "https://as.example/token").sign(&key(), &at()).unwrap()),
    ] {
        for profile in KINDS {
            assert_eq!(judge(profile, &made, true).is_ok(), kind == profile, "{kind} read as {profile}");
        }
    }
}
