//! What is refused before anything is sent: what the server says that it cannot do, and what the client's profile forbids.

use alloc::string::String;

use oauth_types::Endpoint;
use oauth_types::request::BuildError;

use super::AuthorizationCode;
use crate::error::ApiMisuse;
use crate::signature::Keys;

impl AuthorizationCode<'_> {
    pub(super) fn check(
        &self,
        endpoint: &Endpoint,
        demanded_acr: &[String],
        openid: bool,
        pushed: bool,
    ) -> Result<(), ApiMisuse> {
        let (server, profile) = (self.server, self.client.rules());
        let signed_with = self.request_object.as_ref().map(|key| key.algorithm());
        // RFC 7636 and RFC 9700, section 2.1.1: never without PKCE.
        supports(server.supports_s256(), "PKCE with S256")?;
        supports(server.supports_grant_type("authorization_code"), "the authorization code grant")?;
        supports(lists(server.response_types(), "code"), "the response type code")?;
        supports(lists(server.response_modes(), self.response_mode.as_str()), "this response mode")?;
        if let Some(wishes) = &self.wishes {
            // One that is spelled out may be several words.
            let mut prompts = wishes.prompts.iter().flat_map(|prompt| prompt.as_str().split(' '));
            supports(prompts.all(|word| lists(server.prompt_values(), word)), "this prompt")?;
            let displays = server.display_values();
            supports(wishes.display.is_none_or(|display| lists(displays, display.as_str())), "this display")?;
        }
        let may_have = |acr: &String| lists(server.acr_values(), acr);
        let some_acr = demanded_acr.is_empty() || demanded_acr.iter().any(may_have);
        supports(some_acr, "any authentication context class that is demanded")?;
        let types = server.authorization_details_types();
        let all_types = self.authorization_details.iter().all(|detail| lists(types, detail.type_name()));
        supports(all_types, "authorization details of this type")?;
        let proofs = server.dpop_signing_algs();
        let proves = self.client.dpop_key().is_none_or(|key| lists(proofs, key.algorithm().as_str()));
        supports(proves, "the algorithm of the DPoP key")?;
        let objects = server.request_object_signing_algs();
        let reads = signed_with.is_none_or(|algorithm| lists(objects, algorithm.as_str()));
        supports(reads, "the algorithm of the request object key")?;
        let keys = |algorithm| Keys::of(server, self.client).registered(self.client, algorithm);
        if openid {
            keys(self.client.id_token_algorithm()).check()?;
        }
        if self.response_mode.is_jwt() {
            keys(self.client.response_algorithm()).check()?;
        }
        profile.check_https(server, endpoint)?;
        profile.check_authorization(server, self.response_mode, pushed, signed_with)
    }
}

/// Refuses what the server says that it cannot do.
const fn supports(does: bool, what: &'static str) -> Result<(), ApiMisuse> {
    if does { Ok(()) } else { Err(ApiMisuse::Unsupported(what)) }
}

/// Whether a list of the metadata has this. An absent one says nothing (RFC 9700, section 2.1.1, of `code_challenge_methods_supported`).
fn lists(list: Option<&[String]>, name: &str) -> bool {
    list.is_none_or(|names| names.iter().any(|found| found == name))
}

/// Words with spaces between them. None of them may have one itself.
pub(super) fn words(name: &'static str, words: &[String]) -> Result<String, ApiMisuse> {
    if words.iter().any(|word| word.is_empty() || word.contains(char::is_whitespace)) {
        return Err(BuildError::MalformedParameter { name }.into());
    }
    Ok(words.join(" "))
}
