//! What a callback must be to end a login (THREATS B4, B6, B13; OA-07, ISS-01 .. ISS-04, BCP-01, BCP-02).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use jwt_core::{Moment, Moments, Timestamp};
use oauth_client_sans_io::{
    AcceptError, ApiMisuse, Authentication, AuthorizationCode, Client, Error, Flow, NotOurs, PendingAuthorization,
    Redirect, SessionBinding, Step,
};
use oauth_types::authorization::{Callback, Prompt, ResponseMode};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, Issuer, Nonce, Pkce, RedirectUri, State};

const START: Timestamp = Timestamp::from_unix(1_700_000_000);

fn at(now: Timestamp) -> Moment {
    Moments::from_seed([1; 32]).at(now)
}

fn server(advertises_iss: bool) -> AuthorizationServer {
    AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_authorization_endpoint(Endpoint::new("https://as.example/authorize?tenant=1").unwrap())
        .with_token_endpoint(Endpoint::new("https://as.example/token").unwrap())
        .with_jwks_uri(Endpoint::new("https://as.example/jwks").unwrap())
        .with_iss_parameter_supported(advertises_iss)
}

fn begin(server: &AuthorizationServer, session: Option<&SessionBinding>) -> Redirect {
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let mut login = AuthorizationCode::new(server, &client, redirect_uri).scope("openid email".parse().unwrap());
    if let Some(session) = session {
        login = login.session(session);
    }
    login.begin(&at(START)).unwrap()
}

fn accept(pending: &mut PendingAuthorization, query: &str) -> Result<(), AcceptError> {
    pending.accept(&at(START), None, Callback::Query(query)).map(drop)
}

fn not_ours(result: Result<(), AcceptError>) -> NotOurs {
    match result {
        Err(AcceptError::NotOurs(reason)) => reason,
        other => panic!("expected a callback that is not ours, got {other:?}"),
    }
}

/// A bogus callback is refused, and the login can still be finished.
fn refused_without_consuming(advertises_iss: bool, query: impl Fn(&str) -> String) -> NotOurs {
    let mut pending = begin(&server(advertises_iss), None).pending;
    let state = pending.state().to_owned();
    let reason = not_ours(accept(&mut pending, &query(&state)));
    let good = format!("code=c&state={state}&iss=https%3A%2F%2Fas.example");
    accept(&mut pending, &good).expect("the bogus callback consumed the login");
    reason
}

#[test]
fn the_request_carries_s256_state_nonce_and_the_endpoints_own_query() {
    // PK-02, PK-03, OA-02, BCP-01, BCP-03
    let Redirect { url, pending, .. } = begin(&server(false), None);
    assert!(url.starts_with("https://as.example/authorize?tenant=1&"), "{url}");
    for part in ["response_type=code", "client_id=app", "code_challenge_method=S256", "scope=openid+email", "nonce="] {
        assert!(url.contains(part), "{part} is not in {url}");
    }
    assert!(url.contains(&format!("state={}", pending.state())));
    assert!(!url.contains("code_verifier"));
}

#[test]
fn b4_a_wrong_or_missing_state_is_not_ours_and_consumes_nothing() {
    // OA-07
    assert_eq!(refused_without_consuming(false, |_| "code=c&state=guessed".into()), NotOurs::State);
    assert_eq!(refused_without_consuming(false, |_| "code=c".into()), NotOurs::State);
    assert_eq!(refused_without_consuming(false, |state| format!("code=c&state={state}x")), NotOurs::State);
    assert_eq!(refused_without_consuming(false, |_| "error=access_denied&state=guessed".into()), NotOurs::State);
}

#[test]
fn b4_a_wrong_iss_is_a_mix_up_also_when_it_is_not_advertised_and_on_errors() {
    // ISS-01, ISS-03
    for advertised in [true, false] {
        for answer in ["code=c", "error=access_denied&error_description=show+this"] {
            let reason = refused_without_consuming(advertised, |state| {
                format!("{answer}&state={state}&iss=https%3A%2F%2Fevil.example")
            });
            assert_eq!(reason, NotOurs::Issuer);
            let slash = refused_without_consuming(advertised, |state| {
                format!("{answer}&state={state}&iss=https%3A%2F%2Fas.example%2F")
            });
            assert_eq!(slash, NotOurs::Issuer, "issuers are compared byte for byte");
        }
    }
}

