//! Rightly signed tokens with any header and any payload, held against a second, slow reading of the rules over serde_json.

use std::sync::LazyLock;

use jwt_core::json::Object;
use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::{Algorithm, Error, HeaderError, NoMatch, SigningKey, Timestamp, VerifyingKey, VerifyingKeys, base64url};
use serde_json::Value;

/// Two selecting bytes (key; policy and entry point), the header, a line feed, the payload. What stands behind a signature that holds is the most dangerous input
/// of all and the one that blind mutation never reaches; so the signature is made here.
pub(crate) fn any_header_and_payload_rightly_signed(data: &[u8]) {
    let [key, options, text @ ..] = data else { return };
    let mut parts = text.splitn(2, |byte| *byte == b'\n');
    let (Some(header), Some(payload)) = (parts.next(), parts.next()) else { return };
    // A digit names a key; whatever else comes takes one of the first, HMAC: the others cost a thousand times as much and learn nothing more of what is signed.
    let key = if key.is_ascii_digit() { key & 7 } else { key % 3 };
    let Some(pair) = KEYS.get(usize::from(key)) else { return };
    let leeway = if options & 1 == 0 { 0 } else { 60 };
    let now = if options & 2 == 0 { NOW } else { 1 << 53 };

    let mut token = base64url::encode(header);
    token.push('.');
    token.push_str(&base64url::encode(payload));
    let signature = pair.signing.sign(token.as_bytes()).expect("a key that signs");
    token.push('.');
    token.push_str(&base64url::encode(signature));

    let policy = Policy::new(Issuer::exactly(ISSUER), Audience::contains(AUDIENCE), Typ::Jwt, Expiry::Required)
        .leeway(core::time::Duration::from_secs(leeway));
    let now_stamp = Timestamp::from_unix(now);
    let verdict = jwt_core::verify::<Object>(&token, &pair.verifying, &policy, now_stamp);
    let with_set = jwt_core::verify_with_keys::<Object>(&token, &pair.set, &policy, now_stamp);
    // A key of its own is asked whatever the token names; in a set, a token that names another finds none.
    if !matches!(with_set, Err(Error::NoKey(NoMatch::UnknownKid))) {
        assert_eq!(verdict.is_ok(), with_set.is_ok(), "one key and a set of one key differ");
    }

    let good = header_is_good(header, pair.verifying.algorithm()) && claims_are_good(payload, now, leeway);
    match verdict {
        Ok(verified) => {
            assert!(good, "accepted against the rules");
            let read = serde_json::to_value(verified.claims()).expect("claims are written");
            assert_eq!(Some(read), serde_json::from_slice(payload).ok(), "read differently");
        }
        Err(Error::Signature) => panic!("our own signature is refused"),
        // Of what serde_json takes, a strict reader refuses this much and no more.
        Err(Error::Header(HeaderError::Json(error)) | Error::Claims(error)) if good => assert!(
            ["json_duplicate_member", "json_too_deep", "json_too_many_members"].contains(&error.code()),
            "refused without a reason: {error}"
        ),
        Err(error) => assert!(!good, "refused without a reason: {error}"),
    }
}

fn header_is_good(header: &[u8], algorithm: Algorithm) -> bool {
    let Ok(Value::Object(header)) = serde_json::from_slice(header) else { return false };
    let optional_text = |name| header.get(name).is_none_or(Value::is_string);
    let media_type = |name| {
        let text = header.get(name).and_then(Value::as_str)?.to_ascii_lowercase();
        Some(
            text.strip_prefix("application/")
                .filter(|rest| !rest.contains('/'))
                .map_or_else(|| text.clone(), str::to_owned),
        )
    };
    let alg = header.get("alg").and_then(Value::as_str);
    let named = alg == Some(algorithm.as_str()) || (alg == Some("EdDSA") && algorithm == Algorithm::Ed25519);
    named
        && ["kid", "typ", "cty"].into_iter().all(optional_text)
        && !header.contains_key("crit")
        && !header.contains_key("b64")
        && media_type("typ").is_none_or(|typ| typ == "jwt")
        && media_type("cty").is_none_or(|cty| cty != "jwt")
}

fn claims_are_good(payload: &[u8], now: u64, leeway: u64) -> bool {
    let Ok(Value::Object(claims)) = serde_json::from_slice(payload) else { return false };
    let optional_text = |name| claims.get(name).is_none_or(Value::is_string);
    let audience = match claims.get("aud") {
        Some(Value::String(aud)) => aud == AUDIENCE,
        Some(Value::Array(all)) => all.iter().all(Value::is_string) && all.iter().any(|aud| *aud == *AUDIENCE),
        _ => false,
    };
    let at_most =
        |name, limit| claims.get(name).is_none_or(|time| order(time, limit).is_some_and(|order| order.is_le()));
    let exp = claims.get("exp").and_then(|exp| order(exp, now.saturating_sub(leeway)));
    claims.get("iss").and_then(Value::as_str) == Some(ISSUER)
        && audience
        && optional_text("sub")
        && optional_text("jti")
        && exp.is_some_and(core::cmp::Ordering::is_gt)
        && at_most("nbf", now.saturating_add(leeway))
        && at_most("iat", now.saturating_add(leeway))
}

/// A time in claims against whole seconds.
#[allow(clippy::cast_precision_loss, reason = "the oracle is no more exact than a double, as the claim was")]
fn order(time: &Value, seconds: u64) -> Option<core::cmp::Ordering> {
    match (time.as_u64(), time.as_i64(), time.as_f64()) {
        (Some(time), _, _) => Some(time.cmp(&seconds)),
        (None, Some(_), _) => Some(core::cmp::Ordering::Less),
        (None, None, Some(time)) => time.partial_cmp(&(seconds as f64)),
        (None, None, None) => None,
    }
}

struct Pair {
    signing: SigningKey,
    verifying: VerifyingKey,
    set: VerifyingKeys,
}

static KEYS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    const P256: &str = include_str!("../../crates/jwt-core/tests/fixtures/ec-p256.pkcs8.pem");
    const P384: &str = include_str!("../../crates/jwt-core/tests/fixtures/ec-p384.pkcs8.pem");
    const ED25519: &str = include_str!("../../crates/jwt-core/tests/fixtures/ed25519.pkcs8.pem");
    const RSA: &str = include_str!("../../crates/jwt-core/tests/fixtures/rsa2048.pkcs8.pem");
    let hmac = [SigningKey::hs256(&[1; 64]), SigningKey::hs384(&[2; 64]), SigningKey::hs512(&[3; 64])];
    let pem = [
        (Algorithm::ES256, P256),
        (Algorithm::ES384, P384),
        (Algorithm::Ed25519, ED25519),
        (Algorithm::RS256, RSA),
        (Algorithm::PS256, RSA),
    ];
    let pem = pem.map(|(algorithm, pem)| SigningKey::from_pem(algorithm, pem));
    // Every other key has a name, for which it foresees headers.
    let pair = |(index, key): (usize, Result<SigningKey, _>)| {
        let signing = key.expect("a key of the fixtures");
        let signing = if index % 2 == 0 { signing } else { signing.with_kid("k1") };
        let verifying = signing.verifying_key().expect("its public half");
        Pair { set: VerifyingKeys::from_keys(vec![verifying.clone()]), signing, verifying }
    };
    hmac.into_iter().chain(pem).enumerate().map(pair).collect()
});

const ISSUER: &str = "https://as.example";
const AUDIENCE: &str = "api";
const NOW: u64 = 1_700_000_000;
