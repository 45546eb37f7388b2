//! [`Policy`]: what the claims of a token must say (RFC 7519, section 4.1; RFC 8725, section 3).

mod rejection;

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub use self::rejection::{Claim, Failure, Reason, Rejection};
use crate::claims::Instant;
use crate::header::same_media_type;
use crate::json::{JsonKind, Numeric, Place, Reader, Watch, string_end};
use crate::{Limits, Timestamp};

/// What a token must say to be accepted: the four decisions that nobody may forget, and what else the caller wants.
///
/// A claim that is configured must be there, be of its type and be as configured; `null` is never absent. What the registered claims are (RFC 7519, section
/// 4.1), they must be whenever they are there: `exp`, `nbf` and `iat` numbers, `sub`, `jti` strings, and `iss` and `aud` too unless the policy says
/// dangerously that any will do and does not [require](Policy::require) them. `nbf` and `iat`, if there, are always checked against the clock.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
/// use jwt_core::Policy;
///
/// let policy = Policy::new(
///     Issuer::exactly("https://as.example"),
///     Audience::contains("https://api.example"),
///     Typ::AccessToken,
///     Expiry::Required,
/// )
/// .leeway(Duration::from_secs(30))
/// .require("client_id");
/// # drop(policy);
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    issuer: Issuer,
    audience: Audience,
    typ: Typ,
    leeway: Duration,
    subject: Option<String>,
    max_age: Option<Duration>,
    require: Registered,
    /// Whether a token without `aud` is for whoever a profile says.
    audience_elsewhere: bool,
    /// Further names, all different.
    required: Vec<String>,
    limits: Limits,
}

/// Who must have issued the token (`iss`), compared byte by byte (RFC 8725, section 3.8).
///
/// # Examples
///
/// ```
/// use jwt_core::{Audience, Expiry, Issuer, Policy, Typ};
/// # use jwt_core::{Algorithm, Header, RegisteredClaims, SigningKey, Timestamp, VerifyingKey};
/// # let (key, now) = (SigningKey::hs256(&[7; 32])?, Timestamp::from_unix(1_700_000_000));
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api");
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// # let key = key.verifying_key()?;
/// let code = |issuer| {
///     let policy = Policy::new(issuer, Audience::contains("api"), Typ::Jwt, Expiry::DangerousOptional);
///     jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, now).err().map(|error| error.code())
/// };
/// // A token of `https://as.example`:
/// assert_eq!(code(Issuer::exactly("https://as.example")), None);
/// assert_eq!(code(Issuer::one_of(["https://as.example", "https://login.example"])), None);
/// assert_eq!(code(Issuer::exactly("https://as.example/")), Some("issuer_mismatch"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Issuer {
    /// This one.
    Exactly(String),
    /// One of these: for an issuer that is known by two spellings. Keys must then belong to all of them.
    OneOf(Vec<String>),
    /// Anybody, also nobody, whatever `iss` is; with [`Policy::require`], anybody, but somebody. Whose key it is must be decided elsewhere.
    DangerousAny,
}

impl Issuer {
    /// This issuer and no other.
    #[must_use]
    pub fn exactly(issuer: impl Into<String>) -> Self {
        Self::Exactly(issuer.into())
    }

    /// One of these issuers.
    #[must_use]
    pub fn one_of<S: Into<String>>(issuers: impl IntoIterator<Item = S>) -> Self {
        Self::OneOf(issuers.into_iter().map(Into::into).collect())
    }
}

