//! What the server knows of its clients.

use jwt_core::VerifyingKey;
use oauth_types::client_auth::PresentedClient;
use oauth_types::{
    ClientAuthMethod, ClientId, ClientSecret, Endpoint, ErrorCode, Issuer, RedirectUri, Resource, Scope,
};

/// A registered client: one identifier, one way to authenticate, its redirect URIs and the most it may ask for.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    id: ClientId,
    method: ClientAuthMethod,
    secret: Option<ClientSecret>,
    keys: Vec<VerifyingKey>,
    signs_requests: bool,
    redirect_uris: Vec<RedirectUri>,
    scope: Scope,
    delivery: Option<Delivery>,
    serves: Vec<Resource>,
    elsewhere: Vec<Elsewhere>,
}

/// How a client learns of the outcome of a login without a browser (CIBA Core 1.0, section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It asks.
    Poll,
    /// It is told, at this endpoint, when to ask.
    Ping(Endpoint),
    /// It gets its tokens at this endpoint.
    Push(Endpoint),
}

/// The same client as another server knows it (draft-ietf-oauth-identity-assertion-authz-grant).
#[derive(Clone, Debug)]
pub(super) struct Elsewhere {
    pub(super) issuer: Issuer,
    pub(super) client_id: ClientId,
    /// The most it may be vouched for there.
    pub(super) scope: Scope,
}

impl RegisteredClient {
    /// A client without a secret.
    #[must_use]
    pub const fn public(id: ClientId) -> Self {
        Self::new(id, ClientAuthMethod::None, None)
    }

    /// A client that shows its secret by this method, and by no other.
    #[must_use]
    pub const fn confidential(id: ClientId, method: ClientAuthMethod, secret: ClientSecret) -> Self {
        Self::new(id, method, Some(secret))
    }

    /// A client that signs its assertions with this key (RFC 7523), and whatever else it signs.
    #[must_use]
    pub fn with_key(id: ClientId, key: VerifyingKey) -> Self {
        Self { keys: vec![key], ..Self::new(id, ClientAuthMethod::PrivateKeyJwt, None) }
    }

    const fn new(id: ClientId, method: ClientAuthMethod, secret: Option<ClientSecret>) -> Self {
        Self {
            id,
            method,
            secret,
            keys: Vec::new(),
            signs_requests: false,
            redirect_uris: Vec::new(),
            scope: Scope::empty(),
            delivery: None,
            serves: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Takes only signed requests of it (`require_signed_request_object`; RFC 9101, section 10.5).
    #[must_use]
    pub const fn signed_requests(mut self) -> Self {
        self.signs_requests = true;
        self
    }

    /// Lets it be redirected there: exactly, but for the port of a loopback address (RFC 8252, section 7.3).
    #[must_use]
    pub fn redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.redirect_uris.push(uri);
        self
    }

    /// Lets it ask for this scope.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Lets it ask for logins without a browser, whose outcome comes in this way (CIBA Core 1.0, section 4).
    #[must_use]
    pub fn backchannel(mut self, delivery: Delivery) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Lets it exchange the tokens that others bring to this resource, which it is (RFC 8693).
    #[must_use]
    pub fn serves(mut self, resource: Resource) -> Self {
        self.serves.push(resource);
        self
    }

    /// Vouches for its users at another server, which knows the client by another name, for no more than this scope
    /// (draft-ietf-oauth-identity-assertion-authz-grant).
    #[must_use]
    pub fn known_at(mut self, issuer: Issuer, client_id: ClientId, scope: Scope) -> Self {
        self.elsewhere.push(Elsewhere { issuer, client_id, scope });
        self
    }

    pub(super) const fn id(&self) -> &ClientId {
        &self.id
    }

    pub(super) const fn allowed_scope(&self) -> &Scope {
        &self.scope
    }

    /// The scope that was asked for, if it may have it; all that it may have if it asked for none (RFC 6749, section 3.3).
    pub(super) fn granted_scope(&self, asked: Option<&Scope>) -> Result<Scope, ErrorCode> {
        match asked {
            None => Ok(self.scope.clone()),
            Some(scope) if scope.is_subset_of(&self.scope) => Ok(scope.clone()),
            Some(_) => Err(ErrorCode::InvalidScope),
        }
    }

    pub(super) const fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_ref()
    }

    pub(super) fn is_served_by_it(&self, audience: &str) -> bool {
        self.serves.iter().any(|resource| resource.as_str() == audience)
    }

    /// How the server with this issuer identifier knows it.
    pub(super) fn elsewhere(&self, issuer: &str) -> Option<&Elsewhere> {
        self.elsewhere.iter().find(|elsewhere| elsewhere.issuer.as_str() == issuer)
    }

    pub(super) const fn is_confidential(&self) -> bool {
        !matches!(self.method, ClientAuthMethod::None)
    }

    pub(super) fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    pub(super) const fn signs_requests(&self) -> bool {
        self.signs_requests
    }

    pub(super) fn may_redirect_to(&self, uri: &RedirectUri) -> bool {
        self.redirect_uris.iter().any(|known| uri.is_registered_as(known))
    }

    /// Whether the request shows what was registered, and nothing else (RFC 6749, section 2.3). An assertion is still to be verified.
    pub(super) fn authenticates(&self, presented: &PresentedClient) -> bool {
        presented.method() == self.method && self.secret.as_ref().is_none_or(|secret| presented.has_secret(secret))
    }
}
