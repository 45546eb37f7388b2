//! Tokens of issuers that do not say in the header that they are access tokens.

use core::time::Duration;

use jwt_core::json::Value;
use oauth_resource_sans_io::Guard;
use oauth_types::Issuer;

use crate::world::{NOW, Server, after, check, check_at, check_for, code, granted, one, ready, requirement, two};

/// A guard that takes tokens without a type of `untyped`.
fn also_untyped(servers: &[&Server], untyped: &Server) -> Guard {
    ready(servers).dangerous_also_untyped(Issuer::new(untyped.issuer).unwrap())
}

fn list(texts: &[&str]) -> Option<Value> {
    Some(Value::Array(texts.iter().map(|&text| text.into()).collect()))
}

#[test]
fn a16_tokens_without_a_type_pass_only_from_an_issuer_that_was_named() {
    // JWT-15, JWT-16
    let (one, two) = (one(), two());
    let guard = also_untyped(&[&one, &two], &one);
    for typ in [None, Some("JWT"), Some("at+jwt")] {
        assert_eq!(granted(check(&guard, &one.of_type(typ, &[]))).subject(), Some("alice"), "{typ:?}");
    }
    assert_eq!(code(check(&guard, &two.of_type(None, &[]))), "typ_missing");
    assert_eq!(code(check(&guard, &two.of_type(Some("JWT"), &[]))), "typ_mismatch");
    granted(check(&guard, &two.token(&[])));
    assert_eq!(code(check(&ready(&[&one]), &one.of_type(None, &[]))), "typ_missing");
    // Everything else about a token is as it was.
    for (changes, expected) in [
        (("aud", Some("https://other.example".into())), "audience_mismatch"),
        (("aud", None), "audience_missing"),
        (("sub", None), "subject_missing"),
        (("exp", None), "exp_missing"),
        (("iat", None), "iat_missing"),
        (("exp", Some(1_u64.into())), "expired"),
        (("cnf", Some(Value::Null)), "binding_unchecked"),
    ] {
        assert_eq!(code(check(&guard, &one.of_type(None, &[changes]))), expected);
    }
}

#[test]
fn a16_nothing_else_that_the_issuer_signs_passes_for_an_access_token() {
    // RFC 8725, section 3.12: for the same audience, so that only what they say keeps them apart.
    let server = one();
    let guard = also_untyped(&[&server], &server);
    let no_marks = [("scope", None), ("client_id", None)];
    for (more, expected) in [
        (vec![("nonce", Some("n".into()))], "typ_missing"),
        (vec![("azp", Some("app".into()))], "typ_missing"),
        (vec![("token_use", Some("id".into())), ("scope", Some("files.read".into()))], "typ_mismatch"),
        (vec![("typ", Some("ID".into()))], "typ_mismatch"),
        (vec![("typ", Some("Refresh".into())), ("scope", Some("files.read".into()))], "typ_mismatch"),
    ] {
        let changes: Vec<_> = no_marks.iter().cloned().chain(more).collect();
        assert_eq!(code(check(&guard, &server.of_type(None, &changes))), expected, "{changes:?}");
    }
    let events = Value::Object([("http://schemas.openid.net/event/backchannel-logout", true)].into_iter().collect());
    assert_eq!(code(check(&guard, &server.of_type(None, &[("events", Some(events))]))), "events_forbidden");
    for typ in ["logout+jwt", "dpop+jwt", "token-introspection+jwt"] {
        assert_eq!(code(check(&guard, &server.of_type(Some(typ), &[]))), "typ_mismatch");
    }
}

