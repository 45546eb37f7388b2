//! The twelve points of RFC 9449, section 4.3, and the figures of the RFC.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::json::{Object, Value};
use crate::{Algorithm, Blame, Error, Header, Jwk, Limits, Moment, SigningKey, Timestamp, Unverified, sign};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
const URI: &str = "https://api.example/photos";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

// RFC 8037, A.1.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const JKT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

// RFC 9449, figures 2 and 5 (one proof), 7 and 13.
const FIGURE_2: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const FIGURE_7: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA";
const FIGURE_13: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const FIGURES_JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn key() -> SigningKey {
    SigningKey::from_jwk(&Jwk::from_slice(KEY.as_bytes()).unwrap()).unwrap()
}

fn profile() -> DpopProfile {
    DpopProfile::new("GET", URI)
}

fn public() -> Value {
    let text = KEY.replace(r#""d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#, "");
    Value::Object(crate::json::object_from_slice(text.as_bytes(), &crate::json::Limits::default()).unwrap())
}

/// A proof with these changes of header and claims.
fn proof(header: &[(&str, Value)], claims: &[(&str, Option<Value>)]) -> String {
    let mut written = Header::new(Algorithm::Ed25519).with_typ(TYP).with("jwk", public());
    for (name, value) in header {
        written = written.with(*name, value.clone());
    }
    let mut all: Object = [("jti", "j-1"), ("htm", "GET"), ("htu", URI)].into_iter().collect();
    all.insert("iat", NOW.as_unix());
    for (name, value) in claims {
        match value {
            Some(value) => drop(all.insert(*name, value.clone())),
            None => drop(all.remove(name)),
        }
    }
    sign(&written, &all, &key()).unwrap()
}

fn verdict(profile: &DpopProfile, proof: &str) -> &'static str {
    profile.verify([proof], NOW).map_or_else(|error| error.code(), |_| "ok")
}

fn with_claims(profile: &DpopProfile, claims: &[(&str, Option<Value>)]) -> &'static str {
    verdict(profile, &proof(&[], claims))
}

#[test]
fn point_1_there_is_exactly_one_header_field() {
    // DP-12
    let one = proof(&[], &[]);
    let count =
        |fields: &[&str]| profile().verify(fields.iter().copied(), NOW).map_or_else(|error| error.code(), |_| "ok");
    assert_eq!(count(&[&one]), "ok");
    assert_eq!(count(&[]), "dpop_not_one_proof");
    assert_eq!(count(&[&one, &one]), "dpop_not_one_proof");
    assert_eq!(count(&[&alloc::format!("{one}, {one}")]), "token_foreign_character");
}

#[test]
fn point_2_it_is_one_well_formed_jwt() {
    assert_eq!(verdict(&profile(), ""), "token_not_three_parts");
    assert_eq!(verdict(&profile(), "a.b.c.d.e"), "encrypted_token");
    assert_eq!(verdict(&profile().limits(Limits::default().max_token_bytes(9)), "0123456789"), "token_too_long");
}

#[test]
fn point_3_all_required_claims_are_there() {
    // DP-02
    for (name, code) in [("jti", "jti_missing"), ("htm", "htm_missing"), ("htu", "htu_missing"), ("iat", "iat_missing")]
    {
        assert_eq!(with_claims(&profile(), &[(name, None)]), code);
    }
    assert_eq!(with_claims(&profile(), &[("jti", Some("".into()))]), "jti_empty");
}

#[test]
fn point_4_the_type_is_dpop() {
    // DP-01
    for typ in ["JWT", "at+jwt", "dpop", "dpop+jwt+jwt"] {
        assert_eq!(verdict(&profile(), &proof(&[("typ", typ.into())], &[])), "typ_mismatch");
    }
    assert_eq!(verdict(&profile(), &proof(&[("typ", "DPoP+JWT".into())], &[])), "ok");
}

