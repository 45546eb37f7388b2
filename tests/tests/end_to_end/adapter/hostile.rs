//! Lines that nobody should send.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Adapter;

#[test]
fn bad_lines_are_answered_and_end_nothing() {
    let mut adapter = Adapter::start();
    for line in
        [&b""[..], b"{", b"[]", b"\xFF\xFE", b"{}", b"{\"op\":1}", b"{\"op\":\"no such thing\"}", b"{\"op\":\"pkce\"}"]
    {
        let answer = adapter.line(line);
        assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!("adapter_usage")), "{answer}");
    }
    let answer = adapter.ask(&json!({"op": "device_response", "n": 7}));
    assert_eq!((&answer["code"], &answer["n"]), (&json!("adapter_usage"), &json!(7)));
}

/// Every operation with a line that is whole, so that one member of it can be broken.
const WHOLE: &[&str] = &[
    r#"{"op":"jwt_verify","token":"a.b.c","keys":{"keys":[]},"algs":["ES256"],"now":1}"#,
    r#"{"op":"jwt_profile","profile":"id_token","token":"a.b.c","keys":{"keys":[]},"now":1,"expect":{"iss":"a","aud":"b"}}"#,
    r#"{"op":"jws_verify","jws":"a.b.c","keys":{"keys":[]},"algs":["ES256"]}"#,
    r#"{"op":"jws_sign","header":{"alg":"HS256"},"payload_b64":"","key":{"kty":"oct","k":""}}"#,
    r#"{"op":"jwk_parse","jwk":{"kty":"oct","k":"AA"}}"#,
    r#"{"op":"jwks_parse","jwks":{"keys":[]}}"#,
    r#"{"op":"json_object","text_b64":"e30"}"#,
    r#"{"op":"pkce","verifier":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}"#,
    r#"{"op":"form_decode","body":"a=b"}"#,
    r#"{"op":"challenges","values":["Bearer"]}"#,
    r#"{"op":"well_known","issuer":"https://as.example"}"#,
    r#"{"op":"metadata","issuer":"https://as.example","status":200,"headers":[["content-type","application/json"]],"body":"{}"}"#,
    r#"{"op":"resource_metadata","resource":"https://rs.example","status":200,"headers":[["content-type","application/json"]],"body":"{}"}"#,
    r#"{"op":"token_response","status":200,"headers":[["content-type","application/json"]],"body":"{}","now":1}"#,
    r#"{"op":"device_response","status":200,"headers":[["content-type","application/json"]],"body":"{}","now":1}"#,
    r#"{"op":"authorization_response","callback":"code=a&state=b","expect":{"state":"b","issuer":"https://as.example"}}"#,
    r#"{"op":"authorization_url","endpoint":"https://as.example/a","params":{"response_type":"code","client_id":"c"}}"#,
    r#"{"op":"basic_auth","id":"a","secret":"b"}"#,
    r#"{"op":"dpop_proof","key":{"kty":"oct","k":"AA"},"method":"GET","url":"https://rs.example","now":1,"seed_b64":"AA"}"#,
    r#"{"op":"flow_start","flow":"ciba","server":{"issuer":"https://as.example"},"client":{"client_id":"c","auth":"none"},"params":{"scope":"openid","login_hint":"a"},"now":1}"#,
    r#"{"op":"flow_start","flow":"guard","params":{"guard":{"audience":"a","issuers":[]},"request":{"method":"GET","url":"/","headers":[]}},"now":1}"#,
    r#"{"op":"flow_response","flow":0,"now":1,"response":{"status":200,"headers":[],"body":""}}"#,
    r#"{"op":"flow_failure","flow":0,"now":1,"failure":"unknown"}"#,
    r#"{"op":"flow_store","flow":0,"now":1}"#,
];

#[test]
fn whatever_stands_in_a_member_is_answered_with_a_code() {
    let mut adapter = Adapter::start();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let long = format!("\"{}\"", "a".repeat(2 << 20));
    let values = [
        "null",
        "true",
        "-1",
        "1e400",
        "99999999999999999999999999",
        "1.5",
        "18446744073709551615",
        "\"\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "[]",
        "{}",
        "[[]]",
        "{\"a\":1,\"a\":2}",
        &nested,
        &deep,
        &long,
    ];
    for line in WHOLE {
        let whole: Value = serde_json::from_str(line).unwrap();
        for name in whole.as_object().unwrap().keys() {
            let member = format!("\"{name}\":{}", whole[name]);
            for value in values {
                // The member's place is found in the text, so that what is put there need not be JSON that can be held.
                let text = whole.to_string().replace(&member, &format!("\"{name}\":{value}"));
                let answer = adapter.line(text.as_bytes());
                assert!(answer["ok"] == true || answer["code"].is_string(), "{name}: {answer}");
                assert!(answer["ok"] == true || (answer["blame"].is_string() && answer["message"].is_string()));
            }
        }
    }
}

