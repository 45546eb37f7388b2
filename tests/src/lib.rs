//! End-to-end and cross-crate tests of this workspace, and what they need: an embedded authorization server, a protected API, a loopback shell for both,
//! real HTTP clients, and the adapter.
//!
//! Unpublished, and the only package that depends on HTTP clients and runtimes. It uses the public API of the four crates and nothing else.

#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "this package is never built without std")]

pub mod clock;
pub mod net;

pub mod server;
pub mod skip;

pub mod api;
pub mod transport;
pub mod world;

pub mod adapter;

/// The README's code, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;
