//! What holds on every connection, whatever the scenario is about. A breach is a finding; it does not change the
//! verdict of rules that have nothing to do with it.

use super::Player;
use super::connection::Received;
use super::limits::ConnackLimits;
use crate::event::{Event, Finding};
use crate::statement::Level;
use mqttspec_codec::{Connack, DecodeError, Hex, Packet, PacketType, PropertyId, ReasonCode, Sender, Version, inspect};

impl Player {
    /// Holds a packet that came against what holds on every connection.
    pub(super) fn monitor(&mut self, connection: u32, index: usize, violations: &[DecodeError]) {
        let version = self.connections[connection as usize].version;
        let excused = self.connections[connection as usize].is_in_the_other_version(index);
        for violation in violations.iter().filter(|_| !excused) {
            let statement = violation.statement(version, Sender::Server);
            self.find_breach(connection, Some(index), statement, &violation.to_string());
        }
        if self.connections[connection as usize].client >= self.clients.len() {
            return;
        }
        let bytes = self.connections[connection as usize].received[index].bytes.clone();
        let context = mqttspec_codec::Context::new(version, Sender::Server);
        let Some(packet) = inspect(&bytes, &context).packet else { return };
        self.order_of_connack(connection, index, &packet);
        self.after_disconnect(connection, index, &packet);
        let id = packet.packet_identifier();
        match &packet {
            Packet::Connack(connack) if connack.reason == ReasonCode::SUCCESS => {
                self.meet(connection, PacketType::Connack, None);
                self.adopt(connection, connack);
                self.accept(connection, &ConnackLimits::new(connack));
                let set = connack.properties.number(PropertyId::ServerKeepAlive).filter(|&seconds| seconds > 0);
                let state = &mut self.connections[connection as usize];
                // A case that sets a Keep Alive is about it, and keeps silent on purpose.
                state.longest_idle = set
                    .filter(|_| state.own.keep_alive == 0)
                    .map(|seconds| std::time::Duration::from_millis(u64::from(seconds) * 500));
            }
            Packet::Connack(_) => self.drop_owed(connection),
            Packet::Publish(publish) => self.publish(connection, index, publish),
            Packet::Suback(suback) | Packet::Unsuback(suback) => {
                self.meet(connection, packet.packet_type(), id);
                self.unasked(connection, index, &packet);
                self.count_of_codes(connection, index, packet.packet_type(), suback.packet_identifier, suback.reasons);
            }
            Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubcomp(ack) => {
                let asked = self.meet(connection, packet.packet_type(), id);
                if asked && ack.reason.is_error() && packet.packet_type() != PacketType::Pubcomp {
                    self.refusals.push((connection, index));
                }
                if ack.reason.is_error() || packet.packet_type() != PacketType::Pubrec {
                    for number in self.session(connection) {
                        self.connections[number as usize].outbound.remove(&ack.packet_identifier);
                    }
                }
                self.unasked(connection, index, &packet);
            }
            Packet::Pubrel(_) => {
                self.meet(connection, PacketType::Pubrel, id);
                self.unasked(connection, index, &packet);
            }
            Packet::Pingresp => {
                self.meet(connection, PacketType::Pingresp, None);
            }
            Packet::Auth(_) => {
                let state = &self.connections[connection as usize];
                if version == Version::V5 && !state.own.authenticates && !state.tainted {
                    let text = "AUTH, where the Client named no Authentication Method";
                    self.find_breach(connection, Some(index), Some("MQTT-4.12.0-6"), text);
                }
            }
            _ => {}
        }
    }

    /// Takes what a CONNACK says of the session.
    fn adopt(&mut self, connection: u32, connack: &Connack<'_>) {
        let state = &mut self.connections[connection as usize];
        state.session_present = connack.session_present;
        if let Some(assigned) = connack.properties.text(PropertyId::AssignedClientIdentifier) {
            state.client_id = assigned.as_bytes().to_vec();
            if state.own.session_expiry > 0 {
                self.sessions.insert(state.client_id.clone(), state.version);
            }
        }
    }

    /// After its DISCONNECT a Server sends nothing more.
    fn after_disconnect(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let state = &self.connections[connection as usize];
        let farewell = |earlier: &Received| earlier.packet_type() == Some(PacketType::Disconnect);
        if state.version == Version::V5 && state.received[..index].iter().any(farewell) {
            let text = format!("{} after DISCONNECT", packet.packet_type());
            self.find_breach(connection, Some(index), Some("MQTT-3.14.4-1"), &text);
        }
    }

    pub(super) fn find_breach(&mut self, connection: u32, index: Option<usize>, statement: Option<&str>, text: &str) {
        let state = &self.connections[connection as usize];
        let received = index.map(|index| &state.received[index]);
        let bytes = received.map_or_else(|| state.unread(), |received| &received.bytes);
        let known = statement.and_then(|id| self.catalogue.get(state.version, id));
        let finding = Finding {
            statement: statement.map(str::to_owned),
            level: known.map_or(Level::Should, |known| known.level),
            text: text.to_owned(),
            hex: Hex(&bytes[..bytes.len().min(256)]).to_string(),
            packet: received.map_or_else(|| format!("{} bytes", bytes.len()), super::connection::Received::describe),
            client: self.moment(connection).client,
            at_us: self.at_us(),
        };
        self.findings.push(finding.clone());
        self.emit(Event::Finding { case: self.case.id.clone(), finding });
    }

    pub(super) fn framing_lost(&mut self, connection: u32, statement: Option<&'static str>, told: &str) {
        let state = &self.connections[connection as usize];
        // What should have been the CONNACK is none.
        let first = state.connect_sent && !state.tainted && state.received.is_empty();
        let statement = if first { Some("MQTT-3.2.0-1") } else { statement };
        self.find_breach(connection, None, statement, &format!("the framing is lost: {told}"));
    }

    /// The first packet is CONNACK, or AUTH in 5.0, and there is only one CONNACK.
    fn order_of_connack(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let state = &self.connections[connection as usize];
        let version = state.version;
        let first = state.received[..index].iter().all(|earlier| earlier.packet_type() == Some(PacketType::Auth));
        match packet {
            Packet::Connack(_) if !first && version == Version::V5 => {
                self.find_breach(connection, Some(index), Some("MQTT-3.2.0-2"), "a second CONNACK");
            }
            Packet::Connack(_) => {}
            Packet::Auth(_) if version == Version::V5 => {}
            Packet::Disconnect(_) if first && version == Version::V5 => {
                self.find_breach(connection, Some(index), Some("MQTT-3.14.0-1"), "DISCONNECT before CONNACK");
            }
            _ if first => {
                let text = format!("{} before CONNACK", packet.packet_type());
                self.find_breach(connection, Some(index), Some("MQTT-3.2.0-1"), &text);
            }
            _ => {}
        }
    }

    fn count_of_codes(&mut self, connection: u32, index: usize, packet: PacketType, id: u16, codes: &[u8]) {
        let state = &self.connections[connection as usize];
        let Some(requested) = state.requested.get(&(packet as u8, id)) else { return };
        let statement = match (packet, state.version) {
            (PacketType::Suback, Version::V311) => "MQTT-3.8.4-5",
            (PacketType::Suback, Version::V5) => "MQTT-3.8.4-6",
            (_, Version::V5) => "MQTT-3.11.3-2",
            (_, Version::V311) => return,
        };
        if requested.len() != codes.len() {
            let text = format!("{} codes for {} topic filters", codes.len(), requested.len());
            self.find_breach(connection, Some(index), Some(statement), &text);
        }
    }
}
