//! What clients publish, and their acknowledgements.

use crate::broker::Broker;
use crate::connection::{Client, Peer};
use crate::error::Violation;
use crate::message::{Message, payload_format_valid};
use crate::outbound::AfterPubrec;
use mqttspec_codec::{Acknowledgement, PacketType, PropertyId, Publish, QoS, ReasonCode, Version};
use std::sync::Arc;

/// Why a message is not taken though its packet is right.
struct NotAccepted {
    reason: ReasonCode,
    text: &'static str,
}

impl Broker {
    /// PUBLISH from a client.
    pub(crate) fn publish(&mut self, peer: &Peer, publish: &Publish<'_>) -> Result<(), Violation> {
        self.check_publish(publish)?;
        let Some((topic, seen)) = self.receive(peer, publish)? else { return Ok(()) };
        let kind = match publish.qos {
            QoS::ExactlyOnce => PacketType::Pubrec,
            QoS::AtMostOnce | QoS::AtLeastOnce => PacketType::Puback,
        };
        let identifier = publish.packet_identifier.unwrap_or(0);
        if seen {
            // The message is the server's already; once is all the subscribers get.
            // [v5:MQTT-4.3.3-10] [v3.1.1:MQTT-4.3.3-2]
            self.acknowledge(peer, kind, identifier, ReasonCode::SUCCESS, "");
            return Ok(());
        }
        if let Err(refusal) = self.accept(publish, &topic) {
            return self.not_accepted(peer, publish, kind, &refusal);
        }
        if publish.qos == QoS::ExactlyOnce
            && let Some(session) = self.sessions.get_mut(&peer.client_id)
        {
            session.unreleased.insert(identifier);
        }
        let message = Message::of_publish(publish, topic, peer.client_id.clone(), self.now);
        let matched = self.publish_message(message);
        let reason = if matched { ReasonCode::SUCCESS } else { ReasonCode::NO_MATCHING_SUBSCRIBERS };
        // The QoS of the packet decides on the answer, in the order of arrival. After a PUBACK the same identifier
        // is a new message: nothing is kept of it.
        // [v5:MQTT-3.3.4-1] [v5:MQTT-4.3.2-4] [v5:MQTT-4.3.2-5] [v5:MQTT-4.3.3-8] [v5:MQTT-4.3.3-13]
        // [v3.1.1:MQTT-3.3.4-1] [v3.1.1:MQTT-4.3.2-2] [v3.1.1:MQTT-4.3.3-2]
        if publish.qos != QoS::AtMostOnce {
            self.acknowledge(peer, kind, identifier, reason, "");
        }
        Ok(())
    }

    /// Holds a PUBLISH against what CONNACK has said (3.2.2.3.4, 3.2.2.3.5).
    fn check_publish(&self, publish: &Publish<'_>) -> Result<(), Violation> {
        if publish.qos > self.config.maximum_qos {
            return Err(Violation::new(ReasonCode::QOS_NOT_SUPPORTED, "QoS above Maximum QoS"));
        }
        if publish.retain && !self.config.retain_available {
            return Err(Violation::new(ReasonCode::RETAIN_NOT_SUPPORTED, "retained messages are not supported"));
        }
        Ok(())
    }

    /// Topic Alias and Receive Maximum: the topic, and whether the packet is a QoS 2 message that is not released.
    fn receive(&mut self, peer: &Peer, publish: &Publish<'_>) -> Result<Option<(Arc<str>, bool)>, Violation> {
        let receive_maximum = usize::from(self.config.receive_maximum.max(1));
        let alias_maximum = self.config.topic_alias_maximum;
        let state = self.connections.get_mut(&peer.connection);
        let Some(client) = state.and_then(|state| state.client.as_mut()) else { return Ok(None) };
        let Some(session) = self.sessions.get(&peer.client_id) else { return Ok(None) };
        let topic = topic(client, publish, alias_maximum)?;
        let mut seen = false;
        let mut under_way = client.unacknowledged.len();
        if let Some(identifier) = publish.packet_identifier {
            seen = publish.qos == QoS::ExactlyOnce && session.unreleased.contains(&identifier);
            // A QoS 1 PUBLISH is answered at once, but it counts until then.
            if publish.qos == QoS::ExactlyOnce {
                client.unacknowledged.insert(identifier);
                under_way = client.unacknowledged.len();
            } else {
                under_way += 1;
            }
        }
        // [v5:MQTT-3.3.4-7]
        if peer.version == Version::V5 && publish.qos != QoS::AtMostOnce && under_way > receive_maximum {
            return Err(Violation::new(ReasonCode::RECEIVE_MAXIMUM_EXCEEDED, "more than Receive Maximum under way"));
        }
        Ok(Some((topic, seen)))
    }

    /// Whether the server takes the message over.
    fn accept(&mut self, publish: &Publish<'_>, topic: &str) -> Result<(), NotAccepted> {
        if self.config.check_payload_format && !payload_format_valid(publish.properties, publish.payload) {
            let reason = ReasonCode::PAYLOAD_FORMAT_INVALID;
            return Err(NotAccepted { reason, text: "the payload is not UTF-8" });
        }
        // One of QoS 0 need not be kept (3.3.1.3 of 3.1.1): it is published all the same.
        let stored = publish.retain && !publish.payload.is_empty() && publish.qos != QoS::AtMostOnce;
        if stored && !self.retained.has_room(topic, self.config.retained_maximum, self.now) {
            return Err(NotAccepted { reason: ReasonCode::QUOTA_EXCEEDED, text: "too many retained messages" });
        }
        Ok(())
    }

