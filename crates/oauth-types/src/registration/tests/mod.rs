//! Registration from both sides: known answers, what providers send, documents, laws.

mod documents;
mod known_answers;

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
    // QUIRKS, token endpoint answers: another status than the RFC's.
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

#[test]
fn kept_metadata_are_read_back_as_they_were_and_others_are_refused() {
    let answer = answer(
        201,
        r#"{"client_id":"c","client_name":"App","client_name#de":"Die App","redirect_uris":["https://app.example/cb"],"x":[1]}"#,
    );
    let response =
        RegistrationResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000))).expect("read");
    let kept = response.metadata().to_object().clone();
    assert_eq!(ClientMetadata::from_object(kept.clone()).expect("restored").to_object(), &kept);
    let wrong: Object = [("client_name", 1_u64)].into_iter().collect();
    assert!(matches!(ClientMetadata::from_object(wrong), Err(RequestError::ClientMetadata { member: "client_name" })));
}
