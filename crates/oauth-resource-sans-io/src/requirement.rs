//! [`Requirement`]: what one request needs beyond a valid access token.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::Timestamp;
use jwt_core::json::Value;
use oauth_types::challenge::{BearerChallenge, ChallengeError};
use oauth_types::{AuthorizationDetail, Scope};

use crate::principal::Principal;
use crate::reason::Reason;

/// What a request needs beyond a valid access token: a scope, a recent or strong enough authentication of the user, authorization details, checks of the
/// caller's own. Without any of them every valid token will do.
///
/// A table of routes with a requirement for each is the principle of least privilege made easy; the example `axum_api` of the project has one.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use oauth_resource_sans_io::Requirement;
///
/// let read = Requirement::from("files.read".parse::<oauth_types::Scope>()?);
/// let delete = Requirement::new()
///     .scope("files.delete".parse()?)
///     .acr_values(["urn:example:mfa"])?
///     .max_age(Duration::from_secs(300))
///     .check("employees_only", |principal| principal.subject().is_some_and(|subject| subject.ends_with("@example.com")));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Requirement {
    all: Scope,
    any: Scope,
    acr_values: Vec<String>,
    max_age: Option<Duration>,
    details: Vec<AuthorizationDetail>,
    checks: Vec<(&'static str, OwnCheck)>,
}

type OwnCheck = Arc<dyn Fn(&Principal) -> bool + Send + Sync>;

impl Requirement {
    /// A valid token, and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands every token of this scope.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.all = scope;
        self
    }

    /// Demands one token of this scope at least, whichever. The challenge asks for the first.
    #[must_use]
    pub fn any_scope(mut self, scope: Scope) -> Self {
        self.any = scope;
        self
    }

    /// Demands that the user was authenticated in one of these ways, the preferred one first (RFC 9470, section 3): the token's `acr`, byte for byte.
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] where one holds a character that a challenge cannot, a space for instance.
    pub fn acr_values<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Result<Self, ChallengeError> {
        self.acr_values = values.into_iter().map(Into::into).collect();
        BearerChallenge::new().with_acr_values(&self.acr_values).to_challenge()?;
        Ok(self)
    }

    /// Demands that the user was authenticated no longer ago than this, in whole seconds (RFC 9470, section 3): the token's `auth_time`. The guard's leeway is added.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Demands an authorization detail (RFC 9396) of the same type that has all of this one's actions, locations, data types and privileges, and every other
    /// member just so. May be said several times; each must be fulfilled by one detail of the token.
    #[must_use]
    pub fn detail(mut self, detail: AuthorizationDetail) -> Self {
        self.details.push(detail);
        self
    }

    /// Demands that this check passes, which is made last. `name` is what [`Reason::Forbidden`] tells the log.
    #[must_use]
    pub fn check(mut self, name: &'static str, check: impl Fn(&Principal) -> bool + Send + Sync + 'static) -> Self {
        self.checks.push((name, Arc::new(check)));
        self
    }

    /// The scope that a challenge asks for.
    pub(crate) fn wanted_scope(&self) -> Scope {
        match self.any.tokens().next().and_then(|first| first.parse().ok()) {
            Some(first) => self.all.union(&first),
            None => self.all.clone(),
        }
    }

    pub(crate) fn wanted_acr_values(&self) -> &[String] {
        &self.acr_values
    }

    pub(crate) const fn wanted_max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// How the user was authenticated comes first: a token of a new login may have another scope.
    pub(crate) fn judge(&self, principal: &Principal, now: Timestamp, leeway: Duration) -> Result<(), Reason> {
        let accepted = |acr: &str| self.acr_values.iter().any(|value| value == acr);
        if !self.acr_values.is_empty() && !principal.acr().is_some_and(accepted) {
            return Err(Reason::InsufficientAuthentication);
        }
        if let Some(max_age) = self.max_age {
            let latest = |at: Timestamp| at.saturating_add(max_age).saturating_add(leeway);
            // What is yet to come would never be too long ago: a server that gives milliseconds has said nothing.
            let future = |at| at > now.saturating_add(leeway);
            if principal.authenticated_at().is_none_or(|at| now > latest(at) || future(at)) {
                return Err(Reason::InsufficientAuthentication);
            }
        }
        let scope = principal.scope_text();
        let granted = |token| Scope::text_contains(scope, token);
        if !(self.any.is_empty() || self.any.tokens().any(granted)) || !self.all.tokens().all(granted) {
            return Err(Reason::InsufficientScope);
        }
        if !self.details.is_empty() {
            let granted = principal.authorization_details();
            if !self.details.iter().all(|wanted| granted.iter().any(|granted| covers(granted, wanted))) {
                return Err(Reason::InsufficientDetails);
            }
        }
        match self.checks.iter().find(|(_, check)| !check(principal)) {
            Some(&(check, _)) => Err(Reason::Forbidden { check }),
            None => Ok(()),
        }
    }
}

/// Whether what was granted is all that is wanted. The type is a member like the others; lists are sets.
fn covers(granted: &AuthorizationDetail, wanted: &AuthorizationDetail) -> bool {
    wanted.as_object().iter().all(|(name, value)| match (granted.member(name), value) {
        (Some(Value::Array(granted)), Value::Array(wanted)) => wanted.iter().all(|value| granted.contains(value)),
        (Some(granted), wanted) => granted == wanted,
        (None, _) => false,
    })
}

/// A scope of which every token is needed.
impl From<Scope> for Requirement {
    fn from(scope: Scope) -> Self {
        Self::new().scope(scope)
    }
}

/// Shows details by their number, checks by their names.
impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks: Vec<&str> = self.checks.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Requirement")
            .field("scope", &self.all)
            .field("any_scope", &self.any)
            .field("acr_values", &self.acr_values)
            .field("max_age", &self.max_age)
            .field("details", &self.details.len())
            .field("checks", &checks)
            .finish()
    }
}
