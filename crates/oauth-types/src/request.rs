//! What the requests of a client to an endpoint have in common: [`BuildError`] for who makes one, [`RequestError`] for who reads one.
//!
//! A request to an endpoint is a form, posted (RFC 6749, section 3.2; RFC 7591 and RFC 7592 have JSON), by a client that authenticates in one way.
//!
//! ```text
//! POST /token HTTP/1.1
//! Host: server.example.com
//! Content-Type: application/x-www-form-urlencoded
//!
//! grant_type=client_credentials&client_id=s6BhdRkqt3
//! ```
//!
//! Checked here, for all of them: who writes one repeats no parameter and sets none that the request sets itself; who reads one refuses another method or
//! content type, a body that is too long, a repeated parameter, and credentials in the URL. An empty parameter counts as absent. What a parameter may hold is
//! checked by the module whose request it is.
//!
//! ```
//! use oauth_types::{BuildError, ClientAuth, ClientId, Endpoint, HttpRequest, Method, RequestError, TokenRequest};
//!
//! let endpoint = Endpoint::new("https://server.example.com/token")?;
//! let twice = TokenRequest::client_credentials().with_parameter("grant_type", "password");
//! let error = twice.to_http(&endpoint, &ClientId::new("s6BhdRkqt3")?, &ClientAuth::None).unwrap_err();
//! assert_eq!(error, BuildError::ReservedParameter { name: "grant_type".into() });
//!
//! let got = HttpRequest::received(Method::Get, "/token", [("host", "server.example.com")], "");
//! let error = TokenRequest::from_http(&got).unwrap_err();
//! assert_eq!(error, RequestError::Method);
//! assert_eq!((error.to_http().status(), error.to_http().header("allow")), (405, Some("POST")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod parameters;

use alloc::string::String;

use jwt_core::Blame;
use jwt_core::json::{self, JsonError, Object};

pub(crate) use self::parameters::{Further, Own, Parameters, check_further, further, targets};
use crate::client_auth::ClientAuth;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::form::{FormBuilder, FormError};
use crate::http::{HttpRequest, HttpResponse, Purpose, Replay};
use crate::identifiers::{ClientId, Endpoint};
use crate::response::{self, InvalidResponse};

/// Why a request cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A parameter of the caller's own has a name that the request, or the client's authentication, sets itself.
    #[error("parameter {name:?} is set by the request itself")]
    ReservedParameter {
        /// The name.
        name: String,
    },
    /// A parameter of the caller's own is given twice (RFC 6749, section 3.2: "MUST NOT be included more than once").
    #[error("parameter {name:?} is given twice")]
    RepeatedParameter {
        /// The name.
        name: String,
    },
    /// A parameter of the caller's own has no name or no value (RFC 6749, section 3.2: one without a value counts as omitted).
    #[error("a parameter without a name or a value")]
    EmptyParameter,
    /// The client's identifier, secret or assertion cannot be written in the way that was chosen.
    #[error("the client's credentials cannot be written in this way")]
    Credentials,
    /// The access token is no `b64token` (RFC 6750, section 2.1), so that it cannot stand in an `Authorization` field.
    #[error("the access token cannot be written into an authorization field")]
    AccessToken,
    /// The DPoP proof is no compact JWS (RFC 9449, section 4.1).
    #[error("the dpop proof is no compact jws")]
    Proof,
    /// The query of the redirect URI has a parameter that the answer has, too (`state`, say), or cannot be read: no answer to it could be read either, since
    /// the query is kept (RFC 6749, section 3.1.2) and no parameter may come twice (section 3.1).
    #[error("the redirect uri's own query has a parameter of the answer, or cannot be read")]
    RedirectUri,
    /// A parameter or member has a value that its RFC excludes.
    #[error("{name} has a value that is not allowed")]
    MalformedParameter {
        /// The registered name.
        name: &'static str,
    },
}

impl BuildError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReservedParameter { .. } => "reserved_parameter",
            Self::RepeatedParameter { .. } => "repeated_parameter",
            Self::EmptyParameter => "empty_parameter",
            Self::Credentials => "unwritable_credentials",
            Self::MalformedParameter { .. } => "unwritable_parameter",
            Self::AccessToken => "unwritable_access_token",
            Self::Proof => "unwritable_dpop_proof",
            Self::RedirectUri => "unwritable_redirect_uri",
        }
    }

    /// Always the caller's.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Caller
    }
}

