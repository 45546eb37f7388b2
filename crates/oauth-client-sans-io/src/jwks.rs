//! [`Jwks`]: a server's keys, kept ready and fetched when that is due (RFC 7517, section 5).

mod freshness;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::digest::sha256;
use jwt_core::{
    Algorithm, Candidates, Family, Header, JwkSet, MakeKey, Timestamp, VerifyingKey, VerifyingKeys, base64url, jwk,
};
use oauth_types::{Contract, Endpoint, HttpRequest, HttpResponse, retry_after};
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
use crate::exchange::is_transient;
use crate::flow::SendFailure;
use crate::recent::Recent;
use crate::signature::{keys_request, published};
use crate::stored::stored;

/// The keys of one authorization server: for any number of readers ([`lookup`](Jwks::lookup), by `&self`) and one owner who fetches.
///
/// # Theory of operation
///
/// It is no [`Flow`](crate::Flow), because it never ends. A reader that gets [`Lookup::Fetch`] calls [`fetch_for`](Jwks::fetch_for) with the same header (or
/// [`fetch`](Jwks::fetch)); the first one gets the request, sends it and hands the outcome to [`handle_response`](Jwks::handle_response) or
/// [`handle_failure`](Jwks::handle_failure). All others get `None`, or [`Lookup::Wait`] from then on, and look up again when the outcome is there: how they wait
/// (a condition variable, a channel, another turn of an event loop) is theirs. A fetch that was never answered is given up.
///
/// * Keys are **fresh** for the response's `max-age` or until its `Expires`, less its `Age` (RFC 9111, section 4.2), within bounds, or ten minutes. A look-up
///   among fresh keys never fetches, but for a header that no key fits.
/// * A `kid` that is not there leads to one fetch for each cool-down and not one for each token, so that made-up `kid`s cost nothing (THREATS A14). One that an
///   answer did not have either leads to none for some minutes, unless another fetch brings it. An algorithm that is not allowed leads to none, ever.
/// * When keys are no longer fresh they are fetched anew, with `If-None-Match` where the server gave an `ETag`. If that fails they are served on for
///   [`stale_for`](Jwks::stale_for): an outage of the key server is not one of the API. While it lasts, fetches are put off longer and longer, up to the cool-down.
/// * A failed or unreadable answer never replaces keys, and neither does one that is too long or holds too many.
/// * A clock that is set back never lengthens a wait beyond what it was set for.
///
/// Of a look-up for a key that is not there (one that is, and is fresh, fetches nothing):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> due
///     due --> fetching: fetch (GET the key set)
///     fetching --> cooling: 200, 400, 503, not sent, unknown
///     fetching --> due: a day (without an answer)
///     cooling --> due: a day (or the cool-down, if that is shorter)
/// ```
///
/// It is plain data: [`to_stored`](Jwks::to_stored) is a snapshot for the next start of the program or for another node, which then need not fetch.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header, Timestamp};
/// use oauth_client_sans_io::{Jwks, Lookup};
/// use oauth_types::{Endpoint, HttpResponse};
///
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut jwks = Jwks::new(Endpoint::new("https://as.example/jwks")?, &[Algorithm::ES256]);
/// let header = Header::new(Algorithm::ES256).with_kid("2024-01");
/// assert!(matches!(jwks.lookup(&header, now), Lookup::Fetch));
///
/// let request = jwks.fetch_for(&header, now).expect("nobody else fetches");
/// assert_eq!(request.url(), "https://as.example/jwks");
/// assert!(jwks.fetch_for(&header, now).is_none(), "one fetch at a time");
/// assert!(matches!(jwks.lookup(&header, now), Lookup::Wait { .. }));
/// jwks.handle_response(now, &HttpResponse::new(200).with_body(r#"{"keys":[]}"#))?;
/// assert!(matches!(jwks.lookup(&header, now), Lookup::Unknown { .. }), "no such key, and too early to ask again");
///
/// let snapshot = jwks.to_stored();
/// let restored = Jwks::from_stored(&snapshot)?;
/// assert!(matches!(restored.lookup(&header, now), Lookup::Unknown { .. }));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Jwks {
    endpoint: Endpoint,
    algorithms: Vec<Algorithm>,
    backend: MakeKey,
    stale_for: Duration,
    keys: Option<Keys>,
    fetching: Option<Fetching>,
    /// The last attempt and how long nothing is asked after it.
    cool_down: Option<Span>,
    failures: u8,
    /// What an answer did not have either: marks of headers, and when that was.
    absent: Recent<Mark, Span>,
}

