//! [`Client`]: who we are to an authorization server, and how we prove it.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;

use jwt_core::profile::{self, DpopProof};
use jwt_core::{Algorithm, Jwk, KeyId, Moment, Secret, SignError, SigningInput, Thumbprint};
use oauth_types::dpop::DpopJkt;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::reading::Reading;
use oauth_types::response::Expect;
use oauth_types::{ClientAuth, ClientId, Endpoint, Issuer};
use serde::{Deserialize, Serialize};

use crate::error::ApiMisuse;
use crate::exchange::{Received, is_false};
use crate::profile::Profile;

/// A client registration: its identifier, how it authenticates (RFC 6749, section 2), and what its tokens are bound to.
///
/// It holds no secret and no private key: only the [`KeyId`]s under which whoever drives the flow finds them when [`Step::Ask`](crate::Step::Ask) asks.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, KeyId};
/// use oauth_client_sans_io::{AssertionKey, Authentication, Client};
/// use oauth_types::ClientId;
///
/// let app = Client::new(ClientId::new("my-app")?, Authentication::None);
/// let service = Client::new(ClientId::new("my-service")?, Authentication::SecretBasic(KeyId::new("service-secret")));
/// let bank = Client::new(
///     ClientId::new("my-bank")?,
///     Authentication::PrivateKeyJwt(AssertionKey::new("kms/client-key", Algorithm::ES256).kid("2024-01")),
/// );
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// A clone is the same registration, and costs no copy.
#[derive(Clone, Debug)]
pub struct Client(Arc<Registration>);

#[derive(Clone, Debug)]
struct Registration {
    id: ClientId,
    authentication: Authentication,
    /// Seldom there, and large: flows that wait are kept by the million.
    dpop: Option<Box<DpopKey>>,
    certificate: bool,
    reading: Reading,
    profile: Profile,
    /// With what the server signs ID tokens for it, if that is registered.
    id_token_algorithm: Option<Algorithm>,
    /// With what the server signs authorization responses for it, if that is registered.
    response_algorithm: Option<Algorithm>,
}

/// How a client authenticates to the endpoints that it calls directly (RFC 6749, section 2.3).
///
/// It is what the client was registered for. It is never found out by trying: a one-time credential would be spent on the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// A public client: it has no secret and sends its `client_id` only.
    None,
    /// `client_secret_basic`: HTTP Basic, identifier and secret form-encoded first (RFC 6749, section 2.3.1). What a server that says nothing expects.
    SecretBasic(KeyId),
    /// HTTP Basic without the form-encoding, for servers that do not decode.
    SecretBasicRaw(KeyId),
    /// `client_secret_post`: the secret in the body.
    SecretPost(KeyId),
    /// `client_secret_jwt`: an assertion under an HMAC with the secret's octets (OpenID Connect Core, section 9).
    SecretJwt(AssertionKey),
    /// `private_key_jwt`: an assertion under a private key (OpenID Connect Core, section 9; RFC 7523).
    PrivateKeyJwt(AssertionKey),
    /// `tls_client_auth`: a certificate by an authority that the server trusts (RFC 8705, section 2.1). Whoever sends the request shows it:
    /// the request's contract says so.
    Tls,
    /// `self_signed_tls_client_auth`: a certificate that the server knows (RFC 8705, section 2.2).
    SelfSignedTls,
}

/// The key of a client that authenticates with assertions (RFC 7523), and how its server wants them. A fresh assertion is made for every sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionKey {
    key: KeyId,
    algorithm: Algorithm,
    kid: Option<String>,
    audience: Option<String>,
    without_typ: bool,
}

impl AssertionKey {
    /// The key of this name, which signs with this algorithm.
    #[must_use]
    pub fn new(key: impl Into<KeyId>, algorithm: Algorithm) -> Self {
        Self { key: key.into(), algorithm, kid: None, audience: None, without_typ: false }
    }

