//! [`Principal`]: who may do what, out of a token that was checked.

use jwt_core::profile::AccessTokenClaims;
use jwt_core::{Timestamp, Verified};
use oauth_types::Scope;

/// The caller of a request that is allowed.
#[derive(Debug)]
pub struct Principal {
    token: Verified<AccessTokenClaims>,
    scope: Scope,
}

impl Principal {
    pub(crate) const fn new(token: Verified<AccessTokenClaims>, scope: Scope) -> Self {
        Self { token, scope }
    }

    /// Who is acting: the token's `sub`. Unique only together with the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.token.claims().subject()
    }

    /// Who says so: the token's `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.token.claims().issuer()
    }

    /// The client that acts for the subject: the token's `client_id`.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.token.claims().client_id()
    }

    /// The token's scope; empty where it has none.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// When the token expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.token.expires_at()
    }

    /// All claims of the token.
    #[must_use]
    pub fn claims(&self) -> &AccessTokenClaims {
        self.token.claims()
    }
}
