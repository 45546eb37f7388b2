//! The authorization endpoint (RFC 6749, section 4.1.1; RFC 7636, section 4.4.1; RFC 9207).

use jwt_core::Moment;
use oauth_types::authorization::{AuthorizationRequest, AuthorizationResponse};
use oauth_types::{AuthorizationCode, ErrorCode, ErrorResponse, HttpResponse, Issuer, Pairs, RedirectUri, State};

use super::grants::Family;
use super::{AuthorizationServer, Consent, Fault, RegisteredClient, SUBJECT, fresh};

impl AuthorizationServer {
    pub(super) fn authorize(&mut self, at: &Moment, query: &str) -> HttpResponse {
        // RFC 6749, section 4.1.2.1: with a wrong client or redirect URI the server "MUST NOT automatically redirect the user-agent to the invalid redirection
        // URI". So both are looked at first, on their own.
        let Some((client, redirect_uri, state)) = self.who_asks(query) else {
            return page("This is no request of a client that is known here, or its redirect URI is not registered.");
        };
        let outcome = match AuthorizationRequest::from_query(query) {
            Ok(request) => self.decide(at, &client, &redirect_uri, &request),
            Err(error) => Err(error.error_code()),
        };
        let mut response = match outcome {
            Ok(code) => AuthorizationResponse::code(AuthorizationCode::new(code)),
            Err(code) => AuthorizationResponse::error(ErrorResponse::new(code)),
        };
        if let Some(state) = &state {
            response = response.with_state(state);
        }
        if self.take_fault(&Fault::WrongIssuer) {
            response = match Issuer::new("https://somebody-else.example") {
                Ok(somebody_else) => response.with_iss(&somebody_else),
                Err(_) => response,
            };
        } else if !self.take_fault(&Fault::MissingIssuer) {
            // RFC 9207, section 2: on every response, errors among them.
            response = response.with_iss(self.issuer());
        }
        match response.to_redirect_url(&redirect_uri) {
            Ok(url) => HttpResponse::new(302).with_header("location", url).with_header("cache-control", "no-store"),
            Err(_) => page("The answer to this request cannot be written behind its redirect URI."),
        }
    }

    /// The client, where it may be answered, and its state.
    fn who_asks(&self, query: &str) -> Option<(RegisteredClient, RedirectUri, Option<State>)> {
        let pairs = Pairs::parse(query).ok()?;
        let id = pairs.unique("client_id").ok()??;
        let client = self.clients.iter().find(|client| client.id().as_str() == id)?;
        let redirect_uri = RedirectUri::new(pairs.unique("redirect_uri").ok()??).ok()?;
        let state = pairs.unique("state").ok().flatten().and_then(|state| State::new(state).ok());
        client.may_redirect_to(&redirect_uri).then(|| (client.clone(), redirect_uri, state))
    }

    /// The code, or the error that goes back to the client.
    fn decide(
        &mut self,
        at: &Moment,
        client: &RegisteredClient,
        redirect_uri: &RedirectUri,
        request: &AuthorizationRequest,
    ) -> Result<String, ErrorCode> {
        // RFC 9700, section 2.1.1: PKCE is demanded of every client, and S256 is the one method that is offered.
        let challenge = request.code_challenge().ok_or(ErrorCode::InvalidRequest)?;
        let scope = match request.scope() {
            None => client.allowed_scope().clone(),
            Some(scope) if scope.is_subset_of(client.allowed_scope()) => scope.clone(),
            Some(_) => return Err(ErrorCode::InvalidScope),
        };
        match self.consent {
            Consent::Given => {}
            Consent::Declined => return Err(ErrorCode::AccessDenied),
        }
        let family = self.grants.begin(Family {
            client: client.id().clone(),
            subject: SUBJECT.to_owned(),
            scope,
            resources: request.resources().to_vec(),
            nonce: request.nonce().map(|nonce| nonce.expose().to_owned()),
            auth_time: Some(at.now()),
            revoked: false,
        });
        let code = fresh(at, "code");
        self.grants.give_code(&code, family, redirect_uri.clone(), *challenge, at.now());
        Ok(code)
    }
}

/// What a person sees whose browser cannot be sent back.
fn page(text: &str) -> HttpResponse {
    HttpResponse::new(400).with_header("content-type", "text/plain; charset=utf-8").with_body(text)
}
