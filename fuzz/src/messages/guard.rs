//! The head of a request to a protected API.

use std::sync::LazyLock;

use jwt_core::json::Object;
use jwt_core::{Algorithm, Header, SigningKey, Timestamp, VerifyingKeys, sign};
use oauth_resource_sans_io::{
    AuditEvent, Check, Dpop, Guard, Introspect, Need, RequestHead, Requirement, ServerNonces,
};
use oauth_types::{Challenges, Endpoint, Issuer, Reading, Scope};

use super::NOW;

/// A selecting byte, and lines: the URL, `Authorization` fields (beginning with `a`), `DPoP` fields (`d`), a certificate (`c`), a form (`f`). `%` at the end of
/// an `Authorization` field stands for a token that is good.
pub(super) fn heads_are_answered(data: &[u8]) {
    let Some((select, lines)) = data.split_first() else { return };
    let Ok(text) = core::str::from_utf8(lines) else { return };
    let mut lines = text.split('\n');
    let url = lines.next().unwrap_or_default();
    let (mut fields, mut proofs, mut certificate, mut form) = (Vec::new(), Vec::new(), None, "");
    for line in lines.take(8) {
        match line.as_bytes().first() {
            Some(b'a') => fields.push(
                line[1..]
                    .strip_suffix('%')
                    .map_or_else(|| line[1..].to_owned(), |scheme| format!("{scheme}{}", WORLD.token)),
            ),
            Some(b'd') => proofs.push(&line[1..]),
            Some(b'c') => certificate = Some(&line[1..]),
            Some(b'f') => form = &line[1..],
            _ => {}
        }
    }
    let mut head = RequestHead::new(if select & 8 == 0 { "GET" } else { "POST" }, url)
        .authorization(fields.iter().map(String::as_str))
        .dpop(proofs.iter().copied())
        .form(form.as_bytes());
    if let Some(certificate) = certificate {
        head = head.client_certificate(certificate);
    }
    let Some(guard) = WORLD.guards.get(usize::from(*select & 7) % WORLD.guards.len()) else { return };
    let check = guard.check(&head, NOW);
    if let Check::Granted(_) | Check::Denied(_) = check {
        let event = AuditEvent::new(&head, &check, NOW).expect("it is decided");
        let line = event.to_string();
        assert!(!line.contains(['\n', '\r']) && !line.contains(WORLD.token.as_str()), "{line}");
    }
    let shown = format!("{check:?} {head:?}");
    assert!(!shown.contains(WORLD.token.as_str()), "a token is shown");
    match check {
        Check::Granted(principal) => {
            assert_eq!((principal.subject(), principal.issuer()), (Some("alice"), ISSUER));
            let good = |field: &String| field.trim().ends_with(WORLD.token.as_str());
            assert!(fields.iter().any(good) || fields.is_empty(), "who is this?");
        }
        Check::Denied(denial) => {
            let response = denial.to_http();
            assert_eq!(response.header("cache-control"), Some("no-store"));
            let challenges = Challenges::from_http(&response, Reading::Strict).expect("what we write we read");
            assert_eq!(challenges.is_empty(), !matches!(denial.status(), 400..=403), "{}", denial.status());
            // RFC 6750, section 3.1: without credentials there is no error code.
            if denial.code() == "no_credentials" {
                assert!(challenges.iter().all(|challenge| challenge.get("error").is_none()));
            } else {
                assert!(challenges.is_empty() || challenges.iter().any(|challenge| challenge.get("error").is_some()));
            }
        }
        // Whatever the token is, it is not part of this.
        Check::Needs(Need::Introspection(check)) => {
            assert_eq!(format!("{check:?}"), format!("IntrospectionCheck {{ issuer: {:?}, .. }}", check.issuer()));
        }
        Check::Needs(Need::Freshness(check)) => assert!(check.until() > NOW && check.key().len() == 43),
        Check::Needs(Need::Keys(wanted)) => {
            // Only a name of a key, of an algorithm that is taken, leads to a fetch, and it goes no further than there.
            let header = wanted.header();
            assert_eq!(header.alg(), "ES256");
            assert!(["typ", "jwk", "jku", "x5c", "crit"].iter().all(|name| header.get(name).is_none()));
            let field = fields.first().map(|field| field.len()).unwrap_or_default();
            assert!(header.kid().unwrap_or_default().len() <= field.max(url.len()).max(form.len()));
        }
        Check::Needs(need) => panic!("nothing else was configured: {need:?}"),
        _ => panic!("no other end"),
    }
}

struct World {
    token: String,
    guards: Vec<Guard>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let key = SigningKey::hs256(&[7; 32]).expect("long enough");
    let mut claims: Object =
        [("iss", ISSUER), ("aud", API), ("sub", "alice"), ("client_id", "app"), ("jti", "1"), ("scope", "read")]
            .into_iter()
            .collect();
    claims.insert("iat", NOW.as_unix());
    claims.insert("exp", Timestamp::from_unix(NOW.as_unix() + 300).as_unix());
    let token = sign(&Header::new(Algorithm::HS256).with_typ("at+jwt"), &claims, &key).expect("good claims");
    let issuer = || Issuer::new(ISSUER).expect("a good issuer");
    let keys = || VerifyingKeys::from_keys(vec![key.verifying_key().expect("an HMAC key")]);
    let scope = Requirement::from(Scope::parse("read").expect("a good scope"));
    let plain = Guard::new(API).issuer_with_keys(issuer(), keys()).requirement(scope);
    let dpop = || Dpop::new(&[Algorithm::ES256]);
    let untyped = plain.clone().dangerous_also_untyped(issuer());
    let keys_uri = Endpoint::new("https://as.example/jwks").expect("a good endpoint");
    let guards = vec![
        plain.clone(),
        plain.clone().dangerous_token_in_form().dangerous_token_in_query(),
        plain.clone().origin(API).dpop(dpop()),
        plain.clone().origin(API).dpop(dpop().nonces(ServerNonces::new([7; 32]))),
        plain.introspection(issuer(), Introspect::Opaque).dpop(dpop()),
        Guard::new(API).introspection(issuer(), Introspect::Every).dangerous_token_in_query(),
        untyped,
        Guard::new(API).issuer(issuer(), keys_uri, &[Algorithm::ES256]),
    ];
    World { token, guards }
});

const ISSUER: &str = "https://as.example";
const API: &str = "https://api.example";
