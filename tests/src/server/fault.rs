//! Misbehaviour on demand.

/// One misbehaviour, shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The endpoint answers 503 with `Retry-After: 1`.
    Unavailable(Place),
    /// The authorization response names another issuer (RFC 9207).
    WrongIssuer,
    /// The authorization response names no issuer, although the metadata promises one.
    MissingIssuer,
    /// The signed response is for another client (JARM).
    ResponseForAnother,
    /// The signed response was altered after it was signed (JARM).
    ForgedResponse,
    /// The token is not bound to the key that was proved (RFC 9449, section 5).
    UnboundToken,
    /// The ID token repeats another nonce.
    WrongNonce,
    /// The ID token is for another client.
    WrongAudience,
    /// The ID token was altered after it was signed.
    ForgedIdToken,
    /// The ID token's `at_hash` is that of another access token.
    WrongAccessTokenHash,
    /// No ID token comes although `openid` was granted.
    MissingIdToken,
    /// The user info is about somebody else.
    WrongSubject,
    /// A notification shows another token than the client gave (CIBA Core 1.0, section 7.1).
    WrongNotificationToken,
    /// The pushed ID token names another request than the one beside it (CIBA Core 1.0, section 10.3.1).
    WrongAuthReqId,
    /// The pushed ID token's hash is that of another refresh token (CIBA Core 1.0, section 10.3.1).
    WrongRefreshTokenHash,
    /// What is pushed is the word that something went wrong (CIBA Core 1.0, section 12).
    TransactionFailed,
    /// An exchange gives another type of token than was asked for, or says so (RFC 8693, section 2.2.1).
    WrongIssuedTokenType,
    /// The identity assertion names another client (draft-ietf-oauth-identity-assertion-authz-grant).
    AssertionForAnotherClient,
    /// The identity assertion is for another server (draft-ietf-oauth-identity-assertion-authz-grant).
    AssertionForAnotherServer,
    /// A refresh gives no new refresh token, and the old one stays good (RFC 6749, section 6 allows it).
    KeptRefreshToken,
}

/// An endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Either well-known location.
    Metadata,
    /// The key set.
    Jwks,
    /// The pushed authorization request endpoint.
    PushedAuthorization,
    /// The authorization endpoint.
    Authorization,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The device authorization endpoint.
    DeviceAuthorization,
    /// The backchannel authentication endpoint.
    BackchannelAuthentication,
    /// The introspection endpoint.
    Introspection,
    /// The user info endpoint.
    UserInfo,
    /// The registration endpoint, and the places where registrations are managed.
    Registration,
    /// The end session endpoint.
    EndSession,
}
