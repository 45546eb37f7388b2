//! Tokens that are bound to a key or to a certificate.

use jwt_core::json::{Object, Value};
use jwt_core::profile::DpopProof;
use jwt_core::{Algorithm, Timestamp};
use oauth_resource_sans_io::{Binding, Check, Dpop, Guard, Need, RequestHead, ServerNonces, certificate_thumbprint};

use crate::world::{
    API, FILES, NOW, after, check, check_proof, client, code, fresh, granted, one, ready, thief, with_dpop,
};

#[test]
fn a_bound_token_passes_with_a_proof_of_its_key_that_was_not_seen_before() {
    // DP-04, DP-06, DP-12
    let (server, client) = (one(), client());
    let guard = with_dpop(&server);
    let token = server.bound(&[("jkt", &client.jkt())]);
    let proof = client.proof(&token);
    let asked = || match check_proof(&guard, &token, &proof) {
        Check::Needs(Need::Freshness(check)) => check,
        other => panic!("{other:?}"),
    };
    let principal = granted(asked().decide(true));
    assert!(principal.is_bound_to_key() && !principal.is_bound_to_certificate());
    assert_eq!(code(asked().decide(false)), "jti_replayed");
    // Always the same question, of a fixed length, and until the proof is too old anyway.
    assert_eq!(asked().key(), asked().key());
    assert_eq!(asked().key().len(), 43);
    assert!(asked().until() >= after(60 + 30) && asked().until() < after(100));
}

#[test]
fn a_proof_must_be_for_this_request_this_token_and_this_time() {
    // DP-03, DP-04, DP-12
    let (server, client) = (one(), client());
    let guard = with_dpop(&server);
    let token = server.bound(&[("jkt", &client.jkt())]);
    let refused = |proof: DpopProof, at| code(check_proof(&guard, &token, &client.proof_of(proof, at)));
    let good = || DpopProof::new("GET", FILES).access_token(&token);
    granted(fresh(check_proof(&guard, &token, &client.proof_of(good(), NOW))));
    assert_eq!(refused(DpopProof::new("POST", FILES).access_token(&token), NOW), "htm_mismatch");
    assert_eq!(refused(DpopProof::new("GET", "https://other.example/files").access_token(&token), NOW), "htu_mismatch");
    assert_eq!(refused(DpopProof::new("GET", FILES).access_token("another"), NOW), "ath_mismatch");
    assert_eq!(refused(DpopProof::new("GET", FILES), NOW), "ath_missing");
    assert_eq!(refused(good(), after(31)), "issued_in_future");
    assert_eq!(refused(good(), Timestamp::from_unix(NOW.as_unix() - 91)), "too_old");
    // The query is nobody's business; the scheme and host are read as URLs are.
    let value = format!("DPoP {token}");
    let proof = client.proof_of(DpopProof::new("GET", "HTTPS://API.example:443/files").access_token(&token), NOW);
    let head = RequestHead::new("GET", "/files?page=2").authorization([value.as_str()]).dpop([proof.as_str()]);
    granted(fresh(guard.check(&head, NOW)));
    // Two proofs, or none, are not one.
    for proofs in [&[proof.as_str(), proof.as_str()][..], &[]] {
        let head = RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop(proofs.iter().copied());
        assert_eq!(code(guard.check(&head, NOW)), "dpop_not_one_proof");
    }
    // Without its origin the guard does not guess it.
    let nowhere = ready(&[&server]).dpop(Dpop::new(&[Algorithm::ES256]));
    assert_eq!(code(check_proof(&nowhere, &token, &proof)), "htu_mismatch");
    let head = RequestHead::new("GET", FILES).authorization([value.as_str()]).dpop([proof.as_str()]);
    granted(fresh(nowhere.check(&head, NOW)));
    // An algorithm that is not taken.
    let other = nowhere.origin(API).dpop(Dpop::new(&[Algorithm::Ed25519, Algorithm::HS256]));
    assert_eq!(code(check_proof(&other, &token, &proof)), "unsupported_algorithm");
}

