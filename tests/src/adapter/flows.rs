//! `flow_*`: the state machines, one by one, with every question answered inside.

use std::collections::BTreeMap;
use std::time::Duration;

use jwt_core::digest::sha256;
use jwt_core::{Algorithm, Jwk, KeyId, Keyring, Moment, Moments, Secret, SigningKey, Timestamp, base64url};
use oauth_client_sans_io::{
    Advice, AssertionKey, Authentication, AuthorizationCode, Client, ClientCredentials, CodeExchange, Discovery,
    DpopKey, Error, Flow, Input, Login, PendingAuthorization, Profile, Redirect, Refresh, Revocation, SendFailure,
    SessionBinding, Step, Tokens,
};
use oauth_types::authorization::{Callback, Prompt, ResponseMode};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::rar::AuthorizationDetails;
use oauth_types::{
    AccessToken, ClientId, HttpRequest, HttpResponse, Reading, RedirectUri, RefreshToken, Replay, Resource, Scope,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::guard::Guarded;
use super::messages::{issuer, reading, response};
use super::{Question, Refusal, Reply, present, usage};

/// Flows by number.
#[derive(Debug, Default)]
pub(super) struct Flows {
    next: u64,
    running: BTreeMap<u64, Running>,
}

/// A flow and what it does not have itself: the moments and the keys.
#[derive(Debug)]
struct Running {
    machine: Box<dyn Machine>,
    moments: Moments,
    keyring: Keyring,
}

/// The key under which the client's secret is found.
const SECRET: &str = "client secret";
/// The key under which the client's signing key is found.
const CLIENT_KEY: &str = "client key";
/// The key under which its DPoP key is found.
const DPOP_KEY: &str = "dpop key";

/// A seeded adapter answers the same to the same questions; without a seed, it is this one.
const NO_SEED: [u8; 32] = [0; 32];

impl Flows {
    pub(super) fn start(&mut self, question: &Question<'_>) -> Reply {
        let now = question.now()?;
        let mut moments = Moments::from_seed(seed(question)?);
        let (machine, keyring) = match begin(question, &mut || moments.at(now))? {
            Begun::Flow(machine, keyring) => (machine, keyring),
            Begun::Step(step) => return Ok(json!({ "step": step })),
        };
        let mut running = Running { machine, moments, keyring };
        let step = running.go_on(now, Input::Resume)?;
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.running.insert(number, running);
        Ok(json!({ "flow": number, "step": step }))
    }

    pub(super) fn input(&mut self, question: &Question<'_>) -> Reply {
        let number = question.number("flow")?;
        let op = question.text("op")?;
        if op == "flow_cancel" {
            let found = self.running.remove(&number).is_some();
            return if found { Ok(super::accepted()) } else { Err(usage(format!("no flow {number}"))) };
        }
        let running = self.running.get_mut(&number).ok_or_else(|| usage(format!("no flow {number}")))?;
        let input = match op {
            "flow_response" => Input::Response(response(&question.object("response")?)?),
            "flow_failure" => Input::Failure(match question.text("failure")? {
                "not_sent" => SendFailure::NotSent,
                "unknown" => SendFailure::Unknown,
                _ => return Err(usage("failure is neither \"not_sent\" nor \"unknown\"")),
            }),
            "flow_poll" => Input::Poll,
            "flow_resume" => Input::Resume,
            _ => return Ok(json!({ "stored_bytes": running.machine.store()? })),
        };
        let step = running.go_on(question.now()?, input)?;
        Ok(json!({ "step": step }))
    }
}

impl Running {
    /// One input, and every question that it raises.
    fn go_on(&mut self, now: Timestamp, input: Input) -> Reply {
        let mut input = input;
        loop {
            match self.machine.handle(self.moments.at(now), input) {
                Ok(Step::Ask(question)) => {
                    let answer = self.keyring.answer(question);
                    input = Input::Answer(answer.map_err(refusal!())?);
                }
                Ok(Step::Send(request)) => return Ok(json!({ "send": sent(&request) })),
                Ok(Step::Wait(until)) => return Ok(json!({ "wait": until.as_unix() })),
                // A flow that ends in a redirect ends in that step.
                Ok(Step::Done(output)) if output.get("redirect").is_some_and(Value::is_object) => return Ok(output),
                Ok(Step::Done(output)) => return Ok(json!({ "done": output })),
                Err(error) => return Ok(json!({ "failed": failed(&error) })),
            }
        }
    }
}

/// A flow of any output: its outputs as JSON.
pub(super) trait Machine: std::fmt::Debug {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error>;

    /// Stores, restores in place, and says how long the stored form was.
    fn store(&mut self) -> Result<usize, Refusal>;
}

struct Of<F: Flow> {
    flow: F,
    describe: fn(F::Output) -> Value,
}

impl<F: Flow + std::fmt::Debug> std::fmt::Debug for Of<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.flow.fmt(f)
    }
}

