//! [`Need`]: what only I/O can bring. Each is answered, and the same check goes on.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use jwt_core::profile::UndecidedProof;
use jwt_core::{Header, Timestamp};
use oauth_types::{DpopNonce, TokenScheme};

use crate::check::Check;
use crate::denial::Refusal;
use crate::guard::IssuerIndex;
use crate::introspection::IntrospectionCheck;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::rules::Rules;

/// What a check needs before it can go on.
///
/// A check asks for each at most once, and in this order. Only what was configured is asked for.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Need {
    /// A key that is not at hand: [`Guard::keys_mut`](crate::Guard::keys_mut) and [`Jwks::fetch_for`](oauth_client_sans_io::Jwks::fetch_for), which gives the
    /// request to one caller only; all others wait for it. Then check again.
    Keys(WantedKey),
    /// What the authorization server says about the token.
    Introspection(IntrospectionCheck),
    /// Whether the token was revoked: only where the guard was told to [ask](crate::Guard::ask_revocation).
    Revocation(RevocationCheck),
    /// Whether the proof is new.
    Freshness(FreshnessCheck),
}

/// A key that a token is signed with, as it says, and that is not at hand: whose it is, and what it is called.
///
/// Hand its [`header`](WantedKey::header) to [`Jwks::fetch_for`](oauth_client_sans_io::Jwks::fetch_for) and not just any
/// [`fetch`](oauth_client_sans_io::Jwks::fetch): if the answer has no such key either, that is remembered, and for some minutes tokens that name it are refused
/// without another fetch. Anybody can make up names of keys; together they cause one fetch for each cool-down at most.
///
/// `Debug` shows nothing of the token.
///
/// # Examples
///
/// ```
/// use jwt_core::Timestamp;
/// use oauth_client_sans_io::SendFailure;
/// use oauth_resource_sans_io::{Guard, WantedKey};
/// use oauth_types::{HttpRequest, HttpResponse};
///
/// /// For whoever has the guard alone; a `Need::Keys` of others waits until this is through.
/// fn fetch(
///     guard: &mut Guard,
///     wanted: &WantedKey,
///     now: Timestamp,
///     send: impl FnOnce(HttpRequest) -> Result<HttpResponse, SendFailure>,
/// ) {
///     let Some(keys) = guard.keys_mut(wanted.issuer()) else { return };
///     let Some(request) = keys.fetch_for(wanted.header(), now) else { return };
///     match send(request) {
///         // What is wrong with the key set shows in the next check.
///         Ok(response) => drop(keys.handle_response(now, &response)),
///         Err(failure) => keys.handle_failure(now, failure),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct WantedKey {
    issuer: IssuerIndex,
    /// Of the token's header `alg` and `kid`, and nothing else: no longer than a header may be, of a request that is longer.
    header: Header,
}

impl WantedKey {
    /// The key of a header with the name of an algorithm that there is.
    pub(crate) fn new(issuer: IssuerIndex, header: &Header) -> Option<Self> {
        // `EdDSA` stays what it is: by this name it was looked up.
        let wanted = Header::new(header.algorithm()?).with("alg", header.alg());
        let wanted = match header.kid() {
            Some(kid) => wanted.with_kid(kid),
            None => wanted,
        };
        Some(Self { issuer, header: wanted })
    }

    /// Whose key.
    #[must_use]
    pub const fn issuer(&self) -> IssuerIndex {
        self.issuer
    }

    /// What the token's header says of the key: its `alg` and its `kid`. Nobody has checked it.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }
}

impl fmt::Debug for WantedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WantedKey").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A request that may pass, unless its token was revoked. Ask a [`DenyList`](crate::DenyList) or any store by what the token names, then
/// [`decide`](RevocationCheck::decide).
///
/// `Debug` shows nothing of whom the token names.
#[must_use = "the check goes on with `decide`"]
pub struct RevocationCheck(Box<Pending>);

impl RevocationCheck {
    /// Who issued the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.principal.issuer()
    }

    /// Its `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.principal.subject()
    }

    /// Its `jti`.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.0.principal.token_id()
    }

    /// Its `sid`.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.0.principal.session_id()
    }

    /// When it was issued.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.0.principal.issued_at()
    }

    /// Goes on with the check.
    pub fn decide(self, revoked: bool) -> Check {
        if revoked { self.0.refuse(Reason::RevokedToken.into()) } else { self.0.after_revocation() }
    }

    /// Ends the check where the store cannot be asked: 503.
    pub fn unavailable(self, retry_after: Duration) -> Check {
        self.0.refuse(Refusal::from(Reason::StoreUnavailable).retry_after(retry_after))
    }
}

