//! One line to reach a state: a world, a client in it, a login at any stage.

use std::cell::Cell;
use std::time::Duration;

use conformance::clock::Clock;
use conformance::server::{AuthorizationServer as Model, Place};
use conformance::transport::{blocking, future};
use conformance::world::{self, CALLBACK, World};
use jwt_core::{Keyring, KeyringError, Moment, Secret, Timestamp};
use oauth_client_sans_io::drive::{self, DriveError};
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, Discovery, Flow, Login, PendingAuthorization, SessionBinding, Tokens,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, HttpRequest, HttpResponse, Issuer, Method, Purpose, RedirectUri, Resource, Scope};

/// The flow's own error, or the answerer's.
pub(crate) type Driven<T> = Result<T, DriveError<KeyringError>>;

/// When every scenario begins.
pub(crate) const START: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A world whose clock moves only when something waits, and a client that knows its server.
pub(crate) struct Scenario {
    pub(crate) world: World,
    pub(crate) server: AuthorizationServer,
    pub(crate) client: Client,
    pub(crate) agent: ureq::Agent,
    pub(crate) keyring: Keyring,
}

/// The key under which the client's secret is found.
pub(crate) const SECRET_KEY: &str = "client secret";

impl Scenario {
    /// The public app.
    pub(crate) fn app() -> Self {
        Self::of(world::APP, Authentication::None)
    }

    /// The web application, with HTTP Basic.
    pub(crate) fn web() -> Self {
        Self::of(world::WEB, Authentication::SecretBasic(SECRET_KEY.into()))
    }

    /// The service, with its secret in the body.
    pub(crate) fn service() -> Self {
        Self::of(world::SERVICE, Authentication::SecretPost(SECRET_KEY.into()))
    }

    fn of(id: &str, authentication: Authentication) -> Self {
        Self::start(&Clock::fixed(START), id, authentication, |server| server)
    }

    /// This client, with [`world::SECRET`] if it shows one, at a server on which `adjust` had a hand.
    pub(crate) fn start(
        clock: &Clock,
        id: &str,
        authentication: Authentication,
        adjust: impl FnOnce(Model) -> Model,
    ) -> Self {
        let world = World::start_with(clock, adjust).unwrap();
        let client = Client::new(ClientId::new(id).unwrap(), authentication);
        let keyring = Keyring::new().secret(SECRET_KEY, Secret::new(world::SECRET));
        let server = AuthorizationServer::new(Issuer::new(world.issuer()).unwrap());
        let mut scenario = Self { world, server, client, agent: blocking::agent(), keyring };
        scenario.server = scenario.drive(scenario.discovery()).unwrap();
        scenario
    }

    pub(crate) fn discovery(&self) -> Discovery {
        Discovery::new(Issuer::new(self.world.issuer()).unwrap())
    }

