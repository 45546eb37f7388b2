//! FAPI 2.0 over real sockets: requests that are pushed and signed, keys in the place of secrets, tokens and codes that are bound to one, signed responses.

use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::{Consent, Fault, Place, RegisteredClient};
use conformance::transport::blocking;
use conformance::world::{CALLBACK, SCOPE, World};
use jwt_core::{Algorithm, Jwk, Keyring, SigningKey};
use oauth_client_sans_io::{
    AcceptError, ApiMisuse, AssertionKey, Authentication, AuthorizationCode, Client, DpopKey, Error, Login, NotOurs,
    PendingAuthorization, Profile, Redirect, RequestObjectKey, Rule,
};
use oauth_types::authorization::{Callback, ResponseMode};
use oauth_types::form::FormBuilder;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Issuer, RedirectUri, Resource, Scope};

use crate::scenario::{Driven, START, Scenario, code};

const CLIENT: &str = "bank";

/// RFC 8037, appendix A.1.
fn key() -> SigningKey {
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// A bank's client at a server that takes no other. Everything here is on loopback, where there is no TLS: the one rule that is left out.
fn bank(profile: Profile) -> Scenario {
    let signs = profile.demands(Rule::SignedRequest);
    let world = World::start_with(&Clock::fixed(START), |server| {
        let id = ClientId::new(CLIENT).unwrap();
        let client = RegisteredClient::with_key(id, key().verifying_key().unwrap())
            .redirect_uri(RedirectUri::new(CALLBACK).unwrap())
            .scope(SCOPE.parse().unwrap());
        let client = if signs { client.signed_requests() } else { client };
        server.client(client).pushed_requests_only().dpop_nonces()
    })
    .unwrap();
    let assertion = AssertionKey::new("client key", Algorithm::Ed25519);
    let dpop = DpopKey::new("dpop key", Algorithm::Ed25519, &key().public_jwk().unwrap()).unwrap();
    let client = Client::new(ClientId::new(CLIENT).unwrap(), Authentication::PrivateKeyJwt(assertion))
        .dpop(dpop)
        .profile(profile.dangerous_without(Rule::Https));
    let keyring = Keyring::new().signing_key("client key", key()).signing_key("dpop key", key());
    let server = AuthorizationServer::new(Issuer::new(world.issuer()).unwrap());
    let mut scenario = Scenario { world, server, client, agent: blocking::agent(), keyring };
    scenario.server = scenario.drive(scenario.discovery()).unwrap();
    scenario
}

fn login<'s>(scenario: &'s Scenario, mode: ResponseMode) -> AuthorizationCode<'s> {
    AuthorizationCode::new(&scenario.server, &scenario.client, RedirectUri::new(CALLBACK).unwrap())
        .scope(Scope::parse(SCOPE).unwrap())
        .resource(Resource::new(scenario.world.api()).unwrap())
        .session(&Scenario::session())
        .response_mode(mode)
}

fn pushed(scenario: &Scenario, mode: ResponseMode) -> Driven<Redirect> {
    let mut login = login(scenario, mode);
    if scenario.client_signs() {
        login = login.request_object(RequestObjectKey::new("client key", Algorithm::Ed25519));
    }
    scenario.drive(login.push(&scenario.moment()).unwrap())
}

impl Scenario {
    fn client_signs(&self) -> bool {
        // The one profile that demands signed requests refuses any other.
        let plain = login(self, ResponseMode::Jwt).push(&self.moment());
        matches!(plain, Err(Error::ApiMisuse(ApiMisuse::Forbidden(Rule::SignedRequest))))
    }
}

/// What a browser brings back: a URL, or the body of the form that it posts.
enum Brought {
    Url(String),
    Form(String),
}

impl Brought {
    fn callback(&self) -> Callback<'_> {
        match self {
            Self::Url(url) => Callback::Url(url),
            Self::Form(body) => Callback::Form(body.as_bytes()),
        }
    }
}