impl fmt::Debug for RevocationCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationCheck").finish_non_exhaustive()
    }
}

/// A request that may pass, if its proof was not seen before (RFC 9449, section 11.1). Insert [`key`](FreshnessCheck::key) into a store that all copies of the API
/// share, until [`until`](FreshnessCheck::until), in one step that says whether it was there; then [`decide`](FreshnessCheck::decide).
///
/// For one process a [`ReplaySet`](crate::ReplaySet) will do. For many, Redis for instance, with any client of it, blocking or async: send the command that
/// `insert` gives, and hand what comes back to `decide`. Redis must keep what it was told (no eviction), and one that lost everything in a restart takes old proofs
/// for new as long as they are good: [nonces](crate::Dpop::nonces) bound that.
///
/// ```
#[doc = include_str!("need/redis.rs")]
/// ```
#[must_use = "the check goes on with `decide`"]
pub struct FreshnessCheck {
    pending: Box<Pending>,
    proof: Box<UndecidedProof>,
    /// The nonce that is given out now, if any is.
    nonce: Option<DpopNonce>,
}

impl FreshnessCheck {
    /// What must be new: a hash, always of the same length, whatever the client sent.
    #[must_use]
    pub fn key(&self) -> String {
        self.proof.replay_key()
    }

    /// From when on the proof is too old anyway, and the store may forget it. A check that was begun before may still be under way then: a store that forgets by
    /// itself is to keep it for as long as one takes at most.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.proof.keep_until()
    }

    /// Ends the check.
    pub fn decide(self, fresh: bool) -> Check {
        match self.proof.decide(fresh) {
            Ok(proof) => {
                let older = |nonce: &DpopNonce| proof.claims().nonce() != Some(nonce.as_str());
                Check::Granted(self.pending.principal.with_nonce(self.nonce.filter(older)))
            }
            Err(error) => self.pending.refuse(Reason::of_proof(&error).into()),
        }
    }

    /// Ends the check where the store cannot be asked, or has no room: 503. A proof about which nothing is known is not taken.
    pub fn unavailable(self, retry_after: Duration) -> Check {
        self.pending.refuse(Refusal::from(Reason::StoreUnavailable).retry_after(retry_after))
    }
}

impl fmt::Debug for FreshnessCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshnessCheck").field("until", &self.until()).finish_non_exhaustive()
    }
}

/// A request of which something is still to be asked.
pub(crate) struct Pending {
    rules: Arc<Rules>,
    principal: Principal,
    scheme: TokenScheme,
    proof: Option<Proved>,
}

/// A proof that is good, if it is new, and the nonce that is given out now.
pub(crate) struct Proved {
    pub(crate) proof: UndecidedProof,
    pub(crate) nonce: Option<DpopNonce>,
}

impl Proved {
    /// Checks that it is a proof of the token's key, where the token is bound to one as far as it is known.
    #[inline(never)]
    pub(crate) fn bound_to(self, jkt: Option<&str>) -> Result<Self, Reason> {
        let Some(jkt) = jkt else { return Ok(self) };
        let proof = self.proof.bound_to(jkt).map_err(|error| Reason::of_proof(&error))?;
        Ok(Self { proof, ..self })
    }
}

impl Pending {
    /// What is left to ask of a request that may pass as far as its token goes, or that there is nothing.
    pub(crate) fn rest(rules: &Arc<Rules>, principal: Principal, scheme: TokenScheme, proof: Option<Proved>) -> Check {
        // Most requests end here, with nothing to hand on.
        if !rules.ask_revocation && proof.is_none() {
            return Check::Granted(principal);
        }
        let pending = Self { rules: Arc::clone(rules), principal, scheme, proof };
        if rules.ask_revocation {
            return Check::Needs(Need::Revocation(RevocationCheck(Box::new(pending))));
        }
        pending.after_revocation()
    }

    fn after_revocation(mut self) -> Check {
        match self.proof.take() {
            None => Check::Granted(self.principal),
            // Last, because it is the only question that changes something.
            Some(Proved { proof, nonce }) => {
                let (pending, proof) = (Box::new(self), Box::new(proof));
                Check::Needs(Need::Freshness(FreshnessCheck { pending, proof, nonce }))
            }
        }
    }

    fn refuse(self, refusal: Refusal) -> Check {
        let refusal = refusal.of(self.principal);
        Check::Denied(self.rules.answers.deny(refusal, Some(self.scheme), None))
    }
}
