//! The private list of what was met last, bounded: the least recently used goes when there is no room.

use alloc::vec::Vec;

/// Values by key, the most recently used one last. A few dozen at most, so that looking through all is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Recent<K, V> {
    entries: Vec<(K, V)>,
    limit: usize,
}

impl<K: PartialEq, V> Recent<K, V> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { entries: Vec::new(), limit }
    }

    /// What stands under this key, without counting as a use.
    pub(crate) fn peek<Q: ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: PartialEq<Q>,
    {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// What stands under this key, which is now the most recently used one.
    pub(crate) fn get<Q: ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: PartialEq<Q>,
    {
        let place = self.entries.iter().position(|(known, _)| known == key)?;
        let entry = self.entries.remove(place);
        self.entries.push(entry);
        self.entries.last_mut().map(|(_, value)| value)
    }

    /// Puts a value under this key, in the place of any other.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.entries.retain(|(known, _)| *known != key);
        self.entries.push((key, value));
        let surplus = self.entries.len().saturating_sub(self.limit);
        self.entries.drain(..surplus);
    }

    pub(crate) fn remove<Q: ?Sized>(&mut self, key: &Q)
    where
        K: PartialEq<Q>,
    {
        self.entries.retain(|(known, _)| known != key);
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The least recently used one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }
}
