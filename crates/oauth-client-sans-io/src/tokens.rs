//! [`Tokens`]: what a grant gave, ready to be used, stored and refreshed.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use jwt_core::Timestamp;
use jwt_core::json::Object;
use oauth_types::access_token::TokenScheme;
use oauth_types::dpop::{DpopJkt, DpopNonce};
use oauth_types::rar::AuthorizationDetails;
use oauth_types::token::{TokenResponse, TokenType, TokenTypeIdentifier};
use oauth_types::{AccessToken, IdToken, Issuer, RefreshToken, Scope};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party};
use crate::error::ApiMisuse;
use crate::stored::{self, stored};

/// The tokens of one grant (RFC 6749, section 5.1), with the times and the scope worked out.
///
/// They belong to the user of one authorization server: [`Tokens::issuer`]. Nothing of them may go anywhere else.
#[derive(Clone)]
pub struct Tokens(Box<Parts>);

/// All of it in one place, since tokens pass through many hands.
#[derive(Clone)]
struct Parts {
    issuer: Issuer,
    /// What the server said, with the scope that was granted whether it said so or not.
    response: TokenResponse,
    received_at: Timestamp,
    expires_at: Option<Timestamp>,
    /// What the refresh token was granted for, where the access token has less.
    granted: Option<Scope>,
    /// The key to which they are bound.
    dpop_jkt: Option<DpopJkt>,
    /// The newest nonce of the server.
    dpop_nonce: Option<DpopNonce>,
}

impl Tokens {
    /// What `response`, which came at `now` with this nonce, gave to a client that asked for `requested`.
    pub(crate) fn received(
        party: &Party,
        requested: Option<&Scope>,
        mut response: TokenResponse,
        now: Timestamp,
        nonce: Option<&DpopNonce>,
    ) -> Self {
        // Whole seconds, so that what is stored is what there was.
        let received_at = Timestamp::from_unix(now.as_unix());
        // RFC 6749, section 5.1: `scope` is optional "if identical to the scope requested by the client".
        if let (None, Some(requested)) = (response.scope(), requested) {
            response = response.with_scope(requested.clone());
        }
        Self(Box::new(Parts {
            issuer: party.issuer().clone(),
            received_at,
            expires_at: response.expires_in().map(|lifetime| received_at.saturating_add(lifetime)),
            granted: None,
            dpop_jkt: party.client().dpop_jkt(),
            dpop_nonce: nonce.cloned(),
            response,
        }))
    }

    /// What a refresh leaves as it was, after it asked for `requested` of what was `granted`.
    pub(crate) fn keep(self, refresh_token: &RefreshToken, requested: Option<&Scope>, granted: Option<&Scope>) -> Self {
        // RFC 6749, section 6: a new refresh token replaces the old one, and none keeps it.
        let rotated = self.refresh_token().is_some();
        let mut kept = if rotated { self } else { self.with_refresh_token(refresh_token.clone()) };
        // Nothing was asked for and nothing said: all that was granted.
        if let (None, None, Some(granted)) = (kept.scope(), requested, granted) {
            kept.0.response = kept.0.response.with_scope(granted.clone());
        }
        // Asking for less takes nothing from the grant: "the refresh token scope MUST be identical".
        kept.0.granted = granted.filter(|granted| kept.scope() != Some(*granted)).cloned();
        kept
    }

    /// What the refresh token was granted for.
    pub(crate) fn granted(&self) -> Option<&Scope> {
        match &self.0.granted {
            Some(granted) => Some(granted),
            None => self.scope(),
        }
    }

