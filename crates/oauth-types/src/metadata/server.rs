//! [`AuthorizationServer`].

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{Object, Value};

use super::MetadataError;
use super::locate::{self, IssuerComparison};
use super::members::{document, joined};
use super::mtls::MtlsEndpointAliases;
use super::read::{self, Member, Members};
use crate::authorization::ResponseMode;
use crate::client_auth::ClientAuthMethod;
use crate::error_response::is_plain_url;
use crate::http::{HttpRequest, HttpResponse, Purpose};
use crate::identifiers::{Endpoint, Issuer};
use crate::pkce::CodeChallenge;
use crate::reading::{Deviation, Reading, Tolerance};

document! {
    /// What an authorization server says about itself (RFC 8414, OpenID Connect Discovery).
    ///
    /// Holds no secret and no type parameter: store it where you like ([`AuthorizationServer::to_json`] and [`AuthorizationServer::from_json`]).
    AuthorizationServer {
        /// The server's identifier.
        issuer: Issuer
    }
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
        /// Where the addresses of all status lists are (Token Status List, section 9).
        status_list_aggregation_endpoint, with_status_list_aggregation_endpoint;
        /// Where members of a federation register (OpenID Federation, section 5.1.3).
        federation_registration_endpoint, with_federation_registration_endpoint;
        /// Where the public keys are as a signed JWT (OpenID Federation, section 5.2.1).
        signed_jwks_uri, with_signed_jwks_uri;
    }
    links {
        /// A page for developers.
        service_documentation, with_service_documentation;
        /// A page about how a client may use the data.
        op_policy_uri, with_op_policy_uri;
        /// The terms of service.
        op_tos_uri, with_op_tos_uri;
        /// The page that watches the session from a frame (OpenID Connect Session Management).
        check_session_iframe, with_check_session_iframe;
        /// The organization's logo (OpenID Federation, section 5.2.2).
        logo_uri, with_logo_uri;
        /// A page about the server (OpenID Federation, section 5.2.2).
        information_uri, with_information_uri;
        /// The organization's page (OpenID Federation, section 5.2.2).
        organization_uri, with_organization_uri;
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
        /// The same for revocation; see [`AuthorizationServer::revocation_endpoint_auth_methods`].
        revocation_endpoint_auth_method_names, with_revocation_endpoint_auth_method_names = "revocation_endpoint_auth_methods_supported";
        /// The algorithms of client assertions for revocation.
        revocation_endpoint_auth_signing_algs, with_revocation_endpoint_auth_signing_algs = "revocation_endpoint_auth_signing_alg_values_supported";
        /// The same for introspection, where access tokens may do too: names of methods or of token types. Where absent, nothing is said.
        introspection_endpoint_auth_method_names, with_introspection_endpoint_auth_method_names = "introspection_endpoint_auth_methods_supported";
        /// The algorithms of client assertions for introspection.
        introspection_endpoint_auth_signing_algs, with_introspection_endpoint_auth_signing_algs = "introspection_endpoint_auth_signing_alg_values_supported";
        /// The methods of PKCE; where absent, nothing is said (see [`AuthorizationServer::supports_s256`]).
        code_challenge_methods, with_code_challenge_methods = "code_challenge_methods_supported";
        /// The languages of the pages, as language tags (RFC 5646).
        ui_locales, with_ui_locales = "ui_locales_supported";
        /// The algorithms of ID tokens (OpenID Connect Discovery, section 3).
        id_token_signing_algs, with_id_token_signing_algs = "id_token_signing_alg_values_supported";
        /// The key management algorithms of encrypted ID tokens (OpenID Connect Discovery, section 3).
        id_token_encryption_algs, with_id_token_encryption_algs = "id_token_encryption_alg_values_supported";
        /// The content encryption algorithms of encrypted ID tokens (OpenID Connect Discovery, section 3).
        id_token_encryption_encs, with_id_token_encryption_encs = "id_token_encryption_enc_values_supported";
        /// The algorithms of signed user info (OpenID Connect Discovery, section 3).
        userinfo_signing_algs, with_userinfo_signing_algs = "userinfo_signing_alg_values_supported";
        /// The key management algorithms of encrypted user info (OpenID Connect Discovery, section 3).
        userinfo_encryption_algs, with_userinfo_encryption_algs = "userinfo_encryption_alg_values_supported";
        /// The content encryption algorithms of encrypted user info (OpenID Connect Discovery, section 3).
        userinfo_encryption_encs, with_userinfo_encryption_encs = "userinfo_encryption_enc_values_supported";
        /// The algorithms of request objects (OpenID Connect Discovery, section 3; RFC 9101).
        request_object_signing_algs, with_request_object_signing_algs = "request_object_signing_alg_values_supported";
        /// The key management algorithms of encrypted request objects (OpenID Connect Discovery, section 3).
        request_object_encryption_algs, with_request_object_encryption_algs = "request_object_encryption_alg_values_supported";
        /// The content encryption algorithms of encrypted request objects (OpenID Connect Discovery, section 3).
        request_object_encryption_encs, with_request_object_encryption_encs = "request_object_encryption_enc_values_supported";
        /// The algorithms of signed authorization responses (JARM, section 4).
        authorization_signing_algs, with_authorization_signing_algs = "authorization_signing_alg_values_supported";
        /// The key management algorithms of encrypted authorization responses (JARM, section 4).
        authorization_encryption_algs, with_authorization_encryption_algs = "authorization_encryption_alg_values_supported";
        /// The content encryption algorithms of encrypted authorization responses (JARM, section 4).
        authorization_encryption_encs, with_authorization_encryption_encs = "authorization_encryption_enc_values_supported";
        /// The algorithms of signed introspection responses (RFC 9701, section 7).
        introspection_signing_algs, with_introspection_signing_algs = "introspection_signing_alg_values_supported";
        /// The key management algorithms of encrypted introspection responses (RFC 9701, section 7).
        introspection_encryption_algs, with_introspection_encryption_algs = "introspection_encryption_alg_values_supported";
        /// The content encryption algorithms of encrypted introspection responses (RFC 9701, section 7).
        introspection_encryption_encs, with_introspection_encryption_encs = "introspection_encryption_enc_values_supported";
        /// The kinds of subject identifiers (OpenID Connect Discovery, section 3).
        subject_types, with_subject_types = "subject_types_supported";
        /// The authentication context classes (OpenID Connect Discovery, section 3).
        acr_values, with_acr_values = "acr_values_supported";
        /// The values of `display` (OpenID Connect Discovery, section 3).
        display_values, with_display_values = "display_values_supported";
        /// The values of `prompt` (Initiating User Registration via OpenID Connect, section 4.2).
        prompt_values, with_prompt_values = "prompt_values_supported";
        /// The kinds of claims; where absent it is `normal` (OpenID Connect Discovery, section 3).
        claim_types, with_claim_types = "claim_types_supported";
        /// The claims that may be given, not always all of them (OpenID Connect Discovery, section 3).
        claims, with_claims = "claims_supported";
        /// The languages of claims, as language tags (OpenID Connect Discovery, section 3).
        claims_locales, with_claims_locales = "claims_locales_supported";
        /// `poll`, `ping`, `push` (CIBA Core, section 4).
        backchannel_token_delivery_modes, with_backchannel_token_delivery_modes = "backchannel_token_delivery_modes_supported";
        /// The algorithms of signed CIBA requests (CIBA Core, section 4).
        backchannel_authentication_request_signing_algs, with_backchannel_authentication_request_signing_algs = "backchannel_authentication_request_signing_alg_values_supported";
        /// The algorithms of DPoP proofs (RFC 9449, section 5.1).
        dpop_signing_algs, with_dpop_signing_algs = "dpop_signing_alg_values_supported";
        /// The types of authorization details (RFC 9396, section 10).
        authorization_details_types, with_authorization_details_types = "authorization_details_types_supported";
        /// The resources for which the server issues tokens, not always all of them (RFC 9728, section 4).
        protected_resources, with_protected_resources = "protected_resources";
        /// The types of tokens that may be asked for in another domain (OAuth Identity and Authorization Chaining Across Domains, section 3).
        identity_chaining_requested_token_types, with_identity_chaining_requested_token_types = "identity_chaining_requested_token_types_supported";
        /// `automatic`, `explicit` (OpenID Federation, section 5.1.3).
        client_registration_types, with_client_registration_types = "client_registration_types_supported";
        /// Words about the server (OpenID Federation, section 5.2.2).
        keywords, with_keywords = "keywords";
        /// Whom to ask (OpenID Federation, section 5.2.2).
        contacts, with_contacts = "contacts";
        /// The algorithms of NFV tokens (ETSI GS NFV-SEC 022).
        nfv_token_signing_algs, with_nfv_token_signing_algs = "nfv_token_signing_alg_values_supported";
        /// The key management algorithms of encrypted NFV tokens (ETSI GS NFV-SEC 022).
        nfv_token_encryption_algs, with_nfv_token_encryption_algs = "nfv_token_encryption_alg_values_supported";
        /// The content encryption algorithms of encrypted NFV tokens (ETSI GS NFV-SEC 022).
        nfv_token_encryption_encs, with_nfv_token_encryption_encs = "nfv_token_encryption_enc_values_supported";
    }
    flags {
        /// Whether every authorization response carries `iss` (RFC 9207, section 3): then one without is refused.
        iss_parameter_supported, with_iss_parameter_supported = "authorization_response_iss_parameter_supported", false;
        /// Whether authorization requests must be pushed (RFC 9126, section 5).
        require_pushed_authorization_requests, with_require_pushed_authorization_requests = "require_pushed_authorization_requests", false;
        /// Whether authorization requests must be signed (RFC 9101, section 10.5).
        require_signed_request_object, with_require_signed_request_object = "require_signed_request_object", false;
        /// Whether access tokens are bound to client certificates (RFC 8705, section 3.3).
        tls_client_certificate_bound_access_tokens, with_tls_client_certificate_bound_access_tokens = "tls_client_certificate_bound_access_tokens", false;
        /// Whether a client may be named by the URL of its metadata (OAuth Client ID Metadata Document).
        client_id_metadata_document_supported, with_client_id_metadata_document_supported = "client_id_metadata_document_supported", false;
        /// Whether `claims` may be asked for (OpenID Connect Discovery, section 3).
        claims_parameter_supported, with_claims_parameter_supported = "claims_parameter_supported", false;
        /// Whether requests may be request objects (OpenID Connect Discovery, section 3).
        request_parameter_supported, with_request_parameter_supported = "request_parameter_supported", false;
        /// Whether requests may be request objects by URL; where absent they may (OpenID Connect Discovery, section 3).
        request_uri_parameter_supported, with_request_uri_parameter_supported = "request_uri_parameter_supported", true;
        /// Whether those URLs must be registered (OpenID Connect Discovery, section 3).
        require_request_uri_registration, with_require_request_uri_registration = "require_request_uri_registration", false;
        /// Whether the server tells clients of a logout through the browser (OpenID Connect Front-Channel Logout, section 3).
        frontchannel_logout_supported, with_frontchannel_logout_supported = "frontchannel_logout_supported", false;
        /// Whether it then sends `iss` and `sid` (OpenID Connect Front-Channel Logout, section 3).
        frontchannel_logout_session_supported, with_frontchannel_logout_session_supported = "frontchannel_logout_session_supported", false;
        /// Whether the server tells clients of a logout directly (OpenID Connect Back-Channel Logout, section 2.1).
        backchannel_logout_supported, with_backchannel_logout_supported = "backchannel_logout_supported", false;
        /// Whether it then sends `sid` (OpenID Connect Back-Channel Logout, section 2.1).
        backchannel_logout_session_supported, with_backchannel_logout_session_supported = "backchannel_logout_session_supported", false;
        /// Whether CIBA requests may have a `user_code` (CIBA Core, section 4).
        backchannel_user_code_parameter_supported, with_backchannel_user_code_parameter_supported = "backchannel_user_code_parameter_supported", false;
    }
    texts {
        /// The members as a signed JWT, as it came: not verified (RFC 8414, section 2.1).
        signed_metadata, with_signed_metadata;
        /// The organization's name for people (OpenID Federation, section 5.2.2).
        organization_name, with_organization_name;
        /// The server's name for people (OpenID Federation, section 5.2.2).
        display_name, with_display_name;
        /// What the server is, for people (OpenID Federation, section 5.2.2).
        description, with_description;
    }
    typed {
        mtls_endpoint_aliases: MtlsEndpointAliases;
    }
    settings {
        /// Whether its ID tokens may name it without `https://`, as Google's do ([`Provider::schemeless_issuer`](crate::providers::Provider::schemeless_issuer)):
        /// `accounts.google.com` is then the issuer `https://accounts.google.com`. Nothing else of it is compared in another way: not its metadata, not the `iss`
        /// of a callback.
        schemeless_issuer, with_schemeless_issuer;
    }
}

