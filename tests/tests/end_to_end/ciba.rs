//! A login without a browser: asked for at a till, decided on the user's own device; polled for, pinged, pushed (CIBA Core 1.0).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use conformance::clock::Clock;
use conformance::net::{Bound, Server};
use conformance::server::{Consent, Delivery, Fault, Place, RegisteredClient};
use conformance::world::{self, SCOPE, SERVICE};
use jwt_core::{Algorithm, Jwk, Moment, Secret, SigningKey};
use oauth_client_sans_io::{
    AcceptError, Advice, ApiMisuse, AssertionKey, Authentication, Ciba, CibaPending, CibaPolling, CibaPush, Client,
    DpopKey, Error, Refresh,
};
use oauth_types::ciba::{ClientNotification, ClientNotificationToken, Hint, Notified};
use oauth_types::token::{TokenRequest, TokenResponse, TokenType};
use oauth_types::{
    AuthReqId, ClientAuth, ClientAuthMethod, ClientId, ClientSecret, Endpoint, ErrorCode, Expect, HttpRequest,
    HttpResponse, Method, Reading, Resource, ResponseError,
};

use crate::scenario::{SECRET_KEY, START, Scenario, code};

const TILL: &str = "till";

/// A till that polls.
fn polling_till() -> Scenario {
    till(&Clock::fixed(START), Delivery::Poll)
}

fn till(clock: &Clock, delivery: Delivery) -> Scenario {
    Scenario::start(clock, TILL, Authentication::SecretBasic(SECRET_KEY.into()), |server| {
        let (id, secret) = (ClientId::new(TILL).unwrap(), ClientSecret::new(world::SECRET));
        let client = RegisteredClient::confidential(id, ClientAuthMethod::ClientSecretBasic, secret);
        server.client(client.scope(SCOPE.parse().unwrap()).backchannel(delivery))
    })
}

fn ask(scenario: &Scenario) -> Ciba {
    let alice = Hint::LoginHint("alice".into());
    let flow = Ciba::new(&scenario.server, &scenario.client, SCOPE.parse().unwrap(), alice).unwrap();
    flow.resource(Resource::new(scenario.world.api()).unwrap()).binding_message("W4SCT").acr_values(["phr", "phrh"])
}

/// What the user says, on a device of their own.
fn decide(scenario: &Scenario, id: &AuthReqId, consent: Consent) {
    let now = scenario.now();
    assert!(scenario.world.model().decide_backchannel(now, id, consent));
}

/// What the token endpoint says to a till that polls by hand.
fn poll_by_hand(scenario: &Scenario, id: &AuthReqId, client: &str, auth: &ClientAuth) -> String {
    let endpoint = scenario.server.token_endpoint().unwrap();
    let request = TokenRequest::ciba(id.clone()).to_http(endpoint, &ClientId::new(client).unwrap(), auth).unwrap();
    match TokenResponse::from_http(&scenario.send(request), &Expect::new(scenario.now())) {
        Ok(_) => "tokens".to_owned(),
        Err(ResponseError::Refused(response)) => response.code().as_str().to_owned(),
        Err(other) => panic!("{other:?}"),
    }
}

fn basic() -> ClientAuth {
    ClientAuth::Basic(ClientSecret::new(world::SECRET))
}

// ---- a till that polls

#[test]
fn a_user_decides_on_a_device_of_their_own_and_the_till_is_let_in() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    let id = pending.auth_req_id().clone();
    assert_eq!(scenario.world.model().binding_message(&id), Some("W4SCT"));
    let login = scenario.drive_waiting(pending.poll().unwrap(), |waits| {
        if waits == 3 {
            decide(&scenario, &id, Consent::Given);
        }
    });
    let login = login.unwrap();
    assert_eq!(scenario.token_requests(), 3, "the server was asked at its interval, and never told us to slow down");
    let claims = login.id_token.unwrap();
    assert_eq!((claims.claims().subject(), claims.claims().get_str("acr")), ("alice", Some("phr")));
    let answer = scenario.call(Method::Get, Some(&login.tokens));
    assert_eq!((answer.status(), answer.body()), (200, &b"files of alice\n"[..]));
    assert!(scenario.world.model().notifications(scenario.now()).is_empty(), "a till that polls is told nothing");
}

