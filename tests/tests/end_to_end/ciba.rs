//! A login without a browser: asked for at a till, decided on the user's own device, polled for (CIBA Core 1.0).

use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::{Consent, Delivery, Fault, Place, RegisteredClient};
use conformance::world::{self, SCOPE, SERVICE};
use jwt_core::{Algorithm, Jwk, Secret, SigningKey};
use oauth_client_sans_io::{Advice, AssertionKey, Authentication, Ciba, Client, DpopKey};
use oauth_types::ciba::Hint;
use oauth_types::token::{TokenRequest, TokenResponse, TokenType};
use oauth_types::{
    AuthReqId, ClientAuth, ClientAuthMethod, ClientId, ClientSecret, Expect, Method, Resource, ResponseError,
};

use crate::scenario::{SECRET_KEY, START, Scenario, code};

pub(crate) const TILL: &str = "till";

/// A till that polls.
fn polling_till() -> Scenario {
    till(&Clock::fixed(START), Delivery::Poll)
}

pub(crate) fn till(clock: &Clock, delivery: Delivery) -> Scenario {
    Scenario::start(clock, TILL, Authentication::SecretBasic(SECRET_KEY.into()), |server| {
        let (id, secret) = (ClientId::new(TILL).unwrap(), ClientSecret::new(world::SECRET));
        let client = RegisteredClient::confidential(id, ClientAuthMethod::ClientSecretBasic, secret);
        server.client(client.scope(SCOPE.parse().unwrap()).backchannel(delivery))
    })
}

pub(crate) fn ask(scenario: &Scenario) -> Ciba {
    let alice = Hint::LoginHint("alice".into());
    let flow = Ciba::new(&scenario.server, &scenario.client, SCOPE.parse().unwrap(), alice).unwrap();
    flow.resource(Resource::new(scenario.world.api()).unwrap()).binding_message("W4SCT").acr_values(["phr", "phrh"])
}

/// What the user says, on a device of their own.
pub(crate) fn decide(scenario: &Scenario, id: &AuthReqId, consent: Consent) {
    let now = scenario.now();
    assert!(scenario.world.model().decide_backchannel(now, id, consent));
}

/// What the token endpoint says to a till that polls by hand.
pub(crate) fn poll_by_hand(scenario: &Scenario, id: &AuthReqId, client: &str, auth: &ClientAuth) -> String {
    let endpoint = scenario.server.token_endpoint().unwrap();
    let request = TokenRequest::ciba(id.clone()).to_http(endpoint, &ClientId::new(client).unwrap(), auth).unwrap();
    match TokenResponse::from_http(&scenario.send(request), &Expect::new(scenario.now())) {
        Ok(_) => "tokens".to_owned(),
        Err(ResponseError::Refused(response)) => response.code().as_str().to_owned(),
        Err(other) => panic!("{other:?}"),
    }
}

pub(crate) fn basic() -> ClientAuth {
    ClientAuth::Basic(ClientSecret::new(world::SECRET))
}

#[test]
fn a_user_decides_on_a_device_of_their_own_and_the_till_is_let_in() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    let id = pending.auth_req_id().clone();
    assert_eq!(scenario.world.model().binding_message(&id), Some("W4SCT"));
    let login = scenario.drive_waiting(pending.poll().unwrap(), |waits| {
        if waits == 3 {
            decide(&scenario, &id, Consent::Given);
        }
    });
    let login = login.unwrap();
    assert_eq!(scenario.token_requests(), 3, "the server was asked at its interval, and never told us to slow down");
    let claims = login.id_token.unwrap();
    assert_eq!((claims.claims().subject(), claims.claims().get_str("acr")), ("alice", Some("phr")));
    let answer = scenario.call(Method::Get, Some(&login.tokens));
    assert_eq!((answer.status(), answer.body()), (200, &b"files of alice\n"[..]));
    assert!(scenario.world.model().notifications(scenario.now()).is_empty(), "a till that polls is told nothing");
}

