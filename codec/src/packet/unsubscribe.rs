use crate::list::{Entry, List, read_binary};
use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, Rule, Text, Version};

/// UNSUBSCRIBE: the Client ends one or more subscriptions.
///
/// ```
/// use mqttspec_codec::{List, Packet, Properties, Text, Unsubscribe, Version};
///
/// let filters: [Text<'_>; 2] = ["a".into(), "b".into()];
/// let (packet_identifier, properties) = (7, Properties::EMPTY);
/// let packet = Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters: List::new(&filters) });
/// // Packet Identifier and Topic Filters; in 5.0 a Property Length between them.
/// assert_eq!(packet.to_bytes(Version::V311)?, [0xa2, 8, 0, 7, 0, 1, b'a', 0, 1, b'b']);
/// assert_eq!(packet.to_bytes(Version::V5)?, [0xa2, 9, 0, 7, 0, 0, 1, b'a', 0, 1, b'b']);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// Packet Identifier.
    pub packet_identifier: u16,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
    /// Topic filters, in order; at least one.
    pub filters: List<'a, Text<'a>>,
}

impl<'a> Entry<'a> for Text<'a> {
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read_binary(bytes).map(|(text, rest)| (Text::from_bytes(text), rest))
    }
}

impl<'a> Unsubscribe<'a> {
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        let properties = match r.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Unsubscribe))?,
        };
        let list = r.left();
        r.check(r.remaining() > 0, Rule::PayloadEmpty, Field::Payload, r.at())?;
        while r.remaining() > 0 {
            r.topic_filter()?;
        }
        Ok(Self { packet_identifier, properties, filters: List::wire(list) })
    }
}

impl Body for Unsubscribe<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        w.properties(self.properties)?;
        for filter in self.filters {
            w.text(filter, Field::TopicFilter)?;
        }
        Ok(())
    }
}
