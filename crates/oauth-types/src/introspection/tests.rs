use alloc::format;
use alloc::string::{String, ToString};

use jwt_core::json::{Limits, Object, object_from_slice};
use jwt_core::{Secret, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::client_auth::{ClientAuth, ClientAuthMethod};
use crate::error_response::ErrorCode;
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, Scope};
use crate::reading::Reading;
use crate::request::RequestError;
use crate::response::{Expect, InvalidResponse, ResponseError};
use crate::revocation::TokenTypeHint;
use crate::secret::{AccessToken, ClientSecret};
use crate::token::TokenType;

fn endpoint() -> Endpoint {
    Endpoint::new("https://server.example.com/introspect").expect("an endpoint")
}

fn read(response: &HttpResponse, reading: Reading) -> Result<IntrospectionResponse, ResponseError> {
    IntrospectionResponse::from_http(response, &Expect::new(Timestamp::EPOCH).reading(reading))
}

fn json(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

fn object(json: &str) -> Object {
    object_from_slice(json.as_bytes(), &Limits::default()).expect("json")
}

fn code(body: &str, reading: Reading) -> String {
    match read(&json(body), reading) {
        Ok(response) if response.active().is_none() => "inactive".to_string(),
        Ok(response) if response.deviations().is_empty() => "ok".to_string(),
        Ok(response) => {
            response.deviations().iter().map(ToString::to_string).collect::<alloc::vec::Vec<_>>().join("; ")
        }
        Err(ResponseError::Invalid(error @ InvalidResponse::Malformed { .. })) => error.to_string(),
        Err(error) => error.code().to_string(),
    }
}

// HTTP-7662-042
#[test]
fn rfc_7662_section_2_1_a_request_with_a_bearer_token_read_and_written_back() {
    let headers = [
        ("host", "server.example.com"),
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", "Bearer 23410913-abewfq.123483"),
    ];
    let body = "token=2YotnFZFEjr1zCsicMWpAA";
    let request = HttpRequest::received(Method::Post, "/introspect", headers, body);
    let (introspection, caller) = IntrospectionRequest::from_http(&request).expect("read");
    let IntrospectionCaller::Bearer(bearer) = caller else { panic!("no bearer token") };
    assert!(bearer.matches("23410913-abewfq.123483") && !introspection.wants_signed());
    let written = introspection.to_http_with_bearer(&endpoint(), &bearer).expect("written");
    assert_eq!(written.body(), body.as_bytes());
    for name in ["accept", "content-type", "authorization"] {
        assert_eq!(written.header(name), request.header(name));
    }
    assert_eq!((written.contract().purpose(), written.contract().replay()), (Purpose::Introspection, Replay::Safe));
    assert!(introspection.to_http_with_bearer(&endpoint(), &AccessToken::new("a\r\nb")).is_err());
    let two = HttpRequest::received(Method::Post, "/introspect", headers, "token=a&client_secret=b");
    assert_eq!(IntrospectionRequest::from_http(&two).expect_err("two"), RequestError::ManyAuthentications);
}

// HTTP-7662-043
#[test]
fn rfc_7662_section_2_1_a_request_of_a_client_read_and_written_back() {
    let headers = [
        ("host", "server.example.com"),
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
    ];
    let body = "token=mF_9.B5f-4.1JqM&token_type_hint=access_token";
    let request = HttpRequest::received(Method::Post, "/introspect", headers, body);
    let (introspection, caller) = IntrospectionRequest::from_http(&request).expect("read");
    let IntrospectionCaller::Client(client) = caller else { panic!("no client") };
    assert_eq!(client.method(), ClientAuthMethod::ClientSecretBasic);
    assert_eq!(introspection.token_type_hint(), Some(&TokenTypeHint::AccessToken));
    let auth = ClientAuth::Basic(ClientSecret::new("gX1fBat3bV"));
    let written = introspection.to_http(&endpoint(), client.client_id().expect("an id"), &auth).expect("written");
    assert_eq!(written.body(), body.as_bytes());
    assert_eq!(written.header("authorization"), request.header("authorization"));
}

// HTTP-9449-086
#[test]
fn rfc_9449_section_6_2_a_request_read_and_written_back() {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", "Basic cnM6cnM6TWt1LTZnX2xDektJZHo0ZnNON2tZY3lhK1Rp"),
    ];
    let body = "token=Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let request = HttpRequest::received(Method::Post, "/as/introspect.oauth2", headers, body);
    let (introspection, caller) = IntrospectionRequest::from_http(&request).expect("read");
    assert!(introspection.token().matches("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"));
    let IntrospectionCaller::Client(client) = caller else { panic!("no client") };
    assert_eq!(client.client_id().map(ClientId::as_str), Some("rs"));
    // The RFC does not form-encode the secret; read by the rules its `+` is a space. In the body `~` is encoded (appendix B of RFC 6749).
    let secret = ClientSecret::new("rs:Mku-6g_lCzKIdz4fsN7kYcya+Ti".replace('+', " "));
    assert!(client.has_secret(&secret));
    let auth = ClientAuth::BasicRaw(ClientSecret::new("rs:Mku-6g_lCzKIdz4fsN7kYcya+Ti"));
    let written = introspection.to_http(&endpoint(), client.client_id().expect("an id"), &auth).expect("written");
    assert_eq!(written.body(), b"token=Kz%7E8mXK1EalYznwH-LC-1fBAo.4Ljp%7EzsPE_NeO.gxU");
    assert_eq!(written.header("authorization"), request.header("authorization"));
}

