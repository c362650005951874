//! CONNECT, CONNACK, Client Identifiers, Keep Alive, PINGREQ.

use super::memory::Cause;
use super::tools::{drop_if, without};
use super::{Fate, Sabotage, Saboteur};
use crate::broker::ConnectionId;
use mqttspec_codec::{
    Connack, Connect, Context, Decoded, Packet, PacketType, Properties, Property, PropertyId, ReasonCode, Sender, Text,
    Version, decode, frame,
};

pub(super) const LIST: &[Sabotage] = &[
    Sabotage::new(
        "second-connect-ignored",
        "takes no notice of a second CONNECT and leaves the connection open",
        &["MQTT-3.1.0-2"],
        &["MQTT-3.1.0-2"],
    )
    .client(|s, connection, packet| if is_second(s, connection, packet) { Fate::Drop } else { Fate::Pass }),
    Sabotage::new(
        "second-connect-accepted",
        "answers a second CONNECT with a second CONNACK",
        &["MQTT-3.1.0-2"],
        &["MQTT-3.1.0-2"],
    )
    .client(accept_again),
    Sabotage::new("connect-unanswered", "accepts a CONNECT without a word", &["MQTT-3.1.4-4"], &["MQTT-3.1.4-5"])
        .server(|_, _, packet| drop_if(packet, PacketType::Connack)),
    Sabotage::new(
        "reserved-connect-flag-ignored",
        "accepts a CONNECT whose reserved flag is 1",
        &["MQTT-3.1.2-3"],
        &["MQTT-3.1.2-3"],
    )
    // The reserved flag is the lowest bit of the Connect Flags, behind Protocol Name and Protocol Level.
    .malformed(|_, _, bytes| rewritten_connect(bytes, |body| body.iter_mut().skip(7).take(1).for_each(|b| *b &= 0xfe))),
    Sabotage::new(
        "protocol-name-ignored",
        "accepts a CONNECT with any Protocol Name of four characters",
        &["MQTT-3.1.2-1"],
        &["MQTT-3.1.2-1/b"],
    )
    .malformed(|_, _, bytes| {
        rewritten_connect(bytes, |body| {
            if let Some(name) = body.get_mut(2..6) {
                name.copy_from_slice(b"MQTT");
            }
        })
    }),
    Sabotage::new(
        "unsupported-protocol-level-wrong-code",
        "refuses a Protocol Level that it does not support with return code 0x04",
        &["MQTT-3.1.2-2"],
        &[],
    )
    .server(|_, _, packet| match packet {
        Packet::Connack(connack) if connack.reason.0 == 1 => Fate::Instead(vec![0x20, 2, 0, 4]),
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "session-present-in-refusal",
        "says Session Present 1 in a CONNACK that refuses",
        &["MQTT-3.2.2-4"],
        &[],
    )
    .server(|_, _, packet| match packet {
        Packet::Connack(connack) if connack.reason != ReasonCode::SUCCESS => {
            Fate::Instead(vec![0x20, 2, 1, connack.reason.0])
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "open-after-invalid-connect",
        "leaves the connection open after a CONNECT that is malformed or of another Protocol Version",
        &["MQTT-3.1.2-2", "MQTT-3.1.4-1"],
        &["MQTT-3.1.2-2", "MQTT-3.1.4-1"],
    )
    .closing(|s, connection| {
        let invalid = matches!(s.cause, Cause::Packet { of, packet: None, .. } if of == connection);
        !invalid || s.line(connection).connected
    }),
    Sabotage::new(
        "packets-behind-refused-connect",
        "forwards a PUBLISH that came behind a CONNECT that it refuses",
        &["MQTT-3.1.4-5"],
        &["MQTT-3.1.4-6"],
    )
    .malformed(forward_behind_connect),
    Sabotage::new(
        "client-identifier-too-long-at-20",
        "refuses a Client Identifier of more than 20 characters",
        &["MQTT-3.1.3-5"],
        &["MQTT-3.1.3-5"],
    )
    .client(refuse_long_identifier),
    Sabotage::new(
        "client-identifier-only-lower-case",
        "refuses a Client Identifier with capital letters",
        &["MQTT-3.1.3-5"],
        &["MQTT-3.1.3-5"],
    )
    .client(refuse_capitals),
    Sabotage::new(
        "assigned-client-identifier-not-told",
        "assigns a Client Identifier and does not say which",
        &[],
        &["MQTT-3.1.3-7/b"],
    )
    .server(|s, connection, packet| with_assigned(s, connection, packet, None)),
    Sabotage::new(
        "assigned-client-identifier-not-used",
        "tells the Client another identifier than the one that it goes on with",
        &[],
        &["MQTT-3.1.3-7/a"],
    )
    .server(|s, connection, packet| {
        let other = format!("other{}", connection.0);
        with_assigned(s, connection, packet, Some(&other))
    }),
    Sabotage::new(
        "assigned-client-identifier-twice",
        "gives every Client without an identifier the same one",
        &["MQTT-3.1.3-6"],
        &["MQTT-3.1.3-6", "MQTT-3.2.2-16"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if connect.client_id.is_empty() && connect.clean_start => {
            name(s, connection, connect, "everyone")
        }
        _ => Fate::Pass,
    })
    .server(|s, connection, packet| {
        let nameless = s.line(connection).client_id.starts_with(b"\0");
        if nameless { with_assigned(s, connection, packet, Some("everyone")) } else { Fate::Pass }
    }),
    Sabotage::new(
        "empty-client-identifier-kept",
        "accepts an empty Client Identifier with Clean Session 0",
        &["MQTT-3.1.3-8"],
        &[],
    )
    .malformed(|_, _, bytes| {
        // Connect Flags and the length of the Client Identifier; Clean Session is the second bit.
        let empty = |body: &[u8]| body.get(7).is_some_and(|flags| flags & 2 == 0) && body.get(10..12) == Some(&[0, 0]);
        rewritten_connect(bytes, |body| {
            if empty(body) {
                body[7] |= 2;
            }
        })
    }),
    Sabotage::new(
        "empty-client-identifier-wrong-code",
        "refuses an empty Client Identifier with return code 0x01",
        &["MQTT-3.1.3-9"],
        &[],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if connect.client_id.is_empty() && connect.clean_start => {
            s.refuse(connection, 1, ReasonCode::UNSUPPORTED_PROTOCOL_VERSION);
            s.close(connection);
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "open-after-refusal",
        "refuses a CONNECT and leaves the connection open",
        &["MQTT-3.2.2-5"],
        &["MQTT-3.2.2-7", "MQTT-4.13.2-1"],
    )
    .closing(|s, connection| !s.line(connection).refused),
    Sabotage::new(
        "open-after-refused-client-identifier",
        "refuses an empty Client Identifier and leaves the connection open",
        &[],
        &["MQTT-3.1.3-8"],
    )
    .client(|s, connection, packet| match packet {
        Packet::Connect(connect) if connect.client_id.is_empty() => {
            s.refuse(connection, 2, ReasonCode::CLIENT_IDENTIFIER_NOT_VALID);
            s.line(connection).haunted = true;
            Fate::Drop
        }
        _ => Fate::Pass,
    }),
    Sabotage::new(
        "two-connections-for-one-client",
        "leaves the old connection open when its Client connects again",
        &["MQTT-3.1.4-2"],
        &["MQTT-3.1.4-3/b"],
    )
    .server(|s, connection, packet| if is_taken_over(s, connection) { drop_disconnect(packet) } else { Fate::Pass })
    .closing(|s, connection| !is_taken_over(s, connection)),
    Sabotage::new(
        "keep-alive-ignored",
        "never closes the connection of a silent Client",
        &["MQTT-3.1.2-24"],
        &["MQTT-3.1.2-22", "MQTT-3.2.2-22"],
    )
    .client(|s, connection, packet| keep_alive_times(s, connection, packet, 0)),
    Sabotage::new(
        "keep-alive-six-times",
        "closes the connection of a silent Client after six times the Keep Alive",
        &["MQTT-3.1.2-24"],
        &["MQTT-3.1.2-22"],
    )
    .client(|s, connection, packet| keep_alive_times(s, connection, packet, 4)),
    Sabotage::new("pingreq-unanswered", "does not answer PINGREQ", &["MQTT-3.12.4-1"], &["MQTT-3.12.4-1"])
        .server(|_, _, packet| drop_if(packet, PacketType::Pingresp)),
];

/// Whether this CONNECT is not the first packet of its connection.
fn is_second(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> bool {
    matches!(packet, Packet::Connect(_)) && s.line(connection).connected
}

fn accept_again(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    if !is_second(s, connection, packet) {
        return Fate::Pass;
    }
    let connack = Connack { session_present: false, reason: ReasonCode::SUCCESS, properties: Properties::EMPTY };
    s.write(connection, &Packet::Connack(connack));
    Fate::Drop
}

/// A CONNECT that is not valid with its body, behind the fixed header, changed.
fn rewritten_connect(bytes: &[u8], change: impl FnOnce(&mut [u8])) -> Fate {
    let connect = PacketType::from_first_byte(bytes[0]) == Some(PacketType::Connect);
    match frame(bytes).ok().flatten().filter(|_| connect) {
        Some(frame) => {
            let mut bytes = bytes.to_vec();
            change(&mut bytes[frame.header..]);
            Fate::Instead(bytes)
        }
        None => Fate::Pass,
    }
}

fn forward_behind_connect(s: &mut Saboteur, connection: ConnectionId, bytes: &[u8]) -> Fate {
    let behind = std::mem::take(&mut s.line(connection).held);
    let level = frame(bytes).ok().flatten().and_then(|frame| bytes.get(frame.header + 6));
    let version = level.and_then(|level| Version::from_level(*level)).unwrap_or(Version::V311);
    if let Ok(Decoded::Packet { packet: Packet::Publish(publish), .. }) =
        decode(&behind, &Context::new(version, Sender::Client))
    {
        let topic = publish.topic.as_bytes();
        s.scatter(topic, publish.payload, |filter| super::tools::matches(filter, topic));
    }
    Fate::Pass
}

fn refuse_long_identifier(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    refuse_if(s, connection, packet, |id| id.len() > 20)
}

fn refuse_capitals(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>) -> Fate {
    refuse_if(s, connection, packet, |id| id.iter().any(u8::is_ascii_uppercase))
}

fn refuse_if(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, refused: fn(&[u8]) -> bool) -> Fate {
    match packet {
        Packet::Connect(connect) if refused(connect.client_id.as_bytes()) => {
            s.refuse(connection, 2, ReasonCode::CLIENT_IDENTIFIER_NOT_VALID);
            s.close(connection);
            Fate::Drop
        }
        _ => Fate::Pass,
    }
}

/// The CONNACK with another Assigned Client Identifier, or none.
fn with_assigned(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, assigned: Option<&str>) -> Fate {
    let id = PropertyId::AssignedClientIdentifier;
    let version = s.line(connection).version;
    match packet {
        Packet::Connack(connack) if version == Version::V5 => {
            let had = connack.properties.find(id).is_some() || assigned == Some("everyone");
            let mut properties: Vec<_> = connack.properties.iter().filter_map(without(id)).collect();
            properties.extend(assigned.filter(|_| had).map(|assigned| Property::text(id, assigned)));
            let connack = Connack { properties: Properties::list(&properties), ..*connack };
            s.instead(connection, &Packet::Connack(connack))
        }
        _ => Fate::Pass,
    }
}

fn name(s: &mut Saboteur, connection: ConnectionId, connect: &Connect<'_>, client_id: &'static str) -> Fate {
    s.instead(connection, &Packet::Connect(Connect { client_id: Text::from(client_id), ..*connect }))
}

/// Whether a CONNECT of another connection is being handled: what else would be closed by that?
fn is_taken_over(s: &Saboteur, connection: ConnectionId) -> bool {
    matches!(s.cause, Cause::Packet { of, packet: Some(PacketType::Connect), .. } if of != connection)
}

fn drop_disconnect(packet: &Packet<'_>) -> Fate {
    drop_if(packet, PacketType::Disconnect)
}

fn keep_alive_times(s: &mut Saboteur, connection: ConnectionId, packet: &Packet<'_>, times: u16) -> Fate {
    match packet {
        Packet::Connect(connect) => {
            let keep_alive = connect.keep_alive.saturating_mul(times);
            s.instead(connection, &Packet::Connect(Connect { keep_alive, ..*connect }))
        }
        _ => Fate::Pass,
    }
}
