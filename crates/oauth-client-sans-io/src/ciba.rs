//! [`Ciba`]: logging in without a browser (OpenID Connect Client-Initiated Backchannel Authentication, CIBA Core 1.0).

mod pending;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::profile::RequestObject;
use jwt_core::{Algorithm, KeyId, Moment, Secret, SigningInput};
use oauth_types::ciba::{
    BackchannelAuthenticationRequest, BackchannelAuthenticationResponse, ClientNotificationToken, Hint,
};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{Endpoint, HttpRequest, IdToken, Replay, Scope};
use serde::{Deserialize, Serialize};

use self::pending::Delivery;
pub use self::pending::{CibaPending, CibaPolling, CibaPush};
use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::grant::{Grant, GrantBody, grant_parameters};
use crate::login::Expected;
use crate::polling::Pace;
use crate::request_object::{RequestObjectKey, RequestObjectKeyBody};
use crate::signature::{Keys, KeysBody};

/// Begins a login without a browser: asks the server to have a user authenticate on a device of the user's own.
///
/// How the outcome comes is what the client is registered for: it polls, unless [`ping`](Self::ping) or [`push`](Self::push) says otherwise.
///
/// # Theory of operation
///
/// One request. It makes the user's device ring, so it is sent again only where it certainly was not sent. What it gives is a [`CibaPending`], which waits for the user:
/// store it.
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (CibaPending)
///     outstanding --> waiting: not sent
///     outstanding --> failed: anything else
///     waiting --> asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Answer, Moments, Question, Secret, Timestamp};
/// use oauth_client_sans_io::{Authentication, Ciba, Client, Flow, Step};
/// use oauth_types::ciba::{ClientNotification, Hint};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://op.example")?)
///     .with_backchannel_authentication_endpoint(Endpoint::new("https://op.example/bc-authorize")?)
///     .with_token_endpoint(Endpoint::new("https://op.example/token")?)
///     .with_jwks_uri(Endpoint::new("https://op.example/jwks")?);
/// let client = Client::new(ClientId::new("till")?, Authentication::SecretBasic("secret".into()));
///
/// let hint = Hint::LoginHint("jane@example.com".into());
/// let mut flow = Ciba::new(&server, &client, "openid".parse()?, hint)?.binding_message("W4SCT").ping(&at.at(now));
/// let Step::Ask(Question::Secret { .. }) = flow.resume(at.at(now))? else { panic!("the secret is asked for") };
/// let Step::Send(request) = flow.handle_answer(at.at(now), Answer::Secret(Secret::new("s3cr3t")))? else { panic!() };
/// assert_eq!(request.url(), "https://op.example/bc-authorize");
/// let response = HttpResponse::new(200)
///     .with_header("content-type", "application/json")
///     .with_body(r#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1","expires_in":120}"#);
/// let Step::Done(mut pending) = flow.handle_response(at.at(now), response)? else { panic!() };
///
/// // The server says that the user has decided. (`ClientNotification::from_http` reads what came; here it is made by hand.)
/// let token = pending.notification_token().ok_or("a token")?.clone();
/// let ping = ClientNotification::ping(token, pending.auth_req_id().clone());
/// let mut polling = pending.accept_ping(&at.at(now), &ping)?; // answer `ClientNotification::accepted()`
/// let Step::Ask(Question::Secret { .. }) = polling.resume(at.at(now))? else { panic!("it asks for the tokens at once") };
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Ciba {
    exchange: Exchange<Request>,
}

impl Ciba {
    /// Asks `server` to have the user of this hint authenticate, for this scope, which holds `openid`.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no backchannel authentication endpoint, no token endpoint or no `jwks_uri`, `openid` is not in the scope, or the hint
    /// is empty (CIBA Core 1.0, section 7.1).
    pub fn new(server: &AuthorizationServer, client: &Client, scope: Scope, hint: Hint) -> Result<Self, Error> {
        let name = "backchannel_authentication_endpoint";
        let party = Party::new(server, client, name, AuthorizationServer::backchannel_authentication_endpoint)?;
        let token_endpoint = Party::at_token_endpoint(server, client)?.endpoint().clone();
        let keys = Keys::of(server, client).registered(client, client.id_token_algorithm());
        keys.check()?;
        // What cannot be asked for is refused here and not when it is sent.
        BackchannelAuthenticationRequest::new(scope.clone(), hint.clone()).map_err(ApiMisuse::from)?;
        let request = Request {
            grant: Grant { scope: Some(scope), ..Grant::of(party) },
            token_endpoint,
            keys,
            hint,
            delivery: Delivery::Poll,
            acr_values: Vec::new(),
            binding_message: None,
            user_code: None,
            requested_expiry: None,
            signed: None,
        };
        Ok(Self { exchange: Exchange::new(request) })
    }

