mod laws;
mod reference;
mod signed;

use super::*;
use crate::form::{FormError, Pairs};
use crate::rar::AuthorizationDetails;
use crate::request::BuildError;
use crate::secret::IdToken;
use crate::{
    AuthorizationCode, ClientId, CodeChallenge, Endpoint, ErrorCode, ErrorResponse, Issuer, Nonce, RedirectUri,
    Resource, Scope, State,
};
use AuthorizationRequestError as RequestError;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use jwt_core::Jwk;
use jwt_core::json::{Object, Value};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn pairs(text: &str) -> Vec<(String, String)> {
    Pairs::parse(text).unwrap().iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(
        ClientId::new("s6BhdRkqt3").unwrap(),
        RedirectUri::new("https://client.example/cb").unwrap(),
        State::new("xyz").unwrap(),
        &CodeChallenge::new(CHALLENGE).unwrap(),
    )
}

/// RFC 9449, section 4.1: the key of its examples, whose thumbprint section 6.1 gives.
fn jwk() -> Jwk {
    let key = br#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
    Jwk::from_slice(key).unwrap()
}

fn endpoint(text: &str) -> Endpoint {
    Endpoint::new(text).unwrap()
}

fn query_of(url: &str) -> &str {
    url.split_once('?').unwrap().1
}

fn parse(query: &str) -> Result<AuthorizationResponse, CallbackError> {
    AuthorizationResponse::parse(Callback::Query(query))
}

fn code(response: &AuthorizationResponse) -> &str {
    match response.outcome() {
        Outcome::Code(code) => code.expose(),
        Outcome::Error(error) => panic!("{error}"),
    }
}

fn error(response: &AuthorizationResponse) -> &ErrorResponse {
    match response.outcome() {
        Outcome::Error(error) => error,
        Outcome::Code(_) => panic!("a code"),
    }
}

