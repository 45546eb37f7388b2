//! JWTs of RFC 9068, of one issuer or several, each bound to its own keys.

use core::time::Duration;

use jwt_core::json::Value;
use jwt_core::{Algorithm, Blame, Header, SigningKey, Timestamp, VerifyingKeys, base64url, sign};
use oauth_resource_sans_io::{Check, Guard, Introspect, Need, Reason, RequestHead, Requirement, WantedKey};
use oauth_types::{HttpRequest, HttpResponse, Issuer, Method};

use crate::world::{
    API, NOW, Server, after, check, check_at, check_for, check_proof, client, code, denied, granted, guard, one, ready,
    requirement, two, wanted, with_dpop,
};

#[test]
fn a_good_token_passes_and_says_who_acts() {
    // JWT-15
    let server = one();
    let principal = granted(check(&ready(&[&server]), &server.token(&[])));
    assert_eq!(principal.subject(), Some("alice"));
    assert_eq!(principal.client_id(), Some("app"));
    assert_eq!((principal.token_id(), principal.session_id(), principal.acr()), (Some("1"), None, None));
    assert!(!principal.is_bound_to_key() && !principal.is_bound_to_certificate());
    assert_eq!((principal.issued_at(), principal.authenticated_at()), (Some(NOW), None));
    assert_eq!(principal.issuer(), "https://one.example");
    assert!(principal.scope().contains("files.write"));
    assert_eq!(principal.expires_at(), Some(NOW.saturating_add(Duration::from_secs(300))));
}

#[test]
fn a16_a_token_of_another_kind_audience_or_issuer_is_refused() {
    // JWT-06, JWT-07, JWT-10, JWT-15
    let server = one();
    let guard = ready(&[&server]);
    assert_eq!(code(check(&guard, &server.signed("JWT", &[]))), "typ_mismatch");
    assert_eq!(
        code(check(&guard, &server.token(&[("aud", Some("https://other.example".into()))]))),
        "audience_mismatch"
    );
    assert_eq!(
        code(check(&guard, &server.token(&[("aud", Some("https://api.example/".into()))]))),
        "audience_mismatch"
    );
    assert_eq!(code(check(&guard, &server.token(&[("iss", Some("https://two.example".into()))]))), "issuer_mismatch");
    for (name, code_of_absence) in [
        ("iss", "issuer_missing"),
        ("aud", "audience_missing"),
        ("exp", "exp_missing"),
        ("iat", "iat_missing"),
        ("sub", "subject_missing"),
        ("jti", "jti_missing"),
        ("client_id", "client_id_missing"),
    ] {
        assert_eq!(code(check(&guard, &server.token(&[(name, None)]))), code_of_absence);
    }
    assert_eq!(code(check(&guard, &server.token(&[("client_id", Some(1u64.into()))]))), "client_id_wrong_type");
    // `at+JWT` and `application/at+jwt` are the same kind.
    granted(check(&guard, &server.signed("at+JWT", &[])));
    granted(check(&guard, &server.signed("application/at+jwt", &[])));
}

#[test]
fn a_scope_that_is_none_is_a_fault_of_the_token_whatever_the_request_needs() {
    // JWT-15; RFC 6749, section 3.3; RFC 9068, section 2.2.3
    let (server, client) = (one(), client());
    let every = || ready(&[&server]).introspection(Issuer::new(server.issuer).unwrap(), Introspect::Every);
    for scope in ["", " ", "a  b", " a", "a ", "a\"b", "a\\b", "a\tb", "\u{e9}"] {
        let token = server.token(&[("scope", Some(scope.into()))]);
        for guard in [ready(&[&server]), every()] {
            for requirement in [Requirement::new(), requirement()] {
                let denial = denied(check_for(&guard, &token, &requirement));
                assert_eq!(
                    (denial.code(), denial.principal().is_some()),
                    ("malformed_scope_claim", false),
                    "{scope:?}"
                );
            }
        }
        // Nor does its proof matter.
        let token = server.token(&[("scope", Some(scope.into())), ("cnf", Some(confirmation(&client.jkt())))]);
        assert_eq!(code(check_proof(&with_dpop(&server), &token, "a.b.c")), "malformed_scope_claim", "{scope:?}");
    }
}

