//! Kinds of tokens, each with rules that exclude every other kind (RFC 8725, section 3.12): a token that passes one profile passes no other.
//!
//! Each profile is a small policy on the one engine of [`verify`](crate::verify()), and its claims are a type of their own. What the profile finds and what
//! the policy finds come in one [`Rejection`](crate::Rejection).
//!
//! | kind | `typ` | who reads it | profile | who makes it here |
//! |---|---|---|---|---|
//! | ID token (OpenID Connect Core) | none, `JWT` | client | [`IdTokenProfile`] | |
//! | access token (RFC 9068) | `at+jwt`; by name none, `JWT` | protected API | [`AccessTokenProfile`] | |
//! | logout token (Back-Channel Logout) | `logout+jwt` | client | [`LogoutTokenProfile`] | |
//! | client assertion (RFC 7523) | `client-authentication+jwt`, none, `JWT` | authorization server | [`ClientAssertionProfile`] | [`ClientAssertion`] |
//! | DPoP proof (RFC 9449) | `dpop+jwt` | both servers | [`DpopProfile`] | [`DpopProof`] |
//! | request object (RFC 9101) | `oauth-authz-req+jwt` | authorization server | [`RequestObjectProfile`] | [`RequestObject`] |
//! | authorization response (JARM) | none, `JWT` | client | [`AuthorizationResponseProfile`] | |
//! | introspection response (RFC 9701) | `token-introspection+jwt` | protected API | [`IntrospectionProfile`] | |
//! | user info (OpenID Connect Core) | none, `JWT` | client | [`UserInfoProfile`] | |

mod access_token;
mod authorization_response;
mod client_assertion;
mod dpop;
mod id_token;
mod introspection;
mod logout_token;
mod request_object;
mod user_info;

pub use access_token::{AccessTokenClaims, AccessTokenPayload, AccessTokenProfile, Confirmation};
pub use authorization_response::{AuthorizationResponseClaims, AuthorizationResponseProfile};
pub use client_assertion::{ClientAssertion, ClientAssertionClaims, ClientAssertionProfile};
pub use dpop::{DpopClaims, DpopProfile, DpopProof, UndecidedProof};
pub use id_token::{IdTokenClaims, IdTokenProfile, OriginalIdToken};
pub use introspection::{IntrospectionClaims, IntrospectionProfile};
pub use logout_token::{LogoutTokenClaims, LogoutTokenProfile};
pub use request_object::{RequestObject, RequestObjectClaims, RequestObjectProfile};
pub use user_info::{UserInfoClaims, UserInfoProfile};

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize as _;

use crate::json::{Object, Value, Writer};
use crate::policy::{Claim, Failure, Reason};
use crate::{Algorithm, Header, Moment, SignError, SigningInput, SigningKey, Timestamp, base64url, digest};

/// The clocks of two machines that keep time at all are less than this apart. FAPI 2.0 asks for 10 seconds at least and 60 at most.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);

