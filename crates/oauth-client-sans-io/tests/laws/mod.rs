//! The laws that every flow obeys, checked over any sequence of events: by proptest (`tests/flow_laws.rs`) and by the fuzz target `flows`.
//!
//! Two copies of one flow live through the same events. The first is never stored; the second is stored and restored before every single call.
//! What they answer must be the same (laws 6 and 9), and every other law is checked on the way.

#![allow(clippy::std_instead_of_alloc, reason = "no test is built without std")]

pub(crate) mod keys;
pub(crate) mod scenarios;

use core::time::Duration;
use std::collections::BTreeSet;

use jwt_core::json::Object;
use jwt_core::{Answer, Keyring, Limits, Moment, Moments, Question, Secret, Timestamp, Unverified};
use oauth_client_sans_io::{ApiMisuse, Error, Flow, Input, SendFailure, Step, StoredError};
use oauth_types::{HttpRequest, HttpResponse, RefreshToken};

/// A flow and what is known about it: what the laws are checked against.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// A fresh copy of the flow. Called twice with equal results.
    pub(crate) make: fn() -> Box<dyn Subject>,
    /// What a well-behaved server answers at this time.
    pub(crate) honest: fn(&HttpRequest, Timestamp) -> HttpResponse,
    /// Texts that no `Debug` or `Display` may show.
    pub(crate) secrets: &'static [&'static str],
    /// Secrets and the one URL to which each may be sent (law 10).
    pub(crate) places: &'static [(&'static str, &'static str)],
    /// Every URL that may be asked at all.
    pub(crate) urls: &'static [&'static str],
    /// Sent again only after a failure that certainly sent nothing (law 11).
    pub(crate) single_use: Option<&'static str>,
}

/// A flow whose output is text.
pub(crate) trait Subject {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<String>, Error>;
    fn stored(&self) -> String;
    fn restore(&mut self) -> Result<(), StoredError>;
    fn debug(&self) -> String;
}

/// Any flow as a [`Subject`].
pub(crate) struct Machine<F: Flow> {
    pub(crate) flow: F,
    pub(crate) store: fn(&F) -> String,
    pub(crate) restore: fn(&str) -> Result<F, StoredError>,
    pub(crate) show: fn(F::Output) -> String,
}

impl<F: Flow + core::fmt::Debug> Subject for Machine<F> {
    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<String>, Error> {
        Ok(match self.flow.handle(at, input)? {
            Step::Send(request) => Step::Send(request),
            Step::Ask(question) => Step::Ask(question),
            Step::Wait(until) => Step::Wait(until),
            Step::Done(output) => Step::Done((self.show)(output)),
        })
    }
    fn stored(&self) -> String {
        (self.store)(&self.flow)
    }
    fn restore(&mut self) -> Result<(), StoredError> {
        self.flow = (self.restore)(&self.stored())?;
        Ok(())
    }
    fn debug(&self) -> String {
        format!("{:?}", self.flow)
    }
}

/// The time at which every scenario begins.
pub(crate) const START: Timestamp = Timestamp::from_unix(1_700_000_000);
/// No flow sends more often than this, whatever is answered (law 7).
const MAX_SENDINGS: usize = 12;
/// No flow needs more steps than this when it is driven as it should be (law 7).
const MAX_STEPS: usize = 64;

/// The keys and the secret of the scenarios' clients.
pub(crate) fn keyring() -> Keyring {
    Keyring::new()
        .secret("secret", Secret::new(CLIENT_SECRET))
        .secret("provider-secret", Secret::new(PROVIDER_SECRET))
        .signing_key("key", scenarios::signing_key())
}

/// The refresh token that answers bring.
const ROTATED: &str = "MARKED-new-refresh";

/// The secret that scenario clients authenticate with.
pub(crate) const CLIENT_SECRET: &str = "MARKED-client-secret-of-more-than-32-octets";

