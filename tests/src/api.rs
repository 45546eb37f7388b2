//! A protected API behind [`Guard`]: `GET /files` needs `files.read`, `DELETE /files` needs `files.delete`.

use std::fmt;

use jwt_core::{Algorithm, Timestamp};
use oauth_client_sans_io::SendFailure;
use oauth_resource_sans_io::{Binding, Check, Dpop, Guard, Need, ReplaySet, RequestHead, Requirement, ServerNonces};
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Issuer, Method, Scope};

/// The scope that reading needs.
pub const READ: &str = "files.read";
/// The scope that deleting needs.
pub const DELETE: &str = "files.delete";

/// More requests than any test sends within a minute.
const MAX_SEEN: usize = 1024;

/// The API and what it sends its own requests with: the guard does no I/O.
pub struct Api {
    guard: Guard,
    read: Requirement,
    delete: Requirement,
    /// The proofs that were seen.
    seen: ReplaySet,
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
            read: READ.parse::<Scope>()?.into(),
            delete: DELETE.parse::<Scope>()?.into(),
            seen: ReplaySet::new(MAX_SEEN),
            send: Box::new(send),
        })
    }

    /// Takes tokens that are bound to a DPoP key and no others, with proofs that carry a nonce of this API's, which are made under `key`.
    #[must_use]
    pub fn dpop(mut self, origin: &str, key: [u8; 32]) -> Self {
        let dpop = Dpop::new(&[Algorithm::ES256]).nonces(ServerNonces::new(key));
        self.guard = self.guard.origin(origin).dpop(dpop).binding(Binding::Key);
        self
    }

    /// Answers one request.
    pub fn handle(&mut self, now: Timestamp, request: &HttpRequest) -> HttpResponse {
        let required = match (request.method(), request.path()) {
            (Method::Get, "/files") => &self.read,
            (Method::Delete, "/files") => &self.delete,
            (_, "/files") => return HttpResponse::new(405).with_header("allow", "GET, DELETE"),
            _ => return HttpResponse::new(404),
        };
        let head = RequestHead::from_http(request);
        let mut check = self.guard.check_for(&head, required, now);
        // The keys, a proof's freshness, and the answer.
        for _ in 0..3 {
            check = match check {
                Check::Granted(principal) => {
                    return HttpResponse::new(200)
                        .with_header("content-type", "text/plain; charset=utf-8")
                        .with_body(format!("files of {}\n", principal.subject().unwrap_or("nobody")).into_bytes());
                }
                Check::Denied(denial) => return denial.to_http(),
                Check::Needs(Need::Keys(wanted)) => {
                    let Some(keys) = self.guard.keys_mut(wanted.issuer()) else { break };
                    let Some(request) = keys.fetch_for(wanted.header(), now) else { break };
                    match (self.send)(request) {
                        // What is wrong with the key set shows in the next check.
                        Ok(response) => drop(keys.handle_response(now, &response)),
                        Err(failure) => keys.handle_failure(now, failure),
                    }
                    self.guard.check_for(&head, required, now)
                }
                Check::Needs(Need::Freshness(proof)) => match self.seen.insert(&proof.key(), proof.until(), now) {
                    Ok(fresh) => proof.decide(fresh),
                    Err(full) => proof.unavailable(full.retry_after()),
                },
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