impl<F> Machine for Of<F>
where
    F: Flow + Serialize + DeserializeOwned + std::fmt::Debug,
{
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error> {
        Ok(match self.flow.handle(at, input)? {
            Step::Send(request) => Step::Send(request),
            Step::Ask(question) => Step::Ask(question),
            Step::Wait(until) => Step::Wait(until),
            Step::Done(output) => Step::Done((self.describe)(output)),
        })
    }

    fn store(&mut self) -> Result<usize, Refusal> {
        let text = serde_json::to_string(&self.flow).map_err(usage)?;
        self.flow = serde_json::from_str(&text).map_err(usage)?;
        Ok(text.len())
    }
}

enum Begun {
    Flow(Box<dyn Machine>, Keyring),
    /// A flow that ends with its first step.
    Step(Value),
}

fn begin(question: &Question<'_>, at: &mut dyn FnMut() -> Moment) -> Result<Begun, Refusal> {
    let no_params = serde_json::Map::new();
    let params = question.get("params").and_then(Value::as_object).map_or(Question(&no_params), Question);
    match question.text("flow")? {
        "authorization_code" => authorize(question, &params, &at()).map(Begun::Step),
        "authorization_code_par" => {
            let (server, (client, keyring)) = (server(question)?, client(question)?);
            let flow = authorization(&server, &client, &params)?.push(&at()).map_err(refusal!())?;
            Ok(Begun::Flow(Box::new(Of { flow, describe: redirect }), keyring))
        }
        "code_exchange" => {
            let (_, keyring) = client(question)?;
            Ok(match exchange(question, &params, &at())? {
                Ok(flow) => Begun::Flow(Box::new(Of { flow, describe: login }), keyring),
                Err(step) => Begun::Step(step),
            })
        }
        "client_credentials" => {
            let (client, keyring) = client(question)?;
            let mut flow = ClientCredentials::new(&server(question)?, &client).map_err(refusal!())?;
            if let Some(scope) = scope(&params)? {
                flow = flow.scope(scope);
            }
            for resource in resources(&params)? {
                flow = flow.resource(resource);
            }
            Ok(Begun::Flow(Box::new(Of { flow, describe: |tokens| described(&tokens) }), keyring))
        }
        "refresh" => {
            let (client, keyring) = client(question)?;
            let token = RefreshToken::new(params.text("refresh_token")?);
            let mut flow = Refresh::with_token(&server(question)?, &client, token).map_err(refusal!())?;
            if let Some(scope) = scope(&params)? {
                flow = flow.scope(scope).map_err(refusal!())?;
            }
            for resource in resources(&params)? {
                flow = flow.resource(resource);
            }
            Ok(Begun::Flow(Box::new(Of { flow, describe: |tokens| described(&tokens) }), keyring))
        }
        "discovery" => {
            let flow = Discovery::new(issuer(params.text("issuer")?)?).reading(reading(&params)?);
            Ok(Begun::Flow(Box::new(Of { flow, describe: metadata }), Keyring::new()))
        }
        "revocation" => {
            let (client, keyring) = client(question)?;
            let (server, token) = (server(question)?, params.text("token")?);
            let flow = match params.optional_text("token_type_hint")? {
                Some("access_token") => Revocation::of_access_token(&server, &client, &AccessToken::new(token)),
                _ => Revocation::of_refresh_token(&server, &client, &RefreshToken::new(token)),
            };
            Ok(Begun::Flow(Box::new(Of { flow: flow.map_err(refusal!())?, describe: |()| json!({}) }), keyring))
        }
        "guard" => Ok(Begun::Flow(Box::new(Guarded::new(&params)?), Keyring::new())),
        "device" | "device_polling" | "ciba" | "token_exchange" | "jwt_bearer" | "registration" | "introspection"
        | "user_info" => Err(Refusal::NotYet),
        other => Err(usage(format!("no flow {other:?}"))),
    }
}

