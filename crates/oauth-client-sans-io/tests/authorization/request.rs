//! What an authorization request says, and what is refused before it is made.

use core::time::Duration;

use jwt_core::json::Object;
use jwt_core::{Algorithm, Jwk};
use oauth_client_sans_io::{
    Advice, ApiMisuse, AssertionKey, Authentication, AuthorizationCode, Client, DpopKey, Error, PendingAuthorization,
    SessionBinding,
};
use oauth_types::authorization::{AuthorizationRequest, Callback, Display, Prompt, ResponseMode};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::rar::{AuthorizationDetail, AuthorizationDetails};
use oauth_types::{ClientId, Endpoint, IdToken, Issuer, RedirectUri, Resource};

use crate::laws::scenarios::bound::bound;
use crate::laws::scenarios::{client, id_token_changed};
use crate::{Driven, START, asked, at, callback, done, field, json, keyring, parameter, sent, server};

/// What else the server says of itself.
type Change = fn(AuthorizationServer) -> AuthorizationServer;

fn public() -> Client {
    client(Authentication::None)
}

/// The code of the refusal.
fn refusal(login: AuthorizationCode<'_>) -> String {
    login.begin(&at()).unwrap_err().code().to_owned()
}

fn object(text: &str) -> Object {
    jwt_core::json::object_from_slice(text.as_bytes(), &jwt_core::json::Limits::default()).unwrap()
}

fn details() -> AuthorizationDetails {
    AuthorizationDetails::new().with(AuthorizationDetail::new("payment").unwrap().with_actions(["initiate"]))
}

