use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

fn decoded(text: &str) -> Vec<(String, String)> {
    Pairs::parse(text).unwrap().iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    encode_component(text, &mut out);
    out
}

// OA-01
#[test]
fn the_example_of_rfc_6749_appendix_b() {
    // "the value consisting of the six Unicode code points (1) U+0020 (SPACE), (2) U+0025 (PERCENT SIGN), (3) U+0026 (AMPERSAND), (4) U+002B (PLUS SIGN),
    // (5) U+00A3 (POUND SIGN), and (6) U+20AC (EURO SIGN) would be encoded into"
    assert_eq!(encoded(" %&+\u{a3}\u{20ac}"), "+%25%26%2B%C2%A3%E2%82%AC");
    assert_eq!(decode_component(b"+%25%26%2B%C2%A3%E2%82%AC").unwrap(), " %&+\u{a3}\u{20ac}");
    assert_eq!(decode_component(b"%20%25%26%2b%c2%a3%e2%82%ac").unwrap(), " %&+\u{a3}\u{20ac}");
}

#[test]
fn reading_follows_the_whatwg_parser() {
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    assert_eq!(decoded(""), vec![]);
    assert_eq!(decoded("&&&a=b&&&&c=d&"), vec![pair("a", "b"), pair("c", "d")]);
    assert_eq!(decoded("a==a&=b&c"), vec![pair("a", "=a"), pair("", "b"), pair("c", "")]);
    assert_eq!(decoded("b=%%2a&%=a&%a_=%2s"), vec![pair("b", "%*"), pair("%", "a"), pair("%a_", "%2s")]);
}

#[test]
fn invalid_utf_8_is_refused_where_whatwg_puts_a_replacement_character() {
    // The last ones are text only if what does not belong together is read together.
    for text in ["%FE%FF", "a=%C2x", "%ED%A0%80=surrogate", "a=%C0%80", "%C2=%A3", "a=%C2&%A3=b", "%E2%82=&=%AC"] {
        assert_eq!(Pairs::parse(text).err(), Some(FormError::NotUtf8), "{text}");
    }
    assert_eq!(Pairs::parse(b"a=\xFF").err(), Some(FormError::NotUtf8));
}

#[test]
fn the_cases_of_web_platform_tests_but_for_invalid_utf_8() {
    for (input, output) in URLENCODED_PARSER_DATA {
        match (Pairs::parse(input), output) {
            (Ok(pairs), Some(output)) => assert!(pairs.iter().eq(output.iter().copied()), "{input}"),
            (found, output) => {
                assert!(output.is_none(), "{input}");
                assert_eq!(found.err(), Some(FormError::NotUtf8), "{input}");
            }
        }
    }
}

/// What a form is read as; `None` where the suite has a replacement character, which stands for what is refused here.
type Case = (&'static str, Option<&'static [(&'static str, &'static str)]>);

/// `url/resources/urlencoded-parser-data.json` of web-platform-tests at d1655f32e1b75a6f052a26647f1c108b7b4f689e, whole. Copyright web-platform-tests
/// contributors, BSD-3-Clause.
#[rustfmt::skip]
const URLENCODED_PARSER_DATA: [Case; 35] = [
    ("test", Some(&[("test", "")])),
    ("\u{feff}test=\u{feff}", Some(&[("\u{feff}test", "\u{feff}")])),
    ("%EF%BB%BFtest=%EF%BB%BF", Some(&[("\u{feff}test", "\u{feff}")])),
    ("%EF%BF%BF=%EF%BF%BF", Some(&[("\u{ffff}", "\u{ffff}")])),
    ("%FE%FF", None),
    ("%FF%FE", None),
    ("\u{2020}&\u{2020}=x", Some(&[("\u{2020}", ""), ("\u{2020}", "x")])),
    ("%C2", None),
    ("%C2x", None),
    ("_charset_=windows-1252&test=%C2x", None),
    ("", Some(&[])),
    ("a", Some(&[("a", "")])),
    ("a=b", Some(&[("a", "b")])),
    ("a=", Some(&[("a", "")])),
    ("=b", Some(&[("", "b")])),
    ("&", Some(&[])),
    ("&a", Some(&[("a", "")])),
    ("a&", Some(&[("a", "")])),
    ("a&a", Some(&[("a", ""), ("a", "")])),
    ("a&b&c", Some(&[("a", ""), ("b", ""), ("c", "")])),
    ("a=b&c=d", Some(&[("a", "b"), ("c", "d")])),
    ("a=b&c=d&", Some(&[("a", "b"), ("c", "d")])),
    ("&&&a=b&&&&c=d&", Some(&[("a", "b"), ("c", "d")])),
    ("a=a&a=b&a=c", Some(&[("a", "a"), ("a", "b"), ("a", "c")])),
    ("a==a", Some(&[("a", "=a")])),
    ("a=a+b+c+d", Some(&[("a", "a b c d")])),
    ("%=a", Some(&[("%", "a")])),
    ("%a=a", Some(&[("%a", "a")])),
    ("%a_=a", Some(&[("%a_", "a")])),
    ("%61=a", Some(&[("a", "a")])),
    ("%61+%4d%4D=", Some(&[("a MM", "")])),
    ("id=0&value=%", Some(&[("id", "0"), ("value", "%")])),
    ("b=%2sf%2a", Some(&[("b", "%2sf*")])),
    ("b=%2%2af%2a", Some(&[("b", "%2*f*")])),
    ("b=%%2a", Some(&[("b", "%*")])),
];

