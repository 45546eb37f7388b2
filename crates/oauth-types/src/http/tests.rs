use super::*;
use alloc::format;
use alloc::vec;

fn request() -> HttpRequest {
    HttpRequest::post_form("https://as.example/token?tenant=marked-q#marked-f", Purpose::Token, "code=marked-b")
        .with_header("Authorization", "Basic marked-h")
}

// B5, B10
#[test]
fn b5_debug_shows_no_query_no_header_value_and_no_body() {
    let response = HttpResponse::new(400)
        .with_header("Set-Cookie", "marked-h")
        .with_header("location", "https://x/marked-l")
        .with_body("marked-b");
    let shown = format!("{:?} {:#?} {response:?} {response:#?}", request(), request());
    assert!(!shown.contains("marked"), "{shown}");
    assert!(
        shown.contains("https://as.example/token") && shown.contains("authorization") && shown.contains("400"),
        "{shown}"
    );
}

#[test]
fn b10_a_request_carries_its_contract() {
    let contract = *request().contract();
    assert_eq!((contract.replay(), contract.purpose()), (Replay::IfNotSent, Purpose::Token));
    assert!(!contract.client_certificate());
    assert_eq!(HttpRequest::get("https://as.example/jwks", Purpose::Jwks).contract().replay(), Replay::Safe);
    let changed = request()
        .with_replay(Replay::Never)
        .with_timeout(Duration::from_secs(1))
        .with_max_response_bytes(7)
        .with_client_certificate(true);
    let contract = changed.contract();
    assert_eq!((contract.replay(), contract.timeout().as_secs(), contract.max_response_bytes()), (Replay::Never, 1, 7));
    assert!(contract.client_certificate());
}

#[test]
fn header_names_are_found_in_any_case_and_a_request_has_each_once() {
    let request = request().with_header("AUTHORIZATION", "Bearer x");
    assert_eq!(request.header_values("Authorization").collect::<Vec<_>>(), ["Bearer x"]);
    assert_eq!(
        request.headers().map(|(name, _)| name).collect::<Vec<_>>(),
        ["accept", "content-type", "authorization"]
    );
    let response = HttpResponse::new(401).with_header("WWW-Authenticate", "A").with_header("www-authenticate", "B");
    assert_eq!(response.header("www-Authenticate"), Some("A"));
    assert_eq!(response.header_values("WWW-AUTHENTICATE").collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(response.header("x"), None);
}

#[test]
fn what_is_set_takes_the_place_of_a_usual_field() {
    let fields = |request: &HttpRequest| -> Vec<String> {
        request.headers().map(|(name, value)| format!("{name}: {value}")).collect()
    };
    let form = "content-type: application/x-www-form-urlencoded";
    let post = HttpRequest::post_form("https://as.example/token", Purpose::Token, "a=b");
    assert_eq!(fields(&post), ["accept: application/json", form]);
    assert_eq!(fields(&post.clone().with_header("Accept", "text/html")), [form, "accept: text/html"]);
    assert_eq!(fields(&post.clone().with_header("x", "1")), ["accept: application/json", form, "x: 1"]);
    let authorized = post.with_authorization("Basic eDp5".into());
    assert_eq!(fields(&authorized), ["accept: application/json", form, "authorization: Basic eDp5"]);
    let changed = authorized.with_header("authorization", "Bearer a").with_header("content-type", "a/b");
    assert_eq!(fields(&changed), ["accept: application/json", "authorization: Bearer a", "content-type: a/b"]);
    assert_eq!(fields(&changed.with_header("Authorization", "Bearer b")).last().unwrap(), "authorization: Bearer b");
    let get = HttpRequest::get("https://as.example/keys", Purpose::Jwks);
    assert_eq!(fields(&get), ["accept: application/json"]);
    for known in ["application/json", " no-store\t", "text/plain"] {
        assert_eq!(HttpResponse::new(200).with_header("x", known).header("x"), Some(known.trim()));
    }
}

// OA-17
#[test]
fn line_breaks_never_reach_a_header() {
    for value in ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{1}"] {
        assert_eq!(request().try_with_header("x", value).err(), Some(HttpError::HeaderValue), "{value:?}");
    }
    for name in ["", "a b", "a:", "a\r\n", "\u{e9}"] {
        assert_eq!(request().try_with_header(name, "v").err(), Some(HttpError::HeaderName), "{name:?}");
        assert_eq!(HttpResponse::new(200).with_header(name, "v").headers().count(), 0, "{name:?}");
    }
    assert_eq!(request().try_with_header("x", "a\tb").unwrap().header("x"), Some("a\tb"));
    let response = HttpResponse::new(302).with_header("location", "https://x/\r\nset-cookie: b\0");
    assert_eq!(response.header("location"), Some("https://x/  set-cookie: b "));
    assert_eq!(request().with_header("x", "a\nb").header("x"), Some("a b"));
}

