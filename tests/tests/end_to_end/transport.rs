//! Both HTTP clients keep the contract, and the loopback shell is no weaker than they need.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use conformance::net::{Bound, Server};
use conformance::transport::{blocking, future};
use oauth_client_sans_io::SendFailure;
use oauth_types::{HttpRequest, HttpResponse, Method, Purpose};

/// Sends with ureq and with reqwest, which must agree.
fn send(make: impl Fn() -> HttpRequest) -> Result<HttpResponse, SendFailure> {
    let first = blocking::send(&blocking::agent(), make());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let second = runtime.block_on(future::send(&future::client(), make()));
    match (&first, &second) {
        (Ok(first), Ok(second)) => assert_eq!((first.status(), first.body()), (second.status(), second.body())),
        (first, second) => assert_eq!(first.as_ref().err(), second.as_ref().err()),
    }
    first
}

fn serve(handler: impl FnMut(HttpRequest) -> HttpResponse + Send + 'static) -> Server {
    Bound::new().unwrap().serve(handler).unwrap()
}

#[test]
fn b10_a_redirect_is_an_answer_and_is_not_followed() {
    let server = serve(|request| match request.path() {
        "/" => HttpResponse::new(307).with_header("location", "/elsewhere"),
        _ => panic!("somebody followed the redirect"),
    });
    let answer = send(|| HttpRequest::post_form(format!("{}/", server.origin()), Purpose::Token, "code=c")).unwrap();
    assert_eq!(answer.status(), 307);
}

#[test]
fn every_status_is_an_answer_and_what_was_sent_arrives() {
    let server = serve(|request| {
        let status = request.path().trim_start_matches('/').parse().unwrap();
        let echo = format!("{} {}", request.method(), request.header("x-test").unwrap());
        HttpResponse::new(status).with_body([echo.as_bytes(), request.body()].concat())
    });
    for status in [200_u16, 201, 400, 401, 404, 429, 500, 503] {
        let url = format!("{}/{status}", server.origin());
        let make =
            || HttpRequest::new(Method::Post, url.as_str(), Purpose::Token).with_header("x-test", "t").with_body("!");
        let answer = send(make).unwrap();
        assert_eq!((answer.status(), answer.body()), (status, &b"POST t!"[..]));
    }
}

#[test]
fn an_answer_over_the_limit_is_not_read_and_says_nothing_about_the_request() {
    let server = serve(|_| HttpResponse::new(200).with_body(vec![b'a'; 100_000]));
    let get = |limit| HttpRequest::get(format!("{}/", server.origin()), Purpose::Jwks).with_max_response_bytes(limit);
    assert_eq!(send(|| get(99_999)).unwrap_err(), SendFailure::Unknown);
    assert_eq!(send(|| get(100_000)).unwrap().body().len(), 100_000);
}

#[test]
fn where_nobody_listens_nothing_was_sent() {
    let server = serve(|_| HttpResponse::new(200));
    let url = server.origin().to_owned();
    // It stops, and its port is closed, before `drop` returns.
    drop(server);
    assert_eq!(send(|| HttpRequest::get(url.as_str(), Purpose::Metadata)).unwrap_err(), SendFailure::NotSent);
}

#[test]
fn a_server_that_hangs_up_or_says_nothing_may_have_seen_the_request() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // Every second one is hung up on; the others wait for an answer in vain.
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for (count, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 1024]));
            if count % 2 == 1 {
                open.push(stream);
            }
        }
    });
    let begun = Instant::now();
    for _ in 0..2 {
        let make = || HttpRequest::get(url.as_str(), Purpose::Token).with_timeout(Duration::from_millis(300));
        assert_eq!(blocking::send(&blocking::agent(), make()).unwrap_err(), SendFailure::Unknown);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "the timeout of the contract is not kept");
}

#[test]
fn the_shell_refuses_what_it_does_not_speak() {
    let server = serve(|_| HttpResponse::new(200));
    let cases = [
        ("GET / HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
        ("GET /\r\n\r\n", "400"),
        ("GET http://elsewhere/ HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nbad name: x\r\n\r\n", "400"),
        ("PATCH / HTTP/1.1\r\n\r\n", "501"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "501"),
        ("POST / HTTP/1.1\r\ncontent-length: 9999999\r\n\r\n", "413"),
        ("POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", "400"),
    ];
    for (request, status) in cases {
        let mut stream = TcpStream::connect(server.origin().trim_start_matches("http://")).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request:?}");
    }
}
