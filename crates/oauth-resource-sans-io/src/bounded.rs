//! [`Bounded`]: a map of a limited number of entries that end by themselves.

use alloc::collections::{BTreeMap, BTreeSet};

use jwt_core::{Timestamp, digest};

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

    /// Whether an entry under this mark, of which there may be one already, has room once all that has ended is gone.
    pub(crate) fn has_room(&mut self, mark: &Mark, now: Timestamp) -> bool {
        self.purge(now);
        self.entries.len() < self.limit || self.entries.contains_key(mark)
    }

    /// When the next entry ends.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.ends.first().map(|(until, _)| *until)
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

    /// All entries, in the order of their marks.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Mark, Timestamp, &V)> {
        self.entries.iter().map(|(mark, (until, value))| (mark, *until, value))
    }
}

/// What a stored form holds (each entry is some 80 bytes and four members of JSON). Who needs more needs a store that processes share.
pub(crate) const MAX_ENTRIES: usize = 100_000;

/// The end of an entry in whole seconds, as it is stored: never sooner than it was.
pub(crate) fn seconds(until: Timestamp) -> u64 {
    until.as_unix().saturating_add(u64::from(until.as_duration().subsec_nanos() > 0))
}