/// Whom the token must be for (`aud`), compared byte by byte (RFC 8725, section 3.9).
///
/// # Examples
///
/// ```
/// use jwt_core::{Audience, Expiry, Issuer, Policy, Typ};
/// # use jwt_core::{Algorithm, Header, RegisteredClaims, SigningKey, Timestamp, VerifyingKey};
/// # let (key, now) = (SigningKey::hs256(&[7; 32])?, Timestamp::from_unix(1_700_000_000));
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api");
/// # let claims = claims.with_audience("other");
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// # let key = key.verifying_key()?;
/// let code = |audience| {
///     let policy = Policy::new(Issuer::exactly("https://as.example"), audience, Typ::Jwt, Expiry::DangerousOptional);
///     jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, now).err().map(|error| error.code())
/// };
/// // A token for `["api", "other"]`:
/// assert_eq!(code(Audience::contains("api")), None);
/// assert_eq!(code(Audience::contains_one_of(["mine", "other"])), None);
/// assert_eq!(code(Audience::contains("mine")), Some("audience_mismatch"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// This one, among others or alone.
    Contains(String),
    /// At least one of these: for a recipient that is known by several names.
    ContainsOneOf(Vec<String>),
    /// Anybody, also nobody, whatever `aud` is; with [`Policy::require`], anybody, but somebody: a token meant for another service is accepted.
    DangerousAny,
}

impl Audience {
    /// This audience, among others or alone.
    #[must_use]
    pub fn contains(audience: impl Into<String>) -> Self {
        Self::Contains(audience.into())
    }

    /// At least one of these audiences.
    #[must_use]
    pub fn contains_one_of<S: Into<String>>(audiences: impl IntoIterator<Item = S>) -> Self {
        Self::ContainsOneOf(audiences.into_iter().map(Into::into).collect())
    }
}

/// What kind of token it must be (the header's `typ`; RFC 8725, section 3.11), compared without regard to case and to a leading `application/`.
///
/// # Examples
///
/// ```
/// use jwt_core::{Audience, Expiry, Issuer, Policy, Typ};
/// # use jwt_core::{Algorithm, Header, RegisteredClaims, SigningKey, Timestamp, VerifyingKey};
/// # let (key, now) = (SigningKey::hs256(&[7; 32])?, Timestamp::from_unix(1_700_000_000));
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api");
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256).with_typ("application/at+JWT"), &claims, &key)?;
/// # let key = key.verifying_key()?;
/// let code = |typ| {
///     let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), typ, Expiry::DangerousOptional);
///     jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, now).err().map(|error| error.code())
/// };
/// // A token whose header says `application/at+JWT`:
/// assert_eq!(code(Typ::AccessToken), None);
/// assert_eq!(code(Typ::exactly("at+jwt")), None);
/// assert_eq!(code(Typ::IdToken), Some("typ_mismatch"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Typ {
    /// A JWT of no declared kind: `typ` is absent or `JWT`.
    Jwt,
    /// An OAuth access token (RFC 9068, section 2.1): `at+jwt`.
    AccessToken,
    /// An `OpenID` Connect ID token: `typ` is absent or `JWT`.
    IdToken,
    /// This media type, and it must be there.
    Exactly(String),
    /// This media type, or no declared kind (`typ` is absent or `JWT`): for kinds of tokens that are older than their media type.
    ExactlyOrNone(String),
    /// Any kind: a token made for another purpose is accepted.
    DangerousAny,
}

impl Typ {
    /// This media type.
    #[must_use]
    pub fn exactly(typ: impl Into<String>) -> Self {
        Self::Exactly(typ.into())
    }

    pub(crate) fn check(&self, found: Option<&str>) -> Option<Reason> {
        let expected = match (self, found) {
            (Self::DangerousAny, _) | (Self::Jwt | Self::IdToken | Self::ExactlyOrNone(_), None) => return None,
            (Self::ExactlyOrNone(_), Some(found)) if same_media_type(found, "JWT") => return None,
            (Self::Jwt | Self::IdToken, Some(_)) => "JWT",
            (Self::AccessToken, _) => "at+jwt",
            (Self::Exactly(typ) | Self::ExactlyOrNone(typ), _) => typ,
        };
        match found {
            None => Some(Reason::Missing),
            Some(found) if same_media_type(found, expected) => None,
            Some(_) => Some(Reason::Mismatch),
        }
    }
}

