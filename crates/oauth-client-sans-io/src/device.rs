//! [`DeviceAuthorization`] and [`DevicePolling`]: logging in on another device (RFC 8628).

use alloc::string::{String, ToString};
use core::fmt;

use jwt_core::{Secret, Timestamp};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::TokenRequest;
use oauth_types::{DeviceAuthorizationRequest, DeviceAuthorizationResponse, DeviceCode, Endpoint, HttpRequest, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::grant::{Grant, GrantBody, grant_parameters};
use crate::login::{Expected, Login};
use crate::polling::{Awaited, Pace, Polling, polling_flow};
use crate::signature::{Keys, KeysBody};

/// Begins a login on another device, for one that has no browser or no keyboard: gets the code that its user enters elsewhere.
///
/// # Theory of operation
///
/// One request, which may be sent again without harm: a code that nobody enters is worth nothing. What it gives is to be shown to the user while
/// [`DevicePolling`] asks whether the user has decided.
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (UserInteraction)
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> failed: anything else
///     waiting --> asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, DeviceAuthorization, Flow, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let json = |status, body: &str| HttpResponse::new(status).with_header("content-type", "application/json").with_body(body);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_device_authorization_endpoint(Endpoint::new("https://as.example/device_authorization")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("my-tv")?, Authentication::None);
///
/// let mut flow = DeviceAuthorization::new(&server, &client)?.scope("videos.read".parse()?);
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!() };
/// assert_eq!(request.url(), "https://as.example/device_authorization");
/// let response = json(200, r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
///     "verification_uri":"https://as.example/device","expires_in":1800,"interval":5}"#);
/// let Step::Done(shown) = flow.handle_response(at.at(now), response)? else { panic!() };
/// assert_eq!((shown.user_code.as_str(), shown.verification_uri.as_str()), ("WDJB-MJHT", "https://as.example/device"));
///
/// // The user goes to that page with another device and enters the code; meanwhile:
/// let mut polling = shown.polling;
/// let Step::Wait(until) = polling.resume(at.at(now))? else { panic!() };
/// let Step::Send(request) = polling.poll(at.at(until))? else { panic!() };
/// assert_eq!(request.url(), "https://as.example/token");
/// let Step::Wait(until) = polling.handle_response(at.at(until), json(400, r#"{"error":"authorization_pending"}"#))? else { panic!() };
/// let Step::Send(_) = polling.poll(at.at(until))? else { panic!() };
/// let response = json(200, r#"{"access_token":"abc","token_type":"Bearer","expires_in":600}"#);
/// let Step::Done(login) = polling.handle_response(at.at(until), response)? else { panic!() };
/// assert_eq!(login.tokens.authorization().as_deref(), Some("Bearer abc"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DeviceAuthorization {
    exchange: Exchange<Request>,
}

impl DeviceAuthorization {
    /// A login at `server` that goes on on another device.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no device authorization endpoint or no token endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client) -> Result<Self, Error> {
        let name = "device_authorization_endpoint";
        let grant = Grant::of(Party::new(server, client, name, AuthorizationServer::device_authorization_endpoint)?);
        let token_endpoint = Party::at_token_endpoint(server, client)?.endpoint().clone();
        let keys = Keys::of(server, client).registered(client, client.id_token_algorithm());
        Ok(Self { exchange: Exchange::new(Request { grant, token_endpoint, keys }) })
    }
}

grant_parameters! { DeviceAuthorization: scope resource authorization_details parameter dpop_nonce }

exchange_flow! {
    /// It holds no secret but what the caller put into a [`parameter`](Self::parameter).
    DeviceAuthorization(Request) -> UserInteraction, "device_authorization", 1
}

/// What to show to the user (RFC 8628, section 3.3), and the flow that waits for the user's decision.
///
/// `Debug` shows no code: whoever sees the user code could talk somebody into entering it (RFC 8628, section 5.4).
#[non_exhaustive]
pub struct UserInteraction {
    /// What the user enters. Fit for display. Show it also where [`verification_uri_complete`](Self::verification_uri_complete) is used, so that the user can compare
    /// it with what the server shows (RFC 8628, section 3.3.1).
    pub user_code: String,
    /// Where the user enters it: an `https` URL (`http` on loopback hosts).
    pub verification_uri: String,
    /// The same with the user code in it, for a QR code (RFC 8628, section 3.3.1).
    pub verification_uri_complete: Option<String>,
    /// When the codes are worth nothing any more.
    pub expires_at: Timestamp,
    /// Asks the server whether the user has decided. Drive it while the codes are shown; store it before, if it has to outlive the process.
    pub polling: DevicePolling,
}

impl fmt::Debug for UserInteraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInteraction")
            .field("verification_uri", &self.verification_uri)
            .field("expires_at", &self.expires_at)
            .field("polling", &self.polling)
            .finish_non_exhaustive()
    }
}

