//! Rich authorization requests (RFC 9396): [`AuthorizationDetails`], what is asked for and what is granted, in more than a scope can say.
//!
//! On the wire they are a JSON array of objects, each with a `type`: as text in a form or a query, as a value in a JSON answer or a request object.
//!
//! ```
//! use oauth_types::rar::{AuthorizationDetail, AuthorizationDetails};
//! use oauth_types::TokenRequest;
//!
//! // RFC 9396, section 2
//! let details = AuthorizationDetails::parse(
//!     r#"[{"type":"payment_initiation","actions":["initiate","status"],"locations":["https://example.com/payments"],
//!          "instructedAmount":{"currency":"EUR","amount":"123.50"}}]"#,
//! )?;
//! let payment = details.iter().next().ok_or("empty")?;
//! assert_eq!(payment.type_name(), "payment_initiation");
//! assert!(payment.actions().eq(["initiate", "status"]));
//! assert!(payment.member("instructedAmount").is_some());
//!
//! let mine = AuthorizationDetail::new("account_information")?.with_actions(["list_accounts"]);
//! assert_eq!(AuthorizationDetails::from(mine).to_json(), r#"[{"type":"account_information","actions":["list_accounts"]}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Checked here: that it is an array of objects, each with a `type` that is a text. What a type's further members mean is its
//! definition's: an object is read as far as RFC 9396 goes ([`AuthorizationDetail`]) and kept as it is; with a type of the caller's own,
//! [`AuthorizationDetail::from_typed`] and [`AuthorizationDetail::to_typed`] go both ways. Whether a type is known, and whether its members are the right
//! ones, a server must check (section 5).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::Blame;
use jwt_core::json::{self, JsonError, Limits, Object, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value of `authorization_details` (RFC 9396, section 2): objects in their order.
///
/// `Debug` shows how many there are: the rest may be account numbers and sums.
#[derive(Clone, Default, PartialEq)]
pub struct AuthorizationDetails(Vec<AuthorizationDetail>);

impl AuthorizationDetails {
    /// No detail. As a parameter it is not sent.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a detail at the end.
    #[must_use]
    pub fn with(mut self, detail: AuthorizationDetail) -> Self {
        self.0.push(detail);
        self
    }

    /// Reads the JSON text of a parameter.
    ///
    /// # Errors
    ///
    /// [`AuthorizationDetailsError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, AuthorizationDetailsError> {
        let limits = Limits::default().max_bytes(MAX_BYTES).max_depth(MAX_DEPTH).max_members(MAX_MEMBERS);
        let value: Value = json::from_slice(text.as_ref(), &limits).map_err(AuthorizationDetailsError::Json)?;
        Self::from_value(value)
    }

    /// Reads a value of a document that was read already, under that document's limits.
    ///
    /// # Errors
    ///
    /// [`AuthorizationDetailsError`], but for [`AuthorizationDetailsError::Json`].
    pub fn from_value(value: Value) -> Result<Self, AuthorizationDetailsError> {
        let Value::Array(elements) = value else { return Err(AuthorizationDetailsError::NotAnArray) };
        let details = elements.into_iter().map(|element| match element {
            Value::Object(object) => AuthorizationDetail::from_object(object),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(AuthorizationDetailsError::NotAnObject)
            }
        });
        details.collect::<Result<_, _>>().map(Self)
    }

    /// The JSON text, as it stands in a parameter before it is form-encoded.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: names are text and numbers are finite.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The value, as it stands in a JSON answer or a request object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Array(self.iter().map(|detail| Value::Object(detail.0.clone())).collect())
    }

    /// The details, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &AuthorizationDetail> {
        self.0.iter()
    }

    /// How many details there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no detail.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<AuthorizationDetail> for AuthorizationDetails {
    fn from(detail: AuthorizationDetail) -> Self {
        Self(Vec::from([detail]))
    }
}

