//! Secrets, each with a type of its own: what is a code cannot be sent as a refresh token.
//!
//! All of them are [`jwt_core::Secret`] inside: `Debug` says `[redacted]` in every build, the text is wiped when dropped, and there is no `PartialEq`, no
//! `Display` and no `Serialize`. [`CodeVerifier`](crate::pkce::CodeVerifier) is another, with a syntax of its own.
//!
//! ```
//! use oauth_types::{AuthorizationCode, RefreshToken};
//!
//! // RFC 6749, section 4.1.2: code=SplxlOBeZQQYbYS6WxSbIA
//! let code = AuthorizationCode::new("SplxlOBeZQQYbYS6WxSbIA");
//! assert!(code.matches("SplxlOBeZQQYbYS6WxSbIA")); // in constant time
//! assert!(!format!("{code:?} {:?}", RefreshToken::new("tGzv3JOkF0XG5Qx2TlKWIA")).contains("Spl"));
//! ```
//!
//! Nothing is checked here: what characters a code or token may have says the message that carries it.

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(jwt_core::Secret);

        impl $name {
            /// Takes the text over.
            #[must_use]
            pub fn new(text: impl Into<alloc::string::String>) -> Self {
                Self(jwt_core::Secret::new(text))
            }

            $crate::secret::secret!(@methods);
        }

        /// Takes the text over, without a copy.
        impl From<jwt_core::Secret> for $name {
            fn from(text: jwt_core::Secret) -> Self {
                Self(text)
            }
        }

        $crate::secret::secret!(@traits $name);
    };
    (@methods) => {
        /// The text itself. Whoever calls this is responsible for where it goes.
        #[must_use]
        pub fn expose(&self) -> &str {
            self.0.expose()
        }

        /// Whether `text` is this one, compared in a time that depends on the lengths only.
        #[must_use]
        pub fn matches(&self, text: &str) -> bool {
            self.0.matches(text)
        }
    };
    (@traits $name:ident) => {
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    };
}

pub(crate) use secret;

secret! {
    /// An access token (RFC 6749, section 1.4): opaque to the client.
    ///
    /// # Examples
    ///
    /// ```
    /// use oauth_types::secret::AccessToken;
    ///
    /// let token = AccessToken::new("2YotnFZFEjr1zCsicMWpAA");
    /// assert_eq!(format!("{token:?}"), "AccessToken([redacted])");
    /// assert!(token.matches("2YotnFZFEjr1zCsicMWpAA"));
    /// ```
    AccessToken
}

secret! {
    /// A refresh token (RFC 6749, section 1.5).
    RefreshToken
}

secret! {
    /// An authorization code (RFC 6749, section 4.1.2): good for one token request.
    AuthorizationCode
}

secret! {
    /// A client's password (RFC 6749, section 2.3.1).
    ClientSecret
}

secret! {
    /// An ID token as it came (OpenID Connect Core, section 2), not yet checked. It names a person, so it is kept out of logs like a secret.
    IdToken
}

secret! {
    /// A client assertion, signed (RFC 7523, section 2.2): shows once who the client is, at one server.
    ///
    /// [`ClientAuth`](crate::ClientAuth) says how one is made.
    ClientAssertion
}

secret! {
    /// An assertion that is a grant (RFC 7521, section 4.1): a JWT by somebody whom the server trusts.
    Assertion
}

secret! {
    /// A token of any kind that is exchanged for another (RFC 8693, section 2.1).
    SecurityToken
}

secret! {
    /// A device code (RFC 8628, section 3.2).
    DeviceCode
}

secret! {
    /// The name of an authentication that the client asked for (CIBA Core 1.0, section 7.3: `auth_req_id`).
    AuthReqId
}

secret! {
    /// An authorization request as a signed JWT (RFC 9101, section 2.1). It may name a person, and holds `state` and `nonce`.
    RequestObject
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn b5_no_secret_shows_itself() {
        let mark = "marked-7f3a";
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            AccessToken::new(mark),
            RefreshToken::new(mark),
            AuthorizationCode::new(mark),
            ClientSecret::new(mark),
            IdToken::new(mark),
            ClientAssertion::new(mark),
            Assertion::new(mark),
            SecurityToken::new(mark),
            DeviceCode::new(mark),
            AuthReqId::new(mark),
            RequestObject::new(mark),
        );
        assert!(!shown.contains(mark), "{shown}");
    }

    #[test]
    fn matching_is_exact() {
        let secret = ClientSecret::new("abc");
        assert!(secret.matches("abc"));
        for other in ["", "ab", "abd", "abcd", "ABC"] {
            assert!(!secret.matches(other), "{other}");
        }
    }
}
