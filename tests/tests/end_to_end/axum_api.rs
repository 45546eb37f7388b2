//! The example API behind axum, over HTTP, and a crowd in front of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::clock::Clock;
use conformance::net::{Bound, Server};
use jwt_core::json::Object;
use jwt_core::profile::DpopProof;
use jwt_core::{Algorithm, Header, JwkSet, Moment, SigningKey, sign};
use oauth_types::{Endpoint, HttpResponse, Issuer};
use reqwest::{Client, Response};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::scenario::START;

#[path = "../../examples/axum_api.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod example;

const ISSUER: &str = "https://as.example";

/// The API and the keys of an issuer, which count how often they are fetched.
struct Api {
    origin: String,
    clock: Clock,
    key: SigningKey,
    fetches: Arc<AtomicUsize>,
    _keys: Server,
    task: JoinHandle<()>,
}

impl Api {
    async fn start() -> Self {
        let pem = include_str!("../../../crates/jwt-core/tests/fixtures/ec-p256.pkcs8.pem");
        let key = SigningKey::from_pem(Algorithm::ES256, pem).unwrap();
        let (fetches, clock) = (Arc::new(AtomicUsize::new(0)), Clock::fixed(START));
        let set = JwkSet::new(vec![key.public_jwk().unwrap().with_kid("known")]);
        let keys = Bound::new().unwrap().serve({
            let fetches = Arc::clone(&fetches);
            move |_| {
                fetches.fetch_add(1, Ordering::SeqCst);
                // Long enough for all to come before the answer does.
                std::thread::sleep(core::time::Duration::from_millis(200));
                HttpResponse::json(200, &set).unwrap()
            }
        });
        let keys = keys.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let jwks_uri = Endpoint::new(format!("{}/jwks", keys.origin())).unwrap();
        let served = clock.clone();
        let task = tokio::spawn(async move {
            example::serve(listener, Issuer::new(ISSUER).unwrap(), jwks_uri, &served).await.unwrap();
        });
        Self { origin, clock, key, fetches, _keys: keys, task }
    }

    fn token(&self, kid: &str, scope: &str, jkt: Option<String>) -> String {
        let now = self.clock.now().as_unix();
        let texts = [
            ("iss", ISSUER),
            ("aud", self.origin.as_str()),
            ("sub", "alice"),
            ("client_id", "app"),
            ("jti", "1"),
            ("scope", scope),
        ];
        let mut claims: Object = texts.into_iter().collect();
        claims.insert("iat", now);
        claims.insert("exp", now + 300);
        if let Some(jkt) = jkt {
            claims.insert("cnf", [("jkt", jkt)].into_iter().collect::<Object>());
        }
        let header = Header::new(Algorithm::ES256).with_typ("at+jwt").with_kid(kid);
        sign(&header, &claims, &self.key).unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Client::new().get(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn field(response: &Response, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a14_a_thousand_requests_at_once_with_an_unknown_key_cause_one_fetch() {
    let api = Api::start().await;
    // One client, so that connections are shared as far as they can be.
    let client = Client::builder().pool_max_idle_per_host(64).build().unwrap();
    let crowd = |kid: &'static str| {
        let mut crowd = JoinSet::new();
        for number in 0..1000 {
            let (client, url) = (client.clone(), format!("{}/files", api.origin));
            let token =
                api.token(&if kid == "known" { kid.into() } else { format!("{kid}-{number}") }, "files.read", None);
            crowd.spawn(async move {
                client
                    .get(url)
                    .header("authorization", format!("Bearer {token}"))
                    .send()
                    .await
                    .unwrap()
                    .status()
                    .as_u16()
            });
        }
        crowd
    };
    // Nothing is known yet, and none of the keys will be: one fetch, and everybody is refused.
    let statuses = crowd("unknown").join_all().await;
    assert!(statuses.iter().all(|&status| status == 401), "{statuses:?}");
    assert_eq!(api.fetches.load(Ordering::SeqCst), 1);
    // The key that is there lets everybody in, without another one.
    let statuses = crowd("known").join_all().await;
    assert!(statuses.iter().all(|&status| status == 200), "{statuses:?}");
    assert_eq!(api.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_layer_lets_in_who_may_and_tells_the_others_why_not() {
    let api = Api::start().await;
    let nobody = api.get("/files", &[]).await;
    assert_eq!(nobody.status(), 401);
    let metadata = format!("{}/.well-known/oauth-protected-resource", api.origin);
    assert_eq!(
        field(&nobody, "www-authenticate"),
        format!(
            r#"Bearer scope="files.read", resource_metadata="{metadata}", DPoP scope="files.read", resource_metadata="{metadata}", algs="ES256""#
        )
    );
    let document = api.get("/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!((document.status().as_u16(), field(&document, "content-type")), (200, "application/json".into()));
    assert!(document.text().await.unwrap().contains(r#""authorization_servers":["https://as.example"]"#));

    let bearer = format!("Bearer {}", api.token("known", "files.read", None));
    let good = api.get("/files", &[("authorization", &bearer)]).await;
    assert_eq!(good.status(), 200);
    assert_eq!(good.text().await.unwrap(), "files of alice\n");
    let other = format!("Bearer {}", api.token("known", "files.delete", None));
    assert_eq!(api.get("/files", &[("authorization", &other)]).await.status(), 403);
    assert_eq!(api.get("/files", &[("authorization", &bearer), ("authorization", &bearer)]).await.status(), 400);
    assert_eq!(api.get(&format!("/files?access_token={}", &bearer[7..]), &[]).await.status(), 400);
    // What stands not in the table, nobody may do.
    assert_eq!(api.get("/other", &[("authorization", &bearer)]).await.status(), 404);
}

#[tokio::test]
async fn a_bound_token_needs_a_nonce_and_a_proof_that_was_not_seen() {
    let api = Api::start().await;
    let jkt = api.key.public_jwk().unwrap().thumbprint().to_string();
    let token = api.token("known", "files.read", Some(jkt));
    let proof = |nonce: Option<&str>, number: u8| {
        let proof = DpopProof::new("GET", format!("{}/files", api.origin)).access_token(&token);
        let proof = match nonce {
            Some(nonce) => proof.nonce(nonce),
            None => proof,
        };
        proof.sign(&api.key, &Moment::new(api.clock.now(), [number; 32])).unwrap()
    };
    let field_value = format!("DPoP {token}");
    let call = async |proof: &str| api.get("/files", &[("authorization", &field_value), ("dpop", proof)]).await;
    let without = call(&proof(None, 1)).await;
    assert_eq!(without.status(), 401);
    assert!(field(&without, "www-authenticate").starts_with(r#"DPoP error="use_dpop_nonce""#));
    let nonce = field(&without, "dpop-nonce");
    let with = proof(Some(&nonce), 2);
    assert_eq!(call(&with).await.status(), 200);
    let again = call(&with).await;
    assert_eq!(again.status(), 401);
    assert!(field(&again, "www-authenticate").contains(r#"error="invalid_dpop_proof""#));
    assert_eq!(call(&proof(Some(&nonce), 3)).await.status(), 200);
    let bearer = format!("Bearer {token}");
    assert_eq!(api.get("/files", &[("authorization", &bearer)]).await.status(), 401);
}
