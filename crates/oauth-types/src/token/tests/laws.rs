//! What holds for every message, whatever it says.

use alloc::borrow::ToOwned;
use alloc::format;
use core::time::Duration;

use jwt_core::json::{Number, Object, Value};
use proptest::prelude::*;

use super::*;
use crate::client_auth::ClientAuth;
use crate::error_response::{ErrorCode, ErrorResponse, is_error_text};
use crate::http::{HttpRequest, Method};
use crate::identifiers::{ClientId, Endpoint, Scope};
use crate::rar::AuthorizationDetail;
use crate::secret::{
    AccessToken, Assertion, AuthReqId, ClientSecret, DeviceCode, IdToken, RefreshToken, SecurityToken,
};
use crate::token::{TokenExchange, TokenRequest, TokenType, TokenTypeIdentifier};

fn visible() -> impl Strategy<Value = String> {
    "[ -~]{1,40}"
}

fn scope() -> impl Strategy<Value = Scope> {
    proptest::collection::vec("[!#-\\[\\]-~]{1,8}", 1..5)
        .prop_map(|tokens| Scope::from_tokens(tokens).expect("a scope"))
}

prop_compose! {
    fn tokens()(
        access in visible(),
        token_type in prop_oneof![Just("Bearer".to_owned()), Just("DPoP".to_owned()), "[!-~]{1,12}"],
        expires_in in proptest::option::of(any::<u64>()),
        scope in proptest::option::of(scope()),
        refresh in proptest::option::of(visible()),
        id in proptest::option::of(visible()),
        extra in proptest::collection::vec(("[a-z]{1,6}x", "\\PC{0,8}"), 0..4),
    ) -> TokenResponse {
        let mut tokens = TokenResponse::new(AccessToken::new(access), TokenType::from(token_type.as_str()));
        if let Some(seconds) = expires_in { tokens = tokens.with_expires_in(Duration::from_secs(seconds)); }
        if let Some(scope) = scope { tokens = tokens.with_scope(scope); }
        if let Some(token) = refresh { tokens = tokens.with_refresh_token(RefreshToken::new(token)); }
        if let Some(token) = id { tokens = tokens.with_id_token(IdToken::new(token)); }
        extra.into_iter().fold(tokens, |tokens, (name, value)| tokens.with_extra(name, value))
    }
}

/// JSON values as they might stand in any member.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).map(Value::from)),
        "\\PC{0,6}".prop_map(Value::String),
        prop_oneof!["3600", "read,write", "a b", "Bearer", "", "invalid_grant", "\r\n"].prop_map(Value::String),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::vec((name(), inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "access_token|token_type|expires_in|scope|scopes|refresh_token|id_token|issued_token_type|authorization_details|error|error_description|error_uri|errcode|errmsg|errors|status|message|errorType|code|type",
        1 => "[a-z]{1,3}",
    ]
}

/// Bodies that are nearly right.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let object = proptest::collection::vec((name(), value()), 0..7)
        .prop_map(|members| serde_json::to_vec(&members.into_iter().collect::<Object>()).expect("json"))
        .boxed();
    prop_oneof![
        4 => object.clone(),
        1 => object.prop_map(|body| [b"\xEF\xBB\xBF", body.as_slice()].concat()),
        1 => proptest::collection::vec(any::<u8>(), 0..60),
        1 => "(access_token|error|scope|expires_in)=[ -~]{0,12}(&[a-z_]{1,8}=[ -~]{0,6}){0,3}".prop_map(String::into_bytes),
        1 => r#"[{}\[\]:,"a0.e\-\\u ]{0,40}"#.prop_map(String::into_bytes),
    ]
}

