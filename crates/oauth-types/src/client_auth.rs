//! How a client shows who it is (RFC 6749, section 2.3): [`ClientAuth`], and for a server [`PresentedClient`].
//!
//! A client authenticates in one way or not at all: the type cannot hold two, and a server refuses a request that does.
//!
//! ```
//! use oauth_types::{ClientAuth, ClientId, ClientSecret};
//!
//! let auth = ClientAuth::Basic(ClientSecret::new("gX1fBat3bV"));
//! let field = auth.authorization(&ClientId::new("s6BhdRkqt3")?)?;
//! assert_eq!(field.as_deref(), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::format;
use alloc::string::String;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::form;
use crate::http::HttpRequest;
use crate::identifiers::ClientId;
use crate::request::{BuildError, Parameters, RequestError};
use crate::secret::ClientSecret;

/// How a client authenticates at the endpoints that it calls directly.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuth {
    /// Not at all: a public client, which names itself by `client_id` in the body (RFC 6749, section 3.2.1).
    None,
    /// `client_secret_basic`: identifier and secret, each form-encoded, in the `Authorization` field (RFC 6749, section 2.3.1).
    Basic(ClientSecret),
    /// As [`ClientAuth::Basic`], but without the form-encoding that RFC 6749 demands: for servers that do not decode.
    BasicRaw(ClientSecret),
    /// `client_secret_post`: identifier and secret in the body (RFC 6749, section 2.3.1).
    Post(ClientSecret),
}

impl ClientAuth {
    /// The registered method that this is.
    #[must_use]
    pub const fn method(&self) -> ClientAuthMethod {
        match self {
            Self::None => ClientAuthMethod::None,
            Self::Basic(_) | Self::BasicRaw(_) => ClientAuthMethod::ClientSecretBasic,
            Self::Post(_) => ClientAuthMethod::ClientSecretPost,
        }
    }

    /// The value of the `Authorization` field, for the methods that have one.
    ///
    /// # Errors
    ///
    /// [`BuildError::Credentials`] if [`ClientAuth::BasicRaw`] cannot write the identifier (a colon would end it) or the secret (control
    /// characters): RFC 7617, section 2.
    pub fn authorization(&self, client_id: &ClientId) -> Result<Option<String>, BuildError> {
        let credentials = match self {
            Self::Basic(secret) => {
                let mut credentials = Zeroizing::new(String::new());
                form::encode_component(client_id.as_str(), &mut credentials);
                credentials.push(':');
                form::encode_component(secret.expose(), &mut credentials);
                credentials
            }
            Self::BasicRaw(secret) => {
                let id = client_id.as_str();
                if id.contains(':') || id.chars().chain(secret.expose().chars()).any(char::is_control) {
                    return Err(BuildError::Credentials);
                }
                Zeroizing::new(format!("{id}:{}", secret.expose()))
            }
            Self::None | Self::Post(_) => return Ok(None),
        };
        Ok(Some(format!("Basic {}", STANDARD.encode(credentials.as_bytes()))))
    }

    /// What goes into the body, in this order.
    pub(crate) fn parameters<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
        let (id, secret) = match self {
            Self::None => (Some(client_id), None),
            Self::Post(secret) => (Some(client_id), Some(secret)),
            Self::Basic(_) | Self::BasicRaw(_) => (None, None),
        };
        let id = id.map(|id| ("client_id", id.as_str()));
        id.into_iter().chain(secret.map(|secret| ("client_secret", secret.expose())))
    }
}

/// The client authentication methods by their registered names (IANA: OAuth Token Endpoint Authentication Methods).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ClientAuthMethod {
    /// `none`
    None,
    /// `client_secret_basic`
    ClientSecretBasic,
    /// `client_secret_post`
    ClientSecretPost,
    /// `client_secret_jwt`
    ClientSecretJwt,
    /// `private_key_jwt`
    PrivateKeyJwt,
    /// `tls_client_auth`
    TlsClientAuth,
    /// `self_signed_tls_client_auth`
    SelfSignedTlsClientAuth,
}

