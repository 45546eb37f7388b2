//! The laws of [`Jwks`] over any sequence of events, checked by proptest (`tests/jwks.rs`) and by the fuzz target `flows`.

use core::time::Duration;

use jwt_core::{Algorithm, Header, Timestamp};
use oauth_client_sans_io::{ApiMisuse, Error, Jwks, Lookup, SendFailure};
use oauth_types::{Endpoint, HttpResponse};

use super::START;

/// Two keys, under two names.
const KEYS: [&str; 2] = [
    r#"{"kty":"OKP","crv":"Ed25519","kid":"0","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    r#"{"kty":"OKP","crv":"Ed25519","kid":"1","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}"#,
];
/// What is known to hold of any choice of constants: an answer is followed by this much peace ..
const AFTER_ANSWER: u64 = 30;
/// .. a failure by this much ..
const AFTER_FAILURE: u64 = 1;
/// .. a request that nobody answers by this much ..
const UNANSWERED: u64 = 90;
/// .. and keys serve at least this long.
const SERVED_FOR: u64 = 60 + 3600;
/// A key that an answer did not have is not asked for again for this long.
const ABSENT_FOR: u64 = 300;

/// What is known of the keys, next to the keys themselves.
struct Known {
    jwks: Jwks,
    now: Timestamp,
    /// When the outstanding fetch began.
    fetching: Option<Timestamp>,
    /// No fetch is allowed from a time on, for so many seconds.
    peace: Option<(Timestamp, u64)>,
    /// Which keys are served, and since when.
    served: Option<([bool; 2], Timestamp)>,
    /// What the outstanding fetch is for, and what an answer did not have.
    wanted: Option<usize>,
    absent: Option<(usize, Timestamp)>,
}

/// Lives through the events that `bytes` spell.
///
/// # Panics
///
/// Where a law is broken.
pub(crate) fn check(bytes: &[u8]) {
    let endpoint = Endpoint::new("https://keys.example/jwks").unwrap();
    let jwks = Jwks::new(endpoint, &[Algorithm::Ed25519]).stale_for(Duration::from_secs(3600));
    let now = START.saturating_add(Duration::from_millis(750));
    let mut known = Known { jwks, now, fetching: None, peace: None, served: None, wanted: None, absent: None };
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        known.live_through(byte, &mut bytes);
    }
}

fn header(number: usize) -> Header {
    Header::new(Algorithm::Ed25519).with_kid(number.to_string())
}

