//! Becoming a client, and staying one.

use jwt_core::{Algorithm, Answer, Question, Timestamp};
use oauth_client_sans_io::{
    Advice, ApiMisuse, AssertionKey, Authentication, Client, ClientCredentials, Deregistration, Error, Registered,
    Registration, RegistrationManagement, SendFailure, Step,
};
use oauth_types::registration::ClientMetadata;
use oauth_types::{AccessToken, ClientAuthMethod, HttpResponse, Method, RedirectUri};

use crate::laws::scenarios::registrations::{metadata, registered, server};
use crate::{Driven, code, done, json, refused, sent};

fn created(body: &str) -> HttpResponse {
    HttpResponse::new(201).with_header("content-type", "application/json").with_body(body)
}

fn register(response: HttpResponse) -> Registered {
    let mut flow = Driven::new(Registration::new(&server(), metadata()).unwrap());
    sent(flow.resume());
    done(flow.respond(response))
}

#[test]
fn rfc_7591_section_3_a_registration_with_an_initial_access_token() {
    let metadata = ClientMetadata::new()
        .with_redirect_uris([
            RedirectUri::new("https://client.example.org/callback").unwrap(),
            RedirectUri::new("https://client.example.org/callback2").unwrap(),
        ])
        .with_software_statement("eyJhbGciOiJSUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6IjROUkIxIn0.GHfL4Q")
        .with_extra("example_extension_parameter", "example_value");
    let flow = Registration::new(&server(), metadata).unwrap();
    let mut flow = Driven::new(flow.initial_access_token(AccessToken::new("ey23f2.adfj230.af32-developer321")));
    let request = sent(flow.resume());
    assert_eq!((request.method(), request.url()), (Method::Post, "https://as.example/register"));
    assert_eq!(request.header("authorization"), Some("Bearer ey23f2.adfj230.af32-developer321"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        core::str::from_utf8(request.body()).unwrap(),
        r#"{"redirect_uris":["https://client.example.org/callback","https://client.example.org/callback2"],"software_statement":"eyJhbGciOiJSUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6IjROUkIxIn0.GHfL4Q","example_extension_parameter":"example_value"}"#
    );
    // Section 3.2.1, where the server has its own mind.
    let mut registered = done(flow.respond(created(
        r#"{"client_id":"s6BhdRkqt3","client_secret":"cf136dc3c1fc93f31185e5885805d","client_id_issued_at":2893256800,"client_secret_expires_at":2893276800,"redirect_uris":["https://client.example.org/callback"],"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"client_secret_post"}"#,
    )));
    assert_eq!(registered.issuer().as_str(), "https://as.example");
    assert_eq!(registered.client_id().as_str(), "s6BhdRkqt3");
    assert_eq!(registered.secret_expires_at(), Some(Timestamp::from_unix(2_893_276_800)));
    assert_eq!(registered.issued_at(), Some(Timestamp::from_unix(2_893_256_800)));
    assert_eq!(registered.metadata().redirect_uris().count(), 1);
    assert!(!format!("{registered:?}").contains("cf136dc3c1fc93f31185e5885805d"));
    assert!(!registered.to_stored().contains("cf136dc3c1fc93f31185e5885805d"), "a secret is stored");

    let client = registered.client("name").unwrap();
    assert_eq!(client.authentication(), &Authentication::SecretPost("name".into()));
    assert!(registered.take_secret().unwrap().matches("cf136dc3c1fc93f31185e5885805d"));
    assert!(registered.take_secret().is_none());
    // Restored, it is the same client, without the secret.
    let mut restored = Registered::from_stored(&registered.to_stored()).unwrap();
    assert_eq!(restored.client("name").unwrap().authentication(), client.authentication());
    assert!(restored.take_secret().is_none() && !restored.is_manageable());
}

#[test]
fn the_client_authenticates_as_the_server_says() {
    let with_secret = r#""client_secret":"s","client_secret_expires_at":0"#;
    let key = || AssertionKey::new("name", Algorithm::ES256);
    for (members, expected) in [
        (with_secret.to_owned(), Ok(Authentication::SecretBasic("name".into()))),
        (r#""grant_types":["authorization_code"]"#.to_owned(), Ok(Authentication::None)),
        (r#""token_endpoint_auth_method":"none""#.to_owned(), Ok(Authentication::None)),
        (r#""token_endpoint_auth_method":"tls_client_auth""#.to_owned(), Ok(Authentication::Tls)),
        (
            r#""token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES256""#.to_owned(),
            Ok(Authentication::PrivateKeyJwt(key())),
        ),
        (r#""token_endpoint_auth_method":"private_key_jwt""#.to_owned(), Err("no algorithm is registered")),
        (r#""token_endpoint_auth_method":"client_secret_basic""#.to_owned(), Err("the server gave no secret")),
        (r#""token_endpoint_auth_method":"magic""#.to_owned(), Err("the registered authentication is not known")),
    ] {
        let registered = register(created(&format!(r#"{{"client_id":"s6BhdRkqt3",{members}}}"#)));
        let client = registered.client("name");
        match expected {
            Ok(authentication) => assert_eq!(client.unwrap().authentication(), &authentication, "{members}"),
            Err(text) => assert_eq!(client.unwrap_err(), ApiMisuse::InvalidArgument(text), "{members}"),
        }
    }
}

// QUIRKS, requests: "DCR answers override what was asked for, also the authentication method."
#[test]
fn what_the_server_registered_replaces_what_was_asked_for() {
    // RFC 7591, section 3.2.1
    let asked = ClientMetadata::new()
        .with_redirect_uris([RedirectUri::new("https://client.example.org/callback").unwrap()])
        .with_token_endpoint_auth_method(ClientAuthMethod::PrivateKeyJwt)
        .with_token_endpoint_auth_signing_alg("ES256")
        .with_id_token_signed_response_alg("ES256")
        .with_grant_types(["client_credentials", "refresh_token"])
        .with_tls_client_certificate_bound_access_tokens(true);
    let mut flow = Driven::new(Registration::new(&server(), asked).unwrap());
    let body = String::from_utf8(sent(flow.resume()).body().to_vec()).unwrap();
    assert!(body.contains(r#""token_endpoint_auth_method":"private_key_jwt""#), "{body}");
    let registered = done(flow.respond(created(
        r#"{"client_id":"c","client_secret":"a secret of at least 32 octets ...","client_secret_expires_at":0,"token_endpoint_auth_method":"client_secret_post","id_token_signed_response_alg":"HS256","grant_types":["client_credentials"],"tls_client_certificate_bound_access_tokens":false}"#,
    )));
    // What is stored meanwhile says the same.
    let registered = Registered::from_stored(&registered.to_stored()).unwrap();
    let client = registered.client("name").unwrap();
    assert_eq!(client.authentication(), &Authentication::SecretPost("name".into()));
    let by_hand = Client::new(client.id().clone(), Authentication::SecretPost("name".into()))
        .id_token_signed_response_alg(Algorithm::HS256);
    assert_eq!(format!("{client:?}"), format!("{by_hand:?}"), "and nothing that was asked for is left");
    assert_eq!(registered.metadata().grant_types().collect::<Vec<_>>(), ["client_credentials"]);

    // The next request is the registered client's: its secret in the body, and no certificate.
    let server = crate::server("https://as.example").with_token_endpoint(crate::endpoint("https://as.example/token"));
    let mut flow = Driven::new(ClientCredentials::new(&server, &client).unwrap());
    let Ok(Step::Ask(Question::Secret { key })) = flow.resume() else { panic!("no secret is asked for") };
    assert_eq!(key.as_str(), "name");
    let request = sent(flow.secret("s3cr3t"));
    assert_eq!(request.body(), b"grant_type=client_credentials&client_id=c&client_secret=s3cr3t");
    assert!(request.header("authorization").is_none() && !request.contract().client_certificate());

    // Whatever the server changes its mind to later counts too.
    let manageable = register(created(
        r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":0,"token_endpoint_auth_method":"client_secret_basic","registration_access_token":"t","registration_client_uri":"https://as.example/register/c"}"#,
    ));
    let mut flow = Driven::new(RegistrationManagement::read(&manageable).unwrap());
    sent(flow.resume());
    let read = done(flow.respond(json(
        200,
        r#"{"client_id":"c","token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"PS256","tls_client_certificate_bound_access_tokens":true}"#,
    )));
    let client = read.client("name").unwrap();
    let key = AssertionKey::new("name", Algorithm::PS256);
    assert_eq!(client.authentication(), &Authentication::PrivateKeyJwt(key));
    let mut flow = Driven::new(ClientCredentials::new(&server, &client).unwrap());
    let Ok(Step::Ask(Question::Sign { algorithm: Algorithm::PS256, .. })) = flow.resume() else {
        panic!("no assertion")
    };
    assert!(sent(flow.answer(Answer::Signature(vec![1; 256]))).contract().client_certificate());
}

#[test]
fn a_client_is_not_made_where_the_server_signs_in_a_way_that_is_not_known() {
    for member in ["id_token_signed_response_alg", "authorization_signed_response_alg"] {
        for (algorithm, expected) in [("RS256", true), ("none", false), ("magic", false)] {
            let body = format!(r#"{{"client_id":"c","token_endpoint_auth_method":"none","{member}":"{algorithm}"}}"#);
            assert_eq!(register(created(&body)).client("name").is_ok(), expected, "{body}");
        }
    }
}

#[test]
fn a_refused_registration_says_why_and_one_that_may_have_been_seen_is_not_repeated() {
    // RFC 7591, section 3.2.2
    for error in ["invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement"] {
        let mut flow = Driven::new(Registration::new(&server(), metadata()).unwrap());
        sent(flow.resume());
        let refusal = flow.respond(refused(400, error)).unwrap_err();
        assert_eq!((refusal.code(), refusal.advice()), (error, Advice::Fix));
    }
    let mut flow = Driven::new(Registration::new(&server(), metadata()).unwrap());
    sent(flow.resume());
    assert_eq!(code(flow.fail(SendFailure::Unknown)), "no_answer");
    let without = Registration::new(&crate::server("https://as.example"), metadata());
    assert!(matches!(without, Err(Error::ApiMisuse(ApiMisuse::MissingEndpoint("registration_endpoint")))));
}

#[test]
fn rfc_7592_an_update_replaces_the_metadata_and_rotates_token_and_secret() {
    let metadata = registered().metadata().clone().with_client_name("My New Example");
    let mut flow = Driven::new(RegistrationManagement::update(&registered(), metadata).unwrap());
    let request = sent(flow.resume());
    assert_eq!((request.method(), request.url()), (Method::Put, "https://as.example/register/s6BhdRkqt3"));
    assert_eq!(request.header("authorization"), Some("Bearer MARKED-management"));
    // Section 2.2: with the client's identifier, and nothing that only a server says.
    assert_eq!(request.body(), br#"{"client_id":"s6BhdRkqt3","client_name":"My New Example"}"#);
    let mut updated = done(flow.respond(json(200,
        r#"{"client_id":"s6BhdRkqt3","client_secret":"new","client_secret_expires_at":0,"registration_access_token":"rotated","registration_client_uri":"https://as.example/manage/s6BhdRkqt3","client_name":"My New Example"}"#,
    )));
    assert!(updated.take_secret().unwrap().matches("new"));
    assert_eq!((updated.secret_expires_at(), updated.issued_at()), (None, registered().issued_at()));

    // The new place and the new token are what counts from here on.
    let mut flow = Driven::new(RegistrationManagement::read(&updated).unwrap());
    let request = sent(flow.resume());
    assert_eq!((request.method(), request.url()), (Method::Get, "https://as.example/manage/s6BhdRkqt3"));
    assert_eq!(request.header("authorization"), Some("Bearer rotated"));
    // A server that says nothing of them leaves them as they were.
    let read = done(flow.respond(json(200, r#"{"client_id":"s6BhdRkqt3"}"#)));
    let request = sent(Driven::new(Deregistration::new(&read).unwrap()).resume());
    assert_eq!((request.method(), request.url()), (Method::Delete, "https://as.example/manage/s6BhdRkqt3"));
    assert_eq!(request.header("authorization"), Some("Bearer rotated"));
    assert!(read.client("name").is_ok());
}

#[test]
fn an_answer_about_another_client_is_refused() {
    let mut flow = Driven::new(RegistrationManagement::read(&registered()).unwrap());
    sent(flow.resume());
    assert_eq!(code(flow.respond(json(200, r#"{"client_id":"other"}"#))), "malformed_member");
}

#[test]
fn a_registration_that_is_gone_is_to_be_made_anew_and_one_without_a_place_cannot_be_managed() {
    // RFC 7592, section 2.1: 401 where the client is no more.
    let mut flow = Driven::new(RegistrationManagement::read(&registered()).unwrap());
    sent(flow.resume());
    let gone = HttpResponse::new(401).with_header("www-authenticate", r#"Bearer error="invalid_token""#);
    let error = flow.respond(gone).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("invalid_token", Advice::Fix));

    let unmanaged = register(created(r#"{"client_id":"s6BhdRkqt3","token_endpoint_auth_method":"none"}"#));
    assert!(matches!(
        Deregistration::new(&unmanaged),
        Err(Error::ApiMisuse(ApiMisuse::MissingEndpoint("registration_client_uri")))
    ));
    assert!(RegistrationManagement::read(&unmanaged).is_err());
}

#[test]
fn rfc_7592_section_2_3_a_deletion_is_answered_with_204() {
    let mut flow = Driven::new(Deregistration::new(&registered()).unwrap());
    let request = sent(flow.resume());
    assert_eq!((request.method(), request.url()), (Method::Delete, "https://as.example/register/s6BhdRkqt3"));
    done(flow.respond(HttpResponse::new(204)));
}