fn authorize(question: &Question<'_>, params: &Question<'_>, at: &Moment) -> Reply {
    let (server, (client, _)) = (server(question)?, client(question)?);
    let login = authorization(&server, &client, params)?;
    Ok(redirect(login.begin(at).map_err(refusal!())?))
}

fn redirect(redirect: Redirect) -> Value {
    json!({ "redirect": { "url": redirect.url, "pending": redirect.pending.to_stored() } })
}

/// A login with all that is asked for in it.
fn authorization<'s>(
    server: &'s AuthorizationServer,
    client: &'s Client,
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
    if let Some(details) = params.get("authorization_details") {
        let details = AuthorizationDetails::parse(details.to_string()).map_err(refusal!())?;
        flow = flow.authorization_details(details);
    }
    Ok(flow)
}

/// The exchange, or the step that says why there is none.
fn exchange(
    question: &Question<'_>,
    params: &Question<'_>,
    at: &Moment,
) -> Result<Result<CodeExchange, Value>, Refusal> {
    let text = |name| Ok(params.optional_text(name)?.or(question.optional_text(name)?));
    let pending = text("pending")?.ok_or_else(|| usage("pending is missing"))?;
    let mut pending = PendingAuthorization::from_stored(pending).map_err(refusal!())?;
    let callback = text("callback")?.ok_or_else(|| usage("callback is missing"))?;
    let session = text("session")?.map(SessionBinding::new);
    let callback = callback_of(callback, text("response_mode")?);
    Ok(pending.accept(at, session.as_ref(), callback).map_err(|error| {
        let advice = match &error {
            oauth_client_sans_io::AcceptError::Refused(error) => advice_name(error.advice()),
            _ => "restart",
        };
        let failed = json!({ "code": error.code(), "blame": error.blame().as_str(), "advice": advice, "message": error.to_string() });
        json!({ "failed": failed })
    }))
}

/// A URL, a query, or a form body if the response mode says so.
pub(super) fn callback_of<'c>(text: &'c str, response_mode: Option<&str>) -> Callback<'c> {
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

fn seed(question: &Question<'_>) -> Result<[u8; 32], Refusal> {
    let Some(seed) = question.optional_bytes("seed_b64")? else { return Ok(NO_SEED) };
    Ok(<[u8; 32]>::try_from(seed.as_slice()).unwrap_or_else(|_| sha256(&seed)))
}

fn server(question: &Question<'_>) -> Result<AuthorizationServer, Refusal> {
    let members = question.required("server")?;
    let name = issuer(question.object("server")?.text("issuer")?)?;
    let response = HttpResponse::json(200, members).map_err(usage)?;
    AuthorizationServer::from_http(&name, &response, Reading::Interop).map_err(refusal!())
}

fn client(question: &Question<'_>) -> Result<(Client, Keyring), Refusal> {
    let client = question.object("client")?;
    let id = ClientId::new(client.text("client_id")?).map_err(refusal!())?;
    let key = KeyId::new(SECRET);
    let mut keyring = Keyring::new();
    let authentication = match client.optional_text("auth")?.unwrap_or("none") {
        "none" => Authentication::None,
        "basic" => Authentication::SecretBasic(key.clone()),
        "post" => Authentication::SecretPost(key.clone()),
        "client_secret_jwt" => Authentication::SecretJwt(AssertionKey::new(SECRET, Algorithm::HS256)),
        "private_key_jwt" => {
            let (jwk, signer) = signing_key(client.required("key")?)?;
            let mut assertion = AssertionKey::new(CLIENT_KEY, signer.algorithm());
            if let Some(kid) = jwk.kid() {
                assertion = assertion.kid(kid);
            }
            keyring = keyring.signing_key(CLIENT_KEY, signer);
            Authentication::PrivateKeyJwt(assertion)
        }
        "mtls" => Authentication::Tls,
        other => return Err(usage(format!("no client authentication {other:?}"))),
    };
    if let Some(secret) = client.optional_text("secret")? {
        keyring = keyring.secret(key, Secret::new(secret));
    }
    let mut client = Client::new(id, authentication);
    if let Some(jwk) = question.get("dpop_key") {
        let (jwk, signer) = signing_key(jwk)?;
        client = client.dpop(DpopKey::new(DPOP_KEY, signer.algorithm(), &jwk).map_err(refusal!())?);
        keyring = keyring.signing_key(DPOP_KEY, signer);
    }
    match question.optional_text("profile")? {
        None | Some("oauth21") => {}
        Some("fapi2_security") => client = client.profile(Profile::fapi2_security()),
        Some("fapi2_message_signing") => client = client.profile(Profile::fapi2_message_signing()),
        Some(other) => return Err(usage(format!("no profile {other:?}"))),
    }
    Ok((client, keyring))
}

