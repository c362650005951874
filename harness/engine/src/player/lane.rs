//! Lanes: in which order a step takes what a connection has received.
//!
//! Acknowledgements are told apart by type and packet identifier, PUBLISH by topic and QoS. A step takes the head of
//! its lane, so that what the standard does not order (a PUBLISH before the SUBACK) is no matter.

use super::Player;
use super::connection::Received;
use super::matching::{broken_claims, is_meant};
use super::values::Nonsense;
use crate::scenario::PacketSpec;
use mqttspec_codec::{Packet, PacketType, Publish, QoS, Version};
use std::collections::BTreeSet;

/// What a step finds in its lane.
pub(super) enum Found {
    /// The packet, with every claim kept.
    Packet(u32, usize),
    /// The packet that is meant, with claims broken.
    Otherwise(u32, usize, Vec<String>),
    /// Nothing that is meant.
    Nothing,
}

impl Player {
    /// Looks for what a step expects, among what the Client's connection has received and no step has taken.
    ///
    /// `anywhere` is for markers: what must not come may stand before them in their lane.
    pub(super) fn find(&self, client: usize, expected: &PacketSpec, anywhere: bool) -> Result<Found, Nonsense> {
        let Some(connection) = self.clients[client].connection else { return Ok(Found::Nothing) };
        let state = &self.connections[connection as usize];
        let mut seen: BTreeSet<(Vec<u8>, QoS)> = BTreeSet::new();
        let mut otherwise = None;
        for (index, received) in state.untaken() {
            if received.packet_type() != Some(expected.packet) {
                continue;
            }
            let Some(packet) = received.packet() else { continue };
            let meant = is_meant(&self.names, expected, &packet, state.version)?;
            if let Packet::Publish(publish) = &packet {
                if !meant && self.is_retransmission(connection, index, publish) {
                    continue;
                }
                if !seen.insert((publish.topic.as_bytes().to_vec(), publish.qos)) && !anywhere {
                    continue;
                }
            }
            if !meant {
                continue;
            }
            let broken = broken_claims(&self.names, expected, &packet, state.version)?;
            if broken.is_empty() {
                return Ok(Found::Packet(connection, index));
            }
            otherwise = otherwise.or(Some(Found::Otherwise(connection, index, broken)));
        }
        Ok(otherwise.unwrap_or(Found::Nothing))
    }

    /// Whether a PUBLISH is a copy that the Server may lawfully send: DUP, QoS 1 or 2, and the same message under the
    /// same identifier before, in an exchange that may still be open. 3.1.1 allows that at any time, 5.0 only on a
    /// connection after the first ([MQTT-4.4.0-1]).
    pub(super) fn is_retransmission(&self, connection: u32, index: usize, publish: &Publish<'_>) -> bool {
        if !publish.dup || publish.qos == QoS::AtMostOnce {
            return false;
        }
        let client = self.connections[connection as usize].client;
        let mut first = false;
        for (number, state) in self.connections.iter().enumerate() {
            if state.client != client || number > connection as usize {
                continue;
            }
            let same_connection = number == connection as usize;
            let before = if same_connection { &state.received[..index] } else { &state.received[..] };
            let refused =
                |at: usize| state.refused.iter().any(|&(seen, id)| at < seen && Some(id) == publish.packet_identifier);
            let countable = !same_connection || state.version == Version::V311;
            for (at, earlier) in before.iter().enumerate() {
                match earlier.packet() {
                    Some(Packet::Publish(earlier))
                        if countable && Publish { dup: publish.dup, ..earlier } == *publish && !refused(at) =>
                    {
                        first = true;
                    }
                    // The exchange is complete: the identifier is free, and the next message under it is new.
                    Some(Packet::Pubrel(ack)) if Some(ack.packet_identifier) == publish.packet_identifier => {
                        first = false;
                    }
                    _ => {}
                }
            }
        }
        first
    }

    /// What a connection has received and no step has taken, in words.
    pub(super) fn untaken_in_words(&self, connection: u32) -> Vec<String> {
        let untaken = self.connections[connection as usize].untaken();
        let described = untaken.filter(|(_, received)| received.packet_type() != Some(PacketType::Pingresp));
        described.map(|(_, received)| Received::describe(received)).collect()
    }
}
