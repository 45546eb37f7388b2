//! [`BackchannelAuthenticationRequest`].

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::Secret;
use jwt_core::json::{Object, Value};

use super::ClientNotificationToken;
use crate::client_auth::{ClientAuth, PresentedClient};
use crate::error_response::readable;
use crate::http::{HttpRequest, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint, Resource, Scope};
use crate::rar::{self, AuthorizationDetails};
use crate::request::{self, BuildError, Further, Parameters, RequestError};
use crate::secret::IdToken;

/// Asks a server to have a user authenticate on a device of the user's own (CIBA Core 1.0, section 7.1).
///
/// `Debug` shows nothing of the user.
#[derive(Clone)]
pub struct BackchannelAuthenticationRequest {
    scope: Scope,
    hint: Hint,
    client_notification_token: Option<ClientNotificationToken>,
    acr_values: Option<String>,
    binding_message: Option<String>,
    user_code: Option<Secret>,
    requested_expiry: Option<Duration>,
    resources: Vec<Resource>,
    authorization_details: AuthorizationDetails,
    parameters: Further,
}

/// Who is to be authenticated (CIBA Core 1.0, section 7.1): "it is REQUIRED that the Client provides one (and only one) of the hints".
///
/// `Debug` shows the kind only.
#[derive(Clone)]
#[non_exhaustive]
pub enum Hint {
    /// `login_hint`: a name that the server knows the user by.
    LoginHint(String),
    /// `login_hint_token`: the same in a token whose form client and server have agreed on.
    LoginHintToken(Secret),
    /// `id_token_hint`: an ID token that was issued to the client before.
    IdTokenHint(IdToken),
}

impl Hint {
    /// The parameter that it is sent in.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LoginHint(_) => "login_hint",
            Self::LoginHintToken(_) => "login_hint_token",
            Self::IdTokenHint(_) => "id_token_hint",
        }
    }

    /// Its value. Whoever calls this is responsible for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::LoginHint(hint) => hint,
            Self::LoginHintToken(token) => token.expose(),
            Self::IdTokenHint(token) => token.expose(),
        }
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What came to a server: parameters, or a signed request object that holds them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReceivedAuthenticationRequest {
    /// The parameters themselves.
    Parameters(Box<BackchannelAuthenticationRequest>),
    /// `request` (CIBA Core 1.0, section 7.1.1): verify it as what this client signed for this server, then read its claims by
    /// [`BackchannelAuthenticationRequest::from_claims`].
    RequestObject(Secret),
}

impl BackchannelAuthenticationRequest {
    /// A request with what every request needs.
    ///
    /// # Errors
    ///
    /// [`BuildError::MalformedParameter`] if `openid` is not in the scope, or the hint is empty.
    pub fn new(scope: Scope, hint: Hint) -> Result<Self, BuildError> {
        // CIBA Core 1.0, section 7.1: the scope of a request holds `openid`.
        if !scope.contains("openid") {
            return Err(BuildError::MalformedParameter { name: "scope" });
        }
        if hint.expose().is_empty() {
            return Err(BuildError::MalformedParameter { name: hint.name() });
        }
        Ok(Self {
            scope,
            hint,
            client_notification_token: None,
            acr_values: None,
            binding_message: None,
            user_code: None,
            requested_expiry: None,
            resources: Vec::new(),
            authorization_details: AuthorizationDetails::new(),
            parameters: Further::new(),
        })
    }

    /// Gives the server what it must show when it notifies the client: required for clients that are registered for ping or push.
    #[must_use]
    pub fn with_client_notification_token(mut self, token: ClientNotificationToken) -> Self {
        self.client_notification_token = Some(token);
        self
    }

    /// Asks for one of these authentication context classes, separated by spaces, the most wanted first.
    #[must_use]
    pub fn with_acr_values(mut self, acr_values: impl Into<String>) -> Self {
        self.acr_values = Some(acr_values.into()).filter(|values| !values.is_empty());
        self
    }

    /// A text that is shown on both devices, so that the user sees that they belong together.
    ///
    /// # Errors
    ///
    /// [`BuildError::MalformedParameter`] if it is empty or cannot be shown as it is (control characters, more than 1024 characters).
    pub fn with_binding_message(mut self, message: impl Into<String>) -> Result<Self, BuildError> {
        let message = message.into();
        if !is_showable(&message) {
            return Err(BuildError::MalformedParameter { name: "binding_message" });
        }
        self.binding_message = Some(message);
        Ok(self)
    }

    /// The user's own secret code, so that nobody else can make the user's device ring.
    #[must_use]
    pub fn with_user_code(mut self, user_code: Secret) -> Self {
        self.user_code = Some(user_code).filter(|code| !code.expose().is_empty());
        self
    }

    /// Asks for an `auth_req_id` that lives so long, in whole seconds, one at least.
    #[must_use]
    pub fn with_requested_expiry(mut self, expiry: Duration) -> Self {
        // CIBA Core 1.0, section 7.1: a positive integer.
        self.requested_expiry = Some(expiry.max(Duration::from_secs(1)));
        self
    }

