//! The compact serialization (RFC 7515, section 7.1), taken apart but not trusted: [`Unverified`], [`Limits`].

use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::header::Fields;
use crate::json::{self, Document};
use crate::policy::Failure;
use crate::verify::{accept, nothing_else};
use crate::{
    Algorithm, Blame, Candidates, Error, Header, NoMatch, Policy, SignatureVerified, Timestamp, Verified, VerifyingKey,
    VerifyingKeys, base64url,
};

/// What a token may cost. Every limit is checked before the work that it bounds.
///
/// # Examples
///
/// ```
/// use jwt_core::{Error, Limits, Malformed, Unverified};
///
/// let limits = Limits::default().max_token_bytes(2000).max_depth(4);
/// let error = Unverified::parse(&"A".repeat(2001), &limits).unwrap_err();
/// assert_eq!(error, Error::Malformed(Malformed::TooLong));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_token_bytes: usize,
    max_header_bytes: usize,
    max_depth: usize,
    max_members: usize,
}

impl Limits {
    pub(crate) const DEFAULT: Self =
        Self { max_token_bytes: 64 << 10, max_header_bytes: 16 << 10, max_depth: 32, max_members: 8 << 10 };

    /// The length of the whole token in characters. Default: 64 KiB, four to eight times what servers take as a request's head; at most 512 MiB.
    #[must_use]
    pub const fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = if bytes < json::Limits::LONGEST { bytes } else { json::Limits::LONGEST };
        self
    }

    /// The length of the encoded header in characters. Default: 16 KiB, enough for a chain of four certificates in `x5c`.
    #[must_use]
    pub const fn max_header_bytes(mut self, bytes: usize) -> Self {
        self.max_header_bytes = bytes;
        self
    }

    /// How deep objects and arrays nest in header and claims. Default: 32; at most [`json::Limits::DEEPEST`].
    #[must_use]
    pub const fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth;
        self
    }

    /// How many members and elements header and claims have, each in total. Default: 8192, hundreds of times what claims
    /// have. (A token of the default length could list three times as many single digits.)
    #[must_use]
    pub const fn max_members(mut self, members: usize) -> Self {
        self.max_members = members;
        self
    }

    /// Of each limit the stricter one.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            max_token_bytes: self.max_token_bytes.min(other.max_token_bytes),
            max_header_bytes: self.max_header_bytes.min(other.max_header_bytes),
            max_depth: self.max_depth.min(other.max_depth),
            max_members: self.max_members.min(other.max_members),
        }
    }

    pub(crate) const fn token_bytes(&self) -> usize {
        self.max_token_bytes
    }

    pub(crate) const fn header_bytes(&self) -> usize {
        self.max_header_bytes
    }

    pub(crate) const fn json(&self) -> json::Limits {
        json::Limits::unbounded()
            .max_bytes(self.max_token_bytes)
            .max_depth(self.max_depth)
            .max_members(self.max_members)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a text is no compact JWS.
///
/// # Examples
///
/// ```
/// use jwt_core::{Limits, Unverified};
///
/// let code = |text| Unverified::parse(text, &Limits::default()).unwrap_err().code();
/// assert_eq!(code("no token"), "token_foreign_character");
/// assert_eq!(code("e30.e30"), "token_not_three_parts");
/// assert_eq!(code("e31.e30."), "header_encoding"); // bits that spell nothing
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Longer than [`Limits::max_token_bytes`].
    #[error("token is longer than the limit")]
    TooLong,
    /// A header longer than [`Limits::max_header_bytes`].
    #[error("header is longer than the limit")]
    HeaderTooLong,
    /// A character outside `A-Z a-z 0-9 - _ .`: whitespace, padding, a JSON serialization.
    #[error("token has a character outside base64url and dots")]
    ForeignCharacter,
    /// Not three parts, and not five.
    #[error("token has not three parts")]
    Parts,
    /// The header is not strict base64url.
    #[error("header is not strict base64url")]
    HeaderEncoding,
    /// The payload is not strict base64url.
    #[error("payload is not strict base64url")]
    PayloadEncoding,
    /// The signature is not strict base64url.
    #[error("signature is not strict base64url")]
    SignatureEncoding,
}

