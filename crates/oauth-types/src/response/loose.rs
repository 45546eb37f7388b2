//! [`Loose`]: the members of an answer while they are being taken: texts stay where they are until somebody keeps them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{self, JsonError, Limits, Object, TakesMembers, Value};

/// Members in their order, of unique names. Each is taken once: one that is gone leaves its place empty, so that nothing needs to be moved.
pub(crate) struct Loose<'b>(Vec<(Cow<'b, str>, Option<Piece<'b>>)>);

/// A member's value.
pub(crate) enum Piece<'b> {
    Text(Cow<'b, str>),
    /// No text.
    Other(Value),
}

impl<'b> Loose<'b> {
    /// Reads a JSON object, in one pass.
    pub(crate) fn read(text: &'b [u8], limits: &Limits) -> Result<Self, JsonError> {
        let mut members = Self(Vec::with_capacity(USUAL));
        if json::members_from_plain_slice(text, limits, &mut members)? {
            return Ok(members);
        }
        // What is escaped cannot be borrowed.
        Ok(json::object_from_slice::<Object>(text, limits)?.into())
    }

    /// Takes a member out. The others keep their order.
    pub(crate) fn take(&mut self, name: &str) -> Option<Piece<'b>> {
        self.0.iter_mut().find(|(found, _)| *found == *name)?.1.take()
    }

    /// Takes a member out, as a value of its own.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        self.take(name).map(Value::from)
    }

    /// The value of a member, left where it is.
    pub(crate) fn get(&self, name: &str) -> Option<&Piece<'b>> {
        self.0.iter().find(|(found, _)| *found == *name)?.1.as_ref()
    }

    /// Takes all that is left.
    pub(crate) fn take_rest(&mut self) -> Object {
        Self(core::mem::take(&mut self.0)).into_object()
    }

    /// Whether there is a member whose name is one of those that are looked for.
    pub(crate) fn has_any(&self, is_looked_for: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|(found, piece)| is_looked_for(found) && piece.is_some())
    }

    /// What is left.
    pub(crate) fn into_object(self) -> Object {
        if self.0.iter().all(|(_, piece)| piece.is_none()) {
            return Object::new();
        }
        let left = self.0.into_iter().filter_map(|(name, piece)| Some((name, piece?)));
        left.map(|(name, piece)| (name.into_owned(), Value::from(piece))).collect()
    }
}

impl<'b> TakesMembers<'b> for Loose<'b> {
    fn take_string(&mut self, name: &'b str, text: &'b str) {
        self.0.push((Cow::Borrowed(name), Some(Piece::Text(Cow::Borrowed(text)))));
    }

    fn take_value(&mut self, name: &'b str, value: Value) {
        self.0.push((Cow::Borrowed(name), Some(Piece::Other(value))));
    }
}

impl From<Object> for Loose<'_> {
    fn from(object: Object) -> Self {
        let piece = |(name, value): (String, Value)| match value {
            Value::String(text) => (name.into(), Some(Piece::Text(text.into()))),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                (name.into(), Some(Piece::Other(other)))
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
