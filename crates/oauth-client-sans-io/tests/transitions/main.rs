//! What every flow answers to every input in every state, legal or not: one table for each flow.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use laws::{keyring, scenarios};
use oauth_client_sans_io::{Input, Step};
use table::{INPUTS, Reached, check};

#[allow(dead_code, reason = "the harness is shared with the laws")]
#[path = "../laws/mod.rs"]
mod laws;

mod authorization;
mod diagrams;
mod polling;
mod resource;
mod table;
mod tokens_and_users;

/// The states of each flow, each with the events that lead there ([`Reached::by`]).
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
    // OA-23: the pushed one.
    for flow in ["client credentials", "revocation", "pushed authorization", "introspection"] {
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
    for flow in ["refresh", "token exchange", "JWT bearer"] {
        check(flow, EXCHANGE, &expected);
    }
}

#[test]
fn a_proof_and_an_assertion_are_made_for_every_sending_and_once_more_for_a_nonce() {
    // DP-07, DP-08
    let states = [
        ("ready", ""),
        ("proof", "r"),
        ("assertion", "ra"),
        ("outstanding", "raa"),
        ("waiting", "raan"),
        ("proof again", "raao"),
        ("third", "raaoaa"),
        ("ended", "raaoaao"),
    ];
    let expected = [
        "                 ready        proof         assertion     outstanding          waiting      proof again   third                ended",
        "resume           ask          ask           ask           wait                 wait         ask           wait                 ended",
        "poll             ask          not_waiting   not_waiting   not_waiting          wait         not_waiting   not_waiting          ended",
        "poll, in time    ask          not_waiting   not_waiting   not_waiting          ask          not_waiting   not_waiting          ended",
        "200              no_request   no_request    no_request    ask                  no_request   no_request    done                 ended",
        "302              no_request   no_request    no_request    unexpected_redirect  no_request   no_request    unexpected_redirect  ended",
        "400              no_request   no_request    no_request    invalid_grant        no_request   no_request    invalid_grant        ended",
        "503              no_request   no_request    no_request    wait                 no_request   no_request    wait                 ended",
        "503, in an hour  no_request   no_request    no_request    server_unavailable   no_request   no_request    server_unavailable   ended",
        "not sent         no_request   no_request    no_request    wait                 no_request   no_request    wait                 ended",
        "unknown          no_request   no_request    no_request    wait                 no_request   no_request    wait                 ended",
        "secret           no_question  wrong_answer  wrong_answer  no_question          no_question  wrong_answer  no_question          ended",
        "verified         no_question  wrong_answer  wrong_answer  no_question          no_question  wrong_answer  no_question          ended",
        "signature        no_question  ask           send          no_question          no_question  ask           no_question          ended",
    ];
    check("client credentials with an assertion and a bound token", &states, &expected);
}

#[test]
fn what_needs_no_credential_asks_nothing_and_is_repeated_only_if_it_was_not_sent() {
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
    for flow in ["code exchange", "registration"] {
        check(flow, &states, &expected);
    }
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
fn a_check_of_what_was_signed_fetches_keys_and_asks_for_the_signature() {
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
    for flow in ["ID token check", "backchannel logout"] {
        check(flow, &states, &expected);
    }
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
        for scenario in scenarios::all() {
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
