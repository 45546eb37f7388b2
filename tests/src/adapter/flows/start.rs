//! `flow_start`: every flow, and what each asks for.

use std::time::Duration;

use jwt_core::{Keyring, Moment, Moments, Secret, json};
use oauth_client_sans_io::{
    Authentication, BearerAssertion, Ciba, CibaPending, CibaPolling, Client, ClientCredentials, Deregistration,
    DeviceAuthorization, DevicePolling, Discovery, Error, Flow, Input, Introspection, JwtBearer, Refresh, Registered,
    Registration, RegistrationManagement, Revocation, Step, TokenExchange, Tokens, UserInfo,
};
use oauth_types::ciba::{ClientNotification, Hint, Notified};
use oauth_types::dpop::DpopNonce;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::rar::AuthorizationDetails;
use oauth_types::token::TokenTypeIdentifier;
use oauth_types::{
    AccessToken, Assertion, ClientMetadata, Endpoint, HttpRequest, HttpResponse, IdToken, Method, RefreshToken,
    Resource, Scope, SecurityToken, TokenTypeHint,
};
use serde_json::{Value, json};

use super::client::{CLIENT_KEY, Credentials, credentials, server, signing_key};
use super::login::{authorization, exchange, text_of};
use super::{Machine, Started, ended, outputs, restore};
use crate::adapter::guard::Guarded;
use crate::adapter::messages::{body, issuer, reading};
use crate::adapter::{Question, Refusal, missing, usage};

/// The key under which the key that signs an assertion of somebody else is found.
const ASSERTION_KEY: &str = "assertion key";

/// What every grant may be given: the names of [`grant_parameters`](oauth_client_sans_io::ClientCredentials) in `params`.
macro_rules! grant {
    ($flow:expr, $params:expr) => {{
        let mut flow = $flow;
        for resource in resources($params)? {
            flow = flow.resource(resource);
        }
        if let Some(details) = details($params)? {
            flow = flow.authorization_details(details);
        }
        for (name, value) in parameters($params)? {
            flow = flow.parameter(name, value);
        }
        match dpop_nonce($params)? {
            Some(nonce) => flow.dpop_nonce(Some(nonce)),
            None => flow,
        }
    }};
}

/// The same with a scope that is free to choose.
macro_rules! scoped {
    ($flow:expr, $params:expr) => {{
        let flow = grant!($flow, $params);
        match scope($params)? {
            Some(scope) => flow.scope(scope),
            None => flow,
        }
    }};
}

