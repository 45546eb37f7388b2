//! The registered claims: absent, mistyped, at the edge.

use crate::rows::{Rows, with};
use crate::world::NOW;

pub(crate) fn add(rows: &mut Rows) {
    issuer_and_audience(rows);
    subject_and_id(rows);
    numbers(rows);
    times(rows);
    required(rows);
    several(rows);
}

fn issuer_and_audience(rows: &mut Rows) {
    rows.claim("no iss", "A7 A16 JWT-07", "iss", "", "issuer_missing");
    rows.claim("no aud", "A7 A16 JWT-06", "aud", "", "audience_missing");
    for value in ["null", "1", "true", "{}", "[]", r#"["https://as.example"]"#, r#"{"https://as.example":1}"#, "1e3"] {
        rows.claim(format!("iss is {value}"), "A7 JWT-07", "iss", value, "issuer_wrong_type");
    }
    for value in [
        r#""""#,
        r#""https://as.example/""#,
        r#""HTTPS://as.example""#,
        r#""https://AS.example""#,
        r#""https://as.example ""#,
        r#"" https://as.example""#,
        r#""https://as.example:443""#,
        r#""http://as.example""#,
        r#""https://as.example\u0000""#,
        r#""https://as.example\n""#,
        r#""https://as.example.evil.example""#,
        r#""https://as%2Eexample""#,
        r#""https://as.example?""#,
        r#""https://as.example#""#,
        r#""https://user@as.example""#,
        r#""https://as.exampl""#,
        r#""as.example""#,
        "\"https://\u{430}s.example\"",
        r#""null""#,
    ] {
        rows.claim(format!("iss is {}", value.escape_default()), "A16 JWT-07", "iss", value, "issuer_mismatch");
    }
    for value in [r#""https:\/\/as.example""#, r#""https://as\u002eexample""#] {
        rows.claim(format!("iss is spelt {value}"), "JWT-07", "iss", value, "ok");
    }
    rows.claim("iss is one of two", "JWT-07", "iss", r#""https://other.example""#, "ok").policy("two");
    rows.claim("iss is none of two", "JWT-07 A16", "iss", r#""https://third.example""#, "issuer_mismatch")
        .policy("two");
    rows.claim(
        "iss is both of two",
        "JWT-07 A7",
        "iss",
        r#"["https://as.example","https://other.example"]"#,
        "issuer_wrong_type",
    )
    .policy("two");
    for value in [
        "null",
        "1",
        "false",
        "{}",
        r#"{"api":1}"#,
        r#"{"0":"api"}"#,
        "[1]",
        r#"["api",1]"#,
        r#"[1,"api"]"#,
        r#"["api",null]"#,
        r#"[["api"]]"#,
        r#"["api",["api"]]"#,
        r#"["api",{}]"#,
    ] {
        rows.claim(format!("aud is {value}"), "A7 JWT-05", "aud", value, "audience_wrong_type");
    }
    for value in [
        r#""""#,
        "[]",
        r#"[""]"#,
        r#""API""#,
        r#"["API"]"#,
        r#""api ""#,
        r#""api,other""#,
        r#""other api""#,
        r#"["ap","i"]"#,
        r#""ap""#,
        r#""apis""#,
        r#""https://api""#,
        r#""api\u0000""#,
        r#"["other"]"#,
    ] {
        rows.claim(format!("aud is {value}"), "A16 JWT-05", "aud", value, "audience_mismatch");
    }
    for value in [
        r#"["api"]"#,
        r#"["other","api"]"#,
        r#"["api","other"]"#,
        r#"["api","api"]"#,
        r#"["","api"]"#,
        r#""\u0061pi""#,
        r#"["\n","\u0061p\u0069"]"#,
        r#"[ "api" , "x" ]"#,
    ] {
        rows.claim(format!("aud is {value}"), "JWT-05", "aud", value, "ok");
    }
    rows.claim("aud is another name of the recipient", "JWT-05", "aud", r#""https://api.example""#, "ok").policy("two");
    rows.claim(
        "aud is none of the recipient's names",
        "JWT-05 A16",
        "aud",
        r#""https://api.example/""#,
        "audience_mismatch",
    )
    .policy("two");
    for name in ["Iss", "ISS", "iss ", "iss\\u0000"] {
        rows.claims(
            format!("`{name}` is no iss"),
            "A7 JWT-07",
            with("iss", "").replace('}', &format!(r#","{name}":"https://as.example"}}"#)),
            "issuer_missing",
        );
    }
    rows.claims(
        "iss and aud only inside another claim",
        "A7 JWT-06",
        r#"{"exp":1700000100,"x":{"iss":"https://as.example","aud":"api"}}"#,
        "issuer_missing",
    );
    rows.claims(
        "aud only inside another claim",
        "A7 JWT-06",
        r#"{"iss":"https://as.example","exp":1700000100,"x":{"aud":"api"}}"#,
        "audience_missing",
    );
    rows.claims(
        "names of claims with escapes",
        "JWT-07 JWT-06",
        r#"{"\u0069ss":"https://as.example","a\u0075d":"api","\u0065\u0078\u0070":1700000100}"#,
        "ok",
    );
    rows.claims("nothing at all", "A7 A16", "{}", "issuer_missing");
    rows.claims("nothing at all where anything will do", "JWT-08", "{}", "ok").policy("any");
    rows.claims("iss and aud of odd types where anything will do", "JWT-08", r#"{"iss":5,"aud":[]}"#, "ok")
        .policy("any");
    // Whose it is and for whom does not matter, but that they are there was asked for.
    for (value, issuer, audience) in [
        ("", "issuer_missing", "audience_missing"),
        ("null", "issuer_wrong_type", "audience_wrong_type"),
        ("1", "issuer_wrong_type", "audience_wrong_type"),
        ("true", "issuer_wrong_type", "audience_wrong_type"),
        ("{}", "issuer_wrong_type", "audience_wrong_type"),
        ("[1]", "issuer_wrong_type", "audience_wrong_type"),
        // An array is no `iss`; an empty one is an `aud`, for nobody.
        ("[]", "issuer_wrong_type", "audience_mismatch"),
        (r#"["x"]"#, "issuer_wrong_type", "ok"),
        (r#""x""#, "ok", "ok"),
    ] {
        for (claim, verdict) in [("iss", issuer), ("aud", audience)] {
            let name = if value.is_empty() { "absent" } else { value };
            rows.claim(
                format!("{claim} is {name} where any will do but one is required"),
                "A7 JWT-08",
                claim,
                value,
                verdict,
            )
            .policy("any+required");
        }
    }
}

fn subject_and_id(rows: &mut Rows) {
    for (name, code) in [("sub", "subject_wrong_type"), ("jti", "jti_wrong_type")] {
        for value in ["null", "1", "true", "[]", "{}", r#"["alice"]"#] {
            rows.claim(format!("{name} is {value}"), "A7", name, value, code);
            rows.claims(
                format!("{name} is {value} where anything will do"),
                "A7",
                format!(r#"{{"{name}":{value}}}"#),
                code,
            )
            .policy("any");
        }
        for value in [r#""""#, r#"" ""#, r#""\u0000""#, "\"\u{1f600}\""] {
            rows.claim(format!("{name} is {}", value.escape_default()), "JWT-08", name, value, "ok");
        }
        rows.claim(format!("no {name}"), "JWT-08", name, "", "ok");
    }
    rows.claim("sub as demanded", "JWT-08", "sub", r#""alice""#, "ok").policy("api+alice");
    rows.claim("sub as demanded, spelt with an escape", "JWT-08", "sub", r#""\u0061lice""#, "ok").policy("api+alice");
    for value in [r#""bob""#, r#""Alice""#, r#""alice ""#, r#""""#, r#""alice\u0000""#] {
        rows.claim(format!("sub is {value}, not alice"), "A16 JWT-08", "sub", value, "subject_mismatch")
            .policy("api+alice");
    }
    rows.claim("sub is an array of alice", "A7 JWT-08", "sub", r#"["alice"]"#, "subject_wrong_type")
        .policy("api+alice");
    rows.claim("sub is null, not alice", "A7 JWT-08", "sub", "null", "subject_wrong_type").policy("api+alice");
    rows.claim("no sub, not alice", "A7 JWT-08", "sub", "", "subject_missing").policy("api+alice");
}

/// Numbers as `exp`, where now is 1700000000.
fn numbers(rows: &mut Rows) {
    let refs = "A13 JWT-02 JWT-03";
    for value in [
        "1700000001",
        "1700000000.5",
        "1700000000.000001",
        "1700000001.0",
        "1700000001e0",
        "1700000001E0",
        "1700000001e+0",
        "1700000001e-0",
        "17000000010e-1",
        "1.700000001e9",
        "0.1700000001e10",
        "1700000001.00000000000000000000000000000000000000001",
        "9007199254740992",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "2147483647",
        "2147483648",
        "4294967296",
        "1e19",
        "1e20",
        "1e300",
        "1.7976931348623157e308",
        "1e0000000000000000010",
    ] {
        rows.claim(format!("exp is {value}"), refs, "exp", value, "ok");
    }
    let digits = "9".repeat(300);
    rows.claim("exp is a number of 300 digits", refs, "exp", &digits, "ok");
    for value in [
        "1700000000",
        "1699999999",
        "1700000000.0",
        "1699999999.9",
        "17e8",
        "1.7e9",
        "0",
        "-0",
        "0.0",
        "-0.0",
        "0e0",
        "0e999",
        "-0e999",
        "1",
        "-1",
        "-1.5",
        "-1700000100",
        "1e9",
        "1e-400",
        "1e-999",
        "-1e-999",
        "1e-99999999999999999999",
        "-9223372036854775808",
        "-9223372036854775809",
        "-18446744073709551616",
        "-1e300",
        "-1.7976931348623157e308",
        "5e-324",
    ] {
        rows.claim(format!("exp is {value}"), refs, "exp", value, "expired");
    }
    let small = format!("0.{}1", "0".repeat(400));
    rows.claim("exp is a number of 400 zeros", refs, "exp", &small, "expired");
    // Beyond what a double holds: RFC 8259, section 6, lets a reader set limits.
    for value in ["1e999", "-1e999", "1e309", "1.7976931348623159e308", "1e99999999999999999999", "1E+400"] {
        rows.claim(format!("exp is {value}"), "A13 A15 JWT-02", "exp", value, "claims_not_strict_json");
        rows.claim(format!("an unknown claim is {value}"), "A15 JWT-02", "x", value, "claims_not_strict_json");
    }
    rows.claim("exp is a number of 400 digits", "A13 A15 JWT-02", "exp", &"9".repeat(400), "claims_not_strict_json");
    for value in [
        "01700000100",
        "00",
        "-01",
        "+1700000100",
        ".5",
        "1700000100.",
        "1700000100.e1",
        "1e",
        "1e+",
        "1e-",
        "-",
        "--1",
        "- 1",
        "0x6553f164",
        "1_700_000_100",
        "1,700,000,100",
        "1700000100L",
        "1700000100n",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "1700 000100",
        "1.7e9.5",
        "1e9e9",
        "\u{ff11}700000100",
        "1\u{660}",
        "1700000100\u{0}",
        "undefined",
        "True",
        "nul",
        "nulll",
        "'1700000100'",
    ] {
        rows.claim(format!("exp is {}", value.escape_default()), "A15 JWT-02", "exp", value, "claims_not_strict_json");
    }
}

fn times(rows: &mut Rows) {
    for name in ["exp", "nbf", "iat"] {
        for value in [
            "null",
            r#""1700000100""#,
            r#""1699999999""#,
            r#""""#,
            "true",
            "false",
            "[]",
            "[1700000100]",
            "{}",
            r#"{"$numberLong":"1700000100"}"#,
            r#""2033-05-18T03:33:20Z""#,
        ] {
            rows.claim(
                format!("{name} of the type of {value}"),
                "A7 JWT-02",
                name,
                value,
                &format!("{name}_wrong_type"),
            );
        }
        let mistyped = format!(r#"{{"{name}":null}}"#);
        rows.claims(
            format!("{name} is null where anything will do"),
            "A7 JWT-02",
            mistyped,
            &format!("{name}_wrong_type"),
        )
        .policy("any");
    }
    rows.claim("no exp", "A7 JWT-02", "exp", "", "exp_missing");
    rows.claims("no exp where none is needed", "JWT-08", "{}", "ok").policy("any");
    rows.claims("a past exp where none is needed", "JWT-03", r#"{"exp":1}"#, "expired").policy("any");
    for name in ["Exp", "EXP", "exp ", "expires", "e\\u0078p\\u0000"] {
        let claims = with("exp", "").replace('}', &format!(r#","{name}":1700000100}}"#));
        rows.claims(format!("`{name}` is no exp"), "A7 JWT-02", claims, "exp_missing");
    }
    for (name, future) in [("nbf", "not_yet_valid"), ("iat", "issued_in_future")] {
        for value in [
            "1700000000",
            "1699999999",
            "1699999999.999",
            "0",
            "-0",
            "-5",
            "-1.5",
            "1.5e9",
            "17e8",
            "-1e300",
            "-9223372036854775808",
            "-9223372036854775809",
            "1e-400",
            "1700000000.0",
        ] {
            rows.claim(format!("{name} is {value}"), "A13 JWT-04", name, value, "ok");
        }
        for value in [
            "1700000001",
            "1700000000.001",
            "1700000000.5",
            "1e300",
            "9007199254740993",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "1.700000001e9",
        ] {
            rows.claim(format!("{name} is {value}"), "A13 JWT-04", name, value, future);
        }
        rows.claim(format!("{name} is 1e999"), "A13 A15 JWT-02", name, "1e999", "claims_not_strict_json");
        for (value, verdict) in
            [("1700000060", "ok"), ("1700000060.5", future), ("1700000061", future), ("1700000059.5", "ok")]
        {
            rows.claim(format!("{name} is {value} with a leeway of 60"), "JWT-04", name, value, verdict)
                .policy("api+leeway60");
        }
        rows.claim(format!("{name} is 1e300 with an endless leeway"), "A13 JWT-04", name, "1e300", "ok")
            .policy("api+leeway-endless");
    }
    // `exp` at the exact second, as now moves.
    for (now, verdict) in
        [(NOW + 99, "ok"), (NOW + 100, "expired"), (NOW + 101, "expired"), (0, "ok"), (u64::MAX, "expired")]
    {
        rows.claim(format!("exp 1700000100 at {now}"), "A17 JWT-03", "exp", "1700000100", verdict).now(now);
    }
    for (now, verdict) in [
        (NOW + 100, "ok"),
        (NOW + 159, "ok"),
        (NOW + 160, "expired"),
        (NOW + 161, "expired"),
        (0, "ok"),
        (u64::MAX, "expired"),
    ] {
        rows.claim(format!("exp 1700000100 at {now} with a leeway of 60"), "A17 JWT-03", "exp", "1700000100", verdict)
            .now(now)
            .policy("api+leeway60");
    }
    for (value, verdict) in [
        ("1699999940", "expired"),
        ("1699999941", "ok"),
        ("1699999940.5", "ok"),
        ("1699999939.5", "expired"),
        ("-1", "expired"),
        ("0", "expired"),
    ] {
        rows.claim(format!("exp is {value} with a leeway of 60"), "JWT-03", "exp", value, verdict)
            .policy("api+leeway60");
    }
    for (value, now, verdict) in [
        ("18446744073709551615", u64::MAX, "expired"),
        ("18446744073709551615", u64::MAX - 1, "ok"),
        ("18446744073709551616", u64::MAX, "ok"),
        ("1e300", u64::MAX, "ok"),
        ("0", 0, "expired"),
        ("-1", 0, "expired"),
        ("1", 0, "ok"),
        ("0.5", 0, "ok"),
        ("1e-9", 0, "ok"),
    ] {
        rows.claim(format!("exp is {value} at {now}"), "A13 JWT-03", "exp", value, verdict).now(now);
    }
    for (value, verdict) in [("0", "ok"), ("-5", "ok"), ("1", "ok"), ("-1e300", "expired")] {
        rows.claim(format!("exp is {value} with an endless leeway"), "A13 JWT-03", "exp", value, verdict)
            .policy("api+leeway-endless");
    }
    for (value, now, verdict) in [
        ("18446744073709551615", u64::MAX, "ok"),
        ("18446744073709551615", u64::MAX - 1, "not_yet_valid"),
        ("0", 0, "ok"),
        ("1", 0, "not_yet_valid"),
        ("-1", 0, "ok"),
    ] {
        rows.claims(format!("nbf is {value} at {now}"), "A13 JWT-04", format!(r#"{{"nbf":{value}}}"#), verdict)
            .now(now)
            .policy("any");
    }
    rows.claims("nbf after exp", "JWT-03 JWT-04", r#"{"nbf":1700000200,"exp":1700000100}"#, "not_yet_valid")
        .policy("any");
    rows.claims("nbf after exp, past both", "JWT-03 JWT-04", r#"{"nbf":1699999999,"exp":1699999998}"#, "expired")
        .policy("any");
    // The age.
    for (value, verdict) in [
        ("1699999940", "ok"),
        ("1699999939", "too_old"),
        ("1699999939.5", "too_old"),
        ("0", "too_old"),
        ("-1e300", "too_old"),
        ("1700000000", "ok"),
        ("1700000001", "issued_in_future"),
        ("null", "iat_wrong_type"),
        ("", "iat_missing"),
    ] {
        rows.claim(format!("iat is {value} where 60 seconds are the greatest age"), "A7 JWT-08", "iat", value, verdict)
            .policy("api+age60");
    }
    for (value, verdict) in
        [("1699999935", "ok"), ("1699999934", "too_old"), ("1700000005", "ok"), ("1700000006", "issued_in_future")]
    {
        rows.claim(
            format!("iat is {value} where 60 seconds are the greatest age, and a leeway of 5"),
            "JWT-08",
            "iat",
            value,
            verdict,
        )
        .policy("api+age60+leeway5");
    }
}

fn required(rows: &mut Rows) {
    let all = r#"{"iss":"https://as.example","aud":"api","exp":1700000100,"client_id":"c","jti":"j","iat":1700000000,"nbf":1700000000}"#;
    let without = |member: &str| all.replace(member, r#""x":1"#);
    let mut row = |name: &str, claims: String, verdict: &str| {
        rows.claims(format!("required claims: {name}"), "A7 JWT-08", claims, verdict).policy("api+required");
    };
    row("all there", all.into(), "ok");
    row("no client_id", without(r#""client_id":"c""#), "required_claim_missing");
    row("client_id null", all.replace(r#""c""#, "null"), "required_claim_missing");
    row("client_id an object", all.replace(r#""c""#, "{}"), "ok");
    row("client_id with an escape in its name", all.replace("client_id", r"client\u005fid"), "ok");
    row("client_id in capitals", all.replace("client_id", "CLIENT_ID"), "required_claim_missing");
    row(
        "client_id inside another",
        all.replace(r#""client_id":"c""#, r#""x":{"client_id":"c"}"#),
        "required_claim_missing",
    );
    row("no jti", without(r#""jti":"j""#), "jti_missing");
    row("jti null", all.replace(r#""j""#, "null"), "jti_wrong_type");
    row("no iat", without(r#""iat":1700000000"#), "iat_missing");
    row("no nbf", without(r#""nbf":1700000000"#), "nbf_missing");
    row("iat null", all.replace(r#""iat":1700000000"#, r#""iat":null"#), "iat_wrong_type");
}

/// The gravest gives the code: issuer, audience, kind, subject, ... , time last.
fn several(rows: &mut Rows) {
    for (name, claims, verdict) in [
        ("iss and exp", r#"{"iss":"x","aud":"api","exp":1}"#, "issuer_mismatch"),
        ("aud and exp", r#"{"iss":"https://as.example","aud":"x","exp":1}"#, "audience_mismatch"),
        ("sub and exp", r#"{"iss":"https://as.example","aud":"api","sub":1,"exp":1}"#, "subject_wrong_type"),
        ("jti and exp", r#"{"iss":"https://as.example","aud":"api","jti":1,"exp":1}"#, "jti_wrong_type"),
        (
            "a mistyped nbf and a past exp",
            r#"{"iss":"https://as.example","aud":"api","nbf":"x","exp":1}"#,
            "nbf_wrong_type",
        ),
        (
            "a mistyped exp and a future nbf",
            r#"{"iss":"https://as.example","aud":"api","nbf":1800000000,"exp":"x"}"#,
            "exp_wrong_type",
        ),
        (
            "a future nbf and a past exp",
            r#"{"iss":"https://as.example","aud":"api","nbf":1800000000,"exp":1}"#,
            "not_yet_valid",
        ),
    ] {
        rows.claims(format!("several at once: {name}"), "A7 A16", claims, verdict);
    }
}
