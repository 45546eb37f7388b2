//! A callback's code without a look at the whole response: there is no text to take it as.
use oauth_types::authorization::{AuthorizationResponse, Callback};

fn main() {
    let response = AuthorizationResponse::parse(Callback::Query("code=a&state=b")).unwrap();
    let code: &str = response.outcome();
    drop(code);
}
