//! [`IntrospectionCheck`]: a token of which only the server knows what it is good for (RFC 7662). [`IntrospectionCache`]: what it has said.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use jwt_core::profile::Confirmation;
use jwt_core::{Blame, Secret, Timestamp};
use oauth_client_sans_io::{ApiMisuse, Client, Error, Introspection};
use oauth_types::{
    AccessToken, ActiveToken, AuthorizationServer, IntrospectionResponse, TokenScheme, TokenType, TokenTypeHint,
};

use crate::bounded::{Bounded, Mark, mark};
use crate::check::Check;
use crate::denial::Refusal;
use crate::need::{Pending, Proved};
use crate::principal::{Bound, Principal};
use crate::reason::Reason;
use crate::requirement::Requirement;
use crate::rules::{Rules, Sender};

/// Which tokens the server is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Introspect {
    /// Those that are no JWTs; and all of them where the guard trusts no issuer of JWTs. A JWT of an issuer that is not trusted is refused, and so is one that is
    /// spelt in another way than a JWT is, with padding for instance.
    Opaque,
    /// Every one: a JWT must be right by itself, and the server must say that it is active. What the server says narrows what the JWT says. Where the guard trusts
    /// several issuers, the server that is asked sees the tokens of all.
    Every,
}

/// A request whose token the authorization server must be asked about: by the [`flow`](IntrospectionCheck::flow), in JSON (RFC 7662) or signed (RFC 9701); then
/// [`decide`](IntrospectionCheck::decide).
///
/// Where the request has a proof, it is good already, for some key: nobody makes the guard ask by a token alone that is bound to one.
///
/// `Debug` shows nothing of the token.
#[must_use = "the check goes on with `decide`"]
pub struct IntrospectionCheck(Box<Asked>);

pub(crate) struct Asked {
    pub(crate) rules: Arc<Rules>,
    pub(crate) token: AccessToken,
    pub(crate) scheme: TokenScheme,
    pub(crate) certificate: Option<String>,
    pub(crate) requirement: Requirement,
    pub(crate) proof: Option<Proved>,
    /// What the token says itself, if it is a JWT that is right.
    pub(crate) jwt: Option<Principal>,
}

impl IntrospectionCheck {
    pub(crate) fn new(asked: Asked) -> Self {
        Self(Box::new(asked))
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &AccessToken {
        &self.0.token
    }

    /// The server that is to be asked.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.rules.introspection.as_ref().map_or("", |introspection| introspection.issuer.as_str())
    }

    /// The flow that asks the server, as `client`: this API as the server knows it. Its output has the answer. With [`Introspection::signed`] it takes an answer only
    /// if the server has signed it (RFC 9701).
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where this is another server, or one without an introspection endpoint.
    pub fn flow(&self, server: &AuthorizationServer, client: &Client) -> Result<Introspection, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if server.issuer().as_str() != self.issuer() {
            return Err(ApiMisuse::OtherServer.into());
        }
        let flow = Introspection::new(server, client, Secret::new(self.0.token.expose()))?;
        Ok(flow.hint(TokenTypeHint::AccessToken))
    }

    /// Goes on with the check.
    pub fn decide(self, answer: &IntrospectionResponse, now: Timestamp) -> Check {
        let Asked { rules, scheme, certificate, requirement, proof, jwt, .. } = *self.0;
        let sender = Sender { scheme, certificate: certificate.as_deref() };
        match judge(&rules, sender, jwt, answer, now) {
            Err(reason) => Check::Denied(rules.answers.deny(reason.into(), Some(scheme), Some(&requirement))),
            Ok((principal, jkt)) => {
                // With a proof no token was let through that is bound to no key, and none without one that is bound to a key.
                let proof = proof.map(|proved| proved.bound_to(jkt.as_deref())).transpose();
                match proof.and_then(|proof| requirement.judge(&principal, now, rules.leeway).map(|()| proof)) {
                    Ok(proof) => Pending::rest(&rules, principal, scheme, proof),
                    Err(reason) => {
                        let refusal = Refusal::from(reason).of(principal);
                        Check::Denied(rules.answers.deny(refusal, Some(scheme), Some(&requirement)))
                    }
                }
            }
        }
    }

    /// Ends the check where the server cannot be asked: 503.
    pub fn unavailable(self, retry_after: Duration) -> Check {
        let refusal = Refusal::from(Reason::IntrospectionUnavailable).retry_after(retry_after);
        Check::Denied(self.0.rules.answers.deny(refusal, Some(self.0.scheme), None))
    }

    fn mark(&self) -> Mark {
        mark(&[self.issuer(), self.0.token.expose()])
    }
}

impl fmt::Debug for IntrospectionCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionCheck").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

