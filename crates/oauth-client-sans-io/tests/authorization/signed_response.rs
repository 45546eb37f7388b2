//! Signed authorization responses (JARM).

use core::time::Duration;

use jwt_core::json::{Object, Value};
use jwt_core::{Header, JwkSet, Limits, SigningKey, Unverified, sign};
use oauth_client_sans_io::{
    AcceptError, Advice, ApiMisuse, Authentication, AuthorizationCode, CodeExchange, Error, NotOurs, Operation,
    PendingAuthorization, SessionBinding, Step,
};
use oauth_types::HttpResponse;
use oauth_types::authorization::{Callback, ResponseMode};
use oauth_types::dpop::DpopNonce;

use crate::laws::scenarios::bound::bound;
use crate::laws::scenarios::{client, honest, id_token_with, signing_key};
use crate::{Driven, START, asked, at, callback, done, field, json, keyring, sent, server};

const JWKS: &str = "https://keys.example/jwks";

fn pending(mode: ResponseMode, scope: &str) -> PendingAuthorization {
    let (server, client) = (server(), client(Authentication::None));
    let login = AuthorizationCode::new(&server, &client, callback()).scope(scope.parse().unwrap());
    login.response_mode(mode).begin(&at()).unwrap().pending
}

/// The claims of a good response to this login.
fn claims(pending: &PendingAuthorization) -> Object {
    let mut claims: Object = [("iss", "https://as.example"), ("aud", "client"), ("code", "c0de")].into_iter().collect();
    claims.insert("state", pending.state());
    claims.insert("exp", START.as_unix() + 600);
    claims
}

fn signed_by(key: &SigningKey, claims: &Object) -> String {
    sign(&Header::new(key.algorithm()).with_kid("k"), claims, key).unwrap()
}

fn response(claims: &Object) -> String {
    format!("response={}", signed_by(&signing_key(), claims))
}

/// The flow after a response that says this.
fn accepted(change: impl FnOnce(&mut Object)) -> Driven<CodeExchange> {
    let mut pending = pending(ResponseMode::Jwt, "a");
    let mut claims = claims(&pending);
    change(&mut claims);
    let query = response(&claims);
    Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap())
}

fn keys() -> HttpResponse {
    honest(&oauth_types::HttpRequest::get(JWKS, oauth_types::Purpose::Jwks), START)
}

/// Fetches the keys and answers whether the signature holds.
fn verified(flow: &mut Driven<CodeExchange>) -> Result<Step<oauth_client_sans_io::Login>, Error> {
    assert_eq!(sent(flow.resume()).url(), JWKS, "nothing goes to the token endpoint before the signature holds");
    let question = asked(flow.respond(keys()));
    flow.answer(keyring().answer(question).unwrap())
}

