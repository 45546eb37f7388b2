//! The members of the outermost object one by one, without a type that they fill: what messages are read by whose members may be of any kind.

use serde::Deserialize;

use super::reader::Numeric;
use super::{Document, JsonError, Kind, Limits, Number, Reader, Value, Watch};

/// Whoever takes members, each where it is found: [`members_from_plain_slice`] hands them out.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{self, Limits, TakesMembers, Value};
///
/// #[derive(Default)]
/// struct Answer<'b> {
///     token_type: Option<&'b str>,
///     others: usize,
/// }
///
/// impl<'b> TakesMembers<'b> for Answer<'b> {
///     fn take_string(&mut self, name: &'b str, text: &'b str) {
///         match name {
///             "token_type" => self.token_type = Some(text),
///             _ => self.others += 1,
///         }
///     }
///
///     fn take_value(&mut self, _name: &'b str, _value: Value) {
///         self.others += 1;
///     }
/// }
///
/// let mut answer = Answer::default();
/// let json = br#"{"token_type":"Bearer","expires_in":60}"#;
/// assert!(json::members_from_plain_slice(json, &Limits::default(), &mut answer)?);
/// assert_eq!((answer.token_type, answer.others), (Some("Bearer"), 1));
/// # Ok::<(), json::JsonError>(())
/// ```
pub trait TakesMembers<'b> {
    /// A member that is a string, which stands in the text as it is.
    fn take_string(&mut self, name: &'b str, text: &'b str);

    /// A member of any other kind.
    fn take_value(&mut self, name: &'b str, value: Value);
}

/// Reads one document whose outermost value must be an object, and hands its members out in their order, their names unique. Answers `false`, with nothing
/// handed out, if some string has an escape, and so cannot be borrowed: then take [`object_from_slice`](super::object_from_slice).
///
/// What was handed out before an error counts for nothing.
///
/// # Errors
///
/// [`JsonError`]: not strict JSON, over a limit, or no object.
#[inline]
pub fn members_from_plain_slice<'b>(
    bytes: &'b [u8],
    limits: &Limits,
    taker: &mut impl TakesMembers<'b>,
) -> Result<bool, JsonError> {
    limits.check_length(bytes.len())?;
    let Some(document) = Document::plain(bytes)? else { return Ok(false) };
    Reader::new(document, limits, Watch::nothing()).members(taker).map(|()| true)
}

impl<'b> Reader<'b, '_> {
    /// Reads the whole document.
    #[inline]
    fn members(&mut self, taker: &mut impl TakesMembers<'b>) -> Result<(), JsonError> {
        self.require_object()?;
        self.each_member(taker).map_err(|error| self.error(error))
    }

    #[inline]
    fn each_member(&mut self, taker: &mut impl TakesMembers<'b>) -> Result<(), JsonError> {
        let mut open = self.open()?;
        while let Some(name) = self.next_name(&mut open)? {
            match self.next_byte() {
                Some(b'"') => taker.take_string(name, self.string()?),
                Some(b'-' | b'0'..=b'9') => match self.number()? {
                    Numeric::Unsigned(value) => taker.take_value(name, value.into()),
                    Numeric::Negative(value) => taker.take_value(name, value.into()),
                    Numeric::Fraction(value) => {
                        let number = Number::from_f64(value).ok_or_else(|| self.fail(Kind::NumberRange))?;
                        taker.take_value(name, number.into());
                    }
                },
                _ => taker.take_value(name, Value::deserialize(&mut *self)?),
            }
        }
        Ok(self.end()?)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::json::{Object, object_from_slice};

    #[derive(Default)]
    struct All(Vec<(String, Value)>);

    impl<'b> TakesMembers<'b> for All {
        fn take_string(&mut self, name: &'b str, text: &'b str) {
            self.0.push((name.into(), text.into()));
        }

        fn take_value(&mut self, name: &'b str, value: Value) {
            assert!(!matches!(value, Value::String(_)));
            self.0.push((name.into(), value));
        }
    }

    #[test]
    fn members_are_those_of_the_object_and_errors_its_errors() {
        let limits = Limits::default().max_bytes(120).max_depth(3).max_members(6);
        for json in [
            "{}",
            " {\n\t\"a\" : \"b\" , \"c\":1}\r\n",
            r#"{"a":"","é":"ß","n":null,"t":true,"f":false}"#,
            r#"{"a":0,"b":-0,"c":-7,"d":1.5,"e":18446744073709551616}"#,
            r#"{"a":[1,{"b":[]}],"c":{"d":"e"}}"#,
            r#"{"a":"x","a":"y"}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[[[]]]}"#,
            r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}"#,
            r#"{"a":1e999}"#,
            r#"{"a":"b"#,
            r#"{"a":"b""#,
            r#"{"a":"b",}"#,
            r#"{"a" "b"}"#,
            r#"{"a":}"#,
            r#"{a:1}"#,
            r#"{"a":1} x"#,
            "{\"a\":\"b\nc\"}",
            "{\"a\":\"b\u{1}c\",\"d\":\"e\"}",
            "\u{feff}{}",
            "[]",
            "\"a\"",
            "1",
            "",
            "[",
        ] {
            let mut all = All::default();
            let read = members_from_plain_slice(json.as_bytes(), &limits, &mut all);
            match object_from_slice::<Object>(json.as_bytes(), &limits) {
                Ok(object) => {
                    assert_eq!(read, Ok(true), "{json}");
                    assert!(all.0.into_iter().eq(object), "{json}");
                }
                Err(error) => assert_eq!(read, Err(error), "{json}"),
            }
        }
        let too_long = [b' '; 121];
        assert_eq!(
            members_from_plain_slice(&too_long, &limits, &mut All::default()).unwrap_err().code(),
            "json_too_long"
        );
        let not_utf8 = members_from_plain_slice(b"{\"a\":\"\xC3\"}", &limits, &mut All::default());
        assert_eq!(not_utf8.unwrap_err().code(), "json_not_utf8");
    }

    #[test]
    fn nothing_is_handed_out_of_what_has_an_escape() {
        let mut all = All::default();
        assert_eq!(members_from_plain_slice(br#"{"a":"b","c":"\u0064"}"#, &Limits::default(), &mut all), Ok(false));
        assert!(all.0.is_empty());
    }
}
