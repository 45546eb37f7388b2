//! FLOOR: what nobody can skip, on the same bytes. The vector engine of base64, ring's HMAC, one typed pass of serde_json; no check of anything but the MAC.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::NO_PAD;

use super::keys::Pair;
use super::tokens::{OwnedClaims, Token};

static BASE64URL: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));

pub(crate) fn verify<'b, R>(
    token: &Token,
    pair: &Pair,
    buffer: &'b mut Vec<u8>,
    read: impl FnOnce(&'b [u8]) -> R,
) -> R {
    let (input, encoded) = token.text.rsplit_once('.').unwrap();
    let (_, payload) = input.rsplit_once('.').unwrap();
    let mut signature = [0; 32];
    BASE64URL.decode_slice(encoded, &mut signature).unwrap();
    assert!(pair.check(input.as_bytes(), &signature));
    buffer.clear();
    BASE64URL.decode_vec(payload, buffer).unwrap();
    read(buffer)
}

/// With a header that was written before, and one allocation for each of the payload and the token.
pub(crate) fn sign(pair: &Pair, claims: &OwnedClaims) -> String {
    static HEADER: LazyLock<String> =
        LazyLock::new(|| BASE64URL.encode(r#"{"alg":"HS256","typ":"at+jwt","kid":"key-1"}"#));
    let mut payload = Vec::with_capacity(512);
    serde_json::to_writer(&mut payload, claims).unwrap();
    let mut token = String::with_capacity(HEADER.len() + payload.len() / 3 * 4 + 64);
    token.push_str(&HEADER);
    token.push('.');
    BASE64URL.encode_string(&payload, &mut token);
    let tag = pair.tag(token.as_bytes());
    token.push('.');
    BASE64URL.encode_string(tag.as_ref(), &mut token);
    token
}
