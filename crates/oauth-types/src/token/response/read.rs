//! The members of a [`TokenResponse`](super::TokenResponse), in the shapes in which they come.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::json::{Number, Value};

use crate::identifiers::Scope;
use crate::reading::{Deviation, Kind};
use crate::response::{self, Expect, InvalidResponse, Members, Piece};

/// RFC 6749, appendix A.14: `expires-in = 1*DIGIT`, as a JSON number.
pub(crate) fn take_expires_in(members: &mut Members<'_>) -> Result<Option<Duration>, InvalidResponse> {
    const MEMBER: &str = "expires_in";
    let value = match members.object.remove(MEMBER) {
        // Facebook's legacy form calls it so.
        None if members.form => match members.object.remove("expires") {
            Some(value) => {
                members.tolerance.tolerate(Deviation::Misnamed { member: MEMBER, found: "expires" })?;
                value
            }
            None => return Ok(None),
        },
        None => return Ok(None),
        Some(value) => value,
    };
    let found = response::kind(&value);
    let lifetime = match value {
        Value::Number(number) => {
            if found == Kind::Fraction && number.as_f64() < WHOLE_UP_TO {
                members.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found })?;
            }
            seconds(number)
        }
        Value::String(text) if text.is_empty() => {
            members.tolerance.tolerate(Deviation::Empty { member: MEMBER })?;
            return Ok(None);
        }
        Value::String(text) => {
            if !members.form {
                members.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found })?;
            }
            match read_number(&text) {
                Some(number) => seconds(number),
                None => {
                    members.tolerance.tolerate(Deviation::Malformed { member: MEMBER })?;
                    return Ok(None);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            members.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found })?;
            return Ok(None);
        }
    };
    match lifetime {
        Lifetime::Seconds(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Lifetime::Negative => {
            members.tolerance.tolerate(Deviation::OutOfRange { member: MEMBER })?;
            Ok(Some(Duration::ZERO))
        }
        Lifetime::TooLong => {
            members.tolerance.tolerate(Deviation::OutOfRange { member: MEMBER })?;
            Ok(None)
        }
    }
}

enum Lifetime {
    Seconds(u64),
    Negative,
    TooLong,
}

fn seconds(number: Number) -> Lifetime {
    if let Some(seconds) = number.as_u64() {
        return Lifetime::Seconds(seconds);
    }
    let float = number.as_f64();
    if float < 0.0 {
        Lifetime::Negative
    } else if float < WHOLE_UP_TO {
        // The largest whole number that is not above the float, found without a lossy cast.
        Lifetime::Seconds(Duration::try_from_secs_f64(float).map_or(0, |duration| duration.as_secs()))
    } else {
        Lifetime::TooLong
    }
}

/// A number in the spelling of JSON: `"3600"`, `"3600.5"`, `"-1"`.
fn read_number(text: &str) -> Option<Number> {
    let text = text.trim_matches(' ');
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    match text.parse::<u64>() {
        Ok(whole) => Some(Number::from(whole)),
        Err(_) => text.parse::<f64>().ok().and_then(Number::from_f64),
    }
}

pub(super) fn take_scope(members: &mut Members<'_>, expect: &Expect<'_>) -> Result<Option<Scope>, InvalidResponse> {
    const MEMBER: &str = "scope";
    let asked = || expect.scope.cloned();
    let piece = match members.object.take(MEMBER) {
        None if !members.tolerance.is_strict() => match members.object.take("scopes") {
            Some(piece) => {
                members.tolerance.tolerate(Deviation::Misnamed { member: MEMBER, found: "scopes" })?;
                piece
            }
            None => return Ok(asked()),
        },
        None => return Ok(asked()),
        Some(piece) => piece,
    };
    let text = match piece {
        Piece::Text(text) => text,
        Piece::Other(value) => {
            members.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found: response::kind(&value) })?;
            let Some(elements) = value.as_array() else { return Ok(asked()) };
            let tokens: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
            if tokens.len() != elements.len() {
                members.tolerance.tolerate(Deviation::Malformed { member: MEMBER })?;
                return Ok(asked());
            }
            tokens.join(" ").into()
        }
    };
    if text.is_empty() {
        members.tolerance.tolerate(Deviation::Empty { member: MEMBER })?;
        return Ok(asked());
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
            Ok(asked())
        }
    }
}

/// A comma may be part of a scope token (RFC 6749, section 3.3), so it separates only what was not asked for as it stands.
fn is_separated_by_commas(text: &str, expect: &Expect<'_>) -> bool {
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

/// RFC 6749, appendix A: `VSCHAR = %x20-7E`.
pub(super) fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// 2^64: the first number of seconds that does not fit.
const WHOLE_UP_TO: f64 = 18_446_744_073_709_551_616.0;
