use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Field, Properties, ReasonCode, Version};

/// The body of PUBACK, PUBREC, PUBREL and PUBCOMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement<'a> {
    /// The identifier of the PUBLISH that is answered.
    pub packet_identifier: u16,
    /// Success in 3.1.1, and in 5.0 when the packet ends behind the identifier.
    pub reason: ReasonCode,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
}

impl<'a> Acknowledgement<'a> {
    /// An acknowledgement without properties.
    #[must_use]
    pub const fn new(packet_identifier: u16, reason: ReasonCode) -> Self {
        Self { packet_identifier, reason, properties: Properties::EMPTY }
    }

    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        let (reason, properties) = ReasonCode::decode_tail(r)?;
        Ok(Self { packet_identifier, reason, properties })
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        self.reason.encode_tail(self.properties, w)
    }
}

impl ReasonCode {
    /// Reason code and properties at the end of a 5.0 packet: both may be left out, from the back.
    pub(crate) fn decode_tail<'a, F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<(Self, Properties<'a>), DecodeError> {
        if r.context.version == Version::V311 {
            return Ok((Self::SUCCESS, Properties::EMPTY));
        }
        if r.remaining() == 0 {
            Self::SUCCESS.judge(r, r.at())?;
            return Ok((Self::SUCCESS, Properties::EMPTY));
        }
        let reason = Self::decode(r)?;
        if r.remaining() == 0 {
            return Ok((reason, Properties::EMPTY));
        }
        Ok((reason, r.properties(Home::Packet(r.packet))?))
    }

    /// The shortest form: nothing for Success without properties.
    pub(crate) fn encode_tail(self, properties: Properties<'_>, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.only_in_v5(self == Self::SUCCESS, Field::ReasonCode)?;
        w.only_in_v5(properties.is_empty(), Field::PropertyLength)?;
        if self != Self::SUCCESS || !properties.is_empty() {
            w.u8(self.0);
        }
        if !properties.is_empty() {
            w.properties(properties)?;
        }
        Ok(())
    }
}