#[derive(Clone, Debug)]
struct Keys {
    set: JwkSet,
    ready: VerifyingKeys,
    fresh: Span,
    etag: Option<String>,
}

/// The outstanding fetch. It is not stored: whoever restores a snapshot did not send it.
#[derive(Clone, Debug)]
struct Fetching {
    since: Span,
    /// Whether the server may answer 304.
    conditional: bool,
    /// For which look-up it was sent.
    wanted: Option<Mark>,
}

/// What a look-up was for: a hash of the header's `alg` and `kid`, because a `kid` is as long as a token's author likes.
type Mark = [u8; 16];

/// What [`Jwks::lookup`] found.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Lookup<'k> {
    /// These keys fit: try them in this order.
    Found(Candidates<'k>),
    /// Fetch ([`Jwks::fetch_for`]), then look up again.
    Fetch,
    /// Somebody fetches already, and what comes decides: look up again when it is there, or at `until` if it never comes.
    Wait {
        /// When the fetch is given up.
        until: Timestamp,
    },
    /// None of the keys fits, and another fetch is not due before `retry_at`: the token is refused.
    Unknown {
        /// When a look-up of the same header may lead to a fetch; [`Timestamp::MAX`] for an algorithm that is not allowed.
        retry_at: Timestamp,
    },
    /// There are no keys at all, and the key server cannot be asked before `retry_at`. Nothing can be said about the token.
    Unavailable {
        /// When the next fetch is due.
        retry_at: Timestamp,
    },
}

/// How long keys are fresh where the response does not say: key rotation is announced days ahead, revocation is wanted within minutes.
const DEFAULT_FRESH_FOR: Duration = Duration::from_secs(600);
/// `max-age` is not believed below this (a server that says 0 would be asked for every token) ..
const MIN_FRESH_FOR: Duration = Duration::from_secs(60);
/// .. nor above this: a key that was withdrawn must be gone within a day.
const MAX_FRESH_FOR: Duration = Duration::from_secs(86_400);
/// How long old keys are served on when no new ones can be had.
const DEFAULT_STALE_FOR: Duration = Duration::from_secs(86_400);
/// After a fetch that worked, an unknown `kid` leads to another one this much later at the earliest.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// The first wait after a failed fetch; it doubles up to [`COOL_DOWN`].
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// A fetch that was never answered is given up after this, longer than any request's time limit.
const ABANDONED_AFTER: Duration = Duration::from_secs(90);
/// How long it is remembered that an answer did not have a key: a server that signs with a key before it publishes it is served again this soon.
const ABSENT_FOR: Duration = Duration::from_secs(300);
/// How many headers without a key are remembered: one is added for each cool-down, so this is more than [`ABSENT_FOR`] can hold.
const MAX_ABSENT: usize = 16;
/// How long a key set may be, in bytes: what the request's contract allows.
const MAX_SET_BYTES: usize = Contract::DEFAULT_MAX_RESPONSE_BYTES;
/// How many keys a set may have: ten times those of the largest known ones.
const MAX_KEYS: usize = 1024;

impl Jwks {
    /// The keys at `endpoint` (the metadata's `jwks_uri`), for tokens signed with one of `algorithms`.
    ///
    /// A key is used with the one algorithm that it names, if that is in the list, or with the only one in the list that fits its type.
    /// HMAC algorithms in the list are left out: whoever can fetch a key can sign with it.
    #[must_use]
    pub fn new(endpoint: Endpoint, algorithms: &[Algorithm]) -> Self {
        Self {
            endpoint,
            algorithms: algorithms.iter().copied().filter(|algorithm| algorithm.family() != Family::Hmac).collect(),
            backend: VerifyingKey::from_jwk_as,
            stale_for: DEFAULT_STALE_FOR,
            keys: None,
            fetching: None,
            cool_down: None,
            failures: 0,
            absent: Recent::new(MAX_ABSENT),
        }
    }

