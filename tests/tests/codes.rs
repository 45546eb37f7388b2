//! Every code of the four crates, in one table, with whose fault it means: what programs match on and logs are searched for. A code may be added, none may change.
//!
//! The sources are read for what must stand here: a variant, a code or an error type without its row fails. What delegates to another error is a `via`.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a test"
)]

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use jwt_core::Blame::{self, Caller, Peer, Time, Transport};
use jwt_core::base64url::{self, NotBase64Url};
use jwt_core::json::{self, JsonError, Limits, Value};
use jwt_core::jws::JwsError;
use jwt_core::policy::{Audience, Expiry, Issuer, Typ};
use jwt_core::{
    Algorithm, Claim, HeaderError, InvalidSignature, KeyError, KeyringError, Malformed, NoMatch, Policy, Rejection,
    SignError, SignerError, SigningKey, Timestamp, verify,
};
use oauth_client_sans_io::drive::DriveError;
use oauth_client_sans_io::drive::conformance::{CASES, Deviates};
use oauth_client_sans_io::{
    AcceptError, ApiMisuse, InvalidReason, NotOurs, Operation, Rule, SealError, StoredError, TransportFailure,
};
use oauth_resource_sans_io::Reason;
use oauth_types::authorization::{AuthorizationRequestError, CallbackError, InvalidRequestUri, SignedResponseError};
use oauth_types::cookie::CookieError;
use oauth_types::dpop::DpopError;
use oauth_types::form::FormError;
use oauth_types::http::HttpError;
use oauth_types::identifiers::IdentifierError;
use oauth_types::metadata::MetadataError;
use oauth_types::par::PushedRequestError;
use oauth_types::pkce::PkceError;
use oauth_types::rar::AuthorizationDetailsError;
use oauth_types::state::InvalidState;
use oauth_types::{
    BuildError, ChallengeError, Deviation, ErrorCode, ErrorResponse, InvalidResponse, RefreshToken, RequestError,
    ResponseError, TokenError,
};

/// `jwt-core`, in the order in which its modules stand on each other.
fn formats_and_keys(rows: &mut Vec<Row>) {
    let key = Algorithm::HS256;
    let json = json_errors().pop().expect("some").0;
    rows.extend([own(NotBase64Url::sample(), "not_base64url", Peer)]);
    rows.extend(json_errors().into_iter().map(|(error, code)| own(error, code, Peer)));
    rows.extend([
        own(HeaderError::Json(json), "header_not_strict_json", Peer),
        own(HeaderError::Algorithm, "header_alg_invalid", Peer),
        own(HeaderError::WrongType("kid"), "header_member_wrong_type", Peer),
        own(HeaderError::InvalidCritical, "header_crit_invalid", Peer),
        own(HeaderError::UnsupportedCritical, "header_crit_unsupported", Peer),
        own(HeaderError::Unencoded, "header_b64_in_jwt", Peer),
        own(HeaderError::InvalidB64, "header_b64_invalid", Peer),
        own(HeaderError::Nested, "header_cty_nested", Peer),
        own(Malformed::TooLong, "token_too_long", Peer),
        own(Malformed::HeaderTooLong, "header_too_long", Peer),
        own(Malformed::ForeignCharacter, "token_foreign_character", Peer),
        own(Malformed::Parts, "token_not_three_parts", Peer),
        own(Malformed::HeaderEncoding, "header_encoding", Peer),
        own(Malformed::PayloadEncoding, "payload_encoding", Peer),
        own(Malformed::SignatureEncoding, "signature_encoding", Peer),
        own(KeyError::TooShort { bits: 8, minimum: 256 }, "key_too_short", Caller),
        own(KeyError::TooLong { bits: 9000, maximum: 8192 }, "key_too_long", Caller),
        own(KeyError::Exponent, "key_exponent", Caller),
        own(KeyError::Malformed { what: "x" }, "key_malformed", Peer),
        via(KeyError::Json(json), &json, Peer),
        own(KeyError::Missing { member: "kty" }, "key_member_missing", Peer),
        own(KeyError::Duplicate, "key_member_duplicate", Peer),
        own(KeyError::NotSupported { what: "x" }, "key_not_supported", Caller),
        own(KeyError::Mismatch { expected: key, found: "x" }, "key_algorithm_mismatch", Caller),
        own(KeyError::WrongUse, "key_wrong_use", Caller),
        own(KeyError::AlgorithmNotNamed, "key_algorithm_not_named", Caller),
        own(KeyError::NotAllowed, "key_algorithm_not_allowed", Caller),
        own(KeyError::PrivateKey, "key_is_private", Caller),
        own(KeyError::NotPrivate, "key_is_not_private", Caller),
        own(KeyError::Inconsistent, "key_inconsistent", Peer),
        own(KeyError::SymmetricBesideAsymmetric, "key_symmetric_beside_asymmetric", Peer),
        own(KeyError::TooLarge { limit: 1 }, "key_too_large", Peer),
        own(KeyError::Backend { reason: "x" }, "key_backend_refused", Caller),
        own(NoMatch::UnknownKid, "unknown_kid", Peer),
        own(NoMatch::NoFittingKey, "no_fitting_key", Peer),
        own(NoMatch::NoKeyForAlgorithm, "no_key_for_algorithm", Peer),
        own(InvalidSignature, "invalid_signature", Peer),
        own(SignerError::Failed("x"), "signer_failed", Caller),
        own(SignerError::Length { found: 1, expected: 64 }, "signer_signature_length", Caller),
        own(KeyringError::UnknownKey, "keyring_unknown_key", Caller),
        own(KeyringError::TooManyKeys { found: 5 }, "keyring_too_many_keys", Caller),
        via(KeyringError::Key(KeyError::Exponent), &KeyError::Exponent, Caller),
        via(KeyringError::Signer(SignerError::Failed("x")), &SignerError::Failed("x"), Caller),
        own(KeyringError::Algorithm { asked: key, found: Algorithm::HS384 }, "keyring_algorithm", Caller),
        own(SignError::AlgorithmMismatch { key }, "sign_algorithm_mismatch", Caller),
        own(SignError::UnknownAlgorithm, "sign_unknown_algorithm", Caller),
        own(SignError::Header(HeaderError::Algorithm), "sign_header", Caller),
        own(SignError::NotSerializable, "sign_claims_not_serializable", Caller),
        own(SignError::Claims(json), "sign_claims_not_strict_json", Caller),
        own(SignError::ClaimType(Claim::Issuer), "sign_claim_wrong_type", Caller),
        own(SignError::ClaimValue(Claim::Uri), "sign_claim_value", Caller),
        own(SignError::TooLong { part: "token", limit: 1 }, "sign_too_long", Caller),
        own(SignError::Form("x"), "sign_form", Caller),
        own(SignError::ProofKey, "sign_proof_key", Caller),
        own(SignError::Signer(SignerError::Failed("x")), "sign_backend", Caller),
        own(SignError::SelfCheck, "sign_self_check", Caller),
        own(SignError::SignatureLength { algorithm: key }, "sign_signature_length", Caller),
        via(JwsError::Malformed(Malformed::Parts), &Malformed::Parts, Peer),
        own(JwsError::Encrypted, "encrypted_token", Peer),
        own(JwsError::Json(json), "jws_not_strict_json", Peer),
        own(JwsError::Member("x"), "jws_member_invalid", Peer),
        own(JwsError::MixedForms, "jws_mixed_forms", Peer),
        own(JwsError::NoSignature, "jws_no_signature", Peer),
        own(JwsError::TooManySignatures, "jws_too_many_signatures", Peer),
        own(JwsError::NotDisjoint, "jws_headers_not_disjoint", Peer),
        own(JwsError::Unprotected("crit"), "jws_member_unprotected", Peer),
        via(JwsError::Header(HeaderError::Algorithm), &HeaderError::Algorithm, Peer),
        own(JwsError::MixedEncoding, "jws_mixed_b64", Peer),
        own(JwsError::UnencodedInline, "jws_unencoded_inline", Peer),
        own(JwsError::Detached, "jws_payload_missing", Peer),
        own(JwsError::NotDetached, "jws_payload_not_detached", Peer),
        via(JwsError::NoKey(NoMatch::UnknownKid), &NoMatch::UnknownKid, Peer),
        own(JwsError::Signature, "invalid_signature", Peer),
    ]);
}

