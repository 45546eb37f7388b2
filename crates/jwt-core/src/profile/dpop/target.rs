//! The `htu` of a proof: normalized, without query and fragment.

use alloc::string::String;
use alloc::vec::Vec;

/// An `http` or `https` URI without query and fragment, normalized by syntax and scheme (RFC 3986, sections 6.2.2 and 6.2.3), as RFC 9449, section 4.3, asks
/// for the comparison. `None` for everything else.
///
/// Nothing but spelling is changed: escapes of unreserved characters, the case of scheme, host and escapes, a port that is the scheme's, dot segments, and an
/// empty path.
pub(super) fn normalized(uri: &str) -> Option<String> {
    if !uri.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte)) {
        return None;
    }
    let (scheme, rest) = uri.split_once("://")?;
    let default_port = match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => 443,
        _ if scheme.eq_ignore_ascii_case("http") => 80,
        _ => return None,
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (hier, _) = rest.split_at_checked(end)?;
    let (authority, path) = hier.split_at_checked(hier.find('/').unwrap_or(hier.len()))?;
    let (host, port) = split_port(authority)?;

    let mut target = scheme.to_ascii_lowercase();
    target.push_str("://");
    target.push_str(&host.to_ascii_lowercase());
    if let Some(port) = port.filter(|&port| port != default_port) {
        target.push(':');
        target.push_str(&alloc::format!("{port}"));
    }
    push_path(&unescaped(path)?, &mut target);
    Some(target)
}

/// No user information, no escapes in the host: nobody asks for those, and they hide where a URI leads.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.contains(['@', '%']) {
        return None;
    }
    let after_literal = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority.get(after_literal..)?.rfind(':') {
        Some(colon) => {
            let (host, port) = authority.split_at_checked(after_literal + colon)?;
            (host, port.strip_prefix(':')?)
        }
        None => (authority, ""),
    };
    // RFC 3986, section 3.2.2: an address of IP version 6 stands in brackets, and nothing else has them or a colon.
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if host.is_empty() || inside.unwrap_or(host).contains(['[', ']']) || (inside.is_none() && host.contains(':')) {
        return None;
    }
    if port.is_empty() {
        return Some((host, None));
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((host, Some(port.parse().ok()?)))
}

/// RFC 3986, sections 6.2.2.1 and 6.2.2.2: escapes of unreserved characters undone, the others in capitals. `None` if `%` is not the start of an escape.
fn unescaped(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut text = String::with_capacity(path.len());
    text.push_str(parts.next()?);
    for part in parts {
        let (hex, rest) = part.split_at_checked(2)?;
        if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let byte = u8::from_str_radix(hex, 16).ok()?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex.to_ascii_uppercase());
        }
        text.push_str(rest);
    }
    Some(text)
}

/// RFC 3986, section 5.2.4: without `.` and `..`. The path begins with a slash or is empty, which means the same as `/`.
fn push_path(path: &str, target: &mut String) {
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_directory = true;
    for segment in path.split('/').skip(1) {
        ends_in_directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    for segment in &segments {
        target.push('/');
        target.push_str(segment);
    }
    if ends_in_directory {
        target.push('/');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_target_is_normalized_by_syntax_and_scheme() {
        // DP-03
        for (uri, expected) in [
            ("https://server.example.com/token", "https://server.example.com/token"),
            ("https://server.example.com/token?a=b#c", "https://server.example.com/token"),
            ("https://server.example.com/token#c?d", "https://server.example.com/token"),
            ("HTTPS://Server.Example.COM:443/token", "https://server.example.com/token"),
            ("https://server.example.com:0443/token", "https://server.example.com/token"),
            ("https://server.example.com:/token", "https://server.example.com/token"),
            ("http://server.example.com:80", "http://server.example.com/"),
            ("http://server.example.com?x", "http://server.example.com/"),
            ("http://server.example.com:443/", "http://server.example.com:443/"),
            ("https://a/%7euser/%2f%C3%bC", "https://a/~user/%2F%C3%BC"),
            ("https://a/b/./c/../d", "https://a/b/d"),
            ("https://a/b/%2e%2E/d", "https://a/d"),
            ("https://a/../..", "https://a/"),
            ("https://a/b/..", "https://a/"),
            ("https://a/b/.", "https://a/b/"),
            ("https://a/b//c/", "https://a/b//c/"),
            ("https://[::1]:8443/x", "https://[::1]:8443/x"),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
        ] {
            assert_eq!(normalized(uri).as_deref(), Some(expected), "{uri}");
            assert_eq!(normalized(expected).as_deref(), Some(expected), "normalized once is normalized");
        }
        assert_ne!(normalized("https://a/B"), normalized("https://a/b"));
        assert_ne!(normalized("https://a/b/"), normalized("https://a/b"));
        assert_ne!(normalized("https://a/b%2Fc"), normalized("https://a/b/c"));
        assert_ne!(normalized("http://a/"), normalized("https://a/"));
    }

    #[test]
    fn what_is_no_http_uri_has_no_target() {
        for uri in [
            "",
            "https",
            "https:/a",
            "https://",
            "https:///x",
            "//a/b",
            "/token",
            "ftp://a/b",
            "https://a:b/",
            "https://a:99999/",
            "https://user@a/",
            "https://a%62/",
            "https://a/%",
            "https://a/%4",
            "https://a/%+1",
            "https://a/%zz",
            "https://a b/",
            "https://ä/",
            "https://a/\\b",
            "https://a:1:2/",
            "https://[::1/",
            "https://]/",
            " https://a/",
            "https://a/\n",
            "https://a/<b>",
            "https://:443/",
        ] {
            assert_eq!(normalized(uri), None, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn normalizing_is_done_once_and_never_moves_the_authority(
            host in "[a-zA-Z0-9.-]{1,8}|\\[[0-9a-fA-F:]{2,8}\\]",
            port in "(:[0-9]{0,6})?",
            path in "(/(\\.|\\.\\.|%2[eE]|%[0-9a-fA-F]{2}|[a-z:@]{0,3})){0,6}",
            rest in "([?#]\\PC{0,5})?",
        ) {
            let uri = alloc::format!("https://{host}{port}{path}{rest}");
            if let Some(target) = normalized(&uri) {
                prop_assert_eq!(normalized(&target), Some(target.clone()));
                let authority = target["https://".len()..].split('/').next().unwrap();
                prop_assert!(authority.starts_with(&host.to_ascii_lowercase()));
                let path = &target["https://".len() + authority.len()..];
                prop_assert!(!path.contains("/./") && !path.contains("/../") && !path.contains(['?', '#']));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = normalized(&text);
            let _ = normalized(&alloc::format!("https://{text}"));
        }
    }
}