#[test]
fn a_user_who_says_no_to_a_till_is_taken_at_their_word() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    let id = pending.auth_req_id().clone();
    let login = scenario.drive_waiting(pending.poll().unwrap(), |waits| {
        if waits == 2 {
            decide(&scenario, &id, Consent::Declined);
        }
    });
    let error = login.unwrap_err();
    assert_eq!((error.code(), error.flow().unwrap().advice()), ("access_denied", Advice::Stop));
    assert_eq!(scenario.token_requests(), 2);
}

#[test]
fn a_user_who_does_not_look_is_waited_for_as_long_as_was_asked_for() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario).requested_expiry(Duration::from_secs(30))).unwrap();
    assert_eq!(pending.expires_at(), START.saturating_add(Duration::from_secs(30)));
    let (id, polling) = (pending.auth_req_id().clone(), pending.poll().unwrap());
    assert_eq!(code(scenario.drive_waiting(polling, |_| ())), "expired");
    assert_eq!(scenario.now(), pending.expires_at());
    assert_eq!(scenario.token_requests(), 5, "every five seconds of thirty but the last");
    // Nor is there anything to be had or decided now.
    assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "expired_token");
    assert!(!scenario.world.model().decide_backchannel(scenario.now(), &id, Consent::Given));
}

#[test]
fn an_outage_is_sat_out_and_the_till_goes_on() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    for _ in 0..2 {
        scenario.world.model().inject(Fault::Unavailable(Place::Token));
    }
    assert!(scenario.drive_waiting(pending.poll().unwrap(), |_| ()).is_ok());
    assert_eq!(scenario.token_requests(), 3);
}

#[test]
fn the_server_tells_a_hasty_till_to_slow_down_and_gives_its_tokens_once() {
    // The model is what the flow is tried against, so it has to do what CIBA Core 1.0, section 11, says.
    let scenario = polling_till();
    let id = scenario.drive(ask(&scenario)).unwrap().auth_req_id().clone();
    let poll = || poll_by_hand(&scenario, &id, TILL, &basic());
    assert_eq!(poll(), "slow_down");
    scenario.world.pass(Duration::from_secs(9));
    assert_eq!(poll(), "slow_down", "ten seconds, now and later");
    scenario.world.pass(Duration::from_secs(15));
    assert_eq!(poll(), "authorization_pending");
    decide(&scenario, &id, Consent::Given);
    assert_eq!((poll(), poll()), ("tokens".to_owned(), "invalid_grant".to_owned()));
}

#[test]
fn a_till_that_is_told_to_slow_down_does_so_for_good() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    let id = pending.auth_req_id().clone();
    let polling = pending.poll().unwrap();
    assert_eq!(polling.interval(), Duration::from_secs(5));
    // Somebody polls beside it, so that it comes too early.
    let login = scenario.drive_waiting(polling, |waits| match waits {
        1 => {
            scenario.world.pass(Duration::from_secs(5));
            assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "authorization_pending");
        }
        2 => {
            scenario.world.pass(Duration::from_secs(4));
            assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "slow_down");
        }
        5 => decide(&scenario, &id, Consent::Given),
        _ => {}
    });
    assert!(login.is_ok());
}

#[test]
fn a_request_is_its_clients_own() {
    let scenario = polling_till();
    let id = scenario.drive(ask(&scenario)).unwrap().auth_req_id().clone();
    decide(&scenario, &id, Consent::Given);
    let post = ClientAuth::Post(ClientSecret::new(world::SECRET));
    assert_eq!(poll_by_hand(&scenario, &id, SERVICE, &post), "invalid_grant", "another client's");
    assert_eq!(poll_by_hand(&scenario, &AuthReqId::new("made-up"), TILL, &basic()), "invalid_grant", "nobody's");
    assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "tokens");
}

