//! Every HTTP client that is shown keeps the contract and drives flows, in every loop and on two runtimes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a test fails by panicking"
)]

mod contract;
mod drivers;
