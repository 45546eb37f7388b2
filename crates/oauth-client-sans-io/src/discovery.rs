//! [`Discovery`]: from an issuer to its metadata (RFC 8414, OpenID Connect Discovery).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use oauth_types::metadata::{AuthorizationServer, MetadataError};
use oauth_types::reading::Reading;
use oauth_types::{HttpResponse, Issuer};
use serde::{Deserialize, Serialize};

use crate::error::Operation;
use crate::search::{Document, Search, search_flow};

/// Fetches the metadata of an authorization server (RFC 8414, section 3; OpenID Connect Discovery 1.0, section 4).
///
/// # Theory of operation
///
/// `Ready` sends a GET for the first well-known URL of the issuer and is `Outstanding`. A usable document whose `issuer` is the expected one, byte for byte,
/// is the output. A document of **another issuer** ends the flow at once: it must not be used, and no other candidate is asked (RFC 8414, section 3.3).
/// Any other answer leads to the next candidate. When all have been asked and one of them gave no answer or a passing failure, the flow is
/// `Waiting`, as long as the server asked for, and then asks them all again, up to a limit of rounds; if none did, it ends with the last answer's fault.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> Ready
///     Ready --> Outstanding: resume / GET the first URL
///     Outstanding --> Outstanding: no document / GET the next URL
///     Outstanding --> Waiting: all asked, a failure passes
///     Waiting --> Outstanding: poll / GET the first URL
///     Outstanding --> Ended: the document, another issuer's, or none at all
///     Ended --> [*]
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
        Self { search: Search::new(ServerDocument { issuer, reading: Reading::Interop }) }
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
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    issuer: String,
    strict: bool,
}

impl Document for ServerDocument {
    const OPERATION: Operation = Operation::Discovery;
    type Output = AuthorizationServer;
    type Body = Body;

    fn candidates(&self) -> Vec<String> {
        AuthorizationServer::well_known_urls(&self.issuer)
    }

    fn read(&self, response: &HttpResponse) -> Result<AuthorizationServer, MetadataError> {
        AuthorizationServer::from_http(&self.issuer, response, self.reading)
    }

    fn is_mismatch(error: MetadataError) -> bool {
        error.is_issuer_mismatch()
    }

    fn to_body(&self) -> Body {
        Body { issuer: self.issuer.as_str().to_string(), strict: self.reading.is_strict() }
    }

    fn from_body(body: Body) -> Option<Self> {
        let reading = if body.strict { Reading::Strict } else { Reading::Interop };
        Some(Self { issuer: Issuer::new(body.issuer).ok()?, reading })
    }
}
