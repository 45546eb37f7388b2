//! Cookies for a pending login and for a session (RFC 6265, and its revision 6265bis): [`SetCookie`], and [`Cookies`] for what a browser sends back.
//!
//! A login is bound to the browser that began it by a cookie (RFC 9700, section 4.7), so everything rides on who can read or set that cookie. The defaults
//! are the strictest under which a login works, and whatever weakens them is called `dangerous_`:
//!
//! | | default | because |
//! |---|---|---|
//! | `HttpOnly` | yes | scripts need not read it |
//! | `Secure` | yes | it never travels in the clear |
//! | `SameSite` | `Lax` | the callback is a navigation from another site: `Strict` would lose the cookie just then |
//! | `__Host-` | yes | no other host of the domain, and nobody on the network, can set it |
//! | `Path`, `Domain` | `/`, none | `__Host-` wants it so |
//!
//! Checked here: names and values (RFC 6265, section 4.1.1), how long a cookie is, and that a cookie that is asked for came once. That a session is the one
//! which began a login is for whoever compares them.
//!
//! ```text
//! Set-Cookie: __Host-login=7Fjfp0ZBr1KtDRbnfVdmIw; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax
//! ```
//!
//! ```
//! use core::time::Duration;
//! use oauth_types::{Cookies, HttpRequest, HttpResponse, Method, SetCookie};
//!
//! let login = SetCookie::new("login", "7Fjfp0ZBr1KtDRbnfVdmIw")?.with_max_age(Duration::from_secs(600));
//! assert_eq!(login.name(), "__Host-login");
//! let answer = login.add_to(HttpResponse::new(303));
//! assert_eq!(
//!     answer.header("set-cookie"),
//!     Some("__Host-login=7Fjfp0ZBr1KtDRbnfVdmIw; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax")
//! );
//!
//! let callback = HttpRequest::received(Method::Get, "/callback?code=x", [("cookie", "a=b; __Host-login=7Fjfp0ZBr1KtDRbnfVdmIw")], "");
//! let cookies = Cookies::from_http(&callback)?;
//! assert_eq!(cookies.unique(&login.name())?, Some("7Fjfp0ZBr1KtDRbnfVdmIw"));
//! # Ok::<(), oauth_types::cookie::CookieError>(())
//! ```

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use jwt_core::{Blame, Secret};

use crate::http::{HttpRequest, HttpResponse, is_token};

/// A cookie as a server sets it. `Debug` does not show its value.
#[derive(Clone, Debug)]
pub struct SetCookie {
    name: String,
    value: Secret,
    max_age: Option<Duration>,
    same_site: SameSite,
    secure: bool,
    http_only: bool,
    path: String,
    domain: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

impl SetCookie {
    /// A cookie that lasts as long as the browser runs. `name` is without `__Host-`, which [`SetCookie::name`] puts before it.
    ///
    /// # Errors
    ///
    /// [`CookieError::Name`] unless the name is a token without a prefix of browsers' own, [`CookieError::Value`] unless the value is one or more
    /// characters `%x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E` (RFC 6265, section 4.1.1), [`CookieError::TooLong`] beyond [`MAX_COOKIE_BYTES`].
    pub fn new(name: &str, value: impl Into<String>) -> Result<Self, CookieError> {
        let value = Secret::new(value);
        let octets = value.expose().as_bytes();
        if octets.is_empty() || !octets.iter().copied().all(is_cookie_octet) {
            return Err(CookieError::Value);
        }
        if name.len().saturating_add(LONGEST_PREFIX).saturating_add(octets.len()) > MAX_COOKIE_BYTES {
            return Err(CookieError::TooLong);
        }
        Ok(Self { value, max_age: None, ..Self::removal(name)? })
    }

    /// A cookie that removes the one of this name. It removes no other: what was said of path, domain and prefix must be said again.
    ///
    /// # Errors
    ///
    /// As [`SetCookie::new`].
    pub fn removal(name: &str) -> Result<Self, CookieError> {
        let has_prefix =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        // RFC 6265, section 4.1.1: cookie-name = token.
        if !is_token(name) || has_prefix(HOST) || has_prefix(SECURE) {
            return Err(CookieError::Name);
        }
        if name.len().saturating_add(LONGEST_PREFIX) > MAX_COOKIE_BYTES {
            return Err(CookieError::TooLong);
        }
        Ok(Self {
            name: name.to_owned(),
            value: Secret::new(""),
            max_age: Some(Duration::ZERO),
            same_site: SameSite::Lax,
            secure: true,
            http_only: true,
            path: "/".to_owned(),
            domain: None,
        })
    }

