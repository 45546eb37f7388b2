//! The authentication context class as an essential claim (OpenID Connect Core, section 5.5.1.1).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::json::{Object, Value};
use oauth_types::request::BuildError;

use crate::error::ApiMisuse;

/// The `claims` parameter with one of `values` demanded of the ID token's `acr`.
pub(super) fn with_essential(claims: Option<Object>, values: &[String]) -> Result<Option<Object>, ApiMisuse> {
    if values.is_empty() {
        return Ok(claims);
    }
    let mut claims = claims.unwrap_or_default();
    let mut of_id_token = match claims.remove("id_token") {
        None => Object::new(),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(BuildError::MalformedParameter { name: "claims" }.into()),
    };
    let mut acr = Object::new();
    acr.insert("essential", true);
    acr.insert("values", Value::Array(values.iter().map(|value| Value::from(value.as_str())).collect()));
    of_id_token.insert("acr", acr);
    claims.insert("id_token", of_id_token);
    Ok(Some(claims))
}

/// The values that the `claims` parameter demands of the ID token's `acr`: "requested as an Essential Claim for the ID Token with a values parameter".
pub(super) fn essential(claims: &Object) -> Vec<String> {
    let acr = claims
        .get("id_token")
        .and_then(Value::as_object)
        .and_then(|members| members.get("acr"))
        .and_then(Value::as_object)
        .filter(|acr| acr.get("essential").and_then(Value::as_bool) == Some(true));
    let Some(acr) = acr else { return Vec::new() };
    let values = acr.get("values").and_then(Value::as_array).unwrap_or_default();
    values.iter().chain(acr.get("value")).filter_map(Value::as_str).map(ToString::to_string).collect()
}
