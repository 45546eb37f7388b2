//! [`SignedResponse`]: an authorization response as a JWT (JARM: JWT Secured Authorization Response Mode for OAuth 2.0).

use alloc::string::String;

use jwt_core::json::Object;
use jwt_core::profile::AuthorizationResponseProfile;
use jwt_core::{Blame, Limits, Secret, SignatureVerified, Timestamp, Unverified, VerifyingKey};

use super::response::{KNOWN, Located, joined, query_separator};
use super::{AuthorizationResponse, Callback, CallbackError, ResponseMode};
use crate::form::{FormBuilder, Pairs};
use crate::identifiers::RedirectUri;
use crate::request::BuildError;

/// A response of which nothing is known but where it stood: a JWT, not verified (JARM, section 2.3).
///
/// Once the JWT is verified, its claims are read as the parameters of any other response are.
///
/// ```
/// use jwt_core::profile::AuthorizationResponseProfile;
/// use jwt_core::{Algorithm, Header, SigningKey, Timestamp, sign};
/// use oauth_types::authorization::{AuthorizationResponse, Callback, Outcome, ResponseMode, SignedResponse};
/// use oauth_types::{AuthorizationCode, ClientId, Issuer, RedirectUri, State};
///
/// # let key = SigningKey::hs256(&[7; 32])?;
/// # let now = Timestamp::from_unix(1_700_000_000);
/// let (issuer, client) = (Issuer::new("https://as.example")?, ClientId::new("s6BhdRkqt3")?);
///
/// // The server
/// let response = AuthorizationResponse::code(AuthorizationCode::new("SplxlOBeZQQYbYS6WxSbIA")).with_state(&State::new("xyz")?);
/// let claims = response.to_claims(&issuer, &client, Timestamp::from_unix(1_700_000_600))?;
/// let jwt = sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// let url = SignedResponse::new(jwt, ResponseMode::Jwt).to_redirect_url(&RedirectUri::new("https://client.example/cb")?)?;
/// assert!(url.starts_with("https://client.example/cb?response=ey"));
///
/// // The client
/// let signed = SignedResponse::parse(Callback::Url(&url), ResponseMode::Jwt)?;
/// let profile = AuthorizationResponseProfile::new(issuer.as_str(), client.as_str()).state("xyz");
/// let response = signed.verify(&profile, [&key.verifying_key()?], now)?;
/// assert!(matches!(response.outcome(), Outcome::Code(code) if code.matches("SplxlOBeZQQYbYS6WxSbIA")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SignedResponse {
    token: Secret,
    response_mode: ResponseMode,
    base_url: Option<String>,
}

impl SignedResponse {
    /// A server's answer: this JWT, in the place of this mode (of a mode that is none of JARM's, in the same place).
    #[must_use]
    pub fn new(token: impl Into<String>, mode: ResponseMode) -> Self {
        Self { token: Secret::new(token), response_mode: mode.of_jwt(), base_url: None }
    }

    /// Where a server sends the browser: the JWT in the query, or in the fragment if that is the mode. (With [`ResponseMode::FormPostJwt`] it posts
    /// [`SignedResponse::to_form`].)
    ///
    /// # Errors
    ///
    /// [`BuildError::RedirectUri`] if the redirect URI's query has a parameter that a response has.
    pub fn to_redirect_url(&self, redirect_uri: &RedirectUri) -> Result<String, BuildError> {
        let separator = match self.response_mode {
            ResponseMode::Fragment | ResponseMode::FragmentJwt => "#",
            ResponseMode::Query
            | ResponseMode::FormPost
            | ResponseMode::Jwt
            | ResponseMode::QueryJwt
            | ResponseMode::FormPostJwt => query_separator(redirect_uri),
        };
        joined(redirect_uri, separator, &Secret::new(self.to_form()))
    }

    /// The one parameter, form-encoded.
    #[must_use]
    pub fn to_form(&self) -> String {
        let mut form = FormBuilder::with_capacity(self.token.expose().len() + 16);
        form.append("response", self.token.expose());
        form.finish()
    }