fn responses() -> impl Strategy<Value = HttpResponse> {
    let status = prop_oneof![6 => Just(200), 4 => Just(400), 2 => Just(401), 1 => any::<u16>(), 1 => 200..600_u16];
    let content_type = prop_oneof![4 => Just("application/json".to_owned()), 1 => "\\PC{0,20}"];
    (status, content_type, "\\PC{0,12}", body()).prop_map(|(status, content_type, retry, body)| {
        HttpResponse::new(status)
            .with_header("content-type", content_type)
            .with_header("retry-after", retry)
            .with_body(body)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_was_written_is_read_the_same_in_both_readings(tokens in tokens()) {
        let wire = tokens.to_http();
        for reading in [Reading::Interop, Reading::Strict] {
            let read = read(&wire, reading);
            // A comma of a scope is only a comma to those who asked for it.
            let expect = match &read {
                Ok(found) if found.deviations().is_empty() => found.clone(),
                _ => {
                    let expect = Expect::new(NOW).reading(reading);
                    let expect = tokens.scope().map_or(expect, |scope| expect.scope(scope));
                    TokenResponse::from_http(&wire, &expect).expect("read")
                }
            };
            prop_assert_eq!(expect.to_http().body().to_vec(), wire.body());
            prop_assert!(expect.deviations().is_empty());
        }
    }

    #[test]
    fn an_error_that_was_written_is_read_the_same(code in "\\PC{1,20}", description in "\\PC{0,40}", uri in "\\PC{0,20}|https://[a-z]{1,9}\\.example/[!-~]{0,9}") {
        let wire = ErrorResponse::new(ErrorCode::from(code)).with_description(&description).with_uri(&uri).to_http(400);
        for reading in [Reading::Interop, Reading::Strict] {
            match read(&wire, reading) {
                Err(ResponseError::Refused(error)) => {
                    prop_assert!(error.deviations().is_empty());
                    prop_assert_eq!(error.to_http(400).body().to_vec(), wire.body());
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn strict_accepts_a_subset_of_interop_and_reads_it_the_same(response in responses()) {
        let strict = read(&response, Reading::Strict);
        let interop = read(&response, Reading::Interop);
        match (strict, interop) {
            (Ok(strict), Ok(interop)) => {
                prop_assert!(strict.deviations().is_empty());
                // What strict leaves in `extra`, interop may understand (`scopes`), or split (commas); all else is the same.
                if interop.deviations().is_empty() {
                    prop_assert_eq!(strict.to_http().body().to_vec(), interop.to_http().body().to_vec());
                }
                prop_assert!(strict.access_token().matches(interop.access_token().expose()));
                prop_assert_eq!(strict.token_type(), interop.token_type());
                prop_assert_eq!(strict.expires_in(), interop.expires_in());
            }
            (Err(ResponseError::Refused(strict)), Err(ResponseError::Refused(interop))) => {
                prop_assert!(strict.deviations().is_empty() && interop.deviations().is_empty());
                prop_assert_eq!(strict.code(), interop.code());
                prop_assert_eq!(strict.description(), interop.description());
                prop_assert_eq!(strict.uri(), interop.uri());
                prop_assert!(is_error_text(strict.code().as_str()));
            }
            (Err(ResponseError::Transient { .. }), Err(ResponseError::Transient { .. })) | (Err(ResponseError::Invalid(_)), _) => {}
            (strict, interop) => prop_assert!(false, "{:?} but {:?}", strict, interop),
        }
    }

    #[test]
    fn every_answer_has_one_verdict_and_nothing_that_it_says_is_shown(response in responses()) {
        for reading in [Reading::Interop, Reading::Strict] {
            match read(&response, reading) {
                Ok(tokens) => {
                    prop_assert!((200..300).contains(&response.status()));
                    prop_assert!(!tokens.access_token().expose().is_empty());
                    // Written once more it is stable.
                    let wire = tokens.to_http();
                    let expect = Expect::new(NOW).reading(reading);
                    let expect = tokens.scope().map_or(expect, |scope| expect.scope(scope));
                    if let Ok(again) = TokenResponse::from_http(&wire, &expect) {
                        let wire_again = again.to_http();
                        prop_assert_eq!(wire_again.body(), wire.body());
                    }
                }
                Err(ResponseError::Transient { status, retry_after }) => {
                    prop_assert!(status == 429 || status >= 400);
                    prop_assert!(retry_after.is_none_or(|delay| delay <= crate::retry_after::MAX_DELAY));
                }
                Err(error) => {
                    let shown = format!("{error} {error:?}");
                    prop_assert!(shown.is_ascii() || matches!(error, ResponseError::Refused(_)));
                },
            }
        }
    }

    #[test]
    fn a_request_that_was_read_is_written_and_read_the_same(
        grant in 0..7, code in "\\PC{1,20}", scope in proptest::option::of(scope()), params in proptest::collection::btree_map("[a-z]{1,3}x", "\\PC{1,8}", 0..4),
        details in "[a-z]{0,3}", id in "[ -~]{1,12}", secret in "\\PC{0,12}", method in 0..3,
    ) {
        let exchange = |code: &str| TokenExchange::new(SecurityToken::new(code), TokenTypeIdentifier::from(code)).with_audience(code);
        let body = match grant {
            0 => TokenRequest::client_credentials(),
            1 => TokenRequest::refresh_token(RefreshToken::new(code)),
            2 => TokenRequest::device_code(DeviceCode::new(code)),
            3 => TokenRequest::ciba(AuthReqId::new(code)),
            4 => TokenRequest::jwt_bearer(Assertion::new(code)),
            5 => TokenRequest::token_exchange(exchange(&code)),
            _ => TokenRequest::token_exchange(exchange(&code).with_actor(SecurityToken::new(code.as_str()), TokenTypeIdentifier::IdToken)
                .with_requested_token_type(TokenTypeIdentifier::IdJag)),
        };
        let body = body.with_authorization_details(AuthorizationDetail::new(details).into_iter().collect());
        let request = scope.into_iter().fold(body, TokenRequest::with_scope);
        let request = params.into_iter().fold(request, |request, (name, value)| request.with_parameter(name, value));
        let secret = ClientSecret::new(secret);
        let auth = match method { 0 => ClientAuth::None, 1 => ClientAuth::Basic(secret.clone()), _ => ClientAuth::Post(secret.clone()) };
        let (endpoint, client) = (Endpoint::new("https://a.example/").expect("an endpoint"), ClientId::new(id).expect("an id"));
        let wire = request.to_http(&endpoint, &client, &auth).expect("built");
        let (read, presented) = TokenRequest::from_http(&wire).expect("read");
        prop_assert_eq!(presented.client_id(), Some(&client));
        prop_assert_eq!(presented.has_secret(&secret), match method { 0 => false, 1 => true, _ => !secret.expose().is_empty() });
        let again = read.to_http(&endpoint, &client, &auth).expect("built");
        prop_assert_eq!(again.body(), wire.body());
        prop_assert_eq!(again.header("authorization"), wire.header("authorization"));
    }

    #[test]
    fn no_request_panics_a_server(body in proptest::collection::vec(any::<u8>(), 0..80), field in "\\PC{0,20}|Basic [A-Za-z0-9+/]{0,20}={0,2}") {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", field.as_str())];
        for body in [body.clone(), [b"grant_type=refresh_token&refresh_token=".as_slice(), &body].concat()] {
            let request = HttpRequest::received(Method::Post, "/token", headers, body.clone());
            match TokenRequest::from_http(&request) {
                Ok((request, _)) => { let _ = format!("{request:?}"); }
                Err(error) => prop_assert!(error.to_http().status() >= 400),
            }
            let _ = crate::RevocationRequest::from_http(&request);
        }
    }
}
