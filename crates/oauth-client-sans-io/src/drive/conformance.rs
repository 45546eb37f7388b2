//! What whoever sends requests must do, as plain data: for each [`Case`] a request, what a server does with it, and what has to come of it.
//!
//! An adaptor between an HTTP client and a flow is a few lines, and easy to get wrong in ways that cost a login (an error status that becomes an exception), a token
//! (a time-out that is called "not sent", so that a code is sent twice) or a secret (a redirect that is followed). Play all [`CASES`] against yours: serve
//! [`Case::serve`] on a loopback port, send [`Case::request`] to it, and give the outcome to [`Case::check`]. No socket is opened here.
//!
//! # Examples
//!
//! The shape of such a test; [`Serve`] says what the server does.
//!
//! ```
//! use oauth_client_sans_io::SendFailure;
//! use oauth_client_sans_io::drive::conformance::{CASES, Serve};
//! use oauth_types::{HttpRequest, HttpResponse};
//!
//! # fn my_adaptor(_: HttpRequest) -> Result<HttpResponse, SendFailure> { Err(SendFailure::NotSent) }
//! for case in CASES {
//!     match case.serve {
//!         // .. serve it on a port of 127.0.0.1; here only the case in which nobody listens.
//!         Serve::Nobody => case.check(&my_adaptor(case.request("http://127.0.0.1:9")))?,
//!         _ => continue,
//!     }
//! }
//! # Ok::<(), oauth_client_sans_io::drive::conformance::Deviates>(())
//! ```

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use jwt_core::Blame;
use oauth_types::{HttpRequest, HttpResponse, Method, Purpose};

use crate::flow::SendFailure;

/// One request, what is done with it, and what has to come of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// What has to hold.
    pub name: &'static str,
    /// The request's method.
    pub method: Method,
    /// Its path and query, to be sent byte for byte.
    pub target: &'static str,
    /// Its header fields.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its body.
    pub body: &'static [u8],
    /// The contract's limit on the response's body, in bytes.
    pub max_response_bytes: usize,
    /// The contract's time limit.
    pub timeout: Duration,
    /// What the server does.
    pub serve: Serve,
    /// What has to come of it.
    pub expected: Expected,
}

/// What a server does with a request after it has read all of it. It must be asked **once**: a second connection or request is a failure of the adaptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Serve {
    /// It writes these bytes and closes the connection.
    Bytes(&'static [u8]),
    /// It writes the first bytes, then the second ones again and again, every hundred milliseconds, until the client hangs up.
    Trickle(&'static [u8], &'static [u8]),
    /// It writes nothing and keeps the connection open until the client hangs up.
    Silence,
    /// It closes the connection without a word.
    HangUp,
    /// Nobody listens: there is no server at all.
    Nobody,
}

/// What has to come of a [`Case`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// A response, whatever its status.
    Response {
        /// The status.
        status: u16,
        /// Header fields that have to be there, all values of a repeated one in their order.
        headers: &'static [(&'static str, &'static [&'static str])],
        /// The body.
        body: &'static [u8],
    },
    /// No response, for this reason.
    Failure(SendFailure),
}

/// How an adaptor deviates from a [`Case`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{case}: {deviation}")]
pub struct Deviates {
    /// The case's name.
    case: &'static str,
    deviation: String,
}

impl Deviates {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "breaks_the_contract"
    }

    /// Whose fault it is: the caller's, whose adaptor it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Caller
    }
}

impl Case {
    /// The request, to this origin (`http://127.0.0.1:<port>`, without a slash at the end).
    #[must_use]
    pub fn request(&self, origin: &str) -> HttpRequest {
        let request = HttpRequest::new(self.method, format!("{origin}{}", self.target), Purpose::Token)
            .with_body(self.body)
            .with_max_response_bytes(self.max_response_bytes)
            .with_timeout(self.timeout);
        self.headers.iter().fold(request, |request, (name, value)| request.with_header(name, value))
    }

