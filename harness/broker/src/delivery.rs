//! A message on its way to one client.

use crate::connection::Client;
use crate::message::Message;
use crate::subscriptions::SubscriptionKey;
use crate::topic_alias::Alias;
use core::time::Duration;
use mqttspec_codec::{Packet, Properties, Property, PropertyId, Publish, QoS, Value, Version};
use std::sync::Arc;

/// A copy of a message for one client.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) message: Arc<Message>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// Of the subscriptions that this copy is for.
    pub(crate) subscription_identifiers: Vec<u32>,
    /// The shared subscription that chose this client.
    pub(crate) share: Option<SubscriptionKey>,
}

impl Client {
    /// The PUBLISH of a copy for this client; `None` when it is larger than the client takes.
    // [v5:MQTT-3.1.2-24]
    pub(crate) fn publish(
        &mut self,
        delivery: &Delivery,
        packet_identifier: Option<u16>,
        dup: bool,
        now: Duration,
    ) -> Option<Vec<u8>> {
        let encode = |alias| delivery.encode(self.version, packet_identifier, dup, alias, now);
        let fits = |bytes: &Vec<u8>| bytes.len() <= self.maximum_packet_size;
        let alias = self.sent_aliases.get(&delivery.message.topic);
        if let Some(alias) = alias
            && let Some(bytes) = encode(Some(alias)).filter(fits)
        {
            self.sent_aliases.told(&delivery.message.topic, alias);
            return Some(bytes);
        }
        encode(None).filter(fits)
    }
}

impl Delivery {
    /// The PUBLISH for a client of this version; `None` when no packet is long enough to hold it.
    fn encode(
        &self,
        version: Version,
        packet_identifier: Option<u16>,
        dup: bool,
        alias: Option<Alias>,
        now: Duration,
    ) -> Option<Vec<u8>> {
        let mut properties = Vec::new();
        if version == Version::V5 {
            properties = self.message.properties(now);
            // [v5:MQTT-3.3.4-3] [v5:MQTT-3.3.4-4] [v5:MQTT-3.3.4-5]
            properties.extend(self.subscription_identifiers.iter().map(|&identifier| Property {
                id: PropertyId::SubscriptionIdentifier,
                value: Value::VarInt(identifier),
            }));
        }
        // Nothing of the alias that the publisher used is left: this one belongs to the connection of the receiver.
        let number = alias.and_then(|alias| Property::number(PropertyId::TopicAlias, alias.number.into()));
        properties.extend(number);
        let topic = if alias.is_some_and(|alias| alias.known) { "" } else { &self.message.topic };
        let publish = Publish {
            // Whether the publisher had set DUP plays no part.
            // [v5:MQTT-3.3.1-3] [v3.1.1:MQTT-3.3.1-3]
            dup,
            qos: self.qos,
            retain: self.retain,
            topic: topic.into(),
            packet_identifier,
            properties: Properties::list(&properties),
            payload: &self.message.payload,
        };
        Packet::Publish(publish).to_bytes(version).ok()
    }
}
