use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::json::{Limits, Object, object_from_slice};
use jwt_core::{Moments, Secret, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::client_auth::ClientAuth;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, Resource, Scope};
use crate::rar::AuthorizationDetails;
use crate::reading::{Deviation, Kind, Reading};
use crate::request::RequestError;
use crate::response::{Expect, ResponseError};
use crate::secret::{AccessToken, AuthReqId, ClientSecret, IdToken, RefreshToken};
use crate::token::{TokenResponse, TokenType};

const TOKEN: &str = "8d67dc78-7faa-4d41-aabd-67707b374255";
const ID: &str = "1c266114-a1be-4252-8ad1-04986c5b9ac1";

fn endpoint() -> Endpoint {
    Endpoint::new("https://server.example.com/bc-authorize").expect("an endpoint")
}

fn client() -> ClientId {
    ClientId::new("s6BhdRkqt3").expect("an id")
}

fn posted(body: impl Into<Vec<u8>>) -> HttpRequest {
    HttpRequest::received(Method::Post, "/bc", [("content-type", "application/x-www-form-urlencoded")], body)
}

fn read_request(body: &str) -> Result<BackchannelAuthenticationRequest, RequestError> {
    match BackchannelAuthenticationRequest::from_http(&posted(body))?.0 {
        ReceivedAuthenticationRequest::Parameters(request) => Ok(*request),
        ReceivedAuthenticationRequest::RequestObject(_) => panic!("a request object"),
    }
}

fn notify(token: &str, body: &str) -> HttpRequest {
    let field = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", field.as_str())];
    HttpRequest::received(Method::Post, "/cb", headers, body)
}

fn notification(body: &str) -> Result<ClientNotification, RequestError> {
    ClientNotification::from_http(&notify(TOKEN, body), Reading::Interop)
}

fn acknowledged(body: &str, reading: Reading) -> Result<BackchannelAuthenticationResponse, ResponseError> {
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    BackchannelAuthenticationResponse::from_http(&response, &Expect::new(Timestamp::EPOCH).reading(reading))
}

fn object(json: &str) -> Object {
    object_from_slice(json.as_bytes(), &Limits::default()).expect("json")
}

#[test]
fn ciba_core_section_7_1_a_request_read_and_written_back() {
    let body = "scope=openid+email+example-scope&client_notification_token=8d67dc78-7faa-4d41-aabd-67707b374255\
                &login_hint_token=eyJraWQiOiJsdGFjZXNidyIsImFsZyI6IkVTMjU2In0&binding_message=SCQ7&client_id=s6BhdRkqt3";
    let request = read_request(body).expect("read");
    assert_eq!(request.scope().as_str(), "openid email example-scope");
    assert!(request.client_notification_token().is_some_and(|token| token.matches(TOKEN)));
    assert!(matches!(request.hint(), Hint::LoginHintToken(token) if token.expose().starts_with("eyJraWQ")));
    assert_eq!(request.binding_message(), Some("SCQ7"));
    let written = request.to_http(&endpoint(), &client(), &ClientAuth::None).expect("written");
    assert_eq!(core::str::from_utf8(written.body()), Ok(body));
    assert_eq!(
        (written.contract().purpose(), written.contract().replay()),
        (Purpose::BackchannelAuthentication, Replay::IfNotSent)
    );
}

#[test]
fn there_is_openid_in_the_scope_and_exactly_one_hint() {
    let cases = [
        ("scope=openid", "missing_parameter"),
        ("login_hint=a", "missing_parameter"),
        ("scope=openid&login_hint=", "missing_parameter"),
        ("scope=email&login_hint=a", "malformed_parameter"),
        ("scope=openid&login_hint=a&id_token_hint=b", "malformed_parameter"),
        ("scope=openid&login_hint=a&login_hint_token=b", "malformed_parameter"),
        ("scope=openid&login_hint_token=a&id_token_hint=b", "malformed_parameter"),
        ("scope=openid&login_hint=a&login_hint=b", "request_repeated_parameter"),
        ("scope=openid&login_hint=a&requested_expiry=0", "malformed_parameter"),
        ("scope=openid&login_hint=a&requested_expiry=%2B5", "malformed_parameter"),
        ("scope=openid&login_hint=a&client_notification_token=a%20b", "malformed_parameter"),
        ("scope=openid&login_hint=a&binding_message=a%0Ab", "malformed_parameter"),
        ("scope=openid&login_hint=a&authorization_details=%7B%7D", "malformed_parameter"),
    ];
    for (body, code) in cases {
        let error = read_request(body).expect_err(body);
        assert_eq!(error.code(), code, "{body}");
        assert_eq!(error.to_http().status(), 400);
    }
    let error = RequestError::MalformedParameter { name: "binding_message" };
    assert_eq!(error.error_code(), ErrorCode::InvalidBindingMessage);
    let scope = |text| Scope::parse(text).expect("a scope");
    let hint = || Hint::LoginHint("a".into());
    assert!(BackchannelAuthenticationRequest::new(scope("email"), hint()).is_err());
    assert!(BackchannelAuthenticationRequest::new(scope("openid"), Hint::LoginHint(String::new())).is_err());
    let request = BackchannelAuthenticationRequest::new(scope("openid"), hint()).expect("made");
    assert!(request.with_binding_message("a\u{202e}b").is_err());
    assert!(ClientNotificationToken::new("a".repeat(1025)).is_err() && ClientNotificationToken::new("a b").is_err());
}

