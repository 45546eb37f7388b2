//! [`ClientMetadata`].

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::JwkSet;
use jwt_core::json::{self, Object, Value};

use super::shape::{Fault, Shape, fit};
use crate::client_auth::ClientAuthMethod;
use crate::identifiers::{RedirectUri, Scope};
use crate::reading::{Deviation, Kind};
use crate::request::RequestError;
use crate::response::{InvalidResponse, Members};

macro_rules! members {
    (
        texts { $($(#[$text_doc:meta])* $text:ident, $with_text:ident: $shape:ident;)+ }
        lists { $($(#[$list_doc:meta])* $list:ident, $with_list:ident;)+ }
        flags { $($(#[$flag_doc:meta])* $flag:ident, $with_flag:ident;)+ }
    ) => {
        impl ClientMetadata {
            $(
                $(#[$text_doc])*
                #[must_use]
                pub fn $text(&self) -> Option<&str> {
                    self.0.get_str(stringify!($text))
                }

                #[doc = concat!("Sets `", stringify!($text), "`; one that is empty, or of another form than it must have, is none.")]
                #[must_use]
                pub fn $with_text(self, text: impl Into<String>) -> Self {
                    self.with(stringify!($text), Shape::$shape, Value::String(text.into()))
                }
            )+

            $(
                $(#[$list_doc])*
                pub fn $list(&self) -> impl Iterator<Item = &str> {
                    self.list(stringify!($list))
                }

                #[doc = concat!("Sets `", stringify!($list), "`; an empty list is none.")]
                #[must_use]
                pub fn $with_list<T: Into<String>>(self, values: impl IntoIterator<Item = T>) -> Self {
                    let values: Vec<Value> = values.into_iter().map(|value| Value::String(value.into())).collect();
                    self.with(stringify!($list), Shape::List, Value::Array(values))
                }
            )+

            $(
                $(#[$flag_doc])*
                #[must_use]
                pub fn $flag(&self) -> bool {
                    self.0.get(stringify!($flag)).and_then(Value::as_bool).unwrap_or(false)
                }

                #[doc = concat!("Sets `", stringify!($flag), "`.")]
                #[must_use]
                pub fn $with_flag(self, value: bool) -> Self {
                    self.with(stringify!($flag), Shape::Flag, Value::Bool(value))
                }
            )+
        }

        /// Every member that is known here, and how it is read.
        const TYPED: &[(&str, Shape)] = &[
            ("redirect_uris", Shape::RedirectUris),
            ("post_logout_redirect_uris", Shape::RedirectUris),
            ("token_endpoint_auth_method", Shape::Text),
            ("scope", Shape::Scope),
            ("jwks", Shape::Keys),
            ("default_max_age", Shape::Number),
            $((stringify!($text), Shape::$shape),)+
            $((stringify!($list), Shape::List),)+
            $((stringify!($flag), Shape::Flag),)+
        ];
    };
}

/// What a client says about itself (RFC 7591, section 2; OpenID Connect Dynamic Client Registration 1.0, section 2; and what later specifications added).
///
/// Members keep their order and, where they are not known here, their value: what was read can be sent back as it came. Holds no secret.
///
/// Names for people may come in several languages (RFC 7591, section 2.2): see [`ClientMetadata::localized`].
#[derive(Clone, Default)]
pub struct ClientMetadata(Object);

members! {
    texts {
        /// The client's name, for people.
        client_name, with_client_name: Text;
        /// A page about the client, for people.
        client_uri, with_client_uri: Page;
        /// The client's logo.
        logo_uri, with_logo_uri: Page;
        /// The client's terms of service.
        tos_uri, with_tos_uri: Page;
        /// What the client does with data about people.
        policy_uri, with_policy_uri: Page;
        /// Where the client's public keys are.
        jwks_uri, with_jwks_uri: Endpoint;
        /// Which software the client is, the same for all its instances.
        software_id, with_software_id: Text;
        /// Which version of it.
        software_version, with_software_version: Text;
        /// A JWT in which somebody else says what this client is (RFC 7591, section 2.3).
        software_statement, with_software_statement: Text;
        /// `web` or `native` (OpenID Connect Dynamic Client Registration, section 2).
        application_type, with_application_type: Text;
        /// `pairwise` or `public` (OpenID Connect Dynamic Client Registration, section 2).
        subject_type, with_subject_type: Text;
        /// Where the redirect URIs are listed that count as one sector (OpenID Connect Dynamic Client Registration, section 5).
        sector_identifier_uri, with_sector_identifier_uri: Endpoint;
        /// The algorithm of ID tokens for this client.
        id_token_signed_response_alg, with_id_token_signed_response_alg: Text;
        /// The algorithm of signed user info; without it user info comes as JSON.
        userinfo_signed_response_alg, with_userinfo_signed_response_alg: Text;
        /// The algorithm of signed introspection responses (RFC 9701, section 6).
        introspection_signed_response_alg, with_introspection_signed_response_alg: Text;
        /// The algorithm of signed authorization responses (JARM, section 3).
        authorization_signed_response_alg, with_authorization_signed_response_alg: Text;
        /// The algorithm of the client's request objects (RFC 9101).
        request_object_signing_alg, with_request_object_signing_alg: Text;
        /// The algorithm of the client's assertions.
        token_endpoint_auth_signing_alg, with_token_endpoint_auth_signing_alg: Text;
        /// Where the server has the client begin a login (OpenID Connect Core, section 4).
        initiate_login_uri, with_initiate_login_uri: Endpoint;
        /// The subject of the client's certificate (RFC 8705, section 2.1.2). One of the five `tls_client_auth_` members at most is set.
        tls_client_auth_subject_dn, with_tls_client_auth_subject_dn: Text;
        /// A DNS name in the client's certificate (RFC 8705, section 2.1.2).
        tls_client_auth_san_dns, with_tls_client_auth_san_dns: Text;
        /// A URI in the client's certificate (RFC 8705, section 2.1.2).
        tls_client_auth_san_uri, with_tls_client_auth_san_uri: Text;
        /// An IP address in the client's certificate (RFC 8705, section 2.1.2).
        tls_client_auth_san_ip, with_tls_client_auth_san_ip: Text;
        /// An email address in the client's certificate (RFC 8705, section 2.1.2).
        tls_client_auth_san_email, with_tls_client_auth_san_email: Text;
        /// Where logout tokens are posted (OpenID Connect Back-Channel Logout, section 2.2).
        backchannel_logout_uri, with_backchannel_logout_uri: Endpoint;
        /// `poll`, `ping` or `push` (CIBA Core 1.0, section 4).
        backchannel_token_delivery_mode, with_backchannel_token_delivery_mode: Text;
        /// Where notifications are posted (CIBA Core 1.0, section 4).
        backchannel_client_notification_endpoint, with_backchannel_client_notification_endpoint: Endpoint;
        /// The algorithm of signed authentication requests (CIBA Core 1.0, section 4).
        backchannel_authentication_request_signing_alg, with_backchannel_authentication_request_signing_alg: Text;
    }
    lists {
        /// The grants that the client uses; none named is `authorization_code` (RFC 7591, section 2).
        grant_types, with_grant_types;
        /// The response types that the client uses; none named is `code` (RFC 7591, section 2).
        response_types, with_response_types;
        /// How to reach the people who are responsible for the client.
        contacts, with_contacts;
        /// Where request objects may be fetched from (OpenID Connect Dynamic Client Registration, section 2).
        request_uris, with_request_uris;
        /// The authentication context classes that are asked for by default (OpenID Connect Dynamic Client Registration, section 2).
        default_acr_values, with_default_acr_values;
        /// The types of authorization details that the client uses (RFC 9396, section 10).
        authorization_details_types, with_authorization_details_types;
    }
    flags {
        /// Whether every access token is bound to a DPoP key (RFC 9449, section 5.2).
        dpop_bound_access_tokens, with_dpop_bound_access_tokens;
        /// Whether every authorization request is pushed (RFC 9126, section 6).
        require_pushed_authorization_requests, with_require_pushed_authorization_requests;
        /// Whether every authorization request is signed (RFC 9101, section 10.5).
        require_signed_request_object, with_require_signed_request_object;
        /// Whether access tokens are bound to the client's certificate (RFC 8705, section 3.4).
        tls_client_certificate_bound_access_tokens, with_tls_client_certificate_bound_access_tokens;
        /// Whether ID tokens must have an `auth_time` (OpenID Connect Dynamic Client Registration, section 2).
        require_auth_time, with_require_auth_time;
        /// Whether logout tokens must have a `sid` (OpenID Connect Back-Channel Logout, section 2.2).
        backchannel_logout_session_required, with_backchannel_logout_session_required;
        /// Whether the user's own code is sent (CIBA Core 1.0, section 4).
        backchannel_user_code_parameter, with_backchannel_user_code_parameter;
    }
}

impl ClientMetadata {
    /// Nothing said yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Object::new())
    }

    /// Where browsers are sent back to.
    pub fn redirect_uris(&self) -> impl Iterator<Item = RedirectUri> {
        self.list("redirect_uris").filter_map(|uri| RedirectUri::new(uri).ok())
    }

    /// Sets `redirect_uris`.
    #[must_use]
    pub fn with_redirect_uris(self, uris: impl IntoIterator<Item = RedirectUri>) -> Self {
        self.with_uris("redirect_uris", uris)
    }

    /// Where browsers may be sent after a logout (OpenID Connect RP-Initiated Logout, section 3.1).
    pub fn post_logout_redirect_uris(&self) -> impl Iterator<Item = RedirectUri> {
        self.list("post_logout_redirect_uris").filter_map(|uri| RedirectUri::new(uri).ok())
    }

    /// Sets `post_logout_redirect_uris`.
    #[must_use]
    pub fn with_post_logout_redirect_uris(self, uris: impl IntoIterator<Item = RedirectUri>) -> Self {
        self.with_uris("post_logout_redirect_uris", uris)
    }

    /// How the client authenticates at the token endpoint: [`ClientAuthMethod::ClientSecretBasic`] if nothing is said (RFC 7591, section 2), `None` for a
    /// method that is not known here.
    #[must_use]
    pub fn token_endpoint_auth_method(&self) -> Option<ClientAuthMethod> {
        self.token_endpoint_auth_method_name()
            .map_or(Some(ClientAuthMethod::ClientSecretBasic), ClientAuthMethod::from_name)
    }

    /// The same by name; `None` if nothing is said.
    #[must_use]
    pub fn token_endpoint_auth_method_name(&self) -> Option<&str> {
        self.0.get_str("token_endpoint_auth_method")
    }

    /// Sets `token_endpoint_auth_method` by name.
    #[must_use]
    pub fn with_token_endpoint_auth_method_name(self, name: impl Into<String>) -> Self {
        self.with("token_endpoint_auth_method", Shape::Text, Value::String(name.into()))
    }

    /// Sets `token_endpoint_auth_method`.
    #[must_use]
    pub fn with_token_endpoint_auth_method(self, method: ClientAuthMethod) -> Self {
        self.with_token_endpoint_auth_method_name(method.as_str())
    }

    /// What the client may ask for.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        self.0.get_str("scope").and_then(|scope| Scope::parse(scope).ok())
    }

    /// Sets `scope`.
    #[must_use]
    pub fn with_scope(self, scope: &Scope) -> Self {
        self.with("scope", Shape::Scope, Value::from(scope.as_str()))
    }

    /// The client's public keys, as they came: a JWK Set, to be read by [`JwkSet::from_slice`]. Never beside [`ClientMetadata::jwks_uri`].
    #[must_use]
    pub fn jwks(&self) -> Option<&Object> {
        self.0.get("jwks").and_then(Value::as_object)
    }

    /// Sets `jwks` in the place of `jwks_uri` (RFC 7591, section 2: they "MUST NOT both be present"). Of the keys only what is public is written.
    #[must_use]
    pub fn with_jwks(self, keys: &JwkSet) -> Self {
        let text = serde_json::to_vec(keys).unwrap_or_default();
        let keys: Object = json::object_from_slice(&text, &crate::response::limits()).unwrap_or_default();
        self.with("jwks", Shape::Keys, Value::Object(keys))
    }

    /// How old a login may be by default, in seconds (OpenID Connect Dynamic Client Registration, section 2).
    #[must_use]
    pub fn default_max_age(&self) -> Option<u64> {
        self.0.get("default_max_age").and_then(Value::as_u64)
    }

    /// Sets `default_max_age`.
    #[must_use]
    pub fn with_default_max_age(self, seconds: u64) -> Self {
        self.with("default_max_age", Shape::Number, Value::from(seconds))
    }

    /// A text for people in every language in which it is there, and its language tag (RFC 7591, section 2.2: `client_name#ja-Jpan-JP`).
    pub fn localized<'m>(&'m self, member: &str) -> impl Iterator<Item = (&'m str, &'m str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let language = name.strip_prefix(member)?.strip_prefix('#')?;
            Some((language, value.as_str()?))
        })
    }

    /// Adds a text for people in one language, an addition to the same member without a language.
    #[must_use]
    pub fn with_localized(self, member: &str, language: &str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.with_extra(&[member, "#", language].concat(), text)
    }

    /// All members that have no method of their own.
    pub fn extra(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter(|(name, _)| shape_of(name).is_none())
    }

    /// The value of a member that has no method of its own.
    #[must_use]
    pub fn extra_member(&self, name: &str) -> Option<&Value> {
        if shape_of(name).is_none() { self.0.get(name) } else { None }
    }

    /// Sets a member that has no method of its own. One that has is left alone, and so is one that only a server sets (`client_id`, `client_secret`, ...).
    #[must_use]
    pub fn with_extra(mut self, name: &str, value: impl Into<Value>) -> Self {
        if shape_of(name).is_none() && !SERVERS.contains(&name) {
            self.0.insert(name, value);
        }
        self
    }

    /// The members in their order.
    #[must_use]
    pub const fn to_object(&self) -> &Object {
        &self.0
    }

    /// Takes members over that were kept, in the form of [`ClientMetadata::to_object`].
    ///
    /// # Errors
    ///
    /// [`RequestError::RedirectUri`] and [`RequestError::ClientMetadata`] for a member that is not what it has to be.
    pub fn from_object(members: Object) -> Result<Self, RequestError> {
        Self::read_request(members)
    }

    /// Takes over what a server sends: what cannot be read counts as absent and is recorded.
    pub(super) fn read(members: &mut Members) -> Result<Self, InvalidResponse> {
        let mut object = members.take_rest_mended(|name, value| {
            let (member, shape) = shape_of(name)?;
            Some(match fit(shape, value).err()? {
                Fault::Repaired(value, deviation) => (member, Some(value), deviation(member)),
                Fault::Empty => (member, None, Deviation::Empty { member }),
                Fault::Type(found) => (member, None, Deviation::WrongType { member, found }),
                Fault::Value => (member, None, Deviation::Malformed { member }),
            })
        })?;
        // RFC 7591, section 2: "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response."
        if object.get("jwks_uri").is_some() && object.remove("jwks").is_some() {
            members.tolerance.tolerate(Deviation::Excluded { member: "jwks" })?;
        }
        Ok(Self(object))
    }

    /// Takes over what a client sends. RFC 7592, section 2.2: what is null or empty is not there; all else must be right.
    pub(super) fn read_request(mut object: Object) -> Result<Self, RequestError> {
        let fault_of = |(name, value)| {
            let (member, shape) = shape_of(name)?;
            Some((member, fit(shape, value).err()?))
        };
        // As many as are known at most, so that all that is done with them stays linear.
        let faults: Vec<(&'static str, Fault)> = object.iter().filter_map(fault_of).collect();
        for (member, fault) in faults {
            match fault {
                Fault::Empty | Fault::Type(Kind::Null) => drop(object.remove(member)),
                Fault::Type(_) | Fault::Value | Fault::Repaired(..) if member == "redirect_uris" => {
                    return Err(RequestError::RedirectUri);
                }
                Fault::Type(_) | Fault::Value | Fault::Repaired(..) => {
                    return Err(RequestError::ClientMetadata { member });
                }
            }
        }
        if object.get("jwks").is_some() && object.get("jwks_uri").is_some() {
            return Err(RequestError::ClientMetadata { member: "jwks" });
        }
        Ok(Self(object))
    }

    fn list(&self, member: &str) -> impl Iterator<Item = &str> {
        let elements = self.0.get(member).and_then(Value::as_array).unwrap_or_default();
        elements.iter().filter_map(Value::as_str)
    }

    fn with_uris(self, member: &'static str, uris: impl IntoIterator<Item = RedirectUri>) -> Self {
        let uris: Vec<Value> = uris.into_iter().map(|uri| Value::from(uri.as_str())).collect();
        self.with(member, Shape::RedirectUris, Value::Array(uris))
    }

    /// Sets a member if it can be read back, and takes out what it excludes.
    fn with(mut self, member: &'static str, shape: Shape, value: Value) -> Self {
        match fit(shape, &value) {
            Ok(()) => {
                self.0.insert(member, value);
                match member {
                    "jwks" => drop(self.0.remove("jwks_uri")),
                    "jwks_uri" => drop(self.0.remove("jwks")),
                    _ => {}
                }
            }
            Err(_) => drop(self.0.remove(member)),
        }
        self
    }
}

impl fmt::Debug for ClientMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.iter().filter(|(name, _)| shape_of(name).is_some());
        f.debug_struct("ClientMetadata")
            .field("members", &known.map(|(name, _)| name).collect::<Vec<_>>())
            .field("extra", &self.extra().count())
            .finish()
    }
}

fn shape_of(name: &str) -> Option<(&'static str, Shape)> {
    TYPED.iter().copied().find(|(member, _)| *member == name)
}

/// What only a server says (RFC 7591, section 3.2.1; RFC 7592, section 3).
pub(super) const SERVERS: &[&str] = &[
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];
