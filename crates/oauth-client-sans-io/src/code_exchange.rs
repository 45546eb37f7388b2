//! [`CodeExchange`]: the second half of a login, from the code to checked tokens (RFC 6749, section 4.1.3; OpenID Connect Core, section 3.1.3).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::profile::{DpopProof, IdTokenClaims};
use jwt_core::{JwkSet, Moment, Verified};
use oauth_types::state::Nonce;
use oauth_types::token::TokenRequest;
use oauth_types::{AuthorizationCode, ClientId, CodeVerifier, HttpRequest, RedirectUri, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{DpopKey, Party};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Credentials, Exchange, ExchangeBody, Outgoing, Received};
use crate::flow::{Flow, Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::id_token::{CheckBody, IdTokenCheck};
use crate::pending::PendingAuthorization;
use crate::signature::{Keys, KeysBody, published};
use crate::stored::stored;
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
    nonce: Option<Nonce>,
    max_age: Option<Duration>,
    acr_values: Vec<String>,
    keys: Keys,
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
        let grant = Grant {
            scope: pending.scope.clone(),
            resources: pending.resources.clone(),
            ..Grant::of(pending.party.clone())
        };
        let request =
            CodeRequest { grant, code, verifier: pending.verifier.clone(), redirect_uri: pending.redirect_uri.clone() };
        let expected = Expected {
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
        self.state = State::Ended;
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
        let Some(nonce) = self.expected.nonce.clone() else {
            // Not asked for, so there is no nonce that would bind it to this login: it proves nothing and is not looked at.
            return Ok(Step::Done(Login { tokens, id_token: None, fetched_keys: None }));
        };
        let keys = core::mem::take(&mut self.expected.keys);
        let mut check = IdTokenCheck::with_keys(tokens.issuer(), client_id, id_token, keys)
            .nonce(nonce)
            .acr_values(core::mem::take(&mut self.expected.acr_values))
            .access_token(tokens.access_token().clone());
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
                State::Redeeming(exchange) => StateBody::Redeeming(Box::new(exchange.to_body())),
                State::Checking(checking) => {
                    StateBody::Checking(Box::new((checking.0.to_body(), checking.1.to_body())))
                }
                State::Ended => StateBody::Ended,
            },
            nonce: self.expected.nonce.as_ref().map(|nonce| nonce.expose().to_string()),
            max_age: self.expected.max_age.map(|max_age| max_age.as_secs()),
            acr_values: self.expected.acr_values.clone(),
            keys: self.expected.keys.to_body(),
        }
    }

    fn from_body(body: CodeExchangeBody) -> Option<Self> {
        let state = match body.state {
            StateBody::Redeeming(redeeming) => State::Redeeming(Box::new(Exchange::from_body(*redeeming)?)),
            StateBody::Checking(checking) => {
                let (tokens, check) = *checking;
                State::Checking(Box::new((Tokens::from_body(tokens)?, IdTokenCheck::from_body(check)?)))
            }
            StateBody::Ended => State::Ended,
        };
        let expected = Expected {
            nonce: body.nonce.map(Nonce::new).transpose().ok()?,
            max_age: body.max_age.map(Duration::from_secs),
            acr_values: body.acr_values,
            keys: Keys::from_body(body.keys)?,
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
            State::Redeeming(exchange) => match exchange.handle(&at, input).map(Step::split) {
                Ok(Ok(tokens)) => {
                    let client_id = exchange.request().grant.party.client().id().clone();
                    self.redeemed(&at, &client_id, tokens)
                }
                Ok(Err(pause)) => Ok(pause.widen()),
                Err(error) => {
                    // A code that was answered is forgotten.
                    if !error.is_misuse() {
                        self.state = State::Ended;
                    }
                    Err(error)
                }
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acr_values: Vec<String>,
    keys: KeysBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Redeeming(Box<ExchangeBody<CodeRequestBody>>),
    Checking(Box<(TokensBody, CheckBody)>),
    Ended,
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
