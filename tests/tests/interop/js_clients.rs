//! npm `openid-client`, and `oauth4webapi` beneath it by itself, against the embedded authorization server and against an API behind the guard.

use conformance::api::{Api, READ};
use conformance::clock::Clock;
use conformance::net::{Bound, Server};
use conformance::transport::blocking;
use conformance::world::{SECRET, SERVICE, World};
use oauth_types::Issuer;
use serde_json::{Value, json};

use crate::peer::Peer;

/// Does this with each of them that is there. The one repeats what lacks a nonce by itself; for the other its caller does.
fn with_each(test: impl Fn(&mut Peer, &str)) {
    for directory in ["openid-client", "oauth4webapi"] {
        if let Some(mut peer) = Peer::node(directory, "calls.mjs", &[]) {
            test(&mut peer, directory);
        }
    }
}

/// What the client makes of calls to the API, each a method, a path and perhaps another token than it got.
fn calls(peer: &mut Peer, world: &World, api: &str, bound: bool, calls: &[(&str, &str, Option<&str>)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(method, path, token)| json!({ "method": method, "url": format!("{}{path}", api), "token": token }))
        .collect();
    peer.ask(&json!({
        "issuer": world.issuer(), "client_id": SERVICE, "secret": SECRET, "scope": READ, "resource": api, "bound": bound,
        "calls": calls,
    }))
}

#[test]
fn a_client_of_other_make_is_let_in_with_its_token_and_reads_what_it_lacks() {
    with_each(let_in);
}

fn let_in(peer: &mut Peer, _: &str) {
    let world = World::start(&Clock::machine()).unwrap();
    let said = calls(
        peer,
        &world,
        world.api(),
        false,
        &[("GET", "/files", None), ("DELETE", "/files", None), ("GET", "/files", Some("e30.e30.AAAA"))],
    );
    assert_eq!(said["token_type"], "bearer", "{said}");
    let [let_in, lacking, forged] = said["answers"].as_array().unwrap().as_slice() else { panic!("{said}") };
    assert_eq!((&let_in["status"], &let_in["body"]), (&json!(200), &json!(format!("files of {SERVICE}\n"))));
    // It parses every challenge itself.
    let challenge = |answer: &Value| answer["challenges"][0].clone();
    assert_eq!((&lacking["status"], &challenge(lacking)["scheme"]), (&json!(403), &json!("bearer")), "{said}");
    assert_eq!(challenge(lacking)["parameters"]["error"], "insufficient_scope");
    assert_eq!(challenge(lacking)["parameters"]["scope"], "files.delete");
    assert_eq!((&forged["status"], &challenge(forged)["parameters"]["error"]), (&json!(401), &json!("invalid_token")));
}

/// An API that takes no token without a proof, and no proof without a nonce of its own.
fn bound_api(world: &World) -> Server {
    let bound = Bound::new().unwrap();
    let jwks_uri = world.model().metadata().jwks_uri().cloned().unwrap();
    let send = |request| blocking::send(&blocking::agent(), request);
    let issuer = Issuer::new(world.issuer()).unwrap();
    let mut api = Api::new(&bound.origin(), issuer, jwks_uri, send).unwrap().dpop(&bound.origin(), [9; 32]);
    bound.serve(move |request| api.handle(Clock::machine().now(), &request)).unwrap()
}

#[test]
fn a_client_of_other_make_proves_that_it_has_the_key_of_its_token() {
    // DP-04, DP-06, DP-07
    with_each(proves);
}

fn proves(peer: &mut Peer, directory: &str) {
    let world = World::start_with(&Clock::machine(), |server| server.dpop_nonces()).unwrap();
    let api = bound_api(&world);
    // The second time it knows the nonce.
    let wanted = [("GET", "/files", None), ("GET", "/files", None), ("DELETE", "/files", None)];
    let said = calls(peer, &world, api.origin(), true, &wanted);
    assert_eq!(said["token_type"], "dpop", "{said}");
    let [first, second, lacking] = said["answers"].as_array().unwrap().as_slice() else { panic!("{said}") };
    // One says how often it asked: once too often at the server and at the API, and never again.
    if directory == "oauth4webapi" {
        assert_eq!(
            (&said["token_tries"], &first["tries"], &second["tries"]),
            (&json!(2), &json!(2), &json!(1)),
            "{said}"
        );
    }
    for let_in in [first, second] {
        assert_eq!(
            (&let_in["status"], &let_in["body"]),
            (&json!(200), &json!(format!("files of {SERVICE}\n"))),
            "{said}"
        );
    }
    assert_eq!(lacking["status"], 403, "{said}");
    let challenge = lacking["challenges"].as_array().unwrap().iter().find(|challenge| challenge["scheme"] == "dpop");
    assert_eq!(challenge.unwrap()["parameters"]["error"], "insufficient_scope", "{said}");

    // A token that anybody could have found is not enough here.
    let said = calls(peer, &world, api.origin(), false, &[("GET", "/files", None)]);
    assert_eq!(said["answers"][0]["status"], 401, "{said}");
}
