//! The state diagrams in the documentation are those of the machines: every flow is explored from its beginning, and what it does is compared with what is drawn.
//!
//! An edge `a --> b: 200, not sent` says that either input leads from `a` to `b`; `anything else` stands for all inputs that are legal in `a` and on no other edge of
//! it, and what stands in brackets is for the reader. An input that leads nowhere else need not be drawn. States are told apart by what they answer to every input.
//! So how often something is sent before the flow gives up is not in a diagram: that is in the tables.

#![allow(clippy::std_instead_of_alloc, reason = "no test is built without std")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use core::time::Duration;

use jwt_core::{Algorithm, Answer, Header, Question, Timestamp};
use oauth_client_sans_io::{Error, Input, Jwks, Lookup, SendFailure, Step};
use oauth_types::{Endpoint, HttpResponse};

use crate::laws::{START, Scenario, keyring, scenarios};
use crate::table::{INPUTS, Reached};

/// Each public flow, and the scenario that its diagram shows.
const DRAWN: &[(&str, &str)] = &[
    ("BackchannelLogout", "backchannel logout"),
    ("Ciba", "CIBA"),
    ("CibaPolling", "CIBA polling"),
    ("CibaPush", "CIBA push"),
    ("ClientCredentials", "client credentials"),
    ("CodeExchange", "code exchange with an ID token"),
    ("Deregistration", "deregistration"),
    ("DeviceAuthorization", "device authorization"),
    ("DevicePolling", "device polling for an ID token"),
    ("Discovery", "discovery"),
    ("IdTokenCheck", "ID token check"),
    ("IdentityAssertion", "identity assertion"),
    ("Introspection", "signed introspection"),
    ("JwtBearer", "JWT bearer"),
    ("PushedAuthorization", "pushed authorization"),
    ("Refresh", "refresh"),
    ("Registration", "registration"),
    ("RegistrationManagement", "registration management"),
    ("ResourceDiscovery", "resource discovery"),
    ("ResourceRequest", "resource request"),
    ("Revocation", "revocation"),
    ("SignedAuthorization", "signed authorization"),
    ("TokenExchange", "token exchange"),
    ("UserInfo", "signed user info"),
];

/// The flows that wait before they do anything, and whose users of the scenarios take their time: a first poll is behind them, and the next one finds the verdict.
const POLLS: &[&str] = &["CibaPolling", "DevicePolling"];
const FIRST_POLL: &[&str] = &["resume", "poll", "secret", "200"];

/// What the diagrams call an input.
const LABELS: &[&str] = &[
    "resume",
    "poll",
    "200",
    "302",
    "400",
    "503",
    "503 in an hour",
    "not sent",
    "unknown",
    "secret",
    "signature",
    "verified",
    "not verified",
];
/// All inputs that are legal in a state and on none of its other edges.
const ELSE: &str = "anything else";
/// What a diagram calls the ends.
const ENDS: [&str; 2] = ["done", "failed"];

#[test]
fn every_flow_does_what_its_diagram_says() {
    let drawn = diagrams();
    let names: Vec<&str> = DRAWN.iter().map(|(flow, _)| *flow).collect();
    for (flow, scenario) in DRAWN {
        let scenario = scenarios::all().into_iter().find(|known| known.name == *scenario).expect("a scenario");
        let diagram = drawn.get(*flow).unwrap_or_else(|| panic!("{flow} has no diagram"));
        let begun = if POLLS.contains(flow) { FIRST_POLL } else { &[] };
        let machine = Machine::explore(scenario, begun);
        let problems = machine.compare(diagram);
        assert!(problems.is_empty(), "{flow}: {}\nIt is\n{}", problems.join("; "), machine.edges.join("\n"));
    }
    // The front page lists every flow.
    let front = include_str!("../../README.md");
    let listed = front.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |")).map(|(cell, _)| cell);
    let listed: BTreeSet<&str> = listed.flat_map(|cell| cell.split(['`', ' ', ','])).collect();
    let unlisted: Vec<_> = names.iter().filter(|name| !listed.contains(*name)).collect();
    assert!(unlisted.is_empty(), "not on the front page: {unlisted:?}");
}

