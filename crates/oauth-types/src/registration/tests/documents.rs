//! Clients that are registered nowhere.

use super::*;

#[test]
fn a_client_id_that_is_a_url_is_https_with_a_path() {
    for good in [
        "https://app.example/c",
        "https://app.example/a/b.json?v=1",
        "https://app.example:8443/c",
        "https://app.example/...",
    ] {
        assert_eq!(check_client_id_url(good), Ok(()), "{good}");
    }
    for (bad, why) in [
        ("s6BhdRkqt3", IdentifierError::NotAbsolute),
        ("http://app.example/c", IdentifierError::Scheme),
        ("https://app.example", IdentifierError::NotAbsolute),
        ("https://app.example/", IdentifierError::NotAbsolute),
        ("https://app.example?x=/y", IdentifierError::NotAbsolute),
        ("https://app.example/c#f", IdentifierError::Fragment),
        ("https://u@app.example/c", IdentifierError::UserInfo),
        ("https://app.example/a/../c", IdentifierError::Character),
        ("https://app.example/./c", IdentifierError::Character),
        ("https://app.example/a/%2e%2E/c", IdentifierError::Character),
    ] {
        assert_eq!(check_client_id_url(bad), Err(why), "{bad}");
        assert!(ClientIdMetadata::request(&ClientId::new(bad).expect("an id")).is_err());
    }
}

#[test]
fn a_client_id_document_is_of_its_url_and_has_no_secret() {
    let id = ClientId::new("https://app.example/client.json").expect("an id");
    let request = ClientIdMetadata::request(&id).expect("a request");
    assert_eq!((request.url(), request.contract().purpose()), (id.as_str(), Purpose::ClientMetadata));
    let read = |body: &str, reading| {
        ClientIdMetadata::from_http(&id, &answer(200, body), &Expect::new(Timestamp::EPOCH).reading(reading))
    };
    let good = r#"{"client_id":"https://app.example/client.json","client_name":"App","redirect_uris":["https://app.example/callback","http://127.0.0.1/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example/keys"}"#;
    let document = read(good, Reading::Strict).expect("read");
    assert!(
        document.allows(&redirect("https://app.example/callback"))
            && document.allows(&redirect("http://127.0.0.1:4711/cb"))
    );
    assert!(!document.allows(&redirect("https://app.example/other")));
    assert_eq!(document.token_endpoint_auth_method(), Some(ClientAuthMethod::PrivateKeyJwt));
    assert_eq!(document.to_http().body(), good.as_bytes());
    // A file that somebody was let put there says so in its type.
    for (status, content_type, good_answer) in [
        (200, "application/json; charset=utf-8", true),
        (200, "application/client-id+json", true),
        (200, "text/plain", false),
        (200, "text/html", false),
        (200, "application/octet-stream", false),
        (200, "image/svg+json", false),
        (201, "application/json", false),
        (203, "application/json", false),
    ] {
        let answer = HttpResponse::new(status).with_header("content-type", content_type).with_body(good);
        let read = ClientIdMetadata::from_http(&id, &answer, &Expect::new(Timestamp::EPOCH));
        assert_eq!(read.is_ok(), good_answer, "{status} {content_type}");
    }
    for body in [
        "{}",
        r#"{"client_id":"https://app.example/client.json/"}"#,
        r#"{"client_id":"https://app.example/client.json","client_secret":"s"}"#,
        r#"{"client_id":"https://app.example/client.json","client_secret_expires_at":0}"#,
        r#"{"client_id":"https://app.example/client.json","token_endpoint_auth_method":"client_secret_basic"}"#,
        r#"{"client_id":"https://app.example/client.json","token_endpoint_auth_method":"client_secret_jwt"}"#,
        r#"{"client_id":"https://app.example/client.json","token_endpoint_auth_method":"client_secret_new"}"#,
    ] {
        assert!(
            matches!(
                read(body, Reading::Interop),
                Err(ResponseError::Invalid(InvalidResponse::Malformed { .. } | InvalidResponse::Missing { .. }))
            ),
            "{body}"
        );
    }
    let silent = read(r#"{"client_id":"https://app.example/client.json"}"#, Reading::Interop).expect("read");
    assert_eq!((silent.token_endpoint_auth_method(), silent.deviations().len()), (Some(ClientAuthMethod::None), 1));
    let servers = read(
        r#"{"client_id":"https://app.example/client.json","registration_access_token":"marked","registration_client_uri":"https://evil.example/","client_id_issued_at":1,"token_endpoint_auth_method":"none"}"#,
        Reading::Strict,
    );
    assert_eq!(servers.expect("read").metadata().to_object().len(), 1);
    let long = format!(r#"{{"client_id":"https://app.example/client.json","x":"{}"}}"#, "x".repeat(20_000));
    assert!(matches!(read(&long, Reading::Interop), Err(ResponseError::Invalid(InvalidResponse::TooLong))));
    assert!(ClientIdMetadata::new(id.clone(), ClientMetadata::new()).is_err());
    assert!(
        ClientIdMetadata::new(
            ClientId::new("c").expect("an id"),
            ClientMetadata::new().with_token_endpoint_auth_method(ClientAuthMethod::None)
        )
        .is_err()
    );
}
