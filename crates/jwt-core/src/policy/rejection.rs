//! [`Rejection`]: which claims of a correctly signed token fail the policy, and how.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Blame;
use crate::json::JsonKind;

/// All claims that fail, the gravest first: issuer, audience, kind, subject, name, what a profile looks at, other required claims, times.
///
/// # Examples
///
/// ```
/// use jwt_core::Blame;
/// # use jwt_core::{Algorithm, Audience, Error, Expiry, Header, Issuer, Policy, RegisteredClaims, SigningKey, Timestamp, Typ};
/// # let key = SigningKey::hs256(&[7; 32])?;
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_expires_at(Timestamp::from_unix(1_700_000_000));
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// # let (key, now) = (key.verifying_key()?, Timestamp::from_unix(1_700_000_000));
/// # let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required);
///
/// // A token that is expired, and for nobody.
/// let result = jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, now);
/// let Err(Error::Rejected(rejection)) = result else { unreachable!() };
/// assert_eq!(rejection.to_string(), "`aud` is missing, `exp` has passed");
/// assert_eq!((rejection.code(), rejection.blame()), ("audience_missing", Blame::Peer)); // a refresh would not help
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Never empty.
    failures: Vec<Failure>,
}

impl Rejection {
    /// `None` if nothing failed.
    pub(crate) fn of(mut failures: Vec<Failure>) -> Option<Self> {
        if failures.is_empty() {
            return None;
        }
        failures.sort_by_key(Failure::gravity);
        // A policy and a profile may both find the same.
        failures.dedup();
        Some(Self { failures })
    }

    /// Every failing claim, the gravest first.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// The code of the gravest failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.failures.first().map_or("rejected", Failure::code)
    }

    /// [`Blame::Time`] if nothing but the time is in the way, [`Blame::Peer`] otherwise. That somebody authenticated too long ago (`auth_time`) is
    /// [`Blame::Peer`]: neither a refresh nor waiting mends it.
    #[must_use]
    pub fn blame(&self) -> Blame {
        if self.failures.iter().all(Failure::is_time) { Blame::Time } else { Blame::Peer }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, failure) in self.failures.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            failure.fmt(f)?;
        }
        Ok(())
    }
}

impl core::error::Error for Rejection {}

/// One claim that fails.
///
/// # Examples
///
/// ```
/// use jwt_core::json::{JsonKind, Object};
/// use jwt_core::{Algorithm, Audience, Expiry, Header, Issuer, Policy, Timestamp, Typ, VerifyingKey, base64url};
/// # use jwt_core::SigningKey;
///
/// # let key = SigningKey::hs256(&[7; 32])?;
/// # let input = format!("{}.{}", base64url::encode(r#"{"alg":"HS256"}"#), base64url::encode(r#"{"exp":"tomorrow"}"#));
/// # let token = format!("{input}.{}", base64url::encode(key.sign(input.as_bytes())?));
/// let key = VerifyingKey::hs256(&[7; 32])?;
/// let policy = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::Jwt, Expiry::Required);
/// let error = jwt_core::verify::<Object>(&token, &key, &policy, Timestamp::from_unix(1_700_000_000)).unwrap_err();
///
/// let [failure] = error.failures() else { panic!("there is one") };
/// assert_eq!(failure.code(), "exp_wrong_type");
/// assert_eq!((failure.found(), failure.expected()), (Some(JsonKind::String), Some(JsonKind::Number)));
/// assert_eq!(failure.to_string(), "`exp` is a string where a number is expected");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    claim: Claim,
    reason: Reason,
    /// For [`Reason::WrongType`] only.
    found: Option<JsonKind>,
}

impl Failure {
    pub(crate) const fn new(claim: Claim, reason: Reason) -> Self {
        Self { claim, reason, found: None }
    }

    /// The same with what stands there, if that is what is wrong.
    pub(crate) fn with_found(mut self, found: impl FnOnce(&Claim) -> Option<JsonKind>) -> Self {
        if self.reason == Reason::WrongType && self.found.is_none() {
            self.found = found(&self.claim);
        }
        self
    }

    /// Which claim.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Why it fails.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What the claim should be, if it is [of the wrong type](Reason::WrongType). For `aud`, which may also be an array of them: a string.
    #[must_use]
    pub const fn expected(&self) -> Option<JsonKind> {
        if matches!(self.reason, Reason::WrongType) { self.claim.kind() } else { None }
    }

