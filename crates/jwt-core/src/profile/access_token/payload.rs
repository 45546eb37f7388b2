//! [`AccessTokenPayload`]: the claims that decide about a request, in the text of the token that they stand in.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;

use crate::Timestamp;
use crate::claims::Instant;
use crate::json::{self, Failed, JsonError, JsonKind, Located, Numeric, Object, Reader, Value};
use crate::policy::{Claim, Failure, Reason};
use crate::verify::ReadClaims;

/// The payload of a checked access token (RFC 9068, section 2.2): its text, and where in it the claims are that decide about a request. No claim has an
/// allocation of its own, and all others can be [read](AccessTokenPayload::claims_as) out of the text when they are asked for.
///
/// [`AccessTokenProfile::verify_payload`](super::AccessTokenProfile::verify_payload) shows how to get one. `Debug` shows nothing of the claims.
#[derive(Clone)]
pub struct AccessTokenPayload(Box<Found>);

impl AccessTokenPayload {
    /// Of what was found in this text; in the words of any server, or only in those of RFC 9068.
    pub(super) fn new(text: String, mut found: Box<Found>, by_any_name: bool) -> Self {
        found.text = text;
        if by_any_name {
            found.look_further();
        }
        Self(found)
    }

    /// `iss`: who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.text_of(self.0.iss).unwrap_or_default()
    }

    /// `sub`: for whom the client acts, or the client itself. Unique only together with the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text_of(self.0.sub).unwrap_or_default()
    }

    /// `client_id`: the client that got it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.text_of(self.0.client_id).unwrap_or_default()
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text_of(self.0.jti).unwrap_or_default()
    }

    /// `scope`, space-separated (RFC 8693, section 4.2). `None` where it is absent, or not a string.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.text_of(self.0.scope)
    }

    /// `sid`: the session at the issuer that it belongs to, which servers take over from OpenID Connect. `None` where it is absent, or not a string.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.text_of(self.0.sid)
    }

    /// `acr`: how the user was authenticated (RFC 9068, section 2.2.1). `None` where it is absent, or not a string.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.text_of(self.0.acr)
    }

    /// `auth_time`: when the user was authenticated (RFC 9068, section 2.2.1). `None` where it is absent, or not a number.
    #[must_use]
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.0.auth_time
    }

    /// `cnf`: what the token is bound to. `None` only where it is absent: whoever has such a token may use it.
    #[must_use]
    pub fn confirmation(&self) -> Option<Confirmation<'_>> {
        let Bound { jkt, x5t_s256 } = self.0.cnf?;
        let member = |located: Located| match located {
            Located::Absent => Member::Absent,
            Located::Text { .. } => self.text_of(located).map_or(Member::Other, Member::Text),
            Located::Other(_) => Member::Other,
        };
        Some(Confirmation { jkt: member(jkt), x5t_s256: member(x5t_s256) })
    }

    /// All claims. Read anew at each call.
    #[must_use]
    pub fn claims(&self) -> Object {
        // It was read before, as an object of no more members.
        self.claims_as().unwrap_or_default()
    }

    /// All claims, read into a type of the caller's own.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where they are not what `T` is made of.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        // What was read within the limits of a token has nothing more to prove.
        let document = self.0.text.get(..self.0.end).unwrap_or_default();
        json::object_from_slice(document.as_bytes(), &json::Limits::unbounded())
    }

    fn text_of(&self, located: Located) -> Option<&str> {
        located.text_in(&self.0.text)
    }
}

impl fmt::Debug for AccessTokenPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenPayload").field("bound", &self.0.cnf.is_some()).finish_non_exhaustive()
    }
}

/// The claims that decide: where they are in their text. In one place, because it is handed on several times.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// The payload, and behind it the strings that were unescaped; empty as long as the token is judged.
    text: String,
    /// Where the payload ends.
    end: usize,
    iss: Located,
    sub: Located,
    client_id: Located,
    jti: Located,
    scope: Located,
    sid: Located,
    acr: Located,
    auth_time: Option<Timestamp>,
    cnf: Option<Bound>,
    /// By which other names servers say what `client_id` and `scope` say, the better known first.
    azp: Located,
    cid: Located,
    appid: Located,
    scp: Located,
}

