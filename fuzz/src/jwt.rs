//! Formats and keys.

use jwt_core::base64url;

/// Formats and keys: base64url.
///
/// # Panics
///
/// On a finding.
pub fn jwt(data: &[u8]) {
    base64url_is_canonical(data);
}

/// One text, one meaning: what decodes is written back as it was.
fn base64url_is_canonical(text: &[u8]) {
    if let Ok(bytes) = base64url::decode(text) {
        assert_eq!(base64url::encode(bytes).as_bytes(), text, "two spellings of one value");
    }
}
