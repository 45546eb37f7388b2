//! Claims as JSON: one document, one meaning.

use crate::rows::{Rows, with};
use crate::world::CLAIMS;

pub(crate) fn add(rows: &mut Rows) {
    documents(rows);
    duplicates(rows);
    strings(rows);
    octets(rows);
    limits(rows);
    unknown(rows);
}

fn documents(rows: &mut Rows) {
    for (name, claims) in [
        ("empty", String::new()),
        ("blank", " ".into()),
        ("an empty array", "[]".into()),
        ("an array of claims", format!("[{CLAIMS}]")),
        ("an array of values", r#"["https://as.example","alice","api",1700000100]"#.into()),
        ("a string", r#""{}""#.into()),
        ("null", "null".into()),
        ("a number", "1".into()),
        ("true", "true".into()),
        ("two objects", format!("{CLAIMS}{CLAIMS}")),
        ("two objects on two lines", format!("{CLAIMS}\n{{}}")),
        ("an object and a comma", format!("{CLAIMS},")),
        ("an object and a brace", format!("{CLAIMS}}}")),
        ("an object and NUL", format!("{CLAIMS}\0")),
        ("an object and junk", format!("{CLAIMS}x")),
        ("a byte order mark first", format!("\u{feff}{CLAIMS}")),
        ("a byte order mark last", format!("{CLAIMS}\u{feff}")),
        ("not ended", CLAIMS.trim_end_matches('}').into()),
        ("one brace", "{".into()),
        ("a trailing comma", CLAIMS.replace('}', ",}")),
        ("two commas", CLAIMS.replacen(',', ",,", 1)),
        ("a leading comma", CLAIMS.replace('{', "{,")),
        ("no comma", CLAIMS.replacen(',', " ", 1)),
        ("a semicolon", CLAIMS.replacen(',', ";", 1)),
        ("no colon", CLAIMS.replacen(r#""iss":"#, r#""iss" "#, 1)),
        ("an equals sign", CLAIMS.replacen(r#""iss":"#, r#""iss"="#, 1)),
        ("a comment", CLAIMS.replace('}', "/**/}")),
        ("a comment to the line's end", format!("{CLAIMS}//")),
        ("a hash comment", format!("#\n{CLAIMS}")),
        ("single quotes", CLAIMS.replace('"', "'")),
        ("typographic quotes", CLAIMS.replace('"', "\u{201d}")),
        ("a name without quotes", CLAIMS.replace(r#""iss""#, "iss")),
        ("a name that is a number", CLAIMS.replace('}', ",1:2}")),
        ("a name that is null", CLAIMS.replace('}', ",null:2}")),
        ("a name that is an array", CLAIMS.replace('}', ",[]:2}")),
        ("a name and no value", CLAIMS.replace('}', r#","x":}"#)),
        ("a name alone", CLAIMS.replace('}', r#","x"}"#)),
        ("a bracket for a brace", CLAIMS.replace('}', "]")),
        ("a prefix against theft", format!(")]}}',\n{CLAIMS}")),
        ("a form feed between", CLAIMS.replace(',', ",\u{c}")),
        ("a vertical tab between", CLAIMS.replace(',', ",\u{b}")),
        ("a no-break space between", CLAIMS.replace(',', ",\u{a0}")),
        ("a line separator between", CLAIMS.replace(',', ",\u{2028}")),
        ("NUL between", CLAIMS.replace(',', ",\0")),
        ("an open array inside", CLAIMS.replace('}', r#","x":[}"#)),
        ("an array closed by a brace", CLAIMS.replace('}', r#","x":[1}}"#)),
        ("an array with a trailing comma", CLAIMS.replace('}', r#","x":[1,]}"#)),
        ("an array with a leading comma", CLAIMS.replace('}', r#","x":[,1]}"#)),
        ("an array with two commas", CLAIMS.replace('}', r#","x":[1,,2]}"#)),
        ("an array with a colon", CLAIMS.replace('}', r#","x":[1:2]}"#)),
        ("a truncated literal", CLAIMS.replace('}', r#","x":tru}"#)),
        ("a literal with a letter more", CLAIMS.replace('}', r#","x":truex}"#)),
        ("a literal in capitals", CLAIMS.replace('}', r#","x":TRUE}"#)),
    ] {
        rows.claims(format!("claims: {name}"), "A15 JWT-01", claims, "claims_not_strict_json").policy("any");
    }
    for (name, claims) in [
        ("spaces first and last", format!(" \t\r\n{CLAIMS}\r\n\t ")),
        ("spaces everywhere", CLAIMS.replace(',', " ,\n\t").replace("\":", "\" : ")),
        ("in another order", r#"{"exp":1700000100,"sub":"alice","aud":"api","iss":"https://as.example"}"#.into()),
    ] {
        rows.claims(format!("claims: {name}"), "JWT-01", claims, "ok");
    }
}

fn duplicates(rows: &mut Rows) {
    let refs = "A15 JWS-06";
    for (name, member) in [
        ("iss, the same", r#""iss":"https://as.example""#),
        ("iss, another", r#""iss":"https://evil.example""#),
        ("aud", r#""aud":"x""#),
        ("exp", r#""exp":9999999999"#),
        ("exp, null", r#""exp":null"#),
        ("exp, once escaped", r#""\u0065xp":9999999999"#),
        ("an unknown claim", r#""x":1,"x":1"#),
        ("an unknown claim, once escaped", r#""x":1,"\u0078":1"#),
        ("the empty name", r#""":1,"":2"#),
        ("a name beyond ASCII, once escaped", "\"\u{e9}\":1,\"\\u00E9\":1"),
        ("a name beyond the BMP, once escaped", "\"\u{1f600}\":1,\"\\ud83d\\ude00\":1"),
        ("a name with a slash, once escaped", r#""a/b":1,"a\/b":1"#),
        ("in an object", r#""x":{"y":1,"y":1}"#),
        ("in an object of an array", r#""x":[0,{"y":1,"y":1}]"#),
        ("deep inside", r#""x":{"y":[{"z":{"a":1,"b":2,"a":3}}]}"#),
        (
            "far apart",
            r#""x":1,"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0,"n":0,"o":0,"p":0,"q":0,"r":0,"x":1"#,
        ),
        ("in two members with values of all kinds", r#""x":{"a":[]},"y":null,"x":{"a":[]}"#),
    ] {
        rows.claims(
            format!("twice: {name}"),
            refs,
            CLAIMS.replace('}', &format!(",{member}}}")),
            "claims_not_strict_json",
        )
        .policy("any");
    }
    for (name, member) in [
        ("in sibling objects", r#""x":[{"y":1},{"y":1}],"y":1"#),
        ("in another case", r#""X":1,"x":1"#),
        ("inside and outside", r#""x":{"iss":"evil","exp":0,"x":{}}"#),
        ("composed and decomposed", "\"\u{e9}\":1,\"e\u{301}\":1"),
        ("with a space", r#""x ":1,"x":1"#),
    ] {
        rows.claims(format!("not twice: {name}"), refs, CLAIMS.replace('}', &format!(",{member}}}")), "ok");
    }
}

fn strings(rows: &mut Rows) {
    let string = |text: &str| CLAIMS.replace('}', &format!(r#","x":"{text}"}}"#));
    let name = |text: &str| CLAIMS.replace('}', &format!(r#","{text}":1}}"#));
    for (what, text) in [
        ("a high surrogate alone", r"\ud800"),
        ("a low surrogate alone", r"\udc00"),
        ("surrogates the wrong way round", r"\udc00\ud800"),
        ("two high surrogates", r"\ud800\ud800"),
        ("a high surrogate and a letter", r"\ud800a"),
        ("a high surrogate and another escape", r"\ud800\n"),
        ("a high surrogate and an escaped letter", r"\ud800\u0061"),
        ("the escape x", r"\x41"),
        ("the escape a", r"\a"),
        ("the escape 0", r"\0"),
        ("an escaped quote of another kind", r"\'"),
        ("the escape U", r"\U0041"),
        ("u with three digits", r"\u041"),
        ("u with braces", r"\u{41}"),
        ("u with a letter that is no digit", r"\u00g1"),
        ("u with a sign", r"\u+041"),
        ("u with a space", r"\u 041"),
        ("a raw line feed", "\n"),
        ("a raw tab", "\t"),
        ("a raw NUL", "\0"),
        ("a raw unit separator", "\u{1f}"),
        ("a backslash last", "\\"),
    ] {
        rows.claims(format!("in a string: {what}"), "A15 JWT-01", string(text), "claims_not_strict_json").policy("any");
        rows.claims(format!("in a name: {what}"), "A15 JWT-01", name(text), "claims_not_strict_json").policy("any");
    }
    for (what, text) in [
        ("every short escape", r#"\"\\\/\b\f\n\r\t"#),
        ("an escaped NUL", r"\u0000"),
        ("a pair of surrogates", r"\ud83d\ude00"),
        ("a pair of surrogates in capitals", r"\uD83D\uDE00"),
        ("escaped noncharacters", r"\uffff\ufffe"),
        ("raw noncharacters", "\u{ffff}\u{fffe}\u{10ffff}"),
        ("DEL", "\u{7f}"),
        ("a control of C1", "\u{80}"),
        ("a line separator", "\u{2028}"),
        ("a byte order mark", "\u{feff}"),
        ("every length of UTF-8", "a\u{e9}\u{20ac}\u{1f600}"),
        ("the text of JSON", r#"\",\"exp\":9,{}[]"#),
    ] {
        rows.claims(format!("in a string: {what}"), "JWT-01 JWT-08", string(text), "ok");
        rows.claims(format!("in a name: {what}"), "JWT-01 JWT-08", name(text), "ok");
    }
}

fn octets(rows: &mut Rows) {
    for (what, octets) in [
        ("a lone octet FF", &b"\xff"[..]),
        ("a lone octet FE", b"\xfe"),
        ("a continuation alone", b"\x80"),
        ("two octets cut to one", b"\xc3"),
        ("three octets cut to two", b"\xe2\x82"),
        ("four octets cut to three", b"\xf0\x9f\x98"),
        ("an overlong NUL", b"\xc0\x80"),
        ("an overlong slash", b"\xe0\x80\xaf"),
        ("an overlong quote", b"\xc0\xa2"),
        ("an encoded surrogate", b"\xed\xa0\x80"),
        ("an encoded pair of surrogates", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"),
        ("five octets", b"\xf8\x88\x80\x80\x80"),
        ("Latin-1", b"\xe9t\xe9"),
    ] {
        let around = |before: &str, after: &str| {
            [CLAIMS.trim_end_matches('}').as_bytes(), before.as_bytes(), octets, after.as_bytes()].concat()
        };
        for (place, claims) in [
            ("an unknown claim", around(r#","x":""#, r#""}"#)),
            ("a name", around(r#",""#, r#"":1}"#)),
            ("what is skipped", around(r#","x":[{"y":""#, r#""}]}"#)),
        ] {
            rows.claims(format!("{what} in {place}"), "A15 JWT-01", claims, "claims_not_strict_json").policy("any");
        }
    }
    let units = |to: fn(u16) -> [u8; 2]| CLAIMS.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let refs = "A15 JWT-01";
    rows.claims("UTF-16, little endian", refs, units(u16::to_le_bytes), "claims_not_strict_json").policy("any");
    rows.claims("UTF-16, big endian", refs, units(u16::to_be_bytes), "claims_not_strict_json").policy("any");
    rows.claims(
        "UTF-16 with its mark",
        refs,
        [vec![0xff, 0xfe], units(u16::to_le_bytes)].concat(),
        "claims_not_strict_json",
    )
    .policy("any");
    rows.claims(
        "UTF-32",
        refs,
        CLAIMS.bytes().flat_map(|byte| [byte, 0, 0, 0]).collect::<Vec<u8>>(),
        "claims_not_strict_json",
    )
    .policy("any");
    rows.claims(
        "invalid UTF-8 behind the object",
        refs,
        [CLAIMS.as_bytes(), b"\xff"].concat(),
        "claims_not_strict_json",
    )
    .policy("any");
    rows.claims("compressed", "A12 JWT-01", b"\x78\x9c\xab\xae\x05\x00\x01\x75\x00\xf9", "claims_not_strict_json")
        .policy("any");
    rows.claims("CBOR", "A9 JWT-01", b"\xa2\x01\x63\x61\x70\x69\x04\x1a\x65\x53\xf1\x64", "claims_not_strict_json")
        .policy("any");
}

fn limits(rows: &mut Rows) {
    let refs = "A11 JWS-16";
    let arrays = |depth: usize| CLAIMS.replace('}', &format!(r#","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)));
    let objects = |depth: usize| with("x", &format!("{}1{}", r#"{"y":"#.repeat(depth), "}".repeat(depth)));
    for (name, claims, verdict) in [
        ("arrays as deep as the limit", arrays(31), "ok"),
        ("arrays deeper than the limit", arrays(32), "claims_not_strict_json"),
        ("arrays far deeper", arrays(2000), "claims_not_strict_json"),
        ("objects as deep as the limit", objects(31), "ok"),
        ("objects deeper than the limit", objects(32), "claims_not_strict_json"),
        ("objects far deeper", objects(500), "claims_not_strict_json"),
        (
            "deep brackets that never close",
            CLAIMS.replace('}', &format!(r#","x":{}"#, "[".repeat(3000))),
            "claims_not_strict_json",
        ),
        ("brackets in a string", CLAIMS.replace('}', &format!(r#","x":"{}"}}"#, "[".repeat(500))), "ok"),
        (
            "aud nested deeply",
            with("aud", &format!("{}\"api\"{}", "[".repeat(40), "]".repeat(40))),
            "claims_not_strict_json",
        ),
    ] {
        rows.claims(name, refs, claims, verdict);
    }
    for (name, claims, verdict) in [
        ("a depth of 3 with a limit of 3", arrays(2), "ok"),
        ("a depth of 4 with a limit of 3", arrays(3), "claims_not_strict_json"),
        ("6 members with a limit of 6", with("x", r#"[1]"#), "ok"),
        ("7 members with a limit of 6", with("x", r#"[1,2]"#), "claims_not_strict_json"),
    ] {
        rows.claims(name, "A10 A11 JWS-16", claims, verdict).policy("api+small");
    }
    let long = |length: usize| with("x", &format!("\"{}\"", "x".repeat(length - with("x", "\"\"").len())));
    assert_eq!(long(131).len(), 131);
    rows.claims("a token as long as the limit", "A10 JWS-16", long(131), "ok").policy("api+small");
    rows.claims("a token longer than the limit", "A10 JWS-16", long(132), "token_too_long").policy("api+small");
    rows.token("junk longer than the limit", "A10 JWS-16", "!".repeat(257), "token_too_long").policy("api+small");
    rows.token("dots longer than the limit", "A10 JWS-16", ".".repeat(257), "token_too_long").policy("api+small");
    rows.token("dots up to the limit", "A10 JWS-16", ".".repeat(256), "token_not_three_parts").policy("api+small");
}

/// Legal oddities: claims that nobody knows, of every type.
fn unknown(rows: &mut Rows) {
    for value in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1.5e-7",
        "1e308",
        "\"\"",
        "[]",
        "{}",
        "[null,[],{}]",
        r#"{"":{"":[]}}"#,
        "123456789012345678901234567890",
        "0.1",
        "1E5",
    ] {
        rows.claim(format!("an unknown claim is {value}"), "JWT-08", "https://example.com/claim", value, "ok");
    }
    for name in [
        "__proto__",
        "constructor",
        "",
        " ",
        "$ref",
        "alg",
        "typ",
        "crit",
        "kid",
        "nonce",
        "azp",
        "scope",
        "cnf",
        "act",
        "_sd",
        "iss\0",
    ] {
        let claims = CLAIMS.replace('}', &format!(r#",{}:{{"x":1}}}}"#, serde_json::to_string(name).unwrap()));
        rows.claims(format!("an unknown claim named {name:?}"), "JWT-08", claims, "ok");
    }
    rows.claims(
        "a claim that says that the token is good",
        "A1 A3",
        CLAIMS.replace('}', r#","alg":"none","verified":true}"#),
        "ok",
    );
}
