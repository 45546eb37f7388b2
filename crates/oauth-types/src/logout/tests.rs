use alloc::format;
use alloc::string::ToString;

use jwt_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::error_response::ErrorCode;
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay};
use crate::reading::{Deviation, Reading};
use crate::response::{Expect, ResponseError};

fn endpoint(text: &str) -> Endpoint {
    Endpoint::new(text).expect("an endpoint")
}

fn answered(response: &HttpResponse, reading: Reading) -> Result<BackchannelLogoutResponse, ResponseError> {
    BackchannelLogoutResponse::from_http(response, &Expect::new(Timestamp::EPOCH).reading(reading))
}

fn whole() -> LogoutRequest {
    LogoutRequest::new()
        .with_id_token_hint(IdToken::new("e.y.J"))
        .with_logout_hint("jane@example.com")
        .with_client_id(ClientId::new("s6BhdRkqt3").expect("an id"))
        .with_post_logout_redirect_uri(RedirectUri::new("https://client.example/out?a=b").expect("a uri"))
        .with_state(State::new("x&z").expect("a state"))
        .with_ui_locales("fr-CA fr en")
        .with_parameter("tenant", "7")
}

#[test]
fn rp_initiated_logout_section_2_a_request_read_and_written_back() {
    let form = "id_token_hint=e.y.J&logout_hint=jane%40example.com&client_id=s6BhdRkqt3\
                &post_logout_redirect_uri=https%3A%2F%2Fclient.example%2Fout%3Fa%3Db&state=x%26z&ui_locales=fr-CA+fr+en&tenant=7";
    assert_eq!(whole().to_form().as_deref(), Ok(form));
    let read = LogoutRequest::from_query(form).expect("read");
    assert!(read.id_token_hint().is_some_and(|token| token.matches("e.y.J")));
    assert_eq!((read.logout_hint(), read.ui_locales()), (Some("jane@example.com"), Some("fr-CA fr en")));
    assert_eq!(read.client_id().map(ClientId::as_str), Some("s6BhdRkqt3"));
    assert_eq!(read.post_logout_redirect_uri().map(RedirectUri::as_str), Some("https://client.example/out?a=b"));
    assert!(read.state().is_some_and(|state| state.matches("x&z")) && read.parameters().eq([("tenant", "7")]));
    assert_eq!(read.to_form().as_deref(), Ok(form));
}

#[test]
fn rp_initiated_logout_section_2_a_request_that_is_posted() {
    let request = whole();
    let base = endpoint("https://as.example/out?a=b&tenant=1&state=old");
    assert_eq!(request.action(&base), "https://as.example/out?a=b", "nothing comes twice, in query and body");
    assert_eq!(request.action(&endpoint("https://as.example/out")), "https://as.example/out");
    let fields = request.fields().expect("written");
    assert_eq!(fields.first(), Some(&("id_token_hint", "e.y.J")));
    assert_eq!(fields.last(), Some(&("tenant", "7")));
    // As browsers send a form.
    let mut body = String::new();
    for (name, value) in fields {
        form::append_pair(&mut body, name, value);
    }
    assert_eq!(LogoutRequest::from_query(&body).expect("read").to_form().ok(), request.to_form().ok());
    assert_eq!(whole().with_parameter("state", "x").fields().expect_err("refused").code(), "reserved_parameter");
}

// OA-02, OA-03
#[test]
fn the_endpoint_keeps_its_query_and_nothing_comes_twice() {
    let url = |request: &LogoutRequest, base: &str| request.to_url(&endpoint(base)).expect("a url");
    let one = LogoutRequest::new().with_logout_hint("a").with_parameter("tenant", "7");
    assert_eq!(
        url(&one, "https://as.example/out?a=b&tenant=1&&logout_hint=b"),
        "https://as.example/out?a=b&logout_hint=a&tenant=7"
    );
    assert_eq!(url(&LogoutRequest::new(), "https://as.example/out"), "https://as.example/out");
    assert_eq!(url(&LogoutRequest::new(), "https://as.example/out?a=b"), "https://as.example/out?a=b");
    let code = |request: LogoutRequest| request.to_form().expect_err("refused").code();
    assert_eq!(code(one.clone().with_parameter("state", "x")), "reserved_parameter");
    assert_eq!(code(one.clone().with_parameter("tenant", "8")), "repeated_parameter");
    assert_eq!(code(one.with_parameter("x", "")), "empty_parameter");
    for (query, code) in [
        ("state=a&state=a", "request_repeated_parameter"),
        ("post_logout_redirect_uri=javascript:x", "malformed_parameter"),
        ("client_id=%00", "malformed_parameter"),
        ("state=%0A", "malformed_parameter"),
        ("a=%FF", "form_not_utf8"),
    ] {
        assert_eq!(LogoutRequest::from_query(query).expect_err(query).code(), code);
    }
    assert_eq!(LogoutRequest::from_query("state=&logout_hint=").expect("read").to_form().as_deref(), Ok(""));
}