impl Malformed {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "token_too_long",
            Self::HeaderTooLong => "header_too_long",
            Self::ForeignCharacter => "token_foreign_character",
            Self::Parts => "token_not_three_parts",
            Self::HeaderEncoding => "header_encoding",
            Self::PayloadEncoding => "payload_encoding",
            Self::SignatureEncoding => "signature_encoding",
        }
    }

    /// Whose fault it is: the peer's, whose text it is.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Peer
    }
}

/// A compact JWS whose header was read and whose signature was **not** checked.
///
/// For reading the header, for checking the signature elsewhere (WebCrypto, an HSM) and then [`Unverified::verified`]. Its claims cannot be had without
/// saying `dangerous`, and never as a [`Verified`].
///
/// # Examples
///
/// ```
/// use jwt_core::{Limits, Unverified};
///
/// // RFC 7515, appendix A.1
/// let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// let unverified = Unverified::parse(token, &Limits::default())?;
/// assert_eq!(unverified.header().alg(), "HS256");
/// assert_eq!(unverified.signature().len(), 32);
/// # Ok::<(), jwt_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Unverified<'t> {
    parts: Parts<'t>,
    header: Header,
    signature: Vec<u8>,
    limits: Limits,
}

impl<'t> Unverified<'t> {
    /// Takes a token apart and reads its header.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::EncryptedToken`] for five parts, [`Error::Header`].
    pub fn parse(compact: &'t str, limits: &Limits) -> Result<Self, Error> {
        let parts = Parts::split(compact, limits)?;
        let header = parts.with_header(limits, |document, json| Ok(Header::read(document, json)?))?;
        let signature = base64url::decode(parts.signature).map_err(|_| Malformed::SignatureEncoding)?;
        Ok(Self { parts, header, signature, limits: *limits })
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes that are signed: header and payload as received (RFC 7515, section 5.2).
    #[must_use]
    pub const fn signing_input(&self) -> &'t [u8] {
        self.parts.signing_input
    }

