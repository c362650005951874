//! What a saboteur learns from the packets that pass it.

use super::Saboteur;
use super::authenticating::authenticates;
use super::memory::{OwnedWill, Session};
use crate::broker::ConnectionId;
use mqttspec_codec::{Connack, Connect, Packet, PropertyId, QoS, ReasonCode, Version};

impl Saboteur {
    pub(super) fn learn_connect(&mut self, connection: ConnectionId, connect: &Connect<'_>) {
        let line = self.line(connection);
        line.version = connect.version;
        line.client_id = connect.client_id.as_bytes().to_vec();
        if line.client_id.is_empty() {
            // No Client can have chosen this one.
            line.client_id = format!("\0{}", connection.0).into_bytes();
        }
        line.connecting = true;
        line.clean_start = connect.clean_start;
        line.authenticates = authenticates(connect);
        line.session_expiry = match (connect.version, connect.clean_start) {
            (Version::V311, false) => u32::MAX,
            (Version::V311, true) => 0,
            (Version::V5, _) => connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0),
        };
        let number = |id: PropertyId| connect.properties.number(id);
        let receive_maximum = number(PropertyId::ReceiveMaximum).and_then(|number| u16::try_from(number).ok());
        line.receive_maximum = receive_maximum.unwrap_or(u16::MAX);
        line.maximum_packet_size = number(PropertyId::MaximumPacketSize).unwrap_or(u32::MAX);
        line.will = connect.will.as_ref().map(OwnedWill::new);
    }

    pub(super) fn learn_from_client(&mut self, connection: ConnectionId, packet: &Packet<'_>) {
        if matches!(packet, Packet::Disconnect(_)) {
            self.line(connection).said_goodbye = true;
        }
        let session = self.session(connection);
        match packet {
            Packet::Subscribe(subscribe) => {
                let asked = subscribe.subscriptions.into_iter();
                session.filters.extend(asked.map(|asked| (asked.filter.as_bytes().to_vec(), asked.options.qos())));
            }
            Packet::Unsubscribe(unsubscribe) => {
                for filter in unsubscribe.filters {
                    session.filters.remove(filter.as_bytes());
                }
            }
            Packet::Publish(publish) => {
                if publish.retain {
                    session.retained.insert(publish.topic.as_bytes().to_vec());
                }
                if publish.qos == QoS::ExactlyOnce {
                    session.unreleased.extend(publish.packet_identifier);
                }
            }
            Packet::Pubrel(ack) => {
                session.unreleased.remove(&ack.packet_identifier);
            }
            Packet::Puback(ack) | Packet::Pubcomp(ack) => {
                session.sent.remove(&ack.packet_identifier);
            }
            _ => {}
        }
    }

    pub(super) fn learn_connack(&mut self, connection: ConnectionId, connack: &Connack<'_>) {
        let line = self.line(connection);
        line.connected = connack.reason == ReasonCode::SUCCESS;
        line.refused = !line.connected;
        line.session_present = connack.session_present;
        if let Some(assigned) = connack.properties.text(PropertyId::AssignedClientIdentifier) {
            line.client_id = assigned.as_bytes().to_vec();
        }
        if line.connected && !connack.session_present {
            let client_id = line.client_id.clone();
            self.sessions.insert(client_id, Session::default());
        }
    }

    /// The connection is over: its Will belongs to the past of the session.
    pub(super) fn remember_will(&mut self, connection: ConnectionId) {
        let line = self.line(connection);
        if let Some(will) = line.will.clone().filter(|_| line.connected) {
            let goodbye = line.said_goodbye;
            self.session(connection).last_will = Some((will, goodbye));
        }
    }
}
