//! No secret shows itself: of every public type that can hold one, a value with a marked text in each place for a secret, shown in every way there is.
//!
//! The sources are read for the types: one that stands in neither list fails.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a test, helpers included"
)]

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;
use std::time::Duration;

use jwt_core::json::Object;
use jwt_core::{Secret, Timestamp};
use oauth_types::authorization::{Outcome, SignedResponseError};
use oauth_types::ciba::{ClientNotification, ClientNotificationToken, Hint, Notified, ReceivedAuthenticationRequest};
use oauth_types::introspection::IntrospectionCaller;
use oauth_types::logout::BackchannelLogoutResponse;
use oauth_types::metadata::FoundBy;
use oauth_types::registration::{ManagementRequest, RegistrationAccessToken};
use oauth_types::{
    AccessToken, ActiveToken, Assertion, AuthReqId, AuthorizationCode, AuthorizationDetail, AuthorizationDetails,
    AuthorizationRequest, AuthorizationResponse, AuthorizationServer, BackchannelAuthenticationRequest,
    BackchannelAuthenticationResponse, BackchannelLogoutRequest, BearerChallenge, Callback, Challenges,
    ClientAssertion, ClientAuth, ClientAuthMethod, ClientId, ClientIdMetadata, ClientMetadata, ClientSecret,
    CodeVerifier, Cookies, DeviceAuthorizationRequest, DeviceAuthorizationResponse, DeviceCode, DpopChallenge,
    Endpoint, ErrorCode, ErrorResponse, Expect, FormBuilder, Grant, HttpRequest, HttpResponse, IdToken,
    IntrospectionRequest, IntrospectionResponse, Issuer, LogoutRequest, LogoutResponse, LogoutToken, Method, Nonce,
    Pairs, Pkce, PresentedClient, PresentedToken, ProtectedResource, Purpose, PushedAuthorizationRequest,
    PushedAuthorizationResponse, Reading, RedirectUri, RefreshToken, RegistrationRequest, RegistrationResponse,
    RequestObject, RequestReference, RequestUri, Resource, ResponseError, ResponseMode, RevocationRequest,
    RevocationResponse, Scope, SecurityToken, SetCookie, SignedResponse, State, TokenExchange, TokenRequest,
    TokenResponse, TokenScheme, TokenType, TokenTypeIdentifier, UserInfo, UserInfoRequest,
};

/// Fits every syntax there is for a secret but the one of [`PROOF`]: 43 characters and more, letters, digits and a hyphen.
const MARK: &str = "marked-7f3a-0123456789-0123456789-0123456789";

/// A compact JWS.
const PROOF: &str = "marked-7f3a.e30.c2ln";

/// What no output may hold: the marks, and the mark as Basic writes it (`marked-7f3a` at each of the three offsets of base64).
const FORBIDDEN: &[&str] = &["marked-7f3a", "bWFya2VkLTdmM2", "1hcmtlZC03ZjNh", "tYXJrZWQtN2Yz"];

/// Types that have no place for a secret: names, numbers, metadata, errors of fixed texts.
const WITHOUT_SECRETS: &[&str] = &[
    "AuthorizationDetailsError",
    "AuthorizationRequestError",
    "BuildError",
    "CallbackError",
    "ChallengeError",
    "ClientAuthMethod",
    "ClientId",
    "CodeChallenge",
    "Contract",
    "CookieError",
    "DeletionResponse",
    "Deviation",
    "Display",
    "DpopError",
    "DpopJkt",
    "DpopNonce",
    "Endpoint",
    "ErrorCode",
    "Expect",
    "FormError",
    "FoundBy",
    "HttpError",
    "IdentifierError",
    "InvalidRequestUri",
    "InvalidResponse",
    "InvalidState",
    "Issuer",
    "IssuerComparison",
    "Kind",
    "Location",
    "MetadataError",
    "Method",
    "PkceError",
    "PkceSupport",
    "Prompt",
    "Provider",
    "Purpose",
    "PushedRequestError",
    "Reading",
    "RedirectUri",
    "Replay",
    "RequestError",
    "Resource",
    "ResponseMode",
    "Scope",
    "TokenError",
    "TokenScheme",
    "TokenType",
    "TokenTypeHint",
    "TokenTypeIdentifier",
];

