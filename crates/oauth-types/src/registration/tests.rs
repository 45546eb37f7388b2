use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use jwt_core::json::{Limits, Object, object_from_slice};
use jwt_core::{JwkSet, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::client_auth::ClientAuthMethod;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, IdentifierError, RedirectUri, Scope};
use crate::reading::Reading;
use crate::request::RequestError;
use crate::response::{Expect, InvalidResponse, ResponseError};
use crate::secret::{AccessToken, ClientSecret};

const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn endpoint() -> Endpoint {
    Endpoint::new("https://server.example.com/register").expect("an endpoint")
}

fn redirect(uri: &str) -> RedirectUri {
    RedirectUri::new(uri).expect("a redirect uri")
}

fn posted(body: &str) -> HttpRequest {
    HttpRequest::received(Method::Post, "/register", [("content-type", "application/json")], body)
}

fn asked(body: &str) -> Result<ClientMetadata, RequestError> {
    RegistrationRequest::from_http(&posted(body)).map(|request| request.metadata().clone())
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", "application/json").with_body(body)
}

fn read(response: &HttpResponse, reading: Reading) -> Result<RegistrationResponse, ResponseError> {
    RegistrationResponse::from_http(response, &Expect::new(Timestamp::EPOCH).reading(reading))
}

fn said(client: &RegistrationResponse) -> Vec<String> {
    client.deviations().iter().map(ToString::to_string).collect()
}

fn object(json: &[u8]) -> Object {
    object_from_slice(json, &Limits::default()).expect("json")
}

/// The members of a JSON text without white space between them, in any order.
fn same(one: &[u8], other: &str) -> bool {
    let sorted = |object: Object| {
        let mut members: Vec<_> = object.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        members.sort_by(|one, two| one.0.cmp(&two.0));
        members.into_iter().collect::<Object>()
    };
    sorted(object(one)) == sorted(object(other.as_bytes()))
}

const SECTION_3_1: &str = r#"{
 "redirect_uris": [
   "https://client.example.org/callback",
   "https://client.example.org/callback2"],
 "client_name": "My Example Client",
 "client_name#ja-Jpan-JP":
    "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
 "token_endpoint_auth_method": "client_secret_basic",
 "logo_uri": "https://client.example.org/logo.png",
 "jwks_uri": "https://client.example.org/my_public_keys.jwks",
 "example_extension_parameter": "example_value"
}"#;

// HTTP-7591-036
#[test]
fn rfc_7591_section_3_1_an_open_registration_read_and_written_back() {
    let request = RegistrationRequest::from_http(&posted(SECTION_3_1)).expect("read");
    let metadata = request.metadata();
    assert!(
        metadata
            .redirect_uris()
            .eq([redirect("https://client.example.org/callback"), redirect("https://client.example.org/callback2")])
    );
    assert_eq!(metadata.client_name(), Some("My Example Client"));
    assert!(metadata.localized("client_name").eq([("ja-Jpan-JP", "クライアント名")]));
    assert_eq!(metadata.token_endpoint_auth_method(), Some(ClientAuthMethod::ClientSecretBasic));
    assert_eq!(metadata.logo_uri(), Some("https://client.example.org/logo.png"));
    assert_eq!(metadata.jwks_uri(), Some("https://client.example.org/my_public_keys.jwks"));
    assert_eq!(
        metadata.extra_member("example_extension_parameter").and_then(|value| value.as_str()),
        Some("example_value")
    );
    assert!(request.initial_access_token().is_none());
    let written = request.to_http(&endpoint()).expect("written");
    assert!(same(written.body(), SECTION_3_1));
    assert_eq!(written.header("accept"), Some("application/json"));
    assert_eq!((written.contract().purpose(), written.contract().replay()), (Purpose::Registration, Replay::IfNotSent));
}