    /// The signature, decoded.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The claims, which anybody can have written: for choosing among configured issuers, for a look at a token, never for a decision.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], and [`Error::Claims`] for claims that are no strict JSON object or do not fit `T`.
    pub fn dangerous_claims<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let payload = base64url::decode(self.parts.payload).map_err(|_| Malformed::PayloadEncoding)?;
        Ok(json::object_from_slice(&payload, &self.limits.json())?)
    }

    /// Checks the signature with these keys, those that are for the header's algorithm, in their order: with the first
    /// [`MAX_CANDIDATES`](crate::jwk::MAX_CANDIDATES) of them, so that a forged token costs no more. The header's `kid` is not looked at; for the keys of a
    /// set, see [`Unverified::check_signature_with_keys`].
    ///
    /// # Errors
    ///
    /// [`Error::NoKey`] if no key is for the header's algorithm, [`Error::Signature`] if none of those that were tried made the signature.
    pub fn check_signature<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifyingKey>,
    ) -> Result<SignatureVerified, Error> {
        // RFC 8725, section 3.1: a key says which algorithm it is for; the header can only agree.
        let fitting = Candidates::of(keys.into_iter(), self.header.alg()).ok_or(NoMatch::NoKeyForAlgorithm)?;
        self.checked_by_one_of(fitting)
    }

    /// Checks the signature with the keys of a set that fit the header's `kid` and `alg`, as [`verify_with_keys`](crate::verify_with_keys) does.
    ///
    /// # Errors
    ///
    /// [`Error::NoKey`] if no key of the set fits, [`Error::Signature`] if none of those that fit made the signature.
    pub fn check_signature_with_keys(&self, keys: &VerifyingKeys) -> Result<SignatureVerified, Error> {
        self.checked_by_one_of(keys.select(&self.header)?)
    }

    fn checked_by_one_of<'k>(
        &self,
        mut keys: impl Iterator<Item = &'k VerifyingKey>,
    ) -> Result<SignatureVerified, Error> {
        keys.find_map(|key| key.verify(self.signing_input(), &self.signature).ok()).ok_or(Error::Signature)
    }

    /// The claims of a token whose signature was checked elsewhere, over [`Unverified::signing_input`]: the second half of [`verify`](crate::verify()).
    ///
    /// `buffer` is overwritten with the decoded payload, from which `T` may borrow. Of the limits given to [`Unverified::parse`] and those of the policy, the
    /// stricter ones bound the claims.
    ///
    /// # Errors
    ///
    /// As [`verify()`](crate::verify()) from the claims on, and [`Error::Malformed`] for a token over the policy's limits; [`Error::UnsupportedAlgorithm`] for a header whose `alg` is no [`Algorithm`], and
    /// [`Error::AlgorithmMismatch`] if it does not name that of the key that checked the signature.
    pub fn verified<'b, T: Deserialize<'b>>(
        self,
        proof: SignatureVerified,
        policy: &Policy,
        now: Timestamp,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Verified<T>, Error> {
        self.verified_and(proof, policy, now, buffer, nothing_else)
    }

    /// The algorithm of the key that checked the signature. Where it was checked elsewhere, the one that the header names, which for the old name `EdDSA` is
    /// [`Algorithm::Ed25519`].
    pub(crate) fn algorithm(&self, proof: &SignatureVerified) -> Result<Algorithm, Error> {
        proof.algorithm_under(self.header.alg(), self.header.algorithm())
    }

    /// As [`Unverified::verified`]; what `also` finds in the claims is told in the same answer.
    pub(crate) fn verified_and<'b, T: Deserialize<'b>>(
        self,
        proof: SignatureVerified,
        policy: &Policy,
        now: Timestamp,
        buffer: &'b mut Vec<u8>,
        also: impl FnOnce(&T) -> Vec<Failure>,
    ) -> Result<Verified<T>, Error> {
        let limits = self.limits.and(policy.token_limits());
        self.parts.check_lengths(&limits)?;
        let algorithm = self.algorithm(&proof)?;
        if self.header.cty().is_some_and(Fields::means_nested) {
            return Err(Error::NestedToken);
        }
        let typ = policy.typ().check(self.header.typ());
        accept(&limits.json(), self.parts.payload, proof, algorithm, typ, policy, now, buffer, also)
    }
}

/// Shows the header; nothing of the payload.
impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("header", &self.header).finish_non_exhaustive()
    }
}

