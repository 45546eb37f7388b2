//! What texts in header fields are made of (RFC 9110), and what a JWT is made of (RFC 7515, RFC 7516).

/// RFC 9110, section 5.6.2: `token = 1*tchar`.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// RFC 9110, section 5.6.2: `tchar`.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110, section 11.2: `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, which RFC 6750, section 2.1 calls `b64token`.
pub(crate) fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(is_token68_byte)
}

/// What a `token68` is made of, before its `=`.
pub(crate) fn is_token68_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// RFC 7515, section 3.1, and RFC 7516, section 3.1: base64url and dots. How many parts there are is for whoever verifies them.
pub(crate) fn is_jwt(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// RFC 7515, section 3.1: three parts, none of them empty.
pub(crate) fn is_compact_jws(text: &str) -> bool {
    is_jwt(text) && text.split('.').count() == 3 && text.split('.').all(|part| !part.is_empty())
}
