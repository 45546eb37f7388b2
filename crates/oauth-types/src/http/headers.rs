//! Header fields.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::bytes::wipe_text;

/// Header fields in order, names in lower case. Shows the names only.
#[derive(Clone)]
pub(super) struct Headers(Vec<(Cow<'static, str>, Cow<'static, str>)>);

impl Headers {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    #[cfg(feature = "http")]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn append(&mut self, name: &str, value: &str) {
        if super::is_token(name) {
            self.0.push((registered(name), clean(value).into()));
        }
    }

    /// A field that was not there before, of our own making: in lower case and clean.
    pub(super) fn append_owned(&mut self, name: &'static str, value: String) {
        debug_assert_eq!(
            clean_length(&value),
            Some(value.len()),
            "written here, so nothing in it needs to be replaced"
        );
        self.0.push((name.into(), value.into()));
    }

    /// Fields of our own making, in lower case and clean.
    pub(super) fn extend_static<const N: usize>(&mut self, fields: [(&'static str, &'static str); N]) {
        // One for whoever authenticates.
        self.0.reserve_exact(N + 1);
        self.0.extend(fields.map(|(name, value)| (name.into(), value.into())));
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.retain_mut(|(found, value)| {
            let other = !found.eq_ignore_ascii_case(name);
            if !other {
                wipe(value);
            }
            other
        });
        self.append(name, value);
    }

    pub(super) fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        // Nearly always asked for in lower case, as they are kept.
        let is_asked_for = move |found: &str| found == name || found.eq_ignore_ascii_case(name);
        self.iter().filter(move |(found, _)| is_asked_for(found)).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| wipe(value));
    }
}

fn wipe(value: &mut Cow<'static, str>) {
    if let Cow::Owned(value) = value {
        wipe_text(value);
    }
}

/// A field's name in lower case.
fn registered(name: &str) -> Cow<'static, str> {
    let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_ascii_lowercase().into(), Cow::Borrowed)
}

/// The names that requests and answers of this family have.
const KNOWN: [&str; 9] = [
    "content-type",
    "authorization",
    "accept",
    "dpop",
    "dpop-nonce",
    "cache-control",
    "pragma",
    "www-authenticate",
    "retry-after",
];

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// RFC 9110, section 5.5: "a recipient of CR, LF, or NUL within a field value MUST either reject the message or replace each of those characters with SP
/// before further processing or forwarding of that message". White space around the value is no part of it.
fn clean(value: &str) -> String {
    let trimmed = value.trim_matches(BLANK);
    if clean_length(value).is_none() { trimmed.replace(['\r', '\n', '\0'], " ") } else { trimmed.to_owned() }
}

/// How long the value is without the white space around it, if nothing in it needs to be replaced.
fn clean_length(value: &str) -> Option<usize> {
    let value = value.trim_matches(BLANK);
    memchr::memchr3(b'\r', b'\n', 0, value.as_bytes()).is_none().then_some(value.len())
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
