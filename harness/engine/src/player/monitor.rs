//! What holds on every connection, whatever the scenario is about. A breach is a finding; it does not change the
//! verdict of rules that have nothing to do with it.

use super::limits::ConnackLimits;
use super::{Player, Stop};
use crate::event::{Event, Finding};
use crate::statement::Level;
use mqttspec_codec::{DecodeError, Hex, Packet, PacketType, PropertyId, QoS, ReasonCode, Sender, Version, inspect};

impl Player {
    /// Holds a packet that came against what holds on every connection.
    pub(super) fn monitor(&mut self, connection: u32, index: usize, violations: &[DecodeError]) {
        let version = self.connections[connection as usize].version;
        for violation in violations {
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
        let id = packet.packet_identifier();
        match &packet {
            Packet::Connack(connack) if connack.reason == ReasonCode::SUCCESS => {
                self.meet(connection, PacketType::Connack, None);
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
            Packet::Puback(_) | Packet::Pubcomp(_) | Packet::Pubrel(_) => {
                self.meet(connection, packet.packet_type(), id);
                self.unasked(connection, index, &packet);
            }
            Packet::Pubrec(_) => {
                self.meet(connection, PacketType::Pubrec, id);
                self.unasked(connection, index, &packet);
            }
            Packet::Pingresp => self.meet(connection, PacketType::Pingresp, None),
            _ => {}
        }
    }

    fn find_breach(&mut self, connection: u32, index: Option<usize>, statement: Option<&str>, text: &str) {
        let state = &self.connections[connection as usize];
        let received = index.map(|index| &state.received[index]);
        let bytes = received.map_or_else(|| state.unread(), |received| &received.bytes);
        let known = statement.and_then(|id| self.catalogue.get(state.version, id));
        let finding = Finding {
            statement: statement.map(str::to_owned),
            level: known.map_or(Level::Should, |known| known.level),
            text: text.to_owned(),
            hex: Hex(&bytes[..bytes.len().min(256)]).to_string(),
            packet: received.map_or_else(|| format!("{} bytes", bytes.len()), |received| received.describe()),
            client: self.moment(connection).client,
            at_us: self.at_us(),
        };
        self.findings.push(finding.clone());
        self.emit(Event::Finding { case: self.case.id.clone(), finding });
    }

    pub(super) fn framing_lost(&mut self, connection: u32, told: &str) {
        let connect_sent = self.connections[connection as usize].connect_sent;
        let first = self.connections[connection as usize].received.is_empty();
        let text = format!("the framing is lost: {told}");
        let statement = match self.connections[connection as usize].version {
            // What should have been the CONNACK is none.
            _ if connect_sent && first => Some("MQTT-3.2.0-1"),
            Version::V311 | Version::V5 => None,
        };
        self.find_breach(connection, None, statement, &text);
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

    fn publish(&mut self, connection: u32, index: usize, publish: &mqttspec_codec::Publish<'_>) {
        let state = &mut self.connections[connection as usize];
        let version = state.version;
        let (own, tainted) = (state.own, state.tainted);
        if let Some(alias) = publish.properties.number(PropertyId::TopicAlias) {
            if own.topic_alias == 0 {
                let text = "a topic alias, where the Client takes none";
                self.find_breach(connection, Some(index), Some("MQTT-3.1.2-27"), text);
            } else if alias > own.topic_alias {
                let text = format!("topic alias {alias}, where the Client takes {} at most", own.topic_alias);
                self.find_breach(connection, Some(index), Some("MQTT-3.1.2-26"), &text);
            }
        }
        let Some(id) = publish.packet_identifier else { return };
        let state = &mut self.connections[connection as usize];
        let in_use = state.inbound.insert(id, publish.qos as u8).is_some();
        let open = state.inbound.len();
        if in_use && !publish.dup {
            let statement = match version {
                Version::V311 => "MQTT-2.3.1-4",
                Version::V5 => "MQTT-2.2.1-4",
            };
            let text = format!("packet identifier {id} is in use");
            self.find_breach(connection, Some(index), Some(statement), &text);
        }
        if open > own.receive_maximum as usize && publish.qos != QoS::AtMostOnce && !tainted {
            let text = format!("{open} PUBLISH are not acknowledged, Receive Maximum is {}", own.receive_maximum);
            self.find_breach(connection, Some(index), Some("MQTT-3.3.4-9"), &text);
        }
    }

    /// An answer to what this Client never sent.
    fn unasked(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let state = &self.connections[connection as usize];
        let Some(id) = packet.packet_identifier() else { return };
        let answer = (packet.packet_type() as u8, id);
        // Raw bytes may have held a request, and another Client of the case may have shared the session.
        let shared_id = &self.clients[state.client].client_id;
        let asked = |client: &super::ClientState| client.client_id == *shared_id && client.answerable.contains(&answer);
        let tainted = self.connections.iter().any(|other| other.client == state.client && other.tainted);
        if tainted || self.clients.iter().any(asked) {
            return;
        }
        let statement = match (packet.packet_type(), state.version) {
            (PacketType::Suback | PacketType::Unsuback, Version::V311) => "MQTT-2.3.1-7",
            (PacketType::Suback | PacketType::Unsuback, Version::V5) => "MQTT-2.2.1-6",
            (_, Version::V311) => "MQTT-2.3.1-6",
            (_, Version::V5) => "MQTT-2.2.1-5",
        };
        let text = format!("{} for packet identifier {id}, which was never sent", packet.packet_type());
        self.find_breach(connection, Some(index), Some(statement), &text);
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

    pub(super) fn refused_unsubscribe(&self, connection: u32, index: usize) -> bool {
        let packet = self.connections[connection as usize].received[index].packet();
        matches!(packet, Some(Packet::Unsuback(unsuback)) if unsuback.reason_codes().any(ReasonCode::is_error))
    }

    /// Why a SUBACK that no step asks about ends the case: a filter was refused, or granted less than was asked.
    pub(super) fn refused_subscription(&self, connection: u32, index: usize) -> Option<Stop> {
        let state = &self.connections[connection as usize];
        let Some(Packet::Suback(suback)) = state.received[index].packet() else { return None };
        let requested = state.requested.get(&(PacketType::Suback as u8, suback.packet_identifier))?;
        requested.iter().zip(suback.reason_codes()).find_map(|(&wanted, granted)| {
            if granted.is_error() {
                let name = granted.name(state.version, PacketType::Suback);
                return Some(Stop::Inconclusive(format!("the Server refused the subscription: {granted} ({name})")));
            }
            let told = format!("the Server granted QoS {} for QoS {wanted}", granted.0);
            (granted.0 < wanted).then_some(Stop::Unsupported(told))
        })
    }
}
