use jwt_core::{Algorithm, Header, Timestamp};
use oauth_client_sans_io::{Authentication, DpopNonces, Flow, Jwks, ResourceDiscovery, ResourceRequest, Step, StepUps};
use oauth_types::dpop::DpopNonce;
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Purpose, Resource};

use super::{Kind, at, kind, shown};
use crate::laws::START;
use crate::laws::scenarios::bound::bound;
use crate::laws::scenarios::{client, honest, resource};

pub(super) const KINDS: &[Kind] = &[
    kind!(Jwks, "jwks", jwks()),
    kind!(ResourceDiscovery, "resource_discovery", discovery()),
    kind!(ResourceDiscovery, "resource_discovery.challenge", challenged()),
    kind!(ResourceRequest, "resource_request", request()),
    kind!(ResourceRequest, "resource_request.asked", asked()),
    kind!(DpopNonces, "dpop_nonces", nonces()),
    kind!(StepUps, "step_ups", step_ups()),
];

/// With an entity tag, a header that had no key, and a failure.
fn jwks() -> Jwks {
    let later = |seconds| Timestamp::from_unix(START.as_unix() + seconds);
    let mut jwks = Jwks::new(Endpoint::new("https://keys.example/jwks").unwrap(), &[Algorithm::Ed25519]);
    let header = Header::new(Algorithm::Ed25519).with_kid("made up");
    assert!(jwks.fetch_for(&header, START).is_some());
    let answer = honest(&HttpRequest::get("https://keys.example/jwks", Purpose::Jwks), START);
    jwks.handle_response(START, &answer.with_header("etag", "\"v1\"")).unwrap();
    assert!(jwks.fetch(later(600)).is_some());
    assert!(jwks.handle_response(later(600), &HttpResponse::new(503)).is_err());
    jwks
}

/// After its first URL was overloaded.
fn discovery() -> ResourceDiscovery {
    let mut flow = ResourceDiscovery::new(resource::api()).unwrap().resource_above();
    assert!(matches!(flow.resume(at()), Ok(Step::Send(_))));
    let response = HttpResponse::new(503).with_header("retry-after", "7");
    assert!(matches!(flow.handle_response(at(), response), Ok(Step::Send(_))));
    flow
}

fn challenged() -> ResourceDiscovery {
    let mut flow = resource::challenged();
    assert!(matches!(flow.resume(at()), Ok(Step::Send(_))));
    flow
}

/// The request may have been seen.
fn request() -> ResourceRequest {
    let request =
        HttpRequest::get(format!("{}?page=2", resource::API), Purpose::Resource).with_client_certificate(true);
    let client = client(Authentication::SecretBasic("secret".into())).certificate_bound_tokens();
    let mut flow = resource::request(&client, request).requested_scope("files.read files.list".parse().unwrap());
    assert!(matches!(flow.resume(at()), Ok(Step::Send(_))));
    flow
}

/// The proof is to be signed.
fn asked() -> ResourceRequest {
    let client = bound(Authentication::SecretBasic("secret".into()));
    let nonce = DpopNonce::new("nonce-of-the-api").unwrap();
    let mut flow = resource::request(&client, resource::order()).dpop_nonce(Some(nonce));
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    flow
}

fn nonces() -> DpopNonces {
    let mut nonces = DpopNonces::new();
    for (url, nonce) in [("https://api.example/files", "nonce-1"), ("http://localhost:8080/x", "nonce-2")] {
        nonces.learn(&Endpoint::new(url).unwrap(), DpopNonce::new(nonce).unwrap());
    }
    nonces
}

fn step_ups() -> StepUps {
    let mut step_ups = StepUps::new();
    for resource in ["https://api.example/files", "https://api.example/files", "urn:example:photos"] {
        assert!(step_ups.attempt(&Resource::new(resource).unwrap()));
    }
    step_ups
}