    /// Names the key in the assertion: the `kid` under which the client's JWK Set has it (RFC 7515, section 4.1.4).
    #[must_use]
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Aims the assertion at this audience instead of at the issuer: see [`dangerous_audience`](profile::ClientAssertion::dangerous_audience).
    #[must_use]
    pub fn dangerous_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Writes no `typ`: see [`dangerous_without_typ`](profile::ClientAssertion::dangerous_without_typ).
    #[must_use]
    pub const fn dangerous_without_typ(mut self) -> Self {
        self.without_typ = true;
        self
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether its assertions name this issuer as their audience.
    pub(crate) fn is_for_issuer(&self, issuer: &Issuer) -> bool {
        self.audience.as_ref().is_none_or(|audience| audience == issuer.as_str())
    }

    fn signing_input(&self, client: &ClientId, issuer: &Issuer, at: &Moment) -> Result<SigningInput, SignError> {
        let mut assertion = profile::ClientAssertion::new(client.as_str(), issuer.as_str());
        if let Some(audience) = &self.audience {
            assertion = assertion.dangerous_audience(audience.as_str());
        }
        if self.without_typ {
            assertion = assertion.dangerous_without_typ();
        }
        assertion.signing_input(self.algorithm, self.kid.as_deref(), at)
    }
}

/// The key to which tokens are bound (RFC 9449). Its public part is stored in every flow, so that a flow goes on with the key with which it began.
#[derive(Clone, Debug)]
pub struct DpopKey {
    key: KeyId,
    algorithm: Algorithm,
    public: Jwk,
}

impl DpopKey {
    /// The key of this name, which signs with this algorithm; of `jwk` only the public part is kept. A name stands for one key for ever: a new key gets a new name.
    ///
    /// # Errors
    ///
    /// [`ApiMisuse::Signing`] for a symmetric key, one that is not for the algorithm, and one that is longer than servers should take
    /// (RFC 9449, sections 4.2 and 4.3).
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::{Algorithm, Jwk};
    /// use oauth_client_sans_io::DpopKey;
    ///
    /// // RFC 9449, section 4.1
    /// let jwk = Jwk::from_slice(br#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    ///     "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#)?;
    /// let key = DpopKey::new("dpop-1", Algorithm::ES256, &jwk)?;
    /// assert_eq!(key.thumbprint().to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn new(key: impl Into<KeyId>, algorithm: Algorithm, jwk: &Jwk) -> Result<Self, ApiMisuse> {
        let public = jwk.public().ok_or(SignError::ProofKey)?;
        let this = Self { key: key.into(), algorithm, public };
        // A proof that is never sent shows whether the key can make one.
        this.signing_input(
            &DpopProof::new("POST", "https://localhost/"),
            &Moment::new(jwt_core::Timestamp::EPOCH, [0; 32]),
        )?;
        Ok(this)
    }

    /// The thumbprint to which tokens are bound: `cnf.jkt`, `dpop_jkt` (RFC 9449, sections 6.1 and 10).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.public.thumbprint()
    }

    pub(crate) const fn key(&self) -> &KeyId {
        &self.key
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn signing_input(&self, proof: &DpopProof, at: &Moment) -> Result<SigningInput, ApiMisuse> {
        proof.signing_input(&self.public, self.algorithm, at).map_err(ApiMisuse::from)
    }

    fn to_body(&self) -> DpopKeyBody {
        DpopKeyBody {
            key: self.key.as_str().to_string(),
            alg: self.algorithm.as_str().to_string(),
            jwk: self.public.clone(),
        }
    }

    fn from_body(body: DpopKeyBody) -> Option<Self> {
        Self::new(body.key, Algorithm::from_name(&body.alg)?, &body.jwk).ok()
    }
}

