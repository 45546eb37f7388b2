//! `WWW-Authenticate` challenges (RFC 9110, section 11.6.1), read and written: [`Challenges`], [`Challenge`], [`BearerChallenge`],
//! [`DpopChallenge`].
//!
//! ```text
//! WWW-Authenticate: Bearer realm="example", error="invalid_token", DPoP algs="ES256 PS256"
//! ```
//!
//! Several challenges may stand in one field or in many, `token68` beside parameters, in any letter case. Reading takes time linear in the
//! length and never fails half-way: in [`Reading::Interop`] what stands before a fault is kept and the fault recorded.
//!
//! Checked here: the grammar, how long and how many they are, and the syntax of the parameters that RFC 6750 and RFC 9449 define. What to do about a
//! challenge is for whoever got it.
//!
//! ```
//! use oauth_types::{BearerChallenge, Challenges, DpopChallenge, Reading};
//!
//! let fields = [r#"Bearer realm="example", error="invalid_token", DPoP algs="ES256 PS256""#];
//! let challenges = Challenges::parse(fields, Reading::Strict)?;
//! assert_eq!(challenges.find("dpop").and_then(|dpop| dpop.get("algs")), Some("ES256 PS256"));
//!
//! let bearer = BearerChallenge::find(&challenges, Reading::Strict)?.expect("there is one");
//! assert_eq!(bearer.error().map(|code| code.as_str()), Some("invalid_token"));
//! let dpop = DpopChallenge::find(&challenges, Reading::Strict)?.expect("there is one");
//! assert_eq!(dpop.algs(), ["ES256", "PS256"]);
//! # Ok::<(), oauth_types::ChallengeError>(())
//! ```

mod parse;
mod typed;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::Blame;

pub use self::typed::{BearerChallenge, DpopChallenge};
use crate::bytes::is_visible;
use crate::error_response::{Shown, is_plain_url};
use crate::http::{HttpResponse, is_token, is_token68};
use crate::identifiers::Endpoint;
use crate::reading::{Deviation, Reading};

/// The challenges of one response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenges {
    list: Vec<Challenge>,
    deviations: Vec<Deviation>,
}

impl Challenges {
    /// Reads all `WWW-Authenticate` field values of one response, in their order.
    ///
    /// A parameter that comes twice in one challenge is refused by [`Reading::Strict`]; in [`Reading::Interop`] the first one counts and
    /// [`Deviation::Repeated`] is recorded. In [`Reading::Interop`] a fault ends its field: what stood before it is kept, and
    /// [`Deviation::Malformed`] is recorded.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::TooLong`] and [`ChallengeError::TooMany`] beyond the limits, in both readings;
    /// [`ChallengeError::Malformed`] and [`ChallengeError::Repeated`] in the strict one.
    pub fn parse<'v>(values: impl IntoIterator<Item = &'v str>, reading: Reading) -> Result<Self, ChallengeError> {
        let mut challenges = Self::default();
        let mut length = 0_usize;
        for value in values {
            // The separator counts too, so that a million empty fields are not free.
            length = length.saturating_add(value.len()).saturating_add(1);
            if length > MAX_BYTES {
                return Err(ChallengeError::TooLong);
            }
            match parse::field(value, reading, &mut challenges.list, &mut challenges.deviations) {
                Ok(()) => {}
                Err(ChallengeError::Malformed { .. }) if !reading.is_strict() => {
                    parse::note(&mut challenges.deviations, Deviation::Malformed { member: FIELD });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(challenges)
    }

    /// Reads all `WWW-Authenticate` fields of a response.
    ///
    /// # Errors
    ///
    /// As [`Challenges::parse`].
    pub fn from_http(response: &HttpResponse, reading: Reading) -> Result<Self, ChallengeError> {
        Self::parse(response.header_values("www-authenticate"), reading)
    }

    /// Where the metadata of the protected resource is, by the first challenge that says so, whatever its scheme (RFC 9728, section 5.1: `resource_metadata`
    /// may stand in a challenge of any): an `https` URL (`http` on loopback hosts), not checked against the resource
    /// ([`FoundBy::Challenge`](crate::metadata::FoundBy::Challenge) does).
    #[must_use]
    pub fn resource_metadata(&self) -> Option<&str> {
        self.list.iter().filter_map(|challenge| challenge.get("resource_metadata")).find(|url| is_metadata_url(url))
    }

    /// The challenges in the order of the wire.
    pub fn iter(&self) -> core::slice::Iter<'_, Challenge> {
        self.list.iter()
    }

    /// The first challenge of this scheme, in any letter case.
    #[must_use]
    pub fn find(&self, scheme: &str) -> Option<&Challenge> {
        self.list.iter().find(|challenge| challenge.is(scheme))
    }

    /// How many challenges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no challenge at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }
}

impl<'c> IntoIterator for &'c Challenges {
    type Item = &'c Challenge;
    type IntoIter = core::slice::Iter<'c, Challenge>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Challenges {
    type Item = Challenge;
    type IntoIter = alloc::vec::IntoIter<Challenge>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

/// One challenge: a scheme, and either parameters or one `token68`.
///
/// ```
/// use oauth_types::Challenge;
///
/// let challenge = Challenge::new("DPoP")?.with_parameter("algs", "ES256 PS256")?;
/// assert_eq!(challenge.to_header_value(), r#"DPoP algs="ES256 PS256""#);
/// # Ok::<(), oauth_types::ChallengeError>(())
/// ```
///
/// `Debug` shows of the scheme and of each parameter's name 64 characters at most, of a value nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    content: Content,
}

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Parameters(Vec<(String, String)>),
    Token68(String),
}

