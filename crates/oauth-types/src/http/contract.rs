//! How a request is to be sent: [`Contract`].

use core::fmt;
use core::time::Duration;

/// When a request may be sent a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever sends must know all classes")]
pub enum Replay {
    /// Never, whatever happened.
    Never,
    /// Only where it is certain that no byte of it reached the server: the connection could not be made.
    IfNotSent,
    /// At any time: the request changes nothing.
    Safe,
}

/// What a request is for. For logs, metrics and per-purpose settings; nothing in the protocol depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Authorization server metadata (RFC 8414) or OpenID Connect Discovery.
    Metadata,
    /// A JWK Set (RFC 7517).
    Jwks,
    /// The token endpoint (RFC 6749, section 3.2).
    Token,
    /// The pushed authorization request endpoint (RFC 9126).
    PushedAuthorization,
    /// The revocation endpoint (RFC 7009).
    Revocation,
    /// The device authorization endpoint (RFC 8628, section 3.1).
    DeviceAuthorization,
    /// The backchannel authentication endpoint (OpenID Connect CIBA Core, section 7).
    BackchannelAuthentication,
    /// A client's notification endpoint (OpenID Connect CIBA Core, sections 10.2 and 10.3).
    ClientNotification,
    /// The introspection endpoint (RFC 7662).
    Introspection,
    /// The registration endpoint, or that of a registered client (RFC 7591, RFC 7592).
    Registration,
    /// A client's metadata document (draft-ietf-oauth-client-id-metadata-document).
    ClientMetadata,
    /// The user info endpoint (OpenID Connect Core, section 5.3).
    UserInfo,
    /// A client's back-channel logout endpoint (OpenID Connect Back-Channel Logout).
    Logout,
    /// A protected resource (RFC 6750).
    Resource,
    /// None of ours: the request was received by a server.
    Received,
}

impl Purpose {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Jwks => "jwks",
            Self::Token => "token",
            Self::PushedAuthorization => "pushed_authorization",
            Self::Revocation => "revocation",
            Self::DeviceAuthorization => "device_authorization",
            Self::BackchannelAuthentication => "backchannel_authentication",
            Self::ClientNotification => "client_notification",
            Self::Introspection => "introspection",
            Self::Registration => "registration",
            Self::ClientMetadata => "client_metadata",
            Self::UserInfo => "user_info",
            Self::Logout => "logout",
            Self::Resource => "resource",
            Self::Received => "received",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a request is to be sent; see the [module](super) for the whole of it. **Redirects are never followed.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    pub(super) purpose: Purpose,
    pub(super) replay: Replay,
    max_response_bytes: u32,
    pub(super) timeout: Duration,
    pub(super) client_certificate: bool,
}

impl Contract {
    /// The usual limit on a response's body: ten times the largest metadata documents, key sets and token responses of today's providers (some 25 KB).
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 256 * 1024;

    /// The usual limit on the time until the response is there: what common HTTP clients and reverse proxies allow, within a factor of two.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

    pub(super) const fn new(purpose: Purpose, replay: Replay) -> Self {
        Self { purpose, replay, max_response_bytes: 0, timeout: Self::DEFAULT_TIMEOUT, client_certificate: false }
            .with_max_response_bytes(Self::DEFAULT_MAX_RESPONSE_BYTES)
    }

    #[expect(clippy::cast_possible_truncation, reason = "what does not fit was looked for")]
    pub(super) const fn with_max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = if bytes > u32::MAX as usize { u32::MAX } else { bytes as u32 };
        self
    }

    /// What the request is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether, and when, it may be sent again.
    #[must_use]
    pub const fn replay(&self) -> Replay {
        self.replay
    }

    /// How many bytes of the response's body may be read: 4 GiB at most. More is a failed request.
    #[must_use]
    pub const fn max_response_bytes(&self) -> usize {
        self.max_response_bytes as usize
    }

    /// How long to wait for the whole response.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether the client's certificate is to be used (RFC 8705).
    #[must_use]
    pub const fn client_certificate(&self) -> bool {
        self.client_certificate
    }
}
