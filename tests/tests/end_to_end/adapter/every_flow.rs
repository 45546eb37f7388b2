//! Every flow driven to its end, as it is and stored between any two steps.

use oauth_types::Pairs;
use serde_json::{Value, json};

use super::{Adapter, private_key, public_keys, response, signed};

/// When every flow is started.
const NOW: u64 = 1_800_000_000;

/// All endpoints that there are.
fn server() -> Value {
    let mut server = json!({
        "issuer": "https://as.example",
        "jwks_uri": "https://as.example/jwks",
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256"],
    });
    for name in [
        "authorization",
        "token",
        "pushed_authorization_request",
        "device_authorization",
        "backchannel_authentication",
        "registration",
        "revocation",
        "introspection",
        "userinfo",
    ] {
        server[format!("{name}_endpoint")] = json!(format!("https://as.example/{name}"));
    }
    server
}

fn client() -> Value {
    json!({"client_id": "c", "auth": "post", "secret": "s3cr3t"})
}

fn start(flow: &str, params: &Value) -> Value {
    json!({"op": "flow_start", "flow": flow, "server": server(), "client": client(), "params": params, "seed_b64": "AAAA", "now": NOW})
}

/// What a flow did: its requests and its last step.
#[derive(Debug, PartialEq)]
struct Course {
    requests: Vec<Value>,
    last: Value,
}

/// Drives a flow with these answers, one for each request; waits are over at once.
fn drive(adapter: &mut Adapter, start: &Value, answers: &[Value], store: bool) -> Course {
    let mut now = start["now"].as_u64().unwrap();
    let mut answers = answers.iter();
    let mut steps = 0;
    let mut requests = Vec::new();
    let begun = adapter.ask(start);
    assert_eq!(begun["ok"], true, "{begun}");
    let flow = &begun["flow"];
    let mut step = begun["step"].clone();
    loop {
        if store {
            let stored = adapter.ask(&json!({"op": "flow_store", "flow": flow, "now": now}));
            assert!(stored["stored_bytes"].is_u64(), "{stored}");
        }
        steps += 1;
        assert!(steps < 50, "it does not end: {step}");
        now += 1;
        step = if let Some(until) = step.get("wait") {
            now = until.as_u64().unwrap();
            adapter.ask(&json!({"op": "flow_poll", "flow": flow, "now": now}))["step"].clone()
        } else if let Some(request) = step.get("send") {
            requests.push(request.clone());
            let answer = answers.next().unwrap_or_else(|| panic!("no answer is left for {request}"));
            let answer = if let Some(failure) = answer.as_str() {
                adapter.ask(&json!({"op": "flow_failure", "flow": flow, "now": now, "failure": failure}))
            } else {
                adapter.ask(&json!({"op": "flow_response", "flow": flow, "now": now, "response": answer}))
            };
            answer["step"].clone()
        } else {
            assert_eq!(answers.len(), 0, "an answer was not asked for: {step}");
            let after = adapter.ask(&json!({"op": "flow_resume", "flow": flow, "now": now}));
            assert_eq!(after["step"]["failed"]["code"], "ended", "{after}");
            assert_eq!(adapter.ask(&json!({"op": "flow_cancel", "flow": flow}))["ok"], true);
            assert_eq!(adapter.ask(&json!({"op": "flow_poll", "flow": flow, "now": now}))["code"], "adapter_usage");
            return Course { requests, last: step };
        };
    }
}

/// The same with and without storing: one course.
fn both(adapter: &mut Adapter, start: &Value, answers: &[Value]) -> Course {
    let course = drive(adapter, start, answers, false);
    assert_eq!(drive(adapter, start, answers, true), course, "stored between any two steps");
    course
}

fn tokens() -> Value {
    response(200, &json!({"access_token": "at", "token_type": "Bearer", "expires_in": 60, "refresh_token": "rt"}))
}

fn parameter(body: &Value, name: &str) -> String {
    let pairs = Pairs::parse(body.as_str().unwrap()).unwrap();
    pairs.all(name).next().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
}