#[test]
fn every_parameter_is_asked_for_as_it_was_given() {
    // OA-24, OA-25, OA-01
    let (server, client) = (server(), bound(Authentication::None));
    let login = AuthorizationCode::new(&server, &client, callback())
        .scope("openid email".parse().unwrap())
        .resource(Resource::new("https://api.example/a").unwrap())
        .resource(Resource::new("https://api.example/b").unwrap())
        .authorization_details(details())
        .prompt(Prompt::Login)
        .prompt(Prompt::Consent)
        .max_age(Duration::from_millis(3_600_900))
        .acr_values(["phr", "phrh"])
        .claims(object(r#"{"userinfo":{"email":{"essential":true}}}"#))
        .login_hint("alice@example.com")
        .id_token_hint(IdToken::new("a.b.c"))
        .ui_locales(["de-CH", "fr"])
        .display(Display::Touch)
        .response_mode(ResponseMode::Fragment)
        .parameter("audience", "a b");
    let shown = format!("{login:?}");
    let redirect = login.begin(&at()).unwrap();
    let (_, query) = redirect.url.split_once('?').unwrap();
    let request = AuthorizationRequest::from_query(query).unwrap();
    assert_eq!(request.scope(), Some(&"openid email".parse().unwrap()));
    let resources: Vec<_> = request.resources().iter().map(Resource::as_str).collect();
    assert_eq!(resources, ["https://api.example/a", "https://api.example/b"]);
    assert_eq!(request.authorization_details(), &details());
    assert_eq!(request.prompts(), [Prompt::Login, Prompt::Consent]);
    assert_eq!(request.max_age(), Some(Duration::from_secs(3600)));
    assert_eq!(request.acr_values(), Some("phr phrh"));
    assert_eq!(request.claims(), Some(&object(r#"{"userinfo":{"email":{"essential":true}}}"#)));
    assert_eq!(request.login_hint(), Some("alice@example.com"));
    assert!(request.id_token_hint().is_some_and(|hint| hint.matches("a.b.c")));
    assert_eq!(request.ui_locales(), Some("de-CH fr"));
    assert_eq!(request.display(), Some(Display::Touch));
    assert_eq!(request.response_mode(), Some(ResponseMode::Fragment));
    assert_eq!(request.parameter("audience"), Some("a b"));
    // DP-11: the thumbprint of RFC 8037, appendix A.3.
    assert_eq!(request.dpop_jkt(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    for hidden in ["alice", "a.b.c", "a b", "essential"] {
        assert!(!shown.contains(hidden), "{hidden} is in {shown}");
    }
}

#[test]
fn the_token_request_asks_for_the_same_resources_and_details() {
    // RFC 8707, section 2.2; RFC 9396, section 6
    let (server, client) = (server(), public());
    let mut pending = AuthorizationCode::new(&server, &client, callback())
        .resource(Resource::new("https://api.example/a").unwrap())
        .resource(Resource::new("https://api.example/b").unwrap())
        .authorization_details(details())
        .begin(&at())
        .unwrap()
        .pending;
    // The set is stored with the login.
    pending = PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
    let query = format!("code=c&state={}", pending.state());
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    let request = sent(flow.resume());
    let body = core::str::from_utf8(request.body()).unwrap();
    let (a, b) = ("resource=https%3A%2F%2Fapi.example%2Fa", "resource=https%3A%2F%2Fapi.example%2Fb");
    assert!(body.contains(a) && body.contains(b), "{body}");
    assert_eq!(field(&request, "authorization_details"), Some(details().to_json()));
    assert!(!body.contains("scope="), "{body}");
}

#[test]
fn b3_an_essential_acr_is_demanded_of_the_id_token_and_a_voluntary_one_is_not() {
    // OpenID Connect Core, section 5.5.1.1
    let (server, client) = (server(), public());
    let begin = || AuthorizationCode::new(&server, &client, callback()).scope("openid".parse().unwrap());
    let essential = begin().essential_acr(["phr", "phrh"]);
    let by_claims = begin().claims(object(
        r#"{"id_token":{"acr":{"essential":true,"values":["phr"],"value":"phrh"},"email":null},"userinfo":{"acr":{"essential":true,"values":["x"]}}}"#,
    ));
    let replaced = begin()
        .claims(object(r#"{"id_token":{"acr":{"essential":true,"values":["other"]},"email":null}}"#))
        .essential_acr(["phr", "phrh"]);
    let voluntary = begin().acr_values(["phr"]);
    let voluntary_claim = begin().claims(object(r#"{"id_token":{"acr":{"values":["phr"]}}}"#));
    let cases = [(essential, true), (by_claims, true), (replaced, true), (voluntary, false), (voluntary_claim, false)];
    for (login, demanded) in cases {
        for (acr, reached) in [(Some("phrh"), true), (Some("pwd"), false), (None, false)] {
            let (url, mut pending) = {
                let redirect = login.clone().begin(&at()).unwrap();
                (redirect.url, PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap())
            };
            let nonce = parameter(&url, "nonce").unwrap();
            let query = format!("code=c&state={}", pending.state());
            let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
            sent(flow.resume());
            let token = id_token_changed(START, |claims| {
                claims.insert("nonce", nonce.as_str());
                if let Some(acr) = acr {
                    claims.insert("acr", acr);
                }
            });
            let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
            let request = sent(flow.respond(json(200, &body)));
            let question = asked(flow.respond(crate::laws::scenarios::honest(&request, START)));
            let result = flow.answer(keyring().answer(question).unwrap());
            if demanded && !reached {
                let error = result.unwrap_err();
                let (code, advice) = match acr {
                    Some(_) => ("acr_mismatch", Advice::StepUp),
                    None => ("acr_missing", Advice::Stop),
                };
                assert_eq!((error.code(), error.advice()), (code, advice));
            } else {
                assert!(done(result).id_token.is_some());
            }
        }
    }
    let claims = parameter(&begin().essential_acr(["phr"]).begin(&at()).unwrap().url, "claims").unwrap();
    assert_eq!(claims, r#"{"id_token":{"acr":{"essential":true,"values":["phr"]}}}"#);
    let malformed = begin().claims(object(r#"{"id_token":"all"}"#)).essential_acr(["phr"]);
    assert_eq!(refusal(malformed), "unwritable_parameter");
}

#[test]
fn b3_a_login_that_is_too_old_is_one_to_repeat() {
    let (server, client) = (server(), public());
    let redirect = AuthorizationCode::new(&server, &client, callback())
        .scope("openid".parse().unwrap())
        .max_age(Duration::from_secs(60))
        .begin(&at())
        .unwrap();
    let nonce = parameter(&redirect.url, "nonce").unwrap();
    for (age, expected) in [(60, None), (91, Some(("authentication_too_old", Advice::Reauthenticate)))] {
        let mut pending = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
        let query = format!("code=c&state={}", pending.state());
        let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
        sent(flow.resume());
        let token = id_token_changed(START, |claims| {
            claims.insert("nonce", nonce.as_str());
            claims.insert("auth_time", START.as_unix() - age);
        });
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
        let request = sent(flow.respond(json(200, &body)));
        let question = asked(flow.respond(crate::laws::scenarios::honest(&request, START)));
        let result = flow.answer(keyring().answer(question).unwrap());
        assert_eq!(result.err().as_ref().map(|error| (error.code(), error.advice())), expected, "{age}");
    }
}

#[test]
fn b3_what_only_an_id_token_shows_is_not_given_up_with_the_scope() {
    // The server grants less than `openid`: without a demand that is its right, with one the login shows nothing.
    let (server, client) = (server(), public());
    let begin = || AuthorizationCode::new(&server, &client, callback()).scope("openid a".parse().unwrap());
    let narrowed = json(200, r#"{"access_token":"t","token_type":"Bearer","scope":"a"}"#);
    for (login, expected) in [
        (begin(), None),
        (begin().max_age(Duration::from_secs(60)), Some("id_token_missing")),
        (begin().essential_acr(["phr"]), Some("id_token_missing")),
    ] {
        let mut pending = login.begin(&at()).unwrap().pending;
        let query = format!("code=c&state={}", pending.state());
        let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
        sent(flow.resume());
        let result = flow.respond(narrowed.clone());
        assert_eq!(result.err().as_ref().map(Error::code), expected);
    }
}

#[test]
fn what_the_server_says_that_it_cannot_do_is_refused_before_anything_is_sent() {
    // PK-02, BCP-07; an absent list says nothing.
    let client = bound(Authentication::None);
    let with = |change: Change| change(server());
    let everything = |server: &AuthorizationServer| {
        AuthorizationCode::new(server, &client, callback())
            .scope("openid".parse().unwrap())
            .response_mode(ResponseMode::FormPost)
            .prompt(Prompt::Create)
            .display(Display::Popup)
            .essential_acr(["phr", "phrh"])
            .authorization_details(details())
            .begin(&at())
            .map(drop)
    };
    assert!(everything(&server()).is_ok());
    let cases: [(Change, &str); 9] = [
        (|server| server.with_code_challenge_methods(["plain"]), "S256"),
        (|server| server.with_grant_types(["client_credentials"]), "grant"),
        (|server| server.with_response_types(["token"]), "code"),
        (|server| server.with_response_modes(["query", "fragment"]), "response mode"),
        (|server| server.with_prompt_values(["none", "login"]), "prompt"),
        (|server| server.with_display_values(["page"]), "display"),
        (|server| server.with_acr_values(["pwd"]), "context class"),
        (|server| server.with_authorization_details_types(["account"]), "details"),
        (|server| server.with_dpop_signing_algs(["ES256"]), "DPoP"),
    ];
    for (change, what) in cases {
        let error = everything(&with(change)).unwrap_err();
        assert_eq!(error.code(), "unsupported_by_server", "{what}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let enough: Change = |server| {
        server
            .with_code_challenge_methods(["plain", "S256"])
            .with_response_types(["code id_token", "code"])
            .with_response_modes(["form_post"])
            .with_prompt_values(["create"])
            .with_display_values(["popup"])
            .with_acr_values(["phrh"])
            .with_authorization_details_types(["payment"])
            .with_dpop_signing_algs(["Ed25519"])
    };
    assert!(everything(&with(enough)).is_ok());
    // What is wished for and cannot be had is the server's to say.
    let acr_listed = with(|server| server.with_acr_values(["pwd"]));
    assert!(AuthorizationCode::new(&acr_listed, &client, callback()).acr_values(["phr"]).begin(&at()).is_ok());
}

#[test]
fn where_something_signed_is_to_come_the_keys_must_be_known() {
    let endpoint = |url| Endpoint::new(url).unwrap();
    let server = AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_authorization_endpoint(endpoint("https://as.example/authorize"))
        .with_token_endpoint(endpoint("https://as.example/token"));
    let client = public();
    let begin = || AuthorizationCode::new(&server, &client, callback());
    assert!(begin().begin(&at()).is_ok());
    assert_eq!(refusal(begin().scope("openid".parse().unwrap())), "missing_endpoint");
    assert_eq!(refusal(begin().response_mode(ResponseMode::Jwt)), "missing_endpoint");
    assert!(matches!(begin().push(&at()), Err(Error::ApiMisuse(ApiMisuse::MissingEndpoint(_)))));
}

#[test]
fn a_word_with_a_space_is_two_words_and_so_refused() {
    let (server, client) = (server(), public());
    let begin = || AuthorizationCode::new(&server, &client, callback());
    for bad in ["a b", "", "\t"] {
        assert_eq!(refusal(begin().acr_values([bad])), "unwritable_parameter");
        assert_eq!(refusal(begin().ui_locales(["de", bad])), "unwritable_parameter");
    }
}

#[test]
fn no_other_response_type_can_be_asked_for() {
    // OA-19, BCP-04, BCP-06: no implicit grant, no hybrid flow, no password; what is signed or pushed is so by `sign` and `push` only.
    let (server, client) = (server(), public());
    for (name, value) in [
        ("response_type", "code id_token"),
        ("response_type", "token"),
        ("grant_type", "password"),
        ("request", "a.b.c"),
        ("request_uri", "https://evil.example/request"),
        ("dpop_jkt", "x"),
    ] {
        let result = AuthorizationCode::new(&server, &client, callback()).parameter(name, value).begin(&at());
        match (name, result) {
            // Not a parameter of this request, and so without a meaning in it.
            ("grant_type", Ok(redirect)) => assert!(redirect.url.contains("response_type=code&")),
            (_, result) => assert_eq!(result.unwrap_err().code(), "reserved_parameter", "{name}"),
        }
    }
    // An answer of a hybrid flow, which nobody asked for: where it stands is wrong, and what it carries beside the code is not looked at.
    let mut pending = AuthorizationCode::new(&server, &client, callback()).begin(&at()).unwrap().pending;
    let hybrid = format!("https://app.example/callback#code=c&id_token=a.b.c&access_token=t&state={}", pending.state());
    let refused = pending.accept(&at(), None, Callback::Url(&hybrid)).unwrap_err();
    assert_eq!(refused.code(), "response_mode_mismatch");
}

#[test]
fn a_native_application_comes_back_to_any_port_or_to_its_own_scheme() {
    // RFC 8252, sections 7.1 and 7.3
    let (server, client) = (server(), public());
    for uri in [
        "http://127.0.0.1:49152/cb",
        "http://127.0.0.1:65535/cb",
        "http://[::1]:1234/",
        "http://127.0.0.1/cb",
        "com.example.app:/oauth2redirect",
        "com.example.app://callback",
        "https://app.example/claimed",
    ] {
        let redirect_uri = RedirectUri::new(uri).unwrap();
        let redirect = AuthorizationCode::new(&server, &client, redirect_uri).begin(&at()).unwrap();
        assert_eq!(parameter(&redirect.url, "redirect_uri").as_deref(), Some(uri));
        let mut pending = redirect.pending;
        let url = format!("{uri}?code=c&state={}", pending.state());
        let mut flow = Driven::new(pending.accept(&at(), None, Callback::Url(&url)).expect(uri));
        // OA-06: identically, port and all.
        assert_eq!(field(&sent(flow.resume()), "redirect_uri").as_deref(), Some(uri));
    }
    for uri in ["http://192.168.0.1/cb", "http://app.example/cb", "javascript:alert(1)", "app:/cb", "file:///cb"] {
        assert!(RedirectUri::new(uri).is_err(), "{uri}");
    }
}

#[test]
fn several_logins_are_pending_in_one_browser_and_each_is_found_by_its_state() {
    let (server, client, session) = (server(), public(), SessionBinding::new("one cookie for all tabs"));
    let mut moments = jwt_core::Moments::from_seed([8; 32]);
    let mut tabs: Vec<_> = (0..5)
        .map(|_| {
            let login = AuthorizationCode::new(&server, &client, callback()).session(&session);
            login.begin(&moments.at(START)).unwrap().pending
        })
        .collect();
    // They come back in another order than they went.
    for index in [3, 0, 4, 1, 2] {
        let query = format!("code=code-{index}&state={}", tabs[index].state());
        let state = PendingAuthorization::state_in(Callback::Query(&query)).unwrap();
        let found: Vec<_> = (0..5).filter(|tab| state.matches(tabs[*tab].state())).collect();
        assert_eq!(found, [index]);
        for (other, tab) in tabs.iter_mut().enumerate() {
            let result = tab.accept(&at(), Some(&session), Callback::Query(&query));
            assert_eq!(result.is_ok(), other == index, "{other} took the answer to {index}");
        }
        let again = tabs[index].accept(&at(), Some(&session), Callback::Query(&query));
        assert_eq!(again.unwrap_err().code(), "already_used");
    }
}

#[test]
fn a_pending_login_of_everything_takes_less_than_a_kibibyte() {
    // Names of usual lengths, and a login as OpenID Connect and DPoP have it at their fullest.
    let endpoint = |path: &str| Endpoint::new(format!("https://login.bank.example/realms/customers{path}")).unwrap();
    let server = AuthorizationServer::new(Issuer::new("https://login.bank.example/realms/customers").unwrap())
        .with_authorization_endpoint(endpoint("/protocol/openid-connect/auth"))
        .with_token_endpoint(endpoint("/protocol/openid-connect/token"))
        .with_jwks_uri(endpoint("/protocol/openid-connect/certs"))
        .with_iss_parameter_supported(true);
    let jwk = br#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let dpop = DpopKey::new("dpop/2024-01", Algorithm::ES256, &Jwk::from_slice(jwk).unwrap()).unwrap();
    let assertion = AssertionKey::new("kms/client/2024-01", Algorithm::ES256).kid("2024-01-client-signing");
    let client_id = ClientId::new("7b1d6c3e-52a4-4f0e-9a57-1f7c7b0d9e11").unwrap();
    let client = Client::new(client_id, Authentication::PrivateKeyJwt(assertion)).dpop(dpop);
    let redirect_uri = RedirectUri::new("https://shop.example/account/login/callback").unwrap();
    let pending = AuthorizationCode::new(&server, &client, redirect_uri)
        .scope("openid profile email".parse().unwrap())
        .session(&SessionBinding::new("cookie"))
        .begin(&at())
        .unwrap()
        .pending;
    let stored = pending.to_stored();
    assert!(stored.len() <= 1024, "{} bytes: {stored}", stored.len());
    assert!(PendingAuthorization::from_stored(&stored).is_ok());
}
