//! What writing and reading OAuth messages costs beside doing it by hand, and beside `oauth2`. See `README.md` in the directory above.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that measures time and prints a table"
)]

mod by_hand;
mod devices;
mod flows;
mod peer;
#[allow(dead_code, reason = "the other bench uses all of it")]
#[path = "../jwt/table.rs"]
mod table;

use jwt_core::{Moment, Timestamp};
use oauth_types::authorization::{AuthorizationRequest, AuthorizationResponse, Callback};
use oauth_types::{
    AuthorizationCode, BearerChallenge, Challenges, ClientAuth, ClientId, ClientSecret, CodeVerifier, Endpoint, Expect,
    HttpResponse, Pkce, Reading, RedirectUri, Scope, State, TokenRequest, TokenResponse,
};

use self::table::{Table, Work};

pub(crate) const CLIENT: &str = "s6BhdRkqt3";
pub(crate) const SECRET: &str = "gX1fBat3bV-and-a-few-more";
pub(crate) const REDIRECT: &str = "https://client.example/callback";
pub(crate) const AUTHORIZE: &str = "https://as.example/authorize";
pub(crate) const TOKEN: &str = "https://as.example/token";
pub(crate) const SCOPE: &str = "openid profile email";
pub(crate) const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA-SplxlOBeZQQYbYS6WxSbIA";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const ANSWER: &str = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIAtGzv3JOkF0XG5Qx2TlKWIA","scope":"openid profile email"}"#;
const CALLBACK: &str =
    "code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkjaf0ifjsldkjaf0ifjsldkj&iss=https%3A%2F%2Fas.example";
const CHALLENGE: &str = r#"Bearer realm="example", error="insufficient_scope", scope="read write", resource_metadata="https://api.example/.well-known/oauth-protected-resource""#;

fn main() {
    let table = Table::from_arguments();
    authorization_url(&table);
    token_request(&table);
    token_response(&table);
    reading(&table);
    flows::code_exchange(&table);
    devices::polls(&table);
}

fn moment() -> Moment {
    Moment::new(Timestamp::from_unix(1_700_000_000), [7; 32])
}

/// State and PKCE made anew for each URL, as each login needs them.
fn authorization_url(table: &Table) {
    let (client, redirect) = (ClientId::new(CLIENT).unwrap(), RedirectUri::new(REDIRECT).unwrap());
    let (endpoint, scope) = (Endpoint::new(AUTHORIZE).unwrap(), Scope::parse(SCOPE).unwrap());
    let peer = peer::client();
    table.run(
        "authorization URL with state and PKCE",
        vec![
            Work::new("by hand: the same hashes, appended", || by_hand::authorization_url(&moment())),
            Work::new("ours: state, PKCE, request, URL", || {
                let at = moment();
                let (state, pkce) = (State::generate(&at), Pkce::generate(&at));
                let request = AuthorizationRequest::new(client.clone(), redirect.clone(), state, pkce.challenge());
                request.with_scope(scope.clone()).to_url(&endpoint).unwrap()
            })
            .goal(1.5),
            Work::new("oauth2 5", || peer::authorization_url(&peer)),
        ],
    );
}

fn token_request(table: &Table) {
    let (client, redirect) = (ClientId::new(CLIENT).unwrap(), RedirectUri::new(REDIRECT).unwrap());
    let (endpoint, auth) = (Endpoint::new(TOKEN).unwrap(), ClientAuth::Basic(ClientSecret::new(SECRET)));
    let (peer, response) = (peer::client(), peer::response(ANSWER));
    table.run(
        "token request with a code, Basic authentication",
        vec![
            Work::new("by hand: a form, a field", by_hand::token_request),
            Work::new("ours", || {
                let (code, verifier) = (AuthorizationCode::new(CODE), CodeVerifier::new(VERIFIER).unwrap());
                let request = TokenRequest::authorization_code(code, verifier, Some(redirect.clone()));
                request.to_http(&endpoint, &client, &auth).unwrap()
            })
            .goal(1.4),
            Work::new("oauth2 5", || peer::token_request(&peer, &response)),
        ],
    );
}

fn token_response(table: &Table) {
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(ANSWER);
    let odd = response.clone().with_body(ANSWER.replace("3600", "\"3600\""));
    let asked = Scope::parse(SCOPE).unwrap();
    let expect = Expect::new(Timestamp::from_unix(1_700_000_000)).scope(&asked);
    table.run(
        "token response",
        vec![
            Work::new("serde_json into owned texts", || serde_json::from_str::<by_hand::Answer>(ANSWER).unwrap()),
            Work::new("the same from bytes, as they come", || {
                serde_json::from_slice::<by_hand::Answer>(ANSWER.as_bytes()).unwrap()
            }),
            Work::new("ours", || TokenResponse::from_http(&response, &expect).unwrap()).goal(1.25),
            Work::new("ours, a lifetime that is a string", || TokenResponse::from_http(&odd, &expect).unwrap()),
            Work::new("oauth2 5", || peer::token_response(ANSWER)),
        ],
    );
}

fn reading(table: &Table) {
    table.run(
        "reading what comes by a browser and in a field",
        vec![
            Work::new("callback", || AuthorizationResponse::parse(Callback::Query(CALLBACK)).unwrap()),
            Work::new("challenge, any", || Challenges::parse([CHALLENGE], Reading::Interop).unwrap()),
            Work::new("challenge, Bearer", || {
                let challenges = Challenges::parse([CHALLENGE], Reading::Interop).unwrap();
                BearerChallenge::find(&challenges, Reading::Interop).unwrap()
            }),
        ],
    );
}
