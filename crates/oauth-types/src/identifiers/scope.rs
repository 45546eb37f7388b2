//! [`Scope`].

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::{Cut, IdentifierError, MAX_IDENTIFIER_BYTES};

/// A scope: a set of case-sensitive tokens (RFC 6749, section 3.3). Their order is kept for the wire and means nothing: two scopes with the same tokens are
/// equal.
///
/// # Examples
///
/// ```
/// use oauth_types::identifiers::Scope;
///
/// let asked = Scope::parse("openid profile email")?;
/// let granted = Scope::parse("email openid")?;
/// assert!(granted.is_subset_of(&asked) && asked.contains("profile"));
/// assert_eq!(granted.union(&asked).to_string(), "email openid profile");
/// assert_eq!(asked.difference(&granted).to_string(), "profile");
/// assert!(Scope::parse("two  spaces").is_err());
/// # Ok::<(), oauth_types::identifiers::IdentifierError>(())
/// ```
#[derive(Clone, Default)]
pub struct Scope(Option<Arc<str>>);

impl Scope {
    /// The scope without a token.
    #[must_use]
    pub const fn empty() -> Self {
        Self(None)
    }

    /// Reads a scope as it stands on the wire: tokens, each separated from the next by one space. A token that comes again is dropped.
    ///
    /// # Errors
    ///
    /// [`IdentifierError::Empty`] for the empty text, [`IdentifierError::TooLong`] beyond [`MAX_IDENTIFIER_BYTES`], [`IdentifierError::Character`] for a
    /// character that no token may have (RFC 6749, appendix A.4) and for a space too many.
    pub fn parse(text: impl Into<String>) -> Result<Self, IdentifierError> {
        Self::read(&text.into())
    }

    fn read(text: &str) -> Result<Self, IdentifierError> {
        Self::check(text)?;
        Ok(if repeats(text) { Self::collect(tokens_of(text)) } else { Self::of(text) })
    }

    /// Whether a text is a scope, for whoever only looks at it ([`Scope::text_contains`]) and keeps none: as [`Scope::parse`], without an allocation.
    ///
    /// # Errors
    ///
    /// Those of [`Scope::parse`].
    ///
    /// # Examples
    ///
    /// ```
    /// use oauth_types::Scope;
    ///
    /// assert!(Scope::check("openid read:mail").is_ok());
    /// assert!(Scope::check("two  spaces").is_err() && Scope::check("").is_err());
    /// ```
    pub fn check(text: &str) -> Result<(), IdentifierError> {
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if text.len() > MAX_IDENTIFIER_BYTES {
            return Err(IdentifierError::TooLong);
        }
        // RFC 6749, section 3.3: scope = scope-token *( SP scope-token ), scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). Without a branch for each byte, so that the
        // compiler makes vector code of it.
        let fits = |byte: u8| (b' '..=b'~').contains(&byte) & (byte != b'"') & (byte != b'\\');
        // None begins, ends, or goes on with a space that another one stands before.
        let follows = |before, byte| fits(byte) & ((before != b' ') | (byte != b' '));
        let (text, last) = (text.as_bytes(), text.as_bytes().last());
        let pairs = text.iter().zip(text.iter().skip(1));
        let fit = text.first().is_some_and(|&first| follows(b' ', first)) && last != Some(&b' ');
        if !fit || !pairs.fold(true, |fit, (&before, &byte)| fit & follows(before, byte)) {
            return Err(IdentifierError::Character);
        }
        Ok(())
    }

    /// Whether this token is among those of a text that is a scope ([`Scope::check`]).
    ///
    /// # Examples
    ///
    /// ```
    /// use oauth_types::Scope;
    ///
    /// let text = "openid read:mail";
    /// assert!(Scope::check(text).is_ok() && Scope::text_contains(text, "read:mail"));
    /// assert!(!Scope::text_contains(text, "read"));
    /// ```
    #[must_use]
    pub fn text_contains(text: &str, token: &str) -> bool {
        tokens_of(text).any(|found| found == token)
    }

    /// A scope of these tokens, in this order, each once.
    ///
    /// # Errors
    ///
    /// As [`Scope::parse`], but that there may be no token at all.
    pub fn from_tokens<T: AsRef<str>>(tokens: impl IntoIterator<Item = T>) -> Result<Self, IdentifierError> {
        let mut text = String::new();
        for token in tokens {
            let token = token.as_ref();
            if token.contains(' ') {
                return Err(IdentifierError::Character);
            }
            if text.is_empty() {
                text.push_str(token);
                if token.is_empty() {
                    return Err(IdentifierError::Character);
                }
            } else {
                text.push(' ');
                text.push_str(token);
            }
            if text.len() > MAX_IDENTIFIER_BYTES {
                return Err(IdentifierError::TooLong);
            }
        }
        if text.is_empty() { Ok(Self::empty()) } else { Self::parse(text) }
    }

    /// The scope as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The tokens, in the order of the wire.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        tokens_of(self.as_str())
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether this token is among them.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        Self::text_contains(self.as_str(), token)
    }

    /// Whether every token of this scope is one of `other`.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        if self.tokens().nth(FEW_TOKENS).is_none() {
            return self.tokens().all(|token| other.contains(token));
        }
        let known = sorted(other.as_str());
        self.tokens().all(|token| known.binary_search(&token).is_ok())
    }

    /// The tokens of this scope, then those of `other` that are new.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::collect(self.tokens().chain(other.tokens()))
    }

    /// The tokens of this scope that `other` does not have: what is still missing, if `other` was granted.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let known = sorted(other.as_str());
        Self::collect(self.tokens().filter(|token| known.binary_search(token).is_err()))
    }

    /// Keeps the first of each token. The tokens were checked before.
    fn collect<'t>(tokens: impl Iterator<Item = &'t str>) -> Self {
        let mut text = String::new();
        let mut seen = alloc::collections::BTreeSet::new();
        for token in tokens {
            if seen.insert(token) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(token);
            }
        }
        Self::of(&text)
    }

    /// What was checked. It is cloned more often than it is made.
    fn of(text: &str) -> Self {
        Self((!text.is_empty()).then(|| text.into()))
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (self.as_str(), other.as_str());
        own == others || (own.len() == others.len() && sorted(own) == sorted(others))
    }
}

impl Eq for Scope {}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&Cut(self.as_str())).finish()
    }
}

impl core::str::FromStr for Scope {
    type Err = IdentifierError;

    /// As [`Scope::parse`], with one allocation.
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        Self::read(text)
    }
}

/// What stands between spaces. By bytes, because tokens are too short to be searched for.
fn tokens_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let pieces = core::iter::from_fn(move || {
        let text = rest.take()?;
        let end = text.bytes().position(|byte| byte == b' ').unwrap_or(text.len());
        let (piece, more) = text.split_at_checked(end)?;
        rest = more.get(1..);
        Some(piece)
    });
    pieces.filter(|piece| !piece.is_empty())
}

/// Whether a token of a scope comes again.
fn repeats(text: &str) -> bool {
    let mut few = [""; FEW_TOKENS];
    for (count, token) in tokens_of(text).enumerate() {
        let Some(place) = few.get_mut(count) else {
            return sorted(text).windows(2).any(|pair| pair.first() == pair.last());
        };
        *place = token;
        if few.iter().take(count).any(|earlier| *earlier == token) {
            return true;
        }
    }
    false
}

/// So many are compared with others sooner than those are sorted.
const FEW_TOKENS: usize = 8;

fn sorted(text: &str) -> Vec<&str> {
    let mut tokens: Vec<&str> = tokens_of(text).collect();
    tokens.sort_unstable();
    tokens
}
