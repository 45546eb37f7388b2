//! What the types forbid: programs that must not compile, each with the reason that the compiler gives.
//!
//! The compiler's words change from version to version, so they are compared for one version only. After an update of [`WRITTEN_BY`],
//! `TRYBUILD=overwrite cargo test -p oauth-types --test compile_fail` writes them anew, and whoever reads the difference sees whether each reason is still the
//! right one.
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "a test")]

use std::io::Write;
use std::process::Command;

/// The compiler whose words stand in the files.
const WRITTEN_BY: &str = "rustc 1.95.";

#[test]
fn b5_b6_what_the_types_forbid_does_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = String::from_utf8(Command::new(rustc).arg("--version").output().unwrap().stdout).unwrap();
    if !version.starts_with(WRITTEN_BY) {
        // Not by `eprintln`, which is shown only where a test fails.
        let version = version.trim();
        writeln!(std::io::stderr(), "SKIPPED: the compiler's words are those of {WRITTEN_BY}*, this is {version}")
            .unwrap();
        return;
    }
    let programs = trybuild::TestCases::new();
    programs.compile_fail("tests/compile_fail/*.rs");
}
