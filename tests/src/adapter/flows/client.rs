//! The server and the client of a flow, and the keyring that answers for the client.

use jwt_core::{Algorithm, Jwk, Keyring, Secret, SigningKey};
use oauth_client_sans_io::{AssertionKey, Authentication, Client, DpopKey, Profile};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, HttpResponse, Reading};

use crate::adapter::messages::{issuer, reading};
use crate::adapter::{Question, Refusal, missing, usage};

/// The key under which the client's secret is found.
const SECRET: &str = "client secret";
/// The key under which the client's signing key is found.
pub(super) const CLIENT_KEY: &str = "client key";
/// The key under which its DPoP key is found.
const DPOP_KEY: &str = "dpop key";

pub(super) fn server(question: &Question<'_>) -> Result<AuthorizationServer, Refusal> {
    let name = issuer(question.object("server")?.text("issuer")?)?;
    let response = HttpResponse::new(200).with_header("content-type", "application/json");
    let response = response.with_body(question.source("server")?);
    AuthorizationServer::from_http(&name, &response, Reading::Interop).map_err(refusal!())
}

/// A client and what answers its questions.
pub(super) struct Credentials {
    pub(super) client: Client,
    pub(super) keyring: Keyring,
    /// What the client's own key signs with, and its `kid`.
    pub(super) key: Option<(Algorithm, Option<String>)>,
}

/// `client`: `{client_id, auth, secret?, key?}`, with `dpop_key` and `profile` beside it and `reading` in `params`.
pub(super) fn credentials(question: &Question<'_>, params: &Question<'_>) -> Result<Credentials, Refusal> {
    let members = question.object("client")?;
    let id = ClientId::new(members.text("client_id")?).map_err(refusal!())?;
    let mut keyring = Keyring::new();
    if let Some(secret) = members.optional_text("secret")? {
        keyring = keyring.secret(SECRET, Secret::new(secret));
    }
    let mut key = None;
    if let Some(text) = members.optional_source("key")? {
        let (jwk, signer) = signing_key(text)?;
        key = Some((signer.algorithm(), jwk.kid().map(ToOwned::to_owned)));
        keyring = keyring.signing_key(CLIENT_KEY, signer);
    }
    let authentication = match members.optional_text("auth")?.unwrap_or("none") {
        "none" => Authentication::None,
        "basic" => Authentication::SecretBasic(SECRET.into()),
        "post" => Authentication::SecretPost(SECRET.into()),
        "client_secret_jwt" => Authentication::SecretJwt(AssertionKey::new(SECRET, Algorithm::HS256)),
        "private_key_jwt" => {
            let (algorithm, kid) = key.as_ref().ok_or_else(|| missing("key"))?;
            let assertion = AssertionKey::new(CLIENT_KEY, *algorithm);
            Authentication::PrivateKeyJwt(match kid {
                Some(kid) => assertion.kid(kid.as_str()),
                None => assertion,
            })
        }
        "mtls" => Authentication::Tls,
        other => return Err(usage(format!("no client authentication {other:?}"))),
    };
    let mut client = Client::new(id, authentication).reading(reading(params)?);
    if let Some(text) = question.optional_source("dpop_key")? {
        let (jwk, signer) = signing_key(text)?;
        client = client.dpop(DpopKey::new(DPOP_KEY, signer.algorithm(), &jwk).map_err(refusal!())?);
        keyring = keyring.signing_key(DPOP_KEY, signer);
    }
    client = client.profile(match question.optional_text("profile")?.unwrap_or("oauth21") {
        "oauth21" => Profile::oauth21(),
        "fapi2_security" => Profile::fapi2_security(),
        "fapi2_message_signing" => Profile::fapi2_message_signing(),
        other => return Err(usage(format!("no profile {other:?}"))),
    });
    Ok(Credentials { client, keyring, key })
}

/// A private key, and what signs with it.
pub(super) fn signing_key(text: &str) -> Result<(Jwk, SigningKey), Refusal> {
    let jwk = Jwk::from_slice(text.as_bytes()).map_err(refusal!())?;
    let signer = SigningKey::from_jwk(&jwk).map_err(refusal!())?;
    Ok((jwk, signer))
}
