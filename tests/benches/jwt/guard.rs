//! What a guard costs over the bare check of the token in a request.

use jwt_core::{Algorithm, VerifyingKeys, verify_with_keys_borrowed};
use oauth_resource_sans_io::{Check, Guard, Principal, RequestHead, Requirement};
use oauth_types::{Issuer, Scope};

use super::keys::Pair;
use super::seen;
use super::table::{Table, Work};
use super::tokens::{AUDIENCE, ISSUER, KID, Token, now, policy};

/// The same keys and the same claims. The guard reads the request, checks more of the token and what it is bound to, and hands out who asks.
pub(crate) fn guards(table: &Table) {
    for (algorithm, more, ratio) in
        [(Algorithm::HS256, Some(150.0), None), (Algorithm::ES256, None, Some(1.05)), (Algorithm::Ed25519, None, None)]
    {
        let pair = Pair::new(algorithm);
        let token = Token::new(&pair, 259);
        let keys = || VerifyingKeys::from_keys(vec![pair.verifying().with_kid(KID)]);
        let (ready, policy, mut buffer) = (keys(), policy(), Vec::new());
        let guard = Guard::new(AUDIENCE)
            .issuer_with_keys(Issuer::new(ISSUER).unwrap(), keys())
            .requirement(Requirement::from(Scope::parse("read:mail").unwrap()));
        let field = format!("Bearer {}", token.text);
        let check = || -> Principal {
            let head = RequestHead::new("GET", "/mail/inbox?page=2").authorization([field.as_str()]);
            let Check::Granted(principal) = guard.check(&head, now()) else { panic!("refused") };
            principal
        };
        let mut guarded = Work::new("Guard::check", check).maybe_goal(ratio);
        if let Some(more) = more {
            guarded = guarded.at_most_more(more);
        }
        table.run(
            &format!("{algorithm} guard, 259 B of claims"),
            vec![
                Work::new("verify_with_keys_borrowed", || {
                    seen(verify_with_keys_borrowed(&token.text, &ready, &policy, now(), &mut buffer).unwrap().claims())
                }),
                guarded,
            ],
        );
    }
}
