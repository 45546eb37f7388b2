//! Logins that are decided on another device.

use std::thread::sleep;
use std::time::Duration;

use conformance::transport::blocking;
use oauth_client_sans_io::{Ciba, CibaPending, Client, DeviceAuthorization, UserInteraction, drive};
use oauth_types::HttpResponse;
use oauth_types::ciba::Hint;

use super::{Provider, client, provider};
use crate::browser::{Back, Browser};
use crate::driving::{CALLBACK, Driven, at, code, keyring, run, run_leaping, subject};

fn show(provider: &Provider, client: &Client) -> UserInteraction {
    let flow = DeviceAuthorization::new(&provider.server, client).unwrap();
    run(flow.scope("openid profile files.read".parse().unwrap())).unwrap()
}

/// The user goes there; it ends on a page.
fn decide(mut browser: Browser, url: &str) {
    let back = browser.open(url, CALLBACK);
    assert!(matches!(back, Back::Page(_)), "{back:?}");
}

#[test]
fn a_device_is_let_in_by_a_code_that_is_typed_in_or_scanned() {
    // DEV-01, DEV-02
    let Some(provider) = provider() else { return };
    for id in ["public", "basic"] {
        let shown = show(provider, &client(id));
        let login = run_leaping(shown.polling, |waits| {
            if waits == 2 {
                decide(Browser::of("alice").typing(&shown.user_code), &shown.verification_uri);
            }
        });
        assert_eq!(subject(&login.unwrap()), "alice", "{id}");
    }
    let shown = show(provider, &client("public"));
    decide(Browser::of("bob"), shown.verification_uri_complete.as_deref().unwrap());
    let login = run_leaping(shown.polling, |_| ()).unwrap();
    assert_eq!(subject(&login), "bob");
    assert!(login.tokens.refresh_token().is_some());
}

#[test]
fn a_user_who_says_no_to_a_device_is_taken_at_their_word() {
    // DEV-03
    let Some(provider) = provider() else { return };
    let shown = show(provider, &client("public"));
    let browser = Browser::of("alice").typing(&shown.user_code).declining();
    decide(browser, &shown.verification_uri);
    assert_eq!(code(run_leaping(shown.polling, |_| ())), "access_denied");
}

#[test]
fn a_device_code_expires_for_both_sides() {
    // DEV-03
    let Some(provider) = provider() else { return };
    let client = client("hasty");
    let shown = show(provider, &client);
    assert_eq!(code(run_leaping(shown.polling, |_| ())), "expired", "the device does not even ask");

    // A device that believes in a longer life is told.
    let mut flow = DeviceAuthorization::new(&provider.server, &client).unwrap();
    let (agent, keyring) = (blocking::agent(), keyring());
    let send = |request| {
        let response = blocking::send(&agent, request)?;
        let body = String::from_utf8_lossy(response.body()).replace(r#""expires_in":1"#, r#""expires_in":60"#);
        Ok(HttpResponse::new(response.status()).with_header("content-type", "application/json").with_body(body))
    };
    let shown = drive::blocking(&mut flow, at, sleep, send, |question| keyring.answer(question)).unwrap();
    let polling = run_leaping(shown.polling, |_| sleep(Duration::from_millis(2100)));
    assert_eq!(code(polling), "expired_token");
}

fn ask(provider: &Provider, person: &str) -> Driven<CibaPending> {
    let hint = Hint::LoginHint(person.to_owned());
    let flow = Ciba::new(&provider.server, &client("ciba"), "openid files.read".parse().unwrap(), hint).unwrap();
    run(flow.acr_values(["urn:example:loa1"]))
}

#[test]
fn a_user_who_is_asked_on_their_phone_agrees() {
    let Some(provider) = provider() else { return };
    let mut pending = CibaPending::from_stored(&ask(provider, "alice").unwrap().to_stored()).unwrap();
    let login = run_leaping(pending.poll().unwrap(), |waits| {
        if waits == 2 {
            sleep(Duration::from_millis(1500));
        }
    })
    .unwrap();
    assert_eq!(subject(&login), "alice");
    assert_eq!(login.id_token.unwrap().claims().get_str("acr"), Some("urn:example:loa1"));
    assert_eq!(pending.poll().unwrap_err().code(), "ended", "it is used");
}

#[test]
fn a_user_who_says_no_on_their_phone_and_one_whom_nobody_knows() {
    let Some(provider) = provider() else { return };
    let mut pending = ask(provider, "refuses").unwrap();
    let login = run_leaping(pending.poll().unwrap(), |_| sleep(Duration::from_millis(300)));
    assert_eq!(code(login), "access_denied");
    assert_eq!(code(ask(provider, "nobody")), "unknown_user_id");
}
