//! What is done to all bytes of a text: looked at, or wiped.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroize;

/// Whether all bytes fit. `fits` has no branch, so that many are looked at at once: as many as the vectors of every processor take, or half of that.
#[inline]
pub(crate) fn all(text: &[u8], fits: impl Fn(u8) -> bool + Copy) -> bool {
    blocks::<16>(text, fits).or_else(|| blocks::<8>(text, fits)).unwrap_or_else(|| text.iter().all(|&byte| fits(byte)))
}

/// The same, a block at a time; `None` if the text is shorter than one.
#[inline]
fn blocks<const BLOCK: usize>(text: &[u8], fits: impl Fn(u8) -> bool) -> Option<bool> {
    let fit = |block: &[u8; BLOCK]| block.iter().fold(true, |fit, &byte| fit & fits(byte));
    // The last block may begin before the others end.
    let last = text.last_chunk()?;
    Some(fit(last) && text.as_chunks().0.iter().all(fit))
}

/// RFC 6749, appendix A: `VSCHAR = %x20-7E`.
pub(crate) fn is_visible(text: &str) -> bool {
    all(text.as_bytes(), |byte| matches!(byte, b' '..=b'~'))
}

/// All at once, with what lies behind the end: the `zeroize` of a `Vec` goes byte by byte.
pub(crate) fn wipe(bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.spare_capacity_mut().zeroize();
}

/// The same of a text.
pub(crate) fn wipe_text(text: &mut String) {
    wipe(&mut core::mem::take(text).into_bytes());
}

/// Makes room for `more` bytes, as [`String::reserve`] does, but that what a text was copied from to a larger place is wiped.
#[inline]
pub(crate) fn reserve_wiped(text: &mut String, more: usize) {
    if text.capacity().saturating_sub(text.len()) < more {
        grow_wiped(text, more);
    }
}

#[cold]
fn grow_wiped(text: &mut String, more: usize) {
    let enough = text.len().saturating_add(more).max(text.len().saturating_mul(2));
    let mut larger = String::with_capacity(enough);
    larger.push_str(text);
    wipe_text(&mut core::mem::replace(text, larger));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn one_byte_that_does_not_fit_is_found_wherever_it_stands() {
        for length in 0..70 {
            assert!(all(&vec![b'a'; length], |byte| byte == b'a'), "{length}");
            for at in 0..length {
                let mut text = vec![b'a'; length];
                text[at] = b'b';
                assert!(!all(&text, |byte| byte == b'a'), "{at} of {length}");
            }
        }
    }

    #[test]
    fn what_has_room_stays_and_what_grows_doubles() {
        let mut text = String::with_capacity(8);
        text.push_str("secret");
        reserve_wiped(&mut text, 2);
        assert_eq!(text.capacity(), 8);
        reserve_wiped(&mut text, 3);
        assert!(text.capacity() >= 12 && text == "secret", "{}", text.capacity());
        reserve_wiped(&mut text, 100);
        assert!(text.capacity() >= 106 && text == "secret", "{}", text.capacity());
    }

    #[test]
    fn visible_is_printable_ascii() {
        for byte in 0..=0x7F_u8 {
            let expected = (0x20..=0x7E).contains(&byte);
            assert_eq!(is_visible(core::str::from_utf8(&[byte]).unwrap()), expected, "{byte:#x}");
            assert_eq!(is_visible(core::str::from_utf8(&[byte; 20]).unwrap()), expected, "{byte:#x}");
        }
        assert!(!is_visible("\u{e9}"));
    }
}
