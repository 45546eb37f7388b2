//! Authorization server metadata (RFC 8414; OpenID Connect Discovery 1.0): [`AuthorizationServer`].
//!
//! A client asks [`AuthorizationServer::well_known_urls`] in order and reads the first answer that is a document of **its** issuer: one that names another,
//! by as little as a `/`, must not be used (RFC 8414, section 3.3). A server writes its own with [`AuthorizationServer::to_http`].
//!
//! What is checked: the status, that the body is one JSON object without duplicate members, the issuer, and that every URL that requests will be sent to
//! is an [`Endpoint`]. A member that is not required and cannot be read counts as absent and is recorded as a [`Deviation`]
//! ([`Reading::Interop`]), or costs the document ([`Reading::Strict`]). Members that have no accessor are in [`AuthorizationServer::extra`].
//!
//! # Examples
//!
//! ```
//! use oauth_types::metadata::AuthorizationServer;
//! use oauth_types::{ClientAuthMethod, HttpResponse, Issuer, Reading};
//!
//! let issuer = Issuer::new("https://server.example.com/tenant/")?;
//! assert_eq!(AuthorizationServer::well_known_urls(&issuer), [
//!     "https://server.example.com/.well-known/oauth-authorization-server/tenant",
//!     "https://server.example.com/tenant/.well-known/openid-configuration",
//! ]);
//!
//! let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
//!     r#"{"issuer":"https://server.example.com/tenant/","token_endpoint":"https://server.example.com/token","response_types_supported":["code"]}"#,
//! );
//! let server = AuthorizationServer::from_http(&issuer, &response, Reading::Interop)?;
//! assert_eq!(server.token_endpoint().map(|endpoint| endpoint.as_str()), Some("https://server.example.com/token"));
//! assert!(server.token_endpoint_auth_methods().eq([ClientAuthMethod::ClientSecretBasic])); // the default
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::Blame;
use jwt_core::json::{JsonError, Object, Value};

use crate::authorization::ResponseMode;
use crate::client_auth::ClientAuthMethod;
use crate::http::{HttpRequest, HttpResponse, Purpose};
use crate::identifiers::{Endpoint, Issuer};
use crate::pkce::CodeChallenge;
use crate::reading::{Deviation, Reading};

mod read;

