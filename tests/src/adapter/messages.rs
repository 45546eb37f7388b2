//! Messages: `pkce`, `form_decode`, `challenges`, metadata, token and device responses, authorization requests and responses.

use jwt_core::json::Object;
use jwt_core::profile::AuthorizationResponseProfile;
use jwt_core::{Moments, Timestamp};
use oauth_client_sans_io::{
    AcceptError, Authentication, AuthorizationCode, Client, Error, NotOurs, PendingAuthorization,
};
use oauth_types::authorization::{AuthorizationRequest, AuthorizationResponse, Callback, Outcome, ResponseMode};
use oauth_types::challenge::Challenges;
use oauth_types::metadata::{AuthorizationServer, FoundBy, ProtectedResource};
use oauth_types::token::TokenResponse;
use oauth_types::{
    ClientAuth, ClientId, ClientSecret, CodeVerifier, Deviation, DeviceAuthorizationResponse, Endpoint, ErrorResponse,
    Expect, FormBuilder, HttpResponse, Issuer, Pairs, Reading, RedirectUri, Resource, ResponseError, SignedResponse,
};
use serde_json::{Value, json};

use super::flows::login::callback_of;
use super::jwt::verifying_keys;
use super::{Question, Refusal, Reply, present, refused, usage};

pub(super) fn pkce(question: &Question<'_>) -> Reply {
    let verifier = CodeVerifier::new(question.text("verifier")?).map_err(refusal!())?;
    Ok(json!({ "challenge": verifier.challenge().as_str() }))
}

pub(super) fn form_decode(question: &Question<'_>) -> Reply {
    let pairs = Pairs::parse(question.text("body")?).map_err(refusal!())?;
    let pairs: Vec<Value> = pairs.iter().map(|(name, value)| json!([name, value])).collect();
    Ok(json!({ "pairs": pairs }))
}

pub(super) fn challenges(question: &Question<'_>) -> Reply {
    let challenges = Challenges::parse(question.texts("values")?, reading(question)?).map_err(refusal!())?;
    let challenges: Vec<Value> = challenges
        .iter()
        .map(|challenge| {
            let params = challenge.parameters().map(|(name, value)| (name.to_owned(), Value::from(value)));
            present(json!({
                "scheme": challenge.scheme().to_ascii_lowercase(),
                "token68": challenge.token68(),
                "params": Value::Object(params.collect()),
            }))
        })
        .collect();
    Ok(json!({ "challenges": challenges }))
}

pub(super) fn well_known(question: &Question<'_>) -> Reply {
    if let Some(resource) = question.optional_text("resource")? {
        let resource = Resource::new(resource).map_err(refusal!())?;
        return Ok(json!({ "urls": ProtectedResource::mcp_well_known_urls(&resource).map_err(refusal!())? }));
    }
    let issuer = issuer(question.text("issuer")?)?;
    Ok(json!({ "urls": AuthorizationServer::well_known_urls(&issuer) }))
}

pub(super) fn metadata(question: &Question<'_>) -> Reply {
    let issuer = issuer(question.text("issuer")?)?;
    let metadata =
        AuthorizationServer::from_http(&issuer, &response(question)?, reading(question)?).map_err(refusal!())?;
    let members = serde_json::from_slice::<Value>(metadata.to_http().body()).map_err(usage)?;
    Ok(json!({ "metadata": members }))
}

pub(super) fn resource_metadata(question: &Question<'_>) -> Reply {
    let resource = Resource::new(question.text("resource")?).map_err(refusal!())?;
    let found_by = FoundBy::WellKnown(&resource);
    let metadata =
        ProtectedResource::from_http(found_by, &response(question)?, reading(question)?).map_err(refusal!())?;
    let members = serde_json::from_slice::<Value>(metadata.to_http().body()).map_err(usage)?;
    Ok(json!({ "metadata": members }))
}

