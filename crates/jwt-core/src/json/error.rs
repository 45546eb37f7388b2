//! [`JsonError`]: what is wrong with a document, and where.

use core::fmt;

use serde::de::{self, Unexpected};
use serde::ser;

use super::JsonKind;
use crate::Blame;

/// A document that is not strict JSON, is over a limit, or is not what the type asked for is made of.
///
/// It carries no text of the document: only a kind, found and expected words of ours or of the caller's type, and the offset in bytes.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits, Value};
///
/// let error = json::from_slice::<Value>(br#"{"a":1,"a":2}"#, &Limits::default()).unwrap_err();
/// assert_eq!(error.code(), "json_duplicate_member");
/// assert!(error.offset() >= 7); // not the first `a`
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    kind: Kind,
    offset: usize,
}

impl JsonError {
    pub(crate) const fn new(kind: Kind, offset: usize) -> Self {
        Self { kind, offset }
    }

    pub(crate) const fn not_an_object() -> Self {
        Self::new(Kind::NotAnObject, 0)
    }

    /// The stable, machine-readable name of what is wrong.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            Kind::TooLong => "json_too_long",
            Kind::TooDeep => "json_too_deep",
            Kind::TooManyMembers => "json_too_many_members",
            Kind::Utf8 => "json_not_utf8",
            Kind::Syntax => "json_syntax",
            Kind::End => "json_incomplete",
            Kind::Trailing => "json_trailing_data",
            Kind::Escape => "json_escape",
            Kind::Surrogate => "json_lone_surrogate",
            Kind::ControlCharacter => "json_control_character",
            Kind::NumberRange => "json_number_out_of_range",
            Kind::DuplicateMember => "json_duplicate_member",
            Kind::NotAnObject => "json_not_an_object",
            Kind::WrongType { .. } => "json_wrong_type",
            Kind::MissingMember(_) => "json_missing_member",
            Kind::Unfit => "json_unfit",
        }
    }

    /// Who wrote the document.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Peer
    }

    /// Where in the document, in bytes from its start: at or just behind what is wrong.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What stands where the type asked for is made of something else; `None` for every other error, and where the type does not say.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::json::{self, JsonKind, Limits};
    ///
    /// let error = json::from_slice::<u64>(br#""17""#, &Limits::default()).unwrap_err();
    /// assert_eq!(error.found(), Some(JsonKind::String));
    /// ```
    #[must_use]
    pub const fn found(&self) -> Option<JsonKind> {
        if let Kind::WrongType { kind, .. } = self.kind { kind } else { None }
    }

    /// Whether it is the type asked for that does not fit. Nothing is then known about what follows in the document.
    #[must_use]
    pub const fn is_unfit(&self) -> bool {
        matches!(self.kind, Kind::WrongType { .. } | Kind::MissingMember(_) | Kind::Unfit)
    }

    pub(crate) fn is_duplicate(&self) -> bool {
        self.kind == Kind::DuplicateMember
    }

    /// Whether it lies within one value, and the document around it could still be read: a duplicate, a number or a surrogate that has no meaning, nesting.
    pub(crate) const fn is_within_a_value(&self) -> bool {
        matches!(self.kind, Kind::DuplicateMember | Kind::NumberRange | Kind::Surrogate | Kind::TooDeep)
    }

    /// Errors made by a visitor do not know where they are.
    pub(super) fn or_at(self, offset: usize) -> Self {
        if self.offset == NOWHERE { Self { offset, ..self } } else { self }
    }
}

const NOWHERE: usize = usize::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    TooLong,
    TooDeep,
    TooManyMembers,
    Utf8,
    Syntax,
    End,
    Trailing,
    Escape,
    Surrogate,
    ControlCharacter,
    NumberRange,
    DuplicateMember,
    NotAnObject,
    /// In words, and which of JSON's kinds that is.
    WrongType {
        found: &'static str,
        kind: Option<JsonKind>,
    },
    MissingMember(&'static str),
    Unfit,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::TooLong => f.write_str("document is longer than the limit")?,
            Kind::TooDeep => f.write_str("objects and arrays nest deeper than the limit")?,
            Kind::TooManyMembers => f.write_str("more members than the limit")?,
            Kind::Utf8 => f.write_str("not utf-8")?,
            Kind::Syntax => f.write_str("not json")?,
            Kind::End => f.write_str("document ends too early")?,
            Kind::Trailing => f.write_str("data after the document")?,
            Kind::Escape => f.write_str("unknown escape in a string")?,
            Kind::Surrogate => f.write_str("lone surrogate in a string")?,
            Kind::ControlCharacter => f.write_str("control character in a string")?,
            Kind::NumberRange => f.write_str("number outside the finite range")?,
            Kind::DuplicateMember => f.write_str("member name occurs twice in one object")?,
            Kind::NotAnObject => f.write_str("outermost value is not an object")?,
            Kind::WrongType { found, .. } => write!(f, "{found} where another type is expected")?,
            Kind::MissingMember(name) => write!(f, "member `{name}` is missing")?,
            Kind::Unfit => f.write_str("value does not fit the type asked for")?,
        }
        if self.offset == NOWHERE { Ok(()) } else { write!(f, " at byte {}", self.offset) }
    }
}

impl core::error::Error for JsonError {}

impl ser::Error for JsonError {
    /// The text is not kept: it may quote the value.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(Kind::Unfit, NOWHERE)
    }
}

impl de::Error for JsonError {
    /// The text is not kept: it may quote the document.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(Kind::Unfit, NOWHERE)
    }

    fn invalid_type(found: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        let (found, kind) = match found {
            Unexpected::Bool(_) => ("a boolean", Some(JsonKind::Boolean)),
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => ("an integer", Some(JsonKind::Number)),
            Unexpected::Float(_) => ("a fraction", Some(JsonKind::Number)),
            Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => ("a string", Some(JsonKind::String)),
            Unexpected::Unit | Unexpected::Option => ("null", Some(JsonKind::Null)),
            Unexpected::Seq => ("an array", Some(JsonKind::Array)),
            Unexpected::Map => ("an object", Some(JsonKind::Object)),
            Unexpected::NewtypeStruct
            | Unexpected::Enum
            | Unexpected::UnitVariant
            | Unexpected::NewtypeVariant
            | Unexpected::TupleVariant
            | Unexpected::StructVariant
            | Unexpected::Other(_) => ("a value", None),
        };
        Self::new(Kind::WrongType { found, kind }, NOWHERE)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Kind::MissingMember(field), NOWHERE)
    }

    fn duplicate_field(_: &'static str) -> Self {
        // The reader has found that all names are different; it is the type to which two of them mean the same field (`#[serde(alias)]`).
        Self::new(Kind::Unfit, NOWHERE)
    }
}
