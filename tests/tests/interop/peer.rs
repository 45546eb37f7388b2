//! A program in another language that serves or answers, and how it is found.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running peer; dropping it ends it.
pub(crate) struct Peer {
    child: Child,
    /// The peer ends when this does.
    stdin: Option<ChildStdin>,
    /// What it said when it was ready: an issuer, an origin.
    pub(crate) ready: String,
}

impl Peer {
    /// Starts `node <file>` in `tests/interop/<directory>` and waits for its line `READY ..`; `None` where Node or the packages are missing.
    pub(crate) fn node(directory: &str, file: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop").join(directory);
        if !path.join("node_modules").is_dir() {
            return missing(&format!("tests/interop/{directory} is not installed (npm ci)"));
        }
        let mut command = Command::new("node");
        command.arg(file).current_dir(&path).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { return missing("node is not installed") };
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let ready =
            line.trim().strip_prefix("READY ").unwrap_or_else(|| panic!("{directory}/{file} said {line:?}")).to_owned();
        Some(Self { child, stdin, ready })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Skips, or fails where nothing may be skipped.
pub(crate) fn missing<T>(what: &str) -> Option<T> {
    assert!(std::env::var_os("INTEROP_REQUIRED").is_none_or(|value| value != "1"), "INTEROP_REQUIRED=1, but {what}");
    eprintln!("SKIPPED: {what}");
    None
}