/// Whether the token must end (`exp`).
///
/// # Examples
///
/// ```
/// use jwt_core::{Audience, Expiry, Issuer, Policy, Typ};
/// # use jwt_core::{Algorithm, Header, RegisteredClaims, SigningKey, Timestamp, VerifyingKey};
/// # let (key, now) = (SigningKey::hs256(&[7; 32])?, Timestamp::from_unix(1_700_000_000));
/// # let claims = RegisteredClaims::new().with_issuer("https://as.example").with_audience("api");
/// # let token = jwt_core::sign(&Header::new(Algorithm::HS256), &claims, &key)?;
/// # let key = key.verifying_key()?;
/// let code = |expiry| {
///     let policy = Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, expiry);
///     jwt_core::verify::<RegisteredClaims>(&token, &key, &policy, now).err().map(|error| error.code())
/// };
/// // A token without `exp`:
/// assert_eq!(code(Expiry::Required), Some("exp_missing"));
/// assert_eq!(code(Expiry::DangerousOptional), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// `exp` must be there.
    Required,
    /// `exp` may be absent: such a token is valid for ever. If it is there, it counts.
    DangerousOptional,
}

/// Registered claims that must be there.
#[derive(Clone, Copy, Debug, Default)]
struct Registered {
    iss: bool,
    sub: bool,
    aud: bool,
    exp: bool,
    nbf: bool,
    iat: bool,
    jti: bool,
}

impl Policy {
    /// The four decisions. No leeway, nothing else required, default limits.
    #[must_use]
    pub fn new(issuer: Issuer, audience: Audience, typ: Typ, expiry: Expiry) -> Self {
        Self {
            require: Registered {
                iss: issuer != Issuer::DangerousAny,
                aud: audience != Audience::DangerousAny,
                exp: expiry == Expiry::Required,
                ..Registered::default()
            },
            issuer,
            audience,
            typ,
            leeway: Duration::ZERO,
            subject: None,
            max_age: None,
            audience_elsewhere: false,
            required: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// How far the clocks of issuer and recipient may be apart, "usually no more than a few minutes" (RFC 7519, section 4.1.4). Default: zero.
    #[must_use]
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// `sub` must be there and be this, byte by byte.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self.require.sub = true;
        self
    }

    /// A claim of this name must be there and not be `null`; a registered one must be of its type (RFC 7519, section 4.1), and `aud` for somebody.
    #[must_use]
    pub fn require(mut self, claim: impl Into<String>) -> Self {
        let claim = claim.into();
        match claim.as_str() {
            "iss" => self.require.iss = true,
            "sub" => self.require.sub = true,
            "aud" => self.require.aud = true,
            "exp" => self.require.exp = true,
            "nbf" => self.require.nbf = true,
            "iat" => self.require.iat = true,
            "jti" => self.require.jti = true,
            _ if self.required.contains(&claim) => {}
            _ => self.required.push(claim),
        }
        self
    }

    /// `iat` must be there and not be longer ago than this.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self.require.iat = true;
        self
    }

    /// What a token may cost.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same of another issuer.
    pub(crate) fn with_issuer(mut self, issuer: Issuer) -> Self {
        self.require.iss |= issuer != Issuer::DangerousAny;
        self.issuer = issuer;
        self
    }

    /// Leaves it to a profile to say for whom a token is that has no `aud`. One that is there counts.
    pub(crate) const fn audience_elsewhere(mut self) -> Self {
        self.audience_elsewhere = true;
        self
    }

    pub(crate) const fn has_audience_elsewhere(&self) -> bool {
        self.audience_elsewhere
    }

