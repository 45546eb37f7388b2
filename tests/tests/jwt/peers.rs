//! Other libraries on the tokens that jwt-core accepts (all rows `ok` of its corpus, and generated ones), and on those that it refuses for their time alone. Being
//! stricter than jwt-core would be being right where it is wrong; so every disagreement stands in `disagreements.tsv` with the rule that decides it, and one that is gone
//! must go there too. Rows of key sets are not asked about: to find the key is not these libraries' affair.
//!
//! The columns: library · name of the row in `crates/jwt-core/tests/corpus/verdicts.tsv` · what the library has against it · who is right, and by which rule.

use std::collections::{BTreeMap, BTreeSet};

use jwt_compact::AlgorithmExt as _;
use jwt_core::{Algorithm, Header, Jwk, RegisteredClaims, SigningKey, Timestamp, base64url};
use jwt_simple::prelude::{
    ECDSAP256PublicKeyLike as _, ECDSAP384PublicKeyLike as _, EdDSAPublicKeyLike as _, MACLike as _,
    RSAPublicKeyLike as _,
};
use proptest::prelude::*;

type Claims = serde_json::Map<String, serde_json::Value>;

/// What a library is asked: token, name of the key, whether issuer and audience are those of the corpus, now and leeway in seconds.
#[derive(Clone, Copy, Debug)]
struct Question<'q> {
    token: &'q str,
    key: &'q str,
    checks_claims: bool,
    now: u64,
    leeway: u64,
}

type Answer = Result<(), String>;

