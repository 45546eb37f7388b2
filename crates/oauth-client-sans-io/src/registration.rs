//! [`Registration`], [`RegistrationManagement`] and [`Deregistration`]: becoming a client of a server, and managing it (RFC 7591, RFC 7592).

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use jwt_core::json::Object;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::reading::Reading;
use oauth_types::registration::{
    ClientMetadata, DeletionResponse, ManagementRequest, RegistrationRequest, RegistrationResponse,
};
use oauth_types::response::{Expect, InvalidResponse, ResponseError};
use oauth_types::{AccessToken, Endpoint, HttpRequest, Issuer, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Party, reading};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow, is_false};
use crate::registered::{Management, Registered, RegisteredBody};

/// Registers a client at a server (RFC 7591): openly, or with an initial access token.
///
/// What the server answers is what counts, whatever was asked for (RFC 7591, section 3.2.1): [`Registered`] holds it. A software statement is a member of the
/// metadata ([`ClientMetadata::with_software_statement`]).
///
/// # Theory of operation
///
/// One request. It makes a client each time, so it is sent again only where it certainly was not sent.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> outstanding: resume, poll
///     outstanding --> done: 200 (Registered)
///     outstanding --> waiting: not sent
///     outstanding --> failed: anything else
///     waiting --> outstanding: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// From metadata to a [`Client`](crate::Client): the secret goes to the keyring, and the client has its name only.
///
/// ```
/// use jwt_core::{Keyring, Moments, Secret, Timestamp};
/// use oauth_client_sans_io::{Authentication, Flow, Registration, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientMetadata, Endpoint, HttpResponse, Issuer, RedirectUri};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(2_893_256_800);
/// let server = AuthorizationServer::new(Issuer::new("https://server.example.com")?)
///     .with_registration_endpoint(Endpoint::new("https://server.example.com/register")?);
/// let metadata = ClientMetadata::new()
///     .with_redirect_uris([RedirectUri::new("https://client.example.org/callback")?])
///     .with_client_name("My Example Client");
///
/// let mut flow = Registration::new(&server, metadata)?;
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!() };
/// assert_eq!(request.url(), "https://server.example.com/register");
/// // RFC 7591, section 3.2.1
/// let response = HttpResponse::new(201).with_header("content-type", "application/json").with_body(
///     r#"{"client_id":"s6BhdRkqt3","client_secret":"cf136dc3c1fc93f31185e5885805d","client_secret_expires_at":2893276800,
///         "redirect_uris":["https://client.example.org/callback"],"token_endpoint_auth_method":"client_secret_basic"}"#,
/// );
/// let Step::Done(mut registered) = flow.handle_response(at.at(now), response)? else { panic!() };
/// assert_eq!(registered.issuer().as_str(), "https://server.example.com");
///
/// let secret = registered.take_secret().ok_or("no secret")?;
/// let keyring = Keyring::new().secret("s6BhdRkqt3 at server.example.com", Secret::new(secret.expose()));
/// let client = registered.client("s6BhdRkqt3 at server.example.com")?;
/// assert!(matches!(client.authentication(), Authentication::SecretBasic(_)));
/// assert_eq!(registered.secret_expires_at(), Some(Timestamp::from_unix(2_893_276_800)));
/// # drop(keyring);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Registration {
    exchange: Exchange<NewRequest>,
}

impl Registration {
    /// Registers a client with these metadata.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no registration endpoint.
    pub fn new(server: &AuthorizationServer, metadata: ClientMetadata) -> Result<Self, Error> {
        let endpoint = server.registration_endpoint().ok_or(ApiMisuse::MissingEndpoint("registration_endpoint"))?;
        let request = NewRequest {
            issuer: server.issuer().clone(),
            endpoint: endpoint.clone(),
            metadata,
            initial_access_token: None,
            reading: Reading::Interop,
        };
        Ok(Self { exchange: Exchange::new(request) })
    }

    /// Shows a token that allows to register (RFC 7591, section 3).
    #[must_use]
    pub fn initial_access_token(mut self, token: AccessToken) -> Self {
        self.exchange.request_mut().initial_access_token = Some(token);
        self
    }

    /// Reads the server's answer like this instead of with [`Reading::Interop`].
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.exchange.request_mut().reading = reading;
        self
    }
}

exchange_flow! {
    /// It holds the initial access token in the clear: store it where only your program can read it.
    Registration(NewRequest) -> Registered, "registration", 1
}

