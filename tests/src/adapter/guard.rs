//! The flow `guard`: a request head against a guard, whose needs come out as steps.

use jwt_core::{Algorithm, Moment, Timestamp, base64url};
use oauth_client_sans_io::{ApiMisuse, Error, Input, SendFailure, Step};
use oauth_resource_sans_io::{Check, Guard, IssuerIndex, Need, RequestHead};
use oauth_types::{Endpoint, HttpResponse, Scope};
use serde_json::{Value, json};

use super::flows::{Machine, failure};
use super::messages::{issuer, response};
use super::{Question, Refusal, usage};

/// One check, made again after every need.
#[derive(Debug)]
pub(super) struct Guarded {
    guard: Guard,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    fetching: Option<IssuerIndex>,
    ended: bool,
    /// `params`, and every input that counted: what it is restored from.
    params: String,
    inputs: Vec<Value>,
}

impl Guarded {
    /// `guard`: `{audience, scope?, realm?, issuers: [{issuer, jwks_uri, algs}]}`; `request`: `{method, url, headers}`.
    pub(super) fn new(params: &Question<'_>) -> Result<Self, Refusal> {
        let settings = params.object("guard")?;
        let mut guard = Guard::new(settings.text("audience")?);
        for trusted in settings.objects("issuers")? {
            let jwks_uri = Endpoint::new(trusted.text("jwks_uri")?).map_err(refusal!())?;
            let algorithms: Vec<Algorithm> =
                trusted.texts("algs")?.into_iter().filter_map(Algorithm::from_name).collect();
            guard = guard.issuer(issuer(trusted.text("issuer")?)?, jwks_uri, &algorithms);
        }
        if let Some(scope) = settings.optional_text("scope")? {
            guard = guard.requirement(Scope::parse(scope).map_err(refusal!())?.into());
        }
        if let Some(realm) = settings.optional_text("realm")? {
            guard = guard.realm(realm).map_err(refusal!())?;
        }
        let request = params.object("request")?;
        let headers = request.get("headers").and_then(Value::as_array).into_iter().flatten();
        let headers = headers
            .filter_map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned())))
            .collect();
        let (method, url) = (request.text("method")?.to_owned(), request.text("url")?.to_owned());
        Ok(Self {
            guard,
            method,
            url,
            headers,
            fetching: None,
            ended: false,
            params: params.text.to_owned(),
            inputs: Vec::new(),
        })
    }

    fn check(&mut self, at: &Moment) -> Step<Value> {
        let values = |field: &'static str| {
            let named = move |(name, _): &&(String, String)| name.eq_ignore_ascii_case(field);
            self.headers.iter().filter(named).map(|(_, value)| value.as_str())
        };
        let head =
            RequestHead::new(&self.method, &self.url).authorization(values("authorization")).dpop(values("dpop"));
        let verdict = match self.guard.check(&head, at.now()) {
            Check::Granted(principal) => json!({ "granted": {
                "subject": principal.subject(),
                "issuer": principal.issuer(),
                "client_id": principal.client_id(),
                "scope": principal.scope().to_string(),
            } }),
            Check::Denied(denial) => denied(&denial.to_http(), denial.reason().code()),
            Check::Needs(Need::Keys(index)) => {
                let request = self.guard.keys_mut(index).and_then(|keys| keys.fetch(at.now()));
                if let Some(request) = request {
                    self.fetching = Some(index);
                    return Step::Send(request);
                }
                json!({ "needs": "keys" })
            }
            Check::Needs(_) | _ => json!({ "needs": "something that is not built yet" }),
        };
        self.ended = true;
        Step::Done(json!({ "done": verdict }))
    }
}

impl Machine for Guarded {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Value>, Error> {
        if self.ended {
            return Err(ApiMisuse::Ended.into());
        }
        let mut counted = json!({ "now": at.now().as_unix() });
        match (self.fetching.take(), input) {
            (None, Input::Resume | Input::Poll) => {}
            (Some(index), Input::Response(response)) => {
                counted["response"] = written(&response);
                if let Some(keys) = self.guard.keys_mut(index) {
                    // What is wrong with the key set shows in the next check.
                    drop(keys.handle_response(at.now(), &response));
                }
            }
            (Some(index), Input::Failure(failure)) => {
                counted["failure"] = if failure == SendFailure::NotSent { "not_sent" } else { "unknown" }.into();
                if let Some(keys) = self.guard.keys_mut(index) {
                    keys.handle_failure(at.now(), failure);
                }
            }
            (fetching, _) => {
                self.fetching = fetching;
                return Err(ApiMisuse::NoRequest.into());
            }
        }
        self.inputs.push(counted);
        Ok(self.check(&at))
    }

    /// A guard has no stored form, but is the same again after the same inputs.
    fn store(&mut self) -> Result<usize, Refusal> {
        let text = json!({ "params": self.params, "inputs": self.inputs }).to_string();
        let stored: Value = serde_json::from_str(&text).map_err(usage)?;
        let members = stored.as_object().ok_or_else(|| usage("a stored guard is an object"))?;
        let stored = Question { members, text: &text };
        let params: Value = serde_json::from_str(stored.text("params")?).map_err(usage)?;
        let members = params.as_object().ok_or_else(|| usage("params is not an object"))?;
        let mut restored = Self::new(&Question { members, text: stored.text("params")? })?;
        for input in stored.objects("inputs")? {
            let at = Moment::new(Timestamp::from_unix(input.number("now")?), [0; 32]);
            let input = match (input.optional_object("response")?, input.get("failure")) {
                (Some(members), _) => Input::Response(response(&members)?),
                (None, Some(_)) => Input::Failure(failure(&input)?),
                (None, None) => Input::Resume,
            };
            let _ = restored.handle(at, input).map_err(refusal!())?;
        }
        *self = restored;
        Ok(text.len())
    }
}

fn written(response: &HttpResponse) -> Value {
    let headers: Vec<[&str; 2]> = response.headers().map(|(name, value)| [name, value]).collect();
    json!({ "status": response.status(), "headers": headers, "body_b64": base64url::encode(response.body()) })
}

fn denied(response: &HttpResponse, code: &str) -> Value {
    let headers: Vec<[&str; 2]> = response.headers().map(|(name, value)| [name, value]).collect();
    json!({ "denied": { "status": response.status(), "headers": headers, "code": code } })
}
