//! Debian's `glewlwyd`, a provider written in C: it is set up as its administrator would do it, by its own API.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use conformance::transport::blocking;
use jwt_core::Secret;
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, DeviceAuthorization, DevicePolling, Discovery, Error, Flow,
    Introspection, Login, PendingAuthorization, Refresh, Revocation, SendFailure, Step, UserInfo, UserInteraction,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, HttpRequest, HttpResponse, Issuer, Method, Purpose};
use serde_json::{Value, json};

use crate::driving::{
    CALLBACK, CLIENT_KEY, Driven, SECRET, at, code, keyring, redirect_uri, run_leaping_over, run_over, subject,
};
use crate::peer::Daemon;

const DATABASE: &str = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";
const MODULES: &str = "/usr/lib/glewlwyd";
/// Of Alice. That of the administrator is what the package's database has.
const PASSWORD: &str = "down the rabbit hole";
const SCOPE: &str = "openid files.read";
/// Between two polls, in the server's opinion.
const INTERVAL: Duration = Duration::from_secs(2);

struct Glewlwyd {
    /// Ends with the tests' process.
    _daemon: Daemon,
    /// Where its own API is.
    api: String,
    server: AuthorizationServer,
}

fn provider() -> Option<&'static Glewlwyd> {
    static PROVIDER: OnceLock<Option<Glewlwyd>> = OnceLock::new();
    PROVIDER.get_or_init(Glewlwyd::start).as_ref()
}

impl Glewlwyd {
    fn start() -> Option<Self> {
        let daemon = Daemon::start(&["glewlwyd", "sqlite3"], command, |port| {
            send(HttpRequest::get(format!("{}/config", origin(port)), Purpose::Resource))
                .is_ok_and(|response| response.status() == 200)
        })?;
        let api = format!("{}/api", origin(daemon.port));
        let issuer = Issuer::new(format!("{api}/oidc")).unwrap();
        let mut admin = Person::log_in(&api, "admin", "password");
        for (path, what) in set_up(issuer.as_str()) {
            let answer = admin.call(Method::Post, &format!("{api}{path}"), Some(&what));
            assert_eq!(answer.status(), 200, "{what}: {}", String::from_utf8_lossy(answer.body()));
        }
        let server = run(Discovery::new(issuer)).unwrap();
        Some(Self { _daemon: daemon, api, server })
    }

    /// Alice, who agrees to what this client asks for.
    fn alice(&self, client: &str) -> Person {
        let mut alice = Person::log_in(&self.api, "alice", PASSWORD);
        let grant = format!("{}/auth/grant/{client}", self.api);
        assert_eq!(alice.call(Method::Put, &grant, Some(&json!({ "scope": SCOPE }))).status(), 200);
        alice
    }
}

/// One request after another: it puts a row into its database and then asks that for its last row (`h_last_insert_id`), which is another request's where two
/// are served at once. It answers `server_error` then, or gives a code without its scope.
fn send(request: HttpRequest) -> Result<HttpResponse, SendFailure> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    blocking::send(&blocking::agent(), request)
}

fn run<F: Flow>(flow: F) -> Driven<F::Output> {
    run_over(flow, send)
}

fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A new database, as the package makes one, and nothing of the system's configuration.
fn command(directory: &Path, port: u16) -> Vec<String> {
    let (database, config) = (directory.join("database"), directory.join("glewlwyd.conf"));
    let filled = Command::new("sqlite3").arg(&database).arg(format!(".read {DATABASE}")).status().unwrap();
    assert!(filled.success(), "{DATABASE}");
    let text = format!(
        r#"port = {port}
bind_address = "127.0.0.1"
external_url = "{origin}"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
cookie_secure = 0
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "{MODULES}/user"
client_module_path = "{MODULES}/client"
user_auth_scheme_module_path = "{MODULES}/scheme"
plugin_module_path = "{MODULES}/plugin"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3" path = "{database}" }}
"#,
        origin = origin(port),
        database = database.display()
    );
    std::fs::write(&config, text).unwrap();
    vec!["glewlwyd".to_owned(), format!("--config-file={}", config.display())]
}

