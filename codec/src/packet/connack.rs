use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, ReasonCode, Rule, Version};

/// CONNACK: the Server answers a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connack<'a> {
    /// Session Present.
    pub session_present: bool,
    /// Connect Reason Code; in 3.1.1 the Connect Return Code, 0 to 5.
    pub reason: ReasonCode,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
}

impl<'a> Connack<'a> {
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let at = r.at();
        let flags = r.u8(Field::ConnackFlags)?;
        r.check(flags & 0xfe == 0, Rule::ConnackFlagsReserved, Field::ConnackFlags, at)?;
        let reason = ReasonCode::decode(r)?;
        let session_present = flags & 1 != 0;
        let lawful = !session_present || reason == ReasonCode::SUCCESS;
        r.check(lawful, Rule::SessionPresentOnRefusal, Field::ConnackFlags, at)?;
        let properties = match r.context.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Connack))?,
        };
        Ok(Self { session_present, reason, properties })
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.session_present.into());
        w.u8(self.reason.0);
        w.properties(self.properties)
    }
}
