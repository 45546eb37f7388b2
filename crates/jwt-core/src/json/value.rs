//! [`Value`], [`Object`] and [`Number`]: owned JSON whose objects keep their order and have unique names. [`JsonKind`]: what a value is.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// What a JSON value is (RFC 8259, section 3), whatever it says.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{JsonKind, Value};
///
/// let value = Value::from("soon");
/// assert_eq!(value.kind(), JsonKind::String);
/// assert_eq!(format!("{} where {} is expected", value.kind(), JsonKind::Number), "a string where a number is expected");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 8259, section 3: there are six kinds of values")]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number, an integer or not.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonKind {
    /// The name by which RFC 8259 calls it: `null`, `boolean`, `number`, `string`, `array` or `object`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// The kind of the value that begins with this byte, in a document that is right.
    pub(crate) const fn beginning_with(byte: u8) -> Option<Self> {
        match byte {
            b'n' => Some(Self::Null),
            b't' | b'f' => Some(Self::Boolean),
            b'-' | b'0'..=b'9' => Some(Self::Number),
            b'"' => Some(Self::String),
            b'[' => Some(Self::Array),
            b'{' => Some(Self::Object),
            _ => None,
        }
    }
}

/// With an article, as a sentence has it: `a string`, `an object`; `null` alone.
impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// An owned JSON value.
///
/// Its `Debug` shows the shape only: names of members and kinds, no text and no number. Names are the peer's: the first few are shown, each cut.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits, Value};
///
/// let value: Value = json::from_slice(br#"{"scope":["read","write"],"level":2}"#, &Limits::default())?;
/// let object = value.as_object().unwrap();
/// assert_eq!(object.get("level").and_then(Value::as_u64), Some(2));
/// assert_eq!(object.get("scope").and_then(Value::as_array).map(<[Value]>::len), Some(2));
/// assert_eq!(format!("{value:?}"), r#"{"scope": [string, string], "level": number}"#);
/// # Ok::<(), json::JsonError>(())
/// ```
#[derive(Clone, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 8259, section 3: there are six kinds of values")]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A string, unescaped.
    String(String),
    /// Values in their order.
    Array(Vec<Value>),
    /// Members in their order, of unique names.
    Object(Object),
}

impl Value {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> JsonKind {
        match self {
            Self::Null => JsonKind::Null,
            Self::Bool(_) => JsonKind::Boolean,
            Self::Number(_) => JsonKind::Number,
            Self::String(_) => JsonKind::String,
            Self::Array(_) => JsonKind::Array,
            Self::Object(_) => JsonKind::Object,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The value of a boolean.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The value of a number that is an integer in form, not negative and within 64 bits.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// An object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(elements: Vec<T>) -> Self {
        Self::Array(elements.into_iter().map(Into::into).collect())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shape { of: Of::Value(self), left: &Cell::new(SHOWN_ITEMS) }.fmt(f)
    }
}

/// What `Debug` shows of a value: never more than a line or two, whatever a peer has sent.
struct Shape<'a> {
    of: Of<'a>,
    /// How many members and elements may still be shown, at any depth.
    left: &'a Cell<usize>,
}

enum Of<'a> {
    Value(&'a Value),
    Object(&'a Object),
}

impl Shape<'_> {
    /// Whether one more member or element is shown.
    fn takes_one(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

impl fmt::Debug for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.left;
        let object = match self.of {
            Of::Value(Value::Object(object)) | Of::Object(object) => object,
            Of::Value(Value::Array(elements)) => {
                let mut list = f.debug_list();
                for element in elements {
                    if !self.takes_one() {
                        return list.finish_non_exhaustive();
                    }
                    list.entry(&Shape { of: Of::Value(element), left });
                }
                return list.finish();
            }
            Of::Value(scalar) => return f.write_str(scalar.kind().as_str()),
        };
        let mut map = f.debug_map();
        for (name, value) in object.iter() {
            if !self.takes_one() {
                return map.finish_non_exhaustive();
            }
            map.entry(&Cut(name), &Shape { of: Of::Value(value), left });
        }
        map.finish()
    }
}

/// A peer's text in a `Debug`, escaped and cut.
pub(crate) struct Cut<'a>(pub(crate) &'a str);

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut room = SHOWN_NAME;
        for character in self.0.chars() {
            let escaped = character.escape_debug();
            match room.checked_sub(escaped.len()) {
                Some(left) => room = left,
                None => return f.write_str("...\""),
            }
            write!(f, "{escaped}")?;
        }
        f.write_char('"')
    }
}

