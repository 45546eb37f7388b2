//! Messages, from both sides.

use jwt_core::Timestamp;
use oauth_types::dpop::DpopNonce;
use oauth_types::metadata::{AuthorizationServer, FoundBy, IssuerComparison, ProtectedResource};
use oauth_types::{
    AuthorizationRequest, AuthorizationResponse, BearerChallenge, Callback, Challenges, ClientId, Endpoint, Expect,
    FormBuilder, HttpRequest, HttpResponse, Issuer, Method, Pairs, Reading, RedirectUri, Resource, RevocationRequest,
    Scope, TokenRequest, TokenResponse, retry_after,
};
use oauth_types::{Cookies, DpopChallenge, PresentedToken};

/// Messages: forms, callbacks, token responses, metadata, challenges, requests as a server gets them, identifiers.
///
/// # Panics
///
/// On a finding.
pub fn messages(data: &[u8]) {
    let Some((selector, rest)) = data.split_first() else { return };
    match selector % 8 {
        0 => a_form_is_written_back_as_it_was_read(rest),
        1 => a_callback_has_one_outcome(rest),
        2 => strict_accepts_no_more_than_interop(rest),
        3 => metadata_is_of_the_issuer_that_was_asked(rest),
        4 => challenges_are_written_back_as_they_were_read(rest),
        5 => a_server_reads_any_request(rest),
        6 => identifiers_keep_their_spelling(rest),
        _ => times_are_read_or_refused(rest),
    }
}

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

fn a_form_is_written_back_as_it_was_read(text: &[u8]) {
    let Ok(pairs) = Pairs::parse(text) else { return };
    let mut form = FormBuilder::new();
    for (name, value) in pairs.iter() {
        form.append(name, value);
    }
    let Ok(again) = Pairs::parse(form.as_str()) else { return };
    assert!(again.iter().eq(pairs.iter()), "a form changed on its way");
}

fn a_callback_has_one_outcome(data: &[u8]) {
    drop(AuthorizationResponse::parse(Callback::Form(data)));
    let Ok(text) = core::str::from_utf8(data) else { return };
    drop(AuthorizationResponse::parse(Callback::Url(text)));
    for mode in [oauth_types::ResponseMode::Query, oauth_types::ResponseMode::Jwt] {
        let signed = oauth_types::SignedResponse::parse(Callback::Url(text), mode);
        let plain = AuthorizationResponse::parse_as(Callback::Url(text), mode);
        assert!(signed.is_err() || plain.is_err(), "a callback is both signed and plain");
    }
    if let Ok(response) = AuthorizationResponse::parse(Callback::Query(text)) {
        let pairs = Pairs::parse(text).expect("what was read is a form");
        for name in ["code", "error", "state", "iss"] {
            assert!(pairs.all(name).count() < 2, "{name} came twice");
        }
        assert_eq!(response.iss(), pairs.all("iss").next().filter(|iss| !iss.is_empty()));
    }
}

/// Status, content type, body.
fn strict_accepts_no_more_than_interop(data: &[u8]) {
    let Some((head, body)) = data.split_first() else { return };
    let status = [200, 201, 400, 401, 403, 428, 429, 500].get(usize::from(head & 7)).copied().unwrap_or(200);
    let content_type =
        ["application/json", "text/html", "application/x-www-form-urlencoded", "APPLICATION/JSON; charset=x"];
    let mut response = HttpResponse::new(status).with_body(body);
    if let Some(content_type) = content_type.get(usize::from(head >> 3 & 7)) {
        response = response.with_header("content-type", content_type).with_header("cache-control", "no-store");
    }
    let interop = TokenResponse::from_http(&response, &Expect::new(NOW));
    let strict = TokenResponse::from_http(&response, &Expect::new(NOW).reading(Reading::Strict));
    if let Ok(strict) = &strict {
        let interop = interop.as_ref().expect("strict accepts what interop refuses");
        assert_eq!(strict.access_token().expose(), interop.access_token().expose());
        assert_eq!(strict.expires_in(), interop.expires_in());
        assert!(strict.deviations().is_empty(), "a strict answer deviates");
    }
    if let Ok(tokens) = &interop {
        assert!(!tokens.access_token().expose().is_empty(), "an empty token");
        assert!(status < 300, "a token out of an error");
    }
    let shown = format!("{interop:?} {strict:?}");
    assert!(shown.len() < 4096, "an answer is shown at length");
}

