use alloc::format;
use alloc::string::ToString;

use jwt_core::json::{Limits, object_from_slice};
use proptest::prelude::*;

use super::*;
use crate::error_response::ErrorCode;
use crate::http::Replay;

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

fn endpoint() -> Endpoint {
    Endpoint::new("https://server.example.com/userinfo").expect("an endpoint")
}

fn json(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

fn read(response: &HttpResponse, reading: Reading) -> Result<UserInfo, ResponseError> {
    UserInfo::from_http(response, &Expect::new(NOW).reading(reading))
}

fn said(body: &str) -> String {
    let user = read(&json(body), Reading::Interop).expect(body);
    user.deviations().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn oidc_core_section_5_3_1_a_request_read_and_written_back() {
    let headers = [("host", "server.example.com"), ("authorization", "Bearer SlAV32hkKG")];
    let request = HttpRequest::received(Method::Get, "/userinfo", headers, "");
    let read = UserInfoRequest::from_http(&request).expect("read");
    assert!(read.access_token().matches("SlAV32hkKG") && read.proof().is_none() && !read.wants_signed());
    let written = read.to_http(&endpoint()).expect("written");
    assert_eq!(written.header("authorization"), Some("Bearer SlAV32hkKG"));
    assert_eq!(
        (written.method(), written.contract().purpose(), written.contract().replay()),
        (Method::Get, Purpose::UserInfo, Replay::Safe)
    );
}

#[test]
fn a_request_by_post_has_no_body_and_may_be_repeated_too() {
    let request = UserInfoRequest::bearer(AccessToken::new("SlAV32hkKG")).by_post();
    let written = request.to_http(&endpoint()).expect("written");
    assert_eq!((written.method(), written.contract().replay()), (Method::Post, Replay::Safe));
    assert!(written.body().is_empty());
    let headers = [("authorization", "Bearer SlAV32hkKG")];
    let read =
        UserInfoRequest::from_http(&HttpRequest::received(Method::Post, "/userinfo", headers, "")).expect("read");
    assert_eq!(read.method(), Method::Post);
}

#[test]
fn oidc_core_section_5_3_2_an_answer_read_and_written_back() {
    let body = r#"{"sub":"248289761001","name":"Jane Doe","given_name":"Jane","family_name":"Doe","preferred_username":"j.doe","email":"janedoe@example.com","picture":"http://example.com/janedoe/me.jpg"}"#;
    for reading in [Reading::Interop, Reading::Strict] {
        let user = read(&json(body), reading).expect("read");
        assert_eq!(
            (user.sub(), user.name(), user.email()),
            ("248289761001", Some("Jane Doe"), Some("janedoe@example.com"))
        );
        assert_eq!(user.picture(), Some("http://example.com/janedoe/me.jpg"));
        assert!(user.deviations().is_empty());
        assert_eq!(user.to_http().body(), body.as_bytes());
        assert_eq!(user.to_http().header("cache-control"), Some("no-store"));
    }
}

// DP-06
#[test]
fn a_bound_token_comes_with_one_proof() {
    let request = UserInfoRequest::dpop(AccessToken::new("t"), Secret::new("e.y.J")).signed();
    let http = request.to_http(&endpoint()).expect("written");
    assert_eq!((http.header("authorization"), http.header("dpop")), (Some("DPoP t"), Some("e.y.J")));
    assert_eq!((http.header("accept"), http.contract().replay()), (Some("application/jwt"), Replay::IfNotSent));
    let read = UserInfoRequest::from_http(&http).expect("read");
    assert!(read.proof().is_some_and(|proof| proof.matches("e.y.J")) && read.wants_signed());
    let bad = |fields: &[(&str, &str)]| {
        UserInfoRequest::from_http(&HttpRequest::received(Method::Get, "/", fields.iter().copied(), ""))
            .expect_err("refused")
    };
    // RFC 9449, section 7.1
    for fields in [
        &[("authorization", "DPoP t")][..],
        &[("authorization", "DPoP t"), ("dpop", "e.y.J"), ("dpop", "e.y.J")],
        &[("authorization", "DPoP t"), ("dpop", "x")],
    ] {
        let answer = bad(fields).to_http();
        assert_eq!((bad(fields), answer.status()), (RequestError::Proof, 401), "{fields:?}");
        assert_eq!(answer.header("www-authenticate"), Some(r#"DPoP error="invalid_dpop_proof""#));
        assert_eq!((bad(fields).code(), bad(fields).error_code()), ("request_dpop_proof", ErrorCode::InvalidDpopProof));
    }
    for fields in
        [&[][..], &[("authorization", "Basic dDp0")], &[("authorization", "Bearer t"), ("authorization", "Bearer t")]]
    {
        assert_eq!((bad(fields), bad(fields).to_http().status()), (RequestError::AccessToken, 401), "{fields:?}");
    }
    let put = HttpRequest::received(Method::Put, "/", [("authorization", "Bearer t")], "");
    let error = UserInfoRequest::from_http(&put).expect_err("put");
    assert_eq!((error.to_http().status(), error.to_http().header("allow")), (405, Some("GET, POST")));
    // OA-17
    assert!(UserInfoRequest::bearer(AccessToken::new("a\r\nb")).to_http(&endpoint()).is_err());
    assert!(UserInfoRequest::dpop(AccessToken::new("a"), Secret::new("a\r\nb")).to_http(&endpoint()).is_err());
}

#[test]
fn claims_are_used_for_their_own_subject_only() {
    let user = || UserInfo::new("248289761001").with_name("Jane");
    assert!(user().require_sub("248289761001").is_ok());
    for other in ["", "24828976100", "248289761001 ", "248289761002"] {
        assert_eq!(user().require_sub(other).expect_err(other), InvalidResponse::SubjectMismatch);
    }
    for body in
        ["{}", r#"{"name":"x"}"#, r#"{"sub":""}"#, r#"{"sub":null}"#, r#"{"sub":7}"#, r#"{"sub":"a","sub":"b"}"#]
    {
        assert!(matches!(read(&json(body), Reading::Interop), Err(ResponseError::Invalid(_))), "{body}");
    }
}

// QUIRKS, user info
#[test]
fn what_providers_send_is_understood_and_written_down() {
    for (claims, expected) in [
        (r#""email_verified":"true""#, "email_verified was a string"),
        (r#""email_verified":1"#, "email_verified was an integer"),
        (r#""updated_at":"1311280970""#, "updated_at was a string"),
        (r#""updated_at":"2024-05-01T10:00:00.000Z""#, "updated_at was malformed"),
        (r#""updated_at":1311280970.5"#, "updated_at was a fraction"),
        (r#""updated_at":-5"#, "updated_at was out of range"),
        (r#""name":null,"email":"""#, "name was null, email was empty"),
        (r#""locale":{"country":"US"}"#, "locale was an object"),
        (r#""address":"x""#, "address was a string"),
    ] {
        let body = format!(r#"{{"sub":"a",{claims}}}"#);
        assert_eq!(said(&body), expected);
        assert_eq!(read(&json(&body), Reading::Strict).expect_err(&body).code(), "deviates");
    }
    let user = |claims: &str| read(&json(&format!(r#"{{"sub":"a",{claims}}}"#)), Reading::Interop).expect("read");
    assert_eq!(user(r#""email_verified":"true""#).email_verified(), Some(true));
    assert_eq!(user(r#""email_verified":"false""#).email_verified(), Some(false));
    for unclear in ["1", "\"yes\"", "null", "[]", "\"TRUE\""] {
        assert_eq!(user(&format!(r#""email_verified":{unclear}"#)).email_verified(), None, "{unclear}");
    }
    assert_eq!(user(r#""updated_at":"1311280970""#).updated_at(), Some(Timestamp::from_unix(1_311_280_970)));
    assert_eq!(user(r#""updated_at":"2024-05-01""#).updated_at(), None);
    assert!(user(r#""updated_at":"2024-05-01""#).claim("updated_at").is_some());
    assert!(user(r#""locale":{"country":"US"}"#).claim("locale").is_some());
    let kana = user(r#""name#ja-Kana-JP":"x","https://a.example/roles":[1]"#);
    assert_eq!((kana.claim("name#ja-Kana-JP").and_then(Value::as_str), kana.claims().len()), (Some("x"), 2));
    let text = HttpResponse::new(200).with_header("content-type", "text/plain").with_body(r#"{"sub":"a"}"#);
    assert_eq!(read(&text, Reading::Interop).expect("read").deviations(), [Deviation::ContentType]);
}

#[test]
fn a_refusal_stands_in_the_challenge() {
    let refused =
        |status, field: &str, reading| read(&HttpResponse::new(status).with_header("www-authenticate", field), reading);
    for reading in [Reading::Interop, Reading::Strict] {
        let Err(ResponseError::Refused(error)) =
            refused(401, r#"Bearer error="invalid_token", error_description="The Access Token expired""#, reading)
        else {
            panic!("no error")
        };
        assert_eq!((error.code(), error.description()), (&ErrorCode::InvalidToken, Some("The Access Token expired")));
        assert!(
            matches!(refused(403, r#"DPoP error="insufficient_scope""#, reading), Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InsufficientScope)
        );
        assert!(matches!(
            refused(503, r#"Bearer error="invalid_token""#, reading),
            Err(ResponseError::Transient { .. })
        ));
        assert!(matches!(refused(302, r#"Bearer error="invalid_token""#, reading), Err(ResponseError::Invalid(_))));
    }
    // RFC 9449, section 7.2: the schemes that are offered beside the one that was used say nothing.
    for field in [r#"Bearer, DPoP error="use_dpop_nonce""#, r#"DPoP error="use_dpop_nonce", Bearer realm="a""#] {
        for reading in [Reading::Interop, Reading::Strict] {
            assert!(
                matches!(refused(401, field, reading), Err(ResponseError::Refused(error)) if error.is_use_dpop_nonce() && error.deviations().is_empty()),
                "{field}"
            );
        }
    }
    let Err(ResponseError::Refused(error)) = refused(401, "Bearer", Reading::Interop) else { panic!("no error") };
    assert_eq!(
        (error.code(), error.deviations()),
        (&ErrorCode::InvalidToken, &[Deviation::Missing { member: "error" }][..])
    );
    assert!(matches!(refused(401, "Bearer", Reading::Strict), Err(ResponseError::Invalid(_))));
    assert!(matches!(refused(401, "Basic", Reading::Interop), Err(ResponseError::Transient { status: 401, .. })));
    assert!(matches!(refused(403, "Bearer", Reading::Interop), Err(ResponseError::Transient { status: 403, .. })));
}

#[test]
fn signed_user_info_is_handed_out_as_text() {
    let expect = Expect::new(NOW);
    let signed = UserInfo::signed_to_http("eyJ0.e30.AAAA");
    assert_eq!(UserInfo::signed_from_http(&signed, &expect).expect("a jwt"), "eyJ0.e30.AAAA");
    assert!(matches!(
        UserInfo::signed_from_http(&json(r#"{"sub":"a"}"#), &expect),
        Err(ResponseError::Invalid(InvalidResponse::NotSigned))
    ));
    let expired = HttpResponse::new(401).with_header("www-authenticate", r#"Bearer error="invalid_token""#);
    assert!(matches!(UserInfo::signed_from_http(&expired, &expect), Err(ResponseError::Refused(_))));
    assert!(read(&signed, Reading::Interop).is_err());
    let claims =
        object_from_slice(br#"{"sub":"a","email_verified":"true","iss":"x"}"#, &Limits::default()).expect("json");
    assert_eq!(UserInfo::from_claims(&claims, Reading::Interop).expect("read").email_verified(), Some(true));
    assert!(UserInfo::from_claims(&claims, Reading::Strict).is_err());
}

#[test]
fn b5_neither_tokens_nor_users_are_shown() {
    let mark = "MARKED";
    let user = UserInfo::new(mark).with_name(mark).with_claim("x", mark).with_claim("name", "other");
    let request = UserInfoRequest::dpop(AccessToken::new(mark), Secret::new("MARKED.e.e"));
    let http = request.to_http(&endpoint()).expect("written");
    let shown =
        format!("{user:?} {user:#?} {request:?} {http:?} {:?} {:?}", UserInfoRequest::from_http(&http), user.to_http());
    assert!(!shown.contains(mark), "{shown}");
    assert_eq!(user.name(), Some(mark));
}

proptest! {
    #[test]
    fn what_was_written_is_read_the_same_in_both_readings(sub in "\\PC{1,9}", name in "\\PC{0,9}", email in "\\PC{0,9}", verified: bool, at: u64, extra in "[a-z]{0,3}#[a-z]{2}", value in "\\PC{0,5}") {
        let user = UserInfo::new(sub).with_name(name).with_email(email).with_email_verified(verified).with_updated_at(Timestamp::from_unix(at)).with_claim(&extra, value);
        let wire = user.to_http();
        for reading in [Reading::Interop, Reading::Strict] {
            let again = read(&wire, reading).expect("read");
            prop_assert!(again.deviations().is_empty());
            prop_assert_eq!(again.to_http().body().to_vec(), wire.body());
        }
    }

    #[test]
    fn strict_accepts_a_subset_of_interop_and_what_interop_reads_it_reads_again(
        members in proptest::collection::btree_map("sub|name|email|email_verified|address|updated_at|x", "null|true|\"true\"|\"\"|\"7\"|-?[0-9]{1,21}|0\\.5|\\[\\]|\\{\\}|\"a\"", 0..6),
    ) {
        let body = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(",");
        let response = json(&format!("{{{body}}}"));
        let strict = read(&response, Reading::Strict);
        if let Ok(interop) = read(&response, Reading::Interop) {
            let wire = interop.to_http();
            let again = read(&wire, Reading::Interop).expect("read").to_http();
            prop_assert_eq!(again.body(), wire.body());
            if let Ok(strict) = strict {
                prop_assert!(interop.deviations().is_empty());
                prop_assert_eq!(strict.to_http().body().to_vec(), wire.body());
            }
        } else {
            prop_assert!(strict.is_err());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80), field in "\\PC{0,20}", status in 200..500_u16) {
        for kind in ["application/json", "application/jwt"] {
            let response = HttpResponse::new(status).with_header("content-type", kind).with_header("www-authenticate", &field).with_body(body.clone());
            let _ = (read(&response, Reading::Interop), UserInfo::signed_from_http(&response, &Expect::new(NOW)));
        }
        let _ = UserInfoRequest::from_http(&HttpRequest::received(Method::Get, "/", [("authorization", &field), ("dpop", &field)], body));
    }
}
