//! Packets on their way to a client: what it takes, and answers.

use crate::broker::{Broker, ConnectionId};
use crate::connection::Peer;
use crate::timers::Timer;
use mqttspec_codec::{
    Acknowledgement, Packet, PacketType, Properties, Property, PropertyId, ReasonCode, Value, Version,
};

impl Broker {
    /// Writes the first of these packets that the client takes; none, if all are too large for it.
    pub(crate) fn write(&mut self, connection: ConnectionId, packets: &[Packet<'_>]) {
        if let Some(bytes) = self.first_that_fits(connection, packets) {
            self.write_bytes(connection, bytes);
        }
    }

    // [v5:MQTT-3.1.2-24]
    fn first_that_fits(&self, connection: ConnectionId, packets: &[Packet<'_>]) -> Option<Vec<u8>> {
        let client = self.connections.get(&connection)?.client.as_ref()?;
        let fits = |bytes: &Vec<u8>| bytes.len() <= client.maximum_packet_size;
        packets.iter().filter_map(|packet| packet.to_bytes(client.version).ok()).find(fits)
    }

    /// Like [`Broker::write`], for an answer that may be late.
    pub(crate) fn write_answer(&mut self, connection: ConnectionId, packets: &[Packet<'_>]) {
        let Some(delay) = self.config.behaviour.acknowledgement_delay else { return self.write(connection, packets) };
        let Some(bytes) = self.first_that_fits(connection, packets) else { return };
        self.timers.set_if_none(Timer::LateAnswers(connection), self.now.checked_add(delay));
        let state = self.connections.get_mut(&connection);
        if let Some(client) = state.and_then(|state| state.client.as_mut()) {
            client.late_answers.push(bytes);
        }
    }

    pub(crate) fn send_late_answers(&mut self, connection: ConnectionId) {
        let state = self.connections.get_mut(&connection);
        let Some(client) = state.and_then(|state| state.client.as_mut()) else { return };
        for bytes in std::mem::take(&mut client.late_answers) {
            self.write_bytes(connection, bytes);
        }
    }

    pub(crate) fn write_bytes(&mut self, connection: ConnectionId, bytes: Vec<u8>) {
        self.outputs.write(connection, bytes);
    }

    /// A Reason String, and a User Property, as far as the configuration asks for them.
    pub(crate) fn reason_string<'t>(&self, text: &'t str) -> Vec<Property<'t>> {
        if self.config.behaviour.talkative {
            let pair = Value::Pair("server".into(), "mqttspec".into());
            let text = if text.is_empty() { "as it was asked" } else { text };
            return vec![
                Property::text(PropertyId::ReasonString, text),
                Property { id: PropertyId::UserProperty, value: pair },
            ];
        }
        let wanted = self.config.reason_strings && !text.is_empty();
        wanted.then(|| Property::text(PropertyId::ReasonString, text)).into_iter().collect()
    }

    /// Whether packets other than PUBLISH, CONNACK and DISCONNECT may carry them.
    // [v5:MQTT-3.1.2-29]
    pub(crate) fn problem_information(&self, peer: &Peer) -> bool {
        let state = self.connections.get(&peer.connection);
        let client = state.and_then(|state| state.client.as_ref());
        peer.version == Version::V5 && client.is_some_and(|client| client.request_problem_information)
    }

    /// Answers with PUBACK, PUBREC, PUBREL or PUBCOMP: always with the identifier of the PUBLISH.
    // [v5:MQTT-2.2.1-5] [v3.1.1:MQTT-2.3.1-6]
    pub(crate) fn acknowledge(
        &mut self,
        peer: &Peer,
        kind: PacketType,
        identifier: u16,
        reason: ReasonCode,
        text: &str,
    ) {
        // What is no error is a Success to 3.1.1; errors do not come here.
        let reason = if peer.version == Version::V5 { reason } else { ReasonCode::SUCCESS };
        let packet = |properties| {
            let ack = Acknowledgement { packet_identifier: identifier, reason, properties };
            match kind {
                PacketType::Pubrec => Packet::Pubrec(ack),
                PacketType::Pubrel => Packet::Pubrel(ack),
                PacketType::Pubcomp => Packet::Pubcomp(ack),
                _ => Packet::Puback(ack),
            }
        };
        let said = if self.problem_information(peer) { self.reason_string(text) } else { Vec::new() };
        // [v5:MQTT-3.4.2-2] [v5:MQTT-3.5.2-2] [v5:MQTT-3.6.2-2] [v5:MQTT-3.7.2-2]
        // [v5:MQTT-3.4.2-3] [v5:MQTT-3.5.2-3] [v5:MQTT-3.6.2-3] [v5:MQTT-3.7.2-3]
        self.write_answer(peer.connection, &[packet(Properties::list(&said)), packet(Properties::EMPTY)]);
    }
}
