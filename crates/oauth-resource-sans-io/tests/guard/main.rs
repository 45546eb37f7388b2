//! A guard against requests of every kind, through its public API only.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "helpers of tests"
)]

mod answers;
mod audit;
mod binding;
mod introspection;
mod jwt;
mod lists;
mod needs;
mod requirement;
mod stored;
mod untyped;
mod world;
