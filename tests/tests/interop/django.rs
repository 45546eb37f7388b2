//! PyPI `django-oauth-toolkit`, on Django and oauthlib: a provider that has nothing in common with the others.

use std::sync::OnceLock;

use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, ClientCredentials, DeviceAuthorization, Discovery, Introspection,
    Logout, PendingAuthorization, Refresh, Revocation, UserInfo, UserInteraction,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, Issuer, RedirectUri};

use crate::browser::{Back, Browser};
use crate::driving::{CALLBACK, at, callback, code, finish, finish_in, redirect_uri, run, run_leaping, subject};
use crate::peer::Peer;

fn provider() -> Option<&'static AuthorizationServer> {
    static PROVIDER: OnceLock<Option<(Peer, AuthorizationServer)>> = OnceLock::new();
    let started = PROVIDER.get_or_init(|| {
        let peer = Peer::python("django", "server.py", &[])?;
        let server = run(Discovery::new(Issuer::new(peer.ready.as_str()).unwrap())).unwrap();
        // Of its endpoints each of its two documents names some, and neither this one.
        let endpoint = |path| Endpoint::new(format!("{}{path}", peer.ready)).unwrap();
        let server = server
            .with_device_authorization_endpoint(endpoint("/device-authorization/"))
            .with_introspection_endpoint(endpoint("/introspect/"))
            .with_revocation_endpoint(endpoint("/revoke_token/"))
            .with_userinfo_endpoint(endpoint("/userinfo/"))
            .with_end_session_endpoint(endpoint("/logout/"));
        Some((peer, server))
    });
    started.as_ref().map(|(_, server)| server)
}

fn client(id: &str) -> Client {
    let authentication = match id {
        "basic" | "service" => Authentication::SecretBasic("secret".into()),
        _ => Authentication::None,
    };
    Client::new(ClientId::new(id).unwrap(), authentication)
}

fn begin<'s>(server: &'s AuthorizationServer, client: &'s Client) -> AuthorizationCode<'s> {
    AuthorizationCode::new(server, client, redirect_uri()).scope("openid files.read".parse().unwrap())
}

#[test]
fn clients_log_in_refresh_ask_and_revoke() {
    let Some(server) = provider() else { return };
    for id in ["public", "basic"] {
        let client = client(id);
        let redirect = begin(server, &client).begin(&at()).unwrap();
        let login = finish(&redirect.url, redirect.pending).unwrap();
        let user = UserInfo::new(server, &client, &login.tokens, subject(&login)).unwrap();
        assert_eq!(run(user).unwrap().user.sub(), subject(&login), "{id}");

        let fresh = run(Refresh::new(server, &client, &login.tokens).unwrap()).unwrap();
        assert_ne!(fresh.refresh_token().unwrap().expose(), login.tokens.refresh_token().unwrap().expose(), "{id}");
        let introspect = || {
            let token = jwt_core::Secret::new(fresh.access_token().expose());
            run(Introspection::new(server, &self::client("basic"), token).unwrap()).unwrap().response
        };
        assert_eq!(introspect().active().unwrap().client_id(), Some(id));
        run(Revocation::new(server, &client, &fresh).unwrap()).unwrap();
        assert_eq!(code(run(Refresh::new(server, &client, &fresh).unwrap())), "invalid_grant", "{id}");
    }
}

#[test]
fn a_code_is_worth_nothing_a_second_time_or_with_another_verifier() {
    // PK-04
    let Some(server) = provider() else { return };
    let client = client("public");
    let redirect = begin(server, &client).begin(&at()).unwrap();
    let mut copy = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
    let (back, mut pending) = (Browser::of("alice").open(&redirect.url, CALLBACK), redirect.pending);
    run(pending.accept(&at(), None, callback(&back)).unwrap()).unwrap();
    assert_eq!(code(run(copy.accept(&at(), None, callback(&back)).unwrap())), "invalid_grant");

    // The code of one login in another's callback, as an attacker would bring it there.
    let victim = begin(server, &client).begin(&at()).unwrap();
    let Back::Redirect(theirs) = Browser::of("bob").open(&victim.url, CALLBACK) else { panic!("no redirect") };
    let redirect = begin(server, &client).begin(&at()).unwrap();
    let injected = theirs.replace(victim.pending.state(), redirect.pending.state());
    let mut pending = redirect.pending;
    assert_eq!(code(run(pending.accept(&at(), None, Callback::Url(&injected)).unwrap())), "invalid_grant");
}

#[test]
fn a_user_may_decline_and_log_out() {
    let Some(server) = provider() else { return };
    let client = client("public");
    let redirect = begin(server, &client).begin(&at()).unwrap();
    let back = Browser::of("alice").declining().open(&redirect.url, CALLBACK);
    let mut pending = redirect.pending;
    // It promises to name itself in every response, and does so in those that give a code only (RFC 9207, section 2: "in error responses as well").
    assert_eq!(pending.accept(&at(), None, callback(&back)).unwrap_err().code(), "issuer_missing");
    let honest = server.clone().with_iss_parameter_supported(false);
    let redirect = begin(&honest, &client).begin(&at()).unwrap();
    let back = Browser::of("alice").declining().open(&redirect.url, CALLBACK);
    let mut pending = redirect.pending;
    assert_eq!(pending.accept(&at(), None, callback(&back)).unwrap_err().code(), "access_denied");

    // Nobody else's: all tokens of who logs out are deleted.
    let mut browser = Browser::of("carol");
    let redirect = begin(server, &client).begin(&at()).unwrap();
    let login = finish_in(&mut browser, &redirect.url, redirect.pending).unwrap();
    let goodbye = "http://127.0.0.1/goodbye";
    let logout = Logout::new(server, &client).unwrap().of_login(&login.tokens).unwrap();
    let logout = logout.post_logout_redirect_uri(RedirectUri::new(goodbye).unwrap()).begin(&at()).unwrap();
    let Back::Redirect(url) = browser.open(&logout.url, goodbye) else { panic!("no redirect") };
    logout.pending.unwrap().accept(at().now(), None, url.split_once('?').unwrap().1).unwrap();
}

#[test]
fn a_service_gets_tokens_for_itself() {
    let Some(server) = provider() else { return };
    let flow = ClientCredentials::new(server, &client("service")).unwrap().scope("files.read".parse().unwrap());
    assert!(run(flow).unwrap().scope().unwrap().contains("files.read"));
}

fn show(server: &AuthorizationServer) -> UserInteraction {
    let flow = DeviceAuthorization::new(server, &client("device")).unwrap();
    run(flow.scope("files.read".parse().unwrap())).unwrap()
}

#[test]
fn a_device_is_let_in_or_not() {
    // DEV-01, DEV-02, DEV-03
    let Some(server) = provider() else { return };
    let shown = show(server);
    let login = run_leaping(shown.polling, |waits| {
        if waits == 2 {
            Browser::of("alice").typing(&shown.user_code).open(&shown.verification_uri, CALLBACK);
        }
    });
    assert!(login.unwrap().tokens.scope().unwrap().contains("files.read"));
    let shown = show(server);
    Browser::of("alice").declining().open(shown.verification_uri_complete.as_deref().unwrap(), CALLBACK);
    assert_eq!(code(run_leaping(shown.polling, |_| ())), "access_denied");
}
