//! [`Sealer`]: logins, flows and tokens as encrypted text that only the nodes of one program can read (feature `seal`).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use jwt_core::digest::sha256;
use jwt_core::{Blame, Moment, Secret, Timestamp, base64url};
use oauth_types::cookie::{CookieError, Cookies, SetCookie};

use crate::pending::{PendingAuthorization, SessionBinding};
use crate::stored::{Stored, StoredError};

/// Seals whatever has a stored form into one text for a cookie or a URL, and opens it again: XChaCha20-Poly1305 under a key that all nodes of a program share.
///
/// Nobody without the key can read or change it. The kind, the expiry and the browser session are bound to it: it opens as what it was, until then, and in the
/// session in which it was sealed. So any node of a fleet goes on with what another began, without shared storage.
///
/// What it cannot do is open only once: a copy of a cookie is a second cookie. A pending login opens again until it expires, and the authorization server's
/// single use of the code is then the guard (RFC 6749, section 4.1.2); bind it to the session, and let it expire soon.
///
/// # Keys
///
/// 32 bytes from a cryptographic random source, the same on all nodes, kept like a password. The key is known in the text by a mark that is made of it, so
/// rotation needs no names: give the new key to [`also_opens`](Sealer::also_opens) everywhere, then seal with it everywhere and open with the old one as well,
/// and forget the old one when what it sealed has expired. Keys are wiped when dropped.
///
/// # Nonces
///
/// Made of the moment and of what is sealed (kind, expiry, session, key and content), so that two texts never share one, also where a moment was used for both.
///
/// # Examples
///
/// One node begins a login, and another finishes it:
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, AuthorizationCode, Client, Flow, Sealer, Step, login_cookie_name};
/// use oauth_types::authorization::{AuthorizationResponse, Callback};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Cookies, Endpoint, Issuer, RedirectUri, SetCookie};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let key = [7; 32]; // 32 random bytes, the same on all nodes
/// let server = AuthorizationServer::new(Issuer::new("https://as.example")?)
///     .with_authorization_endpoint(Endpoint::new("https://as.example/authorize")?)
///     .with_token_endpoint(Endpoint::new("https://as.example/token")?);
/// let client = Client::new(ClientId::new("app")?, Authentication::None);
///
/// // Node A: the answer that sends the browser away sets a cookie.
/// let login = AuthorizationCode::new(&server, &client, RedirectUri::new("https://app.example/callback")?).begin(&at.at(now))?;
/// let cookie = Sealer::new(&key).seal_login(&at.at(now), &login.pending, None)?;
/// let set_cookie = cookie.to_header_value();
/// # let state = login.pending.state().to_owned();
///
/// // The browser comes back with both, to node B.
/// let sent_back = set_cookie.split(';').next().unwrap_or_default();
/// let callback = format!("code=c0de&state={state}");
/// let response = AuthorizationResponse::parse(Callback::Query(&callback))?;
/// let state = response.state().ok_or("no login of ours")?;
/// let cookies = Cookies::parse([sent_back])?;
/// let mut pending = Sealer::new(&key).open_login(now, &cookies, state, None)?;
/// let mut exchange = pending.accept(&at.at(now), None, Callback::Query(&callback))?;
/// let Step::Send(request) = exchange.resume(at.at(now))? else { panic!("the code is redeemed") };
/// # assert_eq!(request.url(), "https://as.example/token");
/// // The answer to the callback removes the cookie.
/// let removal = SetCookie::removal(&login_cookie_name(state))?;
/// # assert!(removal.to_header_value().starts_with(&cookie.name()));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Sealer {
    /// The first one seals.
    keys: Vec<SealingKey>,
}

