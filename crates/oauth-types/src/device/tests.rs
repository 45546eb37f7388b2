use alloc::format;
use alloc::string::ToString;

use jwt_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::form::{FormBuilder, Pairs};
use crate::http::Method;
use crate::reading::{Kind, Reading};
use crate::secret::ClientSecret;

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

fn read(response: &HttpResponse, reading: Reading) -> Result<DeviceAuthorizationResponse, ResponseError> {
    DeviceAuthorizationResponse::from_http(response, &Expect::new(NOW).reading(reading))
}

fn json(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

/// A whole answer in which these members are others.
fn answer(changes: &[(&str, &str)]) -> HttpResponse {
    let mut members = alloc::vec![
        ("device_code", r#""d""#),
        ("user_code", r#""WDJB-MJHT""#),
        ("verification_uri", r#""https://example.com/device""#),
        ("expires_in", "1800"),
    ];
    for (name, value) in changes {
        members.retain(|(other, _)| other != name);
        if !value.is_empty() {
            members.push((name, value));
        }
    }
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    json(&format!("{{{}}}", members.join(",")))
}

fn interop(changes: &[(&str, &str)]) -> DeviceAuthorizationResponse {
    read(&answer(changes), Reading::Interop).expect("interop reads it")
}

fn strict_code(changes: &[(&str, &str)]) -> &'static str {
    read(&answer(changes), Reading::Strict).map(|_| "ok").unwrap_or_else(|error| error.code())
}

// HTTP-8628-049
#[test]
fn rfc_8628_section_3_1_a_request_read_and_written_back() {
    let headers = [("host", "server.example.com"), ("content-type", "application/x-www-form-urlencoded")];
    let body = "client_id=1406020730&scope=example_scope";
    let request = HttpRequest::received(Method::Post, "/device_authorization", headers, body);
    let (device, client) = DeviceAuthorizationRequest::from_http(&request).expect("read");
    assert_eq!(device.scope().map(Scope::as_str), Some("example_scope"));
    let id = client.client_id().expect("an id");
    let endpoint = Endpoint::new("https://server.example.com/device_authorization").expect("an endpoint");
    let written = device.to_http(&endpoint, id, &ClientAuth::None).expect("written");
    let sorted = |body: &[u8]| {
        let mut pairs: Vec<_> =
            Pairs::parse(body).expect("a form").iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.sort_unstable();
        pairs
    };
    assert_eq!(sorted(written.body()), sorted(body.as_bytes()));
    assert_eq!(
        (written.contract().purpose(), written.contract().replay()),
        (Purpose::DeviceAuthorization, Replay::Safe)
    );
}

// HTTP-8628-050, DEV-01, DEV-05
#[test]
fn rfc_8628_section_3_2_an_answer_read_and_written_back() {
    let response = HttpResponse::new(200)
        .with_header("content-type", "application/json")
        .with_header("cache-control", "no-store")
        .with_body(
            r#"{
  "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
  "user_code": "WDJB-MJHT",
  "verification_uri": "https://example.com/device",
  "verification_uri_complete":
      "https://example.com/device?user_code=WDJB-MJHT",
  "expires_in": 1800,
  "interval": 5
}"#,
        );
    for reading in [Reading::Interop, Reading::Strict] {
        let device = read(&response, reading).expect("read");
        assert!(device.device_code().matches("GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"));
        assert_eq!(device.user_code(), "WDJB-MJHT");
        assert_eq!(device.verification_uri(), "https://example.com/device");
        assert_eq!(device.verification_uri_complete(), Some("https://example.com/device?user_code=WDJB-MJHT"));
        assert_eq!(device.expires_in(), Some(Duration::from_secs(1800)));
        assert_eq!(device.interval(), Duration::from_secs(5));
        assert!(device.deviations().is_empty() && device.extra().is_empty());
        let written = device.to_http();
        assert_eq!(written.header("cache-control"), Some("no-store"));
        let compact: String = core::str::from_utf8(response.body()).expect("text").split_whitespace().collect();
        assert_eq!(core::str::from_utf8(written.body()), Ok(compact.as_str()));
    }
}

// DEV-01. QUIRKS, device answers: expires_in missing.
#[test]
fn what_is_required_is_required_and_the_interval_is_five_seconds_by_default() {
    for member in ["device_code", "user_code", "verification_uri"] {
        for value in ["", "null", "\"\""] {
            for reading in [Reading::Interop, Reading::Strict] {
                let error = read(&answer(&[(member, value)]), reading).expect_err(member);
                assert_eq!(error.code(), "missing_member", "{member} {value}");
            }
        }
        assert_eq!(strict_code(&[(member, "7")]), "malformed_member");
    }
    assert_eq!(interop(&[]).interval(), DEFAULT_INTERVAL);
    assert_eq!(strict_code(&[]), "ok");
    let forever = interop(&[("expires_in", "")]);
    assert_eq!(forever.expires_in(), None);
    assert_eq!(forever.deviations(), [Deviation::Missing { member: "expires_in" }]);
    assert_eq!(strict_code(&[("expires_in", "")]), "deviates");
}

// DEV-02, B1. QUIRKS, device answers: interval and expires_in of any kind.
#[test]
fn b1_no_interval_is_shorter_than_a_second_and_none_overflows() {
    let cases: &[(&str, u64, Option<Deviation>)] = &[
        ("7", 7, None),
        ("0", 1, None),
        ("null", 5, Some(Deviation::WrongType { member: "interval", found: Kind::Null })),
        ("\"\"", 5, Some(Deviation::Empty { member: "interval" })),
        ("\"7\"", 7, Some(Deviation::WrongType { member: "interval", found: Kind::String })),
        ("\"soon\"", 5, Some(Deviation::Malformed { member: "interval" })),
        ("7.9", 7, Some(Deviation::WrongType { member: "interval", found: Kind::Fraction })),
        ("-3", 1, Some(Deviation::OutOfRange { member: "interval" })),
        ("18446744073709551615", u64::MAX, None),
        ("18446744073709551616", u64::MAX, Some(Deviation::OutOfRange { member: "interval" })),
        ("1e300", u64::MAX, Some(Deviation::OutOfRange { member: "interval" })),
        ("[5]", 5, Some(Deviation::WrongType { member: "interval", found: Kind::Array })),
    ];
    for (value, seconds, deviation) in cases {
        let device = interop(&[("interval", value)]);
        assert_eq!(device.interval(), Duration::from_secs(*seconds), "{value}");
        assert_eq!(device.deviations().last(), deviation.as_ref(), "{value}");
        assert_eq!(strict_code(&[("interval", value)]), if deviation.is_some() { "deviates" } else { "ok" }, "{value}");
        assert!(NOW.saturating_add(device.interval()) > NOW);
    }
    assert_eq!(interop(&[("expires_in", "\"1800\"")]).expires_in(), Some(Duration::from_secs(1800)));
    assert_eq!(interop(&[("expires_in", "-1")]).expires_in(), Some(Duration::ZERO));
}

// QUIRKS, device answers: Google's verification_url, Facebook's code.
#[test]
fn google_and_facebook_have_names_of_their_own() {
    let google = r#"{"device_code":"4/4-GMMhmHCXhWEzkobqIHGG_EnNYYsAkukHspeYUk9E8","user_code":"GQVQ-JKEC",
        "verification_url":"https://www.google.com/device","expires_in":1800,"interval":5}"#;
    let device = read(&json(google), Reading::Interop).expect("read");
    assert_eq!(device.verification_uri(), "https://www.google.com/device");
    assert_eq!(
        device.deviations().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["verification_uri was called verification_url"]
    );
    assert_eq!(read(&json(google), Reading::Strict).expect_err("strict").code(), "missing_member");
    let facebook = r#"{"code":"92a2b2e351f2b0b3503b2de251132f47","user_code":"A1NWZ9",
        "verification_uri":"https://www.facebook.com/device","expires_in":420,"interval":5}"#;
    let device = read(&json(facebook), Reading::Interop).expect("read");
    assert!(device.device_code().matches("92a2b2e351f2b0b3503b2de251132f47") && device.extra().is_empty());
    assert_eq!(device.deviations(), [Deviation::Misnamed { member: "device_code", found: "code" }]);
    assert_eq!(read(&json(facebook), Reading::Strict).expect_err("strict").code(), "missing_member");
}