#[derive(Debug)]
struct NewRequest {
    issuer: Issuer,
    endpoint: Endpoint,
    metadata: ClientMetadata,
    initial_access_token: Option<AccessToken>,
    reading: Reading,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBody {
    issuer: String,
    endpoint: String,
    metadata: Object,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initial_access_token: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    strict: bool,
}

fn read<T>(response: Result<T, ResponseError>) -> Result<T, Error> {
    response.map_err(|error| Error::of_response(Operation::Registration, error))
}

impl Outgoing for NewRequest {
    const OPERATION: Operation = Operation::Registration;
    const REPLAY: Replay = Replay::IfNotSent;
    type Output = Registered;
    type Body = NewBody;

    fn party(&self) -> Option<&Party> {
        None
    }

    fn to_http(&self, _: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let mut request = RegistrationRequest::new(self.metadata.clone());
        if let Some(token) = &self.initial_access_token {
            request = request.with_initial_access_token(token.clone());
        }
        request.to_http(&self.endpoint).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<Registered, Error> {
        let expect = Expect::new(received.now).reading(self.reading);
        let response = read(RegistrationResponse::from_http(received.response, &expect))?;
        Ok(Registered::new(self.issuer.clone(), &response))
    }

    fn to_body(&self) -> NewBody {
        NewBody {
            issuer: self.issuer.as_str().to_string(),
            endpoint: self.endpoint.as_str().to_string(),
            metadata: self.metadata.to_object().clone(),
            initial_access_token: self.initial_access_token.as_ref().map(|token| token.expose().to_string()),
            strict: self.reading.is_strict(),
        }
    }

    fn from_body(body: NewBody) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            endpoint: Endpoint::new(body.endpoint).ok()?,
            metadata: ClientMetadata::from_object(body.metadata).ok()?,
            initial_access_token: body.initial_access_token.map(AccessToken::new),
            reading: reading(body.strict),
        })
    }
}

/// Reads or replaces what is registered of a client (RFC 7592, sections 2.1 and 2.2).
///
/// Its output takes the place of the [`Registered`] that it was made from, at once and for good: the server may have given a new secret, a new registration access
/// token and a new place to show it, and the old ones are then nothing any more. What it does not give anew is what it was.
///
/// # Theory of operation
///
/// One request, which means the same when it is sent again. A new token or secret that is lost with an answer is brought by the next [`read`](Self::read).
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> outstanding: resume, poll
///     outstanding --> done: 200 (Registered)
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> failed: anything else
///     waiting --> outstanding: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moment, Timestamp};
/// use oauth_client_sans_io::{Flow, Registered, RegistrationManagement, Step};
///
/// # let stored = r#"registered.1.{"issuer":"https://server.example.com","client_id":"s6BhdRkqt3","metadata":{},"management":{"uri":"https://server.example.com/register/s6BhdRkqt3","token":"this.is.an.access.token"}}"#;
/// let registered = Registered::from_stored(stored)?;
/// let metadata = registered.metadata().clone().with_client_name("My New Example");
/// let mut flow = RegistrationManagement::update(&registered, metadata)?;
/// let at = Moment::new(Timestamp::from_unix(1_700_000_000), [42; 32]); // 32 bytes of your random source
/// let Step::Send(request) = flow.resume(at)? else { panic!() };
/// assert_eq!((request.method().as_str(), request.url()), ("PUT", "https://server.example.com/register/s6BhdRkqt3"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RegistrationManagement {
    exchange: Exchange<ManageRequest>,
}

impl RegistrationManagement {
    /// Asks what is registered.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server gave no place and token for that.
    pub fn read(registered: &Registered) -> Result<Self, Error> {
        Self::of(registered, None)
    }

    /// Says that these are the metadata now: they replace all that was registered, so begin with [`Registered::metadata`].
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server gave no place and token for that.
    pub fn update(registered: &Registered, metadata: ClientMetadata) -> Result<Self, Error> {
        Self::of(registered, Some(metadata))
    }

    fn of(registered: &Registered, update: Option<ClientMetadata>) -> Result<Self, Error> {
        let management = registered.management()?.clone();
        let request =
            ManageRequest { registered: registered.without_secret(), management, update, reading: Reading::Interop };
        Ok(Self { exchange: Exchange::new(request) })
    }

    /// Reads the server's answer like this instead of with [`Reading::Interop`].
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.exchange.request_mut().reading = reading;
        self
    }
}

