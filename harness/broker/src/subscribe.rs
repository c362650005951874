//! SUBSCRIBE and UNSUBSCRIBE.

use crate::access::Action;
use crate::behaviour::DollarTopics;
use crate::broker::Broker;
use crate::connection::Peer;
use crate::delivery::Delivery;
use crate::error::Violation;
use crate::names::is_reserved;
use crate::saboteur::Switch;
use crate::session::ClientId;
use crate::subscriptions::{Subscription, SubscriptionKey, granted};
use mqttspec_codec::{
    Packet, PacketType, Properties, PropertyId, ReasonCode, RetainHandling, Suback, Subscribe, TopicFilter,
    Unsubscribe, Version,
};

impl Broker {
    /// SUBSCRIBE from a client: one filter after the other, and one answer to all.
    // [v5:MQTT-3.8.4-1] [v5:MQTT-3.8.4-5] [v5:MQTT-3.8.4-6] [v5:MQTT-3.9.3-1]
    // [v3.1.1:MQTT-3.8.4-1] [v3.1.1:MQTT-3.8.4-4] [v3.1.1:MQTT-3.8.4-5] [v3.1.1:MQTT-3.9.3-1]
    pub(crate) fn subscribe(&mut self, peer: &Peer, subscribe: &Subscribe<'_>) -> Result<(), Violation> {
        let identifier = subscribe.properties.number(PropertyId::SubscriptionIdentifier);
        // What CONNACK has ruled out costs the connection, before anything is done (3.2.2.3.11 to 3.2.2.3.13).
        if identifier.is_some() && !self.config.subscription_identifiers_available {
            let reason = ReasonCode::SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED;
            return Err(Violation::new(reason, "Subscription Identifiers are not supported"));
        }
        let mut asked = Vec::new();
        for subscription in subscribe.subscriptions {
            let filter = subscription.filter.as_str().and_then(|text| TopicFilter::new(text, peer.version));
            let Some(filter) = filter else { return Err(Violation::protocol_error("not a topic filter")) };
            self.check_filter(peer, filter)?;
            let maximum_qos = self.config.maximum_qos.min(self.config.behaviour.granted_qos_maximum);
            asked.push((filter, granted(subscription.options, maximum_qos)));
        }

        let mut reasons = Vec::with_capacity(asked.len());
        let mut text = "";
        let mut retained = Vec::new();
        for (filter, options) in asked {
            let refuses = self.config.behaviour.refuses_wildcards && peer.version == Version::V5;
            let wildcards = self.config.wildcard_subscription_available && !refuses;
            let wildcard_refused = filter.has_wildcard() && !wildcards;
            let key = SubscriptionKey::new(filter);
            let existed = self.subscriptions.contains(&peer.client_id, &key);
            if wildcard_refused {
                // [v3.1.1:MQTT-3.8.3-2]
                reasons.push(refused(peer.version, ReasonCode::WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED));
                continue;
            }
            if self.config.behaviour.dollar_topics == DollarTopics::Refused && is_reserved(filter.as_str()) {
                reasons.push(refused(peer.version, ReasonCode::TOPIC_FILTER_INVALID));
                continue;
            }
            if !existed && self.subscriptions.count(&peer.client_id) >= self.config.subscription_maximum {
                reasons.push(refused(peer.version, ReasonCode::QUOTA_EXCEEDED));
                text = "too many subscriptions";
                continue;
            }
            if !self.authorized(peer, Action::Subscribe, filter.as_str()) {
                reasons.push(refused(peer.version, ReasonCode::NOT_AUTHORIZED));
                text = "the topic filter is not authorized";
                continue;
            }
            let subscription = Subscription { options, identifier };
            self.subscriptions.insert(&peer.client_id, key, subscription);
            // A Maximum QoS below what was asked for is granted, not an error.
            // [v5:MQTT-3.2.2-10] [v5:MQTT-3.8.4-7] [v5:MQTT-3.9.3-2] [v3.1.1:MQTT-3.9.3-2]
            reasons.push(options.qos() as u8);
            // To a shared subscription none are sent (3.8.4, 4.8.2).
            let shared = filter.share().is_some() && !self.config.sabotaged(Switch::RetainedForShared);
            if !shared && sends_retained(subscription, existed) {
                retained.extend(self.retained_for(peer, filter, subscription));
            }
        }
        if self.config.behaviour.retained_in_reverse {
            retained.reverse();
        }
        // A PUBLISH may come before the SUBACK (3.8.4).
        if !self.config.behaviour.retained_before_suback {
            self.answer(peer, PacketType::Suback, subscribe.packet_identifier, &reasons, text);
        }
        for delivery in retained {
            self.deliver(&peer.client_id, delivery);
        }
        if self.config.behaviour.retained_before_suback {
            self.answer(peer, PacketType::Suback, subscribe.packet_identifier, &reasons, text);
        }
        Ok(())
    }

    fn check_filter(&self, peer: &Peer, filter: TopicFilter<'_>) -> Result<(), Violation> {
        if self.config.behaviour.dollar_topics == DollarTopics::Closed && is_reserved(filter.as_str()) {
            return Err(Violation::new(ReasonCode::TOPIC_FILTER_INVALID, "topics with $ are the server's"));
        }
        if peer.version == Version::V311 {
            return Ok(());
        }
        if filter.has_wildcard() && !self.config.wildcard_subscription_available {
            let reason = ReasonCode::WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED;
            return Err(Violation::new(reason, "wildcards are not supported"));
        }
        if filter.share().is_some() && !self.config.shared_subscription_available {
            let reason = ReasonCode::SHARED_SUBSCRIPTIONS_NOT_SUPPORTED;
            return Err(Violation::new(reason, "shared subscriptions are not supported"));
        }
        Ok(())
    }

