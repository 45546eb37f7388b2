//! Pushed authorization requests (RFC 9126).

use core::time::Duration;

use jwt_core::json::Object;
use jwt_core::profile::RequestObjectProfile;
use jwt_core::{Algorithm, Limits, Question, Timestamp, Unverified};
use oauth_client_sans_io::{
    Advice, ApiMisuse, Authentication, AuthorizationCode, Client, Error, Profile, PushedAuthorization,
    RequestObjectKey, Rule, SendFailure, Step, TransportFailure,
};
use oauth_types::authorization::{AuthorizationRequest, Callback};
use oauth_types::{HttpRequest, HttpResponse, IdToken, Resource};

use crate::laws::scenarios::bound::{bound, private_key_jwt};
use crate::laws::scenarios::{client, signing_key};
use crate::{Driven, PAR, START, asked, at, callback, done, field, json, parameter, sent, server};

const TAKEN: &str = r#"{"request_uri":"urn:ietf:params:oauth:request_uri:1","expires_in":60}"#;

fn push(client: &Client) -> Driven<PushedAuthorization> {
    let server = server();
    let login = AuthorizationCode::new(&server, client, callback())
        .scope("openid".parse().unwrap())
        .resource(Resource::new("https://api.example/a").unwrap())
        .login_hint("alice@example.com")
        .id_token_hint(IdToken::new("a.b.c"));
    Driven::new(login.push(&at()).unwrap())
}

fn proof_claims(request: &HttpRequest) -> Object {
    let proof = request.header("dpop").unwrap();
    Unverified::parse(proof, &Limits::default()).unwrap().dangerous_claims().unwrap()
}

#[test]
fn the_browser_carries_the_client_and_a_reference_and_nothing_else() {
    // OA-23
    let mut flow = push(&client(Authentication::SecretBasic("secret".into())));
    let step = flow.resume();
    let request = sent(flow.answered(step));
    assert_eq!(request.url(), PAR);
    assert!(request.header("authorization").unwrap().starts_with("Basic "));
    assert_eq!(field(&request, "request_uri"), None);
    assert_eq!(field(&request, "login_hint").as_deref(), Some("alice@example.com"));
    let pushed = AuthorizationRequest::from_query(request.body()).unwrap();
    assert_eq!(pushed.redirect_uri(), Some(&callback()));

    let redirect = done(flow.respond(json(201, TAKEN)));
    assert_eq!(
        redirect.url,
        "https://as.example/authorize?client_id=client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A1"
    );
    assert_eq!(redirect.expires_at, Some(START.saturating_add(Duration::from_secs(60))));
    // What was pushed is what the login waits for.
    assert!(pushed.state().is_some_and(|state| state.matches(redirect.pending.state())));
    let mut pending = redirect.pending;
    let query = format!("code=c&state={}", pending.state());
    let exchange = pending.accept(&at(), None, Callback::Query(&query)).unwrap();
    let mut flow = Driven::new(exchange);
    let step = flow.resume();
    let request = sent(flow.answered(step));
    let verifier = oauth_types::CodeVerifier::new(field(&request, "code_verifier").unwrap()).unwrap();
    assert!(pushed.code_challenge().unwrap().is_of(&verifier));
}

