//! [`BearerChallenge`]: what a protected resource says to a request without a sufficient bearer token.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::{Challenge, ChallengeError, Challenges};
use crate::error_response::{ErrorCode, is_error_text, is_plain_url, readable};
use crate::identifiers::Scope;
use crate::reading::{Deviation, Reading};

/// A `Bearer` challenge (RFC 6750, section 3) with the parameters of RFC 9728 (`resource_metadata`) and RFC 9470 (`acr_values`, `max_age`).
///
/// ```
/// use oauth_types::{BearerChallenge, ErrorCode, Scope};
///
/// let challenge = BearerChallenge::new()
///     .with_realm("example")
///     .with_error(ErrorCode::InsufficientScope)
///     .with_scope(Scope::parse("read write")?);
/// assert_eq!(challenge.to_header_value()?, r#"Bearer realm="example", error="insufficient_scope", scope="read write""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct BearerChallenge {
    realm: Option<String>,
    error: Option<ErrorCode>,
    error_description: Option<String>,
    error_uri: Option<String>,
    scope: Option<Scope>,
    resource_metadata: Option<String>,
    acr_values: Vec<String>,
    max_age: Option<Duration>,
    extra: Vec<(String, String)>,
    deviations: Vec<Deviation>,
}

impl BearerChallenge {
    /// A challenge without any parameter: what a request without credentials is answered (RFC 6750, section 3.1).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the first `Bearer` challenge of a response; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`BearerChallenge::from_challenge`].
    pub fn find(challenges: &Challenges, reading: Reading) -> Result<Option<Self>, ChallengeError> {
        challenges.find(SCHEME).map(|challenge| Self::from_challenge(challenge, reading)).transpose()
    }

