//! The parameters of a request: [`Further`] ones, which are the caller's own, and those that came: [`Parameters`].

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{AUTHENTICATION, BuildError, REPEATABLE, RequestError};
use crate::bytes::wipe_text;
use crate::few::Few;
use crate::form::Pairs;
use crate::http::{HttpRequest, Method};
use crate::identifiers::Resource;
use crate::rar::AuthorizationDetails;
use crate::response;

/// Checks the parameters of the caller's own in a request of a client that may authenticate in the body.
pub(crate) fn check_further(further: &Further, reserved: &[&str]) -> Result<(), BuildError> {
    further.check(REPEATABLE, |name| reserved.contains(&name) || AUTHENTICATION.contains(&name))
}

/// The parameters of a request itself, for as long as it is written: as many as nearly all have take no allocation.
pub(crate) type Own<'p> = Few<(&'static str, &'p str), 8>;

/// Parameters of the caller's own, in the order of the wire. Wiped when dropped: one may well be a secret. Shows how many there are.
#[derive(Clone, Default)]
pub(crate) struct Further(Vec<(String, String)>);

impl Further {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Whether all of them can be written: every message refuses those that cannot when it is written, not when they are added.
    pub(crate) fn check(&self, repeatable: &[&str], is_reserved: impl Fn(&str) -> bool) -> Result<(), BuildError> {
        for (index, (name, value)) in self.0.iter().enumerate() {
            if name.is_empty() || value.is_empty() {
                return Err(BuildError::EmptyParameter);
            }
            if is_reserved(name) {
                return Err(BuildError::ReservedParameter { name: name.clone() });
            }
            let mut earlier = self.0.iter().take(index);
            if !repeatable.contains(&name.as_str()) && earlier.any(|(other, _)| other == name) {
                return Err(BuildError::RepeatedParameter { name: name.clone() });
            }
        }
        Ok(())
    }

    /// The value of a parameter, the first one if there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// What a request has beside the parameters that its reader took, and those that it must not have: nobody's credentials either, where they authenticate
    /// nobody.
    pub(crate) fn rest_of(parameters: &Parameters, reserved: &[&str]) -> Self {
        // RFC 6749, section 3.2: "The authorization server MUST ignore unrecognized request parameters." They are the caller's to ignore.
        let is_known = |name: &str| reserved.contains(&name) || AUTHENTICATION.contains(&name);
        parameters.rest().filter(|(name, _)| !name.is_empty() && !is_known(name)).collect()
    }

    /// What is in an answer beside the parameters that it is known to have: the first of each name, since no writer repeats one.
    pub(crate) fn unknown_of(pairs: &Pairs, known: &[&str]) -> Self {
        let mut unknown = Self::new();
        pairs
            .iter()
            .filter(|(name, _)| !known.contains(name))
            .for_each(|(name, value)| unknown.push_first(name, value));
        unknown
    }