    /// Whether the outcome is what has to come of it.
    ///
    /// # Errors
    ///
    /// [`Deviates`] says in which way it is not.
    pub fn check(&self, outcome: &Result<HttpResponse, SendFailure>) -> Result<(), Deviates> {
        let deviation = match (self.expected, outcome) {
            (Expected::Failure(expected), Err(found)) if expected == *found => return Ok(()),
            (Expected::Failure(expected), Err(found)) => format!("{found:?} and not {expected:?}"),
            (Expected::Failure(expected), Ok(response)) => format!("status {} and not {expected:?}", response.status()),
            (Expected::Response { status, .. }, Err(found)) => format!("{found:?} and not status {status}"),
            (Expected::Response { status, headers, body }, Ok(response)) => {
                if response.status() != status {
                    format!("status {} and not {status}", response.status())
                } else if response.body() != body {
                    format!("another body, of {} bytes and not {}", response.body().len(), body.len())
                } else {
                    let wrong =
                        headers.iter().find(|(name, values)| !response.header_values(name).eq(values.iter().copied()));
                    match wrong {
                        Some((name, _)) => format!("other values of the field {name}"),
                        None => return Ok(()),
                    }
                }
            }
        };
        Err(Deviates { case: self.name, deviation })
    }

    /// Whether the server was asked as often as it has to be: once, if there is one. An adaptor that tries again, or follows a redirect, asks more often.
    ///
    /// # Errors
    ///
    /// [`Deviates`] if not.
    pub fn check_count(&self, requests: usize) -> Result<(), Deviates> {
        let expected = if self.serve == Serve::Nobody { 0 } else { 1 };
        if requests == expected {
            return Ok(());
        }
        Err(Deviates { case: self.name, deviation: format!("asked {requests} times and not {expected}") })
    }

    /// Whether what the server read is the request: its head (request line and fields, up to the empty line) and its body.
    ///
    /// # Errors
    ///
    /// [`Deviates`] says in which way it is not.
    pub fn check_received(&self, head: &str, body: &[u8]) -> Result<(), Deviates> {
        let mut lines = head.split("\r\n");
        let line = format!("{} {} HTTP/1.1", self.method.as_str(), self.target);
        let has = |name: &str, value: &str| {
            let mut found = lines
                .clone()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .filter(|(found, _)| found.eq_ignore_ascii_case(name));
            found.next().is_some_and(|(_, found)| found.trim() == value) && found.next().is_none()
        };
        let deviation = if let Some((name, _)) = self.headers.iter().find(|(name, value)| !has(name, value)) {
            format!("the field {name} did not arrive as it was, once")
        } else if body != self.body {
            format!("another body arrived, of {} bytes and not {}", body.len(), self.body.len())
        } else if lines.next() != Some(line.as_str()) {
            String::from("another method or target arrived")
        } else {
            return Ok(());
        };
        Err(Deviates { case: self.name, deviation })
    }
}

const USUAL: Case = Case {
    name: "",
    method: Method::Get,
    target: "/",
    headers: &[],
    body: b"",
    max_response_bytes: 64,
    timeout: Duration::from_secs(5),
    serve: Serve::Nobody,
    expected: Expected::Failure(SendFailure::NotSent),
};

const fn answer(status: u16, body: &'static [u8]) -> Expected {
    Expected::Response { status, headers: &[], body }
}

