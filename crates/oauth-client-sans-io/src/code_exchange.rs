//! [`CodeExchange`]: the second half of a login, from the code to checked tokens (RFC 6749, section 4.1.3; OpenID Connect Core, section 3.1.3).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::profile::IdTokenClaims;
use jwt_core::{JwkSet, KeyId, Moment, Secret, Verified};
use oauth_types::response::Expect;
use oauth_types::state::Nonce;
use oauth_types::token::{TokenRequest, TokenResponse};
use oauth_types::{
    AuthorizationCode, ClientId, CodeVerifier, Endpoint, HttpRequest, HttpResponse, Issuer, RedirectUri, Replay,
    Resource, Scope,
};
use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientBody};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Exchange, ExchangeBody, Outgoing};
use crate::flow::{Flow, Input, Step};
use crate::id_token::{CheckBody, IdTokenCheck, published};
use crate::pending::PendingAuthorization;
use crate::stored::{self, stored};
use crate::tokens::{Tokens, TokensBody};

/// Redeems an authorization code and, where `openid` was granted, checks the ID token against the server's keys.
///
/// Made by [`PendingAuthorization::accept`] only, so that nothing is redeemed whose state, session and issuer were not checked.
///
/// # Theory of operation
///
/// `Redeeming` sends the token request once. The code is spent by it: after anything but a certain [`SendFailure::NotSent`](crate::SendFailure::NotSent)
/// it is never sent again, and the flow ends with [`Error::Transport`], whose advice is to begin a new login. With an ID token the flow is then
/// `Checking`: see [`IdTokenCheck`]. A login whose ID token cannot be verified, or whose keys cannot be had, fails.
#[derive(Debug)]
pub struct CodeExchange {
    state: State,
    expected: Expected,
}

#[derive(Debug)]
enum State {
    Redeeming(Box<Exchange<CodeRequest>>),
    Checking(Box<(Tokens, IdTokenCheck)>),
    Ended,
}

/// What the ID token is checked for, and with which keys.
#[derive(Debug)]
struct Expected {
    issuer: Issuer,
    client_id: ClientId,
    scope: Option<Scope>,
    nonce: Option<Nonce>,
    max_age: Option<Duration>,
    jwks_uri: Option<Endpoint>,
    keys: Option<JwkSet>,
}

/// The outcome of a login.
#[derive(Debug)]
#[non_exhaustive]
pub struct Login {
    /// The tokens.
    pub tokens: Tokens,
    /// Who logged in: the checked claims of the ID token. `None` where `openid` was not granted.
    pub id_token: Option<Verified<IdTokenClaims>>,
    /// The server's keys, if they had to be fetched: keep them for the next login.
    pub fetched_keys: Option<JwkSet>,
}

impl CodeExchange {
    pub(crate) fn accepted(pending: &PendingAuthorization, code: AuthorizationCode) -> Self {
        let request = CodeRequest {
            client: pending.client.clone(),
            endpoint: pending.token_endpoint.clone(),
            code,
            verifier: pending.verifier.clone(),
            redirect_uri: pending.redirect_uri.clone(),
            resources: pending.resources.clone(),
        };
        let expected = Expected {
            issuer: pending.issuer.clone(),
            client_id: pending.client.id().clone(),
            scope: pending.scope.clone(),
            nonce: pending.nonce.clone(),
            max_age: pending.max_age,
            jwks_uri: pending.jwks_uri.clone(),
            keys: None,
        };
        Self { state: State::Redeeming(Box::new(Exchange::new(request))), expected }
    }

    /// Checks the ID token with these keys of the server first, and fetches its key set only if none of them fits.
    #[must_use]
    pub fn known_keys(mut self, keys: JwkSet) -> Self {
        self.expected.keys = Some(published(keys));
        self
    }

