//! Flows, one by one.

use serde_json::{Value, json};

use super::Adapter;

#[test]
fn a_flow_is_started_stored_and_answered() {
    let mut adapter = Adapter::start();
    let server = json!({"issuer": "https://as.example", "token_endpoint": "https://as.example/token", "authorization_endpoint": "https://as.example/authorize"});
    let client = json!({"client_id": "c", "auth": "post", "secret": "s"});
    let start = json!({"op": "flow_start", "flow": "client_credentials", "server": server, "client": client, "params": {"scope": "a"}, "seed_b64": "AAAA", "now": 100});
    let answer = adapter.ask(&start);
    let flow = answer["flow"].clone();
    let send = &answer["step"]["send"];
    assert_eq!((&send["method"], &send["url"]), (&json!("POST"), &json!("https://as.example/token")), "{answer}");
    assert!(send["body"].as_str().unwrap().contains("client_secret=s"));
    assert!(adapter.ask(&json!({"op": "flow_store", "flow": flow, "now": 100}))["stored_bytes"].as_u64().unwrap() > 10);
    let response = json!({"status": 200, "headers": [["content-type", "application/json"]], "body": r#"{"access_token":"t","token_type":"Bearer"}"#});
    let answer = adapter.ask(&json!({"op": "flow_response", "flow": flow, "now": 101, "response": response}));
    assert_eq!(answer["step"]["done"]["access_token"], "t", "{answer}");
    let answer = adapter.ask(&json!({"op": "flow_poll", "flow": flow, "now": 102}));
    assert_eq!(answer["step"]["failed"]["code"], "ended", "{answer}");
}

#[test]
fn a_guard_looks_like_a_flow_from_outside() {
    let mut adapter = Adapter::start();
    let guard = json!({"audience": "https://api.example", "scope": "a", "issuers": [{"issuer": "https://as.example", "jwks_uri": "https://as.example/jwks", "algs": ["Ed25519"]}]});
    let start = |headers: Value| json!({"op": "flow_start", "flow": "guard", "now": 100, "params": {"guard": guard, "request": {"method": "GET", "url": "/files", "headers": headers}}});
    let answer = adapter.ask(&start(json!([])));
    assert_eq!(answer["step"]["done"]["denied"]["status"], 401, "{answer}");

    let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let claims = json!({"iss": "https://as.example", "aud": "https://api.example", "sub": "alice", "client_id": "c", "iat": 90, "exp": 200, "jti": "j", "scope": "a b"});
    let payload = jwt_core::base64url::encode(claims.to_string());
    let header = json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"});
    let token =
        adapter.ask(&json!({"op": "jws_sign", "header": header, "payload_b64": payload, "key": key}))["jws"].clone();
    let field = format!("Bearer {}", token.as_str().unwrap());
    let answer = adapter.ask(&start(json!([["authorization", field]])));
    assert_eq!(answer["step"]["send"]["url"], "https://as.example/jwks", "{answer}");
    let public = adapter.ask(&json!({"op": "jwk_parse", "jwk": key}))["public"].clone();
    let response = json!({"status": 200, "headers": [["content-type", "application/json"]], "body": json!({"keys": [public]}).to_string()});
    let answer = adapter.ask(&json!({"op": "flow_response", "flow": answer["flow"], "now": 100, "response": response}));
    assert_eq!(answer["step"]["done"]["granted"]["subject"], "alice", "{answer}");
}

#[test]
fn a_login_goes_through_the_adapter_with_the_right_callback_only() {
    let mut adapter = Adapter::start();
    let server = json!({"issuer": "https://as.example", "token_endpoint": "https://as.example/token", "authorization_endpoint": "https://as.example/authorize", "authorization_response_iss_parameter_supported": true});
    let client = json!({"client_id": "c", "auth": "none"});
    let start = json!({"op": "flow_start", "flow": "authorization_code", "server": server, "client": client, "params": {"redirect_uri": "https://app.example/cb", "scope": "a"}, "now": 100});
    let redirect = adapter.ask(&start)["step"]["redirect"].clone();
    let state = crate::scenario::query_value(redirect["url"].as_str().unwrap(), "state");
    let mut exchange = |callback: String| {
        let params = json!({"pending": redirect["pending"], "callback": callback});
        adapter.ask(&json!({"op": "flow_start", "flow": "code_exchange", "server": server, "client": client, "params": params, "now": 101}))
    };
    let answer = exchange(format!("https://app.example/cb?code=x&state={state}&iss=https%3A%2F%2Fas.example"));
    assert_eq!(answer["step"]["send"]["url"], "https://as.example/token", "{answer}");
    for (callback, code) in [
        (format!("code=x&state={state}"), "issuer_missing"),
        (format!("code=x&state={state}&iss=https%3A%2F%2Fevil.example"), "issuer_mismatch"),
        ("code=x&state=other&iss=https%3A%2F%2Fas.example".to_owned(), "state_mismatch"),
    ] {
        assert_eq!(exchange(callback)["step"]["failed"]["code"], code);
    }
    let expect = json!({"state": "s", "issuer": "https://as.example", "iss_required": true});
    let mut answer =
        |callback: &str| adapter.ask(&json!({"op": "authorization_response", "callback": callback, "expect": expect}));
    assert_eq!(answer("code=x&state=s&iss=https%3A%2F%2Fas.example")["code"], "x");
    assert_eq!(answer("error=access_denied&state=s&iss=https%3A%2F%2Fas.example")["error"], "access_denied");
    assert_eq!(answer("code=x&state=t&iss=https%3A%2F%2Fas.example")["code"], "state_mismatch");
}
