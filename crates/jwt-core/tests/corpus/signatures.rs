//! Signatures that are none.

use jwt_core::{SigningKey, base64url};

use crate::rows::{Rows, signed};
use crate::world::{CLAIMS, HEADER, RSA_PUBLIC, signing};

pub(crate) fn add(rows: &mut Rows) {
    examples(rows);
    hmac(rows);
    rsa(rows);
    ecdsa(rows);
    eddsa(rows);
    confused(rows);
}

/// RFC 7515, appendices A.1 to A.3 and E; before, at and after the second at which they expire.
fn examples(rows: &mut Rows) {
    for (key, token) in [
        ("rfc7515-a1", A1.to_owned()),
        ("rfc7515-a2", format!("{A2}.{A2_SIGNATURE}")),
        ("rfc7515-a3", format!("{A3}.{A3_SIGNATURE}")),
    ] {
        for (now, verdict) in [(1_300_819_379, "ok"), (1_300_819_380, "expired"), (1_300_819_381, "expired")] {
            rows.token(format!("{key} at {now}"), "JWS-13 JWT-03", &token, verdict).keys(key).policy("joe").now(now);
        }
        rows.token(format!("{key} where an audience is wanted"), "JWT-06 A16", &token, "issuer_mismatch")
            .keys(key)
            .now(1_300_819_379);
    }
    // Appendix A.5: unsecured. Appendix E: refused for its `crit` before anything else.
    let unsecured = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    rows.token("rfc7515-a5", "A1 JWA-08", unsecured, "algorithm_mismatch")
        .keys("rfc7515-a1")
        .policy("joe")
        .now(1_300_819_379);
    let critical = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.";
    rows.token("rfc7515-e", "A8 JWS-08", critical, "header_crit_unsupported").policy("any");
}

/// Tokens with these octets in place of the signature.
fn replaced(rows: &mut Rows, key: &str, input: &str, signatures: Vec<(String, Vec<u8>)>) -> usize {
    let count = signatures.len();
    for (name, signature) in signatures {
        rows.token(
            format!("{key}: {name}"),
            "A5 JWA-04",
            format!("{input}.{}", base64url::encode(signature)),
            "invalid_signature",
        )
        .keys(key);
    }
    count
}

/// What never is a signature of any algorithm, given one that is.
fn never(good: &[u8]) -> Vec<(String, Vec<u8>)> {
    let length = good.len();
    let flipped = |place: usize, bit: u8| {
        good.iter().enumerate().map(|(index, octet)| if index == place { octet ^ bit } else { *octet }).collect()
    };
    vec![
        ("empty".into(), Vec::new()),
        ("one octet".into(), vec![0]),
        ("all zero".into(), vec![0; length]),
        ("all ones".into(), vec![0xff; length]),
        ("the first octet missing".into(), good[1..].to_vec()),
        ("the last octet missing".into(), good[..length - 1].to_vec()),
        ("the first half".into(), good[..length / 2].to_vec()),
        ("zero in front".into(), [&[0], good].concat()),
        ("zero behind".into(), [good, &[0]].concat()),
        ("twice".into(), good.repeat(2)),
        ("backwards".into(), good.iter().rev().copied().collect()),
        ("a bit of the first octet".into(), flipped(0, 1)),
        ("a bit in the middle".into(), flipped(length / 2, 0x80)),
        ("a bit of the last octet".into(), flipped(length - 1, 1)),
        ("5000 octets".into(), vec![0x30; 5000]),
    ]
}

fn split(token: &str) -> (&str, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input, base64url::decode(signature).unwrap())
}

