//! How much memory reading takes: for every reader of a message, at any moment, no more than a multiple of what is read, as `oauth-types` says.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "this package is never built without std"
)]

use std::fs;
use std::path::Path;

use allocation_counter::measure;
use jwt_core::Timestamp;
use oauth_types::access_token::PresentedToken;
use oauth_types::authorization::{
    AuthorizationRequest, AuthorizationResponse, Callback, RequestReference, ResponseMode, SignedResponse,
};
use oauth_types::ciba::ClientNotification;
use oauth_types::logout::BackchannelLogoutResponse;
use oauth_types::metadata::{AuthorizationServer, FoundBy, ProtectedResource};
use oauth_types::registration::{DeletionResponse, ManagementRequest};
use oauth_types::{
    AuthorizationDetails, BackchannelAuthenticationRequest, BackchannelAuthenticationResponse,
    BackchannelLogoutRequest, BearerChallenge, Challenges, ClientId, ClientIdMetadata, Cookies,
    DeviceAuthorizationRequest, DeviceAuthorizationResponse, DpopChallenge, Expect, HttpRequest, HttpResponse,
    IntrospectionRequest, IntrospectionResponse, Issuer, LogoutRequest, LogoutResponse, Method, Pairs,
    PushedAuthorizationRequest, PushedAuthorizationResponse, Reading, RegistrationRequest, RegistrationResponse,
    Resource, RevocationRequest, RevocationResponse, Scope, TokenRequest, TokenResponse, UserInfo, retry_after,
};

/// The bytes that are held for each byte that is read, at most.
const MULTIPLE: u64 = 48;

/// The bytes that are held whatever is read: the first room of lists and texts.
const FIXED: u64 = 4096;

#[test]
fn no_reader_holds_more_than_a_multiple_of_what_it_reads() {
    let mut most = (0, String::new());
    for input in inputs() {
        let text = String::from_utf8_lossy(&input);
        for (name, read) in READERS {
            let held = measure(|| read(&input, &text)).bytes_max;
            let length = u64::try_from(input.len()).unwrap();
            let start: String = text.chars().take(40).collect();
            if length >= FIXED {
                most = most.max((held / length, format!("{name}: {start}")));
            }
            assert!(held <= MULTIPLE * length + FIXED, "{name} holds {held} bytes for {length}: {start}");
        }
    }
    assert!(most.0 * 3 > MULTIPLE, "the multiple is far from what is held: {most:?}");
}

/// Reads an input, and drops what was read.
type Read = fn(&[u8], &str);

const READERS: &[(&str, Read)] = &[
    ("form", |bytes, _| drop(Pairs::parse(bytes))),
    ("scope", |_, text| drop(Scope::parse(text))),
    ("details", |bytes, _| drop(AuthorizationDetails::parse(bytes))),
    ("callback", |bytes, text| {
        for callback in [Callback::Url(text), Callback::Query(text), Callback::Form(bytes)] {
            drop(AuthorizationResponse::parse(callback));
            drop(SignedResponse::parse(callback, ResponseMode::Jwt));
        }
    }),
    ("authorization request", |bytes, _| {
        drop(AuthorizationRequest::from_query(bytes));
        drop(RequestReference::from_query(bytes));
    }),
    ("logout", |bytes, _| {
        drop(LogoutRequest::from_query(bytes));
        drop(LogoutResponse::from_query(bytes));
    }),
    ("challenges", |_, text| {
        both(|reading| {
            let Ok(challenges) = Challenges::parse(text.split('\n'), reading) else { return };
            drop(BearerChallenge::find(&challenges, reading));
            drop(DpopChallenge::find(&challenges, reading));
        });
    }),
    ("token response", |bytes, _| answers(bytes, |answer, expect| drop(TokenResponse::from_http(answer, expect)))),
    ("device response", |bytes, _| {
        answers(bytes, |answer, expect| drop(DeviceAuthorizationResponse::from_http(answer, expect)));
    }),
    ("pushed request's response", |bytes, _| {
        answers(bytes, |answer, expect| drop(PushedAuthorizationResponse::from_http(answer, expect)));
    }),
    ("ciba response", |bytes, _| {
        answers(bytes, |answer, expect| drop(BackchannelAuthenticationResponse::from_http(answer, expect)));
    }),
    ("introspection response", |bytes, _| {
        answers(bytes, |answer, expect| {
            drop(IntrospectionResponse::from_http(answer, expect));
            drop(IntrospectionResponse::signed_from_http(answer, expect));
        });
    }),
    ("user info", |bytes, _| {
        answers(bytes, |answer, expect| {
            drop(UserInfo::from_http(answer, expect));
            drop(UserInfo::signed_from_http(answer, expect));
        });
    }),
    ("registration response", |bytes, _| {
        answers(bytes, |answer, expect| {
            drop(RegistrationResponse::from_http(answer, expect));
            drop(RegistrationResponse::from_management(answer, expect));
        });
    }),
    ("client id document", |bytes, _| {
        let client = ClientId::new("https://client.example/app").unwrap();
        answers(bytes, |answer, expect| drop(ClientIdMetadata::from_http(&client, answer, expect)));
    }),
    ("answers without a body", |bytes, _| {
        answers(bytes, |answer, expect| {
            drop(RevocationResponse::from_http(answer, expect));
            drop(DeletionResponse::from_http(answer, expect));
            drop(BackchannelLogoutResponse::from_http(answer, expect));
        });
    }),
    ("server metadata", |bytes, _| {
        let issuer = Issuer::new("https://as.example").unwrap();
        answers(bytes, |answer, _| both(|reading| drop(AuthorizationServer::from_http(&issuer, answer, reading))));
    }),
    ("resource metadata", |bytes, _| {
        let resource = Resource::new("https://rs.example").unwrap();
        answers(bytes, |answer, _| {
            both(|reading| drop(ProtectedResource::from_http(FoundBy::WellKnown(&resource), answer, reading)));
        });
    }),
    ("forms of clients", |bytes, _| {
        let request = received("application/x-www-form-urlencoded", bytes);
        drop(TokenRequest::from_http(&request));
        drop(DeviceAuthorizationRequest::from_http(&request));
        drop(RevocationRequest::from_http(&request));
        drop(IntrospectionRequest::from_http(&request));
        drop(PushedAuthorizationRequest::from_http(&request));
        drop(BackchannelAuthenticationRequest::from_http(&request));
        drop(BackchannelLogoutRequest::from_http(&request));
        drop(PresentedToken::from_http(&request));
    }),
    ("json of clients", |bytes, _| {
        let request = received("application/json", bytes);
        drop(RegistrationRequest::from_http(&request));
        drop(ManagementRequest::from_http(&request));
        both(|reading| drop(ClientNotification::from_http(&request, reading)));
    }),
    ("fields", |_, text| {
        let request = HttpRequest::received(Method::Get, "/", [("cookie", text), ("authorization", text)], "");
        drop(PresentedToken::from_http(&request));
        let _ = Cookies::from_http(&request).map(|cookies| cookies.all("login").count());
        let _ = retry_after::parse(text, NOW);
    }),
];