impl FromIterator<AuthorizationDetail> for AuthorizationDetails {
    fn from_iter<I: IntoIterator<Item = AuthorizationDetail>>(details: I) -> Self {
        Self(details.into_iter().collect())
    }
}

impl Serialize for AuthorizationDetails {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|detail| &detail.0))
    }
}

impl fmt::Debug for AuthorizationDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizationDetails({})", self.len())
    }
}

/// One object of `authorization_details` (RFC 9396, section 2): a type, and what that type makes of its members.
///
/// Those that RFC 9396, section 2.2 defines are lists of texts (`identifier` a text) wherever they are there.
///
/// `Debug` shows the type only, and of that at most 64 characters, escaped.
#[derive(Clone, PartialEq)]
pub struct AuthorizationDetail(Object);

impl AuthorizationDetail {
    /// A detail of this type, which some server defines.
    ///
    /// # Errors
    ///
    /// [`AuthorizationDetailsError::Type`] for an empty one.
    pub fn new(type_name: impl Into<String>) -> Result<Self, AuthorizationDetailsError> {
        let mut object = Object::new();
        object.insert("type", type_name.into());
        Self::from_object(object)
    }

    /// Takes an object as it is.
    ///
    /// # Errors
    ///
    /// [`AuthorizationDetailsError::Type`] without a `type`, [`AuthorizationDetailsError::Member`] where a member that RFC 9396 defines is of another
    /// JSON type.
    pub fn from_object(object: Object) -> Result<Self, AuthorizationDetailsError> {
        // RFC 9396, section 2: "type: An identifier for the authorization details type as a string. [...] This field is REQUIRED."
        if object.get_str("type").is_none_or(str::is_empty) {
            return Err(AuthorizationDetailsError::Type);
        }
        for member in LISTS {
            let fits =
                |value: &Value| value.as_array().is_some_and(|list| list.iter().all(|text| text.as_str().is_some()));
            if !object.get(member).is_none_or(fits) {
                return Err(AuthorizationDetailsError::Member { member });
            }
        }
        if object.get(IDENTIFIER).is_some_and(|value| value.as_str().is_none()) {
            return Err(AuthorizationDetailsError::Member { member: IDENTIFIER });
        }
        Ok(Self(object))
    }

    /// Writes a value of the caller's own type, which must become a JSON object with a `type`.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationDetail::from_object`]; [`AuthorizationDetailsError::Json`] for what is not strict JSON once written,
    /// [`AuthorizationDetailsError::Unwritable`] for what refuses to be written.
    pub fn from_typed(value: &impl Serialize) -> Result<Self, AuthorizationDetailsError> {
        let text = serde_json::to_vec(value).map_err(|_| AuthorizationDetailsError::Unwritable)?;
        let object = json::object_from_slice(&text, &Limits::default()).map_err(AuthorizationDetailsError::Json)?;
        Self::from_object(object)
    }

