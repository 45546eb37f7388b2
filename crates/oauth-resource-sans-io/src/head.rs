//! [`RequestHead`]: what the guard looks at of a request, and the access token in it (RFC 6750, section 2; RFC 9449, section 7.1).

use alloc::borrow::{Cow, ToOwned as _};
use alloc::string::String;
use core::fmt;

use jwt_core::{base64url, digest};
use oauth_types::access_token::{has_token, is_b64token, split_field};
use oauth_types::form::FormError;
use oauth_types::{HttpRequest, Pairs, TokenScheme};

use crate::reason::Reason;

/// What the guard looks at of a request: its method, its URL and its credentials.
///
/// # Examples
///
/// ```
/// use oauth_resource_sans_io::RequestHead;
///
/// let head = RequestHead::new("GET", "https://api.example/files?page=2").authorization(["Bearer mF_9.B5f-4.1JqM"]);
/// assert_eq!((head.method(), head.path()), ("GET", "/files"));
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'r> {
    method: &'r str,
    url: &'r str,
    authorization: Field<'r>,
    proof: Field<'r>,
    form: &'r [u8],
    certificate: Option<&'r str>,
}

impl<'r> RequestHead<'r> {
    /// A request without credentials: its method, and its URL.
    ///
    /// The URL may be only path and query, as servers receive them. DPoP proofs name the whole URL as the client wrote it, so then the guard must know how the
    /// API is reached ([`Guard::origin`](crate::Guard::origin)): what a proxy or a `Host` field says is not for the guard to believe. Nor is the whole URL that some
    /// servers make of a `Host` field or of HTTP/2's `:authority`; with an origin only its path and query count.
    #[must_use]
    pub const fn new(method: &'r str, url: &'r str) -> Self {
        Self { method, url, authorization: Field::Absent, proof: Field::Absent, form: &[], certificate: None }
    }

    /// That of a request which the server received as one of our messages.
    #[must_use]
    pub fn from_http(request: &'r HttpRequest) -> Self {
        Self::new(request.method().as_str(), request.url())
            .authorization(request.header_values("authorization"))
            .dpop(request.header_values("dpop"))
            .form(request.form().unwrap_or_default())
    }

    /// The values of all `Authorization` fields, as they came. Pass every one: a second one is refused, not overlooked. For a value that is no text pass U+FFFD.
    #[must_use]
    pub fn authorization(mut self, values: impl IntoIterator<Item = &'r str>) -> Self {
        self.authorization = Field::of(values);
        self
    }

    /// The values of all `DPoP` fields (RFC 9449, section 4.1), as they came: every one, as for [`authorization`](RequestHead::authorization).
    #[must_use]
    pub fn dpop(mut self, values: impl IntoIterator<Item = &'r str>) -> Self {
        self.proof = Field::of(values);
        self
    }

    /// The body, if it is of the type `application/x-www-form-urlencoded`: an access token in it is refused, unless the
    /// [guard takes it](crate::Guard::dangerous_token_in_form). Without this the body is not looked at.
    #[must_use]
    pub const fn form(mut self, body: &'r [u8]) -> Self {
        self.form = body;
        self
    }

    /// The SHA-256 thumbprint, in base64url ([`certificate_thumbprint`]), of the certificate with which the client has authenticated its TLS connection
    /// (RFC 8705, section 3). Where TLS ends at a proxy, take it only from a field that the proxy sets and that no client can send past it.
    #[must_use]
    pub const fn client_certificate(mut self, x5t_s256: &'r str) -> Self {
        self.certificate = Some(x5t_s256);
        self
    }

