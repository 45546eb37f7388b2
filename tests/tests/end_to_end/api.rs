//! The protected API: who may enter, and what the others are told.

use std::time::Duration;

use jwt_core::{Jwk, SigningKey};
use oauth_types::Method;

use crate::scenario::Scenario;

#[test]
fn a_request_without_a_token_is_told_how_to_get_one_and_nothing_else() {
    let answer = Scenario::app().call(Method::Get, None);
    assert_eq!(answer.status(), 401);
    // RFC 6750, section 3.1: "If the request lacks any authentication information [..] the resource server SHOULD NOT include an error code".
    assert_eq!(answer.header("www-authenticate"), Some("Bearer scope=\"files.read\""));
}

#[test]
fn an_expired_token_is_an_invalid_token() {
    let scenario = Scenario::app();
    let tokens = scenario.login().unwrap().tokens;
    assert_eq!(scenario.call(Method::Get, Some(&tokens)).status(), 200);
    // Its lifetime and the guard's leeway.
    scenario.world.pass(Duration::from_secs(300 + 31));
    let answer = scenario.call(Method::Get, Some(&tokens));
    assert_eq!(answer.status(), 401);
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
}

#[test]
fn a_token_without_the_scope_is_forbidden_and_told_which_one_is_missing() {
    let scenario = Scenario::app();
    let tokens = scenario.login_with("openid files.read").unwrap().tokens;
    assert_eq!(scenario.call(Method::Get, Some(&tokens)).status(), 200);
    let answer = scenario.call(Method::Delete, Some(&tokens));
    assert_eq!(answer.status(), 403);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"files.delete\""),
        "{challenge}"
    );
}

#[test]
fn a16_a_token_for_somebody_else_and_an_id_token_do_not_pass_for_an_access_token() {
    let scenario = Scenario::service();
    let flow = oauth_client_sans_io::ClientCredentials::new(&scenario.server, &scenario.client).unwrap();
    // Without a resource the audience is the server itself.
    let for_the_server = scenario.drive(flow).unwrap();
    assert_eq!(scenario.call(Method::Get, Some(&for_the_server)).status(), 401);
    let scenario = Scenario::app();
    let login = scenario.login().unwrap();
    let id_token = format!("Bearer {}", login.tokens.raw_id_token().unwrap().expose());
    let answer = scenario.call_with(Method::Get, Some(&id_token));
    assert_eq!(answer.status(), 401);
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
}

#[test]
fn what_is_not_one_bearer_token_is_refused() {
    let scenario = Scenario::app();
    for (field, status) in [("Bearer", 400), ("Bearer a b", 400), ("Basic YTpi", 401), ("Bearer a.b.c", 401)] {
        assert_eq!(scenario.call_with(Method::Get, Some(field)).status(), status, "{field}");
    }
}

#[test]
fn a_server_that_changes_its_key_is_followed() {
    let scenario = Scenario::app();
    let before = scenario.login().unwrap().tokens;
    assert_eq!(scenario.call(Method::Get, Some(&before)).status(), 200);
    // The other published P-256 key: RFC 7517, appendix A.2.
    let jwk = br#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"sig","alg":"ES256","kid":"rfc7517-a2"}"#;
    scenario.world.model().set_key(SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap());
    // Past the cool-down of the guard's key set.
    scenario.world.pass(Duration::from_secs(120));
    let after = scenario.login().unwrap().tokens;
    assert_eq!(scenario.call(Method::Get, Some(&after)).status(), 200);
}
