//! Disallowed Unicode code points (5.0 1.5.4, 3.1.1 1.5.3): a receiver may take them for an error.

use crate::broker::{Broker, ConnectionId};
use crate::connack::{Refusal, maximum_packet_size};
use crate::connection::Peer;
use crate::error::Violation;
use mqttspec_codec::{Packet, Properties, ReasonCode, Text, Value};

const REFUSAL: Refusal = Refusal { v311: None, v5: ReasonCode::MALFORMED_PACKET, text: "disallowed code points" };

/// Whether a string of this packet holds control characters or non-characters.
pub(crate) fn has_disallowed(packet: &Packet<'_>) -> bool {
    match packet {
        Packet::Connect(connect) => {
            let will = connect.will.is_some_and(|will| text(will.topic) || any(will.properties));
            text(connect.client_id) || connect.user_name.is_some_and(text) || any(connect.properties) || will
        }
        Packet::Publish(publish) => text(publish.topic) || any(publish.properties),
        Packet::Subscribe(subscribe) => {
            subscribe.subscriptions.into_iter().any(|subscription| text(subscription.filter))
                || any(subscribe.properties)
        }
        Packet::Unsubscribe(unsubscribe) => unsubscribe.filters.into_iter().any(text) || any(unsubscribe.properties),
        _ => false,
    }
}

fn any(properties: Properties<'_>) -> bool {
    properties.iter().any(|property| match property.value {
        Value::Text(value) => text(value),
        Value::Pair(name, value) => text(name) || text(value),
        _ => false,
    })
}

fn text(text: Text<'_>) -> bool {
    text.as_str().is_some_and(|text| text.chars().any(is_disallowed))
}

/// The last two code points of each plane, and 32 in the middle of the first, are non-characters.
fn is_disallowed(c: char) -> bool {
    c.is_control() || c as u32 & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}')
}

impl Broker {
    /// Ends the connection of a client that has sent such a packet.
    pub(crate) fn disallowed_code_points(
        &mut self,
        connection: ConnectionId,
        packet: &Packet<'_>,
        peer: Option<&Peer>,
    ) {
        match (peer, packet) {
            (Some(peer), _) => self.violation(peer, &Violation::new(REFUSAL.v5, REFUSAL.text)),
            (None, Packet::Connect(connect)) => {
                self.refuse(connection, connect.version, &REFUSAL, maximum_packet_size(connect));
            }
            (None, _) => self.close(connection),
        }
    }
}
