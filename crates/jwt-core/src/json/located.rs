//! Where things are: an object read by hand, and strings by their place in the buffer, for claims that are kept together with it.

use super::reader::{Failed, Numeric};
use super::string::Prefix;
use super::{JsonError, JsonKind, Kind, Reader};

/// A value that was read: a string by where its text lies in the buffer that the document was read from, all else by what it is.
///
/// It borrows nothing, so that whoever owns the buffer can keep both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Located {
    /// There is no such value.
    #[default]
    Absent,
    /// (Positions fit, as in [`Limits`](super::Limits).)
    Text {
        start: u32,
        end: u32,
    },
    Other(JsonKind),
}

impl Located {
    /// The text, in the buffer that it was found in.
    #[inline]
    pub(crate) fn text_in(self, buffer: &str) -> Option<&str> {
        let Self::Text { start, end } = self else { return None };
        buffer.get(start as usize..end as usize)
    }
}

impl<'b> Reader<'b, '_> {
    /// Reads a document that is an object: `each` is given the name of each member, and reads its value, by [`Reader::locate`] or any other way.
    #[inline]
    pub(crate) fn walk_document(
        &mut self,
        each: impl FnMut(&mut Self, &'b str) -> Result<(), Failed>,
    ) -> Result<(), JsonError> {
        self.require_object()?;
        self.walk(each).and_then(|()| self.end()).map_err(|failed| self.error(failed.into()))
    }

    /// At `{`: as [`Reader::walk_document`], of an object inside the document.
    #[inline]
    pub(crate) fn walk(
        &mut self,
        mut each: impl FnMut(&mut Self, &'b str) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let mut open = self.open()?;
        while let Some(name) = self.next_name(&mut open)? {
            each(self, name)?;
        }
        Ok(())
    }

    /// Reads a value as strictly as any other, and answers what it is if it is a number.
    pub(crate) fn locate_number(&mut self) -> Result<Option<Numeric>, Failed> {
        if let Some(b'-' | b'0'..=b'9') = self.next_byte() {
            return self.number().map(Some);
        }
        self.skip_value()?;
        Ok(None)
    }

    /// Reads a value as strictly as any other, and answers where it is.
    #[inline]
    pub(crate) fn locate(&mut self) -> Result<Located, Failed> {
        let first = self.next_byte();
        if first != Some(b'"') {
            self.skip_value()?;
            // What could be skipped is a value.
            return Ok(first.and_then(JsonKind::beginning_with).map_or(Located::Absent, Located::Other));
        }
        let (quote, tail) = (self.position(), self.tail());
        let text = self.string()?;
        // As it stands in the document, or unescaped behind it.
        let start = if self.tail() == tail { quote + 1 } else { tail + Prefix::LEN };
        match (u32::try_from(start), u32::try_from(start + text.len())) {
            (Ok(start), Ok(end)) => Ok(Located::Text { start, end }),
            _ => Err(self.fail(Kind::TooLong)),
        }
    }
}
