//! Requests and responses (RFC 9110) as values: [`HttpRequest`], [`HttpResponse`] and the [`Contract`] under which a request is sent.
//!
//! No crate of this family sends anything. Whoever does keeps the contract:
//!
//! * **Redirects are never followed**, whatever the status: a redirect would carry a code, a verifier or a credential to a place that nobody checked.
//! * **The response is handed back whatever its status.** An HTTP client that turns a 400 into an error of its own hides the server's verdict.
//! * No more than [`Contract::max_response_bytes`] of body are read, and no longer than [`Contract::timeout`] is waited.
//! * The request is sent again by itself only as far as [`Replay`] allows.
//! * A client certificate is used where, and only where, [`Contract::client_certificate`] says so.
//!
//! With the feature `http` both convert to and from the `http` crate's types.
//!
//! # Examples
//!
//! ```
//! use oauth_types::http::{HttpRequest, HttpResponse, Purpose, Replay};
//!
//! let request = HttpRequest::post_form("https://as.example/token", Purpose::Token, "grant_type=client_credentials");
//! assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
//! assert_eq!(request.contract().replay(), Replay::IfNotSent);
//!
//! let response = HttpResponse::new(200).with_header("Content-Type", "application/json").with_body("{}");
//! assert_eq!(response.header("content-type"), Some("application/json"));
//! ```

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::Blame;
use serde::Serialize;

use crate::bytes::wipe;
use crate::identifiers::split_query;

mod contract;
#[cfg(feature = "http")]
mod convert;
mod headers;
mod syntax;

pub use contract::{Contract, Purpose, Replay};

use headers::{Headers, RequestHeaders, Usual};
pub(crate) use syntax::{is_compact_jws, is_jwt, is_token, is_token_byte, is_token68, is_token68_byte};

/// A request: to be sent, or received.
///
/// Its `Debug` shows the method, the URL up to the query, the names of the header fields and the length of the body. Header values and body are wiped
/// when dropped.
#[derive(Clone)]
pub struct HttpRequest {
    method: Method,
    url: Arc<str>,
    headers: RequestHeaders,
    body: Vec<u8>,
    contract: Contract,
}

impl HttpRequest {
    /// A request without header fields and body, under the [`Contract`] that is usual for its method: [`Replay::Safe`] for `GET`, else
    /// [`Replay::IfNotSent`].
    #[must_use]
    pub fn new(method: Method, url: impl Into<Arc<str>>, purpose: Purpose) -> Self {
        Self::with(method, url.into(), purpose, Usual::Nothing)
    }

    fn with(method: Method, url: Arc<str>, purpose: Purpose, usual: Usual) -> Self {
        let replay = match method {
            Method::Get => Replay::Safe,
            Method::Post | Method::Put | Method::Delete => Replay::IfNotSent,
        };
        let (headers, contract) = (RequestHeaders::new(usual), Contract::new(purpose, replay));
        Self { method, url, headers, body: Vec::new(), contract }
    }

    /// A `GET` that asks for JSON.
    #[must_use]
    pub fn get(url: impl Into<Arc<str>>, purpose: Purpose) -> Self {
        Self::with(Method::Get, url.into(), purpose, Usual::Get)
    }

    /// A `POST` of a form, `body` being encoded already ([`FormBuilder`](crate::form::FormBuilder)), that asks for JSON.
    #[must_use]
    pub fn post_form(url: impl Into<Arc<str>>, purpose: Purpose, body: impl Into<Vec<u8>>) -> Self {
        Self::with(Method::Post, url.into(), purpose, Usual::PostForm).with_body(body)
    }

