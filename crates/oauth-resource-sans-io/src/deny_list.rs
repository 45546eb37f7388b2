//! [`DenyList`]: tokens, sessions and users whose tokens are not taken any more although they have not expired.

use alloc::string::String;
use alloc::vec::Vec;

use jwt_core::profile::LogoutTokenClaims;
use jwt_core::{Timestamp, Verified};
use oauth_client_sans_io::stored;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bounded, Full, Mark, mark, seconds};
use crate::need::RevocationCheck;

/// What was revoked, each until it would have expired anyway: pure data, for one process or [stored](DenyList::to_stored) for several. A guard asks about it by
/// [`Need::Revocation`](crate::Need::Revocation) where it was [told to](crate::Guard::ask_revocation).
///
/// It never forgets a revocation before its time; when it is full it says so. It holds hashes, so nobody can be named out of it.
///
/// # Examples
///
/// A logout token of the authorization server (OpenID Connect Back-Channel Logout) ends the session's access tokens too:
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
/// # use jwt_core::profile::LogoutTokenProfile;
/// # use jwt_core::{Algorithm, Header, Limits, SigningKey, Unverified, sign, json::Object};
/// use oauth_resource_sans_io::DenyList;
///
/// # let key = SigningKey::hs256(&[7; 32])?;
/// # let text = br#"{"iss":"https://as.example","aud":"app","sid":"s-1","jti":"j-1","iat":1700000000,"exp":1700000120,
/// #     "events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#;
/// # let claims: Object = jwt_core::json::from_slice(text, &Default::default())?;
/// # let token = sign(&Header::new(Algorithm::HS256).with_typ("logout+jwt"), &claims, &key)?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// # let token = Unverified::parse(&token, &Limits::default())?;
/// let logout = LogoutTokenProfile::new("https://as.example", "app").verify(token, [&key.verifying_key()?], now)?;
///
/// let mut denied = DenyList::new(10_000);
/// let lifetime = Duration::from_secs(3600); // of the longest access tokens, and the guard's leeway
/// denied.log_out(&logout, now.saturating_add(lifetime), now)?;
/// // Check::Needs(Need::Revocation(check)) => check.decide(denied.revokes(&check, now))
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DenyList(Bounded<Option<u64>>);

impl DenyList {
    /// For this many revocations at a time, 100 000 at most.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Bounded::new(limit))
    }

    /// Revokes the token of this issuer with this `jti`, until it expires (and the guard's leeway).
    ///
    /// # Errors
    ///
    /// [`Full`] where there is no room: then it is **not** revoked.
    pub fn revoke_token(&mut self, issuer: &str, jti: &str, until: Timestamp, now: Timestamp) -> Result<(), Full> {
        self.insert(mark(&[TOKEN, issuer, jti]), until, None, now)
    }

    /// Revokes all tokens of this issuer with this `sid`, until the last of them expires.
    ///
    /// # Errors
    ///
    /// As [`DenyList::revoke_token`].
    pub fn revoke_session(&mut self, issuer: &str, sid: &str, until: Timestamp, now: Timestamp) -> Result<(), Full> {
        self.insert(mark(&[SESSION, issuer, sid]), until, None, now)
    }

    /// Revokes all tokens of this issuer with this `sub` that were issued at `issued_until` or before, and those that do not say when, until the last of them
    /// expires. Those of a later login are good.
    ///
    /// # Errors
    ///
    /// As [`DenyList::revoke_token`].
    pub fn revoke_subject(
        &mut self,
        issuer: &str,
        sub: &str,
        issued_until: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Full> {
        self.insert(mark(&[SUBJECT, issuer, sub]), until, Some(issued_until.as_unix()), now)
    }

    /// Does what a logout token says (Back-Channel Logout 1.0, section 2.7): revokes the session's tokens, or all of the user's that were issued before it where
    /// it names no session; until the last of them expires, which the caller knows.
    ///
    /// # Errors
    ///
    /// As [`DenyList::revoke_token`]. Section 2.8: then the answer is a 400
    /// ([`BackchannelLogoutResponse::refused_to_http`](oauth_types::logout::BackchannelLogoutResponse::refused_to_http)).
    pub fn log_out(
        &mut self,
        logout: &Verified<LogoutTokenClaims>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Full> {
        let claims = logout.claims();
        match (claims.session_id(), claims.subject()) {
            (Some(session), _) => self.revoke_session(claims.issuer(), session, until, now),
            (None, Some(subject)) => {
                self.revoke_subject(claims.issuer(), subject, logout.issued_at().unwrap_or(now), until, now)
            }
            // A logout token that was verified names one of them.
            (None, None) => Ok(()),
        }
    }

    /// Whether the token of this check is revoked: itself, its session, or its user.
    #[must_use]
    pub fn revokes(&self, check: &RevocationCheck, now: Timestamp) -> bool {
        let revoked = |kind, name: Option<&str>| {
            let found = self.0.get(&mark(&[kind, check.issuer(), name?]), now)?;
            Some(match (found.1, check.issued_at()) {
                (Some(issued_until), Some(issued_at)) => issued_at.as_unix() <= *issued_until,
                (Some(_), None) | (None, _) => true,
            })
        };
        [(TOKEN, check.token_id()), (SESSION, check.session_id()), (SUBJECT, check.subject())]
            .into_iter()
            .any(|(kind, name)| revoked(kind, name) == Some(true))
    }

    /// How many revocations it holds, some of which may have ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is revoked twice is revoked for the longer time, and with the later tokens.
    fn insert(&mut self, mark: Mark, until: Timestamp, issued: Option<u64>, now: Timestamp) -> Result<(), Full> {
        self.0.make_room(&mark, now)?;
        let (until, issued) = match self.0.get(&mark, now) {
            Some((before, earlier)) => (until.max(before), issued.max(*earlier)),
            None => (until, issued),
        };
        self.0.put(mark, until, issued);
        Ok(())
    }

    fn to_body(&self) -> Body {
        let entries = self.0.written().map(|(mark, until, issued)| (mark, seconds(until), *issued)).collect();
        Body { limit: self.0.limit(), entries }
    }

    fn from_body(body: Body) -> Option<Self> {
        let entries = body.entries.into_iter();
        let entries = entries.map(|(mark, until, issued)| (mark, Timestamp::from_unix(until), issued));
        Bounded::read(body.limit, entries).map(Self)
    }
}

stored! {
    /// It holds hashes of names, and times: a restart makes no revoked token good.
    DenyList, "deny_list", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    limit: usize,
    entries: Vec<(String, u64, Option<u64>)>,
}

/// What a name names: a `jti` is no `sid`.
const TOKEN: &str = "jti";
const SESSION: &str = "sid";
const SUBJECT: &str = "sub";
