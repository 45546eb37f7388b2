//! Strings: where one ends, and unescaping all of a document into the end of its buffer.

use alloc::vec::Vec;

use super::{JsonError, Kind};

/// The first position from `at` of a quote, a backslash or a control character; the text's length if there is none.
#[inline]
pub(super) fn stop(bytes: &[u8], mut at: usize) -> usize {
    // Without a branch for each byte, so that the compiler makes vector code of it.
    let special = |found, &byte: &u8| found | (byte == b'"') | (byte == b'\\') | (byte < 0x20);
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        if let Some(hit) = first_hit(*word) {
            return at + hit;
        }
        at += 8;
        // Most names end in the first word; what does not may be long.
        while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>)
            && !chunk.iter().fold(false, special)
        {
            at += 16;
        }
    }
    bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .position(|byte| special(false, byte))
        .map_or(bytes.len(), |found| at + found)
}

/// Whether a quote is the only byte that ends a string, or begins something else in it, anywhere in the document: what servers write without line ends.
#[inline]
pub(super) fn ends_at_quotes_only(document: &[u8]) -> bool {
    // Without a branch for each byte, so that the compiler makes vector code of it; by blocks, so that it ends soon where there are line ends.
    document.chunks(256).all(|block| !block.iter().fold(false, |other, &byte| other | (byte == b'\\') | (byte < 0x20)))
}

/// As [`stop`], in a document that [ends strings at quotes only](ends_at_quotes_only): the first quote from `at`.
#[inline]
pub(super) fn quote(bytes: &[u8], mut at: usize) -> usize {
    while let Some((words, [])) =
        bytes.get(at..).and_then(<[u8]>::first_chunk::<16>).map(|words| words.as_chunks::<8>())
    {
        if let [low, high] = words {
            if let Some(hit) = first_quote(*low) {
                return at + hit;
            }
            if let Some(hit) = first_quote(*high) {
                return at + 8 + hit;
            }
        }
        at += 16;
        // As above: names end here, tokens go on.
        while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>)
            && !chunk.iter().fold(false, |found, &byte| found | (byte == b'"'))
        {
            at += 16;
        }
    }
    bytes.get(at..).unwrap_or_default().iter().position(|&byte| byte == b'"').map_or(bytes.len(), |found| at + found)
}

/// The first of eight bytes that is a quote.
#[inline]
fn first_quote(word: [u8; 8]) -> Option<usize> {
    let quote = u64::from_le_bytes(word) ^ (ONES * 0x22);
    let hits = quote.wrapping_sub(ONES) & !quote & HIGHS;
    (hits != 0).then_some((hits.trailing_zeros() / 8) as usize)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = ONES << 7;

/// The first of eight bytes that is a quote, a backslash or a control character.
#[inline]
fn first_hit(word: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(word);
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5C);
    // The lowest high bit that is set marks the first hit; a borrow can only reach bytes behind it.
    let hits = ((quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word))
        & HIGHS;
    (hits != 0).then_some((hits.trailing_zeros() / 8) as usize)
}

/// Appends every escaped string of the document, unescaped and each behind its [`Prefix`], in the order of their appearance.
///
/// Outside a string there is no quote in JSON, so up to the first error this sees the same strings as the reader, which finds that error.
pub(super) fn unescape(buffer: &mut Vec<u8>) -> Result<(), JsonError> {
    let end = buffer.len();
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', document(buffer, end, at)) {
        let start = at + quote + 1;
        let first = stop(document(buffer, end, 0), start);
        at = match buffer.get(..end).and_then(|document| document.get(first)) {
            Some(b'"') => first,
            Some(b'\\') => unescape_one(buffer, end, start, first)?,
            Some(_) => return Err(JsonError::new(Kind::ControlCharacter, first)),
            None => return Err(JsonError::new(Kind::End, first)),
        } + 1;
    }
    Ok(())
}

fn document(buffer: &[u8], end: usize, from: usize) -> &[u8] {
    buffer.get(from..end).unwrap_or_default()
}

/// Unescapes the string that begins at `start` and has its first backslash at `at`; answers where its closing quote is.
fn unescape_one(buffer: &mut Vec<u8>, end: usize, start: usize, mut at: usize) -> Result<usize, JsonError> {
    let prefix = buffer.len();
    buffer.extend_from_slice(&[0; Prefix::LEN]);
    buffer.extend_from_within(start..at);
    loop {
        match document(buffer, end, at).first() {
            Some(b'"') => break,
            Some(b'\\') => {
                let (character, length) = escape(document(buffer, end, at)).map_err(|kind| JsonError::new(kind, at))?;
                buffer.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
            Some(_) => return Err(JsonError::new(Kind::ControlCharacter, at)),
            None => return Err(JsonError::new(Kind::End, at)),
        }
        let next = stop(document(buffer, end, 0), at);
        buffer.extend_from_within(at..next);
        at = next;
    }
    let unescaped = buffer.len() - prefix - Prefix::LEN;
    if let Some(place) = buffer.get_mut(prefix..prefix + Prefix::LEN) {
        place.copy_from_slice(&Prefix { raw: at - start, unescaped }.to_bytes());
    }
    Ok(at)
}

/// The character that an escape at the beginning of `text` means, and the escape's length.
fn escape(text: &[u8]) -> Result<(char, usize), Kind> {
    let simple = match text.get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(text),
        Some(_) => return Err(Kind::Escape),
        None => return Err(Kind::End),
    };
    Ok((simple, 2))
}

