//! [`Guard`]: what a protected API takes, and from whom.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use jwt_core::profile::AccessTokenProfile;
use jwt_core::{Algorithm, MakeKey, Timestamp, VerifyingKey, VerifyingKeys};
use oauth_client_sans_io::Jwks;
use oauth_types::challenge::ChallengeError;
use oauth_types::identifiers::IdentifierError;
use oauth_types::{DpopNonce, Endpoint, Issuer, ProtectedResource, Resource};

use crate::denial::Answers;
use crate::dpop::Dpop;
use crate::head::Takes;
use crate::introspection::Introspect;
use crate::requirement::Requirement;
use crate::rules::{Binding, Introspection, Rules};

/// A protected API's doorkeeper: it knows the trusted issuers and their keys, the API's own name, and what requests need.
///
/// [`check`](Guard::check) takes `&self`, does no I/O and waits for nothing: what it lacks it asks for with [`Check::Needs`](crate::Check::Needs). Access tokens
/// are JWTs of RFC 9068, or of any kind where their [server is asked](Guard::introspection); they are read from the `Authorization` header only.
///
/// # Theory of operation
///
/// ```text
/// credentials -> token (Keys, Introspection) -> binding, proof -> requirement -> (Revocation) -> (Freshness) -> Granted
/// ```
///
/// Whatever fails ends the check with the answer to send. `Need::Keys` is answered by checking again; every other need holds all of the check that is left, and
/// its `decide` goes on with it, in another task or thread if need be.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Timestamp};
/// use oauth_resource_sans_io::{Check, Guard, Need, RequestHead, Requirement};
/// use oauth_types::{Endpoint, Issuer, Scope};
///
/// let mut guard = Guard::new("https://api.example")
///     .requirement(Requirement::from(Scope::parse("files.read")?))
///     .issuer(Issuer::new("https://as.example")?, Endpoint::new("https://as.example/jwks")?, &[Algorithm::ES256]);
///
/// let now = Timestamp::from_unix(1_700_000_000);
/// match guard.check(&RequestHead::new("GET", "/files"), now) {
///     Check::Granted(principal) => println!("hello {:?}", principal.subject()),
///     Check::Denied(denial) => {
///         let response = denial.to_http(); // send this
///         assert_eq!(response.status(), 401);
///         assert_eq!(response.header("www-authenticate"), Some(r#"Bearer scope="files.read""#));
///     }
///     Check::Needs(Need::Keys(wanted)) => {
///         // One task fetches them; the check is then made again.
///         let keys = guard.keys_mut(wanted.issuer());
///         if let Some(request) = keys.and_then(|keys| keys.fetch_for(wanted.header(), now)) {
///             // response = send(request); guard.keys_mut(wanted.issuer())?.handle_response(now, &response)
///             assert_eq!(request.url(), "https://as.example/jwks");
///         }
///     }
///     _ => unreachable!("no other need was configured"),
/// }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guard {
    pub(crate) rules: Arc<Rules>,
    pub(crate) issuers: Vec<Trusted>,
    /// Those whose access tokens need not say in their header what they are.
    untyped: Vec<Issuer>,
    /// Those whose access tokens need not say for whom they are, if one of these clients got them.
    unaddressed: Vec<(Issuer, Vec<String>)>,
    pub(crate) requirement: Requirement,
}

/// An issuer, bound to its own keys.
#[derive(Clone, Debug)]
pub(crate) struct Trusted {
    pub(crate) issuer: Issuer,
    pub(crate) keys: Keys,
    pub(crate) profile: AccessTokenProfile,
    /// Whether the profile takes tokens that do not say in their header what they are.
    pub(crate) also_untyped: bool,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are as many as there are issuers")]
pub(crate) enum Keys {
    Fetched(Jwks),
    Fixed(VerifyingKeys),
}

/// Which of the guard's issuers: the one that [a key is wanted of](crate::WantedKey::issuer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IssuerIndex(usize);

impl IssuerIndex {
    pub(crate) const fn new(index: usize) -> Self {
        Self(index)
    }
}

/// The clocks of an API and its authorization server differ; half a minute covers machines that keep time at all.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);

impl Guard {
    /// A guard for the API that access tokens name as `audience` (RFC 9068, section 3): its resource identifier, byte for byte.
    #[must_use]
    pub fn new(audience: impl Into<String>) -> Self {
        let rules = Rules {
            audience: audience.into(),
            leeway: DEFAULT_LEEWAY,
            binding: Binding::default(),
            ask_revocation: false,
            takes: Takes::default(),
            origin: None,
            dpop: None,
            introspection: None,
            answers: Answers::new(),
        };
        Self {
            rules: Arc::new(rules),
            issuers: Vec::new(),
            untyped: Vec::new(),
            unaddressed: Vec::new(),
            requirement: Requirement::new(),
        }
    }

