//! Tokens that only the server can read.

use core::time::Duration;

use jwt_core::Timestamp;
use jwt_core::json::Object;
use oauth_resource_sans_io::{
    Binding, Check, Dpop, Guard, Introspect, IntrospectionCache, IntrospectionCheck, Need, RequestHead, Requirement,
};
use oauth_types::{ActiveToken, IntrospectionResponse, Issuer, Scope, TokenType};

use crate::world::{
    API, NOW, after, answer, check, check_at, check_proof, client, code, denied, fresh, granted, one, ready,
    requirement, thief, two,
};

const OPAQUE: &str = "2YotnFZFEjr1zCsicMWpAA";

fn issuer() -> Issuer {
    Issuer::new("https://one.example").unwrap()
}

/// A guard that reads no token by itself.
fn asking() -> Guard {
    Guard::new(API).requirement(requirement()).introspection(issuer(), Introspect::Opaque)
}

fn active() -> ActiveToken {
    ActiveToken::new()
        .with_sub("alice")
        .with_client_id("app")
        .with_aud([API])
        .with_scope(Scope::parse("files.read files.write").unwrap())
        .with_exp(after(300))
}

#[track_caller]
fn asked(check: Check) -> IntrospectionCheck {
    match check {
        Check::Needs(Need::Introspection(check)) => check,
        other => panic!("expected to be asked, got {other:?}"),
    }
}

fn decided(guard: &Guard, token: ActiveToken) -> Check {
    asked(check(guard, OPAQUE)).decide(&IntrospectionResponse::new(token), NOW)
}

#[test]
fn a_token_that_the_server_calls_active_is_judged_by_what_it_says() {
    // OA-21
    let guard = asking();
    let question = asked(check(&guard, OPAQUE));
    assert_eq!((question.issuer(), question.token().expose()), ("https://one.example", OPAQUE));
    let principal = granted(question.decide(&IntrospectionResponse::new(active().with_acr("x").with_jti("7")), NOW));
    assert_eq!((principal.subject(), principal.client_id()), (Some("alice"), Some("app")));
    assert_eq!(
        (principal.issuer(), principal.acr(), principal.token_id()),
        ("https://one.example", Some("x"), Some("7"))
    );
    assert_eq!(principal.claims().get_str("sub"), Some("alice"));
    assert_eq!(principal.claims_as::<Object>().unwrap().get_str("sub"), Some("alice"));
    // Of a token that is for nobody in particular nobody is named.
    let nobody = ActiveToken::new().with_aud([API]).with_scope(Scope::parse("files.read").unwrap());
    let principal = granted(decided(&guard, nobody));
    assert_eq!((principal.subject(), principal.client_id()), (None, None));
    // A scope that somebody put together is had as it is, however long.
    let many = |from: u32| Scope::from_tokens((from..from + 900).map(|number| format!("{number}"))).unwrap();
    let long = many(10_000).union(&many(20_000)).union(&Scope::parse("files.read").unwrap());
    let principal = granted(decided(&guard, active().with_scope(long.clone())));
    assert!(long.as_str().len() > 8000 && principal.scope() == long);
}

