//! The same messages as one would put them together without a library: no check, no type.

use jwt_core::Moment;
use jwt_core::base64url;
use jwt_core::digest::sha256;
use oauth_types::form::encode_component;

use super::{AUTHORIZE, CLIENT, CODE, REDIRECT, SCOPE, SECRET, VERIFIER};

/// Three values are derived or hashed, as each login needs them; the rest is appended.
pub(crate) fn authorization_url(at: &Moment) -> String {
    let state = base64url::encode(at.derive("state", 0));
    let verifier = base64url::encode(at.derive("code_verifier", 0));
    let challenge = base64url::encode(sha256(verifier.as_bytes()));
    let mut url = String::with_capacity(512);
    url.push_str(AUTHORIZE);
    url.push_str("?response_type=code&client_id=");
    encode_component(CLIENT, &mut url);
    url.push_str("&state=");
    url.push_str(&state);
    url.push_str("&redirect_uri=");
    encode_component(REDIRECT, &mut url);
    url.push_str("&scope=");
    encode_component(SCOPE, &mut url);
    url.push_str("&code_challenge=");
    url.push_str(&challenge);
    url.push_str("&code_challenge_method=S256");
    url
}

/// With the form encoder that everybody has.
pub(crate) fn token_request() -> (String, String) {
    use base64::Engine as _;
    use url::form_urlencoded::{Serializer, byte_serialize};
    let body = Serializer::new(String::with_capacity(512))
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", CODE)
        .append_pair("redirect_uri", REDIRECT)
        .append_pair("code_verifier", VERIFIER)
        .finish();
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = format!("{}:{}", encoded(CLIENT), encoded(SECRET));
    let field = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials));
    (body, field)
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
pub(crate) struct Answer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    scope: Option<String>,
}