#[test]
fn grants_without_a_user_end_with_tokens() {
    let mut adapter = Adapter::start();
    let exchange = json!({"subject_token": "x", "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "audience": ["a", "b"], "requested_token_type": "urn:ietf:params:oauth:token-type:access_token"});
    let exchanged = response(
        200,
        &json!({"access_token": "at", "token_type": "Bearer", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}),
    );
    for (flow, params, answer, grant) in [
        (
            "client_credentials",
            json!({"scope": "a b", "resource": "https://rs.example"}),
            tokens(),
            "client_credentials",
        ),
        ("refresh", json!({"refresh_token": "old", "parameters": {"x": "y"}}), tokens(), "refresh_token"),
        ("token_exchange", exchange, exchanged, "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("jwt_bearer", json!({"assertion": "a.b.c"}), tokens(), "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        (
            "jwt_bearer",
            json!({"key": private_key(), "issuer": "i", "subject": "s", "claims": {"x": 1}}),
            tokens(),
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ),
    ] {
        let course = both(&mut adapter, &start(flow, &params), &["not_sent".into(), answer]);
        assert_eq!(course.last["done"]["access_token"], "at", "{flow}: {}", course.last);
        assert_eq!(course.requests.len(), 2);
        assert_eq!(parameter(&course.requests[1]["body"], "grant_type"), grant);
        let refused = response(400, &json!({"error": "invalid_grant"}));
        let course = both(&mut adapter, &start(flow, &params), &[refused]);
        assert_eq!(course.last["failed"]["code"], "invalid_grant", "{flow}: {}", course.last);
    }
}

#[test]
fn a_login_in_a_browser_goes_through_all_its_halves() {
    let mut adapter = Adapter::start();
    let params = json!({"redirect_uri": "https://app.example/cb", "scope": "openid", "session": "cookie"});
    let pushed = response(201, &json!({"request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": 60}));
    let mut signing = start("authorization_code", &params);
    signing["client"]["key"] = private_key();
    signing["params"]["request_object"] = json!(true);
    for (begin, answers) in [
        (start("authorization_code", &params), vec![]),
        (start("authorization_code_par", &params), vec![pushed]),
        (signing, vec![]),
    ] {
        let course = both(&mut adapter, &begin, &answers);
        let redirect = &course.last["redirect"];
        let (_, query) = redirect["url"].as_str().unwrap().split_once('?').unwrap();
        // The whole request is in the URL, in what was pushed, or in a JWT.
        let asked = match course.requests.first() {
            Some(request) => request["body"].clone(),
            None => json!(query),
        };
        let asked = if query.contains("request=") {
            let object = parameter(&asked, "request");
            let claims = jwt_core::base64url::decode(object.split('.').nth(1).unwrap()).unwrap();
            serde_json::from_slice(&claims).unwrap()
        } else {
            json!({"state": parameter(&asked, "state"), "nonce": parameter(&asked, "nonce")})
        };
        let token = signed(
            &mut adapter,
            "JWT",
            &json!({"iss": "https://as.example", "aud": "c", "sub": "alice", "iat": NOW, "exp": NOW + 600, "nonce": asked["nonce"]}),
        );
        let answer = response(200, &json!({"access_token": "at", "token_type": "Bearer", "id_token": token}));
        let state = asked["state"].as_str().unwrap();
        let callback = format!("https://app.example/cb?code=x&state={state}&iss=https%3A%2F%2Fas.example");
        let exchange =
            start("code_exchange", &json!({"pending": redirect["pending"], "callback": callback, "session": "cookie"}));
        let course = both(&mut adapter, &exchange, &[answer, response(200, &public_keys())]);
        assert_eq!(
            (&course.last["done"]["subject"], &course.last["done"]["id_token_claims"]["nonce"]),
            (&json!("alice"), &asked["nonce"]),
            "{}",
            course.last
        );
        let mut elsewhere = exchange.clone();
        elsewhere["params"]["session"] = json!("another cookie");
        let course = both(&mut adapter, &elsewhere, &[]);
        assert_eq!(course.last["failed"]["advice"], "restart", "{}", course.last);
    }
}

#[test]
fn a_login_on_another_device_is_prompted_for_and_polled() {
    let mut adapter = Adapter::start();
    let codes = json!({"device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": "https://as.example/device", "expires_in": 600});
    let course = both(&mut adapter, &start("device", &json!({"scope": "a"})), &[response(200, &codes)]);
    let prompt = &course.last["prompt"];
    assert_eq!((&prompt["user_code"], &prompt["expires_at"]), (&json!("WDJB-MJHT"), &json!(NOW + 601)), "{prompt}");
    let polling = start("device_polling", &json!({"prompt": prompt["prompt"]}));
    let refusal = |code: &str| response(400, &json!({ "error": code }));
    let answers = [refusal("authorization_pending"), refusal("slow_down"), tokens()];
    let course = both(&mut adapter, &polling, &answers);
    assert_eq!((course.requests.len(), &course.last["done"]["access_token"]), (3, &json!("at")));
    let course = both(&mut adapter, &polling, &[refusal("access_denied")]);
    assert_eq!(
        (&course.last["failed"]["code"], &course.last["failed"]["advice"]),
        (&json!("access_denied"), &json!("stop"))
    );
}

#[test]
fn a_login_without_a_browser_is_polled_for_pinged_or_pushed() {
    let mut adapter = Adapter::start();
    let params = json!({"scope": "openid", "login_hint": "alice", "binding_message": "W4SCT"});
    let asked = response(200, &json!({"auth_req_id": "r", "expires_in": 120}));
    let claims = |more: Value| {
        let mut claims = json!({"iss": "https://as.example", "aud": "c", "sub": "alice", "iat": NOW, "exp": NOW + 600});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let id_token = signed(&mut adapter, "JWT", &claims(json!({})));
    let given = response(200, &json!({"access_token": "at", "token_type": "Bearer", "id_token": id_token}));
    let keys = response(200, &public_keys());
    let pending = response(400, &json!({"error": "authorization_pending"}));
    let answers = [asked.clone(), pending, given.clone(), keys.clone()];
    let course = both(&mut adapter, &start("ciba", &params), &answers);
    assert_eq!(course.last["done"]["subject"], "alice", "{}", course.last);

    for delivery in ["ping", "push"] {
        let mut begin = start("ciba", &params);
        begin["params"]["delivery"] = json!(delivery);
        let prompt = both(&mut adapter, &begin, std::slice::from_ref(&asked)).last["prompt"].clone();
        let mut body = json!({"auth_req_id": "r"});
        if delivery == "push" {
            // CIBA Core 1.0, section 10.3.1; the left half of the token's SHA-512, as RFC 8037's algorithm has it.
            let at_hash = "dTR5nNqNrsxqjWP_lCTH2ESWpeTv9f1yZraJ_wsSjjE";
            let more = json!({"urn:openid:params:jwt:claim:auth_req_id": "r", "at_hash": at_hash});
            let id_token = signed(&mut adapter, "JWT", &claims(more));
            body = json!({"auth_req_id": "r", "access_token": "at", "token_type": "Bearer", "id_token": id_token});
        }
        let notified = |token: &Value| {
            let headers = json!([
                ["authorization", format!("Bearer {}", token.as_str().unwrap())],
                ["content-type", "application/json"]
            ]);
            start(
                "ciba",
                &json!({"prompt": prompt["prompt"], "notification": {"headers": headers, "body": body.to_string()}}),
            )
        };
        let answers = if delivery == "ping" { vec![given.clone(), keys.clone()] } else { vec![keys.clone()] };
        let course = both(&mut adapter, &notified(&prompt["notification_token"]), &answers);
        assert_eq!(course.last["done"]["subject"], "alice", "{delivery}: {}", course.last);
        let course = both(&mut adapter, &notified(&json!("forged-token-that-nobody-gave")), &[]);
        assert_eq!(course.last["failed"]["code"], "notification_token_mismatch", "{}", course.last);
    }
    let both_hints = json!({"scope": "openid", "login_hint": "a", "id_token_hint": "b"});
    assert_eq!(adapter.ask(&start("ciba", &both_hints))["code"], "adapter_usage");
}

#[test]
fn a_server_is_discovered_registered_with_and_asked() {
    let mut adapter = Adapter::start();
    let found = response(200, &server());
    let course =
        both(&mut adapter, &start("discovery", &json!({"issuer": "https://as.example"})), std::slice::from_ref(&found));
    assert_eq!(course.last["done"]["metadata"]["token_endpoint"], "https://as.example/token");
    let course = both(&mut adapter, &start("discovery", &json!({"issuer": "https://evil.example"})), &[found]);
    assert_eq!(course.last["failed"]["code"], "metadata_issuer_mismatch", "{}", course.last);

    let metadata = json!({"redirect_uris": ["https://app.example/cb"], "client_name": "App"});
    let mut registered = metadata.clone();
    for (name, value) in [
        ("client_id", "new"),
        ("client_secret", "given"),
        ("registration_client_uri", "https://as.example/registration/new"),
        ("registration_access_token", "manage"),
    ] {
        registered[name] = json!(value);
    }
    registered["client_secret_expires_at"] = json!(0);
    let begin = start("registration", &json!({"metadata": metadata, "initial_access_token": "invited"}));
    let done = both(&mut adapter, &begin, &[response(201, &registered)]).last["done"].clone();
    assert_eq!((&done["client_secret"], &done["manageable"]), (&json!("given"), &json!(true)), "{done}");
    for (action, method, answer) in [
        ("read", "GET", response(200, &registered)),
        ("update", "PUT", response(200, &registered)),
        ("delete", "DELETE", json!({"status": 204, "headers": []})),
    ] {
        let params = json!({"registered": done["registered"], "action": action, "metadata": metadata});
        let course = both(&mut adapter, &start("registration", &params), &[answer]);
        assert_eq!(
            (&course.requests[0]["method"], &course.last["done"].is_object()),
            (&json!(method), &true),
            "{action}"
        );
    }
    let refused = response(400, &json!({"error": "invalid_client_metadata"}));
    assert_eq!(both(&mut adapter, &begin, &[refused]).last["failed"]["code"], "invalid_client_metadata");
}

#[test]
fn tokens_are_refreshed_introspected_used_and_revoked() {
    let mut adapter = Adapter::start();
    let done = both(&mut adapter, &start("client_credentials", &json!({})), &[tokens()]).last["done"].clone();
    let kept = json!({"tokens": done["tokens"]});
    assert_eq!(both(&mut adapter, &start("refresh", &kept), &[tokens()]).last["done"]["refresh_token"], "rt");
    let gone = json!({"status": 200, "headers": []});
    for params in [kept.clone(), json!({"token": "at", "token_type_hint": "access_token"}), json!({"token": "rt"})] {
        assert_eq!(
            both(&mut adapter, &start("revocation", &params), std::slice::from_ref(&gone)).last,
            json!({"done": {}})
        );
    }
    let busy = json!({"status": 503, "headers": [["retry-after", "7"]]});
    let course = both(&mut adapter, &start("revocation", &kept), &[busy.clone(), busy.clone(), busy]);
    assert_eq!(course.last["failed"]["blame"], "transport", "{}", course.last);

    for active in [true, false] {
        let said = response(200, &json!({"active": active, "scope": "a"}));
        let course = both(&mut adapter, &start("introspection", &json!({"token": "at"})), &[said]);
        assert_eq!(course.last["done"]["active"], active, "{}", course.last);
    }
    let inner = json!({"iss": "https://as.example", "aud": "https://rs.example", "iat": NOW, "token_introspection": {"active": true, "sub": "alice"}});
    let token = signed(&mut adapter, "token-introspection+jwt", &inner);
    let said =
        json!({"status": 200, "headers": [["content-type", "application/token-introspection+jwt"]], "body": token});
    let begin = start("introspection", &json!({"token": "at", "signed_for": "https://rs.example"}));
    let course = both(&mut adapter, &begin, &[said, response(200, &public_keys())]);
    assert_eq!(course.last["done"]["claims"]["sub"], "alice", "{}", course.last);
    let unsigned = response(200, &json!({"active": true}));
    assert_eq!(both(&mut adapter, &begin, &[unsigned]).last["failed"]["blame"], "peer");

    let user = response(200, &json!({"sub": "alice", "name": "Alice"}));
    for (params, ok) in [
        (json!({"tokens": done["tokens"], "subject": "alice"}), true),
        (json!({"access_token": "at", "by_post": true}), true),
        (json!({"access_token": "at", "subject": "bob"}), false),
    ] {
        let course = both(&mut adapter, &start("user_info", &params), std::slice::from_ref(&user));
        assert_eq!(course.last["done"]["claims"]["name"] == "Alice", ok, "{}", course.last);
    }
}

#[test]
fn a_client_authenticates_in_every_way() {
    let mut adapter = Adapter::start();
    for auth in ["none", "basic", "post", "private_key_jwt", "client_secret_jwt", "mtls"] {
        let mut begin = start("refresh", &json!({"refresh_token": "r"}));
        let secret = "a secret that has 32 octets or more";
        begin["client"] = json!({"client_id": "c", "auth": auth, "secret": secret, "key": private_key()});
        let course = both(&mut adapter, &begin, &[tokens()]);
        let request = &course.requests[0];
        let body = request["body"].as_str().unwrap();
        let header = request["headers"].to_string().contains("Basic ");
        assert_eq!(
            (
                header,
                body.contains("client_secret="),
                body.contains("client_assertion="),
                &request["client_certificate"]
            ),
            (auth == "basic", auth == "post", auth.ends_with("_jwt"), &json!(auth == "mtls")),
            "{auth}: {request}"
        );
    }
    // What is not given cannot be answered with.
    for (auth, code) in
        [("basic", "keyring_unknown_key"), ("private_key_jwt", "adapter_usage"), ("other", "adapter_usage")]
    {
        let mut begin = start("refresh", &json!({"refresh_token": "r"}));
        begin["client"] = json!({"client_id": "c", "auth": auth});
        assert_eq!(adapter.ask(&begin)["code"], code, "{auth}");
    }
}

#[test]
fn tokens_are_bound_to_a_key_and_profiles_are_kept() {
    let mut adapter = Adapter::start();
    let mut begin = start("client_credentials", &json!({}));
    begin["dpop_key"] = private_key();
    let demanded = json!({"status": 400, "headers": [["content-type", "application/json"], ["dpop-nonce", "n1"]], "body": r#"{"error":"use_dpop_nonce"}"#});
    let bound = response(200, &json!({"access_token": "at", "token_type": "DPoP"}));
    let course = both(&mut adapter, &begin, &[demanded, bound]);
    assert_eq!(course.last["done"]["token_type"], "DPoP", "{}", course.last);
    let proofs: Vec<String> = course.requests.iter().map(|request| request["headers"].to_string()).collect();
    assert!(proofs.iter().all(|headers| headers.contains("dpop")) && proofs[0] != proofs[1]);
    let course = both(&mut adapter, &begin, &[tokens()]);
    assert_eq!(course.last["failed"]["code"], "token_not_bound");

    let mut user = start("user_info", &json!({"access_token": "at"}));
    user["dpop_key"] = private_key();
    let course = both(&mut adapter, &user, &[response(200, &json!({"sub": "alice"}))]);
    assert!(course.requests[0]["headers"].to_string().contains("DPoP at"), "{}", course.requests[0]);

    let mut strict = start("client_credentials", &json!({}));
    strict["profile"] = json!("fapi2_security");
    assert_eq!(adapter.ask(&strict)["code"], "rule_bound_tokens");
    strict["profile"] = json!("no such profile");
    assert_eq!(adapter.ask(&strict)["code"], "adapter_usage");
}

#[test]
fn a_guard_is_stored_like_a_flow() {
    let mut adapter = Adapter::start();
    let claims = json!({"iss": "https://as.example", "aud": "https://rs.example", "sub": "alice", "client_id": "c", "iat": NOW, "exp": NOW + 60, "jti": "j", "scope": "a"});
    let token = signed(&mut adapter, "at+jwt", &claims);
    let guard = json!({"audience": "https://rs.example", "scope": "a", "issuers": [{"issuer": "https://as.example", "jwks_uri": "https://as.example/jwks", "algs": ["Ed25519"]}]});
    let begin = |token: &str| {
        let headers = json!([["authorization", format!("Bearer {token}")]]);
        start("guard", &json!({"guard": guard, "request": {"method": "GET", "url": "/", "headers": headers}}))
    };
    let keys = response(200, &public_keys());
    let course = both(&mut adapter, &begin(&token), std::slice::from_ref(&keys));
    assert_eq!(course.last["done"]["granted"]["subject"], "alice", "{}", course.last);
    let (head, _) = token.rsplit_once('.').unwrap();
    let course = both(&mut adapter, &begin(&format!("{head}.{}", "A".repeat(86))), &[keys]);
    assert_eq!(course.last["done"]["denied"]["status"], 401, "{}", course.last);

    // An opaque token is asked about, and stores are asked by what stands beside.
    let settings = json!({"audience": "https://rs.example", "scope": "a", "issuers": [], "introspection": "opaque", "ask_revocation": true});
    let mut opaque = begin("opaque");
    opaque["params"]["guard"] = settings;
    let said = response(200, &json!({"active": true, "sub": "alice", "scope": "a", "aud": "https://rs.example"}));
    let course = both(&mut adapter, &opaque, std::slice::from_ref(&said));
    assert_eq!(course.last["done"]["granted"]["subject"], "alice", "{}", course.last);
    assert_eq!(parameter(&course.requests[0]["body"], "token"), "opaque");
    let inactive = response(200, &json!({"active": false}));
    assert_eq!(both(&mut adapter, &opaque, &[inactive]).last["done"]["denied"]["status"], 401);
    let gone = json!({"status": 500, "headers": []});
    let course = both(&mut adapter, &opaque, &[gone.clone(), gone.clone(), gone]);
    assert_eq!(course.last["done"]["denied"]["status"], 503, "{}", course.last);
    opaque["params"]["revoked"] = json!(true);
    assert_eq!(both(&mut adapter, &opaque, &[said]).last["done"]["denied"]["status"], 401);
}

/// A guard for the files, and what it says of requests to it.
struct Guarded {
    adapter: Adapter,
    guard: Value,
    request: Value,
    params: Value,
}

impl Guarded {
    fn new(guard: &Value) -> Self {
        let mut whole = json!({"audience": "https://rs.example", "issuers": [{"issuer": "https://as.example", "jwks_uri": "https://as.example/jwks", "algs": ["Ed25519"]}]});
        whole.as_object_mut().unwrap().extend(guard.as_object().unwrap().clone());
        let request = json!({"method": "GET", "url": "/files", "headers": []});
        Self { adapter: Adapter::start(), guard: whole, request, params: json!({}) }
    }

    /// A good access token that says this too.
    fn token(&mut self, more: &Value) -> String {
        let mut claims = json!({"iss": "https://as.example", "aud": "https://rs.example", "sub": "alice", "client_id": "c", "iat": NOW, "exp": NOW + 600, "jti": "j", "scope": "a"});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        signed(&mut self.adapter, "at+jwt", &claims)
    }

    /// What the guard says of the token under this scheme, with this proof.
    fn judge(&mut self, scheme: &str, token: &str, proof: Option<&str>) -> Value {
        let mut request = self.request.clone();
        let headers = request["headers"].as_array_mut().unwrap();
        headers.push(json!(["Authorization", format!("{scheme} {token}")]));
        headers.extend(proof.map(|proof| json!(["DPoP", proof])));
        self.send(&request)
    }

    fn send(&mut self, request: &Value) -> Value {
        let mut params = self.params.clone();
        params["guard"] = self.guard.clone();
        params["request"] = request.clone();
        let begin = start("guard", &params);
        let needs_keys = self.adapter.ask(&begin)["step"].get("send").is_some();
        let keys = needs_keys.then(|| response(200, &public_keys()));
        both(&mut self.adapter, &begin, keys.as_slice()).last["done"].clone()
    }

    fn proof(&mut self, token: &str, more: &Value) -> String {
        let mut question = json!({"op": "dpop_proof", "key": private_key(), "method": "GET", "url": "https://rs.example/files", "now": NOW, "seed_b64": "AAAA", "access_token": token});
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.adapter.ask(&question)["proof"].as_str().unwrap().to_owned()
    }
}

/// RFC 8037, appendix A.3: the thumbprint of the key with which everything is signed here.
const JKT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

fn header<'a>(denied: &'a Value, name: &str) -> Option<&'a str> {
    let headers = denied["headers"].as_array().unwrap();
    headers.iter().find(|header| header[0] == name).and_then(|header| header[1].as_str())
}

#[test]
fn a_guard_checks_proofs_as_it_is_told_to() {
    // DP-04, DP-06, DP-07, DP-12
    let key = |byte: u8| jwt_core::base64url::encode([byte; 32]);
    let mut guarded = Guarded::new(&json!({"origin": "https://rs.example", "dpop": {"algs": ["Ed25519"]}}));
    let token = guarded.token(&json!({"cnf": {"jkt": JKT}}));
    let proof = guarded.proof(&token, &json!({}));
    let granted = guarded.judge("DPoP", &token, Some(&proof))["granted"].clone();
    assert_eq!((&granted["bound_to_key"], &granted["bound_to_certificate"]), (&json!(true), &json!(false)));
    assert_eq!(guarded.judge("Bearer", &token, Some(&proof))["denied"]["code"], "downgraded_token");
    assert_eq!(guarded.judge("DPoP", &token, None)["denied"]["code"], "dpop_not_one_proof");
    guarded.params["fresh"] = json!(false);
    assert_eq!(guarded.judge("DPoP", &token, Some(&proof))["denied"]["code"], "jti_replayed");
    guarded.params["fresh"] = json!(true);
    guarded.guard["origin"] = json!("https://other.example");
    assert_eq!(guarded.judge("DPoP", &token, Some(&proof))["denied"]["code"], "htu_mismatch");
    guarded.guard["origin"] = json!("https://rs.example");

    let old = guarded.proof(&token, &json!({"now": NOW - 100}));
    assert_eq!(guarded.judge("DPoP", &token, Some(&old))["denied"]["code"], "too_old");
    guarded.guard["dpop"]["max_age"] = json!(100);
    assert!(guarded.judge("DPoP", &token, Some(&old))["granted"].is_object());
    guarded.guard["leeway"] = json!(0);
    let early = guarded.proof(&token, &json!({"now": NOW + 5}));
    assert_eq!(guarded.judge("DPoP", &token, Some(&early))["denied"]["code"], "issued_in_future");
    guarded.guard["dpop"]["algs"] = json!(["ES256"]);
    assert_eq!(guarded.judge("DPoP", &token, Some(&proof))["denied"]["code"], "unsupported_algorithm");

    // Of its own nonces, those of the key before, and of the periods around.
    guarded.guard["leeway"] = json!(30);
    guarded.guard["dpop"] = json!({"algs": ["Ed25519"], "nonce_key_b64": key(1)});
    let denied = guarded.judge("DPoP", &token, Some(&proof))["denied"].clone();
    assert_eq!((&denied["code"], &denied["status"]), (&json!("nonce_missing"), &json!(401)));
    let nonce = header(&denied, "dpop-nonce").unwrap();
    let proof = guarded.proof(&token, &json!({ "nonce": nonce }));
    assert!(guarded.judge("DPoP", &token, Some(&proof))["granted"].is_object());
    guarded.guard["dpop"] = json!({"algs": ["Ed25519"], "nonce_key_b64": key(2)});
    assert_eq!(guarded.judge("DPoP", &token, Some(&proof))["denied"]["code"], "nonce_mismatch");
    guarded.guard["dpop"]["previous_nonce_key_b64"] = json!(key(1));
    let granted = guarded.judge("DPoP", &token, Some(&proof))["granted"].clone();
    assert!(granted["next_nonce"].as_str().is_some_and(|next| next != nonce), "{granted}");
    guarded.guard["dpop"]["nonce_period"] = json!(1_000_000);
    assert_eq!(guarded.judge("DPoP", &token, Some(&proof))["denied"]["code"], "nonce_mismatch");
}

#[test]
fn a_guard_takes_tokens_bound_as_it_is_told_to_and_from_where_it_is_told_to() {
    let mut guarded = Guarded::new(&json!({"dpop": {"algs": ["Ed25519"]}, "origin": "https://rs.example"}));
    let (free, to_key) = (guarded.token(&json!({})), guarded.token(&json!({"cnf": {"jkt": JKT}})));
    let to_certificate = guarded.token(&json!({"cnf": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}}));
    let proof = guarded.proof(&to_key, &json!({}));
    for (binding, expected) in [
        ("optional", [true, true, true]),
        ("key", [false, true, false]),
        ("certificate", [false, false, true]),
        ("key_or_certificate", [false, true, true]),
    ] {
        guarded.guard["binding"] = json!(binding);
        guarded.request["certificate"] = json!("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2");
        let passes = [
            guarded.judge("Bearer", &free, None),
            guarded.judge("DPoP", &to_key, Some(&proof)),
            guarded.judge("Bearer", &to_certificate, None),
        ];
        assert_eq!(passes.map(|done| done["granted"].is_object()), expected, "{binding}");
    }
    guarded.guard["binding"] = json!("optional");
    guarded.request["certificate"] = Value::Null;
    assert_eq!(guarded.judge("Bearer", &to_certificate, None)["denied"]["code"], "certificate_mismatch");

    let in_query = json!({"method": "GET", "url": format!("/files?access_token={free}"), "headers": []});
    let in_form = json!({"method": "POST", "url": "/files", "headers": [["content-type", "application/x-www-form-urlencoded"]], "body": format!("access_token={free}")});
    for (setting, request, code) in
        [("token_in_query", in_query, "token_in_query"), ("token_in_form", in_form.clone(), "token_in_body")]
    {
        assert_eq!(guarded.send(&request)["denied"]["code"], code);
        guarded.guard[setting] = json!(true);
        assert_eq!(guarded.send(&request)["granted"]["subject"], "alice");
    }
    // What is no form has no token in it.
    let mut text = in_form;
    text["headers"] = json!([["content-type", "text/plain"]]);
    assert_eq!(guarded.send(&text)["denied"]["code"], "no_credentials");
}

#[test]
fn a_guard_demands_what_it_is_told_to() {
    let mut guarded = Guarded::new(&json!({}));
    let token = guarded.token(&json!({"acr": "gold", "auth_time": NOW - 100, "authorization_details": [{"type": "payment", "actions": ["read", "write"]}]}));
    for (setting, enough, too_much, code) in [
        ("scope", json!("a"), json!("a b"), "insufficient_scope"),
        ("any_scope", json!("a b"), json!("b c"), "insufficient_scope"),
        ("acr_values", json!("platinum gold"), json!("platinum"), "insufficient_user_authentication"),
        ("max_age", json!(100), json!(10), "insufficient_user_authentication"),
        (
            "authorization_details",
            json!([{"type": "payment", "actions": ["read"]}]),
            json!([{"type": "payment", "actions": ["refund"]}]),
            "insufficient_authorization_details",
        ),
    ] {
        guarded.guard[setting] = enough;
        assert_eq!(guarded.judge("Bearer", &token, None)["granted"]["subject"], "alice", "{setting}");
        guarded.guard[setting] = too_much;
        assert_eq!(guarded.judge("Bearer", &token, None)["denied"]["code"], code, "{setting}");
        guarded.guard[setting] = Value::Null;
    }
    guarded.guard["realm"] = json!("files");
    guarded.guard["resource_metadata"] = json!("https://rs.example/.well-known/oauth-protected-resource");
    let denied = guarded.send(&json!({"method": "GET", "url": "/files", "headers": []}))["denied"].clone();
    assert_eq!(
        header(&denied, "www-authenticate"),
        Some(r#"Bearer realm="files", resource_metadata="https://rs.example/.well-known/oauth-protected-resource""#)
    );
    guarded.guard["ask_revocation"] = json!(true);
    assert!(guarded.judge("Bearer", &token, None)["granted"].is_object());
    guarded.params["revoked"] = json!(true);
    assert_eq!(guarded.judge("Bearer", &token, None)["denied"]["code"], "revoked_token");
}

#[test]
fn a_guard_asks_about_every_token_if_it_is_told_to() {
    // OA-21
    let mut guarded = Guarded::new(&json!({"introspection": "every"}));
    let token = guarded.token(&json!({}));
    let mut begin = start(
        "guard",
        &json!({"guard": guarded.guard, "request": {"method": "GET", "url": "/", "headers": [["authorization", format!("Bearer {token}")]]}}),
    );
    let keys = response(200, &public_keys());
    for (said, outcome) in [
        (json!({"active": true}), "granted"),
        (json!({"active": false}), "inactive_token"),
        (json!({"active": true, "sub": "mallory"}), "contradicted_token"),
        (json!({"active": true, "cnf": {"jkt": JKT}}), "downgraded_token"),
    ] {
        let answers = [keys.clone(), response(200, &said)];
        let done = both(&mut guarded.adapter, &begin, &answers).last["done"].clone();
        let granted = if done["granted"].is_object() { "granted" } else { "" };
        let code = done["denied"]["code"].as_str().unwrap_or(granted);
        assert_eq!(code, outcome, "{done}");
    }
    // For whom a token is, the server must say, unless it need not.
    begin["params"]["guard"]["introspection"] = json!("opaque");
    begin["params"]["request"]["headers"] = json!([["authorization", "Bearer opaque"]]);
    let answers = [response(200, &json!({"active": true, "sub": "alice"}))];
    let done = both(&mut guarded.adapter, &begin, &answers).last["done"].clone();
    assert_eq!(done["denied"]["code"], "audience_missing", "{done}");
    begin["params"]["guard"]["any_audience"] = json!(true);
    let done = both(&mut guarded.adapter, &begin, &answers).last["done"].clone();
    assert_eq!(done["granted"]["subject"], "alice", "{done}");
}
