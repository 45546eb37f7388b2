//! Signed authorization requests in the URL (RFC 9101).

use core::time::Duration;

use jwt_core::profile::RequestObjectProfile;
use jwt_core::{Algorithm, Answer, Limits, Question, Timestamp, Unverified};
use oauth_client_sans_io::{
    ApiMisuse, Authentication, AuthorizationCode, Error, Profile, RequestObjectKey, Rule, SignedAuthorization, Step,
};
use oauth_types::authorization::{AuthorizationRequest, Callback, RequestReference};

use crate::laws::scenarios::{client, signing_key};
use crate::{Driven, START, asked, at, callback, done, keyring, server};

fn key() -> RequestObjectKey {
    RequestObjectKey::new("key", Algorithm::Ed25519)
}

fn sign(lifetime: Duration) -> Driven<SignedAuthorization> {
    let (server, client) = (server(), client(Authentication::None));
    let login = AuthorizationCode::new(&server, &client, callback())
        .scope("openid".parse().unwrap())
        .login_hint("alice@example.com")
        .lifetime(lifetime)
        .request_object(key());
    Driven::new(login.sign(&at()).unwrap())
}

/// What a server reads, at this time.
fn read(url: &str, now: Timestamp) -> AuthorizationRequest {
    let (_, query) = url.split_once('?').unwrap();
    let reference = RequestReference::from_query(query).unwrap().unwrap();
    let profile = RequestObjectProfile::new(reference.client_id().as_str(), "https://as.example");
    let object = reference.request_object().unwrap().expose().to_owned();
    let token = Unverified::parse(&object, &Limits::default()).unwrap();
    let verified = profile.verify(token, [&signing_key().verifying_key().unwrap()], now).unwrap();
    let (not_before, expires_at) = (verified.not_before().unwrap(), verified.expires_at().unwrap());
    // FAPI 2.0 Message Signing, section 5.3: "nbf", and "exp" no longer than 60 minutes after it.
    assert!(expires_at.saturating_since(not_before) <= Duration::from_secs(3600));
    AuthorizationRequest::from_request_object(verified.claims()).unwrap()
}

#[test]
fn the_url_carries_the_client_and_the_signed_request() {
    let mut flow = sign(Duration::from_secs(600));
    let question = asked(flow.resume());
    assert!(matches!(&question, Question::Sign { algorithm: Algorithm::Ed25519, .. }));
    let redirect = done(flow.answer(keyring().answer(question).unwrap()));
    let (_, query) = redirect.url.split_once('?').unwrap();
    let names: Vec<_> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
    assert_eq!(names, ["client_id", "request"]);
    let request = read(&redirect.url, START);
    assert_eq!(request.login_hint(), Some("alice@example.com"));
    assert!(request.state().unwrap().matches(redirect.pending.state()));
    let mut pending = redirect.pending;
    let query = format!("code=c&state={}", pending.state());
    assert!(pending.accept(&at(), None, Callback::Query(&query)).is_ok());
}

#[test]
fn it_is_good_as_long_as_the_login_and_never_more_than_an_hour() {
    for (lifetime, seconds) in [(600, 600), (7200, 3600)] {
        let mut flow = sign(Duration::from_secs(lifetime));
        let step = flow.resume();
        let redirect = done(flow.answered(step));
        let end = START.saturating_add(Duration::from_secs(seconds));
        assert_eq!(redirect.expires_at, Some(end));
        read(&redirect.url, end.saturating_sub(Duration::from_secs(1)));
    }
    // Asked anew, its time counts from then; when the login is over, nothing is signed any more.
    let mut flow = sign(Duration::from_secs(600));
    let first = asked(flow.resume());
    flow.now = START.saturating_add(Duration::from_secs(599));
    let second = asked(flow.resume());
    assert_ne!(format!("{first:?}"), String::new());
    let (Question::Sign { input: first, .. }, Question::Sign { input: second, .. }) = (first, second) else {
        panic!("two signatures")
    };
    assert_ne!(first, second);
    flow.now = START.saturating_add(Duration::from_secs(600));
    assert_eq!(flow.resume().unwrap_err().code(), "expired");
    assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
}

#[test]
fn a_signature_of_a_wrong_shape_is_the_answerers_fault_and_costs_nothing() {
    let mut flow = sign(Duration::from_secs(600));
    let question = asked(flow.resume());
    for answer in [Answer::Signature(Vec::new()), Answer::Verified(Some(0))] {
        assert!(matches!(flow.answer(answer), Err(Error::ApiMisuse(ApiMisuse::WrongAnswer))));
    }
    assert!(matches!(flow.answer(keyring().answer(question).unwrap()), Ok(Step::Done(_))));
}

#[test]
fn who_demands_signed_requests_gets_no_other() {
    let (plain, client) = (server(), client(Authentication::None));
    let demanding = server().with_require_signed_request_object(true);
    let careful = client.clone().profile(Profile::oauth21().with(Rule::SignedRequest));
    for (server, client) in [(&demanding, &client), (&plain, &careful)] {
        let login = || AuthorizationCode::new(server, client, callback());
        let refused = |result: Result<(), Error>| {
            matches!(result, Err(Error::ApiMisuse(ApiMisuse::Forbidden(Rule::SignedRequest))))
        };
        assert!(refused(login().begin(&at()).map(drop)));
        assert!(refused(login().push(&at()).map(drop)));
        assert!(login().request_object(key()).sign(&at()).is_ok());
        assert!(login().request_object(key()).push(&at()).is_ok());
    }
    // What is to be signed is never sent unsigned, and without a key nothing is.
    let login = || AuthorizationCode::new(&plain, &client, callback());
    assert_eq!(login().request_object(key()).begin(&at()).unwrap_err().code(), "invalid_argument");
    assert_eq!(login().sign(&at()).unwrap_err().code(), "invalid_argument");
    let elsewhere = server().with_request_object_signing_algs(["PS256"]);
    let error = AuthorizationCode::new(&elsewhere, &client, callback()).request_object(key()).sign(&at()).unwrap_err();
    assert_eq!(error.code(), "unsupported_by_server");
}
