//! [`Header`]: the JOSE header of a compact JWS (RFC 7515, section 4), read strictly and written.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::json::{Document, JsonError, Limits, Object, Reader, Top, Value, Watch, quote};
use crate::{Algorithm, Blame};

/// A JOSE header: members in their order, `alg` always there.
///
/// Keys and addresses of keys in a header (`jwk`, `jku`, `x5u`, `x5c`) are members like any other: nothing here follows them.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Header};
///
/// let header = Header::new(Algorithm::ES256).with_typ("at+jwt").with_kid("k1");
/// assert_eq!((header.alg(), header.typ(), header.kid()), ("ES256", Some("at+jwt"), Some("k1")));
/// ```
#[derive(Clone)]
pub struct Header {
    /// `alg` is a string.
    members: Object,
    /// The algorithm that a header is made for; `alg` is one of its names. Nothing for one that was read.
    made_for: Option<Algorithm>,
}

impl Header {
    /// The header that says only which algorithm signs.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let mut members = Object::new();
        members.insert("alg", algorithm.as_str());
        Self { members, made_for: Some(algorithm) }
    }

    /// Sets `typ`, the media type of the token, by custom without `application/` (RFC 7515, section 4.1.9).
    #[must_use]
    pub fn with_typ(self, typ: impl Into<String>) -> Self {
        self.with("typ", Value::String(typ.into()))
    }

    /// Sets `kid`, the name of the key (RFC 7515, section 4.1.4).
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        self.with("kid", Value::String(kid.into()))
    }

    /// Sets a member of any name.
    ///
    /// `alg` can be given another name of the same algorithm only (`EdDSA`, for verifiers that know no other for Ed25519 and Ed448); otherwise it stays as it is.
    /// A header that no strict reader would accept (`crit`, `b64`, a `kid` that is no string) is refused when it is signed.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        let same =
            || matches!((self.algorithm(), value.as_str()), (Some(algorithm), Some(alg)) if algorithm.is_named(alg));
        if name != "alg" || same() {
            self.members.insert(name, value);
        }
        self
    }

    /// The `alg` member as it is written.
    #[must_use]
    pub fn alg(&self) -> &str {
        self.members.get_str("alg").unwrap_or_default()
    }

    /// The algorithm that this header was made for, or that the `alg` of one that was read names exactly; `None` for any other name.
    ///
    /// The old name `EdDSA` stands for two algorithms, and only the key says for which (RFC 8037, section 3.1): read in a header, it is taken for
    /// [`Algorithm::Ed25519`].
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.made_for.or_else(|| named(self.alg()))
    }

    /// The name of the key.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.members.get_str("kid")
    }

    /// The media type of the token.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.members.get_str("typ")
    }

    /// The media type of the payload.
    #[must_use]
    pub fn cty(&self) -> Option<&str> {
        self.members.get_str("cty")
    }

    /// Any member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Reads the header of a JWT.
    pub(crate) fn read(document: Document<'_>, limits: &Limits) -> Result<Self, HeaderError> {
        // The checks stand in one place.
        Fields::read(document, limits)?;
        let members = Reader::new(document, limits, Watch::nothing()).read(Top::Object)?;
        Ok(Self { members, made_for: None })
    }

    /// Takes the members of a protected header of a JWS that is no JWT, where `crit` may name `b64` (RFC 7797, section 6). Answers also whether the payload is
    /// encoded.
    pub(crate) fn of_jws(members: Object) -> Result<(Self, bool), HeaderError> {
        for name in ["kid", "typ", "cty"] {
            if members.get(name).is_some_and(|value| value.as_str().is_none()) {
                return Err(HeaderError::WrongType(name));
            }
        }
        let listed = if members.get("crit").is_some() { critical_names(&members)? } else { Vec::new() };
        let critical = listed.contains(&"b64");
        let encoded = match members.get("b64") {
            None | Some(Value::Bool(true)) => true,
            // RFC 7797, section 6: with `false`, `b64` must be in `crit`, so that nobody who does not know it accepts the signature.
            Some(Value::Bool(false)) if critical => false,
            Some(_) => return Err(HeaderError::InvalidB64),
        };
        if listed.iter().any(|name| *name != "b64") {
            return Err(HeaderError::UnsupportedCritical);
        }
        if members.get_str("alg").is_none_or(str::is_empty) {
            return Err(HeaderError::Algorithm);
        }
        Ok((Self { members, made_for: None }, encoded))
    }

    /// This header for an unencoded payload (RFC 7797, section 3).
    pub(crate) fn unencoded(mut self) -> Self {
        self.members.insert("b64", false);
        self.members.insert("crit", Value::Array([Value::from("b64")].into()));
        self
    }

    /// The members in their order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter()
    }

    /// Whether a strict reader would accept this header.
    pub(crate) fn check(&self) -> Result<(), HeaderError> {
        self.check_strings(&["kid", "typ", "cty"])
    }

    /// The same for a header that is given another `kid`.
    pub(crate) fn check_all_but_kid(&self) -> Result<(), HeaderError> {
        self.check_strings(&["typ", "cty"])
    }

    /// Whether its payload is claims.
    pub(crate) fn check_claims_within(&self) -> Result<(), HeaderError> {
        // RFC 7519, section 5.2: "In the normal case in which nested signing or encryption operations are not employed, the use of this Header Parameter is NOT
        // RECOMMENDED."
        if self.cty().is_some_and(Fields::means_nested) { Err(HeaderError::Nested) } else { Ok(()) }
    }

    fn check_strings(&self, names: &[&'static str]) -> Result<(), HeaderError> {
        for name in names {
            if self.get(name).is_some_and(|value| value.as_str().is_none()) {
                return Err(HeaderError::WrongType(name));
            }
        }
        match (self.get("crit"), self.get("b64")) {
            (Some(_), _) => Err(critical(&self.members)),
            (None, Some(_)) => Err(HeaderError::Unencoded),
            (None, None) => Ok(()),
        }
    }
}