pub(super) fn start(question: &Question<'_>, at: &mut dyn FnMut() -> Moment) -> Result<Started, Refusal> {
    let none = serde_json::Map::new();
    let params = question.optional_object("params")?.unwrap_or(Question { members: &none, text: "{}" });
    let params = &params;
    let of_client = || Ok::<_, Refusal>((server(question)?, credentials(question, params)?));
    Ok(match question.text("flow")? {
        "authorization_code" => {
            let (server, Credentials { client, keyring, key }) = of_client()?;
            let login = authorization(&server, &client, key.as_ref(), params)?;
            if params.flag("request_object")? {
                Started::flow(login.sign(&at()).map_err(refusal!())?, keyring, outputs::redirect)
            } else {
                Started::Over(outputs::redirect(login.begin(&at()).map_err(refusal!())?))
            }
        }
        "authorization_code_par" => {
            let (server, Credentials { client, keyring, key }) = of_client()?;
            let flow = authorization(&server, &client, key.as_ref(), params)?.push(&at()).map_err(refusal!())?;
            Started::flow(flow, keyring, outputs::redirect)
        }
        "code_exchange" => {
            let keyring = credentials(question, params)?.keyring;
            match exchange(question, params, &at())? {
                Ok(flow) => Started::flow(flow, keyring, outputs::login),
                Err(step) => Started::Over(step),
            }
        }
        "client_credentials" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            let flow = ClientCredentials::new(&server, &client).map_err(refusal!())?;
            Started::flow(scoped!(flow, params), keyring, outputs::tokens)
        }
        "refresh" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            let flow = match stored_tokens(params)? {
                Some(tokens) => Refresh::new(&server, &client, &tokens),
                None => Refresh::with_token(&server, &client, RefreshToken::new(params.text("refresh_token")?)),
            };
            let mut flow = grant!(flow.map_err(refusal!())?, params);
            if let Some(scope) = scope(params)? {
                flow = flow.scope(scope).map_err(refusal!())?;
            }
            Started::flow(flow, keyring, outputs::tokens)
        }
        "device" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            let flow = DeviceAuthorization::new(&server, &client).map_err(refusal!())?;
            Started::flow(scoped!(flow, params), keyring, outputs::interaction)
        }
        "device_polling" => {
            let keyring = credentials(question, params)?.keyring;
            let flow = DevicePolling::from_stored(text_of(question, params, "prompt")?).map_err(refusal!())?;
            Started::flow(flow, keyring, outputs::login)
        }
        "ciba" => ciba(question, params, at)?,
        "token_exchange" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            Started::flow(token_exchange(&server, &client, params)?, keyring, outputs::tokens)
        }
        "jwt_bearer" => jwt_bearer(question, params)?,
        "discovery" => {
            let flow = Discovery::new(issuer(params.text("issuer")?)?).reading(reading(params)?);
            Started::flow(flow, Keyring::new(), outputs::metadata)
        }
        "registration" => registration(question, params)?,
        "revocation" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            let flow = match (stored_tokens(params)?, params.optional_text("token_type_hint")?) {
                (Some(tokens), _) => Revocation::new(&server, &client, &tokens),
                (None, Some("access_token")) => {
                    Revocation::of_access_token(&server, &client, &AccessToken::new(params.text("token")?))
                }
                (None, None | Some("refresh_token")) => {
                    Revocation::of_refresh_token(&server, &client, &RefreshToken::new(params.text("token")?))
                }
                (None, Some(other)) => return Err(usage(format!("no token type hint {other:?}"))),
            };
            Started::flow(flow.map_err(refusal!())?, keyring, outputs::nothing)
        }
        "introspection" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            let token = Secret::new(params.text("token")?);
            let mut flow = Introspection::new(&server, &client, token).map_err(refusal!())?;
            if let Some(hint) = params.optional_text("token_type_hint")? {
                flow = flow.hint(TokenTypeHint::from(hint));
            }
            if let Some(audience) = params.optional_text("signed_for")? {
                flow = flow.signed(audience);
            }
            for (name, value) in parameters(params)? {
                flow = flow.parameter(name, value);
            }
            Started::flow(flow, keyring, outputs::introspection)
        }
        "user_info" => {
            let (server, Credentials { client, keyring, .. }) = of_client()?;
            let tokens = match stored_tokens(params)? {
                Some(tokens) => tokens,
                None => presented(&server, &client, &keyring, params)?,
            };
            let flow = match params.optional_text("subject")? {
                Some(subject) => UserInfo::new(&server, &client, &tokens, subject),
                None => UserInfo::dangerous_of_any_subject(&server, &client, &tokens),
            };
            let mut flow = flow.map_err(refusal!())?.dpop_nonce(dpop_nonce(params)?);
            if params.flag("signed")? {
                flow = flow.signed();
            }
            if params.flag("by_post")? {
                flow = flow.by_post();
            }
            Started::flow(flow, keyring, outputs::user_info)
        }
        "guard" => {
            // Who introspects nothing needs neither.
            let (asked, keyring) = match question.get("server").and_then(|_| question.get("client")) {
                Some(_) => {
                    let (server, Credentials { client, keyring, .. }) = of_client()?;
                    (Some((server, client)), keyring)
                }
                None => (None, Keyring::new()),
            };
            Started::Flow(Box::new(Guarded::new(question, params, asked)?), keyring)
        }
        other => return Err(usage(format!("no flow {other:?}"))),
    })
}

