//! RFC 6749, section 2.3: "The client MUST NOT use more than one authentication method in each request."
use oauth_types::{ClientAuth, ClientId, ClientSecret, Endpoint, TokenRequest};

fn main() {
    let (basic, post) = (ClientAuth::Basic(ClientSecret::new("a")), ClientAuth::Post(ClientSecret::new("a")));
    let endpoint = Endpoint::new("https://as.example/token").unwrap();
    let client = ClientId::new("client").unwrap();
    let request = TokenRequest::client_credentials();
    let both = request.to_http(&endpoint, &client, &[basic, post]);
    drop(both);
}
