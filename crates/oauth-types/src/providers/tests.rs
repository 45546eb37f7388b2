//! One literal answer of each kind for each provider: read with exactly the deviations that the table lists, and refused by the strict reading where there
//! are any.

use alloc::string::ToString;

use super::*;
use crate::http::HttpResponse;
use crate::identifiers::{Endpoint, Issuer};
use crate::reading::Reading;
use crate::response::{Expect, ResponseError};
use crate::token::{TokenResponse, TokenType};
use jwt_core::Timestamp;

const JSON: &str = "application/json; charset=utf-8";

/// Provider, content type and body of a token response, status and body of an error answer, and its code.
const ANSWERS: &[(Provider, &str, &str, u16, &str, &str)] = &[
    (
        APPLE,
        JSON,
        r#"{"access_token":"a1b2.0.rrx","token_type":"Bearer","expires_in":3600,"refresh_token":"r1b2.0.rrx","id_token":"eyJ.eyJ.c2ln"}"#,
        400,
        r#"{"error":"invalid_grant","error_description":"The code has expired or has been revoked."}"#,
        "invalid_grant",
    ),
    (
        AUTH0,
        JSON,
        r#"{"access_token":"eyJ.eyJ.c2ln","id_token":"eyJ.eyJ.c2ln","scope":"openid profile","expires_in":86400,"token_type":"Bearer"}"#,
        403,
        r#"{"error":"invalid_grant","error_description":"Invalid authorization code"}"#,
        "invalid_grant",
    ),
    (
        DISCORD,
        "application/json",
        r#"{"token_type":"Bearer","access_token":"6qrZ","expires_in":604800,"refresh_token":"D43f","scope":"identify connections"}"#,
        400,
        r#"{"error":"invalid_grant","error_description":"Invalid \u0022code\u0022 in request."}"#,
        "invalid_grant",
    ),
    (
        ENTRA,
        JSON,
        r#"{"token_type":"Bearer","scope":"User.Read openid","expires_in":4799,"ext_expires_in":4799,"access_token":"EwB4","id_token":"eyJ.eyJ.c2ln"}"#,
        400,
        r#"{"error":"invalid_grant","error_description":"AADSTS70008: The code has expired.\r\nTrace ID: 0000aaaa\r\nTimestamp: 2026-01-01 00:00:00Z","error_codes":[70008],"trace_id":"0000aaaa","error_uri":"https://login.microsoftonline.com/error?code=70008"}"#,
        "invalid_grant",
    ),
    (
        FACEBOOK,
        "text/javascript; charset=UTF-8",
        r#"{"access_token":"EAAB","token_type":"bearer","expires_in":5183944}"#,
        400,
        r#"{"error":{"message":"This code has been used.","type":"OAuthException","code":100,"fbtrace_id":"Af3x"}}"#,
        "100",
    ),
    (
        GITHUB,
        JSON,
        r#"{"access_token":"gho_16C7","scope":"repo,gist","token_type":"bearer"}"#,
        200,
        r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired.","error_uri":"https://docs.github.com/apps#bad-verification-code"}"#,
        "bad_verification_code",
    ),
    (
        GOOGLE,
        JSON,
        r#"{"access_token":"ya29.a0","expires_in":3599,"refresh_token":"1//0g","scope":"openid https://www.googleapis.com/auth/userinfo.email","token_type":"Bearer","id_token":"eyJ.eyJ.c2ln"}"#,
        428,
        r#"{"error":"authorization_pending","error_description":"Precondition Required"}"#,
        "authorization_pending",
    ),
    (
        KEYCLOAK,
        "application/json",
        r#"{"access_token":"eyJ.eyJ.c2ln","expires_in":300,"refresh_expires_in":1800,"refresh_token":"eyJ.eyJ.c2ln","token_type":"Bearer","not-before-policy":0,"session_state":"4a1c","scope":"email profile"}"#,
        400,
        r#"{"error":"invalid_grant","error_description":"Code not valid"}"#,
        "invalid_grant",
    ),
    (
        LINKEDIN,
        "application/json",
        r#"{"access_token":"AQXd","expires_in":5184000,"scope":"r_basicprofile"}"#,
        400,
        r#"{"error":"invalid_request","error_description":"Unable to retrieve access token: authorization code not found"}"#,
        "invalid_request",
    ),
    (
        OKTA,
        "application/json",
        r#"{"token_type":"Bearer","expires_in":3600,"access_token":"eyJ.eyJ.c2ln","scope":"openid email","id_token":"eyJ.eyJ.c2ln"}"#,
        400,
        r#"{"error":"invalid_grant","error_description":"The authorization code is invalid or has expired."}"#,
        "invalid_grant",
    ),
    (
        SLACK,
        JSON,
        r#"{"ok":true,"access_token":"xoxb-1","token_type":"bot","scope":"commands,incoming-webhook","bot_user_id":"U0","app_id":"A0","team":{"name":"t","id":"T9"},"enterprise":null,"authed_user":{"id":"U1","scope":"chat:write","access_token":"xoxp-1","token_type":"user"}}"#,
        200,
        r#"{"ok":false,"error":"invalid_code"}"#,
        "invalid_code",
    ),
    (
        TWITCH,
        "application/json",
        r#"{"access_token":"rfx2","expires_in":14124,"refresh_token":"5b93","scope":["channel:moderate","chat:edit"],"token_type":"bearer"}"#,
        400,
        r#"{"status":400,"message":"Invalid refresh token"}"#,
        "400",
    ),
];