    /// The request's method.
    #[must_use]
    pub const fn method(&self) -> &'r str {
        self.method
    }

    /// The path of the URL, without query and fragment.
    #[must_use]
    pub fn path(&self) -> &'r str {
        let path = self.local().split(['?', '#']).next().unwrap_or_default();
        // Of a whole URL (RFC 3986, section 6.2.3).
        if path.is_empty() && !self.url.is_empty() { "/" } else { path }
    }

    /// The URL from its path on; the whole of it if it has no scheme and authority.
    fn local(&self) -> &'r str {
        let end = self.url.find(['?', '#']).unwrap_or(self.url.len());
        let authority = self.url.get(..end).and_then(|start| start.split_once("://"));
        let Some((scheme, rest)) = authority.filter(|(scheme, _)| !scheme.contains('/')) else { return self.url };
        let path = scheme.len() + "://".len() + rest.find('/').unwrap_or(rest.len());
        self.url.get(path..).unwrap_or_default()
    }

    /// The query of the URL, without the fragment.
    fn query(&self) -> &'r [u8] {
        // By bytes: most URLs are too short to be searched, and have none.
        let place = |text: &'r [u8], mark| text.iter().position(|&byte| byte == mark);
        let url = self.url.as_bytes();
        let query = place(url, b'?').and_then(|at| url.get(at + 1..)).unwrap_or_default();
        place(query, b'#').and_then(|at| query.get(..at)).unwrap_or(query)
    }

    pub(crate) const fn certificate(&self) -> Option<&'r str> {
        self.certificate
    }

    pub(crate) fn proofs(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        self.proof.values()
    }

    /// The whole URL, as far as it is known. Where the guard knows its own origin, what the head says of one does not count: whoever sends the request may write
    /// a whole URL into it (RFC 9112, section 3.2.2), and with HTTP/2 always does.
    pub(crate) fn target(&self, origin: Option<&str>) -> Cow<'r, str> {
        let Some(origin) = origin else { return Cow::Borrowed(self.url) };
        let ends = |rest: &str| rest.is_empty() || rest.starts_with(['/', '?', '#']);
        let local = self.local();
        // `*`, and whatever else is no path, stays what it is: no proof is made for it.
        if self.url.is_empty() || !ends(local) || self.url.strip_prefix(origin).is_some_and(ends) {
            return Cow::Borrowed(self.url);
        }
        Cow::Owned([origin, local].concat())
    }

    /// The access token; `None` where the request has no credentials that are meant for us. One out of a field is not checked for its characters: what verifies
    /// has the right ones, and for the rest there is [`syntax`].
    ///
    /// RFC 6750, section 2: "Clients MUST NOT use more than one method to transmit the token in each request."
    pub(crate) fn presented(&self, takes: Takes) -> Result<Option<Presented<'r>>, Reason> {
        let query = self.query();
        let in_query = has_token(query);
        if in_query && !takes.query {
            return Err(Reason::TokenInQuery);
        }
        let in_form = has_token(self.form);
        // RFC 6750, section 2.2: "The HTTP request method is one for which the request-body has defined semantics. In particular, this means that the "GET"
        // method MUST NOT be used."
        if in_form && (!takes.form || self.method.eq_ignore_ascii_case("GET")) {
            return Err(Reason::TokenInBody);
        }
        let in_field = match self.authorization {
            Field::Absent => None,
            Field::Once(value) => split_field(trimmed(value)),
            Field::Many => return Err(Reason::RepeatedCredentials),
        };
        match (in_field, in_query, in_form) {
            (None, false, false) => Ok(None),
            (Some((scheme, token)), false, false) => Ok(Some(Presented { scheme, token: Cow::Borrowed(token) })),
            (None, true, false) => parameter(query).map(Some),
            (None, false, true) => parameter(self.form).map(Some),
            (Some(_), _, _) | (None, true, true) => Err(Reason::RepeatedCredentials),
        }
    }
}

/// The value of a field, without the white space around it (RFC 9110, section 5.5), which servers have taken away before nearly always.
fn trimmed(value: &str) -> &str {
    let space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let bytes = value.as_bytes();
    if space(bytes.first()) || space(bytes.last()) { value.trim_matches([' ', '\t']) } else { value }
}

/// The token of a query or a form. Such a token is a bearer token: a proof can only stand beside the scheme `DPoP` (RFC 9449, section 7.1).
fn parameter<'r>(form: &[u8]) -> Result<Presented<'r>, Reason> {
    let pairs = Pairs::parse(form).map_err(|_| Reason::MalformedCredentials)?;
    let token = pairs.unique("access_token").map_err(|error| match error {
        FormError::Duplicate { .. } => Reason::RepeatedCredentials,
        FormError::TooLong | FormError::TooManyPairs | FormError::NotUtf8 | _ => Reason::MalformedCredentials,
    })?;
    let token = token.unwrap_or_default();
    syntax(token)?;
    Ok(Presented { scheme: TokenScheme::Bearer, token: Cow::Owned(token.to_owned()) })
}

