//! What the guard lets pass, and the exact answers where it does not (RFC 6750, section 3; RFC 9068, section 4; RFC 9728, section 5.1).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use jwt_core::json::{Object, Value};
use jwt_core::{Algorithm, Blame, Header, JwkSet, SigningKey, Timestamp, sign};
use oauth_resource_sans_io::{Check, Denial, Guard, IssuerIndex, Need, Principal, Reason, RequestHead};
use oauth_types::{Endpoint, HttpResponse, Issuer};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
const API: &str = "https://api.example";

/// An authorization server: its name, its key and where its keys are.
struct Server {
    issuer: &'static str,
    jwks_uri: &'static str,
    key: SigningKey,
}

fn one() -> Server {
    // RFC 8037, appendix A.1.
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","kid":"one","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    server("https://one.example", "https://one.example/jwks", jwk)
}

fn two() -> Server {
    // RFC 7515, appendix A.3.
    let jwk = r#"{"kty":"EC","crv":"P-256","kid":"two","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    server("https://two.example", "https://two.example/jwks", jwk)
}

fn server(issuer: &'static str, jwks_uri: &'static str, jwk: &str) -> Server {
    let jwk = jwt_core::Jwk::from_slice(jwk.as_bytes()).unwrap();
    Server { issuer, jwks_uri, key: SigningKey::from_jwk(&jwk).unwrap() }
}

impl Server {
    fn claims(&self) -> Object {
        let mut claims = Object::new();
        for (name, value) in [("iss", self.issuer), ("aud", API), ("sub", "alice"), ("client_id", "app"), ("jti", "1")]
        {
            claims.insert(name, value);
        }
        claims.insert("scope", "files.read files.write");
        claims.insert("iat", NOW.as_unix());
        claims.insert("exp", NOW.as_unix() + 300);
        claims
    }

    /// A good access token with these changes; `None` takes a claim away.
    fn token(&self, changes: &[(&str, Option<Value>)]) -> String {
        self.signed("at+jwt", changes)
    }

    fn signed(&self, typ: &str, changes: &[(&str, Option<Value>)]) -> String {
        let mut claims = self.claims();
        for (name, value) in changes {
            match value {
                Some(value) => drop(claims.insert(*name, value.clone())),
                None => drop(claims.remove(name)),
            }
        }
        sign(&Header::new(self.key.algorithm()).with_typ(typ), &claims, &self.key).unwrap()
    }

    fn key_set(&self) -> HttpResponse {
        HttpResponse::json(200, &JwkSet::new(vec![self.key.public_jwk().unwrap()])).unwrap()
    }
}

fn guard(servers: &[&Server]) -> Guard {
    let mut guard = Guard::new(API).required_scope("files.read".parse().unwrap());
    for server in servers {
        let issuer = Issuer::new(server.issuer).unwrap();
        guard = guard.issuer(issuer, Endpoint::new(server.jwks_uri).unwrap(), &[Algorithm::Ed25519, Algorithm::ES256]);
    }
    guard
}

/// A guard that has every server's keys.
fn ready(servers: &[&Server]) -> Guard {
    let mut guard = guard(servers);
    for server in servers {
        let Check::Needs(Need::Keys(index)) = check(&guard, &server.token(&[])) else { panic!("keys are needed") };
        let keys = guard.keys_mut(index).unwrap();
        assert_eq!(keys.fetch(NOW).unwrap().url(), server.jwks_uri);
        keys.handle_response(NOW, &server.key_set()).unwrap();
    }
    guard
}

fn check(guard: &Guard, token: &str) -> Check {
    check_at(guard, token, NOW)
}

fn check_at(guard: &Guard, token: &str, now: Timestamp) -> Check {
    let value = format!("Bearer {token}");
    guard.check(&RequestHead::new("GET", "/files").authorization(&[&value]), now)
}

fn granted(check: Check) -> Principal {
    match check {
        Check::Granted(principal) => principal,
        other => panic!("expected to pass, got {other:?}"),
    }
}

fn denied(check: Check) -> Denial {
    match check {
        Check::Denied(denial) => denial,
        other => panic!("expected to be denied, got {other:?}"),
    }
}

fn code(check: Check) -> &'static str {
    denied(check).code()
}

#[test]
fn a_good_token_passes_and_says_who_acts() {
    // JWT-15
    let server = one();
    let principal = granted(check(&ready(&[&server]), &server.token(&[])));
    assert_eq!(principal.subject(), "alice");
    assert_eq!(principal.client_id(), "app");
    assert_eq!(principal.issuer(), "https://one.example");
    assert!(principal.scope().contains("files.write"));
    assert_eq!(principal.expires_at(), Some(NOW.saturating_add(Duration::from_secs(300))));
}

