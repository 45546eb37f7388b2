//! What is compared byte by byte: [`Issuer`] (RFC 8414), [`ClientId`], [`RedirectUri`] (RFC 6749, RFC 8252), [`Resource`] (RFC 8707), [`Endpoint`]; and
//! [`Scope`] (RFC 6749, section 3.3), which is compared as a set.
//!
//! Each is checked once, where it is made, and then kept **as it was written**: a URL library would add a `/`, lower the case or drop a default port, and
//! an issuer or resource so changed is another one (RFC 8414, section 3.3; RFC 9728, section 3.3). Two spellings of one URL are two identifiers.
//!
//! `https` is demanded everywhere, but for loopback hosts (`127.0.0.0/8`, `[::1]`, `localhost`), where `http` will do: what goes there never leaves the
//! machine (RFC 8252, section 8.3; for all others RFC 6749, sections 3.1.2.1 and 3.2, and RFC 9700, section 2.6).
//!
//! # Examples
//!
//! ```
//! use oauth_types::identifiers::{Endpoint, Issuer, RedirectUri, Scope};
//!
//! let issuer = Issuer::new("https://as.example")?;
//! assert_eq!(issuer.as_str(), "https://as.example");
//! assert_ne!(issuer, Issuer::new("https://as.example/")?);
//! assert!(Issuer::new("http://as.example").is_err());
//! assert_eq!(Endpoint::new("https://AS.example:443/token")?.origin(), "https://as.example");
//! assert!(RedirectUri::new("com.example.app:/callback").is_ok());
//! assert_eq!(Scope::parse("a b")?, Scope::parse("b a")?);
//! # Ok::<(), oauth_types::identifiers::IdentifierError>(())
//! ```

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use jwt_core::Blame;

use crate::bytes::is_visible;

mod scope;
mod uri;

pub use scope::Scope;

/// An identifier as `Debug` shows it: cut off only where it is longer than any that is written by hand, because it is what one looks for.
struct Cut<'t>(&'t str);

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN).and_then(|(end, _)| self.0.get(..end)) {
            Some(start) => write!(f, "{start:?}.."),
            None => self.0.fmt(f),
        }
    }
}

/// In characters.
const SHOWN: usize = 256;

/// The longest identifier that is accepted, in bytes: RFC 9110, section 4.1 asks everybody to support URIs of at least 8000.
pub const MAX_IDENTIFIER_BYTES: usize = 8000;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $(#[$new_doc:meta])* $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            $(#[$new_doc])*
            pub fn new(text: impl Into<String>) -> Result<Self, IdentifierError> {
                let text = text.into();
                $check(&text)?;
                Ok(Self(text.into()))
            }

            /// The identifier, as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&Cut(&self.0)).finish()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl core::str::FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, IdentifierError> {
                Self::new(text)
            }
        }
    };
}

identifier! {
    /// An authorization server's identifier (RFC 8414, section 2; RFC 9207, section 2).
    ///
    /// An issuer may end in `/` or not, have a path or not: it is what its owner writes.
    Issuer,
    /// Checks an issuer: an `https` URL (`http` for loopback hosts) without query and fragment.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] names what is wrong.
    check_issuer
}

impl Issuer {
    /// The issuer of one tenant, where this is the template of many: `https://login.microsoftonline.com/{tenantid}/v2.0`, as Entra's `common` names itself.
    /// What a token's `iss` is compared with, `tenant` being the token's own `tid`.
    ///
    /// `None` if this is no template, has its tenant elsewhere than in the path, or `tenant` is more than letters, digits, `-` and `.`.
    ///
    /// ```
    /// use oauth_types::Issuer;
    ///
    /// let template = Issuer::new("https://login.microsoftonline.com/{tenantid}/v2.0")?;
    /// let tenant = template.for_tenant("9188040d-6c67-4c5b-b112-36a304b66dad").ok_or("no template")?;
    /// assert_eq!(tenant.as_str(), "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_tenant(&self, tenant: &str) -> Option<Self> {
        let (before, after) = split_template(&self.0).filter(|_| is_tenant(tenant))?;
        Self::new([before, tenant, after].concat()).ok()
    }
}

