//! How a client shows who it is (RFC 6749, section 2.3): [`ClientAuth`], and for a server [`PresentedClient`].
//!
//! A client authenticates in one way or not at all: the type cannot hold two, and a server refuses a request that does.
//!
//! | method | what is sent | where it is from |
//! |---|---|---|
//! | `none` | `client_id` | RFC 6749, section 3.2.1 |
//! | `client_secret_basic` | `Authorization: Basic ...` | RFC 6749, section 2.3.1 |
//! | `client_secret_post` | `client_id`, `client_secret` | RFC 6749, section 2.3.1 |
//! | `client_secret_jwt`, `private_key_jwt` | `client_id`, `client_assertion_type`, `client_assertion` | RFC 7523, section 2.2 |
//! | `tls_client_auth`, `self_signed_tls_client_auth` | `client_id`, and a certificate in the TLS handshake | RFC 8705, section 2 |
//!
//! ```
//! use oauth_types::{ClientAuth, ClientId, ClientSecret};
//!
//! let auth = ClientAuth::Basic(ClientSecret::new("gX1fBat3bV"));
//! let field = auth.authorization(&ClientId::new("s6BhdRkqt3")?)?;
//! assert_eq!(field.as_deref(), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Assertions
//!
//! The assertion is a JWT that [`jwt_core::profile::ClientAssertion`] makes: for this client, for the server's issuer identifier as the one audience, good
//! for one minute and one request. A server that wants another audience gets it by name: `dangerous_audience(token_endpoint)`.
//!
//! ```
//! use jwt_core::profile::{ClientAssertion as Maker, ClientAssertionProfile};
//! use jwt_core::{Algorithm, Limits, Moment, SigningKey, Timestamp, Unverified};
//! use oauth_types::client_auth::ClientAuthMethod;
//! use oauth_types::{ClientAssertion, ClientAuth, ClientId, Endpoint, TokenRequest};
//!
//! let (now, entropy) = (Timestamp::from_unix(1_700_000_000), [42; 32]); // 32 bytes of a cryptographic random source
//! let client = ClientId::new("s6BhdRkqt3")?;
//! let maker = Maker::new(client.as_str(), "https://as.example");
//!
//! // With a key at hand ...
//! let key = SigningKey::hs256(b"a client secret of 32 octets ...")?;
//! let signed = maker.sign(&key, &Moment::new(now, entropy))?;
//!
//! // ... or with one that a KMS keeps: bytes out, signature in.
//! let pending = maker.signing_input(Algorithm::HS256, None, &Moment::new(now, entropy))?;
//! let signature = key.sign(pending.as_bytes())?; // over there
//! assert_eq!(pending.complete(&signature)?, signed);
//!
//! let auth = ClientAuth::SecretJwt(ClientAssertion::new(signed));
//! let request = TokenRequest::client_credentials().to_http(&Endpoint::new("https://as.example/token")?, &client, &auth)?;
//!
//! // The server: the assertion's form and type were checked, its signature was not.
//! let (_, presented) = TokenRequest::from_http(&request)?;
//! assert_eq!((presented.method(), presented.client_id()), (ClientAuthMethod::ClientSecretJwt, Some(&client)));
//! let assertion = presented.assertion().ok_or("no assertion")?;
//! let profile = ClientAssertionProfile::new(client.as_str(), "https://as.example");
//! profile.verify(Unverified::parse(assertion.expose(), &Limits::default())?, [&key.verifying_key()?], now)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jwt_core::json::Object;
use jwt_core::{Algorithm, Limits, Secret, Unverified};
use zeroize::{Zeroize, Zeroizing};

use crate::form;
use crate::http::{HttpRequest, is_jwt};
use crate::identifiers::ClientId;
use crate::request::{BuildError, Parameters, RequestError};
use crate::secret::{ClientAssertion, ClientSecret};