    /// The authorization server that gave them.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The access token. Check [`Tokens::token_type`] before you use it by hand, or take [`Tokens::authorization`].
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        self.0.response.access_token()
    }

    /// How the access token is to be used.
    #[must_use]
    pub fn token_type(&self) -> &TokenType {
        self.0.response.token_type()
    }

    /// The value of the `Authorization` header for a request to the protected resource (RFC 6750, section 2.1).
    ///
    /// `None` where the token is of another type than Bearer, or what was issued is no access token at all: "the client MUST NOT use an access token if it does not
    /// understand the token type" (RFC 6749, section 7.1). The text holds the token: never log it.
    #[must_use]
    pub fn authorization(&self) -> Option<String> {
        let bearer = self.scheme() == Some(TokenScheme::Bearer);
        bearer.then(|| ["Bearer ", self.0.response.access_token().expose()].concat())
    }

    /// How `client` presents the access token to a resource.
    pub(crate) fn presented_by(&self, client: &Client) -> Result<TokenScheme, ApiMisuse> {
        // RFC 6749, section 7.1.
        let scheme = self.scheme().ok_or(ApiMisuse::TokenType)?;
        if self.dpop_jkt() != client.dpop_jkt().as_ref() {
            return Err(ApiMisuse::OtherKey);
        }
        // A bound token that is sent without its proof is one that anybody could send.
        if self.dpop_jkt().is_some() != (scheme == TokenScheme::DPoP) {
            return Err(ApiMisuse::TokenType);
        }
        Ok(scheme)
    }

    /// How the token is presented to a resource, if it is.
    fn scheme(&self) -> Option<TokenScheme> {
        match self.0.response.issued_token_type() {
            // Whatever the server calls it, it is for whoever issues or redeems it, and would be given away.
            Some(TokenTypeIdentifier::RefreshToken | TokenTypeIdentifier::IdToken | TokenTypeIdentifier::IdJag) => None,
            Some(_) | None => self.0.response.token_type().scheme(),
        }
    }

    /// What was issued by an exchange (RFC 8693, section 2.2.1); `None` where the tokens come from another grant.
    #[must_use]
    pub fn issued_token_type(&self) -> Option<&TokenTypeIdentifier> {
        self.0.response.issued_token_type()
    }

    /// When they were received.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.0.received_at
    }

    /// When the access token expires, if the server said so.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }

    /// Whether the access token is still good for `margin` more at `now`; `true` where the server did not say when it expires.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, margin: Duration) -> bool {
        self.0.expires_at.is_none_or(|expires_at| now.saturating_add(margin) < expires_at)
    }

    /// The scope that was granted: what the server said, or what was asked for if it said nothing (RFC 6749, section 5.1).
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.0.response.scope()
    }

    /// The authorization details that were granted, where the server said which (RFC 9396, section 7).
    #[must_use]
    pub fn authorization_details(&self) -> Option<&AuthorizationDetails> {
        self.0.response.authorization_details()
    }

    /// The thumbprint of the key to which they are bound, where they are (RFC 9449, section 6).
    #[must_use]
    pub fn dpop_jkt(&self) -> Option<&DpopJkt> {
        self.0.dpop_jkt.as_ref()
    }

    /// The newest DPoP nonce of the authorization server (RFC 9449, section 8.2), for the next request to it. [`Refresh::new`](crate::Refresh::new) takes it from here.
    #[must_use]
    pub fn dpop_nonce(&self) -> Option<&DpopNonce> {
        self.0.dpop_nonce.as_ref()
    }

    /// The refresh token to use next time.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.0.response.refresh_token()
    }

    /// The same tokens with this refresh token in the place of the old one: for the one that an answer brought of which nothing else could be used
    /// ([`Error::rotated_refresh_token`](crate::Error::rotated_refresh_token)). It must be the same server's, for the same user.
    #[must_use]
    pub fn with_refresh_token(mut self, refresh_token: RefreshToken) -> Self {
        self.0.response = self.0.response.with_refresh_token(refresh_token);
        self
    }

    /// The ID token's text as it came. What it says is known only after its check: see [`Login::id_token`](crate::Login) and [`IdTokenCheck`](crate::IdTokenCheck).
    #[must_use]
    pub fn raw_id_token(&self) -> Option<&IdToken> {
        self.0.response.id_token()
    }

    /// What else the server sent.
    #[must_use]
    pub fn extra(&self) -> &Object {
        self.0.response.extra()
    }

    pub(crate) fn to_body(&self) -> TokensBody {
        let Parts { issuer, response, received_at, expires_at, granted, dpop_jkt, dpop_nonce } = &*self.0;
        TokensBody {
            issuer: issuer.as_str().to_string(),
            access_token: response.access_token().expose().to_string(),
            token_type: response.token_type().as_str().to_string(),
            received_at: received_at.as_unix(),
            expires_at: expires_at.map(Timestamp::as_unix),
            scope: response.scope().map(ToString::to_string),
            granted: granted.as_ref().map(ToString::to_string),
            authorization_details: response.authorization_details().map(AuthorizationDetails::to_json),
            refresh_token: response.refresh_token().map(|token| token.expose().to_string()),
            id_token: response.id_token().map(|token| token.expose().to_string()),
            issued_token_type: response.issued_token_type().map(|kind| kind.as_str().to_string()),
            dpop_jkt: dpop_jkt.as_ref().map(|jkt| jkt.as_str().to_string()),
            dpop_nonce: dpop_nonce.as_ref().map(|nonce| nonce.as_str().to_string()),
            extra: response.extra().clone(),
        }
    }

    pub(crate) fn from_body(body: TokensBody) -> Option<Self> {
        let token_type = TokenType::from(body.token_type.as_str());
        let mut response = TokenResponse::new(AccessToken::new(body.access_token), token_type);
        if let Some(scope) = body.scope {
            response = response.with_scope(stored::scope(&scope).ok()?);
        }
        if let Some(details) = body.authorization_details {
            response = response.with_authorization_details(AuthorizationDetails::parse(details).ok()?);
        }
        if let Some(token) = body.refresh_token {
            response = response.with_refresh_token(RefreshToken::new(token));
        }
        if let Some(token) = body.id_token {
            response = response.with_id_token(IdToken::new(token));
        }
        if let Some(kind) = body.issued_token_type {
            response = response.with_issued_token_type(TokenTypeIdentifier::from(kind.as_str()));
        }
        response = response.with_extra_members(body.extra);
        Some(Self(Box::new(Parts {
            issuer: Issuer::new(body.issuer).ok()?,
            response,
            received_at: Timestamp::from_unix(body.received_at),
            expires_at: body.expires_at.map(Timestamp::from_unix),
            granted: body.granted.as_deref().map(stored::scope).transpose().ok()?,
            dpop_jkt: body.dpop_jkt.map(DpopJkt::new).transpose().ok()?,
            dpop_nonce: body.dpop_nonce.map(DpopNonce::new).transpose().ok()?,
        })))
    }
}

/// Shows no token.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { issuer, response, received_at, expires_at, granted, dpop_jkt, dpop_nonce } = &*self.0;
        f.debug_struct("Tokens")
            .field("issuer", issuer)
            .field("access_token", response.access_token())
            .field("token_type", response.token_type())
            .field("received_at", received_at)
            .field("expires_at", expires_at)
            .field("scope", &response.scope())
            .field("granted", granted)
            .field("authorization_details", &response.authorization_details())
            .field("refresh_token", &response.refresh_token())
            .field("id_token", &response.id_token())
            .field("issued_token_type", &response.issued_token_type())
            .field("dpop_jkt", dpop_jkt)
            .field("dpop_nonce", dpop_nonce)
            .field("extra", response.extra())
            .finish()
    }
}

stored! {
    /// It holds the access token and the refresh token in the clear: store it where only your program can read it.
    Tokens, "tokens", 1, TokensBody
}

/// [`Tokens`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokensBody {
    issuer: String,
    access_token: String,
    token_type: String,
    received_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    granted: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization_details: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop_jkt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop_nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    extra: Object,
}
