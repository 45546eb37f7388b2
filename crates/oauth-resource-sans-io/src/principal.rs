//! [`Principal`]: who may do what, out of a token that was checked.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{self, JsonError, Object};
use jwt_core::profile::AccessTokenView;
use jwt_core::{Timestamp, Verified};
use oauth_types::{ActiveToken, AuthorizationDetails, DpopNonce, IntrospectionResponse, Issuer, Scope};
use serde::de::DeserializeOwned;

use crate::reason::Reason;

/// The caller of a request that is allowed.
///
/// `Debug` shows who issued the token and when, nothing of whom it names.
#[derive(Clone)]
pub struct Principal {
    issuer: Issuer,
    names: Names,
    scope: Scope,
    authenticated_at: Option<Timestamp>,
    issued_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    bound: Bound,
    source: Source,
    nonce: Option<DpopNonce>,
}

/// What the token was bound to, and checked against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) to_key: bool,
    pub(crate) to_certificate: bool,
}

/// Where all claims are.
#[derive(Clone)]
enum Source {
    /// The payload of the JWT: strict JSON, read once already.
    Jwt(Vec<u8>),
    Introspection(Box<ActiveToken>),
}

impl Principal {
    /// Out of a JWT. Its payload, in which the view lies, follows by [`Principal::with_payload`].
    pub(crate) fn of_jwt(issuer: &Issuer, token: &Verified<AccessTokenView<'_>>) -> Result<Self, Reason> {
        let view = token.claims();
        // RFC 9068, section 2.2.3: the scope claim is RFC 8693's, a space-separated text.
        let scope = match view.scope() {
            Some(scope) => scope.parse().map_err(|_| Reason::MalformedScope)?,
            None => Scope::empty(),
        };
        Ok(Self {
            issuer: issuer.clone(),
            names: Names::new([
                view.subject(),
                view.client_id(),
                view.id(),
                view.session_id().unwrap_or_default(),
                view.acr().unwrap_or_default(),
            ]),
            scope,
            authenticated_at: view.auth_time(),
            issued_at: token.issued_at(),
            expires_at: token.expires_at(),
            bound: Bound::default(),
            source: Source::Jwt(Vec::new()),
            nonce: None,
        })
    }

    pub(crate) fn with_payload(mut self, payload: Vec<u8>) -> Self {
        self.source = Source::Jwt(payload);
        self
    }

    pub(crate) fn of_introspection(issuer: &Issuer, token: &ActiveToken) -> Self {
        Self {
            issuer: issuer.clone(),
            names: Names::new([
                token.sub().unwrap_or_default(),
                token.client_id().unwrap_or_default(),
                token.jti().unwrap_or_default(),
                token.extra().get_str("sid").unwrap_or_default(),
                token.acr().unwrap_or_default(),
            ]),
            scope: token.scope().cloned().unwrap_or_default(),
            authenticated_at: token.auth_time(),
            issued_at: token.iat(),
            expires_at: token.exp(),
            bound: Bound::default(),
            source: Source::Introspection(Box::new(token.clone())),
            nonce: None,
        }
    }

    pub(crate) const fn with_bound(mut self, bound: Bound) -> Self {
        self.bound = bound;
        self
    }

    pub(crate) fn with_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.nonce = nonce;
        self
    }

    /// What is left of the scope once the server has its say.
    pub(crate) fn narrowed_to(mut self, scope: &Scope) -> Self {
        let lost = self.scope.difference(scope);
        self.scope = self.scope.difference(&lost);
        self
    }

    /// Who is acting: the token's `sub`. Unique only together with the issuer. JWTs always have one; of introspected tokens the server need not say it.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.names.get(SUBJECT)
    }

    /// Who says so: the token's `iss`, or for introspected tokens the server that was asked.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The client that acts for the subject: the token's `client_id`. JWTs always have one.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.names.get(CLIENT_ID)
    }

    /// The token's own name: its `jti`. JWTs always have one.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.names.get(TOKEN_ID)
    }

    /// The session at the issuer that the token belongs to: its `sid`.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.names.get(SESSION_ID)
    }

    /// How the user was authenticated: the token's `acr`.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.names.get(ACR)
    }

    /// When the user was authenticated: the token's `auth_time`.
    #[must_use]
    pub const fn authenticated_at(&self) -> Option<Timestamp> {
        self.authenticated_at
    }

    /// The token's scope; empty where it has none.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// When the token was issued.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// When the token expires.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Whether the token is bound to the DPoP key that has signed this request's proof (RFC 9449).
    #[must_use]
    pub const fn is_bound_to_key(&self) -> bool {
        self.bound.to_key
    }

    /// Whether the token is bound to the certificate of this request's connection (RFC 8705).
    #[must_use]
    pub const fn is_bound_to_certificate(&self) -> bool {
        self.bound.to_certificate
    }

    /// What was authorized in detail (RFC 9396); nothing where the token has none, or none that can be read.
    #[must_use]
    pub fn authorization_details(&self) -> AuthorizationDetails {
        match &self.source {
            Source::Jwt(_) => self
                .claims()
                .get("authorization_details")
                .and_then(|details| AuthorizationDetails::from_value(details.clone()).ok())
                .unwrap_or_default(),
            Source::Introspection(token) => token.authorization_details().cloned().unwrap_or_default(),
        }
    }

    /// All claims of the token, or all that the server has said of it. Read anew at each call.
    #[must_use]
    pub fn claims(&self) -> Object {
        match &self.source {
            // It was read before, within stricter limits: those of a token.
            Source::Jwt(payload) => json::object_from_slice(payload, &json::Limits::default()).unwrap_or_default(),
            Source::Introspection(token) => IntrospectionResponse::new((**token).clone()).to_claims(),
        }
    }

    /// All claims, read into a type of the caller's own.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where they are not what `T` is made of.
    ///
    /// # Examples
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Roles {
    ///     #[serde(default)]
    ///     roles: Vec<String>,
    /// }
    ///
    /// fn is_admin(principal: &oauth_resource_sans_io::Principal) -> bool {
    ///     principal.claims_as::<Roles>().is_ok_and(|claims| claims.roles.iter().any(|role| role == "admin"))
    /// }
    /// ```
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        let limits = json::Limits::default();
        match &self.source {
            Source::Jwt(payload) => json::object_from_slice(payload, &limits),
            Source::Introspection(token) => {
                json::object_from_slice(IntrospectionResponse::new((**token).clone()).to_http().body(), &limits)
            }
        }
    }

    /// A newer nonce for the client's next proofs (RFC 9449, section 8.2), where the guard gives any out and this proof had an older one: to be put into the answer
    /// with [`DpopNonce::add_to`], or as a field `DPoP-Nonce`.
    #[must_use]
    pub const fn next_nonce(&self) -> Option<&DpopNonce> {
        self.nonce.as_ref()
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("issuer", &self.issuer)
            .field("scope", &self.scope)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}

/// A few texts in one allocation; an empty one is none.
#[derive(Clone)]
struct Names {
    text: String,
    ends: [usize; COUNT],
}

impl Names {
    fn new(names: [&str; COUNT]) -> Self {
        let mut text = String::with_capacity(names.iter().map(|name| name.len()).sum());
        let ends = names.map(|name| {
            text.push_str(name);
            text.len()
        });
        Self { text, ends }
    }

    fn get(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(index)?).filter(|name| !name.is_empty())
    }
}

const SUBJECT: usize = 0;
const CLIENT_ID: usize = 1;
const TOKEN_ID: usize = 2;
const SESSION_ID: usize = 3;
const ACR: usize = 4;
const COUNT: usize = 5;