    /// A request as a server received it: `target` may be a URL or only path and query. Its contract says nothing.
    pub fn received<N, V>(
        method: Method,
        target: impl Into<Arc<str>>,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl Into<Vec<u8>>,
    ) -> Self
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut request = Self::new(method, target, Purpose::Received).with_replay(Replay::Never).with_body(body);
        for (name, value) in headers {
            request.headers.append(name.as_ref(), value.as_ref());
        }
        request
    }

    /// Sets a header field, in the place of any of the same name.
    ///
    /// A field whose name is no token is left out, and each CR, LF or NUL in the value becomes a space, as RFC 9110, section 5.5 has it; where such a
    /// value should be an error, there is [`HttpRequest::try_with_header`].
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.headers.set(name, value.as_ref());
        self
    }

    /// The `Authorization` field of a request that has none yet: a scheme and a `token68` (RFC 9110, section 11.4).
    pub(crate) fn with_authorization(mut self, value: String) -> Self {
        self.headers.authorize(value);
        self
    }

    /// Sets a header field, in the place of any of the same name, from text that came from outside.
    ///
    /// # Errors
    ///
    /// [`HttpError::HeaderName`] where the name is no token (RFC 9110, section 5.1), [`HttpError::HeaderValue`] where the value holds a control character
    /// other than a tab.
    pub fn try_with_header(self, name: &str, value: impl AsRef<str>) -> Result<Self, HttpError> {
        if !is_token(name) {
            return Err(HttpError::HeaderName);
        }
        if value.as_ref().bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(HttpError::HeaderValue);
        }
        Ok(self.with_header(name, value))
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        wipe(&mut self.body);
        self.body = body.into();
        self
    }

    /// Says whether, and when, the request may be sent again.
    #[must_use]
    pub const fn with_replay(mut self, replay: Replay) -> Self {
        self.contract.replay = replay;
        self
    }

    /// Limits the response's body, in bytes: to 4 GiB at most.
    #[must_use]
    pub const fn with_max_response_bytes(mut self, bytes: usize) -> Self {
        self.contract = self.contract.with_max_response_bytes(bytes);
        self
    }

    /// Limits the time until the response is there.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.contract.timeout = timeout;
        self
    }

    /// Says whether the client's certificate is to be used.
    #[must_use]
    pub const fn with_client_certificate(mut self, wanted: bool) -> Self {
        self.contract.client_certificate = wanted;
        self
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The URL, or the target of a received request.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The query of the URL, without the `?`; `None` where there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        let (before_fragment, _) = self.url.split_once('#').unwrap_or((&self.url, ""));
        split_query(before_fragment).1
    }

    /// The path of the URL, without query and fragment.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = without_query(&self.url);
        match target.split_once("://") {
            // `/a://b` is a path.
            Some((scheme, rest)) if !scheme.contains('/') => {
                rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
            }
            Some(_) | None => target,
        }
    }

    /// The value of the first header field of this name, in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.values(name).next()
    }

    /// The values of all header fields of this name, in any letter case, in order.
    pub fn header_values<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m str> {
        self.headers.values(name)
    }

    /// All header fields: name in lower case, and value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, if the content type says that it is a form.
    #[must_use]
    pub fn form(&self) -> Option<&[u8]> {
        crate::response::is_form(self.header("content-type")).then_some(self.body.as_slice())
    }

    /// How the request is to be sent.
    #[must_use]
    pub const fn contract(&self) -> &Contract {
        &self.contract
    }
}

impl Drop for HttpRequest {
    fn drop(&mut self) {
        wipe(&mut self.body);
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &without_query(&self.url))
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("contract", &self.contract)
            .finish()
    }
}

/// A response: received, or to be sent by a server.
///
/// Its `Debug` shows the status, the names of the header fields and the length of the body. Header values and body are wiped when dropped.
#[derive(Clone)]
pub struct HttpResponse {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

impl HttpResponse {
    /// A response without header fields and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Headers::new(), body: Vec::new() }
    }

    /// A response with a JSON body.
    ///
    /// # Errors
    ///
    /// [`HttpError::Json`] where `body` refuses to be written as JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, HttpError> {
        let body = serde_json::to_vec(body).map_err(|_| HttpError::Json)?;
        Ok(Self::new(status).with_header("content-type", "application/json").with_body(body))
    }

    /// Appends a header field. Fields of one name may come more than once.
    ///
    /// A field whose name is no token is left out, and each CR, LF or NUL in the value becomes a space, as RFC 9110, section 5.5 has it.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.headers.append(name, value.as_ref());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        wipe(&mut self.body);
        self.body = body.into();
        self
    }

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The value of the first header field of this name, in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// The values of all header fields of this name, in any letter case, in order.
    pub fn header_values<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m str> {
        headers::values(self.headers.iter(), name)
    }

    /// All header fields: name in lower case, and value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Drop for HttpResponse {
    fn drop(&mut self) {
        wipe(&mut self.body);
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// The methods that OAuth and OpenID Connect use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an HTTP client maps each; a new one would be a new protocol")]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT` (RFC 7592).
    Put,
    /// `DELETE` (RFC 7592).
    Delete,
}

impl Method {
    /// The method's name; case-sensitive (RFC 9110, section 9.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// The method of this name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Delete].into_iter().find(|method| method.as_str() == name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request or response that cannot be made or converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The name of a header field is no token.
    #[error("the name of a header field is not a token")]
    HeaderName,
    /// The value of a header field holds a control character, or is not UTF-8.
    #[error("the value of a header field holds a character that is not allowed")]
    HeaderValue,
    /// The method is none of [`Method`].
    #[error("the method is not GET, POST, PUT or DELETE")]
    Method,
    /// The URL is none.
    #[error("the url is malformed")]
    Url,
    /// The status is not between 100 and 999.
    #[error("the status code is out of range")]
    Status,
    /// The body refuses to be written as JSON.
    #[error("the body cannot be written as json")]
    Json,
}

impl HttpError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HeaderName => "http_header_name",
            Self::HeaderValue => "http_header_value",
            Self::Method => "http_method",
            Self::Url => "http_url",
            Self::Status => "http_status",
            Self::Json => "http_json",
        }
    }

    /// Whoever made the message: the caller. (A server that converts a received request answers it with 400.)
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}

const JSON: &str = "application/json";

/// What of a URL may be shown: a query can hold a code or a token, and so can a fragment.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
