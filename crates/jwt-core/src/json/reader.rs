//! The reader itself: tokens, objects, arrays, and skipping. `access` makes a `Deserializer` of it.
//!
//! Theory of operation: one position moves forward over the text (noted values are looked at again, but only once all of it was found right). Every object is walked with [`Reader::next_name`], whoever asks (a
//! visitor, or [`Reader::skip_value`] for what a visitor leaves), so the checks of names, depth and count stand in one place. An error that leaves the
//! position in the middle of something is kept and repeated, so that a visitor which swallows it cannot make the rest mean something else.

use alloc::string::String;
use core::marker::PhantomData;
use core::num::NonZeroU32;

use serde::Deserialize;
use serde::de::DeserializeSeed;

use super::names::{Names, narrow};
use super::string::{self, Prefix};
use super::{Document, JsonError, JsonKind, Kind, Limits};

pub(crate) struct Reader<'b, 'w> {
    text: &'b str,
    /// The document alone, without the unescaped strings behind it.
    bytes: &'b [u8],
    /// As [`Document`] has it.
    quotes_only: bool,
    at: usize,
    /// Where the prefix of the next unescaped string is.
    tail: usize,
    depth: usize,
    max_depth: usize,
    members_left: usize,
    names: Names,
    watch: Watch<'w>,
    failed: Option<JsonError>,
    tolerates_duplicates: bool,
}

/// What the outermost value may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Top {
    Any,
    Object,
}

/// Where a value begins: enough to read it again once the document is known to be right.
///
/// In eight bytes, also where there may be none: it is noted, copied and asked for several times for each token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// What stands before it: at least an object's brace.
    before: NonZeroU32,
    tail: u32,
}

impl Place {
    /// Positions fit: [`Limits`] keeps short what is read, and what is written and longer is refused for its length whatever is found there.
    #[inline]
    pub(super) fn new(at: usize, tail: usize) -> Self {
        let before = NonZeroU32::new(narrow(at)).unwrap_or(NonZeroU32::MIN);
        Self { before, tail: narrow(tail) }
    }

    #[inline]
    pub(crate) const fn position(self) -> usize {
        self.before.get() as usize
    }
}

/// The members of the outermost object that are noted while it is read or written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watch<'w> {
    /// Whether anything is noted at all.
    on: bool,
    pub(crate) iss: Option<Place>,
    pub(crate) sub: Option<Place>,
    pub(crate) aud: Option<Place>,
    pub(crate) exp: Option<Place>,
    pub(crate) nbf: Option<Place>,
    pub(crate) iat: Option<Place>,
    pub(crate) jti: Option<Place>,
    /// Further names, all different.
    required: &'w [String],
    /// How many of them were there with a value other than `null`.
    pub(crate) required_met: usize,
}

impl<'w> Watch<'w> {
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// The registered claims (RFC 7519, section 4.1) and `required`.
    pub(crate) fn claims(required: &'w [String]) -> Self {
        Self { on: true, required, ..Self::default() }
    }

    #[inline]
    pub(super) fn note(&mut self, name: &str, place: Place, value: Option<u8>) {
        let seen = match name.as_bytes() {
            b"iss" => &mut self.iss,
            b"sub" => &mut self.sub,
            b"aud" => &mut self.aud,
            b"exp" => &mut self.exp,
            b"nbf" => &mut self.nbf,
            b"iat" => &mut self.iat,
            b"jti" => &mut self.jti,
            _ => {
                // No value but `null` begins with this letter.
                if value != Some(b'n') && self.required.iter().any(|required| required == name) {
                    self.required_met += 1;
                }
                return;
            }
        };
        *seen = Some(place);
    }
}

/// Something is wrong: the reader keeps what. (Small, because every token is answered in a `Result`.)
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// For the way through a visitor; [`Reader::read`] answers what was kept.
impl From<Failed> for JsonError {
    fn from(_: Failed) -> Self {
        Self::new(Kind::Syntax, usize::MAX)
    }
}

