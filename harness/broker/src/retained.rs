//! Retained messages.

use crate::message::Message;
use core::time::Duration;
use mqttspec_codec::{TopicFilter, TopicName};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// The last retained message of each topic. They belong to no session, and no session's end takes them away.
// [v3.1.1:MQTT-3.1.2-7]
#[derive(Debug, Default)]
pub(crate) struct Retained(BTreeMap<Arc<str>, Arc<Message>>);

impl Retained {
    /// Stores a message that was published with RETAIN 1, or clears its topic.
    pub(crate) fn store(&mut self, message: &Arc<Message>) {
        if message.payload.is_empty() {
            // [v5:MQTT-3.3.1-6] [v5:MQTT-3.3.1-7] [v3.1.1:MQTT-3.3.1-10] [v3.1.1:MQTT-3.3.1-11]
            self.0.remove(&message.topic);
        } else {
            // [v5:MQTT-3.3.1-5] [v3.1.1:MQTT-3.3.1-5] [v3.1.1:MQTT-3.3.1-7]
            self.0.insert(message.topic.clone(), message.clone());
        }
    }

    /// Whether a message for this topic can be stored within `maximum`. Expired ones give way.
    pub(crate) fn has_room(&mut self, topic: &str, maximum: usize, now: Duration) -> bool {
        if self.0.len() < maximum || self.0.contains_key(topic) {
            return true;
        }
        self.0.retain(|_, message| !message.expired(now));
        self.0.len() < maximum
    }

    /// The retained messages that a filter matches, by topic. The expired are gone.
    // [v5:MQTT-3.3.2-5]
    pub(crate) fn matching(&self, filter: TopicFilter<'_>, now: Duration) -> Vec<Arc<Message>> {
        // All that match begin with the levels before the first wildcard: `a/#` matches `a`, so without its `/`.
        let literal = filter.as_str().split(['+', '#']).next().unwrap_or_default();
        let prefix = if filter.has_wildcard() { literal.trim_end_matches('/') } else { literal };
        self.0
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(topic, _)| topic.starts_with(prefix))
            .filter(|(topic, _)| TopicName::new(topic).is_some_and(|topic| filter.matches(topic)))
            .filter(|(_, message)| !message.expired(now))
            .map(|(_, message)| message.clone())
            .collect()
    }
}
