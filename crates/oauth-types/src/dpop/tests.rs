use super::*;
use crate::access_token::{PresentedToken, TokenScheme};
use crate::http::{Method, Purpose};
use crate::response::Expect;
use crate::secret::AccessToken;
use crate::token::TokenResponse;
use alloc::format;
use alloc::vec::Vec;
use jwt_core::{Jwk, Timestamp};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

/// RFC 9449, section 7.1.
const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";

fn nonce(text: &str) -> DpopNonce {
    DpopNonce::new(text).unwrap()
}

fn error(response: &HttpResponse) -> ResponseError {
    TokenResponse::from_http(response, &Expect::new(NOW)).unwrap_err()
}

// HTTP-9449-088
#[test]
fn the_request_of_rfc_9449_section_7_1_is_read_and_written_back() {
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let headers = [("host", "resource.example.org"), ("authorization", &format!("DPoP {token}")), ("dpop", PROOF)];
    let received = HttpRequest::received(Method::Get, "/protectedresource", headers, "");
    assert_eq!(proof(&received), Ok(Some(PROOF)));
    let found = PresentedToken::from_http(&received).unwrap().unwrap();
    assert_eq!(found.scheme(), TokenScheme::DPoP);

    let request = HttpRequest::get("https://resource.example.org/protectedresource", Purpose::Resource);
    let written = PresentedToken::new(TokenScheme::DPoP, AccessToken::new(token)).unwrap().add_to(request);
    let written = with_proof(written, PROOF).unwrap();
    assert_eq!(written.header("authorization"), received.header("authorization"));
    assert_eq!(written.header("dpop"), received.header("dpop"));
}

// B14, DP-02: a proof is good for one sending
#[test]
fn b14_a_request_with_a_proof_is_not_repeated_once_it_may_have_been_seen() {
    let get = HttpRequest::get("https://rs.example/", Purpose::Resource);
    assert_eq!(get.contract().replay(), Replay::Safe);
    assert_eq!(with_proof(get, PROOF).unwrap().contract().replay(), Replay::IfNotSent);
    let post = HttpRequest::post_form("https://as.example/token", Purpose::Token, "").with_replay(Replay::Never);
    let post = with_proof(post, PROOF).unwrap();
    assert_eq!(post.contract().replay(), Replay::Never);
    // A second proof takes the place of the first.
    let again = with_proof(post, "a.b.c").unwrap();
    assert_eq!(again.header_values("dpop").collect::<Vec<_>>(), ["a.b.c"]);
    for bad in ["", "a", "a.b", "a..c", "a.b.c.d", "a.b.c\r\nx: y", "a.b.c ", "a.b.=", "a.b.é"] {
        let request = HttpRequest::get("https://rs.example/", Purpose::Resource);
        assert_eq!(with_proof(request, bad).map(|_| ()), Err(BuildError::Proof), "{bad:?}");
    }
}

// DP-12: not more than one DPoP field
#[test]
fn two_proofs_are_none() {
    let received =
        |proofs: &[&str]| HttpRequest::received(Method::Get, "/", proofs.iter().map(|proof| ("DPoP", *proof)), "");
    assert_eq!(proof(&received(&[])), Ok(None));
    assert_eq!(proof(&received(&["x"])), Ok(Some("x")));
    assert_eq!(proof(&received(&["x", "x"])), Err(DpopError::RepeatedProof));
}

