//! [`ClientIdMetadata`].

use jwt_core::json::Value;

use super::ClientMetadata;
use super::metadata::SERVERS;
use crate::client_auth::ClientAuthMethod;
use crate::http::{HttpRequest, HttpResponse, Purpose};
use crate::identifiers::{ClientId, Endpoint, IdentifierError, RedirectUri};
use crate::reading::Deviation;
use crate::request::BuildError;
use crate::response::{self, Expect, InvalidResponse, Joined, ResponseError, Success};

/// The document of a client whose identifier is the URL of that document (draft-ietf-oauth-client-id-metadata-document): no server has registered it.
///
/// ```
/// use oauth_types::registration::ClientIdMetadata;
/// use oauth_types::{ClientAuthMethod, ClientId, ClientMetadata, RedirectUri};
///
/// let redirect_uri = RedirectUri::new("https://app.example/callback")?;
/// let metadata = ClientMetadata::new()
///     .with_client_name("App")
///     .with_token_endpoint_auth_method(ClientAuthMethod::None)
///     .with_redirect_uris([redirect_uri.clone()]);
/// let document = ClientIdMetadata::new(ClientId::new("https://app.example/client.json")?, metadata)?;
/// assert!(document.allows(&redirect_uri));
/// assert!(document.to_http().body().starts_with(br#"{"client_id":"https://app.example/client.json","client_name":"App""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientIdMetadata {
    client_id: ClientId,
    metadata: ClientMetadata,
    deviations: alloc::vec::Vec<Deviation>,
}

/// How long a document may be, in bytes. The draft recommends to take no more than 5 KB; this is what a dozen redirect URIs and a key set of three RSA keys
/// need on top.
const MAX_DOCUMENT_BYTES: usize = 16 * 1024;

impl ClientIdMetadata {
    /// The document of the client whose identifier is this URL.
    ///
    /// # Errors
    ///
    /// [`BuildError::MalformedParameter`] if `client_id` is not a URL that [`check_client_id_url`] lets pass, or the metadata name an authentication method
    /// that needs a secret. One must be named: what counts without is one of those.
    pub fn new(client_id: ClientId, metadata: ClientMetadata) -> Result<Self, BuildError> {
        if check_client_id_url(client_id.as_str()).is_err() {
            return Err(BuildError::MalformedParameter { name: "client_id" });
        }
        if needs_secret(&metadata) {
            return Err(BuildError::MalformedParameter { name: "token_endpoint_auth_method" });
        }
        Ok(Self { client_id, metadata, deviations: alloc::vec::Vec::new() })
    }

    /// The request for a document. Whoever sends it takes care that the host is none of its own network: a client names the URL.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] as [`check_client_id_url`].
    pub fn request(client_id: &ClientId) -> Result<HttpRequest, IdentifierError> {
        check_client_id_url(client_id.as_str())?;
        let request = HttpRequest::get(client_id.as_str(), Purpose::ClientMetadata);
        Ok(request.with_max_response_bytes(MAX_DOCUMENT_BYTES))
    }

