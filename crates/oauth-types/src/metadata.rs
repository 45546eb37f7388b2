//! What servers say about themselves: [`AuthorizationServer`] (RFC 8414; OpenID Connect Discovery 1.0) and [`ProtectedResource`] (RFC 9728).
//!
//! A client asks [`AuthorizationServer::well_known_urls`] in order and reads the first answer that is a document of **its** issuer: one that names another,
//! by as little as a `/`, must not be used (RFC 8414, section 3.3). A server writes its own with [`AuthorizationServer::to_http`].
//!
//! What is checked: the status, that the body is one JSON object without duplicate members, the issuer, and that every URL that requests will be sent to
//! is an [`Endpoint`](crate::Endpoint). A member that is not required and cannot be read counts as absent and is recorded as a [`Deviation`](crate::Deviation)
//! ([`Reading::Interop`](crate::Reading::Interop)), or costs the document ([`Reading::Strict`](crate::Reading::Strict)). Every text, list,
//! flag and URL that IANA's registry "OAuth Authorization Server Metadata" names has an accessor; the registered objects of federations (`jwks`,
//! `request_authentication_methods_supported`) are in [`AuthorizationServer::extra`], with all that is not registered.
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

mod error;
mod locate;
mod members;
mod mtls;
mod read;
mod resource;
mod server;

pub use error::MetadataError;
pub use locate::IssuerComparison;
pub use mtls::MtlsEndpointAliases;
pub use resource::{FoundBy, ProtectedResource};
pub use server::AuthorizationServer;
