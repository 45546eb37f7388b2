//! [`CodeExchange`]: the second half of a login, from the code to checked tokens (RFC 6749, section 4.1.3; OpenID Connect Core, section 3.1.3).

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use jwt_core::profile::DpopProof;
use jwt_core::{JwkSet, Moment};
use oauth_types::token::TokenRequest;
use oauth_types::{AuthorizationCode, ClientId, CodeVerifier, HttpRequest, RedirectUri, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{DpopKey, Party};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, ExchangeBody, Outgoing, Received};
use crate::flow::{Flow, Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::login::{Expected, ExpectedBody, Login, LoginBody, LoginCheck};
use crate::pending::PendingAuthorization;
use crate::signature::published;
use crate::stored::stored;
use crate::tokens::Tokens;

/// Redeems an authorization code and, where `openid` was granted, checks the ID token against the server's keys.
///
/// Made by [`PendingAuthorization::accept`] only, so that nothing is redeemed whose state, session and issuer were not checked.
///
/// # Theory of operation
///
/// `Redeeming` sends the token request once. The code is spent by it: after anything but a certain [`SendFailure::NotSent`](crate::SendFailure::NotSent)
/// it is never sent again, and the flow ends with [`Error::Transport`], whose advice is to begin a new login. With an ID token the flow is then
/// `Checking`: see [`IdTokenCheck`](crate::IdTokenCheck). A login whose ID token cannot be verified, or whose keys cannot be had, fails.
#[derive(Debug)]
pub struct CodeExchange {
    state: State,
    expected: Expected,
}

#[derive(Debug)]
enum State {
    Redeeming(Box<Exchange<CodeRequest>>),
    Login(LoginCheck),
}

impl CodeExchange {
    pub(crate) fn accepted(pending: &PendingAuthorization, code: AuthorizationCode) -> Self {
        let grant = Grant {
            scope: pending.scope.clone(),
            resources: pending.resources.clone(),
            ..Grant::of(pending.party.clone())
        };
        let request =
            CodeRequest { grant, code, verifier: pending.verifier.clone(), redirect_uri: pending.redirect_uri.clone() };
        let expected = Expected {
            openid: pending.nonce.is_some(),
            nonce: pending.nonce.clone(),
            max_age: pending.max_age,
            acr_values: pending.acr_values.clone(),
            keys: pending.keys.clone(),
        };
        let exchange = Exchange::new(request).with_nonce(pending.dpop_nonce.clone());
        Self { state: State::Redeeming(Box::new(exchange)), expected }
    }

    /// Checks the ID token with these keys of the server first, and fetches its key set only if none of them fits.
    #[must_use]
    pub fn known_keys(mut self, keys: JwkSet) -> Self {
        self.expected.keys.known = Some(published(keys));
        self
    }

    fn redeemed(&mut self, at: &Moment, client_id: &ClientId, tokens: Tokens) -> Result<Step<Login>, Error> {
        // A code that was answered is forgotten.
        self.state = State::Login(LoginCheck::Ended);
        let expected = core::mem::take(&mut self.expected);
        match expected.check(Operation::CodeExchange, client_id, tokens)? {
            Ok(mut check) => {
                let step = check.handle(at, Input::Resume);
                self.state = State::Login(check);
                step
            }
            Err(login) => Ok(Step::Done(login)),
        }
    }

    fn to_body(&self) -> CodeExchangeBody {
        CodeExchangeBody {
            state: match &self.state {
                State::Redeeming(exchange) => StateBody::Redeeming(Box::new(exchange.to_body())),
                State::Login(check) => StateBody::Login(check.to_body()),
            },
            expected: self.expected.to_body(),
        }
    }

    fn from_body(body: CodeExchangeBody) -> Option<Self> {
        let state = match body.state {
            StateBody::Redeeming(redeeming) => State::Redeeming(Box::new(Exchange::from_body(*redeeming)?)),
            StateBody::Login(check) => State::Login(LoginCheck::from_body(check)?),
        };
        Some(Self { state, expected: Expected::from_body(body.expected)? })
    }
}

impl Flow for CodeExchange {
    type Output = Login;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Login>, Error> {
        match &mut self.state {
            State::Redeeming(exchange) => match exchange.handle(&at, input).map(Step::split) {
                Ok(Ok(tokens)) => {
                    let client_id = exchange.request().grant.party.client().id().clone();
                    self.redeemed(&at, &client_id, tokens)
                }
                Ok(Err(pause)) => Ok(pause.widen()),
                Err(error) => {
                    if !error.is_misuse() {
                        self.state = State::Login(LoginCheck::Ended);
                    }
                    Err(error)
                }
            },
            State::Login(check) => check.handle(&at, input),
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
    expected: ExpectedBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Redeeming(Box<ExchangeBody<CodeRequestBody>>),
    Login(LoginBody),
}

/// The token request of a code (RFC 6749, section 4.1.3).
#[derive(Debug)]
struct CodeRequest {
    /// What was asked for. The scope is not sent again.
    grant: Grant,
    code: AuthorizationCode,
    verifier: CodeVerifier,
    redirect_uri: RedirectUri,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRequestBody {
    grant: GrantBody,
    code: String,
    verifier: String,
    redirect_uri: String,
}

impl Outgoing for CodeRequest {
    const OPERATION: Operation = Operation::CodeExchange;
    const REPLAY: Replay = Replay::IfNotSent;
    type Output = Tokens;
    type Body = CodeRequestBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn proof(&self) -> Option<(&DpopKey, DpopProof)> {
        self.grant.party.proof()
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        // OAuth 2.1 drops `redirect_uri` here, but a 2.0 server demands it (RFC 6749, section 4.1.3).
        let redirect_uri = Some(self.redirect_uri.clone());
        let mut request = TokenRequest::authorization_code(self.code.clone(), self.verifier.clone(), redirect_uri);
        for resource in &self.grant.resources {
            request = request.with_resource(resource.clone());
        }
        let party = &self.grant.party;
        request.to_http(party.endpoint(), party.client().id(), &credentials.auth).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<Tokens, Error> {
        self.grant.tokens(Self::OPERATION, received)
    }

    fn to_body(&self) -> CodeRequestBody {
        CodeRequestBody {
            grant: self.grant.to_body(),
            code: self.code.expose().to_string(),
            verifier: self.verifier.expose().to_string(),
            redirect_uri: self.redirect_uri.as_str().to_string(),
        }
    }

    fn from_body(body: CodeRequestBody) -> Option<Self> {
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            code: AuthorizationCode::new(body.code),
            verifier: CodeVerifier::new(body.verifier).ok()?,
            redirect_uri: RedirectUri::new(body.redirect_uri).ok()?,
        })
    }
}