/// Of the same members in the same order.
impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

/// Shows the algorithm and the shape of the members, as an [`Object`] does; values can be a peer's.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("algorithm", &self.algorithm()).field("members", &self.members).finish()
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

/// What is wrong with a header (RFC 7515, section 4; RFC 7519, section 5).
///
/// # Examples
///
/// ```
/// use jwt_core::{Error, Limits, Unverified, base64url};
///
/// let token = format!("{}.e30.", base64url::encode(r#"{"alg":"HS256","crit":["exp"]}"#));
/// let error = Unverified::parse(&token, &Limits::default()).unwrap_err();
/// assert_eq!(error.code(), "header_crit_invalid");
/// assert!(matches!(error, Error::Header(_)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Not one strict JSON object.
    #[error("header is not a strict json object: {0}")]
    Json(#[from] JsonError),
    /// `alg` is missing, no string or empty (RFC 7515, section 4.1.1).
    #[error("header has no `alg` that is a non-empty string")]
    Algorithm,
    /// A registered member that must be a string is something else: `kid`, `typ` or `cty`.
    #[error("header's `{0}` is not a string")]
    WrongType(&'static str),
    /// `crit` is not a non-empty array of distinct names of members that are there and are no registered ones (RFC 7515, section 4.1.11).
    #[error("header's `crit` is not as RFC 7515 section 4.1.11 demands")]
    InvalidCritical,
    /// `crit` is in order but names an extension that is not understood: in a JWT any, in another JWS all but `b64`.
    #[error("header names a critical extension that is not understood")]
    UnsupportedCritical,
    /// `b64`, which must not be used in a JWT (RFC 7797, section 7).
    #[error("header has `b64`, which must not be used in a jwt")]
    Unencoded,
    /// `b64` is no boolean, or is `false` and `crit` does not name it (RFC 7797, sections 3 and 6).
    #[error("header's `b64` is not as RFC 7797 demands")]
    InvalidB64,
    /// `cty` says that the payload is another JWT (RFC 7519, section 5.2), where claims are to be signed. (Reading such a token is
    /// [`Error::NestedToken`](crate::Error::NestedToken).)
    #[error("header's `cty` says that the payload is a jwt, but it is claims")]
    Nested,
}

impl HeaderError {
    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "header_not_strict_json",
            Self::Algorithm => "header_alg_invalid",
            Self::WrongType(_) => "header_member_wrong_type",
            Self::InvalidCritical => "header_crit_invalid",
            Self::UnsupportedCritical => "header_crit_unsupported",
            Self::Unencoded => "header_b64_in_jwt",
            Self::InvalidB64 => "header_b64_invalid",
            Self::Nested => "header_cty_nested",
        }
    }

    /// Who wrote the header.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        Blame::Peer
    }
}

