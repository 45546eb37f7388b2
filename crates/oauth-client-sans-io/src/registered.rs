//! [`Registered`]: a client as the server has it.

use alloc::string::{String, ToString};

use jwt_core::json::Object;
use jwt_core::{Algorithm, KeyId, Timestamp};
use oauth_types::registration::{ClientMetadata, RegistrationAccessToken, RegistrationResponse};
use oauth_types::{ClientAuthMethod, ClientId, ClientSecret, Endpoint, Issuer};
use serde::{Deserialize, Serialize};

use crate::client::{AssertionKey, Authentication, Client};
use crate::error::ApiMisuse;
use crate::exchange::is_false;
use crate::stored::stored;

/// A client as one server has it (RFC 7591, section 3.2.1; RFC 7592, section 3). It is nothing at any other server: keep it by its [`issuer`](Self::issuer), and
/// register anew where that changes.
///
/// The secret is not for keeping here: [`take_secret`](Self::take_secret) it into your keyring, and make a [`Client`] that knows its name
/// ([`client`](Self::client)). [`Registration`](crate::Registration) shows it.
#[derive(Debug)]
pub struct Registered {
    issuer: Issuer,
    client_id: ClientId,
    /// What the server gave just now.
    secret: Option<ClientSecret>,
    has_secret: bool,
    secret_expires_at: Option<Timestamp>,
    issued_at: Option<Timestamp>,
    management: Option<Management>,
    metadata: ClientMetadata,
}

/// Where, and with which token, a registration is managed.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    pub(crate) uri: Endpoint,
    pub(crate) token: RegistrationAccessToken,
}

impl Registered {
    pub(crate) fn new(issuer: Issuer, response: &RegistrationResponse) -> Self {
        let management = response.registration_client_uri().zip(response.registration_access_token());
        Self {
            issuer,
            client_id: response.client_id().clone(),
            secret: response.client_secret().cloned(),
            has_secret: response.client_secret().is_some(),
            secret_expires_at: response.client_secret_expires_at().map(whole),
            issued_at: response.client_id_issued_at().map(whole),
            management: management.map(|(uri, token)| Management { uri: uri.clone(), token: token.clone() }),
            metadata: response.metadata().clone(),
        }
    }

    /// What this is after a read or an update (RFC 7592, section 3): what was given anew takes the place of the old, and what was not stays.
    pub(crate) fn replaced_by(&self, response: &RegistrationResponse) -> Self {
        let new = Self::new(self.issuer.clone(), response);
        let management = self.management.as_ref().map(|old| Management {
            uri: response.registration_client_uri().unwrap_or(&old.uri).clone(),
            token: response.registration_access_token().unwrap_or(&old.token).clone(),
        });
        Self {
            has_secret: new.has_secret || self.has_secret,
            secret_expires_at: if new.has_secret { new.secret_expires_at } else { self.secret_expires_at },
            issued_at: new.issued_at.or(self.issued_at),
            management: management.or(new.management),
            ..new
        }
    }

    pub(crate) fn without_secret(&self) -> Self {
        Self {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            secret: None,
            has_secret: self.has_secret,
            secret_expires_at: self.secret_expires_at,
            issued_at: self.issued_at,
            management: self.management.clone(),
            metadata: self.metadata.clone(),
        }
    }

    pub(crate) fn management(&self) -> Result<&Management, ApiMisuse> {
        self.management.as_ref().ok_or(ApiMisuse::MissingEndpoint("registration_client_uri"))
    }

    /// The server whose client it is.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The identifier.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The secret that the server gave in this answer, once. It is in no stored form.
    #[must_use]
    pub const fn take_secret(&mut self) -> Option<ClientSecret> {
        self.secret.take()
    }

    /// When the secret expires; `None` for never, and where there is none. Register anew, or [update](crate::RegistrationManagement), before that.
    #[must_use]
    pub const fn secret_expires_at(&self) -> Option<Timestamp> {
        self.secret_expires_at
    }

    /// When the identifier was issued, if the server said so.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// Whether the server lets the client manage its registration (RFC 7592).
    #[must_use]
    pub const fn is_manageable(&self) -> bool {
        self.management.is_some()
    }

    /// What was registered, whatever was asked for.
    #[must_use]
    pub const fn metadata(&self) -> &ClientMetadata {
        &self.metadata
    }