/// Every case.
pub const CASES: &[Case] = &[
    Case {
        name: "what is sent is what was to be sent",
        method: Method::Post,
        target: "/token?tenant=a%2Fb&empty=&x=%20+",
        headers: &[
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
            ("dpop", "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.c2ln"),
        ],
        body: b"grant_type=client_credentials&scope=a+b",
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        expected: answer(200, b"{}"),
        ..USUAL
    },
    Case {
        name: "a refusal with status 400 is an answer",
        method: Method::Post,
        body: b"a=b",
        serve: Serve::Bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 25\r\n\r\n{\"error\":\"invalid_grant\"}"),
        expected: answer(400, b"{\"error\":\"invalid_grant\"}"),
        ..USUAL
    },
    Case {
        name: "status 401 is an answer, with every challenge, and nobody answers a challenge by himself",
        serve: Serve::Bytes(
            b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\nWWW-Authenticate: DPoP error=\"use_dpop_nonce\"\r\nDPoP-Nonce: n\r\ncontent-length: 0\r\n\r\n",
        ),
        expected: Expected::Response {
            status: 401,
            headers: &[("www-authenticate", &["Bearer", "DPoP error=\"use_dpop_nonce\""]), ("dpop-nonce", &["n"])],
            body: b"",
        },
        ..USUAL
    },
    Case {
        name: "status 407 is an answer",
        serve: Serve::Bytes(b"HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n"),
        expected: answer(407, b""),
        ..USUAL
    },
    Case {
        name: "status 429 is an answer, with the time to wait",
        serve: Serve::Bytes(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n"),
        expected: Expected::Response { status: 429, headers: &[("retry-after", &["7"])], body: b"" },
        ..USUAL
    },
    Case {
        name: "status 503 is an answer, and nobody tries again by himself",
        method: Method::Post,
        body: b"code=c",
        serve: Serve::Bytes(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n"),
        expected: answer(503, b""),
        ..USUAL
    },
    Case {
        name: "status 204 is an answer without a body",
        serve: Serve::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n"),
        expected: answer(204, b""),
        ..USUAL
    },
    Case {
        name: "a redirect of a GET is an answer and is not followed",
        serve: Serve::Bytes(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
        expected: Expected::Response { status: 302, headers: &[("location", &["/elsewhere"])], body: b"" },
        ..USUAL
    },
    Case {
        name: "a redirect of a POST to a GET is an answer and is not followed",
        method: Method::Post,
        body: b"code=c",
        serve: Serve::Bytes(b"HTTP/1.1 303 See Other\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
        expected: answer(303, b""),
        ..USUAL
    },
    Case {
        name: "a redirect of a POST with its body is an answer and is not followed",
        method: Method::Post,
        headers: &[("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW")],
        body: b"code=c",
        serve: Serve::Bytes(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
        expected: answer(307, b""),
        ..USUAL
    },
    Case {
        name: "a permanent redirect is an answer and is not followed",
        serve: Serve::Bytes(b"HTTP/1.1 308 Permanent Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
        expected: answer(308, b""),
        ..USUAL
    },
    Case {
        name: "an interim response is not the answer",
        serve: Serve::Bytes(
            b"HTTP/1.1 103 Early Hints\r\nlink: </s>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        ),
        expected: answer(200, b"{}"),
        ..USUAL
    },
    Case {
        name: "a body in chunks is read whole",
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n"),
        expected: answer(200, b"{\"a\":1}"),
        ..USUAL
    },
    Case {
        name: "a body that ends with the connection is read whole",
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\n\r\n{\"a\":1}"),
        expected: answer(200, b"{\"a\":1}"),
        ..USUAL
    },
    Case {
        name: "a body of just the limit is read",
        max_response_bytes: 8,
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n12345678"),
        expected: answer(200, b"12345678"),
        ..USUAL
    },
    Case {
        name: "a body over the limit is no answer, and the server has acted",
        max_response_bytes: 8,
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123456789"),
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "a body in chunks over the limit is no answer",
        max_response_bytes: 8,
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n5\r\n12345\r\n0\r\n\r\n"),
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "a body without an end is not read for ever",
        max_response_bytes: 8,
        serve: Serve::Trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"1234"),
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "a body that comes too slowly is given up at the time limit",
        timeout: Duration::from_millis(500),
        serve: Serve::Trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n", b"1"),
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "a body that is cut off is no answer",
        serve: Serve::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{\"access_token\":\"a\"}"),
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "what is no HTTP is no answer",
        serve: Serve::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n"),
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "a server that says nothing may have seen the request",
        method: Method::Post,
        body: b"code=c",
        timeout: Duration::from_millis(500),
        serve: Serve::Silence,
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case {
        name: "a server that hangs up may have seen the request, and nobody tries again by himself",
        method: Method::Post,
        body: b"code=c",
        serve: Serve::HangUp,
        expected: Expected::Failure(SendFailure::Unknown),
        ..USUAL
    },
    Case { name: "where nobody listens nothing was sent", ..USUAL },
];
