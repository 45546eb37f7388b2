//! Real sockets, real HTTP clients, the real flows: a login from one end to the other, and everything that must go wrong in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "tests"
)]

mod adapter;
mod api;
mod assertions;
mod axum_api;
mod ciba;
mod device;
mod exchange;
mod fapi;
mod identity;
mod login;
mod notifications;
mod scenario;
mod stored;
mod tokens;
mod tokens_and_users;
mod transport;
mod web_app;
