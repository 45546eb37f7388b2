//! Endpoints for clients with certificates.

use super::*;

// RFC 8705, section 5
#[test]
fn a_client_with_a_certificate_goes_to_the_aliases_and_else_to_the_usual_endpoints() {
    let body = document(
        r#","revocation_endpoint":"https://server.example.com/revoke","mtls_endpoint_aliases":{"token_endpoint":"https://mtls.example.com/token","introspection_endpoint":"https://mtls.example.com/introspect","x_endpoint":"https://mtls.example.com/x"}"#,
    );
    let server = read(&body, Reading::Strict).unwrap();
    let aliases = server.mtls_endpoint_aliases().unwrap();
    assert_eq!(aliases.token_endpoint().unwrap().as_str(), "https://mtls.example.com/token");
    assert_eq!((aliases.revocation_endpoint(), aliases.extra().len()), (None, 1));
    assert_eq!(server.token_endpoint().unwrap().as_str(), "https://server.example.com/token");
    let mutual = server.for_mutual_tls();
    assert_eq!(mutual.token_endpoint(), aliases.token_endpoint());
    assert_eq!(mutual.introspection_endpoint(), aliases.introspection_endpoint());
    assert_eq!(mutual.revocation_endpoint(), server.revocation_endpoint());
    assert_eq!(mutual.authorization_endpoint(), server.authorization_endpoint());
    assert_eq!(read(&server.to_json(), Reading::Strict).unwrap().to_json(), server.to_json());
    assert!(!format!("{server:?} {aliases:?}").contains("mtls.example"));

    let usual = read(&document(""), Reading::Strict).unwrap();
    assert_eq!(usual.for_mutual_tls().to_json(), usual.to_json());
    assert_eq!(usual.clone().with_mtls_endpoint_aliases(MtlsEndpointAliases::default()).mtls_endpoint_aliases(), None);

    const MEMBER: &str = "mtls_endpoint_aliases";
    for (value, deviation) in [
        (r#"[]"#, Deviation::WrongType { member: MEMBER, found: Kind::Array }),
        (r#"{}"#, Deviation::Empty { member: MEMBER }),
        (r#"{"token_endpoint":"http://mtls.example.com/token"}"#, Deviation::Malformed { member: MEMBER }),
        (r#"{"token_endpoint":null,"a":1}"#, Deviation::Malformed { member: MEMBER }),
    ] {
        let body = document(&format!(r#","mtls_endpoint_aliases":{value}"#));
        assert_eq!(read(&body, Reading::Strict).unwrap_err(), MetadataError::Deviation(deviation), "{value}");
        let server = read(&body, Reading::Interop).unwrap();
        assert_eq!(server.deviations()[0], deviation, "{value}");
        assert_eq!(server.for_mutual_tls().token_endpoint(), server.token_endpoint());
    }
}

// B10: how many members there are is the peer's choice. In quadratic time each of these takes seconds.
#[test]
fn a_document_of_very_many_members_is_read_and_written_at_once() {
    let many: Vec<String> = (0..24_000).map(|index| format!(r#""{index:x}":0"#)).collect();
    let many = many.join(",");
    let server = read(&document(&format!(r#","mtls_endpoint_aliases":{{{many}}}"#)), Reading::Interop).unwrap();
    assert_eq!(server.mtls_endpoint_aliases().unwrap().extra().len(), 24_000);
    assert_eq!(read(&server.to_json(), Reading::Interop).unwrap().to_json(), server.to_json());
    let server = read(&document(&format!(",{many}")), Reading::Interop).unwrap();
    assert_eq!(server.extra().len(), 24_000);
    assert_eq!(read(&server.to_json(), Reading::Interop).unwrap().to_json(), server.to_json());
}
