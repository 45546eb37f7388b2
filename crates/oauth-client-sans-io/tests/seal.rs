//! What a [`Sealer`] lets through and what not.

#![cfg(feature = "seal")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_alloc,
    reason = "a test fails by panicking"
)]

use core::time::Duration;

use jwt_core::{Algorithm, Blame, Jwk, Moment, Moments, Timestamp, base64url};
use laws::START;
use laws::scenarios::bound::private_key_jwt;
use laws::scenarios::resource::tokens;
use laws::scenarios::{client, pending, server};
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, CodeExchange, DpopKey, PendingAuthorization, SealError, Sealer, SessionBinding,
    Stored, StoredError, Tokens, login_cookie_name,
};
use oauth_types::authorization::Callback;
use oauth_types::cookie::CookieError;
use oauth_types::{Cookies, RedirectUri, SetCookie};
use proptest::prelude::*;

#[allow(dead_code, reason = "the harness is shared with the laws")]
mod laws;

const KEY: [u8; 32] = [7; 32];
const END: Timestamp = Timestamp::from_unix(START.as_unix() + 600);

fn at() -> Moment {
    Moments::from_seed([20; 32]).at(START)
}
fn sealer() -> Sealer {
    Sealer::new(&KEY)
}
fn login() -> PendingAuthorization {
    pending("openid", Authentication::None)
}
fn session(value: &str) -> SessionBinding {
    SessionBinding::new(value)
}
fn sealed(session: Option<&SessionBinding>) -> String {
    sealer().seal(&at(), &login(), session, END).unwrap()
}
fn open(sealer: &Sealer, text: &str, session: Option<&SessionBinding>) -> Result<String, SealError> {
    sealer.open::<PendingAuthorization>(START, text, session).map(|login| login.to_stored())
}

/// A login with everything that a careful program asks for: OpenID Connect, a key for tokens, `private_key_jwt`, a session.
fn full_login(session: &SessionBinding) -> PendingAuthorization {
    // RFC 9449, section 4.1: a key of the usual kind.
    let jwk = br#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
    let key = DpopKey::new("dpop-1", Algorithm::ES256, &Jwk::from_slice(jwk).unwrap()).unwrap();
    let server = server().with_iss_parameter_supported(true);
    AuthorizationCode::new(
        &server,
        &client(private_key_jwt()).dpop(key),
        RedirectUri::new("https://app.example/callback").unwrap(),
    )
    .scope("openid profile email".parse().unwrap())
    .session(session)
    .begin(&at())
    .unwrap()
    .pending
}

#[test]
fn what_was_sealed_opens_as_what_it_was_on_any_node() {
    let other_node = Sealer::new(&KEY);
    assert_eq!(open(&other_node, &sealed(None), None), Ok(login().to_stored()));
    let (browser, tokens) = (session("cookie"), tokens(&client(Authentication::SecretBasic("secret".into()))));
    let text = sealer().seal(&at(), &tokens, Some(&browser), END).unwrap();
    assert_eq!(other_node.open::<Tokens>(START, &text, Some(&browser)).unwrap().to_stored(), tokens.to_stored());
    // A flow in the middle of its work, and a type of the program's own.
    let mut pending = login();
    let query = format!("code=c0de&state={}", pending.state());
    let flow = pending.accept(&at(), None, Callback::Query(&query)).unwrap();
    let text = sealer().seal(&at(), &flow, None, END).unwrap();
    assert_eq!(other_node.open::<CodeExchange>(START, &text, None).unwrap().to_stored(), flow.to_stored());
    let text = sealer().seal(&at(), &Basket(String::new()), None, END).unwrap();
    assert_eq!(other_node.open::<Basket>(START, &text, None).unwrap().0, "");
}

struct Basket(String);

impl Stored for Basket {
    const KIND: &'static str = "basket";
    fn to_stored(&self) -> String {
        self.0.clone()
    }
    fn from_stored(text: &str) -> Result<Self, StoredError> {
        if text.len() == 1 { Err(StoredError::Damaged) } else { Ok(Self(text.to_owned())) }
    }
}

