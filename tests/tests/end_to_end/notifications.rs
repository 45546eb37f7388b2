//! A login without a browser of which the client is told: pinged, or pushed its tokens (CIBA Core 1.0, sections 10.2, 10.3 and 12).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use conformance::clock::Clock;
use conformance::net::{Bound, Server};
use conformance::server::{Consent, Delivery, Fault};
use jwt_core::Moment;
use oauth_client_sans_io::{AcceptError, Advice, ApiMisuse, CibaPending, CibaPolling, CibaPush, Error, Refresh};
use oauth_types::ciba::{ClientNotification, ClientNotificationToken, Notified};
use oauth_types::token::{TokenResponse, TokenType};
use oauth_types::{
    AccessToken, AuthReqId, Endpoint, ErrorCode, ErrorResponse, HttpRequest, HttpResponse, IdToken, Method, Reading,
};

use crate::ciba::{TILL, ask, basic, decide, poll_by_hand, till};
use crate::scenario::{START, Scenario, code};

/// A client's notification endpoint: which logins wait, and what became of those that were told.
struct Shop {
    server: Server,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    /// As they are stored, by the name under which notifications find them.
    waiting: BTreeMap<String, String>,
    polling: Vec<CibaPolling>,
    pushed: Vec<CibaPush>,
    refused: Vec<String>,
}

impl Inside {
    fn notified(&mut self, at: &Moment, request: &HttpRequest) -> HttpResponse {
        let notification = match ClientNotification::from_http(request, Reading::Interop) {
            Ok(notification) => notification,
            Err(error) => {
                self.refused.push(error.code().to_owned());
                return error.to_http();
            }
        };
        let Some(stored) = self.waiting.get_mut(notification.auth_req_id().expose()) else {
            self.refused.push("unknown".to_owned());
            return HttpResponse::new(401);
        };
        let mut pending = CibaPending::from_stored(stored).unwrap();
        let accepted = match notification.notified() {
            Notified::Ping => pending.accept_ping(at, &notification).map(|flow| self.polling.push(flow)),
            Notified::Tokens(_) | Notified::Error(_) | _ => {
                pending.accept_push(at, &notification).map(|flow| self.pushed.push(flow))
            }
        };
        *stored = pending.to_stored();
        match accepted {
            Ok(()) => ClientNotification::accepted(),
            Err(error) => {
                self.refused.push(error.code().to_owned());
                match error {
                    AcceptError::NotOurs(_) => HttpResponse::new(401),
                    // Who is thanked does not come again.
                    AcceptError::AlreadyUsed | AcceptError::Expired | AcceptError::Refused(_) | _ => {
                        ClientNotification::accepted()
                    }
                }
            }
        }
    }
}

impl Shop {
    /// A shop and its server; how it is registered, `delivery` says.
    fn open(delivery: impl FnOnce(Endpoint) -> Delivery) -> (Self, Scenario) {
        let (clock, bound) = (Clock::fixed(START), Bound::new().unwrap());
        let endpoint = Endpoint::new(format!("{}/notify", bound.origin())).unwrap();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let server = bound.serve({
            let (clock, inside) = (clock.clone(), Arc::clone(&inside));
            move |request: HttpRequest| inside.lock().unwrap().notified(&clock.moment(), &request)
        });
        (Self { server: server.unwrap(), inside }, till(&clock, delivery(endpoint)))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    /// Remembers a login, as it would in its store.
    fn wait_for(&self, pending: &CibaPending) {
        self.inside().waiting.insert(pending.auth_req_id().expose().to_owned(), pending.to_stored());
    }

    /// Has the server say what there is to say; how the shop answered.
    fn hear(&self, scenario: &Scenario) -> Vec<u16> {
        let notifications = scenario.world.model().notifications(scenario.now());
        notifications.into_iter().map(|request| scenario.send(request).status()).collect()
    }

    /// Somebody posts this.
    fn receive(&self, scenario: &Scenario, notification: &ClientNotification) -> u16 {
        let endpoint = Endpoint::new(format!("{}/notify", self.server.origin())).unwrap();
        scenario.send(notification.to_http(&endpoint)).status()
    }

    fn refusals(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().refused)
    }
}

fn pinged() -> (Shop, Scenario, CibaPending) {
    let (shop, scenario) = Shop::open(Delivery::Ping);
    let pending = scenario.drive(ask(&scenario).ping(&scenario.moment())).unwrap();
    shop.wait_for(&pending);
    (shop, scenario, pending)
}

fn pushed() -> (Shop, Scenario, CibaPending) {
    let (shop, scenario) = Shop::open(Delivery::Push);
    let pending = scenario.drive(ask(&scenario).push(&scenario.moment()).unwrap()).unwrap();
    shop.wait_for(&pending);
    (shop, scenario, pending)
}

