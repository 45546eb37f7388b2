//! Providers whose documents name another issuer than they are asked for, and their ID tokens.

use oauth_client_sans_io::{
    AcceptError, Authentication, AuthorizationCode, Client, CodeExchange, Discovery, IdTokenCheck, NotOurs,
    PendingAuthorization,
};
use oauth_types::authorization::Callback;
use oauth_types::metadata::{AuthorizationServer, IssuerComparison};
use oauth_types::{IdToken, Issuer, Reading};

use crate::laws::scenarios::{client, honest, id_token_changed};
use crate::{Driven, START, asked, at, callback, done, json, keyring, parameter, sent};

const ASKED: &str = "https://login.example/common/v2.0";
const TEMPLATE: &str = "https://login.example/{tenantid}/v2.0";

fn document(issuer: &str) -> String {
    format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"https://login.example/authorize","token_endpoint":"https://login.example/token","jwks_uri":"https://keys.example/jwks","response_types_supported":["code"]}}"#
    )
}

/// The server, or the code of the refusal; with the flow stored and restored on the way.
fn discovered(flow: Discovery, found: &str) -> Result<AuthorizationServer, String> {
    let mut flow = Driven::new(Discovery::from_stored(&flow.to_stored()).unwrap());
    sent(flow.resume());
    flow.flow = Discovery::from_stored(&flow.flow.to_stored()).unwrap();
    match flow.respond(json(200, document(found))) {
        Ok(step) => Ok(done(Ok(step))),
        Err(error) => Err(error.code().to_owned()),
    }
}

#[test]
fn an_issuer_is_compared_byte_by_byte_unless_the_provider_is_known_to_need_more() {
    // MD-02
    let flow = |asked: &str| Discovery::new(Issuer::new(asked).unwrap());
    let refused = Err("metadata_issuer_mismatch".to_owned());
    let issuer = |result: Result<AuthorizationServer, String>| result.map(|server| server.issuer().as_str().to_owned());

    assert_eq!(issuer(discovered(flow(ASKED), TEMPLATE)), refused);
    let template = || flow(ASKED).issuer_comparison(IssuerComparison::TenantTemplate);
    assert_eq!(issuer(discovered(template(), TEMPLATE)), Ok(TEMPLATE.to_owned()));
    assert_eq!(issuer(discovered(template(), "https://evil.example/{tenantid}/v2.0")), refused);
    assert_eq!(issuer(discovered(template().reading(Reading::Strict), TEMPLATE)), refused);

    let root = "https://login.example";
    assert_eq!(issuer(discovered(flow(root), "https://login.example/")), refused);
    let slash = || flow(root).issuer_comparison(IssuerComparison::RootSlash);
    assert_eq!(issuer(discovered(slash(), "https://login.example/")), Ok("https://login.example/".to_owned()));
    assert_eq!(issuer(discovered(slash(), "https://login.example/x")), refused);
}

#[test]
fn a_login_at_the_template_of_many_tenants_takes_an_id_token_of_each_and_of_nobody_else() {
    let server = discovered(
        Discovery::new(Issuer::new(ASKED).unwrap()).issuer_comparison(IssuerComparison::TenantTemplate),
        TEMPLATE,
    )
    .unwrap();
    let client: Client = client(Authentication::None);
    let redirect =
        AuthorizationCode::new(&server, &client, callback()).scope("openid".parse().unwrap()).begin(&at()).unwrap();
    let nonce = parameter(&redirect.url, "nonce").unwrap();
    for (iss, tid, expected) in [
        ("https://login.example/tenant-1/v2.0", Some("tenant-1"), None),
        ("https://login.example/tenant-1/v2.0", Some("tenant-2"), Some("issuer_mismatch")),
        ("https://login.example/tenant-1/v2.0", None, Some("issuer_mismatch")),
        ("https://login.example/a/../b/v2.0", Some("a/../b"), Some("issuer_mismatch")),
        ("https://evil.example/tenant-1/v2.0", Some("tenant-1"), Some("issuer_mismatch")),
        (ASKED, None, Some("issuer_mismatch")),
    ] {
        let mut pending = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
        let query = format!("code=c&state={}", pending.state());
        let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
        sent(flow.resume());
        let token = id_token_changed(START, |claims| {
            claims.insert("nonce", nonce.as_str());
            claims.insert("iss", iss);
            if let Some(tid) = tid {
                claims.insert("tid", tid);
            }
        });
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
        let request = sent(flow.respond(json(200, &body)));
        let question = asked(flow.respond(honest(&request, START)));
        let result = flow.answer(keyring().answer(question).unwrap());
        assert_eq!(result.err().as_ref().map(oauth_client_sans_io::Error::code), expected, "{iss} {tid:?}");
    }
}

