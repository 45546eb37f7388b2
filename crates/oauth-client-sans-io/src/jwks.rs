//! [`Jwks`]: a server's keys, kept ready and fetched when that is due (RFC 7517, section 5).

use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::{Algorithm, Candidates, Family, Header, JwkSet, MakeKey, Timestamp, VerifyingKey, VerifyingKeys};
use oauth_types::{Endpoint, HttpRequest, HttpResponse, retry_after};

use crate::error::{Error, InvalidReason, Operation, TransportFailure};
use crate::flow::SendFailure;
use crate::signature::keys_request;

/// The keys of one authorization server: for any number of readers ([`lookup`](Jwks::lookup), by `&self`) and one owner who fetches.
///
/// # Theory of operation
///
/// It is no [`Flow`](crate::Flow), because it never ends. A reader that gets [`Lookup::Fetch`] calls [`fetch`](Jwks::fetch); the first one gets the request, sends it and hands the outcome to
/// [`handle_response`](Jwks::handle_response) or [`handle_failure`](Jwks::handle_failure); all others get `None` and look up again when that is done.
///
/// * Keys are **fresh** for the response's `max-age`, within bounds, or ten minutes. A look-up among fresh keys never fetches, but for a header that no key fits.
/// * A `kid` that is not there leads to one fetch for each cool-down and not one for each token, so that made-up `kid`s cost nothing (THREATS A14).
/// * When keys are no longer fresh they are fetched anew. If that fails they are served on for [`stale_for`](Jwks::stale_for): an outage of the key server is not one of the API.
/// * A failed or unreadable answer never replaces keys.
/// * A clock that is set back never lengthens a wait beyond what it was set for.
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
/// let request = jwks.fetch(now).expect("nobody else fetches");
/// assert_eq!(request.url(), "https://as.example/jwks");
/// assert!(jwks.fetch(now).is_none(), "one fetch at a time");
/// jwks.handle_response(now, &HttpResponse::new(200).with_body(r#"{"keys":[]}"#))?;
/// assert!(matches!(jwks.lookup(&header, now), Lookup::Unknown { .. }), "no such key, and too early to ask again");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Jwks {
    endpoint: Endpoint,
    algorithms: Vec<Algorithm>,
    backend: MakeKey,
    stale_for: Duration,
    keys: Option<Keys>,
    /// When the outstanding fetch began.
    fetching_since: Option<Timestamp>,
    /// The last attempt and how long nothing is asked after it.
    cool_down: Option<(Timestamp, Duration)>,
    failures: u8,
}

#[derive(Debug)]
struct Keys {
    set: JwkSet,
    ready: VerifyingKeys,
    fetched_at: Timestamp,
    fresh_for: Duration,
}

