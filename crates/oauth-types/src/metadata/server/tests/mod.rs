//! Server metadata from both sides.

mod issuers;
mod mtls;

use super::*;
use crate::http::Contract;
use crate::reading::Kind;
use alloc::format;
use alloc::string::ToString;
use jwt_core::Blame;
use proptest::prelude::*;

/// RFC 8414, section 3.2.
const EXAMPLE: &str = r#"{
 "issuer":
   "https://server.example.com",
 "authorization_endpoint":
   "https://server.example.com/authorize",
 "token_endpoint":
   "https://server.example.com/token",
 "token_endpoint_auth_methods_supported":
   ["client_secret_basic", "private_key_jwt"],
 "token_endpoint_auth_signing_alg_values_supported":
   ["RS256", "ES256"],
 "userinfo_endpoint":
   "https://server.example.com/userinfo",
 "jwks_uri":
   "https://server.example.com/jwks.json",
 "registration_endpoint":
   "https://server.example.com/register",
 "scopes_supported":
   ["openid", "profile", "email", "address",
    "phone", "offline_access"],
 "response_types_supported":
   ["code", "code token"],
 "service_documentation":
   "http://server.example.com/service_documentation.html",
 "ui_locales_supported":
   ["en-US", "en-GB", "en-CA", "fr-FR", "fr-CA"]
}"#;

fn issuer() -> Issuer {
    Issuer::new("https://server.example.com").unwrap()
}

fn response(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

fn read(body: &str, reading: Reading) -> Result<AuthorizationServer, MetadataError> {
    AuthorizationServer::from_http(&issuer(), &response(body), reading)
}

/// The least document that is right, with further members.
fn document(members: &str) -> String {
    format!(
        r#"{{"issuer":"https://server.example.com","authorization_endpoint":"https://server.example.com/authorize","token_endpoint":"https://server.example.com/token","response_types_supported":["code"]{members}}}"#
    )
}

// MD-04: what is not known is kept.
#[test]
fn the_example_of_rfc_8414_is_read_and_written_back() {
    for reading in [Reading::Strict, Reading::Interop] {
        let server = read(EXAMPLE, reading).unwrap();
        assert_eq!(server.issuer().as_str(), "https://server.example.com");
        assert_eq!(server.authorization_endpoint().unwrap().as_str(), "https://server.example.com/authorize");
        assert_eq!(server.jwks_uri().unwrap().as_str(), "https://server.example.com/jwks.json");
        assert_eq!(server.registration_endpoint().unwrap().as_str(), "https://server.example.com/register");
        assert!(
            server
                .token_endpoint_auth_methods()
                .eq([ClientAuthMethod::ClientSecretBasic, ClientAuthMethod::PrivateKeyJwt])
        );
        assert_eq!(server.scopes().unwrap().len(), 6);
        assert_eq!(server.service_documentation(), Some("http://server.example.com/service_documentation.html"));
        assert_eq!(server.ui_locales().unwrap().len(), 5);
        assert_eq!(server.extra().len(), 0);
        assert_eq!(server.deviations(), []);
        assert!(!server.iss_parameter_supported() && server.supports_s256());

        let written: serde_json::Value = serde_json::from_str(&server.to_json()).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(EXAMPLE).unwrap());
        let again = AuthorizationServer::from_http(&issuer(), &server.to_http(), Reading::Strict).unwrap();
        assert_eq!(again.to_json(), server.to_json());
    }
}

