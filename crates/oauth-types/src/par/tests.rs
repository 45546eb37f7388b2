use alloc::format;
use alloc::string::{String, ToString};

use jwt_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::client_auth::ClientAuthMethod;
use crate::http::Method;
use crate::identifiers::RedirectUri;
use crate::pkce::CodeChallenge;
use crate::reading::Reading;
use crate::secret::{ClientAssertion, ClientSecret};
use crate::state::State;

const URI: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn endpoint() -> Endpoint {
    Endpoint::new("https://as.example.com/as/par").expect("an endpoint")
}

fn take(
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(PushedAuthorizationRequest, PresentedClient), PushedRequestError> {
    let request = HttpRequest::received(Method::Post, "/as/par", headers.iter().copied().chain([FORM]), body);
    PushedAuthorizationRequest::from_http(&request)
}

fn plain() -> AuthorizationRequest {
    AuthorizationRequest::new(
        ClientId::new("s6BhdRkqt3").expect("an id"),
        RedirectUri::new("https://client.example.org/cb").expect("a uri"),
        State::new("af0ifjsldkj").expect("a state"),
        &CodeChallenge::new("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").expect("a challenge"),
    )
}

fn answer(status: u16, body: &str, reading: Reading) -> Result<PushedAuthorizationResponse, ResponseError> {
    let response = HttpResponse::new(status).with_header("content-type", "application/json").with_body(body);
    PushedAuthorizationResponse::from_http(
        &response,
        &Expect::new(Timestamp::from_unix(1_700_000_000)).reading(reading),
    )
}

fn sorted(body: &[u8]) -> Vec<(String, String)> {
    let pairs = Pairs::parse(body).expect("a form");
    let mut pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    pairs.sort();
    pairs
}

// B7
#[test]
fn a_parameter_of_the_callers_own_is_one_parameter_whatever_its_name() {
    for name in ["audience", "a b", "x=y&redirect_uri", "%", "é", "a\0/b", "+"] {
        let request = PushedAuthorizationRequest::new(plain().with_parameter(name, "a&b=c"));
        let http = request.to_http(&endpoint(), &ClientAuth::Post(ClientSecret::new("s&t"))).expect("written");
        let pairs = sorted(http.body());
        assert_eq!(pairs.len(), 8, "{name}: {pairs:?}");
        assert!(pairs.contains(&(name.to_string(), "a&b=c".to_string())), "{name}: {pairs:?}");
        assert!(pairs.contains(&("client_secret".to_string(), "s&t".to_string())), "{name}: {pairs:?}");
    }
}

// HTTP-9396-104, OA-23, OA-25
#[test]
fn rfc_9396_section_3_rich_authorization_is_pushed_read_and_written_back() {
    let basic = ("authorization", "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
    let body = "response_type=code&client_id=s6BhdRkqt3&state=af0ifjsldkj&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&c\
     ode_challenge_method=S256&code_challenge=K2-ltc83acc4h0c9w6ESC_rEMTJ3bwc-uCHaoeK1t8U&authorization_details=%5B\
     %7B%22type%22%3A%22account_information%22%2C%22actions%22%3A%5B%22list_accounts%22%2C%22read_balances%22%2C%22\
     read_transactions%22%5D%2C%22locations%22%3A%5B%22https%3A%2F%2Fexample.com%2Faccounts%22%5D%7D%2C%7B%22type%2\
     2%3A%22payment_initiation%22%2C%22actions%22%3A%5B%22initiate%22%2C%22status%22%2C%22cancel%22%5D%2C%22locatio\
     ns%22%3A%5B%22https%3A%2F%2Fexample.com%2Fpayments%22%5D%2C%22instructedAmount%22%3A%7B%22currency%22%3A%22EUR\
     %22%2C%22amount%22%3A%22123.50%22%7D%2C%22creditorName%22%3A%22Merchant123%22%2C%22creditorAccount%22%3A%7B%22\
     iban%22%3A%22DE02100100109307118603%22%7D%2C%22remittanceInformationUnstructured%22%3A%22Ref%20Number%20Mercha\
     nt%22%7D%5D";
    let (pushed, client) = take(&[basic], body).expect("read");
    let secret = ClientSecret::new("7Fjfp0ZBr1KtDRbnfVdmIw");
    assert!(client.has_secret(&secret) && pushed.client_id().as_str() == "s6BhdRkqt3");
    let request = pushed.request().expect("parameters");
    assert_eq!(request.authorization_details().len(), 2);
    let http = pushed.to_http(&endpoint(), &ClientAuth::Basic(secret)).expect("written");
    assert_eq!(sorted(http.body()), sorted(body.as_bytes()));
    assert_eq!(http.header("authorization"), Some(basic.1));
    assert_eq!((http.contract().purpose(), http.contract().replay()), (Purpose::PushedAuthorization, Replay::Safe));
}

// OA-23, B7
#[test]
fn the_client_is_named_once_however_it_authenticates() {
    let part = jwt_core::base64url::encode(r#"{"alg":"ES256","sub":"s6BhdRkqt3"}"#);
    let assertion = ClientAssertion::new(format!("{part}.{part}.{}", jwt_core::base64url::encode("x")));
    let object = RequestObject::new("ey.e30.x");
    for auth in [
        ClientAuth::None,
        ClientAuth::Basic(ClientSecret::new("x")),
        ClientAuth::Post(ClientSecret::new("x")),
        ClientAuth::PrivateKeyJwt(assertion),
        ClientAuth::Tls,
    ] {
        let signed = PushedAuthorizationRequest::signed(plain().client_id().clone(), object.clone());
        for pushed in [PushedAuthorizationRequest::new(plain()), signed] {
            let http = pushed.to_http(&endpoint(), &auth).expect("built");
            let names = sorted(http.body());
            assert_eq!(names.iter().filter(|(name, _)| name == "client_id").count(), 1);
            let spent = auth.method() == ClientAuthMethod::PrivateKeyJwt || pushed.request_object().is_some();
            assert_eq!(http.contract().replay(), if spent { Replay::IfNotSent } else { Replay::Safe });
            let (read, presented) = PushedAuthorizationRequest::from_http(&http).expect("read");
            assert!(presented.may_be(auth.method()));
            assert_eq!(read.to_http(&endpoint(), &auth).expect("built").body(), http.body());
        }
    }
}

// RFC 9126, section 3
#[test]
fn beside_a_request_object_nothing_else_counts() {
    let (pushed, _) = take(&[], "client_id=c&request=ey.e30.x&state=evil&response_type=token").expect("read");
    assert!(pushed.request().is_none() && pushed.request_object().is_some_and(|object| object.matches("ey.e30.x")));
    let http = pushed.to_http(&endpoint(), &ClientAuth::None).expect("built");
    assert_eq!(http.body(), b"client_id=c&request=ey.e30.x");
}

// OA-23
#[test]
fn a_server_refuses_a_reference_inside_and_whatever_is_no_request() {
    let base = "client_id=c&response_type=code&redirect_uri=https%3A%2F%2Fc.example%2Fcb";
    for (body, code, error) in [
        (format!("{base}&request_uri=urn:x"), "authorization_request_uri", "invalid_request"),
        ("client_id=c&request=x&request_uri=urn:x".into(), "authorization_request_uri", "invalid_request"),
        (format!("{base}&state=a&state=b"), "request_repeated_parameter", "invalid_request"),
        (format!("{base}&scope=%22"), "authorization_request_malformed", "invalid_scope"),
        (format!("{base}&authorization_details=x"), "authorization_request_malformed", "invalid_authorization_details"),
        (format!("{base}&resource=%23"), "authorization_request_malformed", "invalid_target"),
        (format!("{base}&code_verifier=x"), "authorization_request_malformed", "invalid_request"),
        ("client_id=c&response_type=token".into(), "authorization_request_response_type", "unsupported_response_type"),
        ("client_id=c".into(), "authorization_request_missing", "invalid_request"),
        ("response_type=code".into(), "missing_parameter", "invalid_request"),
        (format!("{base}&client_assertion_type=x"), "unsupported_client_authentication", "invalid_client"),
    ] {
        let refused = take(&[], &body).expect_err(&body);
        assert_eq!(
            (refused.code(), refused.error_code().as_str(), refused.blame()),
            (code, error, Blame::Peer),
            "{body}"
        );
        let status = if error == "invalid_client" { 401 } else { 400 };
        assert_eq!(refused.to_http().status(), status);
    }
    let get = HttpRequest::received(Method::Get, "/as/par", [FORM], "");
    assert_eq!(PushedAuthorizationRequest::from_http(&get).expect_err("a get").to_http().status(), 405);
}

// OA-23; RFC 9126, section 2.2
#[test]
fn the_answer_of_the_rfc_is_read_and_written_back() {
    let body = format!(r#"{{"request_uri":"{URI}","expires_in":60}}"#);
    for reading in [Reading::Interop, Reading::Strict] {
        let response = answer(201, &body, reading).expect("read");
        assert!(response.request_uri().matches(URI) && response.deviations().is_empty());
        assert_eq!(response.expires_in(), Some(Duration::from_secs(60)));
        let http = response.to_http();
        assert_eq!(
            (http.status(), http.body(), http.header("cache-control")),
            (201, body.as_bytes(), Some("no-store"))
        );
        let url = response.into_reference(ClientId::new("c").expect("an id")).to_query();
        assert_eq!(url, format!("client_id=c&request_uri={}", URI.replace(':', "%3A")));
    }
}

// RFC 9126, section 2.2: a positive integer
#[test]
fn a_reference_lives_a_second_at_least() {
    let uri = RequestUri::new(URI).expect("a reference");
    for (said, written) in [(Duration::ZERO, 1), (Duration::from_millis(999), 1), (Duration::from_secs(60), 60)] {
        let wire = PushedAuthorizationResponse::new(uri.clone(), said).to_http();
        let body = core::str::from_utf8(wire.body()).expect("text");
        let read = answer(201, body, Reading::Strict).expect("read");
        assert_eq!(read.expires_in(), Some(Duration::from_secs(written)));
    }
}

#[test]
fn what_servers_send_otherwise_is_tolerated_and_recorded() {
    for (status, body, said) in [
        (200, format!(r#"{{"request_uri":"{URI}","expires_in":60}}"#), "the status was 200"),
        (201, format!(r#"{{"request_uri":"{URI}","expires_in":"60"}}"#), "expires_in was a string"),
        (201, format!(r#"{{"request_uri":"{URI}"}}"#), "expires_in was missing"),
        (201, format!(r#"{{"request_uri":"{URI}","expires_in":0}}"#), "expires_in was out of range"),
        (201, format!(r#"{{"request_uri":"{URI}","expires_in":-1}}"#), "expires_in was out of range"),
    ] {
        let response = answer(status, &body, Reading::Interop).expect("read");
        let deviations: Vec<_> = response.deviations().iter().map(ToString::to_string).collect();
        assert_eq!(deviations, [said]);
        assert_eq!(answer(status, &body, Reading::Strict).expect_err("strict").code(), "deviates");
    }
    for (body, code) in [
        (r#"{"expires_in":60}"#, "missing_member"),
        (r#"{"request_uri":"","expires_in":60}"#, "missing_member"),
        (r#"{"request_uri":1,"expires_in":60}"#, "malformed_member"),
        (r#"{"request_uri":"a b","expires_in":60}"#, "malformed_member"),
        (r#"{"request_uri":"urn:a","request_uri":"urn:b"}"#, "json_duplicate_member"),
        ("[]", "response_not_an_object"),
    ] {
        assert_eq!(answer(201, body, Reading::Interop).expect_err(body).code(), code);
    }
    let error = answer(
        400,
        r#"{"error":"invalid_request","error_description":"The redirect_uri is not valid"}"#,
        Reading::Strict,
    );
    assert!(matches!(error, Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InvalidRequest));
}

// B8; RFC 9126, section 2.3
#[test]
fn b8_429_and_503_are_no_verdict() {
    for status in [429, 500, 503] {
        let verdict = answer(status, r#"{"error":"invalid_client"}"#, Reading::Strict);
        assert!(matches!(verdict, Err(ResponseError::Transient { .. })));
    }
    assert!(matches!(answer(302, "", Reading::Interop), Err(ResponseError::Invalid(InvalidResponse::Redirect { .. }))));
}

#[test]
fn b5_neither_request_nor_answer_shows_what_it_holds() {
    let request = plain().with_login_hint("marked").with_parameter("x", "marked");
    let response = PushedAuthorizationResponse::new(RequestUri::new("urn:marked").expect("a uri"), Duration::ZERO)
        .with_extra("x", "marked");
    let signed = PushedAuthorizationRequest::signed(plain().client_id().clone(), RequestObject::new("marked"));
    let pushed = PushedAuthorizationRequest::new(request);
    let http = pushed.to_http(&endpoint(), &ClientAuth::Post(ClientSecret::new("marked"))).expect("built");
    let shown = format!("{pushed:?} {signed:?} {response:?} {http:?} {:?}", response.to_http());
    assert!(!shown.contains("marked"), "{shown}");
}

proptest! {
    #[test]
    fn no_body_panics_either_side_and_strict_accepts_a_subset(
        text in "\\PC{0,60}|client_id=c&response_type=code(&(request|request_uri|state|scope|claims)=[a-z:%0-9{}]{0,9}){0,3}",
        body in r#"\PC{0,40}|\{"request_uri":("urn:[a-z]{1,5}"|"[a-z]?"|null),"expires_in":("?-?[0-9]{1,21}"?|null|1\.5)\}"#,
        status in prop_oneof![Just(200_u16), Just(201), Just(400), any::<u16>()],
    ) {
        if let Ok((pushed, _)) = take(&[], &text) {
            let http = pushed.to_http(&endpoint(), &ClientAuth::None).expect("what was read is written");
            let (again, _) = PushedAuthorizationRequest::from_http(&http).expect("and read");
            let written = again.to_http(&endpoint(), &ClientAuth::None).expect("and written");
            prop_assert_eq!(written.body(), http.body());
        }
        match (answer(status, &body, Reading::Strict), answer(status, &body, Reading::Interop)) {
            (Ok(strict), Ok(interop)) => {
                prop_assert!(strict.deviations().is_empty());
                let (strict, interop) = (strict.to_http(), interop.to_http());
                prop_assert_eq!(strict.body(), interop.body());
            }
            (Ok(_), Err(_)) => prop_assert!(false, "{}", body),
            (Err(_), _) => {}
        }
    }
}