#[test]
fn a_shop_that_is_pinged_asks_once_and_at_once() {
    let (shop, scenario, pending) = pinged();
    assert!(shop.hear(&scenario).is_empty(), "there is nothing to say yet");
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    assert_eq!(shop.hear(&scenario), [204]);
    let polling = shop.inside().polling.pop().unwrap();
    let login = scenario.drive_waiting(polling, |waits| panic!("waited {waits} times")).unwrap();
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
    assert_eq!(scenario.call(Method::Get, Some(&login.tokens)).status(), 200);
    assert_eq!((scenario.now(), scenario.token_requests()), (START, 1));
    // A ping that comes again, because the first answer was lost.
    let token = pending.notification_token().unwrap().clone();
    assert_eq!(shop.receive(&scenario, &ClientNotification::ping(token, pending.auth_req_id().clone())), 204);
    assert_eq!(shop.refusals(), ["already_used"]);
    assert!(shop.inside().polling.is_empty(), "nothing is asked twice");
}

#[test]
fn a_shop_that_is_pinged_learns_also_that_the_user_said_no() {
    let (shop, scenario, pending) = pinged();
    decide(&scenario, pending.auth_req_id(), Consent::Declined);
    assert_eq!(shop.hear(&scenario), [204]);
    let polling = shop.inside().polling.pop().unwrap();
    assert_eq!(code(scenario.drive(polling)), "access_denied");
}

#[test]
fn a_ping_by_somebody_else_changes_nothing() {
    let (shop, scenario, mut pending) = pinged();
    let (id, token) = (pending.auth_req_id().clone(), pending.notification_token().unwrap().clone());
    scenario.world.model().inject(Fault::WrongNotificationToken);
    decide(&scenario, &id, Consent::Given);
    assert_eq!(shop.hear(&scenario), [401]);
    let made_up = ClientNotification::ping(token.clone(), AuthReqId::new("made-up"));
    assert_eq!(shop.receive(&scenario, &made_up), 401);
    assert_eq!(pending.accept_ping(&scenario.moment(), &made_up).unwrap_err().code(), "auth_req_id_mismatch");
    // Tokens that the server would not push to this shop.
    let tokens =
        TokenResponse::new(AccessToken::new("thiefs"), TokenType::Bearer).with_id_token(IdToken::new("e30.e30.c2ln"));
    assert_eq!(shop.receive(&scenario, &ClientNotification::push(token.clone(), id.clone(), tokens)), 401);
    assert_eq!(shop.refusals(), ["notification_token_mismatch", "unknown", "delivery_mode_mismatch"]);
    assert_eq!(scenario.token_requests(), 0);
    // The server's own is as good as ever.
    assert_eq!(shop.receive(&scenario, &ClientNotification::ping(token, id)), 204);
    let polling = shop.inside().polling.pop().unwrap();
    assert!(scenario.drive(polling).is_ok());
}

#[test]
fn a_ping_that_lies_costs_one_poll_and_the_shop_goes_on() {
    // Whoever knows the token can ping too early; the user has not decided.
    let (shop, scenario, pending) = pinged();
    let (id, token) = (pending.auth_req_id().clone(), pending.notification_token().unwrap().clone());
    scenario.world.pass(Duration::from_secs(5));
    assert_eq!(shop.receive(&scenario, &ClientNotification::ping(token, id.clone())), 204);
    let polling = shop.inside().polling.pop().unwrap();
    let login = scenario.drive_waiting(polling, |waits| {
        if waits == 1 {
            decide(&scenario, &id, Consent::Given);
        }
    });
    assert!(login.is_ok());
    assert_eq!(scenario.token_requests(), 2);
}

#[test]
fn a_shop_that_is_registered_for_pings_and_gives_no_token_is_refused() {
    let (_shop, scenario) = Shop::open(Delivery::Ping);
    assert_eq!(code(scenario.drive(ask(&scenario))), "invalid_request");
}

#[test]
fn a_shop_that_is_pushed_its_tokens_asks_for_nothing() {
    let (shop, scenario, pending) = pushed();
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    assert_eq!(shop.hear(&scenario), [204]);
    assert!(shop.hear(&scenario).is_empty(), "tokens are pushed once");
    let push = CibaPush::from_stored(&shop.inside().pushed.pop().unwrap().to_stored()).unwrap();
    let login = scenario.drive(push).unwrap();
    assert_eq!(scenario.token_requests(), 0);
    let claims = login.id_token.unwrap();
    assert_eq!((claims.claims().subject(), claims.claims().get_str("acr")), ("alice", Some("phr")));
    // Both tokens are good.
    assert_eq!(scenario.call(Method::Get, Some(&login.tokens)).status(), 200);
    let refreshed = scenario.drive(Refresh::new(&scenario.server, &scenario.client, &login.tokens).unwrap()).unwrap();
    assert_eq!(scenario.call(Method::Get, Some(&refreshed)).status(), 200);
}

