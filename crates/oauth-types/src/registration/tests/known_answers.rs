//! The examples of RFC 7591 and RFC 7592, read and written back.

use super::*;

pub(super) const SECTION_3_1: &str = r#"{
 "redirect_uris": [
   "https://client.example.org/callback",
   "https://client.example.org/callback2"],
 "client_name": "My Example Client",
 "client_name#ja-Jpan-JP":
    "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
 "token_endpoint_auth_method": "client_secret_basic",
 "logo_uri": "https://client.example.org/logo.png",
 "jwks_uri": "https://client.example.org/my_public_keys.jwks",
 "example_extension_parameter": "example_value"
}"#;

// HTTP-7591-036
#[test]
fn rfc_7591_section_3_1_an_open_registration_read_and_written_back() {
    let request = RegistrationRequest::from_http(&posted(SECTION_3_1)).expect("read");
    let metadata = request.metadata();
    assert!(
        metadata
            .redirect_uris()
            .eq([redirect("https://client.example.org/callback"), redirect("https://client.example.org/callback2")])
    );
    assert_eq!(metadata.client_name(), Some("My Example Client"));
    assert!(metadata.localized("client_name").eq([("ja-Jpan-JP", "クライアント名")]));
    assert_eq!(metadata.token_endpoint_auth_method(), Some(ClientAuthMethod::ClientSecretBasic));
    assert_eq!(metadata.logo_uri(), Some("https://client.example.org/logo.png"));
    assert_eq!(metadata.jwks_uri(), Some("https://client.example.org/my_public_keys.jwks"));
    assert_eq!(
        metadata.extra_member("example_extension_parameter").and_then(|value| value.as_str()),
        Some("example_value")
    );
    assert!(request.initial_access_token().is_none());
    let written = request.to_http(&endpoint()).expect("written");
    assert!(same(written.body(), SECTION_3_1));
    assert_eq!(written.header("accept"), Some("application/json"));
    assert_eq!((written.contract().purpose(), written.contract().replay()), (Purpose::Registration, Replay::IfNotSent));
}

// HTTP-7591-037
#[test]
fn rfc_7591_section_3_1_a_protected_registration_read_and_written_back() {
    let body = r#"{
 "redirect_uris": ["https://client.example.org/callback",
    "https://client.example.org/callback2"],
 "client_name": "My Example Client",
 "client_name#ja-Jpan-JP":
    "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
 "token_endpoint_auth_method": "client_secret_basic",
 "policy_uri": "https://client.example.org/policy.html",
 "jwks": {"keys": [{
    "e": "AQAB",
    "n": "nj3YJwsLUFl9BmpAbkOswCNVx17Eh9wMO-_AReZwBqfaWFcfGHrZXsIV2VMCNVNU8Tpb4obUaSXcRcQ-VMsfQPJm9IzgtRdAY8NN8Xb7PEcYyklBjvTtuPbpzIaqyiUepzUXNDFuAOOkrIol3WmflPUUgMKULBN0EUd1fpOD70pRM0rlp_gg_WNUKoW1V-3keYUJoXH9NztEDm_D2MQXj9eGOJJ8yPgGL8PAZMLe2R7jb9TxOCPDED7tY_TU4nFPlxptw59A42mldEmViXsKQt60s1SLboazxFKveqXC_jpLUt22OC6GUG63p-REw-ZOr3r845z50wMuzifQrMI9bQ",
    "kty": "RSA"
 }]},
 "example_extension_parameter": "example_value"
}"#;
    let headers = [("content-type", "application/json"), ("authorization", "Bearer ey23f2.adfj230.af32-developer321")];
    let http = HttpRequest::received(Method::Post, "/register", headers, body);
    let request = RegistrationRequest::from_http(&http).expect("read");
    assert!(request.initial_access_token().is_some_and(|token| token.matches("ey23f2.adfj230.af32-developer321")));
    let keys = request.metadata().jwks().map(|keys| serde_json::to_vec(keys).expect("json")).expect("keys");
    assert_eq!(JwkSet::from_slice(&keys).expect("a set").keys().len(), 1);
    let written = request.to_http(&endpoint()).expect("written");
    assert!(same(written.body(), body));
    assert_eq!(written.header("authorization"), http.header("authorization"));
    let unwritable = request.with_initial_access_token(AccessToken::new("a b")).to_http(&endpoint());
    assert_eq!(unwritable.expect_err("no token").code(), "unwritable_access_token");
}

