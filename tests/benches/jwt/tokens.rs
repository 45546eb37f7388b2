//! Claims and tokens of given sizes.

use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{Header, Policy, SigningKey, Timestamp, base64url};

use super::keys::Pair;

pub(crate) const ISSUER: &str = "https://as.example.com/tenant";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const KID: &str = "key-1";
/// So late that peers, which read the clock, agree.
pub(crate) const EXPIRES: u64 = 4_000_000_000;

/// What an API looks at.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
pub(crate) struct Claims<'a> {
    pub(crate) iss: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) aud: &'a str,
    pub(crate) exp: u64,
    pub(crate) iat: u64,
    pub(crate) jti: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) client_id: &'a str,
}

#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct OwnedClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) exp: u64,
    pub(crate) iat: u64,
    pub(crate) jti: String,
    pub(crate) scope: String,
    pub(crate) client_id: String,
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(1_700_000_000)
}

pub(crate) fn policy() -> Policy {
    Policy::new(Issuer::exactly(ISSUER), Audience::contains(AUDIENCE), Typ::AccessToken, Expiry::Required)
}

/// The JSON text of exactly `size` bytes: an access token's claims, then `groups` as large organizations have them.
pub(crate) fn claims(size: usize) -> String {
    let mut text = serde_json::to_string(&owned(0)).unwrap();
    text.pop();
    let rest = size.saturating_sub(text.len() + 1);
    match rest.checked_sub(r#","groups":[]"#.len()) {
        Some(mut room) if size > 300 => {
            text.push_str(r#","groups":["#);
            let mut number = 0;
            while room >= 40 {
                let element = format!("\"group-{number:04}\",");
                text.push_str(&element);
                room -= element.len();
                number += 1;
            }
            text.push_str(&format!("\"{}\"]", "x".repeat(room - 2)));
        }
        _ => {
            text.pop();
            text.push_str(&"x".repeat(rest));
            text.push('"');
        }
    }
    text.push('}');
    assert_eq!(text.len(), size.max(text.len()));
    text
}

/// The same without `groups`, as a value.
pub(crate) fn owned(size: usize) -> OwnedClaims {
    if size > 0 {
        return serde_json::from_str(&claims(size)).unwrap();
    }
    OwnedClaims {
        iss: ISSUER.into(),
        sub: "248289761001".into(),
        aud: AUDIENCE.into(),
        exp: EXPIRES,
        iat: 1_699_999_000,
        jti: "dbe39bf3a3ba4238a513f51d6e1691c4".into(),
        scope: "openid profile read:mail".into(),
        client_id: "s6BhdRkqt3-client".into(),
    }
}

/// A compact token and its parts, decoded.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) signature: Vec<u8>,
}

impl Token {
    pub(crate) fn new(pair: &Pair, size: usize) -> Self {
        Self::with_header(pair, size, &pair.header())
    }

    pub(crate) fn with_header(pair: &Pair, size: usize, header: &Header) -> Self {
        let text = Self::signed(&pair.signing(), header, size);
        let signature = base64url::decode(text.rsplit('.').next().unwrap()).unwrap();
        Self { text, signature }
    }

    pub(crate) fn signed(key: &SigningKey, header: &Header, size: usize) -> String {
        let header = base64url::encode(serde_json::to_vec(header).unwrap());
        let input = format!("{header}.{}", base64url::encode(claims(size)));
        let signature = key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url::encode(signature))
    }

    pub(crate) fn signing_input(&self) -> &[u8] {
        self.text.rsplit_once('.').unwrap().0.as_bytes()
    }
}
