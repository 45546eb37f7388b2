//! Strict JSON (RFC 8259): one reader for headers, claims, keys and every message built on them.
//!
//! The reader is a [`serde::Deserializer`], so it fills any type that derives `Deserialize`; what is no strict JSON does not depend on that type. What only the
//! type forbids, such as a number beyond its range or two names of one field (`#[serde(alias)]`), is [unfit](JsonError::is_unfit).
//!
//! It refuses what leaves a document open to two readings: invalid UTF-8 anywhere (a byte order mark included), lone surrogates, numbers outside the finite
//! `f64`, data after the document, and **duplicate member names at every depth**, compared after unescaping, also in values that the type ignores (RFC 7515,
//! section 4; RFC 7519, section 4). [`Limits`] bound the bytes, the depth and the number of members before any of them costs anything.
//!
//! A struct is read from an object only: a derived `Deserialize` that would take an array of its fields does not get one.
//!
//! # Examples
//!
//! ```
//! use jwt_core::json::{self, Limits};
//!
//! #[derive(serde::Deserialize)]
//! struct Claims<'a> {
//!     sub: &'a str, // borrows, even though the text has an escape
//! }
//!
//! let mut buffer = br#"{"sub":"J\u00f6rg"}"#.to_vec();
//! let claims: Claims<'_> = json::from_buffer(&mut buffer, &Limits::default())?;
//! assert_eq!(claims.sub, "Jörg");
//!
//! let twice = json::from_slice::<json::Value>(br#"{"a":{"x":1,"\u0078":2}}"#, &Limits::default());
//! assert_eq!(twice.unwrap_err().code(), "json_duplicate_member");
//! # Ok::<(), json::JsonError>(())
//! ```

mod access;
mod error;
mod located;
mod members;
mod names;
mod reader;
mod string;
mod value;
mod write;

use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

pub use error::JsonError;
pub use members::{TakesMembers, members_from_plain_slice};
pub use value::{JsonKind, Number, Object, Value};

pub(crate) use error::Kind;
pub(crate) use located::Located;
pub(crate) use reader::{Failed, Numeric, Place, Reader, Top, Watch};
pub(crate) use value::Cut;
pub(crate) use write::Writer;

/// What a document may cost. Every limit is checked before the work that it bounds.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits, Value};
///
/// let limits = Limits::default().max_bytes(64).max_depth(2);
/// assert!(json::from_slice::<Value>(b"[[1]]", &limits).is_ok());
/// assert_eq!(json::from_slice::<Value>(b"[[[1]]]", &limits).unwrap_err().code(), "json_too_deep");
/// assert_eq!(json::from_slice::<Value>(&[b' '; 65], &limits).unwrap_err().code(), "json_too_long");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_bytes: usize,
    max_depth: usize,
    max_members: usize,
}

impl Limits {
    /// The deepest nesting that can be asked for: reading recurses, and even without optimization this takes a small part of the
    /// 2 MiB of stack that a thread has by default.
    pub const DEEPEST: usize = 128;

