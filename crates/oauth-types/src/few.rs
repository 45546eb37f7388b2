//! [`Few`]: a list that takes no allocation as long as it is short.

use alloc::vec::Vec;
use core::ops::Deref;

/// Up to `N` things inline; all of them elsewhere once there are more.
#[derive(Clone)]
pub(crate) struct Few<T, const N: usize> {
    inline: [T; N],
    len: usize,
    spilled: Vec<T>,
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// None; `blank` stands where there is nothing.
    pub(crate) const fn none(blank: T) -> Self {
        Self { inline: [blank; N], len: 0, spilled: Vec::new() }
    }

    pub(crate) fn push(&mut self, thing: T) {
        match self.inline.get_mut(self.len) {
            Some(place) => {
                *place = thing;
                self.len += 1;
            }
            None => {
                if self.spilled.is_empty() {
                    self.spilled.extend_from_slice(&self.inline);
                }
                self.spilled.push(thing);
            }
        }
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self::none(T::default())
    }
}

impl<T: Copy, const N: usize> Extend<T> for Few<T, N> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, things: I) {
        things.into_iter().for_each(|thing| self.push(thing));
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        if self.spilled.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.spilled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_or_long_it_holds_what_was_pushed() {
        let mut few = Few::<_, 3>::default();
        for count in 0..9 {
            assert_eq!(*few, (0..count).collect::<Vec<usize>>());
            assert_eq!(few.spilled.is_empty(), count <= 3, "{count}");
            few.push(count);
        }
        few.extend([9, 10]);
        assert_eq!(few.len(), 11);
    }
}
