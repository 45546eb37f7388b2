//! Logging in without a browser (CIBA Core 1.0): the backchannel authentication endpoint, the device where the user decides, what polling clients are told, and
//! what others are notified of.

use std::time::Duration;

use jwt_core::profile::{IdTokenProfile, RequestObjectProfile};
use jwt_core::{Limits, Moment, Timestamp, Unverified};
use oauth_types::ciba::{
    BackchannelAuthenticationRequest, BackchannelAuthenticationResponse, ClientNotification, ClientNotificationToken,
    Hint, ReceivedAuthenticationRequest,
};
use oauth_types::token::TokenResponse;
use oauth_types::{AuthReqId, ClientId, ErrorCode, ErrorResponse, HttpRequest, HttpResponse};

use super::client::Delivery;
use super::grants::{Family, FamilyId};
use super::issue::Wanted;
use super::pace::{INTERVAL, Pace};
use super::token::{refuse, unauthenticated};
use super::{AuthorizationServer, Consent, Fault, RegisteredClient, SUBJECT, fresh};

/// How long a request waits for its user, unless the client asks for less or more.
const LIFETIME: Duration = Duration::from_secs(120);

/// Nobody is asked for longer, whatever the client wishes.
const MAX_LIFETIME: Duration = Duration::from_secs(600);

/// A login of which the user hears on a device of the user's own.
#[derive(Debug)]
pub(super) struct BackchannelLogin {
    client: ClientId,
    auth_req_id: AuthReqId,
    delivery: Delivery,
    token: Option<ClientNotificationToken>,
    binding_message: Option<String>,
    expires_at: Timestamp,
    pace: Pace,
    family: Family,
    decision: Option<Consent>,
    /// CIBA Core 1.0, section 10.1.1: "Once redeemed for a successful token response, the auth_req_id value that was used is no longer valid."
    used: bool,
    /// A client is told once.
    notified: bool,
}

impl AuthorizationServer {
    pub(super) fn backchannel_authentication(&mut self, at: &Moment, http: &HttpRequest) -> HttpResponse {
        let (received, presented) = match BackchannelAuthenticationRequest::from_http(http) {
            Ok(read) => read,
            Err(error) => return error.to_http(),
        };
        let Some(client) = self.authenticated(at, &presented) else { return unauthenticated(&presented) };
        let request = match received {
            ReceivedAuthenticationRequest::Parameters(request) => *request,
            ReceivedAuthenticationRequest::RequestObject(object) => {
                match self.signed_authentication(at, &client, object.expose()) {
                    Ok(request) => request,
                    Err(answer) => return answer,
                }
            }
            // Another kind of request is none that this server knows.
            _ => return refuse(ErrorCode::InvalidRequest),
        };
        match self.ring(at, &client, &request) {
            Ok(response) => response.to_http(),
            Err(code) => refuse(code),
        }
    }

    /// What a client signed, which is taken once; `aud`, `iss`, `exp`, `iat`, `nbf` and `jti` have to be there (CIBA Core 1.0, section 7.1.1).
    fn signed_authentication(
        &mut self,
        at: &Moment,
        client: &RegisteredClient,
        object: &str,
    ) -> Result<BackchannelAuthenticationRequest, HttpResponse> {
        let invalid = || refuse(ErrorCode::InvalidRequest);
        let token = Unverified::parse(object, &Limits::default()).map_err(|_| invalid())?;
        let verified = RequestObjectProfile::new(client.id().as_str(), self.issuer().as_str())
            .verify(token, client.keys(), at.now())
            .map_err(|_| invalid())?;
        let id = verified.claims().parameter("jti").and_then(jwt_core::json::Value::as_str);
        let (Some(id), Some(_), Some(_)) = (id, verified.not_before(), verified.issued_at()) else {
            return Err(invalid());
        };
        if !self.seen.insert(format!("authentication request {} {id}", client.id().as_str())) {
            return Err(invalid());
        }
        BackchannelAuthenticationRequest::from_claims(verified.claims().all())
            .map_err(oauth_types::RequestError::to_http)
    }

