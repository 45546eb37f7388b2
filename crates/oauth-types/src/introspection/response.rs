//! [`IntrospectionResponse`].

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_core::Timestamp;
use jwt_core::json::{Object, Value};

use super::MEDIA_TYPE;
use crate::http::HttpResponse;
use crate::identifiers::Scope;
use crate::rar::AuthorizationDetails;
use crate::reading::{Deviation, Kind, Reading, Tolerance};
use crate::response::{self, Expect, InvalidResponse, Joined, Members, Piece, ResponseError, Success, texts_in};
use crate::token::TokenType;

/// What a server says about a token (RFC 7662, section 2.2).
#[derive(Clone, Debug)]
pub struct IntrospectionResponse {
    token: Option<ActiveToken>,
    deviations: Vec<Deviation>,
}

impl IntrospectionResponse {
    /// The token is good.
    #[must_use]
    pub const fn new(token: ActiveToken) -> Self {
        Self { token: Some(token), deviations: Vec::new() }
    }

    /// The token is not good, or not known, or none of the caller's business: RFC 7662, section 2.2 has one answer for all of them.
    #[must_use]
    pub const fn inactive() -> Self {
        Self { token: None, deviations: Vec::new() }
    }

    /// Reads an answer of the introspection endpoint that is not signed.
    ///
    /// # Errors
    ///
    /// [`ResponseError`]. An error is no verdict about the token, but about who asks.
    pub fn from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<Self, ResponseError> {
        Ok(Self::read(response::read(response, SUCCESS, expect)?)?)
    }

    /// Reads a signed answer (RFC 9701, section 5) as far as the compact text of the JWT: verify it (`IntrospectionProfile` in [`jwt_core::profile`]), then
    /// read its `token_introspection` by [`IntrospectionResponse::from_claims`].
    ///
    /// # Errors
    ///
    /// [`InvalidResponse::NotSigned`] for an answer of another content type than `application/token-introspection+jwt`: who asks for a signed answer must
    /// not take another. [`ResponseError`] as [`IntrospectionResponse::from_http`] for errors, which are not signed.
    pub fn signed_from_http(response: &HttpResponse, expect: &Expect<'_>) -> Result<String, ResponseError> {
        response::read_jwt(response, MEDIA_TYPE, || response::read(response, SUCCESS, expect))
    }

    /// Reads the `token_introspection` of a signed answer that was verified.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`], as for the same members in JSON.
    pub fn from_claims(token_introspection: &Object, reading: Reading) -> Result<Self, InvalidResponse> {
        Self::read(Members::of(token_introspection.clone(), Tolerance::new(reading)))
    }

    fn read(mut members: Members) -> Result<Self, InvalidResponse> {
        // RFC 7662, section 2.2: "active REQUIRED. Boolean indicator of whether or not the presented token is currently active."
        let token = match members.object.remove("active") {
            Some(Value::Bool(true)) => Some(ActiveToken::read(&mut members)?),
            Some(Value::Bool(false)) => None,
            None => return Err(InvalidResponse::Missing { member: "active" }),
            Some(Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(InvalidResponse::Malformed { member: "active" });
            }
        };
        Ok(Self { token, deviations: members.tolerance.into_deviations() })
    }

    /// What is said about the token, if it is good.
    #[must_use]
    pub const fn active(&self) -> Option<&ActiveToken> {
        self.token.as_ref()
    }

    /// The same, taken out.
    #[must_use]
    pub fn into_active(self) -> Option<ActiveToken> {
        self.token
    }

    /// What the reading tolerated.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The answer of a server, not signed.
    #[must_use]
    pub fn to_http(&self) -> HttpResponse {
        let nothing = Object::new();
        let rest = self.token.as_ref().map_or(&nothing, |token| &token.extra);
        response::json(200, &Joined { own: self.own(), rest, reserved: REGISTERED })
    }

    /// The answer as the `token_introspection` of a JWT (RFC 9701, section 5).
    #[must_use]
    pub fn to_claims(&self) -> Object {
        let mut claims = self.token.as_ref().map_or_else(Object::new, |token| token.extra.clone());
        for name in REGISTERED {
            claims.remove(name);
        }
        for (name, value) in self.own().iter() {
            claims.insert(name, value.clone());
        }
        claims
    }

    /// The members that have a method of their own.
    fn own(&self) -> Object {
        let mut object = Object::new();
        object.insert("active", self.token.is_some());
        if let Some(token) = &self.token {
            token.write(&mut object);
        }
        object
    }