macro_rules! members {
    (
        endpoints { $($(#[$endpoint_doc:meta])* $endpoint:ident, $with_endpoint:ident;)+ }
        lists { $($(#[$list_doc:meta])* $list:ident, $with_list:ident = $list_name:literal;)+ }
        flags { $($(#[$flag_doc:meta])* $flag:ident, $with_flag:ident = $flag_name:literal;)+ }
    ) => {
        /// What an authorization server says about itself.
        ///
        /// Holds no secret and no type parameter: store it where you like ([`AuthorizationServer::to_json`] and [`AuthorizationServer::from_json`]).
        #[derive(Clone)]
        pub struct AuthorizationServer {
            issuer: Issuer,
            $($endpoint: Option<Endpoint>,)+
            $($list: Option<Vec<String>>,)+
            $($flag: Option<bool>,)+
            extra: Object,
            deviations: Vec<Deviation>,
        }

        impl AuthorizationServer {
            /// A server of which nothing but the issuer is known: for those without metadata, and for servers that write their own.
            #[must_use]
            pub const fn new(issuer: Issuer) -> Self {
                Self {
                    issuer,
                    $($endpoint: None,)+
                    $($list: None,)+
                    $($flag: None,)+
                    extra: Object::new(),
                    deviations: Vec::new(),
                }
            }

            $(
                $(#[$endpoint_doc])*
                #[must_use]
                pub const fn $endpoint(&self) -> Option<&Endpoint> {
                    self.$endpoint.as_ref()
                }

                #[doc = concat!("Sets `", stringify!($endpoint), "`.")]
                #[must_use]
                pub fn $with_endpoint(mut self, endpoint: Endpoint) -> Self {
                    self.$endpoint = Some(endpoint);
                    self
                }
            )+

            $(
                $(#[$list_doc])*
                #[must_use]
                pub fn $list(&self) -> Option<&[String]> {
                    self.$list.as_deref()
                }

                #[doc = concat!("Sets `", $list_name, "`; an empty list is none (RFC 8414, section 3.2).")]
                #[must_use]
                pub fn $with_list<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
                    self.$list = Some(values.into_iter().map(Into::into).collect()).filter(|values: &Vec<String>| !values.is_empty());
                    self
                }
            )+

            $(
                $(#[$flag_doc])*
                #[must_use]
                pub fn $flag(&self) -> bool {
                    self.$flag.unwrap_or(false)
                }

                #[doc = concat!("Sets `", $flag_name, "`.")]
                #[must_use]
                pub const fn $with_flag(mut self, value: bool) -> Self {
                    self.$flag = Some(value);
                    self
                }
            )+

            /// Takes every member that has an accessor out of the document.
            fn take_members(&mut self, members: &mut read::Members) -> Result<(), MetadataError> {
                $(self.$endpoint = members.take_endpoint(stringify!($endpoint))?;)+
                $(self.$list = members.take_list($list_name)?;)+
                $(self.$flag = members.take_flag($flag_name)?;)+
                Ok(())
            }

            /// The document: the members with accessors in the order of the accessors, then the others.
            fn to_object(&self) -> Object {
                let mut object = Object::new();
                object.insert("issuer", self.issuer.as_str());
                $(if let Some(endpoint) = &self.$endpoint {
                    object.insert(stringify!($endpoint), endpoint.as_str());
                })+
                $(if let Some(values) = &self.$list {
                    object.insert($list_name, values.clone());
                })+
                $(if let Some(value) = self.$flag {
                    object.insert($flag_name, value);
                })+
                for (name, value) in self.extra.iter() {
                    object.insert(name, value.clone());
                }
                object
            }
        }

        /// Names that [`AuthorizationServer::with_extra`] leaves to their own methods.
        const TYPED: &[&str] = &["issuer", $(stringify!($endpoint),)+ $($list_name,)+ $($flag_name,)+];
    };
}

members! {
    endpoints {
        /// Where browsers are sent (RFC 6749, section 3.1).
        authorization_endpoint, with_authorization_endpoint;
        /// Where tokens are asked for (RFC 6749, section 3.2).
        token_endpoint, with_token_endpoint;
        /// Where the server's public keys are.
        jwks_uri, with_jwks_uri;
        /// Where tokens are revoked (RFC 7009).
        revocation_endpoint, with_revocation_endpoint;
        /// Where tokens are looked up (RFC 7662).
        introspection_endpoint, with_introspection_endpoint;
        /// Where claims about the user are (OpenID Connect Core, section 5.3).
        userinfo_endpoint, with_userinfo_endpoint;
        /// Where clients register (RFC 7591).
        registration_endpoint, with_registration_endpoint;
        /// Where devices begin (RFC 8628).
        device_authorization_endpoint, with_device_authorization_endpoint;
        /// Where authorization requests are pushed (RFC 9126).
        pushed_authorization_request_endpoint, with_pushed_authorization_request_endpoint;
        /// Where a login without a browser begins (OpenID Connect CIBA Core).
        backchannel_authentication_endpoint, with_backchannel_authentication_endpoint;
        /// Where browsers are sent to log out (OpenID Connect RP-Initiated Logout).
        end_session_endpoint, with_end_session_endpoint;
    }
    lists {
        /// The values of `scope`, not always all of them.
        scopes, with_scopes = "scopes_supported";
        /// The values of `response_type`.
        response_types, with_response_types = "response_types_supported";
        /// The values of `response_mode`; where absent see [`AuthorizationServer::supports_response_mode`].
        response_modes, with_response_modes = "response_modes_supported";
        /// The values of `grant_type`; where absent see [`AuthorizationServer::supports_grant_type`].
        grant_types, with_grant_types = "grant_types_supported";
        /// The ways in which clients may authenticate, by name; see [`AuthorizationServer::token_endpoint_auth_methods`].
        token_endpoint_auth_method_names, with_token_endpoint_auth_method_names = "token_endpoint_auth_methods_supported";
        /// The algorithms of client assertions.
        token_endpoint_auth_signing_algs, with_token_endpoint_auth_signing_algs = "token_endpoint_auth_signing_alg_values_supported";
        /// The methods of PKCE; where absent, nothing is said (see [`AuthorizationServer::supports_s256`]).
        code_challenge_methods, with_code_challenge_methods = "code_challenge_methods_supported";
        /// The algorithms of ID tokens (OpenID Connect Discovery, section 3).
        id_token_signing_algs, with_id_token_signing_algs = "id_token_signing_alg_values_supported";
        /// The kinds of subject identifiers (OpenID Connect Discovery, section 3).
        subject_types, with_subject_types = "subject_types_supported";
        /// The authentication context classes (OpenID Connect Discovery, section 3).
        acr_values, with_acr_values = "acr_values_supported";
        /// The values of `prompt` (Initiating User Registration via OpenID Connect, section 4.2).
        prompt_values, with_prompt_values = "prompt_values_supported";
        /// The algorithms of DPoP proofs (RFC 9449, section 5.1).
        dpop_signing_algs, with_dpop_signing_algs = "dpop_signing_alg_values_supported";
    }
    flags {
        /// Whether every authorization response carries `iss` (RFC 9207, section 3): then one without is refused.
        iss_parameter_supported, with_iss_parameter_supported = "authorization_response_iss_parameter_supported";
        /// Whether authorization requests must be pushed (RFC 9126, section 5).
        require_pushed_authorization_requests, with_require_pushed_authorization_requests = "require_pushed_authorization_requests";
        /// Whether authorization requests must be signed (RFC 9101, section 10.5).
        require_signed_request_object, with_require_signed_request_object = "require_signed_request_object";
        /// Whether access tokens are bound to client certificates (RFC 8705, section 3.3).
        tls_client_certificate_bound_access_tokens, with_tls_client_certificate_bound_access_tokens = "tls_client_certificate_bound_access_tokens";
    }
}

impl AuthorizationServer {
    /// Where the document may be, in the order in which to ask: RFC 8414, section 3.1 puts the well-known part between host and path, OpenID Connect
    /// Discovery, section 4 appends it; a terminating `/` is removed before either.
    #[must_use]
    pub fn well_known_urls(issuer: &Issuer) -> Vec<String> {
        let issuer = issuer.as_str();
        let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
        let after_scheme = issuer.find("://").map_or(0, |at| at + 3);
        let path_at =
            issuer.get(after_scheme..).and_then(|rest| rest.find('/')).map_or(issuer.len(), |at| after_scheme + at);
        let (origin, path) = issuer.split_at_checked(path_at).unwrap_or((issuer, ""));
        alloc::vec![
            [origin, "/.well-known/oauth-authorization-server", path].concat(),
            [issuer, "/.well-known/openid-configuration"].concat(),
        ]
    }

    /// The request for a document.
    #[must_use]
    pub fn request(url: &str) -> HttpRequest {
        HttpRequest::get(url, Purpose::Metadata)
    }

    /// Reads an answer to [`AuthorizationServer::request`].
    ///
    /// # Errors
    ///
    /// [`MetadataError`]. All but [`MetadataError::IssuerMismatch`] mean that there is no document at this URL: ask the next one. A mismatch ends the
    /// search, since some server answers for another there.
    pub fn from_http(expected: &Issuer, response: &HttpResponse, reading: Reading) -> Result<Self, MetadataError> {
        read::from_http(expected, response, reading)
    }

    /// Reads a document that is at hand: stored by [`AuthorizationServer::to_json`], or kept in a configuration.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationServer::from_http`].
    pub fn from_json(expected: &Issuer, json: impl AsRef<[u8]>, reading: Reading) -> Result<Self, MetadataError> {
        read::from_json(expected, json.as_ref(), reading)
    }

    /// The document. Reading it back gives the same again, but for [`AuthorizationServer::deviations`].
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: all names are text.
        serde_json::to_string(&self.to_object()).unwrap_or_default()
    }

    /// A server's answer (RFC 8414, section 3.2). It may be cached, as the keys may not: add what suits you.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        HttpResponse::new(200).with_header("content-type", "application/json").with_body(self.to_json())
    }

    /// The server's identifier.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The ways in which a client may authenticate at the token endpoint, as far as they are known here. Without a list it is
    /// [`ClientAuthMethod::ClientSecretBasic`] (RFC 8414, section 2).
    pub fn token_endpoint_auth_methods(&self) -> impl Iterator<Item = ClientAuthMethod> {
        let default = self.token_endpoint_auth_method_names.is_none().then_some(ClientAuthMethod::ClientSecretBasic);
        let named = self.token_endpoint_auth_method_names().unwrap_or_default();
        named.iter().filter_map(|name| ClientAuthMethod::from_name(name)).chain(default)
    }

    /// Sets `token_endpoint_auth_methods_supported`.
    #[must_use]
    pub fn with_token_endpoint_auth_methods(self, methods: impl IntoIterator<Item = ClientAuthMethod>) -> Self {
        self.with_token_endpoint_auth_method_names(methods.into_iter().map(ClientAuthMethod::as_str))
    }

    /// Whether this grant type may be used. Without a list that is `authorization_code` and `implicit` (RFC 8414, section 2).
    #[must_use]
    pub fn supports_grant_type(&self, grant_type: &str) -> bool {
        match self.grant_types() {
            Some(types) => types.iter().any(|found| found == grant_type),
            None => matches!(grant_type, "authorization_code" | "implicit"),
        }
    }

    /// Whether this response mode may be asked for. Without a list that is `query` and `fragment` (RFC 8414, section 2).
    #[must_use]
    pub fn supports_response_mode(&self, mode: ResponseMode) -> bool {
        match self.response_modes() {
            Some(modes) => modes.iter().any(|found| found == mode.as_str()),
            None => matches!(mode, ResponseMode::Query | ResponseMode::Fragment),
        }
    }

    /// Whether PKCE with `S256` may be used. Without a list it may: many servers that do it do not say so, and one that does not know it ignores it
    /// (RFC 9700, section 2.1.1; RFC 7636, section 5).
    #[must_use]
    pub fn supports_s256(&self) -> bool {
        self.code_challenge_methods().is_none_or(|methods| methods.iter().any(|found| found == CodeChallenge::METHOD))
    }

    /// All other members.
    #[must_use]
    pub const fn extra(&self) -> &Object {
        &self.extra
    }

    /// Sets a member that has no accessor. One that has is left alone.
    #[must_use]
    pub fn with_extra(mut self, name: &str, value: impl Into<Value>) -> Self {
        if !TYPED.contains(&name) {
            self.extra.insert(name.to_owned(), value);
        }
        self
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }
}

impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServer")
            .field("issuer", &self.issuer)
            .field("members", &self.to_object())
            .field("deviations", &self.deviations)
            .finish()
    }
}

/// Why an answer is not the metadata of the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The status is not 200 (RFC 8414, section 3.2). A redirect is not followed.
    #[error("the metadata was answered with status {status}")]
    Status {
        /// The status that came.
        status: u16,
    },
    /// The body is not one JSON object, or too large: an HTML page, say.
    #[error("the metadata is not a json object: {0}")]
    Json(#[from] JsonError),
    /// A required member is missing.
    #[error("the metadata has no {member}")]
    Missing {
        /// The member's registered name.
        member: &'static str,
    },
    /// A required member has the wrong type, or is a URL that nothing may be sent to.
    #[error("{member} in the metadata is malformed")]
    Malformed {
        /// The member's registered name.
        member: &'static str,
    },
    /// The document is another issuer's (RFC 8414, section 3.3): "the data contained in the response MUST NOT be used".
    #[error("the metadata names another issuer")]
    IssuerMismatch,
    /// In [`Reading::Strict`]: the document deviates from its RFC.
    #[error("the metadata deviates from its specification: {0}")]
    Deviation(Deviation),
}

impl MetadataError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Status { .. } => "metadata_status",
            Self::Json(_) => "metadata_json",
            Self::Missing { .. } => "metadata_missing",
            Self::Malformed { .. } => "metadata_malformed",
            Self::IssuerMismatch => "metadata_issuer_mismatch",
            Self::Deviation(_) => "metadata_deviation",
        }
    }

    /// The server; for a 429 or 5xx nobody: no usable answer came.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::Status { status: 429 | 500..=599 } => Blame::Transport,
            Self::Status { .. }
            | Self::Json(_)
            | Self::Missing { .. }
            | Self::Malformed { .. }
            | Self::IssuerMismatch
            | Self::Deviation(_) => Blame::Peer,
        }
    }

    /// Whether the document is another issuer's: the one error after which no other URL is to be asked.
    #[must_use]
    pub const fn is_issuer_mismatch(self) -> bool {
        matches!(self, Self::IssuerMismatch)
    }
}

impl From<Deviation> for MetadataError {
    fn from(deviation: Deviation) -> Self {
        Self::Deviation(deviation)
    }
}

#[cfg(test)]
mod tests;
