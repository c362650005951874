use crate::list::{Entry, List, read_binary};
use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, Rule, Text, Version};

/// UNSUBSCRIBE: the Client ends one or more subscriptions.
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
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let packet_identifier = r.packet_identifier()?;
        let properties = match r.context.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Unsubscribe))?,
        };
        let start = r.at();
        r.check(r.remaining() > 0, Rule::PayloadEmpty, Field::Payload, start)?;
        while r.remaining() > 0 {
            r.topic_filter()?;
        }
        Ok(Self { packet_identifier, properties, filters: List::wire(r.since(start)) })
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.packet_identifier);
        w.properties(self.properties)?;
        for filter in self.filters {
            w.text(filter, Field::TopicFilter)?;
        }
        Ok(())
    }
}
