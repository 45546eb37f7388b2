//! Every flow that exists, with a well-behaved server, for the laws.

use jwt_core::json::{Object, Value};
use jwt_core::{Algorithm, Header, Jwk, Moments, SigningKey, Timestamp, sign};
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, ClientCredentials, CodeExchange, Discovery, IdTokenCheck, Login,
    PendingAuthorization, Refresh, Revocation, Tokens,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, HttpRequest, HttpResponse, IdToken, Issuer, RedirectUri, RefreshToken};

use super::{CLIENT_SECRET, Machine, START, Scenario};

/// The first half of a login where it is a flow, and the second after a signed response.
pub(crate) mod authorization;
/// Clients that sign: assertions, and proofs of the key to which their tokens are bound.
pub(crate) mod bound;
/// Tokens for tokens and assertions, and what is said about tokens.
pub(crate) mod exchanges;
/// Flows that poll, and those that begin them.
pub(crate) mod polling;
/// Registrations.
pub(crate) mod registrations;
/// Protected resources: their metadata, and requests to them.
pub(crate) mod resource;
/// Claims about users, and their logouts.
pub(crate) mod users;

const TOKEN: &str = "https://as.example/token";
const JWKS: &str = "https://keys.example/jwks";
const REVOKE: &str = "https://as.example/revoke";
const CODE: &str = "MARKED-code";
const REFRESH: &str = "MARKED-refresh";

