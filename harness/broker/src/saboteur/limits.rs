//! What Clients limit, quotas, and expiry during an exchange.

use super::tools::without;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use core::time::Duration;
use mqttspec_codec::{Packet, PacketType, PropertyId, Publish, QoS};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "receive-maximum-ignored",
        "sends more QoS 1 and QoS 2 messages at once than the Client allows",
        &[],
        &["MQTT-3.3.4-9", "MQTT-4.9.0-1", "MQTT-4.9.0-2"],
    )
    .client(|s, connection, packet| without_property(s, connection, packet, PropertyId::ReceiveMaximum)),
    Sabotage::new(
        "subscribe-waits-for-quota",
        "does not answer SUBSCRIBE and UNSUBSCRIBE while Receive Maximum is used up",
        &[],
        &["MQTT-3.3.4-10", "MQTT-4.9.0-3"],
    )
    .server(|s, connection, packet| {
        while_used_up(s, connection, packet, |kind| matches!(kind, PacketType::Suback | PacketType::Unsuback))
    }),
    Sabotage::new(
        "publish-waits-for-quota",
        "does not answer a PUBLISH while Receive Maximum of its Client is used up",
        &[],
        &["MQTT-3.3.4-10", "MQTT-4.9.0-3"],
    )
    .server(|s, connection, packet| {
        while_used_up(s, connection, packet, |kind| matches!(kind, PacketType::Puback | PacketType::Pubrec))
    }),
    Sabotage::new(
        "maximum-packet-size-ignored",
        "sends packets that are larger than the Client allows",
        &[],
        &["MQTT-3.1.2-24"],
    )
    .client(|s, connection, packet| without_property(s, connection, packet, PropertyId::MaximumPacketSize)),
    Sabotage::new(
        "too-large-message-not-completed",
        "waits for the acknowledgement of a message that it discarded as too large",
        &[],
        &["MQTT-3.1.2-25"],
    )
    .client(|s, connection, packet| without_property(s, connection, packet, PropertyId::MaximumPacketSize))
    .server(|s, connection, packet| {
        let (limit, version) = (s.line(connection).maximum_packet_size as usize, s.line(connection).version);
        let too_large = packet.to_bytes(version).is_ok_and(|bytes| bytes.len() > limit);
        if too_large { Fate::Drop } else { Fate::Pass }
    }),
    Sabotage::new(
        "wrong-publish-survived",
        "goes on with a Client whose PUBLISH is a Protocol Error",
        &[],
        &["MQTT-4.13.1-1"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Disconnect(_) if s.is_handling(connection, PacketType::Publish) => Fate::Drop,
        _ => Fate::Pass,
    })
    .closing(|s, connection| !s.is_handling(connection, PacketType::Publish)),
    Sabotage::new(
        "expired-exchange-not-completed",
        "does not answer PUBREL when the Message Expiry Interval has passed since PUBLISH",
        &[],
        &["MQTT-4.3.3-13"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Publish(publish) => {
            expect_expiry(s, connection, publish);
            Fate::Pass
        }
        Packet::Pubrel(ack) if has_expired(s, connection, ack.packet_identifier) => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "expires-though-sent",
        "does not send a QoS 2 PUBLISH or PUBREL again when its Message Expiry Interval has passed",
        &[],
        &["MQTT-4.3.3-7"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Publish(publish) => {
            let identifier = publish.packet_identifier.unwrap_or(0);
            if publish.dup && has_expired(s, connection, identifier) {
                return s.lose(connection, publish);
            }
            expect_expiry(s, connection, publish);
            Fate::Pass
        }
        Packet::Pubrel(ack) if has_expired(s, connection, ack.packet_identifier) => Fate::Drop,
        _ => Fate::Pass,
    }),
];

fn without_property(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, id: PropertyId) -> Fate {
    match packet {
        Packet::Connect(connect) => s.with_properties(connection, connect, without(id)),
        _ => Fate::Pass,
    }
}

/// Drops a packet of such a type while the Client owes as many acknowledgements as it lets the broker wait for.
fn while_used_up(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    dropped: impl FnOnce(PacketType) -> bool,
) -> Fate {
    let used_up = s.session(connection).sent.len() >= usize::from(s.line(connection).receive_maximum);
    if used_up && dropped(packet.packet_type()) { Fate::Drop } else { Fate::Pass }
}

/// Notes when a QoS 2 message expires, from its first PUBLISH on.
fn expect_expiry(s: &mut Saboteur, connection: ConnectionId, publish: &Publish<'_>) {
    let Some(identifier) = publish.packet_identifier.filter(|_| publish.qos == QoS::ExactlyOnce && !publish.dup) else {
        return;
    };
    let expires = match publish.properties.number(PropertyId::MessageExpiryInterval) {
        Some(interval) => s.now + Duration::from_secs(interval.into()),
        None => Duration::MAX,
    };
    s.session(connection).expires.insert(identifier, expires);
}

fn has_expired(s: &mut Saboteur, connection: ConnectionId, identifier: u16) -> bool {
    let now = s.now;
    s.session(connection).expires.get(&identifier).is_some_and(|at| *at <= now)
}
