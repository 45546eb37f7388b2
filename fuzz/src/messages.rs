//! Messages, from both sides.

mod answers;
mod guard;
mod requests;

use jwt_core::json::{self, Limits, Object};
use jwt_core::profile::AuthorizationResponseProfile;
use jwt_core::{Algorithm, Header, SigningKey, Timestamp, sign};
use oauth_types::metadata::{AuthorizationServer, FoundBy, IssuerComparison, ProtectedResource};
use oauth_types::{
    AuthorizationRequest, AuthorizationResponse, BearerChallenge, Callback, Challenges, ClientId, DpopChallenge,
    Endpoint, FormBuilder, HttpResponse, Issuer, Pairs, Reading, RedirectUri, RequestReference, Resource, ResponseMode,
    Scope, SignedResponse, retry_after,
};

use crate::selected;

/// The bytes that reading a message, in both readings, writing and reading it again hold at any moment for each byte of it, at most: four times what one
/// reader holds.
const MULTIPLE: u64 = 4 * 48;

/// The bytes that are held whatever is read: keys and signatures, the first room of lists and texts.
const FIXED: u64 = 64 * 1024;

/// Messages: forms, callbacks, answers, metadata, challenges, requests as servers and protected APIs get them, header fields, identifiers.
///
/// # Panics
///
/// On a finding.
pub fn messages(data: &[u8]) {
    let Some((selector, rest)) = selected(data) else { return };
    let held = allocation_counter::measure(|| one(selector, rest)).bytes_max;
    let bound = u64::try_from(rest.len()).unwrap_or(u64::MAX).saturating_mul(MULTIPLE).saturating_add(FIXED);
    assert!(held <= bound, "{held} bytes are held for {}", rest.len());
}

