//! What flows ask for and end with, as JSON.

use jwt_core::{Blame, Timestamp};
use oauth_client_sans_io::{
    AcceptError, Advice, CheckedIntrospection, CheckedUserInfo, CibaPending, Error, Login, Redirect, Registered,
    Tokens, UserInteraction,
};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{HttpRequest, Replay};
use serde::Serialize;
use serde_json::{Value, json};

use crate::adapter::messages::deviations;
use crate::adapter::present;

pub(super) fn sent(request: &HttpRequest) -> Value {
    let headers: Vec<[&str; 2]> = request.headers().map(|(name, value)| [name, value]).collect();
    let contract = request.contract();
    json!({
        "method": request.method().as_str(),
        "url": request.url(),
        "headers": headers,
        "body": String::from_utf8_lossy(request.body()),
        "replay": match contract.replay() {
            Replay::Never => "never",
            Replay::IfNotSent => "if_not_sent",
            Replay::Safe => "safe",
        },
        "purpose": contract.purpose().as_str(),
        "max_response_bytes": contract.max_response_bytes(),
        "client_certificate": contract.client_certificate(),
    })
}

pub(super) fn failed(error: &Error) -> Value {
    failure(error.code(), error.blame(), error.advice(), error)
}

/// A callback or a notification that gave no flow. What is nobody's answer consumed nothing: begin again, or wait for the right one.
pub(super) fn not_accepted(error: &AcceptError) -> Value {
    let advice = match error {
        AcceptError::Refused(error) => error.advice(),
        _ => Advice::Restart,
    };
    failure(error.code(), error.blame(), advice, error)
}

fn failure(code: &str, blame: Blame, advice: Advice, error: &impl ToString) -> Value {
    let advice = match advice {
        Advice::Retry { .. } => "retry",
        Advice::Restart => "restart",
        Advice::Reauthenticate => "reauthenticate",
        Advice::StepUp => "step_up",
        Advice::Fix => "fix",
        _ => "stop",
    };
    json!({ "failed": { "code": code, "blame": blame.as_str(), "advice": advice, "message": error.to_string() } })
}

pub(super) fn redirect(redirect: Redirect) -> Value {
    let expires_at = redirect.expires_at.map(Timestamp::as_unix);
    let redirect = json!({ "url": redirect.url, "expires_at": expires_at, "pending": redirect.pending.to_stored() });
    json!({ "redirect": present(redirect) })
}

pub(super) fn interaction(shown: UserInteraction) -> Value {
    json!({ "prompt": present(json!({
        "user_code": shown.user_code,
        "verification_uri": shown.verification_uri,
        "verification_uri_complete": shown.verification_uri_complete,
        "expires_at": shown.expires_at.as_unix(),
        "prompt": shown.polling.to_stored(),
    })) })
}

/// What waits for a ping or a push.
pub(super) fn notified(pending: &CibaPending) -> Value {
    json!({ "prompt": present(json!({
        "auth_req_id": pending.auth_req_id().expose(),
        "notification_token": pending.notification_token().map(|token| token.expose()),
        "expires_at": pending.expires_at().as_unix(),
        "prompt": pending.to_stored(),
    })) })
}

pub(super) fn login(login: Login) -> Value {
    let mut done = described(&login.tokens);
    if let (Value::Object(members), Some(id_token)) = (&mut done, &login.id_token) {
        members.insert("id_token_claims".into(), value(id_token.claims().all()));
        members.insert("subject".into(), id_token.claims().subject().into());
    }
    json!({ "done": done })
}

pub(super) fn tokens(tokens: Tokens) -> Value {
    json!({ "done": described(&tokens) })
}

/// The members of a token response as they were understood, and `tokens`: all of it, to be given back to `refresh`, `revocation` and `user_info`.
fn described(tokens: &Tokens) -> Value {
    let details = tokens.authorization_details().map(|details| details.to_json());
    present(json!({
        "access_token": tokens.access_token().expose(),
        "token_type": tokens.token_type().as_str(),
        "expires_at": tokens.expires_at().map(Timestamp::as_unix),
        "scope": tokens.scope().map(ToString::to_string),
        "refresh_token": tokens.refresh_token().map(|token| token.expose()),
        "id_token": tokens.raw_id_token().map(|token| token.expose()),
        "issued_token_type": tokens.issued_token_type().map(|name| name.as_str()),
        "authorization_details": details.and_then(|details| serde_json::from_str::<Value>(&details).ok()),
        "dpop_nonce": tokens.dpop_nonce().map(|nonce| nonce.as_str()),
        "extra": value(tokens.extra()),
        "tokens": tokens.to_stored(),
    }))
}

pub(super) fn metadata(metadata: AuthorizationServer) -> Value {
    let members = serde_json::from_slice::<Value>(metadata.to_http().body()).unwrap_or_default();
    json!({ "done": { "metadata": members } })
}

pub(super) fn introspection(checked: CheckedIntrospection) -> Value {
    let response = &checked.response;
    json!({ "done": {
        "active": response.active().is_some(),
        "claims": value(&response.to_claims()),
        "deviations": deviations(response.deviations()),
    } })
}

pub(super) fn user_info(checked: CheckedUserInfo) -> Value {
    let nonce = checked.dpop_nonce.as_ref().map(|nonce| nonce.as_str());
    json!({ "done": present(json!({
        "subject": checked.user.sub(),
        "claims": value(checked.user.claims()),
        "deviations": deviations(checked.user.deviations()),
        "dpop_nonce": nonce,
    })) })
}

/// A client as the server has it, and `registered`: all of it but the secret, to be given back to `registration`.
pub(super) fn registered(mut registered: Registered) -> Value {
    let secret = registered.take_secret();
    json!({ "done": present(json!({
        "client_id": registered.client_id().as_str(),
        "client_secret": secret.as_ref().map(|secret| secret.expose()),
        "client_secret_expires_at": registered.secret_expires_at().map(Timestamp::as_unix),
        "client_id_issued_at": registered.issued_at().map(Timestamp::as_unix),
        "manageable": registered.is_manageable(),
        "metadata": value(registered.metadata().to_object()),
        "registered": registered.to_stored(),
    })) })
}

pub(super) fn nothing((): ()) -> Value {
    json!({ "done": {} })
}

fn value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