/// More members than a header or the claims of a usual token have.
const SHOWN_ITEMS: usize = 32;

/// In characters, escapes included.
const SHOWN_NAME: usize = 64;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => elements.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number is not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        // The hint of a foreign reader is not trusted with an allocation.
        let mut values = Vec::new();
        while let Some(value) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Value, A::Error> {
        AnyObject.visit_map(members).map(Value::Object)
    }
}

/// An owned JSON object: members in the order of their appearance, names unique.
///
/// Looking a name up takes time in proportion to the number of members. Its `Debug` is that of a [`Value`].
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
///
/// let mut claims = Object::new();
/// claims.insert("sub", "alice");
/// claims.insert("level", 2_u64);
/// assert_eq!(claims.insert("sub", "bob").unwrap().as_str(), Some("alice"));
/// assert_eq!(serde_json::to_string(&claims)?, r#"{"sub":"bob","level":2}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find_map(|(own, value)| (own == name).then_some(value))
    }

    /// The text of a member that is a string.
    #[must_use]
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Adds a member at the end, or replaces the value of the one of this name and answers the old value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        if let Some((_, old)) = self.0.iter_mut().find(|(own, _)| *own == name) {
            return Some(core::mem::replace(old, value));
        }
        self.0.push((name, value));
        None
    }

    /// Takes a member out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let position = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(position).1)
    }

    /// The members in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many members there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Of two members of one name, the later one's value stays, in the place of the first.
impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        let members: Vec<(String, Value)> =
            members.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        // Nearly always unique, and then nothing is searched for each.
        if names.windows(2).all(|pair| pair.first() != pair.last()) {
            return Self(members);
        }
        let mut object = Self::new();
        for (name, value) in members {
            object.insert(name, value);
        }
        object
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = alloc::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shape { of: Of::Object(self), left: &Cell::new(SHOWN_ITEMS) }.fmt(f)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnyObject)
    }
}

struct AnyObject;

impl<'de> Visitor<'de> for AnyObject {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry::<String, Value>()? {
            object.push(member);
        }
        // The reader of this module has looked already; `flatten` and foreign readers have not.
        let mut names: Vec<&str> = object.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(A::Error::custom("member name occurs twice in one object"));
        }
        Ok(Object(object))
    }
}

/// A finite JSON number: an integer within 64 bits as itself, any other as the nearest `f64`.
///
/// # Examples
///
/// ```
/// use jwt_core::json::Number;
///
/// assert_eq!(Number::from(17_u64).as_u64(), Some(17));
/// let half = Number::from_f64(0.5).unwrap();
/// assert_eq!((half.as_u64(), half.as_f64()), (None, 0.5));
/// assert!(Number::from_f64(f64::NAN).is_none());
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Number(Repr);

#[derive(Clone, Copy, PartialEq)]
enum Repr {
    Unsigned(u64),
    /// Below zero.
    Negative(i64),
    /// Finite.
    Fraction(f64),
}

impl Number {
    /// `None` for an infinity or NaN, which JSON cannot express.
    #[must_use]
    pub const fn from_f64(value: f64) -> Option<Self> {
        if value.is_finite() { Some(Self(Repr::Fraction(value))) } else { None }
    }

    /// An integer in form that is not negative.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        match self.0 {
            Repr::Unsigned(value) => Some(value),
            Repr::Negative(_) | Repr::Fraction(_) => None,
        }
    }

    /// An integer in form that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Unsigned(value) => i64::try_from(value).ok(),
            Repr::Negative(value) => Some(value),
            Repr::Fraction(_) => None,
        }
    }

    /// The nearest `f64`, always finite.
    #[must_use]
    pub const fn as_f64(&self) -> f64 {
        match self.0 {
            Repr::Unsigned(value) => value as f64,
            Repr::Negative(value) => value as f64,
            Repr::Fraction(value) => value,
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(Repr::Unsigned(value))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(u64::try_from(value).map_or(Repr::Negative(value), Repr::Unsigned))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("number")
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Repr::Unsigned(value) => serializer.serialize_u64(value),
            Repr::Negative(value) => serializer.serialize_i64(value),
            Repr::Fraction(value) => serializer.serialize_f64(value),
        }
    }
}
