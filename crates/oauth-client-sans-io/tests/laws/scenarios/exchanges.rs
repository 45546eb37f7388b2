use jwt_core::json::{Object, Value};
use jwt_core::{Algorithm, Header, Secret, Timestamp, sign};
use oauth_client_sans_io::{
    Authentication, BearerAssertion, CheckedIntrospection, Client, IdentityAssertion, Introspection, JwtBearer,
    TokenExchange,
};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::TokenTypeIdentifier;
use oauth_types::{Assertion, ClientId, Endpoint, HttpRequest, HttpResponse, IdToken, Issuer, SecurityToken};

use super::bound::{bound, demanding, private_key_jwt};
use super::{JWKS, TOKEN, client, signing_key, tokens};
use crate::laws::{CLIENT_SECRET, Machine, PROVIDER_SECRET, Scenario};

const PROVIDER_TOKEN: &str = "https://idp.example/token";
const INTROSPECT: &str = "https://as.example/introspect";
const SUBJECT: &str = "MARKED-subject";
const ACTOR: &str = "MARKED-actor";
const ASSERTION: &str = "MARKED-assertion";
const ID_TOKEN: &str = "MARKED-id-token";
const ID_JAG: &str = "MARKED-id-jag";

macro_rules! machine {
    ($flow:ty, $make:expr, $show:expr) => {
        || Box::new(Machine { flow: $make, store: <$flow>::to_stored, restore: <$flow>::from_stored, show: $show })
    };
}
pub(super) use machine;

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "token exchange",
        make: machine!(TokenExchange, exchange(&client(Authentication::SecretPost("secret".into()))), tokens),
        honest,
        secrets: &[CLIENT_SECRET, SUBJECT, ACTOR, "MARKED-new"],
        places: &[(CLIENT_SECRET, TOKEN), (SUBJECT, TOKEN), (ACTOR, TOKEN)],
        urls: &[TOKEN],
        single_use: Some(SUBJECT),
    },
    Scenario {
        name: "token exchange with an assertion and a bound token",
        make: machine!(TokenExchange, exchange(&bound(private_key_jwt())), tokens),
        honest,
        secrets: &[SUBJECT, ACTOR, "MARKED-new", "eyJ0", "eyJh"],
        places: &[(SUBJECT, TOKEN), (ACTOR, TOKEN), ("eyJ0", TOKEN), ("eyJh", TOKEN)],
        urls: &[TOKEN],
        single_use: Some(SUBJECT),
    },
    Scenario {
        name: "JWT bearer",
        make: machine!(
            JwtBearer,
            JwtBearer::new(
                &super::server(),
                &client(Authentication::SecretPost("secret".into())),
                Assertion::new(ASSERTION)
            )
            .unwrap()
            .parameter("tenant", "MARKED-parameter"),
            tokens
        ),
        honest,
        secrets: &[CLIENT_SECRET, ASSERTION, "MARKED-parameter", "MARKED-new"],
        places: &[(CLIENT_SECRET, TOKEN), (ASSERTION, TOKEN), ("MARKED-parameter", TOKEN)],
        urls: &[TOKEN],
        single_use: Some(ASSERTION),
    },
    Scenario {
        name: "JWT bearer with assertions of its own and a bound token",
        make: machine!(
            JwtBearer,
            JwtBearer::signed(&super::server(), &bound(private_key_jwt()), bearer_assertion()).unwrap(),
            tokens
        ),
        honest,
        secrets: &["alice", "MARKED-claim", "MARKED-new", "eyJ0", "eyJh"],
        places: &[("eyJ0", TOKEN), ("eyJh", TOKEN)],
        urls: &[TOKEN],
        single_use: None,
    },
    Scenario {
        name: "identity assertion",
        make: machine!(
            IdentityAssertion,
            identity_assertion(
                &at_provider(Authentication::SecretPost("provider-secret".into())),
                &client(Authentication::SecretPost("secret".into()))
            ),
            tokens
        ),
        honest,
        secrets: &[CLIENT_SECRET, PROVIDER_SECRET, ID_TOKEN, ID_JAG, "MARKED-new"],
        places: &[
            (CLIENT_SECRET, TOKEN),
            ("client_id=client", TOKEN),
            (ID_JAG, TOKEN),
            (PROVIDER_SECRET, PROVIDER_TOKEN),
            ("client_id=at-provider", PROVIDER_TOKEN),
            (ID_TOKEN, PROVIDER_TOKEN),
        ],
        urls: &[PROVIDER_TOKEN, TOKEN],
        single_use: Some(ID_JAG),
    },
    Scenario {
        name: "identity assertion with an assertion and bound tokens",
        make: machine!(
            IdentityAssertion,
            identity_assertion(&at_provider(private_key_jwt()), &bound(private_key_jwt())),
            tokens
        ),
        honest,
        secrets: &[ID_TOKEN, ID_JAG, "MARKED-new", "eyJ0", "eyJh"],
        places: &[(ID_JAG, TOKEN), (ID_TOKEN, PROVIDER_TOKEN)],
        urls: &[PROVIDER_TOKEN, TOKEN],
        single_use: Some(ID_JAG),
    },
    Scenario {
        name: "introspection",
        make: machine!(Introspection, introspection(&client(Authentication::SecretPost("secret".into()))), said),
        honest,
        secrets: &[CLIENT_SECRET, SUBJECT, "MARKED-parameter"],
        places: &[(CLIENT_SECRET, INTROSPECT), (SUBJECT, INTROSPECT), ("MARKED-parameter", INTROSPECT)],
        urls: &[INTROSPECT],
        single_use: None,
    },
    Scenario {
        name: "signed introspection",
        make: machine!(
            Introspection,
            introspection(&bound(private_key_jwt())).signed("https://api.example").algorithms(&[Algorithm::Ed25519]),
            said
        ),
        honest,
        secrets: &[SUBJECT, "MARKED-parameter", "eyJ0", "eyJh"],
        places: &[(SUBJECT, INTROSPECT), ("MARKED-parameter", INTROSPECT), ("eyJ0", INTROSPECT), ("eyJh", INTROSPECT)],
        urls: &[INTROSPECT, JWKS],
        single_use: None,
    },
];

