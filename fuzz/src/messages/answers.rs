//! What servers answer, in both readings.

use std::fmt::Debug;

use jwt_core::json::{self, Limits, Object};
use oauth_types::logout::BackchannelLogoutResponse;
use oauth_types::registration::DeletionResponse;
use oauth_types::{
    BackchannelAuthenticationResponse, ClientId, ClientIdMetadata, Deviation, DeviceAuthorizationResponse, Expect,
    HttpResponse, IntrospectionResponse, PushedAuthorizationResponse, Reading, RegistrationResponse, ResponseError,
    RevocationResponse, TokenResponse, UserInfo,
};

use super::NOW;

/// One kind of answer: how it is read, written, and what of it was tolerated.
struct Law<T, E> {
    read: fn(&HttpResponse, &Expect<'_>) -> Result<T, E>,
    write: fn(&T) -> HttpResponse,
    deviations: fn(&T) -> &[Deviation],
}

impl<T: Debug, E: Debug> Law<T, E> {
    /// Strict accepts no more than interop and reads the same; what was read and is written is read again as the same.
    fn check(&self, response: &HttpResponse) {
        let read = |response: &HttpResponse, reading| (self.read)(response, &Expect::new(NOW).reading(reading));
        let (interop, strict) = (read(response, Reading::Interop), read(response, Reading::Strict));
        let shown = format!("{interop:?} {strict:?}");
        assert!(shown.len() < MAX_SHOWN, "an answer is shown at length: {shown}");
        if let Ok(strict) = &strict {
            let interop = interop.as_ref().expect("strict accepts what interop refuses");
            assert!((self.deviations)(strict).is_empty(), "a strict answer deviates");
            if !self.reads_more(interop) {
                self.is_same(strict, interop);
                assert!((self.deviations)(interop).is_empty(), "interop finds a deviation that strict overlooks");
            }
        }
        if let Ok(answer) = &interop {
            assert!(response.status() < 300, "a success out of an error");
            let again = read(&(self.write)(answer), Reading::Interop).expect("what we write we read");
            self.is_same(&again, answer);
        }
    }

    fn reads_more(&self, interop: &T) -> bool {
        reads_more((self.deviations)(interop))
    }

