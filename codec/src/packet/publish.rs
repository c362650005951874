use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::Writer;
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, PropertyId, QoS, Rule, Text, Version};

/// PUBLISH: an Application Message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish<'a> {
    /// The message is sent again, or may be.
    pub dup: bool,
    /// QoS.
    pub qos: QoS,
    /// RETAIN.
    pub retain: bool,
    /// Topic Name; empty only in 5.0 and with a topic alias.
    pub topic: Text<'a>,
    /// There when the QoS is 1 or 2.
    pub packet_identifier: Option<u16>,
    /// Empty in 3.1.1.
    pub properties: Properties<'a>,
    /// Application Message; may be empty.
    pub payload: &'a [u8],
}

impl<'a> Publish<'a> {
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let flags = r.first_byte() & 0x0f;
        let qos = QoS::from_u8((flags >> 1) & 0x03);
        r.check(qos.is_some(), Rule::PublishQos, Field::FixedHeader, 0)?;
        let qos = qos.unwrap_or(QoS::ExactlyOnce);
        let dup = flags & 0x08 != 0;
        r.check(!dup || qos != QoS::AtMostOnce, Rule::DupWithoutQos, Field::FixedHeader, 0)?;

        let topic_at = r.at();
        let topic = r.topic_name(Field::TopicName)?;
        let packet_identifier = if qos == QoS::AtMostOnce { None } else { Some(r.packet_identifier()?) };
        let properties = match r.context.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Publish))?,
        };
        let named = !topic.is_empty() || properties.find(PropertyId::TopicAlias).is_some();
        r.check(named, Rule::TopicNameEmpty, Field::TopicName, topic_at)?;
        Ok(Self { dup, qos, retain: flags & 0x01 != 0, topic, packet_identifier, properties, payload: r.rest() })
    }

    pub(crate) fn flags(&self) -> u8 {
        u8::from(self.dup) << 3 | (self.qos as u8) << 1 | u8::from(self.retain)
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.text(self.topic, Field::TopicName)?;
        if self.qos != QoS::AtMostOnce {
            w.u16(self.packet_identifier.unwrap_or(0));
        }
        w.properties(self.properties)?;
        w.bytes(self.payload);
        Ok(())
    }
}
