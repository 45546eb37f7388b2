//! [`Discovery`]: from an issuer to its metadata (RFC 8414, OpenID Connect Discovery).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use oauth_types::metadata::{AuthorizationServer, IssuerComparison, MetadataError};
use oauth_types::reading::Reading;
use oauth_types::{HttpResponse, Issuer};
use serde::{Deserialize, Serialize};

use crate::client::reading;
use crate::error::Operation;
use crate::search::{Document, Search, search_flow};

/// Fetches the metadata of an authorization server (RFC 8414, section 3; OpenID Connect Discovery 1.0, section 4).
///
/// # Theory of operation
///
/// `Ready` sends a GET for the first well-known URL of the issuer and is `Outstanding`. A usable document whose `issuer` is the expected one, byte for byte,
/// or by the [comparison](Discovery::issuer_comparison) that was asked for, is the output. A document of **another issuer** ends the flow at once: it must not be used, and no other candidate is asked (RFC 8414, section 3.3).
/// Any other answer leads to the next candidate. When all have been asked and one of them gave no answer or a passing failure, the flow is
/// `Waiting`, as long as the server asked for, and then asks them all again, up to a limit of rounds; if none did, it ends with the last answer's fault.
///
/// Of an issuer with two places to look:
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> first: resume, poll (GET the first URL)
///     first --> last: 200, 302, 400 (no document there)
///     first --> last_of_some: resume, 503, not sent, unknown (a failure that may pass)
///     first --> last_of_none: 503 in an hour (too long to wait for)
///     last --> done: 200 (the document)
///     last --> waiting: resume, 503, not sent, unknown
///     last --> failed: anything else
///     last_of_some --> done: 200 (the document)
///     last_of_some --> failed: 503 in an hour
///     last_of_some --> waiting: anything else
///     last_of_none --> done: 200 (the document)
///     last_of_none --> failed: anything else
///     waiting --> first: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Discovery, Flow, Step};
/// use oauth_types::{HttpResponse, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let mut flow = Discovery::new(Issuer::new("https://as.example")?);
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!("a request comes first") };
/// assert_eq!(request.url(), "https://as.example/.well-known/oauth-authorization-server");
///
/// let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
///     r#"{"issuer":"https://as.example","token_endpoint":"https://as.example/token","response_types_supported":["code"]}"#,
/// );
/// let Step::Done(server) = flow.handle_response(at.at(now), response)? else { panic!("the document is good") };
/// assert_eq!(server.token_endpoint().map(|endpoint| endpoint.as_str()), Some("https://as.example/token"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Discovery {
    search: Search<ServerDocument>,
}

impl Discovery {
    /// The discovery of this issuer.
    #[must_use]
    pub const fn new(issuer: Issuer) -> Self {
        let comparison = IssuerComparison::Exact;
        Self { search: Search::new(ServerDocument { issuer, reading: Reading::Interop, comparison }) }
    }

    /// Compares the issuer that the document names in this way instead of byte by byte: for a provider that is known to need it ([`oauth_types::providers`]).
    /// The server's issuer is then the document's. With [`Reading::Strict`] it is byte by byte all the same.
    #[must_use]
    pub const fn issuer_comparison(mut self, comparison: IssuerComparison) -> Self {
        self.search.document_mut().comparison = comparison;
        self
    }

    /// Reads the document like this instead of with [`Reading::Interop`].
    #[must_use]
    pub const fn reading(mut self, reading: Reading) -> Self {
        self.search.document_mut().reading = reading;
        self
    }
}

search_flow! {
    /// It holds no secret.
    Discovery(ServerDocument) -> AuthorizationServer, "discovery", 1
}

/// The metadata of an issuer.
#[derive(Debug)]
struct ServerDocument {
    issuer: Issuer,
    reading: Reading,
    comparison: IssuerComparison,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    issuer: String,
    strict: bool,
    #[serde(default, skip_serializing_if = "Comparison::is_exact")]
    comparison: Comparison,
}

impl Document for ServerDocument {
    const OPERATION: Operation = Operation::Discovery;
    type Output = AuthorizationServer;
    type Body = Body;

    fn candidates(&self) -> Vec<String> {
        AuthorizationServer::well_known_urls(&self.issuer)
    }

    fn read(&self, response: &HttpResponse) -> Result<AuthorizationServer, MetadataError> {
        AuthorizationServer::from_http_by(self.comparison, &self.issuer, response, self.reading)
    }

    fn is_mismatch(error: MetadataError) -> bool {
        error.is_issuer_mismatch()
    }

    fn to_body(&self) -> Body {
        Body {
            issuer: self.issuer.as_str().to_string(),
            strict: self.reading.is_strict(),
            comparison: Comparison::of(self.comparison),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        Some(Self {
            issuer: Issuer::new(body.issuer).ok()?,
            reading: reading(body.strict),
            comparison: body.comparison.into(),
        })
    }
}

/// [`IssuerComparison`] as stored.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Comparison {
    #[default]
    Exact,
    RootSlash,
    TenantTemplate,
}

impl Comparison {
    const fn of(comparison: IssuerComparison) -> Self {
        match comparison {
            IssuerComparison::RootSlash => Self::RootSlash,
            IssuerComparison::TenantTemplate => Self::TenantTemplate,
            // One that is not known here is none that was asked for.
            IssuerComparison::Exact | _ => Self::Exact,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

impl From<Comparison> for IssuerComparison {
    fn from(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Exact => Self::Exact,
            Comparison::RootSlash => Self::RootSlash,
            Comparison::TenantTemplate => Self::TenantTemplate,
        }
    }
}
