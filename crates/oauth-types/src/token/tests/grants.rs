//! The grants beyond RFC 6749, and rich authorization.

use alloc::format;

use super::*;
use crate::client_auth::{ClientAuth, ClientAuthMethod};
use crate::form::Pairs;
use crate::http::{HttpRequest, Method, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, Issuer, Resource, Scope};
use crate::rar::AuthorizationDetails;
use crate::request::{BuildError, RequestError};
use crate::secret::{
    AccessToken, Assertion, AuthReqId, ClientSecret, DeviceCode, IdToken, RefreshToken, SecurityToken,
};
use crate::token::{Grant, TokenExchange, TokenRequest, TokenType, TokenTypeIdentifier};

fn endpoint() -> Endpoint {
    Endpoint::new("https://as.example.com/as/token.oauth2").expect("an endpoint")
}

fn client() -> ClientId {
    ClientId::new("client").expect("an id")
}

fn received(headers: &[(&str, &str)], body: &str) -> HttpRequest {
    let form = ("content-type", "application/x-www-form-urlencoded");
    HttpRequest::received(Method::Post, "/token", headers.iter().copied().chain([form]), body)
}

fn take(body: &str) -> Result<TokenRequest, RequestError> {
    TokenRequest::from_http(&received(&[], body)).map(|(request, _)| request)
}

fn sorted(body: &[u8]) -> Vec<(String, String)> {
    let pairs = Pairs::parse(body).expect("a form");
    let mut pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
    pairs.sort();
    pairs
}

/// Reads the request, writes it with the same authentication, and compares with what came. Some of the RFCs' examples name no client.
fn written_back(headers: &[(&str, &str)], body: &str, client: Option<&str>, auth: &ClientAuth) -> TokenRequest {
    let request = received(headers, body);
    let (read, presented) = TokenRequest::from_http(&request).expect("a request");
    assert_eq!(presented.client_id().map(ClientId::as_str), client);
    let id = ClientId::new(client.unwrap_or("unused")).expect("an id");
    let http = read.to_http(&endpoint(), &id, auth).expect("written");
    let mut written = sorted(http.body());
    if client.is_none() {
        written.retain(|(name, _)| name != "client_id");
    }
    assert_eq!(written, sorted(body.as_bytes()));
    assert_eq!(http.header("authorization"), request.header("authorization"));
    // Whatever it is that is spent, it is spent once.
    assert_eq!((http.contract().purpose(), http.contract().replay()), (Purpose::Token, Replay::IfNotSent));
    read
}

// HTTP-8707-063 to HTTP-8707-066, OA-24
#[test]
fn rfc_8707_section_2_2_tokens_for_one_resource_after_the_other() {
    let basic = ("authorization", "Basic czZCaGRSa3F0Mzpoc3FFelFsVW9IQUU5cHg0RlNyNHlJ");
    let auth = ClientAuth::Basic(ClientSecret::new("hsqEzQlUoHAE9px4FSr4yI"));
    for (body, resource, answer, scope) in [
        (
            "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&code=10esc29BWC2qZB0acc9v8zAv\
     9ltc2pko105tQauZ&resource=https%3A%2F%2Fcal.example.com%2F",
            "https://cal.example.com/",
            r#"{"access_token":"eyJhbGciOiJFUzI1NiIsImtpZCI6Ijc3In0.eyJpc3MiOiJodHRwOi8vYXV0aG9yaXphdGlvbi1zZXJ2ZXIuZXhhbXBsZS5jb20iLCJzdWIiOiJfX2JfYyIsImV4cCI6MTU4ODQyMDgwMCwic2NvcGUiOiJjYWxlbmRhciIsImF1ZCI6Imh0dHBzOi8vY2FsLmV4YW1wbGUuY29tLyJ9.nNWJ2dXSxaDRdMUKlzs-cYIj8MDoM6Gy7pf_sKrLGsAFf1C2bDhB60DQfW1DZL5npdko1_Mmk5sUfzkiQNVpYw","token_type":"Bearer","expires_in":3600,"refresh_token":"4LTC8lb0acc6Oy4esc1Nk9BWC0imAwH7kic16BDC2","scope":"calendar"}"#,
            "calendar",
        ),
        (
            "grant_type=refresh_token&refresh_token=4LTC8lb0acc6Oy4esc1Nk9BWC0imAwH7kic16BDC2&resource=https%3A%2F%2Fcontac\
     ts.example.com%2F",
            "https://contacts.example.com/",
            r#"{"access_token":"eyJhbGciOiJFUzI1NiIsImtpZCI6Ijc3In0.eyJpc3MiOiJodHRwOi8vYXV0aG9yaXphdGlvbi1zZXJ2ZXIuZXhhbXBsZS5jb20iLCJzdWIiOiJfX2JfYyIsImV4cCI6MTU4ODQyMDgyNiwic2NvcGUiOiJjb250YWN0cyIsImF1ZCI6Imh0dHBzOi8vY29udGFjdHMuZXhhbXBsZS5jb20vIn0.5f4yhqazcOSlJw4y94KPeWNEFQqj2cfeO8x4hr3YbHtIl3nQXnBMw5wREY5O1YbZED-GfHUowfmtNaA5EikYAw","token_type":"Bearer","expires_in":3600,"scope":"contacts"}"#,
            "contacts",
        ),
    ] {
        let read = written_back(&[basic], body, Some("s6BhdRkqt3"), &auth);
        assert!(read.resources().iter().map(Resource::as_str).eq([resource]));
        let tokens = super::read(&json(200, answer), Reading::Strict).expect("read");
        assert_eq!(tokens.scope().map(Scope::as_str), Some(scope));
        assert_eq!(
            super::read(&tokens.to_http(), Reading::Strict).expect("read again").to_http().body(),
            tokens.to_http().body()
        );
    }
}

