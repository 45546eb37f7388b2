//! The bodies of the fuzz targets: plain functions over bytes, so that a finding is replayed (and kept as a test) without a fuzzer.
//!
//! The first byte of an input selects what is tried, so that few targets cover much and one corpus serves them all. With `FUZZ_AREA` in the environment (such
//! bytes, as numbers with commas between them) it selects among these areas alone: how it is seen that the coverage of each stands still.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::expect_used,
    clippy::panic,
    reason = "std is there, and a panic is a finding"
)]

use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

mod flows;
mod jws;
mod jwt;
mod messages;
mod signed;

/// The harness of the flows' laws, which the crate's own property tests run too.
#[path = "../../crates/oauth-client-sans-io/tests/laws/mod.rs"]
#[allow(
    clippy::all,
    clippy::restriction,
    missing_debug_implementations,
    unreachable_pub,
    dead_code,
    reason = "test code of another package"
)]
mod laws;

pub use flows::flows;
pub use jwt::jwt;
pub use messages::messages;

/// Runs `target` over the files (and the files in the directories) named by this process's arguments: how a finding is replayed without a fuzzer.
///
/// # Errors
///
/// A file or directory that cannot be read.
pub fn replay(target: fn(&[u8])) -> std::io::Result<()> {
    let mut count = 0_u32;
    for argument in std::env::args_os().skip(1) {
        replay_path(target, Path::new(&argument), &mut count)?;
    }
    writeln!(std::io::stdout(), "replayed {count} inputs")
}

/// What is tried, and with what: the first byte, unless the environment says otherwise, and the others.
fn selected(data: &[u8]) -> Option<(u8, &[u8])> {
    static AREAS: OnceLock<Vec<u8>> = OnceLock::new();
    let areas = AREAS.get_or_init(|| {
        let areas = std::env::var("FUZZ_AREA").unwrap_or_default();
        areas.split(',').filter_map(|area| area.parse().ok()).collect()
    });
    let (first, rest) = data.split_first()?;
    let one = usize::from(*first).checked_rem(areas.len()).and_then(|index| areas.get(index));
    Some((*one.unwrap_or(first), rest))
}

fn replay_path(target: fn(&[u8]), path: &Path, count: &mut u32) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            replay_path(target, &entry?.path(), count)?;
        }
    } else {
        target(&std::fs::read(path)?);
        *count = count.saturating_add(1);
    }
    Ok(())
}
