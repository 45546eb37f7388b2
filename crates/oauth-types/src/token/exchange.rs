//! [`TokenExchange`]: one token for another (RFC 8693).

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error_response::Shown;
use crate::identifiers::Issuer;
use crate::request::{Own, Parameters, RequestError};
use crate::secret::{IdToken, SecurityToken};

/// What a token is exchanged by (RFC 8693, section 2.1). Scope and resources are said in the [`TokenRequest`](super::TokenRequest).
///
/// ```
/// use oauth_types::token::{TokenExchange, TokenTypeIdentifier};
/// use oauth_types::{ClientAuth, ClientId, ClientSecret, Endpoint, Resource, SecurityToken, TokenRequest};
///
/// // RFC 8693, section 2.3
/// let subject = SecurityToken::new("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC");
/// let request = TokenRequest::token_exchange(TokenExchange::new(subject, TokenTypeIdentifier::AccessToken))
///     .with_resource(Resource::new("https://backend.example.com/api")?);
/// let auth = ClientAuth::Basic(ClientSecret::new("long-secure-random-secret"));
/// let http = request.to_http(&Endpoint::new("https://as.example.com/as/token.oauth2")?, &ClientId::new("rs08")?, &auth)?;
/// assert_eq!(
///     http.body(),
///     b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
///       &subject_token=accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC\
///       &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
///       &resource=https%3A%2F%2Fbackend.example.com%2Fapi",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows no token.
#[derive(Clone, Debug)]
pub struct TokenExchange(Box<Inner>);

// Boxed, so that a grant stays small.
#[derive(Clone, Debug)]
struct Inner {
    subject: (SecurityToken, TokenTypeIdentifier),
    actor: Option<(SecurityToken, TokenTypeIdentifier)>,
    audiences: Vec<String>,
    requested: Option<TokenTypeIdentifier>,
}

impl TokenExchange {
    /// Exchanges this token, which is of this type: whom the new one is about.
    #[must_use]
    pub fn new(subject_token: SecurityToken, subject_token_type: TokenTypeIdentifier) -> Self {
        let subject = (subject_token, subject_token_type);
        Self(Box::new(Inner { subject, actor: None, audiences: Vec::new(), requested: None }))
    }

    /// Asks the identity provider that gave this ID token for an assertion that its subject is known to it, for another server with this issuer
    /// identifier (draft-ietf-oauth-identity-assertion-authz-grant): the first of the two legs. The second is
    /// [`TokenRequest::jwt_bearer`](super::TokenRequest::jwt_bearer), at that server.
    #[must_use]
    pub fn id_jag(id_token: &IdToken, audience: &Issuer) -> Self {
        Self::new(SecurityToken::new(id_token.expose()), TokenTypeIdentifier::IdToken)
            .with_requested_token_type(TokenTypeIdentifier::IdJag)
            .with_audience(audience.as_str())
    }

    /// Says who acts for the subject: this token, which is of this type.
    #[must_use]
    pub fn with_actor(mut self, actor_token: SecurityToken, actor_token_type: TokenTypeIdentifier) -> Self {
        self.0.actor = Some((actor_token, actor_token_type));
        self
    }