impl Client {
    /// A client of this identifier that authenticates like this.
    #[must_use]
    pub fn new(id: ClientId, authentication: Authentication) -> Self {
        Self(Arc::new(Registration {
            id,
            authentication,
            dpop: None,
            certificate: false,
            reading: Reading::Interop,
            profile: Profile::oauth21(),
            id_token_algorithm: None,
            response_algorithm: None,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Registration)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Binds tokens to this key (RFC 9449): every request for tokens carries a proof, and a token of another type than `DPoP` is refused.
    #[must_use]
    pub fn dpop(self, key: DpopKey) -> Self {
        self.with(|registration| registration.dpop = Some(Box::new(key)))
    }

    /// Shows the client's certificate in every request, whatever else it authenticates with: tokens are then bound to it (RFC 8705, section 3). Requests go to
    /// the server's `mtls_endpoint_aliases` where it has some.
    #[must_use]
    pub fn certificate_bound_tokens(self) -> Self {
        self.with(|registration| registration.certificate = true)
    }

    /// Reads the server's responses like this instead of with [`Reading::Interop`].
    #[must_use]
    pub fn reading(self, reading: Reading) -> Self {
        self.with(|registration| registration.reading = reading)
    }

    /// Keeps the rules of this profile instead of those of OAuth 2.1 only: a flow that would break one cannot be begun.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        self.with(|registration| registration.profile = profile)
    }

    /// Takes ID tokens, and logout tokens, that are signed with this algorithm only: what the client is registered for. "The alg value SHOULD be the default of
    /// RS256 or the algorithm sent by the Client in the id_token_signed_response_alg parameter during Registration" (OpenID Connect Core, section 3.1.3.7,
    /// step 7). Without this, any algorithm of a published key will do, and no HMAC.
    ///
    /// An HMAC is checked with the client's secret (section 10.1), by [`Question::VerifyMac`](jwt_core::Question::VerifyMac): for clients that authenticate with
    /// one, of as many octets as the hash has at least.
    #[must_use]
    pub fn id_token_signed_response_alg(self, algorithm: Algorithm) -> Self {
        self.with(|registration| registration.id_token_algorithm = Some(algorithm))
    }

    /// The same of signed authorization responses (JARM, section 3).
    #[must_use]
    pub fn authorization_signed_response_alg(self, algorithm: Algorithm) -> Self {
        self.with(|registration| registration.response_algorithm = Some(algorithm))
    }

    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.0.id
    }

    /// How it authenticates.
    #[must_use]
    pub fn authentication(&self) -> &Authentication {
        &self.0.authentication
    }

    /// The key to which its tokens are bound, if they are.
    #[must_use]
    pub fn dpop_key(&self) -> Option<&DpopKey> {
        self.0.dpop.as_deref()
    }

    /// The thumbprint of the key to which its tokens are bound.
    pub(crate) fn dpop_jkt(&self) -> Option<DpopJkt> {
        self.0.dpop.as_ref().map(|key| DpopJkt::from(&key.thumbprint()))
    }

    pub(crate) fn id_token_algorithm(&self) -> Option<Algorithm> {
        self.0.id_token_algorithm
    }

    pub(crate) fn response_algorithm(&self) -> Option<Algorithm> {
        self.0.response_algorithm
    }

    /// The secret that it shares with the server.
    pub(crate) fn secret(&self) -> Option<&KeyId> {
        match &self.0.authentication {
            Authentication::SecretBasic(key)
            | Authentication::SecretBasicRaw(key)
            | Authentication::SecretPost(key) => Some(key),
            Authentication::SecretJwt(assertion) => Some(&assertion.key),
            Authentication::None
            | Authentication::PrivateKeyJwt(_)
            | Authentication::Tls
            | Authentication::SelfSignedTls => None,
        }
    }

    /// Whether it can show who it is.
    pub(crate) fn is_confidential(&self) -> bool {
        !matches!(self.0.authentication, Authentication::None)
    }

    /// Which rules it keeps.
    pub(crate) fn rules(&self) -> Profile {
        self.0.profile
    }

    /// Whether it asks for tokens that are bound to its certificate.
    pub(crate) fn binds_to_certificate(&self) -> bool {
        self.0.certificate
    }

    /// Whether its requests are sent with its certificate.
    pub(crate) fn shows_certificate(&self) -> bool {
        self.0.certificate || matches!(self.0.authentication, Authentication::Tls | Authentication::SelfSignedTls)
    }

    /// Whether the server's responses are read by the letter.
    pub(crate) fn reads_strictly(&self) -> bool {
        self.0.reading.is_strict()
    }

    /// The authentication of one request, with the secret or assertion that was asked for.
    pub(crate) fn authenticate(&self, shown: Secret) -> ClientAuth {
        match &self.0.authentication {
            Authentication::None => ClientAuth::None,
            Authentication::SecretBasic(_) => ClientAuth::Basic(shown.into()),
            Authentication::SecretBasicRaw(_) => ClientAuth::BasicRaw(shown.into()),
            Authentication::SecretPost(_) => ClientAuth::Post(shown.into()),
            Authentication::SecretJwt(_) => ClientAuth::SecretJwt(shown.into()),
            Authentication::PrivateKeyJwt(_) => ClientAuth::PrivateKeyJwt(shown.into()),
            Authentication::Tls => ClientAuth::Tls,
            Authentication::SelfSignedTls => ClientAuth::SelfSignedTls,
        }
    }

    pub(crate) fn to_body(&self) -> ClientBody {
        let (method, key, assertion) = match &self.0.authentication {
            Authentication::None => ("none", None, None),
            Authentication::SecretBasic(key) => ("basic", Some(key), None),
            Authentication::SecretBasicRaw(key) => ("basic_raw", Some(key), None),
            Authentication::SecretPost(key) => ("post", Some(key), None),
            Authentication::SecretJwt(assertion) => ("secret_jwt", Some(&assertion.key), Some(assertion)),
            Authentication::PrivateKeyJwt(assertion) => ("private_key_jwt", Some(&assertion.key), Some(assertion)),
            Authentication::Tls => ("tls", None, None),
            Authentication::SelfSignedTls => ("self_signed_tls", None, None),
        };
        ClientBody {
            id: self.0.id.as_str().to_string(),
            method: method.to_string(),
            key: key.map(|key| key.as_str().to_string()),
            assertion: assertion.map(|assertion| AssertionBody {
                alg: assertion.algorithm.as_str().to_string(),
                kid: assertion.kid.clone(),
                aud: assertion.audience.clone(),
                without_typ: assertion.without_typ,
            }),
            dpop: self.dpop_key().map(DpopKey::to_body),
            certificate: self.0.certificate,
            strict: self.reads_strictly(),
            id_token_alg: self.0.id_token_algorithm.map(|algorithm| algorithm.as_str().to_string()),
            response_alg: self.0.response_algorithm.map(|algorithm| algorithm.as_str().to_string()),
        }
    }

    pub(crate) fn from_body(body: ClientBody) -> Option<Self> {
        let key = body.key.map(KeyId::new);
        let authentication = match (body.method.as_str(), key, body.assertion) {
            ("none", None, None) => Authentication::None,
            ("basic", Some(key), None) => Authentication::SecretBasic(key),
            ("basic_raw", Some(key), None) => Authentication::SecretBasicRaw(key),
            ("post", Some(key), None) => Authentication::SecretPost(key),
            ("secret_jwt", Some(key), Some(assertion)) => Authentication::SecretJwt(assertion.restore(key)?),
            ("private_key_jwt", Some(key), Some(assertion)) => Authentication::PrivateKeyJwt(assertion.restore(key)?),
            ("tls", None, None) => Authentication::Tls,
            ("self_signed_tls", None, None) => Authentication::SelfSignedTls,
            _ => return None,
        };
        Some(Self(Arc::new(Registration {
            id: ClientId::new(body.id).ok()?,
            authentication,
            dpop: match body.dpop {
                Some(key) => Some(Box::new(DpopKey::from_body(key)?)),
                None => None,
            },
            certificate: body.certificate,
            reading: reading(body.strict),
            // It was kept where the flow was begun.
            profile: Profile::oauth21(),
            id_token_algorithm: algorithm(body.id_token_alg.as_deref())?,
            response_algorithm: algorithm(body.response_alg.as_deref())?,
        })))
    }
}

/// An algorithm, as it is stored: `None` if it cannot be read.
#[expect(clippy::option_option, reason = "none is one of the things that can be stored")]
fn algorithm(name: Option<&str>) -> Option<Option<Algorithm>> {
    match name {
        Some(name) => Algorithm::from_name(name).map(Some),
        None => Some(None),
    }
}

/// How to read, as it is stored.
pub(crate) const fn reading(strict: bool) -> Reading {
    if strict { Reading::Strict } else { Reading::Interop }
}

/// A client at one endpoint of one authorization server: who asks whom.
///
/// It is handed on from each part of a flow to the next, and never changed. Nothing of it is copied.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    issuer: Issuer,
    endpoint: Endpoint,
    client: Client,
}

