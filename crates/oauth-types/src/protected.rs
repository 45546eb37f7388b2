//! What requests with an access token have in common, whatever they ask for (RFC 6750, section 2.1; RFC 9449, section 7.1).

use alloc::string::String;

use crate::challenge::{BearerChallenge, Challenges};
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::{HttpRequest, HttpResponse};
use crate::reading::{Deviation, Tolerance};
use crate::request::{BuildError, RequestError};
use crate::response::{self, Expect, InvalidResponse, Members, ResponseError};

/// The value of an `Authorization` field.
///
/// RFC 6750, section 2.1: `credentials = "Bearer" 1*SP b64token`.
pub(crate) fn authorization(scheme: &str, token: &str) -> Result<String, BuildError> {
    if is_b64token(token) { Ok([scheme, " ", token].concat()) } else { Err(BuildError::Credentials) }
}

/// The scheme and the token of the one `Authorization` field of a request.
pub(crate) fn credentials(request: &HttpRequest) -> Result<(&str, &str), RequestError> {
    let mut fields = request.header_values("authorization");
    let field = fields.next().ok_or(RequestError::AccessToken)?;
    let (scheme, token) = field.split_once(' ').ok_or(RequestError::AccessToken)?;
    let token = token.trim_matches(' ');
    if fields.next().is_some() || !is_b64token(token) { Err(RequestError::AccessToken) } else { Ok((scheme, token)) }
}

/// The token of a request that must come with a bearer token.
pub(crate) fn bearer(request: &HttpRequest) -> Result<&str, RequestError> {
    let (scheme, token) = credentials(request)?;
    if scheme.eq_ignore_ascii_case("Bearer") { Ok(token) } else { Err(RequestError::AccessToken) }
}

/// Finds the refusal of a protected resource, which stands in its challenge and not in the body (RFC 6750, section 3).
///
/// An `error` in the body comes first, if there is one: this is asked when the body says nothing.
pub(crate) fn check_challenge(response: &HttpResponse, expect: &Expect<'_>) -> Result<(), ResponseError> {
    // RFC 6750, section 3.1: invalid_request 400, invalid_token 401, insufficient_scope 403.
    if !matches!(response.status(), 400 | 401 | 403) {
        return Ok(());
    }
    let Ok(challenges) = Challenges::parse(response.header_values("www-authenticate"), expect.reading) else {
        return Ok(());
    };
    // RFC 9449, section 7.2: a resource may offer both schemes, and says what was wrong under the one that was used.
    let ours = || challenges.iter().filter(|challenge| challenge.is("Bearer") || challenge.is("DPoP"));
    let Some(challenge) = ours().find(|challenge| challenge.get("error").is_some()).or_else(|| ours().next()) else {
        return Ok(());
    };
    let Ok(challenge) = BearerChallenge::from_challenge(challenge, expect.reading) else { return Ok(()) };
    let mut tolerance = Tolerance::new(expect.reading);
    for deviation in challenges.deviations().iter().chain(challenge.deviations()) {
        tolerance.tolerate(*deviation)?;
    }
    let code = match challenge.error() {
        Some(code) => code.clone(),
        // RFC 6750, section 3.1: without an error where the request "lacks any authentication information", which it did not.
        None if response.status() == 401 => {
            tolerance.tolerate(Deviation::Missing { member: "error" })?;
            ErrorCode::InvalidToken
        }
        None => return Ok(()),
    };
    Err(ResponseError::Refused(ErrorResponse::from_challenge(code, &challenge, tolerance.into_deviations())))
}

/// Reads the JSON answer of a protected resource.
pub(crate) fn read<'r>(
    response: &'r HttpResponse,
    success: u16,
    expect: &Expect<'_>,
) -> Result<Members<'r>, ResponseError> {
    match response::read(response, success, expect) {
        Err(no_verdict @ (ResponseError::Transient { .. } | ResponseError::Invalid(_))) => {
            // A 429 or 5xx stays what it is.
            check_challenge(response, expect)?;
            Err(no_verdict)
        }
        verdict => verdict,
    }
}

/// Reads an answer that has no body worth reading.
pub(crate) fn read_empty(
    response: &HttpResponse,
    success: u16,
    expect: &Expect<'_>,
) -> Result<Tolerance, ResponseError> {
    response::check_status(response, expect)?;
    let status = response.status();
    if !(200..=299).contains(&status) {
        return match read(response, success, expect) {
            Ok(_) => Err(InvalidResponse::Status { status }.into()),
            Err(error) => Err(error),
        };
    }
    let mut tolerance = Tolerance::new(expect.reading);
    if status != success {
        tolerance.tolerate(Deviation::Status { found: status })?;
    }
    Ok(tolerance)
}

/// RFC 6750, section 2.1: `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
pub(crate) fn is_b64token(token: &str) -> bool {
    let text = token.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !text.is_empty() && token.len() <= MAX_TOKEN_BYTES && text.bytes().all(plain)
}

/// How long an access token may be, in bytes: twice what common servers take as all header fields together.
const MAX_TOKEN_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Method, Purpose};

    // OA-17
    #[test]
    fn a_token_is_a_b64token_and_comes_once() {
        assert_eq!(authorization("Bearer", "mF_9.B5f-4.1JqM").as_deref(), Ok("Bearer mF_9.B5f-4.1JqM"));
        assert!(is_b64token("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") && is_b64token("a+/=="));
        for token in ["", "=", "a b", "a\r\nX: y", "a=b", "a,b", "\u{e9}", "a|b"] {
            assert_eq!(authorization("Bearer", token), Err(BuildError::Credentials), "{token:?}");
        }
        let get =
            |field: &str| HttpRequest::new(Method::Get, "/", Purpose::Resource).with_header("authorization", field);
        assert_eq!(bearer(&get("bearer  abc")), Ok("abc"));
        assert_eq!(credentials(&get("DPoP abc")), Ok(("DPoP", "abc")));
        for field in ["", "Bearer", "Bearer ", "DPoP abc", "Bearer a b", "abc"] {
            assert_eq!(bearer(&get(field)), Err(RequestError::AccessToken), "{field:?}");
        }
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer a")];
        let twice = HttpRequest::received(Method::Get, "/", twice, "");
        assert_eq!(bearer(&twice), Err(RequestError::AccessToken));
    }
}
