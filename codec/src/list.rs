//! Lists inside a packet: wire bytes with an iterator, or a slice that is to be written.

use core::fmt;

/// An entry that can be read from the front of wire bytes.
pub trait Entry<'a>: Copy {
    /// The entry and what follows it, not judged; `None` when there is no whole one.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])>;
}

/// A list of entries. Two lists are equal when their entries are, whichever way they are held.
#[derive(Clone, Copy)]
pub struct List<'a, T>(Repr<'a, T>);

#[derive(Clone, Copy)]
enum Repr<'a, T> {
    Wire(&'a [u8]),
    Slice(&'a [T]),
}

impl<'a, T: Entry<'a>> List<'a, T> {
    /// Entries to be written, in this order.
    #[must_use]
    pub const fn new(entries: &'a [T]) -> Self {
        Self(Repr::Slice(entries))
    }

    /// Wire bytes. Iteration ends at the first byte that is no entry.
    pub(crate) const fn wire(bytes: &'a [u8]) -> Self {
        Self(Repr::Wire(bytes))
    }

    /// The entries in their order.
    #[must_use]
    #[inline]
    pub const fn iter(self) -> Iter<'a, T> {
        Iter(self.0)
    }

    /// Whether there is none.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        match self.0 {
            Repr::Slice(entries) => entries.is_empty(),
            Repr::Wire(bytes) => bytes.is_empty() || T::read(bytes).is_none(),
        }
    }
}

impl<'a, T: Entry<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[inline]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Entry<'a> + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Entry<'a> + Eq> Eq for List<'a, T> {}

impl<'a, T: Entry<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Iterates over a [`List`].
#[derive(Clone)]
pub struct Iter<'a, T>(Repr<'a, T>);

impl<'a, T: Entry<'a>> Iterator for Iter<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            Repr::Slice(entries) => {
                let (first, rest) = entries.split_first()?;
                *entries = rest;
                Some(*first)
            }
            Repr::Wire(bytes) => {
                let (entry, rest) = T::read(bytes)?;
                *bytes = rest;
                Some(entry)
            }
        }
    }
}

/// Splits a field that has a two-byte length in front; `None` when it is not whole.
#[inline]
pub(crate) fn read_binary(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Property, PropertyId, Text};

    #[test]
    fn equal_by_entries() {
        let entries = [Text::from("a"), Text::from("bc")];
        let wire = List::wire(&[0, 1, b'a', 0, 2, b'b', b'c']);
        assert_eq!(List::new(&entries), wire);
        assert_eq!(wire.iter().count(), 2);
        assert_ne!(List::new(&entries[..1]), wire);
        assert!(!wire.is_empty() && List::<Text<'_>>::wire(&[]).is_empty() && List::<Text<'_>>::new(&[]).is_empty());
    }

    /// Wire bytes that the lenient view could not make sense of end the list and nothing else.
    #[test]
    fn broken_bytes_end_the_list() {
        let rows: [&[u8]; 4] = [&[0x05, 0x01], &[0x22], &[0x1f, 0x00, 0x09, b'a'], &[0x80, 0x80, 0x80, 0x80]];
        for broken in rows {
            let mut bytes = alloc::vec![0x22, 0x00, 0x07];
            bytes.extend_from_slice(broken);
            let ids = List::<Property<'_>>::wire(&bytes).iter().map(|property| property.id);
            assert!(ids.eq([PropertyId::TopicAliasMaximum]), "{broken:x?}");
        }
    }
}