#[test]
fn a_proof_for_another_server_does_not_pass_because_the_request_names_that_server() {
    // DP-03; RFC 9112, section 3.2.2: "a server MUST accept the absolute-form in requests". Who sends the request chooses it, and with HTTP/2 the authority.
    let (server, client) = (one(), client());
    let guard = with_dpop(&server);
    let token = server.bound(&[("jkt", &client.jkt())]);
    let value = format!("DPoP {token}");
    let with = |url: &str, htu: &str| {
        let proof = client.proof_of(DpopProof::new("GET", htu).access_token(&token), NOW);
        guard.check(&RequestHead::new("GET", url).authorization([value.as_str()]).dpop([proof.as_str()]), NOW)
    };
    for url in ["https://other.example/files", "http://api.example/files", "https://api.example.other.example/files"] {
        assert_eq!(code(with(url, url)), "htu_mismatch", "{url}");
        granted(fresh(with(url, FILES)));
    }
    for url in [FILES, "HTTPS://API.example:443/files?page=2", "/files#a"] {
        granted(fresh(with(url, FILES)));
        assert_eq!(code(with(url, "https://other.example/files")), "htu_mismatch", "{url}");
    }
    for url in ["*", "", "files", "api.example:443"] {
        assert_eq!(code(with(url, FILES)), "htu_mismatch", "{url}");
    }
}

#[test]
fn b14_a_downgrade_is_refused_in_every_direction() {
    // DP-05, DP-11
    let (server, client) = (one(), client());
    let bound = server.bound(&[("jkt", &client.jkt())]);
    let free = server.token(&[]);
    let (without, with) = (ready(&[&server]), with_dpop(&server));
    // A token that is bound to a key, as a bearer token: whether proofs are taken or not, with a proof beside it or not.
    for guard in [&without, &with] {
        assert_eq!(code(check(guard, &bound)), "downgraded_token");
        let (value, proof) = (format!("Bearer {bound}"), client.proof(&bound));
        let head = RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop([proof.as_str()]);
        assert_eq!(code(guard.check(&head, NOW)), "downgraded_token");
    }
    // One that is bound to nothing, with a proof: a stolen bearer token would pass with a key of the thief's.
    assert_eq!(code(check_proof(&with, &free, &thief().proof(&free))), "unbound_token");
    // One that is bound to another key.
    assert_eq!(code(check_proof(&with, &bound, &thief().proof(&bound))), "dpop_key_mismatch");
    // Where no proofs are taken, `DPoP` is no scheme of ours.
    assert_eq!(code(check_proof(&without, &bound, &client.proof(&bound))), "no_credentials");
    granted(check(&with, &free));
}

#[test]
fn a_confirmation_that_nobody_checks_is_refused() {
    let server = one();
    let guard = with_dpop(&server);
    for cnf in [
        Value::Null,
        true.into(),
        "jkt".into(),
        Object::new().into(),
        [("jwk", Object::new())].into_iter().collect::<Object>().into(),
        [("kid", "a")].into_iter().collect::<Object>().into(),
        [("jkt", Value::Null)].into_iter().collect::<Object>().into(),
        [("x5t#S256", Value::from(1_u64))].into_iter().collect::<Object>().into(),
        vec![Value::Null].into(),
    ] {
        let token = server.token(&[("cnf", Some(cnf.clone()))]);
        assert_eq!(code(check(&guard, &token)), "binding_unchecked", "{cnf:?}");
        assert_eq!(code(check_proof(&guard, &token, &client().proof(&token))), "binding_unchecked", "{cnf:?}");
    }
}

/// A bearer request over a connection with this certificate, or none.
fn over(guard: &Guard, token: &str, certificate: Option<&str>) -> Check {
    let value = format!("Bearer {token}");
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]);
    guard.check(&certificate.map_or(head, |thumbprint| head.client_certificate(thumbprint)), NOW)
}

