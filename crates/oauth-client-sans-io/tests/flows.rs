//! What each flow does, step by step, when things go wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use driven::{Driven, asked, done, form, json, refused, sent};
use jwt_core::{Answer, JwkSet, Moments, Secret};
use laws::scenarios::bound::bound;
use laws::scenarios::{honest, id_token, pending, server};
use laws::{START, keyring};
use oauth_client_sans_io::{
    Advice, ApiMisuse, Authentication, Client, ClientCredentials, CodeExchange, Discovery, Error, IdTokenCheck,
    InvalidReason, Refresh, Revocation, SendFailure, Step, StoredError, Tokens, TransportFailure,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{AccessToken, ClientId, Endpoint, HttpResponse, IdToken, Issuer, Reading, RefreshToken, Scope};

#[allow(dead_code, reason = "each test uses its part")]
mod driven;
#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

fn public() -> Client {
    Client::new(ClientId::new("client").unwrap(), Authentication::None)
}
fn exchange(scope: &str) -> Driven<CodeExchange> {
    let mut pending = pending(scope, Authentication::None);
    let query = format!("code=c0de&state={}", pending.state());
    let at = Moments::from_seed([6; 32]).at(START);
    Driven::new(pending.accept(&at, None, Callback::Query(&query)).unwrap())
}

// ---- the code exchange

#[test]
fn the_token_request_repeats_the_redirect_uri_and_carries_the_verifier() {
    // OA-05, OA-06, PK-04
    let mut pending = pending("files.read", Authentication::None);
    let stored = pending.to_stored();
    let query = format!("code=c0de&state={}", pending.state());
    let at = Moments::from_seed([6; 32]).at(START);
    let mut flow = Driven::new(pending.accept(&at, None, Callback::Query(&query)).unwrap());
    let request = sent(flow.resume());
    let body = form(&request);
    assert_eq!(request.url(), "https://as.example/token");
    assert!(body.contains("grant_type=authorization_code&code=c0de"), "{body}");
    assert!(body.contains("redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"), "{body}");
    assert!(body.contains("client_id=client"), "{body}");
    let verifier = body.split('&').find_map(|pair| pair.strip_prefix("code_verifier=")).unwrap();
    assert!(stored.contains(verifier), "the verifier is the one of this login");
}

#[test]
fn b7_a_code_that_may_have_been_seen_is_never_sent_again() {
    // OA-08
    for failure in [
        |flow: &mut Driven<CodeExchange>| flow.fail(SendFailure::Unknown),
        |flow: &mut Driven<CodeExchange>| flow.resume(),
        |flow: &mut Driven<CodeExchange>| flow.respond(HttpResponse::new(503)),
        |flow: &mut Driven<CodeExchange>| flow.respond(refused(500, "invalid_grant")),
        |flow: &mut Driven<CodeExchange>| flow.respond(HttpResponse::new(429).with_header("retry-after", "1")),
    ] {
        let mut flow = exchange("files.read");
        sent(flow.resume());
        let error = failure(&mut flow).unwrap_err();
        assert!(matches!(error, Error::Transport { failure, .. } if failure.may_have_been_seen()), "{error:?}");
        assert_eq!(error.advice(), Advice::Restart);
        assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
    }
}

#[test]
fn a_code_that_was_certainly_not_sent_is_sent_again_a_few_times() {
    let mut flow = exchange("files.read");
    sent(flow.resume());
    let step = flow.fail(SendFailure::NotSent).unwrap();
    sent(flow.wait(step));
    let step = flow.fail(SendFailure::NotSent).unwrap();
    sent(flow.wait(step));
    let error = flow.fail(SendFailure::NotSent).unwrap_err();
    assert!(matches!(error, Error::Transport { failure: TransportFailure::NotSent, .. }));
    assert_eq!(error.advice(), Advice::Restart, "the code may still be good, but what could send it has ended");
}

#[test]
fn a_login_whose_keys_cannot_be_had_begins_again() {
    // The code is spent and the tokens are given up: to fetch the keys once more helps nobody.
    let mut flow = exchange("openid");
    let request = sent(flow.resume());
    sent(flow.respond(honest(&request, START)));
    let step = flow.respond(HttpResponse::new(503)).unwrap();
    sent(flow.wait(step));
    let error = flow.respond(HttpResponse::new(503).with_header("retry-after", "600")).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("server_unavailable", Advice::Restart));
    assert!(error.to_string().contains("key"), "{error} says which request failed");

    // The check alone can begin again.
    let jwks = Endpoint::new("https://keys.example/jwks").unwrap();
    let token = IdToken::new(id_token(START, None));
    let check = IdTokenCheck::new(server().issuer(), &ClientId::new("client").unwrap(), token, Some(jwks));
    let mut flow = Driven::new(check);
    sent(flow.resume());
    let error = flow.respond(HttpResponse::new(503).with_header("retry-after", "600")).unwrap_err();
    assert_eq!(error.advice(), Advice::Retry { after: Duration::from_secs(600) });
}

