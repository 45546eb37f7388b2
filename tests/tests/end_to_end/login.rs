//! The login, and what must not pass for one.

use conformance::server::{Consent, Fault, Place};
use conformance::world::CALLBACK;
use oauth_client_sans_io::{AcceptError, NotOurs, SessionBinding};
use oauth_types::authorization::Callback;
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{
    AuthorizationCode, ClientAuth, CodeVerifier, Expect, HttpResponse, Method, RedirectUri, ResponseError,
};

use crate::scenario::{Scenario, code, query_value};

#[test]
fn a_person_logs_in_and_the_api_lets_them_in() {
    for scenario in [Scenario::app(), Scenario::web()] {
        let login = scenario.login().unwrap();
        assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
        assert!(login.tokens.scope().unwrap().contains("files.read"));
        assert!(login.tokens.is_fresh(scenario.now(), std::time::Duration::from_secs(299)));
        let answer = scenario.call(Method::Get, Some(&login.tokens));
        assert_eq!((answer.status(), answer.body()), (200, &b"files of alice\n"[..]));
    }
}

#[test]
fn a_person_logs_in_with_the_other_client_and_the_other_loop() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scenario = Scenario::web();
    runtime.block_on(async {
        let server = scenario.drive_async(scenario.discovery()).await.unwrap();
        assert_eq!(server.issuer().as_str(), scenario.world.issuer());
        let (url, mut pending) = scenario.begin();
        let callback = scenario.browse(&url);
        let exchange =
            pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback)).unwrap();
        let login = scenario.drive_async(exchange).await.unwrap();
        assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
    });
}

#[test]
fn a_login_without_openid_gives_tokens_and_no_identity() {
    let login = Scenario::app().login_with("files.read").unwrap();
    assert!(login.id_token.is_none() && login.tokens.raw_id_token().is_none());
}

#[test]
fn b6_a_callback_with_another_state_is_not_ours_and_consumes_nothing() {
    let scenario = Scenario::app();
    let (url, mut pending) = scenario.begin();
    let callback = scenario.browse(&url);
    let forged = callback.replace(&query_value(&callback, "state"), "guessed");
    let refused = pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&forged));
    assert!(matches!(refused, Err(AcceptError::NotOurs(NotOurs::State))), "{refused:?}");
    assert!(scenario.finish(&mut pending, &callback).is_ok());
}

#[test]
fn b6_a_callback_in_another_browser_is_not_ours() {
    let scenario = Scenario::app();
    let (url, mut pending) = scenario.begin();
    let callback = scenario.browse(&url);
    for session in [None, Some(SessionBinding::new("the attacker's browser"))] {
        let refused = pending.accept(&scenario.moment(), session.as_ref(), Callback::Url(&callback));
        assert!(matches!(refused, Err(AcceptError::NotOurs(NotOurs::Session))), "{refused:?}");
    }
    assert!(scenario.finish(&mut pending, &callback).is_ok());
}

#[test]
fn b4_a_callback_of_another_issuer_or_none_is_not_ours() {
    for (fault, expected) in [(Fault::WrongIssuer, "issuer_mismatch"), (Fault::MissingIssuer, "issuer_missing")] {
        let scenario = Scenario::app();
        scenario.world.model().inject(fault);
        let (url, mut pending) = scenario.begin();
        let callback = scenario.browse(&url);
        let refused = pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback));
        assert_eq!(refused.unwrap_err().code(), expected);
        assert!(!scenario.world.model().served().contains(&Place::Token), "the code was sent all the same");
    }
}

#[test]
fn b6_a_second_callback_is_answered_and_not_redeemed() {
    let scenario = Scenario::app();
    let (url, mut pending) = scenario.begin();
    let callback = scenario.browse(&url);
    assert!(scenario.finish(&mut pending, &callback).is_ok());
    let again = pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback));
    assert!(matches!(again, Err(AcceptError::AlreadyUsed)), "{again:?}");
}

#[test]
fn a_person_who_says_no_is_taken_at_their_word() {
    let scenario = Scenario::app();
    scenario.world.model().set_consent(Consent::Declined);
    let (url, mut pending) = scenario.begin();
    let callback = scenario.browse(&url);
    let refused = pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback));
    assert_eq!(refused.unwrap_err().code(), "access_denied");
}

#[test]
fn a_login_that_takes_too_long_is_over() {
    let scenario = Scenario::app();
    let (url, mut pending) = scenario.begin();
    let callback = scenario.browse(&url);
    scenario.world.pass(std::time::Duration::from_secs(600));
    let refused = pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback));
    assert!(matches!(refused, Err(AcceptError::Expired)), "{refused:?}");
}

