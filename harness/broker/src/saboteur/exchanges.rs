//! The handshakes of QoS 1 and QoS 2, and packet identifiers.

use super::tools::drop_if;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Acknowledgement, Packet, PacketType, Publish, QoS, ReasonCode};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "puback-missing",
        "does not answer a QoS 1 PUBLISH",
        &["MQTT-4.3.2-2/a", "MQTT-3.3.4-1"],
        &["MQTT-4.3.2-4", "MQTT-3.3.4-1"],
    )
    .server(|_, _, packet| drop_if(packet, PacketType::Puback)),
    Sabotage::new(
        "puback-for-another",
        "turns the bytes of the identifier in PUBACK round",
        &["MQTT-4.3.2-2/a", "MQTT-2.3.1-6"],
        &["MQTT-4.3.2-4", "MQTT-2.2.1-5"],
    )
    .server(|s, connection, packet| turn_identifier(s, connection, packet, PacketType::Puback)),
    Sabotage::new(
        "pubrec-missing",
        "does not answer a QoS 2 PUBLISH",
        &["MQTT-4.3.3-2/a", "MQTT-3.3.4-1"],
        &["MQTT-4.3.3-8", "MQTT-3.3.4-1"],
    )
    .server(|_, _, packet| drop_if(packet, PacketType::Pubrec)),
    Sabotage::new(
        "pubrec-for-another",
        "turns the bytes of the identifier in PUBREC round",
        &["MQTT-4.3.3-2/a", "MQTT-2.3.1-6"],
        &["MQTT-4.3.3-8", "MQTT-2.2.1-5"],
    )
    .server(|s, connection, packet| turn_identifier(s, connection, packet, PacketType::Pubrec)),
    Sabotage::new(
        "puback-for-qos2",
        "answers a QoS 2 PUBLISH with PUBACK",
        &["MQTT-4.3.3-2/a", "MQTT-3.3.4-1"],
        &["MQTT-4.3.3-8", "MQTT-3.3.4-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Pubrec(ack) => s.instead(connection, &Packet::Puback(*ack)),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "puback-besides-pubrec",
        "answers a QoS 2 PUBLISH with PUBREC and with PUBACK",
        &["MQTT-3.3.4-1"],
        &["MQTT-3.3.4-1"],
    )
    .server(|s, connection, packet| {
        if let Packet::Pubrec(ack) = packet {
            s.write(connection, &Packet::Puback(*ack));
        }
        Fate::Pass
    }),
    Sabotage::new(
        "identifier-in-use-taken",
        "sends a new message under the identifier of one that is not completed",
        &["MQTT-2.3.1-4", "MQTT-4.3.2-1/a", "MQTT-4.3.3-1/a"],
        &["MQTT-2.2.1-4/b", "MQTT-4.3.2-1", "MQTT-4.3.3-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(Publish { dup: false, packet_identifier: Some(_), .. }) => {
            match s.session(connection).sent.keys().next().copied() {
                Some(in_use) => s.with_identifier(connection, packet, in_use),
                None => Fate::Pass,
            }
        }
        _ => Fate::Pass,
    }),
    Sabotage::new("pubcomp-missing", "does not answer PUBREL", &["MQTT-4.3.3-2/d"], &["MQTT-4.3.3-11"])
        .server(|_, _, packet| drop_if(packet, PacketType::Pubcomp)),
    Sabotage::new(
        "pubcomp-for-another",
        "turns the bytes of the identifier in PUBCOMP round",
        &["MQTT-4.3.3-2/d"],
        &["MQTT-4.3.3-11", "MQTT-2.2.1-5"],
    )
    .server(|s, connection, packet| turn_identifier(s, connection, packet, PacketType::Pubcomp)),
    Sabotage::new(
        "unknown-pubrel-unanswered",
        "does not answer a PUBREL whose exchange is complete",
        &["MQTT-4.3.3-2/d"],
        &["MQTT-4.3.3-11"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Pubrel(ack) if !s.session(connection).unreleased.contains(&ack.packet_identifier) => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new("pubrel-missing", "does not answer PUBREC", &["MQTT-4.3.3-1/d"], &["MQTT-4.3.3-4"])
        .server(|_, _, packet| drop_if(packet, PacketType::Pubrel)),
    Sabotage::new(
        "pubrel-for-another",
        "answers PUBREC with a PUBREL of another identifier",
        &["MQTT-4.3.3-1/d", "MQTT-2.3.1-6"],
        &["MQTT-4.3.3-4", "MQTT-2.2.1-5"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Pubrel(ack) => s.with_identifier(connection, packet, ack.packet_identifier ^ 0x4000),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "pubrel-after-error",
        "answers a PUBREC that refuses the message with PUBREL",
        &[],
        &["PROSE-4.3.3-no-pubrel-after-error"],
    )
    .advised()
    .client(|s, connection, packet| {
        if let Packet::Pubrec(ack) = packet
            && ack.reason.is_error()
        {
            let pubrel = Acknowledgement::new(ack.packet_identifier, ReasonCode::SUCCESS);
            s.write(connection, &Packet::Pubrel(pubrel));
        }
        Fate::Pass
    }),
    Sabotage::new(
        "repeated-qos2-delivered-twice",
        "delivers a QoS 2 PUBLISH that is sent again before its PUBREL a second time",
        &["MQTT-4.3.3-2/c"],
        &["MQTT-4.3.3-10/b"],
    )
    .client(|s, connection, packet| {
        if let Some((identifier, publish)) = of_qos(packet, QoS::ExactlyOnce)
            && s.session(connection).unreleased.contains(&identifier)
        {
            let topic = publish.topic.as_bytes();
            s.scatter(topic, publish.payload, |filter| super::tools::matches(filter, topic));
        }
        Fate::Pass
    }),
    Sabotage::new(
        "repeated-qos2-unanswered",
        "does not answer a QoS 2 PUBLISH that is sent again before its PUBREL",
        &["MQTT-4.3.3-2/b"],
        &["MQTT-4.3.3-10/a"],
    )
    .client(|s, connection, packet| match of_qos(packet, QoS::ExactlyOnce) {
        Some((identifier, _)) if s.session(connection).unreleased.contains(&identifier) => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "identifier-taken-after-puback",
        "takes a PUBLISH with an identifier that it has acknowledged for a copy, and drops it",
        &["MQTT-4.3.2-2/b"],
        &["MQTT-4.3.2-5"],
    )
    .client(|s, connection, packet| match of_qos(packet, QoS::AtLeastOnce) {
        Some((identifier, _)) if !s.session(connection).marks.insert(identifier) => {
            let ack = Acknowledgement::new(identifier, ReasonCode::SUCCESS);
            s.write(connection, &Packet::Puback(ack));
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "identifier-taken-after-pubcomp",
        "takes a QoS 2 PUBLISH with an identifier that it has completed for a copy, and drops it",
        &["MQTT-4.3.3-2/e"],
        &["MQTT-4.3.3-12"],
    )
    .client(|s, connection, packet| match (packet, of_qos(packet, QoS::ExactlyOnce)) {
        (Packet::Pubrel(ack), _) => {
            s.session(connection).marks.insert(ack.packet_identifier);
            Fate::Pass
        }
        (_, Some((identifier, _))) if s.session(connection).marks.contains(&identifier) => {
            let ack = Acknowledgement::new(identifier, ReasonCode::SUCCESS);
            s.write(connection, &Packet::Pubrec(ack));
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "qos0-with-dup",
        "sends QoS 0 messages with DUP 1",
        &["MQTT-4.3.1-1", "MQTT-3.3.1-2"],
        &["MQTT-4.3.1-1", "MQTT-3.3.1-2"],
    )
    .server(|s, connection, packet| first_with_dup(s, connection, packet, QoS::AtMostOnce)),
    Sabotage::new(
        "qos1-with-dup",
        "sends QoS 1 messages with DUP 1 the first time",
        &["MQTT-4.3.2-1/b"],
        &["MQTT-4.3.2-2"],
    )
    .server(|s, connection, packet| first_with_dup(s, connection, packet, QoS::AtLeastOnce)),
    Sabotage::new(
        "qos2-with-dup",
        "sends QoS 2 messages with DUP 1 the first time",
        &["MQTT-4.3.3-1/b"],
        &["MQTT-4.3.3-2"],
    )
    .server(|s, connection, packet| first_with_dup(s, connection, packet, QoS::ExactlyOnce)),
    Sabotage::new(
        "dup-of-publisher-passed-on",
        "copies the DUP flag of the publisher to its subscribers",
        &["MQTT-3.3.1-3"],
        &["MQTT-3.3.1-3"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.qos > QoS::AtMostOnce && s.came_with_dup() => {
            s.instead(connection, &Packet::Publish(Publish { dup: true, ..*publish }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "publish-with-qos-3-ignored",
        "takes no notice of a PUBLISH with both QoS bits set",
        &["MQTT-3.3.1-4/b"],
        &["MQTT-4.13.1-1"],
    )
    .malformed(|_, _, bytes| if bytes[0] & 0xf6 == 0x36 { Fate::Drop } else { Fate::Pass }),
    Sabotage::new(
        "publish-with-qos-3-taken",
        "takes a PUBLISH with both QoS bits set for one of QoS 2",
        &["MQTT-3.3.1-4/b"],
        &["MQTT-4.13.1-1"],
    )
    .malformed(|_, _, bytes| {
        if bytes[0] & 0xf6 != 0x36 {
            return Fate::Pass;
        }
        let mut bytes = bytes.to_vec();
        bytes[0] &= !0x02;
        Fate::Instead(bytes)
    }),
];

impl Saboteur {
    fn came_with_dup(&self) -> bool {
        matches!(self.cause, super::memory::Cause::Packet { dup: true, .. })
    }
}

/// The PUBLISH of this QoS, with its packet identifier.
fn of_qos<'p>(packet: &Packet<'p>, qos: QoS) -> Option<(u16, Publish<'p>)> {
    match packet {
        Packet::Publish(publish) if publish.qos == qos => publish.packet_identifier.map(|id| (id, *publish)),
        _ => None,
    }
}

/// The acknowledgement of this type with the bytes of its identifier turned round.
fn turn_identifier(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, kind: PacketType) -> Fate {
    match packet.packet_identifier() {
        Some(identifier) if packet.packet_type() == kind => {
            s.with_identifier(connection, packet, identifier.swap_bytes())
        }
        _ => Fate::Pass,
    }
}

/// A first transmission with the DUP flag set. The encoder writes what it is told.
fn first_with_dup(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, qos: QoS) -> Fate {
    match packet {
        Packet::Publish(publish) if publish.qos == qos => {
            s.instead(connection, &Packet::Publish(Publish { dup: true, ..*publish }))
        }
        _ => Fate::Pass,
    }
}