/// A key, which wipes itself when dropped and does not show itself.
#[derive(Clone)]
struct SealingKey {
    mark: [u8; MARK],
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// Seals and opens with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { keys: alloc::vec![SealingKey::new(key)] }
    }

    /// Also opens what this key sealed.
    #[must_use]
    pub fn also_opens(mut self, key: &[u8; 32]) -> Self {
        self.keys.push(SealingKey::new(key));
        self
    }

    /// Seals a value, until `expires_at` (in whole seconds) and for this session.
    ///
    /// # Errors
    ///
    /// [`SealError::TooLong`] beyond [`Sealer::MAX_BYTES`].
    pub fn seal<T: Stored>(
        &self,
        at: &Moment,
        value: &T,
        session: Option<&SessionBinding>,
        expires_at: Timestamp,
    ) -> Result<String, SealError> {
        // Wiped by its type, unlike a text.
        let stored = Secret::new(value.to_stored());
        let content = stored.expose().as_bytes();
        let key = self.keys.first().ok_or(SealError::UnknownKey)?;
        let bound = Bound { kind: T::KIND, key: key.mark, expires_at: expires_at.as_unix(), session };
        let associated = bound.associated_data();
        // All that is sealed is in the label, so that one moment gives two texts two nonces.
        let label = base64url::encode(sha256(&[sha256(&associated), sha256(content)].concat()));
        let derived = at.derive(&["sealed ", &label].concat(), 0);
        let nonce = derived.first_chunk::<NONCE>().ok_or(SealError::Malformed)?;

        let mut bytes = bound.head(nonce);
        let head = bytes.len();
        if head.saturating_add(content.len()).saturating_add(TAG) > Self::MAX_BYTES {
            return Err(SealError::TooLong);
        }
        bytes.reserve_exact(content.len().saturating_add(TAG));
        bytes.extend_from_slice(content);
        let buffer = bytes.get_mut(head..).unwrap_or_default();
        let tag = key
            .cipher
            .encrypt_inout_detached(&XNonce::from(*nonce), &associated, buffer.into())
            .map_err(|_| SealError::TooLong)?;
        bytes.extend_from_slice(&tag);
        let mut text = [PREFIX, T::KIND, "."].concat();
        base64url::encode_to(&bytes, &mut text);
        Ok(text)
    }

    /// Opens what [`seal`](Self::seal) sealed.
    ///
    /// # Errors
    ///
    /// [`SealError`] says why not. What comes from a browser is anybody's: nothing of it is used before it is known to be ours.
    pub fn open<T: Stored>(
        &self,
        now: Timestamp,
        text: &str,
        session: Option<&SessionBinding>,
    ) -> Result<T, SealError> {
        let (kind, body) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).ok_or(SealError::Malformed)?;
        if kind != T::KIND {
            return Err(SealError::WrongKind);
        }
        // Base64url has four characters for three bytes.
        if body.len() / 4 > Self::MAX_BYTES / 3 {
            return Err(SealError::TooLong);
        }
        let mut bytes = base64url::decode(body).map_err(|_| SealError::Malformed)?;
        let (head, rest) = bytes.split_first_chunk_mut::<HEAD>().ok_or(SealError::Malformed)?;
        let (content, tag) = rest.split_last_chunk_mut::<TAG>().ok_or(SealError::Malformed)?;
        let head = Head::read(head).ok_or(SealError::Malformed)?;

        let mut keys = self.keys.iter().filter(|key| key.mark == head.key).peekable();
        if keys.peek().is_none() {
            return Err(SealError::UnknownKey);
        }
        let bound = Bound { kind: T::KIND, key: head.key, expires_at: u64::from_be_bytes(head.expiry), session };
        if bound.session_mark(&head.nonce) != head.session {
            return Err(SealError::WrongSession);
        }
        let associated = bound.associated_data();
        // A text that is not ours is left as it was, so that the next key of this mark, of which there is hardly ever one, can be tried.
        let opened = keys.any(|key| {
            let (nonce, tag) = (XNonce::from(head.nonce), Tag::from(*tag));
            key.cipher.decrypt_inout_detached(&nonce, &associated, (&mut *content).into(), &tag).is_ok()
        });
        if !opened {
            return Err(SealError::Forged);
        }
        if Timestamp::from_unix(bound.expires_at) <= now {
            return Err(SealError::Expired);
        }
        bytes.truncate(bytes.len().saturating_sub(TAG));
        bytes.drain(..HEAD);
        // Wiped by its type.
        let stored = Secret::new(String::from_utf8(bytes).map_err(|_| StoredError::Damaged)?);
        Ok(T::from_stored(stored.expose())?)
    }

    /// The cookie for a login whose browser is sent away: under [`login_cookie_name`], so that several logins of one browser stand beside each other, and for as
    /// long as the login may take. Where the callback is a form post from the server's site, it needs
    /// [`dangerous_same_site_none_for_form_post`](SetCookie::dangerous_same_site_none_for_form_post).
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal); [`SealError::Cookie`] where it is too long for a cookie.
    pub fn seal_login(
        &self,
        at: &Moment,
        pending: &PendingAuthorization,
        session: Option<&SessionBinding>,
    ) -> Result<SetCookie, SealError> {
        let expires_at = pending.expires_at();
        let sealed = self.seal(at, pending, session, expires_at)?;
        let cookie = SetCookie::new(&login_cookie_name(pending.state()), sealed)?;
        Ok(cookie.with_max_age(expires_at.saturating_since(at.now())))
    }

    /// Opens the cookie of the login that a callback with this `state` belongs to. Only one that this host set itself is looked at (`__Host-`; RFC 6265bis,
    /// section 4.1.3.2); any other is opened with [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); [`SealError::NoCookie`] where there is none, [`SealError::Cookie`] where there are two.
    pub fn open_login(
        &self,
        now: Timestamp,
        cookies: &Cookies<'_>,
        state: &str,
        session: Option<&SessionBinding>,
    ) -> Result<PendingAuthorization, SealError> {
        let name = SetCookie::removal(&login_cookie_name(state))?.name();
        let text = cookies.unique(&name)?.ok_or(SealError::NoCookie)?;
        self.open(now, text, session)
    }

    /// How long a sealed value may be, in bytes before it is encoded: tokens with the largest ID tokens fit. A cookie is shorter anyway
    /// ([`MAX_COOKIE_BYTES`](oauth_types::cookie::MAX_COOKIE_BYTES)).
    pub const MAX_BYTES: usize = 1 << 20;
}

