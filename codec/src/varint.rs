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
