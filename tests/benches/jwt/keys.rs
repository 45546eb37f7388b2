//! One key pair for each algorithm, in our form and in that of the backend.

use jwt_core::{Algorithm, Header, Jwk, SigningKey, VerifyingKey, base64url};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair, UnparsedPublicKey};
use ring::{hmac, signature::RsaEncoding};

use super::tokens::{KID, Token};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../crates/jwt-core/tests/fixtures/", $name))
    };
}

pub(crate) const SECRET: [u8; 32] = [7; 32];

pub(crate) struct Pair {
    pub(crate) algorithm: Algorithm,
    pub(crate) private_pem: &'static str,
    pub(crate) public_pem: String,
    signing: SigningKey,
    prim: Prim,
    signer: PrimSigner,
}

enum Prim {
    Hmac(hmac::Key),
    Rsa(PublicKeyComponents<Vec<u8>>, &'static signature::RsaParameters),
    Point(UnparsedPublicKey<Vec<u8>>),
}

enum PrimSigner {
    None,
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Pair {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        if algorithm == Algorithm::HS256 {
            return Self {
                algorithm,
                private_pem: "",
                public_pem: String::new(),
                signing: SigningKey::hs256(&SECRET).unwrap(),
                prim: Prim::Hmac(hmac::Key::new(hmac::HMAC_SHA256, &SECRET)),
                signer: PrimSigner::None,
            };
        }
        let (private_pem, public_pem) = match algorithm {
            Algorithm::ES256 => (fixture!("ec-p256.pkcs8.pem"), fixture!("ec-p256.spki.pem")),
            Algorithm::ES384 => (fixture!("ec-p384.pkcs8.pem"), fixture!("ec-p384.spki.pem")),
            Algorithm::Ed25519 => (fixture!("ed25519.pkcs8.pem"), fixture!("ed25519.spki.pem")),
            _ => (fixture!("rsa2048.pkcs8.pem"), fixture!("rsa2048.spki.pem")),
        };
        let signing = SigningKey::from_pem(algorithm, private_pem).unwrap();
        let jwk = signing.public_jwk().unwrap();
        let (prim, signer) = backend(algorithm, &jwk, private_pem);
        Self { algorithm, private_pem, public_pem: public_pem.to_owned(), signing, prim, signer }
    }

    pub(crate) fn signing(&self) -> SigningKey {
        self.signing.clone()
    }

    pub(crate) fn verifying(&self) -> VerifyingKey {
        self.signing.verifying_key().unwrap()
    }

    pub(crate) fn header(&self) -> Header {
        self.header_without_kid().with_kid(KID)
    }

    pub(crate) fn header_without_kid(&self) -> Header {
        // What issuers write, and what peers understand: `EdDSA`.
        let header = Header::new(self.algorithm).with_typ("at+jwt");
        if self.algorithm == Algorithm::Ed25519 { header.with("alg", "EdDSA") } else { header }
    }

    /// The primitive alone, over the same bytes.
    pub(crate) fn primitive(&self, token: &Token) -> bool {
        self.check(token.signing_input(), &token.signature)
    }

    pub(crate) fn primitive_of(&self, text: &str) -> bool {
        let (input, signature) = text.rsplit_once('.').unwrap();
        self.check(input.as_bytes(), &base64url::decode(signature).unwrap())
    }

    pub(crate) fn check(&self, input: &[u8], signature: &[u8]) -> bool {
        match &self.prim {
            Prim::Hmac(key) => hmac::verify(key, input, signature).is_ok(),
            Prim::Rsa(key, parameters) => key.verify(parameters, input, signature).is_ok(),
            Prim::Point(key) => key.verify(input, signature).is_ok(),
        }
    }

    pub(crate) fn tag(&self, input: &[u8]) -> hmac::Tag {
        let Prim::Hmac(key) = &self.prim else { panic!("not HMAC") };
        hmac::sign(key, input)
    }

    pub(crate) fn primitive_sign(&self, token: &Token) -> usize {
        let (input, random) = (token.signing_input(), SystemRandom::new());
        match &self.signer {
            PrimSigner::None => self.tag(input).as_ref().len(),
            PrimSigner::Rsa(pair, encoding) => {
                let mut signature = [0; 256];
                pair.sign(*encoding, &random, input, &mut signature).unwrap();
                signature.len()
            }
            PrimSigner::Ecdsa(pair) => pair.sign(&random, input).unwrap().as_ref().len(),
            PrimSigner::Ed(pair) => pair.sign(input).as_ref().len(),
        }
    }
}

fn backend(algorithm: Algorithm, jwk: &Jwk, private_pem: &str) -> (Prim, PrimSigner) {
    let member = |name| jwk.public_member(name).unwrap().to_vec();
    let body: String = private_pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(body).unwrap()
    };
    let random = SystemRandom::new();
    let rsa = |parameters, encoding: &'static dyn RsaEncoding| {
        let public = PublicKeyComponents { n: member("n"), e: member("e") };
        let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
        (Prim::Rsa(public, parameters), PrimSigner::Rsa(Box::new(pair), encoding))
    };
    let ecdsa = |verification: &'static dyn signature::VerificationAlgorithm, signing| {
        let point = [vec![4], member("x"), member("y")].concat();
        let pair = EcdsaKeyPair::from_pkcs8(signing, &der, &random).unwrap();
        (Prim::Point(UnparsedPublicKey::new(verification, point)), PrimSigner::Ecdsa(pair))
    };
    match algorithm {
        Algorithm::RS256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256, &signature::RSA_PKCS1_SHA256),
        Algorithm::PS256 => rsa(&signature::RSA_PSS_2048_8192_SHA256, &signature::RSA_PSS_SHA256),
        Algorithm::ES256 => ecdsa(&signature::ECDSA_P256_SHA256_FIXED, &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::ES384 => ecdsa(&signature::ECDSA_P384_SHA384_FIXED, &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).unwrap();
            (Prim::Point(UnparsedPublicKey::new(&signature::ED25519, member("x"))), PrimSigner::Ed(pair))
        }
        other => panic!("no key for {other}"),
    }
}
