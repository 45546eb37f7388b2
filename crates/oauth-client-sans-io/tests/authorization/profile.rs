//! Profiles: each combination that one forbids cannot be built, and the error names the rule.

use jwt_core::{Algorithm, Jwk, Secret};
use oauth_client_sans_io::{
    Advice, ApiMisuse, AssertionKey, Authentication, AuthorizationCode, Client, ClientCredentials, DpopKey, Error,
    Introspection, Profile, Refresh, RequestObjectKey, Revocation, Rule,
};
use oauth_types::authorization::ResponseMode;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer, RedirectUri, RefreshToken};

use crate::laws::scenarios::signing_key;
use crate::{Driven, asked, at, callback, json, parameter, sent};

const RULES: [Rule; 11] = [
    Rule::PushedRequest,
    Rule::SignedRequest,
    Rule::SignedResponse,
    Rule::SignedIntrospection,
    Rule::ClientAuthentication,
    Rule::AssertionAudience,
    Rule::BoundTokens,
    Rule::S256,
    Rule::Issuer,
    Rule::Algorithms,
    Rule::Https,
];

/// A login, as much of it as a profile looks at.
#[derive(Clone)]
struct Setup {
    server: AuthorizationServer,
    authentication: Authentication,
    dpop: Option<Algorithm>,
    certificate: bool,
    request_object: Option<Algorithm>,
    response_mode: ResponseMode,
    pushed: bool,
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url).unwrap()
}

/// A login that each of the profiles takes.
fn setup() -> Setup {
    Setup {
        server: AuthorizationServer::new(Issuer::new("https://as.example").unwrap())
            .with_authorization_endpoint(endpoint("https://as.example/authorize"))
            .with_pushed_authorization_request_endpoint(endpoint("https://as.example/par"))
            .with_token_endpoint(endpoint("https://as.example/token"))
            .with_revocation_endpoint(endpoint("https://as.example/revoke"))
            .with_jwks_uri(endpoint("https://as.example/jwks"))
            .with_code_challenge_methods(["S256"])
            .with_iss_parameter_supported(true),
        authentication: Authentication::PrivateKeyJwt(AssertionKey::new("key", Algorithm::PS256)),
        dpop: Some(Algorithm::Ed25519),
        certificate: false,
        request_object: Some(Algorithm::ES256),
        response_mode: ResponseMode::Jwt,
        pushed: true,
    }
}

impl Setup {
    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    fn client(&self, profile: Profile) -> Client {
        let mut client = Client::new(ClientId::new("client").unwrap(), self.authentication.clone()).profile(profile);
        if let Some(algorithm) = self.dpop {
            let jwk = if algorithm == Algorithm::Ed25519 {
                signing_key().public_jwk().unwrap()
            } else {
                p384().public().unwrap()
            };
            client = client.dpop(DpopKey::new("key", algorithm, &jwk).unwrap());
        }
        if self.certificate { client.certificate_bound_tokens() } else { client }
    }

    fn begin(&self, profile: Profile) -> Result<(), Error> {
        let client = self.client(profile);
        let login = AuthorizationCode::new(&self.server, &client, callback())
            .scope("openid".parse().unwrap())
            .response_mode(self.response_mode);
        match (self.request_object, self.pushed) {
            (Some(algorithm), pushed) => {
                let login = login.request_object(RequestObjectKey::new("key", algorithm));
                if pushed { login.push(&at()).map(drop) } else { login.sign(&at()).map(drop) }
            }
            (None, true) => login.push(&at()).map(drop),
            (None, false) => login.begin(&at()).map(drop),
        }
    }

    /// The rule that this would break.
    fn broken(&self, profile: Profile) -> Option<Rule> {
        match self.begin(profile) {
            Ok(()) => None,
            Err(error) => {
                assert_eq!((error.advice(), error.is_misuse()), (Advice::Fix, true));
                let Error::ApiMisuse(ApiMisuse::Forbidden(rule)) = error else { panic!("{error:?}") };
                assert_eq!(ApiMisuse::Forbidden(rule).code(), rule.code());
                Some(rule)
            }
        }
    }
}

/// A key of P-384 whose private part is one, so that its public one is the curve's base point.
fn p384() -> Jwk {
    let jwk = br#"{"kty":"EC","crv":"P-384","kid":"k","x":"qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3","y":"NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"}"#;
    Jwk::from_slice(jwk).unwrap()
}

