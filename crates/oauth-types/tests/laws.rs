//! `to(from(to(x))) == to(x)`, wire against wire, for the messages whose own tests have no such law: values of every builder, whatever they are.

#![allow(
    clippy::expect_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::panic,
    reason = "a test, helpers included"
)]

use std::fmt::Debug;
use std::time::Duration;

use jwt_core::json::Object;
use jwt_core::{Secret, Timestamp};
use oauth_types::authorization::{Display, Prompt};
use oauth_types::ciba::{Hint, ReceivedAuthenticationRequest};
use oauth_types::registration::{ManagementRequest, RegistrationAccessToken};
use oauth_types::{
    AccessToken, AuthorizationCode, AuthorizationDetail, AuthorizationDetails, AuthorizationRequest,
    AuthorizationResponse, BackchannelAuthenticationRequest, BackchannelLogoutRequest, BearerChallenge, BuildError,
    Callback, Challenges, ClientAuth, ClientId, ClientMetadata, ClientSecret, CodeChallenge,
    DeviceAuthorizationRequest, DpopChallenge, Endpoint, ErrorCode, ErrorResponse, Expect, HttpRequest, HttpResponse,
    IdToken, IntrospectionRequest, Issuer, LogoutResponse, LogoutToken, Nonce, PushedAuthorizationRequest,
    PushedAuthorizationResponse, Reading, RedirectUri, RegistrationRequest, RequestObject, RequestUri, Resource,
    ResponseError, ResponseMode, RevocationRequest, Scope, State, TokenResponse, TokenTypeHint, UserInfoRequest,
};
use proptest::option::of;
use proptest::prelude::*;

fn endpoint() -> Endpoint {
    Endpoint::new("https://as.example/endpoint?a=b").expect("an endpoint")
}

fn client() -> ClientId {
    ClientId::new("s6BhdRkqt3").expect("an identifier")
}

fn redirect_uri() -> RedirectUri {
    RedirectUri::new("https://client.example/cb?a=b").expect("a uri")
}

/// What was written, read and written again is the same.
fn kept<T, E: Debug>(
    wire: &HttpRequest,
    read: impl FnOnce(&HttpRequest) -> Result<T, E>,
    write: impl FnOnce(&T) -> Result<HttpRequest, BuildError>,
) {
    let again = write(&read(wire).expect("what was written is read")).expect("what was read is written");
    assert_eq!(String::from_utf8_lossy(again.body()), String::from_utf8_lossy(wire.body()));
    assert!(again.headers().eq(wire.headers()));
    assert_eq!((again.method(), again.contract().replay()), (wire.method(), wire.contract().replay()));
}

prop_compose! {
    fn details()(types in proptest::collection::vec(("[a-z]{1,5}", "\\PC{0,5}"), 0..3)) -> AuthorizationDetails {
        types.into_iter().fold(AuthorizationDetails::new(), |details, (name, value)| {
            details.with(AuthorizationDetail::new(name).expect("a type").with_identifier(value))
        })
    }
}

prop_compose! {
    fn resources()(names in proptest::collection::vec("[a-z%&+=]{1,5}", 0..3)) -> Vec<Resource> {
        names.into_iter().map(|name| Resource::new(format!("urn:{name}")).expect("a resource")).collect()
    }
}

prop_compose! {
    /// Names that no request sets itself, each once.
    fn further()(pairs in proptest::collection::btree_map("[a-z]{1,4}x", ".{1,9}", 0..3)) -> Vec<(String, String)> {
        pairs.into_iter().collect()
    }
}

