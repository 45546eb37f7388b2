//! The token request of a grant whose parameters are few: what [`ClientCredentials`](crate::ClientCredentials) and [`Refresh`](crate::Refresh) send and store.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::{KeyId, Secret};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::TokenRequest;
use oauth_types::{Endpoint, HttpRequest, Issuer, Resource, Scope};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientBody};
use crate::error::ApiMisuse;
use crate::stored;

/// Who asks which endpoint for what.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) issuer: Issuer,
    pub(crate) endpoint: Endpoint,
    pub(crate) client: Client,
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Vec<Resource>,
    /// The caller's own; their values may be secrets.
    pub(crate) parameters: Vec<(String, Secret)>,
}

impl Grant {
    pub(crate) fn new(server: &AuthorizationServer, client: &Client) -> Result<Self, ApiMisuse> {
        Ok(Self {
            issuer: server.issuer().clone(),
            endpoint: server.token_endpoint().ok_or(ApiMisuse::MissingEndpoint("token_endpoint"))?.clone(),
            client: client.clone(),
            scope: None,
            resources: Vec::new(),
            parameters: Vec::new(),
        })
    }

    pub(crate) fn secret_key(&self) -> Option<&KeyId> {
        self.client.secret_key()
    }

    /// Completes `request` and puts it into HTTP.
    pub(crate) fn to_http(&self, mut request: TokenRequest, secret: Option<&Secret>) -> Result<HttpRequest, ApiMisuse> {
        if let Some(scope) = &self.scope {
            request = request.with_scope(scope.clone());
        }
        for resource in &self.resources {
            request = request.with_resource(resource.clone());
        }
        for (name, value) in &self.parameters {
            request = request.with_parameter(name.as_str(), value.expose());
        }
        request.to_http(&self.endpoint, self.client.id(), &self.client.authenticate(secret)).map_err(ApiMisuse::from)
    }

    pub(crate) fn to_body(&self) -> GrantBody {
        GrantBody {
            issuer: self.issuer.as_str().to_string(),
            endpoint: self.endpoint.as_str().to_string(),
            client: self.client.to_body(),
            scope: self.scope.as_ref().map(ToString::to_string),
            resources: self.resources.iter().map(|resource| resource.as_str().to_string()).collect(),
            parameters: self
                .parameters
                .iter()
                .map(|(name, value)| (name.clone(), value.expose().to_string()))
                .collect(),
        }
    }

    pub(crate) fn from_body(body: GrantBody) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            endpoint: Endpoint::new(body.endpoint).ok()?,
            client: Client::from_body(body.client)?,
            scope: body.scope.as_deref().map(stored::scope).transpose().ok()?,
            resources: body.resources.into_iter().map(Resource::new).collect::<Result<_, _>>().ok()?,
            parameters: body.parameters.into_iter().map(|(name, value)| (name, Secret::from(value))).collect(),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantBody {
    issuer: String,
    endpoint: String,
    client: ClientBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<(String, String)>,
}