/// The three parts, still encoded; only their lengths and characters were looked at.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'t> {
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Parts<'t> {
    /// The parts of a token that is about to be decoded as a whole: nothing but the ends of the first and of the last part is looked for, because a foreign
    /// character or a further dot will not be decoded either. Whoever finds none asks [`Parts::not_found`] what to say, and whoever refuses the token in the
    /// end [`Parts::misshapen`].
    #[inline]
    pub(crate) fn find(compact: &'t str, limits: &Limits) -> Option<Self> {
        if compact.len() > limits.max_token_bytes {
            return None;
        }
        let first = memchr::memchr(b'.', compact.as_bytes())?;
        let last = memchr::memrchr(b'.', compact.as_bytes())?;
        if first > limits.max_header_bytes {
            return None;
        }
        // There is no payload where both are the same dot.
        Some(Self {
            header: compact.get(..first)?,
            payload: compact.get(first + 1..last)?,
            signature: compact.get(last + 1..)?,
            signing_input: compact.as_bytes().get(..last)?,
        })
    }

    /// Why [`Parts::find`] found none: then [`Parts::split`] does not either.
    #[cold]
    pub(crate) fn not_found(compact: &str, limits: &Limits) -> Error {
        Parts::split(compact, limits).err().unwrap_or(Error::Malformed(Malformed::Parts))
    }

    /// What is wrong with the form of a token that was [found](Parts::find) and then refused, which is said rather than what it was refused for.
    #[cold]
    pub(crate) fn misshapen(&self, compact: &str, limits: &Limits, refused: &Error) -> Option<Error> {
        // Header and signature were decoded before the signature was checked.
        let decoded = matches!(refused, Error::Signature);
        let unseen = if decoded { [self.payload, "", ""] } else { [self.payload, self.header, self.signature] };
        if unseen.into_iter().all(|part| is_base64url(part.as_bytes())) {
            return None;
        }
        Parts::split(compact, limits).err()
    }

    pub(crate) fn split(compact: &'t str, limits: &Limits) -> Result<Self, Error> {
        if compact.len() > limits.max_token_bytes {
            return Err(Malformed::TooLong.into());
        }
        match dots(compact.as_bytes()).ok_or(Malformed::ForeignCharacter)? {
            2 => {}
            // RFC 7516, section 9: "The JWS Compact Serialization uses two; the JWE Compact Serialization uses four."
            4 => return Err(Error::EncryptedToken),
            _ => return Err(Malformed::Parts.into()),
        }
        // Of a token that is short enough and has two dots, nothing else can be wrong.
        Self::find(compact, limits).ok_or(Error::Malformed(Malformed::HeaderTooLong))
    }

    /// Whether a token that was taken apart under other limits is within these.
    fn check_lengths(&self, limits: &Limits) -> Result<(), Malformed> {
        // The signing input, a dot, and the signature.
        if self.signing_input.len().saturating_add(self.signature.len()) >= limits.max_token_bytes {
            return Err(Malformed::TooLong);
        }
        if self.header.len() > limits.max_header_bytes {
            return Err(Malformed::HeaderTooLong);
        }
        Ok(())
    }

    /// Decodes the header and lets `read` look at it. Allocates only for a header that is long or has an escaped string.
    pub(crate) fn with_header<R>(
        &self,
        limits: &Limits,
        read: impl FnOnce(Document<'_>, &json::Limits) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let json = limits.json();
        let length = base64url::decoded_len(self.header.len());
        if length <= INLINE_USUAL {
            return self.with_header_in(&mut [0; INLINE_USUAL], length, &json, read);
        }
        if length <= INLINE_HEADER {
            return self.with_header_in(&mut [0; INLINE_HEADER], length, &json, read);
        }
        self.with_any_header(&json, read)
    }

    #[inline]
    fn with_header_in<R>(
        &self,
        room: &mut [u8],
        length: usize,
        json: &json::Limits,
        read: impl FnOnce(Document<'_>, &json::Limits) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let room = room.get_mut(..length).unwrap_or_default();
        base64url::decode_slice(self.header, room).map_err(|_| Malformed::HeaderEncoding)?;
        match Document::plain(room).map_err(crate::HeaderError::from)? {
            Some(document) => read(document, json),
            None => self.with_any_header(json, read),
        }
    }

    fn with_any_header<R>(
        &self,
        json: &json::Limits,
        read: impl FnOnce(Document<'_>, &json::Limits) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut buffer = base64url::decode(self.header).map_err(|_| Malformed::HeaderEncoding)?;
        let document = Document::from_buffer(&mut buffer).map_err(crate::HeaderError::from)?;
        read(document, json)
    }

    /// Decodes the signature and lets `check` look at it. Allocates only for a signature longer than those of today's algorithms and usual keys.
    pub(crate) fn with_signature<R>(&self, check: impl FnOnce(&[u8]) -> Result<R, Error>) -> Result<R, Error> {
        let length = base64url::decoded_len(self.signature.len());
        if length <= INLINE_SHORT {
            return self.with_signature_in(&mut [0; INLINE_SHORT], length, check);
        }
        if length <= INLINE_SIGNATURE {
            return self.with_signature_in(&mut [0; INLINE_SIGNATURE], length, check);
        }
        let signature = base64url::decode(self.signature).map_err(|_| Malformed::SignatureEncoding)?;
        check(&signature)
    }

    fn with_signature_in<R>(
        &self,
        room: &mut [u8],
        length: usize,
        check: impl FnOnce(&[u8]) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let room = room.get_mut(..length).unwrap_or_default();
        base64url::decode_slice(self.signature, room).map_err(|_| Malformed::SignatureEncoding)?;
        check(room)
    }
}

/// `{"alg":"RS256","typ":"at+jwt","kid":"..."}`, with a name of 32 characters and a member more.
const INLINE_USUAL: usize = 128;

/// Several times `{"alg":"RS256","typ":"at+jwt","kid":"..."}`.
const INLINE_HEADER: usize = 384;

/// The longest signature of HMAC, of Ed25519 and of ECDSA on P-256 and P-384.
const INLINE_SHORT: usize = 96;

/// The signature of an RSA key of 4096 bits.
const INLINE_SIGNATURE: usize = 512;

/// How many dots there are among characters of base64url; `None` if there is anything else.
///
/// Without a branch for each byte, so that the compiler makes vector code of it.
fn dots(bytes: &[u8]) -> Option<usize> {
    let look = |(good, dots): (bool, u8), &byte: &u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        let dot = byte == b'.';
        (good & (letter | digit | (byte == b'-') | (byte == b'_') | dot), dots.wrapping_add(u8::from(dot)))
    };
    // In pieces, so that long junk is left at its first piece, and of a length that an octet can count.
    bytes.chunks(128).try_fold(0, |sum: usize, piece| {
        let (good, dots) = piece.iter().fold((true, 0), look);
        good.then(|| sum.saturating_add(dots.into()))
    })
}

/// Whether there are only characters of base64url.
fn is_base64url(text: &[u8]) -> bool {
    // How far a character is from those that are good, without a branch, so that the compiler makes vector code of it.
    let off = |byte: u8| {
        let letter = (byte | 0x20).wrapping_sub(b'a').saturating_sub(25);
        let digit = byte.wrapping_sub(b'0').saturating_sub(9);
        letter.min(digit).min(byte ^ b'-').min(byte ^ b'_')
    };
    let (blocks, rest) = text.as_chunks::<16>();
    let mut found = [0; 16];
    let mut look = |block: &[u8; 16]| found.iter_mut().zip(block).for_each(|(found, &byte)| *found |= off(byte));
    blocks.iter().for_each(&mut look);
    // What is left is looked at as a part of the last block, if there is one.
    match text.last_chunk() {
        Some(last) => look(last),
        None => return rest.iter().all(|&byte| off(byte) == 0),
    }
    found == [0; 16]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_lets_a_token_be_longer_than_positions_reach() {
        assert_eq!(Limits::default().max_token_bytes(usize::MAX).token_bytes(), json::Limits::LONGEST);
        assert_eq!(Limits::default().max_token_bytes(2000).token_bytes(), 2000);
    }

    #[test]
    fn dots_are_counted_however_many_there_are() {
        for length in [0, 1, 2, 127, 128, 129, 255, 256, 257, 1000] {
            assert_eq!(dots(&alloc::vec![b'.'; length]), Some(length));
        }
    }

    #[test]
    fn the_alphabet_is_that_of_base64url_and_the_dot() {
        for byte in 0..=255u8 {
            let good = byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            for length in [1, 15, 16, 17, 64, 1025] {
                for position in [0, length / 2, length - 1] {
                    let mut text = alloc::vec![b'a'; length];
                    text[position] = byte;
                    let expected = good.then_some(usize::from(byte == b'.'));
                    assert_eq!(dots(&text), expected, "{byte}");
                    assert_eq!(is_base64url(&text), good && byte != b'.', "{byte}");
                }
            }
        }
    }
}
