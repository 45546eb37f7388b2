//! A protected API behind [`Guard`]: `GET /files` needs `files.read`, `DELETE /files` needs `files.delete`.

use std::fmt;

use jwt_core::{Algorithm, Timestamp};
use oauth_client_sans_io::SendFailure;
use oauth_resource_sans_io::{Check, Guard, Need, RequestHead};
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Issuer, Method, Scope};

/// The scope that reading needs.
pub const READ: &str = "files.read";
/// The scope that deleting needs.
pub const DELETE: &str = "files.delete";

/// The API and what it sends its own requests with: the guard does no I/O.
pub struct Api {
    guard: Guard,
    read: Scope,
    delete: Scope,
    send: Box<dyn FnMut(HttpRequest) -> Result<HttpResponse, SendFailure> + Send>,
}

impl Api {
    /// An API that calls itself `resource` and trusts `issuer`, whose keys are at `jwks_uri`.
    ///
    /// # Errors
    ///
    /// Never: both scopes are well-formed.
    pub fn new(
        resource: &str,
        issuer: Issuer,
        jwks_uri: Endpoint,
        send: impl FnMut(HttpRequest) -> Result<HttpResponse, SendFailure> + Send + 'static,
    ) -> Result<Self, Box<dyn core::error::Error + Send + Sync>> {
        Ok(Self {
            guard: Guard::new(resource).issuer(issuer, jwks_uri, &[Algorithm::ES256]),
            read: READ.parse()?,
            delete: DELETE.parse()?,
            send: Box::new(send),
        })
    }

    /// Answers one request.
    pub fn handle(&mut self, now: Timestamp, request: &HttpRequest) -> HttpResponse {
        let required = match (request.method(), path(request.url())) {
            (Method::Get, "/files") => self.read.clone(),
            (Method::Delete, "/files") => self.delete.clone(),
            (_, "/files") => return HttpResponse::new(405).with_header("allow", "GET, DELETE"),
            _ => return HttpResponse::new(404),
        };
        let authorization: Vec<&str> = request.header_values("authorization").collect();
        let head = RequestHead::new(request.method().as_str(), request.url()).authorization(&authorization);
        // Once for the answer, once more after the keys came.
        for _ in 0..2 {
            match self.guard.check_scope(&head, &required, now) {
                Check::Granted(principal) => {
                    return HttpResponse::new(200)
                        .with_header("content-type", "text/plain; charset=utf-8")
                        .with_body(format!("files of {}\n", principal.subject()).into_bytes());
                }
                Check::Denied(denial) => return denial.to_http(),
                Check::Needs(Need::Keys(issuer)) => {
                    let Some(keys) = self.guard.keys_mut(issuer) else { break };
                    let Some(request) = keys.fetch(now) else { break };
                    match (self.send)(request) {
                        // What is wrong with the key set shows in the next check.
                        Ok(response) => drop(keys.handle_response(now, &response)),
                        Err(failure) => keys.handle_failure(now, failure),
                    }
                }
                // What else a guard may come to need was not configured.
                Check::Needs(_) | _ => break,
            }
        }
        HttpResponse::new(503)
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("guard", &self.guard).finish_non_exhaustive()
    }
}

fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    path.split('?').next().unwrap_or(path)
}
