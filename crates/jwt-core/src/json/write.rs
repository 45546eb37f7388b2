//! Writing JSON as strictly as it is read: [`Writer`], a [`serde::Serializer`] that finds what a strict reader would refuse while it writes.
//!
//! Theory of operation: the text grows in one piece of scratch, on the stack where that is possible. Every name goes through [`Writer::name`] and every object
//! ends in [`Compound::end`], so that duplicates (`#[serde(flatten)]`, a map with two keys of one text) are found at every depth. What the reader could only
//! refuse is an error here: a number that is not finite, a name that is no text, nesting and members beyond its [`Limits`]. The one thing that is not ours to judge is
//! text that a value brings along as JSON (`serde_json`'s raw values and numbers of any precision); who meets it reads the document again.

use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use serde::ser::{
    Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::access::Spelling;
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

    /// One more member or element.
    #[inline]
    fn count(&mut self) -> Result {
        self.members += 1;
        if self.members > self.limits.max_members { Err(self.error(Kind::TooManyMembers)) } else { Ok(()) }
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
            self.watch.note(name, Place::at(self.text.len()), None);
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
        self.writer.count()?;
        value.serialize(&mut *self.writer)
    }

    #[inline]
    fn name(&mut self, name: &str) -> Result {
        self.writer.count()?;
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
        if unique { Ok(()) } else { Err(writer.error(Kind::DuplicateMember)) }
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

/// Where only text can stand.
enum TextOnly<'c, 'w> {
    /// A member's name. Like `serde_json`, this takes integers and booleans too.
    Name(&'c mut Compound<'w>),
    /// Text that is JSON already.
    Json(&'c mut Writer),
}

impl TextOnly<'_, '_> {
    fn text(self, text: &str) -> Result {
        match self {
            Self::Name(object) => object.name(text),
            Self::Json(writer) => {
                writer.text.put(text.as_bytes());
                Ok(())
            }
        }
    }

    fn displayed(self, value: impl fmt::Display) -> Result {
        match self {
            Self::Name(object) => object.name(Spelling::of(value).as_str().ok_or_else(no_text)?),
            Self::Json(_) => Err(no_text()),
        }
    }
}

#[cold]
fn no_text() -> JsonError {
    JsonError::custom("no text")
}

macro_rules! displayed {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Result {
            self.displayed(value)
        }
    )*};
}

impl Serializer for TextOnly<'_, '_> {
    type Ok = ();
    type Error = JsonError;
    type SerializeSeq = Impossible<(), JsonError>;
    type SerializeTuple = Impossible<(), JsonError>;
    type SerializeTupleStruct = Impossible<(), JsonError>;
    type SerializeTupleVariant = Impossible<(), JsonError>;
    type SerializeMap = Impossible<(), JsonError>;
    type SerializeStruct = Impossible<(), JsonError>;
    type SerializeStructVariant = Impossible<(), JsonError>;

    displayed! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
    }

    fn serialize_str(self, value: &str) -> Result {
        self.text(value)
    }

    fn serialize_char(self, value: char) -> Result {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_f32(self, _: f32) -> Result {
        Err(no_text())
    }

    fn serialize_f64(self, _: f64) -> Result {
        Err(no_text())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result {
        Err(no_text())
    }

    fn serialize_none(self) -> Result {
        Err(no_text())
    }

    fn serialize_unit(self) -> Result {
        Err(no_text())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result {
        Err(no_text())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result {
        Err(no_text())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq> {
        Err(no_text())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple> {
        Err(no_text())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct> {
        Err(no_text())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        Err(no_text())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap> {
        Err(no_text())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct> {
        Err(no_text())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        Err(no_text())
    }
}

/// Bytes that grow: on the stack first.
struct Scratch {
    inline: [u8; INLINE],
    len: usize,
    /// Once there are more than fit inline, all of them.
    spilled: Vec<u8>,
}

/// Header and claims of an access token, with room.
const INLINE: usize = 1024;

impl Scratch {
    const fn new() -> Self {
        Self { inline: [0; INLINE], len: 0, spilled: Vec::new() }
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        if self.spilled.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.spilled }
    }

    #[inline]
    const fn len(&self) -> usize {
        if self.spilled.is_empty() { self.len } else { self.spilled.len() }
    }

    #[inline]
    fn put(&mut self, piece: &[u8]) {
        self.put_between([], piece, []);
    }

    /// A piece and the few characters around it, with one look at the room.
    #[inline]
    fn put_between<const B: usize, const A: usize>(&mut self, before: [u8; B], piece: &[u8], after: [u8; A]) {
        let end = self.len.saturating_add(B + A).saturating_add(piece.len());
        if self.spilled.is_empty()
            && let Some(room) = self.inline.get_mut(self.len..end)
            && let Some((first, rest)) = room.split_first_chunk_mut::<B>()
            && let Some((middle, last)) = rest.split_last_chunk_mut::<A>()
        {
            *first = before;
            middle.copy_from_slice(piece);
            *last = after;
            self.len = end;
        } else {
            self.spill([&before, piece, &after]);
        }
    }

    #[cold]
    fn spill(&mut self, pieces: [&[u8]; 3]) {
        if self.spilled.is_empty() {
            self.spilled.reserve(4 * INLINE);
            self.spilled.extend_from_slice(self.inline.get(..self.len).unwrap_or_default());
        }
        for piece in pieces {
            self.spilled.extend_from_slice(piece);
        }
    }
}

impl fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::string::{String, ToString};
    use alloc::{format, vec};

    use proptest::prelude::*;
    use serde::ser::SerializeStruct as _;

    use super::*;

    fn written<T: Serialize + ?Sized>(value: &T) -> core::result::Result<String, &'static str> {
        let mut writer = Writer::new(Limits::unbounded());
        value.serialize(&mut writer).map_err(|error| error.code())?;
        assert_eq!((writer.depth, writer.names.len()), (0, 0));
        Ok(String::from_utf8(writer.as_bytes().to_vec()).unwrap())
    }

    #[derive(serde::Serialize)]
    enum Variants {
        Unit,
        Newtype(u8),
        Tuple(u8, &'static str),
        Struct { a: Option<bool>, b: () },
    }

    #[derive(serde::Serialize)]
    struct Unit;

    #[derive(serde::Serialize)]
    struct Newtype(i8);

    #[derive(serde::Serialize)]
    struct Twice {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, u8>,
    }

    /// Everything that serde knows is written as `serde_json` writes it.
    #[test]
    fn every_kind_of_value_is_written() {
        fn same<T: Serialize + ?Sized>(value: &T) {
            assert_eq!(written(value).unwrap(), serde_json::to_string(value).unwrap());
        }
        same(&(true, false, (), None::<u8>, Some('\u{e9}'), Unit, Newtype(-128)));
        same(&(i16::MIN, i32::MIN, i64::MIN, i128::MIN, u16::MAX, u32::MAX, u64::MAX, u128::MAX, 0_u8, 10_u64));
        same(&(0.0_f64, -0.0_f64, 0.5_f32, 0.1_f32, 1e15_f64));
        same("quote \" backslash \\ slash / \u{8}\u{c}\n\r\t\0\u{1f}\u{7f} \u{1d11e}");
        same(&[Variants::Unit, Variants::Newtype(1), Variants::Tuple(2, "x"), Variants::Struct { a: None, b: () }]);
        same(&BTreeMap::from([(i64::MIN, Variants::Tuple(1, "y")), (2, Variants::Unit)]));
        same(&BTreeMap::from([(true, 1), (false, 2)]));
        same(&BTreeMap::from([('"', 1), ('x', 2)]));
        same(&BTreeMap::from([("\"\n", BTreeMap::from([("", 1)])), ("\\", BTreeMap::new())]));
        same(&(Vec::<u8>::new(), BTreeMap::<u8, u8>::new(), b"bytes"));
        assert_eq!(written(&format_args!("{}\"{}", 1, '\n')).unwrap(), r#""1\"\n""#);
    }

    #[test]
    fn numbers_are_read_back_as_they_were() {
        for number in [1e16, 1e-5, 123_456_789_012_345_680.0, 5e-324, 4_000_000_000.25, f64::MAX, f64::MIN_POSITIVE] {
            let text = written(&number).unwrap();
            assert_eq!(super::super::from_slice::<f64>(text.as_bytes(), &Limits::default()), Ok(number), "{text}");
        }
    }

    #[test]
    fn what_a_strict_reader_would_refuse_is_not_written() {
        let twice = || Twice { a: 1, rest: BTreeMap::from([("b", 2), ("a", 3)]) };
        assert_eq!(written(&twice()), Err("json_duplicate_member"));
        assert_eq!(written(&vec![BTreeMap::from([("x", twice())])]), Err("json_duplicate_member"));
        let many = |last: &str| {
            let names = (0..40).map(|n| format!("{n}")).chain([last.to_string()]);
            written(&Pairs(names.map(|name| (name, 1)).collect()))
        };
        assert!(many("x").is_ok());
        assert_eq!(many("39"), Err("json_duplicate_member"));
        assert_eq!(many("0"), Err("json_duplicate_member"));
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(written(&[number]), Err("json_number_out_of_range"));
        }
        assert_eq!(written(&f32::NAN), Err("json_number_out_of_range"));
        assert_eq!(written(&BTreeMap::from([((1, 2), 3)])), Err("json_unfit"));
        assert_eq!(written(&BTreeMap::from([(None::<u8>, 3)])), Err("json_unfit"));
    }

    /// A map whose names may repeat.
    struct Pairs<V>(Vec<(String, V)>);

    impl<V: Serialize> Serialize for Pairs<V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }

    #[test]
    fn the_depth_is_bounded() {
        struct Nested(usize);
        impl Serialize for Nested {
            fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
                match self.0.checked_sub(1) {
                    None => serializer.serialize_unit(),
                    Some(inner) if inner % 2 == 0 => serializer.collect_seq([Self(inner)]),
                    Some(inner) => serializer.collect_map([("a", Self(inner))]),
                }
            }
        }
        assert!(written(&Nested(Limits::DEEPEST)).is_ok());
        assert_eq!(written(&Nested(Limits::DEEPEST + 1)), Err("json_too_deep"));
        let within = |depth| Nested(depth).serialize(&mut Writer::new(Limits::default().max_depth(7)));
        assert!(within(7).is_ok() && within(8).is_err());
    }

    #[test]
    fn members_and_elements_are_counted_as_the_reader_counts_them() {
        fn fits<T: Serialize>(value: &T, members: usize) -> bool {
            let limits = Limits::default().max_members(members);
            let text = written(value).unwrap();
            let read = super::super::from_slice::<serde::de::IgnoredAny>(text.as_bytes(), &limits);
            let mut writer = Writer::new(limits);
            let counted = value.serialize(&mut writer).map_err(|error| error.code());
            assert_eq!(counted, read.map(drop).map_err(|error| error.code()), "{text} {members}");
            counted.is_ok()
        }
        for (value, members) in [
            (Variants::Unit, 0),
            (Variants::Newtype(1), 1),
            (Variants::Tuple(2, "x"), 3),
            (Variants::Struct { a: None, b: () }, 3),
        ] {
            assert!(fits(&value, members) && (members == 0 || !fits(&value, members - 1)));
        }
        let nested = BTreeMap::from([("a", vec![1, 2, 3]), ("b", vec![])]);
        assert!(fits(&nested, 5) && !fits(&nested, 4));
        // Each document has its own.
        let mut writer = Writer::new(Limits::default().max_members(2));
        assert!([1, 2].serialize(&mut writer).is_ok());
        writer.next_document();
        assert!([1, 2].serialize(&mut writer).is_ok());
    }

    #[test]
    fn json_that_is_brought_along_is_written_as_it_is_and_told() {
        struct Raw(&'static str);
        impl Serialize for Raw {
            fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
                let [name, _] = BROUGHT_ALONG;
                let mut raw = serializer.serialize_struct(name, 1)?;
                raw.serialize_field(name, self.0)?;
                raw.end()
            }
        }
        let mut writer = Writer::new(Limits::unbounded());
        BTreeMap::from([("a", Raw("[1e5 ,")), ("b", Raw("2]"))]).serialize(&mut writer).unwrap();
        assert_eq!(writer.as_bytes(), br#"{"a":[1e5 ,,"b":2]}"#);
        assert!(writer.brought_along());
        let mut writer = Writer::new(Limits::unbounded());
        Variants::Unit.serialize(&mut writer).unwrap();
        assert!(!writer.brought_along());
    }

    #[test]
    fn registered_claims_are_noted_in_the_outermost_object_only() {
        let mut writer = Writer::new(Limits::unbounded());
        BTreeMap::from([("aud", BTreeMap::from([("iss", 1)]))]).serialize(&mut writer).unwrap();
        let watch = writer.watch();
        assert_eq!(watch.aud.map(Place::position), Some(r#"{"aud":"#.len()));
        assert_eq!((watch.iss, watch.sub, watch.exp), (None, None, None));
        let mut writer = Writer::new(Limits::unbounded());
        #[derive(serde::Serialize)]
        #[serde(rename_all = "lowercase")]
        enum Odd {
            Aud { x: u8 },
        }
        Odd::Aud { x: 1 }.serialize(&mut writer).unwrap();
        assert!(writer.watch().aud.is_some());
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_and_what_is_written_here_are_the_same(
            names in proptest::collection::vec(".{0,12}", 0..40),
            texts in proptest::collection::vec("(\\PC|[\\x00-\\x1f\"\\\\]){0,300}", 1..4),
            numbers in (any::<u64>(), any::<i64>(), any::<i8>()),
        ) {
            let value: Vec<_> = names.iter().map(|name| (name.clone(), (&texts, numbers))).collect();
            let unique: alloc::collections::BTreeSet<&String> = names.iter().collect();
            match written(&Pairs(value.clone())) {
                Ok(text) => {
                    prop_assert_eq!(unique.len(), names.len());
                    prop_assert_eq!(text, serde_json::to_string(&Pairs(value)).unwrap());
                }
                Err(code) => {
                    prop_assert_eq!(code, "json_duplicate_member");
                    prop_assert!(unique.len() < names.len());
                }
            }
        }
    }
}
