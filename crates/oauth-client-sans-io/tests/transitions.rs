//! What every flow answers to every input in every state, legal or not: one table for each flow.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use jwt_core::{Answer, Moments, Question, Secret, Timestamp};
use laws::scenarios::ALL;
use laws::{START, Scenario, Subject, keyring};
use oauth_client_sans_io::{ApiMisuse, Error, Input, SendFailure, Step};
use oauth_types::{HttpRequest, HttpResponse};

#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

/// The states of each flow, each with the events that lead there: **r**esume, an honest **a**nswer, an honest **o**k response, **n**ot sent, and
/// **w**aiting until it is time to poll.
const EXCHANGE: &[(&str, &str)] = &[
    ("ready", ""),
    ("asked", "r"),
    ("outstanding", "ra"),
    ("waiting", "ran"),
    ("third", "ranwanwa"),
    ("ended", "rao"),
];

#[test]
fn a_request_that_may_be_repeated_is_until_the_budget_is_spent() {
    let expected = [
        "                 ready       asked        outstanding          waiting     third                ended",
        "resume           ask         ask          wait                 wait        no_answer            ended",
        "poll             ask         not_waiting  not_waiting          wait        not_waiting          ended",
        "poll, in time    ask         not_waiting  not_waiting          ask         not_waiting          ended",
        "200              no_request  no_request   done                 no_request  done                 ended",
        "302              no_request  no_request   unexpected_redirect  no_request  unexpected_redirect  ended",
        "400              no_request  no_request   invalid_grant        no_request  invalid_grant        ended",
        "503              no_request  no_request   wait                 no_request  server_unavailable   ended",
        "503, in an hour  no_request  no_request   server_unavailable   no_request  server_unavailable   ended",
        "not sent         no_request  no_request   wait                 no_request  not_sent             ended",
        "unknown          no_request  no_request   wait                 no_request  no_answer            ended",
        "secret           no_question send         no_question          no_question no_question          ended",
        "verified         no_question wrong_answer no_question          no_question no_question          ended",
        "signature        no_question wrong_answer no_question          no_question no_question          ended",
    ];
    for flow in ["client credentials", "revocation"] {
        check(flow, EXCHANGE, &expected);
    }
}

#[test]
fn a_request_that_may_have_been_seen_is_repeated_only_if_it_was_not_sent() {
    let expected = [
        "                 ready       asked        outstanding          waiting     third                ended",
        "resume           ask         ask          no_answer            wait        no_answer            ended",
        "poll             ask         not_waiting  not_waiting          wait        not_waiting          ended",
        "poll, in time    ask         not_waiting  not_waiting          ask         not_waiting          ended",
        "200              no_request  no_request   done                 no_request  done                 ended",
        "302              no_request  no_request   unexpected_redirect  no_request  unexpected_redirect  ended",
        "400              no_request  no_request   invalid_grant        no_request  invalid_grant        ended",
        "503              no_request  no_request   server_unavailable   no_request  server_unavailable   ended",
        "503, in an hour  no_request  no_request   server_unavailable   no_request  server_unavailable   ended",
        "not sent         no_request  no_request   wait                 no_request  not_sent             ended",
        "unknown          no_request  no_request   no_answer            no_request  no_answer            ended",
        "secret           no_question send         no_question          no_question no_question          ended",
        "verified         no_question wrong_answer no_question          no_question no_question          ended",
        "signature        no_question wrong_answer no_question          no_question no_question          ended",
    ];
    check("refresh", EXCHANGE, &expected);
}

#[test]
fn a_public_client_is_asked_nothing() {
    let states = [("ready", ""), ("outstanding", "r"), ("waiting", "rn"), ("ended", "ro")];
    let expected = [
        "                 ready       outstanding          waiting     ended",
        "resume           send        no_answer            wait        ended",
        "poll             send        not_waiting          wait        ended",
        "poll, in time    send        not_waiting          send        ended",
        "200              no_request  done                 no_request  ended",
        "302              no_request  unexpected_redirect  no_request  ended",
        "400              no_request  invalid_grant        no_request  ended",
        "503              no_request  server_unavailable   no_request  ended",
        "503, in an hour  no_request  server_unavailable   no_request  ended",
        "not sent         no_request  wait                 no_request  ended",
        "unknown          no_request  no_answer            no_request  ended",
        "secret           no_question no_question          no_question ended",
        "verified         no_question no_question          no_question ended",
        "signature        no_question no_question          no_question ended",
    ];
    check("code exchange", &states, &expected);
}

#[test]
fn a_login_redeems_its_code_once_and_then_checks_its_id_token() {
    let states = [
        ("ready", ""),
        ("asked", "r"),
        ("redeeming", "ra"),
        ("waiting", "ran"),
        ("fetching", "rao"),
        ("fetch waits", "raon"),
        ("verifying", "raoo"),
        ("ended", "raooa"),
    ];
    let expected = [
        "                 ready        asked         redeeming            waiting      fetching            fetch waits  verifying          ended",
        "resume           ask          ask           no_answer            wait         wait                wait         ask                ended",
        "poll             ask          not_waiting   not_waiting          wait         not_waiting         wait         not_waiting        ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          not_waiting         send         not_waiting        ended",
        "200              no_request   no_request    send                 no_request   ask                 no_request   no_request         ended",
        "302              no_request   no_request    unexpected_redirect  no_request   unexpected_status   no_request   no_request         ended",
        "400              no_request   no_request    invalid_grant        no_request   unexpected_status   no_request   no_request         ended",
        "503              no_request   no_request    server_unavailable   no_request   wait                no_request   no_request         ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   server_unavailable  no_request   no_request         ended",
        "not sent         no_request   no_request    wait                 no_request   wait                no_request   no_request         ended",
        "unknown          no_request   no_request    no_answer            no_request   wait                no_request   no_request         ended",
        "secret           no_question  send          no_question          no_question  no_question         no_question  wrong_answer       ended",
        "verified         no_question  wrong_answer  no_question          no_question  no_question         no_question  invalid_signature  ended",
        "signature        no_question  wrong_answer  no_question          no_question  no_question         no_question  wrong_answer       ended",
    ];
    check("code exchange with an ID token", &states, &expected);
}

