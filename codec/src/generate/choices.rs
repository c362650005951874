//! The bytes that decide what a generated packet holds.

/// Reads choices from bytes; behind their end everything is 0. A choice of 0 is always the simplest, so that a
/// shrinker that removes bytes or makes them smaller gets simpler packets.
pub(super) struct Choices<'c> {
    bytes: &'c [u8],
    read: usize,
}

/// Where the number of bytes on the wire changes, and what is next to it.
const EDGES: [u32; 12] =
    [127, 128, 255, 256, 16_383, 16_384, 65_535, 65_536, 2_097_151, 2_097_152, 0x7fff_ffff, 0x8000_0000];

impl<'c> Choices<'c> {
    pub(super) const fn new(bytes: &'c [u8]) -> Self {
        Self { bytes, read: 0 }
    }

    /// The bytes that have been read.
    pub(super) fn used(&self) -> &'c [u8] {
        &self.bytes[..self.read.min(self.bytes.len())]
    }

    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.read).copied().unwrap_or(0);
        self.read += 1;
        byte
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_be_bytes(core::array::from_fn(|_| self.byte()))
    }

    /// A number below `n`, which is 1 to 256.
    pub(super) fn index(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    pub(super) fn yes(&mut self) -> bool {
        self.index(2) == 1
    }

    /// Yes once in `n` times.
    pub(super) fn rarely(&mut self, n: usize) -> bool {
        self.index(n) == n - 1
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// A number from `low` to `high`, often one at an edge.
    pub(super) fn number(&mut self, low: u32, high: u32) -> u32 {
        match self.index(8) {
            0 => low,
            1 => high,
            2 => (low + 1).min(high),
            3 => high.saturating_sub(1).max(low),
            4 => self.pick(&EDGES).clamp(low, high),
            5 | 6 => (low + u32::from(self.byte())).min(high),
            _ => match (high - low).checked_add(1) {
                Some(count) => low + self.u32() % count,
                None => self.u32(),
            },
        }
    }
}
