//! What a server signs under the client's secret (OpenID Connect Core, section 10.1): taken where that is registered, and nowhere else.

use jwt_core::json::Object;
use jwt_core::{Algorithm, Answer, Question};
use oauth_client_sans_io::{
    ApiMisuse, Authentication, AuthorizationCode, BackchannelLogout, Ciba, Client, CodeExchange, Error, IdTokenCheck,
    PendingAuthorization, Profile, Rule, Step, UserInfo,
};
use oauth_types::authorization::{Callback, ResponseMode};
use oauth_types::ciba::Hint;
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{HttpResponse, IdToken, Issuer};

use crate::laws::scenarios::{
    client, id_token_changed, mac_token, nonce, pending_of, signing_key, under_secret, users, usual_claims,
};
use crate::laws::{CLIENT_SECRET, keyring};
use crate::{Driven, START, asked, at, callback, done, json, sent, server};

/// What becomes of a login of this client whose ID token is this; with the flow stored and restored at every step.
fn login(client: &Client, id_token: &str) -> Result<Step<oauth_client_sans_io::Login>, Error> {
    let mut pending = PendingAuthorization::from_stored(&pending_of("openid", client).to_stored()).unwrap();
    let query = format!("code=c&state={}", pending.state());
    let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
    let step = flow.resume();
    sent(flow.answered(step));
    flow.flow = CodeExchange::from_stored(&flow.flow.to_stored()).unwrap();
    let body = format!(r#"{{"access_token":"t","token_type":"Bearer","id_token":"{id_token}"}}"#);
    let step = flow.respond(json(200, &body));
    if let Ok(Step::Ask(question)) = &step {
        assert!(
            matches!(question, Question::VerifyMac { key, algorithm: Algorithm::HS256, .. } if key.as_str() == "secret")
        );
        flow.flow = CodeExchange::from_stored(&flow.flow.to_stored()).unwrap();
        let misuse = |flow: &mut Driven<CodeExchange>, answer| match flow.answer(answer) {
            Err(Error::ApiMisuse(misuse)) => misuse,
            other => panic!("{other:?}"),
        };
        assert_eq!(misuse(&mut flow, Answer::Verified(Some(1))), ApiMisuse::WrongAnswer, "there is one key");
        assert_eq!(misuse(&mut flow, Answer::Signature(vec![0; 32])), ApiMisuse::WrongAnswer, "nothing is signed");
    }
    flow.answered(step)
}

fn claims() -> Object {
    usual_claims(START, Some(&nonce()))
}

fn code<T>(result: &Result<Step<T>, Error>) -> Option<&str> {
    result.as_ref().err().map(Error::code)
}

#[test]
fn an_id_token_under_the_client_s_secret_is_taken_where_it_is_registered() {
    // JWT-16, JWA-01
    let login = done(login(&under_secret(), &mac_token(CLIENT_SECRET, &claims())));
    assert_eq!(login.id_token.unwrap().claims().subject(), "alice");
    assert!(login.fetched_keys.is_none(), "no key is published for it");
}

#[test]
fn a2_what_is_under_another_secret_or_another_algorithm_than_is_registered_is_not_taken() {
    // A2, A3: the token does not choose.
    let public_key = br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let forged = mac_token(core::str::from_utf8(public_key).unwrap(), &claims());
    assert_eq!(code(&login(&under_secret(), &forged)), Some("invalid_signature"));
    let other = mac_token("another secret of at least 32 octets", &claims());
    assert_eq!(code(&login(&under_secret(), &other)), Some("invalid_signature"));
    // Signed by a published key, which is not what is registered.
    let signed = id_token_changed(START, |claims| drop(claims.insert("nonce", nonce())));
    assert_eq!(code(&login(&under_secret(), &signed)), Some("key_not_found"));
    // Under the secret, which is not what is registered, or nothing is.
    let basic = || client(Authentication::SecretBasic("secret".into()));
    let good = mac_token(CLIENT_SECRET, &claims());
    assert_eq!(code(&login(&basic(), &good)), Some("key_not_found"));
    let ed25519 = basic().id_token_signed_response_alg(Algorithm::Ed25519);
    assert_eq!(code(&login(&ed25519, &good)), Some("key_not_found"));
    let hs512 = basic().id_token_signed_response_alg(Algorithm::HS512);
    assert_eq!(code(&login(&hs512, &good)), Some("key_not_found"));
    // All that an ID token is checked for is checked.
    for (name, value, expected) in [
        ("aud", "other", "audience_mismatch"),
        ("iss", "https://evil.example", "issuer_mismatch"),
        ("nonce", "n", "nonce_mismatch"),
    ] {
        let mut claims = claims();
        claims.insert(name, value);
        assert_eq!(code(&login(&under_secret(), &mac_token(CLIENT_SECRET, &claims))), Some(expected));
    }
    // What the client itself makes under its secret is no ID token.
    let mut assertion = claims();
    assertion.insert("iss", "client");
    assertion.insert("sub", "client");
    assert_eq!(code(&login(&under_secret(), &mac_token(CLIENT_SECRET, &assertion))), Some("issuer_mismatch"));
}

#[test]
fn whoever_can_not_check_what_is_registered_asks_for_nothing() {
    let begin = |server: &AuthorizationServer, client: &Client, mode: ResponseMode| {
        let login = AuthorizationCode::new(server, client, callback()).scope("openid".parse().unwrap());
        match login.response_mode(mode).begin(&at()) {
            Ok(_) => None,
            Err(Error::ApiMisuse(misuse)) => Some(misuse),
            Err(error) => panic!("{error:?}"),
        }
    };
    let no_secret = Some(ApiMisuse::InvalidArgument("an HMAC of the server is checked with a client secret"));
    let public = client(Authentication::None);
    let hmac = public.clone().id_token_signed_response_alg(Algorithm::HS256);
    assert_eq!(begin(&server(), &hmac, ResponseMode::Query), no_secret);
    let hmac = public.authorization_signed_response_alg(Algorithm::HS256);
    assert_eq!(begin(&server(), &hmac, ResponseMode::Jwt), no_secret);
    assert_eq!(begin(&server(), &hmac, ResponseMode::Query), None, "no such response is asked for");
    // Without published keys an HMAC can be checked, and nothing else.
    let keyless = AuthorizationServer::new(server().issuer().clone())
        .with_authorization_endpoint(server().authorization_endpoint().unwrap().clone())
        .with_token_endpoint(server().token_endpoint().unwrap().clone());
    assert_eq!(begin(&keyless, &under_secret(), ResponseMode::Jwt), None);
    let basic = client(Authentication::SecretBasic("secret".into()));
    assert_eq!(begin(&keyless, &basic, ResponseMode::Query), Some(ApiMisuse::MissingEndpoint("jwks_uri")));
    // A profile's algorithms are asymmetric.
    let strict = under_secret().profile(Profile::oauth21().with(Rule::Algorithms));
    assert_eq!(begin(&server(), &strict, ResponseMode::Query), Some(ApiMisuse::Forbidden(Rule::Algorithms)));
    let endpoint = keyless.token_endpoint().unwrap().clone();
    let backchannel = keyless.with_backchannel_authentication_endpoint(endpoint);
    let hint = || Hint::LoginHint("alice".into());
    assert!(Ciba::new(&backchannel, &under_secret(), "openid".parse().unwrap(), hint()).is_ok());
    assert!(Ciba::new(&backchannel, &basic, "openid".parse().unwrap(), hint()).is_err());
}

#[test]
fn responses_logout_tokens_and_user_info_may_be_under_the_secret_too() {
    // JARM, section 2.3: "the client MUST .. check the signature of the JWT according to JWS".
    let redirect = AuthorizationCode::new(&server(), &under_secret(), callback())
        .response_mode(ResponseMode::Jwt)
        .begin(&at())
        .unwrap();
    for (secret, expected) in
        [(CLIENT_SECRET, None), ("another secret of at least 32 octets", Some("invalid_signature"))]
    {
        let mut pending = PendingAuthorization::from_stored(&redirect.pending.to_stored()).unwrap();
        let mut response: Object =
            [("iss", "https://as.example"), ("aud", "client"), ("code", "c"), ("state", pending.state())]
                .into_iter()
                .collect();
        response.insert("exp", START.as_unix() + 60);
        let query = format!("response={}", mac_token(secret, &response));
        let mut flow = Driven::new(pending.accept(&at(), None, Callback::Query(&query)).unwrap());
        let step = flow.resume();
        assert!(matches!(step, Ok(Step::Ask(Question::VerifyMac { .. }))), "{step:?}");
        let step = flow.answered(step);
        assert_eq!(code(&step), expected);
    }

    // User info, where the flow is told what is registered.
    let user: Object = [("iss", "https://as.example"), ("aud", "client"), ("sub", "alice")].into_iter().collect();
    let basic = client(Authentication::SecretBasic("secret".into()));
    for (named, expected) in [(&[Algorithm::HS256][..], None), (&[], Some("key_not_found"))] {
        let flow =
            UserInfo::new(&users::server(), &basic, &users::bearer(), "alice").unwrap().signed().algorithms(named);
        let mut flow = Driven::new(UserInfo::from_stored(&flow.to_stored()).unwrap());
        sent(flow.resume());
        let answer = HttpResponse::new(200).with_header("content-type", "application/jwt");
        let step = flow.respond(answer.with_body(mac_token(CLIENT_SECRET, &user)));
        let step = flow.answered(step);
        assert_eq!(code(&step), expected);
    }

    // A logout token.
    let key = jwt_core::SigningKey::hs256(CLIENT_SECRET.as_bytes()).unwrap();
    let event: Object = [("http://schemas.openid.net/event/backchannel-logout", Object::new())].into_iter().collect();
    let mut claims = usual_claims(START, None);
    claims.insert("jti", "j-1");
    claims.insert("events", event);
    let token = jwt_core::sign(&jwt_core::Header::new(key.algorithm()).with_typ("logout+jwt"), &claims, &key).unwrap();
    for (client, expected) in [(under_secret(), None), (basic, Some("key_not_found"))] {
        let flow = BackchannelLogout::new(&users::server(), &client, &users::logout_request(&token));
        let mut flow = Driven::new(BackchannelLogout::from_stored(&flow.to_stored()).unwrap());
        let step = flow.resume();
        let step = flow.answered(step);
        assert_eq!(code(&step), expected);
    }
}

#[test]
fn the_id_token_of_a_refresh_is_checked_with_the_secret_that_is_named() {
    let issuer = Issuer::new("https://as.example").unwrap();
    let token = || IdToken::new(mac_token(CLIENT_SECRET, &usual_claims(START, None)));
    let check = || IdTokenCheck::new(&issuer, under_secret().id(), token(), None);
    let run = |flow: IdTokenCheck| {
        let mut flow = Driven::new(IdTokenCheck::from_stored(&flow.to_stored()).unwrap());
        let step = flow.resume();
        code(&flow.answered(step)).map(str::to_owned)
    };
    assert_eq!(run(check().algorithms(&[Algorithm::HS256]).client_secret("secret")), None);
    assert_eq!(run(check().client_secret("secret").algorithms(&[Algorithm::HS256])), None);
    for half in [check(), check().algorithms(&[Algorithm::HS256]), check().client_secret("secret")] {
        assert_eq!(run(half).as_deref(), Some("key_not_found"));
    }
    // A secret that is too short for the hash is the program's affair, and the flow is whole.
    let mut flow = Driven::new(check().algorithms(&[Algorithm::HS256]).client_secret("secret"));
    let question = asked(flow.resume());
    let short = jwt_core::Keyring::new().secret("secret", jwt_core::Secret::new("short"));
    assert_eq!(short.answer(question).unwrap_err().code(), "key_too_short");
    let question = asked(flow.resume());
    assert!(matches!(flow.answer(keyring().answer(question).unwrap()), Ok(Step::Done(_))));
    assert_ne!(signing_key().algorithm(), Algorithm::HS256);
}