#[test]
fn what_hands_over_to_another_type_does_so_by_the_method_that_its_diagram_names() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |source| text.push_str(source));
    let drawn = diagrams();
    let flows: BTreeSet<&str> = DRAWN.iter().map(|(flow, _)| *flow).collect();
    let others = drawn.iter().filter(|(name, _)| !flows.contains(name.as_str()) && *name != "Jwks");
    let mut edges = 0;
    for (name, diagram) in others {
        for (from, to, label) in diagram.edges.iter().filter(|(_, to, _)| to != "[*]") {
            let from = if from == "[*]" { name } else { from };
            let by = split(label).next().unwrap_or_else(|| panic!("{name}: {from} --> {to} by nothing"));
            let declared = text.split_once(&format!("pub struct {from}")).map(|(_, rest)| rest);
            let (fields, _) = declared.and_then(|rest| rest.split_once("\n}\n")).expect(from);
            // The output of a flow (written out, or said to one of our macros), a field, or what a method gives.
            let written = format!("impl Flow for {from} {{\n    type Output = {to};");
            let said = |line: &str| {
                let rest = line.strip_prefix("    ").and_then(|line| line.strip_prefix(from.as_str()));
                rest.is_some_and(|rest| rest.starts_with(['(', ' ']) && rest.contains(&format!(" -> {to}, \"")))
            };
            let signature = format!("fn {by}(");
            let names_it = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == to);
            let gives = |rest: &str| {
                rest.split_once('{')
                    .is_some_and(|(head, _)| head.split_once("->").is_some_and(|(_, output)| names_it(output)))
            };
            let holds = match by {
                "Done" => text.contains(&written) || text.lines().any(said),
                _ => {
                    text.split(&signature).skip(1).any(gives)
                        || fields.lines().any(|line| line.contains(&format!("pub {by}: ")) && names_it(line))
                }
            };
            assert!(holds, "{name}: {from} does not give {to} by {by}");
            edges += 1;
        }
    }
    assert!(edges > 10, "{edges}");
}