/// Why a request that came to a server is refused. [`RequestError::to_http`] is what to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not a `POST`.
    #[error("the request is not a post")]
    Method,
    /// Not `application/x-www-form-urlencoded`, or where JSON is demanded not that.
    #[error("the request has another content type than it should")]
    ContentType,
    /// The body, or the query of the URL, cannot be read: too long, too many parameters, not UTF-8.
    #[error("{0}")]
    Form(FormError),
    /// A parameter that may come once came twice (RFC 6749, section 3.2).
    #[error("a parameter is repeated")]
    RepeatedParameter,
    /// A required parameter is missing or empty.
    #[error("{name} is missing")]
    MissingParameter {
        /// The parameter's registered name.
        name: &'static str,
    },
    /// A parameter's value breaks the rules of its RFC.
    #[error("{name} is malformed")]
    MalformedParameter {
        /// The parameter's registered name.
        name: &'static str,
    },
    /// The grant type is not supported.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
    /// More than one client authentication (RFC 6749, section 2.3).
    #[error("more than one client authentication")]
    ManyAuthentications,
    /// The client's secret stands in the URL (RFC 6749, section 2.3.1).
    #[error("client credentials in the url")]
    CredentialsInUrl,
    /// The `Authorization` field cannot be read.
    #[error("malformed client credentials")]
    Credentials,
    /// The body names another client than the `Authorization` field.
    #[error("two different client identifiers")]
    ClientMismatch,
    /// A way to authenticate that is not supported.
    #[error("unsupported client authentication")]
    UnsupportedAuthentication,
    /// Another method than the ones that may be used here.
    #[error("the method is not {allowed}")]
    MethodOtherThan {
        /// Those that may be, as they stand in an `Allow` field.
        allowed: &'static str,
    },
    /// No access token in the `Authorization` field, or more than one (RFC 6750, section 2.1).
    #[error("no access token, or a malformed one")]
    AccessToken,
    /// A token that is bound to a DPoP key came without a proof, or with more than one, or with one that is no compact JWS (RFC 9449, sections 4.3 and 7.1).
    #[error("no dpop proof, or a malformed one")]
    Proof,
    /// The body is not one JSON object without duplicate members.
    #[error(transparent)]
    Json(JsonError),
    /// A member of the body breaks the rules of its RFC.
    #[error("{0}")]
    Members(InvalidResponse),
    /// A redirect URI that a client wants to register is none (RFC 7591, section 3.2.2).
    #[error("redirect_uris is malformed")]
    RedirectUri,
    /// A client's metadata break the rules of their RFC (RFC 7591, section 3.2.2).
    #[error("{member} is malformed or not allowed")]
    ClientMetadata {
        /// The member's registered name.
        member: &'static str,
    },
}

impl RequestError {
    /// The stable, machine-readable name of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Method => "request_method",
            Self::ContentType => "request_content_type",
            Self::Form(error) => error.code(),
            Self::RepeatedParameter => "request_repeated_parameter",
            Self::MissingParameter { .. } => "missing_parameter",
            Self::MalformedParameter { .. } => "malformed_parameter",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::ManyAuthentications => "many_client_authentications",
            Self::CredentialsInUrl => "credentials_in_url",
            Self::Credentials => "malformed_credentials",
            Self::ClientMismatch => "client_mismatch",
            Self::UnsupportedAuthentication => "unsupported_client_authentication",
            Self::MethodOtherThan { .. } => "request_method",
            Self::AccessToken => "request_access_token",
            Self::Proof => "request_dpop_proof",
            Self::Json(error) => error.code(),
            Self::Members(reason) => reason.code(),
            Self::RedirectUri => "request_redirect_uri",
            Self::ClientMetadata { .. } => "request_client_metadata",
        }
    }

    /// Always the peer's: here, the client's.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }

    /// The error code to answer with (RFC 6749, section 5.2).
    #[must_use]
    pub const fn error_code(self) -> ErrorCode {
        match self {
            Self::MalformedParameter { name } => malformed(name),
            Self::Method
            | Self::ContentType
            | Self::Form(_)
            | Self::RepeatedParameter
            | Self::MissingParameter { .. }
            | Self::ManyAuthentications
            | Self::CredentialsInUrl
            | Self::ClientMismatch
            | Self::MethodOtherThan { .. }
            | Self::Json(_)
            | Self::Members(_) => ErrorCode::InvalidRequest,
            Self::AccessToken => ErrorCode::InvalidToken,
            Self::Proof => ErrorCode::InvalidDpopProof,
            Self::RedirectUri => ErrorCode::InvalidRedirectUri,
            Self::ClientMetadata { .. } => ErrorCode::InvalidClientMetadata,
            Self::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
            Self::Credentials | Self::UnsupportedAuthentication => ErrorCode::InvalidClient,
        }
    }

    /// The answer: an [`ErrorResponse`] with the right status and fields.
    #[must_use]
    pub fn to_http(self) -> HttpResponse {
        let answer = ErrorResponse::new(self.error_code());
        match self {
            Self::Method => answer.to_http(405).with_header("allow", "POST"),
            Self::MethodOtherThan { allowed } => answer.to_http(405).with_header("allow", allowed),
            Self::Form(FormError::TooLong) => answer.to_http(413),
            // RFC 6750, section 3.1: without an error code, since the request had no credentials that can be read.
            Self::AccessToken => answer.to_http(401).with_header("www-authenticate", "Bearer"),
            // RFC 9449, section 7.1: a DPoP challenge, with the error of the proof.
            Self::Proof => answer.to_http(401).with_header("www-authenticate", "DPoP error=\"invalid_dpop_proof\""),
            // RFC 6749, section 5.2: "the authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include the
            // "WWW-Authenticate" response header field matching the authentication scheme used by the client."
            Self::Credentials | Self::UnsupportedAuthentication => {
                answer.to_http(401).with_header("www-authenticate", "Basic realm=\"client\"")
            }
            Self::ContentType
            | Self::Form(_)
            | Self::RepeatedParameter
            | Self::MissingParameter { .. }
            | Self::MalformedParameter { .. }
            | Self::UnsupportedGrantType
            | Self::ManyAuthentications
            | Self::CredentialsInUrl
            | Self::ClientMismatch
            | Self::Json(_)
            | Self::Members(_)
            | Self::RedirectUri
            | Self::ClientMetadata { .. } => answer.to_http(400),
        }
    }
}

