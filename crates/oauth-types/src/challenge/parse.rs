//! The grammar of RFC 9110, section 11.6.1, read in one pass over the field.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Challenge, ChallengeError, Content, FIELD, MAX_CHALLENGES, MAX_PARAMETERS};
use crate::http::{is_token_byte, is_token68_byte};
use crate::reading::{Deviation, Reading};

/// Reads one field value and appends its challenges.
///
/// On a fault the challenges before it, and the parameters of the broken one that stand before it, have been appended: strict throws them
/// away, interop keeps them.
pub(super) fn field(
    text: &str,
    reading: Reading,
    challenges: &mut Vec<Challenge>,
    deviations: &mut Vec<Deviation>,
) -> Result<(), ChallengeError> {
    let start = challenges.len();
    let mut cursor = Cursor { text, at: 0 };
    loop {
        // RFC 9110, section 5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list elements."
        cursor.skip(|byte| is_space(byte) || byte == b',');
        if cursor.peek().is_none() {
            return Ok(());
        }
        let name = cursor.token().ok_or_else(|| cursor.malformed())?;
        let spaces = cursor.skip(is_space);
        if cursor.eat(b'=') {
            // A parameter of the challenge that began earlier in this field.
            let challenge = challenges.get_mut(start..).and_then(<[_]>::last_mut).ok_or_else(|| cursor.malformed())?;
            parameter(&mut cursor, name, reading, challenge, deviations)?;
            continue;
        }
        if challenges.len() >= MAX_CHALLENGES {
            return Err(ChallengeError::TooMany);
        }
        challenges.push(Challenge { scheme: name.to_owned(), content: Content::Parameters(Vec::new()) });
        if spaces == 0 {
            cursor.end_of_element()?;
            continue;
        }
        if let Some(token68) = cursor.token68() {
            if let Some(challenge) = challenges.last_mut() {
                challenge.content = Content::Token68(token68.to_owned());
            }
            continue;
        }
        if matches!(cursor.peek(), None | Some(b',')) {
            continue;
        }
        let name = cursor.token().ok_or_else(|| cursor.malformed())?;
        cursor.skip(is_space);
        if !cursor.eat(b'=') {
            return Err(cursor.malformed());
        }
        if let Some(challenge) = challenges.last_mut() {
            parameter(&mut cursor, name, reading, challenge, deviations)?;
        }
    }
}

/// Reads what follows `name BWS "="` and the end of the list element.
fn parameter(
    cursor: &mut Cursor<'_>,
    name: &str,
    reading: Reading,
    challenge: &mut Challenge,
    deviations: &mut Vec<Deviation>,
) -> Result<(), ChallengeError> {
    let begin = cursor.at;
    cursor.skip(is_space);
    let value = if cursor.eat(b'"') {
        cursor.quoted_rest()?
    } else {
        match cursor.token() {
            Some(token) if cursor.is_end_of_element() => token.to_owned(),
            token => {
                // Seen in the field: `resource_metadata=https://api.example/...` without quotes.
                cursor.at -= token.map_or(0, str::len);
                let raw = cursor.take(|byte| byte > b' ' && byte != b',' && byte != b'"' && byte != 0x7F);
                if reading.is_strict() || raw.is_empty() {
                    cursor.at = begin;
                    return Err(cursor.malformed());
                }
                cursor.end_of_element()?;
                note(deviations, Deviation::Unquoted { member: FIELD });
                raw.to_owned()
            }
        }
    };
    cursor.end_of_element()?;
    let Content::Parameters(parameters) = &mut challenge.content else {
        // token68 and parameters exclude each other.
        cursor.at = begin;
        return Err(cursor.malformed());
    };
    if parameters.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
        // RFC 9110, section 11.2: "each parameter name MUST only occur once per challenge"
        if reading.is_strict() {
            return Err(ChallengeError::Repeated);
        }
        note(deviations, Deviation::Repeated { member: FIELD });
        return Ok(());
    }
    if parameters.len() >= MAX_PARAMETERS {
        return Err(ChallengeError::TooMany);
    }
    parameters.push((name.to_owned(), value));
    Ok(())
}

/// Notes a deviation, each kind once: how many there are is the peer's choice.
pub(super) fn note(deviations: &mut Vec<Deviation>, deviation: Deviation) {
    if !deviations.contains(&deviation) {
        deviations.push(deviation);
    }
}

struct Cursor<'t> {
    text: &'t str,
    /// Always on a character boundary: it moves over ASCII, or over whole runs that end at ASCII.
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().position(|byte| !wanted(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        self.take(wanted).len()
    }

    fn token(&mut self) -> Option<&'t str> {
        Some(self.take(is_token_byte)).filter(|token| !token.is_empty())
    }

    /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, if nothing but it stands in this list element.
    fn token68(&mut self) -> Option<&'t str> {
        let begin = self.at;
        let text = self.skip(is_token68_byte);
        self.skip(|byte| byte == b'=');
        let end = self.at;
        if text > 0 && self.is_end_of_element() {
            return self.text.get(begin..end);
        }
        self.at = begin;
        None
    }

    /// The rest of a quoted string whose opening quote has been eaten, unescaped.
    fn quoted_rest(&mut self) -> Result<String, ChallengeError> {
        let mut value = String::new();
        loop {
            value.push_str(self.take(is_quoted_text_byte));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let escaped = self.text.get(self.at..).and_then(|rest| rest.chars().next());
                    let escaped = escaped.filter(|&c| c == '\t' || !c.is_ascii_control());
                    let escaped = escaped.ok_or_else(|| self.malformed())?;
                    self.at += escaped.len_utf8();
                    value.push(escaped);
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    /// Whether nothing more stands in this list element, spaces aside.
    fn is_end_of_element(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        matches!(rest.iter().find(|&&byte| !is_space(byte)), None | Some(b','))
    }

    fn end_of_element(&self) -> Result<(), ChallengeError> {
        if self.is_end_of_element() { Ok(()) } else { Err(self.malformed()) }
    }

    fn malformed(&self) -> ChallengeError {
        ChallengeError::Malformed { offset: self.at }
    }
}

/// RFC 9110, section 5.6.4: `qdtext`.
fn is_quoted_text_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != b'"' && byte != b'\\' && byte != 0x7F)
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
