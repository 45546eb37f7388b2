//! What [`Jwks`] does, step by step: what it asks, when, and what it goes on with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use jwt_core::{Algorithm, Header, Jwk, KeyError, SigningKey, Timestamp, VerifyingKey};
use laws::scenarios::honest;
use laws::{START, keys};
use oauth_client_sans_io::{ApiMisuse, Error, InvalidReason, Jwks, Lookup, SendFailure, StoredError};
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Purpose};
use proptest::prelude::*;

#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

fn jwks() -> Jwks {
    Jwks::new(Endpoint::new("https://keys.example/jwks").unwrap(), &[Algorithm::Ed25519])
}
fn header(kid: &str) -> Header {
    Header::new(Algorithm::Ed25519).with_kid(kid)
}
fn json(body: &str) -> HttpResponse {
    HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
}
fn later(seconds: u64) -> Timestamp {
    START.saturating_add(Duration::from_secs(seconds))
}
/// Keys that were fetched at [`START`] with these header fields.
fn fetched(fields: &[(&str, &str)]) -> Jwks {
    let mut jwks = jwks();
    assert!(jwks.fetch(START).is_some());
    let answer = fields.iter().fold(key_set(START), |answer, (name, value)| answer.with_header(name, value));
    jwks.handle_response(START, &answer).unwrap();
    jwks
}
fn key_set(now: Timestamp) -> HttpResponse {
    honest(&HttpRequest::get("https://keys.example/jwks", Purpose::Jwks), now)
}

#[test]
fn a14_made_up_key_ids_cause_one_fetch_for_each_cool_down() {
    let mut jwks = jwks();
    assert!(jwks.fetch(START).is_some());
    assert!(jwks.fetch(START).is_none(), "one at a time");
    jwks.handle_response(START, &key_set(START)).unwrap();
    assert!(matches!(jwks.lookup(&header("k"), START), Lookup::Found(_)));
    let mut fetches = 0;
    for second in 0..300 {
        let now = START.saturating_add(Duration::from_secs(second));
        if matches!(jwks.lookup(&header("made up"), now), Lookup::Fetch) {
            let request = jwks.fetch(now).unwrap();
            assert_eq!(request.url(), "https://keys.example/jwks");
            jwks.handle_response(now, &key_set(now)).unwrap();
            fetches += 1;
        }
    }
    assert_eq!(fetches, 9, "every thirty seconds");
}