impl Found {
    fn look_further(&mut self) {
        let is_text = |located: &Located| matches!(located, Located::Text { .. });
        if self.client_id == Located::Absent {
            self.client_id = [self.azp, self.cid, self.appid].into_iter().find(is_text).unwrap_or_default();
        }
        if self.scope == Located::Absent {
            self.scope = self.scp;
        }
    }
}

/// The members of a `cnf` that are understood here; none of what is no object.
#[derive(Clone, Copy, Debug, Default)]
struct Bound {
    jkt: Located,
    x5t_s256: Located,
}

/// A payload that was read, of a token that is still to be judged.
pub(super) struct Reading<'b> {
    pub(super) document: &'b str,
    found: Box<Found>,
}

impl Reading<'_> {
    pub(super) fn deciding(&self) -> Deciding {
        let Found { sub, jti, client_id, .. } = *self.found;
        Deciding { sub: Said::of_located(sub), jti: Said::of_located(jti), client_id: Said::of_located(client_id) }
    }
}

impl<'b> ReadClaims<'b> for Reading<'b> {
    type Kept = Box<Found>;

    #[inline]
    fn kept(self) -> Box<Found> {
        self.found
    }

    #[inline]
    fn read(reader: &mut Reader<'b, '_>) -> Result<Self, JsonError> {
        let document = reader.document();
        let mut found = Box::new(Found { end: document.len(), ..Found::default() });
        reader.walk_document(|reader, name| {
            match name.as_bytes() {
                b"iss" => found.iss = reader.locate()?,
                b"sub" => found.sub = reader.locate()?,
                b"client_id" => found.client_id = reader.locate()?,
                b"jti" => found.jti = reader.locate()?,
                b"scope" => found.scope = reader.locate()?,
                b"sid" => found.sid = reader.locate()?,
                b"acr" => found.acr = reader.locate()?,
                b"auth_time" => found.auth_time = reader.locate_number()?.map(time),
                b"cnf" => found.cnf = Some(bound(reader)?),
                b"azp" => found.azp = reader.locate()?,
                b"cid" => found.cid = reader.locate()?,
                b"appid" => found.appid = reader.locate()?,
                b"scp" => found.scp = reader.locate()?,
                _ => reader.skip_value()?,
            }
            Ok(())
        })?;
        Ok(Self { document, found })
    }
}

fn time(seconds: Numeric) -> Timestamp {
    Instant::of(seconds).timestamp()
}

/// An object as it should be, and every other value as one in which nothing is understood.
fn bound(reader: &mut Reader<'_, '_>) -> Result<Bound, Failed> {
    let mut bound = Bound::default();
    if reader.next_byte() != Some(b'{') {
        reader.skip_value()?;
        return Ok(bound);
    }
    reader.walk(|reader, name| {
        match name {
            JKT => bound.jkt = reader.locate()?,
            X5T_S256 => bound.x5t_s256 = reader.locate()?,
            _ => reader.skip_value()?,
        }
        Ok(())
    })?;
    Ok(bound)
}

/// The `cnf` of a token (RFC 7800, section 3.1): the DPoP key (`jkt`, RFC 9449, section 6.1), the client certificate (`x5t#S256`, RFC 8705, section 3.1), or
/// both, without which it must not be taken.
///
/// # Examples
///
/// ```
/// use jwt_core::json::Object;
/// use jwt_core::profile::Confirmation;
///
/// let cnf: Object = [("jkt", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")].into_iter().collect();
/// let confirmation = Confirmation::of(&cnf);
/// assert_eq!(confirmation.jkt(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
/// assert!(confirmation.is_understood() && confirmation.x5t_s256().is_none());
///
/// let other: Object = [("kid", "key-1")].into_iter().collect();
/// assert!(!Confirmation::of(&other).is_understood());
/// ```
#[derive(Clone, Copy)]
pub struct Confirmation<'c> {
    jkt: Member<'c>,
    x5t_s256: Member<'c>,
}

