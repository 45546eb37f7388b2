//! What verifying and signing cost beside what nobody can skip, and beside other libraries. See `README.md` in this directory.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that measures time and prints a table"
)]

mod floor;
mod guard;
mod keys;
mod peers;
mod sets;
#[allow(dead_code, reason = "the other bench uses all of it")]
mod table;
mod tokens;

use jwt_core::{Algorithm, SigningKey, Unverified, VerifyingKey, sign, verify, verify_borrowed};

use self::keys::Pair;
use self::table::{Table, Work};
use self::tokens::{Claims, OwnedClaims, Token, now, policy};

fn main() {
    let mut table = Table::from_arguments();
    hs256(&mut table);
    asymmetric(&mut table);
    signing(&mut table);
    refusals(&mut table);
    sets::sets(&mut table);
    guard::guards(&table);
}

/// All of them must have been read.
fn seen(claims: &Claims<'_>) -> u64 {
    std::hint::black_box(claims).exp
}

/// HS256 at three sizes, every check on, against FLOOR.
fn hs256(table: &mut Table) {
    let pair = Pair::new(Algorithm::HS256);
    let anonymous = pair.verifying();
    let named = anonymous.clone().with_kid(tokens::KID);
    for (size, parsed, foreseen, owned) in
        [(259, 1.25, 1.15, Some(1.30)), (2 << 10, 1.10, 1.10, None), (16 << 10, 1.10, 1.10, None)]
    {
        let token = Token::new(&pair, size);
        // A spelling that no key foresees: a member that nobody knows.
        let odd = Token::with_header(&pair, size, &pair.header().with("x-unknown", true));
        let mut buffers = [const { Vec::new() }; 4];
        let [floor, odd_floor, borrowed, odd_borrowed] = &mut buffers;
        let policy = policy();
        let mut works = vec![
            Work::new("FLOOR: base64, ring's HMAC, serde_json", || {
                floor::verify(&token, &pair, floor, |payload| seen(&serde_json::from_slice(payload).unwrap()))
            }),
            Work::new("FLOOR of the same with an odd header", || {
                floor::verify(&odd, &pair, odd_floor, |payload| seen(&serde_json::from_slice(payload).unwrap()))
            })
            .reference(),
            Work::new("PRIM: ring's HMAC", || pair.primitive(&token)),
            Work::new("ours, borrowed, header foreseen", || {
                seen(verify_borrowed(&token.text, &named, &policy, now(), borrowed).unwrap().claims())
            })
            .goal(foreseen),
            Work::new("ours, borrowed, header parsed", || {
                seen(verify_borrowed(&odd.text, &named, &policy, now(), odd_borrowed).unwrap().claims())
            })
            .against(1)
            .goal(parsed),
            Work::new("ours, owned", || {
                verify::<OwnedClaims>(&token.text, &named, &policy, now()).unwrap().into_claims()
            })
            .maybe_goal(owned),
        ];
        works.extend(peers::verify(&pair, &token));
        table.run(&format!("HS256 verify, {size} B of claims"), works);
    }
}

/// The other algorithms at 259 B, against PRIM of the same backend.
fn asymmetric(table: &mut Table) {
    for (algorithm, goal) in [
        (Algorithm::RS256, 1.05),
        (Algorithm::PS256, 1.05),
        (Algorithm::ES256, 1.05),
        (Algorithm::ES384, 1.05),
        (Algorithm::Ed25519, 1.10),
    ] {
        let pair = Pair::new(algorithm);
        let token = Token::new(&pair, 259);
        let (key, policy, mut buffer) = (pair.verifying().with_kid(tokens::KID), policy(), Vec::new());
        let mut works = vec![
            Work::new("PRIM: ring", || pair.primitive(&token)),
            Work::new("ours, borrowed", || {
                seen(verify_borrowed(&token.text, &key, &policy, now(), &mut buffer).unwrap().claims())
            })
            .goal(goal),
        ];
        works.extend(peers::verify(&pair, &token));
        table.run(&format!("{algorithm} verify, 259 B of claims"), works);
    }
}

fn signing(table: &mut Table) {
    for (algorithm, goal) in
        [(Algorithm::HS256, 1.12), (Algorithm::RS256, 1.05), (Algorithm::ES256, 1.05), (Algorithm::Ed25519, 1.05)]
    {
        let pair = Pair::new(algorithm);
        // The key has the name, and writes it.
        let (header, named) = (pair.header(), pair.header_without_kid());
        let (claims, key) = (tokens::owned(259), pair.signing().with_kid(tokens::KID));
        let token = Token::new(&pair, 259);
        let mut works = Vec::new();
        if algorithm == Algorithm::HS256 {
            works.push(Work::new("FLOOR: serde_json, base64, ring's HMAC", || floor::sign(&pair, &claims)));
        } else {
            works.push(Work::new("PRIM: ring", || pair.primitive_sign(&token)));
        }
        works.push(Work::new("ours, header foreseen", || sign(&named, &claims, &key).unwrap()).goal(goal));
        works.push(Work::new("ours, header written", || sign(&header, &claims, &key).unwrap()));
        works.extend(peers::sign(&pair, &claims));
        table.run(&format!("{algorithm} sign, 259 B of claims"), works);
    }
}

fn refusals(table: &mut Table) {
    let pair = Pair::new(Algorithm::HS256);
    let (token, policy) = (Token::new(&pair, 259), policy());
    let key = pair.verifying().with_kid(tokens::KID);
    let other = VerifyingKey::hs384(&[1; 48]).unwrap();
    let forged = Token::signed(&SigningKey::hs256(&[9; 32]).unwrap(), &pair.header(), 259);
    let long = "a".repeat(10_000_000);
    let malformed = token.text.replacen('.', "", 1);
    let refuse = |text: &str, key: &VerifyingKey| {
        verify_borrowed::<Claims<'_>>(text, key, &policy, now(), &mut Vec::new()).unwrap_err().code()
    };
    table.run(
        "HS256 refuse (the goal of the first three is 200 ns)",
        vec![
            Work::new("PRIM: ring's HMAC", || pair.primitive(&token)),
            Work::new("wrong algorithm", || refuse(&token.text, &other)).nanoseconds(200.0),
            Work::new("malformed: two parts", || refuse(&malformed, &key)).nanoseconds(200.0),
            Work::new("10 MB", || refuse(&long, &key)).nanoseconds(200.0),
            Work::new("bad signature", || refuse(&forged, &key)).goal(1.05),
            Work::new("header only: Unverified::parse", || {
                Unverified::parse(&token.text, &jwt_core::Limits::default()).is_ok()
            }),
        ],
    );
    for algorithm in [Algorithm::ES256, Algorithm::Ed25519, Algorithm::RS256] {
        let pair = Pair::new(algorithm);
        let token = Token::new(&pair, 259);
        let key = pair.verifying();
        let mut bad = token.text.clone();
        let at = bad.find('.').unwrap() + 5;
        bad.replace_range(at..=at, if bad.as_bytes()[at] == b'A' { "B" } else { "A" });
        table.run(
            &format!("{algorithm} refuse"),
            vec![
                Work::new("PRIM: ring, over the same bytes", || pair.primitive_of(&bad)),
                Work::new("bad signature", || refuse(&bad, &key)).goal(1.05),
            ],
        );
    }
}