pub(super) fn token_response(question: &Question<'_>) -> Reply {
    let tokens = match TokenResponse::from_http(&response(question)?, &expect(question)?) {
        Ok(tokens) => tokens,
        Err(error) => return no_success(error),
    };
    let details = tokens.authorization_details();
    let details =
        details.map(|details| serde_json::from_str::<Value>(&details.to_json()).map_err(usage)).transpose()?;
    Ok(present(json!({
            "kind": "token",
            "access_token": tokens.access_token().expose(),
            "token_type": tokens.token_type().as_str(),
            "expires_in": tokens.expires_in().map(|lifetime| lifetime.as_secs()),
            "scope": tokens.scope().map(ToString::to_string),
            "refresh_token": tokens.refresh_token().map(|token| token.expose()),
            "id_token": tokens.id_token().map(|token| token.expose()),
            "issued_token_type": tokens.issued_token_type().map(|name| name.as_str()),
            "authorization_details": details,
            "extra": object(tokens.extra())?,
            "deviations": deviations(tokens.deviations()),
    })))
}

pub(super) fn device_response(question: &Question<'_>) -> Reply {
    match DeviceAuthorizationResponse::from_http(&response(question)?, &expect(question)?) {
        Ok(device) => Ok(present(json!({
            "kind": "device",
            "device_code": device.device_code().expose(),
            "user_code": device.user_code(),
            "verification_uri": device.verification_uri(),
            "verification_uri_complete": device.verification_uri_complete(),
            "expires_in": device.expires_in().map(|lifetime| lifetime.as_secs()),
            "interval": device.interval().as_secs(),
            "extra": object(device.extra())?,
            "deviations": deviations(device.deviations()),
        }))),
        Err(error) => no_success(error),
    }
}

/// `now`, `reading` and `asked_dpop`.
fn expect<'e>(question: &Question<'_>) -> Result<Expect<'e>, Refusal> {
    let expect = Expect::new(question.now()?).reading(reading(question)?);
    Ok(if question.flag("asked_dpop")? { expect.dpop() } else { expect })
}

/// The answers of an endpoint that are no success: a server's error and no verdict are answers to the question, nonsense is a refusal of ours.
fn no_success(error: ResponseError) -> Reply {
    match error {
        ResponseError::Refused(response) => Ok(error_members(&response)),
        ResponseError::Transient { retry_after, .. } => {
            Ok(present(json!({ "kind": "transient", "retry_after": retry_after.map(|after| after.as_secs()) })))
        }
        ResponseError::Invalid(_) => Err(refused(error.code(), error.blame(), &error)),
    }
}

fn error_members(response: &ErrorResponse) -> Value {
    present(json!({
        "kind": "error",
        "error": response.code().as_str(),
        "description": response.description(),
        "deviations": deviations(response.deviations()),
    }))
}

/// What `PendingAuthorization::accept` says of a callback.
///
/// The state of a login is drawn, not chosen. So the login is begun, and the state that it drew is replaced in its stored text by the one that is expected.
pub(super) fn authorization_response(question: &Question<'_>) -> Reply {
    let expect = question.object("expect")?;
    let response_mode = expect.optional_text("response_mode")?;
    let mode = response_mode
        .map(|name| ResponseMode::from_name(name).ok_or_else(|| usage(format!("no response mode {name:?}"))))
        .transpose()?;
    let callback = callback_of(question.text("callback")?, response_mode);
    if let Some(mode) = mode.filter(|mode| mode.is_jwt()) {
        return signed_response(question, &expect, callback, mode);
    }
    let issuer = issuer(expect.text("issuer")?)?;
    let endpoint = |path| Endpoint::new(["https://as.invalid/", path].concat()).map_err(usage);
    let server = AuthorizationServer::new(issuer)
        .with_authorization_endpoint(endpoint("authorize")?)
        .with_token_endpoint(endpoint("token")?)
        .with_iss_parameter_supported(expect.flag("iss_required")?);
    let client = Client::new(ClientId::new("client").map_err(usage)?, Authentication::None);
    let redirect_uri = expect.optional_text("redirect_uri")?.unwrap_or("https://client.invalid/callback");
    let redirect_uri = RedirectUri::new(redirect_uri).map_err(refusal!())?;
    let mut flow = AuthorizationCode::new(&server, &client, redirect_uri);
    if let Some(mode) = mode {
        flow = flow.response_mode(mode);
    }
    let mut moments = Moments::from_seed([0; 32]);
    let pending = flow.begin(&moments.at(Timestamp::EPOCH)).map_err(refusal!())?.pending;
    let state = Value::from(expect.text("state")?).to_string();
    let stored = pending.to_stored().replace(&Value::from(pending.state()).to_string(), &state);
    let mut pending = PendingAuthorization::from_stored(&stored).map_err(usage)?;
    match pending.accept(&moments.at(Timestamp::EPOCH), None, callback) {
        Ok(_) => Ok(outcome(AuthorizationResponse::parse(callback).map_err(refusal!())?.into_outcome())),
        Err(AcceptError::Refused(Error::Refused { response, .. })) => Ok(outcome(Outcome::Error(response))),
        Err(error) => Err(refused(error.code(), error.blame(), &error)),
    }
}

