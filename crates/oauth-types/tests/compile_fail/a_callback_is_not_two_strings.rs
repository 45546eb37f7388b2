//! An API that takes `code` and `state` loses `iss` and what came twice: a response is made of a whole callback only.
use oauth_types::AuthorizationCode;
use oauth_types::authorization::{AuthorizationResponse, Outcome};

fn main() {
    let forged = AuthorizationResponse { outcome: Outcome::Code(AuthorizationCode::new("a")), state: None };
    drop(forged);
}