#[test]
fn b4_a_missing_iss_is_refused_where_the_server_advertises_it() {
    // ISS-02
    for answer in ["code=c", "error=access_denied"] {
        let reason = refused_without_consuming(true, |state| format!("{answer}&state={state}"));
        assert_eq!(reason, NotOurs::IssuerMissing);
    }
}

#[test]
fn a_malformed_answer_is_not_ours() {
    // OA-03
    for bad in ["code=c&code=d", "code=c&error=access_denied", "", "iss=https%3A%2F%2Fas.example", "code="] {
        let reason = refused_without_consuming(false, |state| format!("{bad}&state={state}"));
        assert!(matches!(reason, NotOurs::Malformed(_)), "{bad}: {reason:?}");
    }
    let reason = refused_without_consuming(false, |state| format!("code=c&state={state}&state={state}"));
    assert!(matches!(reason, NotOurs::Malformed(_)));
}

#[test]
fn b6_another_browser_session_is_not_ours() {
    let (mine, other) = (SessionBinding::new("cookie-1"), SessionBinding::new("cookie-2"));
    let mut pending = begin(&server(false), Some(&mine)).pending;
    let query = format!("code=c&state={}", pending.state());
    for session in [None, Some(&other)] {
        let result = pending.accept(&at(START), session, Callback::Query(&query));
        assert!(matches!(result, Err(AcceptError::NotOurs(NotOurs::Session))), "{result:?}");
    }
    assert!(pending.accept(&at(START), Some(&mine), Callback::Query(&query)).is_ok());
    // A session where none was bound is a mistake of the caller's, and not ours either.
    let mut unbound = begin(&server(false), None).pending;
    assert!(unbound.accept(&at(START), Some(&mine), Callback::Query(&query)).is_err());
}

#[test]
fn b6_a_second_callback_is_answered_and_starts_no_second_exchange() {
    // OA-08
    let mut pending = begin(&server(false), None).pending;
    let query = format!("code=c&state={}", pending.state());
    accept(&mut pending, &query).unwrap();
    assert!(matches!(accept(&mut pending, &query), Err(AcceptError::AlreadyUsed)));
    // The mark survives the store.
    let mut restored = PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
    assert!(matches!(accept(&mut restored, &query), Err(AcceptError::AlreadyUsed)));
}

#[test]
fn b5_what_a_used_login_no_longer_needs_is_not_kept() {
    let mut pending = begin(&server(false), None).pending;
    let (fresh, query) = (pending.to_stored(), format!("code=c&state={}", pending.state()));
    accept(&mut pending, &query).unwrap();
    let used = pending.to_stored();
    for member in ["\"verifier\":", "\"nonce\":", "\"scope\":"] {
        assert!(fresh.contains(member) && !used.contains(member), "{member}");
    }
    // A record that still has its verifier, but says that it was used, is taken at its word.
    let marked = fresh.replace("\"expires_at\":", "\"used\":true,\"expires_at\":");
    let mut restored = PendingAuthorization::from_stored(&marked).unwrap();
    assert!(restored.is_used() && !restored.to_stored().contains("\"verifier\""));
    assert!(matches!(accept(&mut restored, &query), Err(AcceptError::AlreadyUsed)));
    // One without a verifier that does not say so is none.
    assert!(PendingAuthorization::from_stored(&used.replace(",\"used\":true", "")).is_err());
}

#[test]
fn the_servers_own_refusal_ends_the_login_with_its_code() {
    let mut pending = begin(&server(false), None).pending;
    let query = format!("error=access_denied&error_description=The+user+said+no&state={}", pending.state());
    let Err(AcceptError::Refused(error)) = accept(&mut pending, &query) else { panic!("the server refused") };
    assert_eq!(error.code(), "access_denied");
    assert_eq!(error.advice(), oauth_client_sans_io::Advice::Stop);
    let Error::Refused { response, .. } = &error else { panic!("{error:?}") };
    assert_eq!(response.description(), Some("The user said no"));
    assert!(pending.is_used());
}