/// The secret of the client that is registered at the identity provider, where there is another server.
pub(crate) const PROVIDER_SECRET: &str = "MARKED-provider-secret-of-more-than-32-octets";

/// Lets both copies live through the events that `bytes` spell, then drives them to the end as they should be driven.
///
/// # Panics
///
/// Where a law is broken.
pub(crate) fn check(scenario: &Scenario, bytes: &[u8]) -> Ending {
    let mut world = World::new(scenario);
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        if world.ended {
            break;
        }
        if let Some(input) = world.decode(byte, &mut bytes) {
            world.apply(input);
        }
    }
    world.drive_to_the_end();
    world.stays_ended();
    world.ending
}

/// How a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Failed,
}

struct World<'s> {
    scenario: &'s Scenario,
    plain: Box<dyn Subject>,
    stored: Box<dyn Subject>,
    plain_moments: Moments,
    stored_moments: Moments,
    now: Timestamp,
    outstanding: Option<HttpRequest>,
    asked: Option<Question>,
    wait: Option<Timestamp>,
    ended: bool,
    ending: Ending,
    sendings: usize,
    /// Whether the single-use credential may have been seen.
    spent: bool,
    /// Whether a nonce was asked for already.
    nonce_wanted: bool,
    /// The `jti` of everything that was to be signed.
    signed: BTreeSet<String>,
}

/// An input, and how to make it a second time: inputs are not `Clone`, because what they hold is not.
type Make = Box<dyn Fn() -> Input>;

impl<'s> World<'s> {
    fn new(scenario: &'s Scenario) -> Self {
        Self {
            scenario,
            plain: (scenario.make)(),
            stored: (scenario.make)(),
            plain_moments: Moments::from_seed([3; 32]),
            stored_moments: Moments::from_seed([3; 32]),
            // Between two seconds, as clocks are: a fraction must not make a stored flow another one.
            now: START.saturating_add(Duration::from_millis(750)),
            outstanding: None,
            asked: None,
            wait: None,
            ended: false,
            ending: Ending::Failed,
            sendings: 0,
            spent: false,
            nonce_wanted: false,
            signed: BTreeSet::new(),
        }
    }

    /// The event that begins with this byte; `None` where only the clock moves.
    fn decode(&mut self, byte: u8, rest: &mut dyn Iterator<Item = u8>) -> Option<Make> {
        match byte % 16 {
            0 | 1 => Some(Box::new(|| Input::Resume)),
            2 | 3 => Some(Box::new(|| Input::Poll)),
            4 | 5 => Some(self.honest_response().unwrap_or_else(|| response(200, "application/json", b"{}".to_vec()))),
            6 => {
                let status = STATUSES[usize::from(rest.next().unwrap_or(0)) % STATUSES.len()];
                let body = BODY_TEXTS[usize::from(rest.next().unwrap_or(0)) % BODY_TEXTS.len()];
                Some(response(status, "application/json", body.as_bytes().to_vec()))
            }
            7 => {
                let status = STATUSES[usize::from(rest.next().unwrap_or(0)) % STATUSES.len()];
                let length = usize::from(rest.next().unwrap_or(0));
                Some(response(status, "text/html", rest.take(length).collect()))
            }
            8 => Some(Box::new(|| Input::Failure(SendFailure::NotSent))),
            9 => Some(Box::new(|| Input::Failure(SendFailure::Unknown))),
            10 | 11 => Some(self.honest_answer().unwrap_or_else(|| Box::new(|| Input::Answer(Answer::Verified(None))))),
            12 => Some(Box::new(|| Input::Answer(Answer::Signature(vec![1; 64])))),
            13 => {
                let index = usize::from(rest.next().unwrap_or(0));
                Some(Box::new(move || Input::Answer(Answer::Verified(index.checked_sub(1)))))
            }
            14 => {
                let seconds = u64::from(rest.next().unwrap_or(0));
                self.now = self.wait.unwrap_or(self.now).saturating_add(Duration::from_secs(seconds));
                None
            }
            _ => {
                let days = u64::from(rest.next().unwrap_or(0));
                self.now = self.now.saturating_sub(Duration::from_secs(days * 86_400));
                None
            }
        }
    }

