//! [`Keyring`]: the keys and secrets of a program, answering what a flow asks.
//!
//! A flow holds no key: it asks a [`Question`] and is handed an [`Answer`]. A keyring answers from memory; a key service, an HSM or WebCrypto can do so in its place.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::jwk::MAX_CANDIDATES;
use crate::{Algorithm, Blame, Family, Jwk, KeyError, MakeKey, Secret, SignerError, SigningKey, VerifyingKey};

/// The caller's name for a key or a secret of its own. It is no secret and may be stored.
///
/// # Examples
///
/// ```
/// use jwt_core::{KeyId, Keyring, Secret};
///
/// const CLIENT: &str = "client-secret";
/// let keyring = Keyring::new().secret(CLIENT, Secret::new("correct horse"));
/// assert_eq!(KeyId::from(CLIENT).as_str(), "client-secret");
/// # drop(keyring);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// A name; any text.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for KeyId {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for KeyId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What only the holder of a key, a secret or a backend can answer.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Answer, Question};
///
/// // What stands between a flow and a key service; a `Keyring` does it for keys in memory.
/// fn ask_the_service(question: Question) -> Option<Answer> {
///     # fn signs(_: &str, _: &[u8]) -> Vec<u8> { vec![7; 64] }
///     match question {
///         Question::Sign { key, algorithm: Algorithm::ES256, input } => Some(Answer::Signature(signs(key.as_str(), &input))),
///         _ => None,
///     }
/// }
///
/// let question = Question::Sign { key: "kms-1".into(), algorithm: Algorithm::ES256, input: b"header.claims".to_vec() };
/// // Neither the input nor the signature is shown.
/// assert_eq!(format!("{question:?}"), r#"Sign { key: KeyId("kms-1"), algorithm: ES256, .. }"#);
/// assert_eq!(format!("{:?}", ask_the_service(question)), "Some(Signature(64 bytes))");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Question {
    /// Sign `input` with the caller's key, for [`Answer::Signature`]. HMAC too: `client_secret_jwt` signs with the client secret.
    Sign {
        /// Which key.
        key: KeyId,
        /// The algorithm, which must be the key's.
        algorithm: Algorithm,
        /// The signing input of a JWS.
        input: Vec<u8>,
    },
    /// Check `signature` over `input` with the first of `keys` that verifies it, for [`Answer::Verified`].
    Verify {
        /// The candidates in order, at most [`MAX_CANDIDATES`].
        keys: Vec<Jwk>,
        /// The algorithm: allowed by the caller and named by the token.
        algorithm: Algorithm,
        /// The signing input of a JWS.
        input: Vec<u8>,
        /// The signature, decoded.
        signature: Vec<u8>,
    },
    /// Check with the caller's own secret whether `signature` is the HMAC of `input`, for [`Answer::Verified`]: `Some(0)` if it is. A server signs so for a client
    /// that has a secret, with the octets of the secret (OpenID Connect Core, section 10.1).
    ///
    /// Never make the HMAC for whoever asks with somebody else's `input`, and compare in constant time.
    VerifyMac {
        /// Which secret, or which HMAC key.
        key: KeyId,
        /// The algorithm: allowed by the caller and named by the token.
        algorithm: Algorithm,
        /// The signing input of a JWS.
        input: Vec<u8>,
        /// The HMAC, decoded.
        signature: Vec<u8>,
    },
    /// Reveal the caller's secret, for [`Answer::Secret`]: `client_secret_basic` and `client_secret_post` send it.
    Secret {
        /// Which secret.
        key: KeyId,
    },
}

/// Shows what is asked for and of which key, not the input: a signing input may hold what a log must not.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign { key, algorithm, .. } => {
                f.debug_struct("Sign").field("key", key).field("algorithm", algorithm).finish_non_exhaustive()
            }
            Self::Verify { keys, algorithm, .. } => {
                f.debug_struct("Verify").field("keys", keys).field("algorithm", algorithm).finish_non_exhaustive()
            }
            Self::VerifyMac { key, algorithm, .. } => {
                f.debug_struct("VerifyMac").field("key", key).field("algorithm", algorithm).finish_non_exhaustive()
            }
            Self::Secret { key } => f.debug_struct("Secret").field("key", key).finish(),
        }
    }
}

