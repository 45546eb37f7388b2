//! The examples of the RFCs, read and written back.

use core::time::Duration;

use super::*;
use crate::client_auth::ClientAuth;
use crate::error_response::ErrorCode;
use crate::form::Pairs;
use crate::http::{HttpRequest, Method, Replay};
use crate::identifiers::{ClientId, Endpoint};
use crate::secret::ClientSecret;
use crate::token::{Grant, TokenRequest, TokenType};

fn endpoint() -> Endpoint {
    Endpoint::new("https://server.example.com/token").expect("an endpoint")
}

fn received(headers: &[(&str, &str)], body: &str) -> HttpRequest {
    let form = ("content-type", "application/x-www-form-urlencoded");
    HttpRequest::received(Method::Post, "/token", headers.iter().copied().chain([form]), body)
}

/// The pairs of a form in the order of their names: the RFCs' examples order them freely.
fn sorted(body: &[u8]) -> Vec<(String, String)> {
    let pairs = Pairs::parse(body).expect("a form");
    let mut pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    pairs.sort();
    pairs
}

/// Reads the request, writes it with the same authentication, and compares with what came.
fn written_back(request: &HttpRequest, auth: &ClientAuth) -> TokenRequest {
    let (read, client) = TokenRequest::from_http(request).expect("a request");
    let client_id = client.client_id().cloned().unwrap_or_else(|| ClientId::new("unused").expect("an id"));
    let written = read.to_http(&endpoint(), &client_id, auth).expect("written");
    assert_eq!(sorted(written.body()), sorted(request.body()));
    assert_eq!(written.header("authorization"), request.header("authorization"));
    assert_eq!(written.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(written.header("accept"), Some("application/json"));
    read
}

const BASIC: (&str, &str) = ("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");

fn basic() -> ClientAuth {
    ClientAuth::Basic(ClientSecret::new("gX1fBat3bV"))
}

// HTTP-6749-000
#[test]
fn rfc_6749_section_2_3_1_a_client_secret_in_the_body() {
    let body = "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw";
    let request = received(&[], body);
    let auth = ClientAuth::Post(ClientSecret::new("7Fjfp0ZBr1KtDRbnfVdmIw"));
    let read = written_back(&request, &auth);
    assert!(
        matches!(read.grant(), Grant::RefreshToken { refresh_token } if refresh_token.matches("tGzv3JOkF0XG5Qx2TlKWIA"))
    );
    let client = ClientId::new("s6BhdRkqt3").expect("an id");
    assert_eq!(read.to_http(&endpoint(), &client, &auth).expect("written").body(), body.as_bytes());
}

// HTTP-6749-004
#[test]
fn rfc_6749_section_4_1_3_a_code() {
    let body = "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb";
    let read = written_back(&received(&[BASIC], body), &basic());
    let Grant::AuthorizationCode { code, code_verifier: None, redirect_uri: Some(uri) } = read.grant() else {
        panic!("{read:?}")
    };
    assert!(code.matches("SplxlOBeZQQYbYS6WxSbIA"));
    assert_eq!(uri.as_str(), "https://client.example.com/cb");
    let client = ClientId::new("s6BhdRkqt3").expect("an id");
    let http = read.to_http(&endpoint(), &client, &basic()).expect("written");
    assert_eq!(http.contract().replay(), Replay::IfNotSent);
}

// HTTP-9449-083
#[test]
fn rfc_9449_section_5_a_code_with_a_verifier_of_a_public_client() {
    let body = "grant_type=authorization_code&client_id=s6BhdRkqt&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb&code_verifier=bEaL42izcC-o-xBk0K2vuJ6U-y1p9r_wW2dFWIWgjz-";
    let read = written_back(&received(&[], body), &ClientAuth::None);
    assert!(matches!(read.grant(), Grant::AuthorizationCode { code_verifier: Some(_), .. }));
}

// HTTP-6749-011
#[test]
fn rfc_6749_section_4_4_2_client_credentials() {
    let read = written_back(&received(&[BASIC], "grant_type=client_credentials"), &basic());
    assert!(matches!(read.grant(), Grant::ClientCredentials));
    let client = ClientId::new("s6BhdRkqt3").expect("an id");
    let http = read.to_http(&endpoint(), &client, &basic()).expect("written");
    assert_eq!(http.contract().replay(), Replay::Safe);
}

// HTTP-6749-016
#[test]
fn rfc_6749_section_6_a_refresh_token() {
    let request = received(&[BASIC], "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA");
    let read = written_back(&request, &basic());
    let client = ClientId::new("s6BhdRkqt3").expect("an id");
    let http = read.to_http(&endpoint(), &client, &basic()).expect("written");
    assert_eq!(http.contract().replay(), Replay::IfNotSent);
}

fn success(body: &str, members: &[(&str, &str)], reading: Reading) {
    let response = HttpResponse::new(200)
        .with_header("content-type", "application/json;charset=UTF-8")
        .with_header("cache-control", "no-store")
        .with_header("pragma", "no-cache")
        .with_body(body);
    let tokens = read(&response, reading).expect("tokens");
    assert!(tokens.deviations().is_empty());
    for (name, value) in members {
        match *name {
            "access_token" => assert!(tokens.access_token().matches(value)),
            "token_type" => assert_eq!(tokens.token_type().as_str(), *value),
            "expires_in" => assert_eq!(tokens.expires_in(), value.parse().ok().map(Duration::from_secs)),
            "refresh_token" => assert!(tokens.refresh_token().is_some_and(|token| token.matches(value))),
            other => assert_eq!(tokens.extra().get_str(other), Some(*value)),
        }
    }
    assert_eq!(tokens.refresh_token().is_some(), members.iter().any(|(name, _)| *name == "refresh_token"));
    let written = tokens.to_http();
    assert_eq!(written.header("cache-control"), Some("no-store"));
    assert_eq!(written.header("pragma"), Some("no-cache"));
    assert_eq!(written.body(), body.replace([' ', '\n'], "").as_bytes());
}

// HTTP-6749-005, -010, -014 (the same message in sections 4.1.4, 4.3.3 and 5.1)
#[test]
fn rfc_6749_sections_4_1_4_and_5_1_a_token_response() {
    let body = "{\n  \"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\n  \"token_type\":\"example\",\n  \"expires_in\":3600,\n  \"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\",\n  \"example_parameter\":\"example_value\"\n}";
    for reading in [Reading::Interop, Reading::Strict] {
        success(
            body,
            &[
                ("access_token", "2YotnFZFEjr1zCsicMWpAA"),
                ("token_type", "example"),
                ("expires_in", "3600"),
                ("refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA"),
                ("example_parameter", "example_value"),
            ],
            reading,
        );
    }
}

// HTTP-6749-009, -013; OA-19, BCP-04
#[test]
fn rfc_6749_sections_4_3_2_and_4_5_grants_that_there_are_not() {
    for (headers, body) in [
        (&[BASIC][..], "grant_type=password&username=johndoe&password=A3ddj3w"),
        (
            &[],
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=PEFzc2VydGlvbiBJc3N1ZUluc3RhbnQ9IjIwMTEtMDU\
             [...omitted for brevity...]aG5TdGF0ZW1lbnQ-PC9Bc3NlcnRpb24-",
        ),
    ] {
        let error = TokenRequest::from_http(&received(headers, body)).map(drop).expect_err("refused");
        assert_eq!(error.error_code(), ErrorCode::UnsupportedGrantType, "{body}");
        let answer = error.to_http();
        assert_eq!((answer.status(), answer.body()), (400, &br#"{"error":"unsupported_grant_type"}"#[..]));
    }
}

// HTTP-6749-012
#[test]
fn rfc_6749_section_4_4_3_a_token_response_without_refresh_token() {
    let body = "{\n  \"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\n  \"token_type\":\"example\",\n  \"expires_in\":3600,\n  \"example_parameter\":\"example_value\"\n}";
    for reading in [Reading::Interop, Reading::Strict] {
        success(body, &[("access_token", "2YotnFZFEjr1zCsicMWpAA"), ("example_parameter", "example_value")], reading);
    }
}

// HTTP-6750-025
#[test]
fn rfc_6750_section_4_a_bearer_token() {
    let body = "{\n  \"access_token\":\"mF_9.B5f-4.1JqM\",\n  \"token_type\":\"Bearer\",\n  \"expires_in\":3600,\n  \"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\"\n}";
    for reading in [Reading::Interop, Reading::Strict] {
        let members = [
            ("access_token", "mF_9.B5f-4.1JqM"),
            ("token_type", "Bearer"),
            ("refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA"),
        ];
        success(body, &members, reading);
    }
}

// HTTP-9449-084
#[test]
fn rfc_9449_section_5_a_dpop_token() {
    let body = "{\n \"access_token\": \"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU\",\n \"token_type\": \"DPoP\",\n \"expires_in\": 2677,\n \"refresh_token\": \"Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g\"\n}";
    let expect = Expect::new(NOW).reading(Reading::Strict).dpop();
    let tokens = TokenResponse::from_http(&json(200, body), &expect).expect("tokens");
    assert_eq!(tokens.token_type(), &TokenType::DPoP);
    success(
        body,
        &[("expires_in", "2677"), ("refresh_token", "Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g")],
        Reading::Strict,
    );
}

// HTTP-6749-015
#[test]
fn rfc_6749_section_5_2_an_error() {
    let response = HttpResponse::new(400)
        .with_header("content-type", "application/json;charset=UTF-8")
        .with_body("{\n  \"error\":\"invalid_request\"\n}");
    for reading in [Reading::Interop, Reading::Strict] {
        let Err(ResponseError::Refused(error)) = read(&response, reading) else { panic!("no error") };
        assert_eq!(error.code(), &ErrorCode::InvalidRequest);
        assert_eq!(error.to_http(400).body(), br#"{"error":"invalid_request"}"#);
    }
}

// HTTP-7521-028
#[test]
fn rfc_7521_section_4_1_1_an_error_with_a_description() {
    let body = "{\n  \"error\":\"invalid_grant\",\n  \"error_description\":\"Audience validation failed\"\n}";
    let Err(ResponseError::Refused(error)) = read(&json(400, body), Reading::Strict) else { panic!("no error") };
    assert_eq!(error.description(), Some("Audience validation failed"));
    assert_eq!(
        error.to_http(400).body(),
        br#"{"error":"invalid_grant","error_description":"Audience validation failed"}"#
    );
}

// HTTP-7521-030: the example lacks a comma.
#[test]
fn rfc_7521_section_4_2_1_is_no_json_and_no_verdict() {
    let body = "{\n  \"error\":\"invalid_client\"\n  \"error_description\":\"assertion has expired\"\n}";
    for reading in [Reading::Interop, Reading::Strict] {
        let error = read(&json(400, body), reading).expect_err("no json");
        assert_eq!(error.code(), "json_syntax");
        assert!(matches!(error, ResponseError::Invalid(_)));
    }
}

// HTTP-9449-097
#[test]
fn rfc_9449_section_8_a_nonce_is_wanted() {
    let body = "{\n \"error\": \"use_dpop_nonce\",\n \"error_description\":\n   \"Authorization server requires nonce in DPoP proof\"\n}";
    let response = HttpResponse::new(400).with_header("dpop-nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v").with_body(body);
    let (code, _, deviations) = interop_error(&response);
    assert_eq!(code, "use_dpop_nonce");
    assert_eq!(deviations, ["the content type was not application/json"]);
}
