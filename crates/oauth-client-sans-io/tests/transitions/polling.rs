//! Flows that poll, and those that begin them.

use crate::table::check;

#[test]
fn a_device_authorization_is_repeated_as_long_as_that_does_no_harm() {
    let states = [("ready", ""), ("asked", "r"), ("outstanding", "ra"), ("waiting", "ran"), ("ended", "rao")];
    let expected = [
        "                 ready        asked         outstanding          waiting      ended",
        "resume           ask          ask           wait                 wait         ended",
        "poll             ask          not_waiting   not_waiting          wait         ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          ended",
        "200              no_request   no_request    done                 no_request   ended",
        "302              no_request   no_request    unexpected_redirect  no_request   ended",
        "400              no_request   no_request    invalid_grant        no_request   ended",
        "503              no_request   no_request    wait                 no_request   ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   ended",
        "not sent         no_request   no_request    wait                 no_request   ended",
        "unknown          no_request   no_request    wait                 no_request   ended",
        "secret           no_question  send          no_question          no_question  ended",
        "verified         no_question  wrong_answer  no_question          no_question  ended",
        "signature        no_question  wrong_answer  no_question          no_question  ended",
    ];
    check("device authorization", &states, &expected);
}

#[test]
fn a_device_polls_until_there_is_a_verdict() {
    let states = [
        ("new", ""),
        ("waiting", "r"),
        ("outstanding", "rw"),
        ("pending", "rwo"),
        ("failed", "rwn"),
        ("second", "rwow"),
        ("ended", "rwowo"),
    ];
    let expected = [
        "                 new          waiting      outstanding          pending      failed       second               ended",
        "resume           wait         wait         wait                 wait         wait         wait                 ended",
        "poll             wait         wait         not_waiting          wait         wait         not_waiting          ended",
        "poll, in time    wait         send         not_waiting          send         send         not_waiting          ended",
        "200              no_request   no_request   wait                 no_request   no_request   done                 ended",
        "302              no_request   no_request   unexpected_redirect  no_request   no_request   unexpected_redirect  ended",
        "400              no_request   no_request   invalid_grant        no_request   no_request   invalid_grant        ended",
        "503              no_request   no_request   wait                 no_request   no_request   wait                 ended",
        "503, in an hour  no_request   no_request   wait                 no_request   no_request   wait                 ended",
        "not sent         no_request   no_request   wait                 no_request   no_request   wait                 ended",
        "unknown          no_request   no_request   wait                 no_request   no_request   wait                 ended",
        "secret           no_question  no_question  no_question          no_question  no_question  no_question          ended",
        "verified         no_question  no_question  no_question          no_question  no_question  no_question          ended",
        "signature        no_question  no_question  no_question          no_question  no_question  no_question          ended",
    ];
    check("device polling", &states, &expected);
}

#[test]
fn a_device_whose_tokens_are_bound_proves_it_with_every_poll() {
    let states = [
        ("waiting", "r"),
        ("proof", "rw"),
        ("assertion", "rwa"),
        ("outstanding", "rwaa"),
        ("pending", "rwaao"),
        ("second", "rwaaowaa"),
        ("wants a nonce", "rwaaowaao"),
        ("with the nonce", "rwaaowaaowaa"),
        ("ended", "rwaaowaaowaao"),
    ];
    let expected = [
        "                 waiting      proof         assertion     outstanding          pending      second               wants a nonce  with the nonce       ended",
        "resume           wait         ask           ask           wait                 wait         wait                 wait           wait                 ended",
        "poll             wait         not_waiting   not_waiting   not_waiting          wait         not_waiting          wait           not_waiting          ended",
        "poll, in time    ask          not_waiting   not_waiting   not_waiting          ask          not_waiting          ask            not_waiting          ended",
        "200              no_request   no_request    no_request    wait                 no_request   wait                 no_request     done                 ended",
        "302              no_request   no_request    no_request    unexpected_redirect  no_request   unexpected_redirect  no_request     unexpected_redirect  ended",
        "400              no_request   no_request    no_request    invalid_grant        no_request   invalid_grant        no_request     invalid_grant        ended",
        "503              no_request   no_request    no_request    wait                 no_request   wait                 no_request     wait                 ended",
        "503, in an hour  no_request   no_request    no_request    wait                 no_request   wait                 no_request     wait                 ended",
        "not sent         no_request   no_request    no_request    wait                 no_request   wait                 no_request     wait                 ended",
        "unknown          no_request   no_request    no_request    wait                 no_request   wait                 no_request     wait                 ended",
        "secret           no_question  wrong_answer  wrong_answer  no_question          no_question  no_question          no_question    no_question          ended",
        "verified         no_question  wrong_answer  wrong_answer  no_question          no_question  no_question          no_question    no_question          ended",
        "signature        no_question  ask           send          no_question          no_question  no_question          no_question    no_question          ended",
    ];
    check("device polling with an assertion and a bound token", &states, &expected);
}