    /// The length of the document in bytes. Default: 1 MiB, twice a JWK Set of 1000 RSA keys; at most 512 MiB.
    #[inline]
    #[must_use]
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How deep objects and arrays nest; the outermost is 1. Default: 32, three times what the registered claims and metadata of any RFC need. At most
    /// [`Limits::DEEPEST`].
    #[inline]
    #[must_use]
    pub const fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = if depth > Self::DEEPEST { Self::DEEPEST } else { depth };
        self
    }

    /// How many members all objects and elements all arrays have together. Default: 65 536, seven times a JWK Set of 1000 keys.
    #[inline]
    #[must_use]
    pub const fn max_members(mut self, members: usize) -> Self {
        self.max_members = members;
        self
    }

    /// No limit but the depth that reading needs for itself.
    pub(crate) const fn unbounded() -> Self {
        Self { max_bytes: usize::MAX, max_depth: Self::DEEPEST, max_members: usize::MAX }
    }

    /// What is left of the depth for a value that lies so many levels deep.
    pub(crate) const fn inside(mut self, levels: usize) -> Self {
        self.max_depth = self.max_depth.saturating_sub(levels);
        self
    }

    /// How many members the outermost object may have; `None` if there may be no object.
    pub(crate) const fn members_at_top(&self) -> Option<usize> {
        if self.max_depth == 0 { None } else { Some(self.max_members) }
    }

    /// 512 MiB. Positions are kept as `u32`, also those in what is unescaped behind a document, which is less than three times its length (eleven bytes for the
    /// four of `"\n"`); with this both together are shorter than a 32-bit target can address. Tokens are no longer either.
    pub(crate) const LONGEST: usize = 1 << 29;

    #[inline]
    fn check_length(&self, bytes: usize) -> Result<(), JsonError> {
        if bytes > self.max_bytes.min(Self::LONGEST) { Err(JsonError::new(Kind::TooLong, 0)) } else { Ok(()) }
    }
}

impl Default for Limits {
    #[inline]
    fn default() -> Self {
        Self { max_bytes: 1 << 20, max_depth: 32, max_members: 1 << 16 }
    }
}

/// Reads one document of any type.
///
/// Copies the text only if it has an escaped string.
///
/// # Errors
///
/// [`JsonError`]: not strict JSON, over a limit, or not what `T` is made of.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits};
///
/// let scopes: Vec<String> = json::from_slice(br#"["read","write"]"#, &Limits::default())?;
/// assert_eq!(scopes, ["read", "write"]);
/// # Ok::<(), json::JsonError>(())
/// ```
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, JsonError> {
    slice(bytes, limits, Top::Any)
}

/// Reads one document whose outermost value must be an object.
///
/// # Errors
///
/// As [`from_slice`]; `json_not_an_object` for everything else than an object.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits, Object};
///
/// let object: Object = json::object_from_slice(br#"{"active":true}"#, &Limits::default())?;
/// assert!(object.get("active").is_some());
/// let error = json::object_from_slice::<json::Value>(b"[]", &Limits::default()).unwrap_err();
/// assert_eq!(error.code(), "json_not_an_object");
/// # Ok::<(), json::JsonError>(())
/// ```
pub fn object_from_slice<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, JsonError> {
    slice(bytes, limits, Top::Object)
}

/// Reads one document out of a buffer, so that every string can be borrowed: what is escaped in the text is unescaped into the end of the buffer.
///
/// Allocates nothing for the reading itself if the document has no escaped string or the buffer has room for the unescaped ones (an object of more than a
/// few dozen members needs a list of its names).
///
/// # Errors
///
/// As [`from_slice`].
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits};
///
/// let mut buffer = br#"["plain","\u0065scaped"]"#.to_vec();
/// let texts: Vec<&str> = json::from_buffer(&mut buffer, &Limits::default())?;
/// assert_eq!(texts, ["plain", "escaped"]); // both borrow from `buffer`
/// # Ok::<(), json::JsonError>(())
/// ```
pub fn from_buffer<'b, T: Deserialize<'b>>(buffer: &'b mut Vec<u8>, limits: &Limits) -> Result<T, JsonError> {
    from_buffer_by(PhantomData, buffer, limits)
}

/// A copy for [`from_buffer`] that has room for all that is unescaped into its end: it never grows, and leaves nothing behind where it was.
pub(crate) fn buffer_of(bytes: &[u8]) -> Vec<u8> {
    let escapes = memchr::memchr_iter(b'\\', bytes).count();
    let room = if escapes == 0 { 0 } else { bytes.len().saturating_add(escapes.saturating_mul(string::Prefix::LEN)) };
    let mut buffer = Vec::with_capacity(bytes.len().saturating_add(room));
    buffer.extend_from_slice(bytes);
    buffer
}

