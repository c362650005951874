//! From a published message to the clients that get it.

use crate::broker::Broker;
use crate::delivery::Delivery;
use crate::message::Message;
use crate::session::{ClientId, Session};
use crate::subscriptions::{Subscription, SubscriptionKey};
use mqttspec_codec::QoS;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether a client is there, for the choice in a shared subscription.
fn connected(sessions: &BTreeMap<ClientId, Session>) -> impl Fn(&ClientId) -> bool {
    |client_id| sessions.get(client_id).is_some_and(|session| session.connection.is_some())
}

impl Broker {
    /// Takes a message over: retains it where it asks for that, and gives it to all that have subscribed. Whether
    /// there is a subscription that it matches.
    // [v5:MQTT-4.5.0-1] [v3.1.1:MQTT-4.5.0-1]
    pub(crate) fn publish_message(&mut self, message: Message) -> bool {
        let message = Arc::new(message);
        // With RETAIN 0 what is retained stays as it is.
        // [v5:MQTT-3.3.1-8] [v3.1.1:MQTT-3.3.1-12]
        if message.retain && self.retained.has_room(&message.topic, self.config.retained_maximum, self.now) {
            self.retained.store(&message);
        }
        let matches = self.subscriptions.matching(&message.topic, &connected(&self.sessions));
        let matched = !matches.own.is_empty() || !matches.shared.is_empty();
        for (client_id, subscriptions) in &matches.own {
            self.deliver_own(client_id, subscriptions, &message);
        }
        // Each shared subscription for itself, whatever else the member has subscribed to (4.8.2).
        for (share, client_id, subscription) in &matches.shared {
            self.deliver_shared_to(client_id, *subscription, share, &message);
        }
        matched
    }

    /// One copy for all non-shared subscriptions of a client that match. Only when they disagree about RETAIN are
    /// there two, as no single copy could do both as it was asked for.
    fn deliver_own(&mut self, client_id: &ClientId, subscriptions: &[Subscription], message: &Arc<Message>) {
        // [v5:MQTT-3.8.3-3]
        let own = message.publisher == *client_id;
        let wanted = || subscriptions.iter().filter(|subscription| !(own && subscription.options.no_local()));
        // 3.1.1 has no Retain As Published, so this is 0 there.
        // [v5:MQTT-3.3.1-12] [v5:MQTT-3.3.1-13] [v3.1.1:MQTT-3.3.1-9]
        let retain = |subscription: &Subscription| message.retain && subscription.options.retain_as_published();
        for retained in [false, true] {
            let copies = || wanted().filter(|subscription| retain(subscription) == retained);
            // [v5:MQTT-3.3.4-2] [v3.1.1:MQTT-3.3.5-1]
            let Some(granted) = copies().map(|subscription| subscription.options.qos()).max() else { continue };
            let delivery = Delivery {
                message: message.clone(),
                // [v5:MQTT-3.8.4-8] [v3.1.1:MQTT-3.8.4-6]
                qos: granted.min(message.qos),
                retain: retained,
                subscription_identifiers: copies().filter_map(|subscription| subscription.identifier).collect(),
                share: None,
            };
            self.deliver(client_id, delivery);
        }
    }

    /// Gives a message to the member of a shared subscription whose turn it is.
    pub(crate) fn deliver_shared(&mut self, share: &SubscriptionKey, message: &Arc<Message>) {
        let chosen = self.subscriptions.choose(share, &connected(&self.sessions));
        if let Some((client_id, subscription)) = chosen {
            self.deliver_shared_to(&client_id, subscription, share, message);
        }
    }

    fn deliver_shared_to(
        &mut self,
        client_id: &ClientId,
        subscription: Subscription,
        share: &SubscriptionKey,
        message: &Arc<Message>,
    ) {
        let delivery = Delivery {
            message: message.clone(),
            // [v5:MQTT-4.8.2-3] [v5:MQTT-3.8.4-8]
            qos: subscription.options.qos().min(message.qos),
            retain: message.retain && subscription.options.retain_as_published(),
            subscription_identifiers: subscription.identifier.into_iter().collect(),
            share: Some(share.clone()),
        };
        self.deliver(client_id, delivery);
    }

    /// Sends a copy, or lets it wait. QoS 0 does not wait: it goes out now or is lost.
    // [v5:MQTT-4.6.0-5] [v5:MQTT-4.6.0-6] [v3.1.1:MQTT-4.6.0-5] [v3.1.1:MQTT-4.6.0-6] [v3.1.1:MQTT-3.1.2-5]
    pub(crate) fn deliver(&mut self, client_id: &ClientId, delivery: Delivery) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        if delivery.qos != QoS::AtMostOnce {
            session.outbound.push(delivery, self.config.queue_maximum);
            self.pump(client_id);
            return;
        }
        let Some(connection) = session.connection else { return };
        let state = self.connections.get(&connection);
        let Some(client) = state.and_then(|state| state.client.as_ref()) else { return };
        // [v5:MQTT-4.3.1-1] [v3.1.1:MQTT-4.3.1-1] [v5:MQTT-3.3.1-2] [v3.1.1:MQTT-3.3.1-2]
        let bytes = delivery.encode(client.version, None, false, self.now);
        // [v5:MQTT-3.1.2-24] [v5:MQTT-3.1.2-25]
        if let Some(bytes) = bytes.filter(|bytes| bytes.len() <= client.maximum_packet_size) {
            self.write_bytes(connection, bytes);
        }
    }
}
