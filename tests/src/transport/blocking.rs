//! With ureq 3.

use std::io;

use oauth_client_sans_io::SendFailure;
use oauth_types::{HttpRequest, HttpResponse};
use ureq::Agent;

/// A client that asks no proxy, follows no redirect and takes every status for an answer.
#[must_use]
pub fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None).build().into()
}

/// Sends one request by its contract.
///
/// # Errors
///
/// [`SendFailure::NotSent`] where certainly nothing reached the server, otherwise [`SendFailure::Unknown`], also for an answer over the size limit.
pub fn send(agent: &Agent, request: HttpRequest) -> Result<HttpResponse, SendFailure> {
    let (timeout, limit) = (request.contract().timeout(), request.contract().max_response_bytes());
    let request: http::Request<Vec<u8>> = request.try_into().map_err(|_| SendFailure::NotSent)?;
    let request = agent.configure_request(request).timeout_global(Some(timeout)).build();
    let (parts, mut body) = agent.run(request).map_err(|error| failure(&error))?.into_parts();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let body = body.with_config().limit(limit).read_to_vec().map_err(|_| SendFailure::Unknown)?;
    Ok(http::Response::from_parts(parts, body).into())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not certainly unsent may have been seen")]
fn failure(error: &ureq::Error) -> SendFailure {
    match error {
        ureq::Error::Http(_)
        | ureq::Error::BadUri(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::Tls(_)
        | ureq::Error::RequireHttpsOnly(_)
        | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => SendFailure::NotSent,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => SendFailure::NotSent,
        _ => SendFailure::Unknown,
    }
}
