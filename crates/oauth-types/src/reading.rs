//! The two readings of every message: [`Reading`], and what the tolerant one let pass: [`Deviation`].
//!
//! One parser serves both. [`Reading::Interop`] accepts what real providers send and writes down each liberty that they took;
//! [`Reading::Strict`] refuses whatever the RFC refuses. What strict accepts, interop accepts too, and reads the same but for what means
//! nothing to the RFC (a member `scopes`, a comma in a scope). What each of them checks says the module whose message it is.
//!
//! ```
//! use oauth_types::{Deviation, Reading};
//! use oauth_types::reading::Kind;
//!
//! assert_eq!(Reading::default(), Reading::Interop);
//! let deviation = Deviation::WrongType { member: "expires_in", found: Kind::String };
//! assert_eq!(deviation.to_string(), "expires_in was a string");
//! assert_eq!(deviation.code(), "wrong_type");
//! ```

use alloc::vec::Vec;
use core::fmt;

/// How literally a message is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are two readings; a third would be a second parser")]
pub enum Reading {
    /// What real providers send is understood; each tolerated thing is recorded as a [`Deviation`]. The default.
    #[default]
    Interop,
    /// The RFC, word for word.
    Strict,
}

impl Reading {
    /// Whether this is [`Reading::Strict`].
    #[must_use]
    pub const fn is_strict(self) -> bool {
        matches!(self, Self::Strict)
    }
}

/// Something that the peer did differently from its RFC, and that [`Reading::Interop`] tolerated.
///
/// Holds no text of the peer's, only the names of the registered members that are concerned: it may go to any log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// The body is JSON but its `Content-Type` does not say so, or there is none.
    ContentType,
    /// The answer had another status than the RFC demands.
    Status {
        /// The status that came.
        found: u16,
    },
    /// The body was form-encoded (or claimed to be) where JSON is demanded.
    FormEncoded,
    /// A UTF-8 byte-order mark stood before the JSON.
    ByteOrderMark,
    /// The error came in a shape of the provider's own, not in that of RFC 6749, section 5.2.
    ForeignErrorShape,
    /// A required member is missing; a default took its place.
    Missing {
        /// The member's registered name.
        member: &'static str,
    },
    /// A member is the empty string, which counts as absent.
    Empty {
        /// The member's registered name.
        member: &'static str,
    },
    /// A member has another JSON type than the RFC gives it. Its meaning was taken from it where it has one, otherwise it counts as absent.
    WrongType {
        /// The member's registered name.
        member: &'static str,
        /// What came instead.
        found: Kind,
    },
    /// A number is negative, or too large to be one.
    OutOfRange {
        /// The member's registered name.
        member: &'static str,
    },
    /// A member came under a name of the provider's own.
    Misnamed {
        /// The member's registered name.
        member: &'static str,
        /// The name under which it came.
        found: &'static str,
    },
    /// A list is separated by commas instead of spaces.
    CommaSeparated {
        /// The member's registered name.
        member: &'static str,
    },
    /// A text holds characters that the RFC excludes; it was cleaned, or is kept for the caller to judge.
    Characters {
        /// The member's registered name.
        member: &'static str,
    },
    /// A value cannot be read and counts as absent.
    Malformed {
        /// The member's or the header field's registered name.
        member: &'static str,
    },
    /// A value is not the one that was expected, but the same by a comparison that the caller chose.
    Differs {
        /// The member's registered name.
        member: &'static str,
    },
    /// A parameter came twice where that is forbidden; the first one counts.
    Repeated {
        /// The parameter's registered name, or that of the header field.
        member: &'static str,
    },
    /// A member came beside another one that excludes it; it counts as absent.
    Excluded {
        /// The member's registered name.
        member: &'static str,
    },
    /// A parameter's value stands without quotes although it needs them.
    Unquoted {
        /// The header field's registered name.
        member: &'static str,
    },
}

impl Deviation {
    /// A stable, machine-readable name of this kind of deviation.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ContentType => "content_type",
            Self::Status { .. } => "status",
            Self::FormEncoded => "form_encoded",
            Self::ByteOrderMark => "byte_order_mark",
            Self::ForeignErrorShape => "foreign_error_shape",
            Self::Missing { .. } => "missing",
            Self::Empty { .. } => "empty",
            Self::WrongType { .. } => "wrong_type",
            Self::OutOfRange { .. } => "out_of_range",
            Self::Misnamed { .. } => "misnamed",
            Self::CommaSeparated { .. } => "comma_separated",
            Self::Characters { .. } => "characters",
            Self::Malformed { .. } => "malformed",
            Self::Differs { .. } => "differs",
            Self::Repeated { .. } => "repeated",
            Self::Excluded { .. } => "excluded",
            Self::Unquoted { .. } => "unquoted",
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType => f.write_str("the content type was not application/json"),
            Self::Status { found } => write!(f, "the status was {found}"),
            Self::FormEncoded => f.write_str("the body was form-encoded"),
            Self::ByteOrderMark => f.write_str("a byte-order mark stood before the body"),
            Self::ForeignErrorShape => f.write_str("the error had a shape of the provider's own"),
            Self::Missing { member } => write!(f, "{member} was missing"),
            Self::Empty { member } => write!(f, "{member} was empty"),
            Self::WrongType { member, found } => write!(f, "{member} was {found}"),
            Self::OutOfRange { member } => write!(f, "{member} was out of range"),
            Self::Misnamed { member, found } => write!(f, "{member} was called {found}"),
            Self::CommaSeparated { member } => write!(f, "{member} was separated by commas"),
            Self::Characters { member } => write!(f, "{member} held characters that are not allowed"),
            Self::Malformed { member } => write!(f, "{member} was malformed"),
            Self::Differs { member } => write!(f, "{member} was spelt in another way"),
            Self::Repeated { member } => write!(f, "{member} was repeated"),
            Self::Excluded { member } => write!(f, "{member} came beside a member that excludes it"),
            Self::Unquoted { member } => write!(f, "{member} held a value without quotes"),
        }
    }
}

/// The kinds of JSON values, as far as deviations tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "JSON has no further kinds (RFC 8259, section 3)")]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with a fraction or an exponent.
    Fraction,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Fraction => "a fraction",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// Where a reader writes down what it lets pass. The one place that decides between the two readings.
#[derive(Debug)]
pub(crate) struct Tolerance {
    reading: Reading,
    deviations: Vec<Deviation>,
}

impl Tolerance {
    pub(crate) fn new(reading: Reading) -> Self {
        Self { reading, deviations: Vec::new() }
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.reading.is_strict()
    }

    /// Records the deviation, or gives it back as the reason to refuse the message.
    pub(crate) fn tolerate(&mut self, deviation: Deviation) -> Result<(), Deviation> {
        if self.is_strict() {
            return Err(deviation);
        }
        self.deviations.push(deviation);
        Ok(())
    }

    pub(crate) fn into_deviations(self) -> Vec<Deviation> {
        self.deviations
    }
}