exchange_flow! {
    /// It holds the registration access token in the clear: store it where only your program can read it.
    RegistrationManagement(ManageRequest) -> Registered, "registration_management", 1
}

#[derive(Debug)]
struct ManageRequest {
    registered: Registered,
    management: Management,
    update: Option<ClientMetadata>,
    reading: Reading,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManageBody {
    registered: Box<RegisteredBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    update: Option<Object>,
    #[serde(default, skip_serializing_if = "is_false")]
    strict: bool,
}

impl Outgoing for ManageRequest {
    const OPERATION: Operation = Operation::Registration;
    const REPLAY: Replay = Replay::Safe;
    type Output = Registered;
    type Body = ManageBody;

    fn party(&self) -> Option<&Party> {
        None
    }

    fn to_http(&self, _: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let request = match &self.update {
            None => ManagementRequest::Read,
            Some(metadata) => ManagementRequest::update(self.registered.client_id().clone(), None, metadata.clone()),
        };
        request.to_http(&self.management.uri, &self.management.token).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<Registered, Error> {
        let expect = Expect::new(received.now).reading(self.reading);
        let response = read(RegistrationResponse::from_management(received.response, &expect))?;
        // RFC 7592, section 3: it is this client, whatever else changed.
        if response.client_id() != self.registered.client_id() {
            return Err(Error::InvalidResponse {
                operation: Self::OPERATION,
                reason: InvalidResponse::Malformed { member: "client_id" }.into(),
            });
        }
        Ok(self.registered.replaced_by(&response))
    }

    fn to_body(&self) -> ManageBody {
        ManageBody {
            registered: Box::new(self.registered.to_body()),
            update: self.update.as_ref().map(|metadata| metadata.to_object().clone()),
            strict: self.reading.is_strict(),
        }
    }

    fn from_body(body: ManageBody) -> Option<Self> {
        let registered = Registered::from_body(*body.registered)?;
        Some(Self {
            management: registered.management().ok()?.clone(),
            registered,
            update: body.update.map(ClientMetadata::from_object).transpose().ok()?,
            reading: reading(body.strict),
        })
    }
}

/// Ends a registration (RFC 7592, section 2.3): the client is no more, and neither are its tokens.
///
/// # Theory of operation
///
/// One request, which means the same when it is sent again; a second one may find the client gone, and is then refused with `invalid_token`.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> outstanding: resume, poll
///     outstanding --> done: 200 (gone)
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> failed: anything else
///     waiting --> outstanding: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Deregistration, Flow, Registered, Step};
/// use oauth_types::HttpResponse;
///
/// # let stored = r#"registered.1.{"issuer":"https://server.example.com","client_id":"s6BhdRkqt3","metadata":{},"management":{"uri":"https://server.example.com/register/s6BhdRkqt3","token":"this.is.an.access.token"}}"#;
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut flow = Deregistration::new(&Registered::from_stored(stored)?)?;
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!() };
/// assert_eq!(request.method().as_str(), "DELETE");
/// let Step::Done(()) = flow.handle_response(at.at(now), HttpResponse::new(204))? else { panic!() };
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Deregistration {
    exchange: Exchange<DeleteRequest>,
}

impl Deregistration {
    /// Ends this registration.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server gave no place and token for that.
    pub fn new(registered: &Registered) -> Result<Self, Error> {
        Ok(Self { exchange: Exchange::new(DeleteRequest(registered.management()?.clone())) })
    }
}

exchange_flow! {
    /// It holds the registration access token in the clear: store it where only your program can read it.
    Deregistration(DeleteRequest) -> (), "deregistration", 1
}

#[derive(Debug)]
struct DeleteRequest(Management);

impl Outgoing for DeleteRequest {
    const OPERATION: Operation = Operation::Registration;
    const REPLAY: Replay = Replay::Safe;
    type Output = ();
    type Body = crate::registered::ManagementBody;

    fn party(&self) -> Option<&Party> {
        None
    }

    fn to_http(&self, _: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        ManagementRequest::Delete.to_http(&self.0.uri, &self.0.token).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<(), Error> {
        read(DeletionResponse::from_http(received.response, &Expect::new(received.now))).map(drop)
    }

    fn to_body(&self) -> Self::Body {
        self.0.to_body()
    }

    fn from_body(body: Self::Body) -> Option<Self> {
        Management::from_body(body).map(Self)
    }
}
