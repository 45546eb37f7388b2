//! The JOSE header.

use jwt_core::base64url;

use crate::rows::{Rows, signed};
use crate::world::CLAIMS;

pub(crate) fn add(rows: &mut Rows) {
    alg(rows);
    typ_and_cty(rows);
    crit_and_b64(rows);
    members(rows);
    json(rows);
    usual(rows);
}

/// The spellings that issuers use, which a reader may know by heart, and their neighbours.
fn usual(rows: &mut Rows) {
    for (header, verdict) in [
        (r#"{"alg":"HS256"}"#, "ok"),
        (r#"{"alg":"HS256","kid":"k1"}"#, "ok"),
        (r#"{"kid":"k1","alg":"HS256"}"#, "ok"),
        (r#"{"alg":"HS256","typ":"JWT"}"#, "ok"),
        (r#"{"typ":"JWT","alg":"HS256"}"#, "ok"),
        (r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#, "ok"),
        (r#"{"alg":"HS256","kid":"k1","typ":"JWT"}"#, "ok"),
        (r#"{"typ":"JWT","alg":"HS256","kid":"k1"}"#, "ok"),
        (r#"{"typ":"JWT","kid":"k1","alg":"HS256"}"#, "ok"),
        (r#"{"kid":"k1","alg":"HS256","typ":"JWT"}"#, "ok"),
        (r#"{"kid":"k1","typ":"JWT","alg":"HS256"}"#, "ok"),
        // One key is asked whatever it is called; only a set is searched by name.
        (r#"{"alg":"HS256","kid":"k2"}"#, "ok"),
        (r#"{"alg":"HS256","typ":"JWT","kid":""}"#, "ok"),
        (r#"{"alg":"HS256", "kid":"k1"}"#, "ok"),
        (r#"{"alg":"HS256","kid":"k1","x":1}"#, "ok"),
        (r#"{"alg":"HS256","kid":"\u006b1"}"#, "ok"),
        (r#"{"alg":"HS256","typ":"at+jwt"}"#, "typ_mismatch"),
        (r#"{"alg":"HS256","typ":"at+jwt","kid":"k1"}"#, "typ_mismatch"),
        (r#"{"typ":"at+jwt","alg":"HS256"}"#, "typ_mismatch"),
        (r#"{"alg":"HS384","kid":"k1"}"#, "algorithm_mismatch"),
        (r#"{"alg":"none","kid":"k1"}"#, "algorithm_mismatch"),
        (r#"{"alg":"none","typ":"JWT"}"#, "algorithm_mismatch"),
        (r#"{"alg":"HS256","kid":"k1","kid":"k1"}"#, "header_not_strict_json"),
        (r#"{"alg":"HS256","typ":"JWT","typ":"JWT"}"#, "header_not_strict_json"),
        (r#"{"alg":"HS256","kid":"k1"} x"#, "header_not_strict_json"),
        (r#"{"alg":"HS256","kid":"k1","crit":["kid"]}"#, "header_crit_invalid"),
        (r#"{"alg":"HS256","kid":"k1","cty":"JWT"}"#, "nested_token"),
        (r#"{"alg":"HS256","kid":1}"#, "header_member_wrong_type"),
    ] {
        rows.header(format!("{header}, for a key with a name"), "JWS-05 JWS-09 A15", header, verdict).keys("named");
    }
    for header in [r#"{"alg":"HS256","typ":"at+jwt"}"#, r#"{"typ":"at+jwt","kid":"k1","alg":"HS256"}"#] {
        rows.header(format!("{header}, for an access token and a key with a name"), "JWT-10", header, "ok")
            .keys("named")
            .policy("at");
        rows.header(format!("{header}, for an ID token and a key with a name"), "JWT-10 A16", header, "typ_mismatch")
            .keys("named")
            .policy("id");
    }
    let forged = |header: &str| signed("attacker", header, CLAIMS);
    rows.token(
        "a usual header, another key",
        "A6 JWT-09",
        forged(r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#),
        "invalid_signature",
    )
    .keys("named");
    let unsigned = format!("{}.{}.", base64url::encode(r#"{"alg":"HS256","kid":"k1"}"#), base64url::encode(CLAIMS));
    rows.token("a usual header, no signature", "A1 A5", unsigned, "invalid_signature").keys("named");
}

fn alg(rows: &mut Rows) {
    for alg in ["none", "None", "NONE", "nOnE", "noNE", "none "] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        rows.header(format!("alg `{alg}`, yet signed"), "A1 JWA-08", &header, "algorithm_mismatch");
        let unsigned = format!("{}.{}.", base64url::encode(&header), base64url::encode(CLAIMS));
        rows.token(format!("alg `{alg}`, unsigned"), "A1 JWA-08", &unsigned, "algorithm_mismatch");
        rows.token(format!("alg `{alg}`, unsigned, any policy"), "A1 JWA-08", &unsigned, "algorithm_mismatch")
            .policy("any");
        rows.token(format!("alg `{alg}`, unsigned, against a set"), "A1 JWA-08", &unsigned, "no_key_for_algorithm")
            .keys("set");
    }
    let spelt =
        |alg: &str| format!("{}.{}.", base64url::encode(format!(r#"{{"alg":"{alg}"}}"#)), base64url::encode(CLAIMS));
    rows.token("alg `none`, its first letter escaped", "A1", spelt(r"\u006eone"), "algorithm_mismatch");
    rows.token("alg `none` with a byte order mark inside", "A1", spelt("\u{feff}none"), "algorithm_mismatch");
    rows.token("alg `none` with NUL", "A1", spelt(r"none\u0000"), "algorithm_mismatch");
    rows.token("the right alg and no signature", "A1 A5", spelt("HS256"), "invalid_signature");
    rows.token("alg `none` and no last dot", "A1 JWS-01", spelt("none").trim_end_matches('.'), "token_not_three_parts");
    for alg in [
        "hs256",
        "Hs256",
        "HS256 ",
        " HS256",
        "HS-256",
        "HS 256",
        "HS256,none",
        "HS25",
        "HS2566",
        "HMAC",
        "HS384",
        "HS512",
        "RS256",
        "PS256",
        "ES256",
        "ES512",
        "EdDSA",
        "Ed25519",
        "ES256K",
        "ML-DSA-44",
        "RSA1_5",
        "dir",
        "A128KW",
        "PBES2-HS256+A128KW",
        "ECDH-ES",
        "\u{ff28}S256",
        "ΗS256",
        "0",
        "null",
    ] {
        rows.header(
            format!("alg `{}` for a key of HS256", alg.escape_default()),
            "A2 A3 JWT-09 JWS-07",
            format!(r#"{{"alg":"{alg}"}}"#),
            "algorithm_mismatch",
        );
    }
    for (alg, what) in [
        ("null", "null"),
        ("256", "a number"),
        ("true", "true"),
        ("[\"HS256\"]", "an array"),
        ("{}", "an object"),
        ("{\"HS256\":1}", "another object"),
        ("\"\"", "empty"),
    ] {
        rows.header(format!("alg is {what}"), "JWS-07 A7", format!(r#"{{"alg":{alg}}}"#), "header_alg_invalid");
    }
    for (name, header) in [
        ("no alg", "{}"),
        ("no alg but typ", r#"{"typ":"JWT"}"#),
        ("alg in capitals", r#"{"ALG":"HS256"}"#),
        ("alg with a capital", r#"{"Alg":"HS256"}"#),
        ("alg with a space behind", r#"{"alg ":"HS256"}"#),
        ("alg only inside", r#"{"header":{"alg":"HS256"}}"#),
        ("alg in Cyrillic", "{\"\u{430}lg\":\"HS256\"}"),
    ] {
        rows.header(name, "JWS-07", header, "header_alg_invalid");
    }
    rows.header("alg twice, the same", "A15 JWS-06", r#"{"alg":"HS256","alg":"HS256"}"#, "header_not_strict_json");
    rows.header("alg twice, none first", "A1 A15 JWS-06", r#"{"alg":"none","alg":"HS256"}"#, "header_not_strict_json");
    rows.header("alg twice, none last", "A1 A15 JWS-06", r#"{"alg":"HS256","alg":"none"}"#, "header_not_strict_json");
    rows.header(
        "alg twice, once escaped",
        "A15 JWS-06",
        r#"{"alg":"HS256","\u0061lg":"none"}"#,
        "header_not_strict_json",
    );
    rows.header("alg spelt with escapes", "JWS-05 JWS-13", r#"{"\u0061l\u0067":"\u0048S256"}"#, "ok");
    for (key, alg) in [
        ("hs384", "HS384"),
        ("hs512", "HS512"),
        ("rs256", "RS256"),
        ("rs384", "RS384"),
        ("rs512", "RS512"),
        ("ed25519", "Ed25519"),
        ("ed25519", "EdDSA"),
    ] {
        rows.token(
            format!("{alg}, as it should be"),
            "JWA-09 JWT-09",
            signed(key, format!(r#"{{"alg":"{alg}"}}"#), CLAIMS),
            "ok",
        )
        .keys(key);
        rows.token(
            format!("signed by {alg}, named HS256"),
            "A2 A3 JWT-09",
            signed(key, r#"{"alg":"HS256"}"#, CLAIMS),
            "algorithm_mismatch",
        )
        .keys(key);
    }
    for alg in ["eddsa", "EDDSA", "ed25519", "ED25519", "Ed448", "EdDSA ", "Ed25519ph"] {
        rows.token(
            format!("`{alg}` for a key of Ed25519"),
            "JWA-09 A2",
            signed("ed25519", format!(r#"{{"alg":"{alg}"}}"#), CLAIMS),
            "algorithm_mismatch",
        )
        .keys("ed25519");
    }
    for (key, alg) in
        [("rs256", "RS384"), ("rs256", "PS256"), ("rs512", "RS256"), ("hs512", "HS256"), ("hs384", "HS512")]
    {
        rows.token(
            format!("a key of {key} for {alg}"),
            "A3 JWA-05 JWK-07",
            signed(key, format!(r#"{{"alg":"{alg}"}}"#), CLAIMS),
            "algorithm_mismatch",
        )
        .keys(key);
    }
}

fn typ_and_cty(rows: &mut Rows) {
    let with = |member: &str| format!(r#"{{"alg":"HS256"{member}}}"#);
    let typ = |typ: &str| with(&format!(r#","typ":"{typ}""#));
    rows.header("no typ", "JWT-10", with(""), "ok");
    for spelling in [
        "JWT",
        "jwt",
        "Jwt",
        "jWT",
        "application/jwt",
        "application/JWT",
        "APPLICATION/jwt",
        r"J\u0057T",
        r"application\/jwt",
    ] {
        rows.header(format!("typ `{spelling}`"), "JWT-10", typ(spelling), "ok");
        rows.header(format!("typ `{spelling}` for an ID token"), "JWT-10 A16", typ(spelling), "ok").policy("id");
        rows.header(format!("typ `{spelling}` for an access token"), "JWT-10 A16", typ(spelling), "typ_mismatch")
            .policy("at");
    }
    for spelling in [
        "",
        " ",
        "JWT ",
        " JWT",
        "JWT+",
        "JWS",
        "JOSE",
        "at+jwt",
        "application/at+jwt",
        "text/jwt",
        "application/application/jwt",
        "application/",
        "application",
        "/jwt",
        "jwt/",
        "application//jwt",
        "application/jwt;x=1",
        "JW\u{ff34}",
        "\u{212a}WT",
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "JWT\\u0000",
    ] {
        rows.header(format!("typ `{}`", spelling.escape_default()), "JWT-10 A16", typ(spelling), "typ_mismatch");
    }
    for spelling in ["at+jwt", "at+JWT", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        rows.header(format!("typ `{spelling}` for an access token"), "JWT-10 A16", typ(spelling), "ok").policy("at");
        rows.header(format!("typ `{spelling}` for an ID token"), "JWT-10 A16", typ(spelling), "typ_mismatch")
            .policy("id");
        rows.header(format!("typ `{spelling}` for a logout token"), "JWT-10 A16", typ(spelling), "typ_mismatch")
            .policy("logout");
    }
    for spelling in ["at jwt", "at%2Bjwt", "at-jwt", "at+jwt ", "text/at+jwt", "jwt"] {
        rows.header(format!("typ `{spelling}` is no access token's"), "JWT-10 A16", typ(spelling), "typ_mismatch")
            .policy("at");
    }
    rows.header("no typ for an access token", "JWT-10 A16 A7", with(""), "typ_missing").policy("at");
    rows.header("no typ for a logout token", "JWT-10 A16 A7", with(""), "typ_missing").policy("logout");
    rows.header("no typ for an ID token", "JWT-10", with(""), "ok").policy("id");
    rows.header("a logout token", "JWT-10", typ("logout+jwt"), "ok").policy("logout");
    rows.header("a logout token by its long name", "JWT-10", typ("application/logout+jwt"), "ok").policy("logout");
    rows.header("any typ where any will do", "JWT-10", typ("x"), "ok").policy("any");
    for name in ["typ", "cty", "kid"] {
        for value in ["null", "1", "true", "[]", "{}", r#"["JWT"]"#] {
            rows.header(
                format!("{name} is {value}"),
                "A7 JWT-10",
                with(&format!(r#","{name}":{value}"#)),
                "header_member_wrong_type",
            )
            .policy("any");
        }
    }
    for cty in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        rows.header(format!("cty `{cty}`"), "JWT-11", with(&format!(r#","cty":"{cty}""#)), "nested_token");
    }
    rows.header("cty `JWT` where everything else will do", "JWT-11", with(r#","cty":"JWT""#), "nested_token")
        .policy("any");
    for cty in ["", "json", "application/json", "text/jwt", "JWTs"] {
        rows.header(format!("cty `{cty}`"), "JWT-11 JWS-09", with(&format!(r#","cty":"{cty}""#)), "ok");
    }
}

fn crit_and_b64(rows: &mut Rows) {
    let with = |members: &str| format!(r#"{{"alg":"HS256",{members}}}"#);
    let refs = "A8 JWS-08";
    for (name, members) in [
        ("empty", r#""crit":[]"#),
        ("null", r#""crit":null"#),
        ("a string", r#""crit":"x","x":1"#),
        ("an object", r#""crit":{"x":1},"x":1"#),
        ("true", r#""crit":true"#),
        ("a number", r#""crit":1"#),
        ("an array of a number", r#""crit":[1]"#),
        ("an array of null", r#""crit":[null]"#),
        ("an array of arrays", r#""crit":[["x"]],"x":1"#),
        ("an array of a name and a number", r#""crit":["x",1],"x":1"#),
        ("naming what is not there", r#""crit":["x"]"#),
        ("naming one of two that are there", r#""crit":["x","y"],"x":1"#),
        ("naming what is only inside", r#""crit":["x"],"y":{"x":1}"#),
        ("naming one twice", r#""crit":["x","x"],"x":1"#),
        ("naming one twice, once escaped", r#""crit":["x","\u0078"],"x":1"#),
        ("naming alg", r#""crit":["alg"]"#),
        ("naming typ", r#""crit":["typ"],"typ":"JWT""#),
        ("naming cty", r#""crit":["cty"],"cty":"json""#),
        ("naming kid", r#""crit":["kid"],"kid":"k""#),
        ("naming jwk", r#""crit":["jwk"],"jwk":{}"#),
        ("naming jku", r#""crit":["jku"],"jku":"""#),
        ("naming x5c", r#""crit":["x5c"],"x5c":[]"#),
        ("naming x5t#S256", r##""crit":["x5t#S256"],"x5t#S256":"""##),
        ("naming itself", r#""crit":["crit"]"#),
        ("naming enc", r#""crit":["enc"],"enc":"x""#),
        ("naming p2c", r#""crit":["p2c"],"p2c":1"#),
        ("naming an absent extension in other letters", r#""crit":["X"],"x":1"#),
    ] {
        rows.header(format!("crit {name}"), refs, with(members), "header_crit_invalid").policy("any");
    }
    for (name, members) in [
        ("naming an extension", r#""crit":["x"],"x":1"#),
        ("naming an extension that is null", r#""crit":["x"],"x":null"#),
        ("naming the empty name", r#""crit":[""],"":1"#),
        ("naming exp, a claim", r#""crit":["exp"],"exp":9999999999"#),
        ("naming an address", r#""crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true"#),
        ("naming an extension before it", r#""x":1,"crit":["x"]"#),
        ("naming B64 in capitals", r#""crit":["B64"],"B64":false"#),
    ] {
        rows.header(format!("crit {name}"), refs, with(members), "header_crit_unsupported").policy("any");
    }
    for (name, members) in [
        ("true", r#""b64":true"#),
        ("false", r#""b64":false"#),
        ("null", r#""b64":null"#),
        ("false and critical", r#""b64":false,"crit":["b64"]"#),
        ("true and critical", r#""b64":true,"crit":["b64"]"#),
        ("beside another that is critical", r#""b64":false,"x":1,"crit":["x"]"#),
        ("spelt with an escape", r#""\u0062\u0036\u0034":false"#),
    ] {
        rows.header(format!("b64 {name}"), "A8 JWS-10", with(members), "header_b64_in_jwt").policy("any");
    }
    rows.header("b64 critical and not there", "A8 JWS-08 JWS-10", with(r#""crit":["b64"]"#), "header_crit_invalid");
    rows.header(
        "b64 critical twice",
        "A8 JWS-08 JWS-10",
        with(r#""b64":false,"crit":["b64","b64"]"#),
        "header_crit_invalid",
    );
    rows.header("b64 inside another member", "JWS-09", with(r#""x":{"b64":false,"crit":[]}"#), "ok");
    rows.header("Crit with a capital is no crit", "JWS-09", with(r#""Crit":["x"]"#), "ok");
    rows.header("crit twice", "A8 A15 JWS-06", with(r#""crit":["x"],"x":1,"crit":["x"]"#), "header_not_strict_json");
    let plain = r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#;
    let unencoded =
        crate::rows::signed_text("hs256", &format!("{}.{}", base64url::encode(plain), CLAIMS.replace('.', "")));
    rows.token("an unencoded payload", "A8 JWS-10 JWS-04", unencoded, "token_foreign_character");
}

fn members(rows: &mut Rows) {
    let with = |member: &str| format!(r#"{{"alg":"HS256",{member}}}"#);
    for (name, member) in [
        ("a number", r#""x":1"#),
        ("null", r#""x":null"#),
        ("true", r#""x":true"#),
        ("an object", r#""x":{"y":{"z":[]}}"#),
        ("an array", r#""x":[1,"a",null,[]]"#),
        ("a huge number", r#""x":1e308"#),
        ("the empty name", r#""":"""#),
        ("a name beyond ASCII", "\"\u{e9}\u{1f600}\":1"),
        ("NUL", r#""x":"\u0000""#),
        ("exp, replicated", r#""exp":1,"iss":"x""#),
        ("zip, of JWE", r#""zip":"DEF""#),
        ("enc, of JWE", r#""enc":"A128GCM""#),
        ("p2c, of JWE", r#""p2c":2147483647,"p2s":"AA""#),
        ("__proto__", r#""__proto__":{"alg":"none"}"#),
        ("nonce", r#""nonce":"n""#),
        ("a signature", r#""signature":"AAAA""#),
        ("kid empty", r#""kid":"""#),
        ("kid of a traversal", r#""kid":"../../../../dev/null""#),
        ("kid of an injection", r#""kid":"' UNION SELECT 'x'; --""#),
    ] {
        rows.header(format!("header with {name}"), "JWS-09 A12", with(member), "ok");
    }
    // A key in the header, of whoever made the signature: not followed; and no harm to a token that is rightly signed.
    let own = base64url::encode(b"attacker's own key, long enough!");
    for (name, member) in [
        ("jwk", format!(r#""jwk":{{"kty":"oct","k":"{own}"}}"#)),
        ("jwk with alg and kid", format!(r#""kid":"a","jwk":{{"kty":"oct","alg":"HS256","kid":"a","k":"{own}"}}"#)),
        ("jku", r#""jku":"https://attacker.example/jwks.json""#.into()),
        (
            "jku of a data address",
            format!(r#""jku":"data:application/json,{{\"keys\":[{{\"kty\":\"oct\",\"k\":\"{own}\"}}]}}""#),
        ),
        ("x5u", r#""x5u":"https://attacker.example/cert.pem""#.into()),
        ("x5c", r#""x5c":["MIIB"]"#.into()),
        ("x5t#S256", r##""x5t#S256":"AAAA""##.into()),
        ("x5c that is no array", r#""x5c":{"0":1}"#.into()),
        ("k", format!(r#""k":"{own}""#)),
    ] {
        let header = with(&member);
        rows.token(
            format!("signed by the key in the header's {name}"),
            "A4 JWS-15",
            signed("attacker", &header, CLAIMS),
            "invalid_signature",
        );
        rows.header(format!("rightly signed, with {name} in the header"), "A4 JWS-15 JWS-09", &header, "ok");
    }
}

fn json(rows: &mut Rows) {
    let good = r#"{"alg":"HS256"}"#;
    for (name, header) in [
        ("empty", ""),
        ("blank", " "),
        ("an array", "[]"),
        ("an array of pairs", r#"["alg","HS256"]"#),
        ("an array of a header", r#"[{"alg":"HS256"}]"#),
        ("a string", r#""HS256""#),
        ("a string of a header", r#""{\"alg\":\"HS256\"}""#),
        ("null", "null"),
        ("a number", "256"),
        ("true", "true"),
        ("two objects", r#"{"alg":"HS256"}{}"#),
        ("an object and a comma", r#"{"alg":"HS256"},"#),
        ("an object and NUL", "{\"alg\":\"HS256\"}\0"),
        ("an object and a letter", r#"{"alg":"HS256"}x"#),
        ("not ended", r#"{"alg":"HS256""#),
        ("not ended inside a string", r#"{"alg":"HS256"#),
        ("with a trailing comma", r#"{"alg":"HS256",}"#),
        ("with a leading comma", r#"{,"alg":"HS256"}"#),
        ("with a comment", r#"{"alg":"HS256"/* */}"#),
        ("with a line comment", "{\"alg\":\"HS256\"}//"),
        ("with single quotes", "{'alg':'HS256'}"),
        ("without quotes", "{alg:HS256}"),
        ("with a byte order mark", "\u{feff}{\"alg\":\"HS256\"}"),
        ("with a byte order mark behind", "{\"alg\":\"HS256\"}\u{feff}"),
        ("with a control character in a string", "{\"alg\":\"HS256\",\"x\":\"\n\"}"),
        ("with a lone surrogate", r#"{"alg":"HS256","x":"\ud800"}"#),
        ("with a duplicate inside", r#"{"alg":"HS256","x":{"y":1,"y":1}}"#),
        ("with a duplicate in an array", r#"{"alg":"HS256","x":[{"y":1,"y":2}]}"#),
        ("with kid twice", r#"{"alg":"HS256","kid":"a","kid":"b"}"#),
        ("with 1e999", r#"{"alg":"HS256","x":1e999}"#),
        ("with NaN", r#"{"alg":"HS256","x":NaN}"#),
        ("with 01", r#"{"alg":"HS256","x":01}"#),
        ("with a vertical tab between", "{\u{b}\"alg\":\"HS256\"}"),
        ("with a no-break space between", "{\u{a0}\"alg\":\"HS256\"}"),
    ] {
        rows.header(format!("header {name}"), "A15 JWS-05 JWS-06", header, "header_not_strict_json").policy("any");
    }
    for (name, header) in [
        ("UTF-16, little endian", good.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        ("UTF-16, big endian", good.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("UTF-32", good.bytes().flat_map(|byte| u32::from(byte).to_le_bytes()).collect()),
        ("invalid UTF-8 in a value", b"{\"alg\":\"HS256\",\"x\":\"\xff\"}".to_vec()),
        ("invalid UTF-8 in a name", b"{\"alg\":\"HS256\",\"\xc3\":1}".to_vec()),
        ("invalid UTF-8 deep inside", b"{\"alg\":\"HS256\",\"x\":[{\"y\":\"\xed\xa0\x80\"}]}".to_vec()),
        ("overlong UTF-8 in alg", b"{\"alg\":\"HS25\xc0\xb6\"}".to_vec()),
    ] {
        rows.header(format!("header in or with {name}"), "A15 JWS-05", header, "header_not_strict_json").policy("any");
    }
    for (name, header) in [
        ("with spaces everywhere", " \t\r\n{ \"alg\" :\t\"HS256\"\r\n}\n "),
        ("of RFC 7515, appendix A.1", "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"),
        ("with a pair of surrogates", r#"{"alg":"HS256","x":"\ud83d\ude00"}"#),
        ("with members in another order", r#"{"kid":"k","x":[],"typ":"JWT","alg":"HS256"}"#),
        ("with equal names in sibling objects", r#"{"alg":"HS256","x":[{"y":1},{"y":1}],"y":1}"#),
    ] {
        rows.header(format!("header {name}"), "JWS-05 JWS-13", header, "ok");
    }
    let nested = |depth: usize| format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    rows.header("header as deep as the limit", "A11 JWS-16", nested(31), "ok");
    rows.header("header deeper than the limit", "A11 JWS-16", nested(32), "header_not_strict_json");
    rows.header("header far deeper than the limit", "A11 JWS-16", nested(500), "header_not_strict_json");
    rows.header(
        "header deep in what is skipped",
        "A11 JWS-16",
        format!(r#"{{"x":{}1{},"alg":"HS256"}}"#, r#"{"y":"#.repeat(40), "}".repeat(40)),
        "header_not_strict_json",
    );
    let long = |length: usize| format!(r#"{{"alg":"HS256","x":"{}"}}"#, "x".repeat(length - 22));
    assert_eq!(long(48).len(), 48);
    rows.header("header as long as the limit", "A10 JWS-16", long(48), "ok").policy("api+small");
    rows.header("header longer than the limit", "A10 JWS-16", long(49), "header_too_long").policy("api+small");
}
