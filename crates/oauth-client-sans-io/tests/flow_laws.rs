//! The laws that every flow obeys (the harness is `laws/mod.rs`), as properties and as tables.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use laws::scenarios;
use proptest::prelude::*;

#[allow(dead_code, reason = "other tests use more of it")]
mod laws;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_flow_obeys_the_laws_whatever_happens(which in 0..scenarios::all().len(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        laws::check(scenarios::all()[which], &bytes);
    }
}

#[test]
fn every_flow_obeys_the_laws_for_every_short_sequence_of_events() {
    // One byte of each kind of event (`World::decode`), hostile bodies left to the property.
    let events = [0, 2, 4, 8, 9, 10, 12, 13, 14, 15];
    for scenario in scenarios::all() {
        for first in events {
            for second in events {
                laws::check(scenario, &[first, second]);
                // Begun, and then all that can happen next.
                laws::check(scenario, &[0, first, second]);
            }
        }
    }
}

#[test]
fn b9_a_refresh_keeps_the_refresh_token_of_every_answer_that_brings_one() {
    // Begun, answered until it is sent, and then each of the bodies with status 200.
    let refreshes: Vec<_> =
        scenarios::all().into_iter().filter(|scenario| scenario.name.starts_with("refresh")).collect();
    assert_eq!(refreshes.len(), 2);
    for scenario in refreshes {
        for body in 0..laws::BODIES {
            laws::check(scenario, &[0, 10, 6, 0, body]);
        }
    }
}

#[test]
fn every_flow_reaches_its_output_when_all_goes_well() {
    for scenario in scenarios::all() {
        assert_eq!(laws::check(scenario, &[]), laws::Ending::Done, "{}", scenario.name);
    }
}