impl Known {
    fn live_through(&mut self, byte: u8, rest: &mut dyn Iterator<Item = u8>) {
        let mut next = || usize::from(rest.next().unwrap_or(0));
        match byte % 12 {
            0 | 1 => self.look_up(next() % 5),
            2 => {
                let request = self.jwks.fetch(self.now);
                self.sent(request.is_some(), None);
            }
            3 | 4 => {
                let number = next() % 5;
                let told = matches!(self.jwks.lookup(&header(number), self.now), Lookup::Fetch);
                let request = self.jwks.fetch_for(&header(number), self.now);
                assert_eq!(request.is_some(), told, "who is told to fetch may, and nobody else");
                self.sent(request.is_some(), Some(number));
            }
            5 | 6 => {
                let which = next();
                let set: Vec<&str> = (0..2).filter(|key| which >> key & 1 == 1).map(|key| KEYS[key]).collect();
                let answer = HttpResponse::new(200).with_body(format!(r#"{{"keys":[{}]}}"#, set.join(",")));
                let answer =
                    if which >> 2 & 1 == 1 { answer.with_header("etag", format!("\"{which}\"")) } else { answer };
                let answer = if which >> 3 & 1 == 1 {
                    answer.with_header("cache-control", format!("max-age={}", which * 7))
                } else {
                    answer
                };
                self.answered(&answer, Some([which & 1 == 1, which >> 1 & 1 == 1]));
            }
            7 => {
                let fields = [("cache-control", "max-age=90"), ("expires", "0"), ("age", "9999"), ("etag", "\"x\"")];
                let (name, value) = fields[next() % 4];
                self.answered(&HttpResponse::new(304).with_header(name, value), None);
            }
            8 => {
                let length = next();
                let status = [200, 204, 302, 403, 429, 500, 503, 999][next() % 8];
                let body: Vec<u8> = rest.take(length).filter(|byte| *byte != b'{').collect(); // no set by chance
                let answer = HttpResponse::new(status).with_header("retry-after", length.to_string()).with_body(body);
                self.answered(&answer, None);
            }
            9 => {
                let before = shown(&self.jwks);
                self.jwks.handle_failure(self.now, SendFailure::Unknown);
                assert_eq!(shown(&self.jwks), before, "a failure changes no key");
                if self.fetching.take().is_some() {
                    self.peace = Some((self.now, AFTER_FAILURE));
                }
            }
            10 => {
                let scale = [1, 60, 3600, 86_400][next() % 4];
                let by = Duration::from_secs(next() as u64 * scale) + Duration::from_millis(100);
                self.now = if byte < 128 { self.now.saturating_add(by) } else { self.now.saturating_sub(by) };
            }
            _ => {
                let stored = self.jwks.to_stored();
                let restored = Jwks::from_stored(&stored).expect("what was stored is read");
                assert_eq!(restored.to_stored(), stored);
                self.jwks = restored;
                // The outstanding fetch is another one's; nothing is asked until its cool-down is over.
                if let Some(since) = self.fetching.take() {
                    self.peace = Some((since, AFTER_ANSWER));
                }
            }
        }
    }

    /// Whether `now` lies in a span that began then.
    fn is_within(&self, since: Timestamp, seconds: u64) -> bool {
        since <= self.now && self.now < since.saturating_add(Duration::from_secs(seconds))
    }

    fn look_up(&self, number: usize) {
        let found = self.jwks.lookup(&header(number), self.now);
        if let Some((keys, since)) = self.served {
            let has = keys.get(number).copied().unwrap_or(false);
            assert!(has || !matches!(found, Lookup::Found(_)), "a key that is not in the set");
            if has && self.is_within(since, SERVED_FOR) {
                assert!(matches!(found, Lookup::Found(_) | Lookup::Fetch), "{found:?} although the key is there");
            }
        } else {
            assert!(!matches!(found, Lookup::Found(_) | Lookup::Unknown { .. }), "there are no keys");
        }
        match found {
            Lookup::Wait { until } => {
                assert!(self.now < until && self.fetching.is_some(), "nobody fetches");
            }
            Lookup::Unknown { retry_at } | Lookup::Unavailable { retry_at } => assert!(self.now < retry_at),
            Lookup::Fetch => {
                let fresh = self.served.is_some_and(|(_, since)| self.is_within(since, 60));
                let absent =
                    self.absent.is_some_and(|(absent, since)| absent == number && self.is_within(since, ABSENT_FOR));
                assert!(!(fresh && absent), "{number} was just answered not to be there");
            }
            Lookup::Found(_) | _ => {}
        }
    }

    fn sent(&mut self, sent: bool, wanted: Option<usize>) {
        if !sent {
            return;
        }
        if let Some(since) = self.fetching {
            assert!(!self.is_within(since, UNANSWERED), "two fetches at a time");
        }
        if let Some((since, seconds)) = self.peace {
            assert!(!self.is_within(since, seconds), "two fetches within {seconds} seconds");
        }
        self.fetching = Some(self.now);
        self.peace = None;
        self.wanted = wanted;
    }

    fn answered(&mut self, answer: &HttpResponse, set: Option<[bool; 2]>) {
        let before = (shown(&self.jwks), self.jwks.to_stored());
        let result = self.jwks.handle_response(self.now, answer);
        if self.fetching.take().is_none() {
            assert!(matches!(result, Err(Error::ApiMisuse(ApiMisuse::NoRequest))), "an answer to nothing: {result:?}");
            assert_eq!(self.jwks.to_stored(), before.1);
            return;
        }
        match result {
            Ok(()) => {
                // Only a set of ours or "not modified" says anything.
                let keys =
                    set.or_else(|| self.served.map(|(keys, _)| keys)).expect("keys before they are not modified");
                self.served = Some((keys, self.now));
                self.peace = Some((self.now, AFTER_ANSWER));
                self.absent =
                    self.wanted.filter(|wanted| !keys.get(*wanted).copied().unwrap_or(false)).map(|w| (w, self.now));
            }
            Err(error) => {
                assert!(!error.is_misuse() && set.is_none(), "{error}");
                assert_eq!(shown(&self.jwks), before.0, "a failed answer replaces no key");
                self.peace = Some((self.now, AFTER_FAILURE));
            }
        }
    }
}

/// The keys that are served.
fn shown(jwks: &Jwks) -> String {
    jwks.keys().map(|set| set.keys().iter().map(|key| format!("{:?}", key.kid())).collect()).unwrap_or_default()
}
