//! Strict base64url without padding (RFC 7515, section 2; RFC 4648, section 5): one spelling for each byte string.
//!
//! With the feature `std`, where the processor has them, vector instructions do the work; what is accepted and what comes out is the same.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;

/// Not strict base64url: a foreign character, padding, an impossible length, or unused bits that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url: foreign character, padding, impossible length or non-zero trailing bits")]
#[non_exhaustive]
pub struct NotBase64Url;

/// `data` in base64url without padding.
#[must_use]
pub fn encode(data: impl AsRef<[u8]>) -> String {
    engine().encode(data.as_ref())
}

/// Appends `data` in base64url without padding to `text`.
pub fn encode_to(data: impl AsRef<[u8]>, text: &mut String) {
    engine().encode_string(data.as_ref(), text);
}

/// The bytes that `text` spells.
///
/// # Errors
///
/// [`NotBase64Url`] for `=`, whitespace, any character outside the alphabet, a length of 1 modulo 4, and non-zero trailing bits (RFC 4648, section 3.5).
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    engine().decode(text.as_ref()).map_err(|_| NotBase64Url)
}

/// Appends the bytes that `text` spells to `buffer`.
///
/// # Errors
///
/// As [`decode`]; `buffer` may then hold a part of the bytes.
pub fn decode_to(text: impl AsRef<[u8]>, buffer: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    engine().decode_vec(text.as_ref(), buffer).map_err(|_| NotBase64Url)
}

/// Decodes into a slice and answers how many bytes were written.
///
/// # Errors
///
/// As [`decode`], also where the bytes do not fit in `buffer`.
pub fn decode_slice(text: impl AsRef<[u8]>, buffer: &mut [u8]) -> Result<usize, NotBase64Url> {
    engine().decode_slice(text.as_ref(), buffer).map_err(|_| NotBase64Url)
}

/// How many bytes `characters` of base64url spell, if they spell any.
pub(crate) const fn decoded_len(characters: usize) -> usize {
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
    fn lengths_are_exact() {
        for bytes in 0..100 {
            let text = encode(alloc::vec![0xA5; bytes]);
            assert_eq!(text.len(), encoded_len(bytes));
            assert_eq!(decoded_len(text.len()), bytes);
            let mut exact = alloc::vec![0; bytes];
            assert_eq!(decode_slice(&text, &mut exact), Ok(bytes), "{bytes}");
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
