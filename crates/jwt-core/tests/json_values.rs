//! JSON values of one's own: made, changed, compared and written.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use jwt_core::json::{self, JsonKind, Limits, Number, Object, Value};

fn read(text: &str) -> Value {
    json::from_slice(text.as_bytes(), &Limits::default()).unwrap()
}

fn written(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn of_two_members_of_one_name_the_later_value_stays_in_the_place_of_the_first() {
    // JWS-06: what is written has each name once.
    let object: Object = [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("b", "5")].into_iter().collect();
    assert_eq!(written(&object), r#"{"a":"3","b":"5","c":"4"}"#);
    let two: Object = [("a", "1"), ("a", "2")].into_iter().collect();
    assert_eq!((written(&two), two.len()), (r#"{"a":"2"}"#.into(), 1));
    let unique: Object = [("b", "1"), ("a", "2")].into_iter().collect();
    assert_eq!(written(&unique), r#"{"b":"1","a":"2"}"#);
    let none: Object = core::iter::empty::<(String, Value)>().collect();
    assert!(none.is_empty() && none == Object::new());
}

#[test]
fn an_object_gives_its_members_back_in_their_order() {
    let mut object: Object = [("b", 1_u64), ("a", 2), ("c", 3)].into_iter().collect();
    assert_eq!((object.insert("a", 4_u64), object.insert("d", 5_u64)), (Some(2_u64.into()), None));
    assert_eq!((object.remove("b"), object.remove("b")), (Some(1_u64.into()), None));
    assert_eq!((object.len(), object.is_empty(), object.get("b")), (3, false, None));
    let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "c", "d"]);
    let members: Vec<(String, Value)> = object.into_iter().collect();
    assert_eq!(members, [("a".into(), 4_u64.into()), ("c".into(), 3_u64.into()), ("d".into(), 5_u64.into())]);
}

#[test]
fn a_value_is_of_one_kind_and_gives_what_is_in_it() {
    for (text, kind) in [
        ("null", JsonKind::Null),
        ("true", JsonKind::Boolean),
        ("7", JsonKind::Number),
        (r#""x""#, JsonKind::String),
        ("[1]", JsonKind::Array),
        (r#"{"a":1}"#, JsonKind::Object),
    ] {
        let value = read(text);
        assert_eq!(value.kind(), kind);
        assert_eq!(value.as_str(), (kind == JsonKind::String).then_some("x"));
        assert_eq!(value.as_bool(), (kind == JsonKind::Boolean).then_some(true));
        assert_eq!(value.as_u64(), (kind == JsonKind::Number).then_some(7));
        assert_eq!(value.as_array().map(<[Value]>::len), (kind == JsonKind::Array).then_some(1));
        assert_eq!(value.as_object().map(Object::len), (kind == JsonKind::Object).then_some(1));
        assert_eq!(written(&value), text);
        // Another reader makes the same of it.
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value);
    }
}

#[test]
fn another_reader_makes_the_same_values_and_is_as_strict_about_names() {
    let text = r#"[null,false,-1,0,18446744073709551615,0.5,-2.5e3,"","é\n",[],{"b":{},"a":[{}]}]"#;
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), read(text));
    let object = serde_json::from_str::<serde_json::Value>(r#"{"a":{"b":[1,"x",null]}}"#).unwrap();
    assert_eq!(
        serde_json::from_value::<Object>(object).unwrap(),
        *read(r#"{"a":{"b":[1,"x",null]}}"#).as_object().unwrap()
    );
    // A reader of our own never hands over a name twice.
    for twice in [r#"{"a":1,"b":2,"a":3}"#, r#"{"a":{"b":1,"b":1}}"#] {
        let error = serde_json::from_str::<Value>(twice).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }
}

#[test]
fn a_number_keeps_its_form() {
    for (text, unsigned, signed, fraction) in [
        ("0", Some(0), Some(0), 0.0),
        ("7", Some(7), Some(7), 7.0),
        ("-7", None, Some(-7), -7.0),
        ("9223372036854775807", Some(i64::MAX.unsigned_abs()), Some(i64::MAX), 9_223_372_036_854_775_807.0),
        ("9223372036854775808", Some(1 << 63), None, 9_223_372_036_854_775_808.0),
        ("18446744073709551615", Some(u64::MAX), None, 18_446_744_073_709_551_615.0),
        ("-9223372036854775808", None, Some(i64::MIN), -9_223_372_036_854_775_808.0),
        ("7.0", None, None, 7.0),
        ("1.5", None, None, 1.5),
    ] {
        let Value::Number(number) = read(text) else { unreachable!("{text}") };
        assert_eq!((number.as_u64(), number.as_i64()), (unsigned, signed), "{text}");
        assert!((number.as_f64() - fraction).abs() < f64::EPSILON, "{text}");
        assert_eq!(written(&Value::from(number)), text);
    }
    assert_eq!(Value::from(7_i64), Value::from(7_u64), "a number has one form");
    assert_eq!(Number::from(-7_i64).as_i64(), Some(-7));
    assert_ne!(Value::from(7_u64), read("7.0"));
    assert_eq!(Number::from_f64(1.5).map(|number| number.as_f64()), Some(1.5));
    assert!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().all(|odd| Number::from_f64(odd).is_none()));
}

#[test]
fn a_value_is_made_of_what_rust_has() {
    let object: Object = [
        ("text", Value::from("x")),
        ("owned", Value::from(String::from("y"))),
        ("flag", Value::from(true)),
        ("list", Value::from(vec!["a", "b"])),
        ("inner", Value::from(Object::new())),
    ]
    .into_iter()
    .collect();
    assert_eq!(written(&object), r#"{"text":"x","owned":"y","flag":true,"list":["a","b"],"inner":{}}"#);
    assert_eq!(read(&written(&object)), Value::Object(object));
}

#[test]
fn a_number_of_any_length_has_its_value_wherever_it_stands() {
    fn same<T: serde::de::DeserializeOwned + PartialEq + core::fmt::Debug>(text: &str) {
        let (ours, theirs) =
            (json::from_slice::<T>(text.as_bytes(), &Limits::default()), serde_json::from_str::<T>(text));
        assert_eq!(ours.ok(), theirs.ok(), "{text} as {}", core::any::type_name::<T>());
    }
    let digits = "12345678901234567890123456789".repeat(2);
    let mut numbers: Vec<String> = (1..30).flat_map(|length| [digits[..length].into(), "9".repeat(length)]).collect();
    // What is no digit, in every place, behind every other.
    for length in [1, 7, 8, 9, 15, 16, 17, 19, 20] {
        for place in 0..length {
            for other in "/:;?e.-+ 0\n,\"@Ax\u{7f}\u{b1}".chars() {
                numbers.push(format!("{}{other}{}", &digits[..place], &digits[place + 1..length]));
            }
        }
    }
    numbers.extend(
        ["18446744073709551615", "18446744073709551616", "10000000000000000000", "09", "00000000"].map(Into::into),
    );
    for number in numbers {
        for text in [
            number.clone(),
            format!("[{number}]"),
            format!("[{number} ]"),
            format!("[1,{number},2]"),
            format!("[[{number}],{{\"a\":{number}}}]"),
            format!(r#"{{"a":{number},"b":{number}}}"#),
            format!("[{number}"),
            format!("[{number}x]"),
        ] {
            let ours = json::from_slice::<Value>(text.as_bytes(), &Limits::default());
            assert_eq!(ours.is_ok(), serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            if let Ok(Value::Number(read)) = ours {
                assert_eq!(Ok(read.as_f64()), text.trim().parse(), "{text}");
            }
            same::<Vec<u64>>(&text);
            same::<Vec<i128>>(&text);
        }
    }
}

#[test]
fn a_fraction_in_the_place_of_a_wide_integer_is_of_another_type_and_no_fault_of_the_text() {
    for text in ["[1.5]", "[1.5,2]", "[-2e3]", "[1e1]"] {
        for error in [
            json::from_slice::<Vec<u128>>(text.as_bytes(), &Limits::default()).unwrap_err(),
            json::from_slice::<Vec<i128>>(text.as_bytes(), &Limits::default()).unwrap_err(),
        ] {
            assert_eq!((error.code(), error.found()), ("json_wrong_type", Some(JsonKind::Number)), "{text}");
        }
    }
}