// DP-07: HTTP-9449-097, RFC 9449, section 8
#[test]
fn an_authorization_server_demands_a_nonce_by_an_error() {
    let body = "{\n \"error\": \"use_dpop_nonce\",\n \"error_description\":\n   \"Authorization server requires nonce in DPoP proof\"\n}";
    let json =
        |status, body: &str| HttpResponse::new(status).with_header("content-type", "application/json").with_body(body);
    let answer = json(400, body).with_header("DPoP-Nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v");
    let demanded = DpopNonce::demanded_by_server(&error(&answer), &answer);
    assert_eq!(demanded, Ok(Some(nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v"))));

    let written = nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v").to_error();
    let ResponseError::Refused(refused) = error(&written) else { panic!("not refused") };
    assert_eq!(refused.description(), Some("Authorization server requires nonce in DPoP proof"));
    assert!(refused.is_use_dpop_nonce() && refused.deviations().is_empty());
    assert_eq!((written.status(), written.header("cache-control")), (400, Some("no-store")));
    assert_eq!(DpopNonce::find(&written), DpopNonce::find(&answer));

    // Without the nonce a second try is in vain.
    let none = json(400, body);
    assert_eq!(DpopNonce::demanded_by_server(&error(&none), &none), Err(DpopError::MissingNonce));
    // Another error brings one without demanding it, and what is no verdict demands nothing.
    for other in [json(400, r#"{"error":"invalid_grant"}"#), json(503, body), json(302, body)] {
        let other = other.with_header("dpop-nonce", "n");
        assert_eq!(DpopNonce::demanded_by_server(&error(&other), &other), Ok(None));
        assert_eq!(DpopNonce::find(&other), Ok(Some(nonce("n"))));
    }
}

// DP-07: HTTP-9449-099, RFC 9449, section 9
#[test]
fn a_resource_demands_a_nonce_by_a_challenge() {
    let field = r#"DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof""#;
    let answer = |status, field: &str| {
        HttpResponse::new(status)
            .with_header("www-authenticate", field)
            .with_header("dpop-nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v")
    };
    let demanded = Ok(Some(nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v")));
    for reading in [Reading::Strict, Reading::Interop] {
        for field in [field, &field.replacen("DPoP", "dpop", 1), &format!("Bearer error=\"invalid_token\", {field}")] {
            assert_eq!(DpopNonce::demanded_by_resource(&answer(401, field), reading), demanded, "{field}");
        }
        let written = nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v").to_challenge();
        assert_eq!((written.status(), written.header("www-authenticate")), (401, Some(field)));
        assert_eq!(DpopNonce::demanded_by_resource(&written, reading), demanded);
        let none = HttpResponse::new(401).with_header("www-authenticate", field);
        assert_eq!(DpopNonce::demanded_by_resource(&none, reading), Err(DpopError::MissingNonce));
        for (status, field) in [
            (401, r#"Bearer error="use_dpop_nonce""#),
            (401, r#"DPoP error="invalid_token""#),
            (401, "DPoP"),
            (401, "\""),
            (403, field),
            (200, field),
            (503, field),
        ] {
            assert_eq!(DpopNonce::demanded_by_resource(&answer(status, field), reading), Ok(None), "{status} {field}");
        }
    }
    assert_eq!(DpopNonce::demanded_by_resource(&answer(400, field), Reading::Interop), demanded);
    assert_eq!(DpopNonce::demanded_by_resource(&answer(400, field), Reading::Strict), Ok(None));
}

// DP-08: HTTP-9449-098, RFC 9449, section 8.2
#[test]
fn a_nonce_is_found_in_any_answer_a_success_too() {
    for status in [200, 201, 204, 302, 400, 401, 403, 404, 429, 500] {
        let response = nonce("eyJ7S_zG.eyJbYu3.xQmBj-1").add_to(HttpResponse::new(status));
        assert_eq!(response.header_values("cache-control").collect::<Vec<_>>(), ["no-store"]);
        assert_eq!(DpopNonce::find(&response), Ok(Some(nonce("eyJ7S_zG.eyJbYu3.xQmBj-1"))));
        let answered = HttpResponse::new(status).with_header("cache-control", "private");
        assert_eq!(nonce("n").add_to(answered).header_values("cache-control").collect::<Vec<_>>(), ["private"]);
    }
    assert_eq!(DpopNonce::find(&HttpResponse::new(200)), Ok(None));
}

// DP-09: RFC 9449, section 8.1
#[test]
fn a_nonce_is_one_field_of_nqchars() {
    for good in ["!", "#[", "]~", "eyJ7S_zG.eyJH0-Z.HX4w-7v", &"a".repeat(MAX_NONCE_BYTES)] {
        assert_eq!(nonce(good).as_str(), good);
    }
    for bad in ["", " ", "a b", "a\"", "a\\", "a\n", "é", "\u{7f}", &"a".repeat(MAX_NONCE_BYTES + 1)] {
        assert_eq!(DpopNonce::new(bad), Err(DpopError::Nonce), "{bad:?}");
        let response = HttpResponse::new(200).with_header("dpop-nonce", format!("x {bad}"));
        assert_eq!(DpopNonce::find(&response).is_err(), !bad.trim().is_empty(), "{bad:?}");
    }
    for second in ["a", "b", ""] {
        let twice = HttpResponse::new(200).with_header("DPoP-Nonce", "a").with_header("dpop-nonce", second);
        assert_eq!(DpopNonce::find(&twice), Err(DpopError::RepeatedNonce));
    }
    let error = DpopError::RepeatedNonce;
    assert_eq!((error.code(), error.blame()), ("repeated_dpop_nonce", Blame::Peer));
    assert!(!format!("{:?}", nonce("marked")).contains("marked"));
}

// DP-11: RFC 9449, sections 6.1 and 10; HTTP-9449-100
#[test]
fn a_thumbprint_is_that_of_the_key_and_has_one_spelling() {
    // RFC 7638, section 3.1
    let jwk = br#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"}"#;
    let jkt = DpopJkt::from(&Jwk::from_slice(jwk).unwrap().thumbprint());
    assert_eq!(jkt.as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(DpopJkt::new("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), Ok(jkt.clone()));
    let good = jkt.as_str();
    for bad in
        ["", &good[..42], &format!("{good}="), &good.replace('-', "+"), &good.replace("Xs", "Xt"), &format!("{good}A")]
    {
        assert_eq!(DpopJkt::new(bad), Err(DpopError::Thumbprint), "{bad}");
    }
}

// DP-05: an answer that is not bound is discarded
#[test]
fn dp_05_only_a_token_that_is_bound_is_presented_as_bound() {
    use crate::token::TokenType;
    for (name, scheme) in [
        ("DPoP", Some(TokenScheme::DPoP)),
        ("dpop", Some(TokenScheme::DPoP)),
        ("bearer", Some(TokenScheme::Bearer)),
        ("N_A", None),
        ("mac", None),
    ] {
        assert_eq!(TokenType::from(name).scheme(), scheme, "{name}");
    }
    let bearer = HttpResponse::new(200)
        .with_header("content-type", "application/json")
        .with_body(r#"{"access_token":"a","token_type":"Bearer"}"#);
    let refused = TokenResponse::from_http(&bearer, &Expect::new(NOW).dpop()).unwrap_err();
    assert_eq!(refused.code(), "token_not_bound");
}

proptest! {
    #[test]
    fn a_nonce_survives_the_wire(text in "[!#-\\[\\]-~]{1,60}", status in 100_u16..600) {
        let found = DpopNonce::find(&nonce(&text).add_to(HttpResponse::new(status))).unwrap().unwrap();
        prop_assert_eq!(found.as_str(), text);
    }

    #[test]
    fn no_answer_panics(field in "\\PC{0,40}", nonce in "\\PC{0,20}", status in 0_u16..700) {
        let response = HttpResponse::new(status).with_header("www-authenticate", field).with_header("dpop-nonce", nonce);
        for reading in [Reading::Strict, Reading::Interop] {
            let _ = (DpopNonce::find(&response), DpopNonce::demanded_by_resource(&response, reading));
        }
    }
}

#[test]
fn a_nonce_of_bytes_has_the_syntax_of_one() {
    // DP-09
    for byte in [0, 0x5A, 0xFB, 0xFF] {
        let nonce = DpopNonce::from([byte; 16]);
        assert_eq!(DpopNonce::new(nonce.as_str()).as_ref(), Ok(&nonce));
    }
}
