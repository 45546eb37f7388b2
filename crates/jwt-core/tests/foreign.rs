//! Algorithms without a backend in this crate, through the two traits: what a backend of the caller's can do, on every path that a token takes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::std_instead_of_alloc,
    reason = "these are tests, helpers included"
)]

use std::sync::Arc;

use jwt_core::json::{Object, Value};
use jwt_core::jws::{self, Jws, JwsSigningInput};
use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::profile::{DpopProfile, DpopProof, IdTokenProfile};
use jwt_core::{
    Algorithm, Answer, Blame, Error, Header, InvalidSignature, Jwk, JwkSet, KeyError, Keyring, Limits, Moment,
    Question, RegisteredClaims, SignatureVerified, Signer, SignerError, SigningInput, SigningKey, Timestamp,
    Unverified, Verifier, VerifyingKey, VerifyingKeys, base64url, digest, sign, verify, verify_with_keys,
};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

/// No algorithm at all, but as long as one: the input's hash, again and again.
#[derive(Clone, Copy, Debug)]
struct Sham(Algorithm);

impl Sham {
    fn signature(self, input: &[u8]) -> Vec<u8> {
        digest::sha256(input).into_iter().cycle().take(self.0.signature_len().unwrap()).collect()
    }
}

impl Signer for Sham {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.signature(input))
    }
}

impl Verifier for Sham {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn verify(&self, input: &[u8], signature: &[u8]) -> Result<SignatureVerified, InvalidSignature> {
        if self.signature(input) == signature { Ok(SignatureVerified::assertion()) } else { Err(InvalidSignature) }
    }
}

fn keys(algorithm: Algorithm) -> (SigningKey, VerifyingKey) {
    (SigningKey::from_signer(Arc::new(Sham(algorithm))), VerifyingKey::from_verifier(Arc::new(Sham(algorithm))))
}

fn make(_: &Jwk, algorithm: Algorithm) -> Result<VerifyingKey, KeyError> {
    Ok(keys(algorithm).1)
}