fn one(selector: u8, rest: &[u8]) {
    // From `0` on, so that seeds are text.
    match selector.wrapping_sub(b'0') % 18 {
        0 => a_form_is_written_back_as_it_was_read(rest),
        1 => a_callback_has_one_outcome(rest),
        2 => answers::of_the_token_endpoint(rest),
        3 => metadata_is_of_the_issuer_that_was_asked(rest),
        4 => challenges_are_written_back_as_they_were_read(rest),
        5 => a_server_reads_any_request(rest),
        6 => identifiers_keep_their_spelling(rest),
        7 => times_are_read_or_refused(rest),
        8 => answers::of_the_other_endpoints(rest),
        9 => answers::about_tokens_and_people(rest),
        10 => requests::of_clients(rest),
        11 => requests::as_json(rest),
        12 => requests::of_logout(rest),
        13 => requests::of_details(rest),
        14 => requests::of_fields(rest),
        15 => a_signed_callback_is_what_its_claims_say(rest),
        16 => metadata_is_of_the_resource_that_was_asked(rest),
        _ => guard::heads_are_answered(rest),
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
    if let Ok(response) = AuthorizationResponse::parse(Callback::Form(data)) {
        let written = response.to_form().expect("what we read we write");
        let again = AuthorizationResponse::parse(Callback::Form(written.as_bytes())).expect("what we write we read");
        assert_eq!(again.to_form().as_ref(), Ok(&written), "a response changed on its way");
        let uri = RedirectUri::new("https://client.example/cb").expect("a good uri");
        for (url, mode) in [
            (response.to_redirect_url(&uri).expect("what we read we write"), ResponseMode::Query),
            (response.to_fragment_url(&uri).expect("what we read we write"), ResponseMode::Fragment),
        ] {
            let again = AuthorizationResponse::parse_as(Callback::Url(&url), mode).expect("what we write we read");
            assert_eq!((again.to_form(), again.base_url()), (Ok(written.clone()), Some(uri.as_str())));
        }
    }
    let Ok(text) = core::str::from_utf8(data) else { return };
    drop(AuthorizationResponse::parse(Callback::Url(text)));
    for mode in MODES {
        let signed = SignedResponse::parse(Callback::Url(text), mode);
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

const MODES: [ResponseMode; 7] = [
    ResponseMode::Query,
    ResponseMode::Fragment,
    ResponseMode::FormPost,
    ResponseMode::Jwt,
    ResponseMode::QueryJwt,
    ResponseMode::FragmentJwt,
    ResponseMode::FormPostJwt,
];

/// The claims, as JSON: signed by us, as a server would that writes anything.
fn a_signed_callback_is_what_its_claims_say(data: &[u8]) {
    let Ok(mut claims) = json::object_from_slice::<Object>(data, &Limits::default()) else { return };
    claims.insert("iss", "https://as.example");
    claims.insert("aud", "client");
    claims.insert("exp", NOW.as_unix() + 600);
    let read = |claims: &Object, mode| {
        let key = SigningKey::hs256(&[7; 32]).expect("long enough");
        let jwt = sign(&Header::new(Algorithm::HS256), claims, &key).ok()?;
        let signed = SignedResponse::new(jwt, mode);
        let uri = RedirectUri::new("https://client.example/cb").expect("a good uri");
        let (url, form) = (signed.to_redirect_url(&uri).expect("a good uri"), signed.to_form());
        let callback =
            if mode == ResponseMode::FormPostJwt { Callback::Form(form.as_bytes()) } else { Callback::Url(&url) };
        let signed = SignedResponse::parse(callback, mode).expect("what we write we read");
        let profile = AuthorizationResponseProfile::new("https://as.example", "client");
        let response = signed.verify(&profile, [&key.verifying_key().expect("a key")], NOW).ok()?;
        assert_eq!(response.response_mode(), mode.for_code());
        Some(response)
    };
    let Some(response) = read(&claims, ResponseMode::Jwt) else { return };
    assert_eq!(response.iss(), Some("https://as.example"));
    let issuer = Issuer::new("https://as.example").expect("a good issuer");
    let client = ClientId::new("client").expect("a good identifier");
    let again = response.to_claims(&issuer, &client, Timestamp::from_unix(NOW.as_unix() + 600));
    let again = again.expect("what we read we write");
    for mode in [ResponseMode::QueryJwt, ResponseMode::FragmentJwt, ResponseMode::FormPostJwt] {
        let again = read(&again, mode).expect("what we write we read");
        assert_eq!(again.to_form(), response.to_form(), "a response changed on its way");
    }
}

fn metadata_is_of_the_issuer_that_was_asked(body: &[u8]) {
    let issuer = Issuer::new("https://as.example").expect("a good issuer");
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    let read = |reading| AuthorizationServer::from_http(&issuer, &response, reading);
    if let Ok(strict) = read(Reading::Strict) {
        let interop = read(Reading::Interop).expect("strict accepts what interop refuses");
        assert_eq!(strict.to_http().body(), interop.to_http().body());
        assert!(interop.deviations().is_empty(), "interop finds a deviation that strict overlooks");
    }
    for reading in [Reading::Interop, Reading::Strict] {
        let Ok(metadata) = read(reading) else { continue };
        assert_eq!(metadata.issuer().as_str(), "https://as.example");
        let again = AuthorizationServer::from_http(&issuer, &metadata.to_http(), reading);
        let again = again.expect("what we write we read");
        assert_eq!(again.token_endpoint().map(Endpoint::as_str), metadata.token_endpoint().map(Endpoint::as_str));
        assert_eq!(metadata.for_mutual_tls().issuer(), metadata.issuer());
    }
    for comparison in [IssuerComparison::RootSlash, IssuerComparison::TenantTemplate] {
        drop(AuthorizationServer::from_http_by(comparison, &issuer, &response, Reading::Interop));
    }
}

fn metadata_is_of_the_resource_that_was_asked(body: &[u8]) {
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
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
    if let Ok(strict) = Challenges::parse(text.split('\n'), Reading::Strict) {
        assert_eq!(Challenges::parse(text.split('\n'), Reading::Interop), Ok(strict), "strict reads otherwise");
    }
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

/// A query of the authorization endpoint: the parameters, or where they are.
fn a_server_reads_any_request(query: &[u8]) {
    if let Ok(Some(reference)) = RequestReference::from_query(query) {
        assert!(AuthorizationRequest::from_query(query).is_err(), "a reference is a request too");
        let again = RequestReference::from_query(reference.to_query()).expect("what we write we read");
        assert_eq!(again.expect("a reference").to_query(), reference.to_query());
    }
    if let Ok(request) = AuthorizationRequest::from_query(query) {
        let written = request.to_query().expect("what we read we write");
        let again = AuthorizationRequest::from_query(&written).expect("what we write we read");
        assert_eq!(again.to_query(), Ok(written));
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