/// Asked for, a login that is polled for goes on as one flow; one that is pinged or pushed ends in a prompt, with which (and with the `notification`, if it came) it
/// goes on.
fn ciba(question: &Question<'_>, params: &Question<'_>, at: &mut dyn FnMut() -> Moment) -> Result<Started, Refusal> {
    let Credentials { client, keyring, key } = credentials(question, params)?;
    if params.get("prompt").or_else(|| question.get("prompt")).is_some() {
        return accept(question, params, &at(), keyring);
    }
    let hint = match (
        params.optional_text("login_hint")?,
        params.optional_text("login_hint_token")?,
        params.optional_text("id_token_hint")?,
    ) {
        (Some(hint), None, None) => Hint::LoginHint(hint.to_owned()),
        (None, Some(token), None) => Hint::LoginHintToken(Secret::new(token)),
        (None, None, Some(token)) => Hint::IdTokenHint(IdToken::new(token)),
        _ => return Err(usage("one of login_hint, login_hint_token and id_token_hint is wanted")),
    };
    let scope = scope(params)?.ok_or_else(|| missing("scope"))?;
    let flow = Ciba::new(&server(question)?, &client, scope, hint).map_err(refusal!())?;
    let mut flow = grant!(flow, params);
    flow = match params.optional_text("delivery")?.unwrap_or("poll") {
        "poll" => flow,
        "ping" => flow.ping(&at()),
        "push" => flow.push(&at()).map_err(refusal!())?,
        other => return Err(usage(format!("no delivery {other:?}"))),
    };
    if let Some(values) = params.optional_text("acr_values")? {
        flow = flow.acr_values(values.split(' '));
    }
    if let Some(message) = params.optional_text("binding_message")? {
        flow = flow.binding_message(message);
    }
    if let Some(user_code) = params.optional_text("user_code")? {
        flow = flow.user_code(Secret::new(user_code));
    }
    if let Some(seconds) = params.optional_number("requested_expiry")? {
        flow = flow.requested_expiry(Duration::from_secs(seconds));
    }
    if params.flag("request_object")? {
        let (algorithm, kid) = key.ok_or_else(|| missing("key"))?;
        flow = flow.signed(CLIENT_KEY, algorithm, kid.as_deref()).map_err(refusal!())?;
    }
    Ok(Started::Flow(Box::new(Asking { flow, next: None }), keyring))
}

/// What the prompt and the notification, if there is one, make of a login.
fn accept(question: &Question<'_>, params: &Question<'_>, at: &Moment, keyring: Keyring) -> Result<Started, Refusal> {
    let mut pending = CibaPending::from_stored(text_of(question, params, "prompt")?).map_err(refusal!())?;
    let Some(request) = params.optional_object("notification")? else {
        return Ok(match pending.poll() {
            Ok(flow) => Started::flow(flow, keyring, outputs::login),
            Err(error) => Started::Over(outputs::failed(&error)),
        });
    };
    let request = HttpRequest::received(Method::Post, "/", request.pairs("headers")?, body(&request)?);
    let notification = ClientNotification::from_http(&request, reading(params)?).map_err(refusal!())?;
    let polling = |flow| Started::flow(flow, keyring.clone(), outputs::login);
    let flow = match notification.notified() {
        Notified::Ping => pending.accept_ping(at, &notification).map(polling),
        _ => pending.accept_push(at, &notification).map(|flow| Started::flow(flow, keyring.clone(), outputs::login)),
    };
    Ok(flow.unwrap_or_else(|error| Started::Over(outputs::not_accepted(&error))))
}

/// The first half of a login that is polled for, or one that ends in a prompt.
#[derive(Debug)]
struct Asking {
    flow: Ciba,
    next: Option<CibaPolling>,
}

impl Machine for Asking {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error> {
        Ok(match self.flow.handle(at, input)? {
            Step::Done(mut pending) if pending.notification_token().is_none() => {
                self.next = Some(pending.poll()?);
                Step::Done(Value::Null)
            }
            step => ended(step, |pending| outputs::notified(&pending)),
        })
    }

