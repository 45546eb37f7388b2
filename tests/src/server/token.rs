//! The token endpoint (RFC 6749, sections 4.1.3, 4.4.2 and 6; RFC 8628, section 3.4; CIBA Core 1.0, section 10.1; RFC 8693; RFC 7523) and the revocation
//! endpoint (RFC 7009).

use jwt_core::profile::ClientAssertionProfile;
use jwt_core::{Limits, Moment, Unverified};
use oauth_types::client_auth::PresentedClient;
use oauth_types::revocation::{RevocationRequest, RevocationResponse};
use oauth_types::token::{Grant, TokenRequest};
use oauth_types::{ClientAuthMethod, ErrorCode, ErrorResponse, HttpRequest, HttpResponse, Scope};

use super::grants::{Family, FamilyId};
use super::issue::Wanted;
use super::{AuthorizationServer, Fault, RegisteredClient};

impl AuthorizationServer {
    pub(super) fn token(&mut self, at: &Moment, http: &HttpRequest) -> HttpResponse {
        let (request, presented) = match TokenRequest::from_http(http) {
            Ok(read) => read,
            Err(error) => return error.to_http(),
        };
        let (client, jkt) = match self.asker(at, http, &presented) {
            Ok(asker) => asker,
            Err(refusal) => return refusal,
        };
        let jkt = jkt.as_deref();
        let wanted = Wanted { resources: request.resources(), jkt, ..Wanted::default() };
        let issued = match request.grant() {
            Grant::AuthorizationCode { code, code_verifier, redirect_uri, .. } => self
                .grants
                .redeem(code.expose(), client.id(), redirect_uri.as_ref(), code_verifier.as_ref(), jkt, at.now())
                .and_then(|family| self.issue(at, family, Wanted { refresh_token: true, ..wanted })),
            Grant::RefreshToken { refresh_token, .. } => {
                self.refreshed(refresh_token.expose(), &client, request.scope()).and_then(
                    |(family, scope, refresh_token)| self.issue(at, family, Wanted { scope, refresh_token, ..wanted }),
                )
            }
            Grant::ClientCredentials => {
                self.for_itself(&client, request.scope()).and_then(|family| self.issue(at, family, wanted))
            }
            Grant::DeviceCode { device_code, .. } => self
                .polled(device_code.expose(), client.id(), at.now())
                .and_then(|family| self.issue(at, family, Wanted { refresh_token: true, ..wanted })),
            Grant::Ciba { auth_req_id, .. } => self
                .polled_backchannel(auth_req_id, client.id(), at.now())
                .and_then(|family| self.issue(at, family, Wanted { refresh_token: true, ..wanted })),
            Grant::TokenExchange(exchange) => self.exchanged(at, &client, exchange, request.scope(), wanted),
            // RFC 7521, section 4.1: "refresh tokens are not issued in response to assertion grant requests".
            Grant::JwtBearer { assertion, .. } => self
                .vouched_for(at.now(), &client, assertion, request.scope())
                .and_then(|family| self.issue(at, family, wanted)),
            _ => Err(ErrorCode::UnsupportedGrantType),
        };
        let answer = match issued {
            Ok(response) => response.to_http(),
            Err(code) => refuse(code),
        };
        self.with_nonce(at, answer)
    }

    pub(super) fn revoke(&mut self, at: &Moment, request: &HttpRequest) -> HttpResponse {
        let (request, presented) = match RevocationRequest::from_http(request) {
            Ok(read) => read,
            Err(error) => return error.to_http(),
        };
        let Some(client) = self.authenticated(at, &presented) else { return unauthenticated(&presented) };
        self.grants.revoke(request.token().expose(), client.id());
        RevocationResponse::new().to_http()
    }

    /// The client that asks for tokens, and the thumbprint of the key to which it wants them bound; or how it is refused.
    pub(super) fn asker(
        &mut self,
        at: &Moment,
        http: &HttpRequest,
        presented: &PresentedClient,
    ) -> Result<(RegisteredClient, Option<String>), HttpResponse> {
        let client = self.authenticated(at, presented).ok_or_else(|| unauthenticated(presented))?;
        Ok((client, self.proof_of(at, http)?))
    }

    /// The client, if it is known and shows what was registered.
    pub(super) fn authenticated(&mut self, at: &Moment, presented: &PresentedClient) -> Option<RegisteredClient> {
        let id = presented.client_id()?;
        let known = self.clients.iter().find(|client| client.id().as_str() == id.as_str());
        let client = known.filter(|client| client.authenticates(presented))?.clone();
        if let Some(assertion) = presented.assertion() {
            // RFC 7523, section 3, with the audience of its revision: the issuer, and nothing else.
            let profile = ClientAssertionProfile::new(id.as_str(), self.issuer().as_str());
            let token = Unverified::parse(assertion.expose(), &Limits::default()).ok()?;
            let verified = profile.verify(token, client.keys(), at.now()).ok()?;
            // "The authorization server MAY ensure that JWTs are not replayed".
            if !self.seen.insert(format!("assertion {} {}", id.as_str(), verified.claims().id())) {
                return None;
            }
        }
        Some(client)
    }

    /// The family, a narrower scope if one was asked for, and whether a new refresh token is given.
    fn refreshed(
        &mut self,
        token: &str,
        client: &RegisteredClient,
        scope: Option<&Scope>,
    ) -> Result<(FamilyId, Option<Scope>, bool), ErrorCode> {
        if self.take_fault(&Fault::KeptRefreshToken) {
            let family = self.grants.peek(token, client.id())?;
            return Ok((family, scope.cloned(), false));
        }
        let family = self.grants.rotate(token, client.id())?;
        // RFC 6749, section 6: "The requested scope MUST NOT include any scope not originally granted".
        let granted = self.grants.family(family).ok_or(ErrorCode::ServerError)?;
        if scope.is_some_and(|scope| !scope.is_subset_of(&granted.scope)) {
            return Err(ErrorCode::InvalidScope);
        }
        Ok((family, scope.cloned(), true))
    }

    fn for_itself(&mut self, client: &RegisteredClient, scope: Option<&Scope>) -> Result<FamilyId, ErrorCode> {
        // RFC 6749, section 4.4: "The client credentials grant type MUST only be used by confidential clients."
        if !client.is_confidential() {
            return Err(ErrorCode::UnauthorizedClient);
        }
        let scope = client.granted_scope(scope)?;
        Ok(self.grants.begin(Family::new(client.id(), client.id().as_str(), scope)))
    }
}

pub(super) fn refuse(code: ErrorCode) -> HttpResponse {
    ErrorResponse::new(code).to_http(400)
}

/// RFC 6749, section 5.2: 401 with a challenge where the client used the `Authorization` field, 401 all the same where it did not.
pub(super) fn unauthenticated(presented: &PresentedClient) -> HttpResponse {
    let response = ErrorResponse::new(ErrorCode::InvalidClient).to_http(401);
    if presented.method() == ClientAuthMethod::ClientSecretBasic {
        return response.with_header("www-authenticate", "Basic realm=\"authorization server\"");
    }
    response
}
