//! The flow `guard`: a request head against a guard, whose needs come out as steps.

use std::fmt;
use std::time::Duration;

use jwt_core::{Algorithm, Moment, Timestamp, base64url};
use oauth_client_sans_io::{ApiMisuse, Client, Error, Flow, Input, Introspection, SendFailure, Step};
use oauth_resource_sans_io::{
    Binding, Check, Dpop, Guard, Introspect, IntrospectionCheck, IssuerIndex, Need, Principal, RequestHead,
    Requirement, ServerNonces,
};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{Endpoint, HttpRequest, HttpResponse, Method, Scope};
use serde_json::{Value, json};

use super::flows::start::details;
use super::flows::{Machine, ended, failure};
use super::messages::{body, issuer, response};
use super::{Question, Refusal, present, usage};

/// One check, made again after every need.
#[derive(Debug)]
pub(super) struct Guarded {
    guard: Guard,
    request: Request,
    /// Who is asked about tokens, and who asks.
    introspection: Option<(AuthorizationServer, Client)>,
    /// What a store says of the token and of the proof.
    revoked: bool,
    fresh: bool,
    state: State,
    /// The question, and every input to the guard itself that counted: what it is restored from.
    question: String,
    inputs: Vec<Value>,
}

#[derive(Debug)]
enum State {
    Ready,
    Fetching(IssuerIndex),
    Introspecting(Box<(IntrospectionCheck, Introspection)>),
    Ended,
}

struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    form: Vec<u8>,
    certificate: Option<String>,
}

/// Shows no credentials.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Guarded {
    /// `guard`: `{audience, issuers: [{issuer, jwks_uri, algs}]}` and what [`settings`] reads; `request`: `{method, url, headers, body?, certificate?}`; `revoked` and
    /// `fresh`: what the stores answer that it is asked to look into.
    pub(super) fn new(
        question: &Question<'_>,
        params: &Question<'_>,
        introspection: Option<(AuthorizationServer, Client)>,
    ) -> Result<Self, Refusal> {
        let request = params.object("request")?;
        // Whether the body is a form its content type says.
        let received = HttpRequest::received(Method::Post, "/", request.pairs("headers")?, body(&request)?);
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self {
            guard: guard(&params.object("guard")?, introspection.as_ref().map(|(server, _)| server))?,
            request: Request {
                method: request.text("method")?.to_owned(),
                url: request.text("url")?.to_owned(),
                headers: request.pairs("headers")?.into_iter().map(owned).collect(),
                form: received.form().unwrap_or_default().to_vec(),
                certificate: request.optional_text("certificate")?.map(ToOwned::to_owned),
            },
            introspection,
            revoked: params.flag("revoked")?,
            fresh: params.optional_flag("fresh")?.unwrap_or(true),
            state: State::Ready,
            question: question.text.to_owned(),
            inputs: Vec::new(),
        })
    }

    /// The check, with the keys that there are.
    fn check(&mut self, at: Moment) -> Result<Step<Value>, Error> {
        let now = at.now();
        let request = &self.request;
        let values = |field: &'static str| {
            let named = move |(name, _): &&(String, String)| name.eq_ignore_ascii_case(field);
            request.headers.iter().filter(named).map(|(_, value)| value.as_str())
        };
        let head = RequestHead::new(&request.method, &request.url);
        let mut head = head.authorization(values("authorization")).dpop(values("dpop")).form(&request.form);
        if let Some(certificate) = &request.certificate {
            head = head.client_certificate(certificate);
        }
        match self.guard.check(&head, now) {
            Check::Needs(Need::Introspection(check)) => {
                let (server, client) = self.introspection.as_ref().ok_or(ApiMisuse::OtherServer)?;
                let flow = check.flow(server, client)?;
                self.introspect(check, flow, at, Input::Resume)
            }
            check => Ok(self.settle(check, now)),
        }
    }

    /// What the server says about the token, and what follows from it.
    fn introspect(
        &mut self,
        check: IntrospectionCheck,
        mut flow: Introspection,
        at: Moment,
        input: Input,
    ) -> Result<Step<Value>, Error> {
        let now = at.now();
        let checked = match flow.handle(at, input) {
            Ok(Step::Done(checked)) => check.decide(&checked.response, now),
            Ok(step) => {
                self.state = State::Introspecting(Box::new((check, flow)));
                return Ok(ended(step, |_| Value::Null));
            }
            Err(error @ Error::ApiMisuse(_)) => {
                self.state = State::Introspecting(Box::new((check, flow)));
                return Err(error);
            }
            // Nothing is known about the token.
            Err(_) => check.unavailable(Duration::ZERO),
        };
        Ok(self.settle(checked, now))
    }

    /// What the stores say, and the end; or a request for keys.
    fn settle(&mut self, mut check: Check, now: Timestamp) -> Step<Value> {
        self.state = State::Ended;
        let verdict = loop {
            check = match check {
                Check::Granted(principal) => break granted(&principal),
                Check::Denied(denial) => break denied(&denial.to_http(), denial.code()),
                Check::Needs(Need::Revocation(check)) => check.decide(self.revoked),
                Check::Needs(Need::Freshness(check)) => check.decide(self.fresh),
                Check::Needs(Need::Introspection(check)) => check.unavailable(Duration::ZERO),
                Check::Needs(Need::Keys(wanted)) => {
                    let index = wanted.issuer();
                    let keys = self.guard.keys_mut(index);
                    let request = keys.and_then(|keys| keys.fetch_for(wanted.header(), now));
                    if let Some(request) = request {
                        self.state = State::Fetching(index);
                        return Step::Send(request);
                    }
                    break json!({ "needs": "keys" });
                }
                Check::Needs(_) | _ => break json!({ "needs": "what is not known here" }),
            };
        };
        Step::Done(json!({ "done": verdict }))
    }

    /// Keys that came, or did not.
    fn keys(&mut self, index: IssuerIndex, at: Moment, input: &Input) -> Result<Step<Value>, Error> {
        let now = at.now().as_unix();
        let keys = self.guard.keys_mut(index);
        let counted = match input {
            Input::Response(response) => {
                // What is wrong with the key set shows in the next check.
                drop(keys.map(|keys| keys.handle_response(at.now(), response)));
                json!({ "now": now, "response": written(response) })
            }
            Input::Failure(failure) => {
                if let Some(keys) = keys {
                    keys.handle_failure(at.now(), *failure);
                }
                let failure = if *failure == SendFailure::NotSent { "not_sent" } else { "unknown" };
                json!({ "now": now, "failure": failure })
            }
            _ => return Err(ApiMisuse::NoRequest.into()),
        };
        self.inputs.push(counted);
        self.check(at)
    }
}

