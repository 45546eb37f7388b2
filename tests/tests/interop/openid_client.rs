//! npm `openid-client` against the embedded authorization server, and against an API behind the guard.

use conformance::api::READ;
use conformance::clock::Clock;
use conformance::world::{SECRET, SERVICE, World};
use serde_json::{Value, json};

use crate::peer::Peer;

/// What the client makes of calls to the API, each a method, a path and perhaps another token than it got.
fn calls(peer: &mut Peer, world: &World, bound: bool, calls: &[(&str, &str, Option<&str>)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .map(|(method, path, token)| json!({ "method": method, "url": format!("{}{path}", world.api()), "token": token }))
        .collect();
    peer.ask(&json!({
        "issuer": world.issuer(), "client_id": SERVICE, "secret": SECRET, "scope": READ, "resource": world.api(), "bound": bound,
        "calls": calls,
    }))
}

#[test]
fn a_client_of_other_make_is_let_in_with_its_token_and_reads_what_it_lacks() {
    let Some(mut peer) = Peer::node("openid-client", "calls.mjs", &[]) else { return };
    let world = World::start(&Clock::machine()).unwrap();
    let said = calls(
        &mut peer,
        &world,
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
