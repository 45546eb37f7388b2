//! Flows.

use crate::laws::{self, scenarios};

/// Flows: the first byte chooses one, the others are what happens to it.
///
/// # Panics
///
/// Where a law is broken.
pub fn flows(data: &[u8]) {
    let Some((which, events)) = data.split_first() else { return };
    let all = scenarios::all();
    let which = usize::from(*which).checked_rem(all.len()).unwrap_or_default();
    let Some(scenario) = all.get(which) else { return };
    laws::check(scenario, events.get(..MAX_EVENTS).unwrap_or(events));
}

/// A flow ends long before; more only makes the fuzzer slow.
const MAX_EVENTS: usize = 200;