// HTTP-7591-037
#[test]
fn rfc_7591_section_3_1_a_protected_registration_read_and_written_back() {
    let body = r#"{
 "redirect_uris": ["https://client.example.org/callback",
    "https://client.example.org/callback2"],
 "client_name": "My Example Client",
 "client_name#ja-Jpan-JP":
    "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
 "token_endpoint_auth_method": "client_secret_basic",
 "policy_uri": "https://client.example.org/policy.html",
 "jwks": {"keys": [{
    "e": "AQAB",
    "n": "nj3YJwsLUFl9BmpAbkOswCNVx17Eh9wMO-_AReZwBqfaWFcfGHrZXsIV2VMCNVNU8Tpb4obUaSXcRcQ-VMsfQPJm9IzgtRdAY8NN8Xb7PEcYyklBjvTtuPbpzIaqyiUepzUXNDFuAOOkrIol3WmflPUUgMKULBN0EUd1fpOD70pRM0rlp_gg_WNUKoW1V-3keYUJoXH9NztEDm_D2MQXj9eGOJJ8yPgGL8PAZMLe2R7jb9TxOCPDED7tY_TU4nFPlxptw59A42mldEmViXsKQt60s1SLboazxFKveqXC_jpLUt22OC6GUG63p-REw-ZOr3r845z50wMuzifQrMI9bQ",
    "kty": "RSA"
 }]},
 "example_extension_parameter": "example_value"
}"#;
    let headers = [("content-type", "application/json"), ("authorization", "Bearer ey23f2.adfj230.af32-developer321")];
    let http = HttpRequest::received(Method::Post, "/register", headers, body);
    let request = RegistrationRequest::from_http(&http).expect("read");
    assert!(request.initial_access_token().is_some_and(|token| token.matches("ey23f2.adfj230.af32-developer321")));
    let keys = request.metadata().jwks().map(|keys| serde_json::to_vec(keys).expect("json")).expect("keys");
    assert_eq!(JwkSet::from_slice(&keys).expect("a set").keys().len(), 1);
    let written = request.to_http(&endpoint()).expect("written");
    assert!(same(written.body(), body));
    assert_eq!(written.header("authorization"), http.header("authorization"));
    let unwritable = request.with_initial_access_token(AccessToken::new("a b")).to_http(&endpoint());
    assert_eq!(unwritable.expect_err("no token").code(), "unwritable_credentials");
}

// HTTP-7591-038
#[test]
fn rfc_7591_section_3_1_1_a_software_statement_read_and_written_back() {
    let statement = "eyJhbGciOiJSUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6IjROUkIxLTBYWkFCWkk5RTYtNVNNM1IiLCJjbGllbnRfbmFtZSI6IkV4YW1wbGUgU3RhdGVtZW50LWJhc2VkIENsaWVudCIsImNsaWVudF91cmkiOiJodHRwczovL2NsaWVudC5leGFtcGxlLm5ldC8ifQ.GHfL4QNI";
    let body = format!(
        r#"{{"redirect_uris":["https://client.example.org/callback","https://client.example.org/callback2"],"software_statement":"{statement}","scope":"read write","example_extension_parameter":"example_value"}}"#
    );
    let request = RegistrationRequest::from_http(&posted(&body)).expect("read");
    assert_eq!(request.metadata().software_statement(), Some(statement));
    assert_eq!(request.metadata().scope(), Some(Scope::parse("write read").expect("a scope")));
    assert_eq!(request.to_http(&endpoint()).expect("written").body(), body.as_bytes());
}

// HTTP-7591-039
#[test]
fn rfc_7591_section_3_2_1_an_answer_read_and_written_back() {
    let body = r#"{
 "client_id": "s6BhdRkqt3",
 "client_secret": "cf136dc3c1fc93f31185e5885805d",
 "client_id_issued_at": 2893256800,
 "client_secret_expires_at": 2893276800,
 "redirect_uris": [
   "https://client.example.org/callback",
   "https://client.example.org/callback2"],
 "grant_types": ["authorization_code", "refresh_token"],
 "client_name": "My Example Client",
 "client_name#ja-Jpan-JP":
    "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
 "token_endpoint_auth_method": "client_secret_basic",
 "logo_uri": "https://client.example.org/logo.png",
 "jwks_uri": "https://client.example.org/my_public_keys.jwks",
 "example_extension_parameter": "example_value"
}"#;
    for reading in [Reading::Interop, Reading::Strict] {
        let client = read(&answer(201, body), reading).expect("read");
        assert_eq!(client.client_id().as_str(), "s6BhdRkqt3");
        assert!(client.client_secret().is_some_and(|secret| secret.matches("cf136dc3c1fc93f31185e5885805d")));
        assert_eq!(client.client_id_issued_at(), Some(Timestamp::from_unix(2_893_256_800)));
        assert_eq!(client.client_secret_expires_at(), Some(Timestamp::from_unix(2_893_276_800)));
        assert!(client.metadata().grant_types().eq(["authorization_code", "refresh_token"]));
        assert!(client.deviations().is_empty());
        let written = client.to_http();
        assert!(same(written.body(), body));
        assert_eq!((written.status(), written.header("cache-control")), (201, Some("no-store")));
    }
}

