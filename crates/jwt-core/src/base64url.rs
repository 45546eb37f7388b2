//! Strict base64url without padding (RFC 7515, section 2; RFC 4648, section 5): one spelling for each byte string.
//!
//! With the feature `std`, where the processor has them, vector instructions do the work but for short texts; what is accepted and what comes out is the same.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;

use crate::Blame;

/// Not strict base64url: a foreign character, padding, an impossible length, or unused bits that are not zero.
///
/// # Examples
///
/// ```
/// let error = jwt_core::base64url::decode("Zm9v\n").unwrap_err();
/// assert_eq!(error.code(), "not_base64url");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url: foreign character, padding, impossible length or non-zero trailing bits")]
#[non_exhaustive]
pub struct NotBase64Url;

impl NotBase64Url {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "not_base64url"
    }

    /// Whose fault it is: the peer's, whose text it is.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}

/// `data` in base64url without padding (RFC 7515, section 2; RFC 4648, section 5).
///
/// # Examples
///
/// ```
/// // RFC 7515, appendix C
/// assert_eq!(jwt_core::base64url::encode([3, 236, 255, 224, 193]), "A-z_4ME");
/// ```
#[must_use]
pub fn encode(data: impl AsRef<[u8]>) -> String {
    let data = data.as_ref();
    if data.len() > SHORT {
        return engine().encode(data);
    }
    let text = encode_short(data);
    // It is ASCII, with what lies behind it: of a length that is looked at in a moment.
    let text = core::str::from_utf8(&text).unwrap_or_default();
    text.get(..encoded_len(data.len())).unwrap_or_default().into()
}

/// Appends `data` in base64url without padding to `text` (RFC 7515, section 2).
///
/// # Examples
///
/// ```
/// let mut field = String::from("SHA-256=");
/// jwt_core::base64url::encode_to([0xFF; 3], &mut field);
/// assert_eq!(field, "SHA-256=____");
/// ```
pub fn encode_to(data: impl AsRef<[u8]>, text: &mut String) {
    engine().encode_string(data.as_ref(), text);
}

/// Appends `data` in base64url without padding to `text`: characters as bytes.
pub(crate) fn encode_to_bytes(data: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    let length = encoded_len(data.len());
    text.resize(start.saturating_add(length), 0);
    let room = text.get_mut(start..).unwrap_or_default();
    // The room is as long as the characters.
    let written = engine().encode_slice(data, room);
    debug_assert_eq!(written, Ok(length));
}

/// Writes `data` in base64url without padding to the start of `text`, and answers how many characters that are; `None` if they do not fit.
///
/// # Examples
///
/// ```
/// use jwt_core::base64url;
///
/// let mut text = [0; 8];
/// assert_eq!(base64url::encode_slice([3, 236, 255, 224, 193], &mut text), Some(7));
/// assert_eq!(&text[..7], b"A-z_4ME");
/// assert_eq!(base64url::encode_slice([0; 7], &mut text), None);
/// ```
pub fn encode_slice(data: impl AsRef<[u8]>, text: &mut [u8]) -> Option<usize> {
    let data = data.as_ref();
    if data.len() > SHORT {
        return engine().encode_slice(data, text).ok();
    }
    let room = text.get_mut(..encoded_len(data.len()))?;
    room.iter_mut().zip(encode_short(data)).for_each(|(place, character)| *place = character);
    Some(room.len())
}

/// As many bytes as a hash of 256 bits has, or what is derived from a moment: the engine's preparations for them take longer than they do.
const SHORT: usize = 32;