// HTTP-7591-038
#[test]
fn rfc_7591_section_3_1_1_a_software_statement_read_and_written_back() {
    let statement = "eyJhbGciOiJSUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6IjROUkIxLTBYWkFCWkk5RTYtNVNNM1IiLCJjbGllbnRfbmFtZSI6IkV4YW1wbGUgU3RhdGVtZW50LWJhc2VkIENsaWVudCIsImNsaWVudF91cmkiOiJodHRwczovL2NsaWVudC5leGFtcGxlLm5ldC8ifQ.GHfL4QNIrQwL18BSRdE595T9jbzqa06R9BT8w409x9oIcKaZo_mt15riEXHazdISUvDIZhtiyNrSHQ8K4TvqWxH6uJgcmoodZdPwmWRIEYbQDLqPNxREtYn05X3AR7ia4FRjQ2ojZjk5fJqJdQ-JcfxyhK-P8BAWBd6I2LLA77IG32xtbhxYfHX7VhuU5ProJO8uvu3Ayv4XRhLZJY4yKfmyjiiKiPNe-Ia4SMy_d_QSWxskU5XIQl5Sa2YRPMbDRXttm2TfnZM1xx70DoYi8g6czz-CPGRi4SW_S2RKHIJfIjoI3zTJ0Y2oe0_EJAiXbL6OyF9S5tKxDXV8JIndSA";
    let body = format!(
        r#"{{"redirect_uris":["https://client.example.org/callback","https://client.example.org/callback2"],"software_statement":"{statement}","scope":"read write","example_extension_parameter":"example_value"}}"#
    );
    let request = RegistrationRequest::from_http(&posted(&body)).expect("read");
    assert_eq!(request.metadata().software_statement(), Some(statement));
    assert_eq!(request.metadata().scope(), Some(Scope::parse("write read").expect("a scope")));
    assert_eq!(request.to_http(&endpoint()).expect("written").body(), body.as_bytes());
}

// HTTP-7591-039
#[test]
fn rfc_7591_section_3_2_1_an_answer_read_and_written_back() {
    let body = r#"{
 "client_id": "s6BhdRkqt3",
 "client_secret": "cf136dc3c1fc93f31185e5885805d",
 "client_id_issued_at": 2893256800,
 "client_secret_expires_at": 2893276800,
 "redirect_uris": [
   "https://client.example.org/callback",
   "https://client.example.org/callback2"],
 "grant_types": ["authorization_code", "refresh_token"],
 "client_name": "My Example Client",
 "client_name#ja-Jpan-JP":
    "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
 "token_endpoint_auth_method": "client_secret_basic",
 "logo_uri": "https://client.example.org/logo.png",
 "jwks_uri": "https://client.example.org/my_public_keys.jwks",
 "example_extension_parameter": "example_value"
}"#;
    for reading in [Reading::Interop, Reading::Strict] {
        let client = read(&answer(201, body), reading).expect("read");
        assert_eq!(client.client_id().as_str(), "s6BhdRkqt3");
        assert!(client.client_secret().is_some_and(|secret| secret.matches("cf136dc3c1fc93f31185e5885805d")));
        assert_eq!(client.client_id_issued_at(), Some(Timestamp::from_unix(2_893_256_800)));
        assert_eq!(client.client_secret_expires_at(), Some(Timestamp::from_unix(2_893_276_800)));
        assert!(client.metadata().grant_types().eq(["authorization_code", "refresh_token"]));
        assert!(client.deviations().is_empty());
        let written = client.to_http();
        assert!(same(written.body(), body));
        assert_eq!((written.status(), written.header("cache-control")), (201, Some("no-store")));
    }
}

// HTTP-7591-040, HTTP-7591-041
#[test]
fn rfc_7591_section_3_2_2_errors_read_and_written_back() {
    for (body, code) in [
        (
            r#"{"error":"invalid_redirect_uri","error_description":"The redirection URI http://sketchy.example.com is not allowed by this server."}"#,
            ErrorCode::InvalidRedirectUri,
        ),
        (
            r#"{"error":"invalid_client_metadata","error_description":"The grant type 'authorization_code' must be registered along with the response type 'code' but found only 'implicit' instead."}"#,
            ErrorCode::InvalidClientMetadata,
        ),
    ] {
        for reading in [Reading::Interop, Reading::Strict] {
            let Err(ResponseError::Refused(error)) = read(&answer(400, body), reading) else { panic!("no error") };
            assert_eq!(error.code(), &code);
            assert_eq!(error.to_http(400).body(), body.as_bytes());
        }
    }
}

