//! The user info endpoint (OpenID Connect Core, section 5.3), the end session endpoint (RP-Initiated Logout) and logout tokens (Back-Channel Logout).

use jwt_core::json::{Object, Value};
use jwt_core::{Header, Moment, Timestamp};
use oauth_types::challenge::BearerChallenge;
use oauth_types::logout::{LogoutRequest, LogoutResponse};
use oauth_types::user_info::{UserInfo, UserInfoRequest};
use oauth_types::{ClientId, ErrorCode, HttpRequest, HttpResponse, Method};

use super::{AuthorizationServer, Fault, SUBJECT, fresh};

impl AuthorizationServer {
    pub(super) fn user_info(&mut self, at: &Moment, received: &HttpRequest) -> HttpResponse {
        let request = match UserInfoRequest::from_http(received) {
            Ok(request) => request,
            Err(error) => return error.to_http(),
        };
        let Some(token) = self.claims_of(request.access_token().expose(), at.now()) else {
            return challenge(401, ErrorCode::InvalidToken);
        };
        let jkt = token.get("cnf").and_then(Value::as_object).and_then(|cnf| cnf.get_str("jkt"));
        if let Err(answer) = self.proves_key_of(at, received, request.access_token().expose(), jkt) {
            return answer;
        }
        let scope = token.get_str("scope").unwrap_or_default();
        if !scope.split(' ').any(|name| name == "openid") {
            return challenge(403, ErrorCode::InsufficientScope);
        }
        let subject =
            if self.take_fault(&Fault::WrongSubject) { "mallory" } else { token.get_str("sub").unwrap_or_default() };
        let user = UserInfo::new(subject).with_name("Alice Liddell").with_email("alice@example.com");
        if !request.wants_signed() {
            return user.to_http();
        }
        let mut claims = user.to_claims();
        claims.insert("iss", self.issuer().as_str());
        claims.insert("aud", token.get_str("client_id").unwrap_or_default());
        jwt_core::sign(&Header::new(self.key.algorithm()), &claims, &self.key)
            .map_or_else(|_| HttpResponse::new(500), |jwt| UserInfo::signed_to_http(&jwt))
    }

    /// Ends what the client was given for the user, and sends the browser back where that is registered.
    pub(super) fn end_session(&mut self, received: &HttpRequest, query: &str) -> HttpResponse {
        let page = |text: &str| {
            HttpResponse::new(200).with_header("content-type", "text/plain; charset=utf-8").with_body(text)
        };
        // RP-Initiated Logout, section 2: "OPs MUST support the use of the HTTP GET and POST methods".
        let request = if received.method() == Method::Get {
            LogoutRequest::from_query(query)
        } else if received.method() == Method::Post {
            LogoutRequest::from_query(received.body())
        } else {
            return HttpResponse::new(405).with_header("allow", "GET, POST");
        };
        let Ok(request) = request else { return HttpResponse::new(400) };
        let client = request.client_id().and_then(|id| self.clients.iter().find(|client| client.id() == id));
        let Some(client) = client.cloned() else { return page("Log out?") };
        self.grants.log_out(client.id());
        match request.post_logout_redirect_uri() {
            // RP-Initiated Logout, section 3: only where it is registered. Here the redirect URIs are.
            Some(uri) if client.may_redirect_to(uri) => LogoutResponse::new(request.state().cloned())
                .to_url(uri)
                .map_or_else(|_| HttpResponse::new(500), |url| HttpResponse::new(302).with_header("location", url)),
            Some(_) | None => page("You are logged out."),
        }
    }

    /// A logout token for a client, about the one user there is.
    ///
    /// # Errors
    ///
    /// If it cannot be signed.
    pub fn logout_token(&mut self, now: Timestamp, client: &ClientId) -> Result<String, jwt_core::SignError> {
        let at = self.moments.at(now);
        let event: Object = [("http://schemas.openid.net/event/backchannel-logout", Value::Object(Object::new()))]
            .into_iter()
            .collect();
        let mut claims = Object::new();
        claims.insert("iss", self.issuer().as_str());
        claims.insert("sub", SUBJECT);
        claims.insert("aud", client.as_str());
        claims.insert("iat", now.as_unix());
        // Back-Channel Logout, section 2.4: "preferably at most two minutes in the future".
        claims.insert("exp", now.as_unix().saturating_add(120));
        claims.insert("jti", fresh(&at, "logout token"));
        claims.insert("events", Value::Object(event));
        jwt_core::sign(&Header::new(self.key.algorithm()).with_typ("logout+jwt"), &claims, &self.key)
    }
}

/// RFC 6750, section 3.
fn challenge(status: u16, code: ErrorCode) -> HttpResponse {
    let challenge = BearerChallenge::new().with_error(code).to_header_value();
    HttpResponse::new(status).with_header("www-authenticate", challenge.unwrap_or_default())
}
