//! What is said about tokens and users, logouts, and clients that register themselves: over real sockets.

use conformance::clock::Clock;
use conformance::server::{Fault, Place};
use conformance::transport::blocking;
use conformance::world::{APP, CALLBACK, SCOPE, World};
use jwt_core::{Algorithm, Jwk, Keyring, Secret, SigningKey};
use oauth_client_sans_io::{
    Advice, Authentication, BackchannelLogout, Client, Deregistration, DpopKey, Introspection, Logout, PendingLogout,
    Registration, RegistrationManagement, Revocation, SessionBinding, UserInfo,
};
use oauth_types::logout::{BackchannelLogoutRequest, LogoutToken};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::registration::ClientMetadata;
use oauth_types::{AccessToken, ClientAuthMethod, ClientId, Issuer, RedirectUri};

use crate::scenario::{Driven, START, Scenario, code};

/// RFC 8037, appendix A.1.
const KEY: &[u8] = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// What the server says about an access token, asked by the service.
fn introspect(scenario: &Scenario, token: &AccessToken) -> Introspection {
    Introspection::new(&scenario.server, &scenario.client, Secret::new(token.expose())).unwrap()
}

#[test]
fn an_api_learns_what_a_token_is_good_for_until_it_is_revoked_or_expires() {
    let scenario = Scenario::web();
    let login = scenario.login().unwrap();
    let token = login.tokens.access_token();
    scenario.world.model().inject(Fault::Unavailable(Place::Introspection));
    let checked = scenario.drive(introspect(&scenario, token)).unwrap();
    let said = checked.response.active().expect("a token that is good");
    assert_eq!((said.sub(), said.client_id()), (Some("alice"), Some(scenario.client.id().as_str())));
    assert_eq!(said.aud(), Some([scenario.world.api().to_owned()].as_slice()));

    // Signed, for this client, with keys that are fetched for it.
    let signed = introspect(&scenario, token).signed(scenario.client.id().as_str());
    let checked = scenario.drive(signed).unwrap();
    assert!(checked.response.active().is_some() && checked.fetched_keys.is_some());
    // An answer for somebody else is none.
    assert_eq!(code(scenario.drive(introspect(&scenario, token).signed("somebody else"))), "audience_mismatch");

    scenario.drive(Revocation::new(&scenario.server, &scenario.client, &login.tokens).unwrap()).unwrap();
    assert!(scenario.drive(introspect(&scenario, token)).unwrap().response.active().is_none());
    let again = scenario.login().unwrap();
    scenario.world.pass(core::time::Duration::from_secs(301));
    let expired = scenario.drive(introspect(&scenario, again.tokens.access_token())).unwrap();
    assert!(expired.response.active().is_none());
}

fn user_info(scenario: &Scenario, login: &oauth_client_sans_io::Login) -> UserInfo {
    let subject = login.id_token.as_ref().unwrap().claims().subject();
    UserInfo::new(&scenario.server, &scenario.client, &login.tokens, subject).unwrap()
}

#[test]
fn user_info_is_about_who_logged_in() {
    let scenario = Scenario::app();
    let login = scenario.login().unwrap();
    let checked = scenario.drive(user_info(&scenario, &login)).unwrap();
    assert_eq!((checked.user.sub(), checked.user.name()), ("alice", Some("Alice Liddell")));
    let checked = scenario.drive(user_info(&scenario, &login).signed().by_post()).unwrap();
    assert!(checked.user.email() == Some("alice@example.com") && checked.fetched_keys.is_some());

    scenario.world.model().inject(Fault::WrongSubject);
    assert_eq!(code(scenario.drive(user_info(&scenario, &login))), "user_info_subject_mismatch");
    scenario.world.model().inject(Fault::WrongSubject);
    assert_eq!(code(scenario.drive(user_info(&scenario, &login).signed())), "user_info_subject_mismatch");
}

