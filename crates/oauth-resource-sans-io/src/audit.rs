//! [`AuditEvent`]: what became of a request, for the log.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::fmt;

use jwt_core::Timestamp;

use crate::check::Check;
use crate::head::RequestHead;

/// What became of a request: who asked for what, and why it was refused. It holds no secret: no token, no proof, no query.
///
/// `Display` is one line of `name=value`, in which nothing that came from outside can begin another. It names people; `Debug` does not.
///
/// # Examples
///
/// ```
/// use jwt_core::Timestamp;
/// use oauth_resource_sans_io::{AuditEvent, Guard, RequestHead};
///
/// let (guard, now) = (Guard::new("https://api.example"), Timestamp::from_unix(1_700_000_000));
/// let head = RequestHead::new("GET", "/files?page=2");
/// let check = guard.check(&head, now);
/// let event = AuditEvent::new(&head, &check, now).expect("it is decided");
/// assert_eq!(event.to_string(), r#"time=1700000000 code=no_credentials status=401 blame=peer method="GET" path="/files""#);
/// ```
#[derive(Clone)]
pub struct AuditEvent {
    time: Timestamp,
    refused: Option<Refused>,
    method: String,
    path: String,
    who: Option<Who>,
}

#[derive(Clone, Debug)]
struct Refused {
    code: &'static str,
    status: u16,
    blame: &'static str,
}

#[derive(Clone)]
struct Who {
    issuer: String,
    subject: Option<String>,
    client_id: Option<String>,
    token_id: Option<String>,
}

impl AuditEvent {
    /// The event of a check that is decided; `None` for one that needs something first.
    #[must_use]
    pub fn new(head: &RequestHead<'_>, check: &Check, now: Timestamp) -> Option<Self> {
        let (refused, principal) = match check {
            Check::Granted(principal) => (None, Some(principal)),
            Check::Denied(denial) => {
                let refused = Refused { code: denial.code(), status: denial.status(), blame: denial.blame().as_str() };
                (Some(refused), denial.principal())
            }
            Check::Needs(_) => return None,
        };
        let who = principal.map(|principal| Who {
            issuer: cut(principal.issuer()),
            subject: principal.subject().map(cut),
            client_id: principal.client_id().map(cut),
            token_id: principal.token_id().map(cut),
        });
        Some(Self { time: now, refused, method: cut(head.method()), path: cut(head.path()), who })
    }

    /// When it was.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Whether the request may pass.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        self.refused.is_none()
    }

    /// `granted`, or the code of the [`Reason`](crate::Reason).
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        self.refused.as_ref().map_or("granted", |refused| refused.code)
    }

    /// The status of the answer to a request that may not pass.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.refused.as_ref().map(|refused| refused.status)
    }

    /// The request's method, its first 256 characters like every text here.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The request's path, without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Who issued the token, if it was good.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.who.as_ref().map(|who| who.issuer.as_str())
    }

    /// Who acts.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.who.as_ref()?.subject.as_deref()
    }

    /// By which client.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.who.as_ref()?.client_id.as_deref()
    }

    /// The token's `jti`.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.who.as_ref()?.token_id.as_deref()
    }
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "time={} code={}", self.time, self.outcome())?;
        if let Some(Refused { status, blame, .. }) = &self.refused {
            write!(f, " status={status} blame={blame}")?;
        }
        // Quoted and escaped: a line feed in any of them is two characters.
        write!(f, " method={:?} path={:?}", self.method, self.path)?;
        let who = [
            ("issuer", self.issuer()),
            ("subject", self.subject()),
            ("client_id", self.client_id()),
            ("token_id", self.token_id()),
        ];
        for (name, value) in who {
            if let Some(value) = value {
                write!(f, " {name}={value:?}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEvent")
            .field("time", &self.time)
            .field("outcome", &self.outcome())
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A line of a log is for people; what is longer was made to be.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// Four times what identifiers in the field have.
const MAX_CHARACTERS: usize = 256;