    /// Has the server say when the user has decided, at the client's notification endpoint: for a client that is registered for `ping` (CIBA Core 1.0, section 5). The
    /// token that the server will show is made of the moment.
    #[must_use]
    pub fn ping(self, at: &Moment) -> Self {
        self.with(|request| request.delivery = Delivery::Ping(ClientNotificationToken::generate(at)))
    }

    /// Has the server send the tokens to the client's notification endpoint: for a client that is registered for `push` (CIBA Core 1.0, section 5). The token that the
    /// server will show is made of the moment.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] for a client whose tokens are bound to a key: what is pushed was asked for without a proof of it.
    pub fn push(self, at: &Moment) -> Result<Self, Error> {
        if self.exchange.request().grant.party.client().dpop_key().is_some() {
            return Err(ApiMisuse::InvalidArgument("tokens that are pushed cannot be bound to a key").into());
        }
        Ok(self.with(|request| request.delivery = Delivery::Push(ClientNotificationToken::generate(at))))
    }

    /// Asks that the user is authenticated in one of these ways, the most wanted first; the ID token's `acr` is checked against them (CIBA Core 1.0, section 7.1).
    #[must_use]
    pub fn acr_values<T: Into<String>>(self, acr_values: impl IntoIterator<Item = T>) -> Self {
        self.with(|request| request.acr_values = acr_values.into_iter().map(Into::into).collect())
    }

    /// Has this text shown on both devices, so that the user sees that they belong together. Short and plain; what cannot be shown is refused when it is sent
    /// (CIBA Core 1.0, section 7.1).
    #[must_use]
    pub fn binding_message(self, message: impl Into<String>) -> Self {
        self.with(|request| request.binding_message = Some(message.into()))
    }

    /// Shows the user's own secret code, so that nobody else can make the user's device ring (CIBA Core 1.0, section 7.1).
    #[must_use]
    pub fn user_code(self, user_code: Secret) -> Self {
        self.with(|request| request.user_code = Some(user_code))
    }

    /// Asks for this much time for the user, in whole seconds, one at least (CIBA Core 1.0, section 7.1).
    #[must_use]
    pub fn requested_expiry(self, expiry: Duration) -> Self {
        self.with(|request| request.requested_expiry = Some(expiry.as_secs().max(1)))
    }

    /// Signs the request with the key of this name, which signs with this algorithm and which the client's JWK Set has under this `kid` (CIBA Core 1.0, section 7.1.1).
    /// It is made and signed anew for every sending.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] for an algorithm that the client's profile does not take ([`Rule::Algorithms`](crate::Rule::Algorithms)).
    pub fn signed(self, key: impl Into<KeyId>, algorithm: Algorithm, kid: Option<&str>) -> Result<Self, Error> {
        self.exchange.request().grant.party.client().rules().check_algorithm(Some(algorithm))?;
        let signed = RequestObjectKey::new(key, algorithm);
        let signed = if let Some(kid) = kid { signed.kid(kid) } else { signed };
        Ok(self.with(|request| request.signed = Some(signed)))
    }

    fn with(mut self, change: impl FnOnce(&mut Request)) -> Self {
        change(self.exchange.request_mut());
        self
    }
}

grant_parameters! { Ciba: resource authorization_details parameter dpop_nonce }

exchange_flow! {
    /// It holds the hint, the user code and the token for notifications in the clear: store it where only your program can read it.
    Ciba(Request) -> CibaPending, "ciba", 1
}

struct Request {
    grant: Grant,
    token_endpoint: Endpoint,
    keys: Keys,
    hint: Hint,
    delivery: Delivery,
    acr_values: Vec<String>,
    binding_message: Option<String>,
    user_code: Option<Secret>,
    requested_expiry: Option<u64>,
    signed: Option<RequestObjectKey>,
}