// HTTP-9449-085
#[test]
fn rfc_9449_section_5_a_refresh_token_of_a_public_client() {
    let body =
        "grant_type=refresh_token&client_id=s6BhdRkqt&refresh_token=Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g";
    let read = written_back(&[], body, Some("s6BhdRkqt"), &ClientAuth::None);
    assert!(matches!(read.grant(), Grant::RefreshToken { .. }));
}

// HTTP-8628-051
#[test]
fn rfc_8628_section_3_4_a_device_code() {
    let body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNh\
     szIySk9eS&client_id=1406020730";
    let read = written_back(&[], body, Some("1406020730"), &ClientAuth::None);
    assert!(matches!(read.grant(), Grant::DeviceCode { device_code }
        if device_code.matches("GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS")));
    assert_eq!(
        take("grant_type=urn:ietf:params:oauth:grant-type:device_code").expect_err("no code"),
        RequestError::MissingParameter { name: "device_code" }
    );
}

// Shaped as CIBA Core 1.0, section 10.1 has it.
#[test]
fn ciba_section_10_1_a_poll() {
    let body = "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=1c266114-a1be-4252-8ad1-04986c5b9ac1&client_id=s6BhdRkqt3";
    let read = written_back(&[], body, Some("s6BhdRkqt3"), &ClientAuth::None);
    assert!(
        matches!(read.grant(), Grant::Ciba { auth_req_id } if auth_req_id.matches("1c266114-a1be-4252-8ad1-04986c5b9ac1"))
    );
    assert_eq!(
        take("grant_type=urn:openid:params:grant-type:ciba&auth_req_id=").expect_err("no id"),
        RequestError::MissingParameter { name: "auth_req_id" }
    );
}

// HTTP-7523-032, HTTP-7523-035
#[test]
fn rfc_7523_sections_2_1_and_4_a_jwt_as_grant() {
    for body in [
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0\
     .eyJpc3Mi[...omitted for brevity...].J9l-ZhwP[...omitted for brevity...]",
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0\
     .eyJpc3Mi[...omitted for brevity...].J9l-ZhwP[...omitted for brevity...]",
    ] {
        let read = written_back(&[], body, None, &ClientAuth::None);
        assert!(
            matches!(read.grant(), Grant::JwtBearer { assertion } if assertion.expose().starts_with("eyJhbGciOiJFUzI1NiI"))
        );
    }
}