#[test]
fn rfc_7592_section_2_a_registration_is_read_updated_and_deleted() {
    let (uri, token) = (
        Endpoint::new("https://server.example.com/register/s6BhdRkqt3").expect("an endpoint"),
        RegistrationAccessToken::new("reg-23410913-abewfq.123483"),
    );
    let metadata = asked(SECTION_3_1).expect("read");
    let update =
        ManagementRequest::update(ClientId::new("s6BhdRkqt3").expect("an id"), Some(ClientSecret::new("s")), metadata);
    for (request, method) in
        [(ManagementRequest::Read, Method::Get), (update, Method::Put), (ManagementRequest::Delete, Method::Delete)]
    {
        let http = request.to_http(&uri, &token).expect("written");
        assert_eq!((http.method(), http.header("authorization")), (method, Some("Bearer reg-23410913-abewfq.123483")));
        let (read, shown) = ManagementRequest::from_http(&http).expect("read");
        assert!(shown.matches(token.expose()));
        let again = read.to_http(&uri, &shown).expect("written");
        assert_eq!((again.method(), again.body()), (method, http.body()));
    }
    let put = |body: &str, field: &str| {
        let headers = [("content-type", "application/json"), ("authorization", field)];
        ManagementRequest::from_http(&HttpRequest::received(Method::Put, "/r", headers, body))
    };
    for body in [
        "{}",
        r#"{"client_id":7}"#,
        r#"{"client_id":"a","client_secret":7}"#,
        r#"{"client_id":"a","registration_access_token":"t"}"#,
        r#"{"client_id":"a","client_id_issued_at":1}"#,
    ] {
        assert!(matches!(put(body, "Bearer a"), Err(RequestError::ClientMetadata { .. })), "{body}");
    }
    assert_eq!(put("{", "").expect_err("no token").to_http().status(), 401);
    let post = HttpRequest::received(Method::Post, "/r", [("authorization", "Bearer a")], "");
    let error = ManagementRequest::from_http(&post).expect_err("post");
    assert_eq!(error.to_http().header("allow"), Some("GET, PUT, DELETE"));
}

#[test]
fn rfc_7592_section_3_the_answer_may_bring_new_credentials() {
    let body = r#"{"registration_access_token":"reg-23410913-abewfq.123483",
      "registration_client_uri":"https://server.example.com/register/s6BhdRkqt3",
      "client_id":"s6BhdRkqt3","client_secret":"cf136dc3c1fc93f31185e5885805d","client_id_issued_at":2893256800,
      "client_secret_expires_at":2893276800,"client_name":"My Example Client","grant_types":["authorization_code"]}"#;
    let expect = Expect::new(Timestamp::EPOCH).reading(Reading::Strict);
    let client = RegistrationResponse::from_management(&answer(200, body), &expect).expect("read");
    assert!(client.registration_access_token().is_some_and(|token| token.matches("reg-23410913-abewfq.123483")));
    assert_eq!(
        client.registration_client_uri().map(Endpoint::as_str),
        Some("https://server.example.com/register/s6BhdRkqt3")
    );
    assert!(same(client.to_management().body(), body));
    assert!(
        DeletionResponse::from_http(&DeletionResponse::new().to_http(), &expect)
            .expect("deleted")
            .deviations()
            .is_empty()
    );
    let interop = Expect::new(Timestamp::EPOCH);
    assert_eq!(DeletionResponse::from_http(&HttpResponse::new(200), &interop).expect("deleted").deviations().len(), 1);
    assert!(DeletionResponse::from_http(&HttpResponse::new(200), &expect).is_err());
    assert!(matches!(
        DeletionResponse::from_http(&HttpResponse::new(503), &interop),
        Err(ResponseError::Transient { .. })
    ));
    let gone = HttpResponse::new(401)
        .with_header("www-authenticate", r#"Bearer error="invalid_token", error_description="gone""#);
    for error in [
        DeletionResponse::from_http(&gone, &interop).map(drop),
        RegistrationResponse::from_management(&gone, &interop).map(drop),
        RegistrationResponse::from_http(&gone, &expect).map(drop),
    ] {
        let Err(ResponseError::Refused(error)) = error else { panic!("no error") };
        assert_eq!((error.code(), error.description()), (&ErrorCode::InvalidToken, Some("gone")));
    }
    let body_first = HttpResponse::new(401)
        .with_header("www-authenticate", "Bearer")
        .with_header("content-type", "application/json")
        .with_body(r#"{"error":"invalid_client"}"#);
    assert!(
        matches!(DeletionResponse::from_http(&body_first, &interop), Err(ResponseError::Refused(error)) if error.code() == &ErrorCode::InvalidClient)
    );
}
