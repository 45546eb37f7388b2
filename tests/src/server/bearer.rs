//! Assertions of others as grants (RFC 7523, section 2.1), the second leg of an identity assertion among them
//! (draft-ietf-oauth-identity-assertion-authz-grant).

use std::time::Duration;

use jwt_core::json::{Object, Value};
use jwt_core::{Audience, Expiry, Issuer, Limits, Policy, Timestamp, Typ, Unverified, VerifyingKey};
use oauth_types::{Assertion, ErrorCode, Resource, Scope};

use super::exchange::{ID_JAG, common};
use super::grants::{Family, FamilyId};
use super::{AuthorizationServer, RegisteredClient, SUBJECT};

/// RFC 7523, section 3: "The authorization server MAY reject JWTs with an "exp" claim value that is unreasonably far in the future."
const MAX_LIFETIME: Duration = Duration::from_secs(600);

/// Two clocks.
const LEEWAY: Duration = Duration::from_secs(30);

/// Somebody whose word is taken.
#[derive(Debug)]
pub(super) struct Trusted {
    issuer: String,
    key: VerifyingKey,
    says: Says,
}

/// What the word of somebody is taken for.
#[derive(Clone, Copy, Debug)]
enum Says {
    /// For whom tokens are (RFC 7523).
    Subject,
    /// Who is logged in, and which client asks (ID-JAG).
    Identity,
}

impl AuthorizationServer {
    /// Takes this issuer's word for whom tokens are, if it is signed with this key (RFC 7523, section 3).
    pub fn trust_assertions_of(&mut self, issuer: impl Into<String>, key: VerifyingKey) {
        self.trusted.push(Trusted { issuer: issuer.into(), key, says: Says::Subject });
    }

    /// Takes this identity provider's word for who its users are, if it is signed with this key (draft-ietf-oauth-identity-assertion-authz-grant).
    pub fn trust_identities_of(&mut self, provider: &oauth_types::Issuer, key: VerifyingKey) {
        self.trusted.push(Trusted { issuer: provider.as_str().to_owned(), key, says: Says::Identity });
    }

    /// What an assertion gives. RFC 7521, section 4.1.1: one that is wrong in whatever way is an `invalid_grant`.
    pub(super) fn vouched_for(
        &mut self,
        now: Timestamp,
        client: &RegisteredClient,
        assertion: &Assertion,
        scope: Option<&Scope>,
    ) -> Result<FamilyId, ErrorCode> {
        let (claims, says) = self.verified(now, client, assertion.expose()).ok_or(ErrorCode::InvalidGrant)?;
        // RFC 7521, section 4.1: no more than was granted to whoever is vouched for.
        let most = match (says, claims.get_str("scope")) {
            (Says::Subject, _) | (Says::Identity, None) => client.allowed_scope().clone(),
            (Says::Identity, Some(scope)) => {
                let scope = Scope::parse(scope).map_err(|_| ErrorCode::InvalidGrant)?;
                common(&scope, client.allowed_scope())
            }
        };
        let scope = match scope {
            None => most,
            Some(scope) if scope.is_subset_of(&most) => scope.clone(),
            Some(_) => return Err(ErrorCode::InvalidScope),
        };
        let resources = match says {
            Says::Subject => Vec::new(),
            Says::Identity => resources(&claims).ok_or(ErrorCode::InvalidGrant)?,
        };
        Ok(self.grants.begin(Family { resources, ..Family::new(client.id(), SUBJECT, scope) }))
    }

    /// The claims of an assertion whose issuer is trusted, that is for this server, about its user, and new.
    fn verified(&mut self, now: Timestamp, client: &RegisteredClient, assertion: &str) -> Option<(Object, Says)> {
        let token = Unverified::parse(assertion, &Limits::default()).ok()?;
        // Only to choose the key; `iss` must then be the key's.
        let issuer = token.dangerous_claims::<Object>().ok()?.get_str("iss")?.to_owned();
        let trusted = self.trusted.iter().find(|trusted| trusted.issuer == issuer)?;
        let own = self.issuer().as_str();
        let (typ, audience) = match trusted.says {
            // RFC 7523, section 3, 3.: "The token endpoint URL of the authorization server MAY be used as a value for an "aud" element".
            Says::Subject => {
                let endpoint = self.metadata.token_endpoint()?.as_str();
                (Typ::Jwt, Audience::contains_one_of([own, endpoint]))
            }
            Says::Identity => (Typ::exactly(ID_JAG), Audience::contains(own)),
        };
        let policy = Policy::new(Issuer::exactly(issuer.as_str()), audience, typ, Expiry::Required)
            .leeway(LEEWAY)
            .subject(SUBJECT)
            .require("jti");
        let verified = jwt_core::verify::<Object>(assertion, &trusted.key, &policy, now).ok()?;
        if verified.expires_at()? > now.saturating_add(MAX_LIFETIME) {
            return None;
        }
        let (claims, says) = (verified.into_claims(), trusted.says);
        match says {
            Says::Subject => {}
            // It is for one client, which has to show that it is the one, and for one server.
            Says::Identity => {
                let named = claims.get_str("client_id") == Some(client.id().as_str());
                if !named || !client.is_confidential() || claims.get_str("aud") != Some(own) {
                    return None;
                }
            }
        }
        // RFC 7523, section 3, 7.: "The authorization server MAY ensure that JWTs are not replayed".
        let id = claims.get_str("jti")?.to_owned();
        self.seen.insert(format!("bearer assertion {issuer} {id}")).then_some((claims, says))
    }
}

/// The resources that an identity assertion is good for: one, several, or any.
fn resources(claims: &Object) -> Option<Vec<Resource>> {
    let read = |value: &Value| value.as_str().and_then(|text| Resource::new(text).ok());
    match claims.get("resource") {
        None => Some(Vec::new()),
        Some(Value::Array(several)) => several.iter().map(read).collect(),
        Some(one) => Some(vec![read(one)?]),
    }
}