    /// Trusts this issuer, with the keys at this endpoint (its metadata's `jwks_uri`) and these algorithms. May be called for several issuers.
    #[must_use]
    pub fn issuer(self, issuer: Issuer, jwks_uri: Endpoint, algorithms: &[Algorithm]) -> Self {
        self.issuer_with_backend(issuer, jwks_uri, algorithms, VerifyingKey::from_jwk_as)
    }

    /// As [`issuer`](Guard::issuer), with keys made by this backend instead of the one built into `jwt-core`.
    #[must_use]
    pub fn issuer_with_backend(
        self,
        issuer: Issuer,
        jwks_uri: Endpoint,
        algorithms: &[Algorithm],
        backend: MakeKey,
    ) -> Self {
        self.trusting(issuer, Keys::Fetched(Jwks::new(jwks_uri, algorithms).backend(backend)))
    }

    /// Trusts this issuer, with keys that are never fetched: HMAC keys that are shared with it, those of a file, those of a test.
    #[must_use]
    pub fn issuer_with_keys(self, issuer: Issuer, keys: VerifyingKeys) -> Self {
        self.trusting(issuer, Keys::Fixed(keys))
    }

    /// Takes from this issuer also tokens whose header does not say that they are access tokens (`typ` is absent or `JWT`), as Keycloak, Microsoft Entra ID, Amazon
    /// Cognito, Okta and, unless its RFC 9068 profile is chosen, Auth0 issue them. Without this they are refused. (Those of Cognito also need
    /// [`dangerous_without_audience`](Guard::dangerous_without_audience), unless its clients ask for a resource.)
    ///
    /// [`AccessTokenProfile::dangerous_also_untyped`] says what keeps the issuer's ID tokens out instead, and what that is worth: have the server write `at+jwt` if it
    /// can, and never give an API the name of a client. `client_id` may then be called `azp`, `cid` or `appid`, and `scope` may be a list, or called `scp`.
    /// A Keycloak older than 24 writes the login's `nonce` into access tokens too: those look like ID tokens and are refused, until its client is told not to.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::Algorithm;
    /// use oauth_resource_sans_io::Guard;
    /// use oauth_types::{Endpoint, Issuer};
    ///
    /// let keycloak = Issuer::new("https://id.example/realms/main")?;
    /// let keys = Endpoint::new("https://id.example/realms/main/protocol/openid-connect/certs")?;
    /// let guard = Guard::new("https://api.example")
    ///     .dangerous_also_untyped(keycloak.clone())
    ///     .issuer(keycloak, keys, &[Algorithm::RS256]);
    /// # Ok::<(), oauth_types::identifiers::IdentifierError>(())
    /// ```
    #[must_use]
    pub fn dangerous_also_untyped(mut self, issuer: Issuer) -> Self {
        self.untyped.push(issuer);
        self.with_profiles()
    }

    /// Takes from this issuer also tokens without `aud`, if their `client_id` is one of these: those of Amazon Cognito.
    ///
    /// Such a token is for every API that trusts the issuer and knows the client ([`AccessTokenProfile::dangerous_without_audience`]): name clients that call no
    /// other API.
    #[must_use]
    pub fn dangerous_without_audience<T: Into<String>>(
        mut self,
        issuer: Issuer,
        clients: impl IntoIterator<Item = T>,
    ) -> Self {
        self.unaddressed.push((issuer, clients.into_iter().map(Into::into).collect()));
        self.with_profiles()
    }

    fn trusting(mut self, issuer: Issuer, keys: Keys) -> Self {
        let profile = AccessTokenProfile::new(issuer.as_str(), self.rules.audience.as_str());
        self.issuers.push(Trusted { issuer, keys, profile, also_untyped: false });
        self.with_profiles()
    }