/// What verifying needs of a header, borrowed and checked: the same checks as for a [`Header`], and no allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'h> {
    pub(crate) alg: &'h str,
    pub(crate) kid: Option<&'h str>,
    pub(crate) typ: Option<&'h str>,
    pub(crate) cty: Option<&'h str>,
}

impl<'h> Fields<'h> {
    pub(crate) fn read(document: Document<'h>, limits: &Limits) -> Result<Self, HeaderError> {
        match Self::usual(document, limits) {
            Some(fields) => Ok(fields),
            None => Self::any(document, limits),
        }
    }

    /// The header as nearly all issuers write it: a few members, each once, strings without an escape or literals, and no whitespace; no `crit` and no `b64`.
    /// `None` says nothing: the header may be right or wrong.
    fn usual(document: Document<'h>, limits: &Limits) -> Option<Self> {
        let [mut alg, mut kid, mut typ, mut cty] = [None; 4];
        let mut others = [""; FEW];
        let mut rest = document.ending_at_quotes()?.strip_prefix('{')?;
        for count in 0..FEW.min(limits.members_at_top()?) {
            let known = match rest.as_bytes().first_chunk() {
                Some(b"\"alg\":\"") => Some(&mut alg),
                Some(b"\"kid\":\"") => Some(&mut kid),
                Some(b"\"typ\":\"") => Some(&mut typ),
                Some(b"\"cty\":\"") => Some(&mut cty),
                _ => None,
            };
            let behind = if let Some(member) = known {
                let (text, behind) = plain_string(rest.get("\"alg\":".len()..)?)?;
                if member.replace(text).is_some() {
                    return None;
                }
                behind
            } else {
                let (name, value) = plain_string(rest)?;
                match name {
                    "alg" | "kid" | "typ" | "cty" | "crit" | "b64" => return None,
                    _ if others.get(..count)?.contains(&name) => return None,
                    _ => {}
                }
                *others.get_mut(count)? = name;
                let value = value.strip_prefix(':')?;
                if value.starts_with('"') {
                    plain_string(value)?.1
                } else {
                    ["true", "false", "null"].iter().find_map(|literal| value.strip_prefix(literal))?
                }
            };
            if behind == "}" {
                return Some(Self { alg: alg.filter(|alg: &&str| !alg.is_empty())?, kid, typ, cty });
            }
            rest = behind.strip_prefix(',')?;
        }
        None
    }

    fn any(document: Document<'h>, limits: &Limits) -> Result<Self, HeaderError> {
        let found: Found<'h> = Reader::new(document, limits, Watch::nothing()).read(Top::Object)?;
        let text = |name, member: Option<Text<'h>>| match member {
            None => Ok(None),
            Some(Text(Some(text))) => Ok(Some(text)),
            Some(Text(None)) => Err(HeaderError::WrongType(name)),
        };
        let Some(Text(Some(alg))) = found.alg else { return Err(HeaderError::Algorithm) };
        if alg.is_empty() {
            return Err(HeaderError::Algorithm);
        }
        let (kid, typ, cty) = (text("kid", found.kid)?, text("typ", found.typ)?, text("cty", found.cty)?);
        if found.crit {
            let members: Object = Reader::new(document, limits, Watch::nothing()).read(Top::Object)?;
            return Err(critical(&members));
        }
        if found.b64 {
            return Err(HeaderError::Unencoded);
        }
        Ok(Self { alg, kid, typ, cty })
    }

    /// Whether a `cty` says that the payload is another JWT (RFC 7519, section 5.2).
    pub(crate) fn means_nested(cty: &str) -> bool {
        same_media_type(cty, "JWT")
    }
}

/// More members than this are not worth comparing one by one.
const FEW: usize = 8;

