//! Device authorization (RFC 8628, sections 3.1 and 3.2): [`DeviceAuthorizationRequest`], [`DeviceAuthorizationResponse`].
//!
//! ```text
//! POST /device_authorization HTTP/1.1
//! Content-Type: application/x-www-form-urlencoded
//!
//! client_id=1406020730&scope=example_scope
//! ```
//!
//! A device that cannot show a browser asks for a code, shows it, and polls the token endpoint while its user goes to another machine. What is checked
//! here: that all required members are there, and that what the user shall open is an `https` URL (`http` on loopback hosts). How often to poll, and until
//! when, is for whoever polls (RFC 8628, section 3.5): never more often than [`DeviceAuthorizationResponse::interval`], never after
//! [`DeviceAuthorizationResponse::expires_in`].
//!
//! ```
//! use jwt_core::Timestamp;
//! use oauth_types::{ClientAuth, ClientId, DeviceAuthorizationRequest, DeviceAuthorizationResponse, Endpoint, Expect, HttpResponse, Scope};
//!
//! let request = DeviceAuthorizationRequest::new().with_scope(Scope::parse("example_scope")?);
//! let endpoint = Endpoint::new("https://server.example.com/device_authorization")?;
//! let http = request.to_http(&endpoint, &ClientId::new("1406020730")?, &ClientAuth::None)?;
//! assert_eq!(http.body(), b"scope=example_scope&client_id=1406020730");
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
//!     r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
//!         "verification_uri":"https://example.com/device","expires_in":1800}"#,
//! );
//! let device = DeviceAuthorizationResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! assert_eq!((device.user_code(), device.verification_uri()), ("WDJB-MJHT", "https://example.com/device"));
//! assert_eq!(device.interval().as_secs(), 5); // the default
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::json::{Object, Value};

use crate::client_auth::{ClientAuth, PresentedClient};
use crate::error_response::readable;
use crate::http::{HttpRequest, HttpResponse, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, IdentifierError, Resource, Scope};
use crate::rar::{self, AuthorizationDetails};
use crate::reading::Deviation;
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::response::{self, Expect, InvalidResponse, Member, Members, Piece, ResponseError, Success, Wire};
use crate::secret::DeviceCode;

/// Asks for a device code (RFC 8628, section 3.1).
#[derive(Clone, Debug)]
pub struct DeviceAuthorizationRequest {
    scope: Option<Scope>,
    resources: Vec<Resource>,
    authorization_details: AuthorizationDetails,
    parameters: Further,
}

impl DeviceAuthorizationRequest {
    /// A request that asks for nothing in particular.
    #[must_use]
    pub const fn new() -> Self {
        let authorization_details = AuthorizationDetails::new();
        Self { scope: None, resources: Vec::new(), authorization_details, parameters: Further::new() }
    }

    /// Asks for this scope. An empty one is not sent.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The scope that is asked for.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    request::targets!();

    request::further!();