fn metadata_is_of_the_issuer_that_was_asked(body: &[u8]) {
    let issuer = Issuer::new("https://as.example").expect("a good issuer");
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    for reading in [Reading::Interop, Reading::Strict] {
        let Ok(metadata) = AuthorizationServer::from_http(&issuer, &response, reading) else { continue };
        assert_eq!(metadata.issuer().as_str(), "https://as.example");
        let again = AuthorizationServer::from_http(&issuer, &metadata.to_http(), reading);
        let again = again.expect("what we write we read");
        assert_eq!(again.token_endpoint().map(Endpoint::as_str), metadata.token_endpoint().map(Endpoint::as_str));
        assert_eq!(metadata.for_mutual_tls().issuer(), metadata.issuer());
    }
    for comparison in [IssuerComparison::RootSlash, IssuerComparison::TenantTemplate] {
        drop(AuthorizationServer::from_http_by(comparison, &issuer, &response, Reading::Interop));
    }
    let resource = Resource::new("https://rs.example/mcp").expect("a good resource");
    let read = |reading| ProtectedResource::from_http(FoundBy::WellKnown(&resource), &response, reading);
    let (strict, interop) = (read(Reading::Strict), read(Reading::Interop));
    if let Ok(strict) = &strict {
        assert_eq!(strict.to_json(), interop.as_ref().expect("strict accepts what interop refuses").to_json());
    }
    if let Ok(document) = interop {
        assert_eq!(document.resource(), &resource);
        let again = ProtectedResource::from_http(FoundBy::WellKnown(&resource), &document.to_http(), Reading::Strict);
        assert_eq!(again.expect("what we write we read").to_json(), document.to_json());
    }
}

fn challenges_are_written_back_as_they_were_read(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    for reading in [Reading::Interop, Reading::Strict] {
        let Ok(challenges) = Challenges::parse(text.split('\n'), reading) else { continue };
        drop(BearerChallenge::find(&challenges, reading));
        drop(DpopChallenge::find(&challenges, reading));
        for challenge in &challenges {
            let written = challenge.to_header_value();
            let again = Challenges::parse([written.as_str()], Reading::Strict).expect("what we write we read");
            let again = again.iter().next().expect("one challenge");
            assert!(again.is(challenge.scheme()) && again.token68() == challenge.token68());
            assert!(again.parameters().eq(challenge.parameters()), "a parameter changed on its way");
        }
    }
}

/// Authorization field, newline, body.
fn a_server_reads_any_request(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (Some(field), Some(body)) = (parts.next(), parts.next()) else { return };
    let field = String::from_utf8_lossy(field);
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    if !field.is_empty() {
        headers.push(("authorization", &field));
    }
    let request = HttpRequest::received(Method::Post, "/token", headers, body);
    drop(TokenRequest::from_http(&request));
    drop(RevocationRequest::from_http(&request));
    drop(oauth_types::PushedAuthorizationRequest::from_http(&request));
    if let Ok(Some(reference)) = oauth_types::RequestReference::from_query(body) {
        assert!(AuthorizationRequest::from_query(body).is_err(), "a reference is a request too");
        let again = oauth_types::RequestReference::from_query(reference.to_query()).expect("what we write we read");
        assert_eq!(again.expect("a reference").to_query(), reference.to_query());
    }
    drop(PresentedToken::from_http(&request));
    if let Ok(cookies) = Cookies::parse([&*field]) {
        assert_eq!(cookies.unique("login").is_err(), cookies.all("login").count() > 1, "a second cookie is overlooked");
    }
    drop(DpopNonce::find(&HttpResponse::new(200).with_header("dpop-nonce", &*field)));
    if let Ok(request) = AuthorizationRequest::from_query(body) {
        let again = AuthorizationRequest::from_query(request.to_query()).expect("what we write we read");
        assert_eq!(again.to_query(), request.to_query());
    }
}

fn identifiers_keep_their_spelling(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    macro_rules! keep {
        ($($name:ident)*) => {$(
            if let Ok(identifier) = $name::new(text) {
                assert_eq!(identifier.as_str(), text, "an identifier was rewritten");
            }
        )*};
    }
    keep!(Issuer ClientId RedirectUri Resource Endpoint);
    if let Ok(endpoint) = Endpoint::new(text) {
        // Case, a port of the scheme's own and zeros before a port are not the origin's.
        assert!(endpoint.origin().starts_with("http"));
    }
    if let Ok(scope) = Scope::parse(text) {
        assert!(scope.is_subset_of(&scope) && scope.tokens().all(|token| scope.contains(token)));
        assert_eq!(Scope::parse(scope.as_str()).expect("what we write we read"), scope);
    }
}

fn times_are_read_or_refused(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Some(delay) = retry_after::parse(text, NOW) {
        assert!(delay <= retry_after::MAX_DELAY, "a server may make us wait for ever");
    }
}
