//! npm `oidc-provider`, a certified OpenID provider.

mod logins;
mod refusals;

use std::sync::OnceLock;
use std::time::Duration;

use conformance::transport::blocking;
use jwt_core::{Algorithm, Jwk, Keyring, KeyringError, Moment, Secret, SigningKey, Timestamp};
use oauth_client_sans_io::drive::{self, DriveError};
use oauth_client_sans_io::{
    AssertionKey, Authentication, AuthorizationCode, Client, Discovery, DpopKey, Flow, Login, PendingAuthorization,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Issuer, RedirectUri};

use crate::browser::{Back, Browser};
use crate::peer::Peer;

/// The secret of every client that has one.
const SECRET: &str = "a secret of the tests, 32 octets or more: 50% & +/=~";
/// Any port will do (RFC 8252, section 7.3).
const CALLBACK: &str = "http://127.0.0.1:49152/callback";

/// RFC 7515, appendix A.3: the clients' key.
const CLIENT_KEY: &[u8] = br#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

/// The provider, started once for all tests, with what was discovered about it; `None` where it is not installed.
fn provider() -> Option<&'static Provider> {
    static PROVIDER: OnceLock<Option<Provider>> = OnceLock::new();
    PROVIDER.get_or_init(Provider::start).as_ref()
}

struct Provider {
    /// Ends with the tests' process, whose end closes its standard input.
    _peer: Peer,
    server: AuthorizationServer,
}

impl Provider {
    fn start() -> Option<Self> {
        let peer = Peer::node("oidc-provider", "server.mjs", &[])?;
        let issuer = Issuer::new(peer.ready.as_str()).unwrap();
        let server = run(Discovery::new(issuer)).unwrap();
        Some(Self { _peer: peer, server })
    }
}

fn at() -> Moment {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).unwrap();
    Moment::new(Timestamp::from(std::time::SystemTime::now()), entropy)
}

fn keyring() -> Keyring {
    let key =
        SigningKey::from_jwk(&Jwk::from_slice(CLIENT_KEY).unwrap().with_algorithm(Algorithm::ES256).unwrap()).unwrap();
    Keyring::new()
        .secret("secret", Secret::new(SECRET))
        .secret("wrong secret", Secret::new("another secret"))
        .signing_key("key", key)
}

/// Drives a flow with ureq and real time.
fn run<F: Flow>(mut flow: F) -> Result<F::Output, DriveError<KeyringError>> {
    let (agent, keyring) = (blocking::agent(), keyring());
    let send = |request| blocking::send(&agent, request);
    drive::blocking(&mut flow, at, std::thread::sleep, send, |question| keyring.answer(question))
}

fn client(id: &str) -> Client {
    let assertion = |algorithm, key: &str| AssertionKey::new(key, algorithm);
    let authentication = match id {
        "basic" | "service" | "ciba" | "signed-introspection" => Authentication::SecretBasic("secret".into()),
        "post" => Authentication::SecretPost("secret".into()),
        "secret-jwt" => Authentication::SecretJwt(assertion(Algorithm::HS256, "secret")),
        "key-jwt" | "fapi" | "fapi-ms" => {
            Authentication::PrivateKeyJwt(assertion(Algorithm::ES256, "key").kid("rfc7515-a3"))
        }
        _ => Authentication::None,
    };
    let client = Client::new(ClientId::new(id).unwrap(), authentication);
    if matches!(id, "dpop" | "fapi" | "fapi-ms") { client.dpop(dpop_key()) } else { client }
}

fn dpop_key() -> DpopKey {
    DpopKey::new("key", Algorithm::ES256, &Jwk::from_slice(CLIENT_KEY).unwrap()).unwrap()
}

fn redirect_uri() -> RedirectUri {
    RedirectUri::new(CALLBACK).unwrap()
}

/// Begins a login of this client.
fn begin<'s>(provider: &'s Provider, client: &'s Client, scope: &str) -> AuthorizationCode<'s> {
    AuthorizationCode::new(&provider.server, client, redirect_uri()).scope(scope.parse().unwrap())
}

/// Has Alice log in and agree, and redeems what came back.
fn finish(url: &str, mut pending: PendingAuthorization) -> Result<Login, DriveError<KeyringError>> {
    let back = Browser::default().open(url, "alice", CALLBACK);
    let callback = match &back {
        Back::Redirect(url) => Callback::Url(url),
        Back::Form(body) => Callback::Form(body.as_bytes()),
        Back::Page(page) => panic!("the login ends with {page}"),
    };
    run(pending.accept(&at(), None, callback).unwrap())
}

/// A whole login.
fn login(provider: &Provider, client: &Client, scope: &str) -> Login {
    let redirect = begin(provider, client, scope).begin(&at()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    assert!(login.tokens.is_fresh(at().now(), Duration::from_secs(200)));
    login
}
