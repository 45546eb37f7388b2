//! What a machine costs beside the messages that it sends and reads, and beside `oauth2`.

use jwt_core::{Answer, Question, Secret};
use oauth_client_sans_io::{Authentication, AuthorizationCode as Login, Client, Flow, Step, Tokens};
use oauth_types::authorization::{AuthorizationRequest, AuthorizationResponse, Callback, Outcome};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{
    ClientAuth, ClientId, ClientSecret, Endpoint, Expect, HttpResponse, Issuer, Pkce, RedirectUri, Scope, State,
    TokenRequest, TokenResponse,
};

use super::table::{Table, Work};
use super::{ANSWER, AUTHORIZE, CLIENT, CODE, REDIRECT, SCOPE, SECRET, TOKEN, moment, peer};

/// As many words as in the other rows, but without `openid`, with which ours would demand and check an ID token.
const ASKED: &str = "profile email address";

/// From the first request to the tokens, without HTTP: the redirect, the callback, the token request, its response.
pub(crate) fn code_exchange(table: &Table) {
    let server = AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
        .with_authorization_endpoint(Endpoint::new(AUTHORIZE).unwrap())
        .with_token_endpoint(Endpoint::new(TOKEN).unwrap());
    let client = Client::new(ClientId::new(CLIENT).unwrap(), Authentication::SecretBasic("secret".into()));
    let (redirect, scope) = (RedirectUri::new(REDIRECT).unwrap(), Scope::parse(ASKED).unwrap());
    let answer = ANSWER.replace(SCOPE, ASKED);
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(answer.as_str());
    let (peer, peer_response) = (peer::client(), peer::response(&answer));
    table.run(
        "a whole exchange of a code, without HTTP",
        vec![
            Work::new("the messages alone", || {
                let at = moment();
                let (state, pkce) = (State::generate(&at), Pkce::generate(&at));
                let id = ClientId::new(CLIENT).unwrap();
                let request = AuthorizationRequest::new(id.clone(), redirect.clone(), state.clone(), pkce.challenge());
                let url = request.with_scope(scope.clone()).to_url(&Endpoint::new(AUTHORIZE).unwrap()).unwrap();
                let callback = ["code=", CODE, "&state=", state.expose()].concat();
                let parsed = AuthorizationResponse::parse(Callback::Query(&callback)).unwrap();
                assert!(parsed.state().is_some_and(|found| state.matches(found)));
                let Outcome::Code(code) = parsed.into_outcome() else { unreachable!() };
                let request = TokenRequest::authorization_code(code, pkce.into_verifier(), Some(redirect.clone()));
                let auth = ClientAuth::Basic(ClientSecret::new(SECRET));
                let request = request.to_http(&Endpoint::new(TOKEN).unwrap(), &id, &auth).unwrap();
                let answer = response.clone();
                let tokens = TokenResponse::from_http(&answer, &Expect::new(at.now()).scope(&scope)).unwrap();
                (url, request, tokens)
            }),
            Work::new("the machine", || machine(&server, &client, &redirect, &scope, &response)).goal(1.3),
            Work::new("oauth2 5", || peer::login(&peer, ASKED, &peer_response)),
        ],
    );
}

fn machine(
    server: &AuthorizationServer,
    client: &Client,
    redirect: &RedirectUri,
    scope: &Scope,
    response: &HttpResponse,
) -> (String, Tokens) {
    let login = Login::new(server, client, redirect.clone()).scope(scope.clone()).begin(&moment()).unwrap();
    let (redirected, mut pending) = (login.url, login.pending);
    let callback = ["code=", CODE, "&state=", pending.state()].concat();
    let mut flow = pending.accept(&moment(), None, Callback::Query(&callback)).unwrap();
    let Step::Ask(Question::Secret { .. }) = flow.resume(moment()).unwrap() else { unreachable!() };
    let Step::Send(request) = flow.handle_answer(moment(), Answer::Secret(Secret::new(SECRET))).unwrap() else {
        unreachable!()
    };
    drop(request);
    let Step::Done(finished) = flow.handle_response(moment(), response.clone()).unwrap() else { unreachable!() };
    (redirected, finished.tokens)
}