#[test]
fn b5_no_public_type_shows_a_secret() {
    let mut shown = Shown::default();
    secrets(&mut shown);
    transport(&mut shown);
    authorization(&mut shown);
    tokens(&mut shown);
    devices(&mut shown);
    registration(&mut shown);
    people(&mut shown);
    servers(&mut shown);

    let declared = declared_types();
    assert!(declared.len() > 120, "{} types", declared.len());
    let listed: BTreeSet<String> =
        shown.0.iter().cloned().chain(WITHOUT_SECRETS.iter().map(|name| (*name).to_owned())).collect();
    let missing: Vec<_> = declared.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "no value of these types is shown here, and none is said to hold no secret: {missing:?}"
    );
    let unknown: Vec<_> = listed.difference(&declared).collect();
    assert!(unknown.is_empty(), "no such types: {unknown:?}");
    for name in WITHOUT_SECRETS {
        assert!(!shown.0.contains(*name), "{name} is in both lists");
    }
}

#[test]
#[should_panic(expected = "Scope shows a secret")]
fn what_is_shown_is_found() {
    Shown::default().debug(&Scope::parse(MARK).expect("a scope"));
}

/// The names of the types of which a value was shown.
#[derive(Default)]
struct Shown(BTreeSet<String>);

impl Shown {
    fn debug<T: Debug>(&mut self, value: &T) {
        for text in [format!("{value:?}"), format!("{value:#?}")] {
            self.check::<T>(&text);
        }
    }

    fn both<T: Debug + Display>(&mut self, value: &T) {
        self.debug(value);
        self.check::<T>(&value.to_string());
        self.check::<T>(&format!("{value:#}"));
    }

    fn check<T>(&mut self, text: &str) {
        let path = type_name::<T>().split('<').next().unwrap_or_default();
        let name = path.rsplit("::").next().unwrap_or_default();
        for forbidden in FORBIDDEN {
            assert!(!text.contains(forbidden), "{name} shows a secret: {text}");
        }
        self.0.insert(name.to_owned());
    }
}

fn secrets(shown: &mut Shown) {
    shown.debug(&AccessToken::new(MARK));
    shown.debug(&RefreshToken::new(MARK));
    shown.debug(&AuthorizationCode::new(MARK));
    shown.debug(&ClientSecret::new(MARK));
    shown.debug(&IdToken::new(MARK));
    shown.debug(&ClientAssertion::new(MARK));
    shown.debug(&Assertion::new(MARK));
    shown.debug(&SecurityToken::new(MARK));
    shown.debug(&DeviceCode::new(MARK));
    shown.debug(&AuthReqId::new(MARK));
    shown.debug(&RequestObject::new(MARK));
    shown.debug(&LogoutToken::new(MARK));
    shown.debug(&RegistrationAccessToken::new(MARK));
    shown.debug(&ClientNotificationToken::new(MARK).expect("a token"));
    shown.debug(&state());
    shown.debug(&nonce());
    shown.debug(&verifier());
    shown.debug(&Pkce::from_verifier(verifier()));
    shown.debug(&request_uri());
}

