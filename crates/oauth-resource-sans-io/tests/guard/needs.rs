//! Which needs follow which, and what ends a check: every (state, answer) pair.

use core::time::Duration;

use jwt_core::Algorithm;
use oauth_resource_sans_io::{Check, DenyList, Dpop, Guard, Introspect, Need, ReplaySet, RequestHead, RevocationCheck};
use oauth_types::{ActiveToken, IntrospectionResponse, Issuer, Scope};

use crate::world::{API, NOW, after, client, denied, granted, guard, one};

/// What a check may be waiting for, in the order in which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Keys,
    Introspection,
    Revocation,
    Freshness,
}

const ALL: [Ask; 4] = [Ask::Keys, Ask::Introspection, Ask::Revocation, Ask::Freshness];

/// How a need is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Good,
    Bad,
    Unavailable,
}

/// A guard that asks for exactly these, and a token that passes.
fn world(asks: &[Ask]) -> (Guard, String, Option<String>) {
    let (server, client) = (one(), client());
    let has = |ask| asks.contains(&ask);
    let issuer = Issuer::new(server.issuer).unwrap();
    let mut guard = if has(Ask::Keys) {
        guard(&[&server])
    } else if has(Ask::Introspection) {
        Guard::new(API)
    } else {
        crate::world::ready(&[&server])
    };
    if has(Ask::Introspection) {
        // With keys the JWT is read first.
        let which = if has(Ask::Keys) { Introspect::Every } else { Introspect::Opaque };
        guard = guard.introspection(issuer, which);
    }
    if has(Ask::Revocation) {
        guard = guard.ask_revocation();
    }
    let jkt = client.jkt();
    let token = if has(Ask::Freshness) {
        guard = guard.origin(API).dpop(Dpop::new(&[Algorithm::ES256]));
        server.bound(&[("jkt", &jkt)])
    } else {
        server.token(&[])
    };
    let proof = has(Ask::Freshness).then(|| client.proof(&token));
    (guard, token, proof)
}

fn begin(guard: &Guard, token: &str, proof: Option<&str>) -> Check {
    let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
    let value = format!("{scheme} {token}");
    guard.check(&RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop(proof), NOW)
}

fn active(bound: bool) -> IntrospectionResponse {
    let token = ActiveToken::new().with_sub("alice").with_aud([API]).with_scope(Scope::parse("files.read").unwrap());
    let cnf = [("jkt", client().jkt())].into_iter().collect();
    IntrospectionResponse::new(if bound { token.with_cnf(cnf) } else { token })
}

/// Answers one need; keys by fetching them and checking again.
fn reply(check: Check, how: Reply, guard: &mut Guard, token: &str, proof: Option<&str>) -> (Ask, Check) {
    let Check::Needs(need) = check else { panic!("nothing was asked: {check:?}") };
    let later = Duration::from_secs(2);
    match need {
        Need::Keys(wanted) => {
            let keys = guard.keys_mut(wanted.issuer()).unwrap();
            assert!(keys.fetch_for(wanted.header(), NOW).is_some());
            match how {
                Reply::Good => keys.handle_response(NOW, &one().key_set()).unwrap(),
                // Keys of somebody else: none fits.
                Reply::Bad => keys.handle_response(NOW, &crate::world::two().key_set()).unwrap(),
                Reply::Unavailable => keys.handle_failure(NOW, oauth_client_sans_io::SendFailure::Unknown),
            }
            (Ask::Keys, begin(guard, token, proof))
        }
        Need::Introspection(check) => (
            Ask::Introspection,
            match how {
                Reply::Good => check.decide(&active(proof.is_some()), NOW),
                Reply::Bad => check.decide(&IntrospectionResponse::inactive(), NOW),
                Reply::Unavailable => check.unavailable(later),
            },
        ),
        Need::Revocation(check) => (
            Ask::Revocation,
            match how {
                Reply::Good => check.decide(false),
                Reply::Bad => check.decide(true),
                Reply::Unavailable => check.unavailable(later),
            },
        ),
        Need::Freshness(check) => (
            Ask::Freshness,
            match how {
                Reply::Good => check.decide(true),
                Reply::Bad => check.decide(false),
                Reply::Unavailable => check.unavailable(later),
            },
        ),
        other => panic!("not in the table: {other:?}"),
    }
}

