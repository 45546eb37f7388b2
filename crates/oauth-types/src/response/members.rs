//! Taking members, each kind of value by one rule for both readings.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::Timestamp;
use jwt_core::json::{Number, Object, Value};

use super::{InvalidResponse, Members, Piece, kind};
use crate::identifiers::Scope;
use crate::rar::AuthorizationDetails;
use crate::reading::{Deviation, Kind, Tolerance};

impl Members<'_> {
    /// Members that did not come in an answer of their own, but in a JWT, say.
    pub(crate) fn of(object: Object, tolerance: Tolerance) -> Self {
        Self { object: object.into(), form: false, tolerance }
    }

    /// Takes all that is left. `judge` names a member that is not as it should be, what is kept of it, and what is wrong. It finds no more of them than it
    /// knows members, so that this stays linear.
    pub(crate) fn take_rest_mended(
        &mut self,
        judge: impl Fn(&str, &Value) -> Option<(&'static str, Option<Value>, Deviation)>,
    ) -> Result<Object, InvalidResponse> {
        let mut rest = self.object.take_rest();
        let changes: Vec<_> = rest.iter().filter_map(|(name, value)| judge(name, value)).collect();
        for (member, kept, deviation) in changes {
            self.tolerance.tolerate(deviation)?;
            drop(match kept {
                Some(value) => rest.insert(member, value),
                None => rest.remove(member),
            });
        }
        Ok(rest)
    }

    /// A text that must be there.
    pub(crate) fn require_text(&mut self, member: &'static str) -> Result<String, InvalidResponse> {
        match self.object.take(member) {
            Some(Piece::Text(text)) if !text.is_empty() => Ok(text.into_owned()),
            None | Some(Piece::Other(Value::Null) | Piece::Text(_)) => Err(InvalidResponse::Missing { member }),
            Some(Piece::Other(_)) => Err(InvalidResponse::Malformed { member }),
        }
    }

    /// A text that is worth having but not worth an error: of another type it counts as absent.
    pub(crate) fn take_text_if(
        &mut self,
        member: &'static str,
        fits: impl FnOnce(&str) -> bool,
    ) -> Result<Option<String>, InvalidResponse> {
        match self.object.remove(member) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => self.absent(Deviation::Empty { member }),
            Some(Value::String(text)) if fits(&text) => Ok(Some(text)),
            Some(Value::String(_)) => self.absent(Deviation::Malformed { member }),
            Some(value) => self.absent(Deviation::WrongType { member, found: kind(&value) }),
        }
    }

    /// A number of seconds. One that has no meaning counts as absent; what is beyond all numbers is the largest one, what is below zero is zero.
    pub(crate) fn take_seconds(&mut self, member: &'static str) -> Result<Option<Duration>, InvalidResponse> {
        match self.object.remove(member) {
            Some(value) => self.bounded(member, value),
            None => Ok(None),
        }
    }

    /// How long something lives, in seconds (RFC 6749, appendix A.14: `expires-in = 1*DIGIT`): as [`Members::take_seconds`], but that nothing is known of a
    /// lifetime beyond all numbers.
    pub(crate) fn take_lifetime(&mut self, member: &'static str) -> Result<Option<Duration>, InvalidResponse> {
        match self.object.remove(member) {
            Some(value) => self.lifetime_of(member, value),
            None => Ok(None),
        }
    }

    /// The same for a value that came under another name.
    pub(crate) fn lifetime_of(
        &mut self,
        member: &'static str,
        value: Value,
    ) -> Result<Option<Duration>, InvalidResponse> {
        let seconds = self.number_of(member, value)?;
        self.lifetime(member, seconds)
    }

    /// As [`Members::take_lifetime`] where zero is none (RFC 9126, section 2.2).
    pub(crate) fn take_positive_lifetime(&mut self, member: &'static str) -> Result<Option<Duration>, InvalidResponse> {
        let Some(value) = self.object.remove(member) else { return Ok(None) };
        let seconds = match self.number_of(member, value)? {
            Some(Seconds::Whole(0)) => Some(Seconds::TooSmall),
            seconds => seconds,
        };
        self.lifetime(member, seconds)
    }

    fn lifetime(
        &mut self,
        member: &'static str,
        seconds: Option<Seconds>,
    ) -> Result<Option<Duration>, InvalidResponse> {
        match seconds {
            None => Ok(None),
            Some(Seconds::Whole(seconds)) => Ok(Some(Duration::from_secs(seconds))),
            Some(Seconds::TooSmall) => {
                self.tolerance.tolerate(Deviation::OutOfRange { member })?;
                Ok(Some(Duration::ZERO))
            }
            Some(Seconds::Beyond) => self.absent(Deviation::OutOfRange { member }),
        }
    }

    fn bounded(&mut self, member: &'static str, value: Value) -> Result<Option<Duration>, InvalidResponse> {
        let seconds = self.number_of(member, value)?;
        let is_beyond = matches!(seconds, Some(Seconds::Beyond));
        let lifetime = self.lifetime(member, seconds)?;
        Ok(if is_beyond { Some(Duration::from_secs(u64::MAX)) } else { lifetime })
    }

    /// The one reader of numbers of seconds, whatever they are for.
    fn number_of(&mut self, member: &'static str, value: Value) -> Result<Option<Seconds>, InvalidResponse> {
        let found = kind(&value);
        let number = match value {
            Value::Number(number) => number,
            Value::String(text) if text.is_empty() => return self.absent(Deviation::Empty { member }),
            Value::String(text) => {
                if !self.form {
                    self.tolerance.tolerate(Deviation::WrongType { member, found })?;
                }
                match read_number(&text) {
                    Some(number) => number,
                    None => return self.absent(Deviation::Malformed { member }),
                }
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return self.absent(Deviation::WrongType { member, found });
            }
        };
        let (seconds, is_whole) = Seconds::of(&number);
        // What came as text is written down as that already, but in a form.
        if !is_whole && !matches!(seconds, Seconds::Beyond) && (found != Kind::String || self.form) {
            self.tolerance.tolerate(Deviation::WrongType { member, found: Kind::Fraction })?;
        }
        Ok(Some(seconds))
    }

    /// A point in time (RFC 7519, section 2, `NumericDate`). Unlike a duration it may decide about trust, so one that has no meaning is refused,
    /// `null` and the empty text too: a token that says so of its end does not live for ever.
    pub(crate) fn take_timestamp(&mut self, member: &'static str) -> Result<Option<Timestamp>, InvalidResponse> {
        let value = match self.object.remove(member) {
            None => return Ok(None),
            Some(value @ Value::Number(_)) => value,
            Some(Value::String(text)) if read_number(&text).is_some() => Value::String(text),
            Some(_) => return Err(InvalidResponse::Malformed { member }),
        };
        let seconds = self.bounded(member, value)?;
        Ok(seconds.map(Timestamp::from_duration))
    }

    /// What was granted in detail (RFC 9396, section 7): an array, as in the request. In a form-encoded answer it is its text.
    pub(crate) fn take_authorization_details(&mut self) -> Result<Option<AuthorizationDetails>, InvalidResponse> {
        const MEMBER: &str = "authorization_details";
        let details = match self.object.remove(MEMBER) {
            None => return Ok(None),
            Some(value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_))) => {
                return self.absent(Deviation::WrongType { member: MEMBER, found: kind(&value) });
            }
            Some(Value::String(text)) => {
                if !self.form {
                    self.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found: Kind::String })?;
                }
                AuthorizationDetails::parse(text)
            }
            Some(value @ Value::Array(_)) => AuthorizationDetails::from_value(value),
        };
        // What was granted is not known otherwise: nothing may be taken for granted.
        details.map(Some).map_err(|_| InvalidResponse::Malformed { member: MEMBER })
    }

    /// A scope of a server's own saying: one that cannot be read is refused, since nothing else says what is granted.
    pub(crate) fn take_own_scope(&mut self) -> Result<Option<Scope>, InvalidResponse> {
        const MEMBER: &str = "scope";
        let text = match self.object.remove(MEMBER) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(Value::Null) => return self.absent(Deviation::WrongType { member: MEMBER, found: Kind::Null }),
            Some(value @ Value::Array(_)) => {
                let tokens = value.as_array().into_iter().flatten().map(Value::as_str);
                let tokens: Option<Vec<&str>> = tokens.collect();
                self.tolerance.tolerate(Deviation::WrongType { member: MEMBER, found: Kind::Array })?;
                tokens.ok_or(InvalidResponse::Malformed { member: MEMBER })?.join(" ")
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
                return Err(InvalidResponse::Malformed { member: MEMBER });
            }
        };
        if text.is_empty() {
            return self.absent(Deviation::Empty { member: MEMBER });
        }
        if let Ok(scope) = Scope::parse(text.as_str()) {
            return Ok(Some(scope));
        }
        // Spaces too many: the tokens are the same.
        self.tolerance.tolerate(Deviation::Characters { member: MEMBER })?;
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        let scope = Scope::from_tokens(tokens).map_err(|_| InvalidResponse::Malformed { member: MEMBER })?;
        Ok(Some(scope).filter(|scope| !scope.is_empty()))
    }

    pub(crate) fn absent<T>(&mut self, deviation: Deviation) -> Result<Option<T>, InvalidResponse> {
        self.tolerance.tolerate(deviation)?;
        Ok(None)
    }
}

/// A number of seconds, cut to whole ones.
enum Seconds {
    Whole(u64),
    /// Below zero, or not above it where it must be.
    TooSmall,
    /// Beyond 2^64.
    Beyond,
}

impl Seconds {
    /// What the number says, and whether it was a whole one.
    fn of(number: &Number) -> (Self, bool) {
        if let Some(seconds) = number.as_u64() {
            return (Self::Whole(seconds), true);
        }
        let float = number.as_f64();
        if float < 0.0 {
            (Self::TooSmall, number.as_i64().is_some())
        } else {
            // The largest whole number that is not above the float, found without a lossy cast. It fails from 2^64 on.
            let seconds = Duration::try_from_secs_f64(float);
            (seconds.map_or(Self::Beyond, |duration| Self::Whole(duration.as_secs())), false)
        }
    }
}

/// The boolean that a value means, if any.
pub(crate) fn flag_in(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The strings of an array; `None` if an element is something else.
pub(crate) fn texts_in(elements: &[Value]) -> Option<Vec<String>> {
    elements.iter().map(|element| element.as_str().map(ToOwned::to_owned)).collect()
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
