//! [`Principal`]: who may do what, out of a token that was checked.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{self, JsonError, Object};
use jwt_core::profile::AccessTokenPayload;
use jwt_core::{Timestamp, Verified};
use oauth_types::{ActiveToken, AuthorizationDetails, DpopNonce, IntrospectionResponse, Issuer, Scope};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::guard::Trusted;
use crate::reason::Reason;

/// The caller of a request that is allowed.
///
/// `Debug` shows who issued the token and when, nothing of whom it names.
#[derive(Clone)]
pub struct Principal {
    source: Source,
    /// Where it is not the one that the source has. (In a box, like all that few have: a principal is handed on several times.)
    scope: Option<Box<Scope>>,
    nonce: Option<Box<DpopNonce>>,
    bound: Bound,
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
    Jwt(Verified<AccessTokenPayload>),
    Introspection(Box<Introspected>),
}

#[derive(Clone)]
struct Introspected {
    /// The server that was asked.
    issuer: Issuer,
    token: ActiveToken,
}

/// What both sources say in the same words.
macro_rules! said {
    ($self:ident, $payload:ident => $of_jwt:expr, $token:ident => $of_server:expr) => {{
        let said: Option<&str> = match &$self.source {
            Source::Jwt(token) => {
                let $payload = token.claims();
                $of_jwt
            }
            Source::Introspection(introspected) => {
                let $token = &introspected.token;
                $of_server
            }
        };
        // An empty name is none.
        said.filter(|said| !said.is_empty())
    }};
}

impl Principal {
    /// Out of a JWT, with what it has for a scope [besides](Principal::scope_besides) its text.
    #[inline]
    pub(crate) const fn of_jwt(token: Verified<AccessTokenPayload>, scope: Option<Box<Scope>>, bound: Bound) -> Self {
        Self { source: Source::Jwt(token), scope, nonce: None, bound }
    }

    /// Checks the scope of a JWT, and makes one where it does not stand in it as a text.
    #[inline]
    pub(crate) fn scope_besides(trusted: &Trusted, payload: &AccessTokenPayload) -> Result<Option<Box<Scope>>, Reason> {
        match payload.scope() {
            // Keycloak's, where nothing was granted.
            Some("") if trusted.also_untyped => Ok(None),
            // RFC 9068, section 2.2.3: the scope claim is RFC 8693's, a space-separated text.
            Some(text) => Scope::check(text).map(|()| None).map_err(|_| Reason::MalformedScope),
            None if trusted.also_untyped => listed_scope(payload).map(|scope| Some(Box::new(scope))),
            None => Ok(None),
        }
    }

    pub(crate) fn of_introspection(issuer: &Issuer, token: &ActiveToken) -> Self {
        let source = Source::Introspection(Box::new(Introspected { issuer: issuer.clone(), token: token.clone() }));
        Self { source, scope: None, nonce: None, bound: Bound::default() }
    }

    pub(crate) const fn with_bound(mut self, bound: Bound) -> Self {
        self.bound = bound;
        self
    }

