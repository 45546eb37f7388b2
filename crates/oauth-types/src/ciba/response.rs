//! [`BackchannelAuthenticationResponse`].

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::json::Object;

use crate::device::{DEFAULT_INTERVAL, MIN_INTERVAL};
use crate::error_response::ErrorCode;
use crate::http::HttpResponse;
use crate::reading::Deviation;
use crate::response::{self, Expect, InvalidResponse, Member, Members, ResponseError, Success, Wire};
use crate::secret::AuthReqId;

/// The server's word that it asks the user (CIBA Core 1.0, section 7.3).
#[derive(Clone)]
pub struct BackchannelAuthenticationResponse {
    auth_req_id: AuthReqId,
    expires_in: Option<Duration>,
    interval: Option<Duration>,
    extra: Object,
    deviations: Vec<Deviation>,
}

impl BackchannelAuthenticationResponse {
    /// An answer with all that is required. `expires_in` counts in whole seconds.
    #[must_use]
    pub const fn new(auth_req_id: AuthReqId, expires_in: Duration) -> Self {
        Self { auth_req_id, expires_in: Some(expires_in), interval: None, extra: Object::new(), deviations: Vec::new() }
    }

    /// Says how long to wait between two polls, in whole seconds; [`MIN_INTERVAL`] at least. Not for clients that are registered for push.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval.max(MIN_INTERVAL));
        self
    }

    /// Reads an answer of the backchannel authentication endpoint.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] with the codes of CIBA Core 1.0, section 13, among others; [`ResponseError::Transient`] and
    /// [`ResponseError::Invalid`] as everywhere.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        // Section 13: 400, 401 for `invalid_client`, and "HTTP 403 Forbidden" for `access_denied`.
        let is_usual = |code: &ErrorCode, status| match status {
            400 | 401 => true,
            403 => *code == ErrorCode::AccessDenied,
            _ => false,
        };
        Ok(Self::read(response::read_by(response, Success::with(200, "auth_req_id"), is_usual, expect)?)?)
    }

    fn read(mut members: Members<'_>) -> Result<Self, InvalidResponse> {
        let auth_req_id = AuthReqId::new(members.require_text("auth_req_id")?);
        let expires_in = members.take_seconds("expires_in")?;
        if expires_in.is_none() {
            members.tolerance.tolerate(Deviation::Missing { member: "expires_in" })?;
        }
        let interval = members.take_seconds("interval")?.map(|interval| interval.max(MIN_INTERVAL));
        let (extra, deviations) = members.into_rest();
        Ok(Self { auth_req_id, expires_in, interval, extra, deviations })
    }

    /// What names the authentication request: in polls, and in notifications.
    #[must_use]
    pub const fn auth_req_id(&self) -> &AuthReqId {
        &self.auth_req_id
    }

    /// How long it lives from when the answer was made; zero if it has expired already, `None` if the server did not say, which
    /// [`Reading::Strict`](crate::Reading::Strict) refuses. What is beyond all numbers is the largest one: add it with saturation.
    #[must_use]
    pub const fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// How long to wait between two polls, counted from the start of one to the start of the next: as the server says, [`DEFAULT_INTERVAL`] if it says
    /// nothing that can be read (CIBA Core 1.0, section 7.3), and [`MIN_INTERVAL`] at least.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval.unwrap_or(DEFAULT_INTERVAL)
    }

    response::further!();

    /// The answer of a server.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let own = [
            ("auth_req_id", Some(Member::Text(self.auth_req_id.expose()))),
            ("expires_in", self.expires_in.map(|lifetime| Member::Number(lifetime.as_secs()))),
            ("interval", self.interval.map(|interval| Member::Number(interval.as_secs()))),
        ];
        response::json(200, &Wire { own, rest: &self.extra })
    }
}

impl fmt::Debug for BackchannelAuthenticationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackchannelAuthenticationResponse")
            .field("auth_req_id", &self.auth_req_id)
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .field("extra", &self.extra.len())
            .field("deviations", &self.deviations)
            .finish()
    }
}
