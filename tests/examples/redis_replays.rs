//! One API of several copies that share a Redis: a DPoP proof that one of them has seen is refused by all (RFC 9449, section 11.1).
//!
//! `cargo run --example redis_replays redis://127.0.0.1:6379` has two copies check the same request, with a Redis that runs there.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person"
)]

use std::error::Error;
use std::time::{Duration, SystemTime};

use jwt_core::json::Object;
use jwt_core::profile::DpopProof;
use jwt_core::{Algorithm, Header, Jwk, Moment, SigningKey, Timestamp, VerifyingKeys};
use oauth_resource_sans_io::{Check, Dpop, Guard, Need, RequestHead};
use oauth_types::Issuer;
use redis::{Client, RedisResult};

/// The store. The documentation of `FreshnessCheck` shows the same file.
#[allow(unreachable_pub, reason = "it is written for every API")]
#[path = "../../crates/oauth-resource-sans-io/src/need/redis.rs"]
mod store;

/// One copy of the API.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    guard: Guard,
    redis: Client,
}

/// How long a request waits for Redis: to connect, and for each answer. Whoever would wait longer is told to come again.
const PATIENCE: Duration = Duration::from_millis(500);

impl Replica {
    /// A copy with this guard, and the Redis at `url`.
    ///
    /// # Errors
    ///
    /// If that is no URL of a Redis.
    pub(crate) fn new(guard: Guard, url: &str) -> RedisResult<Self> {
        Ok(Self { guard, redis: Client::open(url)? })
    }

    /// Checks a request to the end. What else a guard may need was not configured.
    pub(crate) fn check(&self, head: &RequestHead<'_>, now: Timestamp) -> Check {
        match self.guard.check(head, now) {
            Check::Needs(Need::Freshness(check)) => {
                let answer = self.ask(&store::insert(&check, now));
                store::decide(check, answer)
            }
            decided => decided,
        }
    }

    /// Over a connection of its own: a busy API has a pool of them.
    fn ask(&self, command: &[String]) -> RedisResult<Option<String>> {
        let mut connection = self.redis.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        let mut asked = redis::Cmd::new();
        asked.arg(command);
        asked.query(&mut connection)
    }
}

/// A client, and its token that an authorization server has bound to its key.
pub(crate) struct Caller {
    key: SigningKey,
    issuer: SigningKey,
    /// What the `Authorization` field says.
    pub(crate) authorization: String,
    token: String,
}

const API: &str = "https://api.example";
const ISSUER: &str = "https://as.example";
/// The request that it makes.
pub(crate) const METHOD: &str = "GET";
pub(crate) const PATH: &str = "/files";

impl Caller {
    /// One that gets its token at this time.
    ///
    /// # Errors
    ///
    /// If no key can be made.
    pub(crate) fn new(now: Timestamp) -> Result<Self, Box<dyn Error>> {
        // RFC 8037, appendix A.1, for the client, and RFC 7515, appendix A.3, for the server: as public as keys can be.
        let key = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let issuer = br#"{"kty":"EC","crv":"P-256","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
        let key = SigningKey::from_jwk(&Jwk::from_slice(key)?)?;
        let issuer = SigningKey::from_jwk(&Jwk::from_slice(issuer)?)?;
        let texts = [("iss", ISSUER), ("aud", API), ("sub", "alice"), ("client_id", "app"), ("jti", "1")];
        let mut claims: Object = texts.into_iter().collect();
        claims.insert("iat", now.as_unix());
        claims.insert("exp", now.as_unix() + 300);
        let jkt = key.public_jwk().ok_or("a key without a public part")?.thumbprint().to_string();
        claims.insert("cnf", [("jkt", jkt)].into_iter().collect::<Object>());
        let token = jwt_core::sign(&Header::new(Algorithm::ES256).with_typ("at+jwt"), &claims, &issuer)?;
        Ok(Self { key, issuer, authorization: format!("DPoP {token}"), token })
    }

    /// The guard of the API that it calls.
    ///
    /// # Errors
    ///
    /// Never: the keys are good.
    pub(crate) fn guard(&self, dpop: Dpop) -> Result<Guard, Box<dyn Error>> {
        let keys = VerifyingKeys::from_keys(vec![self.issuer.verifying_key()?]);
        Ok(Guard::new(API).origin(API).issuer_with_keys(Issuer::new(ISSUER)?, keys).dpop(dpop))
    }

    /// A proof for its request.
    ///
    /// # Errors
    ///
    /// If it cannot be signed.
    pub(crate) fn proof(&self, at: &Moment) -> Result<String, Box<dyn Error>> {
        Ok(DpopProof::new(METHOD, format!("{API}{PATH}")).access_token(&self.token).sign(&self.key, at)?)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("which Redis? redis://127.0.0.1:6379, for instance")?;
    let now = Timestamp::from(SystemTime::now());
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy)?;

    let caller = Caller::new(now)?;
    let first = Replica::new(caller.guard(Dpop::new(&[Algorithm::Ed25519]))?, &url)?;
    let second = first.clone();
    let proof = caller.proof(&Moment::new(now, entropy))?;
    let head = RequestHead::new(METHOD, PATH).authorization([caller.authorization.as_str()]).dpop([proof.as_str()]);
    for (name, copy) in [("first", first), ("second", second)] {
        match copy.check(&head, now) {
            Check::Granted(principal) => {
                println!("the {name} copy lets {} in", principal.subject().unwrap_or_default())
            }
            Check::Denied(denial) => println!("the {name} copy says {} {}", denial.status(), denial.code()),
            Check::Needs(need) => println!("the {name} copy needs {need:?}"),
            _ => println!("the {name} copy says something new"),
        }
    }
    Ok(())
}
