//! Tokens and keys crossed with npm `jose` and PyPI `jwcrypto`: what one side makes the other reads, and what was tampered with is refused by both.

use std::time::{Duration, SystemTime};

use jwt_core::policy::{Audience, Expiry, Issuer, Policy, Typ};
use jwt_core::{Algorithm, Header, Jwk, SigningKey, Timestamp, VerifyingKey, base64url};
use serde_json::{Value, json};

use crate::peer::Peer;

/// Every algorithm that both sides have, by each name that it has.
const NAMES: [&str; 13] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519",
    "EdDSA",
];

#[test]
fn tokens_and_keys_are_crossed_with_jose() {
    if let Some(mut peer) = Peer::node("jose", "tokens.mjs", &[]) {
        cross(&mut peer);
    }
}

#[test]
fn tokens_and_keys_are_crossed_with_jwcrypto() {
    if let Some(mut peer) = Peer::python("jwcrypto", "tokens.py", &[]) {
        cross(&mut peer);
    }
}

fn cross(peer: &mut Peer) {
    for name in NAMES {
        let crossing = Crossing::new(peer, name);
        let claims = claims(Duration::from_secs(300), "Grüße, 世界 \u{1f511} \"\\\n");
        let (ours, theirs) = (crossing.sign(&claims), crossing.signed_by(peer, &claims));
        for (maker, token) in [("ours", &ours), ("theirs", &theirs)] {
            assert_eq!(crossing.verify(token), Ok(claims.clone()), "{maker}, {name}: {token}");
            assert_eq!(crossing.verified_by(peer, token), Ok(claims.clone()), "{maker}, {name}: {token}");
            for (what, tampered, code) in tampered(token) {
                assert_ne!(&tampered, token, "{what}");
                assert_eq!(crossing.verify(&tampered), Err(code.to_owned()), "{maker}, {name}, {what}: {tampered}");
                assert!(crossing.verified_by(peer, &tampered).is_err(), "{maker}, {name}, {what}: {tampered}");
            }
        }
        // Another key of the same kind.
        let other = Crossing::new(peer, name);
        assert_eq!(other.verify(&theirs), Err("invalid_signature".to_owned()), "{name}");
        assert!(other.verified_by(peer, &ours).is_err(), "{name}");
    }
    // Both have a clock: two minutes are more than anybody's leeway.
    let crossing = Crossing::new(peer, "ES256");
    let token = crossing.sign(&json!({ "iss": ISSUER, "aud": AUDIENCE, "exp": now().as_unix() - 120 }));
    assert_eq!(crossing.verify(&token), Err("expired".to_owned()));
    assert!(crossing.verified_by(peer, &token).is_err());
}

const ISSUER: &str = "https://as.example";
const AUDIENCE: &str = "https://api.example";

fn claims(lifetime: Duration, text: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": [AUDIENCE, "another"], "sub": "alice", "exp": now().saturating_add(lifetime).as_unix(),
        "iat": now().as_unix(), "text": text, "number": -12.5, "nested": { "empty": {}, "list": [null, true, 9_007_199_254_740_991_u64] },
    })
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

/// One key of the peer's making, as both sides have it.
struct Crossing {
    name: &'static str,
    algorithm: Algorithm,
    /// For the peer, who made it.
    private: Value,
    /// As we wrote it.
    public: Value,
    signing: SigningKey,
    verifying: VerifyingKey,
}

impl Crossing {
    fn new(peer: &mut Peer, name: &'static str) -> Self {
        let made = peer.ask(&json!({ "op": "key", "alg": name }));
        let private = made["jwk"].clone();
        let jwk = Jwk::from_slice(private.to_string().as_bytes()).unwrap_or_else(|error| panic!("{made}: {error}"));
        let algorithm = Algorithm::from_name(name).unwrap_or(Algorithm::Ed25519);
        let signing = SigningKey::from_jwk_as(&jwk, algorithm).unwrap();
        let (public, verifying) = match jwk.public() {
            Some(public) => {
                assert_eq!(made["thumbprint"], public.thumbprint().to_string().as_str(), "{name}");
                (serde_json::to_value(&public).unwrap(), VerifyingKey::from_jwk_as(&public, algorithm).unwrap())
            }
            None => (private.clone(), signing.verifying_key().unwrap()),
        };
        Self { name, algorithm, private, public, signing, verifying }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header::new(self.algorithm).with_typ("JWT").with("alg", self.name);
        jwt_core::sign(&header, claims, &self.signing).unwrap()
    }

    fn verify(&self, token: &str) -> Result<Value, String> {
        let policy = Policy::new(Issuer::exactly(ISSUER), Audience::contains(AUDIENCE), Typ::Jwt, Expiry::Required);
        let verified = jwt_core::verify::<Value>(token, &self.verifying, &policy, now());
        verified.map(jwt_core::Verified::into_claims).map_err(|error| error.code().to_owned())
    }

    fn signed_by(&self, peer: &mut Peer, claims: &Value) -> String {
        let answer = peer.ask(&json!({ "op": "sign", "alg": self.name, "jwk": self.private, "claims": claims }));
        answer["token"].as_str().unwrap_or_else(|| panic!("{}: {answer}", self.name)).to_owned()
    }

    fn verified_by(&self, peer: &mut Peer, token: &str) -> Result<Value, String> {
        let answer = peer.ask(&json!({ "op": "verify", "alg": self.name, "jwk": self.public, "token": token }));
        match answer.get("claims") {
            Some(claims) => Ok(claims.clone()),
            None => Err(answer["refused"].as_str().expect("a reason").to_owned()),
        }
    }
}

/// The token with one thing changed in it, and what we call that.
fn tampered(token: &str) -> Vec<(&'static str, String, &'static str)> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.try_into().expect("three parts");
    let other = |part: &str| format!("{}{}", if part.starts_with('A') { "B" } else { "A" }, &part[1..]);
    let none = base64url::encode(br#"{"alg":"none","typ":"JWT"}"#);
    let claims = String::from_utf8(base64url::decode(payload).unwrap()).unwrap();
    let mallory = base64url::encode(claims.replace("alice", "mallory").as_bytes());
    // As much of it as is base64url for itself.
    let half = &signature[..signature.len() / 8 * 4];
    vec![
        ("another signature", format!("{header}.{payload}.{}", other(signature)), "invalid_signature"),
        ("half a signature", format!("{header}.{payload}.{half}"), "invalid_signature"),
        ("no signature", format!("{header}.{payload}."), "invalid_signature"),
        ("other claims", format!("{header}.{mallory}.{signature}"), "invalid_signature"),
        ("no algorithm", format!("{none}.{payload}.{signature}"), "algorithm_mismatch"),
        ("no algorithm and no signature", format!("{none}.{payload}."), "algorithm_mismatch"),
    ]
}
