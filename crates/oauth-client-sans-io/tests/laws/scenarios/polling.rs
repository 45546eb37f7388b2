use core::time::Duration;

use jwt_core::{Algorithm, Moment, Moments, Secret, Timestamp};
use oauth_client_sans_io::{
    Authentication, Ciba, CibaPending, CibaPolling, CibaPush, Client, DeviceAuthorization, DevicePolling, Flow, Input,
    Step, UserInteraction,
};
use oauth_types::ciba::{ClientNotification, Hint};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::token::{TokenResponse, TokenType};
use oauth_types::{AccessToken, Endpoint, HttpRequest, HttpResponse, IdToken, RefreshToken};

use super::bound::{bound, demanding, private_key_jwt};
use super::{JWKS, TOKEN, client, id_token_with, login};
use crate::laws::{CLIENT_SECRET, Machine, START, Scenario, keyring};

const DEVICE: &str = "https://as.example/device_authorization";
const BACKCHANNEL: &str = "https://as.example/bc-authorize";
const DEVICE_CODE: &str = "MARKED-device-code";
const USER_CODE: &str = "MARKED-USER-CODE";
const AUTH_REQ_ID: &str = "MARKED-auth-req-id";
const HINT: &str = "MARKED-jane";

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "device authorization",
        make: || {
            let client = client(Authentication::SecretBasic("secret".into()));
            let flow = DeviceAuthorization::new(&server(), &client).unwrap().scope("openid a".parse().unwrap());
            Box::new(Machine {
                flow,
                store: DeviceAuthorization::to_stored,
                restore: DeviceAuthorization::from_stored,
                show: shown,
            })
        },
        honest,
        secrets: &[CLIENT_SECRET, "TUFSS0VE", DEVICE_CODE, USER_CODE],
        places: &[(CLIENT_SECRET, DEVICE)],
        urls: &[DEVICE],
        single_use: None,
    },
    Scenario {
        name: "device polling",
        make: || device("files.read", &client(Authentication::None)),
        honest,
        secrets: &[DEVICE_CODE, USER_CODE, "MARKED-new"],
        places: &[(DEVICE_CODE, TOKEN)],
        urls: &[TOKEN],
        single_use: None,
    },
    Scenario {
        name: "device polling for an ID token",
        make: || device("openid files.read", &client(Authentication::SecretPost("secret".into()))),
        honest,
        secrets: &[DEVICE_CODE, CLIENT_SECRET, "MARKED-new", "eyJ"],
        places: &[(DEVICE_CODE, TOKEN), (CLIENT_SECRET, TOKEN), ("MARKED-new", TOKEN)],
        urls: &[TOKEN, JWKS],
        single_use: None,
    },
    Scenario {
        name: "device polling with an assertion and a bound token",
        make: || device("files.read", &bound(private_key_jwt())),
        honest: |request, now| if waits(request, now) { honest(request, now) } else { demanding(request, now) },
        secrets: &[DEVICE_CODE, "MARKED-new", "eyJ0", "eyJh"],
        places: &[(DEVICE_CODE, TOKEN), ("eyJ0", TOKEN), ("eyJh", TOKEN)],
        urls: &[TOKEN],
        single_use: None,
    },
    Scenario {
        name: "CIBA",
        make: || {
            let flow = ciba(&client(Authentication::SecretPost("secret".into()))).ping(&at(9));
            Box::new(Machine { flow, store: Ciba::to_stored, restore: Ciba::from_stored, show: shown_pending })
        },
        honest,
        secrets: &[CLIENT_SECRET, HINT, AUTH_REQ_ID, "MARKED-1234"],
        places: &[(CLIENT_SECRET, BACKCHANNEL), (HINT, BACKCHANNEL)],
        urls: &[BACKCHANNEL],
        single_use: Some(HINT),
    },
    Scenario {
        name: "CIBA, signed",
        make: || {
            let flow = ciba(&bound(private_key_jwt())).signed("key", Algorithm::Ed25519, Some("k")).unwrap();
            Box::new(Machine { flow, store: Ciba::to_stored, restore: Ciba::from_stored, show: shown_pending })
        },
        honest,
        secrets: &[HINT, AUTH_REQ_ID, "eyJ0", "eyJh"],
        places: &[("eyJ0", BACKCHANNEL), ("eyJh", BACKCHANNEL)],
        urls: &[BACKCHANNEL],
        single_use: None,
    },
    Scenario {
        name: "CIBA polling",
        make: || {
            let mut pending = pending(ciba(&client(Authentication::SecretPost("secret".into()))));
            Box::new(Machine {
                flow: pending.poll().unwrap(),
                store: CibaPolling::to_stored,
                restore: CibaPolling::from_stored,
                show: login,
            })
        },
        honest,
        secrets: &[CLIENT_SECRET, AUTH_REQ_ID, "MARKED-new", "eyJ"],
        places: &[(AUTH_REQ_ID, TOKEN), (CLIENT_SECRET, TOKEN), ("MARKED-new", TOKEN)],
        urls: &[TOKEN, JWKS],
        single_use: None,
    },
    Scenario {
        name: "CIBA ping",
        make: || {
            let mut pending = pending(ciba(&bound(private_key_jwt())).ping(&at(9)));
            let ping = ping(&pending);
            Box::new(Machine {
                flow: pending.accept_ping(&at(10), &ping).unwrap(),
                store: CibaPolling::to_stored,
                restore: CibaPolling::from_stored,
                show: login,
            })
        },
        honest: |request, now| {
            let response = demanding(request, now);
            if request.url() != TOKEN || response.status() != 200 {
                return response;
            }
            let body = format!(
                r#"{{"access_token":"MARKED-new-access","token_type":"DPoP","expires_in":300,"id_token":"{}"}}"#,
                id_token_with(now, &[])
            );
            HttpResponse::new(200).with_header("content-type", "application/json").with_body(body)
        },
        secrets: &[AUTH_REQ_ID, "MARKED-new", "eyJ0", "eyJh"],
        places: &[(AUTH_REQ_ID, TOKEN), ("eyJ0", TOKEN), ("eyJh", TOKEN), ("MARKED-new", TOKEN)],
        urls: &[TOKEN, JWKS],
        single_use: None,
    },
    Scenario {
        name: "CIBA push",
        make: || {
            let mut pending = pushed_pending();
            let push = push(&pending, START);
            Box::new(Machine {
                flow: pending.accept_push(&at(10), &push).unwrap(),
                store: CibaPush::to_stored,
                restore: CibaPush::from_stored,
                show: login,
            })
        },
        honest,
        secrets: &[AUTH_REQ_ID, "MARKED-new", "eyJ"],
        places: &[("eyJ", ""), ("MARKED-new", ""), (AUTH_REQ_ID, "")],
        urls: &[JWKS],
        single_use: None,
    },
];