/// The characters of no more than [`SHORT`] bytes, and behind them what they would be of zeros.
#[inline]
fn encode_short(data: &[u8]) -> [u8; encoded_len(SHORT).next_multiple_of(16)] {
    // RFC 4648, section 4: "bits with value zero are added (on the right)".
    let mut bytes = [0; SHORT + 8];
    bytes.iter_mut().zip(data).for_each(|(place, byte)| *place = *byte);
    // Six bytes are eight characters.
    let mut text = [0; encoded_len(SHORT).next_multiple_of(16)];
    for (index, place) in text.as_chunks_mut().0.iter_mut().enumerate() {
        let six = bytes.get(index * 6..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        *place = sextets(u64::from_be_bytes(six) >> 16).to_be_bytes();
    }
    text.iter_mut().for_each(|place| *place = character(*place));
    text
}

/// Eight times six bits, each in a byte of its own: halved three times.
#[inline]
const fn sextets(bits: u64) -> u64 {
    let halves = (bits & 0xFFFF_FF00_0000) << 8 | bits & 0xFF_FFFF;
    let quarters = (halves & 0x00FF_F000_00FF_F000) << 4 | halves & 0x0000_0FFF_0000_0FFF;
    (quarters & 0x0FC0_0FC0_0FC0_0FC0) << 2 | quarters & 0x003F_003F_003F_003F
}

/// The character of six bits (RFC 4648, table 2). Without a table, so that the compiler makes vector code of it.
#[inline]
const fn character(sextet: u8) -> u8 {
    let letter = sextet.wrapping_add(b'A');
    // From the letters before to the next: small ones, digits, the two others.
    let lower = if sextet >= 26 { b'a' - b'A' - 26 } else { 0 };
    let digit = if sextet >= 52 { b'0'.wrapping_sub(b'a' + 26) } else { 0 };
    let minus = if sextet >= 62 { b'-'.wrapping_sub(b'0' + 10) } else { 0 };
    let underscore = if sextet >= 63 { b'_' - b'-' - 1 } else { 0 };
    letter.wrapping_add(lower).wrapping_add(digit).wrapping_add(minus).wrapping_add(underscore)
}

/// The bytes that `text` spells.
///
/// # Errors
///
/// [`NotBase64Url`] for `=`, whitespace, any character outside the alphabet, a length of 1 modulo 4, and non-zero trailing bits (RFC 4648, section 3.5).
///
/// # Examples
///
/// ```
/// use jwt_core::base64url;
///
/// assert_eq!(base64url::decode("A-z_4ME")?, [3, 236, 255, 224, 193]);
/// // Each byte string has one spelling: no padding, no stray bits.
/// for other in ["A-z_4ME=", "A+z/4ME", "A-z_4MF"] {
///     assert!(base64url::decode(other).is_err());
/// }
/// # Ok::<(), base64url::NotBase64Url>(())
/// ```
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    let mut bytes = Vec::new();
    decode_to(text, &mut bytes)?;
    Ok(bytes)
}

/// Appends the bytes that `text` spells to `buffer`.
///
/// # Errors
///
/// As [`decode`]; `buffer` is then as it was.
///
/// # Examples
///
/// ```
/// use jwt_core::base64url;
///
/// let mut buffer = b"kept: ".to_vec();
/// base64url::decode_to("Zm9v", &mut buffer)?;
/// assert_eq!(buffer, b"kept: foo");
/// assert!(base64url::decode_to("Zm9v=", &mut buffer).is_err());
/// assert_eq!(buffer, b"kept: foo");
/// # Ok::<(), base64url::NotBase64Url>(())
/// ```
pub fn decode_to(text: impl AsRef<[u8]>, buffer: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let start = buffer.len();
    decode_from(start, text.as_ref(), buffer)
}

/// As [`decode_to`], in the place of what is in `buffer`: of that nothing has to be cleared that is overwritten anyway. After an error it is empty.
pub(crate) fn decode_over(text: &str, buffer: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    decode_from(0, text.as_bytes(), buffer)
}

/// The bytes take the place of what stands from `start` on; after an error nothing does.
#[inline]
fn decode_from(start: usize, text: &[u8], buffer: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let end = start.saturating_add(decoded_len(text.len()));
    buffer.reserve_exact(end.saturating_sub(buffer.len()));
    buffer.resize(end, 0);
    let decoded = buffer.get_mut(start..).and_then(|room| decode_into(text, room));
    if decoded.is_none() {
        buffer.truncate(start);
    }
    decoded.ok_or(NotBase64Url)
}

/// Decodes into a slice and answers how many bytes were written.
///
/// # Errors
///
/// As [`decode`], also where the bytes do not fit in `buffer`.
///
/// # Examples
///
/// ```
/// use jwt_core::base64url;
///
/// let mut nonce = [0; 16];
/// assert_eq!(base64url::decode_slice("Zm9v", &mut nonce)?, 3);
/// assert!(nonce.starts_with(b"foo"));
/// # Ok::<(), base64url::NotBase64Url>(())
/// ```
pub fn decode_slice(text: impl AsRef<[u8]>, buffer: &mut [u8]) -> Result<usize, NotBase64Url> {
    let text = text.as_ref();
    let length = decoded_len(text.len());
    let decoded = buffer.get_mut(..length).and_then(|room| decode_into(text, room));
    decoded.map(|()| length).ok_or(NotBase64Url)
}

