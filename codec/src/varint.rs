//! Variable byte integers (5.0 1.5.5; 3.1.1 2.2.3).

/// The largest value that four bytes hold.
pub const MAX: u32 = 268_435_455;

/// What the front of a buffer says as a variable byte integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarInt {
    /// A value and the number of bytes that it took; `minimal` tells whether fewer would have done.
    Value {
        /// The value, 0 to [`MAX`].
        value: u32,
        /// 1 to 4.
        len: usize,
        /// Whether the encoding uses the fewest bytes.
        minimal: bool,
    },
    /// The buffer ends within the integer.
    Incomplete,
    /// The fourth byte says that there is a fifth.
    TooLong,
}

/// Reads a variable byte integer from the front of `bytes`.
#[must_use]
pub fn read(bytes: &[u8]) -> VarInt {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let len = index + 1;
            return VarInt::Value { value, len, minimal: len == size(value) };
        }
    }
    if bytes.len() < 4 { VarInt::Incomplete } else { VarInt::TooLong }
}

/// The number of bytes of the shortest encoding; values above [`MAX`] count as 4.
#[must_use]
#[inline]
pub const fn size(value: u32) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}

/// The shortest encoding: the bytes and how many of them count.
#[must_use]
#[inline]
pub const fn encode(value: u32) -> ([u8; 4], usize) {
    let len = size(value);
    let mut bytes = [0; 4];
    let mut rest = value;
    let mut index = 0;
    while index < len {
        bytes[index] = (rest & 0x7f) as u8 | if index + 1 < len { 0x80 } else { 0 };
        rest >>= 7;
        index += 1;
    }
    (bytes, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 1-1 of 5.0, table 2.4 of 3.1.1.
    #[test]
    fn borders() {
        let rows: [(u32, &[u8]); 8] = [
            (0, &[0x00]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xff, 0xff, 0x7f]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
            (MAX, &[0xff, 0xff, 0xff, 0x7f]),
        ];
        for (value, bytes) in rows {
            let (encoded, len) = encode(value);
            assert_eq!(&encoded[..len], bytes, "{value}");
            assert_eq!(size(value), bytes.len(), "{value}");
            assert_eq!(read(bytes), VarInt::Value { value, len: bytes.len(), minimal: true });
            assert_eq!(read(&bytes[..bytes.len() - 1]), VarInt::Incomplete, "{value} cut");
        }
    }

    #[test]
    fn needless_bytes() {
        for len in 2..=4 {
            let mut bytes = [0x80; 4];
            bytes[0] = 0x85;
            bytes[len - 1] = 0;
            assert_eq!(read(&bytes), VarInt::Value { value: 5, len, minimal: false });
        }
    }

    #[test]
    fn five_bytes() {
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80]), VarInt::TooLong);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x00]), VarInt::TooLong);
        assert_eq!(read(&[0xff, 0xff, 0xff]), VarInt::Incomplete);
        assert_eq!(read(&[]), VarInt::Incomplete);
    }
}
