#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod credentials;
mod denial;
mod guard;
mod principal;

pub use credentials::RequestHead;
pub use denial::{Denial, Reason};
pub use guard::{Check, Guard, IssuerIndex, Need};
pub use principal::Principal;
