//! Token exchange (RFC 8693), and the first leg of an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant).

use std::time::Duration;

use jwt_core::json::{Object, Value};
use jwt_core::{Header, Moment, Timestamp};
use oauth_types::token::{TokenExchange, TokenResponse, TokenType, TokenTypeIdentifier};
use oauth_types::{AccessToken, ErrorCode, Resource, Scope, SecurityToken};
use serde::Serialize;

use super::grants::Family;
use super::issue::Wanted;
use super::{AuthorizationServer, Fault, RegisteredClient, fresh};

/// An identity assertion is redeemed at once.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// The kind of JWT that an identity assertion is.
pub(super) const ID_JAG: &str = "oauth-id-jag+jwt";

/// A service for which tokens are exchanged: what clients call it, and what it calls itself.
#[derive(Debug)]
pub(super) struct Service {
    name: String,
    resource: Resource,
}

/// The claims of an identity assertion.
#[derive(Serialize)]
struct IdentityAssertion<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    client_id: &'c str,
    jti: String,
    iat: u64,
    exp: u64,
    scope: &'c str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<&'c str>,
}

impl AuthorizationServer {
    /// Exchanges tokens for this service: for its resource identifier (RFC 8707), or for the name that clients know it by (RFC 8693, section 2.1: `audience`).
    pub fn add_service(&mut self, name: impl Into<String>, resource: Resource) {
        self.services.push(Service { name: name.into(), resource });
    }

    /// Gives a token for another. RFC 8693, section 2.2.2: what is wrong with the tokens that came is answered with `invalid_request`.
    pub(super) fn exchanged(
        &mut self,
        at: &Moment,
        client: &RegisteredClient,
        exchange: &TokenExchange,
        scope: Option<&Scope>,
        wanted: Wanted<'_>,
    ) -> Result<TokenResponse, ErrorCode> {
        // Section 2.1: "omitting client authentication allows for a compromised token to be leveraged via an STS into other tokens by anyone possessing the
        // compromised token".
        if !client.is_confidential() {
            return Err(ErrorCode::UnauthorizedClient);
        }
        let wrong_type = self.take_fault(&Fault::WrongIssuedTokenType);
        let response = match (exchange.subject_token_type(), exchange.requested_token_type()) {
            (TokenTypeIdentifier::AccessToken, None | Some(TokenTypeIdentifier::AccessToken)) => {
                self.for_another_service(at, client, exchange, scope, wanted)
            }
            (TokenTypeIdentifier::IdToken, Some(TokenTypeIdentifier::IdJag)) => {
                self.identity_assertion(at, client, exchange, scope, wanted.resources)
            }
            _ => Err(ErrorCode::InvalidRequest),
        }?;
        Ok(if wrong_type { response.with_issued_token_type(TokenTypeIdentifier::Jwt) } else { response })
    }

    fn for_another_service(
        &mut self,
        at: &Moment,
        client: &RegisteredClient,
        exchange: &TokenExchange,
        scope: Option<&Scope>,
        wanted: Wanted<'_>,
    ) -> Result<TokenResponse, ErrorCode> {
        let subject = self.brought_to(client, exchange.subject_token(), at.now())?;
        let before = subject.get("act").and_then(Value::as_object).cloned();
        let act = match exchange.actor() {
            None => before,
            Some((token, TokenTypeIdentifier::AccessToken)) => {
                let actor = self.own_token_of(client, token, at.now())?;
                let mut act: Object = [("sub", actor.get_str("sub").unwrap_or_default())].into_iter().collect();
                // Section 4.1: "The outermost "act" claim represents the current actor while nested "act" claims represent prior actors."
                if let Some(before) = before {
                    act.insert("act", Value::Object(before));
                }
                Some(act)
            }
            Some(_) => return Err(ErrorCode::InvalidRequest),
        };
        // No more than the subject token is good for.
        let most = Scope::parse(subject.get_str("scope").unwrap_or_default()).map_err(|_| ErrorCode::ServerError)?;
        let scope = match scope {
            None => common(&most, client.allowed_scope()),
            Some(scope) if scope.is_subset_of(&most) => client.granted_scope(Some(scope))?,
            Some(_) => return Err(ErrorCode::InvalidScope),
        };
        let resources = self.targets(exchange, wanted.resources)?;
        let family = self.grants.begin(Family {
            resources,
            act,
            ..Family::new(client.id(), subject.get_str("sub").unwrap_or_default(), scope)
        });
        let response = self.issue(at, family, Wanted { resources: &[], ..wanted })?;
        Ok(response.with_issued_token_type(TokenTypeIdentifier::AccessToken))
    }