/// A private key, and what signs with it.
fn signing_key(jwk: &Value) -> Result<(Jwk, SigningKey), Refusal> {
    let jwk = Jwk::from_slice(jwk.to_string().as_bytes()).map_err(refusal!())?;
    let signer = SigningKey::from_jwk(&jwk).map_err(refusal!())?;
    Ok((jwk, signer))
}

fn scope(params: &Question<'_>) -> Result<Option<Scope>, Refusal> {
    let scope = params.optional_text("scope")?.map(Scope::parse).transpose();
    scope.map_err(refusal!())
}

/// `resource`: a string or a list of strings.
fn resources(params: &Question<'_>) -> Result<Vec<Resource>, Refusal> {
    let texts = match params.get("resource") {
        Some(Value::String(text)) => vec![text.as_str()],
        _ => params.optional_texts("resource")?,
    };
    texts.into_iter().map(|text| Resource::new(text).map_err(refusal!())).collect()
}

fn sent(request: &HttpRequest) -> Value {
    let headers: Vec<[&str; 2]> = request.headers().map(|(name, value)| [name, value]).collect();
    let contract = request.contract();
    json!({
        "method": request.method().as_str(),
        "url": request.url(),
        "headers": headers,
        "body": String::from_utf8_lossy(request.body()),
        "replay": match contract.replay() {
            Replay::Never => "never",
            Replay::IfNotSent => "if_not_sent",
            Replay::Safe => "safe",
        },
        "purpose": contract.purpose().as_str(),
        "max_response_bytes": contract.max_response_bytes(),
        "client_certificate": contract.client_certificate(),
    })
}

fn failed(error: &Error) -> Value {
    json!({
        "code": error.code(),
        "blame": error.blame().as_str(),
        "advice": advice_name(error.advice()),
        "message": error.to_string(),
    })
}

fn advice_name(advice: Advice) -> &'static str {
    match advice {
        Advice::Retry { .. } => "retry",
        Advice::Restart => "restart",
        Advice::Reauthenticate => "reauthenticate",
        Advice::StepUp => "step_up",
        Advice::Fix => "fix",
        _ => "stop",
    }
}

fn login(login: Login) -> Value {
    let mut done = described(&login.tokens);
    if let (Value::Object(members), Some(id_token)) = (&mut done, &login.id_token) {
        let claims = login.tokens.raw_id_token().and_then(|token| token.expose().split('.').nth(1));
        // The text that was verified, as JSON.
        let claims = claims.and_then(|claims| base64url::decode(claims).ok());
        let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
        members.insert("id_token_claims".into(), claims.unwrap_or_default());
        members.insert("subject".into(), id_token.claims().subject().into());
    }
    done
}

fn described(tokens: &Tokens) -> Value {
    present(json!({
        "access_token": tokens.access_token().expose(),
        "token_type": tokens.token_type().as_str(),
        "expires_at": tokens.expires_at().map(Timestamp::as_unix),
        "scope": tokens.scope().map(ToString::to_string),
        "refresh_token": tokens.refresh_token().map(|token| token.expose()),
        "id_token": tokens.raw_id_token().map(|token| token.expose()),
        "extra": serde_json::to_value(tokens.extra()).unwrap_or_default(),
    }))
}

fn metadata(metadata: AuthorizationServer) -> Value {
    let members = serde_json::from_slice::<Value>(metadata.to_http().body()).unwrap_or_default();
    json!({ "metadata": members })
}
