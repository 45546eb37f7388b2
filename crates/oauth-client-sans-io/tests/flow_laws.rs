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

#[allow(dead_code, reason = "the law of keys is checked beside their tests")]
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
                for third in events {
                    laws::check(scenario, &[first, second, third]);
                }
            }
        }
    }
}

#[test]
fn every_flow_reaches_its_output_when_all_goes_well() {
    for scenario in scenarios::all() {
        assert_eq!(laws::check(scenario, &[]), laws::Ending::Done, "{}", scenario.name);
    }
}
