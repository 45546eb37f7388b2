//! The password and implicit grants cannot be asked for.
use oauth_types::TokenRequest;

fn main() {
    let request = TokenRequest::password("alice", "secret");
    drop(request);
}
