//! Reads the body of a packet, field by field, and reports what is wrong on the way.

use crate::list::read_binary;
use crate::property::{Home, Kind, Range};
use crate::varint::{self, VarInt};
use crate::{
    Context, DecodeError, Decoded, Field, Frame, Packet, PacketType, Properties, PropertyId, ReasonCode, Rule, Sender,
    Text, Version, topic,
};
use alloc::vec::Vec;

/// What becomes of a violation: the strict decoder ends at it, the lenient view goes on.
pub(crate) trait Faults {
    /// A violation behind which the next field is where it should be.
    fn report(&mut self, error: DecodeError) -> Result<(), DecodeError>;

    /// A violation behind which nobody knows where the next field is. Nothing is reported from here to the end of
    /// the packet or of the property list: it would only be this violation once more.
    fn lose(&mut self, error: DecodeError) -> Result<(), DecodeError>;

    /// The property list is over: behind its Property Length the fields are where they should be.
    fn find_again(&mut self);

    /// Whether the place of the next field is not known.
    fn lost(&self) -> bool;

    /// Whether it was so anywhere in this packet.
    fn cut(&self) -> bool;
}

/// Ends at the first violation.
pub(crate) struct Strict;

impl Faults for Strict {
    #[inline]
    fn report(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        Err(error)
    }

    fn lose(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        Err(error)
    }

    fn find_again(&mut self) {}

    fn lost(&self) -> bool {
        false
    }

    fn cut(&self) -> bool {
        false
    }
}

/// Collects every violation.
#[derive(Default)]
pub(crate) struct Collect {
    pub(crate) violations: Vec<DecodeError>,
    pub(crate) cut: bool,
    lost: bool,
}

impl Faults for Collect {
    fn report(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        if !self.lost {
            self.violations.push(error);
        }
        Ok(())
    }

    fn lose(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        self.report(error)?;
        (self.lost, self.cut) = (true, true);
        Ok(())
    }

    fn find_again(&mut self) {
        self.lost = false;
    }

    fn lost(&self) -> bool {
        self.lost
    }

    fn cut(&self) -> bool {
        self.cut
    }
}

/// A cursor over one packet. In the lenient view a field that overruns is cut to what is there, and all that follow
/// come out empty. What nearly every packet goes through is inlined, and what is wrong with one is told out of line.
pub(crate) struct Reader<'a, 'f, F> {
    /// What has not been read yet of the packet, or of the list of properties that is being read.
    rest: &'a [u8],
    /// The offset in the packet at which `rest` ends.
    end: usize,
    first: u8,
    /// Whether the Remaining Length uses the fewest bytes.
    pub(crate) minimal: bool,
    pub(crate) packet: PacketType,
    pub(crate) version: Version,
    sender: Sender,
    faults: &'f mut F,
}

impl<'a, 'f, F: Faults> Reader<'a, 'f, F> {
    /// `body` is what is behind the fixed header, whose first byte is `first`.
    #[inline]
    pub(crate) fn new(
        body: &'a [u8],
        first: u8,
        frame: Frame,
        packet: PacketType,
        context: Context,
        faults: &'f mut F,
    ) -> Self {
        let Context { version, sender, .. } = context;
        Self { rest: body, end: frame.len, first, minimal: frame.minimal, packet, version, sender, faults }
    }

    /// The offset of the next byte in the packet.
    #[inline]
    pub(crate) fn at(&self) -> usize {
        self.end - self.rest.len()
    }

    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn first_byte(&self) -> u8 {
        self.first
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn violation(&mut self, rule: Rule, field: Field, offset: usize) -> Result<(), DecodeError> {
        self.faults.report(self.error(rule, field, offset))
    }

    pub(crate) fn error(&self, rule: Rule, field: Field, offset: usize) -> DecodeError {
        DecodeError { rule, packet: Some(self.packet), field, offset }
    }

    /// Reports unless `holds`.
    #[inline]
    pub(crate) fn check(&mut self, holds: bool, rule: Rule, field: Field, offset: usize) -> Result<(), DecodeError> {
        if holds { Ok(()) } else { self.violation(rule, field, offset) }
    }

    /// Whether the lenient view no longer knows where the fields are.
    #[inline]
    pub(crate) fn lost(&self) -> bool {
        self.faults.lost()
    }

    /// Whether the lenient view missed a part of the packet.
    #[inline]
    pub(crate) fn cut(&self) -> bool {
        self.faults.cut()
    }

    /// Reports a violation that leaves the place of the next field unknown, and takes all up to the end.
    #[cold]
    #[inline(never)]
    fn lose(&mut self, rule: Rule, field: Field, offset: usize) -> Result<&'a [u8], DecodeError> {
        self.faults.lose(self.error(rule, field, offset))?;
        Ok(self.rest())
    }

