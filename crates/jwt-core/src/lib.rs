#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod time;

pub mod base64url;
pub mod digest;
pub mod json;
pub mod secret;

pub mod algorithm;
pub mod claims;
pub mod header;

pub mod jwk;
pub mod key;
pub mod keyring;

pub mod error;

pub use algorithm::Algorithm;
pub use claims::RegisteredClaims;
pub use error::Blame;
pub use header::{Header, HeaderError};
pub use secret::Secret;
pub use time::{Moment, Moments, Timestamp};