/// The answer to a [`Question`].
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Answer, Keyring, Question, SigningKey};
///
/// let keyring = Keyring::new().signing_key("me", SigningKey::hs256(b"a secret of at least 32 octets ...")?);
/// let question = Question::Sign { key: "me".into(), algorithm: Algorithm::HS256, input: b"header.claims".to_vec() };
/// let Answer::Signature(signature) = keyring.answer(question)? else { unreachable!() };
/// assert_eq!(signature.len(), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Answer {
    /// The signature, as JWS carries it (for ECDSA R || S: [`EcdsaSignature`](crate::EcdsaSignature)).
    Signature(Vec<u8>),
    /// Which of the question's keys verified the signature; `None` if none did. The one key of [`Question::VerifyMac`] is the first.
    Verified(Option<usize>),
    /// The secret.
    Secret(Secret),
}

/// Shows the kind of the answer; of a signature only its length.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(signature) => write!(f, "Signature({} bytes)", signature.len()),
            Self::Verified(index) => f.debug_tuple("Verified").field(index).finish(),
            Self::Secret(secret) => f.debug_tuple("Secret").field(secret).finish(),
        }
    }
}

/// The caller's keys and secrets by name.
///
/// # Examples
///
/// ```
/// use jwt_core::{Answer, Keyring, Question, Secret};
///
/// let keyring = Keyring::new().secret("client", Secret::new("correct horse"));
/// let answer = keyring.answer(Question::Secret { key: "client".into() })?;
/// assert!(matches!(answer, Answer::Secret(secret) if secret.matches("correct horse")));
/// # Ok::<(), jwt_core::KeyringError>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    signing_keys: BTreeMap<KeyId, SigningKey>,
    secrets: BTreeMap<KeyId, Secret>,
    make: MakeKey,
}

impl Keyring {
    /// An empty keyring. It can verify already.
    #[must_use]
    pub const fn new() -> Self {
        Self { signing_keys: BTreeMap::new(), secrets: BTreeMap::new(), make: VerifyingKey::from_jwk_as }
    }

    /// Adds a signing key; one of the same name is replaced.
    #[must_use]
    pub fn signing_key(mut self, name: impl Into<KeyId>, key: SigningKey) -> Self {
        self.signing_keys.insert(name.into(), key);
        self
    }

    /// Adds a secret; one of the same name is replaced. Its octets also sign and verify with HMAC, if they are enough for the hash.
    #[must_use]
    pub fn secret(mut self, name: impl Into<KeyId>, secret: Secret) -> Self {
        self.secrets.insert(name.into(), secret);
        self
    }

    /// Verifies with keys made by `make` instead of [`VerifyingKey::from_jwk_as`]: for algorithms of a backend of your own.
    #[must_use]
    pub fn backend(mut self, make: MakeKey) -> Self {
        self.make = make;
        self
    }

    /// Answers a question.
    ///
    /// That a signature is false is no error: it is `Verified(None)`, as it is if none of the peer's keys is valid.
    ///
    /// # Errors
    ///
    /// [`KeyringError`]: the keyring has no such key, or no backend for the algorithm, or the backend failed. Only the program can mend it.
    pub fn answer(&self, question: Question) -> Result<Answer, KeyringError> {
        match question {
            Question::Sign { key, algorithm, input } => self.sign(&key, algorithm, &input).map(Answer::Signature),
            Question::Verify { keys, algorithm, input, signature } => {
                self.verify(&keys, algorithm, &input, &signature).map(Answer::Verified)
            }
            Question::VerifyMac { key, algorithm, input, signature } => {
                self.verify_mac(&key, algorithm, &input, &signature).map(Answer::Verified)
            }
            Question::Secret { key } => {
                self.secrets.get(&key).cloned().map(Answer::Secret).ok_or(KeyringError::UnknownKey)
            }
        }
    }