/// How a client authenticates at the endpoints that it calls directly.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuth {
    /// Not at all: a public client, which names itself by `client_id` in the body (RFC 6749, section 3.2.1).
    None,
    /// `client_secret_basic`: identifier and secret, each form-encoded, in the `Authorization` field (RFC 6749, section 2.3.1).
    Basic(ClientSecret),
    /// As [`ClientAuth::Basic`], but without the form-encoding that RFC 6749 demands: for servers that do not decode.
    BasicRaw(ClientSecret),
    /// `client_secret_post`: identifier and secret in the body (RFC 6749, section 2.3.1).
    Post(ClientSecret),
    /// `client_secret_jwt`: an assertion under an HMAC with the client's secret, in the body (RFC 7523, section 2.2; OpenID Connect Core, section 9).
    SecretJwt(ClientAssertion),
    /// `private_key_jwt`: an assertion under the client's private key, in the body (RFC 7523, section 2.2; OpenID Connect Core, section 9).
    PrivateKeyJwt(ClientAssertion),
    /// `tls_client_auth`: a certificate by an authority that the server trusts, shown in the TLS handshake (RFC 8705, section 2.1).
    Tls,
    /// `self_signed_tls_client_auth`: a certificate that the server knows, shown in the TLS handshake (RFC 8705, section 2.2).
    SelfSignedTls,
}

impl ClientAuth {
    /// The registered method that this is.
    #[must_use]
    pub const fn method(&self) -> ClientAuthMethod {
        match self {
            Self::None => ClientAuthMethod::None,
            Self::Basic(_) | Self::BasicRaw(_) => ClientAuthMethod::ClientSecretBasic,
            Self::Post(_) => ClientAuthMethod::ClientSecretPost,
            Self::SecretJwt(_) => ClientAuthMethod::ClientSecretJwt,
            Self::PrivateKeyJwt(_) => ClientAuthMethod::PrivateKeyJwt,
            Self::Tls => ClientAuthMethod::TlsClientAuth,
            Self::SelfSignedTls => ClientAuthMethod::SelfSignedTlsClientAuth,
        }
    }

    /// The value of the `Authorization` field, for the methods that have one.
    ///
    /// # Errors
    ///
    /// [`BuildError::Credentials`] if [`ClientAuth::BasicRaw`] cannot write the identifier (a colon would end it) or the secret (control
    /// characters): RFC 7617, section 2.
    pub fn authorization(&self, client_id: &ClientId) -> Result<Option<String>, BuildError> {
        let id = client_id.as_str();
        match self {
            Self::Basic(secret) if form::is_plain(id) && form::is_plain(secret.expose()) => {
                Ok(Some(basic([id, secret.expose()])))
            }
            Self::Basic(secret) => {
                let encoded = [id, secret.expose()].map(|text| {
                    let mut encoded = String::with_capacity(text.len().saturating_mul(3));
                    form::encode_component(text, &mut encoded);
                    Secret::new(encoded)
                });
                Ok(Some(basic(encoded.each_ref().map(Secret::expose))))
            }
            Self::BasicRaw(secret) => {
                if id.contains(':') || id.chars().chain(secret.expose().chars()).any(char::is_control) {
                    return Err(BuildError::Credentials);
                }
                Ok(Some(basic([id, secret.expose()])))
            }
            Self::None
            | Self::Post(_)
            | Self::SecretJwt(_)
            | Self::PrivateKeyJwt(_)
            | Self::Tls
            | Self::SelfSignedTls => Ok(None),
        }
    }

    /// Whether a request that is authenticated so can be sent only once: a server takes no assertion twice (RFC 7523, section 3: "jti").
    pub(crate) const fn is_spent_by_sending(&self) -> bool {
        self.assertion().is_some()
    }

    /// Whether the client's certificate is what it shows.
    pub(crate) const fn is_by_certificate(&self) -> bool {
        matches!(self, Self::Tls | Self::SelfSignedTls)
    }

    const fn assertion(&self) -> Option<&ClientAssertion> {
        match self {
            Self::SecretJwt(assertion) | Self::PrivateKeyJwt(assertion) => Some(assertion),
            Self::None | Self::Basic(_) | Self::BasicRaw(_) | Self::Post(_) | Self::Tls | Self::SelfSignedTls => None,
        }
    }

