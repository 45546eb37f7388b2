//! Sets of keys: what is read, and which keys may verify a token.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

use jwt_core::{
    Algorithm, Header, Jwk, JwkSet, KeyError, NoMatch, VerifyingKey, VerifyingKeys, base64url,
    jwk::{Limits, MAX_CANDIDATES},
};

/// A symmetric key of 32 octets; the octets say which one it is.
fn oct(octet: u8, more: &str) -> String {
    format!(r#"{{"kty":"oct","k":"{}"{more}}}"#, base64url::encode([octet; 32]))
}

fn set(keys: &[String]) -> JwkSet {
    JwkSet::from_slice(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes()).unwrap()
}

/// Which keys were found, by their octet.
fn octets(keys: Vec<&Jwk>) -> Vec<u8> {
    keys.into_iter().map(|key| key.dangerous_private_member("k").unwrap()[0]).collect()
}

#[test]
fn a_set_is_an_object_with_one_array_of_keys() {
    for bad in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":"x"}"#,
        r#"{"keys":[]"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[]} x"#,
        r#"{"Keys":[]}"#,
    ] {
        assert!(JwkSet::from_slice(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let twice: Result<JwkSet, _> = serde_json::from_str(r#"{"keys":[],"keys":[]}"#);
    assert!(twice.unwrap_err().to_string().contains("twice"), "also with another reader");
    let set = JwkSet::from_slice(br#"{"other":[{"keys":[]}],"keys":[],"more":1}"#).unwrap();
    assert!(set.keys().is_empty() && set.unsupported().is_empty());
    assert_eq!(set.find("RS256", None).unwrap_err(), NoMatch::NoKeyForAlgorithm);
    assert_eq!(set.find("RS256", Some("k")).unwrap_err(), NoMatch::UnknownKid);
}

#[test]
fn a14_a_key_of_which_a_value_has_no_meaning_does_not_kill_the_set() {
    for (bad, kid, code) in [
        (r#"{"kty":"oct","kid":"x","k":"AA","k":"AA"}"#, Some("x"), "key_member_duplicate"),
        (r#"{"kty":"oct","kid":"x","kid":"good"}"#, Some("good"), "key_member_duplicate"),
        (r#"{"kid":"x","a":{"b":1,"b":2}}"#, Some("x"), "key_member_duplicate"),
        (r#"{"kid":"x","a":1,"\u0061":2}"#, Some("x"), "key_member_duplicate"),
        (r#"{"kid":"x","exp":1e999}"#, None, "json_number_out_of_range"),
        (r#"{"kid":"x","a":"\udc00"}"#, None, "json_lone_surrogate"),
        (&format!(r#"{{"kid":"x","a":{}{}}}"#, "[".repeat(32), "]".repeat(32)), None, "json_too_deep"),
        ("1e999", None, "json_number_out_of_range"),
    ] {
        for keys in
            [vec![bad.to_owned(), good()], vec![good(), bad.to_owned()], vec![bad.to_owned(), good(), bad.to_owned()]]
        {
            let set = JwkSet::from_slice(format!(r#"{{"a":[1],"keys": [ {} ],"b":2}}"#, keys.join(" , ")).as_bytes())
                .unwrap();
            assert_eq!(set.keys().iter().map(Jwk::kid).collect::<Vec<_>>(), [Some("good")], "{bad}");
            assert_eq!(set.unsupported().len(), keys.len() - 1);
            for unsupported in set.unsupported() {
                assert_eq!((unsupported.kid.as_deref(), unsupported.reason.code()), (kid, code), "{bad}");
            }
        }
    }
    // Whatever is outside the keys is the set's own, and so is what is no JSON at all.
    for bad in [
        r#"{"keys":[{}],"a":1,"a":2}"#,
        r#"{"a":{"b":1,"b":2},"keys":[{}]}"#,
        r#"{"keys":[{"a":1,"a":2}],"keys":[{}]}"#,
        r#"{"keys":[{"a":1,"a":2}],"b":1e999}"#,
        r#"{"keys":[{"a":1,"a":2},{"b":}]}"#,
        r#"{"keys":[{"a":1,"a":2}]"#,
        r#"{"keys":[{"a":1,"a":2}]}}"#,
    ] {
        assert!(JwkSet::from_slice(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a15_what_stands_behind_the_first_fault_of_a_key_is_json_too() {
    let set = |bad: &[u8]| {
        let text = [br#"{"keys":["#, bad, b",", good().as_bytes(), b"]}"].concat();
        JwkSet::from_slice(&text).map(|set| set.keys().len())
    };
    for fault in [r#""a":1,"a":2"#, r#""a":1e999"#, r#""a":"\udc00""#] {
        assert_eq!(set(format!("{{{fault}}}").as_bytes()), Ok(1), "{fault}");
        for behind in [
            &b","[..],
            b"]",
            b",,",
            b",b",
            b",\"b\"",
            b",\"b\":}",
            b",\"b\":01",
            b",\"b\":-",
            b",\"b\":[1,]",
            b",\"b\":\"\x01\"",
            b",\"b\":\"\\x\"",
            b",\"b\":\"\xff\"",
            b",\"b\":nul",
            b" 1",
        ] {
            let bad = [b"{", fault.as_bytes(), behind, b"}"].concat();
            assert!(matches!(set(&bad), Err(KeyError::Json(_))), "{}", String::from_utf8_lossy(&bad));
        }
        // Brackets of which as many open as close.
        assert!(set(format!("{{{fault}]").as_bytes()).is_err());
        assert!(set(format!("[{{{fault}]}}").as_bytes()).is_err());
    }
}

fn good() -> String {
    oct(1, r#","kid":"good""#)
}

#[test]
fn a14_a_secret_beside_keys_that_could_not_be_read_is_refused_too() {
    let set = set(&[r#"{"kty":"EC","crv":"P-256"}"#.into(), good()]);
    assert!(set.keys().is_empty());
    let reasons: Vec<_> = set.unsupported().iter().map(|key| key.reason.code()).collect();
    assert_eq!(reasons, ["key_member_missing", "key_symmetric_beside_asymmetric"]);
    // What says nothing of its type is no sign of an asymmetric key.
    assert_eq!(self::set(&["{}".into(), "1".into(), r#"{"kty":"oct"}"#.into(), good()]).keys().len(), 1);
}

#[test]
fn limits_are_the_callers_to_set() {
    let text = format!(r#"{{"keys":[{},{}]}}"#, good(), good());
    let limits = Limits::default().max_keys(2).max_set_bytes(text.len());
    assert_eq!(JwkSet::from_slice_with(text.as_bytes(), &limits).unwrap().keys().len(), 2);
    let few = limits.max_keys(1);
    assert_eq!(JwkSet::from_slice_with(text.as_bytes(), &few).unwrap_err(), KeyError::TooLarge { limit: 1 });
    let short = limits.max_set_bytes(text.len() - 1);
    assert!(matches!(JwkSet::from_slice_with(text.as_bytes(), &short), Err(KeyError::TooLarge { .. })));
    // They bound what is around the keys too: by its length, more than other documents have, and by the number of its members.
    let around = |more: &str| format!(r#"{{"keys":[{}],"more":[{more}]}}"#, good());
    let long = around(&format!(r#""{}""#, "a".repeat(2 << 20)));
    assert_eq!(JwkSet::from_slice(long.as_bytes()).unwrap().keys().len(), 1);
    let one = Limits::default().max_keys(1);
    // The two of the set, the key and its three, and these: thirty-two for the key, and sixty-four.
    let wide = |more: usize| JwkSet::from_slice_with(around(&vec!["0"; more].join(",")).as_bytes(), &one);
    assert_eq!(wide(96 - 6).unwrap().keys().len(), 1);
    assert!(matches!(wide(97 - 6), Err(KeyError::Json(error)) if error.code() == "json_too_many_members"));
    // What is over a limit is not read again without its bad keys.
    let late = |bad: &str| {
        let text = format!(r#"{{"more":[{}],"keys":[{},{bad}]}}"#, ["0"; 119].join(","), good());
        JwkSet::from_slice_with(text.as_bytes(), &Limits::default().max_keys(2)).map(|set| set.keys().len())
    };
    assert_eq!((late("null"), late(r#"{"a":1,"a":2}"#)), (Ok(1), Ok(1)));
    assert_eq!(late(r#"{"a":1,"b":1,"c":1,"a":2}"#).unwrap_err().code(), "json_too_many_members");
    let key = good();
    let limits = Limits::default().max_key_bytes(key.len());
    assert!(Jwk::from_slice_with(key.as_bytes(), &limits).is_ok());
    let error = Jwk::from_slice_with(key.as_bytes(), &limits.max_key_bytes(key.len() - 1)).unwrap_err();
    assert_eq!(error, KeyError::TooLarge { limit: key.len() - 1 });
    // More than the default, too.
    let long = format!(r#"{{"x":"{}",{}"#, "a".repeat(70_000), &key[1..]);
    assert_eq!(Jwk::from_slice(long.as_bytes()).unwrap_err(), KeyError::TooLarge { limit: 64 << 10 });
    assert!(Jwk::from_slice_with(long.as_bytes(), &Limits::default().max_key_bytes(1 << 20)).is_ok());
}

#[test]
fn a_key_outlives_its_set_and_its_neighbours() {
    let set =
        set(&[oct(1, r#","kid":"a\"b","use":"sig""#), oct(2, r#","kid":"c","alg":"other","key_ops":["verify"]"#)]);
    let [first, second] = [set.keys()[0].clone(), set.keys()[1].clone()];
    drop(set);
    assert_eq!(
        (first.kid(), first.key_use(), first.dangerous_private_member("k")),
        (Some("a\"b"), Some("sig"), Some(&[1; 32][..]))
    );
    drop(first);
    assert_eq!(
        (second.kid(), second.alg(), second.dangerous_private_member("k")),
        (Some("c"), Some("other"), Some(&[2; 32][..]))
    );
}

#[test]
fn size_and_number_of_keys_are_bounded() {
    let many = |count: usize| format!(r#"{{"keys":[{}]}}"#, vec!["{}"; count].join(","));
    assert_eq!(JwkSet::from_slice(many(4096).as_bytes()).unwrap().unsupported().len(), 4096);
    assert_eq!(JwkSet::from_slice(many(4097).as_bytes()).unwrap_err(), KeyError::TooLarge { limit: 4096 });
    let long = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(JwkSet::from_slice(&long).unwrap_err(), KeyError::TooLarge { limit: 4 * 1024 * 1024 });
}

#[test]
fn a_set_of_a_thousand_keys_is_read_and_searched_by_name() {
    let keys: Vec<String> = (0..1000).map(|index| oct(1, &format!(r#","alg":"HS256","kid":"key-{index}""#))).collect();
    let set = set(&keys);
    assert_eq!(set.keys().len(), 1000);
    let ready = VerifyingKeys::new(&set, &[Algorithm::HS256]);
    for index in [0, 1, 9, 10, 500, 999] {
        let kid = format!("key-{index}");
        let found: Vec<&VerifyingKey> = ready.find("HS256", Some(&kid)).unwrap().collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kid(), Some(kid.as_str()));
    }
    assert_eq!(ready.find("HS256", Some("key-1000")).unwrap_err(), NoMatch::UnknownKid);
}

// JWK-11
#[test]
fn a_name_decides_first_then_the_algorithm_and_at_most_four_are_tried() {
    let set = set(&[
        oct(1, ""),
        oct(2, r#","kid":"a","alg":"HS256""#),
        oct(3, r#","kid":"b","alg":"HS512""#),
        oct(4, r#","kid":"a""#),
        oct(5, r#","use":"enc","kid":"a""#),
        oct(6, r#","alg":"HS256""#),
        oct(7, r#","kid":"c""#),
        oct(8, ""),
    ]);
    assert_eq!(octets(set.find("HS256", Some("a")).unwrap()), [2, 4]);
    assert_eq!(octets(set.find("HS384", Some("a")).unwrap()), [4]);
    assert_eq!(set.find("HS256", Some("b")).unwrap_err(), NoMatch::NoFittingKey);
    // Without a name: those that say the algorithm first, then the others, no more than four.
    assert_eq!(octets(set.find("HS256", None).unwrap()), [2, 6, 1, 4]);
    assert_eq!(set.find("HS256", None).unwrap().len(), MAX_CANDIDATES);
    assert_eq!(set.find("RS256", None).unwrap_err(), NoMatch::NoKeyForAlgorithm);
    let header = Header::new(Algorithm::HS256).with_kid("a");
    assert_eq!(octets(set.select(&header).unwrap()), [2, 4]);
}

#[test]
fn keys_that_are_ready_keep_the_order_of_the_set_among_equal_names() {
    let keys = ["a", "b", "a", "a", "b", "a", "a", "a"]
        .iter()
        .zip(1..)
        .map(|(kid, octet)| oct(octet, &format!(r#","kid":"{kid}""#)));
    let ready = VerifyingKeys::new(&set(&keys.collect::<Vec<_>>()), &[Algorithm::HS256]);
    let verifies = |key: &VerifyingKey, octet| {
        let signature = jwt_core::SigningKey::hs256(&[octet; 32]).unwrap().sign(b"input").unwrap();
        key.verify(b"input", &signature).is_ok()
    };
    let found: Vec<&VerifyingKey> = ready.find("HS256", Some("a")).unwrap().collect();
    assert_eq!(found.len(), MAX_CANDIDATES);
    assert!([1, 3, 4, 6].into_iter().zip(found).all(|(octet, key)| verifies(key, octet)));
    let header = Header::new(Algorithm::HS256).with_kid("b");
    let found: Vec<&VerifyingKey> = ready.select(&header).unwrap().collect();
    assert!(found.len() == 2 && verifies(found[0], 2) && verifies(found[1], 5));
}

#[test]
fn every_key_is_bound_to_one_allowed_algorithm_or_is_unusable() {
    let set = set(&[
        oct(1, r#","kid":"named","alg":"HS512""#),
        oct(2, r#","kid":"open""#),
        oct(3, r#","kid":"enc","use":"enc""#),
        oct(4, r#","kid":"kw","alg":"A128KW""#),
    ]);
    let reasons = |allowed: &[Algorithm]| {
        let ready = VerifyingKeys::new(&set, allowed);
        let reasons: Vec<KeyError> = ready.unusable().iter().map(|key| key.reason.clone()).collect();
        (ready.len(), reasons)
    };
    // HS512 needs 64 octets, these have 32.
    let short = KeyError::TooShort { bits: 256, minimum: 512 };
    assert_eq!(reasons(&[Algorithm::HS256]), (1, vec![short.clone(), KeyError::WrongUse, KeyError::WrongUse]));
    assert_eq!(reasons(&[Algorithm::HS256, Algorithm::HS256]).0, 1, "the same algorithm twice is one");
    assert_eq!(
        reasons(&[Algorithm::HS256, Algorithm::HS512]),
        (0, vec![short, KeyError::AlgorithmNotNamed, KeyError::WrongUse, KeyError::WrongUse])
    );
    assert_eq!(reasons(&[]).0, 0);
    assert_eq!(reasons(&[Algorithm::RS256]).1[1], KeyError::NotAllowed);
    // The name of an unusable key is known: the set need not be fetched again for it.
    let ready = VerifyingKeys::new(&set, &[Algorithm::HS256]);
    assert!(!ready.is_empty());
    assert_eq!(ready.find("HS512", Some("named")).unwrap_err(), NoMatch::NoFittingKey);
    assert_eq!(ready.find("HS256", Some("other")).unwrap_err(), NoMatch::UnknownKid);
    assert_eq!(ready.find("HS512", None).unwrap_err(), NoMatch::NoKeyForAlgorithm);
}

#[test]
fn a_backend_of_ones_own_makes_the_keys_and_cannot_change_their_algorithm() {
    fn lying(_: &Jwk, _: Algorithm) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::hs512(&[1; 64])
    }
    fn refusing(_: &Jwk, _: Algorithm) -> Result<VerifyingKey, KeyError> {
        Err(KeyError::Backend { reason: "not today" })
    }
    let set = set(&[oct(1, r#","kid":"a""#)]);
    let made = VerifyingKeys::with_backend(&set, &[Algorithm::HS256], lying);
    assert!(matches!(made.unusable()[0].reason, KeyError::Mismatch { found: "HS512", .. }));
    let made = VerifyingKeys::with_backend(&set, &[Algorithm::HS256], refusing);
    assert_eq!(made.unusable()[0].reason.code(), "key_backend_refused");
    let own = VerifyingKeys::from_keys(vec![VerifyingKey::hs256(&[1; 32]).unwrap().with_kid("z")]);
    assert_eq!(own.find("HS256", Some("z")).unwrap().count(), 1);
}

#[test]
fn a_set_is_written_with_public_members_only() {
    let private = r#"{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
    let written = serde_json::to_string(&set(&[private.into()])).unwrap();
    assert_eq!(
        written,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"ed"}]}"#
    );
    let again: JwkSet = serde_json::from_str(&written).unwrap();
    assert_eq!(again.keys().len(), 1);
}

#[test]
fn debug_shows_a_few_keys_of_a_set_however_many_there_are() {
    let name = "\\u0007\u{10ffff}".repeat(1000);
    let key = oct(1, &format!(r#","kid":"{name}""#));
    let bad = format!(r#"{{"kty":"oct","kid":"{name}","alg":"{name}"}}"#);
    let shown = |count: usize| {
        let set = set(&[vec![key.clone(); count], vec![bad.clone(); count]].concat());
        let ready = VerifyingKeys::new(&set, &[Algorithm::HS256]);
        assert_eq!((set.keys().len(), set.unsupported().len(), ready.len()), (count, count, count));
        [format!("{set:?}"), format!("{ready:?}")]
    };
    for (few, more) in shown(8).into_iter().zip(shown(50)) {
        assert_eq!((few.matches("kid").count(), more.matches("kid").count()), (16, 16));
        assert!(!few.contains(", ..]") && more.matches(", ..]").count() == 2, "{few}\n{more}");
        assert!(more.len() < 4_000, "{}", more.len());
    }
}
