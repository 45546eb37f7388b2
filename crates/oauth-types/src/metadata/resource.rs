//! [`ProtectedResource`].

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{Object, Value};

use super::MetadataError;
use super::locate::split_path;
use super::members::{document, joined};
use super::read::{Member, Members, drop_none};
use crate::error_response::is_plain_url;
use crate::http::{HttpRequest, HttpResponse, Purpose};
use crate::identifiers::{Endpoint, IdentifierError, Issuer, Resource};
use crate::reading::{Deviation, Reading};
use crate::response;

document! {
    /// What a protected resource says about itself (RFC 9728).
    ///
    /// ```
    /// use oauth_types::metadata::{FoundBy, ProtectedResource};
    /// use oauth_types::{HttpResponse, Issuer, Reading, Resource};
    ///
    /// let resource = Resource::new("https://resource.example.com/resource1")?;
    /// let url = ProtectedResource::well_known_url(&resource)?;
    /// assert_eq!(url, "https://resource.example.com/.well-known/oauth-protected-resource/resource1");
    ///
    /// let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
    ///     r#"{"resource":"https://resource.example.com/resource1","authorization_servers":["https://as.example"],"scopes_supported":["read"]}"#,
    /// );
    /// let document = ProtectedResource::from_http(FoundBy::WellKnown(&resource), &answer, Reading::Strict)?;
    /// assert_eq!(document.authorization_servers(), [Issuer::new("https://as.example")?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ProtectedResource {
        /// The resource's identifier.
        resource: Resource
    }
    endpoints {
        /// Where the resource's public keys are: those that sign its answers.
        jwks_uri, with_jwks_uri;
    }
    links {
        /// A page for developers.
        resource_documentation, with_resource_documentation;
        /// A page about how a client may use the data.
        resource_policy_uri, with_resource_policy_uri;
        /// The terms of service.
        resource_tos_uri, with_resource_tos_uri;
    }
    lists {
        /// The values of `scope` that make sense here, not always all of them.
        scopes, with_scopes = "scopes_supported";
        /// The algorithms of signed answers.
        resource_signing_algs, with_resource_signing_algs = "resource_signing_alg_values_supported";
        /// The types of authorization details (RFC 9396).
        authorization_details_types, with_authorization_details_types = "authorization_details_types_supported";
        /// The algorithms of DPoP proofs (RFC 9449).
        dpop_signing_algs, with_dpop_signing_algs = "dpop_signing_alg_values_supported";
    }
    flags {
        /// Whether access tokens are bound to client certificates (RFC 8705).
        tls_client_certificate_bound_access_tokens, with_tls_client_certificate_bound_access_tokens = "tls_client_certificate_bound_access_tokens", false;
        /// Whether only access tokens that are bound by DPoP are taken.
        dpop_bound_access_tokens_required, with_dpop_bound_access_tokens_required = "dpop_bound_access_tokens_required", false;
    }
    texts {
        /// The resource's name for people. Names in other languages (`resource_name#de`) are in `extra`.
        resource_name, with_resource_name;
        /// The members as a signed JWT, as it came: not verified (RFC 9728, section 2.2).
        signed_metadata, with_signed_metadata;
    }
    typed {
        bearer_methods_supported: BearerMethods;
        authorization_servers: AuthorizationServers;
    }
    settings {}
}

/// How a document was found, and with it whose it must be (RFC 9728, section 3.3): any other document is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundBy<'r> {
    /// At the well-known URL of this resource: "The resource value returned MUST be identical to the protected resource's resource identifier value into which
    /// the well-known URI path suffix was inserted".
    WellKnown(&'r Resource),
    /// At the `resource_metadata` of a challenge that answered a request to this URL: "the resource value returned MUST be identical to the URL that the client
    /// used to make the request to the resource server".
    Challenge {
        /// The URL, as it was requested.
        request_url: &'r str,
    },
    /// As [`FoundBy::Challenge`], where the resource may also be what stands above the URL: of the same origin, with a path that is a part of the URL's, up to
    /// a `/`. MCP clients accept such resources; the RFC does not, and [`Reading::Strict`] reads this as [`FoundBy::Challenge`].
    ChallengeBelow {
        /// The URL, as it was requested.
        request_url: &'r str,
    },
}

impl FoundBy<'_> {
    fn matches(self, found: &Resource, reading: Reading) -> bool {
        match self {
            Self::WellKnown(resource) => found == resource,
            Self::ChallengeBelow { request_url } if !reading.is_strict() => found.is_at_or_above(request_url),
            Self::Challenge { request_url } | Self::ChallengeBelow { request_url } => found.as_str() == request_url,
        }
    }
}

impl ProtectedResource {
    /// Where the document of a resource is (RFC 9728, section 3.1): the well-known part stands between the host and what follows it, of which a `/` alone is
    /// dropped.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] for a resource that is no `https` URL (`http` for loopback hosts): a `urn:`, say, is nowhere.
    pub fn well_known_url(resource: &Resource) -> Result<String, IdentifierError> {
        let url = Endpoint::new(resource.as_str())?;
        let (origin, rest) = split_path(url.as_str()).ok_or(IdentifierError::NotAbsolute)?;
        let rest = match rest.strip_prefix('/') {
            Some("") => "",
            Some(query) if query.starts_with('?') => query,
            Some(_) | None => rest,
        };
        Ok([origin, WELL_KNOWN, rest].concat())
    }

