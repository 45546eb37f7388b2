//! An API behind the guard, called with this provider's tokens.

use std::thread::sleep;

use conformance::api::Api;
use conformance::transport::blocking;
use oauth_client_sans_io::{Client, Login, ResourceAnswer, ResourceOutcome, ResourceRequest, Revocation, drive};
use oauth_resource_sans_io::{Check, Guard, Introspect, Need, RequestHead, Requirement};
use oauth_types::token::TokenType;
use oauth_types::{HttpRequest, Method, Purpose, Resource};

use super::{Provider, begin, client, login, provider};
use crate::driving::{at, finish, keyring, run};

const FILES: &str = "https://api.example/files";

fn files() -> Resource {
    Resource::new(FILES).unwrap()
}

/// The API of this name.
fn api(provider: &Provider, resource: &str) -> Api {
    let jwks_uri = provider.server.jwks_uri().cloned().unwrap();
    let send = |request| blocking::send(&blocking::agent(), request);
    Api::new(resource, provider.server.issuer().clone(), jwks_uri, send).unwrap()
}

/// A login whose access token is a JWT for the files.
fn login_for_files(provider: &Provider, client: &Client) -> Login {
    let redirect = begin(provider, client, "openid files.read").resource(files()).begin(&at()).unwrap();
    finish(&redirect.url, redirect.pending).unwrap()
}

fn call(api: &mut Api, client: &Client, login: &Login, method: Method) -> ResourceAnswer {
    let request = HttpRequest::new(method, FILES, Purpose::Resource);
    let mut flow = ResourceRequest::new(&login.tokens, client, &files(), request).unwrap();
    let keyring = keyring();
    let send = |request: HttpRequest| Ok(api.handle(at().now(), &request));
    drive::blocking(&mut flow, at, sleep, send, |question| keyring.answer(question)).unwrap()
}

#[test]
fn a_token_of_rfc_9068_is_let_in_where_it_is_for_and_for_what_it_is_for() {
    // JWT-15, OA-17
    let Some(provider) = provider() else { return };
    let client = client("public");
    let login = login_for_files(provider, &client);
    let mut api_of_files = api(provider, FILES);
    let answer = call(&mut api_of_files, &client, &login, Method::Get);
    assert_eq!((answer.response.status(), answer.response.body()), (200, &b"files of alice\n"[..]));
    let answer = call(&mut api_of_files, &client, &login, Method::Delete);
    assert_eq!(answer.response.status(), 403);
    assert!(
        matches!(&answer.outcome, ResourceOutcome::StepUp(more) if more.scope.as_ref().is_some_and(|scope| scope.contains("files.delete")))
    );
    let answer = call(&mut api(provider, "https://api.example/others"), &client, &login, Method::Get);
    assert_eq!((answer.response.status(), answer.outcome), (401, ResourceOutcome::InvalidToken));
    // An ID token is no access token, although it is of the same server, for somebody, and signed with the same key.
    let id_token = format!("Bearer {}", login.tokens.raw_id_token().unwrap().expose());
    let request = HttpRequest::get(FILES, Purpose::Resource).with_header("authorization", id_token);
    assert_eq!(api(provider, "public").handle(at().now(), &request).status(), 401);
}

#[test]
fn a_token_that_is_bound_to_a_key_is_let_in_with_a_proof_of_that_key_only() {
    // DP-04, DP-05, DP-06, DP-07
    let Some(provider) = provider() else { return };
    let client = client("dpop");
    let login = login_for_files(provider, &client);
    assert_eq!(login.tokens.token_type(), &TokenType::DPoP);
    let mut bound = api(provider, FILES).dpop("https://api.example", [9; 32]);
    let answer = call(&mut bound, &client, &login, Method::Get);
    assert_eq!((answer.response.status(), answer.response.body()), (200, &b"files of alice\n"[..]));
    assert!(answer.dpop_nonce.is_some(), "it asked for its own nonce first");
    let stolen = format!("Bearer {}", login.tokens.access_token().expose());
    let request = HttpRequest::get(FILES, Purpose::Resource).with_header("authorization", stolen);
    for mut api in [bound, api(provider, FILES)] {
        assert_eq!(api.handle(at().now(), &request).status(), 401);
    }
    // One that is bound to nothing does not do here.
    let public = super::client("public");
    let free = login_for_files(provider, &public);
    assert_eq!(
        call(&mut api(provider, FILES).dpop("https://api.example", [9; 32]), &public, &free, Method::Get)
            .response
            .status(),
        401
    );
}

#[test]
fn an_opaque_token_is_asked_about_and_worth_nothing_once_it_is_revoked() {
    // OA-21
    let Some(provider) = provider() else { return };
    let client = client("public");
    let login = login(provider, &client, "openid email");
    // Such a token is for the provider's own user info, so it names no API.
    let guard = Guard::new(FILES)
        .dangerous_introspection_of_any_audience(provider.server.issuer().clone(), Introspect::Opaque)
        .requirement(Requirement::from("email".parse::<oauth_types::Scope>().unwrap()));
    let field = format!("Bearer {}", login.tokens.access_token().expose());
    let check = || {
        let head = RequestHead::new("GET", "/files").authorization([field.as_str()]);
        let Check::Needs(Need::Introspection(check)) = guard.check(&head, at().now()) else { panic!("it is opaque") };
        assert!(check.token().matches(login.tokens.access_token().expose()));
        let said = run(check.flow(&provider.server, &super::client("basic")).unwrap()).unwrap();
        check.decide(&said.response, at().now())
    };
    let Check::Granted(principal) = check() else { panic!("it is good") };
    assert_eq!((principal.subject(), principal.client_id()), (Some("alice"), Some("public")));
    run(Revocation::of_access_token(&provider.server, &client, login.tokens.access_token()).unwrap()).unwrap();
    let Check::Denied(denial) = check() else { panic!("it was revoked") };
    assert_eq!(denial.code(), "inactive_token");
}