type Ask = fn(Question<'_>) -> Answer;

const LIBRARIES: [(&str, Ask); 3] =
    [("jsonwebtoken", jsonwebtoken), ("jwt-simple", jwt_simple), ("jwt-compact", jwt_compact)];

const SECRET: &[u8; 64] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const RSA: &str = include_str!("../../../crates/jwt-core/tests/fixtures/rsa2048.spki.pem");
const ED25519: &str = include_str!("../../../crates/jwt-core/tests/fixtures/ed25519.spki.pem");
const P256: &str = include_str!("../../../crates/jwt-core/tests/fixtures/ec-p256.spki.pem");
const P384: &str = include_str!("../../../crates/jwt-core/tests/fixtures/ec-p384.spki.pem");
const ISSUER: &str = "https://as.example";
const AUDIENCE: &str = "api";
/// The keys that all can be asked about.
const KEYS: [&str; 11] =
    ["hs256", "hs384", "hs512", "rs256", "rs384", "rs512", "ps256", "es256", "es384", "ed25519", "named"];

/// Its clock is the system's, so what it reads of times is compared by hand.
fn jsonwebtoken(question: Question<'_>) -> Answer {
    use jsonwebtoken::{Algorithm as A, DecodingKey as K};
    let pem = |read: fn(&[u8]) -> jsonwebtoken::errors::Result<K>, pem: &str| read(pem.as_bytes()).unwrap();
    let (algorithm, key) = match question.key {
        // Of a key with a name, the name is not this library's affair.
        "hs256" | "named" => (A::HS256, K::from_secret(&SECRET[..32])),
        "hs384" => (A::HS384, K::from_secret(&SECRET[..48])),
        "hs512" => (A::HS512, K::from_secret(SECRET)),
        "rs256" => (A::RS256, pem(K::from_rsa_pem, RSA)),
        "rs384" => (A::RS384, pem(K::from_rsa_pem, RSA)),
        "rs512" => (A::RS512, pem(K::from_rsa_pem, RSA)),
        "ps256" => (A::PS256, pem(K::from_rsa_pem, RSA)),
        "es256" => (A::ES256, pem(K::from_ec_pem, P256)),
        "es384" => (A::ES384, pem(K::from_ec_pem, P384)),
        "ed25519" => (A::EdDSA, pem(K::from_ed_pem, ED25519)),
        other => panic!("no key {other}"),
    };
    let mut validation = jsonwebtoken::Validation::new(algorithm);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    validation.validate_aud = question.checks_claims;
    if question.checks_claims {
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
    }
    match jsonwebtoken::decode::<Claims>(question.token, &key, &validation) {
        Ok(data) => times_by_hand(&data.claims, question),
        Err(error) => Err(error.to_string()),
    }
}

fn jwt_simple(question: Question<'_>) -> Answer {
    use jwt_simple::prelude as simple;
    let set = |text: &str| question.checks_claims.then(|| [text.to_owned()].into());
    let options = Some(simple::VerificationOptions {
        allowed_issuers: set(ISSUER),
        allowed_audiences: set(AUDIENCE),
        time_tolerance: Some(simple::Duration::from_secs(question.leeway)),
        artificial_time: Some(simple::UnixTimeStamp::from_secs(question.now)),
        ..Default::default()
    });
    let token = question.token;
    let verdict = match question.key {
        // A name that it is not asked for is ignored.
        "hs256" | "named" => simple::HS256Key::from_bytes(&SECRET[..32]).verify_token::<Claims>(token, options),
        "hs384" => simple::HS384Key::from_bytes(&SECRET[..48]).verify_token::<Claims>(token, options),
        "hs512" => simple::HS512Key::from_bytes(SECRET).verify_token::<Claims>(token, options),
        "rs256" => simple::RS256PublicKey::from_pem(RSA).unwrap().verify_token::<Claims>(token, options),
        "rs384" => simple::RS384PublicKey::from_pem(RSA).unwrap().verify_token::<Claims>(token, options),
        "rs512" => simple::RS512PublicKey::from_pem(RSA).unwrap().verify_token::<Claims>(token, options),
        "ps256" => simple::PS256PublicKey::from_pem(RSA).unwrap().verify_token::<Claims>(token, options),
        "es256" => simple::ES256PublicKey::from_pem(P256).unwrap().verify_token::<Claims>(token, options),
        "es384" => simple::ES384PublicKey::from_pem(P384).unwrap().verify_token::<Claims>(token, options),
        "ed25519" => simple::Ed25519PublicKey::from_pem(ED25519).unwrap().verify_token::<Claims>(token, options),
        other => panic!("no key {other}"),
    };
    verdict.map(drop).map_err(|error| error.to_string())
}

/// Checks times when it is asked to, by a clock that stands; of issuer and audience it has no notion, so these are compared by hand.
fn jwt_compact(question: Question<'_>) -> Answer {
    use jwt_compact::UntrustedToken;
    use jwt_compact::alg::{Ed25519, Es256, Hs256, Hs256Key, Hs384, Hs384Key, Hs512, Hs512Key, Rsa};
    use jwt_compact::jwk::JsonWebKey;
    let token = UntrustedToken::new(question.token).map_err(|error| error.to_string())?;
    let jwk = |algorithm, pem: &str| {
        let material = jwk_of(algorithm, pem);
        serde_json::from_str::<JsonWebKey<'static>>(&material).unwrap()
    };
    let rsa = |algorithm: Rsa, of| {
        let key = jwt_compact::alg::RsaPublicKey::try_from(&jwk(of, RSA)).unwrap();
        algorithm.validator::<Claims>(&key).validate(&token)
    };
    let verdict = match question.key {
        "hs256" | "named" => Hs256.validator::<Claims>(&Hs256Key::new(&SECRET[..32])).validate(&token),
        "hs384" => Hs384.validator::<Claims>(&Hs384Key::new(&SECRET[..48])).validate(&token),
        "hs512" => Hs512.validator::<Claims>(&Hs512Key::new(SECRET)).validate(&token),
        "rs256" => rsa(Rsa::rs256(), Algorithm::RS256),
        "rs384" => rsa(Rsa::rs384(), Algorithm::RS384),
        "rs512" => rsa(Rsa::rs512(), Algorithm::RS512),
        "ps256" => rsa(Rsa::ps256(), Algorithm::PS256),
        "es256" => {
            let key = <Es256 as jwt_compact::Algorithm>::VerifyingKey::try_from(&jwk(Algorithm::ES256, P256)).unwrap();
            Es256.validator::<Claims>(&key).validate(&token)
        }
        "ed25519" => {
            let key = <Ed25519 as jwt_compact::Algorithm>::VerifyingKey::try_from(&jwk(Algorithm::Ed25519, ED25519));
            Ed25519.validator::<Claims>(&key.unwrap()).validate(&token)
        }
        "es384" => return Err("not in this library".into()),
        other => panic!("no key {other}"),
    };
    let verified = verdict.map_err(|error| error.to_string())?;
    let claims = verified.claims();
    // In the types of its clock, which this package does not depend on.
    let time = |seconds: u64| {
        let claims =
            serde_json::from_value::<jwt_compact::Claims<jwt_compact::Empty>>(serde_json::json!({"exp": seconds}));
        claims.ok().and_then(|claims| claims.expiration).ok_or("no such time in this library")
    };
    let (now, leeway) = (time(question.now)?, time(question.leeway)? - time(0)?);
    let options = jwt_compact::TimeOptions::new(leeway, || now);
    if claims.expiration.is_some() {
        claims.validate_expiration(&options).map_err(|error| error.to_string())?;
    }
    if claims.not_before.is_some() {
        claims.validate_maturity(&options).map_err(|error| error.to_string())?;
    }
    if question.checks_claims { issuer_and_audience_by_hand(&claims.custom) } else { Ok(()) }
}

fn issuer_and_audience_by_hand(claims: &Claims) -> Answer {
    let issuer = claims.get("iss").and_then(serde_json::Value::as_str);
    let found = match claims.get("aud") {
        Some(serde_json::Value::Array(all)) => all.iter().any(|one| one == AUDIENCE),
        Some(one) => one == AUDIENCE,
        None => false,
    };
    match (issuer == Some(ISSUER), found) {
        (true, true) => Ok(()),
        (false, _) => Err("by hand: another issuer".into()),
        (true, false) => Err("by hand: another audience".into()),
    }
}

/// RFC 7519, sections 4.1.4 and 4.1.5, as they are written.
fn times_by_hand(claims: &Claims, question: Question<'_>) -> Answer {
    let (now, leeway) = (i128::from(question.now), i128::from(question.leeway));
    if claims.get("exp").is_some_and(|exp| !is_after(exp, now - leeway)) {
        return Err("by hand: expired".into());
    }
    if claims.get("nbf").is_some_and(|nbf| is_after(nbf, now + leeway)) {
        return Err("by hand: not valid yet".into());
    }
    Ok(())
}

/// Whether a NumericDate is later than whole seconds.
#[allow(clippy::cast_possible_truncation, reason = "what is beyond an i128 is beyond every time")]
fn is_after(date: &serde_json::Value, seconds: i128) -> bool {
    if let Some(date) = date.as_u64() {
        return i128::from(date) > seconds;
    }
    let date = date.as_f64().unwrap();
    let whole = date.floor() as i128;
    whole > seconds || whole == seconds && date.floor() < date
}

/// The public JWK of a signing key of the fixtures.
fn jwk_of(algorithm: Algorithm, public: &str) -> String {
    let private = match public {
        RSA => include_str!("../../../crates/jwt-core/tests/fixtures/rsa2048.pkcs8.pem"),
        P256 => include_str!("../../../crates/jwt-core/tests/fixtures/ec-p256.pkcs8.pem"),
        _ => include_str!("../../../crates/jwt-core/tests/fixtures/ed25519.pkcs8.pem"),
    };
    let jwk: Jwk = SigningKey::from_pem(algorithm, private).unwrap().public_jwk().unwrap();
    let bare = serde_json::to_value(&jwk).unwrap();
    let members = ["kty", "crv", "x", "y", "n", "e"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), bare.get(name)?.clone())));
    serde_json::to_string(&members.collect::<Claims>()).unwrap()
}

