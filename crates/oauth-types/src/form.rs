//! `application/x-www-form-urlencoded` (RFC 6749, appendix B; WHATWG URL standard, section 5): queries, request bodies and Basic credentials.
//!
//! [`FormBuilder`] writes, [`Pairs`] reads. Reading follows the WHATWG parser to the letter, but where that would put U+FFFD in the place of invalid
//! UTF-8 the text is refused: two different byte strings must not become one value.
//!
//! Checked here: that text, and how long and how many the pairs are. What a parameter may hold, and whether it may come twice, is checked by the message whose
//! parameter it is ([`Pairs::unique`]).
//!
//! # Examples
//!
//! ```
//! use oauth_types::form::{FormBuilder, Pairs};
//!
//! let mut form = FormBuilder::new();
//! form.append("scope", "openid profile").append("redirect_uri", "https://client.example/cb?a=1+2");
//! assert_eq!(form.as_str(), "scope=openid+profile&redirect_uri=https%3A%2F%2Fclient.example%2Fcb%3Fa%3D1%2B2");
//!
//! let pairs = Pairs::parse("state=a%20b+c&iss=")?;
//! assert_eq!(pairs.unique("state")?, Some("a b c"));
//! assert_eq!(pairs.unique("iss")?, None); // no value is no parameter (RFC 6749, section 3.1)
//! # Ok::<(), oauth_types::form::FormError>(())
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::Blame;
use jwt_core::json::Value;
use zeroize::Zeroizing;

use crate::bytes::{self, wipe_text};
use crate::few::Few;
use crate::identifiers::split_query;

mod component;

pub(crate) use component::is_plain;
pub use component::{decode_component, encode_component};
use component::{decode_to, decoded, utf8};

/// The longest text that [`Pairs::parse`] reads: room for a signed request object or a SAML assertion of some 50 KB in a body, and eight times what
/// servers take as a query.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// The most pairs that [`Pairs::parse`] reads: three times the parameters that are registered for authorization requests.
pub const MAX_FORM_PAIRS: usize = 128;

/// As many as most messages have.
const USUAL_PAIRS: usize = 8;

type Ends = Few<(u32, u32), USUAL_PAIRS>;

/// Writes a form, pair by pair, into one string, which is wiped when dropped.
#[derive(Clone, Default)]
pub struct FormBuilder {
    text: String,
}

impl FormBuilder {
    /// An empty form.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new() }
    }

    /// An empty form with room for `capacity` bytes of encoded text.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity) }
    }

    /// Appends a pair, encoded. Whether the name is there already is not looked at.
    pub fn append(&mut self, name: &str, value: &str) -> &mut Self {
        append_pair(&mut self.text, name, value);
        self
    }

    /// The same of a registered parameter, in whose name nothing is to be encoded.
    pub(crate) fn append_registered(&mut self, name: &'static str, value: &str) {
        append_registered(&mut self.text, name, value);
    }

    /// The encoded text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nothing was appended yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The encoded text.
    #[must_use]
    pub fn finish(mut self) -> String {
        core::mem::take(&mut self.text)
    }
}

impl Drop for FormBuilder {
    fn drop(&mut self) {
        wipe_text(&mut self.text);
    }
}

/// Shows the length only: a form may hold a code, a verifier or a client secret.
impl fmt::Debug for FormBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormBuilder").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// The pairs of a form, decoded, in order, duplicates included.
///
/// All of it is wiped when dropped: among it may be a code or a secret.
#[derive(Clone, Default)]
pub struct Pairs {
    /// All names and values, one behind the other.
    text: String,
    /// Where each pair's value begins in `text`, and where it ends; the name is what stands before it.
    ends: Ends,
}