impl Challenge {
    /// A challenge without parameters.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Unwritable`] if `scheme` is not a token (RFC 9110, section 5.6.2).
    pub fn new(scheme: &str) -> Result<Self, ChallengeError> {
        if !is_token(scheme) {
            return Err(ChallengeError::Unwritable);
        }
        Ok(Self { scheme: scheme.to_owned(), content: Content::Parameters(Vec::new()) })
    }

    /// A challenge with a `token68` instead of parameters.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Unwritable`] if `scheme` is not a token or `token68` is not of its syntax (RFC 9110, section 11.2).
    pub fn with_token68(scheme: &str, token68: &str) -> Result<Self, ChallengeError> {
        if !is_token68(token68) {
            return Err(ChallengeError::Unwritable);
        }
        let challenge = Self::new(scheme)?;
        Ok(Self { content: Content::Token68(token68.to_owned()), ..challenge })
    }

    /// Adds a parameter; its value is written as a quoted string.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Unwritable`] if `name` is not a token or is there already, if `value` holds control or non-ASCII characters, if the
    /// challenge has a `token68`, or beyond [`MAX_PARAMETERS`].
    pub fn with_parameter(mut self, name: &str, value: &str) -> Result<Self, ChallengeError> {
        let Content::Parameters(parameters) = &mut self.content else {
            return Err(ChallengeError::Unwritable);
        };
        if !is_token(name) || !is_visible(value) {
            return Err(ChallengeError::Unwritable);
        }
        if parameters.len() >= MAX_PARAMETERS || parameters.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Err(ChallengeError::Unwritable);
        }
        parameters.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// The scheme as it stood on the wire; compare it with [`Challenge::is`].
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme, in any letter case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The `token68`, for challenges that have one instead of parameters.
    #[must_use]
    pub fn token68(&self) -> Option<&str> {
        match &self.content {
            Content::Token68(text) => Some(text),
            Content::Parameters(_) => None,
        }
    }

    /// The value of a parameter, unescaped; its name in any letter case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All parameters, each name once, values unescaped, in the order of the wire.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = match &self.content {
            Content::Parameters(parameters) => parameters.as_slice(),
            Content::Token68(_) => &[],
        };
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The challenge as the value of one `WWW-Authenticate` field.
    #[must_use]
    pub fn to_header_value(&self) -> String {
        let mut text = self.scheme.clone();
        if let Some(token68) = self.token68() {
            text.push(' ');
            text.push_str(token68);
        }
        for (index, (name, value)) in self.parameters().enumerate() {
            text.push_str(if index == 0 { " " } else { ", " });
            text.push_str(name);
            text.push_str("=\"");
            for character in value.chars() {
                // RFC 9110, section 5.6.4: only the quote and the backslash need a backslash.
                if matches!(character, '"' | '\\') {
                    text.push('\\');
                }
                text.push(character);
            }
            text.push('"');
        }
        text
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").field("scheme", &Shown(&self.scheme)).field("content", &self.content).finish()
    }
}

/// Shows names only: the values are the peer's, and a `token68` may be a credential.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters(parameters) => {
                f.debug_list().entries(parameters.iter().map(|(name, _)| Shown(name))).finish()
            }
            Self::Token68(_) => f.write_str("token68"),
        }
    }
}

/// Why challenges could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// The field does not follow the grammar of RFC 9110, section 11.6.1. Treat it as absent.
    #[error("malformed challenge at byte {offset}")]
    Malformed {
        /// Where in the field value the fault was noticed, in bytes.
        offset: usize,
    },
    /// A parameter comes twice in one challenge.
    #[error("repeated challenge parameter")]
    Repeated,
    /// All fields together are longer than [`MAX_BYTES`].
    #[error("challenges longer than {MAX_BYTES} bytes")]
    TooLong,
    /// There are more than [`MAX_CHALLENGES`] challenges, or more than [`MAX_PARAMETERS`] parameters in one of them.
    #[error("too many challenges or parameters")]
    TooMany,
    /// A parameter of a typed challenge breaks the rules of its RFC.
    #[error("invalid challenge parameter {name}")]
    InvalidParameter {
        /// The parameter's registered name.
        name: &'static str,
    },
    /// What the caller gave cannot be written into a header field.
    #[error("a challenge's scheme, parameter name or value cannot be written")]
    Unwritable,
}

impl ChallengeError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed_challenge",
            Self::Repeated => "repeated_challenge_parameter",
            Self::TooLong => "challenge_too_long",
            Self::TooMany => "too_many_challenges",
            Self::InvalidParameter { .. } => "invalid_challenge_parameter",
            Self::Unwritable => "unwritable_challenge",
        }
    }

    /// Whose fault it is: the caller's for [`ChallengeError::Unwritable`], the peer's otherwise.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::Unwritable => Blame::Caller,
            Self::Malformed { .. } | Self::Repeated | Self::TooLong | Self::TooMany | Self::InvalidParameter { .. } => {
                Blame::Peer
            }
        }
    }
}

/// Whether metadata may be fetched from there: what says which servers to trust must not be changed on its way (RFC 9728, section 7.1).
fn is_metadata_url(text: &str) -> bool {
    is_plain_url(text) && Endpoint::new(text).is_ok()
}

/// The field of which this module speaks.
const FIELD: &str = "WWW-Authenticate";

/// How long all `WWW-Authenticate` fields of one response may be together, in bytes: the limit that common servers and clients have for
/// a whole header section.
pub const MAX_BYTES: usize = 16 * 1024;

/// How many challenges one response may hold. A server that offers every registered scheme sends about a dozen.
pub const MAX_CHALLENGES: usize = 32;

/// How many parameters one challenge may hold. All registered ones for OAuth together are about a dozen.
pub const MAX_PARAMETERS: usize = 32;

#[cfg(test)]
mod tests;
