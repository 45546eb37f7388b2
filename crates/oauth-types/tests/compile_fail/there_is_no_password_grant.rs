//! The password and implicit grants cannot be asked for (RFC 9700, sections 2.1.2 and 2.4).
use oauth_types::TokenRequest;

fn main() {
    let request = TokenRequest::password("alice", "secret");
    drop(request);
}
