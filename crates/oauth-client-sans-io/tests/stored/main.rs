//! Stored forms outlive the code that wrote them: one golden text of each kind in `tests/golden`, which every later version must read.
//!
//! A text that differs from today's is a new version of its kind: give it one, and keep reading the old. Until the first release a format may change;
//! `UPDATE_GOLDEN=1 cargo test -p oauth-client-sans-io --test stored` writes the files anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::fmt::Debug;
use core::time::Duration;

use jwt_core::{Answer, JwkSet, Moments, Timestamp};
use laws::scenarios::{client, honest, server};
use laws::{START, keyring};
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, ClientCredentials, CodeExchange, Discovery, Flow, IdTokenCheck,
    PendingAuthorization, Refresh, Revocation, SessionBinding, Step, StoredError, Tokens,
};
use oauth_types::authorization::{Callback, ResponseMode};
use oauth_types::state::Nonce;
use oauth_types::{AccessToken, Endpoint, HttpResponse, IdToken, Issuer, RedirectUri, Resource, Scope};
use proptest::prelude::*;

#[allow(dead_code, reason = "the harness is shared with the laws")]
#[path = "../laws/mod.rs"]
mod laws;
/// Protected resources.
mod polling;
mod resource;
/// Exchanges, introspection, user info, logouts and registrations.
mod tokens_and_users;

mod authorization;

/// A kind of stored value: its golden text, how it is read and written again, and the value as today's code makes it.
struct Kind {
    name: &'static str,
    golden: &'static str,
    rewrite: fn(&str) -> Result<(String, String), StoredError>,
    make: fn() -> String,
}

macro_rules! kind {
    ($type:ty, $name:literal, $make:expr) => {
        Kind {
            name: $name,
            golden: include_str!(concat!("../golden/", $name, ".txt")),
            rewrite: |text| <$type>::from_stored(text).map(|value| (value.to_stored(), shown(&value))),
            make: || $make.to_stored(),
        }
    };
}
pub(crate) use kind;

/// Every kind.
fn kinds() -> Vec<&'static Kind> {
    [KINDS, authorization::KINDS, polling::KINDS, resource::KINDS, tokens_and_users::KINDS]
        .into_iter()
        .flatten()
        .collect()
}

const KINDS: &[Kind] = &[
    kind!(PendingAuthorization, "pending", pending()),
    kind!(CodeExchange, "code_exchange.redeeming", redeeming()),
    kind!(CodeExchange, "code_exchange.checking", checking()),
    kind!(ClientCredentials, "client_credentials", client_credentials()),
    kind!(Refresh, "refresh", refresh()),
    kind!(Revocation, "revocation", revocation()),
    kind!(Discovery, "discovery", discovery()),
    kind!(Tokens, "tokens", tokens()),
    kind!(IdTokenCheck, "id_token_check", id_token_check()),
];

#[test]
fn every_golden_text_is_read_and_written_again_as_it_was() {
    for Kind { name, golden, rewrite, .. } in kinds() {
        let golden = golden.trim_end();
        let (written, _) = rewrite(golden).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(written, golden, "{name}");
    }
}

#[test]
fn every_golden_text_is_what_is_written_today() {
    for Kind { name, golden, make, .. } in kinds() {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let path = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, make() + "\n").unwrap();
        } else {
            assert_eq!(make(), golden.trim_end(), "{name}");
        }
    }
}

#[test]
fn every_kind_is_read_by_itself_alone() {
    for (index, kind) in kinds().into_iter().enumerate() {
        for (other, text) in kinds().into_iter().enumerate() {
            let same = kind.golden.split('.').next() == text.golden.split('.').next();
            let result = (kind.rewrite)(text.golden.trim_end()).map(drop);
            let expected = if same { Ok(()) } else { Err(StoredError::WrongKind) };
            assert_eq!(result, expected, "{index} reads {other}");
        }
        let (name, rest) = kind.golden.trim_end().split_once(".1.").unwrap();
        for (version, error) in
            [("2", StoredError::NewerVersion), ("0", StoredError::Damaged), ("", StoredError::Damaged)]
        {
            assert_eq!((kind.rewrite)(&format!("{name}.{version}.{rest}")).map(drop), Err(error), "{name}");
        }
    }
}

