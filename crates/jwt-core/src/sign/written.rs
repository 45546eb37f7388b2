//! [`Written`]: the JSON of a header and of claims, in one piece of scratch that is on the stack where that is possible; and [`usual`].

use alloc::vec::Vec;

use serde::Serialize;

use crate::json::string_stop;

/// Bytes that grow: on the stack first. (`serde_json` writes to types of ours with its feature `std` only.)
#[cfg(feature = "std")]
pub(super) struct Written {
    inline: [u8; INLINE],
    len: usize,
    /// Once there are more than fit inline, all of them.
    spilled: Vec<u8>,
}

/// Header and claims of an access token, with room.
#[cfg(feature = "std")]
const INLINE: usize = 1024;

#[cfg(not(feature = "std"))]
pub(super) struct Written(Vec<u8>);

#[cfg(feature = "std")]
impl Written {
    pub(super) const fn new() -> Self {
        Self { inline: [0; INLINE], len: 0, spilled: Vec::new() }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        if self.spilled.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.spilled }
    }

    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.inline.get_mut(self.len..end) {
            Some(place) if self.spilled.is_empty() => {
                place.copy_from_slice(bytes);
                self.len = end;
            }
            _ => self.spill(bytes),
        }
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.spilled.is_empty() {
            self.spilled.reserve(4 * INLINE);
            self.spilled.extend_from_slice(self.inline.get(..self.len).unwrap_or_default());
        }
        self.spilled.extend_from_slice(bytes);
    }

    pub(super) fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), serde_json::Error> {
        serde_json::to_writer(self, value)
    }
}

#[cfg(feature = "std")]
impl std::io::Write for Written {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.push(bytes);
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(not(feature = "std"))]
impl Written {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), serde_json::Error> {
        self.0.append(&mut serde_json::to_vec(value)?);
        Ok(())
    }
}

impl Written {
    /// A string; most have nothing in them that needs an escape.
    pub(super) fn string(&mut self, text: &str) -> Result<(), serde_json::Error> {
        if string_stop(text.as_bytes()) < text.len() {
            return self.json(text);
        }
        self.push(b"\"");
        self.push(text.as_bytes());
        self.push(b"\"");
        Ok(())
    }
}

/// Whether this is what nearly all issuers write: one object of a few members with different names, all of them strings without an escape, integers,
/// literals or arrays of such strings; each registered claim of the type that RFC 7519, section 4.1, gives it. `false` says nothing.
///
/// What is true here, a strict reader says too; it only takes longer.
pub(super) fn usual(json: &[u8]) -> bool {
    members(json).is_some()
}

fn members(json: &[u8]) -> Option<()> {
    let mut names = [&b""[..]; FEW];
    let mut rest = json.strip_prefix(b"{")?;
    for count in 0..FEW {
        let (name, value) = string(rest)?;
        if names.get(..count)?.contains(&name) {
            return None;
        }
        *names.get_mut(count)? = name;
        let value = value.strip_prefix(b":")?;
        let kind = *value.first()?;
        let fits = match name {
            b"iss" | b"sub" | b"jti" => kind == b'"',
            b"aud" => kind == b'"' || (kind == b'[' && value.get(1) == Some(&b'"')),
            b"exp" | b"nbf" | b"iat" => kind.is_ascii_digit(),
            _ => true,
        };
        if !fits {
            return None;
        }
        let behind = match kind {
            b'"' => string(value)?.1,
            b'0'..=b'9' => integer(value)?,
            b'[' => strings(value)?,
            b't' => value.strip_prefix(b"true")?,
            b'f' => value.strip_prefix(b"false")?,
            b'n' => value.strip_prefix(b"null")?,
            _ => return None,
        };
        match behind {
            b"}" => return Some(()),
            [b',', next @ ..] => rest = next,
            _ => return None,
        }
    }
    None
}

/// The names of objects with more members are not worth comparing one by one.
const FEW: usize = 16;

/// A string without an escape, and what stands behind it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let (inside, behind) = text.split_at_checked(string_stop(text))?;
    Some((inside, behind.strip_prefix(b"\"")?))
}

/// Behind an integer of up to 64 bits that is not negative.
fn integer(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, behind) = text.split_at_checked(length)?;
    let valid = length == 1 || (length < 20 && digits.first() != Some(&b'0'));
    // What follows tells a fraction or an exponent.
    valid.then_some(behind)
}

/// Behind an array of strings.
fn strings(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"[")?;
    loop {
        match string(rest)?.1 {
            [b',', next @ ..] => rest = next,
            [b']', behind @ ..] => return Some(behind),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;
    use crate::json::{Document, Limits, Reader, Top, Watch};
    use crate::policy::mistyped;

    /// The judgement that [`usual`] must not contradict.
    fn strict(json: &str) -> bool {
        let mut buffer = json.as_bytes().to_vec();
        let Ok(document) = Document::from_buffer(&mut buffer) else { return false };
        let limits = Limits::unbounded();
        let mut reader = Reader::new(document, &limits, Watch::claims(&[]));
        reader.read::<IgnoredAny>(Top::Object).is_ok() && mistyped(&mut reader).is_none()
    }

    #[test]
    fn usual_claims_are_right() {
        for json in [
            r#"{"iss":"a","sub":"b","aud":"c","exp":1,"nbf":0,"iat":1234567890,"jti":"x"}"#,
            r#"{"aud":["a","b"],"groups":["x"],"ok":true,"no":false,"none":null}"#,
        ] {
            assert!(usual(json.as_bytes()) && strict(json), "{json}");
        }
        for json in [
            "",
            "{",
            "{}",
            "[]",
            "null",
            r#"{"a":1"#,
            r#"{"a":1}}"#,
            r#"{"a":1,}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":01}"#,
            r#"{"a":1.5}"#,
            r#"{"a":1e5}"#,
            r#"{"a":-1}"#,
            r#"{"a":18446744073709551616}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"iss":1}"#,
            r#"{"sub":null}"#,
            r#"{"jti":["x"]}"#,
            r#"{"aud":[]}"#,
            r#"{"aud":1}"#,
            r#"{"exp":"1"}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":[]}"#,
            r#"{"a":["b",]}"#,
            r#"{"a":["b" "c"]}"#,
            r#"{"a" :1}"#,
            r#"{"a":1 }"#,
            "{\"a\":\"\n\"}",
            r#"{"a":truE}"#,
            r#"{"a":"b"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{a:1}"#,
        ] {
            assert!(!usual(json.as_bytes()), "{json}");
        }
    }

    proptest! {
        #[test]
        fn what_is_usual_is_strict(pieces in proptest::collection::vec(
            prop::sample::select(alloc::vec![
                "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"iss\"", "\"aud\"", "\"exp\"", "\"iss\":\"x\"", "\"exp\":1", "\"aud\":[\"x\"]", "1", "0",
                "true", "null", " ", "\\", "é", "-", ".5",
            ]),
            0..12,
        ), wrap in any::<bool>()) {
            let json = if wrap { alloc::format!("{{{}}}", pieces.concat()) } else { pieces.concat() };
            prop_assert!(!usual(json.as_bytes()) || strict(&json), "{}", json);
        }
    }
}
