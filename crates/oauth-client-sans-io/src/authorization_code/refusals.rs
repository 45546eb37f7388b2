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
        let supported = [
            (server.supports_s256(), "PKCE with S256"),
            (server.supports_grant_type("authorization_code"), "the authorization code grant"),
            (lists(server.response_types(), "code"), "the response type code"),
            (lists(server.response_modes(), self.response_mode.as_str()), "this response mode"),
            // One that is spelled out may be several words.
            (
                self.prompts
                    .iter()
                    .flat_map(|prompt| prompt.as_str().split(' '))
                    .all(|word| lists(server.prompt_values(), word)),
                "this prompt",
            ),
            (self.display.is_none_or(|display| lists(server.display_values(), display.as_str())), "this display"),
            (
                demanded_acr.is_empty() || demanded_acr.iter().any(|acr| lists(server.acr_values(), acr)),
                "any authentication context class that is demanded",
            ),
            (
                self.authorization_details
                    .iter()
                    .all(|detail| lists(server.authorization_details_types(), detail.type_name())),
                "authorization details of this type",
            ),
            (
                self.client.dpop_key().is_none_or(|key| lists(server.dpop_signing_algs(), key.algorithm().as_str())),
                "the algorithm of the DPoP key",
            ),
            (
                signed_with.is_none_or(|found| lists(server.request_object_signing_algs(), found.as_str())),
                "the algorithm of the request object key",
            ),
        ];
        if let Some((_, what)) = supported.into_iter().find(|(supported, _)| !supported) {
            return Err(ApiMisuse::Unsupported(what));
        }
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
