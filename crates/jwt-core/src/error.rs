//! Errors, sorted by blame.

use alloc::boxed::Box;
use core::fmt;

use crate::compact::Malformed;
use crate::json::JsonError;
use crate::policy::{Claim, Failure, Rejection};
use crate::{Algorithm, HeaderError, InvalidSignature, KeyError, NoMatch};

/// Whose fault a failure is: the same four answers for all four crates.
///
/// Every error type of this family has `code()` (a stable, machine-readable name) and `blame()`.
///
/// # Examples
///
/// ```
/// use jwt_core::{Blame, KeyError, NoMatch};
///
/// assert_eq!(NoMatch::UnknownKid.blame(), Blame::Peer);
/// assert_eq!(KeyError::NotPrivate.blame(), Blame::Caller);
/// assert_eq!(Blame::Time.as_str(), "time");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The other side sent something wrong: a forged token, a malformed answer, a refusal.
    Peer,
    /// The calling program is at fault: a weak key, a policy that cannot hold, a call at the wrong moment.
    Caller,
    /// No usable answer came: network, outage, overload. Nothing is known about the credential.
    Transport,
    /// Only time is in the way: expired, or not valid yet. Refreshing or waiting helps.
    Time,
}

impl Blame {
    /// The stable name: `peer`, `caller`, `transport` or `time`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Caller => "caller",
            Self::Transport => "transport",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a token is not accepted (RFC 7515, section 5.2; RFC 7519, section 7.2; RFC 8725). The variants stand in the order of the checks: each check comes only after
/// all before it have passed.
///
/// No text of the token is in it.
///
/// # Examples
///
/// ```
/// use jwt_core::{Blame, Error};
/// # use jwt_core::{Algorithm, Audience, Expiry, Header, Issuer, Policy, RegisteredClaims, SigningKey, Timestamp, Typ};
/// # let key = SigningKey::hs256(b"a secret of at least 32 octets ...")?;
/// # let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required);
/// # let now = Timestamp::from_unix(1_700_000_000);
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api").with_subject("alice");
/// # let claims = claims.with_expires_at(Timestamp::from_unix(1_700_000_300));
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// # let key = key.verifying_key()?;
/// let at = |now| jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, Timestamp::from_unix(now));
/// let error = at(1_700_000_300).unwrap_err();
/// assert_eq!((error.code(), error.blame()), ("expired", Blame::Time));
/// assert_eq!(error.to_string(), "rejected: `exp` has passed");
///
/// let error = jwt_core::verify::<RegisteredClaims>("not a token", &key, &policy, now).unwrap_err();
/// assert!(matches!(error, Error::Malformed(_)));
/// assert_eq!(error.blame(), Blame::Peer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no compact JWS.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// Five parts: an encrypted token (JWE), which this crate does not open.
    #[error("token is encrypted (it has five parts)")]
    EncryptedToken,
    /// The header is out of order.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The payload is another JWT (`cty` `JWT`), not claims (RFC 8725, section 3.3).
    #[error("token holds another token, not claims")]
    NestedToken,
    /// The header's `alg` is not what the key is for: another algorithm, `none`, anything. Keys decide, tokens do not (RFC 8725, section 3.1).
    #[error("header does not name the key's algorithm, {key}")]
    AlgorithmMismatch {
        /// The key's algorithm.
        key: Algorithm,
    },
    /// The header's `alg` is no [`Algorithm`] at all, or none that a DPoP proof may have here.
    #[error("header names no known algorithm, or one that is not taken here")]
    UnsupportedAlgorithm,
    /// No key of the set is for this token. With an unknown `kid`, fetching the set anew may help.
    #[error("{0}")]
    NoKey(#[from] NoMatch),
    /// There is not exactly one `DPoP` header field (RFC 9449, section 4.3, point 1).
    #[error("there is not exactly one dpop header field")]
    ProofCount,
    /// The header of a DPoP proof has no `jwk` that is a public key for its algorithm (RFC 9449, section 4.3, points 5 and 7).
    #[error("proof key: {0}")]
    ProofKey(KeyError),
    /// It is a DPoP proof that is not accepted, not a token. Code, blame and failures are those of the reason inside.
    #[error("dpop proof: {0}")]
    DpopProof(Box<Self>),
    /// The signature is not one of the key.
    #[error("signature is not valid")]
    Signature,
    /// The signature holds, but the claims are no strict JSON object, or do not fit the type asked for.
    #[error("claims: {0}")]
    Claims(#[from] JsonError),
    /// The signature holds, but the policy refuses the claims.
    #[error("rejected: {0}")]
    Rejected(#[from] Rejection),
}

impl Error {
    /// The stable, machine-readable name; of several failing claims the gravest's.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.code(),
            Self::EncryptedToken => "encrypted_token",
            Self::Header(error) => error.code(),
            Self::NestedToken => "nested_token",
            Self::AlgorithmMismatch { .. } => "algorithm_mismatch",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::NoKey(no_match) => no_match.code(),
            Self::ProofCount => "dpop_not_one_proof",
            Self::ProofKey(_) => "dpop_key_invalid",
            Self::DpopProof(reason) => reason.code(),
            Self::Signature => "invalid_signature",
            Self::Claims(error) if error.is_unfit() => "claims_unfit",
            Self::Claims(_) => "claims_not_strict_json",
            Self::Rejected(rejection) => rejection.code(),
        }
    }

    /// [`Blame::Time`] if only the time is in the way (a refresh or waiting helps), [`Blame::Peer`] otherwise.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::Rejected(rejection) => rejection.blame(),
            Self::DpopProof(reason) => reason.blame(),
            Self::Malformed(_)
            | Self::EncryptedToken
            | Self::Header(_)
            | Self::NestedToken
            | Self::AlgorithmMismatch { .. }
            | Self::UnsupportedAlgorithm
            | Self::NoKey(_)
            | Self::ProofCount
            | Self::ProofKey(_)
            | Self::Signature
            | Self::Claims(_) => Blame::Peer,
        }
    }

    /// Every failing claim, the gravest first; empty if the token did not come as far as its claims.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        match self {
            Self::Rejected(rejection) => rejection.failures(),
            Self::DpopProof(reason) => reason.failures(),
            Self::Malformed(_)
            | Self::EncryptedToken
            | Self::Header(_)
            | Self::NestedToken
            | Self::AlgorithmMismatch { .. }
            | Self::UnsupportedAlgorithm
            | Self::NoKey(_)
            | Self::ProofCount
            | Self::ProofKey(_)
            | Self::Signature
            | Self::Claims(_) => &[],
        }
    }

    /// The `error` of a protected API's answer, which has the status 401: `invalid_token` (RFC 6750, section 3.1), or for a DPoP proof `invalid_dpop_proof`
    /// (RFC 9449, section 7.1) and, where nothing but a nonce of this server's is missing, `use_dpop_nonce` (section 9; with a field `DPoP-Nonce`).
    ///
    /// An authorization server answers `invalid_dpop_proof` and `use_dpop_nonce` to a token request too (sections 5 and 8), with the status 400.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::{Error, Malformed};
    ///
    /// let error = Error::Malformed(Malformed::Parts);
    /// let challenge = format!(r#"Bearer error="{}", error_description="{}""#, error.oauth_error(), error.oauth_description());
    /// assert_eq!(challenge, r#"Bearer error="invalid_token", error_description="the token is malformed""#);
    /// ```
    #[must_use]
    pub fn oauth_error(&self) -> &'static str {
        match self {
            Self::DpopProof(reason) => match reason.proof_fault() {
                ProofFault::Nonce => "use_dpop_nonce",
                // RFC 9449, section 7.1: a request "that was rejected because the confirmation of the DPoP binding in the access token failed" is answered with
                // `invalid_token`.
                ProofFault::Binding => "invalid_token",
                ProofFault::Time | ProofFault::Proof => "invalid_dpop_proof",
            },
            // "If the DPoP proof is invalid .. the error code "invalid_dpop_proof"" (section 7.1): that of the criteria of section 4.3.
            Self::ProofCount | Self::ProofKey(_) => "invalid_dpop_proof",
            // "The access token provided is expired, revoked, malformed, or invalid for other reasons." (RFC 6750, section 3.1)
            Self::Malformed(_)
            | Self::EncryptedToken
            | Self::Header(_)
            | Self::NestedToken
            | Self::AlgorithmMismatch { .. }
            | Self::UnsupportedAlgorithm
            | Self::NoKey(_)
            | Self::Signature
            | Self::Claims(_)
            | Self::Rejected(_) => "invalid_token",
        }
    }

    /// The `error_description` beside [`Error::oauth_error`]: a short sentence of ours, with nothing of the token in it, in the characters that RFC 6750, section 3,
    /// allows. What exactly is wrong is for the log: [`Error::code`], [`Error::failures`].
    #[must_use]
    pub fn oauth_description(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::EncryptedToken | Self::Header(_) | Self::NestedToken | Self::Claims(_) => {
                "the token is malformed"
            }
            Self::AlgorithmMismatch { .. } | Self::UnsupportedAlgorithm | Self::NoKey(_) | Self::Signature => {
                "the signature of the token is not valid here"
            }
            Self::Rejected(rejection) if rejection.blame() == Blame::Time => {
                "the token has expired or is not valid yet"
            }
            Self::Rejected(_) => "the token is not valid here",
            Self::ProofCount => "exactly one DPoP proof is needed",
            Self::ProofKey(_) => "the key of the DPoP proof is not valid",
            Self::DpopProof(reason) => match reason.proof_fault() {
                ProofFault::Nonce => "a nonce of this server is needed in the DPoP proof",
                ProofFault::Binding => "the token is bound to another key",
                ProofFault::Time => "the DPoP proof was not made just now",
                ProofFault::Proof => "the DPoP proof is not valid",
            },
        }
    }

    /// What is wrong with a DPoP proof that is refused for this reason.
    fn proof_fault(&self) -> ProofFault {
        let failures = self.failures();
        let all_are = |expected: &dyn Fn(&Failure) -> bool| !failures.is_empty() && failures.iter().all(expected);
        let is_nonce = |failure: &Failure| *failure.claim() == Claim::Nonce;
        if all_are(&Failure::is_time) {
            ProofFault::Time
        } else if all_are(&|failure| is_nonce(failure) || failure.is_time()) {
            // The next proof, with the nonce, will be a new one too.
            ProofFault::Nonce
        } else if all_are(&|failure| *failure.claim() == Claim::ProofKey) {
            ProofFault::Binding
        } else {
            ProofFault::Proof
        }
    }

    /// This reason as that of a DPoP proof.
    pub(crate) fn of_dpop_proof(self) -> Self {
        match self {
            itself @ (Self::ProofCount | Self::ProofKey(_) | Self::DpopProof(_)) => itself,
            reason @ (Self::Malformed(_)
            | Self::EncryptedToken
            | Self::Header(_)
            | Self::NestedToken
            | Self::AlgorithmMismatch { .. }
            | Self::UnsupportedAlgorithm
            | Self::NoKey(_)
            | Self::Signature
            | Self::Claims(_)
            | Self::Rejected(_)) => Self::DpopProof(Box::new(reason)),
        }
    }
}