#[test]
fn a_login_expires_at_its_very_second() {
    let mut pending = begin(&server(false), None).pending;
    let query = format!("code=c&state={}", pending.state());
    let end = START.saturating_add(Duration::from_secs(600));
    assert_eq!(pending.expires_at(), end);
    let late = pending.accept(&at(end), None, Callback::Query(&query));
    assert!(matches!(late, Err(AcceptError::Expired)), "{late:?}");
    let in_time = end.saturating_sub(Duration::from_nanos(1));
    assert!(pending.accept(&at(in_time), None, Callback::Query(&query)).is_ok());
}

#[test]
fn an_answer_in_another_response_mode_is_not_ours() {
    let mut pending = begin(&server(false), None).pending;
    let state = pending.state().to_owned();
    let form = format!("code=c&state={state}");
    let fragment = format!("https://app.example/callback#code=c&state={state}");
    for callback in [Callback::Form(form.as_bytes()), Callback::Url(&fragment)] {
        let result = pending.accept(&at(START), None, callback);
        assert!(matches!(result, Err(AcceptError::NotOurs(_))), "{result:?}");
    }
    let url = format!("https://app.example/callback?code=c&state={state}");
    assert!(pending.accept(&at(START), None, Callback::Url(&url)).is_ok());

    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let mut posted =
        AuthorizationCode::new(&server(false), &client, RedirectUri::new("https://app.example/cb").unwrap())
            .response_mode(ResponseMode::FormPost)
            .begin(&at(START))
            .unwrap()
            .pending;
    let query = format!("code=c&state={}", posted.state());
    assert!(matches!(accept(&mut posted, &query), Err(AcceptError::NotOurs(NotOurs::ResponseMode))));
    assert!(posted.accept(&at(START), None, Callback::Form(query.as_bytes())).is_ok());
}