    /// Reads the parameters of a challenge. They mean the same under every scheme of a sender-constrained token (RFC 9449, section 7.1), so
    /// this reads a `DPoP` challenge too.
    ///
    /// In [`Reading::Interop`] a parameter that breaks the rules of its RFC is left out, or cleaned if it is only shown, and recorded in
    /// [`BearerChallenge::deviations`].
    ///
    /// # Errors
    ///
    /// [`ChallengeError::InvalidParameter`] in [`Reading::Strict`], if a parameter breaks the rules of its RFC.
    pub fn from_challenge(challenge: &Challenge, reading: Reading) -> Result<Self, ChallengeError> {
        let mut found = Self::default();
        for (name, value) in challenge.parameters() {
            let fault = match name.to_ascii_lowercase().as_str() {
                "realm" => {
                    let (clean, changed) = readable(value);
                    found.realm = Some(clean);
                    changed.then_some(Deviation::Characters { member: "realm" })
                }
                "error" if is_error_text(value) && !value.is_empty() => {
                    found.error = Some(ErrorCode::from(value));
                    None
                }
                "error" => Some(Deviation::Malformed { member: "error" }),
                "error_description" => {
                    let (clean, changed) = readable(value);
                    found.error_description = Some(clean);
                    (changed || !is_error_text(value)).then_some(Deviation::Characters { member: "error_description" })
                }
                "error_uri" if is_plain_url(value) => {
                    found.error_uri = Some(value.to_owned());
                    None
                }
                "error_uri" => Some(Deviation::Malformed { member: "error_uri" }),
                "scope" => match Scope::parse(value) {
                    Ok(scope) => {
                        found.scope = Some(scope);
                        None
                    }
                    Err(_) => Some(Deviation::Malformed { member: "scope" }),
                },
                "resource_metadata" if is_plain_url(value) => {
                    found.resource_metadata = Some(value.to_owned());
                    None
                }
                "resource_metadata" => Some(Deviation::Malformed { member: "resource_metadata" }),
                "acr_values" => {
                    found.acr_values = value.split_ascii_whitespace().map(ToOwned::to_owned).collect();
                    None
                }
                // RFC 9470, section 3: a non-negative integer.
                "max_age" => match value.parse::<u64>() {
                    Ok(seconds) if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                        found.max_age = Some(Duration::from_secs(seconds));
                        None
                    }
                    _ => Some(Deviation::Malformed { member: "max_age" }),
                },
                _ => {
                    found.extra.push((name.to_owned(), value.to_owned()));
                    None
                }
            };
            match fault {
                Some(Deviation::Malformed { member } | Deviation::Characters { member }) if reading.is_strict() => {
                    return Err(ChallengeError::InvalidParameter { name: member });
                }
                fault => found.deviations.extend(fault),
            }
        }
        Ok(found)
    }

    /// Names the protection space (RFC 9110, section 11.5).
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Says what was wrong with the request. Left out if it had no credentials at all (RFC 6750, section 3.1).
    #[must_use]
    pub fn with_error(mut self, error: ErrorCode) -> Self {
        self.error = Some(error);
        self
    }

    /// Explains the error to a developer.
    #[must_use]
    pub fn with_error_description(mut self, description: impl Into<String>) -> Self {
        self.error_description = Some(description.into());
        self
    }

    /// Points to a page about the error.
    #[must_use]
    pub fn with_error_uri(mut self, uri: impl Into<String>) -> Self {
        self.error_uri = Some(uri.into());
        self
    }

    /// Says which scope the request needs.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Says where the protected resource's metadata is (RFC 9728, section 5.1).
    #[must_use]
    pub fn with_resource_metadata(mut self, url: impl Into<String>) -> Self {
        self.resource_metadata = Some(url.into());
        self
    }

    /// Says which authentication context classes would do, the preferred one first (RFC 9470, section 3).
    #[must_use]
    pub fn with_acr_values(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.acr_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Says how long ago the user may have authenticated at most, in whole seconds (RFC 9470, section 3).
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Adds a parameter of another specification.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The protection space, cleaned for display.
    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    /// What was wrong with the request; `None` if it had no credentials.
    #[must_use]
    pub fn error(&self) -> Option<&ErrorCode> {
        self.error.as_ref()
    }

    /// The explanation for a developer, cleaned for display.
    #[must_use]
    pub fn error_description(&self) -> Option<&str> {
        self.error_description.as_deref()
    }

    /// A page about the error: an `http` or `https` URL.
    #[must_use]
    pub fn error_uri(&self) -> Option<&str> {
        self.error_uri.as_deref()
    }

    /// The scope that the request needs.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Where the protected resource's metadata is: an `http` or `https` URL, not checked against the resource (RFC 9728, section 5.1).
    #[must_use]
    pub fn resource_metadata(&self) -> Option<&str> {
        self.resource_metadata.as_deref()
    }

    /// The authentication context classes that would do, the preferred one first.
    #[must_use]
    pub fn acr_values(&self) -> &[String] {
        &self.acr_values
    }

    /// How long ago the user may have authenticated at most.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// The parameters of other specifications.
    pub fn extra(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extra.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The challenge in its general form.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Unwritable`] if a text holds what its RFC excludes, or a further parameter repeats a registered one.
    pub fn to_challenge(&self) -> Result<Challenge, ChallengeError> {
        let mut challenge = Challenge::new(SCHEME)?;
        if let Some(realm) = &self.realm {
            challenge = challenge.with_parameter("realm", realm)?;
        }
        if let Some(error) = &self.error {
            check(is_error_text(error.as_str()) && !error.as_str().is_empty())?;
            challenge = challenge.with_parameter("error", error.as_str())?;
        }
        if let Some(description) = &self.error_description {
            check(is_error_text(description))?;
            challenge = challenge.with_parameter("error_description", description)?;
        }
        if let Some(uri) = &self.error_uri {
            check(is_plain_url(uri))?;
            challenge = challenge.with_parameter("error_uri", uri)?;
        }
        if let Some(scope) = &self.scope {
            challenge = challenge.with_parameter("scope", scope.as_str())?;
        }
        if let Some(url) = &self.resource_metadata {
            check(is_plain_url(url))?;
            challenge = challenge.with_parameter("resource_metadata", url)?;
        }
        if !self.acr_values.is_empty() {
            check(self.acr_values.iter().all(|value| is_word(value)))?;
            challenge = challenge.with_parameter("acr_values", &self.acr_values.join(" "))?;
        }
        if let Some(max_age) = self.max_age {
            challenge = challenge.with_parameter("max_age", &max_age.as_secs().to_string())?;
        }
        for (name, value) in self.extra() {
            challenge = challenge.with_parameter(name, value)?;
        }
        Ok(challenge)
    }

    /// The challenge as the value of one `WWW-Authenticate` field.
    ///
    /// # Errors
    ///
    /// As [`BearerChallenge::to_challenge`].
    pub fn to_header_value(&self) -> Result<String, ChallengeError> {
        Ok(self.to_challenge()?.to_header_value())
    }
}

/// Shows no text that only explains.
impl fmt::Debug for BearerChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerChallenge")
            .field("error", &self.error)
            .field("scope", &self.scope)
            .field("max_age", &self.max_age)
            .field("deviations", &self.deviations)
            .finish_non_exhaustive()
    }
}

fn check(writable: bool) -> Result<(), ChallengeError> {
    if writable { Ok(()) } else { Err(ChallengeError::Unwritable) }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// RFC 6750, section 3.
const SCHEME: &str = "Bearer";