#[test]
fn a_user_who_says_no_to_a_till_is_taken_at_their_word() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    let id = pending.auth_req_id().clone();
    let login = scenario.drive_waiting(pending.poll().unwrap(), |waits| {
        if waits == 2 {
            decide(&scenario, &id, Consent::Declined);
        }
    });
    let error = login.unwrap_err();
    assert_eq!((error.code(), error.flow().unwrap().advice()), ("access_denied", Advice::Stop));
    assert_eq!(scenario.token_requests(), 2);
}

#[test]
fn a_user_who_does_not_look_is_waited_for_as_long_as_was_asked_for() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario).requested_expiry(Duration::from_secs(30))).unwrap();
    assert_eq!(pending.expires_at(), START.saturating_add(Duration::from_secs(30)));
    let (id, polling) = (pending.auth_req_id().clone(), pending.poll().unwrap());
    assert_eq!(code(scenario.drive_waiting(polling, |_| ())), "expired");
    assert_eq!(scenario.now(), pending.expires_at());
    assert_eq!(scenario.token_requests(), 5, "every five seconds of thirty but the last");
    // Nor is there anything to be had or decided now.
    assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "expired_token");
    assert!(!scenario.world.model().decide_backchannel(scenario.now(), &id, Consent::Given));
}

#[test]
fn an_outage_is_sat_out_and_the_till_goes_on() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    for _ in 0..2 {
        scenario.world.model().inject(Fault::Unavailable(Place::Token));
    }
    assert!(scenario.drive_waiting(pending.poll().unwrap(), |_| ()).is_ok());
    assert_eq!(scenario.token_requests(), 3);
}

#[test]
fn the_server_tells_a_hasty_till_to_slow_down_and_gives_its_tokens_once() {
    // The model is what the flow is tried against, so it has to do what CIBA Core 1.0, section 11, says.
    let scenario = polling_till();
    let id = scenario.drive(ask(&scenario)).unwrap().auth_req_id().clone();
    let poll = || poll_by_hand(&scenario, &id, TILL, &basic());
    assert_eq!(poll(), "slow_down");
    scenario.world.pass(Duration::from_secs(9));
    assert_eq!(poll(), "slow_down", "ten seconds, now and later");
    scenario.world.pass(Duration::from_secs(15));
    assert_eq!(poll(), "authorization_pending");
    decide(&scenario, &id, Consent::Given);
    assert_eq!((poll(), poll()), ("tokens".to_owned(), "invalid_grant".to_owned()));
}

#[test]
fn a_till_that_is_told_to_slow_down_does_so_for_good() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    let id = pending.auth_req_id().clone();
    let polling = pending.poll().unwrap();
    assert_eq!(polling.interval(), Duration::from_secs(5));
    // Somebody polls beside it, so that it comes too early.
    let login = scenario.drive_waiting(polling, |waits| match waits {
        1 => {
            scenario.world.pass(Duration::from_secs(5));
            assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "authorization_pending");
        }
        2 => {
            scenario.world.pass(Duration::from_secs(4));
            assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "slow_down");
        }
        5 => decide(&scenario, &id, Consent::Given),
        _ => {}
    });
    assert!(login.is_ok());
}

#[test]
fn a_request_is_its_clients_own() {
    let scenario = polling_till();
    let id = scenario.drive(ask(&scenario)).unwrap().auth_req_id().clone();
    decide(&scenario, &id, Consent::Given);
    let post = ClientAuth::Post(ClientSecret::new(world::SECRET));
    assert_eq!(poll_by_hand(&scenario, &id, SERVICE, &post), "invalid_grant", "another client's");
    assert_eq!(poll_by_hand(&scenario, &AuthReqId::new("made-up"), TILL, &basic()), "invalid_grant", "nobody's");
    assert_eq!(poll_by_hand(&scenario, &id, TILL, &basic()), "tokens");
}