#[test]
fn point_5_the_algorithm_is_asymmetric_and_allowed() {
    // DP-01, A2
    let hmac = SigningKey::hs256(&[7; 32]).unwrap();
    let jwk: Object = [("kty", "oct"), ("k", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc")].into_iter().collect();
    let header = Header::new(Algorithm::HS256).with_typ(TYP).with("jwk", jwk);
    assert_eq!(verdict(&profile(), &sign(&header, &Object::new(), &hmac).unwrap()), "unsupported_algorithm");
    let even_then = profile().algorithms(&[Algorithm::HS256, Algorithm::ES256]);
    assert_eq!(verdict(&even_then, &sign(&header, &Object::new(), &hmac).unwrap()), "unsupported_algorithm");
    assert_eq!(verdict(&even_then, &proof(&[], &[])), "unsupported_algorithm");
    assert_eq!(verdict(&profile(), &proof(&[("alg", "EdDSA".into())], &[])), "ok");
    // Rightly signed, but the key in the header is of another kind.
    let ec: Object = [
        ("kty", "EC"),
        ("crv", "P-256"),
        ("x", "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
        ("y", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
    ]
    .into_iter()
    .collect();
    assert_eq!(verdict(&profile(), &proof(&[("jwk", ec.into())], &[])), "dpop_key_invalid");
}

#[test]
fn point_6_the_signature_is_that_of_the_key_in_the_header() {
    // A4: and nothing but a key inside is taken.
    let made = proof(&[], &[]);
    let (head, signature) = made.rsplit_once('.').unwrap();
    assert_eq!(
        verdict(
            &profile(),
            &alloc::format!(
                "{head}.{}",
                signature.replacen(&signature[..1], if signature.starts_with('A') { "B" } else { "A" }, 1)
            )
        ),
        "invalid_signature"
    );
    let header =
        Header::new(Algorithm::Ed25519).with_typ(TYP).with("jku", "https://evil.example/keys").with("kid", "k");
    assert_eq!(verdict(&profile(), &sign(&header, &Object::new(), &key()).unwrap()), "dpop_key_invalid");
    for wrong in [Value::Null, "key".into(), Value::Array([public()].into()), Value::Object(Object::new())] {
        assert_eq!(verdict(&profile(), &proof(&[("jwk", wrong)], &[])), "dpop_key_invalid");
    }
}

#[test]
fn point_7_the_key_is_public() {
    // DP-01
    let private: Object = crate::json::object_from_slice(KEY.as_bytes(), &crate::json::Limits::default()).unwrap();
    let made = proof(&[("jwk", private.into())], &[]);
    assert_eq!(verdict(&profile(), &made), "dpop_key_invalid");
    // Also for whoever checks the signature elsewhere.
    let unverified = || Unverified::parse(&made, &Limits::default()).unwrap();
    assert_eq!(profile().key(&unverified()).unwrap_err().code(), "dpop_key_invalid");
    let checked = profile().verified(unverified(), crate::SignatureVerified::assertion(), NOW);
    assert_eq!(checked.unwrap_err().code(), "dpop_key_invalid");
}

#[test]
fn a12_the_key_of_a_proof_is_of_usual_size() {
    // DP-01: anybody can send a proof, with a key of their own.
    let rsa = |bits: usize, e: &[u8]| {
        let mut n = alloc::vec![0xA5; bits.div_ceil(8)];
        n[0] = 1 << ((bits - 1) % 8);
        [("kty", "RSA".into()), ("n", base64url::encode(n)), ("e", base64url::encode(e))]
            .into_iter()
            .collect::<Object>()
    };
    let verdict_of = |bits: usize, e: &[u8]| {
        let header = Header::new(Algorithm::RS256).with_typ(TYP).with("jwk", rsa(bits, e));
        let header = base64url::encode(serde_json::to_vec(&header).unwrap());
        let signature = base64url::encode(alloc::vec![0; bits.div_ceil(8)]);
        profile().verify([alloc::format!("{header}.e30.{signature}").as_str()], NOW).unwrap_err()
    };
    for (bits, e, code) in [
        (2048, &[1, 0, 1][..], "invalid_signature"),
        (4095, &[1, 0, 1], "invalid_signature"),
        (4096, &[3], "invalid_signature"),
        (4096, &[1, 0, 1], "invalid_signature"),
        (4097, &[1, 0, 1], "dpop_key_invalid"),
        (8192, &[1, 0, 1], "dpop_key_invalid"),
        (2048, &[1, 0, 3], "dpop_key_invalid"),
        (2048, &[1, 0xFF, 0xFF, 0xFF, 0xFF], "dpop_key_invalid"),
    ] {
        assert_eq!(verdict_of(bits, e).code(), code, "{bits} {e:?}");
    }
    assert_eq!(verdict_of(4097, &[1, 0, 1]), Error::ProofKey(KeyError::TooLong { bits: 4097, maximum: 4096 }));
    assert_eq!(verdict_of(2048, &[1, 0, 3]), Error::ProofKey(KeyError::Exponent));
    // Nor is such a proof made, or its key given to whoever checks signatures elsewhere.
    let key = rsa(8192, &[1, 0, 1]);
    let jwk = Jwk::from_slice(&serde_json::to_vec(&key).unwrap()).unwrap();
    let refused = DpopProof::new("GET", URI).signing_input(&jwk, Algorithm::RS256, &Moment::new(NOW, [1; 32]));
    assert_eq!(refused.unwrap_err().code(), "sign_proof_key");
    let header = Header::new(Algorithm::RS256).with_typ(TYP).with("jwk", key);
    let text = alloc::format!("{}.e30.", base64url::encode(serde_json::to_vec(&header).unwrap()));
    let unverified = Unverified::parse(&text, &Limits::default()).unwrap();
    assert_eq!(profile().key(&unverified).unwrap_err().code(), "dpop_key_invalid");
}

#[test]
fn a_backend_cannot_change_the_algorithm_of_a_proof() {
    use crate::{KeyError, VerifyingKey};
    fn anything_goes(_: &Jwk, _: Algorithm) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::hs256(&[7; 32])
    }
    assert_eq!(verdict(&profile().backend(anything_goes), &proof(&[], &[])), "algorithm_mismatch");
    assert_eq!(verdict(&profile().backend(VerifyingKey::from_jwk_as), &proof(&[], &[])), "ok");
}

#[test]
fn point_8_the_method_is_that_of_the_request() {
    for method in ["get", "POST", "", "GET "] {
        assert_eq!(with_claims(&profile(), &[("htm", Some(method.into()))]), "htm_mismatch");
    }
    assert_eq!(with_claims(&profile(), &[("htm", Some(Value::Null))]), "htm_mismatch");
}

#[test]
fn point_9_the_target_is_that_of_the_request() {
    // DP-03
    for uri in ["https://api.example/photos?page=2", "HTTPS://API.example:443/a/../%70hotos#x"] {
        assert_eq!(with_claims(&profile(), &[("htu", Some(uri.into()))]), "ok");
        assert_eq!(with_claims(&DpopProfile::new("GET", uri), &[]), "ok");
    }
    for uri in [
        "http://api.example/photos",
        "https://api.example/photos/",
        "https://api.example:8443/photos",
        "/photos",
        "",
        "https://api.example.evil/photos",
        "https://evil@api.example/photos",
    ] {
        assert_eq!(with_claims(&profile(), &[("htu", Some(uri.into()))]), "htu_mismatch", "{uri}");
    }
    // What has no target matches nothing, not even the like of itself.
    assert_eq!(with_claims(&DpopProfile::new("GET", "/photos"), &[("htu", Some("/photos".into()))]), "htu_mismatch");
}

#[test]
fn point_10_the_nonce_is_one_that_the_server_gave() {
    let strict = profile().nonces(["new", "old"]);
    for (nonce, code) in [
        (Some("new".into()), "ok"),
        (Some("old".into()), "ok"),
        (Some("older".into()), "nonce_mismatch"),
        (Some("".into()), "nonce_mismatch"),
        (Some(Value::Null), "nonce_mismatch"),
        (None, "nonce_missing"),
    ] {
        assert_eq!(with_claims(&strict, &[("nonce", nonce)]), code);
    }
    assert_eq!(with_claims(&profile(), &[("nonce", Some("any".into()))]), "ok");
    let error = strict.verify([proof(&[], &[]).as_str()], NOW).unwrap_err();
    assert_eq!(error.oauth_error(), "use_dpop_nonce");
}

#[test]
fn a_server_that_has_lost_its_nonces_asks_for_a_new_one() {
    // DP-10; RFC 9449, section 9
    let empty = profile().nonces::<&str>([]);
    for (nonce, code) in
        [(Some("any".into()), "nonce_mismatch"), (Some("".into()), "nonce_mismatch"), (None, "nonce_missing")]
    {
        let error = empty.verify([proof(&[], &[("nonce", nonce)]).as_str()], NOW).unwrap_err();
        assert_eq!((error.code(), error.oauth_error()), (code, "use_dpop_nonce"));
    }
}

#[test]
fn point_11_the_proof_was_made_just_now() {
    let made_at = |seconds: i64| {
        with_claims(&profile(), &[("iat", Some(Value::from(NOW.as_unix().checked_add_signed(seconds).unwrap())))])
    };
    assert_eq!([made_at(-90), made_at(30)], ["ok", "ok"]);
    assert_eq!([made_at(-91), made_at(31)], ["too_old", "issued_in_future"]);
    let short = profile().max_age(Duration::from_secs(5)).leeway(Duration::ZERO);
    let made_at = |seconds: u64| with_claims(&short, &[("iat", Some(Value::from(NOW.as_unix() - seconds)))]);
    assert_eq!([made_at(5), made_at(6)], ["ok", "too_old"]);
}

#[test]
fn point_12_the_access_token_and_its_key_are_those_of_the_proof() {
    // DP-04, DP-11
    let api = profile().access_token(TOKEN, JKT);
    let ath = || Some(Value::from("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"));
    assert_eq!(with_claims(&api, &[("ath", ath())]), "ok");
    assert_eq!(with_claims(&api, &[]), "ath_missing");
    assert_eq!(
        with_claims(&api, &[("ath", Some("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp".into()))]),
        "ath_mismatch"
    );
    assert_eq!(with_claims(&profile(), &[("ath", ath())]), "ath_forbidden");
    let stolen = profile().access_token(TOKEN, FIGURES_JKT);
    assert_eq!(with_claims(&stolen, &[("ath", ath())]), "dpop_key_mismatch");
    let error = stolen.verify([proof(&[], &[("ath", ath())]).as_str()], NOW).unwrap_err();
    assert_eq!(error.oauth_error(), "invalid_token", "the proof is right, the token is another's");
    // What names one half only says so.
    assert_eq!(with_claims(&profile().dangerous_access_token_of_any_key(TOKEN), &[("ath", ath())]), "ok");
    assert_eq!(with_claims(&profile().bound_to(FIGURES_JKT), &[]), "dpop_key_mismatch");
    assert_eq!(with_claims(&profile().bound_to(JKT), &[]), "ok");
}

#[test]
fn a_proof_counts_only_once_it_was_decided_that_it_is_new() {
    let undecided = || profile().verify([proof(&[], &[]).as_str()], NOW).unwrap();
    assert_eq!(undecided().decide(true).unwrap().claims().jkt(), JKT);
    let error = undecided().decide(false).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("jti_replayed", Blame::Peer));
    assert_eq!(error.oauth_error(), "invalid_dpop_proof");
    assert_eq!(undecided().replay_key(), undecided().replay_key());
    assert_eq!(undecided().replay_key().len(), 43);
    let other = profile().verify([proof(&[], &[("jti", Some("j-2".into()))]).as_str()], NOW).unwrap();
    assert_ne!(undecided().replay_key(), other.replay_key());
    // Kept until nobody would accept it any more.
    let until = undecided().keep_until();
    assert!(profile().verify([proof(&[], &[]).as_str()], until).is_err());
    assert!(profile().verify([proof(&[], &[]).as_str()], until.saturating_sub(Duration::from_secs(1))).is_ok());
}

#[test]
fn all_that_is_wrong_with_a_proof_comes_in_one_answer() {
    let changes = [("htm", Some("PUT".into())), ("htu", None), ("jti", None), ("iat", Some(Value::from(1u64)))];
    let verdict = profile().bound_to("x").verify([proof(&[("typ", "JWT".into())], &changes).as_str()], NOW);
    let Err(error @ Error::DpopProof(_)) = verdict else { panic!("accepted") };
    let codes: Vec<_> = error.failures().iter().map(crate::Failure::code).collect();
    assert_eq!(codes, ["typ_mismatch", "jti_missing", "dpop_key_mismatch", "htm_mismatch", "htu_missing", "too_old"]);
}

#[test]
fn a_proof_is_made_fresh_for_each_request() {
    // DP-01, DP-02, DP-03, DP-04
    let maker = DpopProof::new("GET", "https://api.example/photos?page=2#x").access_token(TOKEN).nonce("n-1");
    let made = |byte| maker.sign(&key(), &Moment::new(NOW, [byte; 32])).unwrap();
    assert_ne!(made(1), made(2));
    let parsed = made(1);
    let parsed = Unverified::parse(&parsed, &Limits::default()).unwrap();
    assert_eq!((parsed.header().typ(), parsed.header().kid()), (Some("dpop+jwt"), None));
    assert_eq!(
        parsed.header().get("jwk"),
        Some(&{
            let Value::Object(key) = public() else { panic!() };
            Value::Object(["kty", "crv", "x"].map(|name| (name, key.get(name).unwrap().clone())).into_iter().collect())
        })
    );
    let claims: Object = parsed.dangerous_claims().unwrap();
    assert_eq!(claims.get_str("htu"), Some(URI));
    assert!(claims.get_str("jti").unwrap().len() >= 16, "96 bits are 16 characters");
    let checked = profile().access_token(TOKEN, JKT).nonces(["n-1"]).verify([made(1).as_str()], NOW).unwrap();
    let checked = checked.decide(true).unwrap();
    assert_eq!(
        (checked.claims().nonce(), checked.claims().key().thumbprint().to_string().as_str()),
        (Some("n-1"), JKT)
    );
}

#[test]
fn two_proofs_of_one_moment_have_two_names() {
    // DP-02; RFC 9449, section 4.2
    let at = Moment::new(NOW, [1; 32]);
    let id = |proof: &DpopProof| {
        let made = proof.sign(&key(), &at).unwrap();
        let claims: Object = Unverified::parse(&made, &Limits::default()).unwrap().dangerous_claims().unwrap();
        String::from(claims.get_str("jti").unwrap())
    };
    let one = DpopProof::new("GET", URI);
    assert_eq!(id(&one), id(&one.clone()));
    let others = [
        DpopProof::new("POST", URI),
        DpopProof::new("GET", "https://api.example/videos"),
        one.clone().access_token(TOKEN),
        one.clone().access_token("another"),
        one.clone().nonce("n-1"),
        one.clone().nonce("n-2"),
    ];
    let mut ids: Vec<String> = others.iter().chain([&one]).map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), others.len() + 1);

    // Of one request, with the key of RFC 8037 and that of RFC 9449, figure 2.
    let figures_key = profile().key(&Unverified::parse(FIGURE_2, &Limits::default()).unwrap()).unwrap();
    let claims_of = |jwk: &Jwk, algorithm| {
        let pending = one.signing_input(jwk, algorithm, &at).unwrap();
        let token = pending.complete(&[0; 64]).unwrap();
        let claims: Object = Unverified::parse(&token, &Limits::default()).unwrap().dangerous_claims().unwrap();
        String::from(claims.get_str("jti").unwrap())
    };
    let own = Jwk::from_slice(KEY.as_bytes()).unwrap();
    assert_eq!(claims_of(&own, Algorithm::Ed25519), id(&one));
    assert_ne!(claims_of(&figures_key, Algorithm::ES256), id(&one));
}