fn read(response: &HttpResponse, reading: Reading) -> Result<TokenResponse, ResponseError> {
    TokenResponse::from_http(response, &Expect::new(Timestamp::from_unix(1_767_225_600)).reading(reading))
}

fn answer(status: u16, content_type: &str, body: &str) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", content_type).with_body(body)
}

/// A comma is a letter of a scope's token to the RFC, so that the strict reading does not refuse it, but reads it in its own way.
fn is_refused(deviations: &[Deviation]) -> bool {
    deviations.iter().any(|deviation| !matches!(deviation, Deviation::CommaSeparated { .. }))
}

#[test]
fn each_provider_has_its_answers() {
    assert!(ANSWERS.iter().map(|(provider, ..)| provider).eq(ALL));
}

#[test]
fn a_token_response_of_each_provider_deviates_as_the_table_says() {
    for (provider, content_type, body, ..) in ANSWERS {
        let response = answer(200, content_type, body);
        let tokens = read(&response, Reading::Interop).expect(provider.name);
        assert_eq!(tokens.deviations(), provider.token_deviations, "{}", provider.name);
        let strict = read(&response, Reading::Strict);
        assert_eq!(strict.is_err(), is_refused(provider.token_deviations), "{}", provider.name);
        // What is not Bearer by its name is not taken for it.
        let expected = if provider.name == "Slack" { TokenType::Other("bot".into()) } else { TokenType::Bearer };
        assert_eq!(tokens.token_type(), &expected, "{}", provider.name);
    }
}

#[test]
fn an_error_answer_of_each_provider_deviates_as_the_table_says() {
    for (provider, content_type, _, status, body, code) in ANSWERS {
        let content_type =
            if provider.token_deviations.contains(&Deviation::ContentType) { JSON } else { content_type };
        let response = answer(*status, content_type, body);
        let Err(ResponseError::Refused(error)) = read(&response, Reading::Interop) else { panic!("{}", provider.name) };
        assert_eq!(error.code().as_str(), *code, "{}", provider.name);
        let known = provider.error_deviations;
        assert_eq!(error.deviations(), known, "{}", provider.name);
        match read(&response, Reading::Strict) {
            Err(ResponseError::Refused(_)) => assert!(known.is_empty(), "{}", provider.name),
            Err(ResponseError::Invalid(_)) => assert!(!known.is_empty(), "{}", provider.name),
            other => panic!("{}: {other:?}", provider.name),
        }
    }
}

// QUIRKS, ID tokens: Google's `iss` with and without `https://`.
#[test]
fn the_issuer_of_google_alone_has_a_second_spelling() {
    let names: alloc::vec::Vec<_> = ALL
        .iter()
        .filter(|provider| provider.schemeless_issuer)
        .map(|provider| (provider.name, provider.location))
        .collect();
    assert_eq!(names, [("Google", Location::Issuer("https://accounts.google.com"))]);
}

// QUIRKS, requests: Apple's answer comes by form post, with a member `user` once.
#[test]
fn apples_first_callback_brings_a_user() {
    use crate::authorization::{AuthorizationResponse, Callback, ResponseMode};

    let body = br#"state=s&code=c1b2.0.rrx&user=%7B%22name%22%3A%7B%22firstName%22%3A%22Jane%22%7D%7D"#;
    let response = AuthorizationResponse::parse_as(Callback::Form(body), ResponseMode::FormPost).expect("read");
    assert_eq!(response.parameter("user"), Some(r#"{"name":{"firstName":"Jane"}}"#));
    assert!(!alloc::format!("{response:?}").contains("Jane"), "who it is stands in no log");
    assert!(AuthorizationResponse::parse_as(Callback::Form(body), ResponseMode::Query).is_err());
}

// QUIRKS, requests: a comma between the tokens of a scope.
#[test]
fn a_scope_is_asked_for_with_the_separator_of_the_provider() {
    let scope = crate::Scope::parse(["repo", "gist"].join(&FACEBOOK.scope_separator.to_string()).as_str());
    let request = crate::TokenRequest::client_credentials().with_scope(scope.expect("one token to the rfc"));
    let endpoint = Endpoint::new("https://as.example/token").expect("an endpoint");
    let client = crate::ClientId::new("c").expect("an id");
    let http = request.to_http(&endpoint, &client, &crate::ClientAuth::None).expect("written");
    assert_eq!(http.body(), b"grant_type=client_credentials&scope=repo%2Cgist&client_id=c");
}

#[test]
fn every_url_of_the_table_is_one() {
    for provider in ALL {
        match provider.location {
            Location::Issuer(issuer) => assert!(Issuer::new(issuer).is_ok(), "{issuer}"),
            Location::IssuerShape(shape) => {
                let filled = shape.replace("{domain}", "a.example").replace("{host}", "a.example");
                assert!(Issuer::new(filled).is_ok() && shape.contains('{'), "{shape}");
            }
            Location::Endpoints { authorization, token, device_authorization } => {
                for url in [Some(authorization), Some(token), device_authorization].into_iter().flatten() {
                    assert!(Endpoint::new(url).is_ok(), "{url}");
                }
            }
        }
        assert!(!provider.name.is_empty() && !provider.auth_methods.is_empty(), "{provider:?}");
        assert!(provider.notes.iter().all(|note| note.ends_with('.')), "{}", provider.name);
    }
    assert!(ALL.windows(2).all(|pair| pair[0].name < pair[1].name));
}
