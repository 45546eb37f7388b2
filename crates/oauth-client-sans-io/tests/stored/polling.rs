//! Logins on another device, and without a browser.

use jwt_core::Algorithm;
use oauth_client_sans_io::{
    Authentication, Ciba, CibaPending, CibaPolling, CibaPush, DeviceAuthorization, DevicePolling, Flow, SendFailure,
    Step,
};
use oauth_types::HttpResponse;
use oauth_types::dpop::DpopNonce;

use super::{Kind, at, confidential, keys, kind, later, resource, scope, shown, token_response};
use crate::laws::scenarios::client;
use crate::laws::scenarios::polling::{self, begun, interaction, pushed_pending, server};
use crate::laws::{START, keyring};

pub(super) const KINDS: &[Kind] = &[
    kind!(DeviceAuthorization, "device_authorization", device_authorization()),
    kind!(DevicePolling, "device_polling.waiting", waiting()),
    kind!(DevicePolling, "device_polling.asking", asking()),
    kind!(DevicePolling, "device_polling.login", login()),
    kind!(Ciba, "ciba", ciba()),
    kind!(CibaPending, "ciba_pending", pushed_pending()),
    kind!(CibaPolling, "ciba_polling", ciba_polling()),
    kind!(CibaPush, "ciba_push", ciba_push()),
];

fn device_authorization() -> DeviceAuthorization {
    let mut flow = DeviceAuthorization::new(&server(), &confidential())
        .unwrap()
        .scope(scope())
        .resource(resource())
        .parameter("audience", "MARKED-parameter")
        .dpop_nonce(DpopNonce::new("nonce").ok());
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

/// A poll had no answer.
fn waiting() -> DevicePolling {
    let mut flow = asking();
    let due = flow.handle_failure(jwt_core::Moment::new(later(8), [0; 32]), SendFailure::Unknown);
    assert!(matches!(due, Ok(Step::Wait(until)) if until == later(18)), "{due:?}");
    flow
}

fn asking() -> DevicePolling {
    asks(polls().known_keys(keys()).parameter("tenant", "MARKED-parameter"))
}

fn polls() -> DevicePolling {
    interaction(START, "openid files.read", &client(Authentication::None)).polling
}

fn asks(mut flow: DevicePolling) -> DevicePolling {
    let step = flow.resume(jwt_core::Moment::new(later(7), [0; 32]));
    assert!(matches!(step, Ok(Step::Send(_))), "{step:?}");
    flow
}

/// The keys are fetched, and were not to be had once.
fn login() -> DevicePolling {
    let mut flow = asks(polls());
    let step = flow.handle_response(jwt_core::Moment::new(later(9), [0; 32]), token_response());
    assert!(matches!(step, Ok(Step::Send(_))), "{step:?}");
    let step = flow.handle_response(jwt_core::Moment::new(later(9), [0; 32]), HttpResponse::new(503));
    assert!(matches!(step, Ok(Step::Wait(_))), "{step:?}");
    flow
}

fn ciba() -> Ciba {
    let flow = polling::ciba(&confidential()).push(&at()).unwrap().acr_values(["phr"]).resource(resource());
    let mut flow = flow.signed("key", Algorithm::Ed25519, Some("k")).unwrap();
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

fn ciba_polling() -> CibaPolling {
    let mut pending = begun(polling::ciba(&confidential()).acr_values(["phr"]));
    let mut flow = pending.poll().unwrap();
    let Ok(Step::Ask(question)) = flow.resume(jwt_core::Moment::new(later(7), [0; 32])) else { panic!("no question") };
    let step = flow.handle_answer(jwt_core::Moment::new(later(7), [0; 32]), keyring().answer(question).unwrap());
    assert!(matches!(step, Ok(Step::Send(_))), "{step:?}");
    flow
}

fn ciba_push() -> CibaPush {
    let mut pending = pushed_pending().known_keys(keys());
    let push = polling::push(&pending, later(5));
    let mut flow = pending.accept_push(&at(), &push).unwrap();
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}
