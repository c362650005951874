//! What a Server lawfully refuses: then what was to come of it cannot be judged.

use super::lane::Found;
use super::wait::{Wait, WaitKind};
use super::{Player, Stop};
use crate::plan::{Op, OpKind};
use crate::scenario::{PacketSpec, Verb};
use mqttspec_codec::{Packet, PacketType, ReasonCode, Version};

/// Codes of a CONNACK that blame the CONNECT itself; all others may have causes of the Server's own.
const BLAMES: [(Version, ReasonCode); 6] = [
    (Version::V311, ReasonCode(1)),
    (Version::V311, ReasonCode(2)),
    (Version::V5, ReasonCode::MALFORMED_PACKET),
    (Version::V5, ReasonCode::PROTOCOL_ERROR),
    (Version::V5, ReasonCode::UNSUPPORTED_PROTOCOL_VERSION),
    (Version::V5, ReasonCode::CLIENT_IDENTIFIER_NOT_VALID),
];

/// Codes by which a SUBACK says that the Server does not offer what the filter asks for (5.0 3.9.3).
const NOT_SUPPORTED: [ReasonCode; 3] = [
    ReasonCode::SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
    ReasonCode::SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
    ReasonCode::WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
];

impl Player {
    /// A CONNACK that blames the CONNECT, where the steps that wait ask for another one. The close behind it takes
    /// nothing from what it says.
    pub(super) fn wrong_refusal(&self, wait: &Wait) -> Option<(u32, usize, Vec<String>)> {
        let steps: Vec<(usize, &PacketSpec)> = match &wait.kind {
            WaitKind::Receive { client, expected, .. } => vec![(*client, expected)],
            WaitKind::AnyOf(branches) => branches.iter().filter_map(|branch| expected(branch.first()?)).collect(),
            _ => Vec::new(),
        };
        steps.into_iter().find_map(|(client, expected)| {
            let Ok(Found::Otherwise(connection, index, broken)) = self.find(client, expected, wait.context.marker)
            else {
                return None;
            };
            let state = &self.connections[connection as usize];
            let Some(Packet::Connack(connack)) = state.received[index].packet() else { return None };
            BLAMES.contains(&(state.version, connack.reason)).then_some((connection, index, broken))
        })
    }

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
                let told = format!("the Server refused the subscription: {granted} ({name})");
                let stop = if NOT_SUPPORTED.contains(&granted) { Stop::Unsupported } else { Stop::Inconclusive };
                return Some(stop(told));
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

/// What a receive expects, and of which Client.
fn expected(op: &Op) -> Option<(usize, &PacketSpec)> {
    match &op.kind {
        OpKind::Client { client, verb: Verb::Receive { expected, .. } } => Some((*client, expected)),
        _ => None,
    }
}