    #[inline]
    fn array<const N: usize>(&mut self, field: Field) -> Result<[u8; N], DecodeError> {
        if let Some((array, rest)) = self.rest.split_first_chunk() {
            self.rest = rest;
            return Ok(*array);
        }
        self.lose(Rule::Overrun, field, self.at())?;
        Ok([0; N])
    }

    #[inline]
    pub(crate) fn u8(&mut self, field: Field) -> Result<u8, DecodeError> {
        let [byte] = self.array(field)?;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn u16(&mut self, field: Field) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    #[inline]
    fn u32(&mut self, field: Field) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    #[inline]
    fn variable_byte_integer(&mut self, field: Field) -> Result<u32, DecodeError> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(byte.into())
            }
            _ => self.long_variable_byte_integer(field),
        }
    }

    #[inline(never)]
    fn long_variable_byte_integer(&mut self, field: Field) -> Result<u32, DecodeError> {
        let at = self.at();
        let rule = match varint::read(self.rest) {
            VarInt::Value { value, len, minimal } => {
                self.rest = &self.rest[len..];
                self.check(minimal, Rule::VariableByteIntegerMinimal, field, at)?;
                return Ok(value);
            }
            VarInt::Incomplete => Rule::Overrun,
            VarInt::TooLong => Rule::VariableByteIntegerLength,
        };
        self.lose(rule, field, at)?;
        Ok(0)
    }

    #[inline]
    pub(crate) fn binary(&mut self, field: Field) -> Result<&'a [u8], DecodeError> {
        if let Some((bytes, rest)) = read_binary(self.rest) {
            self.rest = rest;
            return Ok(bytes);
        }
        self.cut_binary(field)
    }

    /// A field that is not whole.
    #[cold]
    #[inline(never)]
    fn cut_binary(&mut self, field: Field) -> Result<&'a [u8], DecodeError> {
        let start = self.at();
        self.u16(field)?;
        self.lose(Rule::Overrun, field, start)
    }

    #[inline]
    pub(crate) fn text(&mut self, field: Field) -> Result<Text<'a>, DecodeError> {
        let text = Text::from_bytes(self.binary(field)?);
        if !text.is_ascii_without_null() {
            self.judge_text(text, field)?;
        }
        Ok(text)
    }

    #[inline(never)]
    fn judge_text(&mut self, text: Text<'a>, field: Field) -> Result<(), DecodeError> {
        match text.fault() {
            Some((rule, offset)) => self.violation(rule, field, self.at() - text.len() + offset),
            None => Ok(()),
        }
    }

    /// A string that is a topic name: no wildcard characters. Whether it may be empty is the caller's to say.
    #[inline]
    pub(crate) fn topic_name(&mut self, field: Field) -> Result<Text<'a>, DecodeError> {
        let text = Text::from_bytes(self.binary(field)?);
        if !text.is_ascii_without_null_and_wildcards() {
            self.judge_topic_name(text, field)?;
        }
        Ok(text)
    }

    #[inline(never)]
    fn judge_topic_name(&mut self, text: Text<'a>, field: Field) -> Result<(), DecodeError> {
        self.judge_text(text, field)?;
        match topic::first_wildcard(text) {
            Some(offset) => self.violation(Rule::TopicNameWildcard, field, self.at() - text.len() + offset),
            None => Ok(()),
        }
    }

    #[inline]
    pub(crate) fn topic_filter(&mut self) -> Result<Text<'a>, DecodeError> {
        let start = self.at();
        let text = Text::from_bytes(self.binary(Field::TopicFilter)?);
        if !text.is_ascii_without_null() || text.is_empty() || topic::filter_fault(text, self.version).is_some() {
            self.judge_topic_filter(text, start)?;
        }
        Ok(text)
    }

    #[inline(never)]
    fn judge_topic_filter(&mut self, text: Text<'a>, start: usize) -> Result<(), DecodeError> {
        let field = Field::TopicFilter;
        self.judge_text(text, field)?;
        self.check(!text.is_empty(), Rule::TopicFilterEmpty, field, start)?;
        if let Some((rule, offset)) = topic::filter_fault(text, self.version) {
            self.violation(rule, field, self.at() - text.len() + offset)?;
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn packet_identifier(&mut self) -> Result<u16, DecodeError> {
        let at = self.at();
        let id = self.u16(Field::PacketIdentifier)?;
        self.check(id != 0, Rule::PacketIdentifierZero, Field::PacketIdentifier, at)?;
        Ok(id)
    }

    /// Whether the sender may use this code in this packet.
    #[inline]
    pub(crate) fn may_send(&self, reason: ReasonCode) -> bool {
        reason.allowed(self.version, self.packet, self.sender)
    }

    /// All that is left of the packet, which stays to be read.
    #[inline]
    pub(crate) fn left(&self) -> &'a [u8] {
        self.rest
    }

    /// All that is left of the packet.
    #[inline]
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// The packet, if nothing is left behind it.
    #[inline(always)]
    pub(crate) fn finish(&mut self, packet: Packet<'a>) -> Result<Decoded<'a>, DecodeError> {
        self.check(self.rest.is_empty(), Rule::TrailingBytes, Field::End, self.at())?;
        Ok(Decoded::Packet { packet, len: self.end })
    }

    /// Property Length and properties of a 5.0 packet or Will.
    #[inline]
    pub(crate) fn properties(&mut self, home: Home) -> Result<Properties<'a>, DecodeError> {
        match self.rest.split_first() {
            Some((0, rest)) if !home.needs_method() => {
                self.rest = rest;
                Ok(Properties::wire(&[]))
            }
            _ => self.some_properties(home),
        }
    }

    #[inline(never)]
    fn some_properties(&mut self, home: Home) -> Result<Properties<'a>, DecodeError> {
        let field = match home {
            Home::Will => Field::WillPropertyLength,
            Home::Packet(_) => Field::PropertyLength,
        };
        let length_at = self.at();
        if self.remaining() == 0 && home != Home::Will {
            return self.lose(Rule::PropertyLengthMissing, field, length_at).map(Properties::wire);
        }
        let len = self.variable_byte_integer(field)? as usize;
        let Some((list, behind)) = self.rest.split_at_checked(len) else {
            return self.lose(Rule::Overrun, field, length_at).map(Properties::wire);
        };
        if self.lost() {
            return Ok(Properties::EMPTY);
        }
        let end = self.end;
        (self.rest, self.end) = (list, end - behind.len());
        let mut seen = 0_u64;
        while !self.rest.is_empty() {
            self.property(home, &mut seen)?;
        }
        (self.rest, self.end) = (behind, end);
        self.property_pairs(home, seen, length_at)?;
        self.faults.find_again();
        Ok(Properties::wire(list))
    }

    #[inline]
    fn property(&mut self, home: Home, seen: &mut u64) -> Result<(), DecodeError> {
        let at = self.at();
        let number = self.variable_byte_integer(Field::PropertyId)?;
        let Some(id) = PropertyId::from_u32(number) else {
            return self.lose(Rule::PropertyUnknown, Field::PropertyId, at).map(drop);
        };
        let field = match home {
            Home::Will => Field::WillProperty(id),
            Home::Packet(_) => Field::Property(id),
        };
        let allowed = id.allowed_in(home) && id.allowed_from(home, self.sender);
        self.check(allowed, Rule::PropertyNotAllowed, field, at)?;
        let bit = 1 << id as u8;
        self.check(*seen & bit == 0 || id.repeats_in(home), Rule::PropertyDuplicate, field, at)?;
        *seen |= bit;

        // What a value may be is said of the packets that carry the property, and of no others.
        let range = if allowed { id.spec().range } else { Range::Any };
        let value_at = self.at();
        let number = match id.spec().kind {
            Kind::Byte => self.u8(field)?.into(),
            Kind::TwoByte => self.u16(field)?.into(),
            Kind::FourByte => self.u32(field)?,
            Kind::VarInt => self.variable_byte_integer(field)?,
            Kind::Text if range == Range::TopicName => return self.topic_name(field).map(drop),
            Kind::Text => return self.text(field).map(drop),
            Kind::Binary => return self.binary(field).map(drop),
            Kind::Pair => {
                self.text(field)?;
                return self.text(field).map(drop);
            }
        };
        let in_range = match range {
            Range::Any | Range::TopicName => true,
            Range::Boolean => number <= 1,
            Range::NotZero => number != 0,
        };
        self.check(in_range, Rule::PropertyValue, field, value_at)
    }

    /// Authentication Data in CONNECT needs a method (3.1.2.11.10), and AUTH always has one (3.15.2.2.2) unless it
    /// is the short form, which does not come here. Of CONNACK neither is said.
    #[inline]
    fn property_pairs(&mut self, home: Home, seen: u64, at: usize) -> Result<(), DecodeError> {
        let has = |id: PropertyId| seen & (1 << id as u8) != 0;
        let connect = home == Home::Packet(PacketType::Connect);
        let needed = home.needs_method() || connect && has(PropertyId::AuthenticationData);
        let method = PropertyId::AuthenticationMethod;
        self.check(!needed || has(method), Rule::PropertyMissing, Field::Property(method), at)
    }
}
