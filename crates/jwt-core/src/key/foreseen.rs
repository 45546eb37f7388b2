//! The few headers that issuers write for a key, spelt out in base64url when the key is made: verifying then compares instead of decoding and reading.
//!
//! Nothing is learnt from tokens, and nothing is decided here: a header that is not foreseen is read, and gets the same answer.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{Limits, Writer};
use crate::{Algorithm, Header, base64url};

/// The spellings of `alg`, alone and with a usual `typ` and the key's `kid`, in every order and without whitespace.
pub(super) struct Foreseen {
    /// All spellings, one behind the other.
    text: String,
    spellings: Vec<Spelling>,
}

struct Spelling {
    start: usize,
    end: usize,
    typ: Option<&'static str>,
}

impl Foreseen {
    pub(super) fn new(algorithm: Algorithm, kid: Option<&str>) -> Self {
        let mut foreseen = Self { text: String::new(), spellings: Vec::new() };
        // What needs an escape has more than one spelling.
        let plain =
            |kid: &&str| kid.len() <= LONGEST_KID && !kid.contains(['"', '\\']) && !kid.contains(char::is_control);
        let kid = kid.filter(plain).map(|kid| ("kid", kid));
        let mut written = String::new();
        for alg in [algorithm.as_str(), OLD_NAME].into_iter().filter(|name| algorithm.is_named(name)) {
            for typ in USUAL_TYPES {
                let (alg, typ_member) = (Some(("alg", alg)), typ.map(|typ| ("typ", typ)));
                for members in [
                    [alg, typ_member, kid],
                    [alg, kid, typ_member],
                    [typ_member, alg, kid],
                    [kid, typ_member, alg],
                    [kid, alg, typ_member],
                    [typ_member, kid, alg],
                    [alg, typ_member, None],
                    [typ_member, alg, None],
                ] {
                    written.clear();
                    for (name, value) in members.into_iter().flatten() {
                        written.push(if written.is_empty() { '{' } else { ',' });
                        for part in ["\"", name, "\":\"", value, "\""] {
                            written.push_str(part);
                        }
                    }
                    written.push('}');
                    foreseen.push(&written, typ);
                }
            }
        }
        foreseen
    }

    fn push(&mut self, json: &str, typ: Option<&'static str>) {
        let start = self.text.len();
        base64url::encode_to(json, &mut self.text);
        let end = self.text.len();
        let known = self.text.get(start..).is_some_and(|new| self.typ_of(new).is_some());
        if known {
            self.text.truncate(start);
        } else {
            self.spellings.push(Spelling { start, end, typ });
        }
    }

    /// The `typ` of this header, if it is one of the foreseen ones.
    #[inline]
    pub(super) fn typ_of(&self, encoded: &str) -> Option<Option<&'static str>> {
        let same = |spelling: &&Spelling| {
            spelling.end - spelling.start == encoded.len()
                && self.text.get(spelling.start..spelling.end) == Some(encoded)
        };
        self.spellings.iter().find(same).map(|spelling| spelling.typ)
    }
}

/// The headers that are usually signed with a key, spelt out in base64url when the key is made.
pub(super) struct Usual {
    spellings: Vec<Usually>,
}

struct Usually {
    alg: &'static str,
    typ: Option<&'static str>,
    encoded: String,
}

impl Usual {
    pub(super) fn new(algorithm: Algorithm, kid: Option<&str>) -> Self {
        let mut usual = Self { spellings: Vec::new() };
        for alg in [algorithm.as_str(), OLD_NAME].into_iter().filter(|name| algorithm.is_named(name)) {
            for typ in USUAL_TYPES {
                let mut writer = Writer::new(Limits::unbounded());
                // Text alone is always written.
                let written = writer.object().and_then(|mut object| {
                    object.member("alg", alg)?;
                    typ.map_or(Ok(()), |typ| object.member("typ", typ))?;
                    kid.map_or(Ok(()), |kid| object.member("kid", kid))?;
                    object.close()
                });
                if written.is_ok() {
                    usual.spellings.push(Usually { alg, typ, encoded: base64url::encode(writer.as_bytes()) });
                }
            }
        }
        usual
    }