impl AuthorizationServer {
    /// Where the document may be, in the order in which to ask: RFC 8414, section 3.1 puts the well-known part between host and path, OpenID Connect
    /// Discovery, section 4 appends it; a terminating `/` is removed before either.
    #[must_use]
    pub fn well_known_urls(issuer: &Issuer) -> Vec<String> {
        alloc::vec![locate::inserted(issuer, locate::OAUTH), locate::appended(issuer, locate::OPENID)]
    }

    /// Where MCP clients look, in the order in which to ask: for an issuer with a path there is one more URL, with OpenID's well-known part between host and
    /// path too.
    #[must_use]
    pub fn mcp_well_known_urls(issuer: &Issuer) -> Vec<String> {
        locate::with_both_openid(issuer)
    }

    /// Reads an answer to [`AuthorizationServer::request`].
    ///
    /// # Errors
    ///
    /// [`MetadataError`]. All but [`MetadataError::IssuerMismatch`] mean that there is no document at this URL: ask the next one. A mismatch ends the
    /// search, since some server answers for another there.
    pub fn from_http(expected: &Issuer, response: &HttpResponse, reading: Reading) -> Result<Self, MetadataError> {
        Self::from_http_by(IssuerComparison::Exact, expected, response, reading)
    }

    /// As [`AuthorizationServer::from_http`], for the providers whose documents name another issuer than they are asked for. The issuer of what is read is
    /// the document's: it is what the provider's tokens and answers name. A difference is recorded as [`Deviation::Differs`].
    ///
    /// # Errors
    ///
    /// As [`AuthorizationServer::from_http`].
    pub fn from_http_by(
        comparison: IssuerComparison,
        expected: &Issuer,
        response: &HttpResponse,
        reading: Reading,
    ) -> Result<Self, MetadataError> {
        Self::read(comparison, expected, Members::from_http(response, reading)?)
    }

