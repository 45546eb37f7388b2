//! [`Asked`]: the question that an exchange waits for, and what the answers before it have made.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "AskedBody", into = "AskedBody")]
pub(super) struct Asked {
    pub(super) what: Asking,
    /// None with the secret of a request that needs nothing else. Seldom, and large: flows that wait are kept by the million.
    pub(super) texts: Option<Box<Texts>>,
}

/// What is to be signed, and what the answers before it have made.
#[derive(Clone)]
pub(super) struct Texts {
    pub(super) input: Option<String>,
    pub(super) made: Made,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asking {
    Object,
    Proof,
    Assertion,
    Secret,
}

/// What has been signed for the next sending.
#[derive(Clone, Default)]
pub(super) struct Made {
    pub(super) object: Option<String>,
    pub(super) proof: Option<String>,
}

impl Asked {
    pub(super) fn new(what: Asking, input: Option<String>, made: Made) -> Self {
        let any = input.is_some() || made.object.is_some() || made.proof.is_some();
        Self { what, texts: any.then(|| Box::new(Texts { input, made })) }
    }
}

/// [`Asked`] as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedBody {
    what: Asking,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

impl From<AskedBody> for Asked {
    fn from(AskedBody { what, input, object, proof }: AskedBody) -> Self {
        Self::new(what, input, Made { object, proof })
    }
}

impl From<Asked> for AskedBody {
    fn from(Asked { what, texts }: Asked) -> Self {
        let (input, made) = texts.map(|texts| (texts.input, texts.made)).unwrap_or_default();
        Self { what, input, object: made.object, proof: made.proof }
    }
}

/// Shows what was asked for: what is signed may hold what a log must not.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.what, f)
    }
}
