//! What clients publish, and their acknowledgements.

use crate::access::Action;
use crate::behaviour::DollarTopics;
use crate::broker::Broker;
use crate::connection::Peer;
use crate::error::Violation;
use crate::message::{Message, payload_format_valid};
use crate::names::is_reserved;
use crate::outbound::AfterPubrec;
use mqttspec_codec::{Acknowledgement, PacketType, Publish, QoS, ReasonCode, Version};
use std::sync::Arc;

/// Why a message is not taken though its packet is right.
pub(crate) struct NotAccepted {
    pub(crate) reason: ReasonCode,
    pub(crate) text: &'static str,
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
        // A client of 3.1.1 cannot be told, and at QoS 0 none can: its message is acknowledged, and that is all.
        // [v3.1.1:MQTT-3.3.5-2]
        let authorized = self.authorized(peer, Action::Publish, &topic);
        let can_be_told = peer.version == Version::V5 && publish.qos != QoS::AtMostOnce;
        if (authorized || can_be_told)
            && let Err(refusal) = self.accept(publish, &topic, authorized)
        {
            return self.not_accepted(peer, publish.packet_identifier, kind, &refusal);
        }
        let behaviour = &self.config.behaviour;
        let ignored = behaviour.dollar_topics == DollarTopics::Ignored && is_reserved(&topic);
        let message = Message::of_publish(publish, topic, peer.client_id.clone(), self.now);
        let mut message = (authorized && !ignored).then_some(message);
        let at_pubrel = behaviour.delivers_at_pubrel && publish.qos == QoS::ExactlyOnce;
        if publish.qos == QoS::ExactlyOnce
            && let Some(session) = self.sessions.get_mut(&peer.client_id)
        {
            session.unreleased.insert(identifier, if at_pubrel { message.take() } else { None });
        }
        if behaviour.acknowledges_first && publish.qos != QoS::AtMostOnce {
            self.acknowledge(peer, kind, identifier, ReasonCode::SUCCESS, "");
            message.map(|message| self.publish_message(message));
            return Ok(());
        }
        let matched = message.map(|message| self.publish_message(message));
        let nobody = matched == Some(false) && self.config.behaviour.tells_no_subscribers;
        let reason = if nobody { ReasonCode::NO_MATCHING_SUBSCRIBERS } else { ReasonCode::SUCCESS };
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
        let reserved = publish.topic.as_str().is_some_and(is_reserved);
        if reserved && self.config.behaviour.dollar_topics == DollarTopics::Closed {
            return Err(Violation::new(ReasonCode::TOPIC_NAME_INVALID, "topics with $ are the server's"));
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
        let topic = client.received_aliases.topic(publish, alias_maximum)?;
        let mut seen = false;
        let mut under_way = client.unacknowledged.len();
        if let Some(identifier) = publish.packet_identifier {
            seen = publish.qos == QoS::ExactlyOnce && session.unreleased.contains_key(&identifier);
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
    fn accept(&mut self, publish: &Publish<'_>, topic: &str, authorized: bool) -> Result<(), NotAccepted> {
        if !authorized {
            return Err(NotAccepted { reason: ReasonCode::NOT_AUTHORIZED, text: "the topic is not authorized" });
        }
        if self.config.behaviour.dollar_topics == DollarTopics::Refused && is_reserved(topic) {
            return Err(NotAccepted { reason: ReasonCode::TOPIC_NAME_INVALID, text: "topics with $ are the server's" });
        }
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
    pub(crate) fn not_accepted(
        &mut self,
        peer: &Peer,
        identifier: Option<u16>,
        kind: PacketType,
        refusal: &NotAccepted,
    ) -> Result<(), Violation> {
        let Some(identifier) = identifier.filter(|_| peer.version == Version::V5) else {
            return Err(Violation::new(refusal.reason, refusal.text));
        };
        // The exchange is over: the identifier is free, and the next PUBLISH with it is a new message.
        // [v5:MQTT-4.3.3-9]
        self.release(peer, identifier);
        self.acknowledge(peer, kind, identifier, refusal.reason, refusal.text);
        Ok(())
    }

    /// Ends an exchange of QoS 2: the message, where it has not gone on yet; `None` when there was no exchange.
    fn release(&mut self, peer: &Peer, identifier: u16) -> Option<Option<Message>> {
        let state = self.connections.get_mut(&peer.connection);
        if let Some(client) = state.and_then(|state| state.client.as_mut()) {
            client.unacknowledged.remove(&identifier);
        }
        self.sessions.get_mut(&peer.client_id)?.unreleased.remove(&identifier)
    }

    /// PUBREL from a client: from now on the identifier is free.
    // [v5:MQTT-4.3.3-11] [v5:MQTT-4.3.3-12] [v5:MQTT-3.7.2-1] [v3.1.1:MQTT-4.3.3-2]
    pub(crate) fn pubrel(&mut self, peer: &Peer, pubrel: &Acknowledgement<'_>) -> Result<(), Violation> {
        let identifier = pubrel.packet_identifier;
        let released = self.release(peer, identifier);
        let reason = if released.is_some() { ReasonCode::SUCCESS } else { self.unknown_identifier() };
        if let Some(message) = released.flatten().filter(|message| !message.expired(self.now)) {
            self.publish_message(message);
        }
        self.acknowledge(peer, PacketType::Pubcomp, identifier, reason, "");
        Ok(())
    }

    /// The code for an identifier that is not in use.
    fn unknown_identifier(&self) -> ReasonCode {
        match self.config.behaviour.tells_unknown_identifier {
            true => ReasonCode::PACKET_IDENTIFIER_NOT_FOUND,
            false => ReasonCode::SUCCESS,
        }
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
            AfterPubrec::PubrelNotFound => Some(self.unknown_identifier()),
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
