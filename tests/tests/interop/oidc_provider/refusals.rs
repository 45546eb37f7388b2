//! What must not work, and how it is told.

use jwt_core::Blame;
use oauth_client_sans_io::{
    Advice, Authentication, AuthorizationCode, Client, ClientCredentials, Error, PendingAuthorization,
};
use oauth_types::Resource;
use oauth_types::authorization::Callback;

use super::{begin, client, provider};
use crate::browser::{Back, Browser};
use crate::driving::{CALLBACK, at, redirect_uri, run};

fn redirected(url: &str, person: &'static str) -> String {
    match Browser::of(person).open(url, CALLBACK) {
        Back::Redirect(url) => url,
        other @ (Back::Form(_) | Back::Page(_)) => panic!("{other:?}"),
    }
}

/// The same pending login with one text in its stored form exchanged: what somebody in the middle would have.
fn tampered(pending: &PendingAuthorization, member: &str, by: &str) -> PendingAuthorization {
    let stored = pending.to_stored();
    let at = stored.find(&format!("\"{member}\":\"")).unwrap() + member.len() + 4;
    let end = at + stored[at..].find('"').unwrap();
    PendingAuthorization::from_stored(&format!("{}{by}{}", &stored[..at], &stored[end..])).unwrap()
}

#[test]
fn a_code_with_another_verifier_is_refused() {
    let Some(provider) = provider() else { return };
    // PK-04
    let client = client("public");
    let redirect = begin(provider, &client, "openid").begin(&at()).unwrap();
    let callback = redirected(&redirect.url, "alice");
    let mut wrong = tampered(&redirect.pending, "verifier", &"v".repeat(43));
    let error = run(wrong.accept(&at(), None, Callback::Url(&callback)).unwrap()).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("invalid_grant", Blame::Peer));
    assert_eq!(error.flow().map(Error::advice), Some(Advice::Restart));
}

#[test]
fn a_code_is_redeemed_once() {
    let Some(provider) = provider() else { return };
    let client = client("public");
    let redirect = begin(provider, &client, "openid").begin(&at()).unwrap();
    let mut copy = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
    let mut pending = redirect.pending;
    let callback = redirected(&redirect.url, "alice");
    run(pending.accept(&at(), None, Callback::Url(&callback)).unwrap()).unwrap();
    assert_eq!(pending.accept(&at(), None, Callback::Url(&callback)).unwrap_err().code(), "already_used");
    // Another node, which does not know of it.
    let error = run(copy.accept(&at(), None, Callback::Url(&callback)).unwrap()).unwrap_err();
    assert_eq!(error.code(), "invalid_grant");
}

#[test]
fn an_id_token_with_another_nonce_is_refused() {
    let Some(provider) = provider() else { return };
    let client = client("public");
    let redirect = begin(provider, &client, "openid").begin(&at()).unwrap();
    let callback = redirected(&redirect.url, "alice");
    let mut wrong = tampered(&redirect.pending, "nonce", "another-nonce-than-was-sent");
    let error = run(wrong.accept(&at(), None, Callback::Url(&callback)).unwrap()).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("nonce_mismatch", Blame::Peer));
}

#[test]
fn a_client_that_shows_the_wrong_secret_is_told_to_mend_it() {
    let Some(provider) = provider() else { return };
    let client = Client::new(client("service").id().clone(), Authentication::SecretBasic("wrong secret".into()));
    let error = run(ClientCredentials::new(&provider.server, &client).unwrap()).unwrap_err();
    assert_eq!(error.code(), "invalid_client");
    assert_eq!(error.flow().map(Error::advice), Some(Advice::Fix));
}

#[test]
fn a_resource_that_the_server_does_not_know_is_refused_at_the_redirect() {
    let Some(provider) = provider() else { return };
    let client = client("public");
    let other = Resource::new("https://other.example/").unwrap();
    let redirect = AuthorizationCode::new(&provider.server, &client, redirect_uri())
        .scope("openid files.read".parse().unwrap())
        .resource(other)
        .begin(&at())
        .unwrap();
    let mut pending = redirect.pending;
    let callback = redirected(&redirect.url, "alice");
    let error = pending.accept(&at(), None, Callback::Url(&callback)).unwrap_err();
    assert_eq!(error.code(), "invalid_target");
}