    /// Keeps a parameter that came, unless it has no name or no value, or one of its name is kept.
    pub(crate) fn push_first(&mut self, name: &str, value: &str) {
        // No more than `MAX_FORM_PAIRS` names are looked through.
        if !name.is_empty() && !value.is_empty() && self.get(name).is_none() {
            self.push(name, value);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<'p> FromIterator<(&'p str, &'p str)> for Further {
    fn from_iter<I: IntoIterator<Item = (&'p str, &'p str)>>(parameters: I) -> Self {
        Self(parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl Drop for Further {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            wipe_text(value);
        }
    }
}

impl fmt::Debug for Further {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.len().fmt(f)
    }
}

/// The methods of every message that keeps parameters of its writer's own in `parameters` and checks them when it is written.
macro_rules! further {
    () => {
        /// Adds a parameter of the writer's own (`audience`, `access_type`, ...). Writing the message refuses names that it sets itself or must not hold,
        /// names given twice, and what has no name or no value.
        #[must_use]
        pub fn with_parameter(
            mut self,
            name: impl Into<::alloc::string::String>,
            value: impl Into<::alloc::string::String>,
        ) -> Self {
            self.parameters.push(name, value);
            self
        }

        /// All other parameters.
        pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
            self.parameters.iter()
        }
    };
}
pub(crate) use further;

/// The methods of every request that says what the token is for, in `resources` and `authorization_details`.
macro_rules! targets {
    () => {
        /// Names a resource at which the token is to be used (RFC 8707, section 2). May be called several times.
        #[must_use]
        pub fn with_resource(mut self, resource: $crate::identifiers::Resource) -> Self {
            self.resources.push(resource);
            self
        }

        /// Asks for what these authorization details say (RFC 9396, section 2). An empty list is not sent.
        #[must_use]
        pub fn with_authorization_details(mut self, details: $crate::rar::AuthorizationDetails) -> Self {
            self.authorization_details = details;
            self
        }

        /// The resources that are named.
        #[must_use]
        pub fn resources(&self) -> &[$crate::identifiers::Resource] {
            &self.resources
        }

        /// The authorization details that are asked for; none if there are none.
        #[must_use]
        pub const fn authorization_details(&self) -> &$crate::rar::AuthorizationDetails {
            &self.authorization_details
        }
    };
}
pub(crate) use targets;

/// The parameters of a request that came to a server: none empty, none twice but those that may be.
#[derive(Debug)]
pub(crate) struct Parameters {
    pairs: Pairs,
    taken: Vec<&'static str>,
}

impl Parameters {
    /// Reads a form-encoded `POST`.
    pub(crate) fn read(request: &HttpRequest) -> Result<Self, RequestError> {
        if request.method() != Method::Post {
            return Err(RequestError::Method);
        }
        if !response::is_form(request.header("content-type")) {
            return Err(RequestError::ContentType);
        }
        if let Some(query) = request.query() {
            let query = Pairs::parse(query)?;
            if query.iter().any(|(name, _)| matches!(name, "client_secret" | "client_assertion")) {
                return Err(RequestError::CredentialsInUrl);
            }
        }
        Self::of(Pairs::parse(request.body())?)
    }

    /// Parameters that did not come in a form of their own.
    pub(crate) fn of(pairs: Pairs) -> Result<Self, RequestError> {
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name).collect();
        names.retain(|name| !REPEATABLE.contains(name));
        names.sort_unstable();
        // RFC 6749, section 3.2: "Request and response parameters MUST NOT be included more than once."
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(RequestError::RepeatedParameter);
        }
        Ok(Self { pairs, taken: Vec::new() })
    }

    /// Takes a parameter that comes once.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&str> {
        self.take_all(name).next()
    }

    /// Takes a parameter that may come several times.
    pub(crate) fn take_all(&mut self, name: &'static str) -> impl Iterator<Item = &str> {
        self.taken.push(name);
        // RFC 6749, section 3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request."
        self.pairs.all(name).filter(|value| !value.is_empty())
    }

    /// Takes a parameter and makes of it what it should be.
    pub(crate) fn take_with<'p, T, E>(
        &'p mut self,
        name: &'static str,
        make: impl FnOnce(&'p str) -> Result<T, E>,
    ) -> Result<Option<T>, RequestError> {
        self.take(name).map(make).transpose().map_err(|_| RequestError::MalformedParameter { name })
    }

    /// Takes the resources that a token is asked for (RFC 8707, section 2).
    pub(crate) fn take_resources(&mut self) -> Result<Vec<Resource>, RequestError> {
        let resources = self.take_all("resource").map(Resource::new).collect::<Result<_, _>>();
        resources.map_err(|_| RequestError::MalformedParameter { name: "resource" })
    }

    /// Takes `authorization_details` (RFC 9396, section 2): none where they are not there.
    pub(crate) fn take_authorization_details(&mut self) -> Result<AuthorizationDetails, RequestError> {
        self.take_with("authorization_details", AuthorizationDetails::parse).map(Option::unwrap_or_default)
    }

    pub(crate) fn require(&mut self, name: &'static str) -> Result<&str, RequestError> {
        self.take(name).ok_or(RequestError::MissingParameter { name })
    }

    /// What was not taken.
    pub(crate) fn rest(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().filter(|(name, value)| !value.is_empty() && !self.taken.contains(name))
    }
}
