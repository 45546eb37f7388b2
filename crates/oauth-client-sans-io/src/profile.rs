//! [`Profile`]: which rules a client keeps beyond those that every client keeps, as a value.

use alloc::string::String;

use jwt_core::Algorithm;
use oauth_types::Endpoint;
use oauth_types::authorization::ResponseMode;
use oauth_types::metadata::AuthorizationServer;

use crate::client::{Authentication, Client};
use crate::error::ApiMisuse;

/// A set of [`Rule`]s, checked where a flow is begun: what would break one cannot be built, and [`ApiMisuse::Forbidden`] names the rule.
///
/// A client has one ([`Client::profile`]). The presets are those of the specifications; [`with`](Profile::with) adds a rule to one.
///
/// | rule | OAuth 2.1 | FAPI 2.0 Security Profile | FAPI 2.0 Message Signing |
/// |---|---|---|---|
/// | [`PushedRequest`](Rule::PushedRequest) | | yes | yes |
/// | [`ClientAuthentication`](Rule::ClientAuthentication) | | yes | yes |
/// | [`AssertionAudience`](Rule::AssertionAudience) | | yes | yes |
/// | [`BoundTokens`](Rule::BoundTokens) | | yes | yes |
/// | [`S256`](Rule::S256) | | yes | yes |
/// | [`Issuer`](Rule::Issuer) | | yes | yes |
/// | [`Algorithms`](Rule::Algorithms) | | yes | yes |
/// | [`Https`](Rule::Https) | | yes | yes |
/// | [`SignedRequest`](Rule::SignedRequest) | | | yes |
/// | [`SignedResponse`](Rule::SignedResponse) | | | yes |
/// | [`SignedIntrospection`](Rule::SignedIntrospection) | | | yes |
///
/// What OAuth 2.1 demands is what this crate does for every client: PKCE with `S256`, no implicit and no password grant, whole callbacks, `https` beyond
/// loopback hosts, refresh tokens that rotate. A nonce of a login has 43 characters (FAPI 2.0 Security Profile: 64 at most), and ID tokens are never taken
/// unverified (FAPI 2.0 Message Signing).
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, KeyId};
/// use oauth_client_sans_io::{AssertionKey, Authentication, Client, Profile, Rule};
/// use oauth_types::ClientId;
///
/// let key = AssertionKey::new("kms/client-key", Algorithm::ES256);
/// let bank = Client::new(ClientId::new("bank")?, Authentication::PrivateKeyJwt(key)).profile(Profile::fapi2_security());
///
/// let careful = Profile::oauth21().with(Rule::PushedRequest);
/// assert!(careful.demands(Rule::PushedRequest) && !careful.demands(Rule::SignedRequest));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// One bit for each rule.
    rules: u16,
}

/// What a [`Profile`] can demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// Authorization requests are pushed (RFC 9126): begin with [`AuthorizationCode::push`](crate::AuthorizationCode::push). A server may demand it too.
    #[error("the authorization request must be pushed")]
    PushedRequest,
    /// Authorization requests are signed (RFC 9101): give [`AuthorizationCode::request_object`](crate::AuthorizationCode::request_object) a key. A server may
    /// demand it too.
    #[error("the authorization request must be signed")]
    SignedRequest,
    /// Authorization responses are signed (JARM): ask for one of the response modes that end in `jwt`.
    #[error("the authorization response must be signed")]
    SignedResponse,
    /// Introspection responses are signed (RFC 9701): an [`Introspection`](crate::Introspection) asks for one and takes no other.
    #[error("the introspection response must be signed")]
    SignedIntrospection,
    /// Clients authenticate with `private_key_jwt` or with a certificate.
    #[error("the client must authenticate with private_key_jwt or a certificate")]
    ClientAuthentication,
    /// Assertions are for the issuer, by its identifier as a string, and for nothing else.
    #[error("the client's assertion must be for the issuer")]
    AssertionAudience,
    /// Access tokens are bound to a DPoP key (RFC 9449), or to the client's certificate by a server that says that it does so (RFC 8705, section 3.3).
    #[error("access tokens must be bound to a key")]
    BoundTokens,
    /// The server says that it supports PKCE with `S256`.
    #[error("the server must say that it supports S256")]
    S256,
    /// The server says that it sends `iss` with every authorization response (RFC 9207), or the response is signed.
    #[error("the server must say that it names itself in responses")]
    Issuer,
    /// Keys of the client and of the server are for `PS256`, `ES256` or `Ed25519`.
    #[error("signatures must be PS256, ES256 or Ed25519")]
    Algorithms,
    /// The server's endpoints have `https` URLs, loopback hosts or not.
    #[error("the server's endpoints must be https")]
    Https,
}

