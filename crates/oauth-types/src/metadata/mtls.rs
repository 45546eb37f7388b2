//! [`MtlsEndpointAliases`].

use core::fmt;

use jwt_core::json::{Object, Value};

use super::members::joined;
use super::read::{Member, Members};
use super::{AuthorizationServer, MetadataError};
use crate::identifiers::Endpoint;
use crate::reading::Deviation;
use crate::response;

macro_rules! aliases {
    ($($(#[$doc:meta])* $endpoint:ident, $with_endpoint:ident;)+) => {
        /// Where a client goes that uses its certificate (RFC 8705, section 5). Endpoints that are not named here are the usual ones:
        /// [`AuthorizationServer::for_mutual_tls`] puts both together.
        #[derive(Clone, Default, PartialEq)]
        pub struct MtlsEndpointAliases {
            $($endpoint: Option<Endpoint>,)+
            extra: Object,
        }

        impl MtlsEndpointAliases {
            $(
                $(#[$doc])*
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

            /// Aliases of other endpoints, as they came.
            #[must_use]
            pub const fn extra(&self) -> &Object {
                &self.extra
            }

            /// Whether no endpoint is named.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                $(self.$endpoint.is_none())&&+ && self.extra.is_empty()
            }

            pub(super) fn apply_to(&self, mut server: AuthorizationServer) -> AuthorizationServer {
                $(if let Some(endpoint) = &self.$endpoint {
                    server = server.$with_endpoint(endpoint.clone());
                })+
                server
            }

            fn to_object(&self) -> Object {
                let mut object = Object::new();
                $(if let Some(endpoint) = &self.$endpoint {
                    object.insert(stringify!($endpoint), endpoint.as_str());
                })+
                joined(object, &self.extra)
            }
        }

        impl Member for MtlsEndpointAliases {
            fn take(members: &mut Members, member: &'static str) -> Result<Option<Self>, MetadataError> {
                let mut object = match members.object.remove(member) {
                    None => return Ok(None),
                    Some(Value::Object(object)) => object,
                    Some(value) => return members.absent(Deviation::WrongType { member, found: response::kind(&value) }),
                };
                let mut aliases = Self::default();
                $(if let Some(value) = object.remove(stringify!($endpoint)) {
                    aliases.$endpoint = value.as_str().and_then(|text| Endpoint::new(text).ok());
                    // What cannot be used as an alias is none: the usual endpoint is still there.
                    if aliases.$endpoint.is_none() {
                        members.tolerance.tolerate(Deviation::Malformed { member })?;
                    }
                })+
                aliases.extra = object;
                if aliases.is_empty() {
                    return members.absent(Deviation::Empty { member });
                }
                Ok(Some(aliases))
            }

            fn to_value(&self) -> Value {
                self.to_object().into()
            }
        }
    };
}

aliases! {
    /// Where tokens are asked for.
    token_endpoint, with_token_endpoint;
    /// Where tokens are revoked.
    revocation_endpoint, with_revocation_endpoint;
    /// Where tokens are looked up.
    introspection_endpoint, with_introspection_endpoint;
    /// Where claims about the user are.
    userinfo_endpoint, with_userinfo_endpoint;
    /// Where clients register.
    registration_endpoint, with_registration_endpoint;
    /// Where devices begin.
    device_authorization_endpoint, with_device_authorization_endpoint;
    /// Where authorization requests are pushed.
    pushed_authorization_request_endpoint, with_pushed_authorization_request_endpoint;
    /// Where a login without a browser begins.
    backchannel_authentication_endpoint, with_backchannel_authentication_endpoint;
}

/// Shows the names only.
impl fmt::Debug for MtlsEndpointAliases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MtlsEndpointAliases").field(&self.to_object()).finish()
    }
}