    /// Tells the client with the acknowledgement, where there is one that can say so; or ends the connection.
    // [v5:MQTT-3.4.2-1] [v5:MQTT-3.5.2-1] [v3.1.1:MQTT-3.3.5-2] [v3.1.1:MQTT-4.8.0-2]
    fn not_accepted(
        &mut self,
        peer: &Peer,
        publish: &Publish<'_>,
        kind: PacketType,
        refusal: &NotAccepted,
    ) -> Result<(), Violation> {
        let Some(identifier) = publish.packet_identifier.filter(|_| peer.version == Version::V5) else {
            return Err(Violation::new(refusal.reason, refusal.text));
        };
        // The exchange is over: the identifier is free, and the next PUBLISH with it is a new message.
        // [v5:MQTT-4.3.3-9]
        self.release(peer, identifier);
        self.acknowledge(peer, kind, identifier, refusal.reason, refusal.text);
        Ok(())
    }

    /// Ends an exchange of QoS 2; whether there was one.
    fn release(&mut self, peer: &Peer, identifier: u16) -> bool {
        let state = self.connections.get_mut(&peer.connection);
        if let Some(client) = state.and_then(|state| state.client.as_mut()) {
            client.unacknowledged.remove(&identifier);
        }
        self.sessions.get_mut(&peer.client_id).is_some_and(|session| session.unreleased.remove(&identifier))
    }

    /// PUBREL from a client: from now on the identifier is free.
    // [v5:MQTT-4.3.3-11] [v5:MQTT-4.3.3-12] [v5:MQTT-3.7.2-1] [v3.1.1:MQTT-4.3.3-2]
    pub(crate) fn pubrel(&mut self, peer: &Peer, pubrel: &Acknowledgement<'_>) -> Result<(), Violation> {
        let identifier = pubrel.packet_identifier;
        let known = self.release(peer, identifier);
        let reason = if known { ReasonCode::SUCCESS } else { ReasonCode::PACKET_IDENTIFIER_NOT_FOUND };
        self.acknowledge(peer, PacketType::Pubcomp, identifier, reason, "");
        Ok(())
    }

    /// PUBACK from a client.
    pub(crate) fn puback(&mut self, peer: &Peer, puback: &Acknowledgement<'_>) -> Result<(), Violation> {
        let Some(session) = self.sessions.get_mut(&peer.client_id) else { return Ok(()) };
        session.outbound.puback(puback.packet_identifier)?;
        self.pump(&peer.client_id);
        Ok(())
    }

    /// PUBREC from a client.
    pub(crate) fn pubrec(&mut self, peer: &Peer, pubrec: &Acknowledgement<'_>) -> Result<(), Violation> {
        let Some(session) = self.sessions.get_mut(&peer.client_id) else { return Ok(()) };
        let reason = match session.outbound.pubrec(pubrec.packet_identifier, pubrec.reason)? {
            AfterPubrec::Pubrel => Some(ReasonCode::SUCCESS),
            AfterPubrec::PubrelNotFound => Some(ReasonCode::PACKET_IDENTIFIER_NOT_FOUND),
            AfterPubrec::Nothing => None,
        };
        // [v5:MQTT-4.3.3-4] [v5:MQTT-3.6.2-1] [v3.1.1:MQTT-4.3.3-1]
        if let Some(reason) = reason {
            self.acknowledge(peer, PacketType::Pubrel, pubrec.packet_identifier, reason, "");
        }
        self.pump(&peer.client_id);
        Ok(())
    }

    /// PUBCOMP from a client.
    pub(crate) fn pubcomp(&mut self, peer: &Peer, pubcomp: &Acknowledgement<'_>) -> Result<(), Violation> {
        let Some(session) = self.sessions.get_mut(&peer.client_id) else { return Ok(()) };
        session.outbound.pubcomp(pubcomp.packet_identifier)?;
        self.pump(&peer.client_id);
        Ok(())
    }
}

/// The topic of a PUBLISH, by its name or its Topic Alias (3.3.4).
// [v5:MQTT-3.3.2-7] [v5:MQTT-3.3.2-9] [v5:MQTT-3.3.2-12]
fn topic(client: &mut Client, publish: &Publish<'_>, alias_maximum: u16) -> Result<Arc<str>, Violation> {
    let name: Arc<str> = publish.topic.as_str().unwrap_or_default().into();
    let Some(alias) = publish.properties.number(PropertyId::TopicAlias) else { return Ok(name) };
    let alias = u16::try_from(alias).ok().filter(|alias| (1..=alias_maximum).contains(alias));
    let Some(alias) = alias else {
        return Err(Violation::new(ReasonCode::TOPIC_ALIAS_INVALID, "above Topic Alias Maximum"));
    };
    if name.is_empty() {
        let known = client.topic_aliases.get(&alias).cloned();
        return known.ok_or(Violation::protocol_error("Topic Alias without a mapping"));
    }
    client.topic_aliases.insert(alias, name.clone());
    Ok(name)
}
