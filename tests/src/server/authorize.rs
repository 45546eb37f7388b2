//! The authorization endpoint (RFC 6749, section 4.1.1; RFC 7636, section 4.4.1; RFC 9207), in every response mode.

use std::time::Duration;

use jwt_core::{Header, Moment, sign};
use oauth_types::authorization::{AuthorizationRequest, AuthorizationResponse, ResponseMode, SignedResponse};
use oauth_types::{
    AuthorizationCode, ClientId, ErrorCode, ErrorResponse, HttpResponse, Issuer, Pairs, RedirectUri, State,
};

use super::grants::Family;
use super::issue::altered;
use super::{AuthorizationServer, Consent, Fault, RegisteredClient, SUBJECT, fresh};

/// JARM, section 2.1: "A maximum JWT lifetime of 10 minutes is RECOMMENDED."
const RESPONSE_LIFETIME: Duration = Duration::from_secs(60);

/// What a person sees where the answer has no form in which it can be sent.
const UNWRITABLE: &str = "The answer to this request cannot be written behind its redirect URI.";

/// Whom to answer, where, and how.
struct Asker {
    client: RegisteredClient,
    redirect_uri: RedirectUri,
    state: Option<State>,
    mode: ResponseMode,
}

impl AuthorizationServer {
    pub(super) fn authorize(&mut self, at: &Moment, query: &str) -> HttpResponse {
        let brought = match self.brought(at, query) {
            Ok(brought) => brought,
            // Without the request nobody knows where the browser may be sent.
            Err(code) => return page(code.as_str()),
        };
        // RFC 6749, section 4.1.2.1: with a wrong client or redirect URI the server "MUST NOT automatically redirect the user-agent to the invalid redirection
        // URI". So both are looked at first, on their own.
        let asker = brought.as_ref().map_or_else(|| self.who_asks(query), |request| self.who_asked(request));
        let Some(asker) = asker else {
            return page("This is no request of a client that is known here, or its redirect URI is not registered.");
        };
        let outcome = match brought {
            Some(request) => self.decide(at, &asker.client, &asker.redirect_uri, &request),
            None => Err(AuthorizationRequest::from_query(query)
                .map_or_else(oauth_types::authorization::AuthorizationRequestError::error_code, |_| {
                    ErrorCode::InvalidRequest
                })),
        };
        let mut response = match outcome {
            Ok(code) => AuthorizationResponse::code(AuthorizationCode::new(code)),
            Err(code) => AuthorizationResponse::error(ErrorResponse::new(code)),
        };
        if let Some(state) = &asker.state {
            response = response.with_state(state);
        }
        if asker.mode.is_jwt() {
            return self.answer_signed(at, &asker, &response);
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
        let written = match asker.mode {
            ResponseMode::FormPost => response.to_form().map(|form| post(&asker.redirect_uri, &form)),
            ResponseMode::Fragment => response.to_fragment_url(&asker.redirect_uri).map(|url| redirect(&url)),
            ResponseMode::Query | _ => response.to_redirect_url(&asker.redirect_uri).map(|url| redirect(&url)),
        };
        written.unwrap_or_else(|_| page(UNWRITABLE))
    }

    /// JARM: the response as a JWT, for this client and for a short time.
    fn answer_signed(&mut self, at: &Moment, asker: &Asker, response: &AuthorizationResponse) -> HttpResponse {
        let issuer = match self.take_fault(&Fault::WrongIssuer).then(|| Issuer::new("https://somebody-else.example")) {
            Some(Ok(somebody_else)) => somebody_else,
            Some(Err(_)) | None => self.issuer().clone(),
        };
        let client_id = match self.take_fault(&Fault::ResponseForAnother).then(|| ClientId::new("somebody-else")) {
            Some(Ok(somebody_else)) => somebody_else,
            Some(Err(_)) | None => asker.client.id().clone(),
        };
        let claims = response.to_claims(&issuer, &client_id, at.now().saturating_add(RESPONSE_LIFETIME));
        let signed = claims.ok().and_then(|claims| sign(&Header::new(self.key.algorithm()), &claims, &self.key).ok());
        let Some(mut jwt) = signed else { return page(UNWRITABLE) };
        if self.take_fault(&Fault::ForgedResponse) {
            jwt = altered(&jwt, asker.client.id().as_str(), "somebody-else");
        }
        let signed = SignedResponse::new(jwt, asker.mode);
        match asker.mode {
            ResponseMode::FormPostJwt => post(&asker.redirect_uri, &signed.to_form()),
            ResponseMode::QueryJwt | _ => {
                signed.to_redirect_url(&asker.redirect_uri).map_or_else(|_| page(UNWRITABLE), |url| redirect(&url))
            }
        }
    }

    /// The client of a request that can be read, where it may be answered.
    fn who_asked(&self, request: &AuthorizationRequest) -> Option<Asker> {
        let client = self.clients.iter().find(|client| client.id() == request.client_id())?;
        let redirect_uri = request.redirect_uri().filter(|uri| client.may_redirect_to(uri))?;
        Some(Asker {
            client: client.clone(),
            redirect_uri: redirect_uri.clone(),
            state: request.state().cloned(),
            mode: request.response_mode().unwrap_or_default(),
        })
    }

    /// The client of a request that is wrong, where it may be answered.
    fn who_asks(&self, query: &str) -> Option<Asker> {
        let pairs = Pairs::parse(query).ok()?;
        let id = pairs.unique("client_id").ok()??;
        let client = self.clients.iter().find(|client| client.id().as_str() == id)?;
        let redirect_uri = RedirectUri::new(pairs.unique("redirect_uri").ok()??).ok()?;
        let state = pairs.unique("state").ok().flatten().and_then(|state| State::new(state).ok());
        client.may_redirect_to(&redirect_uri).then(|| Asker {
            client: client.clone(),
            redirect_uri,
            state,
            mode: ResponseMode::Query,
        })
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
        let scope = client.granted_scope(request.scope())?;
        match self.consent {
            Consent::Given => {}
            Consent::Declined => return Err(ErrorCode::AccessDenied),
        }
        let family = self.grants.begin(Family {
            resources: request.resources().to_vec(),
            nonce: request.nonce().map(|nonce| nonce.expose().to_owned()),
            auth_time: Some(at.now()),
            ..Family::new(client.id(), SUBJECT, scope)
        });
        let code = fresh(at, "code");
        let jkt = request.dpop_jkt().map(str::to_owned);
        self.grants.give_code(&code, family, redirect_uri.clone(), *challenge, jkt, at.now());
        Ok(code)
    }
}

fn redirect(location: &str) -> HttpResponse {
    HttpResponse::new(302).with_header("location", location).with_header("cache-control", "no-store")
}

/// A page that posts a form to the redirect URI by itself (OAuth 2.0 Form Post Response Mode, appendix A).
fn post(redirect_uri: &RedirectUri, form: &str) -> HttpResponse {
    let mut body = format!(
        "<html><body onload=\"document.forms[0].submit()\"><form method=\"post\" action=\"{}\">\n",
        escaped(redirect_uri.as_str())
    );
    for (name, value) in Pairs::parse(form).iter().flat_map(Pairs::iter) {
        body.push_str(&format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escaped(name), escaped(value)));
    }
    body.push_str("</form></body></html>\n");
    HttpResponse::new(200)
        .with_header("content-type", "text/html; charset=utf-8")
        .with_header("cache-control", "no-store")
        .with_body(body)
}

/// Text within an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// What a person sees whose browser cannot be sent back.
fn page(text: &str) -> HttpResponse {
    HttpResponse::new(400).with_header("content-type", "text/plain; charset=utf-8").with_body(text)
}
