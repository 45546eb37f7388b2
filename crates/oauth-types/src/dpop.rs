//! DPoP on the wire (RFC 9449): [`DpopNonce`], [`DpopJkt`], and the proof in its field.
//!
//! A proof itself is a JWT that `jwt_core::profile` makes ([`DpopProof`]) and checks ([`DpopProfile`]), fresh for every sending; here it gets into a request
//! and out again. A nonce in **any** answer, a success too, replaces the one that is known for that server (section 8.2).
//!
//! ```text
//! HTTP/1.1 401 Unauthorized
//! WWW-Authenticate: DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"
//! DPoP-Nonce: eyJ7S_zG.eyJH0-Z.HX4w-7v
//! ```
//!
//! ```
//! use oauth_types::access_token::{PresentedToken, TokenScheme};
//! use oauth_types::dpop::{self, DpopNonce};
//! use oauth_types::{AccessToken, HttpRequest, HttpResponse, Purpose, Reading};
//! use jwt_core::profile::DpopProof;
//! use jwt_core::{Moment, Timestamp};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let answer = HttpResponse::new(401)
//!     .with_header("www-authenticate", r#"DPoP error="use_dpop_nonce""#)
//!     .with_header("dpop-nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v");
//! let nonce = DpopNonce::demanded_by_resource(&answer, Reading::Interop)?.ok_or("no nonce was asked for")?;
//!
//! // Once more, with a fresh proof that holds the nonce.
//! let (url, token) = ("https://rs.example/protected", AccessToken::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"));
//! let at = Moment::new(Timestamp::from_unix(1_700_000_000), [42; 32]); // 32 bytes of your random source
//! let proof = DpopProof::new("GET", url).access_token(token.expose()).nonce(nonce.as_str());
//! # let sign = |_: &DpopProof, _: &Moment| Ok::<_, jwt_core::SignError>(String::from("eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.c2ln"));
//! let proof = sign(&proof, &at)?; // `proof.sign(&key, &at)` with a key of yours (feature `ring` of jwt-core), or `proof.signing_input(..)` for a signer elsewhere
//! let request = PresentedToken::new(TokenScheme::DPoP, token)?.add_to(HttpRequest::get(url, Purpose::Resource));
//! let request = dpop::with_proof(request, &proof)?;
//!
//! // The resource reads both, and has `DpopProfile` check the proof against the token.
//! assert_eq!(PresentedToken::from_http(&request)?.map(|found| found.scheme()), Some(TokenScheme::DPoP));
//! assert_eq!(dpop::proof(&request)?, Some(proof.as_str()));
//! # Ok(())
//! # }
//! ```
//!
//! [`DpopProof`]: jwt_core::profile::DpopProof
//! [`DpopProfile`]: jwt_core::profile::DpopProfile

use alloc::string::{String, ToString};
use core::fmt;

use jwt_core::jwk::Thumbprint;
use jwt_core::{Blame, base64url};

use crate::challenge::{Challenges, DpopChallenge};
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::http::{HttpRequest, HttpResponse, Replay, is_compact_jws};
use crate::reading::Reading;
use crate::request::BuildError;
use crate::response::ResponseError;

/// A nonce that a server wants to see in the next proofs (RFC 9449, sections 8 and 9). Each server has its own.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DpopNonce(String);

impl DpopNonce {
    /// Takes a nonce over: one that was stored, or one that a server hands out.
    ///
    /// # Errors
    ///
    /// [`DpopError::Nonce`] unless it is one or more characters `%x21 / %x23-5B / %x5D-7E` (section 8.1), [`MAX_NONCE_BYTES`] at most.
    pub fn new(text: impl Into<String>) -> Result<Self, DpopError> {
        let text = text.into();
        // RFC 9449, section 8.1: nonce = 1*NQCHAR.
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if text.is_empty() || text.len() > MAX_NONCE_BYTES || !text.bytes().all(allowed) {
            return Err(DpopError::Nonce);
        }
        Ok(Self(text))
    }