/// What `jwt-core` finds wrong with a token.
fn tokens(rows: &mut Vec<Row>) {
    use jwt_core::Error;

    let key = Algorithm::HS256;
    let (unfit, syntax) = (json_error::<bool>(b"1"), json_error::<Value>(b"!"));
    let expired = rejection(r#""exp":1"#);
    rows.extend([
        via(Error::Malformed(Malformed::Parts), &Malformed::Parts, Peer),
        own(Error::EncryptedToken, "encrypted_token", Peer),
        via(Error::Header(HeaderError::Algorithm), &HeaderError::Algorithm, Peer),
        own(Error::NestedToken, "nested_token", Peer),
        own(Error::AlgorithmMismatch { key }, "algorithm_mismatch", Peer),
        own(Error::UnsupportedAlgorithm, "unsupported_algorithm", Peer),
        via(Error::NoKey(NoMatch::UnknownKid), &NoMatch::UnknownKid, Peer),
        own(Error::ProofCount, "dpop_not_one_proof", Peer),
        own(Error::ProofKey(KeyError::NotPrivate), "dpop_key_invalid", Peer),
        own(Error::Signature, "invalid_signature", Peer),
        own(Error::Claims(syntax), "claims_not_strict_json", Peer),
        own(Error::Claims(unfit), "claims_unfit", Peer),
        via(Error::DpopProof(Box::new(Error::NestedToken)), &Error::NestedToken, Peer),
        via(Error::Rejected(expired.clone()), &expired, Time),
    ]);
    // Of a rejection: the code of its gravest failure.
    let rejected = [
        ("expired", Time, rejection(r#""exp":1"#)),
        ("not_yet_valid", Time, rejection(r#""nbf":2000000000"#)),
        ("issued_in_future", Time, rejection(r#""iat":2000000000"#)),
        ("too_old", Time, rejection(r#""iat":1"#)),
        ("issuer_wrong_type", Peer, rejection(r#""iss":1"#)),
        ("audience_mismatch", Peer, rejection(r#""aud":"x""#)),
        ("required_claim_missing", Peer, rejection("")),
        // Nothing that comes with it makes it a matter of time.
        ("audience_wrong_type", Peer, rejection(r#""aud":1,"exp":1"#)),
    ];
    for (code, blame, rejection) in rejected {
        assert_eq!((rejection.code(), rejection.blame()), (code, blame));
        assert!(FAILURES.contains(&(code, blame)), "{code}");
    }
    rows.push(unmade("jwt_core", "Rejection", "rejected", Peer));
    rows.extend(FAILURES.iter().map(|(code, blame)| unmade("jwt_core", "Failure", code, *blame)));
}

/// Codes of single claims: `Failure::code`.
const FAILURES: &[(&str, Blame)] = &[
    ("acr_mismatch", Peer),
    ("acr_missing", Peer),
    ("at_hash_mismatch", Peer),
    ("at_hash_missing", Peer),
    ("ath_forbidden", Peer),
    ("ath_mismatch", Peer),
    ("ath_missing", Peer),
    ("audience_mismatch", Peer),
    ("audience_missing", Peer),
    ("audience_wrong_type", Peer),
    ("auth_req_id_mismatch", Peer),
    ("auth_req_id_missing", Peer),
    ("auth_time_mismatch", Peer),
    ("auth_time_missing", Peer),
    ("auth_time_wrong_type", Peer),
    ("authentication_too_old", Peer),
    ("azp_mismatch", Peer),
    ("c_hash_mismatch", Peer),
    ("c_hash_missing", Peer),
    ("client_id_mismatch", Peer),
    ("client_id_missing", Peer),
    ("client_id_wrong_type", Peer),
    ("code_forbidden", Peer),
    ("code_missing", Peer),
    ("code_wrong_type", Peer),
    ("dpop_key_mismatch", Peer),
    ("error_wrong_type", Peer),
    ("events_forbidden", Peer),
    ("events_mismatch", Peer),
    ("events_missing", Peer),
    ("events_wrong_type", Peer),
    ("exp_forbidden", Peer),
    ("exp_missing", Peer),
    ("exp_wrong_type", Peer),
    ("expired", Time),
    ("expires_too_late", Peer),
    ("htm_mismatch", Peer),
    ("htm_missing", Peer),
    ("htu_mismatch", Peer),
    ("htu_missing", Peer),
    ("iat_missing", Peer),
    ("iat_wrong_type", Peer),
    ("id_token_claim_forbidden", Peer),
    ("issued_before_original", Peer),
    ("issued_in_future", Time),
    ("issuer_mismatch", Peer),
    ("issuer_missing", Peer),
    ("issuer_wrong_type", Peer),
    ("jti_empty", Peer),
    ("jti_missing", Peer),
    ("jti_replayed", Peer),
    ("jti_wrong_type", Peer),
    ("nbf_missing", Peer),
    ("nbf_wrong_type", Peer),
    ("nonce_forbidden", Peer),
    ("nonce_mismatch", Peer),
    ("nonce_missing", Peer),
    ("not_yet_valid", Time),
    ("request_forbidden", Peer),
    ("request_uri_forbidden", Peer),
    ("required_claim_missing", Peer),
    ("rt_hash_mismatch", Peer),
    ("rt_hash_missing", Peer),
    ("sid_wrong_type", Peer),
    ("state_mismatch", Peer),
    ("state_missing", Peer),
    ("subject_forbidden", Peer),
    ("subject_mismatch", Peer),
    ("subject_missing", Peer),
    ("subject_wrong_type", Peer),
    ("token_introspection_missing", Peer),
    ("token_introspection_wrong_type", Peer),
    ("too_old", Time),
    ("typ_mismatch", Peer),
    ("typ_missing", Peer),
];

/// `oauth-types`.
fn messages(rows: &mut Vec<Row>) {
    let json = json_error::<Value>(b"!");
    let refused = || ErrorResponse::new(ErrorCode::AccessDenied);
    rows.extend([
        own(FormError::TooLong, "form_too_long", Peer),
        own(FormError::TooManyPairs, "form_too_many_parameters", Peer),
        own(FormError::NotUtf8, "form_not_utf8", Peer),
        own(FormError::Duplicate { name: "code" }, "form_duplicate_parameter", Peer),
        own(HttpError::HeaderName, "http_header_name", Caller),
        own(HttpError::HeaderValue, "http_header_value", Caller),
        own(HttpError::Method, "http_method", Caller),
        own(HttpError::Url, "http_url", Caller),
        own(HttpError::Status, "http_status", Caller),
        own(HttpError::Json, "http_json", Caller),
        own(IdentifierError::Empty, "identifier_empty", Caller),
        own(IdentifierError::TooLong, "identifier_too_long", Caller),
        own(IdentifierError::Character, "identifier_character", Caller),
        own(IdentifierError::NotAbsolute, "identifier_not_absolute", Caller),
        own(IdentifierError::Scheme, "identifier_scheme", Caller),
        own(IdentifierError::Host, "identifier_host", Caller),
        own(IdentifierError::UserInfo, "identifier_user_info", Caller),
        own(IdentifierError::Query, "identifier_query", Caller),
        own(IdentifierError::Fragment, "identifier_fragment", Caller),
        own(PkceError::VerifierLength, "pkce_verifier_length", Caller),
        own(PkceError::VerifierCharacter, "pkce_verifier_character", Caller),
        own(PkceError::Challenge, "pkce_challenge", Caller),
        own(InvalidState::sample(), "invalid_state", Caller),
        own(ChallengeError::Malformed { offset: 0 }, "malformed_challenge", Peer),
        own(ChallengeError::Repeated, "repeated_challenge_parameter", Peer),
        own(ChallengeError::TooLong, "challenge_too_long", Peer),
        own(ChallengeError::TooMany, "too_many_challenges", Peer),
        own(ChallengeError::InvalidParameter { name: "realm" }, "invalid_challenge_parameter", Peer),
        own(ChallengeError::Unwritable, "unwritable_challenge", Caller),
        own(BuildError::ReservedParameter { name: "x".into() }, "reserved_parameter", Caller),
        own(BuildError::RepeatedParameter { name: "x".into() }, "repeated_parameter", Caller),
        own(BuildError::EmptyParameter, "empty_parameter", Caller),
        own(BuildError::Credentials, "unwritable_credentials", Caller),
        own(BuildError::AccessToken, "unwritable_access_token", Caller),
        own(BuildError::Proof, "unwritable_dpop_proof", Caller),
        own(BuildError::RedirectUri, "unwritable_redirect_uri", Caller),
        own(BuildError::MalformedParameter { name: "scope" }, "unwritable_parameter", Caller),
        own(RequestError::Method, "request_method", Peer),
        own(RequestError::ContentType, "request_content_type", Peer),
        via(RequestError::Form(FormError::TooLong), &FormError::TooLong, Peer),
        own(RequestError::RepeatedParameter, "request_repeated_parameter", Peer),
        own(RequestError::MissingParameter { name: "code" }, "missing_parameter", Peer),
        own(RequestError::MalformedParameter { name: "code" }, "malformed_parameter", Peer),
        own(RequestError::UnsupportedGrantType, "unsupported_grant_type", Peer),
        own(RequestError::ManyAuthentications, "many_client_authentications", Peer),
        own(RequestError::CredentialsInUrl, "credentials_in_url", Peer),
        own(RequestError::Credentials, "malformed_credentials", Peer),
        own(RequestError::ClientMismatch, "client_mismatch", Peer),
        own(RequestError::UnsupportedAuthentication, "unsupported_client_authentication", Peer),
        own(RequestError::MethodOtherThan { allowed: "GET" }, "request_method", Peer),
        own(RequestError::Proof, "request_dpop_proof", Peer),
        own(RequestError::AccessToken, "request_access_token", Peer),
        via(RequestError::Json(json), &json, Peer),
        via(RequestError::Members(InvalidResponse::Form), &InvalidResponse::Form, Peer),
        own(RequestError::RedirectUri, "request_redirect_uri", Peer),
        own(RequestError::ClientMetadata { member: "jwks" }, "request_client_metadata", Peer),
        own(ResponseError::Refused(refused()), "refused", Peer),
        own(ResponseError::Transient { status: 503, retry_after: None }, "transient", Transport),
        via(ResponseError::Invalid(InvalidResponse::Form), &InvalidResponse::Form, Peer),
        own(InvalidResponse::Redirect { status: 302 }, "unexpected_redirect", Peer),
        own(InvalidResponse::Status { status: 204 }, "unexpected_status", Peer),
        own(InvalidResponse::TooLong, "response_too_long", Peer),
        own(InvalidResponse::NotAnObject, "response_not_an_object", Peer),
        via(InvalidResponse::Json(json), &json, Peer),
        own(InvalidResponse::Form, "repeated_form_parameter", Peer),
        own(InvalidResponse::Missing { member: "x" }, "missing_member", Peer),
        own(InvalidResponse::Malformed { member: "x" }, "malformed_member", Peer),
        own(InvalidResponse::NotBound, "token_not_bound", Peer),
        own(InvalidResponse::SubjectMismatch, "user_info_subject_mismatch", Peer),
        own(InvalidResponse::NotSigned, "response_not_signed", Peer),
        own(InvalidResponse::IssuedTokenType, "issued_token_type_mismatch", Peer),
        own(InvalidResponse::Deviates(Deviation::ContentType), "deviates", Peer),
        via(AuthorizationRequestError::Form(FormError::TooLong), &FormError::TooLong, Peer),
        own(AuthorizationRequestError::Repeated, "authorization_request_repeated", Peer),
        own(AuthorizationRequestError::Missing { name: "x" }, "authorization_request_missing", Peer),
        own(AuthorizationRequestError::Malformed { name: "x" }, "authorization_request_malformed", Peer),
        own(AuthorizationRequestError::UnsupportedResponseType, "authorization_request_response_type", Peer),
        own(AuthorizationRequestError::RequestObject, "authorization_request_object", Peer),
        own(AuthorizationRequestError::RequestUri, "authorization_request_uri", Peer),
        via(CallbackError::Form(FormError::TooLong), &FormError::TooLong, Peer),
        own(CallbackError::CodeAndError, "callback_code_and_error", Peer),
        own(CallbackError::NoOutcome, "callback_no_outcome", Peer),
        own(CallbackError::QueryAndFragment, "callback_query_and_fragment", Peer),
        own(CallbackError::SignedResponse, "callback_signed_response", Peer),
        own(CallbackError::PlainResponse, "callback_plain_response", Peer),
        own(CallbackError::SignedAndPlain, "callback_signed_and_plain", Peer),
        own(CallbackError::ResponseMode, "callback_response_mode", Peer),
        own(CallbackError::Malformed { name: "code" }, "callback_malformed", Peer),
        own(MetadataError::Status { status: 404 }, "metadata_status", Peer),
        own(MetadataError::Status { status: 503 }, "metadata_status", Transport),
        own(MetadataError::Json(json), "metadata_json", Peer),
        own(MetadataError::Missing { member: "issuer" }, "metadata_missing", Peer),
        own(MetadataError::Malformed { member: "issuer" }, "metadata_malformed", Peer),
        own(MetadataError::IssuerMismatch, "metadata_issuer_mismatch", Peer),
        own(MetadataError::ResourceMismatch, "metadata_resource_mismatch", Peer),
        own(MetadataError::Deviation(Deviation::ContentType), "metadata_deviation", Peer),
    ]);
}

/// `oauth-types`: messages that carry others, and what rides in header fields and parameters.
fn parts_of_messages(rows: &mut Vec<Row>) {
    let json = json_error::<Value>(b"!");
    let token = jwt_core::Error::NestedToken;
    rows.extend([
        own(InvalidRequestUri::sample(), "invalid_request_uri", Caller),
        via(SignedResponseError::Token(token.clone()), &token, Peer),
        via(SignedResponseError::Callback(CallbackError::NoOutcome), &CallbackError::NoOutcome, Peer),
        via(PushedRequestError::Request(RequestError::Method), &RequestError::Method, Peer),
        via(
            PushedRequestError::Authorization(AuthorizationRequestError::RequestUri),
            &AuthorizationRequestError::RequestUri,
            Peer,
        ),
        via(AuthorizationDetailsError::Json(json), &json, Caller),
        own(AuthorizationDetailsError::Unwritable, "authorization_details_unwritable", Caller),
        own(AuthorizationDetailsError::NotAnArray, "authorization_details_not_an_array", Caller),
        own(AuthorizationDetailsError::NotAnObject, "authorization_details_not_an_object", Caller),
        own(AuthorizationDetailsError::Type, "authorization_details_type", Caller),
        own(AuthorizationDetailsError::Member { member: "actions" }, "authorization_details_member", Caller),
        own(TokenError::Repeated, "repeated_access_token", Peer),
        own(TokenError::Malformed, "malformed_access_token", Peer),
        own(TokenError::InUrl, "access_token_in_url", Peer),
        own(TokenError::InBody, "access_token_in_body", Peer),
        own(DpopError::Nonce, "dpop_nonce", Peer),
        own(DpopError::RepeatedNonce, "repeated_dpop_nonce", Peer),
        own(DpopError::MissingNonce, "missing_dpop_nonce", Peer),
        own(DpopError::RepeatedProof, "repeated_dpop_proof", Peer),
        own(DpopError::Thumbprint, "dpop_thumbprint", Peer),
        own(CookieError::Name, "cookie_name", Caller),
        own(CookieError::Value, "cookie_value", Caller),
        own(CookieError::Attribute, "cookie_attribute", Caller),
        own(CookieError::InsecureCrossSite, "cookie_insecure_cross_site", Caller),
        own(CookieError::TooLong, "cookie_too_long", Caller),
        own(CookieError::HeaderTooLong, "cookie_header_too_long", Peer),
        own(CookieError::Repeated, "cookie_repeated", Peer),
    ]);
}

/// `oauth-client-sans-io`.
fn flows(rows: &mut Vec<Row>) {
    use oauth_client_sans_io::Error;

    let operation = Operation::Refresh;
    let ended = || Error::ApiMisuse(ApiMisuse::Ended);
    let invalid = |reason| Error::InvalidResponse { operation, reason };
    let unavailable = TransportFailure::Unavailable { status: 503, retry_after: None };
    let reserved = || BuildError::ReservedParameter { name: "x".into() };
    let expired = rejection(r#""exp":1"#);
    // The server's own code, which is nobody's row.
    let refused = Error::Refused { operation, response: ErrorResponse::new(ErrorCode::AccessDenied) };
    assert_eq!((refused.code(), refused.blame()), ("access_denied", Peer));
    rows.extend([
        via(refused, &Server("access_denied"), Peer),
        via(invalid(InvalidReason::Jwks), &InvalidReason::Jwks, Peer),
        via(invalid(InvalidReason::Jwt(expired.clone().into())), &expired, Time),
        via(Error::Transport { operation, failure: unavailable }, &unavailable, Transport),
        own(Error::Expired { operation }, "expired", Time),
        via(ended(), &ApiMisuse::Ended, Caller),
        own(InvalidReason::Status(204), "unexpected_status", Peer),
        own(InvalidReason::TooLarge, "response_too_large", Peer),
        via(InvalidReason::Metadata(MetadataError::IssuerMismatch), &MetadataError::IssuerMismatch, Peer),
        via(InvalidReason::Token(InvalidResponse::Form), &InvalidResponse::Form, Peer),
        own(InvalidReason::IdTokenMissing, "id_token_missing", Peer),
        via(InvalidReason::Jwt(expired.clone().into()), &expired, Time),
        via(
            InvalidReason::SignedResponse(CallbackError::NoOutcome.into()),
            &SignedResponseError::from(CallbackError::NoOutcome),
            Peer,
        ),
        own(InvalidReason::NoKey, "key_not_found", Peer),
        own(InvalidReason::Jwks, "invalid_jwks", Peer),
        via(
            InvalidReason::Rotated {
                reason: Box::new(InvalidReason::Token(InvalidResponse::NotBound)),
                refresh_token: RefreshToken::new("r"),
            },
            &InvalidResponse::NotBound,
            Peer,
        ),
        own(TransportFailure::NotSent, "not_sent", Transport),
        own(TransportFailure::Unknown, "no_answer", Transport),
        own(unavailable, "server_unavailable", Transport),
        own(ApiMisuse::Ended, "ended", Caller),
        own(ApiMisuse::NoRequest, "no_request", Caller),
        own(ApiMisuse::NoQuestion, "no_question", Caller),
        own(ApiMisuse::WrongAnswer, "wrong_answer", Caller),
        own(ApiMisuse::NotWaiting, "not_waiting", Caller),
        own(ApiMisuse::MissingEndpoint("x"), "missing_endpoint", Caller),
        own(ApiMisuse::Unsupported("x"), "unsupported_by_server", Caller),
        via(ApiMisuse::Forbidden(Rule::Https), &Rule::Https, Caller),
        own(Rule::PushedRequest, "rule_pushed_request", Caller),
        own(Rule::SignedRequest, "rule_signed_request", Caller),
        own(Rule::SignedResponse, "rule_signed_response", Caller),
        own(Rule::SignedIntrospection, "rule_signed_introspection", Caller),
        own(Rule::ClientAuthentication, "rule_client_authentication", Caller),
        own(Rule::AssertionAudience, "rule_assertion_audience", Caller),
        own(Rule::BoundTokens, "rule_bound_tokens", Caller),
        own(Rule::S256, "rule_s256", Caller),
        own(Rule::Issuer, "rule_issuer", Caller),
        own(Rule::Algorithms, "rule_algorithms", Caller),
        own(Rule::Https, "rule_https", Caller),
        own(ApiMisuse::OtherServer, "other_server", Caller),
        own(ApiMisuse::NoRefreshToken, "no_refresh_token", Caller),
        own(ApiMisuse::InvalidArgument("x"), "invalid_argument", Caller),
        own(ApiMisuse::OtherKey, "other_key", Caller),
        own(ApiMisuse::OtherResource, "other_resource", Caller),
        own(ApiMisuse::TokenType, "unusable_token_type", Caller),
        via(ApiMisuse::Signing(SignError::ProofKey), &SignError::ProofKey, Caller),
        via(ApiMisuse::InvalidRequest(reserved()), &reserved(), Caller),
        via(AcceptError::NotOurs(NotOurs::State), &NotOurs::State, Peer),
        own(Deviates::sample(), "breaks_the_contract", Caller),
        own(AcceptError::AlreadyUsed, "already_used", Peer),
        own(AcceptError::Expired, "expired", Time),
        via(AcceptError::Refused(ended()), &ended(), Caller),
        via(NotOurs::Malformed(CallbackError::NoOutcome), &CallbackError::NoOutcome, Peer),
        own(NotOurs::RedirectUri, "redirect_uri_mismatch", Peer),
        own(NotOurs::ResponseMode, "response_mode_mismatch", Peer),
        own(NotOurs::Session, "session_mismatch", Peer),
        own(NotOurs::State, "state_mismatch", Peer),
        own(NotOurs::Issuer, "issuer_mismatch", Peer),
        own(NotOurs::IssuerMissing, "issuer_missing", Peer),
        own(NotOurs::NotificationToken, "notification_token_mismatch", Peer),
        own(NotOurs::AuthReqId, "auth_req_id_mismatch", Peer),
        own(NotOurs::Delivery, "delivery_mode_mismatch", Peer),
        own(StoredError::WrongKind, "stored_wrong_kind", Caller),
        own(StoredError::NewerVersion, "stored_newer_version", Caller),
        own(StoredError::Damaged, "stored_damaged", Caller),
        own(SealError::TooLong, "sealed_too_long", Peer),
        own(SealError::Malformed, "sealed_malformed", Peer),
        own(SealError::WrongKind, "sealed_wrong_kind", Peer),
        own(SealError::UnknownKey, "sealed_unknown_key", Peer),
        own(SealError::WrongSession, "sealed_wrong_session", Peer),
        own(SealError::Forged, "sealed_forged", Peer),
        own(SealError::Expired, "sealed_expired", Time),
        via(SealError::Stored(StoredError::Damaged), &StoredError::Damaged, Caller),
        own(SealError::NoCookie, "sealed_no_cookie", Peer),
        via(SealError::Cookie(CookieError::Repeated), &CookieError::Repeated, Peer),
        via(DriveError::<()>::Flow(ended()), &ended(), Caller),
        own(DriveError::<()>::Answer(()), "unanswered", Caller),
    ]);
}

/// `oauth-resource-sans-io`.
fn guard(rows: &mut Vec<Row>) {
    let expired = rejection(r#""exp":1"#);
    rows.extend([
        own(Reason::NoCredentials, "no_credentials", Peer),
        own(Reason::RepeatedCredentials, "repeated_credentials", Peer),
        own(Reason::MalformedCredentials, "malformed_credentials", Peer),
        own(Reason::TokenTooLong, "access_token_too_long", Peer),
        own(Reason::TokenInQuery, "token_in_query", Peer),
        own(Reason::TokenInBody, "token_in_body", Peer),
        via(Reason::InvalidToken { code: "invalid_signature", blame: Peer }, &InvalidSignature, Peer),
        via(Reason::InvalidToken { code: "expired", blame: Time }, &expired, Time),
        own(Reason::UntrustedIssuer, "untrusted_issuer", Peer),
        own(Reason::UnknownKey, "no_key", Peer),
        own(Reason::MalformedScope, "malformed_scope_claim", Peer),
        own(Reason::InactiveToken, "inactive_token", Peer),
        own(Reason::ContradictedToken, "contradicted_token", Peer),
        own(Reason::RevokedToken, "revoked_token", Peer),
        own(Reason::UnboundToken, "unbound_token", Peer),
        own(Reason::DowngradedToken, "downgraded_token", Peer),
        own(Reason::CertificateMismatch, "certificate_mismatch", Peer),
        own(Reason::BindingUnchecked, "binding_unchecked", Peer),
        via(
            Reason::InvalidProof {
                code: "invalid_signature",
                blame: Peer,
                error: "invalid_dpop_proof",
                description: "the DPoP proof is not valid",
            },
            &InvalidSignature,
            Peer,
        ),
        own(Reason::InsufficientAuthentication, "insufficient_user_authentication", Peer),
        own(Reason::InsufficientScope, "insufficient_scope", Peer),
        own(Reason::InsufficientDetails, "insufficient_authorization_details", Peer),
        own(Reason::Forbidden { check: "own" }, "forbidden", Peer),
        own(Reason::Throttled, "throttled", Peer),
        own(Reason::KeysUnavailable, "keys_unavailable", Transport),
        own(Reason::IntrospectionUnavailable, "introspection_unavailable", Transport),
        own(Reason::StoreUnavailable, "store_unavailable", Transport),
        own(full(), "list_full", Caller),
    ]);
}

/// A list that has no room.
fn full() -> oauth_resource_sans_io::Full {
    let mut list = oauth_resource_sans_io::ReplaySet::new(0);
    list.insert("key", Timestamp::MAX, Timestamp::EPOCH).expect_err("no room at all")
}

/// Codes that more than one type has, because they say the same: in one row of a log they need no second name.
const SHARED: &[&str] = &[
    "auth_req_id_mismatch",
    "encrypted_token",
    "expired",
    "invalid_signature",
    "issuer_mismatch",
    "issuer_missing",
    "malformed_credentials",
    "request_method",
    "state_mismatch",
    "unexpected_status",
];

/// What has a code and is no failure: what was tolerated, and what stands for a [`Reason`].
const NO_ERRORS: &[(&str, &str)] = &[("oauth_types", "Deviation"), ("oauth_resource_sans_io", "Denial")];

#[test]
fn every_code_of_the_family_is_in_one_table() {
    let rows = table();
    let sources = sources();
    let mut problems = Vec::new();

    // Each code in the sources has its row, and each row its code.
    let mut written = BTreeSet::new();
    for source in &sources {
        for (kind, code) in source.codes() {
            if !NO_ERRORS.contains(&(&source.library, &kind)) {
                written.insert((source.library.clone(), kind, code));
            }
        }
    }
    let listed: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.own)
        .map(|row| (row.library.clone(), row.kind.clone(), row.code.clone()))
        .collect();
    problems.extend(written.difference(&listed).map(|code| format!("no row: {code:?}")));
    problems.extend(listed.difference(&written).map(|code| format!("no such code: {code:?}")));

    // Each error type is here, each variant of it has a row.
    let known: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row.library.as_str(), row.kind.as_str())).collect();
    for source in &sources {
        for kind in source.error_types() {
            if !known.contains(&(&source.library, &kind)) {
                problems.push(format!("no row of the type {}::{kind}", source.library));
            }
        }
        for (kind, variant) in source.variants() {
            let of_kind: Vec<&Row> =
                rows.iter().filter(|row| row.library == source.library && row.kind == kind).collect();
            // One without samples is `Failure`, whose codes are not those of variants.
            if of_kind.iter().any(|row| row.variant.is_some())
                && !of_kind.iter().any(|row| row.variant.as_deref() == Some(&variant))
            {
                problems.push(format!("no row of {}::{kind}::{variant}", source.library));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(listed.len() > 250, "{} codes", listed.len());
}

/// The errors of other crates that can come out of a flow, a callback or a sealed text.
const WITHIN_FLOWS: &[&str] = &[
    "BuildError",
    "CallbackError",
    "CookieError",
    "Error",
    "Failure",
    "FormError",
    "HeaderError",
    "InvalidResponse",
    "InvalidSignature",
    "JsonError",
    "Malformed",
    "MetadataError",
    "SignError",
    "StoredError",
];

/// Of what a token can be refused for, what is checked of access tokens, proofs and request objects: not by a client.
const NOT_OF_CLIENTS: &[&str] = &[
    "ath_forbidden",
    "ath_mismatch",
    "ath_missing",
    "client_id_mismatch",
    "client_id_missing",
    "client_id_wrong_type",
    "dpop_key_invalid",
    "dpop_key_mismatch",
    "dpop_not_one_proof",
    "htm_mismatch",
    "htm_missing",
    "htu_mismatch",
    "htu_missing",
    "rejected",
    "request_forbidden",
    "request_uri_forbidden",
];

#[test]
fn the_manual_of_the_flows_has_every_code_and_whose_fault_it_is() {
    let page = include_str!("../../crates/oauth-client-sans-io/src/manual/errors.md");
    let (_, tables) = page.split_once("\n## No usable answer\n").expect("the tables");
    let mut manual = BTreeSet::new();
    for row in tables.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (codes, rest) = row.split_once(" | ").expect("cells");
        let (blame, _) = rest.split_once(" | ").expect("cells");
        for code in codes.split(['`', ',', ' ']).filter(|code| !code.is_empty()) {
            assert!(manual.insert((code.to_owned(), blame.to_owned())), "{code} twice");
        }
    }
    let mut problems = Vec::new();
    let mut ours = BTreeSet::new();
    for row in table().into_iter().filter(|row| row.own && !NOT_OF_CLIENTS.contains(&&*row.code)) {
        let blame = row.blame.as_str().to_owned();
        let of_flows = row.library == "oauth_client_sans_io" || WITHIN_FLOWS.contains(&&*row.kind);
        // A status of 5xx where metadata should be is no fault of the document.
        if of_flows
            && (&*row.code, row.blame) != ("metadata_status", Transport)
            && !manual.contains(&(row.code.clone(), blame.clone()))
        {
            problems.push(format!("not in the manual: {} ({blame}, {})", row.code, row.kind));
        }
        ours.insert((row.code, blame));
    }
    problems.extend(manual.difference(&ours).map(|(code, blame)| format!("only in the manual: {code} ({blame})")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn one_code_means_one_thing() {
    let mut owners = BTreeMap::<String, BTreeSet<(String, String, Option<String>)>>::new();
    for row in table().into_iter().filter(|row| row.own) {
        assert!(row.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
        owners.entry(row.code).or_default().insert((row.library, row.kind, row.variant));
    }
    let shared: Vec<_> = owners.iter().filter(|(_, owners)| owners.len() > 1).collect();
    let names: Vec<&str> = shared.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(names, SHARED, "{shared:?}");
}

#[test]
fn whose_fault_it_is_has_a_stable_name_too() {
    let names = [Peer, Caller, Transport, Time].map(Blame::as_str);
    assert_eq!(names, ["peer", "caller", "transport", "time"]);
}

/// A sample of each error, in the order of the crates.
fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    for part in [formats_and_keys, tokens, messages, parts_of_messages, flows, guard] {
        part(&mut rows);
    }
    rows
}

struct Row {
    library: String,
    kind: String,
    variant: Option<String>,
    code: String,
    blame: Blame,
    /// Whether the code is this type's, and not that of an error within.
    own: bool,
}

/// An error with a code of its own.
#[track_caller]
fn own<E: Coded>(error: E, code: &str, blame: Blame) -> Row {
    assert_eq!((error.stable_code(), error.whose_fault()), (code, blame), "{error:?}");
    Row::of(&error, true)
}

/// An error that has the code of the one within.
#[track_caller]
fn via<E: Coded>(error: E, within: &impl Coded, blame: Blame) -> Row {
    assert_eq!((error.stable_code(), error.whose_fault()), (within.stable_code(), blame), "{error:?}");
    Row::of(&error, false)
}

/// A code whose errors only the crate itself can make.
fn unmade(library: &str, kind: &str, code: &str, blame: Blame) -> Row {
    Row { library: library.into(), kind: kind.into(), variant: None, code: code.into(), blame, own: true }
}

impl Row {
    fn of<E: Coded>(error: &E, own: bool) -> Self {
        // `jwt_core::jws::JwsError`, `oauth_client_sans_io::drive::DriveError<()>`
        let path = type_name::<E>().split('<').next().expect("the first part");
        let (library, _) = path.split_once("::").expect("a path");
        let (_, kind) = path.rsplit_once("::").expect("a path");
        let shown = format!("{error:?}");
        let variant = shown.split(|c: char| !c.is_alphanumeric()).next().expect("the first part");
        Self {
            library: library.into(),
            kind: kind.into(),
            variant: Some(variant.into()),
            code: error.stable_code().into(),
            blame: error.whose_fault(),
            own,
        }
    }
}

/// What every error type of the family has, under names that hide nothing.
trait Coded: Debug {
    fn stable_code(&self) -> &str;
    fn whose_fault(&self) -> Blame;
}

macro_rules! coded {
    ($($error:ty),+ $(,)?) => {$(
        impl Coded for $error {
            fn stable_code(&self) -> &str {
                self.code()
            }
            fn whose_fault(&self) -> Blame {
                self.blame()
            }
        }
    )+};
}

coded!(
    NotBase64Url,
    JsonError,
    HeaderError,
    Malformed,
    KeyError,
    NoMatch,
    InvalidSignature,
    SignerError,
    KeyringError,
    SignError,
    JwsError,
    Rejection,
    jwt_core::Error,
    FormError,
    HttpError,
    IdentifierError,
    PkceError,
    InvalidState,
    ChallengeError,
    BuildError,
    RequestError,
    ResponseError,
    InvalidResponse,
    AuthorizationRequestError,
    CallbackError,
    SignedResponseError,
    InvalidRequestUri,
    PushedRequestError,
    AuthorizationDetailsError,
    TokenError,
    DpopError,
    CookieError,
    MetadataError,
    oauth_client_sans_io::Error,
    InvalidReason,
    TransportFailure,
    ApiMisuse,
    Rule,
    AcceptError,
    Deviates,
    NotOurs,
    StoredError,
    SealError,
    DriveError<()>,
    Reason,
    oauth_resource_sans_io::Full,
);

/// A code that the authorization server sent.
#[derive(Debug)]
struct Server(&'static str);

impl Coded for Server {
    fn stable_code(&self) -> &str {
        self.0
    }
    fn whose_fault(&self) -> Blame {
        Peer
    }
}

/// Errors that only reading can make.
trait Sample {
    fn sample() -> Self;
}

impl Sample for NotBase64Url {
    fn sample() -> Self {
        base64url::decode("=").expect_err("padding")
    }
}

impl Sample for InvalidState {
    fn sample() -> Self {
        oauth_types::State::new("").expect_err("empty")
    }
}

impl Sample for InvalidRequestUri {
    fn sample() -> Self {
        oauth_types::RequestUri::new("").expect_err("empty")
    }
}

impl Sample for Deviates {
    fn sample() -> Self {
        CASES.first().expect("a case").check_count(2).expect_err("asked twice")
    }
}

fn json_error<T: serde::de::DeserializeOwned + Debug>(text: &[u8]) -> JsonError {
    json::from_slice::<T>(text, &Limits::default()).expect_err("not strict JSON")
}

/// One of each kind.
fn json_errors() -> Vec<(JsonError, &'static str)> {
    #[derive(Debug, serde::Deserialize)]
    struct Named {
        #[expect(dead_code, reason = "that it is missing is what is read")]
        name: String,
    }

    let limited = |limits| json::from_slice::<Value>(b"[[],[]]", &limits).expect_err("over the limit");
    vec![
        (limited(Limits::default().max_bytes(1)), "json_too_long"),
        (limited(Limits::default().max_depth(1)), "json_too_deep"),
        (limited(Limits::default().max_members(1)), "json_too_many_members"),
        (json_error::<Value>(b"\"\xFF\""), "json_not_utf8"),
        (json_error::<Value>(b"!"), "json_syntax"),
        (json_error::<Value>(b"["), "json_incomplete"),
        (json_error::<Value>(b"1 1"), "json_trailing_data"),
        (json_error::<Value>(br#""\x""#), "json_escape"),
        (json_error::<Value>(br#""\ud800""#), "json_lone_surrogate"),
        (json_error::<Value>(b"\"\n\""), "json_control_character"),
        (json_error::<Value>(b"1e999"), "json_number_out_of_range"),
        (json_error::<Value>(br#"{"a":1,"a":1}"#), "json_duplicate_member"),
        (json::object_from_slice::<Value>(b"1", &Limits::default()).expect_err("a number"), "json_not_an_object"),
        (json_error::<bool>(b"1"), "json_wrong_type"),
        (json_error::<Named>(b"{}"), "json_missing_member"),
        (json_error::<u8>(b"300"), "json_unfit"),
    ]
}

/// What a policy has against claims that are in order but for `members`.
fn rejection(members: &str) -> Rejection {
    let mut claims: json::Object =
        json::from_slice(format!("{{{members}}}").as_bytes(), &Limits::default()).expect("an object");
    let required = members.is_empty();
    for (name, value) in [
        ("iss", Value::from("https://as.example")),
        ("aud", Value::from("api")),
        ("iat", Value::from(1_700_000_000_u64)),
        ("exp", Value::from(1_800_000_000_u64)),
    ] {
        if claims.get(name).is_none() {
            claims.insert(name, value);
        }
    }
    let key = SigningKey::hs256(&[7; 32]).expect("long enough");
    // By hand: what signs would refuse claims of the wrong type.
    let input = format!(
        "{}.{}",
        base64url::encode(r#"{"alg":"HS256"}"#),
        base64url::encode(serde_json::to_string(&claims).expect("JSON"))
    );
    let token = format!("{input}.{}", base64url::encode(key.sign(input.as_bytes()).expect("a signature")));
    let mut policy =
        Policy::new(Issuer::exactly("https://as.example"), Audience::contains("api"), Typ::Jwt, Expiry::Required)
            .max_age(core::time::Duration::from_secs(100));
    if required {
        policy = policy.require("client_id");
    }
    let key = key.verifying_key().expect("an HMAC key");
    match verify::<Value>(&token, &key, &policy, Timestamp::from_unix(1_700_000_000)) {
        Err(jwt_core::Error::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

/// A source file, without its tests.
struct Source {
    library: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("crates");
    let mut sources = Vec::new();
    for library in ["jwt-core", "oauth-types", "oauth-client-sans-io", "oauth-resource-sans-io"] {
        visit(&root.join(library).join("src"), &library.replace('-', "_"), &mut sources);
    }
    assert!(sources.len() > 80, "{} files", sources.len());
    sources
}

fn visit(path: &Path, library: &str, sources: &mut Vec<Source>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a readable directory") {
            visit(&entry.expect("a directory entry").path(), library, sources);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).expect("a source file in UTF-8");
        let text = text.split("#[cfg(test)]\nmod ").next().expect("the first part").to_owned();
        sources.push(Source { library: library.to_owned(), text });
    }
}

impl Source {
    /// The type and each text of every `fn code` that gives one, as rustfmt writes them.
    fn codes(&self) -> Vec<(String, String)> {
        let mut kind = String::new();
        let mut inside = false;
        let mut codes = Vec::new();
        for line in self.text.lines() {
            if line.starts_with("impl") {
                kind = last_name(line);
            } else if line.contains(" fn code(") && (line.ends_with("-> &'static str {") || line.ends_with("-> &str {"))
            {
                inside = true;
            } else if line == "    }" {
                inside = false;
            } else if inside {
                codes.extend(line.split('"').skip(1).step_by(2).map(|code| (kind.clone(), code.to_owned())));
            }
        }
        codes
    }

    /// Types that are errors.
    fn error_types(&self) -> Vec<String> {
        let mut types = Vec::new();
        let mut derived = false;
        for line in self.text.lines() {
            if line.starts_with("#[derive(") {
                derived = line.contains("thiserror::Error");
            } else if let Some(rest) = line.strip_prefix("pub enum ").or_else(|| line.strip_prefix("pub struct ")) {
                if derived {
                    types.push(first_name(rest));
                }
                derived = false;
            } else if line.starts_with("impl") && line.contains("core::error::Error for ") {
                types.push(last_name(line));
            }
        }
        types
    }

    /// Every variant of every public enum.
    fn variants(&self) -> Vec<(String, String)> {
        let mut of = None;
        let mut variants = Vec::new();
        for line in self.text.lines() {
            if let Some(rest) = line.strip_prefix("pub enum ") {
                of = Some(first_name(rest));
            } else if line == "}" {
                of = None;
            } else if let (Some(kind), Some(name)) = (&of, line.strip_prefix("    "))
                && name.starts_with(|c: char| c.is_ascii_uppercase())
            {
                variants.push((kind.clone(), first_name(name)));
            }
        }
        variants
    }
}

/// `KeyError` of `KeyError {`, `Failed` of `Failed(&'static str),`
fn first_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// `DriveError` of `impl<E> DriveError<E> {`, `JsonError` of `impl core::error::Error for JsonError {}`
fn last_name(line: &str) -> String {
    let subject = line.trim_end_matches(['{', '}', ' ']);
    let subject = subject.rsplit(' ').next().expect("the last word");
    first_name(subject)
}
