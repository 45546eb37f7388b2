//! `jwt_*`, `jws_*`, `jwk*` and `json_object`.

use std::time::Duration;

use jwt_core::json::{self, Limits};
use jwt_core::jws::{self, Jws};
use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::{Algorithm, Header, Jwk, JwkSet, SigningKey, UnsupportedKey, Unverified, VerifyingKeys, base64url};
use serde_json::{Value, json};

use super::{Question, Refusal, Reply, present, usage};

pub(super) fn verify(question: &Question<'_>) -> Reply {
    let keys = keys(question)?;
    // An algorithm that no backend can do is one that no key can be used with.
    let allowed: Vec<Algorithm> = question.texts("algs")?.into_iter().filter_map(Algorithm::from_name).collect();
    let keys = VerifyingKeys::new(&keys, &allowed);
    let compact = question.text("token")?;
    let token =
        jwt_core::verify_with_keys::<Value>(compact, &keys, &policy(question)?, question.now()?).map_err(refusal!())?;
    let unverified = Unverified::parse(compact, &jwt_core::Limits::default()).map_err(refusal!())?;
    let header = unverified.header();
    Ok(present(json!({
        "claims": token.claims(),
        "kid": header.kid(),
        "alg": header.alg(),
        "header": serde_json::to_value(header).map_err(usage)?,
    })))
}

fn policy(question: &Question<'_>) -> Result<Policy, Refusal> {
    let issuer = question.optional_text("iss")?.map_or(Issuer::DangerousAny, Issuer::exactly);
    let audience = question.optional_text("aud")?.map_or(Audience::DangerousAny, Audience::contains);
    let typ = match question.optional_text("typ")? {
        None => Typ::DangerousAny,
        Some(typ) => Typ::exactly(typ),
    };
    let expiry = match question.optional_text("exp")? {
        None | Some("required") => Expiry::Required,
        Some("optional") => Expiry::DangerousOptional,
        Some(_) => return Err(usage("exp is neither \"required\" nor \"optional\"")),
    };
    let mut policy = Policy::new(issuer, audience, typ, expiry);
    if let Some(subject) = question.optional_text("sub")? {
        policy = policy.subject(subject);
    }
    if let Some(leeway) = question.optional_number("leeway")? {
        policy = policy.leeway(Duration::from_secs(leeway));
    }
    for name in question.optional_texts("require")? {
        policy = policy.require(name);
    }
    if let Some(max_age) = question.optional_number("max_age")? {
        policy = policy.max_age(Duration::from_secs(max_age));
    }
    Ok(policy)
}

/// `keys`: a JWK Set, or one JWK as a set of one.
fn keys(question: &Question<'_>) -> Result<JwkSet, Refusal> {
    let (text, keys) = (question.source("keys")?, question.object("keys")?);
    let is_set = keys.members.contains_key("keys");
    let set = if is_set { text.to_owned() } else { format!("{{\"keys\":[{text}]}}") };
    JwkSet::from_slice(set.as_bytes()).map_err(refusal!())
}

/// The question's `keys`, as far as `algs` allows them; without it every algorithm that a key names is allowed.
pub(super) fn verifying_keys(question: &Question<'_>) -> Result<VerifyingKeys, Refusal> {
    let allowed: Vec<Algorithm> = match question.get("algs") {
        Some(_) => question.texts("algs")?.into_iter().filter_map(Algorithm::from_name).collect(),
        None => Algorithm::ALL.to_vec(),
    };
    Ok(VerifyingKeys::new(&keys(question)?, &allowed))
}

