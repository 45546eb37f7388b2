//! The pushed authorization request endpoint (RFC 9126), and where a browser's reference leads: to what was pushed, or to a signed request (RFC 9101).

use std::time::Duration;

use jwt_core::profile::RequestObjectProfile;
use jwt_core::{Limits, Moment, Timestamp, Unverified};
use oauth_types::authorization::{AuthorizationRequest, RequestReference, RequestUri};
use oauth_types::{
    ClientId, ErrorCode, ErrorResponse, HttpRequest, HttpResponse, PushedAuthorizationRequest,
    PushedAuthorizationResponse, RequestObject,
};

use super::{AuthorizationServer, RegisteredClient, fresh};

/// RFC 9126, section 2.2: "a relatively short lifetime (e.g., between 5 and 600 seconds)".
const REQUEST_LIFETIME: Duration = Duration::from_secs(60);

/// A request that waits for its browser.
#[derive(Debug)]
pub(super) struct Pushed {
    uri: String,
    request: AuthorizationRequest,
    expires_at: Timestamp,
}

impl AuthorizationServer {
    pub(super) fn push(&mut self, at: &Moment, http: &HttpRequest) -> HttpResponse {
        let (pushed, presented) = match PushedAuthorizationRequest::from_http(http) {
            Ok(read) => read,
            Err(error) => return error.to_http(),
        };
        let (client, jkt) = match self.asker(at, http, &presented) {
            Ok(asker) => asker,
            Err(refusal) => return refusal,
        };
        let request = match (pushed.request(), pushed.request_object()) {
            (Some(request), _) if !client.signs_requests() => Ok(request.clone()),
            (_, Some(object)) => open(&client, self.issuer().as_str(), object, at.now()),
            (_, None) => Err(ErrorCode::InvalidRequest),
        };
        let answer = match request {
            Err(code) => refuse(code),
            Ok(request) if !request.redirect_uri().is_some_and(|uri| client.may_redirect_to(uri)) => {
                refuse(ErrorCode::InvalidRequest)
            }
            // RFC 9449, section 10.1: both are "the same key", or the request is refused.
            Ok(request) if jkt.is_some() && request.dpop_jkt() != jkt.as_deref() => refuse(ErrorCode::InvalidDpopProof),
            Ok(request) => {
                let uri = format!("urn:ietf:params:oauth:request_uri:{}", fresh(at, "request uri"));
                match RequestUri::new(uri.as_str()) {
                    Ok(reference) => {
                        self.pushed.push(Pushed {
                            uri,
                            request,
                            expires_at: at.now().saturating_add(REQUEST_LIFETIME),
                        });
                        PushedAuthorizationResponse::new(reference, REQUEST_LIFETIME).to_http()
                    }
                    Err(_) => refuse(ErrorCode::ServerError),
                }
            }
        };
        self.with_nonce(at, answer)
    }

    /// The request that a browser brings, whole or by reference; `None` where nothing is known of whoever asks.
    pub(super) fn brought(&mut self, at: &Moment, query: &str) -> Result<Option<AuthorizationRequest>, ErrorCode> {
        let reference = match RequestReference::from_query(query) {
            Ok(Some(reference)) => reference,
            Ok(None) if self.metadata.require_pushed_authorization_requests() => return Err(ErrorCode::InvalidRequest),
            Ok(None) => return Ok(AuthorizationRequest::from_query(query).ok()),
            Err(_) => return Ok(None),
        };
        if let Some(uri) = reference.request_uri() {
            return self.take_pushed(reference.client_id(), uri, at.now()).map(Some);
        }
        let client = self.clients.iter().find(|client| client.id() == reference.client_id());
        match (client, reference.request_object()) {
            (Some(client), Some(object)) => open(client, self.issuer().as_str(), object, at.now()).map(Some),
            (_, _) => Ok(None),
        }
    }

    /// RFC 9126, sections 4 and 7.3: each is used once, in time, and by the client that pushed it.
    fn take_pushed(
        &mut self,
        client_id: &ClientId,
        uri: &RequestUri,
        now: Timestamp,
    ) -> Result<AuthorizationRequest, ErrorCode> {
        let found = self.pushed.iter().position(|pushed| uri.matches(&pushed.uri));
        let pushed = found.map(|index| self.pushed.remove(index)).ok_or(ErrorCode::InvalidRequestUri)?;
        let good = pushed.expires_at > now && pushed.request.client_id() == client_id;
        good.then_some(pushed.request).ok_or(ErrorCode::InvalidRequestUri)
    }
}

/// What a signed request asks for (RFC 9101, section 6), with FAPI 2.0 Message Signing's demands of its time.
fn open(
    client: &RegisteredClient,
    issuer: &str,
    object: &RequestObject,
    now: Timestamp,
) -> Result<AuthorizationRequest, ErrorCode> {
    let token = Unverified::parse(object.expose(), &Limits::default()).map_err(|_| ErrorCode::InvalidRequestObject)?;
    let verified = RequestObjectProfile::new(client.id().as_str(), issuer)
        .verify(token, client.keys(), now)
        .map_err(|_| ErrorCode::InvalidRequestObject)?;
    if verified.not_before().is_none() {
        return Err(ErrorCode::InvalidRequestObject);
    }
    AuthorizationRequest::from_request_object(verified.claims()).map_err(|_| ErrorCode::InvalidRequestObject)
}

fn refuse(code: ErrorCode) -> HttpResponse {
    ErrorResponse::new(code).to_http(400)
}