/// What the client shows of itself.
pub(crate) enum Credential {
    /// Nothing, or nothing that has to be asked for.
    None,
    /// The secret of this name.
    Secret(KeyId),
    /// This, signed with the key of this name.
    Assertion(KeyId, SigningInput),
}

impl Party {
    /// `client` at the endpoint of `server` that `find` finds, of the metadata's name `name`.
    pub(crate) fn new(
        server: &AuthorizationServer,
        client: &Client,
        name: &'static str,
        find: impl Fn(&AuthorizationServer) -> Option<&Endpoint>,
    ) -> Result<Self, ApiMisuse> {
        // RFC 8705, section 5: a client that uses its certificate "MUST use the alias URL of the endpoint".
        let of_certificate = client.shows_certificate() && server.mtls_endpoint_aliases().is_some();
        let aliases = of_certificate.then(|| server.for_mutual_tls());
        let endpoint = find(aliases.as_ref().unwrap_or(server)).ok_or(ApiMisuse::MissingEndpoint(name))?;
        client.rules().check_client(server, client, endpoint)?;
        Ok(Self { issuer: server.issuer().clone(), endpoint: endpoint.clone(), client: client.clone() })
    }

    /// `client` at the server's token endpoint.
    pub(crate) fn at_token_endpoint(server: &AuthorizationServer, client: &Client) -> Result<Self, ApiMisuse> {
        client.rules().check_tokens(server, client)?;
        Self::new(server, client, "token_endpoint", AuthorizationServer::token_endpoint)
    }

