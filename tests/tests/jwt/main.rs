//! jwt-core against what others know: test vectors of the primitives, a foreign backend, other libraries.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "these are tests, helpers included"
)]

mod foreign_backend;
mod peers;
mod primitives;