fn confirmation(jkt: &str) -> Value {
    Value::Object([("jkt", jkt)].into_iter().collect())
}

#[test]
fn each_issuer_is_bound_to_its_own_keys() {
    let (one, two) = (one(), two());
    let guard = ready(&[&one, &two]);
    assert_eq!(granted(check(&guard, &one.token(&[]))).issuer(), "https://one.example");
    assert_eq!(granted(check(&guard, &two.token(&[]))).issuer(), "https://two.example");
    // Signed by one in the name of the other.
    let stolen_name = one.token(&[("iss", Some("https://two.example".into()))]);
    assert_eq!(denied(check(&guard, &stolen_name)).status(), 401);
    let stranger = one.token(&[("iss", Some("https://three.example".into()))]);
    assert_eq!(code(check(&guard, &stranger)), "untrusted_issuer");
    assert_eq!(denied(check(&guard, &one.token(&[("iss", None)]))).status(), 401);
}

#[test]
fn a14_unknown_keys_are_fetched_once_and_an_outage_is_not_the_clients_fault() {
    let server = one();
    let mut guard = guard(&[&server]);
    let token = server.token(&[]);
    // A thousand requests need keys; one of them gets the request.
    let all: Vec<WantedKey> = (0..1000).map(|_| wanted(check(&guard, &token))).collect();
    let mut keys_of = |wanted: &WantedKey, now| {
        let keys = guard.keys_mut(wanted.issuer()).unwrap();
        keys.fetch_for(wanted.header(), now)
    };
    assert_eq!(all.iter().filter_map(|wanted| keys_of(wanted, NOW)).count(), 1);
    let keys = guard.keys_mut(all[0].issuer()).unwrap();
    assert!(keys.handle_response(NOW, &HttpResponse::new(503)).is_err());
    let denial = denied(check(&guard, &token));
    assert_eq!((denial.status(), denial.blame(), denial.reason()), (503, Blame::Transport, &Reason::KeysUnavailable));
    let response = denial.to_http();
    assert_eq!((response.header("retry-after"), response.header("www-authenticate")), (Some("1"), None));
    // A second later it is tried again, and works.
    let later = after(1);
    let wanted = wanted(check_at(&guard, &token, later));
    let keys = guard.keys_mut(wanted.issuer()).unwrap();
    assert!(keys.fetch_for(wanted.header(), later).is_some());
    keys.handle_response(later, &server.key_set()).unwrap();
    granted(check_at(&guard, &token, later));
    // Somebody else's key under the same issuer: no second fetch within the cool-down.
    let forged = two().token(&[("iss", Some("https://one.example".into()))]);
    assert_eq!(code(check_at(&guard, &forged, later)), "no_key");
}

#[test]
fn a14_a_thousand_requests_with_one_unknown_key_cause_one_fetch_and_then_none_for_minutes() {
    let server = one();
    let mut guard = ready(&[&server]);
    let (token, good) = (server.made_up("made up"), server.token(&[]));
    assert_eq!(code(check_at(&guard, &token, after(29))), "no_key", "the keys were just fetched");
    let all: Vec<WantedKey> = (0..1000).map(|_| wanted(check_at(&guard, &token, after(30)))).collect();
    let mut fetches = 0;
    for wanted in &all {
        fetches += usize::from(fetched(&mut guard, &server, wanted, after(30)));
    }
    assert_eq!(fetches, 1);
    // It is refused at once, by a guard that nobody changes.
    let guard = guard;
    for second in 30..330 {
        assert_eq!(code(check_at(&guard, &token, after(second))), "no_key", "{second}");
    }
    // Another that is not there is looked for, and one that is there passes, all the while.
    let other = wanted(check_at(&guard, &server.made_up("another"), after(60)));
    assert_eq!(other.header().kid(), Some("another"));
    granted(check_at(&guard, &good, after(60)));
    assert_eq!(wanted(check_at(&guard, &token, after(330))).header().kid(), Some("made up"), "it may be new by now");
}