    /// The same at another endpoint of the same server.
    pub(crate) fn at(&self, endpoint: Endpoint) -> Self {
        Self { endpoint, ..self.clone() }
    }

    pub(crate) const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// What is to be asked for before a request can be sent.
    pub(crate) fn credential(&self, at: &Moment) -> Result<Credential, ApiMisuse> {
        Ok(match self.client.authentication() {
            Authentication::None | Authentication::Tls | Authentication::SelfSignedTls => Credential::None,
            Authentication::SecretBasic(key)
            | Authentication::SecretBasicRaw(key)
            | Authentication::SecretPost(key) => Credential::Secret(key.clone()),
            Authentication::SecretJwt(assertion) | Authentication::PrivateKeyJwt(assertion) => {
                let input = assertion.signing_input(self.client().id(), self.issuer(), at)?;
                Credential::Assertion(assertion.key.clone(), input)
            }
        })
    }

    /// How its responses are read.
    pub(crate) fn expect(&self, received: &Received<'_>) -> Expect<'static> {
        Expect::new(received.now).reading(self.client.0.reading)
    }

    /// The proof of a request for tokens (RFC 9449, section 5), where tokens are bound to a key.
    pub(crate) fn proof(&self) -> Option<(&DpopKey, DpopProof)> {
        self.client().dpop_key().map(|key| (key, DpopProof::new("POST", self.endpoint().as_str())))
    }

    pub(crate) fn to_body(&self) -> PartyBody {
        PartyBody {
            issuer: self.issuer().as_str().to_string(),
            endpoint: self.endpoint().as_str().to_string(),
            client: self.client().to_body(),
        }
    }

    pub(crate) fn from_body(body: PartyBody) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            endpoint: Endpoint::new(body.endpoint).ok()?,
            client: Client::from_body(body.client)?,
        })
    }
}

/// A [`Party`] inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartyBody {
    issuer: String,
    endpoint: String,
    client: ClientBody,
}

/// A client inside a stored flow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientBody {
    id: String,
    method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assertion: Option<AssertionBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dpop: Option<DpopKeyBody>,
    #[serde(default, skip_serializing_if = "is_false")]
    certificate: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    strict: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token_alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response_alg: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssertionBody {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    without_typ: bool,
}

impl AssertionBody {
    fn restore(self, key: KeyId) -> Option<AssertionKey> {
        let Self { alg, kid, aud, without_typ } = self;
        Some(AssertionKey { key, algorithm: Algorithm::from_name(&alg)?, kid, audience: aud, without_typ })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DpopKeyBody {
    key: String,
    alg: String,
    jwk: Jwk,
}