#[test]
fn a_full_login_fits_into_a_cookie_with_room_for_others() {
    let browser = session("cookie");
    let login = full_login(&browser);
    let cookie = sealer().seal_login(&at(), &login, Some(&browser)).unwrap();
    let whole = cookie.to_header_value();
    let (pair, attributes) = whole.split_once(';').unwrap();
    assert!(pair.len() < 1536, "{} bytes, {} of them the stored form", pair.len(), login.to_stored().len());
    assert_eq!(attributes, " Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax");
}

#[test]
fn several_logins_of_one_browser_stand_beside_each_other_and_are_told_apart_by_their_state() {
    let sealer = sealer();
    let mut moments = Moments::from_seed([21; 32]);
    let (server, client) = (server(), client(Authentication::None));
    let logins = [(); 3].map(|()| {
        let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
        AuthorizationCode::new(&server, &client, redirect_uri).begin(&moments.at(START)).unwrap().pending
    });
    let cookies: Vec<_> = logins.iter().map(|login| sealer.seal_login(&at(), login, None).unwrap()).collect();
    let header: Vec<String> =
        cookies.iter().map(|cookie| cookie.to_header_value().split(';').next().unwrap().to_owned()).collect();
    let header = header.join("; ");
    let received = Cookies::parse([header.as_str()]).unwrap();
    for login in &logins {
        let opened = sealer.open_login(START, &received, login.state(), None).unwrap();
        assert_eq!(opened.to_stored(), login.to_stored());
        assert!(!header.contains(login.state()), "the state itself is in no name");
    }
    assert_eq!(sealer.open_login(START, &received, "another", None).map(drop), Err(SealError::NoCookie));
    // A cookie under the name of another login is another login still.
    let name = cookies[0].name();
    let swapped = format!("{name}={}", header.split("; ").nth(1).unwrap().split_once('=').unwrap().1);
    let received = Cookies::parse([swapped.as_str()]).unwrap();
    let mut opened = sealer.open_login(START, &received, logins[0].state(), None).unwrap();
    let query = format!("code=c0de&state={}", logins[0].state());
    assert_eq!(opened.accept(&at(), None, Callback::Query(&query)).unwrap_err().code(), "state_mismatch");
    // Two of one name: somebody else set one.
    let twice = format!("{name}=x; {name}=y");
    let received = Cookies::parse([twice.as_str()]).unwrap();
    let error = sealer.open_login(START, &received, logins[0].state(), None).unwrap_err();
    assert_eq!(error, SealError::Cookie(CookieError::Repeated));
    // One that any host of the domain can have set is not looked at.
    let bare = header.replace("__Host-", "");
    let received = Cookies::parse([bare.as_str()]).unwrap();
    assert_eq!(sealer.open_login(START, &received, logins[0].state(), None).map(drop), Err(SealError::NoCookie));
    let removal = SetCookie::removal(&login_cookie_name(logins[0].state())).unwrap();
    assert_eq!(removal.name(), name);
}

#[test]
fn what_was_changed_in_any_place_is_refused() {
    let text = sealed(None);
    let start = "sealed.1.pending.".len();
    let sealer = sealer();
    let mut codes = std::collections::BTreeSet::new();
    for place in 0..text.len() {
        for other in ["A", "B", ".", "=", "", "AA"] {
            let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
            if changed != text {
                let error = open(&sealer, &changed, None).expect_err(&changed);
                assert_eq!(error.blame(), Blame::Peer);
                codes.insert(error.code());
                if place > start + 60 && other.len() == 1 && !matches!(other, "." | "=") && place + 1 < text.len() {
                    assert_eq!(error, SealError::Forged, "{place} {other}");
                }
            }
        }
    }
    let expected =
        ["sealed_forged", "sealed_malformed", "sealed_unknown_key", "sealed_wrong_kind", "sealed_wrong_session"];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), expected);
    for end in 0..text.len() {
        assert!(open(&sealer, &text[..end], None).is_err());
    }
}

