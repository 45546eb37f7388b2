//! Exchanges, introspection, user info, logouts and registrations.

use jwt_core::{Algorithm, Secret};
use oauth_client_sans_io::{
    BackchannelLogout, BearerAssertion, Deregistration, Flow, IdentityAssertion, Introspection, JwtBearer, Logout,
    PendingLogout, Registered, Registration, RegistrationManagement, Step, TokenExchange, Tokens, UserInfo,
};
use oauth_types::dpop::DpopNonce;
use oauth_types::revocation::TokenTypeHint;
use oauth_types::token::TokenTypeIdentifier;
use oauth_types::{AccessToken, Assertion, HttpResponse, RedirectUri, SecurityToken};

use super::laws::scenarios::{client, exchanges, registrations, users};
use super::{Kind, at, confidential, keyring, keys, kind, resource, scope, shown};

pub(super) const KINDS: &[Kind] = &[
    kind!(TokenExchange, "token_exchange", token_exchange()),
    kind!(JwtBearer, "jwt_bearer.given", given()),
    kind!(JwtBearer, "jwt_bearer.made", made()),
    kind!(IdentityAssertion, "identity_assertion.exchanging", exchanging()),
    kind!(IdentityAssertion, "identity_assertion.redeeming", redeeming()),
    kind!(Introspection, "introspection.asking", introspection()),
    kind!(Introspection, "introspection.checking", checking()),
    kind!(UserInfo, "user_info", user_info()),
    kind!(PendingLogout, "pending_logout", pending_logout()),
    kind!(BackchannelLogout, "backchannel_logout", backchannel_logout()),
    kind!(Registration, "registration", registration()),
    kind!(Registered, "registered", registrations::registered()),
    kind!(RegistrationManagement, "registration_management", management()),
    kind!(Deregistration, "deregistration", Deregistration::new(&registrations::registered()).unwrap()),
    kind!(Tokens, "tokens.exchanged", exchanged()),
];

fn json(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

/// Until the request is sent.
fn send<F: Flow>(flow: &mut F) {
    let mut step = flow.resume(at()).unwrap();
    while let Step::Ask(question) = step {
        step = flow.handle_answer(at(), keyring().answer(question).unwrap()).unwrap();
    }
    assert!(matches!(step, Step::Send(_)), "{step:?}");
}

fn token_exchange() -> TokenExchange {
    let subject = SecurityToken::new("MARKED-subject-token");
    TokenExchange::new(&exchanges::server(), &confidential(), subject, TokenTypeIdentifier::AccessToken)
        .unwrap()
        .actor(SecurityToken::new("MARKED-actor-token"), TokenTypeIdentifier::Jwt)
        .audience("urn:example:cooperation-context")
        .requested_token_type(TokenTypeIdentifier::Jwt)
        .scope(scope())
        .resource(resource())
        .parameter("tenant", "MARKED-parameter")
        .dpop_nonce(DpopNonce::new("nonce-of-the-server").ok())
}

fn exchanged() -> Tokens {
    let mut flow = token_exchange();
    send(&mut flow);
    let answer = json(
        r#"{"access_token":"MARKED-issued","issued_token_type":"urn:ietf:params:oauth:token-type:jwt","token_type":"N_A","expires_in":3600}"#,
    );
    let Ok(Step::Done(tokens)) = flow.handle_response(at(), answer) else { panic!("no tokens") };
    tokens
}

fn given() -> JwtBearer {
    let mut flow = JwtBearer::new(&exchanges::server(), &confidential(), Assertion::new("MARKED-assertion"))
        .unwrap()
        .scope(scope());
    send(&mut flow);
    flow
}

/// The assertion is to be signed.
fn made() -> JwtBearer {
    let assertion = BearerAssertion::new("robot@project.example", "MARKED-alice", "key", Algorithm::Ed25519)
        .kid("k")
        .typ("authorization-grant+jwt")
        .audience("https://as.example/token")
        .lifetime(core::time::Duration::from_secs(30))
        .claim("tenant", 7_u64);
    let mut flow = JwtBearer::signed(&exchanges::server(), &confidential(), assertion).unwrap();
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

fn exchanging() -> IdentityAssertion {
    let public = oauth_client_sans_io::Authentication::None;
    let mut flow = exchanges::identity_assertion(&exchanges::at_provider(public), &confidential()).resource(resource());
    send(&mut flow);
    flow
}

fn redeeming() -> IdentityAssertion {
    let mut flow = exchanging();
    let id_jag = json(
        r#"{"access_token":"MARKED-id-jag","issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","token_type":"N_A"}"#,
    );
    assert!(matches!(flow.handle_response(at(), id_jag), Ok(Step::Ask(_))));
    flow
}

fn introspection() -> Introspection {
    let mut flow = Introspection::new(&exchanges::server(), &confidential(), Secret::new("MARKED-opaque-token"))
        .unwrap()
        .hint(TokenTypeHint::AccessToken)
        .signed("https://api.example")
        .algorithms(&[Algorithm::Ed25519])
        .known_keys(keys())
        .parameter("tenant", "MARKED-parameter");
    send(&mut flow);
    flow
}

fn checking() -> Introspection {
    let mut flow = introspection();
    let answer = HttpResponse::new(200)
        .with_header("content-type", "application/token-introspection+jwt")
        .with_body(exchanges::signed_introspection(super::START, "https://api.example", true));
    assert!(matches!(flow.handle_response(at(), answer), Ok(Step::Ask(_))));
    flow
}

fn user_info() -> UserInfo {
    let public = client(oauth_client_sans_io::Authentication::None);
    let mut flow = UserInfo::new(&users::server(), &public, &users::bearer(), "alice").unwrap().signed().by_post();
    send(&mut flow);
    flow
}

fn pending_logout() -> PendingLogout {
    let logout = Logout::new(&users::server(), &confidential()).unwrap();
    let redirect = logout.post_logout_redirect_uri(RedirectUri::new("https://app.example/out").unwrap()).begin(&at());
    redirect.unwrap().pending.unwrap()
}

fn backchannel_logout() -> BackchannelLogout {
    let request = users::logout_request(&users::logout_token(super::START, &[]));
    let mut flow = BackchannelLogout::new(&users::server(), &confidential(), &request)
        .known_keys(keys())
        .algorithms(&[Algorithm::Ed25519])
        .dangerous_also_untyped();
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

fn registration() -> Registration {
    let mut flow = Registration::new(&registrations::server(), registrations::metadata())
        .unwrap()
        .initial_access_token(AccessToken::new("MARKED-initial"));
    send(&mut flow);
    flow
}

fn management() -> RegistrationManagement {
    RegistrationManagement::update(&registrations::registered(), registrations::metadata()).unwrap()
}
