//! Strings by words: what eight bytes at once tell about characters.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// Spaces pass every test.
const SPACES: u64 = ONES * b' ' as u64;

/// What a string is asked for: a word whose high bits are set where a byte is one of those that are looked for. Only
/// whether there is any is exact, since what is above such a byte may have borrowed from it.
type Bits = fn(u64) -> u64;

/// A byte of 0 borrows from the one above it and so ends up with its high bit set. Where none is, nothing borrows.
pub(crate) const NOT_ASCII_OR_NULL: Bits = |word| word | word.wrapping_sub(ONES);

/// What is not ASCII, U+0000 and the wildcard characters.
pub(crate) const NOT_ASCII_OR_NULL_OR_WILDCARD: Bits =
    |word| NOT_ASCII_OR_NULL(word) | not_wildcards(word).wrapping_sub(ONES);

/// U+0000, whatever the others are.
pub(crate) const NULL: Bits = |word| word.wrapping_sub(ONES) & !word;

/// The wildcard characters, whatever the others are.
pub(crate) const WILDCARD: Bits = |word| NULL(not_wildcards(word));

/// `#` is 0x23 and `+` 0x2b: with the bit that tells them apart set both are 0x2b, and so is nothing else. They become
/// 0 here, and all others something else.
#[inline(always)]
const fn not_wildcards(word: u64) -> u64 {
    (word | (ONES * 0x08)) ^ (ONES * 0x2b)
}

/// Whether any byte is one of those. The last word overlaps with the one before.
#[inline(always)]
pub(crate) fn has(bytes: &[u8], of: impl Fn(u64) -> u64) -> bool {
    let Some(last) = bytes.last_chunk() else { return of(short(bytes)) & HIGH != 0 };
    let mut bits = of(u64::from_le_bytes(*last));
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        bits |= of(u64::from_le_bytes(*word));
        rest = behind;
    }
    bits & HIGH != 0
}

/// Fewer than eight bytes in a word, in any order and some of them twice, filled up with spaces.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let both = u32::from(u16::from_le_bytes(*first)) << 16 | u32::from(u16::from_le_bytes(*last));
        return SPACES << 32 | u64::from(both);
    }
    bytes.first().map_or(SPACES, |&byte| SPACES << 8 | u64::from(byte))
}

/// Where the first wildcard character is.
#[inline]
pub(crate) fn first_wildcard(bytes: &[u8]) -> Option<usize> {
    let (words, tail) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let bits = WILDCARD(u64::from_le_bytes(*word)) & HIGH;
        if bits != 0 {
            // Nothing below the lowest can have lent it a bit.
            return Some(8 * index + bits.trailing_zeros() as usize / 8);
        }
    }
    let in_tail = tail.iter().position(|byte| matches!(byte, b'+' | b'#'))?;
    Some(bytes.len() - tail.len() + in_tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// Bytes among which those that matter are frequent.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![6 => b' '..=b'~', 1 => Just(b'+'), 1 => Just(b'#'), 1 => Just(0), 1 => 0..=255_u8];
        proptest::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn words_say_what_bytes_say(bytes in bytes()) {
            let plain = bytes.iter().all(|byte| matches!(byte, 1..=0x7f));
            prop_assert_eq!(has(&bytes, NOT_ASCII_OR_NULL), !plain);
            let wildcards: Vec<usize> = (0..bytes.len()).filter(|&at| matches!(bytes[at], b'+' | b'#')).collect();
            prop_assert_eq!(has(&bytes, NOT_ASCII_OR_NULL_OR_WILDCARD), !plain || !wildcards.is_empty());
            prop_assert_eq!(has(&bytes, NULL), bytes.contains(&0));
            prop_assert_eq!(has(&bytes, WILDCARD), !wildcards.is_empty());
            prop_assert_eq!(first_wildcard(&bytes), wildcards.first().copied());
        }
    }

    /// Each byte value at each place of strings of each short length.
    #[test]
    fn every_byte_at_every_place() {
        for len in 1..=17 {
            for at in 0..len {
                for byte in 0..=255_u8 {
                    let mut bytes = alloc::vec![b'x'; len];
                    bytes[at] = byte;
                    let plain = matches!(byte, 1..=0x7f);
                    let wildcard = matches!(byte, b'+' | b'#');
                    let told =
                        [NOT_ASCII_OR_NULL, NOT_ASCII_OR_NULL_OR_WILDCARD, NULL, WILDCARD].map(|of| has(&bytes, of));
                    assert_eq!(told, [!plain, !plain || wildcard, byte == 0, wildcard], "{byte:#04x} at {at} of {len}");
                    assert_eq!(first_wildcard(&bytes), wildcard.then_some(at), "{byte:#04x} at {at} of {len}");
                }
            }
        }
    }
}
