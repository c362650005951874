//! Packets that no typed encoder would write: bytes, lengths and flags exactly as they are asked for (feature `raw`).

use crate::varint;
use alloc::vec::Vec;

/// Puts the body of a packet together; [`Builder::packet`] sets the fixed header before it.
///
/// ```
/// use mqttspec_codec::raw::Builder;
///
/// // A SUBSCRIBE whose reserved flags are 0 instead of 2.
/// let bytes = Builder::new().u16(7).string(b"a").u8(0).packet(0x80);
/// assert_eq!(bytes, [0x80, 0x06, 0x00, 0x07, 0x00, 0x01, b'a', 0x00]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder(Vec<u8>);

impl Builder {
    /// An empty body.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Appends a byte.
    #[must_use]
    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Appends a Two Byte Integer.
    #[must_use]
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends a Four Byte Integer.
    #[must_use]
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends a variable byte integer in its shortest form; values above [`varint::MAX`] are cut.
    #[must_use]
    pub fn variable_byte_integer(self, value: u32) -> Self {
        let (bytes, len) = varint::encode(value & varint::MAX);
        self.bytes(&bytes[..len])
    }

    /// Appends bytes as they are.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a two-byte length and the bytes, well-formed or not. The length is cut to 16 bits.
    #[must_use]
    pub fn string(self, bytes: &[u8]) -> Self {
        self.u16(bytes.len() as u16).bytes(bytes)
    }

    /// The body behind a fixed header with this first byte and the true Remaining Length.
    #[must_use]
    pub fn packet(self, first: u8) -> Vec<u8> {
        let (length, len) = varint::encode(self.0.len() as u32 & varint::MAX);
        self.packet_with_length(first, &length[..len])
    }

    /// The body behind a fixed header with this first byte and these bytes as Remaining Length.
    #[must_use]
    pub fn packet_with_length(self, first: u8, length: &[u8]) -> Vec<u8> {
        let mut packet = Vec::with_capacity(1 + length.len() + self.0.len());
        packet.push(first);
        packet.extend_from_slice(length);
        packet.extend(self.0);
        packet
    }

    /// The bytes so far, without a fixed header.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert_eq!(Builder::new().u32(1).variable_byte_integer(128).into_bytes(), [0, 0, 0, 1, 0x80, 0x01]);
        assert_eq!(Builder::new().bytes(&[0; 128]).packet(0xc0)[..3], [0xc0, 0x80, 0x01]);
        assert_eq!(
            Builder::new().u8(9).packet_with_length(0xc0, &[0x80, 0x80, 0x80, 0x80]),
            [0xc0, 0x80, 0x80, 0x80, 0x80, 9]
        );
        // The length field says 1, the characters are all there.
        let long = alloc::vec![b'a'; 65_537];
        let bytes = Builder::new().string(&long).into_bytes();
        assert_eq!((&bytes[..2], bytes.len()), (&[0, 1][..], 65_539));
    }
}
