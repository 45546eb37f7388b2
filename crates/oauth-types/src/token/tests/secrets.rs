//! B5: no code, token, secret or text of a peer in any `Debug` or `Display`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use core::fmt::Debug;

use jwt_core::Secret;

use super::*;
use crate::RevocationRequest;
use crate::client_auth::ClientAuth;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::{HttpRequest, Method};
use crate::identifiers::{ClientId, Endpoint, RedirectUri};
use crate::pkce::CodeVerifier;
use crate::request::BuildError;
use crate::secret::{AccessToken, AuthorizationCode, ClientSecret, IdToken, RefreshToken};
use crate::token::{TokenRequest, TokenType};

/// Stands in every secret; long enough for a verifier.
const MARK: &str = "MARKED-MARKED-MARKED-MARKED-MARKED-MARKED-MARKED";

#[test]
fn b5_no_message_shows_a_secret() {
    let (endpoint, client) =
        (Endpoint::new("https://a.example/").expect("an endpoint"), ClientId::new("c").expect("an id"));
    let verifier = CodeVerifier::new(MARK).expect("a verifier");
    let redirect = RedirectUri::new("https://c.example/").expect("a uri");
    let code = TokenRequest::authorization_code(AuthorizationCode::new(MARK), verifier, Some(redirect))
        .with_parameter("x", MARK);
    let refresh = TokenRequest::refresh_token(RefreshToken::new(MARK));
    let revocation = RevocationRequest::new(Secret::new(MARK));
    let tokens = TokenResponse::new(AccessToken::new(MARK), TokenType::Bearer)
        .with_refresh_token(RefreshToken::new(MARK))
        .with_id_token(IdToken::new(MARK))
        .with_extra("x", MARK);
    let mut shown: Vec<Box<dyn Debug>> = vec![];
    for auth in [
        ClientAuth::None,
        ClientAuth::Basic(ClientSecret::new(MARK)),
        ClientAuth::BasicRaw(ClientSecret::new(MARK)),
        ClientAuth::Post(ClientSecret::new(MARK)),
        ClientAuth::Tls,
    ] {
        for request in [&code, &refresh] {
            let http = request.to_http(&endpoint, &client, &auth).expect("built");
            shown.push(Box::new(TokenRequest::from_http(&http).expect("read")));
            shown.push(Box::new(http));
        }
        let http = revocation.to_http(&endpoint, &client, &auth).expect("built");
        shown.push(Box::new(RevocationRequest::from_http(&http).expect("read")));
        shown.push(Box::new((http, auth)));
    }
    shown.push(Box::new((tokens.to_http(), read(&tokens.to_http(), Reading::Interop))));
    shown.push(Box::new((code.grant().clone(), code, refresh, revocation, tokens)));
    for value in shown {
        let text = format!("{value:?} {value:#?}");
        assert!(!text.contains("MARKED"), "{text}");
    }
}

#[test]
fn b5_no_error_shows_what_a_peer_sent() {
    let bodies = [
        format!(r#"{{"access_token":"{MARK}","access_token":"{MARK}"}}"#),
        format!(r#"{{"access_token":["{MARK}"]}}"#),
        format!(r#"{{"access_token":"{MARK}\n"}}"#),
        format!(r#"{{"error":"invalid_grant","error_description":"{MARK}","x":"{MARK}","access_token":"{MARK}"}}"#),
        format!(r#"{{"access_token":"{MARK}","refresh_token":{{"a":"{MARK}"}}}}"#),
        format!("access_token={MARK}&access_token={MARK}"),
        format!("{{{MARK}"),
        MARK.into(),
    ];
    for body in &bodies {
        for status in [200, 302, 400, 500] {
            for reading in [Reading::Interop, Reading::Strict] {
                let error = read(&json(status, body), reading).expect_err("an error");
                let text = format!("{error} {error:?} {error:#?}");
                assert!(!text.contains("MARKED"), "{text}");
            }
        }
    }
    for body in [
        "grant_type=",
        "grant_type=refresh_token&refresh_token=",
        "grant_type=authorization_code&code=c&code_verifier=%22",
    ] {
        for field in [format!("Basic {MARK}"), format!("Bearer {MARK}")] {
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", field.as_str())];
            let request = HttpRequest::received(Method::Post, "/", headers, format!("{body}{MARK}"));
            if let Err(error) = TokenRequest::from_http(&request) {
                let text = format!("{error} {error:?} {:?}", error.to_http());
                assert!(!text.contains("MARKED"), "{text}");
            }
        }
    }
    let error = ErrorResponse::new(ErrorCode::InvalidGrant).with_description(MARK);
    assert!(!format!("{error} {error:?} {:?}", error.to_http(400)).contains("MARKED"));
    let built = TokenRequest::client_credentials().with_parameter("code", MARK);
    let error = built.to_http(
        &Endpoint::new("https://a.example/").expect("an endpoint"),
        &ClientId::new("c").expect("an id"),
        &ClientAuth::None,
    );
    assert!(matches!(&error, Err(BuildError::ReservedParameter { .. })) && !format!("{error:?}").contains("MARKED"));
}
