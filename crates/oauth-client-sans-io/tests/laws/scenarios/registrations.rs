use jwt_core::Timestamp;
use oauth_client_sans_io::{Deregistration, Registered, Registration, RegistrationManagement};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::registration::ClientMetadata;
use oauth_types::{AccessToken, Endpoint, HttpRequest, HttpResponse, Method, RedirectUri};

use super::exchanges::machine;
use crate::laws::{Machine, Scenario};

const REGISTER: &str = "https://as.example/register";
const MANAGE: &str = "https://as.example/register/s6BhdRkqt3";
const INITIAL: &str = "MARKED-initial";
const MANAGEMENT: &str = "MARKED-management";

pub(super) const FLOWS: &[Scenario] = &[
    Scenario {
        name: "registration",
        make: machine!(
            Registration,
            Registration::new(&server(), metadata()).unwrap().initial_access_token(AccessToken::new(INITIAL)),
            shown
        ),
        honest,
        secrets: &[INITIAL, "MARKED-secret", MANAGEMENT],
        places: &[(INITIAL, REGISTER)],
        urls: &[REGISTER],
        single_use: Some(INITIAL),
    },
    Scenario {
        name: "registration management",
        make: machine!(
            RegistrationManagement,
            RegistrationManagement::update(&registered(), metadata()).unwrap(),
            shown
        ),
        honest,
        secrets: &[MANAGEMENT, "MARKED-secret", "MARKED-rotated"],
        places: &[(MANAGEMENT, MANAGE)],
        urls: &[MANAGE],
        single_use: None,
    },
    Scenario {
        name: "deregistration",
        make: machine!(Deregistration, Deregistration::new(&registered()).unwrap(), |()| "gone".to_owned()),
        honest,
        secrets: &[MANAGEMENT],
        places: &[(MANAGEMENT, MANAGE)],
        urls: &[MANAGE],
        single_use: None,
    },
];

pub(crate) fn server() -> AuthorizationServer {
    super::server().with_registration_endpoint(Endpoint::new(REGISTER).unwrap())
}

/// RFC 7591, section 3.1, in part.
pub(crate) fn metadata() -> ClientMetadata {
    ClientMetadata::new()
        .with_redirect_uris([RedirectUri::new("https://client.example.org/callback").unwrap()])
        .with_client_name("My Example Client")
        .with_extra("example_extension_parameter", "example_value")
}

/// A registration whose secret was taken out long ago.
pub(crate) fn registered() -> Registered {
    let text = r#"registered.1.{"issuer":"https://as.example","client_id":"s6BhdRkqt3","has_secret":true,"secret_expires_at":1800000000,"issued_at":1700000000,"management":{"uri":"https://as.example/register/s6BhdRkqt3","token":"MARKED-management"},"metadata":{"client_name":"My Example Client"}}"#;
    Registered::from_stored(text).unwrap()
}

fn shown(registered: Registered) -> String {
    format!("{} {:?}", registered.to_stored(), registered.secret_expires_at())
}

/// What a well-behaved server answers.
fn honest(request: &HttpRequest, _: Timestamp) -> HttpResponse {
    let json = |status, token| {
        HttpResponse::new(status).with_header("content-type", "application/json").with_body(format!(
            r#"{{"client_id":"s6BhdRkqt3","client_secret":"MARKED-secret","client_secret_expires_at":0,"registration_client_uri":"{MANAGE}","registration_access_token":"{token}","client_name":"My Example Client"}}"#
        ))
    };
    match (request.url(), request.method()) {
        (REGISTER, Method::Post) => json(201, MANAGEMENT),
        (MANAGE, Method::Get | Method::Put) => json(200, "MARKED-rotated"),
        (MANAGE, Method::Delete) => HttpResponse::new(204),
        _ => HttpResponse::new(404),
    }
}
