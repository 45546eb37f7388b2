//! Laws of what is kept: bounded, and nothing forgotten before its time.

use core::time::Duration;
use std::collections::BTreeMap;

use jwt_core::Timestamp;
use oauth_resource_sans_io::{DenyList, ReplaySet, ServerNonces, Throttle};
use proptest::prelude::*;

use crate::world::{NOW, after};

proptest! {
    #[test]
    fn a_replay_set_never_forgets_within_the_window_and_never_outgrows_its_limit(
        limit in 0_usize..8,
        events in proptest::collection::vec((0_u8..12, 0_u64..40, 1_u64..60), 0..60),
    ) {
        let mut set = ReplaySet::new(limit);
        let mut model = BTreeMap::<String, Timestamp>::new();
        let mut now = NOW;
        for (name, pass, length) in events {
            now = now.saturating_add(Duration::from_secs(pass));
            model.retain(|_, until| *until > now);
            let (name, until) = (name.to_string(), now.saturating_add(Duration::from_secs(length)));
            match set.insert(&name, until, now) {
                Ok(fresh) => {
                    prop_assert_eq!(fresh, !model.contains_key(&name));
                    model.entry(name).or_insert(until);
                }
                Err(full) => {
                    prop_assert!(model.len() == limit && !model.contains_key(&name));
                    // There is room when it says so, and not before.
                    let first = model.values().min().map_or(Duration::ZERO, |first| first.saturating_since(now));
                    prop_assert_eq!(full.retry_after(), first);
                }
            }
            prop_assert!(set.len() <= limit);
        }
        let restored = ReplaySet::from_stored(&set.to_stored()).unwrap();
        prop_assert_eq!(restored.len(), set.len());
    }

    #[test]
    fn a_deny_list_never_outgrows_its_limit_and_says_so(
        limit in 0_usize..6,
        events in proptest::collection::vec((0_u8..10, 0_u64..40, 1_u64..60), 0..40),
    ) {
        let mut list = DenyList::new(limit);
        let mut model = BTreeMap::<String, Timestamp>::new();
        let mut now = NOW;
        for (name, pass, length) in events {
            now = now.saturating_add(Duration::from_secs(pass));
            model.retain(|_, until| *until > now);
            let (name, until) = (name.to_string(), now.saturating_add(Duration::from_secs(length)));
            let room = model.len() < limit || model.contains_key(&name);
            prop_assert_eq!(list.revoke_token("https://one.example", &name, until, now).is_ok(), room);
            if room {
                // What is revoked twice is revoked for the longer time.
                let entry = model.entry(name).or_insert(until);
                *entry = (*entry).max(until);
            }
            prop_assert!(list.len() <= limit);
            prop_assert!(list.len() >= model.len());
        }
    }

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_one_for_each_refill(
        burst in 1_u32..6,
        refill in 1_u64..20,
        gaps in proptest::collection::vec(0_u64..15, 0..60),
    ) {
        let mut throttle = Throttle::new(burst, Duration::from_secs(refill), 10);
        let mut now = NOW;
        let mut failures = Vec::new();
        for gap in gaps {
            now = now.saturating_add(Duration::from_secs(gap));
            match throttle.wait("key", now) {
                None => {
                    throttle.failed("key", now);
                    failures.push(now);
                }
                Some(wait) => {
                    prop_assert!(wait <= Duration::from_secs(refill), "no longer than for one token");
                    prop_assert!(throttle.wait("key", now.saturating_add(wait)).is_none(), "then it may be tried");
                }
            }
        }
        // In any span, no more failed than the burst and what came back meanwhile.
        for (index, &first) in failures.iter().enumerate() {
            for (count, &last) in failures[index..].iter().enumerate() {
                let came_back = last.saturating_since(first).as_secs() / refill;
                prop_assert!((count as u64) < u64::from(burst) + came_back);
            }
        }
    }

    #[test]
    fn a_bucket_is_bounded_whatever_the_clock_does(
        burst in 1_u32..6,
        times in proptest::collection::vec(0_u64..10_000, 1..40),
    ) {
        let mut throttle = Throttle::new(burst, Duration::from_secs(10), 3);
        for time in times {
            let now = Timestamp::from_unix(time);
            throttle.failed("key", now);
            throttle.failed(&time.to_string(), now);
            prop_assert!(throttle.len() <= 3);
            prop_assert!(throttle.wait("key", now).unwrap_or_default() <= Duration::from_secs(10));
        }
    }

    #[test]
    fn a_nonce_is_good_for_a_period_at_least_and_three_at_most(
        start in 0_u64..10_000_000_000,
        period in 1_u64..10_000,
        distance in 0_u64..40_000,
        key in proptest::array::uniform32(0_u8..),
    ) {
        let nonces = ServerNonces::new(key).period(Duration::from_secs(period));
        let issued = Timestamp::from_unix(start);
        let nonce = nonces.issue(issued);
        let later = Timestamp::from_unix(start + distance);
        if distance <= period {
            prop_assert!(nonces.accepts(nonce.as_str(), later));
        }
        if distance >= 2 * period {
            prop_assert!(!nonces.accepts(nonce.as_str(), later));
        }
        // A copy of the server whose clock is behind knows it too, by a period.
        let earlier = Timestamp::from_unix(start.saturating_sub(distance));
        if distance <= period {
            prop_assert!(nonces.accepts(nonce.as_str(), earlier));
        }
        if distance >= 2 * period && start >= distance {
            prop_assert!(!nonces.accepts(nonce.as_str(), earlier));
        }
        // Given out for one period, then the next.
        prop_assert_eq!(nonces.issue(later) == nonce, start / period == (start + distance) / period);
        prop_assert_eq!(nonces.accepted(later).len(), 3);
    }
}