fn browse(scenario: &Scenario, url: &str) -> Brought {
    let mut response = scenario.agent.get(url).call().unwrap();
    if let Some(location) = response.headers().get("location") {
        return Brought::Url(location.to_str().unwrap().to_owned());
    }
    assert_eq!(response.status(), 200, "neither a redirect nor a form");
    let page = response.body_mut().read_to_string().unwrap();
    let attribute = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.replace("&lt;", "<").replace("&quot;", "\"").replace("&amp;", "&")
    };
    let mut form = FormBuilder::new();
    for line in page.lines().filter(|line| line.starts_with("<input")) {
        form.append(&attribute(line, "name"), &attribute(line, "value"));
    }
    Brought::Form(form.finish())
}

fn finish(scenario: &Scenario, pending: &mut PendingAuthorization, brought: &Brought) -> Driven<Login> {
    let session = Scenario::session();
    let exchange = pending.accept(&scenario.moment(), Some(&session), brought.callback()).unwrap();
    scenario.drive(exchange)
}

#[test]
fn a_login_of_the_fapi_2_security_profile_from_one_end_to_the_other() {
    // OA-23, OA-26, DP-07, DP-08, DP-11, ISS-02
    let scenario = bank(Profile::fapi2_security());
    let redirect = pushed(&scenario, ResponseMode::Query).unwrap();
    let (_, query) = redirect.url.split_once('?').unwrap();
    assert!(query.starts_with("client_id=bank&request_uri=urn%3A") && query.matches('&').count() == 1, "{query}");
    assert_eq!(redirect.expires_at, Some(START.saturating_add(Duration::from_secs(60))));
    let mut pending = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
    let brought = browse(&scenario, &redirect.url);
    let login = finish(&scenario, &mut pending, &brought).unwrap();
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
    assert_eq!(login.tokens.token_type().as_str(), "DPoP");
    let jkt = key().public_jwk().unwrap().thumbprint().to_string();
    assert_eq!(login.tokens.dpop_jkt().map(oauth_types::dpop::DpopJkt::as_str), Some(jkt.as_str()));
    assert!(login.tokens.dpop_nonce().is_some());
    // The nonce of the pushed request served the code exchange: one refusal in the whole login.
    let served: Vec<_> = scenario.world.model().served().to_vec();
    let expected = [
        Place::Metadata,
        Place::PushedAuthorization,
        Place::PushedAuthorization,
        Place::Authorization,
        Place::Token,
        Place::Jwks,
    ];
    assert_eq!(served, expected);
}

#[test]
fn a_login_of_fapi_2_message_signing_in_every_response_mode() {
    let scenario = bank(Profile::fapi2_message_signing());
    assert!(scenario.client_signs());
    for mode in [ResponseMode::Jwt, ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt] {
        let Redirect { url, mut pending, .. } = pushed(&scenario, mode).unwrap();
        let brought = browse(&scenario, &url);
        let found = PendingAuthorization::state_in(brought.callback()).unwrap();
        assert!(found.matches(pending.state()), "{mode}");
        let login = finish(&scenario, &mut pending, &brought).unwrap();
        assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
        assert!(login.fetched_keys.is_some(), "the keys were fetched for the response, and once");
        let session = Scenario::session();
        let again = pending.accept(&scenario.moment(), Some(&session), brought.callback());
        assert!(matches!(again, Err(AcceptError::AlreadyUsed)), "{mode}");
    }
    let keys = scenario.world.model().served().iter().filter(|place| **place == Place::Jwks).count();
    assert_eq!(keys, 4, "once in each login");
}

#[test]
fn a_response_that_is_posted_is_taken_as_it_is() {
    let scenario = bank(Profile::fapi2_security());
    let Redirect { url, mut pending, .. } = pushed(&scenario, ResponseMode::FormPost).unwrap();
    let brought = browse(&scenario, &url);
    assert!(matches!(brought, Brought::Form(_)));
    assert!(finish(&scenario, &mut pending, &brought).is_ok());
}

#[test]
fn a_server_that_wants_requests_pushed_gets_no_other() {
    let scenario = bank(Profile::fapi2_security());
    let refused = login(&scenario, ResponseMode::Query).begin(&scenario.moment()).unwrap_err();
    assert!(matches!(refused, Error::ApiMisuse(ApiMisuse::Forbidden(Rule::PushedRequest))), "{refused:?}");
    // Nor would the server take it.
    let mut lax = scenario;
    lax.client = lax.client.clone().profile(Profile::oauth21());
    lax.server = lax.server.clone().with_require_pushed_authorization_requests(false);
    let redirect = login(&lax, ResponseMode::Query).begin(&lax.moment()).unwrap();
    assert_eq!(lax.agent.get(&redirect.url).call().unwrap().status(), 400);
}

