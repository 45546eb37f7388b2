//! The names of all objects that are open, to find duplicates without quadratic work and, for ordinary documents, without an allocation.

use alloc::vec::Vec;

/// A stack: the names of an inner object lie above those of the object around it.
pub(super) struct Names {
    /// A bit for each mark that was ever pushed, in the place that the mark says: where there is none, the name is new.
    pushed: [u64; PLACES],
    inline: [Name; INLINE],
    /// Once there are more than fit inline, all of them.
    spilled: Vec<Name>,
    len: usize,
}

/// Where a name stands in the text, and a mark that differs for most names that differ.
#[derive(Clone, Copy, Default)]
struct Name {
    mark: u32,
    start: u32,
    end: u32,
}

/// Enough for the claims of an access token with an object or two inside.
const INLINE: usize = 32;

/// Of 64 bits each: few of a usual document's names meet in one place.
const PLACES: usize = 4;

/// Up to so many names an object is searched at each new one; beyond, its names are sorted at its end.
const SEARCHED: usize = 16;

impl Names {
    pub(super) const fn new() -> Self {
        let nowhere = Name { mark: 0, start: 0, end: 0 };
        Self { pushed: [0; PLACES], inline: [nowhere; INLINE], spilled: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds `bytes`, which stand in `text` from `start` on, to the object whose names begin at `from`. False if it is found to be there already.
    #[inline]
    pub(super) fn push(&mut self, text: &[u8], from: usize, bytes: &[u8], start: usize) -> bool {
        let (mark, end) = (mark(bytes), start.saturating_add(bytes.len()));
        let bit = 1 << (mark % 64);
        if let Some(pushed) = self.pushed.get_mut((mark / 64) as usize % PLACES) {
            let may_be_there = *pushed & bit != 0;
            *pushed |= bit;
            if may_be_there && self.is_among(from, mark, text, bytes) {
                return false;
            }
        }
        match self.inline.get_mut(self.len) {
            // One by one: a whole one would be put together elsewhere first, and waited for.
            Some(place) => (place.mark, place.start, place.end) = (mark, narrow(start), narrow(end)),
            None => self.spill(Name { mark, start: narrow(start), end: narrow(end) }),
        }
        self.len = self.len.saturating_add(1);
        true
    }

    /// Whether `bytes`, whose mark is `mark`, is one of the object's names, if they are few enough to be searched.
    fn is_among(&self, from: usize, mark: u32, text: &[u8], bytes: &[u8]) -> bool {
        let own = self.all().get(from..).unwrap_or_default();
        own.len() < SEARCHED && own.iter().any(|other| other.mark == mark && other.bytes(text) == bytes)
    }

    #[cold]
    fn spill(&mut self, name: Name) {
        if self.spilled.is_empty() {
            self.spilled.extend_from_slice(&self.inline);
        }
        self.spilled.push(name);
    }

    /// Ends the object whose names begin at `from`. False if a name is found to be there twice.
    pub(super) fn pop(&mut self, text: &[u8], from: usize) -> bool {
        let len = self.len;
        let all =
            if self.spilled.is_empty() { self.inline.get_mut(..len).unwrap_or_default() } else { &mut self.spilled };
        let own = all.get_mut(from..).unwrap_or_default();
        let unique = own.len() <= SEARCHED || {
            own.sort_unstable_by(|a, b| a.mark.cmp(&b.mark).then_with(|| a.bytes(text).cmp(b.bytes(text))));
            own.windows(2).all(|pair| match pair {
                [a, b] => a.mark != b.mark || a.bytes(text) != b.bytes(text),
                _ => true,
            })
        };
        self.len = from;
        if from <= INLINE && !self.spilled.is_empty() {
            // Back inline: what is left of the outer objects may have been sorted in neither place, but is the same in both.
            for (place, name) in self.inline.iter_mut().zip(self.spilled.iter().take(from)) {
                *place = *name;
            }
            self.spilled.clear();
        } else {
            self.spilled.truncate(from);
        }
        unique
    }

    fn all(&self) -> &[Name] {
        if self.spilled.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.spilled }
    }
}

impl Name {
    fn bytes<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Positions fit: [`Limits`](super::Limits) keeps documents short enough.
#[inline]
pub(super) fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Made of the first and last bytes and the length, so that names like `iss` and `aud` differ at the first look.
#[inline]
fn mark(name: &[u8]) -> u32 {
    let length = (name.len() as u64) << 56;
    let body = if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23)
    } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
    } else {
        match *name {
            [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
            [a, b] => u64::from(u32::from_le_bytes([a, b, 0, 0])),
            [a] => u64::from(a),
            _ => 0,
        }
    };
    // The upper half of a product depends on all of the lower one: what differs in any byte differs here.
    let product = (body ^ length).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    u32::try_from(product >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(names: &[&str]) -> bool {
        let text: alloc::string::String = names.concat();
        let mut stack = Names::new();
        let mut at = 0;
        for name in names {
            if !stack.push(text.as_bytes(), 0, name.as_bytes(), at) {
                return false;
            }
            at += name.len();
        }
        stack.pop(text.as_bytes(), 0)
    }

    #[test]
    fn a_duplicate_is_found_at_every_distance() {
        for count in [1, 2, 15, 16, 17, 18, 31, 32, 33, 34, 100] {
            let names: Vec<alloc::string::String> = (0..count).map(|n| alloc::format!("name-{n}")).collect();
            let mut names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            assert!(unique(&names), "{count}");
            for first in 0..count {
                names.push(names[first]);
                assert!(!unique(&names), "{count} {first}");
                names.pop();
            }
        }
    }

    #[test]
    fn names_of_one_mark_are_told_apart() {
        // The middle is in no mark.
        let names: Vec<_> = (0..40).map(|n| alloc::format!("12345678-{n:03}-12345678")).collect();
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        assert!(names.iter().all(|name| mark(name.as_bytes()) == mark(names[0].as_bytes())));
        assert!(unique(&names));
        assert!(unique(&names[..10]));
    }

    #[test]
    fn an_inner_object_leaves_the_outer_names_as_they_were() {
        let text: alloc::string::String = (0..100).map(|n| alloc::format!("{n:02}")).collect();
        let text = text.as_bytes();
        let mut stack = Names::new();
        for n in 0..10 {
            assert!(stack.push(text, 0, &text[n * 2..n * 2 + 2], n * 2));
        }
        let from = stack.len();
        for n in 0..60 {
            assert!(stack.push(text, from, &text[n * 2..n * 2 + 2], n * 2));
        }
        assert!(stack.pop(text, from));
        assert_eq!(stack.len(), from);
        for n in 0..10 {
            assert!(!stack.push(text, 0, &text[n * 2..n * 2 + 2], n * 2));
        }
        assert!(stack.push(text, 0, &text[20..22], 20));
        assert!(!stack.push(text, 0, &text[20..22], 20));
    }

    #[test]
    fn a15_a_duplicate_is_found_in_every_object_of_a_nest() {
        // JWS-06: fewer names and more than are searched, and than fit inline, outside and inside.
        let text: alloc::string::String = (0..100).map(|n| alloc::format!("{n:02}")).collect();
        let text = text.as_bytes();
        let push = |stack: &mut Names, from, n: usize| stack.push(text, from, &text[n * 2..n * 2 + 2], n * 2);
        for (outer, first) in [0, 1, 10, 16, 17, 31, 32, 33, 40].into_iter().flat_map(|outer| [(outer, 0), (outer, 50)])
        {
            // The names inside are those outside or others.
            for inner in [1, 2, 15, 16, 17, 31, 32, 33, 40] {
                for twice in 0..inner {
                    let mut stack = Names::new();
                    assert!((0..outer).all(|n| push(&mut stack, 0, n)));
                    let from = stack.len();
                    let pushed = (0..inner).chain([twice]).all(|n| push(&mut stack, from, first + n));
                    assert!(!(pushed && stack.pop(text, from)), "{twice} of {inner} in {outer}");
                }
                for twice in 0..outer + 2 {
                    let mut stack = Names::new();
                    assert!((0..outer).all(|n| push(&mut stack, 0, n)));
                    let from = stack.len();
                    assert!((0..inner).all(|n| push(&mut stack, from, first + n)));
                    assert!(stack.pop(text, from), "{inner} in {outer}");
                    assert_eq!(stack.len(), from);
                    let pushed = (outer..outer + 2).chain([twice]).all(|n| push(&mut stack, 0, n));
                    assert!(!(pushed && stack.pop(text, 0)), "{twice} of {outer} around {inner}");
                }
            }
        }
    }
}
