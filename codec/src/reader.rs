//! Reads the body of a packet, field by field, and reports what is wrong on the way.

use crate::property::{Home, Kind, Range};
use crate::varint::{self, VarInt};
use crate::{Context, DecodeError, Field, Frame, PacketType, Properties, PropertyId, Rule, Text, Value, topic};
use alloc::vec::Vec;

/// What becomes of a violation: the strict decoder ends at it, the lenient view goes on.
pub(crate) trait Faults {
    fn report(&mut self, error: DecodeError) -> Result<(), DecodeError>;
}

/// Ends at the first violation.
pub(crate) struct Strict;

impl Faults for Strict {
    fn report(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        Err(error)
    }
}

impl Faults for Vec<DecodeError> {
    fn report(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        self.push(error);
        Ok(())
    }
}

/// A cursor over one packet. Where a field overruns its end there is nothing to go on with: that is always `Err`.
pub(crate) struct Reader<'a, 'f, F> {
    input: &'a [u8],
    pub(crate) frame: Frame,
    at: usize,
    end: usize,
    pub(crate) packet: PacketType,
    pub(crate) context: Context,
    faults: &'f mut F,
}

impl<'a, 'f, F: Faults> Reader<'a, 'f, F> {
    /// `input` is the whole packet; reading begins behind the fixed header.
    pub(crate) fn new(input: &'a [u8], frame: Frame, packet: PacketType, context: Context, faults: &'f mut F) -> Self {
        Self { input, frame, at: frame.header, end: input.len(), packet, context, faults }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.end - self.at
    }

    pub(crate) fn first_byte(&self) -> u8 {
        self.input[0]
    }

    pub(crate) fn violation(&mut self, rule: Rule, field: Field, offset: usize) -> Result<(), DecodeError> {
        self.faults.report(self.error(rule, field, offset))
    }

    pub(crate) fn error(&self, rule: Rule, field: Field, offset: usize) -> DecodeError {
        DecodeError { rule, packet: Some(self.packet), field, offset }
    }

    /// Reports unless `holds`.
    pub(crate) fn check(&mut self, holds: bool, rule: Rule, field: Field, offset: usize) -> Result<(), DecodeError> {
        if holds { Ok(()) } else { self.violation(rule, field, offset) }
    }