impl Machine for Guarded {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Ready if matches!(input, Input::Resume | Input::Poll) => {
                self.inputs.push(json!({ "now": at.now().as_unix() }));
                self.check(at)
            }
            State::Ready => {
                self.state = State::Ready;
                Err(ApiMisuse::NoRequest.into())
            }
            State::Fetching(index) => {
                let step = self.keys(index, at, &input);
                if matches!(step, Err(Error::ApiMisuse(_))) {
                    self.state = State::Fetching(index);
                }
                step
            }
            State::Introspecting(asked) => {
                let (check, flow) = *asked;
                self.introspect(check, flow, at, input)
            }
            State::Ended => Err(ApiMisuse::Ended.into()),
        }
    }

    /// A guard has no stored form, but is the same again after the same inputs; the flow that it asks by has one.
    fn store(&mut self) -> Result<usize, Refusal> {
        let flow = match &self.state {
            State::Introspecting(asked) => Some(asked.1.to_stored()),
            State::Ready | State::Fetching(_) | State::Ended => None,
        };
        let ended = matches!(self.state, State::Ended);
        let text =
            json!({ "question": self.question, "inputs": self.inputs, "flow": flow, "ended": ended }).to_string();
        let stored: Value = serde_json::from_str(&text).map_err(usage)?;
        let members = stored.as_object().ok_or_else(|| usage("a stored guard is an object"))?;
        let stored = Question { members, text: &text };
        let question: Value = serde_json::from_str(stored.text("question")?).map_err(usage)?;
        let members = question.as_object().ok_or_else(|| usage("a question is an object"))?;
        let question = Question { members, text: stored.text("question")? };
        let mut restored = Self::new(&question, &question.object("params")?, self.introspection.clone())?;
        for input in stored.objects("inputs")? {
            let at = Moment::new(Timestamp::from_unix(input.number("now")?), [0; 32]);
            let input = match (input.optional_object("response")?, input.get("failure")) {
                (Some(members), _) => Input::Response(response(&members)?),
                (None, Some(_)) => Input::Failure(failure(&input)?),
                (None, None) => Input::Resume,
            };
            let _ = restored.handle(at, input).map_err(refusal!())?;
        }
        match (stored.optional_text("flow")?, &mut restored.state) {
            (Some(flow), State::Introspecting(asked)) => {
                asked.1 = Introspection::from_stored(flow).map_err(refusal!())?;
            }
            _ => {
                if stored.flag("ended")? {
                    restored.state = State::Ended;
                }
            }
        }
        *self = restored;
        Ok(text.len())
    }
}

