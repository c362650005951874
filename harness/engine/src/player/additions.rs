//! Reason Strings and User Properties: what a Server may add to a packet, if the Client wants it and it fits.

use super::Player;
use super::matching::properties;
use crate::watch::{self, Watch};
use mqttspec_codec::{Packet, PacketType, PropertyId, Version};

impl Player {
    /// The statement that a packet too large for its Client breaks by a Reason String or User Properties; `None` where
    /// it has none, or would be too large without them.
    pub(super) fn addition(&self, connection: u32, index: usize) -> Option<&'static Watch> {
        let state = &self.connections[connection as usize];
        let received = &state.received[index];
        let packet = received.packet()?;
        let properties = properties(&packet)?;
        let reason = properties.text(PropertyId::ReasonString).map_or(0, |text| 3 + text.len());
        let user: usize = properties.user_properties().map(|(name, value)| 5 + name.len() + value.len()).sum();
        if received.bytes.len() - reason - user > state.own.max_packet {
            return None;
        }
        let (on_reason, on_user) = statements(packet.packet_type())?;
        Some(if reason > 0 { on_reason } else { on_user })
    }

    /// Request Problem Information 0: no Reason String and no User Property but where the Client cannot forbid them.
    pub(super) fn problem_information(&mut self, connection: u32, index: usize, packet: &Packet<'_>) {
        let state = &self.connections[connection as usize];
        let free = matches!(packet, Packet::Publish(_) | Packet::Connack(_) | Packet::Disconnect(_));
        if state.version != Version::V5 || state.own.problem_information || free {
            return;
        }
        let Some(properties) = properties(packet) else { return };
        let told = properties.find(PropertyId::ReasonString).is_some();
        if told || properties.user_properties().next().is_some() {
            let what = if told { "a Reason String" } else { "a User Property" };
            let text = format!("{what}, where the Client asked for no problem information");
            self.breach_of(watch::PROBLEM_INFORMATION, connection, Some(index), &text);
        }
    }
}

/// What says that a Reason String has to fit, and a User Property.
const fn statements(packet: PacketType) -> Option<(&'static Watch, &'static Watch)> {
    Some(match packet {
        PacketType::Connack => (watch::CONNACK_REASON_STRING, watch::CONNACK_USER_PROPERTY),
        PacketType::Puback => (watch::PUBACK_REASON_STRING, watch::PUBACK_USER_PROPERTY),
        PacketType::Pubrec => (watch::PUBREC_REASON_STRING, watch::PUBREC_USER_PROPERTY),
        PacketType::Pubrel => (watch::PUBREL_REASON_STRING, watch::PUBREL_USER_PROPERTY),
        PacketType::Pubcomp => (watch::PUBCOMP_REASON_STRING, watch::PUBCOMP_USER_PROPERTY),
        PacketType::Suback => (watch::SUBACK_REASON_STRING, watch::SUBACK_USER_PROPERTY),
        PacketType::Unsuback => (watch::UNSUBACK_REASON_STRING, watch::UNSUBACK_USER_PROPERTY),
        PacketType::Disconnect => (watch::DISCONNECT_REASON_STRING, watch::DISCONNECT_USER_PROPERTY),
        PacketType::Auth => (watch::AUTH_REASON_STRING, watch::AUTH_USER_PROPERTY),
        _ => return None,
    })
}
