//! Every flow, stored as JSON and restored in another thread between every two steps.

use std::thread;

use conformance::server::{Fault, Place};
use conformance::transport::blocking;
use jwt_core::Moment;
use oauth_client_sans_io::{ClientCredentials, Error, Flow, Input, PendingAuthorization, Refresh, Revocation, Step};
use oauth_types::authorization::Callback;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scenario::Scenario;

/// Drives a flow of which nothing but its JSON text ever stays alive between two steps.
fn drive_stored<F>(scenario: &Scenario, flow: F) -> Result<F::Output, Error>
where
    F: Flow<Output: Send + 'static> + Serialize + DeserializeOwned,
{
    let (mut text, mut step) = step_elsewhere::<F>(json(&flow), scenario.moment(), Input::Resume)?;
    drop(flow);
    loop {
        let input = match step {
            Step::Send(request) => {
                Input::Response(blocking::send(&scenario.agent, request).expect("an answer over loopback"))
            }
            Step::Ask(question) => Input::Answer(scenario.keyring.answer(question).expect("a key for the question")),
            Step::Wait(until) => {
                scenario.world.pass(until.saturating_since(scenario.now()));
                Input::Poll
            }
            Step::Done(output) => return Ok(output),
        };
        (text, step) = step_elsewhere::<F>(text, scenario.moment(), input)?;
    }
}

/// One step of the flow that `text` restores, in a thread of its own; and the flow's text after it.
fn step_elsewhere<F>(text: String, at: Moment, input: Input) -> Result<(String, Step<F::Output>), Error>
where
    F: Flow<Output: Send + 'static> + Serialize + DeserializeOwned,
{
    let worker = thread::spawn(move || {
        let mut flow: F = serde_json::from_str(&text).expect("a stored flow is restored");
        let step = flow.handle(at, input)?;
        Ok((json(&flow), step))
    });
    worker.join().expect("no panic in a flow")
}

fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("a flow is one string");
    assert!(text.starts_with('"') && text.ends_with('"'), "the stored form is one opaque string");
    text
}

#[test]
fn a_login_that_lives_in_a_database_ends_like_one_in_memory() {
    for scenario in [Scenario::app(), Scenario::web()] {
        // The key set fails once, so that a wait is stored too.
        scenario.world.model().inject(Fault::Unavailable(Place::Jwks));
        let (url, pending) = scenario.begin();
        let text = json(&pending);
        drop(pending);
        let callback = scenario.browse(&url);
        let mut pending: PendingAuthorization = serde_json::from_str(&text).unwrap();
        let exchange =
            pending.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback)).unwrap();
        // That it was used is stored with it.
        let mut again: PendingAuthorization = serde_json::from_str(&json(&pending)).unwrap();
        assert!(again.accept(&scenario.moment(), Some(&Scenario::session()), Callback::Url(&callback)).is_err());
        let login = drive_stored(&scenario, exchange).unwrap();
        assert_eq!(login.id_token.unwrap().claims().subject(), "alice");

        let tokens = serde_json::from_str(&json(&login.tokens)).unwrap();
        let refreshed = Refresh::new(&scenario.server, &scenario.client, &tokens).unwrap();
        let tokens = drive_stored(&scenario, refreshed).unwrap();
        let revocation = Revocation::new(&scenario.server, &scenario.client, &tokens).unwrap();
        drive_stored(&scenario, revocation).unwrap();
        let refused = Refresh::new(&scenario.server, &scenario.client, &tokens).unwrap();
        assert_eq!(drive_stored(&scenario, refused).unwrap_err().code(), "invalid_grant");
    }
}

#[test]
fn discovery_and_a_service_s_own_grant_are_stored_like_a_login() {
    let scenario = Scenario::service();
    scenario.world.model().inject(Fault::Unavailable(Place::Metadata));
    let server = drive_stored(&scenario, scenario.discovery()).unwrap();
    scenario.world.model().inject(Fault::Unavailable(Place::Token));
    let tokens = drive_stored(&scenario, ClientCredentials::new(&server, &scenario.client).unwrap()).unwrap();
    assert!(scenario.world.model().is_active(tokens.access_token().expose()));
}