    /// Reads a document that is at hand: stored by [`AuthorizationServer::to_json`], or kept in a configuration.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationServer::from_http`].
    pub fn from_json(expected: &Issuer, json: impl AsRef<[u8]>, reading: Reading) -> Result<Self, MetadataError> {
        Self::read(IssuerComparison::Exact, expected, Members::from_json(json.as_ref(), reading)?)
    }

    fn read(comparison: IssuerComparison, expected: &Issuer, mut members: Members) -> Result<Self, MetadataError> {
        // Before anything else is looked at. RFC 8414, section 3.3: "The "issuer" value returned MUST be identical to the authorization server's issuer
        // identifier value into which the well-known URI string was inserted".
        let found = members.take_identifier("issuer")?;
        let comparison = if members.tolerance.is_strict() { IssuerComparison::Exact } else { comparison };
        let mut server = if found == expected.as_str() {
            Self::new(expected.clone())
        } else if comparison.matches(expected, &found) {
            members.tolerance.tolerate(Deviation::Differs { member: "issuer" })?;
            Self::new(Issuer::new(found).map_err(|_| MetadataError::IssuerMismatch)?)
        } else {
            return Err(MetadataError::IssuerMismatch);
        };
        server.take_members(&mut members)?;
        server.check(&mut members.tolerance)?;
        server.extra = members.object;
        server.deviations = members.tolerance.into_deviations();
        Ok(server)
    }