    fn store(&mut self) -> Result<usize, Refusal> {
        restore(&mut self.flow)
    }

    fn next(&mut self) -> Option<Box<dyn Machine>> {
        let flow = self.next.take()?;
        Some(Box::new(super::Of { flow, describe: outputs::login }))
    }
}

fn token_exchange(
    server: &AuthorizationServer,
    client: &Client,
    params: &Question<'_>,
) -> Result<TokenExchange, Refusal> {
    let subject = SecurityToken::new(params.text("subject_token")?);
    let subject_type = TokenTypeIdentifier::from(params.text("subject_token_type")?);
    let flow = TokenExchange::new(server, client, subject, subject_type).map_err(refusal!())?;
    let mut flow = scoped!(flow, params);
    if let Some(actor) = params.optional_text("actor_token")? {
        let actor_type = TokenTypeIdentifier::from(params.text("actor_token_type")?);
        flow = flow.actor(SecurityToken::new(actor), actor_type);
    }
    for audience in one_or_more(params, "audience")? {
        flow = flow.audience(audience);
    }
    if let Some(name) = params.optional_text("requested_token_type")? {
        flow = flow.requested_token_type(TokenTypeIdentifier::from(name));
    }
    Ok(flow)
}

/// `assertion`, or what one says that is signed with `key`.
fn jwt_bearer(question: &Question<'_>, params: &Question<'_>) -> Result<Started, Refusal> {
    let (server, Credentials { client, mut keyring, .. }) = (server(question)?, credentials(question, params)?);
    let flow = if let Some(assertion) = params.optional_text("assertion")? {
        JwtBearer::new(&server, &client, Assertion::new(assertion))
    } else {
        let (jwk, signer) = signing_key(params.source("key")?)?;
        let (issuer, subject) = (params.text("issuer")?, params.text("subject")?);
        let mut assertion = BearerAssertion::new(issuer, subject, ASSERTION_KEY, signer.algorithm());
        keyring = keyring.signing_key(ASSERTION_KEY, signer);
        if let Some(kid) = jwk.kid() {
            assertion = assertion.kid(kid);
        }
        if let Some(typ) = params.optional_text("typ")? {
            assertion = assertion.typ(typ);
        }
        if let Some(audience) = params.optional_text("audience")? {
            assertion = assertion.audience(audience);
        }
        if let Some(seconds) = params.optional_number("lifetime")? {
            assertion = assertion.lifetime(Duration::from_secs(seconds));
        }
        if let Some(text) = params.optional_source("claims")? {
            let claims = object(text)?;
            for (name, value) in claims.iter() {
                assertion = assertion.claim(name, value.clone());
            }
        }
        JwtBearer::signed(&server, &client, assertion)
    };
    Ok(Started::flow(scoped!(flow.map_err(refusal!())?, params), keyring, outputs::tokens))
}

/// `metadata` registers a client; `registered` with `action` (`read`, `update` to `metadata`, `delete`) manages it.
fn registration(question: &Question<'_>, params: &Question<'_>) -> Result<Started, Refusal> {
    let metadata = || ClientMetadata::from_object(object(params.source("metadata")?)?).map_err(refusal!());
    let reading = reading(params)?;
    let Some(registered) = params.optional_text("registered")? else {
        let mut flow = Registration::new(&server(question)?, metadata()?).map_err(refusal!())?.reading(reading);
        if let Some(token) = params.optional_text("initial_access_token")? {
            flow = flow.initial_access_token(AccessToken::new(token));
        }
        return Ok(Started::flow(flow, Keyring::new(), outputs::registered));
    };
    let registered = Registered::from_stored(registered).map_err(refusal!())?;
    let flow = match params.optional_text("action")?.unwrap_or("read") {
        "read" => RegistrationManagement::read(&registered),
        "update" => RegistrationManagement::update(&registered, metadata()?),
        "delete" => {
            let flow = Deregistration::new(&registered).map_err(refusal!())?;
            return Ok(Started::flow(flow, Keyring::new(), outputs::nothing));
        }
        other => return Err(usage(format!("no action {other:?}"))),
    };
    Ok(Started::flow(flow.map_err(refusal!())?.reading(reading), Keyring::new(), outputs::registered))
}