    /// The request as it goes to the server. It may be repeated: a code that nobody enters does no harm.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the caller's own,
    /// [`BuildError::Credentials`] as [`ClientAuth::authorization`].
    pub fn to_http(
        &self,
        endpoint: &Endpoint,
        client_id: &ClientId,
        auth: &ClientAuth,
    ) -> Result<HttpRequest, BuildError> {
        let details = rar::parameter(&self.authorization_details);
        let mut own: Vec<(&str, &str)> = Vec::with_capacity(4);
        own.extend(self.scope.as_ref().filter(|scope| !scope.is_empty()).map(|scope| ("scope", scope.as_str())));
        own.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        own.extend(details.iter().map(|details| ("authorization_details", details.as_str())));
        let kind = (Purpose::DeviceAuthorization, Replay::Safe);
        request::post(endpoint, kind, &own, &self.parameters, RESERVED, (client_id, auth))
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<(Self, PresentedClient), RequestError> {
        let mut parameters = Parameters::read(request)?;
        let client = PresentedClient::take(request, &mut parameters)?;
        let scope = parameters.take_with("scope", Scope::parse)?;
        let resources = parameters.take_resources()?;
        let authorization_details = parameters.take_authorization_details()?;
        let parameters = Further::rest_of(&parameters, RESERVED);
        Ok((Self { scope, resources, authorization_details, parameters }, client))
    }
}

impl Default for DeviceAuthorizationRequest {
    fn default() -> Self {
        Self::new()
    }
}

/// The codes, and where the user enters one of them (RFC 8628, section 3.2).
///
/// `Debug` shows neither code: whoever sees the user code could talk somebody into entering it (RFC 8628, section 5.4).
#[derive(Clone)]
pub struct DeviceAuthorizationResponse {
    device_code: DeviceCode,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: Option<Duration>,
    interval: Option<Duration>,
    extra: Object,
    deviations: Vec<Deviation>,
}

impl DeviceAuthorizationResponse {
    /// An answer with all that is required. `expires_in` counts in whole seconds.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] if the URI is not one that [`DeviceAuthorizationResponse::from_http`] would read, [`IdentifierError::Character`] if the user
    /// code is empty or cannot be shown.
    pub fn new(
        device_code: DeviceCode,
        user_code: impl Into<String>,
        verification_uri: impl Into<String>,
        expires_in: Duration,
    ) -> Result<Self, IdentifierError> {
        let (user_code, verification_uri) = (user_code.into(), verification_uri.into());
        check_page(&verification_uri)?;
        if device_code.expose().is_empty() || !is_showable(&user_code) {
            return Err(IdentifierError::Character);
        }
        Ok(Self {
            device_code,
            user_code,
            verification_uri,
            verification_uri_complete: None,
            expires_in: Some(expires_in),
            interval: None,
            extra: Object::new(),
            deviations: Vec::new(),
        })
    }

    /// Adds the URI with the user code in it (RFC 8628, section 3.3.1).
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] if it is no `https` URL (`http` on loopback hosts).
    pub fn with_verification_uri_complete(mut self, uri: impl Into<String>) -> Result<Self, IdentifierError> {
        let uri = uri.into();
        check_page(&uri)?;
        self.verification_uri_complete = Some(uri);
        Ok(self)
    }

