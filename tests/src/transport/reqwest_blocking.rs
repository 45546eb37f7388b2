//! With reqwest's blocking client.

use std::io::Read;

use oauth_client_sans_io::SendFailure;
use oauth_types::{HttpRequest, HttpResponse};
use reqwest::blocking::{Client, Request};

/// A client that asks no proxy and follows no redirect.
///
/// # Panics
///
/// If no thread can be started.
#[must_use]
#[expect(clippy::expect_used, reason = "nothing works without threads")]
pub fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a thread")
}

/// Sends one request by its contract.
///
/// # Errors
///
/// [`SendFailure::NotSent`] where certainly nothing reached the server, otherwise [`SendFailure::Unknown`], also for an answer over the size limit.
pub fn send(client: &Client, request: HttpRequest) -> Result<HttpResponse, SendFailure> {
    let (timeout, limit) = (request.contract().timeout(), request.contract().max_response_bytes());
    let request: http::Request<Vec<u8>> = request.try_into().map_err(|_| SendFailure::NotSent)?;
    let mut request = Request::try_from(request).map_err(|_| SendFailure::NotSent)?;
    *request.timeout_mut() = Some(timeout);
    let response = client.execute(request).map_err(|error| super::future::failure(&error))?;
    let mut answer = http::Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    // One byte more than is allowed says that there is too much.
    let bytes = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    response.take(bytes).read_to_end(answer.body_mut()).map_err(|_| SendFailure::Unknown)?;
    if answer.body().len() > limit { Err(SendFailure::Unknown) } else { Ok(answer.into()) }
}
