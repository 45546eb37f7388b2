//! What can outlive a process, in the one form that every version to come must read.

use core::time::Duration;

use jwt_core::{StoredError, Timestamp};
use oauth_resource_sans_io::{DenyList, ReplaySet, Throttle};

use crate::world::{NOW, after};

const REPLAY_SET: &str =
    r#"replay_set.1.{"limit":10,"entries":[["yDxLYGPYkHX5Z94vQWtbVfkQHwrBVCGZwpgxH3Fh0NU",1700000091]]}"#;
const DENY_LIST: &str = r#"deny_list.1.{"limit":10,"entries":[["IOd0Fj6zAnl2-NirtG81TBNIEcZurHPhQj88Xj7KgQM",1700003600,1700000000],["mvLFlE4YqTj-YclXEV8pvPwV3Leue8J4S3h2girCxL4",1700003600,null]]}"#;
const THROTTLE: &str = r#"throttle.1.{"burst":3,"refill":1500,"limit":10,"entries":[["yDxLYGPYkHX5Z94vQWtbVfkQHwrBVCGZwpgxH3Fh0NU",1700000003000]]}"#;

#[test]
fn a_replay_set_is_stored_as_ever() {
    let mut set = ReplaySet::new(10);
    // A fraction of a second is never lost.
    let until = after(90).saturating_add(Duration::from_nanos(1));
    assert!(set.insert("key", until, NOW).unwrap());
    assert_eq!(set.to_stored(), REPLAY_SET);
    let mut restored = ReplaySet::from_stored(REPLAY_SET).unwrap();
    assert!(!restored.insert("key", until, after(90)).unwrap());
    assert!(restored.insert("other", until, NOW).unwrap());
    assert!(restored.insert("key", after(200), after(91)).unwrap());
}

#[test]
fn a_deny_list_is_stored_as_ever() {
    let mut list = DenyList::new(10);
    list.revoke_token("https://one.example", "1", after(3600), NOW).unwrap();
    list.revoke_subject("https://one.example", "alice", NOW, after(3600), NOW).unwrap();
    assert_eq!(list.to_stored(), DENY_LIST);
    assert_eq!(DenyList::from_stored(DENY_LIST).unwrap().to_stored(), DENY_LIST);
}

#[test]
fn a_throttle_is_stored_as_ever() {
    let mut throttle = Throttle::new(3, Duration::from_nanos(1_500_999_999), 10);
    throttle.failed("key", NOW);
    throttle.failed("key", NOW);
    assert_eq!(throttle.to_stored(), THROTTLE);
    let mut restored = Throttle::from_stored(THROTTLE).unwrap();
    assert!(restored.wait("key", NOW).is_none());
    restored.failed("key", NOW);
    assert_eq!(restored.wait("key", NOW), Some(Duration::from_millis(1500)));
}

#[test]
fn what_is_of_another_kind_or_newer_or_damaged_or_over_its_own_limit_is_refused() {
    let code = |text: &str| ReplaySet::from_stored(text).unwrap_err();
    assert_eq!(code(DENY_LIST), StoredError::WrongKind);
    assert_eq!(code(&REPLAY_SET.replace(".1.", ".2.")), StoredError::NewerVersion);
    for damaged in [
        String::new(),
        REPLAY_SET.replace("limit\":10", "limit\":0"),
        REPLAY_SET.replace("limit\":10", "limit\":-1"),
        REPLAY_SET.replace("[[\"", "[[\"A"),
        REPLAY_SET.replace("}", ",\"more\":1}"),
        REPLAY_SET.replace(",1700000091", ""),
    ] {
        assert!(ReplaySet::from_stored(&damaged).is_err(), "{damaged}");
    }
    assert!(DenyList::from_stored(&DENY_LIST.replace("limit\":10", "limit\":1")).is_err());
    assert!(Throttle::from_stored(&THROTTLE.replace("limit\":10", "limit\":0")).is_err());
    let far = Throttle::from_stored(&THROTTLE.replace("1700000003000", "18446744073709551615")).unwrap();
    assert!(far.wait("key", Timestamp::EPOCH).is_none(), "no bucket is empty for so long");
}
