//! From a state to the broker that goes on with it.

use super::{DeliveryState, MessageState, SessionState, State, StateError, SubscriptionName, WillState};
use crate::broker::Broker;
use crate::config::Config;
use crate::delivery::Delivery;
use crate::message::Message;
use crate::outbound::Outbound;
use crate::server::End;
use crate::session::{ClientId, ExpiryInterval, Session};
use crate::subscriptions::{Subscription, SubscriptionKey};
use crate::timers::Timer;
use crate::will::Will;
use core::time::Duration;
use mqttspec_codec::{
    Context, Decoded, Packet, QoS, Sender, SubscriptionOptions, TopicFilter, TopicName, Version, decode,
};
use std::sync::Arc;

impl Broker {
    /// A broker that goes on where another stopped. Its clock begins at [`State::taken_at`]: the caller adds to the times
    /// that it tells how long there was no broker, and calls [`Broker::tick`] for what has come due. The Network
    /// Connections that there were have ended at that moment, as if they had broken.
    ///
    /// # Errors
    /// The state is none that [`Broker::state`] gives.
    pub fn restore(config: Config, state: &State) -> Result<Self, StateError> {
        let mut broker = Self::new(config);
        broker.now = state.taken_at;
        broker.schedule_sys();
        broker.assigned = state.assigned;
        let messages: Vec<Arc<Message>> = state.messages.iter().map(message).collect::<Result<_, _>>()?;
        for &number in &state.retained {
            broker.retained.store(find(&messages, number)?);
        }
        for session in &state.sessions {
            broker.restore_session(session, &messages)?;
        }
        for session in state.sessions.iter().filter(|session| session.connected) {
            broker.session_left(&session.client_id.as_str().into());
        }
        Ok(broker)
    }

    /// Takes the place of a broker that has ended. `change` may change what is kept of it.
    pub(crate) fn start_again_with(&mut self, now: Duration, end: End, change: impl FnOnce(&mut State)) {
        let keeps = match end {
            End::InOrder => self.config.behaviour.keeps_at_restart,
            End::Killed => self.config.behaviour.keeps_when_killed,
        };
        let mut state = if keeps { self.state(now) } else { State { taken_at: now, ..State::default() } };
        change(&mut state);
        let config = self.config.clone();
        // A broker without a past takes the place of one that cannot be restored: it does not happen.
        *self = Self::restore(config.clone(), &state).unwrap_or_else(|_| Self::new(config));
        self.tick(now);
    }

    fn restore_session(&mut self, state: &SessionState, messages: &[Arc<Message>]) -> Result<(), StateError> {
        let client_id: ClientId = state.client_id.as_str().into();
        for subscription in &state.subscriptions {
            let key = key(&subscription.name)?;
            let options = SubscriptionOptions::from_bits(subscription.options);
            let subscription = Subscription { options, identifier: subscription.identifier };
            self.subscriptions.insert(&client_id, key, subscription);
        }
        self.timers.set(Timer::SessionExpiry(client_id.clone()), state.ends_at);
        let due_at = state.will.as_ref().and_then(|will| will.due_at);
        self.timers.set(Timer::WillDelay(client_id.clone()), due_at);
        let will = state.will.as_ref().map(|will| restored_will(will, messages)).transpose()?;
        let waiting = state.waiting.iter().map(|state| delivery(state, messages)).collect::<Result<_, _>>()?;
        let in_flight = state.in_flight.iter().map(|state| {
            let delivery = state.delivery.as_ref().map(|state| delivery(state, messages)).transpose()?;
            require(state.packet_identifier != 0, "a packet identifier of 0")?;
            let at_most_once = delivery.as_ref().is_some_and(|delivery| delivery.qos == QoS::AtMostOnce);
            require(!at_most_once, "QoS 0 with a packet identifier")?;
            Ok((state.packet_identifier, delivery))
        });
        let unreleased = state.unreleased.iter().map(|state| {
            let message = state.message.map(|number| find(messages, number)).transpose()?;
            Ok((state.packet_identifier, message.map(|message| Message::clone(message))))
        });
        let session = Session {
            connection: None,
            expiry_interval: ExpiryInterval(state.expiry_interval),
            will,
            outbound: Outbound::restored(waiting, in_flight.collect::<Result<_, _>>()?),
            unreleased: unreleased.collect::<Result<_, _>>()?,
        };
        let first = self.sessions.insert(client_id, session).is_none();
        require(first, "two sessions of one Client Identifier")
    }
}

fn require(holds: bool, text: &'static str) -> Result<(), StateError> {
    if holds { Ok(()) } else { Err(StateError(text)) }
}

fn message(state: &MessageState) -> Result<Arc<Message>, StateError> {
    let context = Context { version: Version::V5, sender: Sender::Client, max_packet: usize::MAX };
    let publish = match decode(&state.publish, &context) {
        Ok(Decoded::Packet { packet: Packet::Publish(publish), len }) if len == state.publish.len() => publish,
        _ => return Err(StateError("a message that is no PUBLISH")),
    };
    let topic = publish.topic.as_str().filter(|topic| TopicName::new(topic).is_some());
    let topic = topic.ok_or(StateError("a message without a topic"))?;
    let publisher = state.publisher.as_str().into();
    Ok(Arc::new(Message::of_publish(&publish, topic.into(), publisher, state.received)))
}

fn find(messages: &[Arc<Message>], number: usize) -> Result<&Arc<Message>, StateError> {
    messages.get(number).ok_or(StateError("a message that is not there"))
}

fn restored_will(state: &WillState, messages: &[Arc<Message>]) -> Result<Will, StateError> {
    Ok(Will { message: Message::clone(find(messages, state.message)?), delay: state.delay })
}

fn key(name: &SubscriptionName) -> Result<SubscriptionKey, StateError> {
    // The form of 3.1.1, since `$share/` is no part of it.
    require(TopicFilter::new(&name.filter, Version::V311).is_some(), "a subscription without a topic filter")?;
    Ok(SubscriptionKey { share: name.share.as_deref().map(Arc::from), filter: name.filter.as_str().into() })
}

fn delivery(state: &DeliveryState, messages: &[Arc<Message>]) -> Result<Delivery, StateError> {
    let qos = QoS::from_u8(state.qos);
    Ok(Delivery {
        message: find(messages, state.message)?.clone(),
        qos: qos.ok_or(StateError("a QoS of 3 or more"))?,
        retain: state.retain,
        subscription_identifiers: state.subscription_identifiers.clone(),
        share: state.share.as_ref().map(key).transpose()?,
    })
}
