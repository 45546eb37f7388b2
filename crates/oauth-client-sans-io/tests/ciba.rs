//! What a login without a browser does, step by step, when things go well and when they go wrong (CIBA Core 1.0).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use driven::{claims, form, json, sent, wait};
use jwt_core::{Algorithm, Moment, Moments, Secret, Timestamp};
use laws::scenarios::bound::{bound, private_key_jwt};
use laws::scenarios::polling::{BINDING, begun, ciba, ping, push, push_with, pushed_pending, server};
use laws::scenarios::{client, honest, id_token_with};
use laws::{START, keyring};
use oauth_client_sans_io::{
    AcceptError, Advice, ApiMisuse, Authentication, Ciba, CibaPending, CibaPolling, Client, Error, Flow, Input, Login,
    NotOurs, SendFailure, Step,
};
use oauth_types::ciba::{ClientNotification, ClientNotificationToken, Hint};
use oauth_types::reading::Reading;
use oauth_types::{AuthReqId, ErrorCode, ErrorResponse, HttpRequest, HttpResponse};

#[allow(dead_code, reason = "each test uses its part")]
mod driven;
#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

fn at(now: Timestamp) -> Moment {
    Moments::from_seed([5; 32]).at(now)
}
fn later(seconds: u64) -> Timestamp {
    START.saturating_add(Duration::from_secs(seconds))
}
fn confidential() -> Client {
    client(Authentication::SecretPost("secret".into()))
}
fn pending_answer() -> Input {
    Input::Response(json(400, r#"{"error":"authorization_pending"}"#))
}

/// Answers what is asked, until there is something else to do.
fn handle<F: Flow>(flow: &mut F, now: Timestamp, input: Input) -> Result<Step<F::Output>, Error> {
    let mut moments = Moments::from_seed([u8::try_from(now.as_unix() % 251).unwrap(); 32]);
    let mut step = flow.handle(moments.at(now), input)?;
    while let Step::Ask(question) = step {
        step = flow.handle(moments.at(now), Input::Answer(keyring().answer(question).unwrap()))?;
    }
    Ok(step)
}

// ---- the request

#[test]
fn a_request_says_who_and_for_what_and_how_the_outcome_is_to_come() {
    let body =
        |ciba: Ciba| form(&sent(handle(&mut Ciba::from_stored(&ciba.to_stored()).unwrap(), START, Input::Resume)));
    let polls = body(ciba(&confidential()).acr_values(["phr", "phrh"]).parameter("x", "y"));
    assert_eq!(
        polls,
        "scope=openid&acr_values=phr+phrh&login_hint=MARKED-jane&binding_message=W4SCT&user_code=MARKED-1234&requested_expiry=50&x=y\
         &client_id=client&client_secret=MARKED-client-secret-of-more-than-32-octets"
    );
    let token = ClientNotificationToken::generate(&at(START));
    for told in [ciba(&confidential()).ping(&at(START)), ciba(&confidential()).push(&at(START)).unwrap()] {
        let told = body(told);
        assert!(told.contains(&format!("&client_notification_token={}&", token.expose())), "{told}");
    }
    for hint in [Hint::LoginHintToken(Secret::new("e.y.J")), Hint::IdTokenHint(oauth_types::IdToken::new("e.y.J"))] {
        let name = hint.name();
        let hinted = body(Ciba::new(&server(), &confidential(), "openid a".parse().unwrap(), hint).unwrap());
        assert!(hinted.starts_with(&format!("scope=openid+a&{name}=e.y.J&")), "{hinted}");
    }
}

#[test]
fn what_cannot_be_asked_for_is_the_callers_mistake() {
    let hint = || Hint::LoginHint("jane".into());
    let new = |scope: &str, hint| Ciba::new(&server(), &confidential(), scope.parse().unwrap(), hint);
    assert_eq!(new("email", hint()).unwrap_err().code(), "unwritable_parameter");
    assert_eq!(new("openid", Hint::LoginHint(String::new())).unwrap_err().code(), "unwritable_parameter");
    let error = Ciba::new(&laws::scenarios::server(), &confidential(), "openid".parse().unwrap(), hint()).unwrap_err();
    assert_eq!(error.code(), "missing_endpoint");
    // What is pushed was asked for without a proof.
    let pushed = ciba(&bound(private_key_jwt())).push(&at(START)).unwrap_err();
    assert_eq!(pushed.code(), "invalid_argument");
    let mut unreadable = ciba(&client(Authentication::None)).binding_message("a\u{202e}b");
    let before = unreadable.to_stored();
    assert!(matches!(handle(&mut unreadable, START, Input::Resume), Err(Error::ApiMisuse(_))));
    assert_eq!(unreadable.to_stored(), before);
}

#[test]
fn a_signed_request_is_signed_anew_for_every_sending_and_has_nothing_beside_it() {
    let flow = ciba(&bound(private_key_jwt())).signed("key", Algorithm::Ed25519, Some("k")).unwrap();
    let mut flow = flow.acr_values(["phr"]);
    let first = form(&sent(handle(&mut flow, START, Input::Resume)));
    let names: Vec<_> = first.split('&').map(|pair| pair.split_once('=').unwrap().0).collect();
    assert_eq!(names, ["request", "client_id", "client_assertion_type", "client_assertion"]);
    let object = |body: &str| claims(body.split('&').find_map(|pair| pair.strip_prefix("request=")).unwrap());
    let found = object(&first);
    for (name, value) in [
        ("iss", "client"),
        ("aud", "https://as.example"),
        ("scope", "openid"),
        ("login_hint", "MARKED-jane"),
        ("binding_message", "W4SCT"),
        ("user_code", "MARKED-1234"),
        ("acr_values", "phr"),
    ] {
        assert_eq!(found.get_str(name), Some(value), "{name}");
    }
    // CIBA Core 1.0, section 7.1.1: all of these are in it.
    for name in ["exp", "iat", "nbf", "jti", "requested_expiry"] {
        assert!(found.get(name).is_some(), "{name}");
    }
    let until = wait(handle(&mut flow, START, Input::Failure(SendFailure::NotSent)));
    let second = object(&form(&sent(handle(&mut flow, until, Input::Poll))));
    assert_ne!(found.get_str("jti"), second.get_str("jti"));
}

#[test]
fn a_request_that_may_have_made_a_device_ring_is_not_repeated() {
    for input in [Input::Failure(SendFailure::Unknown), Input::Resume, Input::Response(HttpResponse::new(503))] {
        let mut flow = ciba(&confidential());
        sent(handle(&mut flow, START, Input::Resume));
        assert!(matches!(handle(&mut flow, START, input), Err(Error::Transport { .. })));
    }
    for (status, code) in [(400, "unknown_user_id"), (400, "missing_user_code"), (403, "access_denied")] {
        let mut flow = ciba(&confidential());
        sent(handle(&mut flow, START, Input::Resume));
        let answer = Input::Response(json(status, format!(r#"{{"error":"{code}"}}"#)));
        let error = handle(&mut flow, START, answer).unwrap_err();
        let advice = if code == "access_denied" { Advice::Stop } else { Advice::Fix };
        assert_eq!((error.code(), error.advice()), (code, advice));
    }
}

// ---- polling

#[test]
fn the_interval_counts_from_one_poll_to_the_next_however_long_the_answer_takes() {
    let mut pending = begun(ciba(&confidential()));
    let mut flow = pending.poll().unwrap();
    assert_eq!(wait(handle(&mut flow, START, Input::Resume)), later(5));
    let request = sent(handle(&mut flow, later(5), Input::Poll));
    let grant = "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=MARKED-auth-req-id&";
    assert!(form(&request).starts_with(grant), "{}", form(&request));
    // Answered after two seconds: three are left. While it is under way there is no other.
    assert!(matches!(handle(&mut flow, later(6), Input::Poll), Err(Error::ApiMisuse(ApiMisuse::NotWaiting))));
    assert_eq!(wait(handle(&mut flow, later(7), pending_answer())), later(10));
    sent(handle(&mut flow, later(10), Input::Poll));
    // A long poll: the next one may follow, after a breath.
    assert_eq!(wait(handle(&mut flow, later(30), pending_answer())), later(31));
    sent(handle(&mut flow, later(31), Input::Poll));
    let slow_down = Input::Response(json(400, r#"{"error":"slow_down"}"#));
    assert_eq!(wait(handle(&mut flow, later(32), slow_down)), later(41));
    sent(handle(&mut flow, later(41), Input::Poll));
    // It would be due after the end.
    assert_eq!(wait(handle(&mut flow, later(42), pending_answer())), later(50));
    assert!(matches!(handle(&mut flow, later(50), Input::Poll), Err(Error::Expired { .. })));
}

#[test]
fn a_login_gives_one_flow() {
    let mut pending = begun(ciba(&confidential()).ping(&at(START)));
    let ping = ping(&pending);
    pending.poll().unwrap();
    assert!(matches!(pending.poll(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
    assert!(matches!(pending.accept_ping(&at(START), &ping), Err(AcceptError::AlreadyUsed)));
    assert!(CibaPending::from_stored(&pending.to_stored()).unwrap().is_used());
    assert_eq!(pushed_pending().poll().unwrap_err().code(), "invalid_argument");
}

#[test]
fn acr_that_was_asked_for_is_checked() {
    // B3
    let finished = |further: &[(&str, &str)]| {
        let mut flow = begun(ciba(&confidential()).acr_values(["phr", "phrh"])).poll().unwrap();
        sent(handle(&mut flow, later(5), Input::Resume));
        let token = id_token_with(START, further);
        let body = format!(r#"{{"access_token":"new","token_type":"Bearer","id_token":"{token}"}}"#);
        let request = sent(handle(&mut flow, later(5), Input::Response(json(200, body))));
        handle(&mut flow, later(5), Input::Response(honest(&request, START)))
    };
    assert!(matches!(finished(&[("acr", "phrh")]), Ok(Step::Done(login)) if login.id_token.is_some()));
    assert_eq!(finished(&[("acr", "0")]).unwrap_err().code(), "acr_mismatch");
    assert_eq!(finished(&[]).unwrap_err().code(), "acr_missing");
}

// ---- notifications

fn read(token: &str, body: &str) -> ClientNotification {
    let headers = [("content-type", "application/json"), ("authorization", &*format!("Bearer {token}"))];
    let request = HttpRequest::received(oauth_types::Method::Post, "/cb", headers, body);
    ClientNotification::from_http(&request, Reading::Interop).unwrap()
}

#[test]
fn a_ping_is_followed_by_one_poll_at_once() {
    let mut pending = begun(ciba(&confidential()).ping(&at(START)));
    let token = pending.notification_token().unwrap().expose().to_owned();
    let ping = read(&token, r#"{"auth_req_id":"MARKED-auth-req-id"}"#);
    let mut flow = pending.accept_ping(&at(later(2)), &ping).unwrap();
    sent(handle(&mut flow, later(2), Input::Resume));
    let token = id_token_with(START, &[]);
    let body = format!(r#"{{"access_token":"new","token_type":"Bearer","id_token":"{token}"}}"#);
    let request = sent(handle(&mut flow, later(2), Input::Response(json(200, body))));
    assert!(matches!(handle(&mut flow, later(2), Input::Response(honest(&request, START))), Ok(Step::Done(_))));
    // The server repeats what it was not thanked for.
    assert!(matches!(pending.accept_ping(&at(later(3)), &ping), Err(AcceptError::AlreadyUsed)));
}

#[test]
fn what_follows_a_ping_is_not_lost_to_an_outage_and_polls_on_if_the_server_has_nothing_after_all() {
    let accepted = || -> CibaPolling {
        let mut pending = begun(ciba(&confidential()).ping(&at(START)));
        let ping = ping(&pending);
        let mut flow = pending.accept_ping(&at(later(2)), &ping).unwrap();
        sent(handle(&mut flow, later(2), Input::Resume));
        flow
    };
    assert_eq!(wait(handle(&mut accepted(), later(2), pending_answer())), later(7));
    assert_eq!(wait(handle(&mut accepted(), later(2), Input::Response(HttpResponse::new(503)))), later(12));
    assert_eq!(wait(handle(&mut accepted(), later(2), Input::Failure(SendFailure::Unknown))), later(12));
}

#[test]
fn a_notification_that_is_not_ours_consumes_nothing() {
    let foreign_token = || ClientNotificationToken::new("guessed").unwrap();
    let foreign_id = || AuthReqId::new("another");
    let error = || ErrorResponse::new(ErrorCode::AccessDenied);
    for mut pending in [begun(ciba(&confidential()).ping(&at(START))), pushed_pending(), begun(ciba(&confidential()))] {
        let token = pending.notification_token().cloned();
        let id = pending.auth_req_id().clone();
        let before = pending.to_stored();
        let mut refused = |notification: &ClientNotification, expected: NotOurs| {
            let ping = pending.accept_ping(&at(START), notification);
            assert!(
                matches!(ping, Err(AcceptError::NotOurs(reason)) if reason == expected),
                "{ping:?} for {expected:?}"
            );
            let push = pending.accept_push(&at(START), notification);
            assert!(
                matches!(push, Err(AcceptError::NotOurs(reason)) if reason == expected),
                "{push:?} for {expected:?}"
            );
        };
        // The token comes first: whoever does not have it is told nothing.
        for notification in [
            ClientNotification::ping(foreign_token(), id.clone()),
            ClientNotification::ping(foreign_token(), foreign_id()),
            ClientNotification::push_error(foreign_token(), id.clone(), error()),
        ] {
            refused(&notification, NotOurs::NotificationToken);
        }
        if let Some(token) = token {
            refused(&ClientNotification::ping(token.clone(), foreign_id()), NotOurs::AuthReqId);
            refused(&ClientNotification::push_error(token, foreign_id(), error()), NotOurs::AuthReqId);
        }
        assert_eq!(pending.to_stored(), before);
        assert!(!pending.is_used());
    }
    // The outcome comes the way that was asked for, and no other.
    let mut pings = begun(ciba(&confidential()).ping(&at(START)));
    let pushed = push(&pings, START);
    for refused in [pings.accept_ping(&at(START), &pushed).err(), pings.accept_push(&at(START), &pushed).err()] {
        assert!(matches!(refused, Some(AcceptError::NotOurs(NotOurs::Delivery))), "{refused:?}");
    }
    let ping = ping(&pings);
    assert!(matches!(pings.accept_push(&at(START), &ping), Err(AcceptError::NotOurs(NotOurs::Delivery))));
    pings.accept_ping(&at(START), &ping).unwrap();
}

#[test]
fn tokens_that_are_pushed_are_those_of_this_request_and_of_each_other() {
    let finished = |id_token: String| {
        let mut pending = pushed_pending();
        let push = push_with(&pending, id_token);
        let flow = pending.accept_push(&at(later(9)), &push).unwrap();
        assert!(pending.is_used());
        // Stored in between, as anything may be.
        let mut flow = oauth_client_sans_io::CibaPush::from_stored(&flow.to_stored()).unwrap();
        let request = sent(handle(&mut flow, later(9), Input::Resume));
        let end = handle(&mut flow, later(9), Input::Response(honest(&request, START)));
        let mut ended = oauth_client_sans_io::CibaPush::from_stored(&flow.to_stored()).unwrap();
        assert_eq!(handle(&mut ended, later(9), Input::Resume).unwrap_err().code(), "ended");
        end
    };
    let with = |name: &str, value: Option<&'static str>| {
        let claims = BINDING.map(|(known, found)| (known, if known == name { value } else { Some(found) }));
        let claims: Vec<_> = claims.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        finished(id_token_with(START, &claims))
    };
    let Ok(Step::Done(Login { tokens, id_token: Some(id_token), .. })) = with("", None) else { panic!("no login") };
    assert_eq!((tokens.refresh_token().is_some(), id_token.claims().subject()), (true, "alice"));
    assert_eq!(tokens.received_at(), later(9));
    for (name, code) in [
        ("at_hash", "at_hash"),
        ("urn:openid:params:jwt:claim:rt_hash", "rt_hash"),
        ("urn:openid:params:jwt:claim:auth_req_id", "auth_req_id"),
    ] {
        assert_eq!(with(name, None).unwrap_err().code(), format!("{code}_missing"));
        assert_eq!(with(name, Some("x")).unwrap_err().code(), format!("{code}_mismatch"));
    }
    let forged = id_token_with(START, &BINDING);
    assert_eq!(finished(format!("{}AAAA", &forged[..forged.len() - 4])).unwrap_err().code(), "invalid_signature");
}

#[test]
fn a_push_of_an_error_ends_the_login_and_a_second_one_finds_it_ended() {
    for (error, advice) in [
        (ErrorCode::AccessDenied, Advice::Stop),
        (ErrorCode::ExpiredToken, Advice::Restart),
        (ErrorCode::TransactionFailed, Advice::Restart),
    ] {
        let mut pending = pushed_pending();
        let token = pending.notification_token().unwrap().clone();
        let told = ClientNotification::push_error(token, pending.auth_req_id().clone(), ErrorResponse::new(error));
        match pending.accept_push(&at(START), &told) {
            Err(AcceptError::Refused(error)) => assert_eq!(error.advice(), advice),
            other => panic!("{other:?}"),
        }
        assert!(matches!(pending.accept_push(&at(START), &told), Err(AcceptError::AlreadyUsed)));
    }
}

#[test]
fn what_comes_after_the_end_is_refused() {
    let mut pings = begun(ciba(&confidential()).ping(&at(START)));
    let late = ping(&pings);
    assert!(matches!(pings.accept_ping(&at(later(50)), &late), Err(AcceptError::Expired)));
    let mut pushes = pushed_pending();
    let late = push(&pushes, START);
    assert!(matches!(pushes.accept_push(&at(later(50)), &late), Err(AcceptError::Expired)));
    assert!(!pings.is_used() && !pushes.is_used());
    assert!(matches!(pings.poll().unwrap().resume(at(later(50))), Err(Error::Expired { .. })));
}