#[test]
fn a_shop_that_is_pushed_its_tokens_does_not_poll_and_would_get_nothing() {
    let (_shop, scenario, mut pending) = pushed();
    let error = pending.poll().unwrap_err();
    assert!(matches!(error, Error::ApiMisuse(ApiMisuse::InvalidArgument(_))), "{error:?}");
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    assert_eq!(poll_by_hand(&scenario, pending.auth_req_id(), TILL, &basic()), "unauthorized_client");
}

#[test]
fn a_shop_is_pushed_the_word_that_there_will_be_no_tokens() {
    for (consent, fault, expected, advice) in [
        (Consent::Declined, None, "access_denied", Advice::Stop),
        (Consent::Given, Some(Fault::TransactionFailed), "transaction_failed", Advice::Restart),
    ] {
        let (shop, scenario, mut pending) = pushed();
        if let Some(fault) = fault {
            scenario.world.model().inject(fault);
        }
        decide(&scenario, pending.auth_req_id(), consent);
        assert_eq!(shop.hear(&scenario), [204]);
        assert_eq!(shop.refusals(), [expected]);
        assert!(shop.inside().pushed.is_empty());
        let token = pending.notification_token().unwrap().clone();
        let error = ErrorResponse::new(ErrorCode::from(expected));
        let error = ClientNotification::push_error(token, pending.auth_req_id().clone(), error);
        let Err(AcceptError::Refused(refusal)) = pending.accept_push(&scenario.moment(), &error) else {
            panic!("the login has ended");
        };
        assert_eq!(refusal.advice(), advice);
    }
}

#[test]
fn a_shop_whose_user_does_not_look_is_told_when_the_time_is_over() {
    let (shop, scenario, pending) = pushed();
    scenario.world.pass(pending.expires_at().saturating_since(scenario.now()));
    assert_eq!(shop.hear(&scenario), [204]);
    assert_eq!(shop.refusals(), ["expired"]);
    assert!(shop.hear(&scenario).is_empty());
}

#[test]
fn a_push_by_somebody_else_changes_nothing() {
    let (shop, scenario, pending) = pushed();
    let (id, token) = (pending.auth_req_id().clone(), pending.notification_token().unwrap().clone());
    // The token is another one ...
    let denied = || ErrorResponse::new(ErrorCode::AccessDenied);
    let other = ClientNotificationToken::generate(&scenario.moment());
    assert_eq!(shop.receive(&scenario, &ClientNotification::push_error(other, id.clone(), denied())), 401);
    // ... nobody waits for it ...
    let unknown = ClientNotification::push_error(token.clone(), AuthReqId::new("made-up"), denied());
    assert_eq!(shop.receive(&scenario, &unknown), 401);
    // ... or it is no push.
    assert_eq!(shop.receive(&scenario, &ClientNotification::ping(token, id.clone())), 401);
    assert_eq!(shop.refusals(), ["notification_token_mismatch", "unknown", "delivery_mode_mismatch"]);
    // The server's own is as good as ever.
    decide(&scenario, &id, Consent::Given);
    assert_eq!(shop.hear(&scenario), [204]);
    let push = shop.inside().pushed.pop().unwrap();
    assert!(scenario.drive(push).is_ok());
}

#[test]
fn tokens_that_are_pushed_are_those_that_the_id_token_names() {
    for (fault, expected) in [
        (Fault::WrongAuthReqId, "auth_req_id_mismatch"),
        (Fault::WrongRefreshTokenHash, "rt_hash_mismatch"),
        (Fault::WrongAccessTokenHash, "at_hash_mismatch"),
        (Fault::WrongAudience, "audience_mismatch"),
        (Fault::ForgedIdToken, "invalid_signature"),
    ] {
        let (shop, scenario, pending) = pushed();
        scenario.world.model().inject(fault);
        decide(&scenario, pending.auth_req_id(), Consent::Given);
        assert_eq!(shop.hear(&scenario), [204]);
        let push = shop.inside().pushed.pop().unwrap();
        assert_eq!(code(scenario.drive(push)), expected, "{fault:?}");
    }
    // Without an ID token nothing names them.
    let (shop, scenario, pending) = pushed();
    scenario.world.model().inject(Fault::MissingIdToken);
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    assert_eq!(shop.hear(&scenario), [400]);
    assert!(shop.inside().pushed.is_empty());
    // A notification whose token is another is not even looked into.
    let (shop, scenario, pending) = pushed();
    scenario.world.model().inject(Fault::WrongNotificationToken);
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    assert_eq!((shop.hear(&scenario), shop.refusals()), (vec![401], vec!["notification_token_mismatch".to_owned()]));
}
