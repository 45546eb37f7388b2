//! [`JwtBearer`]: a token by the word of somebody whom the server trusts (RFC 7523, section 2.1).

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use jwt_core::json::{Object, Value};
use jwt_core::{Algorithm, Claim, Header, KeyId, Moment, SignError, SigningInput, base64url};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::TokenRequest;
use oauth_types::{Assertion, HttpRequest, Issuer, Replay};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Party};
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::{Credentials, Exchange, Outgoing, Received, exchange_flow};
use crate::grant::{Grant, GrantBody, grant_parameters};
use crate::tokens::Tokens;

/// Gets tokens for an assertion: a JWT in which somebody whom the server trusts says for whom they are (RFC 7523, section 2.1).
///
/// The assertion is given ready-made ([`new`](Self::new)), or said and then signed through [`Step::Ask`](crate::Step::Ask) ([`signed`](Self::signed)).
///
/// # Theory of operation
///
/// One token request. A server may take an assertion once only (RFC 7523, section 3), so the request is sent again only where it certainly was not sent, or was
/// refused for want of a DPoP nonce. An assertion that is made here is made anew for every sending, with its own `jti`; one that was given is sent as it is.
/// `asked` is there once for each signature or secret: the assertion first, then the proof of a DPoP key, then what authenticates the client.
///
/// Of a client that sends a secret (a signature is asked for in the same place, and a client without either is `outstanding` at once):
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> asked: resume, poll
///     asked --> outstanding: secret
///     outstanding --> done: 200 (Tokens)
///     outstanding --> waiting: not sent
///     outstanding --> failed: anything else
///     waiting --> asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Jwk, Keyring, Moments, SigningKey, Timestamp};
/// use oauth_client_sans_io::{Authentication, BearerAssertion, Client, Flow, JwtBearer, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("robot")?, Authentication::None);
/// # let key = SigningKey::from_jwk(&Jwk::from_slice(
/// #     br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
/// # )?)?;
/// let keyring = Keyring::new().signing_key("robot-key", key);
///
/// let assertion = BearerAssertion::new("robot@project.example", "alice", "robot-key", Algorithm::Ed25519);
/// let mut flow = JwtBearer::signed(&server, &client, assertion)?.scope("files.read".parse()?);
/// let Step::Ask(question) = flow.resume(at.at(now))? else { panic!("the assertion is to be signed") };
/// let Step::Send(request) = flow.handle_answer(at.at(now), keyring.answer(question)?)? else { panic!() };
/// assert!(request.body().starts_with(b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"));
/// let response = HttpResponse::new(200)
///     .with_header("content-type", "application/json")
///     .with_body(r#"{"access_token":"abc","token_type":"Bearer","expires_in":600}"#);
/// let Step::Done(tokens) = flow.handle_response(at.at(now), response)? else { panic!() };
/// assert_eq!(tokens.authorization().as_deref(), Some("Bearer abc"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JwtBearer {
    exchange: Exchange<BearerRequest>,
}

impl JwtBearer {
    /// Tokens for an assertion that somebody else made. It is sent to `server` and nowhere else.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no token endpoint.
    pub fn new(server: &AuthorizationServer, client: &Client, assertion: Assertion) -> Result<Self, Error> {
        Self::of(server, client, Source::Given(assertion))
    }

    /// Tokens for an assertion that says this, for `server`, and is signed through [`Step::Ask`](crate::Step::Ask).
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where the server has no token endpoint, or the client's profile does not take the assertion's algorithm
    /// ([`Rule::Algorithms`](crate::Rule::Algorithms)).
    pub fn signed(server: &AuthorizationServer, client: &Client, assertion: BearerAssertion) -> Result<Self, Error> {
        client.rules().check_algorithm(Some(assertion.algorithm))?;
        Self::of(server, client, Source::Made(assertion))
    }

    fn of(server: &AuthorizationServer, client: &Client, source: Source) -> Result<Self, Error> {
        Ok(Self { exchange: Exchange::new(BearerRequest { grant: Grant::new(server, client)?, source }) })
    }
}

grant_parameters! { JwtBearer: scope resource authorization_details parameter dpop_nonce }

exchange_flow! {
    /// It holds an assertion that was given in the clear: store it where only your program can read it.
    JwtBearer(BearerRequest) -> Tokens, "jwt_bearer", 1
}

/// What an assertion says that is made here (RFC 7523, section 3), and which key signs it.
///
/// `aud` is the server's issuer identifier, `iat` the time of the sending, `exp` a minute later, and `jti` new for every sending.
#[derive(Clone)]
pub struct BearerAssertion {
    issuer: String,
    subject: String,
    key: KeyId,
    algorithm: Algorithm,
    kid: Option<String>,
    typ: Option<String>,
    audience: Option<String>,
    lifetime: Duration,
    claims: Object,
}

/// Time for the request and for two clocks, and no more.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

