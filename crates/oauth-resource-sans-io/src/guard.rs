//! [`Guard`]: may this request pass?

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::profile::AccessTokenProfile;
use jwt_core::{Algorithm, Blame, Limits, MakeKey, Timestamp, Unverified, VerifyingKey};
use oauth_client_sans_io::{Jwks, Lookup};
use oauth_types::challenge::ChallengeError;
use oauth_types::{Endpoint, Issuer, Scope};
use serde::Deserialize;

use crate::credentials::RequestHead;
use crate::denial::{ChallengeTexts, Denial, Reason};
use crate::principal::Principal;

/// A protected API's doorkeeper: it knows the trusted issuers and their keys, the API's own name, and the scope that is needed.
///
/// [`check`](Guard::check) takes `&self`, does no I/O and waits for nothing: what it lacks it asks for with [`Check::Needs`]. Access tokens are JWTs
/// of RFC 9068, read from the `Authorization` header only.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Timestamp};
/// use oauth_resource_sans_io::{Check, Guard, Need, RequestHead};
/// use oauth_types::{Endpoint, Issuer};
///
/// let mut guard = Guard::new("https://api.example")
///     .required_scope("files.read".parse()?)
///     .issuer(Issuer::new("https://as.example")?, Endpoint::new("https://as.example/jwks")?, &[Algorithm::ES256]);
///
/// let now = Timestamp::from_unix(1_700_000_000);
/// match guard.check(&RequestHead::new("GET", "/files"), now) {
///     Check::Granted(principal) => println!("hello {}", principal.subject()),
///     Check::Denied(denial) => {
///         let response = denial.to_http(); // send this
///         assert_eq!(response.status(), 401);
///         assert_eq!(response.header("www-authenticate"), Some(r#"Bearer scope="files.read""#));
///     }
///     Check::Needs(Need::Keys(issuer)) => {
///         // One task fetches them; the check is then made again.
///         if let Some(request) = guard.keys_mut(issuer).and_then(|keys| keys.fetch(now)) {
///             // response = send(request); guard.keys_mut(issuer)?.handle_response(now, &response)
///             assert_eq!(request.url(), "https://as.example/jwks");
///         }
///     }
///     _ => unreachable!("no other need was configured"),
/// }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Guard {
    audience: String,
    issuers: Vec<Trusted>,
    required: Scope,
    leeway: Duration,
    texts: ChallengeTexts,
    limits: Limits,
}

/// An issuer, bound to its own keys.
#[derive(Debug)]
struct Trusted {
    issuer: Issuer,
    keys: Jwks,
    profile: AccessTokenProfile,
}

/// Which of the guard's issuers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IssuerIndex(usize);

/// What a check found.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Check {
    /// The request may pass.
    Granted(Principal),
    /// It may not: send [`Denial::to_http`].
    Denied(Denial),
    /// Something must be had first.
    Needs(Need),
}

/// What a check needs before it can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// The keys of this issuer: [`Guard::keys_mut`] and [`Jwks::fetch`], which gives the request to one caller only. Then check again.
    Keys(IssuerIndex),
}

/// The clocks of an API and its authorization server differ; half a minute covers machines that keep time at all.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);

