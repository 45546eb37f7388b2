//! `jwt_profile` and `dpop_proof`.
//!
//! `expect` has the profile's expectations by the names of the claims: `iss`, `aud` (the client, or the API), `leeway`; for an ID token `nonce`, `max_age`, `sub`,
//! `acr_values`, `access_token`, `code`; for JARM `state`; for a DPoP proof `htm`, `htu`, `access_token`, `jkt`, `nonces`, `max_age` and `fresh` (whether
//! its `jti` is new, which it is unless said otherwise). `algs` is the allow-list; without it every algorithm that a key names is allowed.

use std::time::Duration;

use jwt_core::profile::{
    AccessTokenProfile, AuthorizationResponseProfile, ClientAssertionProfile, DpopProfile, DpopProof, IdTokenProfile,
    IntrospectionProfile, LogoutTokenProfile, RequestObjectProfile,
};
use jwt_core::{Jwk, Limits, Moments, SigningKey, Unverified};
use serde_json::json;

use super::jwt::verifying_keys;
use super::{Question, Reply, usage};

/// One profile: made, given its leeway, asked. The claims as they are.
macro_rules! judge {
    ($profile:expr, $question:expr, $expect:expr) => {{
        let mut profile = $profile;
        if let Some(leeway) = $expect.optional_number("leeway")? {
            profile = profile.leeway(Duration::from_secs(leeway));
        }
        let token = Unverified::parse($question.text("token")?, &Limits::default()).map_err(refusal!())?;
        let keys = verifying_keys($question)?;
        let claims = profile.verify_with_keys(token, &keys, $question.now()?).map_err(refusal!())?;
        serde_json::to_value(claims.claims().all()).map_err(usage)?
    }};
}

pub(super) fn judge(question: &Question<'_>) -> Reply {
    let expect = question.object("expect")?;
    let profile = question.text("profile")?;
    if profile == "dpop" {
        return dpop(question, &expect);
    }
    let (issuer, audience) = (expect.text("iss")?, expect.text("aud")?);
    let claims = match profile {
        "id_token" => judge!(id_token(&expect, issuer, audience)?, question, expect),
        "access_token" => judge!(AccessTokenProfile::new(issuer, audience), question, expect),
        "logout_token" => judge!(LogoutTokenProfile::new(issuer, audience), question, expect),
        // The client issues these, for the server.
        "client_assertion" => judge!(ClientAssertionProfile::new(issuer, audience), question, expect),
        "request_object" => judge!(RequestObjectProfile::new(issuer, audience), question, expect),
        "jarm" => {
            let mut profile = AuthorizationResponseProfile::new(issuer, audience);
            if let Some(state) = expect.optional_text("state")? {
                profile = profile.state(state);
            }
            judge!(profile, question, expect)
        }
        "introspection" => judge!(IntrospectionProfile::new(issuer, audience), question, expect),
        other => return Err(usage(format!("no profile {other:?}"))),
    };
    Ok(json!({ "claims": claims }))
}

fn id_token(expect: &Question<'_>, issuer: &str, client_id: &str) -> Result<IdTokenProfile, super::Refusal> {
    let mut profile = IdTokenProfile::new(issuer, client_id);
    if let Some(nonce) = expect.optional_text("nonce")? {
        profile = profile.nonce(nonce);
    }
    if let Some(subject) = expect.optional_text("sub")? {
        profile = profile.subject(subject);
    }
    if let Some(seconds) = expect.optional_number("max_age")? {
        profile = profile.max_age(Duration::from_secs(seconds));
    }
    if let Some(access_token) = expect.optional_text("access_token")? {
        profile = profile.access_token(access_token);
    }
    if let Some(code) = expect.optional_text("code")? {
        profile = profile.code(code);
    }
    let acr_values = expect.optional_texts("acr_values")?;
    Ok(if expect.get("acr_values").is_none() { profile } else { profile.acr_values(acr_values) })
}

fn dpop(question: &Question<'_>, expect: &Question<'_>) -> Reply {
    let mut profile = DpopProfile::new(expect.text("htm")?, expect.text("htu")?);
    profile = match (expect.optional_text("access_token")?, expect.optional_text("jkt")?) {
        (Some(access_token), Some(thumbprint)) => profile.access_token(access_token, thumbprint),
        (Some(access_token), None) => profile.dangerous_access_token_of_any_key(access_token),
        (None, Some(thumbprint)) => profile.bound_to(thumbprint),
        (None, None) => profile,
    };
    let nonces = expect.optional_texts("nonces")?;
    if expect.get("nonces").is_some() {
        profile = profile.nonces(nonces);
    }
    if let Some(seconds) = expect.optional_number("max_age")? {
        profile = profile.max_age(Duration::from_secs(seconds));
    }
    if let Some(leeway) = expect.optional_number("leeway")? {
        profile = profile.leeway(Duration::from_secs(leeway));
    }
    let fresh = expect.optional_flag("fresh")?.unwrap_or(true);
    let proof = profile.verify([question.text("token")?], question.now()?).map_err(refusal!())?;
    let proof = proof.decide(fresh).map_err(refusal!())?;
    Ok(json!({ "claims": serde_json::to_value(proof.claims().all()).map_err(usage)? }))
}

pub(super) fn dpop_proof(question: &Question<'_>) -> Reply {
    let jwk = Jwk::from_slice(question.source("key")?.as_bytes()).map_err(refusal!())?;
    let key = SigningKey::from_jwk(&jwk).map_err(refusal!())?;
    let mut proof = DpopProof::new(question.text("method")?, question.text("url")?);
    if let Some(access_token) = question.optional_text("access_token")? {
        proof = proof.access_token(access_token);
    }
    if let Some(nonce) = question.optional_text("nonce")? {
        proof = proof.nonce(nonce);
    }
    let at = Moments::from_seed(question.seed()?).at(question.now()?);
    Ok(json!({ "proof": proof.sign(&key, &at).map_err(refusal!())? }))
}
