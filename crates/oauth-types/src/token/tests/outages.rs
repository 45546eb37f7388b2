//! Answers that bring no tokens: errors, outages, and what is neither (QUIRKS, "Token answers").

use alloc::borrow::ToOwned;
use alloc::format;
use core::time::Duration;

use super::*;
use jwt_core::Blame;

// QUIRKS, token endpoint answers: the texts of an error. OA-13
#[test]
fn the_text_of_an_error_is_cleaned_for_display() {
    let body = r#"{"error":"invalid_grant","error_description":"AADSTS70008: expired.\r\nTrace ID: 0f\u202e, d\u00e9j\u00e0","error_uri":"javascript:alert(1)","x":null}"#;
    let (code, description, deviations) = interop_error(&json(400, body));
    assert_eq!(
        (code.as_str(), description.as_deref()),
        ("invalid_grant", Some("AADSTS70008: expired. Trace ID: 0f, déjà"))
    );
    assert_eq!(deviations, ["error_description held characters that are not allowed", "error_uri was malformed"]);
    assert_eq!(strict_refuses(&json(400, body)), "deviates");

    let body = r#"{"error":"invalid_grant","error_description":null,"error_uri":null}"#;
    let (_, description, deviations) = interop_error(&json(400, body));
    assert_eq!(description, None);
    assert_eq!(deviations, ["error_description was null", "error_uri was null"]);
    assert_eq!(strict_refuses(&json(400, body)), "deviates");

    for uri in [
        "ftp://a.example/",
        "http:/",
        "https://user@a.example/",
        "/relative",
        "https://a.example/\\u0022x",
        "data:text/html,x",
    ] {
        let (_, _, deviations) = interop_error(&json(400, &format!(r#"{{"error":"x","error_uri":"{uri}"}}"#)));
        assert_eq!(deviations, ["error_uri was malformed"], "{uri}");
    }
    let (code, _, deviations) = interop_error(&json(400, r#"{"error":"inv\nalid\u0000_é"}"#));
    assert_eq!(code, "inv alid_é");
    assert_eq!(deviations, ["error held characters that are not allowed"]);
    assert_eq!(
        read(&json(400, r#"{"error":"\u0000"}"#), Reading::Interop).expect_err("empty").code(),
        "malformed_member"
    );
}

// QUIRKS, token endpoint answers: 401 with a challenge and a verdict.
#[test]
fn a_401_with_a_challenge_and_a_verdict_is_the_verdict_of_the_body() {
    let response =
        json(401, r#"{"error":"invalid_client"}"#).with_header("www-authenticate", "Bearer error=\"invalid_token\"");
    for reading in [Reading::Interop, Reading::Strict] {
        let Err(ResponseError::Refused(error)) = read(&response, reading) else { panic!("no verdict") };
        assert_eq!(error.code(), &crate::ErrorCode::InvalidClient);
        assert!(error.deviations().is_empty());
    }
}

// QUIRKS, token endpoint answers: 5xx and 429. B8
#[test]
fn b8_5xx_and_429_are_never_a_verdict() {
    for status in [500, 501, 502, 503, 504, 599, 429] {
        for body in [r#"{"error":"invalid_grant"}"#, TOKEN, "", "<html>"] {
            for reading in [Reading::Interop, Reading::Strict] {
                let error = read(&json(status, body), reading).expect_err("no verdict");
                assert!(
                    matches!(error, ResponseError::Transient { status: found, retry_after: None } if found == status)
                );
                assert_eq!((error.code(), error.blame()), ("transient", Blame::Transport));
            }
        }
    }
}

// QUIRKS, token endpoint answers: 4xx with HTML or nothing.
#[test]
fn a_4xx_without_a_verdict_is_transient_in_interop() {
    for body in
        ["", "<html>Forbidden</html>", "Bad Request", "[]", r#"{"message":"Forbidden"}"#, r#"{"error":null}"#, "{}"]
    {
        let response = json(403, body);
        assert!(
            matches!(read(&response, Reading::Interop), Err(ResponseError::Transient { status: 403, .. })),
            "{body}"
        );
        strict_refuses(&response);
    }
    // It may say when to come back, as 429 and 503 may.
    for status in [403, 408, 429, 500, 503] {
        let response = HttpResponse::new(status)
            .with_header("content-type", "text/html")
            .with_header("retry-after", "7")
            .with_body("<html></html>");
        let Err(ResponseError::Transient { status: found, retry_after }) = read(&response, Reading::Interop) else {
            panic!("a verdict: {status}")
        };
        assert_eq!((found, retry_after), (status, Some(Duration::from_secs(7))));
    }
    // Said to be JSON by its first character, but it is none: nobody knows what was meant.
    assert_eq!(
        read(&json(400, r#"{"error":"invalid_gr"#), Reading::Interop).expect_err("cut").code(),
        "json_incomplete"
    );
}

// QUIRKS, token endpoint answers: Retry-After.
#[test]
fn retry_after_is_exposed_and_capped() {
    for (value, expected) in [
        ("120", Some(120)),
        ("999999999999999999999", Some(3600)),
        ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
        ("Thursday, 01-Jan-26 00:01:00 GMT", Some(60)),
        ("Thu Jan  1 00:01:00 2026", Some(60)),
        ("Wed, 31 Dec 2025 23:59:00 GMT", Some(0)),
        ("tomorrow", None),
    ] {
        let response = HttpResponse::new(503).with_header("Retry-After", value);
        let Err(ResponseError::Transient { status: 503, retry_after }) = read(&response, Reading::Interop) else {
            panic!("not transient: {value}")
        };
        assert_eq!(retry_after, expected.map(Duration::from_secs), "{value}");
    }
}

// QUIRKS, device answers: Facebook's own pending error.
#[test]
fn while_a_device_waits_facebook_says_so_in_numbers() {
    let error = |code, subcode| {
        let body = format!(
            r#"{{"error":{{"message":"This request requires the user to take a pending action","code":{code},
                "error_subcode":{subcode},"error_user_title":"Device Login Authorization Pending"}}}}"#
        );
        let response = json(400, &body);
        strict_refuses(&response);
        let Err(ResponseError::Refused(error)) = read(&response, Reading::Interop) else { panic!("no error") };
        assert!(error.deviations().contains(&Deviation::ForeignErrorShape));
        assert_eq!(error.extra().len(), 3, "its own numbers are kept");
        error.code().as_str().to_owned()
    };
    assert_eq!(error(31, 1_349_174), "authorization_pending");
    assert_eq!(error(17, 1_349_172), "slow_down");
    assert_eq!(error(463, 1_349_152), "expired_token");
    // The same code for another reason, and the same reason of another code.
    assert_eq!((error(17, 1), error(200, 1_349_174)), ("17".into(), "200".into()));
}

// QUIRKS, token endpoint answers: 428 or 403 while a device waits.
#[test]
fn while_a_device_waits_any_4xx_is_what_the_body_says() {
    for reading in [Reading::Interop, Reading::Strict] {
        let Err(ResponseError::Refused(error)) = read(&json(400, r#"{"error":"slow_down"}"#), reading) else {
            panic!("no verdict")
        };
        assert_eq!((error.code(), error.deviations()), (&crate::ErrorCode::SlowDown, &[][..]));
    }
    for (status, code) in [(428, "authorization_pending"), (403, "slow_down")] {
        let response = json(status, &format!(r#"{{"error":"{code}"}}"#));
        let (found, _, deviations) = interop_error(&response);
        assert_eq!(found, code);
        assert_eq!(deviations, [format!("the status was {status}")]);
        assert_eq!(strict_refuses(&response), "deviates");
    }
}