/// The rows of the corpus with one of these verdicts, of keys that all know.
fn rows(verdicts: &[&str]) -> Vec<(&'static str, Question<'static>)> {
    let table = include_str!("../../../crates/jwt-core/tests/corpus/verdicts.tsv");
    let rows = table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[name, _, key, policy, now, token, verdict] = columns.as_slice() else {
            panic!("not seven columns: {line}")
        };
        let checks_claims = !["any", "two", "joe"].contains(&policy.split('+').next().unwrap());
        let leeway = match policy.rsplit_once("+leeway") {
            Some((_, "-endless")) => 1 << 33,
            Some((_, seconds)) => seconds.parse().unwrap(),
            None => 0,
        };
        let asked = KEYS.contains(&key) && verdicts.contains(&verdict);
        asked.then(|| (name, Question { token, key, checks_claims, now: now.parse().unwrap(), leeway }))
    });
    rows.collect()
}

/// Library, row and reason of the list; those whose objection is that there is none, or the others.
fn listed(accepts: bool) -> BTreeSet<(&'static str, &'static str)> {
    let listed = include_str!("disagreements.tsv").lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[library, row, objection, reason] = columns.as_slice() else { panic!("not four columns: {line}") };
        assert!(reason.contains("RFC "), "no rule: {line}");
        ((objection == ACCEPTS) == accepts).then_some((library, row))
    });
    listed.collect()
}

/// The objection of a library that has none, against a row that jwt-core refuses.
const ACCEPTS: &str = "accepts it";

/// Asks all libraries about all rows; those answers that `disagrees` makes something of must be the listed ones.
fn compare(
    rows: Vec<(&'static str, Question<'static>)>,
    listed: &BTreeSet<(&str, &str)>,
    disagrees: impl Fn(Answer) -> Option<String>,
) {
    let (mut found, mut answers) = (BTreeMap::new(), 0);
    for (name, question) in rows {
        for (library, ask) in LIBRARIES {
            answers += 1;
            // One of them adds without looking.
            let answer = std::panic::catch_unwind(|| ask(question)).unwrap_or_else(|_| Err("it panics".into()));
            if let Some(objection) = disagrees(answer) {
                found.insert((library, name), objection);
            }
        }
    }
    let unlisted: Vec<_> = found
        .iter()
        .filter(|(row, _)| !listed.contains(*row))
        .map(|((library, row), why)| format!("{library}\t{row}\t{why}"))
        .collect();
    assert!(
        unlisted.is_empty(),
        "{} of {answers} answers disagree and are not listed:\n{}",
        unlisted.len(),
        unlisted.join("\n")
    );
    let gone: Vec<_> = listed.iter().filter(|row| !found.contains_key(*row)).collect();
    assert!(gone.is_empty(), "listed, but they agree: {gone:?}");
}

