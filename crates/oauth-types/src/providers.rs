//! What is known of providers, as data: [`Provider`], and a constant for each.
//!
//! Nothing in this crate looks at this table: [`Reading::Interop`](crate::Reading::Interop) reads all of them with the one parser, and any provider that is
//! not here too. It says what to configure, and which [`Deviation`]s not to be surprised at; the tests read a literal answer of each. Facts change: a
//! provider's own documents come first.
//!
//! ```
//! use oauth_types::providers::{GITHUB, Location};
//! use oauth_types::{Endpoint, Expect, HttpResponse, TokenResponse};
//! use jwt_core::Timestamp;
//!
//! let Location::Endpoints { token, .. } = GITHUB.location else { unreachable!() };
//! assert_eq!(Endpoint::new(token)?.as_str(), "https://github.com/login/oauth/access_token");
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json; charset=utf-8")
//!     .with_body(r#"{"access_token":"gho_16C7e42F292c6912E7","scope":"repo,gist","token_type":"bearer"}"#);
//! let tokens = TokenResponse::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! assert_eq!(tokens.deviations(), GITHUB.token_deviations);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Two that no reading serves
//!
//! Some answers are no token responses at all, and a parser that guessed at them would guess elsewhere too. The caller holds the [`HttpResponse`] and
//! rewrites it before it is read.
//!
//! The token is nested in another member (TikTok's first version):
//!
//! ```
//! use jwt_core::Timestamp;
//! use jwt_core::json::{self, Limits, Object, Value};
//! use oauth_types::{Expect, HttpResponse, TokenResponse};
//!
//! fn unnested(response: HttpResponse) -> HttpResponse {
//!     let body: Result<Object, _> = json::object_from_slice(response.body(), &Limits::default());
//!     match body.ok().and_then(|mut body| body.remove("data")) {
//!         Some(Value::Object(data)) => HttpResponse::json(response.status(), &data).unwrap_or(response),
//!         _ => response, // an error, or an outage: read it as it is
//!     }
//! }
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(
//!     r#"{"data":{"access_token":"act.1","expires_in":86400,"open_id":"9c2b","refresh_token":"rft.1"},"message":"success"}"#,
//! );
//! let tokens = TokenResponse::from_http(&unnested(answer), &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! assert!(tokens.access_token().matches("act.1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The names are in another style (plentymarkets):
//!
//! ```
//! use jwt_core::Timestamp;
//! use jwt_core::json::{self, Limits, Object};
//! use oauth_types::{Expect, HttpResponse, TokenResponse};
//!
//! fn renamed(response: HttpResponse) -> HttpResponse {
//!     let body: Result<Object, _> = json::object_from_slice(response.body(), &Limits::default());
//!     let Ok(mut body) = body else { return response };
//!     for (theirs, registered) in [
//!         ("accessToken", "access_token"),
//!         ("tokenType", "token_type"),
//!         ("expiresIn", "expires_in"),
//!         ("refreshToken", "refresh_token"),
//!     ] {
//!         if let Some(value) = body.remove(theirs) {
//!             body.insert(registered, value);
//!         }
//!     }
//!     HttpResponse::json(response.status(), &body).unwrap_or(response)
//! }
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json")
//!     .with_body(r#"{"accessToken":"a1","tokenType":"Bearer","expiresIn":86400,"refreshToken":"r1"}"#);
//! let tokens = TokenResponse::from_http(&renamed(answer), &Expect::new(Timestamp::from_unix(1_700_000_000)))?;
//! assert!(tokens.access_token().matches("a1") && tokens.deviations().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`HttpResponse`]: crate::HttpResponse

use crate::client_auth::ClientAuthMethod::{self, ClientSecretBasic, ClientSecretPost, PrivateKeyJwt};
use crate::metadata::IssuerComparison;
use crate::reading::{Deviation, Kind};

/// What to configure for a provider, and what to expect of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub location: Location,
    /// How its metadata's issuer is compared with the one that was asked for.
    pub issuer_comparison: IssuerComparison,
    /// Whether its ID tokens may name its issuer without `https://`: say so by
    /// [`AuthorizationServer::with_schemeless_issuer`](crate::metadata::AuthorizationServer::with_schemeless_issuer), which then takes both.
    pub schemeless_issuer: bool,
    /// What it wants between two tokens of a scope that is asked for.
    pub scope_separator: char,
    /// The ways in which a confidential client may authenticate, the usual one first.
    pub auth_methods: &'static [ClientAuthMethod],
    /// What it does about PKCE.
    pub pkce: PkceSupport,
    /// What [`Reading::Interop`](crate::Reading::Interop) records of its usual token response.
    pub token_deviations: &'static [Deviation],
    /// What it records of its usual error answer.
    pub error_deviations: &'static [Deviation],
    /// What else there is to know, a sentence each.
    pub notes: &'static [&'static str],
}