#[test]
fn a_signed_request_has_nothing_beside_it_and_holds_the_same() {
    let auth = ClientAuth::Post(ClientSecret::new("s"));
    let request = BackchannelAuthenticationRequest::new(
        Scope::parse("openid").expect("a scope"),
        Hint::IdTokenHint(IdToken::new("e.y.J")),
    )
    .expect("made")
    .with_requested_expiry(Duration::from_secs(60))
    .with_user_code(Secret::new("1234"))
    .with_acr_values("a b")
    .with_resource(Resource::new("https://api.example/1").expect("a resource"))
    .with_resource(Resource::new("https://api.example/2").expect("a resource"))
    .with_authorization_details(AuthorizationDetails::parse(r#"[{"type":"x"}]"#).expect("details"))
    .with_parameter("x", "y");
    let mut claims = request.to_claims().expect("claims");
    claims.insert("iss", client().as_str());
    claims.insert("exp", 1u64);
    let again = BackchannelAuthenticationRequest::from_claims(&claims).expect("read");
    let wire = |request: &BackchannelAuthenticationRequest| {
        request.to_http(&endpoint(), &client(), &auth).expect("written").body().to_vec()
    };
    assert_eq!(String::from_utf8(wire(&again)), String::from_utf8(wire(&request)));
    claims.insert("requested_expiry", "60");
    assert!(BackchannelAuthenticationRequest::from_claims(&claims).is_ok());
    for (name, value) in [("requested_expiry", "[]"), ("scope", "7"), ("request", "\"x\""), ("login_hint", "\"x\"")] {
        let mut claims = request.to_claims().expect("claims");
        claims.insert(name, object(&format!("{{\"v\":{value}}}")).remove("v").expect("a value"));
        assert!(BackchannelAuthenticationRequest::from_claims(&claims).is_err(), "{name}");
    }

    let signed =
        BackchannelAuthenticationRequest::signed_to_http("e.y.J", &endpoint(), &client(), &auth).expect("written");
    assert_eq!(signed.body(), b"request=e.y.J&client_id=s6BhdRkqt3&client_secret=s");
    let (read, presented) = BackchannelAuthenticationRequest::from_http(&signed).expect("read");
    assert!(matches!(read, ReceivedAuthenticationRequest::RequestObject(jwt) if jwt.matches("e.y.J")));
    assert_eq!(presented.client_id(), Some(&client()));
    let mixed = BackchannelAuthenticationRequest::from_http(&posted("request=e.y.J&scope=openid"));
    assert_eq!(mixed.expect_err("mixed"), RequestError::MalformedParameter { name: "scope" });
    assert!(BackchannelAuthenticationRequest::signed_to_http("", &endpoint(), &client(), &auth).is_err());
}

#[test]
fn ciba_core_section_7_3_an_answer_read_and_written_back() {
    let body = r#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1","expires_in":120,"interval":2}"#;
    for reading in [Reading::Interop, Reading::Strict] {
        let pending = acknowledged(body, reading).expect("read");
        assert!(pending.auth_req_id().matches(ID));
        assert_eq!(
            (pending.expires_in(), pending.interval()),
            (Some(Duration::from_secs(120)), Duration::from_secs(2))
        );
        assert_eq!(pending.to_http().body(), body.as_bytes());
    }
    let pending =
        acknowledged(r#"{"auth_req_id":"a","expires_in":"120","interval":null}"#, Reading::Interop).expect("read");
    assert_eq!((pending.expires_in(), pending.interval()), (Some(Duration::from_secs(120)), Duration::from_secs(5)));
    assert_eq!(
        pending.deviations(),
        [
            Deviation::WrongType { member: "expires_in", found: Kind::String },
            Deviation::WrongType { member: "interval", found: Kind::Null },
        ]
    );
    // B1
    for interval in ["0", "-7", "0.2"] {
        let body = format!(r#"{{"auth_req_id":"a","expires_in":1,"interval":{interval}}}"#);
        assert_eq!(acknowledged(&body, Reading::Interop).expect("read").interval(), Duration::from_secs(1));
    }
    for body in [r#"{"expires_in":1}"#, r#"{"auth_req_id":""}"#, r#"{"auth_req_id":7,"expires_in":1}"#] {
        assert!(matches!(acknowledged(body, Reading::Interop), Err(ResponseError::Invalid(_))), "{body}");
    }
    assert!(acknowledged(r#"{"auth_req_id":"a"}"#, Reading::Strict).is_err());
    assert!(
        matches!(acknowledged(r#"{"error":"unknown_user_id"}"#, Reading::Interop), Err(ResponseError::Refused(error))
        if error.code() == &ErrorCode::UnknownUserId)
    );
}

// CIBA Core 1.0, section 13: 403 for `access_denied` and for nothing else
#[test]
fn ciba_core_section_13_a_denied_request_is_forbidden() {
    let refused = |status, code: &str, reading| {
        let response = HttpResponse::new(status).with_header("content-type", "application/json");
        let response = response.with_body(format!(r#"{{"error":"{code}"}}"#));
        match BackchannelAuthenticationResponse::from_http(&response, &Expect::new(Timestamp::EPOCH).reading(reading)) {
            Err(ResponseError::Refused(error)) => Some(error.deviations().to_vec()),
            _ => None,
        }
    };
    for reading in [Reading::Interop, Reading::Strict] {
        for (status, code) in [(403, "access_denied"), (400, "access_denied"), (401, "invalid_client")] {
            assert_eq!(refused(status, code, reading), Some([].to_vec()), "{status} {code}");
        }
    }
    assert_eq!(refused(403, "unknown_user_id", Reading::Interop), Some([Deviation::Status { found: 403 }].to_vec()));
    assert_eq!(refused(403, "unknown_user_id", Reading::Strict), None);
}

#[test]
fn ciba_core_section_10_2_a_ping_read_and_written_back() {
    let ping = notification(r#"{"auth_req_id": "1c266114-a1be-4252-8ad1-04986c5b9ac1"}"#).expect("read");
    assert!(ping.token().matches(TOKEN) && ping.auth_req_id().matches(ID));
    assert!(matches!(ping.notified(), Notified::Ping) && ping.extra().is_empty());
    let more = notification(r#"{"auth_req_id":"a","x":{"y":[1]}}"#).expect("read");
    assert_eq!(more.extra().len(), 1);
    assert_eq!(more.to_http(&endpoint()).body(), br#"{"auth_req_id":"a","x":{"y":[1]}}"#);
    let written = ping.to_http(&Endpoint::new("https://client.example.com/cb").expect("an endpoint"));
    assert_eq!(written.body(), br#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1"}"#);
    assert_eq!(written.header("authorization"), Some("Bearer 8d67dc78-7faa-4d41-aabd-67707b374255"));
    assert_eq!(
        (written.contract().purpose(), written.contract().replay()),
        (Purpose::ClientNotification, Replay::Safe)
    );
    assert_eq!(ClientNotification::accepted().status(), 204);
}

#[test]
fn ciba_core_section_10_3_1_tokens_are_pushed() {
    let body = r#"{
      "auth_req_id": "1c266114-a1be-4252-8ad1-04986c5b9ac1",
      "access_token": "G5kXH2wHvUra0sHlDy1iTkDJgsgUO1bN",
      "token_type": "Bearer",
      "refresh_token": "4bwc0ESC_IAhflf-ACC_vjD_ltc11ne-8gFPfA2Kx16",
      "expires_in": 120,
      "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjE2NzcyNiJ9.e30.AAAA"
    }"#;
    let push = notification(body).expect("read");
    let Notified::Tokens(tokens) = push.notified() else { panic!("no tokens") };
    assert!(tokens.access_token().matches("G5kXH2wHvUra0sHlDy1iTkDJgsgUO1bN"));
    assert!(tokens.refresh_token().is_some_and(|token| token.matches("4bwc0ESC_IAhflf-ACC_vjD_ltc11ne-8gFPfA2Kx16")));
    assert!(tokens.extra().is_empty());
    let written = push.to_http(&Endpoint::new("https://client.example.com/cb").expect("an endpoint"));
    assert_eq!(written.contract().replay(), Replay::IfNotSent);
    let again = ClientNotification::from_http(&written, Reading::Strict).expect("read");
    assert_eq!(again.to_http(&endpoint()).body(), written.body());

    let claims = object(r#"{"urn:openid:params:jwt:claim:auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1"}"#);
    assert!(push.is_named_in(&claims) && !push.is_named_in(&Object::new()));
    assert!(!notification(r#"{"auth_req_id":"other"}"#).expect("read").is_named_in(&claims));

    for body in [
        r#"{"auth_req_id":"a","access_token":"t","token_type":"Bearer"}"#,
        r#"{"auth_req_id":"a","id_token":"e.y.J"}"#,
        r#"{"auth_req_id":"a","access_token":7,"id_token":"e.y.J"}"#,
    ] {
        assert!(matches!(notification(body), Err(RequestError::Members(_))), "{body}");
    }
}

#[test]
fn ciba_core_section_12_an_error_is_pushed() {
    let body = r#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1","error":"expired_token","error_description":"The login has expired"}"#;
    let push = notification(body).expect("read");
    assert!(matches!(push.notified(), Notified::Error(error) if error.code() == &ErrorCode::ExpiredToken));
    assert_eq!(push.to_http(&endpoint()).body(), body.as_bytes());
    let error = ErrorResponse::new(ErrorCode::TransactionFailed);
    let made =
        ClientNotification::push_error(ClientNotificationToken::new("t").expect("a token"), AuthReqId::new("i"), error);
    let read = ClientNotification::from_http(&made.to_http(&endpoint()), Reading::Strict).expect("read");
    assert!(matches!(read.into_notified(), Notified::Error(error) if error.code() == &ErrorCode::TransactionFailed));
}

#[test]
fn a_notification_without_a_token_or_a_request_is_refused() {
    let no_token = HttpRequest::received(Method::Post, "/cb", [("content-type", "application/json")], "{}");
    let error = ClientNotification::from_http(&no_token, Reading::Interop).expect_err("no token");
    assert_eq!((error, error.to_http().status()), (RequestError::AccessToken, 401));
    assert_eq!(error.to_http().header("www-authenticate"), Some("Bearer"));
    for (body, code) in [
        ("{}", "missing_parameter"),
        (r#"{"auth_req_id":""}"#, "malformed_parameter"),
        (r#"{"auth_req_id":7}"#, "malformed_parameter"),
        (r#"{"auth_req_id":"a","auth_req_id":"a"}"#, "json_duplicate_member"),
    ] {
        assert_eq!(notification(body).expect_err(body).code(), code);
    }
    let get = HttpRequest::received(Method::Get, "/cb", [("authorization", "Bearer a")], "{}");
    assert_eq!(ClientNotification::from_http(&get, Reading::Interop).expect_err("get").to_http().status(), 405);
}

#[test]
fn b5_nothing_secret_is_shown() {
    let mark = "MARKED";
    let token = || ClientNotificationToken::new(mark).expect("a token");
    let id = || AuthReqId::new(mark);
    let tokens = TokenResponse::new(AccessToken::new(mark), TokenType::Bearer)
        .with_id_token(IdToken::new(mark))
        .with_refresh_token(RefreshToken::new(mark));
    let push = ClientNotification::push(token(), id(), tokens);
    let scope = Scope::parse("openid").expect("a scope");
    let mut shown = format!("{push:?} {:?} {:#?}", push.to_http(&endpoint()), ClientNotification::ping(token(), id()));
    for hint in
        [Hint::LoginHint(mark.into()), Hint::LoginHintToken(Secret::new(mark)), Hint::IdTokenHint(IdToken::new(mark))]
    {
        let request = BackchannelAuthenticationRequest::new(scope.clone(), hint)
            .and_then(|request| request.with_binding_message(mark))
            .expect("made")
            .with_user_code(Secret::new(mark))
            .with_acr_values(mark)
            .with_client_notification_token(token())
            .with_parameter("x", mark);
        let http = request.to_http(&endpoint(), &client(), &ClientAuth::None).expect("built");
        shown +=
            &format!("{request:?} {:?} {:?}", BackchannelAuthenticationRequest::from_http(&http), request.to_claims());
    }
    shown +=
        &format!("{:?}", BackchannelAuthenticationResponse::new(id(), Duration::from_secs(1)).with_extra("x", mark));
    assert!(!shown.contains(mark), "{shown}");
    let moment = Moments::from_seed([1; 32]).at(Timestamp::EPOCH);
    assert_eq!(ClientNotificationToken::generate(&moment).expose().len(), 43);
}

#[test]
fn parameters_of_the_callers_own_are_no_claims_of_the_jwt() {
    let request = BackchannelAuthenticationRequest::new(Scope::parse("openid").unwrap(), Hint::LoginHint("a".into()))
        .unwrap()
        .with_parameter("x", "y");
    let code = |name, value| request.clone().with_parameter(name, value).to_claims().expect_err(name).code();
    for name in ["iss", "aud", "exp", "iat", "nbf", "jti", "client_id", "scope", "request"] {
        assert_eq!(code(name, "x"), "reserved_parameter", "{name}");
    }
    assert_eq!((code("x", "z"), code("y", "")), ("repeated_parameter", "empty_parameter"));
    assert_eq!(request.to_claims().expect("claims").get_str("x"), Some("y"));
}

#[test]
fn claims_that_are_not_known_are_kept_whatever_their_type() {
    let claims = r#"{"iss":"s6BhdRkqt3","scope":"openid","login_hint":"a","text":"t","flag":true,"number":1.5,"none":null,
        "list":["a",1],"object":{"a":{"b":null}},"empty":""}"#;
    let request = BackchannelAuthenticationRequest::from_claims(&object(claims)).expect("read");
    let kept: Vec<_> = request.parameters().collect();
    assert_eq!(
        kept,
        [
            ("text", "t"),
            ("flag", "true"),
            ("number", "1.5"),
            ("none", "null"),
            ("list", r#"["a",1]"#),
            ("object", r#"{"a":{"b":null}}"#),
        ]
    );
    let again = BackchannelAuthenticationRequest::from_claims(&request.to_claims().expect("claims")).expect("read");
    assert!(again.parameters().eq(kept), "a second time they are text already");
}

proptest! {
    #[test]
    fn what_was_written_is_read_the_same(
        id in "\\PC{1,20}", token in "[A-Za-z0-9._~+/-]{1,30}={0,2}", lifetime: u64, interval: Option<u64>,
        hint in "\\PC{1,12}", kind in 0..3, message in "[a-zA-Z0-9 ]{1,9}", expiry in 1..u64::MAX,
    ) {
        let made = BackchannelAuthenticationResponse::new(AuthReqId::new(id.clone()), Duration::from_secs(lifetime));
        let made = interval.into_iter().map(Duration::from_secs).fold(made, BackchannelAuthenticationResponse::with_interval);
        let wire = made.to_http();
        for reading in [Reading::Interop, Reading::Strict] {
            let read = BackchannelAuthenticationResponse::from_http(&wire, &Expect::new(Timestamp::EPOCH).reading(reading)).expect("read");
            prop_assert_eq!(read.to_http().body().to_vec(), wire.body());
        }
        let token = ClientNotificationToken::new(token).expect("a token");
        let ping = ClientNotification::ping(token.clone(), AuthReqId::new(id)).to_http(&endpoint());
        let read = ClientNotification::from_http(&ping, Reading::Strict).expect("read");
        prop_assert!(read.token().matches(token.expose()));
        prop_assert_eq!(read.to_http(&endpoint()).body().to_vec(), ping.body());
        let hint = match kind { 0 => Hint::LoginHint(hint), 1 => Hint::LoginHintToken(Secret::new(hint)), _ => Hint::IdTokenHint(IdToken::new(hint)) };
        let request = BackchannelAuthenticationRequest::new(Scope::parse("openid").expect("a scope"), hint).expect("made")
            .with_requested_expiry(Duration::from_secs(expiry)).with_binding_message(message).expect("made").with_client_notification_token(token);
        let wire = request.to_http(&endpoint(), &client(), &ClientAuth::None).expect("built");
        let (ReceivedAuthenticationRequest::Parameters(read), _) = BackchannelAuthenticationRequest::from_http(&wire).expect("read") else { panic!() };
        let again = read.to_http(&endpoint(), &client(), &ClientAuth::None).expect("built");
        prop_assert_eq!(again.body().to_vec(), wire.body());
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80), members in "(\"(auth_req_id|error|access_token|id_token)\":(\"[a-z ]{0,3}\"|7|null),?){0,4}") {
        let _ = BackchannelAuthenticationRequest::from_http(&posted(body.clone()));
        let json = format!("{{{}}}", members.trim_end_matches(','));
        for body in [body, json.into_bytes()] {
            let headers = [("content-type", "application/json"), ("authorization", "Bearer a")];
            let request = HttpRequest::received(Method::Post, "/cb", headers, body);
            let strict = ClientNotification::from_http(&request, Reading::Strict);
            let interop = ClientNotification::from_http(&request, Reading::Interop);
            prop_assert!(strict.is_err() || interop.is_ok());
        }
    }
}
