//! JWT access tokens (RFC 9068), as a protected API reads them.

use alloc::string::String;
use core::time::Duration;

use super::{DEFAULT_LEEWAY, Failures, entry_points, text_if_there};
use crate::json::Object;
use crate::policy::{Audience, Claim, Expiry, Issuer, Typ};
use crate::{Algorithm, Policy, Timestamp};

/// What an access token must be: `at+jwt`, of this issuer, for this API, not expired, with the claims of RFC 9068, section 2.2.
///
/// # Examples
///
/// ```
/// use jwt_core::profile::AccessTokenProfile;
/// use jwt_core::{Algorithm, Header, Limits, RegisteredClaims, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let claims = RegisteredClaims::new().with_issuer("https://as.example").with_subject("alice"); // and nothing else
/// let token = sign(&Header::new(Algorithm::HS256).with_typ("at+jwt"), &claims, &key)?;
///
/// let profile = AccessTokenProfile::new("https://as.example", "https://api.example");
/// let token = Unverified::parse(&token, &Limits::default())?;
/// let error = profile.verify(token, [&key.verifying_key()?], now).unwrap_err();
/// assert_eq!(error.code(), "audience_missing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessTokenProfile {
    policy: Policy,
}

impl AccessTokenProfile {
    /// Access tokens of this issuer for this API, both compared byte by byte.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let (issuer, audience) = (Issuer::exactly(issuer), Audience::contains(audience));
        // RFC 9068, section 2.2: "iss REQUIRED .. exp REQUIRED .. aud REQUIRED .. sub REQUIRED .. client_id REQUIRED .. iat REQUIRED .. jti REQUIRED"
        let policy = Policy::new(issuer, audience, Typ::AccessToken, Expiry::Required)
            .leeway(DEFAULT_LEEWAY)
            .require("sub")
            .require("client_id")
            .require("iat")
            .require("jti");
        Self { policy }
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.policy = self.policy.leeway(leeway);
        self
    }

    #[expect(clippy::unused_self, reason = "as the other profiles")]
    fn check(&self, claims: &Object, _: Algorithm, _: Timestamp, found: &mut Failures<'_>) {
        // That it is there, the policy says.
        found.add(Claim::ClientId, text_if_there(claims, "client_id", |_| true));
    }
}

entry_points!(AccessTokenProfile, AccessTokenClaims);

/// The claims of a checked access token (RFC 9068, section 2.2).
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::AccessTokenProfile;
/// use jwt_core::{Algorithm, Header, Limits, SigningKey, Timestamp, Unverified, sign};
///
/// let key = SigningKey::hs256(&[7; 32])?;
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut claims: Object = [
///     ("iss", "https://as.example"),
///     ("aud", "https://api.example"),
///     ("sub", "alice"),
///     ("client_id", "app"),
///     ("jti", "j-1"),
///     ("scope", "read write"),
/// ]
/// .into_iter()
/// .collect();
/// claims.insert("iat", now.as_unix());
/// claims.insert("exp", now.as_unix() + 300);
/// let token = sign(&Header::new(Algorithm::HS256).with_typ("at+jwt"), &claims, &key)?;
///
/// let profile = AccessTokenProfile::new("https://as.example", "https://api.example");
/// let verified = profile.verify(Unverified::parse(&token, &Limits::default())?, [&key.verifying_key()?], now)?;
/// let claims = verified.claims();
/// assert_eq!((claims.subject(), claims.client_id(), claims.scope()), ("alice", "app", Some("read write")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessTokenClaims(Object);

impl AccessTokenClaims {
    /// `iss`: who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.get_str("iss").unwrap_or_default()
    }

    /// `sub`: for whom the client acts, or the client itself. Unique only together with the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.0.get_str("sub").unwrap_or_default()
    }

    /// `client_id`: the client that got it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.0.get_str("client_id").unwrap_or_default()
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.get_str("jti").unwrap_or_default()
    }

    /// `scope`, space-separated (RFC 8693, section 4.2). `None` where it is absent, or not a string.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.0.get_str("scope")
    }
}
