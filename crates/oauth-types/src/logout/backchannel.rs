//! [`BackchannelLogoutRequest`] and [`BackchannelLogoutResponse`].

use alloc::vec::Vec;

use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::{HttpRequest, HttpResponse, Purpose, Replay};
use crate::identifiers::Endpoint;
use crate::reading::Deviation;
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::response::{self, Expect, ResponseError};
use crate::secret::secret;

secret! {
    /// A logout token as it came (Back-Channel Logout 1.0, section 2.4), not yet verified. It names a person, so it is kept out of logs like a secret.
    LogoutToken
}

/// Tells a client that a user has logged out (Back-Channel Logout 1.0, section 2.5).
#[derive(Clone, Debug)]
pub struct BackchannelLogoutRequest {
    logout_token: LogoutToken,
    parameters: Further,
}

impl BackchannelLogoutRequest {
    /// A request with this logout token.
    ///
    /// # Errors
    ///
    /// [`BuildError::MalformedParameter`] if it is empty.
    pub fn new(logout_token: LogoutToken) -> Result<Self, BuildError> {
        if logout_token.expose().is_empty() {
            return Err(BuildError::MalformedParameter { name: "logout_token" });
        }
        Ok(Self { logout_token, parameters: Further::new() })
    }

    request::further!();

    /// The request as it goes to the client. It may be repeated if it surely was not sent: a client may refuse a logout token that it has seen
    /// (Back-Channel Logout, section 2.6), and a refusal would say that nobody was logged out.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the server's own.
    pub fn to_http(&self, endpoint: &Endpoint) -> Result<HttpRequest, BuildError> {
        let own = [(LOGOUT_TOKEN, self.logout_token.expose())];
        let kind = (Purpose::Logout, Replay::IfNotSent);
        request::post_without_client(endpoint, kind, &own, &self.parameters, &[LOGOUT_TOKEN])
    }

    /// Reads a request that came to a client. Nothing of it has been verified: anybody can post there.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it.
    pub fn from_http(request: &HttpRequest) -> Result<Self, RequestError> {
        let mut parameters = Parameters::read(request)?;
        let logout_token = LogoutToken::new(parameters.require(LOGOUT_TOKEN)?);
        // Section 2.5: "The POST body MAY contain other values in addition to logout_token. Values that are not understood by the implementation MUST be
        // ignored." They are kept for whoever does understand them.
        let parameters = Further::rest_of(&parameters, &[LOGOUT_TOKEN]);
        Ok(Self { logout_token, parameters })
    }

    /// What says who has logged out.
    #[must_use]
    pub const fn logout_token(&self) -> &LogoutToken {
        &self.logout_token
    }
}

/// What the request sets itself.
const LOGOUT_TOKEN: &str = "logout_token";

/// The client's word that the user is logged out there too (Back-Channel Logout 1.0, section 2.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackchannelLogoutResponse {
    deviations: Vec<Deviation>,
}

impl BackchannelLogoutResponse {
    /// The one success there is.
    #[must_use]
    pub const fn new() -> Self {
        Self { deviations: Vec::new() }
    }

    /// Reads the answer of a client: 200; 204 is tolerated (section 2.8: servers "should be prepared to also process an HTTP 204 No Content response"). The
    /// body of a success is not looked at.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] for 400: the token was not good, or the logout failed; [`ErrorCode::InvalidRequest`] if the body does not say more.
    /// [`ResponseError::Transient`] and [`ResponseError::Invalid`] as everywhere.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        let read = |success| match response::read(response, success, expect) {
            // Section 2.8: the body may hold an error, and need not.
            Err(ResponseError::Transient { .. } | ResponseError::Invalid(_)) | Ok(_) if response.status() == 400 => {
                Err(ResponseError::Refused(ErrorResponse::new(ErrorCode::InvalidRequest)))
            }
            verdict => verdict,
        };
        let tolerance = response::read_empty(response, 200, expect, read)?;
        Ok(Self { deviations: tolerance.into_deviations() })
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The answer of a client that did as it was told. Section 2.8: "The RP's response SHOULD include the Cache-Control HTTP response header field with a
    /// no-store value".
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        response::no_store(HttpResponse::new(200))
    }

    /// The answer of a client that does not trust the token, or could not log the user out: 400, with an error for whoever reads the log there.
    #[must_use]
    pub fn refused_to_http(description: &str) -> HttpResponse {
        ErrorResponse::new(ErrorCode::InvalidRequest).with_description(description).to_http(400)
    }
}
