//! The check of a signed authorization response (JARM), which comes before anything that it says is looked at.

use alloc::string::{String, ToString};

use jwt_core::profile::AuthorizationResponseProfile;
use jwt_core::{JwkSet, Moment, Secret, SignatureVerified};
use oauth_types::authorization::{Outcome, ResponseMode, SignedResponse};
use oauth_types::state::State;
use serde::{Deserialize, Serialize};

use crate::client::Party;
use crate::error::{Error, Operation};
use crate::flow::{Input, Step};
use crate::signature::{Keys, SignatureBody, SignatureCheck};

/// The check of one response: its signature, then its claims, then what it says.
#[derive(Debug)]
pub(crate) struct ResponseCheck {
    check: SignatureCheck,
    state: State,
}

impl ResponseCheck {
    pub(crate) fn new(response: &SignedResponse, state: State, keys: Keys) -> Self {
        let token = Secret::new(response.expose());
        Self { check: SignatureCheck::new(Operation::AuthorizationResponse, token, keys), state }
    }

    pub(crate) const fn keys_mut(&mut self) -> &mut Keys {
        self.check.keys_mut()
    }

    /// What the server answered, and its keys if they had to be fetched.
    pub(crate) fn handle(
        &mut self,
        at: &Moment,
        input: Input,
        party: &Party,
    ) -> Result<Step<(Outcome, Option<JwkSet>)>, Error> {
        self.check.handle(at, input)?.then(|()| {
            // JARM, section 2.4: issuer, audience, expiry and signature, and "the client MUST obtain the state parameter from the JWT and check its
            // binding with the user agent"; only then code or error.
            let profile = AuthorizationResponseProfile::new(party.issuer().as_str(), party.client().id().as_str())
                .state(self.state.expose());
            // In which place it came was checked when it did.
            let response = SignedResponse::new(self.check.text(), ResponseMode::Jwt)
                .verified(&profile, SignatureVerified::assertion(), at.now())
                .map_err(|error| Error::InvalidResponse {
                    operation: Operation::AuthorizationResponse,
                    reason: error.into(),
                })?;
            Ok(Step::Done((response.into_outcome(), self.check.take_fetched())))
        })
    }

    pub(crate) fn to_body(&self) -> ResponseBody {
        ResponseBody { check: self.check.to_body(), state: self.state.expose().to_string() }
    }

    pub(crate) fn from_body(body: ResponseBody) -> Option<Self> {
        Some(Self {
            check: SignatureCheck::from_body(Operation::AuthorizationResponse, body.check)?,
            state: State::new(body.state).ok()?,
        })
    }
}

/// A [`ResponseCheck`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResponseBody {
    check: SignatureBody,
    state: String,
}
