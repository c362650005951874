//! From bytes to packets: framing, the strict decoder and the lenient view.

use crate::reader::{Collect, Faults, Reader, Strict};
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
#[inline]
pub fn frame(input: &[u8]) -> Result<Option<Frame>, DecodeError> {
    match *input {
        [_, len, ..] if len < 0x80 => Ok(Some(Frame { header: 2, len: 2 + usize::from(len), minimal: true })),
        [first, ref rest @ ..] => long_frame(first, rest),
        [] => Ok(None),
    }
}

/// A Remaining Length that is not there or has more than a byte.
fn long_frame(first: u8, rest: &[u8]) -> Result<Option<Frame>, DecodeError> {
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
    walk(input, context, &mut Strict)
}

/// What [`inspect`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection<'a> {
    /// The packet as far as it goes; see `cut`. `None` when the packet is not whole yet, when its type is reserved or
    /// its Remaining Length has five bytes, and when a CONNECT names no Protocol Level that this codec speaks: then
    /// its form is not known.
    pub packet: Option<Packet<'a>>,
    /// Whether `packet` lacks something that its sender meant to be there. The walk takes up all that there is of
    /// a field that overruns, and no field behind it: then numbers are 0, strings and lists empty, optional fields
    /// absent, and a reason code is 0xff, which no version has. A list ends before the entry that is not whole, a list
    /// of properties also before one that is not known, and the walk goes on behind the Property Length. What
    /// follows an overrun is not judged: it would be the same violation once more.
    ///
    /// Who takes a packet for what it says wants [`Inspection::whole`].
    pub cut: bool,
    /// Every violation, in the order in which the walk over the bytes meets them: a rule on two fields is judged at
    /// the second. The first is the one that [`decode`] returns.
    pub violations: Vec<DecodeError>,
    /// The bytes of the whole packet, when it is there and its framing holds.
    pub len: Option<usize>,
}

impl<'a> Inspection<'a> {
    /// The packet, unless a part of it is missing: its values may be wrong, but each is what the sender wrote.
    #[must_use]
    pub fn whole(&self) -> Option<Packet<'a>> {
        self.packet.filter(|_| !self.cut)
    }
}

/// The lenient view of the packet at the front of `input`: all violations and, as far as possible, the structure.
///
/// ```
/// use mqttspec_codec::{Context, Rule, Sender, Version, decode, inspect};
///
/// // A CONNACK that refuses with Session Present, and whose list of properties ends in an unknown one.
/// let bytes = [0x20, 8, 1, 0x87, 5, 0x21, 0, 10, 0x7f, 0];
/// let context = Context::new(Version::V5, Sender::Server);
/// let inspection = inspect(&bytes, &context);
/// let rules: Vec<Rule> = inspection.violations.iter().map(|error| error.rule).collect();
/// assert_eq!(rules, [Rule::SessionPresentOnRefusal, Rule::PropertyUnknown]);
/// assert_eq!(decode(&bytes, &context), Err(inspection.violations[0]));
///
/// let left = inspection.packet.expect("a CONNACK").display(Version::V5).to_string();
/// assert_eq!(left, "CONNACK session-present=true code=0x87 (Not authorized) receive-maximum=10");
/// assert!(inspection.cut && inspection.whole().is_none());
/// ```
#[must_use]
pub fn inspect<'a>(input: &'a [u8], context: &Context) -> Inspection<'a> {
    let mut faults = Collect::default();
    let packet = match walk(input, context, &mut faults) {
        Ok(Decoded::Packet { packet, .. }) => Some(packet),
        Ok(Decoded::Incomplete) => None,
        Err(error) => faults.report(error).ok().and(None),
    };
    let len = frame(input).ok().flatten().map(|frame| frame.len).filter(|&len| len <= input.len());
    Inspection { packet, cut: faults.cut, violations: faults.violations, len }
}

#[inline]
fn walk<'a, F: Faults>(input: &'a [u8], context: &Context, faults: &mut F) -> Result<Decoded<'a>, DecodeError> {
    let Some(&first) = input.first() else { return Ok(Decoded::Incomplete) };
    let mut context = *context;
    let packet = match first_bytes::ordinary(first, &context) {
        Some(packet) => packet,
        None => judge_first_byte(first, &mut context, faults)?,
    };
    let error = |rule, field, offset| DecodeError { rule, packet: Some(packet), field, offset };
    let Some(frame) = frame(input)? else { return Ok(Decoded::Incomplete) };
    // Whether that is wrong in a CONNECT its own protocol level tells.
    if !frame.minimal && context.version == Version::V5 && packet != PacketType::Connect {
        faults.report(error(Rule::VariableByteIntegerMinimal, Field::RemainingLength, 1))?;
    }
    if frame.len > context.max_packet {
        faults.report(error(Rule::PacketTooLarge, Field::RemainingLength, 1))?;
    }
    let Some(body) = input.get(frame.header..frame.len) else { return Ok(Decoded::Incomplete) };
    Packet::decode_body(&mut Reader::new(body, first, frame, packet, context, faults))
}

/// A first byte that is not the usual one of a packet which this sender may send.
#[cold]
#[inline(never)]
fn judge_first_byte<F: Faults>(first: u8, context: &mut Context, faults: &mut F) -> Result<PacketType, DecodeError> {
    let packet = PacketType::from_first_byte(first).filter(|packet| packet.exists_in(context.version));
    let error = |rule, field, offset| DecodeError { rule, packet, field, offset };
    let Some(packet) = packet else { return Err(error(Rule::PacketTypeReserved, Field::FixedHeader, 0)) };
    if !packet.allowed(context.version, context.sender) {
        faults.report(error(Rule::PacketTypeForSender, Field::FixedHeader, 0))?;
        // What it holds is judged as if the other party had sent it: no code in it is lawful for this one.
        context.sender = match context.sender {
            Sender::Client => Sender::Server,
            Sender::Server => Sender::Client,
        };
    }
    if let Some(rule) = packet.flags_fault(first) {
        faults.report(error(rule, Field::FixedHeader, 0))?;
    }
    Ok(packet)
}

/// What there is to say about a first byte, worked out beforehand.
mod first_bytes {
    use crate::{Context, PacketType, Sender, Version};

    type Table = [Option<PacketType>; 256];

    static TABLES: [[Table; 2]; 2] = [
        [table(Version::V311, Sender::Client), table(Version::V311, Sender::Server)],
        [table(Version::V5, Sender::Client), table(Version::V5, Sender::Server)],
    ];

    /// The packet, if the first byte breaks no rule.
    #[inline]
    pub(super) fn ordinary(first: u8, context: &Context) -> Option<PacketType> {
        TABLES[context.version as usize][context.sender as usize][usize::from(first)]
    }

    const fn table(version: Version, sender: Sender) -> Table {
        let mut table = [None; 256];
        let mut first = 0;
        while first < 256 {
            if let Some(packet) = PacketType::from_first_byte(first as u8)
                && packet.allowed(version, sender)
                && packet.flags_fault(first as u8).is_none()
            {
                table[first] = Some(packet);
            }
            first += 1;
        }
        table
    }
}