    /// RFC 8414, section 2, and OpenID Connect Discovery, section 3: what a document must have.
    fn check(&mut self, tolerance: &mut Tolerance) -> Result<(), Deviation> {
        if self.response_types.is_none() {
            tolerance.tolerate(Deviation::Missing { member: "response_types_supported" })?;
        }
        // "This is REQUIRED unless no grant types are supported that use the authorization endpoint."
        let uses_authorization = self.supports_grant_type("authorization_code") || self.supports_grant_type("implicit");
        if uses_authorization && self.authorization_endpoint.is_none() {
            tolerance.tolerate(Deviation::Missing { member: "authorization_endpoint" })?;
        }
        // "This is REQUIRED unless only the implicit grant type is supported."
        let only_implicit = self.grant_types().is_some_and(|types| types.iter().all(|found| found == "implicit"));
        if !only_implicit && self.token_endpoint.is_none() {
            tolerance.tolerate(Deviation::Missing { member: "token_endpoint" })?;
        }
        for (methods, algs, member) in [
            (
                &self.token_endpoint_auth_method_names,
                &mut self.token_endpoint_auth_signing_algs,
                "token_endpoint_auth_signing_alg_values_supported",
            ),
            (
                &self.revocation_endpoint_auth_method_names,
                &mut self.revocation_endpoint_auth_signing_algs,
                "revocation_endpoint_auth_signing_alg_values_supported",
            ),
            (
                &self.introspection_endpoint_auth_method_names,
                &mut self.introspection_endpoint_auth_signing_algs,
                "introspection_endpoint_auth_signing_alg_values_supported",
            ),
        ] {
            let methods = methods.as_deref().unwrap_or_default();
            let signed =
                methods.iter().any(|method| matches!(method.as_str(), "private_key_jwt" | "client_secret_jwt"));
            // "This metadata entry MUST be present if either of these authentication methods are specified".
            if signed && algs.is_none() {
                tolerance.tolerate(Deviation::Missing { member })?;
            }
            read::drop_none(algs, member, tolerance)?;
        }
        Ok(())
    }

