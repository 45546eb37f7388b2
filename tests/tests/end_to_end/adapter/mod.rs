//! The adapter: the program itself, over its standard streams.

mod documented;
mod every_flow;
mod flows;
mod hostile;
mod operations;
mod refusals;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

pub(crate) struct Adapter {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Adapter {
    /// The program.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_adapter"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the adapter starts");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// The answer to one line as it came.
    pub(crate) fn raw(&mut self, line: &[u8]) -> String {
        self.input.write_all(line).unwrap();
        self.input.write_all(b"\n").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "the adapter has ended");
        answer.trim_end().to_owned()
    }

    /// The answer to one line.
    pub(crate) fn line(&mut self, line: &[u8]) -> Value {
        let answer = serde_json::from_str(&self.raw(line)).expect("one JSON object a line");
        assert!(matches!(answer, Value::Object(_)), "{answer}");
        answer
    }

    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        self.line(question.to_string().as_bytes())
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// RFC 8037, appendix A.1.
pub(crate) fn private_key() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// Its public half, as a server publishes it.
pub(crate) fn public_keys() -> Value {
    let mut key = private_key();
    drop(key.as_object_mut().unwrap().remove("d"));
    json!({ "keys": [key] })
}

/// A token of this type that says this.
pub(crate) fn signed(adapter: &mut Adapter, typ: &str, claims: &Value) -> String {
    let payload = jwt_core::base64url::encode(claims.to_string());
    let header = json!({"alg": "Ed25519", "kid": "k", "typ": typ});
    let answer =
        adapter.ask(&json!({"op": "jws_sign", "header": header, "payload_b64": payload, "key": private_key()}));
    answer["jws"].as_str().expect("a compact JWS").to_owned()
}

/// A response with a JSON body, as the adapter wants it.
pub(crate) fn response(status: u16, body: &Value) -> Value {
    json!({"status": status, "headers": [["content-type", "application/json"]], "body": body.to_string()})
}
