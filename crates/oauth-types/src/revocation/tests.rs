use core::time::Duration;

use jwt_core::Timestamp;

use super::*;
use crate::client_auth::ClientAuthMethod;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::Method;
use crate::reading::Reading;
use crate::secret::ClientSecret;

fn read(response: &HttpResponse, reading: Reading) -> Result<RevocationResponse, ResponseError> {
    RevocationResponse::from_http(response, &Expect::new(Timestamp::from_unix(1_767_225_600)).reading(reading))
}

// HTTP-7009-026
#[test]
fn rfc_7009_section_2_1_a_request_read_and_written_back() {
    let headers = [
        ("host", "server.example.com"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
    ];
    let body = "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token";
    let request = HttpRequest::received(Method::Post, "/revoke", headers, body);
    let (revocation, client) = RevocationRequest::from_http(&request).expect("read");
    assert!(revocation.token().matches("45ghiukldjahdnhzdauz"));
    assert_eq!(revocation.token_type_hint(), Some(&TokenTypeHint::RefreshToken));
    let secret = ClientSecret::new("gX1fBat3bV");
    assert!(client.has_secret(&secret));
    assert_eq!(client.method(), ClientAuthMethod::ClientSecretBasic);
    let client_id = client.client_id().expect("an id");
    let endpoint = Endpoint::new("https://server.example.com/revoke").expect("an endpoint");
    let written = revocation.to_http(&endpoint, client_id, &ClientAuth::Basic(secret)).expect("written");
    assert_eq!(written.body(), body.as_bytes());
    assert_eq!(written.header("authorization"), request.header("authorization"));
    assert_eq!((written.contract().purpose(), written.contract().replay()), (Purpose::Revocation, Replay::Safe));
}

#[test]
fn parameters_of_the_callers_own_go_both_ways() {
    let endpoint = Endpoint::new("https://server.example.com/revoke").expect("an endpoint");
    let client = ClientId::new("c").expect("an id");
    let written = |request: RevocationRequest| request.to_http(&endpoint, &client, &ClientAuth::None);
    let request = RevocationRequest::new(Secret::new("t")).with_parameter("tenant", "7");
    let http = written(request.clone()).expect("written");
    assert_eq!(http.body(), b"token=t&tenant=7&client_id=c");
    let (read, _) = RevocationRequest::from_http(&http).expect("read");
    assert!(read.parameters().eq([("tenant", "7")]));
    assert_eq!(written(read).expect("written").body(), http.body());
    for (name, code) in
        [("token", "reserved_parameter"), ("client_secret", "reserved_parameter"), ("tenant", "repeated_parameter")]
    {
        assert_eq!(written(request.clone().with_parameter(name, "x")).expect_err(name).code(), code);
    }
}

#[test]
fn the_named_ways_to_ask_set_the_hint() {
    let access = RevocationRequest::access_token(&AccessToken::new("a"));
    assert_eq!(access.token_type_hint(), Some(&TokenTypeHint::AccessToken));
    let refresh = RevocationRequest::refresh_token(&RefreshToken::new("r"));
    assert_eq!(refresh.token_type_hint(), Some(&TokenTypeHint::RefreshToken));
    assert_eq!(TokenTypeHint::from("pct").as_str(), "pct");
}

#[test]
fn a_request_without_a_token_or_with_two_is_refused() {
    for body in ["token=", "token_type_hint=x", "token=a&token=b"] {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let request = HttpRequest::received(Method::Post, "/revoke", form, body);
        assert_eq!(RevocationRequest::from_http(&request).expect_err(body).to_http().status(), 400);
    }
}

#[test]
fn a_hint_of_a_kind_that_is_not_known_shows_a_part_of_itself() {
    let hint = TokenTypeHint::from("x\n".repeat(500).as_str());
    let shown = alloc::format!("{hint:?} {:?}", TokenTypeHint::AccessToken);
    assert!(shown.len() < 200 && !shown.contains('\n') && shown.ends_with("TokenTypeHint(access_token)"), "{shown}");
}

// OA-20
#[test]
fn status_200_is_success_whatever_the_body_says() {
    for body in ["", "OK", "<html>", r#"{"error":"invalid_token"}"#, "{\"a\":1,\"a\":2}"] {
        for reading in [Reading::Interop, Reading::Strict] {
            assert!(read(&HttpResponse::new(200).with_body(body), reading).expect("success").deviations().is_empty());
        }
    }
    let no_content = HttpResponse::new(204);
    assert_eq!(read(&no_content, Reading::Interop).expect("success").deviations(), [Deviation::Status { found: 204 }]);
    assert_eq!(read(&no_content, Reading::Strict).expect_err("strict").code(), "deviates");
    assert!(read(&RevocationResponse::new().to_http(), Reading::Strict).is_ok());
}

// OA-20, B8
#[test]
fn b8_503_means_that_the_token_still_exists() {
    let response = HttpResponse::new(503).with_header("retry-after", "30").with_body(r#"{"error":"invalid_client"}"#);
    for reading in [Reading::Interop, Reading::Strict] {
        let Err(ResponseError::Transient { status: 503, retry_after }) = read(&response, reading) else {
            panic!("a verdict")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(30)));
    }
    assert!(matches!(
        read(&HttpResponse::new(404).with_body("<html>"), Reading::Interop),
        Err(ResponseError::Transient { status: 404, .. })
    ));
    assert!(matches!(read(&HttpResponse::new(302), Reading::Interop), Err(ResponseError::Invalid(_))));
}

#[test]
fn a_server_may_refuse_the_type_of_a_token() {
    let response = ErrorResponse::new(ErrorCode::UnsupportedTokenType).to_http(400);
    for reading in [Reading::Interop, Reading::Strict] {
        let Err(ResponseError::Refused(error)) = read(&response, reading) else { panic!("no error") };
        assert_eq!(error.code(), &ErrorCode::UnsupportedTokenType);
    }
}
