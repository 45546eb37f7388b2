//! [`UserInfo`]: claims about the user who logged in (OpenID Connect Core, section 5.3).

use alloc::string::{String, ToString};

use jwt_core::profile::{DpopProof, UserInfoProfile};
use jwt_core::{JwkSet, Moment, SignatureVerified, Timestamp, Unverified};
use oauth_types::access_token::{PresentedToken, TokenScheme};
use oauth_types::dpop::DpopNonce;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::user_info::{self, UserInfoRequest};
use oauth_types::{AccessToken, HttpRequest, HttpResponse, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, DpopKey, Party, PartyBody, reading};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Credentials, Outgoing, Received, is_false};
use crate::flow::{Flow, Input, Step};
use crate::signature::{Keys, signature_keys};
use crate::signed_answer::{Answered, Checked, Expected, Given, SignedAnswer, SignedAnswerBody};
use crate::stored::stored;
use crate::tokens::Tokens;

/// Gets claims about the user whose tokens these are, as JSON or as a JWT.
///
/// They are given only if they are about the user of the ID token: "if they do not match, the UserInfo Response values MUST NOT be used" (OpenID Connect Core,
/// section 5.3.2), since an access token may be another user's (section 16.11).
///
/// A refusal comes in a `WWW-Authenticate` field (RFC 6750, section 3) and is an [`Error::Refused`]. After `invalid_token` try one [`Refresh`](crate::Refresh)
/// before the user is sent to log in; after `insufficient_scope` a refresh cannot help.
///
/// # Theory of operation
///
/// One request with the access token, which changes nothing and may be sent again; with a token that is bound to a key each sending has a proof of its own, and a
/// server that asks for a DPoP nonce is asked once more with it (RFC 9449, section 9). A signed answer ([`signed`](Self::signed)) is then checked: with the known
/// keys of the server, or with those that are fetched once. It must be user info and nothing else, not even an ID token of the same user
/// ([`UserInfoProfile`]): read [strictly](crate::Client::reading), also nothing with both `exp` and `iat`.
///
/// Of a bearer token and an answer that is signed by a key that is not known (one that is not signed ends the flow at once, and a bound token is proved first):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> outstanding: resume, poll
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> fetching: 200 (a signed answer)
///     outstanding --> failed: anything else
///     waiting --> outstanding: poll
///     fetching --> verifying: 200 (the keys)
///     fetching --> fetch_waits: resume, 503, not sent, unknown
///     fetching --> failed: anything else
///     fetch_waits --> fetching: poll
///     verifying --> done: verified
///     verifying --> failed: not verified
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, Flow, Step, UserInfo};
/// # use oauth_client_sans_io::ClientCredentials;
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://server.example.com")?)
///     .with_token_endpoint(Endpoint::new("https://server.example.com/token")?)
///     .with_userinfo_endpoint(Endpoint::new("https://server.example.com/userinfo")?);
/// let client = Client::new(ClientId::new("app")?, Authentication::None);
/// # let json = |body| HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
/// # let tokens = {
/// #     let client = Client::new(ClientId::new("app")?, Authentication::Tls);
/// #     let mut flow = ClientCredentials::new(&server, &client)?;
/// #     let _ = flow.resume(at.at(now))?;
/// #     let Step::Done(tokens) = flow.handle_response(at.at(now), json(r#"{"access_token":"SlAV32hkKG","token_type":"Bearer"}"#))? else { panic!() };
/// #     tokens
/// # };
///
/// // `tokens` and the subject are those of a `Login`.
/// let mut flow = UserInfo::new(&server, &client, &tokens, "248289761001")?;
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!() };
/// assert_eq!(request.header("authorization"), Some("Bearer SlAV32hkKG"));
/// let Step::Done(checked) = flow.handle_response(at.at(now), json(r#"{"sub":"248289761001","name":"Jane Doe"}"#))? else { panic!() };
/// assert_eq!(checked.user.name(), Some("Jane Doe"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct UserInfo {
    answer: SignedAnswer<Request, ExpectedUser>,
}

/// Claims about a user that were checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedUserInfo {
    /// What the server says.
    pub user: user_info::UserInfo,
    /// The newest DPoP nonce of the user info endpoint (RFC 9449, section 9): for the next request to it.
    pub dpop_nonce: Option<DpopNonce>,
    /// The server's keys, if they had to be fetched: keep them for the next check.
    pub fetched_keys: Option<JwkSet>,
}

