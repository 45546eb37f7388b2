//! Protected resources: their metadata, and requests to them.

use crate::table::check;

#[test]
fn a_resource_is_looked_for_at_its_well_known_urls() {
    let states = [("ready", ""), ("outstanding", "r"), ("root", "ro"), ("waiting", "rnn"), ("ended", "roo")];
    let expected = [
        "                 ready        outstanding  root                waiting      ended",
        "resume           send         send         wait                wait         ended",
        "poll             send         not_waiting  not_waiting         wait         ended",
        "poll, in time    send         not_waiting  not_waiting         send         ended",
        "200              no_request   send         done                no_request   ended",
        "302              no_request   send         metadata_status     no_request   ended",
        "400              no_request   send         metadata_status     no_request   ended",
        "503              no_request   send         wait                no_request   ended",
        "503, in an hour  no_request   send         server_unavailable  no_request   ended",
        "not sent         no_request   send         wait                no_request   ended",
        "unknown          no_request   send         wait                no_request   ended",
        "secret           no_question  no_question  no_question         no_question  ended",
        "verified         no_question  no_question  no_question         no_question  ended",
        "signature        no_question  no_question  no_question         no_question  ended",
    ];
    check("resource discovery", &states, &expected);
}

#[test]
fn no_other_url_is_asked_than_the_one_that_a_challenge_names() {
    // MD-06
    let states = [("ready", ""), ("outstanding", "r"), ("waiting", "rn"), ("third", "rnwnw"), ("ended", "ro")];
    let expected = [
        "                 ready        outstanding         waiting      third               ended",
        "resume           send         wait                wait         no_answer           ended",
        "poll             send         not_waiting         wait         not_waiting         ended",
        "poll, in time    send         not_waiting         send         not_waiting         ended",
        "200              no_request   done                no_request   done                ended",
        "302              no_request   metadata_status     no_request   metadata_status     ended",
        "400              no_request   metadata_status     no_request   metadata_status     ended",
        "503              no_request   wait                no_request   server_unavailable  ended",
        "503, in an hour  no_request   server_unavailable  no_request   server_unavailable  ended",
        "not sent         no_request   wait                no_request   not_sent            ended",
        "unknown          no_request   wait                no_request   no_answer           ended",
        "secret           no_question  no_question         no_question  no_question         ended",
        "verified         no_question  no_question         no_question  no_question         ended",
        "signature        no_question  no_question         no_question  no_question         ended",
    ];
    check("resource discovery from a challenge", &states, &expected);
}

#[test]
fn a_request_that_may_be_repeated_is_where_no_answer_came_and_any_answer_is_handed_over() {
    let states = [("ready", ""), ("outstanding", "r"), ("waiting", "rn"), ("third", "rnwnw"), ("ended", "ro")];
    let expected = [
        "                 ready        outstanding  waiting      third        ended",
        "resume           send         wait         wait         no_answer    ended",
        "poll             send         not_waiting  wait         not_waiting  ended",
        "poll, in time    send         not_waiting  send         not_waiting  ended",
        "200              no_request   done         no_request   done         ended",
        "302              no_request   done         no_request   done         ended",
        "400              no_request   done         no_request   done         ended",
        "503              no_request   done         no_request   done         ended",
        "503, in an hour  no_request   done         no_request   done         ended",
        "not sent         no_request   wait         no_request   not_sent     ended",
        "unknown          no_request   wait         no_request   no_answer    ended",
        "secret           no_question  no_question  no_question  no_question  ended",
        "verified         no_question  no_question  no_question  no_question  ended",
        "signature        no_question  no_question  no_question  no_question  ended",
    ];
    check("resource request", &states, &expected);
}

#[test]
fn a_request_that_changes_something_is_repeated_only_if_it_was_not_sent() {
    let states = [("ready", ""), ("outstanding", "r"), ("waiting", "rn"), ("third", "rnwnw"), ("ended", "ro")];
    let expected = [
        "                 ready        outstanding  waiting      third        ended",
        "resume           send         no_answer    wait         no_answer    ended",
        "poll             send         not_waiting  wait         not_waiting  ended",
        "poll, in time    send         not_waiting  send         not_waiting  ended",
        "200              no_request   done         no_request   done         ended",
        "302              no_request   done         no_request   done         ended",
        "400              no_request   done         no_request   done         ended",
        "503              no_request   done         no_request   done         ended",
        "503, in an hour  no_request   done         no_request   done         ended",
        "not sent         no_request   wait         no_request   not_sent     ended",
        "unknown          no_request   no_answer    no_request   no_answer    ended",
        "secret           no_question  no_question  no_question  no_question  ended",
        "verified         no_question  no_question  no_question  no_question  ended",
        "signature        no_question  no_question  no_question  no_question  ended",
    ];
    check("resource request that changes something", &states, &expected);
}

#[test]
fn a_proof_is_made_for_every_sending_and_once_more_for_a_nonce() {
    // DP-02, DP-07
    let states = [
        ("ready", ""),
        ("asked", "r"),
        ("outstanding", "ra"),
        ("waiting", "ran"),
        ("asked again", "rao"),
        ("second", "raoa"),
        ("ended", "raoao"),
    ];
    let expected = [
        "                 ready        asked         outstanding  waiting      asked again   second       ended",
        "resume           ask          ask           no_answer    wait         ask           no_answer    ended",
        "poll             ask          not_waiting   not_waiting  wait         not_waiting   not_waiting  ended",
        "poll, in time    ask          not_waiting   not_waiting  ask          not_waiting   not_waiting  ended",
        "200              no_request   no_request    ask          no_request   no_request    done         ended",
        "302              no_request   no_request    done         no_request   no_request    done         ended",
        "400              no_request   no_request    done         no_request   no_request    done         ended",
        "503              no_request   no_request    done         no_request   no_request    done         ended",
        "503, in an hour  no_request   no_request    done         no_request   no_request    done         ended",
        "not sent         no_request   no_request    wait         no_request   no_request    wait         ended",
        "unknown          no_request   no_request    no_answer    no_request   no_request    no_answer    ended",
        "secret           no_question  wrong_answer  no_question  no_question  wrong_answer  no_question  ended",
        "verified         no_question  wrong_answer  no_question  no_question  wrong_answer  no_question  ended",
        "signature        no_question  send          no_question  no_question  send          no_question  ended",
    ];
    check("resource request with a bound token", &states, &expected);
}
