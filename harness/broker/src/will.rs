//! Will Messages (3.1.2.5 of both versions, 5.0 3.1.3.2).

use crate::broker::Broker;
use crate::message::Message;
use crate::session::ClientId;
use core::time::Duration;
use mqttspec_codec::{Connect, PropertyId};

/// A Will Message and how long it is held back.
#[derive(Debug)]
pub(crate) struct Will {
    pub(crate) message: Message,
    /// The Will Delay Interval.
    pub(crate) delay: Duration,
}

impl Will {
    /// The Will of a CONNECT.
    pub(crate) fn of_connect(connect: &Connect<'_>, client_id: &ClientId) -> Option<Self> {
        let will = connect.will?;
        let topic = will.topic.as_str()?;
        let delay = will.properties.number(PropertyId::WillDelayInterval).unwrap_or(0);
        Some(Self {
            message: Message::of_will(&will, topic.into(), client_id.clone()),
            delay: Duration::from_secs(delay.into()),
        })
    }
}

impl Broker {
    /// Publishes the Will of a session, if it has one, and forgets it.
    pub(crate) fn publish_will(&mut self, client_id: &ClientId) {
        // Taken out before it is published: once is all it gets.
        // [v5:MQTT-3.1.2-10] [v3.1.1:MQTT-3.1.2-10]
        let Some(will) = self.sessions.get_mut(client_id).and_then(|session| session.will.take()) else { return };
        let mut message = will.message;
        message.received = self.now;
        // Retained or not as Will Retain says: the message carries it.
        // [v5:MQTT-3.1.2-14] [v5:MQTT-3.1.2-15] [v3.1.1:MQTT-3.1.2-16] [v3.1.1:MQTT-3.1.2-17]
        self.publish_message(message);
    }
}