    fn sign(&self, name: &KeyId, algorithm: Algorithm, input: &[u8]) -> Result<Vec<u8>, KeyringError> {
        if let Some(key) = self.signing_keys.get(name) {
            if key.algorithm() != algorithm {
                return Err(KeyringError::Algorithm { asked: algorithm, found: key.algorithm() });
            }
            return Ok(key.sign(input)?);
        }
        Ok(self.mac_key(name, algorithm)?.sign(input)?)
    }

    fn verify_mac(
        &self,
        name: &KeyId,
        algorithm: Algorithm,
        input: &[u8],
        signature: &[u8],
    ) -> Result<Option<usize>, KeyringError> {
        let key = match self.signing_keys.get(name) {
            // A key of another kind than is asked for is no HMAC key, whatever it could verify.
            Some(key) if key.algorithm() == algorithm && algorithm.family() == Family::Hmac => key.verifying_key()?,
            Some(key) => return Err(KeyringError::Algorithm { asked: algorithm, found: key.algorithm() }),
            None => self.mac_key(name, algorithm)?.verifying_key()?,
        };
        Ok(key.verify(input, signature).is_ok().then_some(0))
    }

    /// RFC 7523, OpenID Connect Core sections 9 and 10.1: the octets of the client secret are the key.
    fn mac_key(&self, name: &KeyId, algorithm: Algorithm) -> Result<SigningKey, KeyringError> {
        let secret = self.secrets.get(name).ok_or(KeyringError::UnknownKey)?;
        Ok(SigningKey::hmac(algorithm, secret.expose().as_bytes())?)
    }

    fn verify(
        &self,
        keys: &[Jwk],
        algorithm: Algorithm,
        input: &[u8],
        signature: &[u8],
    ) -> Result<Option<usize>, KeyringError> {
        if keys.len() > MAX_CANDIDATES {
            return Err(KeyringError::TooManyKeys { found: keys.len() });
        }
        let mut checked = false;
        let mut unsupported = None;
        for (index, jwk) in keys.iter().enumerate() {
            match (self.make)(jwk, algorithm) {
                Ok(key) => {
                    checked = true;
                    if key.algorithm() == algorithm && key.verify(input, signature).is_ok() {
                        return Ok(Some(index));
                    }
                }
                Err(error @ KeyError::NotSupported { .. }) => unsupported = Some(error),
                // The peer published a key that is none: nothing verifies with it.
                Err(_) => {}
            }
        }
        match unsupported {
            // Without a backend nothing was checked: "not verified" would accuse the peer.
            Some(error) if !checked => Err(KeyringError::Key(error)),
            Some(_) | None => Ok(None),
        }
    }
}

impl Default for Keyring {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the names only.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("signing_keys", &self.signing_keys)
            .field("secrets", &self.secrets.keys())
            .finish_non_exhaustive()
    }
}

/// Why a keyring cannot answer. Always the program's affair, never the peer's.
///
/// # Examples
///
/// ```
/// use jwt_core::{Blame, Keyring, Question};
///
/// let error = Keyring::new().answer(Question::Secret { key: "client".into() }).unwrap_err();
/// assert_eq!((error.code(), error.blame()), ("keyring_unknown_key", Blame::Caller));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// No key, or no secret, has this name.
    #[error("the keyring has no key of this name")]
    UnknownKey,
    /// The key of this name is for another algorithm.
    #[error("the key is for {found}, not for {asked}")]
    Algorithm {
        /// The algorithm of the question.
        asked: Algorithm,
        /// The algorithm of the key.
        found: Algorithm,
    },
    /// More keys to try than [`MAX_CANDIDATES`].
    #[error("{found} keys to try are too many")]
    TooManyKeys {
        /// How many there are.
        found: usize,
    },
    /// The key cannot be used for this: a client secret too short for HMAC, an algorithm without a backend.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The backend failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl KeyringError {
    /// The stable, machine-readable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey => "keyring_unknown_key",
            Self::Algorithm { .. } => "keyring_algorithm",
            Self::TooManyKeys { .. } => "keyring_too_many_keys",
            Self::Key(error) => error.code(),
            Self::Signer(error) => error.code(),
        }
    }

    /// Whose fault it is: the caller's.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Caller
    }
}
