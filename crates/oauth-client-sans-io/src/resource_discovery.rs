//! [`ResourceDiscovery`]: from a protected resource to its metadata, and so to its authorization servers (RFC 9728).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use oauth_types::metadata::{FoundBy, MetadataError, ProtectedResource};
use oauth_types::reading::Reading;
use oauth_types::{Endpoint, HttpResponse, Resource};
use serde::{Deserialize, Serialize};

use crate::client::reading;
use crate::error::{ApiMisuse, Error, Operation};
use crate::exchange::is_false;
use crate::search::{Document, Search, search_flow};

/// Fetches the metadata of a protected resource (RFC 9728, section 3): which authorization servers it trusts, which scopes make sense.
///
/// Whose document it must be is exact (section 3.3): found at the well-known URL of a resource, its `resource` is that resource, byte for byte; found at the
/// `resource_metadata` of a challenge, it is the URL of the request that was challenged. What it says leads to tokens that are then sent to the resource, so
/// a document of another one is never used.
///
/// Each of its [`authorization_servers`](ProtectedResource::authorization_servers) is an issuer for [`Discovery`](crate::Discovery); choose one that the user
/// or the program trusts (RFC 9728, section 7.6). A URL that a challenge names is fetched as it is: a program that runs inside a network checks first whether
/// it leads into that network (section 7.7).
///
/// # Theory of operation
///
/// `Ready` sends a GET and is `Outstanding`. A document of this resource is the output; one of **another resource** ends the flow at once. Where the URL was
/// named by a challenge, no other one is asked, whatever comes. A passing failure makes it `Waiting`, as long as the server asked for, up to a limit of rounds.
///
/// Of a resource with two places to look (where a challenge named one, `last` comes at once):
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
/// use oauth_client_sans_io::{Discovery, Flow, ResourceDiscovery, Step};
/// use oauth_types::{Challenges, Endpoint, HttpResponse, Reading};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// // The answer to a request for https://api.example/files.
/// let answer = HttpResponse::new(401).with_header(
///     "www-authenticate",
///     r#"Bearer resource_metadata="https://api.example/.well-known/oauth-protected-resource/files""#,
/// );
/// let challenges = Challenges::from_http(&answer, Reading::Interop)?;
/// let metadata = Endpoint::new(challenges.resource_metadata().ok_or("it says where")?)?;
///
/// let mut flow = ResourceDiscovery::from_challenge(Endpoint::new("https://api.example/files")?, metadata);
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!("a request comes first") };
/// assert_eq!(request.url(), "https://api.example/.well-known/oauth-protected-resource/files");
/// let response = HttpResponse::new(200)
///     .with_header("content-type", "application/json")
///     .with_body(r#"{"resource":"https://api.example/files","authorization_servers":["https://as.example"]}"#);
/// let Step::Done(resource) = flow.handle_response(at.at(now), response)? else { panic!("the document is good") };
///
/// let issuer = resource.authorization_servers().first().ok_or("it names one")?;
/// let discovery = Discovery::new(issuer.clone());
/// # drop(discovery);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ResourceDiscovery {
    search: Search<ResourceDocument>,
}

impl ResourceDiscovery {
    /// The discovery of this resource at its well-known URL.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] for a resource that is no `https` URL (`http` for loopback hosts): a `urn:`, say, has no metadata.
    pub fn new(resource: Resource) -> Result<Self, Error> {
        ProtectedResource::well_known_url(&resource)
            .map_err(|_| ApiMisuse::InvalidArgument("a resource that is no https url has no metadata"))?;
        Ok(Self::of(Place::WellKnown(resource)))
    }

    /// The discovery of the resource that answered a request to `request_url`, as it was requested, with a challenge whose `resource_metadata` is
    /// `metadata_url` (RFC 9728, section 5.1; [`Challenges::resource_metadata`](oauth_types::Challenges::resource_metadata)).
    #[must_use]
    pub const fn from_challenge(request_url: Endpoint, metadata_url: Endpoint) -> Self {
        Self::of(Place::Challenge { request_url, metadata_url })
    }

