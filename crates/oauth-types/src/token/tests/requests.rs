//! Token requests: what a client may build, what a server takes.

use alloc::format;

use super::*;
use crate::client_auth::{ClientAuth, ClientAuthMethod};
use crate::http::{HttpRequest, Method, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, RedirectUri, Resource, Scope};
use crate::pkce::CodeVerifier;
use crate::request::{BuildError, RequestError};
use crate::secret::{AuthorizationCode, ClientSecret, RefreshToken};
use crate::token::TokenRequest;
use jwt_core::Blame;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn build(request: &TokenRequest, auth: &ClientAuth) -> Result<HttpRequest, BuildError> {
    let endpoint = Endpoint::new("https://server.example.com/token?tenant=7").expect("an endpoint");
    request.to_http(&endpoint, &ClientId::new("client").expect("an id"), auth)
}

fn body(request: &HttpRequest) -> &str {
    core::str::from_utf8(request.body()).expect("text")
}

fn take(headers: &[(&str, &str)], body: &str) -> Result<(TokenRequest, crate::PresentedClient), RequestError> {
    TokenRequest::from_http(&HttpRequest::received(Method::Post, "/token", headers.iter().copied(), body))
}

fn code() -> TokenRequest {
    let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a verifier");
    let redirect = RedirectUri::new("https://client.example/cb").expect("a uri");
    TokenRequest::authorization_code(AuthorizationCode::new("c&d"), verifier, Some(redirect))
}

// QUIRKS, requests: redirect_uri is sent, no scope with a refresh. OA-05, OA-06, OA-08, OA-24
#[test]
fn a_code_request_holds_what_the_server_needs_and_nothing_twice() {
    let request = code()
        .with_resource(Resource::new("https://a.example/").expect("a resource"))
        .with_resource(Resource::new("https://b.example/?x=1").expect("a resource"))
        .with_parameter("tenant", "a b");
    let http = build(&request, &ClientAuth::None).expect("built");
    assert_eq!(
        body(&http),
        "grant_type=authorization_code&code=c%26d&redirect_uri=https%3A%2F%2Fclient.example%2Fcb\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&resource=https%3A%2F%2Fa.example%2F\
         &resource=https%3A%2F%2Fb.example%2F%3Fx%3D1&tenant=a+b&client_id=client"
    );
    assert_eq!(http.url(), "https://server.example.com/token?tenant=7");
    assert_eq!((http.method(), http.header("authorization")), (Method::Post, None));
    assert_eq!((http.contract().purpose(), http.contract().replay()), (Purpose::Token, Replay::IfNotSent));
}

// QUIRKS, requests: Basic credentials, form-encoded or raw. OA-04, B15
#[test]
fn b15_basic_credentials_are_form_encoded_each_and_stand_nowhere_else() {
    let client = ClientId::new("a:b c").expect("an id");
    let endpoint = Endpoint::new("https://server.example.com/token").expect("an endpoint");
    let auth = ClientAuth::Basic(ClientSecret::new("p+q%é:"));
    let http = TokenRequest::client_credentials().to_http(&endpoint, &client, &auth).expect("built");
    // base64("a%3Ab+c:p%2Bq%25%C3%A9%3A")
    assert_eq!(http.header("authorization"), Some("Basic YSUzQWIrYzpwJTJCcSUyNSVDMyVBOSUzQQ=="));
    assert_eq!(body(&http), "grant_type=client_credentials");
    let (_, presented) = TokenRequest::from_http(&http).expect("read");
    assert_eq!(presented.client_id(), Some(&client));
    assert_eq!(presented.method(), ClientAuthMethod::ClientSecretBasic);
    assert!(presented.has_secret(&ClientSecret::new("p+q%é:")) && !presented.has_secret(&ClientSecret::new("p+q%é")));

    let raw = ClientAuth::BasicRaw(ClientSecret::new("p+q%:"));
    assert_eq!(
        build(&TokenRequest::client_credentials(), &raw).expect("built").header("authorization"),
        Some("Basic Y2xpZW50OnArcSU6")
    );
    assert_eq!(
        TokenRequest::client_credentials().to_http(&endpoint, &client, &raw).expect_err("a colon"),
        BuildError::Credentials
    );
    let control = ClientAuth::BasicRaw(ClientSecret::new("a\nb"));
    assert_eq!(build(&TokenRequest::client_credentials(), &control).expect_err("a control"), BuildError::Credentials);
}

