//! [`Bounded`]: a map of a limited number of entries that end by themselves.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::time::Duration;

use jwt_core::{Blame, Timestamp, base64url, digest};

/// What an entry is kept under: a hash, so that no entry is larger than another and none holds what it stands for.
pub(crate) type Mark = [u8; 32];

/// SHA-256 of these parts, none of which can lend a character to the next.
pub(crate) fn mark(parts: &[&str]) -> Mark {
    let mut text = alloc::vec::Vec::new();
    for part in parts {
        // As wide on every machine: marks are stored.
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part.as_bytes());
    }
    digest::sha256(&text)
}

/// Entries by mark, each until a time. Every operation takes a time logarithmic in their number, but for what has ended, each of which goes once.
#[derive(Clone, Debug)]
pub(crate) struct Bounded<V> {
    limit: usize,
    entries: BTreeMap<Mark, (Timestamp, V)>,
    /// The same by end, the soonest first.
    ends: BTreeSet<(Timestamp, Mark)>,
}

impl<V> Bounded<V> {
    /// At most so many entries, and at most [`MAX_ENTRIES`].
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.min(MAX_ENTRIES), entries: BTreeMap::new(), ends: BTreeSet::new() }
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry under this mark that has not ended.
    pub(crate) fn get(&self, mark: &Mark, now: Timestamp) -> Option<(Timestamp, &V)> {
        self.entries.get(mark).filter(|(until, _)| *until > now).map(|(until, value)| (*until, value))
    }

    /// Takes all away that has ended.
    pub(crate) fn purge(&mut self, now: Timestamp) {
        while let Some(&(until, mark)) = self.ends.first().filter(|(until, _)| *until <= now) {
            self.ends.remove(&(until, mark));
            self.entries.remove(&mark);
        }
    }

    /// Takes all away that ends later than anything that is put in now: it is of a clock that was ahead.
    pub(crate) fn forget_after(&mut self, latest: Timestamp) {
        while let Some(&(until, mark)) = self.ends.last().filter(|(until, _)| *until > latest) {
            self.ends.remove(&(until, mark));
            self.entries.remove(&mark);
        }
    }

    /// Takes the entry under this mark away.
    pub(crate) fn remove(&mut self, mark: &Mark) {
        if let Some((until, _)) = self.entries.remove(mark) {
            self.ends.remove(&(until, *mark));
        }
    }

    /// Whether an entry under this mark, of which there may be one already, has room once all that has ended is gone.
    pub(crate) fn has_room(&mut self, mark: &Mark, now: Timestamp) -> bool {
        self.purge(now);
        self.entries.len() < self.limit || self.entries.contains_key(mark)
    }

    /// Room for an entry under this mark.
    ///
    /// # Errors
    ///
    /// [`Full`] if there is none.
    pub(crate) fn make_room(&mut self, mark: &Mark, now: Timestamp) -> Result<(), Full> {
        if self.has_room(mark, now) {
            return Ok(());
        }
        let next_end = self.ends.first().map_or(now, |(until, _)| *until);
        Err(Full { limit: self.limit, retry_after: next_end.saturating_since(now) })
    }

    /// Takes the entry away that ends soonest.
    pub(crate) fn evict(&mut self) {
        if let Some((_, mark)) = self.ends.pop_first() {
            self.entries.remove(&mark);
        }
    }

    /// Puts an entry under this mark, in the place of any other. Whoever calls has asked whether there is room.
    pub(crate) fn put(&mut self, mark: Mark, until: Timestamp, value: V) {
        if let Some((before, _)) = self.entries.insert(mark, (until, value)) {
            self.ends.remove(&(before, mark));
        }
        self.ends.insert((until, mark));
    }

    /// All entries, in the order of their marks, and these as they are stored.
    pub(crate) fn written(&self) -> impl Iterator<Item = (String, Timestamp, &V)> {
        self.entries.iter().map(|(mark, (until, value))| (base64url::encode(mark), *until, value))
    }

    /// What [`written`](Self::written) gave, within this limit; `None` if that is not what they are.
    pub(crate) fn read(limit: usize, entries: impl Iterator<Item = (String, Timestamp, V)>) -> Option<Self> {
        let mut read = Self::new(limit);
        for (mark, until, value) in entries {
            read.put(base64url::decode(mark).ok()?.try_into().ok()?, until, value);
        }
        (read.len() <= read.limit).then_some(read)
    }
}

/// What a stored form holds (each entry is some 80 bytes and four members of JSON). Who needs more needs a store that processes share.
pub(crate) const MAX_ENTRIES: usize = 100_000;

/// The end of an entry in whole seconds, as it is stored: never sooner than it was.
pub(crate) fn seconds(until: Timestamp) -> u64 {
    until.as_unix().saturating_add(u64::from(until.as_duration().subsec_nanos() > 0))
}

/// A list that never forgets before its time has no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list holds {limit} entries and has no room")]
pub struct Full {
    limit: usize,
    retry_after: Duration,
}

impl Full {
    /// When the next entry ends, and there is room again.
    #[must_use]
    pub const fn retry_after(self) -> Duration {
        self.retry_after
    }

    /// The stable, machine-readable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "list_full"
    }

    /// The caller's, whose limit it is.
    #[must_use]
    pub const fn blame(self) -> Blame {
        Blame::Caller
    }
}