/// An open object or array.
pub(super) struct Open {
    first: bool,
    ended: bool,
    names_from: usize,
}

/// A number as `serde_json` tells them apart: `-0` and what does not fit in 64 bits are fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Numeric {
    Unsigned(u64),
    Negative(i64),
    Fraction(f64),
}

impl<'b, 'w> Reader<'b, 'w> {
    #[inline]
    pub(crate) fn new(document: Document<'b>, limits: &Limits, watch: Watch<'w>) -> Self {
        Self {
            text: document.text,
            bytes: document.text.as_bytes().get(..document.end).unwrap_or_default(),
            quotes_only: document.quotes_only,
            at: 0,
            tail: document.end,
            depth: 0,
            max_depth: limits.max_depth,
            members_left: limits.max_members,
            names: Names::new(),
            watch,
            failed: None,
            tolerates_duplicates: false,
        }
    }

    /// For a look at what was found to have duplicates, and is refused for it: to say what it is called.
    pub(crate) fn tolerating_duplicates(self) -> Self {
        Self { tolerates_duplicates: true, ..self }
    }

    /// What was noted.
    pub(crate) const fn watch(&self) -> Watch<'w> {
        self.watch
    }

    // --- a second look at noted values, once the whole document was read -----------------------------------------------------------------------------------

    /// Whether the value is a string.
    pub(crate) fn is_text_at(&self, place: Place) -> bool {
        self.bytes.get(place.position()) == Some(&b'"')
    }

    /// What the value is.
    pub(crate) fn kind_at(&self, place: Place) -> Option<JsonKind> {
        self.bytes.get(place.position()).copied().and_then(JsonKind::beginning_with)
    }

    /// The text of a string.
    pub(crate) fn text_at(&mut self, place: Place) -> Option<&'b str> {
        self.go_back(place);
        if self.next_byte() == Some(b'"') { self.string().ok() } else { None }
    }

    /// Calls `each` with the text of a string or with those of an array of strings; `None` if the value is neither.
    pub(crate) fn texts_at(&mut self, place: Place, mut each: impl FnMut(&'b str)) -> Option<()> {
        if let Some(text) = self.text_at(place) {
            each(text);
            return Some(());
        }
        if self.next_byte() != Some(b'[') {
            return None;
        }
        let mut open = self.open().ok()?;
        while self.next_element(&mut open).ok()? {
            if self.next_byte() != Some(b'"') {
                return None;
            }
            each(self.string().ok()?);
        }
        Some(())
    }

    /// The value of a number.
    pub(crate) fn number_at(&mut self, place: Place) -> Option<Numeric> {
        self.go_back(place);
        if let Some(b'-' | b'0'..=b'9') = self.next_byte() { self.number().ok() } else { None }
    }

    fn go_back(&mut self, place: Place) {
        (self.at, self.tail, self.depth, self.members_left) = (place.position(), place.tail as usize, 0, usize::MAX);
    }

    // --- the first and only reading --------------------------------------------------------------------------------------------------------------------

    /// Reads the whole document.
    #[inline]
    pub(crate) fn read<T: Deserialize<'b>>(&mut self, top: Top) -> Result<T, JsonError> {
        self.read_by(PhantomData, top)
    }

    /// The same by a seed.
    #[inline]
    pub(crate) fn read_by<S: DeserializeSeed<'b>>(&mut self, seed: S, top: Top) -> Result<S::Value, JsonError> {
        if top == Top::Object {
            self.require_object()?;
        }
        self.next_byte();
        let before = self.at;
        // The value stays where it is: to copy it costs more than to read a short one.
        let mut result = seed.deserialize(&mut *self);
        if result.is_ok() {
            let left = if self.at == before { self.skip_value() } else { self.healthy() };
            if let Err(failed) = left.and_then(|()| self.end()) {
                result = Err(failed.into());
            }
        }
        if let Err(error) = &mut result {
            *error = self.error(*error);
        }
        result
    }

    /// What is no JSON at all is told apart from JSON of another type.
    #[inline]
    pub(super) fn require_object(&mut self) -> Result<(), JsonError> {
        if self.next_byte() == Some(b'{') { Ok(()) } else { Err(self.no_object()) }
    }

    #[cold]
    fn no_object(&mut self) -> JsonError {
        let whole = self.skip_value().and_then(|()| self.end());
        if whole.is_ok() { JsonError::not_an_object() } else { self.error(Failed.into()) }
    }

    /// The error to answer: the first that was kept, or else the one that a visitor gave.
    pub(super) fn error(&self, error: JsonError) -> JsonError {
        self.failed.unwrap_or_else(|| error.or_at(self.at))
    }

    #[inline]
    pub(super) fn end(&mut self) -> Result<(), Failed> {
        match self.next_byte() {
            None => Ok(()),
            Some(_) => Err(self.fail(Kind::Trailing)),
        }
    }

    /// Keeps an error that leaves the position where no value begins or ends.
    #[cold]
    pub(super) fn fail(&mut self, kind: Kind) -> Failed {
        self.keep(JsonError::new(kind, self.at));
        Failed
    }

    /// Keeps an error, unless there was one before, and answers the one that is kept.
    #[cold]
    pub(super) fn keep(&mut self, error: JsonError) -> JsonError {
        let error = error.or_at(self.at);
        *self.failed.get_or_insert(error)
    }

    #[inline]
    pub(super) const fn healthy(&self) -> Result<(), Failed> {
        if self.failed.is_none() { Ok(()) } else { Err(Failed) }
    }

    #[inline]
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// Where what is unescaped next lies, so that it shows whether a string was.
    #[inline]
    pub(super) const fn tail(&self) -> usize {
        self.tail
    }

    /// The document alone, without the unescaped strings behind it.
    pub(crate) fn document(&self) -> &'b str {
        self.text.get(..self.bytes.len()).unwrap_or_default()
    }

    /// To the start of a number that was looked at.
    pub(super) const fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    /// Moves over whitespace and answers the byte behind it.
    #[inline]
    pub(crate) fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// The error for a byte that may not be here.
    pub(super) fn unexpected(&mut self, found: Option<u8>) -> Failed {
        self.fail(if found.is_none() { Kind::End } else { Kind::Syntax })
    }

    // --- scalars ---------------------------------------------------------------------------------------------------------------------------------------

    /// At an opening quote: the string, moving behind its closing quote.
    #[inline]
    pub(super) fn string(&mut self) -> Result<&'b str, Failed> {
        let start = self.at + 1;
        if self.quotes_only {
            let stop = string::quote(self.bytes, start);
            if let (Some(text), true) = (self.text.get(start..stop), stop < self.bytes.len()) {
                self.at = stop + 1;
                return Ok(text);
            }
        }
        self.any_string(start)
    }

    fn any_string(&mut self, start: usize) -> Result<&'b str, Failed> {
        let stop = string::stop(self.bytes, start);
        match self.bytes.get(stop) {
            Some(b'"') => {
                self.at = stop + 1;
                // The stop is a quote, so both ends are boundaries of characters.
                self.text.get(start..stop).ok_or_else(|| self.fail(Kind::Utf8))
            }
            Some(b'\\') => self.unescaped(start),
            Some(_) => {
                self.at = stop;
                Err(self.fail(Kind::ControlCharacter))
            }
            None => {
                self.at = stop;
                Err(self.fail(Kind::End))
            }
        }
    }

    fn unescaped(&mut self, start: usize) -> Result<&'b str, Failed> {
        let found = Prefix::read(self.text.as_bytes(), self.tail).and_then(|prefix| {
            let from = self.tail + Prefix::LEN;
            let to = from.checked_add(prefix.unescaped)?;
            Some((self.text.get(from..to)?, to, start.checked_add(prefix.raw)? + 1))
        });
        let Some((text, tail, at)) = found else { return Err(self.fail(Kind::Escape)) };
        (self.tail, self.at) = (tail, at);
        Ok(text)
    }

    /// At `t`, `f` or `n`.
    pub(super) fn literal(&mut self, word: &'static [u8]) -> Result<(), Failed> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.fail(Kind::Syntax))
        }
    }

    /// At `-` or a digit: moves over the number (RFC 8259, section 6) and answers its value.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Numeric, Failed> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (mut value, mut length) = rest.first_chunk().and_then(eight_digits).map_or((0, 0), |value| (value, 8));
        for &byte in rest.iter().take(SURE_DIGITS + 1).skip(length) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            length += 1;
        }
        // Dates and counts. All else goes the long way: what is negative, fractional or long, or begins with a zero.
        match (rest.first(), rest.get(length)) {
            (Some(b'1'..=b'9'), Some(b',' | b'}' | b']')) if length <= SURE_DIGITS => {
                self.at += length;
                Ok(Numeric::Unsigned(value))
            }
            _ => self.any_number(),
        }
    }

    fn any_number(&mut self) -> Result<Numeric, Failed> {
        let (text, integer) = self.number_text()?;
        let numeric = match (integer, text.strip_prefix('-')) {
            (true, None) => digits(text).map(Numeric::Unsigned),
            (true, Some(magnitude)) => digits(magnitude)
                .filter(|&value| value != 0)
                .and_then(|value| 0i64.checked_sub_unsigned(value))
                .map(Numeric::Negative),
            (false, _) => None,
        };
        if let Some(numeric) = numeric {
            return Ok(numeric);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Numeric::Fraction(value)),
            _ => Err(self.fail(Kind::NumberRange)),
        }
    }

    /// As [`Reader::number`]: the number's text, and whether it is an integer in form.
    #[inline]
    pub(super) fn number_text(&mut self) -> Result<(&'b str, bool), Failed> {
        let start = self.at;
        let mut integer = true;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok((text, integer))
    }

    /// One digit or more.
    #[inline]
    fn digits(&mut self) -> Result<(), Failed> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            let found = self.bytes.get(self.at).copied();
            return Err(self.unexpected(found));
        }
        Ok(())
    }

    // --- objects and arrays ----------------------------------------------------------------------------------------------------------------------------

    /// At `{` or `[`.
    #[inline]
    pub(super) fn open(&mut self) -> Result<Open, Failed> {
        if self.depth >= self.max_depth {
            return Err(self.fail(Kind::TooDeep));
        }
        self.depth += 1;
        self.at += 1;
        Ok(Open { first: true, ended: false, names_from: self.names.len() })
    }

    /// The next member's name, with the position at its value; `None` behind the closing brace.
    #[inline]
    pub(super) fn next_name(&mut self, open: &mut Open) -> Result<Option<&'b str>, Failed> {
        if open.ended {
            return Ok(None);
        }
        if !self.next_item(open, b'}')? {
            if !self.names.pop(self.text.as_bytes(), open.names_from) && !self.tolerates_duplicates {
                return Err(self.fail(Kind::DuplicateMember));
            }
            return Ok(None);
        }
        if self.bytes.get(self.at) != Some(&b'"') {
            let found = self.bytes.get(self.at).copied();
            return Err(self.unexpected(found));
        }
        let (quote, tail) = (self.at, self.tail);
        let name = self.string()?;
        let start = if self.tail == tail { quote + 1 } else { tail + Prefix::LEN };
        if !self.names.push(self.text.as_bytes(), open.names_from, name.as_bytes(), start) && !self.tolerates_duplicates
        {
            return Err(self.fail(Kind::DuplicateMember));
        }
        // Nearly always a colon, and then the value.
        let value = match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<2>) {
            Some(&[b':', value]) if value > b' ' => {
                self.at += 1;
                Some(value)
            }
            _ => {
                match self.next_byte() {
                    Some(b':') => self.at += 1,
                    other => return Err(self.unexpected(other)),
                }
                self.next_byte()
            }
        };
        if self.depth == 1 && self.watch.on {
            self.watch.note(name, Place::new(self.at, self.tail), value);
        }
        Ok(Some(name))
    }

    /// Whether there is a further element, with the position at it; false behind the closing bracket.
    #[inline]
    pub(super) fn next_element(&mut self, open: &mut Open) -> Result<bool, Failed> {
        Ok(!open.ended && self.next_item(open, b']')?)
    }

    #[inline]
    fn next_item(&mut self, open: &mut Open, close: u8) -> Result<bool, Failed> {
        // Nearly always a comma, and then the item.
        match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<2>) {
            Some(&[b',', item]) if item > b' ' && item != close && !open.first => self.at += 1,
            _ => {
                if !self.any_next_item(open, close)? {
                    return Ok(false);
                }
            }
        }
        match self.members_left.checked_sub(1) {
            Some(left) => self.members_left = left,
            None => return Err(self.fail(Kind::TooManyMembers)),
        }
        Ok(true)
    }

    fn any_next_item(&mut self, open: &mut Open, close: u8) -> Result<bool, Failed> {
        match self.next_byte() {
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                open.ended = true;
                return Ok(false);
            }
            Some(b',') if !open.first => {
                self.at += 1;
                // No comma before the closing bracket.
                match self.next_byte() {
                    Some(byte) if byte == close => return Err(self.fail(Kind::Syntax)),
                    _ => {}
                }
            }
            Some(_) if open.first => {}
            other => return Err(self.unexpected(other)),
        }
        open.first = false;
        Ok(true)
    }

    /// Reads a value as strictly as any other and forgets it. Recurses at most to the depth limit.
    pub(crate) fn skip_value(&mut self) -> Result<(), Failed> {
        match self.next_byte() {
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(b'{') => {
                let mut open = self.open()?;
                self.skip_members(&mut open)
            }
            Some(b'[') => {
                let mut open = self.open()?;
                self.skip_elements(&mut open)
            }
            other => Err(self.unexpected(other)),
        }
    }

    pub(super) fn skip_members(&mut self, open: &mut Open) -> Result<(), Failed> {
        while self.next_name(open)?.is_some() {
            self.skip_value()?;
        }
        Ok(())
    }

    pub(super) fn skip_elements(&mut self, open: &mut Open) -> Result<(), Failed> {
        while self.next_element(open)? {
            self.skip_value()?;
            // Nearly always text after text, as in a list of groups.
            while let Some([b',', b'"', ..]) = self.bytes.get(self.at..) {
                self.members_left = self.members_left.checked_sub(1).ok_or_else(|| self.fail(Kind::TooManyMembers))?;
                self.at += 1;
                self.string()?;
            }
        }
        Ok(())
    }
}

