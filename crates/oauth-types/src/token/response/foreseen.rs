//! [`Foreseen`]: an answer as nearly all are, in which there is nothing to tolerate, read without a detour.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::json::{self, Object, TakesMembers, Value};

use super::read::is_type_name;
use super::{TokenResponse, TokenType};
use crate::bytes::is_visible;
use crate::error_response::is_sign;
use crate::http::HttpResponse;
use crate::identifiers::Scope;
use crate::response::{self, Expect};
use crate::secret::{AccessToken, IdToken, RefreshToken};

/// The members of an answer that both readings read alike, each in a place of its own, borrowed. Whatever else comes, even if it is right, makes it unforeseen,
/// and then it is read again as any answer is: nothing is tolerated here, and nothing refused.
#[derive(Default)]
pub(super) struct Foreseen<'b> {
    access_token: Option<&'b str>,
    token_type: Option<&'b str>,
    expires_in: Option<u64>,
    scope: Option<&'b str>,
    refresh_token: Option<&'b str>,
    id_token: Option<&'b str>,
    extra: Vec<(String, Value)>,
    is_unforeseen: bool,
}

impl<'b> TakesMembers<'b> for Foreseen<'b> {
    #[inline]
    fn take_string(&mut self, name: &'b str, text: &'b str) {
        let place = match name {
            "access_token" => &mut self.access_token,
            "token_type" => &mut self.token_type,
            "scope" => &mut self.scope,
            "refresh_token" => &mut self.refresh_token,
            "id_token" => &mut self.id_token,
            _ => return self.take_other(name, text.into()),
        };
        *place = Some(text);
    }

    #[inline]
    fn take_value(&mut self, name: &'b str, value: Value) {
        match (name, value.as_u64()) {
            ("expires_in", Some(seconds)) => self.expires_in = Some(seconds),
            _ => self.take_other(name, value),
        }
    }
}

impl<'b> Foreseen<'b> {
    /// The tokens, if there is nothing to tolerate and nothing to refuse.
    #[inline]
    pub(super) fn read(response: &'b HttpResponse, expect: &Expect<'_>) -> Option<TokenResponse> {
        if response.status() != 200 || !response::is_json(response.header("content-type")) {
            return None;
        }
        let mut members = Self::default();
        let is_read = json::members_from_plain_slice(response.body(), &response::limits(), &mut members);
        if is_read != Ok(true) || members.is_unforeseen {
            return None;
        }
        let access_token = members.access_token.filter(|token| is_token(token))?;
        let token_type = members.token_type.filter(|name| !name.is_empty() && is_type_name(name))?;
        let token_type = TokenType::from(token_type);
        // RFC 9449, section 5: any other is refused.
        if expect.dpop && token_type != TokenType::DPoP {
            return None;
        }
        if ![members.refresh_token, members.id_token].into_iter().flatten().all(is_token) {
            return None;
        }
        let scope = match members.scope {
            // What was asked for, nearly always, and it was checked when it was.
            Some(text) if expect.scope.is_some_and(|asked| asked.as_str() == text && !text.is_empty()) => {
                expect.scope.cloned()
            }
            // A comma may need to be understood.
            Some(text) if text.contains(',') => return None,
            Some(text) => Some(Scope::parse(text).ok()?),
            None => expect.scope.cloned(),
        };
        Some(TokenResponse {
            access_token: AccessToken::new(access_token),
            token_type,
            expires_in: members.expires_in.map(Duration::from_secs),
            scope,
            refresh_token: members.refresh_token.map(RefreshToken::new),
            id_token: members.id_token.map(IdToken::new),
            issued_token_type: None,
            authorization_details: None,
            extra: if members.extra.is_empty() { Object::new() } else { members.extra.into_iter().collect() },
            deviations: Vec::new(),
        })
    }

    /// A member that is no usual one, or not in its usual shape.
    #[inline(never)]
    fn take_other(&mut self, name: &str, value: Value) {
        let is_known = matches!(
            name,
            "access_token"
                | "token_type"
                | "expires_in"
                | "scope"
                | "scopes"
                | "refresh_token"
                | "id_token"
                | "issued_token_type"
                | "authorization_details"
        );
        if is_known || is_sign(name) {
            self.is_unforeseen = true;
        } else {
            self.extra.push((name.to_owned(), value));
        }
    }
}

