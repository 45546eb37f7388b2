use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jwt_core::profile::{ClientAssertion as Maker, ClientAssertionProfile};
use jwt_core::{Moment, SigningKey, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::http::{HttpRequest, Method, Replay};
use crate::identifiers::Endpoint;
use crate::token::TokenRequest;

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn key() -> SigningKey {
    SigningKey::hs256(&[7; 32]).expect("a key")
}

fn signed(client: &str) -> ClientAssertion {
    let maker = Maker::new(client, "https://as.example");
    ClientAssertion::new(maker.sign(&key(), &Moment::new(NOW, [1; 32])).expect("signed"))
}

fn by_key(claims: &str) -> String {
    let part = |text: &str| jwt_core::base64url::encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"ES256","typ":"client-authentication+jwt"}"#), part(claims), part("x"))
}

fn client() -> ClientId {
    ClientId::new("s6BhdRkqt3").expect("an id")
}

fn build(auth: &ClientAuth) -> Result<HttpRequest, BuildError> {
    let endpoint = Endpoint::new("https://as.example/token").expect("an endpoint");
    TokenRequest::client_credentials().to_http(&endpoint, &client(), auth)
}

fn present(headers: &[(&str, &str)], body: &str) -> Result<PresentedClient, RequestError> {
    let request = HttpRequest::received(Method::Post, "/token", headers.iter().copied().chain([FORM]), body);
    TokenRequest::from_http(&request).map(|(_, client)| client)
}