/// What the fuzzer begins with, and what is repeated up to the longest input that is read at all.
fn inputs() -> Vec<Vec<u8>> {
    const ROOM: usize = 8_000;

    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/messages");
    let mut inputs = Vec::new();
    for seed in fs::read_dir(seeds).unwrap() {
        let seed = fs::read(seed.unwrap().path()).unwrap();
        // The first bytes select the reader and its variants, and are no part of the message.
        inputs.extend((0..4.min(seed.len())).map(|at| seed[at..].to_vec()));
    }
    assert!(inputs.len() > 150, "the seeds are there");
    for piece in ["a=1&", "&", "a&", "%61=%62&", "resource=urn:a&", "scope=a+b&", "A ", "A a=b,", ", ", "\\\"", "a b "]
    {
        inputs.extend([ROOM, 60_000].map(|length| piece.repeat(length / piece.len()).into_bytes()));
    }
    // Members of names of their own, lists of the shortest elements, and escaped texts, in the frames of messages.
    for frame in [
        r#"{"access_token":"a","token_type":"Bearer""#,
        r#"{"error":"invalid_grant""#,
        r#"{"error":{"code":1,"message":"m"}"#,
        r#"{"active":true"#,
        r#"{"sub":"a""#,
        r#"{"client_id":"c""#,
        r#"{"issuer":"https://as.example","response_types_supported":["code"]"#,
        r#"{"resource":"https://rs.example""#,
        r#"{"auth_req_id":"a","expires_in":1"#,
    ] {
        // A longer list of them has more elements than are read.
        let members: String = (0..ROOM / 9).map(|index| format!(r#","{index:x}":1"#)).collect();
        inputs.push(format!("{frame}{members}}}").into_bytes());
        for element in ["1,", "\"\",", "{},", "[],", r#"{"type":"a"},"#] {
            let list = element.repeat(ROOM / element.len());
            let list = list.trim_end_matches(',');
            for name in ["x", "scope", "authorization_details"] {
                inputs.push(format!(r#"{frame},"{name}":[{list}]}}"#).into_bytes());
            }
        }
        inputs.push(format!(r#"{frame},"scope":"{}"}}"#, r"\u0061".repeat(ROOM / 6)).into_bytes());
    }
    inputs
}

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

fn both(read: impl Fn(Reading)) {
    read(Reading::Interop);
    read(Reading::Strict);
}

/// Reads the input as an answer of each kind. The copy of it is counted.
fn answers(body: &[u8], read: impl Fn(&HttpResponse, &Expect<'_>)) {
    for (status, content_type) in [(200, "application/json"), (201, "application/json"), (400, "text/plain")] {
        let answer = HttpResponse::new(status).with_header("content-type", content_type).with_body(body);
        both(|reading| read(&answer, &Expect::new(NOW).reading(reading)));
    }
}

/// Likewise.
fn received(content_type: &str, body: &[u8]) -> HttpRequest {
    let headers = [("content-type", content_type), ("authorization", "Bearer a")];
    HttpRequest::received(Method::Post, "/endpoint", headers, body)
}