// HTTP-7662-044
#[test]
fn rfc_7662_section_2_2_an_active_token_read_and_written_back() {
    let response = json(
        r#"{
         "active": true,
         "client_id": "l238j323ds-23ij4",
         "username": "jdoe",
         "scope": "read write dolphin",
         "sub": "Z5O3upPC88QrAjx00dis",
         "aud": "https://protected.example.net/resource",
         "iss": "https://server.example.com/",
         "exp": 1419356238,
         "iat": 1419350238,
         "extension_field": "twenty-seven"
        }"#,
    );
    for reading in [Reading::Interop, Reading::Strict] {
        let read = read(&response, reading).expect("read");
        assert!(read.deviations().is_empty());
        let token = read.active().expect("active");
        assert_eq!((token.client_id(), token.username()), (Some("l238j323ds-23ij4"), Some("jdoe")));
        assert_eq!(token.scope(), Some(&Scope::parse("dolphin read write").expect("a scope")));
        assert_eq!(token.aud(), Some(&["https://protected.example.net/resource".to_string()][..]));
        assert_eq!(token.iss(), Some("https://server.example.com/"));
        assert_eq!(
            (token.exp(), token.iat()),
            (Some(Timestamp::from_unix(1_419_356_238)), Some(Timestamp::from_unix(1_419_350_238)))
        );
        assert_eq!((token.nbf(), token.jti(), token.token_type()), (None, None, None));
        assert_eq!(token.extra().get_str("extension_field"), Some("twenty-seven"));
        let sorted = |object: &Object| {
            let mut names: alloc::vec::Vec<_> =
                object.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
            names.sort_by(|one, two| one.0.cmp(&two.0));
            names.into_iter().collect::<Object>()
        };
        let body = core::str::from_utf8(response.body()).expect("text");
        assert!(sorted(&read.to_claims()) == sorted(&object(body)));
    }
}

