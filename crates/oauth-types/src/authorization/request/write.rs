//! Writing an [`AuthorizationRequest`], as a client does.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jwt_core::{Secret, profile};

use super::{AuthorizationRequest, Display, FORBIDDEN, LoginRequest, OURS, Prompt, REQUEST_OBJECT, ResponseMode};
use crate::form;
use crate::identifiers::{Endpoint, Issuer, RedirectUri, Resource, Scope};
use crate::pkce::CodeChallenge;
use crate::rar;
use crate::request::{BuildError, Further};
use crate::secret::IdToken;
use crate::state::{Nonce, State};

impl AuthorizationRequest {
    /// The URL that the browser is sent to.
    ///
    /// The endpoint's own query is kept (RFC 6749, section 3.1), but for parameters that this request sends: those give way, since none may come twice.
    ///
    /// # Errors
    ///
    /// For parameters of the caller's own [`BuildError::ReservedParameter`], where the name is one that this type sets itself or that must never stand in a
    /// URL (`client_secret`, `code_verifier`, ...), [`BuildError::RepeatedParameter`] and [`BuildError::EmptyParameter`]. [`BuildError::RedirectUri`] for a
    /// redirect URI whose query has what the answer will have (`code`, `state`, `iss`, `error`, ...), unless the answer is to be posted.
    pub fn to_url(&self, endpoint: &Endpoint) -> Result<String, BuildError> {
        self.check()?;
        let url = endpoint.as_str();
        Ok(form::join(url, self.length_hint(), |name| self.sends(name), |separator, url| self.write(separator, url)))
    }

    /// The parameters alone, form-encoded.
    ///
    /// # Errors
    ///
    /// As [`AuthorizationRequest::to_url`].
    pub fn to_query(&self) -> Result<String, BuildError> {
        self.check()?;
        let mut query = String::with_capacity(self.length_hint());
        self.write('?', &mut query);
        // The separator before the first pair.
        query.remove(0);
        Ok(query)
    }

    /// The request as the claims of a JWT (RFC 9101, section 4), to be signed by [`sign`](profile::RequestObject::sign) or elsewhere
    /// ([`signing_input`](profile::RequestObject::signing_input)). What is signed goes into a [`RequestReference`](crate::authorization::RequestReference),
    /// or is pushed ([`PushedAuthorizationRequest::signed`](crate::par::PushedAuthorizationRequest::signed)).
    ///
    /// ```
    /// use jwt_core::{Moment, SigningKey, Timestamp};
    /// use oauth_types::authorization::{AuthorizationRequest, RequestReference};
    /// use oauth_types::{ClientId, Endpoint, Issuer, Pkce, RedirectUri, RequestObject, State};
    ///
    /// # let key = SigningKey::hs256(b"a client secret of 32 octets ...")?;
    /// # let at = Moment::new(Timestamp::from_unix(1_700_000_000), [42; 32]);
    /// let (client, issuer) = (ClientId::new("s6BhdRkqt3")?, Issuer::new("https://as.example")?);
    /// let pkce = Pkce::generate(&at);
    /// let redirect_uri = RedirectUri::new("https://client.example/cb")?;
    /// let request = AuthorizationRequest::new(client.clone(), redirect_uri, State::generate(&at), pkce.challenge());
    /// let signed = RequestObject::new(request.to_request_object(&issuer)?.sign(&key, &at)?);
    /// let url = RequestReference::object(client, signed).to_url(&Endpoint::new("https://as.example/authorize")?);
    /// assert!(url.starts_with("https://as.example/authorize?client_id=s6BhdRkqt3&request=ey"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`AuthorizationRequest::to_url`].
    pub fn to_request_object(&self, issuer: &Issuer) -> Result<profile::RequestObject, BuildError> {
        let mut object = profile::RequestObject::new(self.client_id.as_str(), issuer.as_str());
        for (name, value) in self.to_own()? {
            object = match name {
                // RFC 9101, section 4: it stands there once, by itself.
                "client_id" => object,
                // Those that are JSON, or come several times.
                "resource" | "max_age" | "claims" | "authorization_details" => object,
                _ => object.parameter(name, value.expose()),
            };
        }
        for (name, value) in self.parameters.iter() {
            object = object.parameter(name, value);
        }
        object = match self.resources.as_slice() {
            [] => object,
            [one] => object.parameter("resource", one.as_str()),
            several => object.parameter("resource", several.iter().map(Resource::as_str).collect::<Vec<_>>()),
        };
        if let Some(max_age) = self.max_age() {
            object = object.parameter("max_age", max_age.as_secs());
        }
        if let Some(claims) = self.claims() {
            object = object.parameter("claims", claims.clone());
        }
        if !self.authorization_details.is_empty() {
            object = object.parameter("authorization_details", self.authorization_details.to_value());
        }
        Ok(object)
    }

