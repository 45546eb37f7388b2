//! Two real HTTP clients under the contract of [`HttpRequest`](oauth_types::HttpRequest): [`blocking`] on ureq and [`future`] on reqwest.
//!
//! This is what a program writes once for the HTTP client it likes. Each of the two keeps the whole contract: no redirect is followed, every status is an
//! answer, the body is read up to the limit and no further, and a failure says whether the server may have seen the request.

pub mod blocking;
pub mod future;
