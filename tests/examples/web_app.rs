//! A web application with a login: axum and reqwest around the flows.
//!
//! `cargo run --example web_app` starts it beside the embedded authorization server and API; open the URL that it prints.
//!
//! | path | what |
//! |---|---|
//! | `GET /` | the front page |
//! | `GET /login` | sends the browser to the authorization server |
//! | `GET /callback` | where it comes back to |
//! | `GET /protected` | calls the API as the user, refreshing tokens when needed |
//! | `POST /logout` | revokes the tokens and forgets the session |
//!
//! Two cookies, both `HttpOnly` and `SameSite=Lax` (the callback is a navigation from another site, so `Strict` would lose it), `Secure` where the application is
//! served over https: `login` binds a pending login to the browser that began it, `session` is a new random value made after the login.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use conformance::clock::Clock;
use conformance::transport::future;
use conformance::world::{self, World};
use jwt_core::{KeyId, Keyring, Moment, Secret, base64url};
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, Discovery, Flow, PendingAuthorization, Refresh, Revocation,
    SessionBinding, Tokens, drive,
};
use oauth_types::authorization::{AuthorizationResponse, Callback};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, HttpRequest, Issuer, Purpose, RedirectUri, Resource};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let world = World::start(&Clock::machine())?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("open http://{}/ (ctrl-c ends it)", listener.local_addr()?);
    serve(listener, world.issuer(), world.api(), world.clock()).await
}

/// Serves the application on `listener` until its task is dropped.
///
/// # Errors
///
/// If the authorization server cannot be discovered, or the listener breaks.
pub(crate) async fn serve(listener: TcpListener, issuer: &str, api: &str, clock: &Clock) -> Result<(), Failure> {
    let origin = format!("http://{}", listener.local_addr()?);
    let app = Arc::new(App::new(origin, issuer, api, clock).await?);
    let router = Router::new()
        .route("/", get(front))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/protected", get(protected))
        .route("/logout", post(logout))
        .with_state(app);
    Ok(axum::serve(listener, router).await?)
}

/// The application: one client of one authorization server.
struct App {
    origin: String,
    server: AuthorizationServer,
    client: Client,
    api: Resource,
    clock: Clock,
    http: reqwest::Client,
    keyring: Keyring,
    /// Logins whose browser is away, by their `state`. In production: a table whose rows are taken out atomically.
    pending: Mutex<BTreeMap<String, PendingAuthorization>>,
    /// Who is logged in, by session cookie.
    sessions: Mutex<BTreeMap<String, Session>>,
}

#[derive(Clone)]
struct Session {
    subject: String,
    tokens: Tokens,
}

impl App {
    async fn new(origin: String, issuer: &str, api: &str, clock: &Clock) -> Result<Self, Failure> {
        let secret = KeyId::new("client secret");
        let mut app = Self {
            origin,
            server: AuthorizationServer::new(Issuer::new(issuer)?),
            client: Client::new(ClientId::new(world::WEB)?, Authentication::SecretBasic(secret.clone())),
            api: Resource::new(api)?,
            clock: clock.clone(),
            http: future::client(),
            keyring: Keyring::new().secret(secret, Secret::new(world::SECRET)),
            pending: Mutex::default(),
            sessions: Mutex::default(),
        };
        app.server = app.drive(Discovery::new(Issuer::new(issuer)?)).await?;
        Ok(app)
    }

    /// Drives one flow to its end.
    async fn drive<F: Flow>(&self, mut flow: F) -> Result<F::Output, drive::DriveError<jwt_core::KeyringError>> {
        drive::future(
            &mut flow,
            || self.clock.moment(),
            tokio::time::sleep,
            |request| future::send(&self.http, request),
            |question| std::future::ready(self.keyring.answer(question)),
        )
        .await
    }

    fn set_cookie(&self, name: &str, value: &str, path: &str, max_age: Duration) -> (HeaderName, String) {
        let secure = if self.origin.starts_with("https://") { "; Secure" } else { "" };
        let max_age = max_age.as_secs();
        (SET_COOKIE, format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"))
    }
}

/// How long a login may take; the flow's own limit is the same.
const LOGIN_LIFETIME: Duration = Duration::from_secs(600);
const SESSION_LIFETIME: Duration = Duration::from_secs(8 * 3600);

async fn front() -> Html<&'static str> {
    Html("<!doctype html><title>Files</title><p><a href=\"/login\">Log in</a>")
}