    /// Its own parameters, whose names are registered. Those of the caller follow.
    pub(crate) fn to_own(&self) -> Result<Vec<(&'static str, Secret)>, BuildError> {
        self.check()?;
        let mut own = Vec::with_capacity(16);
        own.extend([("response_type", "code".into()), ("client_id", self.client_id.as_str().into())]);
        self.each_optional(&mut |name, value| own.push((name, value.into())));
        Ok(own)
    }

    pub(crate) const fn further(&self) -> &Further {
        &self.parameters
    }

    /// Whether it may be written.
    fn check(&self) -> Result<(), BuildError> {
        if !self.can_be_answered() {
            return Err(BuildError::RedirectUri);
        }
        // RFC 6749, section 3.1: "Request and response parameters MUST NOT be included more than once." RFC 8707 excepts `resource`, which is ours.
        self.parameters.check(&[], |name| [OURS, REQUEST_OBJECT, FORBIDDEN].iter().any(|names| names.contains(&name)))
    }

    /// Writes every parameter, the first after `separator`.
    fn write(&self, separator: char, out: &mut String) {
        out.push(separator);
        out.push_str("response_type=code&client_id=");
        form::encode_component(self.client_id.as_str(), out);
        self.each_optional(&mut |name, value| form::append_registered(out, name, value));
        for (name, value) in self.parameters.iter() {
            form::append_pair(out, name, value);
        }
    }

    /// Those that have a method and may be missing, in the order of the example in RFC 6749, section 4.1.1, and what later RFCs added after it.
    fn each_optional(&self, emit: &mut impl FnMut(&'static str, &str)) {
        let mut pair = |name: &'static str, value: &str| {
            // A parameter without a value is none.
            if !value.is_empty() {
                emit(name, value);
            }
        };
        pair("state", self.state.as_ref().map_or("", State::expose));
        pair("redirect_uri", self.redirect_uri.as_ref().map_or("", RedirectUri::as_str));
        pair("scope", self.scope.as_ref().map_or("", Scope::as_str));
        if let Some(challenge) = &self.code_challenge {
            pair("code_challenge", challenge.as_str());
            pair("code_challenge_method", CodeChallenge::METHOD);
        }
        pair("nonce", self.nonce.as_ref().map_or("", Nonce::expose));
        for resource in &self.resources {
            pair("resource", resource.as_str());
        }
        pair("response_mode", self.response_mode.map_or("", ResponseMode::as_str));
        if let Some(login) = &self.login {
            login.each(&mut pair);
        }
        pair("authorization_details", &rar::parameter(&self.authorization_details).unwrap_or_default());
        pair("dpop_jkt", self.dpop_jkt().unwrap_or_default());
    }

    /// Whether this request sends a parameter of this name. (Those of its own that it leaves out are none either.)
    fn sends(&self, name: &str) -> bool {
        OURS.contains(&name) || self.parameter(name).is_some()
    }

    /// About how long the encoded parameters are, so that writing them seldom needs a second allocation.
    fn length_hint(&self) -> usize {
        // Names and separators of the parameters that are always there, the challenge, `S256`, and some room for what encoding adds.
        const FIXED: usize = 240;
        let texts = [
            Some(self.client_id.as_str()),
            self.state.as_ref().map(State::expose),
            self.redirect_uri.as_ref().map(RedirectUri::as_str),
            self.scope.as_ref().map(Scope::as_str),
            self.nonce.as_ref().map(Nonce::expose),
        ];
        let own = texts.into_iter().flatten().map(str::len).sum::<usize>();
        let login = self.login.as_ref().map_or(0, |login| login.length_hint());
        let resources = self.resources.iter().map(|resource| resource.as_str().len() + 24).sum::<usize>();
        let further = self.parameters.iter().map(|(name, value)| name.len() + value.len() + 8).sum::<usize>();
        FIXED + own + login + resources + further
    }
}

impl LoginRequest {
    /// Every parameter, in the order of the wire.
    fn each(&self, pair: &mut impl FnMut(&'static str, &str)) {
        if !self.prompts.is_empty() {
            let prompts: Vec<&str> = self.prompts.iter().map(Prompt::as_str).collect();
            pair("prompt", &prompts.join(" "));
        }
        if let Some(max_age) = self.max_age {
            pair("max_age", &max_age.as_secs().to_string());
        }
        pair("acr_values", self.acr_values.as_deref().unwrap_or_default());
        pair("login_hint", self.login_hint.as_deref().unwrap_or_default());
        pair("id_token_hint", self.id_token_hint.as_ref().map_or("", IdToken::expose));
        pair("ui_locales", self.ui_locales.as_deref().unwrap_or_default());
        pair("display", self.display.map_or("", Display::as_str));
        if let Some(claims) = &self.claims {
            // Cannot fail: names are text and numbers are finite.
            pair("claims", &serde_json::to_string(claims).unwrap_or_default());
        }
    }

    fn length_hint(&self) -> usize {
        let id_token_hint = self.id_token_hint.as_ref().map(IdToken::expose);
        let texts = [self.acr_values.as_deref(), self.login_hint.as_deref(), id_token_hint];
        texts.into_iter().flatten().map(str::len).sum()
    }
}
