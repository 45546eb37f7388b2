//! [`Secret`]: text that is never shown, compared in constant time and wiped when dropped.

use alloc::string::String;
use core::fmt;

use zeroize::Zeroize;

use crate::digest::constant_time_eq;

/// Text that must not leak: a client secret, a token, a code.
///
/// Its `Debug` says `[redacted]` in every build, it is wiped when dropped, and it has no `PartialEq`, no `Display` and no `Serialize`.
///
/// # Examples
///
/// ```
/// use jwt_core::Secret;
///
/// let secret = Secret::new("correct horse");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert!(secret.matches("correct horse"));
/// assert_eq!(secret.expose(), "correct horse");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this is responsible for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this secret, compared in a time that depends on the lengths only.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        constant_time_eq(self.0.as_bytes(), text.as_bytes())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // All at once, with what lies behind the end: the `zeroize` of a `String` goes byte by byte.
        let mut bytes = core::mem::take(&mut self.0).into_bytes();
        bytes.clear();
        bytes.spare_capacity_mut().zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
