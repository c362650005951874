use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, ReasonCode, Rule, Version};

/// The body of SUBACK and UNSUBACK.
///
/// ```
/// use mqttspec_codec::{Packet, Properties, Suback, Version};
///
/// // The first filter is granted QoS 1, the second is refused.
/// let suback = Suback { packet_identifier: 7, properties: Properties::EMPTY, reasons: &[1, 0x80] };
/// assert_eq!(Packet::Suback(suback).to_bytes(Version::V311)?, [0x90, 4, 0, 7, 1, 0x80]);
/// // In 5.0 a Property Length stands before the codes.
/// assert_eq!(Packet::Suback(suback).to_bytes(Version::V5)?, [0x90, 5, 0, 7, 0, 1, 0x80]);
///
/// // An UNSUBACK of 3.1.1 has no codes, one of 5.0 has one for each filter: success, and no such subscription.
/// let unsuback = Suback { reasons: &[], ..suback };
/// assert_eq!(Packet::Unsuback(unsuback).to_bytes(Version::V311)?, [0xb0, 2, 0, 7]);
/// let unsuback = Suback { reasons: &[0, 0x11], ..suback };
/// assert_eq!(Packet::Unsuback(unsuback).to_bytes(Version::V5)?, [0xb0, 5, 0, 7, 0, 0, 0x11]);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suback<'a> {
    /// The identifier of the SUBSCRIBE or UNSUBSCRIBE that is answered.
    pub packet_identifier: u16,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
    /// A code for each topic filter, in their order; none in a 3.1.1 UNSUBACK. See [`ReasonCode`] for the bytes.
    pub reasons: &'a [u8],
}

impl<'a> Suback<'a> {
    /// The codes in the order of the topic filters.
    pub fn reason_codes(&self) -> impl Iterator<Item = ReasonCode> + 'a {
        self.reasons.iter().copied().map(ReasonCode)
    }

    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        if r.version == Version::V311 && r.packet == PacketType::Unsuback {
            return Ok(Self { packet_identifier, properties: Properties::EMPTY, reasons: &[] });
        }
        let properties = match r.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(r.packet))?,
        };
        let list = r.left();
        r.check(r.remaining() > 0, Rule::PayloadEmpty, Field::Payload, r.at())?;
        while r.remaining() > 0 {
            ReasonCode::decode(r)?;
        }
        Ok(Self { packet_identifier, properties, reasons: list })
    }

    #[inline]
    pub(crate) fn encode_unsuback<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.only_in_v5(self.reasons.is_empty(), Field::ReasonCode)?;
        self.encode(w)
    }
}

impl Body for Suback<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        w.properties(self.properties)
    }

    #[inline]
    fn tail(&self) -> &[u8] {
        self.reasons
    }
}
