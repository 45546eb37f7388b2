//! What real providers send, row by row: right in interop with the deviation said, refused in strict where the RFC refuses it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec;
use core::time::Duration;

use super::*;
use crate::response::InvalidResponse;
use crate::token::TokenType;
use jwt_core::Blame;

fn with(member: &str) -> HttpResponse {
    json(200, &format!(r#"{{"access_token":"a","token_type":"Bearer",{member}}}"#))
}

// QUIRKS, token endpoint answers: the content type around JSON.
#[test]
fn any_content_type_around_json_is_a_token() {
    for content_type in
        ["text/html", "text/javascript; charset=UTF-8", "application/x-www-form-urlencoded", "", "text/plain"]
    {
        let response = HttpResponse::new(200).with_header("content-type", content_type).with_body(TOKEN);
        assert_eq!(
            said(interop(&response).deviations()),
            ["the content type was not application/json"],
            "{content_type}"
        );
        assert_eq!(strict_refuses(&response), "deviates", "{content_type}");
    }
    // An error is read no other way than a token.
    let error = HttpResponse::new(400)
        .with_header("content-type", "text/html; charset=utf-8")
        .with_body("\u{FEFF}{\"error\":\"invalid_grant\"}");
    let (code, _, deviations) = interop_error(&error);
    assert_eq!(code, "invalid_grant");
    assert_eq!(deviations, ["a byte-order mark stood before the body", "the content type was not application/json"]);
    assert_eq!(strict_refuses(&error), "deviates");
    let none = HttpResponse::new(200).with_body(TOKEN);
    assert_eq!(said(interop(&none).deviations()), ["the content type was not application/json"]);
    assert_eq!(strict_refuses(&none), "deviates");
    for content_type in
        ["application/json", "Application/JSON", "APPLICATION/JSON;charset=utf-8", "application/json ; charset=UTF-8"]
    {
        let response = HttpResponse::new(200).with_header("Content-Type", content_type).with_body(TOKEN);
        assert!(read(&response, Reading::Strict).expect(content_type).deviations().is_empty());
    }
}

// QUIRKS, token endpoint answers: status 201.
#[test]
fn status_201_is_a_token() {
    let response = json(201, TOKEN);
    assert_eq!(said(interop(&response).deviations()), ["the status was 201"]);
    assert_eq!(strict_refuses(&response), "deviates");
}

// QUIRKS, token endpoint answers: form-encoded success or error, also as text/plain.
#[test]
fn a_form_encoded_success_or_error_is_understood() {
    for content_type in ["application/x-www-form-urlencoded", "text/plain; charset=utf-8", ""] {
        let body = "access_token=gho_16C7&scope=repo%2Cgist&token_type=bearer&expires_in=28800";
        let response = HttpResponse::new(200).with_header("content-type", content_type).with_body(body);
        let tokens = interop(&response);
        assert!(tokens.access_token().matches("gho_16C7"));
        assert_eq!(tokens.token_type(), &TokenType::Bearer);
        assert_eq!(tokens.expires_in(), Some(Duration::from_secs(28800)));
        assert_eq!(tokens.scope().map(ToString::to_string).as_deref(), Some("repo gist"));
        assert_eq!(said(tokens.deviations()), ["the body was form-encoded", "scope was separated by commas"]);
        assert_eq!(strict_refuses(&response), "response_not_an_object");
    }
    let facebook = HttpResponse::new(200).with_body("access_token=EAAB&expires=5183999");
    let tokens = interop(&facebook);
    assert_eq!(tokens.expires_in(), Some(Duration::from_secs(5_183_999)));
    assert_eq!(
        said(tokens.deviations()),
        ["the body was form-encoded", "token_type was missing", "expires_in was called expires"]
    );
    for content_type in ["application/x-www-form-urlencoded", "text/plain", "text/html", "application/json"] {
        let error = HttpResponse::new(400).with_header("content-type", content_type).with_body("error=invalid_grant");
        let (code, _, deviations) = interop_error(&error);
        assert_eq!((code.as_str(), deviations), ("invalid_grant", vec!["the body was form-encoded".to_owned()]));
        assert_eq!(strict_refuses(&error), "response_not_an_object", "{content_type}");
    }
    let error = HttpResponse::new(200).with_body(
        "error=bad_verification_code&error_description=The+code+is+incorrect.&error_uri=https%3A%2F%2Fdocs.example%2F",
    );
    let (code, description, deviations) = interop_error(&error);
    assert_eq!((code.as_str(), description.as_deref()), ("bad_verification_code", Some("The code is incorrect.")));
    assert_eq!(deviations, ["the body was form-encoded", "the status was 200"]);
    assert_eq!(strict_refuses(&error), "response_not_an_object");
}

// QUIRKS, token endpoint answers: status 200 with an error, also while a device waits. B2, OA-14
#[test]
fn b2_status_200_with_an_error_is_an_error() {
    for body in [
        r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}"#,
        r#"{"error":"bad_verification_code","access_token":"a","token_type":"Bearer"}"#,
        r#"{"ok":false,"error":"bad_verification_code"}"#,
    ] {
        let (code, _, deviations) = interop_error(&json(200, body));
        assert_eq!(code, "bad_verification_code");
        assert_eq!(deviations, ["the status was 200"]);
        assert_eq!(strict_refuses(&json(200, body)), "deviates");
    }
    let pending = json(200, r#"{"error":"authorization_pending"}"#);
    let Err(ResponseError::Refused(error)) = read(&pending, Reading::Interop) else { panic!("no error") };
    assert_eq!(error.code(), &crate::ErrorCode::AuthorizationPending);
}

// QUIRKS, token endpoint answers: errors as objects and in other shapes.
#[test]
fn errors_in_shapes_of_their_own_keep_their_code_as_text() {
    for (status, body, code, description) in [
        (
            400,
            r#"{"error":{"message":"Invalid code","type":"OAuthException","code":100,"fbtrace_id":"x"}}"#,
            "100",
            "Invalid code",
        ),
        (400, r#"{"error":{"message":"Invalid code","type":"OAuthException"}}"#, "OAuthException", "Invalid code"),
        (200, r#"{"errcode":40029,"errmsg":"invalid code"}"#, "40029", "invalid code"),
        (400, r#"{"status":400,"message":"Invalid refresh token"}"#, "400", "Invalid refresh token"),
        (
            400,
            r#"{"success":false,"errors":[{"errorType":"invalid_grant","message":"Refresh token invalid"}]}"#,
            "invalid_grant",
            "Refresh token invalid",
        ),
    ] {
        let found = interop_error(&json(status, body));
        assert_eq!((found.0.as_str(), found.1.as_deref()), (code, Some(description)), "{body}");
        assert!(found.2.iter().any(|said| said == "the error had a shape of the provider's own"), "{body}");
        strict_refuses(&json(status, body));
    }
    // What says that all is well, or that nobody knows, is no error.
    for body in [
        r#"{"errcode":0,"errmsg":"ok"}"#,
        r#"{"errcode":"0"}"#,
        r#"{"status":200,"message":"ok"}"#,
        r#"{"status":503,"message":"x"}"#,
    ] {
        assert_eq!(read(&json(200, body), Reading::Interop).expect_err(body).code(), "missing_member", "{body}");
    }
    let busy = json(400, r#"{"status":429,"message":"rate exceeded"}"#);
    assert!(matches!(read(&busy, Reading::Interop), Err(ResponseError::Transient { .. })));
    // WeChat's enterprise sister says that all is well.
    let fine = json(200, r#"{"errcode":0,"errmsg":"ok","access_token":"a","expires_in":7200}"#);
    assert_eq!(said(interop(&fine).deviations()), ["token_type was missing"]);
}

// QUIRKS, token endpoint answers: token_type missing, proprietary, in any letters. OA-10
#[test]
fn a_missing_token_type_is_bearer_and_an_unknown_one_never_is() {
    for (body, deviations) in [
        (r#"{"access_token":"a"}"#, vec!["token_type was missing"]),
        (r#"{"access_token":"a","token_type":null}"#, vec!["token_type was null", "token_type was missing"]),
        (r#"{"access_token":"a","token_type":""}"#, vec!["token_type was empty", "token_type was missing"]),
    ] {
        let tokens = interop(&json(200, body));
        assert_eq!(tokens.token_type(), &TokenType::Bearer);
        assert_eq!(said(tokens.deviations()), deviations);
        assert_eq!(strict_refuses(&json(200, body)), "deviates");
    }
    for (name, expected) in [
        ("bearer", TokenType::Bearer),
        ("BEARER", TokenType::Bearer),
        ("dpop", TokenType::DPoP),
        ("n_a", TokenType::NotApplicable),
        ("bot", TokenType::Other("bot".into())),
    ] {
        for reading in [Reading::Interop, Reading::Strict] {
            let tokens = read(&json(200, &format!(r#"{{"access_token":"a","token_type":"{name}"}}"#)), reading);
            assert_eq!(tokens.expect(name).token_type(), &expected);
        }
    }
    let ebay = json(200, r#"{"access_token":"a","token_type":"User Access Token"}"#);
    assert_eq!(interop(&ebay).token_type(), &TokenType::Other("User Access Token".into()));
    assert_eq!(interop(&ebay).token_type().scheme(), None);
    assert_eq!(said(interop(&ebay).deviations()), ["token_type held characters that are not allowed"]);
    assert_eq!(strict_refuses(&ebay), "deviates");
    for token_type in ["7", "true", "{}", "[\"Bearer\"]"] {
        let response = json(200, &format!(r#"{{"access_token":"a","token_type":{token_type}}}"#));
        assert!(read(&response, Reading::Interop).is_err(), "{token_type}");
    }
}

// QUIRKS, token endpoint answers: expires_in of any kind. OA-11
#[test]
fn expires_in_of_any_kind_never_overflows_and_unusable_means_unknown() {
    let seconds = |n| Some(Duration::from_secs(n));
    for (value, expected, deviations) in [
        (r#""3600""#, seconds(3600), vec!["expires_in was a string"]),
        (r#""3600.9""#, seconds(3600), vec!["expires_in was a string"]),
        (r#""-1""#, seconds(0), vec!["expires_in was a string", "expires_in was out of range"]),
        (r#""soon""#, None, vec!["expires_in was a string", "expires_in was malformed"]),
        (r#""inf""#, None, vec!["expires_in was a string", "expires_in was malformed"]),
        (r#""""#, None, vec!["expires_in was empty"]),
        ("3600.0", seconds(3600), vec!["expires_in was a fraction"]),
        ("3599.9", seconds(3599), vec!["expires_in was a fraction"]),
        ("3.6e3", seconds(3600), vec!["expires_in was a fraction"]),
        ("null", None, vec!["expires_in was null"]),
        ("-1", seconds(0), vec!["expires_in was out of range"]),
        ("18446744073709551616", None, vec!["expires_in was out of range"]),
        ("1e300", None, vec!["expires_in was out of range"]),
        ("-1e300", seconds(0), vec!["expires_in was a fraction", "expires_in was out of range"]),
        ("true", None, vec!["expires_in was a boolean"]),
        ("[3600]", None, vec!["expires_in was an array"]),
        ("{}", None, vec!["expires_in was an object"]),
    ] {
        let response = with(&format!(r#""expires_in":{value}"#));
        let tokens = interop(&response);
        assert_eq!(tokens.expires_in(), expected, "{value}");
        assert_eq!(said(tokens.deviations()), deviations, "{value}");
        assert_eq!(strict_refuses(&response), "deviates", "{value}");
    }
    // In a form all values are text, and a fraction is one all the same.
    for (value, deviations) in [
        ("3600", vec!["the body was form-encoded"]),
        ("3600.5", vec!["the body was form-encoded", "expires_in was a fraction"]),
    ] {
        let body = format!("access_token=a&token_type=bearer&expires_in={value}");
        let form =
            HttpResponse::new(200).with_header("content-type", "application/x-www-form-urlencoded").with_body(body);
        assert_eq!(
            (interop(&form).expires_in(), said(interop(&form).deviations())),
            (seconds(3600), deviations.iter().map(ToString::to_string).collect())
        );
    }
    for (value, expected) in [("0", 0), ("3600", 3600), ("18446744073709551615", u64::MAX)] {
        let response = with(&format!(r#""expires_in":{value}"#));
        assert_eq!(read(&response, Reading::Strict).expect(value).expires_in(), seconds(expected));
        assert_eq!(interop(&response).deviations(), []);
    }
    assert_eq!(interop(&json(200, TOKEN)).expires_in(), None);
}

// QUIRKS, token endpoint answers: scope of any kind, or called scopes. OA-12
#[test]
fn scope_in_any_shape_is_the_granted_scope_and_absent_means_as_asked() {
    let asked = crate::Scope::parse("read a,b").expect("a scope");
    let granted = |response: &HttpResponse, reading| {
        let expect = Expect::new(NOW).reading(reading).scope(&asked);
        TokenResponse::from_http(response, &expect)
            .map(|tokens| (tokens.scope().map(ToString::to_string).unwrap_or_default(), said(tokens.deviations())))
    };
    for (member, scope, deviation) in [
        (r#""scope":["read","write"]"#, "read write", "scope was an array"),
        (r#""scope":null"#, "read a,b", "scope was null"),
        (r#""scope":"""#, "read a,b", "scope was empty"),
        (r#""scope":[]"#, "read a,b", "scope was an array"),
        (r#""scope":"read,write""#, "read write", "scope was separated by commas"),
        (r#""scope":"read, write""#, "read write", "scope was separated by commas"),
        (r#""scope":" read  write ""#, "read write", "scope held characters that are not allowed"),
        (r#""scope":"re\"ad""#, "read a,b", "scope was malformed"),
        (r#""scope":7"#, "read a,b", "scope was an integer"),
        (r#""scope":["read",7]"#, "read a,b", "scope was an array"),
    ] {
        let (found, deviations) = granted(&with(member), Reading::Interop).expect(member);
        assert_eq!(found, scope, "{member}");
        assert_eq!(deviations.first().map(String::as_str), Some(deviation), "{member}");
    }
    for member in [r#""scopes":"read write""#, r#""scopes":["read","write"]"#] {
        let (found, deviations) = granted(&with(member), Reading::Interop).expect(member);
        assert_eq!(
            (found.as_str(), deviations.first().map(String::as_str)),
            ("read write", Some("scope was called scopes"))
        );
        assert_eq!(granted(&with(member), Reading::Strict).expect(member), ("read a,b".into(), vec![]));
    }
    // Beside a scope that says nothing, and not beside one that does.
    assert_eq!(granted(&with(r#""scope":7,"scopes":"read write""#), Reading::Interop).expect("both").0, "read write");
    assert_eq!(granted(&with(r#""scope":"read","scopes":"read write""#), Reading::Interop).expect("both").0, "read");
    for member in
        [r#""scope":["read"]"#, r#""scope":null"#, r#""scope":"""#, r#""scope":"a  b""#, r#""scope":"\u00e9""#]
    {
        assert_eq!(strict_refuses(&with(member)), "deviates", "{member}");
    }
    // A comma is a letter of a token to the RFC, and to interop too if the token was asked for so.
    assert_eq!(granted(&with(r#""scope":"read,write""#), Reading::Strict).expect("strict").0, "read,write");
    assert_eq!(
        granted(&with(r#""scope":"read a,b""#), Reading::Interop).expect("interop"),
        ("read a,b".into(), vec![])
    );
    // Commas with nothing between them separate nothing.
    for reading in [Reading::Interop, Reading::Strict] {
        assert_eq!(granted(&with(r#""scope":",""#), reading).expect("a comma"), (",".into(), vec![]));
    }
    assert_eq!(granted(&json(200, TOKEN), Reading::Strict).expect("absent").0, "read a,b");
}

// QUIRKS, token endpoint answers: refresh_token, id_token null or empty.
#[test]
fn a_null_or_empty_refresh_or_id_token_is_absent() {
    for (member, deviation) in [
        (r#""refresh_token":null"#, "refresh_token was null"),
        (r#""refresh_token":"""#, "refresh_token was empty"),
        (r#""id_token":null"#, "id_token was null"),
        (r#""id_token":"""#, "id_token was empty"),
    ] {
        let tokens = interop(&with(member));
        assert!(tokens.refresh_token().is_none() && tokens.id_token().is_none());
        assert_eq!(said(tokens.deviations()), [deviation]);
        assert_eq!(strict_refuses(&with(member)), "deviates");
    }
    let odd = interop(&with(r#""refresh_token":"caf\u00e9""#));
    assert!(odd.refresh_token().is_some_and(|token| token.matches("café")));
    assert_eq!(said(odd.deviations()), ["refresh_token held characters that are not allowed"]);
}

// QUIRKS, token endpoint answers: a byte-order mark.
#[test]
fn a_byte_order_mark_before_json_is_skipped() {
    let response = json(200, &format!("\u{FEFF}{TOKEN}"));
    assert_eq!(said(interop(&response).deviations()), ["a byte-order mark stood before the body"]);
    assert_eq!(strict_refuses(&response), "deviates");
}

// QUIRKS, token endpoint answers: duplicates, empty tokens, neither token nor error; nested and camelCase ones are for an adapter. OA-03
#[test]
fn what_can_be_read_in_two_ways_is_refused_in_both_readings() {
    for (body, code) in [
        (r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#, "json_duplicate_member"),
        (r#"{"access_token":"a","\u0061ccess_token":"b","token_type":"Bearer"}"#, "json_duplicate_member"),
        (r#"{"access_token":"a","token_type":"Bearer","x":{"y":1,"y":2}}"#, "json_duplicate_member"),
        (r#"{"access_token":"","token_type":"Bearer"}"#, "missing_member"),
        (r#"{"access_token":null,"token_type":"Bearer"}"#, "missing_member"),
        (r#"{"token_type":"Bearer"}"#, "missing_member"),
        (r#"{}"#, "missing_member"),
        (r#"{"access_token":7,"token_type":"Bearer"}"#, "malformed_member"),
        (r#"{"access_token":"a\r\nset-cookie: b","token_type":"Bearer"}"#, "malformed_member"),
        (r#"{"access_token":"caf\u00e9","token_type":"Bearer"}"#, "malformed_member"),
        (r#"{"error":["invalid_grant"]}"#, "malformed_member"),
        // An adapter's work before reading: see `providers`.
        (r#"{"data":{"access_token":"a"}}"#, "missing_member"),
        (r#"{"accessToken":"a","tokenType":"Bearer","expiresIn":86400}"#, "missing_member"),
        (r#"{"access_token":"a","token_type":"Bearer"} x"#, "json_trailing_data"),
        ("", "response_not_an_object"),
        ("[]", "response_not_an_object"),
        ("null", "response_not_an_object"),
        ("<html></html>", "response_not_an_object"),
        ("hello", "response_not_an_object"),
    ] {
        for reading in [Reading::Interop, Reading::Strict] {
            let error = read(&json(200, body), reading).expect_err(body);
            assert!(matches!(error, ResponseError::Invalid(_)), "{body}");
            assert_eq!((error.code(), error.blame()), (code, Blame::Peer), "{body}");
        }
    }
    let twice = HttpResponse::new(200).with_body("access_token=a&access_token=b&token_type=bearer");
    assert_eq!(read(&twice, Reading::Interop).expect_err("twice").code(), "repeated_form_parameter");
    let deep = format!(r#"{{"access_token":"a","token_type":"Bearer","x":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    assert_eq!(read(&json(200, &deep), Reading::Interop).expect_err("deep").code(), "json_too_deep");
    let long = json(200, &" ".repeat(crate::response::MAX_BODY_BYTES + 1));
    assert_eq!(read(&long, Reading::Interop).expect_err("long").code(), "response_too_long");
}

// QUIRKS, token endpoint answers: further members. OA-09
#[test]
fn further_members_are_kept_and_never_shown() {
    let body = r#"{"access_token":"a","token_type":"bot","refresh_expires_in":1800,"authed_user":{"access_token":"xoxp-marked"},"marked":"xoxp-marked"}"#;
    let tokens = interop(&json(200, body));
    assert_eq!(tokens.extra().get("refresh_expires_in").and_then(jwt_core::json::Value::as_u64), Some(1800));
    let user = tokens.extra().get("authed_user").and_then(jwt_core::json::Value::as_object);
    assert_eq!(user.and_then(|user| user.get_str("access_token")), Some("xoxp-marked"));
    assert!(!format!("{tokens:?}").contains("xoxp"));
    assert_eq!(read(&json(200, body), Reading::Strict).expect("strict").extra(), tokens.extra());
    let body = r#"{"access_token":"a","token_type":"Bearer","ext_expires_in":3599,"refresh_token_expires_in":15897600,"refresh_expires_in":null,"x":[{"y":"z"}]}"#;
    for reading in [Reading::Interop, Reading::Strict] {
        let tokens = read(&json(200, body), reading).expect("a token");
        assert_eq!((tokens.extra().len(), tokens.deviations()), (4, &[][..]));
        assert_eq!(tokens.expires_in(), None);
    }
}

// B10
#[test]
fn b10_a_redirect_is_refused_in_both_readings() {
    for status in [300, 301, 302, 303, 307, 308, 399] {
        for reading in [Reading::Interop, Reading::Strict] {
            let response = json(status, TOKEN).with_header("location", "https://elsewhere.example/");
            let error = read(&response, reading).expect_err("a redirect");
            assert!(
                matches!(error, ResponseError::Invalid(InvalidResponse::Redirect { status: found }) if found == status)
            );
        }
    }
    for status in [0, 100, 101, 199, 600, 999, u16::MAX] {
        assert_eq!(read(&json(status, TOKEN), Reading::Interop).expect_err("no status").code(), "unexpected_status");
    }
}

// B14
#[test]
fn b14_a_bearer_token_where_dpop_was_asked_for_is_a_downgrade() {
    for reading in [Reading::Interop, Reading::Strict] {
        let expect = Expect::new(NOW).reading(reading).dpop();
        let error = TokenResponse::from_http(&json(200, TOKEN), &expect).expect_err("a downgrade");
        assert_eq!(error.code(), "token_not_bound");
        let bound = json(200, r#"{"access_token":"a","token_type":"DPOP"}"#);
        assert!(TokenResponse::from_http(&bound, &expect).is_ok());
    }
    let missing = json(200, r#"{"access_token":"a"}"#);
    assert!(TokenResponse::from_http(&missing, &Expect::new(NOW).dpop()).is_err());
}