#[test]
fn a_check_asks_for_what_was_configured_in_one_order_and_ends_at_the_first_bad_answer() {
    for bits in 0..16_u8 {
        let asks: Vec<Ask> =
            ALL.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, ask)| ask).collect();
        // All good.
        let (mut guard, token, proof) = world(&asks);
        let proof = proof.as_deref();
        let mut check = begin(&guard, &token, proof);
        for expected in &asks {
            let (asked, next) = reply(check, Reply::Good, &mut guard, &token, proof);
            assert_eq!(asked, *expected, "{asks:?}");
            check = next;
        }
        assert_eq!(granted(check).subject(), Some("alice"), "{asks:?}");
        // Each of them not.
        for (place, ask) in asks.iter().enumerate() {
            for how in [Reply::Bad, Reply::Unavailable] {
                let (mut guard, ..) = world(&asks);
                let mut check = begin(&guard, &token, proof);
                for _ in 0..place {
                    check = reply(check, Reply::Good, &mut guard, &token, proof).1;
                }
                let denial = denied(reply(check, how, &mut guard, &token, proof).1);
                let expected = match (ask, how) {
                    (Ask::Keys, Reply::Bad) => (401, "no_key"),
                    (Ask::Keys, _) => (503, "keys_unavailable"),
                    (Ask::Introspection, Reply::Bad) => (401, "inactive_token"),
                    (Ask::Introspection, _) => (503, "introspection_unavailable"),
                    (Ask::Revocation, Reply::Bad) => (401, "revoked_token"),
                    (Ask::Freshness, Reply::Bad) => (401, "jti_replayed"),
                    (Ask::Revocation | Ask::Freshness, _) => (503, "store_unavailable"),
                };
                assert_eq!((denial.status(), denial.code()), expected, "{asks:?} {ask:?} {how:?}");
                let response = denial.to_http();
                assert_eq!(response.header("www-authenticate").is_some(), how == Reply::Bad);
                assert_eq!(response.header("retry-after").is_some(), how == Reply::Unavailable);
            }
        }
    }
}

/// What the guard asks about a token with these changes.
fn revocation(changes: &[(&str, Option<jwt_core::json::Value>)]) -> RevocationCheck {
    let server = one();
    let guard = crate::world::ready(&[&server]).ask_revocation();
    match crate::world::check(&guard, &server.token(changes)) {
        Check::Needs(Need::Revocation(check)) => check,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_deny_list_revokes_tokens_sessions_and_users_and_nobody_else() {
    let until = after(3600);
    let sid = |sid: &str| revocation(&[("sid", Some(sid.into()))]);
    let list = |change: &dyn Fn(&mut DenyList)| {
        let mut list = DenyList::new(10);
        change(&mut list);
        list
    };
    let issuer = one().issuer;
    let token = list(&|list| list.revoke_token(issuer, "1", until, NOW).unwrap());
    assert!(token.revokes(&revocation(&[]), NOW));
    assert!(!token.revokes(&revocation(&[("jti", Some("2".into()))]), NOW));
    // A name of one kind is none of another, and one issuer's none of another's.
    assert!(!token.revokes(&revocation(&[("jti", Some("2".into())), ("sid", Some("1".into()))]), NOW));
    let other = list(&|list| list.revoke_token("https://two.example", "1", until, NOW).unwrap());
    assert!(!other.revokes(&revocation(&[]), NOW));
    let session = list(&|list| list.revoke_session(issuer, "s", until, NOW).unwrap());
    assert!(
        session.revokes(&sid("s"), NOW) && !session.revokes(&sid("t"), NOW) && !session.revokes(&revocation(&[]), NOW)
    );
    // A login after the revocation is good.
    let user = list(&|list| list.revoke_subject(issuer, "alice", NOW, until, NOW).unwrap());
    assert!(user.revokes(&revocation(&[]), NOW));
    assert!(!user.revokes(&revocation(&[("iat", Some((NOW.as_unix() + 1).into()))]), NOW));
    assert!(!user.revokes(&revocation(&[("sub", Some("bob".into()))]), NOW));
    // Until it ends.
    assert!(token.revokes(&revocation(&[]), after(3599)) && !token.revokes(&revocation(&[]), until));
    let shown = format!("{:?}", revocation(&[]));
    assert!(!shown.contains("alice"), "{shown}");
}

#[test]
fn a_check_of_revocation_names_what_a_store_needs() {
    let check = revocation(&[("sid", Some("s".into()))]);
    assert_eq!((check.issuer(), check.subject(), check.token_id()), (one().issuer, Some("alice"), Some("1")));
    assert_eq!((check.session_id(), check.issued_at()), (Some("s"), Some(NOW)));
}

#[test]
fn the_guard_the_list_and_the_set_work_together() {
    let (mut guard, token, proof) = world(&[Ask::Revocation, Ask::Freshness]);
    let (mut seen, denied_tokens) = (ReplaySet::new(10), DenyList::new(10));
    let mut pass = |guard: &mut Guard| {
        let mut check = begin(guard, &token, proof.as_deref());
        loop {
            check = match check {
                Check::Needs(Need::Revocation(check)) => {
                    let revoked = denied_tokens.revokes(&check, NOW);
                    check.decide(revoked)
                }
                Check::Needs(Need::Freshness(check)) => match seen.insert(&check.key(), check.until(), NOW) {
                    Ok(fresh) => check.decide(fresh),
                    Err(full) => check.unavailable(full.retry_after()),
                },
                decided => return decided,
            };
        }
    };
    granted(pass(&mut guard));
    assert_eq!(denied(pass(&mut guard)).code(), "jti_replayed");
}
