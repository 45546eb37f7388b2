//! [`AccessTokenView`]: the claims that decide about a request, borrowed from the token's text.

use core::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Timestamp;
use crate::claims::Instant;
use crate::json::{JsonKind, Object, Value};
use crate::policy::{Claim, Failure, Reason};

/// The claims of a checked access token that decide about a request (RFC 9068, section 2.2), borrowed: nothing is allocated for them. All others are in the
/// buffer, as JSON.
///
/// [`AccessTokenProfile::verify_borrowed`](super::AccessTokenProfile::verify_borrowed) shows how to get one. `Debug` shows nothing of the claims.
#[derive(Clone, Copy, Deserialize)]
pub struct AccessTokenView<'b> {
    #[serde(borrow, default)]
    sub: Field<'b>,
    #[serde(borrow, default)]
    client_id: Field<'b>,
    #[serde(borrow, default)]
    jti: Field<'b>,
    #[serde(borrow, default)]
    scope: Field<'b>,
    #[serde(borrow, default)]
    sid: Field<'b>,
    #[serde(borrow, default)]
    acr: Field<'b>,
    #[serde(borrow, default)]
    auth_time: Field<'b>,
    #[serde(borrow, default, deserialize_with = "present")]
    cnf: Option<Confirmation<'b>>,
}

impl<'b> AccessTokenView<'b> {
    /// `sub`: for whom the client acts, or the client itself. Unique only together with the issuer.
    #[must_use]
    pub fn subject(&self) -> &'b str {
        self.sub.text().unwrap_or_default()
    }

    /// `client_id`: the client that got it.
    #[must_use]
    pub fn client_id(&self) -> &'b str {
        self.client_id.text().unwrap_or_default()
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &'b str {
        self.jti.text().unwrap_or_default()
    }

    /// `scope`, space-separated (RFC 8693, section 4.2). `None` where it is absent, or not a string.
    #[must_use]
    pub const fn scope(&self) -> Option<&'b str> {
        self.scope.text()
    }

    /// `sid`: the session at the issuer that it belongs to, which servers take over from OpenID Connect. `None` where it is absent, or not a string.
    #[must_use]
    pub const fn session_id(&self) -> Option<&'b str> {
        self.sid.text()
    }

    /// `acr`: how the user was authenticated (RFC 9068, section 2.2.1). `None` where it is absent, or not a string.
    #[must_use]
    pub const fn acr(&self) -> Option<&'b str> {
        self.acr.text()
    }

    /// `auth_time`: when the user was authenticated (RFC 9068, section 2.2.1). `None` where it is absent, or not a number.
    #[must_use]
    pub const fn auth_time(&self) -> Option<Timestamp> {
        if let Field::Time(time) = self.auth_time { Some(time) } else { None }
    }

    /// `cnf`: what the token is bound to. `None` only where it is absent: whoever has such a token may use it.
    #[must_use]
    pub const fn confirmation(&self) -> Option<Confirmation<'b>> {
        self.cnf
    }

    pub(super) fn deciding(&self) -> Deciding<'b> {
        Deciding { sub: self.sub, jti: self.jti, client_id: self.client_id }
    }
}

impl fmt::Debug for AccessTokenView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenView").field("bound", &self.cnf.is_some()).finish_non_exhaustive()
    }
}

/// The `cnf` of a token (RFC 7800, section 3.1): the DPoP key (`jkt`, RFC 9449, section 6.1), the client certificate (`x5t#S256`, RFC 8705, section 3.1), or
/// both, without which it must not be taken.
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::Confirmation;
///
/// let cnf: Object = [("jkt", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")].into_iter().collect();
/// let confirmation = Confirmation::of(&cnf);
/// assert_eq!(confirmation.jkt(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
/// assert!(confirmation.is_understood() && confirmation.x5t_s256().is_none());
///
/// let other: Object = [("kid", "key-1")].into_iter().collect();
/// assert!(!Confirmation::of(&other).is_understood());
/// ```
#[derive(Clone, Copy)]
pub struct Confirmation<'b> {
    jkt: Field<'b>,
    x5t_s256: Field<'b>,
}

impl<'b> Confirmation<'b> {
    /// That of an object, as an introspection response has it.
    #[must_use]
    pub fn of(cnf: &'b Object) -> Self {
        Self { jkt: Field::of(cnf, JKT), x5t_s256: Field::of(cnf, X5T_S256) }
    }

    /// The SHA-256 thumbprint of the DPoP key, in base64url.
    #[must_use]
    pub const fn jkt(&self) -> Option<&'b str> {
        self.jkt.text()
    }

    /// The SHA-256 thumbprint of the client certificate, in base64url.
    #[must_use]
    pub const fn x5t_s256(&self) -> Option<&'b str> {
        self.x5t_s256.text()
    }

    /// Whether it names a key or a certificate, and each in a string. A token with a confirmation that says nothing else than what nobody here can check is
    /// bound all the same, and so is not to be taken. (Members beside one that can be checked "MUST be ignored", RFC 7800, section 3.1.)
    #[must_use]
    pub const fn is_understood(&self) -> bool {
        match (self.jkt, self.x5t_s256) {
            (Field::Text(_), Field::Text(_) | Field::Absent) | (Field::Absent, Field::Text(_)) => true,
            (Field::Absent, Field::Absent) => false,
            (Field::Time(_) | Field::Other(_), _) | (_, Field::Time(_) | Field::Other(_)) => false,
        }
    }
}

