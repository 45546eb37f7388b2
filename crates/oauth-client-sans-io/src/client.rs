//! [`Client`]: who we are to an authorization server, and how we prove it.

use alloc::string::{String, ToString};

use jwt_core::{KeyId, Secret};
use oauth_types::{ClientAuth, ClientId, ClientSecret};
use serde::{Deserialize, Serialize};

/// A client registration: its identifier and how it authenticates (RFC 6749, section 2).
///
/// It holds no secret: only the [`KeyId`] under which whoever drives the flow finds one when [`Step::Ask`](crate::Step::Ask) asks for it.
///
/// # Examples
///
/// ```
/// use jwt_core::KeyId;
/// use oauth_client_sans_io::{Authentication, Client};
/// use oauth_types::ClientId;
///
/// let app = Client::new(ClientId::new("my-app")?, Authentication::None);
/// let service = Client::new(ClientId::new("my-service")?, Authentication::SecretBasic(KeyId::new("service-secret")));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    id: ClientId,
    authentication: Authentication,
}

/// How a client authenticates to the token and revocation endpoints (RFC 6749, section 2.3).
///
/// It is what the client was registered for. It is never found out by trying: a one-time credential would be spent on the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// A public client: it has no secret and sends its `client_id` only.
    None,
    /// `client_secret_basic`: HTTP Basic, identifier and secret form-encoded first (RFC 6749, section 2.3.1). What a server that says nothing expects.
    SecretBasic(KeyId),
    /// HTTP Basic without the form-encoding, for servers that do not decode.
    SecretBasicRaw(KeyId),
    /// `client_secret_post`: the secret in the body.
    SecretPost(KeyId),
}

impl Client {
    /// A client of this identifier that authenticates like this.
    #[must_use]
    pub const fn new(id: ClientId, authentication: Authentication) -> Self {
        Self { id, authentication }
    }

    /// The identifier.
    #[must_use]
    pub const fn id(&self) -> &ClientId {
        &self.id
    }

    /// How it authenticates.
    #[must_use]
    pub const fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// The secret that a request needs, if it needs one.
    pub(crate) const fn secret_key(&self) -> Option<&KeyId> {
        match &self.authentication {
            Authentication::None => None,
            Authentication::SecretBasic(key)
            | Authentication::SecretBasicRaw(key)
            | Authentication::SecretPost(key) => Some(key),
        }
    }

    /// The authentication of one request, with the secret that was asked for.
    pub(crate) fn authenticate(&self, secret: Option<&Secret>) -> ClientAuth {
        let secret = || ClientSecret::new(secret.map_or("", Secret::expose));
        match &self.authentication {
            Authentication::None => ClientAuth::None,
            Authentication::SecretBasic(_) => ClientAuth::Basic(secret()),
            Authentication::SecretBasicRaw(_) => ClientAuth::BasicRaw(secret()),
            Authentication::SecretPost(_) => ClientAuth::Post(secret()),
        }
    }

    pub(crate) fn to_body(&self) -> ClientBody {
        let (method, key) = match &self.authentication {
            Authentication::None => ("none", None),
            Authentication::SecretBasic(key) => ("basic", Some(key)),
            Authentication::SecretBasicRaw(key) => ("basic_raw", Some(key)),
            Authentication::SecretPost(key) => ("post", Some(key)),
        };
        ClientBody {
            id: self.id.as_str().to_string(),
            method: method.to_string(),
            key: key.map(|key| key.as_str().to_string()),
        }
    }

    pub(crate) fn from_body(body: ClientBody) -> Option<Self> {
        let key = body.key.map(KeyId::new);
        let authentication = match (body.method.as_str(), key) {
            ("none", None) => Authentication::None,
            ("basic", Some(key)) => Authentication::SecretBasic(key),
            ("basic_raw", Some(key)) => Authentication::SecretBasicRaw(key),
            ("post", Some(key)) => Authentication::SecretPost(key),
            _ => return None,
        };
        Some(Self { id: ClientId::new(body.id).ok()?, authentication })
    }
}

/// A client inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientBody {
    id: String,
    method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}