    /// The nonce, for [`DpopProof::nonce`](jwt_core::profile::DpopProof::nonce).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nonce of an answer of whatever status; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`DpopError::RepeatedNonce`] for more than one field, [`DpopError::Nonce`] for one that breaks the syntax.
    pub fn find(response: &HttpResponse) -> Result<Option<Self>, DpopError> {
        let mut fields = response.header_values(NONCE_FIELD);
        let first = fields.next();
        if fields.next().is_some() {
            return Err(DpopError::RepeatedNonce);
        }
        first.map(Self::new).transpose()
    }

    /// What to put into the proof for a second try, where an authorization server refused the request for want of it (section 8): the error code is
    /// `use_dpop_nonce`. `None` for any other answer. A second try that is refused so is an error.
    ///
    /// # Errors
    ///
    /// [`DpopError::MissingNonce`] if it asks for a nonce and gives none; as [`DpopNonce::find`].
    pub fn demanded_by_server(error: &ResponseError, response: &HttpResponse) -> Result<Option<Self>, DpopError> {
        if matches!(error, ResponseError::Refused(error) if error.is_use_dpop_nonce()) {
            Self::find(response)?.ok_or(DpopError::MissingNonce).map(Some)
        } else {
            Ok(None)
        }
    }

    /// As [`DpopNonce::demanded_by_server`] for the answer of a resource (section 9): status 401 and a `DPoP` challenge with `use_dpop_nonce`
    /// ([`Reading::Interop`]: also status 400). Challenges that cannot be read ask for nothing.
    ///
    /// # Errors
    ///
    /// As [`DpopNonce::demanded_by_server`].
    pub fn demanded_by_resource(response: &HttpResponse, reading: Reading) -> Result<Option<Self>, DpopError> {
        if response.status() != 401 && (reading.is_strict() || response.status() != 400) {
            return Ok(None);
        }
        let challenge = Challenges::from_http(response, reading)
            .and_then(|challenges| DpopChallenge::find(&challenges, reading))
            .ok()
            .flatten();
        if challenge.is_some_and(|challenge| challenge.is_use_dpop_nonce()) {
            Self::find(response)?.ok_or(DpopError::MissingNonce).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A server's part: hands the nonce out with an answer, which is then not to be stored by caches (section 8.2).
    #[must_use]
    pub fn add_to(&self, response: HttpResponse) -> HttpResponse {
        let stored = response.header("cache-control").is_none();
        let response = response.with_header(NONCE_FIELD, &self.0);
        if stored { response.with_header("cache-control", "no-store") } else { response }
    }

    /// An authorization server's answer to a proof without a nonce, or with an old one (section 8).
    #[must_use]
    pub fn to_error(&self) -> HttpResponse {
        let error = ErrorResponse::new(ErrorCode::UseDpopNonce)
            .with_description("Authorization server requires nonce in DPoP proof");
        self.add_to(error.to_http(400))
    }

    /// A resource's answer to a proof without a nonce, or with an old one (section 9).
    #[must_use]
    pub fn to_challenge(&self) -> HttpResponse {
        let challenge = DpopChallenge::new()
            .with_error(ErrorCode::UseDpopNonce)
            .with_error_description("Resource server requires nonce in DPoP proof");
        // Cannot fail: both texts are plain.
        self.add_to(
            HttpResponse::new(401).with_header("www-authenticate", challenge.to_header_value().unwrap_or_default()),
        )
    }
}

/// A nonce of 128 bits that a server has made, in base64url.
impl From<[u8; 16]> for DpopNonce {
    fn from(bytes: [u8; 16]) -> Self {
        // Base64url is a part of NQCHAR.
        Self(base64url::encode(bytes))
    }
}

/// Shows how long it is.
impl fmt::Debug for DpopNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DpopNonce({} bytes)", self.0.len())
    }
}

