//! The reader against a foreign suite (nst/JSONTestSuite), and against `serde_json` on documents and near-documents of all kinds.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "these are tests, helpers included")]

use std::path::Path;

use jwt_core::base64url;
use jwt_core::json::{self, Limits, Value};
use proptest::prelude::*;
use serde::de::IgnoredAny;

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    expect: String,
    b64: Option<String>,
}

fn limits() -> Limits {
    Limits::default().max_depth(Limits::DEEPEST)
}

#[test]
fn the_json_test_suite_is_judged_as_it_says() {
    // The suite is not ours to copy: it lies beside the project where somebody put it there.
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/json-test-suite/json_test_suite.json");
    let Ok(text) = std::fs::read(&path) else {
        println!("skipped: there is no ../shared/vectors/json-test-suite/json_test_suite.json beside the project");
        return;
    };
    let cases: Vec<Case> = json::from_slice(&text, &Limits::default()).unwrap();
    let mut judged = 0;
    for case in &cases {
        let Some(b64) = &case.b64 else {
            println!("skipped: {} is compressed", case.name);
            continue;
        };
        // The file is in standard base64 with padding.
        let document = base64url::decode(b64.trim_end_matches('=').replace('+', "-").replace('/', "_")).unwrap();
        let verdict = json::from_slice::<Value>(&document, &limits());
        let ignored = json::from_slice::<IgnoredAny>(&document, &limits());
        assert_eq!(verdict.as_ref().err(), ignored.as_ref().err(), "{}", case.name);
        let file = case.name.rsplit('/').next().unwrap();
        let accepted = match case.expect.as_str() {
            "reject" => false,
            // RFC 8259, section 4, leaves duplicate names open; RFC 7515, section 4, lets us refuse them.
            "accept" => !file.contains("duplicated_key"),
            // Where the suite leaves the verdict open, ours: what has two readings is refused, what only loses precision is not.
            _ => OPEN_AND_ACCEPTED.contains(&file),
        };
        assert_eq!(verdict.is_ok(), accepted, "{}: {verdict:?}", case.name);
        judged += 1;
    }
    assert!(judged > 330, "{judged}");
}

#[test]
fn a_hundred_thousand_brackets_are_refused_quickly() {
    for text in ["[".repeat(100_000), r#"{"":"#.repeat(100_000), r#"[{"":"#.repeat(50_000)] {
        assert_eq!(json::from_slice::<Value>(text.as_bytes(), &limits()).unwrap_err().code(), "json_too_deep");
    }
}

/// Any JSON value, its members' names mostly different.
fn document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
        "[\"\\\\\n\u{0}-\u{1f}é€😀]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::vec(("[a-d\"\\\\é]{0,3}", inner), 0..24)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// The same document with every character escaped that `pick` selects; one without `\u` so far.
fn escaped(text: &str, pick: &[bool]) -> String {
    let (mut out, mut inside, mut after_backslash) = (String::new(), false, false);
    for (index, character) in text.chars().enumerate() {
        let special = after_backslash || character == '"' || character == '\\';
        if inside && !special && pick.get(index % pick.len().max(1)) == Some(&true) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
        if character == '"' && !after_backslash {
            inside = !inside;
        }
        after_backslash = character == '\\' && !after_backslash;
    }
    out
}

fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::String(a), serde_json::Value::String(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => {
            // We read the nearest `f64`; `serde_json`, as it is built here, may be off by a few of the last place.
            let near = |a: f64, b: f64| {
                a == b || (a.is_sign_negative() == b.is_sign_negative() && a.to_bits().abs_diff(b.to_bits()) < 4)
            };
            (a.as_u64(), a.as_i64()) == (b.as_u64(), b.as_i64()) && near(a.as_f64(), b.as_f64().unwrap())
        }
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && b.iter().all(|(name, b)| a.get(name).is_some_and(|a| same(a, b)))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_documents_are_read_as_serde_json_reads_them(
        document in document(),
        pretty in any::<bool>(),
        pick in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
        let text = if text.contains("\\u") { text } else { escaped(&text, &pick) };
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        let ours: Value = json::from_slice(text.as_bytes(), &limits()).unwrap();
        prop_assert!(same(&ours, &theirs), "{}", text);
        prop_assert!(json::from_slice::<IgnoredAny>(text.as_bytes(), &limits()).is_ok());
        let mut buffer = text.into_bytes();
        let borrowed: Value = json::from_buffer(&mut buffer, &limits()).unwrap();
        prop_assert!(borrowed == ours);
        // Written and read again, it is the same.
        let written = serde_json::to_vec(&ours).unwrap();
        prop_assert!(json::from_slice::<Value>(&written, &limits()).unwrap() == ours);
    }

    /// What we accept, `serde_json` accepts; what we refuse and it accepts has a duplicate.
    #[test]
    fn damaged_documents_are_never_accepted_alone(
        document in document(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..3), 1..4),
    ) {
        let mut text = serde_json::to_vec(&document).unwrap();
        for (position, byte, kind) in damage {
            let position = position.index(text.len().max(1)).min(text.len());
            match kind {
                0 => text.insert(position, byte),
                1 if position < text.len() => drop(text.remove(position)),
                2 if position < text.len() => text[position] = br#"{}[]",:\u0eE.-+ntf"#[usize::from(byte) % 18],
                _ => {}
            }
        }
        let ours = json::from_slice::<Value>(&text, &limits());
        let skipped = json::from_slice::<IgnoredAny>(&text, &limits());
        prop_assert_eq!(ours.as_ref().err(), skipped.as_ref().err());
        match (ours, serde_json::from_slice::<serde_json::Value>(&text)) {
            (Ok(ours), Ok(theirs)) => prop_assert!(same(&ours, &theirs)),
            (Ok(_), Err(error)) => prop_assert!(false, "accepted alone: {} {:?}", error, text),
            (Err(error), Ok(_)) => prop_assert_eq!(error.code(), "json_duplicate_member"),
            (Err(_), Err(_)) => {}
        }
    }
}

/// Of the cases that the suite leaves open, those that lose nothing but precision.
const OPEN_AND_ACCEPTED: &[&str] = &[
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "number_-9223372036854775808.json",
    "number_-9223372036854775809.json",
    "number_1.0.json",
    "number_1.000000000000000005.json",
    "number_1000000000000000.json",
    "number_10000000000000000999.json",
    "number_1e-999.json",
    "number_1e6.json",
    "number_9223372036854775807.json",
    "number_9223372036854775808.json",
    "object_key_nfc_nfd.json",
    "object_key_nfd_nfc.json",
    "string_with_escaped_NULL.json",
];