    /// Reads a callback that must hold a JWT, and nothing of a response beside it, in the place that was asked for. Nothing of the JWT is looked at.
    ///
    /// # Errors
    ///
    /// [`CallbackError`]: [`CallbackError::PlainResponse`] for a response that is not signed, [`CallbackError::SignedAndPlain`] for one that is both,
    /// [`CallbackError::ResponseMode`] for one that stands elsewhere, and [`CallbackError::SignedResponse`] where no JWT was asked for.
    pub fn parse(callback: Callback<'_>, asked: ResponseMode) -> Result<Self, CallbackError> {
        let Located { pairs, response_mode, base_url } = callback.locate()?;
        let mut others = false;
        for name in KNOWN.into_iter().filter(|name| *name != "response") {
            others |= pairs.unique(name)?.is_some();
        }
        let token = match pairs.unique("response")? {
            None if others => return Err(CallbackError::PlainResponse),
            None => return Err(CallbackError::NoOutcome),
            Some(_) if others => return Err(CallbackError::SignedAndPlain),
            Some(token) => Secret::from(token),
        };
        if !asked.is_jwt() {
            return Err(CallbackError::SignedResponse);
        }
        let response_mode = response_mode.of_jwt();
        if response_mode != asked.for_code() {
            return Err(CallbackError::ResponseMode);
        }
        Ok(Self { token, response_mode, base_url })
    }

    /// Where the response stood: [`ResponseMode::QueryJwt`], [`ResponseMode::FragmentJwt`] or [`ResponseMode::FormPostJwt`].
    #[must_use]
    pub const fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    /// The URL that it came to, without query and fragment. Known from [`Callback::Url`] only.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// The JWT as it came. Whoever calls this is responsible for where it goes: a code may be in it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.token.expose()
    }

    /// The JWT: its header says which key to look for.
    ///
    /// # Errors
    ///
    /// As [`Unverified::parse`].
    pub fn token(&self) -> Result<Unverified<'_>, jwt_core::Error> {
        Unverified::parse(self.token.expose(), &Limits::default())
    }

    /// Verifies the JWT with these keys, which must be the issuer's, and reads the response that is in it.
    ///
    /// # Errors
    ///
    /// [`SignedResponseError`].
    pub fn verify<'k>(
        &self,
        profile: &AuthorizationResponseProfile,
        keys: impl IntoIterator<Item = &'k VerifyingKey>,
        now: Timestamp,
    ) -> Result<AuthorizationResponse, SignedResponseError> {
        self.read(profile.verify(self.token()?, keys, now)?.claims().all())
    }

    /// Reads the response that is in a JWT whose signature was checked elsewhere, over the signing input of [`SignedResponse::token`].
    ///
    /// # Errors
    ///
    /// [`SignedResponseError`].
    pub fn verified(
        &self,
        profile: &AuthorizationResponseProfile,
        proof: SignatureVerified,
        now: Timestamp,
    ) -> Result<AuthorizationResponse, SignedResponseError> {
        self.read(profile.verified(self.token()?, proof, now)?.claims().all())
    }

    fn read(&self, claims: &Object) -> Result<AuthorizationResponse, SignedResponseError> {
        let claims = claims.iter().filter(|(name, _)| !OF_THE_JWT.contains(name));
        let pairs =
            Pairs::from_claims(claims, &KNOWN, |_, _| false).map_err(|name| CallbackError::Malformed { name })?;
        let (response_mode, base_url) = (self.response_mode, self.base_url.clone());
        Ok(AuthorizationResponse::read(Located { pairs, response_mode, base_url })?)
    }
}

/// Why a signed response cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignedResponseError {
    /// The JWT is not what it must be.
    #[error(transparent)]
    Token(#[from] jwt_core::Error),
    /// The JWT is right, and what it says is no response.
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

impl SignedResponseError {
    /// A stable, machine-readable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::Callback(error) => error.code(),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Token(error) => error.blame(),
            Self::Callback(error) => error.blame(),
        }
    }
}

/// What a response holds as a JWT, and not as a response (JARM, section 2.1; RFC 7519, section 4.1). `iss` is both.
const OF_THE_JWT: &[&str] = &["aud", "exp", "nbf", "iat", "jti", "sub"];
