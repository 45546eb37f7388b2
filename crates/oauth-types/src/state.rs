//! `state` (RFC 6749, section 4.1.1) and `nonce` (OpenID Connect Core, section 3.1.2.1): what binds an answer to its request.
//!
//! Both are made from a [`Moment`], so nobody can foretell them and no two requests share one, and both are compared in constant time ([`State::matches`],
//! [`Nonce::matches`]). Checked here: length and characters; that an answer has the state of its request is for whoever kept it. They are kept out of
//! `Debug`: whoever reads a state from a log could answer in the server's place.
//!
//! ```
//! use jwt_core::{Moment, Timestamp};
//! use oauth_types::{Nonce, State};
//!
//! let at = Moment::new(Timestamp::from_unix(1_700_000_000), [42; 32]); // 32 bytes of your random source
//! let (state, nonce) = (State::generate(&at), Nonce::generate(&at));
//! assert!(state.matches(state.expose()) && !state.matches(nonce.expose()));
//! assert!(State::new("xyz")?.matches("xyz")); // RFC 6749, section 4.1.1: state=xyz
//! # Ok::<(), oauth_types::state::InvalidState>(())
//! ```

use alloc::string::String;

use jwt_core::{Blame, Moment, Secret, base64url};

use crate::bytes::is_visible;
use crate::secret::secret;

macro_rules! fresh {
    ($(#[$doc:meta])* $name:ident, $label:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Secret);

        impl $name {
            /// 32 bytes derived from this moment, in base64url (RFC 6749, section 10.10 asks for 128 bits and recommends 160).
            #[must_use]
            pub fn generate(at: &Moment) -> Self {
                Self::from_random(at.derive($label, 0))
            }

            /// The same of 32 bytes that nobody can foretell: of a random source, or derived with others ([`Moment::derive_each`]).
            #[must_use]
            pub fn from_random(bytes: [u8; 32]) -> Self {
                Self(Secret::new(base64url::encode(bytes)))
            }

            /// Takes a value over: one that was stored, one of the caller's own making, or one that a client sent.
            ///
            /// # Errors
            ///
            /// [`InvalidState`] where it is empty, longer than [`MAX_STATE_BYTES`] or not printable ASCII (RFC 6749, appendix A.5).
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidState> {
                let secret = Secret::new(text);
                let text = secret.expose();
                // RFC 6749, appendix A.5: state = 1*VSCHAR.
                let fits = !text.is_empty() && text.len() <= MAX_STATE_BYTES && is_visible(text);
                if fits { Ok(Self(secret)) } else { Err(InvalidState) }
            }

            secret!(@methods);
        }

        secret!(@traits $name);
    };
}

fresh! {
    /// The `state` of an authorization request.
    ///
    /// # Examples
    ///
    /// ```
    /// use oauth_types::state::State;
    ///
    /// let state = State::new("af0ifjsldkj")?;
    /// assert!(state.matches("af0ifjsldkj") && !state.matches("guessed"));
    /// # Ok::<(), oauth_types::state::InvalidState>(())
    /// ```
    State, "state"
}

fresh! {
    /// The `nonce` of an OpenID Connect request, which comes back in the ID token.
    Nonce, "nonce"
}

/// The longest state or nonce that is accepted: half of what the usual limit of 8 KB leaves for a whole request line, so room for a signed or sealed state.
pub const MAX_STATE_BYTES: usize = 4096;

/// A state or nonce that is empty, too long, or not printable ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state or nonce is printable ASCII, not empty, and of bounded length")]
#[non_exhaustive]
pub struct InvalidState;

impl InvalidState {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_state"
    }

    /// Whoever supplied the text: the caller. (A server that read it from a request says so in the error of that request.)
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use jwt_core::{Moments, Timestamp};

    // OA-07
    #[test]
    fn states_and_nonces_of_one_moment_differ_and_so_do_those_of_two() {
        let mut moments = Moments::from_seed([1; 32]);
        let (one, two) = (moments.at(Timestamp::EPOCH), moments.at(Timestamp::EPOCH));
        assert!(State::generate(&one).matches(State::generate(&one).expose()));
        assert!(!State::generate(&one).matches(State::generate(&two).expose()));
        assert!(!State::generate(&one).matches(Nonce::generate(&one).expose()));
        assert_eq!(State::generate(&one).expose().len(), 43);
    }

    #[test]
    fn a_state_is_printable_ascii_and_not_empty() {
        assert!(State::new("xyz ~!").is_ok());
        assert!(State::new("a".repeat(MAX_STATE_BYTES)).is_ok());
        for text in ["", "a\0", "a\r\nb", "\u{e9}", "\u{7f}", &"a".repeat(MAX_STATE_BYTES + 1)] {
            assert_eq!(State::new(text).err(), Some(InvalidState), "{text:?}");
            assert_eq!(Nonce::new(text).err(), Some(InvalidState), "{text:?}");
        }
    }

    #[test]
    fn b5_neither_shows_itself() {
        let shown = format!("{:?} {:?}", State::new("marked-7f3a").unwrap(), Nonce::new("marked-7f3a").unwrap());
        assert!(!shown.contains("marked"), "{shown}");
    }
}