    /// Asks the user, if this client may have this user asked in this way (CIBA Core 1.0, section 7.2).
    fn ring(
        &mut self,
        at: &Moment,
        client: &RegisteredClient,
        request: &BackchannelAuthenticationRequest,
    ) -> Result<BackchannelAuthenticationResponse, ErrorCode> {
        let delivery = client.delivery().cloned().ok_or(ErrorCode::UnauthorizedClient)?;
        let scope = client.granted_scope(Some(request.scope()))?;
        let token = match &delivery {
            // A token that nobody will show.
            Delivery::Poll => None,
            // Section 7.1: "REQUIRED if the Client is registered to use Ping or Push modes."
            Delivery::Ping(_) | Delivery::Push(_) => {
                Some(request.client_notification_token().cloned().ok_or(ErrorCode::InvalidRequest)?)
            }
        };
        self.knows(at, client, request.hint())?;
        let lifetime = request.requested_expiry().unwrap_or(LIFETIME).min(MAX_LIFETIME);
        // Section 7.3: 128 bits at least; 160 are recommended.
        let auth_req_id = AuthReqId::new(fresh(at, "auth_req_id"));
        let response = BackchannelAuthenticationResponse::new(auth_req_id.clone(), lifetime);
        let response = match &delivery {
            Delivery::Poll | Delivery::Ping(_) => response.with_interval(INTERVAL),
            // Section 7.3: the interval is for clients that ask.
            Delivery::Push(_) => response,
        };
        let acr = request.acr_values().and_then(|values| values.split(' ').next()).map(str::to_owned);
        self.backchannel_logins.push(BackchannelLogin {
            client: client.id().clone(),
            auth_req_id,
            delivery,
            token,
            binding_message: request.binding_message().map(str::to_owned),
            expires_at: at.now().saturating_add(lifetime),
            pace: Pace::new(at.now()),
            family: Family { resources: request.resources().to_vec(), acr, ..Family::new(client.id(), SUBJECT, scope) },
            decision: None,
            used: false,
            notified: false,
        });
        Ok(response)
    }

    /// Whether a hint is of the one user there is.
    fn knows(&self, at: &Moment, client: &RegisteredClient, hint: &Hint) -> Result<(), ErrorCode> {
        let known = match hint {
            Hint::LoginHint(name) => name == SUBJECT,
            Hint::IdTokenHint(token) => self.subject_of_id_token(at.now(), client, token.expose())? == SUBJECT,
            // No form of one was agreed on.
            Hint::LoginHintToken(_) | _ => return Err(ErrorCode::InvalidRequest),
        };
        if known { Ok(()) } else { Err(ErrorCode::UnknownUserId) }
    }

    /// Whom an ID token is about that was given to this client here, and is still good.
    pub(super) fn subject_of_id_token(
        &self,
        now: Timestamp,
        client: &RegisteredClient,
        id_token: &str,
    ) -> Result<String, ErrorCode> {
        let token = Unverified::parse(id_token, &Limits::default()).map_err(|_| ErrorCode::InvalidRequest)?;
        let key = self.key.verifying_key().map_err(|_| ErrorCode::ServerError)?;
        let profile = IdTokenProfile::new(self.issuer().as_str(), client.id().as_str());
        let verified = profile.verify(token, [&key], now).map_err(|_| ErrorCode::InvalidRequest)?;
        Ok(verified.claims().subject().to_owned())
    }

    /// What the user's device shows of a request, so that the user sees what it belongs to.
    #[must_use]
    pub fn binding_message(&self, auth_req_id: &AuthReqId) -> Option<&str> {
        let login = self.backchannel_logins.iter().find(|login| login.auth_req_id.matches(auth_req_id.expose()))?;
        login.binding_message.as_deref()
    }

    /// The user decides on a device of the user's own; `false` if nobody asked, it is too late, or the user has decided already. What clients are told of it is in
    /// [`AuthorizationServer::notifications`].
    pub fn decide_backchannel(&mut self, now: Timestamp, auth_req_id: &AuthReqId, consent: Consent) -> bool {
        let known = self.backchannel_logins.iter_mut().find(|login| login.auth_req_id.matches(auth_req_id.expose()));
        let Some(login) = known.filter(|login| login.decision.is_none() && now < login.expires_at) else {
            return false;
        };
        login.decision = Some(consent);
        login.family.auth_time = Some(now);
        true
    }