pub(super) fn jws_verify(question: &Question<'_>) -> Reply {
    let allowed: Vec<Algorithm> = question.texts("algs")?.into_iter().filter_map(Algorithm::from_name).collect();
    let keys = VerifyingKeys::new(&keys(question)?, &allowed);
    let (limits, detached) = (jws::Limits::default(), question.optional_bytes("detached_b64")?);
    let text = question.required("jws")?;
    let read = match (text, &detached) {
        (Value::String(compact), None) => Jws::compact(compact, &limits),
        (Value::String(compact), Some(payload)) => Jws::compact_detached(compact, payload, &limits),
        (_, None) => Jws::json(question.source("jws")?.as_bytes(), &limits),
        (_, Some(payload)) => Jws::json_detached(question.source("jws")?.as_bytes(), payload, &limits),
    };
    let verified = read.and_then(|jws| jws.verify(&keys)).map_err(refusal!())?;
    let indexes: Vec<usize> = verified.signatures().iter().map(jws::VerifiedSignature::index).collect();
    Ok(json!({ "payload_b64": base64url::encode(verified.payload()), "verified": indexes }))
}

pub(super) fn jws_sign(question: &Question<'_>) -> Reply {
    let payload = question.bytes("payload_b64")?;
    let jwk = Jwk::from_slice(question.source("key")?.as_bytes()).map_err(refusal!())?;
    let members = question.object("header")?;
    let name = members.text("alg")?;
    let algorithm = Algorithm::from_name(name).ok_or_else(|| usage(format!("no algorithm {name:?}")))?;
    let key = SigningKey::from_jwk_as(&jwk, algorithm).map_err(refusal!())?;
    let mut header = Header::new(algorithm);
    // Signing unencoded sets `b64` and `crit` itself.
    let unencoded = question.optional_flag("b64")? == Some(false);
    let ours = |name: &str| name == "alg" || (unencoded && matches!(name, "b64" | "crit"));
    for (name, text) in members.sources()?.into_iter().filter(|(name, _)| !ours(name)) {
        let value: json::Value = json::from_slice(text.get().as_bytes(), &Limits::default()).map_err(refusal!())?;
        header = header.with(name, value);
    }
    let signed =
        if unencoded { jws::sign_unencoded } else { jws::sign }(&header, &payload, &key).map_err(refusal!())?;
    let text = match (question.optional_text("form")?.unwrap_or("compact"), question.flag("detached")?) {
        ("compact", false) => signed.to_compact(),
        ("compact", true) => signed.to_compact_detached(),
        ("flattened", false) => signed.to_flattened(),
        ("flattened", true) => signed.to_flattened_detached(),
        (other, _) => return Err(usage(format!("no form {other:?}"))),
    };
    let text = text.map_err(refusal!())?;
    // A JSON serialization is answered as the object that it is.
    let jws = if text.starts_with('{') { serde_json::from_str(&text).map_err(usage)? } else { Value::String(text) };
    Ok(json!({ "jws": jws }))
}

pub(super) fn jwk_parse(question: &Question<'_>) -> Reply {
    let jwk = Jwk::from_slice(question.source("jwk")?.as_bytes()).map_err(refusal!())?;
    let mut answer = described(&jwk);
    if let (Value::Object(members), Some(public)) = (&mut answer, jwk.public()) {
        members.insert("public".into(), serde_json::to_value(public).map_err(usage)?);
    }
    Ok(answer)
}

pub(super) fn jwks_parse(question: &Question<'_>) -> Reply {
    let text = match question.optional_text("jwks_text")? {
        Some(text) => text,
        None => question.source("jwks")?,
    };
    let set = JwkSet::from_slice(text.as_bytes()).map_err(refusal!())?;
    let usable: Vec<Value> = set.keys().iter().map(described).collect();
    let unusable: Vec<Value> = set.unsupported().iter().map(unsupported).collect();
    Ok(json!({ "usable": usable, "unusable": unusable }))
}

fn described(jwk: &Jwk) -> Value {
    present(json!({
        "kty": jwk.kty(),
        "alg": jwk.algorithm().map(Algorithm::as_str),
        "kid": jwk.kid(),
        "private": jwk.is_private(),
        "thumbprint": jwk.thumbprint().to_string(),
    }))
}

fn unsupported(key: &UnsupportedKey) -> Value {
    json!({ "kid": key.kid, "kty": key.kty, "reason": key.reason.code() })
}

pub(super) fn json_object(question: &Question<'_>) -> Reply {
    let text = question.bytes("text_b64")?;
    json::object_from_slice::<json::Object>(&text, &Limits::default()).map_err(refusal!())?;
    Ok(json!({}))
}
