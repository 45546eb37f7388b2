use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use proptest::prelude::*;
use serde::ser::{SerializeStruct as _, SerializeStructVariant as _};

use super::*;

fn written<T: Serialize + ?Sized>(value: &T) -> core::result::Result<String, &'static str> {
    let mut writer = Writer::new(Limits::unbounded());
    value.serialize(&mut writer).map_err(|error| error.code())?;
    assert_eq!((writer.depth, writer.names.len()), (0, 0));
    Ok(String::from_utf8(writer.as_bytes().to_vec()).unwrap())
}

#[derive(serde::Serialize)]
enum Variants {
    Unit,
    Newtype(u8),
    Tuple(u8, &'static str),
    Struct { a: Option<bool>, b: () },
}

#[derive(serde::Serialize)]
struct Unit;

#[derive(serde::Serialize)]
struct Newtype(i8);

#[derive(serde::Serialize)]
struct Twice {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<&'static str, u8>,
}

#[derive(serde::Serialize, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    A,
    B,
}

#[derive(serde::Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Named(&'static str);

struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Everything that serde knows is written as `serde_json` writes it.
#[test]
fn every_kind_of_value_is_written() {
    fn same<T: Serialize + ?Sized>(value: &T) {
        assert_eq!(written(value).unwrap(), serde_json::to_string(value).unwrap());
    }
    same(&(true, false, (), None::<u8>, Some('\u{e9}'), Unit, Newtype(-128)));
    same(&(i16::MIN, i32::MIN, i64::MIN, i128::MIN, u16::MAX, u32::MAX, u64::MAX, u128::MAX, 0_u8, 10_u64));
    same(&(0_i8, 0_i16, 0_i32, 0_i64, 0_i128, -1_i64, 1_i64, 0_u16, 0_u32, 0_u64, 0_u128));
    same(&(0.0_f64, -0.0_f64, 0.5_f32, 0.1_f32, 1e15_f64));
    same("quote \" backslash \\ slash / \u{8}\u{c}\n\r\t\0\u{1f}\u{7f} \u{1d11e}");
    same(&[Variants::Unit, Variants::Newtype(1), Variants::Tuple(2, "x"), Variants::Struct { a: None, b: () }]);
    same(&BTreeMap::from([(i64::MIN, Variants::Tuple(1, "y")), (2, Variants::Unit)]));
    same(&BTreeMap::from([(true, 1), (false, 2)]));
    same(&BTreeMap::from([(Name::A, 1), (Name::B, 2)]));
    same(&BTreeMap::from([(Named("x"), 1), (Named("y"), 2)]));
    same(&BTreeMap::from([(Some("x"), 1), (Some("y"), 2)]));
    same(&BTreeMap::from([('"', 1), ('x', 2)]));
    same(&BTreeMap::from([("\"\n", BTreeMap::from([("", 1)])), ("\\", BTreeMap::new())]));
    same(&(Vec::<u8>::new(), BTreeMap::<u8, u8>::new(), b"bytes"));
    same(&[Bytes(b""), Bytes(b"\0\xff\n")]);
    assert_eq!(written(&format_args!("{}\"{}", 1, '\n')).unwrap(), r#""1\"\n""#);
}

#[test]
fn numbers_are_read_back_as_they_were() {
    for number in [1e16, 1e-5, 123_456_789_012_345_680.0, 5e-324, 4_000_000_000.25, f64::MAX, f64::MIN_POSITIVE] {
        let text = written(&number).unwrap();
        assert_eq!(super::super::from_slice::<f64>(text.as_bytes(), &Limits::default()), Ok(number), "{text}");
    }
}

#[test]
fn what_a_strict_reader_would_refuse_is_not_written() {
    let twice = || Twice { a: 1, rest: BTreeMap::from([("b", 2), ("a", 3)]) };
    assert_eq!(written(&twice()), Err("json_duplicate_member"));
    assert_eq!(written(&vec![BTreeMap::from([("x", twice())])]), Err("json_duplicate_member"));
    let many = |last: &str| {
        let names = (0..40).map(|n| format!("{n}")).chain([last.to_string()]);
        written(&Pairs(names.map(|name| (name, 1)).collect()))
    };
    assert!(many("x").is_ok());
    assert_eq!(many("39"), Err("json_duplicate_member"));
    assert_eq!(many("0"), Err("json_duplicate_member"));
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(written(&[number]), Err("json_number_out_of_range"));
    }
    assert_eq!(written(&f32::NAN), Err("json_number_out_of_range"));
    assert_eq!(written(&BTreeMap::from([((1, 2), 3)])), Err("json_unfit"));
    assert_eq!(written(&BTreeMap::from([(None::<u8>, 3)])), Err("json_unfit"));
}

#[test]
fn a_variant_with_many_fields_has_each_once() {
    /// A variant of twenty fields and one more.
    struct Wide(&'static str);
    impl Serialize for Wide {
        fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
            const NAMES: [&str; 20] =
                ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
            let mut fields = serializer.serialize_struct_variant("Wide", 0, "W", 21)?;
            for name in NAMES.into_iter().chain([self.0]) {
                fields.serialize_field(name, &1)?;
            }
            fields.end()
        }
    }
    assert!(written(&Wide("u")).is_ok());
    for twice in ["a", "k", "t"] {
        assert_eq!(written(&Wide(twice)), Err("json_duplicate_member"));
        assert_eq!(written(&[Wide(twice)]), Err("json_duplicate_member"));
    }
}