#[test]
fn a_proof_that_is_signed_elsewhere_never_holds_the_private_key() {
    let private = Jwk::from_slice(KEY.as_bytes()).unwrap().with_kid("k");
    let pending =
        DpopProof::new("GET", URI).signing_input(&private, Algorithm::Ed25519, &Moment::new(NOW, [1; 32])).unwrap();
    let signature = key().sign(pending.as_bytes()).unwrap();
    let made = pending.complete(&signature).unwrap();
    let unverified = Unverified::parse(&made, &Limits::default()).unwrap();
    assert!(unverified.header().get("jwk").and_then(Value::as_object).unwrap().get("d").is_none());
    assert_eq!(profile().key(&unverified).unwrap().thumbprint().to_string(), JKT);
    let checked = profile().verified(unverified, crate::SignatureVerified::assertion(), NOW).unwrap();
    assert!(checked.decide(true).is_ok());
}

#[test]
fn debug_of_a_proof_shows_no_query_and_no_token() {
    let proof = DpopProof::new("GET", "https://api.example/photos?token=s3cr3t#s3cr3t").access_token("s3cr3t");
    let shown = alloc::format!("{:?}", proof.clone().nonce("s3cr3t"));
    assert!(shown.contains(URI) && !shown.contains("s3cr3t"), "{shown}");
    for uri in ["https://s3cr3t:s3cr3t@api.example/photos", "s3cr3t", "https://api.example\\s3cr3t"] {
        let shown = alloc::format!("{:?}", DpopProof::new("GET", uri));
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
    let profile = DpopProfile::new("GET", "https://api.example/photos?token=s3cr3t").access_token("s3cr3t", JKT);
    assert!(!alloc::format!("{profile:?}").contains("s3cr3t"));
}

#[test]
fn what_no_proof_can_be_made_of_is_refused() {
    let at = || Moment::new(NOW, [1; 32]);
    let code = |proof: DpopProof| proof.sign(&key(), &at()).unwrap_err().code();
    assert_eq!(code(DpopProof::new("", URI)), "sign_claim_value");
    assert_eq!(code(DpopProof::new("GET /", URI)), "sign_claim_value");
    assert_eq!(code(DpopProof::new("GET", "/photos")), "sign_claim_value");
    // DP-09
    for nonce in ["", "a b", "a\"", "a\\", "ä"] {
        assert_eq!(code(DpopProof::new("GET", URI).nonce(nonce)), "sign_claim_value");
    }
    let hmac = SigningKey::hs256(&[7; 32]).unwrap();
    assert_eq!(DpopProof::new("GET", URI).sign(&hmac, &at()).unwrap_err().code(), "sign_proof_key");
    let jwk = Jwk::from_slice(KEY.as_bytes()).unwrap();
    assert_eq!(
        DpopProof::new("GET", URI).signing_input(&jwk, Algorithm::ES256, &at()).unwrap_err().code(),
        "sign_proof_key"
    );
}

#[test]
fn the_figures_of_rfc_9449_are_accepted_at_their_time() {
    let token_endpoint = DpopProfile::new("POST", "https://server.example.com/token");
    let then = |seconds| Timestamp::from_unix(seconds);
    let figure_2 = token_endpoint.verify([FIGURE_2], then(1_562_262_616)).unwrap();
    let figure_7 = token_endpoint.verify([FIGURE_7], then(1_562_265_296)).unwrap();
    // Figures 2 and 7 (and 21) carry one `jti`: whoever remembers it for long enough refuses the second.
    assert_eq!(figure_2.replay_key(), figure_7.replay_key());
    assert!(figure_2.keep_until() < then(1_562_265_296), "but nobody needs to remember it so long");
    let figure_2 = figure_2.decide(true).unwrap();
    assert_eq!((figure_2.claims().id(), figure_2.claims().jkt()), ("-BwC3ESc6acc2lTc", FIGURES_JKT));
    assert_eq!(figure_7.decide(false).unwrap_err().code(), "jti_replayed");

    let api =
        DpopProfile::new("GET", "https://resource.example.org/protectedresource").access_token(TOKEN, FIGURES_JKT);
    let figure_13 = api.verify([FIGURE_13], then(1_562_262_618)).unwrap().decide(true).unwrap();
    assert_eq!(figure_13.claims().id(), "e1j3V_bKic8-LAEB");
    assert_eq!(api.verify([FIGURE_2], then(1_562_262_618)).unwrap_err().code(), "htm_mismatch");
    assert_eq!(token_endpoint.verify([FIGURE_13], then(1_562_262_618)).unwrap_err().code(), "htm_mismatch");
}

#[test]
fn the_nonce_of_figure_20_is_answered() {
    // RFC 9449, section 8, figures 20 and 21.
    let nonce = "eyJ7S_zG.eyJH0-Z.HX4w-7v";
    let made = DpopProof::new("POST", "https://server.example.com/token")
        .nonce(nonce)
        .sign(&key(), &Moment::new(NOW, [1; 32]))
        .unwrap();
    let server = DpopProfile::new("POST", "https://server.example.com/token").nonces([nonce]);
    assert_eq!(verdict(&server, &made), "ok");
}

#[test]
fn a_key_that_is_learned_afterwards_is_checked_before_the_proof_counts() {
    // DP-12
    let proof = proof(&[], &[("ath", Some(token_hash(TOKEN).into()))]);
    let read = || profile().dangerous_access_token_of_any_key(TOKEN).verify([proof.as_str()], NOW).unwrap();
    assert_eq!(read().bound_to(JKT).unwrap().decide(true).unwrap().claims().jkt(), JKT);
    let error = read().bound_to(FIGURES_JKT).unwrap_err();
    assert_eq!((error.code(), error.oauth_error(), error.blame()), ("dpop_key_mismatch", "invalid_token", Blame::Peer));
}
