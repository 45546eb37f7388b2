use super::*;
use crate::http::{Method, Purpose};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::prelude::*;

fn received(target: &str, fields: &[&str]) -> HttpRequest {
    HttpRequest::received(Method::Get, target, fields.iter().map(|field| ("Authorization", *field)), "")
}

fn get() -> HttpRequest {
    HttpRequest::get("https://server.example.com/resource", Purpose::Resource)
}

// HTTP-6749-017, HTTP-6750-019, HTTP-9449-088, -093, HTTP-8693-052, -055
#[test]
fn the_examples_of_rfc_6750_section_2_1_and_rfc_9449_section_7_1_and_rfc_8693_section_2_3() {
    let exchanged = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.eyJhdWQiOiJodHRwczovL2JhY2tlbmQuZXhhbXBsZS5jb20iLCJpc3MiOiJodHRwczovL2FzLmV\
         4YW1wbGUuY29tIiwiZXhwIjoxNDQxOTE3NTkzLCJpYXQiOjE0NDE5MTc1MzMsInN1YiI6ImJkY0BleGFtcGxlLmNvbSIsInNjb3BlIjoiYXBpIn0.40y3ZgQedw6rx\
         f59WlwHDD9jryFOr0_Wh3CGozQBihNBhnXEQgU85AI9x3KmsPottVMLPIWvmDCMy5-kdXjwhw";
    let exchanged_field = format!("Bearer {exchanged}");
    for (field, scheme, token) in [
        ("Bearer mF_9.B5f-4.1JqM", TokenScheme::Bearer, "mF_9.B5f-4.1JqM"),
        (
            "DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
            TokenScheme::DPoP,
            "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
        ),
        ("Bearer INVALID_TOKEN", TokenScheme::Bearer, "INVALID_TOKEN"),
        (
            "Bearer accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC",
            TokenScheme::Bearer,
            "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC",
        ),
        (&exchanged_field, TokenScheme::Bearer, exchanged),
    ] {
        let found = PresentedToken::from_http(&received("/resource", &[field])).unwrap().unwrap();
        assert!(found.scheme() == scheme && found.token().matches(token), "{field}");
        let written = PresentedToken::new(scheme, AccessToken::new(token)).unwrap().add_to(get());
        assert_eq!(written.header_values("authorization").collect::<Vec<_>>(), [field]);
    }
}

// HTTP-6749-018, HTTP-9449-091: another scheme, and no field at all
#[test]
fn a_request_without_a_token_of_ours_has_none() {
    let mac = r#"MAC id="h480djs93hd8",nonce="274312:dj83hs9s",mac="kDZvddkndxvhGRXZhvuDjEWhGeE=""#;
    assert!(PresentedToken::from_http(&received("/resource/1", &[mac])).unwrap().is_none());
    assert!(PresentedToken::from_http(&received("/protectedresource", &[])).unwrap().is_none());
}