/// What each rule forbids, each a change of a login that keeps all of them.
fn forbidden() -> Vec<(Rule, &'static str, Setup)> {
    let good = setup();
    let assertion = |key: AssertionKey| Authentication::PrivateKeyJwt(key);
    let key = || AssertionKey::new("key", Algorithm::PS256);
    vec![
        (Rule::PushedRequest, "a request in the URL", good.with(|it| it.pushed = false)),
        (Rule::ClientAuthentication, "no authentication", good.with(|it| it.authentication = Authentication::None)),
        (
            Rule::ClientAuthentication,
            "a secret by Basic",
            good.with(|it| it.authentication = Authentication::SecretBasic("s".into())),
        ),
        (
            Rule::ClientAuthentication,
            "a secret by raw Basic",
            good.with(|it| it.authentication = Authentication::SecretBasicRaw("s".into())),
        ),
        (
            Rule::ClientAuthentication,
            "a secret in the body",
            good.with(|it| it.authentication = Authentication::SecretPost("s".into())),
        ),
        (
            Rule::ClientAuthentication,
            "an HMAC",
            good.with(|it| {
                it.authentication = Authentication::SecretJwt(AssertionKey::new("s", Algorithm::HS256));
            }),
        ),
        (
            Rule::AssertionAudience,
            "the token endpoint as audience",
            good.with(|it| it.authentication = assertion(key().dangerous_audience("https://as.example/token"))),
        ),
        (Rule::BoundTokens, "bearer tokens", good.with(|it| it.dpop = None)),
        (
            Rule::BoundTokens,
            "a certificate at a server that does not say that it binds tokens to it",
            good.with(|it| (it.dpop, it.certificate) = (None, true)),
        ),
        (
            Rule::BoundTokens,
            "a certificate that only authenticates",
            good.with(|it| {
                it.dpop = None;
                it.authentication = Authentication::Tls;
                it.server = it.server.clone().with_tls_client_certificate_bound_access_tokens(true);
            }),
        ),
        (
            Rule::S256,
            "a server that does not say what it does about PKCE",
            good.with(|it| it.server = without(&it.server, "code_challenge_methods_supported")),
        ),
        (
            Rule::Issuer,
            "a server that does not name itself, in a response that is not signed",
            good.with(|it| {
                it.server = it.server.clone().with_iss_parameter_supported(false);
                it.response_mode = ResponseMode::Query;
            }),
        ),
        (
            Rule::Algorithms,
            "an assertion by RS256",
            good.with(|it| it.authentication = assertion(AssertionKey::new("key", Algorithm::RS256))),
        ),
        (Rule::Algorithms, "a proof by ES384", good.with(|it| it.dpop = Some(Algorithm::ES384))),
        (Rule::Algorithms, "a request by RS256", good.with(|it| it.request_object = Some(Algorithm::RS256))),
        (
            Rule::Algorithms,
            "ID tokens by RS256 only",
            good.with(|it| it.server = it.server.clone().with_id_token_signing_algs(["RS256", "none"])),
        ),
        (
            Rule::Algorithms,
            "responses by RS256 only",
            good.with(|it| it.server = it.server.clone().with_authorization_signing_algs(["RS256"])),
        ),
        (
            Rule::Https,
            "an authorization endpoint without TLS",
            good.with(|it| {
                it.server = it.server.clone().with_authorization_endpoint(endpoint("http://127.0.0.1/authorize"));
            }),
        ),
        (
            Rule::Https,
            "a token endpoint without TLS",
            good.with(|it| it.server = it.server.clone().with_token_endpoint(endpoint("http://localhost/token"))),
        ),
        (
            Rule::Https,
            "a pushed request endpoint without TLS",
            good.with(|it| {
                let par = endpoint("http://[::1]/par");
                it.server = it.server.clone().with_pushed_authorization_request_endpoint(par);
            }),
        ),
        (
            Rule::Https,
            "keys without TLS",
            good.with(|it| it.server = it.server.clone().with_jwks_uri(endpoint("http://localhost/jwks"))),
        ),
        (Rule::SignedRequest, "a request that is not signed", good.with(|it| it.request_object = None)),
        (
            Rule::SignedResponse,
            "a response that is not signed",
            good.with(|it| it.response_mode = ResponseMode::FormPost),
        ),
    ]
}

/// The server's metadata without one of its members.
fn without(server: &AuthorizationServer, member: &str) -> AuthorizationServer {
    let mut json: serde_json::Value = serde_json::from_str(&server.to_json()).unwrap();
    json.as_object_mut().unwrap().remove(member).expect("the member is there");
    AuthorizationServer::from_json(server.issuer(), json.to_string(), oauth_types::Reading::Interop).unwrap()
}

