//! From the bytes of a Client to the code that handles each packet.

use crate::broker::{Broker, ConnectionId};
use crate::code_points::has_disallowed;
use crate::connect::named_version;
use crate::connection::Peer;
use crate::error::Violation;
use core::time::Duration;
use mqttspec_codec::{Context, Decoded, Packet, PacketType, Sender, Version, decode};

impl Broker {
    /// Bytes have come from the Client, in chunks of any size. At the very instant of a deadline they are in time.
    pub fn received(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]) {
        self.tick_before(now);
        let Some(state) = self.connections.get_mut(&connection) else { return };
        // Only what has arrived of a packet is held, never room for what its Remaining Length announces.
        let mut held = std::mem::take(&mut state.held);
        if held.is_empty() {
            let used = self.consume(connection, bytes);
            held.extend_from_slice(&bytes[used..]);
        } else {
            held.extend_from_slice(bytes);
            let used = self.consume(connection, &held);
            held.drain(..used);
        }
        if let Some(state) = self.connections.get_mut(&connection) {
            // The room that a large packet took is not kept for the next one.
            state.held = if held.is_empty() { Vec::new() } else { held };
        }
        self.count_undecided(connection);
    }

    /// Counts what is held for a client whose CONNECT is not accepted, and closes the connection when it is too much
    /// with what the others have.
    fn count_undecided(&mut self, connection: ConnectionId) {
        let Some(state) = self.connections.get_mut(&connection) else { return };
        let candidate = state.candidate.as_ref().map_or(0, |candidate| candidate.connect.len());
        let held = if state.client.is_none() { state.held.len() + candidate } else { 0 };
        self.undecided_bytes = self.undecided_bytes - state.undecided_bytes + held;
        let more = held > state.undecided_bytes;
        state.undecided_bytes = held;
        if more && self.undecided_bytes > self.config.undecided_bytes_maximum {
            self.close(connection);
        }
    }

    /// Handles the whole packets at the front of `input` and tells how many bytes are done with.
    fn consume(&mut self, connection: ConnectionId, input: &[u8]) -> usize {
        let mut used = 0;
        while let Some(&first) = input.get(used) {
            // Nothing of a Network Connection that has been closed is looked at any more.
            // [v5:MQTT-3.1.4-6] [v3.1.1:MQTT-3.1.4-5]
            let Some(state) = self.connections.get(&connection) else { return input.len() };
            let rest = &input[used..];
            let candidate = state.candidate.is_some();
            let peer = self.peer(connection);
            let max_packet = self.config.maximum_packet_size as usize;
            // A CONNECT is read by the version that it names itself.
            let version = peer.as_ref().map_or_else(|| named_version(rest), |peer| Some(peer.version));
            let version = if candidate { Version::V5 } else { version.unwrap_or(Version::V311) };
            let context = Context { version, sender: Sender::Client, max_packet };
            let decoded = match peer {
                // The first packet has to be CONNECT.
                None if !candidate && PacketType::from_first_byte(first) != Some(PacketType::Connect) => {
                    self.close(connection);
                    return input.len();
                }
                _ => decode(rest, &context),
            };
            match (decoded, &peer) {
                (Ok(Decoded::Incomplete), _) => return used,
                (Ok(Decoded::Packet { packet, len }), _) => {
                    used += len;
                    self.received.count(&rest[..len]);
                    match (&peer, &packet) {
                        _ if self.config.behaviour.refuses_disallowed_code_points && has_disallowed(&packet) => {
                            self.disallowed_code_points(connection, &packet, peer.as_ref());
                        }
                        (None, packet) if candidate => self.candidate(connection, packet),
                        (None, Packet::Connect(connect)) => self.connect(connection, connect, &rest[..len]),
                        (None, _) => self.close(connection),
                        (Some(peer), packet) => self.packet(peer, packet),
                    }
                }
                (Err(error), None) if candidate => self.candidate_fails(connection, &error.into()),
                (Err(error), None) => self.malformed_connect(connection, rest, error),
                (Err(error), Some(peer)) => match self.refused_by_code(peer, rest, &error) {
                    Some(len) => used += len,
                    None => self.violation(peer, &error.into()),
                },
            }
        }
        used
    }

    /// A packet of a client that is connected.
    fn packet(&mut self, peer: &Peer, packet: &Packet<'_>) {
        self.heard(peer.connection);
        let result = match packet {
            Packet::Publish(publish) => self.publish(peer, publish),
            Packet::Puback(ack) => self.puback(peer, ack),
            Packet::Pubrec(ack) => self.pubrec(peer, ack),
            Packet::Pubrel(ack) => self.pubrel(peer, ack),
            Packet::Pubcomp(ack) => self.pubcomp(peer, ack),
            Packet::Subscribe(subscribe) => self.subscribe(peer, subscribe),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(peer, unsubscribe),
            Packet::Pingreq => {
                // [v5:MQTT-3.12.4-1] [v3.1.1:MQTT-3.12.4-1]
                self.write(peer.connection, &[Packet::Pingresp]);
                Ok(())
            }
            Packet::Disconnect(disconnect) => self.disconnect(peer, disconnect),
            // [v5:MQTT-3.1.0-2] [v3.1.1:MQTT-3.1.0-2]
            Packet::Connect(_) => Err(Violation::protocol_error("second CONNECT")),
            Packet::Auth(auth) => self.auth(peer, auth),
            Packet::Connack(_) | Packet::Suback(_) | Packet::Unsuback(_) | Packet::Pingresp => {
                Err(Violation::protocol_error("packet of a server"))
            }
        };
        if let Err(violation) = result {
            self.violation(peer, &violation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// What a packet announces takes no room before it comes, nor what has come and gone.
    #[test]
    fn room_is_taken_for_what_has_arrived() {
        let mut broker = Broker::new(Config::default());
        let (now, connection) = (Duration::ZERO, ConnectionId(1));
        broker.opened(now, connection);
        let held = |broker: &Broker| broker.connections[&connection].held.capacity();
        // CONNECT with a Remaining Length of 2,000,000.
        broker.received(now, connection, b"\x10\x80\x89\x7a\0\x04MQTT\x04\x02");
        assert!((12..100).contains(&held(&broker)));
        let connection = ConnectionId(2);
        broker.opened(now, connection);
        let held = |broker: &Broker| broker.connections[&connection].held.capacity();
        broker.received(now, connection, b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a");
        broker.received(now, connection, b"\x30\x80\x89\x7a\0\x01t");
        assert!((7..100).contains(&held(&broker)));
        broker.received(now, connection, &vec![0; 1_999_996]);
        assert!(held(&broker) > 1_000_000);
        broker.received(now, connection, &[0]);
        assert_eq!(held(&broker), 0);
        assert!(broker.connections.contains_key(&connection));
    }
}