// DP-06: the scheme in any letter case
#[test]
fn the_scheme_is_matched_in_any_letter_case() {
    for (field, scheme) in [
        ("bearer a", Some(TokenScheme::Bearer)),
        ("BEARER  a", Some(TokenScheme::Bearer)),
        ("dpop a==", Some(TokenScheme::DPoP)),
        ("DPOP a/+", Some(TokenScheme::DPoP)),
        ("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW", None),
        (r#"MAC id="h480djs93hd8""#, None),
        ("Bearers a", None),
        ("", None),
    ] {
        let found = PresentedToken::from_http(&received("/", &[field])).unwrap();
        assert_eq!(found.map(|found| found.scheme()), scheme, "{field}");
    }
    assert!(PresentedToken::from_http(&received("/", &[])).unwrap().is_none());
}

// OA-17
#[test]
fn a_request_that_must_have_a_token_has_one() {
    assert!(is_b64token("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") && is_b64token("a+/=="));
    assert!(is_b64token(&"a".repeat(MAX_TOKEN_BYTES)) && !is_b64token(&"a".repeat(MAX_TOKEN_BYTES + 1)));
    assert!(required_bearer(&received("/", &["bearer  abc"])).is_ok_and(|token| token.matches("abc")));
    assert!(required(&received("/", &["DPoP abc"])).is_ok_and(|token| token.scheme() == TokenScheme::DPoP));
    for field in ["", "Bearer", "Bearer ", "DPoP abc", "Bearer a b", "abc"] {
        assert_eq!(required_bearer(&received("/", &[field])).map(|_| ()), Err(RequestError::AccessToken), "{field:?}");
    }
    for request in
        [received("/", &["Bearer a", "Bearer a"]), received("/?access_token=a", &["Bearer a"]), received("/", &[])]
    {
        assert_eq!(required_bearer(&request).map(|_| ()), Err(RequestError::AccessToken));
    }
}

// OA-17: the syntax is checked, one method is used, and nothing ends the field
#[test]
fn what_is_no_b64token_is_neither_sent_nor_read() {
    for token in ["", "=", "a b", "a\r\nx: y", "a\n", "a\0", "a,b", "a;b", "\"a\"", "a=b", "a%20", "é", "a\t"] {
        for scheme in [TokenScheme::Bearer, TokenScheme::DPoP] {
            let error = PresentedToken::new(scheme, AccessToken::new(token)).map(|_| ()).unwrap_err();
            assert_eq!((error.code(), error.blame()), ("unwritable_access_token", Blame::Caller), "{token:?}");
        }
    }
    for field in [
        "Bearer",
        "Bearer ",
        "Bearer =",
        "Bearer a b",
        "Bearer a, Basic b",
        "Bearer a=b",
        "DPoP",
        "Bearer\ta",
        "Bearer é",
    ] {
        match PresentedToken::from_http(&received("/", &[field])) {
            Err(error) => {
                assert_eq!((error, error.error_code()), (TokenError::Malformed, ErrorCode::InvalidToken), "{field:?}")
            }
            Ok(found) => assert!(found.is_none() && field.contains('\t'), "{field:?}"),
        }
    }
}

// OA-17; HTTP-6750-020, -021, HTTP-9449-095
#[test]
fn a_token_in_two_places_or_in_the_wrong_one_is_refused() {
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let twice = received("/", &[&format!("Bearer {token}"), &format!("DPoP {token}")]);
    let error = PresentedToken::from_http(&twice).unwrap_err();
    assert_eq!(
        (error, error.error_code(), error.blame()),
        (TokenError::Repeated, ErrorCode::InvalidRequest, Blame::Peer)
    );
    for target in ["/resource?access_token=mF_9.B5f-4.1JqM", "/r?a=b&access%5Ftoken=x", "/r?access_token="] {
        for fields in [&[][..], &["Bearer a"]] {
            assert_eq!(
                PresentedToken::from_http(&received(target, fields)).unwrap_err(),
                TokenError::InUrl,
                "{target}"
            );
        }
    }
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = HttpRequest::received(Method::Post, "/resource", headers, "access_token=mF_9.B5f-4.1JqM");
    assert_eq!(PresentedToken::from_http(&body).unwrap_err(), TokenError::InBody);
    // Nor can it be hidden behind what is not read here: more pairs than a form may have, more bytes, or none that are UTF-8.
    for (before, after) in
        [("a=b&".repeat(129), ""), ("a".repeat(70_000) + "&", ""), ("a=%FF&".into(), ""), (String::new(), "&%FF")]
    {
        let hidden = format!("{before}%61ccess_toke%6e=x{after}");
        let error = PresentedToken::from_http(&received(&format!("/r?{hidden}"), &["Bearer a"])).unwrap_err();
        assert_eq!(error, TokenError::InUrl);
        let body = HttpRequest::received(Method::Post, "/resource", headers, hidden);
        assert_eq!(PresentedToken::from_http(&body).unwrap_err(), TokenError::InBody);
        let without = received(&format!("/r?{before}access_tokens=x&access%token=x{after}"), &["Bearer a"]);
        assert!(PresentedToken::from_http(&without).unwrap().is_some());
    }
    // What only looks like it is none.
    assert!(PresentedToken::from_http(&received("/r?x_access_token=a#access_token=b", &[])).unwrap().is_none());
    let json = HttpRequest::received(Method::Post, "/", [("content-type", "application/json")], "access_token=a");
    assert!(PresentedToken::from_http(&json).unwrap().is_none());
}

// B5
#[test]
fn b5_no_token_shows_itself() {
    let token = PresentedToken::new(TokenScheme::Bearer, AccessToken::new("marked")).unwrap();
    let shown = format!("{token:?} {:?}", token.add_to(get()));
    assert!(!shown.contains("marked"), "{shown}");
}

proptest! {
    #[test]
    fn what_is_presented_is_read(token in "[A-Za-z0-9._~+/-]{1,40}={0,3}", dpop: bool) {
        let scheme = if dpop { TokenScheme::DPoP } else { TokenScheme::Bearer };
        let request = PresentedToken::new(scheme, AccessToken::new(token.as_str())).unwrap().add_to(get());
        let found = PresentedToken::from_http(&request).unwrap().unwrap();
        prop_assert!(found.scheme() == scheme && found.token().matches(&token));
    }

    #[test]
    fn no_field_panics(fields in proptest::collection::vec("\\PC{0,20}|(Bearer|dpop) [ -~]{0,9}", 0..3), target in "\\PC{0,20}") {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        if let Ok(Some(found)) = PresentedToken::from_http(&received(&target, &fields)) {
            prop_assert!(PresentedToken::new(found.scheme(), found.token().clone()).is_ok());
        }
    }
}
