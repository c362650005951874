//! CONNACK: what comes before it, how often it comes, and what it says.

use super::tools::without;
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{Connack, Disconnect, Packet, Properties, Property, PropertyId, ReasonCode, Version, frame};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new("pingresp-before-connack", "sends a PINGRESP before CONNACK", &["MQTT-3.2.0-1"], &["MQTT-3.2.0-1"])
        .server(|s, connection, packet| {
            if matches!(packet, Packet::Connack(_)) {
                s.write(connection, &Packet::Pingresp);
            }
            Fate::Pass
        }),
    Sabotage::new("connack-twice", "sends each CONNACK that accepts twice", &[], &["MQTT-3.2.0-2"]).server(
        |s, connection, packet| {
            if let Packet::Connack(connack) = packet
                && connack.reason == ReasonCode::SUCCESS
            {
                s.write(connection, packet);
            }
            Fate::Pass
        },
    ),
    Sabotage::new("connack-with-reserved-flags", "sets a reserved bit in CONNACK", &[], &["MQTT-3.2.2-1"])
        .server(|s, connection, packet| with_flags(s, connection, packet, |_| 0x02)),
    Sabotage::new(
        "session-present-in-refusal-of-5",
        "says Session Present 1 in a CONNACK that refuses",
        &[],
        &["MQTT-3.2.2-6"],
    )
    .server(|s, connection, packet| with_flags(s, connection, packet, |connack| u8::from(connack.reason.is_error()))),
    Sabotage::new(
        "connack-with-unlisted-code",
        "refuses with a code that CONNACK does not have",
        &[],
        &["MQTT-3.2.2-8"],
    )
    .server(|s, connection, packet| match packet {
        Packet::Connack(connack) if connack.reason.is_error() => {
            s.instead(connection, &Packet::Connack(Connack { reason: ReasonCode::KEEP_ALIVE_TIMEOUT, ..*connack }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new("disconnect-in-place-of-connack", "refuses a CONNECT with DISCONNECT", &[], &["MQTT-3.14.0-1"])
        .server(|s, connection, packet| match packet {
            Packet::Connack(connack) if connack.reason.is_error() => {
                let disconnect = Disconnect { reason: ReasonCode::PROTOCOL_ERROR, properties: Properties::EMPTY };
                s.instead(connection, &Packet::Disconnect(disconnect))
            }
            _ => Fate::Pass,
        }),
    Sabotage::new("refuses-every-will", "refuses a CONNECT that has a Will", &["MQTT-3.1.4-4"], &["MQTT-3.1.4-5"])
        .client(|s, connection, packet| match packet {
            Packet::Connect(connect) if connect.will.is_some() => {
                s.refuse(connection, 2, ReasonCode::PROTOCOL_ERROR);
                s.close(connection);
                Fate::Drop
            }
            _ => Fate::Pass,
        }),
    Sabotage::new(
        "wrong-credentials-accepted",
        "lets a Client in whatever its User Name and Password",
        &["MQTT-3.2.2-5"],
        &["MQTT-3.1.4-2"],
    )
    .under(&["credentials"])
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) => {
            let (user_name, password) = (Some("u".into()), Some(b"p".as_slice()));
            s.instead(connection, &Packet::Connect(mqttspec_codec::Connect { user_name, password, ..*connect }))
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "reason-strings-of-any-size",
        "sends a Reason String though it makes the packet too large",
        &[],
        &["MQTT-3.2.2-19", "MQTT-3.14.2-3"],
    )
    .client(of_any_size),
    Sabotage::new(
        "user-properties-of-any-size",
        "sends a User Property though it makes the packet too large",
        &[],
        &["MQTT-3.2.2-20", "MQTT-3.14.2-4"],
    )
    .under(&["talkative"])
    .client(of_any_size)
    .server(without_reason_string),
    Sabotage::new(
        "problem-information-unasked",
        "sends Reason Strings and User Properties to a Client that wants none",
        &[],
        &["MQTT-3.1.2-29"],
    )
    .under(&["talkative"])
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) => {
            s.with_properties(connection, connect, without(PropertyId::RequestProblemInformation))
        }
        _ => Fate::Pass,
    }),
];

/// The CONNACK with these bits set in its flags.
fn with_flags(
    s: &mut Saboteur,
    connection: ConnectionId,
    packet: &Packet<'_>,
    bits: impl FnOnce(&Connack<'_>) -> u8,
) -> Fate {
    let Packet::Connack(connack) = packet else { return Fate::Pass };
    let version = s.line(connection).version;
    let Some(mut bytes) = packet.to_bytes(version).ok().filter(|_| version == Version::V5) else { return Fate::Pass };
    if let Some(flags) = frame(&bytes).ok().flatten().map(|frame| frame.header) {
        bytes[flags] |= bits(connack);
    }
    Fate::Instead(bytes)
}

/// The broker does not hear of the Client's limit.
fn of_any_size(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    match packet {
        Packet::Connect(connect) => s.with_properties(connection, connect, without(PropertyId::MaximumPacketSize)),
        _ => Fate::Pass,
    }
}

fn without_reason_string(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    match packet {
        Packet::Connack(connack) => {
            let properties = other_than_reason(connack.properties);
            let connack = Connack { properties: Properties::list(&properties), ..*connack };
            s.instead(connection, &Packet::Connack(connack))
        }
        Packet::Disconnect(disconnect) => {
            let properties = other_than_reason(disconnect.properties);
            let disconnect = Disconnect { properties: Properties::list(&properties), ..*disconnect };
            s.instead(connection, &Packet::Disconnect(disconnect))
        }
        _ => Fate::Pass,
    }
}

fn other_than_reason(properties: Properties<'_>) -> Vec<Property<'_>> {
    properties.iter().filter_map(without(PropertyId::ReasonString)).collect()
}
