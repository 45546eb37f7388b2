//! [`Denial`]: the exact answer to a request that is not allowed (RFC 6750, section 3; RFC 9449, section 7; RFC 9470, section 3; RFC 9728, section 5.1).

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::{Algorithm, Blame};
use oauth_types::challenge::{BearerChallenge, ChallengeError, DpopChallenge};
use oauth_types::{DpopNonce, HttpResponse, TokenScheme};

use crate::principal::Principal;
use crate::reason::Reason;
use crate::requirement::Requirement;

/// A request that is not allowed, and what to answer.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use oauth_resource_sans_io::Denial;
///
/// let response = Denial::throttled(Duration::from_secs(30)).to_http();
/// assert_eq!((response.status(), response.header("retry-after")), (429, Some("30")));
/// ```
#[derive(Debug)]
pub struct Denial(Box<Refused>);

/// In one place, so that a check that grants moves little.
#[derive(Debug)]
struct Refused {
    reason: Reason,
    challenge: Option<String>,
    retry_after: Option<Duration>,
    nonce: Option<DpopNonce>,
    principal: Option<Principal>,
}

impl Denial {
    /// The answer to whoever has failed too often ([`Throttle`](crate::Throttle)): 429, and when to try again.
    #[must_use]
    pub fn throttled(retry_after: Duration) -> Self {
        Self(Refusal::from(Reason::Throttled).retry_after(retry_after).0)
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.reason.status()
    }

    /// The value of the answer's `WWW-Authenticate` field, if it has one: a challenge of each scheme that the guard takes.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.0.challenge.as_deref()
    }

    /// When trying again may help, if anything is known about it.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whose token it was, where the token itself was good. For logs: nothing that it says helped.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        self.0.principal.as_ref()
    }

    /// A stable, machine-readable name for logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.reason.code()
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        self.0.reason.blame()
    }

    /// The whole answer: status, `WWW-Authenticate`, `Cache-Control: no-store`, `DPoP-Nonce` where a proof lacks one, `Retry-After` where waiting helps, and an
    /// empty body.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status()).with_header("cache-control", "no-store");
        if let Some(challenge) = &self.0.challenge {
            response = response.with_header("www-authenticate", challenge.as_str());
        }
        if let Some(nonce) = &self.0.nonce {
            response = nonce.add_to(response);
        }
        if let Some(retry_after) = self.0.retry_after {
            // RFC 9110, section 10.2.3: whole seconds; one that is cut off would be too early.
            let seconds = retry_after.as_secs().saturating_add(u64::from(retry_after.subsec_nanos() > 0));
            response = response.with_header("retry-after", seconds.max(1).to_string());
        }
        response
    }
}

/// A denial that does not know yet how it is worded.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Refused>);

impl Refusal {
    pub(crate) fn retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    pub(crate) fn nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.0.nonce = nonce;
        self
    }

    pub(crate) fn of(mut self, principal: Principal) -> Self {
        self.0.principal = Some(principal);
        self
    }

    /// What a token that is presented really lacks, if not what it is refused for.
    pub(crate) fn or(mut self, other: impl FnOnce(&Reason) -> Option<Reason>) -> Self {
        if let Some(reason) = other(&self.0.reason) {
            self.0.reason = reason;
        }
        self
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self(Box::new(Refused { reason, challenge: None, retry_after: None, nonce: None, principal: None }))
    }
}

/// What a guard's challenges say beside the error. Writable as a header field: checked when it is set.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    realm: Option<String>,
    resource_metadata: Option<String>,
    bearer: bool,
    dpop: Option<Vec<&'static str>>,
}

