//! Flows, the keys of a server, and sealed texts.

use jwt_core::{Moment, Timestamp};
use oauth_client_sans_io::{SealError, Sealer, SessionBinding, Stored, StoredError};

use crate::laws::{self, keys, scenarios};
use crate::selected;

/// Flows: the first byte chooses one, the others are what happens to it. Two of its values are a server's keys and their events, and sealed texts.
///
/// # Panics
///
/// Where a law is broken.
pub fn flows(data: &[u8]) {
    let Some((which, events)) = selected(data) else { return };
    match which {
        255 => keys::check(events.get(..MAX_EVENTS).unwrap_or(events)),
        254 => sealed(events),
        which => {
            let all = scenarios::all();
            let which = usize::from(which).checked_rem(all.len()).unwrap_or_default();
            let Some(scenario) = all.get(which) else { return };
            laws::check(scenario, events.get(..MAX_EVENTS).unwrap_or(events));
        }
    }
}

/// A flow ends long before; more only makes the fuzzer slow.
const MAX_EVENTS: usize = 200;

/// A text that nobody sealed never opens, one that was sealed opens as what it was, and not when a byte of it is another.
fn sealed(data: &[u8]) {
    let sealer = Sealer::new(&[7; 32]).also_opens(&[8; 32]);
    let session = data.first().filter(|byte| **byte & 1 == 1).map(|_| SessionBinding::new("cookie"));
    let session = session.as_ref();
    if let Ok(text) = core::str::from_utf8(data) {
        for text in [text.to_owned(), ["sealed.1.text.", text].concat()] {
            assert!(sealer.open::<Text>(NOW, &text, session).is_err(), "a text that nobody sealed opens");
        }
    }
    let mut bytes = data.iter().copied();
    let mut next = || bytes.next().unwrap_or_default();
    let (place, change, shift) = (usize::from(next()) << 8 | usize::from(next()), next(), next());
    let content = Text(String::from_utf8_lossy(data).into_owned());
    let end = NOW.saturating_add(core::time::Duration::from_secs(shift.into()));
    let text = sealer.seal(&Moment::new(NOW, [shift; 32]), &content, session, end).expect("it is short");
    match sealer.open::<Text>(NOW, &text, session) {
        Ok(opened) => assert!(shift > 0 && opened.0 == content.0, "it opens as another one, or too late"),
        Err(error) => assert!(shift == 0 && error == SealError::Expired, "it does not open: {error}"),
    }
    let mut changed = text.clone().into_bytes();
    let place = place.checked_rem(changed.len()).unwrap_or_default();
    if let Some(byte) = changed.get_mut(place) {
        *byte = change;
    }
    if let Ok(changed) = String::from_utf8(changed)
        && changed != text
    {
        assert!(sealer.open::<Text>(NOW, &changed, session).is_err(), "a changed text opens");
    }
}

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

/// Any content.
struct Text(String);

impl Stored for Text {
    const KIND: &'static str = "text";
    fn to_stored(&self) -> String {
        self.0.clone()
    }
    fn from_stored(text: &str) -> Result<Self, StoredError> {
        Ok(Self(text.to_owned()))
    }
}