/// The requests that the RFCs print, line breaks taken out.
const REQUESTS: &[(&str, &str)] = &[
    (
        "RFC 6749, section 4.1.1",
        "response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb",
    ),
    (
        "RFC 8707, section 2.1",
        "response_type=code&client_id=s6BhdRkqt3&state=tNwzQ87pC6llebpmac_IDeeq-mCR2wLDYljHUZUAWuI\
         &redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&scope=calendar%20contacts\
         &resource=https%3A%2F%2Fcal.example.com%2F&resource=https%3A%2F%2Fcontacts.example.com%2F",
    ),
    (
        "RFC 9068, section 3",
        "response_type=code&client_id=s6BhdRkqt3&state=xyz&scope=openid%20profile%20reademail\
         &redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb&resource=https%3A%2F%2Frs.example.com%2F",
    ),
    (
        "RFC 9449, section 10",
        "response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256\
         &dpop_jkt=NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    ),
    (
        "RFC 9396, section 2",
        "response_type=code&client_id=s6BhdRkqt3&state=af0ifjsldkj&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&c\
         ode_challenge_method=S256&code_challenge=K2-ltc83acc4h0c9w6ESC_rEMTJ3bwc-uCHaoeK1t8U&authorization_details=%5B\
         %7B%22type%22%3A%22account%5Finformation%22%2C%22actions%22%3A%5B%22list%5Faccounts%22%2C%22read%5Fbalances%22\
         %2C%22read%5Ftransactions%22%5D%2C%22locations%22%3A%5B%22https%3A%2F%2Fexample%2Ecom%2Faccounts%22%5D%7D%2C%7\
         B%22type%22%3A%22payment%5Finitiation%22%2C%22actions%22%3A%5B%22initiate%22%2C%22status%22%2C%22cancel%22%5D%\
         2C%22locations%22%3A%5B%22https%3A%2F%2Fexample%2Ecom%2Fpayments%22%5D%2C%22instructedAmount%22%3A%7B%22curren\
         cy%22%3A%22EUR%22%2C%22amount%22%3A%22123%2E50%22%7D%2C%22creditorName%22%3A%22Merchant%20A%22%2C%22creditorAc\
         count%22%3A%7B%22iban%22%3A%22DE02100100109307118603%22%7D%2C%22remittanceInformationUnstructured%22%3A%22Ref%\
         20Number%20Merchant%22%7D%5D",
    ),
];

// HTTP-6749-001, HTTP-8707-062, HTTP-9068-067, HTTP-9396-101. Read and written back: the same pairs. (The RFCs write %2E and %20 where the form encoding has a dot and a plus.)
#[test]
fn the_requests_of_the_rfcs_are_read_and_written_back() {
    for (place, query) in REQUESTS {
        let request = AuthorizationRequest::from_query(query).unwrap_or_else(|error| panic!("{place}: {error}"));
        let (mut written, mut read) = (pairs(&request.to_query().unwrap()), pairs(query));
        written.sort();
        read.sort();
        assert_eq!(written, read, "{place}");
        assert_eq!(request.client_id().as_str(), "s6BhdRkqt3");
    }
    let first = AuthorizationRequest::from_query(REQUESTS[0].1).unwrap();
    assert!(first.state().unwrap().matches("xyz"));
    assert_eq!(first.redirect_uri().unwrap().as_str(), "https://client.example.com/cb");
    assert_eq!(first.code_challenge(), None);
    let second = AuthorizationRequest::from_query(REQUESTS[1].1).unwrap();
    assert_eq!(second.resources().len(), 2);
    let details = AuthorizationRequest::from_query(REQUESTS[4].1).unwrap().authorization_details().clone();
    assert!(details.iter().map(|detail| detail.type_name()).eq(["account_information", "payment_initiation"]));
    let last = AuthorizationRequest::from_query(REQUESTS[3].1).unwrap();
    assert_eq!(last.dpop_jkt(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
}

// OA-02, OA-03
#[test]
fn an_endpoints_query_is_kept_and_no_parameter_comes_twice() {
    let ours = "response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient.example%2Fcb\
                &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    for (at, url) in [
        ("https://as.example/authorize", format!("https://as.example/authorize?{ours}")),
        ("https://as.example/authorize?", format!("https://as.example/authorize?{ours}")),
        ("https://as.example", format!("https://as.example?{ours}")),
        ("https://as.example/a?p=b2c%20x&", format!("https://as.example/a?p=b2c%20x&{ours}")),
        ("https://as.example/a?client_id=evil&x&st%61te=fixed&&scope", format!("https://as.example/a?x&{ours}")),
    ] {
        assert_eq!(request().to_url(&endpoint(at)).unwrap(), url);
    }
    let own = request().with_parameter("p", "mine").to_url(&endpoint("https://as.example/a?p=theirs")).unwrap();
    assert_eq!(pairs(query_of(&own)).iter().filter(|(name, _)| name == "p").count(), 1);
}

#[test]
fn every_parameter_is_written_once_and_read_back() {
    let request = request()
        .with_scope(Scope::parse("openid email").unwrap())
        .with_nonce(Nonce::new("n-0S6_WzA2Mj").unwrap())
        .with_resource(Resource::new("https://rs.example/a").unwrap())
        .with_resource(Resource::new("https://rs.example/b").unwrap())
        .with_response_mode(ResponseMode::FormPost)
        .with_prompt(Prompt::Login)
        .with_prompt(Prompt::Consent)
        .with_max_age(Duration::from_millis(3_600_999))
        .with_acr_values("urn:a urn:b")
        .with_login_hint("jörg+x@example.com")
        .with_id_token_hint(IdToken::new("ey.e30.x"))
        .with_ui_locales("fr-CA fr en")
        .with_display(Display::Popup)
        .with_claims([("userinfo", Object::from_iter([("email", Value::Null)]))].into_iter().collect())
        .with_authorization_details(AuthorizationDetails::parse(r#"[{"type":"a","x":1.5}]"#).unwrap())
        .with_dpop_jkt(&jwk().thumbprint())
        .with_parameter("audience", "https://api.example/");
    let query = request.to_query().unwrap();
    assert_eq!(
        query,
        "response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient.example%2Fcb&scope=openid+email\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&nonce=n-0S6_WzA2Mj\
         &resource=https%3A%2F%2Frs.example%2Fa&resource=https%3A%2F%2Frs.example%2Fb&response_mode=form_post&prompt=login+consent\
         &max_age=3600&acr_values=urn%3Aa+urn%3Ab&login_hint=j%C3%B6rg%2Bx%40example.com\
         &id_token_hint=ey.e30.x&ui_locales=fr-CA+fr+en&display=popup&claims=%7B%22userinfo%22%3A%7B%22email%22%3Anull%7D%7D\
         &authorization_details=%5B%7B%22type%22%3A%22a%22%2C%22x%22%3A1.5%7D%5D\
         &dpop_jkt=0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I&audience=https%3A%2F%2Fapi.example%2F"
    );
    let read = AuthorizationRequest::from_query(&query).unwrap();
    assert_eq!(read.to_query().unwrap(), query);
    assert_eq!(read.prompts(), [Prompt::Login, Prompt::Consent]);
    assert_eq!((read.max_age(), read.login_hint()), (Some(Duration::from_secs(3600)), Some("jörg+x@example.com")));
    assert_eq!((read.acr_values(), read.response_mode()), (Some("urn:a urn:b"), Some(ResponseMode::FormPost)));
    assert!(read.id_token_hint().unwrap().matches("ey.e30.x"));
    assert_eq!((read.ui_locales(), read.display()), (Some("fr-CA fr en"), Some(Display::Popup)));
    assert_eq!(
        read.claims().and_then(|claims| claims.get("userinfo")).and_then(Value::as_object).map(Object::len),
        Some(1)
    );
    assert_eq!(read.authorization_details().len(), 1);
    assert!(read.nonce().unwrap().matches("n-0S6_WzA2Mj") && read.scope().unwrap().contains("email"));
}

#[test]
fn prompt_none_stands_alone() {
    let prompts = |request: AuthorizationRequest| request.prompts().to_vec();
    assert_eq!(prompts(request().with_prompt(Prompt::Login).with_prompt(Prompt::None)), [Prompt::None]);
    assert_eq!(prompts(request().with_prompt(Prompt::None).with_prompt(Prompt::Login)), [Prompt::Login]);
    assert_eq!(prompts(request().with_prompt(Prompt::None).with_prompt(Prompt::None)), [Prompt::None]);
    let other = |text: &str| Prompt::Other(Scope::parse(text).unwrap());
    assert_eq!(prompts(request().with_prompt(Prompt::Login).with_prompt(other("none"))), [Prompt::None]);
    assert_eq!(
        prompts(request().with_prompt(other("none login admin_consent"))),
        [Prompt::Login, other("admin_consent")]
    );
}

// OA-03, OA-04
#[test]
fn a_parameter_of_the_callers_own_repeats_none_and_is_no_credential() {
    let refused = |parameters: &[(&str, &str)]| {
        let with = |request: AuthorizationRequest, (name, value): &(&str, &str)| request.with_parameter(*name, *value);
        parameters.iter().fold(request(), with).to_url(&endpoint("https://as.example/a")).unwrap_err()
    };
    for name in [
        "state",
        "client_id",
        "resource",
        "request",
        "request_uri",
        "client_secret",
        "client_assertion",
        "code_verifier",
    ] {
        assert_eq!(refused(&[(name, "x")]), BuildError::ReservedParameter { name: name.to_string() });
    }
    assert_eq!(refused(&[("a", "1"), ("a", "2")]), BuildError::RepeatedParameter { name: "a".to_string() });
    assert_eq!(refused(&[("a", "")]), BuildError::EmptyParameter);
    assert_eq!(refused(&[("", "a")]), BuildError::EmptyParameter);
    let named = request().with_parameter("state", "x");
    let issuer = Issuer::new("https://as.example").unwrap();
    let pushed = crate::PushedAuthorizationRequest::new(named.clone());
    let pushed = pushed.to_http(&endpoint("https://as.example/par"), &crate::ClientAuth::None);
    for error in [named.to_query().err(), named.to_request_object(&issuer).err(), pushed.err()] {
        assert_eq!(error, Some(BuildError::ReservedParameter { name: "state".to_string() }), "wherever it is written");
    }
}

#[test]
fn a_server_refuses_what_it_must() {
    let base = "response_type=code&client_id=c&redirect_uri=https%3A%2F%2Fclient.example%2Fcb";
    for (query, error, code) in [
        ("".to_string(), RequestError::Missing { name: "client_id" }, ErrorCode::InvalidRequest),
        ("client_id=c".to_string(), RequestError::Missing { name: "response_type" }, ErrorCode::InvalidRequest),
        (
            "client_id=&response_type=code".to_string(),
            RequestError::Missing { name: "client_id" },
            ErrorCode::InvalidRequest,
        ),
        // OA-19
        (
            "client_id=c&response_type=token".to_string(),
            RequestError::UnsupportedResponseType,
            ErrorCode::UnsupportedResponseType,
        ),
        (
            "client_id=c&response_type=code+id_token".to_string(),
            RequestError::UnsupportedResponseType,
            ErrorCode::UnsupportedResponseType,
        ),
        (format!("{base}&state=a&state=a"), RequestError::Repeated, ErrorCode::InvalidRequest),
        (format!("{base}&unknown=a&unknown=b"), RequestError::Repeated, ErrorCode::InvalidRequest),
        (format!("{base}&scope=a++b"), RequestError::Malformed { name: "scope" }, ErrorCode::InvalidScope),
        (format!("{base}&resource=rs"), RequestError::Malformed { name: "resource" }, ErrorCode::InvalidTarget),
        (format!("{base}&prompt=none+login"), RequestError::Malformed { name: "prompt" }, ErrorCode::InvalidRequest),
        (format!("{base}&max_age=-1"), RequestError::Malformed { name: "max_age" }, ErrorCode::InvalidRequest),
        (format!("{base}&max_age=%2B1"), RequestError::Malformed { name: "max_age" }, ErrorCode::InvalidRequest),
        (
            format!("{base}&response_mode=web_message"),
            RequestError::Malformed { name: "response_mode" },
            ErrorCode::InvalidRequest,
        ),
        (format!("{base}&display=full"), RequestError::Malformed { name: "display" }, ErrorCode::InvalidRequest),
        (format!("{base}&claims=[]"), RequestError::Malformed { name: "claims" }, ErrorCode::InvalidRequest),
        (
            format!("{base}&claims={{\"a\":1,\"a\":1}}"),
            RequestError::Malformed { name: "claims" },
            ErrorCode::InvalidRequest,
        ),
        (format!("{base}&dpop_jkt=x"), RequestError::Malformed { name: "dpop_jkt" }, ErrorCode::InvalidRequest),
        // OA-25
        (
            format!("{base}&authorization_details=[{{}}]"),
            RequestError::Malformed { name: "authorization_details" },
            ErrorCode::InvalidAuthorizationDetails,
        ),
        (
            format!("{base}&authorization_details=[]&authorization_details=[]"),
            RequestError::Repeated,
            ErrorCode::InvalidRequest,
        ),
        (
            format!("{base}&client_secret=x"),
            RequestError::Malformed { name: "client_secret" },
            ErrorCode::InvalidRequest,
        ),
        (format!("{base}&request=e30"), RequestError::RequestObject, ErrorCode::RequestNotSupported),
        (format!("{base}&request_uri=urn:x"), RequestError::RequestUri, ErrorCode::RequestUriNotSupported),
        // PK-02: no downgrade to plain, said or unsaid.
        (
            format!("{base}&code_challenge={CHALLENGE}"),
            RequestError::Malformed { name: "code_challenge_method" },
            ErrorCode::InvalidRequest,
        ),
        (
            format!("{base}&code_challenge={CHALLENGE}&code_challenge_method=plain"),
            RequestError::Malformed { name: "code_challenge_method" },
            ErrorCode::InvalidRequest,
        ),
        (
            format!("{base}&code_challenge=x&code_challenge_method=S256"),
            RequestError::Malformed { name: "code_challenge" },
            ErrorCode::InvalidRequest,
        ),
        (
            "response_type=code&client_id=c&redirect_uri=javascript:alert(1)".to_string(),
            RequestError::Malformed { name: "redirect_uri" },
            ErrorCode::InvalidRequest,
        ),
        ("a=%FF".to_string(), RequestError::Form(FormError::NotUtf8), ErrorCode::InvalidRequest),
    ] {
        let refused = AuthorizationRequest::from_query(&query).unwrap_err();
        assert_eq!(refused, error, "{query}");
        assert_eq!(refused.error_code(), code, "{query}");
    }
}

// OA-03. RFC 6749, section 3.1.2: the redirect URI's query "MUST be retained", and section 3.1: parameters "MUST NOT be included more than once".
#[test]
fn nobody_is_sent_to_a_redirect_uri_with_a_parameter_of_the_answer() {
    let verifier = crate::CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    let back_to = |uri: &RedirectUri| {
        let state = State::new("xyz").unwrap();
        AuthorizationRequest::new(ClientId::new("c").unwrap(), uri.clone(), state, &verifier.challenge())
    };
    let answer = AuthorizationResponse::code(AuthorizationCode::new("a"));
    let at = endpoint("https://as.example/authorize");
    for query in [
        "state=x",
        "code=",
        "iss",
        "a=b&error=x",
        "error_description=x",
        "error_uri=x",
        "response=x",
        "st%61te=x",
        "a=%FF",
    ] {
        let uri = RedirectUri::new(format!("https://c.example/cb?{query}")).unwrap();
        let posted = back_to(&uri).with_response_mode(ResponseMode::FormPost).to_query().unwrap();
        assert!(AuthorizationRequest::from_query(&posted).is_ok(), "what is posted stands elsewhere");
        for mode in [None, Some(ResponseMode::Query), Some(ResponseMode::Fragment), Some(ResponseMode::QueryJwt)] {
            let request = mode.into_iter().fold(back_to(&uri), AuthorizationRequest::with_response_mode);
            assert_eq!(request.to_url(&at), Err(BuildError::RedirectUri), "{query}");
            let mode = mode.map_or("", ResponseMode::as_str);
            let read = AuthorizationRequest::from_query(posted.replace("form_post", mode)).unwrap_err();
            assert_eq!(read, RequestError::Malformed { name: "redirect_uri" });
        }
        let signed = SignedResponse::new("a.b.c", ResponseMode::Jwt).to_redirect_url(&uri);
        for written in [answer.to_redirect_url(&uri), answer.to_fragment_url(&uri), signed] {
            assert_eq!(written, Err(BuildError::RedirectUri), "{query}");
        }
    }
    let other = RedirectUri::new("https://c.example/cb?states=x&Code=y&scope=z").unwrap();
    let url = answer.to_redirect_url(&other).unwrap();
    assert!(back_to(&other).to_url(&at).is_ok() && AuthorizationResponse::parse(Callback::Url(&url)).is_ok());
}

// HTTP-6749-006, HTTP-8707-061; OA-19, BCP-06: the implicit grant is not offered.
#[test]
fn the_implicit_requests_of_the_rfcs_are_refused() {
    for query in [
        "response_type=token&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb",
        "response_type=token&client_id=example-client&state=XzZaJlcwYew1u0QBrRv_Gw\
         &redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb&resource=https%3A%2F%2Fapi.example.com%2Fapp%2F",
    ] {
        let refused = AuthorizationRequest::from_query(query).unwrap_err();
        assert_eq!(refused, RequestError::UnsupportedResponseType, "{query}");
    }
}

// HTTP-6749-007, -008: tokens in a fragment are no response, an error in a fragment is one.
#[test]
fn the_implicit_responses_of_rfc_6749_give_no_token() {
    let url = "http://example.com/cb#access_token=2YotnFZFEjr1zCsicMWpAA&state=xyz&token_type=example&expires_in=3600";
    assert_eq!(AuthorizationResponse::parse(Callback::Url(url)).unwrap_err(), CallbackError::NoOutcome);
    let url = "https://client.example.com/cb#error=access_denied&state=xyz";
    let response = AuthorizationResponse::parse(Callback::Url(url)).unwrap();
    assert_eq!((response.response_mode(), response.state()), (ResponseMode::Fragment, Some("xyz")));
    assert_eq!(*error(&response).code(), ErrorCode::AccessDenied);
    let redirect_uri = RedirectUri::new("https://client.example.com/cb").unwrap();
    assert_eq!(response.to_fragment_url(&redirect_uri).unwrap(), url);
    assert_eq!(
        AuthorizationResponse::parse_as(Callback::Url(url), ResponseMode::Query).unwrap_err(),
        CallbackError::ResponseMode
    );
}

/// The responses that the RFCs print.
const RESPONSES: &[(&str, &str)] = &[
    ("RFC 6749, section 4.1.2", "https://client.example.com/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz"),
    ("RFC 6749, section 4.1.2.1", "https://client.example.com/cb?error=access_denied&state=xyz"),
    (
        "RFC 9207, section 2.1",
        "https://client.example/cb?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58\
         &state=ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI&iss=https%3A%2F%2Fhonest.as.example",
    ),
    (
        "RFC 9207, section 2.2",
        "https://client.example/cb?error=access_denied&state=N2JjNGJhY2JiZjRhYzA3MGJkMzNmMDE5OWJhZmJhZjA\
         &iss=https%3A%2F%2Fhonest.as.example",
    ),
];

// HTTP-6749-002, -003, HTTP-9207-081, -082. ISS-01: iss is form-decoded, also on errors.
#[test]
fn the_responses_of_the_rfcs_are_read_and_written_back_to_the_byte() {
    for (place, url) in RESPONSES {
        let response =
            AuthorizationResponse::parse(Callback::Url(url)).unwrap_or_else(|error| panic!("{place}: {error}"));
        let base = response.base_url().unwrap();
        assert_eq!(response.to_redirect_url(&RedirectUri::new(base).unwrap()).unwrap(), *url, "{place}");
        assert_eq!(response.response_mode(), ResponseMode::Query);
    }
    let responses: Vec<_> =
        RESPONSES.iter().map(|(_, url)| AuthorizationResponse::parse(Callback::Url(url)).unwrap()).collect();
    assert_eq!(
        (code(&responses[0]), responses[0].state(), responses[0].iss()),
        ("SplxlOBeZQQYbYS6WxSbIA", Some("xyz"), None)
    );
    assert_eq!(responses[0].base_url(), Some("https://client.example.com/cb"));
    assert_eq!(*error(&responses[1]).code(), ErrorCode::AccessDenied);
    assert_eq!(responses[2].iss(), Some("https://honest.as.example"));
    assert_eq!(
        (error(&responses[3]).code(), responses[3].iss()),
        (&ErrorCode::AccessDenied, Some("https://honest.as.example"))
    );
}

// OA-03
#[test]
fn b4_a_callback_with_two_meanings_is_refused() {
    for name in ["code", "state", "iss", "error", "error_description", "error_uri", "response"] {
        let query = format!("code=a&state=s&{name}=x&{name}=x");
        assert_eq!(parse(&query).err(), Some(CallbackError::Form(FormError::Duplicate { name })), "{query}");
        let query = format!("code=a&state=s&{name}=&{name}=x");
        assert!(parse(&query).is_err(), "{query}");
    }
    assert_eq!(parse("code=a&error=access_denied&state=s").err(), Some(CallbackError::CodeAndError));
    assert_eq!(parse("state=s").err(), Some(CallbackError::NoOutcome));
    assert_eq!(parse("").err(), Some(CallbackError::NoOutcome));
    assert_eq!(parse("code=&state=s").err(), Some(CallbackError::NoOutcome));
    assert_eq!(parse("response=eyJ.e30.x").err(), Some(CallbackError::SignedResponse));
    assert_eq!(parse("code=a%0d%0ab").err(), Some(CallbackError::Malformed { name: "code" }));
    assert_eq!(parse("error=a%22b").err(), Some(CallbackError::Malformed { name: "error" }));
    assert_eq!(parse("error=%C3%A9").err(), Some(CallbackError::Malformed { name: "error" }));
    assert_eq!(parse("code=%FF").err(), Some(CallbackError::Form(FormError::NotUtf8)));
}

// OA-03, OA-09
#[test]
fn empty_parameters_are_none_and_unknown_ones_are_kept() {
    let response =
        parse("code=a&error=&error_description=&state=&iss=&session_state=x%3Dy&empty=&twice=1&twice=2").unwrap();
    assert_eq!((code(&response), response.state(), response.iss()), ("a", None, None));
    assert_eq!((response.parameter("session_state"), response.parameter("empty")), (Some("x=y"), None));
    assert_eq!(response.parameter("twice"), Some("1"));
    assert_eq!(response.parameter("code"), None);
}

#[test]
fn b4_where_a_response_stood_is_known() {
    let mode = |callback| AuthorizationResponse::parse(callback).map(|response| response.response_mode());
    assert_eq!(mode(Callback::Query("code=a")), Ok(ResponseMode::Query));
    assert_eq!(mode(Callback::Form(b"code=a")), Ok(ResponseMode::FormPost));
    assert_eq!(mode(Callback::Url("https://c.example/cb?code=a")), Ok(ResponseMode::Query));
    assert_eq!(mode(Callback::Url("https://c.example/cb#code=a")), Ok(ResponseMode::Fragment));
    assert_eq!(mode(Callback::Url("https://c.example/cb?tenant=x#code=a&state=s")), Ok(ResponseMode::Fragment));
    assert_eq!(mode(Callback::Url("com.example.app:/cb?code=a#_=_")), Ok(ResponseMode::Query));
    assert_eq!(mode(Callback::Url("https://c.example/cb?code=a#%FF&x")), Ok(ResponseMode::Query));
    for url in [
        "https://c.example/cb?code=a#state=s",
        "https://c.example/cb?state=s#code=a",
        "https://c.example/cb?code=a#code=a",
    ] {
        assert_eq!(mode(Callback::Url(url)), Err(CallbackError::QueryAndFragment), "{url}");
    }
    assert_eq!(mode(Callback::Url("https://c.example/cb")), Err(CallbackError::NoOutcome));
    let native = AuthorizationResponse::parse(Callback::Url("com.example.app:/cb?code=a")).unwrap();
    assert_eq!(native.base_url(), Some("com.example.app:/cb"));
    assert_eq!(parse("code=a").unwrap().base_url(), None);
}

#[test]
fn a_server_writes_in_every_mode_and_keeps_the_redirect_uris_query() {
    let response = AuthorizationResponse::code(AuthorizationCode::new("a b"))
        .with_state(&State::new("s&t").unwrap())
        .with_iss(&Issuer::new("https://as.example").unwrap())
        .with_parameter("session_state", "x");
    let form = "code=a+b&state=s%26t&iss=https%3A%2F%2Fas.example&session_state=x";
    assert_eq!(response.to_form().unwrap(), form);
    let uri = |text: &str| RedirectUri::new(text).unwrap();
    let redirect = |text: &str| response.to_redirect_url(&uri(text)).unwrap();
    assert_eq!(redirect("https://c.example/cb"), format!("https://c.example/cb?{form}"));
    assert_eq!(redirect("https://c.example/cb?a=b"), format!("https://c.example/cb?a=b&{form}"));
    assert_eq!(redirect("https://c.example/cb?"), format!("https://c.example/cb?{form}"));
    let fragment = response.to_fragment_url(&uri("https://c.example/cb?a=b")).unwrap();
    assert_eq!(fragment, format!("https://c.example/cb?a=b#{form}"));
    let error =
        AuthorizationResponse::error(ErrorResponse::new(ErrorCode::InvalidScope).with_description("no such scope"));
    assert_eq!(error.to_form().unwrap(), "error=invalid_scope&error_description=no+such+scope");
    // RFC 6749, section 4.1.2.1: characters that are excluded are none that could be read.
    let error = ErrorResponse::new(ErrorCode::from("a\"b")).with_description("n\u{e9} \"x\"");
    let error = AuthorizationResponse::error(error).to_form().unwrap();
    assert_eq!(error, "error=a%27b&error_description=n%3F+%27x%27");
    assert_eq!(parse(&error).unwrap().to_form().unwrap(), error);
    let refused = response.clone().with_parameter("iss", "x");
    let reserved = Some(BuildError::ReservedParameter { name: "iss".to_string() });
    let issuer = Issuer::new("https://as.example").unwrap();
    let claims =
        refused.to_claims(&issuer, &ClientId::new("c").unwrap(), jwt_core::Timestamp::from_unix(1_700_000_000));
    assert_eq!((refused.to_form().err(), claims.err()), (reserved.clone(), reserved));
    let twice = response.with_parameter("session_state", "y").to_redirect_url(&uri("https://c.example/cb"));
    assert_eq!(twice, Err(BuildError::RepeatedParameter { name: "session_state".to_string() }));
}

#[test]
fn b5_neither_request_nor_response_nor_callback_shows_its_secrets() {
    let url = "https://c.example/cb?code=marked-c&state=marked-s&iss=marked-i&id_token=marked-t&marked-n=x";
    let failed =
        parse("error=access_denied&error_description=marked-d&error_uri=https://marked-u.example&state=marked-s")
            .unwrap();
    let request = AuthorizationRequest::from_query(
        "response_type=code&client_id=c&state=marked-s&nonce=marked-n&login_hint=marked-l&id_token_hint=marked-t",
    )
    .unwrap();
    let mut shown = format!("{:?} {failed:?} {request:?}", AuthorizationResponse::parse(Callback::Url(url)).unwrap());
    shown += &format!("{:?} {:?} {:?}", Callback::Url(url), Callback::Query(url), Callback::Form(url.as_bytes()));
    for query in ["code=marked-a&code=marked-b", "code=marked-%00", "error=marked-%22", "code=marked&error=marked"] {
        let error = parse(query).unwrap_err();
        shown += &format!("{error:?} {error}");
    }
    let error = AuthorizationRequest::from_query("client_id=c&response_type=marked").unwrap_err();
    shown += &format!("{error:?} {error}");
    assert!(!shown.contains("marked"), "{shown}");
}