#[test]
fn a_refused_code_ends_the_login_with_the_advice_to_begin_again() {
    let mut flow = exchange("files.read");
    sent(flow.resume());
    let error = flow.respond(refused(400, "invalid_grant")).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("invalid_grant", Advice::Restart));
}

#[test]
fn a_code_that_was_answered_is_forgotten() {
    let mut flow = exchange("a");
    sent(flow.resume());
    let verifier = flow.flow.to_stored().split_once(r#""verifier":""#).unwrap().1[..43].to_owned();
    flow.respond(refused(400, "invalid_grant")).unwrap_err();
    let stored = flow.flow.to_stored();
    assert!(!stored.contains("c0de") && !stored.contains(&verifier), "{stored}");
}

#[test]
fn b2_an_error_with_status_200_is_an_error_and_no_token() {
    // OA-14
    let mut flow = exchange("files.read");
    sent(flow.resume());
    let error = flow.respond(json(200, r#"{"error":"bad_verification_code"}"#)).unwrap_err();
    assert_eq!(error.code(), "bad_verification_code");
}

#[test]
fn a_scope_that_the_answer_does_not_mention_is_the_one_asked_for() {
    // OA-12
    let mut flow = exchange("b a");
    sent(flow.resume());
    let login = done(flow.respond(json(200, r#"{"access_token":"t","token_type":"bearer"}"#)));
    assert_eq!(login.tokens.scope().unwrap(), &"a b".parse().unwrap());
    assert!(login.id_token.is_none());
    assert_eq!(login.tokens.authorization().as_deref(), Some("Bearer t"));
}

#[test]
fn a_token_of_an_unknown_type_is_never_used_as_bearer() {
    // OA-10
    let mut flow = exchange("a");
    sent(flow.resume());
    let login = done(flow.respond(json(200, r#"{"access_token":"t","token_type":"MAC"}"#)));
    assert_eq!(login.tokens.authorization(), None);
    assert_eq!(login.tokens.token_type().as_str(), "MAC");
}

#[test]
fn a_login_with_an_id_token_fetches_keys_once_and_checks_everything() {
    let mut flow = exchange("openid");
    let request = sent(flow.resume());
    let request = sent(flow.respond(honest(&request, START)));
    assert_eq!(request.url(), "https://keys.example/jwks");
    let question = asked(flow.respond(honest(&request, START)));
    let login = done(flow.answer(keyring().answer(question).unwrap()));
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
    // The next login knows the keys and fetches nothing.
    let keys = login.fetched_keys.unwrap();
    let Driven { flow, .. } = exchange("openid");
    let mut flow = Driven::new(flow.known_keys(keys));
    let request = sent(flow.resume());
    let question = asked(flow.respond(honest(&request, START)));
    let login = done(flow.answer(keyring().answer(question).unwrap()));
    assert!(login.fetched_keys.is_none());
}

#[test]
fn a_login_whose_id_token_cannot_be_verified_fails() {
    let with_id_token =
        |token: &str| json(200, format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#));
    // Another login's nonce.
    let mut flow = exchange("openid");
    sent(flow.resume());
    let request = sent(flow.respond(with_id_token(&id_token(START, Some("another")))));
    let question = asked(flow.respond(honest(&request, START)));
    let error = flow.answer(keyring().answer(question).unwrap()).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("nonce_mismatch", Advice::Stop));

    // A signature that does not hold.
    let mut flow = exchange("openid");
    sent(flow.resume());
    let forged = id_token(START, None).replace("eyJpc3Mi", "eyJpc3Nj");
    let request = sent(flow.respond(with_id_token(&forged)));
    let question = asked(flow.respond(honest(&request, START)));
    assert!(matches!(keyring().answer(question.clone()).unwrap(), Answer::Verified(None)));
    let error = flow.answer(Answer::Verified(None)).unwrap_err();
    assert_eq!(error.code(), "invalid_signature");

    // A key set without the key, and none at all.
    for (response, code) in [
        (json(200, r#"{"keys":[]}"#), "key_not_found"),
        (HttpResponse::new(404), "unexpected_status"),
        (json(200, "[]"), "invalid_jwks"),
    ] {
        let mut flow = exchange("openid");
        sent(flow.resume());
        sent(flow.respond(with_id_token(&id_token(START, None))));
        let error = flow.respond(response).unwrap_err();
        assert_eq!(error.code(), code);
    }

    // No ID token although `openid` was granted; one that was not granted is not missed.
    let mut flow = exchange("openid a");
    sent(flow.resume());
    let error = flow.respond(json(200, r#"{"access_token":"t","token_type":"Bearer"}"#)).unwrap_err();
    assert_eq!(error.code(), "id_token_missing");
    let mut flow = exchange("openid a");
    sent(flow.resume());
    let login = done(flow.respond(json(200, r#"{"access_token":"t","token_type":"Bearer","scope":"a"}"#)));
    assert!(login.id_token.is_none());
}

#[test]
fn an_answer_about_a_key_that_was_not_asked_for_is_misuse() {
    let mut flow = exchange("openid");
    let request = sent(flow.resume());
    let request = sent(flow.respond(honest(&request, START)));
    let question = asked(flow.respond(honest(&request, START)));
    let error = flow.answer(Answer::Verified(Some(7))).unwrap_err();
    assert!(matches!(error, Error::ApiMisuse(ApiMisuse::WrongAnswer)));
    done(flow.answer(keyring().answer(question).unwrap()));
}

#[test]
fn a_rotated_key_is_found_by_fetching_the_set_again() {
    // The known set has another key under the same name.
    let old =
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}]}"#;
    let known = JwkSet::from_slice(old).unwrap();
    let token = IdToken::new(id_token(START, None));
    let jwks = Endpoint::new("https://keys.example/jwks").unwrap();
    let check = IdTokenCheck::new(server().issuer(), &ClientId::new("client").unwrap(), token, Some(jwks));
    let mut flow = Driven::new(check.known_keys(Some(known)));
    // It is tried first, and does not verify the token.
    let question = asked(flow.resume());
    let answer = keyring().answer(question).unwrap();
    assert!(matches!(answer, Answer::Verified(None)));
    let request = sent(flow.answer(answer));
    let question = asked(flow.respond(honest(&request, START)));
    assert_eq!(done(flow.answer(keyring().answer(question).unwrap())).claims.claims().subject(), "alice");
}

// ---- refresh

fn tokens() -> Tokens {
    let mut flow = exchange("a b");
    sent(flow.resume());
    let body = r#"{"access_token":"t1","token_type":"Bearer","expires_in":60,"refresh_token":"r1"}"#;
    done(flow.respond(json(200, body))).tokens
}

#[test]
fn a_new_refresh_token_replaces_the_old_one_and_none_keeps_it() {
    // OA-15, BCP-05
    let mut flow = Driven::new(Refresh::new(&server(), &public(), &tokens()).unwrap());
    let body = form(&sent(flow.resume()));
    assert!(body.contains("grant_type=refresh_token&refresh_token=r1"), "{body}");
    assert!(!body.contains("scope="), "no scope by default: {body}");
    let new = done(flow.respond(json(200, r#"{"access_token":"t2","token_type":"Bearer","refresh_token":"r2"}"#)));
    assert_eq!(new.refresh_token().unwrap().expose(), "r2");
    assert_eq!(new.scope().unwrap(), &"a b".parse().unwrap());

    let mut flow = Driven::new(Refresh::new(&server(), &public(), &new).unwrap());
    sent(flow.resume());
    let newer = done(flow.respond(json(200, r#"{"access_token":"t3","token_type":"Bearer"}"#)));
    assert_eq!(newer.refresh_token().unwrap().expose(), "r2");
    assert_eq!(newer.access_token().expose(), "t3");
}

#[test]
fn b9_b14_a_downgraded_answer_gives_no_token_but_the_refresh_token_that_replaced_the_old_one() {
    // OA-15, BCP-05, DP-02
    let refresh = |client: &Client, body: &str| {
        let flow = Refresh::with_token(&server(), client, RefreshToken::new("r1")).unwrap();
        let mut flow = Driven::new(Refresh::from_stored(&flow.to_stored()).unwrap());
        let step = flow.resume();
        sent(flow.answered(step));
        let result = flow.respond(json(200, body));
        assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))), "it has ended, whatever came");
        assert!(!flow.flow.to_stored().contains("MARKED"), "nothing of the answer is stored");
        result
    };
    let bound = bound(Authentication::None);
    let bearer = r#"{"access_token":"MARKED-access","token_type":"Bearer","refresh_token":"MARKED-r2"}"#;
    let error = refresh(&bound, bearer).unwrap_err();
    assert_eq!((error.code(), error.advice(), error.blame()), ("token_not_bound", Advice::Stop, jwt_core::Blame::Peer));
    let rotated = error.rotated_refresh_token().unwrap().clone();
    assert_eq!(rotated.expose(), "MARKED-r2");
    // B5
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("MARKED"), "{shown}");

    // It takes the old one's place in what is stored, and the next refresh is made with it.
    let kept = Tokens::from_stored(&tokens().with_refresh_token(rotated).to_stored()).unwrap();
    assert_eq!(kept.access_token().expose(), "t1");
    let mut next = Driven::new(Refresh::new(&server(), &public(), &kept).unwrap());
    assert!(form(&sent(next.resume())).contains("grant_type=refresh_token&refresh_token=MARKED-r2"));

    // What a strict reading refuses may have rotated, too.
    let strict = public().reading(Reading::Strict);
    let odd = r#"{"access_token":"t","token_type":"Bearer","expires_in":"60","refresh_token":"r2"}"#;
    let error = refresh(&strict, odd).unwrap_err();
    assert_eq!((error.code(), error.rotated_refresh_token().unwrap().expose()), ("deviates", "r2"));

    // Nothing was replaced: by silence, by the same again, by a refusal, or by what nobody can read.
    for (client, body, code) in [
        (&bound, r#"{"access_token":"t","token_type":"Bearer"}"#, "token_not_bound"),
        (&bound, r#"{"access_token":"t","token_type":"Bearer","refresh_token":"r1"}"#, "token_not_bound"),
        (&bound, r#"{"access_token":"t","token_type":"Bearer","refresh_token":""}"#, "token_not_bound"),
        (&bound, r#"{"error":"invalid_grant","refresh_token":"r2"}"#, "invalid_grant"),
        (
            &bound,
            r#"{"access_token":"t","token_type":"DPoP","refresh_token":"a","refresh_token":"b"}"#,
            "json_duplicate_member",
        ),
        (&strict, r#"{"token_type":"Bearer","refresh_token":"r2"}"#, "missing_member"),
    ] {
        let error = refresh(client, body).unwrap_err();
        assert_eq!((error.code(), error.rotated_refresh_token().is_none()), (code, true), "{body}");
    }
}

#[test]
fn b8_an_overloaded_server_logs_nobody_out() {
    for response in [
        HttpResponse::new(503).with_header("retry-after", "7"),
        HttpResponse::new(429).with_header("retry-after", "7").with_body(r#"{"error":"invalid_grant"}"#),
    ] {
        let mut flow = Driven::new(Refresh::new(&server(), &public(), &tokens()).unwrap());
        sent(flow.resume());
        let error = flow.respond(response).unwrap_err();
        assert_eq!(error.advice(), Advice::Retry { after: Duration::from_secs(7) });
        assert_eq!(error.code(), "server_unavailable");
    }
    let mut flow = Driven::new(Refresh::new(&server(), &public(), &tokens()).unwrap());
    sent(flow.resume());
    let error = flow.respond(refused(400, "invalid_grant")).unwrap_err();
    assert_eq!(error.advice(), Advice::Reauthenticate, "only a verdict logs out");
}

#[test]
fn a_refresh_cannot_widen_the_scope() {
    // OA-15
    let refresh = || Refresh::new(&server(), &public(), &tokens()).unwrap();
    assert!(refresh().scope("a c".parse().unwrap()).is_err());
    let mut narrow = Driven::new(refresh().scope("a".parse().unwrap()).unwrap());
    assert!(form(&sent(narrow.resume())).contains("scope=a"));
    // What was asked for is less; what was granted is still all of it, also after the store.
    let narrowed = done(narrow.respond(json(200, r#"{"access_token":"t2","token_type":"Bearer"}"#)));
    assert_eq!(narrowed.scope().unwrap(), &"a".parse().unwrap());
    let narrowed = Tokens::from_stored(&narrowed.to_stored()).unwrap();
    let mut wide = Driven::new(Refresh::new(&server(), &public(), &narrowed).unwrap());
    assert!(!form(&sent(wide.resume())).contains("scope="));
    let widened = done(wide.respond(json(200, r#"{"access_token":"t3","token_type":"Bearer"}"#)));
    assert_eq!(widened.scope().unwrap(), &"a b".parse().unwrap());
    assert!(Refresh::new(&server(), &public(), &narrowed).unwrap().scope("b".parse().unwrap()).is_ok());
    assert!(Refresh::new(&server(), &public(), &narrowed).unwrap().scope("c".parse().unwrap()).is_err());
}

#[test]
fn b13_tokens_of_one_server_never_go_to_another() {
    // ISS-04, BCP-02
    let other = AuthorizationServer::new(Issuer::new("https://evil.example").unwrap())
        .with_token_endpoint(Endpoint::new("https://evil.example/token").unwrap())
        .with_revocation_endpoint(Endpoint::new("https://evil.example/revoke").unwrap());
    let error = Refresh::new(&other, &public(), &tokens()).unwrap_err();
    assert_eq!(error.code(), "other_server");
    let error = Revocation::new(&other, &public(), &tokens()).unwrap_err();
    assert_eq!(error.code(), "other_server");
}

#[test]
fn tokens_know_when_they_are_stale_and_survive_the_store() {
    let tokens = Tokens::from_stored(&tokens().to_stored()).unwrap();
    assert_eq!(tokens.expires_at(), Some(START.saturating_add(Duration::from_secs(60))));
    assert!(tokens.is_fresh(START, Duration::from_secs(59)));
    assert!(!tokens.is_fresh(START, Duration::from_secs(60)));
    assert_eq!(tokens.refresh_token().unwrap().expose(), "r1");
}

// ---- client credentials, revocation, discovery: 503 once, redirects, limits

#[test]
fn a_server_that_answers_503_once_is_asked_again_where_nothing_is_spent() {
    let client = Client::new(ClientId::new("client").unwrap(), Authentication::SecretPost("secret".into()));
    let mut flow = Driven::new(ClientCredentials::new(&server(), &client).unwrap());
    asked(flow.resume());
    sent(flow.answer(Answer::Secret(Secret::new("s"))));
    let step = flow.respond(HttpResponse::new(503).with_header("retry-after", "3")).unwrap();
    let question = asked(flow.wait(step));
    assert!(flow.now >= START.saturating_add(Duration::from_secs(3)));
    let request = sent(flow.answer(keyring().answer(question).unwrap()));
    assert!(form(&request).contains("grant_type=client_credentials"));
    done(flow.respond(json(200, r#"{"access_token":"t","token_type":"Bearer"}"#)));

    let mut flow = Driven::new(Revocation::of_access_token(&server(), &public(), &AccessToken::new("t")).unwrap());
    sent(flow.resume());
    // OA-20
    let step = flow.respond(HttpResponse::new(503)).unwrap();
    sent(flow.wait(step));
    done(flow.respond(HttpResponse::new(200)));

    let mut flow = Driven::new(Discovery::new(Issuer::new("https://as.example").unwrap()));
    sent(flow.resume());
    sent(flow.respond(HttpResponse::new(503)));
    let step = flow.respond(HttpResponse::new(404)).unwrap();
    sent(flow.wait(step));
    let document = r#"{"issuer":"https://as.example","token_endpoint":"https://as.example/token","authorization_endpoint":"https://as.example/a","response_types_supported":["code"]}"#;
    assert!(done(flow.respond(json(200, document))).token_endpoint().is_some());
}

#[test]
fn a_long_retry_after_is_the_callers_to_wait_for() {
    let mut flow = Driven::new(Revocation::of_refresh_token(&server(), &public(), &RefreshToken::new("r")).unwrap());
    sent(flow.resume());
    let error = flow.respond(HttpResponse::new(503).with_header("retry-after", "120")).unwrap_err();
    assert_eq!(error.advice(), Advice::Retry { after: Duration::from_secs(120) });
}

#[test]
fn a_retry_after_of_half_a_minute_is_waited_for_in_the_flow_and_a_second_more_is_not() {
    for (seconds, waits) in [("30", true), ("31", false)] {
        let flow = Revocation::of_refresh_token(&server(), &public(), &RefreshToken::new("r")).unwrap();
        let mut flow = Driven::new(flow);
        sent(flow.resume());
        let step = flow.respond(HttpResponse::new(503).with_header("retry-after", seconds));
        assert_eq!(
            matches!(step, Ok(Step::Wait(until)) if until >= START.saturating_add(Duration::from_secs(30))),
            waits
        );
    }
}

#[test]
fn discovery_leaves_a_server_alone_as_long_as_it_asks() {
    let asked = |value| HttpResponse::new(429).with_header("retry-after", value);
    let mut flow = Driven::new(Discovery::new(Issuer::new("https://as.example").unwrap()));
    sent(flow.resume());
    sent(flow.respond(asked("20")));
    let step = flow.respond(HttpResponse::new(503)).unwrap();
    sent(flow.wait(step));
    assert!(flow.now >= START.saturating_add(Duration::from_secs(20)));
    // Longer than a flow waits: the caller's to wait for. That an earlier request was not even sent matters less.
    sent(flow.respond(asked("3600")));
    let error = flow.fail(SendFailure::NotSent).unwrap_err();
    assert_eq!(error.advice(), Advice::Retry { after: Duration::from_secs(3600) });
    assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
}

#[test]
fn a_server_that_cannot_do_it_at_all_is_not_asked_again() {
    // 501 and 505, unlike other 5xx, pass with no time.
    for status in [501, 505] {
        let mut flow = Driven::new(Discovery::new(Issuer::new("https://as.example").unwrap()));
        sent(flow.resume());
        sent(flow.respond(HttpResponse::new(status)));
        let error = flow.respond(HttpResponse::new(status)).unwrap_err();
        assert_eq!((error.code(), error.advice()), ("unexpected_status", Advice::Stop));
    }
}

#[test]
fn every_refusal_says_what_to_do_about_it() {
    let retry = Advice::Retry { after: Duration::from_secs(5) };
    for (code, advice) in [
        // The grant is gone, and nothing else is.
        ("invalid_grant", Advice::Reauthenticate),
        // Permanent until the client's configuration changes.
        ("invalid_client", Advice::Fix),
        ("unauthorized_client", Advice::Fix),
        ("unsupported_grant_type", Advice::Fix),
        ("invalid_dpop_proof", Advice::Fix),
        ("registration_not_supported", Advice::Fix),
        // The request is at fault.
        ("invalid_request", Advice::Fix),
        ("invalid_scope", Advice::Fix),
        ("invalid_target", Advice::Fix),
        ("invalid_authorization_details", Advice::Fix),
        // The server wants to see the user.
        ("login_required", Advice::Reauthenticate),
        ("interaction_required", Advice::Reauthenticate),
        ("consent_required", Advice::Reauthenticate),
        ("account_selection_required", Advice::Reauthenticate),
        ("insufficient_scope", Advice::StepUp),
        ("insufficient_user_authentication", Advice::StepUp),
        ("access_denied", Advice::Stop),
        ("use_dpop_nonce", Advice::Stop),
        ("never_heard_of", Advice::Stop),
        ("server_error", retry),
        ("temporarily_unavailable", retry),
    ] {
        let mut flow = Driven::new(Refresh::with_token(&server(), &public(), RefreshToken::new("r")).unwrap());
        sent(flow.resume());
        let error = flow.respond(refused(400, code)).unwrap_err();
        assert_eq!((error.code(), error.advice()), (code, advice));
    }
}

#[test]
fn b10_redirects_are_not_followed_and_long_bodies_not_read() {
    for (response, code) in [
        (HttpResponse::new(302).with_header("location", "https://evil.example/"), "unexpected_redirect"),
        (HttpResponse::new(307).with_header("location", "https://evil.example/"), "unexpected_redirect"),
        (HttpResponse::new(200).with_body(vec![b' '; 1 << 20]), "response_too_large"),
        (HttpResponse::new(501), "unexpected_status"),
    ] {
        let mut flow = exchange("a");
        sent(flow.resume());
        assert_eq!(flow.respond(response).unwrap_err().code(), code);
    }
}

#[test]
fn discovery_asks_every_candidate_in_order_and_stops_at_another_issuer() {
    // MD-01, MD-02
    let mut flow = Driven::new(Discovery::new(Issuer::new("https://as.example/t/").unwrap()));
    let mut urls = vec![sent(flow.resume()).url().to_owned()];
    urls.push(sent(flow.respond(HttpResponse::new(200).with_body("<html>"))).url().to_owned());
    assert_eq!(
        urls,
        [
            "https://as.example/.well-known/oauth-authorization-server/t",
            "https://as.example/t/.well-known/openid-configuration",
        ]
    );
    let error = flow.respond(json(200, r#"{"issuer":"https://as.example/t"}"#)).unwrap_err();
    assert_eq!(error.code(), "metadata_issuer_mismatch");
    // At once, whichever candidate it is.
    let mut flow = Driven::new(Discovery::new(Issuer::new("https://as.example/t/").unwrap()));
    sent(flow.resume());
    let error = flow.respond(json(200, r#"{"issuer":"https://as.example/t"}"#)).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("metadata_issuer_mismatch", Advice::Stop));

    let mut flow = Driven::new(Discovery::new(Issuer::new("https://as.example").unwrap()));
    sent(flow.resume());
    sent(flow.respond(HttpResponse::new(404)));
    let error = flow.respond(HttpResponse::new(404)).unwrap_err();
    assert!(matches!(error, Error::InvalidResponse { reason: InvalidReason::Metadata(_), .. }), "{error:?}");
}

#[test]
fn a_clock_that_is_set_back_does_not_lengthen_a_wait() {
    let mut flow = Driven::new(Revocation::of_refresh_token(&server(), &public(), &RefreshToken::new("r")).unwrap());
    sent(flow.resume());
    let Ok(Step::Wait(first)) = flow.respond(HttpResponse::new(503)) else { panic!("a wait") };
    flow.now = START.saturating_sub(Duration::from_secs(86_400 * 365));
    let Ok(Step::Wait(second)) = flow.poll() else { panic!("still waiting") };
    assert!(second < first && second.saturating_since(flow.now) <= Duration::from_secs(3));
    flow.now = second;
    sent(flow.poll());
}

// ---- stored forms

#[test]
fn what_was_stored_by_something_else_or_by_a_newer_version_is_a_typed_error() {
    let stored = tokens().to_stored();
    assert!(stored.starts_with("tokens.1."));
    assert_eq!(Refresh::from_stored(&stored).unwrap_err(), StoredError::WrongKind);
    assert_eq!(Tokens::from_stored(&stored.replacen(".1.", ".2.", 1)).unwrap_err(), StoredError::NewerVersion);
    for damaged in ["", "tokens", "tokens.1", "tokens.1.", "tokens.x.{}", "tokens.1.[]", "tokens.1.{}", "tokens.0.{}"] {
        assert_eq!(Tokens::from_stored(damaged).unwrap_err(), StoredError::Damaged, "{damaged}");
    }
    for end in 0..stored.len() {
        assert!(Tokens::from_stored(&stored[..end]).is_err());
    }
    // serde carries the one string.
    let carried = serde_json::to_string(&tokens()).unwrap();
    assert!(carried.starts_with("\"tokens.1."));
    assert!(serde_json::from_str::<Tokens>(&carried).is_ok());
}

#[test]
fn whatever_can_be_put_into_a_flow_comes_out_of_its_store() {
    // A scope of no tokens.
    let client = Client::new(ClientId::new("client").unwrap(), Authentication::SecretBasic("secret".into()));
    let empty = || ClientCredentials::new(&server(), &client).unwrap().scope(Scope::empty());
    let mut flow = Driven::new(ClientCredentials::from_stored(&empty().to_stored()).unwrap());
    let question = asked(flow.resume());
    sent(flow.answer(keyring().answer(question).unwrap()));
    let tokens = done(flow.respond(json(200, r#"{"access_token":"t","token_type":"Bearer"}"#)));
    assert_eq!(Tokens::from_stored(&tokens.to_stored()).unwrap().scope(), Some(&Scope::empty()));

    // As many keys as a set can hold.
    let keys: Vec<String> = (0..4096)
        .map(|number| {
            let kid = "k".repeat(400);
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}{number}","key_ops":["verify"],"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#)
        })
        .collect();
    let keys = JwkSet::from_slice(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes()).unwrap();
    let Driven { flow, .. } = exchange("openid");
    let stored = flow.known_keys(keys).to_stored();
    assert_eq!(CodeExchange::from_stored(&stored).unwrap().to_stored(), stored);
}

#[test]
fn tokens_are_the_same_before_and_after_the_store() {
    // A fraction of a second is not stored, so it is not kept either.
    let mut flow = exchange("a");
    flow.now = START.saturating_add(Duration::from_millis(900));
    sent(flow.resume());
    let tokens = done(flow.respond(json(200, r#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#))).tokens;
    let restored = Tokens::from_stored(&tokens.to_stored()).unwrap();
    assert_eq!((tokens.received_at(), tokens.expires_at()), (restored.received_at(), restored.expires_at()));
    assert_eq!(format!("{tokens:?}"), format!("{restored:?}"));
}

#[test]
fn a_comma_separates_the_tokens_of_a_granted_scope_whether_it_was_asked_for_or_not() {
    // QUIRKS: GitHub writes commas, Slack wants them in the request as well; in which order they come back nobody says.
    let tokens = |asked: &str, scope: &str| {
        let mut flow = exchange(asked);
        sent(flow.resume());
        let answer = format!(r#"{{"access_token":"t","token_type":"Bearer","refresh_token":"r","scope":"{scope}"}}"#);
        done(flow.respond(json(200, &answer))).tokens
    };
    for (asked, scope) in [("read write", "read,write"), ("read,write", "read,write"), ("read,write", "write,read")] {
        let tokens = tokens(asked, scope);
        assert_eq!(tokens.scope(), Some(&"read write".parse().unwrap()), "{asked}: {scope}");

        // The same after a refresh, which asks for nothing.
        let mut refresh = Driven::new(Refresh::new(&server(), &public(), &tokens).unwrap());
        sent(refresh.resume());
        let answer = format!(r#"{{"access_token":"t2","token_type":"Bearer","scope":"{scope}"}}"#);
        let refreshed = done(refresh.respond(json(200, &answer)));
        assert_eq!(refreshed.scope(), tokens.scope(), "{asked}: {scope}");
        let narrower = Refresh::new(&server(), &public(), &refreshed).unwrap().scope("read".parse().unwrap());
        assert!(narrower.is_ok());
    }
}

#[test]
fn the_callers_own_parameters_may_be_secrets_and_are_not_shown() {
    let client = Client::new(ClientId::new("client").unwrap(), Authentication::SecretBasic("secret".into()));
    let flow = ClientCredentials::new(&server(), &client).unwrap().parameter("password", "MARKED");
    assert!(!format!("{flow:?}").contains("MARKED"), "{flow:?}");
    let refresh = Refresh::new(&server(), &public(), &tokens()).unwrap().parameter("password", "MARKED");
    assert!(!format!("{refresh:?}").contains("MARKED"), "{refresh:?}");

    // One that the request sets itself is the caller's mistake, found before anything is sent; the flow stays whole.
    let flow = ClientCredentials::new(&server(), &client).unwrap().parameter("client_secret", "MARKED");
    let mut flow = Driven::new(flow);
    asked(flow.resume());
    let before = flow.flow.to_stored();
    let error = flow.answer(Answer::Secret(Secret::new("MARKED"))).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("reserved_parameter", Advice::Fix));
    assert!(!format!("{error} {error:?}").contains("MARKED"));
    assert_eq!(flow.flow.to_stored(), before);
}