#[test]
fn rp_initiated_logout_section_3_the_state_comes_back() {
    let back = RedirectUri::new("https://client.example/out?a=b").expect("a uri");
    let response = LogoutResponse::new(Some(State::new("x&z").expect("a state")));
    assert_eq!(response.to_url(&back).as_deref(), Ok("https://client.example/out?a=b&state=x%26z"));
    assert_eq!(LogoutResponse::new(None).to_url(&back).as_deref(), Ok("https://client.example/out?a=b"));
    let read = LogoutResponse::from_query("a=b&state=x%26z").expect("read");
    assert!(read.state().is_some_and(|state| state.matches("x&z")));
    for none in ["", "state=", "a=b", "state=%0A"] {
        assert!(LogoutResponse::from_query(none).expect("read").state().is_none(), "{none}");
    }
    assert!(LogoutResponse::from_query("state=a&state=b").is_err());
}

#[test]
fn backchannel_logout_section_2_5_a_request_read_and_written_back() {
    let headers = [("host", "rp.example.org"), ("content-type", "application/x-www-form-urlencoded")];
    let body = "logout_token=eyJhbGci.eyJpc3Mi.T3BlbklE";
    let received = |body: &str| HttpRequest::received(Method::Post, "/backchannel_logout", headers, body);
    let request = BackchannelLogoutRequest::from_http(&received(body)).expect("read");
    assert!(request.logout_token().matches("eyJhbGci.eyJpc3Mi.T3BlbklE"));
    let written = request.to_http(&endpoint("https://rp.example.org/backchannel_logout")).expect("written");
    assert_eq!(written.body(), body.as_bytes());
    assert_eq!((written.contract().purpose(), written.contract().replay()), (Purpose::Logout, Replay::IfNotSent));
    let more = BackchannelLogoutRequest::from_http(&received("logout_token=a&x=y&client_secret=s")).expect("read");
    assert!(more.parameters().eq([("x", "y")]), "and nobody's credentials");
    assert_eq!(more.to_http(&endpoint("https://a.example/")).expect("written").body(), b"logout_token=a&x=y");
    let twice = more.with_parameter("logout_token", "b").to_http(&endpoint("https://a.example/"));
    assert_eq!(twice.expect_err("twice").code(), "reserved_parameter");
    for bad in ["", "logout_token=", "x=y", "logout_token=a&logout_token=b"] {
        assert_eq!(BackchannelLogoutRequest::from_http(&received(bad)).expect_err(bad).to_http().status(), 400);
    }
    assert!(BackchannelLogoutRequest::new(LogoutToken::new("")).is_err());
}

#[test]
fn backchannel_logout_section_2_8_the_answer_is_200_or_400_and_not_kept() {
    for answer in [BackchannelLogoutResponse::new().to_http(), BackchannelLogoutResponse::refused_to_http("who?")] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    for reading in [Reading::Interop, Reading::Strict] {
        assert!(
            answered(&BackchannelLogoutResponse::new().to_http(), reading).expect("success").deviations().is_empty()
        );
        assert!(answered(&HttpResponse::new(200).with_body("<html>"), reading).is_ok());
        let refused = answered(&BackchannelLogoutResponse::refused_to_http("who?"), reading);
        assert!(matches!(refused, Err(ResponseError::Refused(error)) if error.description() == Some("who?")));
        for body in ["", "<html>", "{}"] {
            let refused = answered(
                &HttpResponse::new(400).with_header("content-type", "application/json").with_body(body),
                reading,
            );
            assert!(
                matches!(refused, Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InvalidRequest),
                "{body}"
            );
        }
        assert!(matches!(answered(&HttpResponse::new(503), reading), Err(ResponseError::Transient { .. })));
        assert!(matches!(answered(&HttpResponse::new(302), reading), Err(ResponseError::Invalid(_))));
        assert!(answered(&HttpResponse::new(404), reading).is_err());
    }
    let no_content = HttpResponse::new(204);
    assert_eq!(
        answered(&no_content, Reading::Interop).expect("success").deviations(),
        [Deviation::Status { found: 204 }]
    );
    assert_eq!(answered(&no_content, Reading::Strict).expect_err("strict").code(), "deviates");
}