/// What both kinds of challenges are given alike.
macro_rules! worded {
    ($challenge:expr, $answers:expr, $reason:expr, $requirement:expr) => {{
        let mut challenge = $challenge;
        if let Some(realm) = &$answers.realm {
            challenge = challenge.with_realm(realm.as_str());
        }
        if let Some(error) = $reason.error() {
            challenge = challenge.with_error(error.into());
        }
        if let Some(description) = $reason.description() {
            challenge = challenge.with_error_description(description);
        }
        if let Some(url) = &$answers.resource_metadata {
            challenge = challenge.with_resource_metadata(url.as_str());
        }
        let authentication = matches!($reason, Reason::InsufficientAuthentication);
        if let Some(requirement) = $requirement {
            // RFC 6750, section 3: the scope that is needed, also where no credentials came. RFC 9470, section 3, has it beside what it asks for itself.
            if authentication || matches!($reason, Reason::NoCredentials | Reason::InsufficientScope) {
                challenge = challenge.with_scope(requirement.wanted_scope());
            }
            if authentication {
                challenge = challenge.with_acr_values(requirement.wanted_acr_values());
                if let Some(max_age) = requirement.wanted_max_age() {
                    challenge = challenge.with_max_age(max_age);
                }
            }
        }
        challenge
    }};
}

impl Answers {
    pub(crate) const fn new() -> Self {
        Self { realm: None, resource_metadata: None, bearer: true, dpop: None }
    }

    pub(crate) fn realm(&mut self, realm: String) -> Result<(), ChallengeError> {
        BearerChallenge::new().with_realm(realm.as_str()).to_challenge()?;
        self.realm = Some(realm);
        Ok(())
    }

    pub(crate) fn resource_metadata(&mut self, url: String) -> Result<(), ChallengeError> {
        BearerChallenge::new().with_resource_metadata(url.as_str()).to_challenge()?;
        self.resource_metadata = Some(url);
        Ok(())
    }

    pub(crate) fn dpop(&mut self, algorithms: &[Algorithm]) {
        self.dpop = Some(algorithms.iter().map(|algorithm| algorithm.as_str()).collect());
    }

    /// Whether bearer tokens are taken at all.
    pub(crate) const fn bearer(&mut self, taken: bool) {
        self.bearer = taken;
    }

    /// The answer to a request that came with this scheme, if with any, and was to fulfil this requirement, if that has been looked at.
    pub(crate) fn deny(
        &self,
        refusal: Refusal,
        scheme: Option<TokenScheme>,
        requirement: Option<&Requirement>,
    ) -> Denial {
        let Refusal(mut refused) = refusal;
        refused.challenge = self.challenge(&refused.reason, scheme, requirement);
        Denial(refused)
    }

    /// RFC 9449, section 7.2: the error stands in the challenge of the scheme that was used, and the others say only that they would do. Without credentials, or
    /// with those of more than one method, all say the same.
    fn challenge(
        &self,
        reason: &Reason,
        scheme: Option<TokenScheme>,
        requirement: Option<&Requirement>,
    ) -> Option<String> {
        if !matches!(reason.status(), 400..=403) {
            return None;
        }
        let offered = |scheme| match scheme {
            TokenScheme::Bearer => self.bearer,
            TokenScheme::DPoP => self.dpop.is_some(),
            _ => false,
        };
        let used = scheme.filter(|&scheme| offered(scheme));
        let is_used = |scheme| used.is_none_or(|used| used == scheme);
        let bearer = || {
            let challenge = BearerChallenge::new();
            let worded = is_used(TokenScheme::Bearer);
            if worded { worded!(challenge, self, reason, requirement) } else { challenge }.to_header_value().ok()
        };
        let dpop = || {
            let challenge = DpopChallenge::new().with_algs(self.dpop.iter().flatten().copied());
            let worded = is_used(TokenScheme::DPoP);
            if worded { worded!(challenge, self, reason, requirement) } else { challenge }.to_header_value().ok()
        };
        let bearer = self.bearer.then(bearer).flatten();
        let dpop = self.dpop.is_some().then(dpop).flatten();
        let in_order = if used == Some(TokenScheme::DPoP) { [dpop, bearer] } else { [bearer, dpop] };
        let challenges: Vec<String> = in_order.into_iter().flatten().collect();
        (!challenges.is_empty()).then(|| challenges.join(", "))
    }
}