/// `introspection` (`opaque`, `every`) with `any_audience`, `authorization_details`, `scope`, `any_scope`, `acr_values`, `max_age`, `realm`, `resource_metadata`, `leeway`, `origin`, `binding` (`optional`, `key`,
/// `certificate`, `key_or_certificate`), `dpop` (`{algs, max_age?, nonce_key_b64?, previous_nonce_key_b64?, nonce_period?}`), `ask_revocation`, `token_in_form` and `token_in_query`.
fn guard(settings: &Question<'_>, server: Option<&AuthorizationServer>) -> Result<Guard, Refusal> {
    let mut guard = Guard::new(settings.text("audience")?);
    if let Some(seconds) = settings.optional_number("leeway")? {
        guard = guard.leeway(Duration::from_secs(seconds));
    }
    for trusted in settings.objects("issuers")? {
        let jwks_uri = Endpoint::new(trusted.text("jwks_uri")?).map_err(refusal!())?;
        guard = guard.issuer(issuer(trusted.text("issuer")?)?, jwks_uri, &algorithms(&trusted)?);
    }
    if let Some(which) = settings.optional_text("introspection")? {
        let which = match which {
            "opaque" => Introspect::Opaque,
            "every" => Introspect::Every,
            other => return Err(usage(format!("introspection of no tokens {other:?}"))),
        };
        let server = server.ok_or_else(|| usage("server is missing"))?;
        let issuer = server.issuer().clone();
        guard = if settings.flag("any_audience")? {
            guard.dangerous_introspection_of_any_audience(issuer, which)
        } else {
            guard.introspection(issuer, which)
        };
    }
    let scope = |name| settings.optional_text(name)?.map(|text| Scope::parse(text).map_err(refusal!())).transpose();
    let mut requirement = Requirement::new();
    if let Some(scope) = scope("scope")? {
        requirement = requirement.scope(scope);
    }
    if let Some(scope) = scope("any_scope")? {
        requirement = requirement.any_scope(scope);
    }
    if let Some(values) = settings.optional_text("acr_values")? {
        requirement = requirement.acr_values(values.split(' ')).map_err(refusal!())?;
    }
    if let Some(seconds) = settings.optional_number("max_age")? {
        requirement = requirement.max_age(Duration::from_secs(seconds));
    }
    for detail in details(settings)?.unwrap_or_default().iter() {
        requirement = requirement.detail(detail.clone());
    }
    guard = guard.requirement(requirement);
    if let Some(realm) = settings.optional_text("realm")? {
        guard = guard.realm(realm).map_err(refusal!())?;
    }
    if let Some(url) = settings.optional_text("resource_metadata")? {
        guard = guard.resource_metadata(url).map_err(refusal!())?;
    }
    if let Some(origin) = settings.optional_text("origin")? {
        guard = guard.origin(origin);
    }
    guard = guard.binding(match settings.optional_text("binding")?.unwrap_or("optional") {
        "optional" => Binding::Optional,
        "key" => Binding::Key,
        "certificate" => Binding::Certificate,
        "key_or_certificate" => Binding::KeyOrCertificate,
        other => return Err(usage(format!("no binding {other:?}"))),
    });
    if let Some(settings) = settings.optional_object("dpop")? {
        let mut dpop = Dpop::new(&algorithms(&settings)?);
        if let Some(seconds) = settings.optional_number("max_age")? {
            dpop = dpop.max_age(Duration::from_secs(seconds));
        }
        if let Some(key) = settings.optional_bytes("nonce_key_b64")? {
            dpop = dpop.nonces(nonces(key, &settings)?);
        }
        guard = guard.dpop(dpop);
    }
    if settings.flag("ask_revocation")? {
        guard = guard.ask_revocation();
    }
    if settings.flag("token_in_form")? {
        guard = guard.dangerous_token_in_form();
    }
    if settings.flag("token_in_query")? {
        guard = guard.dangerous_token_in_query();
    }
    Ok(guard)
}

/// Nonces under this key, for `nonce_period` seconds, with those under `previous_nonce_key_b64`.
fn nonces(nonce_key: Vec<u8>, settings: &Question<'_>) -> Result<ServerNonces, Refusal> {
    let key = |key: Vec<u8>| key.try_into().map_err(|_| usage("a key of nonces is not 32 bytes"));
    let mut nonces = ServerNonces::new(key(nonce_key)?);
    if let Some(previous) = settings.optional_bytes("previous_nonce_key_b64")? {
        nonces = nonces.previous_key(key(previous)?);
    }
    if let Some(seconds) = settings.optional_number("nonce_period")? {
        nonces = nonces.period(Duration::from_secs(seconds));
    }
    Ok(nonces)
}

fn algorithms(members: &Question<'_>) -> Result<Vec<Algorithm>, Refusal> {
    Ok(members.texts("algs")?.into_iter().filter_map(Algorithm::from_name).collect())
}

fn granted(principal: &Principal) -> Value {
    json!({ "granted": present(json!({
        "subject": principal.subject(),
        "issuer": principal.issuer(),
        "client_id": principal.client_id(),
        "scope": principal.scope().to_string(),
        "expires_at": principal.expires_at().map(Timestamp::as_unix),
        "bound_to_key": principal.is_bound_to_key(),
        "bound_to_certificate": principal.is_bound_to_certificate(),
        "next_nonce": principal.next_nonce().map(|nonce| nonce.as_str()),
    })) })
}

fn denied(response: &HttpResponse, code: &str) -> Value {
    let headers: Vec<[&str; 2]> = response.headers().map(|(name, value)| [name, value]).collect();
    json!({ "denied": { "status": response.status(), "headers": headers, "code": code } })
}

fn written(response: &HttpResponse) -> Value {
    let headers: Vec<[&str; 2]> = response.headers().map(|(name, value)| [name, value]).collect();
    json!({ "status": response.status(), "headers": headers, "body_b64": base64url::encode(response.body()) })
}
