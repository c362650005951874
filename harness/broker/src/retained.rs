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
pub(crate) struct Retained {
    by_topic: BTreeMap<Arc<str>, Arc<Message>>,
    /// How many of them the server itself has published.
    of_server: usize,
}

impl Retained {
    /// Stores a message that was published with RETAIN 1, or clears its topic.
    pub(crate) fn store(&mut self, message: &Arc<Message>) {
        if message.payload.is_empty() {
            // [v5:MQTT-3.3.1-6] [v5:MQTT-3.3.1-7] [v3.1.1:MQTT-3.3.1-10] [v3.1.1:MQTT-3.3.1-11]
            self.clear(&message.topic);
        } else {
            // [v5:MQTT-3.3.1-5] [v3.1.1:MQTT-3.3.1-5] [v3.1.1:MQTT-3.3.1-7]
            let old = self.by_topic.insert(message.topic.clone(), message.clone());
            self.of_server += usize::from(message.is_of_server());
            self.gone(old);
        }
    }

    /// All of them, by topic, expired ones too.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.by_topic.values()
    }

    /// Leaves a topic without a retained message.
    pub(crate) fn clear(&mut self, topic: &str) {
        let old = self.by_topic.remove(topic);
        self.gone(old);
    }

    fn gone(&mut self, old: Option<Arc<Message>>) {
        self.of_server -= usize::from(old.is_some_and(|message| message.is_of_server()));
    }

    /// Whether a message of a client for this topic can be stored within `maximum`. Expired ones give way.
    pub(crate) fn has_room(&mut self, topic: &str, maximum: usize, now: Duration) -> bool {
        if self.by_topic.len() - self.of_server < maximum || self.by_topic.contains_key(topic) {
            return true;
        }
        // Those of the server do not expire.
        self.by_topic.retain(|_, message| !message.expired(now));
        self.by_topic.len() - self.of_server < maximum
    }

    /// The retained messages that a filter matches, by topic. The expired are gone.
    // [v5:MQTT-3.3.2-5]
    pub(crate) fn matching(&self, filter: TopicFilter<'_>, now: Duration) -> Vec<Arc<Message>> {
        // All that match begin with the levels before the first wildcard: `a/#` matches `a`, so without its `/`.
        let literal = filter.as_str().split(['+', '#']).next().unwrap_or_default();
        let prefix = if filter.has_wildcard() { literal.trim_end_matches('/') } else { literal };
        self.by_topic
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(topic, _)| topic.starts_with(prefix))
            .filter(|(topic, _)| TopicName::new(topic).is_some_and(|topic| filter.matches(topic)))
            .filter(|(_, message)| !message.expired(now))
            .map(|(_, message)| message.clone())
            .collect()
    }
}