/// Where a provider is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// At one issuer, which has metadata.
    Issuer(&'static str),
    /// At issuers of this shape, one for each customer; what stands in braces is the customer's.
    IssuerShape(&'static str),
    /// At these URLs; there is no metadata to rely on.
    Endpoints {
        /// The authorization endpoint.
        authorization: &'static str,
        /// The token endpoint.
        token: &'static str,
        /// The device authorization endpoint (RFC 8628).
        device_authorization: Option<&'static str>,
    },
}

/// What a provider does about PKCE (RFC 7636). `S256` is sent to each of them: one that does not know it ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PkceSupport {
    /// Its metadata lists `S256`.
    Listed,
    /// It checks `S256`, and its metadata, if there is any, does not say so.
    Unlisted,
    /// Its documents do not say: count on nothing.
    Unknown,
}

/// A provider that does as the RFCs say, for the others to differ from.
const PLAIN: Provider = Provider {
    name: "",
    location: Location::Issuer(""),
    issuer_comparison: IssuerComparison::Exact,
    schemeless_issuer: false,
    scope_separator: ' ',
    auth_methods: &[ClientSecretBasic, ClientSecretPost],
    pkce: PkceSupport::Unknown,
    token_deviations: &[],
    error_deviations: &[],
    notes: &[],
};

/// Apple.
pub const APPLE: Provider = Provider {
    name: "Apple",
    location: Location::Issuer("https://appleid.apple.com"),
    auth_methods: &[ClientSecretPost],
    notes: &[
        "The client secret is a JWT that the client signs with ES256, good for six months at most.",
        "A scope is granted with response_mode=form_post only: the callback is a POST from another site.",
        "The member user comes with the first callback and never again.",
    ],
    ..PLAIN
};

/// Auth0, any tenant.
pub const AUTH0: Provider = Provider {
    name: "Auth0",
    location: Location::IssuerShape("https://{domain}/"),
    auth_methods: &[ClientSecretPost, ClientSecretBasic, PrivateKeyJwt],
    pkce: PkceSupport::Listed,
    error_deviations: &[Deviation::Status { found: 403 }],
    notes: &[
        "The issuer ends in a slash.",
        "A client authenticates in the one way that is configured for it.",
        "Without the parameter audience the access token is opaque.",
    ],
    ..PLAIN
};

/// Discord.
pub const DISCORD: Provider = Provider {
    name: "Discord",
    location: Location::Endpoints {
        authorization: "https://discord.com/oauth2/authorize",
        token: "https://discord.com/api/oauth2/token",
        device_authorization: None,
    },
    pkce: PkceSupport::Unlisted,
    error_deviations: &[Deviation::Characters { member: "error_description" }],
    notes: &["Error descriptions have quotes in them."],
    ..PLAIN
};

/// Microsoft Entra ID, any tenant.
pub const ENTRA: Provider = Provider {
    name: "Entra",
    location: Location::IssuerShape("https://login.microsoftonline.com/{tenantid}/v2.0"),
    issuer_comparison: IssuerComparison::TenantTemplate,
    auth_methods: &[ClientSecretPost, ClientSecretBasic, PrivateKeyJwt],
    pkce: PkceSupport::Unlisted,
    error_deviations: &[Deviation::Characters { member: "error_description" }],
    notes: &[
        "The metadata of common, organizations and consumers names the template as issuer; a token's issuer has its tid in it.",
        "Access tokens for Microsoft's own APIs are not meant to be read by anybody else.",
        "A refresh wants a scope and no resource.",
    ],
    ..PLAIN
};

/// Facebook.
pub const FACEBOOK: Provider = Provider {
    name: "Facebook",
    location: Location::Endpoints {
        authorization: "https://www.facebook.com/dialog/oauth",
        token: "https://graph.facebook.com/oauth/access_token",
        device_authorization: Some("https://graph.facebook.com/device/login"),
    },
    scope_separator: ',',
    auth_methods: &[ClientSecretPost],
    token_deviations: &[Deviation::ContentType],
    error_deviations: &[Deviation::WrongType { member: "error", found: Kind::Object }, Deviation::ForeignErrorShape],
    notes: &[
        "URLs may have a version before the path: https://graph.facebook.com/v23.0/oauth/access_token.",
        "There is no refresh token; a short-lived token is exchanged for a long-lived one.",
        "Old versions answer with a form, and call expires_in expires.",
    ],
    ..PLAIN
};

