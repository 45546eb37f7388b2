use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

use proptest::prelude::*;

use super::code::REGISTERED;
use super::*;
use crate::reading::Reading;

#[test]
fn registered_codes_are_known_by_their_names_and_nothing_else_is() {
    for name in REGISTERED {
        let code = ErrorCode::from(*name);
        assert!(!matches!(code, ErrorCode::Other(_)), "{name}");
        assert_eq!(code, ErrorCode::from((*name).to_owned()));
        assert_eq!((code.as_str(), code.to_string().as_str()), (*name, *name));
    }
    for name in ["", "Invalid_Grant", "invalid_grant ", "bad_verification_code"] {
        assert_eq!(ErrorCode::from(name), ErrorCode::Other(name.to_owned()));
    }
}

#[test]
fn a_server_writes_no_character_that_rfc_6749_excludes() {
    let answer = ErrorResponse::new(ErrorCode::from("a\"b\\c\n"))
        .with_description("né \"x\" \\ \r\n y")
        .with_uri("https://a.example/\"");
    assert_eq!(answer.to_http(400).body(), br#"{"error":"a'b/c","error_description":"n? 'x' /  y"}"#);
    let answer =
        ErrorResponse::new(ErrorCode::InvalidRequest).with_description("\n").with_uri("https://a.example/e?x=1#y");
    assert_eq!(answer.to_http(401).status(), 401);
    assert_eq!(answer.to_http(401).body(), br#"{"error":"invalid_request","error_uri":"https://a.example/e?x=1#y"}"#);
    assert_eq!(answer.to_http(400).header("cache-control"), Some("no-store"));
    assert_eq!(answer.to_http(400).header("content-type"), Some("application/json"));
}

#[test]
fn peer_text_in_errors_is_bounded_and_escaped_and_descriptions_are_not_shown() {
    let long = "x\n".repeat(500);
    let error = ErrorResponse::new(ErrorCode::Other(long.clone())).with_description("marked-description");
    for shown in [
        format!("{error}"),
        format!("{error:?}"),
        format!("{}", ErrorCode::Other(long.clone())),
        format!("{:?}", ErrorCode::Other(long)),
    ] {
        assert!(shown.len() < 300 && !shown.contains('\n') && !shown.contains("marked"), "{shown}");
    }
}

#[test]
fn what_else_a_nested_error_holds_is_kept_once_and_what_stands_outside_counts() {
    let many: Vec<String> = (0..1900).map(|index| format!(r#""{index:x}":1"#)).collect();
    let many = many.join(",");
    let body = format!(r#"{{"z":0,{many},"error":{{"code":190,"z":7,"y":2,"error_uri":"x",{many}}}}}"#);
    let answer = HttpResponse::new(400).with_header("content-type", "application/json").with_body(body);
    let expect = crate::Expect::new(jwt_core::Timestamp::EPOCH);
    let Err(crate::ResponseError::Refused(error)) = crate::TokenResponse::from_http(&answer, &expect) else {
        panic!("no error")
    };
    assert_eq!(error.code().as_str(), "190");
    assert_eq!(error.extra().len(), 1903);
    let members = ["z", "y", "error_uri"].map(|name| error.extra().get(name).and_then(Value::as_u64));
    assert_eq!(members, [Some(0), Some(2), None]);
}

#[test]
fn a_success_may_have_members_that_are_called_like_an_error_of_somebody_else() {
    let expect = crate::Expect::new(jwt_core::Timestamp::EPOCH);
    let answer = |status: u16, own: &str, foreign: &str| {
        let body = format!("{{{own}{foreign}}}");
        HttpResponse::new(status).with_header("content-type", "application/json").with_body(body)
    };
    for foreign in
        [r#""errcode":40029"#, r#""errors":[{"errorType":"invalid_token"}]"#, r#""status":401,"message":"no""#]
    {
        let user = |status, own| crate::UserInfo::from_http(&answer(status, own, foreign), &expect);
        let token = |status, own| crate::TokenResponse::from_http(&answer(status, own, foreign), &expect);
        let introspection =
            |status, own| crate::IntrospectionResponse::from_http(&answer(status, own, foreign), &expect);
        assert_eq!(user(200, r#""sub":"alice","#).expect("alice").sub(), "alice");
        assert!(introspection(200, r#""active":false,"#).expect("an answer").active().is_none());
        assert!(token(200, r#""access_token":"t","token_type":"Bearer","#).is_ok());
        // Nothing, what says nothing, what another endpoint's success has, and what a status takes back.
        for own in ["", r#""sub":null,"#, r#""sub":"","#, r#""client_id":"c","#] {
            assert!(matches!(user(200, own), Err(crate::ResponseError::Refused(_))), "{own}");
        }
        for own in [r#""client_id":"c","#, r#""access_token":null,"#, r#""active":true,"#] {
            assert!(matches!(token(200, own), Err(crate::ResponseError::Refused(_))), "{own}");
        }
        assert!(matches!(introspection(200, r#""active":null,"#), Err(crate::ResponseError::Refused(_))));
        assert!(matches!(user(401, r#""sub":"alice","#), Err(crate::ResponseError::Refused(_))));
        assert!(matches!(token(400, r#""access_token":"t","#), Err(crate::ResponseError::Refused(_))));
    }
}

#[test]
fn long_descriptions_are_cut_at_a_character() {
    let mut tolerance = Tolerance::new(Reading::Interop);
    let error = ErrorResponse::from_parameters("x", Some(&"é".repeat(5000)), None, &mut tolerance).expect("read");
    assert_eq!(error.description().map(|text| text.chars().count()), Some(1024));
}

#[test]
fn parameters_of_a_redirect_follow_the_same_rules() {
    let mut strict = Tolerance::new(Reading::Strict);
    let error = ErrorResponse::from_parameters("access_denied", Some("no"), Some("https://a.example/"), &mut strict)
        .expect("read");
    assert_eq!(
        (error.code(), error.description(), error.uri()),
        (&ErrorCode::AccessDenied, Some("no"), Some("https://a.example/"))
    );
    for (code, description, uri) in
        [("a\"", None, None), ("", None, None), ("a", Some("\n"), None), ("a", None, Some("x"))]
    {
        assert!(ErrorResponse::from_parameters(code, description, uri, &mut Tolerance::new(Reading::Strict)).is_err());
    }
}

proptest! {
    #[test]
    fn readable_text_has_no_controls_and_is_bounded(text in "[\\PC\\x00-\\x1f\u{202e}\u{2028}]{0,80}") {
        let (clean, changed) = readable(&text);
        let bad = clean.chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}'));
        prop_assert!(!bad);
        prop_assert_eq!(&readable(&clean).0, &clean);
        prop_assert!(changed || clean == text);
        prop_assert!(clean.len() <= text.len());
        let kept: String = clean.chars().filter(|c| *c != ' ').collect();
        prop_assert!(text.chars().filter(|c| kept.contains(*c)).count() >= kept.chars().count());
    }
}
