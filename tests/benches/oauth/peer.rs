//! `oauth2` 5, as its documentation says: a client made before, messages made by its builders.

use std::cell::RefCell;
use std::convert::Infallible;

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenUrl,
};

use super::{ANSWER, AUTHORIZE, CLIENT, CODE, REDIRECT, SCOPE, SECRET, TOKEN, VERIFIER};

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
    let (challenge, _verifier) = PkceCodeChallenge::new_random_sha256();
    let scopes = SCOPE.split(' ').map(|scope| Scope::new(scope.into()));
    let (url, _state) =
        client.authorize_url(CsrfToken::new_random).add_scopes(scopes).set_pkce_challenge(challenge).url();
    url.into()
}

/// It hands out its request only to an HTTP client: one that answers at once. Reading the answer is part of the time.
pub(crate) fn token_request(client: &Client) -> BasicTokenResponse {
    let kept = RefCell::new(None);
    let answer = |request: HttpRequest| -> Result<HttpResponse, Infallible> {
        *kept.borrow_mut() = Some(request);
        Ok(HttpResponse::new(ANSWER.as_bytes().to_vec()))
    };
    client
        .exchange_code(AuthorizationCode::new(CODE.into()))
        .set_pkce_verifier(PkceCodeVerifier::new(VERIFIER.into()))
        .request(&answer)
        .unwrap()
}

pub(crate) fn token_response(body: &str) -> BasicTokenResponse {
    serde_json::from_str(body).unwrap()
}
