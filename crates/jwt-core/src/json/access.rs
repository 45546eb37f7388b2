//! The reader as a [`serde::Deserializer`].

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::reader::{Numeric, Open};
use super::{JsonError, Kind, Reader};

type Result<T> = core::result::Result<T, JsonError>;

impl<'b> Reader<'b, '_> {
    /// Hands an object to a visitor, then reads what it left.
    fn object<V: Visitor<'b>>(&mut self, visitor: V) -> Result<V::Value> {
        let mut members = Members { open: self.open()?, reader: self, value_due: false };
        let mut result = visitor.visit_map(&mut members);
        let rest = if result.is_ok() { members.finish() } else { Ok(()) };
        self.close(&mut result, rest);
        result
    }

    /// Hands an array to a visitor, then reads what it left; a tuple leaves nothing.
    fn array<V: Visitor<'b>>(&mut self, visitor: V, tuple: bool) -> Result<V::Value> {
        let mut elements = Elements { open: self.open()?, reader: self };
        let mut result = visitor.visit_seq(&mut elements);
        let rest = if result.is_ok() { elements.finish(tuple) } else { Ok(()) };
        self.close(&mut result, rest);
        result
    }

    /// Ends an object or array of which a visitor made `result`: the value holds if the `rest` was read too, and an error is kept.
    ///
    /// The value stays where it is: to copy it costs more than to read a short one.
    #[inline]
    fn close<T>(&mut self, result: &mut Result<T>, rest: Result<()>) {
        if let Err(error) = rest {
            *result = Err(error);
        }
        if let Err(error) = result {
            *error = self.keep(*error);
        }
    }

    /// Hands one value to a seed and makes sure that it was read.
    fn value<S: DeserializeSeed<'b>>(&mut self, seed: S) -> Result<S::Value> {
        self.next_byte();
        let before = self.position();
        // The value stays where it is, as in `close`.
        let mut result = seed.deserialize(&mut *self);
        match &mut result {
            Ok(_) if self.position() == before => self.skip_value()?,
            Ok(_) => {}
            Err(error) => *error = error.or_at(self.position()),
        }
        result
    }

    fn numeric<V: Visitor<'b>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.number()? {
            Numeric::Unsigned(value) => visitor.visit_u64(value),
            Numeric::Negative(value) => visitor.visit_i64(value),
            Numeric::Fraction(value) => visitor.visit_f64(value),
        }
    }

    /// The text of an integer, for types wider than 64 bits; `None`, with nothing read, at every other value.
    fn wide_integer(&mut self) -> Result<Option<&'b str>> {
        self.healthy()?;
        let Some(b'-' | b'0'..=b'9') = self.next_byte() else { return Ok(None) };
        let start = self.position();
        match self.number_text()? {
            (text, true) => Ok(Some(text)),
            (_, false) => {
                self.back_to(start);
                Ok(None)
            }
        }
    }

    /// An integer that the wide type asked for does not hold. Only what no type may hold is no strict JSON.
    #[cold]
    fn unfit_number(&mut self, text: &str) -> JsonError {
        if text.parse().is_ok_and(f64::is_finite) {
            JsonError::new(Kind::Unfit, self.position())
        } else {
            self.fail(Kind::NumberRange).into()
        }
    }
}