// HTTP-7662-045, OA-21
#[test]
fn oa_21_of_an_inactive_token_nothing_can_be_read() {
    for body in [r#"{"active":false}"#, r#"{"active":false,"sub":"alice","exp":"never","cnf":7}"#] {
        for reading in [Reading::Interop, Reading::Strict] {
            let read = read(&json(body), reading).expect("read");
            assert!(read.active().is_none() && read.deviations().is_empty());
            assert_eq!(read.to_http().body(), br#"{"active":false}"#);
            assert!(read.into_active().is_none());
        }
    }
    for (body, expected) in [
        ("{}", "missing_member"),
        (r#"{"sub":"alice"}"#, "missing_member"),
        (r#"{"active":"true"}"#, "active is malformed"),
        (r#"{"active":1}"#, "active is malformed"),
        (r#"{"active":null}"#, "active is malformed"),
        (r#"{"active":false,"active":true}"#, "json_duplicate_member"),
    ] {
        assert_eq!(
            (code(body, Reading::Interop).as_str(), code(body, Reading::Strict).as_str()),
            (expected, expected),
            "{body}"
        );
    }
}

// HTTP-9449-087
#[test]
fn rfc_9449_section_6_2_what_a_token_is_bound_to() {
    let body = r#"{"active":true,"sub":"someone@example.com","iss":"https://server.example.com","nbf":1562262611,"exp":1562266216,
        "cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}"#;
    let read = read(&json(body), Reading::Strict).expect("read");
    let token = read.active().expect("active");
    assert_eq!(token.cnf().and_then(|cnf| cnf.get_str("jkt")), Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
    assert_eq!(token.nbf(), Some(Timestamp::from_unix(1_562_262_611)));
}

#[test]
fn an_audience_that_is_nobody_stays_one() {
    let body = r#"{"active":true,"aud":[""]}"#;
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    let read = IntrospectionResponse::from_http(&response, &Expect::new(Timestamp::from_unix(1_700_000_000))).unwrap();
    assert_eq!(read.to_http().body(), body.as_bytes());
}

#[test]
fn what_decides_about_trust_is_never_taken_for_absent() {
    for (member, value) in [
        ("exp", r#""never""#),
        ("exp", "[]"),
        ("nbf", "true"),
        ("aud", "7"),
        ("aud", "[7]"),
        ("sub", "7"),
        ("iss", "{}"),
        ("cnf", r#""x""#),
        ("act", "[]"),
        ("scope", "7"),
        ("scope", r#""a\"b""#),
        ("authorization_details", "{}"),
        ("authorization_details", "[{}]"),
        // THREATS A7: what is there and has no meaning is not absent.
        ("exp", "null"),
        ("exp", r#""""#),
        ("nbf", "null"),
    ] {
        let body = format!(r#"{{"active":true,"{member}":{value}}}"#);
        assert_eq!(code(&body, Reading::Interop), format!("{member} is malformed"), "{body}");
        assert!(read(&json(&body), Reading::Strict).is_err(), "{body}");
    }
    for (member, value, said) in [
        ("exp", r#""1419356238""#, "exp was a string"),
        ("exp", "1419356238.5", "exp was a fraction"),
        ("exp", "-1", "exp was out of range"),
        ("sub", "null", "sub was null"),
        ("cnf", "null", "cnf was null"),
        ("scope", r#"["a","b"]"#, "scope was an array"),
        ("scope", r#""a  b""#, "scope held characters that are not allowed"),
        ("scope", r#""""#, "scope was empty"),
    ] {
        let body = format!(r#"{{"active":true,"{member}":{value}}}"#);
        assert_eq!(code(&body, Reading::Interop), said, "{body}");
        assert!(read(&json(&body), Reading::Strict).is_err(), "{body}");
    }
    let expired = read(&json(r#"{"active":true,"exp":-1}"#), Reading::Interop).expect("read");
    assert_eq!(expired.active().and_then(ActiveToken::exp), Some(Timestamp::EPOCH));
    assert_eq!(code(r#"{"active":true,"aud":["a","b"],"aud2":1}"#, Reading::Strict), "ok");
}

#[test]
fn rfc_9701_a_signed_answer_is_asked_for_and_its_text_handed_out() {
    let request = IntrospectionRequest::new(Secret::new("t")).signed();
    let (id, auth) = (ClientId::new("api").expect("an id"), ClientAuth::Post(ClientSecret::new("s")));
    let http = request.to_http(&endpoint(), &id, &auth).expect("written");
    assert_eq!(http.header("accept"), Some("application/token-introspection+jwt"));
    assert!(IntrospectionRequest::from_http(&http).expect("read").0.wants_signed());
    let several = http.with_header("accept", "application/json;q=0.5, Application/Token-Introspection+JWT;q=1");
    assert!(IntrospectionRequest::from_http(&several).expect("read").0.wants_signed());

    let expect = Expect::new(Timestamp::EPOCH);
    let signed = |response: &HttpResponse| IntrospectionResponse::signed_from_http(response, &expect);
    let answer = IntrospectionResponse::signed_to_http("eyJ0.e30.AAAA");
    assert_eq!(answer.header("content-type"), Some("application/token-introspection+jwt"));
    assert_eq!(signed(&answer).expect("a jwt"), "eyJ0.e30.AAAA");
    // Nobody takes off the signature.
    for other in [
        json(r#"{"active":true}"#),
        HttpResponse::new(200).with_header("content-type", "application/jwt").with_body(r#"{"active":true}"#),
        HttpResponse::new(200)
            .with_header("content-type", "application/token-introspection+jwt")
            .with_body(r#"{"active":true}"#),
    ] {
        assert!(matches!(
            signed(&other),
            Err(ResponseError::Invalid(InvalidResponse::NotSigned | InvalidResponse::Deviates(_)))
        ));
    }
    let refused = HttpResponse::new(401)
        .with_header("content-type", "application/json")
        .with_body(r#"{"error":"invalid_client"}"#);
    assert!(
        matches!(signed(&refused), Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InvalidClient)
    );
    assert!(matches!(signed(&HttpResponse::new(503)), Err(ResponseError::Transient { status: 503, .. })));
    assert!(read(&answer, Reading::Interop).is_err());
    let claims = object(r#"{"active":true,"sub":"a","exp":"5"}"#);
    let read = IntrospectionResponse::from_claims(&claims, Reading::Interop).expect("read");
    assert_eq!((read.active().and_then(ActiveToken::sub), read.deviations().len()), (Some("a"), 1));
    assert!(IntrospectionResponse::from_claims(&claims, Reading::Strict).is_err());
}

#[test]
fn b5_neither_tokens_nor_users_are_shown() {
    let mark = "MARKED";
    let token = ActiveToken::new()
        .with_sub(mark)
        .with_username(mark)
        .with_client_id(mark)
        .with_jti(mark)
        .with_aud([mark])
        .with_cnf(object(r#"{"jkt":"MARKED"}"#))
        .with_extra("x", mark);
    let request = IntrospectionRequest::new(Secret::new(mark)).with_parameter("x", mark);
    let http = request.to_http_with_bearer(&endpoint(), &AccessToken::new(mark)).expect("built");
    let response = IntrospectionResponse::new(token);
    let shown = format!(
        "{response:?} {:?} {request:?} {http:?} {:?}",
        response.to_http(),
        IntrospectionRequest::from_http(&http)
    );
    assert!(!shown.contains(mark), "{shown}");
}

proptest! {
    #[test]
    fn what_was_written_is_read_the_same_in_both_readings(
        texts in proptest::collection::vec(proptest::option::of("\\PC{0,8}"), 6), times in proptest::collection::vec(proptest::option::of(any::<u64>()), 4),
        scope in proptest::collection::vec("[a-z:]{1,5}", 0..4), aud in proptest::option::of(proptest::collection::vec("\\PC{1,6}", 0..3)), kind in "[a-zA-Z]{0,6}", extra in "[a-z]{0,3}x",
    ) {
        let setters: [fn(ActiveToken, String) -> ActiveToken; 6] = [
            ActiveToken::with_sub, ActiveToken::with_iss, ActiveToken::with_jti, ActiveToken::with_acr, ActiveToken::with_client_id, ActiveToken::with_username,
        ];
        let timers: [fn(ActiveToken, Timestamp) -> ActiveToken; 4] = [ActiveToken::with_exp, ActiveToken::with_iat, ActiveToken::with_nbf, ActiveToken::with_auth_time];
        let mut token = ActiveToken::new().with_scope(Scope::from_tokens(scope).expect("a scope")).with_extra(extra, true).with_token_type(TokenType::from(kind.as_str()));
        for (set, text) in setters.into_iter().zip(texts) {
            token = text.into_iter().fold(token, set);
        }
        for (set, time) in timers.into_iter().zip(times) {
            token = time.map(Timestamp::from_unix).into_iter().fold(token, set);
        }
        let token = aud.into_iter().fold(token, ActiveToken::with_aud);
        let wire = IntrospectionResponse::new(token).to_http();
        for reading in [Reading::Interop, Reading::Strict] {
            let again = read(&wire, reading).expect("read");
            prop_assert!(again.deviations().is_empty());
            prop_assert_eq!(again.to_http().body().to_vec(), wire.body());
        }
    }

    #[test]
    fn strict_accepts_a_subset_of_interop_and_reads_it_the_same(
        members in proptest::collection::vec(("active|exp|aud|cnf|scope|sub|authorization_details|token_type", "true|false|null|\"[a-z0-9 ]{0,4}\"|-?[0-9]{1,22}|\\[\\]|\\[\"a\"\\]|\\{\\}|\\[\\{\"type\":\"a\"\\}\\]"), 0..5),
    ) {
        let members: alloc::vec::Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let response = json(&format!("{{\"active\":true,{}}}", members.join(",")).replace(",}", "}"));
        if let Ok(strict) = read(&response, Reading::Strict) {
            prop_assert_eq!(strict.to_claims() == read(&response, Reading::Interop).expect("interop").to_claims(), true);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80)) {
        for kind in ["application/json", "application/token-introspection+jwt"] {
            let response = HttpResponse::new(200).with_header("content-type", kind).with_body(body.clone());
            let _ = read(&response, Reading::Interop);
            let _ = IntrospectionResponse::signed_from_http(&response, &Expect::new(Timestamp::EPOCH));
        }
        let form = [("content-type", "application/x-www-form-urlencoded"), ("authorization", "Bearer a")];
        let _ = IntrospectionRequest::from_http(&HttpRequest::received(Method::Post, "/i", form, body));
    }
}
