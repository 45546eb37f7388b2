//! Looking at URLs without rewriting them.

use alloc::string::String;

use url::{Host, Url};

use super::{IdentifierError, MAX_IDENTIFIER_BYTES};

pub(super) fn check_length(text: &str) -> Result<(), IdentifierError> {
    if text.is_empty() {
        return Err(IdentifierError::Empty);
    }
    if text.len() > MAX_IDENTIFIER_BYTES { Err(IdentifierError::TooLong) } else { Ok(()) }
}

/// The scheme, by the letter of RFC 3986, section 3.1.
pub(super) fn scheme(text: &str) -> Result<&str, IdentifierError> {
    let (scheme, rest) = text.split_once(':').ok_or(IdentifierError::NotAbsolute)?;
    let wellformed = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if wellformed && !rest.is_empty() { Ok(scheme) } else { Err(IdentifierError::NotAbsolute) }
}

/// An absolute URI without a fragment, of any scheme.
pub(super) fn check_absolute(text: &str) -> Result<(), IdentifierError> {
    check_length(text)?;
    scheme(text)?;
    // RFC 3986, section 2, excludes these. URL parsers strip, turn round or escape them, each in its own way, so that two would see two URLs.
    // Braces stand in templates that are issuers by their owners' documents ("https://login.example/{tenantid}/v2.0"): parsers leave them alone.
    let foreign =
        |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'|');
    if text.bytes().any(foreign) {
        return Err(IdentifierError::Character);
    }
    if text.contains('#') { Err(IdentifierError::Fragment) } else { Ok(()) }
}

/// An `https` URL, or an `http` URL of a loopback host, whose host every parser reads the same.
pub(super) fn check_web(text: &str) -> Result<(), IdentifierError> {
    parse_web(text).map(drop)
}

fn parse_web(text: &str) -> Result<Url, IdentifierError> {
    check_absolute(text)?;
    let scheme = scheme(text)?;
    let https = scheme.eq_ignore_ascii_case("https");
    if !https && !scheme.eq_ignore_ascii_case("http") {
        return Err(IdentifierError::Scheme);
    }
    // `https:as.example`, `https:///as.example` and the like are mended by some parsers and refused by others.
    let after_scheme = text.get(scheme.len()..).unwrap_or_default();
    let authority = authority(text).filter(|_| after_scheme.starts_with("://")).ok_or(IdentifierError::NotAbsolute)?;
    if authority.contains('@') {
        return Err(IdentifierError::UserInfo);
    }
    let url = Url::parse(text).map_err(|_| IdentifierError::Host)?;
    let host = url.host().ok_or(IdentifierError::Host)?;
    // The host must stand as it is looked up, letter case aside: no percent-encoding, no `0x7f.1`, no U-labels.
    let (written, _) = split_port(authority);
    if !url.host_str().is_some_and(|parsed| parsed.eq_ignore_ascii_case(written)) {
        return Err(IdentifierError::Host);
    }
    if https || is_loopback(&host) { Ok(url) } else { Err(IdentifierError::Scheme) }
}

/// The origin of a URL that [`check_web`] let pass.
pub(super) fn origin(text: &str) -> String {
    let https = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("https:"));
    let (host, port) = split_port(authority(text).unwrap_or_default());
    let (scheme, own_port) = if https { ("https://", "443") } else { ("http://", "80") };
    let mut origin = String::with_capacity(text.len());
    origin.push_str(scheme);
    origin.push_str(host);
    origin.make_ascii_lowercase();
    if !port.is_empty() {
        // `0443` is 443, and `0` is a port of its own.
        let port = Some(port.trim_start_matches('0')).filter(|port| !port.is_empty()).unwrap_or("0");
        if port != own_port {
            origin.push(':');
            origin.push_str(port);
        }
    }
    origin
}

/// Whether `url` begins with `prefix`, goes on with a new segment or a query, and is still below it when a client has resolved its `..`.
pub(super) fn is_above(prefix: &str, url: &str) -> bool {
    let (Ok(above), Ok(below)) = (parse_web(prefix), parse_web(url)) else { return false };
    let Some(rest) = url.strip_prefix(prefix).filter(|_| !prefix.contains('?')) else { return false };
    let path = above.path().strip_suffix('/').unwrap_or_else(|| above.path());
    (prefix.ends_with('/') || rest.starts_with(['/', '?']))
        && below.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// For an `http` URL of a loopback IP address (not `localhost`): what stands before the port, and what after it.
pub(super) fn split_loopback_port(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
    let after = rest.get(host.len()..)?;
    match after.strip_prefix(':') {
        Some(port) => Some((host, port.trim_start_matches(|digit: char| digit.is_ascii_digit()))),
        None if after.is_empty() || after.starts_with(['/', '?']) => Some((host, after)),
        None => None,
    }
}

pub(super) fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() { None } else { Some(authority) }
}

/// Host and port; the port is empty where there is none.
fn split_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        // A colon within brackets belongs to an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (authority, ""),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
