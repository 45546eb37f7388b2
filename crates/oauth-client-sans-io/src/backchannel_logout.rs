//! [`BackchannelLogout`]: is this logout token the provider's, and who is to be logged out? (OpenID Connect Back-Channel Logout 1.0)

use alloc::string::{String, ToString};

use jwt_core::profile::{LogoutTokenClaims, LogoutTokenProfile};
use jwt_core::{JwkSet, Moment, Secret, SignatureVerified, Timestamp, Verified};
use oauth_types::HttpResponse;
use oauth_types::logout::{BackchannelLogoutRequest, BackchannelLogoutResponse};
use oauth_types::metadata::AuthorizationServer;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::exchange::is_false;
use crate::flow::{Flow, Input, Step};
use crate::signature::{Keys, SignatureBody, SignatureCheck, signature_keys};
use crate::stored::stored;

/// Checks the logout token that came to the client's back-channel logout URI (Back-Channel Logout, section 2.6): anybody can post there.
///
/// Its output says who is to be logged out: a session ([`LogoutTokenClaims::session_id`]), or every session of a subject
/// ([`LogoutTokenClaims::subject`]). Whether the token was seen before (section 2.6, step 8) is for a store of the caller's: see [`CheckedLogoutToken::replay_key`].
/// [`BackchannelLogout::answer`] is the HTTP answer to either end.
///
/// # Theory of operation
///
/// The signature is checked with the known keys of the server or, if none of them fits or holds, with those that are fetched once; then the claims are read and checked.
/// A token that no published key can verify (`none`, an algorithm that is not known) ends it before anything is fetched. It is signed with the algorithm of ID
/// tokens ([`Client::id_token_signed_response_alg`]), an HMAC only where that is one.
///
/// Where no known key fits (where one does, `asked` comes at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> fetching: resume, poll
///     fetching --> asked: 200 (the keys)
///     fetching --> waiting: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     waiting --> fetching: poll
///     asked --> done: verified
///     asked --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, BackchannelLogout, Client, Flow};
/// use oauth_types::logout::BackchannelLogoutRequest;
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, HttpRequest, Issuer, Method};
///
/// # let server = AuthorizationServer::new(Issuer::new("https://as.example")?);
/// # let client = Client::new(ClientId::new("app")?, Authentication::None);
/// # let form = [("content-type", "application/x-www-form-urlencoded")];
/// # let received = HttpRequest::received(Method::Post, "/backchannel_logout", form, "logout_token=eyJhbGciOiJub25lIn0.e30.");
/// // The web server hands its request over.
/// let request = match BackchannelLogoutRequest::from_http(&received) {
///     Ok(request) => request,
///     Err(error) => return Ok(drop(error.to_http())), // 400, to be sent
/// };
/// let mut flow = BackchannelLogout::new(&server, &client, &request);
/// let at = Moments::from_seed([0; 32]).at(Timestamp::from_unix(1_700_000_000)); // a test's; in production it gets real randomness
/// let outcome = flow.resume(at).map(drop); // or one of the loops in `drive`
/// let answer = BackchannelLogout::answer(outcome.as_ref().map(drop));
/// assert_eq!((answer.status(), answer.header("cache-control")), (400, Some("no-store"))); // nobody signed it
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BackchannelLogout {
    check: SignatureCheck,
    issuer: String,
    client_id: String,
    untyped: bool,
}

/// A logout token that was checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedLogoutToken {
    /// What it says.
    pub claims: Verified<LogoutTokenClaims>,
    /// The server's keys, if they had to be fetched: keep them for the next check.
    pub fetched_keys: Option<JwkSet>,
}

impl CheckedLogoutToken {
    /// What two deliveries of one token have in common: its issuer and its `jti`. Insert it into a store until [`replay_until`](Self::replay_until), atomically
    /// (Redis: `SET NX EX`); if it was there, the token was seen before and is answered with 400 (Back-Channel Logout, section 2.6, step 8).
    #[must_use]
    pub fn replay_key(&self) -> String {
        let claims = self.claims.claims();
        // An issuer holds no space, so two pairs never make one key.
        [claims.issuer(), " ", claims.id()].concat()
    }

    /// Until when the token would be taken again, the clocks' difference included.
    #[must_use]
    pub fn replay_until(&self) -> Option<Timestamp> {
        self.claims.expires_at().map(|at| at.saturating_add(MAX_LEEWAY))
    }
}

/// More than the clocks may differ by for a logout token to pass.
const MAX_LEEWAY: core::time::Duration = core::time::Duration::from_secs(60);

impl BackchannelLogout {
    /// The check of the logout token that came in this request, as one that `server` made for `client`.
    #[must_use]
    pub fn new(server: &AuthorizationServer, client: &Client, request: &BackchannelLogoutRequest) -> Self {
        // Back-Channel Logout, section 2.6, step 4: the algorithm is that of ID tokens.
        let keys = Keys::of(server, client).registered(client, client.id_token_algorithm());
        let token = Secret::new(request.logout_token().expose());
        Self {
            check: SignatureCheck::new(Operation::LogoutToken, token, keys),
            issuer: server.issuer().as_str().to_string(),
            client_id: client.id().as_str().to_string(),
            untyped: false,
        }
    }

    /// Also takes a token that does not say what it is: see [`LogoutTokenProfile::dangerous_also_untyped`].
    #[must_use]
    pub const fn dangerous_also_untyped(mut self) -> Self {
        self.untyped = true;
        self
    }

    /// The answer to the provider (section 2.8): 200 where the user is logged out now, else 400, with the error's code for whoever reads the log there. Neither
    /// is to be stored.
    #[must_use]
    pub fn answer(outcome: Result<(), &Error>) -> HttpResponse {
        match outcome {
            Ok(()) => BackchannelLogoutResponse::new().to_http(),
            Err(error) => BackchannelLogoutResponse::refused_to_http(error.code()),
        }
    }

    fn profile(&self) -> LogoutTokenProfile {
        let (issuer, client_id) = (self.issuer.as_str(), self.client_id.as_str());
        if self.untyped {
            LogoutTokenProfile::dangerous_also_untyped(issuer, client_id)
        } else {
            LogoutTokenProfile::new(issuer, client_id)
        }
    }

    fn to_body(&self) -> Body {
        Body {
            check: self.check.to_body(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            untyped: self.untyped,
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self {
            check: SignatureCheck::from_body(Operation::LogoutToken, body.check)?,
            issuer: body.issuer,
            client_id: body.client_id,
            untyped: body.untyped,
        })
    }
}

signature_keys! {
    /// Takes only a token that is signed with one of these algorithms: what the client was registered for (`id_token_signed_response_alg`; section 2.6, step 4).
    BackchannelLogout: check
}

impl Flow for BackchannelLogout {
    type Output = CheckedLogoutToken;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<CheckedLogoutToken>, Error> {
        self.check.handle(&at, input)?.then(|()| {
            let claims = self
                .profile()
                .verified(self.check.token()?, SignatureVerified::assertion(), at.now())
                .map_err(|error| Error::InvalidResponse { operation: Operation::LogoutToken, reason: error.into() })?;
            Ok(Step::Done(CheckedLogoutToken { claims, fetched_keys: self.check.take_fetched() }))
        })
    }
}

stored! {
    /// It holds the logout token in the clear, which names a person.
    BackchannelLogout, "backchannel_logout", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    check: SignatureBody,
    issuer: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "is_false")]
    untyped: bool,
}
