//! [`Row`], and [`Rows`] that collect them.

use std::collections::BTreeSet;

use jwt_core::base64url;

use crate::world::{self, CLAIMS, HEADER, NOW};

pub(crate) const TITLES: &str = "name\trefs\tkeys\tpolicy\tnow\ttoken\tverdict";

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) refs: String,
    pub(crate) keys: String,
    pub(crate) policy: String,
    pub(crate) now: u64,
    pub(crate) token: String,
    pub(crate) verdict: String,
}

impl Row {
    pub(crate) fn line(&self) -> String {
        let Self { name, refs, keys, policy, now, token, verdict } = self;
        format!("{name}\t{refs}\t{keys}\t{policy}\t{now}\t{}\t{verdict}", token.escape_default())
    }

    pub(crate) fn read(line: &str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[name, refs, keys, policy, now, token, verdict] = columns.as_slice() else {
            panic!("not seven columns: {line}")
        };
        let [name, refs, keys, policy, verdict] = [name, refs, keys, policy, verdict].map(str::to_owned);
        Self { name, refs, keys, policy, now: now.parse().unwrap(), token: unescaped(token), verdict }
    }

    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        keys.clone_into(&mut self.keys);
        self
    }

    pub(crate) fn policy(&mut self, policy: &str) -> &mut Self {
        policy.clone_into(&mut self.policy);
        self
    }

    pub(crate) const fn now(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }
}

/// What [`str::escape_default`] has escaped.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        plain.push(match character {
            '\\' => match rest.next().unwrap() {
                't' => '\t',
                'r' => '\r',
                'n' => '\n',
                'u' => {
                    let code: String = rest.by_ref().skip(1).take_while(|&digit| digit != '}').collect();
                    char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap()
                }
                itself => itself,
            },
            plain => plain,
        });
    }
    plain
}

#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<Row>);

impl Rows {
    /// A token as it is, by default for the key `hs256` and the policy `api`, now.
    pub(crate) fn token(
        &mut self,
        name: impl Into<String>,
        refs: &str,
        token: impl Into<String>,
        verdict: &str,
    ) -> &mut Row {
        self.0.push(Row {
            name: name.into(),
            refs: refs.into(),
            keys: "hs256".into(),
            policy: "api".into(),
            now: NOW,
            token: token.into(),
            verdict: verdict.into(),
        });
        self.0.last_mut().unwrap()
    }

    /// A header, rightly signed, over the usual claims.
    pub(crate) fn header(
        &mut self,
        name: impl Into<String>,
        refs: &str,
        header: impl AsRef<[u8]>,
        verdict: &str,
    ) -> &mut Row {
        self.token(name, refs, signed("hs256", header, CLAIMS), verdict)
    }

    /// Claims, rightly signed, under the usual header.
    pub(crate) fn claims(
        &mut self,
        name: impl Into<String>,
        refs: &str,
        claims: impl AsRef<[u8]>,
        verdict: &str,
    ) -> &mut Row {
        self.token(name, refs, signed("hs256", HEADER, claims), verdict)
    }

    /// The usual claims with one more member, or one replaced.
    pub(crate) fn claim(
        &mut self,
        name: impl Into<String>,
        refs: &str,
        claim: &str,
        value: &str,
        verdict: &str,
    ) -> &mut Row {
        self.claims(name, refs, with(claim, value), verdict)
    }

    /// All rows; no two of them have one name.
    pub(crate) fn finish(self) -> Vec<Row> {
        let mut names = BTreeSet::new();
        for row in &self.0 {
            assert!(names.insert(row.name.as_str()), "two rows are named {}", row.name);
            assert!(!row.name.contains('\t') && !row.refs.is_empty());
        }
        self.0
    }
}

/// The usual claims with this member in place of the one of its name, or behind the others.
pub(crate) fn with(claim: &str, value: &str) -> String {
    const USUAL: [(&str, &str); 4] =
        [("iss", r#""https://as.example""#), ("aud", r#""api""#), ("sub", r#""alice""#), ("exp", "1700000100")];
    let mut members: Vec<String> =
        USUAL.iter().filter(|(name, _)| *name != claim).map(|(name, usual)| format!(r#""{name}":{usual}"#)).collect();
    if !value.is_empty() {
        members.push(format!(r#""{claim}":{value}"#));
    }
    format!("{{{}}}", members.join(","))
}

/// Any octets as header and payload, rightly signed by this key.
pub(crate) fn signed(key: &str, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    signed_text(key, &format!("{}.{}", base64url::encode(header), base64url::encode(payload)))
}

/// Any text as signing input, rightly signed by this key.
pub(crate) fn signed_text(key: &str, input: &str) -> String {
    let signature = world::signing(key).sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature))
}