#[test]
fn a_stored_text_with_something_missing_changed_or_added_is_damaged_or_another_value_and_never_a_panic() {
    for Kind { name, golden, rewrite, .. } in kinds() {
        let golden = golden.trim_end();
        for end in (0..golden.len()).step_by(7) {
            assert!(rewrite(&golden[..end]).is_err(), "{name}: cut off at {end}");
        }
        let (head, body) = golden.split_at(golden.find('{').unwrap());
        for damaged in [
            format!("{golden} x"),
            format!("{golden}{{}}"),
            format!("{head}[{body}]"),
            format!("{head}{{\"a\":1,{}", &body[1..]),
            format!("{head}\u{feff}{body}"),
        ] {
            assert_eq!(rewrite(&damaged).map(drop), Err(StoredError::Damaged), "{name}: {damaged}");
        }
        // A member that comes twice, whichever it is.
        let first = body[1..].split_once(',').unwrap().0;
        if !first.contains('{') {
            assert_eq!(
                rewrite(&format!("{head}{{{first},{}", &body[1..])).map(drop),
                Err(StoredError::Damaged),
                "{name}"
            );
        }
    }
}

#[test]
fn a_restored_value_shows_nothing_that_its_store_must_hide() {
    const HIDDEN: &[&str] = &[
        "state",
        "verifier",
        "nonce",
        "session",
        "code",
        "token",
        "access_token",
        "refresh_token",
        "id_token",
        "parameters",
        "input",
        "proof",
        "object",
        "handle",
        "auth_req_id",
        "notification_token",
        "user_code",
        "hint",
    ];
    let mut found = 0;
    for Kind { name, golden, rewrite, .. } in kinds() {
        let body: serde_json::Value = serde_json::from_str(&golden[golden.find('{').unwrap()..]).unwrap();
        let (_, shown) = rewrite(golden.trim_end()).unwrap();
        assert!(!shown.contains("MARKED"), "{name}: {shown}");
        for secret in texts(&body, HIDDEN, false) {
            assert!(!shown.contains(&secret), "{name}: {secret} is in {shown}");
            found += 1;
        }
    }
    assert!(found > 12, "{found}");
}

