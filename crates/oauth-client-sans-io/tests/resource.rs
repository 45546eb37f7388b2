//! What resource discovery and resource requests do, step by step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use driven::{done, sent};
use jwt_core::json::Object;
use jwt_core::{Limits, Moments, Question, Unverified};
use laws::scenarios::bound::bound;
use laws::scenarios::client;
use laws::scenarios::resource::{API, api, order, tokens};
use laws::{START, keyring};
use oauth_client_sans_io::{
    ApiMisuse, Authentication, Client, DpopNonces, Error, Flow, InvalidReason, ResourceAnswer, ResourceDiscovery,
    ResourceOutcome, ResourceRequest, SendFailure, Step, StepUp, StepUps, Tokens,
};
use oauth_types::dpop::DpopNonce;
use oauth_types::metadata::MetadataError;
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Method, Purpose, Reading, Replay, Resource, Scope};

#[allow(dead_code, reason = "each test uses its part")]
mod driven;
#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

fn misuse<T>(result: Result<T, Error>) -> ApiMisuse {
    match result {
        Err(Error::ApiMisuse(misuse)) => misuse,
        Err(other) => panic!("expected misuse, got {other:?}"),
        Ok(_) => panic!("expected misuse"),
    }
}
fn moments() -> Moments {
    Moments::from_seed([5; 32])
}
fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url).unwrap()
}
fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}
fn bearer() -> Client {
    client(Authentication::SecretBasic("secret".into()))
}
fn bound_client() -> Client {
    bound(Authentication::SecretBasic("secret".into()))
}
fn get() -> HttpRequest {
    HttpRequest::get(API, Purpose::Resource)
}
fn document(resource: &str) -> HttpResponse {
    HttpResponse::new(200)
        .with_header("content-type", "application/json")
        .with_body(format!(r#"{{"resource":"{resource}","authorization_servers":["https://as.example"]}}"#))
}

// ---- resource discovery

/// What comes of this answer to the first request.
fn discovered(mut flow: ResourceDiscovery, answer: HttpResponse) -> Result<Step<String>, Error> {
    let mut at = moments();
    sent(flow.resume(at.at(START)));
    Ok(match flow.handle_response(at.at(START), answer)? {
        Step::Send(request) => Step::Send(request),
        Step::Ask(question) => Step::Ask(question),
        Step::Wait(until) => Step::Wait(until),
        Step::Done(metadata) => Step::Done(metadata.resource().as_str().to_owned()),
    })
}

fn is_mismatch<T>(result: &Result<T, Error>) -> bool {
    matches!(
        result,
        Err(Error::InvalidResponse { reason: InvalidReason::Metadata(MetadataError::ResourceMismatch), .. })
    )
}

#[test]
fn md05_the_document_at_the_well_known_url_is_that_of_the_resource_byte_for_byte() {
    // MD-05
    let flow = || ResourceDiscovery::new(api()).unwrap();
    let mut first = flow();
    let request = sent(first.resume(moments().at(START)));
    assert_eq!(request.url(), "https://api.example/.well-known/oauth-protected-resource/files");
    assert_eq!(done(discovered(flow(), document(API))), API);
    for other in [
        "https://api.example/files/",
        "https://api.example/Files",
        "https://API.example/files",
        "https://api.example:443/files",
        "https://api.example/files?x",
        "https://api.example",
        "https://evil.example/files",
    ] {
        assert!(is_mismatch(&discovered(flow(), document(other))), "{other}");
    }
}

#[test]
fn md06_the_document_of_a_challenge_is_that_of_the_url_that_was_requested() {
    // MD-06
    let url = "https://api.example/files?page=2";
    let metadata = endpoint("https://elsewhere.example/metadata");
    let flow = || ResourceDiscovery::from_challenge(endpoint(url), metadata.clone());
    assert_eq!(sent(flow().resume(moments().at(START))).url(), "https://elsewhere.example/metadata");
    assert_eq!(done(discovered(flow(), document(url))), url);
    for other in [API, "https://api.example", "https://elsewhere.example/metadata"] {
        assert!(is_mismatch(&discovered(flow(), document(other))), "{other}");
    }
}

#[test]
fn where_a_challenge_names_the_metadata_nothing_else_is_asked() {
    let flow = || ResourceDiscovery::from_challenge(endpoint(API), endpoint("https://api.example/metadata"));
    for answer in [HttpResponse::new(404), HttpResponse::new(302), HttpResponse::new(200), document("x")] {
        let status = answer.status();
        assert!(matches!(discovered(flow(), answer), Err(Error::InvalidResponse { .. })), "{status}");
    }
    // What may pass is waited for, at the same place.
    let (mut flow, mut at) = (flow(), moments());
    sent(flow.resume(at.at(START)));
    let Ok(Step::Wait(until)) = flow.handle_failure(at.at(START), SendFailure::NotSent) else { panic!("no wait") };
    assert_eq!(sent(flow.poll(at.at(until))).url(), "https://api.example/metadata");
}

#[test]
fn a_resource_above_the_url_is_taken_only_where_that_was_asked_for_and_never_by_the_strict_reading() {
    let above = |flow: ResourceDiscovery| discovered(flow.resource_above(), document("https://api.example"));
    let challenge = || ResourceDiscovery::from_challenge(endpoint(API), endpoint("https://api.example/metadata"));
    let well_known = || ResourceDiscovery::new(api()).unwrap();
    assert_eq!(done(above(challenge())), "https://api.example");
    assert_eq!(done(above(well_known())), "https://api.example");
    assert!(is_mismatch(&above(challenge().reading(Reading::Strict))));
    assert!(is_mismatch(&above(well_known().reading(Reading::Strict))));
    for other in ["https://api.example/fil", "https://evil.example", "https://api.example/files/below"] {
        assert!(is_mismatch(&discovered(challenge().resource_above(), document(other))), "{other}");
    }
    // After another resource's document nobody else is asked.
    assert!(is_mismatch(&discovered(well_known().resource_above(), document("https://evil.example"))));
    // The root of the host is asked only then.
    assert!(matches!(discovered(well_known(), HttpResponse::new(404)), Err(Error::InvalidResponse { .. })));
    let request = sent(discovered(well_known().resource_above(), HttpResponse::new(404)));
    assert_eq!(request.url(), "https://api.example/.well-known/oauth-protected-resource");
}

#[test]
fn a_resource_that_is_no_https_url_has_no_metadata() {
    for resource in ["urn:example:files", "http://api.example/files", "ftp://api.example/"] {
        let resource = Resource::new(resource).unwrap();
        assert!(matches!(misuse(ResourceDiscovery::new(resource)), ApiMisuse::InvalidArgument(_)));
    }
    let loopback = Resource::new("http://127.0.0.1:8080/files").unwrap();
    let mut flow = ResourceDiscovery::new(loopback).unwrap();
    let request = sent(flow.resume(moments().at(START)));
    assert_eq!(request.url(), "http://127.0.0.1:8080/.well-known/oauth-protected-resource/files");
}

// ---- resource requests

/// What `answer` to the first sending of `request` means.
fn answered(client: &Client, request: HttpRequest, answer: HttpResponse) -> Result<Step<ResourceAnswer>, Error> {
    let mut flow = ResourceRequest::new(&tokens(client), client, &api(), request).unwrap();
    let mut at = moments();
    let step = flow.resume(at.at(START));
    if let Ok(Step::Ask(question)) = step {
        sent(flow.handle_answer(at.at(START), keyring().answer(question).unwrap()));
    }
    flow.handle_response(at.at(START), answer)
}

fn refused(status: u16, challenges: &[&str]) -> HttpResponse {
    challenges
        .iter()
        .fold(HttpResponse::new(status), |answer, challenge| answer.with_header("www-authenticate", challenge))
        .with_body("the application may want to see this")
}

fn outcome(answer: HttpResponse) -> ResourceOutcome {
    done(answered(&bearer(), get(), answer)).outcome
}

#[test]
fn oa17_the_token_goes_into_the_authorization_field_and_replaces_what_is_there() {
    // OA-17
    let request = get().with_header("authorization", "Basic eDp5").with_header("x-mine", "1");
    let mut flow = ResourceRequest::new(&tokens(&bearer()), &bearer(), &api(), request).unwrap();
    let request = sent(flow.resume(moments().at(START)));
    assert_eq!(request.header_values("authorization").collect::<Vec<_>>(), ["Bearer MARKED-access-token"]);
    assert_eq!((request.header("x-mine"), request.header("dpop")), (Some("1"), None));
    assert_eq!(request.contract().replay(), Replay::Safe);
    assert!(!request.contract().client_certificate());
}

#[test]
fn the_applications_request_arrives_as_it_is_body_contract_and_repeated_fields_too() {
    let body: Vec<u8> = (0..=255).collect();
    let fields = [("accept", "a/b"), ("accept", "c/d"), ("cookie", "a=1"), ("cookie", "b=2")];
    let request = HttpRequest::received(Method::Put, "https://api.example/files/%7E?a=1%2F2", fields, body.clone())
        .with_max_response_bytes(7)
        .with_timeout(Duration::from_millis(1500))
        .with_replay(Replay::Never);
    let mut flow = ResourceRequest::new(&tokens(&bearer()), &bearer(), &api(), request).unwrap();
    let request = sent(flow.resume(moments().at(START)));
    assert_eq!((request.method(), request.url()), (Method::Put, "https://api.example/files/%7E?a=1%2F2"));
    assert_eq!(request.body(), body);
    assert_eq!((request.header("accept"), request.header("cookie")), (Some("a/b, c/d"), Some("a=1; b=2")));
    let contract = request.contract();
    assert_eq!((contract.replay(), contract.max_response_bytes()), (Replay::Never, 7));
    assert_eq!((contract.timeout(), contract.purpose()), (Duration::from_secs(2), Purpose::Resource));
    // And its limit is kept.
    let error = flow.handle_response(moments().at(START), HttpResponse::new(200).with_body("12345678")).unwrap_err();
    assert_eq!(error.code(), "response_too_large");
}

#[test]
fn b10_a_token_goes_to_no_other_resource_than_its_own() {
    let tokens = tokens(&bearer());
    let refuse = |resource: &str, url: &str| {
        let request = HttpRequest::get(url, Purpose::Resource);
        misuse(ResourceRequest::new(&tokens, &bearer(), &Resource::new(resource).unwrap(), request))
    };
    for url in [
        "https://evil.example/files",
        "https://api.example.evil.example/files",
        "https://api.example@evil.example/files",
        "http://api.example/files",
        "https://api.example:8443/files",
        "https://api.example/filesystem",
        "https://api.example/other",
        "https://api.example/files/../other",
        "https://api.example/files#x",
        "/files",
        "javascript:x",
        "",
    ] {
        assert_eq!(refuse(API, url), ApiMisuse::OtherResource, "{url}");
    }
    assert_eq!(refuse("urn:example:files", API), ApiMisuse::OtherResource);
    assert_eq!(refuse("http://api.example/files", "http://api.example/files"), ApiMisuse::OtherResource);
    for (resource, url) in [
        (API, "https://api.example/files/7?x=1"),
        ("https://api.example", API),
        ("https://api.example/", API),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/files"),
    ] {
        let request = HttpRequest::get(url, Purpose::Resource);
        assert!(ResourceRequest::new(&tokens, &bearer(), &Resource::new(resource).unwrap(), request).is_ok(), "{url}");
    }
}

#[test]
fn a_request_that_has_a_token_in_its_url_or_body_is_refused() {
    let tokens = tokens(&bearer());
    let form = "a=b&access%5Ftoken=x";
    for request in [
        HttpRequest::get(format!("{API}?access_token=x"), Purpose::Resource),
        HttpRequest::post_form(API, Purpose::Resource, form),
    ] {
        let misuse = misuse(ResourceRequest::new(&tokens, &bearer(), &api(), request));
        assert!(matches!(misuse, ApiMisuse::InvalidArgument(_)), "{misuse:?}");
    }
}

#[test]
fn oa10_a_token_of_an_unknown_type_is_not_used() {
    // OA-10. Tokens of another type are stored like any other.
    let stored = tokens(&bearer()).to_stored();
    for name in ["mac", "N_A", "Bearers"] {
        let other = Tokens::from_stored(&stored.replace(r#""Bearer""#, &format!("{name:?}"))).unwrap();
        assert_eq!(misuse(ResourceRequest::new(&other, &bearer(), &api(), get())), ApiMisuse::TokenType, "{name}");
    }
}

#[test]
fn b14_tokens_and_client_are_bound_to_one_key_or_neither_is() {
    let (free, bound) = (tokens(&bearer()), tokens(&bound_client()));
    assert_eq!(misuse(ResourceRequest::new(&free, &bound_client(), &api(), get())), ApiMisuse::OtherKey);
    assert_eq!(misuse(ResourceRequest::new(&bound, &bearer(), &api(), get())), ApiMisuse::OtherKey);
    // A downgrade by whoever can change what is stored.
    let downgraded = Tokens::from_stored(&bound.to_stored().replace(r#""DPoP""#, r#""Bearer""#)).unwrap();
    assert_eq!(misuse(ResourceRequest::new(&downgraded, &bound_client(), &api(), get())), ApiMisuse::TokenType);
    let upgraded = Tokens::from_stored(&free.to_stored().replace(r#""Bearer""#, r#""DPoP""#)).unwrap();
    assert_eq!(misuse(ResourceRequest::new(&upgraded, &bearer(), &api(), get())), ApiMisuse::TokenType);
}

fn claims(question: &Question) -> Object {
    let Question::Sign { input, .. } = question else { panic!("{question:?}") };
    let input = String::from_utf8([input, b".".as_slice()].concat()).unwrap();
    Unverified::parse(&input, &Limits::default()).unwrap().dangerous_claims().unwrap()
}

#[test]
fn b14_a_bound_token_comes_with_a_fresh_proof_for_each_sending_and_the_nonce_is_used_once() {
    // DP-02, DP-04, DP-06, DP-07, DP-08
    let client = bound_client();
    let mut flow = ResourceRequest::new(&tokens(&client), &client, &api(), order()).unwrap();
    let mut at = moments();
    let mut ids = Vec::new();
    let mut nonces = Vec::new();
    let mut step = flow.resume(at.at(START));
    for round in 0..2 {
        let Ok(Step::Ask(question)) = step else { panic!("{step:?}") };
        let claims = claims(&question);
        // base64url(SHA-256("MARKED-access-token")).
        assert_eq!(claims.get_str("ath"), Some("1o4moYsBkmRGqxZk6G1WDutNmRcuRc1WE3OT7kO1Qyg"));
        assert_eq!((claims.get_str("htm"), claims.get_str("htu")), (Some("POST"), Some(API)));
        ids.push(claims.get_str("jti").unwrap().to_owned());
        nonces.push(claims.get_str("nonce").map(str::to_owned));
        let request = sent(flow.handle_answer(at.at(START), keyring().answer(question).unwrap()));
        assert_eq!(request.header("authorization"), Some("DPoP MARKED-access-token"));
        assert!(request.header("dpop").is_some());
        // A proof is for one sending.
        assert_eq!(request.contract().replay(), Replay::IfNotSent);
        let answer = refused(401, &["Bearer", r#"dpop error="use_dpop_nonce", algs="Ed25519""#]);
        step = flow.handle_response(at.at(START), answer.with_header("DPoP-Nonce", format!("n{round}")));
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(nonces, [None, Some("n0".to_owned())]);
    // The second refusal is final.
    assert_eq!(step.unwrap_err().code(), "use_dpop_nonce");
}

#[test]
fn b14_a_nonce_that_is_asked_for_and_not_given_or_given_twice_is_no_reason_to_send_again() {
    // DP-07, DP-09
    let answer = || refused(401, &[r#"DPoP error="use_dpop_nonce""#]);
    for answer in [
        answer(),
        answer().with_header("dpop-nonce", "a").with_header("dpop-nonce", "b"),
        answer().with_header("dpop-nonce", "\""),
    ] {
        let error = answered(&bound_client(), order(), answer).unwrap_err();
        assert_eq!(error.code(), "use_dpop_nonce");
    }
    // Nobody asks the holder of a bearer token for one.
    let answer = answer().with_header("dpop-nonce", "a");
    assert_eq!(outcome(answer), ResourceOutcome::Response);
}

#[test]
fn b14_the_newest_nonce_comes_back_from_success_and_refusal_and_belongs_to_its_origin() {
    // DP-08
    let url = endpoint(API);
    let mut nonces = DpopNonces::new();
    nonces.learn(&url, DpopNonce::new("old").unwrap());
    nonces.learn(&endpoint("https://as.example/token"), DpopNonce::new("as").unwrap());
    let client = bound_client();
    for (answer, newest) in [
        (HttpResponse::new(200).with_header("dpop-nonce", "new"), "new"),
        (refused(401, &[r#"DPoP error="invalid_token""#]).with_header("dpop-nonce", "new"), "new"),
        (HttpResponse::new(503).with_header("dpop-nonce", "new"), "new"),
        (HttpResponse::new(200), "old"),
        (HttpResponse::new(200).with_header("dpop-nonce", "not a nonce"), "old"),
    ] {
        let mut flow = ResourceRequest::new(&tokens(&client), &client, &api(), get()).unwrap();
        flow = flow.dpop_nonce(nonces.clone().find(&url).cloned());
        let mut at = moments();
        let Ok(Step::Ask(question)) = flow.resume(at.at(START)) else { panic!() };
        assert_eq!(claims(&question).get_str("nonce"), Some("old"));
        sent(flow.handle_answer(at.at(START), keyring().answer(question).unwrap()));
        let answer = done(flow.handle_response(at.at(START), answer));
        assert_eq!(answer.dpop_nonce.as_ref().map(DpopNonce::as_str), Some(newest));
    }
    assert_eq!(nonces.find(&endpoint("https://as.example/")).map(DpopNonce::as_str), Some("as"));
}

#[test]
fn a_store_of_nonces_is_bounded_and_forgets_the_least_recently_used_origin() {
    let url = |number: usize| endpoint(&format!("https://{number}.example/"));
    let mut nonces = DpopNonces::new();
    for number in 0..DpopNonces::MAX_ORIGINS {
        nonces.learn_from(&url(number), &HttpResponse::new(200).with_header("dpop-nonce", number.to_string()));
    }
    assert_eq!(nonces.find(&url(0)).map(DpopNonce::as_str), Some("0"));
    nonces.learn(&url(1000), DpopNonce::new("x").unwrap());
    assert_eq!(nonces.len(), DpopNonces::MAX_ORIGINS);
    assert!(nonces.find(&url(0)).is_some() && nonces.find(&url(1)).is_none() && nonces.find(&url(2)).is_some());
    let restored = DpopNonces::from_stored(&nonces.to_stored()).unwrap();
    assert_eq!(restored.to_stored(), nonces.to_stored());
    assert!(!restored.is_empty());
}

#[test]
fn the_certificate_is_shown_where_tokens_are_bound_to_it_and_where_the_application_wants_it() {
    for (client, request, shown) in [
        (bearer(), get(), false),
        (bearer(), get().with_client_certificate(true), true),
        (bearer().certificate_bound_tokens(), get(), true),
    ] {
        let mut flow = ResourceRequest::new(&tokens(&client), &client, &api(), request).unwrap();
        assert_eq!(sent(flow.resume(moments().at(START))).contract().client_certificate(), shown);
    }
}

#[test]
fn what_is_not_about_the_token_is_handed_over_as_it_came() {
    for answer in [
        HttpResponse::new(200).with_body("x"),
        HttpResponse::new(204),
        HttpResponse::new(302).with_header("location", "https://evil.example/"),
        refused(400, &[r#"Bearer error="invalid_request""#]),
        refused(403, &[]),
        refused(403, &[r#"Bearer realm="x""#]),
        refused(401, &[r#"DPoP error="invalid_dpop_proof""#]),
        refused(404, &[r#"Bearer error="invalid_token""#]),
        HttpResponse::new(429).with_header("retry-after", "1"),
        HttpResponse::new(503).with_body("x"),
        HttpResponse::new(501),
    ] {
        let given = done(answered(&bearer(), order(), answer.clone()));
        assert_eq!(given.outcome, ResourceOutcome::Response, "{answer:?}");
        assert_eq!((given.response.status(), given.response.body()), (answer.status(), answer.body()));
    }
}

#[test]
fn a_401_means_that_the_token_is_no_good() {
    for challenges in [
        &[r#"Bearer error="invalid_token""#][..],
        &[r#"bearer realm="x", ERROR=invalid_token"#],
        &["Basic realm=x", r#"Bearer error="invalid_token", error_description="expired""#],
        &["Bearer"],
        &[],
        &["\u{1}garbage\"=\"="],
        // The other scheme says more.
        &[r#"Bearer realm="x", DPoP error="invalid_token""#],
    ] {
        assert_eq!(outcome(refused(401, challenges)), ResourceOutcome::InvalidToken, "{challenges:?}");
    }
}

#[test]
fn a_step_up_asks_for_what_the_resource_wants() {
    // RFC 9470, section 3
    let answer = refused(
        401,
        &[
            r#"Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR other""#,
        ],
    );
    let ResourceOutcome::StepUp(StepUp { scope, acr_values, max_age, .. }) = outcome(answer) else { panic!() };
    assert_eq!((scope, max_age), (Some("files.read".parse().unwrap()), None));
    assert_eq!(acr_values, ["myACR", "other"]);
    let answer = refused(401, &[r#"Bearer error="insufficient_user_authentication", max_age="5""#]);
    let ResourceOutcome::StepUp(step_up) = outcome(answer) else { panic!() };
    assert_eq!((step_up.acr_values.len(), step_up.max_age), (0, Some(Duration::from_secs(5))));
}

#[test]
fn more_scope_is_asked_for_with_all_that_was_asked_for_before_and_not_twice() {
    let more = |wanted: &str| refused(403, &[&format!(r#"Bearer error="insufficient_scope", scope="{wanted}""#)]);
    let ResourceOutcome::StepUp(step_up) = outcome(more("files.write")) else { panic!() };
    assert_eq!(step_up.scope, Some(scope("files.read files.write")));
    // The scheme of the token says less than the other.
    let both = refused(403, &[r#"Bearer realm="x", DPoP error="insufficient_scope", scope="files.write""#]);
    assert!(matches!(outcome(both), ResourceOutcome::StepUp(_)));
    // All of it was asked for, or the resource does not say what it wants: asking again gives the same.
    assert_eq!(outcome(more("files.read")), ResourceOutcome::Response);
    assert_eq!(outcome(refused(403, &[r#"Bearer error="insufficient_scope""#])), ResourceOutcome::Response);
    // What was asked for and not granted counts as asked for.
    let asked = scope("files.read files.write photos");
    for (wanted, expected) in [("files.write", None), ("files.delete", Some(asked.union(&scope("files.delete"))))] {
        let flow = ResourceRequest::new(&tokens(&bearer()), &bearer(), &api(), get()).unwrap();
        let (mut flow, mut at) = (flow.requested_scope(asked.clone()), moments());
        sent(flow.resume(at.at(START)));
        let answer = done(flow.handle_response(at.at(START), more(wanted)));
        match (answer.outcome, expected) {
            (ResourceOutcome::StepUp(step_up), Some(expected)) => assert_eq!(step_up.scope, Some(expected)),
            (ResourceOutcome::Response, None) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_challenge_that_names_metadata_and_no_error_asks_to_look_there() {
    let metadata = "https://api.example/.well-known/oauth-protected-resource/files";
    let named = |rest: &str| refused(401, &[&format!(r#"Bearer resource_metadata="{metadata}"{rest}"#)]);
    let answer = done(answered(&bearer(), get(), named("")));
    assert_eq!(answer.outcome, ResourceOutcome::Challenged);
    assert_eq!(answer.resource_metadata, Some(endpoint(metadata)));
    let answer = done(answered(&bearer(), get(), named(r#", error="invalid_token""#)));
    assert_eq!(answer.outcome, ResourceOutcome::InvalidToken);
    assert_eq!(answer.resource_metadata, Some(endpoint(metadata)));
    // MD-06: under any scheme, but never in the clear.
    let other = refused(401, &[&format!(r#"Custom resource_metadata="{metadata}""#)]);
    assert_eq!(outcome(other), ResourceOutcome::Challenged);
    let clear = refused(401, &[r#"Bearer resource_metadata="http://api.example/metadata""#]);
    assert_eq!(outcome(clear), ResourceOutcome::InvalidToken);
}

#[test]
fn a_request_is_repeated_only_as_far_as_its_class_allows() {
    for (class, on_not_sent, on_unknown) in
        [(Replay::Never, false, false), (Replay::IfNotSent, true, false), (Replay::Safe, true, true)]
    {
        for (failure, repeated) in [(SendFailure::NotSent, on_not_sent), (SendFailure::Unknown, on_unknown)] {
            let request = order().with_replay(class);
            let mut flow = ResourceRequest::new(&tokens(&bearer()), &bearer(), &api(), request).unwrap();
            let mut at = moments();
            sent(flow.resume(at.at(START)));
            let step = flow.handle_failure(at.at(START), failure);
            assert_eq!(matches!(step, Ok(Step::Wait(_))), repeated, "{class:?} {failure:?} {step:?}");
        }
    }
    // But for the nonce, after which nothing has happened.
    let answer = refused(401, &[r#"DPoP error="use_dpop_nonce""#]).with_header("dpop-nonce", "n");
    let step = answered(&bound_client(), order().with_replay(Replay::Never), answer);
    assert!(matches!(step, Ok(Step::Ask(_))), "{step:?}");
}

#[test]
fn step_ups_of_a_resource_are_bounded_until_it_lets_a_request_through() {
    let mut step_ups = StepUps::new();
    let (one, other) = (api(), Resource::new("https://other.example").unwrap());
    let attempts = (0..10).filter(|_| step_ups.attempt(&one)).count();
    assert_eq!(attempts, usize::from(StepUps::MAX_ATTEMPTS));
    assert!(step_ups.attempt(&other));
    let mut restored = StepUps::from_stored(&step_ups.to_stored()).unwrap();
    assert!(!restored.attempt(&one));
    restored.succeeded(&one);
    assert!(restored.attempt(&one));
    for number in 0..StepUps::MAX_RESOURCES {
        assert!(restored.attempt(&Resource::new(format!("urn:{number}")).unwrap()));
    }
    assert!(restored.to_stored().len() < 64 * 32);
}
