//! [`TokenResponse`]: what the token endpoint answers.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::json::Object;

use super::{TokenExchange, TokenTypeIdentifier};
use crate::access_token::TokenScheme;
use crate::bytes::is_visible;
use crate::error_response::Shown;
use crate::http::HttpResponse;
use crate::identifiers::Scope;
use crate::rar::AuthorizationDetails;
use crate::reading::Deviation;
use crate::response::{self, Expect, InvalidResponse, Member, Members, ResponseError, Success, Wire};
use crate::secret::{AccessToken, IdToken, RefreshToken};

mod foreseen;
mod read;

use foreseen::Foreseen;
use read::{is_type_name, take_expires_in, take_scope, take_token};

/// Tokens, as the token endpoint hands them out (RFC 6749, section 5.1).
///
/// `Debug` shows no token and nothing of `extra` but names.
///
/// ```
/// use core::time::Duration;
/// use jwt_core::Timestamp;
/// use oauth_types::{AccessToken, Expect, Scope, TokenResponse, TokenType};
///
/// // A server makes one ...
/// let answer = TokenResponse::new(AccessToken::new("2YotnFZFEjr1zCsicMWpAA"), TokenType::Bearer)
///     .with_expires_in(Duration::from_secs(3600))
///     .to_http();
///
/// // ... and a client reads it.
/// let asked = Scope::parse("read")?;
/// let tokens = TokenResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)).scope(&asked))?;
/// assert_eq!(tokens.token_type(), &TokenType::Bearer);
/// assert_eq!(tokens.expires_in(), Some(Duration::from_secs(3600)));
/// assert_eq!(tokens.scope(), Some(&asked));
/// assert!(tokens.deviations().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenResponse {
    access_token: AccessToken,
    token_type: TokenType,
    expires_in: Option<Duration>,
    scope: Option<Scope>,
    refresh_token: Option<RefreshToken>,
    id_token: Option<IdToken>,
    issued_token_type: Option<TokenTypeIdentifier>,
    authorization_details: Option<AuthorizationDetails>,
    extra: Object,
    deviations: Vec<Deviation>,
}

/// How an access token is used (RFC 6749, section 7.1). Read in any letter case.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// `Bearer` (RFC 6750).
    Bearer,
    /// `DPoP` (RFC 9449).
    DPoP,
    /// `N_A`: what was issued is no access token (RFC 8693, section 2.2.1).
    NotApplicable,
    /// Another type. RFC 6749, section 7.1: "The client MUST NOT use an access token if it does not understand the token type."
    Other(String),
}

impl TokenType {
    /// The type as it stands on the wire; registered ones in their registered spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bearer => "Bearer",
            Self::DPoP => "DPoP",
            Self::NotApplicable => "N_A",
            Self::Other(name) => name,
        }
    }
}

impl TokenType {
    /// How a token of this type is presented to a resource; `None` if it is not, or not in a way that is known here: then it must not be used.
    #[must_use]
    pub const fn scheme(&self) -> Option<TokenScheme> {
        match self {
            Self::Bearer => Some(TokenScheme::Bearer),
            Self::DPoP => Some(TokenScheme::DPoP),
            Self::NotApplicable | Self::Other(_) => None,
        }
    }
}

impl From<&str> for TokenType {
    fn from(name: &str) -> Self {
        match name {
            // Nearly always as they are registered.
            "Bearer" => Self::Bearer,
            "DPoP" => Self::DPoP,
            _ => {
                let known = [Self::Bearer, Self::DPoP, Self::NotApplicable];
                let found = known.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name));
                found.unwrap_or_else(|| Self::Other(name.to_owned()))
            }
        }
    }
}

/// Shows at most 64 characters of an unregistered type, escaped.
impl fmt::Debug for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenType({})", Shown(self.as_str()))
    }
}

impl TokenResponse {
    /// An answer with an access token and nothing else.
    #[must_use]
    pub const fn new(access_token: AccessToken, token_type: TokenType) -> Self {
        Self {
            access_token,
            token_type,
            expires_in: None,
            scope: None,
            refresh_token: None,
            id_token: None,
            issued_token_type: None,
            authorization_details: None,
            extra: Object::new(),
            deviations: Vec::new(),
        }
    }

