//! What a grant gives: access tokens (RFC 9068), ID tokens (OpenID Connect Core, section 2) and refresh tokens.

use jwt_core::digest::sha256;
use jwt_core::json::Object;
use jwt_core::{Header, Moment, base64url};
use oauth_types::token::{TokenResponse, TokenType};
use oauth_types::{AccessToken, ErrorCode, IdToken, RefreshToken, Resource, Scope};
use serde::Serialize;

use super::grants::{Family, FamilyId};
use super::{AuthorizationServer, Fault, fresh};

/// RFC 9068, section 2.2.
#[derive(Serialize)]
struct AccessTokenClaims<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: Vec<&'c str>,
    client_id: &'c str,
    iat: u64,
    exp: u64,
    jti: String,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation<'c>>,
    /// RFC 8693, section 4.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'c Object>,
}

/// RFC 9449, section 6.1.
#[derive(Serialize)]
struct Confirmation<'c> {
    jkt: &'c str,
}

/// OpenID Connect Core, sections 2 and 3.1.3.6.
#[derive(Serialize)]
struct IdTokenClaims<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'c str>,
    at_hash: String,
    /// CIBA Core 1.0, section 10.3.1.
    #[serde(rename = "urn:openid:params:jwt:claim:rt_hash", skip_serializing_if = "Option::is_none")]
    rt_hash: Option<String>,
    /// CIBA Core 1.0, section 10.3.1.
    #[serde(rename = "urn:openid:params:jwt:claim:auth_req_id", skip_serializing_if = "Option::is_none")]
    auth_req_id: Option<&'c str>,
}

/// What is wanted of a family.
#[derive(Debug, Default)]
pub(super) struct Wanted<'w> {
    /// A narrower scope than the family's.
    pub(super) scope: Option<Scope>,
    /// Fewer resources than the family's; none for all of them.
    pub(super) resources: &'w [Resource],
    pub(super) refresh_token: bool,
    /// The thumbprint of the key to which the access token is to be bound.
    pub(super) jkt: Option<&'w str>,
    /// The request that is answered, where the tokens are pushed.
    pub(super) auth_req_id: Option<&'w str>,
}

impl AuthorizationServer {
    /// Gives the tokens of a family.
    pub(super) fn issue(&mut self, at: &Moment, id: FamilyId, wanted: Wanted<'_>) -> Result<TokenResponse, ErrorCode> {
        let Wanted { scope, resources, refresh_token, jkt, auth_req_id } = wanted;
        let family = self.grants.family(id).ok_or(ErrorCode::ServerError)?.clone();
        // RFC 8707, section 2.2: what is asked for at the token endpoint is a part of what was authorized.
        if !family.resources.is_empty() && resources.iter().any(|resource| !family.resources.contains(resource)) {
            return Err(ErrorCode::InvalidTarget);
        }
        let resources = if resources.is_empty() { family.resources.clone() } else { resources.to_vec() };
        let scope = scope.unwrap_or_else(|| family.scope.clone());
        // RFC 9449, section 5: bound tokens say so.
        let jkt = jkt.filter(|_| !self.take_fault(&Fault::UnboundToken));
        let token_type = if jkt.is_some() { TokenType::DPoP } else { TokenType::Bearer };
        let access_token = self.access_token(at, &family, &scope, &resources, jkt)?;
        self.grants.give_access_token(&access_token, id);
        let mut response = TokenResponse::new(AccessToken::new(access_token.as_str()), token_type)
            .with_expires_in(self.access_token_lifetime)
            .with_scope(scope.clone());
        let refresh_token = refresh_token.then(|| fresh(at, "refresh token"));
        if let Some(refresh_token) = &refresh_token {
            self.grants.give_refresh_token(refresh_token, id);
            response = response.with_refresh_token(RefreshToken::new(refresh_token.as_str()));
        }
        if family.auth_time.is_some() && scope.contains("openid") && !self.take_fault(&Fault::MissingIdToken) {
            let pushed = auth_req_id.map(|auth_req_id| (auth_req_id, refresh_token.as_deref()));
            response = response.with_id_token(IdToken::new(self.id_token(at, &family, &access_token, pushed)?));
        }
        Ok(response)
    }

