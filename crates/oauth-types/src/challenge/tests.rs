use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::Blame;
use proptest::prelude::*;

use super::*;
use crate::error_response::ErrorCode;
use crate::identifiers::Scope;

/// Scheme and parameters, or the `token68` under the name `~`.
type Plain = Vec<(String, Vec<(String, String)>)>;

fn plain(challenges: &Challenges) -> Plain {
    let one = |challenge: &Challenge| {
        let mut parameters: Vec<_> =
            challenge.parameters().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        parameters.extend(challenge.token68().map(|text| ("~".to_owned(), text.to_owned())));
        (challenge.scheme().to_owned(), parameters)
    };
    challenges.iter().map(one).collect()
}

/// The same as literals.
type Literal<'l> = &'l [(&'l str, &'l [(&'l str, &'l str)])];

fn expected(list: Literal<'_>) -> Plain {
    let one = |&(scheme, parameters): &(&str, &[(&str, &str)])| {
        (scheme.to_owned(), parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    };
    list.iter().map(one).collect()
}

fn strict(field: &str) -> Result<Challenges, ChallengeError> {
    Challenges::parse([field], Reading::Strict)
}

// OA-18, B11
#[test]
fn b11_the_whole_grammar_of_rfc_9110_is_read_alike_in_both_readings() {
    let cases: &[(&str, Literal<'_>)] = &[
        ("", &[]),
        (" , ,, ", &[]),
        ("Basic", &[("Basic", &[])]),
        ("Basic , ", &[("Basic", &[])]),
        ("Basic realm=simple", &[("Basic", &[("realm", "simple")])]),
        // RFC 9110, section 11.6.1
        (
            r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#,
            &[
                ("Basic", &[("realm", "simple")]),
                ("Newauth", &[("realm", "apps"), ("type", "1"), ("title", "Login to \"apps\"")]),
            ],
        ),
        (
            r#"Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple""#,
            &[
                ("Newauth", &[("realm", "apps"), ("type", "1"), ("title", "Login to \"apps\"")]),
                ("Basic", &[("realm", "simple")]),
            ],
        ),
        ("Negotiate YWJj/+-._~==", &[("Negotiate", &[("~", "YWJj/+-._~==")])]),
        ("Negotiate a=, Basic", &[("Negotiate", &[("~", "a=")]), ("Basic", &[])]),
        ("Negotiate a ,Basic", &[("Negotiate", &[("~", "a")]), ("Basic", &[])]),
        ("A b = c", &[("A", &[("b", "c")])]),
        ("A b\t=\t\"c\"\t,\td=e", &[("A", &[("b", "c"), ("d", "e")])]),
        ("A b=\"\"", &[("A", &[("b", "")])]),
        (r#"A b="a, C d=e""#, &[("A", &[("b", "a, C d=e")])]),
        (r#"A b="\a\\\"""#, &[("A", &[("b", "a\\\"")])]),
        (r#"A b="é", c="\é""#, &[("A", &[("b", "é"), ("c", "é")])]),
        ("A  ,  b=c", &[("A", &[("b", "c")])]),
        ("A b=c,,,d=e,", &[("A", &[("b", "c"), ("d", "e")])]),
        ("A, B, C", &[("A", &[]), ("B", &[]), ("C", &[])]),
        ("A,B x=y,C z=w", &[("A", &[]), ("B", &[("x", "y")]), ("C", &[("z", "w")])]),
        ("!#$%&'*+-.^_`|~ a=!#$%&'*+-.^_`|~", &[("!#$%&'*+-.^_`|~", &[("a", "!#$%&'*+-.^_`|~")])]),
    ];
    for (field, list) in cases {
        for reading in [Reading::Interop, Reading::Strict] {
            let found = Challenges::parse([*field], reading).expect(field);
            assert_eq!(plain(&found), expected(list), "{field}");
            assert_eq!(found.deviations(), [], "{field}");
        }
    }
}

#[test]
fn several_fields_are_one_list_but_a_parameter_belongs_to_its_own_field() {
    let fields = ["Bearer realm=\"a\"", "", "DPoP algs=\"ES256\", Basic realm=b"];
    let found = Challenges::parse(fields, Reading::Strict).expect("read");
    assert_eq!(found.iter().map(Challenge::scheme).collect::<Vec<_>>(), ["Bearer", "DPoP", "Basic"]);
    assert_eq!(found.find("dPoP").and_then(|dpop| dpop.get("ALGS")), Some("ES256"));
    assert!(Challenges::parse(["Bearer realm=a", "error=b"], Reading::Strict).is_err());
}

#[test]
fn a_fault_is_refused_in_strict_and_ends_its_field_in_interop() {
    for (field, offset, kept) in [
        ("=", 0, &[][..]),
        ("\"a\"", 0, &[]),
        ("a=b", 2, &[]),
        ("A b", 3, &[("A", &[("~", "b")][..])]),
        ("A b c", 4, &[("A", &[])]),
        ("A b=", 4, &[("A", &[("~", "b=")])]),
        ("A b=c d", 4, &[("A", &[])]),
        ("A b=c, d=\"e", 11, &[("A", &[("b", "c")])]),
        ("A b=\"c\\", 7, &[("A", &[])]),
        ("A b=\"c\"d", 7, &[("A", &[])]),
        ("A b=\"\u{7}\"", 5, &[("A", &[])]),
        ("A x=y, b c=\"d\", =", 16, &[("A", &[("x", "y")]), ("b", &[("c", "d")])]),
        ("A YQ==, b=c", 10, &[("A", &[("~", "YQ==")])]),
        ("A\u{e9}", 1, &[("A", &[])]),
        ("A@", 1, &[("A", &[])]),
        ("A b=c;d=e", 4, &[("A", &[("b", "c;d=e")])]),
        ("A b=\r\n", 4, &[("A", &[])]),
    ] {
        let interop = Challenges::parse([field, "Z"], Reading::Interop).expect(field);
        let mut list = expected(kept);
        list.push(("Z".to_owned(), vec![]));
        assert_eq!(plain(&interop), list, "{field}");
        match strict(field) {
            Err(ChallengeError::Malformed { offset: found }) => {
                assert_eq!(found, offset, "{field}");
                assert!(!interop.deviations().is_empty(), "{field}");
            }
            Ok(_) => assert_eq!(interop.deviations(), [], "{field}"),
            Err(other) => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn the_first_of_two_equal_parameters_counts_in_interop_only() {
    let field = r#"Bearer scope="a", SCOPE="b", error=invalid_token"#;
    let found = Challenges::parse([field], Reading::Interop).expect("read");
    assert_eq!(plain(&found), expected(&[("Bearer", &[("scope", "a"), ("error", "invalid_token")])]));
    assert_eq!(found.deviations(), [Deviation::Repeated { member: "WWW-Authenticate" }]);
    assert_eq!(strict(field).expect_err("repeated"), ChallengeError::Repeated);
}

#[test]
fn a_url_without_quotes_is_read_in_interop_only() {
    let field =
        "Bearer resource_metadata=https://api.example/.well-known/oauth-protected-resource, error=invalid_token";
    let found = Challenges::parse([field], Reading::Interop).expect("read");
    let bearer = BearerChallenge::find(&found, Reading::Interop).expect("read").expect("bearer");
    assert_eq!(bearer.resource_metadata(), Some("https://api.example/.well-known/oauth-protected-resource"));
    assert_eq!(bearer.error(), Some(&ErrorCode::InvalidToken));
    assert_eq!(found.deviations(), [Deviation::Unquoted { member: "WWW-Authenticate" }]);
    assert_eq!(strict(field).expect_err("unquoted").code(), "malformed_challenge");
}

#[test]
fn limits_hold_in_both_readings() {
    for reading in [Reading::Interop, Reading::Strict] {
        let many = vec!["A"; MAX_CHALLENGES + 1].join(",");
        assert_eq!(Challenges::parse([many.as_str()], reading).expect_err("many"), ChallengeError::TooMany);
        let names: Vec<String> = (0..=MAX_PARAMETERS).map(|index| format!("p{index}=x")).collect();
        let field = format!("A {}", names.join(","));
        assert_eq!(Challenges::parse([field.as_str()], reading).expect_err("many"), ChallengeError::TooMany);
        let long = "A".repeat(MAX_BYTES);
        assert_eq!(Challenges::parse([long.as_str()], reading).expect_err("long"), ChallengeError::TooLong);
        assert_eq!(
            Challenges::parse(core::iter::repeat_n("", MAX_BYTES + 1), reading).expect_err("fields"),
            ChallengeError::TooLong
        );
    }
}

#[test]
fn what_cannot_be_written_cannot_be_built() {
    for scheme in ["", "a b", "a,b", "é", "a\n", "a\""] {
        let error = Challenge::new(scheme).expect_err(scheme);
        assert_eq!((error, error.blame()), (ChallengeError::Unwritable, Blame::Caller));
    }
    for token68 in ["", "=", "a=b", "a b", "é", "a\n"] {
        assert_eq!(Challenge::with_token68("A", token68), Err(ChallengeError::Unwritable), "{token68}");
    }
    for (name, value) in [("", "x"), ("a b", "x"), ("a", "\n"), ("a", "é"), ("a", "\u{7f}")] {
        assert!(Challenge::new("A").and_then(|challenge| challenge.with_parameter(name, value)).is_err());
    }
    let twice = Challenge::new("A")
        .and_then(|challenge| challenge.with_parameter("a", "1"))
        .and_then(|challenge| challenge.with_parameter("A", "2"));
    assert_eq!(twice, Err(ChallengeError::Unwritable));
    let both = Challenge::with_token68("A", "b").and_then(|challenge| challenge.with_parameter("a", "1"));
    assert_eq!(both, Err(ChallengeError::Unwritable));
    for bad in [
        BearerChallenge::new().with_realm("a\r\nset-cookie: b"),
        BearerChallenge::new().with_error(ErrorCode::Other(String::new())),
        BearerChallenge::new().with_error(ErrorCode::from("a\"b")),
        BearerChallenge::new().with_error_description("a \\ b"),
        BearerChallenge::new().with_error_uri("javascript:x"),
        BearerChallenge::new().with_resource_metadata("/relative"),
        BearerChallenge::new().with_acr_values(["a b"]),
        BearerChallenge::new().with_realm("a").with_parameter("Realm", "b"),
    ] {
        assert_eq!(bad.to_header_value(), Err(ChallengeError::Unwritable), "{bad:?}");
    }
}

/// Reads the field, writes each challenge back and joins them as they came.
fn written_back(field: &str) -> Challenges {
    let challenges = strict(field).expect(field);
    let written: Vec<String> = challenges.iter().map(Challenge::to_header_value).collect();
    assert_eq!(written.join(", "), field);
    challenges
}

fn bearer(challenges: &Challenges) -> BearerChallenge {
    BearerChallenge::find(challenges, Reading::Strict).expect("read").expect("there is one")
}

// HTTP-6750-022, -023, -024
#[test]
fn rfc_6750_section_3_bearer_challenges() {
    let field = r#"Bearer realm="example""#;
    let challenge = bearer(&written_back(field));
    assert_eq!((challenge.realm(), challenge.error()), (Some("example"), None));
    assert_eq!(BearerChallenge::new().with_realm("example").to_header_value().as_deref(), Ok(field));

    let field = r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#;
    let challenge = bearer(&written_back(field));
    assert_eq!(challenge.error(), Some(&ErrorCode::InvalidToken));
    assert_eq!(challenge.error_description(), Some("The access token expired"));
    assert_eq!(challenge.to_header_value().as_deref(), Ok(field));
    assert_eq!(BearerChallenge::new().with_scope(Scope::empty()).to_header_value().as_deref(), Ok("Bearer"));
}

// RFC 9728, section 5.1
#[test]
fn rfc_9728_section_5_1_resource_metadata() {
    let field = r#"Bearer resource_metadata="https://resource.example.com/.well-known/oauth-protected-resource""#;
    let challenge = bearer(&written_back(field));
    assert_eq!(
        challenge.resource_metadata(),
        Some("https://resource.example.com/.well-known/oauth-protected-resource")
    );
    assert_eq!(challenge.to_header_value().as_deref(), Ok(field));
}

// RFC 9470, section 3
#[test]
fn rfc_9470_section_3_step_up() {
    let field = r#"Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR""#;
    let challenge = bearer(&written_back(field));
    assert_eq!(challenge.error(), Some(&ErrorCode::InsufficientUserAuthentication));
    assert_eq!(challenge.acr_values(), ["myACR"]);
    assert_eq!(challenge.to_header_value().as_deref(), Ok(field));

    let field = r#"Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5""#;
    let challenge = bearer(&written_back(field));
    assert_eq!(challenge.max_age(), Some(Duration::from_secs(5)));
    assert_eq!(challenge.to_header_value().as_deref(), Ok(field));
}

// HTTP-9449-089, -090, -092, -094, -096, -099
#[test]
fn rfc_9449_section_7_dpop_beside_bearer() {
    written_back(r#"DPoP algs="ES256 PS256""#);
    written_back(r#"Bearer, DPoP algs="ES256 PS256""#);
    written_back(r#"Bearer error="invalid_token", error_description="Invalid token", DPoP algs="ES256 PS256""#);
    let found =
        written_back(r#"DPoP error="invalid_token", error_description="Invalid DPoP key binding", algs="ES256""#);
    let dpop = BearerChallenge::from_challenge(found.find("DPoP").expect("dpop"), Reading::Strict).expect("read");
    assert_eq!(dpop.error(), Some(&ErrorCode::InvalidToken));
    assert_eq!(dpop.extra().collect::<Vec<_>>(), [("algs", "ES256")]);
    let found = written_back(
        r#"Bearer error="invalid_request", error_description="Multiple methods used to include access token", DPoP algs="ES256 PS256", error="invalid_request", error_description="Multiple methods used to include access token""#,
    );
    assert_eq!(found.len(), 2);
    let found = written_back(
        r#"DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof""#,
    );
    assert_eq!(found.find("DPoP").and_then(|dpop| dpop.get("error")), Some("use_dpop_nonce"));
}

#[test]
fn bad_parameters_of_a_bearer_challenge_are_left_out_or_refused() {
    for (parameter, deviation) in [
        (r#"error="a\"b""#, "error was malformed"),
        (r#"error="""#, "error was malformed"),
        (r#"error_description="é""#, "error_description held characters that are not allowed"),
        (r#"error_uri="javascript:x""#, "error_uri was malformed"),
        (r#"scope="a  b""#, "scope was malformed"),
        (r#"resource_metadata="file:///etc/passwd""#, "resource_metadata was malformed"),
        (r#"resource_metadata="http://a.example/.well-known/x""#, "resource_metadata was malformed"),
        (r#"resource_metadata="https://user:pass@a.example/""#, "resource_metadata was malformed"),
        (r#"max_age="-1""#, "max_age was malformed"),
        (r#"max_age="+1""#, "max_age was malformed"),
        (r#"max_age="99999999999999999999""#, "max_age was malformed"),
    ] {
        let challenges = strict(&format!("Bearer realm=x, {parameter}")).expect("the grammar is right");
        let interop = BearerChallenge::find(&challenges, Reading::Interop).expect("read").expect("bearer");
        assert_eq!(interop.deviations().iter().map(ToString::to_string).collect::<Vec<_>>(), [deviation]);
        assert_eq!(interop.realm(), Some("x"));
        assert_eq!(
            BearerChallenge::find(&challenges, Reading::Strict).expect_err(parameter).code(),
            "invalid_challenge_parameter"
        );
    }
    assert!(BearerChallenge::find(&Challenges::default(), Reading::Strict).expect("none").is_none());
}

// DP-06: the scheme in any letter case; HTTP-9449-090, -094, -099
#[test]
fn a_dpop_challenge_has_what_a_bearer_challenge_has_and_algs() {
    let field = r#"DPoP error="invalid_token", error_description="Invalid DPoP key binding", algs="ES256 PS256""#;
    for spelt in [field.to_owned(), field.replacen("DPoP", "dpop", 1), field.replacen("algs", "ALGS", 1)] {
        let dpop = DpopChallenge::find(&strict(&spelt).expect("read"), Reading::Strict).expect("read").expect("dpop");
        assert_eq!(dpop.error(), Some(&ErrorCode::InvalidToken));
        assert_eq!(dpop.error_description(), Some("Invalid DPoP key binding"));
        assert_eq!((dpop.algs(), dpop.is_use_dpop_nonce()), (&["ES256".to_owned(), "PS256".to_owned()][..], false));
        assert_eq!(dpop.extra().count(), 0);
        assert_eq!(dpop.to_header_value().as_deref(), Ok(field));
    }
    let field = r#"DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof""#;
    let dpop = DpopChallenge::find(&strict(field).expect("read"), Reading::Strict).expect("read").expect("dpop");
    assert!(dpop.is_use_dpop_nonce());

    let full = DpopChallenge::new()
        .with_realm("a")
        .with_error(ErrorCode::InsufficientUserAuthentication)
        .with_scope(Scope::parse("x y").expect("a scope"))
        .with_resource_metadata("https://rs.example/.well-known/oauth-protected-resource")
        .with_acr_values(["gold"])
        .with_max_age(Duration::from_secs(5))
        .with_algs(["ES256"])
        .with_parameter("x", "y");
    let field = full.to_header_value().expect("written");
    assert_eq!(
        field,
        r#"DPoP realm="a", error="insufficient_user_authentication", scope="x y", resource_metadata="https://rs.example/.well-known/oauth-protected-resource", acr_values="gold", max_age="5", algs="ES256", x="y""#
    );
    let found = DpopChallenge::find(&strict(&field).expect("read"), Reading::Strict).expect("read").expect("dpop");
    assert_eq!(found.to_header_value(), Ok(field));
    for bad in ["", "a b", "é"] {
        assert_eq!(DpopChallenge::new().with_algs([bad]).to_header_value(), Err(ChallengeError::Unwritable));
    }
    for bad in [r#"DPoP algs="""#, r#"DPoP algs=" ""#, r#"DPoP algs="é""#] {
        let challenges = strict(bad).expect(bad);
        let interop = DpopChallenge::find(&challenges, Reading::Interop).expect(bad).expect(bad);
        assert_eq!((interop.algs().len(), interop.deviations()), (0, &[Deviation::Malformed { member: "algs" }][..]));
        assert!(DpopChallenge::find(&challenges, Reading::Strict).is_err(), "{bad}");
    }
}

// MD-06
#[test]
fn the_resource_metadata_of_any_scheme_is_found() {
    const URL: &str = "https://rs.example/.well-known/oauth-protected-resource";
    for scheme in ["Bearer", "DPoP", "dpop", "Mutual", "x"] {
        let response = HttpResponse::new(401)
            .with_header("www-authenticate", "Basic realm=x, Negotiate YQ==")
            .with_header("www-authenticate", format!(r#"{scheme} error="invalid_token", Resource_Metadata="{URL}""#));
        for reading in [Reading::Interop, Reading::Strict] {
            let challenges = Challenges::from_http(&response, reading).expect(scheme);
            assert_eq!((challenges.len(), challenges.resource_metadata()), (3, Some(URL)), "{scheme}");
        }
    }
    for none in [
        "Bearer",
        r#"Bearer resource_metadata="/relative""#,
        r#"DPoP resource_metadata="javascript:x""#,
        r#"Bearer resource_metadata="http://a.example/.well-known/x""#,
    ] {
        assert_eq!(strict(none).expect(none).resource_metadata(), None, "{none}");
    }
    assert!(Challenges::from_http(&HttpResponse::new(401), Reading::Strict).expect("none").is_empty());
}

#[test]
fn b5_no_more_of_a_peers_words_is_shown_than_one_can_look_at() {
    let long = "x".repeat(4000);
    let field = format!(r#"{long} {long}=a, y{long}="marked", {long}; z="#);
    let found = Challenges::parse([field.as_str()], Reading::Interop).expect("read");
    assert_eq!(found.len(), 2);
    let one = found.iter().next().expect("one");
    assert_eq!((one.scheme(), one.parameters().count()), (long.as_str(), 2));
    let error = strict(&field).expect_err("malformed");
    let bearer = BearerChallenge::from_challenge(one, Reading::Interop).expect("read");
    for shown in [format!("{found:?}"), format!("{one:?}"), format!("{error:?} {error}"), format!("{bearer:?}")] {
        assert!(shown.len() < 500 && !shown.contains("marked"), "{shown}");
    }
}

#[test]
fn whatever_is_repeated_up_to_the_limit_is_read_or_refused_at_once() {
    for piece in ["a=\"", "A ", "a,", "\\", "=", r#"A b="\""#, ", ", "A a=b,", "A b= ", "A\t"] {
        let long = piece.repeat((MAX_BYTES - 1) / piece.len());
        for reading in [Reading::Interop, Reading::Strict] {
            if let Ok(found) = Challenges::parse([long.as_str()], reading) {
                assert!(found.len() <= MAX_CHALLENGES && found.deviations().len() <= 3, "{piece}");
            }
        }
    }
}

prop_compose! {
    fn challenge()(
        scheme in "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}",
        parameters in proptest::collection::btree_map("[a-z0-9]{1,5}", "[ -~]{0,12}", 0..5),
        token68 in proptest::option::weighted(0.3, "[A-Za-z0-9._~+/-]{1,9}={0,2}"),
    ) -> Challenge {
        match token68 {
            Some(text) => Challenge::with_token68(&scheme, &text).expect("built"),
            None => parameters.iter().fold(Challenge::new(&scheme).expect("built"), |challenge, (name, value)| {
                challenge.with_parameter(name, value).expect("built")
            }),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn what_was_written_is_read_back(list in proptest::collection::vec(challenge(), 0..5), joined: bool) {
        let fields: Vec<String> = list.iter().map(Challenge::to_header_value).collect();
        let fields = if joined { vec![fields.join(" , ,")] } else { fields };
        for reading in [Reading::Interop, Reading::Strict] {
            let found = Challenges::parse(fields.iter().map(String::as_str), reading).expect("read");
            prop_assert_eq!(found.deviations(), []);
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), list.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_panics_and_strict_accepts_a_subset(fields in proptest::collection::vec("\\PC{0,30}|[A-C =,\"\\\\a-c\t/~]{0,40}", 0..3)) {
        let strict = Challenges::parse(fields.iter().map(String::as_str), Reading::Strict);
        let interop = Challenges::parse(fields.iter().map(String::as_str), Reading::Interop);
        if let Ok(strict) = strict {
            prop_assert_eq!(&strict, interop.as_ref().expect("interop"));
            prop_assert_eq!(strict.deviations(), []);
            // Written back it reads the same.
            let written: Vec<String> = strict.iter().map(Challenge::to_header_value).collect();
            let again = Challenges::parse(written.iter().map(String::as_str), Reading::Strict).expect("again");
            prop_assert_eq!(&again, &strict);
        }
        if let Ok(interop) = interop {
            for challenge in &interop {
                for reading in [Reading::Interop, Reading::Strict] {
                    if let Ok(bearer) = BearerChallenge::from_challenge(challenge, reading) {
                        let _ = (format!("{bearer:?}"), bearer.to_header_value());
                    }
                    if let Ok(dpop) = DpopChallenge::from_challenge(challenge, reading) {
                        let _ = (format!("{dpop:?}"), dpop.to_header_value());
                    }
                }
            }
        }
    }

    #[test]
    fn a_bearer_challenge_survives_the_wire(
        realm in proptest::option::of("[ -~]{0,12}"), error in proptest::option::of("[a-z_]{1,12}"), description in proptest::option::of("[ !#-\\[\\]-~]{1,12}"),
        scope in proptest::option::of("[a-z:]{1,5}( [A-Z:]{1,5})?"), acr in proptest::collection::vec("[!-~]{1,6}", 0..3), max_age in proptest::option::of(any::<u64>()),
    ) {
        let mut challenge = BearerChallenge::new().with_acr_values(acr);
        if let Some(realm) = realm { challenge = challenge.with_realm(realm); }
        if let Some(error) = error { challenge = challenge.with_error(ErrorCode::from(error)); }
        if let Some(text) = description { challenge = challenge.with_error_description(text); }
        if let Some(scope) = scope { challenge = challenge.with_scope(Scope::parse(scope).expect("a scope")); }
        if let Some(seconds) = max_age { challenge = challenge.with_max_age(Duration::from_secs(seconds)); }
        let field = challenge.to_header_value().expect("written");
        let found = bearer(&strict(&field).expect("read"));
        prop_assert_eq!(found.to_header_value(), Ok(field));
    }
}
