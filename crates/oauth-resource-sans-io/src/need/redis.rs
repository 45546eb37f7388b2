use core::time::Duration;

use jwt_core::Timestamp;
use oauth_resource_sans_io::{Check, FreshnessCheck};

/// The one command that inserts what the check names, and says whether it was there. Redis forgets it by itself, when the proof is too old anyway.
///
/// The time counts from now (`EX`), and is not one of the day (`EXAT`): a Redis whose clock is ahead would forget every proof at once.
pub fn insert(check: &FreshnessCheck, now: Timestamp) -> [String; 6] {
    // The clocks of the API's copies may differ by a little, and a check of the same proof may still be under way: longer than its command may take.
    let kept = check.until().saturating_since(now).as_secs().saturating_add(5);
    ["SET".into(), format!("dpop:{}", check.key()), "1".into(), "NX".into(), "EX".into(), kept.to_string()]
}

/// What its answer means: `OK` that the proof is new, nil that it was there. Without an answer nobody knows, and nobody is let in.
pub fn decide<E>(check: FreshnessCheck, answer: Result<Option<String>, E>) -> Check {
    match answer {
        Ok(answer) => check.decide(answer.is_some()),
        Err(_) => check.unavailable(Duration::from_secs(1)),
    }
}