/// What is made for one request ends no later than this: FAPI 2.0 Message Signing, section 5.3.1, allows request objects 60 minutes.
const DEFAULT_MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// What is made here for one request ends after this: time for the request and for two clocks, and no more.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// The methods that every profile has, on its `policy` and its `check`.
macro_rules! entry_points {
    ($Profile:ident, $Claims:ident) => {
        entry_points!($Profile, $Claims, |_, claims| $Claims(claims));
    };
    // Where the claims are not given as they came.
    ($Profile:ident, $Claims:ident, $read:expr) => {
        impl $Profile {
            /// What a token may cost, where that is stricter than the limits that it was [parsed](crate::Unverified::parse) with. Default: that of
            /// [`Limits`](crate::Limits).
            #[must_use]
            pub fn limits(mut self, limits: crate::Limits) -> Self {
                self.policy = self.policy.limits(limits);
                self
            }

            /// Checks signature and claims with these keys, which must be those of whoever issues such tokens: with the first
            /// [`MAX_CANDIDATES`](crate::jwk::MAX_CANDIDATES) that are for the header's algorithm.
            ///
            /// # Errors
            ///
            /// As [`verify`](crate::verify()).
            pub fn verify<'k>(
                &self,
                token: crate::Unverified<'_>,
                keys: impl IntoIterator<Item = &'k crate::VerifyingKey>,
                now: crate::Timestamp,
            ) -> Result<crate::Verified<$Claims>, crate::Error> {
                let proof = token.check_signature(keys)?;
                self.verified(token, proof, now)
            }

            /// Checks signature and claims with the keys of a set that fit the header's `kid` and `alg`. The set must be that of whoever issues such tokens.
            ///
            /// # Errors
            ///
            /// As [`verify_with_keys`](crate::verify_with_keys()).
            pub fn verify_with_keys(
                &self,
                token: crate::Unverified<'_>,
                keys: &crate::VerifyingKeys,
                now: crate::Timestamp,
            ) -> Result<crate::Verified<$Claims>, crate::Error> {
                let proof = token.check_signature_with_keys(keys)?;
                self.verified(token, proof, now)
            }

            /// Checks the claims of a token whose signature was checked elsewhere.
            ///
            /// # Errors
            ///
            /// As [`verify`](crate::verify()) from the claims on.
            pub fn verified(
                &self,
                token: crate::Unverified<'_>,
                proof: crate::SignatureVerified,
                now: crate::Timestamp,
            ) -> Result<crate::Verified<$Claims>, crate::Error> {
                let algorithm = token.algorithm(&proof)?;
                let check = |claims: &crate::json::Object| {
                    let mut failures = super::Failures::of(claims);
                    self.check(claims, algorithm, now, &mut failures);
                    failures.found
                };
                let token = token.verified_and(proof, &self.policy, now, &mut alloc::vec::Vec::new(), check)?;
                let read: fn(&Self, crate::json::Object) -> $Claims = $read;
                Ok(token.map(|claims| read(self, claims)))
            }
        }

        impl $Claims {
            /// All claims.
            #[must_use]
            pub const fn all(&self) -> &crate::json::Object {
                &self.0
            }
        }
    };
}
use entry_points;

/// What the checks of a profile find in these claims.
struct Failures<'c> {
    claims: &'c Object,
    found: Vec<Failure>,
}

impl<'c> Failures<'c> {
    const fn of(claims: &'c Object) -> Self {
        Self { claims, found: Vec::new() }
    }

    fn add(&mut self, claim: Claim, reason: Option<Reason>) {
        if let Some(reason) = reason {
            let kind = |claim: &Claim| claim.member().and_then(|name| self.claims.get(name)).map(Value::kind);
            self.found.push(Failure::new(claim, reason).with_found(kind));
        }
    }
}

/// A claim that must be a text that is `expected`.
fn text(claims: &Object, name: &str, expected: impl FnOnce(&str) -> bool) -> Option<Reason> {
    if claims.get(name).is_none() { Some(Reason::Missing) } else { text_if_there(claims, name, expected) }
}

/// A claim that, if it is there, must be a text that is `expected`.
fn text_if_there(claims: &Object, name: &str, expected: impl FnOnce(&str) -> bool) -> Option<Reason> {
    match claims.get(name)?.as_str() {
        Some(found) => (!expected(found)).then_some(Reason::Mismatch),
        None => Some(Reason::WrongType),
    }
}

/// A claim that names somebody or something, and so is not empty. That it is there, and a text, is said elsewhere.
fn empty(claims: &Object, name: &str) -> Option<Reason> {
    (claims.get_str(name) == Some("")).then_some(Reason::Mismatch)
}

/// A claim that must not be there.
fn absent(claims: &Object, name: &str) -> Option<Reason> {
    claims.get(name).map(|_| Reason::Forbidden)
}