/// Every scenario.
pub(crate) fn all() -> Vec<&'static Scenario> {
    [
        FLOWS,
        bound::FLOWS,
        authorization::FLOWS,
        polling::FLOWS,
        resource::FLOWS,
        exchanges::FLOWS,
        registrations::FLOWS,
        users::FLOWS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

const FLOWS: &[Scenario] = &[
    Scenario {
        name: "discovery",
        make: || {
            Box::new(Machine {
                flow: Discovery::new(Issuer::new("https://as.example/tenant").unwrap()),
                store: Discovery::to_stored,
                restore: Discovery::from_stored,
                show: |server| format!("{:?}", server.token_endpoint()),
            })
        },
        honest,
        secrets: &[],
        places: &[],
        urls: &[
            "https://as.example/.well-known/oauth-authorization-server/tenant",
            "https://as.example/tenant/.well-known/openid-configuration",
        ],
        single_use: None,
    },
    Scenario {
        name: "client credentials",
        make: || {
            let client = client(Authentication::SecretBasic("secret".into()));
            let flow = ClientCredentials::new(&server(), &client).unwrap().scope("a b".parse().unwrap());
            Box::new(Machine {
                flow,
                store: ClientCredentials::to_stored,
                restore: ClientCredentials::from_stored,
                show: tokens,
            })
        },
        honest,
        secrets: &[CLIENT_SECRET, "TUFSS0VE", "MARKED-new"],
        places: &[(CLIENT_SECRET, TOKEN)],
        urls: &[TOKEN],
        single_use: None,
    },
    Scenario {
        name: "refresh",
        make: || {
            let client = client(Authentication::SecretPost("secret".into()));
            let flow = Refresh::with_token(&server(), &client, RefreshToken::new(REFRESH)).unwrap();
            Box::new(Machine { flow, store: Refresh::to_stored, restore: Refresh::from_stored, show: tokens })
        },
        honest,
        secrets: &[CLIENT_SECRET, REFRESH, "MARKED-new"],
        places: &[(CLIENT_SECRET, TOKEN), (REFRESH, TOKEN)],
        urls: &[TOKEN],
        single_use: Some(REFRESH),
    },
    Scenario {
        name: "revocation",
        make: || {
            let client = client(Authentication::SecretBasicRaw("secret".into()));
            let flow = Revocation::of_refresh_token(&server(), &client, &RefreshToken::new(REFRESH)).unwrap();
            Box::new(Machine {
                flow,
                store: Revocation::to_stored,
                restore: Revocation::from_stored,
                show: |()| "revoked".to_owned(),
            })
        },
        honest,
        secrets: &[CLIENT_SECRET, REFRESH],
        places: &[(CLIENT_SECRET, REVOKE), (REFRESH, REVOKE)],
        urls: &[REVOKE],
        single_use: None,
    },
    Scenario {
        name: "code exchange",
        make: || Box::new(exchange("files.read", Authentication::None)),
        honest,
        secrets: &[CODE, "MARKED-new"],
        places: &[(CODE, TOKEN)],
        urls: &[TOKEN],
        single_use: Some(CODE),
    },
    Scenario {
        name: "code exchange with an ID token",
        make: || Box::new(exchange("openid files.read", Authentication::SecretBasic("secret".into()))),
        honest,
        secrets: &[CODE, CLIENT_SECRET, "MARKED-new", "eyJ"],
        places: &[(CODE, TOKEN), (CLIENT_SECRET, TOKEN), ("MARKED-new", TOKEN)],
        urls: &[TOKEN, JWKS],
        single_use: Some(CODE),
    },
    Scenario {
        name: "code exchange with an ID token under the client's secret",
        make: || Box::new(exchange_of("openid files.read", &under_secret())),
        honest: |request, now| match request.url() {
            TOKEN => HttpResponse::new(200).with_header("content-type", "application/json").with_body(format!(
                r#"{{"access_token":"MARKED-new-access","token_type":"Bearer","id_token":"{}"}}"#,
                mac_token(CLIENT_SECRET, &usual_claims(now, Some(&nonce())))
            )),
            _ => honest(request, now),
        },
        secrets: &[CODE, CLIENT_SECRET, "MARKED-new", "eyJ"],
        places: &[(CODE, TOKEN), (CLIENT_SECRET, TOKEN), ("MARKED-new", TOKEN)],
        // No key is published for it.
        urls: &[TOKEN],
        single_use: Some(CODE),
    },
    Scenario {
        name: "ID token check",
        make: || {
            let token = IdToken::new(id_token(START, None));
            let jwks = Some(Endpoint::new(JWKS).unwrap());
            let client_id = ClientId::new("client").unwrap();
            let issuer = Issuer::new("https://as.example").unwrap();
            Box::new(Machine {
                flow: IdTokenCheck::new(&issuer, &client_id, token, jwks).subject("alice"),
                store: IdTokenCheck::to_stored,
                restore: IdTokenCheck::from_stored,
                show: |checked| checked.claims.claims().subject().to_owned(),
            })
        },
        honest,
        secrets: &["eyJ"],
        places: &[("eyJ", "")],
        urls: &[JWKS],
        single_use: None,
    },
];

pub(crate) fn server() -> AuthorizationServer {
    let endpoint = |url| Endpoint::new(url).unwrap();
    AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_authorization_endpoint(endpoint("https://as.example/authorize"))
        .with_token_endpoint(endpoint(TOKEN))
        .with_revocation_endpoint(endpoint(REVOKE))
        .with_jwks_uri(endpoint(JWKS))
}

pub(crate) fn client(authentication: Authentication) -> Client {
    Client::new(ClientId::new("client").unwrap(), authentication)
}

/// A login whose browser is away, at [`START`].
pub(crate) fn pending(scope: &str, authentication: Authentication) -> PendingAuthorization {
    pending_of(scope, &client(authentication))
}

/// The same of this client.
pub(crate) fn pending_of(scope: &str, client: &Client) -> PendingAuthorization {
    let at = Moments::from_seed([9; 32]).at(START);
    AuthorizationCode::new(&server(), client, RedirectUri::new("https://app.example/callback").unwrap())
        .scope(scope.parse().unwrap())
        .begin(&at)
        .unwrap()
        .pending
}

fn exchange(scope: &str, authentication: Authentication) -> Machine<CodeExchange> {
    exchange_of(scope, &client(authentication))
}

fn exchange_of(scope: &str, client: &Client) -> Machine<CodeExchange> {
    let mut pending = pending_of(scope, client);
    let query = format!("code={CODE}&state={}", pending.state());
    let at = Moments::from_seed([10; 32]).at(START);
    let flow = pending.accept(&at, None, Callback::Query(&query)).unwrap();
    Machine { flow, store: CodeExchange::to_stored, restore: CodeExchange::from_stored, show: login }
}

fn tokens(tokens: Tokens) -> String {
    tokens.to_stored()
}

fn login(login: Login) -> String {
    format!("{} {:?}", login.tokens.to_stored(), login.id_token.map(|token| token.claims().subject().to_owned()))
}

/// The nonce of [`pending`]'s logins: repeatable, because its moment is.
pub(crate) fn nonce() -> String {
    let at = Moments::from_seed([9; 32]).at(START);
    oauth_types::state::Nonce::generate(&at).expose().to_owned()
}

/// RFC 8037, appendix A.1.
pub(crate) fn signing_key() -> SigningKey {
    let jwk = br#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k"}"#;
    SigningKey::from_jwk(&Jwk::from_slice(jwk).unwrap()).unwrap()
}

pub(crate) fn id_token(now: Timestamp, nonce: Option<&str>) -> String {
    let nonce: Vec<_> = nonce.map(|nonce| ("nonce", nonce)).into_iter().collect();
    id_token_with(now, &nonce)
}

/// An ID token with these claims besides the usual ones.
pub(crate) fn id_token_with(now: Timestamp, further: &[(&str, &str)]) -> String {
    id_token_changed(now, |claims| {
        for (name, value) in further {
            claims.insert(*name, *value);
        }
    })
}

/// An ID token whose claims are the usual ones, changed.
pub(crate) fn id_token_changed(now: Timestamp, change: impl FnOnce(&mut Object)) -> String {
    let key = signing_key();
    let mut claims = usual_claims(now, None);
    change(&mut claims);
    sign(&Header::new(key.algorithm()), &claims, &key).unwrap()
}

/// What an ID token says.
pub(crate) fn usual_claims(now: Timestamp, nonce: Option<&str>) -> Object {
    let mut claims: Object = [("iss", "https://as.example"), ("sub", "alice"), ("aud", "client")].into_iter().collect();
    claims.insert("iat", Value::from(now.as_unix()));
    claims.insert("exp", Value::from(now.as_unix() + 300));
    if let Some(nonce) = nonce {
        claims.insert("nonce", nonce);
    }
    claims
}

/// A client that has a secret and is registered for ID tokens and responses under it.
pub(crate) fn under_secret() -> Client {
    client(Authentication::SecretBasic("secret".into()))
        .id_token_signed_response_alg(Algorithm::HS256)
        .authorization_signed_response_alg(Algorithm::HS256)
}

/// These claims under this secret.
pub(crate) fn mac_token(secret: &str, claims: &Object) -> String {
    sign(&Header::new(Algorithm::HS256), claims, &SigningKey::hs256(secret.as_bytes()).unwrap()).unwrap()
}

/// What a well-behaved server answers.
pub(crate) fn honest(request: &HttpRequest, now: Timestamp) -> HttpResponse {
    let json = |body: String| HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    match request.url() {
        TOKEN => json(format!(
            r#"{{"access_token":"MARKED-new-access","token_type":"Bearer","expires_in":300,"refresh_token":"MARKED-new-refresh","id_token":"{}"}}"#,
            id_token(now, Some(&nonce()))
        )),
        JWKS => {
            let key = signing_key().public_jwk().unwrap();
            json(format!(r#"{{"keys":[{}]}}"#, serde_json::to_string(&key).unwrap()))
        }
        REVOKE => HttpResponse::new(200),
        "https://as.example/tenant/.well-known/openid-configuration" => json(
            r#"{"issuer":"https://as.example/tenant","token_endpoint":"https://as.example/token","authorization_endpoint":"https://as.example/authorize","response_types_supported":["code"]}"#.to_owned(),
        ),
        _ => HttpResponse::new(404).with_header("content-type", "text/html").with_body("<html>"),
    }
}
