//! [`RequestReference`]: what a browser carries in the place of a whole request.

use alloc::string::String;

use jwt_core::{Blame, Secret};

use super::request::{AuthorizationRequestError, FORBIDDEN, OURS, REQUEST_OBJECT};
use crate::form::{self, Pairs};
use crate::identifiers::{ClientId, Endpoint, MAX_IDENTIFIER_BYTES, has_scheme};
use crate::secret::{RequestObject, secret};

/// Where a request is to be found: at the server, which got it pushed (RFC 9126, section 2.2), or anywhere (RFC 9101, section 5.2).
///
/// `Debug` does not show it: whoever has it can go on with the request.
#[derive(Clone)]
pub struct RequestUri(Secret);

impl RequestUri {
    /// Takes a URI over, as it is.
    ///
    /// # Errors
    ///
    /// [`InvalidRequestUri`] for a text that is empty, too long, without a scheme or not visible ASCII.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidRequestUri> {
        let uri = Secret::new(text);
        let text = uri.expose();
        let visible = text.len() <= MAX_IDENTIFIER_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && has_scheme(text) { Ok(Self(uri)) } else { Err(InvalidRequestUri) }
    }

    secret!(@methods);
}

secret!(@traits RequestUri);

/// A text that is no URI to find a request at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request_uri is an absolute uri of visible ascii, of bounded length")]
#[non_exhaustive]
pub struct InvalidRequestUri;

impl InvalidRequestUri {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_request_uri"
    }

    /// Whoever supplied the text: the caller. (Where it came in a message, the error of that message says so.)
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}

/// An authorization request that is elsewhere (RFC 9101, section 5; RFC 9126, section 4): the client's name, and either the signed request or where it is.
///
/// ```
/// use oauth_types::authorization::{RequestReference, RequestUri};
/// use oauth_types::{ClientId, Endpoint};
///
/// // RFC 9126, section 4
/// let uri = RequestUri::new("urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c")?;
/// let reference = RequestReference::uri(ClientId::new("s6BhdRkqt3")?, uri);
/// assert_eq!(
///     reference.to_url(&Endpoint::new("https://server.example.com/authorize")?),
///     "https://server.example.com/authorize?client_id=s6BhdRkqt3\
///      &request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestReference {
    client_id: ClientId,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Object(RequestObject),
    Uri(RequestUri),
}

impl RequestReference {
    /// The signed request itself.
    #[must_use]
    pub const fn object(client_id: ClientId, object: RequestObject) -> Self {
        Self { client_id, place: Place::Object(object) }
    }

    /// Where the request is. A pushed one is good for one use (RFC 9126, section 4).
    #[must_use]
    pub const fn uri(client_id: ClientId, uri: RequestUri) -> Self {
        Self { client_id, place: Place::Uri(uri) }
    }

    /// The URL that the browser is sent to. The endpoint's own query is kept, but for parameters of a request: nothing may stand beside the reference.
    #[must_use]
    pub fn to_url(&self, endpoint: &Endpoint) -> String {
        let of_a_request = |name: &str| [OURS, REQUEST_OBJECT, FORBIDDEN].iter().any(|names| names.contains(&name));
        form::join_text(endpoint.as_str(), &self.to_query(), of_a_request)
    }

    /// The parameters alone, form-encoded.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::with_capacity(64 + self.text().len() * 2);
        form::append_pair(&mut query, "client_id", self.client_id.as_str());
        form::append_pair(&mut query, self.name(), self.text());
        query
    }

    /// Reads the query of a request that came to the authorization endpoint, without the `?`. `None` if it is no reference, and so to be read by
    /// [`AuthorizationRequest::from_query`](super::AuthorizationRequest::from_query).
    ///
    /// What else stands there is left alone: it is no part of the request (RFC 9101, section 6.3). So is the request itself: verify the object with
    /// [`jwt_core::profile::RequestObjectProfile`], for this client, and read it with
    /// [`AuthorizationRequest::from_request_object`](super::AuthorizationRequest::from_request_object).
    ///
    /// # Errors
    ///
    /// [`AuthorizationRequestError`]: among others for both a `request` and a `request_uri` (RFC 9101, section 5 allows one), and for a client that names
    /// itself not or twice.
    pub fn from_query(query: impl AsRef<[u8]>) -> Result<Option<Self>, AuthorizationRequestError> {
        use AuthorizationRequestError as Error;

        let pairs = Pairs::parse(query)?;
        for name in FORBIDDEN {
            if pairs.unique(name)?.is_some() {
                return Err(Error::Malformed { name });
            }
        }
        let place = match (pairs.unique("request")?, pairs.unique("request_uri")?) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(Error::Malformed { name: "request_uri" }),
            (Some(object), None) => Place::Object(RequestObject::new(object)),
            (None, Some(uri)) => {
                Place::Uri(RequestUri::new(uri).map_err(|_| Error::Malformed { name: "request_uri" })?)
            }
        };
        // RFC 9101, section 5: "client_id REQUIRED."
        let client_id = pairs.unique("client_id")?.ok_or(Error::Missing { name: "client_id" })?;
        let client_id = ClientId::new(client_id).map_err(|_| Error::Malformed { name: "client_id" })?;
        Ok(Some(Self { client_id, place }))
    }

    /// Who asks.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The signed request, not verified.
    #[must_use]
    pub const fn request_object(&self) -> Option<&RequestObject> {
        match &self.place {
            Place::Object(object) => Some(object),
            Place::Uri(_) => None,
        }
    }

    /// Where the request is. A server that fetches from other than its own store must first know that the client registered the place (RFC 9101,
    /// section 10.4.1).
    #[must_use]
    pub const fn request_uri(&self) -> Option<&RequestUri> {
        match &self.place {
            Place::Uri(uri) => Some(uri),
            Place::Object(_) => None,
        }
    }

    const fn name(&self) -> &'static str {
        match &self.place {
            Place::Object(_) => "request",
            Place::Uri(_) => "request_uri",
        }
    }

    fn text(&self) -> &str {
        match &self.place {
            Place::Object(object) => object.expose(),
            Place::Uri(uri) => uri.expose(),
        }
    }
}