#[test]
fn an_expiry_that_was_put_off_is_a_forgery() {
    let text = sealed(None);
    let (head, body) = text.split_at("sealed.1.pending.".len());
    let mut bytes = base64url::decode(body).unwrap();
    // After the mark of the key: eight bytes, big-endian.
    assert_eq!(bytes[4..12], END.as_unix().to_be_bytes());
    bytes[4..12].copy_from_slice(&u64::MAX.to_be_bytes());
    let forged = format!("{head}{}", base64url::encode(bytes));
    assert_eq!(open(&sealer(), &forged, None), Err(SealError::Forged));
}

#[test]
fn a_text_that_has_expired_is_refused_to_the_second() {
    let text = sealed(None);
    let open = |now| sealer().open::<PendingAuthorization>(now, &text, None).map(drop);
    assert_eq!(open(END.saturating_sub(Duration::from_nanos(1))), Ok(()));
    for now in [END, END.saturating_add(Duration::from_secs(1)), Timestamp::MAX] {
        assert_eq!(open(now), Err(SealError::Expired));
        assert_eq!(SealError::Expired.blame(), Blame::Time);
    }
    // Only of a text that is ours is anything said about its time.
    let forged = format!("{}{}{}", &text[..100], if &text[100..101] == "A" { "B" } else { "A" }, &text[101..]);
    assert_eq!(sealer().open::<PendingAuthorization>(END, &forged, None).map(drop), Err(SealError::Forged));
}

#[test]
fn a_text_of_another_session_is_refused() {
    let (mine, other) = (session("mine"), session("other"));
    for (sealed_for, opened_for) in
        [(Some(&mine), Some(&other)), (Some(&mine), None), (None, Some(&mine)), (Some(&other), Some(&mine))]
    {
        assert_eq!(open(&sealer(), &sealed(sealed_for), opened_for), Err(SealError::WrongSession));
    }
    assert!(open(&sealer(), &sealed(Some(&mine)), Some(&mine)).is_ok());
}

#[test]
fn the_mark_of_a_session_decides_nothing() {
    // Put the mark of one's own session into the text of another's.
    let (mine, other) = (session("mine"), session("other"));
    let (mut theirs, head) = (base64url::decode(&sealed(Some(&other))[17..]).unwrap(), "sealed.1.pending.");
    let nonce = theirs[16..40].to_vec();
    let hash = jwt_core::digest::sha256(b"oauth session binding\0mine");
    let mark = jwt_core::digest::sha256(&[b"oauth sealed session\0", nonce.as_slice(), &hash].concat());
    theirs[12..16].copy_from_slice(&mark[..4]);
    let forged = format!("{head}{}", base64url::encode(theirs));
    assert_eq!(open(&sealer(), &forged, Some(&mine)), Err(SealError::Forged));
}

#[test]
fn a_text_of_another_kind_is_refused_also_under_another_name() {
    let text = sealed(None);
    let sealer = sealer();
    assert_eq!(sealer.open::<Tokens>(START, &text, None).map(drop), Err(SealError::WrongKind));
    let renamed = text.replace(".pending.", ".tokens.");
    assert_eq!(sealer.open::<Tokens>(START, &renamed, None).map(drop), Err(SealError::Forged));
}

#[test]
fn keys_rotate_while_texts_live() {
    let (old, new, foreign) = ([1; 32], [2; 32], [3; 32]);
    let text = |sealer: &Sealer| sealer.seal(&at(), &login(), None, END).unwrap();
    let before = Sealer::new(&old).also_opens(&new);
    let during = Sealer::new(&new).also_opens(&old);
    let after = Sealer::new(&new);
    // The first seals.
    assert_eq!(text(&before), text(&Sealer::new(&old)));
    assert_eq!(text(&during), text(&after));
    for (sealed_by, opened_by, opens) in [
        (&before, &during, true),
        (&during, &before, true),
        (&during, &after, true),
        (&before, &after, false),
        (&after, &Sealer::new(&foreign), false),
    ] {
        let result = open(opened_by, &text(sealed_by), None).map(drop);
        assert_eq!(result, if opens { Ok(()) } else { Err(SealError::UnknownKey) });
    }
}