/// Fills `room`, which is as long as [`decoded_len`] says.
///
/// The engine takes long texts in blocks and works its way through what is left of them with some ceremony; short texts and what is left are ours.
fn decode_into(text: &[u8], room: &mut [u8]) -> Option<()> {
    // Behind its blocks the engine treats one group of four as the last one.
    let blocks = text.len().saturating_sub(GROUP) / BLOCK;
    if blocks < FEW_BLOCKS {
        return decode_groups(text, room);
    }
    let (head, tail) = text.split_at_checked(blocks * BLOCK + GROUP)?;
    let (head_room, tail_room) = room.split_at_mut_checked(decoded_len(head.len()))?;
    engine().decode_slice(head, head_room).ok()?;
    decode_groups(tail, tail_room)
}

/// Characters that the engine decodes at once, on the processors that do most at once.
const BLOCK: usize = 32;
/// Characters that spell three bytes.
const GROUP: usize = 4;
/// Fewer blocks than this are not worth the engine's preparations.
const FEW_BLOCKS: usize = 3;

/// One group of four characters after the other.
fn decode_groups(text: &[u8], room: &mut [u8]) -> Option<()> {
    let (groups, rest) = text.as_chunks::<GROUP>();
    let (places, rest_room) = room.as_chunks_mut::<3>();
    let mut seen = 0;
    for (&[a, b, c, d], place) in groups.iter().zip(places) {
        let bits = spelled::<0>(a) | spelled::<1>(b) | spelled::<2>(c) | spelled::<3>(d);
        seen |= bits;
        *place = bytes(bits);
    }
    // RFC 4648, section 3.5: the bits of the last character that no byte takes are zero, or there would be several spellings.
    let unused = match (rest, rest_room) {
        ([], []) => 0,
        (&[a, b], [place]) => {
            let bits = spelled::<0>(a) | spelled::<1>(b);
            seen |= bits;
            let [byte, unused, _] = bytes(bits);
            *place = byte;
            unused
        }
        (&[a, b, c], [place, next]) => {
            let bits = spelled::<0>(a) | spelled::<1>(b) | spelled::<2>(c);
            seen |= bits;
            let [byte, next_byte, unused] = bytes(bits);
            (*place, *next) = (byte, next_byte);
            unused
        }
        _ => return None,
    };
    (seen < FOREIGN && unused == 0).then_some(())
}

/// The bits that a character spells at its place in a group, in the order of the group's bytes; [`FOREIGN`] among them if it spells none.
#[inline]
fn spelled<const PLACE: usize>(character: u8) -> u32 {
    let Some(table) = SPELLED.get(PLACE) else { return FOREIGN };
    table.get(usize::from(character)).map_or(FOREIGN, |&bits| bits)
}

#[inline]
fn bytes(bits: u32) -> [u8; 3] {
    let [first, second, third, _] = bits.to_le_bytes();
    [first, second, third]
}

/// More than three bytes.
const FOREIGN: u32 = 1 << 31;

/// RFC 4648, table 2.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The same the other way round, for each place in a group.
static SPELLED: [[u32; 256]; GROUP] = [spelling(18), spelling(12), spelling(6), spelling(0)];

#[expect(clippy::indexing_slicing, reason = "at compile time")]
const fn spelling(shift: u32) -> [u32; 256] {
    let mut table = [FOREIGN; 256];
    let mut value = 0_u32;
    while (value as usize) < ALPHABET.len() {
        table[ALPHABET[value as usize] as usize] = (value << shift).swap_bytes() >> 8;
        value += 1;
    }
    table
}

/// How many bytes `characters` of base64url spell, if they spell any.
///
/// # Examples
///
/// ```
/// use jwt_core::base64url;
///
/// assert_eq!(base64url::decoded_len("AQID".len()), 3);
/// assert_eq!(base64url::decoded_len("AQ".len()), 1);
/// ```
#[must_use]
pub const fn decoded_len(characters: usize) -> usize {
    characters / 4 * 3 + characters % 4 * 3 / 4
}

/// How many characters `bytes` take in base64url.
pub(crate) const fn encoded_len(bytes: usize) -> usize {
    bytes / 3 * 4 + (bytes % 3 * 4).div_ceil(3)
}

#[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
use base64::engine::GeneralPurpose as Engine;
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::Simd as Engine;

/// One for the process: making it asks the processor and fills a table. It is a constant in all but that.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> &'static Engine {
    static ENGINE: std::sync::LazyLock<Engine> =
        std::sync::LazyLock::new(|| Engine::url_safe(base64::engine::general_purpose::NO_PAD));
    &ENGINE
}

