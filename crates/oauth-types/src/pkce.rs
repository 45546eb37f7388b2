//! Proof Key for Code Exchange (RFC 7636), with `S256` and nothing else.
//!
//! The client makes a [`CodeVerifier`], sends its [`CodeChallenge`] in the authorization request and the verifier itself in the token request; the
//! server compares. `plain` is not offered: whoever can hash must (RFC 7636, section 4.2), and this crate can.
//!
//! # Examples
//!
//! ```
//! use oauth_types::pkce::{CodeVerifier, Pkce};
//!
//! // RFC 7636, appendix B.
//! let pkce = Pkce::from_verifier(CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?);
//! assert_eq!(pkce.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
//! assert!(pkce.challenge().is_of(pkce.verifier()));
//! # Ok::<(), oauth_types::pkce::PkceError>(())
//! ```
//!
//! Checked here: length and characters of a verifier (section 4.1), and that a challenge is a SHA-256 hash in base64url (section 4.2).

use alloc::string::String;

use jwt_core::digest::{constant_time_eq, sha256};
use jwt_core::{Blame, Moment, Secret, base64url};

use crate::bytes;
use crate::secret::secret;

/// A fresh verifier and its challenge.
#[derive(Clone, Debug)]
pub struct Pkce {
    verifier: CodeVerifier,
    challenge: CodeChallenge,
}

impl Pkce {
    /// A verifier of 32 bytes derived from this moment, as RFC 7636, section 4.1 recommends, and its challenge.
    #[must_use]
    pub fn generate(at: &Moment) -> Self {
        Self::from_verifier(CodeVerifier::from_random(at.derive("code_verifier", 0)))
    }

    /// This verifier and its challenge.
    #[must_use]
    pub fn from_verifier(verifier: CodeVerifier) -> Self {
        let challenge = verifier.challenge();
        Self { verifier, challenge }
    }

    /// What goes into the token request.
    #[must_use]
    pub const fn verifier(&self) -> &CodeVerifier {
        &self.verifier
    }

    /// What goes into the authorization request.
    #[must_use]
    pub const fn challenge(&self) -> &CodeChallenge {
        &self.challenge
    }

    /// The verifier alone, to be kept until the callback.
    #[must_use]
    pub fn into_verifier(self) -> CodeVerifier {
        self.verifier
    }
}

/// A code verifier: 43 to 128 unreserved characters (RFC 7636, section 4.1). Secret until the token request.
#[derive(Clone)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// Takes a verifier over: one that was stored, or one that a client sent.
    ///
    /// # Errors
    ///
    /// [`PkceError::VerifierLength`] unless it has 43 to 128 characters, [`PkceError::VerifierCharacter`] for one outside `A-Z a-z 0-9 - . _ ~`.
    pub fn new(text: impl Into<String>) -> Result<Self, PkceError> {
        let secret = Secret::new(text);
        let text = secret.expose().as_bytes();
        // RFC 7636, section 4.1: "with a minimum length of 43 characters and a maximum length of 128 characters".
        if !(43..=128).contains(&text.len()) {
            return Err(PkceError::VerifierLength);
        }
        if !bytes::all(text, |byte| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'~')) {
            return Err(PkceError::VerifierCharacter);
        }
        Ok(Self(secret))
    }

    /// A verifier of 32 bytes that nobody can foretell, as section 4.1 recommends: of a random source, or derived with others ([`Moment::derive_each`]).
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Secret::new(base64url::encode(bytes)))
    }

    /// The challenge by `S256`: BASE64URL(SHA256(ASCII(verifier))) (RFC 7636, section 4.2).
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge::of(&sha256(self.0.expose().as_bytes()))
    }

    secret!(@methods);
}

secret!(@traits CodeVerifier);

/// A code challenge by `S256`: the base64url form of 32 bytes. Public.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(8))]
pub struct CodeChallenge {
    /// ASCII, filled up with `A`: whole words where words begin are soonest found to be text.
    text: [u8; FILLED_UP],
}

/// 32 bytes in base64url.
const CHALLENGE_CHARACTERS: usize = 43;

const FILLED_UP: usize = CHALLENGE_CHARACTERS.next_multiple_of(16);

impl CodeChallenge {
    /// The one value of `code_challenge_method` that there is here.
    pub const METHOD: &'static str = "S256";

