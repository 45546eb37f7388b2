//! What a response says of how long it is fresh (RFC 9111), and how it is asked for again (RFC 9110, section 13).

use alloc::string::{String, ToString};
use core::time::Duration;

use jwt_core::Timestamp;
use oauth_types::{HttpResponse, retry_after};

/// How long the response is fresh from `now` on, as far as it says so: `max-age`, or else `Expires`, less the time that it lay in caches.
///
/// Zero for `no-cache` and `no-store`, and for an `Expires` that is no date (RFC 9111, section 5.3).
pub(super) fn fresh_for(response: &HttpResponse, now: Timestamp) -> Option<Duration> {
    let lifetime = match max_age(response) {
        Some(lifetime) => lifetime,
        None => {
            let date = |name| response.header(name).and_then(|value| retry_after::parse_http_date(value, now));
            // RFC 9111, section 4.2.1: "Expires field value .. minus the Date field value"; by the server's own clock where it gives it.
            let expires = response.header("expires").map(|_| date("expires").unwrap_or(Timestamp::EPOCH))?;
            expires.saturating_since(date("date").unwrap_or(now))
        }
    };
    let age = response.header("age").and_then(seconds).unwrap_or_default();
    Some(lifetime.saturating_sub(age))
}

/// RFC 9111, section 5.2.2.1. What is for shared caches (`s-maxage`) is not for us.
fn max_age(response: &HttpResponse) -> Option<Duration> {
    let mut found = None;
    for directive in response.header_values("cache-control").flat_map(|value| value.split(',')).map(str::trim) {
        if directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        let Some((name, value)) = directive.split_once('=') else { continue };
        if found.is_none() && name.trim().eq_ignore_ascii_case("max-age") {
            found = seconds(value.trim().trim_matches('"'));
        }
    }
    found
}

/// RFC 9111, section 1.2.2: delta-seconds = 1*DIGIT, and what is too large is as large as can be.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// The entity tag of a response, for `If-None-Match`; `None` if there is not exactly one, or it is none (RFC 9110, section 8.8.3).
pub(super) fn etag(response: &HttpResponse) -> Option<String> {
    let mut fields = response.header_values("etag");
    let tag = fields.next().filter(|tag| is_etag(tag))?;
    fields.next().is_none().then(|| tag.to_string())
}

/// RFC 9110, section 8.8.3: entity-tag = [ weak ] opaque-tag, in the ASCII part of what its characters may be.
pub(super) fn is_etag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    text.len() <= MAX_ETAG_BYTES
        && inner.is_some_and(|inner| inner.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x7E)))
}

/// How long an entity tag may be, in bytes: hashes in hexadecimal have 128.
const MAX_ETAG_BYTES: usize = 256;
