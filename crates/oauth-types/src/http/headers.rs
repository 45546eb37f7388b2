//! Header fields.

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::JSON;
use crate::bytes::wipe_text;

/// Header fields in order, names in lower case. Shows the names only.
#[derive(Clone)]
pub(super) struct Headers(Vec<(Cow<'static, str>, Cow<'static, str>)>);

impl Headers {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn append(&mut self, name: &str, value: &str) {
        if super::is_token(name) {
            self.0.push((registered(name), clean(value)));
        }
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

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| wipe(value));
    }
}

/// The values of the fields of this name.
pub(super) fn values<'h>(
    fields: impl Iterator<Item = (&'h str, &'h str)>,
    name: &str,
) -> impl Iterator<Item = &'h str> {
    // Nearly always asked for in lower case, as they are kept.
    let is_asked_for = move |found: &str| found == name || found.eq_ignore_ascii_case(name);
    fields.filter(move |(found, _)| is_asked_for(found)).map(|(_, value)| value)
}

/// The header fields of a request: those that usual ones have take no allocation.
#[derive(Clone)]
pub(super) struct RequestHeaders {
    usual: Usual,
    /// Of our own making: clean.
    authorization: Option<Box<str>>,
    more: Headers,
}

/// What every request of its kind has.
#[derive(Clone, Copy)]
pub(super) enum Usual {
    Nothing,
    Get,
    PostForm,
}

impl Usual {
    /// In lower case and clean.
    const fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Nothing => &[],
            Self::Get => &[("accept", JSON)],
            Self::PostForm => &[("accept", JSON), ("content-type", "application/x-www-form-urlencoded")],
        }
    }
}

impl RequestHeaders {
    pub(super) const fn new(usual: Usual) -> Self {
        Self { usual, authorization: None, more: Headers::new() }
    }

    pub(super) fn append(&mut self, name: &str, value: &str) {
        self.more.append(name, value);
    }

    /// The one `authorization` of a request that has none yet, of our own making: clean.
    pub(super) fn authorize(&mut self, value: String) {
        debug_assert_eq!(
            clean_length(&value),
            Some(value.len()),
            "written here, so nothing in it needs to be replaced"
        );
        debug_assert!(self.values(AUTHORIZATION).next().is_none(), "nobody authenticates twice");
        self.authorization = Some(value.into());
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let is_set = |found: &str| found.eq_ignore_ascii_case(name);
        let usual = self.usual.fields();
        if usual.iter().any(|(found, _)| is_set(found)) {
            self.usual = Usual::Nothing;
            let kept = usual.iter().filter(|(found, _)| !is_set(found));
            self.more.0.splice(..0, kept.map(|&(name, value)| (name.into(), value.into())));
        }
        if is_set(AUTHORIZATION) {
            self.wipe_authorization();
        }
        self.more.set(name, value);
    }

    pub(super) fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        values(self.iter(), name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let authorization = self.authorization.iter().map(|value| (AUTHORIZATION, &**value));
        self.usual.fields().iter().copied().chain(authorization).chain(self.more.iter())
    }

    fn wipe_authorization(&mut self) {
        if let Some(value) = self.authorization.take() {
            wipe_text(&mut value.into());
        }
    }
}

impl Drop for RequestHeaders {
    fn drop(&mut self) {
        self.wipe_authorization();
    }
}

const AUTHORIZATION: &str = "authorization";

fn wipe(value: &mut Cow<'static, str>) {
    if let Cow::Owned(value) = value {
        wipe_text(value);
    }
}

/// A field's name in lower case.
fn registered(name: &str) -> Cow<'static, str> {
    let known = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_ascii_lowercase().into(), Cow::Borrowed)
}

/// The names that requests and answers of this family have.
const NAMES: [&str; 9] = [
    "content-type",
    AUTHORIZATION,
    "accept",
    "dpop",
    "dpop-nonce",
    "cache-control",
    "pragma",
    "www-authenticate",
    "retry-after",
];

/// The values that answers of this family have.
const VALUES: [&str; 4] = ["application/json", "no-store", "no-cache", "application/json;charset=UTF-8"];

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl fmt::Debug for RequestHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// RFC 9110, section 5.5: "a recipient of CR, LF, or NUL within a field value MUST either reject the message or replace each of those characters with SP
/// before further processing or forwarding of that message". White space around the value is no part of it.
fn clean(value: &str) -> Cow<'static, str> {
    let trimmed = value.trim_matches(BLANK);
    if let Some(known) = VALUES.into_iter().find(|known| *known == trimmed) {
        return known.into();
    }
    if clean_length(value).is_none() { trimmed.replace(['\r', '\n', '\0'], " ") } else { trimmed.to_owned() }.into()
}

/// How long the value is without the white space around it, if nothing in it needs to be replaced.
fn clean_length(value: &str) -> Option<usize> {
    let value = value.trim_matches(BLANK);
    memchr::memchr3(b'\r', b'\n', 0, value.as_bytes()).is_none().then_some(value.len())
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
