use jwt_core::json::Object;
use jwt_core::{Limits, Moments, Timestamp, Unverified};
use oauth_client_sans_io::{
    Authentication, Client, ClientCredentials, Flow, ResourceAnswer, ResourceDiscovery, ResourceRequest, Step, Tokens,
};
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Method, Purpose, Resource};

use super::bound::bound;
use super::{client, server};
use crate::laws::{CLIENT_SECRET, Machine, START, Scenario, keyring};

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "resource discovery",
        make: || Box::new(discovery(ResourceDiscovery::new(api()).unwrap().resource_above())),
        honest,
        secrets: &[],
        places: &[],
        urls: &[WELL_KNOWN, "https://api.example/.well-known/oauth-protected-resource"],
        single_use: None,
    },
    Scenario {
        name: "resource discovery from a challenge",
        make: || Box::new(discovery(challenged())),
        honest,
        secrets: &[],
        places: &[],
        urls: &[METADATA],
        single_use: None,
    },
    Scenario {
        name: "resource request",
        make: || {
            let client = client(Authentication::SecretBasic("secret".into()));
            Box::new(machine(request(&client, HttpRequest::get(API, Purpose::Resource))))
        },
        honest,
        secrets: &[TOKEN, CLIENT_SECRET],
        places: &[(TOKEN, API)],
        urls: &[API],
        single_use: None,
    },
    Scenario {
        name: "resource request that changes something",
        make: || {
            let client = client(Authentication::SecretBasic("secret".into()));
            Box::new(machine(request(&client, order())))
        },
        honest,
        secrets: &[TOKEN, ORDER],
        places: &[(TOKEN, API), (ORDER, API)],
        urls: &[API],
        single_use: Some(ORDER),
    },
    Scenario {
        name: "resource request with a bound token",
        make: || Box::new(machine(request(&bound(Authentication::SecretBasic("secret".into())), order()))),
        honest: demanding,
        secrets: &[TOKEN, ORDER, "eyJ0", "eyJh"],
        places: &[(TOKEN, API), (ORDER, API), ("eyJ0", API), ("eyJh", API)],
        urls: &[API],
        single_use: Some(ORDER),
    },
];

/// The protected resource.
pub(crate) const API: &str = "https://api.example/files";
const WELL_KNOWN: &str = "https://api.example/.well-known/oauth-protected-resource/files";
const METADATA: &str = "https://metadata.example/of/files";
const TOKEN: &str = "MARKED-access-token";
const ORDER: &str = "MARKED-order";
const NONCE: &str = "nonce-of-the-api";

pub(crate) fn api() -> Resource {
    Resource::new(API).unwrap()
}

/// Sent for what was found at the `resource_metadata` of a challenge.
pub(crate) fn challenged() -> ResourceDiscovery {
    ResourceDiscovery::from_challenge(Endpoint::new(API).unwrap(), Endpoint::new(METADATA).unwrap())
}

/// A request that is not to be repeated once it was seen.
pub(crate) fn order() -> HttpRequest {
    HttpRequest::new(Method::Post, API, Purpose::Resource).with_header("content-type", "text/plain").with_body(ORDER)
}

fn discovery(flow: ResourceDiscovery) -> Machine<ResourceDiscovery> {
    Machine {
        flow,
        store: ResourceDiscovery::to_stored,
        restore: ResourceDiscovery::from_stored,
        show: |resource| format!("{:?}", resource.authorization_servers()),
    }
}

fn machine(flow: ResourceRequest) -> Machine<ResourceRequest> {
    Machine { flow, store: ResourceRequest::to_stored, restore: ResourceRequest::from_stored, show: answer }
}

fn answer(answer: ResourceAnswer) -> String {
    format!("{:?} {} {:?}", answer.outcome, answer.response.status(), answer.dpop_nonce)
}

pub(crate) fn request(client: &Client, request: HttpRequest) -> ResourceRequest {
    ResourceRequest::new(&tokens(client), client, &api(), request).unwrap()
}

/// Tokens for `client`, of the type that it asks for.
pub(crate) fn tokens(client: &Client) -> Tokens {
    let mut moments = Moments::from_seed([12; 32]);
    let mut flow = ClientCredentials::new(&server(), client).unwrap().scope("files.read".parse().unwrap());
    let mut step = flow.resume(moments.at(START));
    loop {
        step = match step.unwrap() {
            Step::Ask(question) => flow.handle_answer(moments.at(START), keyring().answer(question).unwrap()),
            Step::Send(_) => {
                let kind = if client.dpop_key().is_some() { "DPoP" } else { "Bearer" };
                let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"{kind}"}}"#);
                let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
                flow.handle_response(moments.at(START), response)
            }
            Step::Wait(until) => panic!("waits until {until}"),
            Step::Done(tokens) => return tokens,
        }
    }
}

fn honest(request: &HttpRequest, _: Timestamp) -> HttpResponse {
    let document = format!(r#"{{"resource":"{API}","authorization_servers":["https://as.example"]}}"#);
    match request.url() {
        METADATA => HttpResponse::new(200).with_header("content-type", "application/json").with_body(document),
        // Only at the root of the host.
        "https://api.example/.well-known/oauth-protected-resource" => HttpResponse::new(200)
            .with_header("content-type", "application/json")
            .with_body(r#"{"resource":"https://api.example","authorization_servers":["https://as.example"]}"#),
        API => {
            assert_eq!(request.header("authorization"), Some("Bearer MARKED-access-token"));
            HttpResponse::new(200).with_body("what was asked for")
        }
        _ => HttpResponse::new(404),
    }
}

/// A resource that insists on its nonce.
pub(crate) fn demanding(request: &HttpRequest, _: Timestamp) -> HttpResponse {
    assert_eq!(request.header("authorization"), Some("DPoP MARKED-access-token"));
    let proof = request.header("dpop").unwrap();
    let claims: Object = Unverified::parse(proof, &Limits::default()).unwrap().dangerous_claims().unwrap();
    assert_eq!((claims.get_str("htm"), claims.get_str("htu")), (Some("POST"), Some(API)));
    assert!(claims.get_str("ath").is_some());
    if claims.get_str("nonce") == Some(NONCE) {
        return HttpResponse::new(200).with_header("dpop-nonce", "nonce-for-the-next").with_body("what was asked for");
    }
    HttpResponse::new(401)
        .with_header("www-authenticate", r#"DPoP error="use_dpop_nonce""#)
        .with_header("dpop-nonce", NONCE)
        .with_body("use_dpop_nonce")
}