    /// The signed answer of a server: `compact` is the JWT.
    #[must_use]
    pub fn signed_to_http(compact: &str) -> HttpResponse {
        response::jwt(MEDIA_TYPE, compact)
    }
}

macro_rules! members {
    (
        texts { $($(#[$text_doc:meta])* $text:ident, $with_text:ident;)+ }
        times { $($(#[$time_doc:meta])* $time:ident, $with_time:ident;)+ }
        objects { $($(#[$object_doc:meta])* $object:ident, $with_object:ident;)+ }
    ) => {
        /// What is said about a token that is good (RFC 7662, section 2.2; RFC 8693, section 4.1; RFC 8705, section 3.2; RFC 9396, section 9.2; RFC 9449,
        /// section 6.2; RFC 9470, section 6.2). Every member is optional.
        ///
        /// `Debug` shows nothing of the user.
        #[derive(Clone, Default)]
        pub struct ActiveToken {
            scope: Option<Scope>,
            token_type: Option<TokenType>,
            aud: Option<Vec<String>>,
            authorization_details: Option<AuthorizationDetails>,
            $($text: Option<String>,)+
            $($time: Option<Timestamp>,)+
            $($object: Option<Object>,)+
            extra: Object,
        }

        impl ActiveToken {
            $(
                $(#[$text_doc])*
                #[must_use]
                pub fn $text(&self) -> Option<&str> {
                    self.$text.as_deref()
                }

                #[doc = concat!("Sets `", stringify!($text), "`; an empty one is none.")]
                #[must_use]
                pub fn $with_text(mut self, text: impl Into<String>) -> Self {
                    self.$text = Some(text.into()).filter(|text| !text.is_empty());
                    self
                }
            )+

            $(
                $(#[$time_doc])*
                #[must_use]
                pub const fn $time(&self) -> Option<Timestamp> {
                    self.$time
                }

                #[doc = concat!("Sets `", stringify!($time), "`, in whole seconds.")]
                #[must_use]
                pub const fn $with_time(mut self, time: Timestamp) -> Self {
                    self.$time = Some(time);
                    self
                }
            )+

            $(
                $(#[$object_doc])*
                #[must_use]
                pub const fn $object(&self) -> Option<&Object> {
                    self.$object.as_ref()
                }

                #[doc = concat!("Sets `", stringify!($object), "`.")]
                #[must_use]
                pub fn $with_object(mut self, object: Object) -> Self {
                    self.$object = Some(object);
                    self
                }
            )+

            fn read(members: &mut Members) -> Result<Self, InvalidResponse> {
                Ok(Self {
                    scope: members.take_own_scope()?,
                    token_type: members.take_text("token_type")?.map(|name| TokenType::from(name.as_str())),
                    aud: take_audience(members)?,
                    authorization_details: take_details(members)?,
                    $($text: members.take_text(stringify!($text))?,)+
                    $($time: members.take_timestamp(stringify!($time))?,)+
                    $($object: take_object(members, stringify!($object))?,)+
                    extra: members.object.take_rest(),
                })
            }

            /// Writes all members but the further ones.
            fn write(&self, object: &mut Object) {
                if let Some(scope) = self.scope.as_ref().filter(|scope| !scope.is_empty()) {
                    object.insert("scope", scope.as_str());
                }
                if let Some(token_type) = self.token_type.as_ref().filter(|name| !name.as_str().is_empty()) {
                    object.insert("token_type", token_type.as_str());
                }
                $(if let Some(text) = &self.$text {
                    object.insert(stringify!($text), text.as_str());
                })+
                // RFC 7519, section 4.1.3: one audience is a string.
                match self.aud.as_deref() {
                    None => {}
                    // An empty text would be read as none at all.
                    Some([one]) if !one.is_empty() => {
                        object.insert("aud", one.as_str());
                    }
                    Some(several) => {
                        object.insert("aud", several.to_vec());
                    }
                }
                $(if let Some(time) = self.$time {
                    object.insert(stringify!($time), time.as_unix());
                })+
                $(if let Some(inner) = &self.$object {
                    object.insert(stringify!($object), inner.clone());
                })+
                if let Some(details) = &self.authorization_details {
                    object.insert("authorization_details", details.to_value());
                }
            }
        }

        /// The members that have a method of their own.
        const REGISTERED: &[&str] = &[
            "active", "scope", "token_type", "aud", "authorization_details",
            $(stringify!($text),)+ $(stringify!($time),)+ $(stringify!($object),)+
        ];
    };
}

members! {
    texts {
        /// The client that the token was issued to.
        client_id, with_client_id;
        /// A name of the user that people can read.
        username, with_username;
        /// Who authorized it: the user, or the client itself.
        sub, with_sub;
        /// Who issued it: compare it byte by byte.
        iss, with_iss;
        /// The token's own name.
        jti, with_jti;
        /// How the user was authenticated (RFC 9470, section 6.2).
        acr, with_acr;
    }
    times {
        /// From when on it is not good any more. A server says `active` when it is asked: whoever keeps the answer looks at this.
        exp, with_exp;
        /// When it was issued.
        iat, with_iat;
        /// Before when it is not good yet.
        nbf, with_nbf;
        /// When the user was authenticated (RFC 9470, section 6.2).
        auth_time, with_auth_time;
    }
    objects {
        /// What the token is bound to: `jkt` of a DPoP key (RFC 9449, section 6.2), `x5t#S256` of a client certificate (RFC 8705, section 3.2).
        cnf, with_cnf;
        /// Who acts for the user (RFC 8693, section 4.1).
        act, with_act;
    }
}

impl ActiveToken {
    /// A token of which nothing else is said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What it is good for.
    #[must_use]
    pub const fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Sets `scope`.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// How it is used.
    #[must_use]
    pub const fn token_type(&self) -> Option<&TokenType> {
        self.token_type.as_ref()
    }

    /// Sets `token_type`.
    #[must_use]
    pub fn with_token_type(mut self, token_type: TokenType) -> Self {
        self.token_type = Some(token_type);
        self
    }

    /// Whom it is meant for; `None` if the server does not say. An API that is not among them refuses the token.
    #[must_use]
    pub fn aud(&self) -> Option<&[String]> {
        self.aud.as_deref()
    }

    /// Sets `aud`; an empty text is none of them.
    #[must_use]
    pub fn with_aud<T: Into<String>>(mut self, audiences: impl IntoIterator<Item = T>) -> Self {
        self.aud =
            Some(audiences.into_iter().map(Into::into).filter(|audience: &String| !audience.is_empty()).collect());
        self
    }

    /// What was authorized in detail (RFC 9396, section 9.2).
    #[must_use]
    pub const fn authorization_details(&self) -> Option<&AuthorizationDetails> {
        self.authorization_details.as_ref()
    }

    /// Sets `authorization_details`.
    #[must_use]
    pub fn with_authorization_details(mut self, details: AuthorizationDetails) -> Self {
        self.authorization_details = Some(details);
        self
    }

    /// All other members, as they came.
    #[must_use]
    pub const fn extra(&self) -> &Object {
        &self.extra
    }

    /// Adds a further member. One that has a method of its own here is not written a second time.
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name, value);
        self
    }
}

impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken")
            .field("token_type", &self.token_type)
            .field("exp", &self.exp)
            .field("iat", &self.iat)
            .field("nbf", &self.nbf)
            .field("cnf", &self.cnf.is_some())
            .field("act", &self.act.is_some())
            .field("extra", &self.extra.len())
            .finish_non_exhaustive()
    }
}

fn take_audience(members: &mut Members) -> Result<Option<Vec<String>>, InvalidResponse> {
    const MEMBER: &str = "aud";
    // RFC 7519, section 4.1.3: a string, or an array of them.
    if let Some(Piece::Other(Value::Array(elements))) = members.object.get(MEMBER) {
        let audiences = texts_in(elements).ok_or(InvalidResponse::Malformed { member: MEMBER })?;
        members.object.remove(MEMBER);
        return Ok(Some(audiences));
    }
    Ok(members.take_text(MEMBER)?.map(|one| [one].to_vec()))
}

fn take_object(members: &mut Members, member: &'static str) -> Result<Option<Object>, InvalidResponse> {
    match members.object.remove(member) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) => members.absent(Deviation::WrongType { member, found: Kind::Null }),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Err(InvalidResponse::Malformed { member })
        }
    }
}

/// RFC 9396, section 9.2. Whoever asks here relies on it, so what is no array is refused but for `null`.
fn take_details(members: &mut Members) -> Result<Option<AuthorizationDetails>, InvalidResponse> {
    const MEMBER: &str = "authorization_details";
    match members.object.get(MEMBER) {
        None | Some(Piece::Other(Value::Null | Value::Array(_))) => members.take_authorization_details(),
        Some(Piece::Text(_) | Piece::Other(_)) => Err(InvalidResponse::Malformed { member: MEMBER }),
    }
}

/// RFC 7662, section 2.2.
const SUCCESS: Success = Success::with(200, "active");