fn hmac(rows: &mut Rows) {
    for (key, alg) in [("hs256", "HS256"), ("hs384", "HS384"), ("hs512", "HS512")] {
        let token = signed(key, format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#), CLAIMS);
        let (input, good) = split(&token);
        let mut signatures = never(&good);
        for (other, secret) in [("hs256", &b"none"[..]), ("hs384", b"zero"), ("hs512", b"")] {
            // HMAC fills keys up with zeros: keys of zeros are the empty key, and `secret` with zeros behind is the key `secret`.
            let padded = [secret, &[0; 64]].concat();
            let weak = SigningKey::hs512(&padded[..64]).unwrap().sign(input.as_bytes()).unwrap();
            signatures.push((format!("made with a guessed key by {other}"), weak[..good.len()].to_vec()));
        }
        signatures
            .push(("hex digits".into(), good.iter().flat_map(|octet| format!("{octet:02x}").into_bytes()).collect()));
        signatures.push(("base64url again".into(), base64url::encode(&good).into_bytes()));
        replaced(rows, key, input, signatures);
    }
    for (name, weak) in [
        ("the empty key", [0; 32]),
        ("the key `secret`", *b"secret\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("another key", [0x41; 32]),
    ] {
        let input = format!("{}.{}", base64url::encode(HEADER), base64url::encode(CLAIMS));
        let signature = SigningKey::hs256(&weak).unwrap().sign(input.as_bytes()).unwrap();
        rows.token(
            format!("signed with {name}"),
            "A6 JWA-01",
            format!("{input}.{}", base64url::encode(signature)),
            "invalid_signature",
        );
    }
    // The signature of one token under another header or payload.
    let token = signed("hs256", HEADER, CLAIMS);
    let signature = token.rsplit_once('.').unwrap().1;
    for (name, header, payload) in [
        ("another subject", HEADER.to_owned(), CLAIMS.replace("alice", "admin")),
        ("a later exp", HEADER.to_owned(), CLAIMS.replace("1700000100", "1900000100")),
        ("a space in the payload", HEADER.to_owned(), CLAIMS.replace(',', ", ")),
        ("an escape in the payload", HEADER.to_owned(), CLAIMS.replace("alice", r"\u0061lice")),
        ("a space in the header", HEADER.replace(',', ", "), CLAIMS.to_owned()),
        ("no typ in the header", r#"{"alg":"HS256"}"#.into(), CLAIMS.to_owned()),
        ("a kid in the header", HEADER.replace('}', r#","kid":"x"}"#), CLAIMS.to_owned()),
        ("payload and header the same", HEADER.into(), HEADER.into()),
    ] {
        let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
        rows.token(
            format!("a signature moved to {name}"),
            "JWS-13 A15",
            format!("{input}.{signature}"),
            "invalid_signature",
        );
    }
}

fn rsa(rows: &mut Rows) {
    for (key, alg) in [("rs256", "RS256"), ("rs512", "RS512")] {
        let token = signed(key, format!(r#"{{"alg":"{alg}"}}"#), CLAIMS);
        let (input, good) = split(&token);
        let mut signatures = never(&good);
        let other = signing(if key == "rs256" { "rs512" } else { "rs256" });
        signatures.push(("of another hash".into(), other.sign(input.as_bytes()).unwrap()));
        signatures.push(("the number one".into(), [vec![0; good.len() - 1], vec![1]].concat()));
        // The padded block itself, which "verifies" with an exponent of one.
        let block = [&[0, 1][..], &vec![0xff; good.len() - 35], &[0], &[0x42; 32]].concat();
        signatures.push(("a padded block".into(), block));
        replaced(rows, key, input, signatures);
    }
    rows.token("PS256 as it should be", "JWT-09", PS256, "ok").keys("ps256");
    let (input, good) = split(PS256);
    replaced(rows, "ps256", input, never(&good));
    rows.token(
        "PKCS#1 under the name PS256",
        "A2 A3",
        format!("{input}.{}", base64url::encode(signing("rs256").sign(input.as_bytes()).unwrap())),
        "invalid_signature",
    )
    .keys("ps256");
    rows.token("PS256 for a key of RS256", "A3 JWT-09", PS256, "algorithm_mismatch").keys("rs256");
}

fn ecdsa(rows: &mut Rows) {
    let order = base64url::decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").unwrap();
    rows.token("ES256 as it should be", "JWA-04", ES256, "ok").keys("es256");
    rows.token("ES384 as it should be", "JWA-04", ES384, "ok").keys("es384");
    rows.token("ES256 for a key of ES384", "JWA-05", ES256, "algorithm_mismatch").keys("es384");
    rows.token("ES384 for a key of ES256", "JWA-05", ES384, "algorithm_mismatch").keys("es256");
    for (key, token) in [("es256", ES256), ("es384", ES384)] {
        let (input, good) = split(token);
        let (r, s) = good.split_at(good.len() / 2);
        let zero = vec![0; r.len()];
        let one = [vec![0; r.len() - 1], vec![1]].concat();
        let mut signatures = never(&good);
        signatures.extend([
            ("r is zero".into(), [&zero, s].concat()),
            ("s is zero".into(), [r, &zero].concat()),
            ("r and s are one".into(), [one.clone(), one].concat()),
            ("r and s exchanged".into(), [s, r].concat()),
            ("in DER".into(), der(r, s)),
            ("zeros in DER".into(), vec![0x30, 6, 2, 1, 0, 2, 1, 0]),
            ("both halves one octet longer".into(), [&[0], r, &[0], s].concat()),
            ("both halves without their first octet".into(), [&r[1..], &s[1..]].concat()),
        ]);
        if key == "es256" {
            signatures.extend([
                ("r is the order".into(), [&order, s].concat()),
                ("s is the order".into(), [r, &order].concat()),
                ("r and s are the order".into(), order.repeat(2)),
            ]);
        }
        replaced(rows, key, input, signatures);
    }
    // Both s and n - s are signatures (RFC 7518, section 3.4, asks for no form of s): whoever has a token can make the other, and both are of the key's holder.
    let (input, good) = split(ES256);
    let (r, s) = good.split_at(32);
    let mirrored = format!("{input}.{}", base64url::encode([r, &minus(&order, s)].concat()));
    rows.token("es256: s mirrored at the order", "JWA-04", mirrored, "ok").keys("es256");
}

fn eddsa(rows: &mut Rows) {
    let token = signed("ed25519", r#"{"alg":"EdDSA"}"#, CLAIMS);
    let (input, good) = split(&token);
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (r, s) = good.split_at(32);
    let mut carry = 0;
    let more: Vec<u8> = s
        .iter()
        .zip(order)
        .map(|(&octet, add)| {
            let sum = u16::from(octet) + u16::from(add) + carry;
            carry = sum >> 8;
            sum.to_le_bytes()[0]
        })
        .collect();
    let identity = [vec![1], vec![0; 63]].concat();
    let mut signatures = never(&good);
    signatures.extend([
        ("s plus the order".into(), [r, &more].concat()),
        ("s is the order".into(), [r, &order].concat()),
        ("the identity and zero".into(), identity),
        ("s is zero".into(), [r, &[0; 32]].concat()),
        ("r is zero".into(), [&[0; 32], s].concat()),
        ("r and s exchanged".into(), [s, r].concat()),
        ("the sign of r turned".into(), [&r[..31], &[r[31] ^ 0x80], s].concat()),
    ]);
    replaced(rows, "ed25519", input, signatures);
}

/// What is public is no secret, whatever the header says.
fn confused(rows: &mut Rows) {
    let pem = RSA_PUBLIC.as_bytes();
    let ed25519 = signing("ed25519").public_jwk().unwrap();
    let rsa = signing("rs256").public_jwk().unwrap();
    let secrets = [
        ("rs256", "RS256", "the PEM text", pem.to_vec()),
        ("rs256", "RS256", "the PEM text without its last line feed", pem.trim_ascii_end().to_vec()),
        (
            "rs256",
            "RS256",
            "the PEM text with line ends of another system",
            RSA_PUBLIC.replace('\n', "\r\n").into_bytes(),
        ),
        ("rs256", "RS256", "the modulus", rsa.public_member("n").unwrap().to_vec()),
        ("rs256", "RS256", "the JWK", serde_json::to_vec(&rsa).unwrap()),
        ("ed25519", "EdDSA", "the public octets", ed25519.public_member("x").unwrap().to_vec()),
        ("ed25519", "EdDSA", "the JWK", serde_json::to_vec(&ed25519).unwrap()),
    ];
    for (key, alg, what, secret) in secrets {
        let attacker = SigningKey::hs256(&secret).unwrap();
        for (named, verdict) in [("HS256", "algorithm_mismatch"), (alg, "invalid_signature")] {
            let input =
                format!("{}.{}", base64url::encode(format!(r#"{{"alg":"{named}"}}"#)), base64url::encode(CLAIMS));
            let token = format!("{input}.{}", base64url::encode(attacker.sign(input.as_bytes()).unwrap()));
            rows.token(
                format!("{what} of a key of {alg} as a secret of HMAC, named {named}"),
                "A2 JWK-08",
                &token,
                verdict,
            )
            .keys(key);
            let verdict = if named == "HS256" { "invalid_signature" } else { "algorithm_mismatch" };
            rows.token(
                format!("the same ({what} of {alg}, named {named}) against another secret"),
                "A2 JWK-08",
                &token,
                verdict,
            );
        }
    }
}

/// `SEQUENCE { r INTEGER, s INTEGER }`.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let start = half.iter().position(|&octet| octet != 0).unwrap();
        let sign: &[u8] = if half[start] >= 0x80 { &[0] } else { &[] };
        let content = [sign, &half[start..]].concat();
        [&[2, u8::try_from(content.len()).unwrap()][..], &content].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()
}

fn minus(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = left
        .iter()
        .zip(right)
        .rev()
        .map(|(&left, &right)| {
            let rest = 0x100 + i32::from(left) - i32::from(right) - borrow;
            borrow = i32::from(rest < 0x100);
            rest.to_le_bytes()[0]
        })
        .collect();
    difference.reverse();
    difference
}

const A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A3_SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// Tokens of the usual claims, made once with the keys of these names: every run of these algorithms makes another signature.
const PS256: &str = "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUiLCJhdWQiOiJhcGkiLCJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDEwMH0.E7VMgs0PgevkWHLggKJJGuf3BEJVlmGCPPO2YAtOW8K5b0hDPe1iDISXYpUbkl4EHz2B632TJ7r1PAKOPtMl_iZhFdZo4FL6Wel66cly7aMmtoIKmAB-tYZBHIbg8Ng8vJP1SzZRgGnDN2xs57siPDCCIsQE3Uddmip8VUMXMQtgkxfJnC14l2u-TrSKUorVIywxmA8LgQG-9QzxLBUWH1kU3G2swoJRmVWMxFRwu9S707WLI-G5krRn3gGl37XMM0a6a5VXo-ztzRviinznvD3GJd6dC8ENSctHcrwna7stt2U9Hsbrxx9-TWkdpG0tRJQo0MuDv8IRjcQY7ryySQ";
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUiLCJhdWQiOiJhcGkiLCJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDEwMH0.n01JRUuGUv_CgdVvsMDaVNcx-A4_QqFMZU4h29QmS5fjAdTKzjyfEyupNUQpmkGLEVm2yHILQhuDXdYUMUn0Zw";
const ES384: &str = "eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUiLCJhdWQiOiJhcGkiLCJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDEwMH0.p3gGcNz6Zx0PTN4IcZRffSkB4dnd2xeDoNFnIZ-VK-A2TqPktNQCQmETkC0N4PCQ5MNNkvALQKjZ47tYif8AiHVQI5R50QXekHH92b_VQM7ZXpMuUlWMjcdamkjrXQ3I";
