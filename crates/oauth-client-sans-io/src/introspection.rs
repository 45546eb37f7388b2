//! [`Introspection`]: what a token is good for (RFC 7662), also signed (RFC 9701).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::json::Value;
use jwt_core::profile::IntrospectionProfile;
use jwt_core::{JwkSet, Moment, Secret, SignatureVerified, Timestamp, Unverified};
use oauth_types::introspection::{IntrospectionRequest, IntrospectionResponse};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::response::InvalidResponse;
use oauth_types::revocation::TokenTypeHint;
use oauth_types::{HttpRequest, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party, PartyBody, reading};
use crate::error::{ApiMisuse, Error, InvalidReason, Operation};
use crate::exchange::{Credentials, Outgoing, Received, is_false};
use crate::flow::{Flow, Input, Step};
use crate::profile::Rule;
use crate::signature::{Keys, signature_keys};
use crate::signed_answer::{Answered, Checked, Expected, Given, SignedAnswer, SignedAnswerBody};
use crate::stored::{self, stored};

/// Asks an authorization server what a token is good for, as a protected API does that cannot read the token itself.
///
/// Whether a token that is good is meant for *this* API (`aud`), is bound to a key (`cnf`) and allows what is asked (`scope`) is for whoever asks.
///
/// # Theory of operation
///
/// One request, which changes nothing and may be sent again. An answer that was asked for as a JWT ([`signed`](Self::signed)) is then checked: with the known
/// keys of the server, or with those that are fetched once; what is not signed is refused then.
///
/// Of a client that signs its assertions, and an answer that is signed by a key that is not known (one that is not signed ends the flow at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: signature
///     outstanding --> waiting: resume, 503, not sent, unknown
///     outstanding --> fetching: 200 (a signed answer)
///     outstanding --> failed: anything else
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
///
/// # Examples
///
/// The answer of RFC 7662, section 2.2:
///
/// ```
/// use jwt_core::{Answer, KeyId, Moments, Secret, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, Flow, Introspection, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_419_350_300);
/// let server = AuthorizationServer::new(Issuer::new("https://server.example.com/")?)
///     .with_introspection_endpoint(Endpoint::new("https://server.example.com/introspect")?);
/// let api = Client::new(ClientId::new("s6BhdRkqt3")?, Authentication::SecretBasic(KeyId::new("secret")));
///
/// let mut flow = Introspection::new(&server, &api, Secret::new("mF_9.B5f-4.1JqM"))?;
/// let Step::Ask(_) = flow.resume(at.at(now))? else { panic!("the secret is asked for") };
/// let Step::Send(request) = flow.handle_answer(at.at(now), Answer::Secret(Secret::new("gX1fBat3bV")))? else { panic!() };
/// assert_eq!(request.body(), b"token=mF_9.B5f-4.1JqM");
/// let response = HttpResponse::new(200)
///     .with_header("content-type", "application/json")
///     .with_body(r#"{"active":true,"scope":"read write dolphin","aud":"https://protected.example.net/resource"}"#);
/// let Step::Done(checked) = flow.handle_response(at.at(now), response)? else { panic!() };
/// let token = checked.response.active().ok_or("the token is not good")?;
/// assert!(token.scope().is_some_and(|scope| scope.contains("dolphin")));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Introspection {
    answer: SignedAnswer<Request, ExpectedToken>,
}

/// What a server says about a token.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedIntrospection {
    /// The answer. It may be kept for a while, but never past `exp`.
    pub response: IntrospectionResponse,
    /// The server's keys, if they had to be fetched: keep them for the next check.
    pub fetched_keys: Option<JwkSet>,
}

impl Introspection {
    /// Asks `server` about this token, as `client`: the protected API as the server knows it. Where the client's profile demands signed answers
    /// ([`Rule::SignedIntrospection`]), the answer is [`signed`](Self::signed), for the client's identifier unless another audience is named.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no introspection endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client, token: Secret) -> Result<Self, Error> {
        let party = Party::new(server, client, "introspection_endpoint", AuthorizationServer::introspection_endpoint)?;
        let expected = ExpectedToken {
            issuer: server.issuer().as_str().to_string(),
            audience: client.id().as_str().to_string(),
            strict: client.reads_strictly(),
        };
        let signed = client.rules().demands(Rule::SignedIntrospection);
        let request = Request { party, token, hint: None, signed, parameters: Vec::new() };
        Ok(Self { answer: SignedAnswer::new(request, expected, Keys::of(server, client)) })
    }

    /// Says what kind of token it is, which may make the server's search shorter (RFC 7662, section 2.1).
    #[must_use]
    pub fn hint(self, hint: TokenTypeHint) -> Self {
        self.with(|request| request.hint = Some(hint))
    }

    /// Asks for a signed answer, and takes no other (RFC 9701). `audience` is this API as the server names it in `aud`: its client identifier or its resource
    /// identifier.
    #[must_use]
    pub fn signed(mut self, audience: impl Into<String>) -> Self {
        self.answer.expected_mut().audience = audience.into();
        self.with(|request| request.signed = true)
    }

    /// Adds a parameter of the caller's own.
    #[must_use]
    pub fn parameter(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|request| request.parameters.push((name.into(), Secret::new(value))))
    }

    fn with(mut self, change: impl FnOnce(&mut Request)) -> Self {
        if let Some(request) = self.answer.request_mut() {
            change(request);
        }
        self
    }

    fn to_body(&self) -> SignedAnswerBody<RequestBody, ExpectedToken> {
        self.answer.to_body()
    }

    fn from_body(body: SignedAnswerBody<RequestBody, ExpectedToken>) -> Option<Self> {
        Some(Self { answer: SignedAnswer::from_body(body)? })
    }
}