    /// Takes a challenge over: one that was stored, or one that a client sent.
    ///
    /// # Errors
    ///
    /// [`PkceError::Challenge`] unless it is 32 bytes in base64url without padding.
    pub fn new(text: impl AsRef<str>) -> Result<Self, PkceError> {
        let mut hash = [0; 32];
        match base64url::decode_slice(text.as_ref(), &mut hash) {
            // One spelling for each hash.
            Ok(32) => Ok(Self::of(&hash)),
            Ok(_) | Err(_) => Err(PkceError::Challenge),
        }
    }

    fn of(hash: &[u8; 32]) -> Self {
        let mut text = [b'A'; FILLED_UP];
        let written = base64url::encode_slice(hash, &mut text);
        debug_assert_eq!(written, Some(CHALLENGE_CHARACTERS));
        Self { text }
    }

    /// The challenge as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is ASCII.
        core::str::from_utf8(&self.text).unwrap_or_default().get(..CHALLENGE_CHARACTERS).unwrap_or_default()
    }

    /// A server's check (RFC 7636, section 4.6): whether this is the challenge of `verifier`.
    #[must_use]
    pub fn is_of(&self, verifier: &CodeVerifier) -> bool {
        constant_time_eq(&self.text, &verifier.challenge().text)
    }
}

impl core::fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("CodeChallenge").field(&self.as_str()).finish()
    }
}

/// A verifier or challenge that RFC 7636 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkceError {
    /// The verifier is shorter than 43 or longer than 128 characters.
    #[error("a code verifier has 43 to 128 characters")]
    VerifierLength,
    /// The verifier holds a character that is not unreserved.
    #[error("a code verifier has only the characters A-Z a-z 0-9 - . _ ~")]
    VerifierCharacter,
    /// The challenge is not the base64url form of a SHA-256 hash.
    #[error("a code challenge is 32 bytes in base64url")]
    Challenge,
}

impl PkceError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::VerifierLength => "pkce_verifier_length",
            Self::VerifierCharacter => "pkce_verifier_character",
            Self::Challenge => "pkce_challenge",
        }
    }

    /// Whoever supplied the text: the caller. (A server that read it from a request says so in the error of that request.)
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use jwt_core::{Moments, Timestamp};

    // PK-01
    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        assert!(CodeVerifier::new("a".repeat(43)).is_ok());
        assert!(CodeVerifier::new("~._-".repeat(32)).is_ok());
        assert_eq!(CodeVerifier::new("a".repeat(42)).err(), Some(PkceError::VerifierLength));
        assert_eq!(CodeVerifier::new("a".repeat(129)).err(), Some(PkceError::VerifierLength));
        assert_eq!(CodeVerifier::new("").err(), Some(PkceError::VerifierLength));
        for foreign in ["+", "/", "=", " ", "%", "é", "\0", "\n", "!"] {
            let text = format!("{}{foreign}", "a".repeat(50));
            assert_eq!(CodeVerifier::new(text).err(), Some(PkceError::VerifierCharacter), "{foreign:?}");
        }
    }

    // PK-03
    #[test]
    fn the_challenge_of_rfc_7636_appendix_b() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    // PK-04
    #[test]
    fn each_moment_makes_another_verifier_and_none_shows_itself() {
        let mut moments = Moments::from_seed([1; 32]);
        let now = Timestamp::from_unix(1);
        let (one, two) = (Pkce::generate(&moments.at(now)), Pkce::generate(&moments.at(now)));
        assert_ne!(one.challenge(), two.challenge());
        assert_eq!(one.verifier().expose().len(), 43);
        assert!(CodeVerifier::new(one.verifier().expose()).is_ok());
        assert!(!format!("{one:?}").contains(one.verifier().expose()));
    }

    #[test]
    fn a_challenge_is_of_its_verifier_and_no_other() {
        let (one, two) = (CodeVerifier::new("a".repeat(43)).unwrap(), CodeVerifier::new("b".repeat(43)).unwrap());
        let challenge = CodeChallenge::new(one.challenge().as_str()).unwrap();
        assert!(challenge.is_of(&one) && !challenge.is_of(&two));
    }

    #[test]
    fn a_challenge_that_is_no_hash_is_refused() {
        let good = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(CodeChallenge::new(good).is_ok());
        // Too short, too long, padded, standard alphabet, non-zero trailing bits: each could be a second spelling.
        for text in [
            "",
            "E9Mel",
            &good[..42],
            &format!("{good}A"),
            &format!("{good}="),
            &good.replace('-', "+"),
            &good.replace("cM", "cN"),
        ] {
            assert_eq!(CodeChallenge::new(text), Err(PkceError::Challenge), "{text}");
        }
    }
}
