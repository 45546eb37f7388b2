//! Tokens after the login: refreshed, rotated, stolen, revoked; and those that a service gets for itself.

use conformance::api;
use conformance::server::{Fault, Place};
use oauth_client_sans_io::{Advice, ClientCredentials, Refresh, Revocation, Tokens};
use oauth_types::Scope;

use crate::scenario::{Driven, Scenario, code};

fn refresh(scenario: &Scenario, tokens: &Tokens) -> Driven<Tokens> {
    scenario.drive(Refresh::new(&scenario.server, &scenario.client, tokens).unwrap())
}

#[test]
fn a_refresh_rotates_the_refresh_token_and_reuse_of_the_old_one_ends_the_family() {
    let scenario = Scenario::app();
    let first = scenario.login().unwrap().tokens;
    let second = refresh(&scenario, &first).unwrap();
    assert_ne!(text(&first), text(&second));
    // Somebody presents the old one.
    assert_eq!(code(refresh(&scenario, &first)), "invalid_grant");
    let error = refresh(&scenario, &second).unwrap_err();
    assert_eq!(error.code(), "invalid_grant");
    assert_eq!(error.flow().unwrap().advice(), Advice::Reauthenticate);
    assert!(!scenario.world.model().is_active(second.access_token().expose()));
}

#[test]
fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let scenario = Scenario::web();
    let first = scenario.login().unwrap().tokens;
    scenario.world.model().inject(Fault::KeptRefreshToken);
    let second = refresh(&scenario, &first).unwrap();
    assert_eq!(text(&first), text(&second));
    assert!(refresh(&scenario, &second).is_ok());
}

#[test]
fn b8_an_outage_during_a_refresh_is_no_verdict() {
    let scenario = Scenario::app();
    let tokens = scenario.login().unwrap().tokens;
    scenario.world.model().inject(Fault::Unavailable(Place::Token));
    let error = refresh(&scenario, &tokens).unwrap_err();
    assert_eq!(error.code(), "server_unavailable");
    assert!(matches!(error.flow().unwrap().advice(), Advice::Retry { .. }));
    assert!(refresh(&scenario, &tokens).is_ok(), "the refresh token was lost to an outage");
}

#[test]
fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let scenario = Scenario::app();
    let tokens = scenario.login_with("openid files.read").unwrap().tokens;
    let narrower = Refresh::new(&scenario.server, &scenario.client, &tokens).unwrap();
    let narrower = scenario.drive(narrower.scope(Scope::parse("files.read").unwrap()).unwrap()).unwrap();
    assert_eq!(narrower.scope().unwrap().to_string(), "files.read");
}

#[test]
fn a_revoked_refresh_token_gives_nothing_and_revoking_twice_is_no_error() {
    let scenario = Scenario::web();
    let tokens = scenario.login().unwrap().tokens;
    let revoke = || scenario.drive(Revocation::new(&scenario.server, &scenario.client, &tokens).unwrap());
    revoke().unwrap();
    assert_eq!(code(refresh(&scenario, &tokens)), "invalid_grant");
    revoke().unwrap();
}

#[test]
fn a_service_gets_a_token_for_itself_also_from_a_server_that_answers_503_once() {
    let scenario = Scenario::service();
    scenario.world.model().inject(Fault::Unavailable(Place::Token));
    let flow = ClientCredentials::new(&scenario.server, &scenario.client).unwrap();
    let tokens = scenario.drive(flow.scope(Scope::parse(api::READ).unwrap())).unwrap();
    assert!(tokens.refresh_token().is_none() && tokens.raw_id_token().is_none());
    assert_eq!(tokens.scope().unwrap().to_string(), api::READ);
}

#[test]
fn a_client_that_shows_another_secret_or_none_is_refused() {
    let mut scenario = Scenario::service();
    scenario.keyring = jwt_core::Keyring::new().secret("client secret", jwt_core::Secret::new("wrong"));
    let flow = ClientCredentials::new(&scenario.server, &scenario.client).unwrap();
    assert_eq!(code(scenario.drive(flow)), "invalid_client");
    // The right secret, shown in another way than was registered.
    let mut scenario = Scenario::service();
    let basic = oauth_client_sans_io::Authentication::SecretBasic("client secret".into());
    scenario.client = oauth_client_sans_io::Client::new(scenario.client.id().clone(), basic);
    let flow = ClientCredentials::new(&scenario.server, &scenario.client).unwrap();
    assert_eq!(code(scenario.drive(flow)), "invalid_client");
}

fn text(tokens: &Tokens) -> &str {
    tokens.refresh_token().expect("a refresh token").expose()
}
