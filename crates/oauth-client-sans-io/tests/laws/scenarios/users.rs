use jwt_core::json::{Object, Value};
use jwt_core::{Header, Limits, Timestamp, Unverified, sign};
use oauth_client_sans_io::{
    Authentication, BackchannelLogout, CheckedLogoutToken, CheckedUserInfo, Client, Tokens, UserInfo,
};
use oauth_types::logout::{BackchannelLogoutRequest, LogoutToken};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{Endpoint, HttpRequest, HttpResponse};

use super::bound::{bound, private_key_jwt};
use super::exchanges::machine;
use super::{JWKS, client, signing_key};
use crate::laws::{Machine, START, Scenario};

const USERINFO: &str = "https://as.example/userinfo";
const ACCESS: &str = "MARKED-access";
/// The nonce of the user info endpoint.
const NONCE: &str = "resource-nonce-1";

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "user info",
        make: machine!(UserInfo, UserInfo::new(&server(), &public(), &bearer(), "alice").unwrap(), user),
        honest,
        secrets: &[ACCESS, "MARKED-name"],
        places: &[(ACCESS, USERINFO)],
        urls: &[USERINFO],
        single_use: None,
    },
    Scenario {
        name: "signed user info",
        make: machine!(UserInfo, UserInfo::new(&server(), &public(), &bearer(), "alice").unwrap().signed(), user),
        honest,
        secrets: &[ACCESS, "MARKED-name"],
        places: &[(ACCESS, USERINFO)],
        urls: &[USERINFO, JWKS],
        single_use: None,
    },
    Scenario {
        name: "signed user info of a bound token",
        make: machine!(
            UserInfo,
            UserInfo::new(&server(), &bound(private_key_jwt()), &bound_tokens(), "alice").unwrap().signed().by_post(),
            user
        ),
        honest,
        secrets: &[ACCESS, "MARKED-name", "eyJ0", "eyJh"],
        places: &[(ACCESS, USERINFO), ("eyJ0", USERINFO), ("eyJh", USERINFO)],
        urls: &[USERINFO, JWKS],
        single_use: None,
    },
    Scenario {
        name: "backchannel logout",
        make: machine!(
            BackchannelLogout,
            BackchannelLogout::new(&server(), &public(), &logout_request(&logout_token(START, &[]))),
            logged_out
        ),
        honest,
        secrets: &["eyJ", "MARKED-session"],
        places: &[("eyJ", "")],
        urls: &[JWKS],
        single_use: None,
    },
];

pub(crate) fn server() -> AuthorizationServer {
    let endpoint = |url| Endpoint::new(url).unwrap();
    super::server()
        .with_userinfo_endpoint(endpoint(USERINFO))
        .with_end_session_endpoint(endpoint("https://as.example/logout"))
}

fn public() -> Client {
    client(Authentication::None)
}

/// Bearer tokens of the server.
pub(crate) fn bearer() -> Tokens {
    tokens("https://as.example", r#""token_type":"Bearer""#)
}

/// Tokens that are bound to the key of the scenarios.
pub(crate) fn bound_tokens() -> Tokens {
    let jkt = signing_key().public_jwk().unwrap().thumbprint();
    tokens("https://as.example", &format!(r#""token_type":"DPoP","dpop_jkt":"{jkt}""#))
}

/// Tokens with these members.
pub(crate) fn tokens(issuer: &str, members: &str) -> Tokens {
    let text =
        format!(r#"tokens.1.{{"issuer":"{issuer}","access_token":"{ACCESS}","received_at":1700000000,{members}}}"#);
    Tokens::from_stored(&text).unwrap()
}

fn user(checked: CheckedUserInfo) -> String {
    let nonce = checked.dpop_nonce.as_ref().map(|nonce| nonce.as_str().to_owned());
    format!("{:?} {nonce:?} {}", checked.user.name(), checked.fetched_keys.is_some())
}

fn logged_out(checked: CheckedLogoutToken) -> String {
    format!("{} {:?}", checked.replay_key(), checked.replay_until())
}

pub(crate) fn logout_request(token: &str) -> BackchannelLogoutRequest {
    BackchannelLogoutRequest::new(LogoutToken::new(token)).unwrap()
}

/// A logout token with these changes.
pub(crate) fn logout_token(now: Timestamp, changes: &[(&str, Option<Value>)]) -> String {
    let event: Object =
        [("http://schemas.openid.net/event/backchannel-logout", Value::Object(Object::new()))].into_iter().collect();
    let mut claims = Object::new();
    for (name, value) in [("iss", "https://as.example"), ("aud", "client"), ("sub", "alice")] {
        claims.insert(name, value);
    }
    claims.insert("sid", "MARKED-session");
    claims.insert("jti", "bWJq");
    claims.insert("iat", now.as_unix());
    // Long enough for a slow law.
    claims.insert("exp", now.as_unix() + 300);
    claims.insert("events", Value::Object(event));
    for (name, value) in changes {
        match value {
            Some(value) => drop(claims.insert(*name, value.clone())),
            None => drop(claims.remove(name)),
        }
    }
    let key = signing_key();
    sign(&Header::new(key.algorithm()).with_typ("logout+jwt"), &claims, &key).unwrap()
}

/// User info as a JWT with these changes (OpenID Connect Core, section 5.3.2).
pub(crate) fn signed_user_info(changes: &[(&str, Option<Value>)]) -> String {
    let mut claims: Object =
        [("iss", "https://as.example"), ("aud", "client"), ("sub", "alice"), ("name", "MARKED-name")]
            .into_iter()
            .collect();
    for (name, value) in changes {
        match value {
            Some(value) => drop(claims.insert(*name, value.clone())),
            None => drop(claims.remove(name)),
        }
    }
    let key = signing_key();
    sign(&Header::new(key.algorithm()), &claims, &key).unwrap()
}

/// What a well-behaved server answers; one that binds tokens insists on its nonce.
fn honest(request: &HttpRequest, now: Timestamp) -> HttpResponse {
    if request.url() != USERINFO {
        return super::honest(request, now);
    }
    if let Some(proof) = request.header("dpop") {
        let claims: Object = Unverified::parse(proof, &Limits::default()).unwrap().dangerous_claims().unwrap();
        assert!(claims.get_str("ath").is_some(), "a proof for a resource names its token");
        if claims.get_str("nonce") != Some(NONCE) {
            return HttpResponse::new(401)
                .with_header("www-authenticate", r#"DPoP error="use_dpop_nonce", algs="EdDSA""#)
                .with_header("dpop-nonce", NONCE);
        }
    }
    let response = HttpResponse::new(200).with_header("dpop-nonce", NONCE);
    if request.header("accept") == Some("application/jwt") {
        return response.with_header("content-type", "application/jwt").with_body(signed_user_info(&[]));
    }
    response.with_header("content-type", "application/json").with_body(r#"{"sub":"alice","name":"MARKED-name"}"#)
}