#[test]
fn a16_an_id_token_that_is_not_for_this_login_ends_it() {
    let cases = [
        (Fault::WrongNonce, "nonce"),
        (Fault::WrongAudience, "audience"),
        (Fault::ForgedIdToken, "signature"),
        (Fault::WrongAccessTokenHash, "hash"),
        (Fault::MissingIdToken, "missing"),
    ];
    for (fault, expected) in cases {
        let scenario = Scenario::app();
        scenario.world.model().inject(fault);
        let found = code(scenario.login());
        assert!(found.contains(expected), "{fault:?} was answered with {found}");
    }
}

#[test]
fn a_code_works_once_and_its_second_use_revokes_what_it_gave() {
    let scenario = Scenario::app();
    let (url, pending) = scenario.begin();
    let code = query_value(&scenario.browse(&url), "code");
    let verifier = verifier_of(&pending);
    let first = redeem(&scenario, &code, &verifier, CALLBACK);
    let tokens = TokenResponse::from_http(&first, &Expect::new(scenario.now())).unwrap();
    assert!(scenario.world.model().is_active(tokens.access_token().expose()));
    assert_eq!(error_of(&scenario, &redeem(&scenario, &code, &verifier, CALLBACK)), "invalid_grant");
    assert!(!scenario.world.model().is_active(tokens.access_token().expose()), "what the first use gave still works");
    let refresh = TokenRequest::refresh_token(tokens.refresh_token().unwrap().clone());
    assert_eq!(error_of(&scenario, &token(&scenario, &refresh)), "invalid_grant");
}

#[test]
fn a_code_is_worth_nothing_without_its_verifier_or_at_another_redirect_uri() {
    let scenario = Scenario::app();
    let (url, pending) = scenario.begin();
    let code = query_value(&scenario.browse(&url), "code");
    let wrong = "a".repeat(43);
    assert_eq!(error_of(&scenario, &redeem(&scenario, &code, &wrong, CALLBACK)), "invalid_grant");
    let elsewhere = "http://127.0.0.1:9/elsewhere";
    assert_eq!(error_of(&scenario, &redeem(&scenario, &code, &verifier_of(&pending), elsewhere)), "invalid_grant");
}

#[test]
fn a_server_that_answers_503_once_is_asked_again_where_that_is_safe() {
    let scenario = Scenario::app();
    scenario.world.model().inject(Fault::Unavailable(Place::Metadata));
    assert!(scenario.drive(scenario.discovery()).is_ok());
    scenario.world.model().inject(Fault::Unavailable(Place::Jwks));
    assert!(scenario.login().is_ok());
}

#[test]
fn b7_a_code_that_may_have_been_seen_is_never_sent_again() {
    let scenario = Scenario::app();
    scenario.world.model().inject(Fault::Unavailable(Place::Token));
    let error = scenario.login().unwrap_err();
    assert_eq!(error.code(), "server_unavailable");
    assert_eq!(scenario.world.model().served().iter().filter(|place| **place == Place::Token).count(), 1);
}

#[test]
fn the_server_demands_pkce_and_redirects_nobody_to_an_unregistered_uri() {
    let scenario = Scenario::app();
    let (url, _) = scenario.begin();
    let challenge = query_value(&url, "code_challenge");
    let without = url.replace(&format!("code_challenge={challenge}"), "x=y");
    assert_eq!(query_value(&scenario.browse(&without), "error"), "invalid_request");
    for (from, to) in [("callback", "elsewhere"), ("client_id=app", "client_id=nobody")] {
        let page = scenario.agent.get(url.replace(from, to)).call().unwrap();
        assert_eq!((page.status().as_u16(), page.headers().get("location")), (400, None), "{to}");
    }
}

fn redeem(scenario: &Scenario, code: &str, verifier: &str, redirect_uri: &str) -> HttpResponse {
    let request = TokenRequest::authorization_code(
        AuthorizationCode::new(code),
        CodeVerifier::new(verifier).unwrap(),
        Some(RedirectUri::new(redirect_uri).unwrap()),
    );
    token(scenario, &request)
}

fn token(scenario: &Scenario, request: &TokenRequest) -> HttpResponse {
    let endpoint = scenario.server.token_endpoint().unwrap();
    scenario.send(request.to_http(endpoint, scenario.client.id(), &ClientAuth::None).unwrap())
}

fn error_of(scenario: &Scenario, response: &HttpResponse) -> String {
    match TokenResponse::from_http(response, &Expect::new(scenario.now())) {
        Err(ResponseError::Refused(response)) => response.code().as_str().to_owned(),
        other => panic!("no refusal: {other:?}"),
    }
}

/// The verifier, out of the stored form: only the test of the server needs to know it.
fn verifier_of(pending: &oauth_client_sans_io::PendingAuthorization) -> String {
    let stored = pending.to_stored();
    let body = stored.split_once('{').expect("a JSON body").1;
    let value = serde_json::from_str::<serde_json::Value>(&format!("{{{body}")).unwrap();
    value["verifier"].as_str().expect("a verifier").to_owned()
}