#[test]
fn what_we_accept_they_accept_but_for_listed_rows() {
    let rows = rows(&["ok"]);
    assert!(rows.len() >= 270, "{} rows", rows.len());
    compare(rows, &listed(false), Answer::err);
}

/// JWT-03, JWT-04: a library that takes a token for longer than jwt-core, or sooner, has the RFC against it.
#[test]
fn what_we_refuse_for_its_time_they_refuse_but_for_listed_rows() {
    let rows = rows(&["expired", "not_yet_valid"]);
    assert!(rows.len() >= 55, "{} rows", rows.len());
    compare(rows, &listed(true), |answer| answer.is_ok().then(|| ACCEPTS.into()));
}

fn signing_keys() -> Vec<(&'static str, SigningKey)> {
    let pem = |name: &'static str, algorithm, pem| (name, SigningKey::from_pem(algorithm, pem).unwrap());
    let rsa = include_str!("../../../crates/jwt-core/tests/fixtures/rsa2048.pkcs8.pem");
    vec![
        ("hs256", SigningKey::hs256(&SECRET[..32]).unwrap()),
        ("hs384", SigningKey::hs384(&SECRET[..48]).unwrap()),
        ("hs512", SigningKey::hs512(SECRET).unwrap()),
        pem("rs256", Algorithm::RS256, rsa),
        pem("ps256", Algorithm::PS256, rsa),
        pem("es256", Algorithm::ES256, include_str!("../../../crates/jwt-core/tests/fixtures/ec-p256.pkcs8.pem")),
        pem("es384", Algorithm::ES384, include_str!("../../../crates/jwt-core/tests/fixtures/ec-p384.pkcs8.pem")),
        pem("ed25519", Algorithm::Ed25519, include_str!("../../../crates/jwt-core/tests/fixtures/ed25519.pkcs8.pem")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// JWS-17: what jwt-core signs, all of them verify.
    #[test]
    fn what_we_sign_they_accept(
        key in 0..8_usize,
        subject in prop::option::of("\\PC{0,20}"),
        id in prop::option::of("[a-z\"\\\\\n]{0,9}"),
        audiences in prop::collection::vec("\\PC{0,8}", 0..3),
        kid in prop::option::of("[!-~]{1,12}"),
        now in 1_000_u64..1 << 32,
        left in 1_u64..1 << 20,
    ) {
        let keys = signing_keys();
        let (name, key) = &keys[key];
        let mut claims = RegisteredClaims::new()
            .with_issuer(ISSUER)
            .with_expires_at(Timestamp::from_unix(now + left))
            .with_not_before(Timestamp::from_unix(now))
            .with_issued_at(Timestamp::from_unix(now - 1));
        (claims.sub, claims.jti) = (subject, id);
        for audience in audiences.iter().map(String::as_str).chain([AUDIENCE]) {
            claims = claims.with_audience(audience);
        }
        // The name that all of them know.
        let mut header = Header::new(key.algorithm()).with_typ("JWT");
        if key.algorithm() == Algorithm::Ed25519 {
            header = header.with("alg", "EdDSA");
        }
        if let Some(kid) = kid {
            header = header.with_kid(kid);
        }
        let token = jwt_core::sign(&header, &claims, key).unwrap();
        for (library, ask) in LIBRARIES {
            if (library, *name) == ("jwt-compact", "es384") {
                continue;
            }
            let question = Question { token: &token, key: name, checks_claims: true, now, leeway: 0 };
            prop_assert_eq!(ask(question), Ok(()), "{}: {}", library, token);
            // Not a second before `nbf`, nor one after `exp`. (At `exp` itself two of them still do: see the list.)
            for now in [now - 1, now + left + 1] {
                prop_assert!(ask(Question { now, ..question }).is_err(), "{} at {}: {}", library, now, token);
            }
            // And no longer with another signature, or their agreement would say nothing.
            let (input, signature) = token.rsplit_once('.').unwrap();
            let mut signature = base64url::decode(signature).unwrap();
            signature[7] ^= 1;
            let forged = format!("{input}.{}", base64url::encode(signature));
            let question = Question { token: &forged, key: name, checks_claims: true, now, leeway: 0 };
            prop_assert!(ask(question).is_err(), "{}: {}", library, forged);
        }
    }
}