#[test]
fn path_and_query_are_those_of_the_target() {
    let target = |url: &str| HttpRequest::received(Method::Get, url, [("Host", "as.example")], "");
    assert_eq!(target("/authorize?a=b?c#d").query(), Some("a=b?c"));
    assert_eq!(target("/authorize?").query(), Some(""));
    assert_eq!(target("/authorize#?x").query(), None);
    for url in ["/authorize", "/authorize?a=/b", "https://as.example/authorize?x=://", "https://as.example/authorize#/"]
    {
        assert_eq!(target(url).path(), "/authorize", "{url}");
    }
    assert_eq!(target("https://as.example").path(), "/");
    assert_eq!(target("/x").header("host"), Some("as.example"));
    assert_eq!(target("/x://y/token?://z/token").path(), "/x://y/token");
}

#[test]
fn json_is_written_with_its_content_type() {
    let response = HttpResponse::json(201, &vec![1, 2]).unwrap();
    assert_eq!((response.status(), response.header("content-type")), (201, Some("application/json")));
    assert_eq!(response.body(), b"[1,2]");
}

#[test]
fn methods_are_case_sensitive() {
    for method in [Method::Get, Method::Post, Method::Put, Method::Delete] {
        assert_eq!(Method::from_name(method.as_str()), Some(method));
    }
    assert_eq!(Method::from_name("get"), None);
}

#[cfg(feature = "http")]
mod conversions {
    use super::*;

    #[test]
    fn a_request_goes_to_the_http_crate_and_back() {
        let sent = http::Request::<Vec<u8>>::try_from(request()).unwrap();
        assert_eq!(sent.method(), http::Method::POST);
        assert!(!format!("{:?}", sent.headers()).contains("marked-h"));
        let received = HttpRequest::try_from(sent).unwrap();
        assert_eq!(received.query(), Some("tenant=marked-q"));
        assert_eq!(received.header("authorization"), Some("Basic marked-h"));
        assert_eq!(received.body(), b"code=marked-b");
        assert_eq!(received.contract().replay(), Replay::Never);
    }

    #[test]
    fn what_cannot_be_converted_says_so() {
        let bad = HttpRequest::get("not a url", Purpose::Jwks);
        assert_eq!(http::Request::<Vec<u8>>::try_from(bad).err(), Some(HttpError::Url));
        let patch = http::Request::builder().method("PATCH").body(vec![]).unwrap();
        assert_eq!(HttpRequest::try_from(patch).err(), Some(HttpError::Method));
        let latin = http::Request::builder().header("x", &b"\xE9"[..]).body(vec![]).unwrap();
        assert_eq!(HttpRequest::try_from(latin).err(), Some(HttpError::HeaderValue));
        assert_eq!(http::Response::<Vec<u8>>::try_from(HttpResponse::new(42)).err(), Some(HttpError::Status));
    }

    #[test]
    fn a_response_goes_to_the_http_crate_and_back() {
        let response = HttpResponse::new(401)
            .with_header("www-authenticate", "A")
            .with_header("www-authenticate", "B")
            .with_body("{}");
        let back = HttpResponse::from(http::Response::<Vec<u8>>::try_from(response).unwrap());
        assert_eq!((back.status(), back.body()), (401, &b"{}"[..]));
        assert_eq!(back.header_values("www-authenticate").collect::<Vec<_>>(), ["A", "B"]);
        let latin = http::Response::builder().header("x", &b"\xE9t\xE9"[..]).body(vec![]).unwrap();
        assert_eq!(HttpResponse::from(latin).header("x"), Some("\u{fffd}t\u{fffd}"));
    }
}