    fn honest_response(&self) -> Option<Make> {
        let response = (self.scenario.honest)(self.outstanding.as_ref()?, self.now);
        Some(Box::new(move || Input::Response(response.clone())))
    }

    fn honest_answer(&self) -> Option<Make> {
        let question = self.asked.clone()?;
        Some(Box::new(move || Input::Answer(keyring().answer(question.clone()).expect("the keyring knows every key"))))
    }

    fn apply(&mut self, make: Make) {
        let name = self.scenario.name;
        let input = make();
        let (is_response, is_failure, is_resume) =
            (matches!(input, Input::Response(_)), matches!(input, Input::Failure(_)), matches!(input, Input::Resume));
        let not_sent = matches!(input, Input::Failure(SendFailure::NotSent));
        // B2: a refusal is one under any status, but for those that are no verdict.
        let wants_nonce = matches!(&input, Input::Response(response) if response.status() < 500 && response.status() != 429
            && response.header("dpop-nonce").is_some()
            && response.body().windows(14).any(|window| window == b"use_dpop_nonce"));
        let rotated = self.outstanding.is_some() && self.rotates(&input);
        let before = self.plain.stored();

        let result = self.plain.handle(self.plain_moments.at(self.now), input);
        // Law 6: stored and restored before every call, it yields the same steps. Law 9: same inputs, same steps.
        self.stored.restore().unwrap_or_else(|error| panic!("{name}: what was stored is not read back: {error}"));
        let twin = self.stored.handle(self.stored_moments.at(self.now), make());
        assert_eq!(shown(&result), shown(&twin), "{name}: a flow that was stored goes on differently");
        assert_eq!(self.plain.stored(), self.stored.stored(), "{name}: a flow that was stored is in another state");

        // Law 8: no secret in any Debug or Display.
        let texts = match &result {
            Ok(step) => vec![self.plain.debug(), format!("{step:?}")],
            Err(error) => vec![self.plain.debug(), format!("{error:?}"), format!("{error}")],
        };
        for secret in self.scenario.secrets {
            assert!(!texts.iter().any(|text| text.contains(secret)), "{name}: {secret} is shown in {texts:?}");
        }

        if let Err(Error::ApiMisuse(misuse)) = &result {
            // Law 3: misuse changes nothing.
            assert_eq!(before, self.plain.stored(), "{name}: {misuse} changed the flow");
            // Law 5: what a server sends never causes misuse.
            assert!(
                !((is_response || is_failure) && self.outstanding.is_some()),
                "{name}: a server's answer was called misuse: {misuse}"
            );
            return;
        }
        // The law of refreshes: the response that rotates a token is followed by `Done` with it, or by an error that keeps it.
        if rotated {
            let kept = match &result {
                Ok(Step::Done(tokens)) => tokens.contains(ROTATED),
                Ok(_) => false,
                Err(error) => error.rotated_refresh_token().is_some_and(|token| token.matches(ROTATED)),
            };
            assert!(kept, "{name}: a rotated refresh token is lost: {result:?}");
        }
        // Law 1: at most one request is outstanding.
        if matches!(result, Ok(Step::Send(_))) && self.outstanding.is_some() {
            assert!(is_response || is_failure || is_resume, "{name}: a second request while one is outstanding");
        }
        // Law 11: but for one refusal for want of a nonce.
        if not_sent || (wants_nonce && !self.nonce_wanted) {
            self.spent = false;
        }
        self.nonce_wanted |= wants_nonce;
        self.outstanding = None;
        self.asked = None;
        self.wait = None;
        match result {
            Ok(Step::Send(request)) => self.sent(request),
            Ok(Step::Ask(question)) => {
                if let Question::Sign { input, .. } = &question {
                    // Law 12: distinct moments never give one `jti` twice.
                    let input = String::from_utf8([input, b".".as_slice()].concat()).unwrap();
                    let claims: Object =
                        Unverified::parse(&input, &Limits::default()).unwrap().dangerous_claims().unwrap();
                    let jti = claims.get_str("jti").expect("what is signed has a name of its own").to_owned();
                    assert!(self.signed.insert(jti), "{name}: one jti twice");
                }
                self.asked = Some(question);
            }
            Ok(Step::Wait(until)) => {
                // Law 2: a wait lies in the future.
                assert!(until > self.now, "{name}: a wait until {until} at {}", self.now);
                self.wait = Some(until);
            }
            Ok(Step::Done(_)) => (self.ended, self.ending) = (true, Ending::Done),
            Err(_) => self.ended = true,
        }
    }