    /// What the claim is, if it is [of the wrong type](Reason::WrongType). Where that is what is [expected](Failure::expected), it is what is inside that is not:
    /// an array in which not all are strings.
    #[must_use]
    pub const fn found(&self) -> Option<JsonKind> {
        self.found
    }

    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match (&self.claim, self.reason) {
            (Claim::Issuer, Reason::Missing) => "issuer_missing",
            (Claim::Issuer, Reason::WrongType) => "issuer_wrong_type",
            (Claim::Issuer, _) => "issuer_mismatch",
            (Claim::Audience, Reason::Missing) => "audience_missing",
            (Claim::Audience, Reason::WrongType) => "audience_wrong_type",
            (Claim::Audience, _) => "audience_mismatch",
            (Claim::Typ, Reason::Missing) => "typ_missing",
            (Claim::Typ, _) => "typ_mismatch",
            (Claim::Subject, Reason::Missing) => "subject_missing",
            (Claim::Subject, Reason::WrongType) => "subject_wrong_type",
            (Claim::Subject, Reason::Forbidden) => "subject_forbidden",
            (Claim::Subject, _) => "subject_mismatch",
            (Claim::Id, Reason::Missing) => "jti_missing",
            (Claim::Id, Reason::Mismatch) => "jti_empty",
            (Claim::Id, Reason::Replayed) => "jti_replayed",
            (Claim::Id, _) => "jti_wrong_type",
            (Claim::Required(_), _) => "required_claim_missing",
            (Claim::Nonce, Reason::Missing) => "nonce_missing",
            (Claim::Nonce, Reason::Forbidden) => "nonce_forbidden",
            (Claim::Nonce, _) => "nonce_mismatch",
            (Claim::AuthorizedParty, _) => "azp_mismatch",
            (Claim::AccessTokenHash, Reason::Missing) => "at_hash_missing",
            (Claim::AccessTokenHash, _) => "at_hash_mismatch",
            (Claim::CodeHash, Reason::Missing) => "c_hash_missing",
            (Claim::CodeHash, _) => "c_hash_mismatch",
            (Claim::RefreshTokenHash, Reason::Missing) => "rt_hash_missing",
            (Claim::RefreshTokenHash, _) => "rt_hash_mismatch",
            (Claim::AuthenticationRequest, Reason::Missing) => "auth_req_id_missing",
            (Claim::AuthenticationRequest, _) => "auth_req_id_mismatch",
            (Claim::AuthContext, Reason::Missing) => "acr_missing",
            (Claim::AuthContext, _) => "acr_mismatch",
            (Claim::ClientId, Reason::Missing) => "client_id_missing",
            (Claim::ClientId, Reason::Mismatch) => "client_id_mismatch",
            (Claim::ClientId, _) => "client_id_wrong_type",
            (Claim::AuthTime, Reason::Missing) => "auth_time_missing",
            (Claim::AuthTime, Reason::TooOld) => "authentication_too_old",
            (Claim::AuthTime, Reason::Mismatch) => "auth_time_mismatch",
            (Claim::AuthTime, _) => "auth_time_wrong_type",
            (Claim::Events, Reason::Missing) => "events_missing",
            (Claim::Events, Reason::Forbidden) => "events_forbidden",
            (Claim::Events, Reason::Mismatch) => "events_mismatch",
            (Claim::Events, _) => "events_wrong_type",
            (Claim::OfIdToken(_), _) => "id_token_claim_forbidden",
            (Claim::SessionId, _) => "sid_wrong_type",
            (Claim::ProofKey, _) => "dpop_key_mismatch",
            (Claim::Method, Reason::Missing) => "htm_missing",
            (Claim::Method, _) => "htm_mismatch",
            (Claim::Uri, Reason::Missing) => "htu_missing",
            (Claim::Uri, _) => "htu_mismatch",
            (Claim::ProofTokenHash, Reason::Missing) => "ath_missing",
            (Claim::ProofTokenHash, Reason::Forbidden) => "ath_forbidden",
            (Claim::ProofTokenHash, _) => "ath_mismatch",
            (Claim::Request, _) => "request_forbidden",
            (Claim::RequestUri, _) => "request_uri_forbidden",
            (Claim::State, Reason::Missing) => "state_missing",
            (Claim::State, _) => "state_mismatch",
            (Claim::Code, Reason::Missing) => "code_missing",
            (Claim::Code, Reason::Forbidden) => "code_forbidden",
            (Claim::Code, _) => "code_wrong_type",
            (Claim::ErrorCode, _) => "error_wrong_type",
            (Claim::TokenIntrospection, Reason::Missing) => "token_introspection_missing",
            (Claim::TokenIntrospection, _) => "token_introspection_wrong_type",
            (Claim::IssuedAt, Reason::Missing) => "iat_missing",
            (Claim::IssuedAt, Reason::InFuture) => "issued_in_future",
            (Claim::IssuedAt, Reason::TooOld) => "too_old",
            (Claim::IssuedAt, Reason::Mismatch) => "issued_before_original",
            (Claim::IssuedAt, _) => "iat_wrong_type",
            (Claim::NotBefore, Reason::Missing) => "nbf_missing",
            (Claim::NotBefore, Reason::NotYetValid) => "not_yet_valid",
            (Claim::NotBefore, _) => "nbf_wrong_type",
            (Claim::Expiry, Reason::Missing) => "exp_missing",
            (Claim::Expiry, Reason::Expired) => "expired",
            (Claim::Expiry, Reason::TooFar) => "expires_too_late",
            (Claim::Expiry, Reason::Forbidden) => "exp_forbidden",
            (Claim::Expiry, _) => "exp_wrong_type",
        }
    }

    /// Whether only time is in the way: a new token, or this one later, would do.
    pub(crate) const fn is_time(&self) -> bool {
        // OpenID Connect Core, section 12.2: in the ID token of a refresh, `auth_time` "MUST represent the time of the original authentication". Neither a
        // refresh nor waiting makes that younger; logging in again does.
        matches!(self.claim, Claim::IssuedAt | Claim::NotBefore | Claim::Expiry) && self.reason.is_time()
    }

    /// Smaller is graver. What only time decides comes behind everything else.
    const fn gravity(&self) -> (bool, u8) {
        let claim = match self.claim {
            Claim::Issuer => 0,
            Claim::Audience => 1,
            Claim::Typ => 2,
            Claim::Subject => 3,
            Claim::Id => 4,
            Claim::ProofKey => 5,
            Claim::Method => 6,
            Claim::Uri => 7,
            Claim::ProofTokenHash => 8,
            Claim::State => 9,
            Claim::Nonce => 10,
            Claim::Events => 11,
            Claim::OfIdToken(_) => 12,
            Claim::SessionId => 13,
            Claim::AuthorizedParty => 14,
            Claim::AccessTokenHash => 15,
            Claim::CodeHash => 16,
            Claim::RefreshTokenHash => 17,
            Claim::AuthenticationRequest => 18,
            Claim::ClientId => 19,
            Claim::Request => 20,
            Claim::RequestUri => 21,
            Claim::Code => 22,
            Claim::ErrorCode => 23,
            Claim::TokenIntrospection => 24,
            Claim::Required(_) => 25,
            Claim::AuthContext => 26,
            Claim::AuthTime => 27,
            Claim::IssuedAt => 28,
            Claim::NotBefore => 29,
            Claim::Expiry => 30,
        };
        (self.is_time(), claim)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.found, self.expected()) {
            (Some(found), Some(_)) if self.claim == Claim::Audience => {
                write!(f, "{} is {found} where a string or an array of strings is expected", self.claim)
            }
            (Some(found), Some(expected)) if found != expected => {
                write!(f, "{} is {found} where {expected} is expected", self.claim)
            }
            _ => write!(f, "{} {}", self.claim, self.reason),
        }
    }
}