    /// An assertion that is no compact JWT would be refused, or be two parameters to somebody.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        match self.assertion().map(ClientAssertion::expose) {
            Some(text) if !is_jwt(text) => Err(BuildError::Credentials),
            Some(_) | None => Ok(()),
        }
    }

    /// What goes into the body, in this order.
    pub(crate) fn parameters<'a>(
        &'a self,
        client_id: &'a ClientId,
    ) -> impl Iterator<Item = (&'static str, &'a str)> + Clone {
        let [first, second] = match self {
            Self::None | Self::Basic(_) | Self::BasicRaw(_) | Self::Tls | Self::SelfSignedTls => [None, None],
            Self::Post(secret) => [Some(("client_secret", secret.expose())), None],
            Self::SecretJwt(assertion) | Self::PrivateKeyJwt(assertion) => {
                [Some(("client_assertion_type", JWT_BEARER)), Some(("client_assertion", assertion.expose()))]
            }
        };
        // RFC 8705, section 2: "the client MUST include the "client_id" parameter". RFC 7521, section 4.2: beside an assertion it is optional; some servers
        // (Entra) find the client by nothing else.
        let id = match self {
            Self::Basic(_) | Self::BasicRaw(_) => None,
            Self::None
            | Self::Post(_)
            | Self::SecretJwt(_)
            | Self::PrivateKeyJwt(_)
            | Self::Tls
            | Self::SelfSignedTls => Some(("client_id", client_id.as_str())),
        };
        id.into_iter().chain(first).chain(second)
    }
}

/// The field with these, as they are (RFC 7617, section 2).
fn basic([id, secret]: [&str; 2]) -> String {
    let mut short = [0; USUAL_CREDENTIALS];
    let length = id.len().saturating_add(1).saturating_add(secret.len());
    let field = match short.get_mut(..length) {
        Some(room) => {
            let (name, rest) = room.split_at_mut_checked(id.len()).unwrap_or_default();
            name.iter_mut().zip(id.bytes()).for_each(|(place, byte)| *place = byte);
            if let Some((colon, password)) = rest.split_first_mut() {
                *colon = b':';
                password.iter_mut().zip(secret.bytes()).for_each(|(place, byte)| *place = byte);
            }
            basic_of(room)
        }
        None => basic_of(Secret::new([id, ":", secret].concat()).expose().as_bytes()),
    };
    short.as_mut_slice().zeroize();
    field
}

/// Longer ones take an allocation.
const USUAL_CREDENTIALS: usize = 128;

fn basic_of(credentials: &[u8]) -> String {
    let length = SCHEME.len() + credentials.len().div_ceil(3) * 4;
    let mut field = Vec::with_capacity(length);
    field.extend_from_slice(SCHEME);
    field.resize(length, b'=');
    // The room is as long as the characters, which are ASCII.
    let written = field.get_mut(SCHEME.len()..).map(|room| STANDARD.encode_slice(credentials, room));
    debug_assert!(matches!(written, Some(Ok(_))), "{written:?}");
    String::from_utf8(field).unwrap_or_default()
}

/// What stands before the credentials (RFC 7617, section 2).
const SCHEME: &[u8] = b"Basic ";

/// The client authentication methods by their registered names (IANA: OAuth Token Endpoint Authentication Methods).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ClientAuthMethod {
    /// `none`
    None,
    /// `client_secret_basic`
    ClientSecretBasic,
    /// `client_secret_post`
    ClientSecretPost,
    /// `client_secret_jwt`
    ClientSecretJwt,
    /// `private_key_jwt`
    PrivateKeyJwt,
    /// `tls_client_auth`
    TlsClientAuth,
    /// `self_signed_tls_client_auth`
    SelfSignedTlsClientAuth,
}

impl ClientAuthMethod {
    /// Every method that is known here.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
    ];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// The method of this name, if it is known here.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

