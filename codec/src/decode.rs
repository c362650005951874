//! From bytes to packets: framing, the strict decoder and the lenient view.

use crate::reader::{Faults, Reader, Strict};
use crate::varint::{self, VarInt};
use crate::{DecodeError, Field, Packet, PacketType, Rule, Sender, Version};
use alloc::vec::Vec;

/// What a receiver knows about the bytes before it reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The version that the Network Connection speaks. A CONNECT carries its own and is decoded by that.
    pub version: Version,
    /// Who sent the bytes.
    pub sender: Sender,
    /// The largest packet that the receiver takes, in bytes, fixed header included.
    pub max_packet: usize,
}

impl Context {
    /// A context without a limit of its own on the size of a packet.
    #[must_use]
    pub const fn new(version: Version, sender: Sender) -> Self {
        Self { version, sender, max_packet: usize::MAX }
    }
}

/// What the front of a buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// A whole, valid packet.
    Packet {
        /// The packet.
        packet: Packet<'a>,
        /// The bytes that it took.
        len: usize,
    },
    /// More bytes are needed; nothing is wrong so far.
    Incomplete,
}

/// The fixed header of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bytes of the fixed header.
    pub header: usize,
    /// The bytes of the whole packet.
    pub len: usize,
    /// Whether the Remaining Length uses the fewest bytes.
    pub minimal: bool,
}

/// Reads the fixed header; `Ok(None)` when it is not whole yet.
///
/// # Errors
/// The Remaining Length has more than four bytes: the framing of the stream is lost.
pub fn frame(input: &[u8]) -> Result<Option<Frame>, DecodeError> {
    let Some((&first, rest)) = input.split_first() else { return Ok(None) };
    match varint::read(rest) {
        VarInt::Value { value, len, minimal } => {
            Ok(Some(Frame { header: 1 + len, len: 1 + len + value as usize, minimal }))
        }
        VarInt::Incomplete => Ok(None),
        VarInt::TooLong => Err(DecodeError {
            rule: Rule::VariableByteIntegerLength,
            packet: PacketType::from_first_byte(first),
            field: Field::RemainingLength,
            offset: 1,
        }),
    }
}

/// Decodes the packet at the front of `input` and stops at the first violation.
///
/// # Errors
/// The bytes break a rule. What the first byte and the Remaining Length break is told as soon as they are there,
/// everything else once the packet is whole.
pub fn decode<'a>(input: &'a [u8], context: &Context) -> Result<Decoded<'a>, DecodeError> {
    match walk(input, context, &mut Strict)? {
        Some((packet, len)) => Ok(Decoded::Packet { packet, len }),
        None => Ok(Decoded::Incomplete),
    }
}

/// What [`inspect`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection<'a> {
    /// The packet as far as its structure holds; `None` when a field overruns or the type is unknown.
    pub packet: Option<Packet<'a>>,
    /// Every violation, in the order in which the walk over the bytes meets them: a rule on two fields is judged at
    /// the second. The first is the one that [`decode`] returns.
    pub violations: Vec<DecodeError>,
    /// The bytes of the whole packet, when it is there and its framing holds.
    pub len: Option<usize>,
}

/// The lenient view of the packet at the front of `input`: all violations and, as far as possible, the structure.
#[must_use]
pub fn inspect<'a>(input: &'a [u8], context: &Context) -> Inspection<'a> {
    let mut violations = Vec::new();
    let packet = match walk(input, context, &mut violations) {
        Ok(packet) => packet.map(|(packet, _)| packet),
        Err(error) => {
            violations.push(error);
            None
        }
    };
    let len = frame(input).ok().flatten().map(|frame| frame.len).filter(|&len| len <= input.len());
    Inspection { packet, violations, len }
}

fn walk<'a, F: Faults>(
    input: &'a [u8],
    context: &Context,
    faults: &mut F,
) -> Result<Option<(Packet<'a>, usize)>, DecodeError> {
    let Some(&first) = input.first() else { return Ok(None) };
    let packet = PacketType::from_first_byte(first).filter(|packet| packet.exists_in(context.version));
    let error = |rule, field, offset| DecodeError { rule, packet, field, offset };
    let Some(packet) = packet else { return Err(error(Rule::PacketTypeReserved, Field::FixedHeader, 0)) };
    if !packet.allowed(context.version, context.sender) {
        faults.report(error(Rule::PacketTypeForSender, Field::FixedHeader, 0))?;
    }
    if let Some(rule) = packet.flags_fault(first) {
        faults.report(error(rule, Field::FixedHeader, 0))?;
    }
    let Some(frame) = frame(input)? else { return Ok(None) };
    // Whether that is wrong in a CONNECT its own protocol level tells.
    if !frame.minimal && context.version == Version::V5 && packet != PacketType::Connect {
        faults.report(error(Rule::VariableByteIntegerMinimal, Field::RemainingLength, 1))?;
    }
    if frame.len > context.max_packet {
        faults.report(error(Rule::PacketTooLarge, Field::RemainingLength, 1))?;
    }
    let Some(bytes) = input.get(..frame.len) else { return Ok(None) };
    let mut reader = Reader::new(bytes, frame, packet, *context, faults);
    let packet = Packet::decode_body(&mut reader)?;
    reader.finish()?;
    Ok(Some((packet, frame.len)))
}
