//! What works.

use std::time::Duration;

use jwt_core::{Algorithm, base64url};
use oauth_client_sans_io::{Advice, ClientCredentials, Error, IdTokenCheck, Login, Refresh, Revocation};
use oauth_types::Resource;
use oauth_types::authorization::{Prompt, ResponseMode};
use oauth_types::token::TokenType;

use super::{Provider, begin, client, login, login_in, provider};
use crate::browser::Browser;
use crate::driving::{at, code, finish, finish_in, run, subject};

#[test]
fn clients_log_in_with_every_kind_of_authentication() {
    let Some(provider) = provider() else { return };
    for id in ["public", "basic", "post", "secret-jwt", "key-jwt", "eddsa"] {
        let login = login(provider, &client(id), "openid profile email files.read");
        let id_token = login.id_token.unwrap_or_else(|| panic!("{id}: no ID token"));
        assert_eq!(id_token.claims().subject(), "alice", "{id}");
        assert!(login.fetched_keys.is_some(), "{id}");
    }
}

#[test]
fn tokens_are_refreshed_with_rotation_and_revoked() {
    let Some(provider) = provider() else { return };
    for id in ["public", "secret-jwt", "key-jwt", "dpop"] {
        let client = client(id);
        let login = login(provider, &client, "openid files.read");
        let fresh = run(Refresh::new(&provider.server, &client, &login.tokens).unwrap()).unwrap();
        let (old, new) = (login.tokens.refresh_token().unwrap(), fresh.refresh_token().unwrap());
        assert_ne!(old.expose(), new.expose(), "{id}: it rotates");
        let token = fresh.raw_id_token().unwrap().clone();
        let check =
            IdTokenCheck::new(provider.server.issuer(), client.id(), token, provider.server.jwks_uri().cloned());
        assert_eq!(
            run(check.subject("alice").known_keys(login.fetched_keys)).unwrap().claims.claims().subject(),
            "alice"
        );
        run(Revocation::new(&provider.server, &client, &fresh).unwrap()).unwrap();
        let dead = run(Refresh::new(&provider.server, &client, &fresh).unwrap()).unwrap_err();
        assert_eq!(dead.code(), "invalid_grant", "{id}");
    }
}

#[test]
fn tokens_are_bound_to_a_key_by_a_server_that_insists_on_its_nonce() {
    let Some(provider) = provider() else { return };
    // DP-07, DP-08
    let client = client("dpop");
    let login = login(provider, &client, "openid files.read");
    assert_eq!(login.tokens.token_type(), &TokenType::DPoP);
    assert!(login.tokens.authorization().is_none(), "it is no bearer token");
    assert!(login.tokens.dpop_nonce().is_some(), "the newest nonce is kept");
    assert_eq!(
        login.tokens.dpop_jkt().map(|jkt| jkt.as_str()),
        client.dpop_key().map(|key| key.thumbprint().to_string()).as_deref()
    );
}

#[test]
fn a_login_comes_back_by_a_form() {
    let Some(provider) = provider() else { return };
    let client = client("public");
    let redirect = begin(provider, &client, "openid").response_mode(ResponseMode::FormPost).begin(&at()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
}

#[test]
fn a_login_is_for_a_resource() {
    let Some(provider) = provider() else { return };
    let client = client("public");
    let resource = Resource::new("https://api.example/files").unwrap();
    let redirect = begin(provider, &client, "openid files.read").resource(resource).begin(&at()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    // The access token is a JWT for that resource, and for nobody else.
    let payload = login.tokens.access_token().expose().split('.').nth(1).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap();
    assert_eq!(payload["aud"], "https://api.example/files");
}

#[test]
fn a_service_gets_tokens_for_itself() {
    let Some(provider) = provider() else { return };
    let tokens =
        run(ClientCredentials::new(&provider.server, &client("service")).unwrap().scope("files.read".parse().unwrap()));
    assert!(tokens.unwrap().scope().unwrap().contains("files.read"));
}

/// The check of the ID token of this login, as somebody else's program would do it.
fn id_token_check(provider: &Provider, client: &oauth_client_sans_io::Client, login: &Login) -> IdTokenCheck {
    let token = login.tokens.raw_id_token().unwrap().clone();
    IdTokenCheck::new(provider.server.issuer(), client.id(), token, provider.server.jwks_uri().cloned())
        .access_token(login.tokens.access_token().clone())
}

#[test]
fn an_id_token_is_signed_with_the_key_that_the_client_registered_for() {
    let Some(provider) = provider() else { return };
    // The server says `EdDSA`, the name that Ed25519 had before RFC 9864.
    for (id, right, wrong) in
        [("eddsa", Algorithm::Ed25519, Algorithm::ES256), ("public", Algorithm::ES256, Algorithm::Ed25519)]
    {
        let client = client(id);
        let login = login(provider, &client, "openid");
        let check = id_token_check(provider, &client, &login).algorithms(&[right]);
        assert_eq!(run(check).unwrap().claims.claims().subject(), "alice", "{id}");
        let refused = run(id_token_check(provider, &client, &login).algorithms(&[wrong]));
        assert_eq!(code(refused), "key_not_found", "{id}");
    }
}

#[test]
fn a_browser_that_knows_its_user_asks_for_the_password_only_if_the_login_must_be_new() {
    let Some(provider) = provider() else { return };
    let (client, mut browser) = (client("public"), Browser::of("alice"));
    login_in(&mut browser, provider, &client, "openid");
    let first = login_in(&mut browser, provider, &client, "openid");
    assert_eq!(browser.logins, 1);
    let redirect = begin(provider, &client, "openid").prompt(Prompt::Login).begin(&at()).unwrap();
    finish_in(&mut browser, &redirect.url, redirect.pending).unwrap();
    assert_eq!(browser.logins, 2);

    // Two seconds later the login is older than one.
    std::thread::sleep(Duration::from_secs(3));
    let redirect = begin(provider, &client, "openid").max_age(Duration::from_secs(1)).begin(&at()).unwrap();
    let fresh = finish_in(&mut browser, &redirect.url, redirect.pending).unwrap();
    assert_eq!((browser.logins, subject(&fresh)), (3, "alice"));
    assert!(fresh.id_token.unwrap().claims().claim("auth_time").is_some());
    // The server does not say when the first one was: nobody asked.
    let error = run(id_token_check(provider, &client, &first).max_age(Duration::from_secs(1))).unwrap_err();
    assert_eq!(error.code(), "auth_time_missing");
}

#[test]
fn a_login_that_must_be_strong_is() {
    let Some(provider) = provider() else { return };
    let client = client("public");
    let redirect = begin(provider, &client, "openid").essential_acr(["urn:example:loa2"]).begin(&at()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    assert_eq!(login.id_token.unwrap().claims().get_str("acr"), Some("urn:example:loa2"));

    // Bob has no second factor: what is only wished for he need not have.
    let redirect = begin(provider, &client, "openid").acr_values(["urn:example:loa2"]).begin(&at()).unwrap();
    let login = finish_in(&mut Browser::of("bob"), &redirect.url, redirect.pending).unwrap();
    assert_eq!(login.id_token.as_ref().unwrap().claims().get_str("acr"), Some("urn:example:loa1"));
    let error = run(id_token_check(provider, &client, &login).acr_values(["urn:example:loa2"])).unwrap_err();
    assert_eq!(error.flow().map(Error::advice), Some(Advice::StepUp), "{error}");
}
