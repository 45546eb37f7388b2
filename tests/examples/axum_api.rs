//! A protected API with axum: a layer of about 60 lines in front of every route, and a table that says what each route needs.
//!
//! `cargo run --example axum_api` starts it beside the embedded authorization server, calls it without a token, with one, and with one that is not enough.
//!
//! | route | needs |
//! |---|---|
//! | `GET /files` | `files.read` |
//! | `DELETE /files` | `files.delete` |
//! | `GET /.well-known/oauth-protected-resource` | nothing: it says where tokens come from (RFC 9728) |
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that talks to a person"
)]

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use conformance::clock::Clock;
use conformance::transport::future;
use conformance::world::{self, World};
use jwt_core::{Algorithm, KeyId, Keyring, Secret};
use oauth_client_sans_io::{Authentication, Client, ClientCredentials, Discovery, drive};
use oauth_resource_sans_io::{
    AuditEvent, Check, DenyList, Dpop, Guard, Need, Principal, ReplaySet, RequestHead, Requirement, ServerNonces,
    WantedKey,
};
use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer, ProtectedResource, Resource, Scope};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

/// What each route needs, in one place: what stands not here, nobody may do.
fn routes() -> Result<Vec<Route>, Failure> {
    let route = |method, path, scope: &str| Ok::<_, Failure>((method, path, Requirement::from(Scope::parse(scope)?)));
    Ok(vec![route("GET", "/files", "files.read")?, route("DELETE", "/files", "files.delete")?])
}

type Route = (&'static str, &'static str, Requirement);

/// The layer: lets those through who may, with a [`Principal`] for the handler, and answers the others.
async fn authorize(State(api): State<Arc<Protected>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let known = |(method, path, _): &&Route| *method == parts.method.as_str() && *path == parts.uri.path();
    let Some((_, _, requirement)) = api.routes.iter().find(known) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match api.check(&parts, requirement).await {
        Check::Granted(principal) => {
            let nonce = principal.next_nonce().and_then(|nonce| HeaderValue::from_str(nonce.as_str()).ok());
            parts.extensions.insert(Arc::new(principal));
            let mut response = next.run(Request::from_parts(parts, body)).await;
            if let Some(nonce) = nonce {
                response.headers_mut().insert("dpop-nonce", nonce);
            }
            response
        }
        Check::Denied(denial) => answer(denial.to_http()),
        Check::Needs(_) | _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The API: its guard, and what it keeps in this one process.
struct Protected {
    guard: RwLock<Guard>,
    routes: Vec<Route>,
    seen: Mutex<ReplaySet>,
    denied: Mutex<DenyList>,
    /// Who holds it fetches keys; all others that need them wait here, and then find them.
    fetching: tokio::sync::Mutex<()>,
    http: reqwest::Client,
    clock: Clock,
}

impl Protected {
    /// Checks a request to the end: whatever the guard needs is had here.
    async fn check(self: &Arc<Self>, parts: &Parts, requirement: &Requirement) -> Check {
        // A value that is no text is not overlooked: it becomes one that nobody takes.
        let values = |name| texts(&parts.headers, name);
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let head =
            RequestHead::new(parts.method.as_str(), target).authorization(values("authorization")).dpop(values("dpop"));
        let look = || read(&self.guard).check_for(&head, requirement, self.clock.now());
        let mut check = look();
        loop {
            check = match check {
                Check::Needs(Need::Keys(_)) => {
                    let _turn = self.fetching.lock().await;
                    // Another may have fetched it meanwhile, or found that there is no such key.
                    match look() {
                        Check::Needs(Need::Keys(wanted)) => {
                            // In a task of its own: who asked may hang up, the others still wait for it.
                            let api = Arc::clone(self);
                            drop(tokio::spawn(async move { api.fetch(wanted).await }).await);
                            look()
                        }
                        other => other,
                    }
                }
                Check::Needs(Need::Revocation(check)) => {
                    let revoked = lock(&self.denied).revokes(&check, self.clock.now());
                    check.decide(revoked)
                }
                Check::Needs(Need::Freshness(check)) => {
                    let fresh = lock(&self.seen).insert(&check.key(), check.until(), self.clock.now());
                    match fresh {
                        Ok(fresh) => check.decide(fresh),
                        Err(full) => check.unavailable(full.retry_after()),
                    }
                }
                decided => {
                    if let Some(event) = AuditEvent::new(&head, &decided, self.clock.now()) {
                        println!("{event}");
                    }
                    return decided;
                }
            };
        }
    }

    /// Fetches the keys of an issuer for the sake of this one. If it is not there, tokens that name it are refused from then on without a fetch.
    async fn fetch(&self, wanted: WantedKey) {
        let request = {
            let mut guard = write(&self.guard);
            guard.keys_mut(wanted.issuer()).and_then(|keys| keys.fetch_for(wanted.header(), self.clock.now()))
        };
        let Some(request) = request else { return };
        let response = future::send(&self.http, request).await;
        if let Some(keys) = write(&self.guard).keys_mut(wanted.issuer()) {
            match response {
                // What is wrong with the key set shows in the next check.
                Ok(response) => drop(keys.handle_response(self.clock.now(), &response)),
                Err(failure) => keys.handle_failure(self.clock.now(), failure),
            }
        }
    }
}

/// Serves the API on `listener` until its task is dropped.
///
/// # Errors
///
/// If the addresses are none, or the listener breaks.
pub(crate) async fn serve(
    listener: TcpListener,
    issuer: Issuer,
    jwks_uri: Endpoint,
    clock: &Clock,
) -> Result<(), Failure> {
    let origin = format!("http://{}", listener.local_addr()?);
    let nonces = ServerNonces::new(clock.moment().derive("dpop nonces", 0));
    let guard = Guard::new(origin.as_str())
        .origin(origin.as_str())
        .issuer(issuer, jwks_uri, &[Algorithm::ES256])
        .dpop(Dpop::new(&[Algorithm::ES256]).nonces(nonces))
        .ask_revocation()
        .resource_metadata(ProtectedResource::well_known_url(&Resource::new(origin.as_str())?)?)?;
    let document = guard.metadata()?.with_scopes(["files.read", "files.delete"]).to_http();
    let api = Arc::new(Protected {
        guard: RwLock::new(guard),
        routes: routes()?,
        seen: Mutex::new(ReplaySet::new(10_000)),
        denied: Mutex::new(DenyList::new(10_000)),
        fetching: tokio::sync::Mutex::new(()),
        http: future::client(),
        clock: clock.clone(),
    });
    let router = Router::new()
        .route("/files", get(files).delete(files))
        .layer(from_fn_with_state(api, authorize))
        .route("/.well-known/oauth-protected-resource", get(move || async move { answer(document.clone()) }));
    Ok(axum::serve(listener, router).await?)
}

/// A handler knows who asks, and that they may.
async fn files(Extension(principal): Extension<Arc<Principal>>) -> String {
    format!("files of {}\n", principal.subject().unwrap_or("nobody"))
}

fn texts<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("\u{fffd}"))
}

