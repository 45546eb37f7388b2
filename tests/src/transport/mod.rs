//! Real HTTP clients under the contract of [`HttpRequest`](oauth_types::HttpRequest): [`blocking`] on ureq and [`future`] on reqwest; with the feature
//! `transports` also hyper, curl and reqwest's blocking client.
//!
//! This is what a program writes once for the HTTP client it likes. Each of them keeps the whole contract: no redirect is followed, every status is an
//! answer, the body is read up to the limit and no further, and a failure says whether the server may have seen the request. [`play`] tests it.

pub mod blocking;
#[cfg(feature = "transports")]
pub mod curl;
pub mod future;
#[cfg(feature = "transports")]
pub mod hyper;
pub mod play;
#[cfg(feature = "transports")]
pub mod reqwest_blocking;