/// A string that ends at a quote, and what stands behind it.
#[inline]
fn plain_string(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let (inside, behind) = text.split_at_checked(quote(text.as_bytes()))?;
    Some((inside, behind.strip_prefix('"')?))
}

pub(crate) fn named(alg: &str) -> Option<Algorithm> {
    Algorithm::from_name(alg).or_else(|| Algorithm::Ed25519.is_named(alg).then_some(Algorithm::Ed25519))
}

/// RFC 7515, section 4.1.9: "A recipient using the media type value MUST treat it as if "application/" were prepended to any "typ" value not containing a
/// '/'." Media types are compared without regard to (ASCII) case.
pub(crate) fn same_media_type(left: &str, right: &str) -> bool {
    left == right || short_media_type(left).eq_ignore_ascii_case(short_media_type(right))
}

fn short_media_type(text: &str) -> &str {
    const PREFIX: &str = "application/";
    match text.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => text,
    }
}

/// What to say about a header with `crit`. "If any of the listed extension Header Parameters are not understood and supported by the recipient, then the
/// JWS is invalid" (RFC 7515, section 4.1.11): in a JWT none is, so the one question is whether the list itself is in order.
fn critical(members: &Object) -> HeaderError {
    match (critical_names(members), members.get("b64")) {
        (Err(error), _) => error,
        (Ok(_), Some(_)) => HeaderError::Unencoded,
        (Ok(_), None) => HeaderError::UnsupportedCritical,
    }
}

/// What a `crit` lists, if the list is in order: not empty, no name twice, each that of a member and none of them registered.
fn critical_names(members: &Object) -> Result<Vec<&str>, HeaderError> {
    let listed = members.get("crit").and_then(Value::as_array).unwrap_or_default();
    let listed = listed.iter().map(Value::as_str).collect::<Option<Vec<&str>>>();
    let mut listed = listed.ok_or(HeaderError::InvalidCritical)?;
    // Sorted, because a hostile header can list as many names as fit in it.
    let mut present: Vec<&str> = members.iter().map(|(name, _)| name).collect();
    present.sort_unstable();
    listed.sort_unstable();
    let valid = !listed.is_empty()
        && listed.windows(2).all(|pair| !matches!(pair, [a, b] if a == b))
        && listed.iter().all(|name| present.binary_search(name).is_ok() && !REGISTERED.contains(name));
    if valid { Ok(listed) } else { Err(HeaderError::InvalidCritical) }
}

/// "Producers MUST NOT include Header Parameter names defined by this specification or [JWA] for use with JWS" (RFC 7515, section 4.1.11), nor those of JWE.
const REGISTERED: &[&str] = &[
    "alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", // RFC 7515, section 4.1
    "enc", "zip", // RFC 7516, section 4.1
    "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", // RFC 7518, section 4
];

#[derive(Default)]
struct Found<'h> {
    alg: Option<Text<'h>>,
    kid: Option<Text<'h>>,
    typ: Option<Text<'h>>,
    cty: Option<Text<'h>>,
    crit: bool,
    b64: bool,
}

