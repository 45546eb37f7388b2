//! Tokens for tokens, and tokens for assertions.

use jwt_core::{Algorithm, Question};
use oauth_client_sans_io::{
    Advice, ApiMisuse, Authentication, BearerAssertion, Error, Flow, IdentityAssertion, JwtBearer, SendFailure, Step,
    TokenExchange,
};
use oauth_types::rar::AuthorizationDetails;
use oauth_types::token::{TokenType, TokenTypeIdentifier};
use oauth_types::{Assertion, IdToken, Resource, SecurityToken};

use crate::laws::scenarios::exchanges::{at_provider, bearer_assertion, provider};
use crate::laws::scenarios::users;
use crate::{Driven, asked, basic, claims, code, done, endpoint, form, json, public, refused, sent, server};

fn exchange(token_type: TokenTypeIdentifier) -> Driven<TokenExchange> {
    let server =
        server("https://as.example.com").with_token_endpoint(endpoint("https://as.example.com/as/token.oauth2"));
    let subject = SecurityToken::new("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC");
    Driven::new(TokenExchange::new(&server, &basic("rs08"), subject, token_type).unwrap())
}

fn answer(members: &str) -> oauth_types::HttpResponse {
    json(200, format!(r#"{{"access_token":"eyJhbGciOiJFUzI1NiJ9",{members}}}"#))
}

#[test]
fn rfc_8693_section_2_3_the_exchange_of_an_access_token() {
    let server =
        server("https://as.example.com").with_token_endpoint(endpoint("https://as.example.com/as/token.oauth2"));
    let subject = SecurityToken::new("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC");
    let flow = TokenExchange::new(&server, &basic("rs08"), subject, TokenTypeIdentifier::AccessToken).unwrap();
    let mut flow = Driven::new(flow.resource(Resource::new("https://backend.example.com/api").unwrap()));
    asked(flow.resume());
    let request = sent(flow.secret("long-secure-random-secret"));
    assert_eq!(request.url(), "https://as.example.com/as/token.oauth2");
    assert_eq!(request.header("authorization"), Some("Basic cnMwODpsb25nLXNlY3VyZS1yYW5kb20tc2VjcmV0"));
    let mut pairs: Vec<_> = form(&request).split('&').map(str::to_owned).collect();
    pairs.sort();
    // The RFC's parameters, in whatever order.
    assert_eq!(
        pairs,
        [
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
            "resource=https%3A%2F%2Fbackend.example.com%2Fapi",
            "subject_token=accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC",
            "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token",
        ]
    );
    let tokens = done(flow.respond(answer(
        r#""issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":60"#,
    )));
    assert_eq!(tokens.issued_token_type(), Some(&TokenTypeIdentifier::AccessToken));
    assert_eq!(tokens.authorization().as_deref(), Some("Bearer eyJhbGciOiJFUzI1NiJ9"));
}

#[test]
fn rfc_8693_appendix_a_2_subject_and_actor_and_a_token_that_is_no_access_token() {
    // OA-22
    let flow = exchange(TokenTypeIdentifier::Jwt).flow;
    let mut flow = Driven::new(
        flow.actor(SecurityToken::new("eyJhY3RvciI6"), TokenTypeIdentifier::Jwt)
            .audience("urn:example:cooperation-context")
            .audience("second"),
    );
    asked(flow.resume());
    let body = form(&sent(flow.secret("s")));
    for pair in [
        "audience=urn%3Aexample%3Acooperation-context",
        "audience=second",
        "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt",
        "actor_token=eyJhY3RvciI6",
        "actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt",
    ] {
        assert!(body.split('&').any(|found| found == pair), "{pair} is not in {body}");
    }
    let tokens = done(flow.respond(answer(
        r#""issued_token_type":"urn:ietf:params:oauth:token-type:jwt","token_type":"N_A","expires_in":3600"#,
    )));
    assert_eq!(tokens.token_type(), &TokenType::NotApplicable);
    assert_eq!((tokens.issued_token_type(), tokens.authorization()), (Some(&TokenTypeIdentifier::Jwt), None));
}

#[test]
fn what_was_issued_must_be_said_and_be_what_was_asked_for() {
    // OA-22
    let verdict = |requested: Option<TokenTypeIdentifier>, members: &str| {
        let flow = exchange(TokenTypeIdentifier::AccessToken).flow;
        let mut flow = Driven::new(match requested {
            Some(requested) => flow.requested_token_type(requested),
            None => flow,
        });
        asked(flow.resume());
        sent(flow.secret("s"));
        code(flow.respond(answer(members)))
    };
    let jwt = r#""issued_token_type":"urn:ietf:params:oauth:token-type:jwt","token_type":"N_A""#;
    assert_eq!(verdict(None, jwt), "Done(..)");
    assert_eq!(verdict(Some(TokenTypeIdentifier::Jwt), jwt), "Done(..)");
    assert_eq!(verdict(Some(TokenTypeIdentifier::AccessToken), jwt), "issued_token_type_mismatch");
    assert_eq!(verdict(None, r#""token_type":"Bearer""#), "missing_member");
}

#[test]
fn a_token_for_its_issuer_alone_is_never_presented_whatever_the_server_calls_it() {
    for issued in ["refresh_token", "id_token", "id-jag"] {
        let mut flow = exchange(TokenTypeIdentifier::AccessToken);
        asked(flow.resume());
        sent(flow.secret("s"));
        let members =
            format!(r#""issued_token_type":"urn:ietf:params:oauth:token-type:{issued}","token_type":"Bearer""#);
        assert_eq!(done(flow.respond(answer(&members))).authorization(), None, "{issued}");
    }
}

#[test]
fn an_exchange_that_may_have_been_seen_is_not_sent_again() {
    let mut flow = exchange(TokenTypeIdentifier::AccessToken);
    asked(flow.resume());
    sent(flow.secret("s"));
    let error = flow.fail(SendFailure::Unknown).unwrap_err();
    assert!(matches!(error.advice(), Advice::Retry { .. }), "{error:?}");
    // RFC 8693, section 2.2.2
    let mut flow = exchange(TokenTypeIdentifier::AccessToken);
    asked(flow.resume());
    sent(flow.secret("s"));
    assert_eq!(flow.respond(refused(400, "invalid_target")).unwrap_err().advice(), Advice::Fix);
}

#[test]
fn rfc_7523_section_2_1_an_assertion_that_was_given() {
    let server = server("https://as.example.com").with_token_endpoint(endpoint("https://as.example.com/token.oauth2"));
    let assertion = Assertion::new("eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJpc3Mi.J9l-ZhwP");
    let mut flow = Driven::new(JwtBearer::new(&server, &public(), assertion).unwrap());
    assert_eq!(
        form(&sent(flow.resume())),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer\
         &assertion=eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJpc3Mi.J9l-ZhwP&client_id=client"
    );
    // RFC 7523, section 3.1
    let refusal = r#"{"error":"invalid_grant","error_description":"Audience validation failed"}"#;
    let response = oauth_types::HttpResponse::new(400).with_header("content-type", "application/json");
    let error = flow.respond(response.with_body(refusal)).unwrap_err();
    assert_eq!((error.code(), error.advice()), ("invalid_grant", Advice::Restart));
}

#[test]
fn an_assertion_says_who_for_whom_to_whom_and_until_when() {
    let server = server("https://as.example").with_token_endpoint(endpoint("https://as.example/token"));
    let mut flow = Driven::new(JwtBearer::signed(&server, &public(), bearer_assertion().claim("aud", "evil")).unwrap());
    let question = asked(flow.resume());
    let claims = claims(&question);
    // RFC 7523, section 3. What a caller says of its own takes the place of none of these.
    assert_eq!(claims.get_str("iss"), Some("robot@project.example"));
    assert_eq!(claims.get_str("sub"), Some("alice"));
    assert_eq!(claims.get_str("aud"), Some("https://as.example"));
    let now = flow.now.as_unix();
    let time = |name| claims.get(name).and_then(jwt_core::json::Value::as_u64);
    assert_eq!((time("iat"), time("exp")), (Some(now), Some(now + 60)));
    assert_eq!(claims.get_str("jti").unwrap().len(), 22);
    assert_eq!(claims.get_str("tenant"), Some("MARKED-claim"));
    let Question::Sign { key, algorithm, input } = &question else { panic!() };
    assert_eq!((key.as_str(), *algorithm), ("key", Algorithm::Ed25519));
    let header = jwt_core::base64url::decode(input.split(|byte| *byte == b'.').next().unwrap()).unwrap();
    assert_eq!(core::str::from_utf8(&header).unwrap(), r#"{"alg":"Ed25519","kid":"k"}"#);
}

#[test]
fn b7_an_assertion_is_made_anew_for_every_sending() {
    let server = server("https://as.example").with_token_endpoint(endpoint("https://as.example/token"));
    let mut flow = Driven::new(JwtBearer::signed(&server, &public(), bearer_assertion()).unwrap());
    let mut ids = Vec::new();
    let mut step = flow.resume();
    for _ in 0..3 {
        let question = asked(step);
        ids.push(claims(&question).get_str("jti").unwrap().to_owned());
        sent(flow.answer(crate::laws::keyring().answer(question).unwrap()));
        let Ok(Step::Wait(until)) = flow.fail(SendFailure::NotSent) else { break };
        flow.now = until;
        step = flow.flow.poll(flow.moments.at(until));
    }
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

#[test]
fn an_assertion_by_or_about_nobody_cannot_be_made() {
    let server = server("https://as.example").with_token_endpoint(endpoint("https://as.example/token"));
    for (issuer, subject) in [("", "alice"), ("robot", "")] {
        let assertion = BearerAssertion::new(issuer, subject, "key", Algorithm::Ed25519);
        let mut flow = Driven::new(JwtBearer::signed(&server, &public(), assertion).unwrap());
        assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Signing(_)))));
    }
}

// ---- two legs

fn resource_server() -> oauth_types::metadata::AuthorizationServer {
    server("https://as.example").with_token_endpoint(endpoint("https://as.example/token"))
}

const ID_JAG: &str = r#"{"issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","access_token":"eyJhbGciOiJIUzI1NiIsI","token_type":"N_A","scope":"chat.read","expires_in":300}"#;

#[test]
fn the_id_token_goes_to_its_provider_and_the_id_jag_to_the_resource_s_server() {
    // draft-ietf-oauth-identity-assertion-authz-grant, sections 4.3 and 4.4
    let provider_client = at_provider(Authentication::SecretPost("provider-secret".into()));
    let client = basic("f53f191f9311af35");
    let id_token = IdToken::new("eyJraWQiOiJzMTZ0cVNtODhw");
    let flow = IdentityAssertion::new((&provider(), &provider_client), (&resource_server(), &client), &id_token);
    let flow = flow.unwrap().scope("chat.read chat.history".parse().unwrap());
    let mut flow = Driven::new(flow.resource(Resource::new("https://api.chat.example/").unwrap()));

    let question = asked(flow.resume());
    assert!(matches!(&question, Question::Secret { key } if key.as_str() == "provider-secret"));
    let first = sent(flow.answer(crate::laws::keyring().answer(question).unwrap()));
    assert_eq!(first.url(), "https://idp.example/token");
    let body = form(&first);
    for pair in [
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
        "requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag",
        "audience=https%3A%2F%2Fas.example",
        "resource=https%3A%2F%2Fapi.chat.example%2F",
        "scope=chat.read+chat.history",
        "subject_token=eyJraWQiOiJzMTZ0cVNtODhw",
        "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token",
        "client_id=at-provider",
    ] {
        assert!(body.split('&').any(|found| found == pair), "{pair} is not in {body}");
    }

    let question = asked(flow.respond(json(200, ID_JAG)));
    assert!(matches!(&question, Question::Secret { key } if key.as_str() == "secret"));
    let second = sent(flow.answer(crate::laws::keyring().answer(question).unwrap()));
    assert_eq!(second.url(), "https://as.example/token");
    let body = form(&second);
    assert!(body.starts_with(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJIUzI1NiIsI"
    ));
    assert!(!body.contains("eyJraWQiOiJzMTZ0cVNtODhw") && !body.contains("at-provider"), "{body}");
    // What the provider left of the scope, and no more.
    assert!(body.contains("&scope=chat.read&"), "{body}");

    let tokens = done(flow.respond(json(200, r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"}"#)));
    assert_eq!(tokens.issuer().as_str(), "https://as.example");
    assert_eq!(tokens.authorization().as_deref(), Some("Bearer 2YotnFZFEjr1zCsicMWpAA"));
}

#[test]
fn the_second_leg_asks_for_what_the_first_granted_of_what_was_asked_for() {
    let asked_for = r#"[{"type":"room","actions":["read","write"]}]"#;
    // What the answer to the first leg says, and the scope and the details of the second.
    for (granted, scope, details) in [
        ("", "a b", asked_for),
        (r#","scope":"b""#, "b", asked_for),
        (r#","scope":"b a""#, "b a", asked_for),
        // More than was asked for, and something else: no word of how much of what was asked for is left.
        (r#","scope":"a b c""#, "a b", asked_for),
        (r#","scope":"openid""#, "a b", asked_for),
        (
            r#","authorization_details":[{"type":"room","actions":["read"]}]"#,
            "a b",
            r#"[{"type":"room","actions":["read"]}]"#,
        ),
        (r#","authorization_details":[]"#, "a b", asked_for),
    ] {
        let (provider, server, client) = (provider(), resource_server(), public());
        let flow = IdentityAssertion::new((&provider, &client), (&server, &client), &IdToken::new("eyJ0")).unwrap();
        let wanted = AuthorizationDetails::parse(asked_for).unwrap();
        let mut flow = Driven::new(flow.scope("a b".parse().unwrap()).authorization_details(wanted));
        sent(flow.resume());
        let id_jag =
            format!(r#""issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","token_type":"N_A"{granted}"#);
        let body = form(&sent(flow.respond(answer(&id_jag))));
        let pairs = oauth_types::Pairs::parse(&body).unwrap();
        assert_eq!(pairs.unique("scope").unwrap(), Some(scope), "{granted}");
        assert_eq!(pairs.unique("authorization_details").unwrap(), Some(details), "{granted}");
    }
    // What nobody asked for is not asked for now.
    let (provider, server, client) = (provider(), resource_server(), public());
    let flow = IdentityAssertion::new((&provider, &client), (&server, &client), &IdToken::new("eyJ0")).unwrap();
    let mut flow = Driven::new(flow);
    sent(flow.resume());
    let body = form(&sent(flow.respond(json(200, ID_JAG))));
    assert!(!body.contains("scope="), "{body}");
}

#[test]
fn what_is_no_id_jag_never_reaches_the_second_server() {
    let id_token = IdToken::new("eyJraWQiOiJzMTZ0cVNtODhw");
    for members in [
        r#""issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer""#,
        r#""issued_token_type":"urn:ietf:params:oauth:token-type:jwt","token_type":"N_A""#,
    ] {
        let (provider, server, client) = (provider(), resource_server(), public());
        let flow = IdentityAssertion::new((&provider, &client), (&server, &client), &id_token).unwrap();
        let mut flow = Driven::new(flow);
        sent(flow.resume());
        assert_eq!(code(flow.respond(answer(members))), "issued_token_type_mismatch");
        assert!(matches!(flow.resume(), Err(Error::ApiMisuse(ApiMisuse::Ended))));
    }
}

#[test]
fn a_server_needs_no_assertion_to_itself_and_tokens_of_another_provider_are_not_taken() {
    let (provider, server, client) = (provider(), resource_server(), public());
    let id_token = IdToken::new("eyJraWQiOiJzMTZ0cVNtODhw");
    let same = IdentityAssertion::new((&server, &client), (&server, &client), &id_token);
    assert!(matches!(same, Err(Error::ApiMisuse(ApiMisuse::InvalidArgument(_)))));
    let of_login = |tokens| IdentityAssertion::of_login((&provider, &client), (&server, &client), &tokens);
    let id_token = r#""token_type":"Bearer","id_token":"eyJ0""#;
    assert!(matches!(
        of_login(users::tokens("https://as.example", id_token)),
        Err(Error::ApiMisuse(ApiMisuse::OtherServer))
    ));
    assert!(of_login(users::tokens("https://idp.example", id_token)).is_ok());
    assert!(matches!(
        of_login(users::tokens("https://idp.example", r#""token_type":"Bearer""#)),
        Err(Error::ApiMisuse(ApiMisuse::InvalidArgument(_)))
    ));
}
