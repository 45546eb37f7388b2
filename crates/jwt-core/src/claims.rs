//! [`RegisteredClaims`] (RFC 7519, section 4.1), and [`numeric_date`] for times in claims of your own.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::Timestamp;
use crate::json::{Cut, Numeric};

/// The registered claims, for use as they are or flattened into claims of your own.
///
/// These are data: nothing in them is checked against a policy. `verify` does that, whatever the claims are read into.
///
/// `Debug` shows which claims there are, the issuer and the times; no subject, no audience and no `jti`.
///
/// # Examples
///
/// ```
/// use jwt_core::{RegisteredClaims, Timestamp};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Claims {
///     #[serde(flatten)]
///     registered: RegisteredClaims,
///     scope: String,
/// }
///
/// let claims = Claims {
///     registered: RegisteredClaims::new().with_issuer("https://as.example").with_expires_at(Timestamp::from_unix(1_700_000_000)),
///     scope: "read".into(),
/// };
/// assert_eq!(serde_json::to_string(&claims)?, r#"{"iss":"https://as.example","exp":1700000000,"scope":"read"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct RegisteredClaims {
    /// Who issued the token.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom the token is about.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Whom the token is for. Empty if the claim is absent.
    #[serde(default, skip_serializing_if = "Audiences::is_empty")]
    pub aud: Audiences,
    /// From when on the token must not be accepted.
    #[serde(default, with = "numeric_date::option", skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    /// Before when the token must not be accepted.
    #[serde(default, with = "numeric_date::option", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<Timestamp>,
    /// When the token was issued.
    #[serde(default, with = "numeric_date::option", skip_serializing_if = "Option::is_none")]
    pub iat: Option<Timestamp>,
    /// The token's own name.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl RegisteredClaims {
    /// No claim at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `iss`.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.iss = Some(issuer.into());
        self
    }

    /// Sets `sub`.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.sub = Some(subject.into());
        self
    }

    /// Adds one to `aud`.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.aud.0.push(audience.into());
        self
    }

    /// Sets `exp`.
    #[must_use]
    pub const fn with_expires_at(mut self, time: Timestamp) -> Self {
        self.exp = Some(time);
        self
    }

    /// Sets `nbf`.
    #[must_use]
    pub const fn with_not_before(mut self, time: Timestamp) -> Self {
        self.nbf = Some(time);
        self
    }

    /// Sets `iat`.
    #[must_use]
    pub const fn with_issued_at(mut self, time: Timestamp) -> Self {
        self.iat = Some(time);
        self
    }

    /// Sets `jti`.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.jti = Some(id.into());
        self
    }
}

/// Shows nobody's name but the issuer's, and of that no more than fits in a line.
impl fmt::Debug for RegisteredClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |claim: &Option<String>| claim.as_ref().map(|_| Hidden);
        f.debug_struct("RegisteredClaims")
            .field("iss", &self.iss.as_deref().map(Cut))
            .field("sub", &hidden(&self.sub))
            .field("aud", &self.aud)
            .field("exp", &self.exp)
            .field("nbf", &self.nbf)
            .field("iat", &self.iat)
            .field("jti", &hidden(&self.jti))
            .finish()
    }
}

/// What is there and not shown.
struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// `null` is never absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// The `aud` claim: read from a string or an array of strings, written as a string if it is one (RFC 7519, section 4.1.3).
///
/// # Examples
///
/// ```
/// use jwt_core::claims::Audiences;
///
/// let two: Audiences = ["api", "admin"].into_iter().collect();
/// assert!(two.contains("api") && !two.contains("API"));
/// assert_eq!(serde_json::to_string(&two)?, r#"["api","admin"]"#);
/// let one: Audiences = serde_json::from_str(r#""api""#)?;
/// assert_eq!(one.iter().collect::<Vec<_>>(), ["api"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `Debug` shows how many there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Audiences(Vec<String>);

impl Audiences {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `audience` is among them, byte by byte.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        self.0.iter().any(|own| own == audience)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Debug for Audiences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Audiences").field(&self.0.len()).finish()
    }
}

impl<S: Into<String>> FromIterator<S> for Audiences {
    fn from_iter<I: IntoIterator<Item = S>>(audiences: I) -> Self {
        Self(audiences.into_iter().map(Into::into).collect())
    }
}

