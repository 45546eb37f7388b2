//! There is no text form, and none for a store.
use oauth_types::AuthorizationCode;

fn main() {
    let code = AuthorizationCode::new("a");
    println!("{code}");
    serde_json::to_string(&code).unwrap();
}
