//! The manual: longer texts, whose examples are tested.
//!
//! * [`which_flow`]: what you have, what you want, and the flow between them;
//! * [`storing`]: when to store a flow, what is in its text, and what comes out again;

#[doc = include_str!("manual/which-flow.md")]
pub mod which_flow {}

#[doc = include_str!("manual/storing.md")]
pub mod storing {}
