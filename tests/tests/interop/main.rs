//! Other people's servers and libraries, over loopback. They are installed by `.ci/run` (`npm ci` in `tests/interop/*`, the
//! `requirements.txt` there into `target/interop-venv`, and Debian's `redis-server`, `glewlwyd` and `openssl`); by hand a test whose peer is missing is
//! skipped with one clear line, unless `INTEROP_REQUIRED=1` says that it must not be.

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

mod browser;
mod crossing;
mod django;
mod driving;
mod glewlwyd;
mod js_clients;
#[cfg(feature = "tls")]
mod mutual_tls;
mod oidc_provider;
mod peer;
mod redis_replays;

#[cfg(not(feature = "tls"))]
#[test]
fn mutual_tls() {
    conformance::skip::skip("mutual TLS is tested with --features tls only");
}
