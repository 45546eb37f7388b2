//! JWS beyond tokens: the JSON serializations, with what is protected and what is not.

use jwt_core::jws::{Jws, Limits};
use jwt_core::{SigningKey, VerifyingKey, base64url};
use serde_json::Value;

/// Any text in every form: read or refused, never verified by a key that nobody has signed with.
pub(crate) fn no_jws_is_forged(text: &[u8]) {
    let limits = Limits::default();
    let (_, key) = keys();
    let compact = core::str::from_utf8(text).ok();
    let forms = [
        Jws::json(text, &limits).ok(),
        Jws::json_detached(text, b"payload", &limits).ok(),
        compact.and_then(|text| Jws::compact(text, &limits).ok()),
        compact.and_then(|text| Jws::compact_detached(text, b"payload", &limits).ok()),
    ];
    for jws in forms.into_iter().flatten() {
        assert!(jws.verify_with_key(&key).is_err(), "a signature was forged");
        assert!(!jws.signatures().is_empty(), "a JWS without a signature");
    }
}

/// Protected header, line feed, unprotected header, line feed, payload: signed, flattened, and held against the rules.
pub(crate) fn any_jws_rightly_signed(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (Some(protected), Some(header), Some(payload)) = (parts.next(), parts.next(), parts.next()) else { return };
    let (Ok(header), Ok(payload)) = (core::str::from_utf8(header), core::str::from_utf8(payload)) else { return };
    let (signing, key) = keys();
    let members = serde_json::from_slice::<serde_json::Map<String, Value>>(protected).ok();
    let unencoded = members.as_ref().and_then(|members| members.get("b64")) == Some(&Value::Bool(false));
    let protected = base64url::encode(protected);
    let content = if unencoded { payload.to_owned() } else { base64url::encode(payload) };
    let signature = signing.sign(format!("{protected}.{content}").as_bytes()).expect("a key that signs");
    let (signature, content) = (base64url::encode(signature), Value::String(content));
    let header_member = if header.is_empty() { String::new() } else { format!(r#""header":{header},"#) };
    let signed = format!(r#"{header_member}"protected":"{protected}","signature":"{signature}""#);
    let flattened = format!(r#"{{"payload":{content},{signed}}}"#);
    let general = format!(r#"{{"payload":{content},"signatures":[{{{signed}}}]}}"#);

    let verdict = |text: &str| {
        let jws = Jws::json(text.as_bytes(), &Limits::default()).ok()?;
        jws.verify_with_key(&key).ok().map(|verified| verified.into_payload())
    };
    let accepted = verdict(&flattened);
    // A header that ends its object and goes on is another text in each form.
    let Ok(unprotected) = serde_json::from_str::<Value>(if header.is_empty() { "{}" } else { header }) else { return };
    assert_eq!(accepted, verdict(&general), "flattened and general differ");
    let Some(read) = accepted else { return };
    let members = members.expect("what is accepted is an object");
    let unprotected = unprotected.as_object().expect("what is accepted is an object");
    assert_eq!(read, payload.as_bytes(), "another payload was verified");
    assert_eq!(members.get("alg").and_then(Value::as_str), Some("HS256"), "the algorithm is the protected header's");
    assert!(unprotected.keys().all(|name| !members.contains_key(name)), "a name in both headers");
    assert!(
        !unprotected.contains_key("crit") && !unprotected.contains_key("b64"),
        "only what is protected is critical"
    );
    if let Some(critical) = members.get("crit") {
        assert_eq!(critical, &serde_json::json!(["b64"]), "a critical extension was ignored");
    }
    assert!(members.contains_key("b64") || !members.contains_key("crit"), "what is critical is not there");
    // RFC 7797, section 6: with `true` it says what every recipient takes for granted.
    assert!(!unencoded || members.contains_key("crit"), "an unencoded payload is not critical");
}

fn keys() -> (SigningKey, VerifyingKey) {
    let key =
        SigningKey::hs256(b"fuzzing: a secret of sixty-four bytes that no input can contain!").expect("a good key");
    let verifying = key.verifying_key().expect("HMAC verifies with the same key");
    (key, verifying)
}