#[test]
fn the_number_of_a_question_comes_back_as_it_was() {
    let mut adapter = Adapter::start();
    for number in
        ["0", "-7", "123456789012345678901234567890", "1.50", "\"a\\u0062\"", "[1, 2]", "{\"a\":null}", "null"]
    {
        for op in ["pkce", "well_known\",\"issuer\":\"https://as.example"] {
            let answer = adapter.raw(format!("{{\"op\":\"{op}\",\"n\":{number}}}").as_bytes());
            assert!(answer.ends_with(&format!(",\"n\":{number}}}")), "{answer}");
        }
    }
    assert!(adapter.ask(&json!({"op": "pkce"})).get("n").is_none());
}

#[test]
fn what_this_program_cannot_hold_reaches_the_crate() {
    let mut adapter = Adapter::start();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for value in ["1e400", r#""\ud800""#, &deep] {
        for (line, crates) in [
            (format!(r#"{{"op":"jwk_parse","jwk":{{"kty":"oct","k":"AA","x":{value}}}}}"#), true),
            (format!(r#"{{"op":"jwks_parse","jwks":{{"keys":[],"x":{value}}}}}"#), true),
            (format!(r#"{{"op":"jws_verify","jws":{{"payload":{value}}},"keys":{{"keys":[]}},"algs":[]}}"#), true),
            (format!(r#"{{"op":"jws_verify","jws":"a.b.c","keys":{{"keys":[],"x":{value}}},"algs":[]}}"#), true),
            (format!(r#"{{"op":"jws_verify","jws":"a.b.c","keys":{{"keys":[]}},"algs":{value}}}"#), false),
            (format!(r#"{{"op":"jws_verify","jws":"a.b.c","keys":{{"keys":[]}},"algs":[{value}]}}"#), false),
            (format!(r#"{{"op":"pkce","verifier":{value}}}"#), false),
            (format!(r#"{{"op":"token_response","status":200,"body":"{{}}","now":{value}}}"#), false),
            (format!(r#"{{"op":"token_response","status":200,"body":"{{}}","now":1,"asked_dpop":{value}}}"#), false),
        ] {
            let answer = adapter.line(line.as_bytes());
            assert_eq!(answer["ok"], false, "{answer}");
            assert_eq!(answer["code"] != "adapter_usage", crates, "{answer}");
        }
        // It comes back as it was.
        assert!(
            adapter.raw(format!(r#"{{"op":"pkce","n":{value}}}"#).as_bytes()).ends_with(&format!(",\"n\":{value}}}"))
        );
    }
    // What is no JSON is none at any depth.
    for line in [r#"{"op":"jwk_parse","n":1,"jwk":{"x":1e400,"y":01}}"#, r#"{"op":"jwk_parse","n":1,"jwk":1e400"#] {
        let answer = adapter.line(line.as_bytes());
        assert_eq!((&answer["code"], answer.get("n")), (&json!("adapter_usage"), None), "{answer}");
    }
}

#[test]
fn a_flag_is_true_or_false() {
    let mut adapter = Adapter::start();
    for line in [
        r#"{"op":"authorization_response","callback":"code=a&state=b","expect":{"state":"b","issuer":"https://as.example","iss_required":FLAG}}"#,
        r#"{"op":"token_response","status":400,"headers":[],"body":"error=invalid_grant","now":1,"asked_dpop":FLAG}"#,
        r#"{"op":"jws_sign","header":{"alg":"HS256"},"payload_b64":"AAAA","key":{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"b64":FLAG}"#,
        r#"{"op":"jws_sign","header":{"alg":"HS256"},"payload_b64":"AAAA","key":{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"detached":FLAG}"#,
        r#"{"op":"flow_start","flow":"guard","params":{"revoked":FLAG,"guard":{"audience":"a","issuers":[]},"request":{"method":"GET","url":"/"}},"now":1}"#,
        r#"{"op":"flow_start","flow":"guard","params":{"fresh":FLAG,"guard":{"audience":"a","issuers":[]},"request":{"method":"GET","url":"/"}},"now":1}"#,
        r#"{"op":"flow_start","flow":"guard","params":{"guard":{"audience":"a","issuers":[],"ask_revocation":FLAG},"request":{"method":"GET","url":"/"}},"now":1}"#,
    ] {
        for (value, understood) in
            [("true", true), ("false", true), ("null", true), ("\"true\"", false), ("1", false), ("[]", false)]
        {
            let answer = adapter.line(line.replace("FLAG", value).as_bytes());
            assert_eq!(answer["code"] != "adapter_usage", understood, "{line}, {value}: {answer}");
        }
    }
}

#[test]
fn as_many_flows_are_kept_as_there_is_room_for() {
    const ROOM: u64 = 10_000;
    let mut adapter = conformance::adapter::Adapter::new();
    let mut ask = |line: &str| serde_json::from_str::<Value>(&adapter.answer(line.as_bytes())).unwrap();
    let over = r#"{"op":"flow_start","flow":"guard","params":{"guard":{"audience":"a","issuers":[]},"request":{"method":"GET","url":"/"}},"now":1}"#;
    let under_way = r#"{"op":"flow_start","flow":"discovery","params":{"issuer":"https://as.example"},"now":1}"#;
    assert!(ask(over)["step"]["done"].is_object());
    for flow in 1..ROOM {
        assert_eq!(ask(under_way)["flow"], flow);
    }
    // The one that has ended makes room; after that nothing does.
    assert_eq!(ask(r#"{"op":"flow_resume","flow":0,"now":1}"#)["step"]["failed"]["code"], "ended");
    assert_eq!(ask(under_way)["flow"], ROOM);
    assert_eq!(ask(r#"{"op":"flow_resume","flow":0,"now":1}"#)["code"], "adapter_usage");
    assert_eq!(ask(under_way)["code"], "adapter_usage");
    assert!(ask(r#"{"op":"flow_resume","flow":1,"now":1}"#)["step"]["send"].is_object(), "what is under way is kept");
    assert_eq!(ask(r#"{"op":"flow_cancel","flow":1}"#)["ok"], true);
    assert_eq!(ask(under_way)["ok"], true);
}

#[test]
fn a_member_that_comes_twice_reaches_the_crate() {
    let mut adapter = Adapter::start();
    let twice = r#"{"kty":"oct","k":"AA","k":"AQ"}"#;
    assert_eq!(adapter.line(format!(r#"{{"op":"jwk_parse","jwk":{twice}}}"#).as_bytes())["ok"], false);
    let jws = r#"{"payload":"e30","payload":"e30","protected":"eyJhbGciOiJIUzI1NiJ9","signature":"AA"}"#;
    let line = format!(r#"{{"op":"jws_verify","jws":{jws},"keys":{{"keys":[]}},"algs":["HS256"]}}"#);
    let answer = adapter.line(line.as_bytes());
    assert_eq!(answer["ok"], false);
    assert_ne!(
        answer["code"],
        adapter.line(line.replacen(r#""payload":"e30","#, "", 1).as_bytes())["code"],
        "{answer}"
    );
    let server = r#"{"issuer":"https://a.example","issuer":"https://b.example"}"#;
    let line = format!(
        r#"{{"op":"flow_start","flow":"client_credentials","server":{server},"client":{{"client_id":"c"}},"now":1}}"#
    );
    assert_eq!(adapter.line(line.as_bytes())["ok"], false);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Of any bytes a line, and of any line an answer.
    #[test]
    fn any_bytes_are_answered(lines in prop::collection::vec(prop::collection::vec(any::<u8>().prop_filter("no line ends inside", |byte| *byte != b'\n'), 0..200), 1..20)) {
        let mut adapter = Adapter::start();
        for line in lines {
            prop_assert!(adapter.line(&line)["ok"].is_boolean());
        }
        prop_assert_eq!(adapter.ask(&json!({"op": "form_decode", "body": ""}))["ok"].clone(), json!(true));
    }

    /// A whole line of which a piece is missing or wrong.
    #[test]
    fn broken_lines_are_answered(which in 0..WHOLE.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(), keep in any::<bool>()) {
        let mut adapter = Adapter::start();
        let mut line = WHOLE[which].as_bytes().to_vec();
        let at = at.index(line.len());
        if keep { line[at] = if byte == b'\n' { b' ' } else { byte } } else { line.truncate(at) }
        prop_assert!(adapter.line(&line)["ok"].is_boolean());
    }
}
