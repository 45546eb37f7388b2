//! What the crates refuse, the adapter refuses, with their code and whose fault it is.

use serde_json::{Value, json};

use super::{Adapter, private_key, public_keys, response, signed};

#[test]
fn every_operation_refuses_what_its_crate_refuses() {
    let mut adapter = Adapter::start();
    let token = signed(&mut adapter, "JWT", &json!({"iss": "a", "exp": 1}));
    let json_response = |body: Value| response(200, &body);
    let with = |mut question: Value, more: Value| {
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        question
    };
    for (question, code) in [
        (
            json!({"op": "jwt_verify", "token": token, "keys": public_keys(), "algs": ["Ed25519"], "now": 100}),
            "expired",
        ),
        (
            json!({"op": "jwt_profile", "profile": "access_token", "token": token, "keys": public_keys(), "now": 0, "expect": {"iss": "a", "aud": "b"}}),
            "audience_missing",
        ),
        (
            json!({"op": "jws_verify", "jws": token.replace('.', ".x"), "keys": public_keys(), "algs": ["Ed25519"]}),
            "invalid_signature",
        ),
        (
            json!({"op": "jws_sign", "header": {"alg": "ES256"}, "payload_b64": "", "key": private_key()}),
            "key_algorithm_mismatch",
        ),
        (json!({"op": "jwk_parse", "jwk": {"kty": "oct"}}), "key_member_missing"),
        (json!({"op": "jwks_parse", "jwks_text": "{\"keys\":[],\"keys\":[]}"}), "json_duplicate_member"),
        (json!({"op": "jwks_parse", "jwks": {}}), "key_member_missing"),
        (json!({"op": "json_object", "text_b64": "W10"}), "json_not_an_object"),
        (json!({"op": "pkce", "verifier": "short"}), "pkce_verifier_length"),
        (json!({"op": "form_decode", "body": "a=%ff"}), "form_not_utf8"),
        (json!({"op": "challenges", "values": ["Bearer realm=\"a"], "reading": "strict"}), "malformed_challenge"),
        (json!({"op": "well_known", "issuer": "http://as.example"}), "identifier_scheme"),
        (
            json!({"op": "authorization_url", "endpoint": "http://as.example/a", "params": {"response_type": "code", "client_id": "c"}}),
            "identifier_scheme",
        ),
        (json!({"op": "basic_auth", "id": "", "secret": "b"}), "identifier_empty"),
        (
            json!({"op": "dpop_proof", "key": {"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "method": "GET", "url": "https://rs.example", "now": 1, "seed_b64": "AA"}),
            "key_algorithm_not_named",
        ),
        (with(json!({"op": "token_response", "now": 1}), json_response(json!({}))), "missing_member"),
        (with(json!({"op": "device_response", "now": 1}), json_response(json!({}))), "missing_member"),
        (with(json!({"op": "metadata", "issuer": "https://as.example"}), json_response(json!({}))), "metadata_missing"),
        (
            with(json!({"op": "resource_metadata", "resource": "https://rs.example"}), json_response(json!({}))),
            "metadata_missing",
        ),
        (
            json!({"op": "authorization_response", "callback": "code=a&state=x", "expect": {"state": "b", "issuer": "https://as.example"}}),
            "state_mismatch",
        ),
        (
            json!({"op": "flow_start", "flow": "client_credentials", "server": {"issuer": "https://as.example"}, "client": {"client_id": "c"}, "now": 1}),
            "invalid_argument",
        ),
        (
            json!({"op": "flow_start", "flow": "code_exchange", "client": {"client_id": "c"}, "params": {"pending": "x", "callback": "y"}, "now": 1}),
            "stored_damaged",
        ),
    ] {
        let answer = adapter.ask(&question);
        assert_eq!(answer["ok"], false, "{question}: {answer}");
        assert_eq!(answer["code"], code, "{question}: {answer}");
        let blame = answer["blame"].as_str().unwrap();
        assert!(["peer", "caller", "transport", "time"].contains(&blame), "{answer}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
    }
}
