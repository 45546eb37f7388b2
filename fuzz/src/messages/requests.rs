//! What comes to a server, or to a client's own endpoints.

use jwt_core::json::{self, Limits, Object};
use oauth_types::access_token::PresentedToken;
use oauth_types::ciba::{ClientNotification, Notified, ReceivedAuthenticationRequest};
use oauth_types::registration::ManagementRequest;
use oauth_types::{
    AuthorizationDetails, BackchannelAuthenticationRequest, BackchannelLogoutRequest, BuildError, ClientAuth, ClientId,
    Cookies, DeviceAuthorizationRequest, DpopNonce, Endpoint, HttpRequest, HttpResponse, IntrospectionRequest,
    LogoutRequest, LogoutResponse, Method, PushedAuthorizationRequest, Reading, RedirectUri, RegistrationRequest,
    RequestError, RevocationRequest, SetCookie, TokenRequest, UserInfoRequest, dpop,
};

/// An `Authorization` field, a line feed, a body.
fn received(method: Method, content_type: &str, data: &[u8]) -> Option<HttpRequest> {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (field, body) = (parts.next()?, parts.next()?);
    let field = String::from_utf8_lossy(field);
    let mut headers = vec![("content-type", content_type)];
    if !field.is_empty() {
        headers.push(("authorization", &field));
    }
    Some(HttpRequest::received(method, "/endpoint", headers, body))
}

fn endpoint() -> Endpoint {
    Endpoint::new("https://as.example/endpoint").expect("a good endpoint")
}

/// What was read and is written is read again as the same.
fn is_kept<T>(
    request: &HttpRequest,
    read: impl Fn(&HttpRequest) -> Result<T, RequestError>,
    write: impl Fn(&T) -> Result<HttpRequest, BuildError>,
) {
    let Ok(once) = read(request) else { return };
    let written = write(&once).expect("what we read we write");
    let again = read(&written).expect("what we write we read");
    let again = write(&again).expect("what we read we write");
    assert_eq!(
        String::from_utf8_lossy(written.body()),
        String::from_utf8_lossy(again.body()),
        "a request changed on its way"
    );
    assert!(written.headers().eq(again.headers()), "a request's fields changed on their way");
}

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn of_clients(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let Some(request) = received(Method::Post, FORM, data) else { return };
    let client = ClientId::new("s6BhdRkqt3").expect("a good identifier");
    let (endpoint, none) = (endpoint(), ClientAuth::None);
    macro_rules! kept {
        ($($request:ident)*) => {{$(
            is_kept(
                &request,
                |request| $request::from_http(request).map(|(request, _)| request),
                |request| request.to_http(&endpoint, &client, &none),
            );
        )*}};
    }
    match which.wrapping_sub(b'0') % 4 {
        0 => kept!(TokenRequest RevocationRequest),
        1 => kept!(DeviceAuthorizationRequest IntrospectionRequest),
        2 => is_kept(
            &request,
            |request| {
                let pushed = PushedAuthorizationRequest::from_http(request);
                pushed.map(|(request, _)| request).map_err(|_| RequestError::Method)
            },
            |request| request.to_http(&endpoint, &none),
        ),
        _ => is_kept(
            &request,
            |request| BackchannelAuthenticationRequest::from_http(request).map(|(request, _)| request),
            |request| match request {
                ReceivedAuthenticationRequest::Parameters(request) => {
                    // The claims of its request object say the same. (Not every parameter can be a claim.)
                    if let Ok(claims) = request.to_claims() {
                        let again =
                            BackchannelAuthenticationRequest::from_claims(&claims).expect("what we write we read");
                        assert_eq!(again.to_claims(), Ok(claims), "a request changed in its claims");
                    }
                    request.to_http(&endpoint, &client, &none)
                }
                ReceivedAuthenticationRequest::RequestObject(object) => {
                    BackchannelAuthenticationRequest::signed_to_http(object.expose(), &endpoint, &client, &none)
                }
                _ => Err(BuildError::EmptyParameter),
            },
        ),
    }
}

pub(super) fn as_json(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let json = |method| received(method, "application/json", data);
    match which.wrapping_sub(b'0') % 4 {
        0 => {
            let Some(request) = json(Method::Post) else { return };
            is_kept(&request, RegistrationRequest::from_http, |request| request.to_http(&endpoint()));
        }
        1 => {
            for method in [Method::Get, Method::Put, Method::Delete, Method::Post] {
                let Some(request) = json(method) else { return };
                is_kept(&request, ManagementRequest::from_http, |(request, token)| request.to_http(&endpoint(), token));
            }
        }
        2 => {
            let Some(request) = json(Method::Post) else { return };
            a_notification_is_read(&request);
        }
        _ => {
            // The claims of a request object.
            let Ok(claims) = json::object_from_slice::<Object>(data, &Limits::default()) else { return };
            let Ok(request) = BackchannelAuthenticationRequest::from_claims(&claims) else { return };
            let written = request.to_claims().expect("what we read we write");
            let again = BackchannelAuthenticationRequest::from_claims(&written).expect("what we write we read");
            assert_eq!(again.to_claims(), Ok(written), "a request changed on its way");
            let client = ClientId::new("s6BhdRkqt3").expect("a good identifier");
            let written = request.to_http(&endpoint(), &client, &ClientAuth::None).expect("what we read we write");
            drop(BackchannelAuthenticationRequest::from_http(&written).expect("what we write we read"));
        }
    }
}

