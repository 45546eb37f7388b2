//! Providers whose documents name another issuer than they are asked for, and their ID tokens.

use oauth_client_sans_io::{Authentication, AuthorizationCode, Client, Discovery, PendingAuthorization};
use oauth_types::authorization::Callback;
use oauth_types::metadata::{AuthorizationServer, IssuerComparison};
use oauth_types::{Issuer, Reading};

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
