//! [`IdTokenCheck`]: is this ID token the server's, and meant for this login? (OpenID Connect Core, sections 3.1.3.7 and 12.2)

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::json::Object;
use jwt_core::profile::{IdTokenClaims, IdTokenProfile};
use jwt_core::{Algorithm, JwkSet, KeyId, Moment, Secret, SignatureVerified, Verified};
use oauth_types::state::Nonce;
use oauth_types::{AccessToken, AuthReqId, AuthorizationCode, ClientId, Endpoint, IdToken, Issuer, RefreshToken};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Operation};
use crate::flow::{Flow, Input, Step};
use crate::signature::{Keys, SignatureBody, SignatureCheck, published};
use crate::stored::stored;

/// Checks one ID token: its signature with the server's keys, then its claims.
///
/// [`CodeExchange`](crate::CodeExchange) runs it for a login. After a refresh it is yours to run, if you want the new ID token at all:
/// a refresh never waits for keys, because the tokens that it rotated must not be lost to an outage of something else.
///
/// # Theory of operation
///
/// `Ready` looks for keys that fit the token's header among the known ones, and is `Asked` to have the signature checked with them. If none fits, or none holds,
/// the server's key set is fetched, once (`Fetching`). When the signature holds, the claims are read and checked, and the flow has `Ended`.
/// A token that no published key can verify (`none`, an algorithm that is not known) ends it before anything is fetched. An HMAC is taken where its algorithm is
/// [named](Self::algorithms) and the [client's secret](Self::client_secret) too; nothing is fetched for it.
///
/// Where no known key fits (where one does, `asked` comes at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> fetching: resume, poll
///     fetching --> asked: 200 (the keys)
///     fetching --> waiting: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     waiting --> fetching: poll
///     asked --> done: verified
///     asked --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
#[derive(Debug)]
pub struct IdTokenCheck {
    check: SignatureCheck,
    issuer: Issuer,
    client_id: ClientId,
    nonce: Option<Nonce>,
    max_age: Option<Duration>,
    acr_values: Vec<String>,
    subject: Option<String>,
    access_token: Option<AccessToken>,
    code: Option<AuthorizationCode>,
    /// What it came with, where it was pushed.
    pushed: Option<Pushed>,
}

/// What a pushed ID token comes with, besides the access token.
#[derive(Debug)]
struct Pushed {
    auth_req_id: AuthReqId,
    refresh_token: Option<RefreshToken>,
}

/// An ID token that was checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedIdToken {
    /// What it says.
    pub claims: Verified<IdTokenClaims>,
    /// The server's keys, if they had to be fetched: keep them for the next check.
    pub fetched_keys: Option<JwkSet>,
}

impl IdTokenCheck {
    /// The check of an ID token that `issuer` gave to `client_id`, with the keys at `jwks_uri`.
    #[must_use]
    pub fn new(issuer: &Issuer, client_id: &ClientId, token: IdToken, jwks_uri: Option<Endpoint>) -> Self {
        let keys = Keys { jwks_uri, ..Keys::default() };
        Self::with_keys(issuer, client_id, &token, keys)
    }

    pub(crate) fn with_keys(issuer: &Issuer, client_id: &ClientId, token: &IdToken, keys: Keys) -> Self {
        Self {
            check: SignatureCheck::new(Operation::IdToken, Secret::new(token.expose()), keys),
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            nonce: None,
            max_age: None,
            acr_values: Vec::new(),
            subject: None,
            access_token: None,
            code: None,
            pushed: None,
        }
    }

    /// Demands this nonce.
    #[must_use]
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Demands that the user logged in no longer ago than this, in whole seconds.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Demands that the user was authenticated in one of these ways (`acr`; OpenID Connect Core, section 2); none named demands nothing.
    #[must_use]
    pub fn acr_values<T: Into<String>>(mut self, acr_values: impl IntoIterator<Item = T>) -> Self {
        self.acr_values = acr_values.into_iter().map(Into::into).collect();
        self
    }

    /// Demands this subject: the one of the original login, for an ID token that came with a refresh (OpenID Connect Core, section 12.2).
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Compares `at_hash`, if the token has one, with the access token that came beside it (OpenID Connect Core, section 3.1.3.8).
    #[must_use]
    pub fn access_token(mut self, access_token: AccessToken) -> Self {
        self.access_token = Some(access_token);
        self
    }

    /// Compares `c_hash`, if the token has one, with the code that it belongs to (OpenID Connect Core, section 3.3.2.11).
    #[must_use]
    pub fn code(mut self, code: AuthorizationCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Demands the hashes of what was pushed with it, and the name of the request that it answers (CIBA Core 1.0, section 10.3.1).
    pub(crate) fn pushed(mut self, auth_req_id: AuthReqId, refresh_token: Option<RefreshToken>) -> Self {
        self.pushed = Some(Pushed { auth_req_id, refresh_token });
        self
    }

    /// Takes only a token that is signed with one of these algorithms: what the client was registered for (`id_token_signed_response_alg`).
    #[must_use]
    pub fn algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.check.keys_mut().restrict(algorithms);
        self
    }

    /// Names the client's secret, with which an HMAC is checked (OpenID Connect Core, section 10.1) where [`algorithms`](Self::algorithms) allows one. It is asked for
    /// by [`Question::VerifyMac`](jwt_core::Question::VerifyMac).
    #[must_use]
    pub fn client_secret(mut self, key: impl Into<KeyId>) -> Self {
        self.check.keys_mut().secret = Some(key.into());
        self
    }

