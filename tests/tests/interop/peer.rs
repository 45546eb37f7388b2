//! A program in another language that serves or answers, and how it is found.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running peer; dropping it ends it.
pub(crate) struct Peer {
    child: Child,
    /// The peer ends when this does.
    stdin: Option<ChildStdin>,
    /// (In a mutex only because peers are shared, and a receiver cannot be.)
    lines: Mutex<Receiver<String>>,
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
        let lines = Mutex::new(lines(child.stdout.take().expect("a pipe")));
        let mut peer = Self { child, stdin, lines, ready: String::new() };
        let line = peer.line();
        let Some(ready) = line.trim().strip_prefix("READY") else { panic!("{directory}/{file} said {line:?}") };
        ready.trim_start().clone_into(&mut peer.ready);
        Some(peer)
    }

    /// The next line; empty where it has ended.
    fn line(&mut self) -> String {
        match self.lines.get_mut().expect("nobody else reads").recv_timeout(SILENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => String::new(),
            Err(RecvTimeoutError::Timeout) => panic!("the peer has said nothing for {} s", SILENCE.as_secs()),
        }
    }

    /// Asks one that answers lines.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        writeln!(stdin, "{question}").expect("it listens");
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{question} was answered with {line:?}"))
    }
}

/// What is said, line by line, for whoever does not want to wait for ever.
fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
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

/// A server of the system's packages with a directory and a port of its own. It ends with this, or with the tests' process, and its directory with it.
pub(crate) struct Daemon {
    shell: Child,
    /// What the shell waits for the end of.
    stdin: Option<ChildStdin>,
    pub(crate) port: u16,
}

/// What outlives a test that is killed or interrupted: a shell that sees its input end.
const WATCH: &str = r#"trap "" INT; directory=$1; shift; "$@" >"$directory/log" 2>&1 & cat >/dev/null; kill $! 2>/dev/null; wait; rm -rf "$directory""#;
/// Another program may have taken the port in the meantime, once or twice.
const ATTEMPTS: usize = 3;
/// Making an RSA key takes seconds, on a machine that has much else to do.
const SILENCE: Duration = Duration::from_secs(120);
/// They take a tenth of a second, on a machine that has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(20);

impl Daemon {
    /// Starts what `command` says about a directory and a port, and waits until the port serves, as `serves` finds out; `None` where one of `programs` is missing.
    pub(crate) fn start(
        programs: &[&str],
        command: impl Fn(&Path, u16) -> Vec<String>,
        serves: impl Fn(u16) -> bool,
    ) -> Option<Self> {
        if let Some(program) = programs.iter().find(|program| !is_installed(program)) {
            return missing(&format!("{program} is not installed"));
        }
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            let (directory, port) = (directory(programs[0]), free_port());
            let mut watch = Command::new("sh");
            watch.args(["-c", WATCH, "watch"]).arg(&directory).args(command(&directory, port));
            let mut shell = watch.stdin(Stdio::piped()).spawn().expect("a shell");
            let daemon = Self { stdin: shell.stdin.take(), shell, port };
            let until = Instant::now() + PATIENCE;
            while Instant::now() < until {
                if serves(port) {
                    return Some(daemon);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        }
        panic!("{} does not serve: {log}", programs[0]);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.shell.wait());
    }
}

/// A new one, in Cargo's own for tests.
pub(crate) fn directory(of: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{of}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// Skips, or fails where nothing may be skipped.
pub(crate) fn missing<T>(what: &str) -> Option<T> {
    conformance::skip::skip(what);
    None
}