#[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
const fn engine() -> &'static Engine {
    &base64::engine::general_purpose::URL_SAFE_NO_PAD
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a15_each_byte_string_has_one_spelling() {
        // JWS-02, JWS-03
        assert_eq!(decode("Zg").unwrap(), b"f");
        assert_eq!(decode("").unwrap(), b"");
        for text in [
            "Zh", "Zg=", "Zg==", "Z", "Zm9vY", "Zm 9", "Zm9v\n", "\nZm9v", "Zm+v", "Zm/v", "Zm9?", "Zm9#", "Zm9\0",
            "Zm9v.", "Zm8=", "Zm9", "é",
        ] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
    }

    #[test]
    fn what_is_decoded_over_something_else_leaves_nothing_of_it() {
        let mut buffer = Vec::new();
        for length in [0, 3, 400, 5, 100, 4000, 12] {
            let bytes: Vec<u8> = (0..=255).cycle().take(length).collect();
            decode_over(&encode(&bytes), &mut buffer).unwrap();
            assert_eq!(buffer, bytes);
        }
        for bad in ["!", "Zg=", "Zh", &alloc::format!("AAAA!{}", "A".repeat(400))] {
            decode_over(&encode([7; 3000]), &mut buffer).unwrap();
            assert_eq!(decode_over(bad, &mut buffer), Err(NotBase64Url));
            assert!(buffer.is_empty(), "{bad}");
        }
    }

    #[test]
    fn a15_foreign_characters_do_not_make_up_for_each_other() {
        // JWS-02: wherever two of them stand, also in what is left behind the groups of four.
        for good in ["AAAA", "AAAAAA", "AAAAAAA", "AAAAAAAA"] {
            for first in 0..good.len() {
                for second in first..good.len() {
                    let mut text = good.as_bytes().to_vec();
                    text[first] = b'=';
                    text[second] = b'=';
                    assert_eq!(decode(&text), Err(NotBase64Url), "{first} {second} of {good}");
                }
            }
        }
        // The same in pairs of pairs, where two and two are alike.
        assert_eq!(decode("===="), Err(NotBase64Url));
    }

    #[test]
    fn six_bits_have_the_character_of_the_table() {
        for (sextet, expected) in (0..).zip(*ALPHABET) {
            assert_eq!(character(sextet), expected, "{sextet}");
        }
        // Each of them at each place of a short text.
        for shift in 0..64 {
            let text: String = (0..43)
                .map(|at| char::from(ALPHABET[if at < 42 { (at + shift) % 64 } else { shift & 0x3C }]))
                .collect();
            assert_eq!(encode(decode(&text).unwrap()), text);
        }
    }

    #[test]
    fn lengths_are_exact() {
        for bytes in 0..100 {
            let text = encode(alloc::vec![0xA5; bytes]);
            assert_eq!(text.len(), encoded_len(bytes));
            assert_eq!(decoded_len(text.len()), bytes);
            let mut exact = alloc::vec![0; bytes];
            assert_eq!(decode_slice(&text, &mut exact), Ok(bytes), "{bytes}");
            let mut written = alloc::vec![0; text.len()];
            assert_eq!(encode_slice(&exact, &mut written), Some(text.len()));
            assert_eq!(written, text.as_bytes());
            assert!(bytes == 0 || encode_slice(&exact, &mut written[1..]).is_none());
        }
    }

    proptest! {
        #[test]
        fn vector_and_scalar_engines_agree(
            data in proptest::collection::vec(any::<u8>(), 0..300),
            position in any::<prop::sample::Index>(),
            replacement in any::<u8>(),
            cut in 0usize..4,
        ) {
            let text = encode(&data);
            prop_assert_eq!(&text, &URL_SAFE_NO_PAD.encode(&data));
            prop_assert_eq!(decode(&text).unwrap(), data);
            let mut wrong = text.into_bytes();
            if !wrong.is_empty() {
                let position = position.index(wrong.len());
                wrong[position] = replacement;
            }
            wrong.truncate(wrong.len().saturating_sub(cut));
            prop_assert_eq!(decode(&wrong).ok(), URL_SAFE_NO_PAD.decode(&wrong).ok());
            // What is accepted, is spelt in the only way.
            if let Ok(bytes) = decode(&wrong) {
                prop_assert_eq!(encode(bytes).into_bytes(), wrong);
            }
        }
    }
}
