//! A login on another device, and what its user and its network do to it.

use std::time::Duration;

use conformance::server::{Consent, Fault, Place};
use conformance::world::SCOPE;
use oauth_client_sans_io::{DeviceAuthorization, DevicePolling, Flow, UserInteraction};
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{ClientAuth, DeviceCode, Expect, Method, Resource, ResponseError};

use crate::scenario::{Scenario, code};

/// A device that shows its codes.
fn show(scenario: &Scenario) -> UserInteraction {
    let flow = DeviceAuthorization::new(&scenario.server, &scenario.client).unwrap();
    let api = Resource::new(scenario.world.api()).unwrap();
    scenario.drive(flow.scope(SCOPE.parse().unwrap()).resource(api)).unwrap()
}

#[test]
fn a_user_decides_on_another_device_and_the_device_is_let_in() {
    // DEV-01, DEV-02
    for scenario in [Scenario::app(), Scenario::web()] {
        let shown = show(&scenario);
        assert_eq!(shown.verification_uri, format!("{}/device", scenario.world.issuer()));
        let complete = shown.verification_uri_complete.as_deref().unwrap();
        assert_eq!(complete, format!("{}?user_code={}", shown.verification_uri, shown.user_code));
        let user_code = shown.user_code.clone();
        let login = scenario.drive_waiting(shown.polling, |waits| {
            if waits == 3 {
                assert!(scenario.world.model().decide_on_device(&user_code, Consent::Given));
            }
        });
        let login = login.unwrap();
        assert_eq!(
            scenario.token_requests(),
            3,
            "the server was asked at its interval, and never told us to slow down"
        );
        assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
        let answer = scenario.call(Method::Get, Some(&login.tokens));
        assert_eq!((answer.status(), answer.body()), (200, &b"files of alice\n"[..]));
    }
}

#[test]
fn a_user_who_says_no_is_taken_at_their_word() {
    // DEV-03
    let scenario = Scenario::app();
    let shown = show(&scenario);
    let user_code = shown.user_code.clone();
    let login = scenario.drive_waiting(shown.polling, |waits| {
        if waits == 2 {
            scenario.world.model().decide_on_device(&user_code, Consent::Declined);
        }
    });
    assert_eq!((code(login).as_str(), scenario.token_requests()), ("access_denied", 2));
}

#[test]
fn a_user_who_does_not_come_is_not_waited_for_longer_than_the_codes_live() {
    // DEV-03
    let scenario = Scenario::app();
    let shown = show(&scenario);
    let expires_at = shown.expires_at;
    assert_eq!(code(scenario.drive_waiting(shown.polling, |_| ())), "expired");
    assert_eq!(scenario.now(), expires_at);
    assert_eq!(scenario.token_requests(), 59, "every five seconds of five minutes but the last");
}

#[test]
fn an_outage_is_sat_out_and_the_device_goes_on() {
    // DEV-04
    let scenario = Scenario::app();
    let shown = show(&scenario);
    let user_code = shown.user_code.clone();
    for _ in 0..3 {
        scenario.world.model().inject(Fault::Unavailable(Place::Token));
    }
    let began = scenario.now();
    let login = scenario.drive_waiting(shown.polling, |waits| {
        if waits == 1 {
            scenario.world.model().decide_on_device(&user_code, Consent::Given);
        }
    });
    assert!(login.is_ok());
    assert_eq!(scenario.now().saturating_since(began).as_secs(), 5 + 10 + 20 + 40);
}

#[test]
fn a_device_that_restarts_between_two_polls_goes_on_where_it_was() {
    let scenario = Scenario::app();
    let shown = show(&scenario);
    let mut flow = shown.polling;
    drop(flow.resume(scenario.moment()).unwrap());
    let stored = flow.to_stored();
    drop(flow);
    scenario.world.model().decide_on_device(&shown.user_code, Consent::Given);
    let login = scenario.drive_waiting(DevicePolling::from_stored(&stored).unwrap(), |_| ()).unwrap();
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
}

#[test]
fn the_server_tells_a_hasty_device_to_slow_down_and_gives_its_tokens_once() {
    // The model is what the flow is tried against, so it has to do what RFC 8628, section 3.5, says.
    let scenario = Scenario::app();
    let shown = show(&scenario);
    let device_code = device_code_of(&shown.polling);
    let ask = || {
        let request = TokenRequest::device_code(DeviceCode::new(&*device_code));
        let endpoint = scenario.server.token_endpoint().unwrap();
        let response = scenario.send(request.to_http(endpoint, scenario.client.id(), &ClientAuth::None).unwrap());
        match TokenResponse::from_http(&response, &Expect::new(scenario.now())) {
            Ok(_) => "tokens".to_owned(),
            Err(ResponseError::Refused(response)) => response.code().as_str().to_owned(),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(ask(), "slow_down");
    scenario.world.pass(Duration::from_secs(9));
    assert_eq!(ask(), "slow_down", "ten seconds, now and later");
    scenario.world.pass(Duration::from_secs(15));
    assert_eq!(ask(), "authorization_pending");
    scenario.world.model().decide_on_device(&shown.user_code, Consent::Given);
    scenario.world.pass(Duration::from_secs(15));
    assert_eq!((ask(), ask()), ("tokens".to_owned(), "invalid_grant".to_owned()));
}

/// The device code, out of the stored form: only the test of the server needs to know it.
fn device_code_of(flow: &DevicePolling) -> String {
    let stored = flow.to_stored();
    let value = stored.split_once(r#""handle":""#).expect("a handle").1;
    value.split_once('"').expect("its end").0.to_owned()
}
