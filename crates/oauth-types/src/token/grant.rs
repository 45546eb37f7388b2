//! [`Grant`]: what entitles a client to tokens.

use crate::http::Replay;
use crate::identifiers::RedirectUri;
use crate::pkce::CodeVerifier;
use crate::request::{Own, Parameters, RequestError};
use crate::secret::{Assertion, AuthReqId, AuthorizationCode, DeviceCode, RefreshToken};
use crate::token::TokenExchange;

/// What entitles a client to tokens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Grant {
    /// `authorization_code` (RFC 6749, section 4.1.3): a code that came back from the user's browser.
    #[non_exhaustive]
    AuthorizationCode {
        /// The code, good for one request.
        code: AuthorizationCode,
        /// The PKCE verifier (RFC 7636, section 4.5). `None` only in a request that came to a server.
        code_verifier: Option<CodeVerifier>,
        /// The redirect URI of the authorization request, unchanged (RFC 6749, section 4.1.3).
        redirect_uri: Option<RedirectUri>,
    },
    /// `client_credentials` (RFC 6749, section 4.4.2): the client's own authentication.
    ClientCredentials,
    /// `refresh_token` (RFC 6749, section 6).
    #[non_exhaustive]
    RefreshToken {
        /// The refresh token; with rotation it is good for one request.
        refresh_token: RefreshToken,
    },
    /// `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628, section 3.4): asks whether the user has decided.
    #[non_exhaustive]
    DeviceCode {
        /// The device code.
        device_code: DeviceCode,
    },
    /// `urn:openid:params:grant-type:ciba` (CIBA Core 1.0, section 10.1): asks whether the user has decided.
    #[non_exhaustive]
    Ciba {
        /// The name of the authentication.
        auth_req_id: AuthReqId,
    },
    /// `urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693, section 2.1).
    TokenExchange(TokenExchange),
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523, section 2.1).
    #[non_exhaustive]
    JwtBearer {
        /// The JWT.
        assertion: Assertion,
    },
}

impl Grant {
    /// The value of `grant_type`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AuthorizationCode { .. } => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken { .. } => "refresh_token",
            Self::DeviceCode { .. } => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Ciba { .. } => "urn:openid:params:grant-type:ciba",
            Self::TokenExchange(_) => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer { .. } => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// Whether the request may be sent a second time.
    ///
    /// A code or a rotating refresh token that was sent may have been used, and a second use revokes what the first one gave (RFC 6749,
    /// section 4.1.2; RFC 9700, section 4.14.2): only a request that surely was not sent may be repeated. So with device codes, which give tokens once;
    /// whoever polls asks again in good time. An assertion, and a token that is exchanged, may be good for one use (RFC 7523, section 3: "jti"). A
    /// client's own credentials give one more token at worst.
    pub(super) const fn replay(&self) -> Replay {
        match self {
            Self::AuthorizationCode { .. }
            | Self::RefreshToken { .. }
            | Self::DeviceCode { .. }
            | Self::Ciba { .. }
            | Self::TokenExchange(_)
            | Self::JwtBearer { .. } => Replay::IfNotSent,
            Self::ClientCredentials => Replay::Safe,
        }
    }

    /// Its parameters, without `grant_type`.
    pub(super) fn write<'g>(&'g self, own: &mut Own<'g>) {
        match self {
            Self::AuthorizationCode { code, code_verifier, redirect_uri } => {
                own.push(("code", code.expose()));
                own.extend(redirect_uri.as_ref().map(|uri| ("redirect_uri", uri.as_str())));
                own.extend(code_verifier.as_ref().map(|verifier| ("code_verifier", verifier.expose())));
            }
            Self::ClientCredentials => {}
            Self::RefreshToken { refresh_token } => own.push(("refresh_token", refresh_token.expose())),
            Self::DeviceCode { device_code } => own.push(("device_code", device_code.expose())),
            Self::Ciba { auth_req_id } => own.push(("auth_req_id", auth_req_id.expose())),
            Self::TokenExchange(exchange) => exchange.write(own),
            Self::JwtBearer { assertion } => own.push(("assertion", assertion.expose())),
        }
    }

    pub(super) fn read(parameters: &mut Parameters) -> Result<Self, RequestError> {
        Ok(match parameters.require("grant_type")? {
            "authorization_code" => {
                let code = AuthorizationCode::new(parameters.require("code")?);
                let code_verifier = parameters.take_with("code_verifier", CodeVerifier::new)?;
                let redirect_uri = parameters.take_with("redirect_uri", RedirectUri::new)?;
                Self::AuthorizationCode { code, code_verifier, redirect_uri }
            }
            "client_credentials" => Self::ClientCredentials,
            "refresh_token" => {
                Self::RefreshToken { refresh_token: RefreshToken::new(parameters.require("refresh_token")?) }
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                Self::DeviceCode { device_code: DeviceCode::new(parameters.require("device_code")?) }
            }
            "urn:openid:params:grant-type:ciba" => {
                Self::Ciba { auth_req_id: AuthReqId::new(parameters.require("auth_req_id")?) }
            }
            "urn:ietf:params:oauth:grant-type:token-exchange" => Self::TokenExchange(TokenExchange::take(parameters)?),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                Self::JwtBearer { assertion: Assertion::new(parameters.require("assertion")?) }
            }
            _ => return Err(RequestError::UnsupportedGrantType),
        })
    }
}