    pub(crate) fn with_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.nonce = nonce.map(Box::new);
        self
    }

    /// What is left of the scope once the server has its say.
    pub(crate) fn narrowed_to(mut self, scope: &Scope) -> Self {
        let own = self.scope();
        self.scope = Some(Box::new(own.difference(&own.difference(scope))));
        self
    }

    /// The scope as it stands in the token: a scope, or empty where it has none.
    pub(crate) fn scope_text(&self) -> &str {
        match (&self.scope, &self.source) {
            (Some(scope), _) => scope.as_str(),
            (None, Source::Jwt(token)) => token.claims().scope().unwrap_or_default(),
            (None, Source::Introspection(introspected)) => introspected.token.scope().map_or("", Scope::as_str),
        }
    }

    /// Who is acting: the token's `sub`. Unique only together with the issuer. JWTs always have one; of introspected tokens the server need not say it.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        said!(self, payload => Some(payload.subject()), token => token.sub())
    }

    /// Who says so: the token's `iss`, or for introspected tokens the server that was asked.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match &self.source {
            // RFC 9068, section 4: the configured name "MUST exactly match the value of the "iss" claim", so this is that.
            Source::Jwt(token) => token.claims().issuer(),
            Source::Introspection(introspected) => introspected.issuer.as_str(),
        }
    }

    /// The client that acts for the subject: the token's `client_id`. JWTs always have one.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        said!(self, payload => Some(payload.client_id()), token => token.client_id())
    }

    /// The token's own name: its `jti`. JWTs always have one.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        said!(self, payload => Some(payload.id()), token => token.jti())
    }

    /// The session at the issuer that the token belongs to: its `sid`.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        said!(self, payload => payload.session_id(), token => token.extra().get_str("sid"))
    }

    /// How the user was authenticated: the token's `acr`.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        said!(self, payload => payload.acr(), token => token.acr())
    }

    /// When the user was authenticated: the token's `auth_time`.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        match &self.source {
            Source::Jwt(token) => token.claims().auth_time(),
            Source::Introspection(introspected) => introspected.token.auth_time(),
        }
    }

    /// The token's scope; empty where it has none. That of a JWT is made of its text at each call.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let scope = match (&self.scope, &self.source) {
            (Some(scope), _) => Some((**scope).clone()),
            // What is no scope is the empty text.
            (None, Source::Jwt(_)) => self.scope_text().parse().ok(),
            (None, Source::Introspection(introspected)) => introspected.token.scope().cloned(),
        };
        scope.unwrap_or_default()
    }

    /// When the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        match &self.source {
            Source::Jwt(token) => token.issued_at(),
            Source::Introspection(introspected) => introspected.token.iat(),
        }
    }

    /// When the token expires.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.source {
            Source::Jwt(token) => token.expires_at(),
            Source::Introspection(introspected) => introspected.token.exp(),
        }
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
            Source::Introspection(introspected) => {
                introspected.token.authorization_details().cloned().unwrap_or_default()
            }
        }
    }

    /// All claims of the token, or all that the server has said of it. Read anew at each call.
    #[must_use]
    pub fn claims(&self) -> Object {
        match &self.source {
            Source::Jwt(token) => token.claims().claims(),
            Source::Introspection(introspected) => IntrospectionResponse::new(introspected.token.clone()).to_claims(),
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
        match &self.source {
            Source::Jwt(token) => token.claims().claims_as(),
            Source::Introspection(introspected) => {
                let response = IntrospectionResponse::new(introspected.token.clone()).to_http();
                json::object_from_slice(response.body(), &json::Limits::default())
            }
        }
    }

    /// A newer nonce for the client's next proofs (RFC 9449, section 8.2), where the guard gives any out and this proof had an older one: to be put into the answer
    /// with [`DpopNonce::add_to`], or as a field `DPoP-Nonce`.
    #[must_use]
    pub fn next_nonce(&self) -> Option<&DpopNonce> {
        self.nonce.as_deref()
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("issuer", &self.issuer())
            .field("scope", &self.scope())
            .field("issued_at", &self.issued_at())
            .field("expires_at", &self.expires_at())
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}

/// A scope as a list of texts: `scope` of Duende IdentityServer and Spring Authorization Server, `scp` of Okta and Ory Hydra.
fn listed_scope(payload: &AccessTokenPayload) -> Result<Scope, Reason> {
    #[derive(Deserialize)]
    struct Listed {
        scope: Option<Vec<String>>,
        scp: Option<Vec<String>>,
    }

    let Listed { scope, scp } = payload.claims_as().map_err(|_| Reason::MalformedScope)?;
    // What has a space in it is refused: nobody granted two tokens by it.
    Scope::from_tokens(scope.or(scp).unwrap_or_default()).map_err(|_| Reason::MalformedScope)
}