#[test]
fn a_request_that_no_user_can_be_asked_is_refused_at_once() {
    let scenario = polling_till();
    let new = |scope: &str, hint| Ciba::new(&scenario.server, &scenario.client, scope.parse().unwrap(), hint).unwrap();
    let alice = || Hint::LoginHint("alice".into());
    for (flow, expected) in [
        (new("openid", Hint::LoginHint("mallory".into())), "unknown_user_id"),
        (new("openid", Hint::LoginHintToken(Secret::new("agreed-on-by-nobody"))), "invalid_request"),
        (new("openid", Hint::IdTokenHint(oauth_types::IdToken::new("e30.e30.c2ln"))), "invalid_request"),
        (new("openid files.write", alice()), "invalid_scope"),
    ] {
        assert_eq!(code(scenario.drive(flow)), expected);
    }
    let service = Scenario::service();
    let flow = Ciba::new(&service.server, &service.client, "openid".parse().unwrap(), alice()).unwrap();
    assert_eq!(code(service.drive(flow)), "unauthorized_client");
    let mut thief = polling_till();
    thief.keyring = jwt_core::Keyring::new().secret(SECRET_KEY, Secret::new("guessed"));
    assert_eq!(code(thief.drive(ask(&thief))), "invalid_client");
}

#[test]
fn a_user_who_logged_in_here_before_is_named_by_their_id_token() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    let tokens = scenario.drive_waiting(pending.poll().unwrap(), |_| ()).unwrap().tokens;
    let hint = || Hint::IdTokenHint(tokens.raw_id_token().unwrap().clone());
    let again = |scenario: &Scenario, client: &Client| {
        scenario.drive(Ciba::new(&scenario.server, client, "openid".parse().unwrap(), hint()).unwrap())
    };
    assert!(again(&scenario, &scenario.client).is_ok());
    // Not by that of another server, though it signs with the same key.
    let elsewhere = polling_till();
    assert_eq!(code(again(&elsewhere, &elsewhere.client)), "invalid_request");
}

/// RFC 8037, appendix A.1.
fn key() -> SigningKey {
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// A till without a secret: it signs who it is, what it asks, and what it binds its tokens to.
fn signing_till() -> Scenario {
    let assertion = Authentication::PrivateKeyJwt(AssertionKey::new("key", Algorithm::Ed25519));
    let mut scenario = Scenario::start(&Clock::fixed(START), TILL, assertion, |server| {
        let client = RegisteredClient::with_key(ClientId::new(TILL).unwrap(), key().verifying_key().unwrap());
        server.client(client.scope(SCOPE.parse().unwrap()).backchannel(Delivery::Poll)).dpop_nonces()
    });
    let dpop = DpopKey::new("key", Algorithm::Ed25519, &key().public_jwk().unwrap()).unwrap();
    scenario.client = scenario.client.clone().dpop(dpop);
    scenario.keyring = jwt_core::Keyring::new().signing_key("key", key());
    scenario
}

#[test]
fn a_request_that_is_signed_gives_tokens_that_are_bound() {
    let scenario = signing_till();
    let mut pending = scenario.drive(ask(&scenario).signed("key", Algorithm::Ed25519, None).unwrap()).unwrap();
    let id = pending.auth_req_id().clone();
    assert_eq!(scenario.world.model().binding_message(&id), Some("W4SCT"));
    decide(&scenario, &id, Consent::Given);
    let login = scenario.drive_waiting(pending.poll().unwrap(), |_| ()).unwrap();
    assert_eq!(login.tokens.token_type(), &TokenType::DPoP);
    assert!(login.tokens.dpop_jkt().is_some());
    assert_eq!(scenario.token_requests(), 2, "once for the nonce, at the next poll's time");
    assert_eq!(login.id_token.unwrap().claims().get_str("acr"), Some("phr"));
}

#[test]
fn a_request_that_somebody_else_signed_is_nobodys() {
    let mut scenario = signing_till();
    // RFC 7517, appendix A.2.
    let other = br#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;
    let other = SigningKey::from_jwk(&Jwk::from_slice(other).unwrap()).unwrap();
    scenario.keyring = jwt_core::Keyring::new().signing_key("key", key()).signing_key("other", other);
    let flow = ask(&scenario).signed("other", Algorithm::ES256, None).unwrap();
    assert_eq!(code(scenario.drive(flow)), "invalid_request");
}