/// What of a token a policy looks at.
///
/// # Examples
///
/// ```
/// use jwt_core::Claim;
///
/// assert_eq!(Claim::NotBefore.to_string(), "`nbf`");
/// assert_eq!(Claim::Required("tenant".into()).to_string(), "`tenant`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// `iss`
    Issuer,
    /// `aud`
    Audience,
    /// `typ`, which stands in the header.
    Typ,
    /// `sub`
    Subject,
    /// `jti`
    Id,
    /// `nonce` (OpenID Connect Core, section 2).
    Nonce,
    /// `azp` (OpenID Connect Core, section 2).
    AuthorizedParty,
    /// `at_hash` (OpenID Connect Core, section 3.1.3.6).
    AccessTokenHash,
    /// `c_hash` (OpenID Connect Core, section 3.3.2.11).
    CodeHash,
    /// `urn:openid:params:jwt:claim:rt_hash` (CIBA Core, section 10.3.1).
    RefreshTokenHash,
    /// `urn:openid:params:jwt:claim:auth_req_id` (CIBA Core, section 10.3.1).
    AuthenticationRequest,
    /// `acr` (OpenID Connect Core, section 2).
    AuthContext,
    /// `client_id` (RFC 9068, section 2.2; RFC 9101, section 4).
    ClientId,
    /// `auth_time` (OpenID Connect Core, section 2).
    AuthTime,
    /// `events` (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    Events,
    /// A claim of an ID token that sets it apart from user info, such as `at_hash`.
    OfIdToken(&'static str),
    /// `sid` (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    SessionId,
    /// `jwk`, which stands in the header of a DPoP proof (RFC 9449, section 4.2), against the key that an access token is bound to.
    ProofKey,
    /// `htm` (RFC 9449, section 4.2).
    Method,
    /// `htu` (RFC 9449, section 4.2).
    Uri,
    /// `ath` (RFC 9449, section 4.2).
    ProofTokenHash,
    /// `request` (RFC 9101, section 4).
    Request,
    /// `request_uri` (RFC 9101, section 4).
    RequestUri,
    /// `state` (JARM, section 2.1; RFC 6749, section 4.1.2).
    State,
    /// `code` (JARM, section 2.1; RFC 6749, section 4.1.2).
    Code,
    /// `error` (JARM, section 2.1; RFC 6749, section 4.1.2.1).
    ErrorCode,
    /// `token_introspection` (RFC 9701, section 5).
    TokenIntrospection,
    /// A further claim that the policy requires; the name is the policy's.
    Required(String),
    /// `iat`
    IssuedAt,
    /// `nbf`
    NotBefore,
    /// `exp`
    Expiry,
}