prop_compose! {
    fn request()(
        state in "[ -~]{1,12}", nonce in of("[ -~]{1,12}"), scope in proptest::collection::vec("[!#-\\[\\]-~]{1,6}", 0..4),
        texts in proptest::collection::vec(of(".{0,9}"), 4), max_age in of(any::<u64>()), mode in of(0_usize..7), prompts in proptest::collection::vec(0_usize..5, 0..4),
        display in of(0_usize..4), details in details(), resources in resources(), further in further(), challenge in any::<[u8; 32]>(),
    ) -> AuthorizationRequest {
        let challenge = CodeChallenge::new(jwt_core::base64url::encode(challenge)).expect("a challenge");
        let mut request = AuthorizationRequest::new(client(), redirect_uri(), State::new(state).expect("a state"), &challenge)
            .with_scope(Scope::from_tokens(scope).expect("a scope"))
            .with_authorization_details(details);
        if let Some(nonce) = nonce { request = request.with_nonce(Nonce::new(nonce).expect("a nonce")); }
        let setters: [fn(AuthorizationRequest, String) -> AuthorizationRequest; 4] = [
            AuthorizationRequest::with_acr_values, AuthorizationRequest::with_login_hint, AuthorizationRequest::with_ui_locales,
            |request, text| request.with_id_token_hint(IdToken::new(text)),
        ];
        for (set, text) in setters.into_iter().zip(texts) { request = text.into_iter().fold(request, set); }
        request = max_age.map(Duration::from_secs).into_iter().fold(request, AuthorizationRequest::with_max_age);
        let modes = [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost, ResponseMode::Jwt, ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt];
        request = mode.and_then(|at| modes.get(at).copied()).into_iter().fold(request, AuthorizationRequest::with_response_mode);
        let all = [Prompt::None, Prompt::Login, Prompt::Consent, Prompt::SelectAccount, Prompt::Other(Scope::parse("create").expect("a word"))];
        request = prompts.into_iter().filter_map(|at| all.get(at).cloned()).fold(request, AuthorizationRequest::with_prompt);
        let displays = [Display::Page, Display::Popup, Display::Touch, Display::Wap];
        request = display.and_then(|at| displays.get(at).copied()).into_iter().fold(request, AuthorizationRequest::with_display);
        request = resources.into_iter().fold(request, AuthorizationRequest::with_resource);
        further.into_iter().fold(request, |request, (name, value)| request.with_parameter(name, value))
    }
}

