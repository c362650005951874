//! What a Server lawfully refuses: then what was to come of it cannot be judged.

use super::{Player, Stop};
use crate::scenario::PacketSpec;
use mqttspec_codec::{Packet, PacketType, ReasonCode};

impl Player {
    /// Why an answer that a step takes ends the case, where the step does not ask for its codes.
    pub(super) fn refused_request(&self, connection: u32, index: usize, expected: &PacketSpec) -> Option<Stop> {
        let state = &self.connections[connection as usize];
        if expected.field("code").is_some() || expected.field("codes").is_some() {
            return None;
        }
        match state.received[index].packet()? {
            Packet::Suback(_) if expected.packet == PacketType::Suback => self.refused_subscription(connection, index),
            Packet::Unsuback(unsuback) if unsuback.reason_codes().any(ReasonCode::is_error) => {
                Some(Stop::Inconclusive("the Server refused to end the subscription".to_owned()))
            }
            Packet::Connack(connack) if connack.reason != ReasonCode::SUCCESS => {
                let name = connack.reason.name(state.version, PacketType::Connack);
                Some(Stop::Inconclusive(format!("the Server refused the connection: {} ({name})", connack.reason)))
            }
            _ => None,
        }
    }

    /// A SUBACK refuses a filter, or grants less than was asked.
    fn refused_subscription(&self, connection: u32, index: usize) -> Option<Stop> {
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

    /// A PUBLISH that is no fault was refused with an error code that no step asks for.
    pub(super) fn refused_publish(&self) -> Option<Stop> {
        let &(connection, index) = self.refusals.first()?;
        let told = self.connections[connection as usize].received[index].describe();
        Some(Stop::Inconclusive(format!("the Server refused the PUBLISH: {told}")))
    }
}
