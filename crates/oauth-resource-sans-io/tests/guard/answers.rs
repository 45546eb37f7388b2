//! Every answer, to the byte.

use core::time::Duration;

use jwt_core::Algorithm;
use jwt_core::profile::DpopProof;
use oauth_resource_sans_io::{Binding, Check, Denial, Dpop, Guard, RequestHead, Requirement, ServerNonces};
use oauth_types::{DpopNonce, Reading, Scope};

use crate::world::{
    API, FILES, NOW, after, answer, check, check_at, check_for, check_proof, client, denied, fresh, granted, guard,
    one, ready, requirement, thief, with_dpop,
};

fn is(status: u16, challenge: &str) -> (u16, String) {
    (status, challenge.into())
}

fn of_fields(guard: &Guard, values: &[&str]) -> Check {
    guard.check(&RequestHead::new("GET", "/files").authorization(values.iter().copied()), NOW)
}

#[test]
fn without_credentials_no_error_is_named() {
    // RFC 6750, section 3.1: "the resource server SHOULD NOT include an error code or other error information".
    let server = one();
    let guard = ready(&[&server]);
    for values in [&[][..], &["Basic YTpi"], &["DPoP abc"], &["Negotiate"], &["\u{fffd}"]] {
        assert_eq!(answer(of_fields(&guard, values)), is(401, r#"Bearer scope="files.read""#), "{values:?}");
    }
    let guard = guard.requirement(Requirement::new());
    assert_eq!(answer(of_fields(&guard, &[])), is(401, "Bearer"));
    // RFC 6750, section 3, and RFC 9449, sections 7.1 and 7.2: the figures.
    let named = guard.realm("example").unwrap();
    assert_eq!(answer(of_fields(&named, &[])), is(401, r#"Bearer realm="example""#));
    let proofs = |guard: Guard| guard.dpop(Dpop::new(&[Algorithm::ES256, Algorithm::PS256, Algorithm::HS256]));
    let both = proofs(ready(&[&server]).requirement(Requirement::new()));
    assert_eq!(answer(of_fields(&both, &[])), is(401, r#"Bearer, DPoP algs="ES256 PS256""#));
    let only = both.binding(Binding::Key);
    assert_eq!(answer(of_fields(&only, &[])), is(401, r#"DPoP algs="ES256 PS256""#));
}

#[test]
fn a_request_that_is_wrong_in_itself_is_a_bad_request() {
    let server = one();
    let guard = ready(&[&server]);
    let bad =
        |description: &str| is(400, &format!(r#"Bearer error="invalid_request", error_description="{description}""#));
    for twice in [&["Bearer a", "Bearer a"][..], &["Bearer a", "Basic YTpi"]] {
        assert_eq!(answer(of_fields(&guard, twice)), bad("more than one access token"));
    }
    for malformed in ["Bearer", "Bearer ", "Bearer a b", "Bearer ===", "Bearer \u{e9}", "Bearer a\u{0}"] {
        assert_eq!(
            answer(of_fields(&guard, &[malformed])),
            bad("what follows the scheme is no token"),
            "{malformed:?}"
        );
    }
    let in_query = RequestHead::new("GET", "/files?access_token=a");
    assert_eq!(answer(guard.check(&in_query, NOW)), bad("access tokens in the query are not accepted"));
    let in_body = RequestHead::new("POST", "/files").form(b"access_token=a");
    assert_eq!(answer(guard.check(&in_body, NOW)), bad("access tokens in the body are not accepted"));
    // RFC 9449, section 7.2: the figure. Which method was meant is not known, so both are told.
    let both = with_dpop(&server).requirement(Requirement::new());
    assert_eq!(
        answer(of_fields(&both, &["Bearer a", "DPoP a"])),
        is(
            400,
            r#"Bearer error="invalid_request", error_description="more than one access token", DPoP error="invalid_request", error_description="more than one access token", algs="ES256 Ed25519""#
        )
    );
}

#[test]
fn a_token_that_is_not_good_is_an_invalid_token() {
    let server = one();
    let guard = ready(&[&server]);
    let invalid =
        |description: &str| is(401, &format!(r#"Bearer error="invalid_token", error_description="{description}""#));
    assert_eq!(answer(check_at(&guard, &server.token(&[]), after(330))), invalid("the access token expired"));
    for early in ["nbf", "iat"] {
        let token = server.token(&[(early, Some(after(60).as_unix().into()))]);
        assert_eq!(answer(check(&guard, &token)), invalid("the access token is not valid yet"));
    }
    let here = "the access token is not valid here";
    assert_eq!(answer(check(&guard, "a.b.c")), invalid(here));
    assert_eq!(answer(check(&guard, &server.token(&[("aud", Some("other".into()))]))), invalid(here));
    assert_eq!(answer(check(&guard, &server.token(&[("scope", Some("a\"b".into()))]))), invalid(here));
    let bound = server.bound(&[("x5t#S256", "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2")]);
    assert_eq!(answer(check(&guard, &bound)), invalid("the access token is bound to another certificate"));
    let bound = server.bound(&[("jkt", &client().jkt())]);
    assert_eq!(answer(check(&guard, &bound)), invalid("the access token is bound to a key and needs a proof"));
    assert_eq!(answer(check(&guard, &server.bound(&[("kid", "a")]))), invalid(here));
    // RFC 9449, section 7.2: the other scheme stands beside it, without the error.
    let both = with_dpop(&server);
    assert_eq!(
        answer(check(&both, "a.b.c")),
        is(
            401,
            r#"Bearer error="invalid_token", error_description="the access token is not valid here", DPoP algs="ES256 Ed25519""#
        )
    );
    let only = with_dpop(&server).binding(Binding::Key);
    assert_eq!(
        answer(check(&only, &server.token(&[]))),
        is(
            401,
            r#"DPoP error="invalid_token", error_description="the access token is not bound to a key", algs="ES256 Ed25519""#
        )
    );
}

#[test]
fn a_token_that_does_not_suffice_is_told_what_would() {
    let server = one();
    let guard = ready(&[&server]);
    let narrow = server.token(&[("scope", Some("files.write".into()))]);
    assert_eq!(
        answer(check(&guard, &narrow)),
        is(
            403,
            r#"Bearer error="insufficient_scope", error_description="the access token lacks a scope that this needs", scope="files.read""#
        )
    );
    let any = Requirement::new().scope(Scope::parse("a").unwrap()).any_scope(Scope::parse("b c").unwrap());
    assert!(answer(check_for(&guard, &narrow, &any)).1.ends_with(r#", scope="a b""#));
    // RFC 9470, section 3: the figures.
    let acr = Requirement::new().acr_values(["myACR"]).unwrap();
    let again = r#"Bearer error="insufficient_user_authentication", error_description="this needs another authentication of the user""#;
    assert_eq!(answer(check_for(&guard, &narrow, &acr)), is(401, &format!(r#"{again}, acr_values="myACR""#)));
    let recent = Requirement::new().max_age(Duration::from_millis(5500));
    assert_eq!(answer(check_for(&guard, &narrow, &recent)), is(401, &format!(r#"{again}, max_age="5""#)));
    let all = requirement().acr_values(["a", "b"]).unwrap().max_age(Duration::ZERO);
    assert_eq!(
        answer(check_for(&guard, &narrow, &all)),
        is(401, &format!(r#"{again}, scope="files.read", acr_values="a b", max_age="0""#))
    );
    let own = Requirement::new().check("never", |_| false);
    assert_eq!(
        answer(check_for(&guard, &narrow, &own)),
        is(403, r#"Bearer error="insufficient_scope", error_description="the access token does not allow this""#)
    );
}

#[test]
fn a_proof_that_is_not_good_is_told_so_and_a_nonce_is_given_where_one_is_needed() {
    // DP-07, DP-12
    let (server, client) = (one(), client());
    let guard = with_dpop(&server);
    let token = server.bound(&[("jkt", &client.jkt())]);
    let answered = |error: &str, description: &str| {
        is(401, &format!(r#"DPoP error="{error}", error_description="{description}", algs="ES256 Ed25519", Bearer"#))
    };
    assert_eq!(
        answer(check_proof(&guard, &token, "a.b.c")),
        answered("invalid_dpop_proof", "the DPoP proof is not valid")
    );
    assert_eq!(
        answer(check_proof(&guard, &token, &thief().proof(&token))),
        answered("invalid_token", "the token is bound to another key")
    );
    let nothing = guard.check(&RequestHead::new("GET", FILES).authorization([&*format!("DPoP {token}")]), NOW);
    assert_eq!(answer(nothing), answered("invalid_dpop_proof", "exactly one DPoP proof is needed"));

    let nonces = ServerNonces::new([7; 32]);
    let guard = guard.dpop(Dpop::new(&[Algorithm::ES256]).nonces(nonces.clone()));
    let denial = denied(check_proof(&guard, &token, &client.proof(&token)));
    assert_eq!(denial.code(), "nonce_missing");
    let response = denial.to_http();
    assert_eq!(
        response.header("www-authenticate"),
        Some(
            r#"DPoP error="use_dpop_nonce", error_description="a nonce of this server is needed in the DPoP proof", algs="ES256", Bearer"#
        )
    );
    // The client's side understands it.
    let nonce = DpopNonce::demanded_by_resource(&response, Reading::Strict).unwrap().unwrap();
    assert_eq!(nonce, nonces.issue(NOW));
    let proof = |nonce: &DpopNonce, at| {
        client.proof_of(DpopProof::new("GET", FILES).access_token(&token).nonce(nonce.as_str()), at)
    };
    let principal = granted(fresh(check_proof(&guard, &token, &proof(&nonce, NOW))));
    assert!(principal.next_nonce().is_none());
    // In the next period the same nonce is still good, and the answer brings the newer one.
    let value = format!("DPoP {token}");
    let later = proof(&nonce, after(60));
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop([later.as_str()]);
    let principal = granted(fresh(guard.check(&head, after(60))));
    assert_eq!(principal.next_nonce(), Some(&nonces.issue(after(60))));
    assert_eq!(guard.dpop_nonce(after(60)), Some(nonces.issue(after(60))));
    let last = proof(&nonce, after(140));
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop([last.as_str()]);
    assert_eq!(denied(guard.check(&head, after(140))).code(), "nonce_mismatch");
}

#[test]
fn an_outage_is_nobodys_fault_and_too_many_failures_are_put_off() {
    let response = Denial::throttled(Duration::from_millis(1500)).to_http();
    assert_eq!((response.status(), response.header("retry-after")), (429, Some("2")), "not too early");
    assert_eq!((response.header("www-authenticate"), response.header("cache-control")), (None, Some("no-store")));
}

#[test]
fn challenges_name_realm_and_metadata_and_cannot_be_broken_out_of() {
    // MD-06
    let server = one();
    let url = "https://api.example/.well-known/oauth-protected-resource";
    let named = guard(&[&server]).realm("say \"hi\"").unwrap().resource_metadata(url).unwrap();
    assert_eq!(
        answer(of_fields(&named, &[])),
        is(401, &format!(r#"Bearer realm="say \"hi\"", scope="files.read", resource_metadata="{url}""#))
    );
    let both = named.dpop(Dpop::new(&[Algorithm::ES256]));
    assert_eq!(
        answer(of_fields(&both, &[])),
        is(
            401,
            &format!(
                r#"Bearer realm="say \"hi\"", scope="files.read", resource_metadata="{url}", DPoP realm="say \"hi\"", scope="files.read", resource_metadata="{url}", algs="ES256""#
            )
        )
    );
    assert!(guard(&[&server]).realm("a\r\nset-cookie: b").is_err());
    assert!(guard(&[&server]).resource_metadata("http://evil.example/\"").is_err());
    assert!(Requirement::new().acr_values(["a b"]).is_err());
    assert!(Requirement::new().acr_values(["a\""]).is_ok_and(|requirement| {
        answer(check_for(&ready(&[&server]), &server.token(&[]), &requirement)).1.ends_with(r#"acr_values="a\"""#)
    }));
}

#[test]
fn what_the_api_says_of_itself_is_what_it_does() {
    // MD-05
    let server = one();
    let document = |guard: &Guard| String::from_utf8(guard.metadata().unwrap().to_http().body().to_vec()).unwrap();
    assert_eq!(
        document(&guard(&[&server])),
        r#"{"resource":"https://api.example","bearer_methods_supported":["header"],"authorization_servers":["https://one.example"]}"#
    );
    let more = guard(&[&server]).dangerous_token_in_form().dangerous_token_in_query().binding(Binding::Certificate);
    assert_eq!(
        document(&more),
        r#"{"resource":"https://api.example","tls_client_certificate_bound_access_tokens":true,"bearer_methods_supported":["header","body","query"],"authorization_servers":["https://one.example"]}"#
    );
    assert_eq!(
        document(&with_dpop(&server).binding(Binding::Key)),
        r#"{"resource":"https://api.example","dpop_signing_alg_values_supported":["ES256","Ed25519"],"dpop_bound_access_tokens_required":true,"bearer_methods_supported":[],"authorization_servers":["https://one.example"]}"#
    );
    assert!(Guard::new("not a url").metadata().is_err());
    assert_eq!(guard(&[&server]).metadata().unwrap().resource().as_str(), API);
}