// OA-03
#[test]
fn a_parameter_that_comes_twice_is_refused_and_an_empty_one_is_none() {
    let pairs = Pairs::parse("a=1&b=&a=1&c=3").unwrap();
    assert_eq!(pairs.unique("a"), Err(FormError::Duplicate { name: "a" }));
    assert_eq!(pairs.unique("b"), Ok(None));
    assert_eq!(pairs.unique("c"), Ok(Some("3")));
    assert_eq!(pairs.unique("d"), Ok(None));
    assert_eq!(pairs.all("a").count(), 2);
    // One of the two is empty: two values to choose from all the same.
    assert!(Pairs::parse("code=&code=x").unwrap().unique("code").is_err());
    // The same name, spelled in two ways.
    assert!(Pairs::parse("code=x&c%6Fde=y").unwrap().unique("code").is_err());
}

#[test]
fn limits_are_kept_before_any_work() {
    assert_eq!(Pairs::parse("a".repeat(MAX_FORM_BYTES + 1)).err(), Some(FormError::TooLong));
    assert!(Pairs::parse("a".repeat(MAX_FORM_BYTES)).is_ok());
    assert!(Pairs::parse("a&".repeat(MAX_FORM_PAIRS)).is_ok());
    assert_eq!(Pairs::parse("a&".repeat(MAX_FORM_PAIRS + 1)).err(), Some(FormError::TooManyPairs));
    assert!(Pairs::parse("&".repeat(MAX_FORM_BYTES)).unwrap().is_empty());
}

#[test]
fn b5_neither_form_shows_its_values() {
    let mut form = FormBuilder::new();
    form.append("code", "marked-7f3a");
    let shown = format!("{form:?} {:?}", Pairs::parse("code=marked-7f3a&marked-7f3a=x").unwrap());
    assert!(!shown.contains("marked"), "{shown}");
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(pairs in proptest::collection::vec((".*", ".*"), 0..20)) {
        let mut form = FormBuilder::new();
        for (name, value) in &pairs {
            form.append(name, value);
        }
        let text = form.finish();
        prop_assert!(text.split(['%', '+', '&', '=']).all(is_plain));
        prop_assert_eq!(decoded(&text), pairs);
    }

    #[test]
    fn a_name_is_found_wherever_reading_finds_it(text in "[ac+%62&=]{0,12}|\\PC{0,12}", name in "[ab %&c]{0,3}") {
        if let Ok(pairs) = Pairs::parse(&text) {
            // An empty stretch is no pair, and has no name.
            let found = pairs.all(&name).next().is_some();
            prop_assert_eq!(has_name(text.as_bytes(), &name) && !name.is_empty(), found && !name.is_empty());
        }
    }

    #[test]
    fn encoding_is_that_of_the_url_crate(text in ".*") {
        let theirs = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        prop_assert_eq!(encoded(&text), theirs);
    }

    #[test]
    fn decoding_is_that_of_the_url_crate_wherever_it_is_utf_8(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let theirs: Vec<(String, String)> = url::form_urlencoded::parse(&text).into_owned().collect();
        match Pairs::parse(&text) {
            Ok(pairs) => prop_assert_eq!(pairs.iter().map(|(name, value)| (name.into(), value.into())).collect::<Vec<(String, String)>>(), theirs),
            Err(_) => {
                let replaced = theirs.iter().any(|(name, value)| name.contains('\u{fffd}') || value.contains('\u{fffd}'));
                prop_assert!(replaced);
            }
        }
    }
}