/// What `SignedResponse` says of a callback in one of JARM's modes: `expect` has `keys`, `client_id` and, if not every algorithm that a key names is allowed,
/// `algs` too; `now` stands beside it.
fn signed_response(
    question: &Question<'_>,
    expect: &Question<'_>,
    callback: Callback<'_>,
    mode: ResponseMode,
) -> Reply {
    let signed = SignedResponse::parse(callback, mode).map_err(refusal!())?;
    if let (Some(expected), Some(found)) = (expect.optional_text("redirect_uri")?, signed.base_url())
        && expected.split('?').next() != Some(found)
    {
        return Err(refused(NotOurs::RedirectUri.code(), NotOurs::RedirectUri.blame(), NotOurs::RedirectUri));
    }
    let profile = AuthorizationResponseProfile::new(expect.text("issuer")?, expect.text("client_id")?)
        .state(expect.text("state")?);
    let keys = verifying_keys(expect)?;
    let proof = signed.token().and_then(|token| token.check_signature_with_keys(&keys)).map_err(refusal!())?;
    let response = signed.verified(&profile, proof, question.now()?).map_err(refusal!())?;
    Ok(outcome(response.into_outcome()))
}

/// `code`, or `error` with its `description`.
fn outcome(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Code(code) => json!({ "code": code.expose() }),
        Outcome::Error(response) => {
            present(json!({ "error": response.code().as_str(), "description": response.description() }))
        }
    }
}

pub(super) fn authorization_url(question: &Question<'_>) -> Reply {
    let endpoint = Endpoint::new(question.text("endpoint")?).map_err(refusal!())?;
    let mut query = FormBuilder::new();
    if question.required("params")?.is_array() {
        for (name, value) in question.pairs("params")? {
            query.append(name, value);
        }
    } else {
        let params = question.object("params")?;
        for name in params.members.keys() {
            query.append(name, params.text(name)?);
        }
    }
    // What is asked for has to be an authorization request: it is read as one and written as one.
    let request = AuthorizationRequest::from_query(query.as_str()).map_err(refusal!())?;
    Ok(json!({ "url": request.to_url(&endpoint).map_err(refusal!())? }))
}

pub(super) fn basic_auth(question: &Question<'_>) -> Reply {
    let id = ClientId::new(question.text("id")?).map_err(refusal!())?;
    let auth = ClientAuth::Basic(ClientSecret::new(question.text("secret")?));
    let header = auth.authorization(&id).map_err(refusal!())?;
    Ok(json!({ "header": header }))
}

/// `status`, `headers` and `body` or `body_b64`.
pub(super) fn response(question: &Question<'_>) -> Result<HttpResponse, Refusal> {
    let status = u16::try_from(question.number("status")?).map_err(|_| usage("status is no status"))?;
    let mut response = HttpResponse::new(status);
    for (name, value) in question.pairs("headers")? {
        response = response.with_header(name, value);
    }
    Ok(response.with_body(body(question)?))
}

/// `body` or `body_b64`; without either, none.
pub(super) fn body(question: &Question<'_>) -> Result<Vec<u8>, Refusal> {
    match question.optional_bytes("body_b64")? {
        Some(body) => Ok(body),
        None => Ok(question.optional_text("body")?.unwrap_or_default().into()),
    }
}

pub(super) fn issuer(text: &str) -> Result<Issuer, Refusal> {
    Issuer::new(text).map_err(refusal!())
}

pub(super) fn reading(question: &Question<'_>) -> Result<Reading, Refusal> {
    match question.optional_text("reading")? {
        None | Some("interop") => Ok(Reading::Interop),
        Some("strict") => Ok(Reading::Strict),
        Some(_) => Err(usage("reading is neither \"interop\" nor \"strict\"")),
    }
}

fn object(object: &Object) -> Result<Value, Refusal> {
    serde_json::to_value(object).map_err(usage)
}

pub(super) fn deviations(deviations: &[Deviation]) -> Vec<String> {
    deviations.iter().map(ToString::to_string).collect()
}