// QUIRKS, ID tokens: Google's `iss` with and without `https://`.
#[test]
fn an_id_token_names_its_issuer_without_a_scheme_only_at_a_server_of_which_the_caller_says_so() {
    let client: Client = client(Authentication::None);
    let plain = crate::server();
    for (server, iss, expected) in [
        (plain.clone(), "https://as.example", None),
        (plain.clone(), "as.example", Some("issuer_mismatch")),
        (plain.clone().with_schemeless_issuer(true), "https://as.example", None),
        (plain.clone().with_schemeless_issuer(true), "as.example", None),
        (plain.clone().with_schemeless_issuer(true), "evil.example", Some("issuer_mismatch")),
        (plain.clone().with_schemeless_issuer(true), "https://evil.example", Some("issuer_mismatch")),
    ] {
        let redirect =
            AuthorizationCode::new(&server, &client, callback()).scope("openid".parse().unwrap()).begin(&at()).unwrap();
        // Whatever is stored knows it.
        let mut pending = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
        let query = format!("code=c&state={}&iss=https%3A%2F%2Fas.example", pending.state());
        let flow = pending.accept(&at(), None, Callback::Query(&query)).unwrap();
        let mut flow = Driven::new(CodeExchange::from_stored(&flow.to_stored()).unwrap());
        sent(flow.resume());
        let token = id_token_changed(START, |claims| {
            claims.insert("nonce", parameter(&redirect.url, "nonce").unwrap());
            claims.insert("iss", iss);
        });
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
        let request = sent(flow.respond(json(200, &body)));
        flow.flow = CodeExchange::from_stored(&flow.flow.to_stored()).unwrap();
        let question = asked(flow.respond(honest(&request, START)));
        let result = flow.answer(keyring().answer(question).unwrap());
        assert_eq!(result.as_ref().err().map(oauth_client_sans_io::Error::code), expected, "{iss}");
        if let Ok(step) = result {
            // One issuer, one user: whoever keys users by issuer and subject finds one.
            assert_eq!(done(Ok(step)).id_token.unwrap().claims().issuer(), "https://as.example");
        }
    }
}

#[test]
fn b13_a_second_spelling_in_id_tokens_is_none_in_a_callback() {
    // ISS-01, ISS-02
    let client: Client = client(Authentication::None);
    let server = crate::server().with_iss_parameter_supported(true).with_schemeless_issuer(true);
    let redirect = AuthorizationCode::new(&server, &client, callback()).begin(&at()).unwrap();
    let mut pending = redirect.pending;
    for (iss, expected) in [("&iss=as.example", NotOurs::Issuer), ("", NotOurs::IssuerMissing)] {
        let query = format!("code=c&state={}{iss}", pending.state());
        let found = pending.accept(&at(), None, Callback::Query(&query)).map(drop);
        assert!(matches!(found, Err(AcceptError::NotOurs(found)) if found == expected), "{iss}");
    }
    let query = format!("code=c&state={}&iss=https%3A%2F%2Fas.example", pending.state());
    assert!(pending.accept(&at(), None, Callback::Query(&query)).is_ok());
}

#[test]
fn the_id_token_of_a_refresh_may_be_spelt_the_short_way_too_where_that_is_said() {
    let issuer = Issuer::new("https://as.example").unwrap();
    let client: Client = client(Authentication::None);
    let token = id_token_changed(START, |claims| drop(claims.insert("iss", "as.example")));
    for (said, expected) in [(false, Some("issuer_mismatch")), (true, None)] {
        let jwks_uri = crate::server().jwks_uri().cloned();
        let check = IdTokenCheck::new(&issuer, client.id(), IdToken::new(token.as_str()), jwks_uri);
        let check = if said { check.schemeless_issuer() } else { check };
        let mut flow = Driven::new(IdTokenCheck::from_stored(&check.to_stored()).unwrap());
        let request = sent(flow.resume());
        let question = asked(flow.respond(honest(&request, START)));
        let result = flow.answer(keyring().answer(question).unwrap());
        assert_eq!(result.err().as_ref().map(oauth_client_sans_io::Error::code), expected);
    }
}