impl Pairs {
    /// Reads a query (without the `?`) or a body.
    ///
    /// Both `+` and `%20` are a space; a `%` without two hexadecimal digits stands for itself; empty stretches between `&` are no pairs.
    ///
    /// # Errors
    ///
    /// [`FormError::TooLong`] beyond [`MAX_FORM_BYTES`], [`FormError::TooManyPairs`] beyond [`MAX_FORM_PAIRS`], [`FormError::NotUtf8`] where a decoded
    /// name or value is not UTF-8.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, FormError> {
        let text = text.as_ref();
        if text.len() > MAX_FORM_BYTES {
            return Err(FormError::TooLong);
        }
        // Decoded, no text is longer than before, so this does not grow.
        let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut ends = Ends::default();
        for piece in pieces(text).filter(|piece| !piece.is_empty()) {
            if ends.len() == MAX_FORM_PAIRS {
                return Err(FormError::TooManyPairs);
            }
            // By bytes: names are too short to be searched.
            let name_ends = piece.iter().position(|&byte| byte == b'=').unwrap_or(piece.len());
            let (name, value) = piece.split_at_checked(name_ends).unwrap_or_default();
            let value = value.strip_prefix(b"=").unwrap_or_default();
            decode_to(name, &mut decoded);
            let value_at = decoded.len();
            decode_to(value, &mut decoded);
            ends.push((position(value_at), position(decoded.len())));
        }
        let pairs = Self { text: utf8(&mut decoded)?, ends };
        // All of them together are UTF-8, and so is each name and value if it begins and ends between characters.
        let is_border = |at: u32| pairs.text.is_char_boundary(at as usize);
        let are_whole = pairs.ends.iter().all(|&(value, end)| is_border(value) && is_border(end));
        if are_whole { Ok(pairs) } else { Err(FormError::NotUtf8) }
    }

    /// No pairs.
    pub(crate) const fn new() -> Self {
        Self { text: String::new(), ends: Ends::none((0, 0)) }
    }

    /// Pairs that were no text.
    pub(crate) fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let mut joined = Self {
            text: String::with_capacity(pairs.iter().map(|(name, value)| name.len() + value.len()).sum()),
            ends: Ends::default(),
        };
        for (name, value) in pairs {
            let value = Zeroizing::new(value);
            joined.push(&name, &value);
        }
        joined
    }

    /// Appends a pair, and answers which it is.
    pub(crate) fn push(&mut self, name: &str, value: &str) -> usize {
        bytes::reserve_wiped(&mut self.text, name.len() + value.len());
        self.text.push_str(name);
        let value_at = self.text.len();
        self.text.push_str(value);
        self.ends.push((position(value_at), position(self.text.len())));
        self.ends.len() - 1
    }

    /// The parameters that a JWT's claims stand for. A claim that is no text is written as JSON if its name is not `known`, or if it is and `as_json` says
    /// so; a known `resource` may be a list. The error is the name of a known claim of any other type.
    pub(crate) fn from_claims<'c>(
        claims: impl Iterator<Item = (&'c str, &'c Value)>,
        known: &[&'static str],
        as_json: impl Fn(&str, &Value) -> bool,
    ) -> Result<Self, &'static str> {
        let mut pairs = Vec::new();
        for (name, value) in claims {
            match (known.iter().copied().find(|known| *known == name), value) {
                (_, Value::String(text)) => pairs.push((name.to_owned(), text.clone())),
                (Some("resource"), Value::Array(resources)) => {
                    for resource in resources {
                        pairs.push((name.to_owned(), resource.as_str().ok_or("resource")?.to_owned()));
                    }
                }
                (Some(known), _) if !as_json(known, value) => return Err(known),
                // What is not known is the caller's to understand.
                (Some(_) | None, _) => pairs.push((name.to_owned(), serde_json::to_string(value).unwrap_or_default())),
            }
        }
        Ok(Self::from_pairs(pairs))
    }

    /// The one value of a parameter that may come once only. An empty value counts as none (RFC 6749, section 3.1: "Parameters sent without a value MUST
    /// be treated as if they were omitted from the request").
    ///
    /// # Errors
    ///
    /// [`FormError::Duplicate`] where the name comes twice, whatever the values.
    pub fn unique(&self, name: &'static str) -> Result<Option<&str>, FormError> {
        let mut found = self.all(name);
        let first = found.next();
        if found.next().is_some() {
            return Err(FormError::Duplicate { name });
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// Every value of a parameter, in order, empty ones included.
    pub fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.iter().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Every name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let part = |from: u32, to: u32| self.text.get(from as usize..to as usize).unwrap_or_default();
        let mut start = 0_u32;
        self.ends.iter().map(move |&(value, end)| (part(core::mem::replace(&mut start, end), value), part(value, end)))
    }

    /// The value of the pair of this index.
    pub(crate) fn value(&self, index: usize) -> Option<&str> {
        self.ends.get(index).and_then(|&(value, end)| self.text.get(value as usize..end as usize))
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl Drop for Pairs {
    fn drop(&mut self) {
        wipe_text(&mut self.text);
    }
}

/// A position fits: what is read is shorter, and nobody sends a message of 4 GiB.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Shows how many pairs there are, and nothing of them.
impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pairs").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// What stands between `&`.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest.take()?;
        let end = memchr::memchr(b'&', text).unwrap_or(text.len());
        let (piece, more) = text.split_at_checked(end)?;
        rest = more.get(1..);
        Some(piece)
    })
}

