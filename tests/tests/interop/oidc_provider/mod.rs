//! npm `oidc-provider`, a certified OpenID provider.

mod elsewhere;
mod guarded;
mod logins;
mod refusals;
mod requests;
mod users;

use std::sync::OnceLock;
use std::time::Duration;

use jwt_core::{Algorithm, Jwk};
use oauth_client_sans_io::{AssertionKey, Authentication, AuthorizationCode, Client, Discovery, DpopKey, Login};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Issuer};

use crate::browser::Browser;
use crate::driving::{CLIENT_KEY, at, finish_in, redirect_uri, run};
use crate::peer::Peer;

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
        Self::start_with(&[])
    }

    fn start_with(environment: &[(&str, &str)]) -> Option<Self> {
        let peer = Peer::node("oidc-provider", "server.mjs", environment)?;
        let issuer = Issuer::new(peer.ready.as_str()).unwrap();
        let server = run(Discovery::new(issuer)).unwrap();
        Some(Self { _peer: peer, server })
    }
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

/// Begins a login of this client.
fn begin<'s>(provider: &'s Provider, client: &'s Client, scope: &str) -> AuthorizationCode<'s> {
    AuthorizationCode::new(&provider.server, client, redirect_uri()).scope(scope.parse().unwrap())
}

/// A whole login.
fn login(provider: &Provider, client: &Client, scope: &str) -> Login {
    login_in(&mut Browser::of("alice"), provider, client, scope)
}

fn login_in(browser: &mut Browser, provider: &Provider, client: &Client, scope: &str) -> Login {
    let redirect = begin(provider, client, scope).begin(&at()).unwrap();
    let login = finish_in(browser, &redirect.url, redirect.pending).unwrap();
    assert!(login.tokens.is_fresh(at().now(), Duration::from_secs(200)));
    login
}
