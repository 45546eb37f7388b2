//! What the answers to requests with an access token have in common, whatever was asked for (RFC 6750, section 3; RFC 9449, section 7.1).

use crate::challenge::{BearerChallenge, Challenges};
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::HttpResponse;
use crate::reading::{Deviation, Tolerance};
use crate::response::{self, Expect, Members, ResponseError, Success};

/// Finds the refusal of a protected resource, which stands in its challenge and not in the body (RFC 6750, section 3).
///
/// An `error` in the body comes first, if there is one: this is asked when the body says nothing.
pub(crate) fn check_challenge(response: &HttpResponse, expect: &Expect<'_>) -> Result<(), ResponseError> {
    // RFC 6750, section 3.1: invalid_request 400, invalid_token 401, insufficient_scope 403.
    if !matches!(response.status(), 400 | 401 | 403) {
        return Ok(());
    }
    let Ok(challenges) = Challenges::from_http(response, expect.reading) else {
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
    success: Success,
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
    response::read_empty(response, success, expect, |success| read(response, success, expect))
}
