//! A copy that nobody sees would not be wiped with the original.
use oauth_types::RefreshToken;

fn main() {
    let token = RefreshToken::new("a");
    let copy = token;
    drop((token, copy));
}