    /// Makes the profiles anew, of what was said so far.
    fn with_profiles(mut self) -> Self {
        for trusted in &mut self.issuers {
            let (issuer, audience) = (trusted.issuer.as_str(), self.rules.audience.as_str());
            trusted.also_untyped = self.untyped.contains(&trusted.issuer);
            let mut profile = if trusted.also_untyped {
                AccessTokenProfile::dangerous_also_untyped(issuer, audience)
            } else {
                AccessTokenProfile::new(issuer, audience)
            };
            if let Some((_, clients)) = self.unaddressed.iter().rfind(|(issuer, _)| *issuer == trusted.issuer) {
                profile = profile.dangerous_without_audience(clients);
            }
            trusted.profile = profile.leeway(self.rules.leeway);
        }
        self
    }

    /// Asks this server about tokens, by [`Need::Introspection`](crate::Need::Introspection) (RFC 7662). The server must say for whom the token is meant, and it
    /// must be this API.
    #[must_use]
    pub fn introspection(self, server: Issuer, which: Introspect) -> Self {
        let introspection = Introspection { issuer: server, which, audience_optional: false };
        self.ruled(|rules| rules.introspection = Some(introspection))
    }

    /// As [`introspection`](Guard::introspection), of a server that need not say for whom a token is meant: a token for another API passes, unless the server calls
    /// it inactive for whoever it is not meant for (RFC 7662, section 2.2, lets it).
    #[must_use]
    pub fn dangerous_introspection_of_any_audience(self, server: Issuer, which: Introspect) -> Self {
        let introspection = Introspection { issuer: server, which, audience_optional: true };
        self.ruled(|rules| rules.introspection = Some(introspection))
    }

    /// Demands this of every request. [`check_for`](Guard::check_for) demands something else for one request.
    #[must_use]
    pub fn requirement(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }

    /// Takes tokens that are bound to a DPoP key (RFC 9449), beside bearer tokens unless [`binding`](Guard::binding) says otherwise. Without this, a token that is
    /// bound to a key is refused.
    #[must_use]
    pub fn dpop(self, dpop: Dpop) -> Self {
        self.ruled(|rules| rules.dpop = Some(dpop))
    }

    /// Says what tokens must be bound to.
    #[must_use]
    pub fn binding(self, binding: Binding) -> Self {
        self.ruled(|rules| rules.binding = binding)
    }

    /// Says how clients reach the API, `https://api.example` or `https://gateway.example/api`: what stands before the target of a request in its URL. DPoP proofs
    /// are made for the whole URL. It counts whether a head has only the target or a whole URL, whose scheme and host are of the client's choosing; without it
    /// whole URLs are believed.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        let origin = origin.into();
        self.ruled(|rules| rules.origin = Some(String::from(origin.trim_end_matches('/'))))
    }

    /// Asks about every token that is good otherwise whether it was revoked, by [`Need::Revocation`](crate::Need::Revocation).
    #[must_use]
    pub fn ask_revocation(self) -> Self {
        self.ruled(|rules| rules.ask_revocation = true)
    }

    /// Takes bearer tokens in form bodies too (RFC 6750, section 2.2, which "SHOULD NOT be used except in application contexts where participating browsers do not
    /// have access to the Authorization request header field"). [`RequestHead::form`](crate::RequestHead::form) has the body.
    #[must_use]
    pub fn dangerous_token_in_form(self) -> Self {
        self.ruled(|rules| rules.takes.form = true)
    }

    /// Takes bearer tokens in the query too, where logs, histories and `Referer` fields keep them (RFC 6750, section 2.3; RFC 9700, section 4.3.2: clients "MUST NOT").
    /// For what cannot send a field: some downloads, some sockets. Section 2.3 asks for `Cache-Control: private` with each success.
    #[must_use]
    pub fn dangerous_token_in_query(self) -> Self {
        self.ruled(|rules| rules.takes.query = true)
    }

