//! [`BearerChallenge`] and [`DpopChallenge`]: what a protected resource says to a request without a sufficient access token.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::{Challenge, ChallengeError, Challenges, is_metadata_url};
use crate::error_response::{ErrorCode, is_error_text, is_plain_url, readable};
use crate::identifiers::Scope;
use crate::reading::{Deviation, Reading};

/// The schemes say the same in the same words (RFC 9449, section 7.1), but for `algs`.
macro_rules! typed_challenge {
    ($(#[$doc:meta])* $Challenge:ident, $scheme:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $Challenge(Parameters);

        impl $Challenge {
            /// A challenge without any parameter: what a request without credentials is answered (RFC 6750, section 3.1).
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Reads the first challenge of this scheme; `None` if there is none.
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`", stringify!($Challenge), "::from_challenge`].")]
            pub fn find(challenges: &Challenges, reading: Reading) -> Result<Option<Self>, ChallengeError> {
                challenges.find($scheme).map(|challenge| Self::from_challenge(challenge, reading)).transpose()
            }

            /// Reads the parameters of a challenge, whatever its scheme: what both kinds have means the same under every scheme (RFC 9449, section 7.1).
            ///
            /// In [`Reading::Interop`] a parameter that breaks the rules of its RFC is left out, or cleaned if it is only shown, and recorded in
            #[doc = concat!("[`", stringify!($Challenge), "::deviations`].")]
            ///
            /// # Errors
            ///
            /// [`ChallengeError::InvalidParameter`] in [`Reading::Strict`], if a parameter breaks the rules of its RFC.
            pub fn from_challenge(challenge: &Challenge, reading: Reading) -> Result<Self, ChallengeError> {
                Parameters::read(challenge, $scheme, reading).map(Self)
            }

        /// Names the protection space (RFC 9110, section 11.5).
        #[must_use]
        pub fn with_realm(mut self, realm: impl Into<String>) -> Self {
            self.0.realm = Some(realm.into());
            self
        }

        /// Says what was wrong with the request. Left out if it had no credentials at all (RFC 6750, section 3.1).
        #[must_use]
        pub fn with_error(mut self, error: ErrorCode) -> Self {
            self.0.error = Some(error);
            self
        }

        /// Explains the error to a developer.
        #[must_use]
        pub fn with_error_description(mut self, description: impl Into<String>) -> Self {
            self.0.error_description = Some(description.into());
            self
        }

        /// Points to a page about the error.
        #[must_use]
        pub fn with_error_uri(mut self, uri: impl Into<String>) -> Self {
            self.0.error_uri = Some(uri.into());
            self
        }

        /// Says which scope the request needs.
        #[must_use]
        pub fn with_scope(mut self, scope: Scope) -> Self {
            self.0.scope = Some(scope);
            self
        }

        /// Says where the protected resource's metadata is (RFC 9728, section 5.1).
        #[must_use]
        pub fn with_resource_metadata(mut self, url: impl Into<String>) -> Self {
            self.0.resource_metadata = Some(url.into());
            self
        }

        /// Says which authentication context classes would do, the preferred one first (RFC 9470, section 3).
        #[must_use]
        pub fn with_acr_values(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.0.acr_values = values.into_iter().map(Into::into).collect();
            self
        }

        /// Says how long ago the user may have authenticated at most, in whole seconds (RFC 9470, section 3).
        #[must_use]
        pub fn with_max_age(mut self, max_age: Duration) -> Self {
            self.0.max_age = Some(max_age);
            self
        }

        /// Adds a parameter of another specification.
        #[must_use]
        pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.0.extra.push((name.into(), value.into()));
            self
        }

        /// The protection space, cleaned for display.
        #[must_use]
        pub fn realm(&self) -> Option<&str> {
            self.0.realm.as_deref()
        }

        /// What was wrong with the request; `None` if it had no credentials.
        #[must_use]
        pub fn error(&self) -> Option<&ErrorCode> {
            self.0.error.as_ref()
        }

        /// The explanation for a developer, cleaned for display.
        #[must_use]
        pub fn error_description(&self) -> Option<&str> {
            self.0.error_description.as_deref()
        }

        /// A page about the error: an `http` or `https` URL.
        #[must_use]
        pub fn error_uri(&self) -> Option<&str> {
            self.0.error_uri.as_deref()
        }

        /// The scope that the request needs.
        #[must_use]
        pub fn scope(&self) -> Option<&Scope> {
            self.0.scope.as_ref()
        }

        /// Where the protected resource's metadata is: an `https` URL (`http` on loopback hosts), not checked against the resource (RFC 9728, section 5.1).
        #[must_use]
        pub fn resource_metadata(&self) -> Option<&str> {
            self.0.resource_metadata.as_deref()
        }

        /// The authentication context classes that would do, the preferred one first.
        #[must_use]
        pub fn acr_values(&self) -> &[String] {
            &self.0.acr_values
        }

        /// How long ago the user may have authenticated at most.
        #[must_use]
        pub fn max_age(&self) -> Option<Duration> {
            self.0.max_age
        }

        /// The parameters of other specifications.
        pub fn extra(&self) -> impl Iterator<Item = (&str, &str)> {
            self.0.extra.iter().map(|(name, value)| (name.as_str(), value.as_str()))
        }

        /// What the reading tolerated.
        #[must_use]
        pub fn deviations(&self) -> &[Deviation] {
            &self.0.deviations
        }

            /// The challenge in its general form.
            ///
            /// # Errors
            ///
            /// [`ChallengeError::Unwritable`] if a text holds what its RFC excludes, or a further parameter repeats a registered one.
            pub fn to_challenge(&self) -> Result<Challenge, ChallengeError> {
                self.0.write($scheme)
            }

            /// The challenge as the value of one `WWW-Authenticate` field.
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`", stringify!($Challenge), "::to_challenge`].")]
            pub fn to_header_value(&self) -> Result<String, ChallengeError> {
                Ok(self.to_challenge()?.to_header_value())
            }
        }

        /// Shows no text that only explains.
        impl fmt::Debug for $Challenge {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Challenge))
                    .field("error", &self.0.error)
                    .field("scope", &self.0.scope)
                    .field("max_age", &self.0.max_age)
                    .field("deviations", &self.0.deviations)
                    .finish_non_exhaustive()
            }
        }
    };
}

