//! [`MetadataError`].

use jwt_core::Blame;
use jwt_core::json::JsonError;

use crate::reading::Deviation;

/// Why an answer is not the metadata that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The status is not 200 (RFC 8414, section 3.2; RFC 9728, section 3.2). A redirect is not followed.
    #[error("the metadata was answered with status {status}")]
    Status {
        /// The status that came.
        status: u16,
    },
    /// The body is not one JSON object, or too large: an HTML page, say.
    #[error("the metadata is not a json object: {0}")]
    Json(#[from] JsonError),
    /// A required member is missing.
    #[error("the metadata has no {member}")]
    Missing {
        /// The member's registered name.
        member: &'static str,
    },
    /// A required member has the wrong type, or is a URL that nothing may be sent to.
    #[error("{member} in the metadata is malformed")]
    Malformed {
        /// The member's registered name.
        member: &'static str,
    },
    /// The document is another issuer's (RFC 8414, section 3.3): "the data contained in the response MUST NOT be used".
    #[error("the metadata names another issuer")]
    IssuerMismatch,
    /// The document is another resource's (RFC 9728, section 3.3): "the data contained in the response MUST NOT be used".
    #[error("the metadata names another resource")]
    ResourceMismatch,
    /// In [`Reading::Strict`](crate::Reading::Strict): the document deviates from its RFC.
    #[error("the metadata deviates from its specification: {0}")]
    Deviation(Deviation),
}

impl MetadataError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Status { .. } => "metadata_status",
            Self::Json(_) => "metadata_json",
            Self::Missing { .. } => "metadata_missing",
            Self::Malformed { .. } => "metadata_malformed",
            Self::IssuerMismatch => "metadata_issuer_mismatch",
            Self::ResourceMismatch => "metadata_resource_mismatch",
            Self::Deviation(_) => "metadata_deviation",
        }
    }

    /// The server; for a 429 or 5xx nobody: no usable answer came.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::Status { status: 429 | 500..=599 } => Blame::Transport,
            Self::Status { .. }
            | Self::Json(_)
            | Self::Missing { .. }
            | Self::Malformed { .. }
            | Self::IssuerMismatch
            | Self::ResourceMismatch
            | Self::Deviation(_) => Blame::Peer,
        }
    }

    /// Whether the document is another issuer's: the one error after which no other URL is to be asked.
    #[must_use]
    pub const fn is_issuer_mismatch(self) -> bool {
        matches!(self, Self::IssuerMismatch)
    }
}

impl From<Deviation> for MetadataError {
    fn from(deviation: Deviation) -> Self {
        Self::Deviation(deviation)
    }
}