#[test]
fn a_device_checks_its_id_token() {
    let states = [
        ("waiting", "r"),
        ("asked", "rw"),
        ("outstanding", "rwaowa"),
        ("fetching", "rwaowao"),
        ("fetch_waits", "rwaowaon"),
        ("verifying", "rwaowaoo"),
        ("ended", "rwaowaooa"),
    ];
    let expected = [
        "                 waiting      asked         outstanding          fetching            fetch_waits  verifying          ended",
        "resume           wait         ask           wait                 wait                wait         ask                ended",
        "poll             wait         not_waiting   not_waiting          not_waiting         wait         not_waiting        ended",
        "poll, in time    ask          not_waiting   not_waiting          not_waiting         send         not_waiting        ended",
        "200              no_request   no_request    send                 ask                 no_request   no_request         ended",
        "302              no_request   no_request    unexpected_redirect  unexpected_status   no_request   no_request         ended",
        "400              no_request   no_request    invalid_grant        unexpected_status   no_request   no_request         ended",
        "503              no_request   no_request    wait                 wait                no_request   no_request         ended",
        "503, in an hour  no_request   no_request    wait                 server_unavailable  no_request   no_request         ended",
        "not sent         no_request   no_request    wait                 wait                no_request   no_request         ended",
        "unknown          no_request   no_request    wait                 wait                no_request   no_request         ended",
        "secret           no_question  send          no_question          no_question         no_question  wrong_answer       ended",
        "verified         no_question  wrong_answer  no_question          no_question         no_question  invalid_signature  ended",
        "signature        no_question  wrong_answer  no_question          no_question         no_question  wrong_answer       ended",
    ];
    check("device polling for an ID token", &states, &expected);
    check("CIBA polling", &states, &expected);
}

#[test]
fn a_request_that_makes_the_users_device_ring_is_repeated_only_if_it_was_not_sent() {
    let states = [("ready", ""), ("asked", "r"), ("outstanding", "ra"), ("waiting", "ran"), ("ended", "rao")];
    let expected = [
        "                 ready        asked         outstanding          waiting      ended",
        "resume           ask          ask           no_answer            wait         ended",
        "poll             ask          not_waiting   not_waiting          wait         ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          ended",
        "200              no_request   no_request    done                 no_request   ended",
        "302              no_request   no_request    unexpected_redirect  no_request   ended",
        "400              no_request   no_request    invalid_grant        no_request   ended",
        "503              no_request   no_request    server_unavailable   no_request   ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   ended",
        "not sent         no_request   no_request    wait                 no_request   ended",
        "unknown          no_request   no_request    no_answer            no_request   ended",
        "secret           no_question  send          no_question          no_question  ended",
        "verified         no_question  wrong_answer  no_question          no_question  ended",
        "signature        no_question  wrong_answer  no_question          no_question  ended",
    ];
    check("CIBA", &states, &expected);
}