typed_challenge! {
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
    BearerChallenge, BEARER
}

typed_challenge! {
    /// A `DPoP` challenge (RFC 9449, section 7.1): the parameters of a [`BearerChallenge`], and the algorithms that proofs may have.
    ///
    /// ```
    /// use oauth_types::{DpopChallenge, ErrorCode};
    ///
    /// let challenge = DpopChallenge::new().with_error(ErrorCode::InvalidToken).with_algs(["ES256", "PS256"]);
    /// assert_eq!(challenge.to_header_value()?, r#"DPoP error="invalid_token", algs="ES256 PS256""#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    DpopChallenge, DPOP
}

impl DpopChallenge {
    /// Says which algorithms proofs may have (`algs`).
    #[must_use]
    pub fn with_algs(mut self, algs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.algs = algs.into_iter().map(Into::into).collect();
        self
    }

    /// The algorithms that proofs may have; empty if the challenge does not say.
    #[must_use]
    pub fn algs(&self) -> &[String] {
        &self.0.algs
    }

    /// Whether the proof lacked the nonce that the server hands out in the same answer (RFC 9449, section 9).
    #[must_use]
    pub fn is_use_dpop_nonce(&self) -> bool {
        self.0.error == Some(ErrorCode::UseDpopNonce)
    }
}

#[derive(Clone, Default)]
struct Parameters {
    realm: Option<String>,
    error: Option<ErrorCode>,
    error_description: Option<String>,
    error_uri: Option<String>,
    scope: Option<Scope>,
    resource_metadata: Option<String>,
    acr_values: Vec<String>,
    max_age: Option<Duration>,
    algs: Vec<String>,
    extra: Vec<(String, String)>,
    deviations: Vec<Deviation>,
}

impl Parameters {
    /// The one reader of both kinds.
    fn read(challenge: &Challenge, scheme: &str, reading: Reading) -> Result<Self, ChallengeError> {
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
                "resource_metadata" if is_metadata_url(value) => {
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
                "algs" if scheme == DPOP && value.split_ascii_whitespace().next().is_some() && value.is_ascii() => {
                    found.algs = value.split_ascii_whitespace().map(ToOwned::to_owned).collect();
                    None
                }
                "algs" if scheme == DPOP => Some(Deviation::Malformed { member: "algs" }),
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

    /// The one writer of both kinds.
    fn write(&self, scheme: &str) -> Result<Challenge, ChallengeError> {
        let mut challenge = Challenge::new(scheme)?;
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
        // An empty one has no syntax (RFC 6750, section 3).
        if let Some(scope) = self.scope.as_ref().filter(|scope| !scope.is_empty()) {
            challenge = challenge.with_parameter("scope", scope.as_str())?;
        }
        if let Some(url) = &self.resource_metadata {
            check(is_metadata_url(url))?;
            challenge = challenge.with_parameter("resource_metadata", url)?;
        }
        if !self.acr_values.is_empty() {
            check(self.acr_values.iter().all(|value| is_word(value)))?;
            challenge = challenge.with_parameter("acr_values", &self.acr_values.join(" "))?;
        }
        if let Some(max_age) = self.max_age {
            challenge = challenge.with_parameter("max_age", &max_age.as_secs().to_string())?;
        }
        if !self.algs.is_empty() {
            check(self.algs.iter().all(|alg| is_word(alg)))?;
            challenge = challenge.with_parameter("algs", &self.algs.join(" "))?;
        }
        for (name, value) in &self.extra {
            challenge = challenge.with_parameter(name, value)?;
        }
        Ok(challenge)
    }
}

fn check(writable: bool) -> Result<(), ChallengeError> {
    if writable { Ok(()) } else { Err(ChallengeError::Unwritable) }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// RFC 6750, section 3.
const BEARER: &str = "Bearer";

/// RFC 9449, section 7.1.
const DPOP: &str = "DPoP";
