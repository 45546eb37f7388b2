//! [`RegistrationResponse`].

use alloc::vec::Vec;
use core::fmt;

use jwt_core::Timestamp;

use super::{ClientMetadata, RegistrationAccessToken};
use crate::http::HttpResponse;
use crate::identifiers::{ClientId, Endpoint};
use crate::protected;
use crate::reading::Deviation;
use crate::response::{self, Expect, InvalidResponse, Member, Members, ResponseError, Success, Wire};
use crate::secret::ClientSecret;

/// A client as the server has it (RFC 7591, section 3.2.1; RFC 7592, section 3).
#[derive(Clone)]
pub struct RegistrationResponse {
    client_id: ClientId,
    client_secret: Option<(ClientSecret, Option<Timestamp>)>,
    client_id_issued_at: Option<Timestamp>,
    registration_access_token: Option<RegistrationAccessToken>,
    registration_client_uri: Option<Endpoint>,
    metadata: ClientMetadata,
    deviations: Vec<Deviation>,
}

impl RegistrationResponse {
    /// A client with this identifier, registered with all of these metadata (RFC 7591, section 3.2.1: "the authorization server MUST return all registered
    /// metadata about this client").
    #[must_use]
    pub const fn new(client_id: ClientId, metadata: ClientMetadata) -> Self {
        Self {
            client_id,
            client_secret: None,
            client_id_issued_at: None,
            registration_access_token: None,
            registration_client_uri: None,
            metadata,
            deviations: Vec::new(),
        }
    }

    /// Gives the client a secret, and says when it expires; `None` is never.
    #[must_use]
    pub fn with_client_secret(mut self, secret: ClientSecret, expires_at: Option<Timestamp>) -> Self {
        self.client_secret = Some((secret, expires_at.filter(|at| at.as_unix() > 0)));
        self
    }

    /// Says when the identifier was issued, in whole seconds.
    #[must_use]
    pub const fn with_client_id_issued_at(mut self, at: Timestamp) -> Self {
        self.client_id_issued_at = Some(at);
        self
    }

    /// Says where, and with which token, the client manages its registration (RFC 7592, section 3).
    #[must_use]
    pub fn with_management(mut self, uri: Endpoint, token: RegistrationAccessToken) -> Self {
        self.registration_client_uri = Some(uri);
        self.registration_access_token = Some(token);
        self
    }