#[test]
fn a_pushed_request_without_a_stated_end_has_none_that_is_known() {
    let mut flow = push(&client(Authentication::None));
    sent(flow.resume());
    let redirect = done(flow.respond(json(201, r#"{"request_uri":"urn:x:1"}"#)));
    assert_eq!(redirect.expires_at, None);
}

#[test]
fn what_is_no_reference_is_no_answer() {
    for (response, code) in [
        (json(200, TAKEN), None),
        (json(201, "{}"), Some("missing_member")),
        (json(201, r#"{"request_uri":"","expires_in":60}"#), Some("missing_member")),
        (json(201, r#"{"request_uri":"no uri","expires_in":60}"#), Some("malformed_member")),
        (HttpResponse::new(302).with_header("location", "https://evil.example"), Some("unexpected_redirect")),
        (HttpResponse::new(405), None),
        (HttpResponse::new(413), None),
        (json(400, r#"{"error":"invalid_request"}"#), Some("invalid_request")),
        (json(401, r#"{"error":"invalid_client"}"#), Some("invalid_client")),
    ] {
        let mut flow = push(&client(Authentication::None));
        sent(flow.resume());
        let status = response.status();
        match flow.respond(response) {
            Ok(Step::Done(redirect)) => assert!(code.is_none() && redirect.url.contains("request_uri="), "{status}"),
            Ok(other) => panic!("{status}: {other:?}"),
            Err(error) => {
                assert!(code.is_none_or(|code| error.code() == code), "{status}: {}", error.code());
                assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
            }
        }
    }
}

#[test]
fn a_request_that_may_have_been_seen_is_pushed_again() {
    let mut flow = push(&client(Authentication::None));
    let first = sent(flow.resume());
    let Ok(Step::Wait(until)) = flow.fail(SendFailure::Unknown) else { panic!("it waits") };
    flow.now = until;
    let again = sent(flow.resume());
    assert_eq!(first.body(), again.body(), "one login, one state");
    let error = flow.respond(HttpResponse::new(503).with_header("retry-after", "120")).unwrap_err();
    assert!(matches!(error, Error::Transport { failure: TransportFailure::Unavailable { .. }, .. }));
    assert_eq!(error.advice(), Advice::Retry { after: Duration::from_secs(120) });
}

#[test]
fn the_clients_key_is_named_and_proved_and_its_nonce_goes_on_into_the_code_exchange() {
    // DP-02, DP-07, DP-08, DP-11; RFC 9449, section 10.1
    let mut flow = push(&bound(private_key_jwt()));
    let step = flow.resume();
    let request = sent(flow.answered(step));
    let first = proof_claims(&request);
    assert_eq!((first.get_str("htu"), first.get_str("htm"), first.get_str("nonce")), (Some(PAR), Some("POST"), None));
    let jkt = signing_key().public_jwk().unwrap().thumbprint().to_string();
    assert_eq!(field(&request, "dpop_jkt"), Some(jkt));
    let assertion = field(&request, "client_assertion").unwrap();

    let wants = json(400, r#"{"error":"use_dpop_nonce"}"#).with_header("dpop-nonce", "n-1");
    let step = flow.respond(wants.clone());
    let request = sent(flow.answered(step));
    let second = proof_claims(&request);
    assert_eq!(second.get_str("nonce"), Some("n-1"));
    assert_ne!(first.get_str("jti"), second.get_str("jti"));
    assert_ne!(field(&request, "client_assertion").unwrap(), assertion, "an assertion is good for one sending");

    let mut pending = done(flow.respond(json(201, TAKEN).with_header("dpop-nonce", "n-2"))).pending;
    let query = format!("code=c&state={}", pending.state());
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    let step = flow.resume();
    assert_eq!(proof_claims(&sent(flow.answered(step))).get_str("nonce"), Some("n-2"));

    // A nonce that is wanted twice is none.
    let mut flow = push(&bound(private_key_jwt()));
    let step = flow.resume();
    sent(flow.answered(step));
    let step = flow.respond(wants.clone());
    sent(flow.answered(step));
    assert_eq!(flow.respond(wants.with_header("x", "y")).unwrap_err().code(), "use_dpop_nonce");
}

#[test]
fn a_known_nonce_saves_a_request() {
    let (server, client) = (server(), bound(Authentication::None));
    let nonce = oauth_types::dpop::DpopNonce::new("n-0").unwrap();
    let login = || AuthorizationCode::new(&server, &client, callback()).dpop_nonce(Some(nonce.clone()));
    let mut flow = Driven::new(login().push(&at()).unwrap());
    let step = flow.resume();
    assert_eq!(proof_claims(&sent(flow.answered(step))).get_str("nonce"), Some("n-0"));
    let mut pending = login().begin(&at()).unwrap().pending;
    let query = format!("code=c&state={}", pending.state());
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    let step = flow.resume();
    assert_eq!(proof_claims(&sent(flow.answered(step))).get_str("nonce"), Some("n-0"));
}

#[test]
fn a_signed_request_is_pushed_as_one_object_and_signed_anew_for_every_sending() {
    // RFC 9126, section 3
    let (server, client) = (server(), client(Authentication::None));
    let key = RequestObjectKey::new("key", Algorithm::Ed25519).kid("k");
    let login = AuthorizationCode::new(&server, &client, callback())
        .scope("a".parse().unwrap())
        .max_age(Duration::from_secs(60))
        .request_object(key);
    let mut flow = Driven::new(login.push(&at()).unwrap());
    let question = asked(flow.resume());
    let Question::Sign { algorithm, .. } = &question else { panic!("{question:?}") };
    assert_eq!(*algorithm, Algorithm::Ed25519);
    let step = flow.answer(crate::keyring().answer(question).unwrap());
    let request = sent(step);
    assert_eq!(field(&request, "client_id").as_deref(), Some("client"));
    for outside in ["scope", "state", "redirect_uri", "code_challenge"] {
        assert_eq!(Unfielded(&request).field(outside), None, "{outside} stands outside");
    }
    let first = field(&request, "request").unwrap();
    let object = verified(&first, flow.now);
    assert_eq!(object.get_str("scope"), Some("a"));
    assert_eq!(object.get("max_age").and_then(jwt_core::json::Value::as_u64), Some(60));
    assert_eq!((object.get_str("aud"), object.get_str("iss")), (Some("https://as.example"), Some("client")));

    let Ok(Step::Wait(until)) = flow.fail(SendFailure::NotSent) else { panic!("it waits") };
    flow.now = until;
    let step = flow.resume();
    let again = field(&sent(flow.answered(step)), "request").unwrap();
    assert_ne!(object.get_str("jti"), verified(&again, flow.now).get_str("jti"));
    assert_eq!(object.get_str("state"), verified(&again, flow.now).get_str("state"));
}

struct Unfielded<'r>(&'r HttpRequest);

impl Unfielded<'_> {
    fn field(&self, name: &str) -> Option<String> {
        let pairs = oauth_types::Pairs::parse(self.0.body()).unwrap();
        pairs.iter().find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
    }
}

fn verified(object: &str, now: Timestamp) -> Object {
    let token = Unverified::parse(object, &Limits::default()).unwrap();
    assert_eq!(token.header().kid(), Some("k"));
    let profile = RequestObjectProfile::new("client", "https://as.example");
    let key = signing_key().verifying_key().unwrap();
    profile.verify(token, [&key], now).unwrap().claims().all().clone()
}

#[test]
fn who_demands_pushed_requests_gets_no_other() {
    let (plain, client) = (server(), client(Authentication::None));
    let demanding = server().with_require_pushed_authorization_requests(true);
    let careful = client.clone().profile(Profile::oauth21().with(Rule::PushedRequest));
    for (server, client) in [(&demanding, &client), (&plain, &careful)] {
        let login = || AuthorizationCode::new(server, client, callback());
        let refused = |result: Result<(), Error>| {
            matches!(result, Err(Error::ApiMisuse(ApiMisuse::Forbidden(Rule::PushedRequest))))
        };
        assert!(refused(login().begin(&at()).map(drop)));
        let key = RequestObjectKey::new("key", Algorithm::Ed25519);
        assert!(refused(login().request_object(key).sign(&at()).map(drop)));
        assert!(login().push(&at()).is_ok());
    }
    assert!(AuthorizationCode::new(&plain, &client, callback()).begin(&at()).is_ok());
}

#[test]
fn a_request_that_no_server_could_read_is_not_pushed() {
    let (server, client) = (server(), client(Authentication::None));
    let login = AuthorizationCode::new(&server, &client, callback()).parameter("long", "x".repeat(65 * 1024));
    assert_eq!(login.push(&at()).unwrap_err().code(), "invalid_argument");
}

#[test]
fn nothing_about_the_user_is_shown() {
    // THREATS B5
    let mut flow = push(&client(Authentication::None));
    let shown = format!("{:?}", flow.flow);
    let request = sent(flow.resume());
    let redirect = done(flow.respond(json(201, TAKEN)));
    let shown = format!("{shown} {:?} {request:?} {redirect:?}", flow.flow);
    let state = redirect.pending.state();
    for secret in ["alice", "a.b.c", state, "request_uri:1"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    assert_eq!(parameter(&redirect.url, "client_id").as_deref(), Some("client"));
}

#[test]
fn a_login_that_was_used_before_its_browser_left_is_none() {
    let stored = push(&client(Authentication::None)).flow.to_stored();
    assert!(PushedAuthorization::from_stored(&stored).is_ok());
    let used = stored.replace("\"expires_at\":", "\"used\":true,\"expires_at\":");
    assert!(used != stored && PushedAuthorization::from_stored(&used).is_err());
}