impl Request {
    fn message(&self) -> Result<BackchannelAuthenticationRequest, ApiMisuse> {
        let scope = self.grant.scope.clone().unwrap_or_else(Scope::empty);
        let mut request =
            BackchannelAuthenticationRequest::new(scope, self.hint.clone())?.with_acr_values(self.acr_values.join(" "));
        if let Some(token) = self.delivery.token() {
            request = request.with_client_notification_token(token.clone());
        }
        if let Some(message) = &self.binding_message {
            request = request.with_binding_message(message.as_str())?;
        }
        if let Some(user_code) = &self.user_code {
            request = request.with_user_code(user_code.clone());
        }
        if let Some(expiry) = self.requested_expiry {
            request = request.with_requested_expiry(Duration::from_secs(expiry));
        }
        Ok(self.grant.ask(request))
    }
}

/// Shows nothing of the user.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("grant", &self.grant)
            .field("hint", &self.hint)
            .field("delivery", &self.delivery)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::BackchannelAuthentication;
    const REPLAY: Replay = Replay::IfNotSent;
    type Output = CibaPending;
    type Body = Body;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn object(&self, at: &Moment) -> Option<Result<(KeyId, SigningInput), ApiMisuse>> {
        let key = self.signed.as_ref()?;
        let party = &self.grant.party;
        let object = self.message().and_then(|message| {
            let object = RequestObject::new(party.client().id().as_str(), party.issuer().as_str());
            let claims = message.to_claims()?;
            let object = claims.iter().fold(object, |object, (name, value)| object.parameter(name, value.clone()));
            key.signing_input(&object, at)
        });
        Some(object)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let party = &self.grant.party;
        let (endpoint, client_id, auth) = (party.endpoint(), party.client().id(), &credentials.auth);
        let request = match &credentials.object {
            Some(object) => BackchannelAuthenticationRequest::signed_to_http(object, endpoint, client_id, auth),
            None => self.message()?.to_http(endpoint, client_id, auth),
        };
        request.map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<CibaPending, Error> {
        let expect = self.grant.party.expect(received);
        let response = BackchannelAuthenticationResponse::from_http(received.response, &expect)
            .map_err(|error| Error::of_response(Self::OPERATION, error))?;
        let lifetime = response.expires_in().or_else(|| self.requested_expiry.map(Duration::from_secs));
        let grant = self.grant.at(self.token_endpoint.clone());
        Ok(CibaPending {
            auth_req_id: response.auth_req_id().clone(),
            delivery: self.delivery.clone(),
            pace: Pace::new(received.now, response.interval(), lifetime),
            expected: Expected {
                openid: true,
                acr_values: self.acr_values.clone(),
                keys: self.keys.clone(),
                ..Expected::default()
            },
            dpop_nonce: received.nonce_for(grant.party.client()),
            grant,
            used: false,
        })
    }

    fn to_body(&self) -> Body {
        let (delivery, token) = self.delivery.to_body();
        Body {
            grant: self.grant.to_body(),
            token_endpoint: self.token_endpoint.as_str().to_string(),
            keys: self.keys.to_body(),
            hint: (self.hint.name().to_string(), self.hint.expose().to_string()),
            delivery,
            notification_token: token,
            acr_values: self.acr_values.clone(),
            binding_message: self.binding_message.clone(),
            user_code: self.user_code.as_ref().map(|code| code.expose().to_string()),
            requested_expiry: self.requested_expiry,
            signed: self.signed.as_ref().map(RequestObjectKey::to_body),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let (name, hint) = body.hint;
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            token_endpoint: Endpoint::new(body.token_endpoint).ok()?,
            keys: Keys::from_body(body.keys)?,
            hint: match name.as_str() {
                "login_hint" => Hint::LoginHint(hint),
                "login_hint_token" => Hint::LoginHintToken(Secret::new(hint)),
                "id_token_hint" => Hint::IdTokenHint(IdToken::new(hint)),
                _ => return None,
            },
            delivery: Delivery::from_body(&body.delivery, body.notification_token)?,
            acr_values: body.acr_values,
            binding_message: body.binding_message,
            user_code: body.user_code.map(Secret::new),
            requested_expiry: body.requested_expiry,
            signed: match body.signed {
                Some(key) => Some(RequestObjectKey::from_body(key)?),
                None => None,
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    grant: GrantBody,
    token_endpoint: String,
    keys: KeysBody,
    /// Name and value.
    hint: (String, String),
    delivery: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notification_token: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acr_values: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binding_message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested_expiry: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<RequestObjectKeyBody>,
}
