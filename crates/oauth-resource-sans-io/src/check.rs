//! [`Check`]: how a request is judged, from its credentials to what is left to ask.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;

use jwt_core::profile::AccessTokenPayload;
use jwt_core::{Error, Limits, Timestamp, Unverified, Verified};
use oauth_client_sans_io::Lookup;
use oauth_types::{AccessToken, TokenScheme};
use serde::Deserialize;

use crate::denial::{Denial, Refusal};
use crate::guard::{Guard, IssuerIndex, Keys, Trusted};
use crate::head::{Presented, RequestHead, syntax};
use crate::introspection::{Asked, Introspect, IntrospectionCheck};
use crate::need::{Need, Pending, Proved, WantedKey};
use crate::principal::{Bound, Principal};
use crate::reason::Reason;
use crate::requirement::Requirement;
use crate::rules::Sender;

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

impl Guard {
    /// Checks a request against what every request needs ([`requirement`](Guard::requirement)).
    pub fn check(&self, head: &RequestHead<'_>, now: Timestamp) -> Check {
        self.check_for(head, &self.requirement, now)
    }

    /// Checks a request against this requirement, and nothing of [`requirement`](Guard::requirement).
    pub fn check_for(&self, head: &RequestHead<'_>, requirement: &Requirement, now: Timestamp) -> Check {
        let deny = |refusal, scheme| Check::Denied(self.rules.answers.deny(refusal, scheme, Some(requirement)));
        let found = head.presented(self.rules.takes);
        let presented = match found {
            Ok(Some(ref presented)) if self.takes(presented.scheme) => presented,
            // Another scheme is no credential that is meant for us.
            Ok(Some(_) | None) => return deny(Reason::NoCredentials.into(), None),
            // RFC 9449, section 7.2: whose credentials they are is open, so the answer is of every scheme.
            Err(reason) => return deny(reason.into(), None),
        };
        match self.judge(head, presented, requirement, now) {
            Ok(check) => check,
            // What did not verify need not even be a token.
            Err(refusal) => {
                let refusal = refusal.or(|reason| {
                    let invalid = matches!(reason, Reason::InvalidToken { .. });
                    let malformed = invalid && syntax(&presented.token) == Err(Reason::MalformedCredentials);
                    malformed.then_some(Reason::MalformedCredentials)
                });
                deny(refusal, Some(presented.scheme))
            }
        }
    }

    fn takes(&self, scheme: TokenScheme) -> bool {
        match scheme {
            TokenScheme::Bearer => true,
            TokenScheme::DPoP => self.rules.dpop.is_some(),
            _ => false,
        }
    }