    /// Names a service at which the new token shall be used, by the name that the server knows it by. May be called several times.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.0.audiences.push(audience.into());
        self
    }

    /// Asks for a token of this type.
    #[must_use]
    pub fn with_requested_token_type(mut self, token_type: TokenTypeIdentifier) -> Self {
        self.0.requested = Some(token_type);
        self
    }

    /// Whom the new token is to be about.
    #[must_use]
    pub const fn subject_token(&self) -> &SecurityToken {
        &self.0.subject.0
    }

    /// What [`TokenExchange::subject_token`] is.
    #[must_use]
    pub const fn subject_token_type(&self) -> &TokenTypeIdentifier {
        &self.0.subject.1
    }

    /// Who acts, and what its token is.
    #[must_use]
    pub fn actor(&self) -> Option<(&SecurityToken, &TokenTypeIdentifier)> {
        self.0.actor.as_ref().map(|(token, token_type)| (token, token_type))
    }

    /// The services that are named.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.0.audiences.iter().map(String::as_str)
    }

    /// What is asked for; `None` leaves it to the server.
    #[must_use]
    pub const fn requested_token_type(&self) -> Option<&TokenTypeIdentifier> {
        self.0.requested.as_ref()
    }

    pub(super) fn write<'g>(&'g self, own: &mut Own<'g>) {
        let Inner { subject: (token, token_type), actor, audiences, requested } = &*self.0;
        own.extend([("subject_token", token.expose()), ("subject_token_type", token_type.as_str())]);
        if let Some((token, token_type)) = actor {
            own.extend([("actor_token", token.expose()), ("actor_token_type", token_type.as_str())]);
        }
        own.extend(requested.iter().map(|token_type| ("requested_token_type", token_type.as_str())));
        // A parameter without a value is none.
        let audiences = audiences.iter().filter(|audience| !audience.is_empty());
        own.extend(audiences.map(|audience| ("audience", audience.as_str())));
    }

    pub(super) fn take(parameters: &mut Parameters) -> Result<Self, RequestError> {
        let subject_token = SecurityToken::new(parameters.require("subject_token")?);
        let subject_token_type = TokenTypeIdentifier::from(parameters.require("subject_token_type")?);
        let actor_token = parameters.take("actor_token").map(SecurityToken::new);
        let actor_token_type = parameters.take("actor_token_type").map(TokenTypeIdentifier::from);
        // RFC 8693, section 2.1: "actor_token_type [...] This is REQUIRED when the actor_token parameter is present in the request but MUST NOT be
        // included otherwise."
        let actor = match (actor_token, actor_token_type) {
            (Some(token), Some(token_type)) => Some((token, token_type)),
            (None, None) => None,
            (Some(_), None) => return Err(RequestError::MissingParameter { name: "actor_token_type" }),
            (None, Some(_)) => return Err(RequestError::MalformedParameter { name: "actor_token_type" }),
        };
        let requested = parameters.take("requested_token_type").map(TokenTypeIdentifier::from);
        let audiences = parameters.take_all("audience").map(ToOwned::to_owned).collect();
        let subject = (subject_token, subject_token_type);
        Ok(Self(Box::new(Inner { subject, actor, audiences, requested })))
    }
}

/// What a token is, in the words of RFC 8693, section 3: of its form and use, where [`TokenType`](super::TokenType) says how it is presented.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTypeIdentifier {
    /// An access token of the server that is asked.
    AccessToken,
    /// A refresh token of the server that is asked.
    RefreshToken,
    /// An ID token (OpenID Connect Core, section 2).
    IdToken,
    /// A SAML 1.1 assertion, in base64url.
    Saml1,
    /// A SAML 2.0 assertion, in base64url.
    Saml2,
    /// A JWT, whatever it is for.
    Jwt,
    /// An identity assertion for another server (draft-ietf-oauth-identity-assertion-authz-grant).
    IdJag,
    /// Another type: a URI.
    Other(String),
}

impl TokenTypeIdentifier {
    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Saml1 => "urn:ietf:params:oauth:token-type:saml1",
            Self::Saml2 => "urn:ietf:params:oauth:token-type:saml2",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
            Self::IdJag => "urn:ietf:params:oauth:token-type:id-jag",
            Self::Other(uri) => uri,
        }
    }
}

impl From<&str> for TokenTypeIdentifier {
    fn from(uri: &str) -> Self {
        let known =
            [Self::AccessToken, Self::RefreshToken, Self::IdToken, Self::Saml1, Self::Saml2, Self::Jwt, Self::IdJag];
        let found = known.into_iter().find(|known| known.as_str() == uri);
        found.unwrap_or_else(|| Self::Other(uri.to_owned()))
    }
}

/// Shows at most 64 characters of a type that is not registered, escaped.
impl fmt::Debug for TokenTypeIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenTypeIdentifier({})", Shown(self.as_str()))
    }
}
