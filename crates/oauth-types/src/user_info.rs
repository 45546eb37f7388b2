//! User info (OpenID Connect Core 1.0, section 5.3): [`UserInfoRequest`], [`UserInfo`].
//!
//! ```text
//! GET /userinfo HTTP/1.1
//! Authorization: Bearer SlAV32hkKG
//! ```
//!
//! Checked here: that there is a `sub`, and what kind of value each claim is. Claims must not be used before their subject was compared with that of the ID
//! token, by [`UserInfo::require_sub`]: an access token may be another user's (section 16.11, "Token Substitution").
//!
//! ```
//! use jwt_core::Timestamp;
//! use oauth_types::{AccessToken, Endpoint, Expect, HttpResponse, UserInfo, UserInfoRequest};
//!
//! let request = UserInfoRequest::bearer(AccessToken::new("SlAV32hkKG")).to_http(&Endpoint::new("https://server.example.com/userinfo")?)?;
//! assert_eq!(request.header("authorization"), Some("Bearer SlAV32hkKG"));
//!
//! let answer = HttpResponse::new(200).with_header("content-type", "application/json")
//!     .with_body(r#"{"sub":"248289761001","name":"Jane Doe","email":"janedoe@example.com","email_verified":"true"}"#);
//! let user = UserInfo::from_http(&answer, &Expect::new(Timestamp::from_unix(1_700_000_000)))?.require_sub("248289761001")?;
//! assert_eq!((user.name(), user.email_verified()), (Some("Jane Doe"), Some(true)));
//! assert_eq!(user.deviations()[0].to_string(), "email_verified was a string");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::json::{Object, Value};
use jwt_core::{Secret, Timestamp};

use crate::access_token::{self, PresentedToken, TokenScheme};
use crate::dpop;
use crate::http::{HttpRequest, HttpResponse, Method, Purpose, Replay, is_compact_jws};
use crate::identifiers::Endpoint;
use crate::protected;
use crate::reading::{Deviation, Reading, Tolerance};
use crate::request::{self, BuildError, RequestError};
use crate::response::{self, Expect, InvalidResponse, Joined, Members, ResponseError, Success, flag_in, kind};
use crate::secret::AccessToken;

/// Asks for claims about the user whose access token this is (section 5.3.1).
#[derive(Clone, Debug)]
pub struct UserInfoRequest {
    access_token: AccessToken,
    proof: Option<Secret>,
    signed: bool,
    post: bool,
}

impl UserInfoRequest {
    /// A request with a bearer token (RFC 6750, section 2.1).
    #[must_use]
    pub const fn bearer(access_token: AccessToken) -> Self {
        Self { access_token, proof: None, signed: false, post: false }
    }

    /// A request with a token that is bound to a DPoP key, and the proof for this one request (RFC 9449, section 7.1).
    #[must_use]
    pub const fn dpop(access_token: AccessToken, proof: Secret) -> Self {
        Self { access_token, proof: Some(proof), signed: false, post: false }
    }

    /// Asks for an answer as a JWT, which is read by [`UserInfo::signed_from_http`]. What comes is decided by what the client registered.
    #[must_use]
    pub const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Asks by `POST`, with an empty body, instead of by `GET` (section 5.3.1 allows both). A DPoP proof is for one of the two.
    #[must_use]
    pub const fn by_post(mut self) -> Self {
        self.post = true;
        self
    }

    /// The access token.
    #[must_use]
    pub const fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The DPoP proof, if the token came as one that is bound to a key. Not verified.
    #[must_use]
    pub const fn proof(&self) -> Option<&Secret> {
        self.proof.as_ref()
    }

    /// Whether the answer is to be a JWT.
    #[must_use]
    pub const fn wants_signed(&self) -> bool {
        self.signed
    }

    /// By which method it asks.
    #[must_use]
    pub const fn method(&self) -> Method {
        if self.post { Method::Post } else { Method::Get }
    }

