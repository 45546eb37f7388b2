#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::arithmetic_side_effects)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod drive;
pub mod manual;

mod authorization_code;
mod authorization_response;
mod backchannel_logout;
mod ciba;
mod client;
mod client_credentials;
mod code_exchange;
mod device;
mod discovery;
mod error;
mod exchange;
mod flow;
mod grant;
mod id_token;
mod identity_assertion;
mod introspection;
mod jwks;
mod jwt_bearer;
mod login;
mod logout;
mod nonces;
mod pending;
mod polling;
mod profile;
mod pushed_authorization;
mod recent;
mod refresh;
mod registered;
mod registration;
mod request_object;
mod resource_discovery;
mod resource_request;
mod revocation;
#[cfg(feature = "seal")]
mod seal;
mod search;
mod signature;
mod signed_answer;
mod step_up;
#[doc(hidden)]
pub mod stored;
mod token_exchange;
mod tokens;
mod user_info;

pub use authorization_code::{AuthorizationCode, Redirect};
pub use backchannel_logout::{BackchannelLogout, CheckedLogoutToken};
pub use ciba::{Ciba, CibaPending, CibaPolling, CibaPush};
pub use client::{AssertionKey, Authentication, Client, DpopKey};
pub use client_credentials::ClientCredentials;
pub use code_exchange::CodeExchange;
pub use device::{DeviceAuthorization, DevicePolling, UserInteraction};
pub use discovery::Discovery;
pub use error::{Advice, ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
pub use flow::{Flow, Input, SendFailure, Step};
pub use id_token::{CheckedIdToken, IdTokenCheck};
pub use identity_assertion::IdentityAssertion;
pub use introspection::{CheckedIntrospection, Introspection};
pub use jwks::{Jwks, Lookup};
pub use jwt_bearer::{BearerAssertion, JwtBearer};
pub use login::Login;
pub use logout::{Logout, LogoutForm, LogoutRedirect, PendingLogout};
pub use nonces::DpopNonces;
pub use pending::{AcceptError, NotOurs, PendingAuthorization, SessionBinding};
pub use profile::{Profile, Rule};
pub use pushed_authorization::PushedAuthorization;
pub use refresh::Refresh;
pub use registered::Registered;
pub use registration::{Deregistration, Registration, RegistrationManagement};
pub use request_object::{RequestObjectKey, SignedAuthorization};
pub use resource_discovery::ResourceDiscovery;
pub use resource_request::{ResourceAnswer, ResourceOutcome, ResourceRequest};
pub use revocation::Revocation;
#[cfg(feature = "seal")]
pub use seal::{SealError, Sealer, login_cookie_name};
pub use step_up::{StepUp, StepUps};
pub use stored::{Stored, StoredError};
pub use token_exchange::TokenExchange;
pub use tokens::Tokens;
pub use user_info::{CheckedUserInfo, UserInfo};