    fn take(&mut self, len: usize, field: Field) -> Result<&'a [u8], DecodeError> {
        if self.remaining() < len {
            return Err(self.error(Rule::Overrun, field, self.at));
        }
        let bytes = &self.input[self.at..self.at + len];
        self.at += len;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, field: Field) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, field: Field) -> Result<u8, DecodeError> {
        Ok(self.take(1, field)?[0])
    }

    pub(crate) fn u16(&mut self, field: Field) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    fn u32(&mut self, field: Field) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    fn variable_byte_integer(&mut self, field: Field) -> Result<u32, DecodeError> {
        let at = self.at;
        match varint::read(&self.input[at..self.end]) {
            VarInt::Value { value, len, minimal } => {
                self.at += len;
                self.check(minimal, Rule::VariableByteIntegerMinimal, field, at)?;
                Ok(value)
            }
            VarInt::Incomplete => Err(self.error(Rule::Overrun, field, at)),
            VarInt::TooLong => Err(self.error(Rule::VariableByteIntegerLength, field, at)),
        }
    }

    pub(crate) fn binary(&mut self, field: Field) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        let len = self.u16(field)?;
        if self.remaining() < usize::from(len) {
            return Err(self.error(Rule::Overrun, field, start));
        }
        self.take(usize::from(len), field)
    }

    pub(crate) fn text(&mut self, field: Field) -> Result<Text<'a>, DecodeError> {
        let text = Text::from_bytes(self.binary(field)?);
        if let Some((rule, offset)) = text.fault() {
            self.violation(rule, field, self.at - text.len() + offset)?;
        }
        Ok(text)
    }

    /// A string that is a topic name: no wildcard characters. Whether it may be empty is the caller's to say.
    pub(crate) fn topic_name(&mut self, field: Field) -> Result<Text<'a>, DecodeError> {
        let text = self.text(field)?;
        if let Some(offset) = topic::first_wildcard(text) {
            self.violation(Rule::TopicNameWildcard, field, self.at - text.len() + offset)?;
        }
        Ok(text)
    }

    pub(crate) fn topic_filter(&mut self) -> Result<Text<'a>, DecodeError> {
        let field = Field::TopicFilter;
        let start = self.at;
        let text = self.text(field)?;
        self.check(!text.is_empty(), Rule::TopicFilterEmpty, field, start)?;
        if let Some((rule, offset)) = topic::filter_fault(text, self.context.version) {
            self.violation(rule, field, self.at - text.len() + offset)?;
        }
        Ok(text)
    }

    pub(crate) fn packet_identifier(&mut self) -> Result<u16, DecodeError> {
        let at = self.at;
        let id = self.u16(Field::PacketIdentifier)?;
        self.check(id != 0, Rule::PacketIdentifierZero, Field::PacketIdentifier, at)?;
        Ok(id)
    }

    /// All that is left of the packet.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let bytes = &self.input[self.at..self.end];
        self.at = self.end;
        bytes
    }

    /// What has been read since `start`.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        &self.input[start..self.at]
    }

    pub(crate) fn finish(&mut self) -> Result<(), DecodeError> {
        self.check(self.at == self.end, Rule::TrailingBytes, Field::End, self.at)
    }

    /// Property Length and properties of a 5.0 packet or Will.
    pub(crate) fn properties(&mut self, home: Home) -> Result<Properties<'a>, DecodeError> {
        let field = match home {
            Home::Will => Field::WillPropertyLength,
            Home::Packet(_) => Field::PropertyLength,
        };
        let length_at = self.at;
        if self.remaining() == 0 && home != Home::Will {
            return Err(self.error(Rule::PropertyLengthMissing, field, length_at));
        }
        let len = self.variable_byte_integer(field)? as usize;
        if self.remaining() < len {
            return Err(self.error(Rule::Overrun, field, length_at));
        }
        let outer = core::mem::replace(&mut self.end, self.at + len);
        let start = self.at;
        let mut seen = 0_u64;
        while self.at < self.end {
            self.property(home, &mut seen)?;
        }
        self.end = outer;
        self.property_pairs(home, seen, length_at)?;
        Ok(Properties::wire(self.since(start)))
    }

    fn property(&mut self, home: Home, seen: &mut u64) -> Result<(), DecodeError> {
        let at = self.at;
        let number = self.variable_byte_integer(Field::PropertyId)?;
        let Some(id) = PropertyId::from_u32(number) else {
            return Err(self.error(Rule::PropertyUnknown, Field::PropertyId, at));
        };
        let field = match home {
            Home::Will => Field::WillProperty(id),
            Home::Packet(_) => Field::Property(id),
        };
        let allowed = id.allowed_in(home) && id.allowed_from(home, self.context.sender);
        self.check(allowed, Rule::PropertyNotAllowed, field, at)?;
        let bit = 1 << id as u8;
        self.check(*seen & bit == 0 || id.repeats_in(home), Rule::PropertyDuplicate, field, at)?;
        *seen |= bit;

        let value_at = self.at;
        let value = match id.spec().kind {
            Kind::Byte => Value::Byte(self.u8(field)?),
            Kind::TwoByte => Value::TwoByte(self.u16(field)?),
            Kind::FourByte => Value::FourByte(self.u32(field)?),
            Kind::VarInt => Value::VarInt(self.variable_byte_integer(field)?),
            Kind::Text if id.spec().range == Range::TopicName => Value::Text(self.topic_name(field)?),
            Kind::Text => Value::Text(self.text(field)?),
            Kind::Binary => Value::Binary(self.binary(field)?),
            Kind::Pair => Value::Pair(self.text(field)?, self.text(field)?),
        };
        let number = match value {
            Value::Byte(n) => u32::from(n),
            Value::TwoByte(n) => u32::from(n),
            Value::FourByte(n) | Value::VarInt(n) => n,
            Value::Text(_) | Value::Binary(_) | Value::Pair(..) => return Ok(()),
        };
        let in_range = match id.spec().range {
            Range::Any | Range::TopicName => true,
            Range::Boolean => number <= 1,
            Range::NotZero => number != 0,
        };
        self.check(in_range, Rule::PropertyValue, field, value_at)
    }

    /// Authentication Data in CONNECT needs a method (3.1.2.11.10), and AUTH always has one (3.15.2.2.2) unless it
    /// is the short form, which does not come here. Of CONNACK neither is said.
    fn property_pairs(&mut self, home: Home, seen: u64, at: usize) -> Result<(), DecodeError> {
        let has = |id: PropertyId| seen & (1 << id as u8) != 0;
        let needed = match home {
            Home::Packet(PacketType::Auth) => true,
            Home::Packet(PacketType::Connect) => has(PropertyId::AuthenticationData),
            Home::Packet(_) | Home::Will => false,
        };
        let method = PropertyId::AuthenticationMethod;
        self.check(!needed || has(method), Rule::PropertyMissing, Field::Property(method), at)
    }
}
