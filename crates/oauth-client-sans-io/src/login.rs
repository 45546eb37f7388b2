//! [`Login`]: the tokens of a user and, where `openid` was granted, who that is.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use jwt_core::profile::IdTokenClaims;
use jwt_core::{JwkSet, Moment, Verified};
use oauth_types::state::Nonce;
use oauth_types::{AuthReqId, ClientId};
use serde::{Deserialize, Serialize};

use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::is_false;
use crate::flow::{Input, Step};
use crate::id_token::{CheckBody, IdTokenCheck};
use crate::signature::{Keys, KeysBody};
use crate::tokens::{Tokens, TokensBody};

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

/// What the ID token of a login is checked for, and with which keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// Whether `openid` was asked for. An ID token that was not is not looked at.
    pub(crate) openid: bool,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr_values: Vec<String>,
    pub(crate) keys: Keys,
}

/// The last leg of a login: the check of its ID token, which keeps the tokens until it is done.
///
/// # Theory of operation
///
/// `Checking` runs an [`IdTokenCheck`]. Its end, whatever it is, is the end of the login.
#[derive(Debug)]
pub(crate) enum LoginCheck {
    Checking(Box<(Tokens, IdTokenCheck)>),
    Ended,
}

impl Expected {
    /// The check of the ID token that came with these tokens, which takes all that is expected; the login itself where there is nothing to be checked.
    pub(crate) fn check(
        &mut self,
        operation: Operation,
        client_id: &ClientId,
        tokens: Tokens,
    ) -> Result<Result<LoginCheck, Login>, Error> {
        if !self.openid {
            // Not asked for, so nothing binds it to this login: it proves nothing and is not looked at.
            return Ok(Err(Login { tokens, id_token: None, fetched_keys: None }));
        }
        let expected = mem::take(self);
        let Some(id_token) = tokens.raw_id_token() else {
            // OpenID Connect Core, section 3.1.3.3: the ID token is REQUIRED. A server that did not grant `openid` owes none; but what was demanded of the
            // login itself nothing else shows.
            let demanded = expected.max_age.is_some() || !expected.acr_values.is_empty();
            if demanded || tokens.scope().is_some_and(|scope| scope.contains("openid")) {
                return Err(Error::InvalidResponse { operation, reason: InvalidReason::IdTokenMissing });
            }
            return Ok(Err(Login { tokens, id_token: None, fetched_keys: None }));
        };
        let mut check = IdTokenCheck::with_keys(tokens.issuer(), client_id, id_token, expected.keys)
            .acr_values(expected.acr_values)
            .access_token(tokens.access_token().clone());
        if let Some(nonce) = expected.nonce {
            check = check.nonce(nonce);
        }
        if let Some(max_age) = expected.max_age {
            check = check.max_age(max_age);
        }
        Ok(Ok(LoginCheck::Checking(Box::new((tokens, check)))))
    }

    pub(crate) fn to_body(&self) -> ExpectedBody {
        ExpectedBody {
            openid: self.openid,
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose().to_string()),
            max_age: self.max_age.map(|max_age| max_age.as_secs()),
            acr_values: self.acr_values.clone(),
            keys: self.keys.to_body(),
        }
    }

    pub(crate) fn from_body(body: ExpectedBody) -> Option<Self> {
        Some(Self {
            openid: body.openid,
            nonce: body.nonce.map(Nonce::new).transpose().ok()?,
            max_age: body.max_age.map(Duration::from_secs),
            acr_values: body.acr_values,
            keys: Keys::from_body(body.keys)?,
        })
    }
}

impl LoginCheck {
    /// Demands what binds tokens that were pushed to each other and to their request (CIBA Core 1.0, section 10.3.1).
    pub(crate) fn pushed(self, auth_req_id: AuthReqId) -> Self {
        match self {
            Self::Checking(checking) => {
                let (tokens, check) = *checking;
                let check = check.pushed(auth_req_id, tokens.refresh_token().cloned());
                Self::Checking(Box::new((tokens, check)))
            }
            Self::Ended => Self::Ended,
        }
    }

    /// The one transition function.
    pub(crate) fn handle(&mut self, at: &Moment, input: Input) -> Result<Step<Login>, Error> {
        let Self::Checking(checking) = self else { return Err(ApiMisuse::Ended.into()) };
        match checking.1.advance(at, input) {
            Ok(step) => step.then(|checked| match mem::replace(self, Self::Ended) {
                Self::Checking(checking) => {
                    let (id_token, fetched_keys) = (Some(checked.claims), checked.fetched_keys);
                    Ok(Step::Done(Login { tokens: checking.0, id_token, fetched_keys }))
                }
                Self::Ended => Err(ApiMisuse::Ended.into()),
            }),
            Err(error) => {
                if !error.is_misuse() {
                    *self = Self::Ended;
                }
                Err(of_login(error))
            }
        }
    }

    pub(crate) fn to_body(&self) -> LoginBody {
        match self {
            Self::Checking(checking) => LoginBody::Checking(Box::new((checking.0.to_body(), checking.1.to_body()))),
            Self::Ended => LoginBody::Ended {},
        }
    }

    pub(crate) fn from_body(body: LoginBody) -> Option<Self> {
        Some(match body {
            LoginBody::Checking(checking) => {
                let (tokens, check) = *checking;
                Self::Checking(Box::new((Tokens::from_body(tokens)?, IdTokenCheck::from_body(check)?)))
            }
            LoginBody::Ended {} => Self::Ended,
        })
    }
}

/// The keys of a login cannot be fetched in another flow: what gave its tokens is spent, and they are given up with it; or its response was taken.
pub(crate) fn of_login(mut error: Error) -> Error {
    if let Error::Transport { operation: operation @ Operation::Jwks, .. } = &mut error {
        *operation = Operation::LoginKeys;
    }
    error
}

/// [`Expected`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedBody {
    #[serde(default, skip_serializing_if = "is_false")]
    openid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acr_values: Vec<String>,
    keys: KeysBody,
}

/// A [`LoginCheck`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum LoginBody {
    Checking(Box<(TokensBody, CheckBody)>),
    /// An object, so that it can be all that is stored.
    Ended {},
}