#[test]
fn a14_many_different_unknown_keys_cause_one_fetch_for_each_cool_down_and_take_no_memory() {
    let server = one();
    let mut guard = ready(&[&server]);
    let issuer = wanted(check_at(&guard, &server.made_up("x"), after(30))).issuer();
    let stored = |guard: &mut Guard| guard.keys_mut(issuer).unwrap().to_stored().len();
    let (before, good) = (stored(&mut guard), server.token(&[("exp", Some(after(9000).as_unix().into()))]));
    let mut fetches = 0;
    for second in 30..3030 {
        for number in 0..4 {
            let token = server.made_up(&format!("{second}-{number}"));
            match check_at(&guard, &token, after(second)) {
                Check::Needs(Need::Keys(wanted)) => {
                    fetches += usize::from(fetched(&mut guard, &server, &wanted, after(second)));
                }
                check => assert_eq!(code(check), "no_key"),
            }
        }
        if second % 100 == 0 {
            granted(check_at(&guard, &good, after(second)));
        }
    }
    assert_eq!(fetches, 100, "one every thirty seconds");
    assert!(stored(&mut guard) < before + 2000);
}

#[test]
fn a_wanted_key_says_what_the_token_says_of_it_and_nothing_else_and_shows_nothing() {
    let server = one();
    let guard = guard(&[&server]);
    let key = |header: &str| {
        let token = format!("{}.e30.AAAA", base64url::encode(header));
        wanted(check(&guard, &token))
    };
    let found = key(r#"{"alg":"EdDSA","kid":"a name","typ":"at+jwt","jwk":{"kty":"OKP"},"x5c":["AAAA"],"x":"MARKED"}"#);
    let expected = Header::new(Algorithm::Ed25519).with("alg", "EdDSA").with_kid("a name");
    assert_eq!(*found.header(), expected);
    assert_eq!(*key(r#"{"alg":"ES256"}"#).header(), Header::new(Algorithm::ES256));
    let shown = format!("{found:?} {:?}", Check::Needs(Need::Keys(found.clone())));
    assert!(!shown.contains("a name") && !shown.contains("MARKED"), "{shown}");
    // A name is no longer than a header may be.
    let long = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(12_000));
    assert_eq!(key(&long).header().kid().map(str::len), Some(12_000));
    let longer = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(13_000));
    assert_eq!(code(check(&guard, &format!("{}.e30.AAAA", base64url::encode(longer)))), "header_too_long");
}

/// Fetches the issuer's keys for the sake of this one, if that is due; the server has only its own.
fn fetched(guard: &mut Guard, server: &Server, wanted: &WantedKey, now: Timestamp) -> bool {
    let keys = guard.keys_mut(wanted.issuer()).unwrap();
    let Some(request) = keys.fetch_for(wanted.header(), now) else { return false };
    assert_eq!(request.url(), server.jwks_uri);
    keys.handle_response(now, &server.key_set()).unwrap();
    true
}

#[test]
fn the_leeway_is_the_guards_at_both_ends_to_the_second() {
    // JWT-03, JWT-04
    let server = one();
    let guard = ready(&[&server]).leeway(Duration::from_secs(10));
    let at = after;
    granted(check_at(&guard, &server.token(&[]), at(309)));
    assert_eq!(code(check_at(&guard, &server.token(&[]), at(310))), "expired");
    let nbf = |seconds: u64| server.token(&[("nbf", Some(at(seconds).as_unix().into()))]);
    granted(check(&guard, &nbf(10)));
    assert_eq!(code(check(&guard, &nbf(11))), "not_yet_valid");
}

#[test]
fn a_token_that_is_not_valid_yet_is_no_expired_one() {
    // JWT-04
    let server = one();
    let guard = ready(&[&server]);
    let at = |seconds: u64| Some(after(seconds).as_unix().into());
    let reason = |changes: &[_]| denied(check(&guard, &server.token(changes))).reason().clone();
    for (changes, code, blame) in [
        (&[("nbf", at(60))][..], "not_yet_valid", Blame::Time),
        (&[("iat", at(60))], "issued_in_future", Blame::Time),
        (&[("exp", Some(1_u64.into()))], "expired", Blame::Time),
        (
            &[("exp", Some(1_u64.into())), ("aud", Some("https://other.example".into()))],
            "audience_mismatch",
            Blame::Peer,
        ),
    ] {
        assert_eq!(reason(changes), Reason::InvalidToken { code, blame });
    }
}

#[test]
fn nothing_of_a_token_is_shown() {
    let server = one();
    let guard = ready(&[&server]);
    let token = server.token(&[]);
    let value = format!("Bearer {token}");
    let head = RequestHead::new("GET", "/files?secret=query").authorization([value.as_str()]);
    let shown = format!("{head:?} {:?} {guard:?} {:?}", guard.check(&head, NOW), check(&guard, "MARKED.b.c"));
    for secret in [token.as_str(), "secret", "MARKED", "alice"] {
        assert!(!shown.contains(secret), "{secret} is shown in {shown}");
    }
}

#[test]
fn hostile_credentials_are_refused_and_nothing_panics() {
    let server = one();
    let guard = ready(&[&server]);
    let long = "a".repeat(10_000_000);
    for token in [".", "..", "...", "....", "a", long.as_str(), "e30.e30.", "eyJhbGciOiJub25lIn0.e30."] {
        let denial = denied(check(&guard, token));
        assert!(denial.status() == 401, "{} for {}", denial.status(), token.len());
    }
    for value in ["Bearer \u{0}", "Bearer é", "bearer", "Bearer\ta", "", " ", "Bearer ===="] {
        let check = guard.check(&RequestHead::new("GET", "/").authorization([value]), NOW);
        assert!(matches!(denied(check).status(), 400 | 401), "{value:?}");
    }
}

#[test]
fn what_a_token_says_can_be_read_into_types_of_the_callers_own() {
    #[derive(serde::Deserialize)]
    struct Own {
        roles: Vec<String>,
        sub: String,
    }

    let server = one();
    let roles = Value::from(vec!["admin", "\u{e9}\"\n"]);
    let token = server.token(&[("roles", Some(roles)), ("sub", Some("al\"ice".into()))]);
    let principal = granted(check(&ready(&[&server]), &token));
    let own: Own = principal.claims_as().unwrap();
    assert_eq!((own.roles, own.sub.as_str()), (vec!["admin".into(), "\u{e9}\"\n".into()], "al\"ice"));
    assert_eq!(principal.subject(), Some("al\"ice"));
    assert_eq!(principal.claims().get_str("client_id"), Some("app"));
    assert!(principal.claims_as::<Vec<u8>>().is_err());
}

#[test]
fn a_request_that_came_as_a_message_is_checked_as_a_whole() {
    let server = one();
    let guard = ready(&[&server]);
    let field = format!("Bearer {}", server.token(&[]));
    let received = |headers: &[(&str, &str)], body: &str| {
        let request = HttpRequest::received(Method::Post, "/files", headers.iter().copied(), body);
        guard.check(&RequestHead::from_http(&request), NOW)
    };
    granted(received(&[("authorization", &field), ("content-type", "application/json")], "access_token=a"));
    assert_eq!(code(received(&[("authorization", &field), ("authorization", &field)], "")), "repeated_credentials");
    let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(code(received(&[("authorization", &field), form], "access_token=a")), "token_in_body");
}

#[test]
fn keys_that_are_at_hand_are_never_fetched() {
    // A shared secret: only where the issuer and the API are one house.
    let key = SigningKey::hs256(&[7; 32]).unwrap();
    let keys = VerifyingKeys::from_keys(vec![key.verifying_key().unwrap().with_kid("k")]);
    let issuer = Issuer::new("https://one.example").unwrap();
    let mut guard = Guard::new(API).issuer_with_keys(issuer, keys);
    let token = |kid: &str, key: &SigningKey| {
        let claims = granted(check(&ready(&[&one()]), &one().token(&[]))).claims();
        sign(&Header::new(key.algorithm()).with_typ("at+jwt").with_kid(kid), &claims, key).unwrap()
    };
    granted(check(&guard, &token("k", &key)));
    assert_eq!(code(check(&guard, &token("other", &key))), "no_key");
    assert_eq!(code(check(&guard, &token("k", &SigningKey::hs256(&[8; 32]).unwrap()))), "invalid_signature");
    let wanted = wanted(check(&crate::world::guard(&[&one()]), &one().token(&[])));
    assert!(guard.keys_mut(wanted.issuer()).is_none());
}

#[test]
fn a_guard_that_trusts_nobody_lets_nobody_in() {
    assert_eq!(code(check(&Guard::new(API), &one().token(&[]))), "untrusted_issuer");
}
