//! What the server remembers of codes and refresh tokens, and when it stops honouring them.
//!
//! Tokens are kept as their SHA-256, as a careful server keeps them. Every code and refresh token belongs to one family, that of the login (or of the
//! client's own grant) it came from: what is used a second time was stolen from somebody, so the whole family dies (RFC 6749, section 4.1.2; RFC 9700, section 4.14.2).

use std::collections::BTreeMap;
use std::time::Duration;

use jwt_core::Timestamp;
use jwt_core::digest::sha256;
use jwt_core::json::Object;
use oauth_types::{ClientId, CodeChallenge, CodeVerifier, ErrorCode, RedirectUri, Resource, Scope};

/// RFC 6749, section 4.1.2: "a maximum authorization code lifetime of 10 minutes is RECOMMENDED"; one is plenty for a redirect.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// All families and what was given out in their name.
#[derive(Debug, Default)]
pub(super) struct Grants {
    families: Vec<Family>,
    codes: BTreeMap<[u8; 32], Code>,
    refresh_tokens: BTreeMap<[u8; 32], RefreshToken>,
    access_tokens: BTreeMap<[u8; 32], FamilyId>,
}

/// The number of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FamilyId(usize);

/// Everything that one consent gave.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) client: ClientId,
    pub(super) subject: String,
    pub(super) scope: Scope,
    pub(super) resources: Vec<Resource>,
    pub(super) nonce: Option<String>,
    /// When the user logged in; `None` where the client acts for itself.
    pub(super) auth_time: Option<Timestamp>,
    /// In which way the user logged in, where one was asked for.
    pub(super) acr: Option<String>,
    /// Who acts for the subject, and for whom that one acts (RFC 8693, section 4.1).
    pub(super) act: Option<Object>,
    pub(super) revoked: bool,
}

impl Family {
    /// This subject's, for this client, with this scope, and nothing else.
    pub(super) fn new(client: &ClientId, subject: impl Into<String>, scope: Scope) -> Self {
        Self {
            client: client.clone(),
            subject: subject.into(),
            scope,
            resources: Vec::new(),
            nonce: None,
            auth_time: None,
            acr: None,
            act: None,
            revoked: false,
        }
    }
}

/// What a code was given for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    family: FamilyId,
    redirect_uri: RedirectUri,
    challenge: CodeChallenge,
    /// The thumbprint of the key to which it is bound (RFC 9449, section 10).
    jkt: Option<String>,
    expires_at: Timestamp,
    used: bool,
}

#[derive(Clone, Debug)]
struct RefreshToken {
    family: FamilyId,
    used: bool,
}

impl Grants {
    pub(super) fn begin(&mut self, family: Family) -> FamilyId {
        self.families.push(family);
        FamilyId(self.families.len().saturating_sub(1))
    }

    pub(super) fn family(&self, id: FamilyId) -> Option<&Family> {
        self.families.get(id.0)
    }

    pub(super) fn give_code(
        &mut self,
        code: &str,
        family: FamilyId,
        redirect_uri: RedirectUri,
        challenge: CodeChallenge,
        jkt: Option<String>,
        now: Timestamp,
    ) {
        let expires_at = now.saturating_add(CODE_LIFETIME);
        self.codes.insert(key(code), Code { family, redirect_uri, challenge, jkt, expires_at, used: false });
    }

    pub(super) fn give_refresh_token(&mut self, token: &str, family: FamilyId) {
        self.refresh_tokens.insert(key(token), RefreshToken { family, used: false });
    }

    pub(super) fn give_access_token(&mut self, token: &str, family: FamilyId) {
        self.access_tokens.insert(key(token), family);
    }