#[test]
fn a_key_set_does_what_its_diagram_says() {
    let header = Header::new(Algorithm::ES256).with_kid("not there");
    let begun = || Jwks::new(Endpoint::new("https://as.example/jwks").unwrap(), &[Algorithm::ES256]);
    // Told apart from outside: one that would fetch, one of which a fetch is under way, and one that does neither now.
    let state = |jwks: &Jwks, now| {
        let lookup = jwks.lookup(&header, now);
        if matches!(lookup, Lookup::Fetch) {
            "due"
        } else if matches!(lookup, Lookup::Wait { .. }) {
            "fetching"
        } else {
            assert!(!matches!(lookup, Lookup::Found(_)), "a key that was never published");
            "cooling"
        }
    };
    let after = |jwks: &mut Jwks, label: &str, now: Timestamp| match label {
        "fetch" => jwks.fetch_for(&header, now).map(|_| now),
        "200" => jwks.handle_response(now, &HttpResponse::new(200).with_body(r#"{"keys":[]}"#)).ok().map(|()| now),
        "400" => jwks.handle_response(now, &HttpResponse::new(400)).err().map(|_| now),
        "503" => jwks.handle_response(now, &HttpResponse::new(503)).err().map(|_| now),
        "not sent" | "unknown" => {
            let failure = if label == "unknown" { SendFailure::Unknown } else { SendFailure::NotSent };
            jwks.handle_failure(now, failure);
            Some(now)
        }
        "a day" => Some(now.saturating_add(Duration::from_secs(86_400))),
        other => panic!("no input {other}"),
    };
    let drawn = diagrams();
    let diagram = &drawn["Jwks"];
    assert_eq!(diagram.start(), state(&begun(), START));
    let paths = [("due", &[][..]), ("fetching", &["fetch"][..]), ("cooling", &["fetch", "200"][..])];
    let mut edges = 0;
    for (name, path) in paths {
        for label in ["fetch", "200", "400", "503", "not sent", "unknown", "a day"] {
            let (mut jwks, mut now) = (begun(), START);
            for step in path {
                now = after(&mut jwks, step, now).unwrap();
            }
            assert_eq!(state(&jwks, now), name);
            // What comes while nothing is under way is none of the diagram's.
            if name != "fetching" && !["fetch", "a day"].contains(&label) {
                continue;
            }
            let reached = after(&mut jwks, label, now).map_or(name, |now| state(&jwks, now));
            assert_eq!(diagram.edge(name, label).map_or(name, |(to, _)| to), reached, "{label} in {name}");
            edges += usize::from(reached != name);
        }
    }
    assert_eq!(edges, diagram.edges.iter().flat_map(|(_, _, text)| split(text)).count());
}

/// A flow as it is.
struct Machine {
    /// What each state answers to each of [`LABELS`]; `None` where that is misuse.
    states: Vec<Vec<Option<String>>>,
    /// Where each label leads from each state.
    leads: Vec<BTreeMap<&'static str, To>>,
    /// The same for people.
    edges: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    State(usize),
    End(&'static str),
}

impl Machine {
    fn explore(scenario: &'static Scenario, begun: &[&'static str]) -> Self {
        let mut paths = vec![begun.to_vec()];
        let mut machine = Self { states: vec![state(scenario, begun)], leads: Vec::new(), edges: Vec::new() };
        while let Some(path) = paths.get(machine.leads.len()).cloned() {
            let from = machine.leads.len();
            let mut leads = BTreeMap::new();
            for (label, answer) in LABELS.iter().zip(machine.states[from].clone()) {
                let Some(answer) = answer else { continue };
                let to = match ENDS.iter().find(|end| **end == answer) {
                    Some(end) => To::End(end),
                    None => {
                        let path: Vec<_> = path.iter().copied().chain([*label]).collect();
                        let reached = state(scenario, &path);
                        To::State(machine.states.iter().position(|known| *known == reached).unwrap_or_else(|| {
                            paths.push(path);
                            machine.states.push(reached);
                            machine.states.len() - 1
                        }))
                    }
                };
                machine.edges.push(format!("{from} --> {to:?}: {label}"));
                leads.insert(*label, to);
            }
            machine.leads.push(leads);
            assert!(paths.len() < 20, "{}: too many states for a diagram", scenario.name);
        }
        machine
    }

    /// Walks both from the beginning. Empty if they are the same.
    fn compare(&self, diagram: &Diagram) -> Vec<String> {
        let mut problems = Vec::new();
        let mut names: BTreeMap<usize, &str> = BTreeMap::from([(0, diagram.start())]);
        let mut walked = BTreeSet::new();
        while let Some((&from, &name)) = names.iter().find(|(state, _)| !walked.contains(*state)) {
            walked.insert(from);
            let leads = &self.leads[from];
            let mut used = BTreeSet::new();
            for (label, to) in leads {
                let edge = diagram.edge(name, label);
                let Some((drawn, by)) = edge else {
                    if *to != To::State(from) {
                        problems.push(format!("{name} is not left by {label}"));
                    }
                    continue;
                };
                used.insert(by);
                let found = match to {
                    To::End(end) => end,
                    To::State(state) => {
                        if !names.contains_key(state)
                            && names.values().all(|name| *name != drawn)
                            && !ENDS.contains(&drawn)
                        {
                            names.insert(*state, drawn);
                        }
                        names.get(state).copied().unwrap_or("a state that is not drawn")
                    }
                };
                if found != drawn {
                    problems.push(format!("{label} leads from {name} to {found} and not to {drawn}"));
                }
            }
            problems.extend(
                diagram
                    .labels(name)
                    .filter(|label| !used.contains(label))
                    .map(|label| format!("{name} knows no {label}")),
            );
        }
        let found: BTreeSet<&str> = names.into_values().chain(ENDS).chain(["[*]"]).collect();
        let drawn = diagram.edges.iter().flat_map(|(from, to, _)| [from.as_str(), to.as_str()]);
        problems.extend(drawn.filter(|name| !found.contains(name)).map(|name| format!("there is no {name}")));
        if diagram.edges.iter().any(|(from, ..)| ENDS.contains(&from.as_str()) && diagram.labels(from).next().is_some())
        {
            problems.push("nothing comes after an end".to_owned());
        }
        problems
    }
}

/// What a state answers to each of [`LABELS`].
fn state(scenario: &'static Scenario, path: &[&'static str]) -> Vec<Option<String>> {
    LABELS.iter().map(|label| does(scenario, path, label)).collect()
}

/// What one input does, without what differs from one sending to the next; `None` where it is misuse.
fn does(scenario: &'static Scenario, path: &[&'static str], label: &'static str) -> Option<String> {
    let mut reached = Reached::by(scenario, "");
    for step in path {
        let input = input(step, &mut reached);
        assert!(reached.handle(input).is_ok(), "{}: {step} of {path:?}", scenario.name);
    }
    let input = input(label, &mut reached);
    match reached.handle(input) {
        Ok(Step::Send(request)) => Some(format!("send {}", request.url())),
        Ok(Step::Ask(Question::Sign { key, .. })) => Some(format!("sign with {}", key.as_str())),
        Ok(Step::Ask(Question::Secret { key })) => Some(format!("reveal {}", key.as_str())),
        Ok(Step::Ask(_)) => Some("verify".to_owned()),
        Ok(Step::Wait(_)) => Some("wait".to_owned()),
        Ok(Step::Done(_)) => Some("done".to_owned()),
        Err(Error::ApiMisuse(_)) => None,
        Err(_) => Some("failed".to_owned()),
    }
}

