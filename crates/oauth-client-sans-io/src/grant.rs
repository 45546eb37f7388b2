//! What the token requests of all grants have in common: who asks which endpoint, for what, and what is made of the answer.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::Secret;
use oauth_types::ciba::BackchannelAuthenticationRequest;
use oauth_types::device::DeviceAuthorizationRequest;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::rar::AuthorizationDetails;
use oauth_types::response::{Expect, ResponseError};
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{Endpoint, HttpRequest, Resource, Scope};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party, PartyBody};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Received};
use crate::stored;
use crate::tokens::Tokens;

/// Who asks which endpoint for what.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) party: Party,
    pub(crate) scope: Option<Scope>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) authorization_details: AuthorizationDetails,
    /// The caller's own; their values may be secrets.
    pub(crate) parameters: Vec<(String, Secret)>,
}

impl Grant {
    pub(crate) fn new(server: &AuthorizationServer, client: &Client) -> Result<Self, ApiMisuse> {
        Ok(Self::of(Party::at_token_endpoint(server, client)?))
    }

    pub(crate) const fn of(party: Party) -> Self {
        Self {
            party,
            scope: None,
            resources: Vec::new(),
            authorization_details: AuthorizationDetails::new(),
            parameters: Vec::new(),
        }
    }

    /// What of it goes on to the endpoint that gives the tokens: who asks for what, without what was said when it was asked for.
    pub(crate) fn at(&self, token_endpoint: Endpoint) -> Self {
        let (scope, resources) = (self.scope.clone(), self.resources.clone());
        Self { scope, resources, ..Self::of(self.party.at(token_endpoint)) }
    }

    /// Whether an ID token is asked for (OpenID Connect Core, section 3.1.2.1).
    pub(crate) fn asks_for_openid(&self) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.contains("openid"))
    }

    /// Adds what the tokens are for, and the caller's own parameters; not the scope, which some requests must not repeat.
    #[inline]
    pub(crate) fn ask<R: Asking>(&self, mut request: R) -> R {
        for resource in &self.resources {
            request = request.resource(resource.clone());
        }
        if !self.authorization_details.is_empty() {
            request = request.details(self.authorization_details.clone());
        }
        for (name, value) in &self.parameters {
            request = request.parameter(name, value.expose());
        }
        request
    }

    /// Puts a request at the token endpoint into HTTP, with all but the scope.
    pub(crate) fn to_http_without_scope(
        &self,
        request: TokenRequest,
        credentials: &Credentials,
    ) -> Result<HttpRequest, ApiMisuse> {
        let party = &self.party;
        self.ask(request).to_http(party.endpoint(), party.client().id(), &credentials.auth).map_err(ApiMisuse::from)
    }

    /// Completes `request` and puts it into HTTP.
    pub(crate) fn to_http(
        &self,
        mut request: TokenRequest,
        credentials: &Credentials,
    ) -> Result<HttpRequest, ApiMisuse> {
        if let Some(scope) = &self.scope {
            request = request.with_scope(scope.clone());
        }
        self.to_http_without_scope(request, credentials)
    }

    /// What the response to a token request has to be.
    pub(crate) fn expect(&self, received: &Received<'_>) -> Expect<'_> {
        let expect = self.party.expect(received);
        // What is granted where the server names no scope. A comma was asked for where the server wants one between tokens, and so it separates in the answer, too.
        let expect = match &self.scope {
            Some(scope) if !scope.as_str().as_bytes().contains(&b',') => expect.scope(scope),
            Some(_) | None => expect,
        };
        // RFC 9449, section 5: a token that is not bound is not what was asked for.
        if self.party.client().dpop_key().is_some() { expect.dpop() } else { expect }
    }

    /// The tokens of a response.
    pub(crate) fn tokens(&self, operation: Operation, received: &Received<'_>) -> Result<Tokens, Error> {
        let response = TokenResponse::from_http(received.response, &self.expect(received));
        self.received(operation, response, received)
    }

    /// The tokens of a response that was read.
    pub(crate) fn received(
        &self,
        operation: Operation,
        response: Result<TokenResponse, ResponseError>,
        received: &Received<'_>,
    ) -> Result<Tokens, Error> {
        let response = response.map_err(|error| Error::of_response(operation, error))?;
        Ok(Tokens::received(&self.party, self.scope.as_ref(), response, received.now, received.nonce))
    }

    pub(crate) fn to_body(&self) -> GrantBody {
        GrantBody {
            party: self.party.to_body(),
            scope: self.scope.as_ref().map(ToString::to_string),
            resources: self.resources.iter().map(|resource| resource.as_str().to_string()).collect(),
            authorization_details: stored::details(&self.authorization_details),
            parameters: stored::parameters(&self.parameters),
        }
    }

    pub(crate) fn from_body(body: GrantBody) -> Option<Self> {
        Some(Self {
            party: Party::from_body(body.party)?,
            scope: body.scope.as_deref().map(stored::scope).transpose().ok()?,
            resources: body.resources.into_iter().map(Resource::new).collect::<Result<_, _>>().ok()?,
            authorization_details: stored::read_details(body.authorization_details.as_deref())?,
            parameters: stored::read_parameters(body.parameters),
        })
    }
}

