use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, ReasonCode, Rule, Version};

/// CONNACK: the Server answers a CONNECT.
///
/// ```
/// use mqttspec_codec::{Connack, Packet, Properties, Property, PropertyId, ReasonCode, Version};
///
/// let refused = |reason| Packet::Connack(Connack { session_present: false, reason, properties: Properties::EMPTY });
/// // 3.1.1: Connect Acknowledge Flags and a return code of its own, "not authorized".
/// assert_eq!(refused(ReasonCode(5)).to_bytes(Version::V311)?, [0x20, 2, 0, 5]);
/// // 5.0: a reason code and the Property Length.
/// assert_eq!(refused(ReasonCode::NOT_AUTHORIZED).to_bytes(Version::V5)?, [0x20, 3, 0, 0x87, 0]);
///
/// let properties = [Property::number(PropertyId::ReceiveMaximum, 10).expect("a number")];
/// let properties = Properties::list(&properties);
/// let accepted = Connack { session_present: true, reason: ReasonCode::SUCCESS, properties };
/// assert_eq!(Packet::Connack(accepted).to_bytes(Version::V5)?, [0x20, 6, 1, 0, 3, 0x21, 0, 10]);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
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
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let at = r.at();
        let flags = r.u8(Field::ConnackFlags)?;
        r.check(flags & 0xfe == 0, Rule::ConnackFlagsReserved, Field::ConnackFlags, at)?;
        let reason = ReasonCode::decode(r)?;
        let session_present = flags & 1 != 0;
        let lawful = !session_present || reason == ReasonCode::SUCCESS;
        r.check(lawful, Rule::SessionPresentOnRefusal, Field::ConnackFlags, at)?;
        let properties = match r.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Connack))?,
        };
        Ok(Self { session_present, reason, properties })
    }
}

impl Body for Connack<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.u8(self.session_present.into());
        w.u8(self.reason.0);
        w.properties(self.properties)
    }
}
