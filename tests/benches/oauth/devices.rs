//! Many devices that wait for their users: what one poll costs among a thousand and among a million.

use std::time::Duration;

use jwt_core::{Moment, Timestamp};
use oauth_client_sans_io::{Authentication, Client, DeviceAuthorization, DevicePolling, Flow, Step};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer, Scope};

use super::table::{Table, Work};
use super::{CLIENT, TOKEN};

/// Devices that all have begun, in the order in which they will be polled: one far from the next in memory, as timers fire.
struct Devices {
    flows: Vec<DevicePolling>,
    next: usize,
    now: Timestamp,
    pending: HttpResponse,
}

/// Odd and greater than all but a few distances between caches' lines: every device comes once in a round.
const STRIDE: usize = 611_953;

impl Devices {
    fn new(count: usize) -> Self {
        let stored = waiting().to_stored();
        let flows = (0..count).map(|_| DevicePolling::from_stored(&stored).unwrap()).collect();
        let pending = HttpResponse::new(400)
            .with_header("content-type", "application/json")
            .with_body(r#"{"error":"authorization_pending"}"#);
        Self { flows, next: 0, now: START.saturating_add(Duration::from_secs(10)), pending }
    }

    /// The next device's time has come: its request, and the answer that its user is not done.
    fn poll(&mut self) {
        let flow = &mut self.flows[self.next];
        let at = |seconds| Moment::new(self.now.saturating_add(Duration::from_secs(seconds)), [7; 32]);
        let Ok(Step::Send(request)) = flow.poll(at(0)) else { unreachable!("it was due") };
        drop(request);
        let Ok(Step::Wait(_)) = flow.handle_response(at(0), self.pending.clone()) else {
            unreachable!("it is pending")
        };
        self.next += STRIDE % self.flows.len();
        if self.next >= self.flows.len() {
            self.next -= self.flows.len();
        }
        if self.next == 0 {
            // A round is done, and the interval over.
            self.now = self.now.saturating_add(Duration::from_secs(10));
        }
    }

    /// Looks at a device that is not due yet: what a poll costs that comes too early.
    fn look(&mut self) {
        let Ok(Step::Wait(_)) = self.flows[self.next].poll(Moment::new(START, [7; 32])) else {
            unreachable!("too early")
        };
        self.next += STRIDE % self.flows.len();
        if self.next >= self.flows.len() {
            self.next -= self.flows.len();
        }
    }
}

const START: Timestamp = Timestamp::from_unix(1_700_000_000);

/// A device that has shown its code and waits for the first time.
fn waiting() -> DevicePolling {
    let server = AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_token_endpoint(Endpoint::new(TOKEN).unwrap())
        .with_device_authorization_endpoint(Endpoint::new("https://as.example/device").unwrap());
    let client = Client::new(ClientId::new(CLIENT).unwrap(), Authentication::None);
    let at = || Moment::new(START, [7; 32]);
    let mut flow = DeviceAuthorization::new(&server, &client).unwrap().scope(Scope::parse("files.read").unwrap());
    let Ok(Step::Send(_)) = flow.resume(at()) else { unreachable!() };
    // Good for as long as the bench runs.
    let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
        r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT","verification_uri":"https://as.example/device","expires_in":1000000000,"interval":5}"#,
    );
    let Ok(Step::Done(shown)) = flow.handle_response(at(), answer) else { unreachable!() };
    let mut polling = shown.polling;
    let Ok(Step::Wait(_)) = polling.resume(at()) else { unreachable!() };
    polling
}

pub(crate) fn polls(table: &Table) {
    if !table.wants("devices") {
        return;
    }
    let (mut few, mut many) = (Devices::new(1_000), Devices::new(1_000_000));
    let (mut few_early, mut many_early) = (Devices::new(1_000), Devices::new(1_000_000));
    table.run(
        "devices that wait for their users: one that is due is polled, and still pending",
        vec![
            Work::new("among 1 000", || few.poll()),
            Work::new("among 1 000 000 (at most 2 us)", || many.poll()).goal(4.0),
        ],
    );
    table.run(
        "devices that wait for their users: one that is not due",
        vec![Work::new("among 1 000", || few_early.look()), Work::new("among 1 000 000", || many_early.look())],
    );
}