    /// Says how long to wait between two polls, in whole seconds; [`MIN_INTERVAL`] at least.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval.max(MIN_INTERVAL));
        self
    }

    /// Reads an answer of the device authorization endpoint.
    ///
    /// # Errors
    ///
    /// [`ResponseError`]; [`InvalidResponse::Malformed`] also for a `verification_uri` to which nobody should be sent.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        Ok(Self::read(response::read(response, Success::with(200, "user_code"), expect)?)?)
    }

    fn read(mut members: Members) -> Result<Self, InvalidResponse> {
        // Facebook's device login.
        let device_code = require_as(&mut members, "device_code", "code")?;
        let user_code = members.require_text("user_code")?;
        if !is_showable(&user_code) {
            return Err(InvalidResponse::Malformed { member: "user_code" });
        }
        // Google, and Entra's older endpoint.
        let verification_uri = require_as(&mut members, "verification_uri", "verification_url")?;
        if check_page(&verification_uri).is_err() {
            return Err(InvalidResponse::Malformed { member: "verification_uri" });
        }
        let verification_uri_complete =
            members.take_text_if("verification_uri_complete", |uri| check_page(uri).is_ok())?;
        let expires_in = members.take_seconds("expires_in")?;
        if expires_in.is_none() {
            members.tolerance.tolerate(Deviation::Missing { member: "expires_in" })?;
        }
        let interval = members.take_seconds("interval")?.map(|interval| interval.max(MIN_INTERVAL));
        let (extra, deviations) = members.into_rest();
        Ok(Self {
            device_code: DeviceCode::new(device_code),
            user_code,
            verification_uri,
            verification_uri_complete,
            expires_in,
            interval,
            extra,
            deviations,
        })
    }

    /// What the device polls with.
    #[must_use]
    pub const fn device_code(&self) -> &DeviceCode {
        &self.device_code
    }

    /// What the user enters, to be shown also where [`DeviceAuthorizationResponse::verification_uri_complete`] is used (RFC 8628, section 3.3.1). Fit for
    /// display: not empty, and no control characters in it.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where the user enters it: an `https` URL (`http` on loopback hosts).
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// The same with the user code in it, for a QR code, say (RFC 8628, section 3.3.1).
    #[must_use]
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.verification_uri_complete.as_deref()
    }

    /// How long the codes live from when the answer was made; zero if they have expired already, `None` if the server did not say, which
    /// [`Reading::Strict`](crate::Reading::Strict) refuses. What is beyond all numbers is the largest one: add it with saturation.
    #[must_use]
    pub const fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// How long to wait between two polls: as the server says, [`DEFAULT_INTERVAL`] if it says nothing that can be read, and [`MIN_INTERVAL`] at least.
    #[must_use]
    pub fn interval(&self) -> Duration {
        // RFC 8628, section 3.2: "If no value is provided, clients MUST use 5 as the default."
        self.interval.unwrap_or(DEFAULT_INTERVAL)
    }

    response::further!();

    /// The answer of a server.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let own = [
            ("device_code", Some(Member::Text(self.device_code.expose()))),
            ("user_code", Some(Member::Text(&self.user_code))),
            ("verification_uri", Some(Member::Text(&self.verification_uri))),
            ("verification_uri_complete", self.verification_uri_complete.as_deref().map(Member::Text)),
            ("expires_in", self.expires_in.map(|lifetime| Member::Number(lifetime.as_secs()))),
            ("interval", self.interval.map(|interval| Member::Number(interval.as_secs()))),
        ];
        response::json(200, &Wire { own, rest: &self.extra })
    }
}

impl fmt::Debug for DeviceAuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorizationResponse")
            .field("device_code", &self.device_code)
            .field("verification_uri", &self.verification_uri)
            .field("verification_uri_complete", &self.verification_uri_complete.is_some())
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .field("extra", &self.extra.len())
            .field("deviations", &self.deviations)
            .finish_non_exhaustive()
    }
}

/// A required text, which may come under another name.
fn require_as(members: &mut Members<'_>, member: &'static str, other: &'static str) -> Result<String, InvalidResponse> {
    let missing = matches!(members.object.get(member), None | Some(Piece::Other(Value::Null)));
    if missing && !members.tolerance.is_strict() && matches!(members.object.get(other), Some(Piece::Text(_))) {
        members.tolerance.tolerate(Deviation::Misnamed { member, found: other })?;
        members.object.remove(member);
        return members.require_text(other).map_err(|_| InvalidResponse::Missing { member });
    }
    members.require_text(member)
}

/// A page that a browser is sent to: as an endpoint, but that it may have a fragment.
fn check_page(uri: &str) -> Result<(), IdentifierError> {
    let (page, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    Endpoint::new(page)?;
    if fragment.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(()) } else { Err(IdentifierError::Character) }
}

/// RFC 8628, section 6.1: made to be read and typed by people.
fn is_showable(user_code: &str) -> bool {
    !user_code.is_empty() && user_code.len() <= MAX_USER_CODE_BYTES && !readable(user_code).1
}

/// How long to wait between two polls if the server does not say (RFC 8628, section 3.2).
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// The shortest time between two polls: servers are known to answer with an interval of zero, and none means it.
pub const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// How long a user code may be, in bytes: ten times the longest ones in use.
const MAX_USER_CODE_BYTES: usize = 128;

/// What the request sets itself.
const RESERVED: &[&str] = &["scope", "resource", "authorization_details"];

#[cfg(test)]
mod tests;
