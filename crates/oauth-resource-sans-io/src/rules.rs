//! What a guard goes by, shared with the checks that it has begun.

use alloc::string::String;
use core::time::Duration;

use jwt_core::profile::Confirmation;
use oauth_types::{Issuer, TokenScheme};

use crate::denial::Answers;
use crate::dpop::Dpop;
use crate::head::{Presented, RequestHead, Takes};
use crate::introspection::Introspect;
use crate::principal::Principal;
use crate::reason::Reason;

/// What access tokens must be bound to, so that whoever steals one cannot use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Binding {
    /// Nothing; but what a token is bound to is always checked.
    #[default]
    Optional,
    /// A DPoP key (RFC 9449).
    Key,
    /// A client certificate (RFC 8705).
    Certificate,
    /// One of both.
    KeyOrCertificate,
}

impl Binding {
    const fn is_met(self, to_key: bool, to_certificate: bool) -> bool {
        match self {
            Self::Optional => true,
            Self::Key => to_key,
            Self::Certificate => to_certificate,
            Self::KeyOrCertificate => to_key || to_certificate,
        }
    }
}

/// All that does not change while requests are checked, but for keys.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) audience: String,
    pub(crate) leeway: Duration,
    pub(crate) binding: Binding,
    pub(crate) ask_revocation: bool,
    pub(crate) takes: Takes,
    pub(crate) origin: Option<String>,
    pub(crate) dpop: Option<Dpop>,
    pub(crate) introspection: Option<Introspection>,
    pub(crate) answers: Answers,
}

/// The server that is asked about tokens.
#[derive(Clone, Debug)]
pub(crate) struct Introspection {
    pub(crate) issuer: Issuer,
    pub(crate) which: Introspect,
    pub(crate) audience_optional: bool,
}

/// How a token came.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'r> {
    pub(crate) scheme: TokenScheme,
    pub(crate) certificate: Option<&'r str>,
}

impl<'r> Sender<'r> {
    pub(crate) const fn of(head: &RequestHead<'r>, presented: &Presented<'_>) -> Self {
        Self { scheme: presented.scheme, certificate: head.certificate() }
    }
}

/// What a token is bound to. That the proof is of this key remains to be checked.
#[derive(Default)]
pub(crate) struct Told<'c> {
    pub(crate) jkt: Option<&'c str>,
    pub(crate) certificate: bool,
}

impl Rules {
    /// Whether a token that came like this can be bound to what it must be bound to. Nobody is asked about one that cannot: anybody could make the guard ask.
    pub(crate) fn check_sender(&self, sender: Sender<'_>) -> Result<(), Reason> {
        let (key, certificate) = (sender.scheme == TokenScheme::DPoP, sender.certificate.is_some());
        if self.binding.is_met(key, certificate) { Ok(()) } else { Err(Reason::UnboundToken) }
    }

    /// Checks what a token is bound to against how it came, but for the key of the proof. `known` is what another source has said of the same token, and had
    /// checked: what it is bound to there it need not be bound to here.
    pub(crate) fn check_binding<'c>(
        &self,
        sender: Sender<'_>,
        cnf: Option<Confirmation<'c>>,
        known: Option<&Principal>,
    ) -> Result<Told<'c>, Reason> {
        let mut told = Told::default();
        if let Some(cnf) = cnf {
            // RFC 7800, section 3.1: a token with a confirmation is for whoever can confirm it, so one that is not understood is for nobody here.
            if !cnf.is_understood() {
                return Err(Reason::BindingUnchecked);
            }
            // RFC 8705, section 3: "If this binding fails, .. with an HTTP 401 status code and the invalid_token error code."
            if let Some(expected) = cnf.x5t_s256() {
                if expected.is_empty() || sender.certificate != Some(expected) {
                    return Err(Reason::CertificateMismatch);
                }
                told.certificate = true;
            }
            if let Some(jkt) = cnf.jkt() {
                // RFC 9449, section 7.2: "such a protected resource MUST reject a DPoP-bound access token received as a bearer token".
                if sender.scheme != TokenScheme::DPoP {
                    return Err(Reason::DowngradedToken);
                }
                told.jkt = Some(jkt);
            }
        }
        let to_key = told.jkt.is_some() || known.is_some_and(Principal::is_bound_to_key);
        let to_certificate = told.certificate || known.is_some_and(Principal::is_bound_to_certificate);
        let fits = self.binding.is_met(to_key, to_certificate);
        // RFC 9449, section 7.1: under the scheme DPoP it is checked that the token is bound to the proof's key, so there must be one.
        if !fits || (sender.scheme == TokenScheme::DPoP && !to_key) {
            return Err(Reason::UnboundToken);
        }
        Ok(told)
    }
}
