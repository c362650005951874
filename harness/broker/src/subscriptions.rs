//! The subscriptions of all sessions, and what they match.

use crate::session::ClientId;
use mqttspec_codec::{QoS, SubscriptionOptions, TopicFilter, TopicName, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// The name of a subscription within a session: the topic filter, with the share name apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SubscriptionKey {
    pub(crate) share: Option<Arc<str>>,
    pub(crate) filter: Arc<str>,
}

impl SubscriptionKey {
    pub(crate) fn new(filter: TopicFilter<'_>) -> Self {
        Self { share: filter.share().map(Arc::from), filter: filter.as_str().into() }
    }

    /// Whether its filter matches this topic.
    pub(crate) fn matches(&self, topic: &str) -> bool {
        TopicName::new(topic).is_some_and(|name| key_matches(self, name))
    }

    /// Subscriptions are kept by the literal beginning of their filter: all of it when there is no wildcard, else
    /// the levels before the first one, with the `/` behind them.
    fn literal(&self) -> &str {
        self.filter.split(['+', '#']).next().unwrap_or_default()
    }
}

/// What a session has been granted for a topic filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// With the QoS that was granted.
    pub(crate) options: SubscriptionOptions,
    pub(crate) identifier: Option<u32>,
}

/// What a message matches.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    /// The non-shared subscriptions of each session.
    pub(crate) own: BTreeMap<ClientId, Vec<Subscription>>,
    /// For each shared subscription the session whose turn it is.
    pub(crate) shared: Vec<(SubscriptionKey, ClientId, Subscription)>,
}

/// The subscriptions of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    /// Whether a shared subscription always chooses its first member that is there.
    share_with_first: bool,
    by_literal: BTreeMap<Box<str>, BTreeMap<SubscriptionKey, Group>>,
    by_session: BTreeMap<ClientId, BTreeSet<SubscriptionKey>>,
}

/// All sessions that have subscribed with one key.
#[derive(Debug, Default)]
struct Group {
    members: BTreeMap<ClientId, Subscription>,
    /// The member of a shared subscription that got the last message.
    last: Option<ClientId>,
}

impl Subscriptions {
    /// No subscriptions yet.
    pub(crate) fn new(share_with_first: bool) -> Self {
        Self { share_with_first, ..Self::default() }
    }

    /// How many subscriptions a session has.
    pub(crate) fn count(&self, client_id: &ClientId) -> usize {
        self.by_session.get(client_id).map_or(0, BTreeSet::len)
    }

    /// How many subscriptions there are.
    pub(crate) fn total(&self) -> usize {
        self.by_session.values().map(BTreeSet::len).sum()
    }

    pub(crate) fn contains(&self, client_id: &ClientId, key: &SubscriptionKey) -> bool {
        self.by_session.get(client_id).is_some_and(|keys| keys.contains(key))
    }

    /// The subscriptions of a session.
    pub(crate) fn of(&self, client_id: &ClientId) -> impl Iterator<Item = (&SubscriptionKey, Subscription)> {
        self.by_session.get(client_id).into_iter().flatten().filter_map(move |key| {
            let group = self.by_literal.get(key.literal())?.get(key)?;
            group.members.get(client_id).map(|subscription| (key, *subscription))
        })
    }

    /// Adds a subscription, or replaces the one of the same filter, identifier and all.
    // [v5:MQTT-3.8.4-3] [v3.1.1:MQTT-3.8.4-3]
    pub(crate) fn insert(&mut self, client_id: &ClientId, key: SubscriptionKey, subscription: Subscription) {
        self.by_session.entry(client_id.clone()).or_default().insert(key.clone());
        let level = self.by_literal.entry(key.literal().into()).or_default();
        level.entry(key).or_default().members.insert(client_id.clone(), subscription);
    }

    /// Removes the subscription of exactly this filter; whether there was one.
    // [v5:MQTT-3.10.4-1] [v3.1.1:MQTT-3.10.4-1] [v5:MQTT-3.10.4-2] [v3.1.1:MQTT-3.10.4-2]
    pub(crate) fn remove(&mut self, client_id: &ClientId, key: &SubscriptionKey) -> bool {
        let Some(keys) = self.by_session.get_mut(client_id) else { return false };
        if !keys.remove(key) {
            return false;
        }
        if keys.is_empty() {
            self.by_session.remove(client_id);
        }
        self.remove_member(client_id, key);
        true
    }

    /// Removes all subscriptions of a session.
    pub(crate) fn remove_session(&mut self, client_id: &ClientId) {
        for key in self.by_session.remove(client_id).unwrap_or_default() {
            self.remove_member(client_id, &key);
        }
    }

    fn remove_member(&mut self, client_id: &ClientId, key: &SubscriptionKey) {
        let Some(level) = self.by_literal.get_mut(key.literal()) else { return };
        if let Some(group) = level.get_mut(key) {
            group.members.remove(client_id);
            if group.members.is_empty() {
                level.remove(key);
            }
        }
        if level.is_empty() {
            self.by_literal.remove(key.literal());
        }
    }