/// What an answer must tell apart.
enum ProofFault {
    /// Nothing is wrong that a proof with a nonce of this server would not mend.
    Nonce,
    /// The proof is right, but the access token is bound to another key.
    Binding,
    Time,
    Proof,
}

impl From<InvalidSignature> for Error {
    fn from(_: InvalidSignature) -> Self {
        Self::Signature
    }
}

/// Why a stored text cannot be restored: `kind.version.body`, the one form of whatever outlives a process in all four crates.
///
/// # Examples
///
/// ```
/// use jwt_core::StoredError;
/// use jwt_core::profile::OriginalIdToken;
///
/// let restore = |text| OriginalIdToken::from_stored(text).unwrap_err();
/// assert_eq!(restore("authorization_code.1.{}"), StoredError::WrongKind);
/// assert_eq!(restore("original_id_token.1000.{}").code(), "stored_newer_version");
/// assert_eq!(restore("original_id_token.1.{"), StoredError::Damaged);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// The text was stored by something else: another flow, another program.
    #[error("stored by another kind of value")]
    WrongKind,
    /// The text was stored by a newer version of this library.
    #[error("stored by a newer version")]
    NewerVersion,
    /// The text is damaged: cut off, changed, or never one of ours.
    #[error("damaged")]
    Damaged,
}

