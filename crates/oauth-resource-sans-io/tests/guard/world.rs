//! Authorization servers, clients and guards for the tests.

use core::time::Duration;

use jwt_core::json::{Object, Value};
use jwt_core::profile::DpopProof;
use jwt_core::{Algorithm, Header, Jwk, JwkSet, Moment, SigningKey, Timestamp, base64url, sign};
use oauth_resource_sans_io::{Check, Denial, Dpop, Guard, Need, Principal, RequestHead, Requirement, WantedKey};
use oauth_types::{Endpoint, HttpResponse, Issuer, Scope};

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
pub(crate) const API: &str = "https://api.example";
pub(crate) const FILES: &str = "https://api.example/files";

pub(crate) fn after(seconds: u64) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(seconds))
}

/// An authorization server: its name, its key and where its keys are.
pub(crate) struct Server {
    pub(crate) issuer: &'static str,
    pub(crate) jwks_uri: &'static str,
    key: SigningKey,
}

// RFC 8037, appendix A.1.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"one","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
// RFC 7515, appendix A.3.
const P256: &str = r#"{"kty":"EC","crv":"P-256","kid":"two","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

fn key(jwk: &str) -> SigningKey {
    SigningKey::from_jwk(&Jwk::from_slice(jwk.as_bytes()).unwrap()).unwrap()
}

pub(crate) fn one() -> Server {
    Server { issuer: "https://one.example", jwks_uri: "https://one.example/jwks", key: key(ED25519) }
}

pub(crate) fn two() -> Server {
    Server { issuer: "https://two.example", jwks_uri: "https://two.example/jwks", key: key(P256) }
}

impl Server {
    fn claims(&self) -> Object {
        let mut claims = Object::new();
        for (name, value) in [("iss", self.issuer), ("aud", API), ("sub", "alice"), ("client_id", "app"), ("jti", "1")]
        {
            claims.insert(name, value);
        }
        claims.insert("scope", "files.read files.write");
        claims.insert("iat", NOW.as_unix());
        claims.insert("exp", NOW.as_unix() + 300);
        claims
    }

    /// A good access token with these changes; `None` takes a claim away.
    pub(crate) fn token(&self, changes: &[(&str, Option<Value>)]) -> String {
        self.signed("at+jwt", changes)
    }

    pub(crate) fn signed(&self, typ: &str, changes: &[(&str, Option<Value>)]) -> String {
        self.of_type(Some(typ), changes)
    }

    /// The same with this type in its header, or none.
    pub(crate) fn of_type(&self, typ: Option<&str>, changes: &[(&str, Option<Value>)]) -> String {
        let mut claims = self.claims();
        for (name, value) in changes {
            match value {
                Some(value) => drop(claims.insert(*name, value.clone())),
                None => drop(claims.remove(name)),
            }
        }
        let header = Header::new(self.key.algorithm());
        sign(&typ.map_or_else(|| header.clone(), |typ| header.clone().with_typ(typ)), &claims, &self.key).unwrap()
    }