    /// The retained messages for a subscription, each with RETAIN 1 and the identifier of the subscription.
    // [v5:MQTT-3.3.4-3] [v5:MQTT-3.8.4-8] [v3.1.1:MQTT-3.3.1-6] [v3.1.1:MQTT-3.3.1-8]
    fn retained_for(&self, peer: &Peer, filter: TopicFilter<'_>, subscription: Subscription) -> Vec<Delivery> {
        let messages = self.retained.matching(filter, self.now).into_iter();
        // [v5:MQTT-3.8.3-3]
        let foreign =
            messages.filter(|message| !(subscription.options.no_local() && message.publisher == peer.client_id));
        let delivery = |message: std::sync::Arc<crate::message::Message>| Delivery {
            qos: subscription.options.qos().min(message.qos),
            retain: true,
            subscription_identifiers: subscription.identifier.into_iter().collect(),
            share: None,
            message,
        };
        foreign.map(delivery).collect()
    }

    /// UNSUBSCRIBE from a client. What is under way to it goes on.
    // [v5:MQTT-3.10.4-3] [v5:MQTT-3.10.4-4] [v5:MQTT-3.10.4-5] [v5:MQTT-3.10.4-6] [v5:MQTT-3.11.3-1]
    // [v5:MQTT-3.11.3-2] [v3.1.1:MQTT-3.10.4-3] [v3.1.1:MQTT-3.10.4-4] [v3.1.1:MQTT-3.10.4-5]
    // [v3.1.1:MQTT-3.10.4-6]
    pub(crate) fn unsubscribe(&mut self, peer: &Peer, unsubscribe: &Unsubscribe<'_>) -> Result<(), Violation> {
        let mut reasons = Vec::new();
        for filter in unsubscribe.filters {
            let filter = filter.as_str().and_then(|text| TopicFilter::new(text, peer.version));
            let key = filter.map(SubscriptionKey::new);
            let existed = key.as_ref().is_some_and(|key| self.subscriptions.remove(&peer.client_id, key));
            if let Some(key) = key.filter(|_| existed && self.config.behaviour.drops_at_unsubscribe) {
                self.drop_waiting(&peer.client_id, &key);
            }
            let reason = if existed { ReasonCode::SUCCESS } else { ReasonCode::NO_SUBSCRIPTION_EXISTED };
            reasons.push(reason.0);
        }
        if peer.version == Version::V311 {
            reasons.clear();
        }
        self.answer(peer, PacketType::Unsuback, unsubscribe.packet_identifier, &reasons, "");
        Ok(())
    }

    /// Takes away what waits for a client because of this subscription alone.
    fn drop_waiting(&mut self, client_id: &ClientId, key: &SubscriptionKey) {
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        let left: Vec<&SubscriptionKey> = self.subscriptions.of(client_id).map(|(key, _)| key).collect();
        session.outbound.drop_waiting(|delivery| {
            let matches = |key: &SubscriptionKey| match &delivery.share {
                Some(share) => share == key,
                None => key.share.is_none() && key.matches(&delivery.message.topic),
            };
            matches(key) && !left.iter().any(|key| matches(key))
        });
    }

    /// SUBACK or UNSUBACK, with the identifier of what is answered.
    // [v5:MQTT-2.2.1-6] [v5:MQTT-3.8.4-2] [v3.1.1:MQTT-2.3.1-7] [v3.1.1:MQTT-3.8.4-2]
    pub(crate) fn answer(&mut self, peer: &Peer, kind: PacketType, packet_identifier: u16, reasons: &[u8], text: &str) {
        let packet = |properties| {
            let suback = Suback { packet_identifier, properties, reasons };
            if kind == PacketType::Suback { Packet::Suback(suback) } else { Packet::Unsuback(suback) }
        };
        let said = if self.problem_information(peer) { self.reason_string(text) } else { Vec::new() };
        // [v5:MQTT-3.9.2-1] [v5:MQTT-3.9.2-2] [v5:MQTT-3.11.2-1] [v5:MQTT-3.11.2-2]
        self.write_answer(peer.connection, &[packet(Properties::list(&said)), packet(Properties::EMPTY)]);
    }
}

/// Whether a SUBSCRIBE to a non-shared subscription is answered with retained messages, too. In 3.1.1 it always is: the
/// bits of Retain Handling are 0 there.
// [v5:MQTT-3.3.1-9] [v5:MQTT-3.3.1-10] [v5:MQTT-3.3.1-11] [v5:MQTT-3.8.4-4] [v3.1.1:MQTT-3.8.4-3]
const fn sends_retained(subscription: Subscription, existed: bool) -> bool {
    match subscription.options.retain_handling() {
        RetainHandling::Send => true,
        RetainHandling::SendIfNew => !existed,
        RetainHandling::DoNotSend => false,
    }
}

/// The code for a filter that is refused: 3.1.1 has only one.
pub(crate) const fn refused(version: Version, reason: ReasonCode) -> u8 {
    match version {
        Version::V311 => 0x80,
        Version::V5 => reason.0,
    }
}