// DEV-03 (the message half), B2, B8
#[test]
fn errors_are_errors_and_outages_are_none() {
    let refused = ErrorResponse::new(ErrorCode::UnauthorizedClient).to_http(400);
    assert!(matches!(read(&refused, Reading::Strict), Err(ResponseError::Refused(error))
        if error.code() == &ErrorCode::UnauthorizedClient));
    let ok = json(r#"{"error":"invalid_scope"}"#);
    assert!(
        matches!(read(&ok, Reading::Interop), Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InvalidScope)
    );
    for (status, body) in
        [(503, r#"{"error":"invalid_client"}"#), (429, "{}"), (403, r#"{"error_code":"rate_limit_exceeded"}"#)]
    {
        let response = HttpResponse::new(status).with_header("content-type", "application/json").with_body(body);
        assert!(matches!(read(&response, Reading::Interop), Err(ResponseError::Transient { .. })), "{status}");
    }
}

// B10
#[test]
fn b10_nobody_is_sent_to_a_page_that_is_not_safe() {
    for uri in [
        "http://example.com/device",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@example.com/",
        "/device",
        "https://example.com/a b",
        "https://example.com/#\\u0007",
    ] {
        let quoted = format!("\"{uri}\"");
        for reading in [Reading::Interop, Reading::Strict] {
            let error = read(&answer(&[("verification_uri", &quoted)]), reading).expect_err(uri);
            assert_eq!(error.code(), "malformed_member", "{uri}");
        }
        let device = interop(&[("verification_uri_complete", &quoted)]);
        assert_eq!(device.verification_uri_complete(), None, "{uri}");
        assert_eq!(device.deviations(), [Deviation::Malformed { member: "verification_uri_complete" }]);
    }
    assert_eq!(
        interop(&[("verification_uri", "\"http://127.0.0.1:8080/d\"")]).verification_uri(),
        "http://127.0.0.1:8080/d"
    );
    assert_eq!(
        interop(&[("verification_uri", "\"https://a.example/#/device\"")]).verification_uri(),
        "https://a.example/#/device"
    );
    assert_eq!(strict_code(&[("user_code", "\"A\\u202EB\"")]), "malformed_member");
}

#[test]
fn a_request_carries_all_that_can_be_asked_for() {
    let (endpoint, id) =
        (Endpoint::new("https://a.example/d").expect("an endpoint"), ClientId::new("c").expect("an id"));
    let request = DeviceAuthorizationRequest::new()
        .with_resource(Resource::new("https://api.example/1").expect("a resource"))
        .with_resource(Resource::new("https://api.example/2").expect("a resource"))
        .with_authorization_details(AuthorizationDetails::parse(r#"[{"type":"x"}]"#).expect("details"))
        .with_parameter("nonce", "n-1");
    let auth = ClientAuth::Post(ClientSecret::new("s"));
    let http = request.to_http(&endpoint, &id, &auth).expect("built");
    let (read, client) = DeviceAuthorizationRequest::from_http(&http).expect("read");
    assert!(client.has_secret(&ClientSecret::new("s")));
    assert_eq!(read.resources().len(), 2);
    assert_eq!(read.authorization_details().to_json(), r#"[{"type":"x"}]"#);
    assert!(read.parameters().eq([("nonce", "n-1")]));
    assert_eq!(read.to_http(&endpoint, &id, &auth).expect("built").body(), http.body());
    // OA-25
    for details in ["{}", "[]x", "[1]", "[{}]", "[{\"type\":7}]", ""] {
        assert!(AuthorizationDetails::parse(details).is_err(), "{details}");
        if !details.is_empty() {
            let mut body = FormBuilder::new();
            body.append("client_id", "c").append("authorization_details", details);
            let request = HttpRequest::post_form("/d", Purpose::DeviceAuthorization, body.finish());
            let error = DeviceAuthorizationRequest::from_http(&request).expect_err(details);
            assert_eq!(
                (error.code(), error.error_code()),
                ("malformed_parameter", ErrorCode::InvalidAuthorizationDetails)
            );
        }
    }
    let reserved = DeviceAuthorizationRequest::new().with_parameter("scope", "x").to_http(&endpoint, &id, &auth);
    assert_eq!(reserved.expect_err("reserved").code(), "reserved_parameter");
}

#[test]
fn a_server_cannot_write_what_a_client_would_not_read() {
    let new = |code: &str, uri: &str| {
        DeviceAuthorizationResponse::new(DeviceCode::new("d"), code, uri, Duration::from_secs(60))
    };
    assert!(new("A", "https://a.example/").is_ok());
    assert_eq!(new("", "https://a.example/").expect_err("empty"), IdentifierError::Character);
    assert_eq!(new("A", "http://a.example/").expect_err("http"), IdentifierError::Scheme);
    let device = new("A", "https://a.example/").expect("made").with_interval(Duration::ZERO);
    assert_eq!(device.interval(), MIN_INTERVAL);
}

#[test]
fn b5_neither_code_is_shown() {
    let device = DeviceAuthorizationResponse::new(
        DeviceCode::new("MARKED"),
        "MARKED",
        "https://a.example/",
        Duration::from_secs(60),
    )
    .and_then(|device| device.with_verification_uri_complete("https://a.example/?c=MARKED"))
    .expect("made")
    .with_extra("x", "MARKED");
    let request = DeviceAuthorizationRequest::new()
        .with_parameter("x", "MARKED")
        .with_authorization_details(AuthorizationDetails::parse(r#"[{"type":"MARKED"}]"#).expect("details"));
    let shown = format!("{device:?} {device:#?} {request:?} {:?}", device.to_http());
    assert!(!shown.contains("MARKED"), "{shown}");
}

proptest! {
    #[test]
    fn what_was_written_is_read_the_same_in_both_readings(
        code in "\\PC{1,20}", user in "[A-Z0-9-]{1,12}", path in "[a-z/]{0,9}", lifetime: u64, interval: Option<u64>, extra in "[a-z]{1,3}x",
    ) {
        let uri = format!("https://a.example/{path}");
        let device = DeviceAuthorizationResponse::new(DeviceCode::new(code), user, uri, Duration::from_secs(lifetime)).expect("made");
        let device = interval.into_iter().map(Duration::from_secs).fold(device, DeviceAuthorizationResponse::with_interval).with_extra(extra, 1u64);
        let wire = device.to_http();
        for reading in [Reading::Interop, Reading::Strict] {
            let again = read(&wire, reading).expect("read");
            prop_assert!(again.deviations().is_empty());
            prop_assert_eq!(again.to_http().body().to_vec(), wire.body());
        }
    }

    #[test]
    fn strict_accepts_a_subset_of_interop(
        members in proptest::collection::vec((0..8_usize, "\"[ -~&&[^\"\\\\]]{0,9}\"|-?[0-9]{1,22}|null|\\[\\]|1e400|0\\.5"), 0..7), status in 199..600_u16,
    ) {
        let names = ["device_code", "user_code", "verification_uri", "verification_url", "expires_in", "interval", "error", "verification_uri_complete"];
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{}\":{value}", names[*name])).collect();
        let response = HttpResponse::new(status).with_header("content-type", "application/json").with_body(format!("{{{}}}", members.join(",")));
        if let Ok(strict) = read(&response, Reading::Strict) {
            let interop = read(&response, Reading::Interop).expect("interop reads what strict reads");
            prop_assert_eq!(strict.to_http().body().to_vec(), interop.to_http().body().to_vec());
            prop_assert!(strict.deviations().is_empty());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80)) {
        for reading in [Reading::Interop, Reading::Strict] {
            let _ = read(&json("").with_body(body.clone()), reading);
        }
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let _ = DeviceAuthorizationRequest::from_http(&HttpRequest::received(Method::Post, "/d", form, body));
    }
}