    /// These claims, whatever they are.
    pub(crate) fn signed_json(&self, claims: &str) -> String {
        let (alg, kid) = (self.key.algorithm(), self.key.public_jwk().unwrap());
        let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{}"}}"#, kid.kid().unwrap());
        let input = format!("{}.{}", base64url::encode(header), base64url::encode(claims));
        let signature = self.key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url::encode(signature))
    }

    /// What anybody can send: a token in this server's name whose key nobody has ever seen.
    pub(crate) fn made_up(&self, kid: &str) -> String {
        let header = format!(r#"{{"alg":"{}","typ":"at+jwt","kid":"{kid}"}}"#, self.key.algorithm());
        let claims = format!(r#"{{"iss":"{}"}}"#, self.issuer);
        format!("{}.{}.AAAA", base64url::encode(header), base64url::encode(claims))
    }

    /// A good access token that is bound to these.
    pub(crate) fn bound(&self, cnf: &[(&str, &str)]) -> String {
        let cnf: Object = cnf.iter().map(|&(name, value)| (name, value)).collect();
        self.token(&[("cnf", Some(cnf.into()))])
    }

    pub(crate) fn key_set(&self) -> HttpResponse {
        HttpResponse::json(200, &JwkSet::new(vec![self.key.public_jwk().unwrap()])).unwrap()
    }
}

/// A client with a DPoP key of its own.
pub(crate) struct Client(SigningKey);

pub(crate) fn client() -> Client {
    Client(key(P256))
}

pub(crate) fn thief() -> Client {
    Client(key(ED25519))
}

impl Client {
    pub(crate) fn jkt(&self) -> String {
        self.0.public_jwk().unwrap().thumbprint().to_string()
    }

    /// A proof for `GET` of the files, made now.
    pub(crate) fn proof(&self, token: &str) -> String {
        self.proof_of(DpopProof::new("GET", FILES).access_token(token), NOW)
    }

    pub(crate) fn proof_of(&self, proof: DpopProof, at: Timestamp) -> String {
        proof.sign(&self.0, &Moment::new(at, [9; 32])).unwrap()
    }
}

pub(crate) fn requirement() -> Requirement {
    Requirement::from(Scope::parse("files.read").unwrap())
}

pub(crate) fn guard(servers: &[&Server]) -> Guard {
    let mut guard = Guard::new(API).requirement(requirement());
    for server in servers {
        let issuer = Issuer::new(server.issuer).unwrap();
        guard = guard.issuer(issuer, Endpoint::new(server.jwks_uri).unwrap(), &[Algorithm::Ed25519, Algorithm::ES256]);
    }
    guard
}

/// A guard that has every server's keys.
pub(crate) fn ready(servers: &[&Server]) -> Guard {
    let mut guard = guard(servers);
    for server in servers {
        let wanted = wanted(check(&guard, &server.token(&[])));
        let keys = guard.keys_mut(wanted.issuer()).unwrap();
        assert_eq!(keys.fetch_for(wanted.header(), NOW).unwrap().url(), server.jwks_uri);
        keys.handle_response(NOW, &server.key_set()).unwrap();
    }
    guard
}

/// A guard that takes proofs too.
pub(crate) fn with_dpop(server: &Server) -> Guard {
    ready(&[server]).origin(API).dpop(Dpop::new(&[Algorithm::ES256, Algorithm::Ed25519]))
}

pub(crate) fn check(guard: &Guard, token: &str) -> Check {
    check_at(guard, token, NOW)
}

pub(crate) fn check_at(guard: &Guard, token: &str, now: Timestamp) -> Check {
    let value = format!("Bearer {token}");
    guard.check(&RequestHead::new("GET", "/files").authorization([value.as_str()]), now)
}

pub(crate) fn check_for(guard: &Guard, token: &str, requirement: &Requirement) -> Check {
    let value = format!("Bearer {token}");
    guard.check_for(&RequestHead::new("GET", "/files").authorization([value.as_str()]), requirement, NOW)
}

/// A request with a proof, by the path alone.
pub(crate) fn check_proof(guard: &Guard, token: &str, proof: &str) -> Check {
    let value = format!("DPoP {token}");
    guard.check(&RequestHead::new("GET", "/files").authorization([value.as_str()]).dpop([proof]), NOW)
}

#[track_caller]
pub(crate) fn granted(check: Check) -> Principal {
    match check {
        Check::Granted(principal) => principal,
        other => panic!("expected to pass, got {other:?}"),
    }
}

#[track_caller]
pub(crate) fn denied(check: Check) -> Denial {
    match check {
        Check::Denied(denial) => denial,
        other => panic!("expected to be denied, got {other:?}"),
    }
}

#[track_caller]
pub(crate) fn wanted(check: Check) -> WantedKey {
    match check {
        Check::Needs(Need::Keys(wanted)) => wanted,
        other => panic!("expected to need a key, got {other:?}"),
    }
}

/// A proof that was never seen.
#[track_caller]
pub(crate) fn fresh(check: Check) -> Check {
    match check {
        Check::Needs(Need::Freshness(check)) => check.decide(true),
        other => panic!("expected to be asked, got {other:?}"),
    }
}

#[track_caller]
pub(crate) fn code(check: Check) -> &'static str {
    denied(check).code()
}

/// Status and `WWW-Authenticate` of an answer; the rest of it is always the same.
#[track_caller]
pub(crate) fn answer(check: Check) -> (u16, String) {
    let response = denied(check).to_http();
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(response.body().is_empty());
    (response.status(), response.header("www-authenticate").unwrap_or_default().to_owned())
}