    /// The client as the server registered it, whatever was asked for: how it authenticates, with the secret or private key of this name, whether its tokens are
    /// bound to its certificate, and with which algorithms the server signs ID tokens and authorization responses for it. "The authorization server MAY reject or
    /// replace any of the client's requested metadata values submitted during the registration and substitute them with suitable values" (RFC 7591, section
    /// 3.2.1). The name is for the keyring: make it say whose secret it is at which server.
    ///
    /// What else was registered is for you to heed: [`metadata`](Self::metadata).
    ///
    /// # Errors
    ///
    /// [`ApiMisuse::InvalidArgument`] where the method is not known here, needs a secret that was never given, or signs and the server does not say with which
    /// algorithm (`token_endpoint_auth_signing_alg`), and where what the server signs is by an algorithm that is not known here, or by none: make the [`Client`] by
    /// hand then.
    pub fn client(&self, key: impl Into<KeyId>) -> Result<Client, ApiMisuse> {
        let method = match (self.metadata.token_endpoint_auth_method_name(), self.has_secret) {
            // RFC 7591, section 2: without a word it is `client_secret_basic`. A server that gave no secret cannot mean that.
            (None, false) => Some(ClientAuthMethod::None),
            (None, true) | (Some(_), _) => self.metadata.token_endpoint_auth_method(),
        };
        let key = key.into();
        let algorithm = || {
            let name = self.metadata.token_endpoint_auth_signing_alg();
            name.and_then(Algorithm::from_name).ok_or(ApiMisuse::InvalidArgument("no algorithm is registered"))
        };
        let with_secret = |authentication: Authentication| {
            if self.has_secret {
                Ok(authentication)
            } else {
                Err(ApiMisuse::InvalidArgument("the server gave no secret"))
            }
        };
        let authentication = match method {
            Some(ClientAuthMethod::None) => Authentication::None,
            Some(ClientAuthMethod::ClientSecretBasic) => with_secret(Authentication::SecretBasic(key))?,
            Some(ClientAuthMethod::ClientSecretPost) => with_secret(Authentication::SecretPost(key))?,
            Some(ClientAuthMethod::ClientSecretJwt) => {
                with_secret(Authentication::SecretJwt(AssertionKey::new(key, algorithm()?)))?
            }
            Some(ClientAuthMethod::PrivateKeyJwt) => {
                Authentication::PrivateKeyJwt(AssertionKey::new(key, algorithm()?))
            }
            Some(ClientAuthMethod::TlsClientAuth) => Authentication::Tls,
            Some(ClientAuthMethod::SelfSignedTlsClientAuth) => Authentication::SelfSignedTls,
            Some(_) | None => return Err(ApiMisuse::InvalidArgument("the registered authentication is not known")),
        };
        let mut client = Client::new(self.client_id.clone(), authentication);
        // RFC 8705, section 3.4.
        if self.metadata.tls_client_certificate_bound_access_tokens() {
            client = client.certificate_bound_tokens();
        }
        let known = |name| Algorithm::from_name(name).ok_or(ApiMisuse::InvalidArgument("the algorithm is not known"));
        if let Some(name) = self.metadata.id_token_signed_response_alg() {
            client = client.id_token_signed_response_alg(known(name)?);
        }
        if let Some(name) = self.metadata.authorization_signed_response_alg() {
            client = client.authorization_signed_response_alg(known(name)?);
        }
        Ok(client)
    }

    pub(crate) fn to_body(&self) -> RegisteredBody {
        RegisteredBody {
            issuer: self.issuer.as_str().to_string(),
            client_id: self.client_id.as_str().to_string(),
            has_secret: self.has_secret,
            secret_expires_at: self.secret_expires_at.map(Timestamp::as_unix),
            issued_at: self.issued_at.map(Timestamp::as_unix),
            management: self.management.as_ref().map(Management::to_body),
            metadata: self.metadata.to_object().clone(),
        }
    }

    pub(crate) fn from_body(body: RegisteredBody) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            client_id: ClientId::new(body.client_id).ok()?,
            secret: None,
            has_secret: body.has_secret,
            secret_expires_at: body.secret_expires_at.map(Timestamp::from_unix),
            issued_at: body.issued_at.map(Timestamp::from_unix),
            management: match body.management {
                Some(management) => Some(Management::from_body(management)?),
                None => None,
            },
            metadata: ClientMetadata::from_object(body.metadata).ok()?,
        })
    }
}

/// Whole seconds, so that what is stored is what there was.
const fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_unix(at.as_unix())
}

impl Management {
    pub(crate) fn to_body(&self) -> ManagementBody {
        ManagementBody { uri: self.uri.as_str().to_string(), token: self.token.expose().to_string() }
    }

    pub(crate) fn from_body(body: ManagementBody) -> Option<Self> {
        Some(Self { uri: Endpoint::new(body.uri).ok()?, token: RegistrationAccessToken::new(body.token) })
    }
}

stored! {
    /// It holds the registration access token in the clear, and never the client secret: store it where only your program can read it.
    Registered, "registered", 1, RegisteredBody
}

/// [`Registered`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisteredBody {
    issuer: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "is_false")]
    has_secret: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_expires_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    management: Option<ManagementBody>,
    metadata: Object,
}

/// [`Management`] inside a stored registration.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagementBody {
    uri: String,
    token: String,
}
