//! To and from the `http` crate's requests and responses.

use alloc::string::String;
use alloc::vec::Vec;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{HttpError, HttpRequest, HttpResponse, Method, Purpose, Replay};

/// The request as an HTTP client takes it. The [`Contract`](super::Contract) is not in it: configure the client from
/// [`HttpRequest::contract`] first, and never let it follow redirects.
impl TryFrom<HttpRequest> for http::Request<Vec<u8>> {
    type Error = HttpError;

    fn try_from(mut request: HttpRequest) -> Result<Self, HttpError> {
        let mut converted = Self::new(core::mem::take(&mut request.body));
        *converted.method_mut() = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Delete => http::Method::DELETE,
        };
        *converted.uri_mut() = http::Uri::try_from(&*request.url).map_err(|_| HttpError::Url)?;
        *converted.headers_mut() = to_map(request.headers())?;
        Ok(converted)
    }
}

/// A request as a server received it.
impl TryFrom<http::Request<Vec<u8>>> for HttpRequest {
    type Error = HttpError;

    /// [`HttpError::Method`] for a method that is none of [`Method`], [`HttpError::HeaderValue`] for a header value that is not UTF-8.
    fn try_from(request: http::Request<Vec<u8>>) -> Result<Self, HttpError> {
        let (parts, body) = request.into_parts();
        let method = Method::from_name(parts.method.as_str()).ok_or(HttpError::Method)?;
        let url = alloc::format!("{}", parts.uri);
        let mut converted = Self::new(method, url, Purpose::Received).with_replay(Replay::Never).with_body(body);
        for (name, value) in &parts.headers {
            let value = core::str::from_utf8(value.as_bytes()).map_err(|_| HttpError::HeaderValue)?;
            converted.headers.append(name.as_str(), value);
        }
        Ok(converted)
    }
}

/// A response as an HTTP client gives it. Header values that are not UTF-8 are read with U+FFFD in the place of what is not: no field that matters here
/// may hold such bytes, and none of them should cost the response.
impl From<http::Response<Vec<u8>>> for HttpResponse {
    fn from(response: http::Response<Vec<u8>>) -> Self {
        let (parts, body) = response.into_parts();
        let mut converted = Self::new(parts.status.as_u16()).with_body(body);
        for (name, value) in &parts.headers {
            converted.headers.append(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        converted
    }
}

/// A response as a server sends it.
impl TryFrom<HttpResponse> for http::Response<Vec<u8>> {
    type Error = HttpError;

    fn try_from(mut response: HttpResponse) -> Result<Self, HttpError> {
        let mut converted = Self::new(core::mem::take(&mut response.body));
        *converted.status_mut() = http::StatusCode::from_u16(response.status).map_err(|_| HttpError::Status)?;
        *converted.headers_mut() = to_map(response.headers())?;
        Ok(converted)
    }
}

/// Values are marked sensitive, so that `http` does not show them either.
fn to_map<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Result<HeaderMap, HttpError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HttpError::HeaderName)?;
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| HttpError::HeaderValue)?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}