/// A request that says what tokens are to be for: the messages of several endpoints have these methods alike.
pub(crate) trait Asking {
    fn resource(self, resource: Resource) -> Self;
    fn details(self, details: AuthorizationDetails) -> Self;
    fn parameter(self, name: &str, value: &str) -> Self;
}

macro_rules! asking {
    ($($request:ty)+) => {
        $(impl Asking for $request {
            fn resource(self, resource: Resource) -> Self {
                self.with_resource(resource)
            }

            fn details(self, details: AuthorizationDetails) -> Self {
                self.with_authorization_details(details)
            }

            fn parameter(self, name: &str, value: &str) -> Self {
                self.with_parameter(name, value)
            }
        })+
    };
}

asking! { TokenRequest DeviceAuthorizationRequest BackchannelAuthenticationRequest }

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantBody {
    party: PartyBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization_details: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<(String, String)>,
}

/// Gives a flow whose request has a [`Grant`] the methods that say what is asked for.
macro_rules! grant_parameters {
    ($flow:ident: $($what:ident)+) => {
        impl $flow {
            $(grant_parameters!(@$what);)+
        }
    };
    (@scope) => {
        /// Asks for this scope (RFC 6749, section 3.3).
        #[must_use]
        pub fn scope(mut self, scope: oauth_types::Scope) -> Self {
            self.exchange.request_mut().grant.scope = Some(scope);
            self
        }
    };
    (@resource) => {
        /// Asks for tokens for this resource; may be called again for another (RFC 8707, section 2).
        #[must_use]
        pub fn resource(mut self, resource: oauth_types::Resource) -> Self {
            self.exchange.request_mut().grant.resources.push(resource);
            self
        }
    };
    (@authorization_details) => {
        /// Asks for these (RFC 9396, section 6).
        #[must_use]
        pub fn authorization_details(mut self, details: oauth_types::rar::AuthorizationDetails) -> Self {
            self.exchange.request_mut().grant.authorization_details = details;
            self
        }
    };
    (@parameter) => {
        /// Adds a parameter of the caller's own, such as `audience`.
        #[must_use]
        pub fn parameter(
            mut self,
            name: impl Into<alloc::string::String>,
            value: impl Into<alloc::string::String>,
        ) -> Self {
            self.exchange.request_mut().grant.parameters.push((name.into(), jwt_core::Secret::new(value)));
            self
        }
    };
    (@dpop_nonce) => {
        /// Begins with the DPoP nonce that the server gave last ([`Tokens::dpop_nonce`](crate::Tokens::dpop_nonce)), which saves a request.
        #[must_use]
        pub fn dpop_nonce(mut self, nonce: Option<oauth_types::dpop::DpopNonce>) -> Self {
            self.exchange = self.exchange.with_nonce(nonce);
            self
        }
    };
}
pub(crate) use grant_parameters;