#[test]
fn user_info_of_a_bound_token_is_asked_for_with_a_proof_and_the_nonce_of_the_endpoint() {
    // DP-04, DP-06, DP-07
    let key = SigningKey::from_jwk(&Jwk::from_slice(KEY).unwrap()).unwrap();
    let world = World::start_with(&Clock::fixed(START), |server| server.dpop_nonces()).unwrap();
    let dpop = DpopKey::new("dpop key", Algorithm::Ed25519, &key.public_jwk().unwrap()).unwrap();
    let client = Client::new(ClientId::new(APP).unwrap(), Authentication::None).dpop(dpop);
    let server = AuthorizationServer::new(Issuer::new(world.issuer()).unwrap());
    let keyring = Keyring::new().signing_key("dpop key", key);
    let mut scenario = Scenario { world, server, client, agent: blocking::agent(), keyring };
    scenario.server = scenario.drive(scenario.discovery()).unwrap();

    let login = scenario.login().unwrap();
    let checked = scenario.drive(user_info(&scenario, &login)).unwrap();
    assert_eq!(checked.user.name(), Some("Alice Liddell"));
    let asked = || scenario.world.model().served().iter().filter(|place| **place == Place::UserInfo).count();
    assert_eq!(asked(), 2, "once without the nonce, and once with it");
    let checked = scenario.drive(user_info(&scenario, &login).signed().by_post()).unwrap();
    assert_eq!(checked.user.sub(), "alice");
}

#[test]
fn user_info_says_what_to_do_about_a_token_that_is_not_good_enough() {
    let scenario = Scenario::app();
    let advice = |result: Driven<_>| {
        let error: oauth_client_sans_io::drive::DriveError<_> =
            result.map(|_: oauth_client_sans_io::CheckedUserInfo| ()).unwrap_err();
        (error.code().to_owned(), error.flow().unwrap().advice())
    };
    let login = scenario.login().unwrap();
    scenario.world.pass(core::time::Duration::from_secs(301));
    let expired = scenario.drive(user_info(&scenario, &login));
    assert_eq!(advice(expired), ("invalid_token".to_owned(), Advice::Reauthenticate));
    let login = scenario.login_with("files.read").unwrap();
    let flow = UserInfo::new(&scenario.server, &scenario.client, &login.tokens, "alice").unwrap();
    assert_eq!(advice(scenario.drive(flow)), ("insufficient_scope".to_owned(), Advice::StepUp));
}

#[test]
fn a_logout_goes_to_the_provider_and_comes_back_once() {
    let scenario = Scenario::app();
    let login = scenario.login().unwrap();
    let redirect = Logout::new(&scenario.server, &scenario.client)
        .unwrap()
        .of_login(&login.tokens)
        .unwrap()
        .post_logout_redirect_uri(RedirectUri::new(CALLBACK).unwrap())
        .begin(&scenario.moment())
        .unwrap();
    let mut pending = redirect.pending.unwrap();
    let back = scenario.browse(&redirect.url);
    let (place, query) = back.split_once('?').unwrap();
    assert_eq!(place, CALLBACK);
    pending.accept(scenario.now(), None, query).unwrap();
    assert_eq!(pending.accept(scenario.now(), None, query).unwrap_err().code(), "already_used");
    assert_eq!(code(scenario.drive(user_info(&scenario, &login))), "invalid_token");
}

#[test]
fn a_logout_that_is_posted_comes_back_to_the_browser_that_posted_it() {
    let scenario = Scenario::app();
    let login = scenario.login().unwrap();
    let session = SessionBinding::new("a cookie that is set for the logout");
    let form = Logout::new(&scenario.server, &scenario.client)
        .unwrap()
        .of_login(&login.tokens)
        .unwrap()
        .post_logout_redirect_uri(RedirectUri::new(CALLBACK).unwrap())
        .session(&session)
        .begin_post(&scenario.moment())
        .unwrap();
    assert!(!form.action.contains('?'), "nothing of the user is in the URL");
    let back = scenario.post(&form.action, form.fields.iter().map(|(name, value)| (name.as_str(), value.expose())));
    let (_, query) = back.split_once('?').unwrap();
    let mut pending = PendingLogout::from_stored(&form.pending.unwrap().to_stored()).unwrap();
    assert_eq!(pending.accept(scenario.now(), None, query).unwrap_err().code(), "session_mismatch");
    pending.accept(scenario.now(), Some(&session), query).unwrap();
    assert_eq!(code(scenario.drive(user_info(&scenario, &login))), "invalid_token");
}