#[test]
fn a_signed_response_is_verified_before_its_code_goes_anywhere() {
    let mut flow = accepted(|_| {});
    let request = sent(verified(&mut flow));
    assert_eq!(field(&request, "code").as_deref(), Some("c0de"));
    let login = done(flow.respond(json(200, r#"{"access_token":"t","token_type":"Bearer"}"#)));
    assert_eq!(login.fetched_keys.unwrap().keys().len(), 1, "the keys that were fetched are for the next login");
}

#[test]
fn each_mode_is_taken_in_its_own_place_and_in_no_other() {
    let modes = [ResponseMode::Jwt, ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt];
    for asked_for in modes {
        let mut pending = pending(asked_for, "a");
        let text = response(&claims(&pending));
        let (in_query, in_fragment) =
            (format!("https://app.example/callback?{text}"), format!("https://app.example/callback#{text}"));
        let places = [
            (Callback::Query(&text), ResponseMode::QueryJwt),
            (Callback::Url(&in_query), ResponseMode::QueryJwt),
            (Callback::Url(&in_fragment), ResponseMode::FragmentJwt),
            (Callback::Form(text.as_bytes()), ResponseMode::FormPostJwt),
        ];
        // The wrong ones first: they consume nothing.
        for right in [false, true] {
            for (callback, place) in places {
                let found = PendingAuthorization::state_in(callback).unwrap();
                assert!(found.matches(pending.state()));
                if (asked_for.for_code() == place) != right {
                    continue;
                }
                let result = pending.accept(&at(), None, callback);
                match (right, result) {
                    (false, Err(AcceptError::NotOurs(NotOurs::ResponseMode))) => {}
                    (true, Ok(_) | Err(AcceptError::AlreadyUsed)) => {}
                    (_, other) => panic!("{asked_for:?} at {place:?}: {other:?}"),
                }
            }
        }
        assert!(pending.is_used());
    }
}

#[test]
fn b4_where_a_signed_response_was_asked_for_no_other_is_taken() {
    let mut signed = pending(ResponseMode::Jwt, "a");
    let state = signed.state().to_owned();
    let jwt = response(&claims(&signed));
    for (query, code) in [
        (format!("code=c&state={state}&iss=https%3A%2F%2Fas.example"), "callback_plain_response"),
        (format!("error=access_denied&state={state}"), "callback_plain_response"),
        (format!("{jwt}&code=c"), "callback_signed_and_plain"),
        (format!("{jwt}&state={state}"), "callback_signed_and_plain"),
        (format!("{jwt}&{jwt}"), "form_duplicate_parameter"),
        ("response=".to_owned(), "callback_no_outcome"),
        ("response=a.b.c".to_owned(), "callback_malformed"),
        ("response=a.b.c.d.e".to_owned(), "callback_malformed"),
        (format!("{}x", jwt.rsplit_once('.').unwrap().0), "callback_malformed"),
    ] {
        let error = signed.accept(&at(), None, Callback::Query(&query)).unwrap_err();
        assert!(matches!(error, AcceptError::NotOurs(_)), "{query}: {error:?}");
        assert_eq!(error.code(), code, "{query}");
    }
    assert!(signed.accept(&at(), None, Callback::Query(&jwt)).is_ok(), "none of them consumed the login");
    // And the other way round.
    let mut plain = pending(ResponseMode::Query, "a");
    let query = response(&claims(&plain));
    let error = plain.accept(&at(), None, Callback::Query(&query)).unwrap_err();
    assert_eq!(error.code(), "callback_signed_response");
    assert!(!plain.is_used());
}

#[test]
fn b4_b13_what_a_jwt_says_of_another_login_or_issuer_consumes_nothing() {
    // OA-07, ISS-01, BCP-02: anybody can make a JWT; who does not know the state cannot use up the login with it.
    let mut pending = pending(ResponseMode::Jwt, "a");
    let good = claims(&pending);
    let cases: [(&str, Option<Value>, NotOurs); 7] = [
        ("state", Some("guessed".into()), NotOurs::State),
        ("state", Some("".into()), NotOurs::State),
        ("state", Some(Value::Null), NotOurs::State),
        ("state", None, NotOurs::State),
        ("iss", Some("https://evil.example".into()), NotOurs::Issuer),
        ("iss", Some("https://as.example/".into()), NotOurs::Issuer),
        ("iss", None, NotOurs::IssuerMissing),
    ];
    for (name, value, reason) in cases {
        let mut claims = good.clone();
        claims.remove(name);
        if let Some(value) = value {
            claims.insert(name, value);
        }
        let query = response(&claims);
        match pending.accept(&at(), None, Callback::Query(&query)) {
            Err(AcceptError::NotOurs(found)) => assert_eq!(found, reason, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let query = response(&good);
    assert!(pending.accept(&at(), None, Callback::Query(&query)).is_ok());
}

#[test]
fn b6_a_signed_response_is_taken_once_and_from_its_own_browser() {
    let (server, client) = (server(), client(Authentication::None));
    let session = SessionBinding::new("cookie");
    let login = AuthorizationCode::new(&server, &client, callback()).response_mode(ResponseMode::FormPostJwt);
    let mut pending = login.session(&session).begin(&at()).unwrap().pending;
    let form = response(&claims(&pending));
    let callback = Callback::Form(form.as_bytes());
    for other in [None, Some(SessionBinding::new("another"))] {
        let error = pending.accept(&at(), other.as_ref(), callback).unwrap_err();
        assert_eq!(error.code(), "session_mismatch");
    }
    assert!(pending.accept(&at(), Some(&session), callback).is_ok());
    let mut pending = PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
    assert!(matches!(pending.accept(&at(), Some(&session), callback), Err(AcceptError::AlreadyUsed)));
}

#[test]
fn a_response_that_is_not_the_servers_or_not_for_this_client_ends_the_login() {
    type Case = (&'static str, fn(&mut Object), &'static str, Advice);
    let cases: [Case; 6] = [
        ("aud", |claims| drop(claims.insert("aud", "another client")), "audience_mismatch", Advice::Stop),
        ("no aud", |claims| drop(claims.remove("aud")), "audience_missing", Advice::Stop),
        ("exp", |claims| drop(claims.insert("exp", START.as_unix() - 60)), "expired", Advice::Restart),
        ("no exp", |claims| drop(claims.remove("exp")), "exp_missing", Advice::Stop),
        ("neither", |claims| drop(claims.remove("code")), "code_missing", Advice::Stop),
        ("both", |claims| drop(claims.insert("error", "x")), "code_forbidden", Advice::Stop),
    ];
    for (name, change, code, advice) in cases {
        let mut flow = accepted(change);
        let error = verified(&mut flow).unwrap_err();
        assert_eq!((error.code(), error.advice()), (code, advice), "{name}");
        assert!(matches!(error, Error::InvalidResponse { operation: Operation::AuthorizationResponse, .. }));
        assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
        assert!(!flow.flow.to_stored().contains("eyJ"), "a response that does not hold is forgotten");
    }
}

#[test]
fn a2_a_response_that_another_key_signed_or_none_is_no_answer() {
    let forged = SigningKey::hs256(&[7; 32]).unwrap();
    let mut pending = pending(ResponseMode::Jwt, "a");
    // With an HMAC, whose key stands in no key set: nothing is even fetched.
    let query = format!("response={}", signed_by(&forged, &claims(&pending)));
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    assert_eq!(flow.resume().unwrap_err().code(), "key_not_found");
    // With the right algorithm, over other claims.
    let mut pending = crate::signed_response::pending(ResponseMode::Jwt, "a");
    let (good, other) = (claims(&pending), {
        let mut other = claims(&pending);
        other.insert("code", "stolen");
        other
    });
    let (good, other) = (signed_by(&signing_key(), &good), signed_by(&signing_key(), &other));
    let (signature, input) = (good.rsplit_once('.').unwrap().1, other.rsplit_once('.').unwrap().0);
    let query = format!("response={input}.{signature}");
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    assert_eq!(verified(&mut flow).unwrap_err().code(), "invalid_signature");
    let shown = format!("{:?}", flow.flow);
    assert!(!shown.contains("stolen") && !shown.contains("eyJ"), "{shown}");
}

#[test]
fn the_servers_refusal_in_a_signed_response_is_a_refusal_once_it_is_verified() {
    let mut flow = accepted(|claims| {
        claims.remove("code");
        claims.insert("error", "access_denied");
        claims.insert("error_description", "The user said no");
    });
    let error = verified(&mut flow).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("access_denied", Advice::Stop));
    let Error::Refused { operation: Operation::Authorization, response } = &error else { panic!("{error:?}") };
    assert_eq!(response.description(), Some("The user said no"));
}

#[test]
fn keys_that_are_known_serve_the_response_and_the_id_token_and_none_is_fetched() {
    let known = JwkSet::from_slice(keys().body()).unwrap();
    for known in [Some(known), None] {
        let (server, client) = (server(), client(Authentication::None));
        let login = AuthorizationCode::new(&server, &client, callback()).scope("openid".parse().unwrap());
        let redirect = login.response_mode(ResponseMode::Jwt).begin(&at()).unwrap();
        let nonce = crate::parameter(&redirect.url, "nonce").unwrap();
        let mut pending = redirect.pending;
        let query = response(&claims(&pending));
        let exchange = pending.accept(&at(), None, Callback::Query(&query)).unwrap();
        let fetches = known.is_none();
        let mut flow = Driven::new(match known {
            Some(known) => exchange.known_keys(known),
            None => exchange,
        });
        let mut step = flow.resume();
        if fetches {
            assert_eq!(sent(step).url(), JWKS);
            step = flow.respond(keys());
        }
        let question = asked(step);
        let request = sent(flow.answer(keyring().answer(question).unwrap()));
        assert_eq!(request.url(), "https://as.example/token");
        let token = id_token_with(START, &[("nonce", &nonce)]);
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
        let question = asked(flow.respond(json(200, &body)));
        let login = done(flow.answer(keyring().answer(question).unwrap()));
        assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
        assert_eq!(login.fetched_keys.is_some(), fetches);
    }
}

#[test]
fn b14_the_nonce_that_a_login_began_with_is_in_the_proof_after_a_signed_response_too() {
    let (server, client) = (server(), bound(Authentication::None));
    let nonce = DpopNonce::new("n-1").unwrap();
    let login = AuthorizationCode::new(&server, &client, callback()).dpop_nonce(Some(nonce));
    let mut pending = login.response_mode(ResponseMode::Jwt).begin(&at()).unwrap().pending;
    let query = response(&claims(&pending));
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    sent(flow.resume());
    let step = flow.respond(keys());
    let request = sent(flow.answered(step));
    let proof = Unverified::parse(request.header("dpop").unwrap(), &Limits::default()).unwrap();
    assert_eq!(proof.dangerous_claims::<Object>().unwrap().get_str("nonce"), Some("n-1"));
}

#[test]
fn a_login_whose_response_cannot_be_verified_for_want_of_keys_begins_again() {
    let mut flow = accepted(|_| {});
    sent(flow.resume());
    let error = flow.respond(HttpResponse::new(503).with_header("retry-after", "600")).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("server_unavailable", Advice::Restart));
}

#[test]
fn a_signed_response_comes_in_the_logins_own_time() {
    let mut pending = pending(ResponseMode::Jwt, "a");
    let query = response(&claims(&pending));
    let late = jwt_core::Moments::from_seed([1; 32]).at(START.saturating_add(Duration::from_secs(600)));
    assert!(matches!(pending.accept(&late, None, Callback::Query(&query)), Err(AcceptError::Expired)));
}

#[test]
fn a_callback_without_a_state_finds_no_login() {
    for query in ["code=c", "response=a.b.c", "", "code=c&state=", "code=c&error=d&state=x"] {
        assert!(PendingAuthorization::state_in(Callback::Query(query)).is_none(), "{query}");
    }
    let without: Object = [("code", "c")].into_iter().collect();
    assert!(PendingAuthorization::state_in(Callback::Query(&response(&without))).is_none());
}
