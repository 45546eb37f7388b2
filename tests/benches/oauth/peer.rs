//! `oauth2` 5, as its documentation says: a client made before, messages made by its builders.

use std::cell::RefCell;
use std::convert::Infallible;

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenUrl,
};
use url::Url;

use super::{AUTHORIZE, CLIENT, CODE, REDIRECT, SCOPE, SECRET, TOKEN, VERIFIER};

pub(crate) type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

pub(crate) fn client() -> Client {
    BasicClient::new(ClientId::new(CLIENT.into()))
        .set_client_secret(ClientSecret::new(SECRET.into()))
        .set_auth_uri(AuthUrl::new(AUTHORIZE.into()).unwrap())
        .set_token_uri(TokenUrl::new(TOKEN.into()).unwrap())
        .set_redirect_uri(RedirectUrl::new(REDIRECT.into()).unwrap())
}

/// Its random source is its own.
pub(crate) fn authorization_url(client: &Client) -> String {
    begin(client, SCOPE).0.into()
}

/// A whole login, its callback read as in the example that it comes with (`examples/google.rs`): `url` decodes it, the state is compared by the application.
pub(crate) fn login(client: &Client, scope: &str, response: &HttpResponse) -> (Url, BasicTokenResponse) {
    let (url, state, verifier) = begin(client, scope);
    let callback = ["/callback?code=", CODE, "&state=", state.secret()].concat();
    let callback = Url::parse(&("http://localhost".to_string() + &callback)).unwrap();
    let parameter =
        |name: &str| callback.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let code = AuthorizationCode::new(parameter("code").unwrap());
    assert_eq!(parameter("state").as_ref(), Some(state.secret()));
    (url, redeem(client, code, verifier, response))
}

/// A token request of its own.
pub(crate) fn token_request(client: &Client, response: &HttpResponse) -> BasicTokenResponse {
    redeem(client, AuthorizationCode::new(CODE.into()), PkceCodeVerifier::new(VERIFIER.into()), response)
}

/// What a server answers with this body.
pub(crate) fn response(body: &str) -> HttpResponse {
    let response = http::Response::builder().header("content-type", "application/json");
    response.body(body.as_bytes().to_vec()).unwrap()
}

fn begin(client: &Client, scope: &str) -> (Url, CsrfToken, PkceCodeVerifier) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let scopes = scope.split(' ').map(|scope| Scope::new(scope.into()));
    let (url, state) =
        client.authorize_url(CsrfToken::new_random).add_scopes(scopes).set_pkce_challenge(challenge).url();
    (url, state, verifier)
}

/// It hands out its request only to an HTTP client: one that answers at once. Reading the answer is part of the time.
fn redeem(
    client: &Client,
    code: AuthorizationCode,
    verifier: PkceCodeVerifier,
    response: &HttpResponse,
) -> BasicTokenResponse {
    let kept = RefCell::new(None);
    let answer = |request: HttpRequest| -> Result<HttpResponse, Infallible> {
        *kept.borrow_mut() = Some(request);
        Ok(response.clone())
    };
    client.exchange_code(code).set_pkce_verifier(verifier).request(&answer).unwrap()
}

pub(crate) fn token_response(body: &str) -> BasicTokenResponse {
    serde_json::from_str(body).unwrap()
}
