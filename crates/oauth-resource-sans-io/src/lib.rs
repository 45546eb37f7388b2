#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod head;
mod reason;

mod principal;
mod requirement;

mod denial;
mod dpop;
mod rules;

mod check;
mod guard;
mod introspection;
mod need;

mod audit;
mod bounded;
mod deny_list;
mod replay;
mod throttle;

pub use audit::AuditEvent;
pub use bounded::Full;
pub use check::Check;
pub use denial::Denial;
pub use deny_list::DenyList;
pub use dpop::{Dpop, ServerNonces};
pub use guard::{Guard, IssuerIndex};
pub use head::{RequestHead, certificate_thumbprint};
pub use introspection::{Introspect, IntrospectionCache, IntrospectionCheck};
pub use need::{FreshnessCheck, Need, RevocationCheck, WantedKey};
pub use principal::Principal;
pub use reason::Reason;
pub use replay::ReplaySet;
pub use requirement::Requirement;
pub use rules::Binding;
pub use throttle::Throttle;