    /// The claims of an access token that is this client's own, or that somebody brought to it.
    fn brought_to(
        &self,
        client: &RegisteredClient,
        token: &SecurityToken,
        now: Timestamp,
    ) -> Result<Object, ErrorCode> {
        let claims = self.claims_of(token.expose(), now).ok_or(ErrorCode::InvalidRequest)?;
        let audiences = claims.get("aud").and_then(Value::as_array).unwrap_or_default();
        let brought = audiences.iter().filter_map(Value::as_str).any(|audience| client.is_served_by_it(audience));
        let good = brought || claims.get_str("client_id") == Some(client.id().as_str());
        good.then_some(claims).ok_or(ErrorCode::InvalidRequest)
    }

    /// The claims of an access token that this client got for itself: nobody else's says who acts.
    fn own_token_of(
        &self,
        client: &RegisteredClient,
        token: &SecurityToken,
        now: Timestamp,
    ) -> Result<Object, ErrorCode> {
        let claims = self.claims_of(token.expose(), now).ok_or(ErrorCode::InvalidRequest)?;
        let own =
            claims.get_str("client_id") == Some(client.id().as_str()) && claims.get("sub") == claims.get("client_id");
        own.then_some(claims).ok_or(ErrorCode::InvalidRequest)
    }

    /// The services that are named, all of which must be known (RFC 8693, section 2.2.2).
    fn targets(&self, exchange: &TokenExchange, resources: &[Resource]) -> Result<Vec<Resource>, ErrorCode> {
        let by_name = exchange.audiences().map(|name| self.services.iter().find(|service| service.name == name));
        let by_resource =
            resources.iter().map(|resource| self.services.iter().find(|service| service.resource == *resource));
        let services = by_name.chain(by_resource).map(|service| service.map(|service| service.resource.clone()));
        services.collect::<Option<Vec<_>>>().ok_or(ErrorCode::InvalidTarget)
    }

    /// An assertion of who the user is, for the one server that is named, about the client by the name that it has there.
    fn identity_assertion(
        &mut self,
        at: &Moment,
        client: &RegisteredClient,
        exchange: &TokenExchange,
        scope: Option<&Scope>,
        resources: &[Resource],
    ) -> Result<TokenResponse, ErrorCode> {
        if exchange.actor().is_some() {
            return Err(ErrorCode::InvalidRequest);
        }
        let subject = self.subject_of_id_token(at.now(), client, exchange.subject_token().expose())?;
        let mut audiences = exchange.audiences();
        let (Some(audience), None) = (audiences.next(), audiences.next()) else {
            return Err(ErrorCode::InvalidTarget);
        };
        let elsewhere = client.elsewhere(audience).ok_or(ErrorCode::InvalidTarget)?;
        // What is not to be had is left out, and the answer says what is left.
        let scope = scope.map_or_else(|| elsewhere.scope.clone(), |scope| common(scope, &elsewhere.scope));
        if scope.is_empty() && !elsewhere.scope.is_empty() {
            return Err(ErrorCode::InvalidScope);
        }
        let another_server = self.take_fault(&Fault::AssertionForAnotherServer);
        let another_client = self.take_fault(&Fault::AssertionForAnotherClient);
        let claims = IdentityAssertion {
            iss: self.issuer().as_str(),
            sub: &subject,
            aud: if another_server { "https://somebody-else.example" } else { audience },
            client_id: if another_client { "somebody-else" } else { elsewhere.client_id.as_str() },
            jti: fresh(at, "identity assertion"),
            iat: at.now().as_unix(),
            exp: at.now().saturating_add(ASSERTION_LIFETIME).as_unix(),
            scope: scope.as_str(),
            resource: resources.iter().map(Resource::as_str).collect(),
        };
        let assertion = jwt_core::sign(&Header::new(self.key.algorithm()).with_typ(ID_JAG), &claims, &self.key)
            .map_err(|_| ErrorCode::ServerError)?;
        // RFC 8693, section 2.2.1: "If the issued token is not an access token or usable as an access token, then the token_type value N_A is used".
        Ok(TokenResponse::new(AccessToken::new(assertion), TokenType::NotApplicable)
            .with_issued_token_type(TokenTypeIdentifier::IdJag)
            .with_expires_in(ASSERTION_LIFETIME)
            .with_scope(scope))
    }
}

/// What is in both.
pub(super) fn common(one: &Scope, other: &Scope) -> Scope {
    one.difference(&one.difference(other))
}