impl Rule {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PushedRequest => "rule_pushed_request",
            Self::SignedRequest => "rule_signed_request",
            Self::SignedResponse => "rule_signed_response",
            Self::SignedIntrospection => "rule_signed_introspection",
            Self::ClientAuthentication => "rule_client_authentication",
            Self::AssertionAudience => "rule_assertion_audience",
            Self::BoundTokens => "rule_bound_tokens",
            Self::S256 => "rule_s256",
            Self::Issuer => "rule_issuer",
            Self::Algorithms => "rule_algorithms",
            Self::Https => "rule_https",
        }
    }

    /// Whose fault it is: the caller's.
    #[must_use]
    pub const fn blame(self) -> jwt_core::Blame {
        jwt_core::Blame::Caller
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// FAPI 2.0 Security Profile, section 5.4: "shall only use PS256, ES256, or EdDSA (using the Ed25519 variant) algorithms".
const FAPI_ALGORITHMS: &[Algorithm] = &[Algorithm::PS256, Algorithm::ES256, Algorithm::Ed25519];

impl Profile {
    /// OAuth 2.1: what every client has unless it has another.
    #[must_use]
    pub const fn oauth21() -> Self {
        Self { rules: 0 }
    }

    /// The FAPI 2.0 Security Profile (sections 5.3.2 and 5.3.3, and 5.4 for the algorithms).
    #[must_use]
    pub const fn fapi2_security() -> Self {
        Self::oauth21()
            .with(Rule::PushedRequest)
            .with(Rule::ClientAuthentication)
            .with(Rule::AssertionAudience)
            .with(Rule::BoundTokens)
            .with(Rule::S256)
            .with(Rule::Issuer)
            .with(Rule::Algorithms)
            .with(Rule::Https)
    }

    /// FAPI 2.0 Message Signing (section 5), on top of [`Profile::fapi2_security`].
    #[must_use]
    pub const fn fapi2_message_signing() -> Self {
        Self::fapi2_security().with(Rule::SignedRequest).with(Rule::SignedResponse).with(Rule::SignedIntrospection)
    }

    /// Demands this, too.
    #[must_use]
    pub const fn with(self, rule: Rule) -> Self {
        Self { rules: self.rules | rule.bit() }
    }

    /// Does not demand this. What is left is no longer the profile that it was, and protects less.
    #[must_use]
    pub const fn dangerous_without(self, rule: Rule) -> Self {
        Self { rules: self.rules & !rule.bit() }
    }

    /// Whether it demands this.
    #[must_use]
    pub const fn demands(self, rule: Rule) -> bool {
        self.rules & rule.bit() != 0
    }

    /// The algorithms that a server may sign with; `None` is any.
    pub(crate) fn algorithms(self) -> Option<&'static [Algorithm]> {
        self.demands(Rule::Algorithms).then_some(FAPI_ALGORITHMS)
    }

    fn demand(self, rule: Rule, kept: bool) -> Result<(), ApiMisuse> {
        if kept || !self.demands(rule) { Ok(()) } else { Err(ApiMisuse::Forbidden(rule)) }
    }

    /// A client at an endpoint of a server, whatever it asks for there.
    pub(crate) fn check_client(
        self,
        server: &AuthorizationServer,
        client: &Client,
        endpoint: &Endpoint,
    ) -> Result<(), ApiMisuse> {
        self.check_https(server, endpoint)?;
        if let Some(jwks_uri) = server.jwks_uri() {
            self.check_https(server, jwks_uri)?;
        }
        let assertion = match client.authentication() {
            Authentication::PrivateKeyJwt(assertion) => Some(assertion),
            Authentication::Tls | Authentication::SelfSignedTls => None,
            Authentication::None
            | Authentication::SecretBasic(_)
            | Authentication::SecretBasicRaw(_)
            | Authentication::SecretPost(_)
            | Authentication::SecretJwt(_) => {
                self.demand(Rule::ClientAuthentication, false)?;
                None
            }
        };
        self.demand(Rule::AssertionAudience, assertion.is_none_or(|key| key.is_for_issuer(server.issuer())))?;
        self.check_algorithm(assertion.map(|key| key.algorithm()))?;
        self.check_algorithm(client.dpop_key().map(|key| key.algorithm()))
    }

    /// A client that asks for tokens. (A protected API that introspects some, or a client that revokes one, asks for none.)
    pub(crate) fn check_tokens(self, server: &AuthorizationServer, client: &Client) -> Result<(), ApiMisuse> {
        let by_certificate = client.binds_to_certificate() && server.tls_client_certificate_bound_access_tokens();
        self.demand(Rule::BoundTokens, client.dpop_key().is_some() || by_certificate)
    }

    /// A URL that the browser or the client goes to.
    pub(crate) fn check_https(self, server: &AuthorizationServer, endpoint: &Endpoint) -> Result<(), ApiMisuse> {
        let is_https = |text: &str| text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
        let kept = || is_https(endpoint.as_str()) && is_https(server.issuer().as_str());
        if self.demands(Rule::Https) && !kept() { Err(ApiMisuse::Forbidden(Rule::Https)) } else { Ok(()) }
    }

    /// An authorization request, in one of its three forms, and how its response is to come.
    pub(crate) fn check_authorization(
        self,
        server: &AuthorizationServer,
        mode: ResponseMode,
        pushed: bool,
        signed_with: Option<Algorithm>,
    ) -> Result<(), ApiMisuse> {
        // RFC 9126, section 5, and RFC 9101, section 10.5: the server may demand it as well.
        if server.require_pushed_authorization_requests() && !pushed {
            return Err(ApiMisuse::Forbidden(Rule::PushedRequest));
        }
        if server.require_signed_request_object() && signed_with.is_none() {
            return Err(ApiMisuse::Forbidden(Rule::SignedRequest));
        }
        self.demand(Rule::PushedRequest, pushed)?;
        self.demand(Rule::SignedRequest, signed_with.is_some())?;
        self.check_algorithm(signed_with)?;
        self.demand(Rule::SignedResponse, mode.is_jwt())?;
        // RFC 9207, section 2.4: with JARM the JWT names the issuer.
        self.demand(Rule::Issuer, server.iss_parameter_supported() || mode.is_jwt())?;
        let listed = |methods: &[_]| methods.iter().any(|method| method == oauth_types::CodeChallenge::METHOD);
        self.demand(Rule::S256, server.code_challenge_methods().is_some_and(listed))?;
        // A server that says with what it signs must be able to sign with something that is taken.
        let lists =
            [server.id_token_signing_algs(), mode.is_jwt().then(|| server.authorization_signing_algs()).flatten()];
        for names in lists.into_iter().flatten() {
            let taken = |name: &String| {
                Algorithm::from_name(name).is_some_and(|algorithm| FAPI_ALGORITHMS.contains(&algorithm))
            };
            self.demand(Rule::Algorithms, names.iter().any(taken))?;
        }
        Ok(())
    }

    /// A key of the client that signs with this.
    pub(crate) fn check_algorithm(self, algorithm: Option<Algorithm>) -> Result<(), ApiMisuse> {
        self.demand(Rule::Algorithms, algorithm.is_none_or(|algorithm| FAPI_ALGORITHMS.contains(&algorithm)))
    }
}

impl Default for Profile {
    /// [`Profile::oauth21`].
    fn default() -> Self {
        Self::oauth21()
    }
}
