//! The two halves of a login in a browser.

use std::time::Duration;

use jwt_core::{Algorithm, Moment, json};
use oauth_client_sans_io::{
    AuthorizationCode, Client, CodeExchange, PendingAuthorization, RequestObjectKey, SessionBinding,
};
use oauth_types::authorization::{Callback, Display, Prompt, ResponseMode};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{IdToken, RedirectUri, Scope};
use serde_json::Value;

use super::client::CLIENT_KEY;
use super::outputs;
use super::start::{details, dpop_nonce, parameters, resources, scope};
use crate::adapter::{Question, Refusal, missing, usage};

/// A login with all that is asked for in it.
pub(super) fn authorization<'s>(
    server: &'s AuthorizationServer,
    client: &'s Client,
    key: Option<&(Algorithm, Option<String>)>,
    params: &Question<'_>,
) -> Result<AuthorizationCode<'s>, Refusal> {
    let redirect_uri = RedirectUri::new(params.text("redirect_uri")?).map_err(refusal!())?;
    let mut flow = AuthorizationCode::new(server, client, redirect_uri);
    if let Some(scope) = scope(params)? {
        flow = flow.scope(scope);
    }
    for resource in resources(params)? {
        flow = flow.resource(resource);
    }
    if let Some(session) = params.optional_text("session")? {
        flow = flow.session(&SessionBinding::new(session));
    }
    if let Some(max_age) = params.optional_number("max_age")? {
        flow = flow.max_age(Duration::from_secs(max_age));
    }
    if let Some(mode) = params.optional_text("response_mode")? {
        let mode = ResponseMode::from_name(mode).ok_or_else(|| usage(format!("no response mode {mode:?}")))?;
        flow = flow.response_mode(mode);
    }
    if let Some(prompts) = params.optional_text("prompt")? {
        flow = flow.prompt(Prompt::Other(Scope::parse(prompts).map_err(refusal!())?));
    }
    if let Some(login_hint) = params.optional_text("login_hint")? {
        flow = flow.login_hint(login_hint);
    }
    if let Some(acr_values) = params.optional_text("acr_values")? {
        flow = flow.acr_values(acr_values.split(' '));
    }
    if let Some(ui_locales) = params.optional_text("ui_locales")? {
        flow = flow.ui_locales(ui_locales.split(' '));
    }
    if let Some(values) = params.optional_text("essential_acr")? {
        flow = flow.essential_acr(values.split(' '));
    }
    if let Some(id_token) = params.optional_text("id_token_hint")? {
        flow = flow.id_token_hint(IdToken::new(id_token));
    }
    if let Some(name) = params.optional_text("display")? {
        flow = flow.display(Display::from_name(name).ok_or_else(|| usage(format!("no display {name:?}")))?);
    }
    if let Some(text) = params.optional_source("claims")? {
        flow = flow.claims(json::object_from_slice(text.as_bytes(), &json::Limits::default()).map_err(refusal!())?);
    }
    if let Some(seconds) = params.optional_number("lifetime")? {
        flow = flow.lifetime(Duration::from_secs(seconds));
    }
    if let Some(details) = details(params)? {
        flow = flow.authorization_details(details);
    }
    for (name, value) in parameters(params)? {
        flow = flow.parameter(name, value);
    }
    if params.flag("request_object")? {
        let (algorithm, kid) = key.ok_or_else(|| missing("key"))?;
        let key = RequestObjectKey::new(CLIENT_KEY, *algorithm);
        flow = flow.request_object(match kid {
            Some(kid) => key.kid(kid.as_str()),
            None => key,
        });
    }
    Ok(flow.dpop_nonce(dpop_nonce(params)?))
}

/// The exchange, or the step that says why there is none.
pub(super) fn exchange(
    question: &Question<'_>,
    params: &Question<'_>,
    at: &Moment,
) -> Result<Result<CodeExchange, Value>, Refusal> {
    let mut pending = PendingAuthorization::from_stored(text_of(question, params, "pending")?).map_err(refusal!())?;
    let session = params.optional_text("session")?.map(SessionBinding::new);
    let callback = callback_of(text_of(question, params, "callback")?, params.optional_text("response_mode")?);
    Ok(pending.accept(at, session.as_ref(), callback).map_err(|error| outputs::not_accepted(&error)))
}

/// A text in `params`, or beside it.
pub(super) fn text_of<'q>(question: &Question<'q>, params: &Question<'q>, name: &str) -> Result<&'q str, Refusal> {
    match params.optional_text(name)? {
        Some(text) => Ok(text),
        None => question.text(name),
    }
}

/// A URL, a query, or a form body if the response mode says so.
pub(in crate::adapter) fn callback_of<'c>(text: &'c str, response_mode: Option<&str>) -> Callback<'c> {
    if response_mode.is_some_and(|mode| matches!(mode, "form_post" | "form_post.jwt")) {
        Callback::Form(text.as_bytes())
    } else if text.contains("://")
        && !text.starts_with('?')
        && text.split(['?', '#']).next().is_some_and(|start| start.contains("://"))
    {
        Callback::Url(text)
    } else {
        Callback::Query(text.strip_prefix('?').unwrap_or(text))
    }
}
