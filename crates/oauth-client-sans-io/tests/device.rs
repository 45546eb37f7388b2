//! What a login on another device does, step by step, when things go well and when they go wrong (RFC 8628).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use driven::{claims, form, json, refused, wait};
use jwt_core::{Algorithm, Answer, Moments, Timestamp};
use laws::scenarios::bound::{bound, private_key_jwt};
use laws::scenarios::polling::{begun, interaction, server};
use laws::scenarios::{client, honest, id_token_with, signing_key};
use laws::{START, keyring};
use oauth_client_sans_io::{
    Advice, ApiMisuse, Authentication, Client, DeviceAuthorization, DevicePolling, Error, Flow, Input, Login,
    SendFailure, Step,
};
use oauth_types::dpop::DpopNonce;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::reading::Reading;
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Issuer, Resource};

#[allow(dead_code, reason = "each test uses its part")]
mod driven;
#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

/// A flow that polls, its clock and its moments.
struct Driven {
    flow: DevicePolling,
    moments: Moments,
    now: Timestamp,
}

impl Driven {
    fn new(flow: DevicePolling) -> Self {
        Self { flow, moments: Moments::from_seed([5; 32]), now: START }
    }
    /// A device that has shown its code, of a client of this kind.
    fn shown(scope: &str, client: &Client) -> Self {
        Self::new(interaction(START, scope, client).polling)
    }
    fn public() -> Self {
        Self::shown("files.read", &client(Authentication::None))
    }
    fn handle(&mut self, input: Input) -> Result<Step<Login>, Error> {
        self.flow.handle(self.moments.at(self.now), input)
    }
    fn respond(&mut self, response: HttpResponse) -> Result<Step<Login>, Error> {
        self.handle(Input::Response(response))
    }
    fn pass(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
    }
    /// Waits until the next poll is due, and answers all that it asks for. Gives the poll, and how long it had to wait, in seconds.
    fn poll(&mut self) -> (HttpRequest, u64) {
        let until = wait(self.handle(Input::Resume));
        let waited = until.saturating_since(self.now);
        self.now = until;
        let mut step = self.handle(Input::Poll).unwrap();
        loop {
            step = match step {
                Step::Send(request) => return (request, waited.as_secs()),
                Step::Ask(question) => self.handle(Input::Answer(keyring().answer(question).unwrap())).unwrap(),
                other @ (Step::Wait(_) | Step::Done(_)) => panic!("expected a poll, got {other:?}"),
            };
        }
    }
}

