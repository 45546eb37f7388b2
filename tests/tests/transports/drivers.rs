//! One whole conversation (discovery, then a token request that is refused once for being too early) with every client, by both drivers and by hand.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance::net::{Bound, Server};
use conformance::transport::{blocking, curl, future, hyper, reqwest_blocking};
use jwt_core::{Answer, Keyring, KeyringError, Moment, Moments, Question, Secret, Timestamp};
use oauth_client_sans_io::drive::{self, DriveError};
use oauth_client_sans_io::{
    Authentication, Client, ClientCredentials, Discovery, Error, Flow, SendFailure, Step, Tokens,
};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, HttpRequest, HttpResponse, Issuer};

pub(crate) fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server that has its metadata, and answers 503 to every other token request.
struct Peer {
    server: Server,
    asked: Arc<AtomicUsize>,
}

impl Peer {
    fn start() -> Self {
        let (bound, asked) = (Bound::new().unwrap(), Arc::new(AtomicUsize::new(0)));
        let origin = bound.origin();
        let metadata =
            format!(r#"{{"issuer":"{origin}","token_endpoint":"{origin}/token","response_types_supported":["code"]}}"#);
        let server = bound
            .serve({
                let asked = Arc::clone(&asked);
                move |request| {
                    let json = |body: &str| {
                        HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
                    };
                    if request.path() != "/token" {
                        return json(&metadata);
                    }
                    assert_eq!(request.header("authorization"), Some("Basic c2VydmljZTpzM2NyM3Q="));
                    match asked.fetch_add(1, Ordering::SeqCst) % 2 {
                        0 => HttpResponse::new(503).with_header("retry-after", "0"),
                        _ => json(r#"{"access_token":"abc","token_type":"Bearer"}"#),
                    }
                }
            })
            .unwrap();
        Self { server, asked }
    }

    fn discovery(&self) -> Discovery {
        Discovery::new(Issuer::new(self.server.origin()).unwrap())
    }
}

fn grant(server: &AuthorizationServer) -> ClientCredentials {
    let client = Client::new(ClientId::new("service").unwrap(), Authentication::SecretBasic("secret".into()));
    ClientCredentials::new(server, &client).unwrap()
}

fn keyring() -> Keyring {
    Keyring::new().secret("secret", Secret::new("s3cr3t"))
}

/// A clock that goes as the flows want it to, so that nobody waits.
struct Clock {
    moments: Moments,
    now: Timestamp,
}

impl Clock {
    fn new() -> Self {
        Self { moments: Moments::from_seed([1; 32]), now: Timestamp::from_unix(1_700_000_000) }
    }
    fn at(&mut self) -> Moment {
        self.now = self.now.saturating_add(Duration::from_secs(1));
        self.moments.at(self.now)
    }
}

fn finished(tokens: &Tokens, peer: &Peer) {
    assert_eq!(tokens.authorization().as_deref(), Some("Bearer abc"));
    assert_eq!(peer.asked.load(Ordering::SeqCst), 2, "the 503 was followed by another request");
}

type Blocking = Box<dyn FnMut(HttpRequest) -> Result<HttpResponse, SendFailure>>;

fn blocking_clients() -> Vec<(&'static str, Blocking)> {
    let (agent, reqwest) = (blocking::agent(), reqwest_blocking::client());
    let (runtime, hyper, asynchronous) = (tokio(), hyper::client(), future::client());
    let runtime = Arc::new(runtime);
    let other = Arc::clone(&runtime);
    vec![
        ("ureq", Box::new(move |request| blocking::send(&agent, request))),
        ("reqwest, blocking", Box::new(move |request| reqwest_blocking::send(&reqwest, request))),
        ("reqwest", Box::new(move |request| other.block_on(future::send(&asynchronous, request)))),
        ("hyper", Box::new(move |request| runtime.block_on(hyper::send(&hyper, request)))),
        ("curl", Box::new(|request| curl::send(&request))),
    ]
}

#[test]
fn every_client_serves_the_blocking_driver() {
    for (name, mut send) in blocking_clients() {
        let (peer, keyring, mut clock) = (Peer::start(), keyring(), Clock::new());
        let mut at = || clock.at();
        let mut answer = |question| keyring.answer(question);
        let server = drive::blocking(&mut peer.discovery(), &mut at, |_| (), &mut send, &mut answer);
        let server = server.unwrap_or_else(|error| panic!("{name}: {error}"));
        let tokens = drive::blocking(&mut grant(&server), &mut at, |_| (), &mut send, &mut answer).unwrap();
        finished(&tokens, &peer);
    }
}

/// The loop that anybody can write.
fn by_hand<F: Flow>(
    flow: &mut F,
    clock: &mut Clock,
    send: &mut Blocking,
    keyring: &Keyring,
) -> Result<F::Output, Error> {
    let mut step = flow.resume(clock.at())?;
    loop {
        step = match step {
            Step::Send(request) => match send(request) {
                Ok(response) => flow.handle_response(clock.at(), response)?,
                Err(failure) => flow.handle_failure(clock.at(), failure)?,
            },
            Step::Ask(question) => flow.handle_answer(clock.at(), keyring.answer(question).unwrap())?,
            Step::Wait(until) => {
                clock.now = until;
                flow.poll(clock.at())?
            }
            Step::Done(output) => return Ok(output),
        };
    }
}

#[test]
fn every_client_serves_a_loop_that_was_written_by_hand() {
    for (_, mut send) in blocking_clients() {
        let (peer, keyring, mut clock) = (Peer::start(), keyring(), Clock::new());
        let server = by_hand(&mut peer.discovery(), &mut clock, &mut send, &keyring).unwrap();
        let tokens = by_hand(&mut grant(&server), &mut clock, &mut send, &keyring).unwrap();
        finished(&tokens, &peer);
    }
}

/// The whole conversation with a client that returns futures.
async fn conversation<S>(peer: &Peer, mut send: impl FnMut(HttpRequest) -> S) -> Tokens
where
    S: Future<Output = Result<HttpResponse, SendFailure>>,
{
    let (keyring, mut clock) = (keyring(), Clock::new());
    let mut at = || clock.at();
    let mut answer = |question| ready(keyring.answer(question));
    let server = drive::future(&mut peer.discovery(), &mut at, |_| ready(()), &mut send, &mut answer).await.unwrap();
    drive::future(&mut grant(&server), &mut at, |_| ready(()), &mut send, &mut answer).await.unwrap()
}

#[test]
fn the_future_driver_works_under_tokio() {
    let (peer, client) = (Peer::start(), future::client());
    finished(&tokio().block_on(conversation(&peer, |request| future::send(&client, request))), &peer);
    let (peer, client) = (Peer::start(), hyper::client());
    finished(&tokio().block_on(conversation(&peer, |request| hyper::send(&client, request))), &peer);
}

#[test]
fn the_future_driver_works_under_smol() {
    let peer = Peer::start();
    let tokens = smol::block_on(conversation(&peer, |request| {
        // A blocking client on smol's threads for such things.
        smol::unblock(|| blocking::send(&blocking::agent(), request))
    }));
    finished(&tokens, &peer);
}

#[test]
fn the_future_of_the_future_driver_can_be_spawned_on_a_runtime_of_many_threads() {
    let peer = Peer::start();
    let mut discovery = peer.discovery();
    let spawned = async move {
        let (client, mut clock) = (future::client(), Clock::new());
        let send = |request| {
            let client = client.clone();
            async move { future::send(&client, request).await }
        };
        let answer = |_: Question| ready(Err::<Answer, _>(KeyringError::UnknownKey));
        drive::future(&mut discovery, || clock.at(), tokio::time::sleep, send, answer).await
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(async move { tokio::spawn(spawned).await }).unwrap().unwrap();
    assert!(server.token_endpoint().is_some());
}

#[test]
fn a_driver_that_is_dropped_while_it_waits_for_an_answer_leaves_a_flow_that_goes_on() {
    let (peer, keyring) = (Peer::start(), keyring());
    let (runtime, client) = (tokio(), future::client());
    let mut clock = Clock::new();
    let mut answer = |question| ready(keyring.answer(question));
    let send = |request| future::send(&client, request);
    let server = runtime
        .block_on(drive::future(&mut peer.discovery(), || clock.at(), |_| ready(()), send, &mut answer))
        .unwrap();
    let mut flow = grant(&server);
    runtime.block_on(async {
        // The request goes out and is never answered; whoever waits loses patience.
        let never = |_| std::future::pending::<Result<HttpResponse, SendFailure>>();
        let driving = drive::future(&mut flow, || clock.at(), |_| ready(()), never, &mut answer);
        assert!(tokio::time::timeout(Duration::from_millis(50), driving).await.is_err());
    });
    // It counts as seen, which is no harm for this grant: it is sent again.
    let tokens = runtime.block_on(drive::future(&mut flow, || clock.at(), |_| ready(()), send, &mut answer)).unwrap();
    finished(&tokens, &peer);
}

#[test]
fn an_answerer_that_fails_leaves_a_flow_that_goes_on() {
    let (peer, keyring, agent) = (Peer::start(), keyring(), blocking::agent());
    let mut clock = Clock::new();
    let mut send = |request| blocking::send(&agent, request);
    let mut at = || clock.at();
    let nobody = |_| -> Result<Answer, Infallible> { unreachable!("discovery asks nothing") };
    let server = drive::blocking(&mut peer.discovery(), &mut at, |_| (), &mut send, nobody).unwrap();
    let mut flow = grant(&server);
    let failed = drive::blocking(&mut flow, &mut at, |_| (), &mut send, |_| Err("the key service is away"));
    assert!(matches!(failed, Err(DriveError::Answer("the key service is away"))));
    assert_eq!(peer.asked.load(Ordering::SeqCst), 0);
    let tokens = drive::blocking(&mut flow, &mut at, |_| (), &mut send, |question| keyring.answer(question)).unwrap();
    finished(&tokens, &peer);
}