#[test]
fn no_two_texts_share_a_nonce_and_one_moment_seals_two_things_apart() {
    let nonce = |text: &str| base64url::decode(text.rsplit('.').next().unwrap()).unwrap()[16..40].to_vec();
    let (sealer, browser) = (sealer(), session("cookie"));
    let texts = [
        sealed(None),
        sealed(Some(&browser)),
        sealer.seal(&at(), &login(), None, START).unwrap(),
        sealer.seal(&at(), &pending("openid email", Authentication::None), None, END).unwrap(),
        sealer.seal(&Moments::from_seed([22; 32]).at(START), &login(), None, END).unwrap(),
        Sealer::new(&[8; 32]).seal(&at(), &login(), None, END).unwrap(),
        sealer.seal(&at(), &Basket(login().to_stored()), None, END).unwrap(),
    ];
    let nonces: std::collections::BTreeSet<_> = texts.iter().map(|text| nonce(text)).collect();
    assert_eq!(nonces.len(), texts.len());
    // The same again is the same.
    assert_eq!(sealed(None), texts[0]);
}

#[test]
fn what_is_too_long_or_can_no_longer_be_read_says_so() {
    let long = Basket("x".repeat(Sealer::MAX_BYTES));
    assert_eq!(sealer().seal(&at(), &long, None, END), Err(SealError::TooLong));
    let fits = Basket("x".repeat(Sealer::MAX_BYTES - 56));
    let text = sealer().seal(&at(), &fits, None, END).unwrap();
    assert_eq!(sealer().open::<Basket>(START, &text, None).map(|basket| basket.0.len()), Ok(fits.0.len()));
    let text = format!("sealed.1.basket.{}", "A".repeat(2 * Sealer::MAX_BYTES));
    assert_eq!(sealer().open::<Basket>(START, &text, None).map(drop), Err(SealError::TooLong));
    let text = sealer().seal(&at(), &Basket("x".into()), None, END).unwrap();
    assert_eq!(sealer().open::<Basket>(START, &text, None).map(drop), Err(SealError::Stored(StoredError::Damaged)));
    // A cookie has its own limit.
    let names: Vec<String> = (0..600).map(|number| format!("scope-{number}")).collect();
    let error = sealer().seal_login(&at(), &pending(&names.join(" "), Authentication::None), None).unwrap_err();
    assert_eq!(error, SealError::Cookie(CookieError::TooLong));
}

#[test]
fn neither_keys_nor_what_is_sealed_is_shown() {
    let login = login();
    let text = sealed(None);
    assert!(!text.contains(login.state()));
    let sealer = Sealer::new(b"MARKED-key-of-thirty-two-octets!").also_opens(&KEY);
    assert_eq!(format!("{sealer:?}"), "Sealer { keys: 2, .. }");
    let cookie = sealer.seal_login(&at(), &login, None).unwrap();
    let value = cookie.to_header_value();
    let value = value.split_once('=').unwrap().1.split(';').next().unwrap();
    assert!(!format!("{cookie:?}").contains(value));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_content_until_any_time_for_any_session_opens_as_it_was_and_no_other_text_opens(
        content in "\\PC{2,200}",
        end in any::<u64>(),
        now in any::<u64>(),
        name in proptest::option::of("[a-z]{0,9}"),
        seed in any::<[u8; 32]>(),
        junk in "(sealed\\.1\\.basket\\.)?[A-Za-z0-9_-]{0,200}",
    ) {
        let browser = name.as_deref().map(SessionBinding::new);
        let moment = Moment::new(START, seed);
        let (end, now) = (Timestamp::from_unix(end), Timestamp::from_unix(now));
        let text = sealer().seal(&moment, &Basket(content.clone()), browser.as_ref(), end).unwrap();
        let opened = sealer().open::<Basket>(now, &text, browser.as_ref()).map(|basket| basket.0);
        prop_assert_eq!(opened, if now < end { Ok(content) } else { Err(SealError::Expired) });
        prop_assert!(sealer().open::<Basket>(now, &junk, browser.as_ref()).is_err());
        // Nothing that a cookie cannot hold.
        prop_assert!(SetCookie::new("login", text).is_ok());
    }
}