impl Serialize for Audiences {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Audiences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Audiences;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a non-empty array of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<Audiences, E> {
                Ok(Audiences([text.into()].into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Audiences, A::Error> {
                let mut audiences = Vec::new();
                while let Some(audience) = elements.next_element()? {
                    audiences.push(audience);
                }
                if audiences.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Audiences(audiences)) }
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

/// [`Timestamp`] as a `NumericDate` (RFC 7519, section 2): seconds since the epoch, a fraction allowed. For `#[serde(with = "jwt_core::claims::numeric_date")]`.
///
/// Whole seconds are written, rounded down; a fraction is read. A time before the epoch is read as the epoch, one beyond what a [`Timestamp`] holds as [`Timestamp::MAX`].
pub mod numeric_date {
    use core::fmt;

    use serde::de::{Deserializer, Visitor};
    use serde::{Deserialize, Serialize, Serializer};

    use super::Instant;
    use crate::Timestamp;

    /// Writes the whole seconds.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        Seconds(*time).serialize(serializer)
    }

    /// Reads a number.
    ///
    /// # Errors
    ///
    /// Those of the deserializer, and every value that is no number: `null` and strings too.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Seconds::deserialize(deserializer).map(|seconds| seconds.0)
    }

    /// The same for a claim that may be absent, with `#[serde(default)]`. `null` is not absent.
    pub mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        use super::Seconds;
        use crate::Timestamp;

        /// Writes the whole seconds, or `null`: add `skip_serializing_if = "Option::is_none"`.
        ///
        /// # Errors
        ///
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
            time.map(Seconds).serialize(serializer)
        }

        /// Reads a number.
        ///
        /// # Errors
        ///
        /// As for a claim that must be there.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
            Seconds::deserialize(deserializer).map(|seconds| Some(seconds.0))
        }
    }

    struct Seconds(Timestamp);

    impl Serialize for Seconds {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            // Whole seconds, rounded down: a fraction would be rounded by `f64`, and a token issued now would be one of the future.
            serializer.serialize_u64(self.0.as_unix())
        }
    }

    impl<'de> Deserialize<'de> for Seconds {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Number;
            impl Visitor<'_> for Number {
                type Value = Seconds;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a number of seconds")
                }

                fn visit_u64<E>(self, seconds: u64) -> Result<Seconds, E> {
                    Ok(Seconds(Timestamp::from_unix(seconds)))
                }

                fn visit_i64<E>(self, seconds: i64) -> Result<Seconds, E> {
                    Ok(Seconds(Timestamp::from_unix(u64::try_from(seconds).unwrap_or(0))))
                }

                fn visit_f64<E>(self, seconds: f64) -> Result<Seconds, E> {
                    Ok(Seconds(Instant::from_f64(seconds).timestamp()))
                }
            }
            deserializer.deserialize_any(Number)
        }
    }
}

/// A `NumericDate` of a claim without loss of its sign, so that a leeway never turns a time before the epoch into one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    before_epoch: bool,
    /// The distance from the epoch. What no `Duration` can hold is its maximum: later (or earlier) than any time that will be met.
    distance: core::time::Duration,
}

impl Instant {
    pub(crate) fn of(seconds: Numeric) -> Self {
        match seconds {
            Numeric::Unsigned(seconds) => Self::from_u64(seconds),
            Numeric::Negative(seconds) => Self::from_i64(seconds),
            Numeric::Fraction(seconds) => Self::from_f64(seconds),
        }
    }

    pub(crate) const fn from_u64(seconds: u64) -> Self {
        Self { before_epoch: false, distance: core::time::Duration::from_secs(seconds) }
    }

    pub(crate) const fn from_i64(seconds: i64) -> Self {
        Self { before_epoch: seconds < 0, distance: core::time::Duration::from_secs(seconds.unsigned_abs()) }
    }

    pub(crate) fn from_f64(seconds: f64) -> Self {
        let distance = core::time::Duration::try_from_secs_f64(seconds.abs()).unwrap_or(core::time::Duration::MAX);
        Self { before_epoch: seconds < 0.0, distance }
    }

    /// [`Timestamp::EPOCH`] for every time before it.
    pub(crate) const fn timestamp(self) -> Timestamp {
        if self.before_epoch { Timestamp::EPOCH } else { Timestamp::from_duration(self.distance) }
    }

    /// Whether `now` is at or after this time moved into the future by `by`.
    pub(crate) fn reached(self, now: Timestamp, by: core::time::Duration) -> bool {
        if self.before_epoch {
            now.saturating_add(self.distance).as_duration() >= by
        } else {
            now >= self.timestamp().saturating_add(by)
        }
    }