    /// Redeems a code, once (RFC 6749, section 4.1.3; RFC 7636, section 4.6).
    pub(super) fn redeem(
        &mut self,
        code: &str,
        client: &ClientId,
        redirect_uri: Option<&RedirectUri>,
        verifier: Option<&CodeVerifier>,
        jkt: Option<&str>,
        now: Timestamp,
    ) -> Result<FamilyId, ErrorCode> {
        let record = self.codes.get_mut(&key(code)).ok_or(ErrorCode::InvalidGrant)?;
        let family = self.families.get_mut(record.family.0).ok_or(ErrorCode::ServerError)?;
        if family.client.as_str() != client.as_str() {
            return Err(ErrorCode::InvalidGrant);
        }
        if record.used {
            // RFC 6749, section 4.1.2: "If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD
            // revoke (when possible) all tokens previously issued based on that authorization code."
            family.revoked = true;
            return Err(ErrorCode::InvalidGrant);
        }
        if record.expires_at <= now {
            return Err(ErrorCode::InvalidGrant);
        }
        // OAuth 2.0 demands the parameter because the authorization request had it; OAuth 2.1 drops it. What is sent must be right.
        if redirect_uri.is_some_and(|found| found.as_str() != record.redirect_uri.as_str()) {
            return Err(ErrorCode::InvalidGrant);
        }
        // RFC 7636, section 4.6; a missing verifier is a wrong one, since every code was given with a challenge.
        if !verifier.is_some_and(|verifier| record.challenge.is_of(verifier)) {
            return Err(ErrorCode::InvalidGrant);
        }
        // RFC 9449, section 10: "the authorization server MUST verify that the proof-of-possession key matches the dpop_jkt".
        if record.jkt.is_some() && record.jkt.as_deref() != jkt {
            return Err(ErrorCode::InvalidGrant);
        }
        record.used = true;
        Ok(record.family)
    }

    /// Uses a refresh token, once; the caller gives the next one of the family.
    pub(super) fn rotate(&mut self, token: &str, client: &ClientId) -> Result<FamilyId, ErrorCode> {
        let record = self.refresh_tokens.get_mut(&key(token)).ok_or(ErrorCode::InvalidGrant)?;
        let family = self.families.get_mut(record.family.0).ok_or(ErrorCode::ServerError)?;
        if family.client.as_str() != client.as_str() || family.revoked {
            return Err(ErrorCode::InvalidGrant);
        }
        if record.used {
            // RFC 9700, section 4.14.2: the old one was presented, so either the legitimate client or an attacker holds a stolen one.
            family.revoked = true;
            return Err(ErrorCode::InvalidGrant);
        }
        record.used = true;
        Ok(record.family)
    }

    /// The family of a refresh token that could be used now.
    pub(super) fn peek(&self, token: &str, client: &ClientId) -> Result<FamilyId, ErrorCode> {
        let record =
            self.refresh_tokens.get(&key(token)).filter(|record| !record.used).ok_or(ErrorCode::InvalidGrant)?;
        let family = self.families.get(record.family.0).ok_or(ErrorCode::ServerError)?;
        let good = !family.revoked && family.client.as_str() == client.as_str();
        good.then_some(record.family).ok_or(ErrorCode::InvalidGrant)
    }

    /// Revokes what a token of this client belongs to; an unknown token is nothing to do (RFC 7009, section 2.2).
    pub(super) fn revoke(&mut self, token: &str, client: &ClientId) {
        let key = key(token);
        let id =
            self.refresh_tokens.get(&key).map(|record| record.family).or_else(|| self.access_tokens.get(&key).copied());
        let family = id.and_then(|id| self.families.get_mut(id.0));
        if let Some(family) = family.filter(|family| family.client.as_str() == client.as_str()) {
            family.revoked = true;
        }
    }

    /// Revokes all that was given to this client.
    pub(super) fn log_out(&mut self, client: &ClientId) {
        for family in self.families.iter_mut().filter(|family| family.client.as_str() == client.as_str()) {
            family.revoked = true;
        }
    }

    /// Whether an access token was given out here and its family still lives.
    pub(super) fn is_active(&self, access_token: &str) -> bool {
        let id = self.access_tokens.get(&key(access_token));
        id.and_then(|id| self.families.get(id.0)).is_some_and(|family| !family.revoked)
    }
}

fn key(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}
