//! What is said about users and tokens, logouts, and clients that register themselves.

use std::sync::{Arc, Mutex, OnceLock};

use conformance::net::Bound;
use jwt_core::{Keyring, Secret};
use oauth_client_sans_io::{
    BackchannelLogout, CheckedUserInfo, Deregistration, Introspection, Login, Logout, Registration,
    RegistrationManagement, Revocation, UserInfo,
};
use oauth_types::logout::BackchannelLogoutRequest;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::registration::ClientMetadata;
use oauth_types::{AccessToken, ClientAuthMethod, HttpRequest, RedirectUri};

use super::{Provider, begin, client, login, login_in, provider};
use crate::browser::{Back, Browser};
use crate::driving::{CALLBACK, Driven, at, callback, code, redirect_uri, run, run_as, subject};

const SCOPE: &str = "openid profile email";
const GOODBYE: &str = "http://127.0.0.1/goodbye";

fn introspect(provider: &Provider, id: &str, login: &Login) -> Introspection {
    let token = Secret::new(login.tokens.access_token().expose());
    Introspection::new(&provider.server, &client(id), token).unwrap()
}

#[test]
fn an_api_learns_what_a_token_is_good_for_until_it_is_revoked() {
    let Some(provider) = provider() else { return };
    let public = client("public");
    let login = login(provider, &public, SCOPE);
    let said = run(introspect(provider, "basic", &login)).unwrap();
    let active = said.response.active().expect("a token that is good");
    assert_eq!((active.sub(), active.client_id()), (Some("alice"), Some("public")));
    assert!(active.scope().unwrap().contains("email") && active.exp().is_some());

    let signed = || introspect(provider, "signed-introspection", &login).signed("signed-introspection");
    let said = run(signed()).unwrap();
    assert_eq!(said.response.active().unwrap().sub(), Some("alice"));
    let keys = said.fetched_keys.expect("they had to be fetched");
    assert!(run(signed().known_keys(keys)).unwrap().fetched_keys.is_none());
    // What is signed for another API is not for this one.
    let other = introspect(provider, "signed-introspection", &login).signed("another");
    assert_eq!(code(run(other)), "audience_mismatch");

    run(Revocation::new(&provider.server, &public, &login.tokens).unwrap()).unwrap();
    assert!(run(introspect(provider, "basic", &login)).unwrap().response.active().is_none());
    assert!(run(signed()).unwrap().response.active().is_none());
}

fn user_info(server: &AuthorizationServer, id: &str, login: &Login) -> UserInfo {
    UserInfo::new(server, &client(id), &login.tokens, subject(login)).unwrap()
}

fn name(checked: Driven<CheckedUserInfo>) -> Option<String> {
    checked.unwrap().user.name().map(str::to_owned)
}

#[test]
fn user_info_is_about_who_logged_in_plain_signed_and_bound() {
    let Some(provider) = provider() else { return };
    let alice = Some("Alice Adams".to_owned());
    for id in ["public", "dpop"] {
        let login = login(provider, &client(id), SCOPE);
        assert_eq!(name(run(user_info(&provider.server, id, &login))), alice, "{id}");
        assert_eq!(name(run(user_info(&provider.server, id, &login).by_post())), alice, "{id}");
    }
    let signed = login(provider, &client("signed-userinfo"), SCOPE);
    let checked = run(user_info(&provider.server, "signed-userinfo", &signed).signed()).unwrap();
    assert!(checked.fetched_keys.is_some() && checked.user.email() == Some("alice@example.com"));

    let flow =
        UserInfo::new(&provider.server, &client("public"), &login(provider, &client("public"), SCOPE).tokens, "bob");
    assert_eq!(code(run(flow.unwrap())), "user_info_subject_mismatch");
    let unsigned = login(provider, &client("public"), SCOPE);
    let signed = user_info(&provider.server, "public", &unsigned).signed();
    assert_eq!(code(run(signed)), "response_not_signed", "a JWT was asked for");
}

fn logout(provider: &Provider, id: &str, login: &Login) -> oauth_client_sans_io::LogoutRedirect {
    Logout::new(&provider.server, &client(id))
        .unwrap()
        .of_login(&login.tokens)
        .unwrap()
        .post_logout_redirect_uri(RedirectUri::new(GOODBYE).unwrap())
        .begin(&at())
        .unwrap()
}

/// What the browser brings back from there.
fn goodbye(browser: &mut Browser, url: &str) -> String {
    match browser.open(url, GOODBYE) {
        Back::Redirect(url) => url.split_once('?').unwrap().1.to_owned(),
        other @ (Back::Form(_) | Back::Page(_)) => panic!("{other:?}"),
    }
}