fn tokens() -> HttpResponse {
    json(200, r#"{"access_token":"new","token_type":"Bearer","expires_in":300}"#)
}

// ---- the codes

#[test]
fn rfc_8628_sections_3_1_and_3_2_a_device_asks_for_a_code_and_shows_it() {
    // DEV-01, DEV-05
    let endpoint = |url| Endpoint::new(url).unwrap();
    let server = AuthorizationServer::new(Issuer::new("https://server.example.com").unwrap())
        .with_device_authorization_endpoint(endpoint("https://server.example.com/device_authorization"))
        .with_token_endpoint(endpoint("https://server.example.com/token"));
    let client = Client::new(oauth_types::ClientId::new("1406020730").unwrap(), Authentication::None);
    let mut flow = DeviceAuthorization::new(&server, &client).unwrap().scope("example_scope".parse().unwrap());
    let mut moments = Moments::from_seed([1; 32]);
    let Ok(Step::Send(request)) = flow.resume(moments.at(START)) else { panic!("no request") };
    assert_eq!(request.url(), "https://server.example.com/device_authorization");
    assert_eq!(form(&request), "scope=example_scope&client_id=1406020730");
    let response = json(
        200,
        r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device",
            "verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800,"interval":5}"#,
    );
    let Ok(Step::Done(shown)) = flow.handle_response(moments.at(START), response) else { panic!("no codes") };
    // The user code is there to be shown beside the URI that holds it already.
    assert_eq!(shown.user_code, "WDJB-MJHT");
    assert_eq!(shown.verification_uri, "https://example.com/device");
    assert_eq!(shown.verification_uri_complete.as_deref(), Some("https://example.com/device?user_code=WDJB-MJHT"));
    assert_eq!(shown.expires_at, START.saturating_add(Duration::from_secs(1800)));
    assert_eq!((shown.polling.expires_at(), shown.polling.interval().as_secs()), (shown.expires_at, 5));
    assert!(!format!("{shown:?}").contains("WDJB"), "{shown:?}");

    // Section 3.4.
    let (request, waited) = Driven::new(shown.polling).poll();
    assert_eq!((request.url(), waited), ("https://server.example.com/token", 5));
    assert_eq!(
        form(&request),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS&client_id=1406020730"
    );
}

#[test]
fn an_answer_without_all_that_is_required_begins_no_login() {
    // DEV-01
    let whole = r#"{"device_code":"d","user_code":"u","verification_uri":"https://as.example/device","expires_in":60}"#;
    let answered = |body: &str, client: &Client| {
        let mut flow = DeviceAuthorization::new(&server(), client).unwrap();
        let mut moments = Moments::from_seed([1; 32]);
        assert!(matches!(flow.resume(moments.at(START)), Ok(Step::Send(_))));
        match flow.handle_response(moments.at(START), json(200, body)) {
            Ok(Step::Done(shown)) => Ok(shown.polling),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.code().to_owned()),
        }
    };
    let (interop, strict) = (client(Authentication::None), client(Authentication::None).reading(Reading::Strict));
    // Section 3.2: "If no value is provided, clients MUST use 5 as the default."
    assert_eq!(answered(whole, &interop).unwrap().interval().as_secs(), 5);
    for member in ["device_code", "user_code", "verification_uri", "expires_in"] {
        let body = whole.replace(&format!(r#""{member}":"#), r#""x":"#);
        assert!(answered(&body, &strict).is_err(), "{member}");
        assert_eq!(answered(&body, &interop).is_err(), member != "expires_in", "{member}");
    }
    // B1: what nobody means is bounded, and nothing overflows.
    for (interval, seconds) in [("0", 1), ("-1", 1), ("null", 5), ("\"7\"", 7), ("0.2", 1), ("3600", 3600)] {
        let body = whole.replace("60}", &format!(r#"60,"interval":{interval}}}"#));
        assert_eq!(answered(&body, &interop).unwrap().interval().as_secs(), seconds, "{interval}");
    }
    let body = whole.replace("60}", r#"18446744073709551615,"interval":18446744073709551615}"#);
    let mut flow = Driven::new(answered(&body, &interop).unwrap());
    assert!(wait(flow.handle(Input::Resume)) > START);
    flow.now = Timestamp::MAX;
    assert!(matches!(flow.handle(Input::Poll), Err(Error::Expired { .. })));
    // A server that does not say when: half an hour, and then it is over.
    let flow = answered(&whole.replace(r#","expires_in":60"#, ""), &interop).unwrap();
    assert_eq!(flow.expires_at(), START.saturating_add(Duration::from_secs(1800)));
    // Codes that are dead already.
    let mut flow = Driven::new(answered(&whole.replace("60}", "0}"), &interop).unwrap());
    assert!(matches!(flow.handle(Input::Resume), Err(Error::Expired { .. })));
}

#[test]
fn what_is_asked_for_goes_where_it_belongs() {
    let flow = DeviceAuthorization::new(&server(), &client(Authentication::None))
        .unwrap()
        .scope("files.read".parse().unwrap())
        .resource(Resource::new("https://api.example/").unwrap())
        .parameter("audience", "api");
    let mut flow = DeviceAuthorization::from_stored(&flow.to_stored()).unwrap();
    let Ok(Step::Send(request)) = flow.resume(Moments::from_seed([1; 32]).at(START)) else { panic!("no request") };
    let body = form(&request);
    assert_eq!(body, "scope=files.read&resource=https%3A%2F%2Fapi.example%2F&audience=api&client_id=client");
    let Ok(Step::Done(shown)) =
        flow.handle_response(Moments::from_seed([2; 32]).at(START), laws::scenarios::polling::honest(&request, START))
    else {
        panic!("no codes")
    };
    let (request, _) = Driven::new(shown.polling.parameter("tenant", "t")).poll();
    let body = form(&request);
    // RFC 8707, section 2.2: the resource is named again. The scope is not (RFC 8628, section 3.4).
    assert!(body.ends_with("&resource=https%3A%2F%2Fapi.example%2F&tenant=t&client_id=client"), "{body}");
    assert!(!body.contains("scope") && !body.contains("audience"), "{body}");
}

#[test]
fn an_id_token_that_could_not_be_checked_is_not_asked_for() {
    let endpoint = |url| Endpoint::new(url).unwrap();
    let server = AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_device_authorization_endpoint(endpoint("https://as.example/device_authorization"))
        .with_token_endpoint(endpoint("https://as.example/token"));
    let public = client(Authentication::None);
    let mut flow = DeviceAuthorization::new(&server, &public).unwrap().scope("openid".parse().unwrap());
    let result = flow.resume(Moments::from_seed([1; 32]).at(START));
    assert!(matches!(result, Err(Error::ApiMisuse(ApiMisuse::MissingEndpoint("jwks_uri")))), "{result:?}");
    // RFC 8628, section 4.
    let without = AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_token_endpoint(endpoint("https://as.example/token"));
    assert_eq!(DeviceAuthorization::new(&without, &public).unwrap_err().code(), "missing_endpoint");
}

// ---- the pace

/// What becomes of a poll.
type Fail = fn(&mut Driven) -> Result<Step<Login>, Error>;

#[test]
fn slow_down_adds_five_seconds_for_good() {
    // DEV-02
    let mut flow = Driven::public();
    let answers = [("authorization_pending", 5), ("slow_down", 5), ("authorization_pending", 10), ("slow_down", 10)];
    for (code, seconds) in answers {
        let (_, waited) = flow.poll();
        assert_eq!(waited, seconds, "before {code}");
        wait(flow.respond(refused(400, code)));
    }
    assert_eq!(flow.flow.interval().as_secs(), 15);
    let (_, waited) = flow.poll();
    assert_eq!(waited, 15);
}

#[test]
fn b2_a_verdict_counts_whatever_its_status() {
    // DEV-02: Google answers 428 and 403, GitHub 200.
    for status in [200, 400, 401, 403, 428] {
        let mut flow = Driven::public();
        flow.poll();
        wait(flow.respond(refused(status, "authorization_pending")));
        assert_eq!((flow.poll().1, flow.flow.interval().as_secs()), (5, 5), "{status}");
        wait(flow.respond(refused(status, "slow_down")));
        assert_eq!(flow.poll().1, 10, "{status}");
        let error = flow.respond(refused(status, "access_denied")).unwrap_err();
        assert_eq!(error.code(), "access_denied", "{status}");
    }
}

#[test]
fn b1_every_other_error_ends_the_flow() {
    // DEV-03
    for (status, code, advice) in [
        (400, "access_denied", Advice::Stop),
        (400, "expired_token", Advice::Restart),
        (400, "invalid_grant", Advice::Restart),
        (401, "invalid_client", Advice::Fix),
        (400, "unsupported_grant_type", Advice::Fix),
        (400, "server_error", Advice::Restart),
        (400, "something_else", Advice::Stop),
    ] {
        let mut flow = Driven::public();
        flow.poll();
        let error = flow.respond(refused(status, code)).unwrap_err();
        assert_eq!((error.code(), error.advice()), (code, advice));
        assert!(matches!(flow.handle(Input::Resume), Err(Error::ApiMisuse(ApiMisuse::Ended))), "{code}");
        assert!(!flow.flow.to_stored().contains("MARKED-device-code"), "a code that is spent is forgotten");
    }
    for (response, code) in [
        (HttpResponse::new(302).with_header("location", "https://evil.example/"), "unexpected_redirect"),
        (json(200, "{}"), "missing_member"),
        (HttpResponse::new(501), "unexpected_status"),
    ] {
        let mut flow = Driven::public();
        flow.poll();
        assert_eq!(flow.respond(response).unwrap_err().code(), code);
    }
}

#[test]
fn b1_without_an_answer_the_wait_doubles_until_there_is_one() {
    // DEV-04
    let long = DevicePolling::from_stored(
        &Driven::public().flow.to_stored().replace("\"expires_at\":1700000050000", "\"expires_at\":1700009000000"),
    );
    let mut flow = Driven::new(long.unwrap());
    let failures: [Fail; 7] = [
        |flow| flow.handle(Input::Failure(SendFailure::Unknown)),
        |flow| flow.handle(Input::Failure(SendFailure::NotSent)),
        |flow| flow.handle(Input::Resume),
        // B8: a 5xx or a 429 is no verdict, whatever the body says; nor is a page.
        |flow| flow.respond(refused(503, "access_denied")),
        |flow| flow.respond(refused(429, "expired_token")),
        |flow| flow.respond(HttpResponse::new(500)),
        |flow| flow.respond(HttpResponse::new(404).with_header("content-type", "text/html").with_body("<html>")),
    ];
    let mut expected = [5, 10, 20, 40, 60, 60, 60].into_iter();
    for fail in failures {
        assert_eq!(flow.poll().1, expected.next().unwrap());
        wait(fail(&mut flow));
    }
    assert_eq!(flow.poll().1, 60, "what is doubled has an end");
    wait(flow.respond(refused(400, "slow_down")));
    assert_eq!(flow.poll().1, 10, "an answer: the interval again, as long as it was made");
    wait(flow.handle(Input::Failure(SendFailure::Unknown)));
    assert_eq!(flow.poll().1, 20);
}

#[test]
fn b1_a_stored_text_that_was_changed_does_not_make_polls_follow_each_other_at_once() {
    let changed = "\"interval\":0,\"failures\":4294967295";
    let stored = Driven::public().flow.to_stored().replace("\"interval\":5000", changed);
    let mut flow = Driven::new(DevicePolling::from_stored(&stored).unwrap());
    flow.poll();
    for _ in 0..3 {
        let until = wait(flow.handle(Input::Failure(SendFailure::Unknown)));
        assert!(until >= flow.now.saturating_add(Duration::from_secs(1)), "{until} at {}", flow.now);
        assert!(flow.poll().1 >= 1);
    }
}

#[test]
fn a_stored_text_that_was_changed_waits_no_longer_for_another_sending_than_a_flow_does() {
    let client = client(Authentication::None);
    let mut flow = DeviceAuthorization::new(&server(), &client).unwrap();
    let mut moments = Moments::from_seed([1; 32]);
    let Ok(Step::Send(_)) = flow.resume(moments.at(START)) else { panic!("no request") };
    let until = wait(flow.handle_response(moments.at(START), HttpResponse::new(503)));
    let own = format!("\"waiting\":{{\"until\":{},\"seconds\":1}}", until.as_unix());
    let forged = format!("\"waiting\":{{\"until\":{0},\"seconds\":{0}}}", u64::MAX);
    let stored = flow.to_stored().replace(&own, &forged);
    assert!(stored.contains(&forged), "{stored}");
    let mut flow = DeviceAuthorization::from_stored(&stored).unwrap();
    let until = wait(flow.resume(moments.at(START)));
    assert!(until <= START.saturating_add(Duration::from_secs(31)), "{until}");
}

#[test]
fn a_retry_after_counts_where_it_is_longer() {
    let mut flow = Driven::public();
    for (status, seconds, expected) in [(400, 3, 5), (400, 7, 7), (503, 3, 10), (429, 21, 21)] {
        flow.poll();
        let response = refused(status, "authorization_pending").with_header("retry-after", seconds.to_string());
        let until = wait(flow.respond(response));
        assert_eq!(until.saturating_since(flow.now).as_secs(), expected, "{status} {seconds}");
    }
    // No longer than the codes live.
    flow.poll();
    let until = wait(flow.respond(HttpResponse::new(503).with_header("retry-after", "3600")));
    assert_eq!(until, flow.flow.expires_at());
}

#[test]
fn nothing_is_sent_after_the_end_not_even_what_was_being_prepared() {
    // DEV-03
    let mut flow = Driven::shown("files.read", &client(Authentication::SecretPost("secret".into())));
    flow.now = wait(flow.handle(Input::Resume));
    let Ok(Step::Ask(question)) = flow.handle(Input::Poll) else { panic!("no question") };
    flow.pass(45);
    let result = flow.handle(Input::Answer(keyring().answer(question).unwrap()));
    assert!(matches!(&result, Err(Error::Expired { .. })), "{result:?}");
    assert_eq!(result.unwrap_err().advice(), Advice::Restart);

    // It is looked at again when an answer comes that is none.
    for answer in [refused(400, "authorization_pending"), refused(400, "slow_down"), HttpResponse::new(503)] {
        let mut flow = Driven::public();
        flow.poll();
        flow.pass(45);
        assert!(matches!(flow.respond(answer), Err(Error::Expired { .. })));
        assert!(matches!(flow.handle(Input::Poll), Err(Error::ApiMisuse(ApiMisuse::Ended))));
    }
    let mut flow = Driven::public();
    flow.poll();
    flow.pass(45);
    assert!(matches!(flow.handle(Input::Failure(SendFailure::Unknown)), Err(Error::Expired { .. })));
}

#[test]
fn tokens_that_come_late_for_a_poll_that_was_sent_in_time_are_tokens() {
    let mut flow = Driven::public();
    flow.poll();
    flow.pass(3600);
    assert!(matches!(flow.respond(tokens()), Ok(Step::Done(_))));
    // So is a late refusal: it says more than that the time is over.
    let mut flow = Driven::public();
    flow.poll();
    flow.pass(3600);
    assert_eq!(flow.respond(refused(400, "access_denied")).unwrap_err().code(), "access_denied");
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_longer() {
    let mut flow = Driven::public();
    flow.poll();
    wait(flow.respond(refused(400, "authorization_pending")));
    flow.now = flow.now.saturating_sub(Duration::from_secs(86_400));
    let until = wait(flow.handle(Input::Poll));
    assert!(until.saturating_since(flow.now) < Duration::from_millis(5_002), "{until}");
    // Ten times a day back: what is left of the lifetime is never more than it was.
    let mut left = flow.flow.expires_at().saturating_since(flow.now);
    for _ in 0..10 {
        flow.pass(3);
        flow.now = flow.now.saturating_sub(Duration::from_secs(86_400));
        wait(flow.handle(Input::Poll));
        assert!(flow.flow.expires_at().saturating_since(flow.now) <= left);
        left = flow.flow.expires_at().saturating_since(flow.now);
    }
}

// ---- proofs, assertions, ID tokens

#[test]
fn b7_every_poll_has_an_assertion_and_a_proof_of_its_own_and_the_newest_nonce() {
    let mut flow = Driven::shown("files.read", &bound(private_key_jwt()));
    let mut seen = Vec::new();
    for round in 0..4 {
        let (request, _) = flow.poll();
        let proof = claims(request.header("dpop").unwrap());
        let body = form(&request);
        let assertion = body.split('&').find_map(|pair| pair.strip_prefix("client_assertion=")).unwrap();
        for jti in [proof.get_str("jti").unwrap(), claims(assertion).get_str("jti").unwrap()] {
            assert!(!seen.iter().any(|known| known == jti), "one jti twice");
            seen.push(jti.to_owned());
        }
        let nonce = (round > 0).then(|| format!("nonce-{round}"));
        assert_eq!(proof.get_str("nonce"), nonce.as_deref(), "the nonce that came with the last answer");
        let nonce = format!("nonce-{}", round + 1);
        wait(flow.respond(refused(400, "authorization_pending").with_header("dpop-nonce", nonce)));
    }
}

#[test]
fn b14_a_nonce_that_is_asked_for_goes_with_the_next_poll_once() {
    let wants = |nonce: &str| refused(400, "use_dpop_nonce").with_header("dpop-nonce", nonce);
    let mut flow = Driven::shown("files.read", &bound(Authentication::None));
    flow.poll();
    wait(flow.respond(wants("one")));
    let (request, waited) = flow.poll();
    assert_eq!(waited, 5, "a repetition is a poll like any other");
    assert_eq!(claims(request.header("dpop").unwrap()).get_str("nonce"), Some("one"));
    wait(flow.respond(refused(400, "authorization_pending")));
    // Later it may want another one.
    flow.poll();
    wait(flow.respond(wants("two")));
    flow.poll();
    assert_eq!(flow.respond(wants("three")).unwrap_err().code(), "use_dpop_nonce", "but not for ever");

    // The nonce that it has had already, and a refusal without one.
    for nonce in [Some("two"), None] {
        let shown = begun(
            DeviceAuthorization::new(&server(), &bound(Authentication::None))
                .unwrap()
                .dpop_nonce(DpopNonce::new("two").ok()),
        );
        let mut flow = Driven::new(shown.polling);
        let (request, _) = flow.poll();
        assert_eq!(claims(request.header("dpop").unwrap()).get_str("nonce"), Some("two"));
        let response = refused(400, "use_dpop_nonce");
        let response = match nonce {
            Some(nonce) => response.with_header("dpop-nonce", nonce),
            None => response,
        };
        assert_eq!(flow.respond(response).unwrap_err().code(), "use_dpop_nonce");
    }
    // Tokens that are not bound are not what was asked for.
    let mut flow = Driven::shown("files.read", &bound(Authentication::None));
    flow.poll();
    assert!(matches!(flow.respond(tokens()), Err(Error::InvalidResponse { .. })));
}

#[test]
fn an_id_token_is_checked_before_anybody_is_told_who_logged_in() {
    let answered = |id_token: Option<String>| {
        let mut flow = Driven::shown("openid files.read", &client(Authentication::None));
        flow.poll();
        let id_token = id_token.map(|token| format!(r#","id_token":"{token}""#)).unwrap_or_default();
        let body = format!(r#"{{"access_token":"new","token_type":"Bearer"{id_token}}}"#);
        let mut step = flow.respond(json(200, body));
        if let Ok(Step::Send(request)) = &step {
            let response = honest(request, flow.now);
            step = flow.respond(response);
        }
        if let Ok(Step::Ask(question)) = step {
            step = flow.handle(Input::Answer(keyring().answer(question).unwrap()));
        }
        match step {
            Ok(Step::Done(login)) => Ok(login),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.code().to_owned()),
        }
    };
    let login = answered(Some(id_token_with(START, &[]))).unwrap();
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
    assert!(login.fetched_keys.is_some());
    let forged = id_token_with(START, &[]);
    let forged = format!("{}{}", &forged[..forged.len() - 4], "AAAA");
    assert_eq!(answered(Some(forged)).unwrap_err(), "invalid_signature");
    assert_eq!(answered(Some(id_token_with(START, &[("at_hash", "x")]))).unwrap_err(), "at_hash_mismatch");
    assert_eq!(answered(Some(id_token_with(START, &[("azp", "other")]))).unwrap_err(), "azp_mismatch");
    assert_eq!(answered(None).unwrap_err(), "id_token_missing");
    // Not asked for: not looked at.
    let mut flow = Driven::public();
    flow.poll();
    let response = json(200, r#"{"access_token":"new","token_type":"Bearer","id_token":"e.y.J"}"#);
    let Ok(Step::Done(login)) = flow.respond(response) else { panic!("no login") };
    assert!(login.id_token.is_none() && login.tokens.raw_id_token().is_some());
    // The keys that are known are asked first, and what cannot be had in time is no login.
    let key = signing_key().public_jwk().unwrap();
    let keys = jwt_core::JwkSet::new(vec![key]);
    let polling = interaction(START, "openid", &client(Authentication::None)).polling.known_keys(keys);
    let mut flow = Driven::new(polling);
    flow.poll();
    let body = format!(r#"{{"access_token":"new","token_type":"Bearer","id_token":"{}"}}"#, id_token_with(START, &[]));
    let step = flow.respond(json(200, body));
    assert!(matches!(step, Ok(Step::Ask(jwt_core::Question::Verify { algorithm: Algorithm::Ed25519, .. }))));
    let Ok(Step::Send(_)) = flow.handle(Input::Answer(Answer::Verified(None))) else { panic!("no fetch") };
    let error = flow.respond(HttpResponse::new(503).with_header("retry-after", "3600")).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("server_unavailable", Advice::Restart));
}