fn answer(response: HttpResponse) -> Response {
    let converted = http::Response::<Vec<u8>>::try_from(response);
    converted.map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), |answer| answer.map(Body::from))
}

fn read(guard: &RwLock<Guard>) -> std::sync::RwLockReadGuard<'_, Guard> {
    guard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(guard: &RwLock<Guard>) -> std::sync::RwLockWriteGuard<'_, Guard> {
    guard.write().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let clock = Clock::machine();
    let world = World::start(&clock)?;
    let jwks_uri = world.model().metadata().jwks_uri().cloned().ok_or("a server without keys")?;
    let issuer = Issuer::new(world.issuer())?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let served = clock.clone();
    let task = tokio::spawn(async move { serve(listener, issuer, jwks_uri, &served).await });

    let token = token(&world, &origin, &clock).await?;
    let http = future::client();
    let files = format!("{origin}/files");
    for (what, request) in [
        ("nobody reads", http.get(&files)),
        ("the service reads", http.get(&files).header("authorization", &token)),
        ("the service deletes", http.delete(&files).header("authorization", &token)),
    ] {
        let response = request.send().await?;
        let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
        println!("{what}: {} {}", response.status(), challenge.unwrap_or_default());
    }
    task.abort();
    Ok(())
}

/// A token of the service for this API, as the `Authorization` field has it.
async fn token(world: &World, api: &str, clock: &Clock) -> Result<String, Failure> {
    let http = future::client();
    let keyring = Keyring::new().secret("secret", Secret::new(world::SECRET));
    let send = |request| future::send(&http, request);
    let answer = |question| core::future::ready(keyring.answer(question));
    let mut discovery = Discovery::new(Issuer::new(world.issuer())?);
    let server = drive::future(&mut discovery, || clock.moment(), tokio::time::sleep, send, answer).await?;
    let client = Client::new(ClientId::new(world::SERVICE)?, Authentication::SecretPost(KeyId::new("secret")));
    let mut flow = ClientCredentials::new(&server, &client)?.scope("files.read".parse()?).resource(Resource::new(api)?);
    let tokens = drive::future(&mut flow, || clock.moment(), tokio::time::sleep, send, answer).await?;
    Ok(tokens.authorization().ok_or("no bearer token")?)
}
