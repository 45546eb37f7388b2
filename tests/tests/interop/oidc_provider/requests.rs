//! Requests and responses that do not go through the browser in the clear: pushed, signed, and what FAPI 2.0 makes of them.

use jwt_core::{Algorithm, base64url};
use oauth_client_sans_io::{
    ApiMisuse, AuthorizationCode, Client, Error, Introspection, PendingAuthorization, Profile, Redirect, Refresh,
    RequestObjectKey, Rule,
};
use oauth_resource_sans_io::{Check, Guard, Introspect, Need, RequestHead};
use oauth_types::Resource;
use oauth_types::authorization::{Callback, ResponseMode};
use oauth_types::dpop::DpopNonce;
use oauth_types::rar::{AuthorizationDetail, AuthorizationDetails};
use oauth_types::token::TokenType;

use super::{Provider, begin, client, login, provider};
use crate::browser::{Back, Browser};
use crate::driving::{CALLBACK, at, callback, code, finish, keyring, run, subject};

fn files() -> Resource {
    Resource::new("https://api.example/files").unwrap()
}

fn request_key() -> RequestObjectKey {
    RequestObjectKey::new("key", Algorithm::ES256).kid("rfc7515-a3")
}

#[test]
fn a_request_is_pushed() {
    let Some(provider) = provider() else { return };
    for id in ["public", "basic", "secret-jwt", "key-jwt", "dpop"] {
        let client = client(id);
        let redirect = run(begin(provider, &client, "openid files.read").push(&at()).unwrap()).unwrap();
        assert!(redirect.url.contains("&request_uri=urn") && !redirect.url.contains("scope"), "{}", redirect.url);
        assert!(redirect.expires_at.is_some(), "{id}");
        assert_eq!(subject(&finish(&redirect.url, redirect.pending).unwrap()), "alice", "{id}");
    }
}

#[test]
fn a_request_is_signed() {
    let Some(provider) = provider() else { return };
    let client = client("jar");
    let signed = || begin(provider, &client, "openid files.read").request_object(request_key());
    let redirect = run(signed().sign(&at()).unwrap()).unwrap();
    assert!(redirect.url.contains("&request=ey") && !redirect.url.contains("scope"), "{}", redirect.url);
    assert_eq!(subject(&finish(&redirect.url, redirect.pending).unwrap()), "alice");
    // Signed and pushed.
    let redirect = run(signed().push(&at()).unwrap()).unwrap();
    assert_eq!(subject(&finish(&redirect.url, redirect.pending).unwrap()), "alice");

    // This client's requests are signed, or worth nothing.
    assert_eq!(code(run(begin(provider, &client, "openid").push(&at()).unwrap())), "invalid_request");
    // Another word in it, and the signature does not hold.
    let redirect = run(signed().sign(&at()).unwrap()).unwrap();
    let (before, object) = redirect.url.split_once("&request=").unwrap();
    let (head, rest) = object.split_once('.').unwrap();
    let other = if rest.starts_with("eyJh") { "eyJi" } else { "eyJh" };
    let forged = format!("{before}&request={head}.{other}{}", &rest[4..]);
    // Where it should come back to is not believed either: it is told at the address that is registered, which has no port.
    let back = Browser::of("alice").open(&forged, "http://127.0.0.1/callback");
    assert!(matches!(&back, Back::Redirect(url) if url.contains("error=invalid_request_object")), "{back:?}");
}

#[test]
fn a_response_is_signed_in_every_mode() {
    let Some(provider) = provider() else { return };
    let client = client("jarm");
    for mode in [ResponseMode::Jwt, ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt] {
        let redirect = begin(provider, &client, "openid").response_mode(mode).begin(&at()).unwrap();
        let login = finish(&redirect.url, redirect.pending).unwrap();
        assert_eq!(subject(&login), "alice", "{mode}");
        assert!(login.fetched_keys.is_some(), "{mode}");
    }
}

#[test]
fn a_refusal_is_signed_too() {
    let Some(provider) = provider() else { return };
    let client = client("jarm");
    let redirect = begin(provider, &client, "openid").response_mode(ResponseMode::Jwt).begin(&at()).unwrap();
    let (back, mut pending) = (Browser::of("alice").declining().open(&redirect.url, CALLBACK), redirect.pending);
    assert_eq!(code(run(pending.accept(&at(), None, callback(&back)).unwrap())), "access_denied");
}