/// What [`Jwks::lookup`] found.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Lookup<'k> {
    /// These keys fit: try them in this order.
    Found(Candidates<'k>),
    /// Fetch (or wait for whoever does), then look up again.
    Fetch,
    /// The keys are known, and none fits. Another fetch is not due before `retry_at`: the token is refused.
    Unknown {
        /// When a look-up of the same header may lead to a fetch.
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
            fetching_since: None,
            cool_down: None,
            failures: 0,
        }
    }

    /// Makes the keys with this backend instead of the one built into `jwt-core`.
    #[must_use]
    pub fn backend(mut self, backend: MakeKey) -> Self {
        self.backend = backend;
        self
    }

    /// Serves old keys on for this long, instead of a day, while no new ones can be had.
    #[must_use]
    pub const fn stale_for(mut self, stale_for: Duration) -> Self {
        self.stale_for = stale_for;
        self
    }

    /// The keys as they were last fetched: to give to a login, which then need not fetch them.
    #[must_use]
    pub fn keys(&self) -> Option<&JwkSet> {
        self.keys.as_ref().map(|keys| &keys.set)
    }

    /// Finds the keys for a token with this header.
    pub fn lookup(&self, header: &Header, now: Timestamp) -> Lookup<'_> {
        let retry_at = self.retry_at(now);
        let Some(keys) = self.keys.as_ref().filter(|keys| self.is_usable(keys, now)) else {
            return retry_at.map_or(Lookup::Fetch, |retry_at| Lookup::Unavailable { retry_at });
        };
        // While one fetches, and while fetching is put off, the others go on with what there is.
        if !keys.is_fresh(now) && retry_at.is_none() && !self.is_fetching(now) {
            return Lookup::Fetch;
        }
        match (keys.ready.select(header), retry_at) {
            (Ok(candidates), _) => Lookup::Found(candidates),
            (Err(_), Some(retry_at)) => Lookup::Unknown { retry_at },
            (Err(_), None) => Lookup::Fetch,
        }
    }

    /// The request that fetches the keys: for the first who asks; `None` while it is outstanding and during the cool-down.
    #[must_use]
    pub fn fetch(&mut self, now: Timestamp) -> Option<HttpRequest> {
        if self.is_fetching(now) || self.retry_at(now).is_some() {
            return None;
        }
        self.fetching_since = Some(now);
        Some(keys_request(&self.endpoint))
    }

    /// The response to the fetch, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] or [`Error::InvalidResponse`] where it holds no key set; the keys stay what they were, and the next fetch is put off.
    pub fn handle_response(&mut self, now: Timestamp, response: &HttpResponse) -> Result<(), Error> {
        self.fetching_since = None;
        let status = response.status();
        if status == 429 || status >= 500 {
            let retry_after = retry_after::of(response, now);
            self.put_off(now, retry_after);
            let failure = TransportFailure::Unavailable { status, retry_after };
            return Err(Error::Transport { operation: Operation::Jwks, failure });
        }
        if status != 200 {
            return self.invalid(now, InvalidReason::Status(status));
        }
        let Ok(set) = JwkSet::from_slice(response.body()) else { return self.invalid(now, InvalidReason::Jwks) };
        let ready = VerifyingKeys::with_backend(&set, &self.algorithms, self.backend);
        let fresh_for = max_age(response).unwrap_or(DEFAULT_FRESH_FOR).clamp(MIN_FRESH_FOR, MAX_FRESH_FOR);
        self.keys = Some(Keys { set, ready, fetched_at: now, fresh_for });
        self.failures = 0;
        self.cool_down = Some((now, COOL_DOWN));
        Ok(())
    }

    /// The fetch was not answered: the keys stay what they were, and the next fetch is put off.
    pub fn handle_failure(&mut self, now: Timestamp, _failure: SendFailure) {
        self.fetching_since = None;
        self.put_off(now, None);
    }

    fn invalid(&mut self, now: Timestamp, reason: InvalidReason) -> Result<(), Error> {
        self.put_off(now, None);
        Err(Error::InvalidResponse { operation: Operation::Jwks, reason })
    }

    fn put_off(&mut self, now: Timestamp, asked_for: Option<Duration>) {
        let backoff = FIRST_RETRY.saturating_mul(1 << self.failures.min(5));
        self.failures = self.failures.saturating_add(1);
        self.cool_down = Some((now, asked_for.unwrap_or(backoff).clamp(FIRST_RETRY, COOL_DOWN)));
    }

    /// When the next fetch is due, if it is not due now.
    fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let (since, wait) = self.cool_down?;
        within(since, wait, now).then(|| since.saturating_add(wait))
    }

    fn is_fetching(&self, now: Timestamp) -> bool {
        self.fetching_since.is_some_and(|since| within(since, ABANDONED_AFTER, now))
    }

    fn is_usable(&self, keys: &Keys, now: Timestamp) -> bool {
        keys.fetched_at.saturating_add(keys.fresh_for).saturating_add(self.stale_for) > now
    }
}

impl Keys {
    fn is_fresh(&self, now: Timestamp) -> bool {
        within(self.fetched_at, self.fresh_for, now)
    }
}

/// Whether `now` lies in the time of this length from `since` on. A clock that was set back to before `since` is outside.
fn within(since: Timestamp, length: Duration, now: Timestamp) -> bool {
    since <= now && now < since.saturating_add(length)
}

/// The `max-age` of a response (RFC 9111, section 5.2.2.1); zero for `no-cache` and `no-store`.
fn max_age(response: &HttpResponse) -> Option<Duration> {
    let mut found = None;
    for directive in response.header_values("cache-control").flat_map(|value| value.split(',')).map(str::trim) {
        if directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        let Some((name, seconds)) = directive.split_once('=') else { continue };
        if found.is_none() && name.trim().eq_ignore_ascii_case("max-age") {
            found = seconds.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
        }
    }
    found
}