// B7
#[test]
fn b7_one_request_has_one_authentication() {
    let request = code();
    for (auth, header, secret_in_body) in [
        (ClientAuth::None, false, false),
        (ClientAuth::Basic(ClientSecret::new("s")), true, false),
        (ClientAuth::BasicRaw(ClientSecret::new("s")), true, false),
        (ClientAuth::Post(ClientSecret::new("s")), false, true),
    ] {
        let http = build(&request, &auth).expect("built");
        assert_eq!(http.header("authorization").is_some(), header);
        assert_eq!(body(&http).contains("client_secret="), secret_in_body);
        assert_eq!(body(&http).contains("client_id="), !header);
        assert_eq!(http.contract().replay(), Replay::IfNotSent);
        assert!(TokenRequest::from_http(&http).is_ok());
    }
}

// QUIRKS, requests: parameters of the user's own.
#[test]
fn parameters_of_the_callers_own_repeat_nothing() {
    for name in [
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "refresh_token",
        "scope",
        "resource",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ] {
        let error =
            build(&TokenRequest::client_credentials().with_parameter(name, "x"), &ClientAuth::None).expect_err(name);
        assert_eq!((error.code(), error.blame()), ("reserved_parameter", Blame::Caller), "{name}");
    }
    let twice = TokenRequest::client_credentials().with_parameter("x", "1").with_parameter("x", "2");
    assert_eq!(build(&twice, &ClientAuth::None).expect_err("twice").code(), "repeated_parameter");
    for (name, value) in [("", "x"), ("x", "")] {
        let empty = TokenRequest::client_credentials().with_parameter(name, value);
        assert_eq!(build(&empty, &ClientAuth::None).expect_err("empty"), BuildError::EmptyParameter);
    }
    let audiences = TokenRequest::client_credentials().with_parameter("audience", "a").with_parameter("audience", "b");
    assert_eq!(
        body(&build(&audiences, &ClientAuth::None).expect("built")),
        "grant_type=client_credentials&audience=a&audience=b&client_id=client"
    );
    let empty_scope = TokenRequest::refresh_token(RefreshToken::new("r")).with_scope(Scope::empty());
    assert_eq!(
        body(&build(&empty_scope, &ClientAuth::None).expect("built")),
        "grant_type=refresh_token&refresh_token=r&client_id=client"
    );
}

