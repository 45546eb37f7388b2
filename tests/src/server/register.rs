//! The registration endpoint (RFC 7591), and the place where each registration is managed (RFC 7592).

use jwt_core::Moment;
use oauth_types::registration::{
    ClientMetadata, DeletionResponse, ManagementRequest, RegistrationAccessToken, RegistrationRequest,
    RegistrationResponse,
};
use oauth_types::{
    AccessToken, ClientAuthMethod, ClientId, ClientSecret, Endpoint, ErrorCode, ErrorResponse, HttpRequest,
    HttpResponse, Scope,
};

use super::{AuthorizationServer, RegisteredClient, fresh};

/// What is managed of a client that registered itself.
#[derive(Debug)]
pub(super) struct Managed {
    client_id: ClientId,
    token: RegistrationAccessToken,
    metadata: ClientMetadata,
}

impl AuthorizationServer {
    /// Lets only those register themselves from now on who show this token (RFC 7591, section 3).
    pub fn set_initial_access_token(&mut self, token: AccessToken) {
        self.initial_access_token = Some(token);
    }

    pub(super) fn register(&mut self, at: &Moment, request: &HttpRequest) -> HttpResponse {
        let request = match RegistrationRequest::from_http(request) {
            Ok(request) => request,
            Err(error) => return error.to_http(),
        };
        if let Some(expected) = &self.initial_access_token
            && !request.initial_access_token().is_some_and(|token| token.matches(expected.expose()))
        {
            return unauthorized();
        }
        let metadata = request.metadata().clone();
        let client_id = fresh(at, "client id");
        let secret = ClientSecret::new(fresh(at, "client secret"));
        let Some(client) = client(&client_id, &secret, &metadata) else {
            return ErrorResponse::new(ErrorCode::InvalidClientMetadata).to_http(400);
        };
        let managed =
            Managed { client_id: client.id().clone(), token: registration_token(at), metadata: self.filled(metadata) };
        let Some(mut response) = self.current(&managed) else { return HttpResponse::new(500) };
        if client.is_confidential() {
            response = response.with_client_secret(secret, None);
        }
        self.clients.push(client);
        self.managed.push(managed);
        response.to_http()
    }

    /// A request to the place of one client.
    pub(super) fn manage(&mut self, at: &Moment, id: &str, request: &HttpRequest) -> HttpResponse {
        let (request, token) = match ManagementRequest::from_http(request) {
            Ok(read) => read,
            Err(error) => return error.to_http(),
        };
        let found = self
            .managed
            .iter()
            .position(|managed| managed.client_id.as_str() == id && managed.token.matches(token.expose()));
        // RFC 7592, section 2.1: the same for a client that is gone and a token that is none.
        let Some(managed) = found.map(|index| self.managed.remove(index)) else { return unauthorized() };
        match request {
            ManagementRequest::Read => self.answer(managed),
            ManagementRequest::Update { metadata, .. } => {
                let metadata = self.filled(metadata);
                // A new token for each update (RFC 7592, section 3: "MAY be rotated").
                self.answer(Managed { token: registration_token(at), metadata, ..managed })
            }
            ManagementRequest::Delete => {
                self.clients.retain(|client| client.id() != &managed.client_id);
                self.grants.log_out(&managed.client_id);
                DeletionResponse::new().to_http()
            }
            _ => HttpResponse::new(400),
        }
    }

    fn answer(&mut self, managed: Managed) -> HttpResponse {
        let response =
            self.current(&managed).map_or_else(|| HttpResponse::new(500), |response| response.to_management());
        self.managed.push(managed);
        response
    }

    fn current(&self, managed: &Managed) -> Option<RegistrationResponse> {
        let issuer = self.issuer().as_str().trim_end_matches('/');
        let uri = Endpoint::new(format!("{issuer}/register/{}", managed.client_id)).ok()?;
        let response = RegistrationResponse::new(managed.client_id.clone(), managed.metadata.clone());
        Some(response.with_management(uri, managed.token.clone()))
    }

    /// What is registered, said or not: a client may have the scope that there is, and grants codes.
    #[expect(clippy::unused_self, reason = "another server would look up its policy")]
    fn filled(&self, metadata: ClientMetadata) -> ClientMetadata {
        let method = metadata.token_endpoint_auth_method_name().unwrap_or("client_secret_basic").to_owned();
        metadata.with_token_endpoint_auth_method_name(method).with_grant_types(["authorization_code", "refresh_token"])
    }
}

/// The client that was asked for, if its way to authenticate is one of those here.
fn client(id: &str, secret: &ClientSecret, metadata: &ClientMetadata) -> Option<RegisteredClient> {
    let id = ClientId::new(id).ok()?;
    let client = match metadata.token_endpoint_auth_method()? {
        ClientAuthMethod::None => RegisteredClient::public(id),
        method @ (ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost) => {
            RegisteredClient::confidential(id, method, secret.clone())
        }
        ClientAuthMethod::PrivateKeyJwt | _ => return None,
    };
    let scope = metadata.scope().unwrap_or_else(Scope::empty);
    Some(metadata.redirect_uris().fold(client.scope(scope), RegisteredClient::redirect_uri))
}

fn registration_token(at: &Moment) -> RegistrationAccessToken {
    RegistrationAccessToken::new(fresh(at, "registration access token"))
}

fn unauthorized() -> HttpResponse {
    HttpResponse::new(401).with_header("www-authenticate", "Bearer error=\"invalid_token\"")
}