/// A form that cannot be read, or not in one way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The text is longer than [`MAX_FORM_BYTES`].
    #[error("the form is longer than {MAX_FORM_BYTES} bytes")]
    TooLong,
    /// There are more pairs than [`MAX_FORM_PAIRS`].
    #[error("the form has more than {MAX_FORM_PAIRS} parameters")]
    TooManyPairs,
    /// A decoded name or value is not UTF-8.
    #[error("the form holds a parameter that is not UTF-8")]
    NotUtf8,
    /// A parameter that may come once only came twice (RFC 6749, sections 3.1 and 3.2).
    #[error("the parameter {name} came more than once")]
    Duplicate {
        /// The parameter's registered name.
        name: &'static str,
    },
}

impl FormError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "form_too_long",
            Self::TooManyPairs => "form_too_many_parameters",
            Self::NotUtf8 => "form_not_utf8",
            Self::Duplicate { .. } => "form_duplicate_parameter",
        }
    }

    /// The sender: the peer.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}

/// Whether a query or body of any length has a pair of this name, however it is encoded. Takes no memory.
pub(crate) fn has_name(text: &[u8], name: &str) -> bool {
    // Encoding makes no name shorter, and most requests have none so long.
    if text.len() < name.len() {
        return false;
    }
    pieces(text)
        .filter(|piece| piece.len() >= name.len())
        .any(|piece| decoded(piece.split(|&byte| byte == b'=').next().unwrap_or_default()).eq(name.bytes()))
}

/// Whether a URL's own query has a pair of one of these names, or is none that [`Pairs::parse`] reads.
pub(crate) fn has_query_of(url: &str, names: &[&str]) -> bool {
    let query = split_query(url).1.unwrap_or_default();
    let is_of = |pairs: Pairs| pairs.iter().any(|(name, _)| names.contains(&name));
    !query.is_empty() && Pairs::parse(query).map_or(true, is_of)
}

/// Appends a pair to a query or body, after a `&` unless `text` is empty. What a text that grows was copied from is wiped.
pub(crate) fn append_pair(text: &mut String, name: &str, value: &str) {
    bytes::reserve_wiped(text, 1);
    if !text.is_empty() {
        text.push('&');
    }
    encode_component(name, text);
    bytes::reserve_wiped(text, 1);
    text.push('=');
    encode_component(value, text);
}

/// The same of a registered parameter, in whose name nothing is to be encoded.
pub(crate) fn append_registered(text: &mut String, name: &'static str, value: &str) {
    debug_assert!(is_plain(name), "{name:?} is no registered name");
    bytes::reserve_wiped(text, name.len() + 2);
    if !text.is_empty() {
        text.push('&');
    }
    text.push_str(name);
    text.push('=');
    encode_component(value, text);
}

/// A URL with parameters after its own, of which those give way that are `sent` (RFC 6749, section 3.1: none may come twice). `write` is told what to put
/// before the first of its pairs.
pub(crate) fn join(
    url: &str,
    room: usize,
    sent: impl Fn(&str) -> bool,
    write: impl FnOnce(char, &mut String),
) -> String {
    let (base, query) = split_query(url);
    let mut joined = String::with_capacity(url.len() + room);
    joined.push_str(base);
    let mut separator = '?';
    let gives_way = |piece: &str| {
        let name = piece.split('=').next().unwrap_or_default();
        decode_component(name.as_bytes()).is_ok_and(|name| sent(&name))
    };
    for piece in query.into_iter().flat_map(|query| query.split('&')).filter(|piece| !piece.is_empty()) {
        if !gives_way(piece) {
            joined.push(separator);
            joined.push_str(piece);
            separator = '&';
        }
    }
    write(separator, &mut joined);
    joined
}

/// The same with parameters that are written already; perhaps none.
pub(crate) fn join_text(url: &str, text: &str, sent: impl Fn(&str) -> bool) -> String {
    join(url, 1 + text.len(), sent, |separator, url| {
        if !text.is_empty() {
            url.push(separator);
            url.push_str(text);
        }
    })
}

#[cfg(test)]
mod tests;
