//! Claims about users, and their logouts.

use core::time::Duration;

use jwt_core::JwkSet;
use jwt_core::json::Value;
use oauth_client_sans_io::{
    AcceptError, Advice, ApiMisuse, Authentication, BackchannelLogout, Error, Logout, NotOurs, PendingLogout,
    SessionBinding, Step, UserInfo,
};
use oauth_types::logout::BackchannelLogoutRequest;
use oauth_types::{HttpRequest, HttpResponse, IdToken, Method, Purpose, Reading, RedirectUri};

use crate::laws::scenarios::bound::bound;
use crate::laws::scenarios::users::{
    bearer, bound_tokens, logout_request, logout_token, server, signed_user_info, tokens,
};
use crate::laws::scenarios::{client, honest};
use crate::laws::{START, keyring};
use crate::{Driven, asked, claims, code, done, json, public, sent};

fn user_info() -> UserInfo {
    UserInfo::new(&server(), &public(), &bearer(), "alice").unwrap()
}

#[test]
fn openid_core_section_5_3_a_request_and_its_answer() {
    // OA-17
    let mut flow = Driven::new(user_info());
    let request = sent(flow.resume());
    assert_eq!((request.method(), request.url()), (Method::Get, "https://as.example/userinfo"));
    assert_eq!(request.header("authorization"), Some("Bearer MARKED-access"));
    assert!(request.body().is_empty() && request.header("dpop").is_none());
    let checked = done(flow.respond(json(200, r#"{"sub":"alice","name":"Jane Doe","email":"janedoe@example.com"}"#)));
    assert_eq!((checked.user.name(), checked.user.email()), (Some("Jane Doe"), Some("janedoe@example.com")));
    let request = sent(Driven::new(user_info().by_post()).resume());
    assert_eq!(request.method(), Method::Post);
}

#[test]
fn claims_about_somebody_else_are_not_given() {
    let answer = |flow| {
        let mut flow = Driven::new(flow);
        sent(flow.resume());
        code(flow.respond(json(200, r#"{"sub":"mallory","name":"Alice"}"#)))
    };
    assert_eq!(answer(user_info()), "user_info_subject_mismatch");
    let any = UserInfo::dangerous_of_any_subject(&server(), &public(), &bearer()).unwrap();
    assert_eq!(answer(any), "Done(..)");
}

#[test]
fn a_refusal_comes_in_a_challenge_and_says_what_to_do() {
    // RFC 6750, section 3.1; RFC 9470, section 3
    for (status, challenge, code, advice) in [
        (401, r#"Bearer error="invalid_token", error_description="expired""#, "invalid_token", Advice::Reauthenticate),
        (403, r#"Bearer error="insufficient_scope", scope="profile""#, "insufficient_scope", Advice::StepUp),
        (
            401,
            r#"Bearer error="insufficient_user_authentication", max_age="5""#,
            "insufficient_user_authentication",
            Advice::StepUp,
        ),
    ] {
        let mut flow = Driven::new(user_info());
        sent(flow.resume());
        let error = flow.respond(HttpResponse::new(status).with_header("www-authenticate", challenge)).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        assert_eq!((error.code(), error.advice()), (code, advice));
    }
}

#[test]
fn a_bound_token_comes_with_a_proof_that_names_it_and_the_endpoint_s_nonce() {
    // DP-02, DP-04, DP-06, DP-07, DP-08
    let flow = UserInfo::new(&server(), &bound(Authentication::None), &bound_tokens(), "alice").unwrap();
    let mut flow = Driven::new(flow);
    let question = asked(flow.resume());
    let first = claims(&question);
    // RFC 9449, section 4.2: the hash of the access token.
    let ath = jwt_core::base64url::encode(jwt_core::digest::sha256(b"MARKED-access"));
    assert_eq!(first.get_str("ath"), Some(ath.as_str()));
    assert_eq!((first.get_str("htm"), first.get_str("htu")), (Some("GET"), Some("https://as.example/userinfo")));
    assert!(first.get("nonce").is_none());
    let request = sent(flow.answer(keyring().answer(question).unwrap()));
    assert_eq!(request.header("authorization"), Some("DPoP MARKED-access"));

    let challenge = || {
        HttpResponse::new(401)
            .with_header("www-authenticate", r#"DPoP error="use_dpop_nonce", algs="ES256 EdDSA""#)
            .with_header("dpop-nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v")
    };
    let question = asked(flow.respond(challenge()));
    let second = claims(&question);
    assert_eq!(second.get_str("nonce"), Some("eyJ7S_zG.eyJH0-Z.HX4w-7v"));
    assert_ne!(first.get_str("jti"), second.get_str("jti"));
    let request = sent(flow.answer(keyring().answer(question).unwrap()));
    assert_eq!(crate::driven::claims(request.header("dpop").unwrap()).get_str("jti"), second.get_str("jti"));

    // A success brings the next nonce.
    let next = json(200, r#"{"sub":"alice"}"#).with_header("dpop-nonce", "next");
    assert_eq!(done(flow.respond(next)).dpop_nonce.unwrap().as_str(), "next");
}

#[test]
fn a_second_challenge_for_the_same_nonce_is_a_refusal() {
    // DP-07
    let flow = UserInfo::new(&server(), &bound(Authentication::None), &bound_tokens(), "alice").unwrap();
    let mut flow = Driven::new(flow);
    let challenge = |nonce: Option<&str>| {
        let response = HttpResponse::new(401).with_header("www-authenticate", r#"DPoP error="use_dpop_nonce""#);
        nonce.into_iter().fold(response, |response, nonce| response.with_header("dpop-nonce", nonce))
    };
    let step = flow.resume();
    sent(flow.answered(step));
    let step = flow.respond(challenge(Some("one")));
    sent(flow.answered(step));
    assert_eq!(code(flow.respond(challenge(Some("two")))), "use_dpop_nonce");
    // Asked for, and not given.
    let flow = UserInfo::new(&server(), &bound(Authentication::None), &bound_tokens(), "alice").unwrap();
    let mut flow = Driven::new(flow);
    let step = flow.resume();
    sent(flow.answered(step));
    assert_eq!(code(flow.respond(challenge(None))), "use_dpop_nonce");
}

#[test]
fn tokens_of_another_server_of_another_key_or_for_nobody_are_not_presented() {
    let misuse = |tokens, client: &oauth_client_sans_io::Client| {
        UserInfo::new(&server(), client, &tokens, "alice").map(drop).map_err(|error| error.code().to_owned())
    };
    let err = |code: &str| Err(code.to_owned());
    assert_eq!(misuse(tokens("https://other.example", r#""token_type":"Bearer""#), &public()), err("other_server"));
    assert_eq!(misuse(bound_tokens(), &public()), err("other_key"));
    let other = r#""token_type":"DPoP","dpop_jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs""#;
    assert_eq!(misuse(tokens("https://as.example", other), &bound(Authentication::None)), err("other_key"));
    for token_type in ["N_A", "mac"] {
        let members = format!(r#""token_type":"{token_type}""#);
        assert_eq!(misuse(tokens("https://as.example", &members), &public()), err("unusable_token_type"));
    }
    let without = crate::server("https://as.example");
    assert!(matches!(
        UserInfo::new(&without, &public(), &bearer(), "alice"),
        Err(Error::ApiMisuse(ApiMisuse::MissingEndpoint("userinfo_endpoint")))
    ));
}

#[test]
fn a_certificate_is_shown_where_tokens_are_bound_to_it() {
    // RFC 8705, section 3
    let client = public().certificate_bound_tokens();
    let mut flow = Driven::new(UserInfo::new(&server(), &client, &bearer(), "alice").unwrap());
    assert!(sent(flow.resume()).contract().client_certificate());
}

#[test]
fn signed_user_info_is_of_this_issuer_for_this_client_about_this_user() {
    let verdict = |changes: &[(&str, Option<Value>)]| {
        let mut flow = Driven::new(user_info().signed());
        assert_eq!(sent(flow.resume()).header("accept"), Some("application/jwt"));
        let answer = HttpResponse::new(200).with_header("content-type", "application/jwt");
        let fetch = sent(flow.respond(answer.with_body(signed_user_info(changes))));
        assert_eq!(fetch.url(), "https://keys.example/jwks");
        assert!(fetch.header("authorization").is_none());
        let step = flow.respond(honest(&fetch, flow.now));
        let step = flow.answered(step);
        code(step)
    };
    assert_eq!(verdict(&[]), "Done(..)");
    // OpenID Connect Core, section 5.3.2
    assert_eq!(verdict(&[("iss", Some("https://other.example".into()))]), "issuer_mismatch");
    assert_eq!(verdict(&[("iss", None)]), "issuer_missing");
    assert_eq!(verdict(&[("aud", Some("other".into()))]), "audience_mismatch");
    assert_eq!(verdict(&[("aud", None)]), "audience_missing");
    assert_eq!(verdict(&[("sub", Some("mallory".into()))]), "user_info_subject_mismatch");
    assert_eq!(verdict(&[("exp", Some(1_u64.into()))]), "expired");
    // What is not signed is not taken.
    let mut flow = Driven::new(user_info().signed());
    sent(flow.resume());
    assert_eq!(code(flow.respond(json(200, r#"{"sub":"alice"}"#))), "response_not_signed");
}

#[test]
fn an_id_token_is_no_user_info_and_user_info_with_the_times_of_one_is_read_leniently_only() {
    // JWT-15, JWT-16
    let verdict = |reading: Reading, changes: &[(&str, Option<Value>)]| {
        let client = public().reading(reading);
        let mut flow = Driven::new(UserInfo::new(&server(), &client, &bearer(), "alice").unwrap().signed());
        sent(flow.resume());
        let answer = HttpResponse::new(200).with_header("content-type", "application/jwt");
        let fetch = sent(flow.respond(answer.with_body(signed_user_info(changes))));
        // What is stored meanwhile knows how it is read.
        flow.flow = UserInfo::from_stored(&flow.flow.to_stored()).unwrap();
        let step = flow.respond(honest(&fetch, flow.now));
        let step = flow.answered(step);
        code(step)
    };
    // As oidc-provider signs it: `iat`, and the `exp` of the access token.
    let times = [("iat", Some(START.as_unix().into())), ("exp", Some((START.as_unix() + 3600).into()))];
    assert_eq!(verdict(Reading::Interop, &times), "Done(..)");
    assert_eq!(verdict(Reading::Strict, &times), "exp_forbidden");
    for (claim, code) in [
        ("nonce", "nonce_forbidden"),
        ("at_hash", "id_token_claim_forbidden"),
        ("c_hash", "id_token_claim_forbidden"),
        ("auth_time", "id_token_claim_forbidden"),
        ("azp", "id_token_claim_forbidden"),
    ] {
        let id_token = [times.as_slice(), &[(claim, Some("x".into()))]].concat();
        assert_eq!(verdict(Reading::Interop, &id_token), code, "{claim}");
    }
    for reading in [Reading::Interop, Reading::Strict] {
        assert_eq!(verdict(reading, &[]), "Done(..)");
        let event = Value::from(jwt_core::json::Object::new());
        assert_eq!(verdict(reading, &[("events", Some(event))]), "events_forbidden");
    }
}

// ---- RP-initiated logout

fn back() -> RedirectUri {
    RedirectUri::new("https://app.example/out").unwrap()
}

fn pending() -> PendingLogout {
    let logout = Logout::new(&server(), &public()).unwrap().post_logout_redirect_uri(back());
    logout.begin(&jwt_core::Moments::from_seed([4; 32]).at(START)).unwrap().pending.unwrap()
}

#[test]
fn a_logout_sends_the_browser_with_what_the_provider_needs() {
    let at = jwt_core::Moments::from_seed([4; 32]).at(START);
    let logout = Logout::new(&server(), &public())
        .unwrap()
        .id_token_hint(IdToken::new("eyJ0.e30.AAAA"))
        .logout_hint("alice@example.com")
        .ui_locales("de en")
        .post_logout_redirect_uri(back())
        .parameter("tenant", "7");
    let redirect = logout.begin(&at).unwrap();
    let state = redirect.pending.as_ref().unwrap().state().to_owned();
    assert_eq!(
        redirect.url,
        format!(
            "https://as.example/logout?id_token_hint=eyJ0.e30.AAAA&logout_hint=alice%40example.com&client_id=client\
             &post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fout&state={state}&ui_locales=de+en&tenant=7"
        )
    );
    // B5: the URL holds the ID token, the user's name and the state.
    let shown = format!("{redirect:?}");
    assert!(!shown.contains("eyJ0") && !shown.contains("alice") && !shown.contains(&state), "{shown}");
    // Without a way back there is no state, and nothing to wait for.
    let redirect = Logout::new(&server(), &public()).unwrap().begin(&at).unwrap();
    assert_eq!(redirect.url, "https://as.example/logout?client_id=client");
    assert!(redirect.pending.is_none());
}

#[test]
fn a_logout_takes_its_own_state_once_and_in_time() {
    let now = START;
    let mut logout = pending();
    let own = format!("state={}", logout.state());
    for foreign in ["", "state=", "state=guessed", "other=1"] {
        assert!(matches!(logout.accept(now, None, foreign), Err(AcceptError::NotOurs(NotOurs::State))), "{foreign}");
    }
    let twice = format!("{own}&{own}");
    assert!(matches!(logout.accept(now, None, &twice), Err(AcceptError::NotOurs(NotOurs::Malformed(_)))));
    // Nothing of this consumed it, and neither does a store.
    let mut logout = PendingLogout::from_stored(&logout.to_stored()).unwrap();
    assert!(logout.accept(now, None, &own).is_ok());
    assert!(matches!(logout.accept(now, None, &own), Err(AcceptError::AlreadyUsed)));
    let mut again = PendingLogout::from_stored(&logout.to_stored()).unwrap();
    assert!(matches!(again.accept(now, None, &own), Err(AcceptError::AlreadyUsed)));

    let mut late = pending();
    assert_eq!(late.expires_at(), now.saturating_add(Duration::from_secs(600)));
    assert!(matches!(late.accept(late.expires_at(), None, &own), Err(AcceptError::Expired)));
}

#[test]
fn a_logout_that_is_posted_says_the_same_and_leaves_nothing_in_a_url() {
    // RP-Initiated Logout, section 2
    let logout = || {
        Logout::new(&server(), &public())
            .unwrap()
            .id_token_hint(IdToken::new("eyJ0.e30.AAAA"))
            .logout_hint("alice@example.com")
            .post_logout_redirect_uri(back())
            .parameter("tenant", "7")
    };
    let at = || jwt_core::Moments::from_seed([4; 32]).at(START);
    let (form, redirect) = (logout().begin_post(&at()).unwrap(), logout().begin(&at()).unwrap());
    assert_eq!(form.action, "https://as.example/logout");
    // As a browser sends it.
    let mut body = oauth_types::form::FormBuilder::new();
    for (name, value) in &form.fields {
        body.append(name, value.expose());
    }
    assert_eq!(redirect.url, format!("{}?{}", form.action, body.as_str()));
    let (mut pending, other) = (form.pending.unwrap(), redirect.pending.unwrap());
    assert_eq!(pending.to_stored(), other.to_stored());
    // B5
    let shown = format!("{:?} {:?}", form.fields, pending);
    assert!(!shown.contains("eyJ0") && !shown.contains("alice") && !shown.contains(pending.state()), "{shown}");
    let query = format!("state={}", pending.state());
    assert!(pending.accept(START, None, &query).is_ok());
    // Nobody comes back where nobody is sent, and what cannot be sent is refused in both ways.
    assert!(Logout::new(&server(), &public()).unwrap().begin_post(&at()).unwrap().pending.is_none());
    assert_eq!(logout().parameter("state", "x").begin_post(&at()).unwrap_err().code(), "reserved_parameter");
}

#[test]
fn b6_a_logout_comes_back_to_the_browser_that_went_and_to_no_other() {
    let (session, other) = (SessionBinding::new("cookie"), SessionBinding::new("another"));
    let logout = Logout::new(&server(), &public()).unwrap().post_logout_redirect_uri(back()).session(&session);
    let logout = logout.begin(&jwt_core::Moments::from_seed([4; 32]).at(START)).unwrap().pending.unwrap();
    // What is stored is bound, and holds a hash only.
    assert!(!logout.to_stored().contains("cookie"));
    let mut bound = PendingLogout::from_stored(&logout.to_stored()).unwrap();
    let own = format!("state={}", bound.state());
    for found in [None, Some(&other)] {
        let foreign = bound.accept(START, found, &own);
        assert!(matches!(foreign, Err(AcceptError::NotOurs(NotOurs::Session))), "{found:?}");
    }
    assert!(matches!(bound.accept(START, Some(&session), "state=x"), Err(AcceptError::NotOurs(NotOurs::State))));
    // None of them consumed anything.
    assert!(bound.accept(START, Some(&session), &own).is_ok());
    assert!(matches!(bound.accept(START, Some(&session), &own), Err(AcceptError::AlreadyUsed)));
    // What was bound to no session is not taken in one: it was another logout that this browser began.
    let mut unbound = pending();
    let own = format!("state={}", unbound.state());
    assert!(matches!(unbound.accept(START, Some(&session), &own), Err(AcceptError::NotOurs(NotOurs::Session))));
    // A changed text is none.
    let damaged = logout.to_stored().replacen(r#""session":""#, r#""session":"AA"#, 1);
    assert!(PendingLogout::from_stored(&damaged).is_err());
}

#[test]
fn a_logout_takes_no_id_token_of_another_server() {
    let logout = Logout::new(&server(), &public()).unwrap();
    let members = r#""token_type":"Bearer","id_token":"eyJ0""#;
    let foreign = logout.clone().of_login(&tokens("https://other.example", members));
    assert!(matches!(foreign, Err(Error::ApiMisuse(ApiMisuse::OtherServer))));
    assert!(logout.clone().of_login(&tokens("https://as.example", members)).is_ok());
    assert!(logout.of_login(&bearer()).is_err());
    let without = Logout::new(&crate::server("https://as.example"), &public());
    assert!(matches!(without, Err(Error::ApiMisuse(ApiMisuse::MissingEndpoint("end_session_endpoint")))));
}

// ---- back-channel logout

fn keys() -> JwkSet {
    let request = HttpRequest::get("https://keys.example/jwks", Purpose::Jwks);
    JwkSet::from_slice(honest(&request, START).body()).unwrap()
}

fn check(token: &str) -> Result<Step<oauth_client_sans_io::CheckedLogoutToken>, Error> {
    let flow = BackchannelLogout::new(&server(), &client(Authentication::None), &logout_request(token));
    let mut flow = Driven::new(flow.known_keys(keys()));
    let step = flow.resume();
    flow.answered(step)
}

#[test]
fn a_logout_token_says_who_is_to_be_logged_out_and_how_to_know_it_again() {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("logout_token={}", logout_token(START, &[]));
    let received = HttpRequest::received(Method::Post, "/backchannel_logout", headers, body);
    let request = BackchannelLogoutRequest::from_http(&received).unwrap();
    let checked = done(check(request.logout_token().expose()));
    let claims = checked.claims.claims();
    assert_eq!((claims.subject(), claims.session_id()), (Some("alice"), Some("MARKED-session")));
    assert_eq!((claims.id(), checked.replay_key().as_str()), ("bWJq", "https://as.example bWJq"));
    // It would pass until its end and the clocks' difference.
    assert!(checked.replay_until().unwrap() >= START.saturating_add(Duration::from_secs(330)));
    let answer = BackchannelLogout::answer(Ok(()));
    assert_eq!((answer.status(), answer.header("cache-control")), (200, Some("no-store")));
}

#[test]
fn a_logout_token_that_is_none_logs_nobody_out_and_is_answered_with_400() {
    // Back-Channel Logout, section 2.6
    let no_event: Value = jwt_core::json::Object::new().into();
    for (changes, code) in [
        (vec![("iss", Some("https://other.example".into()))], "issuer_mismatch"),
        (vec![("aud", Some("other".into()))], "audience_mismatch"),
        (vec![("sub", None), ("sid", None)], "subject_missing"),
        (vec![("nonce", Some("n".into()))], "nonce_forbidden"),
        (vec![("events", Some(no_event))], "events_mismatch"),
        (vec![("jti", None)], "jti_missing"),
        (vec![("exp", Some(1_u64.into()))], "expired"),
    ] {
        let error = check(&logout_token(START, &changes)).unwrap_err();
        assert_eq!(error.code(), code);
        let answer = BackchannelLogout::answer(Err(&error));
        assert_eq!((answer.status(), answer.header("cache-control")), (400, Some("no-store")), "{code}");
    }
    // An ID token logs nobody out, nor does what nobody signed.
    let id_token = crate::laws::scenarios::id_token(START, None);
    assert_eq!(code(check(&id_token)), "typ_missing");
    assert_eq!(code(check("eyJhbGciOiJub25lIn0.e30.")), "key_not_found");
    assert_eq!(code(check("no token at all")), "token_foreign_character");
}
