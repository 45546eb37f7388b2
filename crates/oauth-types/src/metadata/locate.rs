//! Where documents are, and whose they may be.

use alloc::string::String;
use alloc::vec::Vec;

use crate::identifiers::{Issuer, is_tenant, split_template};

/// How the issuer that a document names is compared with the one that was asked for. Any but [`IssuerComparison::Exact`] is for providers that are known
/// to need it; [`Reading::Strict`](crate::Reading::Strict) knows no other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssuerComparison {
    /// Byte by byte (RFC 8414, section 3.3; RFC 3986, section 6.2.1).
    #[default]
    Exact,
    /// `https://as.example` and `https://as.example/` are one issuer: a `/` after the host, and no other.
    RootSlash,
    /// The document names the template of many tenants' issuers, `https://login.microsoftonline.com/{tenantid}/v2.0`, and with some tenant in the place of
    /// `{tenantid}` it is the one that was asked for (Entra's `common`, `organizations` and `consumers`). Whose a token is, its `tid` says:
    /// [`Issuer::for_tenant`].
    TenantTemplate,
}

impl IssuerComparison {
    /// Whether a document that names `found` is that of `expected`.
    #[must_use]
    pub fn matches(self, expected: &Issuer, found: &str) -> bool {
        let expected = expected.as_str();
        if found == expected {
            return true;
        }
        match self {
            Self::Exact => false,
            Self::RootSlash => {
                let (expected, found) = (without_root_slash(expected), without_root_slash(found));
                expected.is_some() && expected == found
            }
            Self::TenantTemplate => split_template(found).is_some_and(|(before, after)| {
                expected.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(is_tenant)
            }),
        }
    }
}

/// RFC 8414, section 3.1: "between the host component and the path component, if any. .. any terminating "/" MUST be removed".
pub(super) fn inserted(issuer: &Issuer, suffix: &str) -> String {
    let issuer = without_slash(issuer);
    let (origin, path) = split_path(issuer).unwrap_or((issuer, ""));
    [origin, suffix, path].concat()
}

/// OpenID Connect Discovery, section 4: "by concatenating the string /.well-known/openid-configuration to the Issuer. .. any terminating / MUST be removed".
pub(super) fn appended(issuer: &Issuer, suffix: &str) -> String {
    [without_slash(issuer), suffix].concat()
}

/// OpenID's document at both of its places, after that of RFC 8414; each once.
pub(super) fn with_both_openid(issuer: &Issuer) -> Vec<String> {
    let mut urls = alloc::vec![inserted(issuer, OAUTH), inserted(issuer, OPENID)];
    let appended = appended(issuer, OPENID);
    if !urls.contains(&appended) {
        urls.push(appended);
    }
    urls
}

pub(super) const OAUTH: &str = "/.well-known/oauth-authorization-server";

pub(super) const OPENID: &str = "/.well-known/openid-configuration";

/// Scheme, host and port; and the rest, which is empty or begins with `/` or `?`.
pub(super) fn split_path(url: &str) -> Option<(&str, &str)> {
    let after_scheme = url.find("://")? + 3;
    let length = url.get(after_scheme..)?.find(['/', '?', '#']);
    url.split_at_checked(length.map_or(url.len(), |length| after_scheme + length))
}

fn without_slash(issuer: &Issuer) -> &str {
    let issuer = issuer.as_str();
    issuer.strip_suffix('/').unwrap_or(issuer)
}

/// A URL that has no path but perhaps `/`, without it.
fn without_root_slash(url: &str) -> Option<&str> {
    split_path(url).filter(|(_, path)| matches!(*path, "" | "/")).map(|(origin, _)| origin)
}