/// So many decimal digits always fit in 64 bits.
const SURE_DIGITS: usize = 19;

/// The value of eight decimal digits, two, four and eight of them at a time.
#[inline]
fn eight_digits(text: &[u8; 8]) -> Option<u64> {
    const SIXES: u64 = u64::from_le_bytes([6; 8]);
    const HIGH: u64 = u64::from_le_bytes([0xF0; 8]);
    const LOW: u64 = u64::from_le_bytes([0x0F; 8]);
    let text = u64::from_le_bytes(*text);
    // A digit is 3x, and still is with six more. (The carry of an addition reaches the next byte only where this one is no digit.)
    if (text & HIGH) | ((text.wrapping_add(SIXES) & HIGH) >> 4) != u64::from_le_bytes([0x33; 8]) {
        return None;
    }
    let pairs = (text & LOW).wrapping_mul(10 * 256 + 1) >> 8;
    let fours = (pairs & 0x00FF_00FF_00FF_00FF).wrapping_mul(100 * (1 << 16) + 1) >> 16;
    Some((fours & 0x0000_FFFF_0000_FFFF).wrapping_mul(10_000 * (1 << 32) + 1) >> 32)
}

/// The value of decimal digits; `None` if it needs more than 64 bits.
fn digits(text: &str) -> Option<u64> {
    if text.len() <= SURE_DIGITS {
        return Some(text.bytes().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')));
    }
    text.parse().ok()
}