    /// Whether this answers a refresh with another refresh token.
    fn rotates(&self, input: &Input) -> bool {
        let Input::Response(response) = input else { return false };
        self.scenario.name.starts_with("refresh")
            && response.status() == 200
            && core::str::from_utf8(response.body()).is_ok_and(|body| {
                body.contains(r#"{"access_token":"MARKED-new-access""#)
                    && body.contains(&format!(r#""refresh_token":"{ROTATED}""#))
            })
    }

    fn sent(&mut self, request: HttpRequest) {
        let name = self.scenario.name;
        self.sendings += 1;
        assert!(self.sendings <= MAX_SENDINGS, "{name}: sends for ever");
        // Law 10: nothing goes to an endpoint other than the one recorded for it.
        assert!(self.scenario.urls.contains(&request.url()), "{name}: asks {}", request.url());
        let text = wire(&request);
        for (secret, url) in self.scenario.places {
            assert!(!text.contains(secret) || request.url() == *url, "{name}: {secret} goes to {}", request.url());
        }
        // Law 11: a code is not sent again once the server may have acted on it.
        if self.scenario.single_use.is_some_and(|code| text.contains(code)) {
            assert!(!self.spent, "{name}: a spent credential is sent again");
            self.spent = true;
        }
        self.outstanding = Some(request);
    }

    /// Law 7: it ends.
    fn drive_to_the_end(&mut self) {
        let mut next: Make = Box::new(|| Input::Resume);
        for _ in 0..MAX_STEPS {
            if self.ended {
                return;
            }
            self.apply(next);
            next = if let Some(honest) = self.honest_response() {
                honest
            } else if let Some(honest) = self.honest_answer() {
                honest
            } else if let Some(until) = self.wait {
                self.now = until;
                Box::new(|| Input::Poll)
            } else {
                Box::new(|| Input::Resume)
            };
        }
        panic!("{}: does not end", self.scenario.name);
    }

    /// Law 4: after the end every call is misuse.
    fn stays_ended(&mut self) {
        // Law 6 to the very end: what has ended is restored as what has ended.
        self.stored
            .restore()
            .unwrap_or_else(|error| panic!("{}: its end is not read back: {error}", self.scenario.name));
        let inputs: [Make; 5] = [
            Box::new(|| Input::Resume),
            Box::new(|| Input::Poll),
            response(200, "application/json", b"{}".to_vec()),
            Box::new(|| Input::Failure(SendFailure::NotSent)),
            Box::new(|| Input::Answer(Answer::Secret(Secret::new("x")))),
        ];
        for input in inputs {
            for subject in [&mut self.plain, &mut self.stored] {
                let result = subject.handle(self.plain_moments.at(self.now), input());
                assert!(
                    matches!(result, Err(Error::ApiMisuse(ApiMisuse::Ended))),
                    "{}: alive after its end: {result:?}",
                    self.scenario.name
                );
            }
        }
    }
}

fn response(status: u16, content_type: &'static str, body: Vec<u8>) -> Make {
    // A nonce comes beside the bodies of odd length, each with its own.
    let nonce = format!("nonce-of-{}", body.len());
    Box::new(move || {
        let response = HttpResponse::new(status).with_header("content-type", content_type).with_body(body.clone());
        let response = if body.len() % 2 == 1 { response.with_header("dpop-nonce", &nonce) } else { response };
        Input::Response(match status {
            // A resource asks for its nonce in a challenge where the others do in the body.
            401 | 403 if body.starts_with(br#"{"error":"use_dpop_nonce""#) => {
                response.with_header("www-authenticate", r#"DPoP error="use_dpop_nonce""#)
            }
            401 | 403 => response.with_header("www-authenticate", CHALLENGES[body.len() % CHALLENGES.len()]),
            _ => response,
        })
    })
}

/// The bytes of a request that matter.
fn wire(request: &HttpRequest) -> String {
    let mut text = format!("{:?} {}\n", request.method(), request.url());
    for (name, value) in request.headers() {
        text += &format!("{name}: {value}\n");
    }
    text += &String::from_utf8_lossy(request.body());
    text
}

/// Everything of a result, secrets too: to compare two of them.
fn shown(result: &Result<Step<String>, Error>) -> String {
    match result {
        Ok(Step::Send(request)) => wire(request),
        // All of what is signed: a restored flow must not have another thing signed.
        Ok(Step::Ask(Question::Sign { key, algorithm, input })) => {
            format!("sign {key} {algorithm} {}", String::from_utf8_lossy(input))
        }
        Ok(Step::Ask(question)) => format!("{question:?}"),
        Ok(Step::Wait(until)) => format!("wait {until}"),
        Ok(Step::Done(output)) => format!("done {output}"),
        Err(error) => {
            format!("{} {error} {:?}", error.code(), error.rotated_refresh_token().map(RefreshToken::expose))
        }
    }
}

const STATUSES: &[u16] = &[200, 201, 204, 301, 302, 400, 401, 403, 404, 429, 500, 501, 503, 505, 999];

/// How many bodies there are.
#[expect(clippy::cast_possible_truncation, reason = "there are few")]
pub(crate) const BODIES: u8 = BODY_TEXTS.len() as u8;

/// What comes with a 401 and a 403.
const CHALLENGES: &[&str] = &[
    "",
    "Basic realm=\"x\"",
    r#"Bearer error="invalid_token""#,
    r#"DPoP error="invalid_token", algs="ES256", Bearer error="insufficient_scope", scope="files.write""#,
    r#"Bearer error="insufficient_user_authentication", acr_values="a b", max_age=0"#,
    r#"Bearer resource_metadata="https://evil.example/metadata""#,
    r#"Bearer error="x, error="#,
];

/// What servers have been seen to send, and worse.
const BODY_TEXTS: &[&str] = &[
    "",
    "{}",
    "[]",
    "null",
    "<html>",
    r#"{"error":"invalid_grant"}"#,
    r#"{"error":"invalid_client","error_description":"no"}"#,
    r#"{"error":"temporarily_unavailable"}"#,
    r#"{"error":"authorization_pending"}"#,
    r#"{"error":"slow_down"}"#,
    r#"{"error":"use_dpop_nonce" }"#,
    r#"{"error":"use_dpop_nonce"  }"#,
    r#"{"access_token":"MARKED-new-access","token_type":"Bearer"}"#,
    r#"{"access_token":"MARKED-new-access","token_type":"DPoP","expires_in":18446744073709551615}"#,
    r#"{"access_token":"MARKED-new-access","token_type":"Bearer","expires_in":-1,"refresh_token":"MARKED-new-refresh"}"#,
    r#"{"access_token":"MARKED-new-access","token_type":"Bearer","id_token":"a.b.c"}"#,
    r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#,
    r#"{"access_token":"","token_type":"Bearer"}"#,
    r#"{"issuer":"https://evil.example","token_endpoint":"https://evil.example/token"}"#,
    r#"{"keys":[]}"#,
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"k"}]}"#,
    "{\"a\":\"\u{0}\"}",
    r#"{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}}}}}}}}"#,
];