    /// Reads the answer to a registration: 201 (RFC 7591, section 3.2.1). 200, which some servers send, is tolerated.
    ///
    /// # Errors
    ///
    /// [`ResponseError`]. A refusal may stand in a challenge (RFC 6750, section 3), for an initial access token that is not good.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        Ok(Self::read(protected::read(response, Success::with(201, "client_id"), expect)?)?)
    }

    /// Reads the answer to a read or an update: 200 (RFC 7592, sections 2.1, 2.2 and 3). Secret and registration access token may be new ones: the old ones
    /// are then to be forgotten.
    ///
    /// # Errors
    ///
    /// As [`RegistrationResponse::from_http`]; after 401, 403 or 404 the client or its token is gone (RFC 7592, sections 2.1 and 2.2).
    pub fn from_management(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        Ok(Self::read(protected::read(response, Success::with(200, "client_id"), expect)?)?)
    }

    fn read(mut members: Members) -> Result<Self, InvalidResponse> {
        let client_id = members.require_text("client_id")?;
        let client_id = ClientId::new(client_id).map_err(|_| InvalidResponse::Malformed { member: "client_id" })?;
        let secret = members.take_text("client_secret")?.map(ClientSecret::new);
        // One that cannot be read must not cost the client that is registered now.
        let expires_at = members.take_seconds("client_secret_expires_at")?.map(Timestamp::from_duration);
        let client_secret = match (secret, expires_at) {
            (Some(secret), Some(at)) => Some((secret, Some(at).filter(|at| at.as_unix() > 0))),
            (Some(secret), None) => {
                // RFC 7591, section 3.2.1: "client_secret_expires_at REQUIRED if "client_secret" is issued."
                members.tolerance.tolerate(Deviation::Missing { member: "client_secret_expires_at" })?;
                Some((secret, None))
            }
            (None, _) => None,
        };
        let client_id_issued_at = members.take_seconds("client_id_issued_at")?.map(Timestamp::from_duration);
        let registration_access_token =
            members.take_text("registration_access_token")?.map(RegistrationAccessToken::new);
        let uri = members.take_text_if("registration_client_uri", |uri| Endpoint::new(uri).is_ok())?;
        let registration_client_uri = uri.and_then(|uri| Endpoint::new(uri).ok());
        // RFC 7592, section 3: both are REQUIRED where there is one of them.
        match (&registration_access_token, &registration_client_uri) {
            (Some(_), None) => members.tolerance.tolerate(Deviation::Missing { member: "registration_client_uri" })?,
            (None, Some(_)) => {
                members.tolerance.tolerate(Deviation::Missing { member: "registration_access_token" })?;
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        let metadata = ClientMetadata::read(&mut members)?;
        Ok(Self {
            client_id,
            client_secret,
            client_id_issued_at,
            registration_access_token,
            registration_client_uri,
            metadata,
            deviations: members.tolerance.into_deviations(),
        })
    }

    /// The client's identifier at this server.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The client's secret.
    #[must_use]
    pub fn client_secret(&self) -> Option<&ClientSecret> {
        self.client_secret.as_ref().map(|(secret, _)| secret)
    }

    /// When the secret expires; `None` for never, and where there is no secret.
    #[must_use]
    pub fn client_secret_expires_at(&self) -> Option<Timestamp> {
        self.client_secret.as_ref().and_then(|(_, expires_at)| *expires_at)
    }

    /// When the identifier was issued.
    #[must_use]
    pub const fn client_id_issued_at(&self) -> Option<Timestamp> {
        self.client_id_issued_at
    }

    /// What the client shows where its registration is managed.
    #[must_use]
    pub const fn registration_access_token(&self) -> Option<&RegistrationAccessToken> {
        self.registration_access_token.as_ref()
    }

    /// Where its registration is managed.
    #[must_use]
    pub const fn registration_client_uri(&self) -> Option<&Endpoint> {
        self.registration_client_uri.as_ref()
    }

    /// What was registered, whatever was asked for.
    #[must_use]
    pub const fn metadata(&self) -> &ClientMetadata {
        &self.metadata
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// A server's answer to a registration.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        self.write(201)
    }

    /// A server's answer to a read or an update.
    #[must_use]
    pub fn to_management(&self) -> HttpResponse {
        self.write(200)
    }

    fn write(&self, status: u16) -> HttpResponse {
        let secret = self.client_secret.as_ref();
        let own = [
            ("client_id", Some(Member::Text(self.client_id.as_str()))),
            ("client_secret", secret.map(|(secret, _)| Member::Text(secret.expose()))),
            ("client_id_issued_at", self.client_id_issued_at.map(|at| Member::Number(at.as_unix()))),
            ("client_secret_expires_at", secret.map(|(_, at)| Member::Number(at.map_or(0, Timestamp::as_unix)))),
            (
                "registration_access_token",
                self.registration_access_token.as_ref().map(|token| Member::Text(token.expose())),
            ),
            ("registration_client_uri", self.registration_client_uri.as_ref().map(|uri| Member::Text(uri.as_str()))),
        ];
        response::json(status, &Wire { own, rest: self.metadata.to_object() })
    }
}

impl fmt::Debug for RegistrationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationResponse")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("client_id_issued_at", &self.client_id_issued_at)
            .field("registration_access_token", &self.registration_access_token)
            .field("registration_client_uri", &self.registration_client_uri)
            .field("metadata", &self.metadata)
            .field("deviations", &self.deviations)
            .finish()
    }
}
