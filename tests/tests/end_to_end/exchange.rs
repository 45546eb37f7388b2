//! One token for another (RFC 8693): a gateway exchanges what its users bring for what the next service takes, and says that it acts for them.

use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::{Fault, RegisteredClient};
use conformance::world::{self, FILES, SCOPE};
use jwt_core::json::{Object, Value};
use jwt_core::{Algorithm, Jwk, Keyring, Limits, Secret, SigningKey, Unverified};
use oauth_client_sans_io::{Authentication, Client, ClientCredentials, DpopKey, Revocation, TokenExchange, Tokens};
use oauth_types::token::{TokenType, TokenTypeIdentifier};
use oauth_types::{ClientAuthMethod, ClientId, ClientSecret, Method, Resource, SecurityToken};

use crate::scenario::{SECRET_KEY, START, Scenario, code};

const GATEWAY: &str = "gateway";
/// What the gateway calls itself.
const GATEWAY_RESOURCE: &str = "https://gateway.example/";
/// A service behind the gateway, which calls the API in its turn.
const ARCHIVE: &str = "archive";
const ARCHIVE_RESOURCE: &str = "https://archive.example/";

/// The web application at a server that knows a gateway and an archive too.
fn domain() -> Scenario {
    let authentication = Authentication::SecretBasic(SECRET_KEY.into());
    Scenario::start(&Clock::fixed(START), world::WEB, authentication, |mut server| {
        for (id, resource) in [(GATEWAY, GATEWAY_RESOURCE), (ARCHIVE, ARCHIVE_RESOURCE)] {
            let (client_id, secret) = (ClientId::new(id).unwrap(), ClientSecret::new(world::SECRET));
            let resource = Resource::new(resource).unwrap();
            let client = RegisteredClient::confidential(client_id, ClientAuthMethod::ClientSecretBasic, secret);
            server.add_service(id, resource.clone());
            server = server.client(client.scope("files.read files.delete".parse().unwrap()).serves(resource));
        }
        server
    })
}

fn client(id: &str) -> Client {
    Client::new(ClientId::new(id).unwrap(), Authentication::SecretBasic(SECRET_KEY.into()))
}

/// What a user brings to the gateway.
fn brought(scenario: &Scenario) -> Tokens {
    let (url, mut pending) = scenario.begin_for(SCOPE, GATEWAY_RESOURCE);
    let callback = scenario.browse(&url);
    scenario.finish(&mut pending, &callback).unwrap().tokens
}

/// What this client gets for itself.
fn own(scenario: &Scenario, id: &str) -> SecurityToken {
    token_of(&scenario.drive(ClientCredentials::new(&scenario.server, &client(id)).unwrap()).unwrap())
}

fn token_of(tokens: &Tokens) -> SecurityToken {
    SecurityToken::new(tokens.access_token().expose())
}

/// This client exchanges this token.
fn exchange(scenario: &Scenario, id: &str, token: &Tokens) -> TokenExchange {
    let access_token = TokenTypeIdentifier::AccessToken;
    TokenExchange::new(&scenario.server, &client(id), token_of(token), access_token).unwrap()
}

/// What an access token says.
fn said(tokens: &Tokens) -> Object {
    Unverified::parse(tokens.access_token().expose(), &Limits::default()).unwrap().dangerous_claims().unwrap()
}

#[test]
fn a_gateway_gets_a_token_for_the_next_service_that_is_good_for_less() {
    // OA-22
    let scenario = domain();
    let brought = brought(&scenario);
    assert_eq!(scenario.call(Method::Get, Some(&brought)).status(), 401, "it is for the gateway");
    let flow = exchange(&scenario, GATEWAY, &brought).audience(FILES).scope("files.read".parse().unwrap());
    let flow = flow.actor(own(&scenario, GATEWAY), TokenTypeIdentifier::AccessToken);
    let tokens = scenario.drive(flow.requested_token_type(TokenTypeIdentifier::AccessToken)).unwrap();
    assert_eq!(tokens.issued_token_type(), Some(&TokenTypeIdentifier::AccessToken));
    assert_eq!((tokens.token_type(), tokens.refresh_token().is_none()), (&TokenType::Bearer, true));
    let answer = scenario.call(Method::Get, Some(&tokens));
    assert_eq!((answer.status(), answer.body()), (200, &b"files of alice\n"[..]));
    assert_eq!(scenario.call(Method::Delete, Some(&tokens)).status(), 403);
    let claims = said(&tokens);
    let actor: Object = [("sub", GATEWAY)].into_iter().collect();
    assert_eq!(claims.get("act").and_then(Value::as_object), Some(&actor));
    assert_eq!(claims.get_str("client_id"), Some(GATEWAY));
}

#[test]
fn who_acts_for_whom_is_said_all_the_way() {
    let scenario = domain();
    let first = exchange(&scenario, GATEWAY, &brought(&scenario)).audience(ARCHIVE);
    let first = first.actor(own(&scenario, GATEWAY), TokenTypeIdentifier::AccessToken);
    let first = scenario.drive(first).unwrap();
    // By its resource identifier this time (RFC 8707).
    let api = Resource::new(scenario.world.api()).unwrap();
    let second = exchange(&scenario, ARCHIVE, &first).resource(api);
    let second = scenario.drive(second.actor(own(&scenario, ARCHIVE), TokenTypeIdentifier::AccessToken)).unwrap();
    assert_eq!(scenario.call(Method::Get, Some(&second)).body(), b"files of alice\n");
    let mut expected: Object = [("sub", ARCHIVE)].into_iter().collect();
    expected.insert("act", Value::Object([("sub", GATEWAY)].into_iter().collect()));
    assert_eq!(said(&second).get("act").and_then(Value::as_object), Some(&expected));
}