    pub(crate) const fn token_limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) const fn typ(&self) -> &Typ {
        &self.typ
    }

    pub(crate) fn required(&self) -> &[String] {
        &self.required
    }

    /// Checks the claims of a document that was read as strict JSON with [`Policy::required`] watched.
    ///
    /// `typ` is what [`Typ::check`] said; `missing` finds out which of [`Policy::required`] are not there, and is asked only if some are not; `failures` are
    /// those that a profile has found, to be told in the same answer.
    pub(crate) fn check<'p>(
        &'p self,
        reader: &mut Reader<'_, '_>,
        typ: Option<Reason>,
        now: Timestamp,
        missing: impl FnOnce() -> Vec<&'p str>,
        mut failures: Vec<Failure>,
    ) -> Result<Times, Rejection> {
        let watch = reader.watch();
        let mut fail = |claim, reason: Option<Reason>| {
            if let Some(reason) = reason {
                failures.push(Failure::new(claim, reason));
            }
        };
        fail(Claim::Issuer, self.issuer(reader, watch.iss));
        fail(Claim::Audience, self.audience(reader, watch.aud));
        fail(Claim::Typ, typ);
        let subject = match &self.subject {
            Some(subject) => text(reader, watch.sub, true, |found| found == subject),
            None => any_text(reader, watch.sub, self.require.sub),
        };
        fail(Claim::Subject, subject);
        fail(Claim::Id, any_text(reader, watch.jti, self.require.jti));
        if watch.required_met < self.required.len() {
            for name in missing() {
                fail(Claim::Required(name.into()), Some(Reason::Missing));
            }
        }
        let mut time = |claim, place, required, check: &dyn Fn(Instant) -> Option<Reason>| match instant(
            reader, place, required,
        ) {
            Ok(instant) => {
                fail(claim, instant.and_then(check));
                instant.map(Instant::timestamp)
            }
            Err(reason) => {
                fail(claim, Some(reason));
                None
            }
        };
        let issued_at = time(Claim::IssuedAt, watch.iat, self.require.iat, &|iat| {
            if iat.is_after(now, self.leeway) {
                return Some(Reason::InFuture);
            }
            // "Not longer ago than": at exactly this age it is still good.
            let latest = self.max_age?.saturating_add(self.leeway).saturating_add(Duration::from_nanos(1));
            iat.reached(now, latest).then_some(Reason::TooOld)
        });
        // RFC 7519, section 4.1.5: "the current date/time MUST be after or equal to the not-before date/time".
        let not_before = time(Claim::NotBefore, watch.nbf, self.require.nbf, &|nbf| {
            nbf.is_after(now, self.leeway).then_some(Reason::NotYetValid)
        });
        // RFC 7519, section 4.1.4: "the current date/time MUST be before the expiration date/time".
        let expires_at = time(Claim::Expiry, watch.exp, self.require.exp, &|exp| {
            exp.reached(now, self.leeway).then_some(Reason::Expired)
        });
        let times = Times { issued_at, not_before, expires_at };
        if failures.is_empty() { Ok(times) } else { rejected(failures, reader).map_or(Ok(times), Err) }
    }

    fn issuer(&self, reader: &mut Reader<'_, '_>, place: Option<Place>) -> Option<Reason> {
        match &self.issuer {
            Issuer::Exactly(issuer) => text(reader, place, true, |found| found == issuer),
            Issuer::OneOf(issuers) => text(reader, place, true, |found| issuers.iter().any(|issuer| issuer == found)),
            // Whoever it is, a claim that was asked for is there and of its type.
            Issuer::DangerousAny if self.require.iss => any_text(reader, place, true),
            Issuer::DangerousAny => None,
        }
    }

    fn audience(&self, reader: &mut Reader<'_, '_>, place: Option<Place>) -> Option<Reason> {
        if place.is_none() && self.audience_elsewhere {
            return None;
        }
        match &self.audience {
            Audience::Contains(audience) => audiences(reader, place, |found| found == audience),
            Audience::ContainsOneOf(own) => {
                audiences(reader, place, |found| own.iter().any(|audience| audience == found))
            }
            Audience::DangerousAny if self.require.aud => audiences(reader, place, |_| true),
            Audience::DangerousAny => None,
        }
    }
}

