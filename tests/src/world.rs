//! Everything that a login needs, on loopback: the authorization server, a protected API, and the clients that they know.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oauth_types::{ClientAuthMethod, ClientId, ClientSecret, HttpRequest, HttpResponse, Issuer, RedirectUri, Resource};

use crate::api::{self, Api};
use crate::clock::Clock;
use crate::net::{Bound, Server};
use crate::server::{AuthorizationServer, RegisteredClient};
use crate::transport;

/// The public client: an app that can keep no secret.
pub const APP: &str = "app";
/// The confidential web application, which shows its secret by HTTP Basic.
pub const WEB: &str = "web application";
/// The service that acts for itself, which shows its secret in the body.
pub const SERVICE: &str = "service";
/// The secret of [`WEB`] and [`SERVICE`], with characters that a sloppy Basic encoder trips over.
pub const SECRET: &str = "s€cret: 100% & more";
/// Where the app's redirects go; any port of the loopback address will do (RFC 8252, section 7.3).
pub const CALLBACK: &str = "http://127.0.0.1/callback";
/// What clients that exchange tokens call the API.
pub const FILES: &str = "files";
/// What the clients may ask for.
pub const SCOPE: &str = "openid files.read files.delete";

/// A running authorization server and API; dropping it stops both.
#[derive(Debug)]
pub struct World {
    clock: Clock,
    model: Arc<Mutex<AuthorizationServer>>,
    server: Server,
    api: Server,
}

/// What starting a world can fail with: the operating system, in practice.
pub type StartError = Box<dyn core::error::Error + Send + Sync>;

impl World {
    /// Starts both on free loopback ports.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn start(clock: &Clock) -> Result<Self, StartError> {
        Self::start_with(clock, |server| server)
    }

    /// Starts both, after `adjust` had a hand on the authorization server.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn start_with(
        clock: &Clock,
        adjust: impl FnOnce(AuthorizationServer) -> AuthorizationServer,
    ) -> Result<Self, StartError> {
        let (bound, bound_api) = (Bound::new()?, Bound::new()?);
        let issuer = Issuer::new(bound.origin())?;
        let scope = SCOPE.parse()?;
        let callback = RedirectUri::new(CALLBACK)?;
        let confidential = |id, method| {
            Ok::<_, StartError>(RegisteredClient::confidential(ClientId::new(id)?, method, ClientSecret::new(SECRET)))
        };
        let mut model = AuthorizationServer::new(issuer.clone(), [7; 32])?
            .client(RegisteredClient::public(ClientId::new(APP)?).redirect_uri(callback.clone()).scope(SCOPE.parse()?))
            .client(confidential(WEB, ClientAuthMethod::ClientSecretBasic)?.redirect_uri(callback).scope(scope))
            .client(confidential(SERVICE, ClientAuthMethod::ClientSecretPost)?.scope(api::READ.parse()?));
        model.add_service(FILES, Resource::new(bound_api.origin())?);
        let model = Arc::new(Mutex::new(adjust(model)));
        let jwks_uri = lock(&model).metadata().jwks_uri().cloned().ok_or("a server without keys")?;
        let server = bound.serve({
            let (model, clock) = (Arc::clone(&model), clock.clone());
            move |request: HttpRequest| -> HttpResponse { lock(&model).handle(clock.now(), request) }
        })?;
        let agent = transport::blocking::agent();
        let send = move |request| transport::blocking::send(&agent, request);
        let mut api = Api::new(&bound_api.origin(), issuer, jwks_uri, send)?;
        let api = bound_api.serve({
            let clock = clock.clone();
            move |request| api.handle(clock.now(), &request)
        })?;
        Ok(Self { clock: clock.clone(), model, server, api })
    }

    /// The authorization server's issuer identifier, which is also its origin.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.server.origin()
    }

    /// The API's origin, which is also its resource identifier.
    #[must_use]
    pub fn api(&self) -> &str {
        self.api.origin()
    }

    /// The clock that both tell the time by.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The authorization server's model, to look into or to make it misbehave. No request is answered while this is held.
    pub fn model(&self) -> MutexGuard<'_, AuthorizationServer> {
        lock(&self.model)
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn lock(model: &Mutex<AuthorizationServer>) -> MutexGuard<'_, AuthorizationServer> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}
