//! [`Scratch`]: where JSON is written.

use alloc::vec::Vec;
use core::fmt;

/// Bytes that grow: on the stack first.
pub(super) struct Scratch {
    inline: [u8; INLINE],
    len: usize,
    /// Once there are more than fit inline, all of them.
    spilled: Vec<u8>,
}

/// Header and claims of an access token, with room.
const INLINE: usize = 1024;

impl Scratch {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { inline: [0; INLINE], len: 0, spilled: Vec::new() }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        if self.spilled.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.spilled }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        if self.spilled.is_empty() { self.len } else { self.spilled.len() }
    }

    #[inline]
    pub(super) fn put(&mut self, piece: &[u8]) {
        self.put_between([], piece, []);
    }

    /// A piece and the few characters around it, with one look at the room.
    #[inline]
    pub(super) fn put_between<const B: usize, const A: usize>(
        &mut self,
        before: [u8; B],
        piece: &[u8],
        after: [u8; A],
    ) {
        let end = self.len.saturating_add(B + A).saturating_add(piece.len());
        if self.spilled.is_empty()
            && let Some(room) = self.inline.get_mut(self.len..end)
            && let Some((first, rest)) = room.split_first_chunk_mut::<B>()
            && let Some((middle, last)) = rest.split_last_chunk_mut::<A>()
        {
            *first = before;
            middle.copy_from_slice(piece);
            *last = after;
            self.len = end;
        } else {
            self.spill([&before, piece, &after]);
        }
    }

    #[cold]
    fn spill(&mut self, pieces: [&[u8]; 3]) {
        if self.spilled.is_empty() {
            self.spilled.reserve(4 * INLINE);
            self.spilled.extend_from_slice(self.inline.get(..self.len).unwrap_or_default());
        }
        for piece in pieces {
            self.spilled.extend_from_slice(piece);
        }
    }
}

impl fmt::Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}