fn a_notification_is_read(request: &HttpRequest) {
    let read = |reading| ClientNotification::from_http(request, reading);
    let endpoint = endpoint();
    let body = |notification: &ClientNotification| {
        String::from_utf8(notification.to_http(&endpoint).body().to_vec()).expect("what we write is text")
    };
    if let Ok(strict) = read(Reading::Strict) {
        let interop = read(Reading::Interop).expect("strict accepts what interop refuses");
        // What the readings read differently of tokens is said where answers are checked.
        let reads_more =
            matches!(interop.notified(), Notified::Tokens(tokens) if super::answers::reads_more(tokens.deviations()));
        assert!(reads_more || body(&strict) == body(&interop), "the readings differ");
    }
    if let Ok(notification) = read(Reading::Interop) {
        if let Notified::Tokens(tokens) = notification.notified() {
            assert!(tokens.id_token().is_some(), "tokens that nothing binds to each other");
        }
        is_kept(
            request,
            |request| ClientNotification::from_http(request, Reading::Interop),
            |notification| Ok(notification.to_http(&endpoint)),
        );
        assert!(format!("{notification:?}").len() < 4096, "a notification is shown at length");
    }
}

pub(super) fn of_logout(data: &[u8]) {
    if let Ok(request) = LogoutRequest::from_query(data) {
        let written = request.to_form().expect("what we read we write");
        let again = LogoutRequest::from_query(&written).expect("what we write we read");
        assert_eq!(again.to_form().expect("what we read we write"), written, "a request changed on its way");
        assert!(request.to_url(&endpoint()).expect("what we read we write").ends_with(&written));
    }
    if let Ok(response) = LogoutResponse::from_query(data) {
        let uri = RedirectUri::new("https://client.example/out").expect("a good uri");
        let url = response.to_url(&uri).expect("a good uri");
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let again = LogoutResponse::from_query(query).expect("what we write we read");
        assert_eq!(again.to_url(&uri), Ok(url), "a response changed on its way");
    }
    let Some(request) = received(Method::Post, FORM, data) else { return };
    is_kept(&request, BackchannelLogoutRequest::from_http, |request| request.to_http(&endpoint()));
}

pub(super) fn of_details(data: &[u8]) {
    let Ok(details) = AuthorizationDetails::parse(data) else { return };
    let written = details.to_json();
    let again = AuthorizationDetails::parse(&written).expect("what we write we read");
    assert_eq!(again.to_json(), written, "details changed on their way");
    let again = AuthorizationDetails::from_value(details.to_value()).expect("what we write we read");
    assert_eq!(again.to_json(), written, "details changed as a value");
    for detail in details.iter() {
        assert!(!detail.type_name().is_empty(), "a detail of no type");
        let object: Object =
            json::object_from_slice(json_of(detail.as_object()).as_bytes(), &Limits::default()).unwrap_or_default();
        assert!(object.is_empty() || object.get_str("type") == Some(detail.type_name()));
    }
}

fn json_of(object: &Object) -> String {
    serde_json::to_string(object).expect("an object is written")
}

/// A name, a line feed, a value: of a cookie, of a nonce, of an `Authorization` field.
pub(super) fn of_fields(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let (name, value) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(cookie) = SetCookie::new(name, value) {
        let field = cookie.to_header_value();
        let pair = field.split(';').next().unwrap_or_default();
        let cookies = Cookies::parse([pair]).expect("what we write we read");
        assert_eq!(cookies.unique(&cookie.name()), Ok(Some(value)), "a cookie changed on its way");
        assert!(["; Secure", "; HttpOnly", "; SameSite=Lax"].iter().all(|attribute| field.contains(attribute)));
        // A name may have the same text in it.
        let hidden = value.len() >= 16 && !name.contains(value);
        assert!(!hidden || !format!("{cookie:?}").contains(value), "a cookie's value is shown");
    }
    if let Ok(cookies) = Cookies::parse(text.split('\n')) {
        for name in ["login", "__Host-login"] {
            assert_eq!(cookies.unique(name).is_err(), cookies.all(name).count() > 1, "a second cookie is overlooked");
        }
    }
    if let Ok(nonce) = DpopNonce::new(value) {
        let answer = nonce.add_to(HttpResponse::new(200));
        assert_eq!(DpopNonce::find(&answer).expect("what we write we read"), Some(nonce));
    }
    let fields = [("authorization", name), ("dpop", value)];
    let request = HttpRequest::received(Method::Get, "/resource", fields, "");
    if let Ok(Some(proof)) = dpop::proof(&request) {
        let is_visible = value.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(!is_visible || proof == value, "a proof changed on its way");
    }
    if let Ok(Some(presented)) = PresentedToken::from_http(&request) {
        let written = presented.add_to(HttpRequest::received(Method::Get, "/resource", [("x", "y")], ""));
        let again = PresentedToken::from_http(&written).expect("what we write we read").expect("a token");
        assert_eq!(again.scheme(), presented.scheme());
        assert_eq!(again.token().expose(), presented.token().expose());
    }
    is_kept(&request, UserInfoRequest::from_http, |request| request.to_http(&endpoint()));
}