#[test]
fn a_request_that_no_user_can_be_asked_is_refused_at_once() {
    let scenario = polling_till();
    let new = |scope: &str, hint| Ciba::new(&scenario.server, &scenario.client, scope.parse().unwrap(), hint).unwrap();
    let alice = || Hint::LoginHint("alice".into());
    for (flow, expected) in [
        (new("openid", Hint::LoginHint("mallory".into())), "unknown_user_id"),
        (new("openid", Hint::LoginHintToken(Secret::new("agreed-on-by-nobody"))), "invalid_request"),
        (new("openid", Hint::IdTokenHint(oauth_types::IdToken::new("e30.e30.c2ln"))), "invalid_request"),
        (new("openid files.write", alice()), "invalid_scope"),
    ] {
        assert_eq!(code(scenario.drive(flow)), expected);
    }
    let service = Scenario::service();
    let flow = Ciba::new(&service.server, &service.client, "openid".parse().unwrap(), alice()).unwrap();
    assert_eq!(code(service.drive(flow)), "unauthorized_client");
    let mut thief = polling_till();
    thief.keyring = jwt_core::Keyring::new().secret(SECRET_KEY, Secret::new("guessed"));
    assert_eq!(code(thief.drive(ask(&thief))), "invalid_client");
}

#[test]
fn a_user_who_logged_in_here_before_is_named_by_their_id_token() {
    let scenario = polling_till();
    let mut pending = scenario.drive(ask(&scenario)).unwrap();
    decide(&scenario, pending.auth_req_id(), Consent::Given);
    let tokens = scenario.drive_waiting(pending.poll().unwrap(), |_| ()).unwrap().tokens;
    let hint = || Hint::IdTokenHint(tokens.raw_id_token().unwrap().clone());
    let again = |scenario: &Scenario, client: &Client| {
        scenario.drive(Ciba::new(&scenario.server, client, "openid".parse().unwrap(), hint()).unwrap())
    };
    assert!(again(&scenario, &scenario.client).is_ok());
    // Not by that of another server, though it signs with the same key.
    let elsewhere = polling_till();
    assert_eq!(code(again(&elsewhere, &elsewhere.client)), "invalid_request");
}

/// RFC 8037, appendix A.1.
fn key() -> SigningKey {
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

/// A till without a secret: it signs who it is, what it asks, and what it binds its tokens to.
fn signing_till() -> Scenario {
    let assertion = Authentication::PrivateKeyJwt(AssertionKey::new("key", Algorithm::Ed25519));
    let mut scenario = Scenario::start(&Clock::fixed(START), TILL, assertion, |server| {
        let client = RegisteredClient::with_key(ClientId::new(TILL).unwrap(), key().verifying_key().unwrap());
        server.client(client.scope(SCOPE.parse().unwrap()).backchannel(Delivery::Poll)).dpop_nonces()
    });
    let dpop = DpopKey::new("key", Algorithm::Ed25519, &key().public_jwk().unwrap()).unwrap();
    scenario.client = scenario.client.clone().dpop(dpop);
    scenario.keyring = jwt_core::Keyring::new().signing_key("key", key());
    scenario
}

#[test]
fn a_request_that_is_signed_gives_tokens_that_are_bound() {
    let scenario = signing_till();
    let mut pending = scenario.drive(ask(&scenario).signed("key", Algorithm::Ed25519, None)).unwrap();
    let id = pending.auth_req_id().clone();
    assert_eq!(scenario.world.model().binding_message(&id), Some("W4SCT"));
    decide(&scenario, &id, Consent::Given);
    let login = scenario.drive_waiting(pending.poll().unwrap(), |_| ()).unwrap();
    assert_eq!(login.tokens.token_type(), &TokenType::DPoP);
    assert!(login.tokens.dpop_jkt().is_some());
    assert_eq!(scenario.token_requests(), 2, "once for the nonce, at the next poll's time");
    assert_eq!(login.id_token.unwrap().claims().get_str("acr"), Some("phr"));
}

#[test]
fn a_request_that_somebody_else_signed_is_nobodys() {
    let mut scenario = signing_till();
    // RFC 7517, appendix A.2.
    let other = br#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;
    let other = SigningKey::from_jwk(&Jwk::from_slice(other).unwrap()).unwrap();
    scenario.keyring = jwt_core::Keyring::new().signing_key("key", key()).signing_key("other", other);
    let flow = ask(&scenario).signed("other", Algorithm::ES256, None);
    assert_eq!(code(scenario.drive(flow)), "invalid_request");
}

// ---- a shop that is notified

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
    let tokens = TokenResponse::new(oauth_types::AccessToken::new("thiefs"), TokenType::Bearer)
        .with_id_token(oauth_types::IdToken::new("e30.e30.c2ln"));
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
        let error = oauth_types::ErrorResponse::new(ErrorCode::from(expected));
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
    let denied = || oauth_types::ErrorResponse::new(ErrorCode::AccessDenied);
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
