//! Debian's `redis-server`, asked with the crate `redis`: the store of the example, where several copies of an API share what they have seen.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use jwt_core::{Algorithm, Moment, Timestamp};
use oauth_resource_sans_io::{Check, Dpop, RequestHead};
use redis::{Client, Connection, RedisResult};

use self::example::{Caller, METHOD, PATH, Replica};
use crate::driving::{at, moment};
use crate::peer::Daemon;

#[path = "../../examples/redis_replays.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod example;

/// One that keeps nothing on the disk.
fn redis() -> Option<Daemon> {
    let command = |directory: &std::path::Path, port: u16| {
        let (directory, port) = (directory.display().to_string(), port.to_string());
        let options = ["--bind", "127.0.0.1", "--port", &port, "--dir", &directory, "--save", "", "--appendonly", "no"];
        ["redis-server"].into_iter().chain(options).map(str::to_owned).collect()
    };
    Daemon::start(&["redis-server"], command, |port| {
        connect(&url(port)).and_then(|mut redis| redis::cmd("PING").query::<String>(&mut redis)).is_ok()
    })
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

fn connect(url: &str) -> RedisResult<Connection> {
    Client::open(url)?.get_connection_with_timeout(Duration::from_secs(1))
}

fn dpop() -> Dpop {
    Dpop::new(&[Algorithm::Ed25519])
}

/// The code of a refusal, or who is let in.
fn outcome(check: Check) -> String {
    match check {
        Check::Granted(principal) => principal.subject().unwrap().to_owned(),
        Check::Denied(denial) => format!("{} {}", denial.status(), denial.code()),
        other @ (Check::Needs(_) | _) => panic!("{other:?}"),
    }
}

fn call(replica: &Replica, caller: &Caller, proof: &str, now: Timestamp) -> String {
    let head = RequestHead::new(METHOD, PATH).authorization([caller.authorization.as_str()]).dpop([proof]);
    outcome(replica.check(&head, now))
}

/// The time now, a caller, and a copy of its API.
fn world(redis: &Daemon) -> (Moment, Caller, Replica) {
    let at = at();
    let caller = Caller::new(at.now()).unwrap();
    let replica = Replica::new(caller.guard(dpop()).unwrap(), &url(redis.port)).unwrap();
    (at, caller, replica)
}

const ALICE: &str = "alice";
const REPLAYED: &str = "401 jti_replayed";
const UNAVAILABLE: &str = "503 store_unavailable";

#[test]
fn a_proof_that_one_copy_has_taken_is_refused_by_every_other() {
    // DP-12
    let Some(redis) = redis() else { return };
    let (now, caller, first) = world(&redis);
    // Nothing in common but the keys and the Redis.
    let second = Replica::new(caller.guard(dpop()).unwrap(), &url(redis.port)).unwrap();
    let proof = caller.proof(&now).unwrap();
    assert_eq!(call(&first, &caller, &proof, now.now()), ALICE);
    assert_eq!(call(&second, &caller, &proof, now.now()), REPLAYED);
    assert_eq!(call(&first, &caller, &proof, now.now()), REPLAYED);
    // The next one is new, once.
    let next = caller.proof(&moment(now.now())).unwrap();
    assert_eq!(call(&second, &caller, &next, now.now()), ALICE);
    assert_eq!(call(&first, &caller, &next, now.now()), REPLAYED);
}

#[test]
fn of_fifty_requests_at_once_with_one_proof_one_is_let_in() {
    // DP-12
    let Some(redis) = redis() else { return };
    let (now, caller, replica) = world(&redis);
    let (proof, start) = (caller.proof(&now).unwrap(), Barrier::new(50));
    let mut outcomes = BTreeMap::<String, usize>::new();
    std::thread::scope(|scope| {
        let one = || {
            let replica = replica.clone();
            start.wait();
            call(&replica, &caller, &proof, now.now())
        };
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(one)).collect();
        for thread in threads {
            *outcomes.entry(thread.join().unwrap()).or_default() += 1;
        }
    });
    assert_eq!(outcomes, BTreeMap::from([(ALICE.to_owned(), 1), (REPLAYED.to_owned(), 49)]));
}

#[test]
fn redis_forgets_a_proof_that_is_too_old_anyway() {
    let Some(redis) = redis() else { return };
    let (at, url) = (at(), url(redis.port));
    let caller = Caller::new(at.now()).unwrap();
    let guard = caller.guard(dpop().max_age(Duration::from_secs(1))).unwrap().leeway(Duration::ZERO);
    let replica = Replica::new(guard, &url).unwrap();
    let proof = caller.proof(&at).unwrap();
    let started = Instant::now();
    // It comes in the last second of its life.
    let now = Timestamp::from_unix(at.now().as_unix() + 1);
    assert_eq!(call(&replica, &caller, &proof, now), ALICE);
    assert_eq!(call(&replica, &caller, &proof, now), REPLAYED);

    let mut redis = connect(&url).unwrap();
    let mut keys = || redis::cmd("KEYS").arg("*").query::<Vec<String>>(&mut redis).unwrap();
    let [key] = keys().try_into().unwrap();
    assert!(key.starts_with("dpop:") && key.len() == "dpop:".len() + 43, "{key}");
    while !keys().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(15), "it keeps it");
        std::thread::sleep(Duration::from_millis(50));
    }
    // Not before it was too old, however the clocks of the copies differ by a little.
    assert!(started.elapsed() >= Duration::from_secs(5), "{:?}", started.elapsed());
    let later = at.now().saturating_add(started.elapsed());
    assert_eq!(call(&replica, &caller, &proof, later), "401 too_old");
}

#[test]
fn where_redis_is_silent_or_gone_nobody_is_let_in() {
    let Some(redis) = redis() else { return };
    let (now, caller, replica) = world(&redis);
    let fresh = || call(&replica, &caller, &caller.proof(&moment(now.now())).unwrap(), now.now());
    assert_eq!(fresh(), ALICE);
    let mut other = connect(&url(redis.port)).unwrap();
    redis::cmd("CLIENT").arg(&["PAUSE", "60000", "ALL"]).exec(&mut other).unwrap();
    let asked = Instant::now();
    assert_eq!(fresh(), UNAVAILABLE);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    drop(redis);
    assert_eq!(fresh(), UNAVAILABLE);
}
