//! Where documents are, and whose they are.

use super::*;

// HTTP-8414-046, -047; PROTOCOL: MCP clients look in three places.
#[test]
fn mcp_clients_look_in_one_place_more_where_the_issuer_has_a_path() {
    let urls = |issuer: &str| AuthorizationServer::mcp_well_known_urls(&Issuer::new(issuer).unwrap());
    assert_eq!(
        urls("https://example.com/tenant1"),
        [
            "https://example.com/.well-known/oauth-authorization-server/tenant1",
            "https://example.com/.well-known/openid-configuration/tenant1",
            "https://example.com/tenant1/.well-known/openid-configuration",
        ]
    );
    for issuer in ["https://example.com", "https://example.com/"] {
        assert_eq!(urls(issuer), AuthorizationServer::well_known_urls(&Issuer::new(issuer).unwrap()));
    }
    let request = AuthorizationServer::request(&urls("https://example.com/issuer1")[0]);
    assert_eq!(request.path(), "/.well-known/oauth-authorization-server/issuer1");
}

// MD-02, B12
#[test]
fn b12_a_document_of_another_issuer_is_not_used() {
    for other in [
        "https://server.example.com/",
        "https://SERVER.example.com",
        "https://server.example.com:443",
        "HTTPS://server.example.com",
        "https://server.example.com ",
        "https://evil.example",
        "",
    ] {
        let body = EXAMPLE.replacen("https://server.example.com\"", &format!("{other}\""), 1);
        for reading in [Reading::Strict, Reading::Interop] {
            let refused = read(&body, reading).unwrap_err();
            assert!(refused.is_issuer_mismatch(), "{other}");
            assert_eq!(refused.blame(), Blame::Peer);
        }
    }
    let error = |body: &str| read(body, Reading::Interop).unwrap_err();
    assert_eq!(error("{}"), MetadataError::Missing { member: "issuer" });
    assert_eq!(error(r#"{"issuer":null}"#), MetadataError::Malformed { member: "issuer" });
    assert_eq!(error(r#"{"issuer":["https://server.example.com"]}"#), MetadataError::Malformed { member: "issuer" });
    // Twice, also spelled in two ways.
    let twice = r#"{"issuer":"https://evil.example","iss\u0075er":"https://server.example.com"}"#;
    assert_eq!(error(twice).code(), "metadata_json");
}

fn named(issuer: &str) -> String {
    document("").replacen("https://server.example.com\"", &format!("{issuer}\""), 1)
}

// QUIRKS, discovery: the issuer of Entra's common, the slash at the end. MD-02: and the exceptions that a caller may name.
#[test]
fn an_issuer_that_differs_is_accepted_by_name_only() {
    use IssuerComparison::{Exact, RootSlash, TenantTemplate};
    let cases = [
        ("https://as.example", "https://as.example/", &[RootSlash][..]),
        ("https://as.example/", "https://as.example", &[RootSlash]),
        ("https://as.example/a", "https://as.example/a/", &[]),
        ("https://as.example", "https://as.example//", &[]),
        ("https://as.example", "https://AS.example/", &[]),
        ("https://as.example/common/v2.0", "https://as.example/{tenantid}/v2.0", &[TenantTemplate]),
        ("https://as.example/9188040d-6c67/v2.0", "https://as.example/{tenantid}/v2.0", &[TenantTemplate]),
        ("https://as.example/a.example", "https://as.example/{tenantid}", &[TenantTemplate]),
        ("https://as.example/a/b/v2.0", "https://as.example/{tenantid}/v2.0", &[]),
        ("https://as.example//v2.0", "https://as.example/{tenantid}/v2.0", &[]),
        ("https://as.example/a/v2.0", "https://as.example/{tenant}/v2.0", &[]),
        ("https://as.example/a/v2.0", "https://evil.example/{tenantid}/v2.0", &[]),
        ("https://as.example/a", "https://{tenantid}/a", &[]),
        ("https://as.example/a", "{tenantid}", &[]),
        ("https://as.example/a/v2.0", "https://as.example/b/v2.0", &[]),
    ];
    for (expected, found, accepted) in cases {
        let expected = Issuer::new(expected).unwrap();
        let answer = response(&named(found));
        for comparison in [Exact, RootSlash, TenantTemplate] {
            let read = |reading| AuthorizationServer::from_http_by(comparison, &expected, &answer, reading);
            assert!(read(Reading::Strict).unwrap_err().is_issuer_mismatch(), "{found}");
            match read(Reading::Interop) {
                Ok(server) => {
                    assert!(accepted.contains(&comparison), "{found} {comparison:?}");
                    assert_eq!(server.issuer().as_str(), found);
                    assert_eq!(server.deviations(), [Deviation::Differs { member: "issuer" }]);
                    // It is stored as what it is.
                    let stored = AuthorizationServer::from_json(server.issuer(), server.to_json(), Reading::Strict);
                    assert!(stored.unwrap().deviations().is_empty());
                }
                Err(error) => assert!(error.is_issuer_mismatch() && !accepted.contains(&comparison), "{found}"),
            }
        }
    }
    for comparison in [Exact, RootSlash, TenantTemplate] {
        let same = AuthorizationServer::from_http_by(comparison, &issuer(), &response(EXAMPLE), Reading::Strict);
        assert!(same.unwrap().deviations().is_empty());
    }
}

// QUIRKS, discovery: RFC 9207 said, and not done.
#[test]
fn a_server_that_claims_to_name_itself_and_does_not_is_excepted_by_name() {
    let server = read(&document(r#","authorization_response_iss_parameter_supported":true"#), Reading::Strict).unwrap();
    assert!(server.iss_parameter_supported());
    assert!(!server.dangerous_without_iss_parameter().iss_parameter_supported());
}

// QUIRKS, ID tokens: Google's `iss` with and without `https://`. That is the caller's to say.
#[test]
fn no_document_says_that_an_issuer_has_a_second_spelling() {
    for member in ["schemeless_issuer", "with_schemeless_issuer"] {
        let server = read(&document(&format!(r#","{member}":true"#)), Reading::Interop).unwrap();
        assert!(!server.schemeless_issuer());
    }
    let server = read(&document(""), Reading::Strict).unwrap().with_schemeless_issuer(true);
    assert!(server.schemeless_issuer() && server.for_mutual_tls().schemeless_issuer());
    assert!(!server.to_json().contains("schemeless"));
    assert!(!read(&server.to_json(), Reading::Strict).unwrap().schemeless_issuer());
}