    fn judge(
        &self,
        head: &RequestHead<'_>,
        presented: &Presented<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<Check, Refusal> {
        let (token, asks) = (&*presented.token, self.rules.introspection.is_some());
        let ask = || self.ask(head, presented, requirement, None, self.prove(head, presented, now)?);
        let not_read = |error: &Error| {
            if asks && is_opaque(token, error) { ask() } else { Err(Reason::of_token(error).into()) }
        };
        let index = match self.issuers.as_slice() {
            [] if asks => return ask(),
            [] => return Err(Reason::UntrustedIssuer.into()),
            // With one issuer there is no choice.
            [_] => 0,
            // With several, the token's own `iss` chooses among the configured ones, before the signature; the keys of the chosen one, and its profile, then
            // demand that very issuer.
            issuers => {
                let claimed = Unverified::parse(token, &Limits::default())
                    .and_then(|token| token.dangerous_claims::<ClaimedIssuer>());
                match claimed {
                    Ok(ClaimedIssuer { iss }) => issuers
                        .iter()
                        .position(|trusted| trusted.issuer.as_str() == iss)
                        .ok_or(Reason::UntrustedIssuer)?,
                    Err(error) => return not_read(&error),
                }
            }
        };
        let Some(trusted) = self.issuers.get(index) else { return Err(Reason::UntrustedIssuer.into()) };
        let ready = match &trusted.keys {
            Keys::Fetched(jwks) => jwks.ready(now),
            Keys::Fixed(keys) => Some(keys),
        };
        if let Some(keys) = ready {
            match trusted.profile.verify_payload(token, keys, now) {
                Ok(token) => return self.judge_jwt(head, presented, requirement, trusted, token, now),
                Err(Error::NoKey(_)) => {}
                Err(error) => return not_read(&error),
            }
        }
        match Unverified::parse(token, &Limits::default()) {
            Ok(token) => Ok(Check::Needs(Need::Keys(look_up(trusted, index, &token, now)?))),
            Err(error) => not_read(&error),
        }
    }

    /// Of a JWT that is right, but for what it must be bound to.
    #[inline]
    fn judge_jwt(
        &self,
        head: &RequestHead<'_>,
        presented: &Presented<'_>,
        requirement: &Requirement,
        trusted: &Trusted,
        token: Verified<AccessTokenPayload>,
        now: Timestamp,
    ) -> Result<Check, Refusal> {
        let sender = Sender::of(head, presented);
        let told = self.rules.check_binding(sender, token.claims().confirmation(), None)?;
        let scope = Principal::scope_besides(trusted, token.claims())?;
        let bound = Bound { to_key: told.jkt.is_some(), to_certificate: told.certificate };
        // A request without a proof is not to move the room for one about.
        let proof = match self.prove(head, presented, now)? {
            Some(proved) => Some(proved.bound_to(told.jkt)?),
            None => None,
        };
        let principal = Principal::of_jwt(token, scope, bound);
        if self.rules.introspection.as_ref().is_some_and(|asked| asked.which == Introspect::Every) {
            return self.ask(head, presented, requirement, Some(principal), proof);
        }
        if let Err(reason) = requirement.judge(&principal, now, self.rules.leeway) {
            return Err(Refusal::from(reason).of(principal));
        }
        Ok(Pending::rest(&self.rules, principal, presented.scheme, proof))
    }

    /// Has the server asked about a token. It is no JWT (and to which key it is bound, if to any, is not known yet), or was judged as one.
    fn ask(
        &self,
        head: &RequestHead<'_>,
        presented: &Presented<'_>,
        requirement: &Requirement,
        jwt: Option<Principal>,
        proof: Option<Proved>,
    ) -> Result<Check, Refusal> {
        syntax(&presented.token)?;
        self.rules.check_sender(Sender::of(head, presented))?;
        Ok(Check::Needs(Need::Introspection(IntrospectionCheck::new(Asked {
            rules: Arc::clone(&self.rules),
            token: AccessToken::new(Cow::as_ref(&presented.token)),
            scheme: presented.scheme,
            certificate: head.certificate().map(Into::into),
            requirement: requirement.clone(),
            proof,
            jwt,
        }))))
    }

    /// The proof that must come with a token under the scheme DPoP.
    fn prove(
        &self,
        head: &RequestHead<'_>,
        presented: &Presented<'_>,
        now: Timestamp,
    ) -> Result<Option<Proved>, Refusal> {
        let Some(dpop) = self.rules.dpop.as_ref().filter(|_| presented.scheme == TokenScheme::DPoP) else {
            return Ok(None);
        };
        let nonce = dpop.nonce(now);
        let proof = dpop.verify(head, self.rules.origin.as_deref(), &presented.token, self.rules.leeway, now);
        match proof {
            Ok(proof) => Ok(Some(Proved { proof, nonce })),
            Err(error) => {
                let reason = Reason::of_proof(&error);
                // RFC 9449, section 9: the challenge comes with the nonce that is to be used.
                let nonce = nonce.filter(|_| reason.error() == Some("use_dpop_nonce"));
                Err(Refusal::from(reason).nonce(nonce))
            }
        }
    }
}

/// What to do about a token for which no key is ready.
fn look_up(trusted: &Trusted, index: usize, token: &Unverified<'_>, now: Timestamp) -> Result<WantedKey, Refusal> {
    let Keys::Fetched(jwks) = &trusted.keys else { return Err(Reason::UnknownKey.into()) };
    match jwks.lookup(token.header(), now) {
        Lookup::Fetch | Lookup::Wait { .. } => {
            WantedKey::new(IssuerIndex::new(index), token.header()).ok_or_else(|| Reason::UnknownKey.into())
        }
        Lookup::Unavailable { retry_at } => {
            Err(Refusal::from(Reason::KeysUnavailable).retry_after(retry_at.saturating_since(now)))
        }
        Lookup::Unknown { .. } | Lookup::Found(_) | _ => Err(Reason::UnknownKey.into()),
    }
}

/// Whether a text is no JWT at all, so that another server may know what it is. A JWT that is out of order is one: were it asked about as something else because
/// of a character that its server overlooks, what it is bound to would be overlooked with it.
fn is_opaque(token: &str, error: &Error) -> bool {
    let is_jwt = |(header, rest): (&str, &str)| {
        rest.matches('.').count() == 1 && Unverified::parse(&[header, ".e30.AA"].concat(), &Limits::default()).is_ok()
    };
    matches!(error, Error::Malformed(_) | Error::EncryptedToken | Error::Header(_))
        && !token.split_once('.').is_some_and(is_jwt)
}

/// The one claim that is looked at before the signature, and only to choose.
#[derive(Deserialize)]
struct ClaimedIssuer {
    iss: String,
}