/// RFC 6749, appendix A.12 and A.17: `1*VSCHAR`.
fn is_token(text: &str) -> bool {
    !text.is_empty() && is_visible(text)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use jwt_core::Timestamp;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;
    use crate::reading::Reading;

    const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

    /// Members as they come, in their usual shape and in others.
    const MEMBERS: &[&str] = &[
        r#""access_token":"t""#,
        r#""access_token":"a b""#,
        r#""access_token":"""#,
        r#""access_token":"\u00e9""#,
        r#""access_token":"é""#,
        r#""access_token":1"#,
        r#""access_token":null"#,
        r#""token_type":"Bearer""#,
        r#""token_type":"bearer""#,
        r#""token_type":"DPoP""#,
        r#""token_type":"mac""#,
        r#""token_type":"two words""#,
        r#""token_type":"""#,
        r#""token_type":null"#,
        r#""expires_in":3600"#,
        r#""expires_in":18446744073709551615"#,
        r#""expires_in":18446744073709551616"#,
        r#""expires_in":"3600""#,
        r#""expires_in":-1"#,
        r#""expires_in":1.5"#,
        r#""expires_in":null"#,
        r#""scope":"read write""#,
        r#""scope":"read""#,
        r#""scope":"read,write""#,
        r#""scope":"read read""#,
        r#""scope":"read  write""#,
        r#""scope":" ""#,
        r#""scope":"""#,
        r#""scope":["read"]"#,
        r#""scope":null"#,
        r#""scopes":"read""#,
        r#""refresh_token":"r""#,
        r#""refresh_token":"""#,
        r#""refresh_token":"é""#,
        r#""refresh_token":null"#,
        r#""id_token":"a.b.c""#,
        r#""id_token":"""#,
        r#""id_token":"é""#,
        r#""id_token":{}"#,
        r#""issued_token_type":"urn:ietf:params:oauth:token-type:access_token""#,
        r#""issued_token_type":null"#,
        r#""authorization_details":[{"type":"t"}]"#,
        r#""authorization_details":null"#,
        r#""error":"invalid_grant""#,
        r#""error":"""#,
        r#""error":null"#,
        r#""errcode":0"#,
        r#""errors":[]"#,
        r#""status":"ok""#,
        r#""status":1"#,
        r#""expires":3600"#,
        r#""ext_expires_in":7200"#,
        r#""session_state":"s""#,
        r#""team":{"id":"T","error":"e"}"#,
        r#""ok":true"#,
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_is_foreseen_is_what_would_be_read(
            members in subsequence(MEMBERS, 0..7).prop_shuffle(),
            first in select(&[r#""access_token":"t","token_type":"Bearer""#, r#""id":1"#][..]),
            (open, close) in select(&[("{", "}"), (" {\n", "\n}\n"), ("\u{feff}{", "}"), ("{", "")][..]),
            asked in select(&["", "read write", "read,write"][..]),
            status in select(&[200, 201, 400, 503][..]),
            content_type in select(&["application/json", "Application/JSON; charset=utf-8", "text/html"][..]),
        ) {
            let all: Vec<&str> = [first].into_iter().chain(members).collect();
            let body = format!("{open}{}{close}", all.join(", "));
            let response = HttpResponse::new(status).with_header("content-type", content_type).with_body(body);
            let asked = Scope::parse(asked).ok();
            for reading in [Reading::Interop, Reading::Strict] {
                let expect = Expect::new(NOW).reading(reading);
                let expect = asked.as_ref().map_or(expect, |asked| expect.scope(asked));
                let Some(found) = Foreseen::read(&response, &expect) else { continue };
                let members = response::read(&response, super::super::SUCCESS, &expect).expect("members");
                let read = TokenResponse::read(members, &expect, |_, _| Ok(())).expect("tokens");
                prop_assert!(read.deviations().is_empty());
                prop_assert_eq!(format!("{found:?}"), format!("{read:?}"));
                let (found, read) = (found.to_http(), read.to_http());
                prop_assert_eq!(found.body(), read.body());
            }
        }
    }

    #[test]
    fn usual_answers_are_foreseen() {
        let asked = Scope::parse("read write").expect("a scope");
        for body in [
            r#"{"access_token":"t","token_type":"Bearer"}"#,
            r#"{"token_type":"bearer","access_token":"t","expires_in":3600,"scope":"read write","id_token":"a.b.c"}"#,
            r#"{"access_token":"t","token_type":"DPoP","refresh_token":"r","scope":"read","ext_expires_in":7200,"team":{"id":"T"}}"#,
        ] {
            let response = HttpResponse::new(200).with_header("content-type", "application/json;charset=UTF-8");
            let response = response.with_body(body);
            for reading in [Reading::Interop, Reading::Strict] {
                let expect = Expect::new(NOW).reading(reading);
                assert!(Foreseen::read(&response, &expect).is_some(), "{body}");
                assert!(Foreseen::read(&response, &expect.scope(&asked)).is_some(), "{body}");
            }
        }
    }
}