    /// Reads the answer to [`ClientIdMetadata::request`] for this client.
    ///
    /// # Errors
    ///
    /// [`ResponseError`]. [`InvalidResponse::Malformed`] of `client_id` if the document is another client's, of `client_secret` and
    /// `token_endpoint_auth_method` if there is to be a secret: nobody could keep it.
    pub fn from_http(
        client_id: &ClientId,
        response: &HttpResponse,
        expect: &Expect<'_>,
    ) -> Result<Self, ResponseError> {
        if check_client_id_url(client_id.as_str()).is_err() {
            return Err(InvalidResponse::Malformed { member: "client_id" }.into());
        }
        if response.body().len() > MAX_DOCUMENT_BYTES {
            return Err(InvalidResponse::TooLong.into());
        }
        // Whoever can have a file served somewhere must not be a client there: what is no JSON by its own word is no document, in either reading.
        let is_document = is_json_document(response.header("content-type"));
        match response.status() {
            200 if !is_document => return Err(Deviation::ContentType.into()),
            status @ 201..=299 => return Err(Deviation::Status { found: status }.into()),
            _ => {}
        }
        let mut members = response::read(response, Success::with(200, "client_id"), expect)?;
        // Section 4.1: "The client metadata document MUST contain a client_id property whose value MUST match the URL of the document using simple string
        // comparison".
        match members.object.remove("client_id") {
            Some(Value::String(found)) if found == client_id.as_str() => {}
            Some(_) => return Err(InvalidResponse::Malformed { member: "client_id" }.into()),
            None => return Err(InvalidResponse::Missing { member: "client_id" }.into()),
        }
        // Section 4.1: "the client_secret and client_secret_expires_at properties MUST NOT be used".
        for member in ["client_secret", "client_secret_expires_at"] {
            if members.object.get(member).is_some() {
                return Err(InvalidResponse::Malformed { member }.into());
            }
        }
        // No server has registered this client, so what a server would say of it (a token, say) is none of the metadata.
        for member in SERVERS {
            members.object.remove(member);
        }
        let named = members.object.get("token_endpoint_auth_method").is_some();
        let metadata = ClientMetadata::read(&mut members)?;
        if named && needs_secret(&metadata) {
            return Err(InvalidResponse::Malformed { member: "token_endpoint_auth_method" }.into());
        }
        if !named {
            // The default of RFC 7591 needs a secret, so it cannot be what is meant.
            members.tolerance.tolerate(Deviation::Missing { member: "token_endpoint_auth_method" })?;
        }
        Ok(Self { client_id: client_id.clone(), metadata, deviations: members.tolerance.into_deviations() })
    }

    /// The client's identifier: the URL of the document.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// What the client says about itself, and nobody else.
    #[must_use]
    pub const fn metadata(&self) -> &ClientMetadata {
        &self.metadata
    }

    /// How the client authenticates: [`ClientAuthMethod::None`] if the document does not say, `None` for a method that is not known here.
    #[must_use]
    pub fn token_endpoint_auth_method(&self) -> Option<ClientAuthMethod> {
        match self.metadata.token_endpoint_auth_method_name() {
            None => Some(ClientAuthMethod::None),
            Some(_) => self.metadata.token_endpoint_auth_method(),
        }
    }

    /// Whether browsers may be sent back to this URI: it is in the document (see [`RedirectUri::is_registered_as`]).
    #[must_use]
    pub fn allows(&self, redirect_uri: &RedirectUri) -> bool {
        self.metadata.redirect_uris().any(|registered| redirect_uri.is_registered_as(&registered))
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The document. It may be cached: add what suits you.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let own = [("client_id", self.client_id.as_str())].into_iter().collect();
        let document = Joined { own, rest: self.metadata.to_object(), reserved: SERVERS };
        HttpResponse::json(200, &document).unwrap_or_else(|_| HttpResponse::new(500))
    }
}

/// Whether a client identifier is the URL of a document: `https`, with a path, without dot segments, fragment and user information (section 3). `http` on
/// loopback hosts is for tests: a server that is reached from outside refuses it.
///
/// # Errors
///
/// [`IdentifierError`] names what is wrong.
pub fn check_client_id_url(client_id: &str) -> Result<(), IdentifierError> {
    Endpoint::new(client_id)?;
    let after_scheme = client_id.split_once("://").map_or("", |(_, rest)| rest);
    let before_query = after_scheme.split('?').next().unwrap_or_default();
    // Section 3: "MUST contain a path component, MUST NOT contain single-dot or double-dot path segments".
    let (_, path) = before_query.split_once('/').ok_or(IdentifierError::NotAbsolute)?;
    if path.is_empty() {
        return Err(IdentifierError::NotAbsolute);
    }
    if path.split('/').any(is_dot_segment) { Err(IdentifierError::Character) } else { Ok(()) }
}

/// `.` and `..`, also in the spellings that URL parsers take for them.
fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "." | "..")
}

/// Section 4.1: "the token_endpoint_auth_method property MUST NOT include client_secret_post, client_secret_basic, client_secret_jwt, or any other method
/// based around a shared symmetric secret".
fn needs_secret(metadata: &ClientMetadata) -> bool {
    match metadata.token_endpoint_auth_method() {
        Some(
            ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::ClientSecretJwt,
        ) => true,
        Some(_) => false,
        // One that is not known here.
        None => metadata.token_endpoint_auth_method_name().is_some_and(|name| name.starts_with("client_secret")),
    }
}

/// `application/json`, or a type of its family (RFC 6839, section 3.1).
fn is_json_document(content_type: Option<&str>) -> bool {
    let media_type = response::media_type(content_type).to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}
