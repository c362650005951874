//! From a broker to its state.

use super::{
    DeliveryState, InFlightState, MessageState, SessionState, State, SubscriptionName, SubscriptionState,
    UnreleasedState, WillState,
};
use crate::broker::Broker;
use crate::delivery::Delivery;
use crate::message::Message;
use crate::session::{ClientId, Session};
use crate::subscriptions::SubscriptionKey;
use crate::timers::Timer;
use core::time::Duration;
use mqttspec_codec::{Packet, Properties, Publish, QoS, Version};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers the messages, each once, however many clients it is for.
#[derive(Default)]
struct Messages {
    numbers: BTreeMap<*const Message, usize>,
    written: Vec<MessageState>,
}

impl Broker {
    /// All that a broker which takes this one's place has to know. The Network Connections are no part of it.
    #[must_use]
    pub fn state(&self, now: Duration) -> State {
        let mut messages = Messages::default();
        let retained = self.retained.iter().map(|message| messages.number(message)).collect();
        let sessions = self.sessions.iter().map(|(client_id, session)| self.save(client_id, session, &mut messages));
        let sessions = sessions.collect();
        State { taken_at: self.now.max(now), assigned: self.assigned, messages: messages.written, retained, sessions }
    }

    fn save(&self, client_id: &ClientId, session: &Session, messages: &mut Messages) -> SessionState {
        let will = session.will.as_ref().map(|will| WillState {
            message: messages.write(&will.message),
            delay: will.delay,
            due_at: self.timers.deadline(&Timer::WillDelay(client_id.clone())),
        });
        let subscriptions = self.subscriptions.of(client_id).map(|(key, subscription)| SubscriptionState {
            name: key.into(),
            options: subscription.options.bits(),
            identifier: subscription.identifier,
        });
        let in_flight = session.outbound.in_flight().map(|(packet_identifier, delivery)| InFlightState {
            packet_identifier,
            delivery: delivery.map(|delivery| messages.delivery(delivery)),
        });
        let in_flight = in_flight.collect();
        let unreleased = session.unreleased.iter().map(|(&packet_identifier, message)| UnreleasedState {
            packet_identifier,
            message: message.as_ref().map(|message| messages.write(message)),
        });
        let unreleased = unreleased.collect();
        SessionState {
            client_id: client_id.to_string(),
            connected: session.connection.is_some(),
            expiry_interval: session.expiry_interval.0,
            ends_at: self.timers.deadline(&Timer::SessionExpiry(client_id.clone())),
            will,
            subscriptions: subscriptions.collect(),
            unreleased,
            in_flight,
            waiting: session.outbound.waiting().map(|delivery| messages.delivery(delivery)).collect(),
        }
    }
}

impl Messages {
    fn number(&mut self, message: &Arc<Message>) -> usize {
        let name = Arc::as_ptr(message);
        if let Some(&number) = self.numbers.get(&name) {
            return number;
        }
        let number = self.write(message);
        self.numbers.insert(name, number);
        number
    }

    fn write(&mut self, message: &Message) -> usize {
        let properties = message.properties(message.received);
        let publish = Publish {
            dup: false,
            qos: message.qos,
            retain: message.retain,
            topic: (&*message.topic).into(),
            packet_identifier: (message.qos != QoS::AtMostOnce).then_some(1),
            properties: Properties::list(&properties),
            payload: &message.payload,
        };
        // What came in a packet fits into one.
        let publish = Packet::Publish(publish).to_bytes(Version::V5).unwrap_or_default();
        let publisher = message.publisher.to_string();
        self.written.push(MessageState { publish, publisher, received: message.received });
        self.written.len() - 1
    }

    fn delivery(&mut self, delivery: &Delivery) -> DeliveryState {
        DeliveryState {
            message: self.number(&delivery.message),
            qos: delivery.qos as u8,
            retain: delivery.retain,
            subscription_identifiers: delivery.subscription_identifiers.clone(),
            share: delivery.share.as_ref().map(Into::into),
        }
    }
}

impl From<&SubscriptionKey> for SubscriptionName {
    fn from(key: &SubscriptionKey) -> Self {
        Self { share: key.share.as_deref().map(str::to_owned), filter: key.filter.to_string() }
    }
}