impl fmt::Display for ClientAuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who a request says that it comes from, for a server to check. Nothing of it has been verified.
#[derive(Clone, Debug)]
pub struct PresentedClient {
    client_id: Option<ClientId>,
    shown: Shown,
}

/// What a request shows: one thing at most.
#[derive(Clone, Debug)]
enum Shown {
    Nothing,
    Basic(ClientSecret),
    Post(ClientSecret),
    Assertion { assertion: ClientAssertion, by_secret: bool },
}

impl PresentedClient {
    /// Reads the client's identifier and what it shows out of a request, and takes them out of its parameters.
    ///
    /// # Errors
    ///
    /// [`RequestError::ManyAuthentications`] for more than one method (RFC 6749, section 2.3: "The client MUST NOT use more than one
    /// authentication method in each request."), [`RequestError::ClientMismatch`] for two different identifiers,
    /// [`RequestError::Credentials`] for an `Authorization` field or an assertion that cannot be read,
    /// [`RequestError::UnsupportedAuthentication`] for a method that is not supported.
    pub(crate) fn take(request: &HttpRequest, parameters: &mut Parameters) -> Result<Self, RequestError> {
        let body_id = parameters.take_with("client_id", ClientId::new)?;
        let body_secret = parameters.take("client_secret").map(ClientSecret::new);
        let assertion_type = parameters.take("client_assertion_type").map(|found| found == JWT_BEARER);
        let assertion = parameters.take("client_assertion").map(ClientAssertion::new);
        let has_assertion = assertion.is_some() || assertion_type.is_some();
        let mut fields = request.header_values("authorization");
        let field = fields.next();
        let methods = usize::from(field.is_some()) + usize::from(body_secret.is_some()) + usize::from(has_assertion);
        if methods > 1 || fields.next().is_some() {
            return Err(RequestError::ManyAuthentications);
        }
        let (own_id, shown) = if let Some(field) = field {
            let (client_id, secret) = read_basic(field)?;
            (Some(client_id), Shown::Basic(secret))
        } else if has_assertion {
            if assertion_type == Some(false) {
                return Err(RequestError::UnsupportedAuthentication);
            }
            // RFC 7521, section 4.2: both are REQUIRED.
            let name = if assertion.is_none() { "client_assertion" } else { "client_assertion_type" };
            let (Some(assertion), Some(true)) = (assertion, assertion_type) else {
                return Err(RequestError::MissingParameter { name });
            };
            let (client_id, by_secret) = read_assertion(&assertion)?;
            (Some(client_id), Shown::Assertion { assertion, by_secret })
        } else if let Some(secret) = body_secret {
            if body_id.is_none() {
                return Err(RequestError::MissingParameter { name: "client_id" });
            }
            (None, Shown::Post(secret))
        } else {
            (None, Shown::Nothing)
        };
        // RFC 7521, section 4.2: "The "client_id" is unnecessary for client assertion authentication because the client is identified by the
        // subject within the assertion. If present, the value of the "client_id" parameter MUST identify the same client as is identified by the
        // client assertion."
        if let (Some(own), Some(other)) = (&own_id, &body_id)
            && own != other
        {
            return Err(RequestError::ClientMismatch);
        }
        Ok(Self { client_id: own_id.or(body_id), shown })
    }

    /// The identifier; `None` if the request names no client at all. Of an assertion, what it says of itself.
    #[must_use]
    pub const fn client_id(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }

    /// The method that was used; [`ClientAuthMethod::None`] if nothing was shown **in the message**. A certificate, of either of the two methods that
    /// have one, is shown in the TLS handshake: [`PresentedClient::may_be`].
    ///
    /// Which of the two kinds of assertion it is, its algorithm says.
    #[must_use]
    pub const fn method(&self) -> ClientAuthMethod {
        match &self.shown {
            Shown::Nothing => ClientAuthMethod::None,
            Shown::Basic(_) => ClientAuthMethod::ClientSecretBasic,
            Shown::Post(_) => ClientAuthMethod::ClientSecretPost,
            Shown::Assertion { by_secret: true, .. } => ClientAuthMethod::ClientSecretJwt,
            Shown::Assertion { by_secret: false, .. } => ClientAuthMethod::PrivateKeyJwt,
        }
    }