#[test]
fn what_servers_call_otherwise_is_found() {
    let server = one();
    let guard = also_untyped(&[&server], &server);
    let found = |changes: &[(&str, Option<Value>)]| {
        let principal = granted(check_for(&guard, &server.of_type(None, changes), &Default::default()));
        (principal.client_id().map(ToOwned::to_owned), principal.scope().to_string(), principal.token_id().is_some())
    };
    let said = |client: Option<&str>, scope: &str| (client.map(ToOwned::to_owned), scope.to_owned(), true);
    for name in ["azp", "cid", "appid"] {
        let changes = [("client_id", None), (name, Some(Value::from("other")))];
        assert_eq!(found(&changes), said(Some("other"), "files.read files.write"), "{name}");
    }
    assert_eq!(found(&[("azp", Some("other".into()))]).0.as_deref(), Some("app"), "its own name comes first");
    assert_eq!(found(&[("client_id", None), ("azp", Some(1_u64.into()))]).0, None);
    let scope = |scope, scp| found(&[("scope", scope), ("scp", scp)]).1;
    assert_eq!(scope(None, Some("files.read".into())), "files.read");
    assert_eq!(scope(None, list(&["files.read", "files.write"])), "files.read files.write");
    assert_eq!(scope(list(&["files.read"]), None), "files.read");
    assert_eq!(scope(list(&["files.read"]), list(&["files.write"])), "files.read");
    assert_eq!(scope(Some("files.read".into()), list(&["files.write"])), "files.read");
    assert_eq!(scope(Some("".into()), Some("files.write".into())), "");
    assert_eq!(scope(list(&[]), None), "");
    assert!(!found(&[("jti", None)]).2);
    // A list that is more, or less, than it seems.
    for bad in [
        list(&["files.read files.write"]),
        list(&["a", ""]),
        list(&["a\"b"]),
        Some(Value::Array([1_u64.into()].into())),
    ] {
        let token = server.of_type(None, &[("scope", bad.clone())]);
        assert_eq!(code(check(&guard, &token)), "malformed_scope_claim", "{bad:?}");
    }
    // An issuer that writes types says `scope`, as one text.
    let strict = ready(&[&server]);
    for changes in
        [[("scope", None), ("scp", Some("files.read".into()))], [("scope", list(&["files.read"])), ("scp", None)]]
    {
        assert_eq!(code(check_for(&strict, &server.token(&changes), &requirement())), "insufficient_scope");
    }
}

#[test]
fn a16_a_token_for_nobody_passes_only_if_a_client_got_it_that_was_named_for_its_issuer() {
    // JWT-15; Amazon Cognito's.
    let (one, two) = (one(), two());
    let named = |server: &Server| Issuer::new(server.issuer).unwrap();
    let guard = ready(&[&one, &two]).dangerous_without_audience(named(&one), ["other", "app"]);
    let nobody = ("aud", None);
    assert_eq!(granted(check(&guard, &one.token(std::slice::from_ref(&nobody)))).client_id(), Some("app"));
    granted(check(&guard, &one.token(&[])));
    assert_eq!(code(check(&guard, &two.token(std::slice::from_ref(&nobody)))), "audience_missing");
    assert_eq!(code(check(&guard, &one.token(&[("aud", Some("https://other.example".into()))]))), "audience_mismatch");
    for aud in ["null", "1", "[]", "[null]", r#""""#] {
        // As no honest server would sign it.
        let (now, until) = (NOW.as_unix(), after(300).as_unix());
        let json = format!(
            r#"{{"iss":"{}","aud":{aud},"sub":"alice","client_id":"app","jti":"1","iat":{now},"exp":{until}}}"#,
            one.issuer
        );
        let code = code(check(&guard, &one.signed_json(&json)));
        assert!(["audience_wrong_type", "audience_mismatch"].contains(&code), "{aud} {code}");
    }
    let stranger = one.token(&[nobody.clone(), ("client_id", Some("stranger".into()))]);
    assert_eq!(code(check(&guard, &stranger)), "audience_missing");
    // Only by its own name, and with all else that is asked of the token.
    let guard = guard.dangerous_also_untyped(named(&one));
    let cognito = [nobody.clone(), ("token_use", Some("access".into())), ("jti", Some("1".into()))];
    granted(check(&guard, &one.of_type(None, &cognito)));
    let other_name = [nobody.clone(), ("client_id", None), ("azp", Some("app".into()))];
    assert_eq!(code(check(&guard, &one.of_type(None, &other_name))), "audience_missing");
    let id_token = [nobody.clone(), ("token_use", Some("id".into()))];
    assert_eq!(code(check(&guard, &one.of_type(None, &id_token))), "typ_mismatch");
    // None is named.
    let guard = ready(&[&one]).dangerous_without_audience(named(&one), [""; 0]);
    assert_eq!(code(check(&guard, &one.token(&[nobody]))), "audience_missing");
}

#[test]
fn it_does_not_matter_in_which_order_a_guard_is_told() {
    let server = one();
    let named = || Issuer::new(server.issuer).unwrap();
    let guard = also_untyped(&[&server], &server).leeway(Duration::from_secs(10));
    let other = ready(&[&server]).leeway(Duration::from_secs(10)).dangerous_also_untyped(named());
    for guard in [guard, other] {
        let token = server.of_type(None, &[]);
        granted(check_at(&guard, &token, after(309)));
        assert_eq!(code(check_at(&guard, &token, after(310))), "expired");
    }
    let key = jwt_core::SigningKey::hs256(&[7; 32]).unwrap().verifying_key().unwrap();
    let keys = || jwt_core::VerifyingKeys::from_keys(vec![key.clone()]);
    let before = Guard::new("api").dangerous_also_untyped(named()).issuer_with_keys(named(), keys());
    let after = Guard::new("api").issuer_with_keys(named(), keys()).dangerous_also_untyped(named());
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
}
