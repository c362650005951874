use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, ReasonCode, Rule, Version};

/// The body of SUBACK and UNSUBACK.
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

    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        if r.context.version == Version::V311 && r.packet == PacketType::Unsuback {
            return Ok(Self { packet_identifier, properties: Properties::EMPTY, reasons: &[] });
        }
        let properties = match r.context.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(r.packet))?,
        };
        let start = r.at();
        r.check(r.remaining() > 0, Rule::PayloadEmpty, Field::Payload, start)?;
        while r.remaining() > 0 {
            ReasonCode::decode(r)?;
        }
        Ok(Self { packet_identifier, properties, reasons: r.since(start) })
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        w.properties(self.properties)?;
        w.bytes(self.reasons);
        Ok(())
    }

    pub(crate) fn encode_unsuback(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.only_in_v5(self.reasons.is_empty(), Field::ReasonCode)?;
        self.encode(w)
    }
}