    pub(crate) fn moment(&self) -> Moment {
        self.world.clock().moment()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    /// Drives a flow with ureq; waiting moves the world's clock.
    pub(crate) fn drive<F: Flow>(&self, mut flow: F) -> Driven<F::Output> {
        drive::blocking(
            &mut flow,
            || self.moment(),
            |delay| self.world.pass(delay + Duration::from_secs(1)),
            |request| blocking::send(&self.agent, request),
            |question| self.keyring.answer(question),
        )
    }

    /// Drives a flow with ureq; the world's clock moves exactly as long as the flow waits, and `on_wait` is told how often it has waited.
    pub(crate) fn drive_waiting<F: Flow>(&self, mut flow: F, on_wait: impl Fn(usize)) -> Driven<F::Output> {
        let waits = Cell::new(0);
        drive::blocking(
            &mut flow,
            || self.moment(),
            |delay| {
                waits.set(waits.get() + 1);
                on_wait(waits.get());
                let whole = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
                self.world.pass(Duration::from_secs(whole));
            },
            |request| blocking::send(&self.agent, request),
            |question| self.keyring.answer(question),
        )
    }

    /// How often the token endpoint was asked.
    pub(crate) fn token_requests(&self) -> usize {
        self.world.model().served().iter().filter(|place| **place == Place::Token).count()
    }

    /// Drives a flow with reqwest; waiting moves the world's clock.
    pub(crate) async fn drive_async<F: Flow>(&self, mut flow: F) -> Driven<F::Output> {
        let client = future::client();
        drive::future(
            &mut flow,
            || self.moment(),
            |delay| {
                self.world.pass(delay + Duration::from_secs(1));
                std::future::ready(())
            },
            |request| future::send(&client, request),
            |question| std::future::ready(self.keyring.answer(question)),
        )
        .await
    }

    pub(crate) fn session() -> SessionBinding {
        SessionBinding::new("the value of this browser's cookie")
    }

    /// A login whose browser is about to leave.
    pub(crate) fn begin(&self) -> (String, PendingAuthorization) {
        self.begin_with(world::SCOPE)
    }

    /// As [`begin`](Self::begin), for this scope.
    pub(crate) fn begin_with(&self, scope: &str) -> (String, PendingAuthorization) {
        self.begin_for(scope, self.world.api())
    }

    /// As [`begin_with`](Self::begin_with), with tokens for this resource.
    pub(crate) fn begin_for(&self, scope: &str, resource: &str) -> (String, PendingAuthorization) {
        let redirect = AuthorizationCode::new(&self.server, &self.client, RedirectUri::new(CALLBACK).unwrap())
            .scope(Scope::parse(scope).unwrap())
            .resource(Resource::new(resource).unwrap())
            .session(&Self::session())
            .begin(&self.moment())
            .unwrap();
        (redirect.url, redirect.pending)
    }

    /// What a browser does with the authorization request: the URL that it is sent back to.
    pub(crate) fn browse(&self, url: &str) -> String {
        let response = self.agent.get(url).call().unwrap();
        response.headers().get("location").expect("a redirect").to_str().unwrap().to_owned()
    }

    /// The browser posts a form and is sent back.
    pub(crate) fn post<'f>(&self, action: &str, fields: impl Iterator<Item = (&'f str, &'f str)>) -> String {
        let response = self.agent.post(action).send_form(fields).unwrap();
        response.headers().get("location").expect("a redirect").to_str().unwrap().to_owned()
    }

    /// Accepts a callback and drives the exchange.
    pub(crate) fn finish(&self, pending: &mut PendingAuthorization, callback: &str) -> Driven<Login> {
        let exchange = pending.accept(&self.moment(), Some(&Self::session()), Callback::Url(callback)).unwrap();
        self.drive(exchange)
    }

    /// A whole login.
    pub(crate) fn login(&self) -> Driven<Login> {
        self.login_with(world::SCOPE)
    }

    /// A whole login for this scope.
    pub(crate) fn login_with(&self, scope: &str) -> Driven<Login> {
        let (url, mut pending) = self.begin_with(scope);
        let callback = self.browse(&url);
        self.finish(&mut pending, &callback)
    }

    /// Calls the API.
    pub(crate) fn call(&self, method: Method, tokens: Option<&Tokens>) -> HttpResponse {
        let authorization = tokens.map(|tokens| tokens.authorization().unwrap());
        self.call_with(method, authorization.as_deref())
    }

    /// Calls the API with this `Authorization` field.
    pub(crate) fn call_with(&self, method: Method, authorization: Option<&str>) -> HttpResponse {
        let mut request = HttpRequest::new(method, format!("{}/files", self.world.api()), Purpose::Resource);
        if let Some(authorization) = authorization {
            request = request.with_header("authorization", authorization);
        }
        self.send(request)
    }

    /// Sends one request by hand.
    pub(crate) fn send(&self, request: HttpRequest) -> HttpResponse {
        blocking::send(&self.agent, request).unwrap()
    }
}

/// The refusal's code in a redirect or flow error, for short assertions.
pub(crate) fn code<T>(result: Driven<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

/// A value of a callback's query.
pub(crate) fn query_value(callback: &str, name: &str) -> String {
    let query = callback.split_once('?').unwrap().1;
    let pairs = oauth_types::Pairs::parse(query).unwrap();
    pairs.all(name).next().unwrap_or_else(|| panic!("no {name} in the callback")).to_owned()
}