    /// Where MCP clients look that were not told by a challenge, in the order in which to ask: at [`ProtectedResource::well_known_url`], then at the root of
    /// the host.
    ///
    /// # Errors
    ///
    /// As [`ProtectedResource::well_known_url`].
    pub fn mcp_well_known_urls(resource: &Resource) -> Result<Vec<String>, IdentifierError> {
        let mut urls = alloc::vec![Self::well_known_url(resource)?];
        let origin = split_path(resource.as_str()).map_or(resource.as_str(), |(origin, _)| origin);
        let root = [origin, WELL_KNOWN].concat();
        if !urls.contains(&root) {
            urls.push(root);
        }
        Ok(urls)
    }

    /// Reads an answer to [`ProtectedResource::request`].
    ///
    /// # Errors
    ///
    /// [`MetadataError`]: [`MetadataError::ResourceMismatch`] where the document is not that of the resource by which it was found.
    pub fn from_http(found_by: FoundBy<'_>, response: &HttpResponse, reading: Reading) -> Result<Self, MetadataError> {
        Self::read(found_by, Members::from_http(response, reading)?, reading)
    }

    /// Reads a document that is at hand.
    ///
    /// # Errors
    ///
    /// As [`ProtectedResource::from_http`].
    pub fn from_json(found_by: FoundBy<'_>, json: impl AsRef<[u8]>, reading: Reading) -> Result<Self, MetadataError> {
        Self::read(found_by, Members::from_json(json.as_ref(), reading)?, reading)
    }

    fn read(found_by: FoundBy<'_>, mut members: Members, reading: Reading) -> Result<Self, MetadataError> {
        let resource = members.take_identifier("resource")?;
        let resource = Resource::new(resource).map_err(|_| MetadataError::Malformed { member: "resource" })?;
        // RFC 9728, section 3.3: "If these values are not identical, the data contained in the response MUST NOT be used."
        if !found_by.matches(&resource, reading) {
            return Err(MetadataError::ResourceMismatch);
        }
        // Only one that stands above the URL of the request is another and passes.
        if let FoundBy::ChallengeBelow { request_url } = found_by
            && resource.as_str() != request_url
        {
            members.tolerance.tolerate(Deviation::Differs { member: "resource" })?;
        }
        let mut document = Self::new(resource);
        document.take_members(&mut members)?;
        let member = "resource_signing_alg_values_supported";
        drop_none(&mut document.resource_signing_algs, member, &mut members.tolerance)?;
        document.extra = members.object;
        document.deviations = members.tolerance.into_deviations();
        Ok(document)
    }

    /// The issuers of the authorization servers that may be used, in the resource's order; empty if the document does not say.
    #[must_use]
    pub fn authorization_servers(&self) -> &[Issuer] {
        self.authorization_servers.as_ref().map_or(&[], |issuers| issuers.0.as_slice())
    }

    /// Sets `authorization_servers`; an empty list is none.
    #[must_use]
    pub fn with_authorization_servers(mut self, issuers: impl IntoIterator<Item = Issuer>) -> Self {
        self.authorization_servers =
            Some(AuthorizationServers(issuers.into_iter().collect())).filter(|issuers| !issuers.0.is_empty());
        self
    }

    /// How a bearer token may be sent: `header`, `body`, `query`. `None` if the document does not say; an empty list says that there is no way (RFC 9728,
    /// section 2), as where every token is bound by DPoP.
    #[must_use]
    pub fn bearer_methods(&self) -> Option<&[String]> {
        self.bearer_methods_supported.as_ref().map(|methods| methods.0.as_slice())
    }

    /// Sets `bearer_methods_supported`, also to none at all.
    #[must_use]
    pub fn with_bearer_methods<T: Into<String>>(mut self, methods: impl IntoIterator<Item = T>) -> Self {
        self.bearer_methods_supported = Some(BearerMethods(methods.into_iter().map(Into::into).collect()));
        self
    }
}

/// The one list that may be empty. RFC 9728, section 2: "The empty array [] can be used to indicate that no bearer methods are supported."
#[derive(Clone)]
struct BearerMethods(Vec<String>);

impl Member for BearerMethods {
    fn take(members: &mut Members, name: &'static str) -> Result<Option<Self>, MetadataError> {
        Ok(members.take_any_list(name)?.map(Self))
    }

    fn to_value(&self) -> Value {
        self.0.clone().into()
    }
}

#[derive(Clone)]
struct AuthorizationServers(Vec<Issuer>);

impl Member for AuthorizationServers {
    /// One that cannot be an issuer costs itself only: the others are still those that the resource trusts.
    fn take(members: &mut Members, member: &'static str) -> Result<Option<Self>, MetadataError> {
        let elements = match members.object.remove(member) {
            None => return Ok(None),
            Some(Value::Array(elements)) => elements,
            Some(value) => return members.absent(Deviation::WrongType { member, found: response::kind(&value) }),
        };
        // RFC 9728, section 3.2: "Parameters with zero values MUST be omitted from the response."
        if elements.is_empty() {
            return members.absent(Deviation::Empty { member });
        }
        let issuers: Vec<Issuer> =
            elements.iter().filter_map(|element| element.as_str().and_then(|text| Issuer::new(text).ok())).collect();
        if issuers.len() != elements.len() {
            members.tolerance.tolerate(Deviation::Malformed { member })?;
        }
        Ok(Some(Self(issuers)).filter(|issuers| !issuers.0.is_empty()))
    }

    fn to_value(&self) -> Value {
        self.0.iter().map(Issuer::as_str).collect::<Vec<_>>().into()
    }
}

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

#[cfg(test)]
mod tests;
