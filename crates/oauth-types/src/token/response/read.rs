//! The members of a [`TokenResponse`](super::TokenResponse), in the shapes in which they come.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::json::Value;

use crate::bytes::is_visible;
use crate::identifiers::Scope;
use crate::reading::Deviation;
use crate::response::{self, Expect, InvalidResponse, Members, Piece};

/// RFC 6749, appendix A.14: `expires-in = 1*DIGIT`, as a JSON number.
pub(super) fn take_expires_in(members: &mut Members<'_>) -> Result<Option<Duration>, InvalidResponse> {
    const MEMBER: &str = "expires_in";
    // Facebook's legacy form calls it so.
    if members.form
        && members.object.get(MEMBER).is_none()
        && let Some(value) = members.object.remove("expires")
    {
        members.tolerance.tolerate(Deviation::Misnamed { member: MEMBER, found: "expires" })?;
        return members.lifetime_of(MEMBER, value);
    }
    members.take_lifetime(MEMBER)
}

pub(super) fn take_scope(members: &mut Members<'_>, expect: &Expect<'_>) -> Result<Option<Scope>, InvalidResponse> {
    if let Some(piece) = members.object.take(SCOPE)
        && let Some(scope) = scope_of(members, piece, expect)?
    {
        return Ok(Some(scope));
    }
    if !members.tolerance.is_strict()
        && let Some(piece) = members.object.take("scopes")
    {
        members.tolerance.tolerate(Deviation::Misnamed { member: SCOPE, found: "scopes" })?;
        if let Some(scope) = scope_of(members, piece, expect)? {
            return Ok(Some(scope));
        }
    }
    Ok(expect.scope.cloned())
}

const SCOPE: &str = "scope";

/// The scope that a member holds, if it holds one.
fn scope_of(
    members: &mut Members<'_>,
    piece: Piece<'_>,
    expect: &Expect<'_>,
) -> Result<Option<Scope>, InvalidResponse> {
    const MEMBER: &str = SCOPE;
    let text = match piece {
        Piece::Text(text) => text,
        Piece::Other(value) => {
            members.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found: response::kind(&value) })?;
            let Some(elements) = value.as_array() else { return Ok(None) };
            let tokens: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
            if tokens.len() != elements.len() {
                members.tolerance.tolerate(Deviation::Malformed { member: MEMBER })?;
                return Ok(None);
            }
            tokens.join(" ").into()
        }
    };
    if text.is_empty() {
        members.tolerance.tolerate(Deviation::Empty { member: MEMBER })?;
        return Ok(None);
    }
    let commas = is_separated_by_commas(&text, expect);
    if !commas && let Ok(scope) = Scope::parse(&*text) {
        return Ok(Some(scope));
    }
    if members.tolerance.is_strict() {
        return Scope::parse(text).map(Some).map_err(|_| Deviation::Malformed { member: MEMBER }.into());
    }
    let tokens = text.split(|character| character == ' ' || (commas && character == ','));
    let tokens: Vec<&str> = tokens.filter(|token| !token.is_empty()).collect();
    match Scope::parse(tokens.join(" ")) {
        Ok(scope) if !tokens.is_empty() => {
            members.tolerance.tolerate(if commas {
                Deviation::CommaSeparated { member: MEMBER }
            } else {
                Deviation::Characters { member: MEMBER }
            })?;
            Ok(Some(scope))
        }
        _ => {
            members.tolerance.tolerate(Deviation::Malformed { member: MEMBER })?;
            Ok(None)
        }
    }
}

/// A comma may be part of a scope token (RFC 6749, section 3.3), so it separates only what was not asked for as it stands.
fn is_separated_by_commas(text: &str, expect: &Expect<'_>) -> bool {
    // Where there is nothing between them they separate nothing.
    if memchr::memchr(b',', text.as_bytes()).is_none() || text.bytes().all(|byte| matches!(byte, b',' | b' ')) {
        return false;
    }
    let mut suspects = text.split(' ').filter(|token| token.contains(','));
    suspects.any(|token| !expect.scope.is_some_and(|asked| asked.contains(token)))
}

/// A refresh or ID token. RFC 6749, appendix A.17: `refresh-token = 1*VSCHAR`.
pub(super) fn take_token(members: &mut Members<'_>, member: &'static str) -> Result<Option<String>, InvalidResponse> {
    let token = members.take_text(member)?;
    if token.as_deref().is_some_and(|token| !is_visible(token)) {
        members.tolerance.tolerate(Deviation::Characters { member })?;
    }
    Ok(token)
}

/// RFC 6749, appendix A.13: a type name or a URI, so without spaces.
pub(super) fn is_type_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_graphic())
}
