//! The first half of a login where it is a flow, and the second after a signed response.

use core::time::Duration;

use jwt_core::Algorithm;
use jwt_core::json::Object;
use oauth_client_sans_io::{
    AuthorizationCode, CodeExchange, Flow, PendingAuthorization, PushedAuthorization, RequestObjectKey, SessionBinding,
    SignedAuthorization, Step,
};
use oauth_types::authorization::{Callback, Display, Prompt, ResponseMode};
use oauth_types::dpop::DpopNonce;
use oauth_types::rar::{AuthorizationDetail, AuthorizationDetails};
use oauth_types::{Endpoint, IdToken, RedirectUri};

use crate::laws::scenarios::authorization::response;
use crate::laws::scenarios::bound::{bound, private_key_jwt};
use crate::laws::scenarios::{client, server};
use crate::{Kind, at, keys, kind, resource, scope, shown};

pub(crate) const KINDS: &[Kind] = &[
    kind!(PendingAuthorization, "pending.everything", login(|login| login.begin(&at()).unwrap().pending)),
    kind!(PushedAuthorization, "pushed_authorization", pushed()),
    kind!(SignedAuthorization, "signed_authorization", signed()),
    kind!(CodeExchange, "code_exchange.verifying", verifying()),
];

/// A login with every member that it can have.
fn login<T>(finish: impl FnOnce(AuthorizationCode<'_>) -> T) -> T {
    let par = Endpoint::new("https://as.example/par").unwrap();
    let server = server().with_pushed_authorization_request_endpoint(par).with_iss_parameter_supported(true);
    let client = bound(private_key_jwt());
    let claims: Object = [("userinfo", Object::new())].into_iter().collect();
    let login = AuthorizationCode::new(&server, &client, RedirectUri::new("https://app.example/callback").unwrap())
        .scope(scope())
        .resource(resource())
        .authorization_details(AuthorizationDetails::new().with(AuthorizationDetail::new("payment").unwrap()))
        .max_age(Duration::from_secs(3600))
        .prompt(Prompt::Login)
        .acr_values(["phr"])
        .essential_acr(["phr", "phrh"])
        .claims(claims)
        .login_hint("MARKED-hint")
        .id_token_hint(IdToken::new("MARKED-id-token"))
        .ui_locales(["de-CH"])
        .display(Display::Page)
        .response_mode(ResponseMode::FormPostJwt)
        .session(&SessionBinding::new("cookie"))
        .dpop_nonce(Some(DpopNonce::new("nonce-1").unwrap()))
        .parameter("audience", "MARKED-parameter");
    finish(login)
}

fn key() -> RequestObjectKey {
    RequestObjectKey::new("key", Algorithm::Ed25519).kid("k")
}

/// The object is signed, and the proof asked for.
fn pushed() -> PushedAuthorization {
    let mut flow = login(|login| login.request_object(key()).push(&at()).unwrap());
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    let answer = jwt_core::Answer::Signature(vec![1; 64]);
    assert!(matches!(flow.handle_answer(at(), answer), Ok(Step::Ask(_))));
    flow
}

/// The signature is asked for.
fn signed() -> SignedAuthorization {
    let mut flow = login(|login| login.request_object(key()).sign(&at()).unwrap());
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

/// The signature of the response is to be checked.
fn verifying() -> CodeExchange {
    let (server, client) = (server(), client(private_key_jwt()));
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let login = AuthorizationCode::new(&server, &client, redirect_uri).scope(scope());
    let mut pending = login.response_mode(ResponseMode::QueryJwt).begin(&at()).unwrap().pending;
    let query = format!("response={}", response(pending.state()));
    let mut flow = pending.accept(&at(), None, Callback::Query(&query)).unwrap().known_keys(keys());
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}
