//! [`DpopNonces`]: the newest DPoP nonce of each resource server (RFC 9449, section 9).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use oauth_types::dpop::DpopNonce;
use oauth_types::{Endpoint, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::recent::Recent;
use crate::stored::stored;

/// The newest DPoP nonce of each origin, so that not every request costs two (RFC 9449, sections 8.2 and 9).
///
/// Plain data beside the tokens: a [`ResourceRequest`](crate::ResourceRequest) begins with the nonce of its origin and gives the newest one back. A nonce says
/// nothing about a user, so one store serves all tokens of a program. It is bounded by [`DpopNonces::MAX_ORIGINS`]; the least recently used origin is forgotten,
/// which costs it one request.
///
/// # Examples
///
/// ```
/// use oauth_client_sans_io::DpopNonces;
/// use oauth_types::dpop::DpopNonce;
/// use oauth_types::Endpoint;
///
/// let mut nonces = DpopNonces::new();
/// nonces.learn(&Endpoint::new("https://API.example/files")?, DpopNonce::new("n-1")?);
/// let nonce = nonces.find(&Endpoint::new("https://api.example:443/photos")?);
/// assert_eq!(nonce.map(DpopNonce::as_str), Some("n-1"));
/// assert!(nonces.find(&Endpoint::new("https://api.example:8443/photos")?).is_none());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DpopNonces {
    by_origin: Recent<String, DpopNonce>,
}

impl DpopNonces {
    /// How many origins are known at most: more than one program calls at a time, at about a kilobyte each in the worst case.
    pub const MAX_ORIGINS: usize = 64;

    /// No nonce yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { by_origin: Recent::new(Self::MAX_ORIGINS) }
    }

    /// The nonce for a request to this URL: that of its origin.
    #[must_use]
    pub fn find(&mut self, url: &Endpoint) -> Option<&DpopNonce> {
        self.by_origin.get(url.origin().as_str()).map(|nonce| &*nonce)
    }

    /// Remembers the nonce that the server of this URL gave, in the place of any earlier one.
    pub fn learn(&mut self, url: &Endpoint, nonce: DpopNonce) {
        self.by_origin.insert(url.origin(), nonce);
    }

    /// Remembers the nonce of an answer to a request to this URL, whatever its status, where it has one that can be read (RFC 9449, section 8.2): for requests
    /// that were not sent by a flow.
    pub fn learn_from(&mut self, url: &Endpoint, response: &HttpResponse) {
        if let Ok(Some(nonce)) = DpopNonce::find(response) {
            self.learn(url, nonce);
        }
    }

    /// How many origins are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.by_origin.len()
    }

    /// Whether no nonce is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.by_origin.len() == 0
    }

    fn to_body(&self) -> NoncesBody {
        let nonces = self.by_origin.iter().map(|(origin, nonce)| (origin.clone(), nonce.as_str().to_string()));
        NoncesBody { nonces: nonces.collect() }
    }

    fn from_body(body: NoncesBody) -> Option<Self> {
        let mut nonces = Self::new();
        for (origin, nonce) in body.nonces {
            nonces.learn(&Endpoint::new(origin).ok()?, DpopNonce::new(nonce).ok()?);
        }
        Some(nonces)
    }
}

impl Default for DpopNonces {
    fn default() -> Self {
        Self::new()
    }
}

stored! {
    /// It holds no secret.
    DpopNonces, "dpop_nonces", 1, NoncesBody
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoncesBody {
    /// Origins and their nonces, the least recently used one first.
    nonces: Vec<(String, String)>,
}