// HTTP-7591-040, HTTP-7591-041
#[test]
fn rfc_7591_section_3_2_2_errors_read_and_written_back() {
    for (body, code) in [
        (
            r#"{"error":"invalid_redirect_uri","error_description":"The redirection URI http://sketchy.example.com is not allowed by this server."}"#,
            ErrorCode::InvalidRedirectUri,
        ),
        (
            r#"{"error":"invalid_client_metadata","error_description":"The grant type 'authorization_code' must be registered along with the response type 'code' but found only 'implicit' instead."}"#,
            ErrorCode::InvalidClientMetadata,
        ),
    ] {
        for reading in [Reading::Interop, Reading::Strict] {
            let Err(ResponseError::Refused(error)) = read(&answer(400, body), reading) else { panic!("no error") };
            assert_eq!(error.code(), &code);
            assert_eq!(error.to_http(400).body(), body.as_bytes());
        }
    }
}

#[test]
fn a_secret_comes_with_the_time_of_its_expiry_and_zero_is_never() {
    let never = r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":0}"#;
    let client = read(&answer(201, never), Reading::Strict).expect("read");
    assert_eq!(client.client_secret_expires_at(), None);
    assert_eq!(client.to_http().body(), never.as_bytes());
    for (body, deviations) in [
        (r#"{"client_id":"c","client_secret":"s"}"#, "client_secret_expires_at was missing"),
        (
            r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":"5"}"#,
            "client_secret_expires_at was a string",
        ),
        (
            r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":-1}"#,
            "client_secret_expires_at was out of range",
        ),
        (r#"{"client_id":"c","client_secret":null}"#, "client_secret was null"),
        (r#"{"client_id":"c","registration_access_token":"t"}"#, "registration_client_uri was missing"),
        (
            r#"{"client_id":"c","registration_client_uri":"https://a.example/c"}"#,
            "registration_access_token was missing",
        ),
        (r#"{"client_id":"c","redirect_uris":null,"contacts":[]}"#, "redirect_uris was null, contacts was empty"),
        (
            r#"{"client_id":"c","contacts":"a@b.example","dpop_bound_access_tokens":"true"}"#,
            "contacts was a string, dpop_bound_access_tokens was a string",
        ),
        (r#"{"client_id":"c","logo_uri":"javascript:x"}"#, "logo_uri was malformed"),
        (r#"{"client_id":"c","redirect_uris":["https://a.example/","cursor://x"]}"#, "redirect_uris was malformed"),
    ] {
        let client = read(&answer(201, body), Reading::Interop).expect(body);
        assert_eq!(said(&client).join(", "), deviations, "{body}");
        assert_eq!(read(&answer(201, body), Reading::Strict).expect_err(body).code(), "deviates");
    }
    let both = format!(r#"{{"client_id":"c","jwks":{{"keys":[{KEY}]}},"jwks_uri":"https://a.example/k"}}"#);
    let client = read(&answer(201, &both), Reading::Interop).expect("read");
    assert_eq!(said(&client), ["jwks came beside a member that excludes it"]);
    assert!(client.metadata().jwks().is_none() && client.metadata().jwks_uri().is_some());
    // QUIRKS: 200.
    let client = read(&answer(200, never), Reading::Interop).expect("read");
    assert_eq!(said(&client), ["the status was 200"]);
    assert!(read(&answer(200, never), Reading::Strict).is_err());
    for body in ["{}", r#"{"client_id":""}"#, r#"{"client_id":7}"#, "{\"client_id\":\"\\u00e9\"}"] {
        assert!(matches!(read(&answer(201, body), Reading::Interop), Err(ResponseError::Invalid(_))), "{body}");
    }
}

#[test]
fn what_a_client_sends_must_be_right_but_null_and_empty_are_nothing() {
    let metadata = asked(
        r#"{"redirect_uris":["https://a.example/"],"client_name":null,"contacts":[],"logo_uri":"","client_id":"mine"}"#,
    );
    assert_eq!(metadata.expect("read").to_object().len(), 1);
    let keys = |keys: &str| format!(r#"{{"jwks":{{"keys":[{keys}]}}}}"#);
    assert!(asked(&keys(KEY)).is_ok());
    for (body, code) in [
        (r#"{"redirect_uris":"https://a.example/"}"#.into(), ErrorCode::InvalidRedirectUri),
        (r#"{"redirect_uris":["javascript:alert(1)"]}"#.into(), ErrorCode::InvalidRedirectUri),
        (r#"{"redirect_uris":["https://a.example/","http://a.example/"]}"#.into(), ErrorCode::InvalidRedirectUri),
        (r#"{"redirect_uris":["https://a.example/#f"]}"#.into(), ErrorCode::InvalidRedirectUri),
        (r#"{"client_name":7}"#.into(), ErrorCode::InvalidClientMetadata),
        (r#"{"jwks_uri":"http://a.example/"}"#.into(), ErrorCode::InvalidClientMetadata),
        (r#"{"dpop_bound_access_tokens":"true"}"#.into(), ErrorCode::InvalidClientMetadata),
        (r#"{"scope":"a  b"}"#.into(), ErrorCode::InvalidClientMetadata),
        (keys(r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#), ErrorCode::InvalidClientMetadata),
        (keys(r#"{"kty":"oct","k":"AA"}"#), ErrorCode::InvalidClientMetadata),
        (
            format!(r#"{{"jwks":{{"keys":[{KEY}]}},"jwks_uri":"https://a.example/k"}}"#),
            ErrorCode::InvalidClientMetadata,
        ),
        ("[]".into(), ErrorCode::InvalidRequest),
        (r#"{"a":1,"a":2}"#.into(), ErrorCode::InvalidRequest),
    ] {
        let body: String = body;
        let error = asked(&body).expect_err(&body);
        assert_eq!(error.error_code(), code, "{body}");
        assert_eq!(error.to_http().status(), 400);
    }
    let form = HttpRequest::received(Method::Post, "/", [("content-type", "application/x-www-form-urlencoded")], "a=b");
    assert_eq!(RegistrationRequest::from_http(&form).expect_err("a form"), RequestError::ContentType);
}

#[test]
fn a_builder_writes_what_can_be_read_and_no_two_sources_of_keys() {
    let keys = JwkSet::from_slice(format!(r#"{{"keys":[{KEY}]}}"#).as_bytes()).expect("a set");
    let metadata = ClientMetadata::new().with_jwks_uri("https://a.example/k").with_jwks(&keys);
    assert!(metadata.jwks_uri().is_none() && metadata.jwks().is_some());
    let metadata = metadata.with_jwks_uri("https://a.example/k");
    assert!(metadata.jwks_uri().is_some() && metadata.jwks().is_none());
    let metadata = metadata
        .with_logo_uri("javascript:x")
        .with_client_name("")
        .with_contacts::<&str>([])
        .with_extra("client_secret", "s")
        .with_extra("client_name", 7u64)
        .with_localized("client_name", "de", "Beispiel")
        .with_dpop_bound_access_tokens(true)
        .with_default_max_age(5)
        .with_post_logout_redirect_uris([redirect("https://a.example/out")]);
    assert_eq!(
        serde_json::to_string(metadata.to_object()).expect("json"),
        r#"{"jwks_uri":"https://a.example/k","client_name#de":"Beispiel","dpop_bound_access_tokens":true,"default_max_age":5,"post_logout_redirect_uris":["https://a.example/out"]}"#
    );
    assert!(metadata.dpop_bound_access_tokens() && !metadata.require_signed_request_object());
    assert_eq!((metadata.default_max_age(), metadata.post_logout_redirect_uris().count()), (Some(5), 1));
    assert_eq!(ClientMetadata::new().token_endpoint_auth_method(), Some(ClientAuthMethod::ClientSecretBasic));
    assert_eq!(ClientMetadata::new().with_token_endpoint_auth_method_name("x").token_endpoint_auth_method(), None);
}

#[test]
fn rfc_7592_section_2_a_registration_is_read_updated_and_deleted() {
    let (uri, token) = (
        Endpoint::new("https://server.example.com/register/s6BhdRkqt3").expect("an endpoint"),
        RegistrationAccessToken::new("reg-23410913-abewfq.123483"),
    );
    let metadata = asked(SECTION_3_1).expect("read");
    let update =
        ManagementRequest::update(ClientId::new("s6BhdRkqt3").expect("an id"), Some(ClientSecret::new("s")), metadata);
    for (request, method) in
        [(ManagementRequest::Read, Method::Get), (update, Method::Put), (ManagementRequest::Delete, Method::Delete)]
    {
        let http = request.to_http(&uri, &token).expect("written");
        assert_eq!((http.method(), http.header("authorization")), (method, Some("Bearer reg-23410913-abewfq.123483")));
        let (read, shown) = ManagementRequest::from_http(&http).expect("read");
        assert!(shown.matches(token.expose()));
        let again = read.to_http(&uri, &shown).expect("written");
        assert_eq!((again.method(), again.body()), (method, http.body()));
    }
    let put = |body: &str, field: &str| {
        let headers = [("content-type", "application/json"), ("authorization", field)];
        ManagementRequest::from_http(&HttpRequest::received(Method::Put, "/r", headers, body))
    };
    for body in [
        "{}",
        r#"{"client_id":7}"#,
        r#"{"client_id":"a","client_secret":7}"#,
        r#"{"client_id":"a","registration_access_token":"t"}"#,
        r#"{"client_id":"a","client_id_issued_at":1}"#,
    ] {
        assert!(matches!(put(body, "Bearer a"), Err(RequestError::ClientMetadata { .. })), "{body}");
    }
    assert_eq!(put("{", "").expect_err("no token").to_http().status(), 401);
    let post = HttpRequest::received(Method::Post, "/r", [("authorization", "Bearer a")], "");
    let error = ManagementRequest::from_http(&post).expect_err("post");
    assert_eq!(error.to_http().header("allow"), Some("GET, PUT, DELETE"));
}

#[test]
fn rfc_7592_section_3_the_answer_may_bring_new_credentials() {
    let body = r#"{"registration_access_token":"reg-23410913-abewfq.123483",
      "registration_client_uri":"https://server.example.com/register/s6BhdRkqt3",
      "client_id":"s6BhdRkqt3","client_secret":"cf136dc3c1fc93f31185e5885805d","client_id_issued_at":2893256800,
      "client_secret_expires_at":2893276800,"client_name":"My Example Client","grant_types":["authorization_code"]}"#;
    let expect = Expect::new(Timestamp::EPOCH).reading(Reading::Strict);
    let client = RegistrationResponse::from_management(&answer(200, body), &expect).expect("read");
    assert!(client.registration_access_token().is_some_and(|token| token.matches("reg-23410913-abewfq.123483")));
    assert_eq!(
        client.registration_client_uri().map(Endpoint::as_str),
        Some("https://server.example.com/register/s6BhdRkqt3")
    );
    assert!(same(client.to_management().body(), body));
    assert!(deleted(&ManagementRequest::deleted_to_http(), &expect).expect("deleted").is_empty());
    let interop = Expect::new(Timestamp::EPOCH);
    assert_eq!(deleted(&HttpResponse::new(200), &interop).expect("deleted").len(), 1);
    assert!(deleted(&HttpResponse::new(200), &expect).is_err());
    assert!(matches!(deleted(&HttpResponse::new(503), &interop), Err(ResponseError::Transient { .. })));
    let gone = HttpResponse::new(401)
        .with_header("www-authenticate", r#"Bearer error="invalid_token", error_description="gone""#);
    for error in [
        deleted(&gone, &interop).map(drop),
        RegistrationResponse::from_management(&gone, &interop).map(drop),
        RegistrationResponse::from_http(&gone, &expect).map(drop),
    ] {
        let Err(ResponseError::Refused(error)) = error else { panic!("no error") };
        assert_eq!((error.code(), error.description()), (&ErrorCode::InvalidToken, Some("gone")));
    }
    let body_first = HttpResponse::new(401)
        .with_header("www-authenticate", "Bearer")
        .with_header("content-type", "application/json")
        .with_body(r#"{"error":"invalid_client"}"#);
    assert!(
        matches!(deleted(&body_first, &interop), Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InvalidClient)
    );
}

#[test]
fn a_client_id_that_is_a_url_is_https_with_a_path() {
    for good in [
        "https://app.example/c",
        "https://app.example/a/b.json?v=1",
        "https://app.example:8443/c",
        "https://app.example/...",
    ] {
        assert_eq!(check_client_id_url(good), Ok(()), "{good}");
    }
    for (bad, why) in [
        ("s6BhdRkqt3", IdentifierError::NotAbsolute),
        ("http://app.example/c", IdentifierError::Scheme),
        ("https://app.example", IdentifierError::NotAbsolute),
        ("https://app.example/", IdentifierError::NotAbsolute),
        ("https://app.example?x=/y", IdentifierError::NotAbsolute),
        ("https://app.example/c#f", IdentifierError::Fragment),
        ("https://u@app.example/c", IdentifierError::UserInfo),
        ("https://app.example/a/../c", IdentifierError::Character),
        ("https://app.example/./c", IdentifierError::Character),
        ("https://app.example/a/%2e%2E/c", IdentifierError::Character),
    ] {
        assert_eq!(check_client_id_url(bad), Err(why), "{bad}");
        assert!(ClientIdMetadata::request(&ClientId::new(bad).expect("an id")).is_err());
    }
}

#[test]
fn a_client_id_document_is_of_its_url_and_has_no_secret() {
    let id = ClientId::new("https://app.example/client.json").expect("an id");
    let request = ClientIdMetadata::request(&id).expect("a request");
    assert_eq!((request.url(), request.contract().purpose()), (id.as_str(), Purpose::ClientMetadata));
    let read = |body: &str, reading| {
        ClientIdMetadata::from_http(&id, &answer(200, body), &Expect::new(Timestamp::EPOCH).reading(reading))
    };
    let good = r#"{"client_id":"https://app.example/client.json","client_name":"App","redirect_uris":["https://app.example/callback","http://127.0.0.1/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example/keys"}"#;
    let document = read(good, Reading::Strict).expect("read");
    assert!(
        document.allows(&redirect("https://app.example/callback"))
            && document.allows(&redirect("http://127.0.0.1:4711/cb"))
    );
    assert!(!document.allows(&redirect("https://app.example/other")));
    assert_eq!(document.token_endpoint_auth_method(), Some(ClientAuthMethod::PrivateKeyJwt));
    assert_eq!(document.to_http().body(), good.as_bytes());
    for body in [
        "{}",
        r#"{"client_id":"https://app.example/client.json/"}"#,
        r#"{"client_id":"https://app.example/client.json","client_secret":"s"}"#,
        r#"{"client_id":"https://app.example/client.json","client_secret_expires_at":0}"#,
        r#"{"client_id":"https://app.example/client.json","token_endpoint_auth_method":"client_secret_basic"}"#,
        r#"{"client_id":"https://app.example/client.json","token_endpoint_auth_method":"client_secret_jwt"}"#,
        r#"{"client_id":"https://app.example/client.json","token_endpoint_auth_method":"client_secret_new"}"#,
    ] {
        assert!(
            matches!(
                read(body, Reading::Interop),
                Err(ResponseError::Invalid(InvalidResponse::Malformed { .. } | InvalidResponse::Missing { .. }))
            ),
            "{body}"
        );
    }
    let silent = read(r#"{"client_id":"https://app.example/client.json"}"#, Reading::Interop).expect("read");
    assert_eq!((silent.token_endpoint_auth_method(), silent.deviations().len()), (Some(ClientAuthMethod::None), 1));
    let long = format!(r#"{{"client_id":"https://app.example/client.json","x":"{}"}}"#, "x".repeat(20_000));
    assert!(matches!(read(&long, Reading::Interop), Err(ResponseError::Invalid(InvalidResponse::TooLong))));
    assert!(ClientIdMetadata::new(id.clone(), ClientMetadata::new()).is_err());
    assert!(
        ClientIdMetadata::new(
            ClientId::new("c").expect("an id"),
            ClientMetadata::new().with_token_endpoint_auth_method(ClientAuthMethod::None)
        )
        .is_err()
    );
}

#[test]
fn b5_no_secret_and_no_text_is_shown() {
    let mark = "MARKED";
    let metadata = ClientMetadata::new().with_client_name(mark).with_software_statement(mark).with_extra("x", mark);
    let request = RegistrationRequest::new(metadata.clone()).with_initial_access_token(AccessToken::new(mark));
    let client = RegistrationResponse::new(ClientId::new("c").expect("an id"), metadata.clone())
        .with_client_secret(ClientSecret::new(mark), None)
        .with_management(endpoint(), RegistrationAccessToken::new(mark));
    let update = ManagementRequest::update(ClientId::new("c").expect("an id"), Some(ClientSecret::new(mark)), metadata);
    let http = update.to_http(&endpoint(), &RegistrationAccessToken::new(mark)).expect("built");
    let mut shown = format!("{request:?} {client:?} {client:#?} {update:?} {http:?} {:?}", client.to_http());
    write!(shown, "{:?} {:?}", ManagementRequest::from_http(&http), request.to_http(&endpoint())).expect("written");
    write!(shown, "{:?}", ErrorResponse::new(ErrorCode::InvalidClientMetadata).with_description(mark))
        .expect("written");
    assert!(!shown.contains(mark), "{shown}");
}

fn value() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(
        &[
            "null",
            "true",
            "\"true\"",
            "\"\"",
            "[]",
            "7",
            "-1",
            "\"a b\"",
            "\"client_secret_post\"",
            "[\"a\"]",
            "[\"https://a.example/\"]",
            "[\"https://a.example/\",\"x\"]",
            "\"https://a.example/b\"",
            "{\"keys\":[]}",
            "{}",
        ][..],
    )
}

proptest! {
    #[test]
    fn what_was_read_is_written_and_read_the_same(
        members in proptest::collection::btree_map("client_id|client_secret|client_secret_expires_at|redirect_uris|client_name|client_name#de|jwks|jwks_uri|scope|contacts|dpop_bound_access_tokens|default_max_age|registration_client_uri|registration_access_token|x", value(), 0..8),
        known: bool, status in prop_oneof![Just(201_u16), Just(200)],
    ) {
        let mut members: Vec<String> = members.iter().filter(|(name, _)| !known || *name != "client_id").map(|(name, value)| format!("\"{name}\":{value}")).collect();
        if known {
            members.push("\"client_id\":\"c\"".into());
        }
        let body = format!("{{{}}}", members.join(","));
        let strict = read(&answer(status, &body), Reading::Strict);
        match read(&answer(status, &body), Reading::Interop) {
            Ok(client) => {
                let wire = client.to_http();
                let again = read(&wire, Reading::Interop).expect("read");
                let rewritten = again.to_http();
                prop_assert_eq!(rewritten.body(), wire.body());
                if let Ok(strict) = strict {
                    prop_assert!(client.deviations().is_empty() && strict.deviations().is_empty());
                    let strict = strict.to_http();
                    prop_assert_eq!(strict.body(), wire.body());
                }
                // A registered client may always be registered again.
                let request = RegistrationRequest::new(client.metadata().clone()).to_http(&endpoint()).expect("written");
                let request = RegistrationRequest::from_http(&request).expect("read");
                prop_assert!(request.metadata().to_object() == client.metadata().to_object());
            }
            Err(_) => prop_assert!(strict.is_err()),
        }
        if let Ok(metadata) = asked(&body) {
            let again = RegistrationRequest::new(metadata.clone()).to_http(&endpoint()).expect("written");
            prop_assert!(RegistrationRequest::from_http(&again).expect("read").metadata().to_object() == metadata.to_object());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80), id in "\\PC{0,20}|https://[a-z./%2e]{0,12}") {
        let headers = [("content-type", "application/json"), ("authorization", "Bearer a")];
        for method in [Method::Post, Method::Put] {
            let request = HttpRequest::received(method, "/", headers, body.clone());
            let _ = (RegistrationRequest::from_http(&request), ManagementRequest::from_http(&request));
        }
        let response = HttpResponse::new(201).with_header("content-type", "application/json").with_body(body);
        let _ = read(&response, Reading::Interop);
        let _ = check_client_id_url(&id);
    }
}