    /// Makes the keys with this backend instead of the one built into `jwt-core`. A snapshot holds none: say it again after [`from_stored`](Self::from_stored).
    #[must_use]
    pub fn backend(mut self, backend: MakeKey) -> Self {
        self.backend = backend;
        if let Some(keys) = &mut self.keys {
            keys.ready = VerifyingKeys::with_backend(&keys.set, &self.algorithms, backend);
        }
        self
    }

    /// Serves old keys on for this long, in whole seconds, instead of a day, while no new ones can be had.
    #[must_use]
    pub const fn stale_for(mut self, stale_for: Duration) -> Self {
        self.stale_for = Duration::from_secs(stale_for.as_secs());
        self
    }

    /// The keys as they were last fetched: to give to a login, which then need not fetch them.
    #[must_use]
    pub fn keys(&self) -> Option<&JwkSet> {
        self.keys.as_ref().map(|keys| &keys.set)
    }

    /// The keys that a look-up searches now; `None` where it says [`Lookup::Fetch`], [`Lookup::Wait`] or [`Lookup::Unavailable`] whatever the header. For whoever
    /// checks many tokens: what no key here fits goes on with a [`lookup`](Self::lookup).
    #[must_use]
    pub fn ready(&self, now: Timestamp) -> Option<&VerifyingKeys> {
        let keys = self.keys.as_ref()?;
        // While one fetches, and while fetching is put off, the others go on with what there is.
        let serves = keys.fresh.holds(now) || (self.is_usable(keys, now) && self.turn(now) != Turn::Now);
        serves.then_some(&keys.ready)
    }

