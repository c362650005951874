//! What holds of every exchange that the Server has with a Client: identifiers, aliases, quotas.

use super::Player;
use super::session::is_copy;
use crate::watch;
use mqttspec_codec::{Packet, PacketType, PropertyId, Publish, QoS, Version};

impl Player {
    /// Topic aliases, identifiers and Receive Maximum.
    pub(super) fn publish(&mut self, connection: u32, index: usize, publish: &Publish<'_>) {
        let state = &mut self.connections[connection as usize];
        let (own, tainted) = (state.own, state.tainted);
        if let Some(alias) = publish.properties.number(PropertyId::TopicAlias) {
            if own.topic_alias == 0 {
                let text = "a topic alias, where the Client takes none";
                self.breach_of(watch::ALIAS_WHERE_NONE, connection, Some(index), text);
            } else if alias > own.topic_alias {
                let text = format!("topic alias {alias}, where the Client takes {} at most", own.topic_alias);
                self.breach_of(watch::ALIAS_TOO_HIGH, connection, Some(index), &text);
            }
        }
        let state = &self.connections[connection as usize];
        // In 3.1.1 nothing can stand for a topic: that it is empty is told with the packet.
        if state.version == Version::V5 && publish.topic.is_empty() && state.received[index].topic.is_none() {
            let alias = publish.properties.number(PropertyId::TopicAlias).unwrap_or(0);
            let text = format!("topic alias {alias} was never set on this connection");
            self.find_breach(connection, Some(index), None, &text);
        }
        let Some(id) = publish.packet_identifier else { return };
        let state = &mut self.connections[connection as usize];
        let in_use = state.inbound.insert(id, publish.qos as u8).is_some();
        let open = state.inbound.len();
        if !tainted {
            self.identifier(connection, index, publish, in_use);
        }
        if open > own.receive_maximum as usize && publish.qos != QoS::AtMostOnce && !tainted {
            let text = format!("{open} PUBLISH are not acknowledged, Receive Maximum is {}", own.receive_maximum);
            self.breach_of(watch::RECEIVE_MAXIMUM, connection, Some(index), &text);
        }
    }

    /// Whether the identifier of a PUBLISH is free for it; `in_use` tells whether this connection has it open.
    fn identifier(&mut self, connection: u32, index: usize, publish: &Publish<'_>, in_use: bool) {
        let version = self.connections[connection as usize].version;
        let Some(id) = publish.packet_identifier else { return };
        let before = self.open_before(connection, id).filter(|_| !in_use);
        let copies = before.is_some_and(|(on, at)| {
            let original = self.connections[on as usize].received[at].packet();
            matches!(original, Some(Packet::Publish(original)) if is_copy(&original, publish))
        });
        let (watch, text) = match (in_use, publish.dup, version) {
            (true, true, Version::V5) => {
                (watch::SENT_AGAIN, format!("packet identifier {id} is sent again on the same connection"))
            }
            (false, false, _) if copies => (
                watch::SENT_AGAIN_WITHOUT_DUP,
                format!("the PUBLISH of packet identifier {id} is sent again with DUP 0"),
            ),
            (_, true, _) => return,
            (false, false, _) if before.is_none() => return,
            (_, false, _) => (watch::IDENTIFIER_IN_USE, format!("packet identifier {id} is in use")),
        };
        self.breach_of(watch, connection, Some(index), &text);
    }

    /// An answer to what this Client never sent.
    pub(super) fn unasked(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let Some(id) = packet.packet_identifier() else { return };
        let answer = (packet.packet_type() as u8, id);
        // Raw bytes may have held a request, and another Client of the case may have shared the session.
        let session = self.session(connection);
        let asked = session.iter().any(|&number| {
            let other = &self.connections[number as usize];
            other.tainted || self.clients[other.client].answerable.contains(&answer)
        });
        let asked = match packet.packet_type() {
            // Whether a PUBREL may come after what the Client answered is a matter of rules.
            PacketType::Pubrel => asked || self.has_received_qos2(connection, id),
            _ => asked,
        };
        if asked {
            return;
        }
        // An acknowledgement of the other QoS: the identifier is right, the packet is not.
        let publish = [PacketType::Puback, PacketType::Pubrec];
        let of_other_qos = publish.contains(&packet.packet_type())
            && session.iter().any(|&number| {
                let client = &self.clients[self.connections[number as usize].client];
                publish.iter().any(|&other| client.answerable.contains(&(other as u8, id)))
            });
        if of_other_qos {
            let text = format!("{} for a PUBLISH of another QoS, packet identifier {id}", packet.packet_type());
            return self.breach_of(watch::OTHER_QOS, connection, Some(index), &text);
        }
        let watch = match packet.packet_type() {
            PacketType::Suback | PacketType::Unsuback => watch::SUBACK_UNASKED,
            _ => watch::ACKNOWLEDGEMENT_UNASKED,
        };
        let text = format!("{} for packet identifier {id}, which was never sent", packet.packet_type());
        self.breach_of(watch, connection, Some(index), &text);
    }
}