fn input(label: &'static str, reached: &mut Reached) -> Input {
    let row = match (label, reached.asked()) {
        // What was asked for is given.
        ("secret", Some(question @ Question::Secret { .. }))
        | ("signature", Some(question @ Question::Sign { .. }))
        | ("verified", Some(question @ Question::Verify { .. })) => {
            return Input::Answer(keyring().answer(question.clone()).unwrap());
        }
        ("verified", _) => return Input::Answer(Answer::Verified(Some(0))),
        ("not verified", _) => "verified",
        ("503 in an hour", _) => "503, in an hour",
        ("poll", _) => {
            reached.until_due();
            "poll"
        }
        _ => label,
    };
    let (_, make) = INPUTS.iter().find(|(name, _)| *name == row).expect("an input");
    make(reached)
}

/// A diagram as it is drawn: from, to, label.
struct Diagram {
    edges: Vec<(String, String, String)>,
}

impl Diagram {
    fn start(&self) -> &str {
        &self.edges.iter().find(|(from, ..)| from == "[*]").expect("a beginning").1
    }

    /// Where a label leads, and as what it is drawn.
    fn edge(&self, from: &str, label: &str) -> Option<(&str, &str)> {
        let edges = || {
            self.edges
                .iter()
                .filter(|edge| edge.0 == from)
                .flat_map(|(_, to, text)| split(text).map(move |label| (to.as_str(), label)))
        };
        edges().find(|(_, drawn)| *drawn == label).or_else(|| edges().find(|(_, drawn)| *drawn == ELSE))
    }

    fn labels(&self, from: &str) -> impl Iterator<Item = &str> {
        self.edges.iter().filter(move |edge| edge.0 == from).flat_map(|(_, _, text)| split(text))
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(" (").next().unwrap_or_default().split(", ").filter(|label| !label.is_empty())
}

/// All diagrams of the sources, by the type whose documentation they are in.
fn diagrams() -> BTreeMap<String, Diagram> {
    let mut found = BTreeMap::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |source| {
        for part in source.split("/// ```mermaid\n").skip(1) {
            let (drawing, rest) = part.split_once("/// ```\n").expect("an end");
            let name =
                rest.split("\npub struct ").nth(1).unwrap().split(|c: char| !c.is_alphanumeric()).next().unwrap();
            let mut lines = drawing.lines().map(|line| line.trim_start_matches("///").trim());
            assert_eq!(lines.next(), Some("stateDiagram-v2"), "{name}");
            let edges = lines.map(|line| {
                let (from, rest) = line.split_once(" --> ").unwrap_or_else(|| panic!("{name}: {line}"));
                let (to, label) = rest.split_once(": ").unwrap_or((rest, ""));
                (from.to_owned(), to.to_owned(), label.to_owned())
            });
            let before = found.insert(name.to_owned(), Diagram { edges: edges.collect() });
            assert!(before.is_none(), "{name} has two diagrams");
        }
    });
    found
}

/// Hands every source over.
fn sources(directory: &Path, take: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, take);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            take(&fs::read_to_string(path).unwrap());
        }
    }
}