    /// Allows the clocks to differ by this much instead of half a minute.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        self.ruled(|rules| rules.leeway = leeway).with_profiles()
    }

    /// Names this realm in challenges (RFC 9110, section 11.5).
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] where it holds a character that a header field cannot.
    pub fn realm(mut self, realm: impl Into<String>) -> Result<Self, ChallengeError> {
        Arc::make_mut(&mut self.rules).answers.realm(realm.into())?;
        Ok(self)
    }

    /// Names the URL of the protected resource's metadata in challenges (RFC 9728, section 5.1): where [`metadata`](Guard::metadata) is served.
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] where it holds a character that a header field cannot.
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Result<Self, ChallengeError> {
        Arc::make_mut(&mut self.rules).answers.resource_metadata(url.into())?;
        Ok(self)
    }

    /// The keys of an issuer, for whoever fetches them; `None` for keys that are never fetched.
    #[must_use]
    pub fn keys_mut(&mut self, issuer: IssuerIndex) -> Option<&mut Jwks> {
        match self.issuers.get_mut(issuer.0).map(|trusted| &mut trusted.keys) {
            Some(Keys::Fetched(jwks)) => Some(jwks),
            Some(Keys::Fixed(_)) | None => None,
        }
    }

    /// The nonce that is given out now, if any is ([`Dpop::nonces`]). Denials and [`Principal::next_nonce`](crate::Principal::next_nonce) hand it out where it is
    /// needed; an answer of any kind may.
    #[must_use]
    pub fn dpop_nonce(&self, now: Timestamp) -> Option<DpopNonce> {
        self.rules.dpop.as_ref().and_then(|dpop| dpop.nonce(now))
    }

    /// What the API says about itself (RFC 9728, section 2), as far as the guard knows it: whom it trusts, how a token may come and what it must be bound to. To be
    /// completed by its `with_` methods, and served with [`ProtectedResource::to_http`] at [`ProtectedResource::well_known_url`].
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] where the audience is no URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use jwt_core::Algorithm;
    /// use oauth_resource_sans_io::{Dpop, Guard};
    /// use oauth_types::{Endpoint, Issuer, ProtectedResource, Resource};
    ///
    /// let url = ProtectedResource::well_known_url(&Resource::new("https://api.example")?)?;
    /// let guard = Guard::new("https://api.example")
    ///     .issuer(Issuer::new("https://as.example")?, Endpoint::new("https://as.example/jwks")?, &[Algorithm::ES256])
    ///     .dpop(Dpop::new(&[Algorithm::ES256]))
    ///     .resource_metadata(url)?;
    /// let document = guard.metadata()?.with_scopes(["files.read"]).with_resource_name("Files");
    /// assert_eq!(
    ///     document.to_http().body(),
    ///     br#"{"resource":"https://api.example","scopes_supported":["files.read"],"dpop_signing_alg_values_supported":["ES256"],"resource_name":"Files","bearer_methods_supported":["header"],"authorization_servers":["https://as.example"]}"#
    /// );
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn metadata(&self) -> Result<ProtectedResource, IdentifierError> {
        let rules = &*self.rules;
        let issuers = self.issuers.iter().map(|trusted| &trusted.issuer);
        let mut servers: Vec<Issuer> = issuers.cloned().collect();
        if let Some(Introspection { issuer, .. }) = &rules.introspection
            && !servers.contains(issuer)
        {
            servers.push(issuer.clone());
        }
        let key = rules.binding == Binding::Key;
        // RFC 9728, section 2: "The empty array [] can be used to indicate that no bearer methods are supported."
        let methods = [("header", true), ("body", rules.takes.form), ("query", rules.takes.query)];
        let methods = methods.into_iter().filter(|(_, taken)| *taken && !key).map(|(name, _)| name);
        let mut document = ProtectedResource::new(Resource::new(rules.audience.as_str())?)
            .with_authorization_servers(servers)
            .with_bearer_methods(methods);
        if let Some(dpop) = &rules.dpop {
            document = document.with_dpop_signing_algs(dpop.algorithms().iter().map(|algorithm| algorithm.as_str()));
        }
        if key {
            document = document.with_dpop_bound_access_tokens_required(true);
        }
        if rules.binding == Binding::Certificate {
            document = document.with_tls_client_certificate_bound_access_tokens(true);
        }
        Ok(document)
    }

    /// Changes the rules; checks that were begun go on by the old ones.
    fn ruled(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        let rules = Arc::make_mut(&mut self.rules);
        change(rules);
        if let Some(dpop) = &rules.dpop {
            rules.answers.dpop(dpop.algorithms());
            // Where every token is bound to a key, none is a bearer token.
            rules.answers.bearer(rules.binding != Binding::Key);
        }
        self
    }
}