async fn login(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, AppError> {
    let at = app.clock.moment();
    // The same browser may begin two logins, in two tabs: it keeps one cookie for both.
    let browser = cookie(&headers, "login").map_or_else(|| fresh(&at, "login cookie"), str::to_owned);
    let redirect =
        AuthorizationCode::new(&app.server, &app.client, RedirectUri::new(format!("{}/callback", app.origin))?)
            .scope(format!("openid {}", conformance::api::READ).parse()?)
            .resource(app.api.clone())
            .session(&SessionBinding::new(&browser))
            .lifetime(LOGIN_LIFETIME)
            .begin(&at)?;
    let mut pending = lock(&app.pending);
    // A login that was never finished is forgotten.
    pending.retain(|_, pending| pending.expires_at() > at.now());
    pending.insert(redirect.pending.state().to_owned(), redirect.pending);
    drop(pending);
    let cookie = app.set_cookie("login", &browser, "/", LOGIN_LIFETIME);
    Ok((StatusCode::SEE_OTHER, [cookie, (LOCATION, redirect.url)]).into_response())
}

async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let query = query.unwrap_or_default();
    let at = app.clock.moment();
    let session = cookie(&headers, "login").map(SessionBinding::new);
    // The state finds the login; that it belongs to this browser is what `accept` checks.
    let response = AuthorizationResponse::parse(Callback::Query(&query))
        .map_err(|error| AppError::NoLogin(error.code().to_owned()))?;
    let exchange = {
        let mut all = lock(&app.pending);
        let Some(pending) = response.state().and_then(|state| all.get_mut(state)) else {
            return Err(AppError::NoLogin("no such login".to_owned()));
        };
        let exchange = pending
            .accept(&at, session.as_ref(), Callback::Query(&query))
            .map_err(|error| AppError::NoLogin(error.code().to_owned()))?;
        let state = pending.state().to_owned();
        all.remove(&state);
        exchange
    };
    let login = app.drive(exchange).await?;
    let subject = login.id_token.as_ref().ok_or("no ID token")?.claims().subject().to_owned();
    // A new value after the login, so that nobody can have planted it before.
    let id = fresh(&app.clock.moment(), "session cookie");
    lock(&app.sessions).insert(id.clone(), Session { subject, tokens: login.tokens });
    let headers = [
        app.set_cookie("session", &id, "/", SESSION_LIFETIME),
        app.set_cookie("login", "", "/", Duration::ZERO),
        (LOCATION, "/protected".to_owned()),
    ];
    Ok((StatusCode::SEE_OTHER, axum::response::AppendHeaders(headers)).into_response())
}

async fn protected(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, AppError> {
    let found = cookie(&headers, "session").and_then(|id| Some((id, lock(&app.sessions).get(id)?.clone())));
    let Some((id, mut session)) = found else {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/login")]).into_response());
    };
    if !session.tokens.is_fresh(app.clock.now(), Duration::from_secs(30)) {
        session.tokens = app.drive(Refresh::new(&app.server, &app.client, &session.tokens)?).await?;
        lock(&app.sessions).insert(id.to_owned(), session.clone());
    }
    let authorization = session.tokens.authorization().ok_or("not a bearer token")?;
    let request = HttpRequest::get(format!("{}/files", app.api.as_str()), Purpose::Resource)
        .with_header("authorization", authorization);
    let answer =
        future::send(&app.http, request).await.map_err(|failure| format!("the API did not answer: {failure:?}"))?;
    let text = escaped(&String::from_utf8_lossy(answer.body()));
    let subject = escaped(&session.subject);
    let page = format!(
        "<!doctype html><title>Files</title><p>Hello {subject}.<pre>{text}</pre><form method=post action=/logout><button>Log out</button></form>"
    );
    Ok(Html(page).into_response())
}

async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, AppError> {
    let session = cookie(&headers, "session").and_then(|id| lock(&app.sessions).remove(id));
    if let Some(session) = session {
        // Forgotten here in any case; if the server cannot be reached now, the tokens die of age.
        if let Err(error) = app.drive(Revocation::new(&app.server, &app.client, &session.tokens)?).await {
            println!("not revoked: {error}");
        }
    }
    let headers = [app.set_cookie("session", "", "/", Duration::ZERO), (LOCATION, "/".to_owned())];
    Ok((StatusCode::SEE_OTHER, axum::response::AppendHeaders(headers)).into_response())
}

/// Why a page is not shown. The browser learns the status; the reason, which holds no secret, goes to the log.
enum AppError {
    /// There is no such login, or it was not completed.
    NoLogin(String),
    /// Something behind this application failed.
    Behind(Failure),
}

/// For everything that has no better answer.
impl<E: Into<Failure>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self::Behind(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NoLogin(why) => (StatusCode::BAD_REQUEST, format!("The login was not completed: {why}.")),
            Self::Behind(error) => {
                println!("failed: {error}");
                (StatusCode::BAD_GATEWAY, "That did not work. Try to log in again.".to_owned())
            }
        };
        (status, text).into_response()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 256 bits that nobody can guess.
fn fresh(at: &Moment, label: &str) -> String {
    base64url::encode(at.derive(label, 0))
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
