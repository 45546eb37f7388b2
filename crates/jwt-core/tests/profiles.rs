//! Every kind of token against every profile: each accepts its own kind and refuses all others (RFC 8725, section 3.12).
#![cfg(feature = "ring")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "these are tests, helpers included"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jwt_core::json::{Object, Value};
use jwt_core::jwk::MAX_CANDIDATES;
use jwt_core::profile::{
    AccessTokenProfile, AuthorizationResponseProfile, ClientAssertion, ClientAssertionProfile, DpopProfile, DpopProof,
    IdTokenProfile, IntrospectionProfile, LogoutTokenProfile, RequestObject, RequestObjectProfile, UserInfoProfile,
};
use jwt_core::{
    Algorithm, Error, Header, InvalidSignature, Jwk, Limits, Moment, SignatureVerified, SigningKey, Timestamp,
    Unverified, Verifier, VerifyingKey, VerifyingKeys, sign,
};

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

const KINDS: [&str; 9] = [
    "id_token",
    "access_token",
    "logout_token",
    "client_assertion",
    "dpop",
    "request_object",
    "authorization_response",
    "introspection",
    "user_info",
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
        "user_info" => {
            let claims: Object = from_issuer(CLIENT).into_iter().collect();
            let header = Header::new(Algorithm::Ed25519);
            let header = if let Some(typ) = typ { header.with_typ(typ) } else { header };
            sign(&header, &claims, &key()).unwrap()
        }
        _ => panic!("no kind {kind}"),
    }
}