    /// The ways in which a client may authenticate at the token endpoint, as far as they are known here. Without a list it is
    /// [`ClientAuthMethod::ClientSecretBasic`] (RFC 8414, section 2).
    pub fn token_endpoint_auth_methods(&self) -> impl Iterator<Item = ClientAuthMethod> {
        known_methods(self.token_endpoint_auth_method_names())
    }

    /// Sets `token_endpoint_auth_methods_supported`.
    #[must_use]
    pub fn with_token_endpoint_auth_methods(self, methods: impl IntoIterator<Item = ClientAuthMethod>) -> Self {
        self.with_token_endpoint_auth_method_names(methods.into_iter().map(ClientAuthMethod::as_str))
    }

    /// The ways in which a client may authenticate to revoke a token, as far as they are known here. Without a list it is
    /// [`ClientAuthMethod::ClientSecretBasic`] (RFC 8414, section 2).
    pub fn revocation_endpoint_auth_methods(&self) -> impl Iterator<Item = ClientAuthMethod> {
        known_methods(self.revocation_endpoint_auth_method_names())
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

    /// For a server that says that it sends `iss` with every authorization response, and does not (RFC 9207): from here on it says nothing, and a response
    /// without `iss` passes. Without it, a mix-up of two servers is noticed only by an ID token or by a redirect URI of each server's own.
    #[must_use]
    pub const fn dangerous_without_iss_parameter(self) -> Self {
        self.with_iss_parameter_supported(false)
    }

    /// Where clients go that use their certificates, for the endpoints that are elsewhere then (RFC 8705, section 5).
    #[must_use]
    pub const fn mtls_endpoint_aliases(&self) -> Option<&MtlsEndpointAliases> {
        self.mtls_endpoint_aliases.as_ref()
    }

    /// Sets `mtls_endpoint_aliases`; without an endpoint it is none.
    #[must_use]
    pub fn with_mtls_endpoint_aliases(mut self, aliases: MtlsEndpointAliases) -> Self {
        self.mtls_endpoint_aliases = Some(aliases).filter(|aliases| !aliases.is_empty());
        self
    }

    /// The server as a client sees it that uses its certificate: the aliases in the place of the endpoints that have one, the others as they are. RFC 8705,
    /// section 5: "an OAuth client intending to do mutual TLS .. when making a request directly to the authorization server MUST use the alias URL of the
    /// endpoint within the mtls_endpoint_aliases, when present, in preference to the endpoint URL of the same name at the top level of metadata."
    #[must_use]
    pub fn for_mutual_tls(&self) -> Self {
        match &self.mtls_endpoint_aliases {
            Some(aliases) => aliases.apply_to(self.clone()),
            None => self.clone(),
        }
    }
}

fn known_methods(names: Option<&[String]>) -> impl Iterator<Item = ClientAuthMethod> {
    let default = names.is_none().then_some(ClientAuthMethod::ClientSecretBasic);
    let named = names.unwrap_or_default().iter();
    named.filter_map(|name| ClientAuthMethod::from_name(name)).chain(default)
}

#[cfg(test)]
mod tests;