    /// The request as it goes to the server. It may be repeated, a DPoP proof only by a fresh one.
    ///
    /// # Errors
    ///
    /// [`BuildError::AccessToken`] if the token is not of the syntax of RFC 6750, section 2.1, [`BuildError::Proof`] if the proof is no compact JWS.
    pub fn to_http(&self, endpoint: &Endpoint) -> Result<HttpRequest, BuildError> {
        let accept = if self.signed { MEDIA_TYPE } else { "application/json" };
        let request = HttpRequest::new(self.method(), endpoint.shared(), Purpose::UserInfo)
            .with_header("accept", accept)
            // Whatever the method, it changes nothing there.
            .with_replay(Replay::Safe);
        let scheme = if self.proof.is_some() { TokenScheme::DPoP } else { TokenScheme::Bearer };
        let request = PresentedToken::new(scheme, self.access_token.clone())?.add_to(request);
        match &self.proof {
            None => Ok(request),
            Some(proof) => dpop::with_proof(request, proof.expose()),
        }
    }

    /// Reads a request that came to a server, by `GET` or `POST`. Nothing of it has been verified. A token in the body or in the URL is refused
    /// (RFC 9700, section 4.3.2).
    ///
    /// # Errors
    ///
    /// [`RequestError`]; [`RequestError::to_http`] is the answer to it: [`RequestError::Proof`] for a `DPoP` token without one proof.
    pub fn from_http(request: &HttpRequest) -> Result<Self, RequestError> {
        if !matches!(request.method(), Method::Get | Method::Post) {
            return Err(RequestError::MethodOtherThan { allowed: "GET, POST" });
        }
        let token = access_token::required(request)?;
        let proof = match token.scheme() {
            TokenScheme::Bearer => None,
            // RFC 9449, section 4.3: "There is not more than one DPoP HTTP request header field."
            TokenScheme::DPoP => match dpop::proof(request) {
                Ok(Some(proof)) if is_compact_jws(proof) => Some(Secret::new(proof)),
                Ok(_) | Err(_) => return Err(RequestError::Proof),
            },
        };
        let signed = request::accepts(request, MEDIA_TYPE);
        let post = request.method() == Method::Post;
        Ok(Self { access_token: token.into_token(), proof, signed, post })
    }
}