    fn redeemed(&mut self, at: &Moment, response: &HttpResponse) -> Result<Step<Login>, Error> {
        let now = at.now();
        self.state = State::Ended;
        let response = TokenResponse::from_http(response, &Expect::new(now))
            .map_err(|error| Error::of_token(Operation::CodeExchange, error))?;
        let tokens = Tokens::received(&self.expected.issuer, self.expected.scope.as_ref(), response, now);
        let Some(id_token) = tokens.raw_id_token() else {
            // OpenID Connect Core, section 3.1.3.3: the ID token is REQUIRED. A server that did not grant `openid` owes none.
            let asked = self.expected.nonce.is_some();
            let granted = tokens.scope().is_some_and(|scope| scope.contains("openid"));
            if asked && granted {
                let reason = InvalidReason::IdTokenMissing;
                return Err(Error::InvalidResponse { operation: Operation::CodeExchange, reason });
            }
            return Ok(Step::Done(Login { tokens, id_token: None, fetched_keys: None }));
        };
        if self.expected.nonce.is_none() {
            // Not asked for, so there is no nonce that would bind it to this login: it proves nothing and is not looked at.
            return Ok(Step::Done(Login { tokens, id_token: None, fetched_keys: None }));
        }
        let mut check = IdTokenCheck::new(
            &self.expected.issuer,
            &self.expected.client_id,
            id_token.clone(),
            self.expected.jwks_uri.clone(),
        )
        .known_keys(self.expected.keys.take())
        .access_token(tokens.access_token().clone());
        if let Some(nonce) = &self.expected.nonce {
            check = check.nonce(nonce.clone());
        }
        if let Some(max_age) = self.expected.max_age {
            check = check.max_age(max_age);
        }
        self.state = State::Checking(Box::new((tokens, check)));
        self.check(at, Input::Resume)
    }

    fn check(&mut self, at: &Moment, input: Input) -> Result<Step<Login>, Error> {
        let State::Checking(checking) = &mut self.state else { return Err(ApiMisuse::Ended.into()) };
        match checking.1.advance(at, input).map_err(of_login)?.split() {
            Err(pause) => Ok(pause.widen()),
            Ok(checked) => match core::mem::replace(&mut self.state, State::Ended) {
                State::Checking(checking) => {
                    let (tokens, _) = *checking;
                    Ok(Step::Done(Login { tokens, id_token: Some(checked.claims), fetched_keys: checked.fetched_keys }))
                }
                State::Redeeming(_) | State::Ended => Err(ApiMisuse::Ended.into()),
            },
        }
    }

    fn to_body(&self) -> CodeExchangeBody {
        CodeExchangeBody {
            state: match &self.state {
                State::Redeeming(exchange) => {
                    StateBody::Redeeming(Box::new((exchange.request().to_body(), exchange.to_body())))
                }
                State::Checking(checking) => {
                    StateBody::Checking(Box::new((checking.0.to_body(), checking.1.to_body())))
                }
                State::Ended => StateBody::Ended,
            },
            issuer: self.expected.issuer.as_str().to_string(),
            client_id: self.expected.client_id.as_str().to_string(),
            scope: self.expected.scope.as_ref().map(ToString::to_string),
            nonce: self.expected.nonce.as_ref().map(|nonce| nonce.expose().to_string()),
            max_age: self.expected.max_age.map(|max_age| max_age.as_secs()),
            jwks_uri: self.expected.jwks_uri.as_ref().map(|endpoint| endpoint.as_str().to_string()),
            keys: self.expected.keys.clone(),
        }
    }

    fn from_body(body: CodeExchangeBody) -> Option<Self> {
        let state = match body.state {
            StateBody::Redeeming(redeeming) => {
                let (request, exchange) = *redeeming;
                State::Redeeming(Box::new(Exchange::from_body(CodeRequest::from_body(request)?, &exchange)))
            }
            StateBody::Checking(checking) => {
                let (tokens, check) = *checking;
                State::Checking(Box::new((Tokens::from_body(tokens)?, IdTokenCheck::from_body(check)?)))
            }
            StateBody::Ended => State::Ended,
        };
        let expected = Expected {
            issuer: Issuer::new(body.issuer).ok()?,
            client_id: ClientId::new(body.client_id).ok()?,
            scope: body.scope.as_deref().map(stored::scope).transpose().ok()?,
            nonce: body.nonce.map(Nonce::new).transpose().ok()?,
            max_age: body.max_age.map(Duration::from_secs),
            jwks_uri: body.jwks_uri.map(Endpoint::new).transpose().ok()?,
            keys: body.keys,
        };
        Some(Self { state, expected })
    }
}