#[test]
fn a_name_is_text_or_nothing_is_written() {
    struct One<K>(K);
    impl<K: Serialize> Serialize for One<K> {
        fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
            serializer.collect_map([(&self.0, 1)])
        }
    }
    fn refused<K: Serialize>(name: K) {
        assert_eq!(written(&One(name)), Err("json_unfit"));
    }
    refused(1.5_f32);
    refused(1.5_f64);
    refused(Bytes(b"x"));
    refused(());
    refused(Unit);
    refused(None::<&str>);
    refused([1]);
    refused((1, 2));
    refused(One(1));
    refused(Variants::Newtype(1));
    refused(Variants::Tuple(1, "x"));
    refused(Variants::Struct { a: None, b: () });
    refused(Twice { a: 1, rest: BTreeMap::new() });
    assert_eq!(written(&One(Newtype(-1))).unwrap(), r#"{"-1":1}"#);
    assert_eq!(written(&One(Some(Name::A))).unwrap(), r#"{"A":1}"#);
}

/// A map whose names may repeat.
struct Pairs<V>(Vec<(String, V)>);

impl<V: Serialize> Serialize for Pairs<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[test]
fn the_depth_is_bounded() {
    struct Nested(usize);
    impl Serialize for Nested {
        fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
            match self.0.checked_sub(1) {
                None => serializer.serialize_unit(),
                Some(inner) if inner % 2 == 0 => serializer.collect_seq([Self(inner)]),
                Some(inner) => serializer.collect_map([("a", Self(inner))]),
            }
        }
    }
    assert!(written(&Nested(Limits::DEEPEST)).is_ok());
    assert_eq!(written(&Nested(Limits::DEEPEST + 1)), Err("json_too_deep"));
    let within = |depth| Nested(depth).serialize(&mut Writer::new(Limits::default().max_depth(7)));
    assert!(within(7).is_ok() && within(8).is_err());
}

#[test]
fn members_and_elements_are_counted_as_the_reader_counts_them() {
    fn fits<T: Serialize>(value: &T, members: usize) -> bool {
        let limits = Limits::default().max_members(members);
        let text = written(value).unwrap();
        let read = super::super::from_slice::<serde::de::IgnoredAny>(text.as_bytes(), &limits);
        let mut writer = Writer::new(limits);
        let counted = value.serialize(&mut writer).map_err(|error| error.code());
        assert_eq!(counted, read.map(drop).map_err(|error| error.code()), "{text} {members}");
        counted.is_ok()
    }
    for (value, members) in [
        (Variants::Unit, 0),
        (Variants::Newtype(1), 1),
        (Variants::Tuple(2, "x"), 3),
        (Variants::Struct { a: None, b: () }, 3),
    ] {
        assert!(fits(&value, members) && (members == 0 || !fits(&value, members - 1)));
    }
    let nested = BTreeMap::from([("a", vec![1, 2, 3]), ("b", vec![])]);
    assert!(fits(&nested, 5) && !fits(&nested, 4));
    // Each document has its own.
    let mut writer = Writer::new(Limits::default().max_members(2));
    assert!([1, 2].serialize(&mut writer).is_ok());
    writer.next_document();
    assert!([1, 2].serialize(&mut writer).is_ok());
}

#[test]
fn json_that_is_brought_along_is_written_as_it_is_and_told() {
    struct Raw(&'static str);
    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
            let [name, _] = BROUGHT_ALONG;
            let mut raw = serializer.serialize_struct(name, 1)?;
            raw.serialize_field(name, self.0)?;
            raw.end()
        }
    }
    let mut writer = Writer::new(Limits::unbounded());
    BTreeMap::from([("a", Raw("[1e5 ,")), ("b", Raw("2]"))]).serialize(&mut writer).unwrap();
    assert_eq!(writer.as_bytes(), br#"{"a":[1e5 ,,"b":2]}"#);
    assert!(writer.brought_along());
    let mut writer = Writer::new(Limits::unbounded());
    Variants::Unit.serialize(&mut writer).unwrap();
    assert!(!writer.brought_along());
}

#[test]
fn registered_claims_are_noted_in_the_outermost_object_only() {
    let mut writer = Writer::new(Limits::unbounded());
    BTreeMap::from([("aud", BTreeMap::from([("iss", 1)]))]).serialize(&mut writer).unwrap();
    let watch = writer.watch();
    assert_eq!(watch.aud.map(Place::position), Some(r#"{"aud":"#.len()));
    assert_eq!((watch.iss, watch.sub, watch.exp), (None, None, None));
    let mut writer = Writer::new(Limits::unbounded());
    #[derive(serde::Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Odd {
        Aud { x: u8 },
    }
    Odd::Aud { x: 1 }.serialize(&mut writer).unwrap();
    assert!(writer.watch().aud.is_some());
}

proptest! {
    #[test]
    fn what_serde_json_writes_and_what_is_written_here_are_the_same(
        names in proptest::collection::vec(".{0,12}", 0..40),
        texts in proptest::collection::vec("(\\PC|[\\x00-\\x1f\"\\\\]){0,300}", 1..4),
        numbers in (any::<u64>(), any::<i64>(), any::<i8>()),
    ) {
        let value: Vec<_> = names.iter().map(|name| (name.clone(), (&texts, numbers))).collect();
        let unique: alloc::collections::BTreeSet<&String> = names.iter().collect();
        match written(&Pairs(value.clone())) {
            Ok(text) => {
                prop_assert_eq!(unique.len(), names.len());
                prop_assert_eq!(text, serde_json::to_string(&Pairs(value)).unwrap());
            }
            Err(code) => {
                prop_assert_eq!(code, "json_duplicate_member");
                prop_assert!(unique.len() < names.len());
            }
        }
    }
}
