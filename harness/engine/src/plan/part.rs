//! Plans in parts, so that several machines can share the work.

use super::Case;

impl Case {
    /// In which of so many parts it is, from 1: by its name alone, so that it stays there whatever else is selected. A
    /// case is where its control is.
    #[must_use]
    pub fn part_of(&self, count: u32) -> u32 {
        let name = self.control.as_ref().unwrap_or(&self.id);
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        // The low bits of this hash are poor where names end alike.
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        1 + (mixed % u64::from(count.max(1))) as u32
    }
}
