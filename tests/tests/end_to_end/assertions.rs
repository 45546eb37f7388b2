//! Tokens by the word of somebody whom the server trusts (RFC 7523, section 2.1): a robot that says for whom it works.

use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::RegisteredClient;
use conformance::world::SCOPE;
use jwt_core::json::Object;
use jwt_core::{Algorithm, Header, Jwk, Keyring, SigningKey};
use oauth_client_sans_io::{AssertionKey, Authentication, BearerAssertion, Client, DpopKey, JwtBearer, Tokens};
use oauth_types::{Assertion, ClientId, Method, Resource};

use crate::scenario::{Driven, START, Scenario, code};

const ROBOT: &str = "robot";
/// Who signs, as the server knows it.
const ISSUER: &str = "robots@project.example";

/// RFC 8037, appendix A.1.
fn key() -> SigningKey {
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// RFC 7517, appendix A.2: somebody else's.
fn other_key() -> SigningKey {
    let jwk = br#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// RFC 7515, appendix A.3: nobody's here.
fn stranger_key() -> SigningKey {
    let jwk = br#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// A robot, at a server that takes the word of its issuer, with or without nonces of its own.
fn robot(nonces: bool) -> Scenario {
    let mut scenario = Scenario::start(&Clock::fixed(START), ROBOT, Authentication::None, |mut server| {
        server.trust_assertions_of(ISSUER, key().verifying_key().unwrap());
        let robot = RegisteredClient::public(ClientId::new(ROBOT).unwrap());
        let server = server.client(robot.scope(SCOPE.parse().unwrap()));
        if nonces { server.dpop_nonces() } else { server }
    });
    scenario.keyring = Keyring::new().signing_key("robot key", key()).signing_key("other key", other_key());
    scenario
}

fn says(subject: &str) -> BearerAssertion {
    BearerAssertion::new(ISSUER, subject, "robot key", Algorithm::Ed25519)
}

fn redeem(scenario: &Scenario, assertion: BearerAssertion) -> Driven<Tokens> {
    let api = Resource::new(scenario.world.api()).unwrap();
    let flow = JwtBearer::signed(&scenario.server, &scenario.client, assertion).unwrap();
    scenario.drive(flow.scope("files.read".parse().unwrap()).resource(api))
}

fn redeem_given(scenario: &Scenario, client: &Client, assertion: &str) -> Driven<Tokens> {
    let api = Resource::new(scenario.world.api()).unwrap();
    let flow = JwtBearer::new(&scenario.server, client, Assertion::new(assertion)).unwrap();
    scenario.drive(flow.scope("files.read".parse().unwrap()).resource(api))
}

/// An assertion that is right but for what `change` does to it.
fn made(scenario: &Scenario, typ: Option<&str>, change: impl FnOnce(&mut Object)) -> String {
    let mut claims: Object =
        [("iss", ISSUER), ("sub", "alice"), ("aud", scenario.world.issuer()), ("jti", "1")].into_iter().collect();
    claims.insert("exp", scenario.now().as_unix() + 60);
    change(&mut claims);
    let header = Header::new(Algorithm::Ed25519);
    let header = if let Some(typ) = typ { header.with_typ(typ) } else { header };
    jwt_core::sign(&header, &claims, &key()).unwrap()
}

#[test]
fn a_robot_gets_tokens_for_the_user_it_works_for() {
    let scenario = robot(false);
    let tokens = redeem(&scenario, says("alice")).unwrap();
    assert_eq!(scenario.call(Method::Get, Some(&tokens)).body(), b"files of alice\n");
    assert_eq!(scenario.call(Method::Delete, Some(&tokens)).status(), 403);
    assert!(tokens.refresh_token().is_none() && tokens.raw_id_token().is_none());
    // The endpoint's URL is the server too (RFC 7523, section 3, 3.).
    let endpoint = scenario.server.token_endpoint().unwrap().as_str().to_owned();
    assert!(redeem(&scenario, says("alice").audience(endpoint)).is_ok());
}

#[test]
fn an_assertion_that_is_not_for_this_server_or_not_to_be_trusted_gives_nothing() {
    let scenario = robot(false);
    let far = Duration::from_secs(24 * 60 * 60);
    for (what, assertion) in [
        ("another server's", says("alice").audience("https://elsewhere.example")),
        ("a user of another server", says("mallory")),
        ("nobody's that is known", BearerAssertion::new("somebody", "alice", "robot key", Algorithm::Ed25519)),
        ("signed by somebody else", BearerAssertion::new(ISSUER, "alice", "other key", Algorithm::ES256)),
        ("good for a day", says("alice").lifetime(far)),
        ("another kind of token", says("alice").typ("at+jwt")),
        ("an identity assertion", says("alice").typ("oauth-id-jag+jwt")),
    ] {
        let error = redeem(&scenario, assertion).unwrap_err();
        assert_eq!(error.code(), "invalid_grant", "{what}");
    }
    let flow = JwtBearer::signed(&scenario.server, &scenario.client, says("alice")).unwrap();
    assert_eq!(code(scenario.drive(flow.scope("files.write".parse().unwrap()))), "invalid_scope");
}

#[test]
fn an_assertion_is_good_once_and_in_its_time() {
    let scenario = robot(false);
    let assertion = made(&scenario, None, |_| ());
    let client = scenario.client.clone();
    assert!(redeem_given(&scenario, &client, &assertion).is_ok());
    assert_eq!(code(redeem_given(&scenario, &client, &assertion)), "invalid_grant", "a second time");
    let late = made(&scenario, Some("JWT"), |claims| drop(claims.insert("jti", "2")));
    scenario.world.pass(Duration::from_secs(91));
    assert_eq!(code(redeem_given(&scenario, &client, &late)), "invalid_grant", "too late");
    for missing in ["exp", "jti", "sub", "aud", "iss"] {
        let lacking = made(&scenario, None, |claims| {
            claims.insert("jti", missing);
            claims.remove(missing);
        });
        assert_eq!(code(redeem_given(&scenario, &client, &lacking)), "invalid_grant", "without {missing}");
    }
    assert_eq!(code(redeem_given(&scenario, &client, "no.jwt.")), "invalid_grant");
}

#[test]
fn a_robot_that_signs_who_it_is_too_sends_two_assertions_that_are_not_mixed_up() {
    let assertion = || AssertionKey::new("client key", Algorithm::ES256);
    let mut scenario =
        Scenario::start(&Clock::fixed(START), ROBOT, Authentication::PrivateKeyJwt(assertion()), |mut server| {
            server.trust_assertions_of(ISSUER, key().verifying_key().unwrap());
            let id = ClientId::new(ROBOT).unwrap();
            let robot = RegisteredClient::with_key(id, other_key().verifying_key().unwrap());
            server.client(robot.scope(SCOPE.parse().unwrap()))
        });
    let keys = || Keyring::new().signing_key("robot key", key());
    scenario.keyring = keys().signing_key("client key", other_key());
    let tokens = redeem(&scenario, says("alice")).unwrap();
    assert_eq!(scenario.call(Method::Get, Some(&tokens)).body(), b"files of alice\n");
    // Each is checked: the client's with a key that is not its own ...
    scenario.keyring = keys().signing_key("client key", stranger_key());
    assert_eq!(code(redeem(&scenario, says("alice"))), "invalid_client");
    // ... and the grant's, which the client cannot make by itself.
    scenario.keyring = keys().signing_key("client key", other_key());
    let own = BearerAssertion::new(ROBOT, "alice", "client key", Algorithm::ES256);
    assert_eq!(code(redeem(&scenario, own)), "invalid_grant");
}

#[test]
fn tokens_of_a_robot_are_bound_to_its_key_and_its_assertion_is_made_anew_for_the_nonce() {
    let mut scenario = robot(true);
    let dpop = DpopKey::new("robot key", Algorithm::Ed25519, &key().public_jwk().unwrap()).unwrap();
    scenario.client = scenario.client.clone().dpop(dpop);
    let tokens = redeem(&scenario, says("alice")).unwrap();
    assert_eq!((tokens.token_type().as_str(), tokens.dpop_jkt().is_some()), ("DPoP", true));
    assert_eq!(scenario.token_requests(), 2);
}