    /// Whether this time is after `now` moved into the future by `by`.
    pub(crate) fn is_after(self, now: Timestamp, by: core::time::Duration) -> bool {
        !self.before_epoch && self.timestamp() > now.saturating_add(by)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::json;

    #[test]
    fn registered_claims_are_read_and_written() {
        let text = r#"{"iss":"i","sub":"s","aud":["a","b"],"exp":2,"nbf":1,"iat":1.5,"jti":"j"}"#;
        let claims: RegisteredClaims = json::from_slice(text.as_bytes(), &json::Limits::default()).unwrap();
        assert_eq!(claims.exp, Some(Timestamp::from_unix(2)));
        assert_eq!(claims.iat, Some(Timestamp::from_duration(Duration::from_millis(1500))));
        assert!(claims.aud.contains("b") && !claims.aud.contains("c"));
        // A fraction is read, but not written: rounded by `f64`, a token issued now could be one of the future.
        assert_eq!(serde_json::to_string(&claims).unwrap(), text.replace("1.5", "1"));
        let one = RegisteredClaims::new().with_audience("a");
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"aud":"a"}"#);
        assert_eq!(serde_json::to_string(&RegisteredClaims::new()).unwrap(), "{}");
    }

    #[test]
    fn debug_shows_which_claims_there_are_and_nobody_but_the_issuer() {
        let claims = RegisteredClaims::new()
            .with_issuer("https://as.example")
            .with_subject("s3cr3t-alice")
            .with_audience("s3cr3t-app")
            .with_audience("s3cr3t-api")
            .with_expires_at(Timestamp::from_unix(1_700_000_000))
            .with_id("s3cr3t-id");
        let shown = alloc::format!("{claims:?} {claims:#?}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert_eq!(
            alloc::format!("{claims:?}"),
            "RegisteredClaims { iss: Some(\"https://as.example\"), sub: Some(..), aud: Audiences(2), exp: Some(Timestamp(1700000000s)), nbf: None, iat: None, \
             jti: Some(..) }"
        );
        let long = RegisteredClaims::new().with_issuer("\u{10ffff}".repeat(100_000));
        assert!(alloc::format!("{long:?}").len() < 300, "{long:?}");
    }

    #[test]
    fn a_time_of_ones_own_is_read_and_written_as_a_number() {
        #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
        struct Own {
            #[serde(with = "numeric_date")]
            auth_time: Timestamp,
        }
        let read = |text: &str| json::from_slice::<Own>(text.as_bytes(), &json::Limits::default());
        let own = read(r#"{"auth_time":1700000000}"#).unwrap();
        assert_eq!(own, Own { auth_time: Timestamp::from_unix(1_700_000_000) });
        assert_eq!(serde_json::to_string(&own).unwrap(), r#"{"auth_time":1700000000}"#);
        // JWT-05
        for wrong in ["{}", r#"{"auth_time":null}"#, r#"{"auth_time":"1700000000"}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a7_null_and_wrong_types_are_refused() {
        // JWT-02, JWT-05
        for text in [
            r#"{"iss":null}"#,
            r#"{"iss":1}"#,
            r#"{"sub":["s"]}"#,
            r#"{"aud":null}"#,
            r#"{"aud":[]}"#,
            r#"{"aud":[1]}"#,
            r#"{"aud":{}}"#,
            r#"{"exp":null}"#,
            r#"{"exp":"1"}"#,
            r#"{"nbf":true}"#,
            r#"{"iat":[1]}"#,
            r#"{"jti":{}}"#,
        ] {
            assert!(json::from_slice::<RegisteredClaims>(text.as_bytes(), &json::Limits::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_compare_at_both_ends_without_wrapping() {
        let at = |seconds| Timestamp::from_unix(seconds);
        let second = Duration::from_secs(1);
        assert!(Instant::from_u64(10).reached(at(10), Duration::ZERO));
        assert!(!Instant::from_u64(10).reached(at(10), second));
        assert!(Instant::from_u64(10).reached(at(11), second));
        assert!(!Instant::from_u64(u64::MAX).reached(at(u64::MAX - 1), Duration::ZERO));
        assert!(Instant::from_i64(i64::MIN).reached(Timestamp::EPOCH, Duration::ZERO));
        assert!(Instant::from_i64(-20).reached(Timestamp::EPOCH, Duration::from_secs(20)));
        assert!(!Instant::from_i64(-20).reached(Timestamp::EPOCH, Duration::from_secs(21)));
        assert!(!Instant::from_f64(1e300).reached(at(u64::MAX), Duration::ZERO));
        assert!(Instant::from_f64(-1e300).reached(Timestamp::EPOCH, Duration::MAX));
        assert!(Instant::from_f64(1e300).is_after(at(u64::MAX), Duration::ZERO));
        assert!(!Instant::from_f64(-1e300).is_after(Timestamp::EPOCH, Duration::ZERO));
        assert!(!Instant::from_u64(10).is_after(at(10), Duration::ZERO));
        assert!(Instant::from_u64(11).is_after(at(10), Duration::ZERO));
        assert!(!Instant::from_u64(11).is_after(at(10), second));
    }
}
