//! ID tokens whose header, keys or age are not what they should be (THREATS A1, A2, A14; OpenID Connect Core, section 3.1.3.7).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use jwt_core::json::Object;
use jwt_core::{
    Algorithm, Answer, Blame, Header, Jwk, JwkSet, Keyring, Moments, Question, SigningKey, Timestamp, base64url, sign,
};
use oauth_client_sans_io::{
    Advice, Authentication, AuthorizationCode, CheckedIdToken, Client, Error, Flow, IdTokenCheck, InvalidReason,
    Operation, Step,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::state::Nonce;
use oauth_types::{AccessToken, ClientId, Endpoint, HttpResponse, IdToken, Issuer, RedirectUri};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
/// RFC 8037, appendix A.1: the key that signs, under the name `k`.
const SIGNER: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const PUBLIC: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const NAMELESS: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const OTHER: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#;
/// A header that names no key.
const NO_NAME: &str = r#"{"alg":"Ed25519"}"#;
/// OpenID Connect Core, section 3.1.3.6: the left half of the hash of the access token `t`, for Ed25519 of SHA-512.
const AT_HASH: &str = r#""at_hash":"mfl9RV1dYrJPOpQqGrw_qIY_wM4gN_UvCb14WyK4ANQ""#;
/// 32 bytes of `7`.
const SYMMETRIC: &str = r#"{"kty":"oct","k":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}"#;

#[test]
fn a2_no_published_key_verifies_an_hmac() {
    // A set of symmetric keys only is one that is read; whoever can fetch it can sign.
    let key = SigningKey::hs256(&[7; 32]).unwrap();
    let claims: Object = serde_json::from_str(&claims("https://as.example")).unwrap();
    let token = sign(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    let set = || JwkSet::from_slice(set(&[SYMMETRIC]).as_bytes()).unwrap();
    assert_eq!(set().keys().len(), 1);
    for known in [None, Some(set())] {
        let mut flow = check(&token).known_keys(known);
        no_key(flow.resume(at(NOW)));
    }
}

#[test]
fn a1_a_token_without_a_signature_or_with_a_foreign_algorithm_is_refused_before_anything_is_fetched() {
    for alg in ["none", "None", "NONE", "", "HS256 ", "ed25519", "RSA1_5"] {
        let header = base64url::encode(format!(r#"{{"alg":"{alg}"}}"#));
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{}.{signature}", base64url::encode(claims("https://as.example")));
            let result = check(&token).resume(at(NOW));
            assert!(
                matches!(result, Err(Error::InvalidResponse { operation: Operation::IdToken, .. })),
                "{alg:?}: {result:?}"
            );
        }
    }
}

#[test]
fn a4_keys_in_the_header_choose_nothing() {
    let header = format!(r#"{{"alg":"EdDSA","kid":"mine","jku":"https://evil.example/jwks","jwk":{PUBLIC}}}"#);
    let token = signed(&header, &claims("https://as.example"));
    let mut flow = check(&token);
    let step = flow.resume(at(NOW)).unwrap();
    let Step::Send(request) = step else { panic!("{step:?}") };
    assert_eq!(request.url(), "https://as.example/jwks");
    no_key(flow.handle_response(at(NOW), jwks(&[PUBLIC])));
}

#[test]
fn the_key_that_the_header_names_is_the_one_that_is_tried() {
    let (named, nameless) = (r#"{"alg":"EdDSA","kid":"k"}"#, NO_NAME);
    for (header, keys, tried) in [
        (named, &[OTHER, PUBLIC, NAMELESS][..], Some(1)),
        (named, &[OTHER, NAMELESS], None),
        (named, &[], None),
        (nameless, &[OTHER, PUBLIC], Some(2)),
        // Not more than a few are tried, whatever the set holds.
        (nameless, &[OTHER, OTHER, OTHER, OTHER, OTHER, NAMELESS], Some(4)),
    ] {
        let mut flow = check(&signed(header, &claims("https://as.example")));
        assert!(matches!(flow.resume(at(NOW)), Ok(Step::Send(_))));
        let step = flow.handle_response(at(NOW), jwks(keys));
        match tried {
            Some(count) => assert_eq!(asked(&step).len(), count, "{keys:?}"),
            None => no_key(step),
        }
    }
}

#[test]
fn a_private_key_in_a_key_set_verifies_nothing_whether_stored_or_not() {
    // A server that publishes its private key, or a caller that hands one over: the key is anybody's.
    let token = signed(NO_NAME, &claims("https://as.example"));
    let known = JwkSet::from_slice(set(&[SIGNER, OTHER]).as_bytes()).unwrap();
    let mut flow = check(&token).known_keys(Some(known));
    let mut restored = IdTokenCheck::from_stored(&flow.to_stored()).unwrap();
    let (plain, stored) = (flow.resume(at(NOW)), restored.resume(at(NOW)));
    assert_eq!(asked(&plain).len(), 1);
    assert_eq!(asked(&stored).len(), 1);

    let mut flow = check(&token);
    assert!(matches!(flow.resume(at(NOW)), Ok(Step::Send(_))));
    assert_eq!(asked(&flow.handle_response(at(NOW), jwks(&[SIGNER, OTHER]))).len(), 1);
    let mut restored = IdTokenCheck::from_stored(&flow.to_stored()).unwrap();
    assert_eq!(asked(&restored.resume(at(NOW))).len(), 1);
}

#[test]
fn a_token_that_expired_meanwhile_is_nobodys_fault_but_times() {
    let token = signed(NO_NAME, &claims("https://as.example"));
    let late = NOW.saturating_add(Duration::from_secs(3600));
    let error = verdict(check(&token), late).unwrap_err();
    assert_eq!((error.code(), error.blame(), error.advice()), ("expired", Blame::Time, Advice::Restart));
    // A clock that is wrong is not mended by another login.
    let early = NOW.saturating_sub(Duration::from_secs(3600));
    let error = verdict(check(&token), early).unwrap_err();
    assert_eq!((error.code(), error.blame(), error.advice()), ("issued_in_future", Blame::Time, Advice::Stop));
    // A token for somebody else stays the server's fault, however old it is.
    let token = signed(NO_NAME, &claims("https://evil.example"));
    let error = verdict(check(&token), late).unwrap_err();
    assert_eq!((error.code(), error.blame(), error.advice()), ("issuer_mismatch", Blame::Peer, Advice::Stop));
}

#[test]
fn b3_what_was_asked_for_is_checked() {
    type Demand = fn(IdTokenCheck) -> IdTokenCheck;
    type Refused = &'static [(&'static str, &'static str)];
    let cases: [(Demand, &str, Refused); 3] = [
        (
            |check| check.nonce(Nonce::new("n").unwrap()),
            r#""nonce":"n""#,
            &[(r#""nonce":"m""#, "nonce_mismatch"), (r#""a":1"#, "nonce_missing")],
        ),
        (
            |check| check.max_age(Duration::from_secs(60)),
            r#""auth_time":1699999950"#,
            &[(r#""auth_time":1699999900"#, "authentication_too_old"), (r#""a":1"#, "auth_time_missing")],
        ),
        (
            |check| check.access_token(AccessToken::new("t")),
            AT_HASH,
            &[(r#""at_hash":"77QmUPtjPfzWtF2AnpK9RQ""#, "at_hash_mismatch")],
        ),
    ];
    for (demand, good, bad) in cases {
        let result = |extra: &str| verdict(demand(check(&signed(NO_NAME, &with(extra)))), NOW);
        result(good).unwrap();
        for (extra, code) in bad {
            assert_eq!(result(extra).unwrap_err().code(), *code);
        }
    }
    let about = |subject| verdict(check(&signed(NO_NAME, &with(r#""a":1"#))).subject(subject), NOW);
    about("alice").unwrap();
    assert_eq!(about("mallory").unwrap_err().code(), "subject_mismatch");
}

#[test]
fn b3_a_login_demands_what_its_request_asked_for() {
    for (extra, code) in [
        (format!(r#""auth_time":1699999950,{AT_HASH}"#), None),
        (format!(r#""auth_time":1699999900,{AT_HASH}"#), Some("authentication_too_old")),
        (AT_HASH.to_owned(), Some("auth_time_missing")),
        (r#""auth_time":1699999950,"at_hash":"77QmUPtjPfzWtF2AnpK9RQ""#.to_owned(), Some("at_hash_mismatch")),
    ] {
        let client = Client::new(ClientId::new("client").unwrap(), Authentication::None);
        let redirect = AuthorizationCode::new(&server(), &client, RedirectUri::new("https://app.example/cb").unwrap())
            .scope("openid".parse().unwrap())
            .max_age(Duration::from_secs(60))
            .begin(&at(NOW))
            .unwrap();
        let (_, query) = redirect.url.split_once('?').unwrap();
        assert!(query.contains("max_age=60"));
        let nonce = query.split('&').find_map(|pair| pair.strip_prefix("nonce=")).unwrap();
        let mut pending = redirect.pending;
        let callback = format!("code=c&state={}", pending.state());
        let flow = pending.accept(&at(NOW), None, Callback::Query(&callback)).unwrap();
        let mut flow = flow.known_keys(JwkSet::from_slice(set(&[PUBLIC]).as_bytes()).unwrap());
        assert!(matches!(flow.resume(at(NOW)), Ok(Step::Send(_))));
        let token = signed(NO_NAME, &with(&format!(r#""nonce":"{nonce}",{extra}"#)));
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
        let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
        let Ok(Step::Ask(question)) = flow.handle_response(at(NOW), response) else { panic!("the key is known") };
        let result = flow.handle_answer(at(NOW), Keyring::new().answer(question).unwrap());
        assert_eq!(result.as_ref().err().map(Error::code), code, "{extra}");
    }
}

// ---- helpers

fn at(now: Timestamp) -> jwt_core::Moment {
    Moments::from_seed([4; 32]).at(now)
}

fn server() -> AuthorizationServer {
    let endpoint = |path| Endpoint::new(format!("https://as.example/{path}")).unwrap();
    AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_authorization_endpoint(endpoint("authorize"))
        .with_token_endpoint(endpoint("token"))
        .with_jwks_uri(endpoint("jwks"))
}

fn check(token: &str) -> IdTokenCheck {
    let issuer = Issuer::new("https://as.example").unwrap();
    let jwks = Endpoint::new("https://as.example/jwks").unwrap();
    IdTokenCheck::new(&issuer, &ClientId::new("client").unwrap(), IdToken::new(token), Some(jwks))
}

/// The end of a check with the right key.
fn verdict(check: IdTokenCheck, now: Timestamp) -> Result<(), Error> {
    let mut flow = check.known_keys(Some(JwkSet::from_slice(set(&[PUBLIC]).as_bytes()).unwrap()));
    let Step::Ask(question) = flow.resume(at(now))? else { panic!("the key is known") };
    let answer = Keyring::new().answer(question).unwrap();
    assert!(matches!(answer, Answer::Verified(Some(0))));
    flow.handle_answer(at(now), answer).map(drop)
}

/// The claims of a token that is good for five minutes, if this issuer is the right one.
fn claims(issuer: &str) -> String {
    let now = NOW.as_unix();
    format!(r#"{{"iss":"{issuer}","sub":"alice","aud":"client","iat":{now},"exp":{}}}"#, now + 300)
}

/// The right issuer's claims and these.
fn with(extra: &str) -> String {
    claims("https://as.example").replace('}', &format!(",{extra}}}"))
}

/// A token with this header and these claims, signed by [`SIGNER`].
fn signed(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(claims));
    let key = SigningKey::from_jwk(&Jwk::from_slice(SIGNER.as_bytes()).unwrap()).unwrap();
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature))
}

fn set(keys: &[&str]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn jwks(keys: &[&str]) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/jwk-set+json").with_body(set(keys))
}

fn asked(step: &Result<Step<CheckedIdToken>, Error>) -> Vec<Jwk> {
    match step {
        Ok(Step::Ask(Question::Verify { keys, .. })) => keys.clone(),
        other => panic!("expected a question, got {other:?}"),
    }
}

/// The end of a check for which no key fits.
fn no_key(step: Result<Step<CheckedIdToken>, Error>) {
    let Err(Error::InvalidResponse { operation: Operation::IdToken, reason: InvalidReason::NoKey }) = step else {
        panic!("expected that no key fits, got {step:?}")
    };
}