    fn access_token(
        &self,
        at: &Moment,
        family: &Family,
        scope: &Scope,
        resources: &[Resource],
        jkt: Option<&str>,
    ) -> Result<String, ErrorCode> {
        // RFC 9068, section 3: without a resource in the request "the authorization server MUST use a default resource indicator". Here it is the server itself.
        let audience = match resources {
            [] => vec![self.issuer().as_str()],
            _ => resources.iter().map(Resource::as_str).collect(),
        };
        let claims = AccessTokenClaims {
            iss: self.issuer().as_str(),
            sub: &family.subject,
            aud: audience,
            client_id: family.client.as_str(),
            iat: at.now().as_unix(),
            exp: at.now().saturating_add(self.access_token_lifetime).as_unix(),
            jti: fresh(at, "access token"),
            scope: scope.to_string(),
            auth_time: family.auth_time.map(jwt_core::Timestamp::as_unix),
            cnf: jkt.map(|jkt| Confirmation { jkt }),
            act: family.act.as_ref(),
        };
        let header = Header::new(self.key.algorithm()).with_typ("at+jwt");
        jwt_core::sign(&header, &claims, &self.key).map_err(|_| ErrorCode::ServerError)
    }

    /// `pushed`: the request that is answered, and the refresh token beside the ID token.
    fn id_token(
        &mut self,
        at: &Moment,
        family: &Family,
        access_token: &str,
        pushed: Option<(&str, Option<&str>)>,
    ) -> Result<String, ErrorCode> {
        let wrong_nonce = self.take_fault(&Fault::WrongNonce);
        let wrong_audience = self.take_fault(&Fault::WrongAudience);
        let wrong_hash = self.take_fault(&Fault::WrongAccessTokenHash);
        let wrong_refresh_hash = self.take_fault(&Fault::WrongRefreshTokenHash);
        let wrong_request = self.take_fault(&Fault::WrongAuthReqId);
        let claims = IdTokenClaims {
            iss: self.issuer().as_str(),
            sub: &family.subject,
            aud: if wrong_audience { "somebody-else" } else { family.client.as_str() },
            iat: at.now().as_unix(),
            exp: at.now().saturating_add(self.access_token_lifetime).as_unix(),
            auth_time: family.auth_time.map(jwt_core::Timestamp::as_unix),
            nonce: if wrong_nonce { Some("another-nonce") } else { family.nonce.as_deref() },
            acr: family.acr.as_deref(),
            at_hash: half_hash(if wrong_hash { "another-token" } else { access_token }),
            rt_hash: pushed
                .and_then(|(_, refresh_token)| refresh_token)
                .map(|token| half_hash(if wrong_refresh_hash { "another-token" } else { token })),
            auth_req_id: pushed.map(|(id, _)| if wrong_request { "another-request" } else { id }),
        };
        let token = jwt_core::sign(&Header::new(self.key.algorithm()).with_typ("JWT"), &claims, &self.key)
            .map_err(|_| ErrorCode::ServerError)?;
        if self.take_fault(&Fault::ForgedIdToken) {
            return Ok(altered(&token, super::SUBJECT, "mallory"));
        }
        Ok(token)
    }
}

/// The left half of the hash that the signature algorithm uses (OpenID Connect Core, section 3.1.3.6): SHA-256, as this server signs with ES256.
fn half_hash(token: &str) -> String {
    let hash = sha256(token.as_bytes());
    base64url::encode(hash.get(..16).unwrap_or_default())
}

/// The same token with another text in its claims, and the old signature.
pub(super) fn altered(token: &str, from: &str, to: &str) -> String {
    let mut parts = token.split('.').map(str::to_owned).collect::<Vec<_>>();
    if let Some(claims) = parts.get_mut(1) {
        let text = base64url::decode(&*claims).unwrap_or_default();
        *claims = base64url::encode(String::from_utf8_lossy(&text).replace(from, to));
    }
    parts.join(".")
}
