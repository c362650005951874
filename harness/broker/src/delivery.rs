//! A message on its way to one client.

use crate::message::Message;
use crate::subscriptions::SubscriptionKey;
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

impl Delivery {
    /// The PUBLISH for a client of this version; `None` when no packet is long enough to hold it.
    pub(crate) fn encode(
        &self,
        version: Version,
        packet_identifier: Option<u16>,
        dup: bool,
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
        // The topic is always written out, so there is never a Topic Alias.
        // [v5:MQTT-3.1.2-26] [v5:MQTT-3.1.2-27] [v5:MQTT-3.3.2-11]
        let publish = Publish {
            // Whether the publisher had set DUP plays no part.
            // [v5:MQTT-3.3.1-3] [v3.1.1:MQTT-3.3.1-3]
            dup,
            qos: self.qos,
            retain: self.retain,
            topic: (&*self.message.topic).into(),
            packet_identifier,
            properties: Properties::list(&properties),
            payload: &self.message.payload,
        };
        Packet::Publish(publish).to_bytes(version).ok()
    }
}