impl UserInfo {
    /// Claims about the user of these tokens, who must be `subject`: the `sub` of the checked ID token that came with them.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the tokens are another server's, are bound to another key than the client's, or neither Bearer nor DPoP, or the server has no
    /// user info endpoint.
    pub fn new(
        server: &AuthorizationServer,
        client: &Client,
        tokens: &Tokens,
        subject: impl Into<String>,
    ) -> Result<Self, Error> {
        Self::of(server, client, tokens, Some(subject.into()))
    }

    /// The same for whomever the tokens are about: for a server that is no OpenID provider, so that there is no ID token to compare with. A token that somebody
    /// slipped in logs in whoever it belongs to (OpenID Connect Core, section 16.11).
    ///
    /// # Errors
    ///
    /// As [`UserInfo::new`].
    pub fn dangerous_of_any_subject(
        server: &AuthorizationServer,
        client: &Client,
        tokens: &Tokens,
    ) -> Result<Self, Error> {
        Self::of(server, client, tokens, None)
    }

    fn of(
        server: &AuthorizationServer,
        client: &Client,
        tokens: &Tokens,
        subject: Option<String>,
    ) -> Result<Self, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if tokens.issuer() != server.issuer() {
            return Err(ApiMisuse::OtherServer.into());
        }
        let scheme = tokens.presented_by(client)?;
        let party = Party::new(server, client, "userinfo_endpoint", AuthorizationServer::userinfo_endpoint)?;
        let expected = ExpectedUser {
            issuer: server.issuer().as_str().to_string(),
            client_id: client.id().as_str().to_string(),
            subject,
            strict: client.reads_strictly(),
        };
        let request = Request {
            party,
            access_token: tokens.access_token().clone(),
            bound: scheme == TokenScheme::DPoP,
            signed: false,
            post: false,
        };
        let keys = Keys::of(server, client);
        Ok(Self { answer: SignedAnswer::new(request, expected, keys) })
    }

    /// Asks for a JWT, and takes nothing else: for a client that is registered for one (`userinfo_signed_response_alg`).
    #[must_use]
    pub fn signed(self) -> Self {
        self.with(|request| request.signed = true)
    }

    /// Asks by `POST` instead of by `GET` (OpenID Connect Core, section 5.3.1 allows both).
    #[must_use]
    pub fn by_post(self) -> Self {
        self.with(|request| request.post = true)
    }

    /// Begins with the DPoP nonce that the user info endpoint gave last ([`CheckedUserInfo::dpop_nonce`]), which saves a request. It is not the one of the
    /// token endpoint.
    #[must_use]
    pub fn dpop_nonce(mut self, nonce: Option<DpopNonce>) -> Self {
        self.answer = self.answer.with_nonce(nonce);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Request)) -> Self {
        if let Some(request) = self.answer.request_mut() {
            change(request);
        }
        self
    }

    fn to_body(&self) -> SignedAnswerBody<RequestBody, ExpectedUser> {
        self.answer.to_body()
    }

    fn from_body(body: SignedAnswerBody<RequestBody, ExpectedUser>) -> Option<Self> {
        Some(Self { answer: SignedAnswer::from_body(body)? })
    }
}

signature_keys! {
    /// Takes only an answer that is signed with one of these algorithms: what was registered for. An HMAC, made with the client's secret, is taken only if it is
    /// named here, and checked by [`Question::VerifyMac`](jwt_core::Question::VerifyMac).
    UserInfo: answer
}

impl Flow for UserInfo {
    type Output = CheckedUserInfo;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<CheckedUserInfo>, Error> {
        self.answer.handle(&at, input)?.then(|Checked { answer: user, nonce: dpop_nonce, fetched_keys }| {
            Ok(Step::Done(CheckedUserInfo { user, dpop_nonce, fetched_keys }))
        })
    }
}

stored! {
    /// It holds the access token, and later the signed answer, in the clear: store it where only your program can read it.
    UserInfo, "user_info", 1, SignedAnswerBody<RequestBody, ExpectedUser>
}

/// Whom the answer must be about, and by and for whom a signed one must be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedUser {
    issuer: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    strict: bool,
}

