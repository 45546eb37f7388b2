//! The example web application, over HTTP, with a browser that keeps cookies.

use std::collections::BTreeMap;
use std::time::Duration;

use conformance::clock::Clock;
use conformance::world::World;
use reqwest::{Client, Method, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::scenario::START;

#[path = "../../examples/web_app.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod example;

/// The application in front of a world.
struct App {
    origin: String,
    world: World,
    task: JoinHandle<()>,
}

impl App {
    async fn start() -> Self {
        let world = World::start(&Clock::fixed(START)).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (issuer, api, clock) = (world.issuer().to_owned(), world.api().to_owned(), world.clock().clone());
        let task = tokio::spawn(async move { example::serve(listener, &issuer, &api, &clock).await.unwrap() });
        Self { origin, world, task }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A browser: it keeps cookies and goes where it is told, one step at a time.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
    /// All attributes of the cookies that were set.
    attributes: Vec<String>,
}

impl Browser {
    fn new() -> Self {
        Self { client: conformance::transport::future::client(), cookies: BTreeMap::new(), attributes: Vec::new() }
    }

    async fn go(&mut self, method: Method, url: &str) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, url).header("cookie", cookies.join("; "));
        let response = request.send().await.unwrap();
        for field in response.headers().get_all("set-cookie") {
            let field = field.to_str().unwrap();
            let (pair, attributes) = field.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
            self.attributes.push(attributes.to_owned());
        }
        response
    }

    async fn get(&mut self, url: &str) -> Response {
        self.go(Method::GET, url).await
    }

    /// Logs in, up to the callback URL, which is not opened yet.
    async fn authorize(&mut self, app: &App) -> String {
        let response = self.get(&format!("{}/login", app.origin)).await;
        assert_eq!(response.status(), 303);
        let authorization = location(&response);
        // The authorization server is another site: it gets no cookie of ours.
        let response = self.client.get(authorization).send().await.unwrap();
        location(&response)
    }
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_logs_in_reads_its_files_and_logs_out() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let protected = format!("{}/protected", app.origin);
    let response = browser.get(&protected).await;
    assert_eq!((response.status().as_u16(), location(&response).as_str()), (303, "/login"));

    let callback = browser.authorize(&app).await;
    let response = browser.get(&callback).await;
    assert_eq!((response.status().as_u16(), location(&response).as_str()), (303, "/protected"));
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["session"]);
    assert!(browser.attributes.iter().all(|a| a.contains("HttpOnly") && a.contains("SameSite=Lax")));

    let page = browser.get(&protected).await.text().await.unwrap();
    assert!(page.contains("Hello alice") && page.contains("files of alice"), "{page}");

    // The access token has expired meanwhile: the application refreshes it without a word.
    app.world.pass(Duration::from_secs(400));
    let page = browser.get(&protected).await.text().await.unwrap();
    assert!(page.contains("files of alice"), "{page}");

    let session = browser.cookies.clone();
    let response = browser.go(Method::POST, &format!("{}/logout", app.origin)).await;
    assert_eq!(response.status(), 303);
    assert!(browser.cookies.is_empty());
    // Not only the cookie is gone, but the session too.
    browser.cookies = session;
    assert_eq!(browser.get(&protected).await.status(), 303);
}

#[tokio::test]
async fn b6_a_callback_that_another_browser_opens_logs_nobody_in() {
    let app = App::start().await;
    let mut attacker = Browser::new();
    let callback = attacker.authorize(&app).await;
    let mut victim = Browser::new();
    assert_eq!(victim.get(&callback).await.status(), 400);
    // Also when the victim has a login of its own under way.
    let own = victim.authorize(&app).await;
    assert_eq!(victim.get(&callback).await.status(), 400);
    assert!(!victim.cookies.contains_key("session"));
    // And its own is not harmed by it.
    assert_eq!(victim.get(&own).await.status(), 303);
    assert!(victim.cookies.contains_key("session"));
}

#[tokio::test]
async fn a_callback_works_once_and_one_that_nobody_asked_for_never() {
    let app = App::start().await;
    let mut browser = Browser::new();
    for query in ["", "?code=x", "?code=x&state=y", "?code=x&state=y&state=z", "?error=access_denied&state=y"] {
        assert_eq!(browser.get(&format!("{}/callback{query}", app.origin)).await.status(), 400, "{query}");
    }
    let callback = browser.authorize(&app).await;
    assert_eq!(browser.get(&callback).await.status(), 303);
    assert_eq!(browser.get(&callback).await.status(), 400);
}
