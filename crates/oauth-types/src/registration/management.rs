//! [`ManagementRequest`] and [`DeletionResponse`].

use alloc::vec::Vec;

use jwt_core::json::Value;

use super::metadata::SERVERS;
use super::request::with_json;
use super::{ClientMetadata, RegistrationAccessToken};
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint};
use crate::reading::Deviation;
use crate::request::{self, BuildError, RequestError};
use crate::response::{self, Expect, Joined, ResponseError};
use crate::secret::ClientSecret;
use crate::{access_token, protected};

/// What a client asks about its own registration, at [`RegistrationResponse::registration_client_uri`](super::RegistrationResponse) and with the token that
/// came with it (RFC 7592, section 2). Read and update are answered by
/// [`RegistrationResponse::from_management`](super::RegistrationResponse::from_management), a deletion by
/// [`DeletionResponse::from_http`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ManagementRequest {
    /// `GET` (section 2.1): what is registered?
    Read,
    /// `PUT` (section 2.2): these are the metadata now. They replace all that was registered, so begin with what the server sent.
    #[non_exhaustive]
    Update {
        /// The client's identifier, which does not change.
        client_id: ClientId,
        /// The current secret, if the client wants to show it. It cannot choose one.
        client_secret: Option<ClientSecret>,
        /// What is to be registered.
        metadata: ClientMetadata,
    },
    /// `DELETE` (section 2.3): the client is no more.
    Delete,
}

impl ManagementRequest {
    /// An update with these metadata.
    #[must_use]
    pub const fn update(client_id: ClientId, client_secret: Option<ClientSecret>, metadata: ClientMetadata) -> Self {
        Self::Update { client_id, client_secret, metadata }
    }

    /// The request as it goes to the server. It may be repeated: each of them means the same the second time.
    ///
    /// # Errors
    ///
    /// [`BuildError::AccessToken`] if the token is not of the syntax of RFC 6750, section 2.1.
    pub fn to_http(&self, uri: &Endpoint, token: &RegistrationAccessToken) -> Result<HttpRequest, BuildError> {
        let new = |method| HttpRequest::new(method, uri.shared(), Purpose::Registration);
        let request = match self {
            Self::Read => new(Method::Get).with_header("accept", "application/json"),
            Self::Delete => new(Method::Delete).with_header("accept", "application/json"),
            Self::Update { client_id, client_secret, metadata } => {
                // Section 2.2: "MUST NOT include the registration_access_token, registration_client_uri, client_secret_expires_at, or
                // client_id_issued_at fields".
                let secret = client_secret.as_ref().map(|secret| ("client_secret", secret.expose()));
                let own = [("client_id", client_id.as_str())].into_iter().chain(secret).collect();
                with_json(new(Method::Put), &Joined { own, rest: metadata.to_object(), reserved: SERVERS })
            }
        };
        // A rotated token or secret would be lost with an answer that was not read: a read brings it again.
        access_token::with_bearer(request.with_replay(Replay::Safe), token.expose())
    }

    /// Reads a request that came to a server, and the token that was shown: compare it before anything else, by [`RegistrationAccessToken::matches`].
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it. [`RequestError::ClientMetadata`] for an update with what only a server says.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, RegistrationAccessToken), RequestError> {
        let token = || access_token::required_bearer(request).map(|token| RegistrationAccessToken::new(token.expose()));
        match request.method() {
            Method::Get => Ok((Self::Read, token()?)),
            Method::Delete => Ok((Self::Delete, token()?)),
            Method::Put => {
                // Without a token nothing else counts.
                let token = token()?;
                Ok((Self::read_update(request)?, token))
            }
            Method::Post => Err(RequestError::MethodOtherThan { allowed: "GET, PUT, DELETE" }),
        }
    }

    fn read_update(request: &HttpRequest) -> Result<Self, RequestError> {
        let mut object = request::read_json(request)?;
        let client_id = match object.remove("client_id") {
            Some(Value::String(id)) => ClientId::new(id).ok(),
            Some(_) | None => None,
        };
        let client_id = client_id.ok_or(RequestError::ClientMetadata { member: "client_id" })?;
        let client_secret = match object.remove("client_secret") {
            None | Some(Value::Null) => None,
            Some(Value::String(secret)) if !secret.is_empty() => Some(ClientSecret::new(secret)),
            Some(_) => return Err(RequestError::ClientMetadata { member: "client_secret" }),
        };
        if let Some(member) = SERVERS.iter().find(|member| object.get(member).is_some()) {
            return Err(RequestError::ClientMetadata { member });
        }
        Ok(Self::Update { client_id, client_secret, metadata: ClientMetadata::read_request(object)? })
    }
}

/// The server's word that the client is no more (RFC 7592, section 2.3): the answer to [`ManagementRequest::Delete`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionResponse {
    deviations: Vec<Deviation>,
}

impl DeletionResponse {
    /// The one success there is.
    #[must_use]
    pub const fn new() -> Self {
        Self { deviations: Vec::new() }
    }

    /// Reads the answer to a deletion: 204. The body of a success is not looked at.
    ///
    /// # Errors
    ///
    /// [`ResponseError`]; after 401 or 404 the client was gone already.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        Ok(Self { deviations: protected::read_empty(response, 204, expect)?.into_deviations() })
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The answer of a server.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        response::no_store(HttpResponse::new(204))
    }
}
