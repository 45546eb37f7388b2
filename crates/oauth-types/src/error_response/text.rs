//! What may stand in the texts of an error, and what is fit to be shown.

use alloc::string::String;
use core::fmt;

/// Shows a peer's own word: at most [`SHOWN`] characters, escaped. Registered ones have at most half as many.
pub(crate) struct Shown<'t>(pub(crate) &'t str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().take(SHOWN).try_for_each(|character| write!(f, "{}", character.escape_debug()))
    }
}

/// The same between quotes.
impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

const SHOWN: usize = 64;

/// RFC 6749, section 5.2: "Values for the "error" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E." The
/// same holds for `error_description`.
pub(crate) fn is_error_text(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// Whether this is an `http` or `https` URL of plain characters, without user information: something that may become a link.
pub(crate) fn is_plain_url(text: &str) -> bool {
    // RFC 6749, section 5.2: "%x21 / %x23-5B / %x5D-7E"
    let plain = text.len() <= MAX_URL && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E));
    plain
        && url::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
        })
}

/// The text without what could forge a log line or turn the direction of writing, bounded, and whether anything was taken out of it.
pub(crate) fn readable(text: &str) -> (String, bool) {
    let mut clean = String::with_capacity(text.len().min(MAX_TEXT));
    let mut left = MAX_TEXT;
    let mut changed = false;
    for character in text.chars() {
        if is_unreadable(character) {
            changed = true;
            // A run of line ends and tabs becomes one space.
            if character.is_whitespace() && !clean.is_empty() && !clean.ends_with(' ') && left > 0 {
                clean.push(' ');
                left -= 1;
            }
            continue;
        }
        if left == 0 {
            changed = true;
            break;
        }
        clean.push(character);
        left -= 1;
    }
    if changed {
        clean.truncate(clean.trim_end_matches(' ').len());
    }
    (clean, changed)
}

fn is_unreadable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Marks and overrides of direction, zero-width characters, line and paragraph separators, byte-order mark, annotations, tags.
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// How many characters of a text are kept: the longest descriptions seen (Entra's, with their trace ids) have about 700.
const MAX_TEXT: usize = 1024;

/// How long a URL may be, in bytes: what browsers have always taken.
const MAX_URL: usize = 2048;
