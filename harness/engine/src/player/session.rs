//! What the Network Connections of one session have in common: open exchanges, and what may be sent again.

use super::Player;
use super::connection::{Acknowledged, State};
use mqttspec_codec::{Packet, PacketType, Publish, QoS, Version};

impl Player {
    /// The connections of the session that this one belongs to, up to it, in their order: those of its Client
    /// Identifier since the last that began without a session.
    pub(super) fn session(&self, connection: u32) -> Vec<u32> {
        let own = &self.connections[connection as usize];
        let mut session = Vec::new();
        for number in (0..=connection).rev() {
            let state = &self.connections[number as usize];
            let same = state.client == own.client || state.client_id == own.client_id;
            if number == connection || same {
                session.insert(0, number);
                if state.accepted && !state.session_present {
                    break;
                }
            }
        }
        session
    }

    /// What this PUBLISH is a lawful copy of: DUP, QoS 1 or 2, and the same message under the same identifier before, in
    /// an exchange that may still be open. 3.1.1 allows that at any time, 5.0 once, on a connection after that of the
    /// original ([MQTT-4.4.0-1]).
    pub(super) fn original(&self, connection: u32, index: usize, publish: &Publish<'_>) -> Option<(u32, usize)> {
        if !publish.dup || publish.qos == QoS::AtMostOnce {
            return None;
        }
        let id = publish.packet_identifier?;
        let mut original = None;
        for number in self.session(connection) {
            let state = &self.connections[number as usize];
            let here = number == connection;
            let before = if here { &state.received[..index] } else { &state.received[..] };
            for (at, earlier) in before.iter().enumerate() {
                match earlier.packet() {
                    Some(Packet::Publish(earlier)) if earlier.packet_identifier == Some(id) => {
                        let lawful = !here || state.version == Version::V311;
                        original = (lawful && is_copy(&earlier, publish)).then_some((number, at));
                    }
                    // The exchange is past its PUBLISH ([MQTT-4.3.3-6]; 3.1.1: [MQTT-4.3.3-1]).
                    Some(Packet::Pubrel(ack)) if ack.packet_identifier == id => original = None,
                    _ => {}
                }
            }
            let since = match original {
                Some((on, at)) if on == number => at,
                _ => 0,
            };
            let ended =
                |ack: &Acknowledged| ack.id == id && ack.seen > since && self.has_arrived(number, ack, connection);
            if original.is_some() && state.acknowledged.iter().any(ended) {
                original = None;
            }
        }
        original
    }

    /// Whether an acknowledgement that ends an exchange has reached the Server for certain by the time of this
    /// connection. What was written just before the end of a connection may be lost with it.
    pub(super) fn has_arrived(&self, number: u32, ack: &Acknowledged, connection: u32) -> bool {
        let state = &self.connections[number as usize];
        if number == connection {
            return self.now.saturating_sub(ack.at) > self.settings.timeout;
        }
        let ended = match state.state {
            State::Ended(_, at) => at,
            State::Opening | State::Open => self.now,
        };
        let pongs =
            state.received.iter().filter(|received| received.packet_type() == Some(PacketType::Pingresp)).count();
        state.completed >= ack.write && (pongs > ack.pings || ended.saturating_sub(ack.at) >= self.settings.tail)
    }

    /// Whether the player completes the exchange of this PUBREL by itself: it has answered the PUBLISH, and the PUBREL
    /// may lawfully come.
    pub(super) fn completes(&self, connection: u32, id: u16) -> bool {
        let session = self.session(connection);
        let answered = session.iter().any(|&number| self.connections[number as usize].completes.contains(&id));
        let repeats = session.iter().any(|&number| {
            let state = &self.connections[number as usize];
            let lawful = |ack: &Acknowledged| match number == connection {
                true => state.version == Version::V311,
                false => !self.has_arrived(number, ack, connection),
            };
            let mut completed = state.acknowledged.iter().filter(|ack| ack.id == id && ack.completed);
            completed.any(|ack| !lawful(ack))
        });
        answered && !repeats
    }

    /// Whether the Server has sent a QoS 2 PUBLISH under this identifier in this session.
    pub(super) fn has_received_qos2(&self, connection: u32, id: u16) -> bool {
        self.session(connection).into_iter().any(|number| {
            self.connections[number as usize].received.iter().any(|received| match received.packet() {
                Some(Packet::Publish(publish)) => {
                    publish.qos == QoS::ExactlyOnce && publish.packet_identifier == Some(id)
                }
                _ => false,
            })
        })
    }

    /// A new message under an identifier: what was known of the exchange before it is past.
    pub(super) fn forget_exchange(&mut self, connection: u32, id: u16) {
        for number in self.session(connection) {
            let state = &mut self.connections[number as usize];
            state.completes.remove(&id);
            state.acknowledged.retain(|ack| ack.id != id || !ack.completed);
        }
    }

    /// A PUBLISH of an earlier connection of this session whose exchange is still open for certain.
    pub(super) fn open_before(&self, connection: u32, id: u16) -> Option<(u32, usize)> {
        let mut open = None;
        for number in self.session(connection).into_iter().filter(|&number| number != connection) {
            let state = &self.connections[number as usize];
            if open.is_some() && state.acknowledged.iter().any(|ack| ack.id == id) {
                open = None;
            }
            if state.inbound.contains_key(&id) {
                open = state.received.iter().enumerate().rev().find_map(|(at, received)| match received.packet() {
                    Some(Packet::Publish(publish)) if publish.packet_identifier == Some(id) => Some((number, at)),
                    _ => None,
                });
            }
        }
        // An exchange that was taken up again here may have come to its end here.
        let ended = self.connections[connection as usize].acknowledged.iter().any(|ack| ack.id == id);
        open.filter(|_| !ended)
    }

    /// Whether another connection has taken this one over, or may have.
    pub(super) fn taken_over(&self, connection: u32) -> bool {
        let own = &self.connections[connection as usize].client_id;
        self.connections[connection as usize + 1..].iter().any(|later| later.connect_sent && later.client_id == *own)
    }
}

/// Whether two PUBLISH hold the same message under the same identifier. A Message Expiry Interval runs on.
pub(super) fn is_copy(one: &Publish<'_>, other: &Publish<'_>) -> bool {
    one.packet_identifier == other.packet_identifier
        && one.qos == other.qos
        && one.payload == other.payload
        && one.topic == other.topic
}