    /// Reads an answer of the token endpoint.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] if the server said no, [`ResponseError::Transient`] if it said nothing that counts, and
    /// [`ResponseError::Invalid`] if it broke the protocol: [`InvalidResponse::NotBound`] for a token without the DPoP binding that was asked for.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        if let Some(tokens) = Foreseen::read(response, expect) {
            return Ok(tokens);
        }
        Self::read(response::read(response, SUCCESS, expect)?, expect, |token_type, _| {
            // RFC 9449, section 5: "A token_type of DPoP MUST be included in the access token response to signal to the client that the access
            // token was bound to its DPoP key"
            let is_bound = !expect.dpop || *token_type == TokenType::DPoP;
            if is_bound { Ok(()) } else { Err(InvalidResponse::NotBound) }
        })
    }

    /// Reads an answer to a token exchange. What it holds may be no access token: see [`TokenResponse::issued_token_type`], and
    /// [`TokenType::NotApplicable`].
    ///
    /// # Errors
    ///
    /// As [`TokenResponse::from_http`]; [`InvalidResponse::Missing`] without an `issued_token_type` (RFC 8693, section 2.2.1: "REQUIRED"),
    /// [`InvalidResponse::IssuedTokenType`] if it is not the one that was asked for.
    pub fn from_exchange(
        response: &HttpResponse,
        exchange: &TokenExchange,
        expect: &Expect<'_>,
    ) -> Result<Self, ResponseError> {
        let members = response::read(response, SUCCESS, expect)?;
        Self::read(members, expect, |token_type, issued| {
            let Some(issued) = issued else { return Err(InvalidResponse::Missing { member: "issued_token_type" }) };
            if exchange.requested_token_type().is_some_and(|requested| requested != issued) {
                return Err(InvalidResponse::IssuedTokenType);
            }
            // What is no access token is presented to no resource, and bound to no key.
            if expect.dpop && !matches!(token_type, TokenType::DPoP | TokenType::NotApplicable) {
                return Err(InvalidResponse::NotBound);
            }
            Ok(())
        })
    }

    /// Takes what is known here. `check` is the last word.
    fn read(
        mut members: Members<'_>,
        expect: &Expect<'_>,
        check: impl FnOnce(&TokenType, Option<&TokenTypeIdentifier>) -> Result<(), InvalidResponse>,
    ) -> Result<Self, ResponseError> {
        let access_token = members.require_text("access_token")?;
        // RFC 6749, appendix A.12: access-token = 1*VSCHAR. It will stand in a header field, where nothing else may stand.
        if !is_visible(&access_token) {
            return Err(InvalidResponse::Malformed { member: "access_token" }.into());
        }
        let access_token = AccessToken::new(access_token);
        let issued_token_type = members.take_borrowed("issued_token_type")?;
        let issued_token_type = issued_token_type.as_deref().map(TokenTypeIdentifier::from);
        let token_type = match members.take_borrowed("token_type")? {
            Some(name) => {
                // eBay's has two words.
                if !is_type_name(&name) {
                    members.tolerance.tolerate(Deviation::Characters { member: "token_type" })?;
                }
                TokenType::from(&*name)
            }
            None => {
                members.tolerance.tolerate(Deviation::Missing { member: "token_type" })?;
                match issued_token_type {
                    None | Some(TokenTypeIdentifier::AccessToken) => TokenType::Bearer,
                    // RFC 8693, section 2.2.1: "If the issued token is not an access token or usable as an access token, then the token_type value N_A
                    // is used". Whether it is usable, nobody said.
                    Some(_) => TokenType::NotApplicable,
                }
            }
        };
        let expires_in = take_expires_in(&mut members)?;
        let scope = take_scope(&mut members, expect)?;
        let refresh_token = take_token(&mut members, "refresh_token")?.map(RefreshToken::new);
        let id_token = take_token(&mut members, "id_token")?.map(IdToken::new);
        let authorization_details = members.take_authorization_details()?;
        check(&token_type, issued_token_type.as_ref())?;
        let (extra, deviations) = members.into_rest();
        Ok(Self {
            access_token,
            token_type,
            expires_in,
            scope,
            refresh_token,
            id_token,
            issued_token_type,
            authorization_details,
            extra,
            deviations,
        })
    }

    /// Says how long the access token lives, in whole seconds.
    #[must_use]
    pub fn with_expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime);
        self
    }

    /// Says which scope was granted. RFC 6749, section 5.1 demands it if it is not the one that was asked for.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Adds a refresh token.
    #[must_use]
    pub fn with_refresh_token(mut self, token: RefreshToken) -> Self {
        self.refresh_token = Some(token);
        self
    }

    /// Adds an ID token (OpenID Connect Core 1.0, section 3.1.3.3).
    #[must_use]
    pub fn with_id_token(mut self, token: IdToken) -> Self {
        self.id_token = Some(token);
        self
    }

    /// Says what was issued (RFC 8693, section 2.2.1): an answer to an exchange must.
    #[must_use]
    pub fn with_issued_token_type(mut self, token_type: TokenTypeIdentifier) -> Self {
        self.issued_token_type = Some(token_type);
        self
    }

    /// Says which authorization details were granted (RFC 9396, section 7): an answer to a request for some must.
    #[must_use]
    pub fn with_authorization_details(mut self, details: AuthorizationDetails) -> Self {
        self.authorization_details = Some(details);
        self
    }

    /// The access token: never empty, visible ASCII characters and spaces only.
    #[must_use]
    pub const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// How the access token is used. What is neither [`TokenType::Bearer`] nor another type that the caller understands must not be used.
    #[must_use]
    pub const fn token_type(&self) -> &TokenType {
        &self.token_type
    }

    /// How long the access token lives from when the answer was made; zero if it has expired already, `None` if the server did not say.
    #[must_use]
    pub const fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// The granted scope: as the server names it or, if it names none, as it was asked for (RFC 6749, section 5.1). `None` if neither says.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The refresh token.
    #[must_use]
    pub const fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// The ID token, not verified.
    #[must_use]
    pub const fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// What was issued in an exchange (RFC 8693, section 2.2.1).
    #[must_use]
    pub const fn issued_token_type(&self) -> Option<&TokenTypeIdentifier> {
        self.issued_token_type.as_ref()
    }

    /// The granted authorization details (RFC 9396, section 7). `None` if the server does not say.
    #[must_use]
    pub const fn authorization_details(&self) -> Option<&AuthorizationDetails> {
        self.authorization_details.as_ref()
    }

    response::further!();

    /// Sets all further members at once, in the place of those that there are.
    #[must_use]
    pub fn with_extra_members(mut self, members: Object) -> Self {
        self.extra = members;
        self
    }

    /// The answer of a server.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let scope = self.scope.as_ref().filter(|scope| !scope.is_empty());
        let own = [
            ("access_token", Some(Member::Text(self.access_token.expose()))),
            ("token_type", Some(Member::Text(self.token_type.as_str()))),
            ("expires_in", self.expires_in.map(|lifetime| Member::Number(lifetime.as_secs()))),
            ("refresh_token", self.refresh_token.as_ref().map(|token| Member::Text(token.expose()))),
            ("scope", scope.map(|scope| Member::Text(scope.as_str()))),
            ("id_token", self.id_token.as_ref().map(|token| Member::Text(token.expose()))),
            ("issued_token_type", self.issued_token_type.as_ref().map(|kind| Member::Text(kind.as_str()))),
            ("authorization_details", self.authorization_details.as_ref().map(Member::Details)),
        ];
        response::json(200, &Wire { own, rest: &self.extra })
    }
}

/// RFC 6749, section 5.1.
const SUCCESS: Success = Success::with(200, "access_token");

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("access_token", &self.access_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token)
            .field("id_token", &self.id_token)
            .field("issued_token_type", &self.issued_token_type)
            .field("authorization_details", &self.authorization_details)
            .field("extra", &self.extra.len())
            .field("deviations", &self.deviations)
            .finish()
    }
}