#[test]
fn a_request_that_is_signed_is_signed_before_the_client_authenticates() {
    let states = [
        ("ready", ""),
        ("object", "r"),
        ("assertion", "ra"),
        ("outstanding", "raa"),
        ("waiting", "raan"),
        ("ended", "raao"),
    ];
    let expected = [
        "                 ready        object        assertion     outstanding          waiting      ended",
        "resume           ask          ask           ask           no_answer            wait         ended",
        "poll             ask          not_waiting   not_waiting   not_waiting          wait         ended",
        "poll, in time    ask          not_waiting   not_waiting   not_waiting          ask          ended",
        "200              no_request   no_request    no_request    done                 no_request   ended",
        "302              no_request   no_request    no_request    unexpected_redirect  no_request   ended",
        "400              no_request   no_request    no_request    invalid_grant        no_request   ended",
        "503              no_request   no_request    no_request    server_unavailable   no_request   ended",
        "503, in an hour  no_request   no_request    no_request    server_unavailable   no_request   ended",
        "not sent         no_request   no_request    no_request    wait                 no_request   ended",
        "unknown          no_request   no_request    no_request    no_answer            no_request   ended",
        "secret           no_question  wrong_answer  wrong_answer  no_question          no_question  ended",
        "verified         no_question  wrong_answer  wrong_answer  no_question          no_question  ended",
        "signature        no_question  ask           send          no_question          no_question  ended",
    ];
    check("CIBA, signed", &states, &expected);
}

#[test]
fn a_ping_is_followed_by_a_poll_at_once() {
    let states = [
        ("ready", ""),
        ("proof", "r"),
        ("assertion", "ra"),
        ("outstanding", "raa"),
        ("wants a nonce", "raao"),
        ("with the nonce", "raaowaa"),
        ("fetching", "raaowaao"),
        ("verifying", "raaowaaoo"),
        ("ended", "raaowaaooa"),
    ];
    let expected = [
        "                 ready        proof         assertion     outstanding          wants a nonce  with the nonce       fetching            verifying          ended",
        "resume           ask          ask           ask           wait                 wait           wait                 wait                ask                ended",
        "poll             ask          not_waiting   not_waiting   not_waiting          wait           not_waiting          not_waiting         not_waiting        ended",
        "poll, in time    ask          not_waiting   not_waiting   not_waiting          ask            not_waiting          not_waiting         not_waiting        ended",
        "200              no_request   no_request    no_request    wait                 no_request     send                 ask                 no_request         ended",
        "302              no_request   no_request    no_request    unexpected_redirect  no_request     unexpected_redirect  unexpected_status   no_request         ended",
        "400              no_request   no_request    no_request    invalid_grant        no_request     invalid_grant        unexpected_status   no_request         ended",
        "503              no_request   no_request    no_request    wait                 no_request     wait                 wait                no_request         ended",
        "503, in an hour  no_request   no_request    no_request    wait                 no_request     wait                 server_unavailable  no_request         ended",
        "not sent         no_request   no_request    no_request    wait                 no_request     wait                 wait                no_request         ended",
        "unknown          no_request   no_request    no_request    wait                 no_request     wait                 wait                no_request         ended",
        "secret           no_question  wrong_answer  wrong_answer  no_question          no_question    no_question          no_question         wrong_answer       ended",
        "verified         no_question  wrong_answer  wrong_answer  no_question          no_question    no_question          no_question         invalid_signature  ended",
        "signature        no_question  ask           send          no_question          no_question    no_question          no_question         wrong_answer       ended",
    ];
    check("CIBA ping", &states, &expected);
}

#[test]
fn tokens_that_are_pushed_are_checked() {
    let states = [("ready", ""), ("fetching", "r"), ("waiting", "rn"), ("verifying", "ro"), ("ended", "roa")];
    let expected = [
        "                 ready        fetching            waiting      verifying          ended",
        "resume           send         wait                wait         ask                ended",
        "poll             send         not_waiting         wait         not_waiting        ended",
        "poll, in time    send         not_waiting         send         not_waiting        ended",
        "200              no_request   ask                 no_request   no_request         ended",
        "302              no_request   unexpected_status   no_request   no_request         ended",
        "400              no_request   unexpected_status   no_request   no_request         ended",
        "503              no_request   wait                no_request   no_request         ended",
        "503, in an hour  no_request   server_unavailable  no_request   no_request         ended",
        "not sent         no_request   wait                no_request   no_request         ended",
        "unknown          no_request   wait                no_request   no_request         ended",
        "secret           no_question  no_question         no_question  wrong_answer       ended",
        "verified         no_question  no_question         no_question  invalid_signature  ended",
        "signature        no_question  no_question         no_question  wrong_answer       ended",
    ];
    check("CIBA push", &states, &expected);
}
