//! Signed responses (JARM).

use jwt_core::profile::AuthorizationResponseProfile;
use jwt_core::{Algorithm, Header, SigningKey, Timestamp, sign};

use proptest::prelude::*;

use super::*;

/// Before the examples of JARM, section 2.1.1, expire.
const NOW: Timestamp = Timestamp::from_unix(1_311_281_900);

fn key() -> SigningKey {
    SigningKey::hs256(&[7; 32]).unwrap()
}

fn profile() -> AuthorizationResponseProfile {
    AuthorizationResponseProfile::new("https://accounts.example.com", "s6BhdRkqt3")
}

fn jwt(members: &str) -> String {
    let text = format!(r#"{{"iss":"https://accounts.example.com","aud":"s6BhdRkqt3","exp":1311281970{members}}}"#);
    let claims: Object = jwt_core::json::from_slice(text.as_bytes(), &jwt_core::json::Limits::default()).unwrap();
    sign(&Header::new(Algorithm::HS256), &claims, &key()).unwrap()
}

fn read(members: &str) -> Result<AuthorizationResponse, SignedResponseError> {
    let query = format!("response={}", jwt(members));
    let signed = SignedResponse::parse(Callback::Query(&query), ResponseMode::Jwt).unwrap();
    signed.verify(&profile(), [&key().verifying_key().unwrap()], NOW)
}

fn refused(callback: Callback<'_>, asked: ResponseMode) -> CallbackError {
    SignedResponse::parse(callback, asked).unwrap_err()
}

// JARM, section 2.1.1: both examples' claims.
#[test]
fn the_examples_of_jarm_are_read_as_any_response_is() {
    let response = read(
        r#","code":"PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA","state":"S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw""#,
    )
    .unwrap();
    assert_eq!(code(&response), "PyyFaux2o7Q0YfXBU32jhw.5FXSQpvr8akv9CeRDSd0QA");
    assert_eq!(response.state(), Some("S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw"));
    assert_eq!(
        (response.iss(), response.response_mode()),
        (Some("https://accounts.example.com"), ResponseMode::QueryJwt)
    );
    let response = read(r#","error":"access_denied","state":"S8NJ7uqk5fY4EjNvP_G_FtyJu6pUsvH9jsYni9dMAJw""#).unwrap();
    assert_eq!(*error(&response).code(), ErrorCode::AccessDenied);
}

#[test]
fn nothing_of_a_jwt_counts_before_it_is_verified() {
    let other = SigningKey::hs256(&[8; 32]).unwrap().verifying_key().unwrap();
    let query = format!("response={}", jwt(r#","code":"c","state":"s""#));
    let signed = SignedResponse::parse(Callback::Query(&query), ResponseMode::QueryJwt).unwrap();
    assert!(matches!(signed.verify(&profile(), [&other], NOW), Err(SignedResponseError::Token(_))));
    let late = Timestamp::from_unix(1_400_000_000);
    let expired = signed.verify(&profile(), [&key().verifying_key().unwrap()], late).unwrap_err();
    assert_eq!((expired.code(), expired.blame()), ("expired", jwt_core::Blame::Time));
    let stranger = AuthorizationResponseProfile::new("https://accounts.example.com", "other");
    assert!(signed.verify(&stranger, [&key().verifying_key().unwrap()], NOW).is_err());
    let none = SignedResponse::parse(Callback::Query("response=x"), ResponseMode::QueryJwt).unwrap();
    assert!(matches!(none.token(), Err(jwt_core::Error::Malformed(_))));
}

#[test]
fn what_a_jwt_says_is_checked_as_a_callbacks_parameters_are() {
    assert_eq!(read(r#","code":"a\r\nb""#).unwrap_err().code(), "callback_malformed");
    assert_eq!(read(r#","error":"a\"b""#).unwrap_err().code(), "callback_malformed");
    assert_eq!(read(r#","error":"denied","error_description":1"#).unwrap_err().code(), "callback_malformed");
    assert_eq!(read(r#","code":"c","response":"x""#).unwrap_err().code(), "callback_signed_response");
    assert_eq!(read(r#","code":"c","error":"e""#).unwrap_err().code(), "code_forbidden");
    let response = read(r#","code":"c","jti":"j","session_state":"x","n":[1]"#).unwrap();
    assert_eq!((response.parameter("session_state"), response.parameter("n")), (Some("x"), Some("[1]")));
    assert_eq!((response.parameter("jti"), response.parameter("aud"), response.parameter("exp")), (None, None, None));
}

// B4
#[test]
fn b4_a_response_in_another_form_or_place_than_asked_for_is_refused() {
    let (plain, signed) = ("code=a&state=s", "response=ey.e30.x");
    let (url, fragment) = ("https://c.example/cb?response=ey.e30.x", "https://c.example/cb#response=ey.e30.x");
    // Plain where signed was asked for, and the reverse.
    assert_eq!(refused(Callback::Query(plain), ResponseMode::Jwt), CallbackError::PlainResponse);
    assert_eq!(
        refused(Callback::Form(b"error=access_denied"), ResponseMode::FormPostJwt),
        CallbackError::PlainResponse
    );
    assert_eq!(refused(Callback::Query(signed), ResponseMode::Query), CallbackError::SignedResponse);
    assert_eq!(refused(Callback::Query("x=1"), ResponseMode::Jwt), CallbackError::NoOutcome);
    let parse_as =
        |callback, asked| AuthorizationResponse::parse_as(callback, asked).map(|response| response.response_mode());
    assert_eq!(parse_as(Callback::Query(plain), ResponseMode::Jwt), Err(CallbackError::PlainResponse));
    assert_eq!(parse_as(Callback::Query(signed), ResponseMode::Query), Err(CallbackError::SignedResponse));
    assert_eq!(parse_as(Callback::Query(signed), ResponseMode::Jwt), Err(CallbackError::SignedResponse));
    // Both.
    for both in ["response=x&code=a", "response=x&error=a", "response=x&state=s", "response=x&iss=i"] {
        assert_eq!(refused(Callback::Query(both), ResponseMode::Jwt), CallbackError::SignedAndPlain, "{both}");
    }
    assert_eq!(
        refused(Callback::Url("https://c.example/?response=x#code=a"), ResponseMode::Jwt),
        CallbackError::QueryAndFragment
    );
    for twice in ["response=x&response=x", "response=x&code=&code="] {
        assert!(matches!(refused(Callback::Query(twice), ResponseMode::Jwt), CallbackError::Form(_)));
    }
    // Elsewhere.
    let places = [
        (Callback::Url(url), ResponseMode::QueryJwt),
        (Callback::Query(signed), ResponseMode::Jwt),
        (Callback::Url(fragment), ResponseMode::FragmentJwt),
        (Callback::Form(signed.as_bytes()), ResponseMode::FormPostJwt),
    ];
    for (callback, found) in places {
        for asked in [ResponseMode::Jwt, ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt] {
            let read = SignedResponse::parse(callback, asked).map(|response| response.response_mode());
            let expected = if asked.for_code() == found.for_code() {
                Ok(found.for_code())
            } else {
                Err(CallbackError::ResponseMode)
            };
            assert_eq!(read, expected, "{callback:?} {asked}");
        }
    }
    let plain_places = [
        (Callback::Query(plain), ResponseMode::Query),
        (Callback::Url("https://c.example/cb#code=a"), ResponseMode::Fragment),
        (Callback::Form(plain.as_bytes()), ResponseMode::FormPost),
    ];
    for (callback, found) in plain_places {
        for asked in [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost] {
            assert_eq!(
                parse_as(callback, asked),
                if asked == found { Ok(found) } else { Err(CallbackError::ResponseMode) }
            );
        }
    }
    let base = SignedResponse::parse(Callback::Url(fragment), ResponseMode::FragmentJwt).unwrap();
    assert_eq!(base.base_url(), Some("https://c.example/cb"));
}

#[test]
fn a_server_writes_in_every_mode_and_the_client_reads_it() {
    let issuer = Issuer::new("https://accounts.example.com").unwrap();
    let response = AuthorizationResponse::code(AuthorizationCode::new("c"))
        .with_state(&State::new("s").unwrap())
        .with_iss(&issuer)
        .with_parameter("aud", "other");
    let client = ClientId::new("s6BhdRkqt3").unwrap();
    let claims = response.to_claims(&issuer, &client, Timestamp::from_unix(1_311_281_970)).unwrap();
    assert_eq!(claims.get_str("aud"), Some("s6BhdRkqt3"));
    let token = sign(&Header::new(Algorithm::HS256), &claims, &key()).unwrap();
    let uri = RedirectUri::new("https://c.example/cb?a=b").unwrap();
    for (mode, start) in [
        (ResponseMode::Jwt, "https://c.example/cb?a=b&response=ey"),
        (ResponseMode::QueryJwt, "https://c.example/cb?a=b&response=ey"),
        (ResponseMode::FragmentJwt, "https://c.example/cb?a=b#response=ey"),
    ] {
        let url = SignedResponse::new(token.as_str(), mode).to_redirect_url(&uri).unwrap();
        assert!(url.starts_with(start), "{url}");
        let signed = SignedResponse::parse(Callback::Url(&url), mode).unwrap();
        let read = signed.verify(&profile().state("s"), [&key().verifying_key().unwrap()], NOW).unwrap();
        assert_eq!((code(&read), read.state(), read.response_mode()), ("c", Some("s"), mode.for_code()));
        assert_eq!(read.base_url(), Some("https://c.example/cb"));
    }
    let form = SignedResponse::new(token, ResponseMode::FormPostJwt).to_form();
    assert!(SignedResponse::parse(Callback::Form(form.as_bytes()), ResponseMode::FormPostJwt).is_ok());
}

#[test]
fn every_mode_is_known_by_its_name() {
    for name in ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
        let mode = ResponseMode::from_name(name).unwrap();
        assert_eq!((mode.as_str(), mode.is_jwt()), (name, name.ends_with("jwt")));
    }
    assert_eq!(ResponseMode::from_name("JWT"), None);
}

#[test]
fn b5_a_signed_response_does_not_show_itself() {
    let signed = SignedResponse::new("marked", ResponseMode::Jwt);
    let error = signed.verify(&profile(), [], NOW).unwrap_err();
    let shown = format!("{signed:?} {error:?} {error}");
    assert!(!shown.contains("marked"), "{shown}");
}

proptest! {
    #[test]
    fn no_callback_is_both_plain_and_signed(
        text in "\\PC{0,60}|((code|state|iss|error|response|x)=[a-z%0-9+ é]{0,9}[&#?]?){0,5}"
    ) {
        for callback in [Callback::Url(&text), Callback::Query(&text), Callback::Form(text.as_bytes())] {
            for asked in [ResponseMode::Query, ResponseMode::Jwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt] {
                let signed = SignedResponse::parse(callback, asked);
                let plain = AuthorizationResponse::parse_as(callback, asked);
                prop_assert!(signed.is_err() || plain.is_err());
                if let Ok(signed) = signed {
                    let form = signed.to_form();
                    let again = SignedResponse::parse(Callback::Form(form.as_bytes()), ResponseMode::FormPostJwt).unwrap();
                    prop_assert_eq!(again.to_form(), form);
                }
            }
        }
    }
}
