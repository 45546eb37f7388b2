//! The embedded authorization server: a pure model, [`AuthorizationServer::handle`], built on `oauth-types` from the server's side.
//!
//! It knows one user who is always logged in and consents to everything (or declines: [`Consent`]), on other devices only when told to
//! ([`AuthorizationServer::decide_on_device`], [`AuthorizationServer::decide_backchannel`]), keeps everything in memory, and draws what it makes from a
//! seed, so that the same requests at the same times give the same answers (ECDSA signatures apart). What it must enforce it enforces: PKCE with S256, exact
//! redirect URIs, codes and refresh tokens that work once, one client authentication, the one that was registered, pushed requests that are used once, proofs that are
//! fresh. [`Fault`] makes it misbehave on purpose.
//!
//! It is for tests and demonstrations. [`crate::net`] puts it on a loopback port.

mod authorize;
mod backchannel;
mod bearer;
mod client;
mod device;
mod dpop;
mod exchange;
mod fault;
mod grants;
mod introspect;
mod issue;
mod pace;
mod par;
mod register;
mod token;
mod users;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use jwt_core::{Jwk, JwkSet, Moment, Moments, SigningKey, Timestamp};
use oauth_types::metadata::AuthorizationServer as Metadata;
use oauth_types::{AccessToken, ClientAuthMethod, Endpoint, HttpRequest, HttpResponse, Issuer, Method};

use self::backchannel::BackchannelLogin;
use self::bearer::Trusted;
pub use self::client::{Delivery, RegisteredClient};
use self::device::DeviceLogin;
use self::exchange::Service;
pub use self::fault::{Fault, Place};
use self::grants::Grants;
use self::par::Pushed;
use self::register::Managed;

/// Who is logged in at this server.
pub const SUBJECT: &str = "alice";

/// How long an access token is good for, unless [`AuthorizationServer::access_token_lifetime`] says otherwise.
const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(300);

/// The key of RFC 7515, appendix A.3: as public as a key can be, so nobody takes it for a secret.
const PUBLISHED_KEY: &[u8] = br#"{"kty":"EC","crv":"P-256","kid":"rfc7515-a3","alg":"ES256","use":"sig",
"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

/// An authorization server and OpenID provider in memory.
pub struct AuthorizationServer {
    metadata: Metadata,
    key: SigningKey,
    clients: Vec<RegisteredClient>,
    consent: Consent,
    access_token_lifetime: Duration,
    moments: Moments,
    grants: Grants,
    devices: Vec<DeviceLogin>,
    backchannel_logins: Vec<BackchannelLogin>,
    services: Vec<Service>,
    trusted: Vec<Trusted>,
    pushed: Vec<Pushed>,
    demands_nonces: bool,
    /// The newest first.
    nonces: Vec<String>,
    /// What may be shown once: assertions and proofs.
    seen: BTreeSet<String>,
    initial_access_token: Option<AccessToken>,
    managed: Vec<Managed>,
    faults: Vec<Fault>,
    served: Vec<Place>,
}

/// What the one user says when asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consent {
    /// Yes, at once, to whatever is asked.
    #[default]
    Given,
    /// No: `access_denied`.
    Declined,
}

