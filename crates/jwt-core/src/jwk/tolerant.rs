//! A second look at a set in which some value has no meaning (a member twice, a number beyond all numbers): the keys of which that is true are taken out, so
//! that the others can be read. No other set gets here.

use alloc::vec::Vec;
use core::ops::Range;

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::read::RawJwk;
use super::{KeyError, UnsupportedKey};
use crate::json::{self, Document, Limits, Reader, Top, Watch};

/// What keys are bad, by their places in the set and in that order.
pub(super) type Refused = Vec<(usize, UnsupportedKey)>;

/// The set with `null` in the place of each bad key. `None` if it is no JSON, or has no keys that can be told apart; whether it is strict JSON otherwise is not
/// looked at.
pub(super) fn without_bad_keys(set: &[u8], limits: &Limits) -> Option<(Zeroizing<Vec<u8>>, Refused)> {
    // A key is judged by its first fault. What stands behind that, or is taken out with it, is JSON all the same (RFC 8259, sections 2 to 8.1).
    let text = core::str::from_utf8(set).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    // Two levels are around a key.
    let limits = limits.inside(2);
    let mut rest = Zeroizing::new(Vec::with_capacity(set.len()));
    let mut refused = Refused::new();
    let mut copied = 0;
    for (index, place) in keys(set)?.into_iter().enumerate() {
        if let Some(unsupported) = judge(set.get(place.clone())?, &limits) {
            refused.push((index, unsupported));
            rest.extend_from_slice(set.get(copied..place.start)?);
            rest.extend_from_slice(b"null");
            copied = place.end;
        }
    }
    rest.extend_from_slice(set.get(copied..)?);
    Some((rest, refused))
}

/// What is wrong within this value, if it is something that ends with it.
fn judge(key: &[u8], limits: &Limits) -> Option<UnsupportedKey> {
    let mut buffer = Zeroizing::new(json::buffer_of(key));
    let nameless = |reason| Some(UnsupportedKey { kid: None, kty: None, reason });
    let document = match Document::from_buffer(&mut buffer) {
        Ok(document) => document,
        Err(error) => return if error.is_within_a_value() { nameless(error.into()) } else { None },
    };
    let error = Reader::new(document, limits, Watch::nothing()).read::<IgnoredAny>(Top::Any).err()?;
    if !error.is_within_a_value() {
        return None;
    }
    let reason = if error.is_duplicate() { KeyError::Duplicate } else { error.into() };
    let raw = Reader::new(document, limits, Watch::nothing()).tolerating_duplicates().read::<RawJwk<'_>>(Top::Any);
    raw.map_or_else(|_| nameless(reason.clone()), |raw| Some(raw.unsupported(reason.clone())))
}

/// Where the elements of the outermost object's array `keys` are. Looks at brackets, quotes and commas only.
fn keys(set: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut at = expect(set, 0, b'{')?;
    loop {
        let name = blank(set, at);
        let colon = value(set, name)?;
        at = blank(set, expect(set, colon, b':')?);
        if set.get(name..colon)? == br#""keys""# {
            return elements(set, at);
        }
        at = expect(set, value(set, at)?, b',')?;
    }
}

fn elements(set: &[u8], array: usize) -> Option<Vec<Range<usize>>> {
    let mut elements = Vec::new();
    let mut at = expect(set, array, b'[')?;
    loop {
        let start = blank(set, at);
        let end = value(set, start)?;
        elements.push(start..end);
        match expect(set, end, b',') {
            Some(next) => at = next,
            None => return expect(set, end, b']').map(|_| elements),
        }
    }
}

/// Behind whitespace.
fn blank(set: &[u8], at: usize) -> usize {
    let rest = set.get(at..).unwrap_or_default();
    at.saturating_add(rest.len()).saturating_sub(rest.trim_ascii_start().len())
}

/// Behind whitespace and this byte.
fn expect(set: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = blank(set, at);
    (set.get(at) == Some(&byte)).then_some(at + 1)
}

/// Behind the value that begins here; it has one character at least.
fn value(set: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        match set.get(at)? {
            b'"' => at = json::string_end(set, at + 1)? + 1,
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            b'}' | b']' if depth > 0 => (at, depth) = (at + 1, depth - 1),
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => {
                return (at > start).then_some(at);
            }
            _ => at += 1,
        }
        // After a bracket or a quote the value has ended; other characters go on.
        if depth == 0 && matches!(set.get(at.checked_sub(1)?)?, b'"' | b'}' | b']') {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(set: &str) -> Option<Vec<&str>> {
        Some(keys(set.as_bytes())?.into_iter().map(|place| &set[place]).collect())
    }

    #[test]
    fn keys_are_told_apart() {
        let set = r#" { "a" : [1, {"keys":[0]}] ,"b":"\\\"",  "keys" : [ {"x":"]}\"\\"} , 1e999,[[]],"s,"  , null ] , "z":1}"#;
        assert_eq!(found(set).unwrap(), [r#"{"x":"]}\"\\"}"#, "1e999", "[[]]", r#""s,""#, "null"]);
        assert_eq!(found(r#"{"keys":[{}]}"#).unwrap(), ["{}"]);
        for set in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":[{}"#,
            r#"{"keys":[{},]}"#,
            r#"{"keys":{}}"#,
            r#"{"keys"}"#,
            r#"{"a":1}"#,
            r#"{"keys":["x}"#,
        ] {
            assert_eq!(found(set), None, "{set}");
        }
    }

    #[test]
    fn nothing_but_bad_keys_is_taken_out() {
        let set = br#"{"keys":[{"kty":"oct","kid":"a","a":1,"a":2}, {"kty":"oct"},1e999,{"b":["\ud800"]},[0]]}"#;
        let (rest, refused) = without_bad_keys(set, &Limits::default()).unwrap();
        assert_eq!(&rest[..], br#"{"keys":[null, {"kty":"oct"},null,null,[0]]}"#);
        let refused: Vec<_> =
            refused.iter().map(|(index, key)| (*index, key.kid.as_deref(), key.reason.code())).collect();
        let expected = [
            (0, Some("a"), "key_member_duplicate"),
            (2, None, "json_number_out_of_range"),
            (3, None, "json_lone_surrogate"),
        ];
        assert_eq!(refused, expected);
    }
}