// OA-04, OA-05, OA-26, B7
#[test]
fn every_method_is_written_in_one_place_and_read_back_as_what_it_is() {
    let es256 = || ClientAssertion::new(by_key(r#"{"sub":"s6BhdRkqt3"}"#));
    let (post, basic) = (ClientAuth::Post(ClientSecret::new("x")), ClientAuth::Basic(ClientSecret::new("x")));
    let methods = [
        ClientAuth::None,
        basic,
        post,
        ClientAuth::SecretJwt(signed("s6BhdRkqt3")),
        ClientAuth::PrivateKeyJwt(es256()),
    ];
    for auth in methods.iter().chain(&[ClientAuth::Tls, ClientAuth::SelfSignedTls]) {
        let http = build(auth).expect("built");
        let body = core::str::from_utf8(http.body()).expect("text");
        let by_field = auth.method() == ClientAuthMethod::ClientSecretBasic;
        assert_eq!(http.header("authorization").is_some(), by_field);
        // RFC 8705, section 2: always there; beside an assertion allowed.
        assert_eq!(body.matches("client_id=s6BhdRkqt3").count(), usize::from(!by_field), "{body}");
        assert_eq!(http.contract().client_certificate(), matches!(auth, ClientAuth::Tls | ClientAuth::SelfSignedTls));
        // B7: an assertion that was sent is spent, whatever the request is.
        let spent = matches!(auth, ClientAuth::SecretJwt(_) | ClientAuth::PrivateKeyJwt(_));
        assert_eq!(http.contract().replay(), if spent { Replay::IfNotSent } else { Replay::Safe });

        let (_, presented) = TokenRequest::from_http(&http).expect("read");
        assert_eq!(presented.client_id(), Some(&client()));
        assert!(presented.may_be(auth.method()));
        assert_eq!(presented.assertion().is_some(), spent);
        let others = ClientAuthMethod::ALL.into_iter().filter(|method| presented.may_be(*method)).count();
        // Nobody can see from the message whether there was a certificate.
        assert_eq!(others, if presented.method() == ClientAuthMethod::None { 3 } else { 1 });
    }
}

// OA-04
#[test]
fn credentials_of_every_length_and_kind_stand_in_the_field() {
    let decoded = |auth: ClientAuth| {
        let field = auth.authorization(&client()).expect("written").expect("a field");
        let credentials = STANDARD.decode(field.strip_prefix("Basic ").expect("the scheme")).expect("base64");
        String::from_utf8(credentials).expect("text")
    };
    // Beyond 128 bytes, with the identifier and its colon, they are put together elsewhere.
    for secret in
        ["", "x", "a b&c:d", "\u{e9}+%"].map(String::from).into_iter().chain((110..125).map(|n| "s".repeat(n)))
    {
        let mut encoded = String::new();
        form::encode_component(&secret, &mut encoded);
        assert_eq!(decoded(ClientAuth::Basic(ClientSecret::new(secret.as_str()))), format!("s6BhdRkqt3:{encoded}"));
        assert_eq!(decoded(ClientAuth::BasicRaw(ClientSecret::new(secret.as_str()))), format!("s6BhdRkqt3:{secret}"));
    }
}

// OA-26
#[test]
fn rfc_7523_section_2_2_an_assertion_stands_in_the_body_beside_its_type() {
    let assertion = signed("s6BhdRkqt3");
    let http = build(&ClientAuth::SecretJwt(assertion.clone())).expect("built");
    let expected = format!(
        "grant_type=client_credentials&client_id=s6BhdRkqt3\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={}",
        assertion.expose()
    );
    assert_eq!(http.body(), expected.as_bytes());
    // Without the identifier it says as much.
    let presented = present(&[], &expected.replace("client_id=s6BhdRkqt3&", "")).expect("read");
    assert_eq!(presented.client_id(), Some(&client()));
    let shown = presented.assertion().expect("an assertion");
    let jwt = Unverified::parse(shown.expose(), &Limits::default()).expect("a jwt");
    let profile = ClientAssertionProfile::new("s6BhdRkqt3", "https://as.example");
    let verified = profile.verify(jwt, [&key().verifying_key().expect("a key")], NOW).expect("verified");
    assert_eq!(verified.claims().client_id(), "s6BhdRkqt3");
    assert!(!presented.has_secret(&ClientSecret::new("")));
}

// HTTP-7523-033: the RFC leaves most of the assertion out, so that it is none.
#[test]
fn rfc_7523_section_2_2_a_code_beside_an_assertion() {
    let body = "grant_type=authorization_code&code=n0esc3NRze7LTCu7iYzS6a5acc3f0ogp4&client_assertion_type=urn%3Aietf%3Aparams\
     %3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=eyJhbGciOiJSUzI1NiIsImtpZCI6IjIyIn0.eyJpc3Mi[..\
     .omitted for brevity...].cC4hiUPo[...omitted for brevity...]";
    assert_eq!(present(&[], body).expect_err("no jwt"), RequestError::Credentials);
    let (start, _) = body.split_once("&client_assertion=").expect("an assertion");
    let jwt = by_key(r#"{"iss":"s6BhdRkqt3","sub":"s6BhdRkqt3"}"#);
    let request =
        HttpRequest::received(Method::Post, "/token.oauth2", [FORM], format!("{start}&client_assertion={jwt}"));
    let (read, presented) = TokenRequest::from_http(&request).expect("read");
    assert_eq!((presented.method(), presented.client_id()), (ClientAuthMethod::PrivateKeyJwt, Some(&client())));
    let endpoint = Endpoint::new("https://as.example.com/token.oauth2").expect("an endpoint");
    let auth = ClientAuth::PrivateKeyJwt(ClientAssertion::new(jwt.as_str()));
    let written = read.to_http(&endpoint, &client(), &auth).expect("written");
    let expected = format!("{start}&client_assertion={jwt}")
        .replace("&client_assertion_type", "&client_id=s6BhdRkqt3&client_assertion_type");
    assert_eq!(core::str::from_utf8(written.body()), Ok(expected.as_str()));
}

#[test]
fn an_assertion_that_is_no_jwt_is_not_sent() {
    for text in ["", "a b", "a.b.c=", "a&b=c", "\u{e9}"] {
        for auth in [ClientAuth::SecretJwt, ClientAuth::PrivateKeyJwt] {
            assert_eq!(build(&auth(ClientAssertion::new(text))).expect_err(text), BuildError::Credentials);
        }
    }
}

// B7
#[test]
fn b7_two_ways_to_authenticate_are_refused_whichever_they_are() {
    let ways: [(&[(&str, &str)], String); 4] = [
        (&[("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW")], String::new()),
        (&[], "&client_secret=gX1fBat3bV".into()),
        (&[], format!("&client_assertion_type={JWT_BEARER}&client_assertion={}", signed("s6BhdRkqt3").expose())),
        (&[], "&client_assertion=x".into()),
    ];
    for (index, (headers, body)) in ways.iter().enumerate() {
        for (other_headers, other_body) in ways.iter().take(index) {
            let headers: Vec<_> = headers.iter().chain(*other_headers).copied().collect();
            let body = format!("grant_type=client_credentials&client_id=s6BhdRkqt3{body}{other_body}");
            let error = present(&headers, &body).expect_err("two");
            assert!(matches!(error, RequestError::ManyAuthentications | RequestError::RepeatedParameter), "{body}");
        }
    }
}

// OA-26
#[test]
fn an_assertion_of_another_type_or_form_or_client_is_refused() {
    let of = |kind: &str, assertion: &str, rest: &str| {
        present(
            &[],
            &format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}{rest}"),
        )
        .expect_err(assertion)
    };
    let good = signed("s6BhdRkqt3");
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    assert_eq!(of(saml, good.expose(), ""), RequestError::UnsupportedAuthentication);
    assert_eq!(of(saml, "", ""), RequestError::UnsupportedAuthentication);
    assert_eq!(of("", good.expose(), ""), RequestError::MissingParameter { name: "client_assertion_type" });
    assert_eq!(of(JWT_BEARER, "", ""), RequestError::MissingParameter { name: "client_assertion" });
    assert_eq!(of(JWT_BEARER, good.expose(), "&client_id=other"), RequestError::ClientMismatch);
    for broken in ["x", "a.b.c", &by_key("{}"), &by_key(r#"{"sub":1}"#), &by_key(r#"{"sub":""}"#), &by_key("[]")] {
        assert_eq!(of(JWT_BEARER, broken, ""), RequestError::Credentials);
    }
    let twice = format!("&client_assertion={}", good.expose());
    assert_eq!(of(JWT_BEARER, good.expose(), &twice), RequestError::RepeatedParameter);
    let in_url = format!("/token?client_assertion={}", good.expose());
    let request = HttpRequest::received(Method::Post, in_url, [FORM], "grant_type=client_credentials");
    assert_eq!(TokenRequest::from_http(&request).expect_err("in the url"), RequestError::CredentialsInUrl);
}

#[test]
fn a_certificate_needs_a_client_id_beside_it() {
    let nobody = present(&[], "grant_type=client_credentials").expect("read");
    assert!(!nobody.may_be(ClientAuthMethod::TlsClientAuth) && nobody.may_be(ClientAuthMethod::None));
}

#[test]
fn b5_neither_side_shows_an_assertion() {
    let assertion = signed("s6BhdRkqt3");
    let auth = ClientAuth::SecretJwt(assertion.clone());
    let http = build(&auth).expect("built");
    let (_, presented) = TokenRequest::from_http(&http).expect("read");
    let shown = format!("{auth:?} {http:?} {presented:?}");
    assert!(!shown.contains(assertion.expose()) && !shown.contains("eyJ"), "{shown}");
}

proptest! {
    #[test]
    fn no_assertion_panics_a_server(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,8}") {
        let mut body = String::from("grant_type=client_credentials&client_assertion_type=");
        form::encode_component(JWT_BEARER, &mut body);
        body.push_str("&client_assertion=");
        form::encode_component(&text, &mut body);
        prop_assert!(present(&[], &body).is_err());
    }
}
