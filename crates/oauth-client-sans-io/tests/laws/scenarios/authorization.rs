use jwt_core::json::Object;
use jwt_core::{Algorithm, Header, Limits, Moments, Timestamp, Unverified, sign};
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, CodeExchange, PushedAuthorization, Redirect, RequestObjectKey,
    SignedAuthorization,
};
use oauth_types::authorization::{Callback, ResponseMode};
use oauth_types::dpop::DpopNonce;
use oauth_types::{Endpoint, HttpRequest, HttpResponse, RedirectUri, Resource};

use super::bound::{bound, private_key_jwt};
use super::{CODE, JWKS, TOKEN, client, server, signing_key};
use crate::laws::{CLIENT_SECRET, Machine, START, Scenario};

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "pushed authorization",
        make: || Box::new(pushed(Authentication::SecretPost("secret".into()), false)),
        honest,
        secrets: &[CLIENT_SECRET, "MARKED-hint", "MARKED-reference"],
        places: &[(CLIENT_SECRET, PAR), ("MARKED-hint", PAR), ("MARKED-reference", "")],
        urls: &[PAR],
        single_use: None,
    },
    Scenario {
        name: "pushed authorization, signed, with an assertion and a bound code",
        make: || Box::new(pushed(private_key_jwt(), true)),
        honest: demanding,
        secrets: &["eyJ0", "eyJh", "MARKED-hint", "MARKED-reference"],
        places: &[("eyJ0", PAR), ("eyJh", PAR), ("MARKED-reference", "")],
        urls: &[PAR],
        single_use: None,
    },
    Scenario {
        name: "signed authorization",
        make: || {
            let client = client(Authentication::None);
            let server = server();
            let login = login(&server, &client).request_object(key()).lifetime(core::time::Duration::from_secs(600));
            let flow = login.sign(&Moments::from_seed([9; 32]).at(START)).unwrap();
            Box::new(Machine {
                flow,
                store: SignedAuthorization::to_stored,
                restore: SignedAuthorization::from_stored,
                show: redirect,
            })
        },
        honest,
        secrets: &["MARKED-hint", "eyJ0"],
        places: &[],
        urls: &[],
        single_use: None,
    },
    Scenario {
        name: "code exchange after a signed response",
        make: || Box::new(exchange("openid files.read", Authentication::None)),
        honest: super::honest,
        secrets: &[CODE, "MARKED-new", "eyJ"],
        places: &[(CODE, TOKEN), ("MARKED-new", "")],
        urls: &[TOKEN, JWKS],
        single_use: Some(CODE),
    },
];

const PAR: &str = "https://as.example/par";

fn key() -> RequestObjectKey {
    RequestObjectKey::new("key", Algorithm::Ed25519).kid("k")
}

fn login<'s>(
    server: &'s oauth_types::metadata::AuthorizationServer,
    client: &'s oauth_client_sans_io::Client,
) -> AuthorizationCode<'s> {
    AuthorizationCode::new(server, client, RedirectUri::new("https://app.example/callback").unwrap())
        .scope("openid files.read".parse().unwrap())
        .resource(Resource::new("https://api.example/files").unwrap())
        .login_hint("MARKED-hint")
}

fn pushed(authentication: Authentication, signed: bool) -> Machine<PushedAuthorization> {
    let server = server().with_pushed_authorization_request_endpoint(Endpoint::new(PAR).unwrap());
    let client = if signed { bound(authentication) } else { client(authentication) };
    let mut login = login(&server, &client);
    if signed {
        login = login.request_object(key());
    }
    let flow = login.push(&Moments::from_seed([9; 32]).at(START)).unwrap();
    Machine { flow, store: PushedAuthorization::to_stored, restore: PushedAuthorization::from_stored, show: redirect }
}

fn redirect(redirect: Redirect) -> String {
    format!("{} {:?} {}", redirect.url, redirect.expires_at, redirect.pending.to_stored())
}

fn exchange(scope: &str, authentication: Authentication) -> Machine<CodeExchange> {
    let (server, client) = (server(), client(authentication));
    let at = Moments::from_seed([9; 32]).at(START);
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let login = AuthorizationCode::new(&server, &client, redirect_uri).scope(scope.parse().unwrap());
    let mut pending = login.response_mode(ResponseMode::Jwt).begin(&at).unwrap().pending;
    let query = format!("response={}", response(pending.state()));
    let flow = pending.accept(&at, None, Callback::Query(&query)).unwrap();
    Machine { flow, store: CodeExchange::to_stored, restore: CodeExchange::from_stored, show: super::login }
}

/// A signed response of the scenarios' server, good for ever.
pub(crate) fn response(state: &str) -> String {
    let mut claims: Object =
        [("iss", "https://as.example"), ("aud", "client"), ("code", CODE), ("state", state)].into_iter().collect();
    // The laws let the clock run for days.
    claims.insert("exp", START.as_unix() + 10 * 365 * 86_400);
    let key = signing_key();
    sign(&Header::new(key.algorithm()), &claims, &key).unwrap()
}

fn honest(request: &HttpRequest, _: Timestamp) -> HttpResponse {
    assert_eq!(request.url(), PAR);
    let body = r#"{"request_uri":"urn:ietf:params:oauth:request_uri:MARKED-reference","expires_in":60}"#;
    HttpResponse::new(201).with_header("content-type", "application/json").with_body(body)
}

/// As [`honest`], but insists on a nonce.
fn demanding(request: &HttpRequest, now: Timestamp) -> HttpResponse {
    let nonce = DpopNonce::new("nonce-1").unwrap();
    let proof = request.header("dpop").unwrap();
    let claims: Object = Unverified::parse(proof, &Limits::default()).unwrap().dangerous_claims().unwrap();
    if claims.get_str("nonce") == Some(nonce.as_str()) { nonce.add_to(honest(request, now)) } else { nonce.to_error() }
}