impl<'b> Deserializer<'b> for &mut Reader<'b, '_> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.healthy()?;
        match self.next_byte() {
            Some(b'"') => visitor.visit_borrowed_str(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.numeric(visitor),
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.array(visitor, false),
            Some(b't') => {
                self.literal(b"true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.literal(b"false")?;
                visitor.visit_bool(false)
            }
            Some(b'n') => {
                self.literal(b"null")?;
                visitor.visit_unit()
            }
            other => Err(self.unexpected(other).into()),
        }
    }

    fn deserialize_i128<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        match self.wide_integer()? {
            Some(text) => match text.parse() {
                Ok(value) => visitor.visit_i128(value),
                Err(_) => Err(self.unfit_number(text)),
            },
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        match self.wide_integer()? {
            Some(text) => match text.parse() {
                Ok(value) => visitor.visit_u128(value),
                Err(_) => Err(self.unfit_number(text)),
            },
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.healthy()?;
        match self.next_byte() {
            Some(b'"') => visitor.visit_borrowed_bytes(self.string()?.as_bytes()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.healthy()?;
        if self.next_byte() == Some(b'n') {
            self.literal(b"null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'b>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'b>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.healthy()?;
        if self.next_byte() == Some(b'[') { self.array(visitor, true) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_tuple_struct<V: Visitor<'b>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    /// From an object only: a derived visitor would take an array of the fields in their order.
    fn deserialize_struct<V: Visitor<'b>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.healthy()?;
        if self.next_byte() == Some(b'[') {
            self.skip_value()?;
            return Err(JsonError::invalid_type(Unexpected::Seq, &"an object"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'b>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.healthy()?;
        match self.next_byte() {
            Some(b'"') => visitor.visit_enum(BorrowedStrDeserializer::new(self.string()?)),
            Some(b'{') => {
                let mut open = self.open()?;
                let result = match self.next_name(&mut open) {
                    Ok(Some(name)) => visitor.visit_enum(Variant { reader: self, name }).and_then(|value| {
                        self.healthy()?;
                        match self.next_name(&mut open)? {
                            None => Ok(value),
                            Some(_) => Err(self.fail(Kind::Unfit).into()),
                        }
                    }),
                    Ok(None) => Err(JsonError::invalid_type(Unexpected::Map, &"an enum")),
                    Err(failed) => Err(failed.into()),
                };
                result.map_err(|error| self.keep(error))
            }
            // Whatever it is, an enum is none of it; what is no JSON at all is told apart.
            _ => {
                self.skip_value()?;
                Err(JsonError::invalid_type(Unexpected::Other("value"), &"an enum"))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.healthy()?;
        self.skip_value()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <W: Visitor<'b>>
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit unit_struct seq identifier
    }
}

/// An object in a visitor's hands.
struct Members<'r, 'b, 'w> {
    reader: &'r mut Reader<'b, 'w>,
    open: Open,
    /// A name was handed out, its value was not.
    value_due: bool,
}

impl Members<'_, '_, '_> {
    fn finish(&mut self) -> Result<()> {
        self.reader.healthy()?;
        self.pass_value()?;
        Ok(self.reader.skip_members(&mut self.open)?)
    }

    fn pass_value(&mut self) -> Result<()> {
        if core::mem::take(&mut self.value_due) { Ok(self.reader.skip_value()?) } else { Ok(()) }
    }
}

impl<'b> MapAccess<'b> for Members<'_, 'b, '_> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'b>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.reader.healthy()?;
        self.pass_value()?;
        let Some(name) = self.reader.next_name(&mut self.open)? else { return Ok(None) };
        self.value_due = true;
        seed.deserialize(Name(name)).map(Some).map_err(|error| self.reader.keep(error))
    }

    fn next_value_seed<V: DeserializeSeed<'b>>(&mut self, seed: V) -> Result<V::Value> {
        self.reader.healthy()?;
        if !core::mem::take(&mut self.value_due) {
            // The visitor asks for a value without a name.
            return Err(self.reader.fail(Kind::Unfit).into());
        }
        self.reader.value(seed)
    }
}

/// An array in a visitor's hands.
struct Elements<'r, 'b, 'w> {
    reader: &'r mut Reader<'b, 'w>,
    open: Open,
}

impl Elements<'_, '_, '_> {
    fn finish(&mut self, tuple: bool) -> Result<()> {
        self.reader.healthy()?;
        if !tuple {
            return Ok(self.reader.skip_elements(&mut self.open)?);
        }
        match self.reader.next_element(&mut self.open)? {
            true => Err(self.reader.fail(Kind::Unfit).into()),
            false => Ok(()),
        }
    }
}

impl<'b> SeqAccess<'b> for Elements<'_, 'b, '_> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'b>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.reader.healthy()?;
        if self.reader.next_element(&mut self.open)? { self.reader.value(seed).map(Some) } else { Ok(None) }
    }
}

/// `{"variant": value}`.
struct Variant<'r, 'b, 'w> {
    reader: &'r mut Reader<'b, 'w>,
    name: &'b str,
}

impl<'b> EnumAccess<'b> for Variant<'_, 'b, '_> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'b>>(self, seed: V) -> Result<(V::Value, Self)> {
        let variant = seed.deserialize(BorrowedStrDeserializer::<JsonError>::new(self.name))?;
        Ok((variant, self))
    }
}

impl<'b> VariantAccess<'b> for Variant<'_, 'b, '_> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<()> {
        self.reader.value(core::marker::PhantomData::<()>)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'b>>(self, seed: T) -> Result<T::Value> {
        self.reader.value(seed)
    }

    fn tuple_variant<V: Visitor<'b>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.reader.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'b>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.reader.deserialize_map(visitor)
    }
}

/// A member's name as a map's key: also of the types that `serde_json` writes as names.
struct Name<'b>(&'b str);

/// A name that is the number's one spelling, so that two names cannot mean one key.
macro_rules! number_names {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
            match self.0.parse::<$type>() {
                Ok(value) if Spelling::of(value).as_str() == Some(self.0) => visitor.$visit(value),
                _ => visitor.visit_borrowed_str(self.0),
            }
        }
    )*};
}

impl<'b> Deserializer<'b> for Name<'b> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.0)
    }

    number_names! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
    }

    fn deserialize_bool<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => visitor.visit_borrowed_str(other),
        }
    }

    fn deserialize_bytes<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_bytes(self.0.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'b>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'b>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        <W: Visitor<'b>>
        f32 f64 char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// An integer's decimal digits, or a boolean's word, without an allocation.
pub(super) struct Spelling {
    bytes: [u8; 40],
    len: usize,
}

impl Spelling {
    pub(super) fn of(value: impl core::fmt::Display) -> Self {
        use core::fmt::Write as _;
        let mut spelling = Self { bytes: [0; 40], len: 0 };
        // An i128 has at most 40 characters; if it had more, the name would not be equal to what was written.
        let _ = write!(spelling, "{value}");
        spelling
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.bytes.get(..self.len)?).ok()
    }
}

impl core::fmt::Write for Spelling {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let place = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(core::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
