//! With reqwest, on tokio.

use oauth_client_sans_io::SendFailure;
use oauth_types::{HttpRequest, HttpResponse};
use reqwest::Client;

/// A client that asks no proxy and follows no redirect.
///
/// # Panics
///
/// Never without TLS: there is nothing to set up that could fail.
#[must_use]
#[expect(clippy::expect_used, reason = "without TLS there is nothing to set up that could fail")]
pub fn client() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client without TLS")
}

/// Sends one request by its contract.
///
/// # Errors
///
/// [`SendFailure::NotSent`] where certainly nothing reached the server, otherwise [`SendFailure::Unknown`], also for an answer over the size limit.
pub async fn send(client: &Client, request: HttpRequest) -> Result<HttpResponse, SendFailure> {
    let (timeout, limit) = (request.contract().timeout(), request.contract().max_response_bytes());
    let request: http::Request<Vec<u8>> = request.try_into().map_err(|_| SendFailure::NotSent)?;
    let mut request = reqwest::Request::try_from(request).map_err(|_| SendFailure::NotSent)?;
    *request.timeout_mut() = Some(timeout);
    let mut response = client.execute(request).await.map_err(|error| failure(&error))?;
    let mut answer = http::Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    while let Some(chunk) = response.chunk().await.map_err(|_| SendFailure::Unknown)? {
        if answer.body().len().saturating_add(chunk.len()) > limit {
            return Err(SendFailure::Unknown);
        }
        answer.body_mut().extend_from_slice(&chunk);
    }
    Ok(answer.into())
}

pub(super) fn failure(error: &reqwest::Error) -> SendFailure {
    if error.is_connect() || error.is_builder() { SendFailure::NotSent } else { SendFailure::Unknown }
}
