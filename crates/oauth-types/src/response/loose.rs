//! [`Loose`]: the members of an answer while they are being taken: texts stay where they are until somebody keeps them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{Number, Object, Value};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Members in their order, of unique names.
pub(crate) struct Loose<'b>(Vec<(Cow<'b, str>, Piece<'b>)>);

/// A member's value.
pub(crate) enum Piece<'b> {
    Text(Cow<'b, str>),
    /// No text.
    Other(Value),
}

impl<'b> Loose<'b> {
    /// Takes a member out. The others keep their order.
    pub(crate) fn take(&mut self, name: &str) -> Option<Piece<'b>> {
        let at = self.0.iter().position(|(found, _)| found == name)?;
        Some(self.0.remove(at).1)
    }

    /// Takes a member out, as a value of its own.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        self.take(name).map(Value::from)
    }

    /// The value of a member, left where it is.
    pub(crate) fn get(&self, name: &str) -> Option<&Piece<'b>> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, piece)| piece)
    }

    /// Takes all that is left.
    pub(crate) fn take_rest(&mut self) -> Object {
        Self(core::mem::take(&mut self.0)).into_object()
    }

    /// Whether there is a member of one of these names.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        self.0.iter().any(|(found, _)| names.contains(&&**found))
    }

    /// What is left.
    pub(crate) fn into_object(self) -> Object {
        self.0.into_iter().map(|(name, piece)| (name.into_owned(), Value::from(piece))).collect()
    }
}

impl From<Object> for Loose<'_> {
    fn from(object: Object) -> Self {
        let piece = |(name, value): (String, Value)| match value {
            Value::String(text) => (name.into(), Piece::Text(text.into())),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                (name.into(), Piece::Other(other))
            }
        };
        Self(object.into_iter().map(piece).collect())
    }
}

impl From<Piece<'_>> for Value {
    fn from(piece: Piece<'_>) -> Self {
        match piece {
            Piece::Text(text) => Self::String(text.into_owned()),
            Piece::Other(value) => value,
        }
    }
}

/// Shows names only, and no more than a few.
impl fmt::Debug for Loose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loose").field("members", &self.0.len()).finish()
    }
}

/// An answer with tokens has seldom more.
const USUAL: usize = 8;

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Loose<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(USUAL);
                while let Some(name) = map.next_key::<&'de str>()? {
                    members.push((name.into(), map.next_value()?));
                }
                Ok(Loose(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for Piece<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Piece<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Piece::Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Piece::Text(String::from(text).into()))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Piece::Other(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Piece::Other(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Piece::Other(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Piece::Other(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                let number = Number::from_f64(value).ok_or_else(|| E::custom("a number that is not finite"))?;
                Ok(Piece::Other(number.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(SeqAccessDeserializer::new(elements)).map(Piece::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(members)).map(Piece::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
