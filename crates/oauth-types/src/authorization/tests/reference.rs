//! A request that is elsewhere, and a request that is a JWT.

use jwt_core::profile::{RequestObjectClaims, RequestObjectProfile};
use jwt_core::{Limits, Moment, SigningKey, Timestamp, Unverified, Verified, sign};

use proptest::prelude::*;

use super::*;
use crate::secret::RequestObject;

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
const URI: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";

fn key() -> SigningKey {
    SigningKey::hs256(&[7; 32]).unwrap()
}

fn issuer() -> Issuer {
    Issuer::new("https://as.example").unwrap()
}

fn client() -> ClientId {
    ClientId::new("s6BhdRkqt3").unwrap()
}

fn verified(token: &str) -> Verified<RequestObjectClaims> {
    let profile = RequestObjectProfile::new("s6BhdRkqt3", "https://as.example");
    let token = Unverified::parse(token, &Limits::default()).unwrap();
    profile.verify(token, [&key().verifying_key().unwrap()], NOW).unwrap()
}

/// A request object with these claims beside those that every one has.
fn with_claims(members: &str) -> Result<AuthorizationRequest, AuthorizationRequestError> {
    let text = format!(
        r#"{{"iss":"s6BhdRkqt3","aud":"https://as.example","exp":1700000060,"client_id":"s6BhdRkqt3","response_type":"code"{members}}}"#
    );
    let claims: Object = jwt_core::json::from_slice(text.as_bytes(), &jwt_core::json::Limits::default()).unwrap();
    let header = jwt_core::Header::new(jwt_core::Algorithm::HS256).with_typ("oauth-authz-req+jwt");
    AuthorizationRequest::from_request_object(verified(&sign(&header, &claims, &key()).unwrap()).claims())
}