signature_keys! {
    /// Takes only an answer that is signed with one of these algorithms: what was registered for. An HMAC, made with the client's secret, is taken only if it is
    /// named here, and checked by [`Question::VerifyMac`](jwt_core::Question::VerifyMac).
    Introspection: answer
}

impl Flow for Introspection {
    type Output = CheckedIntrospection;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<CheckedIntrospection>, Error> {
        self.answer.handle(&at, input)?.then(|Checked { answer: response, fetched_keys, .. }| {
            Ok(Step::Done(CheckedIntrospection { response, fetched_keys }))
        })
    }
}

stored! {
    /// It holds the token, and later the signed answer, in the clear: store it where only your program can read it.
    Introspection, "introspection", 1, SignedAnswerBody<RequestBody, ExpectedToken>
}

/// By whom, for whom and how a signed answer is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedToken {
    issuer: String,
    audience: String,
    #[serde(default, skip_serializing_if = "is_false")]
    strict: bool,
}

impl Expected for ExpectedToken {
    type Answer = IntrospectionResponse;

    fn claims(&self, token: Unverified<'_>, now: Timestamp) -> Result<IntrospectionResponse, InvalidReason> {
        // RFC 9701, section 5: typ, iss, aud and iat.
        let profile = IntrospectionProfile::new(self.issuer.as_str(), self.audience.as_str());
        let claims = profile.verified(token, SignatureVerified::assertion(), now)?;
        let members = claims.claims().all().get("token_introspection").and_then(Value::as_object);
        let members = members.ok_or(InvalidResponse::Missing { member: "token_introspection" })?;
        let reading = reading(self.strict);
        Ok(IntrospectionResponse::from_claims(members, reading)?)
    }
}

#[derive(Debug)]
struct Request {
    party: Party,
    token: Secret,
    hint: Option<TokenTypeHint>,
    signed: bool,
    /// The caller's own; their values may be secrets.
    parameters: Vec<(String, Secret)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    party: PartyBody,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    signed: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<(String, String)>,
}

impl Outgoing for Request {
    const OPERATION: Operation = Operation::Introspection;
    const REPLAY: Replay = Replay::Safe;
    type Output = Answered<IntrospectionResponse>;
    type Body = RequestBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.party)
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let mut request = IntrospectionRequest::new(self.token.clone());
        if let Some(hint) = &self.hint {
            request = request.with_hint(hint.clone());
        }
        if self.signed {
            request = request.signed();
        }
        for (name, value) in &self.parameters {
            request = request.with_parameter(name.as_str(), value.expose());
        }
        request.to_http(self.party.endpoint(), self.party.client().id(), &credentials.auth).map_err(ApiMisuse::from)
    }

    fn read(&self, received: &Received<'_>) -> Result<Answered<IntrospectionResponse>, Error> {
        let expect = self.party.expect(received);
        let given = if self.signed {
            IntrospectionResponse::signed_from_http(received.response, &expect).map(Given::Signed)
        } else {
            IntrospectionResponse::from_http(received.response, &expect).map(Given::Plain)
        };
        let given = given.map_err(|error| Error::of_response(Self::OPERATION, error))?;
        Ok(Answered::new(given, received))
    }

    fn to_body(&self) -> RequestBody {
        RequestBody {
            party: self.party.to_body(),
            token: self.token.expose().to_string(),
            hint: self.hint.as_ref().map(|hint| hint.as_str().to_string()),
            signed: self.signed,
            parameters: stored::parameters(&self.parameters),
        }
    }

    fn from_body(body: RequestBody) -> Option<Self> {
        Some(Self {
            party: Party::from_body(body.party)?,
            token: Secret::new(body.token),
            hint: body.hint.as_deref().map(TokenTypeHint::from),
            signed: body.signed,
            parameters: stored::read_parameters(body.parameters),
        })
    }
}