/// Whether a token has the characters of one (RFC 6750, section 2.1).
pub(crate) fn syntax(token: &str) -> Result<(), Reason> {
    if token.len() > oauth_types::access_token::MAX_TOKEN_BYTES {
        return Err(Reason::TokenTooLong);
    }
    if is_b64token(token) { Ok(()) } else { Err(Reason::MalformedCredentials) }
}

/// Shows no credentials and no query.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead").field("method", &self.method).field("path", &self.path()).finish_non_exhaustive()
    }
}

/// Where else than in the `Authorization` field a token may be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Takes {
    pub(crate) query: bool,
    pub(crate) form: bool,
}

/// An access token as it was presented.
pub(crate) struct Presented<'r> {
    pub(crate) scheme: TokenScheme,
    pub(crate) token: Cow<'r, str>,
}

/// A field that must not come twice.
#[derive(Clone, Copy)]
enum Field<'r> {
    Absent,
    Once(&'r str),
    Many,
}

impl<'r> Field<'r> {
    fn of(values: impl IntoIterator<Item = &'r str>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Once(value),
            (Some(_), Some(_)) => Self::Many,
        }
    }

    /// As many as whoever counts must see.
    fn values(self) -> impl Iterator<Item = &'r str> {
        let values = match self {
            Self::Absent => [None, None],
            Self::Once(value) => [Some(value), None],
            Self::Many => [Some(""), Some("")],
        };
        values.into_iter().flatten()
    }
}