    /// Reads the object into a type of the caller's own.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where the members are not what `T` is made of.
    pub fn to_typed<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        json::object_from_slice(&serde_json::to_vec(&self.0).unwrap_or_default(), &Limits::default())
    }

    /// Says where it is to be used: usually resources (RFC 8707).
    #[must_use]
    pub fn with_locations<T: Into<String>>(self, locations: impl IntoIterator<Item = T>) -> Self {
        self.with_list("locations", locations)
    }

    /// Says what is to be done.
    #[must_use]
    pub fn with_actions<T: Into<String>>(self, actions: impl IntoIterator<Item = T>) -> Self {
        self.with_list("actions", actions)
    }

    /// Says with which kinds of data.
    #[must_use]
    pub fn with_datatypes<T: Into<String>>(self, datatypes: impl IntoIterator<Item = T>) -> Self {
        self.with_list("datatypes", datatypes)
    }

    /// Says with which privileges.
    #[must_use]
    pub fn with_privileges<T: Into<String>>(self, privileges: impl IntoIterator<Item = T>) -> Self {
        self.with_list("privileges", privileges)
    }

    /// Names one thing at the resource.
    #[must_use]
    pub fn with_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.0.insert(IDENTIFIER, identifier.into());
        self
    }

    /// Sets a member that the type defines.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationDetail::from_object`].
    pub fn with_member(
        mut self,
        name: impl Into<String>,
        value: impl Into<Value>,
    ) -> Result<Self, AuthorizationDetailsError> {
        self.0.insert(name, value);
        Self::from_object(self.0)
    }

    fn with_list<T: Into<String>>(mut self, name: &str, texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<Value> = texts.into_iter().map(|text| Value::String(text.into())).collect();
        self.0.insert(name, Value::Array(texts));
        self
    }

    /// `type`: compared byte by byte.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.0.get_str("type").unwrap_or_default()
    }

    /// `locations`: where it is to be used.
    pub fn locations(&self) -> impl Iterator<Item = &str> {
        self.list("locations")
    }

    /// `actions`: what is to be done.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.list("actions")
    }

    /// `datatypes`: with which kinds of data.
    pub fn datatypes(&self) -> impl Iterator<Item = &str> {
        self.list("datatypes")
    }

    /// `privileges`: with which privileges.
    pub fn privileges(&self) -> impl Iterator<Item = &str> {
        self.list("privileges")
    }

    /// `identifier`: one thing at the resource.
    #[must_use]
    pub fn identifier(&self) -> Option<&str> {
        self.0.get_str(IDENTIFIER)
    }

    /// Any member, those above included.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The whole object.
    #[must_use]
    pub const fn as_object(&self) -> &Object {
        &self.0
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).and_then(Value::as_array).unwrap_or_default().iter().filter_map(Value::as_str)
    }
}

impl fmt::Debug for AuthorizationDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.type_name().chars().take(SHOWN).collect();
        write!(f, "AuthorizationDetail({shown:?})")
    }
}

/// What makes a text or value no `authorization_details`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationDetailsError {
    /// The text is not strict JSON, or too long, too deep, or of too many members.
    #[error(transparent)]
    Json(JsonError),
    /// A value of the caller's own refuses to be written as JSON.
    #[error("the detail cannot be written as json")]
    Unwritable,
    /// It is no array.
    #[error("authorization_details is not an array")]
    NotAnArray,
    /// An element is no object.
    #[error("an element of authorization_details is not an object")]
    NotAnObject,
    /// An object has no `type`, or one that is no text or empty.
    #[error("an element of authorization_details has no type")]
    Type,
    /// A member that RFC 9396, section 2.2 defines is of another JSON type.
    #[error("{member} of an element of authorization_details is malformed")]
    Member {
        /// The member's registered name.
        member: &'static str,
    },
}

impl AuthorizationDetailsError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Unwritable => "authorization_details_unwritable",
            Self::NotAnArray => "authorization_details_not_an_array",
            Self::NotAnObject => "authorization_details_not_an_object",
            Self::Type => "authorization_details_type",
            Self::Member { .. } => "authorization_details_member",
        }
    }

    /// Whoever supplied the text: the caller. (Where it came in a message, the error of that message says so.)
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Caller
    }
}

/// The parameter's text, for those that are sent: an empty list is no parameter.
pub(crate) fn parameter(details: &AuthorizationDetails) -> Option<String> {
    (!details.is_empty()).then(|| details.to_json())
}

/// How long the text of a parameter is, in bytes, at most: what a form may have in all.
const MAX_BYTES: usize = crate::form::MAX_FORM_BYTES;

/// How deep it nests at most: twice the examples of RFC 9396, and what an answer may have that brings it back.
const MAX_DEPTH: usize = 14;

/// How many members and elements it has at most: what an answer may have.
const MAX_MEMBERS: usize = 4096;

/// RFC 9396, section 2.2: lists of texts.
const LISTS: [&str; 4] = ["locations", "actions", "datatypes", "privileges"];

const IDENTIFIER: &str = "identifier";

/// How many characters of a type are shown.
const SHOWN: usize = 64;

#[cfg(test)]
mod tests;
