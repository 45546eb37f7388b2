use super::*;
use alloc::format;
use alloc::string::ToString;
use jwt_core::Blame;
use proptest::prelude::*;

/// RFC 9728, section 3.2.
const EXAMPLE: &str = r#"{
 "resource":
   "https://resource.example.com",
 "authorization_servers":
   ["https://as1.example.com",
    "https://as2.example.net"],
 "bearer_methods_supported":
   ["header", "body"],
 "scopes_supported":
   ["profile", "email", "phone"],
 "resource_documentation":
   "https://resource.example.com/resource_documentation.html"
}"#;

fn resource(text: &str) -> Resource {
    Resource::new(text).unwrap()
}

fn response(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}

fn read(body: &str, reading: Reading) -> Result<ProtectedResource, MetadataError> {
    let resource = resource("https://resource.example.com");
    ProtectedResource::from_http(FoundBy::WellKnown(&resource), &response(body), reading)
}

fn document(members: &str) -> String {
    format!(r#"{{"resource":"https://resource.example.com"{members}}}"#)
}

#[test]
fn the_example_of_rfc_9728_section_3_2_is_read_and_written_back() {
    for reading in [Reading::Strict, Reading::Interop] {
        let document = read(EXAMPLE, reading).unwrap();
        assert_eq!(document.resource().as_str(), "https://resource.example.com");
        let servers: Vec<_> = document.authorization_servers().iter().map(Issuer::as_str).collect();
        assert_eq!(servers, ["https://as1.example.com", "https://as2.example.net"]);
        assert_eq!(document.bearer_methods().unwrap(), ["header", "body"]);
        assert_eq!(document.scopes().unwrap().len(), 3);
        assert_eq!(document.resource_documentation(), Some("https://resource.example.com/resource_documentation.html"));
        assert!(document.extra().is_empty() && document.deviations().is_empty());
        assert!(!document.dpop_bound_access_tokens_required());
        let written: serde_json::Value = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(EXAMPLE).unwrap());
        assert_eq!(document.to_http().header("content-type"), Some("application/json"));
    }
}

// MD-05: RFC 9728, section 3.1
#[test]
fn the_well_known_part_is_inserted_between_host_and_path() {
    for (identifier, url) in [
        ("https://resource.example.com", "https://resource.example.com/.well-known/oauth-protected-resource"),
        ("https://resource.example.com/", "https://resource.example.com/.well-known/oauth-protected-resource"),
        (
            "https://resource.example.com/resource1",
            "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
        ),
        ("https://rs.example/a/b/", "https://rs.example/.well-known/oauth-protected-resource/a/b/"),
        ("https://rs.example/?k=v", "https://rs.example/.well-known/oauth-protected-resource?k=v"),
        ("https://rs.example?k=v/w", "https://rs.example/.well-known/oauth-protected-resource?k=v/w"),
        ("https://rs.example/a?k=v", "https://rs.example/.well-known/oauth-protected-resource/a?k=v"),
        ("HTTPS://RS.example:443/A", "HTTPS://RS.example:443/.well-known/oauth-protected-resource/A"),
        ("http://[::1]:8080/mcp", "http://[::1]:8080/.well-known/oauth-protected-resource/mcp"),
    ] {
        assert_eq!(ProtectedResource::well_known_url(&resource(identifier)).as_deref(), Ok(url));
        assert_eq!(ProtectedResource::request(url).url(), url);
    }
    for nowhere in ["urn:example:api", "api://8d1f3f6e", "http://rs.example/"] {
        assert!(ProtectedResource::well_known_url(&resource(nowhere)).is_err(), "{nowhere}");
        assert!(ProtectedResource::mcp_well_known_urls(&resource(nowhere)).is_err(), "{nowhere}");
    }
    let urls = |text: &str| ProtectedResource::mcp_well_known_urls(&resource(text)).unwrap();
    assert_eq!(
        urls("https://rs.example/mcp"),
        [
            "https://rs.example/.well-known/oauth-protected-resource/mcp",
            "https://rs.example/.well-known/oauth-protected-resource"
        ]
    );
    assert_eq!(urls("https://rs.example/").len(), 1);
}

