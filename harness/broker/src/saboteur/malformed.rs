//! Packets that should cost a Client its connection.

use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Context, Packet, PacketType, Publish, Sender, inspect};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "flags-of-pubrel-ignored",
        "takes a PUBREL whose reserved flags are wrong",
        &["MQTT-3.6.1-1/b"],
        &["MQTT-3.6.1-1/b"],
    )
    .malformed(|_, _, bytes| with_lawful_flags(bytes, PacketType::Pubrel)),
    Sabotage::new(
        "flags-of-subscribe-ignored",
        "takes a SUBSCRIBE whose reserved flags are wrong",
        &["MQTT-3.8.1-1/b"],
        &["MQTT-3.8.1-1/b"],
    )
    .malformed(|_, _, bytes| with_lawful_flags(bytes, PacketType::Subscribe)),
    Sabotage::new(
        "flags-of-unsubscribe-ignored",
        "takes an UNSUBSCRIBE whose reserved flags are wrong",
        &["MQTT-3.10.1-1/b"],
        &["MQTT-3.10.1-1/b"],
    )
    .malformed(|_, _, bytes| with_lawful_flags(bytes, PacketType::Unsubscribe)),
    Sabotage::new(
        "flags-of-disconnect-ignored",
        "takes no notice of a DISCONNECT whose reserved flags are wrong",
        &["MQTT-3.14.1-1"],
        &["MQTT-3.14.1-1"],
    )
    .malformed(|_, _, bytes| match PacketType::from_first_byte(bytes[0]) {
        Some(PacketType::Disconnect) => Fate::Drop,
        _ => Fate::Pass,
    }),
    Sabotage::new("reserved-flags-ignored", "takes a packet whose reserved flags are wrong", &["MQTT-2.2.2-2"], &[])
        .malformed(|_, _, bytes| {
            PacketType::from_first_byte(bytes[0]).map_or(Fate::Pass, |kind| with_lawful_flags(bytes, kind))
        }),
    Sabotage::new(
        "malformed-filter-granted",
        "grants a SUBSCRIBE with a Topic Filter that is empty or has a misplaced wildcard",
        &["MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.7.3-1", "MQTT-4.7.3-2", "MQTT-4.8.0-1"],
        &["MQTT-4.7.1-1", "MQTT-4.7.1-2", "MQTT-4.7.3-1", "MQTT-4.7.3-2", "MQTT-4.13.1-1"],
    )
    .advised()
    .malformed(|s, connection, bytes| {
        let context = Context::new(s.line(connection).version, Sender::Client);
        match inspect(bytes, &context).packet {
            Some(Packet::Subscribe(subscribe)) => {
                s.grant(connection, &subscribe);
                Fate::Drop
            }
            _ => Fate::Pass,
        }
    }),
    Sabotage::new(
        "publish-with-identifier-0-ignored",
        "takes no notice of a PUBLISH with Packet Identifier 0",
        &["MQTT-4.8.0-1"],
        &["MQTT-4.13.1-1"],
    )
    .advised()
    .malformed(|s, connection, bytes| {
        let context = Context::new(s.line(connection).version, Sender::Client);
        match inspect(bytes, &context).packet {
            Some(Packet::Publish(Publish { packet_identifier: Some(0), .. })) => Fate::Drop,
            _ => Fate::Pass,
        }
    }),
    Sabotage::new(
        "malformed-packets-ignored",
        "takes no notice of a packet that it cannot read, once the Client is connected",
        &["MQTT-4.8.0-1", "MQTT-1.5.3-1/b", "MQTT-1.5.3-2/b", "MQTT-3.8.3-4"],
        &["MQTT-4.13.1-1", "MQTT-3.8.3-5"],
    )
    .malformed(ignore),
];

fn with_lawful_flags(bytes: &[u8], kind: PacketType) -> Fate {
    if PacketType::from_first_byte(bytes[0]) != Some(kind) {
        return Fate::Pass;
    }
    let mut bytes = bytes.to_vec();
    bytes[0] = bytes[0] & 0xf0 | kind.required_flags().unwrap_or(bytes[0] & 0x0f);
    Fate::Instead(bytes)
}

fn ignore(s: &mut Saboteur, connection: ConnectionId, _: &[u8]) -> Fate {
    if s.line(connection).connected { Fate::Drop } else { Fate::Pass }
}
