//! [`Dpop`]: how the guard checks proofs (RFC 9449). [`ServerNonces`]: nonces that are given out and recognized without a store.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::profile::{DpopProfile, UndecidedProof};
use jwt_core::{Algorithm, Error, Family, MakeKey, Moment, Timestamp, VerifyingKey, base64url};
use oauth_types::DpopNonce;

use crate::head::RequestHead;

/// How the guard checks DPoP proofs: all twelve points of RFC 9449, section 4.3, with `ath`.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Timestamp};
/// use oauth_resource_sans_io::{Dpop, Guard, RequestHead, ServerNonces};
///
/// # let secret = [7; 32];
/// let dpop = Dpop::new(&[Algorithm::ES256]).nonces(ServerNonces::new(secret)); // 32 random bytes that all copies of the API share
/// let guard = Guard::new("https://api.example").origin("https://api.example").dpop(dpop);
/// # let check = guard.check(&RequestHead::new("GET", "/files"), Timestamp::from_unix(1_700_000_000));
/// # let oauth_resource_sans_io::Check::Denied(denial) = check else { unreachable!() };
/// assert_eq!(denial.challenge(), Some(r#"Bearer, DPoP algs="ES256""#));
/// ```
#[derive(Clone, Debug)]
pub struct Dpop {
    algorithms: Vec<Algorithm>,
    max_age: Option<Duration>,
    nonces: Option<ServerNonces>,
    backend: MakeKey,
}

impl Dpop {
    /// Proofs with these algorithms, which challenges name; HMAC is left out.
    #[must_use]
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let asymmetric = |algorithm: &Algorithm| algorithm.family() != Family::Hmac;
        Self {
            algorithms: algorithms.iter().copied().filter(asymmetric).collect(),
            max_age: None,
            nonces: None,
            backend: VerifyingKey::from_jwk_as,
        }
    }

    /// Takes proofs up to this age instead of a minute ([`DpopProfile::max_age`]). The guard's leeway is added.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Demands a nonce of these in every proof (RFC 9449, section 9), so that none can be made for later.
    #[must_use]
    pub fn nonces(mut self, nonces: ServerNonces) -> Self {
        self.nonces = Some(nonces);
        self
    }

    /// Checks signatures with keys made by this backend instead of the one built into `jwt-core`.
    #[must_use]
    pub fn backend(mut self, backend: MakeKey) -> Self {
        self.backend = backend;
        self
    }

    pub(crate) fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    pub(crate) fn nonce(&self, now: Timestamp) -> Option<DpopNonce> {
        self.nonces.as_ref().map(|nonces| nonces.issue(now))
    }

    /// Checks the proof of a request, whatever key the token is bound to: that is compared afterwards ([`UndecidedProof::bound_to`]), because it may be known
    /// only then.
    pub(crate) fn verify(
        &self,
        head: &RequestHead<'_>,
        origin: Option<&str>,
        token: &str,
        leeway: Duration,
        now: Timestamp,
    ) -> Result<UndecidedProof, Error> {
        let mut profile = DpopProfile::new(head.method(), head.target(origin))
            .dangerous_access_token_of_any_key(token)
            .algorithms(&self.algorithms)
            .leeway(leeway)
            .backend(self.backend);
        if let Some(max_age) = self.max_age {
            profile = profile.max_age(max_age);
        }
        if let Some(nonces) = &self.nonces {
            profile = profile.nonces(nonces.accepted(now));
        }
        profile.verify(head.proofs(), now)
    }
}

/// Nonces that a server gives out for DPoP proofs (RFC 9449, sections 8 and 9) and recognizes without having stored any: each is an HMAC of the time, in steps of
/// a [period](ServerNonces::period). All copies of a server that share the key know each other's.
///
/// A nonce is good from one period before that in which it is given out until the end of the one after: at any time the two newest are, and that of a copy whose
/// clock is ahead.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
/// use oauth_resource_sans_io::ServerNonces;
///
/// let nonces = ServerNonces::new([7; 32]).period(Duration::from_secs(60)); // of your random source, once
/// let now = Timestamp::from_unix(1_700_000_000);
/// let nonce = nonces.issue(now);
/// assert!(nonces.accepts(nonce.as_str(), now.saturating_add(Duration::from_secs(60))));
/// assert!(!nonces.accepts(nonce.as_str(), now.saturating_add(Duration::from_secs(120))));
/// ```
#[derive(Clone, Debug)]
pub struct ServerNonces {
    /// Makes nonces. A moment keeps its 32 bytes from being shown and wipes them; its time is not used.
    key: Arc<Moment>,
    /// Whose nonces are recognized too.
    previous: Vec<Arc<Moment>>,
    period: u64,
}

impl ServerNonces {
    /// Nonces under this key: 32 bytes of a cryptographic random source, which nobody else knows.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Arc::new(Moment::new(Timestamp::EPOCH, key)), previous: Vec::new(), period: DEFAULT_PERIOD }
    }

    /// Also recognizes nonces that were made under this key: the one before, while keys are changed.
    #[must_use]
    pub fn previous_key(mut self, key: [u8; 32]) -> Self {
        self.previous.push(Arc::new(Moment::new(Timestamp::EPOCH, key)));
        self
    }

    /// How long a nonce is given out, in whole seconds, one at least, instead of a minute.
    #[must_use]
    pub fn period(mut self, period: Duration) -> Self {
        self.period = period.as_secs().max(1);
        self
    }

    /// The nonce to give out now.
    #[must_use]
    pub fn issue(&self, now: Timestamp) -> DpopNonce {
        nonce(&self.key, self.step(now)).into()
    }

    /// Whether this is one of the nonces that are good now.
    #[must_use]
    pub fn accepts(&self, nonce: &str, now: Timestamp) -> bool {
        self.accepted(now).iter().any(|known| jwt_core::digest::constant_time_eq(known.as_bytes(), nonce.as_bytes()))
    }

    /// All that are good now: for [`DpopProfile::nonces`], at an authorization server's own endpoints for instance.
    #[must_use]
    pub fn accepted(&self, now: Timestamp) -> Vec<String> {
        let step = self.step(now);
        let steps = [step, step.saturating_sub(1), step.saturating_add(1)];
        let keys = core::iter::once(&self.key).chain(&self.previous);
        keys.flat_map(|key| steps.map(|step| base64url::encode(nonce(key, step)))).collect()
    }

    /// Which period it is, from the epoch on.
    fn step(&self, now: Timestamp) -> u64 {
        now.as_unix().checked_div(self.period).unwrap_or_default()
    }
}

/// HMAC-SHA-256 under the key, of the step: 128 bits of it, which nobody can guess within a period.
fn nonce(key: &Moment, step: u64) -> [u8; 16] {
    // The counter has room for the lower half.
    let [a, b, c, d, e, f, g, h] = step.to_be_bytes();
    let (upper, lower) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    let mac = key.derive(&alloc::format!("dpop nonce {upper}"), lower);
    *mac.first_chunk().unwrap_or(&[0; 16])
}

/// A minute, like the greatest age of a proof: what a client has prepared is good no longer than what it has just made.
const DEFAULT_PERIOD: u64 = 60;
