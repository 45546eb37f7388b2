//! Writing JSON as strictly as it is read: [`Writer`], a [`serde::Serializer`] that finds what a strict reader would refuse while it writes.
//!
//! Theory of operation: the text grows in one piece of scratch, on the stack where that is possible. Every name goes through [`Writer::name`] and every object
//! ends in [`Compound::end`], so that duplicates (`#[serde(flatten)]`, a map with two keys of one text) are found at every depth. What the reader could only
//! refuse is an error here: a number that is not finite, a name that is no text, nesting and members beyond its [`Limits`]. The one thing that is not ours to judge is
//! text that a value brings along as JSON (`serde_json`'s raw values and numbers of any precision); who meets it reads the document again.

mod scratch;
mod text;

use core::fmt;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

use self::scratch::Scratch;
use self::text::TextOnly;
use super::names::Names;
use super::reader::{Place, Watch};
use super::{JsonError, Kind, Limits, string};

type Result<T = ()> = core::result::Result<T, JsonError>;

pub(crate) struct Writer {
    text: Scratch,
    names: Names,
    depth: usize,
    members: usize,
    limits: Limits,
    watch: Watch<'static>,
    brought_along: bool,
}

impl Writer {
    /// For documents of this depth and so many members each. Their length is not looked at.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            text: Scratch::new(),
            names: Names::new(),
            depth: 0,
            members: 0,
            limits,
            watch: Watch::claims(&[]),
            brought_along: false,
        }
    }

    /// What was written so far.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Begins another document behind what was written so far, and answers where.
    pub(crate) fn next_document(&mut self) -> usize {
        self.watch = Watch::claims(&[]);
        self.brought_along = false;
        self.members = 0;
        self.text.len()
    }

    /// Where the registered claims of the outermost object are.
    pub(crate) const fn watch(&self) -> Watch<'static> {
        self.watch
    }

    /// Whether a value brought JSON text of its own along, which was not looked at.
    pub(crate) const fn brought_along(&self) -> bool {
        self.brought_along
    }

    /// Begins an object.
    pub(crate) fn object(&mut self) -> Result<Compound<'_>> {
        self.open(b"{", b"}")
    }

    fn open(&mut self, begin: &'static [u8], end: &'static [u8]) -> Result<Compound<'_>> {
        self.depth += 1;
        if self.depth > self.limits.max_depth {
            return Err(self.error(Kind::TooDeep));
        }
        self.text.put(begin);
        let names_from = self.names.len();
        Ok(Compound { writer: self, begun: false, names_from, end, levels: 1, brought_along: false })
    }

    /// An object whose one member is an enum's variant, and the array or object that is its value.
    fn variant(&mut self, name: &str, begin: &'static [u8], end: &'static [u8]) -> Result<Compound<'_>> {
        self.object()?.name(name)?;
        Ok(Compound { levels: 2, ..self.open(begin, end)? })
    }

    /// A member's name and the colon behind it. All but the first follow a comma.
    #[inline]
    fn name(&mut self, name: &str, names_from: usize, comma: bool) -> Result {
        let start = self.text.len() + usize::from(comma) + 1;
        match (string::stop(name.as_bytes(), 0) == name.len(), comma) {
            (true, true) => self.text.put_between(*b",\"", name.as_bytes(), *b"\":"),
            (true, false) => self.text.put_between(*b"\"", name.as_bytes(), *b"\":"),
            (false, _) => {
                self.text.put(if comma { b"," } else { b"" });
                self.string(name);
                self.text.put(b":");
            }
        }
        // As they are escaped here, two names are the same if and only if their spellings are.
        let text = self.text.as_bytes();
        let spelling = text.get(start..text.len().saturating_sub(2)).unwrap_or_default();
        if !self.names.push(text, names_from, spelling, start) {
            return Err(self.error(Kind::DuplicateMember));
        }
        if self.depth == 1 {
            // Nothing is unescaped in what is written here.
            self.watch.note(name, Place::new(self.text.len(), 0), None);
        }
        Ok(())
    }

    #[inline]
    fn string(&mut self, text: &str) {
        if string::stop(text.as_bytes(), 0) == text.len() {
            self.text.put_between(*b"\"", text.as_bytes(), *b"\"");
            return;
        }
        self.text.put(b"\"");
        self.escaped(text);
        self.text.put(b"\"");
    }

    /// The inside of a string (RFC 8259, section 7).
    fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some((plain, behind)) = rest.split_at_checked(string::stop(rest, 0)) {
            self.text.put(plain);
            let Some((&special, behind)) = behind.split_first() else { return };
            let hex = |digit: u8| b"0123456789abcdef".get(usize::from(digit)).copied().unwrap_or(b'0');
            let unicode = [b'\\', b'u', b'0', b'0', hex(special >> 4), hex(special & 0xF)];
            let escape: &[u8] = match special {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0x08 => b"\\b",
                0x0C => b"\\f",
                _ => &unicode,
            };
            self.text.put(escape);
            rest = behind;
        }
    }

    #[inline]
    fn unsigned(&mut self, mut value: u64) {
        // The greatest has twenty digits.
        let mut digits = [b'0'; 20];
        let mut count = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(value % 10).unwrap_or_default();
            value /= 10;
            count += 1;
            if value == 0 {
                break;
            }
        }
        let start = digits.len() - count;
        self.text.put(digits.get(start..).unwrap_or_default());
    }

    fn signed(&mut self, value: i64) {
        if value < 0 {
            self.text.put(b"-");
        }
        self.unsigned(value.unsigned_abs());
    }

    /// What displays itself as JSON.
    fn display(&mut self, value: impl fmt::Display) -> Result {
        fmt::Write::write_fmt(&mut self.text, format_args!("{value}")).map_err(|_| self.error(Kind::Unfit))
    }

    /// `{:?}` is the shortest text that is read back as the same number, always with a fraction or an exponent, and JSON.
    fn fraction(&mut self, finite: bool, value: impl fmt::Debug) -> Result {
        if !finite {
            return Err(self.error(Kind::NumberRange));
        }
        self.display(format_args!("{value:?}"))
    }

    #[cold]
    fn error(&self, kind: Kind) -> JsonError {
        JsonError::new(kind, self.text.len())
    }
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = JsonError;
    type SerializeSeq = Compound<'w>;
    type SerializeTuple = Compound<'w>;
    type SerializeTupleStruct = Compound<'w>;
    type SerializeTupleVariant = Compound<'w>;
    type SerializeMap = Compound<'w>;
    type SerializeStruct = Compound<'w>;
    type SerializeStructVariant = Compound<'w>;

    fn serialize_bool(self, value: bool) -> Result {
        self.text.put(if value { b"true".as_slice() } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result {
        self.signed(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result {
        self.display(value)
    }

    fn serialize_u8(self, value: u8) -> Result {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result {
        self.unsigned(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result {
        self.display(value)
    }

    fn serialize_f32(self, value: f32) -> Result {
        self.fraction(value.is_finite(), value)
    }

    fn serialize_f64(self, value: f64) -> Result {
        self.fraction(value.is_finite(), value)
    }

    fn serialize_char(self, value: char) -> Result {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        self.text.put(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        let mut object = self.object()?;
        object.member(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w>> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'w>> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>> {
        self.open(b"[", b"]")
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Compound<'w>> {
        self.variant(variant, b"[", b"]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w>> {
        self.object()
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'w>> {
        if BROUGHT_ALONG.contains(&name) {
            self.brought_along = true;
            let names_from = self.names.len();
            return Ok(Compound { writer: self, begun: false, names_from, end: b"", levels: 0, brought_along: true });
        }
        self.object()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>> {
        self.variant(variant, b"{", b"}}")
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result {
        struct Inside<'w>(&'w mut Writer);
        impl fmt::Write for Inside<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.escaped(text);
                Ok(())
            }
        }
        self.text.put(b"\"");
        let written = fmt::Write::write_fmt(&mut Inside(self), format_args!("{value}"));
        written.map_err(|_| self.error(Kind::Unfit))?;
        self.text.put(b"\"");
        Ok(())
    }
}

/// The structs by which `serde_json` hands text that is JSON already to itself: its `RawValue`, and its `Number` with the feature `arbitrary_precision`, which
/// any crate can switch on.
const BROUGHT_ALONG: [&str; 2] = ["$serde_json::private::RawValue", "$serde_json::private::Number"];

/// An array or object that is being written.
pub(crate) struct Compound<'w> {
    writer: &'w mut Writer,
    /// The first item was written.
    begun: bool,
    names_from: usize,
    end: &'static [u8],
    levels: usize,
    /// Neither: text that is JSON already.
    brought_along: bool,
}

impl Compound<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        if core::mem::replace(&mut self.begun, true) {
            self.writer.text.put(b",");
        }
        self.writer.members += 1;
        value.serialize(&mut *self.writer)
    }

    #[inline]
    fn name(&mut self, name: &str) -> Result {
        self.writer.members += 1;
        let comma = core::mem::replace(&mut self.begun, true);
        self.writer.name(name, self.names_from, comma)
    }

    /// A member.
    #[inline]
    pub(crate) fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result {
        if self.brought_along {
            return value.serialize(TextOnly::Json(self.writer));
        }
        self.name(name)?;
        value.serialize(&mut *self.writer)
    }

    /// Ends the array or object.
    pub(crate) fn close(self) -> Result {
        let Self { writer, names_from, end, levels, .. } = self;
        let mut unique = writer.names.pop(writer.text.as_bytes(), names_from);
        if levels == 2 {
            // The variant's name.
            unique &= writer.names.pop(writer.text.as_bytes(), names_from.saturating_sub(1));
        }
        writer.text.put(end);
        writer.depth = writer.depth.saturating_sub(levels);
        if !unique {
            return Err(writer.error(Kind::DuplicateMember));
        }
        // Once for each object and array is often enough: what is too wide is the caller's own.
        if writer.members > writer.limits.max_members { Err(writer.error(Kind::TooManyMembers)) } else { Ok(()) }
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = JsonError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
                self.element(value)
            }

            fn end(self) -> Result {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = JsonError;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result {
                self.member(name, value)
            }

            #[inline]
            fn end(self) -> Result {
                self.close()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = JsonError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        key.serialize(TextOnly::Name(self))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result {
        self.close()
    }
}

#[cfg(test)]
mod tests;
