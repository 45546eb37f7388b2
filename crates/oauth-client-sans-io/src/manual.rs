//! The manual: longer texts, whose examples are tested.
//!
//! * [`which_flow`]: what you have, what you want, and the flow between them;

#[doc = include_str!("manual/which-flow.md")]
pub mod which_flow {}
