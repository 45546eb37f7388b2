//! JWT access tokens (RFC 9068), as a protected API reads them.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::DEFAULT_LEEWAY;
use crate::json::Object;
use crate::policy::{Audience, Claim, Expiry, Failure, Issuer, Reason, Rejection, Typ};
use crate::{Error, Policy, SignatureVerified, Timestamp, Unverified, Verified, VerifyingKey};

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

    /// Checks signature and claims with these keys, which must be the issuer's.
    ///
    /// # Errors
    ///
    /// As [`verify`](crate::verify()).
    pub fn verify<'k>(
        &self,
        token: Unverified<'_>,
        keys: impl IntoIterator<Item = &'k VerifyingKey>,
        now: Timestamp,
    ) -> Result<Verified<AccessTokenClaims>, Error> {
        let proof = token.check_signature(keys)?;
        self.verified(token, proof, now)
    }

    /// Checks the claims of a token whose signature was checked elsewhere.
    ///
    /// # Errors
    ///
    /// As [`verify`](crate::verify()) from the claims on.
    pub fn verified(
        &self,
        token: Unverified<'_>,
        proof: SignatureVerified,
        now: Timestamp,
    ) -> Result<Verified<AccessTokenClaims>, Error> {
        let token = token.verified::<Object>(proof, &self.policy, now, &mut Vec::new())?;
        let mut failures = Vec::new();
        if token.claims().get_str("client_id").is_none() {
            failures.push(Failure::new(Claim::ClientId, Reason::WrongType));
        }
        Rejection::of(failures).map_or(Ok(()), Err)?;
        Ok(token.map(AccessTokenClaims))
    }
}

/// The claims of a checked access token (RFC 9068, section 2.2).
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

    /// All claims.
    #[must_use]
    pub const fn all(&self) -> &Object {
        &self.0
    }
}