/// GitHub: OAuth apps and the user tokens of GitHub apps.
pub const GITHUB: Provider = Provider {
    name: "GitHub",
    location: Location::Endpoints {
        authorization: "https://github.com/login/oauth/authorize",
        token: "https://github.com/login/oauth/access_token",
        device_authorization: Some("https://github.com/login/device/code"),
    },
    auth_methods: &[ClientSecretPost],
    pkce: PkceSupport::Unlisted,
    token_deviations: &[Deviation::CommaSeparated { member: "scope" }],
    error_deviations: &[Deviation::Status { found: 200 }],
    notes: &[
        "Without Accept: application/json the answer is a form.",
        "Tokens of OAuth apps do not expire; those of GitHub apps do, and have refresh tokens with a refresh_token_expires_in.",
    ],
    ..PLAIN
};

/// Google.
pub const GOOGLE: Provider = Provider {
    name: "Google",
    location: Location::Issuer("https://accounts.google.com"),
    schemeless_issuer: true,
    auth_methods: &[ClientSecretPost, ClientSecretBasic],
    pkce: PkceSupport::Listed,
    error_deviations: &[Deviation::Status { found: 428 }],
    notes: &[
        "A refresh token comes with access_type=offline only, and again with prompt=consent only.",
        "By its documents the issuer of an ID token is accounts.google.com or https://accounts.google.com.",
        "While a device waits the status is 428, or 403 for slow_down; the device answer says verification_url.",
    ],
    ..PLAIN
};

/// Keycloak, any realm.
pub const KEYCLOAK: Provider = Provider {
    name: "Keycloak",
    location: Location::IssuerShape("https://{host}/realms/{realm}"),
    auth_methods: &[ClientSecretBasic, ClientSecretPost, PrivateKeyJwt],
    pkce: PkceSupport::Listed,
    notes: &[
        "The issuer does not end in a slash; before version 17 its path begins with /auth.",
        "The refresh token's lifetime is in refresh_expires_in.",
    ],
    ..PLAIN
};

/// LinkedIn.
pub const LINKEDIN: Provider = Provider {
    name: "LinkedIn",
    location: Location::Endpoints {
        authorization: "https://www.linkedin.com/oauth/v2/authorization",
        token: "https://www.linkedin.com/oauth/v2/accessToken",
        device_authorization: None,
    },
    auth_methods: &[ClientSecretPost],
    token_deviations: &[Deviation::Missing { member: "token_type" }],
    notes: &["Refresh tokens are for approved partners only; their lifetime is in refresh_token_expires_in."],
    ..PLAIN
};

/// Okta, any authorization server of an organization.
pub const OKTA: Provider = Provider {
    name: "Okta",
    location: Location::IssuerShape("https://{domain}/oauth2/{server}"),
    auth_methods: &[ClientSecretBasic, ClientSecretPost, PrivateKeyJwt],
    pkce: PkceSupport::Listed,
    notes: &["The organization's own server is at https://{domain}, and its access tokens are for Okta's APIs only."],
    ..PLAIN
};

/// Slack.
pub const SLACK: Provider = Provider {
    name: "Slack",
    location: Location::Endpoints {
        authorization: "https://slack.com/oauth/v2/authorize",
        token: "https://slack.com/api/oauth.v2.access",
        device_authorization: None,
    },
    scope_separator: ',',
    token_deviations: &[Deviation::CommaSeparated { member: "scope" }],
    error_deviations: &[Deviation::Status { found: 200 }],
    notes: &[
        "The token type is bot or user: neither is Bearer, although it is used so.",
        "A user's token is nested in authed_user, and asked for by user_scope.",
        "Sign in with Slack is OpenID Connect at the issuer https://slack.com.",
    ],
    ..PLAIN
};

/// Twitch.
pub const TWITCH: Provider = Provider {
    name: "Twitch",
    location: Location::Issuer("https://id.twitch.tv/oauth2"),
    auth_methods: &[ClientSecretPost],
    token_deviations: &[Deviation::WrongType { member: "scope", found: Kind::Array }],
    error_deviations: &[Deviation::ForeignErrorShape],
    notes: &["Its APIs want the client's identifier in a field Client-Id beside the token."],
    ..PLAIN
};

/// All of them, by name.
pub const ALL: &[Provider] =
    &[APPLE, AUTH0, DISCORD, ENTRA, FACEBOOK, GITHUB, GOOGLE, KEYCLOAK, LINKEDIN, OKTA, SLACK, TWITCH];

#[cfg(test)]
mod tests;