// MD-01
#[test]
fn well_known_urls_are_inserted_then_appended_without_a_terminating_slash() {
    let urls = |issuer: &str| AuthorizationServer::well_known_urls(&Issuer::new(issuer).unwrap());
    for (issuer, inserted, appended) in [
        // RFC 8414, section 3.1
        (
            "https://example.com",
            "https://example.com/.well-known/oauth-authorization-server",
            "https://example.com/.well-known/openid-configuration",
        ),
        (
            "https://example.com/issuer1",
            "https://example.com/.well-known/oauth-authorization-server/issuer1",
            "https://example.com/issuer1/.well-known/openid-configuration",
        ),
        (
            "https://example.com/",
            "https://example.com/.well-known/oauth-authorization-server",
            "https://example.com/.well-known/openid-configuration",
        ),
        (
            "http://[::1]:8080/a/b/",
            "http://[::1]:8080/.well-known/oauth-authorization-server/a/b",
            "http://[::1]:8080/a/b/.well-known/openid-configuration",
        ),
    ] {
        assert_eq!(urls(issuer), [inserted, appended]);
        let request = AuthorizationServer::request(inserted);
        assert_eq!((request.url(), request.contract().purpose()), (inserted, Purpose::Metadata));
        assert_eq!(request.header("accept"), Some("application/json"));
    }
}