fn ed448() -> Jwk {
    let x = base64url::encode([9; 57]);
    Jwk::from_slice(format!(r#"{{"kty":"OKP","crv":"Ed448","kid":"ed448","x":"{x}"}}"#).as_bytes()).unwrap()
}

fn claims() -> RegisteredClaims {
    RegisteredClaims::new()
        .with_issuer("https://as.example")
        .with_audience("app")
        .with_subject("alice")
        .with_issued_at(NOW)
        .with_expires_at(Timestamp::from_unix(1_700_000_100))
}

fn policy() -> Policy {
    Policy::new(Issuer::exactly("https://as.example"), Audience::contains("app"), Typ::Jwt, Expiry::Required)
}

#[test]
fn ed448_es256k_and_ml_dsa_are_reachable_through_the_traits() {
    // JWA-04
    for algorithm in [Algorithm::Ed448, Algorithm::ES256K, Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87] {
        let (signing, verifying) = keys(algorithm);
        let token = sign(&Header::new(algorithm), &claims(), &signing).unwrap();
        assert_eq!(verify::<RegisteredClaims>(&token, &verifying, &policy(), NOW).unwrap().algorithm(), algorithm);
        let set = VerifyingKeys::from_keys(vec![verifying.clone()]);
        let verified = verify_with_keys::<RegisteredClaims>(&token, &set, &policy(), NOW).unwrap();
        assert_eq!((verified.algorithm(), verified.claims()), (algorithm, &claims()));

        let pending = SigningInput::new(&Header::new(algorithm), &claims()).unwrap();
        let signature = signing.sign(pending.as_bytes()).unwrap();
        assert_eq!(pending.complete(&signature).unwrap(), token);

        let signed = jws::sign(&Header::new(algorithm), b"payload", &signing).unwrap().to_compact().unwrap();
        let read = Jws::compact(&signed, &jws::Limits::default()).unwrap();
        assert_eq!(read.verify_with_key(&verifying).unwrap().signatures()[0].algorithm(), algorithm);
        let (_, other) = keys(Algorithm::ES512);
        assert_eq!(verify::<Value>(&token, &other, &policy(), NOW).unwrap_err().code(), "algorithm_mismatch");
    }
}

#[test]
fn eddsa_names_an_ed448_key_too_on_every_path() {
    // RFC 8037, section 3.1: the one old name of two algorithms.
    let (signing, verifying) = keys(Algorithm::Ed448);
    let header = Header::new(Algorithm::Ed448).with("alg", "EdDSA");
    assert_eq!((header.alg(), header.algorithm()), ("EdDSA", Some(Algorithm::Ed448)));
    assert_eq!(header.clone().with("alg", "Ed448").alg(), "Ed448", "and back");
    let odd = header.clone().with("x", true);

    // Signed here, by a header that is foreseen and by one that is not, and elsewhere.
    let token = sign(&header, &claims(), &signing).unwrap();
    assert!(sign(&odd, &claims(), &signing.clone().with_kid("k")).is_ok());
    let pending = SigningInput::new(&header, &claims()).unwrap();
    assert_eq!(pending.algorithm(), Algorithm::Ed448);
    let signature = signing.sign(pending.as_bytes()).unwrap();
    assert_eq!(pending.complete(&signature).unwrap(), token);
    // A header that was read says only `EdDSA`; then the key says which.
    let read = Unverified::parse(&token, &Limits::default()).unwrap().header().clone();
    assert_eq!(read, header);
    assert_eq!(sign(&read, &claims(), &signing).unwrap(), token);

    // Read: in one go, by hand, and by a profile.
    let set = VerifyingKeys::from_keys(vec![verifying.clone()]);
    let parsed = || Unverified::parse(&token, &Limits::default()).unwrap();
    let by_hand = parsed().check_signature([&verifying]).unwrap();
    for verified in [
        verify::<RegisteredClaims>(&token, &verifying, &policy(), NOW),
        verify_with_keys(&token, &set, &policy(), NOW),
        parsed().verified(by_hand, &policy(), NOW, &mut Vec::new()),
    ] {
        assert_eq!(verified.unwrap().algorithm(), Algorithm::Ed448);
    }
    let profile = IdTokenProfile::new("https://as.example", "app");
    assert_eq!(profile.verify(parsed(), [&verifying], NOW).unwrap().algorithm(), Algorithm::Ed448);

    // Any payload.
    for signed in [jws::sign(&odd, b"payload", &signing), jws::sign_unencoded(&odd, b"payload", &signing)] {
        let text = signed.unwrap().to_general().unwrap();
        let read = Jws::json(text.as_bytes(), &jws::Limits::default()).unwrap();
        let input = read.signing_input(0).unwrap();
        let checked = verifying.verify(&input, read.signatures()[0].signature()).unwrap();
        for verified in [read.verify(&set), read.verify_with_key(&verifying), read.verified_elsewhere(0, checked)] {
            assert_eq!(verified.unwrap().signatures()[0].algorithm(), Algorithm::Ed448);
        }
    }

    // The keys of a set, and of a question.
    let document = format!(r#"{{"keys":[{}]}}"#, serde_json::to_string(&ed448()).unwrap());
    let document = JwkSet::from_slice(document.as_bytes()).unwrap();
    let set = VerifyingKeys::with_backend(&document, &[Algorithm::Ed25519, Algorithm::Ed448], make);
    assert_eq!(set.find("EdDSA", Some("ed448")).unwrap().len(), 1);
    let question = Question::Verify {
        keys: vec![ed448()],
        algorithm: Algorithm::Ed448,
        input: b"input".to_vec(),
        signature: signing.sign(b"input").unwrap(),
    };
    assert!(matches!(Keyring::new().backend(make).answer(question), Ok(Answer::Verified(Some(0)))));
}

#[test]
fn eddsa_in_a_dpop_proof_is_what_the_key_in_it_is_for() {
    let (signing, _) = keys(Algorithm::Ed448);
    let pending = DpopProof::new("GET", "https://api.example/")
        .signing_input(&ed448(), Algorithm::Ed448, &Moment::new(NOW, [1; 32]))
        .unwrap();
    // The same proof with the old name.
    let (header, payload) = core::str::from_utf8(pending.as_bytes()).unwrap().split_once('.').unwrap();
    let header = String::from_utf8(base64url::decode(header).unwrap()).unwrap();
    let input = format!("{}.{payload}", base64url::encode(header.replace(r#""alg":"Ed448""#, r#""alg":"EdDSA""#)));
    let proof = format!("{input}.{}", base64url::encode(signing.sign(input.as_bytes()).unwrap()));

    let profile = DpopProfile::new("GET", "https://api.example/").backend(make);
    let algorithm = |profile: &DpopProfile| {
        profile.verify([proof.as_str()], NOW).and_then(|proof| proof.decide(true)).map(|proof| proof.algorithm())
    };
    assert_eq!(algorithm(&profile).unwrap(), Algorithm::Ed448);
    assert_eq!(algorithm(&profile.clone().algorithms(&[Algorithm::Ed448])).unwrap(), Algorithm::Ed448);
    assert_eq!(algorithm(&profile.clone().algorithms(&[Algorithm::Ed25519])).unwrap_err().code(), "dpop_key_invalid");
    let parsed = Unverified::parse(&proof, &Limits::default()).unwrap();
    let checked = profile.verified(parsed, SignatureVerified::assertion(), NOW).unwrap();
    assert_eq!(checked.decide(true).unwrap().algorithm(), Algorithm::Ed448);
}

#[test]
fn a2_a3_a_proof_of_another_algorithm_than_the_headers_is_refused() {
    // RFC 8725, section 3.1, also for whoever takes a token apart: the signature is that of the HMAC key, but the header says RS256.
    let key = SigningKey::hs256(&[7; 32]).unwrap();
    let claims = base64url::encode(serde_json::to_vec(&claims()).unwrap());
    let input = format!("{}.{claims}", base64url::encode(br#"{"alg":"RS256"}"#));
    let token = format!("{input}.{}", base64url::encode(key.sign(input.as_bytes()).unwrap()));
    let parsed = || Unverified::parse(&token, &Limits::default()).unwrap();
    let proof = || key.verifying_key().unwrap().verify(parsed().signing_input(), parsed().signature()).unwrap();
    let verified = parsed().verified::<Object>(proof(), &policy(), NOW, &mut Vec::new());
    assert_eq!(verified.unwrap_err(), Error::AlgorithmMismatch { key: Algorithm::HS256 });
    let profile = IdTokenProfile::new("https://as.example", "app");
    assert_eq!(profile.verified(parsed(), proof(), NOW).unwrap_err().code(), "algorithm_mismatch");
    let read = Jws::compact(&token, &jws::Limits::default()).unwrap();
    assert_eq!(read.verified_elsewhere(0, proof()).unwrap_err().code(), "no_key_for_algorithm");
}

#[test]
fn a_remote_signature_of_another_key_is_found_before_it_is_sent() {
    let [right, wrong] = [1, 2].map(|byte| SigningKey::hs256(&[byte; 32]).unwrap());
    let published = right.verifying_key().unwrap();
    let header = Header::new(Algorithm::HS256);
    let pending = || SigningInput::new(&header, &claims()).unwrap();
    let good = right.sign(pending().as_bytes()).unwrap();
    let of_another_key = wrong.sign(pending().as_bytes()).unwrap();
    let over_other_bytes = right.sign(b"other").unwrap();
    assert_eq!(pending().complete_verified(&good, &published), pending().complete(&good));
    assert!(pending().complete(&of_another_key).is_ok(), "which is what the check is for");
    for wrong in [&of_another_key, &over_other_bytes] {
        let error = pending().complete_verified(wrong, &published).unwrap_err();
        assert_eq!((error.code(), error.blame()), ("sign_self_check", Blame::Caller));
    }
    let short = pending().complete_verified(&good[1..], &published).unwrap_err();
    assert_eq!(short.code(), "sign_signature_length");
    let (_, other_algorithm) = keys(Algorithm::Ed448);
    assert_eq!(pending().complete_verified(&good, &other_algorithm).unwrap_err().code(), "sign_algorithm_mismatch");

    for input in [JwsSigningInput::new, JwsSigningInput::unencoded] {
        let pending = || input(&header, b"payload").unwrap();
        let good = right.sign(pending().as_bytes()).unwrap();
        let text = pending().complete_verified(&good, &published).unwrap().to_flattened().unwrap();
        assert_eq!(text, pending().complete(&good).unwrap().to_flattened().unwrap());
        let error = pending().complete_verified(&of_another_key, &published).unwrap_err();
        assert_eq!(error.code(), "sign_self_check");
    }
}
