//! The code that is replaced, as the page shows it: what stands between a heading of the page and its end. The functions around it give it what it needs.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::io;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, TokenResponse, TokenUrl,
};

/// With both endpoints of a login.
pub(crate) type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What the browser brings back.
pub(crate) struct Query {
    pub(crate) code: String,
    pub(crate) state: String,
}

pub(crate) type Session = BTreeMap<&'static str, String>;

pub(crate) fn begin(secret: String, session: &mut Session) -> Result<(Client, url::Url), Box<dyn Error>> {
    // manual: Begin a login
    let client = BasicClient::new(ClientId::new("shop".into()))
        .set_client_secret(ClientSecret::new(secret))
        .set_auth_uri(AuthUrl::new("https://as.example/authorize".into())?)
        .set_token_uri(TokenUrl::new("https://as.example/token".into())?)
        .set_redirect_uri(RedirectUrl::new("https://shop.example/callback".into())?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("files.read".into()))
        .set_pkce_challenge(challenge)
        .url();
    session.insert("verifier", verifier.into_secret());
    session.insert("state", state.into_secret());
    // end
    Ok((client, url))
}

pub(crate) async fn finish<F>(
    client: &Client,
    query: Query,
    session: &Session,
    http_client: impl Fn(HttpRequest) -> F,
) -> Result<String, Box<dyn Error>>
where
    F: Future<Output = Result<HttpResponse, io::Error>>,
{
    // manual: Finish it
    if session.get("state") != Some(&query.state) {
        return Err("not the login that this browser began".into());
    }
    let verifier = session.get("verifier").ok_or("no login was begun")?;
    let token = client
        .exchange_code(AuthorizationCode::new(query.code))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.clone()))
        .request_async(&http_client)
        .await?;
    let access_token = token.access_token().secret();
    // end
    Ok(access_token.clone())
}

pub(crate) async fn login<F>(
    token: &openidconnect::core::CoreTokenResponse,
    nonce: &openidconnect::Nonce,
    http_client: impl Fn(HttpRequest) -> F,
) -> Result<String, Box<dyn Error>>
where
    F: Future<Output = Result<HttpResponse, io::Error>>,
{
    use openidconnect::core::{CoreClient, CoreProviderMetadata};
    use openidconnect::{AccessTokenHash, IssuerUrl, TokenResponse as _};

    // manual: OpenID Connect
    let issuer = IssuerUrl::new("https://as.example".into())?;
    let provider = CoreProviderMetadata::discover_async(issuer, &http_client).await?;
    let client = CoreClient::from_provider_metadata(provider, ClientId::new("shop".into()), None);
    // .. and after the exchange
    let id_token = token.id_token().ok_or("no ID token")?;
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&verifier)?);
        if AccessTokenHash::from_token(token.access_token(), algorithm, key)? != *expected {
            return Err("the access token is another one's".into());
        }
    }
    let subject = claims.subject().as_str();
    // end
    Ok(subject.to_owned())
}

pub(crate) async fn refresh<F>(
    client: &Client,
    stored: String,
    http_client: impl Fn(HttpRequest) -> F,
) -> Result<RefreshToken, Box<dyn Error>>
where
    F: Future<Output = Result<HttpResponse, io::Error>>,
{
    // manual: Refresh
    let old = RefreshToken::new(stored);
    let token = client.exchange_refresh_token(&old).request_async(&http_client).await?;
    let refresh_token = token.refresh_token().cloned().unwrap_or(old); // do not forget
    // end
    Ok(refresh_token)
}
