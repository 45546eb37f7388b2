//! Plays a [`Case`] of [`drive::conformance`](oauth_client_sans_io::drive::conformance) on a loopback port.

#![allow(clippy::disallowed_methods, reason = "a server in a test has a clock and waits")]

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use oauth_client_sans_io::SendFailure;
use oauth_client_sans_io::drive::conformance::{Case, Serve};
use oauth_types::{HttpRequest, HttpResponse};

/// How long after the outcome a second request is waited for.
const AFTERWARDS: Duration = Duration::from_millis(150);
/// How long a server that keeps a connection open does so at most: far longer than any case's time limit.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long an adaptor may take beyond the time limit.
const GRACE: Duration = Duration::from_secs(10);

/// Serves the case, has the request sent, and says whether all was as it has to be.
///
/// # Errors
///
/// [`Deviates`](oauth_client_sans_io::drive::conformance::Deviates), or what the operating system says.
pub fn play(
    case: &Case,
    send: impl FnOnce(HttpRequest) -> Result<HttpResponse, SendFailure>,
) -> Result<(), Box<dyn core::error::Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let origin = format!("http://{}", listener.local_addr()?);
    if case.serve == Serve::Nobody {
        drop(listener);
        return Ok(case.check(&send(case.request(&origin)))?);
    }
    listener.set_nonblocking(true)?;
    let stopping = AtomicBool::new(false);
    let received = thread::scope(|scope| {
        let server = scope.spawn(|| serve_all(&listener, case, &stopping));
        let begun = Instant::now();
        let outcome = send(case.request(&origin));
        let took = begun.elapsed();
        thread::sleep(AFTERWARDS);
        stopping.store(true, Ordering::SeqCst);
        let received = server.join().map_err(|_| io::Error::other("the server panicked"))?;
        case.check(&outcome)?;
        if took > case.timeout.saturating_add(GRACE) {
            return Err(format!("{}: it took {took:?}", case.name).into());
        }
        Ok::<_, Box<dyn core::error::Error>>(received)
    })?;
    case.check_count(received.len())?;
    for request in received {
        let (head, body) = request?;
        case.check_received(&head, &body)?;
    }
    Ok(())
}

type Received = io::Result<(String, Vec<u8>)>;

/// Serves every connection on which anything comes, and answers with what came.
fn serve_all(listener: &TcpListener, case: &Case, stopping: &AtomicBool) -> Vec<Received> {
    thread::scope(|scope| {
        let mut served = Vec::new();
        while !stopping.load(Ordering::SeqCst) {
            match listener.accept() {
                Ok((stream, _)) => served.push(scope.spawn(move || serve(stream, case, stopping))),
                Err(_) => thread::sleep(Duration::from_millis(2)),
            }
        }
        served.into_iter().filter_map(|served| served.join().ok().flatten()).collect()
    })
}

/// Serves one connection; `None` if nothing came on it.
fn serve(mut stream: TcpStream, case: &Case, stopping: &AtomicBool) -> Option<Received> {
    let received = match read_request(&mut stream) {
        Ok(None) => return None,
        Ok(Some(received)) => Ok(received),
        Err(error) => Err(error),
    };
    if received.is_ok() {
        // A client that hangs up early is right to do so.
        drop(act(&mut stream, case, stopping));
    }
    Some(received)
}

fn act(stream: &mut TcpStream, case: &Case, stopping: &AtomicBool) -> io::Result<()> {
    let begun = Instant::now();
    let go_on = || begun.elapsed() < PATIENCE && !stopping.load(Ordering::SeqCst);
    match case.serve {
        Serve::Bytes(bytes) => {
            stream.write_all(bytes)?;
            stream.shutdown(std::net::Shutdown::Write)?;
            // The client hangs up first, so that nothing is lost to a reset.
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            while stream.read(&mut [0; 256])? > 0 {}
            Ok(())
        }
        Serve::Trickle(first, then) => {
            stream.write_all(first)?;
            while go_on() {
                stream.write_all(then)?;
                thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        }
        Serve::Silence => {
            while go_on() {
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        Serve::HangUp => Ok(()),
        Serve::Nobody | _ => Err(io::Error::other("what is to be served is not known here")),
    }
}

/// The head and the body of a request; `None` if the client said nothing.
fn read_request(stream: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = match stream.read(&mut chunk) {
            Ok(count) => count,
            Err(_) if bytes.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        };
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
            let body = bytes.get(end.saturating_add(4)..).unwrap_or_default();
            if body.len() >= content_length(&head) {
                return Ok(Some((head, body.to_vec())));
            }
        }
        if count == 0 {
            return if bytes.is_empty() { Ok(None) } else { Err(io::Error::other("half a request")) };
        }
    }
}

fn content_length(head: &str) -> usize {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

/// Plays every case, and says all that was not as it has to be.
///
/// # Errors
///
/// All deviations, a line each.
pub fn play_all(
    cases: &[Case],
    mut send: impl FnMut(HttpRequest) -> Result<HttpResponse, SendFailure>,
) -> Result<(), String> {
    let failures: Vec<String> =
        cases.iter().filter_map(|case| play(case, &mut send).err()).map(|error| error.to_string()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}