pub(crate) fn server() -> AuthorizationServer {
    let endpoint = |url| Endpoint::new(url).unwrap();
    super::server()
        .with_device_authorization_endpoint(endpoint(DEVICE))
        .with_backchannel_authentication_endpoint(endpoint(BACKCHANNEL))
}

fn at(seed: u8) -> Moment {
    Moments::from_seed([seed; 32]).at(START)
}

/// What a well-behaved server answers: its user decides between the first two polls.
pub(crate) fn honest(request: &HttpRequest, now: Timestamp) -> HttpResponse {
    let json =
        |status, body: &str| HttpResponse::new(status).with_header("content-type", "application/json").with_body(body);
    match request.url() {
        DEVICE => json(
            200,
            r#"{"device_code":"MARKED-device-code","user_code":"MARKED-USER-CODE","verification_uri":"https://as.example/device",
                "verification_uri_complete":"https://as.example/device?user_code=MARKED-USER-CODE","expires_in":50,"interval":5}"#,
        ),
        BACKCHANNEL => json(200, r#"{"auth_req_id":"MARKED-auth-req-id","expires_in":50,"interval":5}"#),
        TOKEN if waits(request, now) => json(400, r#"{"error":"authorization_pending"}"#),
        _ => super::honest(request, now),
    }
}

fn waits(request: &HttpRequest, now: Timestamp) -> bool {
    request.url() == TOKEN && now < START.saturating_add(Duration::from_secs(10))
}

/// Drives a flow at [`START`] to its end, with the scenarios' keys and the honest server.
pub(crate) fn begun<F: Flow>(flow: F) -> F::Output {
    begun_at(START, flow)
}

/// The same at this time.
pub(crate) fn begun_at<F: Flow>(now: Timestamp, mut flow: F) -> F::Output {
    let mut moments = Moments::from_seed([11; 32]);
    let mut input = Input::Resume;
    loop {
        input = match flow.handle(moments.at(now), input).unwrap() {
            Step::Send(request) => Input::Response(honest(&request, now)),
            Step::Ask(question) => Input::Answer(keyring().answer(question).unwrap()),
            Step::Wait(until) => panic!("waits until {until}"),
            Step::Done(output) => return output,
        };
    }
}

/// What the user of a device is shown.
pub(crate) fn interaction(now: Timestamp, scope: &str, client: &Client) -> UserInteraction {
    begun_at(now, DeviceAuthorization::new(&server(), client).unwrap().scope(scope.parse().unwrap()))
}

fn device(scope: &str, client: &Client) -> Box<Machine<DevicePolling>> {
    Box::new(Machine {
        flow: interaction(START, scope, client).polling,
        store: DevicePolling::to_stored,
        restore: DevicePolling::from_stored,
        show: login,
    })
}

pub(crate) fn ciba(client: &Client) -> Ciba {
    let hint = Hint::LoginHint(HINT.into());
    Ciba::new(&server(), client, "openid".parse().unwrap(), hint)
        .unwrap()
        .binding_message("W4SCT")
        .user_code(Secret::new("MARKED-1234"))
        .requested_expiry(Duration::from_secs(50))
}

pub(crate) fn pending(ciba: Ciba) -> CibaPending {
    begun(ciba)
}

/// A login whose tokens will be pushed.
pub(crate) fn pushed_pending() -> CibaPending {
    pending(ciba(&client(Authentication::SecretPost("secret".into()))).push(&at(9)).unwrap())
}

pub(crate) fn ping(pending: &CibaPending) -> ClientNotification {
    ClientNotification::ping(pending.notification_token().unwrap().clone(), pending.auth_req_id().clone())
}

/// What a pushed ID token says besides, of the tokens of [`push`]: SHA-512, as it is signed with Ed25519.
pub(crate) const BINDING: [(&str, &str); 3] = [
    ("at_hash", "GSAQF0Y0QDK9-RkWgAYS7fpRzOYtAj2jMiM99bX0ew8"),
    ("urn:openid:params:jwt:claim:rt_hash", "vwZIbdt_9-rQ1LEWI2YmOwglWAiCYqGtrsCgE2hzyng"),
    ("urn:openid:params:jwt:claim:auth_req_id", AUTH_REQ_ID),
];

/// The tokens that an honest server pushes.
pub(crate) fn push(pending: &CibaPending, now: Timestamp) -> ClientNotification {
    push_with(pending, id_token_with(now, &BINDING))
}

pub(crate) fn push_with(pending: &CibaPending, id_token: String) -> ClientNotification {
    let tokens = TokenResponse::new(AccessToken::new("MARKED-new-access"), TokenType::Bearer)
        .with_refresh_token(RefreshToken::new("MARKED-new-refresh"))
        .with_id_token(IdToken::new(id_token));
    ClientNotification::push(pending.notification_token().unwrap().clone(), pending.auth_req_id().clone(), tokens)
}

fn shown(interaction: UserInteraction) -> String {
    format!("{} {}", interaction.user_code, interaction.polling.to_stored())
}

fn shown_pending(pending: CibaPending) -> String {
    pending.to_stored()
}
