//! The machine of the tables: a flow is led into a state by events, and then something happens to it.

use jwt_core::{Answer, Moments, Question, Secret, Timestamp};
use oauth_client_sans_io::{ApiMisuse, Error, Input, SendFailure, Step};
use oauth_types::{HttpRequest, HttpResponse};

use crate::laws::{START, Scenario, Subject, keyring, scenarios};

/// Everything that can happen, in the order of the tables' rows.
pub(crate) const INPUTS: &[(&str, Make)] = &[
    ("resume", |_| Input::Resume),
    ("poll", |_| Input::Poll),
    ("poll, in time", |_| Input::Poll),
    ("200", |reached| Input::Response(reached.honest().unwrap_or_else(|| HttpResponse::new(200)))),
    ("302", |_| Input::Response(HttpResponse::new(302).with_header("location", "https://evil.example/"))),
    ("400", |_| Input::Response(HttpResponse::new(400).with_body(r#"{"error":"invalid_grant"}"#))),
    ("503", |_| Input::Response(HttpResponse::new(503).with_body(r#"{"error":"invalid_grant"}"#))),
    ("503, in an hour", |_| Input::Response(HttpResponse::new(503).with_header("retry-after", "3600"))),
    ("not sent", |_| Input::Failure(SendFailure::NotSent)),
    ("unknown", |_| Input::Failure(SendFailure::Unknown)),
    ("secret", |_| Input::Answer(Answer::Secret(Secret::new("s")))),
    ("verified", |_| Input::Answer(Answer::Verified(None))),
    ("signature", |_| Input::Answer(Answer::Signature(vec![1; 64]))),
];

/// Makes an input, which may answer what is outstanding.
pub(crate) type Make = fn(&Reached) -> Input;

/// A flow in one of its states.
pub(crate) struct Reached {
    scenario: &'static Scenario,
    flow: Box<dyn Subject>,
    moments: Moments,
    pub(crate) now: Timestamp,
    outstanding: Option<HttpRequest>,
    asked: Option<Question>,
    wait: Option<Timestamp>,
}

impl Reached {
    /// By these events: **r**esume, an honest **a**nswer, an honest **o**k response, **n**ot sent, and **w**aiting until it is time to poll.
    pub(crate) fn by(scenario: &'static Scenario, events: &str) -> Self {
        let (flow, moments) = ((scenario.make)(), Moments::from_seed([1; 32]));
        let mut reached = Self { scenario, flow, moments, now: START, outstanding: None, asked: None, wait: None };
        for event in events.chars() {
            let input = match event {
                'r' => Input::Resume,
                'a' => Input::Answer(keyring().answer(reached.asked.take().expect("a question")).unwrap()),
                'o' => Input::Response(reached.honest().expect("a request")),
                'n' => Input::Failure(SendFailure::NotSent),
                'w' => {
                    reached.now = reached.wait.expect("a wait");
                    Input::Poll
                }
                other => panic!("no event {other}"),
            };
            let result = reached.handle(input);
            assert!(result.is_ok(), "{}: {event} of {events}: {result:?}", scenario.name);
        }
        reached
    }

    fn honest(&self) -> Option<HttpResponse> {
        self.outstanding.as_ref().map(|request| (self.scenario.honest)(request, self.now))
    }

    /// The question that is open.
    pub(crate) fn asked(&self) -> Option<&Question> {
        self.asked.as_ref()
    }

    /// Lets the time pass for which the flow waits.
    pub(crate) fn until_due(&mut self) {
        self.now = self.wait.unwrap_or(self.now);
    }

    pub(crate) fn handle(&mut self, input: Input) -> Result<Step<String>, Error> {
        let result = self.flow.handle(self.moments.at(self.now), input);
        (self.outstanding, self.asked, self.wait) = (None, None, None);
        match &result {
            Ok(Step::Send(request)) => self.outstanding = Some(request.clone()),
            Ok(Step::Ask(question)) => self.asked = Some(question.clone()),
            Ok(Step::Wait(until)) => self.wait = Some(*until),
            Ok(Step::Done(_)) | Err(_) => {}
        }
        result
    }
}

/// One cell: the next step, or the code of the error. Misuse must change nothing, and every other error must end the flow.
fn cell(scenario: &'static Scenario, events: &str, name: &str, input: Make) -> String {
    let mut reached = Reached::by(scenario, events);
    if name == "poll, in time" {
        reached.until_due();
    }
    let (before, input) = (reached.flow.stored(), input(&reached));
    match reached.handle(input) {
        Ok(Step::Send(_)) => "send".into(),
        Ok(Step::Ask(_)) => "ask".into(),
        Ok(Step::Wait(_)) => "wait".into(),
        Ok(Step::Done(_)) => "done".into(),
        Err(error) => {
            if error.is_misuse() {
                assert_eq!(reached.flow.stored(), before, "{}: {name} after {events:?}: {error}", scenario.name);
            } else {
                let after = reached.handle(Input::Resume);
                assert!(matches!(after, Err(Error::ApiMisuse(ApiMisuse::Ended))), "{}: {after:?}", scenario.name);
            }
            error.code().to_owned()
        }
    }
}

/// Compares what every state of a flow answers to every input with a table: a head of the states' names, then a row for each of [`INPUTS`].
pub(crate) fn check(flow: &str, states: &[(&str, &str)], expected: &[&str]) {
    let scenario = scenarios::all().into_iter().find(|scenario| scenario.name == flow).expect("a scenario");
    let head = core::iter::once(String::new()).chain(states.iter().map(|(name, _)| (*name).to_owned())).collect();
    let rows = INPUTS.iter().map(|(name, input)| {
        let cells = states.iter().map(|(_, events)| cell(scenario, events, name, *input));
        core::iter::once((*name).to_owned()).chain(cells).collect()
    });
    let table: Vec<Vec<String>> = core::iter::once(head).chain(rows).collect();
    let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let lines: Vec<String> = table
        .iter()
        .map(|row| {
            let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:width$}", width = width(column)));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    let normal = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let same = lines.iter().map(|line| normal(line)).eq(expected.iter().map(|line| normal(line)));
    assert!(same, "{flow} answers\n{}\nand not\n{}", lines.join("\n"), expected.join("\n"));
}