/// What the administrator sends where: the OpenID provider, a scope, a user, two clients.
fn set_up(issuer: &str) -> Vec<(&'static str, Value)> {
    let mut key: Value = serde_json::from_slice(CLIENT_KEY).unwrap();
    key["kid"] = json!("glewlwyd");
    key["alg"] = json!("ES256");
    let parameters = json!({
        "iss": issuer, "jwks-private": json!({ "keys": [key] }).to_string(), "jwks-show": true,
        "access-token-duration": 300, "refresh-token-duration": 3600, "code-duration": 60,
        "refresh-token-rolling": false, "refresh-token-one-use": "always",
        "allow-non-oidc": true, "auth-type-code-enabled": true, "auth-type-refresh-enabled": true,
        "auth-type-client-enabled": false, "auth-type-token-enabled": false, "auth-type-implicit-enabled": false,
        "auth-type-password-enabled": false,
        "pkce-allowed": true, "pkce-method-plain-allowed": false, "pkce-required": true,
        "auth-type-device-enabled": true, "device-authorization-expiration": 60, "device-authorization-interval": INTERVAL.as_secs(),
        "introspection-revocation-allowed": true, "introspection-revocation-allow-target-client": true,
    });
    let client = |id, confidential| {
        json!({
            "client_id": id, "name": id, "enabled": true, "confidential": confidential, "client_secret": SECRET,
            "token_endpoint_auth_method": ["client_secret_basic"], "redirect_uri": [CALLBACK],
            "authorization_type": ["code", "refresh_token", "device_authorization"], "scope": [],
        })
    };
    vec![
        (
            "/mod/plugin/",
            json!({ "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "enabled": true, "parameters": parameters }),
        ),
        (
            "/scope/",
            json!({ "name": "files.read", "display_name": "files", "description": "read your files", "password_required": false, "scheme": {} }),
        ),
        (
            "/user/",
            json!({ "username": "alice", "password": PASSWORD, "name": "Alice Adams", "email": "alice@example.com", "enabled": true, "scope": ["openid", "files.read", "g_profile"] }),
        ),
        ("/client/", client("public", false)),
        ("/client/", client("basic", true)),
    ]
}

/// Somebody who is logged in. The pages are JavaScript; what they would call is called here.
struct Person {
    cookie: String,
}

impl Person {
    fn log_in(api: &str, name: &str, password: &str) -> Self {
        let mut person = Self { cookie: String::new() };
        let answer = person.call(
            Method::Post,
            &format!("{api}/auth/"),
            Some(&json!({ "username": name, "password": password })),
        );
        assert_eq!(answer.status(), 200, "{name}");
        let cookie = answer.header("set-cookie").expect("a session").split(';').next().unwrap();
        Self { cookie: cookie.to_owned() }
    }

    fn call(&mut self, method: Method, url: &str, body: Option<&Value>) -> HttpResponse {
        let request = HttpRequest::new(method, url, Purpose::Resource).with_header("cookie", self.cookie.as_str());
        let request = match body {
            Some(body) => request.with_header("content-type", "application/json").with_body(body.to_string()),
            None => request,
        };
        send(request).unwrap()
    }

    /// Opens a URL, and goes on where the pages would, having asked. Where that leads.
    fn open(&mut self, url: &str) -> String {
        let separator = if url.contains('?') { '&' } else { '?' };
        let answer = self.call(Method::Get, &format!("{url}{separator}g_continue"), None);
        assert_eq!(answer.status(), 302, "{}", String::from_utf8_lossy(answer.body()));
        answer.header("location").unwrap().to_owned()
    }
}

fn client(id: &str) -> Client {
    // It takes a secret as it stands in the field, and does not decode it as RFC 6749, section 2.3.1, has it.
    let authentication =
        if id == "basic" { Authentication::SecretBasicRaw("secret".into()) } else { Authentication::None };
    Client::new(ClientId::new(id).unwrap(), authentication)
}

fn begin<'s>(provider: &'s Glewlwyd, client: &'s Client) -> AuthorizationCode<'s> {
    AuthorizationCode::new(&provider.server, client, redirect_uri()).scope(SCOPE.parse().unwrap())
}

/// Alice logs in at this client.
fn login(provider: &Glewlwyd, client: &Client) -> Login {
    let redirect = begin(provider, client).begin(&at()).unwrap();
    // Whoever is not logged in is sent to the page for that.
    let nobody = Person { cookie: String::new() }.open(&redirect.url);
    assert!(nobody.contains("/login.html?"), "{nobody}");
    let (back, mut pending) = (provider.alice(client.id().as_str()).open(&redirect.url), redirect.pending);
    run(pending.accept(&at(), None, Callback::Url(&back)).unwrap()).unwrap()
}

#[test]
fn clients_log_in_and_refresh_once_with_each_token() {
    let Some(provider) = provider() else { return };
    for id in ["public", "basic"] {
        let client = client(id);
        let login = login(provider, &client);
        assert!(login.fetched_keys.is_some() && login.tokens.scope().unwrap().contains("files.read"), "{id}");
        let user = UserInfo::new(&provider.server, &client, &login.tokens, subject(&login)).unwrap();
        assert_eq!(run(user).unwrap().user.sub(), subject(&login), "{id}");

        let refresh = |tokens| run(Refresh::new(&provider.server, &client, tokens).unwrap());
        let fresh = refresh(&login.tokens).unwrap();
        assert_ne!(fresh.refresh_token().unwrap().expose(), login.tokens.refresh_token().unwrap().expose(), "{id}");
        // Whoever comes with the old one may have stolen it: then the new one is worth nothing either. It says so by the status and not a word more, which
        // is no verdict that a client could rely on.
        for dead in [&login.tokens, &fresh] {
            let error = refresh(dead).unwrap_err();
            assert_eq!(
                (error.code(), error.to_string().contains("400")),
                ("server_unavailable", true),
                "{id}: {error}"
            );
        }
    }
}

#[test]
fn a_client_asks_about_its_token_and_revokes_it() {
    let Some(provider) = provider() else { return };
    let client = client("basic");
    let login = login(provider, &client);
    let introspect = || {
        let token = Secret::new(login.tokens.access_token().expose());
        run(Introspection::new(&provider.server, &client, token).unwrap()).unwrap().response
    };
    let said = introspect();
    let active = said.active().unwrap();
    assert_eq!(active.client_id(), Some("basic"));
    assert!(active.scope().unwrap().contains("files.read") && active.exp().is_some());
    run(Revocation::of_access_token(&provider.server, &client, login.tokens.access_token()).unwrap()).unwrap();
    assert!(introspect().active().is_none());
    run(Revocation::new(&provider.server, &client, &login.tokens).unwrap()).unwrap();
    assert!(run(Refresh::new(&provider.server, &client, &login.tokens).unwrap()).is_err());
}

#[test]
fn a_code_is_worth_nothing_a_second_time_or_with_another_verifier() {
    // PK-04
    let Some(provider) = provider() else { return };
    let client = client("public");
    let redirect = begin(provider, &client).begin(&at()).unwrap();
    let mut copy = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
    let (back, mut pending) = (provider.alice("public").open(&redirect.url), redirect.pending);
    run(pending.accept(&at(), None, Callback::Url(&back)).unwrap()).unwrap();
    assert_eq!(code(run(copy.accept(&at(), None, Callback::Url(&back)).unwrap())), "invalid_code");

    // The code of one login in another's callback, as an attacker would bring it there.
    let victim = begin(provider, &client).begin(&at()).unwrap();
    let theirs = provider.alice("public").open(&victim.url);
    let redirect = begin(provider, &client).begin(&at()).unwrap();
    let injected = theirs.replace(victim.pending.state(), redirect.pending.state());
    let mut pending = redirect.pending;
    assert_eq!(code(run(pending.accept(&at(), None, Callback::Url(&injected)).unwrap())), "invalid_code");
}

fn show(provider: &Glewlwyd, client: &Client) -> UserInteraction {
    let flow = DeviceAuthorization::new(&provider.server, client).unwrap();
    run(flow.scope(SCOPE.parse().unwrap())).unwrap()
}

#[test]
fn a_device_is_let_in() {
    // DEV-01, DEV-02
    let Some(provider) = provider() else { return };
    let shown = show(provider, &client("basic"));
    let login = run_leaping_over(shown.polling, send, |waits| {
        // For the server no time leaps.
        sleep(INTERVAL);
        if waits == 2 {
            let done = provider.alice("basic").open(shown.verification_uri_complete.as_deref().unwrap());
            assert!(done.contains("prompt=deviceComplete"), "{done}");
        }
    });
    let login = login.unwrap();
    assert!(login.id_token.is_some() && login.tokens.refresh_token().is_some());
}

/// What the token endpoint said, and when.
type Polls = Vec<(Instant, String)>;

/// Goes on with a flow in real time, until it is done, or has polled this often.
fn poll(
    provider: &Glewlwyd,
    flow: &mut DevicePolling,
    times: usize,
    polls: &mut Polls,
) -> Result<Option<Login>, Error> {
    let mut step = flow.resume(at())?;
    loop {
        step = match step {
            Step::Wait(_) if polls.len() >= times => return Ok(None),
            Step::Wait(until) => {
                sleep(until.saturating_since(at().now()));
                flow.poll(at())?
            }
            Step::Ask(question) => flow.handle_answer(at(), keyring().answer(question).unwrap())?,
            Step::Send(request) => {
                let of_token = request.url() == provider.server.token_endpoint().unwrap().as_str();
                let response = send(request).unwrap();
                if of_token {
                    let said: Value = serde_json::from_slice(response.body()).unwrap();
                    polls.push((Instant::now(), said["error"].as_str().unwrap_or("tokens").to_owned()));
                }
                flow.handle_response(at(), response)?
            }
            Step::Done(login) => return Ok(Some(login)),
        };
    }
}

#[test]
fn a_device_that_is_told_to_slow_down_does_so_for_good() {
    // DEV-02, DEV-04
    let Some(provider) = provider() else { return };
    let shown = show(provider, &client("public"));
    // No flow asks too early, but two that were restored from one text know nothing of each other: together they do.
    let copy = || DevicePolling::from_stored(&shown.polling.to_stored()).unwrap();
    let (mut other, mut others) = (copy(), Polls::new());
    assert_eq!(other.interval(), INTERVAL);
    assert!(poll(provider, &mut other, 1, &mut others).unwrap().is_none());
    assert_eq!(others[0].1, "authorization_pending");
    // The server counts whole seconds, and a machine may be busy for one: then another one is too early.
    let slowed = (0..5).find_map(|_| {
        let (mut flow, mut polls) = (copy(), Polls::new());
        assert!(poll(provider, &mut flow, 1, &mut polls).unwrap().is_none());
        (polls[0].1 == "slow_down").then_some((flow, polls))
    });
    let (flow, mut polls) = slowed.expect("it asks nobody to slow down");
    // RFC 8628, section 3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests".
    let slower = INTERVAL + Duration::from_secs(5);
    assert_eq!((other.interval(), flow.interval()), (INTERVAL, slower));
    // It is not forgotten with the process.
    let mut flow = DevicePolling::from_stored(&flow.to_stored()).unwrap();
    provider.alice("public").open(shown.verification_uri_complete.as_deref().unwrap());
    let login = poll(provider, &mut flow, 2, &mut polls).unwrap().expect("tokens");
    assert!(login.id_token.is_some());
    let [told, asked] = polls.as_slice() else { panic!("{polls:?}") };
    assert_eq!(asked.1, "tokens");
    assert!(asked.0 - told.0 >= slower, "{:?}", asked.0 - told.0);
    // What one of them has the other cannot have as well.
    assert_eq!(poll(provider, &mut other, 2, &mut others).unwrap_err().code(), "access_denied");
}