/// Whether the profile of this kind accepts the token. `lax`: with every opt-out that lets untyped tokens in.
fn judge(kind: &str, token: &str, lax: bool) -> Result<(), Error> {
    let parsed = Unverified::parse(token, &Limits::default())?;
    let keys: [&VerifyingKey; 1] = [&key().verifying_key().unwrap()];
    match kind {
        "id_token" => IdTokenProfile::new(ISSUER, CLIENT).verify(parsed, keys, NOW).map(drop),
        "access_token" if lax => {
            AccessTokenProfile::dangerous_also_untyped(ISSUER, API).verify(parsed, keys, NOW).map(drop)
        }
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
        "user_info" => UserInfoProfile::new(ISSUER, CLIENT).verify(parsed, keys, NOW).map(drop),
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
fn a16_user_info_that_is_made_like_an_id_token_is_apart_from_the_id_token_of_a_login() {
    // JWT-15, JWT-16: oidc-provider gives user info the times of an ID token, and an ID token of a login what the login sent.
    let texts = [("iss", ISSUER), ("aud", CLIENT), ("sub", "alice")];
    let (user_info, nonce) = (signed(None, &texts, &[]), ("nonce", Value::from("n-1")));
    let verified = |token: &str, as_id_token: bool| {
        let (parsed, key) = (Unverified::parse(token, &Limits::default()).unwrap(), key().verifying_key().unwrap());
        if as_id_token {
            IdTokenProfile::new(ISSUER, CLIENT).nonce("n-1").verify(parsed, [&key], NOW).map(drop)
        } else {
            UserInfoProfile::dangerous_also_timed(ISSUER, CLIENT).verify(parsed, [&key], NOW).map(drop)
        }
        .map_or_else(|error| error.code().to_owned(), |()| "ok".to_owned())
    };
    assert_eq!((verified(&user_info, false), verified(&user_info, true)), ("ok".into(), "nonce_missing".into()));
    let id_token = signed(None, &texts, &[nonce]);
    assert_eq!((verified(&id_token, false), verified(&id_token, true)), ("nonce_forbidden".into(), "ok".into()));
    // And from every other kind, whatever its type says.
    for kind in KINDS.into_iter().filter(|&kind| !matches!(kind, "user_info" | "id_token")) {
        for typ in [None, Some("JWT"), typ(kind)] {
            assert_ne!(verified(&token(kind, typ), false), "ok", "{kind} {typ:?}");
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

/// What servers put into their tokens beside `iss`, `sub`, `iat` and `exp`: access tokens, and what else they sign with the same key.
const ACCESS_TOKENS: [(&str, &str); 15] = [
    (
        "Keycloak",
        r#""typ":"Bearer","azp":"app","scope":"openid email","sid":"s","acr":"1","realm_access":{"roles":["user"]},"jti":"1","email_verified":false"#,
    ),
    ("Keycloak, no scope", r#""typ":"Bearer","azp":"app","scope":"","jti":"trrtcc:1","client_host":"::1""#),
    (
        "Keycloak, DPoP",
        r#""typ":"DPoP","azp":"app","cnf":{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},"jti":"1""#,
    ),
    (
        "Cognito",
        r#""client_id":"app","token_use":"access","scope":"files/read","auth_time":1700000000,"version":2,"username":"alice","origin_jti":"o","jti":"1""#,
    ),
    (
        "Entra 2.0",
        r#""ver":"2.0","scp":"Files.Read","azp":"app","azpacr":"1","oid":"o","tid":"t","uti":"u","rh":"r","aio":"a","nbf":1700000000"#,
    ),
    ("Entra 1.0", r#""ver":"1.0","scp":"Files.Read","appid":"app","appidacr":"1","oid":"o","tid":"t","amr":["pwd"]"#),
    (
        "Entra, an application's own",
        r#""ver":"2.0","roles":["Files.Read.All"],"azp":"app","azpacr":"1","oid":"o","tid":"t""#,
    ),
    ("Okta", r#""ver":1,"cid":"app","uid":"00u1","scp":["files.read"],"jti":"AT.1","auth_time":1700000000"#),
    ("Okta, an application's own", r#""ver":1,"cid":"app","scp":[],"jti":"AT.1""#),
    ("Auth0", r#""azp":"app","scope":"openid files.read","permissions":["files.read"]"#),
    ("Auth0, an application's own", r#""azp":"app","gty":"client-credentials""#),
    ("Hydra", r#""client_id":"app","ext":{},"scp":["files.read"],"jti":"1","nbf":1700000000"#),
    ("Spring", r#""scope":["files.read"],"nbf":1700000000,"jti":"1""#),
    ("Duende", r#""client_id":"app","scope":["files.read"],"idp":"local","amr":["pwd"],"nbf":1700000000"#),
    ("RFC 9068", r#""client_id":"app","jti":"1""#),
];
const OTHER_TOKENS: [(&str, &str, &str); 24] = [
    (
        "Keycloak, ID",
        r#""typ":"ID","azp":"app","at_hash":"h","sid":"s","acr":"1","auth_time":1700000000,"jti":"1""#,
        "typ_mismatch",
    ),
    ("Keycloak, ID of a refresh", r#""typ":"ID","azp":"app","sid":"s","jti":"1""#, "typ_mismatch"),
    ("Keycloak, refresh token", r#""typ":"Refresh","azp":"app","scope":"openid","sid":"s","jti":"1""#, "typ_mismatch"),
    (
        "Keycloak, offline token",
        r#""typ":"Offline","azp":"app","scope":"openid offline_access","jti":"1""#,
        "typ_mismatch",
    ),
    ("Keycloak, a kind that is no text", r#""typ":["Bearer"],"azp":"app","scope":"openid""#, "typ_mismatch"),
    (
        "Cognito, ID",
        r#""token_use":"id","at_hash":"h","cognito:username":"alice","auth_time":1700000000,"jti":"1""#,
        "typ_mismatch",
    ),
    ("Cognito, ID with what it has not", r#""token_use":"id","client_id":"app","scope":"files/read""#, "typ_mismatch"),
    (
        "Entra, ID",
        r#""ver":"2.0","name":"Alice","preferred_username":"alice","oid":"o","tid":"t","nonce":"n""#,
        "typ_missing",
    ),
    (
        "Entra, ID of an application with roles",
        r#""ver":"2.0","oid":"o","tid":"t","roles":["admin"],"uti":"u""#,
        "typ_missing",
    ),
    (
        "Okta, ID",
        r#""ver":1,"idp":"00o1","amr":["pwd"],"at_hash":"h","jti":"ID.1","auth_time":1700000000"#,
        "typ_mismatch",
    ),
    (
        "Auth0, ID",
        r#""nickname":"alice","name":"Alice","updated_at":"2023-11-14T22:13:20.000Z","sid":"s","nonce":"n""#,
        "typ_missing",
    ),
    ("Hydra, ID", r#""at_hash":"h","rat":1700000000,"auth_time":1700000000,"jti":"1","sid":"s""#, "typ_mismatch"),
    ("Spring, ID without a nonce", r#""azp":"app","auth_time":1700000000,"jti":"1","sid":"s""#, "typ_missing"),
    ("Zitadel, ID with a client_id", r#""azp":"app","client_id":"app","at_hash":"h","amr":["pwd"]"#, "typ_mismatch"),
    ("ID of the hybrid flow", r#""client_id":"app","scope":"openid","c_hash":"h""#, "typ_mismatch"),
    ("ID of a signed response", r#""client_id":"app","s_hash":"h""#, "typ_mismatch"),
    ("ID of CIBA", r#""client_id":"app","urn:openid:params:jwt:claim:auth_req_id":"a""#, "typ_mismatch"),
    (
        "logout",
        r#""client_id":"app","scope":"openid","events":{"http://schemas.openid.net/event/backchannel-logout":{}},"jti":"1""#,
        "events_forbidden",
    ),
    ("DPoP proof", r#""client_id":"app","htm":"GET","htu":"https://api.example/files","jti":"1""#, "typ_mismatch"),
    ("DPoP proof, its token", r#""client_id":"app","ath":"h","jti":"1""#, "ath_forbidden"),
    (
        "request object",
        r#""client_id":"app","scope":"openid","response_type":"code","redirect_uri":"https://app.example/cb""#,
        "typ_mismatch",
    ),
    ("authorization response", r#""client_id":"app","code":"c-1","state":"s""#, "code_forbidden"),
    ("introspection response", r#""client_id":"app","token_introspection":{"active":true}"#, "typ_mismatch"),
    ("marks that say nothing", r#""azp":"app","scope":"","scp":[""],"client_id":null,"cid":1,"gty":[]"#, "typ_missing"),
];

#[test]
fn a16_access_tokens_without_a_type_are_known_by_what_servers_put_into_them_and_nothing_else_is_taken_for_one() {
    // JWT-15, JWT-16; RFC 8725, section 3.12: all for the same audience, so that only what they say keeps them apart.
    let key = key();
    let keys = VerifyingKeys::from_keys(vec![key.verifying_key().unwrap()]);
    let (strict, lax) = (AccessTokenProfile::new(ISSUER, API), AccessTokenProfile::dangerous_also_untyped(ISSUER, API));
    let verdict = |profile: &AccessTokenProfile, typ: Option<&str>, more: &str| {
        let text =
            format!(r#"{{"iss":"{ISSUER}","aud":["{API}"],"sub":"alice","iat":1700000000,"exp":1700000060,{more}}}"#);
        let claims: Object = jwt_core::json::from_slice(text.as_bytes(), &Default::default()).unwrap();
        let header = Header::new(Algorithm::Ed25519);
        let token =
            sign(&typ.map_or_else(|| header.clone(), |typ| header.clone().with_typ(typ)), &claims, &key).unwrap();
        let kept = profile.verify_payload(&token, &keys, NOW).map_err(|error| error.code());
        let read = profile.verify(Unverified::parse(&token, &Limits::default()).unwrap(), keys.keys(), NOW);
        assert_eq!(kept.as_ref().map(drop), read.map(drop).map_err(|error| error.code()).as_ref().map(drop), "{more}");
        kept.map(|kept| kept.claims().client_id().to_owned())
    };
    for (server, claims) in ACCESS_TOKENS {
        let client = if server == "Spring" { "" } else { "app" };
        for typ in [None, Some("JWT"), Some("jwt"), Some("at+jwt")] {
            assert_eq!(verdict(&lax, typ, claims), Ok(client.to_owned()), "{server} {typ:?}");
        }
        assert_eq!(verdict(&strict, None, claims), Err("typ_missing"), "{server}");
        assert_eq!(verdict(&strict, Some("JWT"), claims), Err("typ_mismatch"), "{server}");
        for typ in KINDS.into_iter().filter_map(typ).filter(|&typ| typ != "at+jwt") {
            assert_eq!(verdict(&lax, Some(typ), claims), Err("typ_mismatch"), "{server} {typ}");
        }
        // With what only another kind has, it is none.
        let mixed = format!(r#"{claims},"nonce":"n""#);
        assert_eq!(verdict(&lax, None, &mixed), Err("nonce_forbidden"), "{server}");
    }
    for (kind, claims, code) in OTHER_TOKENS {
        for typ in [None, Some("JWT"), Some("at+jwt")] {
            assert_eq!(verdict(&lax, typ, claims), Err(code), "{kind} {typ:?}");
        }
    }
}

#[test]
fn a16_a_list_of_one_audience_is_that_audience_and_further_ones_are_refused() {
    // JWT-05, JWT-16: who asks for one recipient is not answered for several.
    let event = ("http://schemas.openid.net/event/backchannel-logout", Object::new());
    let events: Object = [event].into_iter().collect();
    let texts = [("iss", ISSUER), ("sub", "alice"), ("jti", "j-1")];
    for (kind, more) in
        [("logout_token", ("events", Value::from(events))), ("authorization_response", ("code", "c-1".into()))]
    {
        let verdict = |audiences: &[&str]| {
            let audiences = Value::Array(audiences.iter().map(|&audience| audience.into()).collect());
            judge(kind, &signed(typ(kind), &texts, &[("aud", audiences), more.clone()]), false)
        };
        assert_eq!(verdict(&[CLIENT]), Ok(()), "{kind}");
        assert_eq!(verdict(&[CLIENT, "other"]).unwrap_err().code(), "audience_mismatch", "{kind}");
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

/// Says no, and how often it was asked.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Verifier for Counting {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(InvalidSignature)
    }
}

#[test]
fn a14_a_forged_token_costs_no_more_than_a_few_checks() {
    let counting = Arc::new(Counting::default());
    let named = |kid: usize| VerifyingKey::from_verifier(counting.clone()).with_kid(kid.to_string());
    let keys = VerifyingKeys::from_keys((0..1000).map(named).collect());
    let checks_of = |work: &dyn Fn() -> &'static str| {
        counting.0.store(0, Ordering::Relaxed);
        (work(), counting.0.load(Ordering::Relaxed))
    };
    let profile = IdTokenProfile::new(ISSUER, CLIENT);
    for (kid, code, checks) in [("7", "invalid_signature", 1), ("1000", "unknown_kid", 0)] {
        let token = sign(&Header::new(Algorithm::Ed25519).with_kid(kid), &Object::new(), &key()).unwrap();
        let parsed = || Unverified::parse(&token, &Limits::default()).unwrap();
        let with_set = || profile.verify_with_keys(parsed(), &keys, NOW).unwrap_err().code();
        assert_eq!(checks_of(&with_set), (code, checks));
        let with_all = || profile.verify(parsed(), keys.keys(), NOW).unwrap_err().code();
        assert_eq!(checks_of(&with_all), ("invalid_signature", MAX_CANDIDATES));
    }
}

#[test]
fn every_profile_finds_its_key_in_a_set() {
    let other = || SigningKey::hs256(&[8; 32]).unwrap().verifying_key().unwrap();
    let good = || key().verifying_key().unwrap();
    for kind in KINDS.into_iter().filter(|&kind| kind != "dpop") {
        let token = token(kind, typ(kind));
        let verdict = |keys: Vec<VerifyingKey>| {
            let (keys, parsed) =
                (&VerifyingKeys::from_keys(keys), Unverified::parse(&token, &Limits::default()).unwrap());
            let verified = match kind {
                "id_token" => IdTokenProfile::new(ISSUER, CLIENT).verify_with_keys(parsed, keys, NOW).map(drop),
                "access_token" => AccessTokenProfile::new(ISSUER, API).verify_with_keys(parsed, keys, NOW).map(drop),
                "logout_token" => LogoutTokenProfile::new(ISSUER, CLIENT).verify_with_keys(parsed, keys, NOW).map(drop),
                "client_assertion" => {
                    ClientAssertionProfile::new(CLIENT, ISSUER).verify_with_keys(parsed, keys, NOW).map(drop)
                }
                "request_object" => {
                    RequestObjectProfile::new(CLIENT, ISSUER).verify_with_keys(parsed, keys, NOW).map(drop)
                }
                "authorization_response" => {
                    AuthorizationResponseProfile::new(ISSUER, CLIENT).verify_with_keys(parsed, keys, NOW).map(drop)
                }
                "user_info" => UserInfoProfile::new(ISSUER, CLIENT).verify_with_keys(parsed, keys, NOW).map(drop),
                _ => IntrospectionProfile::new(ISSUER, API).verify_with_keys(parsed, keys, NOW).map(drop),
            };
            verified.map_or_else(|error| error.code(), |()| "ok")
        };
        assert_eq!(verdict(vec![other(), good()]), "ok", "{kind}");
        assert_eq!(verdict(vec![other()]), "no_key_for_algorithm");
    }
}

#[test]
fn limits_of_parse_bound_the_claims_too() {
    // A10, A11: and those of the profile, whichever are stricter.
    let nested: Value = (0..10).fold(Value::Null, |inside, _| Value::Array([inside].into()));
    let token = signed(None, &[("iss", ISSUER), ("aud", CLIENT), ("sub", "alice")], &[("x", nested)]);
    let verdict = |parse: Limits, profile: Limits| {
        let key = key().verifying_key().unwrap();
        let parsed = Unverified::parse(&token, &parse).unwrap();
        let profile = IdTokenProfile::new(ISSUER, CLIENT).limits(profile);
        profile.verify(parsed, [&key], NOW).map_or_else(|error| error.code(), |_| "ok")
    };
    let usual = Limits::default();
    let members = 6 + 10; // the claims, and the arrays inside one another
    for (strict, code) in [
        (usual.max_depth(11), "ok"),
        (usual.max_depth(10), "claims_not_strict_json"),
        (usual.max_depth(3), "claims_not_strict_json"),
        (usual.max_members(members), "ok"),
        (usual.max_members(members - 1), "claims_not_strict_json"),
    ] {
        assert_eq!(verdict(strict, usual), code, "{strict:?}");
        assert_eq!(verdict(usual, strict), code, "{strict:?}");
    }
    let header = token.find('.').unwrap();
    for (strict, code) in [
        (usual.max_token_bytes(token.len()), "ok"),
        (usual.max_token_bytes(token.len() - 1), "token_too_long"),
        (usual.max_header_bytes(header), "ok"),
        (usual.max_header_bytes(header - 1), "header_too_long"),
    ] {
        assert_eq!(verdict(usual, strict), code, "{strict:?}");
    }
}