/// As [`from_buffer`], by a seed.
pub(crate) fn from_buffer_by<'b, S: DeserializeSeed<'b>>(
    seed: S,
    buffer: &'b mut Vec<u8>,
    limits: &Limits,
) -> Result<S::Value, JsonError> {
    limits.check_length(buffer.len())?;
    let document = Document::from_buffer(buffer)?;
    Reader::new(document, limits, Watch::nothing()).read_by(seed, Top::Any)
}

/// A document in which nothing is escaped; `None` for any other.
#[inline]
fn plain<'b, T: Deserialize<'b>>(bytes: &'b [u8], limits: &Limits, top: Top) -> Result<Option<T>, JsonError> {
    limits.check_length(bytes.len())?;
    let Some(document) = Document::plain(bytes)? else { return Ok(None) };
    Reader::new(document, limits, Watch::nothing()).read(top).map(Some)
}

fn slice<T: DeserializeOwned>(bytes: &[u8], limits: &Limits, top: Top) -> Result<T, JsonError> {
    if let Some(value) = plain(bytes, limits, top)? {
        return Ok(value);
    }
    let mut buffer = bytes.to_vec();
    let document = Document::from_buffer(&mut buffer)?;
    Reader::new(document, limits, Watch::nothing()).read(top)
}

/// A document's text, followed by its unescaped strings in the order of their appearance.
#[derive(Clone, Copy)]
pub(crate) struct Document<'b> {
    text: &'b str,
    /// Where the document ends and the unescaped strings begin.
    end: usize,
    /// Neither a backslash nor a control character is in it, so that nothing but a quote ends a string.
    quotes_only: bool,
}

impl<'b> Document<'b> {
    /// A document with no backslash in it; `None` for any other.
    #[inline]
    pub(crate) fn plain(bytes: &'b [u8]) -> Result<Option<Self>, JsonError> {
        let quotes_only = string::ends_at_quotes_only(bytes);
        if !quotes_only && memchr::memchr(b'\\', bytes).is_some() {
            return Ok(None);
        }
        Ok(Some(Self { text: utf8(bytes)?, end: bytes.len(), quotes_only }))
    }

    /// The whole text, if nothing but a quote ends a string in it.
    pub(crate) fn ending_at_quotes(&self) -> Option<&'b str> {
        self.quotes_only.then_some(self.text)
    }

    /// Unescapes all strings into the buffer's end, then freezes the buffer.
    pub(crate) fn from_buffer(buffer: &'b mut Vec<u8>) -> Result<Self, JsonError> {
        let (end, quotes_only) = Self::unescape(buffer)?;
        Ok(Self { text: utf8(buffer)?, end, quotes_only })
    }

    /// The same, for whoever keeps the buffer as the text that it is.
    pub(crate) fn from_kept(mut buffer: Vec<u8>, kept: &'b mut String) -> Result<Self, JsonError> {
        let (end, quotes_only) = Self::unescape(&mut buffer)?;
        *kept = String::from_utf8(buffer).map_err(|error| not_utf8(error.utf8_error()))?;
        Ok(Self { text: kept, end, quotes_only })
    }

    #[inline]
    fn unescape(buffer: &mut Vec<u8>) -> Result<(usize, bool), JsonError> {
        let end = buffer.len();
        let quotes_only = string::ends_at_quotes_only(buffer);
        if !quotes_only && memchr::memchr(b'\\', buffer).is_some() {
            string::unescape(buffer)?;
        }
        Ok((end, quotes_only))
    }
}

/// The first quote.
#[inline]
pub(crate) fn quote(bytes: &[u8]) -> usize {
    string::quote(bytes, 0)
}

/// Where the quote is that ends a string whose first character is at `at`: what is escaped is passed over, and nothing is judged.
pub(crate) fn string_end(json: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        if json.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, JsonError> {
    core::str::from_utf8(bytes).map_err(not_utf8)
}

fn not_utf8(error: core::str::Utf8Error) -> JsonError {
    JsonError::new(Kind::Utf8, error.valid_up_to())
}

#[cfg(test)]
mod tests;