fn full() -> AuthorizationRequest {
    request()
        .with_scope(Scope::parse("openid email").unwrap())
        .with_nonce(Nonce::new("n-0S6_WzA2Mj").unwrap())
        .with_response_mode(ResponseMode::Jwt)
        .with_prompt(Prompt::Login)
        .with_prompt(Prompt::Consent)
        .with_max_age(Duration::from_secs(3600))
        .with_acr_values("urn:a urn:b")
        .with_login_hint("jörg+x@example.com")
        .with_id_token_hint(IdToken::new("ey.e30.x"))
        .with_ui_locales("fr-CA fr en")
        .with_display(Display::Popup)
        .with_claims([("id_token", Object::from_iter([("auth_time", Value::Null)]))].into_iter().collect())
        .with_authorization_details(AuthorizationDetails::parse(r#"[{"type":"a","x":{"y":[1,null]}}]"#).unwrap())
        .with_dpop_jkt(&jwk().thumbprint())
        .with_parameter("audience", "https://api.example/")
}

// OA-23
#[test]
fn rfc_9126_section_4_the_browser_carries_the_client_and_the_reference_only() {
    let reference = RequestReference::uri(client(), RequestUri::new(URI).unwrap());
    let query =
        "client_id=s6BhdRkqt3&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c";
    assert_eq!(reference.to_query(), query);
    for (at, url) in [
        ("https://as.example/authorize", format!("https://as.example/authorize?{query}")),
        ("https://as.example/a?p=b2c", format!("https://as.example/a?p=b2c&{query}")),
        (
            "https://as.example/a?request=x&state=y&p&client_id=z&r%65quest_uri=a",
            format!("https://as.example/a?p&{query}"),
        ),
    ] {
        assert_eq!(reference.to_url(&endpoint(at)), url);
    }
    let read = RequestReference::from_query(query).unwrap().unwrap();
    assert_eq!((read.client_id(), read.to_query().as_str()), (&client(), query));
    assert!(read.request_uri().unwrap().matches(URI) && read.request_object().is_none());
}

#[test]
fn what_stands_beside_a_reference_is_no_part_of_the_request() {
    // RFC 9101, section 5: parameters may be repeated outside for the sake of older servers.
    let query = "client_id=s6BhdRkqt3&response_type=code&scope=openid&state=evil&state=twice&request=ey.e30.x";
    let read = RequestReference::from_query(query).unwrap().unwrap();
    assert_eq!(read.to_query(), "client_id=s6BhdRkqt3&request=ey.e30.x");
    assert!(read.request_object().unwrap().matches("ey.e30.x") && read.request_uri().is_none());
    assert!(RequestReference::from_query("client_id=c&response_type=code&request=&request_uri=").unwrap().is_none());
}

#[test]
fn a_reference_that_has_two_meanings_or_no_client_is_refused() {
    use AuthorizationRequestError as Error;
    for (query, error) in [
        ("client_id=c&request=a&request_uri=urn:x", Error::Malformed { name: "request_uri" }),
        ("client_id=c&request_uri=x", Error::Malformed { name: "request_uri" }),
        ("client_id=c&request_uri=urn:a+b", Error::Malformed { name: "request_uri" }),
        ("request_uri=urn:x", Error::Missing { name: "client_id" }),
        ("client_id=&request=x", Error::Missing { name: "client_id" }),
        ("client_id=%01&request=x", Error::Malformed { name: "client_id" }),
        ("client_id=c&client_id=c&request=x", Error::Form(FormError::Duplicate { name: "client_id" })),
        ("client_id=c&request=x&request=x", Error::Form(FormError::Duplicate { name: "request" })),
        ("client_id=c&request=x&client_secret=s", Error::Malformed { name: "client_secret" }),
    ] {
        assert_eq!(RequestReference::from_query(query).err(), Some(error), "{query}");
    }
    for text in ["", "urn", ":x", "1urn:x", "urn:", "urn:\u{e9}", "urn:a b", "urn:a\n"] {
        assert_eq!(RequestUri::new(text).err().map(InvalidRequestUri::code), Some("invalid_request_uri"), "{text:?}");
    }
    assert!(RequestUri::new("https://client.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM").is_ok());
}

#[test]
fn rfc_9101_a_signed_request_says_what_the_plain_one_says() {
    let (several, one) = (
        full()
            .with_resource(Resource::new("https://a.example/").unwrap())
            .with_resource(Resource::new("urn:b").unwrap()),
        full().with_resource(Resource::new("https://a.example/").unwrap()),
    );
    for request in [request(), full(), one, several] {
        let object = request.to_request_object(&issuer()).unwrap().sign(&key(), &Moment::new(NOW, [1; 32])).unwrap();
        let verified = verified(&object);
        let read = AuthorizationRequest::from_request_object(verified.claims()).unwrap();
        assert_eq!(read.to_query(), request.to_query());
        // RFC 9101, section 4: JSON is JSON there, a number a number.
        let kind = |name: &str| verified.claims().parameter(name).cloned();
        assert_eq!(kind("max_age"), request.max_age().map(|age| age.as_secs().into()));
        assert_eq!(kind("claims"), request.claims().cloned().map(Value::Object));
        assert!(kind("authorization_details").is_none_or(|details| details.as_array().is_some()));
        assert!(kind("request").is_none() && kind("request_uri").is_none() && kind("sub").is_none());
        let url = RequestReference::object(client(), RequestObject::new(object.as_str()))
            .to_url(&endpoint("https://as.example/a"));
        assert_eq!(url, format!("https://as.example/a?client_id=s6BhdRkqt3&request={object}"));
    }
}

#[test]
fn a_parameter_of_another_json_type_is_refused_and_an_unknown_one_kept() {
    use AuthorizationRequestError as Error;
    for (members, name) in [
        (r#","state":1"#, "state"),
        (r#","scope":["a"]"#, "scope"),
        (r#","max_age":{}"#, "max_age"),
        (r#","max_age":1.5"#, "max_age"),
        (r#","max_age":-1"#, "max_age"),
        (r#","claims":[]"#, "claims"),
        (r#","authorization_details":{}"#, "authorization_details"),
        (r#","authorization_details":[{}]"#, "authorization_details"),
        (r#","resource":[1]"#, "resource"),
        (r#","client_secret":"x""#, "client_secret"),
    ] {
        assert_eq!(with_claims(members).err(), Some(Error::Malformed { name }), "{members}");
    }
    let read =
        with_claims(r#","max_age":"60","claims":"{}","registration":{"a":1},"n":2,"jti":"j","sub":"alice""#).unwrap();
    assert_eq!((read.max_age(), read.claims().map(Object::len)), (Some(Duration::from_secs(60)), Some(0)));
    assert_eq!((read.parameter("registration"), read.parameter("n")), (Some(r#"{"a":1}"#), Some("2")));
    assert_eq!((read.parameter("jti"), read.parameter("sub"), read.parameter("exp")), (None, None, None));
}

#[test]
fn b5_no_reference_shows_itself() {
    let uri = RequestReference::uri(client(), RequestUri::new("urn:marked").unwrap());
    let object = RequestReference::object(client(), RequestObject::new("marked"));
    let request = full()
        .with_login_hint("marked")
        .with_id_token_hint(IdToken::new("marked"))
        .with_claims([("marked", Value::from("marked"))].into_iter().collect());
    let shown = format!("{uri:?} {object:?} {request:?}");
    assert!(!shown.contains("marked"), "{shown}");
}

proptest! {
    #[test]
    fn no_query_makes_the_reader_panic_and_what_it_reads_is_written_back(
        text in "\\PC{0,60}|client_id=c(&(request|request_uri|state|client_id)=[a-z:%0-9+é]{0,9}){0,4}"
    ) {
        if let Ok(Some(reference)) = RequestReference::from_query(&text) {
            let written = reference.to_query();
            prop_assert_eq!(RequestReference::from_query(&written).unwrap().unwrap().to_query(), written);
            // What is a reference is no request of its own.
            prop_assert!(AuthorizationRequest::from_query(&text).is_err());
        }
    }
}