    /// Finds the keys for a token with this header.
    pub fn lookup(&self, header: &Header, now: Timestamp) -> Lookup<'_> {
        // No set can hold a key for it.
        if !self.algorithms.iter().any(|algorithm| algorithm.is_named(header.alg())) {
            return Lookup::Unknown { retry_at: Timestamp::MAX };
        }
        let turn = self.turn(now);
        let Some(keys) = self.keys.as_ref().filter(|keys| self.is_usable(keys, now)) else {
            return match turn {
                Turn::Now => Lookup::Fetch,
                Turn::After(until) => Lookup::Wait { until },
                Turn::NotBefore(retry_at) => Lookup::Unavailable { retry_at },
            };
        };
        // While one fetches, and while fetching is put off, the others go on with what there is.
        if turn == Turn::Now && !keys.fresh.holds(now) {
            return Lookup::Fetch;
        }
        if let Ok(candidates) = keys.ready.select(header) {
            return Lookup::Found(candidates);
        }
        let absent = self.absent.peek(&mark(header)).filter(|absent| absent.holds(now)).map(|absent| absent.end());
        match (absent, turn) {
            (None, Turn::Now) => Lookup::Fetch,
            (None, Turn::After(until)) => Lookup::Wait { until },
            (None, Turn::NotBefore(retry_at)) => Lookup::Unknown { retry_at },
            (Some(retry_at), Turn::Now | Turn::After(_)) => Lookup::Unknown { retry_at },
            (Some(absent), Turn::NotBefore(retry_at)) => Lookup::Unknown { retry_at: absent.max(retry_at) },
        }
    }

    /// The request that fetches the keys, for whoever is told to by a [`lookup`](Self::lookup) of this header: `None` where that is not due (any more). If the
    /// answer has no key for the header, that is remembered.
    #[must_use]
    pub fn fetch_for(&mut self, header: &Header, now: Timestamp) -> Option<HttpRequest> {
        if !matches!(self.lookup(header, now), Lookup::Fetch) {
            return None;
        }
        let request = self.fetch(now)?;
        if let Some(fetching) = &mut self.fetching {
            fetching.wanted = Some(mark(header));
        }
        Some(request)
    }

    /// The request that fetches the keys, needed or not, for the first who asks; `None` while it is outstanding and during the cool-down.
    #[must_use]
    pub fn fetch(&mut self, now: Timestamp) -> Option<HttpRequest> {
        if self.turn(now) != Turn::Now {
            return None;
        }
        let etag = self.keys.as_ref().and_then(|keys| keys.etag.as_deref());
        let mut request = keys_request(&self.endpoint).with_max_response_bytes(MAX_SET_BYTES);
        if let Some(etag) = etag {
            // RFC 9110, section 13.1.2.
            request = request.with_header("if-none-match", etag);
        }
        self.fetching =
            Some(Fetching { since: Span::new(now, ABANDONED_AFTER), conditional: etag.is_some(), wanted: None });
        // Whatever becomes of it, also in a copy that is restored from a snapshot.
        self.cool_down = Some(Span::new(now, COOL_DOWN));
        Some(request)
    }

    /// The response to the fetch, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] or [`Error::InvalidResponse`] where it holds no key set; the keys stay what they were, and the next fetch is put off.
    /// [`ApiMisuse::NoRequest`] where no fetch is outstanding.
    pub fn handle_response(&mut self, now: Timestamp, response: &HttpResponse) -> Result<(), Error> {
        let fetching = self.fetching.take().ok_or(ApiMisuse::NoRequest)?;
        let status = response.status();
        if is_transient(status) {
            let retry_after = retry_after::of(response, now);
            self.put_off(now, retry_after);
            let failure = TransportFailure::Unavailable { status, retry_after };
            return Err(Error::Transport { operation: Operation::Jwks, failure });
        }
        let fresh_for = freshness::fresh_for(response, now).unwrap_or(DEFAULT_FRESH_FOR);
        let fresh = Span::new(now, fresh_for.clamp(MIN_FRESH_FOR, MAX_FRESH_FOR));
        match (status, &mut self.keys) {
            (200, _) => match read(response) {
                Ok(set) => {
                    let ready = VerifyingKeys::with_backend(&set, &self.algorithms, self.backend);
                    self.keys = Some(Keys { set, ready, fresh, etag: freshness::etag(response) });
                }
                Err(reason) => return self.invalid(now, reason),
            },
            // RFC 9110, section 15.4.5: only who asked for it can be answered so. RFC 9111, section 4.3.4: the response's fields replace the stored ones.
            (304, Some(keys)) if fetching.conditional => {
                keys.fresh = fresh;
                if let Some(etag) = freshness::etag(response) {
                    keys.etag = Some(etag);
                }
            }
            _ => return self.invalid(now, InvalidReason::Status(status)),
        }
        self.failures = 0;
        self.cool_down = Some(Span::new(now, COOL_DOWN));
        self.absent.retain(|_, absent| absent.holds(now));
        if let Some(wanted) = fetching.wanted {
            // Where the answer has the key after all, it is found before this is looked at.
            self.absent.insert(wanted, Span::new(now, ABSENT_FOR));
        }
        Ok(())
    }

    /// The fetch was not answered: the keys stay what they were, and the next fetch is put off.
    pub fn handle_failure(&mut self, now: Timestamp, _failure: SendFailure) {
        if self.fetching.take().is_some() {
            self.put_off(now, None);
        }
    }

    fn invalid(&mut self, now: Timestamp, reason: InvalidReason) -> Result<(), Error> {
        self.put_off(now, None);
        Err(Error::InvalidResponse { operation: Operation::Jwks, reason })
    }

    fn put_off(&mut self, now: Timestamp, asked_for: Option<Duration>) {
        let backoff = FIRST_RETRY.saturating_mul(1 << self.failures.min(5));
        self.failures = self.failures.saturating_add(1);
        self.cool_down = Some(Span::new(now, asked_for.unwrap_or(backoff).clamp(FIRST_RETRY, COOL_DOWN)));
    }

    /// Whether a fetch may be sent.
    fn turn(&self, now: Timestamp) -> Turn {
        if let Some(fetching) = &self.fetching {
            // Longer than a cool-down, so what is given up is due.
            let since = fetching.since;
            return if since.holds(now) { Turn::After(since.end()) } else { Turn::Now };
        }
        match self.cool_down.filter(|cool_down| cool_down.holds(now)) {
            Some(cool_down) => Turn::NotBefore(cool_down.end()),
            None => Turn::Now,
        }
    }

    fn is_usable(&self, keys: &Keys, now: Timestamp) -> bool {
        keys.fresh.end().saturating_add(self.stale_for) > now
    }

    fn to_body(&self) -> JwksBody {
        JwksBody {
            endpoint: self.endpoint.as_str().to_string(),
            algorithms: self.algorithms.iter().map(|algorithm| algorithm.as_str().to_string()).collect(),
            stale_for: self.stale_for.as_secs(),
            keys: self.keys.as_ref().map(|keys| KeysBody {
                set: keys.set.clone(),
                fresh: keys.fresh,
                etag: keys.etag.clone(),
            }),
            cool_down: self.cool_down,
            failures: self.failures,
            absent: self.absent.iter().map(|(mark, absent)| (base64url::encode(mark), *absent)).collect(),
        }
    }

    fn from_body(body: JwksBody) -> Option<Self> {
        let algorithms: Vec<Algorithm> =
            body.algorithms.iter().map(|name| Algorithm::from_name(name)).collect::<Option<_>>()?;
        let mut jwks =
            Self::new(Endpoint::new(body.endpoint).ok()?, &algorithms).stale_for(Duration::from_secs(body.stale_for));
        if let Some(KeysBody { set, fresh, etag }) = body.keys {
            // A text that was changed must not have more to say than a server.
            if etag.as_deref().is_some_and(|etag| !freshness::is_etag(etag)) || set.keys().len() > MAX_KEYS {
                return None;
            }
            let fresh = fresh.at_most(MAX_FRESH_FOR)?;
            let set = published(&set);
            let ready = VerifyingKeys::with_backend(&set, &algorithms, jwks.backend);
            jwks.keys = Some(Keys { set, ready, fresh, etag });
        }
        jwks.cool_down = match body.cool_down {
            Some(cool_down) => Some(cool_down.at_most(COOL_DOWN)?),
            None => None,
        };
        jwks.failures = body.failures;
        for (mark, absent) in body.absent {
            jwks.absent.insert(base64url::decode(mark).ok()?.try_into().ok()?, absent.at_most(ABSENT_FOR)?);
        }
        Some(jwks)
    }
}

