//! What holds on every connection, whatever the scenario is about. A breach is a finding; it breaks the rules of the
//! case that name the same statement, and leaves all others alone.

use super::Player;
use super::connection::Received;
use super::limits::ConnackLimits;
use crate::event::{Breach, Event, Finding};
use crate::statement::Level;
use crate::watch::{self, Watch};
use mqttspec_codec::{
    Connack, DecodeError, Field, Hex, Packet, PacketType, PropertyId, ReasonCode, Rule, Sender, Version, inspect,
};

impl Player {
    /// Holds a packet that came against what holds on every connection.
    pub(super) fn monitor(&mut self, connection: u32, index: usize, violations: &[DecodeError]) {
        let version = self.connections[connection as usize].version;
        let excused = self.connections[connection as usize].is_in_the_other_version(index);
        let response = Field::Property(PropertyId::ResponseTopic);
        let ours = |violation: &DecodeError| {
            self.wild_response && violation.rule == Rule::TopicNameWildcard && violation.field == response
        };
        let theirs: Vec<&DecodeError> = violations.iter().filter(|violation| !excused && !ours(violation)).collect();
        for violation in theirs {
            let addition = (violation.rule == Rule::PacketTooLarge).then(|| self.addition(connection, index)).flatten();
            let addition = addition.and_then(|watch| watch.statement(version));
            let form = || violation.statement(version, Sender::Server);
            self.find_breach(connection, Some(index), addition.or_else(form), &violation.to_string());
        }
        if self.connections[connection as usize].client >= self.clients.len() {
            return;
        }
        let bytes = self.connections[connection as usize].received[index].bytes.clone();
        let context = mqttspec_codec::Context::new(version, Sender::Server);
        let Some(packet) = inspect(&bytes, &context).whole() else { return };
        self.order_of_connack(connection, index, &packet);
        self.after_disconnect(connection, index, &packet);
        self.problem_information(connection, index, &packet);
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
                    self.breach_of(watch::AUTH_UNASKED, connection, Some(index), text);
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
            state.assigned = true;
            if state.own.session_expiry > 0 {
                self.sessions.insert(state.client_id.clone(), state.version);
            }
        }
    }

    /// After its DISCONNECT a Server sends nothing more.
    fn after_disconnect(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let state = &mut self.connections[connection as usize];
        let farewell = matches!(packet, Packet::Disconnect(_));
        let before = state.farewell;
        state.farewell |= farewell;
        if before && state.version == Version::V5 {
            let text = format!("{} after DISCONNECT", packet.packet_type());
            self.breach_of(watch::AFTER_DISCONNECT, connection, Some(index), &text);
        }
    }

    /// A breach of what is watched.
    pub(super) fn breach_of(&mut self, watch: &Watch, connection: u32, index: Option<usize>, text: &str) {
        let statement = watch.statement(self.connections[connection as usize].version);
        self.find_breach(connection, index, statement, text);
    }

    pub(super) fn find_breach(&mut self, connection: u32, index: Option<usize>, statement: Option<&str>, text: &str) {
        let state = &self.connections[connection as usize];
        let received = index.map(|index| &state.received[index]);
        let bytes = received.map_or_else(|| state.unread(), |received| &received.bytes);
        // The codec names whole statements, watches their clauses.
        let statement = statement.map(|id| self.catalogue.by_form(state.version, id));
        let known = statement.and_then(|id| self.catalogue.get(state.version, id));
        let finding = Finding {
            version: state.version.to_string(),
            statement: statement.map(str::to_owned),
            level: known.map_or(Level::Should, |known| known.level),
            text: text.to_owned(),
            hex: Hex(&bytes[..bytes.len().min(256)]).to_string(),
            packet: received.map_or_else(|| format!("{} bytes", bytes.len()), super::connection::Received::describe),
            client: self.moment(connection).client,
            at_us: self.at_us(),
        };
        let version = state.version;
        self.break_rules(version, &finding);
        self.findings.push(finding.clone());
        self.emit(Event::Finding { case: self.case.id.clone(), finding });
    }

    /// A rule of the case that names this statement is broken by what a monitor saw, whatever its steps find.
    fn break_rules(&mut self, version: Version, finding: &Finding) {
        if version != self.case.version || finding.statement.is_none() {
            return;
        }
        for rule in self.case.rules() {
            let declared = &self.case.scenario.rules[rule];
            if declared.statement(version) == finding.statement.as_deref() {
                let source = &self.case.scenario.source;
                let breach = Breach {
                    expected: declared.text.clone(),
                    actual: format!("{} in {}", finding.text, finding.packet),
                    hex: Some(finding.hex.clone()),
                    at_us: finding.at_us,
                    place: source.place(declared.span),
                    step: source.line(declared.span).to_owned(),
                    late: false,
                    closed: false,
                };
                self.broken.entry(rule).or_insert(breach);
            }
        }
    }

    pub(super) fn framing_lost(&mut self, connection: u32, statement: Option<&'static str>, told: &str) {
        let state = &self.connections[connection as usize];
        // What should have been the CONNACK is none.
        let first = state.connect_sent && !state.tainted && state.received.is_empty();
        let statement = if first { watch::CONNACK_FIRST.statement(state.version) } else { statement };
        self.find_breach(connection, None, statement, &format!("the framing is lost: {told}"));
    }

    /// The first packet is CONNACK, or AUTH in 5.0, and there is only one CONNACK.
    fn order_of_connack(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let state = &self.connections[connection as usize];
        let version = state.version;
        let first = state.received[..index].iter().all(|earlier| earlier.packet_type() == Some(PacketType::Auth));
        let is_connack = |earlier: &Received| earlier.packet_type() == Some(PacketType::Connack);
        match packet {
            Packet::Connack(_) if version == Version::V5 && state.received[..index].iter().any(is_connack) => {
                self.breach_of(watch::SECOND_CONNACK, connection, Some(index), "a second CONNACK");
            }
            Packet::Connack(_) => {}
            Packet::Auth(_) if version == Version::V5 => {}
            Packet::Disconnect(_) if first && version == Version::V5 => {
                self.breach_of(watch::DISCONNECT_BEFORE_CONNACK, connection, Some(index), "DISCONNECT before CONNACK");
            }
            _ if first => {
                let text = format!("{} before CONNACK", packet.packet_type());
                self.breach_of(watch::CONNACK_FIRST, connection, Some(index), &text);
            }
            _ => {}
        }
    }

    fn count_of_codes(&mut self, connection: u32, index: usize, packet: PacketType, id: u16, codes: &[u8]) {
        let state = &self.connections[connection as usize];
        let Some(requested) = state.requested.get(&(packet as u8, id)) else { return };
        let watch = match (packet, state.version) {
            (PacketType::Suback, _) => watch::SUBACK_CODES,
            (_, Version::V5) => watch::UNSUBACK_CODES,
            (_, Version::V311) => return,
        };
        if requested.len() != codes.len() {
            let text = format!("{} codes for {} topic filters", codes.len(), requested.len());
            self.breach_of(watch, connection, Some(index), &text);
        }
    }
}
