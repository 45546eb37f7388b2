use jwt_core::json::Object;
use jwt_core::{Algorithm, Limits, Timestamp, Unverified};
use oauth_client_sans_io::{
    AssertionKey, Authentication, AuthorizationCode, Client, ClientCredentials, CodeExchange, DpopKey, Refresh,
    Revocation,
};
use oauth_types::authorization::Callback;
use oauth_types::{HttpRequest, HttpResponse, RedirectUri, RefreshToken};

use super::{CODE, REFRESH, REVOKE, TOKEN, client, server, signing_key, tokens};
use crate::laws::{Machine, START, Scenario};
use jwt_core::Moments;

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "client credentials with an assertion and a bound token",
        make: || {
            let flow = ClientCredentials::new(&server(), &bound(private_key_jwt())).unwrap();
            Box::new(Machine {
                flow,
                store: ClientCredentials::to_stored,
                restore: ClientCredentials::from_stored,
                show: tokens,
            })
        },
        honest: demanding,
        secrets: &["MARKED-new", "eyJ0", "eyJh"],
        places: &[("eyJ0", TOKEN), ("eyJh", TOKEN)],
        urls: &[TOKEN],
        single_use: None,
    },
    Scenario {
        name: "refresh of a bound token",
        make: || {
            let flow =
                Refresh::with_token(&server(), &bound(Authentication::None), RefreshToken::new(REFRESH)).unwrap();
            Box::new(Machine { flow, store: Refresh::to_stored, restore: Refresh::from_stored, show: tokens })
        },
        honest: demanding,
        secrets: &[REFRESH, "MARKED-new", "eyJ0", "eyJh"],
        places: &[(REFRESH, TOKEN), ("eyJ0", TOKEN), ("eyJh", TOKEN)],
        urls: &[TOKEN],
        single_use: Some(REFRESH),
    },
    Scenario {
        name: "code exchange for a bound token",
        make: || {
            let client = bound(Authentication::SecretJwt(AssertionKey::new("secret", Algorithm::HS256)));
            let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
            let at = Moments::from_seed([9; 32]).at(START);
            let login = AuthorizationCode::new(&server(), &client, redirect_uri).begin(&at).unwrap();
            let mut pending = login.pending;
            let query = format!("code={CODE}&state={}", pending.state());
            let flow = pending.accept(&at, None, Callback::Query(&query)).unwrap();
            Box::new(Machine {
                flow,
                store: CodeExchange::to_stored,
                restore: CodeExchange::from_stored,
                show: super::login,
            })
        },
        honest: demanding,
        secrets: &[CODE, "MARKED-new", "eyJ0", "eyJh"],
        places: &[(CODE, TOKEN), ("eyJ0", TOKEN), ("eyJh", TOKEN)],
        urls: &[TOKEN],
        single_use: Some(CODE),
    },
    Scenario {
        name: "revocation with an assertion",
        make: || {
            let flow = Revocation::of_refresh_token(&server(), &bound(private_key_jwt()), &RefreshToken::new(REFRESH))
                .unwrap();
            Box::new(Machine {
                flow,
                store: Revocation::to_stored,
                restore: Revocation::from_stored,
                show: |()| "revoked".to_owned(),
            })
        },
        honest: super::honest,
        secrets: &[REFRESH, "eyJ0", "eyJh"],
        places: &[(REFRESH, REVOKE), ("eyJ0", REVOKE), ("eyJh", REVOKE)],
        urls: &[REVOKE],
        single_use: None,
    },
];

pub(crate) fn private_key_jwt() -> Authentication {
    Authentication::PrivateKeyJwt(AssertionKey::new("key", Algorithm::Ed25519).kid("k"))
}

/// A client whose tokens are bound to the key of the scenarios.
pub(crate) fn bound(authentication: Authentication) -> Client {
    let public = signing_key().public_jwk().unwrap();
    client(authentication).dpop(DpopKey::new("key", Algorithm::Ed25519, &public).unwrap())
}

/// The nonce that [`demanding`] wants to see.
const NONCE: &str = "nonce-1";

/// A well-behaved server that binds tokens and insists on its nonce.
pub(crate) fn demanding(request: &HttpRequest, now: Timestamp) -> HttpResponse {
    let json = |status, body: &str| {
        HttpResponse::new(status)
            .with_header("content-type", "application/json")
            .with_header("dpop-nonce", NONCE)
            .with_body(body)
    };
    if request.url() != TOKEN {
        return super::honest(request, now);
    }
    let proof = request.header("dpop").unwrap();
    let claims: Object = Unverified::parse(proof, &Limits::default()).unwrap().dangerous_claims().unwrap();
    if claims.get_str("nonce") != Some(NONCE) {
        return json(400, r#"{"error":"use_dpop_nonce"}"#);
    }
    json(
        200,
        r#"{"access_token":"MARKED-new-access","token_type":"DPoP","expires_in":300,"refresh_token":"MARKED-new-refresh"}"#,
    )
}
