//! When a flow polls, as laws: a scripted server, a scripted network, and a clock that jumps both ways.
//!
//! Gaps are measured in real time, which the flow does not know: it is told the time of a clock that may be set back or ahead while it waits or while a poll is under way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use jwt_core::{Moments, Timestamp};
use laws::scenarios::client;
use laws::scenarios::polling::{begun_at, ciba, interaction};
use laws::{START, keyring};
use oauth_client_sans_io::{
    Authentication, CibaPolling, DevicePolling, Error, Flow, Input, Login, SendFailure, Step, StoredError,
};
use oauth_types::HttpResponse;
use proptest::prelude::*;

#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

/// What the scenarios' server says, in milliseconds.
const LIFETIME: i64 = 50_000;
const INTERVAL: i64 = 5_000;
/// What is rounded up to whole milliseconds is so much longer at most.
const ROUNDING: i64 = 1;

/// What becomes of one poll.
#[derive(Clone, Debug)]
struct Poll {
    outcome: Outcome,
    /// How long the answer takes.
    latency: i64,
    /// By how much the clock jumps meanwhile.
    jump: i64,
    /// By how much the clock jumps in the wait after it.
    jump_in_wait: i64,
    /// Whether the flow is stored and restored, and asked too early, in the wait after it.
    restless: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Pending,
    SlowDown,
    NotSent,
    Unknown,
    /// The process dies with the poll under way.
    Restart,
    /// A status that is no verdict, whatever the body says.
    NoVerdict(u16),
    /// In seconds.
    RetryAfter(u16, i64),
}

/// A flow that polls.
struct Subject<F> {
    flow: F,
    restored: fn(&F) -> Result<F, StoredError>,
    /// Whether the interval counts from the request, not from its answer.
    from_request: bool,
}

struct World<F> {
    subject: Subject<F>,
    moments: Moments,
    /// Since the flow began.
    real: i64,
    /// By how much the clock is ahead of that.
    offset: i64,
}

impl<F: Flow<Output = Login>> World<F> {
    fn wall(&self) -> Timestamp {
        let now = 1_700_000_000_750 + self.real + self.offset;
        Timestamp::from_duration(Duration::from_millis(u64::try_from(now.max(0)).unwrap()))
    }

    fn handle(&mut self, input: Input) -> Result<Step<Login>, Error> {
        let mut result = self.subject.flow.handle(self.moments.at(self.wall()), input);
        while let Ok(Step::Ask(question)) = result {
            let answer = Input::Answer(keyring().answer(question).unwrap());
            result = self.subject.flow.handle(self.moments.at(self.wall()), answer);
        }
        result
    }
}

/// What has to lie between two polls, by the rules and nothing else.
struct Rules {
    interval: i64,
    failures: u32,
    /// No poll before this moment.
    earliest: i64,
    /// And, if no clock was set back, one soon after this.
    latest: i64,
}

impl Rules {
    fn after(&mut self, outcome: Outcome, sent: i64, answered: i64, from_request: bool) {
        let retry_after = if let Outcome::RetryAfter(_, seconds) = outcome { seconds * 1000 } else { 0 };
        match outcome {
            Outcome::Pending | Outcome::SlowDown => {
                if outcome == Outcome::SlowDown {
                    self.interval += 5_000;
                }
                self.failures = 0;
                let from = if from_request { sent } else { answered };
                self.earliest = from + self.interval;
                // Also after a long poll there is a pause.
                self.latest = self.earliest.max(answered + 1_000) + ROUNDING;
            }
            Outcome::NotSent
            | Outcome::Unknown
            | Outcome::Restart
            | Outcome::NoVerdict(_)
            | Outcome::RetryAfter(..) => {
                self.failures += 1;
                let delay = (self.interval << self.failures).min((2 * self.interval).max(60_000));
                self.earliest = answered + delay.max(retry_after);
                self.latest = self.earliest + ROUNDING;
            }
        }
    }
}

