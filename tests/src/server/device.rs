//! The device authorization endpoint (RFC 8628, sections 3.1 and 3.2), the page where the user decides, and what polling devices are told (section 3.5).

use std::time::Duration;

use jwt_core::{Moment, Timestamp};
use oauth_types::{
    ClientId, DeviceAuthorizationRequest, DeviceAuthorizationResponse, DeviceCode, ErrorCode, HttpRequest, HttpResponse,
};

use super::grants::{Family, FamilyId};
use super::pace::{INTERVAL, Pace};
use super::token::{refuse, unauthenticated};
use super::{AuthorizationServer, Consent, SUBJECT, fresh};

/// Long enough for a test, and for a person who watches one.
const LIFETIME: Duration = Duration::from_secs(300);

/// A login on another device.
#[derive(Debug)]
pub(super) struct DeviceLogin {
    client: ClientId,
    device_code: [u8; 32],
    user_code: String,
    expires_at: Timestamp,
    pace: Pace,
    family: Family,
    decision: Option<Consent>,
    used: bool,
}

impl AuthorizationServer {
    pub(super) fn device_authorization(&mut self, at: &Moment, request: &HttpRequest) -> HttpResponse {
        let (request, presented) = match DeviceAuthorizationRequest::from_http(request) {
            Ok(read) => read,
            Err(error) => return error.to_http(),
        };
        let Some(client) = self.authenticated(at, &presented) else { return unauthenticated(&presented) };
        let scope = match client.granted_scope(request.scope()) {
            Ok(scope) => scope,
            Err(code) => return refuse(code),
        };
        let device_code = fresh(at, "device code");
        let user_code = user_code(at);
        let page = format!("{}/device", self.issuer().as_str().trim_end_matches('/'));
        let complete = format!("{page}?user_code={user_code}");
        let response = DeviceAuthorizationResponse::new(DeviceCode::new(&*device_code), &*user_code, page, LIFETIME)
            .and_then(|response| response.with_verification_uri_complete(complete));
        let Ok(response) = response else { return refuse(ErrorCode::ServerError) };
        self.devices.push(DeviceLogin {
            client: client.id().clone(),
            device_code: jwt_core::digest::sha256(device_code.as_bytes()),
            user_code,
            expires_at: at.now().saturating_add(LIFETIME),
            pace: Pace::new(at.now()),
            family: Family {
                resources: request.resources().to_vec(),
                auth_time: Some(at.now()),
                ..Family::new(client.id(), SUBJECT, scope)
            },
            decision: None,
            used: false,
        });
        response.with_interval(INTERVAL).to_http()
    }

    /// The user enters this code on another device and decides; `false` if the code is none, or somebody has decided already.
    pub fn decide_on_device(&mut self, user_code: &str, consent: Consent) -> bool {
        let login = self.devices.iter_mut().find(|login| login.user_code == user_code && login.decision.is_none());
        login.map(|login| login.decision = Some(consent)).is_some()
    }

    /// What a device that polls is told.
    pub(super) fn polled(
        &mut self,
        device_code: &str,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<FamilyId, ErrorCode> {
        let device_code = jwt_core::digest::sha256(device_code.as_bytes());
        let known = self.devices.iter_mut().find(|login| login.device_code == device_code);
        let login = known.filter(|login| login.client.as_str() == client.as_str()).ok_or(ErrorCode::InvalidGrant)?;
        if login.used {
            return Err(ErrorCode::InvalidGrant);
        }
        if login.expires_at <= now {
            return Err(ErrorCode::ExpiredToken);
        }
        if !login.pace.is_kept(now) {
            return Err(login.pace.slow_down());
        }
        match login.decision {
            None => Err(ErrorCode::AuthorizationPending),
            Some(Consent::Declined) => Err(ErrorCode::AccessDenied),
            Some(Consent::Given) => {
                login.used = true;
                let family = login.family.clone();
                Ok(self.grants.begin(family))
            }
        }
    }
}

/// Eight letters that are not mistaken for each other, none of them a vowel (RFC 8628, section 6.1).
fn user_code(at: &Moment) -> String {
    const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    let letters = at.derive("user code", 0).into_iter().take(8);
    let letters = letters.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()).copied());
    let mut code: String = letters.map(char::from).collect();
    code.insert(4, '-');
    code
}
