//! [`Octets`]: the numbers and names of keys. All keys of a set share one piece of memory, so that reading a set of any size takes a few allocations only.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

use zeroize::Zeroizing;

use crate::base64url::{self, NotBase64Url};

/// Octets, shared. They may be private: the memory is wiped when the last of those that share it is dropped.
#[derive(Clone, Default)]
pub(crate) struct Octets {
    /// `None` only while a [`Store`] is being filled, and for no octets.
    store: Option<Arc<Zeroizing<Vec<u8>>>>,
    start: u32,
    end: u32,
}

impl Octets {
    /// What was put in piece after piece, as one.
    pub(super) fn joined([first, second, third]: [Self; 3]) -> Self {
        debug_assert!(first.end == second.start && second.end == third.start);
        Self { end: third.end, ..first }
    }

    /// The octets themselves once their store is full.
    pub(super) fn adopt(&mut self, store: &Arc<Zeroizing<Vec<u8>>>) {
        self.store.get_or_insert_with(|| Arc::clone(store));
    }
}

impl From<Vec<u8>> for Octets {
    fn from(octets: Vec<u8>) -> Self {
        // Nothing that gets here is longer: keys are limited to some megabytes.
        let end = u32::try_from(octets.len()).unwrap_or_default();
        Self { store: Some(Arc::new(Zeroizing::new(octets))), start: 0, end }
    }
}

impl From<&[u8]> for Octets {
    fn from(octets: &[u8]) -> Self {
        octets.to_vec().into()
    }
}

impl Deref for Octets {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        let store = self.store.as_ref().and_then(|store| store.get(self.start as usize..self.end as usize));
        store.unwrap_or_default()
    }
}

impl AsRef<[u8]> for Octets {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// Text, shared in the same way.
#[derive(Clone, Default)]
pub(crate) struct Text(pub(super) Octets);

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        // Made of text only.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// For comparisons: the same as the text's bytes, without a look at them.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

/// Memory that is being filled. What is put in has no place of its own until [`Octets::adopt`] gives it one.
pub(super) struct Store {
    octets: Zeroizing<Vec<u8>>,
}

impl Store {
    pub(super) fn with_capacity(octets: usize) -> Self {
        Self { octets: Zeroizing::new(Vec::with_capacity(octets)) }
    }

    pub(super) fn finish(self) -> Arc<Zeroizing<Vec<u8>>> {
        Arc::new(self.octets)
    }

    /// What was put in and not adopted yet.
    pub(super) fn get(&self, octets: &Octets) -> &[u8] {
        self.octets.get(octets.start as usize..octets.end as usize).unwrap_or_default()
    }

    pub(super) fn put(&mut self, octets: &[u8]) -> Octets {
        self.reserve(octets.len());
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        self.since(start)
    }

    pub(super) fn put_text(&mut self, text: &str) -> Text {
        Text(self.put(text.as_bytes()))
    }

    pub(super) fn put_decoded(&mut self, text: &str) -> Result<Octets, NotBase64Url> {
        self.reserve(base64url::decoded_len(text.len()));
        let start = self.octets.len();
        base64url::decode_to(text, &mut self.octets)?;
        Ok(self.since(start))
    }

    fn since(&self, start: usize) -> Octets {
        let position = |at: usize| u32::try_from(at).unwrap_or_default();
        Octets { store: None, start: position(start), end: position(self.octets.len()) }
    }

    /// Room without leaving private octets behind where they were.
    fn reserve(&mut self, more: usize) {
        let needed = self.octets.len().saturating_add(more);
        if needed > self.octets.capacity() {
            let mut larger = Vec::with_capacity(needed.saturating_mul(2));
            larger.extend_from_slice(&self.octets);
            self.octets = Zeroizing::new(larger);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_what_comes_out_however_often_the_memory_grows() {
        let mut store = Store::with_capacity(1);
        let mut all: Vec<Octets> = (0..100_u8).map(|n| store.put(&alloc::vec![n; usize::from(n)])).collect();
        all.push(store.put_decoded("AQID").unwrap());
        assert!(store.put_decoded("AQI=").is_err());
        let text = store.put_text("\u{e9}");
        all.push(text.0);
        for (n, octets) in (0..100_u8).zip(&all) {
            assert!(octets.is_empty() && store.get(octets) == alloc::vec![n; usize::from(n)]);
        }
        let store = store.finish();
        all.iter_mut().for_each(|octets| octets.adopt(&store));
        assert_eq!(Arc::strong_count(&store), 1 + all.len());
        for (n, octets) in (0..100_u8).zip(&all) {
            assert_eq!(octets[..], alloc::vec![n; usize::from(n)]);
        }
        assert_eq!(all[100][..], [1, 2, 3]);
        assert_eq!(Text(all[101].clone()).as_str(), "\u{e9}");
        assert_eq!(Octets::from(alloc::vec![1, 2])[..], [1, 2]);
        assert_eq!(Text::default().as_str(), "");
    }
}