    const fn of(place: Place) -> Self {
        Self { search: Search::new(ResourceDocument { place, above: false, reading: Reading::Interop }) }
    }

    /// Also takes the metadata of a resource above the URL: of the same origin, with a path that is a part of the URL's up to a `/`; by the well-known way the
    /// root of the host is asked too. MCP clients accept such resources, RFC 9728 does not ([`FoundBy::ChallengeBelow`]), and with [`Reading::Strict`] neither
    /// does this.
    #[must_use]
    pub const fn resource_above(mut self) -> Self {
        self.search.document_mut().above = true;
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
    ResourceDiscovery(ResourceDocument) -> ProtectedResource, "resource_discovery", 1
}

/// The metadata of a resource.
#[derive(Debug)]
struct ResourceDocument {
    place: Place,
    /// Whether the resource may stand above the URL.
    above: bool,
    reading: Reading,
}

/// Where the document is, and with it whose it must be.
#[derive(Clone, Debug)]
enum Place {
    WellKnown(Resource),
    Challenge { request_url: Endpoint, metadata_url: Endpoint },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// The resource, or the URL of the request.
    resource: String,
    /// The URL that a challenge named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    above: bool,
    strict: bool,
}

impl Document for ResourceDocument {
    const OPERATION: Operation = Operation::ResourceDiscovery;
    type Output = ProtectedResource;
    type Body = Body;

    fn candidates(&self) -> Vec<String> {
        match &self.place {
            // Nothing but what was named: another document could name other servers.
            Place::Challenge { metadata_url, .. } => alloc::vec![metadata_url.as_str().to_string()],
            Place::WellKnown(resource) if self.above && !self.reading.is_strict() => {
                ProtectedResource::mcp_well_known_urls(resource).unwrap_or_default()
            }
            Place::WellKnown(resource) => ProtectedResource::well_known_url(resource).into_iter().collect(),
        }
    }

    fn read(&self, response: &HttpResponse) -> Result<ProtectedResource, MetadataError> {
        // RFC 9728, section 3.3: "If these values are not identical, the data contained in the response MUST NOT be used."
        let found_by = match &self.place {
            Place::WellKnown(resource) if self.above && !self.reading.is_strict() => {
                FoundBy::ChallengeBelow { request_url: resource.as_str() }
            }
            Place::WellKnown(resource) => FoundBy::WellKnown(resource),
            Place::Challenge { request_url, .. } if self.above => {
                FoundBy::ChallengeBelow { request_url: request_url.as_str() }
            }
            Place::Challenge { request_url, .. } => FoundBy::Challenge { request_url: request_url.as_str() },
        };
        ProtectedResource::from_http(found_by, response, self.reading)
    }

    fn is_mismatch(error: MetadataError) -> bool {
        error == MetadataError::ResourceMismatch
    }

    fn to_body(&self) -> Body {
        let (resource, metadata) = match &self.place {
            Place::WellKnown(resource) => (resource.as_str(), None),
            Place::Challenge { request_url, metadata_url } => (request_url.as_str(), Some(metadata_url.as_str())),
        };
        Body {
            resource: resource.to_string(),
            metadata: metadata.map(ToString::to_string),
            above: self.above,
            strict: self.reading.is_strict(),
        }
    }

    fn from_body(body: Body) -> Option<Self> {
        let place = match body.metadata {
            Some(metadata) => Place::Challenge {
                request_url: Endpoint::new(body.resource).ok()?,
                metadata_url: Endpoint::new(metadata).ok()?,
            },
            None => Place::WellKnown(
                Resource::new(body.resource).ok().filter(|found| ProtectedResource::well_known_url(found).is_ok())?,
            ),
        };
        Some(Self { place, above: body.above, reading: reading(body.strict) })
    }
}