/// Whom an answer makes of a token, and to which key it is bound.
fn judge(
    rules: &Rules,
    sender: Sender<'_>,
    jwt: Option<Principal>,
    answer: &IntrospectionResponse,
    now: Timestamp,
) -> Result<(Principal, Option<String>), Reason> {
    let introspection = rules.introspection.as_ref().ok_or(Reason::InactiveToken)?;
    let token = answer.active().ok_or(Reason::InactiveToken)?;
    let invalid = |code, blame| Err(Reason::InvalidToken { code, blame });
    if token.iss().is_some_and(|issuer| issuer != introspection.issuer.as_str()) {
        return invalid("issuer_mismatch", Blame::Peer);
    }
    match token.aud() {
        Some(audiences) if !audiences.contains(&rules.audience) => return invalid("audience_mismatch", Blame::Peer),
        None if !introspection.audience_optional && jwt.is_none() => return invalid("audience_missing", Blame::Peer),
        Some(_) | None => {}
    }
    // RFC 6749, section 7.1: "The client MUST NOT use an access token if it does not understand the token type", nor does a server take it.
    match token.token_type() {
        Some(TokenType::DPoP) if sender.scheme != TokenScheme::DPoP => return Err(Reason::DowngradedToken),
        Some(TokenType::Bearer | TokenType::DPoP) | None => {}
        Some(_) => return invalid("typ_mismatch", Blame::Peer),
    }
    // The server says "active" when it is asked, and the answer may have been kept since.
    if token.exp().is_some_and(|exp| now >= exp.saturating_add(rules.leeway)) {
        return invalid("expired", Blame::Time);
    }
    let future = |time: Option<Timestamp>| time.is_some_and(|time| time > now.saturating_add(rules.leeway));
    if future(token.nbf()) {
        return invalid("not_yet_valid", Blame::Time);
    }
    if future(token.iat()) {
        return invalid("issued_in_future", Blame::Time);
    }
    let told = rules.check_binding(sender, token.cnf().map(Confirmation::of), jwt.as_ref())?;
    let known = jwt.as_ref();
    let bound = Bound {
        to_key: told.jkt.is_some() || known.is_some_and(Principal::is_bound_to_key),
        to_certificate: told.certificate || known.is_some_and(Principal::is_bound_to_certificate),
    };
    let principal = match jwt {
        None => Principal::of_introspection(&introspection.issuer, token),
        Some(jwt) => confirmed(jwt, token)?,
    };
    Ok((principal.with_bound(bound), told.jkt.map(Into::into)))
}

/// What is left of a JWT once the server has its say.
fn confirmed(jwt: Principal, token: &ActiveToken) -> Result<Principal, Reason> {
    let same = |said: Option<&str>, found: Option<&str>| said.is_none() || said == found;
    if !same(token.sub(), jwt.subject())
        || !same(token.client_id(), jwt.client_id())
        || !same(token.jti(), jwt.token_id())
        || !same(token.iss(), Some(jwt.issuer()))
    {
        return Err(Reason::ContradictedToken);
    }
    Ok(match token.scope() {
        Some(scope) => jwt.narrowed_to(scope),
        None => jwt,
    })
}

/// What the server has said of tokens, for a time: pure data of a bounded number of answers, good ones and bad ones, each kept no longer than the caller says and
/// a good one never past its `exp`. A token that is revoked in the meantime passes until then: RFC 7662, section 4, has that trade.
///
/// What is kept is the server's answer and not the verdict, which is made anew for every request, and it is found by a hash of the whole token and the server.
/// It has no stored form: it names people, and one request for each token brings it back.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
/// use oauth_resource_sans_io::{Check, Guard, Introspect, IntrospectionCache, Need, RequestHead};
/// use oauth_types::{ActiveToken, IntrospectionResponse, Issuer};
///
/// let guard = Guard::new("https://api.example").introspection(Issuer::new("https://as.example")?, Introspect::Opaque);
/// let mut cache = IntrospectionCache::new(10_000, Duration::from_secs(60), Duration::from_secs(10));
/// let now = Timestamp::from_unix(1_700_000_000);
///
/// let head = RequestHead::new("GET", "/files").authorization(["Bearer 2YotnFZFEjr1zCsicMWpAA"]);
/// let Check::Needs(Need::Introspection(check)) = guard.check(&head, now) else { panic!("nothing else is known") };
/// if cache.get(&check, now).is_none() {
///     // What the flow brings: `drive::blocking(&mut check.flow(&server, &client)?, ..)?.response`.
///     let answer = IntrospectionResponse::new(ActiveToken::new().with_sub("alice").with_aud(["https://api.example"]));
///     cache.insert(&check, answer, now);
/// }
/// let answer = cache.get(&check, now).expect("it was just inserted");
/// assert!(matches!(check.decide(answer, now), Check::Granted(_)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct IntrospectionCache {
    answers: Bounded<IntrospectionResponse>,
    active_for: Duration,
    inactive_for: Duration,
}

impl IntrospectionCache {
    /// At most so many answers (100 000 at most): good ones for `active_for`, bad ones for `inactive_for`.
    #[must_use]
    pub fn new(limit: usize, active_for: Duration, inactive_for: Duration) -> Self {
        Self { answers: Bounded::new(limit), active_for, inactive_for }
    }

    /// What the server has said of this check's token.
    #[must_use]
    pub fn get(&self, check: &IntrospectionCheck, now: Timestamp) -> Option<&IntrospectionResponse> {
        let (until, answer) = self.answers.get(&check.mark(), now)?;
        // A clock that was set back keeps no answer for longer than the caller says.
        (until <= now.saturating_add(self.kept_for(answer))).then_some(answer)
    }

    /// Keeps what the server has said now of this check's token, in the place of what it has said before. Where there is no room the answer goes that would go
    /// soonest.
    pub fn insert(&mut self, check: &IntrospectionCheck, answer: IntrospectionResponse, now: Timestamp) {
        let end = answer.active().and_then(ActiveToken::exp).unwrap_or(Timestamp::MAX);
        let until = now.saturating_add(self.kept_for(&answer)).min(end);
        let mark = check.mark();
        self.answers.remove(&mark);
        if until <= now || self.answers.limit() == 0 {
            return;
        }
        self.answers.forget_after(now.saturating_add(self.active_for.max(self.inactive_for)));
        if !self.answers.has_room(&mark, now) {
            self.answers.evict();
        }
        self.answers.put(mark, until, answer);
    }

    const fn kept_for(&self, answer: &IntrospectionResponse) -> Duration {
        if answer.active().is_some() { self.active_for } else { self.inactive_for }
    }

    /// How many answers it holds, some of which may have ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
