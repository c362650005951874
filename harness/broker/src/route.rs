//! From a published message to the clients that get it.

use crate::broker::Broker;
use crate::delivery::Delivery;
use crate::message::Message;
use crate::outbound::Room;
use crate::saboteur::Switch;
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
    // [v5:MQTT-4.5.0-1] [v3.1.1:MQTT-4.5.0-1] [v5:MQTT-3.3.2-3] [v3.1.1:MQTT-3.3.2-3]
    pub(crate) fn publish_message(&mut self, message: Message) -> bool {
        let message = Arc::new(message);
        // With RETAIN 0 what is retained stays as it is.
        // [v5:MQTT-3.3.1-8] [v3.1.1:MQTT-3.3.1-12]
        if message.retain && message.qos == QoS::AtMostOnce && !self.config.behaviour.retains_qos0 {
            self.retained.clear(&message.topic);
        } else if message.retain && self.can_retain(&message) {
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

    fn can_retain(&mut self, message: &Message) -> bool {
        message.is_of_server() || self.retained.has_room(&message.topic, self.config.retained_maximum, self.now)
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
        let groups: Vec<Vec<&Subscription>> = if self.config.behaviour.copy_per_subscription {
            wanted().map(|subscription| vec![subscription]).collect()
        } else {
            let those = |retained| wanted().filter(|subscription| retain(subscription) == retained).collect();
            [false, true].map(those).into()
        };
        for copies in groups {
            // [v5:MQTT-3.3.4-2] [v3.1.1:MQTT-3.3.5-1]
            let granted = copies.iter().map(|subscription| subscription.options.qos());
            let granted = if self.config.sabotaged(Switch::LowestQos) { granted.min() } else { granted.max() };
            let Some(granted) = granted else { continue };
            let published = if self.config.sabotaged(Switch::GrantedQos) { granted } else { message.qos };
            let delivery = Delivery {
                message: message.clone(),
                // [v5:MQTT-3.8.4-8] [v3.1.1:MQTT-3.8.4-6]
                qos: granted.min(published),
                retain: retain(copies[0]),
                subscription_identifiers: copies.iter().filter_map(|subscription| subscription.identifier).collect(),
                share: None,
            };
            self.deliver(client_id, delivery);
        }
    }

    /// Sends the message of a subscription that the server itself has made for every client, if there is one.
    pub(crate) fn welcome(&mut self, client_id: &ClientId) {
        let Some(topic) = &self.config.behaviour.assigned_subscription else { return };
        let qos = self.config.maximum_qos.min(QoS::AtLeastOnce);
        let mut message = Message::of_server(topic, "welcome", self.now);
        (message.qos, message.retain) = (qos, false);
        let message = Arc::new(message);
        let delivery = Delivery { message, qos, retain: false, subscription_identifiers: Vec::new(), share: None };
        self.deliver(client_id, delivery);
    }

    /// Gives a message to the member of a shared subscription whose turn it is.
    pub(crate) fn deliver_shared(&mut self, share: &SubscriptionKey, message: &Arc<Message>) {
        let chosen = self.subscriptions.choose(share, &connected(&self.sessions));
        if let Some((client_id, subscription)) = chosen {
            self.deliver_shared_to(&client_id, subscription, share, message);
        }
    }

    /// Gives what a client has not acknowledged to other members of the shared subscriptions, as far as they are there.
    pub(crate) fn move_shared(&mut self, client_id: &ClientId) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        let mut outbound = std::mem::take(&mut session.outbound);
        let moved = {
            let connected = connected(&self.sessions);
            let movable = if self.config.sabotaged(Switch::MovesQos2) { QoS::ExactlyOnce } else { QoS::AtLeastOnce };
            outbound.move_shared(movable, |share| self.subscriptions.members(share).any(&connected))
        };
        if let Some(session) = self.sessions.get_mut(client_id) {
            session.outbound = outbound;
        }
        for delivery in moved {
            if let Some(share) = &delivery.share {
                self.deliver_shared(share, &delivery.message);
            }
        }
    }

    fn deliver_shared_to(
        &mut self,
        client_id: &ClientId,
        subscription: Subscription,
        share: &SubscriptionKey,
        message: &Arc<Message>,
    ) {
        let granted = subscription.options.qos();
        let granted = if self.config.sabotaged(Switch::SharedQos) { message.qos } else { granted };
        let delivery = Delivery {
            message: message.clone(),
            // [v5:MQTT-4.8.2-3] [v5:MQTT-3.8.4-8]
            qos: granted.min(message.qos),
            retain: message.retain && subscription.options.retain_as_published(),
            subscription_identifiers: subscription.identifier.into_iter().collect(),
            share: Some(share.clone()),
        };
        self.deliver(client_id, delivery);
    }

    /// Sends a copy, or lets it wait. QoS 0 goes out now or is lost, unless the server has chosen that it waits.
    // [v5:MQTT-4.6.0-5] [v5:MQTT-4.6.0-6] [v3.1.1:MQTT-4.6.0-5] [v3.1.1:MQTT-4.6.0-6] [v3.1.1:MQTT-3.1.2-5]
    pub(crate) fn deliver(&mut self, client_id: &ClientId, delivery: Delivery) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        let behaviour = &self.config.behaviour;
        let waits = behaviour.holds_back_qos0 && session.connection.is_some() || behaviour.queues_qos0;
        if delivery.qos != QoS::AtMostOnce || waits {
            let room = Room { messages: self.config.queue_maximum, bytes: self.config.queue_bytes_maximum };
            session.outbound.push(delivery, room, self.now);
            self.pump(client_id);
            return;
        }
        let Some(connection) = session.connection else { return };
        let state = self.connections.get_mut(&connection);
        let Some(client) = state.and_then(|state| state.client.as_mut()) else { return };
        // [v5:MQTT-4.3.1-1] [v3.1.1:MQTT-4.3.1-1] [v5:MQTT-3.3.1-2] [v3.1.1:MQTT-3.3.1-2]
        // [v5:MQTT-2.2.1-2] [v3.1.1:MQTT-2.3.1-5]
        let bytes = client.publish(&delivery, None, false, self.now);
        // [v5:MQTT-3.1.2-25]
        if let Some(bytes) = bytes {
            self.write_bytes(connection, bytes);
        }
    }
}
