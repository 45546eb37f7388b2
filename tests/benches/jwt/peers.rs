//! Other libraries at the same work, as their documentation says: keys made ready, issuer and audience checked, owned claims.

use jwt_core::Algorithm;
use jwt_simple::prelude::{
    Claims as SimpleClaims, ECDSAP256KeyPairLike as _, ECDSAP256PublicKeyLike as _, ECDSAP384PublicKeyLike as _,
    ES256KeyPair, ES256PublicKey, ES384PublicKey, Ed25519KeyPair, Ed25519PublicKey, EdDSAKeyPairLike as _,
    EdDSAPublicKeyLike as _, HS256Key, MACLike as _, PS256PublicKey, RS256KeyPair, RS256PublicKey, RSAKeyPairLike as _,
    RSAPublicKeyLike as _, UnixTimeStamp, VerificationOptions,
};

use super::keys::{Pair, SECRET};
use super::table::Work;
use super::tokens::{AUDIENCE, ISSUER, OwnedClaims, Token, now};

/// What is left of the claims for jwt-simple, which has the registered ones in a type of its own.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Own {
    scope: String,
    client_id: String,
}

/// Both generations of jsonwebtoken have the same names.
macro_rules! jsonwebtoken {
    ($module:ident, $package:ident, $name:literal) => {
        mod $module {
            use super::*;
            use $package::{Algorithm as Name, DecodingKey, EncodingKey, Header, Validation, decode, encode};

            fn name(algorithm: Algorithm) -> Option<Name> {
                match algorithm {
                    Algorithm::HS256 => Some(Name::HS256),
                    Algorithm::RS256 => Some(Name::RS256),
                    Algorithm::PS256 => Some(Name::PS256),
                    Algorithm::ES256 => Some(Name::ES256),
                    Algorithm::ES384 => Some(Name::ES384),
                    Algorithm::Ed25519 => Some(Name::EdDSA),
                    _ => None,
                }
            }

            pub(super) fn verify<'w>(pair: &Pair, token: &'w Token) -> Option<Work<'w>> {
                let name = name(pair.algorithm)?;
                let pem = pair.public_pem.as_bytes();
                let key = match pair.algorithm {
                    Algorithm::HS256 => DecodingKey::from_secret(&SECRET),
                    Algorithm::RS256 | Algorithm::PS256 => DecodingKey::from_rsa_pem(pem).unwrap(),
                    Algorithm::Ed25519 => DecodingKey::from_ed_pem(pem).unwrap(),
                    _ => DecodingKey::from_ec_pem(pem).unwrap(),
                };
                let mut validation = Validation::new(name);
                validation.set_audience(&[AUDIENCE]);
                validation.set_issuer(&[ISSUER]);
                Some(Work::new($name, move || decode::<OwnedClaims>(&token.text, &key, &validation).unwrap().claims))
            }

            pub(super) fn sign<'w>(pair: &Pair, claims: &'w OwnedClaims) -> Option<Work<'w>> {
                let pem = pair.private_pem.as_bytes();
                let key = match pair.algorithm {
                    Algorithm::HS256 => EncodingKey::from_secret(&SECRET),
                    Algorithm::RS256 => EncodingKey::from_rsa_pem(pem).unwrap(),
                    Algorithm::Ed25519 => EncodingKey::from_ed_pem(pem).unwrap(),
                    _ => EncodingKey::from_ec_pem(pem).unwrap(),
                };
                let header = Header { kid: Some("key-1".into()), ..Header::new(name(pair.algorithm)?) };
                Some(Work::new($name, move || encode(&header, claims, &key).unwrap()))
            }
        }
    };
}

jsonwebtoken!(nine, jsonwebtoken_9, "jsonwebtoken 9 (ring)");
jsonwebtoken!(eleven, jsonwebtoken, "jsonwebtoken 11 (RustCrypto)");

pub(crate) fn verify<'w>(pair: &Pair, token: &'w Token) -> Vec<Work<'w>> {
    [nine::verify(pair, token), eleven::verify(pair, token), simple_verify(pair, token)].into_iter().flatten().collect()
}

pub(crate) fn sign<'w>(pair: &Pair, claims: &'w OwnedClaims) -> Vec<Work<'w>> {
    [nine::sign(pair, claims), eleven::sign(pair, claims), simple_sign(pair, claims)].into_iter().flatten().collect()
}

fn simple_verify<'w>(pair: &Pair, token: &'w Token) -> Option<Work<'w>> {
    let options = VerificationOptions {
        allowed_issuers: Some([ISSUER.to_owned()].into()),
        allowed_audiences: Some([AUDIENCE.to_owned()].into()),
        artificial_time: Some(UnixTimeStamp::from_secs(now().as_unix())),
        ..VerificationOptions::default()
    };
    let pem = pair.public_pem.as_str();
    macro_rules! work {
        ($key:expr) => {{
            let key = $key;
            Some(Work::new("jwt-simple (RustCrypto)", move || {
                key.verify_token::<Own>(&token.text, Some(options.clone())).unwrap()
            }))
        }};
    }
    match pair.algorithm {
        Algorithm::HS256 => work!(HS256Key::from_bytes(&SECRET)),
        Algorithm::RS256 => work!(RS256PublicKey::from_pem(pem).unwrap()),
        Algorithm::PS256 => work!(PS256PublicKey::from_pem(pem).unwrap()),
        Algorithm::ES256 => work!(ES256PublicKey::from_pem(pem).unwrap()),
        Algorithm::ES384 => work!(ES384PublicKey::from_pem(pem).unwrap()),
        Algorithm::Ed25519 => work!(Ed25519PublicKey::from_pem(pem).unwrap()),
        _ => None,
    }
}

fn simple_sign<'w>(pair: &Pair, claims: &'w OwnedClaims) -> Option<Work<'w>> {
    let pem = pair.private_pem;
    macro_rules! work {
        ($key:expr, $method:ident) => {{
            let key = $key;
            Some(Work::new("jwt-simple (RustCrypto)", move || {
                let own = Own { scope: claims.scope.clone(), client_id: claims.client_id.clone() };
                let mut all = SimpleClaims::with_custom_claims(own, jwt_simple::prelude::Duration::from_hours(1));
                all.issuer = Some(claims.iss.clone());
                all.subject = Some(claims.sub.clone());
                all.jwt_id = Some(claims.jti.clone());
                key.$method(all.with_audience(claims.aud.clone())).unwrap()
            }))
        }};
    }
    match pair.algorithm {
        Algorithm::HS256 => work!(HS256Key::from_bytes(&SECRET), authenticate),
        Algorithm::RS256 => work!(RS256KeyPair::from_pem(pem).unwrap(), sign),
        Algorithm::ES256 => work!(ES256KeyPair::from_pem(pem).unwrap(), sign),
        Algorithm::Ed25519 => work!(Ed25519KeyPair::from_pem(pem).unwrap(), sign),
        _ => None,
    }
}
