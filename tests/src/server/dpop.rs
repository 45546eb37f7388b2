//! Proofs of possession at the server's own endpoints (RFC 9449, sections 5, 8 and 10.1).

use jwt_core::profile::DpopProfile;
use jwt_core::{Limits, Moment, Unverified};
use oauth_types::dpop::{self, DpopNonce};
use oauth_types::{ErrorCode, ErrorResponse, HttpRequest, HttpResponse};

use super::{AuthorizationServer, fresh};

/// How many of the newest nonces are taken: a client may have two requests on the way.
const NONCES: usize = 2;

impl AuthorizationServer {
    /// The thumbprint of the key that the request proves; `None` where it proves none.
    pub(super) fn proof_of(&mut self, at: &Moment, request: &HttpRequest) -> Result<Option<String>, HttpResponse> {
        let invalid = || ErrorResponse::new(ErrorCode::InvalidDpopProof).to_http(400);
        let Some(proof) = dpop::proof(request).map_err(|_| invalid())? else { return Ok(None) };
        let token = Unverified::parse(proof, &Limits::default()).map_err(|_| invalid())?;
        let nonce = token.dangerous_claims::<jwt_core::json::Object>().ok();
        let nonce = nonce.as_ref().and_then(|claims| claims.get_str("nonce"));
        if self.demands_nonces && !nonce.is_some_and(|nonce| self.nonces.iter().any(|known| known == nonce)) {
            return Err(self.next_nonce(at).map_or_else(invalid, |nonce| nonce.to_error()));
        }
        let mut profile = DpopProfile::new("POST", request.url());
        if self.demands_nonces {
            profile = profile.nonces(self.nonces.iter().map(String::as_str));
        }
        let undecided = profile.verify([proof], at.now()).map_err(|_| invalid())?;
        let fresh = self.seen.insert(undecided.replay_key());
        let claims = undecided.decide(fresh).map_err(|_| invalid())?;
        Ok(Some(claims.claims().jkt().to_owned()))
    }

    /// Whether the request proves the key that this access token is bound to, if it is (RFC 9449, sections 7 and 9); otherwise the challenge.
    pub(super) fn proves_key_of(
        &mut self,
        at: &Moment,
        request: &HttpRequest,
        access_token: &str,
        jkt: Option<&str>,
    ) -> Result<(), HttpResponse> {
        let Some(jkt) = jkt else { return Ok(()) };
        let invalid = || {
            let challenge = "DPoP error=\"invalid_dpop_proof\"";
            HttpResponse::new(401).with_header("www-authenticate", challenge)
        };
        let proof = dpop::proof(request).ok().flatten().ok_or_else(invalid)?;
        let mut profile = DpopProfile::new(request.method().as_str(), request.url()).access_token(access_token, jkt);
        if self.demands_nonces {
            let nonce = Unverified::parse(proof, &Limits::default()).map_err(|_| invalid())?;
            let nonce = nonce.dangerous_claims::<jwt_core::json::Object>().map_err(|_| invalid())?;
            if !nonce.get_str("nonce").is_some_and(|nonce| self.nonces.iter().any(|known| known == nonce)) {
                return Err(self.next_nonce(at).map_or_else(invalid, |nonce| nonce.to_challenge()));
            }
            profile = profile.nonces(self.nonces.iter().map(String::as_str));
        }
        let undecided = profile.verify([proof], at.now()).map_err(|_| invalid())?;
        let fresh = self.seen.insert(undecided.replay_key());
        undecided.decide(fresh).map_err(|_| invalid())?;
        Ok(())
    }

    /// RFC 9449, section 8.2: a new nonce with every answer.
    pub(super) fn with_nonce(&mut self, at: &Moment, response: HttpResponse) -> HttpResponse {
        if !self.demands_nonces {
            return response;
        }
        match self.next_nonce(at) {
            Some(nonce) => nonce.add_to(response),
            None => response,
        }
    }

    fn next_nonce(&mut self, at: &Moment) -> Option<DpopNonce> {
        let nonce = fresh(at, "dpop nonce");
        self.nonces.insert(0, nonce.clone());
        self.nonces.truncate(NONCES);
        DpopNonce::new(nonce).ok()
    }
}
