//! [`CodeExchange`]: the second half of a login, from the code to checked tokens (RFC 6749, section 4.1.3; OpenID Connect Core, section 3.1.3).

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::mem;

use jwt_core::{JwkSet, Moment};
use oauth_types::authorization::{Outcome, SignedResponse};
use oauth_types::dpop::DpopNonce;
use oauth_types::token::{self, TokenRequest};
use oauth_types::{AuthorizationCode, CodeVerifier, HttpRequest, RedirectUri, Replay};
use serde::{Deserialize, Serialize};

use crate::authorization_response::{ResponseBody, ResponseCheck};
use crate::client::Party;
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, ExchangeBody, Outgoing, Received};
use crate::flow::{Flow, Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::login::{Expected, ExpectedBody, Login, LoginBody, LoginCheck, of_login};
use crate::pending::Asked;
use crate::stored::stored;
use crate::tokens::Tokens;

/// Checks a signed response, redeems its authorization code and, where `openid` was granted, checks the ID token against the server's keys.
///
/// Made by [`PendingAuthorization::accept`](crate::PendingAuthorization::accept) only, so that nothing is redeemed whose state, session and issuer were not
/// checked.
///
/// # Theory of operation
///
/// A response that had to be signed (JARM) comes first: the flow is `Verifying` its signature, and only then looks at what it says. The server's refusal in it
/// is [`Error::Refused`]. One that is not the server's, or not for this client, ends the flow; the code that may be in it goes nowhere.
///
/// `Redeeming` sends the token request once. The code is spent by it: after anything but a certain [`SendFailure::NotSent`](crate::SendFailure::NotSent)
/// it is never sent again, and the flow ends with [`Error::Transport`], whose advice is to begin a new login. With an ID token the flow is then
/// `Checking`: see [`IdTokenCheck`](crate::IdTokenCheck). A login whose ID token cannot be verified, or whose keys cannot be had, fails.
///
/// Of a client that sends a secret, with an ID token and no known key, after a response that is not signed (tokens without one end the flow at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> redeeming: secret
///     redeeming --> waiting: not sent
///     redeeming --> fetching: 200 (tokens with an ID token)
///     redeeming --> failed: anything else
///     waiting --> asked: poll
///     fetching --> verifying: 200 (the keys)
///     fetching --> fetch_waits: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     fetch_waits --> fetching: poll
///     verifying --> done: verified
///     verifying --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
#[derive(Debug)]
pub struct CodeExchange {
    state: State,
    expected: Expected,
    /// The server's keys, where they had to be fetched for a signed response.
    fetched: Option<JwkSet>,
}

#[derive(Debug)]
enum State {
    Verifying(Box<Verifying>),
    Redeeming(Box<Exchange<CodeRequest>>),
    Login(LoginCheck),
}

/// A response that is checked, and what is sent when it holds a code.
#[derive(Debug)]
struct Verifying {
    check: ResponseCheck,
    redemption: Redemption,
    nonce: Option<DpopNonce>,
}

impl CodeExchange {
    /// After a response that is not signed.
    pub(crate) fn accepted(asked: &mut Asked, verifier: CodeVerifier, code: AuthorizationCode) -> Self {
        let nonce = asked.dpop_nonce.take();
        let exchange = Box::new(Redemption::take(asked, verifier).with(code, nonce));
        Self::new(asked, State::Redeeming(exchange))
    }

    /// After a response that says that it is signed.
    pub(crate) fn signed(asked: &mut Asked, verifier: CodeVerifier, response: &SignedResponse) -> Self {
        let verifying = Verifying {
            check: ResponseCheck::new(response, asked.state.clone(), asked.keys_of_response()),
            redemption: Redemption::take(asked, verifier),
            nonce: asked.dpop_nonce.take(),
        };
        Self::new(asked, State::Verifying(Box::new(verifying)))
    }

    fn new(asked: &mut Asked, state: State) -> Self {
        let nonce = asked.nonce.take();
        let expected = Expected {
            openid: nonce.is_some(),
            nonce,
            max_age: asked.max_age,
            acr_values: mem::take(&mut asked.acr_values),
            keys: asked.take_keys_of_id_token(),
        };
        Self { state, expected, fetched: None }
    }

    /// Checks what the server signed with these keys of the server first, and fetches its key set only if none of them fits.
    #[must_use]
    pub fn known_keys(mut self, keys: JwkSet) -> Self {
        if let State::Verifying(verifying) = &mut self.state {
            verifying.check.keys_mut().know(&keys);
        }
        self.expected.keys.know(&keys);
        self
    }

    fn verify(&mut self, at: &Moment, input: Input) -> Result<Step<Login>, Error> {
        let State::Verifying(verifying) = &mut self.state else { return Err(ApiMisuse::Ended.into()) };
        let party = &verifying.redemption.grant.party;
        verifying.check.handle(at, input, party).map_err(of_login)?.then(|(outcome, fetched)| {
            if let Some(keys) = fetched {
                self.expected.keys.know(&keys);
                self.fetched = Some(keys);
            }
            match (outcome, mem::replace(&mut self.state, State::Login(LoginCheck::Ended))) {
                (Outcome::Code(code), State::Verifying(verifying)) => {
                    let exchange = verifying.redemption.with(code, verifying.nonce);
                    self.state = State::Redeeming(Box::new(exchange));
                    self.redeem(at, Input::Resume)
                }
                (Outcome::Error(response), State::Verifying(_)) => {
                    Err(Error::Refused { operation: Operation::Authorization, response })
                }
                (_, State::Redeeming(_) | State::Login(_)) => Err(ApiMisuse::Ended.into()),
            }
        })
    }

    fn redeem(&mut self, at: &Moment, input: Input) -> Result<Step<Login>, Error> {
        let State::Redeeming(exchange) = &mut self.state else { return Err(ApiMisuse::Ended.into()) };
        exchange.handle(at, input)?.then(|tokens| {
            // A code that was answered is forgotten.
            let answered = mem::replace(&mut self.state, State::Login(LoginCheck::Ended));
            let State::Redeeming(exchange) = answered else { return Err(ApiMisuse::Ended.into()) };
            let client_id = exchange.request().grant.party.client().id();
            match self.expected.check(Operation::CodeExchange, client_id, tokens)? {
                Ok(check) => {
                    self.state = State::Login(check);
                    self.check(at, Input::Resume)
                }
                Err(login) => Ok(Step::Done(self.with_keys(login))),
            }
        })
    }

    fn check(&mut self, at: &Moment, input: Input) -> Result<Step<Login>, Error> {
        let State::Login(check) = &mut self.state else { return Err(ApiMisuse::Ended.into()) };
        check.handle(at, input)?.then(|login| Ok(Step::Done(self.with_keys(login))))
    }

    /// The newest keys that were fetched on the way.
    fn with_keys(&mut self, login: Login) -> Login {
        Login { fetched_keys: login.fetched_keys.or_else(|| self.fetched.take()), ..login }
    }

    fn to_body(&self) -> CodeExchangeBody {
        CodeExchangeBody {
            state: match &self.state {
                State::Verifying(verifying) => StateBody::Verifying(Box::new(VerifyingBody {
                    response: verifying.check.to_body(),
                    redemption: verifying.redemption.to_body(),
                    nonce: verifying.nonce.as_ref().map(|nonce| nonce.as_str().to_string()),
                })),
                State::Redeeming(exchange) => StateBody::Redeeming(Box::new(exchange.to_body())),
                State::Login(check) => StateBody::Login(check.to_body()),
            },
            expected: self.expected.to_body(),
            fetched: self.fetched.clone(),
        }
    }

    fn from_body(body: CodeExchangeBody) -> Option<Self> {
        let state = match body.state {
            StateBody::Verifying(verifying) => State::Verifying(Box::new(Verifying {
                check: ResponseCheck::from_body(verifying.response)?,
                redemption: Redemption::from_body(verifying.redemption)?,
                nonce: verifying.nonce.map(DpopNonce::new).transpose().ok()?,
            })),
            StateBody::Redeeming(redeeming) => State::Redeeming(Box::new(Exchange::from_body(*redeeming)?)),
            StateBody::Login(check) => State::Login(LoginCheck::from_body(check)?),
        };
        Some(Self { state, expected: Expected::from_body(body.expected)?, fetched: body.fetched })
    }
}

impl Flow for CodeExchange {
    type Output = Login;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Login>, Error> {
        let result = match &self.state {
            State::Verifying(_) => self.verify(&at, input),
            State::Redeeming(_) => self.redeem(&at, input),
            State::Login(_) => self.check(&at, input),
        };
        // A code that was answered is forgotten, and so is a response that does not hold.
        if result.as_ref().is_err_and(|error| !error.is_misuse()) {
            self.state = State::Login(LoginCheck::Ended);
        }
        result
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fetched: Option<JwkSet>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Verifying(Box<VerifyingBody>),
    Redeeming(Box<ExchangeBody<CodeRequestBody>>),
    Login(LoginBody),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyingBody {
    response: ResponseBody,
    redemption: RedemptionBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

/// The token request of a code, but for the code (RFC 6749, section 4.1.3).
#[derive(Debug)]
struct Redemption {
    /// What was asked for. The scope is not sent again.
    grant: Grant,
    verifier: CodeVerifier,
    redirect_uri: RedirectUri,
}

impl Redemption {
    #[inline]
    fn take(asked: &mut Asked, verifier: CodeVerifier) -> Self {
        let grant = Grant {
            scope: asked.scope.take(),
            resources: mem::take(&mut asked.resources),
            authorization_details: mem::take(&mut asked.authorization_details),
            ..Grant::of(asked.party.clone())
        };
        Self { grant, verifier, redirect_uri: asked.redirect_uri.clone() }
    }

    #[inline]
    fn with(self, code: AuthorizationCode, nonce: Option<DpopNonce>) -> Exchange<CodeRequest> {
        Exchange::new(self.request(code)).with_nonce(nonce)
    }

    #[inline]
    fn request(self, code: AuthorizationCode) -> CodeRequest {
        let Self { grant, verifier, redirect_uri } = self;
        // OAuth 2.1 drops `redirect_uri` here, but a 2.0 server demands it (RFC 6749, section 4.1.3).
        let request = TokenRequest::authorization_code(code, verifier, Some(redirect_uri));
        // RFC 8707, section 2.2, and RFC 9396, section 6: what the token is for, which is all that was asked for.
        let request = grant.ask(request);
        CodeRequest { grant, request }
    }

    fn to_body(&self) -> RedemptionBody {
        RedemptionBody {
            grant: self.grant.to_body(),
            verifier: self.verifier.expose().to_string(),
            redirect_uri: self.redirect_uri.as_str().to_string(),
        }
    }

    fn from_body(body: RedemptionBody) -> Option<Self> {
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            verifier: CodeVerifier::new(body.verifier).ok()?,
            redirect_uri: RedirectUri::new(body.redirect_uri).ok()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedemptionBody {
    grant: GrantBody,
    verifier: String,
    redirect_uri: String,
}

/// The token request of a code.
#[derive(Debug)]
struct CodeRequest {
    grant: Grant,
    request: TokenRequest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRequestBody {
    redemption: RedemptionBody,
    code: String,
}

impl Outgoing for CodeRequest {
    const OPERATION: Operation = Operation::CodeExchange;
    const REPLAY: Replay = Replay::IfNotSent;
    const BINDS: bool = true;
    type Output = Tokens;
    type Body = CodeRequestBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let party = &self.grant.party;
        self.request.to_http(party.endpoint(), party.client().id(), &credentials.auth).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<Tokens, Error> {
        self.grant.tokens(Self::OPERATION, received)
    }

    fn to_body(&self) -> CodeRequestBody {
        let grant = self.request.grant();
        let (code, verifier, redirect_uri) =
            if let token::Grant::AuthorizationCode { code, code_verifier, redirect_uri, .. } = grant {
                (code.expose(), code_verifier.as_ref(), redirect_uri.as_ref())
            } else {
                // It is made for a code only. Were it not, it would not be restored.
                ("", None, None)
            };
        let verifier = verifier.map(|verifier| verifier.expose().to_string()).unwrap_or_default();
        let redirect_uri = redirect_uri.map(|uri| uri.as_str().to_string()).unwrap_or_default();
        let redemption = RedemptionBody { grant: self.grant.to_body(), verifier, redirect_uri };
        CodeRequestBody { redemption, code: code.to_string() }
    }

    fn from_body(body: CodeRequestBody) -> Option<Self> {
        Some(Redemption::from_body(body.redemption)?.request(AuthorizationCode::new(body.code)))
    }
}