impl ClientAuthMethod {
    /// Every method that is known here.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
    ];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// The method of this name, if it is known here.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

impl fmt::Display for ClientAuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who a request says that it comes from, for a server to check. Nothing of it has been verified.
#[derive(Clone, Debug)]
pub struct PresentedClient {
    client_id: Option<ClientId>,
    secret: Option<ClientSecret>,
    method: ClientAuthMethod,
}

impl PresentedClient {
    /// Reads the client's identifier and secret out of a request, and takes them out of its parameters.
    ///
    /// # Errors
    ///
    /// [`RequestError::ManyAuthentications`] for more than one method (RFC 6749, section 2.3: "The client MUST NOT use more than one
    /// authentication method in each request."), [`RequestError::ClientMismatch`] for two different identifiers,
    /// [`RequestError::Credentials`] for an `Authorization` field that cannot be read, [`RequestError::UnsupportedAuthentication`] for a
    /// method that is not supported.
    pub(crate) fn take(request: &HttpRequest, parameters: &mut Parameters) -> Result<Self, RequestError> {
        let body_id = parameters.take_with("client_id", ClientId::new)?;
        let body_secret = parameters.take("client_secret").map(ClientSecret::new);
        let assertion =
            parameters.take("client_assertion").is_some() | parameters.take("client_assertion_type").is_some();
        let mut fields = request.header_values("authorization");
        let field = fields.next();
        let methods = usize::from(field.is_some()) + usize::from(body_secret.is_some()) + usize::from(assertion);
        if methods > 1 || fields.next().is_some() {
            return Err(RequestError::ManyAuthentications);
        }
        if assertion {
            return Err(RequestError::UnsupportedAuthentication);
        }
        let Some(field) = field else {
            if body_secret.is_some() && body_id.is_none() {
                return Err(RequestError::MissingParameter { name: "client_id" });
            }
            let method =
                if body_secret.is_some() { ClientAuthMethod::ClientSecretPost } else { ClientAuthMethod::None };
            return Ok(Self { client_id: body_id, secret: body_secret, method });
        };
        let (client_id, secret) = read_basic(field)?;
        if body_id.is_some_and(|body_id| body_id != client_id) {
            return Err(RequestError::ClientMismatch);
        }
        Ok(Self { client_id: Some(client_id), secret: Some(secret), method: ClientAuthMethod::ClientSecretBasic })
    }

    /// The identifier; `None` if the request names no client at all.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }

    /// The method that was used; [`ClientAuthMethod::None`] if nothing was shown.
    #[must_use]
    pub fn method(&self) -> ClientAuthMethod {
        self.method
    }

    /// Whether the secret that was shown is this one, compared in constant time. `false` if none was shown.
    #[must_use]
    pub fn has_secret(&self, secret: &ClientSecret) -> bool {
        self.secret.as_ref().is_some_and(|shown| secret.matches(shown.expose()))
    }
}

/// RFC 7617, section 2, and RFC 6749, section 2.3.1: `Basic base64(form(id) ":" form(secret))`.
fn read_basic(field: &str) -> Result<(ClientId, ClientSecret), RequestError> {
    let (scheme, credentials) = field.split_once(' ').unwrap_or((field, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(RequestError::UnsupportedAuthentication);
    }
    let bytes =
        STANDARD.decode(credentials.trim_matches(' ')).map(Zeroizing::new).map_err(|_| RequestError::Credentials)?;
    let text = core::str::from_utf8(&bytes).map_err(|_| RequestError::Credentials)?;
    let (id, secret) = text.split_once(':').ok_or(RequestError::Credentials)?;
    let id = form::decode_component(id.as_bytes()).map_err(|_| RequestError::Credentials)?;
    let secret = form::decode_component(secret.as_bytes()).map_err(|_| RequestError::Credentials)?;
    Ok((ClientId::new(id).map_err(|_| RequestError::Credentials)?, ClientSecret::new(secret)))
}
