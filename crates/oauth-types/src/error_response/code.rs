//! [`ErrorCode`]: the registered error codes, and room for all others.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use super::text::Shown;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// An error code of OAuth or OpenID Connect (IANA: OAuth Extensions Error Registry).
        ///
        /// A code that is not listed is [`ErrorCode::Other`]. Compared byte by byte, as the RFCs spell them.
        ///
        /// `Debug` and `Display` show at most 64 characters of an unregistered code, escaped; [`ErrorCode::as_str`] gives all of it.
        ///
        /// ```
        /// use oauth_types::ErrorCode;
        ///
        /// assert_eq!(ErrorCode::from("invalid_grant"), ErrorCode::InvalidGrant);
        /// assert_eq!(ErrorCode::from("bad_verification_code").as_str(), "bad_verification_code");
        /// ```
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
            /// A code that is not registered, or not known here.
            Other(String),
        }

        impl ErrorCode {
            /// The code as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for ErrorCode {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        #[cfg(test)]
        pub(super) const REGISTERED: &[&str] = &[$($text),+];
    };
}

error_codes! {
    /// RFC 6749, sections 4.1.2.1 and 5.2; RFC 6750, section 3.1.
    InvalidRequest = "invalid_request",
    /// RFC 6749, section 5.2: client authentication failed.
    InvalidClient = "invalid_client",
    /// RFC 6749, section 5.2: the code or refresh token is invalid, expired, revoked, or another client's.
    InvalidGrant = "invalid_grant",
    /// RFC 6749, sections 4.1.2.1 and 5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749, section 5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749, sections 4.1.2.1 and 5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749, section 4.1.2.1: the resource owner or the server said no.
    AccessDenied = "access_denied",
    /// RFC 6749, section 4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749, section 4.1.2.1: status 500 for a redirect.
    ServerError = "server_error",
    /// RFC 6749, section 4.1.2.1: status 503 for a redirect.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// RFC 6750, section 3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750, section 3.1.
    InsufficientScope = "insufficient_scope",
    /// RFC 7009, section 2.2.1.
    UnsupportedTokenType = "unsupported_token_type",
    /// RFC 7591, section 3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591, section 3.2.2.
    InvalidClientMetadata = "invalid_client_metadata",
    /// RFC 7591, section 3.2.2.
    InvalidSoftwareStatement = "invalid_software_statement",
    /// RFC 7591, section 3.2.2.
    UnapprovedSoftwareStatement = "unapproved_software_statement",
    /// RFC 8628, section 3.5: the user has not decided yet.
    AuthorizationPending = "authorization_pending",
    /// RFC 8628, section 3.5: ask less often.
    SlowDown = "slow_down",
    /// RFC 8628, section 3.5: the device code has expired.
    ExpiredToken = "expired_token",
    /// RFC 8693, section 2.2.2; RFC 8707, section 2.
    InvalidTarget = "invalid_target",
    /// RFC 9396, section 5.
    InvalidAuthorizationDetails = "invalid_authorization_details",
    /// RFC 9449, section 5.
    InvalidDpopProof = "invalid_dpop_proof",
    /// RFC 9449, section 8.
    UseDpopNonce = "use_dpop_nonce",
    /// RFC 9470, section 3.
    InsufficientUserAuthentication = "insufficient_user_authentication",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    InteractionRequired = "interaction_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    LoginRequired = "login_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    AccountSelectionRequired = "account_selection_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    ConsentRequired = "consent_required",
    /// RFC 9101, section 7.
    InvalidRequestUri = "invalid_request_uri",
    /// RFC 9101, section 7.
    InvalidRequestObject = "invalid_request_object",
    /// RFC 9101, section 7.
    RequestNotSupported = "request_not_supported",
    /// RFC 9101, section 7.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// CIBA Core 1.0, section 13.
    ExpiredLoginHintToken = "expired_login_hint_token",
    /// CIBA Core 1.0, section 13.
    UnknownUserId = "unknown_user_id",
    /// CIBA Core 1.0, section 13.
    MissingUserCode = "missing_user_code",
    /// CIBA Core 1.0, section 13.
    InvalidUserCode = "invalid_user_code",
    /// CIBA Core 1.0, section 13.
    InvalidBindingMessage = "invalid_binding_message",
    /// CIBA Core 1.0, section 12.
    TransactionFailed = "transaction_failed",
}

impl From<String> for ErrorCode {
    fn from(text: String) -> Self {
        let code = Self::from(text.as_str());
        if matches!(code, Self::Other(_)) { Self::Other(text) } else { code }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(self.as_str()).fmt(f)
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorCode({self})")
    }
}
