//! What the log is told.

use jwt_core::json::Value;
use oauth_resource_sans_io::{AuditEvent, RequestHead};

use crate::world::{NOW, client, guard as unready, one, ready, with_dpop};

fn event(guard: &oauth_resource_sans_io::Guard, url: &str, token: &str) -> Option<AuditEvent> {
    let value = format!("Bearer {token}");
    let head = RequestHead::new("GET", url).authorization([value.as_str()]);
    AuditEvent::new(&head, &guard.check(&head, NOW), NOW)
}

#[test]
fn the_log_is_told_who_did_what_and_why_not() {
    let server = one();
    let guard = ready(&[&server]);
    let passed = event(&guard, "/files?token=x", &server.token(&[])).unwrap();
    assert!(passed.is_granted());
    assert_eq!(
        passed.to_string(),
        r#"time=1700000000 code=granted method="GET" path="/files" issuer="https://one.example" subject="alice" client_id="app" token_id="1""#
    );
    let refused = event(&guard, "/files", &server.token(&[("scope", None)])).unwrap();
    assert_eq!(
        (refused.outcome(), refused.status(), refused.subject()),
        ("insufficient_scope", Some(403), Some("alice"))
    );
    assert_eq!((refused.client_id(), refused.token_id()), (Some("app"), Some("1")));
    assert_eq!((refused.method(), refused.path(), refused.time()), ("GET", "/files", NOW));
    // A token that did not verify names nobody.
    let forged = event(&guard, "/files", "a.b.c").unwrap();
    assert_eq!((forged.issuer(), forged.subject(), forged.is_granted()), (None, None, false));
    // What is not decided is no event.
    assert!(event(&unready(&[&server]), "/files", &server.token(&[])).is_none());
}

#[test]
fn no_line_of_the_log_holds_a_secret_and_none_can_begin_another() {
    let (server, client) = (one(), client());
    let guard = with_dpop(&server);
    let evil = "a\"\r\ncode=granted subject=\"root\u{2028}";
    let token = server.token(&[("sub", Some(evil.into())), ("jti", Some(Value::from("x".repeat(1000))))]);
    let shown = event(&guard, "/fi\nles?secret=query", &token).unwrap().to_string();
    assert!(!shown.contains('\n') && !shown.contains('\r') && !shown.contains("secret"), "{shown}");
    assert!(shown.len() < 1000, "{} bytes", shown.len());
    assert!(!shown.contains(&token));
    let bound = server.bound(&[("jkt", &client.jkt())]);
    let (value, proof) = (format!("DPoP {bound}"), client.proof(&bound));
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop([proof.as_str()]);
    let check = crate::world::fresh(guard.check(&head, NOW));
    let event = AuditEvent::new(&head, &check, NOW).unwrap();
    let shown = format!("{event} {event:?} {head:?} {check:?}");
    for secret in [bound.as_str(), proof.as_str()] {
        assert!(!shown.contains(secret));
    }
    assert!(!format!("{event:?} {check:?}").contains("alice"));
}
