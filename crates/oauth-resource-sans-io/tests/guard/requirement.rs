//! What a request needs beyond a valid token.

use core::time::Duration;

use jwt_core::json::{Object, Value};
use oauth_resource_sans_io::{Reason, RequestHead, Requirement};
use oauth_types::{AuthorizationDetail, Scope};

use crate::world::{NOW, check, check_for, denied, granted, one, ready, requirement};

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[test]
fn one_request_can_need_something_else_than_the_rest() {
    let server = one();
    let guard = ready(&[&server]);
    let token = server.token(&[("scope", Some("files.read".into()))]);
    granted(check(&guard, &token));
    let denial = denied(check_for(&guard, &token, &scope("files.delete").into()));
    assert_eq!(denial.status(), 403);
    assert!(denial.challenge().unwrap().contains(r#"scope="files.delete""#));
    // A token without a scope passes only where none is needed.
    let none = server.token(&[("scope", None)]);
    assert_eq!(denied(check(&guard, &none)).status(), 403);
    granted(check_for(&guard, &none, &Requirement::new()));
}

#[test]
fn all_tokens_of_one_scope_are_needed_and_any_of_another() {
    let server = one();
    let guard = ready(&[&server]);
    let passes = |granted: &str, all: &str, any: &str| {
        let parse = |text: &str| Scope::from_tokens(text.split_whitespace()).unwrap();
        let token = server.token(&[("scope", Some(granted.into()))]);
        let requirement = Requirement::new().scope(parse(all)).any_scope(parse(any));
        matches!(check_for(&guard, &token, &requirement), oauth_resource_sans_io::Check::Granted(_))
    };
    for (granted, all, any, expected) in [
        ("a", "", "", true),
        ("a b", "a b", "", true),
        ("b a", "a b", "", true),
        ("a", "a b", "", false),
        ("A", "a", "", false),
        ("ab", "a", "", false),
        ("a", "", "a b", true),
        ("b", "", "a b", true),
        ("c", "", "a b", false),
        ("a c", "a", "b c", true),
        ("a", "a", "b c", false),
        ("c", "a", "b c", false),
        ("1 2 3 4 5 6 7 8 9 10", "10 9 8 7 6 5 4 3 2 1", "", true),
        ("1 2 3 4 5 6 7 8 9", "10 9 8 7 6 5 4 3 2 1", "", false),
    ] {
        assert_eq!(passes(granted, all, any), expected, "{granted:?} {all:?} {any:?}");
    }
}

#[test]
fn how_and_when_the_user_was_authenticated_can_be_demanded() {
    let server = one();
    let guard = ready(&[&server]);
    let strong = Requirement::new().acr_values(["gold", "silver"]).unwrap();
    let with = |acr: Option<Value>, auth_time: Option<Value>| server.token(&[("acr", acr), ("auth_time", auth_time)]);
    let reason =
        |token: &str, requirement: &Requirement| denied(check_for(&guard, token, requirement)).reason().clone();
    for acr in ["gold", "silver"] {
        granted(check_for(&guard, &with(Some(acr.into()), None), &strong));
    }
    for acr in [
        None,
        Some("bronze".into()),
        Some("Gold".into()),
        Some("gold silver".into()),
        Some(1_u64.into()),
        Some("".into()),
    ] {
        assert_eq!(reason(&with(acr, None), &strong), Reason::InsufficientAuthentication);
    }
    let recent = Requirement::new().max_age(Duration::from_secs(60));
    let at = |ago: u64| Some(Value::from(NOW.as_unix() - ago));
    // The leeway is the guard's.
    granted(check_for(&guard, &with(None, at(90)), &recent));
    for auth_time in [None, at(91), Some(Value::Null), Some("1700000000".into()), Some((-1_i64).into())] {
        assert_eq!(reason(&with(None, auth_time), &recent), Reason::InsufficientAuthentication);
    }
    // What is yet to come was not, and milliseconds are no seconds.
    granted(check_for(&guard, &with(None, Some((NOW.as_unix() + 30).into())), &recent));
    for later in [NOW.as_unix() + 31, NOW.as_unix() * 1000, u64::MAX] {
        assert_eq!(reason(&with(None, Some(later.into())), &recent), Reason::InsufficientAuthentication);
    }
    // A new login may bring another scope, so it is asked for first.
    let both = requirement().acr_values(["gold"]).unwrap();
    let token = server.token(&[("scope", None)]);
    assert_eq!(reason(&token, &both), Reason::InsufficientAuthentication);
    let token = server.token(&[("scope", None), ("acr", Some("gold".into()))]);
    assert_eq!(reason(&token, &both), Reason::InsufficientScope);
}

#[test]
fn an_authorization_detail_must_be_granted_as_a_whole() {
    let server = one();
    let guard = ready(&[&server]);
    let payment = || AuthorizationDetail::new("payment").unwrap();
    let granted_details = Value::from(vec![
        payment()
            .with_actions(["initiate", "status"])
            .with_locations(["https://a.example"])
            .with_member("limit", 100_u64)
            .unwrap()
            .as_object()
            .clone(),
        payment().with_actions(["cancel"]).as_object().clone(),
    ]);
    let token = server.token(&[("authorization_details", Some(granted_details))]);
    let passes = |wanted: AuthorizationDetail| match check_for(&guard, &token, &Requirement::new().detail(wanted)) {
        oauth_resource_sans_io::Check::Granted(_) => true,
        other => {
            assert_eq!(denied(other).reason(), &Reason::InsufficientDetails);
            false
        }
    };
    for (wanted, expected) in [
        (payment(), true),
        (payment().with_actions(["status"]), true),
        (payment().with_actions(["status", "initiate"]).with_locations(["https://a.example"]), true),
        (payment().with_actions(["cancel"]), true),
        (payment().with_actions(["status", "cancel"]), false),
        (payment().with_locations(["https://b.example"]), false),
        (payment().with_datatypes(["x"]), false),
        (payment().with_identifier("x"), false),
        (payment().with_member("limit", 100_u64).unwrap(), true),
        (payment().with_member("limit", 200_u64).unwrap(), false),
        (AuthorizationDetail::new("account").unwrap(), false),
    ] {
        assert_eq!(passes(wanted.clone()), expected, "{:?}", wanted.as_object());
    }
    // None at all, or none that can be read.
    let wanted = || Requirement::new().detail(payment());
    for details in [None, Some(Value::from("payment")), Some(vec![Object::new()].into())] {
        let token = server.token(&[("authorization_details", details)]);
        assert_eq!(denied(check_for(&guard, &token, &wanted())).code(), "insufficient_authorization_details");
    }
}

#[test]
fn checks_of_the_callers_own_are_made_last_and_named_in_the_log_only() {
    let server = one();
    let guard = ready(&[&server]);
    let own = requirement()
        .check("is_alice", |principal| principal.subject() == Some("alice"))
        .check("is_app", |principal| principal.client_id() == Some("app"));
    granted(check_for(&guard, &server.token(&[]), &own));
    let denial = denied(check_for(&guard, &server.token(&[("client_id", Some("x".into()))]), &own));
    assert_eq!((denial.status(), denial.reason()), (403, &Reason::Forbidden { check: "is_app" }));
    assert!(!denial.challenge().unwrap().contains("is_app"));
    let panics = requirement().check("not_reached", |_| panic!("the scope comes first"));
    assert_eq!(denied(check_for(&guard, &server.token(&[("scope", None)]), &panics)).code(), "insufficient_scope");
    assert!(format!("{own:?}").contains("is_alice"));
}

#[test]
fn a_table_of_routes_gives_each_the_least_that_it_needs() {
    let table = [
        ("GET", "/files", Requirement::from(scope("files.read"))),
        ("DELETE", "/files", Requirement::from(scope("files.delete")).max_age(Duration::from_secs(300))),
    ];
    let server = one();
    let guard = ready(&[&server]);
    let value = format!("Bearer {}", server.token(&[]));
    let status = |method: &str| {
        let head = RequestHead::new(method, "/files").authorization([value.as_str()]);
        let (_, _, needed) = table.iter().find(|(known, path, _)| *known == method && *path == head.path()).unwrap();
        match guard.check_for(&head, needed, NOW) {
            oauth_resource_sans_io::Check::Granted(_) => 200,
            other => denied(other).status(),
        }
    };
    assert_eq!((status("GET"), status("DELETE")), (200, 401));
}