    /// What clients are to be told now (CIBA Core 1.0, sections 10.2, 10.3 and 12): requests to be sent to them, each once.
    pub fn notifications(&mut self, now: Timestamp) -> Vec<HttpRequest> {
        let mut requests = Vec::new();
        for index in 0..self.backchannel_logins.len() {
            let at = self.moments.at(now);
            requests.extend(self.notification(&at, index));
        }
        requests
    }

    fn notification(&mut self, at: &Moment, index: usize) -> Option<HttpRequest> {
        let login = self.backchannel_logins.get_mut(index).filter(|login| !login.notified)?;
        let expired = login.expires_at <= at.now();
        let (endpoint, pushes) = match &login.delivery {
            Delivery::Poll => return None,
            Delivery::Ping(endpoint) => (endpoint.clone(), false),
            Delivery::Push(endpoint) => (endpoint.clone(), true),
        };
        let (token, auth_req_id, family) = (login.token.clone()?, login.auth_req_id.clone(), login.family.clone());
        let outcome = match login.decision {
            Some(Consent::Given) => Ok(()),
            Some(Consent::Declined) => Err(ErrorCode::AccessDenied),
            // Section 12: "OpenID Providers are not required to send this error"; this one does.
            None if expired && pushes => Err(ErrorCode::ExpiredToken),
            None => return None,
        };
        login.notified = true;
        login.used |= pushes;
        let token =
            if self.take_fault(&Fault::WrongNotificationToken) { ClientNotificationToken::generate(at) } else { token };
        let notification = if !pushes {
            ClientNotification::ping(token, auth_req_id)
        } else {
            match outcome.and_then(|()| self.tokens_to_push(at, family, &auth_req_id)) {
                Ok(tokens) => ClientNotification::push(token, auth_req_id, tokens),
                Err(code) => ClientNotification::push_error(token, auth_req_id, ErrorResponse::new(code)),
            }
        };
        Some(notification.to_http(&endpoint))
    }

    fn tokens_to_push(
        &mut self,
        at: &Moment,
        family: Family,
        auth_req_id: &AuthReqId,
    ) -> Result<TokenResponse, ErrorCode> {
        if self.take_fault(&Fault::TransactionFailed) {
            return Err(ErrorCode::TransactionFailed);
        }
        let family = self.grants.begin(family);
        let auth_req_id = Some(auth_req_id.expose());
        self.issue(at, family, Wanted { refresh_token: true, auth_req_id, ..Wanted::default() })
    }

    /// What a client that polls is told (CIBA Core 1.0, section 11).
    pub(super) fn polled_backchannel(
        &mut self,
        auth_req_id: &AuthReqId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<FamilyId, ErrorCode> {
        let known = self.backchannel_logins.iter_mut().find(|login| login.auth_req_id.matches(auth_req_id.expose()));
        // "If the auth_req_id is invalid or was issued to another Client, an invalid_grant error MUST be returned".
        let login = known.filter(|login| login.client.as_str() == client.as_str()).ok_or(ErrorCode::InvalidGrant)?;
        if matches!(login.delivery, Delivery::Push(_)) {
            return Err(ErrorCode::UnauthorizedClient);
        }
        if login.used {
            return Err(ErrorCode::InvalidGrant);
        }
        if login.expires_at <= now {
            return Err(ErrorCode::ExpiredToken);
        }
        let kept = login.pace.is_kept(now);
        match login.decision {
            // Who was pinged asks at once, and is answered.
            None if !kept => Err(login.pace.slow_down()),
            None => Err(ErrorCode::AuthorizationPending),
            Some(Consent::Declined) => Err(ErrorCode::AccessDenied),
            Some(Consent::Given) => {
                login.used = true;
                let family = login.family.clone();
                Ok(self.grants.begin(family))
            }
        }
    }
}