impl Expected for ExpectedUser {
    type Answer = user_info::UserInfo;

    fn claims(&self, token: Unverified<'_>, now: Timestamp) -> Result<user_info::UserInfo, InvalidReason> {
        // Some servers make user info like their ID tokens, with `exp` and `iat`. Who reads by the letter takes none such: section 5.3.2 does not know them.
        let (issuer, client_id) = (self.issuer.as_str(), self.client_id.as_str());
        let profile = if self.strict {
            UserInfoProfile::new(issuer, client_id)
        } else {
            UserInfoProfile::dangerous_also_timed(issuer, client_id)
        };
        let claims = profile.verified(token, SignatureVerified::assertion(), now)?;
        let reading = reading(self.strict);
        Ok(user_info::UserInfo::from_claims(claims.claims().all(), reading)?)
    }

    fn check(&self, user: user_info::UserInfo) -> Result<user_info::UserInfo, InvalidReason> {
        match &self.subject {
            Some(subject) => Ok(user.require_sub(subject)?),
            None => Ok(user),
        }
    }
}

#[derive(Debug)]
struct Request {
    /// The client is shown by its token alone: it does not authenticate here.
    party: Party,
    access_token: AccessToken,
    /// Whether the token is bound to the client's DPoP key.
    bound: bool,
    signed: bool,
    post: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    party: PartyBody,
    access_token: String,
    #[serde(default, skip_serializing_if = "is_false")]
    bound: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    signed: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    post: bool,
}

impl Request {
    fn message(&self) -> UserInfoRequest {
        let mut message = UserInfoRequest::bearer(self.access_token.clone());
        if self.signed {
            message = message.signed();
        }
        if self.post {
            message = message.by_post();
        }
        message
    }
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::UserInfo;
    const REPLAY: Replay = Replay::Safe;
    type Output = Answered<user_info::UserInfo>;
    type Body = RequestBody;

    fn party(&self) -> Option<&Party> {
        None
    }

    fn proof(&self) -> Option<(&DpopKey, DpopProof)> {
        let key = self.party.client().dpop_key().filter(|_| self.bound)?;
        // RFC 9449, section 7: with `ath`, the hash of the access token.
        let proof = DpopProof::new(self.message().method().as_str(), self.party.endpoint().as_str());
        Some((key, proof.access_token(self.access_token.expose())))
    }

    fn to_http(&self, _: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let mut request = self.message().to_http(self.party.endpoint())?;
        if self.bound {
            // RFC 9449, section 7.1: the proof comes in its own field, which whoever sends adds.
            request = PresentedToken::new(TokenScheme::DPoP, self.access_token.clone())?.add_to(request);
        }
        // RFC 8705, section 3: a token that is bound to a certificate is good with it only.
        Ok(if self.party.client().shows_certificate() { request.with_client_certificate(true) } else { request })
    }

    fn read(&self, received: &Received<'_>) -> Result<Answered<user_info::UserInfo>, Error> {
        let expect = self.party.expect(received);
        let given = if self.signed {
            user_info::UserInfo::signed_from_http(received.response, &expect).map(Given::Signed)
        } else {
            user_info::UserInfo::from_http(received.response, &expect).map(Given::Plain)
        };
        let given = given.map_err(|error| Error::of_response(Self::OPERATION, error))?;
        Ok(Answered::new(given, received))
    }

    fn wants_nonce(&self, _: &Error, response: &HttpResponse) -> bool {
        // RFC 9449, section 9: a resource asks in its challenge.
        let reading = reading(self.party.client().reads_strictly());
        matches!(DpopNonce::demanded_by_resource(response, reading), Ok(Some(_)))
    }

    fn to_body(&self) -> RequestBody {
        RequestBody {
            party: self.party.to_body(),
            access_token: self.access_token.expose().to_string(),
            bound: self.bound,
            signed: self.signed,
            post: self.post,
        }
    }

    fn from_body(body: RequestBody) -> Option<Self> {
        let party = Party::from_body(body.party)?;
        // What has to be signed can be.
        if body.bound && party.client().dpop_key().is_none() {
            return None;
        }
        Some(Self {
            party,
            access_token: AccessToken::new(body.access_token),
            bound: body.bound,
            signed: body.signed,
            post: body.post,
        })
    }
}