impl BearerAssertion {
    /// An assertion by `issuer`, whom the server trusts, that the tokens are for `subject`, signed with the key of this name and with this algorithm.
    #[must_use]
    pub fn new(
        issuer: impl Into<String>,
        subject: impl Into<String>,
        key: impl Into<KeyId>,
        algorithm: Algorithm,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            subject: subject.into(),
            key: key.into(),
            algorithm,
            kid: None,
            typ: None,
            audience: None,
            lifetime: DEFAULT_LIFETIME,
            claims: Object::new(),
        }
    }

    /// Names the key in the assertion: the `kid` under which the server knows it (RFC 7515, section 4.1.4).
    #[must_use]
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Says what kind of JWT it is (RFC 8725, section 3.11), where the server wants to know; without this it says nothing, as RFC 7523 has it.
    #[must_use]
    pub fn typ(mut self, typ: impl Into<String>) -> Self {
        self.typ = Some(typ.into());
        self
    }

    /// Aims it at this audience, such as the token endpoint's URL, instead of at the server's issuer identifier (RFC 7523, section 3, 3. allows both).
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Lets it end after this, in whole seconds, instead of a minute.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Duration::from_secs(lifetime.as_secs());
        self
    }

    /// Adds a claim. The ones that are made here (`iss`, `sub`, `aud`, `iat`, `exp`, `jti`) stay what they are.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name, value);
        self
    }

    fn signing_input(&self, server: &Issuer, at: &Moment) -> Result<SigningInput, SignError> {
        for (text, claim) in [(&self.issuer, Claim::Issuer), (&self.subject, Claim::Subject)] {
            if text.is_empty() {
                return Err(SignError::ClaimValue(claim));
            }
        }
        let audience = self.audience.as_deref().unwrap_or_else(|| server.as_str());
        let mut claims = self.claims.clone();
        // RFC 7523, section 3: iss, sub, aud and exp are REQUIRED.
        claims.insert("iss", self.issuer.as_str());
        claims.insert("sub", self.subject.as_str());
        claims.insert("aud", audience);
        claims.insert("iat", at.now().as_unix());
        claims.insert("exp", at.now().saturating_add(self.lifetime).as_unix());
        // Two servers are not to see the same name, so the audience is in it.
        let id = at.derive(&format!("bearer assertion jti {audience}"), 0);
        claims.insert("jti", base64url::encode(id.first_chunk::<16>().unwrap_or(&[0; 16])));
        let mut header = Header::new(self.algorithm);
        if let Some(typ) = &self.typ {
            header = header.with_typ(typ.as_str());
        }
        if let Some(kid) = &self.kid {
            header = header.with_kid(kid.as_str());
        }
        SigningInput::new(&header, &claims)
    }

    fn to_body(&self) -> BearerAssertionBody {
        BearerAssertionBody {
            iss: self.issuer.clone(),
            sub: self.subject.clone(),
            key: self.key.as_str().to_string(),
            alg: self.algorithm.as_str().to_string(),
            kid: self.kid.clone(),
            typ: self.typ.clone(),
            aud: self.audience.clone(),
            lifetime: self.lifetime.as_secs(),
            claims: self.claims.clone(),
        }
    }

    fn from_body(body: BearerAssertionBody) -> Option<Self> {
        Some(Self {
            issuer: body.iss,
            subject: body.sub,
            key: KeyId::new(body.key),
            algorithm: Algorithm::from_name(&body.alg)?,
            kid: body.kid,
            typ: body.typ,
            audience: body.aud,
            lifetime: Duration::from_secs(body.lifetime),
            claims: body.claims,
        })
    }
}

/// Shows nothing of whom it is about.
impl fmt::Debug for BearerAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerAssertion")
            .field("issuer", &self.issuer)
            .field("key", &self.key)
            .field("algorithm", &self.algorithm)
            .field("claims", &self.claims.len())
            .finish_non_exhaustive()
    }
}

/// Where the assertion comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Given(Assertion),
    Made(BearerAssertion),
}

/// The token request with an assertion (RFC 7523, section 2.1).
#[derive(Debug)]
pub(crate) struct BearerRequest {
    pub(crate) grant: Grant,
    pub(crate) source: Source,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BearerRequestBody {
    grant: GrantBody,
    source: SourceBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceBody {
    Given { assertion: String },
    Made(BearerAssertionBody),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BearerAssertionBody {
    iss: String,
    sub: String,
    key: String,
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    lifetime: u64,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    claims: Object,
}

impl Outgoing for BearerRequest {
    const OPERATION: Operation = Operation::JwtBearer;
    const REPLAY: Replay = Replay::IfNotSent;
    const BINDS: bool = true;
    type Output = Tokens;
    type Body = BearerRequestBody;

    fn party(&self) -> Option<&Party> {
        Some(&self.grant.party)
    }

    fn object(&self, at: &Moment) -> Option<Result<(KeyId, SigningInput), ApiMisuse>> {
        match &self.source {
            Source::Given(_) => None,
            Source::Made(assertion) => {
                let input = assertion.signing_input(self.grant.party.issuer(), at).map_err(ApiMisuse::from);
                Some(input.map(|input| (assertion.key.clone(), input)))
            }
        }
    }

    fn to_http(&self, credentials: &Credentials) -> Result<HttpRequest, ApiMisuse> {
        let assertion = match &self.source {
            Source::Given(assertion) => assertion.clone(),
            Source::Made(_) => Assertion::new(credentials.object.as_deref().unwrap_or_default()),
        };
        self.grant.to_http(TokenRequest::jwt_bearer(assertion), credentials)
    }

    fn read(&self, received: &Received<'_>) -> Result<Tokens, Error> {
        self.grant.tokens(Self::OPERATION, received)
    }

    fn to_body(&self) -> BearerRequestBody {
        BearerRequestBody {
            grant: self.grant.to_body(),
            source: match &self.source {
                Source::Given(assertion) => SourceBody::Given { assertion: assertion.expose().to_string() },
                Source::Made(assertion) => SourceBody::Made(assertion.to_body()),
            },
        }
    }

    fn from_body(body: BearerRequestBody) -> Option<Self> {
        Some(Self {
            grant: Grant::from_body(body.grant)?,
            source: match body.source {
                SourceBody::Given { assertion } => Source::Given(Assertion::new(assertion)),
                SourceBody::Made(assertion) => Source::Made(BearerAssertion::from_body(assertion)?),
            },
        })
    }
}
