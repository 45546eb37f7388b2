//! Access tokens of servers that do not say in the header that it is one: what else tells them from all other JWTs of the same server.
//!
//! RFC 8725, section 3.12: "If an issuer can issue more than one kind of JWT .. the validation rules for each kind MUST be written such that they are mutually
//! exclusive", by "different .. required claims", by "different required claim values" or by "different values for the aud claim".
//!
//! | server | it is an access token, because | and names the client |
//! |---|---|---|
//! | Keycloak | `typ` is `Bearer` (ID tokens `ID`, refresh tokens `Refresh`), `scope` | `azp` |
//! | Amazon Cognito | `token_use` is `access` (ID tokens `id`), `scope` | `client_id` |
//! | Microsoft Entra ID | `scp`, or `azpacr` or `appid` in tokens of an application's own | `azp`, `appid` |
//! | Okta | `scp` | `cid` |
//! | Auth0 | `scope`, or `gty` in tokens of an application's own | `azp` |
//! | Ory Hydra, Spring Authorization Server | `scp`, `scope` | `client_id`; none |

use alloc::vec::Vec;

use crate::json::{Object, Value};
use crate::policy::{Claim, Failure, Reason};

/// What is wrong with these claims as those of an access token.
pub(super) fn failures(claims: &Object, found: &mut Vec<Failure>) {
    for (name, claim) in OF_OTHER_KINDS {
        if claims.get(name).is_some() {
            let reason = if claim == Claim::Typ { Reason::Mismatch } else { Reason::Forbidden };
            found.push(Failure::new(claim, reason));
        }
    }
    let mut said = false;
    for (name, kinds) in KINDS {
        match claims.get(name).map(|kind| kind.as_str().is_some_and(|kind| kinds.contains(&kind))) {
            Some(true) => said = true,
            // It says that it is something else.
            Some(false) => found.push(Failure::new(Claim::Typ, Reason::Mismatch)),
            None => {}
        }
    }
    if !said && !MARKS.into_iter().any(|name| claims.get(name).is_some_and(says_something)) {
        found.push(Failure::new(Claim::Typ, Reason::Missing));
    }
}

/// A text, or a list with a text in it.
fn says_something(value: &Value) -> bool {
    let says = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    says(value) || value.as_array().is_some_and(|list| list.iter().any(says))
}

/// What a server says of its tokens in their claims, and what of access tokens.
const KINDS: [(&str, &[&str]); 2] = [("typ", &["Bearer", "DPoP"]), ("token_use", &["access"])];

/// What access tokens say: what was granted, to which client, and how that client proved who it is. OpenID Connect Core, section 2, has none of these in ID
/// tokens; it has `azp`, which therefore is none of them.
const MARKS: [&str; 7] = ["scope", "scp", "client_id", "cid", "appid", "azpacr", "gty"];

/// What only other kinds have. What no profile has a word of its own for is of another type.
const OF_OTHER_KINDS: [(&str, Claim); 15] = [
    // ID tokens (OpenID Connect Core, sections 2, 3.3.2.11; Financial-grade API 1.0, part 2, section 5.1; CIBA Core, section 10.3.1).
    ("nonce", Claim::Nonce),
    ("at_hash", Claim::Typ),
    ("c_hash", Claim::Typ),
    ("s_hash", Claim::Typ),
    ("urn:openid:params:jwt:claim:rt_hash", Claim::Typ),
    ("urn:openid:params:jwt:claim:auth_req_id", Claim::Typ),
    // Logout tokens and other security events (RFC 8417, section 2.2).
    ("events", Claim::Events),
    // DPoP proofs (RFC 9449, section 4.2).
    ("htm", Claim::Typ),
    ("htu", Claim::Typ),
    ("ath", Claim::ProofTokenHash),
    // Request objects (RFC 9101, section 4) and authorization responses (JARM, section 2.1).
    ("response_type", Claim::Typ),
    ("request_uri", Claim::RequestUri),
    ("redirect_uri", Claim::Typ),
    ("code", Claim::Code),
    // Introspection responses (RFC 9701, section 5).
    ("token_introspection", Claim::Typ),
];
