//! Kinds of tokens, each with rules that exclude every other kind (RFC 8725, section 3.12): a token that passes one profile passes no other.
//!
//! Each profile is a small policy on the one engine of [`verify`](crate::verify()), and its claims are a type of their own.

mod access_token;
mod id_token;

pub use access_token::{AccessTokenClaims, AccessTokenProfile};
pub use id_token::{IdTokenClaims, IdTokenProfile};

use core::time::Duration;

/// The clocks of two machines that keep time at all are less than this apart. FAPI 2.0 asks for 10 seconds at least and 60 at most.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