#[test]
fn a_gateway_has_its_tokens_bound_to_a_key_of_its_own() {
    let mut scenario = domain();
    let brought = brought(&scenario);
    let key = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = SigningKey::from_jwk(&Jwk::from_slice(key).unwrap()).unwrap();
    let dpop = DpopKey::new("dpop", Algorithm::Ed25519, &key.public_jwk().unwrap()).unwrap();
    let jkt = key.public_jwk().unwrap().thumbprint().to_string();
    scenario.keyring = Keyring::new().secret(SECRET_KEY, Secret::new(world::SECRET)).signing_key("dpop", key);
    let access_token = TokenTypeIdentifier::AccessToken;
    let gateway = client(GATEWAY).dpop(dpop);
    let flow = TokenExchange::new(&scenario.server, &gateway, token_of(&brought), access_token).unwrap();
    let bound = scenario.drive(flow.audience(FILES)).unwrap();
    assert_eq!(bound.token_type(), &TokenType::DPoP);
    let claims = said(&bound);
    let cnf = claims.get("cnf").and_then(Value::as_object).unwrap();
    assert_eq!(cnf.get_str("jkt"), Some(jkt.as_str()));
}

#[test]
fn a_token_is_exchanged_for_less_and_never_for_more() {
    let scenario = domain();
    let brought = brought(&scenario);
    // What nobody asks for is what both may have: the gateway has no `openid`.
    let all = scenario.drive(exchange(&scenario, GATEWAY, &brought).audience(FILES)).unwrap();
    assert_eq!(all.scope().unwrap().as_str(), "files.read files.delete");
    let less = exchange(&scenario, GATEWAY, &brought).audience(GATEWAY).scope("files.read".parse().unwrap());
    let less = scenario.drive(less).unwrap();
    let more = exchange(&scenario, GATEWAY, &less).audience(FILES).scope("files.delete".parse().unwrap());
    assert_eq!(code(scenario.drive(more)), "invalid_scope");
    let still_less = scenario.drive(exchange(&scenario, GATEWAY, &less).audience(FILES)).unwrap();
    assert_eq!(scenario.call(Method::Delete, Some(&still_less)).status(), 403);
}

#[test]
fn what_may_not_be_exchanged_is_refused() {
    let scenario = domain();
    let brought = brought(&scenario);
    let access_token = || TokenTypeIdentifier::AccessToken;
    let refused = |flow: TokenExchange| code(scenario.drive(flow));
    // By a client to which it was not brought.
    assert_eq!(refused(exchange(&scenario, ARCHIVE, &brought).audience(FILES)), "invalid_request");
    // In the name of somebody else: of another client, of a user.
    let theirs = own(&scenario, ARCHIVE);
    let flow = exchange(&scenario, GATEWAY, &brought).actor(theirs, access_token());
    assert_eq!(refused(flow.audience(FILES)), "invalid_request");
    let flow = exchange(&scenario, GATEWAY, &brought).actor(token_of(&brought), access_token());
    assert_eq!(refused(flow.audience(FILES)), "invalid_request");
    // For a service that nobody knows, by either name, also beside one that is known.
    let unknown = Resource::new("https://elsewhere.example/").unwrap();
    assert_eq!(refused(exchange(&scenario, GATEWAY, &brought).audience("elsewhere")), "invalid_target");
    assert_eq!(refused(exchange(&scenario, GATEWAY, &brought).audience(FILES).resource(unknown)), "invalid_target");
    // Of another type than it is, or for one that is not to be had.
    let flow = |kind| TokenExchange::new(&scenario.server, &client(GATEWAY), token_of(&brought), kind).unwrap();
    assert_eq!(refused(flow(TokenTypeIdentifier::IdToken).audience(FILES)), "invalid_request");
    assert_eq!(refused(flow(TokenTypeIdentifier::Saml2).audience(FILES)), "invalid_request");
    let refresh = flow(access_token()).requested_token_type(TokenTypeIdentifier::RefreshToken);
    assert_eq!(refused(refresh.audience(FILES)), "invalid_request");
    // By whoever has no secret to show, and by whoever shows a wrong one.
    let app = Client::new(ClientId::new(world::APP).unwrap(), Authentication::None);
    let flow = TokenExchange::new(&scenario.server, &app, token_of(&brought), access_token()).unwrap();
    assert_eq!(refused(flow), "unauthorized_client");
    // When it is made up.
    let made_up = SecurityToken::new("e30.e30.c2ln");
    let flow = TokenExchange::new(&scenario.server, &client(GATEWAY), made_up, access_token()).unwrap();
    assert_eq!(refused(flow.audience(FILES)), "invalid_request");
    // When it was revoked: here by whoever got it.
    let revocation = Revocation::new(&scenario.server, &scenario.client, &brought).unwrap();
    scenario.drive(revocation).unwrap();
    assert_eq!(refused(exchange(&scenario, GATEWAY, &brought).audience(FILES)), "invalid_request");
    // When it has expired.
    let late = self::brought(&scenario);
    scenario.world.pass(Duration::from_secs(301));
    assert_eq!(refused(exchange(&scenario, GATEWAY, &late).audience(FILES)), "invalid_request");
}

#[test]
fn what_was_not_asked_for_is_not_taken() {
    // OA-22
    let scenario = domain();
    let brought = brought(&scenario);
    scenario.world.model().inject(Fault::WrongIssuedTokenType);
    let flow = exchange(&scenario, GATEWAY, &brought).audience(FILES);
    let flow = flow.requested_token_type(TokenTypeIdentifier::AccessToken);
    assert_eq!(code(scenario.drive(flow)), "issued_token_type_mismatch");
}
