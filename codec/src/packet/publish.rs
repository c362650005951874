use crate::property::Home;
use crate::reader::{Faults, Reader};
use crate::writer::{Body, Sink, Writer};
use crate::{DecodeError, EncodeError, Field, PacketType, Properties, PropertyId, QoS, Rule, Text, Version};

/// PUBLISH: an Application Message.
///
/// ```
/// use mqttspec_codec::{Packet, Properties, Property, PropertyId, Publish, QoS, Version};
///
/// let publish = Publish {
///     dup: false,
///     qos: QoS::AtLeastOnce,
///     retain: true,
///     topic: "a/b".into(),
///     packet_identifier: Some(7),
///     properties: Properties::EMPTY,
///     payload: b"on",
/// };
/// assert_eq!(Packet::Publish(publish).to_bytes(Version::V311)?, [
///     0x33, 9,                // PUBLISH with QoS 1 and RETAIN, Remaining Length
///     0, 3, b'a', b'/', b'b', // Topic Name
///     0, 7,                   // Packet Identifier: not with QoS 0
///     b'o', b'n',             // the payload takes the rest
/// ]);
/// let alias = [Property::number(PropertyId::TopicAlias, 1).expect("a number")];
/// let publish = Publish { properties: Properties::list(&alias), ..publish };
/// assert_eq!(Packet::Publish(publish).to_bytes(Version::V5)?, [
///     0x33, 13, 0, 3, b'a', b'/', b'b', 0, 7,
///     3, 0x23, 0, 1,          // Property Length and properties; 0 for none
///     b'o', b'n',
/// ]);
/// # Ok::<(), mqttspec_codec::EncodeError>(())
/// ```
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

const fn qos(first: u8) -> Option<QoS> {
    QoS::from_u8(first >> 1 & 0x03)
}

/// What is wrong with the flags in the first byte of a PUBLISH.
pub(crate) const fn flags_fault(first: u8) -> Option<Rule> {
    match qos(first) {
        None => Some(Rule::PublishQos),
        Some(QoS::AtMostOnce) if first & DUP != 0 => Some(Rule::DupWithoutQos),
        Some(_) => None,
    }
}

impl<'a> Publish<'a> {
    #[inline]
    pub(crate) fn decode<F: Faults>(r: &mut Reader<'a, '_, F>) -> Result<Self, DecodeError> {
        let first = r.first_byte();
        // QoS 3 has been reported; what follows is read as if it were 2.
        let qos = qos(first).unwrap_or(QoS::ExactlyOnce);
        let topic_at = r.at();
        let topic = r.topic_name(Field::TopicName)?;
        let packet_identifier = if qos == QoS::AtMostOnce { None } else { Some(r.packet_identifier()?) };
        let properties = match r.version {
            Version::V311 => Properties::EMPTY,
            Version::V5 => r.properties(Home::Packet(PacketType::Publish))?,
        };
        // An alias may stand behind the property at which the lenient view had to end the list.
        let named = !topic.is_empty() || properties.find(PropertyId::TopicAlias).is_some() || r.cut();
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

    #[inline]
    pub(crate) fn flags(&self) -> u8 {
        let dup = if self.dup { DUP } else { 0 };
        dup | (self.qos as u8) << 1 | if self.retain { RETAIN } else { 0 }
    }
}

impl Body for Publish<'_> {
    #[inline]
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) -> Result<(), EncodeError> {
        w.text(self.topic, Field::TopicName)?;
        match (self.qos, self.packet_identifier) {
            (QoS::AtMostOnce, None) => {}
            (QoS::AtLeastOnce | QoS::ExactlyOnce, Some(id)) => w.u16(id),
            (QoS::AtMostOnce, Some(_)) | (_, None) => return Err(EncodeError::PacketIdentifier),
        }
        w.properties(self.properties)
    }

    #[inline]
    fn tail(&self) -> &[u8] {
        self.payload
    }
}
