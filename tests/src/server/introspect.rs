//! The introspection endpoint (RFC 7662; RFC 9701 where the answer is to be signed).

use jwt_core::json::{Object, Value};
use jwt_core::{Header, Moment, Timestamp};
use oauth_types::introspection::{ActiveToken, IntrospectionCaller, IntrospectionRequest, IntrospectionResponse};
use oauth_types::token::TokenType;
use oauth_types::{HttpRequest, HttpResponse, Scope};

use super::AuthorizationServer;
use super::token::unauthenticated;

impl AuthorizationServer {
    pub(super) fn introspect(&mut self, at: &Moment, request: &HttpRequest) -> HttpResponse {
        let (request, presented) = match IntrospectionRequest::from_http(request) {
            Ok((request, IntrospectionCaller::Client(presented))) => (request, presented),
            Ok(_) => return HttpResponse::new(401).with_header("www-authenticate", "Basic realm=\"clients\""),
            Err(error) => return error.to_http(),
        };
        // RFC 7662, section 2.1: "To prevent token scanning attacks, the endpoint MUST also require some form of authorization".
        let Some(client) = self.authenticated(at, &presented).filter(|client| client.is_confidential()) else {
            return unauthenticated(&presented);
        };
        let response = match self.claims_of(request.token().expose(), at.now()) {
            Some(claims) => IntrospectionResponse::new(said(&claims)),
            None => IntrospectionResponse::inactive(),
        };
        if !request.wants_signed() {
            return response.to_http();
        }
        let mut claims = Object::new();
        claims.insert("iss", self.issuer().as_str());
        claims.insert("aud", client.id().as_str());
        claims.insert("iat", at.now().as_unix());
        claims.insert("token_introspection", Value::Object(response.to_claims()));
        let header = Header::new(self.key.algorithm()).with_typ("token-introspection+jwt");
        jwt_core::sign(&header, &claims, &self.key)
            .map_or_else(|_| HttpResponse::new(500), |jwt| IntrospectionResponse::signed_to_http(&jwt))
    }

    /// The claims of an access token that was given out here, has not expired and was not revoked.
    pub(super) fn claims_of(&self, access_token: &str, now: Timestamp) -> Option<Object> {
        if !self.grants.is_active(access_token) {
            return None;
        }
        // It is known by its hash, so it is as it was made.
        let token = jwt_core::Unverified::parse(access_token, &jwt_core::Limits::default()).ok()?;
        let claims: Object = token.dangerous_claims().ok()?;
        (claims.get("exp")?.as_u64()? > now.as_unix()).then_some(claims)
    }
}

fn said(claims: &Object) -> ActiveToken {
    let text = |name| claims.get_str(name).unwrap_or_default().to_owned();
    let time = |name| Timestamp::from_unix(claims.get(name).and_then(Value::as_u64).unwrap_or_default());
    let audiences = claims.get("aud").and_then(Value::as_array).unwrap_or_default();
    let token = ActiveToken::new()
        .with_iss(text("iss"))
        .with_sub(text("sub"))
        .with_client_id(text("client_id"))
        .with_jti(text("jti"))
        .with_aud(audiences.iter().filter_map(Value::as_str))
        .with_iat(time("iat"))
        .with_exp(time("exp"))
        .with_token_type(if claims.get("cnf").is_some() { TokenType::DPoP } else { TokenType::Bearer });
    let token = match claims.get("cnf").and_then(Value::as_object) {
        Some(cnf) => token.with_cnf(cnf.clone()),
        None => token,
    };
    match Scope::parse(text("scope")) {
        Ok(scope) => token.with_scope(scope),
        Err(_) => token,
    }
}
