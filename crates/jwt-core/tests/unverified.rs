//! What was not checked is of another type than what was, and no conversion leads from one to the other.
#![allow(clippy::unwrap_used, reason = "these are tests, helpers included")]

use jwt_core::json::{Object, Value};
use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{
    Algorithm, Header, Limits, Policy, RegisteredClaims, SignatureVerified, SigningKey, Timestamp, Unverified,
    Verified, sign, verify,
};

/// Compiles only if the type has none of the traits: with one of them, `_` would have two meanings.
macro_rules! has_none_of {
    ($type:ty: $($bound:path),+ $(,)?) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn is_unambiguous() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            $({
                #[allow(dead_code, reason = "only that it exists matters")]
                struct Has;
                impl<T: ?Sized + $bound> Ambiguous<Has> for T {}
            })+
            let _ = <$type as Ambiguous<_>>::is_unambiguous;
        };
    };
}

has_none_of!(Unverified<'static>: Into<Verified<Value>>);
has_none_of!(Value: Into<Verified<Value>>);
has_none_of!(Object: Into<Verified<Object>>);
has_none_of!(RegisteredClaims: Into<Verified<RegisteredClaims>>);
// Nor is it made out of nothing, or read from a text.
has_none_of!(Verified<RegisteredClaims>: Default);
has_none_of!(Verified<RegisteredClaims>: serde::de::DeserializeOwned);
has_none_of!(SignatureVerified: Default);

/// What a handler asks for.
fn greet(claims: &Verified<RegisteredClaims>) -> &str {
    claims.claims().sub.as_deref().unwrap_or_default()
}

// JWT-13
#[test]
fn unverified_claims_cannot_stand_where_verified_ones_are_required() {
    let policy = Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::Jwt, Expiry::DangerousOptional);
    let header = Header::new(Algorithm::HS256);
    let claims = RegisteredClaims::new().with_subject("mallory");
    let forged = sign(&header, &claims, &SigningKey::hs256(&[6; 32]).unwrap()).unwrap();
    let key = SigningKey::hs256(&[7; 32]).unwrap().verifying_key().unwrap();

    // They can be read, by saying `dangerous`, and are what the text says: bare claims, without the mark that `greet` asks for (see above).
    let unverified = Unverified::parse(&forged, &Limits::default()).unwrap();
    let read: RegisteredClaims = unverified.dangerous_claims().unwrap();
    assert_eq!(read.sub.as_deref(), Some("mallory"));

    // The mark comes from a key alone.
    assert_eq!(unverified.check_signature([&key]).err().map(|error| error.code()), Some("invalid_signature"));
    let verdict = verify::<RegisteredClaims>(&forged, &key, &policy, Timestamp::EPOCH);
    assert_eq!(verdict.unwrap_err().code(), "invalid_signature");
    let own = sign(&header, &claims.with_subject("alice"), &SigningKey::hs256(&[7; 32]).unwrap()).unwrap();
    assert_eq!(greet(&verify(&own, &key, &policy, Timestamp::EPOCH).unwrap()), "alice");
}