/// Whether each of the audiences is `expected`. That there are any, and of which type, the policy says.
fn every_audience(claims: &Object, expected: impl Fn(&str) -> bool) -> bool {
    let audiences = claims.get("aud").and_then(Value::as_array).unwrap_or_default();
    audiences.iter().all(|audience| audience.as_str().is_some_and(&expected))
}

/// An `exp` further ahead than `lifetime`. That it is there, and a number, the policy says.
fn too_far(claims: &Object, now: Timestamp, lifetime: Duration) -> Option<Reason> {
    let Some(Value::Number(expires_at)) = claims.get("exp") else { return None };
    let latest = now.saturating_add(lifetime).as_duration().as_secs_f64();
    (expires_at.as_f64() > latest).then_some(Reason::TooFar)
}

/// A name for a message of these claims that nobody can foretell: 128 bits, more than the 96 that RFC 9449, section 4.2, asks for.
///
/// Two messages of one moment have two names, because what they say is in them; the same message of the same moment has the same name.
fn fresh_id(at: &Moment, label: &str, claims: &Object) -> Result<String, SignError> {
    let mut writer = Writer::new(crate::json::Limits::unbounded());
    claims.serialize(&mut writer)?;
    let mut label = String::from(label);
    label.push(' ');
    // Of a fixed length, so nothing can move from one part to the other.
    base64url::encode_to(digest::sha256(writer.as_bytes()), &mut label);
    let derived = at.derive(&label, 0);
    Ok(base64url::encode(derived.first_chunk::<16>().unwrap_or(&[0; 16])))
}

/// What is to be signed, for a local key: its `kid` is written.
fn sign_claims(header: Header, claims: &Object, key: &SigningKey) -> Result<String, SignError> {
    crate::sign(&header, claims, key)
}

/// What is to be signed elsewhere.
fn signing_input(header: Header, kid: Option<&str>, claims: &Object) -> Result<SigningInput, SignError> {
    let header = match kid {
        Some(kid) => header.with_kid(kid),
        None => header,
    };
    SigningInput::new(&header, claims)
}

fn header(algorithm: Algorithm, typ: Option<&str>) -> Header {
    let header = Header::new(algorithm);
    match typ {
        Some(typ) => header.with_typ(typ),
        None => header,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Limits, Unverified, Verified, VerifyingKey, sign};

    pub(super) const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

    pub(super) struct Signed(String);

    impl Signed {
        pub(super) fn token(&self) -> Unverified<'_> {
            Unverified::parse(&self.0, &Limits::default()).unwrap()
        }

        pub(super) fn text(&self) -> &str {
            &self.0
        }

        #[expect(clippy::unused_self, reason = "each token's key is this")]
        pub(super) fn key(&self) -> VerifyingKey {
            VerifyingKey::hs256(&[7; 32]).unwrap()
        }
    }

    /// A token with these changes of its claims. (One that `sign` would not make is signed nevertheless.)
    pub(super) fn signed(typ: Option<&str>, claims: &Object, changes: &[(&str, Option<Value>)]) -> Signed {
        let mut claims = claims.clone();
        for (name, value) in changes {
            match value {
                Some(value) => drop(claims.insert(*name, value.clone())),
                None => drop(claims.remove(name)),
            }
        }
        let (header, key) = (header(Algorithm::HS256, typ), SigningKey::hs256(&[7; 32]).unwrap());
        let token = sign(&header, &claims, &key).unwrap_or_else(|_| {
            let part = |object: &dyn Fn() -> Vec<u8>| base64url::encode(object());
            let input = alloc::format!(
                "{}.{}",
                part(&|| serde_json::to_vec(&header).unwrap()),
                part(&|| serde_json::to_vec(&claims).unwrap())
            );
            alloc::format!("{input}.{}", base64url::encode(key.sign(input.as_bytes()).unwrap()))
        });
        Signed(token)
    }

    pub(super) fn code<T>(result: Result<Verified<T>, Error>) -> String {
        result.map_or_else(|error| error.code().into(), |_| "ok".into())
    }
}
