//! [`TextOnly`]: the names of members, and text that is JSON already.

use core::fmt;

use serde::Serialize;
use serde::ser::{Error as _, Impossible, Serializer};

use super::{Compound, Writer};
use crate::json::JsonError;
use crate::json::access::Spelling;

type Result<T = ()> = core::result::Result<T, JsonError>;

/// Where only text can stand.
pub(super) enum TextOnly<'c, 'w> {
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