    /// Says how long the browser keeps the cookie, in whole seconds; [`MAX_AGE`] at most.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age.min(MAX_AGE));
        self
    }

    /// `SameSite=Strict`: not sent with anything that another site began. For a session that no link from elsewhere needs; a pending login's cookie would not
    /// come with the callback.
    #[must_use]
    pub fn with_same_site_strict(mut self) -> Self {
        self.same_site = SameSite::Strict;
        self
    }

    /// `SameSite=None`: sent with requests that other sites make, so that forgery of requests is the application's own to prevent.
    ///
    /// For the pending login of `response_mode=form_post` and nothing else: its callback is a `POST` from the authorization server's site, with which a browser
    /// sends no `Lax` cookie.
    ///
    /// # Errors
    ///
    /// [`CookieError::InsecureCrossSite`] without `Secure`: browsers refuse such a cookie.
    pub fn dangerous_same_site_none_for_form_post(mut self) -> Result<Self, CookieError> {
        self.same_site = SameSite::None;
        self.checked()
    }

    /// Without `Secure` and `__Host-`: the cookie also travels in the clear, where anybody on the way can read and set it. For `http` on loopback, in development.
    ///
    /// # Errors
    ///
    /// [`CookieError::InsecureCrossSite`] with `SameSite=None`: browsers refuse such a cookie.
    pub fn dangerous_without_secure(mut self) -> Result<Self, CookieError> {
        self.secure = false;
        self.checked()
    }

    /// Without `HttpOnly`: every script of the page can read the cookie, also one that was smuggled in.
    #[must_use]
    pub fn dangerous_without_http_only(mut self) -> Self {
        self.http_only = false;
        self
    }

    /// For a part of the site only, with `__Secure-` in the place of `__Host-`: other hosts of the domain can set a cookie of this name. A path protects from
    /// nobody.
    ///
    /// # Errors
    ///
    /// [`CookieError::Attribute`] for what does not begin with `/` or holds `;`, control or non-ASCII characters.
    pub fn dangerous_with_path(mut self, path: &str) -> Result<Self, CookieError> {
        if !path.starts_with('/') || !is_attribute(path) {
            return Err(CookieError::Attribute);
        }
        path.clone_into(&mut self.path);
        Ok(self)
    }

    /// For all hosts of a domain, with `__Secure-` in the place of `__Host-`: each of them can read and set it.
    ///
    /// # Errors
    ///
    /// [`CookieError::Attribute`] for what is no domain name.
    pub fn dangerous_with_domain(mut self, domain: &str) -> Result<Self, CookieError> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if domain.is_empty() || !is_attribute(domain) || !domain.bytes().all(is_name) {
            return Err(CookieError::Attribute);
        }
        self.domain = Some(domain.to_owned());
        Ok(self)
    }

    fn checked(self) -> Result<Self, CookieError> {
        if self.same_site == SameSite::None && !self.secure { Err(CookieError::InsecureCrossSite) } else { Ok(self) }
    }

    /// The name under which the browser sends the cookie back: for [`Cookies::unique`].
    #[must_use]
    pub fn name(&self) -> String {
        // RFC 6265bis, section 4.1.3.2: `__Host-` wants `Secure`, `Path=/` and no `Domain`.
        let prefix = match self {
            Self { secure: false, .. } => "",
            Self { domain: None, path, .. } if path == "/" => HOST,
            Self { .. } => SECURE,
        };
        [prefix, &self.name].concat()
    }

    /// The value of the `Set-Cookie` field. A secret, as the cookie's own value is.
    #[must_use]
    pub fn to_header_value(&self) -> String {
        let mut text = self.name();
        let max_age = self.max_age.map(|max_age| max_age.as_secs().to_string());
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        text.push('=');
        text.push_str(self.value.expose());
        for (name, value) in [
            ("; Path=", Some(self.path.as_str())),
            ("; Domain=", self.domain.as_deref()),
            ("; Max-Age=", max_age.as_deref()),
            ("; HttpOnly", self.http_only.then_some("")),
            ("; Secure", self.secure.then_some("")),
            ("; SameSite=", Some(same_site)),
        ] {
            if let Some(value) = value {
                text.push_str(name);
                text.push_str(value);
            }
        }
        text
    }

    /// Sets the cookie with this answer, beside those that it sets already.
    #[must_use]
    pub fn add_to(&self, response: HttpResponse) -> HttpResponse {
        response.with_header("set-cookie", zeroize::Zeroizing::new(self.to_header_value()).as_str())
    }
}

/// The cookies that came with a request. `Debug` shows how many there are.
#[derive(Clone)]
pub struct Cookies<'r>(Vec<(&'r str, &'r str)>);