#[test]
fn b5_nothing_of_the_user_is_shown() {
    let mark = "MARKED";
    let request = LogoutRequest::new()
        .with_id_token_hint(IdToken::new(mark))
        .with_logout_hint(mark)
        .with_state(State::new(mark).expect("a state"))
        .with_ui_locales(mark)
        .with_parameter("x", mark);
    let logout = BackchannelLogoutRequest::new(LogoutToken::new(mark)).expect("made");
    let response = LogoutResponse::new(Some(State::new(mark).expect("a state")));
    let shown = format!(
        "{request:?} {request:#?} {logout:?} {:?} {response:?}",
        logout.to_http(&endpoint("https://a.example/"))
    );
    assert!(!shown.contains(mark), "{shown}");
    assert!(format!("{:?}", LogoutRequest::from_query("a=%FF").map_err(|error| error.to_string())).contains("UTF-8"));
}

// RFC 6749, section 3.1: no parameter comes twice, so no state comes back to a URI that has one.
#[test]
fn a_redirect_uri_with_a_state_of_its_own_takes_no_other() {
    let uri = |text: &str| RedirectUri::new(text).expect("a uri");
    let state = || State::new("x").expect("a state");
    for own in ["https://client.example/out?state=y", "https://client.example/out?a&st%61te", "com.example.a:/o?a=%ff"]
    {
        let request = LogoutRequest::new().with_post_logout_redirect_uri(uri(own));
        let query = request.to_form().expect("without a state there is one");
        assert!(LogoutRequest::from_query(&query).is_ok(), "{own}");
        let error = request.with_state(state()).to_form().expect_err(own);
        assert_eq!(error, BuildError::RedirectUri);
        let name = "post_logout_redirect_uri";
        let refused = LogoutRequest::from_query(format!("{query}&state=x")).map(drop);
        assert_eq!(refused, Err(RequestError::MalformedParameter { name }));
        assert_eq!(LogoutResponse::new(Some(state())).to_url(&uri(own)), Err(BuildError::RedirectUri));
        assert_eq!(LogoutResponse::new(None).to_url(&uri(own)).as_deref(), Ok(own));
    }
}

#[test]
fn what_else_comes_back_from_a_logout_is_kept() {
    let back = RedirectUri::new("https://client.example/out").expect("a uri");
    let response = LogoutResponse::from_query("x=y&state=s&x=z&e=").expect("read");
    assert!(response.parameters().eq([("x", "y")]) && response.state().is_some());
    assert_eq!(response.to_url(&back).as_deref(), Ok("https://client.example/out?state=s&x=y"));
    for (name, code) in [("state", "reserved_parameter"), ("x", "repeated_parameter"), ("", "empty_parameter")] {
        assert_eq!(response.clone().with_parameter(name, "1").to_url(&back).expect_err(name).code(), code);
    }
}

#[test]
fn credentials_in_the_browsers_url_are_not_kept() {
    let request = LogoutRequest::from_query("state=a&client_secret=s&client_assertion=t&x=y").expect("read");
    assert!(request.parameters().eq([("x", "y")]));
    assert_eq!(request.to_form().as_deref(), Ok("state=a&x=y"));
}

proptest! {
    #[test]
    fn what_was_written_is_read_the_same(hint in "\\PC{0,9}", token in "\\PC{0,9}", state in "[ -~]{1,9}", locales in "\\PC{0,5}", extra in "[a-z]{1,3}x", value in "\\PC{1,5}") {
        let request = LogoutRequest::new().with_logout_hint(hint).with_id_token_hint(IdToken::new(token)).with_ui_locales(locales)
            .with_state(State::new(state.clone()).expect("a state")).with_parameter(extra, value);
        let form = request.to_form().expect("written");
        prop_assert_eq!(LogoutRequest::from_query(&form).expect("read").to_form(), Ok(form.clone()));
        let url = request.to_url(&endpoint("https://as.example/out?a=b")).expect("written");
        prop_assert_eq!(url, format!("https://as.example/out?a=b&{form}"));
        let response = LogoutResponse::from_query(form).expect("read");
        prop_assert!(response.state().is_some_and(|found| found.matches(&state)));
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80), status in 100..600_u16) {
        let _ = (LogoutRequest::from_query(&body), LogoutResponse::from_query(&body));
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let _ = BackchannelLogoutRequest::from_http(&HttpRequest::received(Method::Post, "/", form, body.clone()));
        let response = HttpResponse::new(status).with_body(body);
        if answered(&response, Reading::Strict).is_ok() {
            prop_assert!(answered(&response, Reading::Interop).is_ok());
        }
    }
}