impl<'c> Confirmation<'c> {
    /// That of an object, as an introspection response has it.
    #[must_use]
    pub fn of(cnf: &'c Object) -> Self {
        let member = |name| match cnf.get(name) {
            None => Member::Absent,
            Some(value) => value.as_str().map_or(Member::Other, Member::Text),
        };
        Self { jkt: member(JKT), x5t_s256: member(X5T_S256) }
    }

    /// The SHA-256 thumbprint of the DPoP key, in base64url.
    #[must_use]
    pub const fn jkt(&self) -> Option<&'c str> {
        self.jkt.text()
    }

    /// The SHA-256 thumbprint of the client certificate, in base64url.
    #[must_use]
    pub const fn x5t_s256(&self) -> Option<&'c str> {
        self.x5t_s256.text()
    }

    /// Whether it names a key or a certificate, and each in a string. A token with a confirmation that says nothing else than what nobody here can check is
    /// bound all the same, and so is not to be taken. (Members beside one that can be checked "MUST be ignored", RFC 7800, section 3.1.)
    #[must_use]
    pub const fn is_understood(&self) -> bool {
        match (self.jkt, self.x5t_s256) {
            (Member::Text(_), Member::Text(_) | Member::Absent) | (Member::Absent, Member::Text(_)) => true,
            (Member::Absent, Member::Absent) | (Member::Other, _) | (_, Member::Other) => false,
        }
    }
}

/// Shows which members there are.
impl fmt::Debug for Confirmation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation")
            .field("jkt", &self.jkt().is_some())
            .field("x5t_s256", &self.x5t_s256().is_some())
            .finish()
    }
}

/// A member of a confirmation.
#[derive(Clone, Copy)]
enum Member<'c> {
    Absent,
    Text(&'c str),
    Other,
}

impl<'c> Member<'c> {
    const fn text(self) -> Option<&'c str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

const JKT: &str = "jkt";

const X5T_S256: &str = "x5t#S256";

/// What RFC 9068 asks of these claims beyond what every JWT must be: the same whether they are in a payload or an object.
#[derive(Clone, Copy)]
pub(super) struct Deciding {
    sub: Said,
    jti: Said,
    client_id: Said,
}

impl Deciding {
    pub(super) fn of(claims: &Object) -> Self {
        let said = |name| Said::of_value(claims.get(name));
        Self { sub: said("sub"), jti: said("jti"), client_id: said("client_id") }
    }

    /// A name that is empty is none: not of whom the client acts for, not of the client, and not of the token. That the others are texts, the policy says.
    pub(super) fn failures(&self, client_id_required: bool) -> Vec<Failure> {
        let mut found = Vec::new();
        let mut fail = |claim, reason| found.push(Failure::new(claim, reason));
        for (claim, said) in [(Claim::Subject, self.sub), (Claim::Id, self.jti), (Claim::ClientId, self.client_id)] {
            if let Said::Nothing = said {
                fail(claim, Reason::Mismatch);
            }
        }
        match self.client_id {
            Said::Absent if client_id_required => fail(Claim::ClientId, Reason::Missing),
            Said::Other(kind) => {
                found.push(Failure::new(Claim::ClientId, Reason::WrongType).with_found(|_| Some(kind)));
            }
            Said::Absent | Said::Nothing | Said::Text => {}
        }
        found
    }
}

/// What a claim is, as far as it counts here.
#[derive(Clone, Copy)]
enum Said {
    Absent,
    /// A text of no character.
    Nothing,
    Text,
    Other(JsonKind),
}

impl Said {
    const fn of_located(located: Located) -> Self {
        match located {
            Located::Absent => Self::Absent,
            Located::Text { start, end } if start == end => Self::Nothing,
            Located::Text { .. } => Self::Text,
            Located::Other(kind) => Self::Other(kind),
        }
    }

    fn of_value(value: Option<&Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(Value::String(text)) if text.is_empty() => Self::Nothing,
            Some(Value::String(_)) => Self::Text,
            Some(value) => Self::Other(value.kind()),
        }
    }
}
