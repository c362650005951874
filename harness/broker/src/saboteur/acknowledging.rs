//! What PUBACK, PUBREC, PUBREL and PUBCOMP say besides their identifier.

use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Acknowledgement, Packet, PacketType, Properties, Property, PropertyId, QoS, ReasonCode, Text, Value, Version,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new("puback-with-other-code", "sends PUBACK with a code of other packets", &[], &["MQTT-3.4.2-1"])
        .server(|s, connection, packet| with_code(s, connection, packet, PacketType::Puback)),
    Sabotage::new("pubrec-with-other-code", "sends PUBREC with a code of other packets", &[], &["MQTT-3.5.2-1"])
        .server(|s, connection, packet| with_code(s, connection, packet, PacketType::Pubrec)),
    Sabotage::new("pubrel-with-other-code", "sends PUBREL with a code of other packets", &[], &["MQTT-3.6.2-1"])
        .server(|s, connection, packet| with_code(s, connection, packet, PacketType::Pubrel)),
    Sabotage::new("pubcomp-with-other-code", "sends PUBCOMP with a code of other packets", &[], &["MQTT-3.7.2-1"])
        .server(|s, connection, packet| with_code(s, connection, packet, PacketType::Pubcomp)),
    Sabotage::new("reason-string-beyond-limit-puback", STRING, &[], &["MQTT-3.4.2-2"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Puback, reason_string)),
    Sabotage::new("user-property-beyond-limit-puback", PROPERTY, &[], &["MQTT-3.4.2-3"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Puback, user_property)),
    Sabotage::new("reason-string-beyond-limit-pubrec", STRING, &[], &["MQTT-3.5.2-2"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Pubrec, reason_string)),
    Sabotage::new("user-property-beyond-limit-pubrec", PROPERTY, &[], &["MQTT-3.5.2-3"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Pubrec, user_property)),
    Sabotage::new("reason-string-beyond-limit-pubrel", STRING, &[], &["MQTT-3.6.2-2"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Pubrel, reason_string)),
    Sabotage::new("user-property-beyond-limit-pubrel", PROPERTY, &[], &["MQTT-3.6.2-3"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Pubrel, user_property)),
    Sabotage::new("reason-string-beyond-limit-pubcomp", STRING, &[], &["MQTT-3.7.2-2"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Pubcomp, reason_string)),
    Sabotage::new("user-property-beyond-limit-pubcomp", PROPERTY, &[], &["MQTT-3.7.2-3"])
        .server(|s, connection, packet| enlarged(s, connection, packet, PacketType::Pubcomp, user_property)),
    Sabotage::new(
        "refused-identifier-stays-in-use",
        "takes a QoS 2 PUBLISH for a copy when its identifier had a PUBREC with an error code",
        &[],
        &["MQTT-4.3.3-9"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => {
            let identifier = publish.packet_identifier.unwrap_or(0);
            if !s.session(connection).marks.contains(&identifier) {
                return Fate::Pass;
            }
            s.write(connection, &Packet::Pubrec(Acknowledgement::new(identifier, ReasonCode::SUCCESS)));
            Fate::Drop
        }
        _ => Fate::Pass,
    })
    .server(|s, connection, packet| {
        if let Packet::Pubrec(ack) = packet
            && ack.reason.is_error()
        {
            s.session(connection).marks.insert(ack.packet_identifier);
        }
        Fate::Pass
    }),
    Sabotage::new(
        "reserved-topic-unanswered",
        "does not answer a PUBLISH to a topic that begins with $",
        &["MQTT-3.3.5-2"],
        &[],
    )
    .client(|_, _, packet| match packet {
        Packet::Publish(publish) if publish.topic.as_bytes().starts_with(b"$") => Fate::Drop,
        _ => Fate::Pass,
    }),
];

const STRING: &str = "sends a Reason String that makes the acknowledgement larger than the Client allows";
const PROPERTY: &str = "sends a User Property that makes the acknowledgement larger than the Client allows";
/// Longer than what a scenario lets the Server send, shorter than what anyone else minds.
const LONG: &str = match core::str::from_utf8(&[b'x'; 300]) {
    Ok(text) => text,
    Err(_) => "",
};

fn reason_string() -> Property<'static> {
    Property::text(PropertyId::ReasonString, LONG)
}

fn user_property() -> Property<'static> {
    let value = Value::Pair(Text::from_bytes(b"because"), Text::from_bytes(LONG.as_bytes()));
    Property { id: PropertyId::UserProperty, value }
}

/// The acknowledgement of this type, changed.
fn changed<'p>(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'p>,
    kind: PacketType,
    change: impl FnOnce(Acknowledgement<'p>) -> Acknowledgement<'p>,
) -> Fate {
    if packet.packet_type() != kind || s.line(connection).version != Version::V5 {
        return Fate::Pass;
    }
    let packet = match packet {
        Packet::Puback(ack) => Packet::Puback(change(*ack)),
        Packet::Pubrec(ack) => Packet::Pubrec(change(*ack)),
        Packet::Pubrel(ack) => Packet::Pubrel(change(*ack)),
        Packet::Pubcomp(ack) => Packet::Pubcomp(change(*ack)),
        _ => return Fate::Pass,
    };
    s.instead(connection, &packet)
}

/// 0x11 belongs to UNSUBACK.
fn with_code(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, kind: PacketType) -> Fate {
    changed(s, connection, packet, kind, |ack| Acknowledgement { reason: ReasonCode(0x11), ..ack })
}

fn enlarged(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    kind: PacketType,
    property: fn() -> Property<'static>,
) -> Fate {
    if s.line(connection).maximum_packet_size as usize > LONG.len() {
        return Fate::Pass;
    }
    let properties = [property()];
    changed(s, connection, packet, kind, |ack| Acknowledgement { properties: Properties::list(&properties), ..ack })
}
