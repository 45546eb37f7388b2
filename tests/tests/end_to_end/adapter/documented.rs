//! The examples and the client of `tests/README.md` are what the adapter does.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Adapter;

const README: &str = include_str!("../../../README.md");

/// The lines of the README's examples: what is asked, and what is answered.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut lines = README.lines().peekable();
    let mut examples = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(question) = line.strip_prefix("> {") {
            let answer = lines.next().and_then(|line| line.strip_prefix("< ")).expect("an answer after a question");
            examples.push((&line[line.len() - question.len() - 1..], answer));
        }
    }
    examples
}

#[test]
fn the_examples_are_what_is_answered() {
    let mut adapter = Adapter::start();
    for (question, answer) in examples() {
        assert_eq!(adapter.raw(question.as_bytes()), answer, "the answer to {question}");
    }
}

#[test]
fn every_operation_and_every_flow_has_an_example() {
    let (mut operations, mut flows) = (BTreeSet::new(), BTreeSet::new());
    for (question, answer) in examples() {
        let (question, answer): (Value, Value) =
            (serde_json::from_str(question).unwrap(), serde_json::from_str(answer).unwrap());
        assert_ne!(answer["code"], "adapter_usage", "{question}");
        operations.insert(question["op"].as_str().unwrap().to_owned());
        flows.extend(question["flow"].as_str().map(str::to_owned));
    }
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
    assert_eq!(
        operations,
        names(
            "jwt_verify jwt_profile jws_verify jws_sign jwk_parse jwks_parse json_object pkce form_decode challenges well_known metadata resource_metadata
            token_response device_response authorization_response authorization_url basic_auth dpop_proof
            flow_start flow_response flow_failure flow_poll flow_resume flow_store flow_cancel"
        )
    );
    assert_eq!(
        flows,
        names(
            "authorization_code authorization_code_par code_exchange client_credentials refresh device device_polling ciba token_exchange jwt_bearer
            discovery registration revocation introspection user_info guard"
        )
    );
}

#[test]
fn the_client_in_python_drives_a_flow() {
    let (_, program) = README.split_once("```python\n").unwrap();
    let (program, _) = program.split_once("```").unwrap();
    assert!(program.lines().count() <= 30, "it is to be read at a glance");
    let python = Command::new("python3")
        .args(["-", env!("CARGO_BIN_EXE_adapter")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        return conformance::skip::skip("python3 is not installed, so the README's client is not run");
    };
    python.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\nPOST https://as.example/token\n2YotnFZFEjr1zCsicMWpAA\n"
    );
}