#[test]
fn a_signed_response_that_was_tampered_with_is_refused() {
    let Some(provider) = provider() else { return };
    let client = client("jarm");
    let begin = |provider| begin(provider, &client, "openid").response_mode(ResponseMode::Jwt).begin(&at()).unwrap();
    let Redirect { url, pending, .. } = begin(provider);
    let Back::Redirect(honest) = Browser::of("alice").open(&url, CALLBACK) else { panic!("no redirect") };
    // One letter of the signature.
    let signature = honest.rfind('.').unwrap() + 1;
    let letter = if honest[signature..].starts_with('A') { "B" } else { "A" };
    let forged = format!("{}{letter}{}", &honest[..signature], &honest[signature + 1..]);
    let mut copy = PendingAuthorization::from_stored(&pending.to_stored()).unwrap();
    assert_eq!(code(run(copy.accept(&at(), None, Callback::Url(&forged)).unwrap())), "invalid_signature");
    // The response to another login, honest as it is.
    let mut other = begin(provider).pending;
    assert_eq!(other.accept(&at(), None, Callback::Url(&honest)).unwrap_err().code(), "state_mismatch");
    // What was refused is no use to anybody; the honest one still is.
    let mut pending = pending;
    assert!(run(pending.accept(&at(), None, Callback::Url(&honest)).unwrap()).is_ok());
}

fn report() -> AuthorizationDetails {
    let detail = AuthorizationDetail::new("files").unwrap().with_actions(["read"]).with_identifier("report");
    AuthorizationDetails::new().with(detail)
}

#[test]
fn a_login_asks_for_single_rights() {
    let Some(provider) = provider() else { return };
    let client = client("basic");
    let details = report();
    let asked =
        |details| begin(provider, &client, "openid files.read").resource(files()).authorization_details(details);
    let redirect = asked(details.clone()).begin(&at()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    assert_eq!(login.tokens.authorization_details(), Some(&details));
    let fresh = run(Refresh::new(&provider.server, &client, &login.tokens).unwrap()).unwrap();
    assert_eq!(fresh.authorization_details(), Some(&details));
    // They stand in the access token, which is a JWT.
    let payload = fresh.access_token().expose().split('.').nth(1).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap();
    assert_eq!(
        payload["authorization_details"].to_string(),
        r#"[{"actions":["read"],"identifier":"report","type":"files"}]"#
    );
    // A kind of right that the server does not say it knows is not even asked for.
    let unknown = AuthorizationDetails::new().with(AuthorizationDetail::new("payments").unwrap());
    let refused = asked(unknown).push(&at()).unwrap_err();
    assert!(matches!(refused, Error::ApiMisuse(ApiMisuse::Unsupported(_))), "{refused:?}");
    // One that it knows, in a shape that it does not take.
    let shapeless = AuthorizationDetail::new("files").unwrap().with_identifier("");
    let pushed = asked(AuthorizationDetails::new().with(shapeless)).push(&at()).unwrap();
    assert_eq!(code(run(pushed)), "invalid_authorization_details");
}

#[test]
fn an_api_learns_which_single_rights_a_token_has() {
    let Some(provider) = provider() else { return };
    let (public, details) = (client("public"), report());
    let api = "https://api.example/opaque";
    let begin = begin(provider, &public, "openid files.read").resource(Resource::new(api).unwrap());
    let redirect = begin.authorization_details(details.clone()).begin(&at()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    let guard = Guard::new(api).introspection(provider.server.issuer().clone(), Introspect::Opaque);
    let value = login.tokens.authorization().unwrap();
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]);
    for id in ["basic", "signed-introspection"] {
        let Check::Needs(Need::Introspection(check)) = guard.check(&head, at().now()) else { panic!("no question") };
        let flow = check.flow(&provider.server, &client(id)).unwrap();
        let said = run(if id == "basic" { flow } else { flow.signed(id) }).unwrap();
        assert_eq!(said.response.active().unwrap().authorization_details(), Some(&details), "{id}");
        let Check::Granted(principal) = check.decide(&said.response, at().now()) else { panic!("{id} is refused") };
        assert_eq!(principal.authorization_details(), details, "{id}");
    }
}

