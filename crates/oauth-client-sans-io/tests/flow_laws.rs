//! The laws that every flow obeys (the harness is `laws/mod.rs`), as properties and as tables.

use oauth_client_sans_io::{ApiMisuse, Error, Input, SendFailure, Step};
use oauth_types::HttpResponse;
use proptest::prelude::*;

mod laws;
#[path = "laws/scenarios.rs"]
mod scenarios;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_flow_obeys_the_laws_whatever_happens(which in 0..scenarios::ALL.len(), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        laws::check(&scenarios::ALL[which], &bytes);
    }
}

#[test]
fn every_flow_obeys_the_laws_for_every_short_sequence_of_events() {
    for scenario in scenarios::ALL {
        for first in 0..16 {
            for second in 0..16 {
                for third in 0..16 {
                    laws::check(scenario, &[first, second, third]);
                }
            }
        }
    }
}
