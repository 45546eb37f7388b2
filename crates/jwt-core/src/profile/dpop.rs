//! DPoP proofs (RFC 9449): a client shows with every request that it holds the key to which its tokens are bound.

mod check;
mod make;
mod target;

pub use check::{DpopClaims, DpopProfile, UndecidedProof};
pub use make::DpopProof;

use alloc::string::String;

use crate::{base64url, digest};

const TYP: &str = "dpop+jwt";

/// `ath`: "The value MUST be the result of a base64url encoding .. the SHA-256 hash of the ASCII encoding of the associated access token's value." (section 4.2)
fn token_hash(access_token: &str) -> String {
    base64url::encode(digest::sha256(access_token.as_bytes()))
}

#[cfg(all(test, feature = "ring"))]
mod tests;