impl<'r> Cookies<'r> {
    /// Reads all `Cookie` fields of a request: HTTP/2 may have split what was one (RFC 9113, section 8.2.3).
    ///
    /// # Errors
    ///
    /// [`CookieError::HeaderTooLong`] beyond [`MAX_HEADER_BYTES`].
    pub fn from_http(request: &'r HttpRequest) -> Result<Self, CookieError> {
        Self::parse(request.header_values("cookie"))
    }

    /// Reads the values of all `Cookie` fields of a request. What has no `=` has no name and is skipped.
    ///
    /// # Errors
    ///
    /// As [`Cookies::from_http`].
    pub fn parse(fields: impl IntoIterator<Item = &'r str>) -> Result<Self, CookieError> {
        let mut cookies = Vec::new();
        let mut length = 0_usize;
        for field in fields {
            // The separator counts too, so that a million empty fields are not free.
            length = length.saturating_add(field.len()).saturating_add(1);
            if length > MAX_HEADER_BYTES {
                return Err(CookieError::HeaderTooLong);
            }
            let pairs = field.split(';').filter_map(|pair| pair.split_once('='));
            cookies.extend(pairs.map(|(name, value)| (trim(name), trim(value))));
        }
        Ok(Self(cookies))
    }

    /// The value of the only cookie of this name, in this letter case; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`CookieError::Repeated`] for more than one: another host of the domain, or somebody on the network, has set one beside ours, and nothing says which
    /// is which. Remove both, or look at [`Cookies::all`].
    pub fn unique(&self, name: &str) -> Result<Option<&'r str>, CookieError> {
        let mut found = self.all(name);
        let first = found.next();
        if found.next().is_some() { Err(CookieError::Repeated) } else { Ok(first) }
    }

    /// The values of all cookies of this name, in the browser's order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'r str> {
        self.0.iter().filter(move |(found, _)| *found == name).map(|(_, value)| *value)
    }
}

impl fmt::Debug for Cookies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies").field("len", &self.0.len()).finish_non_exhaustive()
    }
}

/// Why a cookie cannot be set, or not be read in one way only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookieError {
    /// The name is no token, or begins with a prefix that is put there by itself.
    #[error("a cookie's name is a token without a prefix")]
    Name,
    /// The value is empty, or holds a character that is not allowed: encode it.
    #[error("a cookie's value is empty or holds a character that is not allowed")]
    Value,
    /// A path or domain that is none.
    #[error("a cookie's path or domain is malformed")]
    Attribute,
    /// `SameSite=None` without `Secure`.
    #[error("a cookie for other sites must be secure")]
    InsecureCrossSite,
    /// The cookie is longer than [`MAX_COOKIE_BYTES`].
    #[error("a cookie of more than {MAX_COOKIE_BYTES} bytes")]
    TooLong,
    /// All cookies that came are longer than [`MAX_HEADER_BYTES`].
    #[error("cookies of more than {MAX_HEADER_BYTES} bytes")]
    HeaderTooLong,
    /// Two cookies of one name came.
    #[error("a cookie is repeated")]
    Repeated,
}

impl CookieError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "cookie_name",
            Self::Value => "cookie_value",
            Self::Attribute => "cookie_attribute",
            Self::InsecureCrossSite => "cookie_insecure_cross_site",
            Self::TooLong => "cookie_too_long",
            Self::HeaderTooLong => "cookie_header_too_long",
            Self::Repeated => "cookie_repeated",
        }
    }

    /// The browser's, or whoever has set its cookies, where they were read; the caller's where they are set.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::HeaderTooLong | Self::Repeated => Blame::Peer,
            Self::Name | Self::Value | Self::Attribute | Self::InsecureCrossSite | Self::TooLong => Blame::Caller,
        }
    }
}

/// RFC 6265, section 4.1.1: cookie-octet.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E)
}

/// RFC 6265bis, sections 4.1.1 and 5.6: any character but controls and `;`, 1024 at most.
fn is_attribute(text: &str) -> bool {
    text.len() <= 1024 && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b';')
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

const HOST: &str = "__Host-";

const SECURE: &str = "__Secure-";

const LONGEST_PREFIX: usize = SECURE.len();

/// How long name and value may be together, in bytes: browsers ignore a cookie beyond it (RFC 6265bis, section 5.6).
pub const MAX_COOKIE_BYTES: usize = 4096;

/// How long all cookies of a request may be, in bytes: eight of the longest, far more than the 8 KB that common servers let a header field have.
pub const MAX_HEADER_BYTES: usize = 32 * 1024;

/// How long a cookie is kept at most: browsers cut what is longer (RFC 6265bis, section 5.5: 400 days).
pub const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

#[cfg(test)]
mod tests;
