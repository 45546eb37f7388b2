//! The first half of a login where it is a flow, and the second after a signed response.

use crate::table::check;

#[test]
fn an_object_a_proof_and_an_assertion_are_made_for_every_pushing() {
    let states = [
        ("ready", ""),
        ("object", "r"),
        ("proof", "ra"),
        ("assertion", "raa"),
        ("outstanding", "raaa"),
        ("waiting", "raaan"),
        ("object again", "raaao"),
        ("ended", "raaaoaaao"),
    ];
    let expected = [
        "                 ready        object        proof         assertion     outstanding          waiting      object again  ended",
        "resume           ask          ask           ask           ask           wait                 wait         ask           ended",
        "poll             ask          not_waiting   not_waiting   not_waiting   not_waiting          wait         not_waiting   ended",
        "poll, in time    ask          not_waiting   not_waiting   not_waiting   not_waiting          ask          not_waiting   ended",
        "200              no_request   no_request    no_request    no_request    ask                  no_request   no_request    ended",
        "302              no_request   no_request    no_request    no_request    unexpected_redirect  no_request   no_request    ended",
        "400              no_request   no_request    no_request    no_request    invalid_grant        no_request   no_request    ended",
        "503              no_request   no_request    no_request    no_request    wait                 no_request   no_request    ended",
        "503, in an hour  no_request   no_request    no_request    no_request    server_unavailable   no_request   no_request    ended",
        "not sent         no_request   no_request    no_request    no_request    wait                 no_request   no_request    ended",
        "unknown          no_request   no_request    no_request    no_request    wait                 no_request   no_request    ended",
        "secret           no_question  wrong_answer  wrong_answer  wrong_answer  no_question          no_question  wrong_answer  ended",
        "verified         no_question  wrong_answer  wrong_answer  wrong_answer  no_question          no_question  wrong_answer  ended",
        "signature        no_question  ask           ask           send          no_question          no_question  ask           ended",
    ];
    check("pushed authorization, signed, with an assertion and a bound code", &states, &expected);
}

#[test]
fn a_signature_makes_a_signed_authorization_and_no_request_is_sent() {
    let expected = [
        "                 ready        asked         ended",
        "resume           ask          ask           ended",
        "poll             ask          not_waiting   ended",
        "poll, in time    ask          not_waiting   ended",
        "200              no_request   no_request    ended",
        "302              no_request   no_request    ended",
        "400              no_request   no_request    ended",
        "503              no_request   no_request    ended",
        "503, in an hour  no_request   no_request    ended",
        "not sent         no_request   no_request    ended",
        "unknown          no_request   no_request    ended",
        "secret           no_question  wrong_answer  ended",
        "verified         no_question  wrong_answer  ended",
        "signature        no_question  done          ended",
    ];
    check("signed authorization", &[("ready", ""), ("asked", "r"), ("ended", "ra")], &expected);
}

#[test]
fn a_signed_response_is_verified_before_its_code_is_redeemed() {
    let states = [
        ("ready", ""),
        ("fetching", "r"),
        ("fetch waits", "rn"),
        ("verifying", "ro"),
        ("redeeming", "roa"),
        ("waiting", "roan"),
        ("checking", "roao"),
        ("ended", "roaoa"),
    ];
    let expected = [
        "                 ready        fetching            fetch waits  verifying          redeeming            waiting      checking      ended",
        "resume           send         wait                wait         ask                no_answer            wait         ask           ended",
        "poll             send         not_waiting         wait         not_waiting        not_waiting          wait         not_waiting   ended",
        "poll, in time    send         not_waiting         send         not_waiting        not_waiting          send         not_waiting   ended",
        "200              no_request   ask                 no_request   no_request         ask                  no_request   no_request    ended",
        "302              no_request   unexpected_status   no_request   no_request         unexpected_redirect  no_request   no_request    ended",
        "400              no_request   unexpected_status   no_request   no_request         invalid_grant        no_request   no_request    ended",
        "503              no_request   wait                no_request   no_request         server_unavailable   no_request   no_request    ended",
        "503, in an hour  no_request   server_unavailable  no_request   no_request         server_unavailable   no_request   no_request    ended",
        "not sent         no_request   wait                no_request   no_request         wait                 no_request   no_request    ended",
        "unknown          no_request   wait                no_request   no_request         no_answer            no_request   no_request    ended",
        "secret           no_question  no_question         no_question  wrong_answer       no_question          no_question  wrong_answer  ended",
        "verified         no_question  no_question         no_question  invalid_signature  no_question          no_question  send          ended",
        "signature        no_question  no_question         no_question  wrong_answer       no_question          no_question  wrong_answer  ended",
    ];
    check("code exchange after a signed response", &states, &expected);
}
