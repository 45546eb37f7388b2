//! What is a code cannot be sent as a refresh token.
use oauth_types::{AuthorizationCode, TokenRequest};

fn main() {
    let request = TokenRequest::refresh_token(AuthorizationCode::new("a"));
    drop(request);
}
