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

const RETAIN: u8 = 0x01;
const DUP: u8 = 0x08;

fn qos(first: u8) -> Option<QoS> {
    QoS::from_u8(first >> 1 & 0x03)
}

/// What is wrong with the flags in the first byte of a PUBLISH.
pub(crate) fn flags_fault(first: u8) -> Option<Rule> {
    match qos(first) {
        None => Some(Rule::PublishQos),
        Some(QoS::AtMostOnce) if first & DUP != 0 => Some(Rule::DupWithoutQos),
        Some(_) => None,
    }
}

impl<'a> Publish<'a> {
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let first = r.first_byte();
        // QoS 3 has been reported; what follows is read as if it were 2.
        let qos = qos(first).unwrap_or(QoS::ExactlyOnce);
        let topic_at = r.at();
        let topic = r.topic_name(Field::TopicName)?;
        let packet_identifier = if qos == QoS::AtMostOnce { None } else { Some(r.packet_identifier()?) };
        let properties = match r.context.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Publish))?,
        };
        let named = !topic.is_empty() || properties.find(PropertyId::TopicAlias).is_some();
        r.check(named, Rule::TopicNameEmpty, Field::TopicName, topic_at)?;
        Ok(Self {
            dup: first & DUP != 0,
            qos,
            retain: first & RETAIN != 0,
            topic,
            packet_identifier,
            properties,
            payload: r.rest(),
        })
    }

    pub(crate) fn flags(&self) -> u8 {
        let dup = if self.dup { DUP } else { 0 };
        dup | (self.qos as u8) << 1 | if self.retain { RETAIN } else { 0 }
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.text(self.topic, Field::TopicName)?;
        match (self.qos, self.packet_identifier) {
            (QoS::AtMostOnce, None) => {}
            (QoS::AtLeastOnce | QoS::ExactlyOnce, Some(id)) => w.u16(id),
            (QoS::AtMostOnce, Some(_)) | (_, None) => return Err(EncodeError::PacketIdentifier),
        }
        w.properties(self.properties)?;
        w.bytes(self.payload);
        Ok(())
    }
}