impl Guard {
    /// A guard for the API that access tokens name as `audience` (RFC 9068, section 3): its resource identifier, byte for byte.
    #[must_use]
    pub fn new(audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            issuers: Vec::new(),
            required: Scope::empty(),
            leeway: DEFAULT_LEEWAY,
            texts: ChallengeTexts::default(),
            limits: Limits::default(),
        }
    }

    /// Trusts this issuer, with the keys at this endpoint (its metadata's `jwks_uri`) and these algorithms. May be called for several issuers.
    #[must_use]
    pub fn issuer(self, issuer: Issuer, jwks_uri: Endpoint, algorithms: &[Algorithm]) -> Self {
        self.issuer_with_backend(issuer, jwks_uri, algorithms, VerifyingKey::from_jwk_as)
    }

    /// As [`issuer`](Guard::issuer), with keys made by this backend instead of the one built into `jwt-core`.
    #[must_use]
    pub fn issuer_with_backend(
        mut self,
        issuer: Issuer,
        jwks_uri: Endpoint,
        algorithms: &[Algorithm],
        backend: MakeKey,
    ) -> Self {
        let profile = AccessTokenProfile::new(issuer.as_str(), self.audience.as_str()).leeway(self.leeway);
        self.issuers.push(Trusted { issuer, keys: Jwks::new(jwks_uri, algorithms).backend(backend), profile });
        self
    }

    /// Demands this scope of every request. [`check_scope`](Guard::check_scope) demands another one for one request.
    #[must_use]
    pub fn required_scope(mut self, scope: Scope) -> Self {
        self.required = scope;
        self
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        for trusted in &mut self.issuers {
            trusted.profile = AccessTokenProfile::new(trusted.issuer.as_str(), self.audience.as_str()).leeway(leeway);
        }
        self
    }

    /// Names this realm in challenges (RFC 9110, section 11.5).
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] where it holds a character that a header field cannot.
    pub fn realm(mut self, realm: impl Into<String>) -> Result<Self, ChallengeError> {
        self.texts = self.texts.realm(realm.into())?;
        Ok(self)
    }

    /// Names the URL of the protected resource's metadata in challenges (RFC 9728, section 5.1).
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] where it holds a character that a header field cannot.
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Result<Self, ChallengeError> {
        self.texts = self.texts.resource_metadata(url.into())?;
        Ok(self)
    }

    /// The keys of an issuer, for whoever fetches them.
    #[must_use]
    pub fn keys_mut(&mut self, issuer: IssuerIndex) -> Option<&mut Jwks> {
        self.issuers.get_mut(issuer.0).map(|trusted| &mut trusted.keys)
    }

    /// Checks a request against the scope that every request needs.
    pub fn check(&self, head: &RequestHead<'_>, now: Timestamp) -> Check {
        self.check_scope(head, &self.required, now)
    }

    /// Checks a request against this scope, and nothing of [`required_scope`](Guard::required_scope).
    pub fn check_scope(&self, head: &RequestHead<'_>, required: &Scope, now: Timestamp) -> Check {
        match self.decide(head, required, now) {
            Ok(check) => check,
            Err(reason) => Check::Denied(Denial::new(reason, &self.texts, required)),
        }
    }

    fn decide(&self, head: &RequestHead<'_>, required: &Scope, now: Timestamp) -> Result<Check, Reason> {
        let token = head.bearer_token()?.ok_or(Reason::NoCredentials)?;
        let token = Unverified::parse(token, &self.limits).map_err(|error| invalid(&error))?;
        let index = self.choose_issuer(&token)?;
        let trusted = self.issuers.get(index).ok_or(UNTRUSTED)?;
        let candidates = match trusted.keys.lookup(token.header(), now) {
            Lookup::Found(candidates) => candidates,
            // Whoever fetches already gets no second request, and waits for the first.
            Lookup::Fetch | Lookup::Wait { .. } => return Ok(Check::Needs(Need::Keys(IssuerIndex(index)))),
            Lookup::Unavailable { retry_at } => {
                let denial = Denial::new(Reason::KeysUnavailable, &self.texts, required);
                return Ok(Check::Denied(denial.retry_after(retry_at.saturating_since(now))));
            }
            Lookup::Unknown { .. } | _ => return Err(Reason::InvalidToken { code: "no_key", blame: Blame::Peer }),
        };
        let token = trusted.profile.verify(token, candidates, now).map_err(|error| invalid(&error))?;
        // RFC 9068, section 2.2.3: the scope claim is RFC 8693's, a space-separated text.
        let scope = match token.claims().scope() {
            Some(scope) => {
                scope.parse().map_err(|_| Reason::InvalidToken { code: "invalid_scope_claim", blame: Blame::Peer })?
            }
            None => Scope::empty(),
        };
        if !required.is_subset_of(&scope) {
            return Err(Reason::InsufficientScope);
        }
        Ok(Check::Granted(Principal::new(token, scope)))
    }

    /// With one issuer there is no choice. With several, the token's own `iss` chooses among the configured ones, before the signature; the keys of the chosen one,
    /// and its profile, then demand that very issuer.
    fn choose_issuer(&self, token: &Unverified<'_>) -> Result<usize, Reason> {
        if let [_] = self.issuers.as_slice() {
            return Ok(0);
        }
        let claimed: ClaimedIssuer = token.dangerous_claims().map_err(|error| invalid(&error))?;
        self.issuers.iter().position(|trusted| trusted.issuer.as_str() == claimed.iss).ok_or(UNTRUSTED)
    }
}

/// The one claim that is looked at before the signature, and only to choose.
#[derive(Deserialize)]
struct ClaimedIssuer {
    iss: String,
}

const UNTRUSTED: Reason = Reason::InvalidToken { code: "untrusted_issuer", blame: Blame::Peer };

fn invalid(error: &jwt_core::Error) -> Reason {
    Reason::InvalidToken { code: error.code(), blame: error.blame() }
}