    /// Whether this is what a client that is registered for `method` sends. What it sends is then still to be checked: the secret
    /// ([`PresentedClient::has_secret`]), the assertion ([`PresentedClient::assertion`]) or the certificate of the connection (RFC 8705, section 2).
    #[must_use]
    pub fn may_be(&self, method: ClientAuthMethod) -> bool {
        match method {
            // RFC 8705, section 2: "the client MUST include the "client_id" parameter".
            ClientAuthMethod::TlsClientAuth | ClientAuthMethod::SelfSignedTlsClientAuth => {
                matches!(self.shown, Shown::Nothing) && self.client_id.is_some()
            }
            ClientAuthMethod::None
            | ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::ClientSecretJwt
            | ClientAuthMethod::PrivateKeyJwt => self.method() == method,
        }
    }

    /// Whether the secret that was shown is this one, compared in constant time. `false` if none was shown.
    #[must_use]
    pub fn has_secret(&self, secret: &ClientSecret) -> bool {
        match &self.shown {
            Shown::Basic(shown) | Shown::Post(shown) => secret.matches(shown.expose()),
            Shown::Nothing | Shown::Assertion { .. } => false,
        }
    }

    /// The assertion that was shown: a JWT in form, of the type `jwt-bearer`, by its own word of [this client](Self::client_id). Verify it with
    /// [`jwt_core::profile::ClientAssertionProfile`], and see that its `jti` is new.
    #[must_use]
    pub const fn assertion(&self) -> Option<&ClientAssertion> {
        match &self.shown {
            Shown::Assertion { assertion, .. } => Some(assertion),
            Shown::Nothing | Shown::Basic(_) | Shown::Post(_) => None,
        }
    }
}

/// The client that an assertion names, and whether its algorithm is one of a shared secret.
fn read_assertion(assertion: &ClientAssertion) -> Result<(ClientId, bool), RequestError> {
    let jwt = Unverified::parse(assertion.expose(), &Limits::default()).map_err(|_| RequestError::Credentials)?;
    // Only to find the client, and with it the key: whoever verifies compares it again.
    let claims: Object = jwt.dangerous_claims().map_err(|_| RequestError::Credentials)?;
    // RFC 7523, section 3: "For client authentication, the subject MUST be the "client_id" of the OAuth client."
    let subject = claims.get_str("sub").and_then(|subject| ClientId::new(subject).ok());
    let by_secret = matches!(jwt.header().algorithm(), Some(Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512));
    Ok((subject.ok_or(RequestError::Credentials)?, by_secret))
}

/// RFC 7617, section 2, and RFC 6749, section 2.3.1: `Basic base64(form(id) ":" form(secret))`.
fn read_basic(field: &str) -> Result<(ClientId, ClientSecret), RequestError> {
    let (scheme, credentials) = field.split_once(' ').unwrap_or((field, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(RequestError::UnsupportedAuthentication);
    }
    let bytes =
        STANDARD.decode(credentials.trim_matches(' ')).map(Zeroizing::new).map_err(|_| RequestError::Credentials)?;
    let text = core::str::from_utf8(&bytes).map_err(|_| RequestError::Credentials)?;
    let (id, secret) = text.split_once(':').ok_or(RequestError::Credentials)?;
    let id = form::decode_component(id.as_bytes()).map_err(|_| RequestError::Credentials)?;
    let secret = form::decode_component(secret.as_bytes()).map_err(|_| RequestError::Credentials)?;
    Ok((ClientId::new(id).map_err(|_| RequestError::Credentials)?, ClientSecret::new(secret)))
}

/// RFC 7523, section 2.2: the one type of assertion that there is here.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[cfg(test)]
mod tests;