/// The error code for a malformed parameter of this name.
pub(crate) const fn malformed(name: &str) -> ErrorCode {
    match name.as_bytes() {
        // RFC 9396, section 5.
        b"authorization_details" => ErrorCode::InvalidAuthorizationDetails,
        // RFC 6749, section 5.2: "The requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner."
        b"scope" => ErrorCode::InvalidScope,
        // RFC 8707, section 2: "The requested resource is invalid, missing, unknown, or malformed."
        b"resource" => ErrorCode::InvalidTarget,
        // CIBA Core 1.0, section 13.
        b"binding_message" => ErrorCode::InvalidBindingMessage,
        _ => ErrorCode::InvalidRequest,
    }
}

impl From<InvalidResponse> for RequestError {
    fn from(reason: InvalidResponse) -> Self {
        Self::Members(reason)
    }
}

impl From<FormError> for RequestError {
    fn from(error: FormError) -> Self {
        Self::Form(error)
    }
}

/// Makes the one request of its kind: a form, posted by a client that authenticates in one way.
///
/// `own` are the parameters of the request itself, whose names are registered, `further` those of the caller, which must not repeat `reserved` ones.
pub(crate) fn post<'p>(
    endpoint: &Endpoint,
    (purpose, replay): (Purpose, Replay),
    own: &[(&'static str, &'p str)],
    further: &'p Further,
    reserved: &[&str],
    (client_id, auth): (&'p ClientId, &'p ClientAuth),
) -> Result<HttpRequest, BuildError> {
    check_further(further, reserved)?;
    auth.check()?;
    // Some requests name the client by themselves (RFC 9126, section 2.1).
    let named = own.iter().any(|(name, _)| *name == "client_id");
    let authentication = auth.parameters(client_id).filter(|(name, _)| !named || *name != "client_id");
    let body = write(own, further, authentication);
    let replay = match replay {
        Replay::Safe if auth.is_spent_by_sending() => Replay::IfNotSent,
        Replay::Safe | Replay::IfNotSent | Replay::Never => replay,
    };
    let request = HttpRequest::post_form(endpoint.shared(), purpose, body)
        .with_replay(replay)
        .with_client_certificate(auth.is_by_certificate());
    Ok(match auth.authorization(client_id)? {
        Some(field) => request.with_authorization(field),
        None => request,
    })
}

/// The same by somebody who is no client, or shows that in another way.
pub(crate) fn post_without_client(
    endpoint: &Endpoint,
    (purpose, replay): (Purpose, Replay),
    own: &[(&'static str, &str)],
    further: &Further,
    reserved: &[&str],
) -> Result<HttpRequest, BuildError> {
    check_further(further, reserved)?;
    let body = write(own, further, core::iter::empty());
    Ok(HttpRequest::post_form(endpoint.shared(), purpose, body).with_replay(replay))
}

fn write<'p>(
    own: &[(&'static str, &'p str)],
    further: &'p Further,
    authentication: impl Iterator<Item = (&'static str, &'p str)> + Clone,
) -> String {
    // Room for a few encoded characters in each value.
    let mut room = 0;
    let mut count = |(name, value): (&str, &str)| room += name.len() + value.len() + 16;
    own.iter().copied().for_each(&mut count);
    further.iter().for_each(&mut count);
    authentication.clone().for_each(&mut count);
    let mut body = FormBuilder::with_capacity(room);
    own.iter().for_each(|(name, value)| body.append_registered(name, value));
    for (name, value) in further.iter() {
        body.append(name, value);
    }
    authentication.for_each(|(name, value)| body.append_registered(name, value));
    body.finish()
}

/// Whether an `Accept` field names this media type (RFC 9110, section 12.5.1).
pub(crate) fn accepts(request: &HttpRequest, media_type: &str) -> bool {
    let mut ranges = request.header_values("accept").flat_map(|value| value.split(','));
    ranges.any(|range| response::is_media_type(Some(range), media_type))
}

/// Reads the JSON object in the body of a request that came to a server.
pub(crate) fn read_json(request: &HttpRequest) -> Result<Object, RequestError> {
    if !response::is_json(request.header("content-type")) {
        return Err(RequestError::ContentType);
    }
    json::object_from_slice(request.body(), &response::limits()).map_err(RequestError::Json)
}

/// What client authentication puts into the body (RFC 6749, section 2.3.1; RFC 7521, section 4.2).
const AUTHENTICATION: &[&str] = &["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// RFC 8707, section 2, and RFC 8693, section 2.1: the parameters that may come several times.
const REPEATABLE: &[&str] = &["resource", "audience"];