    /// What is asked for; `openid` is part of it.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Who is to be authenticated.
    #[must_use]
    pub const fn hint(&self) -> &Hint {
        &self.hint
    }

    /// What the server is to show when it notifies the client.
    #[must_use]
    pub const fn client_notification_token(&self) -> Option<&ClientNotificationToken> {
        self.client_notification_token.as_ref()
    }

    /// The wanted authentication context classes, separated by spaces.
    #[must_use]
    pub fn acr_values(&self) -> Option<&str> {
        self.acr_values.as_deref()
    }

    /// The text that is shown on both devices, fit for display.
    #[must_use]
    pub fn binding_message(&self) -> Option<&str> {
        self.binding_message.as_deref()
    }

    /// The user's own secret code.
    #[must_use]
    pub const fn user_code(&self) -> Option<&Secret> {
        self.user_code.as_ref()
    }

    /// How long the `auth_req_id` is to live.
    #[must_use]
    pub const fn requested_expiry(&self) -> Option<Duration> {
        self.requested_expiry
    }

    request::targets!();

    request::further!();

    /// The request as it goes to the server. It must not be repeated unless it surely was not sent: it makes the user's device ring.
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
        let expiry = self.requested_expiry.map(|expiry| expiry.as_secs().to_string());
        let details = rar::parameter(&self.authorization_details);
        let mut own = self.pairs();
        own.extend(details.iter().map(|details| ("authorization_details", details.as_str())));
        own.extend(expiry.as_deref().map(|expiry| ("requested_expiry", expiry)));
        let kind = (Purpose::BackchannelAuthentication, Replay::IfNotSent);
        request::post(endpoint, kind, &own, &self.parameters, RESERVED, (client_id, auth))
    }

    /// The request of a client that signs what it asks (CIBA Core 1.0, section 7.1.1): `request_object` is the JWT, made of
    /// [`BackchannelAuthenticationRequest::to_claims`] with `iss`, `aud`, `exp`, `iat`, `nbf` and `jti`. No parameter stands beside it.
    ///
    /// # Errors
    ///
    /// [`BuildError::MalformedParameter`] if it is empty, [`BuildError::Credentials`] as [`ClientAuth::authorization`].
    pub fn signed_to_http(
        request_object: &str,
        endpoint: &Endpoint,
        client_id: &ClientId,
        auth: &ClientAuth,
    ) -> Result<HttpRequest, BuildError> {
        if request_object.is_empty() {
            return Err(BuildError::MalformedParameter { name: "request" });
        }
        let kind = (Purpose::BackchannelAuthentication, Replay::IfNotSent);
        request::post(endpoint, kind, &[("request", request_object)], &Further::new(), RESERVED, (client_id, auth))
    }

    /// The parameters as claims of a request object, without those that every request object has.
    ///
    /// # Errors
    ///
    /// [`BuildError::ReservedParameter`], [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`] for parameters of the caller's own: no claim
    /// comes twice, and what the JWT says of itself (`iss`, `exp`, ...) is for whoever signs it.
    pub fn to_claims(&self) -> Result<Object, BuildError> {
        self.parameters.check(&[], |name| RESERVED.contains(&name) || JWT.contains(&name))?;
        let pairs = self.pairs();
        let mut claims: Object = pairs.iter().copied().filter(|(name, _)| *name != "resource").collect();
        if let Some(expiry) = self.requested_expiry {
            claims.insert("requested_expiry", expiry.as_secs());
        }
        match self.resources.as_slice() {
            [] => {}
            [one] => {
                claims.insert("resource", one.as_str());
            }
            several => {
                claims.insert("resource", several.iter().map(Resource::as_str).collect::<Vec<_>>());
            }
        }
        // RFC 9396, section 3: in a request object it is JSON, not text.
        if !self.authorization_details.is_empty() {
            claims.insert("authorization_details", self.authorization_details.to_value());
        }
        for (name, value) in self.parameters.iter() {
            claims.insert(name, value);
        }
        Ok(claims)
    }

    /// Reads the claims of a request object that was verified. Those that every request object has (`iss`, `aud`, ...) are not looked at; those that are not
    /// known are kept as [further parameters](Self::parameters), as their JSON where they are no text.
    ///
    /// # Errors
    ///
    /// [`RequestError`] as [`BackchannelAuthenticationRequest::from_http`].
    pub fn from_claims(claims: &Object) -> Result<Self, RequestError> {
        let mut form = crate::form::FormBuilder::new();
        for (name, value) in claims.iter().filter(|(name, _)| !JWT.contains(name)) {
            match (name, value) {
                (_, Value::String(text)) => {
                    form.append(name, text);
                }
                // CIBA Core 1.0, section 7.1.1 allows both a string and a number here.
                ("requested_expiry", Value::Number(number)) => {
                    let seconds =
                        number.as_u64().ok_or(RequestError::MalformedParameter { name: "requested_expiry" })?;
                    form.append(name, &seconds.to_string());
                }
                ("resource", Value::Array(several)) => {
                    for one in several {
                        let one = one.as_str().ok_or(RequestError::MalformedParameter { name: "resource" })?;
                        form.append(name, one);
                    }
                }
                ("authorization_details", Value::Array(_)) => {
                    form.append(name, &serde_json::to_string(value).unwrap_or_default());
                }
                (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    if let Some(name) = RESERVED.iter().find(|known| **known == name) {
                        return Err(RequestError::MalformedParameter { name });
                    }
                    form.append(name, &serde_json::to_string(value).unwrap_or_default());
                }
            }
        }
        let mut parameters = Parameters::of(crate::form::Pairs::parse(form.as_str())?)?;
        match parameters.take("request") {
            Some(_) => Err(RequestError::MalformedParameter { name: "request" }),
            None => Self::take(&mut parameters),
        }
    }

    /// Reads a request that came to a server, and who it says that it comes from. Nothing of it has been verified.
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it. [`RequestError::MissingParameter`] of `login_hint` if there is no hint,
    /// [`RequestError::MalformedParameter`] of a hint that came beside another, and of a parameter beside a request object.
    pub fn from_http(request: &HttpRequest) -> Result<(ReceivedAuthenticationRequest, PresentedClient), RequestError> {
        let mut parameters = Parameters::read(request)?;
        let client = PresentedClient::take(request, &mut parameters)?;
        if let Some(request_object) = parameters.take("request").map(Secret::new) {
            // CIBA Core 1.0, section 7.1.1: "authentication request parameters MUST NOT be present outside of the JWT".
            if let Some((found, _)) = parameters.rest().find(|(name, _)| RESERVED.contains(name)) {
                let name = RESERVED.iter().find(|name| **name == found).copied().unwrap_or("request");
                return Err(RequestError::MalformedParameter { name });
            }
            return Ok((ReceivedAuthenticationRequest::RequestObject(request_object), client));
        }
        Ok((ReceivedAuthenticationRequest::Parameters(Box::new(Self::take(&mut parameters)?)), client))
    }

    fn take(parameters: &mut Parameters) -> Result<Self, RequestError> {
        let scope = parameters.take_with("scope", Scope::parse)?;
        let scope = scope.ok_or(RequestError::MissingParameter { name: "scope" })?;
        let hints = [
            parameters.take("login_hint").map(|hint| Hint::LoginHint(hint.to_owned())),
            parameters.take("login_hint_token").map(|token| Hint::LoginHintToken(Secret::new(token))),
            parameters.take("id_token_hint").map(|token| Hint::IdTokenHint(IdToken::new(token))),
        ];
        let mut hints = hints.into_iter().flatten();
        let hint = hints.next().ok_or(RequestError::MissingParameter { name: "login_hint" })?;
        if let Some(second) = hints.next() {
            return Err(RequestError::MalformedParameter { name: second.name() });
        }
        let mut request = Self::new(scope, hint).map_err(|_| RequestError::MalformedParameter { name: "scope" })?;
        request.client_notification_token =
            parameters.take_with("client_notification_token", ClientNotificationToken::new)?;
        request.acr_values = parameters.take("acr_values").map(ToOwned::to_owned);
        request.binding_message = parameters.take_with("binding_message", |message| {
            if is_showable(message) { Ok(message.to_owned()) } else { Err(()) }
        })?;
        request.user_code = parameters.take("user_code").map(Secret::new);
        request.requested_expiry = parameters.take_with("requested_expiry", |text| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|seconds| digits && *seconds > 0).map(Duration::from_secs).ok_or(())
        })?;
        request.resources = parameters.take_resources()?;
        request.authorization_details = parameters.take_authorization_details()?;
        request.parameters = Further::rest_of(parameters, RESERVED);
        Ok(request)
    }

    /// All parameters of its own that are text.
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = Vec::with_capacity(10);
        pairs.push(("scope", self.scope.as_str()));
        let token = self.client_notification_token.as_ref();
        pairs.extend(token.map(|token| ("client_notification_token", token.expose())));
        pairs.extend(self.acr_values().map(|values| ("acr_values", values)));
        pairs.push((self.hint.name(), self.hint.expose()));
        pairs.extend(self.binding_message().map(|message| ("binding_message", message)));
        pairs.extend(self.user_code.as_ref().map(|code| ("user_code", code.expose())));
        pairs.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        pairs
    }
}

impl fmt::Debug for BackchannelAuthenticationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackchannelAuthenticationRequest")
            .field("scope", &self.scope)
            .field("hint", &self.hint)
            .field("client_notification_token", &self.client_notification_token)
            .field("user_code", &self.user_code)
            .field("requested_expiry", &self.requested_expiry)
            .field("resources", &self.resources)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// CIBA Core 1.0, section 7.1: the message is to be short and plain.
fn is_showable(message: &str) -> bool {
    !message.is_empty() && !readable(message).1
}

/// What the request sets itself.
const RESERVED: &[&str] = &[
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
    "resource",
    "authorization_details",
    "request",
];

/// What every request object has (CIBA Core 1.0, section 7.1.1), and who the client is, which `iss` says.
const JWT: &[&str] = &["iss", "aud", "exp", "iat", "nbf", "jti", "client_id"];
