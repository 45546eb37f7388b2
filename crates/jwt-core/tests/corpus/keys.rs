//! Key sets: which key a token is checked with.

use jwt_core::base64url;

use crate::rows::{Rows, signed};
use crate::world::CLAIMS;

pub(crate) fn add(rows: &mut Rows) {
    let header = |alg: &str, kid: &str| format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
    let refs = "A14 JWK-11";
    for (name, token, verdict) in [
        ("RS256 by its name", signed("rs256", header("RS256", "rsa"), CLAIMS), "ok"),
        ("Ed25519 by its name", signed("ed25519", header("Ed25519", "ed"), CLAIMS), "ok"),
        ("EdDSA by its name", signed("ed25519", header("EdDSA", "ed"), CLAIMS), "ok"),
        ("EdDSA without a name", signed("ed25519", r#"{"alg":"EdDSA"}"#, CLAIMS), "ok"),
        ("RS256 without a name", signed("rs256", r#"{"alg":"RS256"}"#, CLAIMS), "ok"),
        ("HS512 without a name, of a key without a name", signed("hs512", r#"{"alg":"HS512"}"#, CLAIMS), "ok"),
        ("HS512 with a name, of a key without a name", signed("hs512", header("HS512", "x"), CLAIMS), "unknown_kid"),
        ("the first of two keys of one name", signed("attacker", header("HS256", "twice"), CLAIMS), "ok"),
        ("the second of two keys of one name", signed("hs256", header("HS256", "twice"), CLAIMS), "ok"),
        ("neither of two keys of one name", signed("hs512", header("HS256", "twice"), CLAIMS), "invalid_signature"),
        ("the name of a key of another algorithm", signed("rs256", header("RS256", "ed"), CLAIMS), "no_fitting_key"),
        ("the name of a key of another hash", signed("rs384", header("RS384", "rsa"), CLAIMS), "no_fitting_key"),
        ("an algorithm of no key", signed("hs384", r#"{"alg":"HS384"}"#, CLAIMS), "no_key_for_algorithm"),
        ("an unknown name", signed("rs256", header("RS256", "gone"), CLAIMS), "unknown_kid"),
        ("the empty name", signed("rs256", header("RS256", ""), CLAIMS), "unknown_kid"),
        ("a name in capitals", signed("rs256", header("RS256", "RSA"), CLAIMS), "unknown_kid"),
        ("a name with a space", signed("rs256", header("RS256", "rsa "), CLAIMS), "unknown_kid"),
        ("a name with NUL", signed("rs256", header("RS256", r"rsa\u0000"), CLAIMS), "unknown_kid"),
        ("a name that is a place", signed("rs256", header("RS256", "0"), CLAIMS), "unknown_kid"),
        ("a name that is a path", signed("rs256", header("RS256", "../rsa"), CLAIMS), "unknown_kid"),
        ("a name with an escape", signed("rs256", header("RS256", r"\u0072sa"), CLAIMS), "ok"),
        ("a name that is a number", signed("rs256", r#"{"alg":"RS256","kid":0}"#, CLAIMS), "header_member_wrong_type"),
        ("a name that is null", signed("rs256", r#"{"alg":"RS256","kid":null}"#, CLAIMS), "header_member_wrong_type"),
        (
            "a name that is an array",
            signed("rs256", r#"{"alg":"RS256","kid":["rsa"]}"#, CLAIMS),
            "header_member_wrong_type",
        ),
        (
            "the name of RS256 and the algorithm HS256",
            signed("hs256", header("HS256", "rsa"), CLAIMS),
            "no_fitting_key",
        ),
        (
            "the name of RS256 and none",
            format!("{}.{}.", base64url::encode(header("none", "rsa")), base64url::encode(CLAIMS)),
            "no_fitting_key",
        ),
        ("the right name and another key", signed("ed25519", header("RS256", "rsa"), CLAIMS), "invalid_signature"),
    ] {
        rows.token(format!("set: {name}"), refs, token, verdict).keys("set");
    }
    let refs = "A14 JWK-02 JWK-07 JWK-08";
    for (name, token, verdict) in [
        ("RS256 by its name", signed("rs256", header("RS256", "rsa"), CLAIMS), "ok"),
        ("EdDSA by its name", signed("ed25519", header("EdDSA", "ed"), CLAIMS), "ok"),
        ("EdDSA without a name", signed("ed25519", r#"{"alg":"EdDSA"}"#, CLAIMS), "ok"),
        ("PS256 with a key that says RS256", signed("rs256", header("PS256", "rsa"), CLAIMS), "no_fitting_key"),
        ("a key that is for encryption", signed("ed25519", header("EdDSA", "enc"), CLAIMS), "no_fitting_key"),
        ("a secret that stands beside public keys", signed("hs256", header("HS256", "oct"), CLAIMS), "no_fitting_key"),
        (
            "a secret that stands beside public keys, without a name",
            signed("hs256", r#"{"alg":"HS256"}"#, CLAIMS),
            "no_key_for_algorithm",
        ),
        ("a key without its coordinate", signed("ed25519", header("EdDSA", "half"), CLAIMS), "no_fitting_key"),
        ("a key of an unknown kind", signed("ed25519", header("EdDSA", "xyz"), CLAIMS), "no_fitting_key"),
        ("an unknown name", signed("rs256", header("RS256", "gone"), CLAIMS), "unknown_kid"),
    ] {
        rows.token(format!("jwks: {name}"), refs, token, verdict).keys("jwks");
    }
    rows.token("no keys at all", "A14 JWK-11", signed("rs256", r#"{"alg":"RS256"}"#, CLAIMS), "no_key_for_algorithm")
        .keys("none");
    rows.token("no keys at all, by name", "A14 JWK-11", signed("rs256", header("RS256", "rsa"), CLAIMS), "unknown_kid")
        .keys("none");
    // One token, judged by two keys and by two policies: no verdict is kept.
    let token = signed("hs256", r#"{"alg":"HS256","typ":"JWT"}"#, CLAIMS);
    rows.token("one token, its key", "A17 A16", &token, "ok");
    rows.token("one token, another key of the same algorithm", "A17 A6", &token, "invalid_signature").keys("attacker");
    rows.token("one token, another policy", "A17 A16", &token, "typ_mismatch").policy("at");
    rows.token("one token, later", "A17", &token, "expired").now(1_700_000_100);
}