impl<'de> Deserialize<'de> for Found<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Found<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a header")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Found<'de>, A::Error> {
                let mut found = Found::default();
                while let Some(name) = members.next_key::<&'de str>()? {
                    match name {
                        "alg" => found.alg = Some(members.next_value()?),
                        "kid" => found.kid = Some(members.next_value()?),
                        "typ" => found.typ = Some(members.next_value()?),
                        "cty" => found.cty = Some(members.next_value()?),
                        // What is left unread, the reader skips as strictly.
                        "crit" => found.crit = true,
                        "b64" => found.b64 = true,
                        _ => {}
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The text of a string; `None` for a value of any other type.
#[derive(Clone, Copy)]
struct Text<'h>(Option<&'h str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Some(text)))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }

            fn visit_unit<E>(self) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Text<'de>, A::Error> {
                Ok(Text(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Text<'de>, A::Error> {
                Ok(Text(None))
            }
        }
        deserializer.deserialize_any(AnyValue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Header, &'static str> {
        let mut buffer = text.as_bytes().to_vec();
        let document = Document::from_buffer(&mut buffer).map_err(|error| error.code())?;
        Header::read(document, &Limits::default())
            .map_err(|error| if let HeaderError::Json(error) = error { error.code() } else { error.code() })
    }

    #[test]
    fn the_usual_headers_are_read_as_any_other() {
        let usual = [
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"typ":"at+jwt","kid":"k","alg":"HS256","cty":"JWT"}"#,
            r#"{"kid":"","alg":"é"}"#,
            r#"{"alg":"a","kid":"}"}"#,
            r#"{"jku":"https://a","alg":"x","y":true,"z":null,"Crit":false}"#,
        ];
        let unusual = [
            "",
            "{",
            "{}",
            "[]",
            r#"{"alg":""}"#,
            r#"{"alg":"x"#,
            r#"{"alg":"x""#,
            r#"{"alg":"x",}"#,
            r#"{"alg":"x"}}"#,
            r#"{"alg":"x"} "#,
            r#"{"alg":"x","alg":"x"}"#,
            r#"{"alg":"x","kid":1}"#,
            r#"{"kid":"x"}"#,
            r#"{"alg":"x","crit":[]}"#,
            r#"{"alg":"x" "kid":"y"}"#,
            r#"{"alg":"x":"kid":"y"}"#,
            "{\"alg\":\"x\ny\"}",
            r#"{"alg":"x\u0041"}"#,
            r#"{"alg":"x","#,
            r#"{"alg":"x","jwk":{}}"#,
            r#"{"alg":"x","b64":true}"#,
            r#"{"alg":"x","y":"a","y":"b"}"#,
            r#"{"alg":"x","y":truE}"#,
            r#"{"alg":"x","y":true1}"#,
            r#"{"alg":"x","y":}"#,
            r#"{"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":"","alg":"x"}"#,
            r#"{ "alg":"x"}"#,
        ];
        let limits = Limits::default();
        for (texts, is_usual) in [(&usual[..], true), (&unusual[..], false)] {
            for text in texts {
                let mut buffer = text.as_bytes().to_vec();
                let Ok(document) = Document::from_buffer(&mut buffer) else { continue };
                let quick = Fields::usual(document, &limits);
                assert_eq!(quick.is_some(), is_usual, "{text}");
                if let (Some(quick), Ok(slow)) = (quick, Fields::any(document, &limits)) {
                    assert_eq!((quick.alg, quick.kid, quick.typ, quick.cty), (slow.alg, slow.kid, slow.typ, slow.cty));
                }
                assert!(quick.is_none() || Fields::any(document, &limits).is_ok(), "{text}");
                assert!(Fields::usual(document, &limits.max_depth(0)).is_none());
                assert!(Fields::usual(document, &limits.max_members(0)).is_none());
            }
        }
    }

    #[test]
    fn a_header_is_one_strict_json_object() {
        // JWS-05, JWS-06
        for (text, code) in [
            ("", "json_incomplete"),
            ("[]", "json_not_an_object"),
            (r#"["alg","HS256"]"#, "json_not_an_object"),
            (r#""HS256""#, "json_not_an_object"),
            ("null", "json_not_an_object"),
            (r#"{"alg":"HS256"}{}"#, "json_trailing_data"),
            (r#"{"alg":"HS256","alg":"HS256"}"#, "json_duplicate_member"),
            (r#"{"alg":"HS256","\u0061lg":"none"}"#, "json_duplicate_member"),
            (r#"{"alg":"HS256","x":{"y":1,"y":1}}"#, "json_duplicate_member"),
            ("\u{feff}{\"alg\":\"HS256\"}", "json_syntax"),
            (r#"{"alg":"HS256",}"#, "json_syntax"),
        ] {
            assert_eq!(read(text).unwrap_err(), code, "{text}");
        }
    }

    #[test]
    fn alg_is_a_non_empty_string() {
        // JWS-07
        for alg in [
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":256}"#,
            r#"{"alg":{}}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":""}"#,
            r#"{"ALG":"HS256"}"#,
        ] {
            assert_eq!(read(alg).unwrap_err(), "header_alg_invalid", "{alg}");
        }
        assert_eq!(read(r#"{"alg":"EdDSA"}"#).unwrap().algorithm(), Some(Algorithm::Ed25519));
        assert_eq!(read(r#"{"alg":"none"}"#).unwrap().algorithm(), None);
        assert_eq!(read(r#"{"alg":"hs256"}"#).unwrap().algorithm(), None);
    }

    #[test]
    fn kid_typ_and_cty_are_strings_if_there() {
        for name in ["kid", "typ", "cty"] {
            for value in ["null", "1", "true", "[]", "{}", r#"["JWT"]"#] {
                let text = alloc::format!(r#"{{"alg":"HS256","{name}":{value}}}"#);
                assert_eq!(read(&text).unwrap_err(), "header_member_wrong_type", "{text}");
            }
        }
    }

    #[test]
    fn a8_crit_is_never_ignored() {
        // JWS-08, JWS-10
        for (members, code) in [
            (r#""crit":["exp"],"exp":1"#, "header_crit_unsupported"),
            (r#""crit":["a","b"],"a":1,"b":null"#, "header_crit_unsupported"),
            (r#""crit":[]"#, "header_crit_invalid"),
            (r#""crit":null"#, "header_crit_invalid"),
            (r#""crit":"exp","exp":1"#, "header_crit_invalid"),
            (r#""crit":{"exp":1},"exp":1"#, "header_crit_invalid"),
            (r#""crit":["exp"]"#, "header_crit_invalid"),
            (r#""crit":["exp","exp"],"exp":1"#, "header_crit_invalid"),
            (r#""crit":["exp",1],"exp":1"#, "header_crit_invalid"),
            (r#""crit":["alg"]"#, "header_crit_invalid"),
            (r#""crit":["crit"]"#, "header_crit_invalid"),
            (r#""crit":["kid"],"kid":"k""#, "header_crit_invalid"),
            (r#""crit":["x5t#S256"],"x5t#S256":"k""#, "header_crit_invalid"),
            (r#""crit":["epk"],"epk":{}"#, "header_crit_invalid"),
            (r#""crit":["b64"],"b64":false"#, "header_b64_in_jwt"),
            (r#""crit":["b64"],"b64":true"#, "header_b64_in_jwt"),
            (r#""b64":false"#, "header_b64_in_jwt"),
            (r#""b64":true"#, "header_b64_in_jwt"),
        ] {
            let text = alloc::format!(r#"{{"alg":"HS256",{members}}}"#);
            assert_eq!(read(&text).unwrap_err(), code, "{text}");
        }
        // Another spelling is another member, which is ignored (JWS-09).
        assert!(read(r#"{"alg":"HS256","Crit":["exp"],"unknown":{"a":[1,2]}}"#).is_ok());
    }

    #[test]
    fn a10_a_long_crit_costs_no_quadratic_work() {
        let names: Vec<_> = (0..20_000).map(|n| alloc::format!("\"{n}\"")).collect();
        let text = alloc::format!(r#"{{"alg":"HS256","crit":[{}],{}:1}}"#, names.join(","), names.join(":1,"));
        assert_eq!(read(&text).unwrap_err(), "header_crit_unsupported");
    }

    #[test]
    fn media_types_are_compared_without_case_and_prefix() {
        // JWT-10
        for same in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert!(same_media_type(same, "at+jwt"), "{same}");
            assert!(same_media_type("application/at+jwt", same), "{same}");
        }
        for other in ["", "jwt", "at+jwt ", "text/at+jwt", "application/application/at+jwt", "at+jwt;v=1"] {
            assert!(!same_media_type(other, "at+jwt"), "{other}");
        }
    }

    #[test]
    fn a_header_that_would_be_refused_is_known_before_it_is_signed() {
        let header = Header::new(Algorithm::HS256);
        assert!(header.check().is_ok());
        assert_eq!(header.clone().with("b64", false).check(), Err(HeaderError::Unencoded));
        assert_eq!(header.clone().with("kid", 1u64).check(), Err(HeaderError::WrongType("kid")));
        assert!(header.clone().with("crit", alloc::vec!["x"]).check().is_err());
        assert_eq!(header.clone().with("alg", "EdDSA").alg(), "HS256");
        assert_eq!(header.with("alg", "none").alg(), "HS256");
        assert_eq!(Header::new(Algorithm::Ed25519).with("alg", "EdDSA").algorithm(), Some(Algorithm::Ed25519));
    }
}
