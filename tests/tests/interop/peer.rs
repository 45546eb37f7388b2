//! A program in another language that serves or answers, and how it is found.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running peer; dropping it ends it.
pub(crate) struct Peer {
    child: Child,
    /// The peer ends when this does.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// What it said when it was ready: an issuer, an origin; nothing, if it answers lines.
    pub(crate) ready: String,
}

impl Peer {
    /// Starts `node <file>` in `tests/interop/<directory>` and waits for its line `READY ..`; `None` where Node or the packages are missing.
    pub(crate) fn node(directory: &str, file: &str, environment: &[(&str, &str)]) -> Option<Self> {
        if !at(directory).join("node_modules").is_dir() {
            return missing(&format!("tests/interop/{directory} is not installed (npm ci)"));
        }
        Self::start("node".as_ref(), directory, file, environment)
    }

    /// The same with Python, of the environment that `.ci/run` makes.
    pub(crate) fn python(directory: &str, file: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in the target directory");
        let python = target.join("interop-venv/bin/python");
        if !python.is_file() {
            return missing(&format!("tests/interop/{directory} is not installed ({} is missing)", python.display()));
        }
        Self::start(python.as_os_str(), directory, file, environment)
    }

    fn start(program: &OsStr, directory: &str, file: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let mut command = Command::new(program);
        command.arg(file).current_dir(at(directory)).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else {
            return missing(&format!("{} is not installed", program.display()));
        };
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let Some(ready) = line.trim().strip_prefix("READY") else { panic!("{directory}/{file} said {line:?}") };
        let ready = ready.trim_start().to_owned();
        Some(Self { child, stdin, stdout, ready })
    }

    /// Asks one that answers lines.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        writeln!(stdin, "{question}").expect("it listens");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{question} was answered with {line:?}"))
    }
}

fn at(directory: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(directory)
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
    conformance::skip::skip(what);
    None
}