impl AuthorizationServer {
    /// A server of this issuer that draws codes, tokens and identifiers from `seed`.
    ///
    /// # Errors
    ///
    /// If the issuer is not the origin of its endpoints: they hang directly under it.
    pub fn new(issuer: Issuer, seed: [u8; 32]) -> Result<Self, Box<dyn core::error::Error + Send + Sync>> {
        let key = SigningKey::from_jwk(&Jwk::from_slice(PUBLISHED_KEY)?)?;
        let endpoint = |path: &str| Endpoint::new(format!("{}{path}", issuer.as_str().trim_end_matches('/')));
        let metadata = Metadata::new(issuer.clone())
            .with_authorization_endpoint(endpoint("/authorize")?)
            .with_token_endpoint(endpoint("/token")?)
            .with_jwks_uri(endpoint("/jwks")?)
            .with_revocation_endpoint(endpoint("/revoke")?)
            .with_device_authorization_endpoint(endpoint("/device_authorization")?)
            .with_backchannel_authentication_endpoint(endpoint("/bc-authorize")?)
            .with_backchannel_token_delivery_modes(["poll", "ping", "push"])
            .with_backchannel_authentication_request_signing_algs(["ES256", "PS256", "Ed25519"])
            .with_grant_types([
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:openid:params:grant-type:ciba",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ])
            .with_pushed_authorization_request_endpoint(endpoint("/par")?)
            .with_introspection_endpoint(endpoint("/introspect")?)
            .with_userinfo_endpoint(endpoint("/userinfo")?)
            .with_registration_endpoint(endpoint("/register")?)
            .with_end_session_endpoint(endpoint("/logout")?)
            .with_iss_parameter_supported(true)
            .with_code_challenge_methods(["S256"])
            .with_token_endpoint_auth_methods([
                ClientAuthMethod::None,
                ClientAuthMethod::ClientSecretBasic,
                ClientAuthMethod::ClientSecretPost,
                ClientAuthMethod::PrivateKeyJwt,
            ])
            .with_token_endpoint_auth_signing_algs(["ES256", "PS256", "Ed25519"])
            .with_request_object_signing_algs(["ES256", "PS256", "Ed25519"])
            .with_dpop_signing_algs(["ES256", "PS256", "Ed25519"])
            .with_id_token_signing_algs(["ES256"])
            .with_authorization_signing_algs(["ES256"])
            .with_response_modes([
                "query",
                "fragment",
                "form_post",
                "jwt",
                "query.jwt",
                "fragment.jwt",
                "form_post.jwt",
            ]);
        Ok(Self {
            metadata,
            key,
            clients: Vec::new(),
            consent: Consent::Given,
            access_token_lifetime: ACCESS_TOKEN_LIFETIME,
            moments: Moments::from_seed(seed),
            grants: Grants::default(),
            devices: Vec::new(),
            backchannel_logins: Vec::new(),
            services: Vec::new(),
            trusted: Vec::new(),
            pushed: Vec::new(),
            demands_nonces: false,
            nonces: Vec::new(),
            seen: BTreeSet::new(),
            initial_access_token: None,
            managed: Vec::new(),
            faults: Vec::new(),
            served: Vec::new(),
        })
    }

    /// Registers a client.
    #[must_use]
    pub fn client(mut self, client: RegisteredClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Gives access tokens this lifetime.
    #[must_use]
    pub const fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime;
        self
    }

    /// Takes only authorization requests that were pushed (RFC 9126, section 5), and says so.
    #[must_use]
    pub fn pushed_requests_only(mut self) -> Self {
        self.metadata = self.metadata.with_require_pushed_authorization_requests(true);
        self
    }

    /// Demands its own nonces in proofs (RFC 9449, section 8).
    #[must_use]
    pub const fn dpop_nonces(mut self) -> Self {
        self.demands_nonces = true;
        self
    }

    /// What the user says from now on.
    pub const fn set_consent(&mut self, consent: Consent) {
        self.consent = consent;
    }

    /// Signs with this key from now on; tokens that another one signed are no longer vouched for.
    pub fn set_key(&mut self, key: SigningKey) {
        self.key = key;
    }

    /// Misbehaves once in this way, at the next occasion.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Its metadata (RFC 8414).
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Its issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        self.metadata.issuer()
    }

    /// Whether an access token was given out here and neither it nor its login was revoked.
    #[must_use]
    pub fn is_active(&self, access_token: &str) -> bool {
        self.grants.is_active(access_token)
    }

    /// Which endpoints were asked, in order.
    #[must_use]
    pub fn served(&self) -> &[Place] {
        &self.served
    }

    /// Answers one request.
    pub fn handle(&mut self, now: Timestamp, request: HttpRequest) -> HttpResponse {
        let Some((place, query)) = self.place(&request) else { return HttpResponse::new(404) };
        self.served.push(place);
        if self.take_fault(&Fault::Unavailable(place)) {
            return HttpResponse::new(503).with_header("retry-after", "1");
        }
        let at = self.moments.at(now);
        let expected = match place {
            Place::Metadata | Place::Jwks | Place::Authorization => Some(Method::Get),
            Place::Token
            | Place::Revocation
            | Place::DeviceAuthorization
            | Place::BackchannelAuthentication
            | Place::PushedAuthorization
            | Place::Introspection => Some(Method::Post),
            // They know for themselves.
            Place::UserInfo | Place::Registration | Place::EndSession => None,
        };
        if let Some(expected) = expected.filter(|expected| request.method() != *expected) {
            return HttpResponse::new(405).with_header("allow", expected.as_str());
        }
        match place {
            Place::Metadata => self.metadata.to_http(),
            Place::Jwks => self.jwks(),
            Place::Authorization => self.authorize(&at, &query),
            Place::Token => self.token(&at, &request),
            Place::Revocation => self.revoke(&at, &request),
            Place::PushedAuthorization => self.push(&at, &request),
            Place::DeviceAuthorization => self.device_authorization(&at, &request),
            Place::BackchannelAuthentication => self.backchannel_authentication(&at, &request),
            Place::Introspection => self.introspect(&at, &request),
            Place::UserInfo => self.user_info(&at, &request),
            Place::Registration => match request.url().rsplit_once("/register/") {
                Some((_, id)) => self.manage(&at, id, &request),
                None => self.register(&at, &request),
            },
            Place::EndSession => self.end_session(&request, &query),
        }
    }

    /// Which endpoint a request is for, and its query.
    fn place(&self, request: &HttpRequest) -> Option<(Place, String)> {
        let rest = request.url().strip_prefix(self.issuer().as_str().trim_end_matches('/'))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = match path {
            "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration" => Place::Metadata,
            "/jwks" => Place::Jwks,
            "/authorize" => Place::Authorization,
            "/token" => Place::Token,
            "/revoke" => Place::Revocation,
            "/device_authorization" => Place::DeviceAuthorization,
            "/bc-authorize" => Place::BackchannelAuthentication,
            "/par" => Place::PushedAuthorization,
            "/introspect" => Place::Introspection,
            "/userinfo" => Place::UserInfo,
            "/logout" => Place::EndSession,
            path if path == "/register" || path.starts_with("/register/") => Place::Registration,
            _ => return None,
        };
        Some((place, query.to_owned()))
    }

    fn jwks(&self) -> HttpResponse {
        let keys = self.key.public_jwk().into_iter().collect();
        HttpResponse::json(200, &JwkSet::new(keys)).unwrap_or_else(|_| HttpResponse::new(500))
    }

    fn take_fault(&mut self, fault: &Fault) -> bool {
        let found = self.faults.iter().position(|known| known == fault);
        found.map(|index| self.faults.remove(index)).is_some()
    }
}

/// Shows no client and no token.
impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServer").field("issuer", self.issuer()).finish_non_exhaustive()
    }
}

/// 256 bits that nobody can guess, as text.
fn fresh(at: &Moment, label: &str) -> String {
    jwt_core::base64url::encode(at.derive(label, 0))
}