macro_rules! claims {
    ($($(#[$doc:meta])* $claim:ident, $with_claim:ident;)+) => {
        impl UserInfo {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $claim(&self) -> Option<&str> {
                    self.claims.get_str(stringify!($claim))
                }

                #[doc = concat!("Sets `", stringify!($claim), "`; an empty one is none.")]
                #[must_use]
                pub fn $with_claim(self, text: impl Into<String>) -> Self {
                    let text: String = text.into();
                    if text.is_empty() { self } else { self.set(stringify!($claim), Value::String(text)) }
                }
            )+
        }

        /// The claims that are text.
        const TEXTS: &[&str] = &[$(stringify!($claim),)+];
    };
}

/// Claims about a user (sections 5.1 and 5.3.2).
///
/// Names may come in several languages (section 5.2): `name#ja-Kana-JP` is a claim of its own, see [`UserInfo::claim`]. `Debug` shows nothing of them.
#[derive(Clone)]
pub struct UserInfo {
    sub: String,
    claims: Object,
    deviations: Vec<Deviation>,
}

claims! {
    /// The full name, for display.
    name, with_name;
    /// Given names.
    given_name, with_given_name;
    /// Surnames.
    family_name, with_family_name;
    /// Middle names.
    middle_name, with_middle_name;
    /// What the user is called.
    nickname, with_nickname;
    /// What the user wants to be called here. Not unique, and not to be relied on.
    preferred_username, with_preferred_username;
    /// A page about the user. Not checked.
    profile, with_profile;
    /// A picture of the user. Not checked.
    picture, with_picture;
    /// The user's own page. Not checked.
    website, with_website;
    /// An email address. It names nobody (section 5.7): users are told apart by `sub` at their issuer.
    email, with_email;
    /// The gender.
    gender, with_gender;
    /// The birthday: `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`. Not checked.
    birthdate, with_birthdate;
    /// The time zone.
    zoneinfo, with_zoneinfo;
    /// The language and region.
    locale, with_locale;
    /// A telephone number.
    phone_number, with_phone_number;
}

impl UserInfo {
    /// A user of whom nothing else is said.
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self { sub: sub.into(), claims: Object::new(), deviations: Vec::new() }
    }

    /// Reads an answer of the user info endpoint that is not signed.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] if the access token is not good or not good for this, which stands in a challenge (section 5.3.3; RFC 6750, section 3);
    /// [`ResponseError::Transient`] and [`ResponseError::Invalid`] as everywhere.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        Ok(Self::read(protected::read(response, SUCCESS, expect)?)?)
    }

    /// Reads an answer that is a JWT (section 5.3.2) as far as its compact text: verify it, then read its claims by [`UserInfo::from_claims`].
    ///
    /// # Errors
    ///
    /// [`InvalidResponse::NotSigned`] for an answer of another content type than `application/jwt`: who registered for signed user info must not take other.
    /// [`ResponseError`] as [`UserInfo::from_http`] for errors.
    pub fn signed_from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<String, ResponseError> {
        response::read_jwt(response, MEDIA_TYPE, || protected::read(response, SUCCESS, expect))
    }

    /// Reads the claims of a JWT that was verified.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`], as for the same claims in JSON.
    pub fn from_claims(claims: &Object, reading: Reading) -> Result<Self, InvalidResponse> {
        Self::read(Members::of(claims.clone(), Tolerance::new(reading)))
    }

    fn read(mut members: Members) -> Result<Self, InvalidResponse> {
        // Section 5.3.2: "The sub (subject) Claim MUST always be returned in the UserInfo Response."
        let sub = members.require_text("sub")?;
        let claims = members.take_rest_mended(Self::read_claim)?;
        Ok(Self { sub, claims, deviations: members.tolerance.into_deviations() })
    }

    /// Of a claim that is not as it should be: its name, what is kept of it, and what is wrong. What cannot be understood is kept as it came; the method of
    /// the claim then does not see it.
    fn read_claim(name: &str, value: &Value) -> Option<(&'static str, Option<Value>, Deviation)> {
        let member = TEXTS.iter().chain(OTHERS).copied().find(|member| *member == name)?;
        let wrong = Deviation::WrongType { member, found: kind(value) };
        let (kept, deviation) = match (member, value) {
            // Section 5.3.2: "it SHOULD NOT be present with a null or empty string value".
            (_, Value::Null) => (None, wrong),
            (_, Value::String(text)) if text.is_empty() => (None, Deviation::Empty { member }),
            ("email_verified" | "phone_number_verified", Value::Bool(_)) | ("address", Value::Object(_)) => {
                return None;
            }
            ("email_verified" | "phone_number_verified", _) => {
                (Some(flag_in(value).map_or_else(|| value.clone(), Value::Bool)), wrong)
            }
            ("updated_at", Value::Number(number)) if number.as_u64().is_some() => return None,
            ("updated_at", Value::Number(number)) => {
                let seconds = core::time::Duration::try_from_secs_f64(number.as_f64()).map(|time| time.as_secs());
                let (kept, deviation) = match seconds {
                    Ok(seconds) => (Value::from(seconds), wrong),
                    Err(_) => (value.clone(), Deviation::OutOfRange { member }),
                };
                (Some(kept), deviation)
            }
            ("updated_at", Value::String(text)) => match text.parse::<u64>() {
                Ok(seconds) => (Some(Value::from(seconds)), wrong),
                // A date, as Auth0 writes it.
                Err(_) => (Some(value.clone()), Deviation::Malformed { member }),
            },
            ("address" | "updated_at", _) => (Some(value.clone()), wrong),
            (_, Value::String(_)) => return None,
            (_, Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => (Some(value.clone()), wrong),
        };
        Some((member, kept, deviation))
    }

    /// Gives the claims only if they are about this subject: that of the ID token, compared byte by byte (section 5.3.2: "The sub Claim in the UserInfo
    /// Response MUST be verified to exactly match the sub Claim in the ID Token; if they do not match, the UserInfo Response values MUST NOT be used.")
    ///
    /// # Errors
    ///
    /// [`InvalidResponse::SubjectMismatch`].
    pub fn require_sub(self, expected: &str) -> Result<Self, InvalidResponse> {
        if self.sub == expected { Ok(self) } else { Err(InvalidResponse::SubjectMismatch) }
    }

    /// Who the user is at this issuer.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// Whether the issuer has seen that the email address is the user's.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        self.claims.get("email_verified").and_then(Value::as_bool)
    }

    /// Sets `email_verified`.
    #[must_use]
    pub fn with_email_verified(self, verified: bool) -> Self {
        self.set("email_verified", Value::Bool(verified))
    }

    /// Whether the issuer has seen that the telephone number is the user's.
    #[must_use]
    pub fn phone_number_verified(&self) -> Option<bool> {
        self.claims.get("phone_number_verified").and_then(Value::as_bool)
    }

    /// Sets `phone_number_verified`.
    #[must_use]
    pub fn with_phone_number_verified(self, verified: bool) -> Self {
        self.set("phone_number_verified", Value::Bool(verified))
    }

    /// The postal address (section 5.1.1): `formatted`, `street_address`, `locality`, `region`, `postal_code`, `country`.
    #[must_use]
    pub fn address(&self) -> Option<&Object> {
        self.claims.get("address").and_then(Value::as_object)
    }

    /// Sets `address`.
    #[must_use]
    pub fn with_address(self, address: Object) -> Self {
        self.set("address", Value::Object(address))
    }

    /// When any of this was last changed.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.claims.get("updated_at").and_then(Value::as_u64).map(Timestamp::from_unix)
    }

    /// Sets `updated_at`, in whole seconds.
    #[must_use]
    pub fn with_updated_at(self, at: Timestamp) -> Self {
        self.set("updated_at", Value::from(at.as_unix()))
    }

    /// A claim by name, as it came, with a language tag or not.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// All claims but `sub`, in their order.
    #[must_use]
    pub const fn claims(&self) -> &Object {
        &self.claims
    }

    /// Adds a claim that has no method of its own here. One that has is left alone.
    #[must_use]
    pub fn with_claim(self, name: &str, value: impl Into<Value>) -> Self {
        if name == "sub" || TEXTS.iter().chain(OTHERS).any(|known| *known == name) {
            return self;
        }
        self.set(name, value.into())
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The answer of a server, not signed.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let own = [("sub", self.sub.as_str())].into_iter().collect();
        response::json(200, &Joined { own, rest: &self.claims, reserved: &["sub"] })
    }

    /// All claims with `sub`: what a JWT holds beside `iss` and `aud` (section 5.3.2).
    #[must_use]
    pub fn to_claims(&self) -> Object {
        let mut claims = self.claims.clone();
        claims.insert("sub", self.sub.as_str());
        claims
    }

    /// The signed answer of a server: `compact` is the JWT.
    #[must_use]
    pub fn signed_to_http(compact: &str) -> HttpResponse {
        response::jwt(MEDIA_TYPE, compact)
    }

    fn set(mut self, name: &str, value: Value) -> Self {
        self.claims.insert(name, value);
        self
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo")
            .field("claims", &self.claims.len())
            .field("deviations", &self.deviations)
            .finish_non_exhaustive()
    }
}

/// Section 5.3.2.
const SUCCESS: Success = Success::with(200, "sub");

/// Section 5.3.2.
const MEDIA_TYPE: &str = "application/jwt";

/// The claims that have a method of their own and are no text.
const OTHERS: &[&str] = &["email_verified", "phone_number_verified", "address", "updated_at"];

#[cfg(test)]
mod tests;