#[test]
fn every_answer_is_exact_to_the_byte() {
    let server = one();
    let guard = ready(&[&server]);
    let answer = |check: Check| {
        let response = denied(check).to_http();
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(response.body().is_empty());
        (response.status(), response.header("www-authenticate").unwrap_or_default().to_owned())
    };
    // RFC 6750, section 3.1: no error code where no credentials came.
    let nothing = guard.check(&RequestHead::new("GET", "/files"), NOW);
    assert_eq!(answer(nothing), (401, r#"Bearer scope="files.read""#.into()));
    let basic = guard.check(&RequestHead::new("GET", "/files").authorization(&["Basic YTpi"]), NOW);
    assert_eq!(answer(basic), (401, r#"Bearer scope="files.read""#.into()));
    let expired = check_at(&guard, &server.token(&[]), NOW.saturating_add(Duration::from_secs(330)));
    assert_eq!(
        answer(expired),
        (401, r#"Bearer error="invalid_token", error_description="the access token expired""#.into())
    );
    for early in ["nbf", "iat"] {
        let later = NOW.saturating_add(Duration::from_secs(60)).as_unix();
        let token = server.token(&[(early, Some(later.into()))]);
        assert_eq!(
            answer(check(&guard, &token)),
            (401, r#"Bearer error="invalid_token", error_description="the access token is not valid yet""#.into())
        );
    }
    let forged = check(&guard, "a.b.c");
    assert_eq!(
        answer(forged),
        (401, r#"Bearer error="invalid_token", error_description="the access token is not valid here""#.into())
    );
    let narrow = check(&guard, &server.token(&[("scope", Some("files.write".into()))]));
    assert_eq!(
        answer(narrow),
        (
            403,
            r#"Bearer error="insufficient_scope", error_description="the access token lacks a scope that this needs", scope="files.read""#
                .into()
        )
    );
    let twice = guard.check(&RequestHead::new("GET", "/files").authorization(&["Bearer a", "Bearer a"]), NOW);
    assert_eq!(
        answer(twice),
        (400, r#"Bearer error="invalid_request", error_description="more than one Authorization field""#.into())
    );
    let in_query = guard.check(&RequestHead::new("GET", "/files?access_token=a"), NOW);
    assert_eq!(
        answer(in_query),
        (
            400,
            r#"Bearer error="invalid_request", error_description="access tokens in the query are not accepted""#.into()
        )
    );
}

#[test]
fn challenges_name_realm_and_metadata_and_cannot_be_broken_out_of() {
    // MD-06
    let server = one();
    let named = guard(&[&server])
        .realm("say \"hi\"")
        .unwrap()
        .resource_metadata("https://api.example/.well-known/oauth-protected-resource")
        .unwrap();
    let response = denied(named.check(&RequestHead::new("GET", "/"), NOW)).to_http();
    assert_eq!(
        response.header("www-authenticate"),
        Some(
            r#"Bearer realm="say \"hi\"", scope="files.read", resource_metadata="https://api.example/.well-known/oauth-protected-resource""#
        )
    );
    assert!(guard(&[&server]).realm("a\r\nset-cookie: b").is_err());
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
    let mut requests = 0;
    let mut index: Option<IssuerIndex> = None;
    for _ in 0..1000 {
        let Check::Needs(Need::Keys(issuer)) = check(&guard, &token) else { panic!("keys are needed") };
        requests += usize::from(guard.keys_mut(issuer).unwrap().fetch(NOW).is_some());
        index = Some(issuer);
    }
    assert_eq!(requests, 1);
    let keys = guard.keys_mut(index.unwrap()).unwrap();
    assert!(keys.handle_response(NOW, &HttpResponse::new(503)).is_err());
    let denial = denied(check(&guard, &token));
    assert_eq!((denial.status(), denial.blame(), denial.reason()), (503, Blame::Transport, &Reason::KeysUnavailable));
    let response = denial.to_http();
    assert_eq!((response.header("retry-after"), response.header("www-authenticate")), (Some("1"), None));
    // A second later it is tried again, and works.
    let later = NOW.saturating_add(Duration::from_secs(1));
    let Check::Needs(Need::Keys(issuer)) = check_at(&guard, &token, later) else { panic!("keys are needed") };
    let keys = guard.keys_mut(issuer).unwrap();
    assert!(keys.fetch(later).is_some());
    keys.handle_response(later, &server.key_set()).unwrap();
    granted(check_at(&guard, &token, later));
    // Somebody else's key under the same issuer: no second fetch within the cool-down.
    let forged = two().token(&[("iss", Some("https://one.example".into()))]);
    assert_eq!(code(check_at(&guard, &forged, later)), "no_key");
}

#[test]
fn the_leeway_is_the_guards_at_both_ends_to_the_second() {
    // JWT-03, JWT-04
    let server = one();
    let guard = ready(&[&server]).leeway(Duration::from_secs(10));
    let at = |seconds: u64| NOW.saturating_add(Duration::from_secs(seconds));
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
    let at = |seconds: u64| Some(NOW.saturating_add(Duration::from_secs(seconds)).as_unix().into());
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
fn one_request_can_need_another_scope_than_the_rest() {
    let server = one();
    let guard = ready(&[&server]);
    let value = format!("Bearer {}", server.token(&[("scope", Some("files.read".into()))]));
    let values = [value.as_str()];
    let head = RequestHead::new("DELETE", "/files/1").authorization(&values);
    granted(guard.check(&head, NOW));
    let denial = denied(guard.check_scope(&head, &"files.delete".parse().unwrap(), NOW));
    assert_eq!(denial.status(), 403);
    assert!(denial.challenge().unwrap().contains(r#"scope="files.delete""#));
    // A token without a scope passes only where none is needed.
    let value = format!("Bearer {}", server.token(&[("scope", None)]));
    let values = [value.as_str()];
    let head = RequestHead::new("GET", "/").authorization(&values);
    assert_eq!(denied(guard.check(&head, NOW)).status(), 403);
    granted(guard.check_scope(&head, &"".parse().unwrap_or(oauth_types::Scope::empty()), NOW));
}

#[test]
fn nothing_of_a_token_is_shown() {
    let server = one();
    let guard = ready(&[&server]);
    let token = server.token(&[]);
    let value = format!("Bearer {token}");
    let values = [value.as_str()];
    let head = RequestHead::new("GET", "/files?secret=query").authorization(&values);
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
        let check = guard.check(&RequestHead::new("GET", "/").authorization(&[value]), NOW);
        assert!(matches!(denied(check).status(), 400 | 401), "{value:?}");
    }
}
