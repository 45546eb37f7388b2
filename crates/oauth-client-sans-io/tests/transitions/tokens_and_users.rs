//! Exchanges, introspection, user info, logout tokens and registrations.

use crate::table::check;

#[test]
fn an_assertion_is_made_for_every_sending_and_once_more_for_a_nonce() {
    // DP-07, DP-08
    let states = [
        ("ready", ""),
        ("asked", "raa"),
        ("outstanding", "raaa"),
        ("waiting", "raaan"),
        ("third", "raaaoaaa"),
        ("ended", "raaaoaaao"),
    ];
    let expected = [
        "                 ready        asked         outstanding          waiting      third                ended",
        "resume           ask          ask           no_answer            wait         no_answer            ended",
        "poll             ask          not_waiting   not_waiting          wait         not_waiting          ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          not_waiting          ended",
        "200              no_request   no_request    ask                  no_request   done                 ended",
        "302              no_request   no_request    unexpected_redirect  no_request   unexpected_redirect  ended",
        "400              no_request   no_request    invalid_grant        no_request   invalid_grant        ended",
        "503              no_request   no_request    server_unavailable   no_request   server_unavailable   ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   server_unavailable   ended",
        "not sent         no_request   no_request    wait                 no_request   wait                 ended",
        "unknown          no_request   no_request    no_answer            no_request   no_answer            ended",
        "secret           no_question  wrong_answer  no_question          no_question  no_question          ended",
        "verified         no_question  wrong_answer  no_question          no_question  no_question          ended",
        "signature        no_question  send          no_question          no_question  no_question          ended",
    ];
    check("JWT bearer with assertions of its own and a bound token", &states, &expected);
}

#[test]
fn an_identity_assertion_goes_from_one_server_to_the_other() {
    let states = [
        ("ready", ""),
        ("asked", "r"),
        ("exchanging", "ra"),
        ("waiting", "ran"),
        ("redeem_asked", "rao"),
        ("redeeming", "raoa"),
        ("redeem_waiting", "raoan"),
        ("ended", "raoao"),
    ];
    let expected = [
        "                 ready        asked         exchanging           waiting      redeem_asked  redeeming            redeem_waiting  ended",
        "resume           ask          ask           no_answer            wait         ask           no_answer            wait            ended",
        "poll             ask          not_waiting   not_waiting          wait         not_waiting   not_waiting          wait            ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          not_waiting   not_waiting          ask             ended",
        "200              no_request   no_request    ask                  no_request   no_request    done                 no_request      ended",
        "302              no_request   no_request    unexpected_redirect  no_request   no_request    unexpected_redirect  no_request      ended",
        "400              no_request   no_request    invalid_grant        no_request   no_request    invalid_grant        no_request      ended",
        "503              no_request   no_request    server_unavailable   no_request   no_request    server_unavailable   no_request      ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   no_request    server_unavailable   no_request      ended",
        "not sent         no_request   no_request    wait                 no_request   no_request    wait                 no_request      ended",
        "unknown          no_request   no_request    no_answer            no_request   no_request    no_answer            no_request      ended",
        "secret           no_question  send          no_question          no_question  send          no_question          no_question     ended",
        "verified         no_question  wrong_answer  no_question          no_question  wrong_answer  no_question          no_question     ended",
        "signature        no_question  wrong_answer  no_question          no_question  wrong_answer  no_question          no_question     ended",
    ];
    check("identity assertion", &states, &expected);
}