// RFC 8414, section 2
#[test]
fn algorithms_of_assertions_are_named_where_assertions_are_and_none_is_no_algorithm() {
    for endpoint in ["token", "revocation", "introspection"] {
        let algs = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        let methods = format!(r#","{endpoint}_endpoint_auth_methods_supported":["private_key_jwt"]"#);
        for (members, said) in [
            (methods.clone(), format!("{algs} was missing")),
            (format!(r#"{methods},"{algs}":["ES256","none"]"#), format!("{algs} was malformed")),
        ] {
            let server = read(&document(&members), Reading::Interop).unwrap();
            assert_eq!(server.deviations().iter().map(ToString::to_string).collect::<Vec<_>>(), [said]);
            assert_eq!(read(&document(&members), Reading::Strict).unwrap_err().code(), "metadata_deviation");
        }
        let right = document(&format!(r#"{methods},"{algs}":["ES256"]"#));
        assert!(read(&right, Reading::Strict).is_ok(), "{endpoint}");
    }
}

// QUIRKS, discovery: HTML, 401, 403, 5xx for a candidate.
#[test]
fn what_is_no_document_says_so_and_the_next_url_can_be_asked() {
    let error =
        |response: &HttpResponse| AuthorizationServer::from_http(&issuer(), response, Reading::Interop).unwrap_err();
    for status in [201, 204, 301, 302, 307, 401, 403, 404, 429, 500, 503] {
        let refused =
            error(&HttpResponse::new(status).with_header("location", "https://evil.example").with_body(EXAMPLE));
        assert_eq!(refused, MetadataError::Status { status });
        let expected = if status == 429 || status >= 500 { Blame::Transport } else { Blame::Peer };
        assert_eq!((refused.blame(), refused.is_issuer_mismatch()), (expected, false));
    }
    for body in
        ["", "<!DOCTYPE html><title>Sign in</title>", "[]", "null", "\"x\"", "{", "{\"a\":1}{}", "{\"a\":\"\u{0}\"}"]
    {
        let refused = error(&HttpResponse::new(200).with_header("content-type", "text/html").with_body(body));
        assert_eq!(refused.code(), "metadata_json", "{body}");
    }
    let large = document(&format!(r#","x":"{}""#, "x".repeat(Contract::DEFAULT_MAX_RESPONSE_BYTES)));
    assert_eq!(error(&response(&large)).code(), "metadata_json");
    let deep = document(&format!(r#","x":{}{}"#, "[".repeat(20), "]".repeat(20)));
    assert_eq!(error(&response(&deep)).code(), "metadata_json");
}

// B10, OA-16
#[test]
fn b10_an_unsafe_endpoint_is_never_used() {
    for url in [
        "http://server.example.com/token",
        "https://user@server.example.com/token",
        "https://server.example.com/token#x",
        "/token",
    ] {
        let body = EXAMPLE.replacen("https://server.example.com/token", url, 1);
        for reading in [Reading::Strict, Reading::Interop] {
            assert_eq!(
                read(&body, reading).unwrap_err(),
                MetadataError::Malformed { member: "token_endpoint" },
                "{url}"
            );
        }
        let body = document(&format!(r#","revocation_endpoint":"{url}""#));
        let deviation = Deviation::Malformed { member: "revocation_endpoint" };
        assert_eq!(read(&body, Reading::Strict).unwrap_err(), MetadataError::Deviation(deviation));
        let server = read(&body, Reading::Interop).unwrap();
        assert_eq!((server.revocation_endpoint(), server.deviations()), (None, &[deviation][..]));
    }
}

// QUIRKS, discovery: unknown or malformed optional members.
#[test]
fn malformed_optional_members_are_skipped_and_recorded_or_refused() {
    use Deviation as D;
    for (member, deviation) in [
        (r#""scopes_supported":"openid""#, D::WrongType { member: "scopes_supported", found: Kind::String }),
        (r#""scopes_supported":null"#, D::WrongType { member: "scopes_supported", found: Kind::Null }),
        (r#""scopes_supported":[]"#, D::Empty { member: "scopes_supported" }),
        (r#""scopes_supported":["a",1]"#, D::Malformed { member: "scopes_supported" }),
        (r#""jwks_uri":null"#, D::WrongType { member: "jwks_uri", found: Kind::Null }),
        (r#""jwks_uri":"""#, D::Empty { member: "jwks_uri" }),
        (r#""jwks_uri":{}"#, D::WrongType { member: "jwks_uri", found: Kind::Object }),
        (
            r#""authorization_response_iss_parameter_supported":"true""#,
            D::WrongType { member: "authorization_response_iss_parameter_supported", found: Kind::String },
        ),
        (
            r#""require_signed_request_object":1"#,
            D::WrongType { member: "require_signed_request_object", found: Kind::Integer },
        ),
    ] {
        let body = document(&format!(",{member}"));
        assert_eq!(read(&body, Reading::Strict).unwrap_err(), MetadataError::Deviation(deviation), "{member}");
        let server = read(&body, Reading::Interop).unwrap();
        assert_eq!(server.deviations(), [deviation], "{member}");
        assert_eq!((server.scopes(), server.jwks_uri()), (None, None));
        // What it skipped it does not write.
        assert!(read(&server.to_json(), Reading::Strict).is_ok(), "{member}");
    }
    let flag = document(r#","authorization_response_iss_parameter_supported":"true""#);
    assert!(read(&flag, Reading::Interop).unwrap().iss_parameter_supported());
    assert_eq!(
        read(
            &document(r#","token_endpoint":null"#).replacen(
                r#""token_endpoint":"https://server.example.com/token","#,
                "",
                1
            ),
            Reading::Interop
        )
        .unwrap()
        .deviations(),
        [D::WrongType { member: "token_endpoint", found: Kind::Null }, D::Missing { member: "token_endpoint" }]
    );
}

#[test]
fn required_members_may_be_missing_in_interop_only() {
    let body = r#"{"issuer":"https://server.example.com"}"#;
    assert_eq!(
        read(body, Reading::Interop).unwrap().deviations(),
        [
            Deviation::Missing { member: "response_types_supported" },
            Deviation::Missing { member: "authorization_endpoint" },
            Deviation::Missing { member: "token_endpoint" },
        ]
    );
    assert!(read(body, Reading::Strict).is_err());
    // A server for machines only needs no authorization endpoint.
    let machines = r#"{"issuer":"https://server.example.com","token_endpoint":"https://server.example.com/token","response_types_supported":["none"],"grant_types_supported":["client_credentials"]}"#;
    assert_eq!(read(machines, Reading::Strict).unwrap().deviations(), []);
}

#[test]
fn a_content_type_of_another_kind_and_a_byte_order_mark_are_tolerated_or_refused() {
    let html =
        HttpResponse::new(200).with_header("content-type", "text/html").with_body(format!("\u{feff}{}", document("")));
    let server = AuthorizationServer::from_http(&issuer(), &html, Reading::Interop).unwrap();
    assert_eq!(server.deviations(), [Deviation::ContentType, Deviation::ByteOrderMark]);
    assert!(AuthorizationServer::from_http(&issuer(), &html, Reading::Strict).is_err());
    let charset =
        HttpResponse::new(200).with_header("Content-Type", "Application/JSON ; charset=utf-8").with_body(document(""));
    assert!(AuthorizationServer::from_http(&issuer(), &charset, Reading::Strict).is_ok());
    assert!(AuthorizationServer::from_json(&issuer(), document(""), Reading::Strict).is_ok());
}

// QUIRKS, discovery: code_challenge_methods_supported absent. MD-04, PK-02
#[test]
fn md_04_what_is_absent_has_its_default() {
    let server = AuthorizationServer::new(issuer());
    assert!(server.token_endpoint_auth_methods().eq([ClientAuthMethod::ClientSecretBasic]));
    assert!(server.supports_grant_type("authorization_code") && server.supports_grant_type("implicit"));
    assert!(!server.supports_grant_type("client_credentials"));
    assert!(
        server.supports_response_mode(ResponseMode::Query) && server.supports_response_mode(ResponseMode::Fragment)
    );
    assert!(!server.supports_response_mode(ResponseMode::FormPost));
    assert!(server.supports_s256() && !server.iss_parameter_supported());
    assert!(server.revocation_endpoint_auth_methods().eq([ClientAuthMethod::ClientSecretBasic]));
    assert_eq!(server.introspection_endpoint_auth_method_names(), None);
    // OpenID Connect Discovery, section 3
    assert!(server.request_uri_parameter_supported() && !server.request_parameter_supported());
    assert!(!server.claims_parameter_supported() && !server.require_request_uri_registration());

    let server = server
        .with_token_endpoint_auth_methods([ClientAuthMethod::None])
        .with_grant_types(["client_credentials"])
        .with_response_modes(["form_post"])
        .with_code_challenge_methods(["plain"]);
    assert!(server.token_endpoint_auth_methods().eq([ClientAuthMethod::None]));
    assert!(server.supports_grant_type("client_credentials") && !server.supports_grant_type("authorization_code"));
    assert!(
        server.supports_response_mode(ResponseMode::FormPost) && !server.supports_response_mode(ResponseMode::Query)
    );
    assert!(!server.supports_s256());
    assert!(server.clone().with_code_challenge_methods(["plain", "S256"]).supports_s256());
    // Methods that are not known here are no methods, and no default takes their place.
    let unknown = server.with_token_endpoint_auth_method_names(["attest_jwt_client_auth"]);
    assert_eq!(unknown.token_endpoint_auth_methods().count(), 0);
}

#[test]
fn a_server_writes_its_document() {
    let endpoint = |path: &str| Endpoint::new(format!("https://server.example.com{path}")).unwrap();
    let server = AuthorizationServer::new(issuer())
        .with_authorization_endpoint(endpoint("/authorize"))
        .with_token_endpoint(endpoint("/token"))
        .with_response_types(["code"])
        .with_scopes::<&str>([])
        .with_iss_parameter_supported(true)
        .with_extra("x_name", "Example")
        .with_extra("issuer", "https://evil.example")
        .with_extra("scopes_supported", "x");
    assert_eq!(
        server.to_json(),
        r#"{"issuer":"https://server.example.com","authorization_endpoint":"https://server.example.com/authorize","token_endpoint":"https://server.example.com/token","response_types_supported":["code"],"authorization_response_iss_parameter_supported":true,"x_name":"Example"}"#
    );
    let response = server.to_http();
    assert_eq!((response.status(), response.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        AuthorizationServer::from_http(&issuer(), &response, Reading::Strict).unwrap().to_json(),
        server.to_json()
    );
}

#[test]
fn b5_no_text_of_the_peer_shows_itself() {
    let mut shown = String::new();
    for body in [
        document(
            r#","extra":"marked-x","scopes_supported":["marked-s"],"jwks_uri":"marked-j","list":[{"a":"marked-l"}]"#,
        ),
        r#"{"issuer":"https://marked.example"}"#.to_string(),
        r#"{"issuer":"https://server.example.com","token_endpoint":"http://marked.example"}"#.to_string(),
        "marked <html>".to_string(),
    ] {
        match read(&body, Reading::Interop) {
            Ok(server) => shown += &format!("{server:?}"),
            Err(error) => shown += &format!("{error:?} {error}"),
        }
    }
    assert!(!shown.contains("marked"), "{shown}");
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(json!("true")),
        "(https://[a-z]{1,5}(\\.example)?/[a-z?#]{0,5}|[a-z ]{0,6})".prop_map(Value::from),
        proptest::collection::vec("[a-z]{0,5}", 0..4).prop_map(Value::from),
        Just(json!([1, "a"])),
        Just(json!({"a": {"b": []}})),
        Just(json!({"token_endpoint": "https://a.example/", "revocation_endpoint": 1})),
    ]
}

proptest! {
    #[test]
    fn whatever_the_members_strict_accepts_a_part_of_interop_and_reads_the_same(
        members in proptest::collection::btree_map(proptest::sample::select([TYPED, &["x", "y"]].concat()), value(), 0..8)
    ) {
        let mut body = serde_json::Map::new();
        for (name, value) in members {
            body.insert(name.to_string(), value);
        }
        body.insert("issuer".to_string(), "https://server.example.com".into());
        let body = serde_json::Value::Object(body).to_string();
        let interop = read(&body, Reading::Interop);
        match (read(&body, Reading::Strict), &interop) {
            (Ok(strict), Ok(interop)) => {
                prop_assert_eq!(strict.to_json(), interop.to_json());
                prop_assert!(strict.deviations().is_empty() && interop.deviations().is_empty());
            }
            (Err(_), Ok(interop)) => prop_assert!(!interop.deviations().is_empty()),
            (Ok(_), Err(_)) => prop_assert!(false, "strict accepts more"),
            (Err(_), Err(_)) => {}
        }
        if let Ok(server) = interop {
            // Wire against wire.
            prop_assert_eq!(read(&server.to_json(), Reading::Interop).unwrap().to_json(), server.to_json());
        }
    }

    #[test]
    fn no_body_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..200), status in 100_u16..600) {
        for reading in [Reading::Strict, Reading::Interop] {
            let _ = AuthorizationServer::from_http(&issuer(), &HttpResponse::new(status).with_body(body.clone()), reading);
        }
    }
}

/// Every member that is registered for OAuth and OpenID Connect has a value of its kind here, and an accessor.
#[test]
fn every_registered_member_has_an_accessor_and_survives_the_wire() {
    let mut body = serde_json::Map::new();
    for name in TYPED {
        let value = match *name {
            "issuer" => "https://server.example.com".into(),
            "mtls_endpoint_aliases" => serde_json::json!({"token_endpoint": "https://mtls.example.com/"}),
            "signed_metadata" => "e30.e30.x".into(),
            "organization_name" | "display_name" | "description" => "Example".into(),
            "keywords" | "contacts" => serde_json::json!(["a"]),
            "protected_resources" => serde_json::json!(["https://rs.example.com"]),
            name if name.ends_with("_endpoint") || name.ends_with("_uri") || name.ends_with("_iframe") => {
                "https://server.example.com/x".into()
            }
            "service_documentation" => "https://server.example.com/x".into(),
            name if name.ends_with("s_supported") && !FLAGS.contains(&name) => serde_json::json!(["a", "b"]),
            _ => true.into(),
        };
        body.insert((*name).to_string(), value);
    }
    assert!(body.len() >= 87);
    let text = serde_json::Value::Object(body.clone()).to_string();
    let server = read(&text, Reading::Strict).unwrap();
    assert!(server.extra().is_empty());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&server.to_json()).unwrap(), serde_json::Value::Object(body));
    assert_eq!(server.signed_metadata(), Some("e30.e30.x"));
}

const FLAGS: &[&str] = &[
    "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "tls_client_certificate_bound_access_tokens",
    "client_id_metadata_document_supported",
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "backchannel_user_code_parameter_supported",
];