fn check(profile: Profile, demanded: &[Rule]) {
    for rule in RULES {
        assert_eq!(profile.demands(rule), demanded.contains(&rule), "{rule:?}");
    }
    assert_eq!(setup().broken(profile), None);
    for (rule, what, setup) in forbidden() {
        // One rule alone forbids it.
        assert_eq!(setup.broken(Profile::oauth21().with(rule)), Some(rule), "{what}");
        if rule == Rule::Issuer && profile.demands(Rule::SignedResponse) {
            // A signed response names its issuer, so whoever breaks this rule breaks that one first.
            assert_eq!(setup.broken(profile), Some(Rule::SignedResponse), "{what}");
            continue;
        }
        let expected = demanded.contains(&rule).then_some(rule);
        assert_eq!(setup.broken(profile), expected, "{what}");
        // Without that rule the profile takes it.
        assert_eq!(setup.broken(profile.dangerous_without(rule)), None, "{what}");
    }
}

#[test]
fn oauth_2_1_demands_what_cannot_be_left_out_anyway() {
    // PK-02, BCP-03, OA-16, OA-19
    check(Profile::oauth21(), &[]);
    check(Profile::default(), &[]);
    // No builder switches PKCE off, writes another response type, or takes an endpoint that is not https.
    let (server, client) = (setup().server, setup().with(|it| it.dpop = None).client(Profile::oauth21()));
    let url = AuthorizationCode::new(&server, &client, callback()).begin(&at()).unwrap().url;
    assert_eq!(parameter(&url, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter(&url, "response_type").as_deref(), Some("code"));
    assert!(parameter(&url, "state").is_some());
    for name in ["response_type", "code_challenge_method", "state"] {
        let login = AuthorizationCode::new(&server, &client, callback()).parameter(name, "x");
        assert_eq!(login.begin(&at()).unwrap_err().code(), "reserved_parameter");
    }
    assert!(Endpoint::new("http://as.example/token").is_err());
    assert!(RedirectUri::new("http://app.example/cb").is_err());
}

#[test]
fn the_fapi_2_security_profile_forbids_what_it_must() {
    check(
        Profile::fapi2_security(),
        &[
            Rule::PushedRequest,
            Rule::ClientAuthentication,
            Rule::AssertionAudience,
            Rule::BoundTokens,
            Rule::S256,
            Rule::Issuer,
            Rule::Algorithms,
            Rule::Https,
        ],
    );
    // What it allows beside: a certificate in the place of an assertion and of a proof, the issuer as an audience by name, a response that is not signed.
    let good = setup();
    let by_certificate = good.with(|it| {
        it.authentication = Authentication::SelfSignedTls;
        (it.dpop, it.certificate) = (None, true);
        it.server = it.server.clone().with_tls_client_certificate_bound_access_tokens(true);
    });
    let named = good.with(|it| {
        let key = AssertionKey::new("key", Algorithm::ES256).dangerous_audience("https://as.example");
        it.authentication = Authentication::PrivateKeyJwt(key);
    });
    let plain = good.with(|it| (it.request_object, it.response_mode) = (None, ResponseMode::Query));
    let mixed = good.with(|it| it.server = it.server.clone().with_id_token_signing_algs(["RS256", "PS256"]));
    for allowed in [by_certificate, named, plain, mixed] {
        assert_eq!(allowed.broken(Profile::fapi2_security()), None);
    }
}

#[test]
fn fapi_2_message_signing_forbids_what_it_must() {
    check(Profile::fapi2_message_signing(), &RULES);
}

#[test]
fn a_nonce_is_short_enough_for_every_profile() {
    // FAPI 2.0 Security Profile, section 5.3.3: nonces of at most 64 characters.
    let (server, client) = (setup().server, setup().client(Profile::oauth21()));
    let login = AuthorizationCode::new(&server, &client, callback()).scope("openid".parse().unwrap());
    let nonce = parameter(&login.begin(&at()).unwrap().url, "nonce").unwrap();
    assert!((22..=64).contains(&nonce.len()), "{nonce}");
}

#[test]
fn a_profile_holds_for_every_flow_of_the_client() {
    let setup = setup().with(|it| it.authentication = Authentication::SecretPost("secret".into()));
    let client = setup.client(Profile::fapi2_security());
    let rule = |result: Result<(), Error>| match result {
        Err(Error::ApiMisuse(ApiMisuse::Forbidden(rule))) => rule,
        other => panic!("{other:?}"),
    };
    let token = RefreshToken::new("r");
    assert_eq!(rule(ClientCredentials::new(&setup.server, &client).map(drop)), Rule::ClientAuthentication);
    assert_eq!(rule(Refresh::with_token(&setup.server, &client, token.clone()).map(drop)), Rule::ClientAuthentication);
    let revocation = Revocation::of_refresh_token(&setup.server, &client, &token).map(drop);
    assert_eq!(rule(revocation), Rule::ClientAuthentication);
    // The place of the keys is an endpoint, too, whoever fetches them.
    let server = setup.server.clone().with_jwks_uri(endpoint("http://localhost/jwks"));
    let server = server.with_introspection_endpoint(endpoint("https://as.example/introspect"));
    let client = setup.client(Profile::oauth21().with(Rule::Https));
    assert_eq!(rule(Introspection::new(&server, &client, Secret::new("token")).map(drop)), Rule::Https);
}

#[test]
fn what_a_client_signs_beside_its_assertion_is_by_an_algorithm_that_the_profile_knows() {
    use oauth_client_sans_io::{BearerAssertion, JwtBearer};

    use crate::laws::scenarios::polling::ciba;

    let setup = setup().with(|it| it.dpop = None);
    for (algorithm, allowed) in [(Algorithm::RS256, false), (Algorithm::ES384, false), (Algorithm::PS256, true)] {
        for (profile, free) in [(Profile::oauth21(), true), (Profile::oauth21().with(Rule::Algorithms), allowed)] {
            let verdict = |result: Result<(), Error>, what: &str| match result {
                Ok(()) => assert!(free, "{what} by {algorithm}"),
                Err(error) => {
                    let forbidden = matches!(error, Error::ApiMisuse(ApiMisuse::Forbidden(Rule::Algorithms)));
                    assert!(forbidden && !free, "{what} by {algorithm}: {error:?}");
                }
            };
            let client = setup.client(profile);
            let assertion = BearerAssertion::new("robot", "alice", "key", algorithm);
            verdict(JwtBearer::signed(&setup.server, &client, assertion).map(drop), "an assertion about a user");
            verdict(ciba(&client).signed("key", algorithm, None).map(drop), "a request to a device");
        }
    }
}

#[test]
fn who_names_algorithms_cannot_name_what_the_profile_forbids() {
    use oauth_client_sans_io::UserInfo;

    use crate::laws::scenarios::users;

    // By RS256, by ES256, and by ES384: nobody looks further before there are keys.
    const TOKENS: [(&str, &str); 3] = [
        ("RS256", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"),
        ("ES256", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"),
        ("ES384", "eyJhbGciOiJFUzM4NCJ9.e30.AAAA"),
    ];
    let taken = |profile: Profile, named: &[Algorithm]| -> Vec<&str> {
        let client = crate::laws::scenarios::client(Authentication::None).profile(profile);
        let takes = |token: &str| {
            let flow = UserInfo::new(&users::server(), &client, &users::bearer(), "alice").unwrap().signed();
            let flow = UserInfo::from_stored(&flow.algorithms(named).to_stored()).unwrap();
            let mut flow = Driven::new(flow);
            sent(flow.resume());
            let answer = HttpResponse::new(200).with_header("content-type", "application/jwt").with_body(token);
            match flow.respond(answer) {
                Ok(step) => sent(Ok(step)).url() == "https://keys.example/jwks",
                Err(error) => {
                    assert_eq!(error.code(), "key_not_found");
                    false
                }
            }
        };
        TOKENS.into_iter().filter(|(_, token)| takes(token)).map(|(name, _)| name).collect()
    };
    let strict = Profile::oauth21().with(Rule::Algorithms);
    assert_eq!(taken(Profile::oauth21(), &[]), ["RS256", "ES256", "ES384"]);
    assert_eq!(taken(Profile::oauth21(), &[Algorithm::RS256, Algorithm::ES384]), ["RS256", "ES384"]);
    assert_eq!(taken(strict, &[]), ["ES256"]);
    assert_eq!(taken(strict, &[Algorithm::ES256, Algorithm::RS256]), ["ES256"]);
    // Nothing is both named and allowed, and that is not the same as nothing named.
    assert!(taken(strict, &[Algorithm::RS256]).is_empty());
}

#[test]
fn an_id_token_by_an_algorithm_that_the_profile_does_not_know_is_refused() {
    use jwt_core::{Header, SigningKey};
    use oauth_client_sans_io::{Flow, Step};
    use oauth_types::authorization::Callback;

    let setup =
        setup().with(|it| (it.request_object, it.response_mode, it.pushed) = (None, ResponseMode::Query, false));
    // The server signs with ES384, which no rule of OAuth 2.1 forbids.
    let key = SigningKey::from_jwk(&p384()).unwrap();
    for (profile, expected) in
        [(Profile::oauth21(), None), (Profile::oauth21().with(Rule::Algorithms), Some("key_not_found"))]
    {
        let client = setup.with(|it| it.dpop = None).client(profile);
        let redirect = AuthorizationCode::new(&setup.server, &client, callback())
            .scope("openid".parse().unwrap())
            .begin(&at())
            .unwrap();
        let nonce = parameter(&redirect.url, "nonce").unwrap();
        let mut pending = redirect.pending;
        let query = format!("code=c&state={}&iss=https%3A%2F%2Fas.example", pending.state());
        let mut flow = pending.accept(&at(), None, Callback::Query(&query)).unwrap();
        let Step::Ask(_) = flow.resume(at()).unwrap() else { panic!("an assertion is asked for") };
        let answer = jwt_core::Answer::Signature(vec![1; 256]);
        let Step::Send(_) = flow.handle_answer(at(), answer).unwrap() else { panic!("the code is redeemed") };
        let mut claims = jwt_core::json::Object::new();
        for (name, value) in [("iss", "https://as.example"), ("aud", "client"), ("sub", "alice"), ("nonce", &nonce)] {
            claims.insert(name, value);
        }
        claims.insert("iat", crate::START.as_unix());
        claims.insert("exp", crate::START.as_unix() + 60);
        let token = jwt_core::sign(&Header::new(key.algorithm()).with_kid("k"), &claims, &key).unwrap();
        let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{token}"}}"#);
        let result = flow.handle_response(at(), json(200, &body));
        assert_eq!(result.err().as_ref().map(Error::code), expected);
    }
}

#[test]
fn whatever_a_server_signs_is_by_an_algorithm_that_the_profile_knows() {
    use oauth_client_sans_io::{BackchannelLogout, Flow, Step, UserInfo};

    use crate::laws::scenarios::polling::{ciba, interaction, pending};
    use crate::laws::scenarios::users;

    // By RS256. Nobody looks further before there are keys.
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA";
    fn polled<F: Flow>(mut flow: Driven<F>) -> Result<Step<F::Output>, Error> {
        let Ok(Step::Wait(until)) = flow.resume() else { panic!("a poll is not due at once") };
        flow.now = until;
        sent(flow.resume());
        flow.respond(json(200, format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{TOKEN}"}}"#)))
    }
    fn outcome<T>(step: Result<Step<T>, Error>) -> String {
        step.map_or_else(|error| error.code().to_owned(), |step| sent(Ok(step)).url().to_owned())
    }
    for (profile, expected) in [
        (Profile::oauth21(), "https://keys.example/jwks"),
        (Profile::oauth21().with(Rule::Algorithms), "key_not_found"),
    ] {
        let client = crate::laws::scenarios::client(Authentication::None).profile(profile);
        let server = users::server();
        let logout = BackchannelLogout::new(&server, &client, &users::logout_request(TOKEN));
        assert_eq!(outcome(Driven::new(logout).resume()), expected, "a logout token");
        let mut flow = Driven::new(UserInfo::new(&server, &client, &users::bearer(), "alice").unwrap().signed());
        sent(flow.resume());
        let claims = HttpResponse::new(200).with_header("content-type", "application/jwt").with_body(TOKEN);
        assert_eq!(outcome(flow.respond(claims)), expected, "claims about the user");
        let device = interaction(crate::START, "openid", &client).polling;
        assert_eq!(outcome(polled(Driven::new(device))), expected, "the ID token of a device");
        let backchannel = pending(ciba(&client)).poll().unwrap();
        assert_eq!(outcome(polled(Driven::new(backchannel))), expected, "the ID token of a login without a browser");
    }
}

#[test]
fn who_demands_signed_introspection_asks_for_it_and_takes_no_other() {
    // FAPI 2.0 Message Signing, section 5.5. A protected API has no tokens of its own, and so no key that they would have to be bound to.
    let setup = setup().with(|it| {
        it.dpop = None;
        it.server = it.server.clone().with_introspection_endpoint(endpoint("https://as.example/introspect"));
    });
    for (profile, signed) in [(Profile::fapi2_security(), false), (Profile::fapi2_message_signing(), true)] {
        let client = setup.client(profile);
        let flow = Introspection::new(&setup.server, &client, Secret::new("token")).unwrap();
        let mut flow = Driven::new(flow);
        asked(flow.resume());
        let request = sent(flow.answer(jwt_core::Answer::Signature(vec![1; 256])));
        let accepts = request.header("accept").is_some_and(|types| types.contains("token-introspection+jwt"));
        assert_eq!(accepts, signed);
        let result = flow.respond(json(200, r#"{"active":true}"#));
        assert_eq!(result.is_err(), signed, "{result:?}");
    }
}
