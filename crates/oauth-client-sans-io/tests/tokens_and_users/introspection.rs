//! What a token is good for.

use jwt_core::Secret;
use oauth_client_sans_io::{Introspection, Revocation};
use oauth_types::revocation::TokenTypeHint;
use oauth_types::{HttpResponse, RefreshToken};

use crate::laws::scenarios::exchanges::signed_introspection;
use crate::laws::scenarios::{honest, server as keys_server};
use crate::{Driven, asked, basic, code, done, endpoint, form, json, public, refused, sent, server};

fn introspection() -> Introspection {
    let server = server("https://server.example.com/")
        .with_introspection_endpoint(endpoint("https://server.example.com/introspect"));
    Introspection::new(&server, &basic("s6BhdRkqt3"), Secret::new("mF_9.B5f-4.1JqM")).unwrap()
}

#[test]
fn rfc_7662_section_2_a_request_and_what_the_token_is_good_for() {
    let mut flow = Driven::new(introspection().hint(TokenTypeHint::AccessToken));
    asked(flow.resume());
    let request = sent(flow.secret("gX1fBat3bV"));
    assert_eq!(form(&request), "token=mF_9.B5f-4.1JqM&token_type_hint=access_token");
    assert_eq!(request.header("authorization"), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
    let checked = done(flow.respond(json(200,
        r#"{"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe","scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis","aud":"https://protected.example.net/resource","iss":"https://server.example.com/","exp":1419356238,"iat":1419350238,"extension_field":"twenty-seven"}"#,
    )));
    let token = checked.response.active().unwrap();
    assert_eq!((token.sub(), token.username()), (Some("Z5O3upPC88QrAjx00dis"), Some("jdoe")));
    assert_eq!(token.extra().get_str("extension_field"), Some("twenty-seven"));
}

#[test]
fn active_is_required_and_of_an_inactive_token_nothing_is_said() {
    // OA-21
    let answer = |body| {
        let mut flow = Driven::new(introspection());
        asked(flow.resume());
        sent(flow.secret("s"));
        flow.respond(json(200, body))
    };
    assert!(done(answer(r#"{"active":false,"sub":"mallory","scope":"admin"}"#)).response.active().is_none());
    assert_eq!(code(answer(r#"{"sub":"mallory"}"#)), "missing_member");
    assert_eq!(code(answer(r#"{"active":"true","sub":"mallory"}"#)), "malformed_member");
}

#[test]
fn a_refusal_is_no_verdict_about_the_token() {
    let mut flow = Driven::new(introspection());
    asked(flow.resume());
    sent(flow.secret("s"));
    assert_eq!(code(flow.respond(refused(401, "invalid_client"))), "invalid_client");
}

fn signed() -> Driven<Introspection> {
    signed_for("https://api.example")
}

fn signed_for(audience: &str) -> Driven<Introspection> {
    let server = keys_server().with_introspection_endpoint(endpoint("https://as.example/introspect"));
    Driven::new(Introspection::new(&server, &public(), Secret::new("opaque")).unwrap().signed(audience))
}

fn jwt(token: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/token-introspection+jwt").with_body(token)
}

/// What becomes of this signed answer.
fn verdict(token: &str) -> String {
    verdict_for("https://api.example", token)
}

fn verdict_for(audience: &str, token: &str) -> String {
    let mut flow = signed_for(audience);
    sent(flow.resume());
    let fetch = sent(flow.respond(jwt(token)));
    assert_eq!(fetch.url(), "https://keys.example/jwks");
    let step = flow.respond(honest(&fetch, flow.now));
    match flow.answered(step) {
        Ok(oauth_client_sans_io::Step::Done(checked)) => {
            assert!(checked.fetched_keys.is_some());
            format!("{:?}", checked.response.active().map(|token| token.sub().unwrap().to_owned()))
        }
        other => code(other),
    }
}

#[test]
fn rfc_9701_a_signed_answer_is_asked_for_and_checked() {
    let mut flow = signed();
    let request = sent(flow.resume());
    assert_eq!(request.header("accept"), Some("application/token-introspection+jwt"));
    let now = flow.now;
    assert_eq!(verdict(&signed_introspection(now, "https://api.example", true)), "Some(\"alice\")");
    assert_eq!(verdict(&signed_introspection(now, "https://api.example", false)), "None");
    // Signed for another API, and long ago.
    assert_eq!(verdict(&signed_introspection(now, "https://other.example", true)), "audience_mismatch");
    let long_ago = now.saturating_sub(core::time::Duration::from_secs(3600));
    assert_eq!(verdict(&signed_introspection(long_ago, "https://api.example", true)), "too_old");
    // Forged.
    let token = signed_introspection(now, "https://api.example", true);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    assert_eq!(verdict(&format!("{head}.{other}{}", &signature[1..])), "invalid_signature");
}

#[test]
fn who_asks_for_a_signed_answer_takes_no_other() {
    let mut flow = signed();
    sent(flow.resume());
    assert_eq!(code(flow.respond(json(200, r#"{"active":true}"#))), "response_not_signed");
    // An ID token of the same server for the same client is no answer.
    let id_token = crate::laws::scenarios::id_token(flow.now, None);
    assert_eq!(verdict_for("client", &id_token), "typ_missing");
    // One that nobody signed ends it before keys are fetched.
    let mut flow = signed();
    sent(flow.resume());
    assert_eq!(code(flow.respond(jwt("eyJhbGciOiJub25lIn0.e30."))), "key_not_found");
}

// ---- revocation (RFC 7009)

#[test]
fn rfc_7009_section_2_1_a_revocation_and_its_answers() {
    // OA-20
    let server =
        server("https://server.example.com").with_revocation_endpoint(endpoint("https://server.example.com/revoke"));
    let flow = |token| {
        let flow = Revocation::of_refresh_token(&server, &basic("s6BhdRkqt3"), &RefreshToken::new(token));
        let mut flow = Driven::new(flow.unwrap());
        asked(flow.resume());
        let request = sent(flow.secret("gX1fBat3bV"));
        (flow, request)
    };
    let (mut known, request) = flow("45ghiukldjahdnhzdauz");
    assert_eq!(form(&request), "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token");
    assert_eq!(request.header("authorization"), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
    done(known.respond(HttpResponse::new(200)));
    // Section 2.2: an invalid token "do[es] not cause an error response"; the body of a 200 is ignored.
    done(flow("unknown").0.respond(HttpResponse::new(200).with_body("{\"error\"")));
    // Section 2.2.1: after a 503 "the client must assume the token still exists and may retry".
    let (mut busy, _) = flow("45ghiukldjahdnhzdauz");
    let step = busy.respond(HttpResponse::new(503).with_header("retry-after", "7"));
    assert!(matches!(step, Ok(oauth_client_sans_io::Step::Wait(_))), "{step:?}");
    assert_eq!(code(flow("x").0.respond(refused(400, "unsupported_token_type"))), "unsupported_token_type");
}
