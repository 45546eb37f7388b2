//! How the values of client metadata are read: [`Shape`], and what is wrong with one that is of another: [`Fault`].

use alloc::vec::Vec;

use jwt_core::json::{Object, Value};

use crate::error_response::is_plain_url;
use crate::identifiers::{Endpoint, RedirectUri, Scope};
use crate::reading::{Deviation, Kind};
use crate::response::{flag_in, kind};

/// How the value of a member is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string.
    Text,
    /// A page for people: an `http` or `https` URL.
    Page,
    /// A URL that requests go to.
    Endpoint,
    /// A scope.
    Scope,
    /// An array of strings.
    List,
    /// An array of redirect URIs.
    RedirectUris,
    /// A boolean.
    Flag,
    /// A whole number.
    Number,
    /// A JWK Set of public keys.
    Keys,
}

/// Why a value is not of its shape.
pub(super) enum Fault {
    Empty,
    Type(Kind),
    Value,
    /// What it means all the same, and what was wrong.
    Repaired(Value, fn(&'static str) -> Deviation),
}

/// Whether the value may stand in metadata as it is.
pub(super) fn fit(shape: Shape, value: &Value) -> Result<(), Fault> {
    match (shape, value) {
        (Shape::Text | Shape::Page | Shape::Endpoint | Shape::Scope, Value::String(text)) if text.is_empty() => {
            Err(Fault::Empty)
        }
        (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => Ok(()),
        (Shape::Page, Value::String(text)) => pass_if(is_plain_url(text)),
        (Shape::Endpoint, Value::String(text)) => pass_if(Endpoint::new(text.as_str()).is_ok()),
        (Shape::Scope, Value::String(text)) => pass_if(Scope::parse(text.as_str()).is_ok()),
        (Shape::List | Shape::RedirectUris, Value::Array(elements)) if elements.is_empty() => Err(Fault::Empty),
        (Shape::List, Value::Array(elements)) => pass_if(elements.iter().all(|text| text.as_str().is_some())),
        (Shape::RedirectUris, Value::Array(elements)) => {
            let good = |element: &&Value| element.as_str().is_some_and(|uri| RedirectUri::new(uri).is_ok());
            let kept: Vec<&Value> = elements.iter().filter(good).collect();
            match kept.len() {
                all if all == elements.len() => Ok(()),
                0 => Err(Fault::Value),
                _ => {
                    let kept = Value::Array(kept.into_iter().cloned().collect());
                    Err(Fault::Repaired(kept, |member| Deviation::Malformed { member }))
                }
            }
        }
        (Shape::Flag, Value::String(_)) => match flag_in(value) {
            Some(flag) => {
                Err(Fault::Repaired(Value::Bool(flag), |member| Deviation::WrongType { member, found: Kind::String }))
            }
            None => Err(Fault::Type(Kind::String)),
        },
        (Shape::Number, Value::Number(number)) => pass_if(number.as_u64().is_some()),
        (Shape::Keys, Value::Object(set)) => pass_if(is_public_set(set)),
        (
            Shape::Text
            | Shape::Page
            | Shape::Endpoint
            | Shape::Scope
            | Shape::List
            | Shape::RedirectUris
            | Shape::Flag
            | Shape::Number
            | Shape::Keys,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
        ) => Err(Fault::Type(kind(value))),
    }
}

const fn pass_if(fits: bool) -> Result<(), Fault> {
    if fits { Ok(()) } else { Err(Fault::Value) }
}

/// OpenID Connect Dynamic Client Registration, section 2: "The JWK Set MUST NOT contain private or symmetric key values."
fn is_public_set(set: &Object) -> bool {
    let keys = set.get("keys").and_then(Value::as_array);
    keys.is_some_and(|keys| {
        keys.iter().all(|key| key.as_object().is_some_and(|key| PRIVATE.iter().all(|member| key.get(member).is_none())))
    })
}

/// RFC 7517, section 4, RFC 7518, section 6, and RFC 9964: the members of private and symmetric keys.
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
