//! How often verifying and signing allocate, exactly: counts are the same on every machine, times are not.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "this package is never built without std"
)]

use allocation_counter::measure;
use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{
    Algorithm, Header, JwkSet, Policy, SigningKey, Timestamp, VerifyingKey, VerifyingKeys, base64url, sign, verify,
    verify_borrowed, verify_with_keys_borrowed,
};

/// Runs `work` once to let buffers grow and lazy tables fill, then counts.
fn allocations<R>(mut work: impl FnMut() -> R) -> u64 {
    drop(work());
    measure(|| drop(work())).count_total
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "that they are read is what is measured")]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    exp: f64,
    #[serde(borrow)]
    aud: [&'a str; 2],
}

#[derive(serde::Serialize, serde::Deserialize)]
struct OwnedClaims {
    iss: String,
    sub: String,
    exp: u64,
    aud: (String, String),
}

const PLAIN: &str = r#"{"iss":"https://as.example","sub":"alice","exp":2000000000,"aud":["api","other"]}"#;
const ESCAPED: &str = r#"{"iss":"https:\/\/as.example","sub":"\u00e4\ud83d\ude00","exp":2e9,"aud":["\u0061pi","other"],"x":{"y":[1,"\n"]}}"#;

fn owned() -> OwnedClaims {
    serde_json::from_str(PLAIN).unwrap()
}

fn policy() -> Policy {
    Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::AccessToken, Expiry::Required)
        .require("sub")
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_700_000_000)
}

fn key(algorithm: Algorithm) -> SigningKey {
    let pem = if algorithm == Algorithm::HS256 {
        return SigningKey::hs256(&[7; 32]).unwrap().with_kid("k");
    } else if algorithm == Algorithm::ES256 {
        include_str!("../../crates/jwt-core/tests/fixtures/ec-p256.pkcs8.pem")
    } else if algorithm == Algorithm::ES384 {
        include_str!("../../crates/jwt-core/tests/fixtures/ec-p384.pkcs8.pem")
    } else {
        include_str!("../../crates/jwt-core/tests/fixtures/ed25519.pkcs8.pem")
    };
    SigningKey::from_pem(algorithm, pem).unwrap().with_kid("k")
}

fn token(key: &SigningKey, header: &str, claims: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(claims));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature))
}

/// A header that is foreseen, one that is usual, one that takes the general reader.
fn headers(algorithm: Algorithm) -> [String; 3] {
    [
        format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"k"}}"#),
        format!(r#"{{"alg":"{algorithm}","typ":"application/AT+JWT","kid":"another"}}"#),
        format!(r#"{{ "alg": "{algorithm}", "typ": "at+jwt", "x": {{"y": [1, null]}} }}"#),
    ]
}

const WITHOUT_INNER_ALLOCATIONS: [Algorithm; 4] =
    [Algorithm::HS256, Algorithm::ES256, Algorithm::ES384, Algorithm::Ed25519];

#[test]
fn verifying_into_borrowed_claims_allocates_nothing() {
    let policy = policy();
    for algorithm in WITHOUT_INNER_ALLOCATIONS {
        let signing = key(algorithm);
        let verifying = signing.verifying_key().unwrap();
        for header in headers(algorithm) {
            for claims in [PLAIN, ESCAPED] {
                let token = token(&signing, &header, claims);
                let mut buffer = Vec::new();
                let count = allocations(|| {
                    let verified =
                        verify_borrowed::<Claims<'_>>(&token, &verifying, &policy, now(), &mut buffer).unwrap();
                    assert_eq!(verified.claims().aud, ["api", "other"]);
                });
                assert_eq!(count, 0, "{algorithm} {header} {claims}");
            }
        }
    }
}