impl Claim {
    /// The name of the member of the claims; `None` for what stands in the header.
    pub(crate) fn member(&self) -> Option<&str> {
        Some(match self {
            Self::Issuer => "iss",
            Self::Audience => "aud",
            Self::Subject => "sub",
            Self::Id => "jti",
            Self::Nonce => "nonce",
            Self::AuthorizedParty => "azp",
            Self::AccessTokenHash => "at_hash",
            Self::CodeHash => "c_hash",
            Self::RefreshTokenHash => "urn:openid:params:jwt:claim:rt_hash",
            Self::AuthenticationRequest => "urn:openid:params:jwt:claim:auth_req_id",
            Self::AuthContext => "acr",
            Self::ClientId => "client_id",
            Self::AuthTime => "auth_time",
            Self::Events => "events",
            Self::OfIdToken(name) => name,
            Self::SessionId => "sid",
            Self::Method => "htm",
            Self::Uri => "htu",
            Self::ProofTokenHash => "ath",
            Self::Request => "request",
            Self::RequestUri => "request_uri",
            Self::State => "state",
            Self::Code => "code",
            Self::ErrorCode => "error",
            Self::TokenIntrospection => "token_introspection",
            Self::Required(name) => name,
            Self::IssuedAt => "iat",
            Self::NotBefore => "nbf",
            Self::Expiry => "exp",
            Self::Typ | Self::ProofKey => return None,
        })
    }