#[test]
fn a_token_that_is_bound_to_a_certificate_passes_over_its_connection_only() {
    let server = one();
    let guard = ready(&[&server]);
    let (mine, other) = (certificate_thumbprint(b"mine"), certificate_thumbprint(b"other"));
    let token = server.bound(&[("x5t#S256", &mine)]);
    let principal = granted(over(&guard, &token, Some(&mine)));
    assert!(principal.is_bound_to_certificate() && !principal.is_bound_to_key());
    for wrong in [None, Some(other.as_str()), Some("")] {
        assert_eq!(code(over(&guard, &token, wrong)), "certificate_mismatch");
    }
    // No certificate is no certificate, whatever a token is bound to.
    assert_eq!(code(over(&guard, &server.bound(&[("x5t#S256", "")]), Some(""))), "certificate_mismatch");
    // A certificate that the token does not ask for does no harm.
    granted(over(&guard, &server.token(&[]), Some(&mine)));
}

#[test]
fn a_token_that_is_bound_to_both_needs_both() {
    let (server, client) = (one(), client());
    let guard = with_dpop(&server);
    let mine = certificate_thumbprint(b"mine");
    let token = server.bound(&[("jkt", &client.jkt()), ("x5t#S256", &mine)]);
    let (value, proof) = (format!("DPoP {token}"), client.proof(&token));
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop([proof.as_str()]);
    assert_eq!(code(guard.check(&head, NOW)), "certificate_mismatch");
    let principal = granted(fresh(guard.check(&head.client_certificate(&mine), NOW)));
    assert!(principal.is_bound_to_key() && principal.is_bound_to_certificate());
    assert_eq!(code(over(&guard, &token, Some(&mine))), "downgraded_token");
}

#[test]
fn where_tokens_must_be_bound_others_are_refused() {
    let (server, client) = (one(), client());
    let mine = certificate_thumbprint(b"mine");
    let free = server.token(&[]);
    let to_key = server.bound(&[("jkt", &client.jkt())]);
    let to_certificate = server.bound(&[("x5t#S256", &mine)]);
    for (binding, by_key, by_certificate) in [
        (Binding::Optional, true, true),
        (Binding::Key, true, false),
        (Binding::Certificate, false, true),
        (Binding::KeyOrCertificate, true, true),
    ] {
        let guard = with_dpop(&server).binding(binding);
        let passes = |check: Check, expected: bool| match check {
            Check::Granted(_) | Check::Needs(Need::Freshness(_)) => assert!(expected, "{binding:?}"),
            other => {
                assert!(!expected, "{binding:?}");
                assert_eq!(code(other), "unbound_token");
            }
        };
        passes(check(&guard, &free), binding == Binding::Optional);
        passes(check_proof(&guard, &to_key, &client.proof(&to_key)), by_key);
        passes(over(&guard, &to_certificate, Some(&mine)), by_certificate);
    }
}

#[test]
fn nonces_need_no_store_and_outlive_a_change_of_keys() {
    let (old, new) = (ServerNonces::new([1; 32]), ServerNonces::new([2; 32]).previous_key([1; 32]));
    assert!(new.accepts(old.issue(NOW).as_str(), NOW));
    assert!(!old.accepts(new.issue(NOW).as_str(), NOW));
    assert_ne!(old.issue(NOW), new.issue(NOW));
    assert!(!new.accepts("", NOW));
    assert!(!format!("{new:?}").contains('2'), "{new:?}");
    // Steps are counted beyond 32 bits, which is the year 2106 in seconds.
    let (short, late) = (ServerNonces::new([1; 32]).period(core::time::Duration::from_secs(1)), 1_u64 << 32);
    let issued = short.issue(Timestamp::from_unix(late));
    assert!(!short.accepts(issued.as_str(), Timestamp::from_unix(late + 2)));
    assert!(!short.accepts(short.issue(Timestamp::EPOCH).as_str(), Timestamp::from_unix(late)));
    // No period is too short or too long, and no time too late.
    for period in [0, 1, u64::MAX] {
        let nonces = ServerNonces::new([1; 32]).period(core::time::Duration::from_secs(period));
        for now in [Timestamp::EPOCH, NOW, Timestamp::MAX] {
            assert!(nonces.accepts(nonces.issue(now).as_str(), now));
        }
    }
}
