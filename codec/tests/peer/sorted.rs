//! One order of properties, to compare by.

use crate::room::Room;
use mqttspec_codec::{Packet, Properties, Property};

/// The packet with its properties in the order of their identifiers: the other codec does not keep any other.
pub(crate) fn sorted<'a>(room: &'a Room, packet: Packet<'a>) -> Packet<'a> {
    let by_id = |properties: Properties<'a>| {
        let mut list: Vec<Property<'a>> = properties.iter().collect();
        list.sort_by_key(|property| property.id);
        Properties::list(room.list(list))
    };
    let mut packet = packet;
    match &mut packet {
        Packet::Connect(connect) => {
            connect.properties = by_id(connect.properties);
            if let Some(will) = &mut connect.will {
                will.properties = by_id(will.properties);
            }
        }
        Packet::Connack(connack) => connack.properties = by_id(connack.properties),
        Packet::Publish(publish) => publish.properties = by_id(publish.properties),
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            ack.properties = by_id(ack.properties);
        }
        Packet::Subscribe(subscribe) => subscribe.properties = by_id(subscribe.properties),
        Packet::Suback(suback) | Packet::Unsuback(suback) => suback.properties = by_id(suback.properties),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.properties = by_id(unsubscribe.properties),
        Packet::Pingreq | Packet::Pingresp => {}
        Packet::Disconnect(disconnect) => disconnect.properties = by_id(disconnect.properties),
        Packet::Auth(auth) => auth.properties = by_id(auth.properties),
    }
    packet
}