identifier! {
    /// A client's identifier at one authorization server (RFC 6749, section 2.2). Not a secret.
    ClientId,
    /// Checks a client identifier: printable ASCII (RFC 6749, appendix A.1), not empty.
    ///
    /// # Errors
    ///
    /// [`IdentifierError::Empty`], [`IdentifierError::TooLong`] or [`IdentifierError::Character`].
    check_client_id
}

identifier! {
    /// Where a browser is sent back to (RFC 6749, section 3.1.2).
    RedirectUri,
    /// Checks a redirect URI: an `https` URL, an `http` URL of a loopback host (RFC 8252, section 7.3), or a URI of a private-use scheme in reverse
    /// domain notation, such as `com.example.app:/callback` (RFC 8252, section 7.1). No fragment, no user information.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] names what is wrong; `javascript:`, `data:` and `file:` are among [`IdentifierError::Scheme`].
    check_redirect_uri
}

impl RedirectUri {
    /// Its own query, without the `?`, which an answer keeps (RFC 6749, section 3.1.2); `None` where there is no `?`.
    ///
    /// ```
    /// use oauth_types::RedirectUri;
    ///
    /// assert_eq!(RedirectUri::new("https://client.example/cb?tenant=7")?.query(), Some("tenant=7"));
    /// assert_eq!(RedirectUri::new("https://client.example/cb")?.query(), None);
    /// # Ok::<(), oauth_types::identifiers::IdentifierError>(())
    /// ```
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        split_query(&self.0).1
    }

    /// A server's check: whether this is the registered one, byte by byte (RFC 9700, section 2.1), where the port of an `http` URL of `127.0.0.1` or
    /// `[::1]` may be any (RFC 8252, section 7.3: "The authorization server MUST allow any port to be specified at the time of the request for loopback IP
    /// redirect URIs").
    #[must_use]
    pub fn is_registered_as(&self, registered: &Self) -> bool {
        if self == registered {
            return true;
        }
        match (uri::split_loopback_port(&self.0), uri::split_loopback_port(&registered.0)) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (Some(_) | None, Some(_) | None) => false,
        }
    }
}

identifier! {
    /// A protected resource's identifier (RFC 8707, section 2; RFC 9728, section 1.2).
    Resource,
    /// Checks a resource: an absolute URI of any scheme without a fragment (RFC 8707, section 2).
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] names what is wrong.
    check_resource
}

impl Resource {
    /// The resource that a request to this URL is for, where nothing says more: the URL as it is written, without query and fragment. No letter of it is
    /// changed (RFC 8707, section 2: a resource should have no query, and must not have a fragment).
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] for what is no `https` URL (`http` for loopback hosts).
    ///
    /// ```
    /// use oauth_types::Resource;
    ///
    /// assert_eq!(Resource::of_request("https://API.example/mcp/?session=1")?.as_str(), "https://API.example/mcp/");
    /// # Ok::<(), oauth_types::identifiers::IdentifierError>(())
    /// ```
    pub fn of_request(url: &str) -> Result<Self, IdentifierError> {
        let text = url.split(['?', '#']).next().unwrap_or_default();
        uri::check_web(text)?;
        Self::new(text)
    }

    /// Whether a request to this URL is one to this resource or to something below it: the URL is the resource, or goes on after it with a `/` or a query.
    /// Both must be `https` URLs (`http` for loopback hosts) and are compared byte by byte.
    #[must_use]
    pub fn is_at_or_above(&self, url: &str) -> bool {
        let url = url.split('#').next().unwrap_or_default();
        if *self.0 == *url {
            return true;
        }
        uri::is_above(&self.0, url)
    }
}

identifier! {
    /// A URL that requests, and with them credentials, are sent to. It may have a query (RFC 6749, section 3.1).
    Endpoint,
    /// Checks an endpoint: an `https` URL (`http` for loopback hosts) without fragment and user information.
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] names what is wrong.
    check_endpoint
}

impl Endpoint {
    /// The URL, without a copy.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// Scheme, host and port, the host in lower case and without the scheme's own port (RFC 6454, section 6.2): `https://as.example`.
    ///
    /// Credentials meant for one origin never go to another.
    #[must_use]
    pub fn origin(&self) -> String {
        uri::origin(&self.0)
    }
}

/// What stands in a template in the place of a tenant.
const TENANT: &str = "{tenantid}";