/// Shows which members there are.
impl fmt::Debug for Confirmation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation")
            .field("jkt", &self.jkt().is_some())
            .field("x5t_s256", &self.x5t_s256().is_some())
            .finish()
    }
}

/// `null` is not absent.
fn present<'de: 'b, 'b, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Confirmation<'b>>, D::Error> {
    Confirmation::deserialize(deserializer).map(Some)
}

/// An object as it should be, and every other value as one in which nothing is understood.
impl<'b, 'de: 'b> Deserialize<'de> for Confirmation<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Members<'b> {
            #[serde(borrow, default)]
            jkt: Field<'b>,
            #[serde(borrow, default, rename = "x5t#S256")]
            x5t_s256: Field<'b>,
        }

        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Confirmation<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a confirmation")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let Members { jkt, x5t_s256 } = Members::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Confirmation { jkt, x5t_s256 })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(NOTHING)
            }

            fn visit_borrowed_str<E>(self, _: &'de str) -> Result<Self::Value, E> {
                Ok(NOTHING)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(NOTHING)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(NOTHING)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(NOTHING)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(NOTHING)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(NOTHING)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A confirmation that confirms nothing.
const NOTHING: Confirmation<'static> = Confirmation { jkt: Field::Absent, x5t_s256: Field::Absent };

const JKT: &str = "jkt";

const X5T_S256: &str = "x5t#S256";

/// What RFC 9068 asks of these claims beyond what every JWT must be: the same whether they are borrowed or owned.
#[derive(Clone, Copy)]
pub(super) struct Deciding<'c> {
    sub: Field<'c>,
    jti: Field<'c>,
    client_id: Field<'c>,
}

impl<'c> Deciding<'c> {
    pub(super) fn of(claims: &'c Object) -> Self {
        let field = |name| Field::of(claims, name);
        Self { sub: field("sub"), jti: field("jti"), client_id: field("client_id") }
    }

    /// A name that is empty is none: not of whom the client acts for, not of the client, and not of the token. That the others are texts, the policy says.
    pub(super) fn failures(&self) -> impl Iterator<Item = Failure> + use<'c> {
        let empty = |claim, field: Field<'_>| (field.text() == Some("")).then(|| Failure::new(claim, Reason::Mismatch));
        let fails = |reason| Failure::new(Claim::ClientId, reason);
        let client_id = match self.client_id {
            Field::Text("") => Some(fails(Reason::Mismatch)),
            Field::Text(_) => None,
            Field::Absent => Some(fails(Reason::Missing)),
            Field::Time(_) => Some(fails(Reason::WrongType).with_found(|_| Some(JsonKind::Number))),
            Field::Other(kind) => Some(fails(Reason::WrongType).with_found(|_| Some(kind))),
        };
        [empty(Claim::Subject, self.sub), empty(Claim::Id, self.jti), client_id].into_iter().flatten()
    }
}

/// A claim as it is, whatever it is: what must be a text and is none is refused by its rule, not by the type that reads it.
#[derive(Clone, Copy, Default)]
enum Field<'b> {
    #[default]
    Absent,
    Text(&'b str),
    Time(Timestamp),
    Other(JsonKind),
}

impl<'b> Field<'b> {
    fn of(claims: &'b Object, name: &str) -> Self {
        match claims.get(name) {
            None => Self::Absent,
            Some(Value::String(text)) => Self::Text(text),
            Some(Value::Number(number)) => Self::Time(Instant::from_f64(number.as_f64()).timestamp()),
            Some(value) => Self::Other(value.kind()),
        }
    }

    const fn text(self) -> Option<&'b str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl<'b, 'de: 'b> Deserialize<'de> for Field<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Field<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a claim")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
                Ok(Field::Text(text))
            }

            fn visit_u64<E>(self, seconds: u64) -> Result<Field<'de>, E> {
                Ok(Field::Time(Timestamp::from_unix(seconds)))
            }

            fn visit_i64<E>(self, seconds: i64) -> Result<Field<'de>, E> {
                Ok(Field::Time(Instant::from_i64(seconds).timestamp()))
            }

            fn visit_f64<E>(self, seconds: f64) -> Result<Field<'de>, E> {
                Ok(Field::Time(Instant::from_f64(seconds).timestamp()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
                Ok(Field::Other(JsonKind::Boolean))
            }

            fn visit_unit<E>(self) -> Result<Field<'de>, E> {
                Ok(Field::Other(JsonKind::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Field<'de>, A::Error> {
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Field::Other(JsonKind::Array))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Field<'de>, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Field::Other(JsonKind::Object))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
