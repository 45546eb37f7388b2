//! B10: whoever sends requests keeps their contract ([`CASES`]).

use conformance::transport::play::play_all;
use conformance::transport::{blocking, curl, future, hyper, reqwest_blocking};
use oauth_client_sans_io::SendFailure;
use oauth_client_sans_io::drive::conformance::CASES;

use crate::drivers::tokio;

#[test]
fn ureq_keeps_the_contract() {
    let agent = blocking::agent();
    play_all(CASES, |request| blocking::send(&agent, request)).unwrap();
}

#[test]
fn reqwest_keeps_the_contract() {
    let (runtime, client) = (tokio(), future::client());
    play_all(CASES, |request| runtime.block_on(future::send(&client, request))).unwrap();
}

#[test]
fn the_blocking_reqwest_keeps_the_contract() {
    let client = reqwest_blocking::client();
    play_all(CASES, |request| reqwest_blocking::send(&client, request)).unwrap();
}

#[test]
fn hyper_keeps_the_contract() {
    let (runtime, client) = (tokio(), hyper::client());
    play_all(CASES, |request| runtime.block_on(hyper::send(&client, request))).unwrap();
}

#[test]
fn curl_keeps_the_contract() {
    play_all(CASES, |request| curl::send(&request)).unwrap();
}

#[test]
fn clients_as_they_come_out_of_the_box_do_not_keep_it() {
    // What the cases are for: each of these is what somebody writes first.
    let defaults = ureq::Agent::new_with_defaults();
    let deviations = play_all(CASES, |request| {
        let request: http::Request<Vec<u8>> = request.try_into().unwrap();
        let (parts, mut body) = defaults.run(request).map_err(|_| SendFailure::NotSent)?.into_parts();
        let body = body.read_to_vec().map_err(|_| SendFailure::NotSent)?;
        Ok(http::Response::from_parts(parts, body).into())
    })
    .unwrap_err();
    for name in [
        "a refusal with status 400 is an answer",
        "a redirect of a GET is an answer and is not followed",
        "a body over the limit is no answer, and the server has acted",
        "a server that hangs up may have seen the request",
    ] {
        assert!(deviations.contains(name), "{name} is not found wanting: {deviations}");
    }
}
