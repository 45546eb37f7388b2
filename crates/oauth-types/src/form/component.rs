//! A name or value, encoded and decoded.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::FormError;
use crate::bytes::{self, reserve_wiped};

/// Appends `text`, encoded as a name or value: a space becomes `+`, and all but ASCII letters, digits and `* - . _` becomes `%XX`.
pub fn encode_component(text: &str, out: &mut String) {
    // Most values are: identifiers, codes, and what is base64url.
    if is_plain(text) {
        reserve_wiped(out, text.len());
        out.push_str(text);
        return;
    }
    if out.capacity().saturating_sub(out.len()) < text.len().saturating_mul(ESCAPED) {
        reserve_wiped(out, text.bytes().map(encoded_len).sum());
    }
    for byte in text.bytes() {
        match byte {
            // What is plain is ASCII.
            _ if is_plain_byte(byte) => out.push(char::from(byte & 0x7F)),
            b' ' => out.push('+'),
            _ => {
                ['%', hex_digit(byte >> 4), hex_digit(byte & 0xF)].into_iter().for_each(|character| out.push(character))
            }
        }
    }
}

/// How many characters stand for a byte.
fn encoded_len(byte: u8) -> usize {
    if is_plain_byte(byte) || byte == b' ' { 1 } else { ESCAPED }
}

/// `%XX`.
const ESCAPED: usize = 3;

/// Reads a name or value back.
///
/// # Errors
///
/// [`FormError::NotUtf8`] where the decoded bytes are not UTF-8.
pub fn decode_component(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    decode_to(text, &mut bytes);
    utf8(&mut bytes)
}

/// What was decoded, as text; wiped if it is none.
pub(super) fn utf8(bytes: &mut Zeroizing<Vec<u8>>) -> Result<String, FormError> {
    String::from_utf8(core::mem::take(&mut **bytes)).map_err(|error| {
        **bytes = error.into_bytes();
        FormError::NotUtf8
    })
}

/// Appends a decoded name or value.
pub(super) fn decode_to(text: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = text;
    // Most names and values, most of which are short.
    if bytes::all(text, |byte| (byte != b'%') & (byte != b'+')) {
        return decoded.extend_from_slice(text);
    }
    while let Some((plain, special)) = memchr::memchr2(b'%', b'+', rest).and_then(|at| rest.split_at_checked(at)) {
        decoded.extend_from_slice(plain);
        let (byte, width) = decode_first(special);
        decoded.push(byte);
        rest = special.get(width..).unwrap_or_default();
    }
    decoded.extend_from_slice(rest);
}

/// The bytes of a decoded name or value.
pub(super) fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (byte, width) = match rest {
            [] => return None,
            [b'%' | b'+', ..] => decode_first(rest),
            [byte, ..] => (*byte, 1),
        };
        rest = rest.get(width..).unwrap_or_default();
        Some(byte)
    })
}

/// What a `%` or `+`, with which `text` begins, stands for, and how many bytes of it.
fn decode_first(text: &[u8]) -> (u8, usize) {
    let hex = match text {
        [b'%', high, low, ..] => hex_value(*high).zip(hex_value(*low)),
        _ => None,
    };
    match (hex, text.first()) {
        (Some((high, low)), _) => (high << 4 | low, 3),
        (None, Some(b'+')) => (b' ', 1),
        (None, _) => (b'%', 1),
    }
}

/// Whether a text is as it is encoded.
pub(crate) fn is_plain(text: &str) -> bool {
    bytes::all(text.as_bytes(), is_plain_by_sums)
}

/// What the WHATWG URL standard's application/x-www-form-urlencoded percent-encode set leaves alone. Without a branch, so that many are looked at at once.
#[inline]
const fn is_plain_by_sums(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'*') | (byte == b'-') | (byte == b'.') | (byte == b'_')
}

/// The same of one byte.
fn is_plain_byte(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)) == Some(&true)
}

/// Of every byte.
#[expect(clippy::indexing_slicing, reason = "at compile time")]
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        plain[byte as usize] = is_plain_by_sums(byte);
        byte += 1;
    }
    plain
};

/// A digit up to 15, in upper case.
fn hex_digit(value: u8) -> char {
    char::from(b"0123456789ABCDEF".get(usize::from(value)).copied().unwrap_or(b'0') & 0x7F)
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
