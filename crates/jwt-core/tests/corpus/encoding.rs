//! Dots and base64url: one token, one spelling.

use jwt_core::base64url;

use crate::rows::{Rows, signed, signed_text};
use crate::world::{CLAIMS, HEADER};

pub(crate) fn add(rows: &mut Rows) {
    dots(rows);
    characters(rows);
    malleability(rows);
}

fn dots(rows: &mut Rows) {
    let good = signed("hs256", HEADER, CLAIMS);
    let [header, payload, signature] = parts(&good);
    for (name, token, verdict) in [
        ("nothing", String::new(), "token_not_three_parts"),
        ("one part", header.clone(), "token_not_three_parts"),
        ("two parts", format!("{header}.{payload}"), "token_not_three_parts"),
        ("four parts", format!("{good}.AAAA"), "token_not_three_parts"),
        ("four parts, the last empty", format!("{good}."), "token_not_three_parts"),
        ("four parts, the first empty", format!(".{good}"), "token_not_three_parts"),
        ("five parts", format!("{header}.AAAA.AAAA.{payload}.{signature}"), "encrypted_token"),
        ("five parts, all empty", "....".into(), "encrypted_token"),
        ("six parts", format!("{good}.A.A.A"), "token_not_three_parts"),
        ("seven dots", ".......".into(), "token_not_three_parts"),
        ("a thousand dots", ".".repeat(1000), "token_not_three_parts"),
        ("two tokens", format!("{good}.{good}"), "token_not_three_parts"),
        ("two tokens at one dot", format!("{good}{good}"), "encrypted_token"),
        ("one dot", ".".into(), "token_not_three_parts"),
        ("an empty header", format!(".{payload}.{signature}"), "header_not_strict_json"),
        ("all three empty", "..".into(), "header_not_strict_json"),
        ("an empty payload, not signed so", format!("{header}..{signature}"), "invalid_signature"),
        ("an empty signature", format!("{header}.{payload}."), "invalid_signature"),
        ("header and payload exchanged", format!("{payload}.{header}.{signature}"), "header_alg_invalid"),
        ("payload and signature exchanged", format!("{header}.{signature}.{payload}"), "invalid_signature"),
    ] {
        rows.token(name, "A9 A13 JWS-01 JWT-12", token, verdict);
    }
    // Rightly signed up to the last dot, whatever stands between.
    for (name, middle, verdict) in [
        ("four parts", format!("{payload}.AAAA"), "token_not_three_parts"),
        ("four parts, an empty one inside", format!(".{payload}"), "token_not_three_parts"),
        ("five parts", format!("AAAA.AAAA.{payload}"), "encrypted_token"),
        ("six parts", format!("A.A.A.{payload}"), "token_not_three_parts"),
        ("a space in the payload", format!("{payload} "), "token_foreign_character"),
        ("a line feed in the payload", format!("{payload}\n"), "token_foreign_character"),
        ("padding behind the payload", format!("{payload}="), "token_foreign_character"),
        ("a letter beyond ASCII in the payload", format!("{payload}\u{e9}"), "token_foreign_character"),
        ("a plus in the payload", payload.replacen('I', "+", 1), "token_foreign_character"),
    ] {
        let refs = "A9 A15 JWS-01 JWS-02";
        let token = signed_text("hs256", &format!("{header}.{middle}"));
        rows.token(format!("rightly signed over {name}"), refs, &token, verdict);
        rows.token(format!("rightly signed over {name}, for a key with a name"), refs, &token, verdict).keys("named");
    }
    rows.token("an empty payload, signed so", "JWT-01 A15", signed("hs256", HEADER, ""), "claims_not_strict_json");
    // RFC 7516, appendix A.1: a JWE, and the same header in three parts.
    let jwe = base64url::encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    rows.token("a JWE", "A1 A9 JWT-12", format!("{jwe}.OKOa.48V1.5eym.XFBo"), "encrypted_token");
    rows.token(
        "a JWE whose alg is dir, around an unsigned token",
        "A1 A9 JWT-12",
        format!(
            "{}..AAAA.{}.AAAA",
            base64url::encode(r#"{"alg":"dir","enc":"A128GCM","cty":"JWT"}"#),
            base64url::encode("e30.e30.")
        ),
        "encrypted_token",
    );
    rows.token("the header of a JWE in three parts", "A9 JWT-12", format!("{jwe}.OKOa.48V1"), "algorithm_mismatch");
    rows.token(
        "PBES2 with a great count, encrypted",
        "A12 JWT-12",
        format!(
            "{}.A.A.A.A",
            base64url::encode(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}"#)
        ),
        "encrypted_token",
    );
    rows.token(
        "PBES2 with a great count, in three parts",
        "A12 JWT-12",
        format!("{}.A.A", base64url::encode(r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"AA"}"#)),
        "algorithm_mismatch",
    );
    rows.token(
        "a compressed JWE",
        "A12 JWT-12",
        format!("{}.A.A.A.A", base64url::encode(r#"{"alg":"dir","enc":"A128GCM","zip":"DEF"}"#)),
        "encrypted_token",
    );
    for (name, token) in [
        (
            "flattened JSON serialization",
            format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
        ),
        (
            "flattened JSON serialization without a protected header",
            format!(r#"{{"payload":"{payload}","header":{HEADER},"signature":"{signature}"}}"#),
        ),
        (
            "general JSON serialization",
            format!(r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#),
        ),
        ("JSON around a compact token", format!(r#"{{"  {header}.{payload}.{signature}":""}}"#)),
        ("a compact token in quotes", format!("\"{good}\"")),
        ("the JSON of the header", HEADER.into()),
    ] {
        rows.token(name, "A9 JWS-04", token, "token_foreign_character");
    }
}

fn characters(rows: &mut Rows) {
    let good = signed("hs256", HEADER, CLAIMS);
    let [header, payload, signature] = parts(&good);
    for (name, character) in [
        ("a space", ' '),
        ("a tab", '\t'),
        ("a line feed", '\n'),
        ("a carriage return", '\r'),
        ("NUL", '\0'),
        ("padding", '='),
        ("a plus", '+'),
        ("a slash", '/'),
        ("a percent sign", '%'),
        ("a question mark", '?'),
        ("a hash", '#'),
        ("a comma", ','),
        ("a colon", ':'),
        ("a tilde", '~'),
        ("a quote", '"'),
        ("a brace", '}'),
        ("DEL", '\u{7f}'),
        ("an at sign", '@'),
        ("a bracket", '['),
        ("a backtick", '`'),
        ("a control of C1", '\u{85}'),
        ("a no-break space", '\u{a0}'),
        ("a zero-width space", '\u{200b}'),
        ("a byte order mark", '\u{feff}'),
        ("a full-width letter", '\u{ff21}'),
        ("an Arabic digit", '\u{661}'),
        ("a full stop of another script", '\u{3002}'),
        ("an emoji", '\u{1f600}'),
    ] {
        for (place, token) in [
            ("first", format!("{character}{good}")),
            ("in the header", format!("{}{character}{}.{payload}.{signature}", &header[..8], &header[8..])),
            ("in the payload", format!("{header}.{}{character}{}.{signature}", &payload[..8], &payload[8..])),
            ("in the signature", format!("{header}.{payload}.{}{character}{}", &signature[..8], &signature[8..])),
            ("last", format!("{good}{character}")),
        ] {
            rows.token(format!("{name} {place}"), "A15 JWS-02 JWS-04", token, "token_foreign_character");
        }
    }
    rows.token("Bearer in front", "JWS-04", format!("Bearer {good}"), "token_foreign_character");
    rows.token("dots in percent encoding", "JWS-04", good.replace('.', "%2E"), "token_foreign_character");
    rows.token(
        "a line feed every 64 characters",
        "A15 JWS-02",
        good.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n"),
        "token_foreign_character",
    );
    rows.token(
        "padded in all parts",
        "A15 JWS-02",
        format!("{header}.{payload}=.{signature}="),
        "token_foreign_character",
    );
    rows.token(
        "signed over padded parts",
        "A15 JWS-02",
        signed_text("hs256", &format!("{header}==.{payload}=")),
        "token_foreign_character",
    );
    let standard = signed_text(
        "hs256",
        &format!(
            "{}.{}",
            base64url::encode(r#"{"alg":"HS256","x":"???>>>"}"#).replace('_', "/").replace('-', "+"),
            payload
        ),
    );
    rows.token("signed over standard base64", "A15 JWS-02", standard, "token_foreign_character");
}

/// Whoever has the key can sign every spelling; all but one are refused.
fn malleability(rows: &mut Rows) {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let respelt = |text: &str, more: usize| {
        let (rest, last) = text.split_at(text.len() - 1);
        let place = ALPHABET.find(last).unwrap() + more;
        format!("{rest}{}", &ALPHABET[place..=place])
    };
    // Two characters at the end leave four bits unused, three leave two.
    let (two, three) = (r#"{"alg":"HS256"} "#, r#"{"alg":"HS256"}  "#);
    for (unused, spellings, header) in [("four", 16, two), ("two", 4, three)] {
        let [header, payload] =
            [header, &CLAIMS.replace('}', if unused == "four" { "  }" } else { "}" })].map(base64url::encode);
        assert_eq!((header.len() % 4, payload.len() % 4), if unused == "four" { (2, 2) } else { (3, 3) });
        rows.token(
            format!("{unused} unused bits, zero, in header and payload"),
            "JWS-03",
            signed_text("hs256", &format!("{header}.{payload}")),
            "ok",
        );
        for more in 1..spellings {
            let refs = "A15 JWS-03";
            let other = respelt(&header, more);
            rows.token(
                format!("{unused} unused bits, {more}, in the header"),
                refs,
                signed_text("hs256", &format!("{other}.{payload}")),
                "header_encoding",
            );
            let other = respelt(&payload, more);
            rows.token(
                format!("{unused} unused bits, {more}, in the payload"),
                refs,
                signed_text("hs256", &format!("{header}.{other}")),
                "payload_encoding",
            );
        }
    }
    for (key, spellings) in [("hs256", 4), ("hs512", 16), ("ed25519", 16), ("rs256", 16)] {
        let alg = format!(r#"{{"alg":"{}"}}"#, if key == "ed25519" { "EdDSA".into() } else { key.to_uppercase() });
        let good = signed(key, alg, CLAIMS);
        for more in 1..spellings {
            rows.token(
                format!("unused bits, {more}, in a signature of {key}"),
                "A15 JWS-03",
                respelt(&good, more),
                "signature_encoding",
            )
            .keys(key);
        }
    }
    let good = signed("hs256", HEADER, CLAIMS);
    let [header, payload, signature] = parts(&good);
    let refs = "A15 JWS-03";
    for (part, code) in [("A", "one letter"), ("AAAAA", "five letters"), ("AAAAAAAAA", "nine letters")] {
        rows.token(
            format!("a header of {code}"),
            refs,
            signed_text("hs256", &format!("{part}.{payload}")),
            "header_encoding",
        );
        rows.token(
            format!("a payload of {code}"),
            refs,
            signed_text("hs256", &format!("{header}.{part}")),
            "payload_encoding",
        );
        rows.token(format!("a signature of {code}"), refs, format!("{header}.{payload}.{part}"), "signature_encoding");
    }
    rows.token("a letter more in the signature", "A5", format!("{good}A"), "invalid_signature");
    rows.token("two letters more in the signature", refs, format!("{good}AA"), "signature_encoding");
    // 42 letters are 31 octets and four bits; those of this signature are not zero.
    assert!(signature.len() == 43 && base64url::decode(&signature[..42]).is_err());
    rows.token("a letter less in the signature", refs, &good[..good.len() - 1], "signature_encoding");
    rows.token("a letter more in the header", refs, format!("{header}A.{payload}.{signature}"), "header_encoding");
}

fn parts(token: &str) -> [String; 3] {
    token.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}