    /// All subscriptions that a topic matches. Of each shared subscription one member gets the message: the next in
    /// turn of those that `connected` tells, or else of all.
    pub(crate) fn matching(&mut self, topic: &str, connected: &dyn Fn(&ClientId) -> bool) -> Matches {
        let mut matches = Matches::default();
        let Some(name) = TopicName::new(topic) else { return matches };
        // The topic itself, and all levels that a wildcard may follow: `a/#` matches `a`, so `a/` is among them.
        let below = format!("{topic}/");
        let levels = below.match_indices('/').map(|(at, _)| &below[..=at]);
        let itself = (!topic.ends_with('/')).then_some(topic);
        for literal in levels.chain([""]).chain(itself) {
            let Some(groups) = self.by_literal.get_mut(literal) else { continue };
            for (key, group) in groups.iter_mut().filter(|(key, _)| key_matches(key, name)) {
                if key.share.is_some() {
                    let chosen = group.choose(connected, self.share_with_first);
                    matches
                        .shared
                        .extend(chosen.map(|(client_id, subscription)| (key.clone(), client_id, subscription)));
                } else {
                    for (client_id, subscription) in &group.members {
                        matches.own.entry(client_id.clone()).or_default().push(*subscription);
                    }
                }
            }
        }
        matches
    }

    /// The sessions that have subscribed with this key.
    pub(crate) fn members(&self, key: &SubscriptionKey) -> impl Iterator<Item = &ClientId> {
        let group = self.by_literal.get(key.literal()).and_then(|level| level.get(key));
        group.into_iter().flat_map(|group| group.members.keys())
    }

    /// The member of a shared subscription whose turn it is.
    pub(crate) fn choose(
        &mut self,
        key: &SubscriptionKey,
        connected: &dyn Fn(&ClientId) -> bool,
    ) -> Option<(ClientId, Subscription)> {
        self.by_literal.get_mut(key.literal())?.get_mut(key)?.choose(connected, self.share_with_first)
    }
}

impl Group {
    fn choose(&mut self, connected: &dyn Fn(&ClientId) -> bool, first: bool) -> Option<(ClientId, Subscription)> {
        let start = self.last.clone().filter(|_| !first).map_or(Bound::Unbounded, Bound::Excluded);
        let mut turn =
            self.members.range::<ClientId, _>((start, Bound::Unbounded)).chain(self.members.iter()).peekable();
        let first = turn.peek().copied();
        let (client_id, subscription) = turn.find(|(client_id, _)| connected(client_id)).or(first)?;
        let chosen = (client_id.clone(), *subscription);
        self.last = Some(chosen.0.clone());
        Some(chosen)
    }
}

/// Whether the filter of a key matches. `$share/NAME/` is not a part of it; the filter behind is read as it is.
// [v5:MQTT-4.7.1-1] [v5:MQTT-4.7.1-2] [v5:MQTT-4.7.2-1] [v5:MQTT-4.7.3-4]
// [v3.1.1:MQTT-4.7.1-2] [v3.1.1:MQTT-4.7.1-3] [v3.1.1:MQTT-4.7.2-1] [v3.1.1:MQTT-4.7.3-4]
fn key_matches(key: &SubscriptionKey, name: TopicName<'_>) -> bool {
    TopicFilter::new(&key.filter, Version::V311).is_some_and(|filter| filter.matches(name))
}

/// The options with the QoS that is granted: what was asked for, as far as the server goes.
pub(crate) fn granted(asked: SubscriptionOptions, maximum_qos: QoS) -> SubscriptionOptions {
    let qos = asked.qos().min(maximum_qos);
    SubscriptionOptions::new(qos)
        .with_no_local(asked.no_local())
        .with_retain_as_published(asked.retain_as_published())
        .with_retain_handling(asked.retain_handling())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level(wildcards: bool) -> impl Strategy<Value = &'static str> {
        let levels = if wildcards { &["", "a", "b", "$", "+", "+"][..] } else { &["", "a", "b", "$"] };
        prop::sample::select(levels)
    }

    fn topic(wildcards: bool) -> impl Strategy<Value = String> {
        prop::collection::vec(level(wildcards), 1..5).prop_map(|levels| levels.join("/"))
    }

    fn filter() -> impl Strategy<Value = String> {
        (topic(true), any::<bool>()).prop_map(|(filter, all)| match (filter.is_empty(), all) {
            (true, true) => "#".into(),
            (_, true) => filter + "/#",
            (_, false) => filter,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Where a filter is kept does not decide whether it matches.
        #[test]
        fn every_match_is_found(filters in prop::collection::btree_set(filter(), 0..20), name in topic(false)) {
            let mut subscriptions = Subscriptions::default();
            let mut expected = BTreeSet::new();
            for text in &filters {
                let Some(filter) = TopicFilter::new(text, Version::V5) else { continue };
                let client_id: ClientId = text.as_str().into();
                let subscription = Subscription { options: SubscriptionOptions::new(QoS::AtMostOnce), identifier: None };
                subscriptions.insert(&client_id, SubscriptionKey::new(filter), subscription);
                if TopicName::new(&name).is_some_and(|name| filter.matches(name)) {
                    expected.insert(client_id);
                }
            }
            let matches = subscriptions.matching(&name, &|_| true).own;
            prop_assert!(matches.values().all(|subscriptions| subscriptions.len() == 1));
            prop_assert_eq!(matches.into_keys().collect::<BTreeSet<_>>(), expected);
            for text in &filters {
                subscriptions.remove_session(&text.as_str().into());
            }
            prop_assert!(subscriptions.by_literal.is_empty() && subscriptions.by_session.is_empty());
        }
    }
}