/// What messages are carried in.
fn transport(shown: &mut Shown) {
    let mut form = FormBuilder::new();
    form.append("code", MARK);
    shown.debug(&form);
    shown.debug(&Pairs::parse(form.as_str()).expect("a form"));
    let url = format!("https://as.example/x?code={MARK}#access_token={MARK}");
    let request = HttpRequest::new(Method::Post, url, Purpose::Token)
        .with_header("authorization", format!("Bearer {MARK}"))
        .with_header("dpop", PROOF)
        .with_header("cookie", format!("__Host-session={MARK}"))
        .with_header("x-api-key", MARK)
        .with_body(form.as_str());
    shown.debug(&request);
    let response = HttpResponse::new(302)
        .with_header("location", format!("https://client.example/cb?code={MARK}"))
        .with_header("set-cookie", format!("__Host-session={MARK}"))
        .with_body(format!(r#"{{"access_token":"{MARK}"}}"#));
    shown.debug(&response);
    shown.debug(&SetCookie::new("session", MARK).expect("a cookie"));
    let field = format!("__Host-session={MARK}");
    shown.debug(&Cookies::parse([field.as_str()]).expect("cookies"));

    for auth in [
        ClientAuth::Basic(ClientSecret::new(MARK)),
        ClientAuth::BasicRaw(ClientSecret::new(MARK)),
        ClientAuth::Post(ClientSecret::new(MARK)),
        ClientAuth::SecretJwt(ClientAssertion::new(PROOF)),
        ClientAuth::PrivateKeyJwt(ClientAssertion::new(PROOF)),
    ] {
        shown.debug(&auth);
        let request = RevocationRequest::new(Secret::new(MARK)).to_http(&endpoint(), &client(), &auth);
        let request = request.expect("a request");
        shown.debug(&request);
        // An assertion that is none is refused, in words that do not show it.
        match RevocationRequest::from_http(&request) {
            Ok((request, presented)) => {
                shown.debug::<PresentedClient>(&presented);
                shown.debug(&request);
            }
            Err(error) => assert!(!format!("{error:?} {error}").contains(MARK)),
        }
    }
}

fn authorization(shown: &mut Shown) {
    let request = AuthorizationRequest::new(client(), redirect_uri(), state(), &verifier().challenge())
        .with_nonce(nonce())
        .with_id_token_hint(IdToken::new(MARK))
        .with_login_hint(MARK)
        .with_claims(object("id_token"))
        .with_authorization_details(details())
        .with_parameter("device_secret", MARK);
    shown.debug(&request);
    shown.debug(&request.clone().into_parts());
    shown.debug(&PushedAuthorizationRequest::new(request));
    shown.debug(&PushedAuthorizationRequest::signed(client(), RequestObject::new(MARK)));
    let pushed = PushedAuthorizationResponse::new(request_uri(), Duration::from_secs(60)).with_extra("more", MARK);
    shown.debug(&pushed);
    shown.debug(&RequestReference::object(client(), RequestObject::new(MARK)));
    shown.debug(&RequestReference::uri(client(), request_uri()));

    let query = format!("code={MARK}&state={MARK}&access_token={MARK}");
    let url = format!("https://client.example/cb?{query}");
    for callback in [Callback::Url(&url), Callback::Query(&query), Callback::Form(query.as_bytes())] {
        shown.debug(&callback);
        let response = AuthorizationResponse::parse(callback).expect("a response");
        shown.debug(&response);
        shown.debug(&response.into_outcome());
    }
    let signed = SignedResponse::new(PROOF, ResponseMode::Jwt);
    shown.debug(&signed);
    let error = signed.token().map(drop).expect_err("no token");
    shown.both(&SignedResponseError::Token(error));
    shown.debug(&Outcome::Error(refusal()));
    shown.both(&refusal());
    shown.both(&ResponseError::Refused(refusal()));
}

fn tokens(shown: &mut Shown) {
    let exchange = TokenExchange::new(SecurityToken::new(MARK), TokenTypeIdentifier::AccessToken)
        .with_actor(SecurityToken::new(MARK), TokenTypeIdentifier::Jwt);
    shown.debug(&exchange);
    for request in [
        TokenRequest::authorization_code(AuthorizationCode::new(MARK), verifier(), Some(redirect_uri())),
        TokenRequest::refresh_token(RefreshToken::new(MARK)),
        TokenRequest::device_code(DeviceCode::new(MARK)),
        TokenRequest::ciba(AuthReqId::new(MARK)),
        TokenRequest::token_exchange(exchange),
        TokenRequest::jwt_bearer(Assertion::new(MARK)),
    ] {
        shown.debug::<Grant>(request.grant());
        shown.debug(&request.with_authorization_details(details()).with_parameter("device_secret", MARK));
    }
    shown.debug(&token_response());
    shown.debug(&details());
    for detail in details().iter() {
        shown.debug::<AuthorizationDetail>(detail);
    }
    let token = PresentedToken::new(TokenScheme::Bearer, AccessToken::new(MARK)).expect("a token");
    shown.debug(&token);

    let request = IntrospectionRequest::new(Secret::new(MARK)).with_parameter("more", MARK);
    shown.debug(&request);
    let http = request.to_http_with_bearer(&endpoint(), &AccessToken::new(MARK)).expect("a request");
    shown.debug::<IntrospectionCaller>(&IntrospectionRequest::from_http(&http).expect("read").1);
    let active = ActiveToken::new()
        .with_username(MARK)
        .with_sub(MARK)
        .with_jti(MARK)
        .with_cnf(object("jkt"))
        .with_act(object("sub"))
        .with_extra("more", MARK);
    shown.debug(&active);
    shown.debug(&IntrospectionResponse::new(active));
    shown.debug(&RevocationRequest::new(Secret::new(MARK)).with_parameter("more", MARK));
    // It has no place for anything, and none for what a server sends in it.
    let answer = HttpResponse::new(200).with_body(MARK);
    shown.debug(&RevocationResponse::from_http(&answer, &Expect::new(Timestamp::EPOCH)).expect("read"));
}

fn devices(shown: &mut Shown) {
    let request = DeviceAuthorizationRequest::new().with_parameter("device_secret", MARK);
    shown.debug(&request.with_authorization_details(details()));
    let page = "https://as.example/device";
    let response = DeviceAuthorizationResponse::new(DeviceCode::new(MARK), MARK, page, Duration::from_secs(60));
    let response = response.expect("a response").with_verification_uri_complete(format!("{page}?user_code={MARK}"));
    shown.debug(&response.expect("a page").with_extra("more", MARK));

    let token = || ClientNotificationToken::new(MARK).expect("a token");
    for hint in
        [Hint::LoginHint(MARK.into()), Hint::LoginHintToken(Secret::new(MARK)), Hint::IdTokenHint(IdToken::new(MARK))]
    {
        shown.debug(&hint);
        let request = BackchannelAuthenticationRequest::new(Scope::parse("openid").expect("a scope"), hint)
            .expect("a request")
            .with_client_notification_token(token())
            .with_user_code(Secret::new(MARK))
            .with_parameter("more", MARK)
            .with_binding_message(MARK)
            .expect("a message")
            .with_authorization_details(details());
        shown.debug(&request);
        shown.debug(&ReceivedAuthenticationRequest::Parameters(Box::new(request)));
    }
    shown.debug(&ReceivedAuthenticationRequest::RequestObject(Secret::new(MARK)));
    let response = BackchannelAuthenticationResponse::new(AuthReqId::new(MARK), Duration::from_secs(60));
    shown.debug(&response.with_extra("more", MARK));
    for notification in [
        ClientNotification::ping(token(), AuthReqId::new(MARK)),
        ClientNotification::push(token(), AuthReqId::new(MARK), token_response()),
        ClientNotification::push_error(token(), AuthReqId::new(MARK), refusal()),
    ] {
        shown.debug(&notification);
        shown.debug::<Notified>(notification.notified());
    }
}

fn registration(shown: &mut Shown) {
    let metadata = || ClientMetadata::new().with_software_statement(MARK).with_extra("more", MARK);
    shown.debug(&metadata());
    shown.debug(&RegistrationRequest::new(metadata()).with_initial_access_token(AccessToken::new(MARK)));
    let response = RegistrationResponse::new(client(), metadata())
        .with_client_secret(ClientSecret::new(MARK), None)
        .with_management(endpoint(), RegistrationAccessToken::new(MARK));
    shown.debug(&response);
    shown.debug(&ManagementRequest::update(client(), Some(ClientSecret::new(MARK)), metadata()));
}

fn people(shown: &mut Shown) {
    shown.debug(&UserInfoRequest::bearer(AccessToken::new(MARK)));
    shown.debug(&UserInfoRequest::dpop(AccessToken::new(MARK), Secret::new(PROOF)));
    // Not secret, and nobody's business in a log.
    shown.debug(&UserInfo::new(MARK).with_name(MARK).with_email(MARK).with_claim("more", MARK));
    let request = LogoutRequest::new()
        .with_id_token_hint(IdToken::new(MARK))
        .with_logout_hint(MARK)
        .with_state(state())
        .with_parameter("more", MARK);
    shown.debug(&request);
    shown.debug(&LogoutResponse::new(Some(state())).with_parameter("more", MARK));
    shown
        .debug(&BackchannelLogoutRequest::new(LogoutToken::new(MARK)).expect("a request").with_parameter("more", MARK));
    let answer = HttpResponse::new(200).with_body(MARK);
    shown.debug(&BackchannelLogoutResponse::from_http(&answer, &Expect::new(Timestamp::EPOCH)).expect("read"));
}

/// What servers say to everybody. Members that are not registered, and texts, may hold anything all the same.
fn servers(shown: &mut Shown) {
    let json = |body: String| HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    let issuer = Issuer::new("https://as.example").expect("an issuer");
    let document = json(format!(
        r#"{{"issuer":"https://as.example","response_types_supported":["code"],"more":"{MARK}","mtls_endpoint_aliases":{{"more":"{MARK}"}}}}"#
    ));
    let server = AuthorizationServer::from_http(&issuer, &document, Reading::Interop).expect("a document");
    shown.debug(&server);
    shown.debug(server.mtls_endpoint_aliases().expect("aliases"));
    let resource = Resource::new("https://rs.example").expect("a resource");
    let document = json(format!(r#"{{"resource":"https://rs.example","more":"{MARK}"}}"#));
    let found = ProtectedResource::from_http(FoundBy::WellKnown(&resource), &document, Reading::Interop);
    shown.debug(&found.expect("a document"));
    let metadata =
        ClientMetadata::new().with_token_endpoint_auth_method(ClientAuthMethod::None).with_extra("more", MARK);
    let url = ClientId::new("https://client.example/metadata").expect("an identifier");
    shown.debug(&ClientIdMetadata::new(url, metadata).expect("a document"));

    let field = format!(r#"Negotiate {MARK}, DPoP realm="{MARK}", error_description="{MARK}", more="{MARK}""#);
    let challenges = Challenges::parse([field.as_str()], Reading::Strict).expect("challenges");
    shown.debug(&challenges);
    challenges.iter().for_each(|challenge| shown.debug(challenge));
    let last = challenges.find("DPoP").expect("a challenge");
    shown.debug(&BearerChallenge::from_challenge(last, Reading::Strict).expect("parameters"));
    shown.debug(&DpopChallenge::from_challenge(last, Reading::Strict).expect("parameters"));
}

fn client() -> ClientId {
    ClientId::new("s6BhdRkqt3").expect("an identifier")
}

fn endpoint() -> Endpoint {
    Endpoint::new("https://as.example/endpoint").expect("an endpoint")
}

fn redirect_uri() -> RedirectUri {
    RedirectUri::new("https://client.example/cb").expect("a uri")
}

fn request_uri() -> RequestUri {
    RequestUri::new(format!("urn:ietf:params:oauth:request_uri:{MARK}")).expect("a uri")
}

fn state() -> State {
    State::new(MARK).expect("a state")
}

fn nonce() -> Nonce {
    Nonce::new(MARK).expect("a nonce")
}

fn verifier() -> CodeVerifier {
    CodeVerifier::new(MARK).expect("a verifier")
}

fn object(name: &str) -> Object {
    [(name, MARK)].into_iter().collect()
}

fn details() -> AuthorizationDetails {
    let detail = AuthorizationDetail::new("account").expect("a type").with_identifier(MARK);
    AuthorizationDetails::new().with(detail.with_member("more", MARK).expect("a member"))
}

fn token_response() -> TokenResponse {
    TokenResponse::new(AccessToken::new(MARK), TokenType::Bearer)
        .with_refresh_token(RefreshToken::new(MARK))
        .with_id_token(IdToken::new(MARK))
        .with_authorization_details(details())
        .with_extra("device_secret", MARK)
}

/// An error with more beside it than errors have: what comes with it is not shown.
fn refusal() -> ErrorResponse {
    let body = format!(r#"{{"error":"access_denied","access_token":"{MARK}"}}"#);
    let answer = HttpResponse::new(400).with_header("content-type", "application/json").with_body(body);
    match TokenResponse::from_http(&answer, &Expect::new(Timestamp::EPOCH)) {
        Err(ResponseError::Refused(response)) => {
            assert!(response.code() == &ErrorCode::AccessDenied && !response.extra().is_empty());
            response
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// The names of all public types, as the sources declare them: by themselves, or by a macro that makes one of each name it is given.
fn declared_types() -> BTreeSet<String> {
    let mut files = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 50, "{} files", files.len());
    let mut macros = BTreeSet::new();
    for text in &files {
        let mut within = "";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("macro_rules! ") {
                within = name.trim_end_matches([' ', '{']);
            } else if is_declaration(line.trim_start()).is_some_and(|name| name.starts_with('$')) {
                macros.insert(format!("{within}! {{"));
            }
        }
    }
    assert!(macros.len() >= 5, "{macros:?}");
    let mut types = BTreeSet::new();
    for text in &files {
        let mut is_named_next = false;
        for line in text.lines() {
            let start = line.trim_start();
            if let Some(name) = is_declaration(start).filter(|name| !name.starts_with('$')) {
                types.insert(word(name));
            } else if macros.contains(line) {
                is_named_next = true;
            } else if is_named_next && start.starts_with(|first: char| first.is_ascii_uppercase()) {
                types.insert(word(start));
                is_named_next = false;
            }
        }
    }
    types
}

fn is_declaration(line: &str) -> Option<&str> {
    line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// The texts of the source files without their tests.
fn visit(path: &Path, files: &mut Vec<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a readable directory") {
            visit(&entry.expect("a directory entry").path(), files);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs")
        && path.file_name().is_some_and(|name| name != "tests.rs")
    {
        let text = fs::read_to_string(path).expect("a source file in UTF-8");
        files.push(text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned());
    }
}