#[test]
fn a_token_that_is_not_active_or_not_for_here_is_refused() {
    // OA-21
    let guard = asking();
    let inactive = asked(check(&guard, OPAQUE)).decide(&IntrospectionResponse::inactive(), NOW);
    assert_eq!(
        answer(inactive),
        (401, r#"Bearer error="invalid_token", error_description="the access token is not active""#.into())
    );
    for (token, expected) in [
        (active().with_aud(["https://other.example"]), "audience_mismatch"),
        (ActiveToken::new(), "audience_missing"),
        (active().with_iss("https://two.example"), "issuer_mismatch"),
        (active().with_exp(Timestamp::from_unix(NOW.as_unix() - 30)), "expired"),
        (active().with_nbf(after(31)), "not_yet_valid"),
        (active().with_iat(after(31)), "issued_in_future"),
        (active().with_token_type(TokenType::from("N_A")), "typ_mismatch"),
        (active().with_token_type(TokenType::DPoP), "downgraded_token"),
        (active().with_scope(Scope::parse("files.write").unwrap()), "insufficient_scope"),
        (active().with_cnf([("kid", "a")].into_iter().collect()), "binding_unchecked"),
        (active().with_cnf([("jkt", client().jkt())].into_iter().collect()), "downgraded_token"),
        (active().with_cnf([("x5t#S256", "a")].into_iter().collect()), "certificate_mismatch"),
    ] {
        assert_eq!(code(decided(&guard, token.clone())), expected, "{token:?}");
    }
    granted(decided(&guard, active().with_token_type(TokenType::from("bearer")).with_iss("https://one.example")));
    let anybody = Guard::new(API).dangerous_introspection_of_any_audience(issuer(), Introspect::Opaque);
    granted(decided(&anybody, ActiveToken::new()));
    assert_eq!(code(decided(&anybody, active().with_aud(["https://other.example"]))), "audience_mismatch");
    let outage = denied(asked(check(&guard, OPAQUE)).unavailable(Duration::from_secs(3)));
    let response = outage.to_http();
    assert_eq!((response.status(), response.header("retry-after")), (503, Some("3")));
    assert_eq!((outage.code(), response.header("www-authenticate")), ("introspection_unavailable", None));
}

#[test]
fn an_answer_that_was_kept_expires_with_the_token() {
    let guard = asking();
    let late = asked(check(&guard, OPAQUE)).decide(&IntrospectionResponse::new(active()), after(330));
    assert_eq!(code(late), "expired");
}

#[test]
fn jwts_and_opaque_tokens_stand_side_by_side() {
    let server = one();
    let guard = ready(&[&server]).introspection(issuer(), Introspect::Opaque);
    granted(check(&guard, &server.token(&[])));
    for opaque in [OPAQUE, "a.b", "a.b.c", "a.b.c.d.e", "eyJhbGciOiJub25lIn0", "~~~", "YQ=="] {
        drop(asked(check(&guard, opaque)));
    }
    // A JWT that is not right is a JWT: nobody is asked about it.
    for (token, expected) in [
        (server.token(&[("aud", Some("https://other.example".into()))]), "audience_mismatch"),
        (two().token(&[("iss", Some("https://one.example".into()))]), "no_key"),
        (server.signed("JWT", &[]), "typ_mismatch"),
    ] {
        assert_eq!(code(check(&guard, &token)), expected);
    }
    // Nor is it something else because it was spelt in a way that a server may overlook: the key that it is bound to stands in it.
    let bound = server.bound(&[("jkt", &client().jkt())]);
    let (start, last) = bound.split_at(bound.len() - 1);
    let other_spelling = format!("{start}{}", if last == "A" { "B" } else { "Z" });
    for respelt in
        [format!("{bound}="), format!("{bound}=="), bound.replace('-', "+").replace('_', "/") + "=", other_spelling]
    {
        for guard in [&guard, &ready(&[&server, &two()]).introspection(issuer(), Introspect::Every)] {
            let denial = denied(check(guard, &respelt));
            assert_eq!(denial.reason().error(), Some("invalid_token"), "{respelt}: {denial:?}");
        }
    }
    assert_eq!(code(check_at(&guard, &server.token(&[]), after(331))), "expired");
    let several = ready(&[&server, &two()]).introspection(issuer(), Introspect::Opaque);
    granted(check(&several, &server.token(&[])));
    drop(asked(check(&several, OPAQUE)));
    assert_eq!(
        code(check(&several, &server.token(&[("iss", Some("https://three.example".into()))]))),
        "untrusted_issuer"
    );
    // What has not even the characters of a token is not sent to anybody.
    assert_eq!(code(check(&guard, "a b")), "malformed_credentials");
    assert_eq!(code(check(&guard, &"a".repeat(40_000))), "access_token_too_long");
}

#[test]
fn where_every_token_is_asked_about_the_server_narrows_what_a_jwt_says() {
    let server = one();
    let guard = ready(&[&server]).introspection(issuer(), Introspect::Every);
    let token = server.token(&[]);
    let decide = |answer: IntrospectionResponse| asked(check(&guard, &token)).decide(&answer, NOW);
    let principal = granted(decide(IntrospectionResponse::new(ActiveToken::new())));
    assert_eq!((principal.subject(), principal.scope().as_str()), (Some("alice"), "files.read files.write"));
    let narrowed = ActiveToken::new().with_scope(Scope::parse("files.read admin").unwrap());
    let principal = granted(decide(IntrospectionResponse::new(narrowed)));
    assert_eq!(principal.scope().as_str(), "files.read");
    let less = ActiveToken::new().with_scope(Scope::parse("files.write").unwrap());
    assert_eq!(code(decide(IntrospectionResponse::new(less))), "insufficient_scope");
    assert_eq!(code(decide(IntrospectionResponse::inactive())), "inactive_token");
    for other in [
        ActiveToken::new().with_sub("mallory"),
        ActiveToken::new().with_client_id("other"),
        ActiveToken::new().with_jti("2"),
    ] {
        assert_eq!(code(decide(IntrospectionResponse::new(other))), "contradicted_token");
    }
    // A forged one is not worth a question.
    assert_eq!(code(check(&guard, &two().token(&[("iss", Some("https://one.example".into()))]))), "no_key");
    drop(asked(check(&guard, OPAQUE)));
}

#[test]
fn the_proof_of_an_opaque_token_is_checked_before_and_its_key_after_the_server_was_asked() {
    // DP-12
    let guard = asking().origin(API).dpop(Dpop::new(&[jwt_core::Algorithm::ES256, jwt_core::Algorithm::Ed25519]));
    let bound = |jkt: String| IntrospectionResponse::new(active().with_cnf([("jkt", jkt)].into_iter().collect()));
    assert_eq!(code(check_proof(&guard, OPAQUE, &client().proof("another"))), "ath_mismatch");
    let question = || asked(check_proof(&guard, OPAQUE, &client().proof(OPAQUE)));
    assert!(granted(fresh(question().decide(&bound(client().jkt()), NOW))).is_bound_to_key());
    assert_eq!(code(question().decide(&bound(thief().jkt()), NOW)), "dpop_key_mismatch");
    assert_eq!(code(question().decide(&IntrospectionResponse::new(active()), NOW)), "unbound_token");
}

#[test]
fn a_jwt_with_a_proof_that_the_server_is_asked_about_too_goes_all_the_way() {
    let (server, client) = (one(), client());
    let guard = crate::world::with_dpop(&server).introspection(issuer(), Introspect::Every);
    let token = server.bound(&[("jkt", &client.jkt())]);
    let question = || asked(check_proof(&guard, &token, &client.proof(&token)));
    assert!(granted(fresh(question().decide(&IntrospectionResponse::new(ActiveToken::new()), NOW))).is_bound_to_key());
    let other = ActiveToken::new().with_cnf([("jkt", thief().jkt())].into_iter().collect());
    assert_eq!(code(question().decide(&IntrospectionResponse::new(other), NOW)), "dpop_key_mismatch");
}

#[test]
fn nobody_is_asked_about_a_token_that_cannot_pass_whatever_it_is() {
    let proofs = |guard: Guard| guard.origin(API).dpop(Dpop::new(&[jwt_core::Algorithm::ES256]));
    let value = format!("Bearer {OPAQUE}");
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]);
    for (binding, alone, over_tls, proved) in [
        (Binding::Optional, true, true, true),
        (Binding::Key, false, false, true),
        (Binding::Certificate, false, true, false),
        (Binding::KeyOrCertificate, false, true, true),
    ] {
        let guard = proofs(asking()).binding(binding);
        for (check, expected) in [
            (guard.check(&head, NOW), alone),
            (guard.check(&head.client_certificate("a"), NOW), over_tls),
            (check_proof(&guard, OPAQUE, &client().proof(OPAQUE)), proved),
        ] {
            match check {
                Check::Needs(Need::Introspection(_)) => assert!(expected, "{binding:?}"),
                other => assert_eq!((code(other), expected), ("unbound_token", false), "{binding:?}"),
            }
        }
    }
}

