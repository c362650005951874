//! Topic Aliases (5.0, 3.3.2.3.4), in both directions. They end with the Network Connection.
// [v5:MQTT-3.3.2-7]

use crate::error::Violation;
use mqttspec_codec::{PropertyId, Publish, ReasonCode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The aliases that a client has set.
#[derive(Debug, Default)]
pub(crate) struct ReceivedAliases(BTreeMap<u16, Arc<str>>);

impl ReceivedAliases {
    /// The topic of a PUBLISH, by its name or its Topic Alias (3.3.4).
    // [v5:MQTT-3.3.2-9] [v5:MQTT-3.3.2-12]
    pub(crate) fn topic(&mut self, publish: &Publish<'_>, maximum: u16) -> Result<Arc<str>, Violation> {
        let name: Arc<str> = publish.topic.as_str().unwrap_or_default().into();
        let Some(alias) = publish.properties.number(PropertyId::TopicAlias) else { return Ok(name) };
        let alias = u16::try_from(alias).ok().filter(|alias| (1..=maximum).contains(alias));
        let Some(alias) = alias else {
            return Err(Violation::new(ReasonCode::TOPIC_ALIAS_INVALID, "above Topic Alias Maximum"));
        };
        if name.is_empty() {
            let known = self.0.get(&alias).cloned();
            return known.ok_or(Violation::protocol_error("Topic Alias without a mapping"));
        }
        self.0.insert(alias, name.clone());
        Ok(name)
    }
}

/// A Topic Alias on its way to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) number: u16,
    /// Whether the client has been told what it stands for.
    pub(crate) known: bool,
}

/// The aliases that the server has set: the first topics that it sends get one each, for good.
#[derive(Debug, Default)]
pub(crate) struct SentAliases {
    /// Not above the Topic Alias Maximum of the client.
    // [v5:MQTT-3.1.2-26] [v5:MQTT-3.1.2-27] [v5:MQTT-3.3.2-11]
    maximum: u16,
    numbers: BTreeMap<Arc<str>, u16>,
}

impl SentAliases {
    pub(crate) const fn new(maximum: u16) -> Self {
        Self { maximum, numbers: BTreeMap::new() }
    }

    /// The alias for a topic, while there are any. Numbers begin at 1.
    // [v5:MQTT-3.3.2-8]
    pub(crate) fn get(&self, topic: &str) -> Option<Alias> {
        if self.maximum == 0 {
            return None;
        }
        if let Some(&number) = self.numbers.get(topic) {
            return Some(Alias { number, known: true });
        }
        let number = u16::try_from(self.numbers.len()).ok()?.checked_add(1)?;
        (number <= self.maximum).then_some(Alias { number, known: false })
    }

    /// The client is told what an alias stands for.
    pub(crate) fn told(&mut self, topic: &Arc<str>, alias: Alias) {
        self.numbers.insert(topic.clone(), alias.number);
    }
}
