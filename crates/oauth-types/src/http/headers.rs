//! Header fields.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

/// Header fields in order, names in lower case. Shows the names only.
#[derive(Clone)]
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    #[cfg(feature = "http")]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn append(&mut self, name: &str, value: &str) {
        if is_token(name) {
            self.0.push((name.to_ascii_lowercase(), clean(value)));
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.retain_mut(|(found, value)| {
            let other = !found.eq_ignore_ascii_case(name);
            if !other {
                value.zeroize();
            }
            other
        });
        self.append(name, value);
    }

    pub(super) fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        self.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// RFC 9110, section 5.5: "a recipient of CR, LF, or NUL within a field value MUST either reject the message or replace each of those characters with SP
/// before further processing or forwarding of that message". White space around the value is no part of it.
fn clean(value: &str) -> String {
    let value = value.trim_matches([' ', '\t', '\r', '\n']);
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        value.replace(['\r', '\n', '\0'], " ")
    } else {
        value.to_owned()
    }
}

/// RFC 9110, section 5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
