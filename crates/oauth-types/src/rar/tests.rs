use alloc::format;

use proptest::prelude::*;

use super::*;

/// What RFC 9396 asks for in its authorization request, what it grants (shortened), and one of our own with every common member of section 2.2.
const EXAMPLES: &[&str] = &[
    r#"[{"type":"account_information","actions":["list_accounts","read_balances","read_transactions"],"locations":["https://example.com/accounts"]},{"type":"payment_initiation","actions":["initiate","status","cancel"],"locations":["https://example.com/payments"],"instructedAmount":{"currency":"EUR","amount":"123.50"},"creditorName":"Merchant A","creditorAccount":{"iban":"DE02100100109307118603"},"remittanceInformationUnstructured":"Ref Number Merchant"}]"#,
    r#"[{"type":"account_information","access":{"accounts":[{"iban":"DE2310010010123456789"},{"maskedPan":"123456xxxxxx1234"}],"balances":[{"iban":"DE2310010010123456789"}],"transactions":[]},"recurringIndicator":true}]"#,
    r#"[{"type":"customer_information","locations":["https://example.com/customers"],"actions":["read","write"],"datatypes":["contacts","photos"],"identifier":"account-14-32-32-3","privileges":["admin"]}]"#,
];

// OA-25
#[test]
fn details_are_read_and_written_back_to_the_byte() {
    for text in EXAMPLES {
        let details = AuthorizationDetails::parse(text).expect(text);
        assert_eq!(details.to_json(), *text);
        assert_eq!(AuthorizationDetails::from_value(details.to_value()), Ok(details));
    }
    let details = AuthorizationDetails::parse(EXAMPLES[2]).expect("read");
    let detail = details.iter().next().expect("one");
    assert_eq!(detail.type_name(), "customer_information");
    assert!(detail.locations().eq(["https://example.com/customers"]));
    assert!(detail.actions().eq(["read", "write"]) && detail.datatypes().eq(["contacts", "photos"]));
    assert!(detail.privileges().eq(["admin"]));
    assert_eq!(detail.identifier(), Some("account-14-32-32-3"));
    let built = AuthorizationDetail::new("customer_information")
        .expect("a detail")
        .with_locations(["https://example.com/customers"])
        .with_actions(["read", "write"])
        .with_datatypes(["contacts", "photos"])
        .with_identifier("account-14-32-32-3")
        .with_privileges(["admin"]);
    assert_eq!(&built, detail);
}

// OA-25
#[test]
fn what_is_no_array_of_typed_objects_is_refused() {
    for (text, code) in [
        ("", "json_syntax"),
        ("{}", "authorization_details_not_an_array"),
        ("null", "authorization_details_not_an_array"),
        (r#""[]""#, "authorization_details_not_an_array"),
        ("[1]", "authorization_details_not_an_object"),
        (r#"["payment"]"#, "authorization_details_not_an_object"),
        ("[[]]", "authorization_details_not_an_object"),
        ("[{}]", "authorization_details_type"),
        (r#"[{"type":""}]"#, "authorization_details_type"),
        (r#"[{"type":null}]"#, "authorization_details_type"),
        (r#"[{"type":["a"]}]"#, "authorization_details_type"),
        (r#"[{"type":"a"},{"Type":"a"}]"#, "authorization_details_type"),
        (r#"[{"type":"a","type":"b"}]"#, "json_duplicate_member"),
        (r#"[{"type":"a","locations":"x"}]"#, "authorization_details_member"),
        (r#"[{"type":"a","actions":[1]}]"#, "authorization_details_member"),
        (r#"[{"type":"a","datatypes":null}]"#, "authorization_details_member"),
        (r#"[{"type":"a","privileges":{}}]"#, "authorization_details_member"),
        (r#"[{"type":"a","identifier":1}]"#, "authorization_details_member"),
    ] {
        let error = AuthorizationDetails::parse(text).expect_err(text);
        assert!(
            error.code() == code || (code == "json_syntax" && error.code().starts_with("json_")),
            "{text}: {error:?}"
        );
    }
    assert_eq!(AuthorizationDetail::new("").err(), Some(AuthorizationDetailsError::Type));
    let detail = AuthorizationDetail::new("a").expect("a detail");
    assert_eq!(detail.clone().with_member("type", 1u64).err(), Some(AuthorizationDetailsError::Type));
    assert!(detail.with_member("actions", "x").is_err());
    assert!(AuthorizationDetails::parse("[]").expect("empty").is_empty());
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = |levels: usize| format!(r#"[{{"type":"a","x":{}{}}}]"#, "[".repeat(levels), "]".repeat(levels));
    assert!(AuthorizationDetails::parse(deep(MAX_DEPTH - 2)).is_ok());
    assert!(AuthorizationDetails::parse(deep(MAX_DEPTH - 1)).is_err());
    assert!(AuthorizationDetails::parse(format!(r#"[{{"type":"{}"}}]"#, "a".repeat(MAX_BYTES))).is_err());
    assert!(AuthorizationDetails::parse("[".repeat(MAX_BYTES)).is_err());
}

#[test]
fn a_type_of_the_callers_own_goes_both_ways() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Payment {
        r#type: String,
        amount: u64,
    }
    let payment = Payment { r#type: "payment".into(), amount: 7 };
    let detail = AuthorizationDetail::from_typed(&payment).expect("written");
    assert_eq!(detail.type_name(), "payment");
    assert_eq!(detail.to_typed::<Payment>().expect("read"), payment);
    assert!(AuthorizationDetail::new("payment").expect("a detail").to_typed::<Payment>().is_err());
    assert_eq!(AuthorizationDetail::from_typed(&1).expect_err("no object").code(), "json_not_an_object");
}

#[test]
fn b5_debug_shows_a_count_or_a_type_and_is_bounded() {
    let details = AuthorizationDetails::parse(EXAMPLES[0]).expect("read");
    assert_eq!(format!("{details:?}"), "AuthorizationDetails(2)");
    let shown = format!("{:?}", details.iter().collect::<Vec<_>>());
    assert!(
        shown.contains("payment_initiation") && !shown.contains("Merchant") && !shown.contains("123.50"),
        "{shown}"
    );
    let long = AuthorizationDetail::new("\u{202e}\n".repeat(500)).expect("a detail");
    let shown = format!("{long:?}");
    assert!(shown.len() < 700 && !shown.contains(['\n', '\u{202e}']), "{shown}");
    let error = AuthorizationDetails::parse(r#"[{"type":"marked","actions":"marked"}]"#).expect_err("malformed");
    assert!(!format!("{error:?} {error}").contains("marked"));
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_is_written_and_read_the_same(
        text in r#"\PC{0,40}|\[(\{"type":"[a-z]{1,4}"(,"(actions|locations|identifier|x)":(\["a"\]|"b"|1|null))?\},?){0,3}\]"#
    ) {
        if let Ok(details) = AuthorizationDetails::parse(&text) {
            let again = AuthorizationDetails::parse(details.to_json()).expect("what we write we read");
            prop_assert_eq!(again, details);
        }
    }
}