/// Everything is on loopback, where there is no TLS: the one rule that is left out.
fn fapi(id: &str, profile: Profile) -> Client {
    client(id).profile(profile.dangerous_without(Rule::Https))
}

fn message_signing<'s>(provider: &'s Provider, client: &'s Client) -> AuthorizationCode<'s> {
    begin(provider, client, "openid files.read").request_object(request_key()).response_mode(ResponseMode::Jwt)
}

#[test]
fn fapi_2_security_profile() {
    let Some(provider) = provider() else { return };
    let client = fapi("fapi", Profile::fapi2_security());
    assert!(matches!(
        begin(provider, &client, "openid").begin(&at()),
        Err(Error::ApiMisuse(ApiMisuse::Forbidden(Rule::PushedRequest)))
    ));
    let redirect = run(begin(provider, &client, "openid files.read").push(&at()).unwrap()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    assert_eq!((subject(&login), login.tokens.token_type()), ("alice", &TokenType::DPoP));
    let fresh = run(Refresh::new(&provider.server, &client, &login.tokens).unwrap()).unwrap();
    assert_eq!(fresh.dpop_jkt(), login.tokens.dpop_jkt());
}

#[test]
fn fapi_2_message_signing() {
    let Some(provider) = provider() else { return };
    let client = fapi("fapi-ms", Profile::fapi2_message_signing());
    let redirect = run(message_signing(provider, &client).push(&at()).unwrap()).unwrap();
    let login = finish(&redirect.url, redirect.pending).unwrap();
    assert_eq!((subject(&login), login.tokens.token_type()), ("alice", &TokenType::DPoP));
    let token = || jwt_core::Secret::new(login.tokens.access_token().expose());
    let said = run(Introspection::new(&provider.server, &client, token()).unwrap().signed("fapi-ms")).unwrap();
    assert_eq!(said.response.active().unwrap().sub(), Some("alice"));
}

#[test]
fn a_nonce_that_the_server_does_not_know_costs_one_more_request_and_no_more() {
    let Some(provider) = provider() else { return };
    // DP-07, DP-08
    let client = client("dpop");
    let stale = DpopNonce::new("a-nonce-of-last-year").unwrap();
    let redirect = begin(provider, &client, "openid").dpop_nonce(Some(stale)).begin(&at()).unwrap();
    let mut pending = redirect.pending;
    let back = Browser::of("alice").open(&redirect.url, CALLBACK);
    let mut exchange = pending.accept(&at(), None, callback(&back)).unwrap();
    let token_endpoint = provider.server.token_endpoint().unwrap().as_str();
    let (agent, keyring, mut statuses) = (conformance::transport::blocking::agent(), keyring(), Vec::new());
    let send = |request: oauth_types::HttpRequest| {
        let of_token = request.url() == token_endpoint;
        let response = conformance::transport::blocking::send(&agent, request)?;
        if of_token {
            statuses.push(response.status());
        }
        Ok(response)
    };
    let login =
        oauth_client_sans_io::drive::blocking(&mut exchange, at, std::thread::sleep, send, |q| keyring.answer(q));
    assert_eq!(subject(&login.unwrap()), "alice");
    assert_eq!(statuses, [400, 200]);
    // One who knows the newest is not asked again.
    let again = login_with_newest(provider, &client);
    assert_eq!(again, [200]);
}

/// The statuses of the token endpoint in a refresh that begins with the nonce that came last.
fn login_with_newest(provider: &Provider, client: &Client) -> Vec<u16> {
    let login = login(provider, client, "openid");
    let nonce = login.tokens.dpop_nonce().cloned();
    let mut flow = Refresh::new(&provider.server, client, &login.tokens).unwrap().dpop_nonce(nonce);
    let (agent, keyring, mut statuses) = (conformance::transport::blocking::agent(), keyring(), Vec::new());
    let send = |request| {
        let response = conformance::transport::blocking::send(&agent, request)?;
        statuses.push(response.status());
        Ok(response)
    };
    oauth_client_sans_io::drive::blocking(&mut flow, at, std::thread::sleep, send, |q| keyring.answer(q)).unwrap();
    statuses
}
