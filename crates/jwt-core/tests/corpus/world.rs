//! Who signs, who verifies with what, and by which policy: the names that the columns of the corpus use.

use core::time::Duration;

use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{Algorithm, JwkSet, Limits, Policy, SigningKey, VerifyingKey, VerifyingKeys, base64url};

pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
pub(crate) const CLAIMS: &str = r#"{"iss":"https://as.example","aud":"api","sub":"alice","exp":1700000100}"#;

pub(crate) const RSA_PUBLIC: &str = include_str!("../fixtures/rsa2048.spki.pem");
const RSA: &str = include_str!("../fixtures/rsa2048.pkcs8.pem");
const ED25519: &str = include_str!("../fixtures/ed25519.pkcs8.pem");
const P256: &str = include_str!("../fixtures/ec-p256.pkcs8.pem");
const P384: &str = include_str!("../fixtures/ec-p384.pkcs8.pem");

/// What a token is verified with.
pub(crate) enum Keys {
    One(VerifyingKey),
    Set(VerifyingKeys),
}

/// The secret of the name `hs256`, also the first part of those of the longer hashes.
pub(crate) const SECRET: &[u8; 64] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The key that signs for a name of the column `keys`.
pub(crate) fn signing(name: &str) -> SigningKey {
    let pem = |algorithm, pem| SigningKey::from_pem(algorithm, pem).unwrap();
    match name {
        "hs256" => SigningKey::hs256(&SECRET[..32]).unwrap(),
        "hs384" => SigningKey::hs384(&SECRET[..48]).unwrap(),
        "hs512" => SigningKey::hs512(SECRET).unwrap(),
        "rs256" => pem(Algorithm::RS256, RSA),
        "rs384" => pem(Algorithm::RS384, RSA),
        "rs512" => pem(Algorithm::RS512, RSA),
        "ps256" => pem(Algorithm::PS256, RSA),
        "ps384" => pem(Algorithm::PS384, RSA),
        "ps512" => pem(Algorithm::PS512, RSA),
        "es256" => pem(Algorithm::ES256, P256),
        "es384" => pem(Algorithm::ES384, P384),
        "ed25519" => pem(Algorithm::Ed25519, ED25519),
        // Whoever attacks has keys too.
        "attacker" => SigningKey::hs256(b"attacker's own key, long enough!").unwrap(),
        _ => panic!("no signing key {name}"),
    }
}

/// The keys of a name of the column `keys`.
pub(crate) fn keys(name: &str) -> Keys {
    match name {
        // RFC 7515, appendices A.1, A.2, A.3.
        "rfc7515-a1" => Keys::One(VerifyingKey::hs256(&base64url::decode(A1_KEY).unwrap()).unwrap()),
        "rfc7515-a2" => Keys::One(rfc_jwk(A2_KEY, Algorithm::RS256)),
        "rfc7515-a3" => Keys::One(rfc_jwk(A3_KEY, Algorithm::ES256)),
        "set" => {
            let named = |name: &str, kid| signing(name).verifying_key().unwrap().with_kid(kid);
            Keys::Set(VerifyingKeys::from_keys(vec![
                named("rs256", "rsa"),
                named("es256", "ec"),
                named("ed25519", "ed"),
                named("attacker", "twice"),
                named("hs256", "twice"),
                signing("hs512").verifying_key().unwrap(),
            ]))
        }
        // An issuer's document in which half of the keys are of no use.
        "jwks" => {
            let rsa = signing("rs256").public_jwk().unwrap().with_kid("rsa");
            let ed25519 = signing("ed25519").public_jwk().unwrap().with_kid("ed");
            let [rsa, ed25519] = [rsa, ed25519].map(|jwk| serde_json::to_string(&jwk).unwrap());
            let encryption = ed25519.replace(r#""ed""#, r#""enc""#).replace(r#""sig""#, r#""enc""#);
            let secret = base64url::encode(&SECRET[..32]);
            let text = format!(
                r#"{{"keys":[null,{{"kty":"OKP","kid":"half"}},{{"kty":"XYZ","kid":"xyz"}},{{"kty":"oct","kid":"oct","alg":"HS256","k":"{secret}"}},{encryption},{rsa},{ed25519}]}}"#
            );
            let set = JwkSet::from_slice(text.as_bytes()).unwrap();
            let allowed = [Algorithm::HS256, Algorithm::RS256, Algorithm::Ed25519];
            let keys = VerifyingKeys::new(&set, &allowed);
            assert_eq!((keys.len(), keys.unusable().len()), (2, 5));
            Keys::Set(keys)
        }
        "named" => Keys::One(signing("hs256").verifying_key().unwrap().with_kid("k1")),
        "none" => Keys::Set(VerifyingKeys::from_keys(Vec::new())),
        name => Keys::One(signing(name).verifying_key().unwrap()),
    }
}

fn rfc_jwk(json: &str, algorithm: Algorithm) -> VerifyingKey {
    VerifyingKey::from_jwk_as(&jwt_core::Jwk::from_slice(json.as_bytes()).unwrap(), algorithm).unwrap()
}

const A1_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const A2_KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
const A3_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

/// The policy of a name of the column `policy`.
pub(crate) fn policy(name: &str) -> Policy {
    let of = |typ| Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), typ, Expiry::Required);
    let seconds = Duration::from_secs;
    match name {
        "api" => of(Typ::Jwt),
        "api+leeway60" => of(Typ::Jwt).leeway(seconds(60)),
        "api+leeway-endless" => of(Typ::Jwt).leeway(Duration::MAX),
        "api+age60" => of(Typ::Jwt).max_age(seconds(60)),
        "api+age60+leeway5" => of(Typ::Jwt).max_age(seconds(60)).leeway(seconds(5)),
        "api+alice" => of(Typ::Jwt).subject("alice"),
        "api+required" => of(Typ::Jwt).require("client_id").require("jti").require("iat").require("nbf"),
        "api+small" => of(Typ::Jwt).limits(limits(name)),
        "at" => of(Typ::AccessToken),
        "id" => of(Typ::IdToken),
        "logout" => of(Typ::exactly("logout+jwt")),
        "two" => Policy::new(
            Issuer::one_of(["https://as.example", "https://other.example"]),
            Audience::contains_one_of(["api", "https://api.example"]),
            Typ::Jwt,
            Expiry::Required,
        ),
        "joe" => Policy::new(Issuer::exactly("joe"), Audience::DangerousAny, Typ::Jwt, Expiry::Required),
        "any" => {
            Policy::new(Issuer::DangerousAny, Audience::DangerousAny, Typ::DangerousAny, Expiry::DangerousOptional)
        }
        "any+required" => policy("any").require("iss").require("aud"),
        _ => panic!("no policy {name}"),
    }
}

/// The limits of that policy.
pub(crate) fn limits(policy: &str) -> Limits {
    match policy {
        "api+small" => Limits::default().max_token_bytes(256).max_header_bytes(64).max_depth(3).max_members(6),
        _ => Limits::default(),
    }
}