/// Reads a key set within the limits.
fn read(response: &HttpResponse) -> Result<JwkSet, InvalidReason> {
    if response.body().len() > MAX_SET_BYTES {
        return Err(InvalidReason::TooLarge);
    }
    let limits = jwk::Limits::default().max_set_bytes(MAX_SET_BYTES).max_keys(MAX_KEYS);
    JwkSet::from_slice_with(response.body(), &limits).map(|set| published(&set)).map_err(|_| InvalidReason::Jwks)
}

fn mark(header: &Header) -> Mark {
    // Neither can hold a zero byte that the other does not end at: `alg` is a name that is allowed.
    let hash = sha256(&[header.alg().as_bytes(), b"\0", header.kid().unwrap_or_default().as_bytes()].concat());
    let mut mark = Mark::default();
    mark.copy_from_slice(hash.first_chunk::<16>().unwrap_or(&[0; 16]));
    mark
}

/// Whether and when a fetch may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Now,
    /// Another one is outstanding, and given up then.
    After(Timestamp),
    NotBefore(Timestamp),
}

/// A length of time from some moment on, in whole seconds, as it is stored: no shorter than it was meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    since: u64,
    seconds: u64,
}

impl Span {
    fn new(now: Timestamp, length: Duration) -> Self {
        // What the beginning loses of its second, the end makes good.
        let fraction = u64::from(now.as_duration().subsec_nanos() > 0);
        Self { since: now.as_unix(), seconds: length.as_secs().saturating_add(fraction) }
    }

    /// The same, if it is one of this length or less.
    fn at_most(self, length: Duration) -> Option<Self> {
        (self.seconds <= length.as_secs().saturating_add(1)).then_some(self)
    }

    const fn end(self) -> Timestamp {
        Timestamp::from_unix(self.since.saturating_add(self.seconds))
    }

    /// Whether `now` lies in it. A clock that was set back to before it is outside.
    fn holds(self, now: Timestamp) -> bool {
        Timestamp::from_unix(self.since) <= now && now < self.end()
    }
}

stored! {
    /// It holds no secret: public keys, times, and hashes of headers that had no key. The backend is not in it ([`backend`](Self::backend)); a fetch that is
    /// outstanding is not either, and its answer is no longer taken.
    Jwks, "jwks", 1, JwksBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JwksBody {
    endpoint: String,
    algorithms: Vec<String>,
    stale_for: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<KeysBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cool_down: Option<Span>,
    failures: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    absent: Vec<(String, Span)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysBody {
    set: JwkSet,
    fresh: Span,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}