/// Shows how many keys there are.
impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl SealingKey {
    fn new(key: &[u8; 32]) -> Self {
        // An HMAC under the key, in a type that wipes its copy.
        let mark = Moment::new(Timestamp::EPOCH, *key).derive("mark of a sealing key", 0);
        Self { mark: first(&mark), cipher: XChaCha20Poly1305::new(key.into()) }
    }
}

/// What a sealed text is bound to.
struct Bound<'s> {
    kind: &'static str,
    key: [u8; MARK],
    expires_at: u64,
    session: Option<&'s SessionBinding>,
}

impl Bound<'_> {
    /// Kind, key, expiry and session: of fixed lengths, but for the kind, which is first and ends with a byte that it cannot hold.
    fn associated_data(&self) -> Vec<u8> {
        let session = self.session.map_or(&[][..], |session| session.hash());
        [PREFIX.as_bytes(), self.kind.as_bytes(), b"\0", &self.key, &self.expires_at.to_be_bytes(), session].concat()
    }

    /// Tells a text of another session from one that was changed. It decides nothing: the session is in the associated data.
    fn session_mark(&self, nonce: &[u8; NONCE]) -> [u8; MARK] {
        let session = self.session.map_or(&[][..], |session| session.hash());
        first(&sha256(&[&b"oauth sealed session\0"[..], nonce, session].concat()))
    }

    fn head(&self, nonce: &[u8; NONCE]) -> Vec<u8> {
        [&self.key[..], &self.expires_at.to_be_bytes(), &self.session_mark(nonce), nonce].concat()
    }
}

