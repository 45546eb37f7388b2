//! The manual: longer texts, whose examples are tested.
//!
//! * [`how_to`]: keys of a provider, remote signing, typed claims, errors to HTTP, and more;
//! * [`defaults`]: every default, and why it is what it is;
//! * [`attacks`]: every known way a JWT library was broken, and what stops it here;
//! * [`migrating`]: from the `jsonwebtoken` crate, side by side.

#[doc = include_str!("manual/attacks.md")]
pub mod attacks {}

#[doc = include_str!("manual/defaults.md")]
pub mod defaults {}

#[doc = include_str!("manual/how-to.md")]
pub mod how_to {}

#[doc = include_str!("manual/migrating.md")]
pub mod migrating {}