/// The thumbprint of a DPoP key as text: `jkt` of a token (RFC 9449, section 6.1), `dpop_jkt` of an authorization request (section 10).
///
/// ```
/// use oauth_types::dpop::DpopJkt;
///
/// assert!(DpopJkt::new("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").is_ok());
/// assert!(DpopJkt::new("NzbLsXh8uDCcd").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DpopJkt(String);

impl DpopJkt {
    /// Takes a thumbprint over that came as text.
    ///
    /// # Errors
    ///
    /// [`DpopError::Thumbprint`] unless it is 32 bytes in base64url without padding.
    pub fn new(text: impl Into<String>) -> Result<Self, DpopError> {
        let text = text.into();
        let mut hash = [0; 33];
        match base64url::decode_slice(&text, &mut hash) {
            Ok(32) => Ok(Self(text)),
            Ok(_) | Err(_) => Err(DpopError::Thumbprint),
        }
    }

    /// The thumbprint as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 9449, sections 6.1 and 10: the JWK SHA-256 thumbprint in base64url.
impl From<&Thumbprint> for DpopJkt {
    fn from(thumbprint: &Thumbprint) -> Self {
        Self(thumbprint.to_string())
    }
}

impl fmt::Display for DpopJkt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Puts a proof into a request, in the place of any other (RFC 9449, section 4.1). It is good for one sending, so the request may no longer be repeated by
/// itself once the server may have seen it.
///
/// # Errors
///
/// [`BuildError::Proof`] for what is no compact JWS.
pub fn with_proof(request: HttpRequest, proof: &str) -> Result<HttpRequest, BuildError> {
    if !is_compact_jws(proof) {
        return Err(BuildError::Proof);
    }
    let replay = match request.contract().replay() {
        Replay::Safe => Replay::IfNotSent,
        replay @ (Replay::Never | Replay::IfNotSent) => replay,
    };
    Ok(request.with_header(PROOF_FIELD, proof).with_replay(replay))
}

/// The proof of a request that came to a server, not checked; `None` if it has none.
///
/// # Errors
///
/// [`DpopError::RepeatedProof`]: "There is not more than one DPoP HTTP request header field" (section 4.3).
pub fn proof(request: &HttpRequest) -> Result<Option<&str>, DpopError> {
    let mut fields = request.header_values(PROOF_FIELD);
    let first = fields.next();
    if fields.next().is_some() { Err(DpopError::RepeatedProof) } else { Ok(first) }
}

/// What is wrong with the fields of DPoP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// A nonce breaks the syntax, or is too long.
    #[error("malformed dpop nonce")]
    Nonce,
    /// More than one `DPoP-Nonce` field: which one counts is not known.
    #[error("more than one dpop nonce")]
    RepeatedNonce,
    /// The server asks for a nonce and gives none.
    #[error("a dpop nonce was asked for, and none given")]
    MissingNonce,
    /// More than one `DPoP` field.
    #[error("more than one dpop proof")]
    RepeatedProof,
    /// A thumbprint is not the base64url form of a SHA-256 hash.
    #[error("malformed thumbprint of a dpop key")]
    Thumbprint,
}

impl DpopError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nonce => "dpop_nonce",
            Self::RepeatedNonce => "repeated_dpop_nonce",
            Self::MissingNonce => "missing_dpop_nonce",
            Self::RepeatedProof => "repeated_dpop_proof",
            Self::Thumbprint => "dpop_thumbprint",
        }
    }

    /// Always the peer's.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}

/// RFC 9449, section 4.1.
const PROOF_FIELD: &str = "dpop";

/// RFC 9449, section 8.1.
const NONCE_FIELD: &str = "dpop-nonce";

/// How long a nonce may be, in bytes. It comes back in every proof, and a field of 8 KB is what common servers take; encrypted timestamps have about 100.
pub const MAX_NONCE_BYTES: usize = 1024;

#[cfg(test)]
mod tests;
