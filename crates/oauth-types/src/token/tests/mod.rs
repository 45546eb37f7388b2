//! The token endpoint from both sides: known answers, what providers send, laws.

mod grants;
mod known_answers;
mod laws;
mod outages;
mod quirks;
mod requests;
mod secrets;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::Timestamp;

use super::TokenResponse;
use crate::http::HttpResponse;
use crate::reading::{Deviation, Reading};
use crate::response::{Expect, ResponseError};

/// 2026-01-01T00:00:00Z
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// The shortest answer with a token.
const TOKEN: &str = r#"{"access_token":"a","token_type":"Bearer"}"#;

fn json(status: u16, body: &str) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", "application/json").with_body(body)
}

fn read(response: &HttpResponse, reading: Reading) -> Result<TokenResponse, ResponseError> {
    TokenResponse::from_http(response, &Expect::new(NOW).reading(reading))
}

fn interop(response: &HttpResponse) -> TokenResponse {
    read(response, Reading::Interop).expect("interop reads it")
}

/// The same as [`interop`], for an error; gives its code, its text and the deviations.
fn interop_error(response: &HttpResponse) -> (String, Option<String>, Vec<String>) {
    match read(response, Reading::Interop) {
        Err(ResponseError::Refused(error)) => {
            (error.code().as_str().into(), error.description().map(Into::into), said(error.deviations()))
        }
        other => panic!("not an error of the server: {other:?}"),
    }
}

/// The code of the reason why strict refuses it.
fn strict_refuses(response: &HttpResponse) -> &'static str {
    match read(response, Reading::Strict) {
        Err(error @ ResponseError::Invalid(_)) => error.code(),
        other => panic!("strict did not refuse: {other:?}"),
    }
}

fn said(deviations: &[Deviation]) -> Vec<String> {
    deviations.iter().map(ToString::to_string).collect()
}
