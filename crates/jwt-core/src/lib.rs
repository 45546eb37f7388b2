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

pub mod compact;

pub mod jwk;
pub mod key;
pub mod keyring;

pub mod policy;

pub mod sign;
pub mod verify;

pub mod jws;

pub mod profile;

pub mod error;

pub mod manual;

pub use algorithm::{Algorithm, Family};
pub use claims::RegisteredClaims;
pub use compact::{Limits, Malformed, Unverified};
pub use error::{Blame, Error, StoredError};
pub use header::{Header, HeaderError};
pub use jwk::{Jwk, JwkSet, KeyError, NoMatch, Thumbprint, UnsupportedKey};
pub use key::{
    Candidates, EcdsaSignature, InvalidSignature, MakeKey, SignatureVerified, Signer, SignerError, SigningKey,
    Verifier, VerifyingKey, VerifyingKeys,
};
pub use keyring::{Answer, KeyId, Keyring, KeyringError, Question};
pub use policy::{Audience, Claim, Expiry, Failure, Issuer, Policy, Reason, Rejection, Typ};
pub use secret::Secret;
pub use sign::{SignError, SigningInput, sign};
pub use time::{Moment, Moments, Timestamp};
pub use verify::{Verified, verify, verify_borrowed, verify_with_keys, verify_with_keys_borrowed};
