//! Operations that need no flow.

use serde_json::{Value, json};

use super::Adapter;

#[test]
fn jwt_operations_speak_for_the_crate() {
    let mut adapter = Adapter::start();
    // RFC 7515, appendix A.1.
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let key = json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"});
    let question = |now: u64| json!({"op": "jwt_verify", "token": token, "keys": key, "algs": ["HS256"], "now": now, "iss": "joe"});
    let answer = adapter.ask(&question(1_300_819_379));
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(
        (&answer["claims"]["iss"], &answer["alg"], &answer["header"]["typ"]),
        (&json!("joe"), &json!("HS256"), &json!("JWT"))
    );
    let answer = adapter.ask(&question(1_300_819_381));
    assert_eq!((&answer["ok"], &answer["code"], &answer["blame"]), (&json!(false), &json!("expired"), &json!("time")));
    let mut other = question(1_300_819_379);
    other["algs"] = json!(["HS512"]);
    assert_eq!(adapter.ask(&other)["ok"], false);

    let private = json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let answer = adapter.ask(&json!({"op": "jwk_parse", "jwk": private}));
    assert_eq!(answer["thumbprint"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!((&answer["private"], answer["public"].get("d")), (&json!(true), None));
    let payload = "eyJzdWIiOiJhIn0"; // {"sub":"a"}
    let answer = adapter.ask(
        &json!({"op": "jws_sign", "header": {"alg": "Ed25519", "kid": "k"}, "payload_b64": payload, "key": private}),
    );
    assert_eq!(answer["jws"].as_str().unwrap().split('.').nth(1), Some(payload), "{answer}");
    let answer = adapter.ask(&json!({"op": "jwks_parse", "jwks": {"keys": [private, {"kty": "new"}]}}));
    assert_eq!((answer["usable"].as_array().unwrap().len(), &answer["unusable"][0]["kty"]), (1, &json!("new")));
    assert_eq!(adapter.ask(&json!({"op": "json_object", "text_b64": "eyJhIjoxLCJhIjoyfQ"}))["ok"], false);
}

#[test]
fn jws_operations_speak_for_the_crate() {
    let mut adapter = Adapter::start();
    let key = json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let public = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let payload = "bm90IGEgSldU"; // "not a JWT"
    for (form, detached, b64) in [
        ("compact", false, true),
        ("compact", true, true),
        ("compact", true, false),
        ("flattened", false, false),
        ("flattened", true, true),
    ] {
        let mut question = json!({"op": "jws_sign", "header": {"alg": "Ed25519"}, "payload_b64": payload, "key": key, "form": form, "detached": detached});
        if !b64 {
            question["b64"] = json!(false);
        }
        let jws = adapter.ask(&question)["jws"].clone();
        assert_eq!(jws.is_object(), form == "flattened", "{jws}");
        let mut question = json!({"op": "jws_verify", "jws": jws, "keys": public, "algs": ["Ed25519"]});
        if detached {
            question["detached_b64"] = json!(payload);
        }
        let answer = adapter.ask(&question);
        assert_eq!((&answer["payload_b64"], &answer["verified"]), (&json!(payload), &json!([0])), "{form} {answer}");
        question["algs"] = json!(["ES256"]);
        assert_eq!(adapter.ask(&question)["ok"], false);
    }
}

#[test]
fn profile_operations_speak_for_the_crate() {
    let mut adapter = Adapter::start();
    let key = json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let public = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let seed = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let proof = adapter.ask(&json!({"op": "dpop_proof", "key": key, "method": "POST", "url": "https://as.example/token?x=1", "now": 100, "seed_b64": seed, "nonce": "n"}));
    let judged = |adapter: &mut Adapter, change: &dyn Fn(&mut Value)| {
        let mut question = json!({"op": "jwt_profile", "profile": "dpop", "token": proof["proof"], "now": 100, "expect": {"htm": "POST", "htu": "https://as.example/token", "nonces": ["n"]}});
        change(&mut question["expect"]);
        adapter.ask(&question)
    };
    let answer = judged(&mut adapter, &|_| ());
    assert_eq!(answer["claims"]["htu"], "https://as.example/token", "{answer} {proof}");
    for (name, value) in [
        ("htm", json!("GET")),
        ("htu", json!("https://as.example/other")),
        ("nonces", json!(["m"])),
        ("nonces", json!([])),
        ("fresh", json!(false)),
        ("jkt", json!("x")),
        ("access_token", json!("t")),
    ] {
        let answer = judged(&mut adapter, &|expect| expect[name] = value.clone());
        assert_eq!(answer["ok"], false, "{name}: {answer}");
    }
    // {"iss":"https://as.example","aud":"app","sub":"alice","iat":100,"exp":200,"nonce":"n"}
    let payload = "eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUiLCJhdWQiOiJhcHAiLCJzdWIiOiJhbGljZSIsImlhdCI6MTAwLCJleHAiOjIwMCwibm9uY2UiOiJuIn0";
    let token = adapter
        .ask(&json!({"op": "jws_sign", "header": {"alg": "Ed25519"}, "payload_b64": payload, "key": key}))["jws"]
        .clone();
    let expect = json!({"iss": "https://as.example", "aud": "app", "nonce": "n"});
    for (profile, ok) in [
        ("id_token", true),
        ("access_token", false),
        ("logout_token", false),
        ("client_assertion", false),
        ("request_object", false),
        ("jarm", false),
        ("introspection", false),
    ] {
        let answer = adapter.ask(&json!({"op": "jwt_profile", "profile": profile, "token": token, "keys": public, "now": 150, "expect": expect}));
        assert_eq!(answer["ok"], ok, "{profile}: {answer}");
    }
}

#[test]
fn message_operations_speak_for_the_crate() {
    let mut adapter = Adapter::start();
    // RFC 7636, appendix B.
    let answer = adapter.ask(&json!({"op": "pkce", "verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}));
    assert_eq!(answer["challenge"], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let answer = adapter.ask(&json!({"op": "form_decode", "body": "a=b+c&d=%26"}));
    assert_eq!(answer["pairs"], json!([["a", "b c"], ["d", "&"]]));
    let answer = adapter.ask(&json!({"op": "basic_auth", "id": "s6BhdRkqt3", "secret": "7Fjfp0ZBr1KtDRbnfVdmIw"}));
    assert_eq!(answer["header"], "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
    let answer = adapter.ask(&json!({"op": "challenges", "values": ["Bearer realm=\"a\", Negotiate YWJj"]}));
    assert_eq!(
        answer["challenges"],
        json!([{"scheme": "bearer", "params": {"realm": "a"}}, {"scheme": "negotiate", "token68": "YWJj", "params": {}}])
    );
    let answer = adapter.ask(&json!({"op": "well_known", "issuer": "https://as.example/tenant"}));
    assert_eq!(answer["urls"][0], "https://as.example/.well-known/oauth-authorization-server/tenant");
    let response = |status: u16, body: &str| json!({"op": "token_response", "status": status, "headers": [["content-type", "application/json"]], "body": body, "now": 0});
    let answer = adapter.ask(&response(200, r#"{"access_token":"t","token_type":"bearer","expires_in":60}"#));
    assert_eq!(
        (&answer["kind"], &answer["access_token"], &answer["expires_in"]),
        (&json!("token"), &json!("t"), &json!(60))
    );
    let answer = adapter.ask(&response(400, r#"{"error":"invalid_grant"}"#));
    assert_eq!((&answer["kind"], &answer["error"]), (&json!("error"), &json!("invalid_grant")));
    assert_eq!(adapter.ask(&response(503, ""))["kind"], "transient");
}

#[test]
fn documents_are_found_and_read() {
    let mut adapter = Adapter::start();
    // RFC 9728, section 3.1, and MCP's fallback.
    let answer = adapter.ask(&json!({"op": "well_known", "resource": "https://rs.example/mcp"}));
    let root = "https://rs.example/.well-known/oauth-protected-resource";
    assert_eq!(answer["urls"], json!([format!("{root}/mcp"), root]), "{answer}");
    assert_eq!(adapter.ask(&json!({"op": "well_known", "resource": "urn:x"}))["ok"], false);

    let question = |op: &str, name: &str, asked: &str, found: &str| {
        let mut members = json!({"authorization_servers": ["https://as.example"], "x": 1});
        members[name] = json!(found);
        json!({"op": op, name: asked, "status": 200, "headers": [["content-type", "application/json"]], "body": members.to_string()})
    };
    for (op, name, code) in [
        ("metadata", "issuer", "metadata_issuer_mismatch"),
        ("resource_metadata", "resource", "metadata_resource_mismatch"),
    ] {
        let answer = adapter.ask(&question(op, name, "https://a.example", "https://a.example"));
        assert_eq!((&answer["metadata"][name], &answer["metadata"]["x"]), (&json!("https://a.example"), &json!(1)));
        let answer = adapter.ask(&question(op, name, "https://a.example", "https://b.example"));
        assert_eq!((&answer["ok"], &answer["code"], &answer["blame"]), (&json!(false), &json!(code), &json!("peer")));
        let mut unavailable = question(op, name, "https://a.example", "https://a.example");
        unavailable["status"] = json!(503);
        assert_eq!(adapter.ask(&unavailable)["blame"], "transport");
    }
}

#[test]
fn a_device_answer_is_a_success_an_error_or_no_verdict() {
    let mut adapter = Adapter::start();
    let question = |status: u16, reading: &str, body: &str| json!({"op": "device_response", "status": status, "headers": [["content-type", "application/json"]], "body": body, "reading": reading, "now": 0});
    // RFC 8628, section 3.2.
    let body = r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800,"interval":5}"#;
    let answer = adapter.ask(&question(200, "strict", body));
    let expected: Value = serde_json::from_str(body).unwrap();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&answer[name], value, "{answer}");
    }
    assert_eq!((&answer["deviations"], &answer["kind"]), (&json!([]), &json!("device")));
    let misnamed = body.replace("verification_uri\"", "verification_url\"");
    let answer = adapter.ask(&question(200, "interop", &misnamed));
    assert_eq!(answer["verification_uri"], "https://example.com/device");
    assert_eq!(answer["deviations"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(adapter.ask(&question(200, "strict", &misnamed))["ok"], false);
    assert_eq!(adapter.ask(&question(400, "interop", r#"{"error":"invalid_client"}"#))["error"], "invalid_client");
    assert_eq!(adapter.ask(&question(502, "interop", ""))["kind"], "transient");
}

#[test]
fn token_answers_say_all_that_was_in_them() {
    let mut adapter = Adapter::start();
    let mut question = json!({"op": "token_response", "status": 200, "headers": [["content-type", "application/json"], ["cache-control", "no-store"]], "now": 0, "reading": "strict"});
    question["body"] = json!(
        r#"{"access_token":"t","token_type":"DPoP","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","authorization_details":[{"type":"x"}],"more":{"a":[1]}}"#
    );
    let answer = adapter.ask(&question);
    assert_eq!(answer["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token", "{answer}");
    assert_eq!(
        (&answer["authorization_details"][0]["type"], &answer["extra"]),
        (&json!("x"), &json!({"more": {"a": [1]}}))
    );
    // RFC 9449, section 5: a token that is not bound, for a client that proved a key.
    question["asked_dpop"] = json!(true);
    assert_eq!(adapter.ask(&question)["token_type"], "DPoP");
    question["body"] = json!(r#"{"access_token":"t","token_type":"Bearer"}"#);
    assert_eq!(adapter.ask(&question)["code"], "token_not_bound");
    // The same bytes, as base64url.
    let body = r#"{"error":"slow_down","error_description":"later"}"#;
    let question = json!({"op": "token_response", "status": 400, "headers": [["content-type", "application/json"]], "now": 0, "body_b64": jwt_core::base64url::encode(body)});
    let answer = adapter.ask(&question);
    assert_eq!((&answer["error"], &answer["description"]), (&json!("slow_down"), &json!("later")));
    let question = json!({"op": "token_response", "status": 429, "headers": [["retry-after", "7"]], "now": 0});
    assert_eq!(adapter.ask(&question)["retry_after"], 7);
}

#[test]
fn a_signed_authorization_response_is_verified() {
    let mut adapter = Adapter::start();
    let key = json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let public = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let other = json!({"kty": "OKP", "crv": "Ed25519", "x": "7q8EQzWo3jmKVMN5uQXSAm0uYfHpXHySk-_n54-2bE8"});
    let claims = json!({"iss": "https://as.example", "aud": "app", "exp": 200, "code": "x", "state": "s"});
    let payload = jwt_core::base64url::encode(claims.to_string());
    let jwt = adapter.ask(&json!({"op": "jws_sign", "header": {"alg": "Ed25519"}, "payload_b64": payload, "key": key}))
        ["jws"]
        .clone();
    let jwt = jwt.as_str().unwrap();
    let expect = json!({"state": "s", "issuer": "https://as.example", "client_id": "app", "keys": public, "response_mode": "jwt", "redirect_uri": "https://app.example/cb"});
    let mut answer = |callback: &str, name: &str, value: Value| {
        let mut expect = expect.clone();
        expect[name] = value;
        adapter.ask(&json!({"op": "authorization_response", "callback": callback, "expect": expect, "now": 100}))
    };
    let query = format!("response={jwt}");
    for (callback, mode) in [
        (query.clone(), "jwt"),
        (format!("https://app.example/cb?{query}"), "query.jwt"),
        (format!("https://app.example/cb#{query}"), "fragment.jwt"),
        (query.clone(), "form_post.jwt"),
    ] {
        let answer = answer(&callback, "response_mode", json!(mode));
        assert_eq!(answer["code"], "x", "{mode}: {answer}");
    }
    for (callback, name, value, code) in [
        (query.clone(), "response_mode", json!("fragment.jwt"), "callback_response_mode"),
        (query.clone(), "response_mode", json!("query"), "callback_signed_response"),
        (query.clone(), "state", json!("t"), "state_mismatch"),
        (query.clone(), "issuer", json!("https://evil.example"), "issuer_mismatch"),
        (query.clone(), "client_id", json!("other"), "audience_mismatch"),
        (query.clone(), "keys", other, "invalid_signature"),
        (format!("https://evil.example/cb?{query}"), "state", json!("s"), "redirect_uri_mismatch"),
        (format!("{query}&code=y"), "state", json!("s"), "callback_signed_and_plain"),
        ("code=x&state=s".to_owned(), "state", json!("s"), "callback_plain_response"),
    ] {
        let answer = answer(&callback, name, value);
        assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!(code)), "{callback} {answer}");
    }
}
