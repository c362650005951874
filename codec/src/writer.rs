//! Writes the body of a packet behind a fixed header whose length is filled in last.

use crate::{EncodeError, Field, PacketType, Properties, Text, Value, Version, varint};
use alloc::vec::Vec;

/// Appends one packet to a buffer; [`Writer::finish`] fills in the Remaining Length.
pub(crate) struct Writer<'b> {
    out: &'b mut Vec<u8>,
    start: usize,
    packet: PacketType,
    version: Version,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(out: &'b mut Vec<u8>, packet: PacketType, flags: u8, version: Version) -> Self {
        let start = out.len();
        out.extend([(packet as u8) << 4 | flags, 0]);
        Self { out, start, packet, version }
    }

    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.out.extend(value.to_be_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(crate) fn binary(&mut self, bytes: &[u8], field: Field) -> Result<(), EncodeError> {
        let len = u16::try_from(bytes.len()).map_err(|_| self.too_long(field))?;
        self.u16(len);
        self.bytes(bytes);
        Ok(())
    }

    pub(crate) fn text(&mut self, text: Text<'_>, field: Field) -> Result<(), EncodeError> {
        self.binary(text.as_bytes(), field)
    }

    /// Refuses `field` when the version lacks it.
    pub(crate) fn only_in_v5(&self, absent: bool, field: Field) -> Result<(), EncodeError> {
        if absent || self.version == Version::V5 {
            return Ok(());
        }
        Err(EncodeError::NotInVersion { packet: self.packet, field })
    }

    /// Property Length and properties in 5.0; nothing in 3.1.1, where there must be none.
    pub(crate) fn properties(&mut self, properties: Properties<'_>) -> Result<(), EncodeError> {
        self.only_in_v5(properties.is_empty(), Field::PropertyLength)?;
        if self.version == Version::V311 {
            return Ok(());
        }
        let len = u32::try_from(properties.size()).ok().filter(|&len| len <= varint::MAX);
        self.variable_byte_integer(len.ok_or_else(|| self.too_long(Field::PropertyLength))?);
        for property in properties {
            if property.value.kind() != property.id.spec().kind {
                return Err(EncodeError::PropertyType(property.id));
            }
            let field = Field::Property(property.id);
            self.u8(property.id as u8);
            match property.value {
                Value::Byte(value) => self.u8(value),
                Value::TwoByte(value) => self.u16(value),
                Value::FourByte(value) => self.bytes(&value.to_be_bytes()),
                Value::VarInt(value) if value > varint::MAX => return Err(self.too_long(field)),
                Value::VarInt(value) => self.variable_byte_integer(value),
                Value::Text(text) => self.text(text, field)?,
                Value::Binary(bytes) => self.binary(bytes, field)?,
                Value::Pair(name, value) => {
                    self.text(name, field)?;
                    self.text(value, field)?;
                }
            }
        }
        Ok(())
    }

    fn variable_byte_integer(&mut self, value: u32) {
        let (bytes, len) = varint::encode(value);
        self.bytes(&bytes[..len]);
    }

    fn too_long(&self, field: Field) -> EncodeError {
        EncodeError::TooLong { packet: self.packet, field }
    }

    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        let body = self.start + 2;
        let len = u32::try_from(self.out.len() - body).ok().filter(|&len| len <= varint::MAX);
        let len = len.ok_or_else(|| self.too_long(Field::RemainingLength))?;
        let (bytes, size) = varint::encode(len);
        self.out.splice(body - 1..body, bytes[..size].iter().copied());
        Ok(())
    }
}
