//! Strict base64url without padding (RFC 7515, section 2; RFC 4648, section 5): one spelling for each byte string.

use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "std")]
use base64::engine::general_purpose::URL_SAFE_NO_PAD as ENGINE;
#[cfg(not(feature = "std"))]
use base64::engine::general_purpose::URL_SAFE_NO_PAD as ENGINE;
use base64::Engine as _;

/// Not strict base64url: a foreign character, padding, an impossible length, or unused bits that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url: foreign character, padding, impossible length or non-zero trailing bits")]
#[non_exhaustive]
pub struct NotBase64Url;

/// `data` in base64url without padding.
#[must_use]
pub fn encode(data: impl AsRef<[u8]>) -> String {
    ENGINE.encode(data.as_ref())
}

/// Appends `data` in base64url without padding to `text`.
pub fn encode_to(data: impl AsRef<[u8]>, text: &mut String) {
    ENGINE.encode_string(data.as_ref(), text);
}

/// The bytes that `text` spells.
///
/// # Errors
///
/// [`NotBase64Url`] for `=`, whitespace, any character outside the alphabet, a length of 1 modulo 4, and non-zero trailing bits (RFC 4648, section 3.5).
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    ENGINE.decode(text.as_ref()).map_err(|_| NotBase64Url)
}

/// Appends the bytes that `text` spells to `buffer`.
///
/// # Errors
///
/// As [`decode`]; `buffer` may then hold a part of the bytes.
pub fn decode_to(text: impl AsRef<[u8]>, buffer: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    ENGINE.decode_vec(text.as_ref(), buffer).map_err(|_| NotBase64Url)
}

/// Decodes into a slice and answers how many bytes were written.
///
/// # Errors
///
/// As [`decode`], also where the bytes do not fit in `buffer`.
pub fn decode_slice(text: impl AsRef<[u8]>, buffer: &mut [u8]) -> Result<usize, NotBase64Url> {
    ENGINE.decode_slice(text.as_ref(), buffer).map_err(|_| NotBase64Url)
}
