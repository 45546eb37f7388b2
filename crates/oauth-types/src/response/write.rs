//! Writing answers, as a server does.

use jwt_core::json::Object;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::http::HttpResponse;
use crate::rar::AuthorizationDetails;

/// RFC 6749, section 5.1: "The authorization server MUST include the HTTP "Cache-Control" response header field with a value of "no-store"
/// in any response containing tokens, credentials, or other sensitive information, as well as the "Pragma" response header field with a value
/// of "no-cache"."
pub(crate) fn json(status: u16, body: &impl Serialize) -> HttpResponse {
    // Cannot fail: names are text and numbers are finite in whatever is written here.
    no_store(HttpResponse::json(status, body).unwrap_or_else(|_| HttpResponse::new(500)))
}

/// An answer that is a JWT, as a server makes it.
pub(crate) fn jwt(media_type: &str, compact: &str) -> HttpResponse {
    no_store(HttpResponse::new(200).with_header("content-type", media_type).with_body(compact))
}

pub(crate) fn no_store(response: HttpResponse) -> HttpResponse {
    response.with_header("cache-control", "no-store").with_header("pragma", "no-cache")
}

/// Members to be written: `own`, then all of `rest` but those that are `reserved`. (To insert them one by one would take quadratic time.)
pub(crate) struct Joined<'j> {
    pub(crate) own: Object,
    pub(crate) rest: &'j Object,
    pub(crate) reserved: &'j [&'j str],
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let rest = self.rest.iter().filter(|(name, _)| !self.reserved.contains(name));
        for (name, value) in self.own.iter().chain(rest) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Members to be written from where they are, so that no secret is copied on the way: `own` in their order, then all of `rest` that have another name.
///
/// Not an `impl Serialize` of the answers themselves: their secrets get into a body in this one place only.
pub(crate) struct Wire<'w, const N: usize> {
    pub(crate) own: [(&'static str, Option<Member<'w>>); N],
    pub(crate) rest: &'w Object,
}

/// A member of an answer's own.
pub(crate) enum Member<'w> {
    Text(&'w str),
    Number(u64),
    Details(&'w AuthorizationDetails),
}

impl<const N: usize> Serialize for Wire<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, member) in &self.own {
            match member {
                Some(Member::Text(text)) => map.serialize_entry(name, text)?,
                Some(Member::Number(number)) => map.serialize_entry(name, number)?,
                Some(Member::Details(details)) => map.serialize_entry(name, details)?,
                None => {}
            }
        }
        for (name, value) in self.rest.iter().filter(|(name, _)| self.own.iter().all(|(own, _)| own != name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The methods of every answer that keeps what it does not know, in `extra`, and what was tolerated, in `deviations`.
macro_rules! further {
    () => {
        /// Adds a further member. One that has a method of its own here is not written a second time.
        #[must_use]
        pub fn with_extra(
            mut self,
            name: impl Into<::alloc::string::String>,
            value: impl Into<::jwt_core::json::Value>,
        ) -> Self {
            self.extra.insert(name, value);
            self
        }

        /// All other members, as they came. They may hold secrets.
        #[must_use]
        pub const fn extra(&self) -> &::jwt_core::json::Object {
            &self.extra
        }

        /// What the reading tolerated.
        #[must_use]
        pub fn deviations(&self) -> &[$crate::reading::Deviation] {
            &self.deviations
        }
    };
}
pub(crate) use further;