/// The texts below members of these names, but for the short names of states and parameters.
fn texts(value: &serde_json::Value, names: &[&str], below: bool) -> Vec<String> {
    match value {
        serde_json::Value::String(text) if below && text.len() > 12 => vec![text.clone()],
        serde_json::Value::Array(values) => values.iter().flat_map(|value| texts(value, names, below)).collect(),
        serde_json::Value::Object(members) => {
            // A state is an object that holds the members that count.
            let below = |name: &str, value: &serde_json::Value| names.contains(&name) && !value.is_object();
            members.iter().flat_map(|(name, value)| texts(value, names, below(name, value))).collect()
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_stored_text_with_any_bytes_changed_never_panics(which in 0..kinds().len(), at in any::<prop::sample::Index>(), by in "\\PC{0,3}", length in 0_usize..4) {
        let kind = kinds()[which];
        let golden = kind.golden.trim_end();
        let start = at.index(golden.len());
        let end = golden.len().min(start + length);
        let changed = format!("{}{by}{}", &golden[..start], &golden[end..]);
        if let Ok((written, _)) = (kind.rewrite)(&changed) {
            // What is read is written so that it is read again as the same.
            prop_assert_eq!((kind.rewrite)(&written).map(|(again, _)| again), Ok(written));
        }
    }
}

// ---- one value of each kind, with every member that it can have

fn shown(value: &impl Debug) -> String {
    format!("{value:?}")
}

fn at() -> jwt_core::Moment {
    Moments::from_seed([8; 32]).at(START)
}

fn later(seconds: u64) -> Timestamp {
    START.saturating_add(Duration::from_secs(seconds))
}

fn scope() -> Scope {
    "openid files.read".parse().unwrap()
}

fn resource() -> Resource {
    Resource::new("https://api.example/files").unwrap()
}

fn confidential() -> oauth_client_sans_io::Client {
    client(Authentication::SecretPost("secret".into()))
}

fn login(session: Option<&SessionBinding>) -> PendingAuthorization {
    let (server, client) = (server().with_iss_parameter_supported(true), confidential());
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let mut login = AuthorizationCode::new(&server, &client, redirect_uri)
        .scope(scope())
        .resource(resource())
        .max_age(Duration::from_secs(3600))
        .response_mode(ResponseMode::FormPost);
    if let Some(session) = session {
        login = login.session(session);
    }
    login.begin(&at()).unwrap().pending
}

fn pending() -> PendingAuthorization {
    login(Some(&SessionBinding::new("cookie")))
}

fn keys() -> JwkSet {
    let request = oauth_types::HttpRequest::get("https://keys.example/jwks", oauth_types::Purpose::Jwks);
    JwkSet::from_slice(honest(&request, START).body()).unwrap()
}

fn accepted() -> CodeExchange {
    let mut pending = login(None);
    let form = format!("code=MARKED-code&state={}&iss=https%3A%2F%2Fas.example", pending.state());
    pending.accept(&at(), None, Callback::Form(form.as_bytes())).unwrap()
}

/// The request may have been seen.
fn redeeming() -> CodeExchange {
    let mut flow = accepted().known_keys(keys());
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    let answer = Answer::Secret(jwt_core::Secret::new("MARKED-secret"));
    assert!(matches!(flow.handle_answer(at(), answer), Ok(Step::Send(_))));
    flow
}

/// The keys are fetched, and were not to be had once.
fn checking() -> CodeExchange {
    let mut flow = accepted();
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    let answer = Answer::Secret(jwt_core::Secret::new("MARKED-secret"));
    assert!(matches!(flow.handle_answer(at(), answer), Ok(Step::Send(_))));
    assert!(matches!(flow.handle_response(at(), token_response()), Ok(Step::Send(_))));
    assert!(matches!(flow.handle_response(at(), HttpResponse::new(503)), Ok(Step::Wait(_))));
    flow
}

/// RFC 8037, appendix A.4, as an ID token: well-formed, which is all that counts here.
const ID_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn token_response() -> HttpResponse {
    let body = format!(
        r#"{{"access_token":"MARKED-access","token_type":"bearer","expires_in":3600,"scope":"openid","refresh_token":"MARKED-refresh","id_token":"{ID_TOKEN}","extra":{{"list":[1,2.5,null,true,"MARKED"]}}}}"#
    );
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

fn client_credentials() -> ClientCredentials {
    let client = client(Authentication::SecretBasic("secret".into()));
    let mut flow = ClientCredentials::new(&server(), &client)
        .unwrap()
        .scope(scope())
        .resource(resource())
        .parameter("audience", "MARKED-parameter");
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

fn tokens() -> Tokens {
    let mut flow = client_credentials();
    let question = match flow.resume(at()) {
        Ok(Step::Ask(question)) => question,
        other => panic!("{other:?}"),
    };
    assert!(matches!(flow.handle_answer(at(), keyring().answer(question).unwrap()), Ok(Step::Send(_))));
    match flow.handle_response(at(), token_response()) {
        Ok(Step::Done(tokens)) => tokens,
        other => panic!("{other:?}"),
    }
}

fn refresh() -> Refresh {
    let public = client(Authentication::None);
    let mut flow = Refresh::new(&server(), &public, &tokens())
        .unwrap()
        .scope("openid".parse().unwrap())
        .unwrap()
        .resource(resource())
        .parameter("tenant", "MARKED-parameter");
    assert!(matches!(flow.resume(at()), Ok(Step::Send(_))));
    flow
}

/// Waits after a 503.
fn revocation() -> Revocation {
    let public = client(Authentication::None);
    let mut flow = Revocation::of_access_token(&server(), &public, &AccessToken::new("MARKED-access")).unwrap();
    assert!(matches!(flow.resume(at()), Ok(Step::Send(_))));
    let response = HttpResponse::new(503).with_header("retry-after", "7");
    assert!(matches!(flow.handle_response(at(), response), Ok(Step::Wait(until)) if until == later(8)));
    flow
}

/// At its second candidate, after the first was overloaded.
fn discovery() -> Discovery {
    let mut flow = Discovery::new(Issuer::new("https://as.example/tenant").unwrap());
    assert!(matches!(flow.resume(at()), Ok(Step::Send(_))));
    let response = HttpResponse::new(503).with_header("retry-after", "7");
    assert!(matches!(flow.handle_response(at(), response), Ok(Step::Send(_))));
    flow
}

fn id_token_check() -> IdTokenCheck {
    let jwks = Endpoint::new("https://keys.example/jwks").unwrap();
    let client = confidential();
    let mut flow = IdTokenCheck::new(server().issuer(), client.id(), IdToken::new(ID_TOKEN), Some(jwks))
        .known_keys(Some(keys()))
        .nonce(Nonce::new("nonce-of-this-login").unwrap())
        .max_age(Duration::from_secs(60))
        .subject("alice")
        .access_token(AccessToken::new("MARKED-access"));
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}