#[test]
fn a_signed_introspection_fetches_keys_and_asks_for_the_signature() {
    let states = [
        ("ready", ""),
        ("asked", "r"),
        ("outstanding", "ra"),
        ("waiting", "ran"),
        ("fetching", "rao"),
        ("fetch_waiting", "raon"),
        ("verifying", "raoo"),
        ("ended", "raooa"),
    ];
    let expected = [
        "                 ready        asked         outstanding          waiting      fetching            fetch_waiting  verifying          ended",
        "resume           ask          ask           wait                 wait         wait                wait           ask                ended",
        "poll             ask          not_waiting   not_waiting          wait         not_waiting         wait           not_waiting        ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          not_waiting         send           not_waiting        ended",
        "200              no_request   no_request    send                 no_request   ask                 no_request     no_request         ended",
        "302              no_request   no_request    unexpected_redirect  no_request   unexpected_status   no_request     no_request         ended",
        "400              no_request   no_request    invalid_grant        no_request   unexpected_status   no_request     no_request         ended",
        "503              no_request   no_request    wait                 no_request   wait                no_request     no_request         ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   server_unavailable  no_request     no_request         ended",
        "not sent         no_request   no_request    wait                 no_request   wait                no_request     no_request         ended",
        "unknown          no_request   no_request    wait                 no_request   wait                no_request     no_request         ended",
        "secret           no_question  wrong_answer  no_question          no_question  no_question         no_question    wrong_answer       ended",
        "verified         no_question  wrong_answer  no_question          no_question  no_question         no_question    invalid_signature  ended",
        "signature        no_question  send          no_question          no_question  no_question         no_question    wrong_answer       ended",
    ];
    check("signed introspection", &states, &expected);
}

#[test]
fn what_changes_nothing_or_the_same_twice_may_be_repeated() {
    let states = [("ready", ""), ("outstanding", "r"), ("waiting", "rn"), ("third", "rnwnw"), ("ended", "ro")];
    let expected = [
        "                 ready        outstanding          waiting      third                ended",
        "resume           send         wait                 wait         no_answer            ended",
        "poll             send         not_waiting          wait         not_waiting          ended",
        "poll, in time    send         not_waiting          send         not_waiting          ended",
        "200              no_request   done                 no_request   done                 ended",
        "302              no_request   unexpected_redirect  no_request   unexpected_redirect  ended",
        "400              no_request   invalid_grant        no_request   invalid_grant        ended",
        "503              no_request   wait                 no_request   server_unavailable   ended",
        "503, in an hour  no_request   server_unavailable   no_request   server_unavailable   ended",
        "not sent         no_request   wait                 no_request   not_sent             ended",
        "unknown          no_request   wait                 no_request   no_answer            ended",
        "secret           no_question  no_question          no_question  no_question          ended",
        "verified         no_question  no_question          no_question  no_question          ended",
        "signature        no_question  no_question          no_question  no_question          ended",
    ];
    for flow in ["user info", "registration management", "deregistration"] {
        check(flow, &states, &expected);
    }
}

#[test]
fn signed_user_info_of_a_bound_token_is_asked_for_with_a_proof_each_time() {
    // DP-04, DP-06, DP-08
    let states = [
        ("ready", ""),
        ("asked", "r"),
        ("outstanding", "ra"),
        ("waiting", "ran"),
        ("fetching", "raoao"),
        ("fetch_waiting", "raoaon"),
        ("verifying", "raoaoo"),
        ("ended", "raoaooa"),
    ];
    let expected = [
        "                 ready        asked         outstanding          waiting      fetching            fetch_waiting  verifying          ended",
        "resume           ask          ask           wait                 wait         wait                wait           ask                ended",
        "poll             ask          not_waiting   not_waiting          wait         not_waiting         wait           not_waiting        ended",
        "poll, in time    ask          not_waiting   not_waiting          ask          not_waiting         send           not_waiting        ended",
        "200              no_request   no_request    ask                  no_request   ask                 no_request     no_request         ended",
        "302              no_request   no_request    unexpected_redirect  no_request   unexpected_status   no_request     no_request         ended",
        "400              no_request   no_request    invalid_grant        no_request   unexpected_status   no_request     no_request         ended",
        "503              no_request   no_request    wait                 no_request   wait                no_request     no_request         ended",
        "503, in an hour  no_request   no_request    server_unavailable   no_request   server_unavailable  no_request     no_request         ended",
        "not sent         no_request   no_request    wait                 no_request   wait                no_request     no_request         ended",
        "unknown          no_request   no_request    wait                 no_request   wait                no_request     no_request         ended",
        "secret           no_question  wrong_answer  no_question          no_question  no_question         no_question    wrong_answer       ended",
        "verified         no_question  wrong_answer  no_question          no_question  no_question         no_question    invalid_signature  ended",
        "signature        no_question  send          no_question          no_question  no_question         no_question    wrong_answer       ended",
    ];
    check("signed user info of a bound token", &states, &expected);
}
