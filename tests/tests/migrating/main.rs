//! What the manual's page on migrating shows of `oauth2` and `openidconnect`: compiled and run here, and the same to the letter there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "these are tests, helpers included"
)]

mod before;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use before::Query;
use jwt_core::base64url;
use jwt_core::json::Object;
use oauth2::http::Response;
use oauth2::{HttpRequest, HttpResponse};

const PAGE: &str = include_str!("../../../crates/oauth-client-sans-io/src/manual/migrating.md");
const BEFORE: &str = include_str!("before.rs");

/// The code that the page shows of other crates: below which heading, and what.
fn shown() -> Vec<(&'static str, String)> {
    let mut shown = Vec::new();
    for chapter in PAGE.split("\n## ").skip(1) {
        let (heading, text) = chapter.split_once('\n').expect("a heading");
        for block in text.split("```rust,ignore\n").skip(1) {
            shown.push((heading, block.split_once("```").expect("its end").0.to_owned()));
        }
    }
    shown
}

/// The code that is compiled: what stands between `// manual: <heading>` and `// end`, without the indentation of the function around it.
fn compiled() -> Vec<(&'static str, String)> {
    let mut compiled = Vec::new();
    for part in BEFORE.split("    // manual: ").skip(1) {
        let (heading, rest) = part.split_once('\n').expect("a heading");
        let (code, _) = rest.split_once("    // end\n").expect("its end");
        let lines =
            code.lines().map(|line| if line.is_empty() { line } else { line.strip_prefix("    ").expect(line) });
        compiled.push((heading, lines.map(|line| [line, "\n"].concat()).collect()));
    }
    compiled
}

#[test]
fn the_code_of_other_crates_on_the_page_is_the_code_that_is_compiled() {
    assert_eq!(shown(), compiled());
    assert_eq!(shown().len(), 4);
    // All other code of the page is compiled where it stands.
    assert!(!PAGE.contains("```rust,no_run") && !PAGE.contains("```text") && !PAGE.contains("```ignore"));
}

/// Nothing here waits: what sends answers at once.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("somebody waits"),
    }
}

fn json(body: String) -> HttpResponse {
    Response::builder().header("content-type", "application/json").body(body.into_bytes()).expect("a response")
}

/// An authorization server in one function.
async fn server(request: HttpRequest) -> Result<HttpResponse, io::Error> {
    let body = String::from_utf8_lossy(request.body()).into_owned();
    Ok(match request.uri().path() {
        "/.well-known/openid-configuration" => json(
            r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token","jwks_uri":"https://as.example/jwks","response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["EdDSA"]}"#.to_owned(),
        ),
        "/jwks" => json(format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","x":"{X}"}}]}}"#)),
        "/token" if body.contains("refresh_token=r1") => json(r#"{"access_token":"new","token_type":"Bearer"}"#.to_owned()),
        "/token" if body.contains("code=c0de") && body.contains("code_verifier=") => {
            json(r#"{"access_token":"abc","token_type":"Bearer","refresh_token":"r1"}"#.to_owned())
        }
        other => panic!("{other}: {body}"),
    })
}

/// RFC 8037, appendix A.1.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

#[test]
fn what_is_replaced_did_the_same() {
    let mut session = BTreeMap::new();
    let (client, url) = before::begin("s3cr3t".to_owned(), &mut session).unwrap();
    assert!(url.as_str().starts_with("https://as.example/authorize?response_type=code&client_id=shop&state="), "{url}");
    assert!(url.as_str().contains("&code_challenge_method=S256&"), "{url}");
    let query = || Query { code: "c0de".to_owned(), state: session["state"].clone() };
    let access_token = run(before::finish(&client, query(), &session, server)).unwrap();
    assert_eq!(access_token, "abc");
    let foreign = Query { state: "guessed".to_owned(), ..query() };
    assert!(run(before::finish(&client, foreign, &session, server)).is_err());
    assert_eq!(run(before::refresh(&client, "r1".to_owned(), server)).unwrap().secret(), "r1");
}

#[test]
fn what_is_replaced_checked_an_id_token_too() {
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
    let hash = ring::digest::digest(&ring::digest::SHA512, b"abc");
    let id_token = |nonce: &str, at_hash: &str| {
        let mut claims: Object =
            [("iss", "https://as.example"), ("aud", "shop"), ("sub", "alice")].into_iter().collect();
        claims.insert("nonce", nonce);
        claims.insert("at_hash", at_hash);
        claims.insert("iat", now);
        claims.insert("exp", now + 300);
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{D}","x":"{X}"}}"#);
        let key = jwt_core::SigningKey::from_jwk(&jwt_core::Jwk::from_slice(jwk.as_bytes()).unwrap()).unwrap();
        let header = format!(
            "{}.{}",
            base64url::encode(r#"{"alg":"EdDSA"}"#),
            base64url::encode(serde_json::to_vec(&claims).unwrap())
        );
        format!("{header}.{}", base64url::encode(key.sign(header.as_bytes()).unwrap()))
    };
    let at_hash = base64url::encode(&hash.as_ref()[..32]);
    let login = |nonce: &str, at_hash: &str| {
        let token =
            format!(r#"{{"access_token":"abc","token_type":"Bearer","id_token":"{}"}}"#, id_token(nonce, at_hash));
        let token = serde_json::from_str(&token).unwrap();
        run(before::login(&token, &openidconnect::Nonce::new("n-1".to_owned()), server))
    };
    assert_eq!(login("n-1", &at_hash).unwrap(), "alice");
    assert!(login("n-2", &at_hash).is_err());
    assert!(login("n-1", "AAAA").is_err());
}
