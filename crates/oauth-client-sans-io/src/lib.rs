#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod drive;

mod authorization_code;
mod authorization_response;
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
mod jwks;
mod login;
mod nonces;
mod pending;
mod polling;
mod profile;
mod pushed_authorization;
mod recent;
mod refresh;
mod request_object;
mod resource_discovery;
mod resource_request;
mod revocation;
#[cfg(feature = "seal")]
mod seal;
mod search;
mod signature;
mod step_up;
mod stored;
mod tokens;

pub use authorization_code::{AuthorizationCode, Redirect};
pub use ciba::{Ciba, CibaPending, CibaPolling, CibaPush};
pub use client::{AssertionKey, Authentication, Client, DpopKey};
pub use client_credentials::ClientCredentials;
pub use code_exchange::CodeExchange;
pub use device::{DeviceAuthorization, DevicePolling, UserInteraction};
pub use discovery::Discovery;
pub use error::{Advice, ApiMisuse, Error, InvalidReason, Operation, TransportFailure};
pub use flow::{Flow, Input, SendFailure, Step};
pub use id_token::{CheckedIdToken, IdTokenCheck};
pub use jwks::{Jwks, Lookup};
pub use login::Login;
pub use nonces::DpopNonces;
pub use pending::{AcceptError, NotOurs, PendingAuthorization, SessionBinding};
pub use profile::{Profile, Rule};
pub use pushed_authorization::PushedAuthorization;
pub use refresh::Refresh;
pub use request_object::{RequestObjectKey, SignedAuthorization};
pub use resource_discovery::ResourceDiscovery;
pub use resource_request::{ResourceAnswer, ResourceOutcome, ResourceRequest};
pub use revocation::Revocation;
#[cfg(feature = "seal")]
pub use seal::{SealError, Sealer, login_cookie_name};
pub use step_up::{StepUp, StepUps};
pub use stored::{Stored, StoredError};
pub use tokens::Tokens;