#[test]
fn a_logout_goes_to_the_provider_and_comes_back_once() {
    let Some(provider) = provider() else { return };
    let (public, mut browser) = (client("public"), Browser::of("alice"));
    let login = login_in(&mut browser, provider, &public, SCOPE);
    let redirect = logout(provider, "public", &login);
    let query = goodbye(&mut browser, &redirect.url);
    let mut pending = redirect.pending.unwrap();
    pending.accept(at().now(), None, &query).unwrap();
    assert_eq!(pending.accept(at().now(), None, &query).unwrap_err().code(), "already_used");
    // The browser knows nobody any more.
    login_in(&mut browser, provider, &public, SCOPE);
    assert_eq!(browser.logins, 2);
}

#[test]
fn a_logout_at_the_provider_is_told_to_the_client_behind_the_browsers_back() {
    if provider().is_none() {
        return;
    }
    /// Who was logged out, or why nobody was.
    type Told = Result<(String, String), String>;
    let told: Arc<Mutex<Vec<Told>>> = Arc::default();
    let server: Arc<OnceLock<AuthorizationServer>> = Arc::default();
    let bound = Bound::new().unwrap();
    let uri = format!("{}/logged-out", bound.origin());
    let (log, known) = (Arc::clone(&told), Arc::clone(&server));
    let _application = bound
        .serve(move |received: HttpRequest| {
            let request = BackchannelLogoutRequest::from_http(&received).unwrap();
            let outcome = run(BackchannelLogout::new(known.get().unwrap(), &client("logout"), &request));
            let answer = match &outcome {
                Ok(_) => BackchannelLogout::answer(Ok(())),
                Err(error) => BackchannelLogout::answer(Err(error.flow().unwrap())),
            };
            let outcome = outcome.map(|checked| {
                assert!(checked.replay_until().is_some() && checked.fetched_keys.is_some());
                let claims = checked.claims.claims();
                (claims.subject().unwrap().to_owned(), claims.session_id().unwrap().to_owned())
            });
            log.lock().unwrap().push(outcome.map_err(|error| error.code().to_owned()));
            answer
        })
        .unwrap();
    let provider = Provider::start_with(&[("BACKCHANNEL_LOGOUT_URI", &uri)]).unwrap();
    server.set(provider.server.clone()).unwrap();

    let mut browser = Browser::of("alice");
    let login = login_in(&mut browser, &provider, &client("logout"), SCOPE);
    let session = login.id_token.as_ref().unwrap().claims().get_str("sid").unwrap().to_owned();
    let redirect = logout(&provider, "logout", &login);
    let query = goodbye(&mut browser, &redirect.url);
    redirect.pending.unwrap().accept(at().now(), None, &query).unwrap();
    assert_eq!(*told.lock().unwrap(), [Ok(("alice".to_owned(), session))]);
}

fn registration(provider: &Provider, token: Option<&str>) -> Registration {
    let metadata = ClientMetadata::new()
        .with_redirect_uris([redirect_uri()])
        .with_client_name("A client of its own making")
        .with_application_type("native")
        .with_token_endpoint_auth_method(ClientAuthMethod::ClientSecretPost);
    let flow = Registration::new(&provider.server, metadata).unwrap();
    match token {
        Some(token) => flow.initial_access_token(AccessToken::new(token)),
        None => flow,
    }
}

#[test]
fn a_client_registers_itself_logs_in_updates_and_leaves() {
    let Some(provider) = provider() else { return };
    let mut registered = run(registration(provider, Some("the-initial-access-token"))).unwrap();
    assert!(registered.is_manageable());
    let secret = registered.take_secret().expect("it authenticates with one");
    let keyring = Keyring::new().secret("registered", Secret::new(secret.expose()));
    let client = registered.client("registered").unwrap();
    let redirect = begin(provider, &client, "openid").begin(&at()).unwrap();
    let (back, mut pending) = (Browser::of("alice").open(&redirect.url, CALLBACK), redirect.pending);
    let login = run_as(pending.accept(&at(), None, callback(&back)).unwrap(), &keyring).unwrap();
    assert_eq!(subject(&login), "alice");

    let metadata = registered.metadata().clone().with_client_name("Renamed");
    let updated = run(RegistrationManagement::update(&registered, metadata).unwrap()).unwrap();
    assert_eq!(updated.metadata().client_name(), Some("Renamed"));
    // The token was rotated with that: the old one reads nothing any more.
    assert_eq!(code(run(RegistrationManagement::read(&registered).unwrap())), "invalid_token");
    let read = run(RegistrationManagement::read(&updated).unwrap()).unwrap();
    assert_eq!(read.metadata().client_name(), Some("Renamed"));
    run(Deregistration::new(&read).unwrap()).unwrap();
    assert_eq!(code(run(RegistrationManagement::read(&read).unwrap())), "invalid_token", "it is gone");
}

#[test]
fn a_client_that_nobody_vouches_for_is_not_registered() {
    let Some(provider) = provider() else { return };
    assert_eq!(code(run(registration(provider, Some("another-token")))), "invalid_token");
    assert_eq!(code(run(registration(provider, None))), "invalid_token");
}