    /// What it must be, if it is there.
    const fn kind(&self) -> Option<JsonKind> {
        match self {
            Self::Issuer
            | Self::Audience
            | Self::Typ
            | Self::Subject
            | Self::Id
            | Self::Nonce
            | Self::AuthorizedParty
            | Self::AccessTokenHash
            | Self::CodeHash
            | Self::RefreshTokenHash
            | Self::AuthenticationRequest
            | Self::AuthContext
            | Self::ClientId
            | Self::SessionId
            | Self::Method
            | Self::Uri
            | Self::ProofTokenHash
            | Self::Request
            | Self::RequestUri
            | Self::State
            | Self::Code
            | Self::ErrorCode => Some(JsonKind::String),
            Self::Events | Self::ProofKey | Self::TokenIntrospection => Some(JsonKind::Object),
            Self::AuthTime | Self::IssuedAt | Self::NotBefore | Self::Expiry => Some(JsonKind::Number),
            Self::Required(_) | Self::OfIdToken(_) => None,
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = if *self == Self::Typ { "typ" } else { "jwk" };
        write!(f, "`{}`", self.member().unwrap_or(header))
    }
}

/// Why a claim fails.
///
/// # Examples
///
/// ```
/// use jwt_core::Reason;
///
/// assert_eq!(Reason::WrongType.to_string(), "is of the wrong type");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The policy needs it and it is not there. (`null` is there, and of the wrong type.)
    Missing,
    /// It has not the type of RFC 7519, section 4.1.
    WrongType,
    /// It is not what the policy wants.
    Mismatch,
    /// The time has come: now is `exp` plus the leeway, or later.
    Expired,
    /// The time has not come: now plus the leeway is before `nbf`.
    NotYetValid,
    /// `iat` is later than now plus the leeway.
    InFuture,
    /// Since `iat`, or `auth_time`, more time has passed than the greatest age that is allowed and the leeway.
    TooOld,
    /// It ends later than anything of its kind needs to.
    TooFar,
    /// It is there, and this kind of token must not have it.
    Forbidden,
    /// It was used before.
    Replayed,
}