#[test]
fn the_requirement_of_the_request_is_that_of_the_answer() {
    let guard = asking();
    let delete = Requirement::from(Scope::parse("files.delete").unwrap());
    let value = format!("Bearer {OPAQUE}");
    let head = RequestHead::new("DELETE", "/files").authorization([value.as_str()]);
    let denial = denied(asked(guard.check_for(&head, &delete, NOW)).decide(&IntrospectionResponse::new(active()), NOW));
    assert_eq!(denial.code(), "insufficient_scope");
    assert!(denial.challenge().unwrap().contains(r#"scope="files.delete""#));
    assert_eq!(denial.principal().unwrap().subject(), Some("alice"));
}

#[test]
fn answers_are_kept_for_a_time_and_never_past_the_end_of_the_token() {
    let guard = asking();
    let mut cache = IntrospectionCache::new(2, Duration::from_secs(60), Duration::from_secs(10));
    let question = |token: &str| asked(check(&guard, token));
    let keep = |cache: &mut IntrospectionCache, name: &str, answer| cache.insert(&question(name), answer, NOW);
    let has = |cache: &IntrospectionCache, name: &str, at| cache.get(&question(name), after(at)).is_some();

    keep(&mut cache, "long", IntrospectionResponse::new(active()));
    keep(&mut cache, "short", IntrospectionResponse::new(active().with_exp(after(5))));
    assert!(has(&cache, "long", 59) && !has(&cache, "long", 60));
    assert!(has(&cache, "short", 4) && !has(&cache, "short", 5));
    assert!(!has(&cache, "lon", 0) && !has(&cache, "longer", 0));
    // There is room for two: the one goes that would go soonest.
    keep(&mut cache, "bad", IntrospectionResponse::inactive());
    assert!(has(&cache, "long", 0) && !has(&cache, "short", 0));
    assert!(has(&cache, "bad", 9) && !has(&cache, "bad", 10));
    assert_eq!(cache.len(), 2);
    // What has ended already is not kept, nor anything where there is no room at all.
    keep(&mut cache, "old", IntrospectionResponse::new(active().with_exp(NOW)));
    assert!(!has(&cache, "old", 0));
    let mut none = IntrospectionCache::new(0, Duration::from_secs(60), Duration::from_secs(10));
    keep(&mut none, "long", IntrospectionResponse::new(active()));
    assert!(none.is_empty());
}

#[test]
fn a_new_answer_ends_the_one_before_it_whether_it_is_kept_or_not() {
    let guard = asking();
    let question = || asked(check(&guard, OPAQUE));
    let mut cache = IntrospectionCache::new(2, Duration::from_secs(60), Duration::ZERO);
    cache.insert(&question(), IntrospectionResponse::new(active()), NOW);
    cache.insert(&question(), IntrospectionResponse::inactive(), after(1));
    assert!(cache.get(&question(), after(1)).is_none(), "the token is not active any more");
}

#[test]
fn a_clock_that_is_set_back_keeps_no_answer_longer() {
    let guard = asking();
    let question = |token: &str| asked(check(&guard, token));
    let mut cache = IntrospectionCache::new(2, Duration::from_secs(60), Duration::from_secs(10));
    let ahead = after(1_000_000);
    cache.insert(&question("good"), IntrospectionResponse::new(active().with_exp(Timestamp::MAX)), ahead);
    cache.insert(&question("bad"), IntrospectionResponse::inactive(), ahead);
    assert!(cache.get(&question("good"), ahead).is_some() && cache.get(&question("bad"), ahead).is_some());
    assert!(cache.get(&question("good"), NOW).is_none() && cache.get(&question("bad"), NOW).is_none());
    // They do not take the room of those that count.
    for token in ["one", "two"] {
        cache.insert(&question(token), IntrospectionResponse::new(active()), NOW);
    }
    assert!(cache.get(&question("one"), NOW).is_some() && cache.get(&question("two"), NOW).is_some());
}

#[test]
fn an_answer_is_kept_for_one_server_and_one_token() {
    // A17: what is kept is an answer and no verdict, under the whole token.
    let other = Guard::new(API).introspection(Issuer::new("https://two.example").unwrap(), Introspect::Opaque);
    let mut cache = IntrospectionCache::new(9, Duration::from_secs(60), Duration::from_secs(10));
    let question = asked(check(&asking(), OPAQUE));
    cache.insert(&question, IntrospectionResponse::new(active()), NOW);
    assert!(cache.get(&asked(check(&other, OPAQUE)), NOW).is_none());
    let shown = format!("{question:?} {:?} {:?}", cache, check(&asking(), OPAQUE));
    assert!(!shown.contains(OPAQUE) && !shown.contains("alice"), "{shown}");
}

#[test]
fn the_flow_asks_the_server_that_was_named_and_no_other() {
    use jwt_core::Moment;
    use oauth_client_sans_io::{Authentication, Client, Flow, Step};
    use oauth_types::{AuthorizationServer, ClientId, Endpoint, HttpResponse};

    let question = asked(check(&asking(), OPAQUE));
    let api = Client::new(ClientId::new("api").unwrap(), Authentication::None);
    let server = |issuer: &str| {
        let endpoint = Endpoint::new(format!("{issuer}/introspect")).unwrap();
        AuthorizationServer::new(Issuer::new(issuer).unwrap()).with_introspection_endpoint(endpoint)
    };
    assert!(question.flow(&server("https://two.example"), &api).is_err());
    let mut flow = question.flow(&server("https://one.example"), &api).unwrap();
    let at = || Moment::new(NOW, [3; 32]);
    let Step::Send(request) = flow.resume(at()).unwrap() else { panic!("there is something to send") };
    assert_eq!(request.url(), "https://one.example/introspect");
    assert!(
        core::str::from_utf8(request.body())
            .unwrap()
            .starts_with(&format!("token={OPAQUE}&token_type_hint=access_token"))
    );
    let body = r#"{"active":true,"aud":"https://api.example","sub":"alice","scope":"files.read"}"#;
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    let Step::Done(answered) = flow.handle_response(at(), response).unwrap() else { panic!("it is answered") };
    assert_eq!(granted(question.decide(&answered.response, NOW)).subject(), Some("alice"));
}
