//! What is sent again on resume, and what is not.

use super::later::Later;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use core::time::Duration;
use mqttspec_codec::{Packet, PacketType, Publish, QoS};

/// What is added to an identifier that is not the original one.
const OTHER: u16 = 0x4000;

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "publish-not-sent-again",
        "does not send an unacknowledged PUBLISH again when the session is resumed",
        &["MQTT-4.4.0-1/a", "MQTT-4.1.0-1"],
        &["MQTT-4.4.0-1/a", "MQTT-4.3.2-3", "MQTT-4.3.3-3"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) if publish.dup => s.lose(connection, publish),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "pubrel-not-sent-again",
        "does not send an unanswered PUBREL again when the session is resumed",
        &["MQTT-4.4.0-1/b"],
        &["MQTT-4.4.0-1/b", "MQTT-4.3.3-5"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Pubrel(_) if s.is_resuming(connection) => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "sent-again-under-another-identifier",
        "gives a PUBLISH that it sends again another packet identifier",
        &["MQTT-4.4.0-1/a"],
        &["MQTT-4.4.0-1/a"],
    )
    .client(|s, connection, packet| match packet.packet_identifier() {
        Some(identifier) if is_answer(packet) && s.session(connection).marks.contains(&identifier) => {
            s.with_identifier(connection, packet, identifier - OTHER)
        }
        _ => Fate::Pass,
    })
    .server(|s, connection, packet| match packet {
        Packet::Publish(Publish { dup: true, packet_identifier: Some(identifier), .. }) => {
            s.session(connection).marks.insert(identifier + OTHER);
            s.with_identifier(connection, packet, identifier + OTHER)
        }
        Packet::Pubrel(ack) if s.session(connection).marks.contains(&(ack.packet_identifier + OTHER)) => {
            s.with_identifier(connection, packet, ack.packet_identifier + OTHER)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new("sent-again-without-dup", "sends a PUBLISH again with DUP 0", &["MQTT-3.3.1-1"], &["MQTT-3.3.1-1"])
        .server(|s, connection, packet| match packet {
            Packet::Publish(publish) if publish.dup => {
                s.instead(connection, &Packet::Publish(Publish { dup: false, ..*publish }))
            }
            _ => Fate::Pass,
        }),
    Sabotage::new(
        "sent-again-while-connected",
        "sends a PUBLISH again when it has had no answer for a second",
        &[],
        &["MQTT-4.4.0-1/c"],
    )
    .server(|s, connection, packet| {
        if let Packet::Publish(publish) = packet
            && let Some(identifier) = publish.packet_identifier
            && let Ok(bytes) = Packet::Publish(Publish { dup: true, ..*publish }).to_bytes(s.line(connection).version)
        {
            s.put_off(Duration::from_secs(1), Later::Again(connection, identifier, bytes));
        }
        Fate::Pass
    }),
    Sabotage::new(
        "publish-after-pubrel",
        "sends a QoS 2 PUBLISH again on resume though its PUBREL has been sent",
        &["MQTT-4.3.3-1/f"],
        &["MQTT-4.3.3-6"],
    )
    .server(|s, connection, packet| {
        if let Packet::Pubrel(ack) = packet
            && s.is_resuming(connection)
            && let Some(mut bytes) = s.session(connection).sent.get(&ack.packet_identifier).cloned()
        {
            // DUP.
            bytes[0] |= 0x08;
            s.write_bytes(connection, bytes);
        }
        Fate::Pass
    }),
    Sabotage::new(
        "refused-publish-sent-again",
        "sends a PUBLISH again on resume though its PUBREC had an error code",
        &[],
        &["MQTT-4.4.0-2"],
    )
    .client(|_, _, packet| match packet {
        Packet::Pubrec(ack) if ack.reason.is_error() => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "messages-swapped",
        "lets each second message to a Client overtake the one before",
        &["MQTT-4.6.0-5", "MQTT-4.6.0-6"],
        &["MQTT-4.6.0-5", "MQTT-4.6.0-6"],
    )
    .server(|s, connection, packet| swap(s, connection, packet, |_| true)),
    Sabotage::new(
        "messages-swapped-at-qos-2",
        "lets each second QoS 2 message to a Client overtake the one before",
        &["MQTT-4.6.0-6"],
        &["MQTT-4.6.0-5"],
    )
    .server(|s, connection, packet| swap(s, connection, packet, |publish| publish.qos == QoS::ExactlyOnce)),
    Sabotage::new(
        "queued-messages-swapped",
        "lets each second message of those that have waited overtake the one before",
        &["MQTT-4.6.0-6"],
        &["MQTT-4.6.0-5"],
    )
    .server(|s, connection, packet| {
        let resuming = s.is_resuming(connection);
        swap(s, connection, packet, |publish| resuming && !publish.dup)
    }),
];

/// PUBACK, PUBREC, PUBCOMP: what a Client says to a PUBLISH of the Server.
fn is_answer(packet: &Packet<'_>) -> bool {
    matches!(packet.packet_type(), PacketType::Puback | PacketType::Pubrec | PacketType::Pubcomp)
}

/// Holds each second PUBLISH of a session back for a moment.
fn swap(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    wanted: impl Fn(&Publish<'_>) -> bool,
) -> Fate {
    const ODD: u16 = 0;
    let Packet::Publish(publish) = packet else { return Fate::Pass };
    if !wanted(publish) {
        return Fate::Pass;
    }
    let marks = &mut s.session(connection).marks;
    if marks.remove(&ODD) {
        return Fate::Pass;
    }
    marks.insert(ODD);
    match packet.to_bytes(s.line(connection).version) {
        Ok(bytes) => {
            // It has been sent, as far as the broker is concerned.
            if let Some(identifier) = publish.packet_identifier {
                s.session(connection).sent.insert(identifier, bytes.clone());
            }
            s.put_off(Duration::from_millis(10), Later::Write(connection, bytes));
            Fate::Drop
        }
        Err(_) => Fate::Pass,
    }
}