/// Asks the server again and again whether the user has decided on the other device (RFC 8628, sections 3.4 and 3.5).
///
/// Its output is a [`Login`](crate::Login), as that of a login in a browser: where `openid` was granted, the ID token has been checked against the server's keys. It has
/// no `nonce`, since there was no request through a browser that could be mixed up with another one's: it came straight from the token endpoint, for a device code
/// that nobody else has.
///
/// # Theory of operation
///
/// `waiting` until an interval has passed since the last answer, `outstanding` (or, if something has to be signed first, `asked`) while a poll is under way.
/// `authorization_pending` leads back to `waiting`; so does `slow_down`, with five seconds more between all later polls. No answer, a 429, a 5xx and whatever else is
/// no verdict doubles the wait until there is one again. `Retry-After` counts where it is longer. Any other error ends the flow, `access_denied` and `expired_token` among
/// them, and so does the end of [the lifetime](Self::expires_at), after which nothing is sent. Tokens that come later than that, for a poll that was sent in
/// time, are tokens. A DPoP nonce that the server asks for goes with the next poll, which waits like any other.
/// Where there is an ID token, the flow then checks it: see [`IdTokenCheck`](crate::IdTokenCheck) for the states of that.
///
/// A clock that is set back makes neither the wait nor the lifetime longer. A flow that is restored while a poll was under way takes it for one without an answer.
///
/// Of a client that sends a secret, with an ID token and no known key (tokens without one end the flow at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> waiting
///     waiting --> asked: poll
///     asked --> outstanding: secret
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> late: 503 in an hour (longer than the login may take)
///     outstanding --> fetching: 200 (tokens with an ID token)
///     outstanding --> failed: anything else
///     late --> failed: poll
///     fetching --> verifying: 200 (the keys)
///     fetching --> fetch_waits: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     fetch_waits --> fetching: poll
///     verifying --> done: verified
///     verifying --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// See [`DeviceAuthorization`].
#[derive(Debug)]
pub struct DevicePolling {
    polling: Polling<Device>,
}

polling_flow! {
    /// It holds the device code, and later the tokens, in the clear: store it where only your program can read it.
    DevicePolling(Device) -> Login, "device_polling", 1
}

/// What [`DevicePolling`] waits for.
#[derive(Debug)]
struct Device;

impl Awaited for Device {
    const OPERATION: Operation = Operation::DeviceToken;
    // RFC 8628, section 3.5: "Before each new request, the client MUST wait at least the number of seconds specified by the "interval" parameter"; from the answer on,
    // since a server may count from there.
    const FROM_REQUEST: bool = false;

    fn request(handle: &Secret) -> TokenRequest {
        TokenRequest::device_code(DeviceCode::new(handle.expose()))
    }
}

#[derive(Debug)]
struct Request {
    grant: Grant,
    token_endpoint: Endpoint,
    keys: Keys,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    grant: GrantBody,
    token_endpoint: String,
    keys: KeysBody,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::DeviceAuthorization;
    const REPLAY: Replay = Replay::Safe;
    type Output = UserInteraction;
    type Body = Body;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let Grant { party, scope, .. } = &self.grant;
        if self.grant.asks_for_openid() {
            self.keys.check()?;
        }
        let mut request = self.grant.ask(DeviceAuthorizationRequest::new());
        if let Some(scope) = scope {
            request = request.with_scope(scope.clone());
        }
        request.to_http(party.endpoint(), party.client().id(), &credentials.auth).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<UserInteraction, Error> {
        let response = DeviceAuthorizationResponse::from_http(received.response, &self.grant.party.expect(received))
            .map_err(|error| Error::of_response(Self::OPERATION, error))?;
        let pace = Pace::new(received.now, response.interval(), response.expires_in());
        let grant = self.grant.at(self.token_endpoint.clone());
        let expected = Expected { openid: grant.asks_for_openid(), keys: self.keys.clone(), ..Expected::default() };
        let handle = Secret::new(response.device_code().expose());
        let nonce = received.nonce_for(grant.party.client());
        Ok(UserInteraction {
            user_code: response.user_code().to_string(),
            verification_uri: response.verification_uri().to_string(),
            verification_uri_complete: response.verification_uri_complete().map(ToString::to_string),
            expires_at: pace.expires_at(),
            polling: DevicePolling { polling: Polling::new(grant, handle, pace, expected, nonce) },
        })
    }

    fn to_body(&self) -> Body {
        Body {
            grant: self.grant.to_body(),
            token_endpoint: self.token_endpoint.as_str().to_string(),
            keys: self.keys.to_body(),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            token_endpoint: Endpoint::new(body.token_endpoint).ok()?,
            keys: Keys::from_body(body.keys)?,
        })
    }
}