// HTTP-7521-027, HTTP-7521-029, HTTP-7521-031: SAML is named, and no part of this crate.
#[test]
fn rfc_7521_sections_4_1_and_6_2_saml_is_refused_by_name() {
    let body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=PHNhbWxwOl...[omitted for brevity\
     ]...ZT4";
    let error = take(body).expect_err("saml");
    assert_eq!(
        (error, error.to_http().body()),
        (RequestError::UnsupportedGrantType, &br#"{"error":"unsupported_grant_type"}"#[..])
    );
    for body in [
        "grant_type=authorization_code&code=n0esc3NRze7LTCu7iYzS6a5acc3f0ogp4&client_assertion_type=urn%3Aietf%3Aparams\
     %3Aoauth%3Aclient-assertion-type%3Asaml2-bearer&client_assertion=PHNhbW...[omitted for brevity]...ZT",
        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Asaml\
     2-bearer&client_assertion=PHNhbW...[omitted for brevity]...ZT",
    ] {
        assert_eq!(take(body).expect_err("saml"), RequestError::UnsupportedAuthentication);
    }
}

// HTTP-8693-053, HTTP-8693-054
#[test]
fn rfc_8693_section_2_3_a_token_for_a_backend() {
    let body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&resource=https%3A%2F%2Fbackend.example.co\
     m%2Fapi&subject_token=accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC&subject_token_type=urn%3Aietf%3Aparams%3Aoau\
     th%3Atoken-type%3Aaccess_token";
    let basic = ("authorization", "Basic cnMwODpsb25nLXNlY3VyZS1yYW5kb20tc2VjcmV0");
    let auth = ClientAuth::Basic(ClientSecret::new("long-secure-random-secret"));
    let read = written_back(&[basic], body, Some("rs08"), &auth);
    let Grant::TokenExchange(exchange) = read.grant() else { panic!("{read:?}") };
    assert_eq!(exchange.subject_token_type(), &TokenTypeIdentifier::AccessToken);
    assert!(exchange.subject_token().matches("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"));
    assert_eq!(read.resources().iter().map(Resource::as_str).collect::<Vec<_>>(), ["https://backend.example.com/api"]);
    let tokens = exchanged(
        r#"{"access_token":"eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.eyJhdWQiOiJodHRwczovL2JhY2tlbmQuZXhhbXBsZS5jb20iLCJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiZXhwIjoxNDQxOTE3NTkzLCJpYXQiOjE0NDE5MTc1MzMsInN1YiI6ImJkY0BleGFtcGxlLmNvbSIsInNjb3BlIjoiYXBpIn0.40y3ZgQedw6rxf59WlwHDD9jryFOr0_Wh3CGozQBihNBhnXEQgU85AI9x3KmsPottVMLPIWvmDCMy5-kdXjwhw","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":60}"#,
        exchange,
    );
    assert_eq!(
        (tokens.issued_token_type(), tokens.token_type()),
        (Some(&TokenTypeIdentifier::AccessToken), &TokenType::Bearer)
    );
}

// HTTP-8693-056 to HTTP-8693-059
#[test]
fn rfc_8693_appendix_a_impersonation_and_delegation() {
    let impersonation = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&audience=urn%3Aexample%3Acooperation-cont\
     ext&subject_token=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJhdWQiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiaXNzIjoiaHR0\
     cHM6Ly9vcmlnaW5hbC1pc3N1ZXIuZXhhbXBsZS5uZXQiLCJleHAiOjE0NDE5MTA2MDAsIm5iZiI6MTQ0MTkwOTAwMCwic3ViIjoiYmRjQGV4YW\
     1wbGUubmV0Iiwic2NvcGUiOiJvcmRlcnMgcHJvZmlsZSBoaXN0b3J5In0.PRBg-jXn4cJuj1gmYXFiGkZzRuzbXZ_sDxdE98ddW44ufsbWLKd3\
     JJ1VZhF64pbTtfjy4VXFVBDaQpKjn5JzAw&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt";
    let read = written_back(&[], impersonation, None, &ClientAuth::None);
    let Grant::TokenExchange(exchange) = read.grant() else { panic!("{read:?}") };
    assert_eq!(exchange.audiences().collect::<Vec<_>>(), ["urn:example:cooperation-context"]);
    assert!(exchange.actor().is_none() && exchange.requested_token_type().is_none());
    exchanged(
        r#"{"access_token":"eyJhbGciOiJFUzI1NiIsImtpZCI6IjcyIn0.eyJhdWQiOiJ1cm46ZXhhbXBsZTpjb29wZXJhdGlvbi1jb250ZXh0IiwiaXNzIjoiaHR0cHM6Ly9hcy5leGFtcGxlLmNvbSIsImV4cCI6MTQ0MTkxMzYxMCwic3ViIjoiYmRjQGV4YW1wbGUubmV0Iiwic2NvcGUiOiJvcmRlcnMgcHJvZmlsZSBoaXN0b3J5In0.rMdWpSGNACTvnFuOL74sYZ6MVuld2Z2WkGLmQeR9ztj6w2OXraQlkJmGjyiCq24kcB7AI2VqVxl3wSWnVKh85A","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600}"#,
        exchange,
    );

    let delegation = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&audience=urn%3Aexample%3Acooperation-cont\
     ext&subject_token=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJhdWQiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiaXNzIjoiaHR0\
     cHM6Ly9vcmlnaW5hbC1pc3N1ZXIuZXhhbXBsZS5uZXQiLCJleHAiOjE0NDE5MTAwNjAsInNjb3BlIjoic3RhdHVzIGZlZWQiLCJzdWIiOiJ1c2\
     VyQGV4YW1wbGUubmV0IiwibWF5X2FjdCI6eyJzdWIiOiJhZG1pbkBleGFtcGxlLm5ldCJ9fQ.4rPRSWihQbpMIgAmAoqaJojAxj-p2X8_fAtAG\
     TXrvMxU-eEZHnXqY0_AOZgLdxw5DyLzua8H_I10MCcckF-Q_g&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%\
     3Ajwt&actor_token=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJhdWQiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiaXNzIjoiaHR0\
     cHM6Ly9vcmlnaW5hbC1pc3N1ZXIuZXhhbXBsZS5uZXQiLCJleHAiOjE0NDE5MTAwNjAsInN1YiI6ImFkbWluQGV4YW1wbGUubmV0In0.7YQ-3z\
     PfhUvzje5oqw8COCvN5uP6NsKik9CVV6cAOf4QKgM-tKfiOwcgZoUuDL2tEs6tqPlcBlMjiSzEjm3yBg&actor_token_type=urn%3Aietf%3\
     Aparams%3Aoauth%3Atoken-type%3Ajwt";
    let read = written_back(&[], delegation, None, &ClientAuth::None);
    let Grant::TokenExchange(exchange) = read.grant() else { panic!("{read:?}") };
    let (actor, kind) = exchange.actor().expect("an actor");
    assert!(actor.expose().starts_with("eyJ") && kind == &TokenTypeIdentifier::Jwt);
    let tokens = exchanged(
        r#"{"access_token":"eyJhbGciOiJFUzI1NiIsImtpZCI6IjcyIn0.eyJhdWQiOiJ1cm46ZXhhbXBsZTpjb29wZXJhdGlvbi1jb250ZXh0IiwiaXNzIjoiaHR0cHM6Ly9hcy5leGFtcGxlLmNvbSIsImV4cCI6MTQ0MTkxMzYxMCwic2NvcGUiOiJzdGF0dXMgZmVlZCIsInN1YiI6InVzZXJAZXhhbXBsZS5uZXQiLCJhY3QiOnsic3ViIjoiYWRtaW5AZXhhbXBsZS5uZXQifX0.3paKl9UySKYB5ng6_cUtQ2qlO8Rc_y7Mea7IwEXTcYbNdwG9-G1EKCFe5fW3H0hwX-MSZ49Wpcb1SiAZaOQBtw","issued_token_type":"urn:ietf:params:oauth:token-type:jwt","token_type":"N_A","expires_in":3600}"#,
        exchange,
    );
    assert_eq!(
        (tokens.issued_token_type(), tokens.token_type()),
        (Some(&TokenTypeIdentifier::Jwt), &TokenType::NotApplicable)
    );
}

/// Reads the answer to an exchange in both readings, and writes it back.
fn exchanged(body: &str, exchange: &TokenExchange) -> TokenResponse {
    let read = |reading| TokenResponse::from_exchange(&json(200, body), exchange, &Expect::new(NOW).reading(reading));
    let tokens = read(Reading::Strict).expect("strict reads it");
    let object = |bytes: &[u8]| {
        let object: jwt_core::json::Object = jwt_core::json::from_slice(bytes, &Default::default()).expect("json");
        let mut members: Vec<_> = object
            .iter()
            .map(|(name, value)| format!("{name}{}", serde_json::to_string(value).expect("json")))
            .collect();
        members.sort();
        members
    };
    assert_eq!(object(tokens.to_http().body()), object(body.as_bytes()));
    assert_eq!(read(Reading::Interop).expect("interop reads it").to_http().body(), tokens.to_http().body());
    tokens
}

// OA-22
#[test]
fn an_exchange_answered_with_another_kind_or_none_is_refused_in_both_readings() {
    let subject = || SecurityToken::new("s");
    let any = TokenExchange::new(subject(), TokenTypeIdentifier::AccessToken);
    let asked = any.clone().with_requested_token_type(TokenTypeIdentifier::IdJag);
    let with = |member: &str| json(200, &format!(r#"{{"access_token":"a","token_type":"N_A"{member}}}"#));
    let verdict = |response: &HttpResponse, exchange: &TokenExchange, reading: Reading| {
        TokenResponse::from_exchange(response, exchange, &Expect::new(NOW).reading(reading))
            .map_or_else(|error| error.code(), |_| "ok")
    };
    let id_jag = r#","issued_token_type":"urn:ietf:params:oauth:token-type:id-jag""#;
    let access = r#","issued_token_type":"urn:ietf:params:oauth:token-type:access_token""#;
    let close = r#","issued_token_type":"urn:ietf:params:oauth:token-type:ID-JAG""#;
    for reading in [Reading::Interop, Reading::Strict] {
        assert_eq!(verdict(&with(id_jag), &asked, reading), "ok");
        assert_eq!(verdict(&with(access), &any, reading), "ok");
        assert_eq!(verdict(&with(access), &asked, reading), "issued_token_type_mismatch");
        assert_eq!(verdict(&with(close), &asked, reading), "issued_token_type_mismatch");
        assert_eq!(verdict(&with(""), &asked, reading), "missing_member");
        assert_eq!(verdict(&with(""), &any, reading), "missing_member");
        assert_eq!(verdict(&with(r#","issued_token_type":1"#), &any, reading), "malformed_member");
        // What is no access token is bound to no key.
        let expect = Expect::new(NOW).reading(reading).dpop();
        assert!(TokenResponse::from_exchange(&with(id_jag), &asked, &expect).is_ok());
        let bearer = json(200, &format!(r#"{{"access_token":"a","token_type":"Bearer"{access}}}"#));
        assert_eq!(
            TokenResponse::from_exchange(&bearer, &any, &expect).expect_err("a downgrade").code(),
            "token_not_bound"
        );
    }
    assert_eq!(verdict(&with(r#","issued_token_type":"""#), &any, Reading::Interop), "missing_member");
}

#[test]
fn what_is_no_access_token_is_never_a_bearer_token_by_default() {
    for (kind, expected) in [
        ("access_token", TokenType::Bearer),
        ("id-jag", TokenType::NotApplicable),
        ("jwt", TokenType::NotApplicable),
        ("refresh_token", TokenType::NotApplicable),
    ] {
        let body = format!(r#"{{"access_token":"a","issued_token_type":"urn:ietf:params:oauth:token-type:{kind}"}}"#);
        let tokens = interop(&json(200, &body));
        assert_eq!(
            (tokens.token_type(), said(tokens.deviations())),
            (&expected, alloc::vec!["token_type was missing".into()])
        );
        assert_eq!(strict_refuses(&json(200, &body)), "deviates");
    }
}

// draft-ietf-oauth-identity-assertion-authz-grant
#[test]
fn the_two_legs_of_an_identity_assertion() {
    let issuer = Issuer::new("https://acme.chat.example/").expect("an issuer");
    let exchange = TokenExchange::id_jag(&IdToken::new("eyJraWQiOiJzMTZ0cVNtODhwREo4VGZCXzdrSEtQ"), &issuer);
    let request =
        TokenRequest::token_exchange(exchange).with_scope(Scope::parse("chat.read chat.history").expect("a scope"));
    let http = request.to_http(&endpoint(), &client(), &ClientAuth::None).expect("built");
    let body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
                &subject_token=eyJraWQiOiJzMTZ0cVNtODhwREo4VGZCXzdrSEtQ\
                &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token\
                &requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag\
                &audience=https%3A%2F%2Facme.chat.example%2F&scope=chat.read+chat.history&client_id=client";
    assert_eq!(core::str::from_utf8(http.body()), Ok(body));
    written_back(&[], body, Some("client"), &ClientAuth::None);
    let assertion = TokenRequest::jwt_bearer(Assertion::new("eyJhbGciOiJIUzI1NiIsI"));
    let http = assertion.to_http(&endpoint(), &client(), &ClientAuth::None).expect("built");
    assert_eq!(http.body(), b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJIUzI1NiIsI&client_id=client");
}

#[test]
fn an_exchange_that_says_half_is_refused() {
    let base = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";
    let subject = format!("{base}&subject_token=s&subject_token_type=urn:ietf:params:oauth:token-type:jwt");
    let missing = |name| RequestError::MissingParameter { name };
    assert_eq!(take(base).expect_err("nothing"), missing("subject_token"));
    assert_eq!(take(&format!("{base}&subject_token=s")).expect_err("no type"), missing("subject_token_type"));
    assert_eq!(take(&format!("{subject}&actor_token=a")).expect_err("no type"), missing("actor_token_type"));
    assert_eq!(
        take(&format!("{subject}&actor_token_type=a")).expect_err("no actor"),
        RequestError::MalformedParameter { name: "actor_token_type" }
    );
    let read = take(&format!(
        "{subject}&audience=a&audience=b&resource=urn:x&resource=urn:y&audience=&requested_token_type=urn:z"
    ))
    .expect("read");
    let Grant::TokenExchange(exchange) = read.grant() else { panic!("{read:?}") };
    assert!(exchange.audiences().eq(["a", "b"]));
    assert_eq!(exchange.requested_token_type(), Some(&TokenTypeIdentifier::Other("urn:z".into())));
    assert_eq!(read.parameters().count(), 0);
    assert_eq!(read.resources().len(), 2);
}

#[test]
fn what_a_grant_sets_cannot_be_slipped_in() {
    let exchange = TokenExchange::new(SecurityToken::new("s"), TokenTypeIdentifier::Jwt);
    let refused =
        |request: TokenRequest| request.to_http(&endpoint(), &client(), &ClientAuth::None).expect_err("reserved");
    let reserved = |name: &str| BuildError::ReservedParameter { name: name.into() };
    assert_eq!(refused(TokenRequest::token_exchange(exchange).with_parameter("audience", "x")), reserved("audience"));
    for name in [
        "device_code",
        "auth_req_id",
        "assertion",
        "subject_token",
        "actor_token",
        "requested_token_type",
        "authorization_details",
    ] {
        assert_eq!(refused(TokenRequest::client_credentials().with_parameter(name, "x")), reserved(name));
    }
}

// OA-25, HTTP-9396-102, HTTP-9396-103
#[test]
fn rfc_9396_section_7_what_was_granted_comes_back() {
    for (body, kind) in [
        (
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","authorization_details":[{"type":"payment_initiation","actions":["initiate","status","cancel"],"locations":["https://example.com/payments"],"instructedAmount":{"currency":"EUR","amount":"123.50"},"creditorName":"Merchant A","creditorAccount":{"iban":"DE02100100109307118603"},"remittanceInformationUnstructured":"Ref Number Merchant"}]}"#,
            "payment_initiation",
        ),
        (
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JokF0XG5Qx2TlKWIA","authorization_details":[{"type":"account_information","access":{"accounts":[{"iban":"DE2310010010123456789"},{"maskedPan":"123456xxxxxx1234"}],"balances":[{"iban":"DE2310010010123456789"}],"transactions":[{"iban":"DE2310010010123456789"},{"maskedPan":"123456xxxxxx1234"}]},"recurringIndicator":true}]}"#,
            "account_information",
        ),
    ] {
        for reading in [Reading::Interop, Reading::Strict] {
            let tokens = read(&json(200, body), reading).expect("read");
            let details = tokens.authorization_details().expect("details");
            assert!(details.iter().map(|detail| detail.type_name()).eq([kind]));
            let again = read(&tokens.to_http(), reading).expect("read again");
            assert_eq!(again.authorization_details(), Some(details));
            assert_eq!(again.to_http().body(), tokens.to_http().body());
            assert!(tokens.extra().is_empty() && tokens.deviations().is_empty());
        }
    }
}

// OA-25
#[test]
fn details_that_cannot_be_read_are_not_taken_for_granted() {
    let with = |details: &str| {
        json(200, &format!(r#"{{"access_token":"a","token_type":"Bearer","authorization_details":{details}}}"#))
    };
    for broken in ["[1]", "[{}]", r#"[{"type":1}]"#, r#"[{"type":"a","actions":"x"}]"#, r#""x""#] {
        assert_eq!(read(&with(broken), Reading::Interop).expect_err(broken).code(), "malformed_member", "{broken}");
        assert!(read(&with(broken), Reading::Strict).is_err());
    }
    for (odd, said) in [
        ("null", "authorization_details was null"),
        ("{}", "authorization_details was an object"),
        ("1", "authorization_details was an integer"),
    ] {
        let tokens = interop(&with(odd));
        assert_eq!(
            (tokens.authorization_details(), super::said(tokens.deviations())),
            (None, alloc::vec![String::from(said)])
        );
        assert_eq!(strict_refuses(&with(odd)), "deviates");
    }
    let text = interop(&with(r#""[{\"type\":\"a\"}]""#));
    assert_eq!(text.authorization_details().map(AuthorizationDetails::len), Some(1));
    assert_eq!(said(text.deviations()), ["authorization_details was a string"]);
    assert!(interop(&with("[]")).authorization_details().is_some_and(AuthorizationDetails::is_empty));
}

// OA-25
#[test]
fn rfc_9396_section_6_a_token_request_may_ask_for_less() {
    let details = AuthorizationDetails::parse(r#"[{"type":"a","actions":["read"]}]"#).expect("details");
    let request = TokenRequest::refresh_token(RefreshToken::new("r")).with_authorization_details(details.clone());
    let http = request.to_http(&endpoint(), &client(), &ClientAuth::None).expect("built");
    assert_eq!(
        core::str::from_utf8(http.body()),
        Ok("grant_type=refresh_token&refresh_token=r\
            &authorization_details=%5B%7B%22type%22%3A%22a%22%2C%22actions%22%3A%5B%22read%22%5D%7D%5D&client_id=client")
    );
    let (read, _) = TokenRequest::from_http(&http).expect("read");
    assert_eq!(read.authorization_details(), &details);
    let error = take("grant_type=client_credentials&authorization_details=%7B%7D").expect_err("no array");
    assert_eq!(
        (error.code(), error.to_http().body()),
        ("malformed_parameter", &br#"{"error":"invalid_authorization_details"}"#[..])
    );
    assert!(
        take("grant_type=client_credentials&authorization_details=%5B%5D")
            .expect("read")
            .authorization_details()
            .is_empty()
    );
}

#[test]
fn every_grant_is_known_by_its_name_and_shows_no_secret() {
    let mark = "MARKED-7f3a";
    let exchange = TokenExchange::new(SecurityToken::new(mark), TokenTypeIdentifier::AccessToken)
        .with_actor(SecurityToken::new(mark), TokenTypeIdentifier::Other("x".into()));
    let requests = [
        TokenRequest::device_code(DeviceCode::new(mark)),
        TokenRequest::ciba(AuthReqId::new(mark)),
        TokenRequest::token_exchange(exchange.clone()),
        TokenRequest::jwt_bearer(Assertion::new(mark)),
    ];
    for request in requests {
        let http = request.to_http(&endpoint(), &client(), &ClientAuth::Tls).expect("built");
        assert!(http.contract().client_certificate());
        let (read, presented) = TokenRequest::from_http(&http).expect("read");
        assert_eq!(read.grant().as_str(), request.grant().as_str());
        assert!(presented.may_be(ClientAuthMethod::SelfSignedTlsClientAuth));
        let shown = format!("{request:?} {http:?} {read:?}");
        assert!(!shown.contains("MARKED"), "{shown}");
    }
    let tokens = TokenResponse::new(AccessToken::new(mark), TokenType::NotApplicable)
        .with_issued_token_type(TokenTypeIdentifier::from("\u{202e}\n"))
        .with_authorization_details(AuthorizationDetails::parse(r#"[{"type":"t","x":"MARKED"}]"#).expect("details"));
    let shown =
        format!("{tokens:?} {:?}", TokenResponse::from_exchange(&tokens.to_http(), &exchange, &Expect::new(NOW)));
    assert!(!shown.contains("MARKED") && !shown.contains(['\n', '\u{202e}']), "{shown}");
}
