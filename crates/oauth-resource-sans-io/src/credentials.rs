//! The access token of a request: out of the `Authorization` header and nowhere else (RFC 6750, section 2.1).

use crate::denial::Reason;

/// What the guard looks at of a request: its method, its URL and its credentials.
///
/// # Examples
///
/// ```
/// use oauth_resource_sans_io::RequestHead;
///
/// let head = RequestHead::new("GET", "/files?page=2").authorization(&["Bearer mF_9.B5f-4.1JqM"]);
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'r> {
    method: &'r str,
    url: &'r str,
    authorization: &'r [&'r str],
}

impl<'r> RequestHead<'r> {
    /// A request without credentials: its method, and its URL or path with the query.
    #[must_use]
    pub const fn new(method: &'r str, url: &'r str) -> Self {
        Self { method, url, authorization: &[] }
    }

    /// All values of all `Authorization` fields, as they came. Pass every one: a second one is refused, not overlooked.
    #[must_use]
    pub const fn authorization(mut self, values: &'r [&'r str]) -> Self {
        self.authorization = values;
        self
    }

    /// The request's method.
    #[must_use]
    pub const fn method(&self) -> &'r str {
        self.method
    }

    /// The bearer token; `None` where the request has no credentials that are meant for us.
    ///
    /// RFC 6750, section 2: "Clients MUST NOT use more than one method to transmit the token in each request."
    pub(crate) fn bearer_token(&self) -> Result<Option<&'r str>, Reason> {
        if self.has_token_in_query() {
            return Err(Reason::TokenInQuery);
        }
        let value = match self.authorization {
            [] => return Ok(None),
            [value] => value.trim_matches([' ', '\t']),
            [_, _, ..] => return Err(Reason::RepeatedCredentials),
        };
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        // RFC 9110, section 11.1: the scheme is case-insensitive.
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(None);
        }
        let token = token.trim_start_matches(' ');
        if is_b64token(token) { Ok(Some(token)) } else { Err(Reason::MalformedCredentials) }
    }

    /// Whether the query has an `access_token` (RFC 6750, section 2.3, which RFC 9700, section 4.3.2, forbids).
    fn has_token_in_query(&self) -> bool {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        query.split('&').any(|pair| pair.split_once('=').map_or(pair, |(name, _)| name) == "access_token")
    }
}

/// Shows no credentials and no query.
impl core::fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("RequestHead").field("method", &self.method).field("path", &path).finish_non_exhaustive()
    }
}

/// RFC 6750, section 2.1: `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token<'r>(url: &'r str, values: &'r [&'r str]) -> Result<Option<&'r str>, Reason> {
        RequestHead::new("GET", url).authorization(values).bearer_token()
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_must_be_a_b64token() {
        // OA-17
        assert_eq!(token("/", &["Bearer abc.def-_~+/=="]), Ok(Some("abc.def-_~+/==")));
        assert_eq!(token("/", &["bEaReR  abc"]), Ok(Some("abc")));
        for bad in
            ["Bearer", "Bearer ", "Bearer a b", "Bearer a\r\nX: y", "Bearer a,b", "Bearer =a", "Bearer a=b", "Bearer é"]
        {
            assert_eq!(token("/", &[bad]), Err(Reason::MalformedCredentials), "{bad:?}");
        }
    }

    #[test]
    fn another_scheme_is_no_credential_of_ours() {
        assert_eq!(token("/", &["Basic YTpi"]), Ok(None));
        assert_eq!(token("/", &["BearerX abc"]), Ok(None));
        assert_eq!(token("/", &[]), Ok(None));
    }

    #[test]
    fn credentials_twice_or_in_the_query_are_refused() {
        assert_eq!(token("/", &["Bearer a", "Bearer a"]), Err(Reason::RepeatedCredentials));
        assert_eq!(token("/?x=1&access_token=abc", &[]), Err(Reason::TokenInQuery));
        assert_eq!(token("/?access_token", &["Bearer a"]), Err(Reason::TokenInQuery));
        assert_eq!(token("/access_token?x=access_token", &[]), Ok(None));
    }
}