/// What to say of claims of which these fail. What stands in their place is looked at only now.
#[cold]
fn rejected(failures: Vec<Failure>, reader: &Reader<'_, '_>) -> Option<Rejection> {
    let &Watch { iss, sub, aud, exp, nbf, iat, jti, .. } = &reader.watch();
    let found = |claim: &Claim| {
        let place = match claim.member()? {
            "iss" => iss,
            "sub" => sub,
            "aud" => aud,
            "exp" => exp,
            "nbf" => nbf,
            "iat" => iat,
            "jti" => jti,
            _ => None,
        };
        reader.kind_at(place?)
    };
    Rejection::of(failures.into_iter().map(|failure| failure.with_found(found)).collect())
}

/// The times of an accepted token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The registered claim that is not of the type that RFC 7519 gives it, if there is one in `json`, a strict document in which `watch` noted where they are.
pub(crate) fn mistyped(watch: &Watch<'_>, json: &[u8]) -> Option<Claim> {
    let &Watch { iss, sub, aud, exp, nbf, iat, jti, .. } = watch;
    let value = |place: Place| json.get(place.position()..).unwrap_or_default();
    let kind = |place| value(place).first().copied().and_then(JsonKind::beginning_with);
    let is_text = |place| kind(place) == Some(JsonKind::String);
    let is_number = |place| kind(place) == Some(JsonKind::Number);
    for (claim, place) in [(Claim::Issuer, iss), (Claim::Subject, sub), (Claim::Id, jti)] {
        if place.is_some_and(|place| !is_text(place)) {
            return Some(claim);
        }
    }
    if aud.is_some_and(|place| !is_text(place) && !is_texts(value(place))) {
        return Some(Claim::Audience);
    }
    let mut times = [(Claim::Expiry, exp), (Claim::NotBefore, nbf), (Claim::IssuedAt, iat)].into_iter();
    times.find(|(_, place)| place.is_some_and(|place| !is_number(place))).map(|(claim, _)| claim)
}

/// Whether strict JSON begins with an array of strings, of one at least.
fn is_texts(json: &[u8]) -> bool {
    let Some(mut rest) = json.strip_prefix(b"[") else { return false };
    loop {
        let Some(inside) = rest.trim_ascii_start().strip_prefix(b"\"") else { return false };
        let Some(end) = string_end(inside, 0) else { return false };
        match inside.get(end + 1..).unwrap_or_default().trim_ascii_start() {
            [b',', next @ ..] => rest = next,
            behind => return behind.starts_with(b"]"),
        }
    }
}

fn any_text(reader: &Reader<'_, '_>, place: Option<Place>, required: bool) -> Option<Reason> {
    match place {
        None => required.then_some(Reason::Missing),
        Some(place) => (!reader.is_text_at(place)).then_some(Reason::WrongType),
    }
}

fn text(
    reader: &mut Reader<'_, '_>,
    place: Option<Place>,
    required: bool,
    expected: impl Fn(&str) -> bool,
) -> Option<Reason> {
    let Some(place) = place else { return required.then_some(Reason::Missing) };
    match reader.text_at(place) {
        Some(found) if expected(found) => None,
        Some(_) => Some(Reason::Mismatch),
        None => Some(Reason::WrongType),
    }
}

/// A string or an array of strings (RFC 7519, section 4.1.3); an empty array is for nobody.
fn audiences(reader: &mut Reader<'_, '_>, place: Option<Place>, expected: impl Fn(&str) -> bool) -> Option<Reason> {
    let Some(place) = place else { return Some(Reason::Missing) };
    let mut matches = false;
    match reader.texts_at(place, |found| matches |= expected(found)) {
        Some(()) if matches => None,
        Some(()) => Some(Reason::Mismatch),
        None => Some(Reason::WrongType),
    }
}

fn instant(reader: &mut Reader<'_, '_>, place: Option<Place>, required: bool) -> Result<Option<Instant>, Reason> {
    let Some(place) = place else { return if required { Err(Reason::Missing) } else { Ok(None) } };
    match reader.number_at(place) {
        // What nearly all are, as `Instant::of` has it, but for a copy that the caller would wait for.
        Some(Numeric::Unsigned(seconds)) => Ok(Some(Instant::from_u64(seconds))),
        Some(other) => Ok(Some(Instant::of(other))),
        None => Err(Reason::WrongType),
    }
}