#[test]
fn a_server_refuses_what_is_no_token_request_and_says_so() {
    let basic = ("authorization", "Basic Y2xpZW50OnM=");
    type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, RequestError, u16, &'c str);
    let cases: &[Case<'_>] = &[
        (&[], "grant_type=client_credentials", RequestError::ContentType, 400, "invalid_request"),
        (&[("content-type", "application/json")], "{}", RequestError::ContentType, 400, "invalid_request"),
        (
            &[FORM],
            "grant_type=client_credentials&grant_type=x",
            RequestError::RepeatedParameter,
            400,
            "invalid_request",
        ),
        (&[FORM], "grant_type=client_credentials&x=1&x=", RequestError::RepeatedParameter, 400, "invalid_request"),
        (&[FORM], "", RequestError::MissingParameter { name: "grant_type" }, 400, "invalid_request"),
        (&[FORM], "grant_type=", RequestError::MissingParameter { name: "grant_type" }, 400, "invalid_request"),
        (
            &[FORM],
            "grant_type=authorization_code&code=",
            RequestError::MissingParameter { name: "code" },
            400,
            "invalid_request",
        ),
        (
            &[FORM],
            "grant_type=refresh_token",
            RequestError::MissingParameter { name: "refresh_token" },
            400,
            "invalid_request",
        ),
        (
            &[FORM],
            "grant_type=password&username=a&password=b",
            RequestError::UnsupportedGrantType,
            400,
            "unsupported_grant_type",
        ),
        (
            &[FORM],
            "grant_type=client_credentials&scope=%22",
            RequestError::MalformedParameter { name: "scope" },
            400,
            "invalid_scope",
        ),
        (
            &[FORM],
            "grant_type=client_credentials&resource=a%23b",
            RequestError::MalformedParameter { name: "resource" },
            400,
            "invalid_target",
        ),
        (
            &[FORM],
            "grant_type=authorization_code&code=c&code_verifier=short",
            RequestError::MalformedParameter { name: "code_verifier" },
            400,
            "invalid_request",
        ),
        (
            &[FORM, basic],
            "grant_type=client_credentials&client_id=client&client_secret=s",
            RequestError::ManyAuthentications,
            400,
            "invalid_request",
        ),
        (
            &[FORM, basic, basic],
            "grant_type=client_credentials",
            RequestError::ManyAuthentications,
            400,
            "invalid_request",
        ),
        (
            &[FORM, basic],
            "grant_type=client_credentials&client_assertion=x",
            RequestError::ManyAuthentications,
            400,
            "invalid_request",
        ),
        (
            &[FORM],
            "grant_type=client_credentials&client_id=c&client_secret=s&client_assertion=x",
            RequestError::ManyAuthentications,
            400,
            "invalid_request",
        ),
        (
            &[FORM],
            "grant_type=client_credentials&client_assertion_type=x",
            RequestError::UnsupportedAuthentication,
            401,
            "invalid_client",
        ),
        (
            &[FORM, ("authorization", "Bearer x")],
            "grant_type=client_credentials",
            RequestError::UnsupportedAuthentication,
            401,
            "invalid_client",
        ),
        (
            &[FORM, ("authorization", "Basic")],
            "grant_type=client_credentials",
            RequestError::Credentials,
            401,
            "invalid_client",
        ),
        (
            &[FORM, ("authorization", "Basic !")],
            "grant_type=client_credentials",
            RequestError::Credentials,
            401,
            "invalid_client",
        ),
        (
            &[FORM, ("authorization", "Basic Y2xpZW50")],
            "grant_type=client_credentials",
            RequestError::Credentials,
            401,
            "invalid_client",
        ),
        (
            &[FORM, basic],
            "grant_type=client_credentials&client_id=other",
            RequestError::ClientMismatch,
            400,
            "invalid_request",
        ),
        (
            &[FORM],
            "grant_type=client_credentials&client_secret=s",
            RequestError::MissingParameter { name: "client_id" },
            400,
            "invalid_request",
        ),
    ];
    for (headers, body, expected, status, code) in cases {
        let error = take(headers, body).expect_err(body);
        assert_eq!(&error, expected, "{body}");
        assert_eq!(error.blame(), Blame::Peer);
        let answer = error.to_http();
        assert_eq!(answer.status(), *status, "{body}");
        assert_eq!(answer.header("www-authenticate").is_some(), *status == 401);
        assert_eq!(answer.body(), format!(r#"{{"error":"{code}"}}"#).as_bytes());
    }
    let get = HttpRequest::received(Method::Get, "/token?grant_type=client_credentials", [FORM], "");
    let error = TokenRequest::from_http(&get).expect_err("a get");
    assert_eq!(
        (error, error.to_http().status(), error.to_http().header("allow").map(Into::into)),
        (RequestError::Method, 405, Some(String::from("POST")))
    );
    let in_url = HttpRequest::received(
        Method::Post,
        "/token?client_secret=s",
        [FORM],
        "grant_type=client_credentials&client_id=c",
    );
    assert_eq!(TokenRequest::from_http(&in_url).expect_err("in the url"), RequestError::CredentialsInUrl);
    let long = take(&[FORM], &"x".repeat(crate::form::MAX_FORM_BYTES + 1)).expect_err("long");
    assert_eq!((long.code(), long.to_http().status()), ("form_too_long", 413));
}

// RFC 6749, section 5.2; RFC 8707, section 2
#[test]
fn a_scope_or_resource_that_is_malformed_is_called_so() {
    for (parameter, code) in [
        ("scope=a++b", crate::ErrorCode::InvalidScope),
        ("scope=%22", crate::ErrorCode::InvalidScope),
        ("resource=/relative", crate::ErrorCode::InvalidTarget),
        ("resource=https%3A%2F%2Fa.example%2F%23x", crate::ErrorCode::InvalidTarget),
    ] {
        let error = take(&[FORM], &format!("grant_type=client_credentials&{parameter}")).expect_err(parameter);
        assert_eq!((error.error_code(), error.to_http().status()), (code, 400), "{parameter}");
    }
}

#[test]
fn a_server_ignores_empty_and_unknown_parameters() {
    let body = "grant_type=client_credentials&scope=&client_id=&x=1&code=stray&resource=&=nameless";
    let (request, client) = take(
        &[
            ("Content-Type", "Application/X-WWW-Form-Urlencoded; charset=utf-8"),
            ("authorization", "basic Y2xpZW50OnM="),
        ],
        body,
    )
    .expect("read");
    assert_eq!(request.parameters().collect::<Vec<_>>(), [("x", "1")]);
    assert!(build(&request, &ClientAuth::None).is_ok());
    assert_eq!(request.scope(), None);
    assert!(request.resources().is_empty());
    assert_eq!(client.client_id().map(ClientId::as_str), Some("client"));
    let (_, nobody) = take(&[FORM], "grant_type=client_credentials").expect("read");
    assert_eq!((nobody.client_id(), nobody.method()), (None, ClientAuthMethod::None));
    assert!(!nobody.has_secret(&ClientSecret::new("")));
}
