//! `flow_*`: the state machines, one by one, with every question answered inside.

mod client;
pub(super) mod login;
mod outputs;
pub(super) mod start;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::time::Duration;

use jwt_core::{Keyring, Moment, Moments, Timestamp};
use oauth_client_sans_io::{ApiMisuse, Error, Flow, Input, SendFailure, Step, Stored};
use serde_json::{Value, json};

use super::messages::response;
use super::{Question, Refusal, Reply, usage};

/// Flows by number.
#[derive(Debug, Default)]
pub(super) struct Flows {
    next: u64,
    running: BTreeMap<u64, Running>,
}

/// A flow and what it does not have itself: the moments and the keys.
#[derive(Debug)]
struct Running {
    machine: Box<dyn Machine>,
    moments: Moments,
    keyring: Keyring,
    /// Whether it has ended.
    over: bool,
}

/// How many flows are kept, some kilobytes each: more than any suite drives at a time.
const MAX_FLOWS: usize = 10_000;

/// All but a whole second.
const PART_OF_A_SECOND: Duration = Duration::from_nanos(999_999_999);

impl Flows {
    pub(super) fn start(&mut self, question: &Question<'_>) -> Reply {
        let now = question.now()?;
        let mut moments = Moments::from_seed(question.seed()?);
        let (machine, keyring, first) = match start::start(question, &mut || moments.at(now))? {
            Started::Flow(machine, keyring) => (machine, keyring, None),
            Started::Over(step) => (Box::new(Over) as Box<dyn Machine>, Keyring::new(), Some(step)),
        };
        let mut running = Running { machine, moments, keyring, over: first.is_some() };
        let step = match first {
            Some(step) => step,
            None => running.go_on(now, Input::Resume)?,
        };
        self.make_room()?;
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.running.insert(number, running);
        Ok(json!({ "flow": number, "step": step }))
    }

    pub(super) fn input(&mut self, question: &Question<'_>) -> Reply {
        let number = question.number("flow")?;
        let no_flow = || usage(format!("no flow {number}"));
        let op = question.text("op")?;
        if op == "flow_cancel" {
            return self.running.remove(&number).map(|_| json!({})).ok_or_else(no_flow);
        }
        let running = self.running.get_mut(&number).ok_or_else(no_flow)?;
        let input = match op {
            "flow_response" => Input::Response(response(&question.object("response")?)?),
            "flow_failure" => Input::Failure(failure(question)?),
            "flow_poll" => Input::Poll,
            "flow_resume" => Input::Resume,
            _ => return Ok(json!({ "stored_bytes": running.machine.store()? })),
        };
        let step = running.go_on(question.now()?, input)?;
        Ok(json!({ "step": step }))
    }
}

impl Flows {
    /// Room for one more: the flow goes that was begun first of those that have ended.
    fn make_room(&mut self) -> Result<(), Refusal> {
        if self.running.len() >= MAX_FLOWS {
            let ended = self.running.iter().find(|(_, running)| running.over).map(|(number, _)| *number);
            let ended = ended.ok_or_else(|| usage(format!("{MAX_FLOWS} flows are under way: cancel some")))?;
            drop(self.running.remove(&ended));
        }
        Ok(())
    }
}

impl Running {
    /// One input, and every question that it raises.
    fn go_on(&mut self, now: Timestamp, input: Input) -> Reply {
        let mut input = input;
        loop {
            match self.machine.handle(self.moments.at(now), input) {
                Ok(Step::Ask(question)) => {
                    let answer = self.keyring.answer(question);
                    input = Input::Answer(answer.map_err(refusal!())?);
                }
                Ok(Step::Send(request)) => return Ok(json!({ "send": outputs::sent(&request) })),
                // Rounded up: a whole second earlier would be too early for ever.
                Ok(Step::Wait(until)) => {
                    let until = until.saturating_add(PART_OF_A_SECOND).as_unix();
                    return Ok(json!({ "wait": until }));
                }
                Ok(Step::Done(last)) => match self.machine.next() {
                    Some(next) => {
                        self.machine = next;
                        input = Input::Resume;
                    }
                    None => {
                        self.over = true;
                        return Ok(last);
                    }
                },
                Err(error) => {
                    // A call that was out of turn leaves the flow as it was.
                    self.over |= !matches!(error, Error::ApiMisuse(_));
                    return Ok(outputs::failed(&error));
                }
            }
        }
    }
}

pub(super) fn failure(question: &Question<'_>) -> Result<SendFailure, Refusal> {
    match question.text("failure")? {
        "not_sent" => Ok(SendFailure::NotSent),
        "unknown" => Ok(SendFailure::Unknown),
        _ => Err(usage("failure is neither \"not_sent\" nor \"unknown\"")),
    }
}

/// A flow that was begun.
enum Started {
    Flow(Box<dyn Machine>, Keyring),
    /// It ended with this step.
    Over(Value),
}

impl Started {
    fn flow<F: Flow + Stored + Debug + 'static>(flow: F, keyring: Keyring, describe: fn(F::Output) -> Value) -> Self {
        Self::Flow(Box::new(Of { flow, describe }), keyring)
    }
}

/// A flow of any output. What it ends with is its last step: `done`, `redirect` or `prompt`.
pub(super) trait Machine: Debug {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error>;

    /// Stores, restores in place, and says how long the stored form was.
    fn store(&mut self) -> Result<usize, Refusal>;

    /// The flow that goes on where this one ended.
    fn next(&mut self) -> Option<Box<dyn Machine>> {
        None
    }
}

struct Of<F: Flow> {
    flow: F,
    describe: fn(F::Output) -> Value,
}

impl<F: Flow + Debug> Debug for Of<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.flow.fmt(f)
    }
}

impl<F: Flow + Stored + Debug> Machine for Of<F> {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error> {
        self.flow.handle(at, input).map(|step| ended(step, self.describe))
    }

    fn store(&mut self) -> Result<usize, Refusal> {
        restore(&mut self.flow)
    }
}

/// The same step, with the output described.
pub(super) fn ended<T>(step: Step<T>, describe: impl FnOnce(T) -> Value) -> Step<Value> {
    match step {
        Step::Send(request) => Step::Send(request),
        Step::Ask(question) => Step::Ask(question),
        Step::Wait(until) => Step::Wait(until),
        Step::Done(output) => Step::Done(describe(output)),
    }
}

/// Puts what its stored form gives in the place of a flow.
fn restore<S: Stored>(flow: &mut S) -> Result<usize, Refusal> {
    let text = flow.to_stored();
    *flow = S::from_stored(&text).map_err(refusal!())?;
    Ok(text.len())
}

/// What ended with its first step.
#[derive(Debug)]
struct Over;

impl Machine for Over {
    fn handle(&mut self, _: Moment, _: Input) -> Result<Step<Value>, Error> {
        Err(ApiMisuse::Ended.into())
    }

    fn store(&mut self) -> Result<usize, Refusal> {
        Ok(0)
    }
}