    /// Takes a token that names the issuer without `https://`, too: see
    /// [`AuthorizationServer::schemeless_issuer`](oauth_types::metadata::AuthorizationServer::schemeless_issuer). The claims name it whole.
    #[must_use]
    pub const fn schemeless_issuer(mut self) -> Self {
        self.check.keys_mut().schemeless_issuer = true;
        self
    }

    /// Tries these keys of the server first.
    #[must_use]
    pub fn known_keys(mut self, keys: Option<JwkSet>) -> Self {
        self.check.keys_mut().known = keys.as_ref().map(published).map(Box::new);
        self
    }

    /// The issuer that the token must name. Where the server's is the template of many tenants' issuers, it is the one of the tenant that the token, whose
    /// signature holds, is of: its `tid` (Microsoft identity platform, "Validate the issuer").
    fn issuer(&self) -> Result<Issuer, Error> {
        // A brace stands in templates only.
        if !self.issuer.as_str().contains('{') {
            return Ok(self.issuer.clone());
        }
        let claims = self.check.token()?.dangerous_claims::<Object>();
        let tenant = claims.ok().and_then(|claims| self.issuer.for_tenant(claims.get_str("tid")?));
        // Without a tenant it is nobody's: no token names a template.
        Ok(tenant.unwrap_or_else(|| self.issuer.clone()))
    }

    fn profile(&self) -> Result<IdTokenProfile, Error> {
        let mut profile = IdTokenProfile::new(self.issuer()?.as_str(), self.client_id.as_str());
        if self.check.keys().schemeless_issuer {
            profile = profile.schemeless_issuer();
        }
        if let Some(nonce) = &self.nonce {
            profile = profile.nonce(nonce.expose());
        }
        if let Some(max_age) = self.max_age {
            profile = profile.max_age(max_age);
        }
        if !self.acr_values.is_empty() {
            profile = profile.acr_values(self.acr_values.iter().map(String::as_str));
        }
        if let Some(subject) = &self.subject {
            profile = profile.subject(subject.as_str());
        }
        if let Some(access_token) = &self.access_token {
            profile = profile.access_token(access_token.expose());
        }
        if let Some(code) = &self.code {
            profile = profile.code(code.expose());
        }
        if let Some(Pushed { auth_req_id, refresh_token }) = &self.pushed {
            profile = profile.pushed(auth_req_id.expose(), refresh_token.as_ref().map(RefreshToken::expose));
        }
        Ok(profile)
    }

    /// The one transition function.
    pub(crate) fn advance(&mut self, at: &Moment, input: Input) -> Result<Step<CheckedIdToken>, Error> {
        self.check.handle(at, input)?.then(|()| {
            let claims = self
                .profile()?
                .verified(self.check.token()?, SignatureVerified::assertion(), at.now())
                .map_err(|error| Error::InvalidResponse { operation: Operation::IdToken, reason: error.into() })?;
            Ok(Step::Done(CheckedIdToken { claims, fetched_keys: self.check.take_fetched() }))
        })
    }

    pub(crate) fn to_body(&self) -> CheckBody {
        CheckBody {
            check: self.check.to_body(),
            issuer: self.issuer.as_str().to_string(),
            client_id: self.client_id.as_str().to_string(),
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose().to_string()),
            max_age: self.max_age.map(|max_age| max_age.as_secs()),
            acr_values: self.acr_values.clone(),
            subject: self.subject.clone(),
            access_token: self.access_token.as_ref().map(|token| token.expose().to_string()),
            code: self.code.as_ref().map(|code| code.expose().to_string()),
            pushed: self.pushed.as_ref().map(|pushed| PushedBody {
                auth_req_id: pushed.auth_req_id.expose().to_string(),
                refresh_token: pushed.refresh_token.as_ref().map(|token| token.expose().to_string()),
            }),
        }
    }

    pub(crate) fn from_body(body: CheckBody) -> Option<Self> {
        Some(Self {
            check: SignatureCheck::from_body(Operation::IdToken, body.check)?,
            issuer: Issuer::new(body.issuer).ok()?,
            client_id: ClientId::new(body.client_id).ok()?,
            nonce: body.nonce.map(Nonce::new).transpose().ok()?,
            max_age: body.max_age.map(Duration::from_secs),
            acr_values: body.acr_values,
            subject: body.subject,
            access_token: body.access_token.map(AccessToken::new),
            code: body.code.map(AuthorizationCode::new),
            pushed: body.pushed.map(|pushed| Pushed {
                auth_req_id: AuthReqId::new(pushed.auth_req_id),
                refresh_token: pushed.refresh_token.map(RefreshToken::new),
            }),
        })
    }
}

impl Flow for IdTokenCheck {
    type Output = CheckedIdToken;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<CheckedIdToken>, Error> {
        self.advance(&at, input)
    }
}

stored! {
    /// It holds the ID token, the nonce and the access token in the clear: store it where only your program can read it.
    IdTokenCheck, "id_token_check", 1, CheckBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBody {
    check: SignatureBody,
    issuer: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acr_values: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed: Option<PushedBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PushedBody {
    auth_req_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}
