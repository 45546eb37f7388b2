use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::*;

fn code<T: DeserializeOwned>(text: &str) -> &'static str {
    match from_slice::<T>(text.as_bytes(), &Limits::default()) {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}

/// The verdict must not depend on who asks.
fn verdict(text: &str) -> &'static str {
    let verdict = code::<Value>(text);
    assert_eq!(code::<IgnoredAny>(text), verdict, "{text}");
    assert_eq!(code::<Nothing>(text), verdict, "{text}");
    if text.trim_start().starts_with('{') {
        assert_eq!(code::<Unread>(text), verdict, "{text}");
        assert_eq!(code::<Careless>(text), verdict, "{text}");
    }
    verdict
}

/// Does not touch the deserializer.
#[derive(Debug)]
struct Nothing;
impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

/// Takes a map and reads nothing of it.
struct Unread;
impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lazy;
        impl<'de> Visitor<'de> for Lazy {
            type Value = Unread;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Unread, A::Error> {
                Ok(Unread)
            }
        }
        deserializer.deserialize_map(Lazy)
    }
}

/// Reads names and every second value, swallows all errors, and says that all is well.
struct Careless;
impl<'de> Deserialize<'de> for Careless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Swallow;
        impl<'de> Visitor<'de> for Swallow {
            type Value = Careless;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("anything")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Careless, A::Error> {
                for n in 0..100 {
                    if matches!(map.next_key::<&str>(), Ok(None)) {
                        break;
                    }
                    if n % 2 == 0 {
                        let _ = map.next_value::<Careless>();
                    }
                }
                Ok(Careless)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Careless, A::Error> {
                let _ = seq.next_element::<Careless>();
                let _ = seq.next_element_seed(Refuse);
                Ok(Careless)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Careless, E> {
                Ok(Careless)
            }
        }
        let _ = deserializer.deserialize_any(Swallow);
        Ok(Self)
    }
}

/// Reads the first name and leaves its value.
struct FirstName(String);
impl<'de> Deserialize<'de> for FirstName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = FirstName;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FirstName, A::Error> {
                map.next_key().map(|name| FirstName(name.unwrap_or_default()))
            }
        }
        deserializer.deserialize_map(One)
    }
}

#[test]
fn what_a_visitor_leaves_is_read_all_the_same() {
    for text in [r#"{"a":1}"#, r#"{"a":[{}],"b":{"a":2}}"#, r#"{"a":"x\n"}"#] {
        assert_eq!(from_slice::<FirstName>(text.as_bytes(), &Limits::default()).unwrap().0, "a", "{text}");
    }
    for text in [r#"{"a":01}"#, r#"{"a":{"b":1,"b":1}}"#, r#"{"a":1,"a":1}"#, r#"{"a"}"#, r#"{"a":}"#] {
        assert!(from_slice::<FirstName>(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
}

/// Refuses without a look.
struct Refuse;
impl<'de> DeserializeSeed<'de> for Refuse {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(serde::de::Error::custom("no"))
    }
}

#[test]
fn a15_duplicate_members_are_refused_at_every_depth_and_after_unescaping() {
    // JWS-06
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"\u0061":1,"a":1}"#,
        r#"{"a\/":1,"a/":1}"#,
        r#"{"":1,"":2}"#,
        r#"{"x":{"a":1,"a":1}}"#,
        r#"[[[{"a":{"b":[{"c":1,"c":1}]}}]]]"#,
        r#"{"x":1,"y":{"x":1},"x":2}"#,
        r#"{"😀":1,"\ud83d\ude00":2}"#,
    ] {
        assert_eq!(verdict(text), "json_duplicate_member", "{text}");
    }
    for text in [r#"{"a":{"a":{"a":1}}}"#, r#"[{"a":1},{"a":1}]"#, r#"{"a":1,"A":1,"á":1,"a ":1}"#] {
        assert_eq!(verdict(text), "ok", "{text}");
    }
}