    /// The spelling of a header that has `alg` and no more than a `typ` behind it, with the key's name at its end.
    pub(super) fn spelling_of(&self, header: &Header) -> Option<&str> {
        let mut members = header.members();
        let Some(("alg", alg)) = members.next() else { return None };
        let (alg, typ) = match (members.next(), members.next()) {
            (None, _) => (alg.as_str()?, None),
            (Some(("typ", typ)), None) => (alg.as_str()?, Some(typ.as_str()?)),
            (Some(_), _) => return None,
        };
        let same = |usual: &&Usually| usual.alg == alg && usual.typ == typ;
        self.spellings.iter().find(same).map(|usual| usual.encoded.as_str())
    }
}

/// The most members of a foreseen header.
pub(crate) const FORESEEN_MEMBERS: usize = 3;

const USUAL_TYPES: [Option<&str>; 3] = [None, Some("JWT"), Some("at+jwt")];
/// RFC 8037, section 3.1.
const OLD_NAME: &str = "EdDSA";
/// Twice the longest that are in use (SHA-256 in hexadecimal digits).
const LONGEST_KID: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Fields;
    use crate::json::{Document, Limits};

    #[test]
    fn what_is_foreseen_is_what_would_be_read() {
        for &algorithm in Algorithm::ALL {
            for kid in [None, Some("k"), Some("2026-01é"), Some("a\"b"), Some("a\\u0041"), Some("a\nb")] {
                let foreseen = Foreseen::new(algorithm, kid);
                let names = if algorithm.is_named(OLD_NAME) { 2 } else { 1 };
                let plain = kid.is_some_and(|kid| !kid.starts_with('a'));
                assert_eq!(foreseen.spellings.len(), names * if plain { 5 + 2 + 12 } else { 5 });
                for spelling in &foreseen.spellings {
                    let encoded = &foreseen.text[spelling.start..spelling.end];
                    assert_eq!(foreseen.typ_of(encoded), Some(spelling.typ));
                    let json = base64url::decode(encoded).unwrap();
                    let fields = Fields::read(Document::plain(&json).unwrap().unwrap(), &Limits::default()).unwrap();
                    assert!(algorithm.is_named(fields.alg));
                    assert_eq!((fields.typ, fields.cty), (spelling.typ, None));
                    assert!(fields.kid.is_none() || fields.kid == kid);
                }
            }
        }
    }

    #[test]
    fn a_usual_header_is_spelt_as_it_would_be_written() {
        for &algorithm in Algorithm::ALL {
            for kid in [None, Some("k"), Some("a\"b\u{e9}\n")] {
                let usual = Usual::new(algorithm, kid);
                for header in [
                    Header::new(algorithm),
                    Header::new(algorithm).with_typ("JWT"),
                    Header::new(algorithm).with_typ("at+jwt"),
                    Header::new(algorithm).with("alg", OLD_NAME).with_typ("JWT"),
                ] {
                    let named = kid.map_or_else(|| header.clone(), |kid| header.clone().with_kid(kid));
                    let expected = base64url::encode(serde_json::to_vec(&named).unwrap());
                    assert_eq!(usual.spelling_of(&header), Some(expected.as_str()));
                }
                for header in [
                    Header::new(algorithm).with_typ("jwt"),
                    Header::new(algorithm).with_kid("k"),
                    Header::new(algorithm).with_typ("JWT").with_kid("k"),
                    Header::new(algorithm).with_typ("JWT").with("x", true),
                    Header::new(algorithm).with("typ", true),
                    Header::new(algorithm).with("x", "JWT"),
                ] {
                    assert_eq!(usual.spelling_of(&header), None, "{header:?}");
                }
            }
            assert_eq!(Usual::new(Algorithm::HS256, None).spelling_of(&Header::new(Algorithm::HS384)), None);
        }
    }

    #[test]
    fn nothing_else_is_foreseen() {
        let foreseen = Foreseen::new(Algorithm::HS256, Some("k"));
        for header in [
            "",
            "{}",
            r#"{"alg":"HS384"}"#,
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256","kid":"l"}"#,
            r#"{"alg":"HS256","typ":"jwt"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            r#"{"alg":"HS256","kid":"k","kid":"k"}"#,
            r#" {"alg":"HS256"}"#,
        ] {
            assert_eq!(foreseen.typ_of(&base64url::encode(header)), None, "{header}");
        }
        // `{"alg":"HS256"}` ends with a whole group; the others have one spelling only too.
        let encoded = base64url::encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        assert!(foreseen.typ_of(&encoded).is_some() && foreseen.typ_of(&encoded[1..]).is_none());
    }
}
