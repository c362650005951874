//! Packets of the server that are not what the standard says a packet is.

use super::tools::framed;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Packet, PacketType, PropertyId, QoS, frame};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "flags-of-server-wrong",
        "sets a reserved flag in every packet but CONNACK, PUBLISH and PUBREL",
        &["MQTT-2.2.2-1"],
        &["MQTT-2.1.3-1"],
    )
    .server(|s, connection, packet| match packet.packet_type() {
        PacketType::Connack | PacketType::Publish | PacketType::Pubrel | PacketType::Disconnect => Fate::Pass,
        _ => with_first(s, connection, packet, |first| first | 0x04),
    }),
    Sabotage::new("flags-of-pubrel-wrong", "sends PUBREL with flags 0000", &["MQTT-3.6.1-1/a"], &["MQTT-3.6.1-1/a"])
        .server(|s, connection, packet| match packet.packet_type() {
            PacketType::Pubrel => with_first(s, connection, packet, |first| first & 0xf0),
            _ => Fate::Pass,
        }),
    Sabotage::new(
        "packet-identifier-0",
        "sends PUBLISH packets of QoS 1 and 2 with Packet Identifier 0",
        &["MQTT-2.3.1-1"],
        &["MQTT-2.2.1-4/a"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos != QoS::AtMostOnce => {
            behind_topic(s, connection, packet, |rest| rest[..2].fill(0))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "packet-identifier-at-qos-0",
        "sends a Packet Identifier in PUBLISH packets of QoS 0, too",
        &["MQTT-2.3.1-5"],
        &["MQTT-2.2.1-2"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos == QoS::AtMostOnce => {
            behind_topic(s, connection, packet, |rest| drop(rest.splice(..0, [0, 1])))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "strings-cut",
        "cuts the character é in two in every string that it sends",
        &["MQTT-1.5.3-1/a"],
        &["MQTT-1.5.4-1", "MQTT-1.5.7-1"],
    )
    .server(|s, connection, packet| without_accents(s, connection, packet, [0xc3, b'e'])),
    Sabotage::new(
        "strings-with-null",
        "replaces the character é by U+0000 in every string that it sends",
        &["MQTT-1.5.3-2/a"],
        &["MQTT-1.5.4-2", "MQTT-1.5.7-1"],
    )
    .server(|s, connection, packet| without_accents(s, connection, packet, [0, 0])),
    Sabotage::new(
        "property-length-too-long",
        "encodes the Property Length of PUBLISH in a byte more than it needs",
        &[],
        &["MQTT-1.5.5-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) => {
            let at = if publish.qos == QoS::AtMostOnce { 0 } else { 2 };
            behind_topic(s, connection, packet, |rest| {
                // The last byte of the integer says that another follows, which adds nothing.
                if let Some(last) = rest[at..].iter().position(|byte| byte & 0x80 == 0) {
                    rest[at + last] |= 0x80;
                    rest.insert(at + last + 1, 0);
                }
            })
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "subscription-identifier-too-long",
        "encodes Subscription Identifiers below 128 in two bytes",
        &[],
        &["MQTT-1.5.5-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.properties.subscription_identifiers().any(|id| id < 0x80) => {
            behind_topic(s, connection, packet, |rest| {
                if let [length @ ..=0x7e, 0x0b, identifier, ..] = rest.as_mut_slice() {
                    *length += 1;
                    *identifier |= 0x80;
                    rest.insert(3, 0);
                }
            })
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "property-length-left-out",
        "leaves the Property Length out of a PUBLISH without properties and payload",
        &[],
        &["MQTT-2.2.2-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.properties.is_empty() && publish.payload.is_empty() => {
            behind_topic(s, connection, packet, |rest| rest.truncate(rest.len() - 1))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "qos-of-publish-3",
        "sets both QoS bits in a PUBLISH of QoS 2",
        &["MQTT-3.3.1-4/a"],
        &["MQTT-3.3.1-4"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => {
            with_first(s, connection, packet, |first| first | 0x06)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new("response-topic-cut", "cuts the character é in two in the Response Topic", &[], &["MQTT-3.3.2-13"])
        .server(|s, connection, packet| with_text(s, connection, packet, PropertyId::ResponseTopic, *b"\xc3e")),
    Sabotage::new("content-type-cut", "cuts the character é in two in the Content Type", &[], &["MQTT-3.3.2-19"])
        .server(|s, connection, packet| with_text(s, connection, packet, PropertyId::ContentType, *b"\xc3e")),
    Sabotage::new(
        "response-topic-with-wildcard",
        "puts /+ in place of the character é in the Response Topic",
        &[],
        &["MQTT-3.3.2-14"],
    )
    .server(|s, connection, packet| with_text(s, connection, packet, PropertyId::ResponseTopic, *b"/+")),
];

/// The packet with another first byte.
fn with_first(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, change: fn(u8) -> u8) -> Fate {
    let Ok(mut bytes) = packet.to_bytes(s.line(connection).version) else { return Fate::Pass };
    bytes[0] = change(bytes[0]);
    Fate::Instead(bytes)
}

/// The PUBLISH with what stands behind its topic changed.
fn behind_topic(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    change: impl FnOnce(&mut Vec<u8>),
) -> Fate {
    let (Packet::Publish(publish), Ok(bytes)) = (packet, packet.to_bytes(s.line(connection).version)) else {
        return Fate::Pass;
    };
    let Ok(Some(frame)) = frame(&bytes) else { return Fate::Pass };
    let (topic, rest) = bytes[frame.header..].split_at(2 + publish.topic.len());
    let mut rest = rest.to_vec();
    change(&mut rest);
    Fate::Instead(framed(bytes[0], &[topic, &rest].concat()))
}

/// The PUBLISH with these bytes in place of each é.
fn without_accents(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, with: [u8; 2]) -> Fate {
    let (Packet::Publish(_), Ok(mut bytes)) = (packet, packet.to_bytes(s.line(connection).version)) else {
        return Fate::Pass;
    };
    replace_accents(&mut bytes, with);
    Fate::Instead(bytes)
}

/// The PUBLISH with these bytes in place of each é of one property.
fn with_text(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    property: PropertyId,
    with: [u8; 2],
) -> Fate {
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    let Some(text) = publish.properties.text(property) else { return Fate::Pass };
    let (length, text) = (text.as_bytes().len() as u16, text.as_bytes());
    let field = [&[property as u8], length.to_be_bytes().as_slice(), text].concat();
    behind_topic(s, connection, packet, |rest| {
        if let Some(at) = rest.windows(field.len()).position(|window| window == field) {
            replace_accents(&mut rest[at + 3..at + field.len()], with);
        }
    })
}

fn replace_accents(bytes: &mut [u8], with: [u8; 2]) {
    for at in 0..bytes.len().saturating_sub(1) {
        if bytes[at..at + 2] == *"é".as_bytes() {
            bytes[at..at + 2].copy_from_slice(&with);
        }
    }
}
