//! A small strict DER reader (X.690, section 10): definite, shortest lengths; single-byte tags; nothing left over.

use super::KeyError;

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The tag `[number]`, constructed or not.
pub(crate) const fn context(number: u8, constructed: bool) -> u8 {
    0x80 | number | if constructed { 0x20 } else { 0 }
}

pub(crate) const MALFORMED: KeyError = KeyError::Malformed { what: "der" };

impl<'a> Der<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the one SEQUENCE that `bytes` are.
    pub(crate) fn only_sequence(bytes: &'a [u8]) -> Result<Self, KeyError> {
        let mut outer = Self(bytes);
        let inner = outer.sequence()?;
        outer.finish()?;
        Ok(inner)
    }

    /// The content of the next value, which must have this tag.
    pub(crate) fn read(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let [found, first, rest @ ..] = self.0 else { return Err(MALFORMED) };
        if *found != tag {
            return Err(MALFORMED);
        }
        let (length, rest) = match *first {
            short @ 0..0x80 => (usize::from(short), rest),
            0x81 => match rest {
                // X.690, section 10.1: "the minimum number of octets"
                [length @ 0x80..=0xFF, rest @ ..] => (usize::from(*length), rest),
                _ => return Err(MALFORMED),
            },
            0x82 => match rest {
                [high @ 1..=0xFF, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
                _ => return Err(MALFORMED),
            },
            // No key and no signature is longer than 64 KiB; 0x80 is the indefinite length, which DER forbids.
            0x80 | 0x83.. => return Err(MALFORMED),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(content)
    }

    /// The next value with its tag and its length.
    pub(crate) fn whole(&mut self, tag: u8) -> Result<&'a [u8], KeyError> {
        let before = self.0;
        self.read(tag)?;
        before.get(..before.len().saturating_sub(self.0.len())).ok_or(MALFORMED)
    }

    /// The content of the next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, KeyError> {
        if self.0.first() == Some(&tag) { self.read(tag).map(Some) } else { Ok(None) }
    }

    pub(crate) fn sequence(&mut self) -> Result<Self, KeyError> {
        self.read(SEQUENCE).map(Self)
    }

    /// The octets of a non-negative INTEGER without its sign octet; zero is one zero octet.
    pub(crate) fn unsigned(&mut self) -> Result<&'a [u8], KeyError> {
        match self.read(INTEGER)? {
            // X.690, section 8.3.2: the first nine bits are not all equal.
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
            [0, _, ..] | [] | [0x80..=0xFF, ..] => Err(MALFORMED),
            number => Ok(number),
        }
    }

    /// A version number.
    pub(crate) fn version(&mut self) -> Result<u8, KeyError> {
        match self.unsigned()? {
            [version] => Ok(*version),
            _ => Err(MALFORMED),
        }
    }

    /// The octets of a BIT STRING that has no unused bits.
    pub(crate) fn bits(&mut self) -> Result<&'a [u8], KeyError> {
        whole_octets(self.read(BIT_STRING)?)
    }

    /// Nothing must be left.
    pub(crate) fn finish(self) -> Result<(), KeyError> {
        if self.0.is_empty() { Ok(()) } else { Err(MALFORMED) }
    }
}

/// The octets of a BIT STRING's content.
pub(crate) fn whole_octets(content: &[u8]) -> Result<&[u8], KeyError> {
    match content {
        [0, octets @ ..] => Ok(octets),
        _ => Err(MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_definite_shortest_and_within_the_input() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 128]].concat();
        let longer = [&[0x04, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        assert_eq!(Der::new(&[0x04, 0x01, 9]).read(OCTET_STRING).unwrap(), [9]);
        assert_eq!(Der::new(&long).read(OCTET_STRING).unwrap().len(), 128);
        assert_eq!(Der::new(&longer).read(OCTET_STRING).unwrap().len(), 256);
        for bad in [
            &[][..],
            &[0x04],
            &[0x04, 0x01],
            &[0x02, 0x01, 9],
            &[0x04, 0x80, 0, 0],
            &[0x04, 0x81],
            &[0x04, 0x81, 0x01, 9],
            &[0x04, 0x82, 0x00, 0x80],
            &[0x04, 0x82, 0x01],
            &[0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x04, 0xFF],
        ] {
            assert_eq!(Der::new(bad).read(OCTET_STRING), Err(MALFORMED), "{bad:?}");
        }
    }

    #[test]
    fn integers_are_non_negative_and_shortest() {
        assert_eq!(Der::new(&[0x02, 0x01, 0x00]).unsigned().unwrap(), [0]);
        assert_eq!(Der::new(&[0x02, 0x02, 0x00, 0x80]).unsigned().unwrap(), [0x80]);
        assert_eq!(Der::new(&[0x02, 0x01, 0x7F]).unsigned().unwrap(), [0x7F]);
        for bad in [&[0x02, 0x00][..], &[0x02, 0x01, 0x80], &[0x02, 0x02, 0x00, 0x7F], &[0x02, 0x02, 0x00, 0x00]] {
            assert_eq!(Der::new(bad).unsigned(), Err(MALFORMED), "{bad:?}");
        }
    }
}