#[test]
fn a_pushed_request_is_used_once_and_in_its_time() {
    // OA-23
    let scenario = bank(Profile::fapi2_security());
    let redirect = pushed(&scenario, ResponseMode::Query).unwrap();
    assert!(matches!(browse(&scenario, &redirect.url), Brought::Url(_)));
    assert_eq!(scenario.agent.get(&redirect.url).call().unwrap().status(), 400, "a second time");
    let redirect = pushed(&scenario, ResponseMode::Query).unwrap();
    let rest = redirect.expires_at.unwrap().saturating_since(scenario.now());
    scenario.world.pass(rest);
    assert_eq!(scenario.agent.get(&redirect.url).call().unwrap().status(), 400, "too late");
}

#[test]
fn a16_a_signed_response_that_is_not_for_this_login_ends_or_does_not_touch_it() {
    let scenario = bank(Profile::fapi2_message_signing());
    let begin = |fault| {
        let Redirect { url, pending, .. } = pushed(&scenario, ResponseMode::Jwt).unwrap();
        scenario.world.model().inject(fault);
        (browse(&scenario, &url), pending)
    };
    let session = Scenario::session();
    let (brought, mut pending) = begin(Fault::WrongIssuer);
    let refused = pending.accept(&scenario.moment(), Some(&session), brought.callback());
    assert!(matches!(refused, Err(AcceptError::NotOurs(NotOurs::Issuer))), "{refused:?}");
    assert!(!pending.is_used());
    for (fault, expected) in
        [(Fault::ResponseForAnother, "audience_mismatch"), (Fault::ForgedResponse, "invalid_signature")]
    {
        let (brought, mut pending) = begin(fault);
        assert_eq!(code(finish(&scenario, &mut pending, &brought)), expected, "{fault:?}");
    }
    assert!(!scenario.world.model().served().contains(&Place::Token), "no code went anywhere");
}

#[test]
fn a_refusal_comes_signed_too() {
    let scenario = bank(Profile::fapi2_message_signing());
    scenario.world.model().set_consent(Consent::Declined);
    let Redirect { url, mut pending, .. } = pushed(&scenario, ResponseMode::Jwt).unwrap();
    let brought = browse(&scenario, &url);
    assert_eq!(code(finish(&scenario, &mut pending, &brought)), "access_denied");
}

#[test]
fn b14_a_code_and_a_token_are_bound_to_the_key_or_worth_nothing() {
    // DP-05
    let scenario = bank(Profile::fapi2_security());
    let Redirect { url, mut pending, .. } = pushed(&scenario, ResponseMode::Query).unwrap();
    scenario.world.model().inject(Fault::UnboundToken);
    let brought = browse(&scenario, &url);
    assert_eq!(code(finish(&scenario, &mut pending, &brought)), "token_not_bound");
    // The code in the hands of somebody with another key.
    let mut scenario = bank(Profile::fapi2_security());
    let Redirect { url, mut pending, .. } = pushed(&scenario, ResponseMode::Query).unwrap();
    let brought = browse(&scenario, &url);
    let other = br#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    let other = SigningKey::from_jwk(&Jwk::from_slice(other).unwrap()).unwrap();
    let stolen = pending
        .to_stored()
        .replace(
            &serde_json::to_string(&key().public_jwk().unwrap()).unwrap(),
            &serde_json::to_string(&other.public_jwk().unwrap()).unwrap(),
        )
        .replace(r#""dpop":{"key":"dpop key","alg":"Ed25519""#, r#""dpop":{"key":"other key","alg":"ES256""#);
    assert_ne!(stolen, pending.to_stored());
    let mut thief = PendingAuthorization::from_stored(&stolen).unwrap();
    scenario.keyring = Keyring::new().signing_key("client key", key()).signing_key("other key", other);
    assert_eq!(code(finish(&scenario, &mut thief, &brought)), "invalid_grant");
    scenario.keyring = Keyring::new().signing_key("client key", key()).signing_key("dpop key", key());
    assert!(finish(&scenario, &mut pending, &brought).is_ok());
}