#[test]
fn a14_an_outage_of_the_key_server_keeps_the_keys_and_ends_after_a_day() {
    let mut jwks = jwks().stale_for(Duration::from_secs(3600));
    assert!(jwks.fetch(START).is_some());
    jwks.handle_response(START, &key_set(START)).unwrap();
    // Fresh for ten minutes, then due; the fetch fails in every way, and the keys stay.
    let late = START.saturating_add(Duration::from_secs(601));
    assert!(matches!(jwks.lookup(&header("k"), late), Lookup::Fetch));
    assert!(jwks.fetch(late).is_some());
    assert!(matches!(jwks.lookup(&header("k"), late), Lookup::Found(_)), "others go on meanwhile");
    let mut now = late;
    for bad in [HttpResponse::new(503), HttpResponse::new(404), json("{}"), json(r#"{"keys":1}"#)] {
        assert!(jwks.handle_response(now, &bad).is_err());
        assert!(matches!(jwks.lookup(&header("k"), now), Lookup::Found(_)));
        now = now.saturating_add(Duration::from_secs(30));
        assert!(jwks.fetch(now).is_some());
    }
    jwks.handle_failure(now, SendFailure::Unknown);
    assert!(matches!(jwks.lookup(&header("k"), now), Lookup::Found(_)));
    // Not for ever.
    let end = START.saturating_add(Duration::from_secs(600 + 3600));
    assert!(matches!(jwks.lookup(&header("k"), end), Lookup::Fetch));
    assert!(jwks.fetch(end).is_some());
    jwks.handle_failure(end, SendFailure::NotSent);
    assert!(matches!(jwks.lookup(&header("k"), end), Lookup::Unavailable { .. }));
}

#[test]
fn a_key_that_was_removed_is_not_found_any_more() {
    // A14
    let mut jwks = jwks();
    assert!(jwks.fetch(START).is_some());
    jwks.handle_response(START, &key_set(START)).unwrap();
    assert!(jwks.fetch(later(700)).is_some());
    jwks.handle_response(later(700), &json(r#"{"keys":[]}"#)).unwrap();
    assert!(matches!(jwks.lookup(&header("k"), later(700)), Lookup::Unknown { .. }));
}

#[test]
fn max_age_is_believed_within_bounds() {
    for (value, fresh_for) in [
        ("max-age=120", 120),
        ("public, MAX-AGE=\"120\"", 120),
        ("max-age=0", 60),
        ("no-store, max-age=500", 60),
        ("max-age=99999999999", 86_400),
        ("max-age=99999999999999999999999", 86_400),
        ("max-age=-1", 600),
        ("s-maxage=120", 600),
        ("max-age=x", 600),
        ("private", 600),
    ] {
        let mut jwks = jwks();
        assert!(jwks.fetch(START).is_some());
        jwks.handle_response(START, &key_set(START).with_header("cache-control", value)).unwrap();
        let at = |seconds| START.saturating_add(Duration::from_secs(seconds));
        assert!(matches!(jwks.lookup(&header("k"), at(fresh_for - 1)), Lookup::Found(_)), "{value}");
        assert!(matches!(jwks.lookup(&header("k"), at(fresh_for)), Lookup::Fetch), "{value}");
    }
}

#[test]
fn a_fetch_that_is_never_answered_is_given_up() {
    let mut jwks = jwks();
    assert!(jwks.fetch(START).is_some());
    assert!(jwks.fetch(START.saturating_add(Duration::from_secs(89))).is_none());
    assert!(jwks.fetch(START.saturating_add(Duration::from_secs(90))).is_some());
}

#[test]
fn a14_a_published_private_or_symmetric_key_is_no_key() {
    let private = r#"{"kty":"OKP","crv":"Ed25519","kid":"k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let symmetric = r#"{"kty":"oct","kid":"k","k":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}"#;
    for key in [private, symmetric] {
        let mut jwks =
            Jwks::new(Endpoint::new("https://keys.example/jwks").unwrap(), &[Algorithm::Ed25519, Algorithm::HS256]);
        assert!(jwks.fetch(START).is_some());
        jwks.handle_response(START, &json(&format!(r#"{{"keys":[{key}]}}"#))).unwrap();
        for algorithm in [Algorithm::Ed25519, Algorithm::HS256] {
            let header = Header::new(algorithm).with_kid("k");
            assert!(matches!(jwks.lookup(&header, START), Lookup::Unknown { .. }), "{key}");
        }
        assert!(!format!("{jwks:?}").contains("nWGxne") && !format!("{jwks:?}").contains("BwcHBw"));
    }
}

#[test]
fn a14_a_clock_that_is_set_back_or_far_ahead_neither_stops_nor_floods_the_key_server() {
    let mut jwks = jwks();
    assert!(jwks.fetch(later(5000)).is_some());
    // Set back while a fetch is in flight: it is not waited for until the old time comes round again.
    assert!(jwks.fetch(START).is_some());
    assert!(jwks.fetch(START).is_none());
    jwks.handle_failure(START, SendFailure::Unknown);
    assert!(matches!(jwks.lookup(&header("k"), START), Lookup::Unavailable { retry_at } if retry_at == later(1)));
    assert!(jwks.fetch(START).is_none());
    assert!(jwks.fetch(later(1)).is_some());
    jwks.handle_response(later(1), &key_set(later(1))).unwrap();
    // Set back after it: the keys are asked for again, once, and serve meanwhile.
    let back = START.saturating_sub(Duration::from_secs(86_400 * 365));
    assert!(matches!(jwks.lookup(&header("k"), back), Lookup::Fetch));
    assert!(jwks.fetch(back).is_some());
    assert!(matches!(jwks.lookup(&header("k"), back), Lookup::Found(_)));
    jwks.handle_response(back, &key_set(back)).unwrap();
    assert!(matches!(jwks.lookup(&header("k"), back), Lookup::Found(_)));
    assert!(jwks.fetch(back).is_none());
    // The end of time.
    assert!(matches!(jwks.lookup(&header("k"), Timestamp::MAX), Lookup::Fetch));
    assert!(jwks.fetch(Timestamp::MAX).is_some());
    jwks.handle_response(Timestamp::MAX, &key_set(START).with_header("cache-control", "max-age=18446744073709551615"))
        .unwrap();
    let _ = jwks.lookup(&header("made up"), Timestamp::MAX);
}

#[test]
fn a_server_that_cannot_do_it_at_all_is_not_waited_for() {
    for status in [501, 505] {
        let mut jwks = jwks();
        assert!(jwks.fetch(START).is_some());
        let error = jwks.handle_response(START, &HttpResponse::new(status)).unwrap_err();
        assert!(
            matches!(error, Error::InvalidResponse { reason: InvalidReason::Status(found), .. } if found == status)
        );
    }
}

#[test]
fn a14_failed_fetches_are_put_off_longer_and_longer_whatever_the_server_says() {
    let mut jwks = jwks();
    let mut now = START;
    let mut waits = Vec::new();
    for retry_after in [None, None, None, None, None, None, Some("0"), Some("99999999"), Some("soon")] {
        assert!(jwks.fetch(now).is_some(), "{waits:?}");
        let response = HttpResponse::new(503);
        let response = match retry_after {
            Some(value) => response.with_header("retry-after", value),
            None => response,
        };
        assert!(jwks.handle_response(now, &response).is_err());
        let Lookup::Unavailable { retry_at } = jwks.lookup(&header("k"), now) else { panic!("no keys") };
        waits.push(retry_at.saturating_since(now).as_secs());
        now = retry_at;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 1, 30, 30]);
}

#[test]
fn expires_and_age_count_where_the_server_says_so() {
    // RFC 9111, sections 4.2.1, 5.1 and 5.3; START is 2023-11-14T22:13:20Z.
    let date = ("date", "Tue, 14 Nov 2023 22:13:00 GMT");
    for (fields, fresh_for) in [
        (vec![date, ("expires", "Tue, 14 Nov 2023 22:18:00 GMT")], 300),
        (vec![("expires", "Tue, 14 Nov 2023 22:18:00 GMT")], 280),
        (vec![date, ("expires", "0")], 60),
        (vec![date, ("expires", "Tue, 14 Nov 2023 22:18:00 GMT"), ("cache-control", "max-age=120")], 120),
        (vec![("cache-control", "max-age=300"), ("age", "100")], 200),
        (vec![("cache-control", "max-age=300"), ("age", "1000")], 60),
        (vec![("cache-control", "max-age=300"), ("age", "soon")], 300),
        (vec![("age", "100")], 600),
    ] {
        let jwks = fetched(&fields);
        assert!(matches!(jwks.lookup(&header("k"), later(fresh_for - 1)), Lookup::Found(_)), "{fields:?}");
        assert!(matches!(jwks.lookup(&header("k"), later(fresh_for)), Lookup::Fetch), "{fields:?}");
    }
}

#[test]
fn an_entity_tag_is_sent_back_and_304_keeps_the_keys_and_makes_them_fresh() {
    let mut jwks = fetched(&[("etag", "W/\"v1\"")]);
    let request = jwks.fetch(later(600)).unwrap();
    assert_eq!(request.header("if-none-match"), Some("W/\"v1\""));
    let not_modified = HttpResponse::new(304).with_header("cache-control", "max-age=120").with_header("etag", "\"v2\"");
    jwks.handle_response(later(600), &not_modified).unwrap();
    assert!(matches!(jwks.lookup(&header("k"), later(719)), Lookup::Found(_)));
    assert!(matches!(jwks.lookup(&header("k"), later(720)), Lookup::Fetch));
    assert_eq!(jwks.fetch(later(720)).unwrap().header("if-none-match"), Some("\"v2\""));
    // A set without a tag is one that cannot be asked for so.
    jwks.handle_response(later(720), &key_set(later(720))).unwrap();
    assert_eq!(jwks.fetch(later(1400)).unwrap().header("if-none-match"), None);
}

#[test]
fn a14_a_304_that_was_not_asked_for_keeps_nothing_fresh() {
    let mut jwks = fetched(&[]);
    assert_eq!(jwks.fetch(later(600)).unwrap().header("if-none-match"), None);
    let error = jwks.handle_response(later(600), &HttpResponse::new(304)).unwrap_err();
    assert!(matches!(error, Error::InvalidResponse { reason: InvalidReason::Status(304), .. }));
    assert!(matches!(jwks.lookup(&header("k"), later(601)), Lookup::Fetch));
}

#[test]
fn an_entity_tag_that_is_none_is_not_sent_back() {
    for tag in ["v1", "\"", "W/v1", "\"a b\"", "\"a\"b\"", "", &format!("\"{}\"", "x".repeat(300))] {
        let mut jwks = fetched(&[("etag", tag)]);
        assert_eq!(jwks.fetch(later(600)).unwrap().header("if-none-match"), None, "{tag}");
    }
    let mut jwks = fetched(&[("etag", "\"a\""), ("etag", "\"b\"")]);
    assert_eq!(jwks.fetch(later(600)).unwrap().header("if-none-match"), None);
}

#[test]
fn a14_a_key_that_an_answer_did_not_have_leads_to_no_fetch_for_some_minutes() {
    let mut jwks = fetched(&[("cache-control", "max-age=86400")]);
    let mut fetches = 0;
    for second in 30..330 {
        if let Some(request) = jwks.fetch_for(&header("made up"), later(second)) {
            assert_eq!(request.url(), "https://keys.example/jwks");
            jwks.handle_response(later(second), &key_set(START).with_header("cache-control", "max-age=86400")).unwrap();
            fetches += 1;
        }
        assert!(!matches!(jwks.lookup(&header("made up"), later(second)), Lookup::Fetch | Lookup::Found(_)));
    }
    assert_eq!(fetches, 1);
    assert!(
        matches!(jwks.lookup(&header("made up"), later(329)), Lookup::Unknown { retry_at } if retry_at == later(330))
    );
    assert!(jwks.fetch_for(&header("made up"), later(330)).is_some());
}

#[test]
fn a14_a_hundred_made_up_keys_at_once_share_one_fetch_for_each_cool_down_and_little_memory() {
    let mut jwks = fetched(&[("cache-control", "max-age=86400")]);
    let before = jwks.to_stored().len();
    let mut fetches = 0;
    for second in 30..3030 {
        for number in 0..100 {
            if jwks.fetch_for(&header(&format!("{second}-{number}")), later(second)).is_some() {
                let answer = key_set(START).with_header("cache-control", "max-age=86400");
                jwks.handle_response(later(second), &answer).unwrap();
                fetches += 1;
            }
        }
        // Those with good tokens notice nothing of it.
        assert!(matches!(jwks.lookup(&header("k"), later(second)), Lookup::Found(_)));
    }
    assert_eq!(fetches, 100, "one every thirty seconds");
    assert!(jwks.to_stored().len() < before + 2000);
}

#[test]
fn a14_a_key_that_was_not_there_is_found_as_soon_as_another_fetch_brings_it() {
    let mut jwks = jwks();
    assert!(jwks.fetch_for(&header("k"), START).is_some());
    jwks.handle_response(START, &json(r#"{"keys":[]}"#)).unwrap();
    assert!(matches!(jwks.lookup(&header("k"), later(40)), Lookup::Unknown { .. }));
    assert!(jwks.fetch_for(&header("another"), later(40)).is_some());
    jwks.handle_response(later(40), &key_set(START)).unwrap();
    assert!(matches!(jwks.lookup(&header("k"), later(40)), Lookup::Found(_)));
}

#[test]
fn a14_an_algorithm_that_is_not_allowed_leads_to_no_fetch_at_all() {
    let mut jwks = jwks();
    for algorithm in [Algorithm::HS256, Algorithm::RS256] {
        let header = Header::new(algorithm).with_kid("k");
        assert!(matches!(jwks.lookup(&header, START), Lookup::Unknown { retry_at: Timestamp::MAX }));
        assert!(jwks.fetch_for(&header, START).is_none());
    }
    assert!(matches!(jwks.lookup(&header("k"), START), Lookup::Fetch));
}

#[test]
fn readers_wait_for_a_fetch_that_decides_and_go_on_with_what_does_not_need_it() {
    let mut jwks = jwks();
    assert!(jwks.fetch_for(&header("k"), START).is_some());
    assert!(matches!(jwks.lookup(&header("k"), later(89)), Lookup::Wait { until } if until == later(90)));
    assert!(matches!(jwks.lookup(&header("k"), later(90)), Lookup::Fetch), "never answered");
    jwks.handle_response(later(1), &key_set(START)).unwrap();
    // Another key is missing, and somebody asks for it.
    assert!(jwks.fetch_for(&header("new"), later(31)).is_some());
    assert!(matches!(jwks.lookup(&header("k"), later(31)), Lookup::Found(_)));
    assert!(matches!(jwks.lookup(&header("new"), later(31)), Lookup::Wait { .. }));
    assert!(matches!(jwks.lookup(&header("other"), later(31)), Lookup::Wait { .. }));
    jwks.handle_failure(later(31), SendFailure::Unknown);
    assert!(matches!(jwks.lookup(&header("new"), later(31)), Lookup::Unknown { retry_at } if retry_at == later(32)));
}

#[test]
fn a14_a_set_that_is_too_long_or_has_too_many_keys_replaces_nothing() {
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let many = format!(r#"{{"keys":[{}]}}"#, [key; 1025].join(","));
    let long = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(256 * 1024));
    for (body, code) in [(many, "invalid_jwks"), (long, "response_too_large")] {
        let mut jwks = fetched(&[]);
        assert_eq!(jwks.fetch(later(600)).unwrap().contract().max_response_bytes(), 256 * 1024);
        assert_eq!(jwks.handle_response(later(600), &json(&body)).unwrap_err().code(), code);
        assert!(matches!(jwks.lookup(&header("k"), later(600)), Lookup::Found(_)));
    }
    let mut jwks = fetched(&[]);
    assert!(jwks.fetch(later(600)).is_some());
    jwks.handle_response(later(600), &json(&format!(r#"{{"keys":[{}]}}"#, [key; 1024].join(",")))).unwrap();
}

#[test]
fn an_answer_to_nothing_changes_nothing() {
    let mut jwks = fetched(&[]);
    let before = jwks.to_stored();
    let error = jwks.handle_response(later(1), &json(r#"{"keys":[]}"#)).unwrap_err();
    assert!(matches!(error, Error::ApiMisuse(ApiMisuse::NoRequest)));
    jwks.handle_failure(later(1), SendFailure::NotSent);
    assert_eq!(jwks.to_stored(), before);
}

#[test]
fn a_snapshot_goes_on_as_what_it_was_taken_of_and_asks_with_its_entity_tag() {
    let mut jwks = fetched(&[("etag", "\"v1\""), ("cache-control", "max-age=3600")]);
    assert!(jwks.fetch_for(&header("made up"), later(30)).is_some());
    jwks.handle_response(later(30), &HttpResponse::new(304).with_header("cache-control", "max-age=3600")).unwrap();
    let mut restored = Jwks::from_stored(&jwks.to_stored()).unwrap();
    assert!(matches!(restored.lookup(&header("k"), later(3629)), Lookup::Found(_)));
    assert!(matches!(restored.lookup(&header("made up"), later(61)), Lookup::Unknown { .. }));
    assert!(restored.fetch(later(59)).is_none(), "the cool-down goes on");
    assert_eq!(restored.fetch(later(3630)).unwrap().header("if-none-match"), Some("\"v1\""));
    // The fetch is the first one's: another copy neither waits for it nor takes its answer.
    let mut other = Jwks::from_stored(&restored.to_stored()).unwrap();
    assert!(matches!(other.lookup(&header("k"), later(3631)), Lookup::Found(_)));
    assert!(other.fetch(later(3631)).is_none());
    assert!(other.handle_response(later(3631), &key_set(START)).is_err());
    assert!(other.fetch(later(3660)).is_some());
}

#[test]
fn a_snapshot_holds_no_backend_and_takes_the_one_that_it_is_given() {
    fn none(_: &Jwk, _: Algorithm) -> Result<VerifyingKey, KeyError> {
        Err(KeyError::Backend { reason: "a backend that knows no key" })
    }
    let restored = Jwks::from_stored(&fetched(&[]).to_stored()).unwrap();
    assert!(matches!(restored.lookup(&header("k"), START), Lookup::Found(_)));
    let restored = restored.backend(none);
    assert!(matches!(restored.lookup(&header("k"), START), Lookup::Unknown { .. }));
}

#[test]
fn a14_a_private_key_that_was_published_is_none_in_a_snapshot_either() {
    let private = r#"{"kty":"OKP","crv":"Ed25519","kid":"k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert!(SigningKey::from_jwk(&Jwk::from_slice(private.as_bytes()).unwrap()).is_ok());
    let mut jwks = jwks();
    assert!(jwks.fetch(START).is_some());
    jwks.handle_response(START, &json(&format!(r#"{{"keys":[{private}]}}"#))).unwrap();
    let stored = jwks.to_stored();
    assert!(!stored.contains("nWGxne"), "{stored}");
    let restored = Jwks::from_stored(&stored).unwrap();
    assert!(matches!(restored.lookup(&header("k"), START), Lookup::Unknown { .. }));
    // Nor is one that was put into it.
    let forged = stored.replace(r#""keys":[]"#, &format!(r#""keys":[{private}]"#));
    assert_ne!(forged, stored);
    let restored = Jwks::from_stored(&forged).unwrap();
    assert!(matches!(restored.lookup(&header("k"), START), Lookup::Unknown { .. }));
    assert_eq!(restored.keys().unwrap().keys().len(), 0);
}

#[test]
fn a14_a_snapshot_that_was_changed_keeps_keys_no_longer_and_puts_off_no_fetch_for_longer_than_an_answer_could() {
    let mut jwks = fetched(&[("cache-control", "max-age=99999999")]);
    assert!(jwks.fetch_for(&header("made up"), later(30)).is_some());
    jwks.handle_response(later(30), &key_set(later(30))).unwrap();
    let stored = jwks.to_stored();
    assert!(Jwks::from_stored(&stored).is_ok());
    for seconds in ["\"seconds\":600}", "\"seconds\":30}", "\"seconds\":300}"] {
        let forged = stored.replace(seconds, "\"seconds\":86500}");
        assert_ne!(forged, stored, "{seconds} is not in {stored}");
        assert_eq!(Jwks::from_stored(&forged).unwrap_err(), StoredError::Damaged, "{seconds}");
    }
}

#[test]
fn no_wait_is_shorter_for_a_clock_between_two_seconds() {
    let now = START.saturating_add(Duration::from_millis(900));
    let mut jwks = jwks();
    assert!(jwks.fetch(now).is_some());
    jwks.handle_failure(now, SendFailure::NotSent);
    assert!(jwks.fetch(later(1)).is_none(), "a tenth of a second");
    assert!(jwks.fetch(later(2)).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a14_keys_obey_their_laws_whatever_happens(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        keys::check(&bytes);
    }
}