pub(crate) fn server() -> AuthorizationServer {
    super::server().with_introspection_endpoint(Endpoint::new(INTROSPECT).unwrap())
}

pub(crate) fn provider() -> AuthorizationServer {
    AuthorizationServer::new(Issuer::new("https://idp.example").unwrap())
        .with_token_endpoint(Endpoint::new(PROVIDER_TOKEN).unwrap())
}

/// The client as the identity provider knows it.
pub(crate) fn at_provider(authentication: Authentication) -> Client {
    Client::new(ClientId::new("at-provider").unwrap(), authentication)
}

fn exchange(client: &Client) -> TokenExchange {
    TokenExchange::new(&server(), client, SecurityToken::new(SUBJECT), TokenTypeIdentifier::AccessToken)
        .unwrap()
        .actor(SecurityToken::new(ACTOR), TokenTypeIdentifier::Jwt)
        .audience("backend")
        .requested_token_type(TokenTypeIdentifier::AccessToken)
}

pub(crate) fn bearer_assertion() -> BearerAssertion {
    BearerAssertion::new("robot@project.example", "alice", "key", Algorithm::Ed25519)
        .kid("k")
        .claim("tenant", "MARKED-claim")
}

pub(crate) fn identity_assertion(at_provider: &Client, client: &Client) -> IdentityAssertion {
    IdentityAssertion::new((&provider(), at_provider), (&server(), client), &IdToken::new(ID_TOKEN))
        .unwrap()
        .scope("chat.read".parse().unwrap())
}

fn introspection(client: &Client) -> Introspection {
    Introspection::new(&server(), client, Secret::new(SUBJECT)).unwrap().parameter("tenant", "MARKED-parameter")
}

fn said(checked: CheckedIntrospection) -> String {
    let token = checked.response.active();
    format!("{:?} {:?}", token.map(|token| token.sub().map(str::to_owned)), checked.fetched_keys.is_some())
}

/// A token as RFC 9701, section 5 has it.
pub(crate) fn signed_introspection(now: Timestamp, audience: &str, active: bool) -> String {
    let mut token: Object = [("sub", "alice")].into_iter().collect();
    token.insert("active", active);
    let mut claims = Object::new();
    claims.insert("iss", "https://as.example");
    claims.insert("aud", audience);
    claims.insert("iat", now.as_unix());
    claims.insert("token_introspection", Value::Object(token));
    let key = signing_key();
    sign(&Header::new(key.algorithm()).with_typ("token-introspection+jwt"), &claims, &key).unwrap()
}

/// What well-behaved servers answer.
fn honest(request: &HttpRequest, now: Timestamp) -> HttpResponse {
    let json = |body: &str| HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    let body = String::from_utf8_lossy(request.body()).into_owned();
    match request.url() {
        PROVIDER_TOKEN => json(&format!(
            r#"{{"access_token":"{ID_JAG}","issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","token_type":"N_A","expires_in":300}}"#
        )),
        INTROSPECT if request.header("accept") == Some("application/token-introspection+jwt") => HttpResponse::new(200)
            .with_header("content-type", "application/token-introspection+jwt")
            .with_body(signed_introspection(now, "https://api.example", true)),
        INTROSPECT => json(r#"{"active":true,"sub":"alice"}"#),
        TOKEN => {
            let response =
                if request.header("dpop").is_some() { demanding(request, now) } else { super::honest(request, now) };
            if response.status() != 200 || !body.contains("token-exchange") {
                return response;
            }
            let text = String::from_utf8_lossy(response.body()).replacen(
                '{',
                r#"{"issued_token_type":"urn:ietf:params:oauth:token-type:access_token","#,
                1,
            );
            response.with_body(text)
        }
        _ => super::honest(request, now),
    }
}