/// The keys of a login cannot be fetched in another flow: its code is spent, and its tokens are given up with it.
fn of_login(mut error: Error) -> Error {
    if let Error::Transport { operation: operation @ Operation::Jwks, .. } = &mut error {
        *operation = Operation::LoginKeys;
    }
    error
}

impl Flow for CodeExchange {
    type Output = Login;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Login>, Error> {
        match &mut self.state {
            State::Redeeming(exchange) => match exchange.handle(&at, input)?.split() {
                Ok(response) => self.redeemed(&at, &response),
                Err(pause) => Ok(pause.widen()),
            },
            State::Checking(_) => self.check(&at, input),
            State::Ended => Err(ApiMisuse::Ended.into()),
        }
    }
}

stored! {
    /// It holds the code and the PKCE verifier, and later the tokens, in the clear: store it where only your program can read it,
    /// after [`Step::Send`] was returned and before the request is sent.
    CodeExchange, "code_exchange", 1, CodeExchangeBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeExchangeBody {
    state: StateBody,
    issuer: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<JwkSet>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Redeeming(Box<(CodeRequestBody, ExchangeBody)>),
    Checking(Box<(TokensBody, CheckBody)>),
    Ended,
}

/// The token request of a code (RFC 6749, section 4.1.3).
#[derive(Debug)]
struct CodeRequest {
    client: Client,
    endpoint: Endpoint,
    code: AuthorizationCode,
    verifier: CodeVerifier,
    redirect_uri: RedirectUri,
    resources: Vec<Resource>,
}

impl Outgoing for CodeRequest {
    const OPERATION: Operation = Operation::CodeExchange;
    const REPLAY: Replay = Replay::IfNotSent;

    fn secret_key(&self) -> Option<&KeyId> {
        self.client.secret_key()
    }

    fn to_http(&self, secret: Option<&Secret>) -> Result<HttpRequest, ApiMisuse> {
        // OAuth 2.1 drops `redirect_uri` here, but a 2.0 server demands it (RFC 6749, section 4.1.3).
        let mut request =
            TokenRequest::authorization_code(self.code.clone(), self.verifier.clone(), Some(self.redirect_uri.clone()));
        for resource in &self.resources {
            request = request.with_resource(resource.clone());
        }
        request.to_http(&self.endpoint, self.client.id(), &self.client.authenticate(secret)).map_err(ApiMisuse::from)
    }
}

impl CodeRequest {
    fn to_body(&self) -> CodeRequestBody {
        CodeRequestBody {
            client: self.client.to_body(),
            endpoint: self.endpoint.as_str().to_string(),
            code: self.code.expose().to_string(),
            verifier: self.verifier.expose().to_string(),
            redirect_uri: self.redirect_uri.as_str().to_string(),
            resources: self.resources.iter().map(|resource| resource.as_str().to_string()).collect(),
        }
    }

    fn from_body(body: CodeRequestBody) -> Option<Self> {
        Some(Self {
            client: Client::from_body(body.client)?,
            endpoint: Endpoint::new(body.endpoint).ok()?,
            code: AuthorizationCode::new(body.code),
            verifier: CodeVerifier::new(body.verifier).ok()?,
            redirect_uri: RedirectUri::new(body.redirect_uri).ok()?,
            resources: body.resources.into_iter().map(Resource::new).collect::<Result<_, _>>().ok()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRequestBody {
    client: ClientBody,
    endpoint: String,
    code: String,
    verifier: String,
    redirect_uri: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
}