#[test]
fn a15_the_text_is_utf8_without_a_mark_and_complete() {
    // JWS-05
    let limits = Limits::default();
    for bytes in [
        &b"\"\xff\""[..],
        b"{\"a\":\"\xc3\"}",
        b"{\"a\":\"\xc3\\n\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
        b"[\"\xc0\x80\"]",
        b"\"\\n\xf4\x90\x80\x80\"",
        b"\xff\xfe{\0}\0",
        b"\"\\n\"\xc3",
    ] {
        assert_eq!(from_slice::<IgnoredAny>(bytes, &limits).unwrap_err().code(), "json_not_utf8", "{bytes:?}");
        let mut buffer = bytes.to_vec();
        assert_eq!(from_buffer::<IgnoredAny>(&mut buffer, &limits).unwrap_err().code(), "json_not_utf8", "{bytes:?}");
    }
    for (text, expected) in [
        ("\u{feff}{}", "json_syntax"),
        ("", "json_incomplete"),
        (" ", "json_incomplete"),
        ("{} {}", "json_trailing_data"),
        ("{}\0", "json_trailing_data"),
        ("1 2", "json_trailing_data"),
        ("{\"a\"", "json_incomplete"),
        ("[1", "json_incomplete"),
        ("\"a", "json_incomplete"),
        ("\"\\", "json_incomplete"),
        ("\"\\u12", "json_incomplete"),
        ("[1,]", "json_syntax"),
        ("[,1]", "json_syntax"),
        ("[1 2]", "json_syntax"),
        ("{\"a\":1,}", "json_syntax"),
        ("{\"a\" 1}", "json_syntax"),
        ("{a:1}", "json_syntax"),
        ("{'a':1}", "json_syntax"),
        ("{1:1}", "json_syntax"),
        ("[1}", "json_syntax"),
        ("{\"a\":1]", "json_syntax"),
        ("nul", "json_syntax"),
        ("nulll", "json_trailing_data"),
        ("True", "json_syntax"),
        ("\u{a0}1", "json_syntax"),
        ("\\n", "json_syntax"),
        ("{\\u0022a\":1}", "json_incomplete"),
        ("/**/1", "json_syntax"),
    ] {
        assert_eq!(verdict(text), expected, "{text:?}");
    }
}