/// What stands before a URL's query, and the query without its `?`.
pub(crate) fn split_query(url: &str) -> (&str, Option<&str>) {
    match memchr::memchr(b'?', url.as_bytes()).and_then(|at| url.split_at_checked(at)) {
        Some((base, query)) => (base, query.get(1..)),
        None => (url, None),
    }
}

/// Whether a text begins with a scheme (RFC 3986, section 3.1) and goes on after it.
pub(crate) fn has_scheme(text: &str) -> bool {
    uri::scheme(text).is_ok()
}

/// What stands before and after the tenant in a template. Whoever names a tenant must not name the host, so it stands in the path.
pub(crate) fn split_template(text: &str) -> Option<(&str, &str)> {
    let (before, after) = text.split_once(TENANT)?;
    let (_, rest) = before.split_once("://")?;
    if rest.contains('/') { Some((before, after)) } else { None }
}

/// A tenant's identifier, domain name or well-known name: what stands in a path segment as it is.
pub(crate) fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn check_issuer(text: &str) -> Result<(), IdentifierError> {
    uri::check_web(text)?;
    // RFC 8414, section 2: "a URL that uses the "https" scheme and has no query or fragment components".
    if text.contains('?') {
        return Err(IdentifierError::Query);
    }
    Ok(())
}

fn check_client_id(text: &str) -> Result<(), IdentifierError> {
    uri::check_length(text)?;
    // RFC 6749, appendix A.1: client-id = *VSCHAR. An empty one would be a parameter without a value: omitted.
    if is_visible(text) { Ok(()) } else { Err(IdentifierError::Character) }
}

fn check_redirect_uri(text: &str) -> Result<(), IdentifierError> {
    uri::check_length(text)?;
    match uri::scheme(text)? {
        scheme if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => uri::check_web(text),
        // RFC 8252, section 7.1: "apps MUST use a URI scheme based on a domain name under their control, expressed in reverse order".
        scheme if scheme.contains('.') => {
            uri::check_absolute(text)?;
            if uri::authority(text).is_some_and(|authority| authority.contains('@')) {
                return Err(IdentifierError::UserInfo);
            }
            Ok(())
        }
        _ => Err(IdentifierError::Scheme),
    }
}

fn check_resource(text: &str) -> Result<(), IdentifierError> {
    uri::check_absolute(text)
}

fn check_endpoint(text: &str) -> Result<(), IdentifierError> {
    uri::check_web(text)
}

/// Why a text is not the identifier that it was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifierError {
    /// Nothing is there.
    #[error("the identifier is empty")]
    Empty,
    /// It is longer than [`MAX_IDENTIFIER_BYTES`].
    #[error("the identifier is longer than {MAX_IDENTIFIER_BYTES} bytes")]
    TooLong,
    /// It holds a character that may not stand there (a space, a control character, `\`, anything beyond ASCII).
    #[error("the identifier holds a character that is not allowed")]
    Character,
    /// It is no absolute URL or URI.
    #[error("the identifier is not an absolute url")]
    NotAbsolute,
    /// The scheme is not allowed: `http` beyond loopback hosts, `javascript`, and the like.
    #[error("the scheme is not allowed: https, or http for loopback hosts only")]
    Scheme,
    /// The host is missing, or not in the form in which it is looked up (IDNA A-labels, plain IP addresses), or the port is not a number.
    #[error("the host or port is missing or malformed")]
    Host,
    /// There is a user name or password before the host.
    #[error("user information in a url is not allowed")]
    UserInfo,
    /// There is a query.
    #[error("a query is not allowed here")]
    Query,
    /// There is a fragment.
    #[error("a fragment is not allowed")]
    Fragment,
}

impl IdentifierError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "identifier_empty",
            Self::TooLong => "identifier_too_long",
            Self::Character => "identifier_character",
            Self::NotAbsolute => "identifier_not_absolute",
            Self::Scheme => "identifier_scheme",
            Self::Host => "identifier_host",
            Self::UserInfo => "identifier_user_info",
            Self::Query => "identifier_query",
            Self::Fragment => "identifier_fragment",
        }
    }

    /// Whoever supplied the text: the caller. (Where it came in a message, the error of that message says so.)
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}

#[cfg(test)]
mod tests;
