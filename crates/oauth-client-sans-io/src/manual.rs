//! The manual: longer texts, whose examples are tested.
//!
//! * [`which_flow`]: what you have, what you want, and the flow between them;
//! * [`storing`]: when to store a flow, what is in its text, and what comes out again;
//! * `web_login` (feature `seal`): a login that one node begins and another finishes, several of them in one browser;
//! * [`native_app`]: loopback and private-use redirect URIs;
//! * [`device`]: logging in on a television, and without a browser;
//! * [`dpop`]: tokens that are bound to a key, nonces, requests to an API;
//! * [`signing_elsewhere`]: keys in a KMS, an HSM or a browser;
//! * [`errors`]: every code, whose fault it is, and what to do;
//! * [`attacks`]: every known way an OAuth client was broken, and what stops it here;
//! * [`migrating`]: from the crates `oauth2` and `openidconnect`, side by side.

#[doc = include_str!("manual/which-flow.md")]
pub mod which_flow {}

#[doc = include_str!("manual/storing.md")]
pub mod storing {}

#[cfg(feature = "seal")]
#[doc = include_str!("manual/web-login.md")]
pub mod web_login {}

#[doc = include_str!("manual/native-app.md")]
pub mod native_app {}

#[doc = include_str!("manual/device.md")]
pub mod device {}

#[doc = include_str!("manual/dpop.md")]
pub mod dpop {}

#[doc = include_str!("manual/signing-elsewhere.md")]
pub mod signing_elsewhere {}

#[doc = include_str!("manual/errors.md")]
pub mod errors {}

#[doc = include_str!("manual/attacks.md")]
pub mod attacks {}

#[doc = include_str!("manual/migrating.md")]
pub mod migrating {}
