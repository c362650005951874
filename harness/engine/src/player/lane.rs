//! Lanes: in which order a step takes what a connection has received.
//!
//! Acknowledgements are told apart by type and packet identifier, PUBLISH by topic and QoS. A step takes the head of
//! its lane, so that what the standard does not order (a PUBLISH before the SUBACK) is no matter.

use super::Player;
use super::connection::Received;
use super::matching::{broken_claims, is_meant};
use super::values::Nonsense;
use crate::scenario::PacketSpec;
use mqttspec_codec::{Packet, PacketType, QoS};
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
                if let Some((on, original)) = self.original(connection, index, publish) {
                    let taken = on == connection && state.received[original].taken;
                    if !meant || taken && expected.field("dup").is_none() {
                        continue;
                    }
                }
                if !seen.insert((publish.topic.as_bytes().to_vec(), publish.qos)) && !anywhere {
                    continue;
                }
            }
            if !meant {
                continue;
            }
            let broken = broken_claims(&self.names, expected, &packet, received.bytes.len(), state.version)?;
            if broken.is_empty() {
                return Ok(Found::Packet(connection, index));
            }
            otherwise = otherwise.or(Some(Found::Otherwise(connection, index, broken)));
        }
        Ok(otherwise.unwrap_or(Found::Nothing))
    }

    /// What a connection has received and no step has taken, in words.
    pub(super) fn untaken_in_words(&self, connection: u32) -> Vec<String> {
        let untaken = self.connections[connection as usize].untaken();
        let described = untaken.filter(|(_, received)| received.packet_type() != Some(PacketType::Pingresp));
        described.map(|(_, received)| Received::describe(received)).collect()
    }
}
