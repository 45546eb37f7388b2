//! The stored form of whatever can outlive a process: one opaque string, `kind.version.body`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::Secret;
pub use jwt_core::StoredError;
use oauth_types::Scope;
use oauth_types::identifiers::IdentifierError;
use oauth_types::rar::AuthorizationDetails;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes `kind.version.body`.
pub fn write(kind: &str, version: u32, body: &impl Serialize) -> String {
    let mut text = alloc::format!("{kind}.{version}.");
    // Our bodies are plain structs with text keys, which serde_json cannot fail to write; were one to fail, the text would not be restored.
    text.push_str(&serde_json::to_string(body).unwrap_or_default());
    text
}

/// Reads the body of `kind.version.body` back, through the strict reader.
///
/// # Errors
///
/// [`StoredError`] where the text is of another kind, of a newer version, or damaged.
pub fn read<B: DeserializeOwned>(kind: &str, version: u32, text: &str) -> Result<B, StoredError> {
    let (found, rest) = text.split_once('.').ok_or(StoredError::Damaged)?;
    if found != kind {
        return Err(StoredError::WrongKind);
    }
    let (found, body) = rest.split_once('.').ok_or(StoredError::Damaged)?;
    match found.parse::<u32>() {
        Ok(found) if found == version => {}
        Ok(found) if found > version => return Err(StoredError::NewerVersion),
        Ok(_) | Err(_) => return Err(StoredError::Damaged),
    }
    jwt_core::json::object_from_slice(body.as_bytes(), &limits()).map_err(|_| StoredError::Damaged)
}

/// Reads a scope that was stored, which may be one without a token.
pub(crate) fn scope(text: &str) -> Result<Scope, IdentifierError> {
    Scope::from_tokens(text.split(' ').filter(|token| !token.is_empty()))
}

/// Parameters of the caller's own, whose values may be secrets.
pub(crate) fn parameters(parameters: &[(String, Secret)]) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| (name.clone(), value.expose().to_string())).collect()
}

/// Reads parameters that were stored.
pub(crate) fn read_parameters(parameters: Vec<(String, String)>) -> Vec<(String, Secret)> {
    parameters.into_iter().map(|(name, value)| (name, Secret::from(value))).collect()
}

/// Authorization details, if there are any.
pub(crate) fn details(details: &AuthorizationDetails) -> Option<String> {
    (!details.is_empty()).then(|| details.to_json())
}

/// Reads authorization details that were stored.
pub(crate) fn read_details(text: Option<&str>) -> Option<AuthorizationDetails> {
    text.map_or_else(|| Some(AuthorizationDetails::new()), |text| AuthorizationDetails::parse(text).ok())
}

/// Whatever was written must be read: two of the largest key sets (4 MiB, 131 072 members), and the tokens of a response beside them.
fn limits() -> jwt_core::json::Limits {
    jwt_core::json::Limits::default().max_bytes(16 << 20).max_members(1 << 19)
}

/// Whatever has a stored form: one opaque string, `kind.version.body`.
///
/// For code that keeps values of several kinds in one way, such as `Sealer` with the feature `seal`. A program may give it to types of its own.
pub trait Stored: Sized {
    /// What stands before the first dot: letters, digits and `_`. No two types of a program share one.
    const KIND: &'static str;

    /// The stored form.
    fn to_stored(&self) -> String;

    /// Restores what [`to_stored`](Stored::to_stored) wrote.
    ///
    /// # Errors
    ///
    /// [`StoredError`] where the text is of another kind, of a newer version, or damaged.
    fn from_stored(text: &str) -> Result<Self, StoredError>;
}

/// Gives a type its stored form: `to_stored`, `from_stored`, [`Stored`], and serde as that one string.
///
/// `$body` is the private serde struct of the current version; `to_body(&self)` and `from_body(body)` convert. For the crates of this family only.
#[doc(hidden)]
#[macro_export]
macro_rules! stored {
    ($(#[$secrets:meta])* $type:ident, $kind:literal, $version:literal, $body:ty) => {
        impl $type {
            /// The stored form: one opaque string.
            ///
            $(#[$secrets])*
            #[must_use]
            pub fn to_stored(&self) -> alloc::string::String {
                $crate::stored::write($kind, $version, &self.to_body())
            }

            /// Restores what [`to_stored`](Self::to_stored) wrote.
            ///
            /// # Errors
            ///
            /// [`StoredError`](jwt_core::StoredError) where the text is of another kind, of a newer version, or damaged.
            pub fn from_stored(text: &str) -> Result<Self, $crate::stored::StoredError> {
                let body: $body = $crate::stored::read($kind, $version, text)?;
                Self::from_body(body).ok_or($crate::stored::StoredError::Damaged)
            }
        }

        impl $crate::stored::Stored for $type {
            const KIND: &'static str = $kind;

            fn to_stored(&self) -> alloc::string::String {
                self.to_stored()
            }

            fn from_stored(text: &str) -> Result<Self, $crate::stored::StoredError> {
                Self::from_stored(text)
            }
        }

        /// Writes the one opaque string of [`to_stored`](Self::to_stored).
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_stored())
            }
        }

        /// Reads the one opaque string of [`to_stored`](Self::to_stored).
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <alloc::string::String as serde::Deserialize>::deserialize(deserializer)?;
                Self::from_stored(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub use stored;