    fn is_same(&self, left: &T, right: &T) {
        let (left, right) = ((self.write)(left), (self.write)(right));
        assert_eq!(left.status(), right.status());
        assert_eq!(
            String::from_utf8_lossy(left.body()),
            String::from_utf8_lossy(right.body()),
            "an answer changed on its way"
        );
    }
}

/// What the readings read differently: to the letter a comma is part of a scope token (RFC 6749, section 3.3) and a member that nobody registered is the
/// caller's to understand; in the field the one separates tokens and the other is a known one under another name.
pub(super) fn reads_more(interop: &[Deviation]) -> bool {
    let more = |deviation: &_| matches!(deviation, Deviation::CommaSeparated { .. } | Deviation::Misnamed { .. });
    interop.iter().any(more)
}

macro_rules! law {
    ($answer:ty) => {
        law!($answer, <$answer>::from_http, <$answer>::to_http)
    };
    ($answer:ty, $read:expr, $write:expr) => {
        Law::<$answer, ResponseError> { read: $read, write: $write, deviations: <$answer>::deviations }
    };
}

/// Status and content type in one byte; then the body.
fn answer(data: &[u8]) -> Option<HttpResponse> {
    let (head, body) = data.split_first()?;
    let status = [200, 201, 204, 400, 401, 403, 429, 500].get(usize::from(head & 7)).copied().unwrap_or(200);
    let content_type =
        ["application/json", "text/html", "application/x-www-form-urlencoded", "APPLICATION/JSON; charset=x"];
    let mut response = HttpResponse::new(status).with_body(body);
    if let Some(content_type) = content_type.get(usize::from(head >> 3 & 7)) {
        response = response.with_header("content-type", content_type).with_header("cache-control", "no-store");
    }
    Some(response)
}

pub(super) fn of_the_token_endpoint(data: &[u8]) {
    let Some(response) = answer(data) else { return };
    law!(TokenResponse).check(&response);
    law!(TokenResponse, |response, expect| TokenResponse::from_http(response, &expect.dpop()), TokenResponse::to_http)
        .check_reading_only(&response);
}

impl<T: Debug, E: Debug> Law<T, E> {
    /// As [`Law::check`], where what is read depends on more than the answer.
    fn check_reading_only(&self, response: &HttpResponse) {
        let read = |reading| (self.read)(response, &Expect::new(NOW).reading(reading));
        if let Ok(strict) = read(Reading::Strict) {
            let interop = read(Reading::Interop).expect("strict accepts what interop refuses");
            if !self.reads_more(&interop) {
                self.is_same(&strict, &interop);
            }
        }
    }
}

pub(super) fn of_the_other_endpoints(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let Some(response) = answer(data) else { return };
    match which.wrapping_sub(b'0') % 8 {
        0 => law!(DeviceAuthorizationResponse).check(&response),
        1 => law!(PushedAuthorizationResponse).check(&response),
        2 => law!(BackchannelAuthenticationResponse).check(&response),
        3 => law!(RegistrationResponse).check(&response),
        4 => law!(RegistrationResponse, RegistrationResponse::from_management, RegistrationResponse::to_management)
            .check(&response),
        5 => a_document_is_of_the_client_that_was_asked(&response),
        6 => {
            law!(RevocationResponse).check(&response);
            law!(DeletionResponse).check(&response);
        }
        _ => law!(BackchannelLogoutResponse).check(&response),
    }
}

fn a_document_is_of_the_client_that_was_asked(response: &HttpResponse) {
    let client = || ClientId::new("https://client.example/app").expect("a good identifier");
    let read = |response: &HttpResponse, expect: &Expect<'_>| ClientIdMetadata::from_http(&client(), response, expect);
    if let Ok(document) = read(response, &Expect::new(NOW)) {
        assert_eq!(document.client_id(), &client());
    }
    law!(
        ClientIdMetadata,
        |response, expect| {
            let client = ClientId::new("https://client.example/app").expect("a good identifier");
            ClientIdMetadata::from_http(&client, response, expect)
        },
        ClientIdMetadata::to_http
    )
    .check(response);
}

/// As JSON and as the claims of a JWT that is verified already.
pub(super) fn about_tokens_and_people(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let Some(response) = answer(data) else { return };
    let claims: Option<Object> = json::object_from_slice(response.body(), &Limits::default()).ok();
    if which % 2 == 0 {
        law!(IntrospectionResponse).check(&response);
        drop(IntrospectionResponse::signed_from_http(&response, &Expect::new(NOW)));
        let Some(claims) = claims else { return };
        let holds = |read: &IntrospectionResponse| {
            read.active().is_none() || claims.get("active").is_some_and(|active| active == &true.into())
        };
        claims_are_kept(&claims, IntrospectionResponse::from_claims, IntrospectionResponse::to_claims, holds);
    } else {
        law!(UserInfo).check(&response);
        drop(UserInfo::signed_from_http(&response, &Expect::new(NOW)));
        let Some(claims) = claims else { return };
        let holds = |read: &UserInfo| !read.sub().is_empty() && claims.get_str("sub") == Some(read.sub());
        claims_are_kept(&claims, UserInfo::from_claims, UserInfo::to_claims, holds);
    }
}

/// What strict accepts interop reads alike, and what is written is read again.
fn claims_are_kept<T, E: Debug>(
    claims: &Object,
    read: impl Fn(&Object, Reading) -> Result<T, E>,
    write: impl Fn(&T) -> Object,
    holds: impl Fn(&T) -> bool,
) {
    if let Ok(strict) = read(claims, Reading::Strict) {
        let interop = read(claims, Reading::Interop).expect("strict accepts what interop refuses");
        assert_eq!(write(&strict), write(&interop));
    }
    if let Ok(once) = read(claims, Reading::Interop) {
        assert!(holds(&once));
        let again = read(&write(&once), Reading::Interop).expect("what we write we read");
        assert_eq!(write(&again), write(&once));
    }
}

/// How long an answer is when it is shown, in bytes, at most: peers' texts are not in it, or cut off.
const MAX_SHOWN: usize = 8192;