// MD-05: RFC 9728, section 3.3
#[test]
fn a_document_of_another_resource_is_not_used() {
    for other in [
        "https://resource.example.com/",
        "https://RESOURCE.example.com",
        "https://resource.example.com:443",
        "https://evil.example",
    ] {
        let body = EXAMPLE.replacen("https://resource.example.com\"", &format!("{other}\""), 1);
        for reading in [Reading::Strict, Reading::Interop] {
            let error = read(&body, reading).unwrap_err();
            assert_eq!((error, error.blame()), (MetadataError::ResourceMismatch, Blame::Peer), "{other}");
        }
    }
    let error = |body: &str| read(body, Reading::Interop).unwrap_err();
    assert_eq!(error("{}"), MetadataError::Missing { member: "resource" });
    assert_eq!(error(r#"{"resource":null}"#), MetadataError::Malformed { member: "resource" });
    assert_eq!(error(r#"{"resource":"rs.example"}"#), MetadataError::Malformed { member: "resource" });
    assert_eq!(error("<html>").code(), "metadata_json");
    let twice = r#"{"resource":"https://evil.example","resourc\u0065":"https://resource.example.com"}"#;
    assert_eq!(error(twice).code(), "metadata_json");
}

// MD-06: RFC 9728, sections 3.3 and 5.1
#[test]
fn what_a_challenge_points_to_must_be_of_the_url_that_was_requested() {
    let read = |found_by, body: &str, reading| ProtectedResource::from_json(found_by, body, reading);
    let body = r#"{"resource":"https://rs.example/mcp"}"#;
    let challenge = |request_url| FoundBy::Challenge { request_url };
    let below = |request_url| FoundBy::ChallengeBelow { request_url };
    for reading in [Reading::Strict, Reading::Interop] {
        assert!(read(challenge("https://rs.example/mcp"), body, reading).is_ok());
        assert!(read(below("https://rs.example/mcp"), body, reading).is_ok());
        for url in [
            "https://rs.example/mcp/",
            "https://rs.example/mcp/tools",
            "https://rs.example/",
            "https://rs.example/mcp?x",
        ] {
            assert_eq!(read(challenge(url), body, reading).unwrap_err(), MetadataError::ResourceMismatch, "{url}");
        }
        for url in [
            "https://rs.example/",
            "https://rs.example/mcp2",
            "https://evil.example/mcp",
            "https://rs.example/mcp/../x",
        ] {
            assert_eq!(read(below(url), body, reading).unwrap_err(), MetadataError::ResourceMismatch, "{url}");
        }
    }
    for url in ["https://rs.example/mcp/tools?x", "https://rs.example/mcp/", "https://rs.example/mcp?x"] {
        let document = read(below(url), body, Reading::Interop).unwrap();
        assert_eq!(document.deviations(), [Deviation::Differs { member: "resource" }], "{url}");
        assert_eq!(read(below(url), body, Reading::Strict).unwrap_err(), MetadataError::ResourceMismatch, "{url}");
    }
}

#[test]
fn malformed_members_are_skipped_and_recorded_or_refused() {
    use crate::reading::Kind;
    use Deviation as D;
    for (member, deviation) in [
        (r#""authorization_servers":[]"#, D::Empty { member: "authorization_servers" }),
        (r#""authorization_servers":null"#, D::WrongType { member: "authorization_servers", found: Kind::Null }),
        (r#""authorization_servers":["http://as.example"]"#, D::Malformed { member: "authorization_servers" }),
        (r#""authorization_servers":[7]"#, D::Malformed { member: "authorization_servers" }),
        (r#""scopes_supported":[]"#, D::Empty { member: "scopes_supported" }),
        (
            r#""bearer_methods_supported":"header""#,
            D::WrongType { member: "bearer_methods_supported", found: Kind::String },
        ),
        (r#""resource_name":"""#, D::Empty { member: "resource_name" }),
        (r#""resource_tos_uri":"javascript:x""#, D::Malformed { member: "resource_tos_uri" }),
        (r#""jwks_uri":"http://rs.example""#, D::Malformed { member: "jwks_uri" }),
        (
            r#""dpop_bound_access_tokens_required":"yes""#,
            D::WrongType { member: "dpop_bound_access_tokens_required", found: Kind::String },
        ),
    ] {
        let body = document(&format!(",{member}"));
        assert_eq!(read(&body, Reading::Strict).unwrap_err(), MetadataError::Deviation(deviation), "{member}");
        let found = read(&body, Reading::Interop).unwrap();
        assert_eq!(found.deviations(), [deviation], "{member}");
        assert_eq!(found.to_json(), document(""), "{member}");
    }
    let body = document(r#","resource_signing_alg_values_supported":["ES256","none"]"#);
    let deviation = D::Malformed { member: "resource_signing_alg_values_supported" };
    assert_eq!(read(&body, Reading::Strict).unwrap_err(), MetadataError::Deviation(deviation));
    let found = read(&body, Reading::Interop).unwrap();
    assert_eq!((found.resource_signing_algs().unwrap().len(), found.deviations()), (1, &[deviation][..]));
    let body = document(r#","resource_signing_alg_values_supported":["none"]"#);
    assert_eq!(read(&body, Reading::Interop).unwrap().resource_signing_algs(), None);
    // One that is no issuer costs itself only.
    let body = document(r#","authorization_servers":["https://as.example","ftp://x",{}]"#);
    let found = read(&body, Reading::Interop).unwrap();
    assert_eq!(found.authorization_servers(), [Issuer::new("https://as.example").unwrap()]);
    assert_eq!(found.deviations().len(), 1);
}

#[test]
fn a_resource_writes_its_document() {
    let document = ProtectedResource::new(resource("https://rs.example/mcp"))
        .with_authorization_servers([Issuer::new("https://as.example").unwrap()])
        .with_scopes(["read"])
        .with_bearer_methods::<&str>([])
        .with_dpop_bound_access_tokens_required(true)
        .with_resource_name("Files")
        .with_resource_tos_uri("javascript:x")
        .with_signed_metadata("")
        .with_extra("resource_name#de", "Dateien")
        .with_extra("resource", "https://evil.example");
    assert_eq!(
        document.to_json(),
        r##"{"resource":"https://rs.example/mcp","scopes_supported":["read"],"dpop_bound_access_tokens_required":true,"resource_name":"Files","bearer_methods_supported":[],"authorization_servers":["https://as.example"],"resource_name#de":"Dateien"}"##
    );
    let url = FoundBy::Challenge { request_url: "https://rs.example/mcp" };
    let again = ProtectedResource::from_http(url, &document.to_http(), Reading::Strict).unwrap();
    assert_eq!(again.to_json(), document.to_json());
    assert_eq!(again.bearer_methods(), Some(&[][..]));
    assert!(document.with_authorization_servers([]).authorization_servers().is_empty());
}

#[test]
fn b5_no_text_of_the_peer_shows_itself() {
    let body = document(r#","resource_name":"marked","scopes_supported":["marked"],"x":"marked","jwks_uri":"marked""#);
    assert!(!format!("{:?}", read(&body, Reading::Interop)).contains("marked"));
    let error = read(r#"{"resource":"https://marked.example"}"#, Reading::Interop).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("marked"));
}

proptest! {
    #[test]
    fn whatever_the_members_strict_accepts_a_part_of_interop_and_reads_the_same(
        members in proptest::collection::btree_map(
            proptest::sample::select([TYPED, &["x"]].concat()),
            prop_oneof![
                Just(serde_json::Value::Null),
                any::<bool>().prop_map(serde_json::Value::from),
                "(https://[a-z]{1,5}(\\.example)?/[a-z?#]{0,5}|[a-z ]{0,6})".prop_map(serde_json::Value::from),
                proptest::collection::vec("(https://[a-z]{1,5}|[a-z]{0,5})", 0..3).prop_map(serde_json::Value::from),
                Just(serde_json::json!([1, "a"])),
            ],
            0..6,
        )
    ) {
        let mut body: serde_json::Map<_, _> = members.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        body.insert("resource".to_string(), "https://resource.example.com".into());
        let body = serde_json::Value::Object(body).to_string();
        let interop = read(&body, Reading::Interop).unwrap();
        match read(&body, Reading::Strict) {
            Ok(strict) => {
                prop_assert_eq!(strict.to_json(), interop.to_json());
                prop_assert!(interop.deviations().is_empty());
            }
            Err(_) => prop_assert!(!interop.deviations().is_empty()),
        }
        prop_assert_eq!(read(&interop.to_json(), Reading::Strict).unwrap().to_json(), interop.to_json());
    }

    #[test]
    fn no_body_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let resource = resource("https://resource.example.com");
        for reading in [Reading::Strict, Reading::Interop] {
            let response = HttpResponse::new(200).with_body(body.clone());
            let _ = ProtectedResource::from_http(FoundBy::WellKnown(&resource), &response, reading);
        }
    }
}
