//! What SUBACK and UNSUBACK say: their codes, and how large they become.

use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    List, Packet, PacketType, Properties, Property, PropertyId, Suback, Subscribe, Subscription, Text, Value,
};

/// A code that no table of SUBACK has.
const UNKNOWN_CODE: u8 = 0x84;
/// What nobody needs to be told.
const WORDS: &[u8] = b"as you wish";

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "suback-one-code",
        "puts one code into SUBACK, however many filters there are",
        &["MQTT-3.8.4-5/a"],
        &["MQTT-3.8.4-6"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Suback(suback) => {
            let reasons = &suback.reasons[..suback.reasons.len().min(1)];
            s.instead(connection, &Packet::Suback(Suback { reasons, ..*suback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "suback-always-qos-2",
        "says in SUBACK that QoS 2 is granted, whatever was asked for",
        &["MQTT-3.8.4-5/b"],
        &["MQTT-3.8.4-7"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Suback(suback) => {
            let reasons = vec![2; suback.reasons.len()];
            s.instead(connection, &Packet::Suback(Suback { reasons: &reasons, ..*suback }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "suback-with-unknown-code",
        "answers a SUBSCRIBE of two filters with a code that is in no table",
        &["MQTT-3.9.3-2"],
        &["MQTT-3.9.3-2"],
    )
    .server(|s, connection, packet| match (packet, packet.to_bytes(s.line(connection).version)) {
        (Packet::Suback(suback), Ok(mut bytes)) if suback.reasons.len() == 2 => {
            let codes = bytes.len() - suback.reasons.len();
            bytes[codes..].fill(UNKNOWN_CODE);
            Fate::Instead(bytes)
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "wildcards-granted-for-nothing",
        "grants filters with wildcards and delivers nothing by them",
        &["MQTT-3.8.3-2", "MQTT-4.5.0-1"],
        &["MQTT-4.5.0-1"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Subscribe(subscribe) => without_wildcards(s, connection, subscribe),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "suback-with-reason-string",
        "puts a Reason String into SUBACK, however large that becomes",
        &[],
        &["MQTT-3.9.2-1", "MQTT-3.1.2-24"],
    )
    .server(|s, connection, packet| with_words(s, connection, packet, PacketType::Suback, reason_string())),
    Sabotage::new(
        "suback-with-user-property",
        "puts a User Property into SUBACK, however large that becomes",
        &[],
        &["MQTT-3.9.2-2", "MQTT-3.1.2-24"],
    )
    .server(|s, connection, packet| with_words(s, connection, packet, PacketType::Suback, user_property())),
    Sabotage::new(
        "unsuback-with-reason-string",
        "puts a Reason String into UNSUBACK, however large that becomes",
        &[],
        &["MQTT-3.11.2-1", "MQTT-3.1.2-24"],
    )
    .server(|s, connection, packet| with_words(s, connection, packet, PacketType::Unsuback, reason_string())),
    Sabotage::new(
        "unsuback-with-user-property",
        "puts a User Property into UNSUBACK, however large that becomes",
        &[],
        &["MQTT-3.11.2-2", "MQTT-3.1.2-24"],
    )
    .server(|s, connection, packet| with_words(s, connection, packet, PacketType::Unsuback, user_property())),
];

const fn reason_string() -> Property<'static> {
    Property { id: PropertyId::ReasonString, value: Value::Text(Text::from_bytes(WORDS)) }
}

const fn user_property() -> Property<'static> {
    let words = Text::from_bytes(WORDS);
    Property { id: PropertyId::UserProperty, value: Value::Pair(words, words) }
}

fn with_words(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    kind: PacketType,
    words: Property<'_>,
) -> Fate {
    let words = [words];
    let properties = Properties::list(&words);
    match packet {
        Packet::Suback(suback) if kind == PacketType::Suback => {
            s.instead(connection, &Packet::Suback(Suback { properties, ..*suback }))
        }
        Packet::Unsuback(unsuback) if kind == PacketType::Unsuback => {
            s.instead(connection, &Packet::Unsuback(Suback { properties, ..*unsuback }))
        }
        _ => Fate::Pass,
    }
}

/// The SUBSCRIBE without its filters with wildcards. All are granted.
fn without_wildcards(s: &mut Saboteur, connection: ConnectionId, subscribe: &Subscribe<'_>) -> Fate {
    let plain = |asked: &Subscription<'_>| !asked.filter.as_bytes().iter().any(|byte| b"+#".contains(byte));
    let entries: Vec<Subscription<'_>> = subscribe.subscriptions.iter().filter(plain).collect();
    s.grant(connection, subscribe);
    if entries.is_empty() {
        return Fate::Drop;
    }
    s.swallowed.push((connection, PacketType::Suback, subscribe.packet_identifier));
    let subscriptions = List::new(&entries);
    s.instead(connection, &Packet::Subscribe(Subscribe { subscriptions, ..*subscribe }))
}
