//! With hyper, on tokio.

use std::collections::VecDeque;

use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use oauth_client_sans_io::SendFailure;
use oauth_types::{HttpRequest, HttpResponse};

/// hyper's client. It follows no redirect and asks no proxy.
pub type Client = Hyper<HttpConnector, Full<VecDeque<u8>>>;

/// A client that never tries again by itself.
#[must_use]
pub fn client() -> Client {
    Hyper::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http()
}

/// Sends one request by its contract.
///
/// # Errors
///
/// [`SendFailure::NotSent`] where certainly nothing reached the server, otherwise [`SendFailure::Unknown`], also for an answer over the size limit.
pub async fn send(client: &Client, request: HttpRequest) -> Result<HttpResponse, SendFailure> {
    let (timeout, limit) = (request.contract().timeout(), request.contract().max_response_bytes());
    let request: http::Request<Vec<u8>> = request.try_into().map_err(|_| SendFailure::NotSent)?;
    let request = request.map(|body| Full::new(VecDeque::from(body)));
    let exchange = async {
        let response = client
            .request(request)
            .await
            .map_err(|error| if error.is_connect() { SendFailure::NotSent } else { SendFailure::Unknown })?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limit).collect().await.map_err(|_| SendFailure::Unknown)?;
        Ok(http::Response::from_parts(parts, Vec::from(body.to_bytes())).into())
    };
    tokio::time::timeout(timeout, exchange).await.unwrap_or(Err(SendFailure::Unknown))
}