#[test]
fn who_fails_all_the_time_is_not_freed_by_a_flood_of_others() {
    let mut throttle = Throttle::new(3, Duration::from_secs(60), 100);
    for _ in 0..3 {
        throttle.failed("attacker", NOW);
    }
    for other in 0..1000 {
        throttle.failed(&other.to_string(), NOW);
    }
    assert!(throttle.wait("attacker", NOW).is_some());
    assert_eq!(throttle.len(), 100);
    // In time it is forgotten.
    assert!(throttle.wait("attacker", after(60)).is_none());
    assert!(throttle.wait("attacker", after(10_000)).is_none());
}

#[test]
fn a_proof_that_has_ended_meanwhile_is_not_new() {
    // RFC 9449, section 11.1: it passed at its last moment, and then something else was asked. Nobody could tell a second one from it.
    let mut set = ReplaySet::new(2);
    for now in [90, 90, 91, 1000] {
        assert!(!set.insert("key", after(90), after(now)).unwrap());
    }
    assert!(set.is_empty());
}

#[test]
fn a_clock_that_was_far_ahead_locks_nobody_out_and_takes_nobody_s_place() {
    let mut throttle = Throttle::new(2, Duration::from_secs(10), 3);
    for key in ["a", "b", "c"] {
        for _ in 0..2 {
            throttle.failed(key, after(1_000_000));
        }
    }
    assert!(throttle.wait("a", after(1_000_000)).is_some());
    // The clock was set right.
    assert!(throttle.wait("a", NOW).is_none());
    for key in ["a", "d", "e"] {
        throttle.failed(key, NOW);
        assert!(throttle.wait(key, NOW).is_none(), "a bucket is full at first");
        throttle.failed(key, NOW);
    }
    for key in ["a", "d", "e"] {
        assert_eq!(throttle.wait(key, NOW), Some(Duration::from_secs(10)), "{key}");
        // A step back frees nobody.
        assert_eq!(throttle.wait(key, Timestamp::from_unix(NOW.as_unix() - 5)), Some(Duration::from_secs(10)));
    }
}

#[test]
fn limits_of_nothing_and_of_everything_are_limits() {
    let mut set = ReplaySet::new(usize::MAX);
    assert!(set.insert("a", after(1), NOW).unwrap());
    assert!(set.to_stored().contains("100000"));
    let mut none = Throttle::new(0, Duration::ZERO, 0);
    none.failed("key", NOW);
    assert!(none.is_empty() && none.wait("key", NOW).is_none());
    let mut slow = Throttle::new(u32::MAX, Duration::MAX, 1);
    slow.failed("key", Timestamp::MAX);
    assert!(slow.wait("key", NOW).is_none_or(|wait| wait > Duration::from_secs(1)));
}