/// `\uXXXX`, or two of them for a character outside the basic plane (RFC 8259, section 7).
fn unicode(text: &[u8]) -> Result<(char, usize), Kind> {
    let first = hex(text.get(2..6).ok_or(Kind::End)?)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    if !(0xD800..0xDC00).contains(&first) || text.get(6..8) != Some(b"\\u") {
        return Err(Kind::Surrogate);
    }
    let second = hex(text.get(8..12).ok_or(Kind::End)?)?;
    if !(0xDC00..0xE000).contains(&second) {
        return Err(Kind::Surrogate);
    }
    let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    char::from_u32(code).map(|character| (character, 12)).ok_or(Kind::Surrogate)
}

fn hex(digits: &[u8]) -> Result<u32, Kind> {
    digits.iter().try_fold(0, |value, &digit| Ok(value << 4 | char::from(digit).to_digit(16).ok_or(Kind::Escape)?))
}

/// What stands before each unescaped string: both lengths in seven-bit digits, so that the buffer stays UTF-8.
pub(super) struct Prefix {
    /// The bytes between the quotes in the document.
    pub(super) raw: usize,
    /// The bytes that follow this prefix.
    pub(super) unescaped: usize,
}

impl Prefix {
    pub(super) const LEN: usize = 2 * DIGITS;

    fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let (raw, unescaped) = bytes.split_at_mut(DIGITS);
        for (digits, mut value) in [(raw, self.raw), (unescaped, self.unescaped)] {
            for digit in digits {
                *digit = u8::try_from(value & 0x7F).unwrap_or_default();
                value >>= 7;
            }
        }
        bytes
    }

    pub(super) fn read(text: &[u8], at: usize) -> Option<Self> {
        let bytes = text.get(at..)?.get(..Self::LEN)?;
        let (raw, unescaped) = bytes.split_at_checked(DIGITS)?;
        let number = |digits: &[u8]| digits.iter().rev().fold(0, |value, &digit| value << 7 | usize::from(digit));
        Some(Self { raw: number(raw), unescaped: number(unescaped) })
    }
}

/// 35 bits: more than any document is long. (On 32-bit targets the fifth digit is small enough, for the same reason.)
const DIGITS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_is_the_first_special_byte_at_every_alignment() {
        for special in [b'"', b'\\', 0, 0x1F] {
            for length in 0..40 {
                for position in 0..=length {
                    let mut text = alloc::vec![0xC3; length];
                    text.splice(position..position, [special]);
                    text.extend_from_slice(b"\"\\\0\"");
                    for from in 0..=position {
                        assert_eq!(stop(&text, from), position);
                    }
                }
            }
        }
        for byte in (0x20..=0xFF).filter(|byte| ![b'"', b'\\'].contains(byte)) {
            assert_eq!(stop(&[byte; 19], 0), 19, "{byte}");
        }
    }

    #[test]
    fn the_quote_is_the_first_at_every_alignment() {
        for length in 0..70 {
            for position in 0..=length {
                let mut text = alloc::vec![0xC3; length];
                text.insert(position, b'"');
                text.extend_from_slice(b"!\"");
                for from in 0..=position {
                    assert_eq!(quote(&text, from), position);
                }
            }
        }
        for byte in (0x20..=0xFF).filter(|byte| *byte != b'"') {
            assert_eq!(quote(&[byte; 39], 0), 39, "{byte}");
        }
    }

    #[test]
    fn only_a_backslash_and_control_characters_end_a_string_beside_a_quote() {
        for length in [0, 1, 15, 255, 256, 257, 600] {
            let text = alloc::vec![b'"'; length];
            assert!(ends_at_quotes_only(&text));
            for at in (0..length).step_by(7) {
                for byte in 0..=0xFF {
                    let mut text = text.clone();
                    text[at] = byte;
                    assert_eq!(ends_at_quotes_only(&text), byte >= 0x20 && byte != b'\\');
                }
            }
        }
    }

    #[test]
    fn the_first_of_many_quotes_is_found() {
        for before in 0..70 {
            let text = [alloc::vec![b'a'; before], alloc::vec![b'"'; 70]].concat();
            assert_eq!((quote(&text, 0), stop(&text, 0)), (before, before));
        }
    }

    #[test]
    fn prefixes_are_read_back_and_are_ascii() {
        for (raw, unescaped) in [(0, 0), (1, 127), (128, 129), (1 << 30, (1 << 30) - 1)] {
            let bytes = Prefix { raw, unescaped }.to_bytes();
            assert!(bytes.is_ascii());
            let read = Prefix::read(&bytes, 0).unwrap();
            assert_eq!((read.raw, read.unescaped), (raw, unescaped));
        }
    }
}