#[test]
fn a_logout_token_of_the_provider_is_taken_and_that_for_another_client_is_not() {
    let scenario = Scenario::app();
    let check = |client: &ClientId| {
        let token = scenario.world.model().logout_token(scenario.now(), client).unwrap();
        let request = BackchannelLogoutRequest::new(LogoutToken::new(token)).unwrap();
        scenario.drive(BackchannelLogout::new(&scenario.server, &scenario.client, &request))
    };
    let checked = check(scenario.client.id()).unwrap();
    assert_eq!(checked.claims.claims().subject(), Some("alice"));
    assert_ne!(checked.replay_key(), check(scenario.client.id()).unwrap().replay_key());
    let other = ClientId::new("other").unwrap();
    assert_eq!(code(check(&other)), "audience_mismatch");
}

#[test]
fn a_client_registers_itself_logs_in_updates_and_leaves() {
    let mut scenario = Scenario::app();
    let metadata = ClientMetadata::new()
        .with_redirect_uris([RedirectUri::new(CALLBACK).unwrap()])
        .with_client_name("A client of its own making")
        .with_scope(&SCOPE.parse().unwrap())
        .with_token_endpoint_auth_method(ClientAuthMethod::ClientSecretPost);
    let mut registered = scenario.drive(Registration::new(&scenario.server, metadata).unwrap()).unwrap();

    // The secret goes to the keyring; the client knows its name.
    let secret = registered.take_secret().unwrap();
    scenario.keyring = Keyring::new().secret("registered", Secret::new(secret.expose()));
    scenario.client = registered.client("registered").unwrap();
    let login = scenario.login().unwrap();
    assert_eq!(login.tokens.scope().unwrap().to_string(), SCOPE);

    let metadata = registered.metadata().clone().with_client_name("Renamed");
    let updated = scenario.drive(RegistrationManagement::update(&registered, metadata).unwrap()).unwrap();
    assert_eq!(updated.metadata().client_name(), Some("Renamed"));
    // The token was rotated with that: the old one reads nothing any more.
    assert_eq!(code(scenario.drive(RegistrationManagement::read(&registered).unwrap())), "invalid_token");
    let read = scenario.drive(RegistrationManagement::read(&updated).unwrap()).unwrap();
    assert_eq!(read.metadata().client_name(), Some("Renamed"));

    scenario.drive(Deregistration::new(&read).unwrap()).unwrap();
    assert_eq!(code(scenario.drive(user_info(&scenario, &login))), "invalid_token");
    assert_eq!(code(scenario.drive(introspect(&scenario, login.tokens.access_token()))), "invalid_client");
}

#[test]
fn a_server_that_wants_an_initial_access_token_registers_nobody_without() {
    let scenario = Scenario::app();
    let metadata = || ClientMetadata::new().with_redirect_uris([RedirectUri::new(CALLBACK).unwrap()]);
    scenario.world.model().set_initial_access_token(AccessToken::new("the.developer's"));
    let open = Registration::new(&scenario.server, metadata()).unwrap();
    assert_eq!(code(scenario.drive(open)), "invalid_token");
    let token = AccessToken::new("of.a.developer");
    scenario.world.model().set_initial_access_token(token.clone());
    let flow = Registration::new(&scenario.server, metadata()).unwrap().initial_access_token(token);
    assert!(scenario.drive(flow).unwrap().is_manageable());
}