impl StoredError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongKind => "stored_wrong_kind",
            Self::NewerVersion => "stored_newer_version",
            Self::Damaged => "stored_damaged",
        }
    }

    /// Whose fault it is: always the caller's, whose store gave the text back.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::json::Kind;
    use crate::policy::Reason;
    use crate::{SignError, SignerError};

    /// One of each kind of reason that is no matter of claims.
    fn reasons() -> Vec<Error> {
        let json = JsonError::new(Kind::Syntax, 0);
        [
            Error::Malformed(Malformed::Parts),
            Error::EncryptedToken,
            Error::Header(HeaderError::Algorithm),
            Error::NestedToken,
            Error::AlgorithmMismatch { key: Algorithm::HS256 },
            Error::UnsupportedAlgorithm,
            Error::NoKey(NoMatch::UnknownKid),
            Error::Signature,
            Error::Claims(json),
        ]
        .into()
    }

    fn rejected(failures: &[(Claim, Reason)]) -> Error {
        let failures = failures.iter().map(|(claim, reason)| Failure::new(claim.clone(), *reason)).collect();
        Rejection::of(failures).unwrap().into()
    }

    #[test]
    fn every_refusal_of_a_token_is_invalid_token_in_oauth() {
        // RFC 6750, section 3.1
        for error in reasons() {
            assert_eq!(error.oauth_error(), "invalid_token", "{error:?}");
        }
        let expired = rejected(&[(Claim::Expiry, Reason::Expired)]);
        let wrong = rejected(&[(Claim::Audience, Reason::Mismatch), (Claim::Expiry, Reason::Expired)]);
        // The nonce of an ID token is no DPoP nonce.
        let nonce = rejected(&[(Claim::Nonce, Reason::Missing)]);
        for (error, description) in [
            (expired, "the token has expired or is not valid yet"),
            (wrong, "the token is not valid here"),
            (nonce, "the token is not valid here"),
        ] {
            assert_eq!((error.oauth_error(), error.oauth_description()), ("invalid_token", description));
        }
    }

    #[test]
    fn every_refusal_of_a_dpop_proof_says_so_in_oauth() {
        // DP-12; RFC 9449, sections 7.1 and 9
        for reason in reasons() {
            let (code, blame) = (reason.code(), reason.blame());
            let error = reason.of_dpop_proof();
            assert_eq!((error.code(), error.blame()), (code, blame));
            assert_eq!(error.oauth_error(), "invalid_dpop_proof", "{error:?}");
        }
        for error in [Error::ProofCount, Error::ProofKey(KeyError::NotPrivate)] {
            assert_eq!(error.clone().of_dpop_proof(), error);
            assert_eq!(error.oauth_error(), "invalid_dpop_proof", "{error:?}");
        }
        let nonce = || (Claim::Nonce, Reason::Mismatch);
        let old = || (Claim::IssuedAt, Reason::TooOld);
        let binding = || (Claim::ProofKey, Reason::Mismatch);
        let method = || (Claim::Method, Reason::Mismatch);
        for (failures, expected) in [
            (&[nonce()][..], "use_dpop_nonce"),
            (&[(Claim::Nonce, Reason::Missing), old()], "use_dpop_nonce"),
            (&[nonce(), method()], "invalid_dpop_proof"),
            (&[nonce(), binding()], "invalid_dpop_proof"),
            (&[method()], "invalid_dpop_proof"),
            (&[old()], "invalid_dpop_proof"),
            (&[binding()], "invalid_token"),
            (&[binding(), method()], "invalid_dpop_proof"),
            (&[(Claim::Id, Reason::Replayed)], "invalid_dpop_proof"),
        ] {
            let error = rejected(failures).of_dpop_proof();
            assert_eq!(error.oauth_error(), expected, "{failures:?}");
            assert_eq!(error.failures().len(), failures.len());
        }
    }

    #[test]
    fn descriptions_are_short_and_of_the_characters_that_rfc_6750_allows() {
        let mut errors = reasons();
        errors
            .extend([(Claim::Expiry, Reason::Expired), (Claim::Issuer, Reason::Mismatch)].map(|one| rejected(&[one])));
        errors.extend(
            [
                (Claim::Nonce, Reason::Missing),
                (Claim::ProofKey, Reason::Mismatch),
                (Claim::IssuedAt, Reason::TooOld),
                (Claim::Method, Reason::Mismatch),
            ]
            .map(|one| rejected(&[one]).of_dpop_proof()),
        );
        errors.extend([Error::ProofCount, Error::ProofKey(KeyError::NotPrivate)]);
        for error in errors {
            let description = error.oauth_description();
            // RFC 6750, section 3: "%x20-21 / %x23-5B / %x5D-7E"
            let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(description.bytes().all(allowed), "{description}");
            assert!((10..64).contains(&description.len()), "{description}");
        }
    }

    /// What programs match on: a code may be added, none may change. Those of single claims stand beside them.
    #[test]
    fn blame_has_stable_names() {
        for (blame, name) in
            [(Blame::Peer, "peer"), (Blame::Caller, "caller"), (Blame::Transport, "transport"), (Blame::Time, "time")]
        {
            assert_eq!((blame.as_str(), alloc::format!("{blame}").as_str()), (name, name));
        }
    }

    #[test]
    fn codes_are_unique_and_stable() {
        let json = JsonError::new(Kind::Syntax, 0);
        let key = Algorithm::HS256;
        let mut codes: Vec<&str> = Vec::new();
        codes.extend(
            [
                Error::EncryptedToken,
                Error::NestedToken,
                Error::AlgorithmMismatch { key },
                Error::UnsupportedAlgorithm,
                Error::ProofCount,
                Error::ProofKey(KeyError::NotPrivate),
                Error::Signature,
                Error::Claims(json),
                Error::Claims(JsonError::new(Kind::Unfit, 0)),
            ]
            .map(|error| error.code()),
        );
        codes.extend(
            [
                Malformed::TooLong,
                Malformed::HeaderTooLong,
                Malformed::ForeignCharacter,
                Malformed::Parts,
                Malformed::HeaderEncoding,
                Malformed::PayloadEncoding,
                Malformed::SignatureEncoding,
            ]
            .map(|malformed| Error::from(malformed).code()),
        );
        codes.extend(
            [
                HeaderError::Json(json),
                HeaderError::Algorithm,
                HeaderError::WrongType("kid"),
                HeaderError::InvalidCritical,
                HeaderError::UnsupportedCritical,
                HeaderError::Unencoded,
                HeaderError::InvalidB64,
                HeaderError::Nested,
            ]
            .map(|error| Error::from(error).code()),
        );
        codes.extend(
            [NoMatch::UnknownKid, NoMatch::NoFittingKey, NoMatch::NoKeyForAlgorithm]
                .map(|error| Error::from(error).code()),
        );
        codes.extend(
            [
                SignError::AlgorithmMismatch { key },
                SignError::UnknownAlgorithm,
                SignError::Header(HeaderError::Algorithm),
                SignError::NotSerializable,
                SignError::Claims(json),
                SignError::ClaimType(Claim::Issuer),
                SignError::ClaimValue(Claim::Uri),
                SignError::ProofKey,
                SignError::Form("x"),
                SignError::Signer(SignerError::Failed("x")),
                SignError::SelfCheck,
                SignError::TooLong { part: "token", limit: 1 },
                SignError::SignatureLength { algorithm: key },
            ]
            .map(|error| error.code()),
        );
        codes.extend(
            [
                Kind::TooLong,
                Kind::TooDeep,
                Kind::TooManyMembers,
                Kind::Utf8,
                Kind::Syntax,
                Kind::End,
                Kind::Trailing,
                Kind::Escape,
                Kind::Surrogate,
                Kind::ControlCharacter,
                Kind::NumberRange,
                Kind::DuplicateMember,
                Kind::NotAnObject,
                Kind::WrongType { found: "x", kind: None },
                Kind::MissingMember("x"),
                Kind::Unfit,
            ]
            .map(|kind| JsonError::new(kind, 0).code()),
        );
        codes.extend([StoredError::WrongKind, StoredError::NewerVersion, StoredError::Damaged].map(StoredError::code));
        codes.sort_unstable();
        assert_eq!(codes, CODES);
        assert!(CODES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    const CODES: &[&str] = &[
        "algorithm_mismatch",
        "claims_not_strict_json",
        "claims_unfit",
        "dpop_key_invalid",
        "dpop_not_one_proof",
        "encrypted_token",
        "header_alg_invalid",
        "header_b64_in_jwt",
        "header_b64_invalid",
        "header_crit_invalid",
        "header_crit_unsupported",
        "header_cty_nested",
        "header_encoding",
        "header_member_wrong_type",
        "header_not_strict_json",
        "header_too_long",
        "invalid_signature",
        "json_control_character",
        "json_duplicate_member",
        "json_escape",
        "json_incomplete",
        "json_lone_surrogate",
        "json_missing_member",
        "json_not_an_object",
        "json_not_utf8",
        "json_number_out_of_range",
        "json_syntax",
        "json_too_deep",
        "json_too_long",
        "json_too_many_members",
        "json_trailing_data",
        "json_unfit",
        "json_wrong_type",
        "nested_token",
        "no_fitting_key",
        "no_key_for_algorithm",
        "payload_encoding",
        "sign_algorithm_mismatch",
        "sign_backend",
        "sign_claim_value",
        "sign_claim_wrong_type",
        "sign_claims_not_serializable",
        "sign_claims_not_strict_json",
        "sign_form",
        "sign_header",
        "sign_proof_key",
        "sign_self_check",
        "sign_signature_length",
        "sign_too_long",
        "sign_unknown_algorithm",
        "signature_encoding",
        "stored_damaged",
        "stored_newer_version",
        "stored_wrong_kind",
        "token_foreign_character",
        "token_not_three_parts",
        "token_too_long",
        "unknown_kid",
        "unsupported_algorithm",
    ];
}