#[test]
fn verifying_with_the_keys_of_a_set_allocates_nothing() {
    let policy = policy();
    let signing = key(Algorithm::ES256);
    let keys = VerifyingKeys::from_keys(vec![signing.verifying_key().unwrap(); 3]);
    let [token, ..] = headers(Algorithm::ES256).map(|header| token(&signing, &header, ESCAPED));
    let mut buffer = Vec::new();
    let count = allocations(|| {
        verify_with_keys_borrowed::<Claims<'_>>(&token, &keys, &policy, now(), &mut buffer).unwrap();
    });
    assert_eq!(count, 0);
}

#[test]
fn verifying_into_owned_claims_allocates_the_strings_and_a_buffer_for_what_is_long_or_escaped() {
    let (signing, policy) = (key(Algorithm::HS256), policy());
    let verifying = signing.verifying_key().unwrap();
    for header in headers(Algorithm::HS256) {
        let allocated = |claims: &str| {
            let token = token(&signing, &header, claims);
            allocations(|| verify::<OwnedClaims>(&token, &verifying, &policy, now()).unwrap())
        };
        assert_eq!(allocated(PLAIN), 4);
        let members = |more: &str| PLAIN.replacen("\"sub\"", &format!("{more},\"sub\""), 1);
        assert_eq!(allocated(&members(&format!(r#""ext":"{}""#, "x".repeat(512)))), 4 + 1);
        // Decoded, and once more with room for what is unescaped.
        assert_eq!(allocated(&members(r#""ext":"\n""#)), 4 + 2);
    }
}

#[test]
fn signing_allocates_the_token() {
    for algorithm in WITHOUT_INNER_ALLOCATIONS {
        let key = key(algorithm);
        let claims = owned();
        for header in [
            Header::new(algorithm).with_typ("at+jwt"),
            Header::new(algorithm).with_kid("another"),
            Header::new(algorithm).with_typ("quoted \" and \u{e9}").with("x", true),
        ] {
            assert_eq!(allocations(|| sign(&header, &claims, &key).unwrap()), 1, "{algorithm} {header:?}");
        }
        let token = sign(&Header::new(algorithm), &claims, &key).unwrap();
        assert_eq!(token.len(), token.into_bytes().capacity(), "the one allocation is exact");
    }
}

#[test]
fn a_set_of_any_size_takes_a_few_allocations_and_looking_up_takes_none() {
    let set = |keys: usize| {
        let jwk = key(Algorithm::ES256).public_jwk().unwrap();
        let keys: Vec<_> = (0..keys).map(|number| jwk.clone().with_kid(format!("key-{number:04}"))).collect();
        serde_json::to_vec(&JwkSet::new(keys)).unwrap()
    };
    let ready = |json: &[u8]| VerifyingKeys::new(&JwkSet::from_slice(json).unwrap(), &[Algorithm::ES256]);
    let (small, large) = (set(8), set(1000));
    let (few, many) = (allocations(|| ready(&small)), allocations(|| ready(&large)));
    // What is left is a list that doubles.
    assert!(few <= 10 && many <= few + 8, "{few} for 8 keys, {many} for 1000");
    let keys = ready(&large);
    assert_eq!(allocations(|| keys.find("ES256", Some("key-0500")).unwrap().len()), 0);
    assert_eq!(allocations(|| keys.find("ES256", Some("unknown")).unwrap_err()), 0);
    assert_eq!(allocations(|| keys.keys()[500].clone()), 0);
}

#[test]
fn refusing_allocates_nothing() {
    let policy = policy();
    let signing = key(Algorithm::HS256);
    let key = signing.verifying_key().unwrap();
    let [foreseen, usual, odd] = headers(Algorithm::HS256);
    let other = SigningKey::hs256(&[8; 32]).unwrap();
    let hs384 = VerifyingKey::hs384(&[7; 48]).unwrap();
    let good = token(&signing, &foreseen, PLAIN);
    for (text, key, code) in [
        ("a".repeat(10_000_000), &key, "token_too_long"),
        (String::new(), &key, "token_not_three_parts"),
        ("a.b".into(), &key, "token_not_three_parts"),
        (good.replacen('.', "", 1), &key, "token_not_three_parts"),
        (format!("{good} "), &key, "token_foreign_character"),
        (good.replacen('.', ".A.", 1), &key, "token_not_three_parts"),
        (good.replace('.', ".."), &key, "encrypted_token"),
        (good.clone(), &hs384, "algorithm_mismatch"),
        (token(&signing, r#"{"alg":"none"}"#, PLAIN), &key, "algorithm_mismatch"),
        (token(&signing, r#"{"alg":"HS256","alg":"HS256"}"#, PLAIN), &key, "header_not_strict_json"),
        (token(&other, &foreseen, PLAIN), &key, "invalid_signature"),
        (token(&other, &usual, PLAIN), &key, "invalid_signature"),
        (token(&other, &odd, PLAIN), &key, "invalid_signature"),
        (format!("{}A", &good[..good.len() - 1]), &key, "invalid_signature"),
    ] {
        let mut buffer = Vec::new();
        let found = verify_borrowed::<Claims<'_>>(&text, key, &policy, now(), &mut buffer).map(drop).unwrap_err();
        let count = allocations(|| verify_borrowed::<Claims<'_>>(&text, key, &policy, now(), &mut buffer).is_err());
        assert_eq!((found.code(), count), (code, 0));
        assert_eq!(buffer.capacity(), 0, "nothing of the payload was decoded");
    }
}

/// A message's own texts, its body, its fields: nothing else is allocated for it.
#[test]
fn messages_allocate_what_they_are_made_of() {
    use jwt_core::Moment;
    use oauth_types::authorization::AuthorizationRequest;
    use oauth_types::{
        AuthorizationCode, ClientAuth, ClientId, ClientSecret, CodeVerifier, Endpoint, Expect, HttpResponse, Pkce,
        RedirectUri, Scope, State, TokenRequest, TokenResponse,
    };

    let client = ClientId::new("s6BhdRkqt3").unwrap();
    let redirect = RedirectUri::new("https://client.example/callback").unwrap();
    let endpoint = Endpoint::new("https://as.example/endpoint").unwrap();
    let scope = Scope::parse("openid profile email").unwrap();

    // State, verifier, the URL.
    let url = || {
        let at = Moment::new(now(), [7; 32]);
        let (state, pkce) = (State::generate(&at), Pkce::generate(&at));
        let request = AuthorizationRequest::new(client.clone(), redirect.clone(), state, pkce.challenge());
        request.with_scope(scope.clone()).to_url(&endpoint)
    };
    assert_eq!(allocations(url), 3);

    // Code, verifier; body, the credentials' field.
    let auth = ClientAuth::Basic(ClientSecret::new("gX1fBat3bV"));
    let request = || {
        let code = AuthorizationCode::new("SplxlOBeZQQYbYS6WxSbIA");
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        TokenRequest::authorization_code(code, verifier, Some(redirect.clone())).to_http(&endpoint, &client, &auth)
    };
    assert_eq!(allocations(|| request().unwrap()), 4);

    // Two tokens; the scope is shared with what was asked for.
    let body = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","scope":"openid profile email"}"#;
    let answer = HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
    let expect = Expect::new(now()).scope(&scope);
    assert_eq!(allocations(|| TokenResponse::from_http(&answer, &expect).unwrap()), 2);
}

/// What a flow that waits takes: itself and all that it owns. The strings are as long as servers make them.
#[test]
fn a_device_flow_that_waits_takes_a_kilobyte_at_most() {
    use oauth_client_sans_io::{Authentication, Client, DeviceAuthorization, DevicePolling, Flow, Step};
    use oauth_types::metadata::AuthorizationServer;
    use oauth_types::{ClientId, Endpoint, HttpResponse, Issuer};

    let endpoint = |path: &str| Endpoint::new(format!("https://login.example.com/tenants/0123456789/{path}")).unwrap();
    let server = AuthorizationServer::new(Issuer::new("https://login.example.com/tenants/0123456789").unwrap())
        .with_device_authorization_endpoint(endpoint("oauth2/device_authorization"))
        .with_token_endpoint(endpoint("oauth2/token"))
        .with_jwks_uri(endpoint("oauth2/keys"));
    let id = ClientId::new("4d8f1c0e-7a3b-4c55-9d2e-1f6a7b8c9d0e").unwrap();
    let client = Client::new(id, Authentication::SecretBasic("device-secret".into()));
    let mut flow =
        DeviceAuthorization::new(&server, &client).unwrap().scope("openid profile offline_access".parse().unwrap());
    let at = || jwt_core::Moment::new(now(), [1; 32]);
    assert!(matches!(flow.resume(at()), Ok(Step::Ask(_))));
    let secret = jwt_core::Answer::Secret(jwt_core::Secret::new("s"));
    assert!(matches!(flow.handle_answer(at(), secret), Ok(Step::Send(_))));
    let code = "x".repeat(128);
    let response = HttpResponse::new(200).with_header("content-type", "application/json").with_body(format!(
        r#"{{"device_code":"{code}","user_code":"WDJB-MJHT","verification_uri":"https://login.example.com/device","expires_in":900}}"#
    ));
    let Ok(Step::Done(shown)) = flow.handle_response(at(), response) else { unreachable!("codes") };
    let stored = shown.polling.to_stored();

    // A restored flow shares nothing with others, so this is the most that one takes.
    let mut kept = None;
    let allocated = measure(|| {
        let mut flow = DevicePolling::from_stored(&stored).unwrap();
        assert!(matches!(flow.resume(at()), Ok(Step::Wait(_))));
        kept = Some(flow);
    });
    let heap = usize::try_from(allocated.bytes_current).unwrap();
    let whole = size_of_val(&kept) + heap;
    println!("{whole} bytes, {heap} of them on the heap; stored: {}", stored.len());
    assert!(whole <= 1024, "{whole} bytes, {heap} of them on the heap");
    assert!(stored.len() <= 768, "{} bytes stored", stored.len());
    drop(kept);
}

/// The payload, in which the names are, and the scope.
#[test]
fn a_request_with_a_good_jwt_allocates_twice() {
    use oauth_resource_sans_io::{Check, Guard, RequestHead, Requirement};
    use oauth_types::{Issuer, Scope};

    let claims = r#"{"iss":"https://as.example","sub":"alice","aud":"https://api.example","client_id":"app","jti":"1","iat":1699999000,"exp":2000000000,"scope":"read write","cnf":null}"#;
    for algorithm in WITHOUT_INNER_ALLOCATIONS {
        let key = key(algorithm);
        let keys = VerifyingKeys::from_keys(vec![key.verifying_key().unwrap()]);
        let guard = Guard::new("https://api.example")
            .issuer_with_keys(Issuer::new("https://as.example").unwrap(), keys)
            .requirement(Requirement::from(Scope::parse("read").unwrap()));
        for header in headers(algorithm) {
            // The second one names a key that is not there.
            if header.contains("another") {
                continue;
            }
            let field = format!("Bearer {}", token(&key, &header, &claims.replace(r#","cnf":null"#, "")));
            let check = || {
                let head = RequestHead::new("GET", "/files?page=2").authorization([field.as_str()]);
                guard.check(&head, now())
            };
            assert!(matches!(check(), Check::Granted(_)));
            let count = allocations(check);
            assert_eq!(count, 2, "{algorithm} {header}");
        }
        let forged = format!("Bearer {}", token(&key, &headers(algorithm)[0], claims));
        let head = RequestHead::new("GET", "/files").authorization([forged.as_str()]);
        assert!(matches!(guard.check(&head, now()), Check::Denied(_)), "a confirmation that nobody checks");
    }
}
