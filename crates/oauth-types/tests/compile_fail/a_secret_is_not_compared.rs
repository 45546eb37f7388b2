//! `==` stops at the first difference: secrets are compared by `matches` only.
use oauth_types::{AccessToken, ClientSecret};

fn main() {
    assert!(ClientSecret::new("a") == ClientSecret::new("a"));
    assert!(AccessToken::new("a") == "a");
}