#[test]
fn an_id_token_check_fetches_keys_and_asks_for_the_signature() {
    let states =
        [("ready", ""), ("fetching", "r"), ("waiting", "rn"), ("third", "rnwnw"), ("asked", "ro"), ("ended", "roa")];
    let expected = [
        "                 ready        fetching            waiting      third               asked              ended",
        "resume           send         wait                wait         no_answer           ask                ended",
        "poll             send         not_waiting         wait         not_waiting         not_waiting        ended",
        "poll, in time    send         not_waiting         send         not_waiting         not_waiting        ended",
        "200              no_request   ask                 no_request   ask                 no_request         ended",
        "302              no_request   unexpected_status   no_request   unexpected_status   no_request         ended",
        "400              no_request   unexpected_status   no_request   unexpected_status   no_request         ended",
        "503              no_request   wait                no_request   server_unavailable  no_request         ended",
        "503, in an hour  no_request   server_unavailable  no_request   server_unavailable  no_request         ended",
        "not sent         no_request   wait                no_request   not_sent            no_request         ended",
        "unknown          no_request   wait                no_request   no_answer           no_request         ended",
        "secret           no_question  no_question         no_question  no_question         wrong_answer       ended",
        "verified         no_question  no_question         no_question  no_question         invalid_signature  ended",
        "signature        no_question  no_question         no_question  no_question         wrong_answer       ended",
    ];
    check("ID token check", &states, &expected);
}

#[test]
fn discovery_goes_round_its_candidates() {
    let states = [
        ("ready", ""),
        ("first", "r"),
        ("second", "ro"),
        ("after none", "rn"),
        ("waiting", "rnn"),
        ("last", "rnnwnnwn"),
        ("ended", "roo"),
    ];
    let expected = [
        "                 ready        first        second              after none          waiting      last                ended",
        "resume           send         send         wait                wait                wait         no_answer           ended",
        "poll             send         not_waiting  not_waiting         not_waiting         wait         not_waiting         ended",
        "poll, in time    send         not_waiting  not_waiting         not_waiting         send         not_waiting         ended",
        "200              no_request   send         done                done                no_request   done                ended",
        "302              no_request   send         metadata_status     wait                no_request   not_sent            ended",
        "400              no_request   send         metadata_status     wait                no_request   not_sent            ended",
        "503              no_request   send         wait                wait                no_request   server_unavailable  ended",
        "503, in an hour  no_request   send         server_unavailable  server_unavailable  no_request   server_unavailable  ended",
        "not sent         no_request   send         wait                wait                no_request   not_sent            ended",
        "unknown          no_request   send         wait                wait                no_request   no_answer           ended",
        "secret           no_question  no_question  no_question         no_question         no_question  no_question         ended",
        "verified         no_question  no_question  no_question         no_question         no_question  no_question         ended",
        "signature        no_question  no_question  no_question         no_question         no_question  no_question         ended",
    ];
    check("discovery", &states, &expected);
}

#[test]
fn every_flow_ends_if_the_network_does_the_same_thing_for_ever() {
    // Law 7, with a server that never comes to its senses.
    let happens = ["resume", "302", "400", "503", "503, in an hour", "not sent", "unknown"];
    let inputs = INPUTS.iter().filter(|(name, _)| happens.contains(name));
    for (name, input) in inputs {
        for scenario in ALL {
            let mut reached = Reached::by(scenario, "");
            let mut next = Input::Resume;
            let mut steps = 0;
            while let Ok(step) = reached.handle(next) {
                steps += 1;
                assert!(steps < 40, "{}: {name} for ever", scenario.name);
                next = match step {
                    Step::Send(_) => input(&reached),
                    Step::Ask(question) => Input::Answer(keyring().answer(question).unwrap()),
                    Step::Wait(until) => {
                        reached.now = until;
                        Input::Poll
                    }
                    Step::Done(_) => break,
                };
            }
        }
    }
}

// ---- the tables' machine

/// Everything that can happen, in the order of the tables' rows.
const INPUTS: &[(&str, Make)] = &[
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
type Make = fn(&Reached) -> Input;

/// A flow in one of its states.
struct Reached {
    scenario: &'static Scenario,
    flow: Box<dyn Subject>,
    moments: Moments,
    now: Timestamp,
    outstanding: Option<HttpRequest>,
    asked: Option<Question>,
    wait: Option<Timestamp>,
}

impl Reached {
    fn by(scenario: &'static Scenario, events: &str) -> Self {
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

    fn handle(&mut self, input: Input) -> Result<Step<String>, Error> {
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
        reached.now = reached.wait.unwrap_or(reached.now);
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

fn check(flow: &str, states: &[(&str, &str)], expected: &[&str]) {
    let scenario = ALL.iter().find(|scenario| scenario.name == flow).expect("a scenario");
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
