//! [`StepUp`]: what a resource wants before it lets a request through (RFC 9470; RFC 6750, section 3.1), and [`StepUps`], which keeps that from going on for ever.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use oauth_types::challenge::BearerChallenge;
use oauth_types::{Resource, Scope};
use serde::{Deserialize, Serialize};

use crate::recent::Recent;
use crate::stored::stored;

/// What to ask for in a new authorization, with the user present: a refresh gives neither more scope nor a stronger login.
///
/// Give it to [`AuthorizationCode`](crate::AuthorizationCode): `scope`, `acr_values`, `max_age`. Ask [`StepUps`] first whether another attempt makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepUp {
    /// All that was asked for before, and what the resource wants: a new authorization replaces the old one. `None` where neither is known.
    pub scope: Option<Scope>,
    /// The authentication contexts that would do, the preferred one first (RFC 9470, section 3); empty where the resource does not say.
    pub acr_values: Vec<String>,
    /// How long ago the user may have logged in at most (RFC 9470, section 3).
    pub max_age: Option<Duration>,
}

impl StepUp {
    /// For a stronger or a fresher login (RFC 9470, section 4).
    pub(crate) fn of_login(challenge: &BearerChallenge, asked: Option<&Scope>) -> Self {
        Self {
            scope: union(asked, challenge.scope()),
            acr_values: challenge.acr_values().to_vec(),
            max_age: challenge.max_age(),
        }
    }

    /// For more scope (RFC 6750, section 3.1); `None` where the resource wants nothing that was not asked for already, so that asking again would change nothing.
    pub(crate) fn of_scope(challenge: &BearerChallenge, asked: Option<&Scope>) -> Option<Self> {
        let wanted = challenge.scope()?;
        if asked.is_some_and(|asked| wanted.is_subset_of(asked)) {
            return None;
        }
        Some(Self { scope: union(asked, Some(wanted)), acr_values: Vec::new(), max_age: None })
    }
}

fn union(asked: Option<&Scope>, wanted: Option<&Scope>) -> Option<Scope> {
    match (asked, wanted) {
        (Some(asked), Some(wanted)) => Some(asked.union(wanted)),
        (Some(scope), None) | (None, Some(scope)) => Some(scope.clone()),
        (None, None) => None,
    }
}

/// How often a step-up was tried for each resource: plain data beside the tokens of one user.
///
/// A resource that is never satisfied would otherwise send its user to log in again and again.
///
/// # Examples
///
/// ```
/// use oauth_client_sans_io::StepUps;
/// use oauth_types::Resource;
///
/// let (mut step_ups, files) = (StepUps::new(), Resource::new("https://api.example/files")?);
/// for _ in 0..StepUps::MAX_ATTEMPTS {
///     assert!(step_ups.attempt(&files)); // send the user to log in
/// }
/// assert!(!step_ups.attempt(&files)); // show the resource's refusal instead
/// step_ups.succeeded(&files); // it let a request through
/// assert!(step_ups.attempt(&files));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StepUps {
    attempts: Recent<Resource, u8>,
}

impl StepUps {
    /// Attempts for one resource until it lets a request through: scope and strength of the login may be asked for one after the other, and one attempt may be
    /// broken off by the user.
    pub const MAX_ATTEMPTS: u8 = 3;
    /// How many resources are counted at most; the least recently used one is forgotten.
    pub const MAX_RESOURCES: usize = 64;

    /// No attempt yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { attempts: Recent::new(Self::MAX_RESOURCES) }
    }

    /// Counts an attempt for this resource; `false` where there were enough: the refusal is final.
    #[must_use]
    pub fn attempt(&mut self, resource: &Resource) -> bool {
        let before = self.attempts.get(resource).map_or(0, |attempts| *attempts);
        let allowed = before < Self::MAX_ATTEMPTS;
        if allowed {
            self.attempts.insert(resource.clone(), before.saturating_add(1));
        }
        allowed
    }

    /// The resource let a request through: the next step-up begins anew.
    pub fn succeeded(&mut self, resource: &Resource) {
        self.attempts.remove(resource);
    }

    fn to_body(&self) -> StepUpsBody {
        let attempts = self.attempts.iter().map(|(resource, attempts)| (resource.as_str().to_string(), *attempts));
        StepUpsBody { attempts: attempts.collect() }
    }

    fn from_body(body: StepUpsBody) -> Option<Self> {
        let mut step_ups = Self::new();
        for (resource, attempts) in body.attempts {
            step_ups.attempts.insert(Resource::new(resource).ok()?, attempts);
        }
        Some(step_ups)
    }
}

impl Default for StepUps {
    fn default() -> Self {
        Self::new()
    }
}

stored! {
    /// It holds no secret.
    StepUps, "step_ups", 1, StepUpsBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepUpsBody {
    /// Resources and attempts, the least recently used one first.
    attempts: Vec<(String, u8)>,
}
