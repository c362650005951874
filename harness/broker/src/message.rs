//! Application Messages that the broker owns.

use crate::session::ClientId;
use core::time::Duration;
use mqttspec_codec::{Properties, Property, PropertyId, Publish, QoS, Text, Value};
use std::sync::Arc;

/// An Application Message as it was published.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) topic: Arc<str>,
    pub(crate) payload: Box<[u8]>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// The properties that go with the message to every subscriber, in the order of the publisher.
    properties: Vec<OwnedProperty>,
    /// The client whose connection published it.
    pub(crate) publisher: ClientId,
    /// When the broker took it over.
    pub(crate) received: Duration,
}

#[derive(Clone, Debug)]
struct OwnedProperty {
    id: PropertyId,
    value: OwnedValue,
}

#[derive(Clone, Debug)]
enum OwnedValue {
    Byte(u8),
    FourByte(u32),
    Text(Box<[u8]>),
    Binary(Box<[u8]>),
    Pair(Box<[u8]>, Box<[u8]>),
}

impl Message {
    /// The message of a PUBLISH. The topic is given apart: it may stand behind a Topic Alias.
    pub(crate) fn of_publish(publish: &Publish<'_>, topic: Arc<str>, publisher: ClientId, received: Duration) -> Self {
        Self {
            topic,
            payload: publish.payload.into(),
            qos: publish.qos,
            retain: publish.retain,
            properties: owned(publish.properties),
            publisher,
            received,
        }
    }

    /// The message of a Will; its time starts when it is published.
    pub(crate) fn of_will(will: &mqttspec_codec::Will<'_>, topic: Arc<str>, publisher: ClientId) -> Self {
        Self {
            topic,
            payload: will.payload.into(),
            qos: will.qos,
            retain: will.retain,
            properties: owned(will.properties),
            publisher,
            received: Duration::ZERO,
        }
    }

    /// A retained message of the server itself.
    pub(crate) fn of_server(topic: &str, payload: &str, received: Duration) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.as_bytes().into(),
            qos: QoS::AtMostOnce,
            retain: true,
            properties: Vec::new(),
            publisher: ClientId::default(),
            received,
        }
    }

    /// Whether the server itself published it.
    pub(crate) fn is_of_server(&self) -> bool {
        self.publisher.is_empty()
    }

    /// About how many bytes it takes to hold it.
    pub(crate) fn size(&self) -> usize {
        let properties: usize = self.properties.iter().map(|property| property.value.size()).sum();
        self.topic.len() + self.payload.len() + properties
    }

    fn expiry_interval(&self) -> Option<Duration> {
        self.properties.iter().find_map(|property| match (property.id, &property.value) {
            (PropertyId::MessageExpiryInterval, OwnedValue::FourByte(seconds)) => {
                Some(Duration::from_secs((*seconds).into()))
            }
            _ => None,
        })
    }

    /// Whether the Message Expiry Interval has passed. What can go on at once has not waited: an interval of 0 means
    /// "now or never".
    pub(crate) fn expired(&self, now: Duration) -> bool {
        let waited = now.saturating_sub(self.received);
        !waited.is_zero() && self.expiry_interval().is_some_and(|interval| waited >= interval)
    }

    /// The properties for a subscriber, with what is left of the Message Expiry Interval. The order stays.
    // [v5:MQTT-3.3.2-4] [v5:MQTT-3.3.2-15] [v5:MQTT-3.3.2-16] [v5:MQTT-3.3.2-17] [v5:MQTT-3.3.2-18]
    // [v5:MQTT-3.3.2-20] [v5:MQTT-3.1.3-10]
    pub(crate) fn properties(&self, now: Duration) -> Vec<Property<'_>> {
        let waited = now.saturating_sub(self.received).as_secs();
        let waited = u32::try_from(waited).unwrap_or(u32::MAX);
        self.properties.iter().map(|property| property.after(waited)).collect()
    }
}

impl OwnedProperty {
    /// The property when its message has waited for so many seconds.
    fn after(&self, waited: u32) -> Property<'_> {
        let value = match (self.id, &self.value) {
            // [v5:MQTT-3.3.2-6]
            (PropertyId::MessageExpiryInterval, OwnedValue::FourByte(interval)) => {
                Value::FourByte(interval.saturating_sub(waited))
            }
            (_, value) => value.borrow(),
        };
        Property { id: self.id, value }
    }
}

impl OwnedValue {
    fn size(&self) -> usize {
        match self {
            Self::Byte(_) | Self::FourByte(_) => size_of::<Self>(),
            Self::Text(bytes) | Self::Binary(bytes) => bytes.len(),
            Self::Pair(name, value) => name.len() + value.len(),
        }
    }

    fn borrow(&self) -> Value<'_> {
        match self {
            Self::Byte(value) => Value::Byte(*value),
            Self::FourByte(value) => Value::FourByte(*value),
            Self::Text(text) => Value::Text(Text::from_bytes(text)),
            Self::Binary(bytes) => Value::Binary(bytes),
            Self::Pair(name, value) => Value::Pair(Text::from_bytes(name), Text::from_bytes(value)),
        }
    }
}

/// What belongs to the message. Topic Alias and Will Delay Interval belong to the hop and stay behind.
fn owned(properties: Properties<'_>) -> Vec<OwnedProperty> {
    let of_message = |property: &Property<'_>| {
        matches!(
            property.id,
            PropertyId::PayloadFormatIndicator
                | PropertyId::MessageExpiryInterval
                | PropertyId::ContentType
                | PropertyId::ResponseTopic
                | PropertyId::CorrelationData
                | PropertyId::UserProperty
        )
    };
    let own = |property: Property<'_>| {
        let value = match property.value {
            Value::Byte(value) => OwnedValue::Byte(value),
            Value::FourByte(value) => OwnedValue::FourByte(value),
            Value::Text(text) => OwnedValue::Text(text.as_bytes().into()),
            Value::Binary(bytes) => OwnedValue::Binary(bytes.into()),
            Value::Pair(name, value) => OwnedValue::Pair(name.as_bytes().into(), value.as_bytes().into()),
            // No property of a message has these types.
            Value::TwoByte(_) | Value::VarInt(_) => return None,
        };
        Some(OwnedProperty { id: property.id, value })
    };
    properties.iter().filter(of_message).filter_map(own).collect()
}

/// Whether a payload is what its Payload Format Indicator says.
pub(crate) fn payload_format_valid(properties: Properties<'_>, payload: &[u8]) -> bool {
    properties.number(PropertyId::PayloadFormatIndicator) != Some(1) || core::str::from_utf8(payload).is_ok()
}