#[test]
fn b13_every_login_has_its_own_state_nonce_and_challenge() {
    // ISS-04, PK-04: distinct moments never give one value twice, and one entropy at two times neither.
    let values = |moment: Moment| {
        let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
        let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
        let redirect = AuthorizationCode::new(&server(false), &client, redirect_uri)
            .scope("openid".parse().unwrap())
            .begin(&moment)
            .unwrap();
        let (_, query) = redirect.url.split_once('?').unwrap();
        let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap().to_owned();
        [of("state="), of("nonce="), of("code_challenge=")]
    };
    let mut seen = Vec::new();
    let mut moments = Moments::from_seed([2; 32]);
    for second in 0..50 {
        seen.extend(values(moments.at(START)));
        seen.extend(values(Moment::new(START.saturating_add(Duration::from_secs(second)), [0; 32])));
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn what_a_login_sends_is_what_its_moment_gives_each_of_them() {
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let (server, redirect_uri) = (server(false), RedirectUri::new("https://app.example/callback").unwrap());
    for scope in ["openid email", "files.read"] {
        let login = AuthorizationCode::new(&server, &client, redirect_uri.clone()).scope(scope.parse().unwrap());
        let redirect = login.begin(&at(START)).unwrap();
        let (_, query) = redirect.url.split_once('?').unwrap();
        let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let (state, pkce) = (State::generate(&at(START)), Pkce::generate(&at(START)));
        assert_eq!(of("state="), Some(state.expose()));
        assert_eq!(of("code_challenge="), Some(pkce.challenge().as_str()));
        let nonce = Nonce::generate(&at(START));
        assert_eq!(of("nonce="), scope.contains("openid").then_some(nonce.expose()));
    }
}

#[test]
fn b5_nothing_secret_of_a_pending_login_is_shown() {
    let session = SessionBinding::new("cookie-value");
    let redirect = begin(&server(false), Some(&session));
    let shown = format!("{redirect:?} {:?} {session:?}", redirect.pending);
    let (_, query) = redirect.url.split_once('?').unwrap();
    let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap();
    // Of a guessable session value the hash is as telling as the value.
    let stored = redirect.pending.to_stored();
    let (_, hash) = stored.split_once(r#""session":""#).unwrap();
    let hash = format!("{:?}", jwt_core::base64url::decode(hash.split_once('"').unwrap().0).unwrap());
    for secret in [of("state="), of("nonce="), of("code_challenge="), "cookie-value", hash.as_str()] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_server_that_lists_challenge_methods_without_s256_is_refused() {
    // PK-02: an absent list is no refusal.
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let plain_only = server(false).with_code_challenge_methods(["plain"]);
    let error = AuthorizationCode::new(&plain_only, &client, redirect_uri).begin(&at(START)).unwrap_err();
    assert_eq!(error.code(), "unsupported_by_server");
}

#[test]
fn what_counts_as_nothing_and_what_comes_twice() {
    // OA-03: an empty value is none, and a known parameter comes once, empty or not.
    assert_eq!(refused_without_consuming(false, |_| "code=c&state=".into()), NotOurs::State);
    assert_eq!(refused_without_consuming(true, |state| format!("code=c&state={state}&iss=")), NotOurs::IssuerMissing);
    let good = "iss=https%3A%2F%2Fas.example";
    for bad in ["iss=", good, "iss=https%3A%2F%2Fevil.example", "error=", "error=x", "response=a.b.c"] {
        let reason = refused_without_consuming(true, |state| format!("code=c&error=&state={state}&{good}&{bad}"));
        assert!(matches!(reason, NotOurs::Malformed(_)), "{bad}: {reason:?}");
    }
    for query in
        ["code=c&error=&state={state}", "error=access_denied&code=&state={state}", "code=%20&state={state}&iss="]
    {
        let mut pending = begin(&server(false), None).pending;
        let query = query.replace("{state}", pending.state());
        let result = accept(&mut pending, &query);
        assert!(matches!(result, Ok(()) | Err(AcceptError::Refused(_))), "{query}: {result:?}");
    }
    // A response in the query and another in the fragment.
    let mut pending = begin(&server(false), None).pending;
    let state = pending.state().to_owned();
    for url in [
        format!("https://app.example/callback?code=c&state={state}#code=d&state={state}"),
        format!("https://app.example/callback?code=c#state={state}"),
        format!("https://app.example/callback?state={state}#error=access_denied"),
    ] {
        let result = pending.accept(&at(START), None, Callback::Url(&url)).map(drop);
        assert!(matches!(not_ours(result), NotOurs::Malformed(_)), "{url}");
    }
}

#[test]
fn b13_a_callback_at_another_redirect_uri_is_not_ours() {
    // RFC 9700, section 4.4.2.2: with one redirect URI for each server, the URI at which the answer came says which one answered.
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let server = server(false);
    let begin = |uri: &str| {
        let uri = RedirectUri::new(uri).unwrap();
        AuthorizationCode::new(&server, &client, uri).begin(&at(START)).unwrap().pending
    };
    for (redirect_uri, others) in [
        (
            "https://app.example/cb/honest?tenant=1",
            &[
                "https://app.example/cb/evil",
                "https://app.example/cb/honest/",
                "https://app.example/cb/Honest",
                "https://evil.example/cb/honest",
                "https://app.example:8443/cb/honest",
                "http://app.example/cb/honest",
                "/cb/honest",
                "",
            ][..],
        ),
        ("http://127.0.0.1:4000/cb", &["http://127.0.0.1:4001/cb", "http://localhost:4000/cb"]),
        ("com.example.app:/cb", &["com.example.other:/cb", "com.example.app:/"]),
    ] {
        for other in others {
            let mut pending = begin(redirect_uri);
            let url = |base: &str, state: &str| format!("{base}?code=c&state={state}");
            let forged = url(other, pending.state());
            let result = pending.accept(&at(START), None, Callback::Url(&forged)).map(drop);
            assert_eq!(not_ours(result), NotOurs::RedirectUri, "{other}");
            let (base, query) = redirect_uri.split_once('?').unwrap_or((redirect_uri, ""));
            let good = format!("{base}?{query}&code=c&state={}", pending.state());
            assert!(pending.accept(&at(START), None, Callback::Url(&good)).is_ok());
        }
    }
    // What browsers write differently is the same place.
    for (redirect_uri, seen) in
        [("https://app.example", "https://app.example/"), ("https://App.example:443/cb", "https://app.example/cb")]
    {
        let mut pending = begin(redirect_uri);
        let url = format!("{seen}?code=c&state={}", pending.state());
        assert!(pending.accept(&at(START), None, Callback::Url(&url)).is_ok(), "{redirect_uri}");
    }
}

#[test]
fn b13_redirect_uris_that_differ_in_their_queries_only_are_different_places() {
    // RFC 9700, section 4.4.2.2; RFC 6749, section 3.1.2: the query "MUST be retained when adding additional query parameters".
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let server = server(false);
    let result = |mode, query: &str| {
        let uri = RedirectUri::new("https://app.example/cb?as=honest+one&x=").unwrap();
        let pending =
            AuthorizationCode::new(&server, &client, uri).response_mode(mode).begin(&at(START)).unwrap().pending;
        let answer = format!("code=c&state={}", pending.state());
        let (in_query, in_fragment) = (format!("{query}&{answer}"), format!("https://app.example/cb?{query}#{answer}"));
        let in_url = format!("https://app.example/cb?{in_query}");
        let callbacks = match mode {
            ResponseMode::Fragment => vec![Callback::Url(&in_fragment)],
            ResponseMode::Query | _ => vec![Callback::Query(&in_query), Callback::Url(&in_url)],
        };
        let restore = || PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
        callbacks
            .into_iter()
            .map(|callback| restore().accept(&at(START), None, callback).map(drop))
            .collect::<Result<Vec<()>, _>>()
            .map(drop)
    };
    for mode in [ResponseMode::Query, ResponseMode::Fragment] {
        for other in
            ["", "as=evil&x=", "as=honest+one", "as=Honest+one&x=", "as=evil&x=&as=honest+one", "x=&x=&as=honest+one"]
        {
            assert_eq!(not_ours(result(mode, other)), NotOurs::RedirectUri, "{other}");
        }
        // In another order, and written in another way, it says the same.
        for same in ["as=honest+one&x=", "x=&as=honest%20one", "further=1&x&as=honest+one"] {
            assert!(result(mode, same).is_ok(), "{same}");
        }
    }
}

#[test]
fn a_login_can_say_who_is_expected_and_what_to_ask() {
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let server = server(false);
    let begin = |name, value| {
        let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
        let login = AuthorizationCode::new(&server, &client, redirect_uri)
            .prompt(Prompt::Consent)
            .login_hint("alice@example.com")
            .parameter(name, value);
        assert!(!format!("{login:?}").contains("alice"), "a person's name is not for a log");
        assert!(!format!("{login:?}").contains("value of its own"));
        login.begin(&at(START))
    };
    let url = begin("audience", "value of its own").unwrap().url;
    for part in ["prompt=consent", "login_hint=alice%40example.com", "audience=value+of+its+own"] {
        assert!(url.contains(part), "{part} is not in {url}");
    }
    for (name, value) in [("state", "x"), ("prompt", "none"), ("client_secret", "x"), ("audience", "")] {
        let error = begin(name, value).unwrap_err();
        assert!(matches!(error, Error::ApiMisuse(ApiMisuse::InvalidRequest(_))), "{name}: {error:?}");
    }
}

#[test]
fn a_pending_login_is_the_same_before_and_after_the_store() {
    // A fraction of a second is not stored, so it is not kept either.
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let pending = AuthorizationCode::new(&server(false), &client, redirect_uri)
        .lifetime(Duration::from_millis(1_900))
        .begin(&at(START.saturating_add(Duration::from_millis(900))))
        .unwrap()
        .pending;
    let restored = PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
    assert_eq!(pending.expires_at(), restored.expires_at());
    assert_eq!(format!("{pending:?}"), format!("{restored:?}"));
}

#[test]
fn b5_neither_a_callback_nor_what_is_made_of_it_shows_the_code() {
    let mut pending = begin(&server(false), None).pending;
    let state = pending.state().to_owned();
    let good = format!("code=MARKED-code&state={state}");
    let url = format!("https://app.example/callback?{good}");
    let mut shown =
        format!("{:?} {:?} {:?}", Callback::Query(&good), Callback::Url(&url), Callback::Form(good.as_bytes()));
    for bad in [format!("code=MARKED-code&state={state}x"), format!("{good}&error=MARKED"), format!("{good}&{good}")] {
        let error = pending.accept(&at(START), None, Callback::Query(&bad)).unwrap_err();
        shown.push_str(&format!("{error:?} {error}"));
    }
    let refusal = format!("error=x&error_description=MARKED&state={state}");
    let mut refused = PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
    let error = refused.accept(&at(START), None, Callback::Query(&refusal)).unwrap_err();
    shown.push_str(&format!("{error} {:?}", PendingAuthorization::state_in(Callback::Query(&good))));
    let flow = pending.accept(&at(START), None, Callback::Query(&good)).unwrap();
    shown.push_str(&format!("{flow:?}"));
    assert!(!shown.contains("MARKED") && !shown.contains(&state), "{shown}");
}

#[test]
fn b13_an_answer_of_one_server_never_redeems_anything_at_another() {
    // ISS-04, BCP-02: one browser, one redirect URI, two servers, of which one is the attacker's.
    let honest = server(true);
    let evil = AuthorizationServer::new(Issuer::new("https://evil.example").unwrap())
        .with_authorization_endpoint(Endpoint::new("https://evil.example/authorize").unwrap())
        .with_token_endpoint(Endpoint::new("https://evil.example/token").unwrap())
        .with_iss_parameter_supported(true);
    let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
    let mut moments = Moments::from_seed([3; 32]);
    let mut begin = |server: &AuthorizationServer| {
        let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
        AuthorizationCode::new(server, &client, redirect_uri).begin(&moments.at(START)).unwrap().pending
    };
    let (mut at_honest, mut at_evil) = (begin(&honest), begin(&evil));
    // The user meant to log in at the attacker's server, which sent the browser on to the honest one: its code comes back with the attacker's state.
    let mixed = format!("code=c&state={}&iss=https%3A%2F%2Fas.example", at_evil.state());
    assert_eq!(not_ours(accept(&mut at_evil, &mixed)), NotOurs::Issuer);
    // Whichever state is in it, each answer finds the login of its own server or none.
    let crossed = format!("code=c&state={}&iss=https%3A%2F%2Fevil.example", at_honest.state());
    assert_eq!(not_ours(accept(&mut at_honest, &crossed)), NotOurs::Issuer);
    for (pending, iss, endpoint) in [
        (&mut at_honest, "https%3A%2F%2Fas.example", "https://as.example/token"),
        (&mut at_evil, "https%3A%2F%2Fevil.example", "https://evil.example/token"),
    ] {
        let query = format!("code=c&state={}&iss={iss}", pending.state());
        let mut flow = pending.accept(&at(START), None, Callback::Query(&query)).unwrap();
        let Ok(Step::Send(request)) = flow.resume(at(START)) else { panic!("the code is redeemed") };
        assert_eq!(request.url(), endpoint);
    }
}

#[test]
fn b12_an_issuer_and_a_redirect_uri_are_compared_as_they_are_written() {
    // What a URL type would make the same, or another: upper case, the scheme's own port, a slash, an escape.
    for issuer in
        ["https://as.example/", "https://AS.example", "https://as.example:443/a%7eb", "https://as.example/a~b/"]
    {
        let server = AuthorizationServer::new(Issuer::new(issuer).unwrap())
            .with_authorization_endpoint(Endpoint::new("https://as.example/authorize").unwrap())
            .with_token_endpoint(Endpoint::new("https://as.example/token").unwrap());
        let client = Client::new(ClientId::new("app").unwrap(), Authentication::None);
        let uri = "https://APP.example:443/a%7eb?x=%2f";
        let redirect =
            AuthorizationCode::new(&server, &client, RedirectUri::new(uri).unwrap()).begin(&at(START)).unwrap();
        assert!(
            redirect.url.contains("redirect_uri=https%3A%2F%2FAPP.example%3A443%2Fa%257eb%3Fx%3D%252f"),
            "{}",
            redirect.url
        );
        let mut pending = redirect.pending;
        assert_eq!(pending.issuer().as_str(), issuer);
        let encode = |text: &str| text.replace('%', "%25").replace(':', "%3A").replace('/', "%2F");
        let answer = |iss: &str| format!("x=%2F&code=c&state={}&iss={}", pending.state(), encode(iss));
        let (good, other) = (answer(issuer), answer("https://as.example"));
        assert_eq!(not_ours(accept(&mut pending, &other)), NotOurs::Issuer, "{issuer}");
        assert!(accept(&mut pending, &good).is_ok(), "{issuer}");
    }
}