#[test]
fn a15_escapes_are_those_of_json_and_surrogates_come_in_pairs() {
    for (text, expected) in [
        (r#""\x41""#, "json_escape"),
        (r#""\u00g1""#, "json_escape"),
        (r#""\u+041""#, "json_escape"),
        (r#""\'""#, "json_escape"),
        (r#""\U0041""#, "json_escape"),
        (r#""\ud800""#, "json_lone_surrogate"),
        (r#""\udc00""#, "json_lone_surrogate"),
        (r#""\ud800\ud800""#, "json_lone_surrogate"),
        (r#""\ud800x""#, "json_lone_surrogate"),
        (r#""\ud800\n""#, "json_lone_surrogate"),
        (r#""\udc00\ud800""#, "json_lone_surrogate"),
        ("\"a\nb\"", "json_control_character"),
        ("\"\\n\u{1}\"", "json_control_character"),
        ("\"\0\"", "json_control_character"),
        ("\"\u{7f}\"", "ok"),
    ] {
        assert_eq!(verdict(text), expected, "{text:?}");
    }
    let text: String = from_slice(br#""\"\\\/\b\f\n\r\t\u0000\u00e9\uD83D\uDE00\uFFFF""#, &Limits::default()).unwrap();
    assert_eq!(text, "\"\\/\u{8}\u{c}\n\r\t\0é😀\u{ffff}");
}

#[test]
fn a15_numbers_are_finite_and_in_the_grammar() {
    for text in ["1e999", "-1e999", "[1E+400]", "{\"a\":[1e309]}"] {
        assert_eq!(verdict(text), "json_number_out_of_range", "{text}");
    }
    for text in [
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "-Infinity",
        "1_0",
        "--1",
        "-01",
        "1.e1",
        "1.5.5",
    ] {
        assert!(["json_syntax", "json_incomplete", "json_trailing_data"].contains(&verdict(text)), "{text}");
    }
    for text in ["0", "-0", "1e308", "1E-999", "-0.0e+0", "123456789012345678901234567890", "1.7976931348623157e308"] {
        assert_eq!(verdict(text), "ok", "{text}");
    }
    // A million digits take time in proportion.
    assert_eq!(verdict(&format!("0.{}", "3".repeat(500_000))), "ok");
    assert_eq!(verdict(&"9".repeat(500_000)), "json_number_out_of_range");
}

#[test]
fn numbers_keep_their_kind_as_in_serde_json() {
    fn both<T: DeserializeOwned + PartialEq + core::fmt::Debug>(text: &str) {
        let ours = from_slice::<T>(text.as_bytes(), &Limits::default()).ok();
        assert_eq!(ours, serde_json::from_str(text).ok(), "{text} as {}", core::any::type_name::<T>());
    }
    for text in [
        "0",
        "-0",
        "0.0",
        "-0.0",
        "1",
        "-1",
        "1.0",
        "1e2",
        "127",
        "128",
        "-128",
        "-129",
        "255",
        "256",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "170141183460469231731687303715884105727",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "0.1",
        "1e-7",
        "123456.789e3",
        "null",
        "true",
        "\"1\"",
        "[1]",
    ] {
        both::<u8>(text);
        both::<i8>(text);
        both::<u64>(text);
        both::<i64>(text);
        both::<u128>(text);
        both::<i128>(text);
        both::<f64>(text);
        both::<f32>(text);
        both::<Option<i64>>(text);
        both::<bool>(text);
        both::<String>(text);
        both::<()>(text);
        both::<[u8; 1]>(text);
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    x: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapper(Inner);

#[derive(Debug, PartialEq, Deserialize)]
enum Kind2 {
    Unit,
    New(u8),
    Tuple(u8, u8),
    Struct { x: u8 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Object { x: u8 },
    List(Vec<u8>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    A { x: u8 },
    B,
}

#[test]
fn types_are_read_as_serde_json_reads_them() {
    fn both<T: DeserializeOwned + PartialEq + core::fmt::Debug>(text: &str) {
        let ours = from_slice::<T>(text.as_bytes(), &Limits::default());
        assert_eq!(
            ours.as_ref().ok(),
            serde_json::from_str(text).ok().as_ref(),
            "{text} as {}: {ours:?}",
            core::any::type_name::<T>()
        );
    }
    for text in [
        r#"{"x":1}"#,
        r#"{"x":1,"y":[{}]}"#,
        r#"{"x":null}"#,
        r#"{}"#,
        r#""Unit""#,
        r#"{"Unit":null}"#,
        r#"{"Unit":1}"#,
        r#"{"New":1}"#,
        r#"{"New":1,"Unit":null}"#,
        r#"{"Tuple":[1,2]}"#,
        r#"{"Tuple":[1,2,3]}"#,
        r#"{"Tuple":[1]}"#,
        r#"{"Struct":{"x":1}}"#,
        r#""New""#,
        r#""Other""#,
        r#"{"Other":1}"#,
        r#"[1,2]"#,
        r#"[]"#,
        r#""text""#,
        "1",
        r#"{"type":"A","x":2}"#,
        r#"{"x":2,"type":"A"}"#,
        r#"{"type":"B"}"#,
        r#"{"type":"C"}"#,
        r#"{"1":2,"-3":4}"#,
        r#"{"true":1}"#,
        "null",
        r#""é""#,
        "[[1,2],[3]]",
        r#""x""#,
    ] {
        both::<Inner>(text);
        both::<Wrapper>(text);
        both::<Kind2>(text);
        both::<Option<Kind2>>(text);
        both::<Untagged>(text);
        both::<Tagged>(text);
        both::<BTreeMap<String, Option<u8>>>(text);
        both::<BTreeMap<i8, u8>>(text);
        both::<BTreeMap<bool, u8>>(text);
        both::<Vec<Vec<u8>>>(text);
        both::<(u8, u8)>(text);
        both::<char>(text);
        both::<Option<String>>(text);
        both::<IgnoredAny2>(text);
    }
}

/// `IgnoredAny` that can be compared.
#[derive(Debug, PartialEq)]
struct IgnoredAny2;
impl<'de> Deserialize<'de> for IgnoredAny2 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn a_struct_is_read_from_an_object_only() {
    assert_eq!(code::<Inner>("[1]"), "json_wrong_type");
    assert_eq!(code::<Vec<Inner>>("[[1]]"), "json_wrong_type");
    assert_eq!(code::<Kind2>(r#"{"Struct":[1]}"#), "json_wrong_type");
    assert_eq!(code::<Option<Wrapper>>("[1]"), "json_wrong_type");
    assert_eq!(object_from_slice::<Value>(b"[1]", &Limits::default()).unwrap_err().code(), "json_not_an_object");
    assert_eq!(object_from_slice::<Value>(b"[1", &Limits::default()).unwrap_err().code(), "json_incomplete");
}

#[test]
fn two_spellings_of_one_number_are_not_two_keys() {
    for text in [r#"{"1":2,"01":3}"#, r#"{"1":2,"+1":3}"#, r#"{"-0":1}"#] {
        assert!(from_slice::<BTreeMap<i64, u8>>(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
}

#[test]
fn every_string_borrows_also_those_with_escapes() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Borrowed<'a> {
        a: &'a str,
        #[serde(borrow)]
        b: Vec<&'a str>,
        #[serde(borrow)]
        c: BTreeMap<&'a str, &'a str>,
        d: &'a [u8],
    }
    let mut buffer = Vec::with_capacity(4096);
    buffer.extend_from_slice(
        r#"{"skipped\n":"\t","a":"\u00e9é\n","b":["plain","\"","","\u0000"],"c":{"k\/":"v\\"},"d":"\u20ac","e":["\ud83d\ude00"]}"#.as_bytes(),
    );
    let capacity = buffer.capacity();
    let borrowed: Borrowed<'_> = from_buffer(&mut buffer, &Limits::default()).unwrap();
    let expected =
        Borrowed { a: "éé\n", b: vec!["plain", "\"", "", "\0"], c: [("k/", "v\\")].into(), d: "€".as_bytes() };
    assert_eq!(borrowed, expected);
    assert_eq!(buffer.capacity(), capacity);
}

#[test]
fn a11_depth_is_limited_also_for_skipped_values() {
    // JWS-16
    let nested = |depth: usize, open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":["#, "]}]")] {
        let each = open.matches(['[', '{']).count();
        let at = Limits::default().max_depth(12);
        let deepest = 12 / each;
        assert!(from_slice::<Value>(nested(deepest, open, close).as_bytes(), &at).is_ok());
        for depth in [deepest + 1, 10_000] {
            let text = nested(depth, open, close);
            assert_eq!(from_slice::<Value>(text.as_bytes(), &at).unwrap_err().code(), "json_too_deep");
            assert_eq!(from_slice::<IgnoredAny>(text.as_bytes(), &at).unwrap_err().code(), "json_too_deep");
            // Also without its end.
            assert_eq!(from_slice::<Nothing>(open.repeat(depth).as_bytes(), &at).unwrap_err().code(), "json_too_deep");
        }
    }
    assert_eq!(Limits::default().max_depth(usize::MAX), Limits::default().max_depth(Limits::DEEPEST));
    let deepest = nested(Limits::DEEPEST, "[", "]");
    assert!(from_slice::<Value>(deepest.as_bytes(), &Limits::default().max_depth(usize::MAX)).is_ok());
}

#[test]
fn a10_members_and_bytes_are_limited() {
    let limits = Limits::default().max_members(3);
    for text in [r#"[1,2,3]"#, r#"{"a":1,"b":[2]}"#, r#"[[[]]]"#] {
        assert!(from_slice::<Value>(text.as_bytes(), &limits).is_ok(), "{text}");
    }
    for text in [r#"[1,2,3,4]"#, r#"{"a":1,"b":[2,3]}"#, r#"[[[[[]]]]]"#, r#"[[1],[2]]"#] {
        assert_eq!(
            from_slice::<IgnoredAny>(text.as_bytes(), &limits).unwrap_err().code(),
            "json_too_many_members",
            "{text}"
        );
    }
    let limits = Limits::default().max_bytes(3);
    assert!(from_slice::<Value>(b"123", &limits).is_ok());
    assert_eq!(from_slice::<Value>(b"1234", &limits).unwrap_err().code(), "json_too_long");
}

#[test]
fn the_owned_value_keeps_order_and_is_written_as_it_was_read() {
    let text = r#"{"z":1,"a":[null,true,-5,1.5,"\n"],"m":{"y":{},"b":18446744073709551615}}"#;
    let value: Value = from_slice(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    assert_eq!(
        format!("{value:?}"),
        r#"{"z": number, "a": [null, boolean, number, number, string], "m": {"y": {}, "b": number}}"#
    );
    let object = value.as_object().unwrap();
    assert_eq!(object.get("m").and_then(|m| m.as_object()?.get("b")?.as_u64()), Some(u64::MAX));
    let mut object = object.clone();
    assert_eq!(object.insert("z", "new"), Some(1u64.into()));
    assert_eq!(object.remove("a").and_then(|a| Some(a.as_array()?.len())), Some(5));
    assert_eq!(object.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["z", "m"]);
    // A reader that does not look for duplicates does not get past the object.
    assert!(serde_json::from_str::<Object>(r#"{"a":1,"a":2}"#).is_err());
    assert!(serde_json::from_str::<Value>(r#"[{"a":1,"b":2,"a":2}]"#).is_err());
}

#[test]
fn errors_say_where_and_what_without_quoting_the_document() {
    let error = from_slice::<Inner>(br#"{"x":"secret text"}"#, &Limits::default()).unwrap_err();
    assert_eq!(format!("{error}"), "a string where another type is expected at byte 18");
    assert!(error.is_unfit());
    let error = from_slice::<Inner>(br#"{"y":"secret text"}"#, &Limits::default()).unwrap_err();
    assert_eq!(format!("{error}"), "member `x` is missing at byte 19");
    let error = from_slice::<Inner>(br#"{"secret":1,"secret":1}"#, &Limits::default()).unwrap_err();
    assert_eq!((error.code(), error.is_unfit()), ("json_duplicate_member", false));
    let error = from_slice::<Inner>(br#"{"\u0078":1,"x":1}"#, &Limits::default()).unwrap_err();
    assert_eq!((error.code(), error.is_unfit()), ("json_duplicate_member", false));
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn what_only_the_type_forbids_is_unfit() {
    #[derive(serde::Deserialize, Debug)]
    #[expect(dead_code, reason = "read only")]
    struct Aliased {
        #[serde(alias = "user")]
        sub: String,
    }
    let unfit = |error: JsonError| (error.code(), error.is_unfit());
    let error = from_slice::<Aliased>(br#"{"sub":"a","user":"b"}"#, &Limits::default()).unwrap_err();
    assert_eq!(unfit(error), ("json_unfit", true));
    let error = from_slice::<Aliased>(br#"{"user":"a","user":"b"}"#, &Limits::default()).unwrap_err();
    assert_eq!(unfit(error), ("json_duplicate_member", false));

    for text in ["-1", "-0", "340282366920938463463374607431768211456"] {
        let error = from_slice::<u128>(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(unfit(error), ("json_unfit", true), "{text}");
        assert!(from_slice::<Value>(text.as_bytes(), &Limits::default()).is_ok());
    }
    let error = from_slice::<i128>(b"-170141183460469231731687303715884105729", &Limits::default()).unwrap_err();
    assert_eq!((unfit(error), error.offset()), (("json_unfit", true), 40));
    // What is no number at all is so for every type.
    let endless = "9".repeat(400);
    for error in [
        from_slice::<u128>(endless.as_bytes(), &Limits::default()).map(drop).unwrap_err(),
        from_slice::<Value>(endless.as_bytes(), &Limits::default()).map(drop).unwrap_err(),
    ] {
        assert_eq!(unfit(error), ("json_number_out_of_range", false));
    }
}

#[test]
fn what_debug_shows_of_a_peers_names_is_bounded() {
    let read = |text: &str| from_slice::<Value>(text.as_bytes(), &Limits::default()).unwrap();
    // Usual ones are shown whole, and no value is.
    let usual = read(r#"{"alg":"ES256","x":[1,null,{"y\n":true}]}"#);
    assert_eq!(alloc::format!("{usual:?}"), r#"{"alg": string, "x": [number, null, {"y\n": boolean}]}"#);
    let long = read(&alloc::format!(r#"{{"{}":1}}"#, "a".repeat(65)));
    assert_eq!(alloc::format!("{long:?}"), alloc::format!(r#"{{"{}...": number}}"#, "a".repeat(64)));
    let exact = read(&alloc::format!(r#"{{"{}":1}}"#, "a".repeat(64)));
    assert_eq!(alloc::format!("{exact:?}"), alloc::format!(r#"{{"{}": number}}"#, "a".repeat(64)));

    let name = "\u{10ffff}".repeat(100);
    let many: Vec<_> = (0..1000).map(|number| alloc::format!(r#""{number}{name}":{number}"#)).collect();
    let wide = alloc::format!("{{{}}}", many.join(","));
    let deep = alloc::format!("{}{}{}", r#"{"a":[0,1,2,3,{"b":"#.repeat(10), wide, "}]}".repeat(10));
    let elements = alloc::format!("[{}1]", "1,".repeat(10_000));
    for text in [wide, deep, elements] {
        for shown in [alloc::format!("{:?}", read(&text)), alloc::format!("{:#?}", read(&text))] {
            assert!(shown.contains(".."), "{shown}");
            assert!(shown.len() < 10_000, "{}", shown.len());
        }
        assert!(alloc::format!("{:?}", read(&text)).len() < 32 * (64 + 16), "{:?}", read(&text));
    }
}