/// The thumbprint of a certificate, of its DER form: what `x5t#S256` is compared with (RFC 8705, section 3.1).
///
/// # Examples
///
/// ```
/// use oauth_resource_sans_io::{RequestHead, certificate_thumbprint};
///
/// # let der = b"the certificate, as the TLS library gives it";
/// let thumbprint = certificate_thumbprint(der);
/// let head = RequestHead::new("GET", "/files").client_certificate(&thumbprint);
/// assert_eq!(thumbprint.len(), 43);
/// ```
#[must_use]
pub fn certificate_thumbprint(der: impl AsRef<[u8]>) -> String {
    base64url::encode(digest::sha256(der.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Takes = Takes { query: true, form: true };

    fn token(head: RequestHead<'_>, takes: Takes) -> Result<Option<(TokenScheme, String)>, Reason> {
        let presented = head.presented(takes)?;
        Ok(presented.map(|presented| (presented.scheme, presented.token.into_owned())))
    }

    fn in_field<'r>(values: &[&'r str]) -> RequestHead<'r> {
        RequestHead::new("GET", "/").authorization(values.iter().copied())
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_must_be_a_b64token() {
        // OA-17, DP-06
        let found = |scheme, token: &str| Ok(Some((scheme, token.into())));
        assert_eq!(
            token(in_field(&["Bearer abc.def-_~+/=="]), Takes::default()),
            found(TokenScheme::Bearer, "abc.def-_~+/==")
        );
        assert_eq!(token(in_field(&["bEaReR  abc"]), Takes::default()), found(TokenScheme::Bearer, "abc"));
        assert_eq!(token(in_field(&["\t dpop abc "]), Takes::default()), found(TokenScheme::DPoP, "abc"));
        for bad in ["", "a b", "a\r\nX: y", "a,b", "=a", "a=b", "\u{e9}", "===="] {
            assert_eq!(syntax(bad), Err(Reason::MalformedCredentials), "{bad:?}");
        }
        assert_eq!(syntax(&"a".repeat(40_000)), Err(Reason::TokenTooLong));
    }

    #[test]
    fn another_scheme_is_no_credential_of_ours() {
        for values in [&["Basic YTpi"][..], &["BearerX abc"], &["\u{fffd}"], &[""], &[]] {
            assert_eq!(token(in_field(values), Takes::default()), Ok(None), "{values:?}");
        }
    }

    #[test]
    fn credentials_twice_or_by_two_methods_or_in_the_query_or_the_body_are_refused() {
        // OA-17
        let post = |url| RequestHead::new("POST", url);
        assert_eq!(token(in_field(&["Bearer a", "Bearer a"]), ALL), Err(Reason::RepeatedCredentials));
        assert_eq!(token(in_field(&["Bearer a", "Basic a"]), ALL), Err(Reason::RepeatedCredentials));
        for url in
            ["/?x=1&access_token=abc", "/?access_token", "/?acc%65ss_token=a#f", "https://a.example?access_token=a"]
        {
            assert_eq!(token(post(url), Takes::default()), Err(Reason::TokenInQuery), "{url}");
            assert_eq!(token(post(url).authorization(["Bearer a"]), Takes::default()), Err(Reason::TokenInQuery));
            assert_eq!(token(post(url).authorization(["Bearer a"]), ALL), Err(Reason::RepeatedCredentials));
            assert_eq!(token(post(url).form(b"access_token=a"), ALL), Err(Reason::RepeatedCredentials));
        }
        assert_eq!(token(post("/access_token?x=access_token#access_token=a"), Takes::default()), Ok(None));
        assert_eq!(token(post("/").form(b"a=b&access_token=a"), Takes::default()), Err(Reason::TokenInBody));
        let get = RequestHead::new("GET", "/").form(b"access_token=a");
        assert_eq!(token(get, ALL), Err(Reason::TokenInBody));
    }

    #[test]
    fn where_the_guard_takes_them_tokens_of_query_and_form_are_bearer_tokens() {
        let bearer = Ok(Some((TokenScheme::Bearer, "a.b".into())));
        assert_eq!(token(RequestHead::new("GET", "/?x=1&access_token=a%2Eb"), ALL), bearer);
        assert_eq!(token(RequestHead::new("POST", "/").form(b"access_token=a.b&x=1"), ALL), bearer);
        let basic = RequestHead::new("POST", "/").form(b"access_token=a.b").authorization(["Basic YTpi"]);
        assert_eq!(token(basic, ALL), bearer);
        let twice = RequestHead::new("POST", "/").form(b"access_token=a&access_token=b");
        assert_eq!(token(twice, ALL), Err(Reason::RepeatedCredentials));
        for bad in [&b"access_token=a%20b"[..], b"access_token=", b"access_token", b"access_token=%FF"] {
            assert_eq!(token(RequestHead::new("POST", "/").form(bad), ALL), Err(Reason::MalformedCredentials));
        }
    }

    #[test]
    fn the_path_is_that_of_the_url_or_of_the_target() {
        for (url, path) in [
            ("/a/b?c#d", "/a/b"),
            ("https://api.example", "/"),
            ("https://api.example/a", "/a"),
            ("https://api.example?x=/y", "/"),
            ("/a://b", "/a://b"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(RequestHead::new("GET", url).path(), path, "{url}");
        }
        assert_eq!(RequestHead::new("GET", "/a?b").target(Some("https://api.example")), "https://api.example/a?b");
        assert_eq!(RequestHead::new("GET", "/a").target(None), "/a");
        let whole = RequestHead::new("GET", "https://api.example/a");
        assert_eq!(whole.target(None), "https://api.example/a");
        assert_eq!(whole.target(Some("https://api.example")), "https://api.example/a");
        // What the guard knows counts, not what the client says.
        let gateway = Some("https://gateway.example/api");
        for (url, target) in [
            ("https://api.example/a?b", "https://gateway.example/api/a?b"),
            ("https://api.example", "https://gateway.example/api"),
            ("https://api.example?b", "https://gateway.example/api?b"),
            ("https://gateway.example/api/a", "https://gateway.example/api/a"),
            ("https://gateway.example/api", "https://gateway.example/api"),
            ("https://gateway.example/apis", "https://gateway.example/api/apis"),
            ("/api", "https://gateway.example/api/api"),
            ("//other.example/a", "https://gateway.example/api//other.example/a"),
            ("*", "*"),
            ("", ""),
            ("other.example:443", "other.example:443"),
        ] {
            assert_eq!(RequestHead::new("GET", url).target(gateway), target, "{url}");
        }
    }
}
