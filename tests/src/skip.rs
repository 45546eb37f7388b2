//! What a test says whose peer is not there.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Says once that something is skipped, and why, where everybody sees it: a test's own output is shown only if it fails, what is written to standard error
/// itself is shown always.
///
/// # Panics
///
/// With `INTEROP_REQUIRED=1`, where nothing may be skipped.
pub fn skip(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    assert!(std::env::var_os("INTEROP_REQUIRED").is_none_or(|value| value != "1"), "INTEROP_REQUIRED=1, but {what}");
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned()) {
        drop(writeln!(io::stderr(), "SKIPPED: {what}"));
    }
}
