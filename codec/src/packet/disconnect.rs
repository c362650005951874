use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Properties, ReasonCode};

/// DISCONNECT: the sender is about to close the Network Connection.
///
/// ```
/// use mqttspec_codec::{Disconnect, Packet, Properties, Property, PropertyId, ReasonCode, Version};
///
/// // Nothing is said in 3.1.1, and nothing needs to be in 5.0 when all is normal.
/// for version in Version::ALL {
///     assert_eq!(Packet::Disconnect(Disconnect::default()).to_bytes(version)?, [0xe0, 0]);
/// }
/// let reason = ReasonCode::SERVER_MOVED;
/// let moved = Disconnect { reason, properties: Properties::EMPTY };
/// assert_eq!(Packet::Disconnect(moved).to_bytes(Version::V5)?, [0xe0, 1, 0x9d]);
/// let to = [Property::text(PropertyId::ServerReference, "b")];
/// let moved = Disconnect { reason, properties: Properties::list(&to) };
/// assert_eq!(Packet::Disconnect(moved).to_bytes(Version::V5)?, [0xe0, 6, 0x9d, 4, 0x1c, 0, 1, b'b']);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// Normal disconnection in 3.1.1, and in 5.0 when the packet has no body.
    pub reason: ReasonCode,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
}

impl<'a> Disconnect<'a> {
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let (reason, properties) = ReasonCode::decode_tail(r)?;
        Ok(Self { reason, properties })
    }
}

impl Body for Disconnect<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        self.reason.encode_tail(self.properties, w)
    }
}