/// `tokens`: what a flow was done with.
fn stored_tokens(params: &Question<'_>) -> Result<Option<Tokens>, Refusal> {
    params.optional_text("tokens")?.map(|tokens| Tokens::from_stored(tokens).map_err(refusal!())).transpose()
}

/// The tokens of `access_token` and `token_type` alone: as a server gives them to a client that has no secret to be asked for.
fn presented(
    server: &AuthorizationServer,
    client: &Client,
    keyring: &Keyring,
    params: &Question<'_>,
) -> Result<Tokens, Refusal> {
    let bound = client.dpop_key();
    let usual = if bound.is_some() { "DPoP" } else { "Bearer" };
    let token_type = params.optional_text("token_type")?.unwrap_or(usual);
    let given = json!({ "access_token": params.text("access_token")?, "token_type": token_type });
    let given = HttpResponse::json(200, &given).map_err(usage)?;
    let endpoint = Endpoint::new("https://as.invalid/token").map_err(usage)?;
    let server = AuthorizationServer::new(server.issuer().clone()).with_token_endpoint(endpoint);
    let mut receiver = Client::new(client.id().clone(), Authentication::Tls);
    if let Some(key) = bound {
        receiver = receiver.dpop(key.clone());
    }
    let mut flow = ClientCredentials::new(&server, &receiver).map_err(refusal!())?;
    let mut moments = Moments::from_seed([0; 32]);
    let mut at = || moments.at(jwt_core::Timestamp::EPOCH);
    let mut step = flow.resume(at()).map_err(refusal!())?;
    loop {
        step = match step {
            Step::Ask(asked) => flow.handle_answer(at(), keyring.answer(asked).map_err(refusal!())?),
            Step::Send(_) => flow.handle_response(at(), given.clone()),
            Step::Wait(_) => return Err(usage("no tokens")),
            Step::Done(tokens) => return Ok(tokens),
        }
        .map_err(refusal!())?;
    }
}

pub(super) fn scope(params: &Question<'_>) -> Result<Option<Scope>, Refusal> {
    params.optional_text("scope")?.map(|scope| Scope::parse(scope).map_err(refusal!())).transpose()
}

/// `resource`: a string or a list of strings.
pub(super) fn resources(params: &Question<'_>) -> Result<Vec<Resource>, Refusal> {
    one_or_more(params, "resource")?.into_iter().map(|text| Resource::new(text).map_err(refusal!())).collect()
}

pub(in crate::adapter) fn details(params: &Question<'_>) -> Result<Option<AuthorizationDetails>, Refusal> {
    let details = params.optional_source("authorization_details")?;
    details.map(|details| AuthorizationDetails::parse(details).map_err(refusal!())).transpose()
}

/// `parameters`: an object of strings, or a list of pairs.
pub(super) fn parameters<'q>(params: &Question<'q>) -> Result<Vec<(&'q str, &'q str)>, Refusal> {
    if params.get("parameters").is_none_or(Value::is_array) {
        return params.pairs("parameters");
    }
    let parameters = params.object("parameters")?;
    parameters.members.keys().map(|name| Ok((name.as_str(), parameters.text(name)?))).collect()
}

pub(super) fn dpop_nonce(params: &Question<'_>) -> Result<Option<DpopNonce>, Refusal> {
    params.optional_text("dpop_nonce")?.map(|nonce| DpopNonce::new(nonce).map_err(refusal!())).transpose()
}

fn one_or_more<'q>(params: &Question<'q>, name: &str) -> Result<Vec<&'q str>, Refusal> {
    match params.get(name) {
        Some(Value::String(text)) => Ok(vec![text.as_str()]),
        _ => params.optional_texts(name),
    }
}

fn object(text: &str) -> Result<json::Object, Refusal> {
    json::object_from_slice(text.as_bytes(), &json::Limits::default()).map_err(refusal!())
}
