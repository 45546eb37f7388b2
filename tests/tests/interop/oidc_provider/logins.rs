//! What works.

use oauth_client_sans_io::{ClientCredentials, IdTokenCheck, Refresh, Revocation};
use oauth_types::Resource;
use oauth_types::authorization::ResponseMode;
use oauth_types::token::TokenType;

use super::{at, begin, client, finish, login, provider, run};

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
    // The access token is a JWT for that resource.
    assert_eq!(login.tokens.access_token().expose().split('.').count(), 3);
}

#[test]
fn a_service_gets_tokens_for_itself() {
    let Some(provider) = provider() else { return };
    let tokens =
        run(ClientCredentials::new(&provider.server, &client("service")).unwrap().scope("files.read".parse().unwrap()));
    assert!(tokens.unwrap().scope().unwrap().contains("files.read"));
}