/// What stands before the encrypted content.
struct Head {
    key: [u8; MARK],
    expiry: [u8; 8],
    session: [u8; MARK],
    nonce: [u8; NONCE],
}

impl Head {
    fn read(head: &[u8; HEAD]) -> Option<Self> {
        let (key, rest) = head.split_first_chunk()?;
        let (expiry, rest) = rest.split_first_chunk()?;
        let (session, rest) = rest.split_first_chunk()?;
        Some(Self { key: *key, expiry: *expiry, session: *session, nonce: *rest.first_chunk()? })
    }
}

/// The beginning of a hash.
fn first(hash: &[u8; 32]) -> [u8; MARK] {
    hash.first_chunk().copied().unwrap_or_default()
}

/// The name of the cookie of a pending login, without the prefix that [`SetCookie`] gives it: a hash of the `state`, which the callback repeats.
#[must_use]
pub fn login_cookie_name(state: &str) -> String {
    let hash = sha256(&[b"oauth login cookie\0", state.as_bytes()].concat());
    // 96 bits: no two logins of a browser meet.
    ["login-", &base64url::encode(hash.first_chunk::<12>().unwrap_or(&[0; 12]))].concat()
}

/// The form of sealed texts: kind, then base64url of key mark, expiry, session mark, nonce, encrypted content and tag.
const PREFIX: &str = "sealed.1.";

/// Marks tell a handful of keys and sessions apart: four bytes are plenty, and a cookie is short.
const MARK: usize = 4;

/// XChaCha20's nonce, in bytes.
const NONCE: usize = 24;

/// Poly1305's tag, in bytes.
const TAG: usize = 16;

/// How long a [`Head`] is.
const HEAD: usize = MARK + 8 + MARK + NONCE;

/// Why something cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It is longer than [`Sealer::MAX_BYTES`].
    #[error("the sealed text is longer than is allowed")]
    TooLong,
    /// It is no sealed text.
    #[error("it is no sealed text")]
    Malformed,
    /// It was sealed as something else.
    #[error("the sealed text is of another kind")]
    WrongKind,
    /// None of the sealer's keys sealed it: it is another program's, or older than the last rotation.
    #[error("none of the keys sealed the text")]
    UnknownKey,
    /// It was sealed in another browser session, or in none, or in one where there is none now.
    #[error("the sealed text belongs to another browser session")]
    WrongSession,
    /// It was changed, or made up.
    #[error("the sealed text was changed")]
    Forged,
    /// It was good until a time that has passed.
    #[error("the sealed text has expired")]
    Expired,
    /// It is ours, and what is in it cannot be read: by a program of another version, usually.
    #[error("what was sealed cannot be read: {0}")]
    Stored(#[from] StoredError),
    /// The browser sent no cookie for this login: it began elsewhere, or took too long.
    #[error("there is no cookie for this login")]
    NoCookie,
    /// The cookie cannot be set or read.
    #[error("the cookie cannot be used: {0}")]
    Cookie(#[from] CookieError),
}

impl SealError {
    /// A stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "sealed_too_long",
            Self::Malformed => "sealed_malformed",
            Self::WrongKind => "sealed_wrong_kind",
            Self::UnknownKey => "sealed_unknown_key",
            Self::WrongSession => "sealed_wrong_session",
            Self::Forged => "sealed_forged",
            Self::Expired => "sealed_expired",
            Self::Stored(error) => error.code(),
            Self::NoCookie => "sealed_no_cookie",
            Self::Cookie(error) => error.code(),
        }
    }

    /// Whose fault it is: the browser's, or whoever has set its cookies.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::TooLong
            | Self::Malformed
            | Self::WrongKind
            | Self::UnknownKey
            | Self::WrongSession
            | Self::Forged
            | Self::NoCookie => Blame::Peer,
            Self::Expired => Blame::Time,
            Self::Stored(error) => error.blame(),
            Self::Cookie(error) => error.blame(),
        }
    }
}