proptest! {
    #[test]
    fn an_authorization_request_is_the_same_in_a_url_pushed_and_signed(request in request()) {
        let query = request.to_query().expect("written");
        let read = AuthorizationRequest::from_query(&query).expect("read");
        prop_assert_eq!(read.to_query(), Ok(query.clone()));
        prop_assert!(request.to_url(&endpoint()).expect("written").ends_with(&query));
        for auth in [ClientAuth::None, ClientAuth::Basic(ClientSecret::new("s")), ClientAuth::Post(ClientSecret::new("s"))] {
            let wire = PushedAuthorizationRequest::new(request.clone()).to_http(&endpoint(), &auth).expect("written");
            kept(&wire, |wire| PushedAuthorizationRequest::from_http(wire).map(|(request, _)| request), |request| request.to_http(&endpoint(), &auth));
        }
        // The claims of its request object, verified by whoever has a key.
        use jwt_core::{Limits, Moment, SigningKey, Unverified, profile::RequestObjectProfile};
        let (key, at) = (SigningKey::hs256(&[7; 32]).expect("a key"), Moment::new(Timestamp::from_unix(1_700_000_000), [1; 32]));
        let object = request.to_request_object(&Issuer::new("https://as.example").expect("an issuer")).expect("written");
        let jwt = object.sign(&key, &at).expect("signed");
        let profile = RequestObjectProfile::new("s6BhdRkqt3", "https://as.example");
        let verifying = key.verifying_key().expect("a key");
        let verified = profile.verify(Unverified::parse(&jwt, &Limits::default()).expect("a jwt"), [&verifying], at.now()).expect("verified");
        prop_assert_eq!(AuthorizationRequest::from_request_object(verified.claims()).expect("read").to_query(), Ok(query));
    }

    #[test]
    fn an_authorization_response_is_the_same_in_every_place(
        code in "[ -~]{1,20}", error in of(("[!#-\\[\\]-~]{1,12}", of(".{0,20}"))), state in of("[ -~]{1,12}"), iss: bool, further in further(),
    ) {
        let mut response = match error {
            Some((code, description)) => {
                let error = ErrorResponse::new(ErrorCode::from(code.as_str())).with_uri("https://as.example/e?x=1");
                AuthorizationResponse::error(description.iter().fold(error, |error, text| error.with_description(text)))
            }
            None => AuthorizationResponse::code(AuthorizationCode::new(code)),
        };
        response = state.iter().fold(response, |response, state| response.with_state(&State::new(state.as_str()).expect("a state")));
        let issuer = Issuer::new("https://as.example").expect("an issuer");
        if iss { response = response.with_iss(&issuer); }
        response = further.into_iter().fold(response, |response, (name, value)| response.with_parameter(name, value));
        let form = response.to_form().expect("written");
        prop_assert_eq!(AuthorizationResponse::parse(Callback::Form(form.as_bytes())).expect("read").to_form(), Ok(form.clone()));
        let url = response.to_fragment_url(&redirect_uri()).expect("written");
        prop_assert_eq!(AuthorizationResponse::parse(Callback::Url(&url)).expect("read").to_form(), Ok(form.clone()));
        // The redirect URI's own query comes back as what else is there.
        let url = response.to_redirect_url(&redirect_uri()).expect("written");
        let read = AuthorizationResponse::parse(Callback::Url(&url)).expect("read");
        prop_assert_eq!((read.parameter("a"), read.state().map(str::to_owned)), (Some("b"), state));
        let claims = response.to_claims(&issuer, &client(), Timestamp::from_unix(1)).expect("written");
        prop_assert_eq!(claims.get_str("iss"), Some("https://as.example"));
    }

    #[test]
    fn a_request_of_a_client_is_written_as_it_was_read(
        token in ".{1,20}", hint in of(".{1,9}"), signed: bool, scope in proptest::collection::vec("[!#-\\[\\]-~]{1,6}", 0..4),
        details in details(), resources in resources(), further in further(), object in "[a-zA-Z0-9._-]{1,30}", bearer in "[A-Za-z0-9._~+/-]{1,20}={0,2}",
    ) {
        let hints = || hint.iter().map(|hint| TokenTypeHint::from(hint.as_str()));
        for auth in [ClientAuth::None, ClientAuth::Basic(ClientSecret::new(token.as_str())), ClientAuth::Post(ClientSecret::new(token.as_str()))] {
            macro_rules! law {
                ($request:ident, $made:expr) => {{
                    let made = further.iter().fold($made, |made, (name, value)| made.with_parameter(name, value));
                    let wire = made.to_http(&endpoint(), &client(), &auth).expect("written");
                    kept(&wire, |wire| $request::from_http(wire).map(|(read, _)| read), |read| read.to_http(&endpoint(), &client(), &auth));
                }};
            }
            law!(RevocationRequest, hints().fold(RevocationRequest::new(Secret::new(token.as_str())), RevocationRequest::with_hint));
            let asked = hints().fold(IntrospectionRequest::new(Secret::new(token.as_str())), IntrospectionRequest::with_hint);
            law!(IntrospectionRequest, if signed { asked.signed() } else { asked });
            let device = DeviceAuthorizationRequest::new().with_scope(Scope::from_tokens(&scope).expect("a scope")).with_authorization_details(details.clone());
            law!(DeviceAuthorizationRequest, resources.iter().cloned().fold(device, DeviceAuthorizationRequest::with_resource));
            let pushed = PushedAuthorizationRequest::signed(client(), RequestObject::new(object.as_str())).to_http(&endpoint(), &auth).expect("written");
            kept(&pushed, |wire| PushedAuthorizationRequest::from_http(wire).map(|(read, _)| read), |read| read.to_http(&endpoint(), &auth));
        }
        let user_info = UserInfoRequest::bearer(AccessToken::new(bearer.as_str()));
        let user_info = if signed { user_info.signed() } else { user_info };
        kept(&user_info.to_http(&endpoint()).expect("written"), UserInfoRequest::from_http, |read| read.to_http(&endpoint()));
        let logout = BackchannelLogoutRequest::new(LogoutToken::new(token.as_str())).expect("made");
        let logout = further.iter().fold(logout, |logout, (name, value)| logout.with_parameter(name, value));
        kept(&logout.to_http(&endpoint()).expect("written"), BackchannelLogoutRequest::from_http, |read| read.to_http(&endpoint()));
        let back = further.iter().fold(LogoutResponse::new(State::new("s").ok()), |back, (name, value)| back.with_parameter(name, value));
        let url = back.to_url(&RedirectUri::new("https://client.example/out").expect("a uri")).expect("written");
        let read = LogoutResponse::from_query(url.split_once('?').map_or("", |(_, query)| query)).expect("read");
        prop_assert_eq!(read.to_url(&RedirectUri::new("https://client.example/out").expect("a uri")), Ok(url));
    }

    #[test]
    fn a_ciba_request_is_the_same_as_parameters_and_as_claims(
        hint in ".{1,9}", acr in ".{0,9}", code in ".{0,9}", expiry in 1..u64::MAX, details in details(), resources in resources(), further in further(),
    ) {
        let request = BackchannelAuthenticationRequest::new(Scope::parse("openid").expect("a scope"), Hint::LoginHint(hint)).expect("made")
            .with_acr_values(acr).with_user_code(Secret::new(code)).with_requested_expiry(Duration::from_secs(expiry)).with_authorization_details(details);
        let request = resources.into_iter().fold(request, BackchannelAuthenticationRequest::with_resource);
        let request = further.into_iter().fold(request, |request, (name, value)| request.with_parameter(name, value));
        let write = |request: &BackchannelAuthenticationRequest| request.to_http(&endpoint(), &client(), &ClientAuth::None);
        let wire = write(&request).expect("written");
        kept(&wire, |wire| match BackchannelAuthenticationRequest::from_http(wire) {
            Ok((ReceivedAuthenticationRequest::Parameters(read), _)) => Ok(read),
            other => Err(format!("{other:?}")),
        }, |read| write(read));
        let claims: Object = request.to_claims().expect("written");
        let read = BackchannelAuthenticationRequest::from_claims(&claims).expect("read");
        prop_assert_eq!(read.to_claims(), Ok(claims));
        let again = write(&read).expect("written");
        prop_assert_eq!(again.body(), wire.body());
    }

    #[test]
    fn a_registration_is_written_as_it_was_read(
        name in "\\PC{1,9}", statement in "[a-z.]{1,9}", extra in "[a-z]{1,4}x", value in "\\PC{0,9}", bearer in "[A-Za-z0-9._~+/-]{1,20}={0,2}", secret in of("[!-~]{1,9}"),
    ) {
        let metadata = || ClientMetadata::new().with_redirect_uris([redirect_uri()]).with_client_name(name.as_str())
            .with_software_statement(statement.as_str()).with_extra(extra.as_str(), value.as_str());
        let wire = RegistrationRequest::new(metadata()).with_initial_access_token(AccessToken::new(bearer.as_str())).to_http(&endpoint()).expect("written");
        kept(&wire, RegistrationRequest::from_http, |read| read.to_http(&endpoint()));
        let token = RegistrationAccessToken::new(bearer.as_str());
        let update = ManagementRequest::update(client(), secret.map(ClientSecret::new), metadata());
        kept(&update.to_http(&endpoint(), &token).expect("written"), ManagementRequest::from_http, |(read, token)| read.to_http(&endpoint(), token));
    }

    #[test]
    fn an_answer_is_written_as_it_was_read(
        code in "[!#-\\[\\]-~]{1,12}", description in "[ !#-\\[\\]-~]{1,20}", uri in "[!-~]{1,20}", lifetime in 1_u64..u64::MAX, extra in "[a-z]{1,4}x", value in "\\PC{0,9}", realm in "[ -~]{0,9}",
        scope in proptest::collection::vec("[!#-\\[\\]-~]{1,6}", 1..4), max_age in of(any::<u64>()), acr in proptest::collection::vec("[!-\\[\\]-~]{1,6}", 0..3),
    ) {
        let error = ErrorResponse::new(ErrorCode::from(code.as_str())).with_description(&description).with_uri("https://as.example/e").to_http(400);
        let pushed = PushedAuthorizationResponse::new(RequestUri::new(format!("urn:{uri}")).expect("a uri"), Duration::from_secs(lifetime))
            .with_extra(extra.as_str(), value.as_str()).to_http();
        let same = |one: &HttpResponse, other: &HttpResponse| assert_eq!((one.status(), one.body()), (other.status(), other.body()));
        let bearer = BearerChallenge::new().with_realm(realm.as_str()).with_error(ErrorCode::from(code.as_str())).with_error_description(description.as_str())
            .with_scope(Scope::from_tokens(&scope).expect("a scope")).with_acr_values(acr.clone()).with_parameter(extra.as_str(), realm.as_str());
        let bearer = max_age.map(Duration::from_secs).into_iter().fold(bearer, BearerChallenge::with_max_age).to_header_value().expect("written");
        let dpop = DpopChallenge::new().with_error(ErrorCode::UseDpopNonce).with_algs(["ES256", "PS256"]).with_realm(realm).to_header_value().expect("written");
        let both = [bearer.as_str(), dpop.as_str()].join(", ");
        for reading in [Reading::Interop, Reading::Strict] {
            let expect = Expect::new(Timestamp::EPOCH).reading(reading);
            let Err(ResponseError::Refused(read)) = TokenResponse::from_http(&error, &expect) else { panic!("no error") };
            same(&read.to_http(400), &error);
            let read = PushedAuthorizationResponse::from_http(&pushed, &expect).expect("read");
            same(&read.to_http(), &pushed);
            let challenges = Challenges::parse([both.as_str()], reading).expect("read");
            let read = BearerChallenge::find(&challenges, reading).expect("read").expect("one");
            prop_assert_eq!(read.to_header_value(), Ok(bearer.clone()));
            let read = DpopChallenge::find(&challenges, reading).expect("read").expect("one");
            prop_assert_eq!(read.to_header_value(), Ok(dpop.clone()));
        }
    }
}