/// Drives a flow through the script, after which the server says `authorization_pending` for ever. Gives how many polls there were.
fn live<F: Flow<Output = Login>>(subject: Subject<F>, script: &[Poll]) -> usize {
    let from_request = subject.from_request;
    let mut world = World { subject, moments: Moments::from_seed([12; 32]), real: 0, offset: 0 };
    let mut script = script.iter();
    let mut rules = Rules { interval: INTERVAL, failures: 0, earliest: INTERVAL, latest: INTERVAL + ROUNDING };
    // How much of real time the clocks that were set back may have hidden, and how much those that were set ahead pretended.
    let (mut hidden, mut pretended) = (0, 0);
    let mut polls = 0;
    let (mut set_back, mut setbacks) = (false, 0);
    let mut poll = Poll { outcome: Outcome::Pending, latency: 0, jump: 0, jump_in_wait: 0, restless: false };
    let mut result = world.handle(Input::Resume);
    loop {
        match result {
            Ok(Step::Wait(until)) => {
                let wall = world.wall();
                assert!(until > wall, "a wait until {until} at {wall}");
                let delay = i64::try_from(until.saturating_since(wall).as_millis()).unwrap();
                if poll.restless {
                    world.subject.flow = (world.subject.restored)(&world.subject.flow).unwrap();
                    world.real += delay / 2;
                    let early = world.handle(Input::Poll);
                    let passed = world.wall() >= until;
                    assert!(passed || matches!(early, Ok(Step::Wait(again)) if again == until), "{early:?}");
                    assert!(!passed, "half the wait is not the whole");
                    world.real += delay - delay / 2;
                } else {
                    world.real += delay;
                }
                world.offset += poll.jump_in_wait;
                hidden += (-poll.jump_in_wait).clamp(0, delay);
                pretended += poll.jump_in_wait.max(0);
                set_back |= poll.jump_in_wait < 0;
                setbacks += i64::from(poll.jump_in_wait < 0);
                // One jump in each wait.
                poll.jump_in_wait = 0;
                poll.restless = false;
                result = world.handle(Input::Poll);
            }
            Ok(Step::Send(_)) => {
                let sent = world.real;
                polls += 1;
                assert!(sent >= rules.earliest, "polled at {sent}, {} too early", rules.earliest - sent);
                assert!(set_back || sent <= rules.latest, "polled at {sent}, {} too late", sent - rules.latest);
                assert!(sent - hidden < LIFETIME, "polled at {sent} after the end");
                set_back = false;
                if let Some(next) = script.next() {
                    poll = next.clone();
                } else {
                    poll.outcome = Outcome::Pending;
                    poll.latency = 0;
                    poll.jump = 0;
                }
                world.real += poll.latency;
                world.offset += poll.jump;
                hidden += (-poll.jump).clamp(0, poll.latency);
                pretended += poll.jump.max(0);
                setbacks += i64::from(poll.jump < 0);
                rules.after(poll.outcome, sent, world.real, from_request);
                // What counts from the request is hidden with it.
                set_back |= from_request && poll.jump < 0;
                let input = match poll.outcome {
                    Outcome::Pending => answer(400, r#"{"error":"authorization_pending"}"#),
                    Outcome::SlowDown => answer(400, r#"{"error":"slow_down"}"#),
                    Outcome::NotSent => Input::Failure(SendFailure::NotSent),
                    Outcome::Unknown => Input::Failure(SendFailure::Unknown),
                    Outcome::NoVerdict(status) => answer(status, r#"{"error":"access_denied"}"#),
                    Outcome::RetryAfter(status, seconds) => {
                        let Input::Response(response) = answer(status, "") else { unreachable!() };
                        Input::Response(response.with_header("retry-after", seconds.to_string()))
                    }
                    Outcome::Restart => {
                        world.subject.flow = (world.subject.restored)(&world.subject.flow).unwrap();
                        Input::Resume
                    }
                };
                result = world.handle(input);
            }
            Err(Error::Expired { .. }) => {
                // Not before the time is over, but for a clock that said so, and soon after.
                let ended = world.real;
                assert!(ended + pretended >= LIFETIME - ROUNDING * (1 + setbacks), "over at {ended}");
                return polls;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn answer(status: u16, body: &str) -> Input {
    Input::Response(HttpResponse::new(status).with_header("content-type", "application/json").with_body(body))
}

fn at_start() -> Timestamp {
    START.saturating_add(Duration::from_millis(750))
}

fn device() -> Subject<DevicePolling> {
    let client = client(Authentication::None);
    Subject {
        flow: interaction(at_start(), "files.read", &client).polling,
        restored: |flow| DevicePolling::from_stored(&flow.to_stored()),
        from_request: false,
    }
}

fn backchannel() -> Subject<CibaPolling> {
    let client = client(Authentication::SecretPost("secret".into()));
    Subject {
        flow: begun_at(at_start(), ciba(&client)).poll().unwrap(),
        restored: |flow| CibaPolling::from_stored(&flow.to_stored()),
        from_request: true,
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Pending),
        2 => Just(Outcome::SlowDown),
        1 => Just(Outcome::NotSent),
        1 => Just(Outcome::Unknown),
        1 => Just(Outcome::Restart),
        1 => prop::sample::select(vec![429, 500, 502, 503]).prop_map(Outcome::NoVerdict),
        1 => (prop::sample::select(vec![429, 503]), 0_i64..40).prop_map(|(status, seconds)| Outcome::RetryAfter(status, seconds)),
    ]
}

/// A jump of the clock, in milliseconds: mostly none.
fn jump(ahead: bool) -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0_i64), 1 => -100_000_000_i64..0, 1 => -3_000_i64..0, 1 => 0..if ahead { 20_000_i64 } else { 1 }]
}

/// `ahead` says whether clocks may be set ahead while a poll is under way.
fn script(ahead: bool) -> impl Strategy<Value = Vec<Poll>> {
    let poll = (outcome(), 0_i64..20_000, jump(ahead), jump(true), any::<bool>()).prop_map(
        |(outcome, latency, jump, jump_in_wait, restless)| Poll { outcome, latency, jump, jump_in_wait, restless },
    );
    prop::collection::vec(poll, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    // DEV-02, DEV-03, DEV-04, B1
    #[test]
    fn a_device_never_polls_before_the_interval_has_passed_and_never_after_the_end(script in script(true)) {
        live(device(), &script);
    }

    // B1. A clock that is set ahead a little while a poll is under way looks like a longer poll, and is left out.
    #[test]
    fn a_backchannel_poll_begins_an_interval_after_the_last_one_began(script in script(false)) {
        live(backchannel(), &script);
    }
}

#[test]
fn b1_a_clock_that_is_set_ahead_by_more_than_a_poll_can_last_is_no_long_poll() {
    let jumped = Poll { outcome: Outcome::Pending, latency: 0, jump: 31_000, jump_in_wait: 0, restless: false };
    // At 5, and an interval later at 10, when the clock says 41.
    assert_eq!(live(backchannel(), core::slice::from_ref(&jumped)), 3);
    assert_eq!(live(device(), &[jumped]), 3);
}

#[test]
fn b1_a_server_that_never_decides_is_asked_as_often_as_it_allows_and_no_more() {
    // Every five seconds for fifty, and not at the last, when it is over.
    assert_eq!(live(device(), &[]), 9);
    assert_eq!(live(backchannel(), &[]), 9);
}
