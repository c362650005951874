use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, Properties, ReasonCode, Version};

/// The body of PUBACK, PUBREC, PUBREL and PUBCOMP.
///
/// ```
/// use mqttspec_codec::{Acknowledgement, Packet, Properties, Property, PropertyId, ReasonCode, Version};
///
/// // Success has the same bytes in both versions: the Packet Identifier and no more.
/// let success = Acknowledgement::new(7, ReasonCode::SUCCESS);
/// for version in Version::ALL {
///     assert_eq!(Packet::Puback(success).to_bytes(version)?, [0x40, 2, 0, 7]);
///     assert_eq!(Packet::Pubrec(success).to_bytes(version)?, [0x50, 2, 0, 7]);
///     assert_eq!(Packet::Pubrel(success).to_bytes(version)?, [0x62, 2, 0, 7]);
///     assert_eq!(Packet::Pubcomp(success).to_bytes(version)?, [0x70, 2, 0, 7]);
/// }
/// // 5.0 has more to say: a reason code, and behind it properties.
/// let refused = Acknowledgement::new(7, ReasonCode::QUOTA_EXCEEDED);
/// assert_eq!(Packet::Puback(refused).to_bytes(Version::V5)?, [0x40, 3, 0, 7, 0x97]);
/// let why = [Property::text(PropertyId::ReasonString, "no")];
/// let refused = Acknowledgement { properties: Properties::list(&why), ..refused };
/// assert_eq!(Packet::Puback(refused).to_bytes(Version::V5)?, [0x40, 9, 0, 7, 0x97, 5, 0x1f, 0, 2, b'n', b'o']);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
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

    /// Whether it is written in two bytes, in both versions: most are.
    #[inline]
    pub(crate) fn is_short(&self) -> bool {
        self.reason == ReasonCode::SUCCESS && self.properties.is_empty()
    }

    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        let (reason, properties) = ReasonCode::decode_tail(r)?;
        Ok(Self { packet_identifier, reason, properties })
    }
}

impl Body for Acknowledgement<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        self.reason.encode_tail(self.properties, w)
    }
}

impl ReasonCode {
    /// Reason code and properties at the end of a 5.0 packet: both may be left out, from the back.
    #[inline]
    pub(crate) fn decode_tail<'a, F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<(Self, Properties<'a>), DecodeError> {
        if r.version == Version::V311 {
            return Ok((Self::SUCCESS, Properties::EMPTY));
        }
        if r.lost() {
            return Ok((Self::MISSING, Properties::EMPTY));
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
    #[inline]
    pub(crate) fn encode_tail<S: Sink>(
        self,
        properties: Properties<'_>,
        w: &mut Writer<'_, S>,
    ) -> Result<(), EncodeError> {
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