impl Reason {
    const fn is_time(self) -> bool {
        match self {
            Self::Expired | Self::NotYetValid | Self::InFuture | Self::TooOld => true,
            Self::Missing | Self::WrongType | Self::Mismatch | Self::TooFar | Self::Forbidden | Self::Replayed => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::WrongType => "is of the wrong type",
            Self::Mismatch => "is not what is expected",
            Self::Expired => "has passed",
            Self::NotYetValid => "has not come",
            Self::InFuture => "is in the future",
            Self::TooOld => "is too long ago",
            Self::TooFar => "is too far ahead",
            Self::Forbidden => "must not be there",
            Self::Replayed => "was used before",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_own_code_or_none_of_its_kind() {
        let claims = [
            Claim::Issuer,
            Claim::Audience,
            Claim::Typ,
            Claim::Subject,
            Claim::Id,
            Claim::Required("x".into()),
            Claim::Nonce,
            Claim::AuthorizedParty,
            Claim::AccessTokenHash,
            Claim::CodeHash,
            Claim::RefreshTokenHash,
            Claim::AuthenticationRequest,
            Claim::AuthContext,
            Claim::ClientId,
            Claim::AuthTime,
            Claim::Events,
            Claim::OfIdToken("x"),
            Claim::SessionId,
            Claim::ProofKey,
            Claim::Method,
            Claim::Uri,
            Claim::ProofTokenHash,
            Claim::Request,
            Claim::RequestUri,
            Claim::State,
            Claim::Code,
            Claim::ErrorCode,
            Claim::TokenIntrospection,
            Claim::IssuedAt,
            Claim::NotBefore,
            Claim::Expiry,
        ];
        let reasons = [
            Reason::Missing,
            Reason::WrongType,
            Reason::Mismatch,
            Reason::Expired,
            Reason::NotYetValid,
            Reason::InFuture,
            Reason::TooOld,
            Reason::TooFar,
            Reason::Forbidden,
            Reason::Replayed,
        ];
        let mut codes: Vec<_> =
            claims.iter().flat_map(|claim| reasons.map(|reason| Failure::new(claim.clone(), reason).code())).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(
            codes,
            [
                "acr_mismatch",
                "acr_missing",
                "at_hash_mismatch",
                "at_hash_missing",
                "ath_forbidden",
                "ath_mismatch",
                "ath_missing",
                "audience_mismatch",
                "audience_missing",
                "audience_wrong_type",
                "auth_req_id_mismatch",
                "auth_req_id_missing",
                "auth_time_mismatch",
                "auth_time_missing",
                "auth_time_wrong_type",
                "authentication_too_old",
                "azp_mismatch",
                "c_hash_mismatch",
                "c_hash_missing",
                "client_id_mismatch",
                "client_id_missing",
                "client_id_wrong_type",
                "code_forbidden",
                "code_missing",
                "code_wrong_type",
                "dpop_key_mismatch",
                "error_wrong_type",
                "events_forbidden",
                "events_mismatch",
                "events_missing",
                "events_wrong_type",
                "exp_forbidden",
                "exp_missing",
                "exp_wrong_type",
                "expired",
                "expires_too_late",
                "htm_mismatch",
                "htm_missing",
                "htu_mismatch",
                "htu_missing",
                "iat_missing",
                "iat_wrong_type",
                "id_token_claim_forbidden",
                "issued_before_original",
                "issued_in_future",
                "issuer_mismatch",
                "issuer_missing",
                "issuer_wrong_type",
                "jti_empty",
                "jti_missing",
                "jti_replayed",
                "jti_wrong_type",
                "nbf_missing",
                "nbf_wrong_type",
                "nonce_forbidden",
                "nonce_mismatch",
                "nonce_missing",
                "not_yet_valid",
                "request_forbidden",
                "request_uri_forbidden",
                "required_claim_missing",
                "rt_hash_mismatch",
                "rt_hash_missing",
                "sid_wrong_type",
                "state_mismatch",
                "state_missing",
                "subject_forbidden",
                "subject_mismatch",
                "subject_missing",
                "subject_wrong_type",
                "token_introspection_missing",
                "token_introspection_wrong_type",
                "too_old",
                "typ_mismatch",
                "typ_missing",
            ]
        );
    }

    #[test]
    fn an_authentication_that_is_too_old_is_no_matter_of_time() {
        // No refresh makes it younger; it is graver than what one would mend.
        let too_old = || Failure::new(Claim::AuthTime, Reason::TooOld);
        let alone = Rejection::of([too_old()].into()).unwrap();
        assert_eq!((alone.code(), alone.blame()), ("authentication_too_old", Blame::Peer));
        let both = Rejection::of([Failure::new(Claim::Expiry, Reason::Expired), too_old()].into()).unwrap();
        assert_eq!((both.code(), both.blame()), ("authentication_too_old", Blame::Peer));
        for (claim, reason) in [
            (Claim::IssuedAt, Reason::TooOld),
            (Claim::IssuedAt, Reason::InFuture),
            (Claim::NotBefore, Reason::NotYetValid),
        ] {
            assert_eq!(Rejection::of([Failure::new(claim, reason)].into()).unwrap().blame(), Blame::Time);
        }
    }

    #[test]
    fn what_is_of_the_wrong_type_says_what_it_is_and_what_it_should_be() {
        let failure = |claim, found| Failure::new(claim, Reason::WrongType).with_found(|_| found);
        for (claim, found, text) in [
            (Claim::Expiry, JsonKind::String, "`exp` is a string where a number is expected"),
            (Claim::Subject, JsonKind::Null, "`sub` is null where a string is expected"),
            (Claim::Events, JsonKind::Boolean, "`events` is a boolean where an object is expected"),
            (Claim::Audience, JsonKind::Array, "`aud` is an array where a string or an array of strings is expected"),
            (Claim::TokenIntrospection, JsonKind::Object, "`token_introspection` is of the wrong type"),
        ] {
            let failure = failure(claim, Some(found));
            assert_eq!((alloc::format!("{failure}").as_str(), failure.found()), (text, Some(found)));
        }
        let unknown = failure(Claim::Expiry, None);
        assert_eq!(alloc::format!("{unknown}"), "`exp` is of the wrong type");
        let missing = Failure::new(Claim::Expiry, Reason::Missing).with_found(|_| Some(JsonKind::Null));
        assert_eq!((missing.found(), missing.expected()), (None, None));
    }

    #[test]
    fn the_gravest_failure_gives_the_code_and_expired_alone_is_a_matter_of_time() {
        let expired = || Failure::new(Claim::Expiry, Reason::Expired);
        let alone = Rejection::of([expired()].into()).unwrap();
        assert_eq!((alone.code(), alone.blame()), ("expired", Blame::Time));
        let issuer = Failure::new(Claim::Issuer, Reason::Mismatch);
        let audience = Failure::new(Claim::Audience, Reason::Missing);
        let all = Rejection::of([expired(), audience, Failure::new(Claim::Expiry, Reason::WrongType), issuer].into())
            .unwrap();
        assert_eq!((all.code(), all.blame()), ("issuer_mismatch", Blame::Peer));
        assert_eq!(
            alloc::format!("{all}"),
            "`iss` is not what is expected, `aud` is missing, `exp` is of the wrong type, `exp` has passed"
        );
    }
}
