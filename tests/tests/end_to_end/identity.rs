//! A login at one server that is good at another, by an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant): alice is logged in at her company,
//! and its application calls a chat service that takes the company's word.

use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::{Fault, Place, RegisteredClient};
use conformance::world::{self, SCOPE};
use jwt_core::{Algorithm, Jwk, Keyring, Secret, SigningKey};
use oauth_client_sans_io::{Authentication, Client, DpopKey, IdentityAssertion, JwtBearer, TokenExchange, Tokens};
use oauth_types::token::{TokenType, TokenTypeIdentifier};
use oauth_types::{
    Assertion, ClientAuthMethod, ClientId, ClientSecret, Issuer, Method, RedirectUri, Resource, Scope, SecurityToken,
};

use crate::scenario::{Driven, SECRET_KEY, START, Scenario, code};

/// The application, as the chat service knows it, and another one.
const WIKI: &str = "f53f191f9311af35";
const OTHER: &str = "another";

/// RFC 7517, appendix A.2: the chat service signs with a key of its own.
fn chat_key() -> SigningKey {
    let jwk = br#"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"chat","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// The key that the company's server publishes.
fn company_key(company: &Scenario) -> jwt_core::VerifyingKey {
    let keys = company.agent.get(company.server.jwks_uri().unwrap().as_str()).call().unwrap().into_body();
    let keys = jwt_core::JwkSet::from_slice(&{ keys }.read_to_vec().unwrap()).unwrap();
    jwt_core::VerifyingKey::from_jwk(keys.keys().first().unwrap()).unwrap()
}

fn basic() -> Authentication {
    Authentication::SecretBasic(SECRET_KEY.into())
}

/// A company that vouches for its users at this chat service, for this scope at most.
fn company(chat: &Scenario, scope: &str) -> Scenario {
    let there = Issuer::new(chat.world.issuer()).unwrap();
    Scenario::start(chat.world.clock(), "wiki", basic(), |server| {
        let (id, secret) = (ClientId::new("wiki").unwrap(), ClientSecret::new(world::SECRET));
        let client = RegisteredClient::confidential(id, ClientAuthMethod::ClientSecretBasic, secret)
            .redirect_uri(RedirectUri::new(world::CALLBACK).unwrap())
            .scope(SCOPE.parse().unwrap())
            .known_at(there, ClientId::new(WIKI).unwrap(), scope.parse().unwrap());
        server.client(client)
    })
}

struct Two {
    company: Scenario,
    chat: Scenario,
}

impl Two {
    /// A company that vouches for its users at a chat service, for this scope at most, and the chat service, which takes its word.
    fn trusting(scope: &str) -> Self {
        Self::start(scope, false)
    }

    fn start(scope: &str, nonces: bool) -> Self {
        let chat = Scenario::start(&Clock::fixed(START), WIKI, basic(), |mut server| {
            server.set_key(chat_key());
            for id in [WIKI, OTHER] {
                let (id, secret) = (ClientId::new(id).unwrap(), ClientSecret::new(world::SECRET));
                let client = RegisteredClient::confidential(id, ClientAuthMethod::ClientSecretBasic, secret);
                server = server.client(client.scope(SCOPE.parse().unwrap()));
            }
            if nonces { server.dpop_nonces() } else { server }
        });
        let company = company(&chat, scope);
        let key = company_key(&company);
        chat.world.model().trust_identities_of(company.server.issuer(), key);
        Self { company, chat }
    }

    fn login(&self) -> Tokens {
        self.company.login().unwrap().tokens
    }

    fn flow(&self, login: &Tokens, scope: &str) -> IdentityAssertion {
        let (company, chat) = (&self.company, &self.chat);
        IdentityAssertion::of_login((&company.server, &company.client), (&chat.server, &chat.client), login)
            .unwrap()
            .scope(Scope::parse(scope).unwrap())
            .resource(Resource::new(chat.world.api()).unwrap())
    }

    /// The assertion by itself, which the flow gives to nobody.
    fn assertion(&self, login: &Tokens) -> Tokens {
        let company = &self.company;
        let id_token = SecurityToken::new(login.raw_id_token().unwrap().expose());
        let flow =
            TokenExchange::new(&company.server, &company.client, id_token, TokenTypeIdentifier::IdToken).unwrap();
        let flow = flow.requested_token_type(TokenTypeIdentifier::IdJag).audience(self.chat.world.issuer());
        company.drive(flow).unwrap()
    }

    /// What the chat service says to this client with this assertion.
    fn redeem(&self, id: &str, assertion: &str) -> Driven<Tokens> {
        let client = Client::new(ClientId::new(id).unwrap(), Authentication::SecretBasic(SECRET_KEY.into()));
        let flow = JwtBearer::new(&self.chat.server, &client, Assertion::new(assertion)).unwrap();
        self.chat.drive(flow.resource(Resource::new(self.chat.world.api()).unwrap()))
    }
}

#[test]
fn who_is_logged_in_at_the_company_is_known_at_the_chat_service() {
    let two = Two::trusting("files.read files.delete");
    let login = two.login();
    let tokens = two.company.drive(two.flow(&login, "files.read")).unwrap();
    assert_eq!(tokens.issuer().as_str(), two.chat.world.issuer());
    assert!(tokens.refresh_token().is_none());
    assert_eq!(two.chat.call(Method::Get, Some(&tokens)).body(), b"files of alice\n");
    assert_eq!(two.chat.call(Method::Delete, Some(&tokens)).status(), 403, "narrower than it might have been");
    assert_eq!(two.company.call(Method::Get, Some(&tokens)).status(), 401, "the company's own service is another");
    assert_eq!(two.chat.world.model().served(), [Place::Metadata, Place::Token, Place::Jwks]);
}

#[test]
fn an_assertion_is_no_access_token_for_anybody() {
    let two = Two::trusting("files.read");
    let assertion = two.assertion(&two.login());
    assert_eq!(assertion.token_type(), &TokenType::NotApplicable);
    assert_eq!(assertion.authorization(), None);
    let forced = format!("Bearer {}", assertion.access_token().expose());
    for service in [&two.company, &two.chat] {
        assert_eq!(service.call_with(Method::Get, Some(&forced)).status(), 401);
    }
}

#[test]
fn a_scope_that_the_company_narrows_is_asked_for_no_further() {
    let two = Two::trusting("files.read");
    let login = two.login();
    let tokens = two.company.drive(two.flow(&login, "files.read files.delete")).unwrap();
    assert_eq!(tokens.scope().unwrap().as_str(), "files.read");
    assert_eq!(two.chat.call(Method::Delete, Some(&tokens)).status(), 403);
    // Where nothing is left, there is nothing to redeem.
    assert_eq!(code(two.company.drive(two.flow(&login, "files.delete"))), "invalid_scope");
}

#[test]
fn an_assertion_about_another_client_or_for_another_server_is_not_redeemed() {
    for fault in [Fault::AssertionForAnotherClient, Fault::AssertionForAnotherServer] {
        let two = Two::trusting("files.read");
        two.company.world.model().inject(fault);
        let login = two.login();
        assert_eq!(code(two.company.drive(two.flow(&login, "files.read"))), "invalid_grant", "{fault:?}");
    }
}

#[test]
fn a_stolen_assertion_is_worth_nothing_to_another_client_and_a_used_one_to_nobody() {
    let two = Two::trusting("files.read");
    let assertion = two.assertion(&two.login());
    let assertion = assertion.access_token().expose();
    assert_eq!(code(two.redeem(OTHER, assertion)), "invalid_grant");
    assert!(two.redeem(WIKI, assertion).is_ok(), "the thief's attempt used nothing up");
    assert_eq!(code(two.redeem(WIKI, assertion)), "invalid_grant");
}

#[test]
fn an_assertion_is_redeemed_in_its_time() {
    let two = Two::trusting("files.read");
    let assertion = two.assertion(&two.login());
    two.chat.world.pass(Duration::from_secs(91));
    assert_eq!(code(two.redeem(WIKI, assertion.access_token().expose())), "invalid_grant");
}

#[test]
fn what_else_the_company_signs_is_no_assertion() {
    let two = Two::trusting("files.read");
    let login = two.login();
    for token in [login.raw_id_token().unwrap().expose(), login.access_token().expose()] {
        assert_eq!(code(two.redeem(WIKI, token)), "invalid_grant");
    }
}

#[test]
fn a_company_that_is_not_trusted_or_does_not_know_the_service_vouches_for_nobody() {
    let (two, elsewhere) = (Two::trusting("files.read"), Two::trusting("files.read"));
    let exchange = |company: &Scenario| {
        let login = company.login().unwrap().tokens;
        let chat = (&two.chat.server, &two.chat.client);
        let flow = IdentityAssertion::of_login((&company.server, &company.client), chat, &login).unwrap();
        code(company.drive(flow))
    };
    assert_eq!(exchange(&elsewhere.company), "invalid_target", "it knows another chat service");
    // It signs with the key that the chat service trusts, but for another company.
    assert_eq!(exchange(&company(&two.chat, "files.read")), "invalid_grant");
    assert_eq!(exchange(&two.company), "ok");
}

#[test]
fn a_company_vouches_for_whoever_is_logged_in_now_and_for_its_own_clients_only() {
    let two = Two::trusting("files.read");
    let login = two.login();
    // Somebody else's ID token: another client of the company shows it.
    let web = Client::new(ClientId::new(world::WEB).unwrap(), basic());
    let (company, chat) = (&two.company, &two.chat);
    let flow = IdentityAssertion::of_login((&company.server, &web), (&chat.server, &chat.client), &login).unwrap();
    assert_eq!(code(company.drive(flow)), "invalid_request");
    // An ID token of long ago.
    company.world.pass(Duration::from_secs(331));
    assert_eq!(code(company.drive(two.flow(&login, "files.read"))), "invalid_request");
    assert!(!chat.world.model().served().contains(&Place::Token));
}

#[test]
fn tokens_of_the_chat_service_are_bound_to_a_key_of_the_applications() {
    let mut two = Two::start("files.read", true);
    let login = two.login();
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap();
    let dpop = DpopKey::new("dpop", Algorithm::Ed25519, &key.public_jwk().unwrap()).unwrap();
    two.chat.client = two.chat.client.clone().dpop(dpop.clone());
    // What the company gives is no access token, and is bound to no key.
    two.company.client = two.company.client.clone().dpop(dpop);
    two.company.keyring = Keyring::new().secret(SECRET_KEY, Secret::new(world::SECRET)).signing_key("dpop", key);
    let tokens = two.company.drive(two.flow(&login, "files.read")).unwrap();
    assert_eq!((tokens.token_type().as_str(), tokens.dpop_jkt().is_some()), ("DPoP", true));
    // Once for the nonce, once with it: the assertion is the same, and was not used up.
    assert_eq!(two.chat.token_requests(), 2);
}
