//! A loopback HTTP/1.1 shell around any `FnMut(HttpRequest) -> HttpResponse`: std only, a fixed number of threads, one request a connection.
//!
//! It is a test tool: loopback only, no TLS, no keep-alive, no chunked bodies. What it does speak it speaks exactly (lengths, limits, one answer to each request),
//! because real HTTP clients talk to it.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use oauth_types::{HttpRequest, HttpResponse, Method};

/// Threads that accept and read; the handler itself runs one request at a time.
const WORKERS: usize = 4;
/// Request line and headers: a callback with a code and a state is far below it.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// The largest body that is read.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// A client that sends nothing for so long is hung up on.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// A port that is reserved but not served yet: whoever builds the handler may need to know its origin first.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Reserves a free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn new() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the answer is dropped.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn serve(self, handler: impl FnMut(HttpRequest) -> HttpResponse + Send + 'static) -> io::Result<Server> {
        let shared = Arc::new(Shared {
            origin: self.origin(),
            listener: self.listener,
            handler: Mutex::new(Box::new(handler)),
            stopping: AtomicBool::new(false),
        });
        let mut workers = Vec::with_capacity(WORKERS);
        for _ in 0..WORKERS {
            let shared = Arc::clone(&shared);
            workers.push(thread::Builder::new().name("loopback".into()).spawn(move || shared.work())?);
        }
        Ok(Server { shared, address: self.address, workers })
    }
}

/// A server on a loopback port; dropping it stops it and waits for its threads.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    workers: Vec<JoinHandle<()>>,
}

impl Server {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("origin", &self.shared.origin).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // A worker sleeps in `accept`: one connection each wakes them.
        for _ in &self.workers {
            drop(TcpStream::connect(self.address));
        }
        for worker in self.workers.drain(..) {
            drop(worker.join());
        }
    }
}

struct Shared {
    origin: String,
    listener: TcpListener,
    handler: Mutex<Box<dyn FnMut(HttpRequest) -> HttpResponse + Send>>,
    stopping: AtomicBool,
}

impl Shared {
    fn work(&self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            // A client that breaks off is its own affair.
            drop(self.exchange(stream));
        }
    }

    fn exchange(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.set_nodelay(true)?;
        let response = match read_request(&mut stream, &self.origin)? {
            Ok(request) => {
                let mut handler = self.handler.lock().unwrap_or_else(PoisonError::into_inner);
                handler(request)
            }
            Err(status) => HttpResponse::new(status),
        };
        write_response(&mut stream, &response)
    }
}

/// The request, or the status with which it is refused.
fn read_request(stream: &mut TcpStream, origin: &str) -> io::Result<Result<HttpRequest, u16>> {
    let mut bytes = Vec::with_capacity(2048);
    let head_length = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > MAX_HEAD_BYTES {
            return Ok(Err(431));
        }
        if read_some(stream, &mut bytes)? == 0 {
            return Ok(Err(400));
        }
    };
    let mut body = bytes.split_off(head_length.saturating_add(4));
    let Ok(head) = String::from_utf8(bytes) else { return Ok(Err(400)) };
    let Some(head) = Head::parse(&head) else { return Ok(Err(400)) };
    if head.header("transfer-encoding").is_some() {
        return Ok(Err(501));
    }
    let length = match head.header("content-length").map(|text| text.parse::<usize>()) {
        None => 0,
        Some(Ok(length)) if length <= MAX_BODY_BYTES => length,
        Some(Ok(_)) => return Ok(Err(413)),
        Some(Err(_)) => return Ok(Err(400)),
    };
    if body.len() < length && head.header("expect").is_some_and(|text| text.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    while body.len() < length {
        if read_some(stream, &mut body)? == 0 {
            return Ok(Err(400));
        }
    }
    body.truncate(length);
    let Some(method) = Method::from_name(head.method) else { return Ok(Err(501)) };
    Ok(Ok(HttpRequest::received(method, format!("{origin}{}", head.target), head.headers, body)))
}

fn read_some(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut chunk = [0; 4096];
    let count = stream.read(&mut chunk)?;
    bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    Ok(count)
}

struct Head<'h> {
    method: &'h str,
    target: &'h str,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

impl<'h> Head<'h> {
    fn parse(text: &'h str) -> Option<Self> {
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return None;
        }
        let headers = lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                (!name.is_empty() && !name.contains([' ', '\t']))
                    .then(|| (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()))
            })
            .collect::<Option<_>>()?;
        Some(Self { method, target, headers })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

fn write_response(stream: &mut TcpStream, response: &HttpResponse) -> io::Result<()> {
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", response.status(), reason(response.status())).into_bytes();
    for (name, value) in response.headers() {
        // Whoever writes a header with a line break in it writes two: refuse to.
        if value.contains(['\r', '\n']) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "line break in a header"));
        }
        write!(bytes, "{name}: {value}\r\n")?;
    }
    write!(bytes, "content-length: {}\r\nconnection: close\r\n\r\n", response.body().len())?;
    bytes.extend_from_slice(response.body());
    stream.write_all(&bytes)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // Let the client hang up first, so that no answer is lost to a reset.
    let mut rest = [0; 256];
    while stream.read(&mut rest)? > 0 {}
    Ok(())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        503 => "Service Unavailable",
        _ => "Answer",
    }
}
